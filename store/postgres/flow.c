#include "store/postgres/flow.h"

void postgres_flow_ask(struct postgres_store *store, int64_t now_ms, int64_t *due_ms)
{
	postgres_gain_ask(store);
	postgres_inbox_ask(store, now_ms, due_ms);
}

void postgres_flow_hand(struct postgres_store *store, int64_t now_ms, int64_t *due_ms)
{
	postgres_inbox_hand(store, now_ms, due_ms);
}

void postgres_flow_reset(struct postgres_store *store)
{
	postgres_gain_reset(store);
	postgres_inbox_reset(store);
	postgres_targets_reset(store);
	postgres_robots_free(store);
}

void postgres_flow_free(struct postgres_store *store)
{
	postgres_gain_free(store);
	postgres_inbox_free(store);
	postgres_targets_free(store);
	postgres_robots_free(store);
	postgres_sets_free(store);
}
