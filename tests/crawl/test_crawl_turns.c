#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: a page that takes long holds up nobody, and loses nothing by it.
 * What is counted is which pages came to their end before it; how long it took is nobody's business
 * here.
 */
#define QUICK  "--delay", "0", "--set", "retries=0"
#define QUIETS 150 /* pages of another host */

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted(
		(const char *[]){ "--workers", "2", "--addresses", "2", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* So many bytes of one letter, which `a.+b\s*b+[cd]` reads again and again. */
static void write_slow_page(const char *name, size_t size)
{
	char *text = malloc(size);

	memset(text, 'b', size);
	memset(text, 'a', size / 40);
	write_bytes(name, text, size);
	free(text);
}

/* So many items, one a line. */
static void write_items(const char *name, int count)
{
	char *text = malloc((size_t)count * 40 + 1), *at = text;

	for (int i = 1; i <= count; i++)
		at += sprintf(at, "<i>%d</i> item %d of many\n", i, i);
	write_bytes(name, text, (size_t)(at - text));
	free(text);
}

/* So many patterns of one text. */
static void write_patterns(const char *name, int count, const char *pattern)
{
	char *config = malloc((size_t)count * 300 + 20), *at = config;

	at += sprintf(at, "patterns:\n");
	for (int i = 0; i < count; i++)
		at += sprintf(at, "  - name: p%d\n    url: '/long'\n    pattern: '%s'\n", i,
			      pattern);
	write_text(name, "%s", config);
	free(config);
}

/* The long page first, then those of another host. */
static void write_addresses(void)
{
	FILE *list = fopen(in_folder("list"), "w");

	fprintf(list, "%s/long.html\n", site.origin);
	for (int i = 1; i <= QUIETS; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/page/%d", i);
		fprintf(list, "%s\n", url_at(2, path));
	}
	fclose(list);
}

#define OF(tail) "(SELECT id FROM urls WHERE url LIKE '%%" tail "')"

/* Requests to the other host that came when the long page had gone out, and ended before it did. */
static int count_ended_meanwhile(void)
{
	struct requests requests = site_all_requests();
	int64_t gone_ms = INT64_MAX;
	int count = 0;

	for (size_t i = 0; i < requests.count; i++)
		if (strcmp(requests.list[i].target, "/long.html") == 0)
			gone_ms = requests.list[i].ended_ms;
	for (size_t i = 0; i < requests.count; i++) {
		char sql[1000];

		if (requests.list[i].arrived_ms <= gone_ms)
			continue;
		snprintf(sql, sizeof(sql),
			 "SELECT (SELECT visit FROM results WHERE url_id = " OF(
				 "%s") ") <"
				       " (SELECT visit FROM results WHERE url_id = " OF(
					       "/long.html") ")",
			 requests.list[i].target);
		count += ask_number(sql) == 1;
	}
	return count;
}

static void other_pages_end_while_one_with_slow_patterns_goes_on(void **state)
{
	struct program *run;

	(void)state;
	write_slow_page("root/long.html", 60000);
	write_patterns("c.yaml", 20, "a.+b\\s*b+[cd]");
	write_addresses();
	run = RUN("list", "-c", "c.yaml", QUICK, "--set", "match_limit=4000000000", "--set",
		  "pattern_time=100ms");
	assert_code(run, 1);
	assert_string_equal(ask("SELECT outcome FROM pages WHERE url LIKE '%/long.html'"),
			    "pattern_limit");
	/* Every pattern had its own time, and none was left out. */
	assert_string_equal(ask("SELECT count(*), sum(pages_tried), sum(limit_hits) FROM "
				"pattern_stats WHERE limit_hits > 0"),
			    "20|20|20");
	/* Of twenty turns, each could have ended one or two; one turn for all would end none. */
	assert_in_range(count_ended_meanwhile(), 4, QUIETS);
}

/* They are written over several turns, if they take long. */
static void a_page_with_very_many_rows_has_each_once(void **state)
{
	(void)state;
	write_items("root/long.html", 20000);
	write_patterns("c.yaml", 5, "<i>(?<item>\\d+)</i> (?<text>.*?)\\n");
	write_addresses();
	for (int pass = 0; pass < 2; pass++) {
		char sql[200];

		assert_code(
			RUN("list", "-c", "c.yaml", QUICK, "--set", "pattern_time=10s", "--update"),
			0);
		for (int i = 0; i < 5; i++) {
			snprintf(sql, sizeof(sql),
				 "SELECT count(*), count(DISTINCT item), max(text) FROM p%d", i);
			assert_string_equal(ask(sql), "20000|20000|item 9999 of many");
		}
		assert_int_equal(ask_number("SELECT count(DISTINCT visit) = count(*) FROM results"),
				 1);
	}
}

/* Who leaves in the midst of it leaves it pending, and nothing of it in the tables. */
static void a_page_that_was_put_by_is_asked_for_again(void **state)
{
	struct program *run;

	(void)state;
	write_slow_page("root/long.html", 60000);
	write_patterns("c.yaml", 20, "a.+b\\s*b+[cd]|(?<all>^a)");
	write_text("list", "%s/long.html\n", site.origin);
	run = RUN("list", "-c", "c.yaml", QUICK, "--set", "match_limit=4000000000", "--set",
		  "pattern_time=100ms", "--set", "grace=10ms", "--max-time", "600ms");
	assert_says(run->error, "stopped after --max-time");
	if (ask_number("SELECT count(*) FROM results") == 0) {
		assert_int_equal(ask_number("SELECT count(*) FROM p0"), 0);
		assert_int_equal(ask_number("SELECT count(*) FROM pattern_stats"), 0);
	}
	run = RUN("list", "-c", "c.yaml", QUICK, "--set", "match_limit=4000000000", "--set",
		  "pattern_time=10ms");
	assert_string_equal(ask("SELECT outcome, tries FROM pages"), "pattern_limit|1");
	assert_string_equal(ask("SELECT count(*) FROM pattern_stats WHERE pages_tried = 1"), "20");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(other_pages_end_while_one_with_slow_patterns_goes_on),
		T(a_page_with_very_many_rows_has_each_once),
		T(a_page_that_was_put_by_is_asked_for_again),
	};

	return RUN_TESTS(tests);
}
