#include "tests/support/pooler.h"

#ifdef CRAWL_POSTGRES
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT     6432
#define START_MS 10000
#define POLL_MS  20

static const char *find_program(void)
{
	static const char *const places[] = { "/usr/sbin/pgbouncer", "/usr/bin/pgbouncer",
					      "/usr/local/bin/pgbouncer" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

bool pooler_is_there(void)
{
	if (find_program())
		return true;
	printf("not run: tests of a pooler: there is none (apt-get install pgbouncer)\n");
	fflush(stdout);
	return false;
}

/* In the folder; good until the next call. */
static const char *path_of(const struct pooler *pooler, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", pooler->server->folder, name);
	return path;
}

static int write_settings(const struct pooler *pooler, const char *mode, const char *settings)
{
	FILE *file = fopen(path_of(pooler, "pgbouncer.ini"), "we");

	if (!file)
		return -1;
	fprintf(file,
		"[databases]\n* = host=%s port=%u user=crawl\n"
		"[pgbouncer]\nlisten_addr =\nunix_socket_dir = %s\nlisten_port = %u\n"
		"auth_type = any\npool_mode = %s\n%s\n",
		pooler->server->folder, pooler->server->port, pooler->server->folder, pooler->port,
		mode, settings ? settings : "");
	return fclose(file);
}

/* It does not run as root: then it is the server's user. */
static _Noreturn void become(const char *program, const char *settings, const char *log)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
	int output = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (user && (setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid)))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* after setuid(), which clears it */
	if (output >= 0) {
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
	}
	execl(program, program, settings, (char *)NULL);
	_exit(127);
}

static bool answers(const struct pooler *pooler)
{
	PGconn *connection = PQconnectdb(pooler_uri(pooler, NULL));
	bool is_up = PQstatus(connection) == CONNECTION_OK;

	PQfinish(connection);
	return is_up;
}

static int wait_until_up(struct pooler *pooler)
{
	for (int waited = 0; waited < START_MS; waited += POLL_MS) {
		if (answers(pooler))
			return 0;
		if (waitpid(pooler->pid, NULL, WNOHANG) == pooler->pid) {
			pooler->pid = 0;
			break;
		}
		nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * 1000000L }, NULL);
	}
	fprintf(stderr, "pgbouncer does not answer: %s\n", path_of(pooler, "pgbouncer.log"));
	pooler_stop(pooler);
	return -1;
}

int pooler_start(struct pooler *pooler, const struct postgres_server *server, const char *mode,
		 const char *settings)
{
	char file[128], log[128];
	pid_t parent = getpid();

	*pooler = (struct pooler){ .server = server, .port = PORT };
	if (write_settings(pooler, mode, settings))
		return -1;
	snprintf(file, sizeof(file), "%s", path_of(pooler, "pgbouncer.ini"));
	snprintf(log, sizeof(log), "%s", path_of(pooler, "pgbouncer.log"));
	pooler->pid = fork();
	if (pooler->pid == 0) {
		if (getppid() != parent)
			_exit(125);
		become(find_program(), file, log);
	}
	if (pooler->pid < 0) {
		pooler->pid = 0;
		return -1;
	}
	return wait_until_up(pooler);
}

void pooler_stop(struct pooler *pooler)
{
	if (pooler->pid <= 0)
		return;
	kill(pooler->pid, SIGKILL);
	waitpid(pooler->pid, NULL, 0);
	pooler->pid = 0;
}

const char *pooler_uri(const struct pooler *pooler, const char *schema)
{
	struct postgres_server behind = *pooler->server;

	behind.port = pooler->port;
	return postgres_server_uri(&behind, schema);
}

#endif
