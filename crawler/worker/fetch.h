#ifndef FETCH_H
#define FETCH_H

#include "base/loop.h"
#include "config/host_request.h"
#include "config/settings.h"
#include "parsers/text/slice.h"
#include "protocol/msg.h"
#include <stdint.h>

/*
 * fetch: many HTTP transfers at once in one process, on libcurl's multi interface and the
 * caller's loop, in whose turns everything happens.
 *
 * A fetcher has a fixed number of slots, as the window of its worker has; each keeps its easy
 * handle for one transfer after another, if the libcurl that runs can be trusted with that.
 * Connections are kept in any case.  Bodies are decoded as they arrive into memory that the caller
 * lends.  Redirects are not followed: the Location is passed on.
 *
 * Only workers use this, and only after the fork.
 */
struct fetcher;

/* What to fetch.  All of it must stay until the transfer is done. */
struct fetch_request {
	const struct msg_job *job;       /* its URL is canonical, and followed by a NUL */
	const struct host_request *host; /* what the requests of its host carry, or NULL: nothing */
	const struct host_request *login; /* whose credentials it posts, or NULL */
	const char *proxy;                /* its URL, "" for none, or NULL: see proxy.h */
	bool is_alone;                    /* no other user of its proxy may have its connection */
	enum cookies cookies;             /* whose are sent, and passed on */
	char *body;                       /* where decoded bytes go */
	size_t body_bytes;                /* at least body_max + 1 */
	size_t body_max;                  /* decoded bytes; a larger body is cut, and too_large */
};

/*
 * A transfer is over.  *page has all that the answer's head and the transfer itself tell; parts,
 * title, charset and what else is of the body are the receiver's to add.  Its texts point into the
 * fetcher and die with the callback.
 */
typedef void fetch_callback(void *context, unsigned slot, struct msg_page *page);

/* The loop stays.  Returns NULL if libcurl cannot be initialised. */
struct fetcher *fetch_new(const struct settings *settings, unsigned slots, struct loop *loop,
			  fetch_callback *callback, void *context);
void fetch_free(struct fetcher *fetcher);

/* Have function called when the connection is there and the request about to be sent. */
void fetch_on_send(struct fetcher *fetcher, void (*function)(void *context, unsigned slot));

/*
 * Have function called when what comes next is done for a slot, and with -1 when it is done: who
 * is to blame if it kills us.
 */
void fetch_on_work(struct fetcher *fetcher, void (*function)(void *context, int slot));

/* Begin a transfer in a slot that has none.  What may not be asked for is called back at once. */
void fetch_start(struct fetcher *fetcher, unsigned slot, const struct fetch_request *request);

/* Will no transfer come to its end any more?  What libcurl or the kernel refused was vital. */
bool fetch_has_failed(const struct fetcher *fetcher);

/* How many transfers are running. */
unsigned fetch_running(const struct fetcher *fetcher);

/* "libcurl 7.88.1 (OpenSSL/3.0.17 nghttp2/1.52.0)"; static. */
const char *fetch_library_version(void);

#endif
