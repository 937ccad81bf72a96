#include "store/postgres/internal.h"

#include "store/postgres/kinds_node.h"
#include "store/postgres/pipe.h"

/* A list is known by its bytes: whoever comes first with them reads it, in each run. */

int postgres_begin_list(struct store *door, const char *name, uint64_t hash)
{
	struct postgres_store *store = postgres_of(door);
	struct store_value values[4];
	int64_t is_ours = 0;

	if (postgres_begin(store) < 0 || postgres_node_wake(store) < 0)
		return -1;
	values[0] = postgres_of_integer(store->run_id);
	values[1] = postgres_of_integer((int64_t)hash);
	values[2] = postgres_of_string(name);
	values[3] = postgres_of_integer(store->node->id);
	/* One that somebody began to read and did not, for he has gone, is read again. */
	if (postgres_number(store,
			    "INSERT INTO crawl_lists AS l (run, hash, name, node)"
			    " SELECT $1, $2, $3, id FROM crawl_nodes WHERE id = $4"
			    " ON CONFLICT (run, hash) DO UPDATE SET node = excluded.node"
			    " WHERE NOT l.is_read AND (l.node = excluded.node"
			    "  OR NOT EXISTS (SELECT 1 FROM crawl_nodes k WHERE k.id = l.node))"
			    " RETURNING 1",
			    values, 4, &is_ours) < 0)
		return -1;
	return is_ours ? 1 : 0;
}

/* In the batch that has the last of it, or behind that. */
int postgres_end_list(struct store *door, uint64_t hash)
{
	struct postgres_store *store = postgres_of(door);
	struct store_value values[3];

	if (postgres_begin(store) < 0)
		return -1;
	values[0] = postgres_of_integer(store->node->id);
	values[1] = postgres_of_integer(store->run_id);
	values[2] = postgres_of_integer((int64_t)hash);
	return postgres_node_put(store, POSTGRES_NODE_LIST_READ, values);
}
