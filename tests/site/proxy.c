#include "proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX    16384
#define NAME_MAX_   256
#define RELAY_BYTES 16384
#define HANG_MS     600000
#define DIED        9 /* exit code of one that dies as it was told */

static const char *const kinds[] = {
	[PROXY_HTTP] = "http",   [PROXY_SOCKS] = "socks",   [PROXY_REFUSE] = "refuse",
	[PROXY_AUTH] = "auth",   [PROXY_BUSY] = "busy",     [PROXY_BANNED] = "banned",
	[PROXY_HANG] = "hang",   [PROXY_CLOSE] = "close",   [PROXY_RULES] = "rules",
	[PROXY_LAPSE] = "lapse", [PROXY_GARBLE] = "garble", [PROXY_SPOIL] = "spoil",
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct proxy_options options;
static enum proxy_kind kind;
static int log_fd = -1;
static atomic_uint taken, passed;

struct target {
	char name[NAME_MAX_];
	unsigned port;
};

/* ---- bytes ---- */

static bool send_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		at += sent;
		size -= (size_t)sent;
	}
	return true;
}

static bool read_all(int fd, void *bytes, size_t size)
{
	return recv(fd, bytes, size, MSG_WAITALL) == (ssize_t)size;
}

static bool say(int fd, const char *text)
{
	return send_all(fd, text, strlen(text));
}

/* Until both sides have ended. */
static void relay(int client, int server)
{
	struct pollfd ends[2] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
	char bytes[RELAY_BYTES];

	while (ends[0].fd >= 0 || ends[1].fd >= 0) {
		if (poll(ends, 2, -1) < 0)
			return;
		for (int i = 0; i < 2; i++) {
			int other = i == 0 ? server : client;
			ssize_t got;

			if (ends[i].fd < 0 || !ends[i].revents)
				continue;
			got = recv(ends[i].fd, bytes, sizeof(bytes), 0);
			if (got > 0 && send_all(other, bytes, (size_t)got))
				continue;
			shutdown(other, SHUT_WR);
			ends[i].fd = -1;
			if (i == 1)
				return;
		}
	}
}

/* ---- the way on ---- */

/* Loopback, or -1: there is nobody. */
static int connect_to(const struct target *target)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)(options.to ? options.to : target->port)),
	};
	size_t size = strlen(target->name);
	int fd;

	if (size >= 8 && strcmp(target->name + size - 8, ".invalid") == 0)
		return -1;
	if (inet_pton(AF_INET, target->name, &name.sin_addr) != 1)
		name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (ntohl(name.sin_addr.s_addr) >> 24 != 127)
		return -1;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Before it is passed on: a line is there when the site has the request. */
static void note_passed(const char *how, const struct target *target, const char *what)
{
	char line[HEAD_MAX];
	unsigned number = atomic_fetch_add(&passed, 1) + 1;
	int size = snprintf(line, sizeof(line), "%s %s:%u %s\n", how, target->name, target->port,
			    what);

	if (number > options.dies_after && options.dies_after > 0)
		_exit(DIED);
	if (log_fd >= 0 && write(log_fd, line, (size_t)size) != size)
		_exit(EXIT_FAILURE);
}

/* ---- HTTP ---- */

static ssize_t read_head(int fd, char head[HEAD_MAX])
{
	size_t size = 0;

	while (size < HEAD_MAX - 1) {
		ssize_t got = recv(fd, head + size, HEAD_MAX - 1 - size, 0);

		if (got <= 0)
			return -1;
		size += (size_t)got;
		head[size] = '\0';
		if (strstr(head, "\r\n\r\n"))
			return (ssize_t)size;
	}
	return -1;
}

/* "name:port" or "name", as in CONNECT and behind "http://". */
static bool read_target(const char *text, size_t size, unsigned port, struct target *target)
{
	const char *colon = memrchr(text, ':', size);

	if (colon && memchr(colon, ']', (size_t)(text + size - colon)))
		colon = NULL;
	target->port = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : port;
	size = colon ? (size_t)(colon - text) : size;
	if (size == 0 || size >= NAME_MAX_)
		return false;
	memcpy(target->name, text, size);
	target->name[size] = '\0';
	return true;
}

static void encode(const char *text, char out[HEAD_MAX])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i += 3) {
		uint32_t bits = 0;

		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (i + j < size ? (unsigned char)text[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			*out++ = i + j > size ? '=' : digits[bits >> (18 - 6 * j) & 63];
	}
	*out = '\0';
}

static bool is_known(const char *head)
{
	static const char name[] = "\r\nProxy-Authorization: Basic ";
	char wanted[HEAD_MAX];
	const char *at;

	if (!options.user)
		return true;
	encode(options.user, wanted);
	at = strcasestr(head, name);
	return at && strncmp(at + sizeof(name) - 1, wanted, strlen(wanted)) == 0 &&
	       at[sizeof(name) - 1 + strlen(wanted)] == '\r';
}

static const char *refusal(const char *head)
{
	bool is_connect = strncmp(head, "CONNECT ", 8) == 0;

	if (kind == PROXY_AUTH || !is_known(head))
		return "HTTP/1.1 407 Proxy Authentication Required\r\n"
		       "Proxy-Authenticate: Basic realm=\"p\"\r\n";
	if (kind == PROXY_BUSY)
		return "HTTP/1.1 503 Service Unavailable\r\n";
	if (kind == PROXY_BANNED || (kind == PROXY_REFUSE && is_connect))
		return "HTTP/1.1 403 Forbidden\r\n";
	if (kind == PROXY_GARBLE)
		return "SSH-2.0-proxy\r\n";
	if (kind == PROXY_SPOIL)
		return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n";
	return NULL;
}

static void refuse(int client, const char *status)
{
	say(client, status);
	say(client,
	    "Content-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\nproxy\n");
}

/* The same head with a path, without what is the proxy's, and with a word of ours. */
static bool send_on(int server, const char *head, const char *path, size_t size)
{
	const char *method_end = strchr(head, ' ');
	const char *line = strstr(head, "\r\n"), *end = strstr(head, "\r\n\r\n");

	if (!send_all(server, head, (size_t)(method_end + 1 - head)) ||
	    !send_all(server, path, (size_t)(line - path)) ||
	    !say(server, "\r\nVia: 1.1 site\r\nConnection: close"))
		return false;
	while (line < end) {
		const char *next = strstr(line + 2, "\r\n");

		if (strncasecmp(line + 2, "proxy-", 6) != 0 &&
		    strncasecmp(line + 2, "connection:", 11) != 0 &&
		    !send_all(server, line, (size_t)(next - line)))
			return false;
		line = next;
	}
	return send_all(server, end, size - (size_t)(end - head));
}

static void serve_http(int client)
{
	char head[HEAD_MAX], what[512];
	ssize_t size = read_head(client, head);
	struct target target;
	const char *at, *end;
	bool is_connect;
	int server;

	if (size < 0 || kind == PROXY_CLOSE)
		return;
	if (refusal(head)) {
		refuse(client, refusal(head));
		return;
	}
	is_connect = strncmp(head, "CONNECT ", 8) == 0;
	at = strchr(head, ' ') + 1;
	if (!is_connect && strncmp(at, "http://", 7) != 0)
		return;
	at += is_connect ? 0 : 7;
	end = at + strcspn(at, is_connect ? " " : "/? ");
	if (!read_target(at, (size_t)(end - at), 80, &target))
		return;
	server = connect_to(&target);
	if (server < 0) {
		refuse(client, "HTTP/1.1 502 Bad Gateway\r\n");
		return;
	}
	snprintf(what, sizeof(what), "%.*s", (int)strcspn(end, " \r"), is_connect ? "" : end);
	note_passed(is_connect ? "CONNECT" : "HTTP", &target, what);
	if (is_connect ? say(client, "HTTP/1.1 200 Connected\r\n\r\n")
		       : send_on(server, head, end, (size_t)size))
		relay(client, server);
	close(server);
}

/* ---- SOCKS ---- */

static bool read_string(int fd, char out[NAME_MAX_])
{
	for (size_t i = 0; i < NAME_MAX_; i++) {
		if (!read_all(fd, &out[i], 1))
			return false;
		if (out[i] == '\0')
			return true;
	}
	return false;
}

static bool read_port(int fd, struct target *target)
{
	unsigned char port[2];

	if (!read_all(fd, port, 2))
		return false;
	target->port = (unsigned)port[0] << 8 | port[1];
	return true;
}

static bool read_address(int fd, struct target *target)
{
	struct in_addr address;

	if (!read_all(fd, &address, sizeof(address)))
		return false;
	inet_ntop(AF_INET, &address, target->name, NAME_MAX_);
	return true;
}

static void go_on(int client, const char *how, const struct target *target, const char *good,
		  const char *bad, size_t size)
{
	int server = connect_to(target);

	if (server < 0) {
		send_all(client, bad, size);
		return;
	}
	note_passed(how, target, "");
	if (send_all(client, good, size))
		relay(client, server);
	close(server);
}

static void serve_socks4(int client)
{
	struct target target;
	char command, user[NAME_MAX_];
	bool is_name;

	if (!read_all(client, &command, 1) || !read_port(client, &target) ||
	    !read_address(client, &target) || !read_string(client, user))
		return;
	is_name = strncmp(target.name, "0.0.0.", 6) == 0;
	if (is_name && !read_string(client, target.name))
		return;
	if (options.user && strcmp(options.user, user) != 0)
		send_all(client, "\0\x5d\0\0\0\0\0\0", 8);
	else
		go_on(client, "SOCKS4", &target, "\0\x5a\0\0\0\0\0\0", "\0\x5b\0\0\0\0\0\0", 8);
}

/* RFC 1929 */
static bool read_password(int client)
{
	char text[2 * NAME_MAX_] = "", name[NAME_MAX_] = "", password[NAME_MAX_] = "";
	unsigned char version, size;

	if (!read_all(client, &version, 1) || !read_all(client, &size, 1) ||
	    !read_all(client, name, size) || !read_all(client, &size, 1) ||
	    !read_all(client, password, size))
		return false;
	snprintf(text, sizeof(text), "%s:%s", name, password);
	if (strcmp(text, options.user) == 0)
		return send_all(client, "\1\0", 2);
	send_all(client, "\1\1", 2);
	return false;
}

static bool read_address6(int fd, struct target *target)
{
	struct in6_addr address;

	if (!read_all(fd, &address, sizeof(address)))
		return false;
	inet_ntop(AF_INET6, &address, target->name, NAME_MAX_);
	return true;
}

static bool read_target5(int client, struct target *target)
{
	unsigned char head[4], size;

	memset(target, 0, sizeof(*target));
	if (!read_all(client, head, sizeof(head)))
		return false;
	if (head[3] == 1)
		return read_address(client, target) && read_port(client, target);
	if (head[3] == 4)
		return read_address6(client, target) && read_port(client, target);
	return head[3] == 3 && read_all(client, &size, 1) && read_all(client, target->name, size) &&
	       read_port(client, target);
}

static void serve_socks5(int client)
{
	unsigned char count, methods[255];
	struct target target;
	unsigned char method = options.user ? 2 : 0;

	if (!read_all(client, &count, 1) || !read_all(client, methods, count))
		return;
	if (!memchr(methods, method, count)) {
		send_all(client, "\5\xff", 2);
		return;
	}
	send_all(client, (unsigned char[]){ 5, method }, 2);
	if ((options.user && !read_password(client)) || !read_target5(client, &target))
		return;
	if (kind == PROXY_RULES)
		send_all(client, "\5\2\0\1\0\0\0\0\0\0", 10);
	else
		go_on(client, "SOCKS5", &target, "\5\0\0\1\0\0\0\0\0\0", "\5\4\0\1\0\0\0\0\0\0",
		      10);
}

static void serve_socks(int client)
{
	char version;

	if (!read_all(client, &version, 1))
		return;
	if (version == 4)
		serve_socks4(client);
	else if (version == 5)
		serve_socks5(client);
}

/* ---- its life ---- */

static void *serve(void *user)
{
	int client = (int)(intptr_t)user;
	unsigned number = atomic_fetch_add(&taken, 1);

	if (number < options.fails || (kind == PROXY_LAPSE && number >= 1 && number <= 3))
		;
	else if (kind == PROXY_HANG)
		poll(NULL, 0, HANG_MS);
	else if (kind == PROXY_SOCKS || kind == PROXY_RULES)
		serve_socks(client);
	else
		serve_http(client);
	shutdown(client, SHUT_RDWR);
	close(client);
	return NULL;
}

static int open_listener(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)options.port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 || listen(fd, 512) < 0)
		return -1;
	getsockname(fd, (struct sockaddr *)&name, &size);
	printf("http://127.0.0.1:%u/\n", ntohs(name.sin_port));
	fflush(stdout);
	return fd;
}

static int find_kind(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i], name) == 0)
			return (int)i;
	return -1;
}

static void accept_all(int listener)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	for (;;) { /* until a signal: of the parent's end, of a test, of the alarm */
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		pthread_t thread;

		if (client >= 0 &&
		    pthread_create(&thread, &attributes, serve, (void *)(intptr_t)client) != 0)
			close(client);
	}
}

int proxy_run(const struct proxy_options *wanted)
{
	int found = find_kind(wanted->kind), listener;
	sigset_t set;

	options = *wanted;
	if (found < 0) {
		fprintf(stderr, "site: --proxy: there is no kind '%.32s'\n", wanted->kind);
		return 2;
	}
	kind = (enum proxy_kind)found;
	sigfillset(&set); /* the site has blocked what would end it */
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	if (options.log)
		log_fd = open(options.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	listener = open_listener();
	if (listener < 0 || (options.log && log_fd < 0)) {
		perror("site: --proxy");
		return EXIT_FAILURE;
	}
	alarm(options.seconds);
	accept_all(listener);
	return EXIT_SUCCESS;
}
