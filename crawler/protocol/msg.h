#ifndef MSG_H
#define MSG_H

#include "protocol/outcome.h"
#include "parsers/charset/charset.h"
#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * msg: what the master and a crawling worker say to each other.
 *
 * These are the payloads of the pool's frames (channel.h): a job is a URL to fetch, a result
 * is what came of it.  The page itself lies in the job's body slot:
 *
 *	0               text_size   +kept_size     +links_size
 *	| text or bytes | compressed | links        |
 *
 * Every message has one encoder and one decoder.  A decoder checks everything: sizes, bounds,
 * enumerations; what it hands out points into the payload.
 */

#define MSG_URL_MAX   8192        /* bytes of a URL, or of a Location */
#define MSG_TEXT_MAX  4096        /* bytes of any other text: title, header value, error */
#define MSG_BYTES_MAX (64 * 1024) /* of an encoded message */

/* What the master wants of one fetch. */
enum msg_job_flag {
	MSG_JOB_KEEP = 1,        /* send the page compressed too */
	MSG_JOB_PUBLIC_ONLY = 2, /* refuse private, loopback and link-local addresses */
	MSG_JOB_LINKS = 4,       /* send the links that are to be followed */
	MSG_JOB_RAW = 8,         /* robots.txt: as it came, up to ROBOTS_BYTES_MAX */
	MSG_JOB_SITEMAP = 16,    /* the links are those of a sitemap, up to SITEMAP_BYTES_MAX */
	MSG_JOB_CLOSE = 32,      /* the connection will not be used again soon */
	MSG_JOB_NOFOLLOW = 64,   /* what page and answer say against going after links is obeyed */
	MSG_JOB_LOOK_UP = 128,   /* only find out the host's address */
};

struct msg_job {
	uint32_t flags;
	uint32_t depth; /* links from a seed */
	struct slice url;
	struct slice etag, last_modified; /* for a conditional request, or absent */
};

enum msg_page_flag {
	MSG_PAGE_IS_TEXT = 1,    /* the slot holds UTF-8 text; otherwise the bytes as they came */
	MSG_PAGE_IS_LOOK_UP = 2, /* there is no answer, only MSG_ADDRESS: nothing was sent */
};

/* The texts of a result. */
enum msg_page_text {
	MSG_LOCATION, /* of a redirect, as it was sent */
	MSG_TITLE,
	MSG_CONTENT_TYPE,
	MSG_CHARSET,
	MSG_ETAG,
	MSG_LAST_MODIFIED,
	MSG_RETRY_AFTER,
	MSG_ADDRESS, /* that answered, in digits; with a proxy, the proxy's */
	MSG_ERROR,   /* what went wrong, in words */
	MSG_PAGE_TEXTS,
};

struct msg_page {
	enum outcome outcome;
	uint32_t flags;
	uint32_t status; /* HTTP's, or 0 */
	enum charset_source charset_source;
	uint64_t size;      /* decoded bytes of the body */
	uint64_t wire_size; /* bytes of the body as they came */
	uint64_t text_size; /* bytes of the slot that are the page; what follows begins behind it */
	uint64_t kept_size;
	uint64_t links_size;    /* as outlinks.h has them */
	uint64_t hash;          /* of the text */
	uint64_t limited_rules; /* of follow, that ran into a limit: a bit each */
	int64_t started_ms;     /* when the request was sent, by clock_ms(); 0: it never was */
	uint32_t links_dropped; /* links for which there was no room */
	uint32_t elapsed_ms;
	struct slice texts[MSG_PAGE_TEXTS];
};

/*
 * Encode into out[MSG_BYTES_MAX].  Returns the bytes written.  A text that is longer than its
 * maximum is cut.  A job's URL must be at most MSG_URL_MAX.
 */
size_t msg_job_encode(const struct msg_job *job, char out[MSG_BYTES_MAX]);
size_t msg_page_encode(const struct msg_page *page, char out[MSG_BYTES_MAX]);

/*
 * Decode.  The texts point into payload.  slot_bytes is the size of the job's slot.
 * Return 0, or -1 if the payload is malformed; *job or *page is then untouched.
 */
int msg_job_decode(struct msg_job *job, struct slice payload);
int msg_page_decode(struct msg_page *page, struct slice payload, size_t slot_bytes);

#endif
