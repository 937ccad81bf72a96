#include "store/postgres/internal.h"

#include "parsers/text/memory.h"
#include "store/postgres/flow.h"
#include "store/postgres/kinds_node.h"
#include "store/postgres/pipe.h"

/*
 * Whose are the shares?  Everybody has the same part of them, but for a few.  Who has more asks for
 * some to be let go, and who has less takes those of nobody: both in batches of the pipe, so that
 * each has a number, and a server that has lost one is found out.
 */

#define RELEASES_A_TURN 256

struct postgres_taken {
	struct postgres_store *store;
	uint32_t shares[POSTGRES_SHARES];
	size_t count;
};

uint32_t postgres_get_share_count(const struct store *store)
{
	(void)store;
	return POSTGRES_SHARES;
}

/* How many each of so many has. */
static uint32_t fair_part(unsigned nodes)
{
	return nodes ? (POSTGRES_SHARES + nodes - 1) / nodes : POSTGRES_SHARES;
}

/* ---- take ---- */

static void gain_taken(struct postgres_taken *taken)
{
	struct postgres_node *node = taken->store->node;

	for (size_t i = 0; i < taken->count; i++) {
		node->shares[taken->shares[i]] = POSTGRES_COMING;
		postgres_inbox_await(taken->store, taken->shares[i]);
	}
	node->share_count += (uint32_t)taken->count;
	if (taken->count > 0)
		node->load.is_idle = false;
	postgres_gain_shares(taken->store, taken->shares, taken->count);
}

static void take_answer(void *context, enum postgres_answer answer, const PGresult *result, int row)
{
	struct postgres_taken *taken = context;
	const uint8_t *marks = taken->store->node->shares;
	int64_t share;

	if (answer == POSTGRES_ANSWER_AGAIN) {
		taken->count = 0;
	} else if (answer == POSTGRES_ANSWER_ROW) {
		share = postgres_integer(result, row, 0);
		if (share >= 0 && share < POSTGRES_SHARES && marks[share] == POSTGRES_NOT_OURS)
			taken->shares[taken->count++] = (uint32_t)share;
	} else {
		taken->store->node->is_taking = false;
		gain_taken(taken);
	}
}

/* The batch that took some is committed: which are they? */
static void note_taken(void *context)
{
	struct postgres_store *store = context;
	struct postgres_node *node = store->node;
	const struct store_value id = postgres_of_integer(node->id);
	const struct postgres_question question = {
		.sql = "SELECT share FROM crawl_shares WHERE node = $1 ORDER BY share",
		.function = take_answer,
		.context = node->taken,
	};

	*node->taken = (struct postgres_taken){ .store = store };
	postgres_pipe_ask(store->pipe, &question, &id, 1);
}

/* What was given and may be free already is known to be so first: among those that are taken it
 * would look as if it were still being given, and be ours without our knowing. */
static bool may_take(const struct postgres_node *node)
{
	return node->live > 0 && node->free_shares > 0 && !node->is_taking && node->given_n == 0 &&
	       postgres_boot_ms() >= node->take_ms;
}

static void take(struct postgres_store *store, uint32_t wanted)
{
	struct postgres_node *node = store->node;
	const struct store_value values[] = {
		postgres_of_integer(node->id),
		postgres_of_integer(wanted < node->free_shares ? wanted
							       : (int64_t)node->free_shares),
	};

	if (!node->taken)
		node->taken = memory_new(1, sizeof(*node->taken));
	node->is_taking = true;
	node->free_shares = 0; /* until somebody has looked again */
	postgres_node_put(store, POSTGRES_NODE_TAKE, values);
	postgres_node_close_batch(store, note_taken, store);
}

/* ---- give ---- */

static void release(struct postgres_store *store, uint32_t surplus)
{
	struct postgres_node *node = store->node;
	uint32_t released = 0;

	for (uint32_t looked = 0; looked < POSTGRES_SHARES && released < surplus; looked++) {
		uint32_t share = node->next++ % POSTGRES_SHARES;

		if (node->shares[share] != POSTGRES_OURS)
			continue;
		node->shares[share] = POSTGRES_GOING;
		node->share_count--;
		released++;
		store->events.release(store->events.context, share);
		if (!store->node || node->is_lost)
			return;
	}
}

/* It is nobody's with the batch that is open, which has all that was written for it. */
int postgres_give(struct store *door, uint32_t share)
{
	struct postgres_store *store = postgres_of(door);
	struct postgres_node *node = store->node;
	struct store_value values[2];

	if (door->has_failed)
		return -1;
	if (!node || share >= POSTGRES_SHARES || node->shares[share] == POSTGRES_NOT_OURS ||
	    node->shares[share] == POSTGRES_GIVEN)
		return 0;
	if (node->shares[share] != POSTGRES_GOING)
		node->share_count--;
	values[0] = postgres_of_integer(node->id);
	values[1] = postgres_of_integer(share);
	if (postgres_node_put(store, POSTGRES_NODE_GIVE, values) < 0)
		return -1;
	node->shares[share] = POSTGRES_GIVEN;
	node->given_n = postgres_pipe_closed(store->pipe) + 1;
	if (store->events.lose)
		store->events.lose(store->events.context, share);
	return 0;
}

static void forget_given(struct postgres_node *node)
{
	for (uint32_t share = 0; share < POSTGRES_SHARES; share++) {
		if (node->shares[share] == POSTGRES_GIVEN)
			node->shares[share] = POSTGRES_NOT_OURS;
	}
	node->given_n = 0;
}

static void look_after_given(struct postgres_store *store)
{
	struct postgres_node *node = store->node;

	if (node->given_n > postgres_pipe_closed(store->pipe))
		postgres_node_close_batch(store, NULL, NULL);
	else if (node->given_n > 0 && node->given_n <= postgres_pipe_committed(store->pipe))
		forget_given(node);
}

void postgres_shares_lose(struct postgres_store *store)
{
	struct postgres_node *node = store->node;

	for (uint32_t share = 0; share < POSTGRES_SHARES; share++) {
		uint8_t was = node->shares[share];

		node->shares[share] = POSTGRES_NOT_OURS;
		/* Also what was being given: who was to have it may not have got it. */
		if (was != POSTGRES_NOT_OURS && store->events.lose)
			store->events.lose(store->events.context, share);
	}
	node->share_count = 0;
	node->free_shares = 0;
	node->is_taking = false;
	node->given_n = node->idle_n = node->looked_n = 0;
}

/* ---- idle ---- */

static bool has_coming(const struct postgres_node *node)
{
	for (uint32_t share = 0; share < POSTGRES_SHARES; share++) {
		if (node->shares[share] != POSTGRES_NOT_OURS &&
		    node->shares[share] != POSTGRES_OURS)
			return true;
	}
	return false;
}

/*
 * Idle is said in a batch of its own, which has its own number: any later one, of ours, says by its
 * number alone that we are not.
 */
static void say_idle(struct postgres_store *store)
{
	struct postgres_node *node = store->node;
	struct postgres_pipe *pipe = store->pipe;
	int64_t n = postgres_pipe_closed(pipe) + 1;
	const struct store_value values[] = {
		postgres_of_integer(node->id),
		postgres_of_integer(n),
	};

	if (!node->load.is_idle || postgres_node_is_seeding(store) || node->is_taking ||
	    node->idle_n == n - 1 || postgres_pipe_waiting(pipe) > 0 ||
	    postgres_batch_rows(postgres_pipe_open_batch(pipe)) > 0 ||
	    postgres_inbox_has_any(store) || has_coming(node))
		return;
	postgres_node_put(store, POSTGRES_NODE_IDLE, values);
	postgres_pipe_close_batch(pipe, NULL, NULL);
	node->idle_n = n;
}

void postgres_shares_turn(struct postgres_store *store)
{
	struct postgres_node *node = store->node;
	uint32_t fair = fair_part(node->live);

	if (node->is_alone || node->is_over || !store->events.gain_url)
		return;
	look_after_given(store);
	if (node->share_count < fair && may_take(node))
		take(store, fair - node->share_count);
	else if (node->live > 0 && node->share_count > fair && !postgres_node_is_seeding(store) &&
		 store->events.release)
		release(store, node->share_count - fair < RELEASES_A_TURN ? node->share_count - fair
									  : RELEASES_A_TURN);
	if (!node->is_lost)
		say_idle(store);
}
