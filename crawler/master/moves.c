#include "master/moves.h"

#include <stdlib.h>

#include "frontier/url_map.h"
#include "parsers/text/memory.h"

/* A URL that moved, or that one moved to: the first has a next, the last of its tree has none. */
struct node {
	struct move move;
	uint32_t next; /* where it moved to: a number of nodes, or 0 */
	uint32_t up;   /* some node on the way from there to the root, or 0: it is the root */
	bool is_lost;  /* it was of a ring */
};

struct moves {
	const struct seen *seen;
	struct seen *lost;     /* failed or were skipped in this pass */
	struct seen *ailing;   /* did at their last visit, and will be asked for */
	struct seen *begun;    /* in this pass; or NULL: all that wait will be */
	uint64_t left;         /* that may be begun */
	struct url_map *names; /* numbers of nodes, from 1 */
	struct node *nodes;
	uint32_t count, capacity;
};

struct moves *moves_new(const struct seen *seen, uint64_t max_pages, uint64_t key)
{
	struct moves *moves = memory_new(1, sizeof(*moves));

	*moves = (struct moves){
		.seen = seen,
		.lost = seen_new(key),
		.ailing = seen_new(key),
		.begun = max_pages > 0 ? seen_new(key) : NULL,
		.left = max_pages,
		.names = url_map_new(key),
		.count = 1,
	};
	return moves;
}

void moves_free(struct moves *moves)
{
	if (!moves)
		return;
	seen_free(moves->lost);
	seen_free(moves->ailing);
	seen_free(moves->begun);
	url_map_free(moves->names);
	free(moves->nodes);
	free(moves);
}

/* ---- what is known of URLs ---- */

static bool is_bad(enum store_state state)
{
	return state == STORE_FAILED || state == STORE_SKIPPED;
}

void moves_gain(struct moves *moves, const struct store_known_url *known, uint32_t host)
{
	struct move move = { .key = known->key, .host = host };

	if (is_bad(known->state))
		seen_add(known->is_pending ? moves->ailing : moves->lost, known->url);
	if (known->is_pending)
		return;
	if (moves->begun)
		seen_add(moves->begun, known->url);
	if (known->moved_to.size > 0 && !moves_closes_ring(moves, known->url, known->moved_to))
		moves_add(moves, known->url, known->moved_to, &move);
}

void moves_note_begun(struct moves *moves, struct slice url)
{
	if (moves->begun && seen_add(moves->begun, url) && moves->left > 0)
		moves->left--;
}

void moves_note_end(struct moves *moves, struct slice url, enum store_state state)
{
	if (is_bad(state))
		seen_add(moves->lost, url);
}

static bool is_lost(const struct moves *moves, struct slice url)
{
	uint32_t number = url_map_find(moves->names, url);

	return seen_has(moves->lost, url) || (number > 0 && moves->nodes[number].is_lost);
}

bool moves_is_wanted(const struct moves *moves, struct slice url)
{
	return seen_has(moves->seen, url) && !is_lost(moves, url) &&
	       (!moves->begun || moves->left > 0 || seen_has(moves->begun, url));
}

bool moves_is_well(const struct moves *moves, struct slice url)
{
	return moves_is_wanted(moves, url) && !seen_has(moves->ailing, url);
}

/* ---- what moved ---- */

static uint32_t node_of(struct moves *moves, struct slice url)
{
	uint32_t number = url_map_find(moves->names, url);

	if (number > 0)
		return number;
	if (moves->count >= moves->capacity) {
		moves->capacity = moves->capacity * 2 + 16;
		moves->nodes = memory_resize(moves->nodes, moves->capacity * sizeof(struct node));
	}
	number = moves->count++;
	moves->nodes[number] = (struct node){ .next = 0 };
	url_map_put(moves->names, url, number);
	return number;
}

/* The root of its tree.  The way there is halved, so that the next walk is short. */
static uint32_t root_of(struct moves *moves, uint32_t number)
{
	struct node *nodes = moves->nodes;

	while (nodes[number].up > 0) {
		uint32_t up = nodes[number].up;

		if (nodes[up].up > 0)
			nodes[number].up = nodes[up].up;
		number = up;
	}
	return number;
}

bool moves_closes_ring(struct moves *moves, struct slice url, struct slice to)
{
	uint32_t from = url_map_find(moves->names, url), end = url_map_find(moves->names, to);

	return from > 0 && end > 0 && root_of(moves, end) == from;
}

void moves_add(struct moves *moves, struct slice url, struct slice to, const struct move *move)
{
	uint32_t from = node_of(moves, url), end = node_of(moves, to);

	if (moves->nodes[from].next > 0) /* in a share that was lost and came back */
		return;
	moves->nodes[from].move = *move;
	moves->nodes[from].next = moves->nodes[from].up = end;
}

void moves_break_ring(struct moves *moves, struct slice to,
		      void (*function)(void *context, const struct move *move), void *context)
{
	uint32_t number = url_map_find(moves->names, to);

	for (; number > 0 && moves->nodes[number].next > 0; number = moves->nodes[number].next) {
		moves->nodes[number].is_lost = true;
		function(context, &moves->nodes[number].move);
	}
}
