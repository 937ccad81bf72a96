#include "commands/opening.h"

#include <time.h>

#include "base/clock.h"
#include "show/log.h"

#define FIRST_WAIT_MS 200
#define LAST_WAIT_MS  5000

static void wait_ms(int64_t ms)
{
	const struct timespec wait = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	nanosleep(&wait, NULL);
}

enum purpose { READ, WRITE, BEGIN_ANEW };

static struct store *try_to_open(const char *where, enum purpose purpose, struct store_error *error)
{
	return purpose == READ ? store_open_read(where, error)
			       : store_open(where, purpose == BEGIN_ANEW, error);
}

static struct store *open_patiently(const char *where, enum purpose purpose,
				    struct store_error *error)
{
	int patience_ms = store_patience_ms();
	int64_t end_ms = clock_ms() + patience_ms;
	int64_t next_ms = FIRST_WAIT_MS;
	struct store *store;

	while (!(store = try_to_open(where, purpose, error)) && error->cure == STORE_CURE_WAIT &&
	       clock_ms() < end_ms) {
		if (next_ms == FIRST_WAIT_MS)
			log_error("%s (trying for %d minutes)", error->text, patience_ms / 60000);
		wait_ms(next_ms);
		next_ms = 2 * next_ms < LAST_WAIT_MS ? 2 * next_ms : LAST_WAIT_MS;
	}
	return store;
}

struct store *opening_write(const char *where, bool fresh, struct store_error *error)
{
	return open_patiently(where, fresh ? BEGIN_ANEW : WRITE, error);
}

struct store *opening_read(const char *where, struct store_error *error)
{
	return open_patiently(where, READ, error);
}
