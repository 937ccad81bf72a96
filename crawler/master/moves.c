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
	uint32_t next;                          /* where it moved to: a number of nodes, or 0 */
	uint32_t up;                            /* on the way to the root, or 0: it is the root */
	uint32_t first_led, next_led, prev_led; /* those that moved to it, and its siblings */
	bool is_lost;
	char *url, *left_for; /* moves_expect_others(), moves_leave(); or NULL */
	struct waiter *waiters;
};

struct moves {
	const struct seen *seen;
	struct seen *lost;     /* failed or were skipped in this pass */
	struct seen *ailing;   /* did at their last visit, and will be asked for */
	struct seen *begun;    /* in this pass; or NULL: all that wait will be */
	uint64_t left;         /* that may be begun */
	struct url_map *names; /* numbers of nodes, from 1 */
	struct url_map *lent;  /* by their keys: 1 */
	struct seen *ends;     /* of URLs: 1, they have one; 2: not after all; or NULL */
	struct node *nodes;
	uint32_t count, capacity;
	uint64_t key;
	bool has_others;
};

static void begin(struct moves *moves, const struct seen *seen, uint64_t left, bool is_bounded,
		  uint64_t key)
{
	*moves = (struct moves){
		.seen = seen,
		.lost = seen_new(key),
		.ailing = seen_new(key),
		.begun = is_bounded ? seen_new(key) : NULL,
		.left = left,
		.names = url_map_new(key),
		.lent = url_map_new(key),
		.count = 1,
		.key = key,
		.nodes = memory_new(1, sizeof(struct node)),
		.capacity = 1,
	};
}

struct moves *moves_new(const struct seen *seen, uint64_t max_pages, uint64_t key)
{
	struct moves *moves = memory_new(1, sizeof(*moves));

	begin(moves, seen, max_pages, max_pages > 0, key);
	return moves;
}

static void free_all(struct moves *moves)
{
	seen_free(moves->lost);
	seen_free(moves->ailing);
	seen_free(moves->begun);
	url_map_free(moves->names);
	url_map_free(moves->lent);
	seen_free(moves->ends);
	for (uint32_t i = 1; i < moves->count; i++) {
		free(moves->nodes[i].url);
		free(moves->nodes[i].left_for);
	}
	free(moves->nodes);
}

void moves_free(struct moves *moves)
{
	if (!moves)
		return;
	free_all(moves);
	free(moves);
}

void moves_expect_others(struct moves *moves)
{
	moves->has_others = true;
	moves->ends = seen_new(moves->key);
}

void moves_forget(struct moves *moves)
{
	bool has_others = moves->has_others;

	free_all(moves);
	begin(moves, moves->seen, moves->left, moves->begun != NULL, moves->key);
	if (has_others)
		moves_expect_others(moves);
}

static struct slice key_text(const struct store_key *key)
{
	return (struct slice){ (const char *)key, sizeof(*key) };
}

bool moves_lend(struct moves *moves, struct store_key key)
{
	if (url_map_find(moves->lent, key_text(&key)) != 0)
		return false;
	url_map_put(moves->lent, key_text(&key), 1);
	return true;
}

bool moves_take_back(struct moves *moves, struct store_key key)
{
	return url_map_take(moves->lent, key_text(&key)) != 0;
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
	if (moves->has_others)
		moves->nodes[number].url = memory_text(url.at, url.size);
	url_map_put(moves->names, url, number);
	return number;
}

static struct move move_of(const struct node *node)
{
	struct move move = node->move;

	move.url = node->url ? slice_of(node->url) : (struct slice){ 0 };
	return move;
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

/* It moves to where its next is: it comes first among its siblings. */
static void link_led(struct moves *moves, uint32_t number)
{
	struct node *node = &moves->nodes[number], *next = &moves->nodes[node->next];

	node->prev_led = 0;
	node->next_led = next->first_led;
	if (node->next_led > 0)
		moves->nodes[node->next_led].prev_led = number;
	next->first_led = number;
}

/* It has not moved there. */
static void take_back(struct moves *moves, uint32_t number)
{
	struct node *node = &moves->nodes[number];

	if (node->prev_led > 0)
		moves->nodes[node->prev_led].next_led = node->next_led;
	else
		moves->nodes[node->next].first_led = node->next_led;
	if (node->next_led > 0)
		moves->nodes[node->next_led].prev_led = node->prev_led;
	node->next = node->next_led = node->prev_led = 0;
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
		.is_again = true,
		.has_content = known->has_content,
		.depth = (uint32_t)known->depth,
	};

	if (is_bad(known->state))
		seen_add(known->is_pending ? moves->ailing : moves->lost, known->url);
	if (known->is_pending)
		return;
	if (moves->has_others)
		moves_note_end(moves, known->url, true);
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

void moves_spend(struct moves *moves)
{
	moves->left = 0;
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

/* Where a way ends.  With others it is walked step by step, for steps are taken back. */
static uint32_t end_of(struct moves *moves, uint32_t number)
{
	if (!moves->has_others)
		return root_of(moves, number);
	while (moves->nodes[number].next > 0)
		number = moves->nodes[number].next;
	return number;
}

bool moves_closes_ring(struct moves *moves, struct slice url, struct slice to)
{
	uint32_t from = url_map_find(moves->names, url), end = url_map_find(moves->names, to);

	return from > 0 && end > 0 && end_of(moves, end) == from;
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
	nodes[root].up = moves->has_others ? 0 : at; /* to where the root is about to lead: whose
							ups end here, end there */
	*opened = move_of(&nodes[at]);
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

	if (node->next > 0) { /* in a share that was lost and came back */
		node->move.is_waiting = move->is_waiting;
		return;
	}
	if (moves->has_others && end_of(moves, end) == from) /* it is told by who asks */
		return;
	node->move = *move;
	node->next = end;
	node->up = moves->has_others ? 0 : root_of(moves, end); /* else it is not asked for */
	link_led(moves, from);
	for (; moves->nodes[end].next > 0 && moves->nodes[end].move.depth > move->depth;
	     end = moves->nodes[end].next)
		moves->nodes[end].move.depth = move->depth;
}

/* ---- to other shares ---- */

void moves_note_end(struct moves *moves, struct slice url, bool has_ended)
{
	seen_put(moves->ends, url, has_ended ? 1 : 2);
}

bool moves_has_ended(const struct moves *moves, struct slice url)
{
	uint32_t at = url_map_find(moves->names, url);

	if (seen_number(moves->ends, url) != 1)
		return false;
	while (at > 0 && moves->nodes[at].next > 0)
		at = moves->nodes[at].next;
	return at == 0 || seen_number(moves->ends, slice_of(moves->nodes[at].url)) == 1;
}

void moves_open(struct moves *moves, struct slice url)
{
	uint32_t number = url_map_find(moves->names, url);
	struct node *node = &moves->nodes[number];

	node->move.is_hearsay = false;
	if (node->next == 0)
		return;
	take_back(moves, number);
	node->up = 0;
}

void moves_settle(struct moves *moves, struct slice url)
{
	moves->nodes[url_map_find(moves->names, url)].move.is_waiting = false;
}

struct waiter **moves_waiters(struct moves *moves, struct slice url)
{
	uint32_t number = url_map_find(moves->names, url);

	return number > 0 ? &moves->nodes[number].waiters : NULL;
}

uint32_t moves_count(const struct moves *moves)
{
	return moves->count;
}

struct waiter **moves_waiters_at(struct moves *moves, uint32_t number)
{
	return &moves->nodes[number].waiters;
}

void moves_leave(struct moves *moves, struct slice url, struct slice to, const struct move *move)
{
	uint32_t number = node_of(moves, url);
	struct node *node = &moves->nodes[number];

	if (node->next > 0) { /* it led there here, before the share it leads to went */
		take_back(moves, number);
		node->up = 0;
	}
	free(node->left_for);
	node->left_for = memory_text(to.at, to.size);
	node->move = *move;
}

void moves_return(struct moves *moves, struct slice url)
{
	struct node *node = &moves->nodes[url_map_find(moves->names, url)];

	free(node->left_for);
	node->left_for = NULL;
}

bool moves_has_moved(const struct moves *moves, struct slice url, struct move *move)
{
	uint32_t number = url_map_find(moves->names, url);
	const struct node *node = &moves->nodes[number];

	if (number == 0 || node->is_lost || (node->next == 0 && !node->left_for))
		return false;
	*move = move_of(node);
	return true;
}

void moves_walk(const struct moves *moves, struct slice url, struct slice origin,
		struct moves_way *way)
{
	uint32_t at = url_map_find(moves->names, url), from = url_map_find(moves->names, origin);
	const struct node *node;

	*way = (struct moves_way){ .is_ring = false };
	while (at > 0) {
		node = &moves->nodes[at];
		way->is_ring |= at == from;
		if (node->move.is_hearsay && store_key_is_none(way->hearsay.key))
			way->hearsay = move_of(node);
		if (node->left_for)
			way->to = slice_of(node->left_for);
		at = node->next;
	}
	way->is_ring |= way->to.at && slice_equal(way->to, origin);
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

/* All that moved to a URL, at once or by others, gathered: who is told of one may take it back, and
 * a tree that changes cannot be walked.  The numbers end with a 0; the caller frees them. */
static uint32_t *all_led(const struct moves *moves, uint32_t top)
{
	uint32_t *led = memory_new(1, sizeof(*led));
	size_t count = 0, room = 0;

	for (uint32_t at = top ? walk(moves, top, top) : 0; at > 0; at = walk(moves, top, at)) {
		if (count == room) {
			room = 2 * room + 8;
			led = memory_resize(led, (room + 1) * sizeof(*led));
		}
		led[count++] = at;
	}
	led[count] = 0;
	return led;
}

void moves_each_led(const struct moves *moves, struct slice url,
		    void (*function)(void *context, struct slice led), void *context)
{
	uint32_t *led = all_led(moves, url_map_find(moves->names, url));

	for (const uint32_t *at = led; *at > 0; at++)
		function(context, slice_of(moves->nodes[*at].url));
	free(led);
}

void moves_lose(struct moves *moves, struct slice url, moves_function *function, void *context)
{
	uint32_t *led = all_led(moves, url_map_find(moves->names, url));
	struct move lost;

	seen_add(moves->lost, url);
	for (const uint32_t *at = led; *at > 0; at++) {
		if (moves->nodes[*at].is_lost)
			continue;
		moves->nodes[*at].is_lost = true;
		lost = move_of(&moves->nodes[*at]);
		function(context, &lost);
	}
	free(led);
}

void moves_each_content(const struct moves *moves, moves_function *function, void *context)
{
	for (uint32_t i = 1; i < moves->count; i++) {
		const struct node *node = &moves->nodes[i];
		struct move move = node->move;

		if (node->next > 0 && move.has_content && !node->is_lost)
			function(context, &move);
	}
}
