#include "tests/support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/scenario.h"

/* Rows to standard output ("-o -"): what is written, what is left, and who may go away. */

#define QUICK  "--delay", "0", "--set", "retries=0"
#define STREAM "-o", "-"
#define HEADS  "-e", "heads=<h1>(?<text>.*?)</h1>"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Is there anything in the folder that the program made?  ("in-1", "out-1", ... are the harness's.)
 */
static bool is_left_behind(const char *part)
{
	DIR *folder = opendir(in_folder("."));
	bool is_found = false;

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));)
		is_found |= strstr(entry->d_name, part) != NULL;
	closedir(folder);
	return is_found;
}

static void assert_nothing_is_left(void)
{
	assert_false(is_left_behind("db"));
	assert_false(is_left_behind("-ctl"));
	assert_int_not_equal(access(in_folder("-"), F_OK), 0);
}

/* Standard output has nothing but rows; what is said goes to standard error, as always. */
static void rows_are_objects_a_line_and_no_database_is_left(void **state)
{
	char wanted[512];
	struct program *run = RUN(url("/page/1"), QUICK, STREAM, HEADS);

	(void)state;
	assert_code(run, 0);
	snprintf(wanted, sizeof(wanted), "{\"page_url\":\"%s\",\"n\":1,\"text\":\"page 1\"}\n",
		 url("/page/1"));
	assert_string_equal(run->out, wanted);
	assert_says(run->error, "rows go to standard output, and nothing is kept\n");
	assert_says(run->error, "heads: 1 row from 1 of 1 page\n");
	assert_silent_on(run->error, "next:");
	assert_nothing_is_left();
}

/* As `export NAME --format jsonl` has them, of every type; with the pattern's name where several
 * are. */
static void rows_are_those_that_an_export_has(void **state)
{
	struct program *stream, *export;

	(void)state;
	write_text("c.yaml", "patterns:\n"
			     "  - name: books\n"
			     "    pattern: '<h1>(?<n1>.*?)(?<digits>\\d+)</h1>'\n"
			     "    fields:\n"
			     "      digits: {type: integer}\n"
			     "      half: {value: '0.5', type: real}\n"
			     "      list: {value: '[{digits}, null]', type: json}\n"
			     "      none: {value: '{2}x', type: integer}\n");
	write_list("list", "/page/%d", 1, 5);
	stream = RUN("list", QUICK, STREAM, "-c", "c.yaml", "--concurrency", "1");
	assert_code(stream, 0);
	RUN("list", QUICK, "-c", "c.yaml", "--concurrency", "1");
	export = RUN("export", "books", "--format", "jsonl");
	assert_string_equal(stream->out, export->out);
	assert_says(stream->out, "\"digits\":3,\"half\":0.5,\"list\":[3, null],\"none\":null}\n");
}

static void several_patterns_say_which_a_row_is_of(void **state)
{
	static const char *const e = "pairs=<title>(?<pattern>.*?)</title>";
	struct program *run;

	(void)state;
	run = RUN(url("/page/1"), QUICK, STREAM, HEADS, "-e", e);
	assert_says(run->out, "{\"pattern\":\"heads\",\"page_url\":\"http://");
	assert_int_equal(count_lines(run->out), 2);
	/* a field that is called so has the name */
	assert_says(run->out, "\n{\"page_url\":\"http://");
}

static void every_row_of_many_pages_is_written_once(void **state)
{
	struct program *run;

	(void)state;
	write_list("list", "/page/%d", 1, 500);
	run = RUN("list", QUICK, STREAM, "-q", "--concurrency", "32", "-e",
		  "links=<a href=\"(?<to>.*?)\"");
	assert_code(run, 0);
	assert_int_equal(count_lines(run->out), 500 * 20);
	assert_string_equal(run->error, "");
}

/* What needs a database says so, in one line, and nothing is fetched. */
static void what_needs_a_database_is_refused(void **state)
{
	static const struct {
		const char *words[6], *wanted;
	} rows[] = {
		{ { "http://127.0.0.1:1/", "--update", "-e", "h=x" }, "crawl: --update needs a " },
		{ { "http://127.0.0.1:1/", "--retry-failed", "-e", "h=x" },
		  "crawl: --retry-failed " },
		{ { "http://127.0.0.1:1/", "--fresh", "-e", "h=x" },
		  "crawl: --fresh needs a data" },
		{ { "http://127.0.0.1:1/", "--all", "-e", "h=x" },
		  "crawl: --all needs a database" },
		{ { "-e", "h=x" }, "crawl: no URLs: give a list, a URL, or -" },
		{ { "http://127.0.0.1:1/", "--keep-pages", "-e", "h=x" },
		  "crawl: --keep-pages nee" },
		{ { "http://127.0.0.1:1/" }, "crawl: -o - writes the rows of patterns, and " },
		{ { "ctl", "pause" },
		  "crawl: -o - leaves no database that 'crawl ctl pause' could" },
		{ { "sql", "SELECT 1" }, "crawl: -o - leaves no database that 'crawl sql' could" },
		{ { "export", "h" },
		  "crawl: -o - leaves no database that 'crawl export' could ask" },
		{ { "status" }, "crawl: -o - leaves no database that 'crawl status' could ask" },
		{ { "failed" }, "crawl: -o - leaves no database that 'crawl failed' could ask" },
		{ { "why", "http://a/" }, "crawl: -o - leaves no database that 'crawl why' could" },
		{ { "body", "http://a/" },
		  "crawl: -o - leaves no database that 'crawl body' could" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *words[9] = { STREAM };
		struct program *run;

		memcpy(words + 2, rows[i].words, sizeof(rows[i].words));
		run = program_run(&(struct program_setup){ 0 }, words);
		assert_code(run, 2);
		assert_says(run->error, rows[i].wanted);
		assert_int_equal(count_lines(run->error), 1);
		assert_string_equal(run->out, "");
		assert_nothing_is_left();
	}
}

static void a_run_without_a_database_has_no_advice_that_needs_one(void **state)
{
	struct program *run;

	(void)state;
	write_text("list", "%s\nno url\n%s\n", url("/missing"), url("/page/1"));
	run = RUN("list", QUICK, STREAM, HEADS);
	assert_code(run, 1);
	assert_says(run->error, "failed, http_error 404: ");
	assert_says(run->error, "exit 1: 1 URL failed; 1 line is no URL\n");
	run = RUN(url("/page/1"), QUICK, STREAM, HEADS, "--max-pages", "1", "--dry-run");
	assert_code(run, 0);
	write_list("list", "/page/%d", 1, 9);
	run = RUN("list", QUICK, STREAM, HEADS, "--max-pages", "3");
	assert_says(run->error, "stopped after --max-pages; 6 URLs left\n");
}

/* ---- who reads ---- */

/* A reader that takes one row and goes: of a list that would take minutes. */
static void a_reader_that_goes_away_ends_the_run(void **state)
{
	static const char *const expressions[] = { "heads=<h1>(?<text>.*?)</h1>", "none=nothing" };
	int ends[2];
	char row[4096];

	(void)state;
	write_list("list", "/page/%d", 1, 3000);
	for (size_t i = 0; i < COUNT_OF(expressions); i++) {
		struct program_setup setup = { 0 };
		struct program *run;

		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		setup.output_fd = ends[1];
		run = program_start(&setup,
				    (const char *const[]){ "list", "-e", expressions[i], STREAM,
							   "--delay", "100ms", NULL });
		close(ends[1]);
		if (i == 0) {
			assert_true(read(ends[0], row, sizeof(row)) > 0);
			assert_memory_equal(row, "{\"page_url\"", 11);
		}
		close(ends[0]);
		assert_int_equal(program_wait(run), 0);
		assert_silent_on(run->error, "Broken pipe");
		assert_silent_on(run->error, "the same command");
		assert_nothing_is_left();
	}
}

/* More than a pipe takes at once comes whole. */
static void a_slow_reader_gets_every_row(void **state)
{
	struct program_setup setup = { 0 };
	char part[30000];
	struct program *run;
	size_t lines = 0;
	ssize_t size;
	int ends[2];

	(void)state;
	write_list("list", "/page/%d", 1, 500);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	setup.output_fd = ends[1];
	run = program_start(&setup, (const char *const[]){ "list", QUICK, STREAM, "-e",
							   "links=<a href=\"(?<to>.*?)\"",
							   "--concurrency", "32", NULL });
	close(ends[1]);
	while ((size = read(ends[0], part, sizeof(part))) > 0) {
		for (ssize_t i = 0; i < size; i++)
			lines += part[i] == '\n';
		test_pause();
	}
	close(ends[0]);
	assert_int_equal(program_wait(run), 0);
	assert_int_equal(lines, 500 * 20);
}

static bool is_full(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };

	return poll(&wait, 1, 0) == 0;
}

/* A pipe that nobody reads is waited for, and the crawl with it; a signal ends that. */
static void a_reader_that_does_not_read_keeps_nobody_from_ending_it(void **state)
{
	struct program_setup setup = { 0 };
	struct program *run;
	int ends[2];

	(void)state;
	write_list("list", "/page/%d", 1, 500);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	setup.output_fd = ends[1];
	run = program_start(&setup, (const char *const[]){ "list", QUICK, STREAM, "-e",
							   "links=<a href=\"(?<to>.*?)\"",
							   "--grace", "200ms", NULL });
	assert_true(WAIT_UNTIL(is_full(ends[1]) && process_sleeps(run->pid)));
	close(ends[1]);
	kill(run->pid, SIGTERM);
	assert_int_equal(program_wait(run), 143);
	assert_says(run->error, "crawl: standard output: nobody reads it: rows are missing\n");
	close(ends[0]);
}

static void an_output_that_is_full_is_no_success(void **state)
{
	struct program_setup setup = { .output_fd = open("/dev/full", O_WRONLY | O_CLOEXEC) };
	struct program *run;

	(void)state;
	run = RUN_WITH(&setup, url("/page/1"), QUICK, STREAM, HEADS);
	close(setup.output_fd);
	assert_code(run, 3);
	assert_says(run->error,
		    "crawl: standard output: No space left on device: rows are missing\n");
}

/* Not even a kill leaves something: the file behind it has no name. */
static void a_run_that_is_killed_leaves_nothing(void **state)
{
	static const char *const environment[] = { "SQLITE_TMPDIR=.", "TMPDIR=.", NULL };
	struct program_setup setup = { .environment = environment };
	struct program *run;

	(void)state;
	write_list("list", "/page/%d", 1, 3000);
	run = program_start(
		&setup, (const char *const[]){ "list", "--delay", "50ms", STREAM, HEADS, NULL });
	assert_true(WAIT_UNTIL(strstr(program_errors(run), "3000 lines") != NULL));
	kill(run->pid, SIGKILL);
	assert_int_equal(program_wait(run), -SIGKILL);
	assert_nothing_is_left();
	assert_false(is_left_behind("etilqs"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scenario_begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_are_objects_a_line_and_no_database_is_left),
		TEST(rows_are_those_that_an_export_has),
		TEST(several_patterns_say_which_a_row_is_of),
		TEST(every_row_of_many_pages_is_written_once),
		TEST(what_needs_a_database_is_refused),
		TEST(a_run_without_a_database_has_no_advice_that_needs_one),
		TEST(a_slow_reader_gets_every_row),
		TEST(a_reader_that_goes_away_ends_the_run),
		TEST(a_reader_that_does_not_read_keeps_nobody_from_ending_it),
		TEST(an_output_that_is_full_is_no_success),
		TEST(a_run_that_is_killed_leaves_nothing),
	};

	return RUN_TESTS(tests);
}
