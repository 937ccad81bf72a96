#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"

/*
 * JSON from end to end: from pages on a site to tables, and to JSON again.
 */
#define QUICK "--delay", "0", "--set", "retries=0", "--set", "robots=false"

#define SCRIPT(json) "<script type=\"application/ld+json\">" json "</script>"

static const char offers[] = "patterns:\n"
			     "  - name: offers\n"
			     "    url: 'json$'\n"
			     "    json: '$.items[?@.price < 100]'\n"
			     "    fields:\n"
			     "      id: {json: '$.id'}\n"
			     "      name: {json: '$.name'}\n"
			     "      price: {json: '$.price', type: real}\n"
			     "      tags: {json: '$.tags', type: json}\n"
			     "  - name: recipes\n"
			     "    url: 'html$'\n"
			     "    each: {jsonld: Recipe}\n"
			     "    fields:\n"
			     "      name: {json: '$.name'}\n"
			     "      seconds: {json: '$.totalTime', type: duration}\n"
			     "      parts: {json: '$.recipeIngredient[*]', all: true}\n"
			     "      whole: {json: '$', type: json}\n";

static void write_site(void)
{
	write_text("offers.yaml", "%s", offers);
	write_text(
		"root/a.json",
		"{\"items\":[{\"id\":12345678901234567890,\"name\":\"caf\\u00e9\",\"price\":9.50,"
		"\"tags\":[\"a\",{\"b\":null}]},{\"id\":2,\"price\":100},{\"id\":3,\"price\":1}]}");
	write_text("root/b.html", "<p>" SCRIPT("{\"@graph\":[{\"@type\":\"WebPage\"},{\"@type\":"
					       "[\"Recipe\"],\"name\":\"two\nlines\",\"totalTime\":"
					       "\"PT1H\",\"recipeIngredient\":[\"x\",\"y\",]}]};"));
}

static void pages_of_json_and_scripts_in_pages_become_rows(void **state)
{
	struct program *run;

	(void)state;
	write_site();
	run = RUN(url("/a.json"), url("/b.html"), "-c", "offers.yaml", QUICK);
	assert_code(run, 0);
	assert_says(run->error, "offers: 2 rows from 1 of 1 page");
	assert_says(run->error, "recipes: 1 row from 1 of 1 page");
	assert_string_equal(ask("SELECT id, name, price, tags FROM offers ORDER BY n"),
			    "12345678901234567890|caf\xc3\xa9|9.5|[\"a\",{\"b\":null}]\n3|-|1.0|-");
	assert_string_equal(ask("SELECT replace(name, char(10), '~'), seconds, parts FROM recipes"),
			    "two~lines|3600|[\"x\",\"y\"]");
	/* What was loose on the page is not in the database. */
	assert_string_equal(ask("SELECT json_valid(whole),"
				" json_extract(whole, '$.recipeIngredient[1]') FROM recipes"),
			    "1|y");
}

static void json_is_exported_as_what_it_is(void **state)
{
	struct program *run;

	(void)state;
	write_site();
	assert_code(RUN(url("/a.json"), "-c", "offers.yaml", QUICK), 0);
	run = RUN("export", "offers", "--format", "jsonl");
	assert_code(run, 0);
	assert_says(run->out, "\"id\":\"12345678901234567890\",\"name\":\"caf\xc3\xa9\","
			      "\"price\":9.5,\"tags\":[\"a\",{\"b\":null}]}");
}

static void json_that_breaks_is_told_and_costs_only_itself(void **state)
{
	struct program *run;

	(void)state;
	write_site();
	write_text("root/cut.json", "{\"items\":[{\"id\":1");
	write_text("root/b.html", SCRIPT("{\"@type\":\"Recipe\",\"name\":\"one\"}") "\n" SCRIPT(
					  "{\"@type\":\"Recipe\","));
	run = RUN(url("/cut.json"), url("/b.html"), "-c", "offers.yaml", QUICK);
	assert_code(run, 0);
	assert_string_equal(ask("SELECT name FROM recipes"), "one");
	assert_string_equal(ask("SELECT outcome, error FROM pages ORDER BY url DESC"),
			    "ok|pattern 'offers': the JSON breaks at byte 17\n"
			    "ok|pattern 'recipes': the JSON breaks at byte 129");
	run = RUN("try", "offers.yaml", "root/b.html", "--url", "http://a.org/b.html");
	assert_says(run->out, "recipes: 1 row");
	assert_says(run->out, "the JSON breaks at 2:54");
}

/* As large as pages may be, and deeper than anything is read. */
static void json_of_ten_megabytes_and_of_ten_thousand_brackets_is_read_in_time(void **state)
{
	static const char item[] = "{\"id\":1,\"name\":\"caf\\u00e9\",\"price\":200},";
	size_t size = 9900000, count = size / (sizeof(item) - 1);
	char *page = malloc(size + 64), *to = page;

	(void)state;
	write_site();
	to = stpcpy(to, "{\"items\":[");
	for (size_t n = 1; n < count; n++)
		to = stpcpy(to, item);
	to = stpcpy(to, "{\"id\":7,\"price\":1}]}");
	write_bytes("root/large.json", page, (size_t)(to - page));
	memset(page, '[', 10000);
	write_bytes("root/deep.json", page, 10000);
	free(page);
	assert_code(RUN(url("/large.json"), url("/deep.json"), "-c", "offers.yaml", QUICK, "--set",
			SLOWNESS > 1 ? "pattern_time=10s" : "pattern_time=1s"),
		    0);
	assert_string_equal(ask("SELECT id, price FROM offers"), "7|1.0");
	assert_string_equal(ask("SELECT error FROM pages WHERE url LIKE '%deep%'"),
			    "pattern 'offers': the JSON breaks at byte 1000");
}

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted((const char *[]){ "--workers", "2", NULL });
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pages_of_json_and_scripts_in_pages_become_rows),
		TEST(json_is_exported_as_what_it_is),
		TEST(json_that_breaks_is_told_and_costs_only_itself),
		TEST(json_of_ten_megabytes_and_of_ten_thousand_brackets_is_read_in_time),
	};

	return RUN_TESTS(tests);
}
