#include "store/postgres/internal.h"

#include <stdio.h>

/* Whose clock a date is by, where those of a node and its server are apart. */

#define CLOCK_OFF_MS 2000 /* less is not worth a word */
#define HOLD_OFF_MS  100  /* and so little does not matter to a host that wants to be left alone */

/* Leases are the server's; but pages have dates by our clock.  An answer may come late: what it
 * says was so at any time since it was asked for. */
void postgres_compare_clocks(struct postgres_store *store, int64_t sent_ms, int64_t server_ms)
{
	int64_t now_ms = postgres_now_ms(), asked_ms = now_ms - (postgres_boot_ms() - sent_ms);
	int64_t ahead_ms = asked_ms > server_ms ? asked_ms - server_ms
			   : now_ms < server_ms ? now_ms - server_ms
						: 0;
	int64_t off_ms = ahead_ms < 0 ? -ahead_ms : ahead_ms;

	if (store->node->is_alone) /* a copy's dates are not ours */
		return;
	store->node->hold_ahead_ms = off_ms > HOLD_OFF_MS ? ahead_ms : 0;
	store->node->ahead_ms = off_ms > CLOCK_OFF_MS ? ahead_ms : 0;
	if (off_ms > CLOCK_OFF_MS && !store->node->is_clock_told)
		snprintf(store->base.notice, sizeof(store->base.notice),
			 "this machine's clock is %lld s %s that of %.200s",
			 (long long)((off_ms + 500) / 1000), ahead_ms > 0 ? "ahead of" : "behind",
			 store->uri.shown);
	store->node->is_clock_told |= off_ms > CLOCK_OFF_MS;
}

int64_t postgres_date(const struct postgres_store *store, int64_t our_ms)
{
	return our_ms && store->node ? our_ms - store->node->ahead_ms : our_ms;
}

int64_t postgres_moment_here(int64_t server_ms, int64_t ago_ms, int64_t now_ms)
{
	int64_t ahead_ms = now_ms - (server_ms + ago_ms);

	return ahead_ms > CLOCK_OFF_MS || ahead_ms < -CLOCK_OFF_MS ? server_ms + ahead_ms
								   : server_ms;
}

int64_t postgres_our_date(const struct postgres_store *store, int64_t server_ms)
{
	return server_ms && store->node ? server_ms + store->node->ahead_ms : server_ms;
}

int64_t postgres_hold_date(const struct postgres_store *store, int64_t our_ms)
{
	return our_ms && store->node ? our_ms - store->node->hold_ahead_ms : our_ms;
}

int64_t postgres_our_hold_date(const struct postgres_store *store, int64_t server_ms)
{
	return server_ms && store->node ? server_ms + store->node->hold_ahead_ms : server_ms;
}
