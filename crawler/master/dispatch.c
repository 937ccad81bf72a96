#include "master/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "master/letters.h"
#include "master/proxied.h"
#include "master/queue.h"
#include "master/reach.h"
#include "master/results.h"
#include "parsers/text/memory.h"

#define SPREAD_ABOVE 8 /* a host that allows more requests at a time is no single worker's */

#define SENT_LOOK_PARTS  8    /* of a delay, after which it is looked again */
#define SENT_LOOK_MS_MAX 50   /* whether a request has been sent */
#define SOON_MS          100  /* so long before is read what is not in memory */
#define NOT_READY_MS     10   /* a host waits whose worker has no room, or whose URL is not read */
#define NO_LEAVE_MS      15   /* a host waits whose URL may not be begun yet */
#define DISPATCH_MAX     1000 /* URLs of a turn, also those that end unasked: results wait */

/* The worker with the most room; there is one that has some. */
static unsigned freest_worker(const struct parts *parts)
{
	unsigned most = 0, freest = 0;

	for (unsigned i = 0; i < parts->worker_count; i++) {
		unsigned room = pool_room(parts->pool, i);

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
static unsigned choose_worker(const struct parts *parts, uint32_t host)
{
	unsigned concurrency = frontier_pace(parts->politeness->frontier, host)->policy.concurrency;
	uint32_t last = hosts_worker(parts->politeness->hosts, host);
	unsigned freest;

	if (concurrency <= SPREAD_ABOVE && last != HOSTS_NO_WORKER &&
	    pool_room(parts->pool, last) > 0)
		return last;
	freest = freest_worker(parts);
	hosts_set_worker(parts->politeness->hosts, host, freest);
	return freest;
}

bool dispatch_has_room(const struct parts *parts)
{
	for (unsigned i = 0; i < parts->worker_count; i++) {
		if (pool_room(parts->pool, i) > 0)
			return true;
	}
	return false;
}

_Static_assert(REQUEST_HEADERS_MAX <= MSG_HEADERS_MAX && REQUEST_BODY_MAX <= MSG_BODY_MAX,
	       "a job has room for what a list says");

/* How is it asked?  Of a POST its own URL is its identity.  Returns 1, or -1. */
static int look_up_request(struct store *store, struct visit *visit)
{
	struct store_request row;
	struct http_request request = { .method = REQUEST_GET };
	int found = store_get_request(store, politeness_key_of(visit), &row);

	if (found != 1 || !request_method_of(row.method, &request.method))
		return found < 0 ? -1 : 1;
	request.headers = row.headers;
	request.body = row.body;
	visit->is_post = request.method == REQUEST_POST;
	visit_set_request(visit, &request);
	if (visit->is_post)
		visit_lead(visit, request_url(visit_url(visit)));
	return 1;
}

/* Returns as store_url() does. */
static int look_up(struct parts *parts, struct visit *visit)
{
	struct store_target target;
	int found = store_url(parts->store, politeness_key_of(visit), &target);

	if (found != 1)
		return found;
	visit->is_guess = target.row.kind == STORE_URL_GUESS;
	visit->kind = visit->is_guess || target.row.kind == STORE_URL_SITEMAP ? VISIT_SITEMAP
									      : VISIT_PAGE;
	visit->lane = (enum frontier_lane)target.row.lane;
	visit->depth = moves_depth(parts->moves, target.row.url, (uint32_t)target.row.depth);
	visit->rule = (uint32_t)target.row.rule;
	visit->root = store_key_id(target.row.root);
	visit->is_again = target.is_again;
	visit_set_url(visit, target.row.url);
	if (store_key_is_none(target.row.from) && target.row.kind == STORE_URL_PAGE)
		hosts_note_listed(parts->politeness->hosts, visit->host);
	reach_note_link(parts->politeness, visit->host, &target.row);
	return look_up_request(parts->store, visit);
}

/* Its owner has sent it along. */
static void recall_guest(const struct visit *visit, struct store_validators *known)
{
	const struct visit_guest *guest = visit->guest;

	known->hash = visit->hash;
	known->has_content = visit->has_content;
	if (!visit->is_moved || (!guest->etag && !guest->modified))
		return;
	known->etag = (struct slice){ guest->etag, guest->etag_size };
	known->last_modified = (struct slice){ guest->modified, guest->modified_size };
	known->moved_to = visit_url(visit);
}

/* What is known of a page from earlier visits.  Returns as store_url() does. */
static int recall(struct store *store, struct visit *visit, struct store_validators *known)
{
	struct store_target target;
	int found;

	if (visit->guest) {
		recall_guest(visit, known);
		return 1;
	}
	if (!visit->is_again || visit->kind != VISIT_PAGE || (visit->hops > 0 && !visit->is_moved))
		return 1;
	found = store_url(store, politeness_key_of(visit), &target);
	if (found != 1)
		return found;
	*known = target.known;
	visit->hash = known->hash;
	visit_set_counts(visit, known->counts);
	visit->has_content = known->has_content;
	return 1;
}

/* Of what was read before only what has changed is wanted; if it was of this URL. */
static void set_conditions(const struct visit *visit, const struct store_validators *known,
			   struct msg_job *job)
{
	bool is_moved = visit->hops > 0 && slice_equal(known->moved_to, visit_url(visit));

	if (job->kind != MSG_KIND_PAGE || visit->is_post ||
	    (!is_moved && (visit->hops > 0 || known->is_redirected)))
		return;
	job->etag = known->etag;
	job->last_modified = known->last_modified;
}

/*
 * With more hosts than workers have room for connections, keeping those that wait would push out
 * those in use; and libcurl 7.88 looks through every host it ever had a connection to when it has
 * to make room for one (75 us a page after 10,000 hosts).
 */
static bool is_to_close(const struct parts *parts, uint32_t host)
{
	if (frontier_ready_hosts(parts->politeness->frontier) <=
	    parts->worker_count * parts->window)
		return false;
	return !frontier_has_enough(parts->politeness->frontier, host) ||
	       frontier_pace(parts->politeness->frontier, host)->policy.delay_ms > 0;
}

/* Is the visit to go without what its host has of its own? */
static bool is_bare(const struct hosts *hosts, const struct visit *visit)
{
	struct hosts_policy policy = hosts_policy(hosts, visit->host);

	return visit->has_left_tls ||
	       (policy.has_own && !policy.may_carry && !hosts_is_listed(hosts, visit->host));
}

/* Where `match` has no scheme http gets no credentials at a public address, if that is known. */
static bool is_unsafe(const struct hosts *hosts, uint32_t host)
{
	return hosts_policy(hosts, host).is_for_private && hosts_address(hosts, host).size > 0 &&
	       !hosts_is_private(hosts, host);
}

/* What it carries for its host, but for an address, which is not asked. */
static void set_request(const struct parts *parts, const struct visit *visit, struct msg_job *job)
{
	const struct hosts *hosts = parts->politeness->hosts;

	job->request = hosts_policy(hosts, visit->host).request;
	job->user = hosts_user(hosts, visit->host);
	if (is_bare(hosts, visit))
		job->flags |= MSG_JOB_BARE;
	if (is_unsafe(hosts, visit->host))
		job->flags |= MSG_JOB_UNSAFE;
}

static uint32_t flags_of(const struct parts *parts, const struct visit *visit)
{
	const struct hosts *hosts = parts->politeness->hosts;
	uint32_t flags = is_to_close(parts, visit->host) ? MSG_JOB_CLOSE : 0;

	if (reach_is_public_only(parts->politeness, visit->host))
		flags |= MSG_JOB_PUBLIC_ONLY;
	if (!hosts_may_be_service(hosts, visit->host))
		flags |= MSG_JOB_UNNAMED;
	if (visit->wants_connection && !visit->is_resolving)
		flags |= MSG_JOB_CONNECT;
	if (results_job_kind(visit) != MSG_KIND_PAGE)
		return flags;
	if (parts->config->settings.keep_pages)
		flags |= MSG_JOB_KEEP;
	if (parts->config->follow_count == 0)
		return flags;
	flags |= MSG_JOB_LINKS;
	if (hosts_policy(hosts, visit->host).obeys_robots)
		flags |= MSG_JOB_NOFOLLOW;
	if (hosts_tenure(hosts, visit->host) > 0) /* pages came when it was not ours */
		flags |= MSG_JOB_ALL_LINKS;
	return flags;
}

/* It has moved for good, and what is there is well: it is not asked whether it still has. */
static bool stands(struct parts *parts, const struct visit *visit,
		   const struct store_validators *known)
{
	struct move move = {
		.key = politeness_key_of(visit),
		.host = visit->host,
		.is_hearsay = true,
		.is_again = true,
		.has_content = known->has_content,
		.depth = visit->depth,
	};

	if (visit->hops > 0 || visit->is_post || !known->is_read_there ||
	    known->moved_to.size == 0 || discovery_is_alone(parts->discovery, known->moved_to) ||
	    !moves_stands(parts->moves, visit_url(visit), known->moved_to))
		return false;
	moves_add(parts->moves, visit_url(visit), known->moved_to, &move);
	return true;
}

/* It is as it was: its sitemap says so, or it has moved to what is read by itself. */
static void leave_unasked(struct parts *parts, struct visit *visit)
{
	const struct msg_page page = { .outcome = OUTCOME_NOT_MODIFIED };

	store_put_standing(parts->store, politeness_key_of(visit));
	ending_note_end(parts->ending, visit_own_url(visit), page.outcome, &page);
	visits_end(parts->politeness->visits, visit);
}

/* What is not here, or finds no worker, is asked for a little later: its host waits. */
static void wait_a_little(struct politeness *politeness, struct visit *visit)
{
	frontier_hold(politeness->frontier, visit->host, clock_ms() + NOT_READY_MS);
	queue_again(politeness, visit);
}

/* How many URLs --max-pages lets this process begin. */
static struct store_quota quota_of(const struct parts *parts)
{
	return store_get_quota(parts->store, STORE_QUOTA_PAGES,
			       (uint64_t)parts->config->settings.max_pages, parts->begun);
}

/* What is begun is known to be: what is not may be given to others at any time. */
static void note_begun(struct parts *parts, const struct visit *visit)
{
	moves_note_begun(parts->moves, visit_own_url(visit));
	parts->begun++;
	if (parts->config->settings.max_pages > 0)
		quota_of(parts);
}

static void note_sent(struct parts *parts, struct visit *visit)
{
	politeness_note_sent(parts->politeness, visit);
	places_take(parts->places, visit);
	if (!visit->is_resolving)
		tally_request(parts->tally, visit->host, visit->asked_ms - parts->begun_ms);
	parts->in_flight++;
	discovery_note_begun(parts->discovery, visit);
	if (!visit->is_counted && visit_has_row(visit))
		note_begun(parts, visit);
	visit->is_counted = true;
}

_Static_assert(VISIT_COOKIES_MAX <= MSG_COOKIES_MAX, "a job has room for a visit's");

/*
 * Those of redirects on the way here, and of a jar; where both have one, the jar's is the last, and
 * counts: it is as late, or later.
 */
static struct slice cookies_for(const struct parts *parts, const struct visit *visit,
				char out[MSG_COOKIES_MAX])
{
	struct hosts_policy policy = hosts_policy(parts->politeness->hosts, visit->host);
	struct slice own = visit_cookies(visit), kept;

	if (visit->kind == VISIT_LOGIN)
		policy.cookies = COOKIES_ON;
	if (policy.cookies == COOKIES_OFF)
		return (struct slice){ 0 };
	if (policy.cookies == COOKIES_VISIT)
		return own;
	if (own.size > 0)
		memcpy(out, own.at, own.size);
	kept = jar_lines(parts->jar, frontier_host_origin(parts->politeness->frontier, visit->host),
			 config_request(parts->config, policy.request), clock_date_ms() / 1000,
			 out + own.size, MSG_COOKIES_MAX - own.size);
	return (struct slice){ out, own.size + kept.size };
}

/* What its list says of the request goes into the job's slot. */
static void set_own(const struct visit *visit, struct msg_job *job)
{
	if (!visit->request || job->kind != MSG_KIND_PAGE)
		return;
	job->method = visit_is_posting(visit) ? MSG_POST : MSG_GET;
	job->headers = visit->request->headers;
	job->body = visit->request->body;
}

/* To a worker of its own, or one that has room.  Returns 0, or -1: there is none. */
static int submit_in_slot(struct parts *parts, struct visit *visit, struct slice job,
			  struct slice slot)
{
	int worker;

	if (!results_wants_proof(visit)) {
		visit->worker = choose_worker(parts, visit->host);
		return pool_submit_in_slot(parts->pool, visit->worker, job, slot, results_on_value,
					   visit);
	}
	worker = pool_submit_alone(parts->pool, job, slot, results_on_value, visit);
	if (worker >= 0)
		visit->worker = (unsigned)worker;
	return worker < 0 ? -1 : 0;
}

/* What is larger than a message goes through the job's slot.  Returns as that. */
static int submit(struct parts *parts, struct visit *visit, const struct msg_job *job)
{
	static char memory[MSG_SLOT_MAX];
	char message[MSG_BYTES_MAX];
	struct slice bytes = { message, msg_job_encode(job, message) };
	struct slice slot = { memory, 0 };

	if (job->headers.size + job->body.size > 0)
		slot.size = msg_job_slot(job, memory);
	return submit_in_slot(parts, visit, bytes, slot);
}

/* Send it, if a worker has room for it. */
static void send(struct parts *parts, struct visit *visit, const struct store_validators *known)
{
	struct msg_job job = { .depth = visit->depth, .url = visit_url(visit) };
	char cookies[MSG_COOKIES_MAX];

	visit->is_resolving = politeness_wants_address(parts->politeness, visit->host);
	visit->not_after_ms = job.not_after_ms = store_get_lease_ms(parts->store);
	job.kind = results_job_kind(visit);
	job.proxy = visit->proxy;
	job.flags = flags_of(parts, visit);
	set_conditions(visit, known, &job);
	set_own(visit, &job);
	if (visit->kind != VISIT_ROBOTS && !visit->is_resolving)
		job.cookies = cookies_for(parts, visit, cookies);
	if (!visit->is_resolving)
		set_request(parts, visit, &job);
	if (job.kind == MSG_KIND_LOGIN)
		login_gate_set_job(parts->login_gate, visit, &job);
	if (submit(parts, visit, &job) < 0)
		wait_a_little(parts->politeness, visit);
	else
		note_sent(parts, visit);
}

/* Send it, unless what is known of it says something else. */
static void send_job(struct parts *parts, struct visit *visit)
{
	struct store_validators known = { .hash = 0 };

	switch (recall(parts->store, visit, &known)) {
	case 1:
		break;
	case 0:
		wait_a_little(parts->politeness, visit);
		return;
	default:
		visits_end(parts->politeness->visits, visit);
		return;
	}
	if (!known.is_read_there && ending_move(parts->ending, visit, known.moved_to))
		return;
	if (stands(parts, visit, &known) || links_in_spares(parts->links_in, visit, &known))
		leave_unasked(parts, visit);
	else
		send(parts, visit, &known);
}

/*
 * A host that has been given up is not asked.  What was never asked of it ends as host_down; what
 * was, and waits for another try, as its last one did.
 */
static bool is_given_up(struct parts *parts, struct visit *visit)
{
	bool was_asked = visit->tries > 0 && visit->hops == 0;
	struct msg_page page = { .outcome = OUTCOME_HOST_DOWN };
	char error[160];
	enum outcome why;

	if (!visit_has_row(visit) || robots_gate_is_unreachable(parts->gate, visit->host) ||
	    !hosts_is_given_up(parts->politeness->hosts, visit->host, &why))
		return false;
	if (was_asked) {
		page.outcome = (enum outcome)visit->last_outcome;
		page.status = visit->last_status;
	}
	snprintf(error, sizeof(error),
		 "not asked%s: too many requests to its host had failed in a row (host_failures), "
		 "the last: %s",
		 was_asked ? " again" : "", outcome_name(why));
	page.texts[MSG_ERROR] = slice_of(error);
	ending_unasked(parts->ending, visit, &page);
	return true;
}

/*
 * The delay counts from when the request before was sent, which comes after it was dispatched: a
 * worker has to begin, to look up, to connect.  Until then, and the delay after it, the next waits.
 * Returns until when; a time that is past: it need not.
 */
static int64_t wait_after(const struct pool *pool, const struct visit *last, int64_t delay,
			  int64_t now)
{
	int64_t look = delay / SENT_LOOK_PARTS, sent;

	if (!last || delay == 0)
		return now;
	sent = pool_mark(pool, last->worker, last);
	if (sent > 0)
		return (sent < now ? sent : now) + delay;
	return now + 1 + (look < SENT_LOOK_MS_MAX ? look : SENT_LOOK_MS_MAX);
}

static int64_t delay_of(const struct pace *pace)
{
	return pace ? pace->policy.delay_ms : 0;
}

/* Then it is queued again, and its host waits, and its group. */
static bool is_too_early(struct parts *parts, struct visit *visit)
{
	struct politeness *politeness = parts->politeness;
	struct frontier *frontier = politeness->frontier;
	uint32_t host = visit->host, group = frontier_group(frontier, host);
	int64_t now = clock_ms();
	int64_t due = wait_after(parts->pool, hosts_last(politeness->hosts, host),
				 delay_of(frontier_pace(frontier, host)), now);
	int64_t group_due = wait_after(parts->pool, hosts_group_last(politeness->hosts, group),
				       delay_of(frontier_group_pace(frontier, host)), now);

	if (due <= now && group_due <= now)
		return false;
	frontier_hold(frontier, host, due);
	frontier_hold_group(frontier, host, group_due);
	queue_again(politeness, visit);
	return true;
}

/* Then it is queued again, and its host waits for one. */
static bool lacks_place(struct parts *parts, struct visit *visit)
{
	uint32_t host = visit->host;

	if (places_has_one(parts->places, host))
		return false;
	queue_again(parts->politeness, visit);
	return true;
}

bool dispatch_is_spent(const struct parts *parts)
{
	struct store_quota quota;

	if (parts->config->settings.max_pages == 0)
		return false;
	quota = quota_of(parts);
	return parts->begun >= quota.granted && quota.is_last;
}

/* Is its text here?  Otherwise it comes to its end, or is queued again. */
static bool is_known(struct parts *parts, struct visit *visit)
{
	int found = visit->url ? 1 : look_up(parts, visit);

	if (found == 0)
		wait_a_little(parts->politeness, visit);
	else if (found < 0)
		visits_end(parts->politeness->visits, visit);
	return found == 1;
}

/* Who waits for it is known by its text. */
static void leave_out(struct parts *parts, struct visit *visit)
{
	if (ending_waiter_count(parts->ending) > 0 && !is_known(parts, visit))
		return;
	ending_leave_out(parts->ending, visit);
	parts->left_over++;
}

/*
 * --max-pages bounds the URLs that are begun; what was begun goes on, to its last redirect.  What
 * may not begin stays pending in the store; or it waits, for others may not use up what is left.
 */
static bool may_begin(struct parts *parts, struct visit *visit)
{
	struct store_quota quota;

	if (parts->config->settings.max_pages == 0 || visit->is_counted || !visit_has_row(visit))
		return true;
	quota = quota_of(parts);
	if (parts->begun < quota.granted)
		return true;
	if (quota.is_last) {
		leave_out(parts, visit);
	} else {
		frontier_hold(parts->politeness->frontier, visit->host, clock_ms() + NO_LEAVE_MS);
		queue_again(parts->politeness, visit);
	}
	return false;
}

/*
 * Its share is on its way to us, and it waits for the rest of it.  Or another is to have its share,
 * and what stays pending in the store; or the share of where
 * redirects have led it: then it goes there.
 */
static bool is_of_another(struct parts *parts, struct visit *visit)
{
	if (discovery_is_coming(parts->discovery, visit->anchor) ||
	    discovery_is_coming(parts->discovery, visit->host)) {
		wait_a_little(parts->politeness, visit);
		return true;
	}
	if (discovery_is_leaving(parts->discovery, visit->anchor)) {
		letters_drop(parts, visit);
		return true;
	}
	if (!discovery_is_leaving(parts->discovery, visit->host) &&
	    !discovery_is_foreign(parts->discovery, visit->host))
		return false;
	letters_go_on(parts, visit);
	return true;
}

/* What was next comes to a worker, or back into the queue, or to its end. */
static void dispatch(struct parts *parts, uint32_t host, uint32_t number)
{
	struct visit *visit = queue_visit(parts->politeness, host, number);

	visit->owner = parts;
	if (queue_is_lost(parts->politeness, visit)) {
		letters_drop(parts, visit);
		return;
	}
	if (is_of_another(parts, visit) || !may_begin(parts, visit) || !is_known(parts, visit) ||
	    is_given_up(parts, visit) || robots_gate_pass(parts->gate, visit) != ROBOTS_OPEN ||
	    !login_gate_pass(parts->login_gate, visit) || is_too_early(parts, visit) ||
	    lacks_place(parts, visit) || !proxied_choose(parts, visit))
		return;
	send_job(parts, visit);
}

/* How many visits workers have room for, as far as it matters. */
static unsigned room_ahead(const struct parts *parts)
{
	unsigned room = 0;

	for (unsigned i = 0; i < parts->worker_count && room < STORE_AHEAD_MAX; i++)
		room += pool_room(parts->pool, i);
	return room < STORE_AHEAD_MAX ? room : STORE_AHEAD_MAX;
}

/* Of those that have a row.  Returns how many. */
static unsigned keys_of(const struct parts *parts, const uint32_t hosts[], const uint32_t numbers[],
			unsigned count, struct store_key keys[])
{
	unsigned urls = 0;

	for (unsigned i = 0; i < count; i++) {
		if (numbers[i] <= QUEUE_URL_MAX)
			keys[urls++] = (struct store_key){
				hosts_key(parts->politeness->hosts, hosts[i]).share, numbers[i]
			};
	}
	return urls;
}

/*
 * Have the store read what comes next in one go, and no more: what is not asked for in this turn
 * would be read again in the next.  Returns after how many to read ahead anew.
 */
static unsigned read_ahead(struct parts *parts, int64_t now)
{
	uint32_t hosts[STORE_AHEAD_MAX], numbers[STORE_AHEAD_MAX];
	struct store_key keys[STORE_AHEAD_MAX];
	unsigned count =
		frontier_ahead(parts->politeness->frontier, now, hosts, numbers, room_ahead(parts));
	unsigned urls = keys_of(parts, hosts, numbers, count, keys);

	if (urls > 0)
		store_ahead(parts->store, keys, urls);
	return count > 0 ? count : 1;
}

/*
 * A store that answers later is asked for what comes after that, in time for its answer, and for
 * much of it at a time.  Half of it on, for what comes then.
 */
static void read_soon(struct parts *parts, int64_t now)
{
	uint32_t hosts[STORE_SOON_MAX], numbers[STORE_SOON_MAX];
	struct store_key keys[STORE_SOON_MAX];
	unsigned count = frontier_soon(parts->politeness->frontier, now + SOON_MS, hosts, numbers,
				       STORE_SOON_MAX);
	unsigned urls = keys_of(parts, hosts, numbers, count, keys);

	if (urls > 0)
		store_soon(parts->store, keys, urls);
	parts->until_soon = count / 2 + 1;
}

void dispatch_due(struct parts *parts)
{
	struct frontier *frontier = parts->politeness->frontier;
	int64_t now = clock_ms();
	uint32_t host, number;
	unsigned ahead = 0;

	for (unsigned count = 0; count < DISPATCH_MAX; count++, ahead--) {
		if (store_has_failed(parts->store) || !dispatch_has_room(parts) ||
		    frontier_due_ms(frontier) > now)
			return;
		if (ahead == 0)
			ahead = read_ahead(parts, now);
		if (parts->until_soon > 0 && --parts->until_soon == 0)
			read_soon(parts, now);
		if (!frontier_next(frontier, now, &host, &number))
			return;
		dispatch(parts, host, number);
	}
}
