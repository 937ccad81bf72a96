#include "tests/support/test.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/support/port.h"
#include "tests/support/scenario.h"

/*
 * The program from end to end: what becomes of a page, whatever the server does, and how a host is
 * treated meanwhile.
 */
#define QUICK           "--delay", "0", "--set", "retries=0", "--concurrency", "64", "--set", "robots=false"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* "SELECT columns FROM pages" of one URL of the site. */
static const char *page_of(const char *target, const char *columns)
{
	char sql[1024];

	snprintf(sql, sizeof(sql), "SELECT %s FROM pages WHERE url = '%s'", columns,
		 url("%s", target));
	return ask(sql);
}

/* A list of targets of the site. */
#define MAKE_LIST(rows)                                                           \
	do {                                                                      \
		FILE *list_ = fopen(in_folder("list"), "w");                      \
		assert_non_null(list_);                                           \
		for (size_t i_ = 0; i_ < COUNT_OF(rows); i_++)                    \
			fprintf(list_, "%s%s\n", site.origin, (rows)[i_].target); \
		fclose(list_);                                                    \
	} while (0)

/* ---- what a server may do ---- */

static void every_answer_has_its_outcome(void **state)
{
	static const struct {
		const char *target, *result; /* outcome, state, status */
		const char *error;           /* some words of it, or NULL: no error */
	} rows[] = {
		{ "/page/1", "ok|done|200", NULL },
		{ "/status/204", "ok|done|204", NULL },
		{ "/empty", "ok|done|200", NULL },
		{ "/close", "ok|done|200", NULL },
		{ "/drip/10/5", "ok|done|200", NULL },
		{ "/head-only-lf", "ok|done|200", NULL },
		{ "/1xx/3", "ok|done|200", NULL },
		/* a Location that leads nowhere: of what was made, of what is being done */
		{ "/redirect-to?url=/page/2&status=201", "ok|done|201", NULL },
		{ "/redirect-to?url=/page/2&status=202", "ok|done|202", NULL },
		{ "/redirect-to?url=/page/2&status=203", "ok|done|203", NULL },
		{ "/redirect-to?url=/page/2&status=299", "ok|done|299", NULL },
		/* statuses */
		{ "/missing", "http_error|failed|404", NULL },
		{ "/status/401", "http_error|failed|401", NULL },
		{ "/status/403", "http_error|failed|403", NULL },
		{ "/status/410", "http_error|failed|410", NULL },
		{ "/status/500", "http_error|failed|500", NULL },
		{ "/status/503", "http_error|failed|503", NULL },
		{ "/status/999", "http_error|failed|999", NULL },
		/* redirects */
		{ "/redirect/3?to=/page/4", "ok|done|200", NULL },
		{ "/redirect/10?to=/page/5", "ok|done|200", NULL },
		{ "/redirect-to?url=/page/2&status=301", "ok|done|200", NULL },
		{ "/redirect-to?url=/page/2&status=302", "ok|done|200", NULL },
		{ "/redirect-to?url=/page/2&status=303", "ok|done|200", NULL },
		{ "/redirect-to?url=/page/2&status=307", "ok|done|200", NULL },
		{ "/redirect-to?url=/page/2&status=308", "ok|done|200", NULL },
		{ "/redirect-to?url=/page/2&status=300", "http_error|failed|300", NULL },
		{ "/redirect-to?url=/page/2&status=305", "http_error|failed|305", NULL },
		{ "/redirect-to?url=/page/2&status=306", "http_error|failed|306", NULL },
		{ "/redirect-to?url=/page/2&status=399", "http_error|failed|399", NULL },
		{ "/redirect-to?url=/page/2&status=404", "http_error|failed|404", NULL },
		/* it does not say where to */
		{ "/status/301", "http_error|failed|301", "usable Location: none" },
		{ "/status/302", "http_error|failed|302", "usable Location: none" },
		{ "/status/308", "http_error|failed|308", "usable Location: none" },
		{ "/redirect-to?url=&status=301", "http_error|failed|301",
		  "usable Location: none" },
		{ "/redirect-to?url=%20%20&status=302", "http_error|failed|302",
		  "usable Location: none" },
		/* to itself, by another name for it */
		{ "/redirect-to?url=%23x", "redirect_loop|failed|302", "redirects" },
		{ "/redirect-to?url=/status/404", "http_error|failed|404", NULL },
		{ "/redirect/11", "redirect_loop|failed|302", "redirects" },
		{ "/redirect-loop", "redirect_loop|failed|302", "redirects" },
		{ "/redirect-scheme", "out_of_scope|skipped|302",
		  "without a usable Location: other scheme" },
		{ "/redirect-scheme/file", "out_of_scope|skipped|302",
		  "without a usable Location: other scheme" },
		{ "/redirect-scheme/data", "out_of_scope|skipped|302",
		  "without a usable Location: other scheme" },
		{ "/redirect-scheme/javascript", "out_of_scope|skipped|302",
		  "without a usable Location: other scheme" },
		{ "/redirect-to?url=http://127.0.0.1:99999/", "bad_response|failed|302",
		  "without a usable Location: bad port" },
		{ "/redirect-to?url=http://", "bad_response|failed|302",
		  "usable Location: no host" },
		{ "/redirect-to?url=http://[::1/", "bad_response|failed|302",
		  "without a usable Location" },
		{ "/redirect-to?url=&status=303", "http_error|failed|303",
		  "usable Location: none" },
		{ "/redirect-to?url=&status=307", "http_error|failed|307",
		  "usable Location: none" },
		{ "/redirect-to?url=&status=300", "http_error|failed|300", NULL },
		{ "/redirect-to?url=http://127.0.0.1:1/", "connect|failed|-", "connect" },
		/* cut short */
		{ "/cut-body", "truncated|failed|200", "950 bytes" },
		{ "/cut-headers", "truncated|failed|200", "inside the headers" },
		{ "/chunked-cut", "truncated|failed|200", "closed" },
		{ "/gzip-cut", "truncated|failed|200", "ends too early" },
		{ "/reset", "connect|failed|-", "reset" },
		{ "/reset/body", "truncated|failed|200", "" },
		{ "/gone", "truncated|failed|-", "" },
		/* too slow */
		{ "/silence", "timeout|failed|-", "timed out" },
		{ "/slow-headers", "timeout|failed|200", "timed out" },
		{ "/chunked-endless-ext", "timeout|failed|200", "timed out" },
		{ "/drip/1000/100", "timeout|failed|200", "timed out" },
		/* too much */
		{ "/gzip-bomb/20", "too_large|failed|200", "max_body" },
		{ "/size/10000001", "too_large|failed|200", "max_body" },
		{ "/headers/60", "ok|done|200", NULL },
		{ "/headers/65", "bad_response|failed|200", "64 KiB of headers" },
		{ "/headers/400", "bad_response|failed|200", "64 KiB of headers" },
		{ "/1xx/10000", "bad_response|failed|103", "64 KiB of headers" },
		{ "/trailers/60", "ok|done|200", NULL },
		{ "/trailers/65", "bad_response|failed|200", "64 KiB of headers" },
		{ "/trailers/16384?folded=1", "bad_response|failed|200", "64 KiB of headers" },
		{ "/trailer-late", "ok|done|200", NULL },
		{ "/trailer-long", "bad_response|failed|200", "" },
		{ "/header-long/70", "bad_response|failed|200", "64 KiB of headers" },
		{ "/header-long/90", "bad_response|failed|200", "64 KiB of headers" },
		{ "/header-long/200", "bad_response|failed|200", "line is longer" },
		/* no HTTP */
		{ "/gzip-bad", "bad_encoding|failed|200", "compressed body is broken" },
		{ "/two-lengths", "bad_response|failed|200", "two Content-Lengths" },
		{ "/status/206", "bad_response|failed|206", "nobody asked" },
		{ "/status/304", "bad_response|failed|304", "nobody asked" },
		{ "/redirect-to?url=/page/2&status=206", "bad_response|failed|206", "nobody" },
		{ "/redirect-to?url=/page/2&status=304", "bad_response|failed|304", "nobody" },
		{ "/101", "bad_response|failed|101", "unasked" },
		{ "/chunked-bad", "bad_response|failed|200", "chunk" },
		{ "/chunked-bad/end", "bad_response|failed|200", "chunk" },
		{ "/chunked-bad/size", "bad_response|failed|200", "chunk" },
		{ "/nul-header", "bad_response|failed|200", "header" },
		{ "/http09", "bad_response|failed|-", "as HTTP does" },
		{ "/garbage", "bad_response|failed|-", "as HTTP does" },
		{ "/bad-status-line", "bad_response|failed|-", "as HTTP does" },
	};

	(void)state;
	for (int is_slow = 0; is_slow < 2; is_slow++) { /* of no other is time to decide */
		FILE *list = fopen(in_folder("list"), "w");

		for (size_t i = 0; i < COUNT_OF(rows); i++)
			if ((strncmp(rows[i].result, "timeout|", 8) == 0) == is_slow)
				fprintf(list, "%s%s\n", site.origin, rows[i].target);
		fclose(list);
		assert_code(RUN("list", QUICK, "--set", is_slow ? "timeout=2s" : "timeout=30s"), 1);
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *error;

		if (strcmp(page_of(rows[i].target, "outcome, state, status"), rows[i].result) != 0)
			fail_msg("%s: %s", rows[i].target,
				 page_of(rows[i].target, "outcome, state, status, error"));
		error = page_of(rows[i].target, "error");
		if (rows[i].error ? !strstr(error, rows[i].error) : strcmp(error, "-") != 0)
			fail_msg("%s: %s", rows[i].target, error);
	}
	assert_int_equal(ask_number("SELECT count(*) FROM pages"), COUNT_OF(rows));
}

/*
 * libcurl older than 8.1 writes them into the header that it saw last, also of the page before
 * (curl#11101); whether it takes them at all, each version decides anew.
 */
static void headers_that_begin_with_a_folded_line_harm_nobody(void **state)
{
	static const struct {
		const char *target, *result, *or_result; /* outcome */
	} rows[] = {
		{ "/folded-first", "bad_response", "ok" },
		{ "/folded-first-tab", "bad_response", "ok" },
		{ "/folded-blank", "bad_response", "ok" },
		{ "/folded", "ok", NULL },
		{ "/folded-length", "ok", "bad_response" },
		{ "/folded-trailer", "ok", "bad_response" },
	};
	enum { TIMES = 4 };
	FILE *list = fopen(in_folder("list"), "w");
	struct program *run;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows) * TIMES; i++)
		fprintf(list, "%s/page/%zu\n%s%s?%zu\n", site.origin, i, site.origin,
			rows[i / TIMES].target, i);
	fclose(list);
	run = RUN("list", QUICK, "--concurrency", "1", "-j", "1");
	assert_silent_on(run->error, "worker_exit");
	for (size_t i = 0; i < COUNT_OF(rows) * TIMES; i++) {
		const char *target = rows[i / TIMES].target, *or_result = rows[i / TIMES].or_result;
		char page[100];

		snprintf(page, sizeof(page), "%s?%zu", target, i);
		if (strcmp(page_of(page, "outcome"), rows[i / TIMES].result) != 0 &&
		    !(or_result && strcmp(page_of(page, "outcome"), or_result) == 0))
			fail_msg("%s: %s", page, page_of(page, "outcome, error"));
	}
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE url GLOB '*/page/*' AND "
				    "outcome = 'ok' AND title GLOB 'page *'"),
			 COUNT_OF(rows) * TIMES);
}

/* libcurl keeps each trailer, however many come. */
static void trailers_without_end_are_not_listened_to(void **state)
{
	struct requests requests;

	(void)state;
	assert_code(RUN(url("/trailers/16384"), QUICK), 1);
	assert_string_equal(ask("SELECT outcome, status, error FROM pages"),
			    "bad_response|200|more than 64 KiB of headers");
	requests = site_all_requests();
	assert_int_equal(requests.count, 1);
	assert_true(requests.list[0].sent < 8 * 1024 * 1024); /* the rest fills buffers at most */
}

/*
 * Bytes without a request are no answer (RFC 9112 9.2): whether they come at once or before the
 * next request, each page is its own.
 */
static void what_nobody_asked_for_is_nobodys_page(void **state)
{
	static const char *const targets[] = { "/leftover/0",      "/leftover/10",
					       "/leftover-408/0",  "/leftover-408/10",
					       "/leftover-408/30", "/leftover/30" };
	enum { TIMES = 1 };
	FILE *list = fopen(in_folder("list"), "w");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(targets) * TIMES; i++)
		fprintf(list, "%s%s?%zu\n%s/page/%zu\n", site.origin,
			targets[i % COUNT_OF(targets)], i, site.origin, i);
	fclose(list);
	assert_code(RUN("list", "--delay", "200ms", "--set", "retries=0", "--concurrency", "1",
			"-j", "1", "--set", "robots=false"),
		    0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok' AND "
				    "error IS NULL AND title = CASE WHEN url GLOB '*/page/*' THEN "
				    "replace(url, rtrim(url, '0123456789'), 'page ') "
				    "ELSE 'page' END"),
			 2 * COUNT_OF(targets) * TIMES);
}

static void the_frame_of_a_page_is_plain_or_it_is_no_page(void **state)
{
	static const struct {
		const char *target, *result; /* outcome, title */
		const char *error;           /* some words of it, or "-": none */
	} rows[] = {
#define FINE(lines) { "/coded?says=" lines, "ok|coded", "-" }
#define WRONG(lines, words)                                   \
	{                                                     \
		"/coded?says=" lines, "bad_response|-", words \
	}
		FINE("X:1"),
		FINE("Content-Length:%204619"),
		FINE("Content-Length:4619%20%20"),
		FINE("Content-Length:4619|Content-Length:4619"),
		FINE("Content-Length:4619,4619"),
		FINE("Content-Length:4619,%204619,%2004619"),
		WRONG("Content-Length:4619x", "Content-Length"),
		WRONG("Content-Length:x4619", "Content-Length"),
		WRONG("Content-Length:%2B4619", "Content-Length"),
		WRONG("Content-Length:-4619", "Content-Length"),
		WRONG("Content-Length:0x120b", "Content-Length"),
		WRONG("Content-Length:4619.0", "Content-Length"),
		WRONG("Content-Length:46%2019", "Content-Length"),
		WRONG("Content-Length:", "Content-Length"),
		WRONG("Content-Length:4619,", "Content-Length"),
		WRONG("Content-Length:9223372036854775808", "Content-Length"),
		WRONG("Content-Length:99999999999999999999999", "Content-Length"),
		WRONG("Content-Length:4619,%204618", "two Content-Lengths that differ"),
		WRONG("Content-Length:4619|Content-Length:4618", "two Content-Lengths that differ"),
		WRONG("Content-Length:4618|content-length:%204619",
		      "two Content-Lengths that differ"),
		WRONG("Content-Range:bytes%200-4618/4619",
		      "a part of the page (Content-Range), for which nobody asked"),
	};

	(void)state;
	MAKE_LIST(rows);
	assert_code(RUN("list", QUICK), 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (strcmp(page_of(rows[i].target, "outcome, title"), rows[i].result) != 0 ||
		    !strstr(page_of(rows[i].target, "error"), rows[i].error))
			fail_msg("%s: %s", rows[i].target,
				 page_of(rows[i].target, "outcome, title, error"));
	}
}

/*
 * Whatever was done to a page on its way is undone, or said not to be.  A Transfer-Encoding that
 * nobody asked for may be refused, as libcurl does since 8.8.
 */
static void codings_are_undone_in_order_or_named(void **state)
{
	static const struct {
		const char *target, *result; /* outcome, title, error */
	} rows[] = {
#define CODED(done, lines) { "/coded?done=" done "&says=" lines, "ok|coded|-" }
#define CE                 "Content-Encoding:"
#define TE                 "Transfer-Encoding:"
#define UNREADABLE(done, lines, words)                                      \
	{                                                                   \
		"/coded?done=" done "&says=" lines, "bad_encoding|-|" words \
	}
		CODED("gzip|gzip", CE "gzip,gzip"),
		CODED("gzip|gzip", CE "gzip|" CE "gzip"),
		CODED("gzip|br", CE "gzip,%20br"),
		CODED("br|gzip", CE "br|" CE "gzip"),
		CODED("deflate|zstd|gzip|br|bare", CE "deflate,zstd,gzip|" CE "br|" CE "deflate"),
		CODED("gzip", CE "identity,%20gzip"),
		CODED("gzip", CE "gzip,%20identity"),
		CODED("gzip", CE "GZIP;q=1"),
		CODED("gzip", CE ",gzip,"),
		CODED("gzip", CE "aws-chunked,gzip"),
		{ "/coded?says=" CE "identity", "ok|coded|-" },
		{ "/coded?says=" CE "none", "ok|coded|-" },
		{ "/coded?says=" CE, "ok|coded|-" },
		{ "/coded?says=" CE "utf-8", "ok|coded|-" },
		{ "/coded?says=" CE "aws-chunked", "ok|coded|-" },
		{ "/coded?says=" CE "binary", "ok|coded|-" },
		UNREADABLE("gzip", CE "compress", "Content-Encoding: compress is not understood"),
		UNREADABLE("gzip", CE "gzip,%20x-compress",
			   "Content-Encoding: x-compress is not understood"),
		UNREADABLE("gzip|gzip|gzip|gzip|gzip|gzip", CE "gzip,gzip,gzip,gzip,gzip,gzip",
			   "more encodings, one upon the other, than are undone"),
		UNREADABLE("gzip|gzip|gzip|gzip|gzip|gzip",
			   CE "gzip,gzip,gzip,gzip,gzip|" TE "gzip",
			   "more encodings, one upon the other, than are undone"),
		CODED("gzip", TE "gzip"),
		CODED("gzip|chunked", TE "gzip,%20chunked"),
		CODED("gzip|chunked", TE "gzip|" TE "chunked"),
		CODED("br|gzip|chunked", TE "gzip,%20chunked|" CE "br"),
		CODED("chunked", TE "identity,%20chunked"),
		{ "/coded?says=" TE "identity", "ok|coded|-" },
		UNREADABLE("chunked", TE "xchunked",
			   "Transfer-Encoding: xchunked is not understood"),
		UNREADABLE("gzip", TE "compress", "Transfer-Encoding: compress is not understood"),
		UNREADABLE("chunked|gzip", TE "chunked,%20gzip",
			   "Transfer-Encoding: gzip behind chunked is not understood"),
		UNREADABLE("chunked|chunked", TE "chunked,%20chunked",
			   "Transfer-Encoding: chunked behind chunked is not understood"),
	};

	(void)state;
	MAKE_LIST(rows);
	assert_code(RUN("list", QUICK), 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *result = page_of(rows[i].target, "outcome, title, error");
		bool is_framed = strstr(rows[i].target, TE) != NULL;

		if (strcmp(result, rows[i].result) != 0 &&
		    !(is_framed && strncmp(result, "bad_encoding|-|", 15) == 0))
			fail_msg("%s: %s", rows[i].target, result);
	}
}

/* gzip, zlib, zstd and brotli say where they end; a Content-Length is often of the page unpacked.
 */
static void a_page_that_is_proved_whole_is_whole(void **state)
{
	static const struct {
		const char *target, *result; /* outcome, title */
	} rows[] = {
#define LONGER "Content-Length:%2014619"
		{ "/coded?done=gzip&says=" CE "gzip|" LONGER, "ok|coded" },
		{ "/coded?done=deflate&says=" CE "deflate|" LONGER, "ok|coded" },
		{ "/coded?done=br&says=" CE "br|" LONGER, "ok|coded" },
		{ "/coded?done=zstd&says=" CE "zstd|" LONGER, "ok|coded" },
		{ "/coded?done=br|gzip&says=" CE "br,gzip|" LONGER, "ok|coded" },
		{ "/coded?done=gzip&resets=1&says=" CE "gzip|" LONGER, "ok|coded" },
		{ "/coded?done=gzip|chunked&cut=5&says=" CE "gzip|" TE "chunked", "ok|coded" },
		{ "/coded?done=gzip|chunked&cut=2&says=" CE "gzip|" TE "chunked", "ok|coded" },
		{ "/coded?done=br|chunked&cut=7&says=" CE "br|" TE "chunked", "ok|coded" },
		/* nothing proves it */
		{ "/coded?says=" LONGER, "truncated|-" },
		{ "/coded?done=chunked&cut=5&says=" TE "chunked", "truncated|-" },
		{ "/coded?done=gzip&cut=1&says=" CE "gzip|" LONGER, "truncated|-" },
		{ "/coded?done=gzip&cut=8&says=" CE "gzip", "truncated|-" },
		{ "/coded?done=gzip|gzip&cut=100&says=" CE "gzip,gzip", "truncated|-" },
		{ "/coded?done=deflate&cut=1&says=" CE "deflate|" LONGER, "truncated|-" },
		{ "/coded?done=br&cut=1&says=" CE "br|" LONGER, "truncated|-" },
		{ "/coded?done=zstd&cut=1&says=" CE "zstd|" LONGER, "truncated|-" },
		{ "/coded?done=gzip|chunked&cut=8&says=" CE "gzip|" TE "chunked", "truncated|-" },
	};

	(void)state;
	MAKE_LIST(rows);
	assert_code(RUN("list", QUICK), 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (strcmp(page_of(rows[i].target, "outcome, title"), rows[i].result) != 0)
			fail_msg("%s: %s", rows[i].target,
				 page_of(rows[i].target, "outcome, title, error"));
	}
	assert_int_equal(ask_number("SELECT count(error) FROM pages WHERE outcome = 'ok'"), 0);
}

/* What is behind the end of a page is a little, or it is not listened to. */
static void bytes_behind_the_end_are_not_read_for_ever(void **state)
{
	static const struct {
		const char *target, *result;
	} rows[] = {
		{ "/coded?done=gzip&behind=1000&says=" CE "gzip", "ok|coded" },
		{ "/coded?done=gzip&behind=100000000&says=" CE "gzip", "ok|coded" },
		{ "/coded?done=deflate&behind=100000000&says=" CE "deflate", "ok|coded" },
		{ "/coded?done=br&behind=100000000&says=" CE "br", "ok|coded" },
		{ "/coded?done=zstd&behind=100000000&says=" CE "zstd", "ok|coded" },
		{ "/coded?behind=100000000", "too_large|-" },
		{ "/coded?done=gzip&cut=8&behind=8&says=" CE "gzip", "bad_encoding|-" },
	};

	(void)state;
	MAKE_LIST(rows);
	assert_code(RUN("list", QUICK, "--concurrency", "1"), 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (strcmp(page_of(rows[i].target, "outcome, title"), rows[i].result) != 0)
			fail_msg("%s: %s", rows[i].target,
				 page_of(rows[i].target, "outcome, title, error"));
	}
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok' AND "
				    "wire_size > 1000000"),
			 0);
}

/* Whatever becomes of libcurl's handles, a host's connections are kept from page to page. */
static void pages_of_a_host_come_on_one_connection(void **state)
{
	struct requests requests;

	(void)state;
	write_list("list", "/page/%d", 1, 20);
	assert_code(RUN("list", QUICK, "--concurrency", "1", "-j", "1"), 0);
	requests = site_all_requests();
	assert_each_once(&requests, 20);
	for (size_t i = 0; i < requests.count; i++)
		assert_int_equal(requests.list[i].port, requests.list[0].port);
}

static void what_may_heal_is_tried_again_and_nothing_else(void **state)
{
	static const struct {
		const char *target, *result; /* outcome, status, tries */
		size_t requests;
	} rows[] = {
		{ "/flaky/1/once", "ok|200|2", 2 },
		{ "/status/503/1", "http_error|503|2", 2 }, /* a second later, as it is told */
		{ "/cut-body", "truncated|200|2", 2 },
		{ "/reset/body", "truncated|200|2", 2 },
		{ "/gone", "truncated|-|2", 0 }, /* libcurl asks again by itself, too */
		{ "/status/408", "http_error|408|2", 2 },
		{ "/status/421", "http_error|421|2", 2 },
		{ "/status/425", "http_error|425|2", 2 },
		{ "/missing", "http_error|404|1", 1 },
		{ "/chunked-bad", "bad_response|200|1", 1 },
	};
	struct requests requests;
	int64_t first_ms = 0;

	(void)state;
	MAKE_LIST(rows);
	assert_code(RUN("list", "--delay", "0", "--set", "retries=1", "--set", "retry_wait=50ms"),
		    1);
	requests = site_all_requests();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_string_equal(page_of(rows[i].target, "outcome, status, tries"),
				    rows[i].result);
		if (rows[i].requests > 0)
			assert_int_equal(requests_for(&requests, rows[i].target), rows[i].requests);
	}
	for (size_t i = 0; i < requests.count; i++) {
		if (strcmp(requests.list[i].target, "/status/503/1") != 0)
			continue;
		assert_true(first_ms == 0 || requests.list[i].arrived_ms - first_ms >= 1000);
		first_ms = requests.list[i].arrived_ms;
	}
}

/* Some libcurls do not say that a line had begun. */
static void a_reset_inside_the_status_line_is_tried_again(void **state)
{
	(void)state;
	assert_code(RUN(url("/reset/head"), "--delay", "0", "--set", "retries=1", "--set",
			"retry_wait=10ms", "--set", "robots=false"),
		    1);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE tries = 2 AND "
				    "outcome IN ('truncated', 'connect')"),
			 1);
}

/* To whom a connection does not lead, it will not the next time (RFC 9110 15.5.9, 15.5.20). */
static void what_a_connection_is_to_blame_for_is_tried_on_another(void **state)
{
	static const struct {
		const char *target;
	} rows[] = { { "/status/421" }, { "/status/408" } };
	struct requests requests;

	(void)state;
	MAKE_LIST(rows);
	assert_code(RUN("list", "--delay", "0", "-j", "1", "--concurrency", "1", "--set",
			"robots=false", "--set", "retries=1", "--set", "retry_wait=10ms"),
		    1);
	requests = site_all_requests();
	assert_int_equal(requests.count, 4);
	for (size_t i = 0; i < requests.count; i++) {
		for (size_t j = 0; j < i; j++)
			assert_false(strcmp(requests.list[i].target, requests.list[j].target) ==
					     0 &&
				     requests.list[i].port == requests.list[j].port);
	}
}

static void nobody_at_home_is_told_as_what_it_is(void **state)
{
	(void)state;
	assert_code(RUN("http://127.0.0.1:1/", "http://nobody.invalid/", QUICK), 1);
	assert_string_equal(ask("SELECT url, outcome, state, status FROM pages ORDER BY url"),
			    "http://127.0.0.1:1/|connect|failed|-\n"
			    "http://nobody.invalid/|dns|failed|-");
}

static void a_redirect_is_stored_with_where_it_led(void **state)
{
	(void)state;
	assert_code(RUN(url("/redirect/3"), url("/redirect-to?url=/page/7"), QUICK), 0);
	assert_string_equal(page_of("/redirect/3", "final_url"), url("/"));
	assert_string_equal(page_of("/redirect/3", "title"), "crawl test site");
	assert_string_equal(page_of("/redirect-to?url=/page/7", "final_url"), url("/page/7"));
	assert_string_equal(page_of("/redirect-to?url=/page/7", "title, size"), "page 7|10079");
}

/* The tutorials' first crawler, with no config at all. */
static void without_a_config_there_are_size_and_title_of_every_page(void **state)
{
	struct program *run;

	(void)state;
	write_list("list", "/page/%d", 1, 10);
	run = RUN("list", QUICK);
	assert_code(run, 0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE state = 'done' AND "
				    "outcome = 'ok' AND status = 200 AND size > 10000 AND "
				    "size = wire_size AND title GLOB 'page [0-9]*' AND "
				    "content_type = 'text/html; charset=utf-8' AND "
				    "final_url = url AND depth = 0 AND tries = 1 AND "
				    "fetched_at LIKE '20__-__-__T__:__:__.___Z' AND "
				    "elapsed_ms >= 0 AND error IS NULL AND from_url IS NULL"),
			 10);
	assert_string_equal(page_of("/page/7", "size, title"), "10079|page 7");
	assert_int_equal(run->out_size, 0);
}

static void every_content_coding_gives_the_page_as_it_was(void **state)
{
	static const struct {
		const char *target, *result; /* size, title */
		bool is_smaller;             /* on the wire */
	} rows[] = {
		{ "/gzip", "4517|gzip", true },       { "/gzip-trailing", "4517|gzip", true },
		{ "/deflate", "4823|deflate", true }, { "/deflate-raw", "5231|raw deflate", true },
		{ "/br", "4721|brotli", true },       { "/zstd", "4517|zstd", true },
		{ "/chunked", "37|chunked", false },  { "/gzip-bomb/9", "9437184|-", true },
	};

	(void)state;
	MAKE_LIST(rows);
	assert_code(RUN("list", QUICK), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_string_equal(page_of(rows[i].target, "size, title"), rows[i].result);
		assert_string_equal(page_of(rows[i].target, "wire_size < size"),
				    rows[i].is_smaller ? "1" : "0");
	}
}

static void a_private_address_is_refused_where_only_public_ones_are_allowed(void **state)
{
	(void)state;
	assert_code(RUN(url("/page/1"), "--set", "private_addresses=none", "--set", "robots=false"),
		    1);
	assert_string_equal(ask("SELECT outcome, state, status FROM pages"),
			    "blocked_address|failed|-");
	assert_int_equal(site_requests().count, 0);
}

/* A page of the list that leads to what only we, or our proxy, can see. */
static void write_way(FILE *list, const char *to)
{
	fprintf(list, "http://public.example/redirect-to?url=%s\n", to);
}

/*
 * The rule is about the host, never about the proxy, which is the user's own: a literal address is
 * judged by its bits, a name by its text.
 */
static void behind_a_proxy_the_host_is_judged_and_not_the_proxy(void **state)
{
	static const struct {
		const char *to, *result; /* outcome */
	} rows[] = {
		{ "http://other.example/page/1", "ok" },
		{ "http://8.8.8.8/page/1", "ok" },
		{ "http://localhost.example/page/1", "ok" },
		{ "http://127.0.0.1/page/1", "blocked_address" },
		{ "http://127.1/page/1", "blocked_address" },
		{ "http://0x7f000001/page/1", "blocked_address" },
		{ "http://169.254.169.254/page/1", "blocked_address" },
		{ "http://[::1]/page/1", "blocked_address" },
		{ "http://[::ffff:10.0.0.1]/page/1", "blocked_address" },
		{ "http://localhost/page/1", "blocked_address" },
		{ "http://a.localhost/page/1", "blocked_address" },
		{ "http://printer.local/page/1", "blocked_address" },
		{ "http://metadata.internal/page/1", "blocked_address" },
		{ "http://intranet/page/1", "blocked_address" },
	};
	static const char *const settings[] = { "private_addresses=named",
						"private_addresses=none" };
	char proxy[100];
	const char *environment[] = { proxy, "no_proxy=127.0.0.1,::1,localhost", NULL };
	struct program_setup setup = { .environment = environment };
	FILE *list = fopen(in_folder("list"), "w");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		write_way(list, rows[i].to);
	fclose(list);
	snprintf(proxy, sizeof(proxy), "http_proxy=%s", site.origin);
	for (size_t i = 0; i < 4; i++) {
		setup.environment = i < 2 ? environment : (const char *[]){ proxy, NULL };
		RUN_WITH(&setup, "list", QUICK, "--fresh", "--set", settings[i % 2]);
		for (size_t row = 0; row < COUNT_OF(rows); row++) {
			char sql[400];

			snprintf(sql, sizeof(sql),
				 "SELECT outcome FROM pages WHERE substr(url, "
				 "instr(url, '=') + 1) = '%s'",
				 rows[row].to);
			if (strcmp(ask(sql), rows[row].result) != 0)
				fail_msg("%zu: %s: %s", i, rows[row].to, ask(sql));
		}
		assert_int_equal(ask_number("SELECT count(address) FROM hosts"), 0);
	}
}

static void set_address_of_all(const char *address)
{
	char sql[200];
	sqlite3 *db;

	snprintf(sql, sizeof(sql), "UPDATE hosts SET address = '%s'", address);
	ask_in(NULL, NULL); /* it is closed */
	assert_int_equal(sqlite3_open(in_folder("crawl.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* What is known of a host from a run without a proxy, or with an older program. */
static void behind_a_proxy_a_known_address_counts_for_nothing(void **state)
{
	static const char *const addresses[] = { "8.8.4.4", "127.0.0.1" };
	char proxy[100], target[200];
	const char *environment[] = { proxy, NULL };
	struct program_setup setup = { .environment = environment };

	(void)state;
	snprintf(proxy, sizeof(proxy), "http_proxy=%s", site.origin);
	snprintf(target, sizeof(target), "http://public.example/redirect-to?url=%s",
		 url("/page/1"));
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		assert_code(RUN_WITH(&setup, "http://public.example/page/1", QUICK, "--fresh"), 0);
		set_address_of_all(addresses[i]);
		RUN_WITH(&setup, "http://public.example/page/1", target, QUICK);
		assert_string_equal(ask("SELECT outcome FROM pages ORDER BY url"),
				    "ok\nblocked_address");
		assert_int_equal(ask_number("SELECT count(address) FROM hosts"), 0);
	}
}

static void behind_a_proxy_hosts_are_asked_also_where_addresses_count(void **state)
{
	char proxy[100];
	const char *environment[] = { proxy, NULL };
	struct program_setup setup = { .environment = environment };

	(void)state;
	snprintf(proxy, sizeof(proxy), "http_proxy=%s", site.origin);
	write_text("list", "http://a.example/page/1\nhttp://b.example/page/2\n"
			   "http://a.example/page/3\nhttp://127.0.0.7/page/1\n");
	assert_code(RUN_WITH(&setup, "list", QUICK, "--set", "polite_per=address"), 0);
	assert_string_equal(ask("SELECT outcome, tries, count(*) FROM pages GROUP BY 1, 2"),
			    "ok|1|4");
}

/* No connection to the host came to be, and what the proxy says of that is no page. */
static void a_proxy_that_does_not_connect_is_named_as_such(void **state)
{
	char proxy[100];

	(void)state;
	snprintf(proxy, sizeof(proxy), "proxy=%s", site.origin);
	assert_code(RUN("https://public.example/", QUICK, "--set", proxy), 1);
	assert_string_equal(ask("SELECT outcome, state, status, error, title, size, content_type "
				"FROM pages"),
			    "connect|failed|400|the proxy does not connect: HTTP status 400|-|0|-");
}

/* The setting, and as with curl the environment, unless the setting says otherwise. */
static void a_proxy_is_asked_for_everything(void **state)
{
	static const struct {
		const char *variable, *setting, *outcome;
	} rows[] = {
		{ "CRAWL_PROXY", "robots=false", "ok" },
		{ "http_proxy", "robots=false", "ok" },
		{ "ALL_PROXY", "robots=false", "ok" },
		{ "HTTP_PROXY", "robots=false", "dns" }, /* a client of a CGI script could set it */
		{ "http_proxy", "proxy=http://127.0.0.1:1", "connect" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char proxy[100];
		const char *environment[] = { proxy, NULL };
		struct program_setup setup = { .environment = environment };

		snprintf(proxy, sizeof(proxy), "%s=%s", rows[i].variable, site.origin);
		RUN_WITH(&setup, "http://no-such-name.invalid/page/1", QUICK, "--fresh", "--set",
			 "retries=0", "--set", rows[i].setting);
		if (strcmp(ask("SELECT outcome FROM pages"), rows[i].outcome) != 0)
			fail_msg("%s: %s", rows[i].variable, ask("SELECT outcome FROM pages"));
	}
}

/* "/page/1?" is not "/page/1", for a proxy neither (url.h). */
static void an_empty_query_is_asked_for(void **state)
{
	static const char *const hosts[] = { "", "no-such-name.invalid" };
	char proxy[100];
	const char *environment[] = { proxy, NULL };
	struct program_setup setup = { .environment = environment };
	struct requests requests;

	(void)state;
	snprintf(proxy, sizeof(proxy), "http_proxy=%s", site.origin);
	write_text("list", "%s\n%s\n%s\n", url("/page/1?"), url("/page/1"), url("/page/1?a?"));
	assert_code(RUN("list", QUICK, "-j", "1", "--concurrency", "1"), 0);
	write_text("list", "http://%s/page/2?\nhttp://%s/page/2\n", hosts[1], hosts[1]);
	assert_code(RUN_WITH(&setup, "list", QUICK, "-o", "proxy.db"), 0);
	requests = site_all_requests();
	assert_each_once(&requests, 5);
	assert_int_equal(requests_for(&requests, "/page/1?"), 1);
	assert_int_equal(requests_for(&requests, "/page/1?a?"), 1);
	assert_int_equal(requests_for(&requests, "/page/2?"), 1);
	for (size_t i = 0; i < requests.count; i++)
		assert_true(!strstr(requests.list[i].target, "/2") ==
			    !!strcmp(requests.list[i].host, hosts[1]));
}

static void a_body_may_be_as_large_as_max_body_and_no_larger(void **state)
{
	static const struct {
		const char *target, *result; /* outcome */
	} rows[] = {
		{ "/size/0", "ok" },
		{ "/size/1", "ok" },
		{ "/size/49999", "ok" },
		{ "/size/50000", "ok" },
		{ "/size/50001", "too_large" },
		{ "/size/100000", "too_large" },
		{ "/gzip-bomb/1", "too_large" },
	};

	(void)state;
	MAKE_LIST(rows);
	assert_code(RUN("list", QUICK, "--set", "max_body=50000"), 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(page_of(rows[i].target, "outcome"), rows[i].result);
	assert_string_equal(page_of("/size/50000", "size, title"), "50000|size 50000");
}

static void a_page_that_is_no_text_has_a_size_and_no_charset(void **state)
{
	(void)state;
	assert_code(RUN(url("/type/image/png"), "-e", "all=(.)", QUICK), 0);
	assert_string_equal(ask("SELECT size, title, charset, charset_source, content_type "
				"FROM pages"),
			    "256|-|-|-|image/png");
	assert_int_equal(ask_number("SELECT count(*) FROM \"all\""), 0);
}

static void the_site_sees_what_crawl_says_of_itself(void **state)
{
	(void)state;
	assert_code(RUN(url("/echo"), QUICK, "-e",
			"header=(?m)^(?<name>[A-Za-z-]+): (?<value>[^\\r]*)", "--set",
			"user_agent=someone/1.0 (+mailto:me@example.org)"),
		    0);
	assert_string_equal(ask("SELECT value FROM header WHERE name = 'User-Agent'"),
			    "someone/1.0 (+mailto:me@example.org)");
	assert_string_equal(ask("SELECT value FROM header WHERE name = 'Host'"),
			    site.origin + strlen("http://"));
	assert_says(ask("SELECT value FROM header WHERE name = 'Accept-Encoding'"), "zstd");
	assert_string_equal(ask("SELECT count(*) FROM header WHERE name IN ('Cookie', 'Referer')"),
			    "0");
}

/* ---- charsets ---- */

static void every_charset_gives_the_title_in_utf_8(void **state)
{
	static const struct {
		const char *target, *result; /* title, charset, charset_source */
	} rows[] = {
		{ "/charset/utf-8", "你好，世界|utf-8|header" },
		{ "/charset/gb18030", "你好，世界|gb18030|header" },
		{ "/charset/gbk", "你好，世界|gb18030|header" },
		{ "/charset/gb2312", "你好，世界|gb18030|header" },
		{ "/charset/big5", "你好，世界|big5|header" },
		{ "/charset/shift_jis", "こんにちは|shift_jis|header" },
		{ "/charset/euc-jp", "こんにちは|euc-jp|header" },
		{ "/charset/koi8-r", "Привет мир|koi8-r|header" },
		{ "/charset/windows-1251", "Привет мир|windows-1251|header" },
		{ "/charset/windows-1252", "café|windows-1252|header" },
		{ "/charset/iso-8859-2", "Žluťoučký kůň|iso-8859-2|header" },
		{ "/charset/utf-16le", "Привет мир|utf-16le|header" },
		{ "/charset/gb2312?header=0", "你好，世界|gb18030|meta" },
		{ "/charset/big5?header=0", "你好，世界|big5|meta" },
		{ "/charset/shift_jis?header=0", "こんにちは|shift_jis|meta" },
		{ "/charset/koi8-r?header=0", "Привет мир|koi8-r|meta" },
		{ "/charset/utf-8?header=0&meta=0", "你好，世界|utf-8|utf8" },
		{ "/charset/utf-8?header=0&meta=0&bom=1", "你好，世界|utf-8|bom" },
		{ "/charset/utf-16le?header=0&meta=0&bom=1", "Привет мир|utf-16le|bom" },
		{ "/charset/windows-1251?header=0&meta=0", "Привет мир|windows-1251|detected" },
	};

	(void)state;
	MAKE_LIST(rows);
	assert_code(RUN("list", QUICK), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *result =
			page_of(rows[i].target, "title, lower(charset), charset_source");

		if (strcmp(result, rows[i].result) != 0)
			fail_msg("%s: %s", rows[i].target, result);
	}
}

/* ---- politeness ---- */

#define JITTER_MS 100 /* what a busy machine may add between a hand-out and its arrival */

static int compare_arrivals(const void *a, const void *b)
{
	const struct request *one = a, *other = b;

	return (one->arrived_ms > other->arrived_ms) - (one->arrived_ms < other->arrived_ms);
}

/* The most requests of a host (all, if NULL) that were under way at one time. */
static size_t most_at_once(const struct requests *requests, const char *host)
{
	size_t most = 0;

	for (size_t i = 0; i < requests->count; i++) {
		const struct request *one = &requests->list[i];
		size_t count = 0;

		if (host && strcmp(one->host, host) != 0)
			continue;
		for (size_t j = 0; j < requests->count; j++) {
			const struct request *other = &requests->list[j];

			if (host && strcmp(other->host, host) != 0)
				continue;
			count += other->arrived_ms <= one->arrived_ms &&
				 (other->ended_ms > one->arrived_ms || other == one);
		}
		most = count > most ? count : most;
	}
	return most;
}

static void requests_of_a_host_start_no_closer_than_its_delay(void **state)
{
	enum { PAGES = 6, DELAY_MS = 200 };
	struct requests requests;
	char sql[400];

	(void)state;
	write_list("list", "/page/%d", 1, PAGES);
	assert_code(RUN("list", "--delay", "200ms", "--concurrency", "8", "-j", "3"), 0);
	requests = site_all_requests();
	assert_each_once(&requests, PAGES);
	qsort(requests.list, requests.count, sizeof(*requests.list), compare_arrivals);
	for (size_t i = 1; i < requests.count; i++)
		assert_true(requests.list[i].arrived_ms - requests.list[i - 1].arrived_ms >=
			    DELAY_MS - JITTER_MS);
	/* As the master saw it, which the way to the site does not blur. */
	snprintf(sql, sizeof(sql),
		 "SELECT count(*) FROM (SELECT unixepoch(fetched_at) * 1000 + "
		 "substr(fetched_at, 21, 3) - lag(unixepoch(fetched_at) * 1000 + "
		 "substr(fetched_at, 21, 3)) OVER (ORDER BY fetched_at) AS gap FROM pages) "
		 "WHERE gap < %d",
		 DELAY_MS - 2);
	assert_int_equal(ask_number(sql), 0);
}

/* Two names of the site, of one owner and at one address, and each in turn. */
static void hosts_keep_their_distance_together(const char *polite_per)
{
	enum { PAGES = 6, DELAY_MS = 150 };
	struct requests requests;
	FILE *list = fopen(in_folder("list"), "w");

	for (int page = 0; page < PAGES; page++)
		fprintf(list, "http://%c.site.localhost:%u/delay/400/page/%d\n", 'a' + page % 2,
			site.port, page);
	fclose(list);
	assert_code(RUN("list", "--delay", "150ms", "-j", "3", "--set", polite_per), 0);
	requests = site_all_requests();
	assert_each_once(&requests, PAGES);
	assert_int_equal(most_at_once(&requests, NULL), 2);
	qsort(requests.list, requests.count, sizeof(*requests.list), compare_arrivals);
	for (size_t i = 1; i < requests.count; i++)
		assert_true(requests.list[i].arrived_ms - requests.list[i - 1].arrived_ms >=
			    DELAY_MS - JITTER_MS);
}

static void hosts_of_a_domain_may_keep_their_distance_together(void **state)
{
	(void)state;
	hosts_keep_their_distance_together("polite_per=domain");
}

static void hosts_of_an_address_may_keep_their_distance_together(void **state)
{
	(void)state;
	hosts_keep_their_distance_together("polite_per=address");
}

static void a_name_without_an_address_fails_also_where_addresses_count(void **state)
{
	(void)state;
	write_text("list", "%s\nhttp://no-such-name.invalid/\n", url("/page/1"));
	assert_code(RUN("list", QUICK, "--set", "polite_per=address", "--set", "retries=0"), 1);
	assert_string_equal(ask("SELECT outcome FROM pages ORDER BY outcome DESC"), "ok\ndns");
}

/* What comes after it need not wait; but one that fails is a try. */
static void to_find_out_an_address_is_no_request(void **state)
{
	(void)state;
	write_text("list", "http://a.site.localhost:%u/page/1\n", site.port);
	assert_code(RUN("list", "--delay", "1h", "--set", "polite_per=address", "--set",
			"robots=false"),
		    0);
	write_text("list", "http://no-such-name.invalid/\n");
	assert_code(RUN("list", "--delay", "0", "--set", "polite_per=address", "--set", "retries=2",
			"--set", "robots=false", "--set", "retry_wait=10ms"),
		    1);
	assert_string_equal(ask("SELECT outcome, tries FROM pages ORDER BY outcome DESC"),
			    "ok|1\ndns|3");
}

/* One worker of the site: what it notes is in one order. */
static int begin_with_one_worker(void **state)
{
	(void)state;
	return scenario_begin_with((const char *[]){ "--workers", "1", NULL });
}

static void a_concurrency_of_one_never_overlaps(void **state)
{
	struct requests requests;

	(void)state;
	write_list("list", "/delay/20/page/%d", 1, 12);
	assert_code(RUN("list", "--delay", "0", "--concurrency", "1", "-j", "4"), 0);
	requests = site_all_requests();
	assert_each_once(&requests, 12);
	assert_int_equal(most_at_once(&requests, NULL), 1);
}

static void a_concurrency_of_two_is_used_and_never_exceeded(void **state)
{
	struct requests requests;

	(void)state;
	write_list("list", "/delay/40/page/%d", 1, 20);
	assert_code(RUN("list", "--delay", "0", "--concurrency", "2", "-j", "4"), 0);
	requests = site_all_requests();
	assert_each_once(&requests, 20);
	assert_int_equal(most_at_once(&requests, NULL), 2);
}

static int begin_with_two_addresses(void **state)
{
	(void)state;
	return scenario_begin_with((const char *[]){ "--workers", "1", "--addresses", "2", NULL });
}

static void two_hosts_are_asked_at_the_same_time(void **state)
{
	char first[64], second[64];
	struct requests requests;
	FILE *list;

	(void)state;
	snprintf(first, sizeof(first), "127.0.0.1:%u", site.port);
	snprintf(second, sizeof(second), "127.0.0.2:%u", site.port);
	list = fopen(in_folder("list"), "w");
	assert_non_null(list);
	for (int i = 0; i < 8; i++)
		fprintf(list, "http://%s/delay/60/page/%d\nhttp://%s/delay/60/page/%d\n", first, i,
			second, i);
	fclose(list);
	assert_code(RUN("list", "--delay", "0", "--concurrency", "1"), 0);
	requests = site_all_requests();
	assert_int_equal(requests.count, 16);
	assert_int_equal(most_at_once(&requests, first), 1);
	assert_int_equal(most_at_once(&requests, second), 1);
	assert_int_equal(most_at_once(&requests, NULL), 2);
	assert_string_equal(ask("SELECT pages, errors, address FROM hosts ORDER BY origin"),
			    "8|0|127.0.0.1\n8|0|127.0.0.2");
}

static void three_hundred_pages_by_eight_workers_are_all_there_once(void **state)
{
	struct requests requests;

	(void)state;
	write_list("list", "/page/%d", 1, 300);
	assert_code(RUN("list", "-j", "8", "--delay", "0", "--concurrency", "64"), 0);
	requests = site_all_requests();
	assert_each_once(&requests, 300);
	assert_string_equal(ask("SELECT count(*), count(DISTINCT url), sum(state = 'done') "
				"FROM pages"),
			    "300|300|300");
}

/* ---- HTTPS ---- */

static pid_t tls_server;
static unsigned tls_port;
static int held_tls_port;

static bool is_installed(const char *name)
{
	char command[100];

	snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", name);
	return system(command) == 0;
}

/* An authority of our own, and a certificate by it for 127.0.0.1 alone. */
static int make_certificates(void)
{
	char command[2048];

	write_text("names", "subjectAltName=IP:127.0.0.1\n");
	snprintf(command, sizeof(command),
		 "cd %s && exec >openssl.log 2>&1 && "
		 "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=test authority' "
		 "-keyout ca.key -out ca.pem && "
		 "openssl req -newkey rsa:2048 -nodes -subj '/CN=127.0.0.1' -keyout key.pem "
		 "-out request.pem && "
		 "openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days "
		 "2 "
		 "-extfile names -out certificate.pem",
		 in_folder(""));
	return system(command);
}

static bool answers(unsigned port)
{
	struct site_process server = { .port = port };
	int fd = site_connect(&server);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int begin_with_tls(void **state)
{
	char port[16];

	(void)state;
	if (folder_make(state) < 0)
		return -1;
	if (!is_installed("nghttpd") || !is_installed("openssl"))
		return 0; /* the test says so */
	if (make_certificates() != 0)
		return -1;
	write_text("index.html", "<!DOCTYPE html><title>safe</title>");
	tls_port = 0;
	held_tls_port = port_hold(&tls_port);
	if (held_tls_port < 0)
		return -1;
	snprintf(port, sizeof(port), "%u", tls_port);
	tls_server = fork();
	if (tls_server == 0) {
		if (chdir(in_folder("")) < 0)
			_exit(127);
		execlp("nghttpd", "nghttpd", "-a", "127.0.0.1", "-d", ".", port, "key.pem",
		       "certificate.pem", (char *)NULL);
		_exit(127);
	}
	return WAIT_UNTIL(answers(tls_port)) ? 0 : -1;
}

static int end_with_tls(void **state)
{
	if (tls_server > 0) {
		kill(tls_server, SIGKILL);
		waitpid(tls_server, NULL, 0);
		close(held_tls_port);
	}
	tls_server = 0;
	ask_in(NULL, NULL);
	return folder_remove(state);
}

/* The server speaks nothing but HTTP/2. */
static void a_page_comes_over_https_only_from_who_can_prove_its_name(void **state)
{
	char page[64], misnamed[64], authority[200];

	(void)state;
	if (tls_server == 0) {
		print_message("skipped: it wants nghttpd (nghttp2-server) and openssl\n");
		skip();
	}
	snprintf(page, sizeof(page), "https://127.0.0.1:%u/index.html", tls_port);
	snprintf(misnamed, sizeof(misnamed), "https://localhost:%u/index.html", tls_port);
	snprintf(authority, sizeof(authority), "ca_file=%s", in_folder("ca.pem"));

	assert_code(RUN(page, "-o", "trusted.db", "--set", authority, QUICK), 0);
	assert_string_equal(
		ask_in(in_folder("trusted.db"), "SELECT outcome, state, status, title FROM pages"),
		"ok|done|200|safe");

	assert_code(RUN(page, "-o", "unknown.db", QUICK), 1);
	assert_string_equal(ask_in(in_folder("unknown.db"), "SELECT outcome, state FROM pages"),
			    "tls|failed");

	assert_code(RUN(misnamed, "-o", "misnamed.db", "--set", authority, QUICK), 1);
	assert_string_equal(ask_in(in_folder("misnamed.db"), "SELECT outcome, state FROM pages"),
			    "tls|failed");

	assert_code(RUN(page, "-o", "old.db", "--set", authority, QUICK, "--set", "http2=false"),
		    1);
}

/* Also while the first heads are still to come: frames wait on the connection then. */
static void pages_of_http2_share_a_connection_from_the_first_on(void **state)
{
	char authority[200], path[64];

	(void)state;
	if (tls_server == 0) {
		print_message("skipped: it wants nghttpd (nghttp2-server) and openssl\n");
		skip();
	}
	snprintf(authority, sizeof(authority), "ca_file=%s", in_folder("ca.pem"));
	snprintf(site.origin, sizeof(site.origin), "https://127.0.0.1:%u", tls_port);
	snprintf(path, sizeof(path), "/index.html?%%d");
	write_list("list", path, 1, 200);
	assert_code(RUN("list", "--set", authority, QUICK, "-j", "1", "--concurrency", "32"), 0);
	assert_string_equal(ask("SELECT outcome, status, title, tries, count(*) FROM pages "
				"GROUP BY 1, 2, 3, 4"),
			    "ok|200|safe|1|200");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scenario_begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_answer_has_its_outcome),
		TEST(headers_that_begin_with_a_folded_line_harm_nobody),
		TEST(trailers_without_end_are_not_listened_to),
		TEST(bytes_behind_the_end_are_not_read_for_ever),
		TEST(pages_of_a_host_come_on_one_connection),
		TEST(what_nobody_asked_for_is_nobodys_page),
		TEST(the_frame_of_a_page_is_plain_or_it_is_no_page),
		TEST(codings_are_undone_in_order_or_named),
		TEST(a_page_that_is_proved_whole_is_whole),
		TEST(what_may_heal_is_tried_again_and_nothing_else),
		TEST(a_reset_inside_the_status_line_is_tried_again),
		TEST(what_a_connection_is_to_blame_for_is_tried_on_another),
		TEST(nobody_at_home_is_told_as_what_it_is),
		TEST(a_redirect_is_stored_with_where_it_led),
		TEST(without_a_config_there_are_size_and_title_of_every_page),
		TEST(every_content_coding_gives_the_page_as_it_was),
		TEST(a_private_address_is_refused_where_only_public_ones_are_allowed),
		TEST(behind_a_proxy_the_host_is_judged_and_not_the_proxy),
		TEST(behind_a_proxy_a_known_address_counts_for_nothing),
		TEST(behind_a_proxy_hosts_are_asked_also_where_addresses_count),
		TEST(a_proxy_that_does_not_connect_is_named_as_such),
		TEST(a_proxy_is_asked_for_everything),
		TEST(an_empty_query_is_asked_for),
		TEST(a_body_may_be_as_large_as_max_body_and_no_larger),
		TEST(a_page_that_is_no_text_has_a_size_and_no_charset),
		TEST(the_site_sees_what_crawl_says_of_itself),
		TEST(every_charset_gives_the_title_in_utf_8),
		TEST(requests_of_a_host_start_no_closer_than_its_delay),
		cmocka_unit_test_setup_teardown(hosts_of_a_domain_may_keep_their_distance_together,
						begin_with_one_worker, scenario_end),
		cmocka_unit_test_setup_teardown(
			hosts_of_an_address_may_keep_their_distance_together, begin_with_one_worker,
			scenario_end),
		TEST(a_name_without_an_address_fails_also_where_addresses_count),
		TEST(to_find_out_an_address_is_no_request),
		cmocka_unit_test_setup_teardown(a_concurrency_of_one_never_overlaps,
						begin_with_one_worker, scenario_end),
		cmocka_unit_test_setup_teardown(a_concurrency_of_two_is_used_and_never_exceeded,
						begin_with_one_worker, scenario_end),
		cmocka_unit_test_setup_teardown(two_hosts_are_asked_at_the_same_time,
						begin_with_two_addresses, scenario_end),
		TEST(three_hundred_pages_by_eight_workers_are_all_there_once),
		cmocka_unit_test_setup_teardown(
			a_page_comes_over_https_only_from_who_can_prove_its_name, begin_with_tls,
			end_with_tls),
		cmocka_unit_test_setup_teardown(pages_of_http2_share_a_connection_from_the_first_on,
						begin_with_tls, end_with_tls),
	};

	return RUN_TESTS(tests);
}
