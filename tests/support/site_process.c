#include "tests/support/site_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096

/* BUILD/tests/ROOM/test_X -> BUILD/site */
static void find_program(char path[PATH_BYTES_MAX])
{
	const char *own = getenv("SITE");
	ssize_t size;

	if (own) {
		snprintf(path, PATH_BYTES_MAX, "%s", own);
		return;
	}
	size = readlink("/proc/self/exe", path, PATH_BYTES_MAX - sizeof("/site"));
	path[size < 0 ? 0 : size] = '\0';
	for (int i = 0; i < 3 && strrchr(path, '/'); i++)
		*strrchr(path, '/') = '\0';
	strcat(path, "/site");
}

/* In the child. */
static _Noreturn void become_site(int output, const char *const options[])
{
	const char *words[SITE_ARGUMENTS_MAX + 1] = { "site", "--die-with-parent" };
	char path[PATH_BYTES_MAX];
	int count = 2;

	for (; options && *options && count < SITE_ARGUMENTS_MAX; options++)
		words[count++] = *options;
	find_program(path);
	dup2(output, STDOUT_FILENO);
	execv(path, (char *const *)words);
	dprintf(STDERR_FILENO, "cannot start %s; is it built?\n", path);
	_exit(127);
}

/* The site says where it is when it is ready; it says nothing if it fails. */
static int read_port(int output, unsigned *port)
{
	char line[128];
	size_t size = 0;
	ssize_t got;

	do {
		got = read(output, line + size, sizeof(line) - 1 - size);
		size += got > 0 ? (size_t)got : 0;
	} while (got > 0 && !memchr(line, '\n', size));
	line[size] = '\0';
	return sscanf(line, "http://127.0.0.1:%u/\n", port) == 1 ? 0 : -1;
}

int site_start(struct site_process *site, const char *const options[])
{
	int ends[2];
	int is_ready;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	*site = (struct site_process){ .pid = fork() };
	if (site->pid == 0)
		become_site(ends[1], options);
	close(ends[1]);
	is_ready = site->pid > 0 ? read_port(ends[0], &site->port) : -1;
	close(ends[0]);
	if (is_ready < 0 && site->pid > 0)
		site_stop(site);
	snprintf(site->origin, sizeof(site->origin), "http://127.0.0.1:%u", site->port);
	return is_ready;
}

int site_stop(struct site_process *site)
{
	int status;

	if (site->pid <= 0) /* kill() would take 0 for all of us */
		return -1;
	kill(site->pid, SIGTERM);
	if (waitpid(site->pid, &status, 0) < 0)
		return -1;
	site->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int site_connect(const struct site_process *site)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)site->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}
