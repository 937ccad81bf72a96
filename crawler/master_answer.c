#include "master_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "log.h"
#include "outlinks.h"
#include "retry.h"

#define COMMIT_MS  200 /* a commit is due so long after the first page that waits */
#define DEATHS_MAX 3   /* a URL that its worker died of so often is given up */

/* ---- the end of a visit ---- */

static void note_page(struct slice url, const struct msg_page *page, enum outcome outcome)
{
	char text[URL_BYTES_MAX + 1];

	snprintf(text, sizeof(text), "%.*s", (int)url.size, url.at);
	LOG(LOG_VERBOSE, "page", LOG_TEXT("outcome", outcome_name(outcome)),
	    LOG_NUMBER("status", page->status), LOG_NUMBER("size", page->size),
	    LOG_NUMBER("ms", page->elapsed_ms), LOG_TEXT("url", text));
}

void master_commit_soon(struct master *master)
{
	if (master->commit_due_ms == 0)
		master->commit_due_ms = clock_ms() + COMMIT_MS;
}

/* Write the end of a visit, with its page or without. */
static void end_visit(struct master *master, struct visit *visit, struct callback_page *done)
{
	int outcome;

	done->visit = visit;
	done->host = visit->home;
	outcome = callback_page(master->callback, done);
	if (outcome < 0)
		master->has_failed = true;
	else
		note_page(visit_url(visit), done->page, (enum outcome)outcome);
	master_commit_soon(master);
}

void master_end_visit(struct master *master, struct visit *visit, enum outcome outcome,
		      const char *error)
{
	struct msg_page page = { .outcome = outcome };
	struct callback_page done = { .page = &page, .keeps_content = true };

	page.texts[MSG_ERROR] = slice_of(error);
	end_visit(master, visit, &done);
	visits_end(master->visits, visit);
}

void master_queue_again(struct master *master, struct visit *visit)
{
	uint32_t host = visit->host, url_id = visit->url_id;
	enum frontier_lane lane = visit->lane < LANE_HIGH ? visit->lane : LANE_HIGH;

	visits_keep(master->visits, visit);
	frontier_push_first(master->frontier, host, url_id, lane);
}

/* ---- redirects ---- */

bool master_is_redirect(const struct msg_page *page)
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

enum url_error master_next_hop(struct master *master, struct visit *visit, struct slice location)
{
	struct url *target = &master->scratch;
	enum url_error error = url_parse(target, visit_url(visit));
	uint32_t host;

	if (error == URL_OK)
		error = url_resolve(target, target, location);
	if (error != URL_OK)
		return error;
	host = master_host_of(master, target);
	if (host == FRONTIER_NO_HOST) {
		master->has_failed = true;
		return URL_OK;
	}
	visit_set_url(visit, url_slice(target));
	visit->host = host;
	return URL_OK;
}

static void end_redirect(struct master *master, struct visit *visit, struct msg_page *page,
			 enum outcome outcome, const char *why)
{
	struct callback_page done = { .page = page, .keeps_content = true };

	page->outcome = outcome;
	page->texts[MSG_ERROR] = slice_of(why);
	end_visit(master, visit, &done);
	visits_end(master->visits, visit);
}

/* A link that was followed leads nowhere by a redirect where it must not lead by itself. */
static bool is_astray(const struct master *master, const struct visit *visit)
{
	struct slice home = master_host_name(frontier_host_origin(master->frontier, visit->home));
	struct slice here = master_host_name(frontier_host_origin(master->frontier, visit->host));

	if (visit->rule == 0 || visit->rule > master->config->follow_count)
		return false;
	return !follow_is_same_site(master->config->follow[visit->rule - 1].same, home, here);
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
	visit->hops++;
	if (is_astray(master, visit)) {
		end_redirect(master, visit, page, OUTCOME_OUT_OF_SCOPE,
			     "redirected to another site");
		return;
	}
	master_queue_again(master, visit);
}

/* ---- trying again ---- */

static int note_try(struct master *master, const struct visit *visit, const struct msg_page *page,
		    int64_t wait_ms)
{
	struct store_try row = {
		.url_id = visit->url_id,
		.number = (int)visit->tries,
		.at_ms = visit->fetched_at_ms,
		.wait_ms = wait_ms,
		.outcome = outcome_name(page->outcome),
		.status = (int)page->status,
		.error = { page->texts[MSG_ERROR].at, page->texts[MSG_ERROR].size },
	};

	master_commit_soon(master);
	return visit->kind == VISIT_ROBOTS ? 0 : store_try(master->store, &row);
}

/* Another try begins with the first URL again, wherever redirects had led. */
static void begin_again(struct master *master, struct visit *visit)
{
	if (visit->hops == 0)
		return;
	visit->hops = 0;
	visit->host = visit->home;
	free(visit->url);
	visit->url = NULL; /* looked up when it is picked */
	if (visit->kind == VISIT_ROBOTS)
		master_begin_robots(master, visit);
}

bool master_try_again(struct master *master, struct visit *visit, const struct msg_page *page)
{
	uint32_t host = visit->host, home, url_id = visit->url_id;
	bool is_busy = page->status == 429 || page->status == 503;
	int64_t asked = is_busy ? retry_after_ms(page->texts[MSG_RETRY_AFTER], clock_date_ms()) : 0;
	int64_t now = clock_ms(), wait;

	if (!retry_may_heal(page->outcome, page->status) ||
	    visit->tries > (uint64_t)master->settings->retries)
		return false;
	wait = asked > 0 ? asked
			 : retry_wait_ms(visit->tries, master->settings->retry_wait_ms,
					 (uint32_t)random());
	if (note_try(master, visit, page, wait) < 0) {
		master->has_failed = true;
		return true;
	}
	begin_again(master, visit);
	home = visit->host;
	visits_keep(master->visits, visit);
	if (is_busy)
		frontier_hold(master->frontier, host, now + wait);
	frontier_push_later(master->frontier, home, url_id, visit->lane, now + wait);
	return true;
}

/* A host that keeps failing rests, and is given up at last; that is said. */
static void note_failure(struct master *master, const struct visit *visit, enum outcome outcome)
{
	struct slice origin = frontier_host_origin(master->frontier, visit->host);
	int64_t now = clock_ms();
	int64_t rest = hosts_failed(master->hosts, visit->host, outcome, visit->asked_ms, now);
	char name[256];

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

static void note_health(struct master *master, const struct visit *visit,
			const struct msg_page *page)
{
	if (retry_is_of_host(page->outcome, page->status)) {
		note_failure(master, visit, page->outcome);
		return;
	}
	hosts_answered(master->hosts, visit->host, page->elapsed_ms);
	if (master->settings->auto_delay)
		master_settle_manners(master, visit->host);
}

/* ---- results ---- */

/* Whole HTTP may still be no page: what its status makes of it. */
static void judge_status(struct msg_page *page)
{
	if (page->outcome != OUTCOME_OK || master_is_redirect(page))
		return;
	if (page->status == 304)
		page->outcome = OUTCOME_NOT_MODIFIED;
	else if (page->status < 200 || page->status > 299)
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
	struct slice kept = { slot.at + page->text_size, page->kept_size };
	struct callback_page done = { .page = page, .is_unchanged = is_unchanged(visit, page) };

	if (page->flags & MSG_PAGE_IS_TEXT)
		done.text = (struct slice){ slot.at, page->text_size };
	if (page->kept_size > 0)
		done.kept = kept;
	done.keeps_content = done.is_unchanged || !outcome_is_done(page->outcome);
	end_visit(master, visit, &done);
}

static void punish(struct master *master, unsigned worker)
{
	pool_kill(master->pool, worker);
}

static void take_page(struct master *master, struct visit *visit, struct msg_page *page,
		      const struct pool_value *value)
{
	struct slice links = { value->slot.at + page->text_size + page->kept_size,
			       page->links_size };

	judge_status(page);
	note_health(master, visit, page);
	if (visit->kind == VISIT_ROBOTS) {
		master_take_robots(master, visit, page, value->slot);
		return;
	}
	if (page->outcome == OUTCOME_OK && master_is_redirect(page)) {
		follow_redirect(master, visit, page);
		return;
	}
	if (master_try_again(master, visit, page))
		return;
	end_page(master, visit, page, value->slot);
	if (page->outcome == OUTCOME_OK && master_take_links(master, visit, links) < 0)
		punish(master, value->worker);
	master->links.dropped += page->links_dropped;
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

void master_on_result(void *user, const struct pool_value *value)
{
	struct visit *visit = user;
	struct master *master = visit->owner;
	bool is_read = false;
	struct msg_page page;

	master->in_flight--;
	if (hosts_last(master->hosts, visit->host) == visit)
		hosts_set_last(master->hosts, visit->host, NULL);
	if (value->status == POOL_DONE)
		is_read = msg_page_decode(&page, value->bytes, value->slot.size) == 0;
	frontier_done(master->frontier, visit->host, is_read ? sent_at(&page) : 0);
	if (master->has_failed || value->status == POOL_CANCELLED) {
		visits_end(master->visits, visit); /* it stays pending in the store */
	} else if (is_read) {
		take_page(master, visit, &page, value);
	} else if (value->status == POOL_DIED) {
		take_death(master, visit, value->code, value->is_suspect);
	} else { /* a worker that talks nonsense cannot go on */
		punish(master, value->worker);
		take_death(master, visit, value->code, true);
	}
}
