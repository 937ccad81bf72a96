#include "tests/support/test.h"

#include "store/sqlite/internal.h"
#include "tests/support/store_help.h"

/* ---- runs ---- */

static void a_new_database_says_whose_it_is(void **state)
{
	(void)state;
	store_close(open_store());
	assert_string_equal(ask("PRAGMA application_id"), "1668446060");
	assert_string_equal(ask("PRAGMA user_version"), "3");
	assert_string_equal(ask("PRAGMA journal_mode"), "wal");
	assert_string_equal(ask("SELECT count(*) FROM pages"), "0");
}

static void a_run_is_numbered_and_noted(void **state)
{
	struct store *store = open_store();

	(void)state;
	assert_int_equal(begin_run(store), 1);
	assert_string_equal(ask("SELECT id, ended, command_line, config_hash, versions,"
				" started_at GLOB '2*-*-*T*:*:*.*Z' FROM runs"),
			    "1||crawl urls.txt|0000000000c0ffee|crawl 0|1");
	assert_int_equal(store_run_end(store, "finished"), 0);
	assert_string_equal(ask("SELECT ended, ended_at >= started_at FROM runs"), "finished|1");
	assert_int_equal(begin_run(store), 2);
	store_close(store);
}

static void a_run_counts_what_it_wrote(void **state)
{
	struct store *store = open_store();
	int table = store_table(store, &films);

	(void)state;
	begin_run(store);
	write_page(store, add_url(store, "http://a/"));
	add_film(store, table, 0, 1, "one", 1);
	add_film(store, table, 1, 2, "two", 2);
	assert_int_equal(store_run_end(store, "finished"), 0);
	assert_string_equal(ask("SELECT pages, rows FROM runs"), "1|2");
	store_close(store);
}

static void a_run_that_never_ended_was_killed(void **state)
{
	struct store *store = open_store();

	(void)state;
	begin_run(store);
	store_close(store);
	store = open_store();
	begin_run(store);
	assert_string_equal(ask("SELECT ended FROM runs ORDER BY id"), "killed\n");
	store_close(store);
}

static bool is_finished(struct store *store)
{
	struct store_last_run last;

	assert_int_equal(store_last_run(store, &last), 0);
	return last.is_finished;
}

static void a_crawl_is_finished_when_its_last_run_is_and_nothing_waits(void **state)
{
	struct store *store = open_store();
	int64_t url;

	(void)state;
	assert_true(is_finished(store)); /* no run at all */
	begin_run(store);
	assert_false(is_finished(store)); /* running */
	url = add_url(store, "http://a/");
	store_run_end(store, "finished");
	assert_false(is_finished(store)); /* a URL waits */
	write_page(store, url);
	assert_true(is_finished(store));
	begin_run(store);
	store_run_end(store, "interrupted");
	assert_false(is_finished(store));
	store_close(store);
}

static void the_last_run_tells_its_config(void **state)
{
	struct store *store = open_store();
	struct store_run run = { .config_hash = 0xfedcba9876543210 };
	struct store_last_run last;

	(void)state;
	store_run_begin(store, &run);
	assert_int_equal(store_last_run(store, &last), 0);
	assert_true(last.config_hash == 0xfedcba9876543210);
	store_close(store);
}

/* One URL in each state, by way of store_page(). */
static void add_one_of_each_state(struct store *store)
{
	static const enum store_state states[] = { STORE_PENDING, STORE_DONE, STORE_FAILED,
						   STORE_SKIPPED };

	for (size_t i = 0; i < 4; i++) {
		struct store_page page = { .url_id = add_url(store, "http://a/"),
					   .state = states[i],
					   .outcome = "ok",
					   .etag = text("\"tag\"") };

		if (i > 0)
			assert_int_equal(store_page(store, &page), 0);
	}
}

/* A robots.txt may say something else by now; a link to another site is not asked for. */
static void a_new_pass_asks_for_all_again_but_links_to_other_sites(void **state)
{
	struct store *store = open_store();
	struct store_run run = { .command_line = "crawl", .is_new_pass = true };
	struct store_url outside = { .url = text("http://b/"),
				     .host_id = 1,
				     .kind = STORE_URL_OUTSIDE };
	struct store_page page = { .state = STORE_SKIPPED, .outcome = "out_of_scope" };

	(void)state;
	add_one_of_each_state(store);
	page.url_id = store_add_url(store, &outside);
	assert_int_equal(store_page(store, &page), 0);
	assert_int_equal(store_run_begin(store, &run), 1);
	assert_string_equal(ask("SELECT state FROM pages"),
			    "pending\npending\npending\npending\nskipped");
	assert_string_equal(ask("SELECT count(*) FROM results WHERE etag = '\"tag\"'"), "3");
	store_close(store);
}

static void a_link_to_another_site_may_be_wanted_later(void **state)
{
	struct store *store = open_store();
	struct store_url url = { .url = text("http://b/"),
				 .host_id = 1,
				 .from_id = 7,
				 .depth = 3,
				 .kind = STORE_URL_OUTSIDE };
	struct store_page page = { .state = STORE_SKIPPED, .outcome = "out_of_scope" };
	struct store_url got;

	(void)state;
	page.url_id = store_add_url(store, &url);
	store_page(store, &page);
	url = (struct store_url){ .kind = STORE_URL_PAGE, .depth = 1, .lane = 2, .rule = 4 };
	assert_int_equal(store_want_url(store, page.url_id, &url), 0);
	store_commit(store);
	got = store_url(store, page.url_id);
	assert_int_equal(got.url.size, strlen("http://b/"));
	assert_int_equal(got.kind, STORE_URL_PAGE);
	assert_int_equal(got.from_id, 0);
	assert_int_equal(got.depth, 1);
	assert_int_equal(got.rule, 4);
	assert_string_equal(ask("SELECT state FROM pages"), "pending");
	store_close(store);
}

/* Else a page that did not change would keep the rows of another config. */
static void a_run_with_another_config_forgets_what_tells_changes(void **state)
{
	static const struct {
		uint64_t config_hash;
		const char *known;
	} rows[] = { { 1, "3" }, { 1, "3" }, { 2, "0" }, { 2, "0" } };
	struct store *store = open_store();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_run run = { .command_line = "crawl",
					 .config_hash = rows[i].config_hash };

		assert_int_equal(store_run_begin(store, &run), i + 1);
		if (i == 0)
			add_one_of_each_state(store);
		store_run_end(store, "interrupted");
		assert_string_equal(ask("SELECT count(*) FROM results WHERE etag IS NOT NULL"),
				    rows[i].known);
	}
	store_close(store);
}

static void a_retry_asks_for_failed_again(void **state)
{
	struct store *store = open_store();
	struct store_run run = { .command_line = "crawl", .is_retry = true };

	(void)state;
	add_one_of_each_state(store);
	assert_int_equal(store_run_begin(store, &run), 1);
	assert_string_equal(ask("SELECT state FROM pages"), "pending\ndone\npending\nskipped");
	store_close(store);
}

static void totals_count_states_pages_and_the_rows_of_all_tables(void **state)
{
	static const struct store_table empty = { .name = "nothing" };
	struct store *store = open_store();
	struct store_totals totals;
	int table = store_table(store, &films);
	int other = store_table(store, &empty);

	(void)state;
	add_one_of_each_state(store);
	write_page(store, 1);
	add_film(store, table, 0, 1, "one", 1);
	add_film(store, table, 1, 1, "two", 1);
	assert_int_equal(store_row(store, other, 0, NULL), 0);
	assert_int_equal(store_totals(store, &totals), 0);
	assert_int_equal(totals.pending, 0);
	assert_int_equal(totals.done, 2);
	assert_int_equal(totals.failed, 1);
	assert_int_equal(totals.skipped, 1);
	assert_int_equal(totals.pages, 4);
	assert_int_equal(totals.rows, 3);
	store_close(store);
}

/* ---- URLs and hosts ---- */

static void a_host_keeps_its_id(void **state)
{
	struct store *store = open_store();
	int64_t first = store_host(store, text("http://a:80"));

	(void)state;
	assert_true(first > 0);
	assert_int_not_equal(store_host(store, text("https://a:443")), first);
	assert_int_equal(store_host(store, text("http://a:80")), first);
	store_commit(store);
	store_close(store);
	store = open_store();
	assert_int_equal(store_host(store, text("http://a:80")), first);
	store_close(store);
}

static void a_url_is_pending_and_can_be_read_back(void **state)
{
	struct store *store = open_store();
	struct store_url url = {
		.url = text("http://a/b"),
		.host_id = 7,
		.from_id = 1,
		.depth = 3,
		.kind = STORE_URL_SITEMAP,
		.lane = 2,
		.rule = 5,
	};
	struct store_url got;
	int64_t seed = add_url(store, "http://a/");
	int64_t id = store_add_url(store, &url);

	(void)state;
	got = store_url(store, id);
	assert_int_equal(got.url.size, 10);
	assert_memory_equal(got.url.at, "http://a/b", 10);
	assert_int_equal(got.host_id, 7);
	assert_int_equal(got.from_id, 1);
	assert_int_equal(got.depth, 3);
	assert_int_equal(got.kind, STORE_URL_SITEMAP);
	assert_int_equal(got.lane, 2);
	assert_int_equal(got.rule, 5);
	assert_null(store_url(store, 99).url.at);
	assert_int_equal(store_find_url(store, text("http://a/b")), id);
	assert_int_equal(store_find_url(store, text("http://a/B")), 0);
	assert_int_equal(seed, 1);
	store_commit(store);
	assert_string_equal(ask("SELECT url, state, depth, from_url FROM pages"),
			    "http://a/|pending|0|\nhttp://a/b|pending|3|http://a/");
	store_close(store);
}

struct seen {
	int count, limit;
	char all[512];
};

static int see_url(void *context, const struct store_known *known)
{
	struct seen *seen = context;
	size_t used = strlen(seen->all);

	snprintf(seen->all + used, sizeof(seen->all) - used, "%d:%d:%d:%d:%.*s ",
		 (int)known->url_id, (int)known->host_id, (int)known->state, known->depth,
		 (int)known->url.size, known->url.at);
	return ++seen->count == seen->limit ? -1 : 0;
}

static int see_host(void *context, const struct store_known_host *host)
{
	struct seen *seen = context;
	size_t used = strlen(seen->all);

	snprintf(seen->all + used, sizeof(seen->all) - used, "%d:%.*s ", (int)host->host_id,
		 (int)host->origin.size, host->origin.at);
	return ++seen->count == seen->limit ? -1 : 0;
}

static void every_url_and_host_comes_back_in_order(void **state)
{
	struct store *store = open_store();
	struct seen urls = { 0 }, hosts = { 0 };

	(void)state;
	store_host(store, text("http://b"));
	store_host(store, text("http://a"));
	add_url(store, "http://b/");
	add_url(store, "http://a/");
	write_page(store, 2);
	assert_int_equal(store_each_url(store, see_url, &urls), 0);
	assert_string_equal(urls.all, "1:1:0:0:http://b/ 2:1:1:0:http://a/ ");
	assert_int_equal(store_each_host(store, see_host, &hosts), 0);
	assert_string_equal(hosts.all, "1:http://b 2:http://a ");
	store_close(store);
}

static void a_scan_stops_when_it_is_told_to(void **state)
{
	struct store *store = open_store();
	struct seen urls = { .limit = 1 }, hosts = { .limit = 1 };

	(void)state;
	store_host(store, text("http://b"));
	store_host(store, text("http://a"));
	add_url(store, "http://b/");
	add_url(store, "http://a/");
	assert_int_equal(store_each_url(store, see_url, &urls), 0);
	assert_int_equal(store_each_host(store, see_host, &hosts), 0);
	assert_int_equal(urls.count, 1);
	assert_int_equal(hosts.count, 1);
	store_close(store);
}

static void rejects_are_kept_by_list(void **state)
{
	struct store *store = open_store();

	(void)state;
	store_add_reject(store, "a.txt", 3, text("ht!tp"), "not a URL");
	store_add_reject(store, "b.txt", 4, (struct store_text){ "a\0b", 3 }, "a NUL");
	assert_int_equal(store_clear_rejects(store, "a.txt"), 0);
	store_add_reject(store, "a.txt", 5, text("x"), "too long");
	store_commit(store);
	assert_string_equal(ask("SELECT list, line, hex(text), reason FROM rejects ORDER BY line"),
			    "b.txt|4|610062|a NUL\na.txt|5|78|too long");
	store_close(store);
}

/* ---- pages ---- */

static const char page_columns[] =
	"url state outcome status final_url depth from_url title content_type charset "
	"charset_source size wire_size fetched_at elapsed_ms tries error";

static void the_view_of_pages_has_the_columns_of_the_contract(void **state)
{
	(void)state;
	store_close(open_store());
	assert_string_equal(ask("SELECT group_concat(name, ' ') FROM pragma_table_info('pages')"),
			    page_columns);
}

static const struct store_page whole_page = {
	.url_id = 1,
	.state = STORE_DONE,
	.outcome = "ok",
	.status = 200,
	.final_url = { "http://a/z", 10 },
	.title = { "A", 1 },
	.content_type = { "text/html", 9 },
	.charset = { "utf-8", 5 },
	.charset_source = { "meta", 4 },
	.etag = { "\"1\"", 3 },
	.last_modified = { "Thu", 3 },
	.body = { "BODY", 4 },
	.body_is_text = true,
	.size = 12,
	.wire_size = 6,
	.fetched_at_ms = 1709251199999,
	.elapsed_ms = 5,
	.tries = 2,
};

static void every_column_of_a_page_is_stored(void **state)
{
	struct store *store = open_store();

	(void)state;
	add_url(store, "http://a/");
	assert_int_equal(store_page(store, &whole_page), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT * FROM pages"),
			    "http://a/|done|ok|200|http://a/z|0||A|text/html|utf-8|meta|12|6|"
			    "2024-02-29T23:59:59.999Z|5|2|");
	assert_string_equal(ask("SELECT url_id, is_text, typeof(body), body FROM bodies"),
			    "1|1|blob|BODY");
	store_close(store);
}

static void what_is_absent_is_null(void **state)
{
	struct store *store = open_store();
	struct store_page page = {
		.url_id = 1, .state = STORE_FAILED, .outcome = "dns", .error = text("no such host")
	};

	(void)state;
	add_url(store, "http://a/");
	assert_int_equal(store_page(store, &page), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT * FROM pages"),
			    "http://a/|failed|dns|||0||||||||||0|no such host");
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE size IS NULL AND fetched_at IS"
				" NULL AND status IS NULL AND title IS NULL"),
			    "1");
	store_close(store);
}

static void a_page_answered_from_its_own_url_needs_no_final_url(void **state)
{
	struct store *store = open_store();

	(void)state;
	write_page(store, add_url(store, "http://a/"));
	store_commit(store);
	assert_string_equal(ask("SELECT final_url FROM pages"), "http://a/");
	store_close(store);
}

static void a_page_of_an_unknown_url_is_refused(void **state)
{
	struct store *store = open_store();

	(void)state;
	assert_int_equal(write_page(store, 5), -1);
	assert_non_null(strstr(store_error(store), "knows no URL 5"));
	store_close(store);
	assert_string_equal(ask("SELECT count(*) FROM results"), "0");
}

static void a_page_read_again_replaces_its_rows_and_body(void **state)
{
	struct store *store = open_store();
	int table = store_table(store, &films);
	int64_t first = add_url(store, "http://a/1"), second = add_url(store, "http://a/2");

	(void)state;
	assert_int_equal(store_page(store, &whole_page), 0);
	add_film(store, table, 0, 1, "one", 1);
	add_film(store, table, 1, 2, "two", 2);
	write_page(store, second);
	add_film(store, table, 0, 3, "three", 3);
	store_commit(store);
	write_page(store, first);
	add_film(store, table, 0, 4, "four", 4);
	store_commit(store);
	assert_string_equal(ask("SELECT page_url, n, title FROM films"),
			    "http://a/1|0|four\nhttp://a/2|0|three");
	assert_string_equal(ask("SELECT count(*) FROM bodies"), "0");
	assert_string_equal(ask("SELECT title IS NULL, tries FROM pages WHERE url = 'http://a/1'"),
			    "1|1");
	store_close(store);
}

static void a_page_not_read_again_keeps_its_content(void **state)
{
	struct store *store = open_store();
	int table = store_table(store, &films);
	struct store_page page = { .url_id = 1,
				   .state = STORE_DONE,
				   .outcome = "not_modified",
				   .status = 304,
				   .etag = text("\"2\""),
				   .fetched_at_ms = 1,
				   .tries = 1,
				   .keeps_content = true };

	(void)state;
	add_url(store, "http://a/");
	store_page(store, &whole_page);
	add_film(store, table, 0, 1, "one", 1);
	assert_int_equal(store_page(store, &page), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT outcome, status, title, charset, size, wire_size, tries"
				" FROM pages"),
			    "not_modified|304|A|utf-8|12|0|1");
	assert_string_equal(ask("SELECT title FROM films"), "one");
	assert_string_equal(ask("SELECT body FROM bodies"), "BODY");
	assert_string_equal(ask("SELECT etag, last_modified FROM results"), "\"2\"|Thu");
	store_close(store);
}

static void a_body_that_changed_replaces_the_old_one(void **state)
{
	struct store *store = open_store();
	struct store_page page = whole_page;

	(void)state;
	add_url(store, "http://a/");
	store_page(store, &page);
	page.body = text("OTHER");
	page.body_is_text = false;
	assert_int_equal(store_page(store, &page), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT body, is_text FROM bodies"), "OTHER|0");
	store_close(store);
}

static void a_page_parsed_again_loses_nothing_but_its_rows(void **state)
{
	struct store *store = open_store();
	int table = store_table(store, &films);

	(void)state;
	add_url(store, "http://a/");
	store_page(store, &whole_page);
	add_film(store, table, 0, 1, "one", 1);
	add_film(store, table, 1, 1, "two", 1);
	assert_int_equal(store_page_again(store, 1), 0);
	add_film(store, table, 0, 1, "three", 1);
	store_commit(store);
	assert_string_equal(ask("SELECT title FROM films"), "three");
	assert_string_equal(ask("SELECT title FROM pages"), "A");
	assert_string_equal(ask("SELECT body FROM bodies"), "BODY");
	store_close(store);
}

static void validators_are_those_of_the_last_answer(void **state)
{
	struct store *store = open_store();
	struct store_validators found = { .hash = 1 };
	struct store_page page = whole_page;

	(void)state;
	page.hash = UINT64_MAX - 1;
	add_url(store, "http://a/");
	assert_int_equal(store_validators(store, 1, &found), 0);
	assert_null(found.etag.at);
	assert_null(found.last_modified.at);
	assert_true(found.hash == 0);
	store_page(store, &page);
	assert_int_equal(store_validators(store, 1, &found), 0);
	assert_int_equal(found.etag.size, 3);
	assert_memory_equal(found.etag.at, "\"1\"", 3);
	assert_int_equal(found.last_modified.size, 3);
	assert_memory_equal(found.last_modified.at, "Thu", 3);
	assert_true(found.hash == UINT64_MAX - 1);
	assert_int_equal(found.fetched_at_ms / 1000, page.fetched_at_ms / 1000);
	assert_null(found.moved_to.at);
	page.is_moved = true;
	page.final_url = text("http://b/");
	store_page(store, &page);
	assert_int_equal(store_validators(store, 1, &found), 0);
	assert_int_equal(found.moved_to.size, 9);
	assert_memory_equal(found.moved_to.at, "http://b/", 9);
	store_page_outcome(store, "pattern_limit", "rows are missing");
	assert_int_equal(store_validators(store, 1, &found), 0);
	assert_null(found.etag.at);
	assert_true(found.hash == 0);
	store_close(store);
}

/* It was read, and answers 404 now: what was read stays, and is told. */
static void a_page_that_is_gone_keeps_what_was_read_and_is_told(void **state)
{
	static const struct {
		int first, second;
		const char *gone;
	} rows[] = {
		{ 200, 404, "http://a/|404" },
		{ 200, 410, "http://a/|410" },
		{ 200, 500, "" },
		{ 200, 200, "" },
		{ 404, 404, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store *store = store_open(path, true, error);
		struct store_page page = whole_page;

		page.url_id = add_url(store, "http://a/");
		page.status = rows[i].first;
		page.state = page.status == 200 ? STORE_DONE : STORE_FAILED;
		page.keeps_content = page.state != STORE_DONE;
		assert_int_equal(store_page(store, &page), 0);
		page.status = rows[i].second;
		page.state = page.status == 200 ? STORE_DONE : STORE_FAILED;
		page.keeps_content = page.state != STORE_DONE;
		page.title = text("an error");
		assert_int_equal(store_page(store, &page), 0);
		store_commit(store);
		assert_string_equal(ask("SELECT page_url, status FROM gone"), rows[i].gone);
		if (rows[i].first == 200 && rows[i].second != 200)
			assert_string_equal(ask("SELECT title FROM pages"), "A");
		store_close(store);
	}
}

static void a_hosts_robots_txt_is_kept_with_its_time(void **state)
{
	struct store *store = open_store();
	int64_t host = store_host(store, text("http://a"));

	(void)state;
	assert_int_equal(store_robots(store, host, "rules", text("Disallow: /"), 1234567), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT robots, CAST(robots_text AS TEXT), robots_at FROM hosts"),
			    "rules|Disallow: /|1234567");
	store_close(store);
}

static void a_hosts_address_is_kept(void **state)
{
	struct store *store = open_store();
	int64_t host = store_host(store, text("http://a"));

	(void)state;
	assert_int_equal(store_address(store, host, text("192.0.2.1")), 0);
	assert_int_equal(store_address(store, host, text("2001:db8::1")), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT address FROM hosts"), "2001:db8::1");
	store_close(store);
}

static void every_try_is_noted_with_its_reason(void **state)
{
	struct store *store = open_store();
	struct store_try try = {
		.url_id = 1,
		.number = 2,
		.at_ms = 0,
		.wait_ms = 500,
		.outcome = "http_error",
		.status = 503,
		.error = text("busy"),
	};

	(void)state;
	add_url(store, "http://a/");
	assert_int_equal(store_try(store, &try), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT * FROM tries"),
			    "http://a/|2|1970-01-01T00:00:00.000Z|http_error|503|busy|500");
	store_close(store);
}

static void kept_pages_come_back_one_by_one(void **state)
{
	struct store *store = open_store();
	struct store_page page = whole_page;
	struct store_kept kept = { 0 };

	(void)state;
	for (int i = 1; i <= 3; i++) {
		page.url_id = add_url(store, "http://a/");
		page.body = i == 2 ? text(NULL) : text("BODY");
		store_page(store, &page);
	}
	assert_int_equal(store_next_kept(store, 0, &kept), 1);
	assert_int_equal(kept.url_id, 1);
	assert_true(kept.is_text);
	assert_memory_equal(kept.body.at, "BODY", 4);
	assert_memory_equal(kept.final_url.at, "http://a/z", 10);
	assert_memory_equal(kept.content_type.at, "text/html", 9);
	assert_int_equal(store_next_kept(store, kept.url_id, &kept), 1);
	assert_int_equal(kept.url_id, 3);
	assert_int_equal(store_next_kept(store, kept.url_id, &kept), 0);
	store_close(store);
}

/* ---- figures ---- */

static void figures_of_a_host_add_up_and_its_times_are_the_last_ones(void **state)
{
	struct store *store = open_store();
	struct store_host_figures figures = {
		.host_id = store_host(store, text("http://a")),
		.pages = 5,
		.errors = 1,
		.delay_ms = 500,
		.p50_ms = 1.5,
		.p95_ms = 9,
	};

	(void)state;
	store_host_figures(store, &figures);
	figures.pages = 6;
	assert_int_equal(store_host_figures(store, &figures), 0);
	store_commit(store);
	assert_string_equal(
		ask("SELECT id, origin, pages, errors, delay_ms, p50_ms, p95_ms FROM hosts"),
		"1|http://a|11|2|500|1.5|9.0");
	store_close(store);
}

static void figures_of_a_pattern_add_up_within_a_run(void **state)
{
	struct store *store = open_store();
	struct store_pattern_figures figures = {
		.pattern = "films",
		.host_id = store_host(store, text("http://a")),
		.pages_tried = 3,
		.pages_matched = 2,
		.rows = 20,
		.empty_fields = 1,
		.limit_hits = 1,
		.elapsed_ns = 1500000,
	};

	(void)state;
	begin_run(store);
	store_pattern_figures(store, &figures);
	assert_int_equal(store_pattern_figures(store, &figures), 0);
	begin_run(store);
	store_pattern_figures(store, &figures);
	store_commit(store);
	assert_string_equal(ask("SELECT * FROM pattern_stats"),
			    "1|films|http://a|6|4|40|2|2|3.0\n2|films|http://a|3|2|20|1|1|1.5");
	store_close(store);
}

/* ---- durability ---- */

static void what_was_not_committed_is_gone(void **state)
{
	struct store *store = open_store();

	(void)state;
	add_url(store, "http://a/");
	assert_int_equal(store_uncommitted(store), 1);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_uncommitted(store), 0);
	add_url(store, "http://b/");
	store_close(store);
	assert_string_equal(ask("SELECT url FROM pages"), "http://a/");
}

static void an_idle_store_has_no_log(void **state)
{
	struct store *store = open_store();
	struct stat log = { .st_size = -1 };
	char log_path[160];

	(void)state;
	snprintf(log_path, sizeof(log_path), "%s-wal", path);
	add_url(store, "http://a/");
	store_commit(store);
	stat(log_path, &log);
	assert_true(log.st_size > 0);
	assert_non_null(store_url(store, 1).url.at); /* to have looked something up is idle too */
	assert_int_equal(store_idle(store), 0);
	stat(log_path, &log);
	assert_int_equal(log.st_size, 0);
	assert_int_equal(store_idle(store), 0);
	store_close(store);
	assert_int_equal(stat(log_path, &log), -1);
}

/* Several times the size at which it is folded: it must not have grown to all of it. */
static void the_log_is_folded_while_writing(void **state)
{
	static char url[8000];
	struct store *store = open_store();
	char log_path[160];
	struct stat log;

	(void)state;
	memset(url, 'x', sizeof(url) - 1);
	for (int i = 0; i < 8000; i++) {
		add_url(store, url);
		if (i % 100 == 99)
			assert_int_equal(store_commit(store), 0);
	}
	snprintf(log_path, sizeof(log_path), "%s-wal", path);
	assert_int_equal(stat(log_path, &log), 0);
	assert_in_range(log.st_size, 1 << 20, 32 << 20);
	store_close(store);
}

static void after_an_error_nothing_is_committed(void **state)
{
	struct store *store = open_store();
	int table = store_table(store, &films);

	(void)state;
	store_commit(store);
	write_page(store, add_url(store, "http://a/"));
	assert_int_equal(add_film(store, table, 0, 1, "one", 1), 0);
	assert_int_equal(add_film(store, table, 0, 1, "one", 1), -1); /* n came twice */
	assert_non_null(strstr(store_error(store), "UNIQUE"));
	assert_int_equal(add_url(store, "http://b/"), 0);
	assert_int_equal(store_commit(store), -1);
	assert_int_equal(store_idle(store), -1);
	assert_int_equal(store_run_end(store, "finished"), -1);
	assert_non_null(strstr(store_error(store), "UNIQUE"));
	store_close(store);
	assert_string_equal(ask("SELECT count(*) FROM pages"), "0");
	assert_string_equal(ask("SELECT count(*) FROM films"), "0");
}

static void times_are_written_as_the_calendar_has_them(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} times[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 951868799999, "2000-02-29T23:59:59.999Z" },
		{ 951868800000, "2000-03-01T00:00:00.000Z" },
		{ 1704067199001, "2023-12-31T23:59:59.001Z" },
		{ 1709251199999, "2024-02-29T23:59:59.999Z" },
		{ 4107542400000, "2100-03-01T00:00:00.000Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.999Z" },
		{ -1, "1970-01-01T00:00:00.000Z" },
	};
	char got[STORE_TIME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		store_time_text(times[i].ms, got);
		assert_string_equal(got, times[i].text);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_new_database_says_whose_it_is),
		T(a_run_is_numbered_and_noted),
		T(a_run_counts_what_it_wrote),
		T(a_run_that_never_ended_was_killed),
		T(a_crawl_is_finished_when_its_last_run_is_and_nothing_waits),
		T(a_new_pass_asks_for_all_again_but_links_to_other_sites),
		T(a_link_to_another_site_may_be_wanted_later),
		T(a_run_with_another_config_forgets_what_tells_changes),
		T(a_retry_asks_for_failed_again),
		T(totals_count_states_pages_and_the_rows_of_all_tables),
		T(a_host_keeps_its_id),
		T(a_url_is_pending_and_can_be_read_back),
		T(every_url_and_host_comes_back_in_order),
		T(a_scan_stops_when_it_is_told_to),
		T(rejects_are_kept_by_list),
		T(the_view_of_pages_has_the_columns_of_the_contract),
		T(every_column_of_a_page_is_stored),
		T(what_is_absent_is_null),
		T(a_page_answered_from_its_own_url_needs_no_final_url),
		T(a_page_of_an_unknown_url_is_refused),
		T(a_page_read_again_replaces_its_rows_and_body),
		T(a_page_not_read_again_keeps_its_content),
		T(a_body_that_changed_replaces_the_old_one),
		T(a_page_parsed_again_loses_nothing_but_its_rows),
		T(validators_are_those_of_the_last_answer),
		T(a_page_that_is_gone_keeps_what_was_read_and_is_told),
		T(a_hosts_robots_txt_is_kept_with_its_time),
		T(a_hosts_address_is_kept),
		T(every_try_is_noted_with_its_reason),
		T(the_last_run_tells_its_config),
		T(kept_pages_come_back_one_by_one),
		T(figures_of_a_host_add_up_and_its_times_are_the_last_ones),
		T(figures_of_a_pattern_add_up_within_a_run),
		T(what_was_not_committed_is_gone),
		T(an_idle_store_has_no_log),
		T(the_log_is_folded_while_writing),
		T(after_an_error_nothing_is_committed),
		cmocka_unit_test(times_are_written_as_the_calendar_has_them),
	};

	return RUN_TESTS(tests);
}
