#include "store/postgres/kinds_node.h"

#include "parsers/text/memory.h"
#include "store/postgres/kinds.h"

/*
 * Free shares are locked before they are counted off, and those that somebody else has locked are
 * passed over; MATERIALIZED, for a planner that looks at them again for each row takes more.
 */
static const struct postgres_kind kinds[POSTGRES_NODE_KINDS] = {
	[POSTGRES_NODE_TAKE] = { "WITH wish AS MATERIALIZED (SELECT max(n.node) AS node, "
				 "max(n.count) AS count"
				 "  FROM unnest($1::bigint[], $2::bigint[]) n(node, count)),"
				 " free AS MATERIALIZED (SELECT share FROM crawl_shares WHERE node "
				 "IS NULL"
				 "  LIMIT (SELECT count FROM wish) FOR NO KEY UPDATE SKIP LOCKED)"
				 " UPDATE crawl_shares s SET node = (SELECT node FROM wish)"
				 " FROM free WHERE s.share = free.share",
				 "ii", false },
	[POSTGRES_NODE_GIVE] = { "UPDATE crawl_shares s SET node = NULL"
				 " FROM unnest($1::bigint[], $2::bigint[]) g(node, share)"
				 " WHERE s.share = g.share AND s.node = g.node",
				 "ii", false },
	[POSTGRES_NODE_IDLE] = { "UPDATE crawl_nodes k SET idle_at = i.n, is_seeding = false"
				 " FROM (SELECT node, max(n) AS n"
				 "  FROM unnest($1::bigint[], $2::bigint[]) i(node, n) GROUP BY "
				 "node) i"
				 " WHERE k.id = i.node",
				 "ii", false },
	[POSTGRES_NODE_LIST_READ] = { "UPDATE crawl_lists l SET is_read = true"
				      " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) "
				      "r(node, run, hash)"
				      " WHERE l.run = r.run AND l.hash = r.hash AND l.node = "
				      "r.node",
				      "iii", false },
	[POSTGRES_NODE_PARSED] = { "UPDATE crawl_parses p SET done = d.done, is_all = d.is_all"
				   " FROM (SELECT node, share, max(done) AS done,"
				   " bool_or(is_all <> 0) AS is_all"
				   " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[],"
				   "  $4::bigint[]) d(node, share, done, is_all)"
				   " GROUP BY node, share) d"
				   " WHERE p.share = d.share AND p.node = d.node",
				   "iiii", false },
};

static char *copy(const char *text)
{
	return memory_text(text, strlen(text));
}

void postgres_node_add_kinds(struct postgres_store *store)
{
	if (store->node_kinds)
		return;
	store->node_kinds = postgres_add_kind(store, copy(kinds[0].sql), copy(kinds[0].types));
	for (unsigned i = 1; i < POSTGRES_NODE_KINDS; i++)
		postgres_add_kind(store, copy(kinds[i].sql), copy(kinds[i].types));
}

int postgres_node_put(struct postgres_store *store, enum postgres_node_kind kind,
		      const struct store_value values[])
{
	return postgres_put(store, store->node_kinds + kind, values);
}
