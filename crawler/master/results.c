#include "master/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "links/outlinks.h"
#include "master/retries.h"
#include "show/log.h"

#define DEATHS_MAX 3 /* a URL that its worker died of so often is given up */

/* ---- redirects ---- */

static void end_redirect(struct master *master, struct visit *visit, struct msg_page *page,
			 enum outcome outcome, const char *why)
{
	struct callback_page done = { .page = page, .keeps_content = true };

	page->outcome = outcome;
	page->texts[MSG_ERROR] = slice_of(why);
	master_end_page(master, visit, &done);
	visits_end(master->visits, visit);
}

/* Robots.txt and the rest are asked about the next hop when its turn comes. */
static void follow_redirect(struct master *master, struct visit *visit, struct msg_page *page)
{
	enum url_error error;

	if (visit->hops >= (uint64_t)master->settings->redirects) {
		end_redirect(master, visit, page, OUTCOME_REDIRECT_LOOP,
			     "more redirects than allowed");
		return;
	}
	error = master_next_hop(master, visit, page->texts[MSG_LOCATION]);
	if (error != URL_OK) {
		end_redirect(master, visit, page,
			     error == URL_OTHER_SCHEME ? OUTCOME_OUT_OF_SCOPE
						       : OUTCOME_BAD_RESPONSE,
			     url_error_text(error));
		return;
	}
	visit->is_moved = msg_page_is_moved(page) && (visit->hops == 0 || visit->is_moved);
	visit_add_hop(visit, page->status);
	if (master_is_astray(
		    master, visit,
		    master_host_name(frontier_host_origin(master->frontier, visit->host)))) {
		end_redirect(master, visit, page, OUTCOME_OUT_OF_SCOPE,
			     "redirected to another site");
		return;
	}
	master_queue_again(master, visit);
}

/* A host that keeps failing rests, and is given up at last; that is said. */
static void note_failure(struct master *master, const struct visit *visit, enum outcome outcome)
{
	struct slice origin = frontier_host_origin(master->frontier, visit->host);
	int64_t now = clock_ms();
	int64_t rest = hosts_failed(master->hosts, visit->host, outcome, visit->asked_ms, now);
	char name[ORIGIN_BYTES_MAX + 1];

	if (rest == 0)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)origin.size, origin.at);
	if (rest == HOSTS_GIVE_UP) { /* what it owes ends at once, unasked */
		frontier_release(master->frontier, visit->host);
		LOG(LOG_NORMAL, "host_given_up", LOG_TEXT("host", name),
		    LOG_TEXT("last", outcome_name(outcome)));
		return;
	}
	frontier_hold(master->frontier, visit->host, now + rest);
	LOG(LOG_NORMAL, "host_rests", LOG_TEXT("host", name), LOG_NUMBER("ms", rest),
	    LOG_NUMBER("failures", master->settings->host_failures),
	    LOG_TEXT("last", outcome_name(outcome)));
}

static void note_address(struct master *master, const struct visit *visit,
			 const struct msg_page *page)
{
	struct slice address = page->texts[MSG_ADDRESS];

	if (!hosts_set_address(master->hosts, visit->host, address))
		return;
	store_put_address(master->store, hosts_key(master->hosts, visit->host), address);
	master_group(master, visit->host);
	master_commit_soon(master);
}

/*
 * The address of a visit's host is known: now it can be asked.  Returns 0, or -1 if the worker
 * named none.
 */
static int take_look_up(struct master *master, struct visit *visit, const struct msg_page *page)
{
	note_address(master, visit, page);
	if (master_wants_address(master, visit->host))
		return -1;
	master_queue_again(master, visit);
	return 0;
}

/* How soon a robots.txt came tells nothing of how soon pages do: then the time stays as it is. */
static void note_health(struct master *master, const struct visit *visit,
			const struct msg_page *page)
{
	uint32_t elapsed_ms = page->elapsed_ms;

	if (retries_is_of_host(page->outcome, page->status)) {
		note_failure(master, visit, page->outcome);
		return;
	}
	if (visit->kind == VISIT_ROBOTS)
		elapsed_ms = (uint32_t)hosts_usual_ms(master->hosts, visit->host);
	hosts_answered(master->hosts, visit->host, elapsed_ms);
	if (master->settings->auto_delay)
		master_settle_policy(master, visit->host);
}

/* ---- results ---- */

/* Whole HTTP may still be no page: what its status makes of it. */
static void judge_status(struct msg_page *page)
{
	if (page->outcome != OUTCOME_OK || msg_page_is_redirect(page))
		return;
	if (page->status == 304)
		page->outcome = OUTCOME_NOT_MODIFIED;
	else if (!msg_page_is_success(page))
		page->outcome = OUTCOME_HTTP_ERROR;
}

/* A text with the hash of last time has the rows of last time. */
static bool is_unchanged(const struct visit *visit, const struct msg_page *page)
{
	return page->outcome == OUTCOME_NOT_MODIFIED ||
	       (page->outcome == OUTCOME_OK && visit->hash != 0 && visit->hash == page->hash);
}

static void end_page(struct master *master, struct visit *visit, struct msg_page *page,
		     struct slice slot)
{
	struct callback_page done = { .page = page, .is_unchanged = is_unchanged(visit, page) };

	if (page->flags & MSG_PAGE_IS_TEXT)
		done.text = msg_part(page, slot, MSG_PART_TEXT);
	if (page->parts[MSG_PART_KEPT] > 0)
		done.kept = msg_part(page, slot, MSG_PART_KEPT);
	done.keeps_content = done.is_unchanged || !outcome_is_done(page->outcome);
	master_end_page(master, visit, &done);
}

static void punish(struct master *master, unsigned worker)
{
	pool_kill(master->pool, worker);
}

static void take_page(struct master *master, struct visit *visit, struct msg_page *page,
		      const struct pool_value *value)
{
	struct slice links = msg_part(page, value->slot, MSG_PART_LINKS);

	judge_status(page);
	note_address(master, visit, page);
	note_health(master, visit, page);
	if (visit->kind == VISIT_ROBOTS) {
		master_take_robots(master, visit, page, value->slot);
		return;
	}
	if (msg_page_is_redirect(page)) {
		follow_redirect(master, visit, page);
		return;
	}
	if (master_try_again(master, visit, page))
		return;
	end_page(master, visit, page, value->slot);
	if (page->outcome == OUTCOME_OK && master_take_links(master, visit, page, links) < 0)
		punish(master, value->worker);
	visits_end(master->visits, visit);
}

/* The worker is gone, and the visit's page with it. */
static void take_death(struct master *master, struct visit *visit, int code, bool is_suspect)
{
	char why[128];

	if (is_suspect)
		visit->deaths++;
	if (visit->deaths < DEATHS_MAX) {
		master_queue_again(master, visit);
		return;
	}
	if (visit->kind == VISIT_ROBOTS) {
		struct msg_page page = { .outcome = OUTCOME_WORKER_DIED };

		master_take_robots(master, visit, &page, (struct slice){ 0 });
		return;
	}
	snprintf(why, sizeof(why), "%d workers died of it, the last with %s %d", DEATHS_MAX,
		 code < 0 ? "signal" : "exit code", code < 0 ? -code : code);
	master_end_visit(master, visit, OUTCOME_WORKER_DIED, why);
}

/* When a worker says that the request was sent: not in the future, whatever it says. */
static int64_t sent_at(const struct msg_page *page)
{
	int64_t now = clock_ms();

	return page->started_ms < now ? page->started_ms : now;
}

/* What was dispatched is back: a request, or the finding out of an address, which delays nothing.
 */
static void free_host(struct master *master, const struct visit *visit, bool is_found,
		      int64_t started_ms)
{
	const struct pace *pace = frontier_pace(master->frontier, visit->host);

	if (!visit->is_resolving) {
		frontier_done(master->frontier, visit->host, started_ms);
		return;
	}
	if (!is_found) /* a name without an address is looked for no more often than it is asked */
		frontier_hold(master->frontier, visit->host,
			      visit->asked_ms + pace->policy.delay_ms);
	frontier_resume(master->frontier, visit->host);
}

void master_on_result(void *user, const struct pool_value *value)
{
	struct visit *visit = user;
	struct master *master = visit->owner;
	bool is_read = false, is_found;
	struct msg_page page;

	master->in_flight--;
	master_note_back(master, visit);
	if (value->status == POOL_DONE)
		is_read = msg_page_decode(&page, master_job_kind(visit), value->bytes,
					  value->slot.size) == 0;
	is_found = is_read && msg_page_is_address(&page);
	free_host(master, visit, is_found, is_read ? sent_at(&page) : 0);
	visit->tries += visit->hops == 0 && !is_found;
	if (store_has_failed(master->store) || value->status == POOL_CANCELLED ||
	    master_is_lost(master, visit)) {
		visits_end(master->visits, visit); /* it stays pending in the store */
	} else if (is_read && !is_found) {
		take_page(master, visit, &page, value);
	} else if (is_found && visit->is_resolving && take_look_up(master, visit, &page) == 0) {
		return;
	} else if (value->status == POOL_DIED) {
		take_death(master, visit, value->code, value->is_suspect);
	} else { /* a worker that talks nonsense cannot go on */
		punish(master, value->worker);
		take_death(master, visit, value->code, true);
	}
}
