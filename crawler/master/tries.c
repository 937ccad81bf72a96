#include "master/ending_internal.h"

#include <stdlib.h>

#include "base/clock.h"
#include "master/holds.h"
#include "master/queue.h"
#include "master/retries.h"

static void note_try(struct store *store, const struct visit *visit, const struct msg_page *page,
		     int64_t wait_ms)
{
	struct store_try row = {
		.key = politeness_key_of(visit),
		.number = (int)visit->tries,
		.at_ms = visit->fetched_at_ms,
		.wait_ms = wait_ms,
		.outcome = outcome_name(page->outcome),
		.status = (int)page->status,
		.error = page->texts[MSG_ERROR],
	};

	if (visit_has_row(visit))
		store_put_try(store, &row);
}

void ending_begin_again(struct ending *ending, struct visit *visit)
{
	if (visit->hops == 0)
		return;
	if (visit->kind == VISIT_LOGIN) /* no store has it */
		visit_set_url(visit, visit_own_url(visit));
	visit_forget_hops(visit);
	visit->host = visit->home;
	if (visit->kind == VISIT_LOGIN)
		return;
	free(visit->url);
	visit->url = NULL; /* looked up when its turn comes */
	if (visit->kind == VISIT_ROBOTS)
		queue_set_robots(ending->politeness, visit);
}

/* The next try is queued; the host that was asked is left alone, if it is busy. */
static void queue_try(struct ending *ending, struct visit *visit, const struct msg_page *page,
		      int64_t asked_ms)
{
	const struct settings *settings = &ending->config->settings;
	uint32_t host = visit->host;
	int64_t now = clock_ms(), wait = asked_ms;

	if (wait == 0)
		wait = retries_wait_ms(visit->tries, settings->retry_wait_ms, (uint32_t)random());
	if (visit->wants_other && visit->other_ms > now + wait)
		wait = visit->other_ms - now;
	visit->wants_connection = retries_is_of_connection(page->status);
	note_try(ending->store, visit, page, wait);
	visit->last_outcome = page->outcome;
	visit->last_status = page->status;
	if (!visit->guest)
		ending_begin_again(ending, visit);
	if (asked_ms > 0)
		holds_set(ending->politeness, host, asked_ms);
	else if (retries_is_busy(page->status))
		holds_busy(ending->politeness, host, wait);
	if (visit->guest)
		ending_go_back(ending, visit, wait);
	else
		queue_later(ending->politeness, visit, now + wait);
}

/* Does the config want another try for it, whatever its status says of itself? */
static bool is_to_retry(const struct ending *ending, const struct visit *visit,
			const struct msg_page *page)
{
	uint32_t number = hosts_policy(ending->politeness->hosts, visit->host).request;
	const struct host_request *request = config_request(ending->config, number);

	return page->outcome == OUTCOME_HTTP_ERROR &&
	       host_statuses_have(&request->retry_status, page->status);
}

/*
 * What was posted may have been taken, and is not posted again then (RFC 9110 9.2.2).  Not if it
 * never left, or if the answer says that it was refused; another try begins with the first URL.
 */
static bool may_repeat(const struct visit *visit, const struct msg_page *page, bool is_wanted)
{
	if (!visit->is_post)
		return true;
	if (!visit_is_posting(visit)) /* a redirect has answered it */
		return false;
	return is_wanted || page->started_ms == 0 ||
	       (page->outcome == OUTCOME_HTTP_ERROR && retries_is_untaken(page->status));
}

void ending_hear_lost(struct ending *ending, const struct visit *visit, const struct msg_page *page)
{
	int64_t asked_ms = 0;

	if (retries_is_busy(page->status) && !(page->flags & MSG_PAGE_IS_OF_PROXY))
		asked_ms = retries_after_ms(page->texts[MSG_RETRY_AFTER], clock_date_ms());
	if (asked_ms > 0)
		holds_set(ending->politeness, visit->host, asked_ms);
}

bool ending_try_again(struct ending *ending, struct visit *visit, const struct msg_page *page)
{
	struct politeness *politeness = ending->politeness;
	int64_t asked_ms = 0;
	bool is_wanted = is_to_retry(ending, visit, page);
	enum outcome why;

	if ((visit->kind != VISIT_ROBOTS && !is_wanted && !visit->wants_other &&
	     !retries_may_heal(page->outcome, page->status)) ||
	    !may_repeat(visit, page, is_wanted) ||
	    hosts_is_given_up(politeness->hosts, visit->host, &why)) /* which is asked no more */
		return false;
	if (is_wanted || retries_is_busy(page->status))
		asked_ms = retries_after_ms(page->texts[MSG_RETRY_AFTER], clock_date_ms());
	if (visit->tries <= (uint64_t)ending->config->settings.retries) {
		queue_try(ending, visit, page, asked_ms);
		return true;
	}
	/* The time is for all pages of the host; without robots.txt none is asked for. */
	if (asked_ms > 0 && visit_has_row(visit))
		holds_set(politeness, visit->host, asked_ms);
	return false;
}
