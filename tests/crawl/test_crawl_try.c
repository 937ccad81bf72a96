/* The program on pages of a site, of the last hour, and of a database. */
#include "tests/support/test.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/scenario.h"

#define HEADS "heads=<h1>(?<text>.*?)</h1>"

static size_t asked_for(const char *target)
{
	struct requests requests = site_requests();

	return requests_for(&requests, target);
}

/* The one file of the cache, or "": there is none. */
static const char *cached_file(void)
{
	static char path[4096];
	DIR *entries = opendir(in_folder(".cache/crawl"));
	struct dirent *entry;

	path[0] = '\0';
	while (entries && (entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.')
			snprintf(path, sizeof(path), "%s/%s", in_folder(".cache/crawl"),
				 entry->d_name);
	if (entries)
		closedir(entries);
	return path;
}

static unsigned mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 0777;
}

/* ---- the pages of the last hour ---- */

static void a_page_is_fetched_once_within_an_hour(void **state)
{
	struct program *first, *second;

	(void)state;
	first = RUN("try", "-e", HEADS, url("/page/1"));
	assert_code(first, 0);
	second = RUN("try", "-e", HEADS, url("/page/1"));
	assert_code(second, 0);
	assert_int_equal(asked_for("/page/1"), 1);
	assert_says(second->error, "(--again asks anew)");
	assert_silent_on(first->error, "--again");
	assert_says(second->error, ": 200, text/html");
	assert_code(RUN("explain", "heads", "-e", HEADS, url("/page/1")), 0);
	assert_int_equal(asked_for("/page/1"), 1);
	assert_code(RUN("try", "-e", HEADS, url("/page/1"), "--again"), 0);
	assert_int_equal(asked_for("/page/1"), 2);
	assert_int_equal(mode_of(cached_file()), 0600);
	assert_int_equal(mode_of(in_folder(".cache/crawl")), 0700);
}

static void who_asks_otherwise_gets_another_page(void **state)
{
	(void)state;
	assert_code(RUN("try", "-e", HEADS, url("/page/1")), 0);
	assert_code(RUN("try", "-e", HEADS, url("/page/1"), "--user-agent", "other/1"), 0);
	assert_int_equal(asked_for("/page/1"), 2);
	/* One that is too large now is asked for, and refused. */
	assert_code(RUN("try", "-e", HEADS, url("/page/1"), "--max-body", "10B"), 1);
	assert_int_equal(asked_for("/page/1"), 3);
}

/* Do something to the file of the cache: then it is as if it were not there. */
static void what_is_old_or_damaged_or_not_ours_is_fetched_anew(void **state)
{
	static const char *const deeds[] = {
		"sed -i '1s/1$/2/'",                                   /* of another crawl */
		"truncate -s -10",                                     /* cut */
		"sed -i '2s|/page/1$|/page/2|'",                       /* of another URL */
		"sed -i '5s/.*/none/'",                                /* no charset */
		"sed -i '6s/[0-9]* \\([0-9]*\\)$/1600000000000 \\1/'", /* of some years ago */
		"chown 1",                                             /* somebody else's */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		char command[8192];

		if (geteuid() != 0 && strncmp(deeds[i], "chown", 5) == 0)
			continue;
		assert_code(RUN("try", "-e", HEADS, url("/page/1"), "--again"), 0);
		snprintf(command, sizeof(command), "%s '%s'", deeds[i], cached_file());
		assert_int_equal(system(command), 0);
		assert_code(RUN("try", "-e", HEADS, url("/page/1")), 0);
		assert_int_equal(asked_for("/page/1"), 2 * (i + 1));
	}
}

static void a_page_for_which_a_cookie_was_sent_is_not_kept(void **state)
{
	const char *start = url("/redirect-to?url=/cookie&cookie=a%%3Db");

	(void)state;
	for (size_t i = 1; i <= 2; i++) {
		struct program *run = RUN("try", "-e", "c=class=\"cookie\">(.*?)<", start);

		assert_code(run, 0);
		assert_says(run->out, "a=b");
		assert_int_equal(asked_for("/cookie"), i);
	}
	assert_string_equal(cached_file(), "");
}

static void without_a_home_nothing_is_kept(void **state)
{
	static const char *const environment[] = { "XDG_CACHE_HOME=/dev/null", NULL };
	const struct program_setup setup = { .environment = environment };

	(void)state;
	assert_code(RUN_WITH(&setup, "try", "-e", HEADS, url("/page/1")), 0);
	assert_code(RUN_WITH(&setup, "try", "-e", HEADS, url("/page/1")), 0);
	assert_int_equal(asked_for("/page/1"), 2);
}

/* ---- several pages ---- */

static void urls_and_files_are_tried_together(void **state)
{
	const char *file = write_text("page.html", "<h1>saved</h1>");
	struct program *run =
		RUN("try", "-e", HEADS, url("/page/1"), file, url("/status/404"), url("/page/2"));

	(void)state;
	assert_code(run, 1);
	assert_says(run->error, "/status/404: HTTP status 404");
	assert_says(run->out, "heads: 3 rows from 3 of 3 pages");
}

/* ---- pages of a database ---- */

static int begin_with_hosts(void **state)
{
	(void)state;
	return scenario_begin_with((const char *[]){ "--workers", "1", "--addresses", "4", NULL });
}

/* Ten pages of one host, two of each of three others. */
static void crawl_four_hosts(void)
{
	char list[4096] = "";

	for (unsigned i = 0; i < 16; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/page/%u", i);
		strcat(list, url_at(i < 10 ? 1 : 2 + i % 3, path));
		strcat(list, "\n");
	}
	write_text("list", "%s", list);
	assert_code(RUN("list", "--delay", "0", "-q"), 0);
}

static void stored_pages_are_spread_over_hosts(void **state)
{
	struct program *run;

	(void)state;
	crawl_four_hosts();
	run = RUN("try", "-e", HEADS, "--stored", "4", "--json");
	assert_code(run, 0);
	assert_int_equal(count_lines(run->out), 4);
	for (unsigned host = 1; host <= 4; host++)
		assert_says(run->out, url_at(host, "/page/"));
	assert_string_equal(RUN("try", "-e", HEADS, "--stored", "4", "--json")->out, run->out);
	run = RUN("try", "-e", HEADS, "--stored", "100");
	assert_code(run, 0);
	assert_says(run->out, "heads: 16 rows from 16 of 16 pages");
}

static void stored_pages_are_those_that_a_pattern_wants(void **state)
{
	struct program *run;

	(void)state;
	crawl_four_hosts();
	write_text("some.yaml", "patterns:\n"
				"  - name: heads\n"
				"    url: '//127\\.0\\.0\\.1:.*/page/[1-3]$'\n"
				"    pattern: '<h1>(?<text>.*?)</h1>'\n");
	run = RUN("try", "some.yaml", "--stored", "100");
	assert_code(run, 0);
	assert_says(run->out, "heads: 3 rows from 3 of 3 pages");
	assert_code(RUN("try", "-e", HEADS, "--stored", "1", "-o", "none.db"), 3);
}

static int begin_rooted(void **state)
{
	(void)state;
	return scenario_begin_rooted((const char *[]){ NULL });
}

/* The query of a link is written in the page's charset, whoever reads the page. */
static void a_stored_page_is_of_the_charset_that_it_came_in(void **state)
{
	static const char link[] = "/?q=%C4%E3";
	struct program *run;

	(void)state;
	write_text("root/gbk.html", "%s", "<meta charset=gbk><a href='/?q=\xc4\xe3'>x</a>");
	write_text("crawl.yaml", "patterns:\n"
				 "  - name: links\n"
				 "    fields: {to: {pattern: \"href='(.*?)'\", clean: url}}\n");
	assert_code(RUN(url("/gbk.html"), "-q"), 0);
	assert_says(RUN("sql", "SELECT * FROM links")->out, link);
	run = RUN("try", "--stored", "1", "crawl.yaml");
	assert_says(run->out, link);
	assert_says(run->error, "charset=gb18030\n");
}

static void a_stored_page_that_is_damaged_is_told_and_passed_over(void **state)
{
	struct program *run;
	char command[8192];

	(void)state;
	crawl_four_hosts();
	snprintf(command, sizeof(command),
		 "sqlite3 '%s' \"UPDATE bodies SET body = x'00' WHERE url_id = 3\"",
		 in_folder("crawl.db"));
	assert_int_equal(system(command), 0);
	run = RUN("try", "-e", HEADS, "--stored", "100");
	assert_code(run, 3);
	assert_says(run->error, "what is kept of it is damaged");
	assert_says(run->out, "heads: 15 rows from 15 of 15 pages");
}

#define TEST(function)  cmocka_unit_test_setup_teardown(function, scenario_begin, scenario_end)
#define HOSTS(function) cmocka_unit_test_setup_teardown(function, begin_with_hosts, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_page_is_fetched_once_within_an_hour),
		TEST(who_asks_otherwise_gets_another_page),
		TEST(what_is_old_or_damaged_or_not_ours_is_fetched_anew),
		TEST(a_page_for_which_a_cookie_was_sent_is_not_kept),
		TEST(without_a_home_nothing_is_kept),
		TEST(urls_and_files_are_tried_together),
		HOSTS(stored_pages_are_spread_over_hosts),
		HOSTS(stored_pages_are_those_that_a_pattern_wants),
		HOSTS(a_stored_page_that_is_damaged_is_told_and_passed_over),
		cmocka_unit_test_setup_teardown(a_stored_page_is_of_the_charset_that_it_came_in,
						begin_rooted, scenario_end),
	};

	return RUN_TESTS(tests);
}
