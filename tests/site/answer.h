#ifndef ANSWER_H
#define ANSWER_H

#include "buffer.h"
#include "request.h"
#include <stdint.h>

/*
 * answer: what the site says to one request, and how it behaves while it says it.
 *
 * A route fills an answer: answer_begin(), answer_header()..., body.  The connection sends head and
 * body, after wait_ms; then calls more, as long as it returns true, for the next piece to send;
 * then does what end says.  A route that wants to be rude uses answer_raw() and writes every byte.
 */
enum answer_end {
	ANSWER_KEEP,  /* wait for the next request */
	ANSWER_CLOSE, /* close in order */
	ANSWER_RESET, /* close with a RST */
	ANSWER_HANG,  /* say no more, until the client goes */
};

struct answer {
	int status; /* for the log; 0: none was sent */
	struct buffer head;
	struct buffer body;
	enum answer_end end;
	bool is_raw;      /* head is complete as it stands */
	unsigned wait_ms; /* before what is in head and body is sent */
	bool is_unasked;  /* not sent to a client that has asked again: it would be its answer */

	/*
	 * Puts the next piece into body, which is empty, and may set wait_ms anew.
	 * Returns false if there is none, which ends the answer.
	 */
	bool (*more)(struct answer *answer);
	uint64_t later; /* bytes of body that more will bring: they count in Content-Length */
	uint64_t left;  /* more's own: how much is to come */
	unsigned pace_ms;
	int file; /* more's own, closed with the answer; -1: none */
};

#define ANSWER_PIECE_BYTES (64 * 1024) /* what more adds at a time, about */

/* An empty answer, before first use. */
void answer_init(struct answer *answer);
/* Forget everything that was said, for the next request. */
void answer_clear(struct answer *answer);
void answer_free(struct answer *answer);

/* Begin anew: status line and Content-Type (NULL: none). */
void answer_begin(struct answer *answer, int status, const char *type);

/* Begin anew without a head: head and body hold all that is sent.  status is for the log. */
void answer_raw(struct answer *answer, int status, enum answer_end end);

/* There is nothing more to say, but to the next request. */
void answer_withdraw(struct answer *answer);

/* One header line, without its line end. */
void answer_header(struct answer *answer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A line end in what a client wants in a header would let a link write our headers. */
bool answer_is_header_safe(struct slice text);

/* A whole HTML page that only says title. */
void answer_page(struct answer *answer, int status, const char *title);

/* A redirect to location, which must be free of line ends. */
void answer_redirect(struct answer *answer, int status, struct slice location);

/* The open file as the body; keeps fd.  type as for answer_begin().  Returns false if fd is no
 * file. */
bool answer_file(struct answer *answer, int fd, int status, const char *type);

/* Say which version this is; turns the answer into a 304 if the client has it (RFC 9110 13.2.2). */
void answer_version(struct answer *answer, const struct request *request, const char *etag,
		    int64_t modified_s);

/* The route is done: add what frames the body and ends the head, as the request wants it. */
void answer_complete(struct answer *answer, const struct request *request);

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7). */
#define ANSWER_DATE_BYTES 32
void answer_date(char text[ANSWER_DATE_BYTES], int64_t date_s);

#endif
