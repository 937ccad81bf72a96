#include "master/internal.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "show/log.h"

#define COMMIT_ROWS 8000 /* a commit is due after so many rows */
#define IDLE_MS     1000 /* with nothing due for so long, the store tidies up */
#define JOIN_MS     1000 /* idle workers end within this, or are killed */

/* ---- what a commit asks of a host ---- */

static int64_t delay_of(void *context, uint32_t host)
{
	struct master *master = context;

	return frontier_pace(master->frontier, host)->policy.delay_ms;
}

static struct store_key key_of(void *context, uint32_t host)
{
	struct master *master = context;

	return hosts_key(master->hosts, host);
}

/* ---- the life of the master ---- */

struct master *master_new(const struct master_options *options)
{
	struct master *master = memory_new(1, sizeof(*master));
	unsigned long long key = 0;

	if (getrandom(&key, sizeof(key), 0) != sizeof(key))
		key = (unsigned long long)clock_date_ms();
	*master = (struct master){
		.config = options->config,
		.settings = &options->config->settings,
		.loop = options->loop,
		.pool = options->pool,
		.store = options->store,
		.tally = options->tally,
		.frontier = frontier_new(),
		.hosts = hosts_new((unsigned)options->config->settings.host_failures,
				   options->config->settings.host_rest_ms),
		.seen = seen_new(key),
		.share_count = store_get_share_count(options->store),
		.store_due_ms = CLOCK_NEVER,
		.numbers = url_map_new(key),
		.outside = url_map_new(key),
		.modified = url_map_new(key),
		.visits = visits_new(),
		.callback = callback_new(options->config, options->store, options->tally),
		.window = options->window,
		.has_pages = options->has_pages,
		.quiet_since_ms = options->quiet_since_ms,
		.worker_count = pool_worker_count(options->pool),
		.signals = -1,
		.commit_due_ms = CLOCK_NEVER,
		.drain_end_ms = CLOCK_NEVER,
		.time_end_ms = CLOCK_NEVER,
		.tick_due_ms = CLOCK_NEVER,
	};
	master->shares = memory_new(master->share_count, sizeof(*master->shares));
	if (!master->callback) {
		master_free(master);
		return NULL;
	}
	master->traps = traps_new((uint64_t)master->settings->query_pages,
				  (uint64_t)master->settings->host_pages);
	master->product_token = robots_product_token(slice_of(master->settings->user_agent));
	srandom((unsigned)key);
	return master;
}

void master_free(struct master *master)
{
	if (!master)
		return;
	callback_free(master->callback);
	visits_free(master->visits);
	seen_free(master->seen);
	free(master->shares);
	url_map_free(master->numbers);
	url_map_free(master->outside);
	url_map_free(master->modified);
	traps_free(master->traps);
	hosts_free(master->hosts);
	frontier_free(master->frontier);
	if (master->signals >= 0) {
		loop_unwatch(master->loop, master->signals);
		close(master->signals);
	}
	free(master);
}

int master_commit(struct master *master)
{
	const struct tally_hosts hosts = { key_of, delay_of, master };

	master->commit_due_ms = CLOCK_NEVER;
	master->is_idle = false;
	if (tally_flush(master->tally, master->store, &hosts) < 0)
		return -1;
	return store_commit(master->store);
}

/* ---- the turn ---- */

static void commit_if_due(struct master *master)
{
	if (master->commit_due_ms == CLOCK_NEVER || store_has_failed(master->store))
		return;
	if (store_get_uncommitted(master->store) >= COMMIT_ROWS ||
	    clock_ms() >= master->commit_due_ms)
		master_commit(master);
}

static void drain(struct master *master, int signal)
{
	master->signal = signal;
	if (master->drain_end_ms == CLOCK_NEVER) {
		master->drain_end_ms = clock_ms() + master->settings->grace_ms;
		log_say("finishing %zu requests (again to leave at once)", master->in_flight);
	}
	master->end = MASTER_INTERRUPTED;
}

/* The first signal drains, the second leaves. */
static void on_signal(void *user, int fd, uint32_t events)
{
	struct master *master = user;
	struct signalfd_siginfo info;

	(void)events;
	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		master->is_leaving = master->signal != 0;
		drain(master, (int)info.ssi_signo);
	}
}

static void check_time(struct master *master)
{
	if (master->drain_end_ms == CLOCK_NEVER && clock_ms() >= master->time_end_ms) {
		master->drain_end_ms = clock_ms() + master->settings->grace_ms;
		master->end = MASTER_MAX_TIME;
	}
}

static void tick_if_due(struct master *master)
{
	int64_t now = clock_ms();

	if (now < master->tick_due_ms)
		return;
	master->tick_due_ms = now + master->tick_ms;
	master->tick(master->tick_user);
}

/* When is there something to do, if no worker says anything before? */
static int64_t due_ms(const struct master *master)
{
	int64_t due = clock_sooner(clock_sooner(master->commit_due_ms, master->drain_end_ms),
				   clock_sooner(master->time_end_ms, master->tick_due_ms));

	due = clock_sooner(due, master->store_due_ms);
	if (!master_may_dispatch(master) || !master_has_room(master))
		return due;
	return clock_sooner(due, frontier_due_ms(master->frontier));
}

/* How long may nothing be done? */
static int wait_ms(const struct master *master)
{
	int64_t due = due_ms(master), now = clock_ms();

	if (due == CLOCK_NEVER)
		return POOL_FOR_EVER;
	if (due <= now)
		return 0;
	return due - now < INT_MAX ? (int)(due - now) : INT_MAX;
}

/* With nothing to do for a while the write-ahead log is folded in. */
static void tidy_if_idle(struct master *master, int wait)
{
	if (master->is_idle || master->in_flight > 0 || master->commit_due_ms != CLOCK_NEVER ||
	    store_has_failed(master->store) || (wait >= 0 && wait < IDLE_MS))
		return;
	master->is_idle = true;
	store_idle(master->store);
}

/* Has all come to its end that --max-pages let begin?  What waits besides need not become due. */
static bool is_spent(const struct master *master)
{
	return master->settings->max_pages > 0 &&
	       master->begun >= (uint64_t)master->settings->max_pages &&
	       !visits_any_counted(master->visits);
}

/* Is everything done that this run will do? */
static bool is_over(struct master *master)
{
	if (store_has_failed(master->store) || master->is_leaving || pool_is_broken(master->pool))
		return true;
	if (master->drain_end_ms != CLOCK_NEVER)
		return master->in_flight == 0 || clock_ms() >= master->drain_end_ms;
	if (master->in_flight > 0 || (frontier_count(master->frontier) > 0 && !is_spent(master)))
		return false;
	if (master->left_over > 0 || frontier_count(master->frontier) > 0)
		master->end = MASTER_MAX_PAGES;
	return true;
}

static int watch_signals(struct master *master)
{
	sigset_t stopping;

	sigemptyset(&stopping);
	sigaddset(&stopping, SIGINT);
	sigaddset(&stopping, SIGTERM);
	master->signals = signalfd(-1, &stopping, SFD_NONBLOCK | SFD_CLOEXEC);
	if (master->signals < 0)
		return -1;
	return loop_watch(master->loop, master->signals, EPOLLIN, on_signal, master);
}

/* The workers end by themselves when they have nothing to do; what does not end in time is killed.
 */
static void end_workers(struct master *master)
{
	if (master->in_flight == 0 && !pool_is_broken(master->pool)) {
		pool_close(master->pool);
		if (pool_join(master->pool, JOIN_MS) == 0)
			return;
	}
	pool_terminate(master->pool);
}

/* What is in flight and not done by now is left pending. */
static enum master_end leave(struct master *master)
{
	bool is_broken = pool_is_broken(master->pool);

	if (!store_has_failed(master->store) && master_commit(master) == 0)
		store_settle(master->store, -1);
	end_workers(master);
	if (store_has_failed(master->store))
		return MASTER_STORE_FAILED;
	return is_broken ? MASTER_POOL_FAILED : master->end;
}

enum master_end master_run(struct master *master)
{
	int64_t max_time = master->settings->max_time_ms;

	master->time_end_ms = max_time > 0 ? clock_ms() + max_time : CLOCK_NEVER;
	if (watch_signals(master) < 0)
		return MASTER_POOL_FAILED;
	master_dispatch(master);
	while (!is_over(master)) {
		int wait = wait_ms(master);

		tidy_if_idle(master, wait);
		pool_turn(master->pool, wait);
		master_turn_store(master);
		commit_if_due(master);
		check_time(master);
		master_dispatch(master);
		tick_if_due(master);
	}
	return leave(master);
}

int master_signal(const struct master *master)
{
	return master->signal;
}

/* ---- steering ---- */

void master_pause(struct master *master, bool is_paused)
{
	if (is_paused != master->is_paused)
		log_say(is_paused ? "paused (crawl ctl resume)" : "resumed");
	master->is_paused = is_paused;
}

void master_stop(struct master *master)
{
	if (master->signal == 0)
		drain(master, SIGINT);
}

/* Is this a name of the host: its own, with its port, with its scheme? */
static bool is_called(struct slice origin, struct slice name)
{
	struct slice host = master_host_name(origin);
	struct slice authority = { host.at, (size_t)(origin.at + origin.size - host.at) };

	return slice_equal(host, name) || slice_equal(authority, name) || slice_equal(origin, name);
}

unsigned master_set_delay(struct master *master, struct slice host, int64_t delay_ms)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < frontier_host_count(master->frontier); i++) {
		struct hosts_policy policy;
		struct pace_policy pace;

		if (!is_called(frontier_host_origin(master->frontier, i), host))
			continue;
		policy = hosts_policy(master->hosts, i);
		pace = frontier_pace(master->frontier, i)->policy;
		policy.pace.delay_ms = pace.delay_ms = delay_ms;
		hosts_set_policy(master->hosts, i, policy);
		frontier_set_policy(master->frontier, i, pace);
		count++;
	}
	return count;
}

struct master_view master_view(const struct master *master)
{
	return (struct master_view){
		.queued = frontier_count(master->frontier),
		.in_flight = master->in_flight,
		.hosts = frontier_host_count(master->frontier),
		.due_ms = frontier_due_ms(master->frontier),
		.is_draining = master->drain_end_ms != CLOCK_NEVER,
		.is_paused = master->is_paused,
	};
}

const struct master_links *master_links(const struct master *master)
{
	return &master->links;
}

void master_on_tick(struct master *master, int every_ms, void (*function)(void *user), void *user)
{
	master->tick = function;
	master->tick_user = user;
	master->tick_ms = every_ms;
	master->tick_due_ms = clock_ms() + every_ms;
}
