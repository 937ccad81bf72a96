#include "tests/support/test.h"

#include "crawler/base/clock.h"
#include "crawler/master/tally.h"
#include "tests/support/store_help.h"

static const char *const names[] = { "films", "books" };

static struct store_key key_of(void *context, uint32_t host)
{
	(void)context;
	return key((int64_t)host + 1);
}

static bool is_anothers(void *context, uint32_t host)
{
	(void)context;
	(void)host;
	return false;
}

static int64_t delay_of(void *context, uint32_t host)
{
	(void)context;
	return 100 * ((int64_t)host + 1);
}

static void count(struct tally *tally, uint32_t host, enum outcome outcome, unsigned status,
		  uint64_t bytes, uint64_t wire_bytes, uint32_t elapsed_us)
{
	const struct tally_page page = { .host = host,
					 .key = key(1),
					 .outcome = outcome,
					 .status = status,
					 .bytes = bytes,
					 .wire_bytes = wire_bytes,
					 .elapsed_us = elapsed_us };

	tally_page(tally, &page);
}

static void totals_are_sums_over_hosts_and_outcomes(void **state)
{
	struct tally *tally = tally_new(names, 2);
	const struct tally_totals *totals = tally_totals(tally);

	(void)state;
	count(tally, 0, OUTCOME_OK, 0, 100, 10, 5);
	count(tally, 9, OUTCOME_OK, 0, 100, 10, 5);
	count(tally, 1000, OUTCOME_DNS, 0, 0, 0, 7);
	assert_int_equal(totals->pages, 3);
	assert_int_equal(totals->bytes, 200);
	assert_int_equal(totals->wire_bytes, 20);
	assert_int_equal(totals->outcomes[OUTCOME_OK], 2);
	assert_int_equal(totals->outcomes[OUTCOME_DNS], 1);
	assert_int_equal(totals->outcomes[OUTCOME_ROBOTS], 0);
	tally_free(tally);
	tally_free(NULL);
}

static void matches_count_for_their_pattern(void **state)
{
	struct tally *tally = tally_new(names, 2);
	struct pattern_tally some = {
		.rows = 10, .empty_fields = 3, .bad_values = 1, .dropped = 2, .elapsed_ns = 1000
	};
	struct pattern_tally none = { .is_limited = true };

	(void)state;
	tally_match(tally, 0, 1, &some);
	tally_match(tally, 1, 1, &some);
	tally_match(tally, 0, 1, &none);
	assert_string_equal(tally_of_pattern(tally, 1)->name, "books");
	assert_int_equal(tally_of_pattern(tally, 1)->figures.pages_tried, 3);
	assert_int_equal(tally_of_pattern(tally, 1)->figures.pages_matched, 2);
	assert_int_equal(tally_of_pattern(tally, 1)->figures.rows, 20);
	assert_int_equal(tally_of_pattern(tally, 1)->figures.empty_fields, 6);
	assert_int_equal(tally_of_pattern(tally, 1)->figures.bad_values, 2);
	assert_int_equal(tally_of_pattern(tally, 1)->figures.dropped, 4);
	assert_int_equal(tally_of_pattern(tally, 1)->figures.limit_hits, 1);
	assert_int_equal(tally_of_pattern(tally, 0)->figures.pages_tried, 0);
	assert_int_equal(tally_totals(tally)->rows, 20);
	tally_free(tally);
}

/* It is known what a page that was not parsed again was counted as. */
static void an_unchanged_page_counts_as_it_did(void **state)
{
	struct tally *tally = tally_new(names, 2);
	struct pattern_tally before = { .rows = 10, .empty_fields = 3, .bad_values = 1 };
	const struct pattern_figures *found = &tally_of_pattern(tally, 0)->figures;

	(void)state;
	tally_match_unchanged(tally, 0, 0, &before);
	tally_wanted(tally, 0, 0);
	assert_int_equal(found->pages_wanted, 2);
	assert_int_equal(found->pages_unchanged, 1);
	assert_int_equal(found->pages_tried, 0);
	assert_int_equal(found->pages_matched, 1);
	assert_int_equal(found->rows, 10);
	assert_int_equal(found->empty_fields, 3);
	assert_int_equal(found->bad_values, 1);
	assert_int_equal(tally_totals(tally)->rows, 0);
	tally_free(tally);
}

static int flush(struct tally *tally, struct store *store)
{
	const struct tally_hosts hosts = { key_of, delay_of, is_anothers, NULL };
	int result = tally_flush(tally, store, &hosts, CLOCK_NEVER);

	store_commit(store);
	return result;
}

static struct store *store_with_hosts(void)
{
	struct store *store = open_store();
	struct store_run run = { .command_line = "crawl" };

	store_begin_run(store, &run);
	store_put_host(store, key(1), text("http://a"));
	store_put_host(store, key(2), text("http://b"));
	return store;
}

/* What was written is not written a second time: figures are added to what the row says. */
static void a_flush_adds_what_is_new_since_the_last(void **state)
{
	struct store *store = store_with_hosts();
	struct tally *tally = tally_new(names, 2);
	struct pattern_tally match = { .rows = 10, .empty_fields = 1, .elapsed_ns = 1500000 };

	(void)state;
	count(tally, 1, OUTCOME_OK, 0, 1, 1, 5);
	count(tally, 1, OUTCOME_TIMEOUT, 0, 1, 1, 5);
	tally_match(tally, 1, 0, &match);
	for (int i = 0; i < 3; i++)
		assert_int_equal(flush(tally, store), 0);
	assert_string_equal(ask("SELECT origin, pages, errors, delay_ms FROM hosts"),
			    "http://a|0|0|\nhttp://b|2|1|200");
	assert_string_equal(ask("SELECT pattern, host, pages_tried, pages_matched, rows,"
				" empty_fields, limit_hits, elapsed_ms FROM pattern_stats"),
			    "films|http://b|1|1|10|1|0|1.5");
	count(tally, 1, OUTCOME_OK, 0, 1, 1, 5);
	tally_match(tally, 1, 0, &match);
	assert_int_equal(flush(tally, store), 0);
	assert_string_equal(ask("SELECT pages, errors FROM hosts WHERE origin = 'http://b'"),
			    "3|1");
	assert_string_equal(ask("SELECT pages_tried, rows FROM pattern_stats"), "2|20");
	tally_free(tally);
	store_close(store);
}

/* What has changed is written five seconds later, and so is what changes then. */
static void a_row_is_written_at_most_every_five_seconds(void **state)
{
	static const struct {
		int64_t now_ms;
		int pages[2]; /* that each host has more then */
		int64_t due_ms;
		const char *wanted; /* pages of all, of a, of b */
	} rows[] = {
		{ 100000, { 1, 0 }, 105000, "|0|0" },
		{ 101000, { 1, 1 }, 105000, "|0|0" },
		{ 104999, { 0, 0 }, 105000, "|0|0" },
		{ 105000, { 0, 1 }, 106000, "3|2|0" },
		{ 106000, { 1, 0 }, 110000, "3|2|2" },
		{ 110000, { 0, 0 }, 111000, "5|2|2" },
		{ 111000, { 0, 0 }, CLOCK_NEVER, "5|3|2" },
		{ 120000, { 0, 2 }, 125000, "5|3|2" },
		{ CLOCK_NEVER, { 0, 0 }, CLOCK_NEVER, "7|3|4" },
	};
	const struct tally_hosts hosts = { key_of, delay_of, is_anothers, NULL };
	struct store *store = store_with_hosts();
	struct tally *tally = tally_new(names, 2);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(tally_flush(tally, store, &hosts, rows[i].now_ms), 0);
		store_commit(store);
		for (uint32_t host = 0; host < 2; host++) {
			for (int page = 0; page < rows[i].pages[host]; page++)
				count(tally, host, OUTCOME_OK, 200, 1, 1, 5);
		}
		if (tally_due_ms(tally) != rows[i].due_ms)
			fail_msg("row %zu: due at %lld", i, (long long)tally_due_ms(tally));
		assert_string_equal(ask("SELECT (SELECT pages FROM crawl_totals),"
					" group_concat(pages, '|') FROM hosts"),
				    rows[i].wanted);
	}
	tally_free(tally);
	store_close(store);
}

/* What rows add up is written when a commit wants it, and what shows a host waits as before. */
static void what_is_added_up_can_go_with_each_commit(void **state)
{
	const struct tally_hosts hosts = { key_of, delay_of, is_anothers, NULL };
	struct store *store = store_with_hosts();
	struct tally *tally = tally_new(names, 2);
	struct pattern_tally match = { .rows = 10 };

	(void)state;
	assert_int_equal(tally_flush(tally, store, &hosts, 100000), 0);
	for (int round = 0; round < 3; round++) {
		tally_request(tally, 1, 1000);
		count(tally, 1, round == 2 ? OUTCOME_TIMEOUT : OUTCOME_OK, 0, 1, 1, 5);
		tally_match(tally, 1, 0, &match);
		assert_int_equal(tally_add_up(tally, store, &hosts), 0);
	}
	store_commit(store);
	assert_string_equal(ask("SELECT outcome, pages FROM crawl_totals ORDER BY outcome"),
			    "ok|2\ntimeout|1");
	assert_string_equal(ask("SELECT sum(pages) FROM crawl_outcomes"), "3");
	assert_string_equal(ask("SELECT pages, errors FROM hosts WHERE id = 2"), "3|1");
	assert_string_equal(ask("SELECT rows FROM crawl_pattern_totals"), "30");
	assert_string_equal(ask("SELECT count(*) FROM crawl_run_hosts"), "0");
	assert_int_equal(flush(tally, store), 0);
	assert_string_equal(ask("SELECT pages, errors FROM hosts WHERE id = 2"), "3|1");
	assert_string_equal(ask("SELECT pages FROM crawl_run_hosts"), "3");
	tally_free(tally);
	store_close(store);
}

/* Pages that were lost before they were committed are counted by who asks for them again. */
static void what_was_counted_of_lost_pages_is_not_written(void **state)
{
	struct store *store = store_with_hosts();
	struct tally *tally = tally_new(names, 2);
	struct pattern_tally match = { .rows = 10 };

	(void)state;
	count(tally, 1, OUTCOME_OK, 0, 1, 1, 5);
	tally_match(tally, 1, 0, &match);
	tally_forget(tally);
	count(tally, 0, OUTCOME_TIMEOUT, 0, 1, 1, 5);
	assert_int_equal(flush(tally, store), 0);
	assert_string_equal(ask("SELECT outcome, pages FROM crawl_totals"), "timeout|1");
	assert_string_equal(ask("SELECT sum(pages) FROM crawl_outcomes"), "1");
	assert_string_equal(ask("SELECT sum(pages) FROM hosts"), "1");
	assert_string_equal(ask("SELECT count(*) FROM crawl_pattern_totals"), "0");
	assert_int_equal(tally_totals(tally)->pages, 2);
	tally_free(tally);
	store_close(store);
}

/* As in a crawl of very many hosts, most of which have a page or two. */
static void hosts_are_written_in_the_order_in_which_they_changed(void **state)
{
	enum { HOSTS = 300, ROUNDS = 20 };
	const struct tally_hosts hosts = { key_of, delay_of, is_anothers, NULL };
	struct store *store = store_with_hosts();
	struct tally *tally = tally_new(names, 2);
	char wanted[40];

	(void)state;
	for (uint32_t host = 2; host < HOSTS; host++) {
		char origin[40];

		snprintf(origin, sizeof(origin), "http://h%u", host);
		store_put_host(store, key(host + 1), text(origin));
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t host = 0; host < HOSTS; host += 1 + (uint32_t)round % 7) {
			tally_request(tally, host, 1000 * round);
			count(tally, host, OUTCOME_OK, 200, 1, 1, 5);
		}
		assert_int_equal(tally_flush(tally, store, &hosts, 1000 * round), 0);
	}
	assert_int_equal(tally_flush(tally, store, &hosts, CLOCK_NEVER), 0);
	store_commit(store);
	snprintf(wanted, sizeof(wanted), "%llu", (unsigned long long)tally_totals(tally)->pages);
	assert_string_equal(ask("SELECT pages FROM crawl_totals"), wanted);
	assert_string_equal(ask("SELECT sum(pages) FROM hosts"), wanted);
	assert_string_equal(ask("SELECT sum(pages) FROM crawl_outcomes"), wanted);
	assert_string_equal(ask("SELECT sum(pages) FROM crawl_run_hosts"), wanted);
	assert_string_equal(ask("SELECT count(*), min(first_ms), max(last_ms), max(step_ms)"
				" FROM crawl_run_hosts"),
			    "300|0|19000|400");
	tally_free(tally);
	store_close(store);
}

static void fields_are_counted_by_run(void **state)
{
	const struct pattern_spec spec = { .name = "films", .pattern = "(?<a>.)(?<b>.)" };
	const struct pattern_field_tally fields[] = { { .empty = 1, .bad = 2 }, { .empty = 0 } };
	struct pattern_tally some = {
		.rows = 10, .empty_fields = 1, .bad_values = 2, .fields = fields
	};
	struct pattern_tally all = { .rows = 5, .fields = NULL };
	struct pattern_error wrong;
	struct pattern *pattern = pattern_compile(&spec, &wrong);
	struct store *store = store_with_hosts();
	struct tally *tally = tally_new(names, 2);

	(void)state;
	tally_count_fields(tally, 0, pattern);
	tally_match(tally, 1, 0, &some);
	tally_match(tally, 1, 1, &all); /* a pattern whose fields nobody counts */
	for (int i = 0; i < 2; i++)
		assert_int_equal(flush(tally, store), 0);
	tally_match_unchanged(tally, 1, 0, &some);
	tally_match(tally, 1, 0, &all);
	assert_int_equal(flush(tally, store), 0);
	assert_string_equal(ask("SELECT * FROM crawl_field_stats"),
			    "1|films|a|25|19|4\n1|films|b|25|25|0");
	tally_free(tally);
	store_close(store);
	pattern_free(pattern);
}

/* Of all runs; what robots.txt forbids is no page and no error, and what was not asked took no
 * time. */
static void pages_and_errors_of_a_host_are_of_all_runs_without_refusals(void **state)
{
	static const struct {
		enum outcome outcome;
		const char *wanted; /* pages, errors, p50 */
	} rows[] = {
		{ OUTCOME_ROBOTS, "0|0|0.0" },        { OUTCOME_OK, "1|0|46.341" },
		{ OUTCOME_HTTP_ERROR, "2|1|46.341" }, { OUTCOME_ROBOTS, "2|1|0.0" },
		{ OUTCOME_HOST_DOWN, "3|2|0.0" },     { OUTCOME_NOT_MODIFIED, "4|2|46.341" },
		{ OUTCOME_PROXY, "5|2|0.0" },
	};
	struct store *store = store_with_hosts();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally *tally = tally_new(names, 2); /* a run of its own */

		count(tally, 1, rows[i].outcome, 0, 1, 1, 50000);
		assert_int_equal(flush(tally, store), 0);
		assert_string_equal(ask("SELECT pages, errors, p50_ms FROM hosts"
					" WHERE origin = 'http://b'"),
				    rows[i].wanted);
		tally_free(tally);
	}
	store_close(store);
}

/* By run, host, outcome and status; what was written is not written again. */
static void what_came_of_a_hosts_urls_adds_up_within_a_run(void **state)
{
	static const struct {
		uint32_t host;
		enum outcome outcome;
		unsigned status;
	} rows[] = {
		{ 0, OUTCOME_OK, 200 },         { 1, OUTCOME_OK, 200 },
		{ 1, OUTCOME_HTTP_ERROR, 404 }, { 1, OUTCOME_HTTP_ERROR, 503 },
		{ 1, OUTCOME_ROBOTS, 0 },       { 1, OUTCOME_OK, 200 },
		{ 1, OUTCOME_HTTP_ERROR, 404 },
	};
	static const struct store_run next = { .command_line = "crawl" };
	struct store *store = store_with_hosts();
	struct tally *tally = tally_new(names, 2);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		count(tally, rows[i].host, rows[i].outcome, rows[i].status, 10, 3, 50);
		if (i % 2 == 0)
			assert_int_equal(flush(tally, store), 0);
	}
	store_begin_run(store, &next);
	count(tally, 0, OUTCOME_DNS, 0, 0, 0, 50);
	assert_int_equal(flush(tally, store), 0);
	assert_string_equal(
		ask("SELECT * FROM crawl_outcome_stats ORDER BY run, host, outcome,"
		    " status"),
		"1|http://a|ok|200|1|10|3|0\n"
		"1|http://b|http_error|404|2|20|6|0\n1|http://b|http_error|503|1|10|3|0\n"
		"1|http://b|ok|200|2|20|6|0\n1|http://b|robots||1|10|3|0\n"
		"2|http://a|dns||1|0|0|0");
	tally_free(tally);
	store_close(store);
}

/* Before and after it was written; the page is the same one. */
static void a_page_that_turns_out_to_be_another_is_counted_as_that(void **state)
{
	static const struct recount recount = { .host = 1,
						.from = { OUTCOME_MOVED, 301 },
						.to = { OUTCOME_HTTP_ERROR, 404 } };

	(void)state;
	for (int is_flushed = 0; is_flushed < 2; is_flushed++) {
		struct store *store = store_with_hosts();
		struct tally *tally = tally_new(names, 2);

		count(tally, 1, OUTCOME_MOVED, 301, 0, 3, 50);
		count(tally, 1, OUTCOME_MOVED, 302, 0, 3, 50);
		if (is_flushed)
			assert_int_equal(flush(tally, store), 0);
		tally_recount(tally, &recount);
		assert_int_equal(flush(tally, store), 0);
		assert_int_equal(tally_totals(tally)->pages, 2);
		assert_int_equal(tally_totals(tally)->outcomes[OUTCOME_MOVED], 1);
		assert_int_equal(tally_totals(tally)->outcomes[OUTCOME_HTTP_ERROR], 1);
		assert_int_equal(tally_totals(tally)->http_errors[404], 1);
		assert_int_equal(tally_totals(tally)->http_errors[301], 0);
		assert_string_equal(ask("SELECT pages, errors FROM hosts"
					" WHERE origin = 'http://b'"),
				    "2|1");
		assert_string_equal(ask("SELECT outcome, status, pages FROM crawl_outcome_stats"
					" ORDER BY 1"),
				    "http_error|404|1\nmoved|302|1");
		tally_free(tally);
		store_close(store);
		remove_folder(state);
		make_folder(state);
	}
}

/* Coarse, but never further off than a bucket: a factor of the root of two. */
static void half_and_nearly_all_answers_came_within_p50_and_p95(void **state)
{
	static const struct {
		uint32_t fast_us, slow_us;
		unsigned slow_of_100;
	} rows[] = { { 10000, 1000000, 20 },
		     { 0, 1, 10 },
		     { 130, 900, 10 },
		     { 100, 100, 0 },
		     { 3, UINT32_MAX, 10 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store *store = store_open(path, true, &error);
		struct tally *tally = tally_new(names, 2);
		double p50, p95;
		uint32_t late = rows[i].slow_of_100 > 5 ? rows[i].slow_us : rows[i].fast_us;
		double most = late;

		store_put_host(store, key(1), text("http://a"));
		for (unsigned page = 0; page < 100; page++)
			count(tally, 0, OUTCOME_OK, 0, 0, 0,
			      page < rows[i].slow_of_100 ? rows[i].slow_us : rows[i].fast_us);
		assert_int_equal(flush(tally, store), 0);
		p50 = 1000 * atof(ask("SELECT p50_ms FROM hosts"));
		p95 = 1000 * atof(ask("SELECT p95_ms FROM hosts"));
		if (p50 > 1.5 * rows[i].fast_us + 1 || p50 < rows[i].fast_us / 1.5 ||
		    p95 > 1.5 * most + 1 || p95 < most / 1.5)
			fail_msg("row %zu: p50 %g, p95 %g", i, p50, p95);
		tally_free(tally);
		store_close(store);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(totals_are_sums_over_hosts_and_outcomes),
		cmocka_unit_test(matches_count_for_their_pattern),
		cmocka_unit_test(an_unchanged_page_counts_as_it_did),
		cmocka_unit_test_setup_teardown(a_row_is_written_at_most_every_five_seconds,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			hosts_are_written_in_the_order_in_which_they_changed, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(what_is_added_up_can_go_with_each_commit,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(what_was_counted_of_lost_pages_is_not_written,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(fields_are_counted_by_run, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(a_flush_adds_what_is_new_since_the_last,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			a_page_that_turns_out_to_be_another_is_counted_as_that, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(
			pages_and_errors_of_a_host_are_of_all_runs_without_refusals, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(what_came_of_a_hosts_urls_adds_up_within_a_run,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(half_and_nearly_all_answers_came_within_p50_and_p95,
						make_folder, remove_folder),
	};

	return RUN_TESTS(tests);
}
