#include "pool/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parsers/text/memory.h"

#define READ_BYTES (64 * 1024) /* room that a read is offered */

/* What stands before every payload on the wire. */
struct head {
	uint32_t size;
	uint16_t kind;
	uint16_t slot;
	uint32_t generation;
	int32_t status;
};

/* Bytes between begin and end are in use; the room behind them is free. */
struct buffer {
	char *bytes;
	size_t begin, end, capacity;
};

struct channel {
	int fd;
	struct buffer in, out;
};

static size_t buffered(const struct buffer *buffer)
{
	return buffer->end - buffer->begin;
}

/* Make room for size more bytes: move what is in use to the front, then grow. */
static void make_room(struct buffer *buffer, size_t size)
{
	if (buffer->capacity - buffer->end >= size)
		return;
	if (buffer->begin > 0) {
		memmove(buffer->bytes, buffer->bytes + buffer->begin, buffered(buffer));
		buffer->end -= buffer->begin;
		buffer->begin = 0;
	}
	if (buffer->capacity - buffer->end >= size)
		return;
	buffer->capacity = 2 * (buffer->end + size);
	buffer->bytes = memory_resize(buffer->bytes, buffer->capacity);
}

static void append(struct buffer *buffer, const void *bytes, size_t size)
{
	if (size == 0)
		return;
	memcpy(buffer->bytes + buffer->end, bytes, size);
	buffer->end += size;
}

static struct channel *channel_new(int fd)
{
	struct channel *channel = memory_new(1, sizeof(*channel));

	channel->fd = fd;
	return channel;
}

int channel_pair(struct channel *ends[2])
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	ends[0] = channel_new(fds[0]);
	ends[1] = channel_new(fds[1]);
	return 0;
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	close(channel->fd);
	free(channel->in.bytes);
	free(channel->out.bytes);
	free(channel);
}

int channel_fd(const struct channel *channel)
{
	return channel->fd;
}

bool channel_takes(const struct channel *channel, size_t size)
{
	return size <= CHANNEL_PAYLOAD_MAX &&
	       channel_unsent(channel) + sizeof(struct head) + size <= CHANNEL_UNSENT_MAX;
}

int channel_send(struct channel *channel, const struct frame *frame, struct slice body)
{
	struct buffer *out = &channel->out;
	size_t size = frame->payload.size + body.size;
	struct head head = {
		.size = (uint32_t)size,
		.kind = (uint16_t)frame->kind,
		.slot = frame->slot,
		.generation = frame->generation,
		.status = frame->status,
	};

	if (size < body.size || !channel_takes(channel, size))
		return -1;
	make_room(out, sizeof(head) + size);
	append(out, &head, sizeof(head));
	append(out, frame->payload.at, frame->payload.size);
	append(out, body.at, body.size);
	return 0;
}

int channel_flush(struct channel *channel)
{
	struct buffer *out = &channel->out;

	while (buffered(out) > 0) {
		ssize_t sent =
			send(channel->fd, out->bytes + out->begin, buffered(out), MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN ? 0 : -1;
		out->begin += (size_t)sent;
	}
	out->begin = out->end = 0;
	return 0;
}

bool channel_has_unsent(const struct channel *channel)
{
	return channel_unsent(channel) > 0;
}

size_t channel_unsent(const struct channel *channel)
{
	return buffered(&channel->out);
}

int channel_receive(struct channel *channel)
{
	struct buffer *in = &channel->in;
	ssize_t got;

	if (in->begin == in->end)
		in->begin = in->end = 0;
	make_room(in, READ_BYTES);
	do {
		got = recv(channel->fd, in->bytes + in->end, in->capacity - in->end, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN ? 0 : -1;
	if (got == 0) {
		errno = EPIPE;
		return -1;
	}
	in->end += (size_t)got;
	return 1;
}

int channel_next(struct channel *channel, struct frame *frame)
{
	struct buffer *in = &channel->in;
	struct head head;

	if (buffered(in) < sizeof(head))
		return 0;
	memcpy(&head, in->bytes + in->begin, sizeof(head));
	if (head.size > CHANNEL_PAYLOAD_MAX || head.kind < FRAME_JOB || head.kind > FRAME_STOP)
		return -1;
	if (buffered(in) - sizeof(head) < head.size)
		return 0;

	*frame = (struct frame){
		.kind = (enum frame_kind)head.kind,
		.slot = head.slot,
		.generation = head.generation,
		.status = head.status,
		.payload = { in->bytes + in->begin + sizeof(head), head.size },
	};
	in->begin += sizeof(head) + head.size;
	return 1;
}
