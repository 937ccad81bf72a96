#ifndef REQUEST_H
#define REQUEST_H

#include "buffer.h"
#include <stdint.h>

/*
 * request: the head of an HTTP/1 request (RFC 9112), as a client sent it.
 *
 * Pure: bytes in, slices out.  Everything in a request points into its head.
 */
#define REQUEST_HEAD_MAX (64 * 1024)       /* bytes, with the blank line */
#define REQUEST_BODY_MAX (2 * 1024 * 1024) /* of a POST; a longer one is not read */

struct request {
	struct slice head;   /* request line, headers, blank line */
	struct slice method; /* "GET" */
	struct slice target; /* "/board/4?offset=10", without scheme and host */
	struct slice path;   /* "/board/4" */
	struct slice query;  /* "offset=10"; absent if there is no "?" */
	struct slice host;   /* value of Host; absent if there is none */
	bool is_http10;
	bool wants_close;  /* the connection is not to be kept */
	size_t body_size;  /* of a POST: bytes behind the head that are its body */
	struct slice body; /* these, once they are here */
	bool has_body;     /* something follows the head that is not a request */
};

/*
 * How many of the bytes are the head.  Returns 0 if it is not complete; *searched says how many
 * bytes need not be looked at again (0 at first).
 */
size_t request_head_size(struct slice bytes, size_t *searched);

/* Parse a head.  Returns 0, or the status to refuse it with (*request is then untouched). */
int request_parse(struct request *request, struct slice head);

/* The value of the first header of that name, or absent.  name is in lower case. */
struct slice request_header(const struct request *request, const char *name);

/*
 * Decode a parameter of the query ("+" and "%41" undone) and add it to value.
 * Returns false if there is no such parameter.
 */
bool request_query(const struct request *request, const char *name, struct buffer *value);

/* The parameter as a number, or other if it is absent or not a number up to most. */
unsigned request_query_number(const struct request *request, const char *name, unsigned other,
			      unsigned most);

/* "http://HOST" as the client called us; a Host that is no host name becomes "localhost". */
void request_origin(const struct request *request, struct buffer *origin);

/* Undo "%41" in text; plus_is_space also undoes "+".  A broken escape stands for itself. */
void request_unescape(struct slice text, bool plus_is_space, struct buffer *out);

/* Cut the number at the start of *rest off, and the "/" after it.  False if there is none up to
 * most. */
bool request_number(struct slice *rest, uint64_t most, uint64_t *number);

#endif
