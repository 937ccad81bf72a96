#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "crawler/control/notify.h"

/* A manager that listens in the abstract namespace. */
static int listen_as(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
			 0);
	return fd;
}

static const char *hear(int fd)
{
	static char text[64];
	ssize_t size = recv(fd, text, sizeof(text) - 1, 0);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

static int forget_manager(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return 0;
}

static void without_a_manager_nothing_is_said(void **state)
{
	struct notify notify = notify_open();

	(void)state;
	assert_int_equal(notify.socket, -1);
	notify_say(&notify, "READY=1");
	notify_beat(&notify, 1000);
	notify_close(&notify);
}

static void the_manager_hears_us_twice_as_often_as_it_asks(void **state)
{
	char name[64];
	struct notify notify;
	int manager;

	(void)state;
	snprintf(name, sizeof(name), "@crawl-test-%d", (int)getpid());
	manager = listen_as(name);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "3000000", 1);
	notify = notify_open();
	assert_int_equal(notify.every_ms, 1500);
	notify_say(&notify, "READY=1");
	assert_string_equal(hear(manager), "READY=1");
	notify_beat(&notify, 10000);
	assert_string_equal(hear(manager), "WATCHDOG=1");
	notify_beat(&notify, 11499);
	assert_string_equal(hear(manager), "");
	notify_beat(&notify, 11500);
	assert_string_equal(hear(manager), "WATCHDOG=1");
	notify_close(&notify);
	close(manager);
}

static void a_watchdog_of_another_process_is_not_ours(void **state)
{
	char name[64];
	struct notify notify;
	int manager;

	(void)state;
	snprintf(name, sizeof(name), "@crawl-test2-%d", (int)getpid());
	manager = listen_as(name);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "3000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	notify = notify_open();
	assert_int_equal(notify.every_ms, 0);
	notify_beat(&notify, 10000);
	assert_string_equal(hear(manager), "");
	notify_close(&notify);
	close(manager);
}

static void a_socket_that_is_none_is_left_alone(void **state)
{
	static const char *const names[] = { "", "x", "relative", "/nowhere/at/all",
					     "@nobody-is-here" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		assert_int_equal(notify_open().socket, -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_a_manager_nothing_is_said, forget_manager),
		cmocka_unit_test_setup(the_manager_hears_us_twice_as_often_as_it_asks,
				       forget_manager),
		cmocka_unit_test_setup(a_watchdog_of_another_process_is_not_ours, forget_manager),
		cmocka_unit_test_setup(a_socket_that_is_none_is_left_alone, forget_manager),
	};

	return RUN_TESTS(tests);
}
