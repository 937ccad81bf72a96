#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: its database, and what one run leaves for the next.
 */
#define QUICK "--delay", "0", "--set", "retries=0", "--concurrency", "16"

/* ---- databases that cannot be crawled into ---- */

static void assert_not_fetched(const struct program *run, const char *said)
{
	assert_code(run, 3);
	assert_says(run->error, said);
	assert_silent_on(run->error, "pages in"); /* no summary of nothing */
	assert_int_equal(site_requests().count, 0);
}

static void a_file_that_is_not_ours_stays_as_it_is(void **state)
{
	static const char text[] = "This is no database at all, and somebody wants to keep it.\n"
				   "It is longer than a database's header, which is 100 bytes.\n";
	char kept[sizeof(text)] = "";
	int fd;

	(void)state;
	write_text("notes.txt", "%s", text);
	assert_not_fetched(RUN(url("/page/1"), "-o", "notes.txt", QUICK), "not a database");
	assert_not_fetched(RUN(url("/page/1"), "-o", "notes.txt", "--fresh", QUICK),
			   "not a database");
	fd = open(in_folder("notes.txt"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, kept, sizeof(kept)), sizeof(text) - 1);
	close(fd);
	assert_string_equal(kept, text);
}

static void a_database_of_another_program_stays_as_it_is(void **state)
{
	(void)state;
	write_text("other.db", "%s", "");
	ask_in(in_folder("other.db"), "CREATE TABLE letters (text)");
	assert_not_fetched(RUN(url("/page/1"), "-o", "other.db", QUICK), "another program");
	assert_not_fetched(RUN(url("/page/1"), "-o", "other.db", "--fresh", QUICK),
			   "another program");
	assert_string_equal(ask_in(in_folder("other.db"), "SELECT name FROM sqlite_schema"),
			    "letters");
}

static void a_database_of_a_newer_crawl_stays_as_it_is(void **state)
{
	struct program *run;

	(void)state;
	assert_code(RUN("run", "-", QUICK), 1);
	ask("PRAGMA user_version = 99");
	assert_not_fetched(RUN(url("/page/1"), QUICK), "newer");
	assert_int_equal(ask_number("SELECT count(*) FROM pages"), 0);
	run = RUN("sql", "SELECT * FROM pages");
	assert_code(run, 3);
	assert_says(run->error, "newer");
}

static void a_folder_or_a_path_into_nowhere_is_no_database(void **state)
{
	(void)state;
	mkdir(in_folder("folder"), 0700);
	assert_not_fetched(RUN(url("/page/1"), "-o", "folder", QUICK), "is a folder");
	assert_not_fetched(RUN(url("/page/1"), "-o", "nowhere/crawl.db", QUICK), "no folder");
}

static void a_read_only_database_can_be_asked_but_not_crawled_into(void **state)
{
	struct program_setup setup = { .is_bound_by_modes = true };
	struct program *run;

	(void)state;
	assert_code(RUN(url("/page/1"), QUICK), 0);
	chmod(in_folder("crawl.db"), 0444);
	run = RUN_WITH(&setup, url("/page/2"), QUICK);
	assert_code(run, 3);
	assert_says(run->error, "cannot write to crawl.db");
	run = RUN_WITH(&setup, "sql", "--json", "SELECT title FROM pages");
	assert_code(run, 0);
	assert_says(run->out, "page 1");
	assert_int_equal(site_requests().count, 1);
}

static void a_second_crawl_into_the_same_file_is_refused(void **state)
{
	struct program *first, *second;
	char pid[32];

	(void)state;
	write_list("list", "/page/%d", 1, 10);
	first = START("list", QUICK, "--delay", "1s");
	assert_true(WAIT_UNTIL(site_requests().count > 0));
	second = RUN(url("/page/1000"), QUICK);
	assert_code(second, 3);
	snprintf(pid, sizeof(pid), "(pid %d)", (int)first->pid);
	assert_says(second->error, "in use by another crawl");
	assert_says(second->error, pid);
	second = RUN(url("/page/1000"), "--fresh", QUICK);
	assert_code(second, 3);
	assert_true(process_runs(first->pid));
	assert_code(RUN("sql", "SELECT count(*) FROM pages"), 0); /* who reads is welcome */
	assert_code(RUN("ctl", "delay", "127.0.0.1", "0"), 0);
	program_wait(first);
	assert_code(first, 0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE state = 'done'"), 10);
}

/* ---- a full disk ---- */

#define PAGES 200
/* Ninety rows of a page: some 10 kB. */
#define FAT    "-e", "line=(A page of .*)", "-o", "crawl.db"
#define NARROW "-j", "2", "--set", "window=2", "--set", "max_body=20000"

/* Again and again: also one that is full when the run begins. */
static void a_full_disk_ends_the_run_and_loses_nothing(void **state)
{
	static const uint64_t limits[] = { 350, 350, 500, 500, 700 }; /* kB */
	char *undisturbed, *healed;

	(void)state;
	write_list("list", "/page/%d", 1, PAGES);
	assert_code(RUN("list", QUICK, NARROW, FAT), 0);
	undisturbed = contents(in_folder("crawl.db"), "line");
	assert_int_equal(ask_number("SELECT count(*) FROM line"), 90 * PAGES);
	unlink(in_folder("crawl.db"));

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct program_setup full = { .file_bytes_max = limits[i] * 1024 };
		struct program *run = RUN_WITH(&full, "list", QUICK, NARROW, FAT);

		assert_code(run, 3);
		assert_says(run->error, "crawl: ");
		assert_says(run->error, "crawl.db");
		assert_says(run->error, "look at the disk");
		assert_string_equal(ask("PRAGMA integrity_check"), "ok");
		assert_string_equal(ask("SELECT DISTINCT ended FROM runs"), "failed");
	}

	assert_code(RUN("list", QUICK, NARROW, FAT), 0);
	healed = contents(in_folder("crawl.db"), "line");
	assert_string_equal(healed, undisturbed);
	free(undisturbed);
	free(healed);
}

/* ---- one run after the other ---- */

static void a_stopped_run_is_gone_on_with_and_nothing_is_asked_twice(void **state)
{
	struct program *run;
	struct requests requests;

	(void)state;
	write_list("list", "/page/%d", 1, 100);
	run = RUN("list", QUICK, "--max-pages", "30");
	assert_code(run, 0);
	assert_says(run->error, "run 1: new crawl");
	assert_says(run->error, "70 URLs left: the same command goes on");
	assert_string_equal(ask("SELECT state, count(*) FROM pages GROUP BY 1 ORDER BY 1"),
			    "done|30\npending|70");
	run = RUN("list", QUICK, "--max-pages", "30");
	assert_says(run->error, "run 2: resuming crawl.db: 30 done, 0 failed, 70 pending");
	run = RUN("list", QUICK);
	assert_code(run, 0);
	assert_says(run->error, "run 3: resuming crawl.db: 60 done, 0 failed, 40 pending");
	assert_string_equal(ask("SELECT state, count(*) FROM pages GROUP BY 1"), "done|100");
	assert_string_equal(ask("SELECT ended, pages FROM runs ORDER BY id"),
			    "max_pages|30\nmax_pages|30\nfinished|40");
	requests = site_all_requests();
	assert_each_once(&requests, 100);
}

static void after_a_finished_run_the_same_command_asks_again(void **state)
{
	struct program *run;
	struct requests requests;

	(void)state;
	write_list("list", "/page/%d", 1, 10);
	assert_code(RUN("list", QUICK), 0);
	run = RUN("list", QUICK);
	assert_code(run, 0);
	assert_says(run->error, "new pass over crawl.db: 10 URLs");
	requests = site_all_requests();
	assert_int_equal(requests.count, 20);
	for (size_t i = 0; i < requests.count; i++)
		assert_int_equal(requests_for(&requests, requests.list[i].target), 2);
	assert_string_equal(ask("SELECT count(*), sum(state = 'done') FROM pages"), "10|10");
}

static void new_urls_of_a_list_join_a_run_that_goes_on(void **state)
{
	struct requests requests;

	(void)state;
	write_list("list", "/page/%d", 1, 10);
	assert_code(RUN("list", QUICK, "--max-pages", "5"), 0);
	write_list("list", "/page/%d", 1, 15);
	assert_code(RUN("list", QUICK), 0);
	requests = site_all_requests();
	assert_each_once(&requests, 15);
}

static void fresh_says_what_it_drops_and_starts_over(void **state)
{
	struct program *run;

	(void)state;
	write_list("list", "/page/%d", 1, 10);
	assert_code(RUN("list", QUICK, "-e", "title=<h1>(.*?)</h1>"), 0);
	run = RUN(url("/page/50"), QUICK, "--fresh");
	assert_code(run, 0);
	assert_says(run->error, "dropping 10 URLs (10 done) and 10 rows of crawl.db");
	assert_says(run->error, "run 1: new crawl");
	assert_string_equal(ask("SELECT count(*), max(title) FROM pages"), "1|page 50");
	assert_int_equal(ask_number("SELECT count(*) FROM sqlite_schema WHERE name = 'title'"), 0);
}

static void max_time_ends_a_run_that_can_be_gone_on_with(void **state)
{
	struct program *run;
	struct requests requests;

	(void)state;
	write_list("list", "/page/%d", 1, 12);
	run = RUN("list", "--delay", "100ms", "--max-time", "300ms");
	assert_code(run, 0);
	assert_string_equal(ask("SELECT ended FROM runs"), "max_time");
	assert_true(ask_number("SELECT count(*) FROM pages WHERE state = 'pending'") > 0);
	assert_code(RUN("list", QUICK), 0);
	requests = site_all_requests();
	assert_each_once(&requests, 12);
}

static void a_run_notes_its_command_its_versions_and_its_end(void **state)
{
	(void)state;
	write_text("a list", "%s\n", url("/page/1"));
	assert_code(RUN("a list", QUICK), 0);
	assert_says(ask("SELECT command_line FROM runs"), "'a list'");
	assert_says(ask("SELECT versions FROM runs"), "SQLite");
	assert_string_equal(
		ask("SELECT id, ended, pages, started_at <= ended_at, pid > 1 FROM runs"),
		"1|finished|1|1|1");
}

/* Somebody else's rule about a table of theirs: it is told of the page, and ends nothing. */
static void a_row_that_the_database_refuses_fails_its_page_alone(void **state)
{
	static const char titles[] = "titles=<h1>(?<title>.*?)</h1>";
	const char *const said = "a row of pattern 'titles' was refused: no sevens";
	struct program *run;

	(void)state;
	write_list("list", "/page/%d", 1, 20);
	assert_code(RUN("list", QUICK, "-e", titles, "--max-pages", "1"), 0);
	ask("CREATE TRIGGER mine BEFORE INSERT ON crawl_rows_titles WHEN new.title = 'page 7'"
	    " BEGIN SELECT raise(ABORT, 'no sevens'); END");
	ask_in(NULL, NULL);
	run = RUN("list", QUICK, "-e", titles);
	assert_code(run, 1);
	assert_string_equal(
		ask("SELECT outcome, error, count(*) FROM pages GROUP BY 1 ORDER BY 1"),
		"ok|-|19\npattern_limit|a row of pattern 'titles' was refused: no sevens|1");
	assert_int_equal(ask_number("SELECT count(*) FROM titles"), 19);
	ask_in(NULL, NULL);
	assert_says(RUN("failed")->out, said);
	run = RUN("reparse", "-e", "titles=<h1>(?<title>.*)</h1>"); /* and the same again */
	assert_code(run, 1);
	assert_int_equal(ask_number("SELECT count(*) FROM titles"), 19);
	ask("DROP TRIGGER mine");
	ask_in(NULL, NULL);
	assert_code(RUN("reparse", "-e", titles), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"), "ok|20");
	assert_int_equal(ask_number("SELECT count(*) FROM titles"), 20);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scenario_begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_that_is_not_ours_stays_as_it_is),
		TEST(a_database_of_another_program_stays_as_it_is),
		TEST(a_database_of_a_newer_crawl_stays_as_it_is),
		TEST(a_folder_or_a_path_into_nowhere_is_no_database),
		TEST(a_read_only_database_can_be_asked_but_not_crawled_into),
		TEST(a_second_crawl_into_the_same_file_is_refused),
		TEST(a_row_that_the_database_refuses_fails_its_page_alone),
		TEST(a_full_disk_ends_the_run_and_loses_nothing),
		TEST(a_stopped_run_is_gone_on_with_and_nothing_is_asked_twice),
		TEST(after_a_finished_run_the_same_command_asks_again),
		TEST(new_urls_of_a_list_join_a_run_that_goes_on),
		TEST(fresh_says_what_it_drops_and_starts_over),
		TEST(max_time_ends_a_run_that_can_be_gone_on_with),
		TEST(a_run_notes_its_command_its_versions_and_its_end),
	};

	return RUN_TESTS(tests);
}
