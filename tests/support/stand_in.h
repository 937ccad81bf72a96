#ifndef STAND_IN_H
#define STAND_IN_H

#include "crawler/links/follow.h"
#include "crawler/pool/pool.h"
#include <stdatomic.h>

/*
 * stand_in: workers that fetch nothing, and answer every job from a script.
 *
 * What a worker makes of a page (text, title, links) the stand-in makes with the worker's own
 * hands, and may lie about.  A URL that the script has not is answered with 404.
 */
#define STAND_IN_PAGES_MAX 256
#define STAND_IN_HOSTS     64 /* by the first letter of their names */

/* A link as no worker has made it: what its head says (outlinks.h), and its bytes. */
struct stand_in_lie {
	struct slice url;
	unsigned claims; /* bytes of the URL, or 0: as many as there are */
	unsigned rule, verdict;
};

struct stand_in_page {
	const char *url;
	int status;
	const char *text; /* of the page; of a redirect its Location */
	const char *etag; /* a request that says it knows this one is answered with 304; or NULL */

	/* The first so many requests end otherwise: with this status, or the worker's death. */
	unsigned bad;
	int bad_status;
};

#define STAND_IN_DIES         (-1)
#define STAND_IN_BREAKS       (-2) /* out of its jail, which ends it */
#define STAND_IN_DIES_UNNAMED (-3) /* before the worker has said what it is busy with */
#define STAND_IN_IS_SHOT      (-4) /* likewise, but by somebody else */

struct stand_in {
	const struct stand_in_page *pages;
	size_t count;
	struct follow *follow;
	const struct stand_in_lie *lie; /* behind the links of the second page; or NULL */
	unsigned answer_us;             /* that each answer takes */
	const char *retry_after;        /* of those that end otherwise; or NULL */
	/*
	 * Seen by all processes: how often each page was asked for, and all of them together; who
	 * asks which host, and how often two processes asked one at the same time.
	 */
	struct stand_in_counts {
		atomic_uint of[STAND_IN_PAGES_MAX], all;
		atomic_int askers[STAND_IN_HOSTS];
		atomic_uint clashes;
	} * counts;
};

/* Before the pool is made.  The counts begin at 0, and are freed by stand_in_end(). */
void stand_in_begin(struct stand_in *stand_in, const struct stand_in_page pages[], size_t count);
void stand_in_end(struct stand_in *stand_in);

/* pool_options.serve, whose context is the stand_in. */
int stand_in_serve(struct pool_worker *worker, void *context);

/* How often was it asked for? */
unsigned stand_in_count(const struct stand_in *stand_in, const char *url);

#endif
