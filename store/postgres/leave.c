#include "store/postgres/internal.h"

#include <stdio.h>

#include "store/postgres/flow.h"
#include "store/postgres/pipe.h"
#include "store/postgres/writing.h"

/*
 * How a node goes: it leaves a run that others go on with, or ends it, or has failed.
 */

#define LOCK_MS   "2000" /* a row that somebody has is left to its lease */
#define REMOVE_MS 5000

/* ---- leave ---- */

static void go_away(struct postgres_store *store)
{
	postgres_pipe_free(store->pipe);
	store->pipe = NULL;
	postgres_flow_reset(store);
	postgres_node_free(store->node);
	store->node = NULL;
}

/* What it had of what all may do is theirs again. */
static void give_back(struct postgres_store *store)
{
	for (size_t i = 0; i < store->node->quota_count; i++) {
		const struct postgres_quota *quota = &store->node->quotas[i];
		const struct store_value values[] = {
			postgres_of_integer(store->run_id),
			postgres_of_string(quota->name),
			postgres_of_integer((int64_t)(quota->granted - quota->used)),
		};

		if (quota->granted > quota->used)
			postgres_queue(store,
				       "UPDATE crawl_quotas SET granted = granted - $3"
				       " WHERE run = $1 AND name = $2",
				       values, 3);
	}
}

static const char remove_sql[] =
	"WITH gone AS (DELETE FROM crawl_nodes WHERE id = $1 RETURNING id, run, name, joined_at)"
	" INSERT INTO crawl_past_nodes (id, run, name, joined_at, ended, pages, rows)"
	" SELECT g.id, g.run, g.name, g.joined_at, $2, coalesce(sum(b.pages), 0),"
	" coalesce(sum(b.rows), 0) FROM gone g LEFT JOIN crawl_batches b ON b.node = g.id"
	" GROUP BY g.id, g.run, g.name, g.joined_at";

static void remove_node(struct postgres_store *store, const char *how)
{
	const struct store_value values[] = {
		postgres_of_integer(store->node->id),
		postgres_of_string(how),
	};

	postgres_queue(store, remove_sql, values, 2);
}

/* Ends the transaction.  Returns 0 or -1. */
static int leave(struct postgres_store *store, const char *how)
{
	give_back(store);
	remove_node(store, how);
	return postgres_do(store, "COMMIT", NULL, 0);
}

/* The store has failed, and what it does now is for others: what it had is free at once, and a run
 * that nobody else is in has an end.  If that fails, too, the lease ends.  The pipe is closed
 * first: of a batch that is half sent the server holds our row. */
static void remove_failed(struct postgres_store *store)
{
	static const char end_sql[] =
		"UPDATE runs SET ended = 'failed', ended_at = " POSTGRES_NOW_TEXT
		" WHERE id = $1 AND ended IS NULL"
		" AND NOT EXISTS (SELECT 1 FROM crawl_nodes WHERE run = $1)";
	char id[24], run[24];
	const char *const values[] = { id, "failed" }, *const runs[] = { run };
	bool is_heard = true;

	snprintf(id, sizeof(id), "%lld", (long long)store->node->id);
	snprintf(run, sizeof(run), "%lld", (long long)store->run_id);
	postgres_pipe_free(store->pipe);
	store->pipe = NULL;
	if (PQtransactionStatus(store->ask) != PQTRANS_IDLE)
		is_heard = postgres_say_briefly(store->ask, "ROLLBACK", NULL, 0, REMOVE_MS);
	if (is_heard &&
	    postgres_say_briefly(store->ask, "SELECT set_config('lock_timeout', $1, false)",
				 &(const char *){ LOCK_MS }, 1, REMOVE_MS) &&
	    postgres_say_briefly(store->ask, remove_sql, values, 2, REMOVE_MS))
		postgres_say_briefly(store->ask, end_sql, runs, 1, REMOVE_MS);
}

void postgres_node_leave(struct postgres_store *store, const char *how)
{
	struct postgres_node *node = store->node;

	if (!node)
		return;
	if (store->pipe)
		postgres_settle(&store->base, -1);
	if (store->base.has_failed)
		remove_failed(store);
	else if (store->pipe && !node->is_lost && postgres_node_wake(store) == 0) {
		postgres_queue(store, "BEGIN", NULL, 0);
		leave(store, how ? how : "left");
	}
	go_away(store);
}

/* ---- the end ---- */

/* Do others go on with it, or have they still something to write?  Holds the run's row until the
 * transaction ends: of all who are at their end one is the last, and says how it was. */
static int may_end(struct postgres_store *store, bool *may)
{
	const struct store_value values[] = {
		postgres_of_integer(postgres_lease_ms),
		postgres_of_integer(store->run_id),
		postgres_of_integer(store->node->id),
	};
	PGresult *result;

	if (postgres_node_wake(store))
		return -1;
	postgres_queue(store, "BEGIN", NULL, 0);
	postgres_queue(store, "SELECT 1 FROM runs WHERE id = $1 FOR UPDATE", &values[1], 1);
	result = postgres_ask(
		store,
		"SELECT r.ended IS NULL AND NOT EXISTS"
		" (SELECT 1 FROM crawl_nodes k WHERE k.run = $2 AND k.id <> $3"
		"  AND k.pid <> 0 AND NOT " POSTGRES_IS_LATE("k") ") FROM runs r WHERE r.id = $2",
		values, 3);
	if (!result)
		return -1;
	*may = PQntuples(result) > 0 && postgres_bool(result, 0, 0);
	PQclear(result);
	return 0;
}

static int write_end(struct postgres_store *store, const char *how)
{
	const struct store_value values[] = {
		postgres_of_integer(store->run_id),
		postgres_of_string(how),
	};

	if (postgres_note_end(store))
		return -1;
	postgres_queue(store,
		       "UPDATE runs SET ended = $2, ended_at = " POSTGRES_NOW_TEXT
		       ", (pages, rows) = (SELECT coalesce(sum(pages), 0),"
		       " coalesce(sum(rows), 0) FROM"
		       "  (SELECT p.pages, p.rows FROM crawl_past_nodes p WHERE p.run = $1"
		       "   UNION ALL SELECT b.pages, b.rows FROM crawl_batches b"
		       "   JOIN crawl_nodes k ON k.id = b.node WHERE k.run = $1) n)"
		       " WHERE id = $1",
		       values, 2);
	return 0;
}

struct ending {
	const char *how;
	bool may, is_again;
};

/* Was the answer to COMMIT lost, and nothing else?  What is still being committed holds the run's
 * row, and is waited for. */
static int has_left(struct postgres_store *store, bool *has)
{
	const struct store_value node = postgres_of_integer(store->node->id);
	const struct store_value run = postgres_of_integer(store->run_id);
	int64_t found = 0;

	postgres_queue(store, "BEGIN", NULL, 0);
	postgres_queue(store, "SELECT 1 FROM runs WHERE id = $1 FOR UPDATE", &run, 1);
	if (postgres_number(
		    store, "SELECT count(*) FROM crawl_past_nodes WHERE id = $1 AND ended = 'left'",
		    &node, 1, &found))
		return -1;
	*has = found > 0;
	return postgres_do(store, "COMMIT", NULL, 0);
}

static int end(struct postgres_store *store, void *context)
{
	struct ending *ending = context;
	bool is_done = false;

	if (ending->is_again && has_left(store, &is_done))
		return -1;
	if (is_done)
		return 0;
	ending->may = false;
	if (store->pipe && postgres_settle_all(store))
		return -1;
	if (!store->pipe || store->node->is_lost)
		return 0;
	ending->is_again = true;
	return may_end(store, &ending->may) || (ending->may && write_end(store, ending->how)) ||
			       leave(store, "left")
		       ? -1
		       : 0;
}

int postgres_end_run(struct store *door, const char *how)
{
	struct postgres_store *store = postgres_of(door);
	struct ending ending = { .how = how };

	if (door->has_failed)
		return -1;
	if (!store->node || store->run_id == 0)
		return 0;
	if (postgres_transact(store, end, &ending))
		return -1;
	if (ending.may) /* then what they left is pruned */
		postgres_writing(store)->has_changed_sets = false;
	store->ended_run = store->run_id;
	store->has_ended = ending.may;
	store->run_id = 0;
	go_away(store);
	return 0;
}
