#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/report/figures_json.h"
#include "tests/support/sample_figures.h"
#include "tests/support/store_help.h"

/*
 * What is shown of a run, from a database that was made by the verbs a crawl makes it with.
 */
#define LOOK_MS 5000

static struct figures *read_run(int64_t run)
{
	struct store *store = store_open_read(path, &error);
	struct figures *figures;

	assert_string_equal(error.text, "");
	assert_int_equal(store_begin_look(store, LOOK_MS), 0);
	figures = figures_read(store, path, run, NULL);
	assert_false(store_has_failed(store));
	if (figures)
		assert_int_equal(figures_count(figures, store), 0);
	assert_false(store_end_look(store));
	store_close(store);
	return figures;
}

static struct slice slice(const char *string)
{
	return text(string);
}

#define assert_slice(is, wanted) assert_true(slice_equal(is, slice(wanted)))

/* ---- a crawl: books.price is lost in its second run, and a page is missing ---- */

static void put_outcome(struct store *store, struct store_key host, const char *outcome,
			unsigned status, uint64_t pages)
{
	struct store_outcome_figures of_host = { .host = host,
						 .outcome = outcome,
						 .status = status,
						 .pages = pages,
						 .unchanged = pages / 10,
						 .bytes = 100 * pages,
						 .wire_bytes = 50 * pages };
	struct store_outcome_figures of_all = of_host;

	of_all.host = key(0);
	assert_int_equal(store_put_outcome_figures(store, &of_host), 0);
	assert_int_equal(store_put_outcome_figures(store, &of_all), 0);
}

static void put_pattern(struct store *store, const char *name, uint64_t wanted, uint64_t matched,
			uint64_t priced)
{
	struct store_pattern_figures of_host = { .pattern = name,
						 .host = key(1),
						 .pages_wanted = wanted,
						 .pages_tried = wanted,
						 .pages_matched = matched,
						 .rows = 2 * matched,
						 .elapsed_ns = 1000000 * wanted };
	struct store_pattern_figures of_all = of_host;

	of_all.host = key(0);
	assert_int_equal(store_put_pattern_figures(store, &of_host), 0);
	assert_int_equal(store_put_pattern_figures(store, &of_all), 0);
	if (matched == 0)
		return;
	assert_int_equal(store_put_field_figures(
				 store, &(struct store_field_figures){ name, "title", 2 * matched,
								       2 * matched, 0 }),
			 0);
	assert_int_equal(store_put_field_figures(
				 store, &(struct store_field_figures){ name, "price", 2 * matched,
								       priced, 1 }),
			 0);
}

static void put_meanings(struct store *store)
{
	static const struct store_pattern patterns[] = { { "books", 1 }, { "mail", 2 } };

	assert_int_equal(store_put_patterns(store, 0xc0ffee, patterns, 2), 0);
}

static const struct store_column book_columns[] = { { "title", STORE_TEXT },
						    { "price", STORE_REAL } };
static const struct store_table books = { .name = "books",
					  .columns = book_columns,
					  .column_count = 2 };

static void fail_page(struct store *store, struct store_key url, const char *outcome, int status)
{
	struct store_page page = { .state = STORE_FAILED,
				   .outcome = outcome,
				   .status = status,
				   .error = text("no such page"),
				   .title = text("Sorry"),
				   .tries = 3,
				   .fetched_at_ms = 1709251200000 };

	assert_int_equal(put_page(store, url, &page), 0);
}

static void first_run(struct store *store)
{
	begin_run(store);
	put_meanings(store);
	assert_true(store_put_table(store, &books) > 0);
	assert_int_equal(add_host(store, "http://a").number, 1);
	assert_int_equal(add_host(store, "http://b").number, 2);
	write_page(store, add_url(store, "http://a/1"));
	for (int page = 2; page <= 5; page++) {
		char url[32];

		snprintf(url, sizeof(url), "http://a/%d", page);
		add_url(store, url);
	}
	put_outcome(store, key(1), "ok", 200, 100);
	put_pattern(store, "books", 100, 100, 200);
	put_pattern(store, "mail", 50, 0, 0);
	assert_int_equal(store_end_run(store, "finished"), 0);
}

static void look_of(struct store *store)
{
	struct store_run_host host = { .host = key(1),
				       .pages = 90,
				       .failed = 3,
				       .bytes = 9000,
				       .delay_ms = 500,
				       .p50_ms = 1.5,
				       .p95_ms = 20,
				       .first_ms = 1,
				       .last_ms = 44000,
				       .step_ms = 1000,
				       .strip = { 2, 255 } };
	struct store_sample sample = { .at_ms = 1000, .done = 50, .waits_delay = 40, .cpu_ms = 9 };

	assert_int_equal(store_put_run_host(store, &host), 0);
	host.host = key(2);
	host.delay_ms = 2000;
	assert_int_equal(store_put_run_host(store, &host), 0);
	assert_int_equal(store_put_run_sample(store, &sample), 0);
	sample.at_ms = 2000;
	sample.waits_delay = 0;
	sample.waits_answer = 1;
	assert_int_equal(store_put_run_sample(store, &sample), 0);
	store_put_run_event(store, &(struct store_event){ 1500, "rest", text("http://b"),
							  text("6 failures in a row") });
	store_put_run_event(store, &(struct store_event){ 500, "pause", { NULL, 0 }, { NULL, 0 } });
	store_put_run_histogram(store, "time", 20, 7);
	store_put_run_histogram(store, "size", 63, 8);
	store_put_run_histogram(store, "size", 64, 9); /* there is no such bucket */
	store_put_run_count(store, "type", "text/html", 95);
	store_put_run_count(store, "type", "image/png", 96);
	store_put_run_count(store, "charset_source", "meta", 1);
	store_put_run_example(store, &(struct store_example){ "slowest", "", 1, key(1), 2200000 });
	store_put_run_example(store, &(struct store_example){ "slowest", "", 2, key(999), 1 });
	store_put_run_example(store, &(struct store_example){ "unmatched", "books", 1, key(2), 0 });
	store_put_run_finding(store, &(struct store_finding){ .pattern = "books",
							      .field = "price",
							      .pages = 150,
							      .url = key(1),
							      .line = 15,
							      .matched = text("<b>"),
							      .wanted = text("price\">"),
							      .rest = text("(.*?)<"),
							      .stood = text("<i>9</i>") });
	store_put_reject(store, "urls.txt", 7, text("htp:/x"), "other scheme");
}

static int make_crawl(void **state)
{
	struct store *store;

	if (make_folder(state))
		return -1;
	store = open_store();
	first_run(store);
	begin_run(store);
	fail_page(store, key(2), "http_error", 404);
	fail_page(store, key(3), "http_error", 500);
	fail_page(store, key(4), "dns", 0);
	put_outcome(store, key(1), "ok", 200, 90);
	put_outcome(store, key(1), "http_error", 404, 6);
	put_outcome(store, key(2), "http_error", 404, 9);
	put_outcome(store, key(2), "http_error", 500, 2);
	put_outcome(store, key(1), "dns", 0, 1);
	put_outcome(store, key(1), "robots", 0, 14);
	put_pattern(store, "books", 100, 100, 50);
	put_pattern(store, "mail", 50, 0, 0);
	look_of(store);
	store_end_run(store, "max_time");
	store_close(store);
	return 0;
}

static void the_run_is_told_with_its_totals(void **state)
{
	struct figures *figures = read_run(0);

	(void)state;
	assert_string_equal(figures->name, "crawl.db");
	assert_string_equal(figures->path, path);
	assert_null(figures->notice);
	assert_int_equal(figures->state, FIGURES_STOPPED);
	assert_int_equal(figures->run.id, 2);
	assert_string_equal(figures->run.ended, "max_time");
	assert_string_equal(figures->command_line, "crawl urls.txt");
	assert_int_equal(figures->run.pages, 122);
	assert_int_equal(figures->run.done, 90);
	assert_int_equal(figures->run.failed, 18);
	assert_int_equal(figures->run.skipped, 14);
	assert_int_equal(figures->run.unchanged, 10);
	assert_int_equal(figures->run.rows, 200);
	assert_int_equal(figures->run.bytes, 12200);
	assert_int_equal(figures->run_count, 2);
	assert_int_equal(figures->runs[0].id, 2);
	assert_int_equal(figures->runs[1].pages, 100);
	assert_ptr_equal(figures->before, &figures->runs[1]);
	assert_int_equal(figures->urls, 5);
	assert_int_equal(figures->urls_done, 1);
	assert_int_equal(figures->urls_failed, 3);
	assert_int_equal(figures->urls_left, 1);
	assert_int_equal(figures->rejects, 1);
	assert_string_equal(figures->reject_list, "urls.txt");
	figures_free(figures);
}

static void patterns_come_with_their_fields_the_worst_first(void **state)
{
	struct figures *figures = read_run(2);
	const struct figures_pattern *pattern = &figures->patterns[0];
	const struct figures_field *price = &pattern->fields[1];

	(void)state;
	assert_int_equal(figures->pattern_count, 2);
	assert_string_equal(pattern->name, "books");
	assert_int_equal(pattern->verdict, DRIFT_NONE);
	assert_int_equal(pattern->runs_before, 1);
	assert_int_equal(pattern->before.good, 100);
	assert_int_equal(pattern->rows, 200);
	assert_int_equal(pattern->rows_before, 200);
	assert_int_equal(pattern->rows_of_runs[1], 200);
	assert_true(pattern->ms_a_page == 1.0);
	assert_int_equal(pattern->unmatched_shown, 1);
	assert_slice(pattern->unmatched_pages[0].url, "http://a/2");
	assert_slice(pattern->unmatched_pages[0].title, "Sorry");
	assert_int_equal(pattern->field_count, 2);
	assert_string_equal(pattern->fields[0].name, "title"); /* as its table has them */
	assert_string_equal(pattern->fields[0].type, "text");
	assert_string_equal(price->name, "price");
	assert_string_equal(price->type, "real");
	assert_int_equal(price->verdict, DRIFT_WORSE);
	assert_int_equal(price->now.good, 50);
	assert_int_equal(price->before.good, 200);
	assert_int_equal(price->bad, 1);
	assert_true(price->why.is_there);
	assert_int_equal(price->why.line, 15);
	assert_slice(price->why.stood, "<i>9</i>");
	assert_slice(price->why.url, "http://a/1");
	assert_string_equal(figures->patterns[1].name, "mail");
	assert_true(figures->patterns[1].never_matched);
	assert_int_equal(figures->patterns[1].unmatched, 50);
	assert_int_equal(figures->patterns[1].stale_pages, 0);
	figures_free(figures);
}

static void causes_come_with_hosts_and_pages_failures_first(void **state)
{
	struct figures *figures = read_run(0);
	const struct figures_cause *causes = figures->causes;

	(void)state;
	assert_int_equal(figures->cause_count, 4);
	assert_string_equal(causes[0].outcome, "http_error");
	assert_int_equal(causes[0].status, 404);
	assert_int_equal(causes[0].urls, 15);
	assert_int_equal(causes[0].host_count, 2);
	assert_string_equal(causes[0].hosts[0], "http://b");
	assert_string_equal(causes[0].hosts[1], "http://a");
	assert_null(causes[0].hosts[2]);
	assert_int_equal(causes[0].page_count, 1);
	assert_slice(causes[0].pages[0].url, "http://a/2");
	assert_slice(causes[0].pages[0].error, "no such page");
	assert_string_equal(causes[0].pages[0].at, "2024-03-01T00:00:00.000Z");
	assert_int_equal(causes[0].pages[0].value, 3);
	assert_int_equal(causes[1].status, 500);
	assert_string_equal(causes[2].outcome, "dns");
	assert_slice(causes[2].pages[0].url, "http://a/4");
	assert_string_equal(causes[3].outcome, "robots");
	assert_false(causes[3].is_failure);
	assert_int_equal(causes[3].urls, 14);
	figures_free(figures);
}

static void put_try(struct store *store, int number, const char *outcome, int status)
{
	assert_int_equal(store_put_try(store, &(struct store_try){ .key = key(5),
								   .number = number,
								   .at_ms = 1709251100000 + number,
								   .wait_ms = 1000 * number,
								   .outcome = outcome,
								   .status = status,
								   .error = text("flaky") }),
			 0);
}

/* The last of them, however many there were; the result is the last try. */
static void a_page_that_failed_has_its_tries(void **state)
{
	struct figures *figures = read_run(0);
	const struct figures_page *page = &figures->causes[0].pages[0];
	struct store *store;

	(void)state;
	assert_int_equal(page->try_count, 1);
	assert_int_equal(page->tries[0].number, 3);
	assert_string_equal(page->tries[0].outcome, "http_error");
	assert_int_equal(page->tries[0].wait_ms, 0);
	figures_free(figures);
	store = open_store();
	begin_run(store);
	fail_page(store, key(5), "http_error", 404);
	put_outcome(store, key(1), "http_error", 404, 1);
	for (int i = 1; i < 4; i++) /* of an earlier run */
		put_try(store, i, "dns", 0);
	for (int i = 1; i < 10; i++)
		put_try(store, i, i % 2 ? "timeout" : "http_error", i % 2 ? 0 : 503);
	store_end_run(store, "finished");
	store_close(store);
	assert_int_equal(change(path, "UPDATE results SET tries = 10 WHERE url_id = 5;"
				      "UPDATE tries_made SET at = '2024-02-28T00:00:00.00' ||"
				      " number || 'Z' WHERE outcome = 'dns'"),
			 0);
	figures = read_run(0);
	page = &figures->causes[0].pages[0];
	assert_int_equal(page->tries_all, 10);
	assert_int_equal(page->try_count, FIGURES_TRIES_MAX);
	assert_int_equal(page->tries[0].number, 5);
	assert_string_equal(page->tries[0].at, "2024-02-29T23:58:20.005Z");
	assert_string_equal(page->tries[0].outcome, "timeout");
	assert_int_equal(page->tries[0].wait_ms, 5000);
	assert_slice(page->tries[0].error, "flaky");
	assert_int_equal(page->tries[3].status, 503);
	assert_int_equal(page->tries[5].status, 404);
	figures_free(figures);
}

static void lines_that_are_no_urls_come_with_their_reasons(void **state)
{
	struct figures *figures = read_run(0);

	(void)state;
	assert_int_equal(figures->rejects_shown, 1);
	assert_string_equal(figures->reject_lines[0].list, "urls.txt");
	assert_int_equal(figures->reject_lines[0].line, 7);
	assert_slice(figures->reject_lines[0].text, "htp:/x");
	assert_slice(figures->reject_lines[0].reason, "other scheme");
	figures_free(figures);
}

/* What was asked for again waits: it is no failure that anybody could look at. */
static void what_waits_again_is_no_page_that_failed(void **state)
{
	struct store *store = open_store();
	struct figures *figures;

	(void)state;
	begin_run(store);
	assert_int_equal(store_put_asked(store, &(struct store_asked){ .pass = STORE_PASS_FAILED,
								       .is_of_all = true }),
			 0);
	put_outcome(store, key(1), "http_error", 404, 1);
	store_commit(store);
	figures = read_run(0);
	assert_int_equal(figures->state, FIGURES_RUNNING);
	assert_int_equal(figures->cause_count, 1);
	assert_int_equal(figures->causes[0].page_count, 0);
	assert_int_equal(figures->urls_failed, 0);
	assert_int_equal(figures->urls_left, 4);
	figures_free(figures);
	store_close(store);
}

/* It went on where the first had stopped: what had failed until then is not its own. */
static void what_failed_in_an_earlier_run_is_not_among_the_pages(void **state)
{
	struct store *store = open_store();
	struct figures *figures;

	(void)state;
	begin_run(store);
	fail_page(store, key(5), "http_error", 404);
	put_outcome(store, key(1), "http_error", 404, 1);
	store_end_run(store, "finished");
	store_close(store);
	figures = read_run(0);
	assert_int_equal(figures->causes[0].urls, 1);
	assert_int_equal(figures->causes[0].page_count, 1);
	assert_slice(figures->causes[0].pages[0].url, "http://a/5");
	assert_int_equal(figures->urls_failed, 4);
	figures_free(figures);
}

static void times_and_pages_are_as_they_were_noted(void **state)
{
	struct figures *figures = read_run(0);

	(void)state;
	assert_int_equal(figures->sample_count, 2);
	assert_int_equal(figures->samples[1].at_ms, 2000);
	assert_int_equal(figures->samples[0].cpu_ms, 9);
	assert_int_equal(figures->event_count, 2);
	assert_int_equal(figures->events_all, 2);
	assert_string_equal(figures->events[0].kind, "pause");
	assert_null(figures->events[0].host);
	assert_slice(figures->events[1].text, "6 failures in a row");
	assert_int_equal(figures->host_count, 2);
	assert_string_equal(figures->hosts[0].origin, "http://b");
	assert_int_equal(figures->hosts[0].at_least_ms, 180000);
	assert_int_equal(figures->hosts[0].strip[1], 255);
	assert_int_equal(figures->times[20], 7);
	assert_int_equal(figures->sizes[63], 8);
	assert_int_equal(figures->slowest_count, 1); /* the other URL is not there any more */
	assert_int_equal(figures->slowest[0].value, 2200000);
	assert_int_equal(figures->types.count, 2);
	assert_string_equal(figures->types.values[0].value, "image/png");
	assert_int_equal(figures->statuses.count, 3);
	assert_string_equal(figures->statuses.values[0].value, "200");
	assert_string_equal(figures->statuses.values[1].value, "404");
	assert_int_equal(figures->statuses.values[1].pages, 15);
	figures_free(figures);
}

static void an_earlier_run_is_told_as_it_was_then(void **state)
{
	struct figures *figures = read_run(1);

	(void)state;
	assert_int_equal(figures->state, FIGURES_FINISHED);
	assert_int_equal(figures->run_count, 1);
	assert_int_equal(figures->last_run, 2);
	assert_null(figures->before);
	assert_int_equal(figures->patterns[1].runs_before, 0);
	assert_int_equal(figures->patterns[1].verdict, DRIFT_UNKNOWN);
	assert_int_equal(figures->sample_count, 0);
	figures_free(figures);
}

/* For metrics: all patterns, by name; verdicts are asked for by themselves. */
static void counters_are_read_without_what_takes_long(void **state)
{
	struct store *store = store_open_read(path, &error);
	struct figures *figures;

	(void)state;
	assert_int_equal(store_begin_look(store, LOOK_MS), 0);
	figures = figures_read_counters(store, path);
	assert_non_null(figures);
	assert_int_equal(figures->run.id, 2);
	assert_int_equal(figures->total_count, 5);
	assert_string_equal(figures->totals[0].outcome, "ok");
	assert_int_equal(figures->totals[0].pages, 90);
	assert_int_equal(figures->totals[1].status, 404);
	assert_int_equal(figures->totals[1].pages, 15);
	assert_int_equal(figures->times[20], 7);
	assert_int_equal(figures->sample_count, 2);
	assert_int_equal(figures->hosts_all, 2);
	assert_int_equal(figures->hosts_rested, 1);
	assert_int_equal(figures->hosts_given_up, 0);
	assert_int_equal(figures->worker_deaths, 0);
	assert_int_equal(figures->pattern_count, 2);
	assert_string_equal(figures->patterns[0].name, "books");
	assert_int_equal(figures->patterns[0].field_count, 0);
	assert_int_equal(figures->cause_count, 0);
	assert_int_equal(figures_read_verdicts(figures, store), 0);
	assert_int_equal(figures->patterns[0].fields[1].verdict, DRIFT_WORSE);
	figures_free(figures);
	store_end_look(store);
	store_close(store);
}

/* One that rested before it was given up is told once. */
static void hosts_and_workers_that_had_trouble_are_counted(void **state)
{
	static const struct {
		const char *kind, *host;
	} rows[] = {
		{ "rest", "http://a" },     { "rest", "http://a" },  { "rest", "http://b" },
		{ "given_up", "http://a" }, { "worker_died", NULL }, { "worker_died", NULL },
		{ "given_up", "http://c" }, { "rest", "http://d" },  { "pause", NULL },
		{ "proxy_rests", NULL },
	};
	struct store *store = open_store();
	struct figures *figures;

	(void)state;
	begin_run(store);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		store_put_run_event(
			store, &(struct store_event){
				       (int64_t)i, rows[i].kind, text(rows[i].host), { NULL, 0 } });
	store_commit(store);
	figures = read_run(0);
	assert_int_equal(figures->worker_deaths, 2);
	assert_int_equal(figures->hosts_given_up, 2);
	assert_int_equal(figures->hosts_rested, 2);
	figures_free(figures);
	store_close(store);
}

/* ---- bad input ---- */

static void a_run_that_is_not_there_is_none(void **state)
{
	(void)state;
	assert_null(read_run(99));
	assert_null(read_run(-1));
}

static void a_database_without_a_run_has_no_figures(void **state)
{
	struct figures *figures;

	(void)state;
	store_close(open_store());
	figures = read_run(0);
	assert_int_equal(figures->state, FIGURES_NO_RUN);
	assert_int_equal(figures->run_count, 0);
	assert_int_equal(figures->pattern_count, 0);
	assert_int_equal(figures->urls, 0);
	figures_free(figures);
	assert_null(read_run(1));
}

static void a_killed_run_lasted_until_its_last_sample(void **state)
{
	struct figures *figures;

	(void)state;
	assert_int_equal(change(path, "UPDATE runs SET ended = 'killed', ended_at = NULL"
				      " WHERE id = 2"),
			 0);
	figures = read_run(0);
	assert_int_equal(figures->state, FIGURES_KILLED);
	assert_int_equal(figures->run.elapsed_ms, 2000);
	figures_free(figures);
}

static void a_clock_that_went_back_makes_no_time_below_nothing(void **state)
{
	struct figures *figures;

	(void)state;
	assert_int_equal(change(path, "UPDATE runs SET started_at = '2999-01-01T00:00:00.000Z'"),
			 0);
	figures = read_run(0);
	assert_int_equal(figures->run.elapsed_ms, 2000); /* a sample says it */
	assert_int_equal(figures->runs[1].elapsed_ms, 0);
	figures_free(figures);
	assert_int_equal(change(path, "UPDATE runs SET started_at = 'yesterday'"), 0);
	figures = read_run(0);
	assert_int_equal(figures->run.elapsed_ms, 2000);
	assert_string_equal(figures->run.started_at, "yesterday");
	figures_free(figures);
}

static void texts_of_pages_are_cut_and_may_hold_any_byte(void **state)
{
	struct figures *figures;
	struct slice title, error_text;

	(void)state;
	assert_int_equal(
		change(path,
		       "UPDATE results SET title = CAST(x'ff00fe' AS TEXT),"
		       " error = replace(hex(zeroblob(500000)), '0', '\xc3\xa9') WHERE url_id = 2;"
		       "UPDATE crawl_counts SET value = hex(zeroblob(500000))"
		       " WHERE what = 'type' AND value = 'image/png'"),
		0);
	figures = read_run(0);
	title = figures->causes[0].pages[0].title;
	error_text = figures->causes[0].pages[0].error;
	assert_int_equal(title.size, 3);
	assert_memory_equal(title.at, "\xff\0\xfe", 3);
	assert_int_equal(error_text.size, 2 * 199 + 3);
	assert_memory_equal(error_text.at + 2 * 199, "\xe2\x80\xa6", 3);
	assert_int_equal(strlen(figures->types.values[0].value), 199 + 3);
	figures_free(figures);
}

/* Is it JSON, and UTF-8 throughout?  Then what path leads to, in hexadecimal. */
static const char *json_at(const struct figures *figures, const char *json_path)
{
	static char answer[256];
	static const char sql[] = "SELECT CASE WHEN json_valid(?1) AND instr(?1, char(0)) = 0"
				  " THEN hex(json_extract(?1, ?2)) ELSE 'no JSON' END";
	sqlite3_stmt *query = NULL;
	sqlite3 *db = NULL;
	char *json = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&json, &size);

	figures_json(out, figures);
	fclose(out);
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
	sqlite3_bind_text(query, 1, json, (int)size, SQLITE_STATIC);
	sqlite3_bind_text(query, 2, json_path, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	snprintf(answer, sizeof(answer), "%s", sqlite3_column_text(query, 0));
	sqlite3_finalize(query);
	sqlite3_close(db);
	free(json);
	return answer;
}

static void any_byte_is_json_in_json(void **state)
{
	struct figures *figures;

	(void)state;
	assert_int_equal(change(path,
				"UPDATE results SET title = CAST(x'ff00e2802e09227f5c' AS TEXT)"
				" WHERE url_id = 2;"
				"UPDATE runs SET command_line = CAST(x'6162fe' AS TEXT),"
				" ended = 'a\"b' WHERE id = 2;"
				"UPDATE urls SET url = 'http://a/' || char(8238, 10) WHERE id = 3;"
				"UPDATE crawl_run_hosts SET p50_ms = 9e999, p95_ms = -9e999"),
			 0);
	figures = read_run(0);
	assert_string_equal(json_at(figures, "$.run.ended"), "612262");
	assert_string_equal(json_at(figures, "$.command_line"), "6162EFBFBD");
	assert_string_equal(json_at(figures, "$.causes[1].pages[0].url"),
			    "687474703A2F2F612FE280AE0A");
	assert_string_equal(json_at(figures, "$.hosts[0].p50_ms"), "302E30"); /* no time */
	figures_free(figures);
}

static void figures_without_a_run_are_json_too(void **state)
{
	struct figures *figures;

	(void)state;
	store_close(open_store());
	figures = read_run(0);
	assert_string_equal(json_at(figures, "$.state"), "6E6F6E65");
	assert_string_equal(json_at(figures, "$.run"), "");
	figures_free(figures);
}

static void figures_below_nothing_and_of_another_kind_are_nothing(void **state)
{
	struct figures *figures;

	(void)state;
	assert_int_equal(change(path, "UPDATE crawl_totals SET pages = -5, bytes = -1;"
				      "UPDATE crawl_run_hosts SET strip = x'01', pages = -1;"
				      "UPDATE crawl_samples SET done = -7;"
				      "UPDATE crawl_pattern_totals SET pages_tried = 0,"
				      " pages_matched = 1000;"
				      "UPDATE crawl_histograms SET bucket = -1 WHERE bucket = 64"),
			 0);
	figures = read_run(0);
	assert_int_equal(figures->run.pages, 3);
	assert_int_equal(figures->cause_count, 0);
	assert_int_equal(figures->samples[0].done, 0);
	assert_int_equal(figures->hosts[0].strip[0], 1);
	assert_int_equal(figures->hosts[0].strip[1], 0);
	assert_int_equal(figures->hosts[0].pages, 0);
	assert_true(figures->patterns[0].ms_a_page == 0);
	assert_int_equal(figures->patterns[0].unmatched, 0);
	figures_free(figures);
}

static int copy_older(void **state, int schema)
{
	char command[256];

	if (make_folder(state))
		return -1;
	snprintf(command, sizeof(command), "cp tests/data/store/schema-%d.db %s", schema, path);
	return system(command);
}

static void databases_of_older_crawls_are_told_as_far_as_they_know(void **state)
{
	(void)state;
	for (int schema = 3; schema <= 6; schema++) {
		struct figures *figures;

		remove_folder(state);
		assert_int_equal(copy_older(state, schema), 0);
		figures = read_run(0);
		assert_non_null(figures->notice);
		assert_true(figures->state != FIGURES_NO_RUN);
		assert_true(figures->run.pages > 0);
		assert_true(figures->urls > 0 && figures->urls != UINT64_MAX);
		assert_int_equal(figures->sample_count, 0);
		figures_free(figures);
		figures = read_run(1);
		assert_int_equal(figures->run.pages, 6);
		assert_int_equal(figures->run.rows, 40);
		assert_int_equal(figures->pattern_count, 2);
		assert_int_equal(figures->patterns[0].rows + figures->patterns[1].rows, 40);
		figures_free(figures);
	}
}

/* 12 runs and one long before them that finished: it is compared with, and not listed. */
static void the_last_run_that_finished_is_found_behind_those_that_are_listed(void **state)
{
	struct store *store = open_store();
	struct figures *figures;

	(void)state;
	for (int i = 0; i < 12; i++) {
		begin_run(store);
		put_pattern(store, "books", 40, 40, 80);
		store_end_run(store, "interrupted");
	}
	store_close(store);
	figures = read_run(0);
	assert_int_equal(figures->run_count, FIGURES_RUNS_MAX);
	assert_non_null(figures->before);
	assert_int_equal(figures->before->id, 1);
	assert_int_equal(figures->before->pages, 100);
	assert_int_equal(figures->patterns[0].rows_before, 200);
	assert_int_equal(figures->patterns[0].rows_of_runs[9], 80);
	assert_int_equal(figures->first_run, 1);
	figures_free(figures);
}

static void a_look_without_time_counts_nothing_and_fails_nobody(void **state)
{
	struct store *store = store_open_read(path, &error);
	struct figures *figures;

	(void)state;
	assert_int_equal(store_begin_look(store, LOOK_MS), 0);
	figures = figures_read(store, path, 0, NULL);
	assert_int_equal(figures->urls, UINT64_MAX);
	assert_int_equal(figures->rejects, UINT64_MAX);
	assert_int_equal(figures->urls_left, 1); /* its last sample says so */
	store_set_read_budget(store, 1);
	while (!store_is_late(store))
		usleep(1000);
	assert_int_equal(figures_count(figures, store), 0);
	assert_true(store_is_late(store));
	assert_int_equal(figures->urls, UINT64_MAX);
	assert_int_equal(figures->patterns[0].stale_pages, UINT64_MAX);
	figures_free(figures);
	assert_true(store_end_look(store));
	assert_false(store_has_failed(store));
	store_close(store);
}

/* The caller frees it. */
static char *json_of(const struct figures *figures)
{
	char *bytes = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&bytes, &size);

	assert_non_null(out);
	figures_json(out, figures);
	fclose(out);
	return bytes;
}

/* As many patterns, fields and causes as are read, with texts as long, all of which is escaped. */
static void make_large(struct figures *figures, struct slice text_of, struct slice url)
{
	struct arena *arena = &figures->arena;
	struct figures_field *fields = arena_alloc(arena, FIGURES_FIELDS_MAX, sizeof(*fields));
	struct store_value *values = arena_alloc(arena, FIGURES_FIELDS_MAX, sizeof(*values));
	struct figures_pattern *patterns =
		arena_alloc(arena, FIGURES_PATTERNS_MAX, sizeof(*patterns));
	struct figures_cause *causes = arena_alloc(arena, 60, sizeof(*causes));

	for (size_t i = 0; i < FIGURES_FIELDS_MAX; i++) {
		fields[i] = figures->patterns[0].fields[1];
		for (size_t k = 0; k < FIGURES_FREQUENT_MAX; k++)
			fields[i].frequent[k] = text_of;
		values[i] = (struct store_value){ .kind = STORE_TEXT, .text = text_of };
	}
	for (size_t i = 0; i < FIGURES_PATTERNS_MAX; i++) {
		patterns[i] = figures->patterns[0];
		patterns[i].fields = fields;
		patterns[i].field_count = patterns[i].fields_all = FIGURES_FIELDS_MAX;
		for (size_t k = 0; k < FIGURES_ROWS_MAX; k++)
			patterns[i].newest[k].values = values;
	}
	for (size_t i = 0; i < 60; i++) {
		causes[i] = figures->causes[0];
		for (size_t k = 0; k < causes[i].page_count; k++)
			causes[i].pages[k].url = causes[i].pages[k].from_url = url;
	}
	figures->patterns = patterns;
	figures->pattern_count = figures->patterns_all = FIGURES_PATTERNS_MAX;
	figures->causes = causes;
	figures->cause_count = 60;
}

static void the_largest_crawl_is_a_megabyte_of_json(void **state)
{
	static char escapes[STORE_REPORT_TEXT_MAX], url[8000];
	struct figures *figures = sample_figures();
	char *json;

	(void)state;
	memset(escapes, '\x1b', sizeof(escapes));
	memset(url, 'a', sizeof(url));
	make_large(figures, (struct slice){ escapes, sizeof(escapes) },
		   (struct slice){ url, sizeof(url) });
	json = json_of(figures);
	assert_in_range(strlen(json), 300000, 1000000);
	free(json);
	assert_string_equal(json_at(figures, "$.patterns_all"), "333030");
	assert_string_not_equal(json_at(figures, "$.patterns[0].name"), "");
	assert_string_not_equal(json_at(figures, "$.patterns_left_out"), "30");
	assert_string_not_equal(json_at(figures, "$.causes_left_out"), "30");
	assert_string_not_equal(json_at(figures, "$.causes[0].outcome"), "");
	sample_figures_free(figures);
}

/* Of the run; with what was remembered. */
static void assert_again(struct figures_memory *memory)
{
	struct store *store = store_open_read(path, &error);
	struct figures *anew = figures_read(store, path, 0, NULL), *again;
	char *wanted = json_of(anew), *is;

	for (int i = 0; i < 2; i++) {
		again = figures_read_again(store, path, 0, NULL, memory);
		is = json_of(again);
		assert_string_equal(is, wanted);
		free(is);
		figures_free(again);
	}
	free(wanted);
	figures_free(anew);
	store_close(store);
}

/* While a run goes on, and one after another. */
static void what_is_remembered_of_earlier_runs_changes_nothing(void **state)
{
	struct figures_memory *memory = figures_memory_new();
	struct store *store;

	(void)state;
	assert_again(memory);
	store = open_store();
	begin_run(store);
	put_meanings(store);
	store_commit(store);
	assert_again(memory);
	put_pattern(store, "books", 40, 40, 80);
	store_commit(store);
	assert_again(memory);
	put_pattern(store, "mail", 40, 1, 1);
	store_commit(store);
	assert_again(memory);
	put_pattern(store, "books", 40, 0, 0);
	put_pattern(store, "books", 40, 1, 0);
	store_end_run(store, "finished");
	assert_again(memory);
	store_close(store);
	figures_memory_free(memory);
}

#define T(name)     cmocka_unit_test_setup_teardown(name, make_crawl, remove_folder)
#define EMPTY(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_run_is_told_with_its_totals),
		T(patterns_come_with_their_fields_the_worst_first),
		T(causes_come_with_hosts_and_pages_failures_first),
		T(a_page_that_failed_has_its_tries),
		T(lines_that_are_no_urls_come_with_their_reasons),
		T(what_waits_again_is_no_page_that_failed),
		T(what_failed_in_an_earlier_run_is_not_among_the_pages),
		T(times_and_pages_are_as_they_were_noted),
		T(an_earlier_run_is_told_as_it_was_then),
		T(counters_are_read_without_what_takes_long),
		EMPTY(hosts_and_workers_that_had_trouble_are_counted),
		T(a_run_that_is_not_there_is_none),
		EMPTY(a_database_without_a_run_has_no_figures),
		T(a_killed_run_lasted_until_its_last_sample),
		T(a_clock_that_went_back_makes_no_time_below_nothing),
		T(texts_of_pages_are_cut_and_may_hold_any_byte),
		T(any_byte_is_json_in_json),
		EMPTY(figures_without_a_run_are_json_too),
		T(figures_below_nothing_and_of_another_kind_are_nothing),
		EMPTY(databases_of_older_crawls_are_told_as_far_as_they_know),
		T(the_last_run_that_finished_is_found_behind_those_that_are_listed),
		T(the_largest_crawl_is_a_megabyte_of_json),
		T(what_is_remembered_of_earlier_runs_changes_nothing),
		T(a_look_without_time_counts_nothing_and_fails_nobody),
	};

	return RUN_TESTS(tests);
}
