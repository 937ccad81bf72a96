#include "tests/support/test.h"

#include "tests/support/tls_stand_in.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/support/port.h"
#include "tests/support/program.h"
#include "tests/support/site_process.h"

#define HEARD       "tls.heard"
#define HEARD_MAX   (256 * 1024)
#define REQUEST_MAX (64 * 1024)

bool tls_is_possible(void)
{
	return system("command -v openssl >/dev/null 2>&1") == 0;
}

int tls_make_certificates(void)
{
	char command[2048];

	write_text("names", "subjectAltName=IP:127.0.0.1\n");
	snprintf(command, sizeof(command),
		 "cd %s && exec >openssl.log 2>&1 && "
		 "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=test authority' "
		 "-keyout ca.key -out ca.pem && "
		 "openssl req -newkey rsa:2048 -nodes -subj '/CN=127.0.0.1' -keyout key.pem "
		 "-out request.pem && "
		 "openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial "
		 "-days 2 -extfile names -out certificate.pem",
		 in_folder(""));
	return system(command);
}

/* openssl, with its standard input and output in our hands. */
static void serve_tls(const struct tls_stand_in *tls, bool wants_certificate, int in, int out)
{
	char address[40];

	snprintf(address, sizeof(address), "127.0.0.1:%u", tls->port);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(in_folder("")) < 0)
		_exit(127);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(open("openssl.log", O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
	execlp("openssl", "openssl", "s_server", "-quiet", "-accept", address, "-cert",
	       "certificate.pem", "-key", "key.pem", "-CAfile", "ca.pem",
	       wants_certificate ? "-Verify" : "-no_ticket", wants_certificate ? "1" : NULL,
	       "-verify_return_error", (char *)NULL);
	_exit(127);
}

/* What is said to "GET /to/302/http://a/ HTTP/1.1". */
static void answer(int out, const char *request)
{
	const char *location = "";
	char text[REQUEST_MAX];
	int status = 200, used = 0, size;

	if (sscanf(request, "GET /to/%d/%n", &status, &used) == 1 && used > 0)
		location = request + used;
	size = snprintf(text, sizeof(text),
			"HTTP/1.1 %d Well\r\nLocation: %.*s\r\nContent-Type: text/html\r\n"
			"Content-Length: 5\r\nConnection: close\r\n\r\nhello",
			status, (int)strcspn(location, " "), location);
	if (write(out, text, (size_t)size) != size)
		_exit(1);
}

/* Between openssl and the file of all that was heard; for ever. */
static _Noreturn void pump(int from, int to)
{
	static char request[REQUEST_MAX];
	int heard = open(in_folder(HEARD), O_WRONLY | O_CREAT | O_APPEND, 0600);
	size_t size = 0;

	for (;;) {
		ssize_t got = read(from, request + size, sizeof(request) - 1 - size);

		if (got <= 0 || write(heard, request + size, (size_t)got) != got)
			_exit(got < 0);
		size += (size_t)got;
		request[size] = '\0';
		if (!strstr(request, "\r\n\r\n"))
			continue;
		answer(to, request);
		size = 0;
	}
}

static _Noreturn void live(const struct tls_stand_in *tls, bool wants_certificate)
{
	int to[2], from[2];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pipe(to) < 0 || pipe(from) < 0)
		_exit(127);
	if (fork() == 0)
		serve_tls(tls, wants_certificate, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	pump(from[0], to[1]);
}

static bool answers(unsigned port)
{
	struct site_process server = { .port = port };
	int fd = site_connect(&server);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int tls_start(struct tls_stand_in *tls, bool wants_certificate)
{
	*tls = (struct tls_stand_in){ 0 };
	tls->held_port = port_hold(&tls->port);
	if (tls->held_port < 0)
		return -1;
	snprintf(tls->origin, sizeof(tls->origin), "https://127.0.0.1:%u", tls->port);
	tls->pid = fork();
	if (tls->pid == 0)
		live(tls, wants_certificate);
	return WAIT_UNTIL(answers(tls->port)) ? 0 : -1;
}

int tls_begin(struct tls_stand_in *tls, bool wants_certificate)
{
	if (!tls_is_possible())
		return 0;
	return tls_make_certificates() == 0 ? tls_start(tls, wants_certificate) : -1;
}

void tls_stop(struct tls_stand_in *tls)
{
	if (tls->pid > 0) {
		kill(tls->pid, SIGKILL);
		waitpid(tls->pid, NULL, 0);
		close(tls->held_port);
	}
	*tls = (struct tls_stand_in){ 0 };
}

const char *tls_heard(void)
{
	static char text[HEARD_MAX];
	int fd = open(in_folder(HEARD), O_RDONLY);
	ssize_t size = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

	if (fd >= 0)
		close(fd);
	text[size > 0 ? size : 0] = '\0';
	return text;
}
