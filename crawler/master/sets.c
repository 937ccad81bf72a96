#include "master/sets.h"

#include <stdlib.h>

#include "frontier/seen.h"
#include "parsers/text/memory.h"
#include "show/log.h"

struct list {
	struct store_root_set *at;
	size_t count, room;
};

struct sets {
	struct store *store;
	uint64_t key;
	struct seen *numbers; /* of texts; NULL: not read from the store yet */
	uint32_t last;        /* the highest of them */
	struct list known;    /* by key, once they are */
	bool are_sorted;
	struct list changed;
	struct seen *to; /* what is changed, by its key: its number, and one; NULL: nothing is */
};

struct sets *sets_new(struct store *store, uint64_t key)
{
	struct sets *sets = memory_new(1, sizeof(*sets));

	*sets = (struct sets){ .store = store, .key = key };
	return sets;
}

static void clear(struct list *list)
{
	free(list->at);
	*list = (struct list){ .at = NULL };
}

static void forget(struct sets *sets)
{
	seen_free(sets->numbers);
	seen_free(sets->to);
	sets->numbers = sets->to = NULL;
	sets->last = 0;
	sets->are_sorted = false;
	clear(&sets->known);
	clear(&sets->changed);
}

void sets_free(struct sets *sets)
{
	if (!sets)
		return;
	forget(sets);
	free(sets);
}

static void add(struct list *list, struct store_key root, uint32_t set)
{
	if (list->count == list->room) {
		list->room = list->room * 2 + 64;
		list->at = memory_resize(list->at, list->room * sizeof(*list->at));
	}
	list->at[list->count++] = (struct store_root_set){ root, set };
}

void sets_gain(struct sets *sets, struct store_key root, uint32_t set)
{
	add(&sets->known, root, set);
}

/* ---- numbers ---- */

static int note_number(void *context, uint32_t number, struct slice text)
{
	struct sets *sets = context;

	seen_put(sets->numbers, text, number);
	sets->last = number > sets->last ? number : sets->last;
	return 0;
}

static int read_numbers(struct sets *sets)
{
	sets->numbers = seen_new(sets->key);
	return store_each_set(sets->store, note_number, sets);
}

int sets_number(struct sets *sets, struct slice text, uint32_t *number)
{
	*number = 0;
	if (!text.at)
		return 0;
	if (!sets->numbers && read_numbers(sets) < 0)
		return -1;
	*number = seen_number(sets->numbers, text);
	if (*number != 0)
		return 0;
	if (sets->last == UINT32_MAX) {
		log_error("no numbers for sets are left: begin another database");
		return -1;
	}
	*number = ++sets->last;
	seen_put(sets->numbers, text, *number);
	return store_put_set(sets->store, *number, text);
}

/* ---- what changed ---- */

static int by_key(const void *left, const void *right)
{
	uint64_t a = store_key_id(((const struct store_root_set *)left)->root);
	uint64_t b = store_key_id(((const struct store_root_set *)right)->root);

	return (a > b) - (a < b);
}

static uint32_t known_set(struct sets *sets, struct store_key root)
{
	const struct store_root_set wanted = { .root = root };
	const struct store_root_set *found;
	struct list *known = &sets->known;

	if (known->count == 0)
		return 0;
	if (!sets->are_sorted)
		qsort(known->at, known->count, sizeof(*known->at), by_key);
	sets->are_sorted = true;
	found = bsearch(&wanted, known->at, known->count, sizeof(*known->at), by_key);
	return found ? found->set : 0;
}

bool sets_are_any(const struct sets *sets)
{
	return sets->numbers || sets->known.count > 0;
}

void sets_name(struct sets *sets, struct store_key root, uint32_t set, bool is_other)
{
	const uint64_t id = store_key_id(root);

	if (!is_other && known_set(sets, root) == set)
		return;
	add(&sets->changed, root, set);
	if (!sets->to)
		sets->to = seen_new(sets->key);
	if (set < UINT32_MAX)
		seen_put(sets->to, (struct slice){ (const char *)&id, sizeof(id) }, set + 1);
}

int sets_changed_to(const struct sets *sets, struct store_key root, struct slice text)
{
	const uint64_t id = store_key_id(root);
	uint32_t changed = 0, number = 0;

	if (sets->to)
		changed = seen_number(sets->to, (struct slice){ (const char *)&id, sizeof(id) });
	if (changed == 0)
		return -1;
	if (sets->numbers && text.at)
		number = seen_number(sets->numbers, text);
	return number == changed - 1 && (number != 0 || !text.at);
}

static void say_changed(size_t count)
{
	if (count == 1)
		log_say("1 URL has other fields now: it is read in full, and all that it leads to");
	else
		log_say("%zu URLs have other fields now: they are read in full, and all that they "
			"lead to",
			count);
}

/* Numbers are forgotten with the changes: the store forgets those that nothing has any more. */
int sets_end(struct sets *sets)
{
	int result = 0;

	if (sets->changed.count > 0) {
		say_changed(sets->changed.count);
		result = store_put_root_sets(sets->store, sets->changed.at, sets->changed.count);
	}
	forget(sets);
	return result;
}

int sets_put(struct sets *sets, struct store_key root, uint32_t set)
{
	add(&sets->changed, root, set);
	return sets_end(sets);
}
