#include "control/client.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/address.h"
#include "parsers/text/memory.h"

static int fail(char error[CONTROL_ERROR_MAX], const char *database, const char *reason)
{
	snprintf(error, CONTROL_ERROR_MAX, "the crawl on %.200s does not answer: %s", database,
		 reason);
	return -1;
}

/* Returns 0, or -1 with errno. */
static int send_request(int fd, const char *request)
{
	size_t size = strlen(request), sent = 0;
	char *line = memory_new(size + 1, 1);
	ssize_t step = 1;

	memcpy(line, request, size);
	line[size] = '\n';
	for (; step > 0 && sent<size + 1; sent += step> 0 ? (size_t)step : 0)
		step = send(fd, line + sent, size + 1 - sent, MSG_NOSIGNAL);
	free(line);
	return step > 0 ? 0 : -1;
}

/* Returns 0, or -1 with errno; an answer that is none is ECONNRESET. */
static int receive_answer(int fd, char answer_text[CONTROL_ANSWER_MAX])
{
	size_t size = 0;
	ssize_t got = 1;

	while (got > 0 && size < CONTROL_ANSWER_MAX - 1) {
		got = read(fd, answer_text + size, CONTROL_ANSWER_MAX - 1 - size);
		size += got > 0 ? (size_t)got : 0;
	}
	answer_text[size] = '\0';
	if (got >= 0 && size == 0)
		errno = ECONNRESET;
	return got >= 0 && size > 0 ? 0 : -1;
}

static const char *why_silent(int reason)
{
	if (reason == EAGAIN)
		return "it is busy, or stopped";
	if (reason == EPIPE || reason == ECONNRESET)
		return "it is another user's, or ends";
	return strerror(reason);
}

int control_ask(const char *database, const char *request, char answer_text[CONTROL_ANSWER_MAX],
		char error[CONTROL_ERROR_MAX])
{
	struct timeval wait = { .tv_sec = CONTROL_WAIT_MS / 1000 };
	char path[PATH_MAX];
	int fd, result = 1;

	if (address_path(database, path) < 0)
		return errno == ENOENT ? 0 : fail(error, database, strerror(errno));
	fd = address_socket(0);
	if (fd < 0)
		return fail(error, database, strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (address_at(connect, fd, path) < 0)
		result = errno == ENOENT || errno == ECONNREFUSED
				 ? 0
				 : fail(error, database, strerror(errno));
	else if (!address_is_trusted(fd))
		result = fail(error, database, "another user answers in its place");
	else if (send_request(fd, request) < 0 || receive_answer(fd, answer_text) < 0)
		result = fail(error, database, why_silent(errno));
	close(fd);
	return result;
}

/* ---- for who may not wait ---- */

struct control_call {
	struct loop *loop;
	const char *database;
	control_done *done;
	void *user;
	int fd;
	struct loop_timer limit;
	char *request; /* with its newline, until it has gone */
	size_t request_size, sent, size;
	char answer[CONTROL_ANSWER_MAX];
};

void control_call_free(struct control_call *call)
{
	if (!call)
		return;
	loop_unwatch(call->loop, call->fd);
	loop_cancel_timer(call->loop, &call->limit);
	close(call->fd);
	free(call->request);
	free(call);
}

/* The call is gone when its end is told: another may be made there. */
static void end_call(struct control_call *call, int result, const char *text)
{
	control_done *done = call->done;
	void *user = call->user;
	char *kept = memory_text(text, strlen(text));

	control_call_free(call);
	done(user, result, kept);
	free(kept);
}

static void fail_call(struct control_call *call, const char *reason)
{
	char error[CONTROL_ERROR_MAX];

	end_call(call, fail(error, call->database, reason), error);
}

static void on_limit(void *user)
{
	fail_call(user, why_silent(EAGAIN));
}

/* Returns 0, or -1 with errno. */
static int send_more(struct control_call *call)
{
	ssize_t step = send(call->fd, call->request + call->sent, call->request_size - call->sent,
			    MSG_NOSIGNAL);

	if (step < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	call->sent += (size_t)step;
	return 0;
}

/* Returns 1 at the end, 0 if more is to come, -1 with errno. */
static int receive_more(struct control_call *call)
{
	size_t room = sizeof(call->answer) - 1 - call->size;
	ssize_t got = room > 0 ? read(call->fd, call->answer + call->size, room) : 0;

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	call->size += (size_t)got;
	if (got > 0)
		return 0;
	errno = ECONNRESET;
	return call->size > 0 ? 1 : -1;
}

static void on_call(void *user, int fd, uint32_t events)
{
	struct control_call *call = user;
	int result;

	(void)events;
	if (call->sent < call->request_size) {
		if (send_more(call) < 0)
			fail_call(call, why_silent(errno));
		else if (call->sent == call->request_size)
			loop_watch(call->loop, fd, EPOLLIN, on_call, call);
		return;
	}
	result = receive_more(call);
	call->answer[call->size] = '\0';
	if (result < 0)
		fail_call(call, why_silent(errno));
	else if (result > 0)
		end_call(call, 1, call->answer);
}

/* Returns a connected socket, or -1 with errno. */
static int open_call(const char *database)
{
	char path[PATH_MAX];
	int fd = address_path(database, path) < 0 ? -1 : address_socket(SOCK_NONBLOCK);
	int reason;

	if (fd < 0)
		return -1;
	if (address_at(connect, fd, path) == 0 && address_is_trusted(fd))
		return fd;
	reason = errno;
	close(fd);
	errno = reason;
	return -1;
}

struct control_call *control_call(const char *database, const char *request, struct loop *loop,
				  control_done *done, void *user)
{
	char error[CONTROL_ERROR_MAX];
	struct control_call *call;
	int fd;

	errno = 0;
	fd = open_call(database);
	if (fd < 0 && (errno == ENOENT || errno == ECONNREFUSED)) {
		done(user, 0, "");
		return NULL;
	}
	if (fd < 0) {
		done(user,
		     fail(error, database,
			  errno ? why_silent(errno) : "another user answers in its place"),
		     error);
		return NULL;
	}
	call = memory_new(1, sizeof(*call));
	call->loop = loop;
	call->database = database;
	call->done = done;
	call->user = user;
	call->fd = fd;
	call->limit = (struct loop_timer){ .function = on_limit, .user = call };
	call->request_size = strlen(request) + 1;
	call->request = memory_new(call->request_size + 1, 1);
	memcpy(call->request, request, call->request_size - 1);
	call->request[call->request_size - 1] = '\n';
	loop_set_timer(loop, &call->limit, clock_ms() + CONTROL_WAIT_MS);
	if (loop_watch(loop, fd, EPOLLOUT, on_call, call) == 0)
		return call;
	fail_call(call, strerror(errno));
	return NULL;
}
