#include "store/postgres/letters.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

struct name {
	uint64_t batch; /* 0: the place is free */
	uint64_t rest;  /* share << 32 | number */
	int64_t ended;  /* by this batch; 0: it is not */
	uint32_t question;
};

struct letters {
	struct name *names;
	size_t count, room; /* a power of two, at least twice as many */
};

#define ROOM_MIN 64

struct letters *letters_new(void)
{
	struct letters *letters = memory_new(1, sizeof(*letters));

	letters->room = ROOM_MIN;
	letters->names = memory_new(letters->room, sizeof(*letters->names));
	return letters;
}

void letters_free(struct letters *letters)
{
	if (!letters)
		return;
	free(letters->names);
	free(letters);
}

size_t letters_count(const struct letters *letters)
{
	return letters->count;
}

/* Where it is, or where it would be. */
static struct name *find(const struct letters *letters, const struct name *name)
{
	uint64_t hash = (name->batch ^ name->rest * 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
	size_t at = (size_t)(hash >> 32) & (letters->room - 1);

	while (letters->names[at].batch != 0 &&
	       (letters->names[at].batch != name->batch || letters->names[at].rest != name->rest))
		at = (at + 1) & (letters->room - 1);
	return &letters->names[at];
}

/* What stays when others are forgotten: what a look says, or all but a share, or all. */
struct choice {
	const struct letters_look *look;
	uint64_t share;
};

static bool may_come_again(const struct name *name, const struct letters_look *look)
{
	return look->shares[name->rest >> 32] &&
	       (name->ended == 0 || name->ended > look->committed ||
		name->question == look->question || name->batch >= look->before);
}

static bool stays(const struct name *name, const struct choice *choice)
{
	if (name->batch == 0 || !choice)
		return name->batch != 0;
	return choice->look ? may_come_again(name, choice->look)
			    : name->rest >> 32 != choice->share;
}

/* A table of another size, with those that stay. */
static void rebuild(struct letters *letters, size_t room, const struct choice *choice)
{
	struct name *old = letters->names;
	size_t old_room = letters->room;

	letters->room = room;
	letters->names = memory_new(room, sizeof(*letters->names));
	letters->count = 0;
	for (size_t i = 0; i < old_room; i++) {
		if (!stays(&old[i], choice))
			continue;
		*find(letters, &old[i]) = old[i];
		letters->count++;
	}
	free(old);
}

static struct name name_of(const struct store_letter_id *id)
{
	return (struct name){ .batch = id->batch, .rest = id->share << 32 | id->number };
}

bool letters_add(struct letters *letters, const struct store_letter_id *id, uint32_t question)
{
	const struct name name = name_of(id);
	struct name *place;
	bool is_new;

	if (2 * (letters->count + 1) > letters->room)
		rebuild(letters, 2 * letters->room, NULL);
	place = find(letters, &name);
	is_new = place->batch == 0;
	if (is_new)
		*place = name;
	letters->count += is_new;
	place->question = question;
	return is_new;
}

void letters_end(struct letters *letters, const struct store_letter_id *id, int64_t batch)
{
	const struct name name = name_of(id);
	struct name *place = find(letters, &name);

	if (place->batch != 0)
		place->ended = batch;
}

/* As large as what is there needs. */
static void thin(struct letters *letters, const struct choice *choice)
{
	size_t stay = 0, room = ROOM_MIN;

	if (letters->count == 0)
		return;
	for (size_t i = 0; i < letters->room; i++)
		stay += stays(&letters->names[i], choice);
	if (stay == letters->count)
		return;
	while (room < 4 * stay)
		room *= 2;
	rebuild(letters, room, choice);
}

void letters_keep(struct letters *letters, const struct letters_look *look)
{
	const struct choice choice = { .look = look };

	thin(letters, &choice);
}

void letters_forget_share(struct letters *letters, uint32_t share)
{
	const struct choice choice = { .share = share };

	thin(letters, &choice);
}

/* ---- copies ---- */

static void keep(struct slice *text, char **to)
{
	if (!text->at)
		return;
	memcpy(*to, text->at, text->size);
	text->at = *to;
	*to += text->size;
}

struct letter *letter_copy(const struct store_letter *letter)
{
	const struct store_request none = { .method = { NULL, 0 } };
	const struct store_request *request = letter->request ? letter->request : &none;
	size_t size = letter->row.url.size + letter->set.size + letter->words.size +
		      request->method.size + request->headers.size + request->body.size;
	struct letter *copy = memory_new(1, sizeof(*copy) + size + 1);
	char *to = (char *)(copy + 1);

	copy->letter = *letter;
	copy->request = *request;
	keep(&copy->letter.row.url, &to);
	keep(&copy->letter.set, &to);
	keep(&copy->letter.words, &to);
	keep(&copy->request.method, &to);
	keep(&copy->request.headers, &to);
	keep(&copy->request.body, &to);
	copy->letter.request = letter->request ? &copy->request : NULL;
	return copy;
}
