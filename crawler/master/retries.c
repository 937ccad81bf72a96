#include "master/retries.h"

#include "parsers/text/ascii.h"
#include "parsers/text/calendar.h"

#define DOUBLINGS_MAX 20

bool retries_may_heal(enum outcome outcome, unsigned status)
{
	switch (outcome) {
	case OUTCOME_CONNECT:
	case OUTCOME_DNS:
	case OUTCOME_TIMEOUT:
	case OUTCOME_TRUNCATED:
		return true;
	case OUTCOME_HTTP_ERROR:
		return status == 429 || (status >= 500 && status != 501 && status != 505);
	default:
		return false;
	}
}

bool retries_is_of_host(enum outcome outcome, unsigned status)
{
	switch (outcome) {
	case OUTCOME_CONNECT:
	case OUTCOME_DNS:
	case OUTCOME_TIMEOUT:
	case OUTCOME_TLS:
		return true;
	case OUTCOME_HTTP_ERROR:
		return status == 429 || status == 502 || status == 503 || status == 504;
	default:
		return false;
	}
}

bool retries_is_busy(unsigned status)
{
	return status == 429 || status == 503;
}

int64_t retries_wait_ms(unsigned tries, int64_t first_ms, uint32_t chance)
{
	unsigned doublings = tries > 0 ? tries - 1 : 0;
	int64_t wait;

	if (doublings > DOUBLINGS_MAX)
		doublings = DOUBLINGS_MAX;
	wait = first_ms << doublings;
	if (wait > RETRIES_WAIT_MS_MAX)
		wait = RETRIES_WAIT_MS_MAX;
	return wait - wait / 4 + (int64_t)(chance % (uint32_t)(wait / 2 + 1));
}

/* A number of seconds; -1 if it is something else.  However long, it does not overflow. */
static int64_t read_seconds(struct slice value)
{
	int64_t seconds = 0;

	for (size_t i = 0; i < value.size; i++) {
		if (!ascii_is_digit(value.at[i]))
			return -1;
		if (seconds < RETRIES_AFTER_MS_MAX)
			seconds = seconds * 10 + (value.at[i] - '0');
	}
	return value.size > 0 ? seconds : -1;
}

int64_t retries_after_ms(struct slice value, int64_t now_date_ms)
{
	int64_t seconds = read_seconds(value);
	int64_t wait, date;

	if (seconds >= 0)
		wait = seconds >= RETRIES_AFTER_MS_MAX / 1000 ? RETRIES_AFTER_MS_MAX
							      : seconds * 1000;
	else
		wait = calendar_parse(value, &date) < 0 ? 0 : date * 1000 - now_date_ms;
	if (wait <= 0)
		return 0;
	return wait < RETRIES_AFTER_MS_MAX ? wait : RETRIES_AFTER_MS_MAX;
}
