#ifndef CANONICAL_H
#define CANONICAL_H

#include "parsers/url/url.h"

/*
 * canonical: what the configs of a crawl add to the canonical form of URLs (url.h).
 *
 * For now: parameters of the query and of the path that say nothing of the page are dropped, by
 * name.
 *
 *	http://example.org/a?id=7&utm_source=x&gclid=y	drop_query: [utm_*, gclid]
 *	http://example.org/a?id=7
 *
 *	http://example.org/a;v=2/b;jsessionid=1F2E?id=7	drop_path: [jsessionid]
 *	http://example.org/a;v=2/b?id=7
 *
 * A set is filled while the configs are read, before the workers are forked, and never changes
 * after that.  NULL is the set that adds nothing.  No I/O, and no allocation but the set's own.
 */
struct canonical;

#define CANONICAL_NAMES_MAX      64  /* globs of each kind: a bit of a word each */
#define CANONICAL_NAME_BYTES_MAX 128 /* of one, also in its canonical spelling */

struct canonical_error {
	size_t offset;       /* in the glob */
	const char *message; /* static */
};

/* An empty set; the caller frees it with canonical_free(). */
struct canonical *canonical_new(void);

/* Release a set.  NULL is allowed. */
void canonical_free(struct canonical *canonical);

/*
 * Drop parameters whose name matches this glob (glob.h).
 *
 * A name is what stands before the first "=" of a parameter, as it stands in a canonical URL: it
 * is not decoded.  The glob is brought into the same spelling first: "größe",
 * "gr%c3%b6%c3%9fe" and "%67r%C3%B6%C3%9Fe" are one name, while "a+b" and "a%20b" are two.  Upper
 * and lower case differ.  A glob that is there already counts once.
 *
 * Returns 0, or -1 with the reason in *error, and the set is what it was.
 */
int canonical_drop_query(struct canonical *canonical, struct slice glob,
			 struct canonical_error *error);

/*
 * Drop parameters of segments of the path (path_parameter.h) whose name matches this glob, the ";"
 * with them.
 *
 * All else is as above.  One that keeps a segment from being "." or ".." stays: without it the path
 * would be another.
 */
int canonical_drop_path(struct canonical *canonical, struct slice glob,
			struct canonical_error *error);

/*
 * Apply a set to a URL that url_parse() or url_resolve() made.  What is left is in its order; with
 * the last parameter of a query the "?" goes.  A URL of which nothing is dropped stays byte for
 * byte what it was, and applying a set again changes nothing.
 */
void canonical_apply(const struct canonical *canonical, struct url *url);

#endif
