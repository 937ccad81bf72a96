#ifndef JAR_H
#define JAR_H

#include "config/config.h"
#include "store/store.h"
#include <stddef.h>
#include <stdint.h>

/*
 * jar: the cookies of hosts that keep them (`cookies: on`), as lines of parsers/site/cookie_line.h.
 *
 * A job takes along what may be its host's, and its worker decides what is sent; what the answer
 * has made of it comes back, and the latest answer wins.  A site's cookies, those of all hosts of
 * its registrable domain, lie together.  What changed is written with the pages of the same batch,
 * so that a kill takes back both.
 */
struct jar;

/*
 * Cookies of a site; that which was not set for longest goes.  RFC 6265 6.1 wants 50 of a domain;
 * libcurl sends no more than these, and would choose which by the lengths of their names.
 */
#define JAR_SITE_MAX 150

struct jar *jar_new(const struct config *config);
void jar_free(struct jar *jar);

/*
 * Take in what store holds (NULL: nothing), then what files say: a line that stood there before
 * changes nothing, for what came of it since is later.  Returns 0, or -1: the store has failed.
 */
int jar_load(struct jar *jar, struct store *store, int64_t now_s);

/*
 * What a job for this origin takes along, as far as whole lines fit, the latest first of all.  What
 * came from a file goes only to hosts whose rule names that file's line.
 */
struct slice jar_lines(struct jar *jar, struct slice origin, const struct host_request *request,
		       int64_t now_s, char *out, size_t out_bytes);

/* What an answer of this origin has made of them.  What is not its to set is left out. */
void jar_take(struct jar *jar, struct slice origin, struct slice lines, int64_t now_s);

/*
 * Write what has changed since the last call; of several shares only for those that are ours.
 * Returns 0 or -1.
 */
int jar_write(struct jar *jar, struct store *store);

/*
 * Shares come, and with them what store holds by now: to be called of all cookies, and at their end
 * with stored NULL.  They take the place of what is here, but for those of shares that are ours
 * already.
 */
void jar_gain(struct jar *jar, struct store *store, const struct store_cookie *stored,
	      int64_t now_s);

/* The end of those that came does not come: all shares were lost. */
void jar_stop_gaining(struct jar *jar);

#endif
