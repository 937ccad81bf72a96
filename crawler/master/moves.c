#include "master/moves.h"

#include <stdlib.h>

#include "frontier/url_map.h"
#include "parsers/text/memory.h"

/*
 * A URL that moved, or that one moved to: the first has a next, the root of a tree has none.
 *
 * From every node, up leads to the root of its tree, by some nodes or at once (union-find): walking
 * there makes the way shorter, so a long way costs no more a step than a short one.
 */
struct node {
	struct move move;
	uint32_t next;                /* where it moved to: a number of nodes, or 0 */
	uint32_t up;                  /* on the way to the root, or 0: it is the root */
	uint32_t first_led, next_led; /* those that moved to it, and the next of its siblings */
	bool is_lost;
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

/* ---- nodes ---- */

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

/* It has not moved to where its next is.  Few move by hearsay, so siblings are looked through. */
static void take_back(struct moves *moves, uint32_t number)
{
	uint32_t *led = &moves->nodes[moves->nodes[number].next].first_led;

	while (*led != number)
		led = &moves->nodes[*led].next_led;
	*led = moves->nodes[number].next_led;
	moves->nodes[number].next = moves->nodes[number].next_led = 0;
}

/* ---- what is known of URLs ---- */

static bool is_bad(enum store_state state)
{
	return state == STORE_FAILED || state == STORE_SKIPPED;
}

void moves_gain(struct moves *moves, const struct store_known_url *known, uint32_t host)
{
	struct move move = {
		.key = known->key,
		.host = host,
		.is_hearsay = true,
		.has_content = known->has_content,
		.depth = (uint32_t)known->depth,
	};

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

/* ---- what moved ---- */

bool moves_closes_ring(struct moves *moves, struct slice url, struct slice to)
{
	uint32_t from = url_map_find(moves->names, url), end = url_map_find(moves->names, to);

	return from > 0 && end > 0 && root_of(moves, end) == from;
}

bool moves_open_ring(struct moves *moves, struct slice url, struct slice to, struct move *opened)
{
	uint32_t root = url_map_find(moves->names, url), at = url_map_find(moves->names, to);
	struct node *nodes = moves->nodes;

	while (at != root && !nodes[at].move.is_hearsay)
		at = nodes[at].next;
	if (at == root)
		return false;
	take_back(moves, at);
	nodes[at].move.is_hearsay = false;
	nodes[at].up = 0;
	nodes[root].up = at; /* to where the root is about to lead: whose ups end here, end there */
	*opened = nodes[at].move;
	return true;
}

bool moves_stands(struct moves *moves, struct slice url, struct slice to)
{
	return moves_is_wanted(moves, to) && !seen_has(moves->ailing, to) &&
	       !moves_closes_ring(moves, url, to);
}

uint32_t moves_depth(const struct moves *moves, struct slice url, uint32_t own)
{
	uint32_t at = url_map_find(moves->names, url);

	for (at = at ? moves->nodes[at].first_led : 0; at > 0; at = moves->nodes[at].next_led) {
		if (moves->nodes[at].move.depth < own)
			own = moves->nodes[at].move.depth;
	}
	return own;
}

void moves_add(struct moves *moves, struct slice url, struct slice to, const struct move *move)
{
	uint32_t from = node_of(moves, url), end = node_of(moves, to);
	struct node *node = &moves->nodes[from];

	if (node->next > 0) /* in a share that was lost and came back */
		return;
	node->move = *move;
	node->next = end;
	node->up = root_of(moves, end);
	node->next_led = moves->nodes[end].first_led;
	moves->nodes[end].first_led = from;
}

/* Who moved to a node comes next in the order in which a tree is walked down from this top. */
static uint32_t walk(const struct moves *moves, uint32_t top, uint32_t at)
{
	const struct node *nodes = moves->nodes;

	if (nodes[at].first_led > 0)
		return nodes[at].first_led;
	while (at != top && nodes[at].next_led == 0)
		at = nodes[at].next;
	return at == top ? 0 : nodes[at].next_led;
}

void moves_lose(struct moves *moves, struct slice url, moves_function *function, void *context)
{
	uint32_t top = url_map_find(moves->names, url);

	seen_add(moves->lost, url);
	if (top == 0)
		return;
	for (uint32_t at = walk(moves, top, top); at > 0; at = walk(moves, top, at)) {
		if (moves->nodes[at].is_lost)
			continue;
		moves->nodes[at].is_lost = true;
		function(context, &moves->nodes[at].move);
	}
}

void moves_each_content(const struct moves *moves, moves_function *function, void *context)
{
	for (uint32_t i = 1; i < moves->count; i++) {
		const struct node *node = &moves->nodes[i];

		if (node->next > 0 && node->move.has_content && !node->is_lost)
			function(context, &node->move);
	}
}
