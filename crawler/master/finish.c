#include "master/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "master/retries.h"
#include "show/log.h"

#define COMMIT_MS   200 /* a commit is due so long after the first page that waits */
#define ROBOTS_PATH "/robots.txt"

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
	if (master->commit_due_ms == CLOCK_NEVER)
		master->commit_due_ms = clock_ms() + COMMIT_MS;
}

/* Write the end of a visit, with its page or without. */
void master_end_page(struct master *master, struct visit *visit, struct callback_page *done)
{
	int outcome;

	done->visit = visit;
	done->host = visit->home;
	outcome = callback_page(master->callback, done);
	if (outcome >= 0)
		note_page(visit_url(visit), done->page, (enum outcome)outcome);
	master_commit_soon(master);
}

void master_end_visit(struct master *master, struct visit *visit, enum outcome outcome,
		      const char *error)
{
	struct msg_page page = { .outcome = outcome };
	struct callback_page done = { .page = &page, .keeps_content = true };

	page.texts[MSG_ERROR] = slice_of(error);
	master_end_page(master, visit, &done);
	visits_end(master->visits, visit);
}

void master_queue_again(struct master *master, struct visit *visit)
{
	enum frontier_lane lane = visit->lane < LANE_HIGH ? visit->lane : LANE_HIGH;
	uint32_t host = visit->host;

	frontier_push_first(master->frontier, host,
			    MASTER_TICKET + visits_keep(master->visits, visit), lane);
}

/* ---- what it asks for ---- */

void master_begin_robots(struct master *master, struct visit *visit)
{
	struct slice origin = frontier_host_origin(master->frontier, visit->host);
	char url[URL_BYTES_MAX + sizeof(ROBOTS_PATH)];
	int size = snprintf(url, sizeof(url), "%.*s" ROBOTS_PATH, (int)origin.size, origin.at);

	visit->kind = VISIT_ROBOTS;
	visit->lane = LANE_ROBOTS;
	visit_set_url(visit, (struct slice){ url, (size_t)size });
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
	canonical_apply(master->config->canonical, target);
	host = master_host_of(master, target);
	if (host == FRONTIER_NO_HOST)
		return URL_OK;
	master_note_way(master, host, visit->host);
	visit_set_url(visit, url_slice(target));
	visit->host = host;
	return URL_OK;
}

bool master_is_astray(const struct master *master, const struct visit *visit, struct slice host)
{
	struct slice home = master_host_name(frontier_host_origin(master->frontier, visit->home));

	if (visit->rule == 0 || visit->rule > master->config->follow_count)
		return false;
	return !follow_is_same_site(master->config->follow[visit->rule - 1].same, home, host);
}

bool master_move(struct master *master, struct visit *visit, struct slice moved_to)
{
	if (visit->hops > 0 || moved_to.size == 0 ||
	    url_parse(&master->scratch, moved_to) != URL_OK ||
	    master_is_astray(master, visit, url_host(&master->scratch)) ||
	    master_next_hop(master, visit, moved_to) != URL_OK)
		return false;
	visit->tries++; /* as if the first URL had been asked */
	visit_add_hop(visit, 0);
	visit->is_moved = true;
	return true;
}

/* ---- trying again ---- */

static void note_try(struct master *master, const struct visit *visit, const struct msg_page *page,
		     int64_t wait_ms)
{
	struct store_try row = {
		.key = master_key_of(visit),
		.number = (int)visit->tries,
		.at_ms = visit->fetched_at_ms,
		.wait_ms = wait_ms,
		.outcome = outcome_name(page->outcome),
		.status = (int)page->status,
		.error = page->texts[MSG_ERROR],
	};

	master_commit_soon(master);
	if (visit->kind != VISIT_ROBOTS)
		store_put_try(master->store, &row);
}

/* Another try begins with the first URL again, wherever redirects had led. */
static void begin_again(struct master *master, struct visit *visit)
{
	if (visit->hops == 0)
		return;
	visit_forget_hops(visit);
	visit->host = visit->home;
	free(visit->url);
	visit->url = NULL; /* looked up when it is taken */
	if (visit->kind == VISIT_ROBOTS)
		master_begin_robots(master, visit);
}

/* A host asked for time: also of the next run, should this one end before. */
static void hold_as_asked(struct master *master, uint32_t host, int64_t wait_ms)
{
	frontier_hold(master->frontier, host, clock_ms() + wait_ms);
	store_put_hold(master->store, hosts_key(master->hosts, host), clock_date_ms() + wait_ms);
	master_commit_soon(master);
}

bool master_try_again(struct master *master, struct visit *visit, const struct msg_page *page)
{
	uint32_t host = visit->host, home, ticket;
	bool is_busy = page->status == 429 || page->status == 503;
	int64_t asked =
		is_busy ? retries_after_ms(page->texts[MSG_RETRY_AFTER], clock_date_ms()) : 0;
	int64_t now = clock_ms(), wait;
	enum outcome why;

	if (!retries_may_heal(page->outcome, page->status) ||
	    hosts_is_given_up(master->hosts, host, &why)) /* which is asked no more */
		return false;
	if (visit->tries > (uint64_t)master->settings->retries) {
		/* The time is for all pages of the host; without robots.txt none is asked for. */
		if (asked > 0 && visit->kind != VISIT_ROBOTS)
			hold_as_asked(master, host, asked);
		return false;
	}
	wait = asked > 0 ? asked
			 : retries_wait_ms(visit->tries, master->settings->retry_wait_ms,
					   (uint32_t)random());
	note_try(master, visit, page, wait);
	begin_again(master, visit);
	home = visit->host;
	ticket = MASTER_TICKET + visits_keep(master->visits, visit);
	if (asked > 0)
		hold_as_asked(master, host, asked);
	else if (is_busy)
		frontier_hold(master->frontier, host, now + wait);
	frontier_push_later(master->frontier, home, ticket, visit->lane, now + wait);
	return true;
}
