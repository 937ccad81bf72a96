#include "tests/support/test.h"

#include <sys/time.h>
#include <time.h>

#include "crawler/base/clock.h"
#include "tests/support/store_help.h"

/* Whoever shows a database while it is written: in bounded time, as of one moment. */
#define ENDLESS \
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
#define TEXT_OF_50 "a text of fifty bytes, so that a table is a large "
#define LONG_TEXT  TEXT_OF_50 TEXT_OF_50 TEXT_OF_50 TEXT_OF_50
#define LONG_MS    5000 /* of what takes too long, with all delays of a busy machine */

static int make_one(void **state)
{
	struct store *store;

	if (make_folder(state))
		return -1;
	store = open_store();
	begin_run(store);
	open_page(store, add_url(store, "http://a/"));
	close_page(store);
	store_commit(store);
	store_end_run(store, "finished");
	store_close(store);
	return 0;
}

static int take_number(void *context, const struct store_answer *row)
{
	if (row->values)
		*(int64_t *)context = row->values[0].integer;
	return 0;
}

static int64_t asked(struct store *store, const char *sql)
{
	int64_t number = -1;

	return store_query(store, sql, take_number, &number) < 0 ? -1 : number;
}

static struct store *look(unsigned ms)
{
	struct store *store = store_open_read(path, &error);

	assert_non_null(store);
	assert_int_equal(store_begin_look(store, ms), 0);
	return store;
}

static void what_has_no_end_ends_in_its_time(void **state)
{
	struct store *store = look(50);
	int64_t begun = clock_ms();

	(void)state;
	assert_int_equal(asked(store, ENDLESS), -1);
	assert_true(clock_ms() - begun < LONG_MS);
	assert_true(store_is_late(store));
	assert_true(store_end_look(store));
	assert_false(store_has_failed(store));
	assert_int_equal(asked(store, "SELECT count(*) FROM urls"), 1);
	store_close(store);
}

/* A count that is begun late may be done before that is said again; none goes on when it is. */
static void count_until_it_fails(struct store *store)
{
	int64_t end = clock_ms() + LONG_MS;

	while (asked(store, "SELECT count(*) FROM large") != -1)
		assert_true(clock_ms() < end);
	assert_true(store_is_late(store));
}

/* One step of a program, between which SQLite would look at a clock. */
static void a_count_over_a_whole_table_ends_in_its_time(void **state)
{
	struct store *store;

	(void)state;
	assert_int_equal(change(path,
				"CREATE TABLE large (x text); INSERT INTO large WITH RECURSIVE"
				" n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
				" i < 100000) SELECT '" LONG_TEXT "' || i FROM n"),
			 0);
	store = look(1);
	count_until_it_fails(store);
	count_until_it_fails(store);
	store_close(store);
}

static int count_row(void *context, const struct store_answer *row)
{
	(void)row;
	++*(int *)context;
	return 0;
}

/* A report of the store fails as a whole, where a query fails alone. */
static void a_report_that_is_late_has_not_failed_for_good(void **state)
{
	struct store *store = look(1);
	struct timespec pause = { .tv_nsec = 30 * 1000000 };
	int count = 0;

	(void)state;
	nanosleep(&pause, NULL);
	assert_int_equal(asked(store, ENDLESS), -1);
	store_report(store, STORE_REPORT_HOSTS, NULL, count_row, &count);
	assert_true(store_is_late(store));
	store_set_read_budget(store, LONG_MS);
	assert_false(store_is_late(store));
	assert_int_equal(store_report(store, STORE_REPORT_HOSTS, NULL, count_row, &count), 0);
	assert_false(store_end_look(store));
	assert_false(store_has_failed(store));
	store_close(store);
}

static void a_look_sees_one_moment(void **state)
{
	struct store *store = look(LONG_MS);

	(void)state;
	assert_int_equal(asked(store, "SELECT count(*) FROM rejects"), 0);
	assert_int_equal(change(path, "INSERT INTO rejects VALUES ('l', 1, 'x', 'y')"), 0);
	assert_int_equal(asked(store, "SELECT count(*) FROM rejects"), 0);
	assert_false(store_end_look(store));
	assert_int_equal(store_begin_look(store, LONG_MS), 0);
	assert_int_equal(asked(store, "SELECT count(*) FROM rejects"), 1);
	assert_false(store_end_look(store));
	store_close(store);
}

/* It is somebody else's, and goes on as it was set. */
static void the_timer_of_others_goes_on(void **state)
{
	struct itimerval before, after;
	struct store *store;

	(void)state;
	getitimer(ITIMER_REAL, &before);
	store = look(1000);
	store_end_look(store);
	getitimer(ITIMER_REAL, &after);
	assert_true(before.it_value.tv_sec - after.it_value.tv_sec <= 2);
	assert_int_equal(after.it_interval.tv_usec, 0);
	store_close(store);
}

static void another_file_of_the_name_is_not_current(void **state)
{
	struct store *store = store_open_read(path, &error);
	char version[16], other[200];

	(void)state;
	snprintf(version, sizeof(version), "%s", ask("PRAGMA user_version"));
	assert_true(store_is_current(store));
	change(path, "INSERT INTO rejects VALUES ('l', 1, 'x', 'y')");
	assert_true(store_is_current(store)); /* that is what a look is for */
	change(path, "PRAGMA user_version = 5");
	assert_false(store_is_current(store)); /* its views would say what is not so */
	snprintf(other, sizeof(other), "PRAGMA user_version = %s", version);
	change(path, other);
	assert_true(store_is_current(store));
	snprintf(other, sizeof(other), "%s.other", path);
	assert_int_equal(rename(path, other), 0);
	assert_false(store_is_current(store)); /* gone */
	assert_int_equal(change(path, "CREATE TABLE x (y)"), 0);
	assert_false(store_is_current(store)); /* another */
	store_close(store);
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_one, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_has_no_end_ends_in_its_time),
		T(a_count_over_a_whole_table_ends_in_its_time),
		T(a_report_that_is_late_has_not_failed_for_good),
		T(a_look_sees_one_moment),
		T(the_timer_of_others_goes_on),
		OF_THE_FILE(another_file_of_the_name_is_not_current, "a file: test_pg_reads.c"),
	};

	return RUN_TESTS(tests);
}
