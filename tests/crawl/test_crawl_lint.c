#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/scenario.h"

/* crawl check --lint: what is most likely not meant in patterns, where, and what to do. */

#define QUICK "--delay", "0", "--set", "retries=0", "--concurrency", "32"

static char repository[4096];

static void every_warning_has_its_place_and_a_cure(void **state)
{
	struct program *run;

	(void)state;
	write_text("c.yaml", "%s",
		   "patterns:\n"
		   "  - name: books\n"
		   "    url: '^https://books.example.org/'\n"
		   "    flags: s\n"
		   "    each: '<li( class=\"\\w+\")?>(?:[^<]+|<b>)*</li>'\n"
		   "    fields:\n"
		   "      stock: {pattern: '\\d*'}\n"
		   "  - name: prices\n"
		   "    flags: s\n"
		   "    pattern: |-\n"
		   "      <dd>(\\d+).*?<b>(.*?)</b>.*?<i>(.*?)</i>.*?<u>(.*?)</u>|\n"
		   "  - name: films\n"
		   "    flags: s\n"
		   "    pattern: '<dd>(\\d+).*?<b>(.*?)</b>.*?<i>(.*?)</i>.*?<u>(.*?)</u>'\n");
	run = RUN("check", "--lint", "c.yaml", "-e", "none=x*");
	assert_code(run, 0);
	assert_string_equal(
		strstr(run->error, "c.yaml:3"),
		"c.yaml:3:25: warning: '.' stands for any character here: '\\.' is a dot\n"
		"    url: '^https://books.example.org/'\n"
		"                        ^\n"
		"c.yaml:5:44: warning: this repeat can divide a text in 2^n ways, and tries them "
		"all: begin or end each turn with a text of its own\n"
		"    each: '<li( class=\"\\w+\")?>(?:[^<]+|<b>)*</li>'\n"
		"                                           ^\n"
		"c.yaml:5:15: warning: group 1 is no field's: '(?:' groups without keeping or "
		"counting\n"
		"    each: '<li( class=\"\\w+\")?>(?:[^<]+|<b>)*</li>'\n"
		"              ^\n"
		"c.yaml:7:25: warning: this matches nothing where the record begins, and stops "
		"there: ask for a character at least, with '+' for '*'\n"
		"      stock: {pattern: '\\d*'}\n"
		"                        ^\n"
		"c.yaml:11:7: warning: this matches the empty text, too, between any two "
		"characters: ask for one at least, with '+' for '*'\n"
		"      <dd>(\\d+).*?<b>(.*?)</b>.*?<i>(.*?)</i>.*?<u>(.*?)</u>|\n"
		"      ^\n"
		"c.yaml:14:24: warning: where a value is missing this takes that of the next "
		"record: cut records with 'each', and fields look in their own\n"
		"    pattern: '<dd>(\\d+).*?<b>(.*?)</b>.*?<i>(.*?)</i>.*?<u>(.*?)</u>'\n"
		"                       ^\n"
		"-e:1:6: warning: this matches the empty text, too, between any two characters: "
		"ask for one at least, with '+' for '*'\n"
		"none=x*\n"
		"     ^\n"
		"fine: 4 patterns in 1 file, 7 warnings\n");
	run = RUN("check", "c.yaml");
	assert_silent_on(run->error, "warning");
	assert_says(run->error, "fine: 3 patterns in 1 file\n");
}

/* Whoever has seen it in a value tries it elsewhere, where it matches nothing, or is written. */
static void a_field_of_a_set_that_nobody_puts_in_is_told(void **state)
{
	struct program *run;

	(void)state;
	write_text("c.yaml", "%s",
		   "patterns:\n"
		   "  - name: shops\n"
		   "    url: '/{set.shop}/'\n"
		   "    each: '<li>.*?</li>'\n"
		   "    fields:\n"
		   "      shop: {value: '{set.shop}', default: 'none in {set.city}'}\n"
		   "      a: {pattern: ['a', 'b{set.b}']}\n"
		   "      b: {pattern: '\\{set.b}{set.}{set\\.c}{set.d'}\n");
	run = RUN("check", "--lint", "c.yaml");
	assert_code(run, 0);
	assert_says(run->error,
		    "c.yaml:3:12: warning: '{set.shop}' stands for itself here: what a list gives "
		    "is put into the 'value' of a field alone\n"
		    "    url: '/{set.shop}/'\n"
		    "           ^\n");
	assert_says(run->error, "c.yaml:6:53: warning: '{set.city}' stands for itself");
	assert_says(run->error, "c.yaml:7:28: warning: '{set.b}' stands for itself");
	assert_silent_on(run->error, "c.yaml:8");
}

/*
 * The one of the repository is a chain, as it was found; and the warning is true: a film without a
 * score has that of the next, which has no row of its own.
 */
static void the_board_is_warned_of_as_a_chain_and_is_one(void **state)
{
	static const char config[] = "config/maoyan.yaml";
	char path[4200];
	struct program *run;

	(void)state;
	snprintf(path, sizeof(path), "%s/%s", repository, config);
	run = RUN("check", "--lint", path);
	assert_says(run->error, ":18:35: warning: where a value is missing this takes that of the "
				"next record: cut records with 'each'");
	assert_says(run->error, "fine: 1 pattern in 1 file, 1 warning\n");
	write_text("page.html",
		   "<dd><i class=\"board-index\">1</i><a title=\"A\"><p class=\"star\">主演:x</p>"
		   "<p class=\"releasetime\">上映时间:2020</p></dd>\n"
		   "<dd><i class=\"board-index\">2</i><a title=\"B\"><p class=\"star\">主演:y</p>"
		   "<p class=\"releasetime\">上映时间:2021</p><i class=\"integer\">9.</i>"
		   "<i class=\"fraction\">5</i></dd>\n");
	run = RUN("try", path, "page.html", "--json");
	assert_string_equal(run->out, "[{\"index\":1,\"title\":\"A\",\"actor\":\"x\","
				      "\"time\":\"2020\",\"score\":9.5}]\n");
}

/* On kept pages it is seen, and said. */
static void a_chain_that_has_mixed_records_is_told_with_its_rows(void **state)
{
	struct program *run;

	(void)state;
	write_text("root/shop.html",
		   "<li>1<b>A</b><i>1</i><u>x</u>\n<li>2<b>B</b><u>y</u>\n"
		   "<li>3<b>C</b><i>3</i><u>z</u>\n<li>4<b>D</b><i>4</i><u>z</u>\n");
	write_text("c.yaml",
		   "patterns:\n  - name: goods\n    flags: s\n"
		   "    pattern: '<li>(\\d).*?<b>(.*?)</b>.*?<i>(.*?)</i>.*?<u>(.*?)</u>'\n");
	run = RUN(url("/shop.html"), QUICK, "-c", "c.yaml");
	assert_says(run->error, "goods: 3 rows from 1 of 1 page\n");
	run = RUN("check", "--lint", "c.yaml");
	assert_says(run->error, "c.yaml:4:23: warning: where a value is missing this takes that of "
				"the next record (as in 1 of 3 rows of kept pages): cut records");
}

/* Everything that the documents and examples show: none of it is to be warned of. */
static void no_config_of_the_documents_is_warned_of(void **state)
{
	char command[9000];
	struct program *run;

	(void)state;
	snprintf(command, sizeof(command),
		 "cd '%s' && awk -v to='%s' '"
		 "/^```yaml/ { file = sprintf(\"%%s/doc%%03d.yaml\", to, ++n); next } "
		 "/^```/ { file = \"\" } file { print >file }' README.md docs/*.md",
		 repository, in_folder("."));
	assert_int_equal(system(command), 0);
	for (int i = 1;; i++) {
		char name[32];

		snprintf(name, sizeof(name), "doc%03d.yaml", i);
		if (access(in_folder(name), F_OK) != 0) {
			assert_true(i > 5);
			return;
		}
		run = RUN("check", "--lint", name);
		assert_true(run->code == 0 ||
			    strstr(run->error, "error:")); /* one is to be wrong */
		if (!strstr(run->out, "goods ") && !strstr(run->out, "\nboard ")) /* shown for it */
			assert_silent_on(run->error, "warning:");
	}
}

/* Of kept pages the time of each pattern is shown, and what costs most is looked at first. */
static void the_slowest_pattern_comes_first(void **state)
{
	struct program *run;
	const char *quick, *slow;

	(void)state;
	write_list("list", "/page/%d", 1, 50);
	write_text("c.yaml", "patterns:\n"
			     "  - name: quick\n"
			     "    pattern: '<h1>(\\d*|page (?<no>\\d+))</h1>'\n"
			     "  - name: slow\n"
			     "    pattern: '(\\w)(?<a>.{0,200})(?<b>[\\x01\\x02])'\n"
			     "  - name: elsewhere\n"
			     "    url: '/films/'\n"
			     "    pattern: '<h1>(?<no>\\d+)'\n");
	run = RUN("list", QUICK, "-c", "c.yaml", "-q");
	assert_code(run, 0);
	run = RUN("check", "--lint", "c.yaml");
	assert_says(run->out,
		    "pattern   columns        file   line pages rows us_a_page mb_a_second\n");
	assert_int_equal(strncmp(strchr(run->out, '\n') + 1, "slow ", 5), 0);
	assert_says(run->out, "\nquick     no text        c.yaml    2    50   50 ");
	assert_says(run->out, "\nelsewhere no text        c.yaml    6     0    0         0 ");
	slow = strstr(run->error, "c.yaml:5:15: warning: group 1");
	quick = strstr(run->error, "c.yaml:3:19: warning: group 1");
	assert_true(slow && quick && slow < quick);
	/* Without --lint, and where nothing is kept, nothing is measured. */
	run = RUN("check", "c.yaml");
	assert_silent_on(run->out, "us_a_page");
	run = RUN("check", "--lint", "c.yaml", "-o", "none.db");
	assert_silent_on(run->out, "us_a_page");
}

static int rooted_begin(void **state)
{
	static const char *const options[] = { NULL };

	(void)state;
	return scenario_begin_rooted(options);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scenario_begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_warning_has_its_place_and_a_cure),
		TEST(a_field_of_a_set_that_nobody_puts_in_is_told),
		TEST(the_board_is_warned_of_as_a_chain_and_is_one),
		cmocka_unit_test_setup_teardown(
			a_chain_that_has_mixed_records_is_told_with_its_rows, rooted_begin,
			scenario_end),
		TEST(no_config_of_the_documents_is_warned_of),
		TEST(the_slowest_pattern_comes_first),
	};

	if (!realpath(".", repository))
		return EXIT_FAILURE;
	return RUN_TESTS(tests);
}
