#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"

/*
 * Records and their children, from pages on a site to tables.
 */
#define QUICK "--delay", "0", "--set", "retries=0", "--set", "robots=false"

static const char recipes[] = "patterns:\n"
			      "  - name: recipe\n"
			      "    within: '(?s)<main>(.*?)</main>'\n"
			      "    flags: s\n"
			      "    fields:\n"
			      "      title: {pattern: ['<h1>(.*?)</h1>', '<h2>(.*?)</h2>']}\n"
			      "      tags: {pattern: '#(\\w+)', all: true}\n"
			      "    children:\n"
			      "      - name: step\n"
			      "        each: '<h3>.*?</h3>|<li>.*?</li>'\n"
			      "        fields:\n"
			      "          part: {pattern: '<h3>(.*?)</h3>', carry: true}\n"
			      "          text: {pattern: '<li>(.*?)</li>', required: true}\n";

static void a_page_of_one_record_with_children_makes_their_tables(void **state)
{
	struct program *run;

	(void)state;
	write_text("recipes.yaml", "%s", recipes);
	write_text("root/a.html", "#no<h1>no</h1><main><h2>Soup</h2>#hot #veg"
				  "<h3>Broth</h3><li>boil</li><li>salt</li>"
				  "<h3>Rest</h3><li>serve</li></main>");
	write_text("root/b.html", "<main><h1>Bread</h1><li>bake</li></main>");
	write_text("root/c.html", "<main>nothing here</main>");
	run = RUN(url("/a.html"), url("/b.html"), url("/c.html"), "-c", "recipes.yaml", QUICK);
	assert_code(run, 0);
	assert_says(run->error, "recipe: 2 rows from 2 of 3 pages");
	assert_says(run->error, "recipe_step: 4 rows from 2 of 3 pages");
	assert_string_equal(ask("SELECT n, title, tags FROM recipe ORDER BY page_url"),
			    "1|Soup|[\"hot\",\"veg\"]\n1|Bread|-");
	assert_string_equal(ask("SELECT parent, n, part, text FROM recipe_step"
				" ORDER BY page_url, n"),
			    "1|1|Broth|boil\n1|2|Broth|salt\n1|3|Rest|serve\n1|1|-|bake");
	assert_string_equal(ask("SELECT title, count(*) FROM recipe r JOIN recipe_step s"
				" ON s.page_url = r.page_url AND s.parent = r.n GROUP BY 1"),
			    "Bread|1\nSoup|3");
	assert_string_equal(ask("SELECT pattern, rows, empty_fields FROM pattern_stats"),
			    "recipe|2|1\nrecipe_step|4|1");
}

static void children_are_replaced_with_their_page(void **state)
{
	(void)state;
	write_text("recipes.yaml", "%s", recipes);
	write_text("root/a.html", "<main><h1>Soup</h1><li>a</li><li>b</li></main>");
	assert_code(RUN(url("/a.html"), "-c", "recipes.yaml", QUICK), 0);
	write_text("root/a.html", "<main><h1>Soup</h1><li>c</li></main>");
	assert_code(RUN(url("/a.html"), "-c", "recipes.yaml", QUICK), 0);
	assert_string_equal(ask("SELECT parent, n, text FROM recipe_step"), "1|1|c");
}

static const char films[] = "patterns:\n"
			    "  - name: film\n"
			    "    each: '<f>.*?</f>'\n"
			    "    fields: {id: {pattern: '\\d+', type: integer}}\n"
			    "    key: id\n"
			    "    children:\n"
			    "      - {name: actor, pattern: '<a>(?<name>.*?)</a>'}\n";

#define FILMS                                                                                  \
	"SELECT substr(f.page_url, -6), f.id, group_concat(a.name, ' ') FROM film f LEFT JOIN" \
	" film_actor a ON a.page_url = f.page_url AND a.parent = f.n GROUP BY f.id ORDER BY f.id"
#define ORPHANS                                                                    \
	"SELECT count(*) FROM film_actor a WHERE NOT EXISTS (SELECT 1 FROM film f" \
	" WHERE f.page_url = a.page_url AND f.n = a.parent)"

/* A film belongs to the page that showed it last, and so do its actors. */
static void a_keyed_row_that_moves_takes_its_children_along(void **state)
{
	(void)state;
	write_text("films.yaml", "%s", films);
	write_text("root/a.html", "<f>1<a>Ann</a><a>Bob</a></f><f>2<a>Cid</a></f>");
	write_text("root/b.html", "<f>3</f><f>1<a>Dan</a></f><f>2</f>");
	assert_code(RUN(url("/a.html"), "-c", "films.yaml", QUICK), 0);
	assert_string_equal(ask(FILMS), "a.html|1|Ann Bob\na.html|2|Cid");
	assert_code(RUN(url("/b.html"), "-c", "films.yaml", QUICK), 0);
	assert_string_equal(ask(FILMS), "b.html|1|Dan\nb.html|2|-\nb.html|3|-");
	assert_int_equal(ask_number(ORPHANS), 0);
	/* Back again, and twice on one page: the last one counts. */
	write_text("root/a.html", "<f>1<a>Eve</a></f><f>4</f><f>1<a>Fay</a></f>");
	assert_code(RUN(url("/a.html"), "-c", "films.yaml", QUICK), 0);
	assert_string_equal(ask(FILMS), "a.html|1|Fay\nb.html|2|-\nb.html|3|-\na.html|4|-");
	assert_int_equal(ask_number(ORPHANS), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM film_actor"), 1);
}

/* Whatever pages are read, and however often: no child is of nobody. */
static void no_child_is_ever_of_nobody(void **state)
{
	char page[4096];

	(void)state;
	write_text("films.yaml", "%s", films);
	srand(12);
	for (int pass = 0; pass < 6; pass++) {
		for (int n = 0; n < 4; n++) {
			char name[32];

			page[0] = '\0';
			for (int i = 0, count = rand() % 30; i < count; i++) {
				sprintf(page + strlen(page), "<f>%d", rand() % 40);
				for (int a = 0, actors = rand() % 4; a < actors; a++)
					strcat(page, "<a>x</a>");
				strcat(page, "</f>");
			}
			snprintf(name, sizeof(name), "root/%d.html", n);
			write_text(name, "%s", page);
		}
		assert_code(RUN(url("/0.html"), url("/1.html"), url("/2.html"), url("/3.html"),
				"-c", "films.yaml", QUICK),
			    0);
		assert_int_equal(ask_number(ORPHANS), 0);
		assert_true(ask_number("SELECT count(*) FROM film_actor") > 10);
	}
}

static void names_that_clash_are_refused_before_anything_changes(void **state)
{
	static const char *const configs[] = {
		"  - {name: film_actor, pattern: x}\n%s",
		"%s  - {name: FILM_ACTOR, pattern: x}\n",
		"%s      - {name: Actor, pattern: x}\n",
		"  - name: pattern\n    each: x\n    children: [{name: stats, pattern: y}]\n",
		"  - name: y\n    each: x\n    children: [{name: z, pattern: '(?<parent>y)'}]\n",
		"  - {name: y, each: x, children: [{name: z, pattern: y, fields: {PARENT: 0}}]}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		char text[2048] = "patterns:\n";
		struct program *run;

		snprintf(text + strlen(text), sizeof(text) - strlen(text), configs[i],
			 films + strlen("patterns:\n"));
		write_text("config.yaml", "%s", text);
		run = RUN(url("/a.html"), "-c", "config.yaml", QUICK);
		assert_code(run, 2);
		assert_says(run->error, "config.yaml:");
		assert_says(run->error, "^\n");
		assert_code(RUN("check", "config.yaml"), 2);
	}
	assert_int_not_equal(access(in_folder("crawl.db"), F_OK), 0);
	assert_int_equal(site_requests().count, 0);
}

/* A table of before may have belonged to nobody, or to another. */
static void a_pattern_may_become_a_child_and_a_child_a_pattern(void **state)
{
	(void)state;
	write_text("root/a.html", "<f>1<a>Ann</a></f>");
	write_text("films.yaml", "%s", films);
	assert_code(RUN(url("/a.html"), QUICK, "-e", "film_actor=<a>(?<name>.*?)</a>"), 0);
	assert_code(RUN(url("/a.html"), "-c", "films.yaml", QUICK), 0);
	assert_string_equal(ask("SELECT parent, n, name FROM film_actor"), "1|1|Ann");
	assert_code(RUN(url("/a.html"), QUICK, "-e", "film_actor=<a>(?<name>.*?)</a>"), 0);
	assert_string_equal(ask("SELECT n, name, parent FROM film_actor"), "1|Ann|-");
}

/* ---- try and check ---- */

static void try_shows_a_table_for_each_child(void **state)
{
	struct program *run;

	(void)state;
	write_text("recipes.yaml", "%s", recipes);
	write_text("a.html", "<main><h2>Soup</h2><h3>Broth</h3><li>boil</li><li>salt</li></main>");
	run = RUN("try", "recipes.yaml", "a.html");
	assert_code(run, 0);
	assert_says(run->out, "recipe: 1 row in ");
	assert_says(run->out, "\n\nparent part  text\n     1 Broth boil\n     1 Broth salt\n");
	assert_says(run->out, "recipe_step: 2 rows in ");
	run = RUN("try", "recipes.yaml", "a.html", "--json");
	assert_code(run, 0);
	assert_says(run->out, "[{\"pattern\":\"recipe\",\"title\":\"Soup\",\"tags\":null},\n"
			      "{\"pattern\":\"recipe_step\",\"parent\":1,\"part\":\"Broth\","
			      "\"text\":\"boil\"},\n");
	/* A record need have no children; a pattern that matches nothing is another matter. */
	write_text("b.html", "<main><h2>Soup</h2></main>");
	run = RUN("try", "recipes.yaml", "b.html");
	assert_code(run, 0);
	assert_says(run->out, "recipe_step: matches nothing");
	write_text("c.html", "<h2>Soup</h2>");
	run = RUN("try", "recipes.yaml", "c.html");
	assert_code(run, 1);
	assert_says(run->out, "recipe: its 'within' matches nothing");
}

static void check_lists_a_table_for_each_child_and_looks_into_all(void **state)
{
	static const char *const ascii[] = {
		"{name: a, within: '\\w', each: x}",
		"{name: a, fields: {b: {pattern: [x, 'y\\w']}}}",
		"{name: a, each: x, children: [{name: b, pattern: '\\w'}]}",
	};
	static const char *const not [] = {
		"{name: a, flags: u, within: '\\w', each: x}",
		"{name: a, flags: u, each: x, children: [{name: b, pattern: '\\w'}]}",
	};
	struct program *run;

	(void)state;
	write_text("recipes.yaml", "%s", recipes);
	run = RUN("check", "recipes.yaml");
	assert_code(run, 0);
	assert_says(run->out, "title text, tags json ");
	assert_says(run->out, "parent integer, part text, text text ");
	assert_says(run->error, "fine: 2 patterns in 1 file");
	for (size_t i = 0; i < sizeof(ascii) / sizeof(ascii[0]); i++) {
		write_text("c.yaml", "patterns: [%s]\n", ascii[i]);
		assert_says(RUN("check", "c.yaml")->error, "knows ASCII alone");
	}
	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++) {
		write_text("c.yaml", "patterns: [%s]\n", not [i]);
		assert_silent_on(RUN("check", "c.yaml")->error, "knows ASCII alone");
	}
}

static void children_stream_beside_their_parents(void **state)
{
	char rows[1024];
	struct program *run;

	(void)state;
	write_text("recipes.yaml", "%s", recipes);
	write_text("root/a.html", "<main><h2>Soup</h2>#hot<li>boil</li></main>");
	run = RUN(url("/a.html"), "-c", "recipes.yaml", "-o", "-", QUICK);
	assert_code(run, 0);
	snprintf(rows, sizeof(rows),
		 "{\"pattern\":\"recipe\",\"page_url\":\"%s\",\"n\":1,\"title\":\"Soup\","
		 "\"tags\":[\"hot\"]}\n"
		 "{\"pattern\":\"recipe_step\",\"page_url\":\"%s\",\"parent\":1,\"n\":1,"
		 "\"part\":null,\"text\":\"boil\"}\n",
		 url("/a.html"), url("/a.html"));
	assert_string_equal(run->out, rows);
}

/* Each expression once, wherever it stands. */
static void lint_looks_into_all_expressions(void **state)
{
	static const char *const bad[] = {
		"{name: a, within: '(?:x+)+y', each: x}",
		"{name: a, fields: {b: {pattern: [x, '(?:x+)+y']}}}",
		"{name: a, url: '(?:x+)+y', each: x, children: [{name: b, pattern: y}]}",
		"{name: a, each: x, children: [{name: b, pattern: '(?:x+)+y'}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct program *run;

		write_text("c.yaml", "patterns: [%s]\n", bad[i]);
		run = RUN("check", "--lint", "c.yaml");
		assert_says(run->error, "divide a text in 2^n ways");
		assert_says(run->error, ", 1 warning");
	}
}

/* ---- what pages may hold ---- */

static void what_a_terminal_would_obey_is_stored_as_it_is_and_shown_escaped(void **state)
{
	static const char page[] = "<r>a\0b\x1b]0;x\x07\xc2\x9b"
				   "31m</r>";
	struct program *run;

	(void)state;
	write_text("c.yaml", "patterns:\n"
			     "  - name: c\n"
			     "    each: '(?s)<r>.*?</r>'\n"
			     "    fields:\n"
			     "      t: {pattern: '(?s)<r>(.*?)</r>'}\n"
			     "      l: {pattern: '(?s)<r>(.*?)</r>', all: true}\n"
			     "    children: [{name: k, pattern: '(?s)b(?<v>.*)<'}]\n");
	write_bytes("root/a.html", page, sizeof(page) - 1);
	assert_code(RUN(url("/a.html"), "-c", "c.yaml", QUICK), 0);
	assert_string_equal(ask("SELECT hex(CAST(t AS BLOB)) FROM c"),
			    "6100621B5D303B7807C29B33316D");
	assert_string_equal(ask("SELECT hex(CAST(v AS BLOB)) FROM c_k"), "1B5D303B7807C29B33316D");
	assert_says(ask("SELECT l FROM c"), "[\"a\\u0000b\\u001b]0;x\\u0007");
	for (int i = 0; i < 3; i++) {
		run = i == 0   ? RUN("try", "c.yaml", "root/a.html", "--json")
		      : i == 1 ? RUN("try", "c.yaml", "root/a.html")
			       : RUN("sql", "SELECT * FROM c, c_k", "--json");
		assert_code(run, 0);
		for (size_t n = 0; n < run->out_size; n++)
			assert_true(run->out[n] == '\n' || (unsigned char)run->out[n] >= ' ');
		assert_null(strstr(run->out, "\xc2\x9b"));
	}
}

/* ---- a config's size ---- */

static void write_repeated(const char *name, const char *head, const char *each, int count,
			   const char *tail)
{
	size_t size = strlen(head) + (strlen(each) + 16) * (size_t)count + strlen(tail) + 1;
	char *text = malloc(size), *at = text;

	at = stpcpy(at, head);
	for (int i = 0; i < count; i++)
		at += sprintf(at, each, i);
	strcpy(at, tail);
	write_bytes(name, text, strlen(text));
	free(text);
}

static void a_config_of_any_size_is_read_or_refused_with_its_place_and_a_cure(void **state)
{
#define GROUPS "patterns:\n  - name: a\n    pattern: '"
#define FIELDS "patterns:\n  - name: a\n    each: x\n    fields:\n"
	static const struct {
		const char *head, *each, *tail;
		int count, code;
		const char *says, *cures;
	} rows[] = {
		{ GROUPS, "()", "'\n", 65535, 2, "t.yaml:3:131085: error: ", "make two of it" },
		{ GROUPS, "()", "'\n", 65536, 2, "t.yaml:3:131086: error: ", "make two of it" },
		{ GROUPS, "()", "'\n", 8000, 2, "t.yaml:3:15: error: ", "make two of it" },
		{ GROUPS, "()", "'\n", 501, 2, "t.yaml:3:15: error: 501 groups", "'fields'" },
		{ GROUPS, "()", "'\n    fields: {b: 501}\n", 501, 0, "fine", "fine" },
		{ GROUPS, "(?<a%d>)", "'\n", 501, 2, "t.yaml:2:5: error: ", "make two patterns" },
		{ FIELDS, "      f%d: {pattern: x}\n", "", 1000, 2,
		  "t.yaml:5:7: error: ", "make two patterns" },
		{ FIELDS, "      f%d: {pattern: x}\n", "", 500, 0, "fine", "fine" },
		{ FIELDS, "      f%d: {pattern: x}\n",
		  "    children: [{name: c, each: y, fields: {d: {pattern: x}}}]\n", 500, 0, "fine",
		  "fine" },
		{ FIELDS "      f: {pattern: [x", ", 'x%d'", "]}\n", 2000, 0, "fine", "fine" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct program *run;

		write_repeated("t.yaml", rows[i].head, rows[i].each, rows[i].count, rows[i].tail);
		run = RUN("check", "t.yaml");
		assert_code(run, rows[i].code);
		assert_says(run->error, rows[i].says);
		assert_says(run->error, rows[i].cures);
	}
}

/* A page of one line, as large as pages may be. */
static void a_line_of_ten_megabytes_is_read_in_time(void **state)
{
	size_t size = 9900000;
	char *page = malloc(size);

	(void)state;
	memset(page, 'x', size);
	memcpy(page, "<h>t</h>", 8);
	memcpy(page + size - 8, "<p>5</p>", 8);
	write_bytes("root/a.html", page, size);
	free(page);
	write_text("l.yaml", "patterns:\n"
			     "  - name: l\n"
			     "    within: '<h>.*'\n"
			     "    fields:\n"
			     "      t: {pattern: ['<nowhere>', '<h>(.*?)</h>']}\n"
			     "      m: {pattern: '<p>(\\d)</p>', type: integer, carry: true}\n"
			     "      many: {pattern: 'x{1000}', all: true}\n"
			     "    children: [{name: c, pattern: 'x{1000}(?<y>x)'}]\n");
	assert_code(RUN(url("/a.html"), "-c", "l.yaml", QUICK, "--set",
			SLOWNESS > 1 ? "pattern_time=10s" : "pattern_time=1s"),
		    0);
	assert_string_equal(ask("SELECT t, m, json_array_length(many), (SELECT count(*) FROM l_c)"
				" FROM l"),
			    "t|5|9899|9890");
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
		TEST(a_page_of_one_record_with_children_makes_their_tables),
		TEST(children_are_replaced_with_their_page),
		TEST(a_keyed_row_that_moves_takes_its_children_along),
		TEST(no_child_is_ever_of_nobody),
		TEST(names_that_clash_are_refused_before_anything_changes),
		TEST(a_pattern_may_become_a_child_and_a_child_a_pattern),
		TEST(try_shows_a_table_for_each_child),
		TEST(check_lists_a_table_for_each_child_and_looks_into_all),
		TEST(children_stream_beside_their_parents),
		TEST(lint_looks_into_all_expressions),
		TEST(what_a_terminal_would_obey_is_stored_as_it_is_and_shown_escaped),
		TEST(a_config_of_any_size_is_read_or_refused_with_its_place_and_a_cure),
		TEST(a_line_of_ten_megabytes_is_read_in_time),
	};

	return RUN_TESTS(tests);
}
