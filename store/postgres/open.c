#include "store/postgres/internal.h"

#include <stdlib.h>

#include "parsers/text/memory.h"
#include "store/postgres/flow.h"
#include "store/postgres/node.h"
#include "store/postgres/pipe.h"
#include "store/postgres/postgres.h"

static struct postgres_store *store_new(bool is_reader)
{
	struct postgres_store *store = memory_new(1, sizeof(*store));

	store->base.backend = &postgres_backend;
	store->is_reader = is_reader;
	store->pass = 1; /* until a run says */
	return store;
}

static int parse(struct postgres_store *store, const char *where)
{
	struct store_error error = { .cure = STORE_CURE_NONE };

	return postgres_uri_parse(where, &store->uri, &error)
		       ? store_fail(&store->base, error.cure, "%s", error.text)
		       : 0;
}

/* Hand over an opened store, or take a failed one apart. */
static struct store *opened(struct postgres_store *store, int result, struct store_error *error)
{
	if (result == 0)
		return &store->base;
	*error = store->base.error;
	postgres_close(&store->base);
	return NULL;
}

struct store *postgres_open(const char *where, bool fresh, struct store_error *error)
{
	struct postgres_store *store = store_new(false);

	return opened(store,
		      parse(store, where) || postgres_connect(store) ||
				      postgres_connect_spares(store) ||
				      postgres_schema_write(store, fresh)
			      ? -1
			      : 0,
		      error);
}

static struct store *open_read(struct postgres_store *store, const char *where,
			       struct store_error *error)
{
	return opened(store,
		      parse(store, where) || postgres_connect(store) ||
				      postgres_schema_check(store) ||
				      postgres_refuse_half_copy(store)
			      ? -1
			      : 0,
		      error);
}

struct store *postgres_open_read(const char *where, struct store_error *error)
{
	return open_read(store_new(true), where, error);
}

struct store *postgres_open_tell(const char *where, struct store_error *error)
{
	struct postgres_store *store = store_new(true);

	store->is_teller = true;
	return open_read(store, where, error);
}

void postgres_close(struct store *door)
{
	struct postgres_store *store = postgres_of(door);

	if (store->node)
		postgres_node_leave(store, NULL);
	postgres_pipe_free(store->pipe);
	postgres_flow_free(store);
	postgres_node_free(store->node);
	free(store->parses);
	free(store->agreed);
	PQclear(store->found);
	PQclear(store->kept.rows);
	postgres_drop_queued(store);
	PQfinish(store->ask);
	PQfinish(store->spare[0]);
	PQfinish(store->spare[1]);
	for (size_t i = 0; i < POSTGRES_LISTS; i++)
		free(store->turned[i]);
	postgres_free_tables(store);
	free(store->text);
	postgres_uri_free(&store->uri);
	free(store);
}

/* ---- looking from outside ---- */

/* What cannot be looked at is taken to be there: it is opened next, and says why. */
bool postgres_exists(const char *where)
{
	struct postgres_store *store = store_new(true);
	int64_t found = 1;

	if (parse(store, where) == 0 && postgres_connect(store) == 0) {
		struct store_value schema = postgres_of_string(store->uri.schema);

		postgres_number(store,
				"SELECT count(*) FROM pg_class c JOIN pg_namespace s"
				" ON s.oid = c.relnamespace WHERE s.nspname = $1"
				" AND c.relname = 'crawl_meta'",
				&schema, 1, &found);
	}
	postgres_close(&store->base);
	return found != 0;
}

bool postgres_is_in_use(const char *where)
{
	struct store_error error;
	struct store *store = postgres_open_read(where, &error);
	struct store_value lease;
	int64_t living = 0;

	if (!store)
		return false;
	postgres_lease_read();
	lease = postgres_of_integer(postgres_lease_ms);
	postgres_number(postgres_of(store),
			"SELECT count(*) FROM crawl_nodes k WHERE k.pid <> 0"
			" AND NOT " POSTGRES_IS_LATE("k"),
			&lease, 1, &living);
	postgres_close(store);
	return living > 0;
}
