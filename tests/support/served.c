#include "tests/support/served.h"

#include "tests/support/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* ---- the page ---- */

struct served_page page;

/* "crawl.db: http://127.0.0.1:8400/?token=..." */
void read_address(const char *text)
{
	const char *at = strstr(text, "http://");
	char host[100];

	assert_non_null(at);
	assert_int_equal(sscanf(at, "http://%99[^/]/?token=%159[A-Za-z0-9_-]", host, page.token),
			 2);
	page.port = (unsigned)atoi(strrchr(host, ':') + 1);
}

static void take_line(void)
{
	size_t size = 0;

	while (size < sizeof(page.line) - 1 && read(page.out, page.line + size, 1) == 1 &&
	       page.line[size] != '\n')
		size++;
	page.line[size] = '\0';
}

void start_page(const char *const arguments[])
{
	struct program_setup setup = { 0 };
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	setup.output_fd = ends[1];
	page.program = program_start(&setup, arguments);
	close(ends[1]);
	page.out = ends[0];
	take_line();
	if (page.line[0] == '\0') {
		program_wait(page.program);
		fail_msg("it did not start: %s", page.program->error);
	}
	read_address(page.line);
}

void stop_page(void)
{
	kill(page.program->pid, SIGTERM);
	assert_int_equal(program_wait(page.program), 0);
	close(page.out);
}

/* ---- asking it ---- */

int connect_to_page(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)page.port) };
	struct timeval wait = { .tv_sec = WAIT_SECONDS_MAX };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void send_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, text, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* who has refused it does not read on */
		text += sent;
		size -= (size_t)sent;
	}
}

const char *receive_all(int fd)
{
	static char reply[SERVED_REPLY_MAX];
	size_t size = 0;
	ssize_t got;

	while (size < sizeof(reply) - 1 &&
	       (got = read(fd, reply + size, sizeof(reply) - 1 - size)) > 0)
		size += (size_t)got;
	reply[size] = '\0';
	close(fd);
	return reply;
}

/* Its first line: the connection would stay open for the next request. */
const char *receive_head(int fd)
{
	static char head[13];

	memset(head, 0, sizeof(head));
	if (recv(fd, head, sizeof(head) - 1, MSG_WAITALL) < 0)
		head[0] = '\0';
	close(fd);
	return head;
}

const char *exchange(const char *request)
{
	int fd = connect_to_page();

	send_all(fd, request, strlen(request));
	return receive_all(fd);
}

/* A request with the headers that are given ("Name: value\r\n"), and its reply. */
const char *ask_page(const char *method, const char *path, const char *headers, const char *body)
{
	static char request[128 * 1024];

	snprintf(request, sizeof(request),
		 "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%sContent-Length: "
		 "%zu\r\n\r\n%s",
		 method, path, page.port, headers, strlen(body), body);
	return exchange(request);
}

const char *get(const char *path)
{
	return ask_page("GET", path, "", "");
}

int status_of(const char *reply)
{
	int status = 0;

	sscanf(reply, "HTTP/1.1 %d", &status);
	return status;
}

/* As our own page does. */
const char *post(const char *path, const char *body)
{
	char headers[600];

	snprintf(headers, sizeof(headers),
		 "Origin: http://127.0.0.1:%u\r\nCookie: crawl-%u=%s\r\nContent-Type: "
		 "application/x-www-form-urlencoded\r\n",
		 page.port, page.port, page.token);
	return ask_page("POST", path, headers, body);
}
