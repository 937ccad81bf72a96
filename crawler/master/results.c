#include "master/results.h"

#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "master/holds.h"
#include "master/letters.h"
#include "master/page_work.h"
#include "master/proxied.h"
#include "master/queue.h"

#define WORKER_NO_MEMORY 3  /* exit code: log.c */
#define DEATHS_MAX       3  /* a URL that its worker died of so often is given up */
#define SHOTS_MAX        10 /* deaths that seem not to be its fault, for one that is */

bool results_wants_proof(const struct visit *visit)
{
	return visit->deaths + 1 >= DEATHS_MAX;
}

enum msg_kind results_job_kind(const struct visit *visit)
{
	if (visit->is_resolving)
		return MSG_KIND_ADDRESS;
	switch (visit->kind) {
	case VISIT_ROBOTS:
		return MSG_KIND_ROBOTS;
	case VISIT_SITEMAP:
		return MSG_KIND_SITEMAP;
	case VISIT_LOGIN:
		return MSG_KIND_LOGIN;
	case VISIT_PAGE:
		break;
	}
	return MSG_KIND_PAGE;
}

/*
 * The address of a visit's host is known: now it can be asked.  Returns 0, or -1 if the worker
 * named none.
 */
static int on_address(struct politeness *politeness, struct visit *visit,
		      const struct msg_page *page)
{
	if (page->flags & MSG_PAGE_IS_PROXIED)
		politeness_note_proxy(politeness, visit->host);
	else
		politeness_note_address(politeness, visit->host, page->texts[MSG_ADDRESS]);
	if (politeness_wants_address(politeness, visit->host))
		return -1;
	queue_again(politeness, visit);
	return 0;
}

static const struct host_request *request_of(const struct parts *parts, const struct visit *visit)
{
	return config_request(parts->config,
			      hosts_policy(parts->politeness->hosts, visit->host).request);
}

/* What counts as success is ours to say, not the worker's. */
static void check_accepted(struct msg_page *page, const struct host_request *request)
{
	page->flags &= ~(uint32_t)MSG_PAGE_IS_ACCEPTED;
	if (msg_kind_has_statuses(page->kind) &&
	    host_statuses_have(&request->accept_status, page->status))
		page->flags |= MSG_PAGE_IS_ACCEPTED;
}

/* Whole HTTP may still be no page: what its status makes of it. */
static void judge_status(struct msg_page *page, const struct host_request *request)
{
	if (page->outcome != OUTCOME_OK || msg_page_is_redirect(page))
		return;
	if (msg_page_lacks_location(page))
		page->texts[MSG_ERROR] = SLICE(MSG_LACKS_LOCATION);
	if (page->status == 304)
		page->outcome = OUTCOME_NOT_MODIFIED;
	else if (!msg_page_is_success(page) ||
		 host_statuses_have(&request->retry_status, page->status))
		page->outcome = OUTCOME_HTTP_ERROR;
}

/* A text with the hash of last time has the rows of last time. */
static bool is_unchanged(const struct visit *visit, const struct msg_page *page)
{
	return page->outcome == OUTCOME_NOT_MODIFIED ||
	       (page->outcome == OUTCOME_OK && visit->hash != 0 && visit->hash == page->hash);
}

static void take_page(struct parts *parts, struct visit *visit, const struct msg_page *page,
		      const struct pool_value *value)
{
	struct callback_page done = { .is_unchanged = is_unchanged(visit, page) };

	if (page->flags & MSG_PAGE_IS_TEXT)
		done.text = msg_part(page, value->slot, MSG_PART_TEXT);
	if (page->parts[MSG_PART_KEPT] > 0)
		done.kept = msg_part(page, value->slot, MSG_PART_KEPT);
	done.keeps_content = done.is_unchanged || !outcome_is_done(page->outcome);
	page_work_take(parts, visit, page, &done, page->outcome == OUTCOME_OK,
		       msg_part(page, value->slot, MSG_PART_LINKS), value->worker);
}

static void note_cookies(const struct parts *parts, const struct visit *visit,
			 const struct msg_page *page)
{
	const struct politeness *politeness = parts->politeness;
	struct slice lines = page->texts[MSG_COOKIES];

	if (lines.size > 0 && (visit->kind == VISIT_LOGIN ||
			       hosts_policy(politeness->hosts, visit->host).cookies == COOKIES_ON))
		jar_take(parts->jar, frontier_host_origin(politeness->frontier, visit->host), lines,
			 clock_date_ms() / 1000);
}

/* By the rule of the host that was to have it, and of the one that had it. */
static bool is_right(const struct parts *parts, const struct visit *visit,
		     const struct msg_page *page, struct slice slot, char why[RIGHT_PAGE_WHY_MAX])
{
	const struct hosts *hosts = parts->politeness->hosts;
	uint32_t own = hosts_policy(hosts, visit->home).request;
	uint32_t other = hosts_policy(hosts, visit->host).request;
	struct slice text;

	if (!parts->right || visit->kind != VISIT_PAGE || page->outcome != OUTCOME_OK ||
	    !(page->flags & MSG_PAGE_IS_TEXT))
		return true;
	text = msg_part(page, slot, MSG_PART_TEXT);
	return right_page_is(parts->right, own, text, why) &&
	       (other == own || right_page_is(parts->right, other, text, why));
}

/* Its hash is another page's. */
static void make_wrong(struct msg_page *page, const char *why)
{
	page->outcome = OUTCOME_WRONG_PAGE;
	page->hash = 0;
	page->texts[MSG_ERROR] = slice_of(why);
}

/* Is it what was asked for? */
static void judge_page(const struct parts *parts, const struct visit *visit, struct msg_page *page,
		       struct slice slot, char why[RIGHT_PAGE_WHY_MAX])
{
	if (login_gate_is_wall(parts->login_gate, visit, page))
		make_wrong(page, "redirected to the login page");
	else if (!msg_page_is_redirect(page) && !is_right(parts, visit, page, slot, why))
		make_wrong(page, why);
}

/* May the page be shown to who is in?  401 says that nobody is, 403 that this one may not. */
static bool is_refused(const struct msg_page *page)
{
	return page->outcome == OUTCOME_WRONG_PAGE ||
	       (page->outcome == OUTCOME_HTTP_ERROR &&
		(page->status == 401 || page->status == 403));
}

/* A page that is not the one may come with another session: then the visit is queued again. */
static bool is_of_session(struct parts *parts, struct visit *visit, const struct msg_page *page)
{
	if (page->outcome == OUTCOME_OK && (page->flags & MSG_PAGE_IS_TEXT) &&
	    visit->kind == VISIT_PAGE && !msg_page_is_redirect(page))
		login_gate_note_right(parts->login_gate, visit);
	return is_refused(page) && login_gate_renew(parts->login_gate, visit);
}

static void on_answer(struct parts *parts, struct visit *visit, struct msg_page *page,
		      const struct pool_value *value)
{
	char why[RIGHT_PAGE_WHY_MAX];

	judge_page(parts, visit, page, value->slot, why);
	if (is_of_session(parts, visit, page)) /* which is no fault of its proxy's */
		return;
	proxied_note(parts, visit, page);
	if (msg_page_is_redirect(page)) {
		ending_redirect(parts->ending, visit, page);
		return;
	}
	if (ending_try_again(parts->ending, visit, page))
		return;
	take_page(parts, visit, page, value);
}

static void on_page(struct parts *parts, struct visit *visit, struct msg_page *page,
		    const struct pool_value *value)
{
	const struct host_request *request = request_of(parts, visit);

	check_accepted(page, request);
	judge_status(page, request);
	if (proxied_failed(parts, visit, page))
		return;
	if (page->flags & MSG_PAGE_IS_PROXIED)
		politeness_note_proxy(parts->politeness, visit->host);
	else
		politeness_note_address(parts->politeness, visit->host, page->texts[MSG_ADDRESS]);
	if (visit->kind == VISIT_ROBOTS) {
		proxied_note(parts, visit, page);
		robots_gate_on_answer(parts->gate, visit, page, value->slot);
		return;
	}
	note_cookies(parts, visit, page);
	holds_note_answer(parts->politeness, visit, page);
	if (visit->kind == VISIT_LOGIN) {
		proxied_note(parts, visit, page);
		login_gate_on_answer(parts->login_gate, visit, page, value->slot);
	} else {
		on_answer(parts, visit, page, value);
	}
}

/* What an end means that a worker cannot tell itself: it is in a jail. */
static const char *cause_of(int code)
{
	if (code == -SIGSYS)
		return " (by the sandbox)";
	return code == WORKER_NO_MEMORY ? " (no memory)" : "";
}

/* The worker is gone, and the visit's page with it. */
static void on_death(struct parts *parts, struct visit *visit, int code, bool is_suspect)
{
	const struct msg_page page = { .outcome = OUTCOME_WORKER_DIED };
	char why[128];

	if (is_suspect || ++visit->shots % SHOTS_MAX == 0)
		visit->deaths++;
	if (visit->deaths < DEATHS_MAX) {
		queue_again(parts->politeness, visit);
		return;
	}
	if (visit->kind == VISIT_ROBOTS) {
		robots_gate_on_answer(parts->gate, visit, &page, (struct slice){ 0 });
		return;
	}
	if (visit->kind == VISIT_LOGIN) {
		login_gate_on_answer(parts->login_gate, visit, &page, (struct slice){ 0 });
		return;
	}
	snprintf(why, sizeof(why), "%d workers died of it, the last with %s %d%s", DEATHS_MAX,
		 code < 0 ? "signal" : "exit code", code < 0 ? -code : code, cause_of(code));
	ending_without_page(parts->ending, visit, OUTCOME_WORKER_DIED, why);
}

/* When a worker says that the request was sent: not in the future, whatever it says. */
static int64_t sent_at(const struct msg_page *page)
{
	int64_t now = clock_ms();

	return page->started_ms < now ? page->started_ms : now;
}

/*
 * It was not begun, for our lease was over by then.  A worker that says so before it is, talks
 * nonsense.
 */
static bool is_late(const struct visit *visit, const struct pool_value *value)
{
	return value->status == POOL_FAILED && value->code == MSG_LATE &&
	       visit->not_after_ms != CLOCK_NEVER && clock_boot_ms() > visit->not_after_ms;
}

void results_on_value(void *user, const struct pool_value *value)
{
	struct visit *visit = user;
	struct parts *parts = visit->owner;
	bool is_read = false, is_found, was_late;
	struct msg_page page = { .status = 0 };

	page_works_begin_result(parts->works);
	parts->in_flight--;
	discovery_note_ended(parts->discovery, visit);
	if (value->status == POOL_DONE)
		is_read = msg_page_decode(&page, results_job_kind(visit), value->bytes,
					  value->slot.size) == 0;
	is_found = is_read && msg_page_is_address(&page);
	places_give(parts->places, visit,
		    is_read && page.status > 0 && !(page.flags & MSG_PAGE_IS_OF_PROXY));
	politeness_note_back(parts->politeness, visit, is_read ? sent_at(&page) : 0, is_found);
	was_late = is_late(visit, value);
	visit->tries += visit->hops == 0 && !is_found && !was_late;
	if (store_has_failed(parts->store) || value->status == POOL_CANCELLED ||
	    queue_is_lost(parts->politeness, visit)) {
		if (is_read && !is_found && !store_has_failed(parts->store))
			ending_hear_lost(parts->ending, visit, &page);
		letters_drop(parts, visit);
	} else if (was_late) {
		queue_again(parts->politeness, visit);
	} else if (is_read && !is_found) {
		on_page(parts, visit, &page, value);
	} else if (is_found && on_address(parts->politeness, visit, &page) == 0) {
		return;
	} else if (value->status == POOL_DIED) {
		on_death(parts, visit, value->code, value->is_suspect);
	} else { /* a worker that talks nonsense cannot go on */
		pool_kill(parts->pool, value->worker);
		on_death(parts, visit, value->code, true);
	}
}
