#include "store/postgres/internal.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"
#include "store/postgres/kinds_node.h"
#include "store/postgres/pipe.h"
#include "store/postgres/tables.h"

/*
 * Pages are parsed again by nodes of no run, which share the work: crawl_parses has a row for each
 * share that has pages, and says whose they are, and how many are done.  That is written in the
 * batch of those pages, so that who gets a share goes on behind them; a node that dies gives all
 * its shares back by its foreign key.
 *
 * A pass lasts as long as one of its nodes lives: who finds none begins anew.
 */

#define WAIT_MS 100 /* for others, between two looks */

int postgres_begin_parses(struct store *door, const char *how)
{
	struct postgres_store *store = postgres_of(door);

	free(store->parses);
	store->parses = memory_text(how, strlen(how));
	return postgres_begin(store);
}

int postgres_parses_join(struct postgres_store *store, unsigned others)
{
	struct postgres_node *node = store->node;

	node->has_joined = others > 0;
	node->live = others + 1;
	if (!node->parses || others > 0)
		return 0;
	return postgres_script(store, "DELETE FROM crawl_parses; DELETE FROM crawl_parses_agreed");
}

/* ---- what is done ---- */

/* Whoever is first also says which shares there are. */
static const char agree_sql[] =
	"WITH first AS (INSERT INTO crawl_parses_agreed (what) VALUES ($1) ON CONFLICT DO NOTHING"
	"  RETURNING 1)"
	" INSERT INTO crawl_parses (share) SELECT DISTINCT r.url_id >> 32 FROM results r"
	" JOIN urls u ON u.id = r.url_id WHERE r.read_at IS NOT NULL AND u.kind = 0"
	" AND EXISTS (SELECT 1 FROM first)";

int postgres_agree_parses(struct store *door, struct slice ours, struct slice *agreed)
{
	struct postgres_store *store = postgres_of(door);
	const struct store_value what = postgres_of_text(ours);
	struct slice text;
	PGresult *result;

	if (postgres_do(store, agree_sql, &what, 1))
		return -1;
	result = postgres_ask(store, "SELECT what FROM crawl_parses_agreed", NULL, 0);
	if (!result)
		return -1;
	text = PQntuples(result) > 0 ? postgres_text(result, 0, 0) : ours;
	free(store->agreed);
	store->agreed = memory_text(text.at ? text.at : "", text.size);
	*agreed = (struct slice){ store->agreed, text.size };
	PQclear(result);
	return 0;
}

/* ---- whose is it? ---- */

struct parts {
	int64_t left, ours, free; /* shares that are not done */
	int64_t fair;
};

static int count(struct postgres_store *store, struct parts *parts)
{
	const struct store_value values[] = {
		postgres_of_integer(postgres_lease_ms),
		postgres_of_integer(store->node->id),
	};
	int64_t nodes;
	PGresult *result = postgres_ask(
		store,
		"SELECT count(*), count(*) FILTER (WHERE node = $2),"
		" count(*) FILTER (WHERE node IS NULL),"
		" (SELECT count(*) FROM crawl_nodes k WHERE k.parses IS NOT NULL"
		"  AND NOT " POSTGRES_IS_LATE("k") ") FROM crawl_parses WHERE NOT is_all",
		values, 2);

	if (!result)
		return -1;
	*parts = (struct parts){
		.left = postgres_integer(result, 0, 0),
		.ours = postgres_integer(result, 0, 1),
		.free = postgres_integer(result, 0, 2),
	};
	nodes = postgres_integer(result, 0, 3);
	parts->fair = nodes > 0 ? (parts->left + nodes - 1) / nodes : parts->left;
	PQclear(result);
	return 0;
}

static int give_some(struct postgres_store *store, int64_t surplus)
{
	const struct store_value values[] = {
		postgres_of_integer(store->node->id),
		postgres_of_integer(surplus),
	};

	return postgres_do(store,
			   "UPDATE crawl_parses SET node = NULL WHERE share IN"
			   " (SELECT share FROM crawl_parses WHERE node = $1 AND NOT is_all"
			   "  ORDER BY share DESC LIMIT $2)",
			   values, 2);
}

/* What others have locked just now is theirs; who has been buried gets nothing any more. */
static int take_some(struct postgres_store *store, int64_t wanted)
{
	const struct store_value values[] = {
		postgres_of_integer(store->node->id),
		postgres_of_integer(wanted),
	};

	return postgres_do(store,
			   "WITH free AS MATERIALIZED (SELECT share FROM crawl_parses"
			   "  WHERE node IS NULL AND NOT is_all ORDER BY share LIMIT $2"
			   "  FOR NO KEY UPDATE SKIP LOCKED)"
			   " UPDATE crawl_parses p SET node = $1 FROM free"
			   " WHERE p.share = free.share"
			   " AND EXISTS (SELECT 1 FROM crawl_nodes WHERE id = $1)",
			   values, 2);
}

/* Returns how many, or -1. */
static int hand_out(struct postgres_store *store,
		    void (*function)(void *context, uint32_t share, uint64_t done), void *context)
{
	const struct store_value id = postgres_of_integer(store->node->id);
	PGresult *result = postgres_ask(store,
					"SELECT share, done FROM crawl_parses"
					" WHERE node = $1 AND NOT is_all ORDER BY share",
					&id, 1);
	int shares = result ? PQntuples(result) : -1;

	for (int row = 0; row < shares; row++)
		function(context, (uint32_t)postgres_integer(result, row, 0),
			 (uint64_t)postgres_integer(result, row, 1));
	PQclear(result);
	return shares;
}

/* Renew the lease, bury who is dead, hear that we were. */
static int turn(struct postgres_store *store)
{
	int64_t due_ms;

	return postgres_turn(&store->base, postgres_boot_ms() + store->node->clock_ms, &due_ms);
}

static bool has_new_tables(const struct postgres_store *store)
{
	return store->table_count > 0 && !store->tables[store->table_count - 1].is_made;
}

struct taking {
	void (*function)(void *context, uint32_t share, uint64_t done);
	void *context;
	int64_t left;
};

/* Two that move one row at the same time leave children of one: the last who looks removes them. */
static int remove_orphans(struct postgres_store *store)
{
	for (int i = 0; i < store->table_count; i++)
		if (store->tables[i].is_made && postgres_remove_orphans(store, &store->tables[i]))
			return -1;
	return 0;
}

/* Each statement says how it is to be, whatever was done before it: all may be done again.  Returns
 * how many shares are ours, or -1. */
static int take(struct postgres_store *store, void *context)
{
	struct taking *taking = context;
	struct parts parts;

	if (postgres_node_wake(store) || (has_new_tables(store) && postgres_make_tables(store)) ||
	    count(store, &parts))
		return -1;
	taking->left = parts.left;
	if (parts.left == 0)
		return remove_orphans(store);
	if (parts.ours > parts.fair && give_some(store, parts.ours - parts.fair))
		return -1;
	if (parts.ours < parts.fair && parts.free > 0 && take_some(store, parts.fair - parts.ours))
		return -1;
	return hand_out(store, taking->function, taking->context);
}

int postgres_take_parses(struct store *door,
			 void (*function)(void *context, uint32_t share, uint64_t done),
			 void *context)
{
	struct postgres_store *store = postgres_of(door);
	struct taking taking = { .function = function, .context = context };
	int shares;

	if (postgres_begin(store) || turn(store) < 0)
		return -1;
	shares = postgres_transact(store, take, &taking);
	if (shares < 0 || taking.left == 0)
		return shares < 0 ? -1 : 0;
	if (shares == 0)
		poll(NULL, 0, WAIT_MS);
	return 1;
}

int postgres_put_parsed(struct store *door, uint32_t share, uint64_t done, bool is_all)
{
	struct postgres_store *store = postgres_of(door);

	return postgres_node_put(store, POSTGRES_NODE_PARSED,
				 (struct store_value[]){ postgres_of_integer(store->node->id),
							 postgres_of_integer(share),
							 postgres_of_integer((int64_t)done),
							 postgres_of_integer(is_all) });
}
