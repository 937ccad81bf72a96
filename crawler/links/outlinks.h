#ifndef OUTLINKS_H
#define OUTLINKS_H

#include "config/canonical.h"
#include "links/follow.h"
#include "parsers/charset/charset_encode.h"
#include "parsers/text/media_type.h"
#include "parsers/text/slice.h"
#include "parsers/url/url.h"
#include <stdint.h>

/*
 * outlinks: the links of a page that a crawl goes after, as canonical URLs.
 *
 * Made in the worker, read in the master.  They stand in the body slot one behind the other:
 *
 *	| size u16 | rule u8 | verdict u8 | modified i64 | size bytes of URL | size u16 | ...
 *
 * One to be asked for by a POST (FOLLOW_POST) has the bytes of its body in the place of modified,
 * and the body behind its URL.
 *
 * A URL comes once a page, and (as a rule) not again from the same worker at the same depth:
 * a small table of what was sent lately keeps most repetitions from costing the master
 * anything.  One that a rule at its limit could not judge is not in it, for the next page may leave
 * the rule more: out of scope by another rule, it comes as often as it stands on the page.
 */
struct outlinks;

#define OUTLINKS_BYTES_MAX                                                     \
	((size_t)8 * 1024 * 1024) /* of one page; the links beyond are counted \
				   */

/* follow: or NULL, where only sitemaps are read.  canonical: or NULL.  Both must stay. */
struct outlinks *outlinks_new(struct follow *follow, const struct canonical *canonical);
void outlinks_free(struct outlinks *outlinks);

struct outlinks_result {
	size_t bytes;                 /* written */
	uint32_t count;               /* links written */
	uint32_t dropped;             /* links for which there was no room */
	uint64_t limited;             /* rules that ran into a limit, as of follow_limited() */
	const struct follow_odd *odd; /* what rules found that is no link, until the next page */
};

struct outlinks_page {
	struct slice text, url; /* url: where it came from (the last hop) */
	enum media_type type;   /* only HTML and XHTML have links; captures are of any text */
	struct charset charset; /* of the page as it came; queries of its links are in it */
	struct charset_encoder *encoder; /* for that; NULL: they are UTF-8 */
	struct slice robot;              /* our product token, for <meta>; may be absent */
	struct slice refresh; /* the header Refresh, or absent: what <meta> gives, it gives */
	unsigned depth;       /* its own */
	bool is_post;         /* it was asked for by a POST, */
	bool is_form;         /* of a form, */
	struct slice body;    /* with this body, which may be empty */
	bool obeys_nofollow;
	bool wants_all; /* also what was sent lately */
};

/* Write the links of a page to out. */
struct outlinks_result outlinks_scan(struct outlinks *outlinks, const struct outlinks_page *page,
				     char *out, size_t out_bytes);

/* A page that is no text has none; that a rule would have had JSON of it is noted as odd. */
struct outlinks_result outlinks_note_binary(struct outlinks *outlinks, struct slice url);

/*
 * The same for a sitemap, index, feed or list: pages of its own host, and nested sitemaps
 * (FOLLOW_SITEMAP), at most SITEMAP_ENTRIES_MAX, as many as out has room for.  error is "" or says
 * why it was not read whole; it is static or dies with the next call.
 */
struct outlinks_result outlinks_scan_sitemap(struct outlinks *outlinks, struct slice body,
					     struct slice content_type, struct slice url, char *out,
					     size_t out_bytes, const char **error);

#define OUTLINK_BODY_MAX PAGED_BYTES_MAX

#define OUTLINK_IS_SITEMAP 1 /* an entry that is out of scope, as far as a worker knows */

/* A link as the master reads it. */
struct outlink {
	struct slice url; /* points into the bytes */
	unsigned rule;    /* of a page's link; OUTLINK_IS_SITEMAP of a sitemap on another host */
	enum follow_verdict verdict;
	union {
		int64_t modified;    /* seconds of Unix time a sitemap says; 0: it does not */
		uint64_t body_bytes; /* of FOLLOW_POST: outlink_body() */
	};
};

/* The body of a FOLLOW_POST; points into the bytes. */
static inline struct slice outlink_body(const struct outlink *link)
{
	return (struct slice){ link->url.at + link->url.size, link->body_bytes };
}

/*
 * Take the next link off bytes.  Returns 1, 0 at the end, or -1 if they are malformed.
 */
int outlinks_next(struct slice *bytes, struct outlink *link);

#endif
