#ifndef FETCH_H
#define FETCH_H

#include "protocol/outcome.h"
#include "parsers/text/slice.h"
#include "config/settings.h"
#include <stdint.h>

/*
 * fetch: many HTTP transfers at once in one process, on libcurl's multi interface and the
 * caller's epoll.
 *
 * A fetcher has a fixed number of places; each keeps its easy handle for one transfer after
 * another, if the libcurl that runs can be trusted with that.  Connections are kept in any case.
 * Bodies are decoded as they arrive into memory that the caller lends.  Redirects are
 * not followed: the Location is handed out.
 *
 * Only workers use this, and only after the fork.
 */
struct fetcher;

#define FETCH_HEADERS_BYTES_MAX (64 * 1024) /* of a response, with its trailers */
#define FETCH_HEADER_VALUE_MAX  4096        /* a longer value is cut */
#define FETCH_LOCATION_MAX      8192
#define FETCH_ERROR_MAX         256

/* What to fetch.  All of it must stay until the transfer is done. */
struct fetch_request {
	const char *url;                  /* canonical */
	const char *etag, *last_modified; /* for a conditional request, or NULL */
	bool is_public_only;              /* refuse private addresses */
	bool is_look_up;                  /* only find the address to connect to */
	bool closes;                      /* the connection is not kept for another transfer */
	size_t body_max;                  /* decoded bytes; a larger body is cut, and too_large */
	char *body;                       /* where decoded bytes go */
	size_t body_bytes;                /* at least body_max + 1 */
};

/* What came.  Texts point into the fetcher and die with the callback. */
struct fetch_response {
	enum outcome outcome; /* OK for any status that is whole HTTP */
	unsigned status;
	uint64_t size;      /* decoded bytes in body */
	uint64_t wire_size; /* bytes of body that arrived */
	uint32_t elapsed_ms;
	int64_t started_ms; /* when the request was sent, by clock_ms(); 0: it never was */
	struct slice location, content_type, etag, last_modified, retry_after;
	bool is_looked_up;   /* address is all that there is: nothing was sent */
	bool is_nofollow;    /* an X-Robots-Tag forbids to go after the links */
	const char *address; /* that was connected to, in digits, or "" */
	const char *error;   /* "" if there was none */
};

typedef void fetch_callback(void *context, unsigned place, const struct fetch_response *response);

/*
 * epoll: descriptors of transfers are registered there with data.fd;
 * the caller hands such events to fetch_on_event().
 * Returns NULL if libcurl cannot be initialised.
 */
struct fetcher *fetch_new(const struct settings *settings, unsigned places, int epoll,
			  fetch_callback *callback, void *context);
void fetch_free(struct fetcher *fetcher);

/* Have function called when the connection is there and the request about to be sent. */
void fetch_on_send(struct fetcher *fetcher, void (*function)(void *context, unsigned place));

/* Begin a transfer in a place that has none. */
void fetch_start(struct fetcher *fetcher, unsigned place, const struct fetch_request *request);

/* Milliseconds until fetch_on_time() is due: 0 now, -1 never. */
int fetch_wait_ms(const struct fetcher *fetcher, int64_t now_ms);

/* The place that a descriptor was last busy for, or -1: who is to blame if handling it kills us. */
int fetch_place_of(const struct fetcher *fetcher, int fd);

/* A descriptor is ready (epoll's events), or time has passed.  Callbacks run in here. */
void fetch_on_event(struct fetcher *fetcher, int fd, uint32_t events);
void fetch_on_time(struct fetcher *fetcher, int64_t now_ms);

/* How many transfers are running. */
unsigned fetch_running(const struct fetcher *fetcher);

/* "libcurl 7.88.1 (OpenSSL/3.0.17 nghttp2/1.52.0)"; static. */
const char *fetch_library_version(void);

#endif
