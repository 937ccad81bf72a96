#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "crawler/control/address.h"
#include "crawler/control/client.h"
#include "crawler/control/socket.h"
#include "tests/support/program.h"

/*
 * The door of a running crawl: who asks a whole line is answered, and nobody else is waited for.
 */
static char database[PATH_MAX], door[PATH_MAX + sizeof(CONTROL_SUFFIX)];
static char error[CONTROL_ERROR_MAX];
static struct loop *loop;

static void set_database(const char *path)
{
	snprintf(database, sizeof(database), "%s", path);
	snprintf(door, sizeof(door), "%s" CONTROL_SUFFIX, path);
}

static int set_up(void **state)
{
	if (folder_make(state) < 0)
		return -1;
	set_database(write_text("crawl.db", "%s", ""));
	control_silence_ms = CONTROL_SILENCE_MS;
	error[0] = '\0';
	loop = loop_new();
	return loop ? 0 : -1;
}

static int tear_down(void **state)
{
	loop_free(loop);
	return folder_remove(state);
}

/* Says what it was asked, and counts. */
static void echo(void *user, char *request, FILE *answer)
{
	++*(unsigned *)user;
	fprintf(answer, "ok %s\n", request);
}

static struct control *open_door(unsigned *asked)
{
	struct control *control = control_new(database, loop, echo, asked, error);

	assert_string_equal(error, "");
	assert_non_null(control);
	return control;
}

/* A client that is let in by the next turn. */
static int knock(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0 && strlen(door) < sizeof(address.sun_path));
	strcpy(address.sun_path, door);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *text, size_t size)
{
	assert_int_equal(send(fd, text, size, MSG_NOSIGNAL), size);
}

/* What it has been told: "" for nothing yet, "." for the end. */
static const char *heard(int fd)
{
	static char text[CONTROL_ANSWER_MAX + 1];
	ssize_t got = read(fd, text, CONTROL_ANSWER_MAX);

	if (got == 0)
		return ".";
	text[got < 0 ? 0 : got] = '\0';
	return text;
}

/* Turns as long as there is something to do. */
static void turn(void)
{
	while (loop_turn(loop, 0) > 0)
		;
}

/* ---- asking ---- */

static void a_line_is_answered_and_the_connection_closed(void **state)
{
	unsigned asked = 0;
	struct control *control = open_door(&asked);
	int fd = knock();

	(void)state;
	say(fd, "delay a 2s\nmore\n", 16);
	turn();
	assert_string_equal(heard(fd), "ok delay a 2s\n");
	assert_int_equal(asked, 1);
	close(fd);
	control_free(control);
}

static void a_line_may_come_byte_by_byte(void **state)
{
	unsigned asked = 0;
	struct control *control = open_door(&asked);
	int fd = knock();

	(void)state;
	for (const char *at = "pause"; *at; at++) {
		say(fd, at, 1);
		turn();
		assert_string_equal(heard(fd), "");
	}
	say(fd, "\n", 1);
	turn();
	assert_string_equal(heard(fd), "ok pause\n");
	assert_string_equal(heard(fd), ".");
	close(fd);
	control_free(control);
}

static void what_is_no_line_is_never_a_request(void **state)
{
	static char longest[CONTROL_REQUEST_MAX];
	unsigned asked = 0;
	struct control *control = open_door(&asked);
	int cut = knock(), zero = knock(), endless = knock();

	(void)state;
	memset(longest, 'x', sizeof(longest));
	say(cut, "stop", 4);
	shutdown(cut, SHUT_WR);
	say(zero, "st\0op\n", 6);
	say(endless, longest, sizeof(longest));
	turn();
	assert_string_equal(heard(cut), ".");
	assert_memory_equal(heard(zero), "error ", 6);
	assert_memory_equal(heard(endless), "error ", 6);
	assert_int_equal(asked, 0);
	close(cut);
	close(zero);
	close(endless);
	control_free(control);
}

static void a_client_that_is_gone_does_no_harm(void **state)
{
	unsigned asked = 0;
	struct control *control = open_door(&asked);
	int fd = knock();

	(void)state;
	say(fd, "pause\n", 6);
	close(fd);
	turn();
	assert_int_equal(asked, 1);
	control_free(control);
}

/* ---- silence ---- */

static void silent_clients_keep_nobody_waiting(void **state)
{
	unsigned asked = 0;
	struct control *control = open_door(&asked);
	int silent[CONTROL_CLIENTS_MAX - 1], fd;

	(void)state;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX - 1; i++)
		silent[i] = knock();
	turn();
	fd = knock();
	say(fd, "status\n", 7);
	turn();
	assert_string_equal(heard(fd), "ok status\n");
	close(fd);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX - 1; i++)
		close(silent[i]);
	control_free(control);
}

static void one_client_too_many_is_sent_away(void **state)
{
	unsigned asked = 0;
	struct control *control = open_door(&asked);
	int silent[CONTROL_CLIENTS_MAX], fd;

	(void)state;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		silent[i] = knock();
	turn();
	fd = knock();
	turn();
	assert_memory_equal(heard(fd), "error too many clients", 22);
	close(fd);
	close(silent[0]); /* and its place is free again */
	turn();
	fd = knock();
	say(fd, "status\n", 7);
	turn();
	assert_string_equal(heard(fd), "ok status\n");
	close(fd);
	for (size_t i = 1; i < CONTROL_CLIENTS_MAX; i++)
		close(silent[i]);
	control_free(control);
}

static bool is_sent_away(int fd)
{
	turn();
	return strcmp(heard(fd), ".") == 0;
}

static void who_is_silent_too_long_is_sent_away(void **state)
{
	unsigned asked = 0;
	struct control *control;
	int fd;

	(void)state;
	control_silence_ms = 200;
	control = open_door(&asked);
	fd = knock();
	say(fd, "sta", 3);
	assert_true(WAIT_UNTIL(is_sent_away(fd)));
	assert_int_equal(loop_turn(loop, 400), 0); /* with nobody there the timer rests */
	close(fd);
	control_free(control);
}

/* Who knocks meanwhile would make the listener ready for ever. */
static void without_a_descriptor_the_door_rests_and_opens_later(void **state)
{
	unsigned asked = 0;
	struct control *control = open_door(&asked);
	struct rlimit limit, none;
	int fd = knock();

	(void)state;
	say(fd, "status\n", 7);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = (struct rlimit){ .rlim_cur = (rlim_t)fd + 1, .rlim_max = limit.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	turn(); /* which ends, though it is still there */
	assert_string_equal(heard(fd), "");
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_int_equal(loop_turn(loop, 10000), 1);
	turn();
	assert_string_equal(heard(fd), "ok status\n");
	close(fd);
	control_free(control);
}

/* Its listener, a client that has asked, and the timer of its silence are gone. */
static void a_closed_door_leaves_nothing_in_the_loop(void **state)
{
	unsigned asked = 0;
	struct control *control;
	int fd;

	(void)state;
	control_silence_ms = 1;
	control = open_door(&asked);
	fd = knock();
	say(fd, "status\n", 7);
	assert_true(loop_turn(loop, 0) > 0); /* it is let in, and was not read yet */
	control_free(control);
	assert_int_equal(loop_turn(loop, 20), 0);
	assert_int_equal(asked, 0);
	close(fd);
}

/* ---- the socket ---- */

static void the_door_is_its_owners_alone_and_goes_with_the_crawl(void **state)
{
	unsigned asked = 0;
	mode_t before = umask(0);
	struct control *control = open_door(&asked);
	struct stat found;

	(void)state;
	assert_int_equal(umask(before), 0); /* as it was */
	assert_int_equal(lstat(door, &found), 0);
	assert_true(S_ISSOCK(found.st_mode));
	assert_int_equal(found.st_mode & 0777, 0700);
	control_free(control);
	assert_int_equal(lstat(door, &found), -1);
}

static void the_door_of_a_killed_crawl_is_replaced(void **state)
{
	unsigned asked = 0;
	struct control *control;
	pid_t pid = fork();
	int status, fd;

	(void)state;
	if (pid == 0)
		_exit(control_new(database, loop, echo, &asked, error) ? 0 : 1); /* not freed */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(door, F_OK), 0);
	control = open_door(&asked);
	fd = knock();
	say(fd, "status\n", 7);
	turn();
	assert_string_equal(heard(fd), "ok status\n");
	close(fd);
	control_free(control);
}

static void a_door_that_is_in_use_stays(void **state)
{
	unsigned asked = 0;
	struct control *control = open_door(&asked);
	int fd;

	(void)state;
	assert_null(control_new(database, loop, echo, &asked, error));
	assert_non_null(strstr(error, "in use"));
	fd = knock();
	say(fd, "status\n", 7);
	turn();
	assert_string_equal(heard(fd), "ok status\n");
	close(fd);
	control_free(control);
}

static void a_file_in_the_doors_place_stays(void **state)
{
	unsigned asked = 0;
	struct stat found;

	(void)state;
	write_text("crawl.db" CONTROL_SUFFIX, "mine");
	assert_null(control_new(database, loop, echo, &asked, error));
	assert_non_null(strstr(error, "no socket"));
	assert_int_equal(stat(door, &found), 0);
	assert_int_equal(found.st_size, 4);
}

/* ---- the other side ---- */

/* Ask as another process does; returns what control_ask() returned. */
static int ask(const char *request, const char *wanted)
{
	char answer[CONTROL_ANSWER_MAX];
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		int result = control_ask(database, request, answer, error);

		_exit(result == 1 && strcmp(answer, wanted) != 0 ? 77 : result & 0xff);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		loop_turn(loop, 10);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void control_ask_brings_the_answer(void **state)
{
	static char longest[CONTROL_REQUEST_MAX];
	static char wanted[CONTROL_ANSWER_MAX];
	unsigned asked = 0;
	struct control *control = open_door(&asked);

	(void)state;
	assert_int_equal(ask("delay a 2s", "ok delay a 2s\n"), 1);
	memset(longest, 'x', sizeof(longest) - 2);
	snprintf(wanted, sizeof(wanted), "ok %s\n", longest);
	assert_int_equal(ask(longest, wanted), 1);
	control_free(control);
}

static void answer_at_length(void *user, char *request, FILE *answer)
{
	(void)user;
	(void)request;
	for (size_t i = 0; i < 2 * CONTROL_ANSWER_MAX; i++)
		putc('x', answer);
}

static void what_is_too_long_an_answer_is_cut(void **state)
{
	static char wanted[CONTROL_ANSWER_MAX];
	struct control *control = control_new(database, loop, answer_at_length, NULL, error);

	(void)state;
	assert_non_null(control);
	memset(wanted, 'x', sizeof(wanted) - 1);
	assert_int_equal(ask("status", wanted), 1);
	control_free(control);
}

/* ---- the other side, in a loop ---- */

struct heard_call {
	int count, result;
	char text[CONTROL_ANSWER_MAX];
};

static void on_done(void *user, int result, const char *text)
{
	struct heard_call *call = user;

	call->count++;
	call->result = result;
	snprintf(call->text, sizeof(call->text), "%s", text);
}

static void a_call_is_answered_in_turns_of_the_loop(void **state)
{
	static struct heard_call heard_call;
	unsigned asked = 0;
	struct control *control = open_door(&asked);

	(void)state;
	assert_non_null(control_call(database, "status", loop, on_done, &heard_call));
	assert_int_equal(heard_call.count, 0);
	while (heard_call.count == 0)
		loop_turn(loop, 1000);
	assert_int_equal(heard_call.result, 1);
	assert_string_equal(heard_call.text, "ok status\n");
	turn();
	assert_int_equal(heard_call.count, 1);
	control_free(control);
}

static void a_call_to_nobody_is_done_at_once(void **state)
{
	static struct heard_call heard_call;

	(void)state;
	assert_null(control_call(database, "status", loop, on_done, &heard_call));
	assert_int_equal(heard_call.count, 1);
	assert_int_equal(heard_call.result, 0);
}

static void a_call_that_is_given_up_is_not_answered(void **state)
{
	static struct heard_call heard_call;
	unsigned asked = 0;
	struct control *control = open_door(&asked);
	struct control_call *call = control_call(database, "status", loop, on_done, &heard_call);

	(void)state;
	control_call_free(call);
	turn();
	assert_int_equal(heard_call.count, 0);
	control_free(control);
}

static void without_a_crawl_nobody_answers(void **state)
{
	char answer[CONTROL_ANSWER_MAX];
	unsigned asked = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(control_ask(database, "status", answer, error), 0);
	assert_int_equal(control_ask(in_folder("none.db"), "status", answer, error), 0);
	pid = fork();
	if (pid == 0)
		_exit(control_new(database, loop, echo, &asked, error) ? 0 : 1);
	waitpid(pid, NULL, 0);
	assert_int_equal(access(door, F_OK), 0);
	assert_int_equal(control_ask(database, "status", answer, error), 0);
}

/* An address of a socket holds 107 bytes. */
static void a_long_path_has_a_door_too(void **state)
{
	char path[PATH_MAX];
	unsigned asked = 0;
	struct control *control;

	(void)state;
	snprintf(path, sizeof(path), "%s", in_folder("folder-with-a-long-name"));
	for (int i = 0; i < 6; i++) {
		assert_int_equal(mkdir(path, 0700), 0);
		strcat(path, "/and-another-one-inside");
	}
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(path, "/crawl.db");
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	set_database(path);
	control = open_door(&asked);
	assert_int_equal(access(door, F_OK), 0);
	assert_int_equal(ask("status", "ok status\n"), 1);
	control_free(control);
	assert_int_equal(access(door, F_OK), -1);
}

static void a_link_to_a_database_leads_to_its_door(void **state)
{
	unsigned asked = 0;
	struct control *control = open_door(&asked);

	(void)state;
	assert_int_equal(symlink(database, in_folder("link.db")), 0);
	set_database(in_folder("link.db"));
	assert_int_equal(ask("status", "ok status\n"), 1);
	control_free(control);
}

/* ---- other users ---- */

#define NOBODY 65534

/* The folder and what is in it, for all users.  Returns whether we can be another one. */
static bool open_to_all(void)
{
	if (geteuid() != 0)
		return false;
	return chmod(in_folder(""), 0777) == 0 && chmod(database, 0666) == 0;
}

static void another_user_is_sent_away(void **state)
{
	unsigned asked = 0;
	struct control *control;
	int status;
	pid_t pid;

	(void)state;
	if (!open_to_all())
		skip();
	control = open_door(&asked);
	assert_int_equal(chmod(door, 0777), 0);
	pid = fork();
	if (pid == 0) {
		char answer[CONTROL_ANSWER_MAX];

		if (setuid(NOBODY) < 0 || control_ask(database, "stop", answer, error) != -1)
			_exit(1);
		_exit(strstr(error, "it is another user's, or ends") ? 0 : 2);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		loop_turn(loop, 10);
	assert_int_equal(status, 0);
	assert_int_equal(asked, 0);
	assert_int_equal(ask("status", "ok status\n"), 1); /* but we are not */
	control_free(control);
}

static void who_answers_in_place_of_a_crawl_is_not_believed(void **state)
{
	char answer[CONTROL_ANSWER_MAX] = "";
	unsigned asked = 0;
	int ready[2];
	char byte;
	pid_t pid;

	(void)state;
	if (!open_to_all())
		skip();
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setuid(NOBODY) < 0 || !control_new(database, loop, echo, &asked, error))
			_exit(1);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			loop_turn(loop, 100);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(control_ask(database, "status", answer, error), -1);
	assert_non_null(strstr(error, "another user answers"));
	assert_string_equal(answer, "");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ready[0]);
	close(ready[1]);
}

#define TEST_OF(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_OF(a_line_is_answered_and_the_connection_closed),
		TEST_OF(a_line_may_come_byte_by_byte),
		TEST_OF(what_is_no_line_is_never_a_request),
		TEST_OF(a_client_that_is_gone_does_no_harm),
		TEST_OF(silent_clients_keep_nobody_waiting),
		TEST_OF(one_client_too_many_is_sent_away),
		TEST_OF(who_is_silent_too_long_is_sent_away),
		TEST_OF(without_a_descriptor_the_door_rests_and_opens_later),
		TEST_OF(a_closed_door_leaves_nothing_in_the_loop),
		TEST_OF(the_door_is_its_owners_alone_and_goes_with_the_crawl),
		TEST_OF(the_door_of_a_killed_crawl_is_replaced),
		TEST_OF(a_door_that_is_in_use_stays),
		TEST_OF(a_file_in_the_doors_place_stays),
		TEST_OF(control_ask_brings_the_answer),
		TEST_OF(what_is_too_long_an_answer_is_cut),
		TEST_OF(a_call_is_answered_in_turns_of_the_loop),
		TEST_OF(a_call_to_nobody_is_done_at_once),
		TEST_OF(a_call_that_is_given_up_is_not_answered),
		TEST_OF(without_a_crawl_nobody_answers),
		TEST_OF(a_long_path_has_a_door_too),
		TEST_OF(a_link_to_a_database_leads_to_its_door),
		TEST_OF(another_user_is_sent_away),
		TEST_OF(who_answers_in_place_of_a_crawl_is_not_believed),
	};

	return RUN_TESTS(tests);
}
