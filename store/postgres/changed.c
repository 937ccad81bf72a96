#include "store/postgres/changed.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

struct place {
	uint64_t row;
	int64_t batch; /* 0: the place is free */
};

struct changed {
	struct place *places;
	size_t count, room; /* a power of two, at least twice as many */
};

#define ROOM_MIN 256

struct changed *changed_new(void)
{
	struct changed *changed = memory_new(1, sizeof(*changed));

	changed->room = ROOM_MIN;
	changed->places = memory_new(changed->room, sizeof(*changed->places));
	return changed;
}

void changed_free(struct changed *changed)
{
	if (!changed)
		return;
	free(changed->places);
	free(changed);
}

static struct place *find(const struct changed *changed, uint64_t row)
{
	size_t at = (size_t)(row * 0x9e3779b97f4a7c15 >> 32) & (changed->room - 1);

	while (changed->places[at].batch != 0 && changed->places[at].row != row)
		at = (at + 1) & (changed->room - 1);
	return &changed->places[at];
}

/* Those that still count, with as much room again. */
static void thin(struct changed *changed, int64_t committed)
{
	struct place *old = changed->places;
	size_t old_room = changed->room, stay = 0;

	for (size_t i = 0; i < old_room; i++)
		stay += old[i].batch > committed;
	changed->room = ROOM_MIN;
	while (changed->room < 4 * (stay + 1))
		changed->room *= 2;
	changed->places = memory_new(changed->room, sizeof(*changed->places));
	changed->count = stay;
	for (size_t i = 0; i < old_room; i++)
		if (old[i].batch > committed)
			*find(changed, old[i].row) = old[i];
	free(old);
}

void changed_put(struct changed *changed, uint64_t row, int64_t batch, int64_t committed)
{
	struct place *place;

	if (2 * (changed->count + 1) > changed->room)
		thin(changed, committed);
	place = find(changed, row);
	changed->count += place->batch == 0;
	*place = (struct place){ row, batch };
}

int64_t changed_by(const struct changed *changed, uint64_t row)
{
	return find(changed, row)->batch;
}
