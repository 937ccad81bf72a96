#ifndef NODES_H
#define NODES_H

#include "tests/support/scenario.h"
#include "tests/support/site_judge.h"

/*
 * nodes: crawls of the site's web of many hosts (tests/site/web.c) by one machine or by several,
 * and what came of them.
 *
 * "where" is what -o is given.  All of it fails the running test if it cannot be done.
 */
struct nodes_web {
	unsigned hosts, pages; /* of a host */
	unsigned delay_ms, concurrency;
	unsigned answer_ms;      /* that the site takes for each page; 0: none */
	unsigned workers;        /* of a node; 0: 2 */
	unsigned rule_pages;     /* max_pages of the rule that is followed; 0: none */
	unsigned later_s;        /* of a Retry-After; 0: 1 */
	unsigned crawl_delay_ms; /* of every tenth host; 0: 400 */
	unsigned rules;          /* more in each robots.txt, which forbid nothing */
	/* What else each node is told, NULL at the end; or NULL. */
	const char *const *options;
	const char *const *environment;
};

/* Start the site, write "web.yaml" and "list", the first page of each host, in the folder. */
void nodes_serve(const struct nodes_web *web);

/* With which code a crawl of all of it ends: it has 404s, or is too small. */
int nodes_code(void);

/* One more of those who crawl. */
struct program *nodes_start(const char *where);

/* The same with further words, NULL at the end, and another list, or none (NULL). */
struct program *nodes_start_with(const char *where, const char *list, const char *const more[]);

/* ---- what came of it ---- */

/* The answer to SQL as "a|b\nc|d", NULL as "-": good until the next call. */
typedef const char *nodes_ask(const char *where, const char *sql);

/*
 * All that must be the same whoever crawled, and however: URLs, outcomes, rows and keys, hosts, in
 * a fixed order; but not which of several pages owns a row, nor who found a URL first.  A redirect
 * to a URL that is read anyway is "moved" or "ok", by which of them came first: here it is the
 * same.  Fails the test if anything is there twice.  The caller frees it.
 */
char *nodes_result(nodes_ask *ask, const char *where);

/* Fails the test with the first line that differs. */
void nodes_assert_same(const char *result, const char *wanted);

/*
 * What one machine makes of the same web with a file, in peace, meanwhile: it has a site of its
 * own.  The caller frees the result.
 */
void nodes_begin_alone(void);
char *nodes_end_alone(void);

/* How the site was treated from then on (of CLOCK_MONOTONIC; 0: ever). */
struct site_judged nodes_judge(int64_t from_ms);

/*
 * No two requests of a host closer than its delay, never more than so many at once, none while it
 * wants to be left alone.
 */
void nodes_assert_polite(void);

/* A busy machine makes a worker send late, and the site read its clock late. */
#define NODES_JITTER_MS (150 * SLOWNESS)

#endif
