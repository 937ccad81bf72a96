#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/base/clock.h"
#include "crawler/serve/verdicts.h"
#include "tests/support/store_help.h"

/*
 * Verdicts that are kept from one scrape to the next: which are given, and when they are read.
 */
#define LOOK_MS 5000

static struct verdicts *verdicts;

static void put_run(struct store *store, uint64_t of_books, uint64_t of_films)
{
	static const struct store_pattern patterns[] = { { "books", 1 }, { "films", 2 } };
	const uint64_t matched[] = { of_books, of_films };

	begin_run(store);
	assert_int_equal(store_put_patterns(store, 0xc0ffee, patterns, 2), 0);
	for (size_t i = 0; i < 2; i++) {
		struct store_pattern_figures figures = { .pattern = patterns[i].name,
							 .pages_wanted = 100,
							 .pages_tried = 100,
							 .pages_matched = matched[i],
							 .rows = matched[i] };

		assert_int_equal(store_put_pattern_figures(store, &figures), 0);
	}
	assert_int_equal(store_end_run(store, "finished"), 0);
}

/* Three runs, in the last of which films are lost. */
static int make_crawl(void **state)
{
	struct store *store;

	if (make_folder(state))
		return -1;
	store = open_store();
	put_run(store, 100, 100);
	put_run(store, 99, 100);
	put_run(store, 100, 20);
	store_close(store);
	verdicts = verdicts_new();
	return 0;
}

static int drop_crawl(void **state)
{
	verdicts_free(verdicts);
	return remove_folder(state);
}

/* "?": not known; else a letter of each pattern that got worse. */
static const char *scrape_at(int64_t now_ms, bool is_late)
{
	static char told[8];
	struct store *store = store_open_read(path, &error);
	struct figures *figures;
	size_t size = 0;

	assert_int_equal(store_begin_look(store, LOOK_MS), 0);
	figures = figures_read_counters(store, path);
	assert_non_null(figures);
	if (is_late) {
		store_set_read_budget(store, 1);
		while (!store_is_late(store))
			usleep(1000);
	}
	if (verdicts_give(verdicts, figures, store, now_ms)) {
		for (size_t i = 0; i < figures->pattern_count; i++) {
			struct figures_pattern *pattern = &figures->patterns[i];

			if (pattern->verdict == DRIFT_WORSE)
				told[size++] = pattern->name[0];
		}
		told[size] = '\0';
	} else {
		strcpy(told, "?");
	}
	figures_free(figures);
	store_end_look(store);
	store_close(store);
	return told;
}

static void a_pattern_that_got_worse_is_said_again_and_again(void **state)
{
	(void)state;
	assert_string_equal(scrape_at(clock_ms(), false), "f");
	assert_string_equal(scrape_at(clock_ms(), false), "f"); /* as it was kept */
	assert_string_equal(scrape_at(clock_ms() + 1000000000, false), "f");
}

static void the_verdicts_of_one_run_are_not_those_of_the_next(void **state)
{
	struct store *store;

	(void)state;
	assert_string_equal(scrape_at(clock_ms(), false), "f");
	store = open_store();
	put_run(store, 10, 100);
	store_close(store);
	assert_string_equal(scrape_at(clock_ms(), false), "b");
}

/* As pages come; but they are read anew only when a thousand times their cost has passed. */
static void a_run_that_goes_on_is_judged_anew(void **state)
{
	(void)state;
	assert_string_equal(scrape_at(clock_ms(), false), "f");
	assert_int_equal(change(path, "UPDATE crawl_pattern_totals SET pages_matched = 100,"
				      " rows = 100 WHERE run = 3"),
			 0);
	assert_string_equal(scrape_at(clock_ms() - 1000000, false), "f");
	assert_string_equal(scrape_at(clock_ms() + 1000000000, false), "");
}

static void a_look_that_is_late_leaves_what_was_known(void **state)
{
	(void)state;
	assert_string_equal(scrape_at(clock_ms(), true), "?");
	assert_string_equal(scrape_at(clock_ms(), false), "f");
	assert_int_equal(change(path, "UPDATE crawl_pattern_totals SET pages_matched = 100,"
				      " rows = 100 WHERE run = 3"),
			 0);
	assert_string_equal(scrape_at(clock_ms() + 2000000000, true), "f");
}

static void without_a_run_nothing_is_worse(void **state)
{
	(void)state;
	unlink(path);
	store_close(open_store());
	assert_string_equal(scrape_at(clock_ms(), false), "");
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_crawl, drop_crawl)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_pattern_that_got_worse_is_said_again_and_again),
		T(the_verdicts_of_one_run_are_not_those_of_the_next),
		T(a_run_that_goes_on_is_judged_anew),
		T(a_look_that_is_late_leaves_what_was_known),
		T(without_a_run_nothing_is_worse),
	};

	return RUN_TESTS(tests);
}
