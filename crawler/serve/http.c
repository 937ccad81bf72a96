#include "serve/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "parsers/text/ascii.h"
#include "parsers/text/hex.h"
#include "parsers/text/memory.h"

#define ACCEPTS_MAX  16 /* in one turn */
#define RUNS_MAX     16 /* of the library, where there is more to do at once */
#define STREAM_BLOCK (16 * 1024)
#define DEAF_MS      1000 /* no descriptor left for a client: so long nobody is let in */

/* A client that is wrong is refused, not guessed at; later versions have levels of it. */
#if MHD_VERSION >= 0x00097701
#define STRICT MHD_OPTION_CLIENT_DISCIPLINE_LVL
#else
#define STRICT MHD_OPTION_STRICT_FOR_CLIENT
#endif

int http_patience_ms = HTTP_PATIENCE_MS;

struct connection {
	struct http *http;
	struct MHD_Connection *mhd;
	int fd;
	struct loop_timer patience;
	struct http_request *request; /* that is under way, or NULL */
	struct http_stream *stream;   /* that answers it, or NULL */
	struct connection *next, *previous;
};

/*
 * A request is taken apart by the library, and then answered.  Kept for later it is suspended: the
 * library looks at its connection no more until it is resumed, which happens with the answer.
 */
struct http_request {
	struct connection *connection;
	char *method, *path, *body;
	size_t body_size;
	struct MHD_Response *response;
	unsigned status;
	bool is_handled, is_suspended, is_too_large;
};

/* Suspended whenever nothing waits to be sent. */
struct http_stream {
	struct http *http;
	struct connection *connection; /* NULL: it is closed */
	void (*ended)(void *user);     /* NULL: nobody wants to know any more */
	void *user;
	char *bytes;
	size_t size, sent, room;
	bool is_suspended, is_over;
};

struct http {
	struct loop *loop;
	int listener;
	bool is_listening, is_ending;
	http_handler *handler;
	void *user;
	struct MHD_Daemon *daemon;
	int epoll;
	struct loop_timer due, deafness;
	struct connection *connections;
	unsigned connection_count, stream_count;
};

/* ---- turns ---- */

/*
 * The library watches its sockets edge-triggered: where it says that there is more to do at once,
 * nothing else would wake it.
 */
static void run(struct http *http)
{
	unsigned long long wait_ms;
	bool has_limit;

	for (int i = 0; i < RUNS_MAX; i++) {
		MHD_run(http->daemon);
		has_limit = MHD_get_timeout(http->daemon, &wait_ms) == MHD_YES;
		if (!has_limit || wait_ms > 0)
			break;
	}
	loop_cancel_timer(http->loop, &http->due);
	if (has_limit)
		loop_set_timer(http->loop, &http->due, clock_ms() + (int64_t)wait_ms);
}

static void on_due(void *user)
{
	run(user);
}

static void on_epoll(void *user, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	run(user);
}

/* Something was resumed, outside of a run. */
static void run_soon(struct http *http)
{
	loop_set_timer(http->loop, &http->due, clock_ms());
}

/* ---- connections ---- */

/* What it still has of us is closed by the library, which reads the end. */
static void on_impatience(void *user)
{
	struct connection *connection = user;

	shutdown(connection->fd, SHUT_RDWR);
	if (connection->stream && connection->stream->is_suspended) {
		connection->stream->is_suspended = false;
		MHD_resume_connection(connection->mhd);
	}
	run_soon(connection->http);
}

static void be_patient(struct connection *connection)
{
	loop_set_timer(connection->http->loop, &connection->patience,
		       clock_ms() + http_patience_ms);
}

static void wait_for_ever(struct connection *connection)
{
	loop_cancel_timer(connection->http->loop, &connection->patience);
}

static void begin_connection(struct http *http, struct MHD_Connection *mhd, void **context)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *connection = memory_new(1, sizeof(*connection));

	*connection = (struct connection){
		.http = http,
		.mhd = mhd,
		.fd = info->connect_fd,
		.patience = { .function = on_impatience, .user = connection },
		.next = http->connections,
	};
	if (http->connections)
		http->connections->previous = connection;
	http->connections = connection;
	http->connection_count++;
	be_patient(connection);
	*context = connection;
}

static void end_connection(struct connection *connection)
{
	struct http *http = connection->http;

	wait_for_ever(connection);
	loop_unwatch(http->loop, connection->fd);
	if (connection->stream)
		connection->stream->connection = NULL;
	if (connection->previous)
		connection->previous->next = connection->next;
	else
		http->connections = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	http->connection_count--;
	free(connection);
}

static void on_connection(void *user, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		begin_connection(user, mhd, context);
	else if (*context)
		end_connection(*context);
}

/* ---- letting in ---- */

static void turn_away(int fd)
{
	static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
				   "Retry-After: 10\r\nContent-Length: 17\r\n\r\n"
				   "too many viewers\n";
	ssize_t sent = send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)sent;
	close(fd);
}

static void let_in(struct http *http, int fd, const struct sockaddr_storage *from, socklen_t size)
{
	if (http->connection_count >= HTTP_CONNECTIONS_MAX)
		turn_away(fd);
	else /* which has it from here on, also if it fails */
		MHD_add_connection(http->daemon, fd, (const struct sockaddr *)from, size);
}

static void on_listener(void *user, int listener, uint32_t events);

static void on_deafness_over(void *user)
{
	struct http *http = user;

	if (http->is_listening)
		loop_watch(http->loop, http->listener, EPOLLIN, on_listener, http);
}

static void on_listener(void *user, int listener, uint32_t events)
{
	struct http *http = user;

	(void)events;
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		struct sockaddr_storage from;
		socklen_t size = sizeof(from);
		int fd = accept4(listener, (struct sockaddr *)&from, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			let_in(http, fd, &from, size);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
			loop_unwatch(http->loop, listener);
			loop_set_timer(http->loop, &http->deafness, clock_ms() + DEAF_MS);
		}
		break;
	}
	run(http);
}

void http_stop_listening(struct http *http)
{
	http->is_listening = false;
	loop_unwatch(http->loop, http->listener);
}

/* ---- what a request says ---- */

const char *http_method(const struct http_request *request)
{
	return request->method;
}

const char *http_path(const struct http_request *request)
{
	return request->path;
}

const char *http_header(const struct http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection->mhd, MHD_HEADER_KIND, name);
}

const char *http_argument(const struct http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection->mhd, MHD_GET_ARGUMENT_KIND, name);
}

struct slice http_body(const struct http_request *request)
{
	return (struct slice){ request->body, request->body_size };
}

struct count {
	struct slice name;
	size_t headers;
};

static enum MHD_Result add_one(void *user, enum MHD_ValueKind kind, const char *name,
			       const char *value)
{
	struct count *count = user;

	(void)kind;
	(void)value;
	count->headers += ascii_equal(slice_of(name), count->name);
	return MHD_YES;
}

static size_t count_headers(const struct http_request *request, const char *name)
{
	struct count count = { .name = slice_of(name) };

	MHD_get_connection_values(request->connection->mhd, MHD_HEADER_KIND, add_one, &count);
	return count.headers;
}

struct gate_request http_who_asks(const struct http_request *request)
{
	struct gate_request asks = {
		.method = request->method,
		.host = http_header(request, "Host"),
		.origin = http_header(request, "Origin"),
		.cookie = http_header(request, "Cookie"),
		.authorization = http_header(request, "Authorization"),
		.fetch_site = http_header(request, "Sec-Fetch-Site"),
		.fetch_mode = http_header(request, "Sec-Fetch-Mode"),
	};

	asks.host_count = count_headers(request, "Host");
	return asks;
}

/* "a+b%20c" as it was typed. */
static char *decoded(const char *at, size_t size)
{
	char *out = memory_new(size + 1, 1), *end = out;

	for (size_t i = 0; i < size; i++) {
		int high = i + 2 < size && at[i] == '%' ? hex_value(at[i + 1]) : -1;
		int low = high >= 0 ? hex_value(at[i + 2]) : -1;

		*end++ = low >= 0 ? (char)(high << 4 | low) : at[i] == '+' ? ' ' : at[i];
		i += low >= 0 ? 2 : 0;
	}
	return out;
}

char *http_field(const struct http_request *request, const char *name)
{
	struct slice rest = http_body(request);
	size_t wanted = strlen(name);

	while (rest.size > 0) {
		const char *end = memchr(rest.at, '&', rest.size);
		size_t size = end ? (size_t)(end - rest.at) : rest.size;

		if (size > wanted && memcmp(rest.at, name, wanted) == 0 && rest.at[wanted] == '=')
			return decoded(rest.at + wanted + 1, size - wanted - 1);
		rest.at += size + (end != NULL);
		rest.size -= size + (end != NULL);
	}
	return NULL;
}

/* ---- answers ---- */

/*
 * No script but ours, nothing from elsewhere, in nobody's frame.  Not "no-referrer": with it
 * browsers say "Origin: null" of our own forms.
 */
static const struct http_header always[] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; "
	  "style-src-attr 'unsafe-inline'; img-src 'self' data:; "
	  "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
};

static void add_headers(struct MHD_Response *response, const char *type)
{
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		MHD_add_response_header(response, always[i].name, always[i].value);
	if (type)
		MHD_add_response_header(response, "Content-Type", type);
}

static void queue(struct http_request *request)
{
	struct MHD_Response *response = request->response;

	request->response = NULL;
	if (!request->connection->stream)
		be_patient(request->connection);
	MHD_queue_response(request->connection->mhd, request->status, response);
	MHD_destroy_response(response); /* it has been counted */
}

/* To what is handled now the answer is queued when the handler is back. */
static void give(struct http_request *request, struct MHD_Response *response, unsigned status)
{
	request->response = response;
	request->status = status;
	if (!request->is_suspended)
		return;
	request->is_suspended = false;
	MHD_resume_connection(request->connection->mhd);
	run_soon(request->connection->http);
}

void http_answer(struct http_request *request, const struct http_reply *reply)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		reply->body.size, (void *)(uintptr_t)reply->body.at, MHD_RESPMEM_MUST_COPY);

	if (!response)
		memory_fail();
	add_headers(response, reply->type);
	for (size_t i = 0; i < HTTP_HEADERS_MAX && reply->headers[i].name; i++)
		MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
	give(request, response, reply->status);
}

/* ---- streams ---- */

static ssize_t read_stream(void *user, uint64_t position, char *out, size_t room)
{
	struct http_stream *stream = user;
	size_t size = stream->size - stream->sent;

	(void)position;
	if (size == 0 && stream->is_over)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (size == 0) {
		wait_for_ever(stream->connection);
		stream->is_suspended = true;
		MHD_suspend_connection(stream->connection->mhd);
		return 0;
	}
	size = size < room ? size : room;
	memcpy(out, stream->bytes + stream->sent, size);
	stream->sent += size;
	if (stream->sent == stream->size)
		stream->sent = stream->size = 0;
	be_patient(stream->connection);
	return (ssize_t)size;
}

static void free_stream(void *user)
{
	struct http_stream *stream = user;

	if (stream->connection)
		stream->connection->stream = NULL;
	stream->http->stream_count--;
	if (stream->ended && !stream->http->is_ending)
		stream->ended(stream->user);
	free(stream->bytes);
	free(stream);
}

static void resume(struct http_stream *stream)
{
	if (!stream->is_suspended || !stream->connection)
		return;
	stream->is_suspended = false;
	be_patient(stream->connection);
	MHD_resume_connection(stream->connection->mhd);
	run_soon(stream->connection->http);
}

/* Nothing more is read of a viewer but that it has gone. */
static void on_viewer_gone(void *user, int fd, uint32_t events)
{
	struct connection *connection = user;

	(void)events;
	loop_unwatch(connection->http->loop, fd);
	if (!connection->stream)
		return;
	connection->stream->is_over = true;
	connection->stream->size = connection->stream->sent = 0;
	resume(connection->stream);
}

struct http_stream *http_stream(struct http_request *request, void (*ended)(void *user), void *user)
{
	struct connection *connection = request->connection;
	struct http_stream *stream;
	struct MHD_Response *response;

	if (connection->http->stream_count >= HTTP_STREAMS_MAX) {
		http_answer(request,
			    &(struct http_reply){ .status = 503,
						  .type = HTTP_PLAIN,
						  .body = SLICE("too many viewers\n"),
						  .headers = { { "Retry-After", "10" } } });
		return NULL;
	}
	stream = memory_new(1, sizeof(*stream));
	*stream = (struct http_stream){
		.http = connection->http,
		.connection = connection,
		.ended = ended,
		.user = user,
	};
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream,
						     stream, free_stream);
	if (!response)
		memory_fail();
	add_headers(response, "text/event-stream");
	MHD_add_response_header(response, "X-Accel-Buffering", "no"); /* nginx gathers else */
	connection->stream = stream;
	connection->http->stream_count++;
	loop_watch(connection->http->loop, connection->fd, EPOLLRDHUP, on_viewer_gone, connection);
	give(request, response, 200);
	return stream;
}

void http_stream_write(struct http_stream *stream, struct slice bytes)
{
	if (stream->is_over || !stream->connection)
		return;
	if (stream->size - stream->sent + bytes.size > HTTP_STREAM_MAX) {
		on_impatience(stream->connection);
		return;
	}
	if (stream->sent > 0) {
		memmove(stream->bytes, stream->bytes + stream->sent, stream->size - stream->sent);
		stream->size -= stream->sent;
		stream->sent = 0;
	}
	if (stream->size + bytes.size > stream->room) {
		size_t room = 2 * (stream->size + bytes.size);

		/* All of them are to fit into the process's memory. */
		stream->room = room < HTTP_STREAM_MAX ? room : HTTP_STREAM_MAX;
		stream->bytes = memory_resize(stream->bytes, stream->room);
	}
	memcpy(stream->bytes + stream->size, bytes.at, bytes.size);
	stream->size += bytes.size;
	resume(stream);
}

void http_stream_end(struct http_stream *stream)
{
	stream->ended = NULL;
	stream->is_over = true;
	resume(stream);
}

unsigned http_stream_count(const struct http *http)
{
	return http->stream_count;
}

/* ---- requests ---- */

static struct http_request *begin_request(struct MHD_Connection *mhd, const char *path,
					  const char *method)
{
	struct http_request *request = memory_new(1, sizeof(*request));

	request->connection =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	request->method = memory_text(method, strlen(method));
	request->path = memory_text(path, strlen(path));
	request->connection->request = request;
	return request;
}

/* The next one of the connection may begin. */
static void on_completed(void *user, struct MHD_Connection *mhd, void **context,
			 enum MHD_RequestTerminationCode code)
{
	struct http_request *request = *context;

	(void)user;
	(void)mhd;
	(void)code;
	if (!request)
		return;
	request->connection->request = NULL;
	be_patient(request->connection);
	if (request->response)
		MHD_destroy_response(request->response);
	free(request->method);
	free(request->path);
	free(request->body);
	free(request);
	*context = NULL;
}

static bool is_announced_too_large(const struct http_request *request)
{
	const char *length = http_header(request, "Content-Length");

	return length && strtoull(length, NULL, 10) > HTTP_REQUEST_MAX;
}

static enum MHD_Result refuse_size(struct http_request *request)
{
	http_answer(request, &(struct http_reply){ .status = 413,
						   .type = HTTP_PLAIN,
						   .body = SLICE("too large: 64 KiB at most\n") });
	queue(request);
	return MHD_YES;
}

/*
 * Where it ends whoever stands before us may see elsewhere: what is behind would be a request of
 * another.  The library's older versions take the first of them.
 */
static bool has_two_ends(const struct http_request *request)
{
	size_t lengths = count_headers(request, "Content-Length");
	size_t codings = count_headers(request, "Transfer-Encoding");

	return lengths > 1 || codings > 1 || (lengths > 0 && codings > 0);
}

static enum MHD_Result refuse_ends(struct http_request *request)
{
	http_answer(request,
		    &(struct http_reply){ .status = 400,
					  .type = HTTP_PLAIN,
					  .body = SLICE("one Content-Length, or a coding\n"),
					  .headers = { { "Connection", "close" } } });
	queue(request);
	return MHD_YES;
}

/* Of one that did not say how large it is: the library lets it be answered at its end alone. */
static void take_body(struct http_request *request, const char *bytes, size_t size)
{
	if (size > HTTP_REQUEST_MAX - request->body_size)
		request->is_too_large = true;
	if (request->is_too_large)
		return;
	request->body = memory_resize(request->body, request->body_size + size);
	memcpy(request->body + request->body_size, bytes, size);
	request->body_size += size;
}

static enum MHD_Result handle(struct http *http, struct http_request *request)
{
	if (!request->is_handled) {
		request->is_handled = true;
		wait_for_ever(request->connection);
		http->handler(http->user, request);
	}
	if (request->response) {
		queue(request);
	} else {
		request->is_suspended = true;
		MHD_suspend_connection(request->connection->mhd);
	}
	return MHD_YES;
}

/* Called with the head, with each piece of the body, at its end, and when it was resumed. */
static enum MHD_Result on_request(void *user, struct MHD_Connection *mhd, const char *path,
				  const char *method, const char *version, const char *bytes,
				  size_t *size, void **context)
{
	struct http_request *request = *context;

	(void)version;
	if (!request) {
		*context = request = begin_request(mhd, path, method);
		if (has_two_ends(request))
			return refuse_ends(request);
		return is_announced_too_large(request) ? refuse_size(request) : MHD_YES;
	}
	if (*size == 0)
		return request->is_too_large ? refuse_size(request) : handle(user, request);
	take_body(request, bytes, *size);
	*size = 0;
	return MHD_YES;
}

/* ---- its life ---- */

struct http *http_new(struct loop *loop, int listener, http_handler *handler, void *user)
{
	struct http *http = memory_new(1, sizeof(*http));

	*http = (struct http){
		.loop = loop,
		.listener = listener,
		.is_listening = true,
		.handler = handler,
		.user = user,
		.due = { .function = on_due, .user = http },
		.deafness = { .function = on_deafness_over, .user = http },
	};
	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		on_request, http, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)HTTP_REQUEST_MAX, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)HTTP_CONNECTIONS_MAX + 1, STRICT, 1, MHD_OPTION_END);
	if (!http->daemon) {
		free(http);
		return NULL;
	}
	http->epoll = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	if (loop_watch(loop, http->epoll, EPOLLIN, on_epoll, http) == 0 &&
	    loop_watch(loop, listener, EPOLLIN, on_listener, http) == 0)
		return http;
	http_free(http);
	return NULL;
}

bool http_is_busy(const struct http *http)
{
	for (const struct connection *at = http->connections; at; at = at->next) {
		if (at->request || (at->stream && at->stream->size > at->stream->sent))
			return true;
	}
	return false;
}

/* The library does not stop while anything is suspended. */
static void resume_all(struct http *http)
{
	for (struct connection *at = http->connections; at; at = at->next) {
		bool is_suspended = (at->stream && at->stream->is_suspended) ||
				    (at->request && at->request->is_suspended);

		shutdown(at->fd, SHUT_RDWR);
		if (!is_suspended)
			continue;
		if (at->stream)
			at->stream->is_suspended = false;
		at->request->is_suspended = false;
		MHD_resume_connection(at->mhd);
	}
}

void http_free(struct http *http)
{
	if (!http)
		return;
	http->is_ending = true;
	resume_all(http);
	loop_unwatch(http->loop, http->epoll);
	loop_unwatch(http->loop, http->listener);
	loop_cancel_timer(http->loop, &http->due);
	loop_cancel_timer(http->loop, &http->deafness);
	MHD_stop_daemon(http->daemon);
	loop_cancel_timer(http->loop, &http->due);
	free(http);
}
