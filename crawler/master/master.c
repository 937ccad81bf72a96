#include "master/master.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret_key.h"
#include "base/signals.h"
#include "frontier/seeds.h"
#include "master/dispatch.h"
#include "master/letters.h"
#include "master/load.h"
#include "master/page_work.h"
#include "master/proxied.h"
#include "master/run_samples.h"
#include "parsers/text/memory.h"
#include "show/human.h"
#include "show/log.h"

#define COMMIT_ROWS    8000 /* a commit is due after so many rows */
#define COMMIT_MS      200  /* or so long after the first turn that wrote one */
#define IDLE_MS        1000 /* with nothing due for so long, the store tidies up */
#define JOIN_MS        1000 /* idle workers end within this, or are killed */
#define SETTLE_STEP_MS 100  /* between looks for signals, while the last commit is on its way */
#define LEAVE_MS       500  /* that it is given by who leaves at once */
#define LEAST_EVERY_MS 1000 /* what the delays make the rest take is added up so often, at most */

struct master {
	struct parts parts;
	struct loop *loop;
	struct run_samples *samples;
	const struct row_watch *watch; /* or NULL */
	bool is_paused;
	int64_t commit_due_ms;                    /* or CLOCK_NEVER: nothing waits */
	int64_t store_due_ms;                     /* when the store wants a turn, or CLOCK_NEVER */
	struct store_wait waits[STORE_WAITS_MAX]; /* what it waits for, that is watched */
	size_t wait_count;
	int64_t commit_ns; /* that commits have taken */
	bool is_idle;      /* the store has been tidied since the last commit */
	bool was_idle;     /* the store was told so: nothing is left that is ours */
	int signals;
	bool has_own_signals;
	int signal;           /* that stopped us, or 0 */
	bool is_told_to_stop; /* by master_stop(): all who crawl together are */
	int64_t drain_end_ms; /* or CLOCK_NEVER: not draining */
	int64_t time_end_ms;  /* --max-time, or CLOCK_NEVER */
	bool is_leaving;      /* the second signal */
	bool is_unsettled;    /* and what was written last is not committed */
	enum master_end end;  /* why we drain */

	void (*tick)(void *user);
	void *tick_user;
	int tick_ms;
	int64_t tick_due_ms; /* or CLOCK_NEVER */

	int64_t rest_end_ms, rest_seen_ms; /* when all can be done at the earliest, as seen then */

	struct asked_events others; /* what the store has to say besides */
	bool has_others;            /* other machines crawl with us, or may */
	bool is_begun;              /* the run: its lists are read */
};

/* ---- the life of the master ---- */

/* Of which the ending is NULL if the store failed. */
static struct parts make_parts(const struct master_options *options, uint64_t key)
{
	const struct config *config = options->config;
	struct store *store = options->store;
	struct parts parts = {
		.config = config,
		.pool = options->pool,
		.store = store,
		.tally = options->tally,
		.begun_ms = clock_ms(),
		.window = options->window,
		.worker_count = pool_worker_count(options->pool),
	};

	parts.events = events_new(store, parts.begun_ms);
	parts.politeness =
		politeness_new(config, store, parts.events, key, options->quiet_since_ms);
	parts.discovery = discovery_new(config, store, parts.politeness, key);
	parts.links_in = links_in_new(config, store, parts.politeness, parts.discovery, key);
	parts.moves = moves_new(discovery_seen(parts.discovery),
				(uint64_t)config->settings.max_pages, key);
	parts.ending = ending_new(config, store, parts.politeness, parts.discovery, parts.moves,
				  options->tally);
	parts.works = page_works_new();
	parts.gate =
		robots_gate_new(config, store, parts.politeness, parts.discovery, parts.ending);
	parts.login_gate = login_gate_new(config, parts.politeness, parts.discovery, parts.ending);
	parts.jar = jar_new(config);
	parts.right = right_page_new(config);
	parts.proxies = proxies_new(config);
	parts.places = places_new(parts.politeness, parts.worker_count * parts.window);
	parts.sets = sets_new(store, key);
	parts.asked = asked_new(store, parts.politeness, parts.discovery, parts.links_in,
				parts.moves, parts.gate, parts.sets);
	load_note_notice(&parts);
	return parts;
}

static void free_parts(struct parts *parts)
{
	page_works_free(parts->works, parts);
	if (parts->ending)
		ending_drop_waiters(parts->ending);
	asked_free(parts->asked);
	sets_free(parts->sets);
	places_free(parts->places);
	jar_free(parts->jar);
	proxies_free(parts->proxies);
	right_page_free(parts->right);
	login_gate_free(parts->login_gate);
	robots_gate_free(parts->gate);
	ending_free(parts->ending);
	moves_free(parts->moves);
	links_in_free(parts->links_in);
	discovery_free(parts->discovery);
	politeness_free(parts->politeness);
	events_free(parts->events);
}

static void on_letter(void *context, const struct store_letter *letter)
{
	letters_receive(&((struct master *)context)->parts, letter);
}

static void on_forget(void *context)
{
	struct master *master = context;

	ending_drop_waiters(master->parts.ending);
	tally_forget(master->parts.tally);
	jar_stop_gaining(master->parts.jar);
}

static void on_close(void *context);

static void on_order(void *context, const struct store_order *order);
static bool on_store_wait(void *context);

static void on_cookie(void *context, const struct store_cookie *cookie)
{
	struct parts *parts = &((struct master *)context)->parts;

	jar_gain(parts->jar, parts->store, cookie, clock_date_ms() / 1000);
}

struct master *master_new(const struct master_options *options)
{
	struct master *master = memory_new(1, sizeof(*master));
	uint64_t key = secret_key_new();

	srandom((unsigned)key);
	*master = (struct master){
		.parts = make_parts(options, key),
		.loop = options->loop,
		.watch = options->watch,
		.signals = options->signals > 0 ? options->signals : -1,
		.has_own_signals = options->signals <= 0,
		.commit_due_ms = CLOCK_NEVER,
		.store_due_ms = CLOCK_NEVER,
		.drain_end_ms = CLOCK_NEVER,
		.time_end_ms = CLOCK_NEVER,
		.tick_due_ms = CLOCK_NEVER,
	};
	master->samples = run_samples_new(master->parts.begun_ms);
	master->has_others = store_get_share_count(options->store) > 1;
	master->parts.until_soon = master->has_others ? 1 : 0;
	master->others = (struct asked_events){
		.receive = on_letter,
		.order = on_order,
		.forget = on_forget,
		.close = on_close,
		.gain_cookie = options->config->keeps_cookies ? on_cookie : NULL,
		.context = master,
	};
	asked_hand_on(master->parts.asked, &master->others);
	store_watch_wait(options->store, on_store_wait, master);
	if (master->parts.ending) {
		ending_watch(master->parts.ending, options->watch);
		return master;
	}
	master_free(master);
	return NULL;
}

void master_free(struct master *master)
{
	if (!master)
		return;
	store_watch_wait(master->parts.store, NULL, NULL);
	run_samples_free(master->samples);
	free_parts(&master->parts);
	if (master->signals >= 0) {
		loop_unwatch(master->loop, master->signals);
		if (master->has_own_signals)
			close(master->signals);
	}
	free(master);
}

int master_load(struct master *master)
{
	return load_known(&master->parts);
}

int master_add_seed(struct master *master, const struct seeds_line *line)
{
	return load_seed(&master->parts, line);
}

#define REASON_BYTES_MAX 256

/* A line that is added. */
struct adding {
	struct master *master;
	char *shown;
	bool is_none;
	char reason[REASON_BYTES_MAX]; /* then */
	int result;
};

static int add_line(void *context, const struct seeds_line *line)
{
	struct adding *adding = context;

	adding->is_none = line->reason != NULL;
	if (line->reason) {
		snprintf(adding->reason, sizeof(adding->reason), "%s", line->reason);
		return 0;
	}
	adding->result = master_add_seed(adding->master, line);
	memcpy(adding->shown, line->url->text, line->url->size + 1);
	return 0;
}

int master_add_line(struct master *master, struct slice line, char shown[URL_BYTES_MAX + 1],
		    const char **reason)
{
	static struct adding adding;
	struct seeds_counts counts;

	adding = (struct adding){ master, shown, true, "a blank line, or a comment", 0 };
	seeds_read_text(line, add_line, &adding, &counts);
	*reason = adding.reason;
	return adding.is_none ? -2 : adding.result;
}

bool master_is_new(const struct master *master)
{
	return seen_count(discovery_seen(master->parts.discovery)) == 0;
}

int master_ask(struct master *master, const struct asked_wish *wish, struct asked_census *census,
	       enum store_pass *pass)
{
	load_tell(&master->parts);
	return asked_begin(master->parts.asked, wish, census, pass);
}

int master_count(struct master *master, struct asked_census *census)
{
	return asked_count(master->parts.asked, census);
}

/* ---- commits ---- */

/* What a commit asks of a host. */
static int64_t delay_of(void *context, uint32_t host)
{
	const struct politeness *politeness = ((struct master *)context)->parts.politeness;

	return frontier_pace(politeness->frontier, host)->policy.delay_ms;
}

/* None: its share was lost before the host was committed, and has come back without it. */
static struct store_key key_of(void *context, uint32_t host)
{
	struct master *master = context;
	const struct hosts *hosts = master->parts.politeness->hosts;
	struct store_key key = hosts_key(hosts, host);
	bool is_there =
		!hosts_is_foreign(hosts, host) || !store_has_share(master->parts.store, key.share);

	return is_there ? key : (struct store_key){ 0, 0 };
}

static bool is_anothers(void *context, uint32_t host)
{
	return hosts_is_foreign(((struct master *)context)->parts.politeness->hosts, host);
}

/* If we end here, others go on: what is counted of pages is theirs, as the pages are. */
static int add_up(struct master *master)
{
	const struct tally_hosts hosts = { key_of, delay_of, is_anothers, master };

	return tally_add_up(master->parts.tally, master->parts.store, &hosts);
}

static void on_close(void *context)
{
	add_up(context); /* a store that has failed says so */
}

/* Of figures, those that were last written long enough before now_ms.  Returns 0 or -1. */
static int commit(struct master *master, int64_t now_ms)
{
	const struct tally_hosts hosts = { key_of, delay_of, is_anothers, master };

	page_works_end_writing(master->parts.works, &master->parts);
	if (tally_flush(master->parts.tally, master->parts.store, &hosts, now_ms) < 0 ||
	    (master->has_others && add_up(master) < 0) ||
	    jar_write(master->parts.jar, master->parts.store) < 0 ||
	    proxied_write(master->parts.proxies, master->parts.config, master->parts.store) < 0)
		return -1;
	if (store_commit(master->parts.store) < 0)
		return -1;
	if (master->watch)
		master->watch->commit(master->watch->context);
	return 0;
}

static int commit_timed(struct master *master, int64_t now_ms)
{
	int64_t began_ns = clock_ns();
	int result = commit(master, now_ms);

	master->commit_due_ms = CLOCK_NEVER;
	if (master->has_others)
		master->store_due_ms = 0; /* it sends what was committed in its turn */
	master->commit_ns += clock_ns() - began_ns;
	return result;
}

int master_commit(struct master *master)
{
	master->is_idle = false;
	return commit_timed(master, clock_ms());
}

/* What was written is committed before long, whoever wrote it. */
static void expect_commit(struct master *master)
{
	if (master->commit_due_ms == CLOCK_NEVER && store_get_uncommitted(master->parts.store) > 0)
		master->commit_due_ms = clock_ms() + COMMIT_MS;
}

static void commit_if_due(struct master *master)
{
	if (master->commit_due_ms == CLOCK_NEVER || store_has_failed(master->parts.store) ||
	    page_works_are_writing(master->parts.works))
		return;
	if (store_get_uncommitted(master->parts.store) >= COMMIT_ROWS ||
	    clock_ms() >= master->commit_due_ms)
		master_commit(master);
}

/* ---- shares that others are to have ---- */

/* What has been counted of their hosts goes before them. */
static void give_shares(struct master *master)
{
	uint32_t share;
	bool has_any = false;

	if (!master->has_others || store_has_failed(master->parts.store) ||
	    page_works_are_writing(master->parts.works))
		return;
	while (discovery_next_to_give(master->parts.discovery, &share)) {
		if (!has_any && commit_timed(master, CLOCK_NEVER) < 0)
			return;
		has_any = true;
		store_give(master->parts.store, share);
	}
}

/* ---- whether it is over ---- */

/* Has all come to its end that --max-pages let begin?  What waits besides need not become due. */
static bool is_spent(const struct master *master)
{
	return dispatch_is_spent(&master->parts) &&
	       !visits_any_counted(master->parts.politeness->visits) &&
	       ending_waiter_count(master->parts.ending) == 0;
}

/* Is all done that is ours to do?  What is pending of a share that is leaving is ours until then.
 */
static bool is_done(const struct master *master)
{
	return master->parts.in_flight == 0 && !discovery_is_any_leaving(master->parts.discovery) &&
	       (frontier_count(master->parts.politeness->frontier) == 0 || is_spent(master));
}

/* As who ended the run has it. */
static enum master_end end_of(const char *ended)
{
	static const struct {
		const char *name;
		enum master_end end;
	} ends[] = {
		{ "finished", MASTER_FINISHED },
		{ "max_pages", MASTER_MAX_PAGES },
		{ "max_time", MASTER_MAX_TIME },
		{ "interrupted", MASTER_INTERRUPTED },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (strcmp(ends[i].name, ended) == 0)
			return ends[i].end;
	}
	return MASTER_STORE_FAILED;
}

/* Nobody has anything left to do; but what --max-pages did not let begin may be another's. */
static enum master_end end_of_all(const struct master *master)
{
	struct store_totals totals;

	if (master->parts.left_over > 0 || frontier_count(master->parts.politeness->frontier) > 0)
		return MASTER_MAX_PAGES;
	if (master->has_others && master->parts.config->settings.max_pages > 0 &&
	    store_get_totals(master->parts.store, &totals) == 0 && totals.pending > 0)
		return MASTER_MAX_PAGES;
	return MASTER_FINISHED;
}

/* What we do is known to the store, which knows what the others do. */
static void tell_load(struct master *master)
{
	const struct store_load load = {
		.in_flight = master->parts.in_flight,
		.queued = frontier_count(master->parts.politeness->frontier),
		.is_idle = master->has_others && is_done(master) &&
			   store_get_uncommitted(master->parts.store) == 0 &&
			   !links_in_waits(master->parts.links_in),
		.is_seeding = !master->is_begun,
	};

	if (!master->has_others)
		return;
	if (load.is_idle || load.in_flight + load.queued == 0) {
		/* what is granted and not used may go to others */
		dispatch_is_spent(&master->parts);
		links_in_tell_used(master->parts.links_in);
	}
	if (load.is_idle && !master->was_idle)
		master->store_due_ms = clock_ms(); /* others may wait for that alone */
	master->was_idle = load.is_idle;
	store_put_load(master->parts.store, &load);
}

/* ---- what the run is like ---- */

static struct run_samples_view view_of(const struct master *master)
{
	return (struct run_samples_view){
		.parts = &master->parts,
		.tally = master->parts.tally,
		.is_paused = master->is_paused,
		.commit_ns = master->commit_ns,
	};
}

/* When something of it is to be written, be there anything else to do or not. */
static int64_t looks_due_ms(const struct master *master)
{
	return clock_sooner(run_samples_due_ms(master->samples), tally_due_ms(master->parts.tally));
}

/*
 * It goes with the commit that is due anyway; if none is, it is committed at once, and the store
 * has been as idle as before: the master wakes once.
 */
static void keep_looks(struct master *master)
{
	const struct run_samples_view view = view_of(master);
	int64_t now = clock_ms();

	if (now < looks_due_ms(master) || store_has_failed(master->parts.store) ||
	    (master->has_others && is_done(master)))
		return;
	if (now >= run_samples_due_ms(master->samples))
		run_samples_take(master->samples, &view, now);
	if (master->commit_due_ms == CLOCK_NEVER)
		commit_timed(master, now);
}

/* The last commit of a run: of figures whatever is left. */
static int commit_all(struct master *master)
{
	const struct run_samples_view view = view_of(master);

	run_samples_end(master->samples, &view, clock_ms());
	return commit_timed(master, CLOCK_NEVER);
}

/* ---- the turn ---- */

static void drain(struct master *master, int signal)
{
	master->signal = signal;
	if (master->drain_end_ms == CLOCK_NEVER) {
		master->drain_end_ms = clock_ms() + master->parts.config->settings.grace_ms;
		log_say("finishing %s (again to leave at once)",
			COUNTED(master->parts.in_flight, "request"));
	}
	master->end = MASTER_INTERRUPTED;
}

/*
 * The first signal drains, the second leaves.  But nobody is impatient by SIGHUP: of a terminal
 * that goes away it comes from the shell, and from the kernel when that has ended.
 */
static void on_signal(void *user, int fd, uint32_t events)
{
	struct master *master = user;
	int signal;

	(void)events;
	while ((signal = signals_take(fd)) != 0) {
		if (signal == SIGHUP && master->signal != 0)
			continue;
		master->is_leaving = master->signal != 0;
		drain(master, signal);
	}
}

/*
 * An answer of the store may take as long as its server is away; whoever becomes impatient then
 * need not wait.  Who was it before is past the loop, where a signal ends us.
 */
static bool on_store_wait(void *context)
{
	struct master *master = context;
	bool was_leaving = master->is_leaving;

	load_tell_trouble(&master->parts);
	if (!was_leaving && master->signals >= 0)
		on_signal(master, master->signals, 0);
	/* What is read of lists has an end by the first. */
	return was_leaving || (!master->is_leaving && (master->is_begun || master->signal == 0));
}

static void check_time(struct master *master)
{
	if (master->drain_end_ms == CLOCK_NEVER && clock_ms() >= master->time_end_ms) {
		master->drain_end_ms = clock_ms() + master->parts.config->settings.grace_ms;
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

/* What was dispatched is on its way meanwhile. */
static void go_on_with_pages(struct master *master)
{
	struct page_works *works = master->parts.works;

	if (page_works_are_none(works))
		return;
	pool_flush(master->parts.pool);
	page_works_go_on(works, &master->parts);
	pool_hold_results(master->parts.pool, page_works_are_full(works));
}

/* Are the hosts ours to ask: for ever, or until then? */
static bool has_lease(const struct store *store)
{
	int64_t until_ms = store_get_lease_ms(store);

	return until_ms == CLOCK_NEVER || clock_boot_ms() < until_ms;
}

static bool may_dispatch(const struct master *master)
{
	const struct store *store = master->parts.store;

	return master->drain_end_ms == CLOCK_NEVER && !store_has_failed(store) &&
	       !master->is_paused && store_has_room(store) && has_lease(store);
}

static void dispatch_if_allowed(struct master *master)
{
	if (may_dispatch(master))
		dispatch_due(&master->parts);
}

/* When is there something to do for the crawl, if no worker says anything before? */
static int64_t due_ms(const struct master *master)
{
	int64_t due = clock_sooner(clock_sooner(master->commit_due_ms, master->drain_end_ms),
				   clock_sooner(master->time_end_ms, master->tick_due_ms));

	due = clock_sooner(due, master->store_due_ms);
	if (!may_dispatch(master) || !dispatch_has_room(&master->parts))
		return due;
	return clock_sooner(due, frontier_due_ms(master->parts.politeness->frontier));
}

/* How long may nothing be done? */
static int wait_ms(const struct master *master)
{
	int64_t due = due_ms(master), now = clock_ms();

	if (master->commit_due_ms == CLOCK_NEVER && !(master->has_others && is_done(master)))
		due = clock_sooner(due, looks_due_ms(master));
	if (!page_works_are_none(master->parts.works))
		return 0;
	if (due == CLOCK_NEVER)
		return POOL_FOR_EVER;
	if (due <= now)
		return 0;
	return due - now < INT_MAX ? (int)(due - now) : INT_MAX;
}

/* With nothing to do for a while, but to note that, the write-ahead log is folded in. */
static void tidy_if_idle(struct master *master)
{
	if (master->is_idle || master->parts.in_flight > 0 ||
	    master->commit_due_ms != CLOCK_NEVER || store_has_failed(master->parts.store) ||
	    !page_works_are_none(master->parts.works) || due_ms(master) - clock_ms() < IDLE_MS)
		return;
	master->is_idle = true;
	store_idle(master->parts.store);
}

/* Is everything done that this run will do? */
static bool is_over(struct master *master)
{
	const char *ended;

	if (store_has_failed(master->parts.store) || master->is_leaving ||
	    pool_is_broken(master->parts.pool))
		return true;
	if (master->drain_end_ms != CLOCK_NEVER)
		return master->parts.in_flight == 0 || clock_ms() >= master->drain_end_ms;
	if (!is_done(master) || !store_is_over(master->parts.store, &ended))
		return false;
	master->end = ended ? end_of(ended) : end_of_all(master);
	return true;
}

/* ---- what the store waits for ---- */

/* It wakes the loop: the store's turn comes with the master's. */
static void on_store(void *user, int fd, uint32_t events)
{
	(void)user;
	(void)fd;
	(void)events;
}

/*
 * For the wait alone: in its turn the store may close a descriptor, and open another that gets the
 * same number, of which the loop would hear nothing.
 */
static void watch_store(struct master *master)
{
	master->wait_count = store_get_waits(master->parts.store, master->waits);
	for (size_t i = 0; i < master->wait_count; i++)
		loop_watch(master->loop, master->waits[i].fd,
			   EPOLLIN | (master->waits[i].wants_to_write ? EPOLLOUT : 0), on_store,
			   master);
}

static void unwatch_store(struct master *master)
{
	for (size_t i = 0; i < master->wait_count; i++)
		loop_unwatch(master->loop, master->waits[i].fd);
	master->wait_count = 0;
}

static int watch_signals(struct master *master)
{
	if (master->has_own_signals)
		master->signals = signals_open();
	if (master->signals < 0)
		return -1;
	return loop_watch(master->loop, master->signals, EPOLLIN, on_signal, master);
}

/* The workers end by themselves when they have nothing to do; what does not end in time is killed.
 */
static void end_workers(struct master *master)
{
	if (master->parts.in_flight == 0 && !pool_is_broken(master->parts.pool)) {
		pool_close(master->parts.pool);
		if (pool_join(master->parts.pool, JOIN_MS) == 0)
			return;
	}
	pool_terminate(master->parts.pool);
}

/* The last batches may take as long as the store's server is away; who is impatient need not wait.
 */
static void settle_all(struct master *master)
{
	struct store *store = master->parts.store;
	enum master_end end = master->end;
	int64_t until_ms = CLOCK_NEVER;

	while (store_settle(store, master->has_others ? SETTLE_STEP_MS : -1) == 0) {
		if (!master->is_leaving && master->signals >= 0)
			on_signal(master, master->signals, 0);
		if (master->is_leaving && until_ms == CLOCK_NEVER)
			until_ms = clock_ms() + LEAVE_MS;
		master->is_unsettled = clock_ms() >= until_ms;
		if (master->is_unsettled)
			break;
	}
	if (!master->is_leaving)
		master->end = end;
}

/* What is in flight and not done by now is left pending. */
enum master_end master_leave_run(struct master *master)
{
	bool is_broken = pool_is_broken(master->parts.pool);

	if (master->end == MASTER_FINISHED && !is_broken && !master->is_leaving)
		ending_clear_moved(master->parts.ending);
	if (!store_has_failed(master->parts.store) && commit_all(master) == 0)
		settle_all(master);
	events_close(master->parts.events);
	end_workers(master);
	if (store_has_failed(master->parts.store))
		return MASTER_STORE_FAILED;
	return is_broken ? MASTER_POOL_FAILED : master->end;
}

int master_begin(struct master *master)
{
	int64_t max_time = master->parts.config->settings.max_time_ms;

	master->time_end_ms = max_time > 0 ? clock_ms() + max_time : CLOCK_NEVER;
	if (watch_signals(master) < 0)
		return -1;
	master->is_begun = true;
	if (store_is_paused(master->parts.store))
		master_pause(master, true);
	dispatch_if_allowed(master);
	return 0;
}

bool master_turn(struct master *master, int wait_max_ms)
{
	int wait;

	if (is_over(master))
		return false;
	expect_commit(master);
	tidy_if_idle(master);
	page_works_begin_turn(master->parts.works);
	wait = wait_ms(master);
	watch_store(master);
	pool_turn(master->parts.pool,
		  wait_max_ms >= 0 && (wait < 0 || wait > wait_max_ms) ? wait_max_ms : wait);
	unwatch_store(master);
	load_turn(&master->parts, &master->store_due_ms);
	letters_turn(&master->parts);
	commit_if_due(master);
	check_time(master);
	dispatch_if_allowed(master);
	give_shares(master);
	keep_looks(master); /* who could be asked is on the way */
	tick_if_due(master);
	go_on_with_pages(master);
	tell_load(master);
	return true;
}

enum master_end master_run(struct master *master)
{
	if (master_begin(master) < 0)
		return MASTER_POOL_FAILED;
	while (master_turn(master, POOL_FOR_EVER))
		;
	return master_leave_run(master);
}

int master_signal(const struct master *master)
{
	return master->signal;
}

bool master_was_told_to_stop(const struct master *master)
{
	return master->is_told_to_stop;
}

bool master_has_left(const struct master *master)
{
	return master->is_leaving;
}

/* ---- steering ---- */

bool master_is_unsettled(const struct master *master)
{
	return master->is_unsettled;
}

void master_note(struct master *master, const char *kind, const char *text)
{
	events_say(master->parts.events, kind, (struct slice){ 0 }, "%s", text);
}

void master_pause(struct master *master, bool is_paused)
{
	if (is_paused == master->is_paused)
		return;
	log_say(is_paused ? "paused (crawl ctl resume)" : "resumed");
	events_say(master->parts.events, is_paused ? "pause" : "resume", (struct slice){ 0 }, NULL);
	master->is_paused = is_paused;
}

void master_stop(struct master *master)
{
	if (master->signal != 0)
		return;
	master->is_told_to_stop = true;
	drain(master, SIGINT);
}

/* Every node hears it; each sends it to its owner, who adds it once. */
static void add_ordered(struct master *master, const char *text)
{
	static char shown[URL_BYTES_MAX + 1];
	char *copy = memory_text(text, strlen(text)); /* it is lent until the store is asked */
	const char *reason;

	if (master_add_line(master, slice_of(copy), shown, &reason) == -2)
		log_error("an order to add %s: %s", copy, reason);
	free(copy);
}

/* "HOST TIME", as crawl ctl has it. */
static void delay_ordered(struct master *master, const char *text)
{
	const struct setting *setting = setting_find(SLICE("delay"));
	size_t size = strcspn(text, " ");
	char error[SETTING_ERROR_MAX];
	int64_t delay_ms;

	if (text[size] == '\0' || setting_parse(setting->kind, setting->least, setting->most,
						slice_of(text + size + 1), &delay_ms, error) < 0) {
		log_error("an order to set a delay that is none: %s", text);
		return;
	}
	politeness_keep_delay(master->parts.politeness, (struct slice){ text, size }, delay_ms);
	master_set_delay(master, (struct slice){ text, size }, delay_ms);
}

static void on_order(void *context, const struct store_order *order)
{
	struct master *master = context;

	if (strcmp(order->what, "pause") == 0 || strcmp(order->what, "resume") == 0)
		master_pause(master, order->what[0] == 'p');
	else if (strcmp(order->what, "stop") == 0)
		master_stop(master);
	else if (strcmp(order->what, "add") == 0)
		add_ordered(master, order->text);
	else if (strcmp(order->what, "delay") == 0)
		delay_ordered(master, order->text);
}

void master_leave(struct master *master)
{
	master->is_leaving = true;
	master->end = MASTER_INTERRUPTED;
}

unsigned master_set_delay(struct master *master, struct slice host, int64_t delay_ms)
{
	unsigned count = politeness_set_delay(master->parts.politeness, host, delay_ms);
	char text[HUMAN_DURATION_MAX];

	if (count > 0)
		events_say(master->parts.events, "delay", host, "%s, set by crawl ctl",
			   human_exact(delay_ms, text));
	return count;
}

static unsigned count_workers(const struct pool *pool)
{
	unsigned count = 0;

	for (unsigned i = 0; i < pool_worker_count(pool); i++)
		count += pool_worker_info(pool, i).is_alive;
	return count;
}

struct master_view master_view(const struct master *master)
{
	return (struct master_view){
		.queued = frontier_count(master->parts.politeness->frontier),
		.in_flight = master->parts.in_flight,
		.hosts = frontier_host_count(master->parts.politeness->frontier),
		.workers = count_workers(master->parts.pool),
		.due_ms = frontier_due_ms(master->parts.politeness->frontier),
		.is_draining = master->drain_end_ms != CLOCK_NEVER,
		.is_paused = master->is_paused,
	};
}

uint64_t master_pages_left(const struct master *master)
{
	uint64_t most = (uint64_t)master->parts.config->settings.max_pages;

	if (most == 0)
		return UINT64_MAX;
	return most > master->parts.begun ? most - master->parts.begun : 0;
}

int64_t master_least_ms(struct master *master)
{
	const struct frontier *frontier = master->parts.politeness->frontier;
	int64_t now = clock_ms(), end;

	/* Which of them --max-pages lets begin, nobody knows. */
	if (master->is_paused || master->drain_end_ms != CLOCK_NEVER ||
	    frontier_count(frontier) > master_pages_left(master))
		return 0;
	if (master->rest_seen_ms == 0 || now - master->rest_seen_ms >= LEAST_EVERY_MS) {
		master->rest_end_ms = frontier_end_ms(frontier, now);
		master->rest_seen_ms = now;
	}
	end = clock_sooner(master->rest_end_ms, master->time_end_ms);
	return end > now ? end - now : 0;
}

unsigned master_tails(const struct master *master, struct master_tail tails[], unsigned max)
{
	static const char *const waits[] = {
		[FRONTIER_WAIT_DELAY] = "delay", [FRONTIER_WAIT_ANSWER] = "answers",
		[FRONTIER_WAIT_REST] = "rest",   [FRONTIER_WAIT_SHUT] = "robots",
		[FRONTIER_WAIT_US] = "us",
	};
	const struct frontier *frontier = master->parts.politeness->frontier;
	struct frontier_tail found[MASTER_TAILS_MAX];
	unsigned count = frontier_tails(frontier, clock_ms(), found,
					max < MASTER_TAILS_MAX ? max : MASTER_TAILS_MAX);

	for (unsigned i = 0; i < count; i++)
		tails[i] = (struct master_tail){
			.origin = frontier_host_origin(frontier, found[i].host),
			.urls = found[i].queued,
			.delay_ms = found[i].delay_ms,
			.wait = waits[found[i].wait],
		};
	return count;
}

const struct link_counts *master_links(const struct master *master)
{
	return links_in_counts(master->parts.links_in);
}

void master_on_tick(struct master *master, int every_ms, void (*function)(void *user), void *user)
{
	master->tick = function;
	master->tick_user = user;
	master->tick_ms = every_ms;
	master->tick_due_ms = clock_ms() + every_ms;
}
