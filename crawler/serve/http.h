#ifndef HTTP_H
#define HTTP_H

#include "base/loop.h"
#include "parsers/text/slice.h"
#include "serve/gate.h"

/*
 * http: a server of HTTP/1.1 in the turns of a loop; libmicrohttpd behind it.
 *
 *	a connection is let in -> a whole request -> the handler -> an answer -> the next request
 *
 * A client has HTTP_PATIENCE_MS for a request, from its first byte or the end of the answer before,
 * and as long to take an answer; whoever is slower is dropped.  The handler answers at once, later,
 * or with a stream, which is written to as long as its client takes it.
 */
struct http;
struct http_request;
struct http_stream;

#define HTTP_CONNECTIONS_MAX 96                /* of them, streams: */
#define HTTP_STREAMS_MAX     64                /* viewers */
#define HTTP_REQUEST_MAX     (64 * 1024)       /* bytes of its head, and of its body */
#define HTTP_STREAM_MAX      (4 * 1024 * 1024) /* bytes that wait for a slow viewer */
#define HTTP_PATIENCE_MS     10000

/* Calls http_answer(), http_stream(), or keeps the request for one of them later: each once. */
typedef void http_handler(void *user, struct http_request *request);

/* listener and loop stay.  Returns NULL with errno. */
struct http *http_new(struct loop *loop, int listener, http_handler *handler, void *user);

/* Ends all connections; requests that were kept are gone.  NULL is allowed. */
void http_free(struct http *http);

/* Let nobody else in. */
void http_stop_listening(struct http *http);

/* Is anything of an answer still to be sent? */
bool http_is_busy(const struct http *http);

/* How long clients may take; tests are less patient. */
extern int http_patience_ms;

/* ---- a request: its texts live until it is answered ---- */

/* Method and headers that the gate wants. */
struct gate_request http_who_asks(const struct http_request *request);
const char *http_method(const struct http_request *request);
const char *http_path(const struct http_request *request); /* decoded, without the query */
const char *http_header(const struct http_request *request, const char *name);

/* "?name=value" of the address, decoded; NULL: there is none. */
const char *http_argument(const struct http_request *request, const char *name);

/* What was posted: at most HTTP_REQUEST_MAX bytes. */
struct slice http_body(const struct http_request *request);

/* name=value of a form that was posted, decoded; the caller frees it.  NULL: there is none. */
char *http_field(const struct http_request *request, const char *name);

/* ---- its answer ---- */

struct http_header {
	const char *name, *value;
};

#define HTTP_HEADERS_MAX 4

#define HTTP_HTML  "text/html; charset=utf-8"
#define HTTP_PLAIN "text/plain; charset=utf-8"

/* Headers that every answer has are added: what a browser may do with it. */
struct http_reply {
	unsigned status;
	const char *type; /* HTTP_HTML; NULL: there is no body */
	struct slice body;
	struct http_header headers[HTTP_HEADERS_MAX]; /* name NULL: no more */
};

/* body is copied. */
void http_answer(struct http_request *request, const struct http_reply *reply);

/*
 * Answer with a stream of events (text/event-stream).  Returns it, or NULL: there are
 * HTTP_STREAMS_MAX, and the client was told.  ended, with user, is called once, when the client has
 * gone or was dropped for being slow; not by http_stream_end() and http_free().
 */
struct http_stream *http_stream(struct http_request *request, void (*ended)(void *user),
				void *user);
void http_stream_write(struct http_stream *stream, struct slice bytes);

/* No more will be written; what was is still sent. */
void http_stream_end(struct http_stream *stream);

/* How many there are. */
unsigned http_stream_count(const struct http *http);

#endif
