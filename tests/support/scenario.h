#ifndef SCENARIO_H
#define SCENARIO_H

#include "tests/support/program.h"
#include "tests/support/site_process.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * scenario: the stage of an end-to-end test: a folder, the test site with a log, and looks at
 * the database that go past crawl.
 */
extern struct site_process site;

/* Set-up and teardown.  The usual site: one address, two workers. */
int scenario_begin(void **state);
int scenario_end(void **state);

/* Set-up with another site: options as of site_start(). */
int scenario_begin_with(const char *const options[]);

/* The same, with the files below in_folder("root") on it, for paths it has nothing of its own for.
 */
int scenario_begin_rooted(const char *const options[]);

/* A URL of the site.  Good until the sixteenth call after this one. */
const char *url(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same at another address of it: 127.0.0.ADDRESS. */
const char *url_at(unsigned address, const char *path);

/* A list in the folder with the URLs that path makes of first, first + 1, ... ("%d" in it). */
const char *write_list(const char *name, const char *path, int first, int count);

/* ---- what was asked of the site ---- */

struct request {
	int64_t arrived_ms, ended_ms;
	char method[8], host[64], target[512];
	int status;
	uint64_t sent;     /* bytes of the answer */
	unsigned port;     /* the client's: the same on one connection */
	char carried[512]; /* headers that say who asks, as tests/site/log.h has them */
};

/* But for /robots.txt, in the order of their ends. */
struct requests {
	struct request *list;
	size_t count;
};

/* What has been answered until now.  Good until the next call. */
struct requests site_requests(void);

/* Stop the site, so that no line is missing. */
struct requests site_all_requests(void);

/* How often was robots.txt asked for until now, of all hosts? */
size_t robots_requests(void);

/* How often was it asked for? */
size_t requests_for(const struct requests *requests, const char *target);

/* Was each asked for once, and nothing besides?  Fails the test if not. */
void assert_each_once(const struct requests *requests, size_t count);

/* ---- what the database says ---- */

/*
 * The answer to sql of crawl.db as "a|b\nc|d", NULL as "-".  Good until the next call.  Fails the
 * test if there is none.
 */
const char *ask(const char *sql);
const char *ask_in(const char *database, const char *sql);
long ask_number(const char *sql);

/* Everything of a database that does not depend on time.  The caller frees it. */
char *contents(const char *database, const char *table);

#endif
