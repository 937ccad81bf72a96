#include "store/postgres/flow.h"
#include "store/postgres/writing.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

/*
 * The caller counts sets from 1; in the database a set is the hash of its fields.  Which number is
 * which hash, writing.h knows; here is the other way.
 */

struct place {
	int64_t id; /* 0: it is free */
	uint32_t number;
};

struct postgres_sets {
	struct place *places;
	size_t count, room; /* a power of two, at least twice as many */
	bool are_told;      /* each_set() has told the caller of all: from here on he counts */
};

#define ROOM_MIN 64

static struct place *find(const struct postgres_sets *sets, int64_t id)
{
	size_t at = (size_t)((uint64_t)id * 0x9e3779b97f4a7c15 >> 32) & (sets->room - 1);

	while (sets->places[at].id != 0 && sets->places[at].id != id)
		at = (at + 1) & (sets->room - 1);
	return &sets->places[at];
}

static void put(struct postgres_sets *sets, int64_t id, uint32_t number)
{
	struct place *old = sets->places, *place;
	size_t room = sets->room;

	if (2 * (sets->count + 1) > sets->room) {
		sets->room = 2 * room;
		sets->places = memory_new(sets->room, sizeof(*sets->places));
		for (size_t i = 0; i < room; i++)
			if (old[i].id != 0)
				*find(sets, old[i].id) = old[i];
		free(old);
	}
	place = find(sets, id);
	sets->count += place->id == 0;
	*place = (struct place){ id, number };
}

static struct postgres_sets *sets_of(struct postgres_store *store)
{
	struct postgres_sets *sets = store->sets;

	if (!sets) {
		sets = store->sets = memory_new(1, sizeof(*sets));
		sets->room = ROOM_MIN;
		sets->places = memory_new(sets->room, sizeof(*sets->places));
	}
	return sets;
}

/* What the caller has put by himself is in no place yet.  0: it has none. */
static uint32_t search(struct postgres_store *store, int64_t id, uint32_t *first_free)
{
	const struct postgres_writing *writing = postgres_writing(store);

	*first_free = 1;
	for (uint32_t number = 1; number < writing->set_count; number++) {
		if (writing->sets[number] == id)
			return number;
		if (writing->sets[number] != 0)
			*first_free = number + 1;
	}
	return 0;
}

/* One that others made since the caller began to count has no number of his. */
uint32_t postgres_set_number(struct postgres_store *store, int64_t id)
{
	struct postgres_sets *sets = sets_of(store);
	const struct place *place = find(sets, id);
	uint32_t number, first_free;

	if (id == 0)
		return 0;
	if (place->id == id && postgres_set_id(store, place->number) == id)
		return place->number;
	number = search(store, id, &first_free);
	if (number == 0 && sets->are_told)
		return UINT32_MAX;
	if (number == 0) {
		number = first_free;
		postgres_number_set(store, number, id);
	}
	put(sets, id, number);
	return number;
}

void postgres_sets_free(struct postgres_store *store)
{
	if (store->sets)
		free(store->sets->places);
	free(store->sets);
	store->sets = NULL;
}

/* ---- each ---- */

struct each {
	struct postgres_store *store;
	int (*function)(void *context, uint32_t number, struct slice fields);
	void *context;
};

static int tell(void *context, const PGresult *row)
{
	const struct each *each = context;

	return each->function(each->context,
			      postgres_set_number(each->store, postgres_integer(row, 0, 0)),
			      postgres_text(row, 0, 1));
}

int postgres_each_set(struct store *door,
		      int (*function)(void *context, uint32_t number, struct slice fields),
		      void *context)
{
	struct postgres_store *store = postgres_of(door);
	struct each each = { store, function, context };

	sets_of(store)->are_told = false;
	if (postgres_scan(store, "SELECT id, fields FROM crawl_sets ORDER BY id", NULL, 0, tell,
			  &each))
		return -1;
	store->sets->are_told = true;
	return 0;
}
