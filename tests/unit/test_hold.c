#include "tests/support/test.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crawler/worker/hold.h"

static int ends[2];

static int set_up(void **state)
{
	(void)state;
	hold_begin();
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

static int tear_down(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static bool is_shut(void)
{
	char byte;

	return recv(ends[1], &byte, 1, MSG_DONTWAIT) == 0;
}

static int64_t cpu_ms(void)
{
	return (int64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

static void a_call_that_goes_on_loses_its_connection(void **state)
{
	int64_t begun = cpu_ms();

	(void)state;
	hold_enter(ends[0]);
	hold_enter(-1); /* for whom is not known: the last one, most likely */
	while (!is_shut())
		assert_true(cpu_ms() - begun < 10 * HOLD_MS);
	hold_leave();
	assert_true(cpu_ms() - begun >= HOLD_MS / 2);
}

static void many_short_calls_lose_nothing(void **state)
{
	int64_t begun = cpu_ms();

	(void)state;
	while (cpu_ms() - begun < 3 * HOLD_MS) {
		hold_enter(ends[0]);
		assert_false(is_shut());
		hold_leave();
	}
}

static void who_works_outside_of_calls_loses_nothing(void **state)
{
	int64_t begun = cpu_ms();

	(void)state;
	hold_enter(ends[0]);
	hold_leave();
	while (cpu_ms() - begun < 3 * HOLD_MS)
		assert_false(is_shut());
}

static void a_descriptor_that_is_closed_is_left_alone(void **state)
{
	int64_t begun = cpu_ms();

	(void)state;
	hold_enter(ends[0]);
	hold_forget(ends[0]);
	while (cpu_ms() - begun < 3 * HOLD_MS)
		assert_false(is_shut());
	hold_leave();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_that_goes_on_loses_its_connection),
		TEST(many_short_calls_lose_nothing),
		TEST(who_works_outside_of_calls_loses_nothing),
		TEST(a_descriptor_that_is_closed_is_left_alone),
	};

	return RUN_TESTS(tests);
}
