/*
 * What store.h promises, asked of a PostgreSQL server: the tests of tests/unit/test_store_door.c.
 */
#define DOOR_OF_A_SERVER
#include "store/store.h"

/* A server is asked past what was not sent yet: so batches are closed before that. */
static inline struct store *settled(struct store *store)
{
	if (!store_has_failed(store) && store_commit(store) == 0)
		store_settle(store, -1);
	return store;
}
#define store_get_totals(store, totals)          store_get_totals(settled(store), totals)
#define store_get_kept(store, after, kept)       store_get_kept(settled(store), after, kept)
#define store_each_set(store, function, context) store_each_set(settled(store), function, context)
#define store_each_cookie(store, function, context) \
	store_each_cookie(settled(store), function, context)

#include "tests/unit/test_store_door.c" /* its tests are static, and so is what they stand on */

#include "tests/support/postgres_server.h"

static struct postgres_server server;

static const struct variant one_share = {
	.is_server = true, .shares = 1, .hosts = 1, .all_shares = 4096
};

/* A schema for each test. */
static const char *next_schema(void)
{
	static char uri[POSTGRES_URI_MAX];
	static unsigned next;
	char schema[32];

	snprintf(schema, sizeof(schema), "door-%u", ++next);
	snprintf(uri, sizeof(uri), "%s", postgres_server_uri(&server, schema));
	return uri;
}

static int start_server(void **state)
{
	(void)state;
	return postgres_server_start(&server, NULL);
}

static int stop_server(void **state)
{
	(void)state;
	postgres_server_stop(&server);
	return 0;
}

#define ON_SERVER(test) ON(one_share, test),

int main(void)
{
	const struct CMUnitTest tests[] = { DOOR_TESTS(ON_SERVER) COMPARED(one_share) };

	if (!postgres_server_is_there())
		return 0;
	alarm(TEST_SECONDS_MAX);
	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
