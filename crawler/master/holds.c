#include "master/holds.h"

#include <stdio.h>

#include "base/clock.h"
#include "master/retries.h"
#include "show/log.h"

/* ---- how it answers ---- */

void holds_note_failure(struct politeness *politeness, const struct visit *visit,
			enum outcome outcome)
{
	struct slice origin = frontier_host_origin(politeness->frontier, visit->host);
	int64_t now = clock_ms();
	int64_t rest = hosts_failed(politeness->hosts, visit->host, outcome, visit->asked_ms, now);
	char name[ORIGIN_BYTES_MAX + 1];

	if (rest == 0)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)origin.size, origin.at);
	if (rest == HOSTS_GIVE_UP) { /* what it owes ends at once, unasked */
		frontier_release(politeness->frontier, visit->host);
		LOG(LOG_NORMAL, "host_given_up", LOG_TEXT("host", name),
		    LOG_TEXT("last", outcome_name(outcome)));
		return;
	}
	frontier_hold(politeness->frontier, visit->host, now + rest);
	LOG(LOG_NORMAL, "host_rests", LOG_TEXT("host", name), LOG_NUMBER("ms", rest),
	    LOG_NUMBER("failures", politeness->config->settings.host_failures),
	    LOG_TEXT("last", outcome_name(outcome)));
}

/* How soon a robots.txt came tells nothing of how soon pages do: then the time stays as it is. */
void holds_note_answer(struct politeness *politeness, const struct visit *visit,
		       const struct msg_page *page)
{
	uint32_t elapsed_ms = page->elapsed_ms;

	if (retries_is_of_host(page->outcome, page->status)) {
		holds_note_failure(politeness, visit, page->outcome);
		return;
	}
	if (visit->kind == VISIT_ROBOTS)
		elapsed_ms = (uint32_t)hosts_usual_ms(politeness->hosts, visit->host);
	hosts_answered(politeness->hosts, visit->host, elapsed_ms);
	if (politeness->config->settings.auto_delay)
		politeness_settle(politeness, visit->host);
}

/* ---- time that it asked for ---- */

void holds_set(struct politeness *politeness, uint32_t host, int64_t wait_ms)
{
	frontier_hold(politeness->frontier, host, clock_ms() + wait_ms);
	store_put_hold(politeness->store, hosts_key(politeness->hosts, host),
		       clock_date_ms() + wait_ms);
}

/* No longer than it may ask for. */
void holds_resume(struct politeness *politeness, uint32_t host, int64_t until_ms)
{
	int64_t rest = until_ms - clock_date_ms();

	if (rest > RETRIES_AFTER_MS_MAX)
		rest = RETRIES_AFTER_MS_MAX;
	if (rest > 0)
		frontier_hold(politeness->frontier, host, clock_ms() + rest);
}

void holds_keep_distance(struct politeness *politeness, uint32_t host)
{
	struct frontier *frontier = politeness->frontier;
	const struct pace *group = frontier_group_pace(frontier, host);
	int64_t delay = frontier_pace(frontier, host)->policy.delay_ms;
	int64_t group_delay = group ? group->policy.delay_ms : 0;
	int64_t since = politeness->quiet_since_ms;
	int64_t passed = since > 0 ? clock_date_ms() - since : 0;

	if (passed < 0)
		passed = 0;
	if (passed < delay)
		frontier_hold(frontier, host, clock_ms() + delay - passed);
	if (passed < group_delay)
		frontier_hold_group(frontier, host, clock_ms() + group_delay - passed);
}
