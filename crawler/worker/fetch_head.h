#ifndef FETCH_HEAD_H
#define FETCH_HEAD_H

#include "protocol/msg.h"
#include "worker/coding.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * fetch_head: the head of an answer, read line by line, and what it must not exceed.
 *
 * The lines are all that libcurl passes on for a transfer: of interim answers (1xx), of a proxy's
 * answer to CONNECT, of the answer, and its trailers.  What counts is what the last head said.
 * Pure.
 */
#define FETCH_HEAD_BYTES_MAX (64 * 1024) /* of all lines of a transfer, trailers too */

/* A header's value, cut at MSG_TEXT_MAX. */
struct fetch_header {
	char text[MSG_TEXT_MAX];
	size_t size;
};

#define FETCH_HEAD_WHY_MAX     128
#define FETCH_HEAD_COOKIES_MAX 64 /* in a transfer, of which the names are known */
#define FETCH_HEAD_NAME_MAX    24 /* bytes, with the NUL: names that are longer do not matter */

struct fetch_head {
	size_t bytes;     /* of all lines so far */
	int64_t length;   /* Content-Length, or negative: none */
	bool is_ended;    /* by the blank line of an answer that is not interim */
	bool is_nofollow; /* an X-Robots-Tag says so */
	bool is_chunked;  /* the last Transfer-Encoding is "chunked" */
	bool has_range;   /* there is a Content-Range */
	bool has_cookie;  /* there is a Set-Cookie */
	struct coding_layers content, transfer;   /* Content-Encoding, Transfer-Encoding */
	char unreadable[FETCH_HEAD_WHY_MAX];      /* why the body cannot be decoded, or "" */
	char name[FETCH_HEAD_NAME_MAX];           /* of the header line before, or "": no matter */
	uint32_t cookies[FETCH_HEAD_COOKIES_MAX]; /* fetch_head_hash() of their names, of all */
	unsigned cookie_count;                    /* also those for which there was no room */
	struct fetch_header content_type, etag, last_modified, retry_after, refresh;
	char location[MSG_URL_MAX]; /* a longer one is none */
	size_t location_size;
};

/* A transfer begins: nothing has come. */
void fetch_head_begin(struct fetch_head *head);

enum fetch_head_step {
	FETCH_HEAD_MORE,
	FETCH_HEAD_BLANK, /* the head is over: whoever knows its status says if it was the last */
	FETCH_HEAD_BAD,   /* the answer is not to be read further */
};

/*
 * Take a line, with its end.  product_token is what an X-Robots-Tag calls us.
 * With FETCH_HEAD_BAD *why says in words what is wrong.
 */
enum fetch_head_step fetch_head_line(struct fetch_head *head, struct slice line,
				     struct slice product_token, const char **why);

/*
 * What was done to the body: the content's codings, then the transfer's.
 * Returns NULL, or what is unreadable about them, in words (*layers is then untouched).
 */
const char *fetch_head_codings(const struct fetch_head *head, struct coding_layers *layers);

/* Set what *page has of the head.  The texts point into head. */
void fetch_head_note(const struct fetch_head *head, struct msg_page *page);

/* What stands for the name of a cookie. */
uint32_t fetch_head_hash(struct slice name);

#endif
