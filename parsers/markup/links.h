#ifndef LINKS_H
#define LINKS_H

#include "parsers/text/limits.h"
#include "parsers/text/slice.h"

/*
 * links: what a page refers to, and what it says about being followed.
 *
 * A page (UTF-8) is cut into tags as an HTML tokenizer does it (WHATWG HTML 13.2.5, with
 * scripting off): nothing is found in comments, scripts, style sheets, <textarea>, <title>,
 * <xmp>, <noembed>, <noframes>, in the text of <iframe> or after <plaintext>; <noscript> is
 * markup.  No tree is built.  Time is linear in the page, and nothing is allocated.
 *
 * What stands in a <template> is no part of the page yet: its <base>, <link> and <meta> say
 * nothing, but its <a> is handed out, for scripts and shadow trees show it.  A <frame> counts in
 * a <frameset> only, and there is one only where a browser sees one.
 *
 * References are handed out as they stand, neither resolved nor canonical.
 */
enum link_kind {
	LINK_A,         /* <a href>, or <a xlink:href> as in SVG */
	LINK_AREA,      /* <area href> */
	LINK_FRAME,     /* <frame src> */
	LINK_IFRAME,    /* <iframe src> */
	LINK_NEXT,      /* <link rel=next href> */
	LINK_CANONICAL, /* <link rel=canonical href> */
	LINK_REFRESH,   /* <meta http-equiv=refresh content="5; url=..."> */
};

/* A longer attribute is no URL that anybody means: its link is left out, and counted. */
#define LINKS_REFERENCE_BYTES_MAX (2 * URL_BYTES_MAX)

struct link {
	struct slice reference; /* character references decoded; may be empty */
	enum link_kind kind;
	bool is_nofollow; /* its rel says so */
};

struct links_facts {
	struct slice base;      /* the first <base href>, {NULL, 0} if there is none */
	struct slice canonical; /* the first LINK_CANONICAL, {NULL, 0} if there is none */
	bool is_noindex;        /* <meta name=robots>, or one of our name, says noindex or none */
	bool is_nofollow;       /* it says nofollow or none */
	size_t count;           /* links handed out */
	size_t too_long;        /* links left out */
};

/* Where values are kept that do not stand in the page as they are.  The caller's; needs no set-up.
 */
struct links_scratch {
	char reference[LINKS_REFERENCE_BYTES_MAX];
	char base[LINKS_REFERENCE_BYTES_MAX];
	char canonical[LINKS_REFERENCE_BYTES_MAX];
};

/*
 * Called for every link, in the order of the page.  facts->base is settled, even if <base>
 * comes later; the rest of facts is what has been seen so far.
 * link->reference points into the page or the scratch and dies with the call.
 * Returns 0 to go on, -1 to stop.
 */
typedef int links_function(void *context, const struct link *link, const struct links_facts *facts);

/*
 * The URL of "5; url='x'" (WHATWG HTML, shared declarative refresh steps), of a <meta> or of a
 * Refresh header; {NULL, 0} if there is none.  Points into content.
 */
struct slice links_refresh_url(struct slice content);

struct links_page {
	struct slice text;
	struct slice
		robot; /* our product token: <meta name=robot> is obeyed as <meta name=robots> */
	bool is_xml;   /* XHTML: names have their case, empty elements and CDATA are what they look
			* like, and no element's content is raw text */
};

/*
 * Hand out the links of a page.
 * Returns 0, or -1 if function stopped it; facts is filled in either case, and points into
 * page or scratch.
 */
int links_scan_page(const struct links_page *page, struct links_scratch *scratch,
		    links_function *function, void *context, struct links_facts *facts);

/* The same for HTML of which no robot is known. */
int links_scan(struct slice text, struct links_scratch *scratch, links_function *function,
	       void *context, struct links_facts *facts);

#endif
