#include "connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "answer.h"
#include "crawler/base/clock.h"
#include "log.h"
#include "parsers/text/memory.h"
#include "routes.h"

#define IDLE_MS_MAX  60000 /* a client that sends no request */
#define STALL_MS_MAX 60000 /* a client that does not read its answer */
#define DRAIN_MS_MAX 1000  /* a client that goes on sending after we closed */
#define TICK_MS      10    /* of the kernel, at most */
#define READ_BYTES   4096  /* read at a time */
#define STEPS_MAX    32    /* for one connection before the others have their turn */

enum connection_state { READING, PAUSED, SENDING, HANGING, DRAINING };

struct connection {
	int fd;
	struct server *server;
	LIST_ENTRY(connection) link;
	struct loop_timer
		timer; /* READING: idle; PAUSED: go on; SENDING: stalled; DRAINING: enough */
	enum connection_state state;
	bool has_yielded; /* it could go on, and waits for the timer to let others have their turn
			   */

	struct buffer in; /* what was read and is not answered yet; a request points into it */
	size_t searched;  /* bytes of it without the end of a head */
	int64_t read_ms, wrote_ms; /* when bytes came last, and went */
	bool was_refused;          /* the request could not be parsed */

	struct request request;
	struct answer answer;
	int64_t arrived_ms; /* of the request that is being answered; 0: none is */
	size_t sent;        /* of the answer's head and body together */
	uint64_t sent_all;  /* of the answer, also of the pieces before */
};

enum next { GO_ON, WAIT, END };

static void on_timer(void *user);
static void on_event(void *user, int fd, uint32_t events);

/* What the loop is to watch for. */
static uint32_t wanted_events(const struct connection *connection)
{
	if (connection->has_yielded)
		return 0;
	switch (connection->state) {
	case READING:
		return EPOLLIN | EPOLLRDHUP;
	case SENDING:
		return EPOLLOUT;
	case DRAINING:
		return EPOLLIN;
	case PAUSED:
	case HANGING:
		break;
	}
	return EPOLLRDHUP;
}

static int watch_for(struct connection *connection, uint32_t events)
{
	return loop_watch(connection->server->loop, connection->fd, events, on_event, connection);
}

/* ---- its life ---- */

static void set_timer(struct connection *connection, int64_t wait_ms)
{
	loop_set_timer(connection->server->loop, &connection->timer, clock_ms() + wait_ms);
}

void connection_begin(struct server *server, int fd)
{
	struct connection *connection = memory_new(1, sizeof(*connection));

	connection->fd = fd;
	connection->server = server;
	connection->timer.function = on_timer;
	connection->timer.user = connection;
	answer_init(&connection->answer);
	LIST_INSERT_HEAD(&server->connections, connection, link);
	server->connection_count++;
	set_timer(connection, IDLE_MS_MAX);
	if (watch_for(connection, wanted_events(connection)) < 0)
		connection_end(connection);
}

static unsigned client_port(const struct connection *connection)
{
	struct sockaddr_in name = { 0 };
	socklen_t size = sizeof(name);

	getpeername(connection->fd, (struct sockaddr *)&name, &size); /* or it left: 0 */
	return ntohs(name.sin_port);
}

/* The answer is over since then, one way or the other. */
static void log_answer(struct connection *connection, int64_t ended_ms)
{
	struct log_line line = {
		.arrived_ms = connection->arrived_ms,
		.ended_ms = ended_ms,
		.request = connection->was_refused ? NULL : &connection->request,
		.status = connection->answer.status,
		.sent = connection->sent_all,
	};

	if (connection->arrived_ms == 0)
		return;
	if (line.ended_ms < line.arrived_ms) /* we know only about when */
		line.ended_ms = line.arrived_ms;
	line.port = client_port(connection);
	log_write(connection->server->site->log, &line);
	connection->arrived_ms = connection->wrote_ms = 0;
	connection->sent_all = 0;
}

/* How late we come to what the kernel has had for so long.  Never too much: it counts in ticks, and
 * a clock that is read late says what it would without this. */
static int64_t lateness_ms(unsigned kernel_ms)
{
	return kernel_ms > TICK_MS ? kernel_ms - TICK_MS : 0;
}

/* When an answer was over that is cut now: when the client left, if it did. */
static int64_t end_ms(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);
	unsigned kernel_ms = 0;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	    info.tcpi_state == TCP_CLOSE_WAIT)
		kernel_ms = info.tcpi_last_ack_recv; /* its FIN was the last that acknowledged */
	return clock_ms() - lateness_ms(kernel_ms);
}

void connection_end(struct connection *connection)
{
	struct server *server = connection->server;

	log_answer(connection, end_ms(connection->fd));
	loop_cancel_timer(server->loop, &connection->timer);
	LIST_REMOVE(connection, link);
	server->connection_count--;
	loop_forget(server->loop, connection->fd); /* nobody else has it */
	close(connection->fd);
	answer_free(&connection->answer);
	buffer_free(&connection->in);
	free(connection);
}

/* ---- an answer ---- */

/*
 * Of what is sent the end goes when it is let go: no client has all of an answer before its line is
 * in the log.  (The kernel holds it for 200 ms at most.)
 */
static void hold_the_end(struct connection *connection, int is_held)
{
	if (connection->server->site->log >= 0)
		setsockopt(connection->fd, IPPROTO_TCP, TCP_CORK, &is_held, sizeof(is_held));
}

/* There is something to send, now or after a pause. */
static enum next begin_piece(struct connection *connection)
{
	unsigned wait_ms = connection->answer.wait_ms;

	hold_the_end(connection, wait_ms == 0);
	connection->sent = 0;
	connection->answer.wait_ms = 0;
	connection->state = SENDING;
	if (wait_ms == 0)
		return GO_ON;
	connection->state = PAUSED;
	set_timer(connection, wait_ms);
	return WAIT;
}

static enum next reset(struct connection *connection)
{
	struct linger none = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	return END;
}

/* To close with bytes unread would send a RST, which may overtake the answer. */
static enum next drain(struct connection *connection)
{
	shutdown(connection->fd, SHUT_WR);
	connection->state = DRAINING;
	set_timer(connection, DRAIN_MS_MAX);
	return WAIT;
}

static enum next end_answer(struct connection *connection)
{
	enum answer_end end = connection->answer.end;

	if (end == ANSWER_HANG) {
		hold_the_end(connection, false);
		connection->state = HANGING;
		loop_cancel_timer(connection->server->loop, &connection->timer);
		return WAIT;
	}
	log_answer(connection, connection->wrote_ms ? connection->wrote_ms : clock_ms());
	hold_the_end(connection, false);
	answer_clear(&connection->answer);
	if (end == ANSWER_RESET)
		return reset(connection);
	if (end == ANSWER_CLOSE)
		return drain(connection);
	buffer_consume(&connection->in,
		       connection->request.head.size + connection->request.body.size);
	connection->searched = 0;
	connection->state = READING;
	return GO_ON;
}

/* The part of bytes that is left when *sent of it and all after it are sent. */
static struct iovec unsent(const struct buffer *bytes, size_t *sent)
{
	size_t done = *sent < bytes->size ? *sent : bytes->size;

	*sent -= done;
	if (done == bytes->size)
		return (struct iovec){ 0 };
	return (struct iovec){ bytes->at + done, bytes->size - done };
}

static enum next more_to_send(struct connection *connection)
{
	struct answer *answer = &connection->answer;

	buffer_clear(&answer->head);
	buffer_clear(&answer->body);
	if (answer->more && answer->more(answer))
		return begin_piece(connection);
	return end_answer(connection);
}

/* What the client did that we have not looked at: > 0: it asked; 0: it left; < 0: nothing. */
static ssize_t look_ahead(const struct connection *connection)
{
	char byte;

	return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
}

static bool has_asked_again(const struct connection *connection)
{
	const struct request *request = &connection->request;

	return connection->in.size > request->head.size + request->body.size ||
	       look_ahead(connection) > 0;
}

static enum next send_some(struct connection *connection)
{
	struct answer *answer = &connection->answer;
	size_t sent = connection->sent;
	struct iovec parts[2];
	ssize_t got;

	if (answer->is_unasked && connection->sent == 0 && has_asked_again(connection))
		answer_withdraw(answer);
	parts[0] = unsent(&answer->head, &sent);
	parts[1] = unsent(&answer->body, &sent);
	if (parts[0].iov_len + parts[1].iov_len == 0)
		return more_to_send(connection);
	connection->wrote_ms = clock_ms(); /* who has it all may ask again before we read a clock */
	got = writev(connection->fd, parts, 2);
	if (got < 0 && errno == EAGAIN) {
		set_timer(connection, STALL_MS_MAX);
		return WAIT;
	}
	if (got < 0)
		return END;
	connection->sent += (size_t)got;
	connection->sent_all += (uint64_t)got;
	return GO_ON;
}

/* ---- a request ---- */

static void skip_empty_lines(struct connection *connection)
{
	size_t empty = 0;

	if (connection->searched > 0)
		return;
	while (empty < connection->in.size &&
	       (connection->in.at[empty] == '\r' || connection->in.at[empty] == '\n'))
		empty++;
	if (empty > 0)
		buffer_consume(&connection->in, empty);
}

static enum next refuse(struct connection *connection, int status)
{
	connection->was_refused = true;
	connection->request = (struct request){ .wants_close = true };
	answer_page(&connection->answer, status, "this is no request that the site understands");
	answer_complete(&connection->answer, &connection->request);
	return begin_piece(connection);
}

/* Is all of it here?  Otherwise the head is parsed again when more is. */
static bool has_body(struct connection *connection)
{
	struct request *request = &connection->request;
	struct slice all = buffer_slice(&connection->in);

	if (all.size - request->head.size < request->body_size) {
		connection->searched = 0;
		set_timer(connection, IDLE_MS_MAX);
		return false;
	}
	request->body = (struct slice){ request->head.at + request->head.size, request->body_size };
	return true;
}

static enum next take_request(struct connection *connection)
{
	struct slice head;
	int status;

	skip_empty_lines(connection);
	head = buffer_slice(&connection->in);
	head.size = request_head_size(head, &connection->searched);
	if (head.size == 0 && connection->in.size < REQUEST_HEAD_MAX) {
		set_timer(connection, IDLE_MS_MAX);
		return WAIT;
	}
	connection->was_refused = false;
	status = head.size == 0 ? 431 : request_parse(&connection->request, head);
	if (status == 0 && !has_body(connection))
		return WAIT;
	connection->arrived_ms = connection->read_ms;
	if (status != 0)
		return refuse(connection, status);
	routes_answer(connection->server->site, &connection->request, &connection->answer);
	answer_complete(&connection->answer, &connection->request);
	return begin_piece(connection);
}

/* ---- events ---- */

/* Do what can be done without waiting. */
static void advance(struct connection *connection)
{
	enum next next = GO_ON;

	for (int step = 0; step < STEPS_MAX && next == GO_ON; step++) {
		if (connection->state == READING)
			next = take_request(connection);
		else
			next = send_some(connection);
	}
	if (next == END) {
		connection_end(connection);
		return;
	}
	connection->has_yielded = next == GO_ON;
	if (connection->has_yielded)
		set_timer(connection, 0);
	watch_for(connection, wanted_events(connection));
}

/* By the kernel: on a busy machine we may come to it late. */
static int64_t arrival_ms(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
		info.tcpi_last_data_recv = 0;
	return clock_ms() - lateness_ms(info.tcpi_last_data_recv);
}

/* Returns 0, or -1 if the client has gone. */
static int read_some(struct connection *connection)
{
	struct buffer *in = &connection->in;
	ssize_t got = recv(connection->fd, buffer_room(in, READ_BYTES), READ_BYTES, 0);

	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got <= 0)
		return -1;
	in->size += (size_t)got;
	connection->read_ms = arrival_ms(connection->fd);
	return 0;
}

/* Returns 0, or -1 if the client has sent its last byte. */
static int drain_some(struct connection *connection)
{
	char waste[READ_BYTES];
	ssize_t got = recv(connection->fd, waste, sizeof(waste), 0);

	return got > 0 || (got < 0 && errno == EAGAIN) ? 0 : -1;
}

static void on_event(void *user, int fd, uint32_t events)
{
	struct connection *connection = user;
	bool has_gone = events & (EPOLLERR | EPOLLHUP);

	(void)fd;
	if (connection->state == READING)
		has_gone = has_gone || read_some(connection) < 0;
	else if (connection->state == DRAINING)
		has_gone = has_gone || drain_some(connection) < 0;
	else if (connection->state != SENDING)
		has_gone = has_gone || events & EPOLLRDHUP;

	if (has_gone)
		connection_end(connection);
	else if (connection->state == READING || connection->state == SENDING)
		advance(connection);
}

static void on_timer(void *user)
{
	struct connection *connection = user;
	bool is_over = connection->state != PAUSED && !connection->has_yielded;

	if (connection->state == PAUSED) {
		is_over = look_ahead(connection) == 0; /* and the loop has not told us yet */
		hold_the_end(connection, true);
		connection->state = SENDING;
	}
	if (is_over)
		connection_end(connection);
	else
		advance(connection);
}
