#include "store/postgres/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/postgres/pipe.h"

/*
 * Orders are rows, of one run: who begins another knows nothing of them.  Each node hears all that
 * came since it joined, and who comes late hears what still holds: whether the run is paused, the
 * delays that were ordered, and that it is to end.
 */

#define POLL_MS 50

/* ---- who hears ---- */

static void hear(struct postgres_store *store, const char *what, const char *text)
{
	const struct store_order order = { .what = what, .text = text };

	if (strcmp(what, "pause") == 0)
		store->node->is_paused = true;
	else if (strcmp(what, "resume") == 0)
		store->node->is_paused = false;
	if (store->events.order)
		store->events.order(store->events.context, &order);
}

void postgres_orders_keep(struct postgres_node *node, const PGresult *orders)
{
	PQclear(node->orders);
	node->orders = PQcopyResult(orders, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES);
}

void postgres_orders_turn(struct postgres_store *store)
{
	struct postgres_node *node = store->node;
	PGresult *orders = node->orders;

	if (!orders)
		return;
	node->orders = NULL;
	node->hears_old = false;
	for (int row = 0; row < PQntuples(orders); row++) {
		int64_t id = postgres_integer(orders, row, 0);

		if (id > node->order_seen)
			node->order_seen = id;
		hear(store, PQgetvalue(orders, row, 1), PQgetvalue(orders, row, 2));
	}
	PQclear(orders);
	if (store->pipe && postgres_batch_rows(postgres_pipe_open_batch(store->pipe)) > 0)
		node->order_n = postgres_pipe_closed(store->pipe) + 1;
}

/* What came of it is there, before anybody is told that it was heard. */
bool postgres_orders_are_done(const struct postgres_store *store)
{
	return !store->pipe || store->node->order_n <= postgres_pipe_committed(store->pipe);
}

/* Who only reads has to ask. */
static bool was_paused(struct store *store)
{
	int64_t is_paused = 0;

	return postgres_number(postgres_of(store),
			       "SELECT (o.what = 'pause')::int FROM crawl_orders o JOIN runs r"
			       " ON r.id = o.run WHERE r.ended IS NULL"
			       " AND o.what IN ('pause', 'resume') ORDER BY o.id DESC LIMIT 1",
			       NULL, 0, &is_paused) == 0 &&
	       is_paused != 0;
}

bool postgres_is_paused(const struct store *store)
{
	const struct postgres_node *node = postgres_node_of(store);

	return node ? node->is_paused : was_paused((struct store *)(uintptr_t)store);
}

/* ---- who tells ---- */

struct told {
	struct postgres_store *store;
	int64_t order, run;
	char *ids, *names; /* of those who lived when it was told, as SQL's arrays */
	int64_t nodes, heard, waiting;
};

/*
 * Whoever looks for orders goes by the highest number that he has seen: so numbers become visible
 * in their order.  The run is locked before one is taken, until that is committed.
 */
const char postgres_order_sql[] =
	"WITH open AS (SELECT r.id FROM runs r WHERE r.ended IS NULL AND r.ended_at IS NULL"
	"  AND EXISTS (SELECT 1 FROM crawl_nodes k WHERE k.run = r.id"
	"  AND k.pid <> 0 AND NOT " POSTGRES_IS_LATE(
		"k") ") FOR NO KEY UPDATE)"
		     " INSERT INTO crawl_orders (run, what, text)"
		     " SELECT id, $2, $3 FROM open RETURNING id, run";

static int give_order(struct told *told, const struct store_order *order)
{
	const struct store_value values[] = {
		postgres_of_integer(postgres_lease_ms),
		postgres_of_string(order->what),
		postgres_of_string(order->text ? order->text : ""),
	};
	PGresult *result = postgres_ask(told->store, postgres_order_sql, values, 3);

	if (!result)
		return -1;
	if (PQntuples(result) > 0) {
		told->order = postgres_integer(result, 0, 0);
		told->run = postgres_integer(result, 0, 1);
	}
	PQclear(result);
	return 0;
}

static int list_nodes(struct told *told)
{
	const struct store_value run = postgres_of_integer(told->run);
	PGresult *result =
		postgres_ask(told->store,
			     "SELECT count(*), coalesce(array_agg(id ORDER BY name, id), '{}'),"
			     " coalesce(array_agg(name || ':' || pid ORDER BY name, id), '{}')"
			     " FROM crawl_nodes WHERE run = $1 AND pid <> 0",
			     &run, 1);

	if (!result)
		return -1;
	told->nodes = postgres_integer(result, 0, 0);
	told->ids = strdup(PQgetvalue(result, 0, 1));
	told->names = strdup(PQgetvalue(result, 0, 2));
	PQclear(result);
	return told->ids && told->names ? 0 : -1;
}

/* Who has left of himself had heard, or had no more to do; who was buried had not. */
static int count_heard(struct told *told, char names[STORE_ERROR_MAX])
{
	static const char sql[] =
		"SELECT count(*) FILTER (WHERE heard), count(*) FILTER (WHERE waits),"
		" coalesce(string_agg(name, ', ') FILTER (WHERE NOT heard), '')"
		" FROM (SELECT i.name, coalesce(k.order_seen >= $2, p.ended <> 'lost', false)"
		"   AS heard,"
		"  k.id IS NOT NULL AND k.order_seen < $2 AND NOT " POSTGRES_IS_LATE(
			"k") "   AS waits"
			     "  FROM unnest($3::bigint[], $4::text[]) i(id, name)"
			     "  LEFT JOIN crawl_nodes k ON k.id = i.id"
			     "  LEFT JOIN crawl_past_nodes p ON p.id = i.id) n";
	const struct store_value values[] = {
		postgres_of_integer(postgres_lease_ms),
		postgres_of_integer(told->order),
		postgres_of_string(told->ids),
		postgres_of_string(told->names),
	};
	PGresult *result = postgres_ask(told->store, sql, values, 4);

	if (!result)
		return -1;
	told->heard = postgres_integer(result, 0, 0);
	told->waiting = postgres_integer(result, 0, 1);
	snprintf(names, STORE_ERROR_MAX, "%s", PQgetvalue(result, 0, 2));
	PQclear(result);
	return 0;
}

static int wait_for_all(struct told *told, char names[STORE_ERROR_MAX])
{
	const struct timespec rest = { .tv_nsec = POLL_MS * 1000000L };
	int64_t until_ms = postgres_boot_ms() + 2 * postgres_lease_ms;

	while (count_heard(told, names) == 0) {
		if (told->waiting == 0 || postgres_boot_ms() > until_ms)
			return 0;
		nanosleep(&rest, NULL);
	}
	return -1;
}

int postgres_tell(const char *where, const struct store_order *order, unsigned *nodes,
		  char names[STORE_ERROR_MAX], struct store_error *error)
{
	struct store *door = postgres_open_tell(where, error);
	struct told told = { .order = 0 };
	int failed;

	*nodes = 0;
	names[0] = '\0';
	if (!door)
		return -1;
	postgres_lease_read();
	told.store = postgres_of(door);
	failed = give_order(&told, order) ||
		 (told.order && (list_nodes(&told) || wait_for_all(&told, names)));
	if (failed)
		*error = *store_error(door);
	*nodes = (unsigned)told.nodes;
	free(told.ids);
	free(told.names);
	store_close(door);
	return failed ? -1 : (int)told.heard;
}
