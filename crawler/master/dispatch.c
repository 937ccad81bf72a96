#include "master/internal.h"

#include "base/clock.h"

#define SPREAD_ABOVE 8 /* a host that allows more requests at a time is no single worker's */

#define SENT_LOOK_PARTS  8  /* of a delay, after which it is looked again */
#define SENT_LOOK_MS_MAX 50 /* whether a request has been sent */
#define NOT_READY_MS     10 /* a host waits whose worker takes nothing, or whose URL is not read */
#define DISPATCH_MAX     1000 /* URLs of a turn, also such as end unasked: results and signals wait */

/* The worker with the most room; there is one that has some. */
static unsigned freest_worker(const struct master *master)
{
	unsigned most = 0, freest = 0;

	for (unsigned i = 0; i < master->worker_count; i++) {
		unsigned room = pool_room(master->pool, i);

		if (room > most) {
			most = room;
			freest = i;
		}
	}
	return freest;
}

/*
 * Which worker is to ask?  There is one that has room.  A host stays with the one that asked it
 * last, whose connections to it stand; one that is allowed many requests at a time is spread.
 */
static unsigned choose_worker(const struct master *master, uint32_t host)
{
	unsigned concurrency = frontier_pace(master->frontier, host)->policy.concurrency;
	uint32_t last = hosts_worker(master->hosts, host);
	unsigned freest;

	if (concurrency <= SPREAD_ABOVE && last != HOSTS_NO_WORKER &&
	    pool_room(master->pool, last) > 0)
		return last;
	freest = freest_worker(master);
	hosts_set_worker(master->hosts, host, freest);
	return freest;
}

bool master_has_room(const struct master *master)
{
	for (unsigned i = 0; i < master->worker_count; i++) {
		if (pool_room(master->pool, i) > 0)
			return true;
	}
	return false;
}

/* Returns as store_url() does. */
static int look_up(struct master *master, struct visit *visit)
{
	struct store_target target;
	int found = store_url(master->store, master_key_of(visit), &target);

	if (found != 1)
		return found;
	visit->kind = target.row.kind == STORE_URL_SITEMAP ? VISIT_SITEMAP : VISIT_PAGE;
	visit->lane = (enum frontier_lane)target.row.lane;
	visit->depth = (uint32_t)target.row.depth;
	visit->rule = (uint32_t)target.row.rule;
	visit->is_again = target.is_again;
	visit_set_url(visit, target.row.url);
	master_note_link(master, visit->host, &target.row);
	return 1;
}

/* What is known of a page from earlier visits.  Returns as store_url() does. */
static int recall(struct master *master, struct visit *visit, struct store_validators *known)
{
	struct store_target target;
	int found;

	if (!visit->is_again || visit->kind != VISIT_PAGE || (visit->hops > 0 && !visit->is_moved))
		return 1;
	found = store_url(master->store, master_key_of(visit), &target);
	if (found != 1)
		return found;
	*known = target.known;
	visit->hash = known->hash;
	return 1;
}

/* Of what was read before only what has changed is wanted; if it was of this URL. */
static void set_conditions(const struct visit *visit, const struct store_validators *known,
			   struct msg_job *job)
{
	bool is_moved = visit->hops > 0 && slice_equal(known->moved_to, visit_url(visit));

	if (job->kind != MSG_KIND_PAGE || (!is_moved && (visit->hops > 0 || known->is_redirected)))
		return;
	job->etag = known->etag;
	job->last_modified = known->last_modified;
}

/*
 * With more hosts than workers have room for connections, keeping those that wait would push out
 * those in use; and libcurl 7.88 looks through every host it ever had a connection to when it has
 * to make room for one (75 us a page after 10,000 hosts).
 */
static bool is_to_close(const struct master *master, uint32_t host)
{
	if (frontier_ready_hosts(master->frontier) <= master->worker_count * master->window)
		return false;
	return !frontier_has_enough(master->frontier, host) ||
	       frontier_pace(master->frontier, host)->policy.delay_ms > 0;
}

enum msg_kind master_job_kind(const struct visit *visit)
{
	if (visit->is_resolving)
		return MSG_KIND_ADDRESS;
	switch (visit->kind) {
	case VISIT_ROBOTS:
		return MSG_KIND_ROBOTS;
	case VISIT_SITEMAP:
		return MSG_KIND_SITEMAP;
	case VISIT_PAGE:
		break;
	}
	return MSG_KIND_PAGE;
}

static uint32_t flags_of(const struct master *master, const struct visit *visit)
{
	uint32_t flags = is_to_close(master, visit->host) ? MSG_JOB_CLOSE : 0;

	if (master_is_public_only(master, visit->host))
		flags |= MSG_JOB_PUBLIC_ONLY;
	if (master_job_kind(visit) != MSG_KIND_PAGE)
		return flags;
	if (master->settings->keep_pages)
		flags |= MSG_JOB_KEEP;
	if (master->config->follow_count == 0)
		return flags;
	flags |= MSG_JOB_LINKS;
	if (hosts_policy(master->hosts, visit->host).obeys_robots)
		flags |= MSG_JOB_NOFOLLOW;
	if (hosts_tenure(master->hosts, visit->host) > 0) /* pages came when it was not ours */
		flags |= MSG_JOB_ALL_LINKS;
	return flags;
}

/* It is as it was read, its sitemap says. */
static void leave_unasked(struct master *master, struct visit *visit)
{
	store_put_standing(master->store, master_key_of(visit));
	visits_end(master->visits, visit);
	master->links.unchanged++;
	master_commit_soon(master);
}

/* What is not here, or cannot be taken, is asked for a little later: its host waits. */
static void wait_a_little(struct master *master, struct visit *visit)
{
	frontier_hold(master->frontier, visit->host, clock_ms() + NOT_READY_MS);
	master_queue_again(master, visit);
}

/* A worker has it.  To find out an address is no request: the host waits for the answer instead. */
static void note_sent(struct master *master, struct visit *visit)
{
	visit->fetched_at_ms = clock_date_ms();
	visit->asked_ms = clock_ms();
	if (visit->is_resolving) {
		frontier_suspend(master->frontier, visit->host);
	} else {
		frontier_begin(master->frontier, visit->host, visit->asked_ms);
		master_note_sent(master, visit);
	}
	master->in_flight++;
	master->begun += !visit->is_counted && visit->kind != VISIT_ROBOTS;
	visit->is_counted = true;
}

/* Send it, if a worker takes it. */
static void send(struct master *master, struct visit *visit, const struct store_validators *known)
{
	struct msg_job job = { .depth = visit->depth, .url = visit_url(visit) };
	char message[MSG_BYTES_MAX];
	struct slice bytes = { message, 0 };

	visit->is_resolving = master_wants_address(master, visit->host);
	job.kind = master_job_kind(visit);
	job.flags = flags_of(master, visit);
	set_conditions(visit, known, &job);
	bytes.size = msg_job_encode(&job, message);
	visit->worker = choose_worker(master, visit->host);
	if (pool_submit(master->pool, visit->worker, bytes, (struct slice){ 0 }, master_on_result,
			visit) < 0)
		wait_a_little(master, visit);
	else
		note_sent(master, visit);
}

/* Send it, unless what is known of it says something else. */
static void send_job(struct master *master, struct visit *visit)
{
	struct store_validators known = { .hash = 0 };

	switch (recall(master, visit, &known)) {
	case 1:
		break;
	case 0:
		wait_a_little(master, visit);
		return;
	default:
		visits_end(master->visits, visit);
		return;
	}
	if (master_move(master, visit, known.moved_to))
		master_queue_again(master, visit);
	else if (master_is_unchanged(master, visit, &known))
		leave_unasked(master, visit);
	else
		send(master, visit, &known);
}

/* A host that has been given up is not asked; what it owes ends as it last failed. */
static bool is_given_up(struct master *master, struct visit *visit)
{
	enum outcome why;

	if (visit->kind == VISIT_ROBOTS || !hosts_is_given_up(master->hosts, visit->host, &why))
		return false;
	master_end_visit(
		master, visit, why,
		"not asked: too many requests to its host had failed in a row (host_failures)");
	return true;
}

/*
 * The delay counts from when the request before was sent, which comes after it was dispatched: a
 * worker has to begin, to look up, to connect.  Until then, and the delay after it, the next waits.
 * Returns until when; a time that is past: it need not.
 */
static int64_t wait_after(const struct master *master, const struct visit *last, int64_t delay,
			  int64_t now)
{
	int64_t look = delay / SENT_LOOK_PARTS, sent;

	if (!last || delay == 0)
		return now;
	sent = pool_mark(master->pool, last->worker, last);
	if (sent > 0)
		return (sent < now ? sent : now) + delay;
	return now + 1 + (look < SENT_LOOK_MS_MAX ? look : SENT_LOOK_MS_MAX);
}

static int64_t delay_of(const struct pace *pace)
{
	return pace ? pace->policy.delay_ms : 0;
}

/* Then it is queued again, and its host waits, and its group. */
static bool is_too_early(struct master *master, struct visit *visit)
{
	uint32_t host = visit->host, group = frontier_group(master->frontier, host);
	int64_t now = clock_ms();
	int64_t due = wait_after(master, hosts_last(master->hosts, host),
				 delay_of(frontier_pace(master->frontier, host)), now);
	int64_t group_due = wait_after(master, hosts_group_last(master->hosts, group),
				       delay_of(frontier_group_pace(master->frontier, host)), now);

	if (due <= now && group_due <= now)
		return false;
	frontier_hold(master->frontier, host, due);
	frontier_hold_group(master->frontier, host, group_due);
	master_queue_again(master, visit);
	return true;
}

/* --max-pages bounds the URLs that are begun; what was begun goes on, to its last redirect. */
static bool may_begin(const struct master *master, const struct visit *visit)
{
	return master->settings->max_pages == 0 || visit->is_counted ||
	       visit->kind == VISIT_ROBOTS || master->begun < (uint64_t)master->settings->max_pages;
}

/* The visit of what was taken: a new one, or the one whose ticket it is. */
static struct visit *begin(struct master *master, uint32_t host, uint32_t number)
{
	struct visit *visit;

	if (number >= MASTER_TICKET)
		return visits_take(master->visits, number - MASTER_TICKET);
	visit = visits_begin(master->visits);
	visit->owner = master;
	visit->host = visit->home = host;
	visit->tenure = hosts_tenure(master->hosts, host);
	if (number == MASTER_ROBOTS) {
		master_begin_robots(master, visit);
		return visit;
	}
	visit->share = hosts_key(master->hosts, host).share;
	visit->number = number;
	return visit;
}

/* Is its text here?  Otherwise it comes to its end, or is queued again. */
static bool is_known(struct master *master, struct visit *visit)
{
	int found = visit->url ? 1 : look_up(master, visit);

	if (found == 0)
		wait_a_little(master, visit);
	else if (found < 0)
		visits_end(master->visits, visit);
	return found == 1;
}

/* What was taken comes to a worker, or back into the queue, or to its end. */
static void dispatch(struct master *master, uint32_t host, uint32_t number)
{
	struct visit *visit = begin(master, host, number);

	if (master_is_lost(master, visit)) {
		visits_end(master->visits, visit);
		return;
	}
	if (!may_begin(master, visit)) { /* it stays pending in the store */
		visits_end(master->visits, visit);
		master->left_over++;
		return;
	}
	if (!is_known(master, visit) || is_given_up(master, visit) ||
	    master_pass_robots(master, visit) != GATE_OPEN || is_too_early(master, visit))
		return;
	send_job(master, visit);
}

/* Have the store read what comes next in one go. */
static void read_ahead(struct master *master)
{
	uint32_t hosts[STORE_AHEAD_MAX], numbers[STORE_AHEAD_MAX];
	struct store_key keys[STORE_AHEAD_MAX];
	unsigned count = frontier_ahead(master->frontier, hosts, numbers, STORE_AHEAD_MAX);
	unsigned urls = 0;

	for (unsigned i = 0; i < count; i++) {
		if (numbers[i] <= URL_NUMBER_MAX)
			keys[urls++] = (struct store_key){ hosts_key(master->hosts, hosts[i]).share,
							   numbers[i] };
	}
	if (urls > 1)
		store_ahead(master->store, keys, urls);
}

bool master_may_dispatch(const struct master *master)
{
	return master->drain_end_ms == CLOCK_NEVER && !store_has_failed(master->store) &&
	       !master->is_paused;
}

void master_dispatch(struct master *master)
{
	int64_t now = clock_ms();
	uint32_t host, number;

	for (unsigned count = 0; count < DISPATCH_MAX; count++) {
		if (!master_may_dispatch(master) || !master_has_room(master) ||
		    frontier_due_ms(master->frontier) > now)
			return;
		if (count % STORE_AHEAD_MAX == 0)
			read_ahead(master);
		if (!frontier_next(master->frontier, now, &host, &number))
			return;
		dispatch(master, host, number);
	}
}
