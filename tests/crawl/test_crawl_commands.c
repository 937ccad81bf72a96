#include "tests/support/test.h"

#include <curl/curl.h>
#include <pcre2.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: what each command writes where, and the code it ends with.
 */
#define QUICK             "--delay", "0", "--set", "retries=0"
#define COUNT_OF(array)   (sizeof(array) / sizeof((array)[0]))
#define SUMMARY_LINES_MAX 15
#define COLUMNS_MAX       80

static const char films[] = "patterns:\n"
			    "  - name: films\n"
			    "    url: '/board/'\n"
			    "    pattern: '<p class=\"name\"><a href=\"/films/(?<id>\\d+)\" "
			    "title=\"(?<title>.*?)\"'\n"
			    "    fields: {id: {type: integer}}\n";

/* ---- what is written where ---- */

/* The tests are linked with the libraries of the program. */
static void the_version_names_every_library(void **state)
{
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
	char pcre2[64] = "", wanted[128];
	const char *const names[][2] = {
		{ "crawl ", CRAWL_VERSION },
		{ "libcurl ", curl->version },
		{ "(", curl->ssl_version },
		{ "nghttp2/", curl->nghttp2_version },
		{ "PCRE2 ", pcre2 },
		{ "SQLite ", sqlite3_libversion() },
		{ "zstd ", ZSTD_versionString() },
	};
	struct program *run = RUN("--version");

	(void)state;
	assert_code(run, 0);
	assert_int_equal(run->error_size, 0);
	assert_true(pcre2_config(PCRE2_CONFIG_VERSION, pcre2) > 0);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		snprintf(wanted, sizeof(wanted), "%s%s", names[i][0], names[i][1]);
		assert_says(run->out, wanted);
	}
}

static void every_command_has_a_screen_of_help_with_examples(void **state)
{
	static const char *const rows[][3] = {
		{ "--help" },
		{ "help" },
		{ "help", "run" },
		{ "run", "--help" },
		{ "body", "--help" },
		{ "check", "--help" },
		{ "try", "--help" },
		{ "sql", "--help" },
		{ "export", "--help" },
		{ "inspect", "--help" },
		{ "inspect", "text", "--help" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *arguments[] = { rows[i][0], rows[i][1], rows[i][1] ? rows[i][2] : NULL,
					    NULL };
		struct program *run = program_run(&(struct program_setup){ 0 }, arguments);

		assert_code(run, 0);
		assert_int_equal(run->error_size, 0);
		assert_says(run->out, "usage: crawl");
		assert_says(run->out, "example");
		assert_true(count_lines(run->out) < 50);
	}
}

static void a_crawl_writes_nothing_to_standard_output(void **state)
{
	struct program *run;

	(void)state;
	write_text("list", "%s\nnonsense\n%s\n", url("/page/1"), url("/missing"));
	run = RUN("list", QUICK, "-v", "-v", "-e", "heads=<h1>(?<text>.*?)</h1>");
	assert_code(run, 1);
	assert_int_equal(run->out_size, 0);
}

/* Standard error is a file here, though TERM speaks of a terminal. */
static void no_terminal_gets_no_escape_codes(void **state)
{
	struct program *run;

	(void)state;
	write_list("list", "/delay/50/page/%d", 1, 40);
	run = RUN("list", QUICK);
	assert_code(run, 0);
	assert_silent_on(run->error, "\033");
	assert_silent_on(run->error, "\r");
	run = RUN("try", "-e", "heads=<h1>(?<text>.*?)</h1>", url("/page/1"));
	assert_code(run, 0);
	assert_silent_on(run->out, "\033");
	assert_silent_on(run->error, "\033");
}

static void a_summary_has_at_most_fifteen_lines(void **state)
{
	struct program *run;
	const char *summary;
	char config[8192] = "patterns:\n";

	(void)state;
	for (int i = 0; i < 30; i++)
		snprintf(config + strlen(config), sizeof(config) - strlen(config),
			 "  - name: pattern_%d\n    pattern: '<h1>(?<text>.*?)</h1>'\n", i);
	write_text("many.yaml", "%s", config);
	write_text("list", "%s\n%s\n%s\n%s\n%s\nhttp://127.0.0.1:1/\n", url("/page/1"),
		   url("/missing"), url("/cut-body"), url("/redirect-loop"), url("/gzip-bad"));
	run = RUN("list", "-c", "many.yaml", QUICK, "--set", "robots=false");
	assert_code(run, 1);
	summary = strstr(run->error, "6 pages in ");
	assert_non_null(summary);
	assert_in_range(count_lines(summary), 5, SUMMARY_LINES_MAX);
	assert_says(summary, "ok 1");
	assert_says(summary, "and 25 more patterns");
	assert_says(summary, "crawl sql");
	assert_says(summary, "crawl failed");
}

static void write_pattern(const char *url)
{
	write_text(
		"films.yaml",
		"patterns:\n  - name: order\n    url: '%s'\n    pattern: '<h1>(?<text>.*?)</h1>'\n",
		url);
}

/* What to do next fits what came, and can be pasted into a shell; no line wraps at 80 columns. */
static void a_summary_says_what_came_and_what_to_type_next(void **state)
{
	static const struct {
		const char *pattern_url; /* of films.yaml; NULL: there is none */
		const char *path;
		const char *database;
		const char *wanted[5];
		const char *unwanted;
	} rows[] = {
		{ NULL,
		  "/page/1",
		  "crawl.db",
		  { "1 page in ", ", 0 rows\n", "no config found",
		    "next: crawl sql 'SELECT url, state, status, title FROM pages LIMIT 10'\n",
		    "      crawl try -e 'heads=<h1>(?<text>.*?)</h1>' http://" },
		  "crawl why" },
		{ "/page/",
		  "/page/1",
		  "it's a.db",
		  { ", 1 row\n", "order: 1 row from 1 of 1 page\n",
		    "next: crawl sql -o 'it'\\''s a.db' 'SELECT * FROM \"order\" LIMIT 10'\n" },
		  "crawl why" },
		{ "/elsewhere/",
		  "/page/1",
		  "crawl.db",
		  { "order: 0 rows from 0 of 0 pages (its url fits none that was read)\n",
		    "1 on which no pattern was tried: not text, or not for its URL (crawl why "
		    "URL)\n",
		    "next: crawl why http://", "      crawl try films.yaml http://" },
		  "crawl failed" },
		{ NULL,
		  "/missing",
		  "crawl.db",
		  { "http_error 1 (404 1)\n", "failed, http_error 404: http://",
		    "next: crawl why http://" },
		  "crawl try" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool has_config = rows[i].pattern_url != NULL;
		const char *summary;
		struct program *run;

		if (has_config)
			write_pattern(rows[i].pattern_url);
		run = RUN(url("%s", rows[i].path), QUICK, "--fresh", "-o", rows[i].database,
			  has_config ? "-c" : NULL, "films.yaml");
		summary = strstr(run->error, "1 page in ");
		assert_non_null(summary);
		for (size_t j = 0; j < COUNT_OF(rows[i].wanted) && rows[i].wanted[j]; j++)
			assert_says(summary, rows[i].wanted[j]);
		assert_silent_on(summary, rows[i].unwanted);
		for (const char *line = summary; *line; line = strchr(line, '\n') + 1)
			assert_in_range(strcspn(line, "\n"), 1, COLUMNS_MAX);
	}
}

/* A list of one line names a page as well as an argument does; of many, none is the one. */
static void the_only_url_of_a_list_is_the_one_to_try(void **state)
{
	struct program *run;

	(void)state;
	write_text("list", "%s\n", url("/page/1"));
	run = RUN("list", QUICK, "-o", "one.db");
	assert_says(run->error, "crawl try -e 'heads=<h1>(?<text>.*?)</h1>' http://");
	write_text("list", "%s\n%s\n", url("/page/1"), url("/page/2"));
	run = RUN("list", QUICK, "-o", "two.db");
	assert_says(run->error, "crawl try -e 'heads=<h1>(?<text>.*?)</h1>' URL\n");
}

static void the_first_failures_are_named_and_statuses_told_apart(void **state)
{
	struct program *run;

	(void)state;
	write_text("list", "%s\n%s\n%s\n%s\n%s\n", url("/missing"), url("/status/500"),
		   url("/missing/2"), url("/missing/3"), url("/page/1"));
	run = RUN("list", QUICK);
	assert_code(run, 1);
	assert_says(run->error, "ok 1, http_error 4 (404 3, 500 1)\n");
	assert_says(run->error, "failed, http_error 404: ");
	assert_says(run->error, "failed, http_error 500: ");
	assert_says(run->error, "/missing/2\n");
	assert_silent_on(run->error, "/missing/3");
	assert_says(run->error, "      crawl failed\n");
}

static void a_table_whose_pattern_is_gone_is_named(void **state)
{
	struct program *run;

	(void)state;
	run = RUN(url("/page/1"), QUICK, "-e", "heads=<h1>(?<text>.*?)</h1>");
	assert_silent_on(run->error, "gone");
	run = RUN(url("/page/1"), QUICK, "-e", "titles=<title>(?<text>.*?)</title>");
	assert_says(run->error, "rows of patterns that are gone stay (crawl export NAME): heads\n");
}

static void quiet_means_errors_only(void **state)
{
	struct program *run;

	(void)state;
	run = RUN(url("/page/1"), QUICK, "-q");
	assert_code(run, 0);
	assert_string_equal(run->error, "");
	run = RUN("missing.txt", "-q");
	assert_code(run, 2);
	assert_says(run->error, "missing.txt");
}

static void the_log_may_be_json_line_by_line(void **state)
{
	struct program *run;

	(void)state;
	write_text("list", "%s\nno \"scheme\" here\n", url("/page/1"));
	run = RUN("list", QUICK, "-v", "--log-format", "json");
	assert_code(run, 1);
	for (char *line = strtok(run->error, "\n"); line; line = strtok(NULL, "\n")) {
		assert_int_equal(strncmp(line, "{\"time\":\"20", 11), 0);
		assert_string_equal(line + strlen(line) - 1, "}");
	}
}

/* ---- sql and export ---- */

/* Nothing has changed: no URL waits again, and there is no other run. */
static void a_config_that_the_database_refuses_is_refused_before_anything_changes(void **state)
{
	static const struct {
		const char *pattern, *reason;
	} rows[] = {
		{ "{name: heads, pattern: '<h1>page (?<id>\\d+)(?<m>)', key: [m],"
		  " fields: {id: {type: integer}}}",
		  "equal in its new key" },
		{ "{name: heads, pattern: '<h1>page (?<id>\\d+)(?<m>)', key: [m]}",
		  "equal in its new key" },
	};
	char before[4000];

	(void)state;
	write_list("list", "/page/%d", 1, 6);
	write_text("heads.yaml",
		   "patterns:\n  - {name: heads, pattern: '<h1>page (?<id>\\d+)(?<m>)'}\n");
	assert_code(RUN("list", QUICK, "-c", "heads.yaml"), 0);
	snprintf(before, sizeof(before), "%s", ask("SELECT * FROM results, runs"));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run;

		write_text("heads.yaml", "patterns:\n  - %s\n", rows[i].pattern);
		run = RUN("check", "-c", "heads.yaml");
		assert_code(run, 2);
		assert_says(run->error, "heads.yaml:2: error: ");
		assert_says(run->error, rows[i].reason);
		assert_says(run->error, "--fresh");
		run = RUN("list", QUICK, "-c", "heads.yaml", "--dry-run");
		assert_code(run, 2);
		assert_says(run->error, rows[i].reason);
		assert_code(RUN("check", "-c", "heads.yaml", "-o", "other.db"), 0);
		run = RUN("list", QUICK, "-c", "heads.yaml");
		assert_code(run, 3);
		assert_says(run->error, rows[i].reason);
		assert_silent_on(run->error, "run 2");
		assert_string_equal(ask("SELECT * FROM results, runs"), before);
	}
	write_text("heads.yaml",
		   "patterns:\n  - {name: heads, pattern: '<h1>page (?<id>\\d+)(?<m>)'}\n");
	assert_code(RUN("list", QUICK, "-c", "heads.yaml"), 0);
	assert_string_equal(ask("SELECT id, ended FROM runs"), "1|finished\n2|finished");
}

/* The head of the file is well: that it is damaged shows when all of it is read. */
static void a_damaged_database_is_no_wrong_usage(void **state)
{
	static const char *const commands[][2] = { { "export", "heads" },
						   { "sql", "SELECT * FROM heads" } };
	struct stat found;
	FILE *file;

	(void)state;
	write_list("list", "/page/%d", 1, 100);
	assert_code(RUN("list", QUICK, "-e", "heads=<h1>(?<text>.*?)</h1>(?<more>(?s).*)"), 0);
	file = fopen(in_folder("crawl.db"), "r+b");
	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &found), 0);
	fseek(file, found.st_size / 2, SEEK_SET);
	for (off_t i = found.st_size / 2; i < found.st_size; i++)
		fputc(0x5a, file);
	fclose(file);
	for (size_t i = 0; i < 2; i++) {
		struct program *run = RUN(commands[i][0], commands[i][1]);

		assert_code(run, 3);
		assert_says(run->error, "crawl.db is damaged");
	}
	assert_code(RUN("sql", "SELECT nonsense"), 2);
}

static void sql_answers_as_table_json_or_csv(void **state)
{
	static const struct {
		const char *format, *out;
	} rows[] = {
		{ "--json", "[{\"id\":1021,\"title\":\"雨夜的邮差\"},\n"
			    "{\"id\":1034,\"title\":\"遥远的灯塔\"}]\n" },
		{ "--format=csv", "id,title\r\n1021,雨夜的邮差\r\n1034,遥远的灯塔\r\n" },
		{ "--format=jsonl", "{\"id\":1021,\"title\":\"雨夜的邮差\"}\n"
				    "{\"id\":1034,\"title\":\"遥远的灯塔\"}\n" },
	};
	struct program *run;

	(void)state;
	write_text("films.yaml", "%s", films);
	assert_code(RUN(url("/board/4?offset=0"), "-c", "films.yaml", QUICK), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		run = RUN("sql", rows[i].format, "SELECT id, title FROM films ORDER BY id LIMIT 2");
		assert_code(run, 0);
		assert_string_equal(run->out, rows[i].out);
		assert_int_equal(run->error_size, 0);
	}
	run = RUN("sql", "SELECT id, title FROM films ORDER BY id LIMIT 2");
	assert_code(run, 0);
	assert_int_equal(count_lines(run->out), 3);
	assert_says(run->out, "1021 雨夜的邮差");
}

/* Most readers of JSON keep one of two values of a name. */
static void every_name_of_an_object_is_its_own(void **state)
{
	static const struct {
		const char *sql, *object;
	} rows[] = {
		{ "SELECT 1 AS a, 2 AS a", "{\"a\":1,\"a_2\":2}\n" },
		{ "SELECT 1 AS a, 2 AS a, 3 AS a", "{\"a\":1,\"a_2\":2,\"a_3\":3}\n" },
		{ "SELECT 1 AS a, 2 AS a, 3 AS a_2", "{\"a\":1,\"a_3\":2,\"a_2\":3}\n" },
		{ "SELECT 1 AS a, 2 AS A", "{\"a\":1,\"A\":2}\n" },
		{ "SELECT 1, 1", "{\"1\":1,\"1_2\":1}\n" },
	};

	(void)state;
	write_text("films.yaml", "%s", films);
	assert_code(RUN(url("/board/4?offset=0"), "-c", "films.yaml", QUICK), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(RUN("sql", "--format", "jsonl", rows[i].sql)->out,
				    rows[i].object);
	assert_string_equal(RUN("sql", "--format", "csv", "SELECT 1 AS a, 2 AS a")->out,
			    "a,a\r\n1,2\r\n");
}

/* A string of it would have to be read twice.  A column that is added later is no different. */
static void a_field_of_json_is_written_as_json(void **state)
{
	static const char config[] = "patterns:\n"
				     "  - name: heads\n"
				     "    pattern: '<h1>(?<head>[^<]*)'\n"
				     "    fields:\n"
				     "      head:\n"
				     "%s";
	static const char more[] = "      list: {value: '[\"{head}\", 1]', type: json}\n";

	(void)state;
	write_text("heads.yaml", config, "");
	assert_code(RUN(url("/page/1"), "-c", "heads.yaml", QUICK), 0);
	write_text("heads.yaml", config, more);
	assert_code(RUN(url("/page/1"), "-c", "heads.yaml", QUICK), 0);
	assert_says(RUN("export", "heads", "--format", "jsonl")->out, ",\"list\":[\"");
	assert_says(RUN("sql", "--json", "SELECT list AS x FROM heads")->out, "[{\"x\":[\"");
	assert_says(RUN("sql", "--json", "SELECT list || '' AS x FROM heads")->out,
		    "[{\"x\":\"[\\\"");
	assert_code(RUN(url("/page/1"), "--fresh", "-c", "heads.yaml", QUICK), 0);
	assert_says(RUN("export", "heads", "--format", "jsonl")->out, ",\"list\":[\"");
}

static void export_writes_a_whole_table(void **state)
{
	struct program *run;

	(void)state;
	write_text("films.yaml", "%s", films);
	assert_code(RUN(url("/board/4?offset=0"), "-c", "films.yaml", QUICK), 0);
	run = RUN("export", "films");
	assert_code(run, 0);
	assert_int_equal(count_lines(run->out), 11);
	assert_int_equal(strncmp(run->out, "page_url,n,id,title\r\n", 21), 0);
	assert_int_equal(run->error_size, 0);
	run = RUN("export", "films", "--format", "jsonl");
	assert_code(run, 0);
	assert_int_equal(count_lines(run->out), 10);
	assert_int_equal(strncmp(run->out, "{\"page_url\":\"http://", 20), 0);
}

static void a_query_can_be_wrong_in_many_ways_and_changes_nothing(void **state)
{
	static const struct {
		const char *words[5];
		int code;
		const char *said;
	} rows[] = {
		{ { "sql", "SELECT nonsense FROM pages" }, 2, "nonsense" },
		{ { "sql", "SELEC" }, 2, "SELEC" },
		{ { "sql", "DELETE FROM urls" }, 2, "" },
		{ { "sql", "DROP TABLE urls" }, 2, "" },
		{ { "sql", "PRAGMA user_version = 8" }, 2, "" },
		{ { "sql", "SELECT 1; SELECT 2" }, 2, "" },
		{ { "sql" }, 2, "usage" },
		{ { "sql", "-o", "missing.db", "SELECT 1" }, 3, "missing.db" },
		{ { "export", "nonsense" }, 2, "there are: pages, runs" },
		{ { "export", "pages", "--format", "xml" }, 2, "xml" },
		{ { "export", "-o", "missing.db", "pages" }, 3, "missing.db" },
	};

	(void)state;
	assert_code(RUN(url("/page/1"), QUICK), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run = program_run(&(struct program_setup){ 0 }, rows[i].words);

		assert_code(run, rows[i].code);
		assert_says(run->error, rows[i].said);
		assert_true(run->error_size > 0);
		assert_int_equal(run->out_size, 0);
	}
	assert_string_equal(ask("SELECT count(*) FROM urls"), "1");
	assert_string_equal(ask("PRAGMA user_version"), "7");
	assert_int_equal(access(in_folder("missing.db"), F_OK), -1);
}

/* ---- check ---- */

static void check_says_what_tables_a_config_makes(void **state)
{
	struct program *run;

	(void)state;
	write_text("films.yaml", "%s", films);
	run = RUN("check", "films.yaml");
	assert_code(run, 0);
	assert_says(run->out, "id integer, title text");
	assert_says(run->error, "1 pattern");
	run = RUN("check", "films.yaml", "--json");
	assert_code(run, 0);
	assert_says(run->out, "[{\"pattern\":\"films\",\"columns\":\"id integer, title text\"");
}

static void check_points_at_the_fault(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "patterns:\n  - name: a\n    pattern: '<a (.*?'\n",
		  "config.yaml:3:22: error: missing closing parenthesis\n"
		  "    pattern: '<a (.*?'\n"
		  "                     ^\n" },
		{ "patterns:\n  - name: a\n    patern: 'b'\n", "did you mean 'pattern'?" },
		{ "patterns:\n  - name: a\n    pattern: '(b)'\n    fields: {c: {group: 2}}\n",
		  "config.yaml:4:" },
		{ "patterns:\n  - name: runs\n    pattern: '(b)'\n", "runs" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run;

		write_text("config.yaml", "%s", rows[i].text);
		run = RUN("check", "config.yaml");
		assert_code(run, 2);
		assert_says(run->error, rows[i].said);
		assert_int_equal(run->out_size, 0);
	}
	assert_code(RUN("check", "missing.yaml"), 2);
}

/* ---- try ---- */

static void try_shows_the_rows_of_a_page_and_makes_no_database(void **state)
{
	struct program *run;

	(void)state;
	write_text("films.yaml", "%s", films);
	run = RUN("try", "films.yaml", url("/board/4?offset=90"));
	assert_code(run, 0);
	assert_says(run->out, "纸上的渡口");
	assert_says(run->out, "films: 10 rows");
	run = RUN("try", "films.yaml", url("/board/4?offset=90"), "--json");
	assert_code(run, 0);
	assert_says(run->out, "{\"id\":2308,\"title\":\"纸上的渡口\"}]\n");
	assert_int_equal(run->out[0], '[');
	assert_int_equal(count_lines(run->out), 10);
	assert_int_equal(access(in_folder("crawl.db"), F_OK), -1);
}

/* The page's URL, and where it leads. */
static void try_asks_for_a_url_as_the_config_has_it(void **state)
{
	struct program *run;

	(void)state;
	write_text("heads.yaml",
		   "canonical: {drop_query: [utm_*]}\n"
		   "patterns: [{name: heads, url: '/page/1$', pattern: '<h1>.*?</h1>'}]\n");
	run = RUN("try", "heads.yaml", url("/page/1?utm_x=1"));
	assert_code(run, 0);
	assert_says(run->error, url("/page/1: 200"));
	run = RUN("try", "heads.yaml", url("/redirect-to?url=/page/1%%3Futm_x=1&utm_y=2"));
	assert_code(run, 0);
	assert_says(run->error, url("/page/1: 200"));
}

/* Where there is no page for it, it says so, as a run would. */
static void try_judges_a_status_as_a_run_does(void **state)
{
	static const struct {
		const char *target;
		int code;
		const char *said;
	} rows[] = {
		{ "/redirect-to?url=/page/1&status=301", 0, "/page/1: 200" },
		{ "/redirect-to?url=/page/1&status=303", 0, "/page/1: 200" },
		{ "/redirect-to?url=/page/1&status=308", 0, "/page/1: 200" },
		{ "/redirect-to?url=/page/1&status=201", 0, ": 201" },
		{ "/redirect-to?url=/page/1&status=206", 1, "bad_response" },
		{ "/redirect-to?url=/page/1&status=300", 1, "HTTP status 300" },
		{ "/redirect-to?url=/page/1&status=304", 1, "bad_response" },
		{ "/redirect-to?url=/page/1&status=305", 1, "HTTP status 305" },
		{ "/redirect-to?url=&status=301", 1, "HTTP status 301: a redirect without" },
		{ "/redirect-to?url=http://", 1, "without a usable Location: no host" },
		{ "/redirect-to?url=%23x", 1, "more redirects than allowed" },
		{ "/status/302", 1, "HTTP status 302" },
		{ "/status/404", 1, "HTTP status 404" },
		{ "/long-status/404", 1, "HTTP status 404" },
		{ "/long-status/503", 1, "HTTP status 503" },
		{ "/size/200000", 1, "too_large" },
	};

	(void)state;
	write_text("small.yaml",
		   "crawl: {max_body: 100KB}\n"
		   "patterns: [{name: heads, url: '/', pattern: '<(?<text>h1|html|body)'}]\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run = RUN("try", "small.yaml", url("%s", rows[i].target));

		if (run->code != rows[i].code || !strstr(run->error, rows[i].said))
			fail_msg("%s: %d, %s", rows[i].target, run->code, run->error);
	}
}

static void try_takes_a_file_for_the_url_that_it_is_told(void **state)
{
	static const char page[] = "<p class=\"name\"><a href=\"/films/7\" title=\"Seven\">";
	struct program *run;

	(void)state;
	write_text("films.yaml", "%s", films);
	write_text("page.html", "%s", page);
	run = RUN("try", "films.yaml", "page.html", "--json");
	assert_code(run, 0);
	assert_string_equal(run->out, "[{\"id\":7,\"title\":\"Seven\"}]\n");
	run = RUN("try", "films.yaml", "page.html", "--json", "--url",
		  "http://example.org/board/1");
	assert_code(run, 0);
	assert_string_equal(run->out, "[{\"id\":7,\"title\":\"Seven\"}]\n");
	run = RUN("try", "films.yaml", "page.html", "--url", "http://example.org/other");
	assert_code(run, 1);
	assert_says(run->error, "no pattern is for this URL");
	run = RUN_WITH((&(struct program_setup){ .input = page, .input_size = strlen(page) }),
		       "try", "-", "-e", "title=title=\"(?<text>.*?)\"", "--json");
	assert_code(run, 0);
	assert_string_equal(run->out, "[{\"text\":\"Seven\"}]\n");
}

static void try_says_by_its_code_what_was_in_the_way(void **state)
{
	(void)state;
	write_text("page.html", "<p>nothing");
	assert_code(RUN("try", "-e", "a=<a>", "page.html"), 1);
	assert_code(RUN("try", "-e", "a=<a>", "missing.html"), 2);
	assert_code(RUN("try", "-e", "a=(", "page.html"), 2);
	assert_code(RUN("try", "page.html"), 2);
	assert_code(RUN("try", "-e", "a=<a>", "http://127.0.0.1:1/"), 1);
	assert_code(RUN("try", "-e", "a=<a>", "page.html", "--url", "nonsense"), 2);
}

/* ---- inspect ---- */

static void inspect_text_writes_the_bytes_and_nothing_else(void **state)
{
	static const struct {
		const char *bytes, *type, *out, *error;
	} rows[] = {
		{ "<p>caf\xe9", "text/html; charset=iso-8859-1", "<p>café",
		  "charset=windows-1252 source=header\n" },
		{ "<meta charset=koi8-r>\xf0\xf2\xe9", "text/html", "<meta charset=koi8-r>ПРИ",
		  "charset=koi8-r source=meta\n" },
		{ "\xef\xbb\xbf<p>café", "text/html; charset=koi8-r", "<p>café",
		  "charset=utf-8 source=bom\n" },
		{ "<p>café\r\n", "text/html", "<p>café\r\n", "charset=utf-8 source=utf8\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run;

		write_bytes("page.html", rows[i].bytes, strlen(rows[i].bytes));
		run = RUN("inspect", "text", "page.html", "--content-type", rows[i].type);
		assert_code(run, 0);
		assert_string_equal(run->out, rows[i].out);
		assert_string_equal(run->error, rows[i].error);
	}
	assert_code(RUN("inspect", "text", "missing.html"), 2);
	assert_code(RUN("inspect", "text"), 2);
	assert_code(RUN("inspect", "nonsense"), 2);
}

static void inspect_url_writes_a_line_for_each_reference(void **state)
{
	static const char lines[] = "../b\nhttp://example.org/a/\t?q#f\nftp://x/\n";
	struct program_setup setup = { .input = lines, .input_size = sizeof(lines) - 1 };
	struct program *run;

	(void)state;
	run = RUN("inspect", "url", "--base", "http://EXAMPLE.org/a/", "../b", "?c", "//d/e", "--",
		  "-f");
	assert_code(run, 0);
	assert_string_equal(run->out, "http://example.org/b\nhttp://example.org/a/?c\n"
				      "http://d/e\nhttp://example.org/a/-f\n");
	run = RUN_WITH(&setup, "inspect", "url", "--base", "http://example.org/x/y");
	assert_code(run, 1);
	assert_int_equal(
		strncmp(run->out, "http://example.org/b\nhttp://example.org/a/?q\nerror: ", 52), 0);
}

/* ---- the rest ---- */

static void what_is_no_command_and_no_file_is_told_so(void **state)
{
	static const char *const rows[] = { "chekc", "--verison", "-Z" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run = RUN(rows[i]);

		assert_code(run, 2);
		assert_says(run->error, rows[i]);
		assert_int_equal(run->out_size, 0);
		assert_true(count_lines(run->error) <= 2);
	}
}

/* ---- body ---- */

static void body_gives_a_kept_page_back_or_says_why_not(void **state)
{
	static const struct {
		const char *path;
		int code;
		const char *wanted; /* in what is written, or in what is said */
	} rows[] = {
		{ "/books/1", 0, "<title>Books</title>" },
		{ "/status/404", 1, "is not kept: failed, http_error (crawl why http" },
		{ "/status/410?a&b", 1, "(crawl why 'http" }, /* as a shell wants it */
		{ "/board/", 1, "is not known to crawl.db" },
		{ "/type/image/png", 0, "" },
		{ "/charset/gb18030?header=1&meta=0", 0, "\xe4" }, /* as UTF-8 */
	};
	struct program *run;

	(void)state;
	write_text("list", "%s\n%s\n%s\n%s\n%s\n", url("/books/1"), url("/status/404"),
		   url("/status/410?a&b"), url("/type/image/png"),
		   url("/charset/gb18030?header=1&meta=0"));
	assert_code(RUN("list", QUICK), 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		run = RUN("body", url("%s", rows[i].path));
		assert_code(run, rows[i].code);
		assert_says(rows[i].code == 0 ? run->out : run->error, rows[i].wanted);
		assert_int_equal(rows[i].code == 0 ? run->error_size : run->out_size, 0);
	}
	run = RUN("body", "127.0.0.1:1/a");
	assert_code(run, 1);
	assert_says(run->error, "no scheme: begin the URL with http://");
}

static void body_writes_all_of_a_page_whatever_its_size(void **state)
{
	static const char *const paths[] = { "/gzip-bomb/2", "/empty", "/books/1" };
	struct program *run;
	char sql[128];

	(void)state;
	assert_code(RUN(url("/gzip-bomb/2"), url("/empty"), url("/books/1"), QUICK), 0);
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		run = RUN("body", url("%s", paths[i]));
		assert_code(run, 0);
		snprintf(sql, sizeof(sql), "SELECT size FROM pages WHERE url LIKE '%%%s'",
			 paths[i]);
		assert_int_equal(run->out_size, ask_number(sql));
	}
	assert_code(RUN("--fresh", "--no-keep-pages", url("/books/1"), QUICK), 0);
	run = RUN("body", url("/books/1"));
	assert_code(run, 1);
	assert_says(run->error, "only with keep_pages");
	assert_int_equal(run->out_size, 0);
}

/* What somebody else wrote there, or a disk lost: nothing is made up. */
static void body_tells_a_damaged_page_from_a_whole_one(void **state)
{
	static const char *const damages[] = {
		"UPDATE bodies SET body = substr(body, 1, length(body) - 5)",
		"UPDATE bodies SET body = x'00'",
		"UPDATE bodies SET body = x''",
	};

	(void)state;
	assert_code(RUN(url("/books/1"), QUICK), 0);
	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		struct program *run;
		sqlite3 *database;

		assert_int_equal(sqlite3_open(in_folder("crawl.db"), &database), SQLITE_OK);
		assert_int_equal(sqlite3_exec(database, damages[i], NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(database);
		run = RUN("body", url("/books/1"));
		assert_code(run, 3);
		assert_says(run->error, "what is kept of it is damaged");
	}
}

/* ---- a dry run ---- */

/* What is said besides the figures of the lists; a list of ten URLs and one that stands twice. */
static void a_dry_run_says_how_long_it_takes_and_who_decides(void **state)
{
	static const struct {
		const char *options[6];
		const char *wanted[5];
	} rows[] = {
		{ { NULL },
		  { "11 different URLs of 2 hosts\n",
		    "  http://a.example: 10 URLs, 2 s apart, 1 at once: 20 s\n"
		    "  http://b.example: 1 URL, 500 ms apart, 2 at once: 0.5 s\n",
		    "at least 20 s: http://a.example decides\n",
		    "c.yaml:7: nowhere: no URL of the lists is one of its pages\n" } },
		{ { "--no-robots", "--delay", "1m" }, /* no robots.txt is one request less */
		  { "10 URLs, 1 min apart, 1 at once: 9 min 00 s\n", "at least 9 min 00 s" } },
		{ { "--delay", "0" }, { "10 URLs, 0 s apart", "no host has to be waited for" } },
		{ { "--polite-per", "domain" }, { "  a.example: 10 URLs" } },
		{ { "--max-pages", "3" }, { "max_pages ends the run after 3 of them" } },
		{ { "--max-time", "5s" }, { "max_time ends the run after 5.0 s: all of them" } },
	};

	(void)state;
	write_text("c.yaml", "hosts: [{match: a.example, delay: 2s, concurrency: 1}]\n"
			     "patterns:\n"
			     "  - name: numbered\n"
			     "    url: '/[0-9]$'\n"
			     "    pattern: 'x(?<y>.)'\n"
			     "\n"
			     "  - name: nowhere\n"
			     "    url: 'nowhere'\n"
			     "    pattern: 'x(?<y>.)'\n");
	write_text("list", "http://a.example/0\nhttp://a.example/1\nhttp://a.example/2\n"
			   "http://a.example/3\nhttp://a.example/4\nhttp://a.example/5\n"
			   "http://a.example/6\nhttp://a.example/7\nhttp://a.example/8\n"
			   "http://A.example/9\nhttp://a.example:80/9\nhttp://b.example/\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *const *more = rows[i].options;
		const char *words[10] = { "list", "--dry-run", "-c", "c.yaml" };
		struct program *run;

		for (size_t k = 0; more[k]; k++)
			words[4 + k] = more[k];
		run = program_run(&(struct program_setup){ 0 }, words);
		assert_code(run, 0);
		assert_int_equal(run->out_size, 0);
		for (size_t k = 0; rows[i].wanted[k]; k++)
			assert_says(run->error, rows[i].wanted[k]);
		assert_silent_on(run->error, "numbered");
		assert_int_equal(access(in_folder("crawl.db"), F_OK), -1);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scenario_begin, scenario_end)
#define BARE(function) cmocka_unit_test_setup_teardown(function, folder_make, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BARE(the_version_names_every_library),
		BARE(every_command_has_a_screen_of_help_with_examples),
		TEST(a_crawl_writes_nothing_to_standard_output),
		TEST(no_terminal_gets_no_escape_codes),
		TEST(a_summary_has_at_most_fifteen_lines),
		TEST(a_summary_says_what_came_and_what_to_type_next),
		TEST(the_only_url_of_a_list_is_the_one_to_try),
		TEST(the_first_failures_are_named_and_statuses_told_apart),
		TEST(a_table_whose_pattern_is_gone_is_named),
		TEST(quiet_means_errors_only),
		TEST(the_log_may_be_json_line_by_line),
		TEST(a_config_that_the_database_refuses_is_refused_before_anything_changes),
		TEST(a_damaged_database_is_no_wrong_usage),
		TEST(sql_answers_as_table_json_or_csv),
		TEST(every_name_of_an_object_is_its_own),
		TEST(a_field_of_json_is_written_as_json),
		TEST(export_writes_a_whole_table),
		TEST(a_query_can_be_wrong_in_many_ways_and_changes_nothing),
		BARE(check_says_what_tables_a_config_makes),
		BARE(check_points_at_the_fault),
		TEST(try_shows_the_rows_of_a_page_and_makes_no_database),
		TEST(try_asks_for_a_url_as_the_config_has_it),
		TEST(try_judges_a_status_as_a_run_does),
		BARE(try_takes_a_file_for_the_url_that_it_is_told),
		BARE(try_says_by_its_code_what_was_in_the_way),
		BARE(inspect_text_writes_the_bytes_and_nothing_else),
		BARE(inspect_url_writes_a_line_for_each_reference),
		BARE(what_is_no_command_and_no_file_is_told_so),
		BARE(a_dry_run_says_how_long_it_takes_and_who_decides),
		TEST(body_gives_a_kept_page_back_or_says_why_not),
		TEST(body_tells_a_damaged_page_from_a_whole_one),
		TEST(body_writes_all_of_a_page_whatever_its_size),
	};

	return RUN_TESTS(tests);
}
