#include "tests/support/test.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "crawler/base/clock.h"
#include "tests/support/relay.h"
#include "tests/support/test_folder.h"

/* The bad line that tests hang between crawl and its server. */

static struct test_folder folder;
static struct relay relay;
static int listener, client, server;

static int socket_at(const char *path, bool listens)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result;

	strcpy(name.sun_path, path);
	result = listens ? bind(fd, (struct sockaddr *)&name, sizeof(name))
			 : connect(fd, (struct sockaddr *)&name, sizeof(name));
	assert_int_equal(result, 0);
	if (listens)
		assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static int enter(void **state)
{
	(void)state;
	test_folder_enter(&folder);
	listener = socket_at("server", true);
	assert_int_equal(relay_start(&relay, "relay", "server"), 0);
	client = socket_at("relay", false);
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(server >= 0);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	close(client);
	close(server);
	close(listener);
	relay_end(&relay);
	return test_folder_leave(&folder);
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void hear(int fd, const char *text)
{
	char got[100] = "";

	assert_int_equal(recv(fd, got, strlen(text), MSG_WAITALL), strlen(text));
	assert_string_equal(got, text);
}

static bool is_silent(int fd, int ms)
{
	return poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, ms) == 0;
}

static void a_good_line_passes_both_ways_and_ends(void **state)
{
	(void)state;
	say(client, "question");
	hear(server, "question");
	say(server, "answer");
	hear(client, "answer");
	while (relay_bytes_up(&relay) + relay_bytes_down(&relay) < strlen("questionanswer"))
		usleep(100); /* they are counted when they have been passed on */
	assert_int_equal(relay_bytes_up(&relay), strlen("question"));
	shutdown(client, SHUT_WR);
	assert_int_equal(recv(server, (char[1]){ 0 }, 1, 0), 0);
	say(server, "and on");
	hear(client, "and on");
	close(server);
	server = -1;
	assert_int_equal(recv(client, (char[1]){ 0 }, 1, 0), 0);
}

static void much_arrives_whole(void **state)
{
	static char sent[1 << 20], got[1 << 20];

	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 31 >> 3);
	for (size_t at = 0; at < sizeof(sent); at += 1 << 16)
		assert_int_equal(send(client, sent + at, 1 << 16, MSG_NOSIGNAL), 1 << 16);
	assert_int_equal(recv(server, got, sizeof(got), MSG_WAITALL), sizeof(got));
	assert_memory_equal(sent, got, sizeof(got));
}

static void a_long_line_takes_its_time_each_way(void **state)
{
	int64_t begun_ms = clock_ms();

	(void)state;
	relay_set(&relay, (struct relay_line){ .delay_ms = 30 });
	say(client, "question");
	hear(server, "question");
	assert_true(clock_ms() - begun_ms >= 29);
	say(server, "answer");
	hear(client, "answer");
	assert_true(clock_ms() - begun_ms >= 59);
}

static void a_stopped_line_holds_what_was_said(void **state)
{
	(void)state;
	relay_set(&relay, (struct relay_line){ .holds_up = true, .holds_down = true });
	say(client, "question");
	say(server, "answer");
	assert_true(is_silent(server, 30) && is_silent(client, 0));
	relay_set(&relay, (struct relay_line){ 0 });
	hear(server, "question");
	hear(client, "answer");
}

static void a_line_can_stop_in_the_middle_of_a_word(void **state)
{
	(void)state;
	relay_set(&relay, (struct relay_line){ .up_until = 3 });
	say(client, "commit");
	hear(server, "com");
	assert_true(is_silent(server, 30));
	say(server, "well?");
	hear(client, "well?");
	relay_set(&relay, (struct relay_line){ 0 });
	hear(server, "mit");
}

static void an_answer_can_be_lost_alone(void **state)
{
	(void)state;
	relay_set(&relay, (struct relay_line){ .holds_down = true });
	say(client, "commit");
	hear(server, "commit");
	say(server, "done");
	assert_true(is_silent(client, 30));
	relay_cut(&relay);
	assert_int_equal(recv(client, (char[1]){ 0 }, 1, 0), 0);
}

static void a_cut_line_can_be_had_anew_or_not(void **state)
{
	(void)state;
	relay_cut(&relay);
	assert_int_equal(recv(client, (char[1]){ 0 }, 1, 0), 0);
	close(client);
	relay_set(&relay, (struct relay_line){ .refuses = true });
	client = socket_at("relay", false);
	assert_int_equal(recv(client, (char[1]){ 0 }, 1, 0), 0);
	close(client);
	relay_set(&relay, (struct relay_line){ 0 });
	client = socket_at("relay", false);
	close(server);
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	say(client, "again");
	hear(server, "again");
	assert_int_equal(relay_connections(&relay), 2);
}

#define T(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_good_line_passes_both_ways_and_ends),   T(much_arrives_whole),
		T(a_long_line_takes_its_time_each_way),     T(a_stopped_line_holds_what_was_said),
		T(a_line_can_stop_in_the_middle_of_a_word), T(an_answer_can_be_lost_alone),
		T(a_cut_line_can_be_had_anew_or_not),
	};

	return RUN_TESTS(tests);
}
