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
		return status == 408 || status == 421 || status == 425 || status == 429 ||
		       (status >= 500 && status != 501 && status != 505);
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

/* Take digits off; however many, what they say does not overflow.  -1: there is none. */
static int64_t take_number(struct slice *value)
{
	int64_t number = -1;

	for (; value->size > 0 && ascii_is_digit(value->at[0]); value->at++, value->size--) {
		if (number < RETRIES_AFTER_MS_MAX)
			number = (number < 0 ? 0 : number * 10) + (value->at[0] - '0');
	}
	return number;
}

/* "120", or "1.5" as some servers have it, in ms; -1 if it is something else. */
static int64_t read_seconds_ms(struct slice value)
{
	int64_t seconds = take_number(&value), fraction_ms = 0;

	if (seconds < 0)
		return -1;
	if (value.size > 1 && (value.at[0] == '.' || value.at[0] == ',')) {
		for (int64_t unit = 100; --value.size > 0 && ascii_is_digit(*++value.at);
		     unit /= 10)
			fraction_ms += unit * (*value.at - '0');
	}
	if (value.size > 0)
		return -1;
	if (seconds >= RETRIES_AFTER_MS_MAX / 1000)
		return RETRIES_AFTER_MS_MAX;
	return seconds * 1000 + fraction_ms;
}

int64_t retries_after_ms(struct slice value, int64_t now_date_ms)
{
	int64_t wait = read_seconds_ms(ascii_trim(value)), date;

	if (wait < 0)
		wait = calendar_parse_loose(value, &date) < 0 ? 0 : date * 1000 - now_date_ms;
	if (wait <= 0)
		return 0;
	return wait < RETRIES_AFTER_MS_MAX ? wait : RETRIES_AFTER_MS_MAX;
}
