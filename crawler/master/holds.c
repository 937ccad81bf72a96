#include "master/holds.h"

#include <stdio.h>

#include "base/clock.h"
#include "master/retries.h"
#include "show/human.h"
#include "show/log.h"

#define NAME_MAX_BYTES (ORIGIN_BYTES_MAX + 1)
#define WHY_MAX        80

static const char *name_of(const struct politeness *politeness, uint32_t host,
			   char out[NAME_MAX_BYTES])
{
	struct slice origin = frontier_host_origin(politeness->frontier, host);

	snprintf(out, NAME_MAX_BYTES, "%.*s", (int)origin.size, origin.at);
	return out;
}

/* A host is left alone: whoever wonders can see for how long, and why. */
static void show_wait(struct politeness *politeness, uint32_t host, int64_t wait_ms,
		      const char *why)
{
	int64_t until_ms = clock_date_ms() + wait_ms;
	char name[NAME_MAX_BYTES], until[LOG_DATE_MAX];

	if (!hosts_is_foreign(politeness->hosts, host)) /* or its number may be another's */
		store_put_wait(politeness->store, hosts_key(politeness->hosts, host), until_ms,
			       why);
	if (log_tells(LOG_VERBOSE))
		LOG(LOG_VERBOSE, "host_waits", LOG_TEXT("host", name_of(politeness, host, name)),
		    LOG_TEXT("until", log_date(until_ms, until)), LOG_NUMBER("ms", wait_ms),
		    LOG_TEXT("why", why));
}

void holds_wait(struct politeness *politeness, uint32_t host, int64_t wait_ms, const char *why)
{
	frontier_rest(politeness->frontier, host, clock_ms() + wait_ms);
	show_wait(politeness, host, wait_ms, why);
}

static void put_hold(struct politeness *politeness, uint32_t host, int64_t wait_ms)
{
	store_put_hold(politeness->store, hosts_key(politeness->hosts, host),
		       frontier_host_origin(politeness->frontier, host), clock_date_ms() + wait_ms);
}

void holds_tell_next_owner(struct politeness *politeness, uint32_t host)
{
	const struct pace *pace = frontier_pace(politeness->frontier, host);
	int64_t wait_ms = pace->held_ms - clock_ms();

	if (store_get_share_count(politeness->store) > 1 && wait_ms > pace->policy.delay_ms)
		put_hold(politeness, host, wait_ms);
}

/* One who rests already rests for longer. */
static void rest_for(struct politeness *politeness, uint32_t host, int64_t rest_ms, const char *why)
{
	int64_t now = clock_ms();
	char text[HUMAN_DURATION_MAX];

	if (!frontier_is_resting(politeness->frontier, host, now))
		events_say(politeness->events, "rest",
			   frontier_host_origin(politeness->frontier, host), "for %s: %s",
			   human_exact(rest_ms, text), why);
	frontier_rest(politeness->frontier, host, now + rest_ms);
	show_wait(politeness, host, rest_ms, why);
}

/* ---- how it answers ---- */

static void rest(struct politeness *politeness, uint32_t host, int64_t rest_ms,
		 const struct msg_page *page)
{
	const char *last = outcome_name(page->outcome);
	char name[NAME_MAX_BYTES], why[WHY_MAX];

	LOG(LOG_NORMAL, "host_rests", LOG_TEXT("host", name_of(politeness, host, name)),
	    LOG_NUMBER("ms", rest_ms),
	    LOG_NUMBER("failures", politeness->config->settings.host_failures),
	    LOG_TEXT("last", last));
	if (page->status > 0)
		snprintf(why, sizeof(why), "host_failures, the last: %s %u", last, page->status);
	else
		snprintf(why, sizeof(why), "host_failures, the last: %s", last);
	rest_for(politeness, host, rest_ms, why);
	holds_tell_next_owner(politeness, host);
}

void holds_note_failure(struct politeness *politeness, const struct visit *visit,
			const struct msg_page *page)
{
	int64_t rest_ms = hosts_failed(politeness->hosts, visit->host, page->outcome,
				       visit->asked_ms, clock_ms());
	char name[NAME_MAX_BYTES];

	if (rest_ms == 0)
		return;
	if (rest_ms != HOSTS_GIVE_UP) {
		rest(politeness, visit->host, rest_ms, page);
		return;
	}
	frontier_release(politeness->frontier,
			 visit->host); /* what it owes ends at once, unasked */
	LOG(LOG_NORMAL, "host_given_up", LOG_TEXT("host", name_of(politeness, visit->host, name)),
	    LOG_TEXT("last", outcome_name(page->outcome)));
	events_say(politeness->events, "given_up",
		   frontier_host_origin(politeness->frontier, visit->host), "the last: %s",
		   outcome_name(page->outcome));
}

/* How soon a robots.txt came tells nothing of how soon pages do: then the time stays as it is. */
void holds_note_answer(struct politeness *politeness, const struct visit *visit,
		       const struct msg_page *page)
{
	uint32_t elapsed_ms = page->elapsed_us / 1000;

	if (retries_is_of_host(page->outcome, page->status)) {
		holds_note_failure(politeness, visit, page);
		return;
	}
	if (!visit_has_row(visit))
		elapsed_ms = (uint32_t)hosts_usual_ms(politeness->hosts, visit->host);
	hosts_answered(politeness->hosts, visit->host, elapsed_ms);
	if (politeness->config->settings.auto_delay)
		politeness_settle(politeness, visit->host);
}

/* ---- time that it asked for ---- */

void holds_busy(struct politeness *politeness, uint32_t host, int64_t wait_ms)
{
	frontier_hold(politeness->frontier, host, clock_ms() + wait_ms);
	holds_tell_next_owner(politeness, host);
}

void holds_set(struct politeness *politeness, uint32_t host, int64_t wait_ms)
{
	int64_t held_ms = frontier_pace(politeness->frontier, host)->held_ms;

	if (clock_ms() + wait_ms > held_ms)
		rest_for(politeness, host, wait_ms, "Retry-After: it asked for this");
	put_hold(politeness, host, wait_ms);
}

/* No longer than it may ask for. */
void holds_resume(struct politeness *politeness, uint32_t host, int64_t until_ms)
{
	int64_t rest = until_ms - clock_date_ms();

	if (rest > RETRIES_AFTER_MS_MAX)
		rest = RETRIES_AFTER_MS_MAX;
	if (rest <= 0)
		return;
	rest_for(politeness, host, rest,
		 store_get_share_count(politeness->store) > 1
			 ? "it was left alone before, by another node or in an earlier run"
			 : "Retry-After: it asked an earlier run for this");
}

void holds_keep_distance(struct politeness *politeness, uint32_t host, int64_t least_ms)
{
	struct frontier *frontier = politeness->frontier;
	const struct pace *group = frontier_group_pace(frontier, host);
	int64_t delay = frontier_pace(frontier, host)->policy.delay_ms;
	int64_t group_delay = group ? group->policy.delay_ms : 0;
	int64_t since = politeness->quiet_since_ms;
	int64_t passed = since > 0 ? clock_date_ms() - since : 0;

	if (passed < 0)
		passed = 0;
	if (least_ms > HOSTS_CRAWL_DELAY_MS_MAX)
		least_ms = HOSTS_CRAWL_DELAY_MS_MAX;
	if (delay < least_ms)
		delay = least_ms;
	if (passed < delay)
		frontier_hold(frontier, host, clock_ms() + delay - passed);
	if (passed < group_delay)
		frontier_hold_group(frontier, host, clock_ms() + group_delay - passed);
}
