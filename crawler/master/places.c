#include "master/places.h"

#include <stdlib.h>

#include "base/clock.h"
#include "parsers/text/memory.h"

/* Hosts that wait, in a ring. */
struct places {
	struct politeness *politeness;
	unsigned most, taken; /* by hosts that have not answered */
	uint32_t *waiting;
	size_t first, count, room;
};

struct places *places_new(struct politeness *politeness, unsigned room)
{
	struct places *places = memory_new(1, sizeof(*places));

	*places = (struct places){
		.politeness = politeness,
		.most = room > 1 ? room / 2 : 1,
		.room = 64,
	};
	places->waiting = memory_new(places->room, sizeof(*places->waiting));
	return places;
}

void places_free(struct places *places)
{
	if (!places)
		return;
	free(places->waiting);
	free(places);
}

/* ---- those that wait ---- */

static void grow(struct places *places)
{
	uint32_t *waiting = memory_new(places->room * 2, sizeof(*waiting));

	for (size_t i = 0; i < places->count; i++)
		waiting[i] = places->waiting[(places->first + i) % places->room];
	free(places->waiting);
	places->waiting = waiting;
	places->first = 0;
	places->room *= 2;
}

static void wait(struct places *places, uint32_t host)
{
	if (places->count == places->room)
		grow(places);
	places->waiting[(places->first + places->count++) % places->room] = host;
	frontier_suspend(places->politeness->frontier, host);
}

/* Would it take a place at once? */
static bool is_due(const struct places *places, uint32_t host)
{
	return pace_due_ms(frontier_pace(places->politeness->frontier, host)) <= clock_ms();
}

/*
 * As many come back as there are places; who would not take one now comes without.  One that has
 * answered meanwhile is back already, and one whose share went to another is gone: neither takes
 * any, nor would give one back.
 */
static void resume(struct places *places)
{
	unsigned left = places->taken < places->most ? places->most - places->taken : 0;

	while (places->count > 0 && left > 0) {
		uint32_t host = places->waiting[places->first];

		places->first = (places->first + 1) % places->room;
		places->count--;
		if (!frontier_is_suspended(places->politeness->frontier, host))
			continue;
		left -= is_due(places, host);
		frontier_resume(places->politeness->frontier, host);
	}
}

/* ---- places ---- */

bool places_has_one(struct places *places, uint32_t host)
{
	if (places->taken < places->most || hosts_has_answered(places->politeness->hosts, host))
		return true;
	wait(places, host);
	return false;
}

void places_take(struct places *places, struct visit *visit)
{
	visit->is_first_try = !hosts_has_answered(places->politeness->hosts, visit->host);
	places->taken += visit->is_first_try;
}

/* It waits for a place no longer: it needs none. */
static void note_answer(struct places *places, uint32_t host)
{
	if (hosts_has_answered(places->politeness->hosts, host))
		return;
	hosts_set_answered(places->politeness->hosts, host);
	frontier_resume(places->politeness->frontier, host);
}

void places_give(struct places *places, struct visit *visit, bool has_answered)
{
	if (has_answered)
		note_answer(places, visit->host);
	if (!visit->is_first_try)
		return;
	visit->is_first_try = false;
	places->taken--;
	resume(places);
}
