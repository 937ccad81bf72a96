#include <stdio.h>

#include "crawler/base/clock.h"
#include "routes.h"

#define STATUS_MIN   200 /* lower ones do not end an exchange: see /1xx/ and /101 */
#define STATUS_MAX   999
#define RETRY_S_MAX  1000000000
#define FAILURES_MAX 1000000
#define LONG_BYTES   1000000
#define DATE_PREFIX  "date/"

/* "SECONDS", or "date/SECONDS" for the same as a date (RFC 9110 10.2.3). */
static bool add_retry_after(struct answer *answer, struct slice rest)
{
	bool as_date = rest.size > strlen(DATE_PREFIX) &&
		       memcmp(rest.at, DATE_PREFIX, strlen(DATE_PREFIX)) == 0;
	char date[ANSWER_DATE_BYTES];
	uint64_t seconds;

	if (as_date)
		rest = (struct slice){ rest.at + strlen(DATE_PREFIX),
				       rest.size - strlen(DATE_PREFIX) };
	if (!request_number(&rest, RETRY_S_MAX, &seconds))
		return false;
	if (as_date) {
		answer_date(date, clock_date_ms() / 1000 + (int64_t)seconds);
		answer_header(answer, "Retry-After: %s", date);
	} else {
		answer_header(answer, "Retry-After: %u", (unsigned)seconds);
	}
	return true;
}

/* "/status/CODE", "/status/CODE/SECONDS" */
static bool answer_status(struct visit *visit)
{
	char title[32];
	uint64_t status;

	if (!request_number(&visit->rest, STATUS_MAX, &status) || status < STATUS_MIN)
		return false;
	snprintf(title, sizeof(title), "status %u", (unsigned)status);
	answer_page(visit->answer, (int)status, title);
	return visit->rest.size == 0 || add_retry_after(visit->answer, visit->rest);
}

/* "/long-status/CODE": with a megabyte of excuses. */
static bool answer_long_status(struct visit *visit)
{
	uint64_t status;

	if (!request_number(&visit->rest, STATUS_MAX, &status) || status < STATUS_MIN)
		return false;
	answer_page(visit->answer, (int)status, "it is a long story");
	buffer_fill(&visit->answer->body, '.', LONG_BYTES);
	return true;
}

/* "/retry-after?say=VALUE&status=503": any value at all. */
static bool answer_retry_after(struct visit *visit)
{
	unsigned status = request_query_number(visit->request, "status", 503, STATUS_MAX);
	struct buffer value = { 0 };
	bool is_known;

	is_known = request_query(visit->request, "say", &value) && status >= STATUS_MIN &&
		   answer_is_header_safe(buffer_slice(&value));
	answer_page(visit->answer, is_known ? (int)status : 400,
		    is_known ? "later" : "it wants ?say=");
	if (is_known)
		answer_header(visit->answer, "Retry-After: %.*s", (int)value.size, value.at);
	buffer_free(&value);
	return true;
}

/* "/flaky/K/NAME": the first K times it fails, for all workers together. */
static bool answer_flaky(struct visit *visit)
{
	struct slice name = visit->rest;
	uint64_t failures, asked;

	if (!request_number(&visit->rest, FAILURES_MAX, &failures))
		return false;
	asked = counters_ask(visit->site->counters, name);
	if (asked == 0)
		answer_page(visit->answer, 500, "too many names");
	else if (asked <= failures)
		answer_page(visit->answer, 503, "not yet");
	else
		answer_page(visit->answer, 200, "recovered");
	return true;
}

static bool answer_missing(struct visit *visit)
{
	answer_page(visit->answer, 404, "not found");
	return true;
}

const struct route status_routes[] = {
	{ "/status/", answer_status, "/status/429/2", "any status; with Retry-After if wanted",
	  NULL },
	{ "/long-status/", answer_long_status, "/long-status/404", "any status, and a megabyte",
	  NULL },
	{ "/retry-after", answer_retry_after, "/retry-after?say=soon&status=429",
	  "any status, and the Retry-After that is wanted", NULL },
	{ "/flaky/", answer_flaky, "/flaky/2/name", "fails so many times, then recovers", NULL },
	{ "/missing", answer_missing, NULL, "a 404", NULL },
	{ 0 },
};
