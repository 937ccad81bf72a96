#include "frontier/pace.h"

#include <assert.h>

int64_t pace_due_ms(const struct pace *pace)
{
	bool is_polite = pace->started_ms != PACE_NOT_STARTED && pace->policy.delay_ms > 0;
	int64_t polite = is_polite ? pace->started_ms + pace->policy.delay_ms : 0;

	return polite > pace->held_ms ? polite : pace->held_ms;
}

bool pace_is_full(const struct pace *pace)
{
	return pace->in_flight >= pace->policy.concurrency;
}

void pace_begin(struct pace *pace, int64_t now_ms)
{
	pace->in_flight++;
	pace->started_ms = now_ms;
}

void pace_end(struct pace *pace, int64_t started_ms)
{
	assert(pace->in_flight > 0);
	pace->in_flight--;
	if (started_ms > 0 && pace->started_ms < started_ms)
		pace->started_ms = started_ms;
}

void pace_hold(struct pace *pace, int64_t until_ms)
{
	if (pace->held_ms < until_ms)
		pace->held_ms = until_ms;
}

void pace_add(struct pace *pace, const struct pace *member)
{
	pace->in_flight += member->in_flight;
	if (pace->started_ms < member->started_ms)
		pace->started_ms = member->started_ms;
	if (pace->policy.delay_ms < member->policy.delay_ms)
		pace->policy.delay_ms = member->policy.delay_ms;
	if (pace->policy.concurrency > member->policy.concurrency)
		pace->policy.concurrency = member->policy.concurrency;
}

void pace_remove(struct pace *pace, const struct pace *member)
{
	assert(pace->in_flight >= member->in_flight);
	pace->in_flight -= member->in_flight;
}
