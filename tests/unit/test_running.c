#include "tests/support/test.h"

#include <string.h>

#include "crawler/base/clock.h"
#include "crawler/serve/running.h"

/* What a crawl says of itself by its socket, and what is made of rubbish there. */
#define HOSTS                                     \
	"ok\nhttp://a.example\t1076\t22\tdelay\n" \
	"http://b.example\t20\t0\tanswers\n"      \
	"http://c.example\t5\t0\trest\n"          \
	"http://d.example\t5\t2000\trobots\n"     \
	"http://e.example\t1\t0\tus\n"

static void a_status_is_read(void **state)
{
	struct running running = { .host_count = 0 };

	(void)state;
	running_read(&running, 1,
		     SLICE("ok\npid=12\nelapsed_ms=26000\npaused=1\nstopping=0\ndone=1290\n"
			   "failed=9\npending=1106\nin_flight=2\nhosts=4\nleast_ms=24000\n"
			   "rows=812\npages_per_s=52.5\nworkers=3\nidle_ms=60000\nunknown=1\nno "
			   "fact\n"));
	assert_true(running.is_there);
	assert_true(running.is_paused);
	assert_false(running.is_stopping);
	assert_int_equal(running.done, 1290);
	assert_int_equal(running.failed, 9);
	assert_int_equal(running.pending, 1106);
	assert_int_equal(running.least_ms, 24000);
	assert_int_equal(running.workers, 3);
	assert_true(running.last_page_ms <= clock_date_ms() - 60000);
	assert_true(running.last_page_ms > clock_date_ms() - 80000);
	assert_true(running.pages_per_s > 52.4 && running.pages_per_s < 52.6);
}

static void hosts_are_read_in_their_order(void **state)
{
	static const struct {
		const char *origin;
		int64_t left, delay_ms;
		const char *waits_for;
	} rows[] = {
		{ "http://a.example", 1076, 22, "its delay, 22 ms" },
		{ "http://b.example", 20, 0, "answers" },
		{ "http://c.example", 5, 0, "its rest" },
		{ "http://d.example", 5, 2000, "its robots.txt" },
		{ "http://e.example", 1, 0, "nobody" },
	};
	struct running running = { .host_count = 0 };

	(void)state;
	running_read_hosts(&running, 1, SLICE(HOSTS));
	assert_int_equal(running.host_count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(running.hosts_left[i].origin, rows[i].origin);
		assert_int_equal(running.hosts_left[i].left, rows[i].left);
		assert_int_equal(running.hosts_left[i].delay_ms, rows[i].delay_ms);
		assert_string_equal(running.hosts_left[i].waits_for, rows[i].waits_for);
	}
	running_read(&running, 1, SLICE("ok\npid=1\n"));
	assert_int_equal(running.host_count, 5); /* they come by another answer */
	running_read(&running, 0, SLICE(""));
	assert_int_equal(running.host_count, 0);
}

static void no_answer_is_no_crawl(void **state)
{
	struct running running = { .is_there = true };

	(void)state;
	running_read(&running, 0, SLICE(""));
	assert_false(running.is_there);
	assert_false(running.is_silent);
	running_read(&running, -1, SLICE("the crawl on x.db does not answer: it is busy"));
	assert_false(running.is_there);
	assert_true(running.is_silent);
	assert_string_equal(running.why, "the crawl on x.db does not answer: it is busy");
}

static void rubbish_is_no_answer(void **state)
{
	static const char *const rows[] = {
		"", "o", "ok", "error too many clients: try again\n", "\n\n\n", "OK\npid=1\n",
	};
	static const char *const hosts[] = {
		"ok\n",
		"ok\nhttp://a.example\n",
		"ok\nhttp://a.example\t1\n",
		"ok\nhttp://a.example\t1\t2\n",
		"ok\n\n\n",
		"error not understood\n",
	};
	struct running running = { .host_count = 0 };
	static char many[64 * 1024];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		running_read(&running, 1, slice_of(rows[i]));
		assert_false(running.is_there);
	}
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		running_read_hosts(&running, 1, slice_of(hosts[i]));
		assert_int_equal(running.host_count, 0);
	}
	strcpy(many, "ok\n");
	for (int i = 0; i < 100; i++)
		strcat(many, "http://a.example\t1\t2\tdelay\n");
	running_read_hosts(&running, 1, slice_of(many));
	assert_int_equal(running.host_count, RUNNING_HOSTS_MAX);
	memset(many + 3, 'x', sizeof(many) - 4); /* an origin that does not end */
	memcpy(many + sizeof(many) - 20, "\t1\t2\tdelay\n", 12);
	running_read_hosts(&running, 1, slice_of(many));
	assert_true(strlen(running.hosts_left[0].origin) < RUNNING_ORIGIN_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_read),
		cmocka_unit_test(hosts_are_read_in_their_order),
		cmocka_unit_test(no_answer_is_no_crawl),
		cmocka_unit_test(rubbish_is_no_answer),
	};

	return RUN_TESTS(tests);
}
