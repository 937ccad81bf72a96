#include "store/postgres/internal.h"

/* What is done as a whole, and once more if the connection was lost within it. */

int postgres_transact(struct postgres_store *store,
		      int (*transaction)(struct postgres_store *store, void *context),
		      void *context)
{
	int result;

	for (unsigned losses = 0;; losses++) {
		store->is_tentative = true;
		result = transaction(store, context);
		store->is_tentative = false;
		if (!store->loss[0])
			return result;
		postgres_drop_queued(store);
		if (!store->base.has_failed && !postgres_may_go_on(store, losses))
			store_fail(&store->base, STORE_CURE_NONE, "%s", store->loss);
		store->loss[0] = '\0';
		if (store->base.has_failed)
			return -1;
	}
}
