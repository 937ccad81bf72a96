#include "master.h"

#include <assert.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "callback.h"
#include "clock.h"
#include "log.h"
#include "memory.h"
#include "seen.h"
#include "visit.h"

#define COMMIT_ROWS    1000 /* a commit is due after so many rows, */
#define COMMIT_MS      200  /* or so long after the first that waits */
#define LOAD_COMMIT_ROWS 200000 /* while a list is read, nobody waits for rows */
#define DEATHS_MAX     3    /* a URL that its worker died of so often is given up */
#define IDLE_MS	       1000 /* with nothing due for so long, the store tidies up */

struct master {
	const struct config *config;
	const struct settings *settings;
	struct pool *pool;
	struct store *store;
	struct tally *tally;
	struct frontier *frontier;
	struct seen *seen;
	struct visits *visits;
	struct callback *callback;
	unsigned window, worker_count;
	int64_t *host_ids; /* the store's, by the frontier's */
	uint32_t host_capacity;

	size_t in_flight;
	uint64_t handed_out;
	int64_t commit_due_ms; /* or 0: nothing waits */
	bool is_idle;	       /* the store has been tidied since the last commit */
	int signals;
	int signal;	       /* that stopped us, or 0 */
	int64_t drain_end_ms;  /* or 0: not draining */
	int64_t time_end_ms;   /* --max-time, or 0 */
	bool is_leaving;       /* the second signal */
	bool has_failed;       /* the store */
	enum master_end end;   /* why we drain */

	void (*tick)(void *user);
	void *tick_user;
	int tick_ms;
	int64_t tick_due_ms;
};

/* ---- hosts ---- */

static struct frontier_manners manners_of(const struct master *master, struct slice host)
{
	const struct config_host *rule = config_host_rule(master->config, host);
	struct frontier_manners manners = {
		.delay_ms = master->settings->delay_ms,
		.concurrency = (unsigned)master->settings->concurrency,
	};

	if (rule && rule->delay_ms >= 0)
		manners.delay_ms = rule->delay_ms;
	if (rule && rule->concurrency >= 0)
		manners.concurrency = (unsigned)rule->concurrency;
	return manners;
}

/* The name within an origin "https://name:port". */
static struct slice host_of_origin(struct slice origin)
{
	const char *name = (const char *)memchr(origin.at, '/', origin.size) + 2;
	const char *end = origin.at + origin.size;
	const char *colon = name < end && *name == '[' ? memchr(name, ']', (size_t)(end - name)) : name;

	colon = colon ? memchr(colon, ':', (size_t)(end - colon)) : NULL;
	return (struct slice){ name, (size_t)((colon ? colon : end) - name) };
}

static uint32_t add_host(struct master *master, struct slice origin, int64_t host_id)
{
	uint32_t host = frontier_add_host(master->frontier, origin,
					  manners_of(master, host_of_origin(origin)));

	if (host >= master->host_capacity) {
		master->host_capacity = host * 2 + 16;
		master->host_ids =
			memory_resize(master->host_ids, master->host_capacity * sizeof(int64_t));
	}
	master->host_ids[host] = host_id;
	return host;
}

/* The host of a URL; made, here and in the store, if it is new.  FRONTIER_NO_HOST: the store failed. */
static uint32_t host_of(struct master *master, const struct url *url)
{
	struct slice origin = url_origin(url);
	uint32_t host = frontier_find_host(master->frontier, origin);
	int64_t host_id;

	if (host != FRONTIER_NO_HOST)
		return host;
	host_id = store_host(master->store, (struct store_text){ origin.at, origin.size });
	return host_id == 0 ? FRONTIER_NO_HOST : add_host(master, origin, host_id);
}

static int64_t delay_of(void *context, uint32_t host)
{
	struct master *master = context;

	return frontier_host_manners(master->frontier, host).delay_ms;
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
		.pool = options->pool,
		.store = options->store,
		.tally = options->tally,
		.frontier = frontier_new(),
		.seen = seen_new(key),
		.visits = visits_new(),
		.callback = callback_new(options->config, options->store, options->tally),
		.window = options->window,
		.worker_count = pool_worker_count(options->pool),
		.signals = -1,
	};
	if (!master->callback) {
		master_free(master);
		return NULL;
	}
	return master;
}

void master_free(struct master *master)
{
	if (!master)
		return;
	callback_free(master->callback);
	visits_free(master->visits);
	seen_free(master->seen);
	frontier_free(master->frontier);
	free(master->host_ids);
	if (master->signals >= 0)
		close(master->signals);
	free(master);
}

/* ---- loading ---- */

static int load_host(void *context, int64_t host_id, struct store_text origin)
{
	add_host(context, (struct slice){ origin.at, origin.size }, host_id);
	return 0;
}

/* Hosts and ids of the database are dense and in order: the frontier's number is one less. */
static int load_url(void *context, const struct store_known *known)
{
	struct master *master = context;
	uint32_t host = (uint32_t)known->host_id - 1;

	seen_add(master->seen, (struct slice){ known->url.at, known->url.size });
	if (known->state == STORE_PENDING)
		frontier_push(master->frontier, host, (uint32_t)known->url_id, LANE_NORMAL);
	return 0;
}

int master_load(struct master *master)
{
	if (store_each_host(master->store, load_host, master) < 0)
		return -1;
	return store_each_url(master->store, load_url, master);
}

int master_add_seed(struct master *master, const struct url *url)
{
	struct store_url row = { .url = { url->text, url->size } };
	uint32_t host;
	int64_t url_id;

	if (!seen_add(master->seen, url_slice(url)))
		return 0;
	host = host_of(master, url);
	if (host == FRONTIER_NO_HOST)
		return -1;
	row.host_id = master->host_ids[host];
	url_id = store_add_url(master->store, &row);
	if (url_id == 0)
		return -1;
	frontier_push(master->frontier, host, (uint32_t)url_id, LANE_NORMAL);
	if (store_uncommitted(master->store) >= LOAD_COMMIT_ROWS)
		return store_commit(master->store) < 0 ? -1 : 1;
	return 1;
}

int master_commit(struct master *master)
{
	master->commit_due_ms = 0;
	master->is_idle = false;
	if (tally_flush(master->tally, master->store, master->host_ids, delay_of, master) < 0 ||
	    store_commit(master->store) < 0) {
		master->has_failed = true;
		return -1;
	}
	return 0;
}

/* ---- the end of a visit ---- */

static void note_page(struct slice url, const struct msg_page *page, enum outcome outcome)
{
	char text[URL_BYTES_MAX + 1];

	snprintf(text, sizeof(text), "%.*s", (int)url.size, url.at);
	LOG(LOG_VERBOSE, "page", LOG_TEXT("outcome", outcome_name(outcome)),
	    LOG_NUMBER("status", page->status), LOG_NUMBER("size", page->size),
	    LOG_NUMBER("ms", page->elapsed_ms), LOG_TEXT("url", text));
}

/* The URL that a visit asks for now: a redirect's target, or the URL itself, which the store knows. */
static struct slice url_of(struct master *master, const struct visit *visit)
{
	struct store_text text;

	if (visit->target)
		return url_slice(visit->target);
	text = store_url_text(master->store, visit->url_id, NULL);
	return (struct slice){ text.at, text.size };
}

/* Write the end of a visit, with its page or without. */
static void end_visit(struct master *master, struct visit *visit, const struct msg_page *page,
		      struct slice text, struct slice kept)
{
	char url[URL_BYTES_MAX + 1];
	struct slice own = url_of(master, visit);
	int outcome;

	if (!own.at) {
		master->has_failed = true;
		return;
	}
	memcpy(url, own.at, own.size); /* the store lends it only until the next call */
	outcome = callback_page(master->callback, visit, (struct slice){ url, own.size }, page, text,
				kept);
	if (outcome < 0)
		master->has_failed = true;
	else
		note_page((struct slice){ url, own.size }, page, (enum outcome)outcome);
	if (master->commit_due_ms == 0)
		master->commit_due_ms = clock_ms() + COMMIT_MS;
	visits_end(master->visits, visit);
}

static void end_without_page(struct master *master, struct visit *visit, enum outcome outcome,
			     const char *error)
{
	struct msg_page page = { .outcome = outcome };

	page.texts[MSG_ERROR] = slice_of(error);
	end_visit(master, visit, &page, (struct slice){ 0 }, (struct slice){ 0 });
}

/* Ask again for a visit's URL, before others of its host. */
static void queue_again(struct master *master, struct visit *visit)
{
	uint32_t host = visit->host, url_id = visit->url_id;

	visits_keep(master->visits, visit);
	frontier_push_first(master->frontier, host, url_id);
}

/* ---- redirects ---- */

static bool is_redirect(const struct msg_page *page)
{
	switch (page->status) {
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		return page->texts[MSG_LOCATION].size > 0;
	default:
		return false;
	}
}

/* Make the place where a redirect leads the visit's target.  On error it stays where it was. */
static enum url_error next_hop(struct master *master, struct visit *visit, struct slice location)
{
	struct url *target = visit->target;
	enum url_error error;

	if (!target) {
		target = memory_new(1, sizeof(*target));
		error = url_parse(target, url_of(master, visit));
		if (error != URL_OK) {
			free(target);
			return error;
		}
	}
	visit->target = target;
	return url_resolve(target, target, location);
}

static void follow_redirect(struct master *master, struct visit *visit, struct msg_page *page)
{
	enum url_error error;
	uint32_t host;

	if (visit->hops >= master->settings->redirects) {
		page->outcome = OUTCOME_REDIRECT_LOOP;
		page->texts[MSG_ERROR] = slice_of("more redirects than allowed");
		end_visit(master, visit, page, (struct slice){ 0 }, (struct slice){ 0 });
		return;
	}
	error = next_hop(master, visit, page->texts[MSG_LOCATION]);
	if (error != URL_OK) {
		page->outcome = error == URL_OTHER_SCHEME ? OUTCOME_OUT_OF_SCOPE : OUTCOME_BAD_RESPONSE;
		page->texts[MSG_ERROR] = slice_of(url_error_text(error));
		end_visit(master, visit, page, (struct slice){ 0 }, (struct slice){ 0 });
		return;
	}
	host = host_of(master, visit->target);
	if (host == FRONTIER_NO_HOST) {
		master->has_failed = true;
		return;
	}
	visit->hops++;
	visit->host = host;
	queue_again(master, visit);
}

/* ---- results ---- */

static void take_page(struct master *master, struct visit *visit, struct msg_page *page,
		      struct slice slot)
{
	struct slice text = { slot.at, page->text_size };
	struct slice kept = { slot.at + page->text_size, page->kept_size };

	if (page->outcome == OUTCOME_OK && is_redirect(page)) {
		follow_redirect(master, visit, page);
		return;
	}
	if (page->outcome == OUTCOME_OK && page->status == 304)
		page->outcome = OUTCOME_NOT_MODIFIED;
	else if (page->outcome == OUTCOME_OK && (page->status < 200 || page->status > 299))
		page->outcome = OUTCOME_HTTP_ERROR;
	if (!(page->flags & MSG_PAGE_IS_TEXT))
		text = (struct slice){ 0 };
	if (page->kept_size == 0)
		kept = (struct slice){ 0 };
	end_visit(master, visit, page, text, kept);
}

/* The worker is gone, and the visit's page with it. */
static void take_death(struct master *master, struct visit *visit, const struct pool_value *value)
{
	char why[128];

	if (value->is_suspect)
		visit->deaths++;
	if (visit->deaths < DEATHS_MAX) {
		queue_again(master, visit);
		return;
	}
	snprintf(why, sizeof(why), "%d workers died of it, the last with %s %d", DEATHS_MAX,
		 value->code < 0 ? "signal" : "exit code", value->code < 0 ? -value->code : value->code);
	end_without_page(master, visit, OUTCOME_WORKER_DIED, why);
}

static void on_result(void *user, const struct pool_value *value)
{
	struct visit *visit = user;
	struct master *master = visit->owner;
	struct msg_page page;

	master->in_flight--;
	frontier_done(master->frontier, visit->host, 0);
	if (master->has_failed || value->status == POOL_CANCELLED) {
		visits_end(master->visits, visit); /* it stays pending in the store */
	} else if (value->status == POOL_DIED) {
		take_death(master, visit, value);
	} else if (value->status == POOL_DONE &&
		   msg_page_decode(&page, value->bytes, value->slot.size) == 0) {
		take_page(master, visit, &page, value->slot);
	} else { /* a worker that talks nonsense cannot go on */
		struct pool_value death = { .code = value->code, .is_suspect = true };

		pool_kill(master->pool, value->worker);
		take_death(master, visit, &death);
	}
}

/* ---- handing out ---- */

/*
 * Which worker is to ask?  A host stays with one, so that its connections are used again; one
 * that is allowed many requests at a time is spread, SPREAD to a worker.  -1: nobody has room.
 */
#define SPREAD 8
static int choose_worker(const struct master *master, const struct frontier_pick *pick)
{
	unsigned count = master->worker_count;
	unsigned wanted = (pick->host + pick->in_flight / SPREAD) % count;
	unsigned most = 0;
	int freest = -1;

	if (pool_room(master->pool, wanted) > 0)
		return (int)wanted;
	for (unsigned i = 0; i < count; i++) {
		unsigned room = pool_room(master->pool, i);

		if (room > most) {
			most = room;
			freest = (int)i;
		}
	}
	return freest;
}

static bool has_room(const struct master *master)
{
	for (unsigned i = 0; i < master->worker_count; i++) {
		if (pool_room(master->pool, i) > 0)
			return true;
	}
	return false;
}

static void hand_out(struct master *master, const struct frontier_pick *pick)
{
	struct visit *visit = visits_begin(master->visits, pick->url_id);
	struct msg_job job = { .flags = master->settings->keep_pages ? MSG_JOB_KEEP : 0 };
	char message[MSG_BYTES_MAX];
	int worker = choose_worker(master, pick);

	visit->owner = master;
	visit->host = pick->host;
	visit->tries++;
	visit->fetched_at_ms = clock_date_ms();
	job.url = url_of(master, visit);
	if (!job.url.at) {
		visits_end(master->visits, visit);
		master->has_failed = true;
		return;
	}
	if (pool_submit(master->pool, (unsigned)worker, (struct slice){ message, msg_job_encode(&job, message) },
			(struct slice){ 0 }, on_result, visit) < 0) {
		frontier_done(master->frontier, pick->host, 0);
		queue_again(master, visit);
		return;
	}
	master->in_flight++;
	master->handed_out++;
}

static bool may_hand_out(const struct master *master)
{
	if (master->drain_end_ms > 0 || master->has_failed)
		return false;
	return master->settings->max_pages == 0 ||
	       master->handed_out < (uint64_t)master->settings->max_pages;
}

static void hand_out_jobs(struct master *master)
{
	struct frontier_pick pick;
	int64_t now = clock_ms();

	while (may_hand_out(master) && has_room(master) &&
	       frontier_next(master->frontier, now, &pick))
		hand_out(master, &pick);
}

/* ---- the turn ---- */

static void commit_if_due(struct master *master)
{
	if (master->commit_due_ms == 0 || master->has_failed)
		return;
	if (store_uncommitted(master->store) >= COMMIT_ROWS || clock_ms() >= master->commit_due_ms)
		master_commit(master);
}

/* The first signal drains, the second leaves. */
static void on_signal(void *user)
{
	struct master *master = user;
	struct signalfd_siginfo info;

	while (read(master->signals, &info, sizeof(info)) == sizeof(info)) {
		master->is_leaving = master->signal != 0;
		master->signal = (int)info.ssi_signo;
		if (master->drain_end_ms == 0) {
			master->drain_end_ms = clock_ms() + master->settings->grace_ms;
			log_say("finishing %zu requests (again to leave at once)", master->in_flight);
		}
		master->end = MASTER_INTERRUPTED;
	}
}

static void check_time(struct master *master)
{
	if (master->time_end_ms > 0 && master->drain_end_ms == 0 && clock_ms() >= master->time_end_ms) {
		master->drain_end_ms = clock_ms() + master->settings->grace_ms;
		master->end = MASTER_MAX_TIME;
	}
}

static void tick_if_due(struct master *master)
{
	int64_t now;

	if (!master->tick)
		return;
	now = clock_ms();
	if (now < master->tick_due_ms)
		return;
	master->tick_due_ms = now + master->tick_ms;
	master->tick(master->tick_user);
}

static int64_t sooner(int64_t a, int64_t b)
{
	if (a <= 0 || b <= 0)
		return a > b ? a : b;
	return a < b ? a : b;
}

/* How long may nothing be done? */
static int wait_ms(const struct master *master)
{
	int64_t now = clock_ms();
	int64_t due = sooner(master->commit_due_ms, master->drain_end_ms);

	due = sooner(due, master->time_end_ms);
	if (master->tick)
		due = sooner(due, master->tick_due_ms);
	if (may_hand_out(master) && has_room(master) && frontier_count(master->frontier) > 0)
		due = sooner(due, frontier_due_ms(master->frontier));
	if (due <= 0)
		return POOL_FOR_EVER;
	return due <= now ? 0 : (int)(due - now);
}

/* With nothing to do for a while the write-ahead log is folded in. */
static void tidy_if_idle(struct master *master, int wait)
{
	if (master->is_idle || master->commit_due_ms > 0 || master->has_failed ||
	    (wait >= 0 && wait < IDLE_MS))
		return;
	master->is_idle = true;
	if (store_idle(master->store) < 0)
		master->has_failed = true;
}

/* Is everything done that this run will do? */
static bool is_over(struct master *master)
{
	if (master->has_failed || master->is_leaving || pool_is_broken(master->pool))
		return true;
	if (master->drain_end_ms > 0)
		return master->in_flight == 0 || clock_ms() >= master->drain_end_ms;
	if (master->in_flight > 0)
		return false;
	if (frontier_count(master->frontier) == 0)
		return true;
	if (may_hand_out(master))
		return false;
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
	return master->signals < 0 ? -1 : pool_watch(master->pool, master->signals, on_signal, master);
}

/* What is in flight and not done by now is left pending. */
static enum master_end leave(struct master *master)
{
	bool is_broken = pool_is_broken(master->pool);

	pool_terminate(master->pool);
	if (!master->has_failed)
		master_commit(master);
	if (master->has_failed)
		return MASTER_STORE_FAILED;
	return is_broken ? MASTER_POOL_FAILED : master->end;
}

enum master_end master_run(struct master *master)
{
	int64_t max_time = master->settings->max_time_ms;

	master->time_end_ms = max_time > 0 ? clock_ms() + max_time : 0;
	if (watch_signals(master) < 0)
		return MASTER_POOL_FAILED;
	hand_out_jobs(master);
	while (!is_over(master)) {
		int wait = wait_ms(master);

		tidy_if_idle(master, wait);
		pool_turn(master->pool, wait);
		commit_if_due(master);
		check_time(master);
		hand_out_jobs(master);
		tick_if_due(master);
	}
	return leave(master);
}

int master_signal(const struct master *master)
{
	return master->signal;
}

struct master_view master_view(const struct master *master)
{
	return (struct master_view){
		.queued = frontier_count(master->frontier),
		.in_flight = master->in_flight,
		.hosts = frontier_host_count(master->frontier),
		.due_ms = frontier_due_ms(master->frontier),
		.is_draining = master->drain_end_ms > 0,
	};
}

void master_on_tick(struct master *master, int every_ms, void (*function)(void *user), void *user)
{
	master->tick = function;
	master->tick_user = user;
	master->tick_ms = every_ms;
	master->tick_due_ms = clock_ms() + every_ms;
}
