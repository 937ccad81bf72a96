#include "tests/support/test.h"

#include "tests/support/store_help.h"

/*
 * The fixed questions: what is handed out, and in which order.
 */

/* Rows as "name=value name=value\n", without what is NULL; "-" for no rows. */
struct told {
	char text[4096];
	size_t size;
	int limit; /* of rows; 0: none */
};

static void tell(struct told *told, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	told->size += (size_t)vsnprintf(told->text + told->size, sizeof(told->text) - told->size,
					format, arguments);
	va_end(arguments);
	assert_true(told->size < sizeof(told->text));
}

static int on_row(void *context, const struct store_answer *row)
{
	struct told *told = context;
	const char *between = "";

	for (size_t i = 0; row->values && i < row->column_count; i++) {
		const struct store_value *value = &row->values[i];

		if (value->kind == STORE_NULL)
			continue;
		tell(told, "%s%s=", between, row->columns[i]);
		if (value->kind == STORE_INTEGER)
			tell(told, "%lld", (long long)value->integer);
		else if (value->kind == STORE_REAL)
			tell(told, "%g", value->real);
		else
			tell(told, "%.*s", (int)value->text.size, value->text.at);
		between = " ";
	}
	tell(told, row->values ? "\n" : "-");
	return --told->limit == 0 ? -1 : 0;
}

static const char *report_of(enum store_report report, struct store_about about)
{
	static struct told told;
	struct store *store = store_open_read(path, &error);

	told = (struct told){ .size = 0 };
	assert_non_null(store);
	assert_int_equal(store_report(store, report, &about, on_row, &told), 0);
	store_close(store);
	return told.text;
}

static const char *report(enum store_report which)
{
	return report_of(which, (struct store_about){ 0 });
}

static const char *report_on(enum store_report which, uint32_t number)
{
	return report_of(which, (struct store_about){ .key = key(number) });
}

static struct store_key add_link(struct store *store, const char *url, uint32_t host, uint32_t from,
				 int depth)
{
	struct store_url added = {
		.url = text(url), .host = key(host), .from = key(from), .depth = depth
	};

	return add(store, &added);
}

static void fail_page(struct store *store, struct store_key url, const char *outcome,
		      const char *why)
{
	struct store_page page = { .state = STORE_FAILED,
				   .outcome = outcome,
				   .error = text(why),
				   .tries = 2,
				   .fetched_at_ms = 1709251200000 };

	assert_int_equal(put_page(store, url, &page), 0);
}

/*
 *	1 http://a/ done --> 2 http://a/b done --> 3 http://a/c failed, second try
 *	4 http://b/ pending
 *	5 http://b/e failed
 */
static int make_crawl(void **state)
{
	struct store_try try = { .key = { 0, 3 },
				 .number = 1,
				 .at_ms = 1709251199000,
				 .outcome = "timeout",
				 .wait_ms = 500 };
	struct store_host_figures figures = { .host = { 0, 1 },
					      .pages = 3,
					      .errors = 1,
					      .delay_ms = 500,
					      .p50_ms = 1.5,
					      .p95_ms = 2 };
	struct store *store;
	int table;

	if (make_folder(state))
		return -1;
	store = open_store();
	begin_run(store);
	table = store_put_table(store, &films);
	store_put_table(store, &(struct store_table){ .name = "o'rows of %s",
						      .columns = film_columns,
						      .column_count = 1 });
	add_host(store, "http://a");
	add_host(store, "http://b");
	open_page(store, add_link(store, "http://a/", 1, 0, 0));
	add_film(store, table, 1, 1, "one", 1.5);
	add_film(store, table, 2, 2, "two", 2);
	close_page(store);
	open_page(store, add_link(store, "http://a/b", 1, 1, 1));
	add_film(store, table, 1, 3, "three", 3);
	close_page(store);
	add_link(store, "http://a/c", 1, 2, 2);
	store_put_try(store, &try);
	fail_page(store, key(3), "timeout", "30 s");
	add_link(store, "http://b/", 2, 0, 0);
	fail_page(store, add_link(store, "http://b/e", 2, 0, 0), "dns", NULL);
	store_put_reject(store, "list", 7, text("http:"), "no host");
	store_put_host_figures(store, &figures);
	store_put_robots(store, key(1), "rules", text("User-agent: *"), 1709251199999);
	assert_int_equal(store_commit(store), 0);
	store_close(store);
	return 0;
}

/* ---- about the whole ---- */

static void a_run_that_has_not_ended_has_no_state(void **state)
{
	const char *told = report(STORE_REPORT_RUN);
	struct store *store;

	(void)state;
	assert_memory_equal(told, "run=1 started_at=20", 19);
	assert_null(strstr(told, "state="));
	store = open_store();
	begin_run(store);
	store_end_run(store, "interrupted");
	store_close(store);
	told = report(STORE_REPORT_RUN);
	assert_memory_equal(told, "run=2 ", 6);
	assert_non_null(strstr(told, " state=interrupted pid="));
}

static void urls_are_counted_by_state_and_outcome(void **state)
{
	(void)state;
	assert_string_equal(report(STORE_REPORT_URLS), "state=pending urls=1\n"
						       "state=done outcome=ok urls=2\n"
						       "state=failed outcome=dns urls=1\n"
						       "state=failed outcome=timeout urls=1\n");
}

/* What is asked again has no outcome yet, whatever the last one was. */
static void what_waits_for_another_visit_is_only_pending(void **state)
{
	struct store *store = open_store();
	struct store_run run = { .command_line = "crawl", .versions = "" };

	(void)state;
	store_begin_run(store, &run);
	store_put_asked(store, &(struct store_asked){ STORE_PASS_ALL, true, 1 });
	store_commit(store);
	store_close(store);
	assert_string_equal(report(STORE_REPORT_URLS), "state=pending urls=5\n");
}

static void patterns_are_shown_with_rows_and_pages(void **state)
{
	(void)state;
	assert_string_equal(report(STORE_REPORT_PATTERNS), "pattern=films rows=3 pages=2\n"
							   "pattern=o'rows of %s rows=0 pages=0\n");
}

static void hosts_with_most_to_do_come_first(void **state)
{
	(void)state;
	assert_string_equal(report(STORE_REPORT_HOSTS),
			    "host=http://b pending=1 pages=0 errors=0\n"
			    "host=http://a pending=0 pages=3 errors=1 delay_ms=500 robots=rules "
			    "p50_ms=1.5 p95_ms=2\n");
}

static void no_more_hosts_are_shown_than_it_says(void **state)
{
	struct store *store = open_store();
	char origin[32];

	(void)state;
	begin_run(store);
	for (int i = 0; i < 2 * STORE_REPORT_HOSTS_MAX; i++) {
		snprintf(origin, sizeof(origin), "http://h%d", i);
		add_host(store, origin);
	}
	store_commit(store);
	store_close(store);
	assert_int_equal(STORE_REPORT_HOSTS_MAX, 10);
	assert_null(strstr(report(STORE_REPORT_HOSTS), "http://h8 "));
	assert_non_null(strstr(report(STORE_REPORT_HOSTS), "http://h7 "));
}

/* Of the last run alone; what is written again takes the place of what was. */
static void proxies_are_shown_with_what_came_by_them(void **state)
{
	struct store_proxy_figures rows[] = {
		{ .proxy = "http://a:1",
		  .pages = 1,
		  .failures = 2,
		  .rests = 1,
		  .error = "connect" },
		{ .proxy = "http://a:1", .pages = 3, .rests_until_ms = 32503680000000 },
		{ .proxy = "socks5h://b:2", .pages = 9, .rests_until_ms = 1709251200000 },
	};
	struct store *store = open_store();

	(void)state;
	assert_string_equal(report(STORE_REPORT_PROXIES), "-");
	begin_run(store);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(store_put_proxy_figures(store, &rows[i]), 0);
	store_commit(store);
	store_close(store);
	assert_string_equal(report(STORE_REPORT_PROXIES),
			    "proxy=socks5h://b:2 pages=9 failures=0 rests=0\n"
			    "proxy=http://a:1 pages=3 failures=0 rests=0 "
			    "rests_until=3000-01-01T00:00:00.000Z\n");
	store = open_store();
	begin_run(store);
	store_commit(store);
	store_close(store);
	assert_string_equal(report(STORE_REPORT_PROXIES), "-");
}

static void failures_are_shown_in_the_order_of_their_urls(void **state)
{
	(void)state;
	assert_string_equal(report(STORE_REPORT_FAILED),
			    "url=http://a/c outcome=timeout tries=2 error=30 s\n"
			    "url=http://b/e outcome=dns tries=2\n");
}

/* ---- about one URL ---- */

static void a_page_is_told_whole(void **state)
{
	(void)state;
	assert_string_equal(report_on(STORE_REPORT_PAGE, 3),
			    "url=http://a/c state=failed kind=page outcome=timeout error=30 s "
			    "depth=2 tries=2 fetched_at=2024-03-01T00:00:00.000Z elapsed_ms=0 "
			    "size=0 wire_size=0 kept=no\n");
	assert_string_equal(report_on(STORE_REPORT_PAGE, 4),
			    "url=http://b/ state=pending kind=page depth=0\n");
	assert_string_equal(report_on(STORE_REPORT_PAGE, 99), "-");
}

/* Whoever wrote to the database may have written anything. */
static void headers_without_a_line_end_have_an_end(void **state)
{
	static const char sql[] = "INSERT INTO crawl_requests (url_id, method, headers)"
				  " VALUES (5, 'GET', 'X-A: 1\nX-B: 2')";

	(void)state;
	assert_int_equal(change(path, sql), SQLITE_OK);
	alarm(20);
	assert_non_null(strstr(report_on(STORE_REPORT_PAGE, 5), " headers=X-A, X-B "));
	alarm(0);
}

static void a_url_is_called_by_its_kind(void **state)
{
	static const struct {
		enum store_url_kind kind;
		const char *word;
	} rows[] = {
		{ STORE_URL_PAGE, " kind=page " },
		{ STORE_URL_SITEMAP, " kind=sitemap " },
		{ STORE_URL_OUTSIDE, " kind=outside link " },
		{ STORE_URL_GUESS, " kind=guessed sitemap " },
	};
	struct store *store = open_store();
	uint32_t first = last_number + 1;
	char url[32];

	(void)state;
	begin_run(store);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(url, sizeof(url), "http://a/kind/%zu", i);
		add(store,
		    &(struct store_url){ .url = text(url), .host = key(1), .kind = rows[i].kind });
	}
	store_commit(store);
	store_close(store);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_non_null(
			strstr(report_on(STORE_REPORT_PAGE, first + (uint32_t)i), rows[i].word));
}

static void the_way_to_a_page_leads_up_to_its_seed(void **state)
{
	(void)state;
	assert_string_equal(report_on(STORE_REPORT_FROM, 3),
			    "from_url=http://a/b depth=1\nfrom_url=http://a/ depth=0\n");
	assert_string_equal(report_on(STORE_REPORT_FROM, 1), "-");
}

static void a_way_in_a_circle_has_an_end(void **state)
{
	(void)state;
	assert_int_equal(change(path, "UPDATE urls SET from_id = 3 WHERE id = 1"), SQLITE_OK);
	assert_string_equal(report_on(STORE_REPORT_FROM, 3),
			    "from_url=http://a/b depth=1\nfrom_url=http://a/ depth=0\n");
}

/* Runs 1 to 3 began on 29 Feb, 1 and 2 March: each counts its tries from 1. */
static void tries_are_numbered_by_run_and_end_with_the_result(void **state)
{
	static const struct {
		const char *change, *wanted;
	} rows[] = {
		{ "INSERT INTO runs (id, started_at, ended, pid) VALUES (2, '2024-03-01', "
		  "'killed', 1),"
		  " (3, '2024-03-02', 'killed', 1); UPDATE runs SET started_at = '2024-02-29' "
		  "WHERE id = 1",
		  "run=1 try=1 at=2024-02-29T23:59:59.000Z outcome=timeout wait_ms=500\n"
		  "run=2 try=2 at=2024-03-01T00:00:00.000Z outcome=timeout error=30 s\n" },
		{ "INSERT INTO tries_made (url_id, number, at, outcome, status, error, wait_ms) "
		  "VALUES (3, 1, '2024-03-02T00:00:00.001Z', 'dns', NULL,"
		  " NULL, 7); UPDATE results SET fetched_at = '2024-03-02T00:00:01.000Z'",
		  "run=1 try=1 at=2024-02-29T23:59:59.000Z outcome=timeout wait_ms=500\n"
		  "run=3 try=1 at=2024-03-02T00:00:00.001Z outcome=dns wait_ms=7\n"
		  "run=3 try=2 at=2024-03-02T00:00:01.000Z outcome=timeout error=30 s\n" },
		{ "UPDATE results SET tries = 1, fetched_at = '2024-03-02T00:00:00.001Z'",
		  "run=1 try=1 at=2024-02-29T23:59:59.000Z outcome=timeout wait_ms=500\n"
		  "run=3 try=1 at=2024-03-02T00:00:00.001Z outcome=dns wait_ms=7\n" },
		{ "UPDATE runs SET started_at = '2025'",
		  "try=1 at=2024-02-29T23:59:59.000Z outcome=timeout wait_ms=500\n"
		  "try=1 at=2024-03-02T00:00:00.001Z outcome=dns wait_ms=7\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(change(path, rows[i].change), SQLITE_OK);
		assert_string_equal(report_on(STORE_REPORT_TRIES, 3), rows[i].wanted);
	}
	assert_string_equal(report_on(STORE_REPORT_TRIES, 4), "-");
}

static void only_patterns_with_rows_of_the_page_are_shown(void **state)
{
	(void)state;
	assert_string_equal(report_on(STORE_REPORT_ROWS, 1), "pattern=films rows=2\n");
	assert_string_equal(report_on(STORE_REPORT_ROWS, 2), "pattern=films rows=1\n");
	assert_string_equal(report_on(STORE_REPORT_ROWS, 3), "-");
}

static void a_page_has_the_figures_of_its_host(void **state)
{
	(void)state;
	assert_string_equal(report_on(STORE_REPORT_HOST, 2),
			    "host=http://a pending=0 pages=3 errors=1 delay_ms=500 robots=rules "
			    "robots_at=2024-02-29T23:59:59.999Z p50_ms=1.5 p95_ms=2\n");
}

/* Who waits is shown as long as it waits, the soonest first. */
static void hosts_that_are_left_alone_are_shown_until_their_time_has_come(void **state)
{
	static const struct {
		uint32_t host;
		int64_t until_ms;
		const char *why;
	} rows[] = { { 1, 1709251200000, "long ago" },
		     { 2, 32503680001000, "503" },
		     { 1, 32503680000000, "Retry-After" } };
	static const char *const wanted[] = {
		"-", "host=http://b until=3000-01-01T00:00:01.000Z why=503\n",
		"host=http://a until=3000-01-01T00:00:00.000Z why=Retry-After\n"
		"host=http://b until=3000-01-01T00:00:01.000Z why=503\n"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store *store = open_store();

		begin_run(store);
		store_put_wait(store, key(rows[i].host), rows[i].until_ms, rows[i].why);
		store_commit(store);
		store_close(store);
		assert_string_equal(report(STORE_REPORT_WAITING), wanted[i]);
		assert_int_equal(strstr(report_on(STORE_REPORT_HOST, 1), "waits_until=") != NULL,
				 i == 2);
	}
	assert_non_null(strstr(report_on(STORE_REPORT_HOST, 1),
			       " waits_until=3000-01-01T00:00:00.000Z waits_for=Retry-After\n"));
}

/* ---- about a text ---- */

static void a_text_is_found_among_rejects_and_redirects(void **state)
{
	struct store *store = open_store();
	struct store_page page = { .state = STORE_DONE,
				   .outcome = "ok",
				   .status = 200,
				   .final_url = text("http://b/end") };

	(void)state;
	put_page(store, key(4), &page);
	store_commit(store);
	store_close(store);
	assert_string_equal(
		report_of(STORE_REPORT_REJECTED, (struct store_about){ .text = text("http:") }),
		"list=list line=7 reason=no host\n");
	assert_string_equal(report_of(STORE_REPORT_LEADING,
				      (struct store_about){ .text = text("http://b/end") }),
			    "url=http://b/\n");
	assert_string_equal(
		report_of(STORE_REPORT_LEADING, (struct store_about){ .text = text("http://b/") }),
		"-");
}

/* ---- its end ---- */

static void who_has_seen_enough_is_handed_no_more(void **state)
{
	static const enum store_report reports[] = { STORE_REPORT_URLS, STORE_REPORT_PATTERNS };

	(void)state;
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
		struct told told = { .limit = 1 };
		struct store *store = store_open_read(path, &error);

		assert_int_equal(store_report(store, reports[i], NULL, on_row, &told), 0);
		assert_ptr_equal(strchr(told.text, '\n'), told.text + told.size - 1);
		store_close(store);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_crawl, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_run_that_has_not_ended_has_no_state),
		T(urls_are_counted_by_state_and_outcome),
		T(what_waits_for_another_visit_is_only_pending),
		T(patterns_are_shown_with_rows_and_pages),
		T(hosts_with_most_to_do_come_first),
		T(no_more_hosts_are_shown_than_it_says),
		T(proxies_are_shown_with_what_came_by_them),
		T(failures_are_shown_in_the_order_of_their_urls),
		T(a_page_is_told_whole),
		T(headers_without_a_line_end_have_an_end),
		T(a_url_is_called_by_its_kind),
		T(the_way_to_a_page_leads_up_to_its_seed),
		T(a_way_in_a_circle_has_an_end),
		T(tries_are_numbered_by_run_and_end_with_the_result),
		T(only_patterns_with_rows_of_the_page_are_shown),
		T(a_page_has_the_figures_of_its_host),
		T(hosts_that_are_left_alone_are_shown_until_their_time_has_come),
		T(a_text_is_found_among_rejects_and_redirects),
		T(who_has_seen_enough_is_handed_no_more),
	};

	return RUN_TESTS(tests);
}
