#include "tests/support/postgres_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void postgres_server_not_run(const char *why)
{
	printf("not run: tests of PostgreSQL: %s\n", why);
	fflush(stdout);
	if (getenv("POSTGRES_REQUIRED"))
		exit(1);
}

#ifdef CRAWL_POSTGRES
#include <libpq-fe.h>

#define SERVERS_MAX   8
#define WORDS_MAX     64
#define START_MS      30000
#define STOP_MS       10000
#define POLL_MS       20
#define PORT_OF_FILES 5432 /* in the name of the socket */

static struct postgres_server *running[SERVERS_MAX]; /* to be ended with the process */

/* ---- its programs ---- */

/* The number behind the last '/' but two: /usr/lib/postgresql/15/bin/initdb. */
static int version_of(const char *path)
{
	const char *at = strstr(path, "postgresql/");

	return at ? atoi(at + strlen("postgresql/")) : 0;
}

static bool is_program(const char *folder, const char *name)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, X_OK) == 0;
}

static bool has_programs(const char *folder)
{
	return is_program(folder, "initdb") && is_program(folder, "postgres");
}

/* The newest that Debian's packages have. */
static bool find_packaged(char folder[512])
{
	glob_t found;
	int newest = 0;

	if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (version_of(found.gl_pathv[i]) <= newest)
			continue;
		newest = version_of(found.gl_pathv[i]);
		snprintf(folder, 512, "%.*s",
			 (int)(strrchr(found.gl_pathv[i], '/') - found.gl_pathv[i]),
			 found.gl_pathv[i]);
	}
	globfree(&found);
	return newest > 0 && has_programs(folder);
}

static bool find_configured(char folder[512])
{
	FILE *answer = popen("pg_config --bindir 2>/dev/null", "re");
	bool found = answer && fgets(folder, 512, answer);

	if (answer)
		pclose(answer);
	if (!found)
		return false;
	folder[strcspn(folder, "\n")] = '\0';
	return has_programs(folder);
}

/* Another may be named: CRAWL_POSTGRES_BIN. */
static bool find_programs(char folder[512])
{
	const char *named = getenv("CRAWL_POSTGRES_BIN");

	if (named) {
		snprintf(folder, 512, "%s", named);
		return has_programs(folder);
	}
	return find_packaged(folder) || find_configured(folder);
}

/* It does not run as root: then it is the package's user. */
static const struct passwd *find_user(void)
{
	return geteuid() == 0 ? getpwnam("postgres") : NULL;
}

bool postgres_server_is_there(void)
{
	char folder[512];

	if (find_programs(folder) && (geteuid() != 0 || find_user()))
		return true;
	postgres_server_not_run("there is no server (apt-get install postgresql)");
	return false;
}

/* ---- its processes ---- */

static void sleep_ms(int ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

/*
 * In the child: become the server's user, and end with who started it.  The first word is the whole
 * path: by it they find one another, where they are not in PATH.
 */
static _Noreturn void become(const char *path, const char *words[], const char *log, int sig)
{
	const struct passwd *user = find_user();
	int output = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (user && (setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid)))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, sig); /* after setuid(), which clears it */
	if (output >= 0) {
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
	}
	setenv("LC_ALL", "C", 1);
	words[0] = path;
	execv(path, (char *const *)words);
	_exit(127);
}

static pid_t spawn(const struct postgres_server *server, const char *name, const char *words[],
		   int sig)
{
	char path[600], log[128];
	pid_t parent = getpid(), pid;

	snprintf(path, sizeof(path), "%s/%s", server->programs, name);
	snprintf(log, sizeof(log), "%s/log", server->folder);
	pid = fork();
	if (pid == 0) {
		if (getppid() != parent)
			_exit(125);
		become(path, words, log, sig);
	}
	return pid;
}

/* Copy its log to where the test says what it has to say. */
static int complain(const struct postgres_server *server, const char *what)
{
	char path[128], line[512];
	FILE *log;

	fprintf(stderr, "PostgreSQL %s:\n", what);
	snprintf(path, sizeof(path), "%s/log", server->folder);
	log = fopen(path, "re");
	while (log && fgets(line, sizeof(line), log))
		fputs(line, stderr);
	if (log)
		fclose(log);
	return -1;
}

/* A folder that the server's user owns; its name is short, for a socket's path is. */
static int make_folder(struct postgres_server *server)
{
	const struct passwd *user = find_user();

	strcpy(server->folder, "/tmp/crawl-pg-XXXXXX");
	if (!mkdtemp(server->folder))
		return -1;
	if (user && chown(server->folder, user->pw_uid, user->pw_gid))
		return -1;
	return chmod(server->folder, 0755);
}

/* words[0] is the program, and ends soon. */
static int run(const struct postgres_server *server, const char *words[])
{
	pid_t pid = spawn(server, words[0], words, SIGKILL);
	int status = -1;

	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return complain(server, "could not be set up");
	return 0;
}

static int make_cluster(const struct postgres_server *server)
{
	char data[128];
	const char *words[] = { "initdb",      "-N", "-A",   "trust", "-U", "crawl",
				"--no-locale", "-E", "UTF8", "-D",    data, NULL };

	snprintf(data, sizeof(data), "%s/data", server->folder);
	return run(server, words);
}

static int copy_cluster(const struct postgres_server *server, const char *by)
{
	char data[128];
	const char *words[] = { "pg_basebackup", "-R", "-X", "stream", "-c", "fast", "-U",
				"crawl",         "-h", by,   "-D",     data, NULL };

	snprintf(data, sizeof(data), "%s/data", server->folder);
	return run(server, words);
}

/* A port that nobody has just now. */
static unsigned find_port(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unsigned port = 0;

	if (fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&name, &size) == 0)
		port = ntohs(name.sin_port);
	if (fd >= 0)
		close(fd);
	return port;
}

static bool answers(const struct postgres_server *server)
{
	PGconn *connection = PQconnectdb(postgres_server_uri(server, NULL));
	bool is_up = PQstatus(connection) == CONNECTION_OK;

	PQfinish(connection);
	return is_up;
}

/* Few connections allowed: one that is refused for that has been answered, too. */
static int wait_until_up(struct postgres_server *server)
{
	for (int waited = 0; waited < START_MS; waited += POLL_MS) {
		int status;

		if (answers(server))
			return 0;
		if (waitpid(server->pid, &status, WNOHANG) == server->pid) {
			server->pid = 0;
			return complain(server, "ended at once");
		}
		sleep_ms(POLL_MS);
	}
	return complain(server, "does not answer");
}

/* SIGQUIT ends it at once, with all its processes. */
static void end_all(void)
{
	for (size_t i = 0; i < SERVERS_MAX; i++)
		if (running[i])
			postgres_server_stop(running[i]);
}

static void remember(struct postgres_server *server)
{
	static bool is_told;
	size_t i = 0;

	if (!is_told)
		atexit(end_all);
	is_told = true;
	while (i < SERVERS_MAX && running[i] && running[i] != server)
		i++;
	if (i < SERVERS_MAX)
		running[i] = server;
}

static void forget(const struct postgres_server *server)
{
	for (size_t i = 0; i < SERVERS_MAX; i++)
		if (running[i] == server)
			running[i] = NULL;
}

/* What was asked for stands last, and so holds. */
int postgres_server_start_again(struct postgres_server *server, const char *const settings[])
{
	char data[128], folder[128], port[32], listen[64];
	const char *words[WORDS_MAX] = {
		"postgres",
		"-D",
		data,
		"-c",
		folder,
		"-c",
		port,
		"-c",
		listen,
		"-c",
		"fsync=off",
		"-c",
		"autovacuum_naptime=5s",
		"-c",
		"max_connections=60",
		"-c",
		"shared_buffers=32MB",
		"-c",
		"dynamic_shared_memory_type=mmap",
		"-c",
		"log_min_messages=fatal",
		"-c",
		"max_wal_size=256MB",
		"-c",
		"cluster_name=crawl-test",
	};
	size_t count = 0;

	while (words[count])
		count++;
	for (; settings && *settings && count + 1 < WORDS_MAX; settings++)
		words[count++] = *settings;
	snprintf(data, sizeof(data), "%s/data", server->folder);
	snprintf(folder, sizeof(folder), "unix_socket_directories=%s", server->folder);
	snprintf(port, sizeof(port), "port=%u", server->port);
	snprintf(listen, sizeof(listen), "listen_addresses=%s",
		 server->is_on_network ? "127.0.0.1" : "");
	server->pid = spawn(server, "postgres", words, SIGQUIT);
	if (server->pid < 0) {
		server->pid = 0;
		return -1;
	}
	remember(server);
	return wait_until_up(server);
}

static int start(struct postgres_server *server, const char *const settings[])
{
	if (!find_programs(server->programs) || make_folder(server) || make_cluster(server))
		return -1;
	if (postgres_server_start_again(server, settings) == 0)
		return 0;
	postgres_server_stop(server);
	return -1;
}

int postgres_server_start(struct postgres_server *server, const char *const settings[])
{
	*server = (struct postgres_server){ .port = PORT_OF_FILES };
	return start(server, settings);
}

int postgres_server_start_on_network(struct postgres_server *server, const char *const settings[])
{
	*server = (struct postgres_server){ .port = find_port(), .is_on_network = true };
	return start(server, settings);
}

int postgres_server_start_standby(struct postgres_server *standby, const char *by)
{
	*standby = (struct postgres_server){ .port = PORT_OF_FILES };
	if (find_programs(standby->programs) && make_folder(standby) == 0 &&
	    copy_cluster(standby, by) == 0 && postgres_server_start_again(standby, NULL) == 0)
		return 0;
	postgres_server_stop(standby);
	return -1;
}

int postgres_server_promote(const struct postgres_server *standby)
{
	return strcmp(postgres_server_ask(standby, NULL, "SELECT pg_promote()"), "t") == 0 ? 0 : -1;
}

static void end(struct postgres_server *server, int sig)
{
	int status;

	if (server->pid <= 0)
		return;
	kill(server->pid, sig);
	for (int waited = 0; waitpid(server->pid, &status, WNOHANG) == 0; waited += POLL_MS) {
		if (waited > STOP_MS)
			kill(server->pid, SIGKILL);
		sleep_ms(POLL_MS);
	}
	server->pid = 0;
}

void postgres_server_stop(struct postgres_server *server)
{
	char command[128];

	end(server, SIGQUIT);
	forget(server);
	if (strncmp(server->folder, "/tmp/crawl-pg-", 14) == 0) {
		snprintf(command, sizeof(command), "rm -rf %s", server->folder);
		if (system(command) != 0)
			fprintf(stderr, "cannot remove %s\n", server->folder);
	}
	server->folder[0] = '\0';
}

/* Its children end as soon as they see that it has gone; what they hold in memory is lost. */
void postgres_server_kill(struct postgres_server *server)
{
	end(server, SIGQUIT);
}

/* ---- asking it ---- */

#define URIS_AT_ONCE 4

static char *next_uri(void)
{
	static char uris[URIS_AT_ONCE][POSTGRES_URI_MAX];
	static unsigned next;

	return uris[next++ % URIS_AT_ONCE];
}

const char *postgres_server_uri(const struct postgres_server *server, const char *schema)
{
	char *uri = next_uri();

	snprintf(uri, POSTGRES_URI_MAX, "postgresql://crawl@/postgres?host=%s&port=%u%s%s",
		 server->folder, server->port, schema ? "&schema=" : "", schema ? schema : "");
	return uri;
}

const char *postgres_server_tcp_uri(const struct postgres_server *server, const char *schema,
				    unsigned port)
{
	char *uri = next_uri();

	snprintf(uri, POSTGRES_URI_MAX, "postgresql://crawl@127.0.0.1:%u/postgres%s%s",
		 port ? port : server->port, schema ? "?schema=" : "", schema ? schema : "");
	return uri;
}

static size_t write_answer(const PGresult *result, char *answer, size_t size)
{
	size_t used = 0;

	answer[0] = '\0';
	for (int row = 0; row < PQntuples(result); row++)
		for (int i = 0; i < PQnfields(result) && used < size; i++)
			used += (size_t)snprintf(answer + used, size - used, "%s%s",
						 i     ? "|"
						 : row ? "\n"
						       : "",
						 PQgetvalue(result, row, i));
	return used;
}

/* A path in the schema, if it is there; a name in it may be anything. */
static void use_schema(PGconn *connection, const char *schema)
{
	char *name = PQescapeIdentifier(connection, schema, strlen(schema));
	char sql[256];

	snprintf(sql, sizeof(sql), "SET search_path = %s", name);
	PQclear(PQexec(connection, sql));
	PQfreemem(name);
}

const char *postgres_server_ask(const struct postgres_server *server, const char *schema,
				const char *sql)
{
	static char answer[65536];
	PGconn *connection = PQconnectdb(postgres_server_uri(server, NULL));
	PGresult *result;

	if (PQstatus(connection) == CONNECTION_OK) {
		use_schema(connection, schema ? schema : "crawl");
		result = PQexec(connection, sql);
		write_answer(result, answer, sizeof(answer));
		if (PQresultStatus(result) != PGRES_TUPLES_OK)
			snprintf(answer, sizeof(answer), "%s", PQresultErrorMessage(result));
		PQclear(result);
	} else {
		snprintf(answer, sizeof(answer), "%s", PQerrorMessage(connection));
	}
	PQfinish(connection);
	return answer;
}

#else

bool postgres_server_is_there(void)
{
	postgres_server_not_run("it was left out (make POSTGRES=0)");
	return false;
}

#endif
