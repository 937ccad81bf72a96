#include "tests/support/test.h"

#include <math.h>
#include <poll.h>

#include "store/postgres/pipe.h"
#include "store/postgres/tables.h"
#include "tests/support/pipe_cut.h"
#include "tests/support/postgres_server.h"
#include "tests/support/store_help.h"

/*
 * Every verb that writes, done to a SQLite file and to a schema of PostgreSQL: what stands in the
 * tables is the same.  Only visits, times of runs and numbers of sets are each store's own.
 */

static struct postgres_server server;
static char schema[24];
static struct store *file_store, *server_store;

/* ---- both ---- */

static int start_server(void **state)
{
	(void)state;
	return postgres_server_is_there() ? postgres_server_start(&server, NULL) : 0;
}

static int stop_server(void **state)
{
	(void)state;
	postgres_server_stop(&server);
	return 0;
}

static int begin(void **state)
{
	static int count;

	snprintf(schema, sizeof(schema), "t%d", ++count);
	return make_folder(state);
}

static int end(void **state)
{
	store_close(file_store);
	store_close(server_store);
	file_store = server_store = NULL;
	return remove_folder(state);
}

#define NEED_SERVER()                \
	do {                         \
		if (server.pid == 0) \
			skip();      \
	} while (0)

static struct store *open_at(const char *where)
{
	struct store *store = store_open(where, false, &error);

	assert_string_equal(error.text, "");
	assert_non_null(store);
	return store;
}

static void open_both_as(const char *user)
{
	const char *uri = postgres_server_uri(&server, schema), *place = strstr(uri, "crawl@");
	char as[POSTGRES_URI_MAX + 16];

	snprintf(as, sizeof(as), "%.*s%s%s", (int)(place - uri), uri, user, place + 5);
	file_store = open_at(path);
	server_store = open_at(as);
}

static void open_both(void)
{
	open_both_as("crawl");
}

static void close_both(void)
{
	store_close(file_store);
	store_close(server_store);
	file_store = server_store = NULL;
}

/* Have both do the same. */
static void both(void (*function)(struct store *store))
{
	const uint32_t url = last_number, host = last_host;

	function(file_store);
	assert_string_equal(store_error(file_store)->text, "");
	last_number = url;
	last_host = host;
	function(server_store);
	assert_string_equal(store_error(server_store)->text, "");
	assert_int_equal(store_commit(file_store), 0);
	assert_int_equal(store_commit(server_store), 0);
	(void)store_settle(server_store, -1);
	assert_string_equal(store_error(server_store)->text, "");
}

#define OK(expression) assert_int_equal(expression, 0)
#define T(test)        cmocka_unit_test_setup_teardown(test, begin, end)

static const char *of_server(const char *sql)
{
	return postgres_server_ask(&server, schema, sql);
}

static void same(const char *sql)
{
	char *of_file = strdup(ask(sql));

	assert_string_equal(of_server(sql), of_file);
	free(of_file);
}

/* What both have is this, too. */
static void same_and(const char *sql, const char *wanted)
{
	same(sql);
	assert_string_equal(of_server(sql), wanted);
}

static void same_urls(void)
{
	same("SELECT id, url, host_id, from_id, from_where, root, depth, kind, lane, rule,"
	     " CASE WHEN set_id IS NULL THEN 0 ELSE 1 END FROM urls ORDER BY id");
	same("SELECT url_id, state, pass, outcome, status, final_url, title, content_type, charset,"
	     " charset_source, size, wire_size, fetched_at, elapsed_us, tries, error, etag,"
	     " last_modified, hash, config_hash, read_at, is_moved, redirects, unmatched, counts"
	     " FROM results ORDER BY url_id");
	same("SELECT url_id, is_text, length(body) FROM bodies ORDER BY url_id");
	same("SELECT url, state, outcome, method FROM pages ORDER BY url");
}

static void same_films(void)
{
	same("SELECT page_url, n, rank, title, CAST(10 * score AS integer) FROM films"
	     " ORDER BY page_url, n");
	same("SELECT pattern, url_id, run_id FROM crawl_stale_pages ORDER BY pattern, url_id");
}

/* ---- what scenarios are made of ---- */

static const struct store_pattern meanings[] = { { "films", 1 }, { "cast", 2 } };

static void run_begins(struct store *store)
{
	OK(store_put_patterns(store, 0xc0ffee, meanings, 2));
	assert_true(begin_run(store) > 0);
}

static void all_are_asked(struct store *store)
{
	OK(store_put_asked(store, &(struct store_asked){ STORE_PASS_ALL, true, 0 }));
}

static void run_ends(struct store *store)
{
	OK(store_end_run(store, "finished"));
}

static int table, child;

static void plain_table(struct store *store)
{
	table = store_put_table(store, &films);
	assert_true(table > 0);
}

static void keyed_table(struct store *store)
{
	table = store_put_table(store, &keyed_films);
	assert_true(table > 0);
}

static const struct store_column cast_columns[] = { { STORE_PARENT_COLUMN, STORE_INTEGER },
						    { "actor", STORE_TEXT } };
static const struct store_table cast = {
	.name = "films_cast", .columns = cast_columns, .column_count = 2, .parent = &keyed_films
};

static void keyed_tables(struct store *store)
{
	keyed_table(store);
	child = store_put_table(store, &cast);
	assert_true(child > 0);
}

static void add_actor(struct store *store, uint32_t number, uint32_t film, const char *actor)
{
	OK(store_row(store, child, number,
		     (struct store_value[]){ { .kind = STORE_INTEGER, .integer = film },
					     { .kind = STORE_TEXT, .text = text(actor) } }));
}

static void six_urls(struct store *store)
{
	add_host(store, "http://a.test");
	for (int i = 0; i < 6; i++) {
		char url[40];

		snprintf(url, sizeof(url), "http://a.test/%d", i + 1);
		add_url(store, url);
	}
}

/* ---- hosts, URLs, requests ---- */

static void hosts_and_urls(struct store *store)
{
	struct store_key host, seed;

	run_begins(store);
	host = add_host(store, "http://a.test");
	OK(store_put_robots(store, host, "ok", text("Disallow: /x\n"), 1000));
	OK(store_put_robots(store, host, "ok", text("Disallow: /y\n"), 2000));
	OK(store_put_hold(store, host, SLICE("http://a.test"), 5000));
	OK(store_put_hold(store, host, SLICE("http://another.test"), 6000)); /* not this one */
	OK(store_put_wait(store, host, 1709251199999, "it said so"));
	OK(store_put_address(store, host, text("192.0.2.1")));
	for (int i = 0; i < 2; i++)
		OK(store_put_host_figures(
			store, &(struct store_host_figures){ host, 3, 1, 500, 1.5, 2.5, false }));
	OK(store_put_host_figures(store, &(struct store_host_figures){ host, 1, 1, 9, 9.5, 9.5,
								       .is_anothers = true }));
	add_host(store, "http://b.test:8080");
	seed = add_url(store, "http://a.test/");
	add(store, &(struct store_url){ .url = text("http://a.test/2"),
					.host = host,
					.from = seed,
					.root = seed,
					.from_where = STORE_FROM_PUBLIC,
					.depth = 1,
					.lane = 2,
					.rule = 3 });
	OK(store_put_reject(store, "old.txt", 1, text("gone"), "no URL"));
	OK(store_clear_rejects(store, "old.txt"));
	OK(store_put_reject(store, "urls.txt", 7, text("ht!tp"), "no URL"));
	OK(store_put_reject(store, "urls.txt", 8, text(NULL), "too long"));
}

static void hosts_and_urls_are_written(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(hosts_and_urls);
	same_urls();
	same("SELECT id, origin, pages, errors, delay_ms, robots, length(robots_text), robots_at,"
	     " address, held_until, waits_until, waits_for, p50_ms, p95_ms FROM hosts ORDER BY id");
	same_and("SELECT * FROM rejects ORDER BY line",
		 "urls.txt|7|ht!tp|no URL\nurls.txt|8||too long");
}

static const struct store_page outside = { .state = STORE_SKIPPED, .outcome = "out_of_scope" };

/* All in one batch: each finds what came before. */
static void url_changes(struct store *store)
{
	struct store_page page = plain_page;

	run_begins(store);
	six_urls(store);
	add(store, &(struct store_url){ .url = text("http://b.test/"),
					.host = key(1),
					.kind = STORE_URL_OUTSIDE });
	OK(put_page(store, key(7), &outside));
	OK(store_put_wanted(
		store, key(7),
		&(struct store_url){ .host = key(1), .from = key(1), .root = key(1), .depth = 2 }));
	page.etag = text("\"1\"");
	page.hash = 99;
	for (uint32_t i = 1; i <= 7; i++)
		OK(put_page(store, key(i), &page));
	OK(store_put_root(store, key(2), &(struct store_url){ .from = key(3), .depth = 1 }, false));
	OK(store_put_root(store, key(2), &(struct store_url){ .from = key(4), .depth = 2 }, false));
	OK(store_put_root(store, key(5), &(struct store_url){ .depth = 0 }, true));
	OK(store_put_verdict(
		store, key(1),
		&(struct store_verdict){ STORE_FAILED, "http_error", 500, text("no") }));
	OK(store_put_waiting(store, key(3), true));
	OK(store_put_waiting(store, key(4), false));
	OK(put_page(store, key(4), &page));
	OK(store_put_waiting(store, key(6), false));
	OK(store_put_standing(store, key(3)));
	OK(store_put_try(store, &(struct store_try){ key(1), 1, 1709251199999, 500, "timeout", 0,
						     text("late") }));
	OK(store_put_try(store, &(struct store_try){ key(1), 2, 1709251199999, 500, "http_error",
						     503, text(NULL) }));
}

static void what_changes_places_keeps_its_order(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(url_changes);
	same_urls();
	same("SELECT url_id, number, at, outcome, status, error, wait_ms FROM tries_made ORDER BY "
	     "number");
	same_and("SELECT url_id, outcome FROM results WHERE url_id >= 6 ORDER BY url_id", "7|ok");
}

static void requests(struct store *store)
{
	const struct store_request post = { text("POST"), text("A: b\n"), text("x\0y") };
	const struct store_request other = { text("POST"), text("A: c\n"), text(NULL) };
	struct store_page page = plain_page;

	run_begins(store);
	six_urls(store);
	page.hash = 7;
	for (uint32_t i = 1; i <= 4; i++) {
		OK(put_page(store, key(i), &page));
		OK(store_put_request(store, key(i), NULL));
	}
	OK(store_commit(store));
	OK(store_put_request(store, key(1), &post));
	OK(store_put_request(store, key(1), NULL));
	OK(store_put_request(store, key(2), &post));
	OK(store_put_request(store, key(2), &post));
	OK(store_put_request(store, key(3), &other));
	OK(store_put_root(store, key(3), &(struct store_url){ .root = key(2) }, false));
	OK(store_put_request(store, key(4),
			     &(struct store_request){ text("GET"), text("A: b\n"), text(NULL) }));
	OK(store_put_root(store, key(4), &(struct store_url){ .root = key(5) }, false));
	OK(store_hand_on_headers(store));
}

static void requests_are_written_and_headers_handed_on(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(requests);
	same_urls();
	same_and("SELECT url_id, method, headers FROM crawl_requests ORDER BY url_id",
		 "2|POST|A: b\n\n3|POST|A: b\n");
}

static void sets(struct store *store)
{
	run_begins(store);
	six_urls(store);
	OK(store_put_set(store, 1, text("{\"a\":1}")));
	OK(store_put_set(store, 2, text("{\"a\":2}")));
	add(store, &(struct store_url){ .url = text("http://a.test/s"), .host = key(1), .set = 1 });
	for (uint32_t i = 1; i <= 7; i++)
		OK(write_page(store, key(i)));
	OK(store_put_root_sets(
		store,
		(const struct store_root_set[]){ { key(7), 2 }, { key(1), 2 }, { key(2), 0 } }, 3));
	OK(store_end_run(store, "finished"));
}

static void roots_get_other_sets(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(sets);
	same_urls();
	same_and("SELECT u.id, s.fields FROM urls u JOIN crawl_sets s ON s.id = u.set_id"
		 " ORDER BY u.id",
		 "1|{\"a\":2}\n7|{\"a\":2}");
	same_and("SELECT count(*) FROM crawl_sets", "1");
}

static struct store_cookie cookie(const char *domain, const char *name, const char *value)
{
	return (struct store_cookie){ .domain = text(domain),
				      .path = text("/"),
				      .name = text(name),
				      .value = text(value),
				      .is_secure = true };
}

static void cookies(struct store *store)
{
	const struct store_cookie all[] = {
		cookie("a.test", "x", "1"),     cookie(".b.test", "y", "2"),
		cookie("a.test", "x", "3"),     cookie("c.test", "z", ""),
		cookie("www.b.test", "w", "4"),
	};
	const struct store_cookie gone = cookie("c.test", "z", "");

	run_begins(store);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		OK(store_put_cookie(store, &all[i]));
	OK(store_clear_cookie(store, &gone));
}

static void clear_cookies(struct store *store)
{
	uint64_t count;

	OK(store_clear_cookies(store, text("B.test"), &count));
	assert_int_equal(count, 2);
}

static void cookies_come_and_go(void **state)
{
	static const char sql[] =
		"SELECT domain, path, name, length(value), is_secure,"
		" is_http_only, expires, file_hash FROM crawl_cookies ORDER BY id";

	(void)state;
	NEED_SERVER();
	open_both();
	both(cookies);
	same_and(sql, "a.test|/|x|1|1|0||\n.b.test|/|y|1|1|0||\nwww.b.test|/|w|1|1|0||");
	both(run_ends);
	both(clear_cookies);
	same_and(sql, "a.test|/|x|1|1|0||");
}

/* ---- figures and looks ---- */

static void figures(struct store *store)
{
	run_begins(store);
	add_host(store, "http://a.test");
	for (int i = 0; i < 2; i++) {
		for (uint32_t host = 0; host < 2; host++) {
			OK(store_put_pattern_figures(
				store, &(struct store_pattern_figures){ "films", key(host), 1, 2, 3,
									4, 5, 6, 7, 8, 9 }));
			OK(store_put_outcome_figures(
				store, &(struct store_outcome_figures){ key(host), "ok", 200, 1, 2,
									3, 4 }));
		}
		OK(store_put_field_figures(
			store, &(struct store_field_figures){ "films", "title", 3, 2, 1 }));
		OK(store_put_proxy_figures(
			store, &(struct store_proxy_figures){ "http://p.test:1", (uint64_t)i, 1, 1,
							      i ? 1709251199999 : 0,
							      i ? "refused" : NULL }));
		OK(store_put_run_host(store, &(struct store_run_host){ key(1), (uint64_t)i, 1, 2, 3,
								       .p50_ms = 0.5,
								       .strip = { 1, 2 } }));
		OK(store_put_run_count(store, "type", "text/html", (uint64_t)i));
		OK(store_put_run_histogram(store, "size", 3, (uint64_t)i));
		OK(store_put_run_example(
			store, &(struct store_example){ "slowest", "", 1, key(1), (uint64_t)i }));
	}
	for (int64_t at = 0; at < 5; at++)
		OK(store_put_run_sample(store, &(struct store_sample){ .at_ms = at, .done = 7 }));
	OK(store_thin_run_samples(store, 2));
	OK(store_put_run_sample(store, &(struct store_sample){ .at_ms = 3, .done = 8 }));
	OK(store_put_run_event(store, &(struct store_event){ 5, "pause", text(NULL), text("x") }));
	OK(store_put_run_finding(store,
				 &(struct store_finding){ "films", NULL, 2, key(1), 0, text("a"),
							  text("b"), text("c"), text(NULL) }));
}

static void figures_are_added_up(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(figures);
	same("SELECT run_id, pattern, host_id, pages_tried, pages_matched, rows, empty_fields,"
	     " limit_hits, elapsed_ns, pages_wanted, pages_unchanged, bad_values"
	     " FROM pattern_figures");
	same("SELECT * FROM crawl_pattern_totals");
	same("SELECT * FROM crawl_field_figures");
	same("SELECT run_id, host_id, outcome, status, pages, unchanged, bytes, wire_bytes"
	     " FROM crawl_outcomes");
	same("SELECT * FROM crawl_totals");
	same("SELECT run_id, proxy, pages, failures, rests, rests_until, error FROM crawl_proxies");
	same("SELECT run, host_id, pages, failed, bytes, delay_ms, p50_ms, length(strip)"
	     " FROM crawl_run_hosts");
	same("SELECT run, what, value, pages FROM crawl_counts");
	same("SELECT run, what, bucket, pages FROM crawl_histograms");
	same("SELECT run, what, name, place, url_id, value FROM crawl_examples");
	same_and("SELECT at_ms, done FROM crawl_samples ORDER BY at_ms", "0|7\n2|7\n3|8\n4|7");
	same("SELECT run, at_ms, kind, host, text FROM crawl_events");
	same("SELECT run, pattern, field, pages, url_id, line, matched, wanted, rest, stood"
	     " FROM crawl_findings");
	assert_string_equal(of_server("SELECT count(DISTINCT node) FROM crawl_samples"), "1");
}

/* ---- passes ---- */

static void some_are_asked(struct store *store)
{
	OK(store_put_asked(store, &(struct store_asked){ STORE_PASS_FAILED, false, 77 }));
	OK(store_put_root_pass(store, key(1)));
	OK(store_put_root_pass(store, key(3)));
	OK(store_put_root_pass(store, key(3)));
}

static void three_pages(struct store *store)
{
	struct store_page bad = { .state = STORE_FAILED, .outcome = "timeout", .tries = 3 };

	six_urls(store);
	OK(write_page(store, key(1)));
	OK(put_page(store, key(2), &bad));
	OK(put_page(store, key(3), &bad));
}

static void a_pass_asks_for_some_roots(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(run_begins);
	both(three_pages);
	both(run_ends);
	both(run_begins);
	both(some_are_asked);
	same_urls();
	same_and("SELECT url_id, all_pass, failed_pass FROM crawl_roots ORDER BY url_id",
		 "1|0|2\n3|0|2");
	same_and("SELECT run_id, pass, asks, named FROM crawl_passes ORDER BY run_id",
		 "1|1|0|\n2|2|0|77");
	assert_string_equal(of_server("SELECT pass, asks, is_of_all FROM runs WHERE id = 2"),
			    "2|2|f");
	assert_string_equal(of_server("SELECT run, root FROM crawl_named ORDER BY root"),
			    "2|1\n2|3");
}

/* ---- rows ---- */

static void rows_come(struct store *store)
{
	struct store_page page = plain_page;

	six_urls(store);
	page.body = text("kept");
	page.etag = text("\"1\"");
	page.hash = 5;
	for (uint32_t i = 1; i <= 6; i++) {
		open_page(store, key(i));
		OK(add_film(store, table, 1, 10 * i, "first", i / 2.0));
		if (i == 2) { /* is left, for another */
			OK(store_page_leave(store));
			open_page(store, key(i));
		}
		OK(add_film(store, table, 2, 10 * i + 1, "second", NAN));
		OK(store_page(store, &page));
	}
}

/*
 * 1 gives one row, 2 none, 3 was not read, 4 has none and keeps what it had, 5 was stopped behind
 * one row and keeps what it had, 6 is the same as 5, but of a pattern that means something else.
 */
static void rows_come_again(struct store *store)
{
	struct store_page page = plain_page, unread = plain_page;

	unread.outcome = "not_modified";
	unread.keeps_content = true;
	OK(store_page_open(store, key(1), true));
	OK(add_film(store, table, 1, 100, "new", 1));
	OK(store_page(store, &page));
	OK(put_page_again(store, key(2), &page));
	OK(put_page_again(store, key(3), &unread));
	OK(store_page_open(store, key(4), true));
	OK(store_keep_rows(store, table, 1));
	OK(store_page(store, &page));
	OK(store_page_open(store, key(5), true));
	OK(add_film(store, table, 1, 500, "in part", 1));
	OK(store_keep_rows(store, table, 1));
	OK(store_page(store, &page));
	OK(store_page_open(store, key(6), true));
	OK(add_film(store, table, 1, 600, "in part", 1));
	OK(store_keep_rows(store, table, 4));
	OK(store_page(store, &page));
}

/* What was marked is marked no more, once it has rows; a page without any is not marked. */
static void rows_come_once_more(struct store *store)
{
	OK(store_page_open(store, key(4), true));
	OK(add_film(store, table, 1, 400, "again", 1));
	OK(store_page(store, &plain_page));
	OK(store_page_open(store, key(2), true));
	OK(store_keep_rows(store, table, 1));
	OK(store_page(store, &plain_page));
	OK(store_page_open(store, key(5), true));
	OK(store_keep_rows(store, table, 1));
	OK(store_page(store, &plain_page));
}

static void commit_on_server(void)
{
	OK(store_commit(server_store));
	assert_int_equal(store_settle(server_store, -1), 1);
}

/* A batch is closed by others, too: for a share that is given, or a question. */
static void what_was_left_of_a_page_comes_with_its_result(void **state)
{
	struct store *store;

	(void)state;
	NEED_SERVER();
	open_both();
	store = server_store;
	plain_table(store);
	run_begins(store);
	six_urls(store);
	for (uint32_t n = 1; n <= 3; n++) {
		open_page(store, key(1));
		OK(add_film(store, table, n, n, "large", n));
		OK(store_page_leave(store));
		commit_on_server();
		assert_string_equal(of_server("SELECT count(*) FROM films"), "0");
	}
	assert_string_equal(of_server("SELECT sum(rows) FROM crawl_batches"), "0");
	open_page(store, key(2)); /* nothing was left of it */
	OK(add_film(store, table, 1, 9, "small", 9));
	OK(store_page(store, &plain_page));
	open_page(store, key(1));
	OK(add_film(store, table, 4, 4, "large", 4));
	OK(store_page(store, &plain_page));
	commit_on_server();
	assert_string_equal(of_server("SELECT string_agg(rank::text, ' ' ORDER BY page_url, rank)"
				      " FROM films"),
			    "1 2 3 4 9");
	assert_string_equal(of_server("SELECT sum(rows) FROM crawl_batches"), "5");
	/* Of a row that is not taken is said when it is left, and once. */
	open_page(store, key(5));
	OK(store_row(store, table, 1,
		     (struct store_value[]){ { .kind = STORE_TEXT, .text = text("x") },
					     { .kind = STORE_NULL },
					     { .kind = STORE_NULL } }));
	assert_int_equal(store_page_leave(store), 1);
	assert_non_null(strstr(store_refusal(store), "another kind"));
	open_page(store, key(5));
	OK(store_page(store, &plain_page));
	/* One that was given up is in nobody's way. */
	open_page(store, key(3));
	OK(add_film(store, table, 1, 7, "given up", 7));
	OK(store_page_leave(store));
	open_page(store, key(4));
	OK(add_film(store, table, 1, 8, "left", 8));
	OK(store_page_leave(store));
	open_page(store, key(4));
	OK(store_page(store, &plain_page));
	commit_on_server();
	assert_string_equal(of_server("SELECT count(*) FROM films WHERE rank > 6"), "2");
}

static void read_thrice(void (*with_table)(struct store *store))
{
	open_both();
	both(with_table);
	both(run_begins);
	both(rows_come);
	same_urls();
	same_films();
	both(run_ends);
	both(run_begins);
	both(all_are_asked);
	both(rows_come_again);
	same_urls();
	same_films();
	same_and("SELECT url_id FROM crawl_stale_pages ORDER BY url_id", "4\n5");
	same_and("SELECT rank FROM films ORDER BY rank", "30\n31\n40\n41\n50\n51\n100\n600");
	both(rows_come_once_more);
	same_films();
	same_and("SELECT url_id FROM crawl_stale_pages", "5");
	both(run_ends);
	same_films();
}

static void a_page_read_again_replaces_its_rows_but_not_by_nothing(void **state)
{
	(void)state;
	NEED_SERVER();
	read_thrice(plain_table);
}

static void so_it_does_with_a_key(void **state)
{
	(void)state;
	NEED_SERVER();
	read_thrice(keyed_table);
}

/* One page shows a film with its cast, another shows it again: its row moves, and its cast goes. */
static void films_with_cast(struct store *store)
{
	six_urls(store);
	open_page(store, key(1));
	OK(add_film(store, table, 1, 1, "one", 1));
	add_actor(store, 1, 1, "a");
	add_actor(store, 2, 1, "b");
	OK(add_film(store, table, 2, 2, "two", 1));
	add_actor(store, 3, 2, "c");
	OK(add_film(store, table, 3, 1, "one, further down", 1));
	add_actor(store, 4, 3, "d");
	OK(close_page(store));
	open_page(store, key(2));
	OK(add_film(store, table, 1, 2, "two again", 1));
	add_actor(store, 1, 1, "e");
	OK(close_page(store));
}

static void a_film_moves(struct store *store)
{
	open_page(store, key(3));
	OK(add_film(store, table, 7, 1, "one", 1));
	OK(add_film(store, table, 8, 3, "three", 1));
	add_actor(store, 1, 8, "f");
	OK(close_page(store));
	open_page(store, key(4));
	OK(add_film(store, table, 1, 3, "three again", 1));
	add_actor(store, 1, 1, "g");
	OK(store_row(store, table, 2,
		     (struct store_value[]){ { .kind = STORE_NULL },
					     { .kind = STORE_TEXT, .text = text("no key") },
					     { .kind = STORE_NULL } }));
	OK(store_row(store, table, 3,
		     (struct store_value[]){ { .kind = STORE_NULL },
					     { .kind = STORE_TEXT, .text = text("no key") },
					     { .kind = STORE_NULL } }));
	OK(close_page(store));
}

static void rows_that_belong_to_one_that_moves_go(void **state)
{
	static const char sql[] =
		"SELECT page_url, parent, n, actor FROM films_cast ORDER BY actor";

	(void)state;
	NEED_SERVER();
	open_both();
	both(keyed_tables);
	both(run_begins);
	both(films_with_cast);
	same_films();
	same_and(sql, "http://a.test/1|3|4|d\nhttp://a.test/2|1|1|e");
	both(a_film_moves);
	same_films();
	same_and(sql, "http://a.test/2|1|1|e\nhttp://a.test/4|1|1|g");
	both(run_ends);
	same_and(sql, "http://a.test/2|1|1|e\nhttp://a.test/4|1|1|g");
}

static void films_with_cast_again(struct store *store)
{
	OK(store_page_open(store, key(1), true));
	OK(add_film(store, table, 1, 100, "in part", 1));
	add_actor(store, 1, 1, "new");
	OK(store_keep_rows(store, table, 1));
	OK(store_keep_rows(store, child, 2));
	OK(store_page(store, &plain_page));
	OK(store_page_open(store, key(2), true));
	OK(add_film(store, table, 1, 200, "in part", 1));
	add_actor(store, 1, 1, "newer");
	OK(store_keep_rows(store, table, 3));
	OK(store_keep_rows(store, child, 3));
	OK(store_page(store, &plain_page));
}

static const struct store_pattern meanings_of_cast[] = { { "films", 1 }, { "films_cast", 2 } };

static void cast_means_something(struct store *store)
{
	OK(store_put_patterns(store, 0xc0ffee, meanings_of_cast, 2));
}

static void what_belongs_to_rows_that_stay_stays(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(keyed_tables);
	both(cast_means_something);
	both(run_begins);
	both(films_with_cast);
	both(run_ends);
	both(run_begins);
	both(all_are_asked);
	both(films_with_cast_again);
	same_films();
	same_and("SELECT page_url, parent, n, actor FROM films_cast ORDER BY actor",
		 "http://a.test/1|3|4|d\nhttp://a.test/2|1|1|newer");
}

static void content_is_cleared(struct store *store)
{
	OK(store_clear_content(store, key(2)));
}

static void what_moved_loses_its_content(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(plain_table);
	both(run_begins);
	both(rows_come);
	both(content_is_cleared);
	same_urls();
	same_films();
	same_and("SELECT count(*) FROM bodies", "5");
}

static void pages_are_parsed_again(struct store *store)
{
	const struct store_parse whole = { 0xbeef, text(NULL), text("films 1"), text(NULL), false };
	const struct store_parse part = { 0xbeef, text("films"), text(NULL), text("stopped"),
					  true };

	OK(store_clear_rows(store, key(1), &table, 1));
	OK(add_film(store, table, 1, 1000, "parsed", 1));
	OK(store_put_parse(store, &whole));
	OK(store_clear_rows(store, key(2), &table, 1));
	OK(store_keep_rows(store, table, 1));
	OK(store_put_parse(store, &part));
	OK(store_clear_rows(store, key(3), NULL, 0));
	OK(store_put_parse(store, &whole));
}

static void a_page_is_parsed_again_without_a_run(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(keyed_table);
	both(run_begins);
	both(rows_come);
	both(run_ends);
	close_both();
	open_both();
	both(keyed_table);
	both(pages_are_parsed_again);
	same_urls();
	same_films();
	same_and("SELECT pattern, url_id, run_id FROM crawl_stale_pages", "films|2|1");
}

/* ---- values ---- */

static void values(struct store *store)
{
	static const double reals[] = { INFINITY, -INFINITY, -0.0, 5e-324, 1.7976931348623157e308 };
	static const int64_t integers[] = { INT64_MAX, INT64_MIN, 0, -1, 9007199254740993 };

	six_urls(store);
	open_page(store, key(1));
	for (uint32_t i = 0; i < 5; i++)
		OK(add_film(store, table, i + 1, integers[i], "\\'\"{},NULL", reals[i]));
	OK(add_film(store, table, 9, 7, "", 0));
	OK(close_page(store));
}

static void values_are_what_they_were(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(keyed_table);
	both(run_begins);
	both(values);
	same("SELECT n, rank, title, CASE WHEN score = 0 THEN 1 END FROM films ORDER BY n");
	assert_string_equal(of_server("SELECT score FROM films ORDER BY n"),
			    "Infinity\n-Infinity\n0\n5e-324\n1.7976931348623157e+308\n0");
}

static void strange_texts(struct store *store)
{
	struct store_value row[] = { { .kind = STORE_INTEGER, .integer = 1 },
				     { .kind = STORE_TEXT, .text = { "a\0b\xff", 4 } },
				     { .kind = STORE_NULL } };

	six_urls(store);
	open_page(store, key(1));
	OK(store_row(store, table, 1, row));
	OK(close_page(store));
}

static const char *const title_key[] = { "title" };
static const struct store_table by_title = { .name = "films",
					     .columns = film_columns,
					     .column_count = 3,
					     .key = title_key,
					     .key_count = 1 };

/* A second time its key is the same, as it stands in the database; and when it is made anew. */
static void what_is_no_text_is_replaced(void **state)
{
	(void)state;
	NEED_SERVER();
	server_store = open_at(postgres_server_uri(&server, schema));
	table = store_put_table(server_store, &by_title);
	run_begins(server_store);
	strange_texts(server_store);
	open_page(server_store, key(2));
	OK(add_film(server_store, table, 1, 2,
		    "a\xef\xbf\xbd"
		    "b\xef\xbf\xbd",
		    1));
	OK(close_page(server_store));
	OK(store_end_run(server_store, "finished"));
	assert_string_equal(of_server("SELECT rank, octet_length(title) FROM films"), "2|8");
}

static void long_keys(struct store *store)
{
	static char title[20000];

	memset(title, 'x', sizeof(title) - 1);
	six_urls(store);
	for (uint32_t i = 1; i <= 3; i++) {
		open_page(store, key(i));
		OK(add_film(store, table, 1, i, title, 1));
		OK(add_film(store, table, 2, i, "short", 1));
		OK(close_page(store));
	}
}

static void key_of_titles(struct store *store)
{
	table = store_put_table(store, &by_title);
	assert_true(table > 0);
}

static void keys_are_of_any_size_and_come_thrice_in_a_batch(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(key_of_titles);
	both(run_begins);
	both(long_keys);
	same("SELECT page_url, n, rank, length(title) FROM films ORDER BY n");
}

#define WIDE 500

static void wide_rows(struct store *store)
{
	static char names[WIDE][8];
	static struct store_column columns[WIDE];
	static struct store_value row[WIDE];
	int wide;

	for (int i = 0; i < WIDE; i++) {
		snprintf(names[i], sizeof(names[i]), "f%d", i);
		columns[i] = (struct store_column){ names[i], (enum store_kind)(1 + i % 3) };
		row[i] = (struct store_value){ .kind = (enum store_kind)(1 + i % 3),
					       .integer = i,
					       .real = i,
					       .text = text("t") };
	}
	wide = store_put_table(
		store,
		&(struct store_table){ .name = "wide", .columns = columns, .column_count = WIDE });
	assert_true(wide > 0);
	run_begins(store);
	six_urls(store);
	open_page(store, key(1));
	OK(store_row(store, wide, 1, row));
	OK(close_page(store));
}

static void a_row_has_as_many_fields_as_may_be(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(wide_rows);
	same_and("SELECT f0, f1, f499 FROM wide", "t|1|499");
}

/* ---- tables of patterns ---- */

/* Another time: the pattern's table is what this says. */
static void again_with(void (*with_table)(struct store *store))
{
	close_both();
	open_both();
	both(with_table);
	both(run_begins);
}

static const struct store_column more_columns[] = { { "Year", STORE_INTEGER },
						    { "rank", STORE_INTEGER },
						    { "note", STORE_JSON } };

static void other_columns(struct store *store)
{
	table = store_put_table(store, &(struct store_table){ .name = "Films",
							      .columns = more_columns,
							      .column_count = 3 });
	assert_true(table > 0);
}

static void a_row_of_them(struct store *store)
{
	add_url(store, "http://a.test/more");
	open_page(store, key(last_number));
	OK(store_row(store, table, 1,
		     (struct store_value[]){ { .kind = STORE_INTEGER, .integer = 1999 },
					     { .kind = STORE_INTEGER, .integer = 1 },
					     { .kind = STORE_JSON, .text = text("[1]") } }));
	OK(close_page(store));
}

static void new_columns_are_added_and_nothing_is_dropped(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(plain_table);
	both(run_begins);
	both(rows_come);
	again_with(other_columns);
	last_number = 6;
	both(a_row_of_them);
	last_number = 7;
	same("SELECT page_url, n, \"Year\", rank, note, title FROM \"Films\" ORDER BY page_url, n");
	assert_string_equal(
		of_server("SELECT string_agg(column_name, ',' ORDER BY ordinal_position)"
			  " FROM information_schema.columns WHERE table_schema ="
			  " current_schema() AND table_name = 'Films'"),
		"page_url,n,Year,rank,note,title,score");
	assert_string_equal(of_server("SELECT col_description('crawl_rows_films'::regclass,"
				      " (SELECT attnum FROM pg_attribute WHERE attrelid ="
				      "  'crawl_rows_films'::regclass AND attname = 'note'))"),
			    "json");
	again_with(other_columns);
}

static const struct store_column text_columns[] = {
	{ "a", STORE_TEXT }, { "b", STORE_TEXT }, { "c", STORE_INTEGER },
	{ "d", STORE_REAL }, { "e", STORE_REAL }, { "f", STORE_INTEGER }
};
static const struct store_column number_columns[] = { { "a", STORE_INTEGER }, { "b", STORE_REAL },
						      { "c", STORE_TEXT },    { "d", STORE_TEXT },
						      { "e", STORE_INTEGER }, { "f", STORE_REAL } };

static void texts_table(struct store *store)
{
	table = store_put_table(store, &(struct store_table){ .name = "things",
							      .columns = text_columns,
							      .column_count = 6 });
	assert_true(table > 0);
}

static void numbers_table(struct store *store)
{
	table = store_put_table(store, &(struct store_table){ .name = "things",
							      .columns = number_columns,
							      .column_count = 6 });
	assert_true(table > 0);
}

static void things(struct store *store)
{
	static const char *const texts[] = { "5",
					     " 5 ",
					     "5.0",
					     "5.5",
					     "-7",
					     "+3",
					     "abc",
					     "",
					     "5a",
					     "1e2",
					     ".5",
					     "5.",
					     "-",
					     "0x10",
					     "1e999",
					     "NaN",
					     "99999999999999999999",
					     "0" };
	static const double reals[] = { 1,   -1.5, 1e20, 1e-7, 0.1,          3,
					2.5, 1e15, 1e16, -0.0, 123456789.125 };
	static const int64_t integers[] = { 5, -5, 0, INT64_MAX, INT64_MIN, 9007199254740993 };
	const size_t count = sizeof(texts) / sizeof(texts[0]);

	six_urls(store);
	open_page(store, key(1));
	for (uint32_t i = 0; i < count; i++) {
		struct store_value row[] = {
			{ .kind = STORE_TEXT, .text = text(texts[i]) },
			{ .kind = STORE_TEXT, .text = text(texts[i]) },
			{ .kind = STORE_INTEGER, .integer = integers[i % 6] },
			{ .kind = STORE_REAL, .real = reals[i % 11] },
			{ .kind = STORE_REAL, .real = reals[i % 11] },
			{ .kind = STORE_INTEGER, .integer = integers[i % 6] },
		};

		OK(store_row(store, table, i + 1, row));
	}
	OK(close_page(store));
}

static void of_another_type_what_means_the_same_is_kept(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(texts_table);
	both(run_begins);
	both(things);
	both(run_ends);
	again_with(numbers_table);
	same("SELECT n, a FROM things WHERE n <> 10 ORDER BY n"); /* "1e2" is 100 to SQLite's b */
	same("SELECT n, c FROM things ORDER BY n");
	same("SELECT n, d FROM things WHERE n NOT IN (4, 8, 9, 15) ORDER BY n");
	same("SELECT n, e FROM things ORDER BY n");
	same("SELECT n, CAST(10 * b AS integer) FROM things WHERE b < 1e6 ORDER BY n");
	same("SELECT n, CASE WHEN f IS NULL THEN 0 ELSE 1 END FROM things ORDER BY n");
	both(run_ends);
	again_with(texts_table);
	same("SELECT n, a, c FROM things WHERE n <> 10 ORDER BY n");
}

/* As after a page was visited last, the latter is. */
static void equal_rows(struct store *store)
{
	six_urls(store);
	for (uint32_t i = 3; i >= 1; i--) {
		open_page(store, key(i));
		OK(add_film(store, table, 1, 10 * i, "same", 1));
		OK(add_film(store, table, 2, 10 * i + 1, i == 2 ? "other" : "same too", 1));
		OK(close_page(store));
	}
}

static void merged_by_title(struct store *store)
{
	struct store_table films_by_title = by_title;

	films_by_title.merges_equal = true;
	table = store_put_table(store, &films_by_title);
	assert_true(table > 0);
}

static void rows_equal_in_a_new_key_become_one(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(keyed_table);
	both(run_begins);
	both(equal_rows);
	both(run_ends);
	again_with(merged_by_title);
	same_and("SELECT rank, title FROM films ORDER BY rank", "10|same\n11|same too\n21|other");
	both(run_ends);
	again_with(plain_table); /* no key any more */
	same_and("SELECT count(*) FROM films", "3");
	both(run_ends);
	again_with(keyed_table);
	last_number = 6;
	same_films();
}

#define MANY 2000 /* so many rows get their keys at once */

static void many_rows(struct store *store)
{
	six_urls(store);
	for (uint32_t i = 1; i <= 2; i++) {
		open_page(store, key(i));
		for (uint32_t n = 0; n < MANY; n++) {
			char title[16];

			snprintf(title, sizeof(title), "%u", i * MANY + n);
			OK(add_film(store, table, n, n, title, 1));
		}
		OK(close_page(store));
	}
}

static void some_of_them(struct store *store)
{
	open_page(store, key(3));
	OK(add_film(store, table, 0, 7, "2000", 1));
	OK(add_film(store, table, 1, 7, "3999", 1));
	OK(add_film(store, table, 2, 7, "4000", 1));
	OK(add_film(store, table, 3, 7, "5999", 1));
	OK(add_film(store, table, 4, 7, "6000", 1));
	OK(close_page(store));
}

static void each_row_gets_its_new_key(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(plain_table);
	both(run_begins);
	both(many_rows);
	both(run_ends);
	again_with(key_of_titles);
	both(some_of_them);
	same_and("SELECT count(*), count(DISTINCT title), count(CASE WHEN rank = 7 THEN 1 END)"
		 " FROM films",
		 "4001|4001|7");
}

static void try_by_title(const char *where, char line[STORE_ERROR_MAX])
{
	struct store *store = store_open_read(where, &error);
	struct store_error why;

	assert_non_null(store);
	assert_int_equal(store_try_table(store, &keyed_films, &why), 0);
	assert_int_equal(store_try_table(store, &by_title, &why), -1);
	assert_int_equal(why.cure, STORE_CURE_START_OVER);
	strcpy(line, why.text);
	store_close(store);
}

static void or_are_refused_as_trying_says(void **state)
{
	char of_file[STORE_ERROR_MAX], of_other[STORE_ERROR_MAX];

	(void)state;
	NEED_SERVER();
	open_both();
	both(keyed_table);
	both(run_begins);
	both(equal_rows);
	both(run_ends);
	close_both();
	try_by_title(path, of_file);
	try_by_title(postgres_server_uri(&server, schema), of_other);
	assert_string_equal(of_other, of_file);
	server_store = open_at(postgres_server_uri(&server, schema));
	assert_int_equal(store_put_table(server_store, &by_title), 0);
	assert_int_equal(begin_run(server_store), 0);
	assert_string_equal(store_error(server_store)->text, of_file);
	assert_int_equal(store_error(server_store)->cure, STORE_CURE_START_OVER);
	store_close(server_store);
	server_store = NULL;
	assert_string_equal(of_server("SELECT count(*) FROM films"), "6");
	assert_string_equal(of_server("SELECT col_description('crawl_rows_films'::regclass, 3)"),
			    "[\"rank\"]");
}

/* Names: of 52 bytes a pattern may be, of 63 a field. */
static void what_postgresql_cannot_call_so_is_refused(void **state)
{
	static const char long_52[] = "n234567890123456789012345678901234567890123456789012";
	static const char longer_52[] = "n234567890123456789012345678901234567890123456789x12";
	static const char long_53[] = "n2345678901234567890123456789012345678901234567890123";
	static const char long_64[] =
		"f234567890123456789012345678901234567890123456789012345678901234";
	static const struct {
		const char *name, *field, *problem; /* NULL: it can be */
	} names[] = {
		{ long_52, "a", NULL },
		{ longer_52, "a", NULL }, /* indexes of both have names that are cut */
		{ long_53, "a", "52: rename it" },
		{ "pg_class", "a", "PostgreSQL's own" },
		{ "PG_x", "a", "PostgreSQL's own" },
		{ "films", long_64, "63: rename it" },
		{ "films", "ctid", "every table of PostgreSQL" },
		{ "user", "order", NULL },
		{ "a \"quoted\" one; --", "it's a \"field\"\\", NULL },
		{ "\xc3\xa4pfel", "\xc3\x84", NULL },
		{ "table", "select", NULL },
		{ "index", "xid", NULL },
	};

	(void)state;
	NEED_SERVER();
	server_store = open_at(postgres_server_uri(&server, schema));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct store_column column = { names[i].field, STORE_TEXT };
		const struct store_table made = {
			.name = names[i].name,
			.columns = &column,
			.column_count = 1,
			.key = &names[i].field,
			.key_count = 1,
		};
		struct store_error why;
		int result = store_try_table(server_store, &made, &why);

		assert_int_equal(result, names[i].problem ? -1 : 0);
		if (names[i].problem) {
			assert_non_null(strstr(why.text, names[i].problem));
			assert_int_equal(why.cure, STORE_CURE_ASK_OTHERWISE);
			continue;
		}
		table = store_put_table(server_store, &made);
		assert_true(table > 0);
	}
	run_begins(server_store);
	six_urls(server_store);
	open_page(server_store, key(1));
	for (int i = 1; i <= table; i++)
		OK(store_row(server_store, i, 1,
			     &(struct store_value){ .kind = STORE_TEXT, .text = text("v") }));
	OK(close_page(server_store));
	OK(store_end_run(server_store, "finished"));
	assert_string_equal(of_server("SELECT \"it's a \"\"field\"\"\\\" FROM"
				      " \"a \"\"quoted\"\" one; --\""),
			    "v");
	assert_string_equal(of_server("SELECT n, \"\xc3\x84\" FROM \"\xc3\xa4pfel\""), "1|v");
	store_close(server_store);
	server_store = open_at(postgres_server_uri(&server, schema));
	assert_int_equal(store_put_table(server_store, &(struct store_table){ .name = long_53 }),
			 0);
	assert_non_null(strstr(store_error(server_store)->text, long_53));
}

static void a_name_that_is_taken_is_refused(void **state)
{
	struct store_error why;

	(void)state;
	NEED_SERVER();
	open_both();
	close_both();
	of_server("CREATE TABLE \"FILMS\" (x int)");
	server_store = open_at(postgres_server_uri(&server, schema));
	assert_int_equal(store_try_table(server_store, &films, &why), -1);
	assert_non_null(strstr(why.text, "has a table films that no pattern made: rename"));
	assert_int_equal(store_put_table(server_store, &films), 0);
	assert_string_equal(store_error(server_store)->text, why.text);
}

/* It was looked for before, and was not there. */
static void what_another_node_has_made_since_is_not_taken(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	close_both();
	server_store = open_at(postgres_server_uri(&server, schema));
	assert_int_not_equal(store_put_table(server_store, &films), 0);
	OK(store_commit(server_store));
	assert_string_equal(of_server("SELECT count(*) FROM films"), "0");
	assert_int_equal(postgres_is_taken(postgres_of(server_store), "films"), 0);
	of_server("CREATE TABLE boards (x int)");
	assert_int_equal(postgres_is_taken(postgres_of(server_store), "boards"), 1);
}

static const struct store_column year_columns[] = { { "rank", STORE_INTEGER },
						    { "title", STORE_TEXT },
						    { "score", STORE_REAL },
						    { "year", STORE_INTEGER } };

static void one_more_column(struct store *store)
{
	table = store_put_table(store, &(struct store_table){ .name = "films",
							      .columns = year_columns,
							      .column_count = 4,
							      .key = film_key,
							      .key_count = 1 });
	assert_true(table > 0);
}

/* A view of somebody's outlives a field that is new; what would break it is refused. */
static void what_stands_on_a_view_outlives_new_fields(void **state)
{
	(void)state;
	NEED_SERVER();
	open_both();
	both(keyed_table);
	both(run_begins);
	both(rows_come);
	both(run_ends);
	of_server("CREATE VIEW mine AS SELECT title FROM films");
	again_with(one_more_column);
	both(run_ends);
	assert_string_equal(of_server("SELECT count(*), count(year) FROM mine, films"), "144|0");
	close_both();
	server_store = open_at(postgres_server_uri(&server, schema));
	other_columns(server_store);
	assert_int_equal(begin_run(server_store), 0);
	assert_non_null(strstr(store_error(server_store)->text,
			       "view Films is to have other columns, and view mine depends on view"
			       " \"Films\": drop that first"));
}

/* ---- history ---- */

static const struct store_table films_with_history = { .name = "films",
						       .columns = film_columns,
						       .column_count = 3,
						       .key = title_key,
						       .key_count = 1,
						       .has_history = true };

static void history_table(struct store *store)
{
	table = store_put_table(store, &films_with_history);
	assert_true(table > 0);
}

static void shown(struct store *store, uint32_t page, int64_t rank, const char *title, double score,
		  bool is_again)
{
	OK(store_page_open(store, key(page), is_again));
	if (title)
		OK(add_film(store, table, 1, rank, title, score));
	OK(store_page(store, &plain_page));
}

static void first_run(struct store *store)
{
	six_urls(store);
	shown(store, 1, 1, "one \"1\"", 1.5, false);
	shown(store, 2, 2, "two", 1e20, false);
	shown(store, 3, 3, "three", 3, false);
}

/* One changed, two went, three moved, four is new. */
static void second_run(struct store *store)
{
	shown(store, 1, 7, "one \"1\"", 2, true);
	shown(store, 2, 0, NULL, 0, true);
	shown(store, 3, 0, NULL, 0, true);
	shown(store, 4, 3, "three", 3, false);
	shown(store, 5, 4, "four", NAN, false);
}

static void third_run(struct store *store)
{
	shown(store, 2, 2, "two", 2, true);
}

/* A crash empties what is not logged; partitions, another index and a column of state cost more
 * than they give (docs/decisions.md). */
static void assert_plain_tables(void)
{
	assert_string_equal(of_server("SELECT string_agg(relname, ' ') FROM pg_class"
				      " WHERE relnamespace = current_schema()::regnamespace"
				      " AND (relpersistence <> 'p' OR relispartition"
				      "  OR relkind NOT IN ('r', 'v', 'i', 'S'))"),
			    "");
	assert_string_equal(of_server("SELECT count(*) FROM pg_index WHERE indisunique"
				      " AND NOT indisprimary AND indrelid = 'urls'::regclass"),
			    "0");
	assert_string_equal(of_server("SELECT count(*) FROM pg_attribute WHERE attname = 'state'"
				      " AND attrelid = 'urls'::regclass"),
			    "0");
}

static void tables_are_logged_and_plain(void **state)
{
	static void (*const tables[])(struct store * store) = { keyed_tables, history_table };

	(void)state;
	NEED_SERVER();
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		open_both();
		both(run_begins);
		both(tables[i]);
		both(run_ends);
		assert_plain_tables();
		close_both();
	}
}

static void same_history(void)
{
	same("SELECT pattern, key, first_run, last_run, gone_run FROM crawl_known_rows"
	     " ORDER BY key");
	same("SELECT row FROM crawl_known_rows ORDER BY key");
	same("SELECT pattern, key, run, field, old, new FROM crawl_history"
	     " ORDER BY run, key, coalesce(field, '')");
	same("SELECT pattern, key, first_run, last_run FROM crawl_seen ORDER BY key");
}

static void three_runs_have_a_history(const char *user)
{
	void (*const runs[])(struct store * store) = { first_run, second_run, third_run };

	open_both_as(user);
	both(history_table);
	for (size_t i = 0; i < 3; i++) {
		both(run_begins);
		both(runs[i]);
		last_number = 6;
		both(run_ends);
		same_history();
	}
	same_and("SELECT key, field, old, new FROM crawl_history WHERE run = 2"
		 " AND field IS NOT NULL ORDER BY field",
		 "one \"1\"|rank|1|7\none \"1\"|score|1.5|2.0");
}

static void what_rows_were_before_is_noted(void **state)
{
	(void)state;
	NEED_SERVER();
	three_runs_have_a_history("crawl");
}

/* A user to whom the database gives what a crawl needs, and no tables of the session. */
static const char *user_without_temp(void)
{
	of_server("DO $$ BEGIN IF to_regrole('bare') IS NULL THEN CREATE ROLE bare LOGIN;"
		  " REVOKE ALL ON DATABASE postgres FROM PUBLIC;"
		  " GRANT CONNECT, CREATE ON DATABASE postgres TO bare; END IF; END $$");
	assert_string_equal(of_server("SELECT has_database_privilege('bare', 'postgres', 'TEMP')"),
			    "f");
	return "bare";
}

static void what_rows_were_before_is_noted_without_tables_of_the_session(void **state)
{
	(void)state;
	NEED_SERVER();
	three_runs_have_a_history(user_without_temp());
	assert_string_equal(of_server("SELECT to_regclass('crawl_history_now') IS NULL"), "t");
}

/* ---- forgetting ---- */

static void links(struct store *store)
{
	first_run(store);
	add(store, &(struct store_url){ .url = text("http://a.test/child"),
					.host = key(1),
					.from = key(1),
					.root = key(1),
					.depth = 1 });
	shown(store, 7, 7, "seven", 7, false);
	add(store, &(struct store_url){ .url = text("http://a.test/waits"),
					.host = key(1),
					.from = key(2),
					.root = key(2) });
	OK(store_put_try(store, &(struct store_try){ key(2), 1, 1709251199999, 5, "timeout", 0,
						     text(NULL) }));
}

static void two_are_forgotten(struct store *store)
{
	OK(store_forget(store, (const struct store_key[]){ key(1), key(2), key(2) }, 3, true));
}

static void two_of_all_are_forgotten(const char *user)
{
	open_both_as(user);
	both(history_table);
	both(run_begins);
	both(links);
	both(run_ends);
	close_both();
	open_both_as(user);
	both(two_are_forgotten);
	same_urls();
	same_films();
	same_history();
	same_and("SELECT count(*) FROM tries_made", "0");
	same_and("SELECT id, root, from_id FROM urls WHERE id > 6 ORDER BY id", "7|7|\n8|8|");
}

static void what_is_forgotten_leaves_nothing(void **state)
{
	(void)state;
	NEED_SERVER();
	two_of_all_are_forgotten("crawl");
}

static void what_is_forgotten_needs_no_tables_of_the_session(void **state)
{
	(void)state;
	NEED_SERVER();
	two_of_all_are_forgotten(user_without_temp());
	assert_string_equal(of_server("SELECT to_regclass('crawl_doomed') IS NULL"), "t");
}

/* ---- two nodes ---- */

#define KEYS 300

/* Each shows all films, with an actor each, one in the order that is the other's backwards. */
static void show_all(struct store *store, uint32_t share, bool is_backwards)
{
	for (uint32_t i = 0; i < KEYS; i++) {
		uint32_t film = is_backwards ? KEYS - 1 - i : i;

		OK(store_page_open(store, (struct store_key){ share, i + 1 }, false));
		OK(add_film(store, table, 1, film, "a film", share));
		add_actor(store, 1, 1, "an actor");
		OK(store_page(store, &plain_page));
		if (i % 50 == 49)
			OK(store_commit(store));
	}
	OK(store_commit(store));
}

static void two_that_move_the_same_rows_lose_none(void **state)
{
	struct store *nodes[2];
	int64_t due;

	(void)state;
	NEED_SERVER();
	for (int i = 0; i < 2; i++) {
		nodes[i] = open_at(postgres_server_uri(&server, schema));
		keyed_tables(nodes[i]);
		run_begins(nodes[i]);
		if (i == 0)
			all_are_asked(nodes[i]);
		OK(store_commit(nodes[i]));
		assert_int_equal(store_settle(nodes[i], -1), 1);
	}
	show_all(nodes[0], 0, false);
	show_all(nodes[1], 1, true);
	while (store_settle(nodes[0], 0) == 0 || store_settle(nodes[1], 0) == 0)
		for (int i = 0; i < 2; i++)
			OK(store_turn(nodes[i], 0, &due));
	for (int i = 0; i < 2; i++) {
		assert_string_equal(store_error(nodes[i])->text, "");
		OK(store_end_run(nodes[i], "finished"));
		store_close(nodes[i]);
	}
	assert_string_equal(of_server("SELECT count(*), count(DISTINCT rank) FROM films"),
			    "300|300");
	assert_string_equal(
		of_server("SELECT count(*) FROM crawl_rows_films_cast c WHERE NOT EXISTS"
			  " (SELECT 1 FROM crawl_rows_films f WHERE f.\"row page\" ="
			  " c.\"row page\" AND f.\"row n\" = c.parent)"),
		"0");
	assert_string_equal(of_server("SELECT count(*) FROM crawl_rows_films_cast"), "300");
	assert_string_equal(of_server("SELECT count(*) FROM results"), "600");
}

/* ---- what the server refuses ---- */

static void refused(struct store *store, bool is_again)
{
	for (uint32_t i = 1; i <= 4; i++) {
		OK(store_page_open(store, key(i), is_again));
		OK(add_film(store, table, 1, i, i == 3 ? "bad" : "good", 1));
		OK(store_page(store, &plain_page));
	}
	OK(store_commit(store));
	assert_int_equal(store_settle(store, -1), 1);
}

static void begin_with_six_urls(void)
{
	server_store = open_at(postgres_server_uri(&server, schema));
	plain_table(server_store);
	run_begins(server_store);
	six_urls(server_store);
}

static void a_page_that_is_refused_says_so_and_the_others_are_there(void **state)
{
	(void)state;
	NEED_SERVER();
	begin_with_six_urls();
	of_server("ALTER TABLE crawl_rows_films ADD CHECK (title <> 'bad')");
	refused(server_store, false);
	assert_string_equal(of_server("SELECT rank FROM films ORDER BY rank"), "1\n2\n4");
	assert_string_equal(of_server("SELECT url_id, state, outcome FROM results ORDER BY url_id"),
			    "1|1|ok\n2|1|ok\n3|2|store_refused\n4|1|ok");
	assert_string_equal(
		of_server("SELECT error ~ 'films.*check' FROM results WHERE url_id = 3"), "t");
}

#define OF_BAD(what)                                                          \
	"CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN" \
	" IF new.title = 'bad' THEN " what "; END IF; RETURN new; END $$;"
#define EACH " FOR EACH ROW EXECUTE FUNCTION note()"

/* What somebody else has made of a table: it is asked row by row, or when all is committed. */
static void whatever_refuses_a_row_refuses_its_page_alone(void **state)
{
	static const char *const rules[] = {
		OF_BAD("RAISE EXCEPTION 'unlucky'") "CREATE TRIGGER t BEFORE INSERT ON"
						    " crawl_rows_films" EACH,
		OF_BAD("PERFORM 1 / 0") "CREATE TRIGGER t AFTER INSERT ON crawl_rows_films" EACH,
		OF_BAD("INSERT INTO runs (id) VALUES (NULL)") "CREATE TRIGGER t AFTER INSERT ON"
							      " crawl_rows_films" EACH,
		OF_BAD("RAISE EXCEPTION 'unlucky'") "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON "
						    "crawl_rows_films"
						    " DEFERRABLE INITIALLY DEFERRED" EACH,
		"CREATE TABLE allowed (title text PRIMARY KEY); INSERT INTO allowed VALUES"
		" ('good'); ALTER TABLE crawl_rows_films ADD FOREIGN KEY (title)"
		" REFERENCES allowed DEFERRABLE INITIALLY DEFERRED",
	};

	(void)state;
	NEED_SERVER();
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct store_error error_here;
		const char *said;

		server_store = store_open(postgres_server_uri(&server, schema), true, &error_here);
		assert_non_null(server_store);
		plain_table(server_store);
		run_begins(server_store);
		six_urls(server_store);
		said = of_server(rules[i]);
		if (*said)
			fail_msg("rule %zu: %s", i, said);
		refused(server_store, false);
		said = of_server("SELECT string_agg(outcome || ' ' || coalesce(rank, 0), ', '"
				 " ORDER BY url_id) FROM results LEFT JOIN crawl_rows_films"
				 " ON \"row page\" = url_id");
		if (strcmp(said, "ok 1, ok 2, store_refused 0, ok 4") != 0)
			fail_msg("rule %zu: %s", i, said);
		store_close(server_store);
		server_store = NULL;
		of_server("DROP TABLE IF EXISTS allowed CASCADE; DROP FUNCTION note CASCADE");
	}
}

#define MANY_PAGES 256
#define MANY_PARTS 130 /* of a batch that are committed, when answers begin to be lost */
#define LOST_MAX   6

/* Each part that is cut out of it is known by a number behind that of the batch itself. */
static void answers_are_lost_while_a_batch_is_cut_and_no_page_is(void **state)
{
	unsigned lost = 0;

	(void)state;
	NEED_SERVER();
	begin_with_six_urls();
	OK(store_commit(server_store));
	assert_int_equal(store_settle(server_store, -1), 1);
	of_server("ALTER TABLE crawl_rows_films ADD CHECK (title <> 'bad')");
	for (uint32_t i = 1; i <= MANY_PAGES; i++) {
		OK(store_page_open(server_store, key(i), false));
		OK(add_film(server_store, table, 1, i, i % 2 ? "good" : "bad", 1));
		OK(store_page(server_store, &plain_page));
	}
	OK(store_commit(server_store));
	while (store_settle(server_store, 0) == 0) {
		poll(NULL, 0, 5); /* what was sent is answered */
		if (lost == LOST_MAX ||
		    atoi(of_server("SELECT count(*) FROM crawl_batches")) < MANY_PARTS)
			continue;
		lost += pipe_cut(server_store);
	}
	assert_string_equal(store_error(server_store)->text, "");
	assert_int_equal(lost, LOST_MAX);
	assert_string_equal(
		of_server("SELECT outcome, count(*) FROM results GROUP BY 1 ORDER BY 1"),
		"ok|128\nstore_refused|128");
	assert_string_equal(of_server("SELECT count(*), sum(rank) FROM films"), "128|16384");
}

static void one_that_is_refused_later_keeps_what_it_had(void **state)
{
	(void)state;
	NEED_SERVER();
	begin_with_six_urls();
	refused(server_store, false);
	of_server("ALTER TABLE crawl_rows_films ADD CHECK (title <> 'bad') NOT VALID");
	all_are_asked(server_store);
	refused(server_store, true);
	assert_string_equal(of_server("SELECT rank, title FROM films ORDER BY rank"),
			    "1|good\n2|good\n3|bad\n4|good");
	assert_string_equal(of_server("SELECT state, outcome, read_at IS NULL FROM results"
				      " WHERE url_id = 3"),
			    "2|store_refused|f");
}

/* Of each field a pointer of 18 bytes is left in the row, and 500 of them are more than a page. */
static void a_row_that_is_too_wide_is_refused(void **state)
{
	static char names[WIDE][8], long_text[3000];
	static struct store_column columns[WIDE];
	static struct store_value row[WIDE];

	(void)state;
	NEED_SERVER();
	memset(long_text, 'x', sizeof(long_text) - 1);
	for (int i = 0; i < (int)sizeof(long_text) - 1; i++)
		long_text[i] = (char)('!' + i * 7919 % 89);
	for (int i = 0; i < WIDE; i++) {
		snprintf(names[i], sizeof(names[i]), "f%d", i);
		columns[i] = (struct store_column){ names[i], STORE_TEXT };
		row[i] = (struct store_value){ .kind = STORE_TEXT, .text = text(long_text) };
	}
	server_store = open_at(postgres_server_uri(&server, schema));
	table = store_put_table(
		server_store,
		&(struct store_table){ .name = "wide", .columns = columns, .column_count = WIDE });
	run_begins(server_store);
	six_urls(server_store);
	for (uint32_t i = 1; i <= 2; i++) {
		open_page(server_store, key(i));
		if (i == 2)
			OK(store_row(server_store, table, 1, row));
		OK(close_page(server_store));
	}
	OK(store_commit(server_store));
	assert_int_equal(store_settle(server_store, -1), 1);
	assert_string_equal(of_server("SELECT url_id, outcome FROM results ORDER BY url_id"),
			    "1|ok\n2|store_refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(hosts_and_urls_are_written),
		T(what_changes_places_keeps_its_order),
		T(requests_are_written_and_headers_handed_on),
		T(roots_get_other_sets),
		T(cookies_come_and_go),
		T(figures_are_added_up),
		T(a_pass_asks_for_some_roots),
		T(what_was_left_of_a_page_comes_with_its_result),
		T(a_page_read_again_replaces_its_rows_but_not_by_nothing),
		T(so_it_does_with_a_key),
		T(rows_that_belong_to_one_that_moves_go),
		T(what_belongs_to_rows_that_stay_stays),
		T(what_moved_loses_its_content),
		T(a_page_is_parsed_again_without_a_run),
		T(values_are_what_they_were),
		T(what_is_no_text_is_replaced),
		T(keys_are_of_any_size_and_come_thrice_in_a_batch),
		T(a_row_has_as_many_fields_as_may_be),
		T(new_columns_are_added_and_nothing_is_dropped),
		T(of_another_type_what_means_the_same_is_kept),
		T(rows_equal_in_a_new_key_become_one),
		T(each_row_gets_its_new_key),
		T(or_are_refused_as_trying_says),
		T(what_postgresql_cannot_call_so_is_refused),
		T(a_name_that_is_taken_is_refused),
		T(what_another_node_has_made_since_is_not_taken),
		T(what_stands_on_a_view_outlives_new_fields),
		T(tables_are_logged_and_plain),
		T(what_rows_were_before_is_noted),
		T(what_rows_were_before_is_noted_without_tables_of_the_session),
		T(what_is_forgotten_leaves_nothing),
		T(what_is_forgotten_needs_no_tables_of_the_session),
		T(two_that_move_the_same_rows_lose_none),
		T(a_page_that_is_refused_says_so_and_the_others_are_there),
		T(whatever_refuses_a_row_refuses_its_page_alone),
		T(answers_are_lost_while_a_batch_is_cut_and_no_page_is),
		T(one_that_is_refused_later_keeps_what_it_had),
		T(a_row_that_is_too_wide_is_refused),
	};

	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	alarm(TEST_SECONDS_MAX);
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
