#include "tests/support/test.h"

#include "tests/support/tls_hostile.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/support/port.h"
#include "tests/support/program.h"
#include "tests/support/site_process.h"

#define REQUEST_MAX   (64 * 1024)
#define PREFACE       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define FRAME_BYTES   9
#define FRAME_HEADERS 1

static int listen_somewhere(unsigned *port)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&name, size) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&name, &size) < 0)
		return -1;
	*port = ntohs(name.sin_port);
	return fd;
}

/* ---- no TLS at all ---- */

static void answer_raw(int fd, const struct hostile_row *row)
{
	struct linger at_once = { .l_onoff = 1 };
	char bytes[4096];

	if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
		return;
	hostile_send(fd, row);
	if (row->end == HOSTILE_RESET)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	else if (row->end == HOSTILE_CLOSE)
		shutdown(fd, SHUT_WR);
	while (row->end != HOSTILE_RESET && recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
}

static _Noreturn void serve_raw(int listener, const struct hostile_row *row)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		answer_raw(fd, row);
		close(fd);
	}
}

/* ---- openssl ---- */

/* Each option after what is said of all; in and out are its standard input and output, or -1. */
static _Noreturn void run_openssl(unsigned port, const char *const options[], int in, int out)
{
	const char *arguments[24] = { "openssl", "s_server", "-cert",  "certificate.pem",
				      "-key",    "key.pem",  "-accept" };
	char address[40];
	size_t count = 7;

	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	arguments[count++] = address;
	for (size_t i = 0; options[i]; i++)
		arguments[count++] = options[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(in_folder("")) < 0)
		_exit(127);
	dup2(in >= 0 ? in : open("/dev/null", O_RDWR), STDIN_FILENO);
	dup2(out >= 0 ? out : open("/dev/null", O_RDWR), STDOUT_FILENO);
	dup2(open("openssl.log", O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
	execvp("openssl", (char *const *)arguments);
	_exit(127);
}

/* ---- which says close_notify at the end of a file ---- */

/* The row is the file that has the port's number for a name. */
static _Noreturn void serve_file(unsigned port, const struct hostile_row *row)
{
	static const char *const options[] = { "-HTTP", NULL };
	char name[16];

	snprintf(name, sizeof(name), "%u", port);
	write_bytes(name, row->bytes, row->size);
	run_openssl(port, options, -1, -1);
}

/* ---- which we cut, or leave ---- */

/* Is a request's head there, of HTTP/2 or of HTTP/1.1? */
static bool has_request(const char *bytes, size_t size)
{
	size_t at = sizeof(PREFACE) - 1;

	if (size < at || memcmp(bytes, PREFACE, at) != 0)
		return memmem(bytes, size, "\r\n\r\n", 4) != NULL && memcmp(bytes, "PRI", 3) != 0;
	while (at + FRAME_BYTES <= size) {
		const unsigned char *frame = (const unsigned char *)bytes + at;

		at += FRAME_BYTES + ((size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2]);
		if (frame[3] == FRAME_HEADERS && at <= size)
			return true;
	}
	return false;
}

/* Has it taken what was written to it, and sent it? */
static bool has_sent(pid_t openssl, int to)
{
	int left = 0;

	return !process_runs(openssl) ||
	       (ioctl(to, FIONREAD, &left) == 0 && left == 0 && process_sleeps(openssl));
}

static _Noreturn void pump(pid_t openssl, int from, int to, const struct hostile_row *row)
{
	static char request[REQUEST_MAX];
	size_t size = 0;

	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		ssize_t got = read(from, request + size, sizeof(request) - size);

		if (got <= 0)
			break;
		size += (size_t)got;
		if (!has_request(request, size))
			continue;
		size = 0;
		hostile_write(to, row);
		if (row->end != HOSTILE_RESET)
			continue;
		(void)WAIT_UNTIL(has_sent(openssl, to));
		kill(openssl, SIGKILL);
		break;
	}
	for (;;)
		pause();
}

static _Noreturn void serve_pumped(unsigned port, enum tls_hostile_kind kind,
				   const struct hostile_row *row)
{
	static const char *const options[][5] = {
		[TLS_HOSTILE_HTTP1] = { "-quiet", "-no_ticket", NULL },
		[TLS_HOSTILE_HTTP2] = { "-quiet", "-no_ticket", "-alpn", "h2", NULL },
	};
	int to[2], from[2];
	pid_t openssl;

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		_exit(127);
	openssl = fork();
	if (openssl == 0)
		run_openssl(port, options[kind], to[0], from[1]);
	close(from[1]);
	pump(openssl, from[0], to[1], row);
}

/* ---- start and stop ---- */

static bool answers(unsigned port)
{
	struct site_process server = { .port = port };
	int fd = site_connect(&server);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int tls_hostile_start(struct tls_hostile *server, enum tls_hostile_kind kind,
		      const struct hostile_row *row)
{
	*server = (struct tls_hostile){ 0 };
	server->socket = kind == TLS_HOSTILE_RAW ? listen_somewhere(&server->port)
						 : port_hold(&server->port);
	if (server->socket < 0)
		return -1;
	server->pid = fork();
	if (server->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (kind == TLS_HOSTILE_RAW)
			serve_raw(server->socket, row);
		if (row->end == HOSTILE_CLOSE && kind == TLS_HOSTILE_HTTP1)
			serve_file(server->port, row);
		serve_pumped(server->port, kind, row);
	}
	return server->pid > 0 && WAIT_UNTIL(answers(server->port)) ? 0 : -1;
}

int tls_hostile_start_with(struct tls_hostile *server, const char *const options[])
{
	*server = (struct tls_hostile){ 0 };
	server->socket = port_hold(&server->port);
	if (server->socket < 0)
		return -1;
	server->pid = fork();
	if (server->pid == 0)
		run_openssl(server->port, options, -1, -1);
	return server->pid > 0 && WAIT_UNTIL(answers(server->port)) ? 0 : -1;
}

void tls_hostile_stop(struct tls_hostile *server)
{
	if (server->pid > 0) {
		kill(server->pid, SIGKILL);
		waitpid(server->pid, NULL, 0);
		close(server->socket);
	}
	*server = (struct tls_hostile){ 0 };
}
