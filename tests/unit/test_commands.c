#include "tests/support/test.h"

/*
 * The commands that fetch nothing, as a user calls them: what comes on stdout, what on stderr,
 * and the exit code.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "crawler/commands/commands.h"
#include "crawler/show/log.h"
#include "store/store.h"
#include "tests/support/capture.h"
#include "tests/support/program.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS_MAX    16
#define COLUMNS_MAX  80 /* of what is said on stderr of files and URLs of the usual length */

static char folder[] = "/tmp/crawl-commands-XXXXXX"; /* where all tests work */

struct outcome_of_command {
	int code;
	struct capture out, err;
};

/* Run a command line; input is its stdin. */
static struct outcome_of_command run(const char *input, const char *const words[])
{
	static struct outcome_of_command result;
	struct options options;
	int count = 0;

	while (words[count])
		count++;
	assert_non_null(freopen("/dev/null", "r", stdin));
	if (input) {
		FILE *file = fopen("input", "w");

		fputs(input, file);
		fclose(file);
		assert_non_null(freopen("input", "r", stdin));
	}
	result.out = capture_begin(STDOUT_FILENO);
	result.err = capture_begin(STDERR_FILENO);
	result.code = EXIT_WRONG_USAGE;
	if (options_read(&options, &commands, count, (char **)(uintptr_t)words) == OPTIONS_GO) {
		log_begin(options.log_level, options.log_is_json);
		result.code = options.command->function(&options);
		options_free(&options);
	}
	capture_end(&result.err);
	capture_end(&result.out);
	return result;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* ---- what the tests work on ---- */

static const char config_text[] = "patterns:\n"
				  "  - name: films\n"
				  "    url: '/films'\n"
				  "    pattern: '<li>(?<rank>\\d+): (?<title>.*?)</li>'\n"
				  "    fields:\n"
				  "      rank: {type: integer}\n"
				  "    key: [rank]\n"
				  "  - name: headings\n"
				  "    pattern: '<h1>(?<text>.*?)</h1>'\n";

static const char page_text[] = "<h1>Films</h1>\n<li>1: 霸王别姬</li>\n<li>22: L\xc3\xa9on</li>\n";

static void make_database(void)
{
	struct store_error error;
	struct store *store = store_open("crawl.db", true, &error);
	const struct store_key first = { 0, 1 };
	struct store_url url = { .url = SLICE("http://a/films"), .host = { 0, 1 } };
	struct store_run started = { .command_line = "crawl", .versions = "crawl" };
	struct store_column columns[] = { { "rank", STORE_INTEGER }, { "title", STORE_TEXT } };
	struct store_table table = { .name = "films", .columns = columns, .column_count = 2 };
	struct store_value values[] = { { .kind = STORE_INTEGER, .integer = 1 },
					{ .kind = STORE_TEXT, .text = { "a,b", 3 } } };
	struct store_page page = { .state = STORE_DONE, .outcome = "ok", .status = 200 };
	int handle;

	assert_non_null(store);
	assert_true(store_begin_run(store, &started) > 0);
	handle = store_put_table(store, &table);
	assert_int_equal(store_put_host(store, first, SLICE("http://a")), 0);
	assert_int_equal(store_put_url(store, first, &url), 0);
	assert_int_equal(store_page_open(store, first, false), 0);
	assert_int_equal(store_row(store, handle, 1, values), 0);
	values[0].integer = 22;
	values[1] = (struct store_value){ .kind = STORE_NULL };
	assert_int_equal(store_row(store, handle, 2, values), 0);
	assert_int_equal(store_page(store, &page), 0);
	assert_int_equal(store_end_run(store, "finished"), 0);
	store_close(store);
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	write_file("films.yaml", config_text);
	write_file("page.html", page_text);
	write_file("latin.html", "<meta charset=latin1>caf\xe9");
	make_database();
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "films.yaml",    "page.html",    "latin.html",
					     "crawl.db",      "crawl.db-wal", "crawl.db-shm",
					     "crawl.db-lock", "input",        "bad.yaml" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		unlink(names[i]);
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

/* ---- the samples ---- */

static const struct {
	const char *words[WORDS_MAX];
	const char *input;
	int code;
	const char *out; /* all of it */
	const char *err; /* a part of it, or NULL: none at all */
} samples[] = {
	/* sql */
	{ { "crawl", "sql", "SELECT rank, title FROM films" },
	  NULL,
	  0,
	  "rank title\n   1 a,b\n  22 \n",
	  NULL },
	{ { "crawl", "sql", "--json", "SELECT rank, title FROM films" },
	  NULL,
	  0,
	  "[{\"rank\":1,\"title\":\"a,b\"},\n{\"rank\":22,\"title\":null}]\n",
	  NULL },
	{ { "crawl", "sql", "--format", "csv", "SELECT rank, title FROM films" },
	  NULL,
	  0,
	  "rank,title\r\n1,\"a,b\"\r\n22,\r\n",
	  NULL },
	{ { "crawl", "sql", "--format=jsonl", "SELECT 1 AS x, 2.0 AS y" },
	  NULL,
	  0,
	  "{\"x\":1,\"y\":2.0}\n",
	  NULL },
	{ { "crawl", "sql", "--json", "SELECT rank FROM films WHERE 0" }, NULL, 0, "[]\n", NULL },
	{ { "crawl", "sql", "SELECT rank FROM films WHERE 0" }, NULL, 0, "rank\n", NULL },
	{ { "crawl", "sql", "-" }, "SELECT 7 AS seven;\n", 0, "seven\n    7\n", NULL },
	{ { "crawl", "sql", "--json", "SELECT nonsense FROM films" },
	  NULL,
	  2,
	  "",
	  "no such column" },
	{ { "crawl", "sql", "DELETE FROM urls" }, NULL, 2, "", "crawl: " },
	{ { "crawl", "sql", "-o", "none.db", "SELECT 1" }, NULL, 3, "", "none.db" },
	{ { "crawl", "sql", "-o", "page.html", "SELECT 1" }, NULL, 3, "", "page.html" },
	/* export */
	{ { "crawl", "export", "films" },
	  NULL,
	  0,
	  "page_url,n,rank,title\r\nhttp://a/films,1,1,\"a,b\"\r\nhttp://a/films,2,22,\r\n",
	  NULL },
	{ { "crawl", "export", "films", "--format", "jsonl" },
	  NULL,
	  0,
	  "{\"page_url\":\"http://a/films\",\"n\":1,\"rank\":1,\"title\":\"a,b\"}\n"
	  "{\"page_url\":\"http://a/films\",\"n\":2,\"rank\":22,\"title\":null}\n",
	  NULL },
	{ { "crawl", "export", "films", "--excel", "--json" }, NULL, 2, "", "--excel writes CSV" },
	{ { "crawl", "export", "films", "--guard-formulas", "--json" },
	  NULL,
	  2,
	  "",
	  "--guard-formulas writes CSV" },
	{ { "crawl", "export", "films", "--excel", "--format", "jsonl" },
	  NULL,
	  2,
	  "",
	  "--excel writes CSV" },
	{ { "crawl", "export", "film" }, NULL, 2, "", "did you mean films?" },
	{ { "crawl", "export", "xyzzy" }, NULL, 2, "", "there are: pages, runs, hosts" },
	{ { "crawl", "export", "-o", "none.db", "films" }, NULL, 3, "", "none.db" },
	/* check */
	{ { "crawl", "check", "films.yaml" },
	  NULL,
	  0,
	  "pattern  columns                      file       line\n"
	  "films    rank integer key, title text films.yaml    2\n"
	  "headings text text                    films.yaml    8\n",
	  "fine: 2 patterns in 1 file" },
	{ { "crawl", "check", "-q", "--json", "-e", "t=<b>(?<x>.)", "films.yaml" },
	  NULL,
	  0,
	  "[{\"pattern\":\"films\",\"columns\":\"rank integer key, title text\","
	  "\"file\":\"films.yaml\",\"line\":2},\n"
	  "{\"pattern\":\"headings\",\"columns\":\"text "
	  "text\",\"file\":\"films.yaml\",\"line\":8},\n"
	  "{\"pattern\":\"t\",\"columns\":\"x text\",\"file\":\"-e\",\"line\":1}]\n",
	  NULL },
	{ { "crawl", "check", "bad.yaml" }, NULL, 2, "", "bad.yaml:3:" },
	{ { "crawl", "check", "none.yaml" }, NULL, 2, "", "none.yaml" },
	{ { "crawl", "check", "-e", "pages=x(?<y>.)" }, NULL, 2, "", "-e:1" },
	/* inspect */
	/* failed, why, status: of a URL that is known, that is not, of a database that is not there
	 */
	{ { "crawl", "failed" },
	  NULL,
	  0,
	  "url outcome status tries error\n",
	  "nothing has failed" },
	{ { "crawl", "why", "http://example.org/a/page/of/it.html" },
	  NULL,
	  1,
	  "",
	  "http://example.org/a/page/of/it.html is not known to crawl.db\n" },
	{ { "crawl", "why", "https://a/films" }, NULL, 1, "", "did you mean http://a/films?" },
	{ { "crawl", "status", "-o", "none.db" }, NULL, 3, "", "there is no none.db: 'crawl URL'" },
	{ { "crawl", "ctl", "pause" }, NULL, 1, "", "no crawl is running on crawl.db" },
	{ { "crawl", "check", "-e", "t=<b>(?<x>.)" },
	  NULL,
	  0,
	  "pattern columns file line\nt       x text  -e      1\n",
	  "fine: 1 pattern in 0 files\n" },
	{ { "crawl", "inspect", "links", "page.html" }, NULL, 2, "", "--base URL\n" },
	{ { "crawl", "inspect", "text", "latin.html" },
	  NULL,
	  0,
	  "<meta charset=latin1>caf\xc3\xa9",
	  "charset=windows-1252 source=meta\n" },
	{ { "crawl", "inspect", "text", "--content-type", "text/html; charset=iso-8859-5", "-" },
	  "\xb4",
	  0,
	  "\xd0\x94",
	  "charset=iso-8859-5 source=header\n" },
	{ { "crawl", "inspect", "text", "none.html" }, NULL, 2, "", "none.html: No such file" },
	{ { "crawl", "inspect", "url", "HTTP://A/%7e", "http://b:80" },
	  NULL,
	  0,
	  "http://a/~\nhttp://b/\n",
	  NULL },
	{ { "crawl", "inspect", "url", "--base", "http://a/b/c", "--", "../-x", "--base" },
	  NULL,
	  0,
	  "http://a/-x\nhttp://a/b/--base\n",
	  NULL },
	{ { "crawl", "inspect", "url", "--base", "http://a/b" },
	  "c\n\nhttp://d/e\tf\n\tg\nabout:blank\thttp://h",
	  0,
	  "http://a/c\nhttp://a/b\nhttp://d/f\nhttp://a/g\nhttp://h/\n",
	  NULL },
	{ { "crawl", "inspect", "url", "mailto:x", "-", "http://z/" },
	  "rel\n",
	  1,
	  "error: other scheme or none: begin the URL with http:// or https://\n"
	  "error: no scheme: begin the URL with http:// or https://\nhttp://z/\n",
	  NULL },
	{ { "crawl", "inspect", "url" },
	  "about:blank\tx\nhttp://\ty\n",
	  1,
	  "error: base: other scheme or none: begin the URL with http:// or https://\n"
	  "error: base: no host: a name or an address belongs after http://\n",
	  NULL },
	/* help */
	{ { "crawl", "help", "nonsense" }, NULL, 2, "", "'nonsense' is no command (crawl help)" },
	{ { "crawl", "help", "inspekt" }, NULL, 2, "", "did you mean 'inspect'?" },
	{ { "crawl", "help", "ctl", "paus" }, NULL, 2, "", "'crawl ctl' has no 'paus'" },
	/* try */
	{ { "crawl", "try", "-q", "films.yaml", "page.html", "--url", "http://a/films", "--json" },
	  NULL,
	  0,
	  "[{\"pattern\":\"films\",\"rank\":1,\"title\":\"霸王别姬\"},\n"
	  "{\"pattern\":\"films\",\"rank\":22,\"title\":\"L\xc3\xa9on\"},\n"
	  "{\"pattern\":\"headings\",\"text\":\"Films\"}]\n",
	  NULL },
	{ { "crawl", "try", "--json", "films.yaml", "page.html", "--url", "http://a/" },
	  NULL,
	  0,
	  "[{\"text\":\"Films\"}]\n",
	  "films: not for this URL (films.yaml:2)" },
	{ { "crawl", "try", "--json", "films.yaml", "-" },
	  "<h1>x</h1>",
	  1,
	  "[{\"pattern\":\"headings\",\"text\":\"x\"}]\n",
	  "films: matches nothing" },
	{ { "crawl", "try", "--json", "-e", "t=<h1>(?<pattern>.*?)</h1>", "-e", "u=<h1>",
	    "page.html" },
	  NULL,
	  0,
	  "[{\"pattern\":\"Films\"},\n{\"pattern\":\"u\",\"match\":\"<h1>\"}]\n",
	  "no --url" },
	{ { "crawl", "try", "films.yaml", "none.html" }, NULL, 2, "", "none.html: No such file" },
	{ { "crawl", "try", "none.yaml", "page.html" }, NULL, 2, "", "none.yaml" },
	{ { "crawl", "try", "--set", "max_body=10B", "films.yaml", "page.html" },
	  NULL,
	  2,
	  "",
	  "page.html: larger than 10 B" },
	{ { "crawl", "try", "films.yaml", "--url", "nonsense", "page.html" },
	  NULL,
	  2,
	  "",
	  "nonsense: no scheme" },
	{ { "crawl", "try", "films.yaml", "--url", "http://a/", "http://b/" },
	  NULL,
	  2,
	  "",
	  "--url says which URL a file stands for" },
};

/* What the store says in its own words is broken on a terminal (log.h), as all is. */
static size_t widest_line(const char *text)
{
	size_t widest = 0;

	if (strstr(text, "only queries are allowed here"))
		return 0;
	for (size_t size; *text; text += size + (text[size] == '\n')) {
		size = strcspn(text, "\n");
		widest = size > widest ? size : widest;
	}
	return widest;
}

static void every_command_says_what_it_should(void **state)
{
	(void)state;
	write_file("bad.yaml", "patterns:\n  - name: x\n    patern: y\n");
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct outcome_of_command result = run(samples[i].input, samples[i].words);

		if (result.code != samples[i].code ||
		    strcmp(result.out.text, samples[i].out) != 0 ||
		    (samples[i].err ? !strstr(result.err.text, samples[i].err)
				    : result.err.text[0]))
			fail_msg("sample %zu, crawl %s %s: exit code %d\n%s\n%s", i,
				 samples[i].words[1], samples[i].words[2], result.code,
				 result.out.text, result.err.text);
		if (widest_line(result.err.text) > COLUMNS_MAX)
			fail_msg("sample %zu, crawl %s %s: wider than a terminal\n%s", i,
				 samples[i].words[1], samples[i].words[2], result.err.text);
	}
}

static void inspect_text_writes_one_line_to_stderr(void **state)
{
	static const char *const words[] = { "crawl", "inspect", "text", "latin.html", NULL };
	struct outcome_of_command result = run(NULL, words);

	(void)state;
	assert_string_equal(result.err.text, "charset=windows-1252 source=meta\n");
}

static void try_shows_rows_figures_and_places(void **state)
{
	static const char *const words[] = { "crawl", "try", "films.yaml", "page.html", NULL };
	struct outcome_of_command result = run(NULL, words);
	const char *rest;

	(void)state;
	assert_int_equal(result.code, EXIT_ALL_DONE);
	assert_memory_equal(
		result.out.text, "rank title\n   1 霸王别姬\n  22 L\xc3\xa9on\nfilms: 2 rows in ",
		strlen("rank title\n   1 霸王别姬\n  22 L\xc3\xa9on\nfilms: 2 rows in "));
	rest = strstr(result.out.text, " ms (films.yaml:2)\n");
	assert_non_null(rest);
	assert_non_null(strstr(rest, "\n  2:1: <li>1: 霸王别姬</li>\n  3:1: <li>22: "));
	assert_non_null(strstr(rest, "\n\ntext\nFilms\nheadings: 1 row in "));
	assert_null(strchr(result.out.text, '\033'));
}

static void try_counts_what_is_empty_or_not_of_its_type(void **state)
{
	static const char *const words[] = { "crawl", "try", "fields.yaml", "-", NULL };
	struct outcome_of_command result;

	(void)state;
	write_file("fields.yaml",
		   "patterns:\n  - name: p\n    pattern: '<(?<a>\\w*),(?<b>\\w*)>'\n"
		   "    fields:\n      a: {type: integer}\n      b: {required: true}\n");
	result = run("<1,x><y,x><2,><,x>", words);
	unlink("fields.yaml");
	assert_int_equal(result.code, EXIT_ALL_DONE);
	assert_non_null(strstr(result.out.text, "p: 3 rows in "));
	assert_non_null(strstr(result.out.text, "; empty: a 1; dropped without b 1;"
						" 1 value not of its type (fields.yaml:2)\n"
						"  bad a (integer): y (1:7)\n"));
}

/* ---- try on many pages ---- */

static const char shop_config[] = "patterns:\n"
				  "  - name: items\n"
				  "    pattern: '<li>(?<price>\\w*)(?: (?<mark>\\w+))?</li>'\n"
				  "    fields:\n"
				  "      price: {type: integer}\n"
				  "  - name: heads\n"
				  "    url: '/shop'\n"
				  "    pattern: '<h1>(?<head>.*?)</h1>'\n";

/* Pages 1 to count in the folder "shop": the last two have no rows. */
static void make_shop(int count)
{
	char name[32];

	assert_int_equal(mkdir("shop", 0700), 0);
	write_file("shop.yaml", shop_config);
	for (int i = 1; i <= count; i++) {
		snprintf(name, sizeof(name), "shop/%d.html", i);
		write_file(name, i > count - 2 ? "<h1>none</h1>"
				 : i == 1      ? "<li>1 a</li>\n<li>x b</li><li></li>"
					       : "<li>2</li>");
	}
}

static void drop_shop(int count)
{
	char name[32];

	for (int i = 1; i <= count; i++) {
		snprintf(name, sizeof(name), "shop/%d.html", i);
		unlink(name);
	}
	rmdir("shop");
	unlink("shop.yaml");
}

/* Times off: "in 0.04 ms" is what differs from run to run. */
static void without_times(char *text)
{
	for (char *at = text; (at = strstr(at, " in ")) != NULL; at++) {
		char *end = strstr(at, " ms");

		if (end && strspn(at + 4, "0123456789.") == (size_t)(end - at - 4))
			memmove(at, end + 3, strlen(end + 3) + 1);
	}
}

static void try_says_of_many_pages_what_each_field_has(void **state)
{
	static const char *const words[] = { "crawl", "try", "shop.yaml", "shop", NULL };
	struct outcome_of_command result;

	(void)state;
	make_shop(9);
	result = run(NULL, words);
	without_times(result.out.text);
	assert_int_equal(result.code, EXIT_ALL_DONE);
	assert_string_equal(
		result.out.text,
		"price mark\n    1 a\n      b\n      \n"
		"items: 3 rows; empty: price 1, mark 1; 1 value not of its type (shop.yaml:2)\n"
		"  bad price (integer): x (2:5)\n"
		"  1:1: <li>1 a</li>\n  2:1: <li>x b</li>\n  2:13: <li></li>\n"
		"\nheads: matches nothing (shop.yaml:6)\n"
		"\nitems: 9 rows from 7 of 9 pages (shop.yaml:2)\n"
		"field filled  % bad pages without\n"
		"price      7 77   1             0\n"
		"mark       2 22   0             6\n"
		"  bad price (integer): x (shop/1.html:2:5)\n"
		"  no mark on shop/2.html, shop/3.html, shop/4.html, shop/5.html, shop/6.html; 1 "
		"more\n"
		"  nothing on shop/8.html, shop/9.html\n"
		"\nheads: 2 rows from 2 of 9 pages (shop.yaml:6)\n"
		"field filled   % bad pages without\n"
		"head       2 100   0             0\n"
		"  nothing on shop/1.html, shop/2.html, shop/3.html, shop/4.html, shop/5.html; 2 "
		"more\n");
	assert_non_null(strstr(result.err.text, "shop/1.html: "));
	drop_shop(9);
}

/* The first is shown on the first page that has one, and counted are all. */
static void try_says_which_rows_end_inside_an_element(void **state)
{
	static const char *const one[] = { "crawl",  "try", "-e", "d=(?s)<div.*?</div>",
					   "1.html", NULL };
	static const char *const all[] = { "crawl",  "try",    "-e",     "d=(?s)<div.*?</div>",
					   "0.html", "1.html", "2.html", NULL };

	(void)state;
	write_file("0.html", "<div>even</div>");
	write_file("1.html", "<div>even</div>\n <div>a<div>b</div>c</div> <div><div></div></div>");
	write_file("2.html", "<div><div></div></div>");
	assert_non_null(strstr(run(NULL, one).out.text,
			       " ms (-e:1)\n  cut inside an element: 2 rows, the first at 2:2 "
			       "(2 <div>, 1 </div>)\n  1:1: "));
	assert_non_null(strstr(run(NULL, all).out.text,
			       "\n  cut inside an element: 3 rows, the first at 1.html:2:2 "
			       "(2 <div>, 1 </div>)\n"));
	unlink("0.html");
	unlink("1.html");
	unlink("2.html");
}

static void try_names_the_page_of_each_row_of_many(void **state)
{
	static const char *const words[] = {
		"crawl",          "try",         "--json", "-q", "shop.yaml", "shop/2.html",
		"shop/none.html", "shop/4.html", NULL
	};
	struct outcome_of_command result;

	(void)state;
	make_shop(4);
	result = run(NULL, words);
	assert_int_equal(result.code, EXIT_WRONG_USAGE);
	assert_string_equal(
		result.out.text,
		"[{\"page\":\"shop/2.html\",\"pattern\":\"items\",\"price\":2,\"mark\":null},\n"
		"{\"page\":\"shop/4.html\",\"pattern\":\"heads\",\"head\":\"none\"}]\n");
	assert_string_equal(result.err.text, "crawl: shop/none.html: No such file or directory\n");
	drop_shop(4);
}

/* In "shop" there are pages, in "." there is a config. */
static void the_first_argument_is_the_config_where_it_looks_like_one(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		int code;
		const char *says; /* on either stream */
	} rows[] = {
		{ { "crawl", "try", "shop.yaml", "shop/1.html" }, 1, "items: 3 rows" },
		{ { "crawl", "try", "conf", "shop/1.html" }, 1, "items: 3 rows" },
		{ { "crawl", "try", "shop.yaml", "shop/1.html", "-e", "x=patterns:" },
		  0,
		  "x: 1 row from 1 of 2 pages" },
		{ { "crawl", "try", "shop/1.html", "-c", "shop.yaml" }, 1, "items: 3 rows" },
		{ { "crawl", "try", "shop.yaml", "-c", "shop.yaml" }, 1, "items: matches nothing" },
		{ { "crawl", "try", "shop.yaml" }, 2, "on which page?" },
		{ { "crawl", "try" }, 2, "on which page?" },
		{ { "crawl", "try", "shop.yaml", "empty" }, 2, "empty: no files in this folder" },
		{ { "crawl", "try", "shop.yaml", "shop", "--url", "http://a/" },
		  2,
		  "here is more than one page" },
		{ { "crawl", "try", "shop.yaml", "shop", "--stored", "3" },
		  2,
		  "'shop' is another" },
		{ { "crawl", "try", "shop.yaml", "--stored", "x" }, 2, "--stored: 'x' is no" },
		{ { "crawl", "try", "shop.yaml", "--stored", "0" },
		  2,
		  "--stored: '0' is too small" },
		{ { "crawl", "try", "shop.yaml", "--stored", "3" },
		  1,
		  "crawl.db keeps no page that a pattern is for" },
		{ { "crawl", "try", "shop.yaml", "--stored", "3", "-o", "none.db" },
		  3,
		  "there is no none.db" },
	};

	(void)state;
	make_shop(3);
	assert_int_equal(mkdir("empty", 0700) | mkdir("conf", 0700), 0);
	write_file("conf/shop.yml", shop_config);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct outcome_of_command result = run(NULL, rows[i].words);

		if (result.code != rows[i].code || (!strstr(result.out.text, rows[i].says) &&
						    !strstr(result.err.text, rows[i].says)))
			fail_msg("row %zu: exit code %d\n%s\n%s", i, result.code, result.out.text,
				 result.err.text);
		if (rows[i].code >= 2 && widest_line(result.err.text) > COLUMNS_MAX)
			fail_msg("row %zu: wider than a terminal\n%s", i, result.err.text);
	}
	unlink("conf/shop.yml");
	rmdir("conf");
	rmdir("empty");
	drop_shop(3);
}

/* It can be pasted, and explains what matched nothing. */
static void try_says_how_to_ask_why_nothing_matched(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *next; /* NULL: nothing is said */
	} rows[] = {
		{ { "crawl", "try", "shop.yaml", "shop/1.html", "--url", "http://a/shop?a=1&b=2" },
		  "next: crawl explain heads -c shop.yaml shop/1.html --url "
		  "'http://a/shop?a=1&b=2'\n" },
		{ { "crawl", "try", "-e", "x=<(b|i)>", "shop/1.html" },
		  "next: crawl explain x -e 'x=<(b|i)>' shop/1.html\n" },
		{ { "crawl", "try", "-e", "x=<(b|i)>", "shop/1.html", "--with", "city=Bad Homburg",
		    "--with", "shop=7" },
		  "next: crawl explain x -e 'x=<(b|i)>' shop/1.html --with 'city=Bad Homburg' "
		  "--with shop=7\n" },
		{ { "crawl", "try", "-c", "shop.yaml", "-q", "shop/1.html" }, NULL },
		{ { "crawl", "try", "shop.yaml", "shop/1.html", "shop/3.html" }, NULL },
		{ { "crawl", "try", "-e", "x=<li>", "shop/1.html" }, NULL },
	};

	(void)state;
	make_shop(3);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct outcome_of_command result = run(NULL, rows[i].words);
		const char *said = strstr(result.err.text, "next: ");

		assert_int_equal(said != NULL, rows[i].next != NULL);
		if (said)
			assert_string_equal(said, rows[i].next);
	}
	drop_shop(3);
}

/* What is quadratic takes seconds.  Of CPU time, for others may use the machine. */
static void try_is_soon_done_with_500_kb(void **state)
{
	static const char *const words[] = { "crawl", "try", "shop.yaml", "-", NULL };
	char *page = calloc(1, 500001);
	struct outcome_of_command result;
	clock_t began;

	(void)state;
	for (size_t size = 0; size < 500000; size += 20)
		memcpy(page + size, "<li>123 abc</li>...\n", 20);
	make_shop(3);
	began = clock();
	result = run(page, words);
	began = clock() - began;
	assert_int_equal(result.code, EXIT_SOME_FAILED);
	assert_non_null(strstr(result.err.text, "500 kB"));
	if (began > CLOCKS_PER_SEC / 2 * SLOWNESS)
		fail_msg("%.0f ms", (double)began * 1000 / CLOCKS_PER_SEC);
	drop_shop(3);
	free(page);
}

/* ---- explain ---- */

static const char explain_config[] =
	"patterns:\n"
	"  - name: yields\n"
	"    pattern: '<meta itemprop=\"yield\" content=\"(\\d+)\"'\n"
	"  - name: films\n"
	"    url: '/films$'\n"
	"    each: '<li>(.*?)</li>'\n"
	"    fields:\n"
	"      rank: {pattern: '(\\d+):', type: integer, required: true}\n"
	"      score: {pattern: 'score=\"(.*?)\"', type: real}\n"
	"  - name: nested\n"
	"    pattern: '<p>(a+)+c'\n"
	"  - name: either\n"
	"    pattern: '<i>(\\d)|<meta name|ZZZ'\n"
	"  - name: drops\n"
	"    each: '<li>(.*?)</li>'\n"
	"    fields:\n"
	"      rank: {pattern: '(\\d+):', required: true}\n"
	"      link: {pattern: 'href=(.*?)>', required: true}\n";

#define EXPLAIN_FILM_PAGE                                             \
	"<p>\n<meta content=\"4\" itemprop=\"yield\">\n"              \
	"<li>1: A <b score=\"9.5\"></li>\n<li>B <b score='x'></li>\n" \
	"<li>3: C <b score=\"n/a\"></li><i>a"

static const struct {
	const char *words[WORDS_MAX];
	int code;
	const char *out; /* all of it */
	const char *err; /* in it */
} explained[] = {
	{ { "crawl", "explain", "yields" },
	  1,
	  "yields: matches nothing (e.yaml:2)\n"
	  "  matched  <meta \n"
	  "           ^ at 2:1\n"
	  "  wanted   <meta itemprop=\"yield\" content=\"(\\d+)\"\n"
	  "                 ^\n"
	  "  stood    <meta content=\"4\" itemprop=\"yield\">\\n<li>1: A <b "
	  "score=\"9.5\"></li>\\n<li>B <b score='x'><"
	  "\xe2\x80\xa6\n"
	  "                 ^ 2:7\n"
	  "  with another order of attributes it matches, at 2:1:\n"
	  "           <meta(?=[^>]*?\\sitemprop=\"yield\")(?=[^>]*?\\scontent=\"(\\d+)\")\n",
	  NULL },
	{ { "crawl", "explain", "films", "--url", "http://a/films" },
	  0,
	  "each of films: 3 matches, the first at 3:1 (e.yaml:4)\n"
	  "  3:1: <li>1: A <b score=\"9.5\"></li>\n",
	  NULL },
	{ { "crawl", "explain", "films", "--url", "http://a/x" },
	  1,
	  "url of films: for http://a/x it matches nothing (e.yaml:4)\n"
	  "  matched  /\n"
	  "           ^ 3 times, the first at 1:6\n"
	  "  wanted   /films$\n"
	  "            ^\n"
	  "  stood    //a/x\n"
	  "            ^ 1:7\n"
	  "\n"
	  "each of films: 3 matches, the first at 3:1 (e.yaml:4)\n"
	  "  3:1: <li>1: A <b score=\"9.5\"></li>\n",
	  NULL },
	{ { "crawl", "explain", "drops" },
	  1,
	  "each of drops: 3 matches, the first at 3:1 (e.yaml:14)\n"
	  "  3:1: <li>1: A <b score=\"9.5\"></li>\n"
	  "  but no row: 'link' is required, and none has it\n"
	  "next: crawl explain drops.link -c e.yaml e.html\n",
	  NULL },
	/* All of it is there but its beginning. */
	{ { "crawl", "explain", "x", "-e", "x=<y>itemprop=" },
	  1,
	  "x: matches nothing (-e:1)\n"
	  "  matched  <\n"
	  "           ^ 12 times, the first at 1:1\n"
	  "  wanted   <y>itemprop=\n"
	  "            ^\n"
	  "  stood    <p>\\n<meta content=\"4\" itemprop=\"yield\">\\n<li>1: A <b "
	  "score=\"9.5\"></li>\\n<li>B <b score=\xe2\x80\xa6\n"
	  "            ^ 1:2\n"
	  "  without its beginning:\n"
	  "  matched  itemprop=\n"
	  "           ^ at 2:19\n",
	  NULL },
	{ { "crawl", "explain", "films.rank" },
	  1,
	  "rank of films: 2 of 3 rows have it; the first without is at 4:1\n"
	  "  4:1: <li>B <b score='x'></li>\n"
	  "there its pattern matches nothing (e.yaml:4)\n"
	  "  wanted   (\\d+):\n"
	  "           ^ is nowhere\n",
	  NULL },
	{ { "crawl", "explain", "films.score" },
	  1,
	  "score of films: 1 of 3 rows have it; the first without is at 4:1\n"
	  "  4:1: <li>B <b score='x'></li>\n"
	  "there its pattern matches nothing (e.yaml:4)\n"
	  "  matched  score=\n"
	  "           ^ at 4:10\n"
	  "  wanted   score=\"(.*?)\"\n"
	  "                 ^\n"
	  "  stood    score='x'></li>\n"
	  "                 ^ 4:16\n"
	  "  with other quotes it matches, at 4:10:\n"
	  "           score=[\"'](.*?)[\"']\n"
	  "  not of its type: n/a at 5:20 is no real\n",
	  NULL },
	{ { "crawl", "explain", "either" },
	  1,
	  "either: matches nothing (e.yaml:12)\n"
	  "  alternative 1:\n"
	  "  matched  <i>\n"
	  "           ^ at 5:30\n"
	  "  wanted   <i>(\\d)\n"
	  "              ^\n"
	  "  stood    <i>a\n"
	  "              ^ 5:33\n"
	  "  alternative 2:\n"
	  "  matched  <meta \n"
	  "           ^ at 2:1\n"
	  "  wanted   <meta name\n"
	  "                 ^\n"
	  "  stood    <meta content=\"4\" itemprop=\"yield\">\\n<li>1: A <b "
	  "score=\"9.5\"></li>\\n<li>B <b score='x'><"
	  "\xe2\x80\xa6\n"
	  "                 ^ 2:7\n"
	  "  alternative 3:\n"
	  "  wanted   ZZZ\n"
	  "           ^ is nowhere\n",
	  NULL },
	{ { "crawl", "explain", "x", "-e", "x=<b (?:id|score=\"(\\d)\")" }, 1, NULL, NULL },
	{ { "crawl", "explain", "film" },
	  2,
	  "",
	  "there is no pattern 'film': did you mean 'films'?" },
	{ { "crawl", "explain", "books" }, 2, "", "there is no pattern 'books' (crawl check" },
	{ { "crawl", "explain", "films.scor" }, 2, "", "no field 'scor': did you mean 'score'?" },
	{ { "crawl", "explain", "films." }, 2, "", "no field ''" },
};

static void explain_says_how_far_a_pattern_gets(void **state)
{
	(void)state;
	write_file("e.yaml", explain_config);
	write_file("e.html", EXPLAIN_FILM_PAGE);
	for (size_t i = 0; i < COUNT(explained); i++) {
		const char *words[WORDS_MAX + 4] = { NULL };
		struct outcome_of_command result;
		size_t count = 0;

		for (; explained[i].words[count]; count++)
			words[count] = explained[i].words[count];
		words[count++] = "e.html";
		words[count++] = "-c";
		words[count++] = "e.yaml";
		result = run(NULL, words);
		if (result.code != explained[i].code ||
		    (explained[i].out && strcmp(result.out.text, explained[i].out) != 0) ||
		    (explained[i].err && !strstr(result.err.text, explained[i].err)))
			fail_msg("explain %s: exit code %d\n%s\n%s", words[2], result.code,
				 result.out.text, result.err.text);
		if (widest_line(result.err.text) > COLUMNS_MAX)
			fail_msg("explain %s: wider than a terminal\n%s", words[2],
				 result.err.text);
	}
	unlink("e.yaml");
	unlink("e.html");
}

/* Regions, lists, children, JSON: what is explained is what is looked at. */
static void explain_knows_records_of_every_form(void **state)
{
	static const char config[] =
		"patterns:\n"
		"  - name: recipe\n"
		"    within: '<main>(.*?)</main>'\n"
		"    fields:\n"
		"      title: {pattern: '<h1>(.*?)</h1>'}\n"
		"      yield: {pattern: ['yield=(.*?);', 'Yield: (\\d+)']}\n"
		"    children:\n"
		"      - {name: steps, pattern: '<li>(?<text>.*?)</li>'}\n"
		"  - name: film\n"
		"    each: '<div>(.*?)</div>'\n"
		"    fields: {name: {pattern: '<b>(.*?)</b>', required: true}}\n"
		"    children:\n"
		"      - {name: actors, pattern: '<i>(?<actor>.*?)</i>'}\n"
		"  - name: offers\n"
		"    each: {json: '$.offers'}\n"
		"    fields: {price: {json: '$.price', type: real}}\n"
		"  - {name: prices, json: '$.offers.price'}\n"
		"  - {name: ld, each: {jsonld: Recipe}, fields: {x: {json: '$.x'}}}\n"
		"  - {name: state, json: '$.a', in: 'offers : (.*)'}\n"
		"  - {name: elsewhere, within: '<nav>.*?</nav>', pattern: '<a>'}\n";
	static const char page[] = "<h1>no</h1><main><h2>Title</h2> Yield:  4 </main>\n"
				   "<div><b>A</b><i>x</i></div><div><b>B</b><u>x</u></div>\n"
				   "<script type=\"application/ld+json\">{\"offers\": [{\"price\": "
				   "\"12\"}]}</script>\n";
	static const struct {
		const char *meant;
		int code;
		const char *says[3];
	} rows[] = {
		{ "recipe.title", 1, { "title of recipe: matches nothing", "^ 1:20\n" } },
		{ "recipe.yield",
		  1,
		  { "yield of recipe: matches nothing",
		    "or its next pattern, which matches nothing",
		    "with other white space it matches, at 1:33:\n           Yield:\\s*(\\d+)" } },
		{ "recipe_steps", 1, { "title of recipe: matches nothing" } },
		{ "film", 0, { "each of film: 2 matches" } },
		{ "film.name", 0, { "name of film: 2 of 2 rows have it (e.yaml:9)" } },
		{ "film_actors",
		  1,
		  { "film_actors of film: 1 of 2 records have rows of it; the first without is at "
		    "2:28",
		    "film_actors: matches nothing" } },
		{ "film_actors.actor", 0, { "actor of film_actors: 1 of 1 row has it" } },
		{ "offers", 0, { "each of offers: 1 match, the first at 3:47" } },
		{ "offers.price",
		  1,
		  { "price of offers: 0 of 1 row has it",
		    "with the items of an array it matches, at 3:59:\n           $[*].price" } },
		{ "prices",
		  1,
		  { "  matched  $.offers\n           ^ at 3:47\n  wanted   .price\n",
		    "$.offers[*].price", "$.offers..price" } },
		{ "ld", 1, { "each of ld: matches nothing", "Recipe\n           ^ is nowhere" } },
		/* No path is to blame where there is nothing to look in. */
		{ "state",
		  1,
		  { "each of state: matches nothing, for 'in' does not (e.yaml:19)",
		    "  matched  offers\n", "  wanted   offers : (.*)\n" } },
		{ "elsewhere", 1, { "within of elsewhere: matches nothing", "<nav>.*?</nav>" } },
	};

	(void)state;
	write_file("e.yaml", config);
	write_file("e.html", page);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *words[] = { "crawl", "explain", rows[i].meant, "e.html",
					"-c",    "e.yaml",  NULL };
		struct outcome_of_command result = run(NULL, words);

		for (size_t n = 0; n < COUNT(rows[i].says) && rows[i].says[n]; n++)
			if (result.code != rows[i].code ||
			    !strstr(result.out.text, rows[i].says[n]))
				fail_msg("explain %s: exit code %d\n%s\n%s", rows[i].meant,
					 result.code, result.out.text, result.err.text);
	}
	unlink("e.yaml");
	unlink("e.html");
}

/* JSON that is broken is said to be, and where. */
static void explain_says_where_json_breaks(void **state)
{
	static const char *const words[] = { "crawl", "explain", "p", "-", "-c", "e.yaml", NULL };
	struct outcome_of_command result;

	(void)state;
	write_file("e.yaml", "patterns:\n  - {name: p, json: '$.b'}\n");
	result = run("<script type='application/ld+json'>{\"a\": 1, \"b</script>", words);
	assert_int_equal(result.code, EXIT_SOME_FAILED);
	assert_non_null(strstr(result.out.text, "  the JSON breaks at 1:"));
	unlink("e.yaml");
}

/* Columns are those of a terminal, and a page does not steer it. */
static void explain_aligns_what_is_wide_and_hides_what_steers(void **state)
{
	static const struct {
		const char *page, *expression, *lines;
	} rows[] = {
		{ "<b>霸王 x</b>", "x=<b>霸王 (\\d+)",
		  "  wanted   <b>霸王 (\\d+)\n"
		  "                   ^\n"
		  "  stood    <b>霸王 x</b>\n"
		  "                   ^ 1:7\n" },
		{ "<i>a.b.c</i>", "x=<i>a\\.b\\.d",
		  "  wanted   <i>a\\.b\\.d\n"
		  "                    ^\n"
		  "  stood      <i>a.b.c</i>\n"
		  "                    ^ 1:8\n" },
		{ "<b>\033[2J\r\n\x01</b>", "x=<b>(\\w)",
		  "  wanted   <b>(\\w)\n"
		  "              ^\n"
		  "  stood    <b>\xef\xbf\xbd[2J\\r\\n\xef\xbf\xbd</b>\n"
		  "              ^ 1:4\n" },
		{ "<b>", "x=<b>1",
		  "  wanted   <b>1\n"
		  "              ^\n"
		  "  stood    <b>\n"
		  "              ^ 1:4, the end\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *words[] = {
			"crawl", "explain", "x", "-", "-e", rows[i].expression, NULL
		};
		struct outcome_of_command result = run(rows[i].page, words);

		assert_int_equal(result.code, EXIT_SOME_FAILED);
		if (!strstr(result.out.text, rows[i].lines))
			assert_string_equal(result.out.text, rows[i].lines);
		assert_null(strchr(result.out.text, '\033'));
	}
}

/* A name of a page, too. */
static void a_name_of_a_page_does_not_steer_the_terminal(void **state)
{
	static const char *const words[] = { "crawl",         "try",    "-e", "x=<(x)",
					     "a\033[2J.html", "b.html", NULL };
	struct outcome_of_command result;

	(void)state;
	write_file("a\033[2J.html", "none");
	write_file("b.html", "<x");
	result = run(NULL, words);
	assert_int_equal(result.code, EXIT_ALL_DONE);
	assert_null(strchr(result.out.text, '\033'));
	assert_non_null(strstr(result.out.text, "nothing on a\xef\xbf\xbd[2J.html"));
	unlink("a\033[2J.html");
	unlink("b.html");
}

static void explain_names_the_repeat_that_a_limit_stopped(void **state)
{
	static const char *const words[] = {
		"crawl", "explain", "x", "-", "-e", "x=<p>(a+)+c", NULL
	};
	struct outcome_of_command result =
		run("<p>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab c", words);

	(void)state;
	assert_int_equal(result.code, EXIT_SOME_FAILED);
	assert_non_null(strstr(result.out.text,
			       "x: matches nothing (-e:1)\n"
			       "  stopped by the match limit: this repeat costs it\n"
			       "  repeat   <p>(a+)+c\n"
			       "              ^^^^^\n"
			       "  matched  <p>(a+)+\n"));
}

/* One line a pattern, and nothing is wrong; with u there is nothing to say. */
static void check_advises_what_knows_ascii_alone(void **state)
{
	static const struct {
		const char *pattern, *says;
	} rows[] = {
		{ "pattern: 'By: (\\w+) (\\w+)'", "f.yaml:2: advice: \\w of 'p'" },
		{ "flags: i\n    each: '<.*?>'\n    fields: {a: {pattern: 'x\\s*(y)'}}",
		  "f.yaml:2: advice: \\s of 'p'" },
		{ "flags: u\n    pattern: 'By: (\\w+)'", NULL },
		{ "url: '/\\w+'\n    pattern: '\\d+'", NULL },
	};
	static const char *const words[] = { "crawl", "check", "f.yaml", NULL };
	char config[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome_of_command result;
		const char *advice;

		snprintf(config, sizeof(config), "patterns:\n  - name: p\n    %s\n",
			 rows[i].pattern);
		write_file("f.yaml", config);
		result = run(NULL, words);
		assert_int_equal(result.code, EXIT_ALL_DONE);
		advice = strstr(result.err.text, "advice");
		assert_int_equal(advice != NULL, rows[i].says != NULL);
		if (!advice)
			continue;
		assert_non_null(strstr(result.err.text, rows[i].says));
		assert_null(strstr(advice + 1, "advice"));
	}
	unlink("f.yaml");
}

/* It stays as it is, so that the figures are those of a crawl. */
static void try_says_what_a_relative_url_lacks(void **state)
{
	static const char *const words[] = { "crawl", "try", "f.yaml", "-", NULL };
	static const struct {
		const char *page, *says;
		bool is_told;
	} rows[] = {
		{ "<a href=x>", "x\np: 1 row", true },
		{ "<a href='?a&amp;b'>", "?a&b\np: 1 row", true },
		{ "<a href=//h/x>", "//h/x\np: 1 row", true },
		{ "<a href=http://h/x>", "http://h/x\n", false },
		{ "<base href=http://h/><a href=x>", "http://h/x\n", false },
		{ "<a href=javascript:x>", "\n  bad v (clean): javascript:x (1:9)\n", false },
	};

	(void)state;
	write_file("f.yaml", "patterns:\n  - name: p\n    pattern: '<a href=''?(?<v>[^>'']*)'\n"
			     "    fields: {v: {clean: url}}\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome_of_command result = run(rows[i].page, words);

		assert_non_null(strstr(result.out.text, rows[i].says));
		assert_int_equal(strstr(result.out.text, "; relative URLs need --url") != NULL,
				 rows[i].is_told);
	}
	unlink("f.yaml");
}

/* Running out of a budget is not the same as finding nothing. */
static void try_says_when_a_pattern_ran_out_of_its_budget(void **state)
{
	static const char *const words[] = { "crawl", "try", "-e", "x=(a+)+[bd]c", "-", NULL };
	char page[20000];
	struct outcome_of_command result;

	(void)state;
	memset(page, 'a', sizeof(page));
	memcpy(page + sizeof(page) - 3, "!c", 3);
	result = run(page, words);
	assert_int_equal(result.code, EXIT_SOME_FAILED);
	assert_memory_equal(result.out.text, "x: 0 rows in ", 13);
	assert_non_null(
		strstr(result.out.text, "; stopped by the match limit: rows are incomplete"));
}

/* Whatever asks for a table that is not there. */
static void a_table_that_is_not_there_brings_the_nearest(void **state)
{
	static const struct {
		const char *command, *argument, *complaint;
	} cases[] = {
		{ "export", "flims", "crawl: crawl.db has no table flims: did you mean films?\n" },
		{ "export", "flim", "crawl: crawl.db has no table flim: did you mean films?\n" },
		{ "export", "page", "crawl: crawl.db has no table page: did you mean pages?\n" },
		{ "export", "PATTERN_STAT",
		  "crawl: crawl.db has no table PATTERN_STAT: did you mean pattern_stats?\n" },
		{ "export", "something_else", "crawl: crawl.db has no table something_else\n" },
		{ "export", "films\"; DROP TABLE urls; --",
		  "crawl: crawl.db has no table films\"; DROP TABLE urls; --\n" },
		{ "export", "", "crawl: crawl.db has no table " },
		{ "sql", "SELECT * FROM flims",
		  "crawl: crawl.db has no table flims: did you mean films?\n" },
		{ "sql", "SELECT * FROM films, hotss",
		  "crawl: crawl.db has no table hotss: did you mean hosts?\n" },
		{ "sql", "SELECT * FROM something_else",
		  "crawl: crawl.db has no table something_else\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *words[] = { "crawl", cases[i].command, cases[i].argument, NULL };
		struct outcome_of_command result = run(NULL, words);

		assert_int_equal(result.code, EXIT_WRONG_USAGE);
		assert_string_equal(result.out.text, "");
		if (strncmp(result.err.text, cases[i].complaint, strlen(cases[i].complaint)) != 0)
			assert_string_equal(result.err.text, cases[i].complaint);
	}
}

/* The first words of each; all of a help is tested where it is made. */
static void help_is_a_command(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *out;
	} cases[] = {
		{ { "crawl", "help" }, "crawl " CRAWL_VERSION ": fetch lists" },
		{ { "crawl", "help", "sql" }, "usage: crawl sql [OPTION]... QUERY|-\n" },
		{ { "crawl", "help", "help" }, "usage: crawl help [OPTION]... [COMMAND" },
		{ { "crawl", "help", "ctl" }, "usage: crawl ctl SUBJECT" },
		{ { "crawl", "help", "ctl", "add" }, "usage: crawl ctl add [OPTION]... URL\n" },
		{ { "crawl", "help", "settings" }, "Options of run, try, test" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outcome_of_command result = run(NULL, cases[i].words);

		assert_int_equal(result.code, EXIT_ALL_DONE);
		assert_string_equal(result.err.text, "");
		if (strncmp(result.out.text, cases[i].out, strlen(cases[i].out)) != 0)
			assert_string_equal(result.out.text, cases[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_says_what_it_should),
		cmocka_unit_test(a_table_that_is_not_there_brings_the_nearest),
		cmocka_unit_test(help_is_a_command),
		cmocka_unit_test(inspect_text_writes_one_line_to_stderr),
		cmocka_unit_test(try_shows_rows_figures_and_places),
		cmocka_unit_test(try_counts_what_is_empty_or_not_of_its_type),
		cmocka_unit_test(check_advises_what_knows_ascii_alone),
		cmocka_unit_test(try_says_what_a_relative_url_lacks),
		cmocka_unit_test(try_says_of_many_pages_what_each_field_has),
		cmocka_unit_test(try_says_which_rows_end_inside_an_element),
		cmocka_unit_test(try_names_the_page_of_each_row_of_many),
		cmocka_unit_test(the_first_argument_is_the_config_where_it_looks_like_one),
		cmocka_unit_test(try_says_how_to_ask_why_nothing_matched),
		cmocka_unit_test(try_is_soon_done_with_500_kb),
		cmocka_unit_test(explain_says_how_far_a_pattern_gets),
		cmocka_unit_test(explain_knows_records_of_every_form),
		cmocka_unit_test(explain_says_where_json_breaks),
		cmocka_unit_test(explain_aligns_what_is_wide_and_hides_what_steers),
		cmocka_unit_test(a_name_of_a_page_does_not_steer_the_terminal),
		cmocka_unit_test(explain_names_the_repeat_that_a_limit_stopped),
		cmocka_unit_test(try_says_when_a_pattern_ran_out_of_its_budget),
	};

	alarm(TEST_SECONDS_MAX);
	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
