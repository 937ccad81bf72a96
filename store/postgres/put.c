#include "store/postgres/flow.h"
#include "store/postgres/pipe.h"

/* What verbs write goes into the open batch. */

#define ROW_BYTES 8192 /* so many bytes count as a row, that no batch grows large by few pages */

int postgres_put(struct postgres_store *store, unsigned kind, const struct store_value values[])
{
	if (postgres_begin(store) < 0)
		return -1;
	store->is_blank = false;
	if (postgres_batch_put(postgres_pipe_open_batch(store->pipe), postgres_kinds_of(store),
			       kind, store_key_id(store->page), values))
		store->replaced++;
	postgres_note_put(store, kind, values);
	return 0;
}

uint64_t postgres_get_uncommitted(const struct store *door)
{
	const struct postgres_store *store = (const struct postgres_store *)door;
	const struct postgres_batch *batch;

	if (!store->pipe)
		return 0;
	batch = postgres_pipe_open_batch(store->pipe);
	return postgres_batch_rows(batch) + postgres_batch_bytes(batch) / ROW_BYTES;
}

uint64_t postgres_get_replaced(const struct store *door)
{
	return ((const struct postgres_store *)door)->replaced;
}
