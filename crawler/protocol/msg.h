#ifndef MSG_H
#define MSG_H

#include "parsers/charset/charset.h"
#include "parsers/text/limits.h"
#include "parsers/text/slice.h"
#include "protocol/outcome.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * msg: what the master and a crawling worker say to each other.
 *
 * These are the payloads of the pool's frames (channel.h): a job says what to fetch, a page says
 * what came of it.  What was fetched lies in the job's body slot, in parts (enum msg_part).
 *
 * Every message has one encoder and one decoder, which stand side by side in msg.c.  A decoder
 * checks everything: sizes, bounds, enumerations, and that what is said fits the kind of job.
 * What it yields points into the payload.
 */

#define MSG_URL_MAX     URL_BYTES_MAX /* bytes of a URL, or of a Location */
#define MSG_TEXT_MAX    4096          /* bytes of any other text: title, header value, error */
#define MSG_COOKIES_MAX (16 * 1024)
#define MSG_BYTES_MAX   (64 * 1024)   /* of an encoded message */
#define MSG_HEADERS_MAX (64 * 1024)   /* bytes of a request's own header lines */
#define MSG_BODY_MAX    (1024 * 1024) /* bytes that a request sends */

/* What a job is for. */
enum msg_kind {
	MSG_KIND_PAGE,
	MSG_KIND_ROBOTS,  /* a robots.txt: as it came, up to ROBOTS_BYTES_MAX */
	MSG_KIND_SITEMAP, /* the links are its entries, up to SITEMAP_BYTES_MAX */
	MSG_KIND_LOGIN,   /* a page of a login: its form is filled in */
	MSG_KIND_ADDRESS, /* only the host's address is found out: nothing is sent to it */
};

#define MSG_KINDS (MSG_KIND_ADDRESS + 1)

enum msg_job_flag {
	MSG_JOB_PUBLIC_ONLY = 1, /* refuse private, loopback and link-local addresses */
	MSG_JOB_CLOSE = 2,       /* the connection will not be used again soon */
	MSG_JOB_UNNAMED = 512,   /* the user did not name the host: see address_is_service() */
	MSG_JOB_CONNECT = 64,    /* one that stands will not do; not of an address */
	/* Not of an address, for which nothing is sent: */
	MSG_JOB_BARE = 128,   /* without anything that its host has of its own */
	MSG_JOB_UNSAFE = 256, /* without credentials: the way there is open to others */

	/* Of a page alone: */
	MSG_JOB_KEEP = 4,      /* send it compressed too */
	MSG_JOB_LINKS = 8,     /* send the links that are to be followed */
	MSG_JOB_NOFOLLOW = 16, /* what page and answer say against going after links is obeyed */
	MSG_JOB_ALL_LINKS = 32 /* also those that were sent lately: they may have been lost */
};

#define MSG_PROXY_UNSAID 0          /* as the environment says */
#define MSG_PROXY_NONE   UINT32_MAX /* directly */

/* How it is asked. */
enum msg_method { MSG_GET, MSG_POST };

struct msg_job {
	enum msg_kind kind;
	uint32_t flags;
	uint32_t depth;       /* links from a seed */
	int64_t not_after_ms; /* of CLOCK_BOOTTIME: later it is not begun; 0: it may be */
	struct slice url;
	struct slice etag, last_modified; /* for a conditional request of a page, or absent */
	uint32_t request;                 /* what it carries: config_request() */
	uint32_t proxy; /* by which it goes: config_proxy(), or one of MSG_PROXY_* */
	uint32_t login; /* whose, of a login: config_request(); what it posts are its credentials */
	struct slice user;    /* "name:password" of its host, as a URL has them; or absent */
	struct slice cookies; /* that it may send: lines of parsers/site/cookie_line.h */
	/*
	 * Of a page, and of a login: what its list says of the request.  The two lie in the job's
	 * slot, one behind the other (msg_job_slot()); the message has their sizes.
	 */
	enum msg_method method;
	struct slice headers; /* lines: "Name: value\n"; they stand in for the host's and ours */
	struct slice body;    /* of a POST */
};

/* What a worker says of a job that it has not begun, for it is too late: it failed with this code.
 */
#define MSG_LATE 1

enum msg_page_flag {
	MSG_PAGE_IS_TEXT = 1,        /* MSG_PART_TEXT is UTF-8; otherwise the bytes as they came */
	MSG_PAGE_IS_NOFOLLOW = 2,    /* an X-Robots-Tag forbids to go after the links */
	MSG_PAGE_IS_GBK = 4,         /* MSG_CHARSET's gb18030 was called gbk (charset.h) */
	MSG_PAGE_IS_PROXIED = 8,     /* a proxy was asked: where the host is nobody knows */
	MSG_PAGE_HAS_COOKIE = 16,    /* its head sets one */
	MSG_PAGE_IS_ACCEPTED = 32,   /* its status is one that counts as success for its host */
	MSG_PAGE_IS_OF_PROXY = 256,  /* it failed at the proxy: the host was not asked */
	MSG_PAGE_MAY_BE_PROXY = 512, /* nobody answered: the proxy, or the host behind it */
};

/* The texts of a page. */
enum msg_page_text {
	MSG_LOCATION, /* of a redirect, as it was sent; of a login's page, of its refresh */
	MSG_TITLE,
	MSG_CONTENT_TYPE,
	MSG_CHARSET,
	MSG_ETAG,
	MSG_LAST_MODIFIED,
	MSG_RETRY_AFTER,
	MSG_ADDRESS, /* that answered, in digits; with a proxy, none */
	MSG_ERROR,   /* what went wrong, in words */
	MSG_COOKIES, /* that it set, of a redirect or where they are kept: lines; what it took away
		      * has expired */
	MSG_PAGE_TEXTS,
};

/*
 * The parts of a slot lie one behind the other in this order, from its first byte on:
 *
 *	| text or bytes | compressed copy | links | form |      |
 */
enum msg_part {
	MSG_PART_TEXT,
	MSG_PART_KEPT,  /* a page that is kept, compressed with zstd */
	MSG_PART_LINKS, /* as outlinks.h has them */
	MSG_PART_FORM,  /* of a login: its form, filled in; none: MSG_ERROR says why */
	MSG_PARTS,
};

/* What came of a job. */
struct msg_page {
	enum msg_kind kind;   /* of the job: whoever decodes knows it, a worker has no say in it */
	enum outcome outcome; /* that a fetch can come to: OK for any status that is whole HTTP,
			       * and for a body of no use that was not read to its end */
	uint32_t flags;
	uint32_t status; /* HTTP's, or 0 */
	enum charset_source charset_source;
	uint64_t size;             /* decoded bytes of the body */
	uint64_t wire_size;        /* bytes of the body as they came */
	uint64_t parts[MSG_PARTS]; /* bytes of each; msg_part() says where it lies */
	uint64_t hash;             /* of the text */
	uint64_t limited_rules;    /* of follow, that ran into a limit: a bit each */
	uint64_t odd_rules;        /* whose paths found what is no link; MSG_ERROR says what */
	int64_t started_ms;        /* when the request was sent, by clock_ms(); 0: it never was */
	uint32_t links_dropped;    /* links for which there was no room */
	uint32_t elapsed_us;
	struct slice texts[MSG_PAGE_TEXTS];
	struct slice refresh; /* the header; inside the worker only, where a link is made of it */
};

/*
 * Encode into out[MSG_BYTES_MAX].  Returns the bytes written.  A text that is longer than its
 * maximum is cut; a job's URL must not be.
 */
size_t msg_job_encode(const struct msg_job *job, char out[MSG_BYTES_MAX]);
size_t msg_page_encode(const struct msg_page *page, char out[MSG_BYTES_MAX]);

/*
 * Decode.  The texts point into payload, but headers and body: these have their sizes, and point
 * nowhere until msg_job_find() has been told where the job's slot is.  kind is the kind of the job
 * that the page answers, and slot_bytes the size of its slot: a page that goes beyond either is
 * malformed. Return 0, or -1 if the payload is malformed; *job or *page is then untouched.
 */
int msg_job_decode(struct msg_job *job, struct slice payload);
int msg_page_decode(struct msg_page *page, enum msg_kind kind, struct slice payload,
		    size_t slot_bytes);

/* What goes into a job's slot: headers and body, in out[MSG_SLOT_MAX].  Returns its bytes. */
#define MSG_SLOT_MAX (MSG_HEADERS_MAX + MSG_BODY_MAX)
size_t msg_job_slot(const struct msg_job *job, char *out);
void msg_job_find(struct msg_job *job, const char *slot);

/* The POST that a form makes, in its part: "URL\nContent-Type\nbody". */
struct msg_form {
	struct slice url, type, body;
};

/* Returns the bytes, or 0 if there is no room for them. */
size_t msg_form_encode(const struct msg_form *form, char *out, size_t out_bytes);

/* Points into part.  Returns 0, or -1: it makes no sense. */
int msg_form_decode(struct msg_form *form, struct slice part);

/*
 * Where a part begins in its slot; MSG_PARTS: where the last one ends.  Of a page that was decoded
 * all parts lie in the slot; whoever fills one says each part's size before the next is begun.
 */
size_t msg_part_at(const struct msg_page *page, enum msg_part part);

/* A part's bytes in its slot, which came with the page. */
static inline struct slice msg_part(const struct msg_page *page, struct slice slot,
				    enum msg_part part)
{
	return (struct slice){ slot.at + msg_part_at(page, part), page->parts[part] };
}

/* Has `accept_status` a say in its success?  Some sites show the form with a 401. */
static inline bool msg_kind_has_statuses(enum msg_kind kind)
{
	return kind == MSG_KIND_PAGE || kind == MSG_KIND_LOGIN;
}

/*
 * Does its status say that this is what was asked for (2xx, or one that is accepted)?  The outcome
 * says if it is whole.
 */
static inline bool msg_page_is_success(const struct msg_page *page)
{
	return (page->status >= 200 && page->status <= 299) ||
	       (page->flags & MSG_PAGE_IS_ACCEPTED) != 0;
}

/*
 * Does it lead elsewhere?  That is whole HTTP with one of five statuses and a Location: 300 leaves
 * the choice to the user, 304 says that nothing has changed, 305 and 306 are gone, and the Location
 * of a 201 names what was made (RFC 9110 15.4, 15.3.2).
 */
bool msg_page_is_redirect(const struct msg_page *page);

/* Would it lead elsewhere, with a Location that is neither empty nor longer than MSG_URL_MAX? */
bool msg_page_lacks_location(const struct msg_page *page);

#define MSG_BAD_LOCATION "a redirect without a usable Location: " /* and the reason behind it */
/* What is said of a MSG_JOB_UNNAMED job that came to such an address. */
#define MSG_UNNAMED_SERVICE \
	"a link-local address, or a cloud's own: asked only if a list has it itself"
#define MSG_LACKS_LOCATION MSG_BAD_LOCATION "none, or more than 8192 bytes"
_Static_assert(MSG_URL_MAX == 8192, "the message says so");

/* Of a redirect: may what asks for the old URL ask for the new one from now on? (15.4.2, 15.4.9) */
static inline bool msg_page_is_moved(const struct msg_page *page)
{
	return page->status == 301 || page->status == 308;
}

/*
 * Is it the host's address, in MSG_ADDRESS, that was all the job was for?  Behind a proxy there is
 * none to be found out: MSG_PAGE_IS_PROXIED.
 */
static inline bool msg_page_is_address(const struct msg_page *page)
{
	return page->kind == MSG_KIND_ADDRESS && page->outcome == OUTCOME_OK;
}

#endif
