#include "tests/support/test.h"

#include <regex.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "crawler/config/yaml_tree.h"
#include "parsers/text/memory.h"
#include "tests/support/scenario.h"
#include "tests/support/served.h"

/*
 * /metrics of crawls that run, ended, were killed; and the files of contrib/ for those who look at
 * it: Prometheus, Grafana, and Datasette at the database.  The text itself: test_metrics.c.
 */
#define QUICK           "--set", "retries=0", "--set", "robots=false"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define METRICS_TYPE    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"

/* ---- a scrape ---- */

/* Again, if a database that is just being made cannot be read, or not in time. */
static const char *scrape(void)
{
	const char *reply = NULL, *body;

	(void)WAIT_UNTIL(status_of(reply = get("/metrics")) != 503);
	assert_int_equal(status_of(reply), 200);
	assert_says(reply, METRICS_TYPE);
	body = strstr(reply, "\r\n\r\n");
	assert_non_null(body);
	return body + 4;
}

static bool scrape_says(const char *line)
{
	char whole[200];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	return strstr(scrape(), whole) != NULL;
}

/* Of a series; -1: there is none. */
static double value_in(const char *text, const char *series)
{
	char begin[200];
	const char *at;

	snprintf(begin, sizeof(begin), "\n%s ", series);
	at = strstr(text, begin);
	return at ? strtod(at + strlen(begin), NULL) : -1;
}

/* The same, in a new scrape. */
static double scraped(const char *series)
{
	return value_in(scrape(), series);
}

#define STATE(name) "crawl_run_state{state=\"" name "\"} 1"
#define OK_PAGES    "crawl_pages_total{outcome=\"ok\",result=\"done\"}"
#define NOT_FOUND   "crawl_pages_total{outcome=\"http_error\",result=\"failed\"}"

static struct program *start_crawl(void)
{
	write_list("list", "/page/%d", 1, 3000);
	return START("list", "-e", "titles=<title>(?<title>.*?)</title>", "--delay", "50ms",
		     "--concurrency", "1", "-j", "1", QUICK, "--set", "grace=0");
}

static void a_crawl_is_scraped_from_its_first_run_to_the_next(void **state)
{
	struct program *crawl;
	const char *text;

	(void)state;
	START_PAGE();
	assert_true(scrape_says(STATE("none"))); /* there is no database yet */
	assert_true(scrape_says("crawl_run_number 0"));
	crawl = start_crawl();
	assert_true(WAIT_UNTIL(scrape_says(STATE("running"))));
	assert_true(WAIT_UNTIL(scraped("crawl_workers") == 1));
	assert_true(WAIT_UNTIL(scraped(OK_PAGES) > 0));
	assert_true(scraped("crawl_rows_total{pattern=\"titles\"}") > 0);
	text = scrape(); /* of one moment: they go from one to the next */
	assert_true(value_in(text, "crawl_urls_left{waits_for=\"delay\"}") +
			    value_in(text, "crawl_urls_left{waits_for=\"answer\"}") +
			    value_in(text, "crawl_urls_left{waits_for=\"us\"}") >
		    2000);
	assert_true(scraped("crawl_last_page_timestamp_seconds") > (double)time(NULL) - 60);
	kill(crawl->pid, SIGKILL);
	program_wait(crawl);
	assert_true(WAIT_UNTIL(scrape_says(STATE("killed"))));
	assert_true(scrape_says("crawl_workers 0"));
	assert_true(scraped("crawl_urls_left{waits_for=\"run\"}") > 2000);
	assert_true(scraped(OK_PAGES) > 0);

	crawl = start_crawl(); /* the next begins at 0 */
	assert_true(WAIT_UNTIL(scrape_says("crawl_run_number 2")));
	assert_true(WAIT_UNTIL(scraped(OK_PAGES) > 0));
	assert_true(scraped("crawl_run_end_timestamp_seconds") < 0);
	kill(crawl->pid, SIGTERM);
	program_wait(crawl);
	assert_true(WAIT_UNTIL(scrape_says(STATE("stopped"))));
	assert_true(scraped("crawl_run_end_timestamp_seconds") > 0);

	assert_code(RUN(url("/page/1"), url("/status/404"), QUICK, "--delay", "0", "--fresh"), 1);
	assert_true(WAIT_UNTIL(scrape_says("crawl_run_number 1")));
	assert_true(scrape_says(STATE("finished")));
	assert_true(scrape_says(OK_PAGES " 1"));
	assert_true(scrape_says(NOT_FOUND " 1"));
	assert_true(scrape_says("crawl_responses_total{class=\"4xx\"} 1"));
	assert_true(scrape_says("crawl_response_seconds_count 2"));

	write_list("list", "/page/%d", 1, 30);
	assert_code(RUN("list", QUICK, "--delay", "0", "--max-pages", "10", "--fresh"), 0);
	assert_true(WAIT_UNTIL(scrape_says("crawl_urls_left{waits_for=\"run\"} 20")));
	assert_true(scrape_says(STATE("stopped")));
	stop_page();
}

/* A scrape that failed is seen as one. */
static void what_cannot_be_read_is_no_figures(void **state)
{
	const char *reply;

	(void)state;
	write_text("crawl.db", "no database at all, but long enough to be looked at as one: %0200d",
		   0);
	START_PAGE();
	reply = get("/metrics");
	assert_int_equal(status_of(reply), 503);
	assert_says(reply, "not a");
	assert_silent_on(reply, "crawl_");
	stop_page();
}

/* A scraper that would rather have another format gets this one, which each of them reads. */
static void any_scraper_is_answered(void **state)
{
	static const char *const headers[] = {
		"",
		"Accept: application/openmetrics-text;version=1.0.0;q=0.5,application/"
		"openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2\r\n",
		"Accept: "
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily\r\n",
		"Accept-Encoding: gzip\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n",
	};

	(void)state;
	START_PAGE();
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		const char *reply = ask_page("GET", "/metrics", headers[i], "");

		assert_int_equal(status_of(reply), 200);
		assert_says(reply, METRICS_TYPE);
	}
	assert_int_equal(status_of(ask_page("HEAD", "/metrics", "", "")), 200);
	assert_int_equal(status_of(post("/metrics", "")), 405);
	assert_int_equal(status_of(get("/metrics/x")), 404);
	stop_page();
}

static void where_reading_wants_the_token_a_scraper_brings_it(void **state)
{
	char header[300];

	(void)state;
	START_PAGE("--listen", "127.0.0.1", "--name", "crawl.example.org");
	assert_int_equal(status_of(get("/metrics")), 401);
	snprintf(header, sizeof(header), "Authorization: Bearer %s\r\n", page.token);
	assert_int_equal(status_of(ask_page("GET", "/metrics", header, "")), 200);
	assert_int_equal(status_of(ask_page("GET", "/metrics", "Authorization: Bearer x\r\n", "")),
			 401);
	stop_page();
}

static void no_host_and_no_url_is_in_it(void **state)
{
	const char *text;

	(void)state;
	assert_code(RUN(url("/page/1"), url("/status/500"), "http://127.0.0.1:1/gone", QUICK,
			"--delay", "0"),
		    1);
	START_PAGE();
	text = scrape();
	assert_says(text, "crawl_run_number 1");
	assert_silent_on(text, "127.0.0.1");
	assert_silent_on(text, "http://");
	assert_silent_on(text, "/page");
	assert_silent_on(text, "nan");
	assert_silent_on(text, "NaN");
	stop_page();
}

/* ---- promtool ---- */

/* Skips the test where there is none; .ci/run installs it. */
#define WANT_PROMTOOL()                                                                            \
	do {                                                                                       \
		if (system("command -v promtool >/dev/null") != 0) {                               \
			print_message("not run: tests by promtool (of the package prometheus)\n"); \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

/* Of a command of the shell; with what it said if that is not 0. */
static void assert_succeeds(const char *format, const char *argument)
{
	static char said[20000];
	char command[1000];
	size_t size;
	FILE *pipe;

	snprintf(command, sizeof(command), format, argument);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	size = fread(said, 1, sizeof(said) - 1, pipe);
	said[size] = '\0';
	if (pclose(pipe) != 0)
		fail_msg("%s: %s", command, said);
}

static void promtool_takes_a_scrape(void **state)
{
	(void)state;
	WANT_PROMTOOL();
	assert_succeeds("promtool check metrics <%s 2>&1", "tests/data/metrics/finished.txt");
	assert_succeeds("promtool check metrics <%s 2>&1", "tests/data/metrics/running.txt");
	START_PAGE();
	write_bytes("none", scrape(), strlen(scrape()));
	assert_succeeds("promtool check metrics <%s 2>&1", in_folder("none"));
	assert_code(RUN(url("/page/1"), url("/status/404"), "-e",
			"titles=<title>(?<title>.*?)</title>", QUICK, "--delay", "0"),
		    1);
	assert_true(WAIT_UNTIL(scrape_says(STATE("finished"))));
	write_bytes("some", scrape(), strlen(scrape()));
	assert_succeeds("promtool check metrics <%s 2>&1", in_folder("some"));
	stop_page();
}

static void promtool_takes_the_rules_and_they_do_what_they_should(void **state)
{
	(void)state;
	WANT_PROMTOOL();
	assert_succeeds("cd contrib && promtool check rules %s 2>&1", "crawl.rules.yml");
	assert_succeeds("cd contrib && promtool test rules %s 2>&1", "crawl.rules.test.yml");
	assert_succeeds("cd contrib && promtool check config %s 2>&1", "prometheus.yml");
}

/* ---- the dashboard ---- */

static char *read_whole(const char *path)
{
	char *text = memory_new(200000, 1);
	FILE *file = fopen(path, "r");
	size_t size;

	assert_non_null(file);
	size = fread(text, 1, 199999, file);
	text[size] = '\0';
	fclose(file);
	return text;
}

/* What SQL says of a file, its only parameter.  The caller frees it. */
static char *ask_of(const char *path, const char *sql)
{
	char *file = read_whole(path), *answer;
	sqlite3_stmt *query;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &query, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_bind_text(query, 1, file, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	answer = memory_text((const char *)sqlite3_column_text(query, 0),
			     (size_t)sqlite3_column_bytes(query, 0));
	sqlite3_finalize(query);
	sqlite3_close(db);
	free(file);
	return answer;
}

#define DASHBOARD "contrib/grafana-dashboard.json"

/* Whatever a data source is called there: one that was asked for at import would not be, where a
 * dashboard comes from a file. */
static void the_dashboard_knows_no_data_source_but_its_variable(void **state)
{
	static const struct {
		const char *sql, *answer;
	} rows[] = {
		{ "SELECT json_valid(?1)", "1" },
		{ "SELECT count(*) FROM json_tree(?1) WHERE key = 'datasource'"
		  " AND value ->> 'uid' IS NOT '${datasource}'",
		  "0" },
		{ "SELECT count(*) FROM json_tree(?1) WHERE key IN ('__inputs', 'id')"
		  " AND type <> 'integer'",
		  "0" },
		{ "SELECT count(*) FROM json_each(?1, '$.templating.list') WHERE value ->> 'type'"
		  " = 'datasource' AND value ->> 'query' = 'prometheus'",
		  "1" },
		{ "SELECT ?1 ->> 'uid' IS NULL AND ?1 ->> 'id' IS NULL", "1" },
		{ "SELECT count(*) - count(DISTINCT value ->> 'id') FROM json_each(?1, '$.panels')",
		  "0" },
		{ "SELECT count(*) > 10 FROM json_tree(?1) WHERE key = 'expr'", "1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char *answer = ask_of(DASHBOARD, rows[i].sql);

		if (strcmp(answer, rows[i].answer) != 0)
			fail_msg("%s: %s", rows[i].sql, answer);
		free(answer);
	}
}

/* As rules they are looked at by promtool. */
static void promtool_takes_what_the_dashboard_asks(void **state)
{
	char *rules;

	(void)state;
	WANT_PROMTOOL();
	rules = ask_of(DASHBOARD,
		       "SELECT 'groups: [{name: dashboard, rules: [' || group_concat("
		       "'{record: ''dashboard:' || row || ''', expr: ' || json_quote("
		       " replace(replace(replace(expr, '$__rate_interval', '5m'),"
		       " '$__interval', '5m'), '$instance', '.*')) || '}', ', ')"
		       " || ']}]' FROM (SELECT row_number() OVER () AS row, value AS expr"
		       " FROM json_tree(?1) WHERE key = 'expr')");
	write_text("rules.yml", "%s\n", rules);
	free(rules);
	assert_succeeds("promtool check rules %s 2>&1", in_folder("rules.yml"));
}

/* A name that was changed here is changed there. */
static void files_of_contrib_ask_for_what_there_is(void **state)
{
	static const char *const files[] = { DASHBOARD, "contrib/crawl.rules.yml",
					     "contrib/crawl.rules.test.yml" };
	char *scraped_text = read_whole("tests/data/metrics/finished.txt");
	regex_t name;

	(void)state;
	assert_int_equal(regcomp(&name, "crawl_[a-z_]+", REG_EXTENDED), 0);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		char *file = read_whole(files[i]), type[200];
		regmatch_t found;
		size_t count = 0;

		for (const char *at = file; regexec(&name, at, 1, &found, 0) == 0;
		     at += found.rm_eo, count++) {
			int size = (int)(found.rm_eo - found.rm_so);
			const char *word = at + found.rm_so;

			if (size > 7 && memcmp(word + size - 7, "_bucket", 7) == 0)
				size -= 7;
			snprintf(type, sizeof(type), "# TYPE %.*s ", size, word);
			if (!strstr(scraped_text, type))
				fail_msg("%s: there is no %.*s", files[i], size, word);
		}
		assert_true(count > 5);
		free(file);
	}
	regfree(&name);
	free(scraped_text);
}

/* ---- Datasette ---- */

struct canned {
	char *text;
	struct arena arena;
	const struct yaml_node *database;
};

static struct canned read_canned(void)
{
	struct canned canned = { .text = read_whole("contrib/datasette.yml") };
	struct source source = { "contrib/datasette.yml", slice_of(canned.text) };
	struct complaints complaints = { .out = stderr };
	const struct yaml_node *root = yaml_tree_read(&source, &canned.arena, &complaints);

	assert_non_null(root);
	canned.database = yaml_child(yaml_child(root, "databases"), "crawl");
	assert_non_null(canned.database);
	return canned;
}

static void free_canned(struct canned *canned)
{
	arena_free(&canned->arena);
	free(canned->text);
}

static void make_database(void)
{
	assert_code(RUN(url("/page/1"), url("/status/404"), "-e",
			"titles=<title>(?<title>.*?)</title>", QUICK, "--delay", "0"),
		    1);
}

/* Datasette takes every ":word" for a parameter, also where SQLite sees a text. */
static int count_colons(const char *sql)
{
	int count = 0;

	for (; *sql; sql++)
		count += sql[0] == ':' &&
			 (sql[1] == '_' || (sql[1] >= '0' && sql[1] <= '9') ||
			  (sql[1] >= 'a' && sql[1] <= 'z') || (sql[1] >= 'A' && sql[1] <= 'Z'));
	return count;
}

static void every_canned_query_runs(void **state)
{
	struct canned canned = read_canned();
	const struct yaml_node *queries = yaml_child(canned.database, "queries");
	sqlite3 *db;

	(void)state;
	make_database();
	assert_int_equal(sqlite3_open_v2(in_folder("crawl.db"), &db, SQLITE_OPEN_READONLY, NULL),
			 SQLITE_OK);
	assert_true(queries->count > 10);
	for (const struct yaml_node *query = queries->first; query; query = query->next) {
		const char *sql = yaml_child(query, "sql")->text;
		sqlite3_stmt *statement = NULL;
		int code = SQLITE_ROW;

		assert_true(yaml_child(query, "title")->size > 0);
		if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
			fail_msg("%s: %s", query->key->text, sqlite3_errmsg(db));
		assert_true(sqlite3_stmt_readonly(statement));
		assert_int_equal(sqlite3_bind_parameter_count(statement), count_colons(sql));
		while (code == SQLITE_ROW)
			code = sqlite3_step(statement);
		if (code != SQLITE_DONE)
			fail_msg("%s: %s", query->key->text, sqlite3_errmsg(db));
		sqlite3_finalize(statement);
	}
	sqlite3_close(db);
	free_canned(&canned);
}

static void every_table_that_is_described_is_there(void **state)
{
	struct canned canned = read_canned();
	const struct yaml_node *tables = yaml_child(canned.database, "tables");
	char sql[300];

	(void)state;
	make_database();
	for (const struct yaml_node *table = tables->first; table; table = table->next) {
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM sqlite_schema WHERE name = '%s'",
			 table->key->text);
		if (ask_number(sql) != 1)
			fail_msg("there is no table %s", table->key->text);
	}
	free_canned(&canned);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scenario_begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_crawl_is_scraped_from_its_first_run_to_the_next),
		TEST(what_cannot_be_read_is_no_figures),
		TEST(any_scraper_is_answered),
		TEST(where_reading_wants_the_token_a_scraper_brings_it),
		TEST(no_host_and_no_url_is_in_it),
		TEST(promtool_takes_a_scrape),
		TEST(promtool_takes_the_rules_and_they_do_what_they_should),
		TEST(the_dashboard_knows_no_data_source_but_its_variable),
		TEST(promtool_takes_what_the_dashboard_asks),
		TEST(files_of_contrib_ask_for_what_there_is),
		TEST(every_canned_query_runs),
		TEST(every_table_that_is_described_is_there),
	};

	return RUN_TESTS(tests);
}
