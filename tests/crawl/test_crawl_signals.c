#include "tests/support/test.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: it is stopped, or it is killed, or its workers are, and nothing is
 * lost, nothing is there twice, and nobody is left behind.
 */
#define QUICK        "--delay", "0", "--set", "retries=0", "--concurrency", "32"
#define TITLES       "-e", "titles=<h1>(?<title>.*?)</h1>"
#define CHILDREN_MAX 64

/* So slow that a look at the site's log finds a crawl about where it was. */
#define UNHURRIED "--delay", "0", "--set", "retries=0", "--concurrency", "8"

/* ---- killed ---- */

static char *undisturbed(void)
{
	char *all;

	assert_code(RUN("list", "-o", "undisturbed.db", QUICK, TITLES), 0);
	all = contents(in_folder("undisturbed.db"), "titles");
	return all;
}

static void assert_equal_to_undisturbed(const char *wanted)
{
	char *all = contents(in_folder("crawl.db"), "titles");

	assert_string_equal(all, wanted);
	free(all);
}

static void a_worker_killed_in_mid_crawl_is_replaced_and_nothing_is_lost(void **state)
{
	enum { PAGES = 300, WORKERS = 4 };
	char *wanted;
	pid_t workers[CHILDREN_MAX];
	struct program *run;

	(void)state;
	write_list("list", "/delay/300/page/%d", 1, PAGES);
	wanted = undisturbed();
	run = START("list", UNHURRIED, TITLES, "-j", "4");
	for (size_t round = 1; round <= 3; round++) {
		assert_true(WAIT_UNTIL(site_requests().count >= PAGES + 40 * round));
		assert_true(WAIT_UNTIL(program_children(run, workers, CHILDREN_MAX) == WORKERS));
		assert_int_equal(kill(workers[round % WORKERS], SIGKILL), 0);
	}
	program_wait(run);
	assert_code(run, 0);
	assert_says(run->error, "worker_exit");
	assert_says(run->error, "code=-9");
	assert_equal_to_undisturbed(wanted);
	assert_string_equal(ask("SELECT count(*), count(DISTINCT page_url) FROM titles"),
			    "300|300");
	free(wanted);
}

static void all_workers_killed_at_once_are_replaced(void **state)
{
	enum { PAGES = 120 };
	pid_t workers[CHILDREN_MAX];
	size_t count;
	struct program *run;

	(void)state;
	write_list("list", "/delay/300/page/%d", 1, PAGES);
	run = START("list", UNHURRIED, TITLES, "-j", "3");
	assert_true(WAIT_UNTIL(site_requests().count >= 20));
	count = program_children(run, workers, CHILDREN_MAX);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++)
		kill(workers[i], SIGKILL);
	program_wait(run);
	assert_code(run, 0);
	assert_string_equal(ask("SELECT state, outcome, count(*) FROM pages GROUP BY 1, 2"),
			    "done|ok|120");
}

static bool any_runs(const pid_t pids[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (process_runs(pids[i]))
			return true;
	}
	return false;
}

/* Kill the master as soon as so many more requests were answered. */
static void kill_master_after(size_t requests)
{
	size_t before = site_requests().count, count;
	struct program *run = START("list", UNHURRIED, TITLES, "-j", "3");
	pid_t workers[CHILDREN_MAX];

	assert_true(WAIT_UNTIL(site_requests().count >= before + requests));
	count = program_children(run, workers, CHILDREN_MAX);
	assert_int_equal(count, 3);
	assert_int_equal(kill(run->pid, SIGKILL), 0);
	assert_int_equal(program_wait(run), -SIGKILL);
	assert_true(WAIT_UNTIL(!any_runs(workers, count)));
}

static void a_killed_master_leaves_nobody_and_the_same_command_loses_nothing(void **state)
{
	enum { PAGES = 300 };
	char *wanted, *done_before;
	struct requests requests;
	int64_t last_run_ms;

	(void)state;
	write_list("list", "/delay/300/page/%d", 1, PAGES);
	wanted = undisturbed();
	kill_master_after(20);
	kill_master_after(60);
	kill_master_after(100);
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
	done_before = strdup(ask("SELECT url || char(10) FROM pages WHERE state = 'done'"));
	assert_true(strlen(done_before) > 0);
	last_run_ms = test_clock_ms(); /* the site's clock too */

	assert_code(RUN("list", QUICK, TITLES), 0);
	assert_equal_to_undisturbed(wanted);
	assert_string_equal(ask("SELECT ended FROM runs ORDER BY id"),
			    "killed\nkilled\nkilled\nfinished");
	requests = site_all_requests();
	for (size_t i = 0; i < requests.count; i++) {
		char line[600];

		snprintf(line, sizeof(line), "%s%s\n", site.origin, requests.list[i].target);
		if (requests.list[i].arrived_ms > last_run_ms && strstr(done_before, line))
			fail_msg("%s was asked for again", requests.list[i].target);
	}
	free(done_before);
	free(wanted);
}

/* ---- stopped ---- */

static void a_signal_finishes_what_is_in_flight_and_the_command_goes_on(void **state)
{
	static const struct {
		int signal, code;
	} rows[] = { { SIGINT, 130 }, { SIGTERM, 143 }, { SIGHUP, 129 } };
	enum { PAGES = 60 };
	struct requests requests;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t before = site_requests().count;
		struct program *run;
		char path[64];

		snprintf(path, sizeof(path), "/delay/%d/page/%zu%%d", 500 * SLOWNESS, i + 1);
		write_list("list", path, 10, PAGES);
		run = START("list", "--fresh", QUICK, "--concurrency", "3");
		assert_true(WAIT_UNTIL(site_requests().count >= before + 3));
		kill(run->pid, rows[i].signal);
		program_wait(run);
		assert_code(run, rows[i].code);
		assert_says(run->error, "the same command goes on");
		assert_string_equal(ask("SELECT ended FROM runs"), "interrupted");
		/* What the site answered is stored, and the rest is still to be asked for. */
		assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE state = 'done'"),
				 site_requests().count - before);
		assert_true(ask_number("SELECT count(*) FROM pages WHERE state = 'pending'") > 0);

		assert_code(RUN("list", QUICK), 0);
		assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE state = 'done'"),
				 PAGES);
		assert_int_equal(site_requests().count - before, PAGES);
	}
	requests = site_all_requests();
	assert_each_once(&requests, 3 * PAGES);
}

/* ---- stopped while a server says nothing ---- */

/* A server that hears and does not answer: its port is known, and so is when a request came. */
static int silence;

static int begin_with_silence(void **state)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);

	if (folder_make(state) < 0)
		return -1;
	silence = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(silence, (struct sockaddr *)&name, size) < 0 || listen(silence, 16) < 0 ||
	    getsockname(silence, (struct sockaddr *)&name, &size) < 0)
		return -1;
	site.port = ntohs(name.sin_port);
	snprintf(site.origin, sizeof(site.origin), "http://127.0.0.1:%u", site.port);
	return 0;
}

static int end_with_silence(void **state)
{
	close(silence);
	return scenario_end(state);
}

/* Wait for a request.  The caller closes the connection. */
static int take_request(void)
{
	struct pollfd ready = { .fd = silence, .events = POLLIN };
	char head[4096];
	int connection;

	assert_int_equal(poll(&ready, 1, WAIT_SECONDS_MAX * 1000), 1);
	connection = accept4(silence, NULL, NULL, SOCK_CLOEXEC);
	assert_true(connection >= 0);
	assert_true(read(connection, head, sizeof(head)) > 0);
	return connection;
}

static struct program *start_into_silence(const char *grace, int *connection)
{
	struct program *run = START(url("/"), "--delay", "0", "--set", "robots=false", "--set",
				    "timeout=1h", "--grace", grace);

	*connection = take_request();
	return run;
}

/* A page of so many bytes in a charset that has to be converted. */
static void answer_page(int connection, size_t bytes)
{
	size_t size = 0;
	char *answer = NULL;
	FILE *out = open_memstream(&answer, &size);

	assert_non_null(out);
	fprintf(out,
		"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=koi8-r\r\n"
		"Content-Length: %zu\r\n\r\n",
		bytes);
	for (size_t i = 0; i < bytes; i++)
		fputc(0xc1, out);
	fclose(out);
	for (size_t at = 0; at < size;) {
		ssize_t sent = send(connection, answer + at, size - at, MSG_NOSIGNAL);

		if (sent <= 0)
			break; /* it is dead already */
		at += (size_t)sent;
	}
	free(answer);
	close(connection);
}

/* Nor shorter; else it would wait for an hour. */
static void the_first_signal_waits_no_longer_than_the_grace(void **state)
{
	int connection;
	int64_t begun_ms;
	struct program *run;

	(void)state;
	run = start_into_silence("300ms", &connection);
	begun_ms = test_clock_ms();
	kill(run->pid, SIGINT);
	program_wait(run);
	assert_true(test_clock_ms() - begun_ms >= 290);
	assert_code(run, 130);
	assert_string_equal(ask("SELECT state FROM pages"), "pending");
	assert_says(run->error, "1 URL left");
	close(connection);
}

static void the_second_signal_leaves_at_once(void **state)
{
	static const struct {
		int first, second, code;
	} rows[] = {
		{ SIGINT, SIGINT, 130 },
		{ SIGTERM, SIGTERM, 143 },
		{ SIGHUP, SIGTERM, 143 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pid_t workers[CHILDREN_MAX];
		size_t count;
		int connection;
		struct program *run;

		run = start_into_silence("1h", &connection);
		count = program_children(run, workers, CHILDREN_MAX);
		kill(run->pid, rows[i].first);
		assert_true(WAIT_UNTIL(strstr(program_errors(run), "again to leave at once")));
		kill(run->pid, rows[i].second);
		program_wait(run);
		assert_code(run, rows[i].code);
		assert_string_equal(ask("SELECT state FROM pages"), "pending");
		assert_false(any_runs(workers, count));
		close(connection);
	}
}

/* A terminal that goes away sends two: one by the shell, one by the kernel when that has ended. */
static void a_second_hangup_is_no_impatience(void **state)
{
	int connection;
	struct program *run;

	(void)state;
	run = start_into_silence("1h", &connection);
	kill(run->pid, SIGHUP);
	assert_true(WAIT_UNTIL(strstr(program_errors(run), "again to leave at once")));
	kill(run->pid, SIGHUP);
	answer_page(connection, 10);
	program_wait(run);
	assert_code(run, 129);
	assert_string_equal(ask("SELECT state FROM pages"), "done");
}

static void a_hangup_that_was_ignored_before_stays_ignored(void **state)
{
	struct program_setup below_nohup = { .ignores_hangup = true };
	const char *const arguments[] = { url("/"), "--set", "robots=false", NULL };
	struct program *run;
	int connection;

	(void)state;
	run = program_start(&below_nohup, arguments);
	connection = take_request();
	kill(run->pid, SIGHUP);
	answer_page(connection, 10);
	program_wait(run);
	assert_code(run, 0);
	assert_string_equal(ask("SELECT state FROM pages"), "done");
}

/* A worker that hears nothing from its master any more ends, whatever it waits for. */
static void a_killed_master_ends_workers_that_wait_for_a_silent_server(void **state)
{
	pid_t workers[CHILDREN_MAX];
	size_t count;
	int connection;
	struct program *run;

	(void)state;
	run = start_into_silence("1h", &connection);
	count = program_children(run, workers, CHILDREN_MAX);
	assert_true(count > 0);
	kill(run->pid, SIGKILL);
	program_wait(run);
	assert_true(WAIT_UNTIL(!any_runs(workers, count)));
	close(connection);
}

/* ---- stopped while a list is read ---- */

/* Where a list may come from that is not at its end. */
struct endless {
	int read, write; /* read is standard input, or 0 */
};

static struct endless open_pipe(void)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	return (struct endless){ ends[0], ends[1] };
}

/* As programs leave it that share it with us. */
static struct endless open_impatient_pipe(void)
{
	struct endless list = open_pipe();

	assert_int_equal(fcntl(list.read, F_SETFL, O_NONBLOCK), 0);
	return list;
}

static struct endless open_terminal(void)
{
	struct endless terminal = { .write = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC) };

	assert_true(terminal.write >= 0);
	assert_int_equal(unlockpt(terminal.write), 0);
	terminal.read = open(ptsname(terminal.write), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal.read >= 0);
	return terminal;
}

static struct endless open_fifo(void)
{
	struct endless fifo = { 0 };

	unlink(in_folder("fifo"));
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	fifo.write = open(in_folder("fifo"), O_RDWR | O_CLOEXEC); /* is not waited for */
	assert_true(fifo.write >= 0);
	return fifo;
}

/* Nobody opens it to write. */
static struct endless make_fifo(void)
{
	struct endless fifo = open_fifo();

	close(fifo.write);
	fifo.write = -1;
	return fifo;
}

static void close_endless(struct endless *list)
{
	close(list->write);
	if (list->read > 0)
		close(list->read);
}

static const struct {
	int signal, code;
} stops[] = { { SIGINT, 130 }, { SIGTERM, 143 }, { SIGHUP, 129 } };

static struct program *start_on(const struct endless *list, const char *name)
{
	struct program_setup setup = { .input_fd = list->read };
	const char *const arguments[] = { name, "--fresh", QUICK, NULL };

	return program_start(&setup, arguments);
}

static void assert_ends(struct program *run, size_t stop)
{
	kill(run->pid, stops[stop].signal);
	program_wait(run);
	assert_code(run, stops[stop].code);
	assert_says(run->error, "the same command goes on");
}

static void a_signal_while_a_list_is_read_keeps_what_was_read(void **state)
{
	static struct endless (*const kinds[])(void) = { open_pipe, open_impatient_pipe,
							 open_terminal, open_fifo };
	const char *line;

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		struct endless list = kinds[i / 3]();
		const char *name = list.read ? "-" : "fifo";
		struct program *run = start_on(&list, name);
		struct program_setup setup = { 0 };

		line = url("/page/%zu", i);
		dprintf(list.write, "%s\n", line);
		assert_true(WAIT_UNTIL(strstr(program_errors(run), "run 1: new crawl")));
		assert_ends(run, i % 3);
		close_endless(&list);
		assert_string_equal(ask("SELECT url FROM pages"), line);
		assert_string_equal(ask("SELECT state FROM pages"), "pending");
		assert_string_equal(ask("SELECT ended FROM runs"), "interrupted");

		setup.input = line;
		setup.input_size = strlen(line);
		assert_code(RUN_WITH(&setup, "-", QUICK), 0);
		assert_string_equal(ask("SELECT state FROM pages"), "done");
	}
}

/* "SigBlk": signals are kept until they are asked for; "SigCgt": something is done for them. */
static bool has_signals(pid_t pid, const char *set)
{
	char path[64], line[256];
	unsigned long long signals = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	status = fopen(path, "r");
	while (status && fgets(line, sizeof(line), status)) {
		if (strncmp(line, set, strlen(set)) == 0)
			sscanf(line + strlen(set), ": %llx", &signals);
	}
	if (status)
		fclose(status);
	return signals & 1ull << (SIGTERM - 1);
}

static bool blocks_signals(pid_t pid)
{
	return has_signals(pid, "SigBlk");
}

/* Nothing was begun: neither is a database emptied, nor one made. */
static void a_signal_before_anything_came_changes_nothing(void **state)
{
	static struct endless (*const kinds[])(void) = { open_pipe, open_impatient_pipe,
							 open_terminal, open_fifo, make_fifo };

	(void)state;
	for (size_t i = 0; i < 15; i++) {
		struct endless list = kinds[i / 3]();
		struct program *run = start_on(&list, list.read ? "-" : "fifo");

		assert_true(WAIT_UNTIL(blocks_signals(run->pid)));
		assert_ends(run, i % 3);
		close_endless(&list);
		assert_int_equal(access(in_folder("crawl.db"), F_OK), -1);
	}
}

/* The first is waited for at the begin; of the second nothing is known until the first has ended.
 */
static void a_second_fifo_is_waited_for_and_a_signal_ends_that_too(void **state)
{
	struct endless first = open_pipe(), second = open_fifo();
	struct program_setup setup = { .input_fd = first.read };
	const char *const arguments[] = { "-", "fifo", QUICK, NULL };
	struct program *run;

	(void)state;
	run = program_start(&setup, arguments);
	dprintf(first.write, "%s\n", url("/page/1"));
	close_endless(&first);
	dprintf(second.write, "%s\n", url("/page/2"));
	assert_true(WAIT_UNTIL(strstr(program_errors(run), "run 1: new crawl")));
	assert_ends(run, 1);
	close_endless(&second);
	assert_true(ask_number("SELECT count(*) FROM pages WHERE state = 'pending'") >= 1);
}

/* As `yes` is: what is kept is committed from time to time, and the log has its bounds. */
static void a_list_without_an_end_or_a_url_is_ended_by_a_signal(void **state)
{
	enum { LINES = 400000, TOLD = 1000 };
	struct endless list = open_pipe();
	struct program *run = start_on(&list, "-");

	(void)state;
	for (int i = 0; i < LINES / 100; i++) {
		char text[201];

		memset(text, 'y', 200);
		for (int at = 1; at < 200; at += 2)
			text[at] = '\n';
		assert_int_equal(write(list.write, text, 200), 200);
	}
	assert_true(WAIT_UNTIL(ask_number("SELECT count(*) FROM rejects") >= LINES / 4));
	assert_ends(run, 0);
	close_endless(&list);
	assert_in_range(ask_number("SELECT count(*) FROM rejects"), LINES / 4, LINES);
	assert_in_range(count_lines(run->error), TOLD, TOLD + 20);
}

/* Ctrl-Z and fg: what waits is interrupted, and waits on. */
static void a_list_is_waited_for_again_after_a_stop(void **state)
{
	struct endless list = open_pipe();
	struct program *run = start_on(&list, "-");

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_true(WAIT_UNTIL(blocks_signals(run->pid)));
		kill(run->pid, SIGSTOP);
		kill(run->pid, SIGCONT);
	}
	dprintf(list.write, "%s\n", url("/page/1"));
	close_endless(&list);
	program_wait(run);
	assert_code(run, 0);
	assert_string_equal(ask("SELECT state FROM pages"), "done");
}

static void a_terminal_is_asked_for_urls_and_one_end_of_file_ends_them(void **state)
{
	struct endless terminal = open_terminal();
	struct program *run = start_on(&terminal, "-");

	(void)state;
	assert_true(WAIT_UNTIL(strstr(program_errors(run), "waiting for URLs, one a line")));
	dprintf(terminal.write, "%s\n\x04", url("/page/1"));
	program_wait(run);
	close_endless(&terminal);
	assert_code(run, 0);
	assert_string_equal(ask("SELECT state FROM pages"), "done");
}

/* ---- stopped while a database is opened ---- */

static bool has_open(pid_t pid, const char *name)
{
	char path[64], target[PATH_MAX];
	bool is_found = false;

	for (int fd = 3; fd < 64 && !is_found; fd++) {
		ssize_t size;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		size = readlink(path, target, sizeof(target) - 1);
		target[size > 0 ? size : 0] = '\0';
		is_found = strcmp(target, name) == 0;
	}
	return is_found;
}

static bool waits_for_database(pid_t pid)
{
	return !blocks_signals(pid) && has_signals(pid, "SigCgt") &&
	       has_open(pid, in_folder("crawl.db"));
}

/* Another program writes: a run waits for it as long as SQLite does, unless it is told not to. */
static void a_signal_ends_the_waiting_for_a_database(void **state)
{
	static const char *const commands[][4] = {
		{ "http://127.0.0.1:1/", "--delay", "0" },
		{ "http://127.0.0.1:1/", "--fresh", "--delay", "0" },
		{ "reparse", "-e", "titles=<h1>(?<title>.*?)</h1>" },
	};

	(void)state;
	assert_code(RUN("http://127.0.0.1:1/", QUICK, "--set", "robots=false"), 1);
	for (size_t i = 0; i < 9; i++) {
		sqlite3 *other = NULL;
		struct program *run;

		assert_int_equal(sqlite3_open(in_folder("crawl.db"), &other), SQLITE_OK);
		assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
				 SQLITE_OK);
		run = program_start(&(struct program_setup){ 0 },
				    (const char *const[]){ commands[i / 3][0], commands[i / 3][1],
							   commands[i / 3][2], commands[i / 3][3],
							   NULL });
		assert_true(WAIT_UNTIL(waits_for_database(run->pid)));
		kill(run->pid, stops[i % 3].signal);
		program_wait(run);
		assert_code(run, stops[i % 3].code); /* not 3, of one that had to wait too long */
		sqlite3_close(other);
		assert_string_equal(ask("SELECT count(*), max(state) FROM pages"), "1|failed");
	}
	assert_int_equal(ask_number("SELECT count(*) FROM runs"), 1);
}

/* From the first moment: nobody writes the config that is to be read. */
static void a_signal_ends_the_waiting_for_a_config(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct endless list = make_fifo();
		struct program *run = START("http://127.0.0.1:1/", "-c", "fifo");

		assert_true(WAIT_UNTIL(has_signals(run->pid, "SigCgt")));
		kill(run->pid, stops[i].signal);
		program_wait(run);
		assert_code(run, stops[i].code);
		close_endless(&list);
		assert_int_equal(access(in_folder("crawl.db"), F_OK), -1);
	}
}

/* ---- the death of a worker, and who is to blame ---- */

static struct program *start_one_worker(const char *sandbox)
{
	return START(url("/page"), "-j", "1", "--delay", "0", "--set", "robots=false", "--set",
		     "timeout=1h", "--sandbox", sandbox);
}

static pid_t only_worker(const struct program *run)
{
	pid_t worker = 0;

	assert_int_equal(program_children(run, &worker, 1), 1);
	return worker;
}

/* It waited for a server when it died: nothing in the page did that. */
static void a_url_is_not_blamed_for_workers_killed_by_hand(void **state)
{
	struct program *run;

	(void)state;
	run = start_one_worker("auto");
	for (int death = 0; death < 5; death++) {
		int connection = take_request();
		pid_t worker = only_worker(run);

		assert_true(WAIT_UNTIL(process_sleeps(worker)));
		kill(worker, SIGKILL);
		close(connection);
	}
	answer_page(take_request(), 10);
	program_wait(run);
	assert_code(run, 0);
	assert_string_equal(ask("SELECT outcome, state, size FROM pages"), "ok|done|10");
}

/* Let a process have so much more memory than it has. */
static void allow_more(pid_t process, size_t bytes)
{
	char path[64];
	unsigned long pages = 0;
	struct rlimit limit;
	FILE *sizes;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)process);
	sizes = fopen(path, "r");
	assert_non_null(sizes);
	assert_int_equal(fscanf(sizes, "%lu", &pages), 1);
	fclose(sizes);
	limit.rlim_cur = limit.rlim_max = pages * (size_t)sysconf(_SC_PAGESIZE) + bytes;
	assert_int_equal(prlimit(process, RLIMIT_AS, &limit, NULL), 0);
}

/*
 * It takes more memory to convert the page than the worker may have: it dies of it.  To receive it
 * there is enough: libcurl would live on without.
 */
static void a_url_that_kills_three_workers_fails_as_worker_died(void **state)
{
	struct program *run;

	(void)state;
	/* With ASan: no report, which would wait for itself without memory for one. */
	assert_int_equal(setenv("ASAN_OPTIONS", "allocator_may_return_null=1", 1), 0);
	run = start_one_worker("off"); /* root's have another user in the jail: see prlimit(2) */
	for (int death = 0; death < 3; death++) {
		int connection = take_request();

		allow_more(only_worker(run), 1024 * 1024);
		answer_page(connection, 4000000);
	}
	program_wait(run);
	assert_code(run, 1);
	assert_string_equal(ask("SELECT outcome, state, tries FROM pages"), "worker_died|failed|3");
	assert_says(ask("SELECT error FROM pages"),
		    "3 workers died of it, the last with exit code 3 (no memory)");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scenario_begin, scenario_end)
#define SILENT(function) \
	cmocka_unit_test_setup_teardown(function, begin_with_silence, end_with_silence)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_worker_killed_in_mid_crawl_is_replaced_and_nothing_is_lost),
		TEST(all_workers_killed_at_once_are_replaced),
		TEST(a_killed_master_leaves_nobody_and_the_same_command_loses_nothing),
		TEST(a_signal_finishes_what_is_in_flight_and_the_command_goes_on),
		SILENT(the_first_signal_waits_no_longer_than_the_grace),
		SILENT(the_second_signal_leaves_at_once),
		SILENT(a_second_hangup_is_no_impatience),
		SILENT(a_hangup_that_was_ignored_before_stays_ignored),
		TEST(a_signal_while_a_list_is_read_keeps_what_was_read),
		TEST(a_signal_before_anything_came_changes_nothing),
		TEST(a_second_fifo_is_waited_for_and_a_signal_ends_that_too),
		TEST(a_list_without_an_end_or_a_url_is_ended_by_a_signal),
		TEST(a_signal_ends_the_waiting_for_a_database),
		TEST(a_signal_ends_the_waiting_for_a_config),
		TEST(a_list_is_waited_for_again_after_a_stop),
		TEST(a_terminal_is_asked_for_urls_and_one_end_of_file_ends_them),
		SILENT(a_killed_master_ends_workers_that_wait_for_a_silent_server),
		SILENT(a_url_is_not_blamed_for_workers_killed_by_hand),
		SILENT(a_url_that_kills_three_workers_fails_as_worker_died),
	};

	return RUN_TESTS(tests);
}
