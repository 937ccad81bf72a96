#include "report/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show/human.h"

/* ---- outcomes and statuses ---- */

struct status {
	unsigned status;
	const char *reason, *words, *help;
};

static const struct status statuses[] = {
	{ 200, "OK", NULL, NULL },
	{ 201, "Created", NULL, NULL },
	{ 202, "Accepted", NULL, NULL },
	{ 203, "Non-Authoritative Information", NULL, NULL },
	{ 204, "No Content", NULL, NULL },
	{ 206, "Partial Content", NULL, NULL },
	{ 301, "Moved Permanently", NULL, NULL },
	{ 302, "Found", NULL, NULL },
	{ 303, "See Other", NULL, NULL },
	{ 304, "Not Modified", NULL, NULL },
	{ 307, "Temporary Redirect", NULL, NULL },
	{ 308, "Permanent Redirect", NULL, NULL },
	{ 400, "Bad Request", "bad request", "The server does not understand the URL." },
	{ 401, "Unauthorized", "login wanted",
	  "The pages want a login: see auth and login of hosts in the config." },
	{ 402, "Payment Required", "payment wanted", NULL },
	{ 403, "Forbidden", "forbidden",
	  "The server does not let this crawl in: it may want a login, a slower pace, or another "
	  "user agent." },
	{ 404, "Not Found", "not found",
	  "The pages are not there. If they stand in your list, take them out; if pages link to "
	  "them, the site has broken links." },
	{ 405, "Method Not Allowed", "method not allowed", NULL },
	{ 406, "Not Acceptable", "not acceptable",
	  "The server has no page of the kind that was asked for: see Accept in headers." },
	{ 407, "Proxy Authentication Required", "the proxy wants a login", NULL },
	{ 408, "Request Timeout", "the server waited too long", NULL },
	{ 409, "Conflict", "conflict", NULL },
	{ 410, "Gone", "gone for good", "The site says that these will not come back." },
	{ 414, "URI Too Long", "URL too long", NULL },
	{ 422, "Unprocessable Content", "not understood", NULL },
	{ 429, "Too Many Requests", "too many requests",
	  "Asked again with the wait that the server wanted, in vain. A longer delay for this host "
	  "may help." },
	{ 431, "Request Header Fields Too Large", "headers too large", NULL },
	{ 451, "Unavailable For Legal Reasons", "withheld by law", NULL },
	{ 500, "Internal Server Error", "error of the server", NULL },
	{ 501, "Not Implemented", "not implemented", NULL },
	{ 502, "Bad Gateway", "bad gateway", "What stands behind the server did not answer it." },
	{ 503, "Service Unavailable", "unavailable",
	  "The server was overloaded or down each time it was asked." },
	{ 504, "Gateway Timeout", "gateway timed out",
	  "What stands behind the server did not answer it." },
	{ 508, "Loop Detected", "loop at the server", NULL },
};

static const struct status *find_status(unsigned status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (statuses[i].status == status)
			return &statuses[i];
	}
	return NULL;
}

struct cause {
	const char *outcome, *words, *help;
	bool may_heal;
};

static const struct cause causes[] = {
	{ "ok", "read", NULL, false },
	{ "not_modified", "not modified", NULL, false },
	{ "moved", "moved to another URL", NULL, false },
	{ "dns", "no address of that name", "The host's name is not known: is it spelt right?",
	  true },
	{ "connect", "no connection", "Nothing answered at the host's address, or it hung up.",
	  true },
	{ "tls", "no safe connection",
	  "The certificate is not valid, or the host speaks no version of TLS that is.", false },
	{ "timeout", "no answer in time",
	  "Nothing came within the time limit (timeout), each time it was asked.", true },
	{ "truncated", "cut short",
	  "The connection ended before the page did, each time. Nothing was stored of them.",
	  true },
	{ "too_large", "larger than the limit",
	  "max_body in the config says how large a page may be.", false },
	{ "bad_response", "not HTTP", "What came is not what the standard allows.", false },
	{ "bad_encoding", "broken compression", "What came could not be unpacked.", false },
	{ "redirect_loop", "redirects in a circle",
	  "More redirects than are followed led nowhere. The site may want a cookie.", false },
	{ "robots", "not allowed by robots.txt", NULL, false },
	{ "blocked_address", "a private address",
	  "A link or redirect led to an address that is not public: private_addresses in the "
	  "config.",
	  false },
	{ "out_of_scope", "of another site", NULL, false },
	{ "worker_died", "a worker died of it",
	  "The process that read the page ended three times over. Please report it: crawl why "
	  "URL.",
	  true },
	{ "pattern_limit", "read, but a pattern ran out of its budget",
	  "Rows of these pages may be missing: mend the pattern, then crawl reparse.", false },
	{ "store_refused", "not stored", "The database refused what was to be written.", true },
	{ "cancelled", "not asked: the run was stopped", NULL, true },
	{ "host_down", "not asked: its host was given up",
	  "Too many requests in a row had failed, so the host was left in peace.", true },
	{ "login", "not logged in", "The host could not be logged in to: see login in the config.",
	  true },
	{ "wrong_page", "another page than expected",
	  "An answer came, but expect or refuse of the config says that it is not the page.",
	  true },
	{ "proxy", "no proxy left", "None of its proxies answers: they were not asked directly.",
	  true },
};

static const struct cause *find_cause(const char *outcome)
{
	for (size_t i = 0; outcome && i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (strcmp(causes[i].outcome, outcome) == 0)
			return &causes[i];
	}
	return NULL;
}

static bool is_of_status(const char *outcome)
{
	return outcome && strcmp(outcome, "http_error") == 0;
}

static const char *status_words(unsigned status)
{
	const struct status *known = find_status(status);

	if (known && known->words)
		return known->words;
	if (status >= 300 && status < 400)
		return "a redirect that leads nowhere";
	if (status >= 400 && status < 500)
		return "refused";
	return status >= 500 ? "error of the server" : "an answer that is no page";
}

const char *words_cause(const char *outcome, unsigned status, char out[WORDS_MAX])
{
	const struct cause *cause = find_cause(outcome);

	if (is_of_status(outcome))
		snprintf(out, WORDS_MAX, "%s (%u)", status_words(status), status);
	else
		snprintf(out, WORDS_MAX, "%.80s",
			 cause     ? cause->words
			 : outcome ? outcome
				   : "not known");
	return out;
}

const char *words_help(const char *outcome, unsigned status)
{
	const struct cause *cause = find_cause(outcome);
	const struct status *known = find_status(status);

	if (!is_of_status(outcome))
		return cause ? cause->help : NULL;
	return known ? known->help : NULL;
}

bool words_may_heal(const char *outcome, unsigned status)
{
	const struct cause *cause = find_cause(outcome);

	return is_of_status(outcome) ? status == 429 || status == 408 || status >= 500
				     : cause && cause->may_heal;
}

const char *words_reason(unsigned status)
{
	const struct status *known = find_status(status);

	return known ? known->reason : "";
}

/* ---- runs and events ---- */

struct pair {
	const char *code, *words;
};

static const char *look_up(const struct pair *pairs, size_t count, const char *code)
{
	for (size_t i = 0; code && i < count; i++) {
		if (strcmp(pairs[i].code, code) == 0)
			return pairs[i].words;
	}
	return NULL;
}

const char *words_stop(const char *ended)
{
	static const struct pair pairs[] = {
		{ "interrupted", "by hand" },
		{ "max_pages", "at its --max-pages" },
		{ "max_time", "at its --max-time" },
		{ "disk_full", "for want of space on the disk" },
		{ "failed", "by an error" },
		{ "killed", "by whoever killed it" },
	};

	return look_up(pairs, sizeof(pairs) / sizeof(pairs[0]), ended);
}

const char *words_event(const char *kind)
{
	static const struct pair pairs[] = {
		{ "pause", "paused by hand" },
		{ "resume", "resumed" },
		{ "delay", "has another delay" },
		{ "config", "another config" },
		{ "worker_died", "a worker died" },
		{ "rest", "rests" },
		{ "given_up", "given up" },
		{ "login", "logged in" },
		{ "login_failed", "login failed" },
		{ "login_rests", "login rests" },
		{ "proxy_rests", "a proxy rests" },
		{ "proxy_given_up", "a proxy was given up" },
		{ "robots_delay", "has a delay of its robots.txt" },
		{ "more", "and more" },
	};
	const char *words = look_up(pairs, sizeof(pairs) / sizeof(pairs[0]), kind);

	return words ? words : kind;
}

const char *words_host(const char *origin)
{
	const char *colon = origin ? strstr(origin, "://") : NULL;

	return colon ? colon + 3 : origin ? origin : "";
}

/* ---- figures ---- */

const char *words_percent(double part, char out[WORDS_MAX])
{
	double percent = 100 * fmin(fmax(part, 0), 1);

	if (percent >= 99.5 && percent < 100)
		snprintf(out, WORDS_MAX, "%.1f %%", floor(fmin(percent, 99.9) * 10 + 1e-6) / 10);
	else if (percent > 0 && percent < 0.95)
		snprintf(out, WORDS_MAX, percent < 0.1 ? "under 0.1 %%" : "%.1f %%", percent);
	else
		snprintf(out, WORDS_MAX, "%.0f %%", percent);
	return out;
}

const char *words_ms(double ms, char out[WORDS_MAX])
{
	char time[HUMAN_DURATION_MAX];

	if (ms < 1)
		snprintf(out, WORDS_MAX, "%s", ms > 0 ? "under 1 ms" : "0 s");
	else if (ms < 999.5)
		snprintf(out, WORDS_MAX, "%.0f ms", ms);
	else
		snprintf(out, WORDS_MAX, "%s", human_duration((int64_t)fmin(ms, 9e15), time));
	return out;
}

/* "2026-11-29", a space or a T, "15:47:03". */
static bool is_time(const char *time)
{
	static const char shape[] = "0000-00-00 00:00:00";

	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		bool fits = shape[i] == '0'   ? time[i] >= '0' && time[i] <= '9'
			    : shape[i] == ' ' ? time[i] == ' ' || time[i] == 'T'
					      : time[i] == shape[i];

		if (!fits)
			return false;
	}
	return true;
}

const char *words_date(const char *time, char out[WORDS_MAX])
{
	static const char *const months[] = { "January",   "February", "March",    "April",
					      "May",       "June",     "July",     "August",
					      "September", "October",  "November", "December" };
	unsigned month = time && is_time(time) ? (unsigned)atoi(time + 5) : 0;

	if (month >= 1 && month <= 12)
		snprintf(out, WORDS_MAX, "%d %s %.4s, %.5s UTC", atoi(time + 8), months[month - 1],
			 time, time + 11);
	else
		snprintf(out, WORDS_MAX, "%.40s", time ? time : "");
	return out;
}

const char *words_clock(const char *time, char out[WORDS_MAX])
{
	if (time && is_time(time))
		snprintf(out, WORDS_MAX, "%.8s", time + 11);
	else
		snprintf(out, WORDS_MAX, "%.40s", time ? time : "");
	return out;
}
