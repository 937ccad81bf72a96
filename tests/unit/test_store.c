#include "tests/support/test.h"

#include "store/sqlite/internal.h"
#include "tests/support/store_help.h"

/* ---- runs ---- */

static void a_new_database_says_whose_it_is(void **state)
{
	(void)state;
	store_close(open_store());
	assert_string_equal(ask("PRAGMA application_id"), "1668446060");
	assert_string_equal(ask("PRAGMA user_version"), "7");
	assert_string_equal(ask("PRAGMA journal_mode"), "wal");
	assert_string_equal(ask("SELECT count(*) FROM pages"), "0");
}

static void a_run_is_numbered_and_noted(void **state)
{
	struct store *store = open_store();

	(void)state;
	assert_int_equal(begin_run(store), 1);
	assert_string_equal(ask("SELECT id, ended, command_line, config_hash, versions,"
				" started_at LIKE '2%-%-%T%:%:%.%Z' FROM runs"),
			    "1||crawl urls.txt|0000000000c0ffee|crawl 0|1");
	assert_int_equal(store_end_run(store, "finished"), 0);
	assert_string_equal(ask("SELECT ended, ended_at >= started_at FROM runs"), "finished|1");
	assert_int_equal(begin_run(store), 2);
	store_close(store);
}

static void a_run_counts_what_it_wrote(void **state)
{
	struct store *store = open_store();
	int table = store_put_table(store, &films);

	(void)state;
	begin_run(store);
	open_page(store, add_url(store, "http://a/"));
	add_film(store, table, 0, 1, "one", 1);
	add_film(store, table, 1, 2, "two", 2);
	close_page(store);
	assert_int_equal(store_end_run(store, "finished"), 0);
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
	struct store_totals totals;

	assert_int_equal(store_get_last_run(store, &last), 0);
	assert_int_equal(store_get_totals(store, &totals), 0);
	return last.is_finished && totals.pending == 0;
}

static void a_crawl_is_finished_when_its_last_run_is_and_nothing_waits(void **state)
{
	struct store *store = open_store();
	struct store_key url;

	(void)state;
	assert_true(is_finished(store)); /* no run at all */
	begin_run(store);
	assert_false(is_finished(store)); /* running */
	url = add_url(store, "http://a/");
	store_end_run(store, "finished");
	assert_false(is_finished(store)); /* a URL waits */
	write_page(store, url);
	assert_true(is_finished(store));
	begin_run(store);
	store_end_run(store, "interrupted");
	assert_false(is_finished(store));
	store_close(store);
}

static void the_last_run_tells_its_config(void **state)
{
	struct store *store = open_store();
	struct store_run run = { .config_hash = 0xfedcba9876543210 };
	struct store_last_run last;

	(void)state;
	store_begin_run(store, &run);
	assert_int_equal(store_get_last_run(store, &last), 0);
	assert_true(last.config_hash == 0xfedcba9876543210);
	store_close(store);
}

/* One URL in each state, by way of store_page(). */
static void add_one_of_each_state(struct store *store)
{
	static const enum store_state states[] = { STORE_PENDING, STORE_DONE, STORE_FAILED,
						   STORE_SKIPPED };

	for (size_t i = 0; i < 4; i++) {
		struct store_page page = { .state = states[i],
					   .outcome = "ok",
					   .etag = text("\"tag\"") };
		struct store_key url = add_url(store, "http://a/");

		if (i > 0)
			assert_int_equal(put_page(store, url, &page), 0);
	}
}

static int64_t begin_pass(struct store *store, enum store_pass pass)
{
	struct store_run run = { .command_line = "crawl" };
	int64_t number = store_begin_run(store, &run);

	store_put_asked(store, &(struct store_asked){ pass, true, 1 });
	return number;
}

/* A robots.txt may say something else by now; a link to another site is not asked for. */
static void a_new_pass_asks_for_all_again_but_links_to_other_sites(void **state)
{
	struct store *store = open_store();
	struct store_url outside = { .url = text("http://b/"),
				     .host = { 0, 1 },
				     .kind = STORE_URL_OUTSIDE };
	struct store_page page = { .state = STORE_SKIPPED, .outcome = "out_of_scope" };

	(void)state;
	begin_run(store);
	add_one_of_each_state(store);
	assert_int_equal(put_page(store, add(store, &outside), &page), 0);
	assert_int_equal(begin_pass(store, STORE_PASS_ALL), 2);
	assert_int_equal(store_commit(store), 0);
	assert_string_equal(ask("SELECT state FROM pages"),
			    "pending\npending\npending\npending\nskipped");
	assert_string_equal(ask("SELECT count(*) FROM results WHERE etag = '\"tag\"'"), "3");
	store_close(store);
}

/* What a pass asks for is a number: whatever comes between, it is compared. */
static void every_chain_of_passes_asks_for_what_it_says(void **state)
{
	enum { NO_PASS = -1 };
	static const struct {
		int passes[3];
		size_t fails_after; /* in which of them the third URL is asked, and fails; 0: none
				     */
		const char *states; /* pending, done, failed and skipped before the first */
	} rows[] = {
		{ { STORE_PASS_GOES_ON, NO_PASS }, 0, "pending done failed skipped" },
		{ { STORE_PASS_FAILED, NO_PASS }, 0, "pending done pending skipped" },
		{ { STORE_PASS_FAILED, NO_PASS }, 1, "pending done failed skipped" },
		{ { STORE_PASS_ALL, NO_PASS }, 0, "pending pending pending pending" },
		{ { STORE_PASS_ALL, NO_PASS }, 1, "pending pending failed pending" },
		{ { STORE_PASS_FAILED, STORE_PASS_GOES_ON, NO_PASS },
		  0,
		  "pending done pending skipped" },
		{ { STORE_PASS_FAILED, STORE_PASS_GOES_ON, NO_PASS },
		  2,
		  "pending done failed skipped" },
		{ { STORE_PASS_FAILED, STORE_PASS_FAILED, NO_PASS },
		  1,
		  "pending done pending skipped" },
		{ { STORE_PASS_ALL, STORE_PASS_FAILED, NO_PASS },
		  1,
		  "pending pending pending pending" },
		{ { STORE_PASS_FAILED, STORE_PASS_ALL, NO_PASS },
		  1,
		  "pending pending pending pending" },
		{ { STORE_PASS_ALL, STORE_PASS_FAILED, STORE_PASS_GOES_ON },
		  3,
		  "pending pending failed pending" },
	};
	static const struct store_page failed = { .state = STORE_FAILED, .outcome = "dns" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store *store = store_open(path, true, &error);

		last_number = 0;
		begin_run(store);
		add_one_of_each_state(store);
		for (size_t j = 0; j < 3 && (j == 0 || rows[i].passes[j] != NO_PASS); j++) {
			begin_pass(store, (enum store_pass)rows[i].passes[j]);
			if (rows[i].fails_after == j + 1)
				put_page_again(store, key(3), &failed);
		}
		store_commit(store);
		assert_string_equal(ask("SELECT group_concat(state, ' ') FROM pages"),
				    rows[i].states);
		store_close(store);
	}
}

static void a_link_to_another_site_may_be_wanted_later(void **state)
{
	struct store *store = open_store();
	struct store_url url = { .url = text("http://b/"),
				 .host = { 0, 1 },
				 .from = { 0, 7 },
				 .depth = 3,
				 .kind = STORE_URL_OUTSIDE };
	struct store_page page = { .state = STORE_SKIPPED, .outcome = "out_of_scope" };
	struct store_key outside = add(store, &url);
	struct store_target got;

	(void)state;
	put_page(store, outside, &page);
	url = (struct store_url){ .kind = STORE_URL_PAGE, .depth = 1, .lane = 2, .rule = 4 };
	assert_int_equal(store_put_wanted(store, outside, &url), 0);
	store_commit(store);
	got = target_of(store, outside);
	assert_int_equal(got.row.url.size, strlen("http://b/"));
	assert_int_equal(got.row.kind, STORE_URL_PAGE);
	assert_int_equal(got.row.from.number, 0);
	assert_int_equal(got.row.depth, 1);
	assert_int_equal(got.row.rule, 4);
	assert_false(got.is_again);
	assert_string_equal(ask("SELECT state FROM pages"), "pending");
	assert_int_equal(put_page(store, outside, &plain_page), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT state FROM pages"), "done");
	store_close(store);
}

/* Else a page that did not change would keep the rows of another config. */
static void a_run_with_another_config_knows_nothing_that_tells_changes(void **state)
{
	static const struct {
		uint64_t config_hash;
		bool is_known;
	} rows[] = { { 1, true }, { 1, true }, { 2, false }, { 2, false }, { 1, true } };
	struct store *store = open_store();
	struct store_page page = plain_page;

	(void)state;
	page.etag = text("\"tag\"");
	page.hash = 7;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_run run = { .command_line = "crawl",
					 .config_hash = rows[i].config_hash };
		struct store_target target;

		assert_int_equal(store_begin_run(store, &run), i + 1);
		if (i == 0) {
			put_page(store, add_url(store, "http://a/"), &page);
			store_end_run(store, "finished");
			continue;
		}
		target = target_of(store, key(1));
		assert_true(target.is_again);
		assert_int_equal(target.known.etag.at != NULL, rows[i].is_known);
		assert_int_equal(target.known.hash, rows[i].is_known ? 7 : 0);
		assert_true(target.known.is_good);
		store_end_run(store, "interrupted");
	}
	store_close(store);
}

static void a_retry_asks_for_failed_again(void **state)
{
	struct store *store = open_store();

	(void)state;
	begin_run(store);
	add_one_of_each_state(store);
	assert_int_equal(begin_pass(store, STORE_PASS_FAILED), 2);
	assert_int_equal(store_commit(store), 0);
	assert_string_equal(ask("SELECT state FROM pages"), "pending\ndone\npending\nskipped");
	store_close(store);
}

static void totals_count_states_pages_and_the_rows_of_all_tables(void **state)
{
	static const struct store_table empty = { .name = "nothing" };
	struct store *store = open_store();
	struct store_totals totals;
	int table = store_put_table(store, &films);
	int other = store_put_table(store, &empty);

	(void)state;
	begin_run(store);
	add_one_of_each_state(store);
	open_page(store, key(1));
	add_film(store, table, 0, 1, "one", 1);
	add_film(store, table, 1, 1, "two", 1);
	assert_int_equal(store_row(store, other, 0, NULL), 0);
	close_page(store);
	assert_int_equal(store_get_totals(store, &totals), 0);
	assert_int_equal(totals.pending, 0);
	assert_int_equal(totals.done, 2);
	assert_int_equal(totals.failed, 1);
	assert_int_equal(totals.skipped, 1);
	assert_int_equal(totals.pages, 4);
	assert_int_equal(totals.rows, 3);
	store_close(store);
}

/* ---- URLs and hosts ---- */

static void a_host_keeps_its_number(void **state)
{
	struct store *store = open_store();

	(void)state;
	assert_int_equal(store_put_host(store, key(1), text("http://a:80")), 0);
	assert_int_equal(store_put_host(store, key(2), text("https://a:443")), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT id, origin FROM hosts ORDER BY id"),
			    "1|http://a:80\n2|https://a:443");
	store_close(store);
}

static void a_host_that_is_there_is_refused(void **state)
{
	struct store *store = open_store();

	(void)state;
	assert_int_equal(store_put_host(store, key(1), text("http://a:80")), 0);
	assert_int_equal(store_put_host(store, key(3), text("http://a:80")), -1);
	store_close(store);
}

static void a_url_is_pending_and_can_be_read_back(void **state)
{
	struct store *store = open_store();
	struct store_url url = {
		.url = text("http://a/b"),
		.host = { 0, 7 },
		.from = { 0, 1 },
		.from_where = STORE_FROM_PRIVATE,
		.depth = 3,
		.kind = STORE_URL_SITEMAP,
		.lane = 2,
		.rule = 5,
	};
	struct store_target got;
	struct store_key seed = add_url(store, "http://a/");
	struct store_key id = add(store, &url);

	(void)state;
	got = target_of(store, id);
	assert_int_equal(got.row.url.size, 10);
	assert_memory_equal(got.row.url.at, "http://a/b", 10);
	assert_int_equal(got.row.host.number, 7);
	assert_int_equal(got.row.from.number, 1);
	assert_int_equal(got.row.from_where, STORE_FROM_PRIVATE);
	assert_int_equal(got.row.depth, 3);
	assert_int_equal(got.row.kind, STORE_URL_SITEMAP);
	assert_int_equal(got.row.lane, 2);
	assert_int_equal(got.row.rule, 5);
	assert_false(got.is_again);
	assert_int_equal(number_of(store, "http://a/b"), id.number);
	assert_int_equal(number_of(store, "http://a/B"), 0);
	assert_int_equal(seed.number, 1);
	store_commit(store);
	assert_string_equal(ask("SELECT url, state, depth, from_url FROM pages"),
			    "http://a/|pending|0|\nhttp://a/b|pending|3|http://a/");
	assert_int_equal(store_url(store, key(99), &got), -1);
	assert_non_null(strstr(store_error(store)->text, "knows no URL 99"));
	store_close(store);
}

/* A batch is a hint: whatever is read ahead, in whatever order it is asked for, it is the same. */
static void what_is_read_ahead_is_what_is_read_alone(void **state)
{
	struct store *store = open_store();
	struct store_key keys[STORE_AHEAD_MAX + 3];
	char url[32];

	(void)state;
	begin_run(store);
	for (uint32_t i = 0; i < STORE_AHEAD_MAX + 3; i++) {
		struct store_page page = plain_page;

		snprintf(url, sizeof(url), "http://a/%u", i + 1);
		keys[i] = add_url(store, url);
		page.etag = text(url);
		if (i % 3 == 0)
			put_page(store, keys[i], &page);
	}
	begin_run(store);
	for (uint32_t count = 0; count <= STORE_AHEAD_MAX + 3; count++) {
		assert_int_equal(store_ahead(store, keys, count), 0);
		for (uint32_t i = 0; i < STORE_AHEAD_MAX + 3; i++) {
			uint32_t number = (i * 17 + count) % (STORE_AHEAD_MAX + 3) + 1;
			struct store_target got = target_of(store, key(number));

			snprintf(url, sizeof(url), "http://a/%u", number);
			assert_true(slice_equal(got.row.url, text(url)));
			assert_int_equal(got.is_again, (number - 1) % 3 == 0);
			assert_int_equal(slice_equal(got.known.etag, text(url)), got.is_again);
		}
	}
	store_close(store);
}

struct seen {
	int count, limit;
	char all[512];
};

static int see_url(void *context, const struct store_known_url *known)
{
	struct seen *seen = context;
	size_t used = strlen(seen->all);

	snprintf(seen->all + used, sizeof(seen->all) - used, "%u:%u:%s:%.*s ", known->key.number,
		 known->host.number, known->is_pending ? "waits" : "done", (int)known->url.size,
		 known->url.at);
	return ++seen->count == seen->limit ? -1 : 0;
}

static int see_host(void *context, const struct store_known_host *host)
{
	struct seen *seen = context;
	size_t used = strlen(seen->all);

	snprintf(seen->all + used, sizeof(seen->all) - used, "%u:%.*s ", host->key.number,
		 (int)host->origin.size, host->origin.at);
	return ++seen->count == seen->limit ? -1 : 0;
}

static int gain(struct store *store, struct seen *seen)
{
	return store_gain(store, &(struct store_events){ .gain_host = see_host,
							 .gain_url = see_url,
							 .context = seen });
}

static void every_host_and_url_is_gained_in_order(void **state)
{
	struct store *store = open_store();
	struct seen seen = { 0 };

	(void)state;
	begin_run(store);
	add_host(store, "http://b");
	add_host(store, "http://a");
	add_url(store, "http://b/");
	add_url(store, "http://a/");
	write_page(store, key(2));
	assert_int_equal(gain(store, &seen), 0);
	assert_string_equal(seen.all,
			    "1:http://b 2:http://a 1:1:waits:http://b/ 2:1:done:http://a/ ");
	store_close(store);
}

static void gaining_stops_when_it_is_told_to(void **state)
{
	struct store *store = open_store();

	(void)state;
	add_host(store, "http://b");
	add_host(store, "http://a");
	add_url(store, "http://b/");
	add_url(store, "http://a/");
	for (int limit = 1; limit <= 4; limit++) {
		struct seen seen = { .limit = limit };

		assert_int_equal(gain(store, &seen), -1);
		assert_int_equal(seen.count, limit);
	}
	store_close(store);
}

/* Nobody else has a SQLite file: nothing comes by itself, and a commit has waited for the disk. */
static void a_file_has_no_turn_of_its_own_and_is_always_settled(void **state)
{
	struct store *store = open_store();
	int64_t due = 0;

	(void)state;
	add_url(store, "http://b/");
	store_commit(store);
	assert_int_equal(store_turn(store, 1, &due), 0);
	assert_true(due == INT64_MAX);
	assert_int_equal(store_settle(store, 0), 1);
	store_close(store);
}

static void rejects_are_kept_by_list(void **state)
{
	struct store *store = open_store();

	(void)state;
	store_put_reject(store, "a.txt", 3, text("ht!tp"), "not a URL");
	store_put_reject(store, "b.txt", 4, (struct slice){ "a\0b", 3 }, "a NUL");
	assert_int_equal(store_clear_rejects(store, "a.txt"), 0);
	store_put_reject(store, "a.txt", 5, text("x"), "too long");
	store_commit(store);
	assert_string_equal(ask("SELECT list, line, hex(text), reason FROM rejects ORDER BY line"),
			    "b.txt|4|61" NUL_HEX "62|a NUL\na.txt|5|78|too long");
	store_close(store);
}

/* ---- pages ---- */

static const char page_columns[] =
	"url state outcome status final_url depth method from_url title content_type charset "
	"charset_source size wire_size fetched_at elapsed_ms tries error";

static void the_view_of_pages_has_the_columns_of_the_contract(void **state)
{
	(void)state;
	store_close(open_store());
	assert_string_equal(ask("SELECT group_concat(name, ' ') FROM pragma_table_info('pages')"),
			    page_columns);
}

static const struct store_page whole_page = {
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
	.elapsed_us = 5,
	.tries = 2,
};

static void every_column_of_a_page_is_stored(void **state)
{
	struct store *store = open_store();

	(void)state;
	assert_int_equal(put_page(store, add_url(store, "http://a/"), &whole_page), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT * FROM pages"),
			    "http://a/|done|ok|200|http://a/z|0|GET||A|text/html|utf-8|meta|12|6|"
			    "2024-02-29T23:59:59.999Z|0.005|2|");
	assert_string_equal(ask("SELECT url_id, is_text, typeof(body), body FROM bodies"),
			    "1|1|blob|BODY");
	store_close(store);
}

static void what_is_absent_is_null(void **state)
{
	struct store *store = open_store();
	struct store_page page = { .state = STORE_FAILED,
				   .outcome = "dns",
				   .error = text("no such host") };

	(void)state;
	assert_int_equal(put_page(store, add_url(store, "http://a/"), &page), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT * FROM pages"),
			    "http://a/|failed|dns|||0|GET||||||||||0|no such host");
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
	add_url(store, "http://a/");
	assert_int_equal(store_page_open(store, key(5), false), -1);
	assert_non_null(strstr(store_error(store)->text, "knows no URL 5"));
	store_close(store);
	assert_string_equal(ask("SELECT count(*) FROM results"), "0");
}

static void a_page_read_again_replaces_its_rows_and_body(void **state)
{
	struct store *store = open_store();
	int table = store_put_table(store, &films);
	struct store_key first = add_url(store, "http://a/1");
	struct store_key second = add_url(store, "http://a/2");

	(void)state;
	open_page(store, first);
	add_film(store, table, 0, 1, "one", 1);
	add_film(store, table, 1, 2, "two", 2);
	assert_int_equal(store_page(store, &whole_page), 0);
	open_page(store, second);
	add_film(store, table, 0, 3, "three", 3);
	close_page(store);
	store_commit(store);
	store_page_open(store, first, true);
	add_film(store, table, 0, 4, "four", 4);
	close_page(store);
	store_commit(store);
	assert_string_equal(ask("SELECT page_url, n, title FROM films ORDER BY page_url"),
			    "http://a/1|0|four\nhttp://a/2|0|three");
	assert_string_equal(ask("SELECT count(*) FROM bodies"), "0");
	assert_string_equal(ask("SELECT title IS NULL, tries FROM pages WHERE url = 'http://a/1'"),
			    "1|1");
	store_close(store);
}

/* What somebody else has made of a table; each refuses a film of rank 13 for its own reason. */
static const char *const rules[] = {
	"CREATE TRIGGER t BEFORE INSERT ON crawl_rows_films WHEN new.rank = 13"
	" BEGIN SELECT raise(ABORT, 'unlucky'); END",
	"CREATE TRIGGER t AFTER INSERT ON crawl_rows_films WHEN new.rank = 13"
	" BEGIN SELECT zeroblob(2000000000); END",
	"CREATE TABLE k (id INTEGER PRIMARY KEY); CREATE TRIGGER t AFTER INSERT ON crawl_rows_films"
	" WHEN new.rank = 13 BEGIN INSERT INTO k VALUES ('x'); END",
	"CREATE UNIQUE INDEX u ON crawl_rows_films (rank) WHERE rank = 13",
	"CREATE TRIGGER t BEFORE INSERT ON crawl_rows_films WHEN new.rank = 13"
	" BEGIN SELECT raise(FAIL, 'unlucky'); END",
	"CREATE TRIGGER t AFTER INSERT ON crawl_rows_films WHEN new.rank = 13"
	" BEGIN SELECT abs(-9223372036854775808); END",
};

/* Of many rows only that one is missing, wherever it stands, and other pages are as ever. */
static void a_row_that_is_refused_fails_its_page_alone(void **state)
{
	enum { ROWS = 100, PAGES = 3, RULES = sizeof(rules) / sizeof(rules[0]) };
	static const unsigned places[] = { 0, 1, 31, 32, 63, ROWS - 1 };

	(void)state;
	for (size_t i = 0; i < RULES * sizeof(places) / sizeof(places[0]); i++) {
		struct store *store = store_open(path, true, &error);
		int table = store_put_table(store, &films);
		unsigned bad = places[i / RULES];

		last_number = 0;
		assert_int_equal(store_commit(store), 0);
		store_close(store);
		assert_int_equal(change(path, rules[i % RULES]), SQLITE_OK);
		store = open_store();
		table = store_put_table(store, &films);
		for (unsigned page = 0; page < PAGES; page++) {
			open_page(store, add_url(store, page == 0   ? "http://a/0"
							: page == 1 ? "http://a/1"
								    : "http://a/2"));
			for (unsigned row = 0; row < ROWS; row++)
				add_film(store, table, row,
					 (page == 1 && row == bad) ||
							 (page + row == 0 && i % RULES == 3)
						 ? 13
						 : 14,
					 "film", 1);
			if (store_page(store, &whole_page) != (page == 1))
				fail_msg("row %zu, page %u: %s", i, page, store_refusal(store));
			if (page != 1)
				continue;
			assert_non_null(strstr(store_refusal(store), "'films' was refused: "));
			assert_int_equal(store_page(store, &whole_page), 0); /* now it is closed */
		}
		assert_int_equal(store_commit(store), 0);
		store_close(store);
		assert_string_equal(
			ask("SELECT page_url, count(*), min(n), max(n), total(n) FROM films"
			    " WHERE page_url <> 'http://a/1' GROUP BY 1"),
			"http://a/0|100|0|99|4950.0\nhttp://a/2|100|0|99|4950.0");
		assert_int_equal(atoi(ask("SELECT 4950 - total(n) FROM films"
					  " WHERE page_url = 'http://a/1'")),
				 bad);
		assert_string_equal(ask("SELECT count(*) FROM films WHERE page_url = 'http://a/1'"),
				    "99");
		assert_string_equal(ask("SELECT count(*), count(DISTINCT url) FROM pages"), "3|3");
	}
}

#ifdef ON_A_SERVER
static const char leaves_out_13[] =
	"CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS"
	" $$ BEGIN RETURN CASE WHEN new.rank = 13 THEN NULL ELSE new END; END $$;"
	"CREATE TRIGGER t BEFORE INSERT ON crawl_rows_films FOR EACH ROW"
	" EXECUTE FUNCTION leave_out()";
#else
static const char leaves_out_13[] = "CREATE TRIGGER t BEFORE INSERT ON crawl_rows_films WHEN"
				    " new.rank = 13 BEGIN SELECT raise(IGNORE); END";
#endif

/* SQLite's next free number is not the row's own where a row before it was left out. */
static void a_row_that_a_trigger_leaves_out_moves_no_other(void **state)
{
	struct store *store = open_store();
	int table = store_put_table(store, &films);

	(void)state;
	store_commit(store);
	store_close(store);
	assert_int_equal(change(path, leaves_out_13), 0);
	store = open_store();
	table = store_put_table(store, &films);
	for (unsigned page = 0; page < 2; page++) {
		open_page(store, add_url(store, page == 0 ? "http://a/0" : "http://a/1"));
		for (unsigned row = 0; row < 3; row++)
			add_film(store, table, row, page == 1 && row == 0 ? 13 : 14, "film", 1);
		assert_int_equal(store_page(store, &whole_page), 0);
	}
	store_commit(store);
	store_close(store);
	assert_string_equal(ask("SELECT page_url, n FROM films ORDER BY 1, 2"),
			    "http://a/0|0\nhttp://a/0|1\nhttp://a/0|2\nhttp://a/1|1\nhttp://a/1|2");
}

/* It takes other pages with it: the run ends, and says what to do. */
static void a_trigger_that_rolls_back_is_named(void **state)
{
	struct store *store = open_store();
	int table = store_put_table(store, &films);

	(void)state;
	store_commit(store);
	store_close(store);
	assert_int_equal(change(path, "CREATE TRIGGER t BEFORE INSERT ON crawl_rows_films WHEN"
				      " new.rank = 13 BEGIN SELECT raise(ROLLBACK, 'no'); END"),
			 SQLITE_OK);
	store = open_store();
	table = store_put_table(store, &films);
	open_page(store, add_url(store, "http://a/"));
	add_film(store, table, 0, 13, "film", 1);
	assert_int_equal(store_page(store, &whole_page), -1);
	assert_non_null(strstr(store_error(store)->text,
			       "a trigger on 'films' rolled all back: no; let it raise(ABORT)"));
	store_close(store);
}

static void a_page_not_read_again_keeps_its_content(void **state)
{
	struct store *store = open_store();
	int table = store_put_table(store, &films);
	struct store_page page = { .state = STORE_DONE,
				   .outcome = "not_modified",
				   .status = 304,
				   .etag = text("\"2\""),
				   .fetched_at_ms = 1,
				   .tries = 1,
				   .keeps_content = true };

	(void)state;
	open_page(store, add_url(store, "http://a/"));
	add_film(store, table, 0, 1, "one", 1);
	store_page(store, &whole_page);
	assert_int_equal(put_page_again(store, key(1), &page), 0);
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
	put_page(store, add_url(store, "http://a/"), &page);
	page.body = text("OTHER");
	page.body_is_text = false;
	assert_int_equal(put_page_again(store, key(1), &page), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT body, is_text FROM bodies"), "OTHER|0");
	store_close(store);
}

static void a_page_parsed_again_loses_nothing_but_its_rows(void **state)
{
	struct store *store = open_store();
	int table = store_put_table(store, &films);

	(void)state;
	open_page(store, add_url(store, "http://a/"));
	add_film(store, table, 0, 1, "one", 1);
	add_film(store, table, 1, 1, "two", 1);
	store_page(store, &whole_page);
	assert_int_equal(store_clear_rows(store, key(1), &table, 1), 0);
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
	struct store_validators found;
	struct store_page page = whole_page;

	(void)state;
	page.hash = UINT64_MAX - 1;
	add_url(store, "http://a/");
	found = target_of(store, key(1)).known;
	assert_null(found.etag.at);
	assert_null(found.last_modified.at);
	assert_true(found.hash == 0);
	put_page(store, key(1), &page);
	begin_run(store);
	put_page_again(store, key(1), &page);
	store_ahead(store, NULL, 0);
	found = target_of(store, key(1)).known;
	assert_int_equal(found.etag.size, 3);
	assert_memory_equal(found.etag.at, "\"1\"", 3);
	assert_int_equal(found.last_modified.size, 3);
	assert_memory_equal(found.last_modified.at, "Thu", 3);
	assert_true(found.hash == UINT64_MAX - 1);
	assert_int_equal(found.fetched_at_ms / 1000, page.fetched_at_ms / 1000);
	assert_null(found.moved_to.at);
	page.is_moved = true;
	page.final_url = text("http://b/");
	put_page_again(store, key(1), &page);
	store_ahead(store, NULL, 0);
	found = target_of(store, key(1)).known;
	assert_int_equal(found.moved_to.size, 9);
	assert_memory_equal(found.moved_to.at, "http://b/", 9);
	store_close(store);
}

/* It may be left out, and says the same if it is not: else its validators would not be sent. */
static void a_final_url_that_is_the_url_itself_leads_nowhere(void **state)
{
	struct store *store = open_store();
	struct store_page page = plain_page;
	struct store_target got;

	(void)state;
	begin_run(store);
	page.final_url = text("http://a/");
	page.is_moved = true;
	put_page(store, add_url(store, "http://a/"), &page);
	begin_run(store);
	got = target_of(store, key(1));
	assert_true(got.is_again);
	assert_false(got.known.is_redirected);
	assert_null(got.known.moved_to.at);
	store_close(store);
}

/* By this a page read again comes in the order in which it was. */
static void every_page_written_has_a_visit_of_its_own_that_grows(void **state)
{
	static const char *const ends[] = { "finished", NULL, "interrupted" }; /* NULL: killed */
	struct store *store = open_store();

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin_run(store);
		write_page(store, add_url(store, "http://a/"));
		put_page_again(store, key(1), &plain_page);
		store_commit(store);
		if (ends[i])
			store_end_run(store, ends[i]);
		store_close(store);
		store = open_store();
	}
	assert_string_equal(ask("SELECT group_concat('' || url_id, ' ') FROM (SELECT * FROM"
				" results ORDER BY visit) AS r"),
			    "2 3 1");
	assert_string_equal(ask("SELECT count(DISTINCT visit), min(visit) > 0 FROM results"),
			    "3|1");
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
		struct store *store = store_open(path, true, &error);
		struct store_page page = whole_page;
		struct store_key url = add_url(store, "http://a/");

		page.status = rows[i].first;
		page.state = page.status == 200 ? STORE_DONE : STORE_FAILED;
		page.keeps_content = page.state != STORE_DONE;
		assert_int_equal(put_page(store, url, &page), 0);
		page.status = rows[i].second;
		page.state = page.status == 200 ? STORE_DONE : STORE_FAILED;
		page.keeps_content = page.state != STORE_DONE;
		page.title = text("an error");
		assert_int_equal(put_page_again(store, url, &page), 0);
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
	struct store_key host = add_host(store, "http://a");

	(void)state;
	assert_int_equal(store_put_robots(store, host, "rules", text("Disallow: /"), 1234567), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT robots, robots_text, robots_at FROM hosts"),
			    "rules|Disallow: /|1234567");
	store_close(store);
}

static void a_hosts_address_is_kept(void **state)
{
	struct store *store = open_store();
	struct store_key host = add_host(store, "http://a");

	(void)state;
	assert_int_equal(store_put_address(store, host, text("192.0.2.1")), 0);
	assert_int_equal(store_put_address(store, host, text("2001:db8::1")), 0);
	store_commit(store);
	assert_string_equal(ask("SELECT address FROM hosts"), "2001:db8::1");
	store_close(store);
}

static void every_try_is_noted_with_its_reason(void **state)
{
	struct store *store = open_store();
	struct store_try try = {
		.key = { 0, 1 },
		.number = 2,
		.at_ms = 0,
		.wait_ms = 500,
		.outcome = "http_error",
		.status = 503,
		.error = text("busy"),
	};

	(void)state;
	add_url(store, "http://a/");
	assert_int_equal(store_put_try(store, &try), 0);
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
		page.body = i == 2 ? text(NULL) : text("BODY");
		put_page(store, add_url(store, "http://a/"), &page);
	}
	assert_int_equal(store_get_kept(store, key(0), &kept), 1);
	assert_int_equal(kept.key.number, 1);
	assert_true(kept.is_text);
	assert_memory_equal(kept.body.at, "BODY", 4);
	assert_memory_equal(kept.final_url.at, "http://a/z", 10);
	assert_memory_equal(kept.content_type.at, "text/html", 9);
	assert_int_equal(store_get_kept(store, kept.key, &kept), 1);
	assert_int_equal(kept.key.number, 3);
	assert_int_equal(store_get_kept(store, kept.key, &kept), 0);
	store_close(store);
}

/* ---- figures ---- */

static void figures_of_a_host_add_up_and_its_times_are_the_last_ones(void **state)
{
	struct store *store = open_store();
	struct store_host_figures figures = {
		.host = add_host(store, "http://a"),
		.pages = 5,
		.errors = 1,
		.delay_ms = 500,
		.p50_ms = 1.5,
		.p95_ms = 9,
	};

	(void)state;
	store_put_host_figures(store, &figures);
	figures.pages = 6;
	assert_int_equal(store_put_host_figures(store, &figures), 0);
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
		.host = add_host(store, "http://a"),
		.pages_wanted = 5,
		.pages_unchanged = 1,
		.pages_tried = 3,
		.pages_matched = 2,
		.rows = 20,
		.empty_fields = 1,
		.bad_values = 4,
		.limit_hits = 1,
		.elapsed_ns = 1500000,
	};

	(void)state;
	begin_run(store);
	store_put_pattern_figures(store, &figures);
	assert_int_equal(store_put_pattern_figures(store, &figures), 0);
	begin_run(store);
	store_put_pattern_figures(store, &figures);
	store_commit(store);
	assert_string_equal(ask("SELECT * FROM pattern_stats"),
			    "1|films|http://a|10|2|6|4|40|2|8|2|3.0\n"
			    "2|films|http://a|5|1|3|2|20|1|4|1|1.5");
	store_close(store);
}

/* ---- durability ---- */

static void what_was_not_committed_is_gone(void **state)
{
	struct store *store = open_store();

	(void)state;
	add_url(store, "http://a/");
	assert_int_equal(store_get_uncommitted(store), 1);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_get_uncommitted(store), 0);
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
	target_of(store, key(1)); /* to have looked something up is idle too */
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
	int table = store_put_table(store, &films);

	(void)state;
	store_commit(store);
	open_page(store, add_url(store, "http://a/"));
	assert_int_equal(add_film(store, table, 0, 1, "one", 1), 0);
	assert_int_equal(add_film(store, table, 0, 1, "one", 1), 0); /* n came twice */
	assert_int_equal(close_page(store), -1);
	assert_non_null(strstr(store_error(store)->text, "UNIQUE"));
	assert_int_equal(
		store_put_url(store, key(2), &(struct store_url){ .url = text("http://b/") }), -1);
	assert_int_equal(store_commit(store), -1);
	assert_int_equal(store_idle(store), -1);
	assert_int_equal(store_end_run(store, "finished"), -1);
	assert_non_null(strstr(store_error(store)->text, "UNIQUE"));
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
		OF_THE_FILE(a_new_database_says_whose_it_is, "a header of a file"),
		T(a_run_is_numbered_and_noted),
		T(a_run_counts_what_it_wrote),
		T(a_run_that_never_ended_was_killed),
		T(a_crawl_is_finished_when_its_last_run_is_and_nothing_waits),
		T(a_new_pass_asks_for_all_again_but_links_to_other_sites),
		T(a_link_to_another_site_may_be_wanted_later),
		T(a_run_with_another_config_knows_nothing_that_tells_changes),
		T(every_chain_of_passes_asks_for_what_it_says),
		T(a_retry_asks_for_failed_again),
		T(totals_count_states_pages_and_the_rows_of_all_tables),
		T(a_host_keeps_its_number),
		OF_THE_FILE(a_host_that_is_there_is_refused,
			    "nothing is read before it is written"),
		T(a_url_is_pending_and_can_be_read_back),
		T(what_is_read_ahead_is_what_is_read_alone),
		T(every_host_and_url_is_gained_in_order),
		T(gaining_stops_when_it_is_told_to),
		OF_THE_FILE(a_file_has_no_turn_of_its_own_and_is_always_settled, "it has turns"),
		T(rejects_are_kept_by_list),
		T(the_view_of_pages_has_the_columns_of_the_contract),
		T(every_column_of_a_page_is_stored),
		T(what_is_absent_is_null),
		T(a_page_answered_from_its_own_url_needs_no_final_url),
		OF_THE_FILE(a_page_of_an_unknown_url_is_refused,
			    "who writes does not wait to hear what is there"),
		T(a_page_read_again_replaces_its_rows_and_body),
		OF_THE_FILE(a_row_that_is_refused_fails_its_page_alone,
			    "the server says so later: test_pg_writes.c"),
		T(a_row_that_a_trigger_leaves_out_moves_no_other),
		OF_THE_FILE(a_trigger_that_rolls_back_is_named, "none there can"),
		T(a_page_not_read_again_keeps_its_content),
		T(a_body_that_changed_replaces_the_old_one),
		T(a_page_parsed_again_loses_nothing_but_its_rows),
		T(validators_are_those_of_the_last_answer),
		T(a_final_url_that_is_the_url_itself_leads_nowhere),
		T(every_page_written_has_a_visit_of_its_own_that_grows),
		T(a_page_that_is_gone_keeps_what_was_read_and_is_told),
		T(a_hosts_robots_txt_is_kept_with_its_time),
		T(a_hosts_address_is_kept),
		T(every_try_is_noted_with_its_reason),
		T(the_last_run_tells_its_config),
		T(kept_pages_come_back_one_by_one),
		T(figures_of_a_host_add_up_and_its_times_are_the_last_ones),
		T(figures_of_a_pattern_add_up_within_a_run),
		T(what_was_not_committed_is_gone),
		OF_THE_FILE(an_idle_store_has_no_log, "no log of ours"),
		OF_THE_FILE(the_log_is_folded_while_writing, "no log of ours"),
		OF_THE_FILE(after_an_error_nothing_is_committed,
			    "of equal rows the last stands, and nothing fails"),
		cmocka_unit_test(times_are_written_as_the_calendar_has_them),
	};

	return RUN_TESTS(tests);
}
