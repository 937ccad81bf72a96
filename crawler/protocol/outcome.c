#include "protocol/outcome.h"

static const char *const names[OUTCOME_COUNT] = {
	[OUTCOME_OK] = "ok",
	[OUTCOME_NOT_MODIFIED] = "not_modified",
	[OUTCOME_HTTP_ERROR] = "http_error",
	[OUTCOME_DNS] = "dns",
	[OUTCOME_CONNECT] = "connect",
	[OUTCOME_TLS] = "tls",
	[OUTCOME_TIMEOUT] = "timeout",
	[OUTCOME_TRUNCATED] = "truncated",
	[OUTCOME_TOO_LARGE] = "too_large",
	[OUTCOME_BAD_RESPONSE] = "bad_response",
	[OUTCOME_BAD_ENCODING] = "bad_encoding",
	[OUTCOME_REDIRECT_LOOP] = "redirect_loop",
	[OUTCOME_ROBOTS] = "robots",
	[OUTCOME_BLOCKED_ADDRESS] = "blocked_address",
	[OUTCOME_OUT_OF_SCOPE] = "out_of_scope",
	[OUTCOME_WORKER_DIED] = "worker_died",
	[OUTCOME_PATTERN_LIMIT] = "pattern_limit",
	[OUTCOME_CANCELLED] = "cancelled",
	[OUTCOME_HOST_DOWN] = "host_down",
	[OUTCOME_MOVED] = "moved",
	[OUTCOME_LOGIN] = "login",
	[OUTCOME_WRONG_PAGE] = "wrong_page",
	[OUTCOME_PROXY] = "proxy",
};

const char *outcome_name(enum outcome outcome)
{
	return names[outcome];
}

enum outcome outcome_find(struct slice name)
{
	int found = 0;

	while (found < OUTCOME_COUNT && !slice_equal(slice_of(names[found]), name))
		found++;
	return (enum outcome)found;
}

bool outcome_is_done(enum outcome outcome)
{
	return outcome == OUTCOME_OK || outcome == OUTCOME_NOT_MODIFIED ||
	       outcome == OUTCOME_PATTERN_LIMIT || outcome == OUTCOME_MOVED;
}

bool outcome_is_skipped(enum outcome outcome)
{
	return outcome == OUTCOME_ROBOTS || outcome == OUTCOME_OUT_OF_SCOPE;
}
