#ifndef CHANNEL_H
#define CHANNEL_H

#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * channel: small frames over one end of a socket pair, both ways, never blocking.
 *
 * Frames that are sent are gathered and leave with the next flush: one write carries
 * many.  End of file is the death of the peer.
 *
 *	+----------+------+----------+------------+----------+=========+
 *	| size u32 | kind | slot u16 | generation | status   | payload |
 *	|          | u16  |          | u32        | i32      | size    |
 *	+----------+------+----------+------------+----------+=========+
 *
 * Both ends are the same program on the same machine: host byte order.
 */
struct channel;

#define CHANNEL_PAYLOAD_MAX \
	(1024 * 1024 + 64) /* bytes of one frame: a megabyte and what stands before it */
#define CHANNEL_UNSENT_MAX (8 * 1024 * 1024) /* bytes that may wait for the peer */

enum frame_kind {
	FRAME_JOB = 1, /* master to worker: do this */
	FRAME_RESULT,  /* worker to master: done, exactly one for each job */
	FRAME_STOP,    /* master to worker: finish what you have and exit */
};

struct frame {
	enum frame_kind kind;
	uint16_t slot;        /* of the worker's window, which the job has */
	uint32_t generation;  /* counts the jobs a slot has had: tells a late result from a current
				 one */
	int32_t status;       /* of a result: what the function returned */
	struct slice payload; /* points into the channel; valid until the next receive */
};

/*
 * Make both ends of a channel.  Each frees its own with channel_free().
 * Returns 0, or -1 with errno.
 */
int channel_pair(struct channel *ends[2]);
void channel_free(struct channel *channel);

/* The descriptor to wait on: readable when frames came; writable matters while
 * channel_has_unsent(). */
int channel_fd(const struct channel *channel);

/*
 * Gather a frame; its payload is frame->payload followed by body, copied.
 * Returns 0, or -1 if it is too large or too much is unsent: channel_takes() says so before.
 */
int channel_send(struct channel *channel, const struct frame *frame, struct slice body);

/* Would a frame with so large a payload be gathered now? */
bool channel_takes(const struct channel *channel, size_t size);

/* Send what was gathered, as far as the socket takes it.  Returns 0, or -1 with errno:
 * nothing more will leave. */
int channel_flush(struct channel *channel);

/* What is gathered and was not yet taken by the socket: is there any, and how many bytes? */
bool channel_has_unsent(const struct channel *channel);
size_t channel_unsent(const struct channel *channel);

/*
 * Read what has come, once.  Returns 1 if something came, 0 if nothing is there,
 * -1 with errno if nothing will come any more: EPIPE, the peer is gone.
 */
int channel_receive(struct channel *channel);

/*
 * Take the next whole frame out of what was received.
 * Returns 1 with *frame, 0 if there is none yet, -1 if the peer sent nonsense (and for ever after).
 */
int channel_next(struct channel *channel, struct frame *frame);

#endif
