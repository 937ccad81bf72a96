#include "tests/support/test.h"

#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "crawler/config/config_files.h"
#include "crawler/config/config_load.h"
#include "parsers/pattern/selector_table.h"

#define DATA     "tests/data/config/"
#define TEXT_MAX (64 * 1024)

/*
 * Every test runs in a folder of its own, which is empty at first; the environment has no
 * CRAWL_* and no home, so that no config of the machine is found.
 */
static char start[4096], folder[64];

static int enter_empty_folder(void **state)
{
	(void)state;
	assert_non_null(getcwd(start, sizeof(start)));
	strcpy(folder, "/tmp/crawl-config-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	setenv("XDG_CONFIG_HOME", folder, 1);
	return 0;
}

static int leave_folder(void **state)
{
	char command[128];

	(void)state;
	unsetenv("CRAWL_CONFIG");
	unsetenv("CRAWL_DELAY");
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	assert_int_equal(chdir(start), 0);
	return system(command);
}

static void write_bytes(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

static void write_text(const char *path, const char *text)
{
	write_bytes(path, text, strlen(text));
}

/* A file of the tree, NUL-terminated; the caller frees it. */
static char *data_file(const char *name, size_t *size)
{
	char path[8192], *text = calloc(1, TEXT_MAX);
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", start, name);
	file = fopen(path, "r");
	assert_non_null(file);
	*size = fread(text, 1, TEXT_MAX - 1, file);
	fclose(file);
	return text;
}

/* What was complained of, in one buffer: cleared by every load(). */
static char complaints[TEXT_MAX];

static struct config *load_all(const char *const paths[], size_t count,
			       const char *const expressions[], size_t expression_count)
{
	FILE *out = fmemopen(complaints, sizeof(complaints), "w");
	struct config_sources sources = {
		.paths = paths,
		.path_count = count,
		.expressions = expressions,
		.expression_count = expression_count,
	};
	struct config *config;

	memset(complaints, 0, sizeof(complaints));
	config = config_load(&sources, out);
	fclose(out);
	return config;
}

static struct config *load(const char *path)
{
	return load_all(&path, 1, NULL, 0);
}

static void assert_complains(const char *path, const char *expected)
{
	struct config *config = load(path);

	assert_string_equal(complaints, expected);
	assert_null(config);
}

/* ---- the good example ---- */

static void the_example_is_read_whole(void **state)
{
	size_t size;
	char *text = data_file(DATA "good.yaml", &size);
	struct config *config;

	(void)state;
	write_bytes("t.yaml", text, size);
	free(text);
	config = load("t.yaml");
	assert_string_equal(complaints, "");
	assert_non_null(config);
	assert_int_equal(config->pattern_count, 6);
	assert_int_equal(config->follow_count, 2);
	assert_int_equal(config->host_count, 2);
	assert_int_equal(config->file_count, 1);
	assert_string_equal(config->files[0], "t.yaml");
	assert_int_not_equal(config->hash, 0);
	config_free(config);
}

static struct config *load_good(void)
{
	size_t size;
	char *text = data_file(DATA "good.yaml", &size);

	write_bytes("t.yaml", text, size);
	free(text);
	return load("t.yaml");
}

static void assert_field(const struct field_spec *field, const char *name, int group,
			 const char *value, enum field_type type, size_t clean_count)
{
	assert_string_equal(field->name, name);
	assert_int_equal(field->group, group);
	assert_int_equal(field->value != NULL, value != NULL);
	if (value)
		assert_string_equal(field->value, value);
	assert_int_equal(field->type, type);
	assert_int_equal(field->clean_count, clean_count);
}

static void what_becomes_of_rows_over_time_is_read(void **state)
{
	struct config *config = load_good();
	const struct config_pattern *board = &config->patterns[0], *books = &config->patterns[1];

	(void)state;
	assert_false(board->drops_when_empty);
	assert_false(board->has_history);
	assert_int_equal(board->health_drop, 3); /* of the file */
	assert_true(books->drops_when_empty);
	assert_true(books->has_history);
	assert_int_equal(books->health_drop, 5);
	config_free(config);
}

static void the_board_has_every_field_as_written(void **state)
{
	struct config *config = load_good();
	const struct config_pattern *board = &config->patterns[0];
	const struct field_spec *fields = board->spec->fields;

	(void)state;
	assert_string_equal(board->spec->name, "maoyan_board");
	assert_string_equal(board->spec->url, "^https?://(www\\.)?maoyan\\.com/board/");
	assert_string_equal(board->spec->flags, "s");
	assert_string_equal(board->spec->pattern,
			    "<dd>.*?board-index.*?>(\\d+)<.*?title=\"(.*?)\".*?star.*?>(.*?)<"
			    ".*?releasetime.*?>(.*?)<.*?integer.*?>(.*?)<.*?fraction.*?>(.*?)<");
	assert_null(board->spec->each);
	assert_int_equal(board->spec->field_count, 5);
	assert_field(&fields[0], "index", 1, NULL, FIELD_INTEGER, 0);
	assert_field(&fields[1], "title", 2, NULL, FIELD_TEXT, 0);
	assert_field(&fields[2], "actor", 3, NULL, FIELD_TEXT, 2);
	assert_int_equal(fields[2].clean[0].kind, CLEAN_TRIM);
	assert_int_equal(fields[2].clean[1].kind, CLEAN_SLICE);
	assert_string_equal(fields[2].clean[1].argument, "3:");
	assert_field(&fields[3], "time", 4, NULL, FIELD_TEXT, 1);
	assert_field(&fields[4], "score", -1, "{5}{6}", FIELD_REAL, 0);
	assert_int_equal(board->key_count, 1);
	assert_string_equal(board->key[0], "index");
	assert_string_equal(board->spec->language->key, "pattern");
	assert_string_equal(board->file, "t.yaml");
	assert_int_equal(board->line, 3);
	config_free(config);
}

static void children_stand_behind_their_parent(void **state)
{
	static const struct {
		const char *name, *flags;
		size_t parent, descendants; /* parent: 0 is none */
		unsigned line;
	} rows[] = {
		{ "recipe", "s", 0, 3, 41 },
		{ "recipe_step", "s", 2, 1, 51 },
		{ "recipe_step_word", "i", 3, 0, 56 },
		{ "recipe_note", "s", 2, 0, 57 },
	};
	struct config *config = load_good();
	const struct pattern_spec *recipe = config->patterns[2].spec;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_pattern *entry = &config->patterns[2 + i];

		assert_string_equal(entry->spec->name, rows[i].name);
		assert_string_equal(pattern_name(entry->pattern), rows[i].name);
		assert_string_equal(entry->spec->flags, rows[i].flags);
		assert_string_equal(entry->spec->url, "/recipe/");
		assert_int_equal(entry->descendant_count, rows[i].descendants);
		assert_int_equal(entry->line, rows[i].line);
		assert_ptr_equal(entry->parent,
				 rows[i].parent ? &config->patterns[rows[i].parent] : NULL);
	}
	assert_null(recipe->pattern);
	assert_null(recipe->each);
	assert_string_equal(recipe->within, "<main>(.*)</main>");
	assert_string_equal(recipe->fields[0].pattern, "<h1>(.*?)</h1>");
	assert_int_equal(recipe->fields[0].alternative_count, 1);
	assert_string_equal(recipe->fields[0].alternatives[0], "<h2>(.*?)</h2>");
	assert_true(recipe->fields[1].takes_all && !recipe->fields[1].carries);
	assert_true(recipe->children[0].fields[0].carries);
	config_free(config);
}

/* Wherever an expression may stand, and there it is the same. */
static void json_finds_records_and_fields(void **state)
{
	static const struct {
		const char *rows, *each, *in, *key;
	} cases[] = {
		{ "json: $.a", "$.a", NULL, "json" },
		{ "each: {json: '$.a[0]'}", "$.a[0]", NULL, "json" },
		{ "each: {json: $.a, in: 'x=(.*)'}", "$.a", "x=(.*)", "json" },
		{ "json: $.a\n  in: 'x=(.*)'", "$.a", "x=(.*)", "json" },
		{ "each: {jsonld: Recipe}", "Recipe", NULL, "jsonld" },
		{ "jsonld: Recipe", "Recipe", NULL, "jsonld" },
		{ "each: {pattern: 'x'}", "x", NULL, "pattern" },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		const struct pattern_spec *spec;
		struct config *config;
		char text[512];

		snprintf(text, sizeof(text),
			 "patterns:\n- name: a\n  %s\n  fields:\n"
			 "    b: {json: ['$.b', '$.c'], in: 'y(.*)', type: json, clean: json}\n",
			 cases[n].rows);
		write_text("t.yaml", text);
		config = load("t.yaml");
		assert_string_equal(complaints, "");
		spec = config->patterns[0].spec;
		assert_null(spec->pattern);
		assert_string_equal(spec->each, cases[n].each);
		assert_true(cases[n].in ? strcmp(spec->in, cases[n].in) == 0 : !spec->in);
		assert_string_equal(spec->language->key, cases[n].key);
		assert_string_equal(spec->fields[0].language->key, "json");
		assert_string_equal(spec->fields[0].pattern, "$.b");
		assert_string_equal(spec->fields[0].alternatives[0], "$.c");
		assert_string_equal(spec->fields[0].in, "y(.*)");
		assert_int_equal(spec->fields[0].clean[0].kind, CLEAN_JSON);
		config_free(config);
	}
}

static void every_clean_step_is_read(void **state)
{
	static const enum clean_kind kinds[] = {
		CLEAN_TRIM, CLEAN_SQUEEZE, CLEAN_HTML, CLEAN_LOWER,   CLEAN_UPPER, CLEAN_NUMBER,
		CLEAN_URL,  CLEAN_SLICE,   CLEAN_DROP, CLEAN_REPLACE, CLEAN_MAP,
	};
	struct config *config = load_good();
	const struct pattern_spec *books = config->patterns[1].spec;
	const struct clean_spec *clean = books->fields[1].clean;

	(void)state;
	assert_int_equal(books->fields[1].clean_count, 11);
	for (size_t i = 0; i < 11; i++)
		assert_int_equal(clean[i].kind, kinds[i]);
	assert_string_equal(clean[7].argument, "1:-1");
	assert_string_equal(clean[8].argument, "Price: ");
	assert_string_equal(clean[9].argument, "(\\d),(\\d)");
	assert_string_equal(clean[9].with, "$1$2");
	assert_int_equal(clean[10].pair_count, 2);
	assert_string_equal(clean[10].pairs[0], "free");
	assert_string_equal(clean[10].pairs[1], "0");
	assert_string_equal(clean[10].pairs[2], "sold out");
	assert_string_equal(clean[10].pairs[3], "");
	config_free(config);
}

static void short_forms_of_fields_are_read(void **state)
{
	struct config *config = load_good();
	const struct config_pattern *books = &config->patterns[1];
	const struct field_spec *fields = books->spec->fields;

	(void)state;
	assert_null(books->spec->pattern);
	assert_string_equal(books->spec->each, "<li (?<kind>\\w+)>(.*?)</li>");
	assert_null(books->spec->flags);
	assert_int_equal(books->spec->field_count, 4);
	assert_string_equal(fields[0].pattern, "<b>(.*?)</b>");
	assert_true(fields[0].is_required);
	assert_string_equal(fields[1].otherwise, "");
	assert_false(fields[1].is_required);
	assert_field(&fields[2], "whole", 2, NULL, FIELD_TEXT, 0);
	assert_field(&fields[3], "kind", -1, NULL, FIELD_TEXT, 0);
	assert_null(fields[3].pattern);
	assert_int_equal(books->key_count, 1);
	assert_string_equal(books->key[0], "title");
	config_free(config);
}

static void rules_for_links_and_hosts_are_read(void **state)
{
	struct config *config = load_good();

	(void)state;
	assert_string_equal(config->follow[0].from, "^https?://(www\\.)?maoyan\\.com/board/");
	assert_string_equal(config->follow[0].link, "\\?offset=\\d+$");
	assert_int_equal(config->follow[0].depth, 10);
	assert_int_equal(config->follow[0].max_pages, 20);
	assert_null(config->follow[1].from);
	assert_string_equal(config->follow[1].link, "/book/");
	assert_int_equal(config->follow[1].depth, -1);
	assert_int_equal(config->follow[1].max_pages, -1);
	assert_null(config->follow[0].pattern);
	assert_int_equal(config->follow[0].same, SAME_HOST);
	assert_string_equal(config->follow[1].pattern, "data-next='(.*?)'");
	assert_int_equal(config->follow[1].same, SAME_DOMAIN);
	assert_string_equal(config->hosts[0].match, "*.maoyan.com");
	assert_int_equal(config->hosts[0].delay_ms, 2000);
	assert_int_equal(config->hosts[0].concurrency, 1);
	assert_int_equal(config->hosts[0].robots, -1);
	assert_string_equal(config->hosts[1].match, "books.example.org");
	assert_int_equal(config->hosts[1].delay_ms, -1);
	assert_int_equal(config->hosts[1].concurrency, -1);
	assert_int_equal(config->hosts[1].robots, 0);
	config_free(config);
}

/* The path and query of a URL, as the config has it. */
static const char *url_left(const struct config *config, const char *text)
{
	static struct url url;

	assert_int_equal(url_parse(&url, slice_of(text)), URL_OK);
	canonical_apply(config->canonical, &url);
	return url.text + url.path;
}

/* The same of a URL of this query. */
static const char *query_left(const struct config *config, const char *query)
{
	char text[100];

	snprintf(text, sizeof(text), "http://h/?%s", query);
	return url_left(config, text);
}

static void parameters_that_are_dropped_are_read(void **state)
{
	struct config *config = load_good();

	(void)state;
	assert_string_equal(query_left(config, "utm_id=1&a=2&fb_x_id&gclid=3&gclid2"),
			    "/?a=2&gclid2");
	assert_string_equal(query_left(config, "jsessionid"), "/?jsessionid");
	assert_string_equal(url_left(config, "http://h/a;sid=1;v=2/b;jsessionid=1F2E?x=1"),
			    "/a;v=2/b?x=1");
	config_free(config);
}

static void settings_of_the_file_come_over_defaults(void **state)
{
	struct config *config = load_good();
	const struct settings *settings = &config->settings, standard = settings_default();

	(void)state;
	assert_string_equal(settings->user_agent, "mybot/1.0 (+mailto:me@example.org)");
	assert_int_equal(settings->workers, 4);
	assert_int_equal(settings->timeout_ms, 30000);
	assert_int_equal(settings->max_body, 10000000);
	assert_int_equal(settings->pattern_time_ms, 250);
	assert_false(settings->robots);
	assert_true(settings->keep_pages);
	assert_int_equal(settings->delay_ms, standard.delay_ms);
	assert_int_equal(config->patterns[0].spec->budget_ms, 250);
	assert_int_equal(config->patterns[0].spec->match_limit, standard.match_limit);
	config_free(config);
}

static void the_config_that_comes_along_is_right(void **state)
{
	size_t size;
	char *text = data_file("config/maoyan.yaml", &size);
	struct config *config;

	(void)state;
	write_bytes("t.yaml", text, size);
	free(text);
	config = load("t.yaml");
	assert_string_equal(complaints, "");
	assert_int_equal(config->pattern_count, 1);
	assert_int_equal(pattern_field_count(config->patterns[0].pattern), 5);
	config_free(config);
}

/* ---- complaints ---- */

/* A complaint with "error: *" leaves the words to the pattern engine. */
static bool is_as_expected(const char *actual, const char *expected)
{
	while (*expected) {
		if (strncmp(expected, ": error: *\n", 11) == 0 &&
		    strncmp(actual, ": error: ", 9) == 0) {
			actual = strchr(actual, '\n');
			expected = strchr(expected, '\n');
			if (!actual)
				return false;
		}
		if (*actual++ != *expected++)
			return false;
	}
	return *actual == '\0';
}

/* The file holds cases: "#case NAME", a config, "#=>", what is complained of. */
static void every_mistake_is_shown_where_it_is(void **state)
{
	size_t size, cases = 0, failed = 0;
	char *text = data_file(DATA "complaints.txt", &size), *at = strstr(text, "\n#case ");

	(void)state;
	while (at) {
		char *yaml = strchr(at + 1, '\n') + 1, *arrow = strstr(yaml, "#=>\n");
		char *expected = arrow + 4, *next = strstr(expected, "\n#case ");

		write_bytes("t.yaml", yaml, (size_t)(arrow - yaml));
		yaml[-1] = '\0';
		if (next)
			*next = '\0'; /* the blank line between cases */
		config_free(load("t.yaml"));
		if (!is_as_expected(complaints, expected)) {
			print_error("%s\nexpected:\n%sgot:\n%s\n", at, expected, complaints);
			failed++;
		}
		cases++;
		at = next;
	}
	free(text);
	assert_true(cases >= 60);
	assert_int_equal(failed, 0);
}

/* In [[:nosuch:]] it is PCRE2 that decides: 10.42 stops before the name, 10.46 behind it. */
static void an_error_of_a_pattern_is_shown_at_the_offset_of_pcre2(void **state)
{
	static const char pattern[] = "it's [[:nosuch:]] 'x'";
	static const char line[] = "    pattern: 'it''s [[:nosuch:]] ''x'''\n";
	char text[256], expected[256];
	size_t offset = 0;
	int error, column;

	(void)state;
	assert_null(pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &error, &offset,
				  NULL));
	assert_in_range(offset, strlen("it's ["), strlen("it's [[:nosuch:]]"));
	column = (int)(strlen("    pattern: '") + offset + strlen("'"));
	snprintf(text, sizeof(text), "patterns:\n  - name: a\n%s", line);
	snprintf(expected, sizeof(expected), "t.yaml:3:%d: error: *\n%s%*s^\n", column + 1, line,
		 column, "");
	write_text("t.yaml", text);
	config_free(load("t.yaml"));
	if (!is_as_expected(complaints, expected))
		fail_msg("expected:\n%sgot:\n%s", expected, complaints);
}

static void settings_that_contradict_each_other_are_refused(void **state)
{
	(void)state;
	write_text("t.yaml", "crawl:\n  polite_per: address\n  proxy: 'http://127.0.0.1:1'\n");
	assert_null(load("t.yaml"));
	assert_non_null(strstr(complaints, "polite_per: address cannot go with a proxy"));
	write_text("t.yaml", "crawl:\n  polite_per: domain\n  proxy: 'http://127.0.0.1:1'\n");
	config_free(load("t.yaml"));
	assert_string_equal(complaints, "");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *expected;
	} table[] = {
		{ "crawl:\n  a\0b: 1\n", 15,
		  "t.yaml:2:4: error: a NUL byte: this is not a text file in UTF-8\n  a?b: 1\n   "
		  "^\n" },
		{ "crawl:\n  caf\xE9: 1\n", 17,
		  "t.yaml:2:6: error: not UTF-8: byte 0xe9\n  caf?: 1\n     ^\n" },
		{ "a: \xED\xA0\x80\n", 7,
		  "t.yaml:1:4: error: not UTF-8: byte 0xed\na: ???\n   ^\n" },
		{ "\xFF\xFE"
		  "a\0:\0",
		  6, "t.yaml:1:1: error: not UTF-8: byte 0xff\n??a?:?\n^\n" },
		{ "a: \x1B[31mred\n", 12,
		  "t.yaml:1:4: error: a control character (0x1b) cannot stand in YAML\n"
		  "a: ?[31mred\n   ^\n" },
		{ "\xEF\xBB\xBF"
		  "a: \x07\n",
		  8,
		  "t.yaml:1:5: error: a control character (0x7) cannot stand in YAML\n?a: ?\n    "
		  "^\n" },
		{ "\xE2\x80\xAE"
		  "a: b\n",
		  8,
		  "t.yaml:1:1: error: unknown key '?a': known here: patterns, follow, hosts, "
		  "canonical, tests, health, crawl\n"
		  "?a: b\n^\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		write_bytes("t.yaml", table[i].text, table[i].size);
		assert_complains("t.yaml", table[i].expected);
	}
}

static void files_without_anything_are_fine(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"# only a comment",
		"---\n",
		"--- # nothing\n...\n",
		"\xEF\xBB\xBF",
		"patterns:\nfollow:\nhosts:\ncanonical:\ntests:\ncrawl:\n",
		"canonical:\n  drop_query:\n  drop_path:\n",
		"patterns: []\ncrawl: {}\n",
		"%YAML 1.1\n---\nhosts: []\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct config *config;

		write_text("t.yaml", texts[i]);
		config = load("t.yaml");
		assert_string_equal(complaints, "");
		assert_non_null(config);
		assert_int_equal(config->pattern_count + config->host_count, 0);
		config_free(config);
	}
}

static void a_byte_order_mark_moves_nothing(void **state)
{
	(void)state;
	write_text("t.yaml", "\xEF\xBB\xBF"
			     "crawl:\n  \xE4\xB8\xAD: 1\nhosts: x\n");
	assert_null(load("t.yaml"));
	assert_non_null(strstr(complaints, "t.yaml:2:3: error: unknown key"));
	assert_non_null(strstr(complaints, "t.yaml:3:8: error: 'hosts' must be"));
}

static void only_so_many_errors_are_shown(void **state)
{
	char text[4096] = "crawl:\n";
	size_t shown = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		sprintf(text + strlen(text), "  unknown%d: 1\n", i);
	write_text("t.yaml", text);
	assert_null(load("t.yaml"));
	for (const char *at = complaints; (at = strstr(at, ": error: ")); at++)
		shown++;
	assert_int_equal(shown, CONFIG_ERRORS_MAX);
	assert_non_null(strstr(complaints, "20 errors: the rest is not shown\n"));
}

#define HUGE_SECONDS_MAX 10 /* of CPU; the slowest takes 0.1 */

/* Bytes of one kind, many of them: each must be refused at once, or read at once. */
static void huge_files_are_no_trouble(void **state)
{
	static const struct {
		const char *piece;
		size_t count;
		const char *complaint;
	} table[] = {
		{ "# comment\n", CONFIG_FILE_BYTES_MAX / 10 + 1,
		  "t.yaml: error: too large: 4 MiB at most\n" },
		{ "x", 10 * 1024 * 1024, "t.yaml: error: too large: 4 MiB at most\n" },
		{ "[", 1000000, "nested too deeply" },
		{ "{", 1000000, "nested too deeply" },
		{ "- ", 1000000, "nested too deeply" },
		{ "? ", 1000000, "nested too deeply" },
		{ "- a\n", 1000000, "too much in one file" },
		{ "k: v\n", 90000, "stands here twice" },
		{ "x", 1000000, "a config is a mapping" },
		{ "\t", 1000000, "" },
		{ "'", 1000001, "this quote is not closed" },
		{ "e\xCC\x81", 1000000, "a config is a mapping" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		FILE *file = fopen("t.yaml", "w");
		clock_t begun;

		for (size_t j = 0; j < table[i].count; j++)
			fputs(table[i].piece, file);
		fclose(file);
		begun = clock();
		config_free(load("t.yaml"));
		assert_true((clock() - begun) / CLOCKS_PER_SEC < HUGE_SECONDS_MAX);
		assert_non_null(strstr(complaints, table[i].complaint));
		assert_true(strlen(complaints) < 20000);
	}
}

static void an_error_behind_a_million_blanks_is_found_at_once(void **state)
{
	FILE *file = fopen("t.yaml", "w");
	clock_t begun;

	(void)state;
	fputs("patterns:\n- name: a\n  pattern: 'x", file);
	for (int i = 0; i < 1000000; i++)
		fputc(' ', file);
	fputs("(y'\n", file);
	fclose(file);
	begun = clock();
	assert_null(load("t.yaml"));
	assert_non_null(strstr(complaints, "t.yaml:3:1000016: error: "));
	assert_true((clock() - begun) / CLOCKS_PER_SEC < HUGE_SECONDS_MAX);
}

/* ---- files ---- */

static void files_that_cannot_be_read_are_named(void **state)
{
	(void)state;
	assert_complains("missing.yaml", "missing.yaml: error: No such file or directory\n");
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(mkdir("folder/trap.yaml", 0700), 0);
	assert_complains("folder", "folder/trap.yaml: error: not a file\n");
}

static void a_folder_without_configs_is_worth_a_warning(void **state)
{
	struct config *config;

	(void)state;
	assert_int_equal(mkdir("empty", 0700), 0);
	write_text("empty/notes.txt", "a: b");
	config = load("empty");
	assert_non_null(config);
	assert_string_equal(complaints,
			    "empty: warning: no *.yaml or *.yml files in this folder\n");
	config_free(config);
}

/* Seconds are taken, as ever; each is shown where it stands. */
static void a_duration_without_a_unit_is_worth_a_warning(void **state)
{
	struct config *config;

	(void)state;
	write_text("units.yaml", "crawl: {timeout: 5, grace: 0}\n"
				 "hosts: [{match: a.example, delay: 2}]\n");
	setenv("CRAWL_DELAY", "3", 1);
	config = load("units.yaml");
	assert_non_null(config);
	assert_string_equal(
		complaints,
		"units.yaml:1:18: warning: '5' has no unit: 5ms or 5s? (seconds are taken)\n"
		"crawl: {timeout: 5, grace: 0}\n                 ^\n"
		"environment: warning: CRAWL_DELAY: '3' has no unit: 3ms or 3s? (seconds are "
		"taken)\n"
		"units.yaml:2:35: warning: '2' has no unit: 2ms or 2s? (seconds are taken)\n"
		"hosts: [{match: a.example, delay: 2}]\n                                  ^\n");
	assert_int_equal(config->settings.timeout_ms, 5000);
	assert_int_equal(config->settings.delay_ms, 3000);
	assert_int_equal(config->hosts[0].delay_ms, 2000);
	config_free(config);
}

static void a_folder_is_read_by_name_without_hidden_files(void **state)
{
	struct config *config;

	(void)state;
	assert_int_equal(mkdir("many", 0700), 0);
	write_text("many/b.yml", "");
	write_text("many/a.yaml", "");
	write_text("many/C.yaml", "");
	write_text("many/.#a.yaml", "nonsense");
	write_text("many/a.yaml~", "nonsense");
	write_text("many/.yaml", "nonsense");
	config = load("many/");
	assert_string_equal(complaints, "");
	assert_int_equal(config->file_count, 3);
	assert_string_equal(config->files[0], "many/C.yaml");
	assert_string_equal(config->files[1], "many/a.yaml");
	assert_string_equal(config->files[2], "many/b.yml");
	config_free(config);
}

static void the_same_file_is_read_once(void **state)
{
	static const char *const paths[] = { "once.yaml", "./once.yaml", "link.yaml", "once.yaml" };
	struct config *config;

	(void)state;
	write_text("once.yaml", "patterns:\n- name: a\n  pattern: '(?<b>c)'\n");
	assert_int_equal(symlink("once.yaml", "link.yaml"), 0);
	config = load_all(paths, 4, NULL, 0);
	assert_string_equal(complaints, "");
	assert_int_equal(config->file_count, 1);
	assert_int_equal(config->pattern_count, 1);
	config_free(config);
}

static void names_are_told_apart_over_all_files(void **state)
{
	static const char *const paths[] = { "one.yaml", "two.yaml" };

	(void)state;
	write_text("one.yaml", "patterns:\n- name: a\n  pattern: '(?<b>c)'\n");
	write_text("two.yaml", "patterns:\n- name: a\n  pattern: '(?<b>c)'\n");
	assert_null(load_all(paths, 2, NULL, 0));
	assert_string_equal(complaints, "two.yaml:2:9: error: pattern 'a' is there already, in "
					"one.yaml:2\n- name: a\n        ^\n");
}

static void files_add_to_what_is_dropped(void **state)
{
	static const char *const paths[] = { "one.yaml", "two.yaml", "three.yaml" };
	struct config *config;

	(void)state;
	write_text("one.yaml", "canonical: {drop_query: [a, b]}\n");
	write_text("two.yaml", "crawl: {delay: 1s}\n");
	write_text("three.yaml", "canonical: {drop_query: [b, c]}\n");
	config = load_all(paths, 3, NULL, 0);
	assert_string_equal(complaints, "");
	assert_string_equal(query_left(config, "a&b&c&d"), "/?d");
	config_free(config);
	config = load_all(paths, 2, NULL, 0);
	assert_string_equal(query_left(config, "a&b&c&d"), "/?c&d");
	config_free(config);
	config = load("two.yaml");
	assert_null(config->canonical);
	config_free(config);
}

/* Of all files together. */
static void one_name_too_many_is_shown_where_it_is(void **state)
{
	static const char *const paths[] = { "one.yaml", "two.yaml" };
	char text[4096] = "canonical:\n  drop_query:\n";

	(void)state;
	for (int i = 0; i < CANONICAL_NAMES_MAX; i++)
		sprintf(text + strlen(text), "    - name%d\n", i);
	write_text("one.yaml", text);
	write_text("two.yaml", "canonical: {drop_query: [name0, more]}\n");
	config_free(load("one.yaml"));
	assert_string_equal(complaints, "");
	assert_null(load_all(paths, 2, NULL, 0));
	assert_string_equal(complaints, "two.yaml:1:33: error: one name too many: 64 at most\n"
					"canonical: {drop_query: [name0, more]}\n"
					"                                ^\n");
}

static void two_files_may_agree_on_a_setting_but_not_differ(void **state)
{
	static const char *const agree[] = { "one.yaml", "same.yaml" };
	static const char *const differ[] = { "one.yaml", "other.yaml" };
	struct config *config;

	(void)state;
	write_text("one.yaml", "crawl:\n  delay: 2s\n");
	write_text("same.yaml", "crawl: {delay: 2000ms, workers: 3}\n");
	write_text("other.yaml", "crawl: {delay: 1s}\n");
	config = load_all(agree, 2, NULL, 0);
	assert_string_equal(complaints, "");
	assert_int_equal(config->settings.delay_ms, 2000);
	assert_int_equal(config->settings.workers, 3);
	config_free(config);
	assert_null(load_all(differ, 2, NULL, 0));
	assert_string_equal(complaints, "other.yaml:1:16: error: 'delay' is '2s' already, in "
					"one.yaml:2:10\ncrawl: {delay: 1s}\n               ^\n");
}

static void the_environment_comes_over_files(void **state)
{
	struct config *config;

	(void)state;
	write_text("one.yaml", "crawl:\n  delay: 2s\n");
	setenv("CRAWL_DELAY", "3s", 1);
	config = load("one.yaml");
	assert_int_equal(config->settings.delay_ms, 3000);
	config_free(config);
	setenv("CRAWL_DELAY", "soon", 1);
	assert_complains("one.yaml", "environment: error: CRAWL_DELAY: 'soon' is not a duration: "
				     "write 500ms, 2s, 10m or 1h\n");
	unsetenv("CRAWL_DELAY");
}

static void assert_searched(const char *first, const char *second)
{
	struct config *config = load_all(NULL, 0, NULL, 0);

	assert_string_equal(complaints, "");
	assert_non_null(config);
	assert_int_equal(config->file_count, (first != NULL) + (second != NULL));
	if (first)
		assert_string_equal(config->files[0], first);
	if (second)
		assert_string_equal(config->files[1], second);
	config_free(config);
}

/* From the last place to the first: each, once it has a file, hides those after it. */
static void the_first_place_that_has_files_is_searched(void **state)
{
	char user[128];

	(void)state;
	assert_searched(NULL, NULL);

	assert_int_equal(mkdir("crawl", 0700), 0); /* $XDG_CONFIG_HOME is this folder */
	write_text("crawl/user.yaml", "");
	snprintf(user, sizeof(user), "%s/crawl/user.yaml", folder);
	assert_searched(user, NULL);

	assert_int_equal(mkdir("config", 0700), 0);
	assert_searched(user, NULL);
	write_text("config/site.yaml", "");
	assert_searched("config/site.yaml", NULL);

	write_text("crawl.yaml", "");
	assert_searched("crawl.yaml", "config/site.yaml");

	write_text("named.yaml", "");
	setenv("CRAWL_CONFIG", "named.yaml", 1);
	assert_searched("named.yaml", NULL);
	setenv("CRAWL_CONFIG", "", 1);
	assert_searched("crawl.yaml", "config/site.yaml");
	unsetenv("CRAWL_CONFIG");
}

/* ---- expressions and rules ---- */

static void an_expression_is_a_pattern_for_every_page(void **state)
{
	static const char *const expressions[] = {
		"title=<title>(.*?)</title>",
		"pair=(a)=(b)",
		"named=(?<x>a)(b)",
		"whole=a=b",
	};
	struct config *config = load_all(NULL, 0, expressions, 4);

	(void)state;
	assert_string_equal(complaints, "");
	assert_int_equal(config->pattern_count, 4);
	assert_string_equal(config->patterns[0].spec->name, "title");
	assert_null(config->patterns[0].spec->url);
	assert_string_equal(config->patterns[0].spec->pattern, "<title>(.*?)</title>");
	assert_string_equal(config->patterns[0].file, "-e");
	assert_string_equal(pattern_field_name(config->patterns[0].pattern, 0), "g1");
	assert_int_equal(pattern_field_count(config->patterns[1].pattern), 2);
	assert_string_equal(config->patterns[1].spec->pattern, "(a)=(b)");
	assert_int_equal(pattern_field_count(config->patterns[2].pattern), 1);
	assert_string_equal(pattern_field_name(config->patterns[2].pattern, 0), "x");
	assert_string_equal(pattern_field_name(config->patterns[3].pattern, 0), "match");
	config_free(config);
}

static void mistakes_in_expressions_are_shown(void **state)
{
	static const struct {
		const char *expression, *expected;
	} table[] = {
		{ "<title>", "-e:1:1: error: an expression is name=regex, as in "
			     "'title=<title>(.*?)</title>'\n<title>\n^\n" },
		{ "=a", "-e:1:1: error: an expression is name=regex, as in "
			"'title=<title>(.*?)</title>'\n=a\n^\n" },
		{ "a=", "-e:1:2: error: an expression is name=regex, as in "
			"'title=<title>(.*?)</title>'\na=\n ^\n" },
		{ "", "-e:1:1: error: an expression is name=regex, as in "
		      "'title=<title>(.*?)</title>'\n\n^\n" },
		{ "a=(b", "-e:1:5: error: *\na=(b\n    ^\n" },
		{ "runs=b", "-e:1:1: error: 'runs' is a name that crawl.db uses itself: choose "
			    "another\nruns=b\n^\n" },
		{ "a=(?<n>b)", "-e:1:6: error: 'page_url' and 'n' are columns of every table: give "
			       "the field another name\na=(?<n>b)\n     ^\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_null(load_all(NULL, 0, &table[i].expression, 1));
		if (!is_as_expected(complaints, table[i].expected))
			assert_string_equal(complaints, table[i].expected);
	}
}

static void letters_of_any_language_make_a_name(void **state)
{
	static const char *const expressions[] = { "榜单=(a)", "größe_2=(a)", "_x=(a)" };
	struct config *config = load_all(NULL, 0, expressions, 3);

	(void)state;
	assert_string_equal(complaints, "");
	assert_int_equal(config->pattern_count, 3);
	config_free(config);
}

static void the_first_rule_that_matches_a_host_wins(void **state)
{
	static const struct {
		const char *host;
		int rule; /* -1: none */
	} table[] = {
		{ "maoyan.com", 0 },      { "www.maoyan.com", 0 },
		{ "a.b.maoyan.com", 0 },  { "notmaoyan.com", -1 },
		{ "maoyan.com.org", -1 }, { "a1.org", 1 },
		{ "a.org", -1 },          { "a12.org", -1 },
		{ "x.mid.y", 2 },         { "mid", 3 },
		{ "[::1]", 4 },           { "", -1 },
		/* by origin */
		{ "https://www.maoyan.com", 0 },
		{ "http://a.maoyan.com:81", 0 },
		{ "https://tls.org", 6 },
		{ "https://tls.org:443", 6 },
		{ "http://tls.org", -1 },
		{ "https://tls.org:444", -1 },
		{ "http://port.org:8080", 7 },
		{ "https://port.org:8080", 7 },
		{ "http://port.org", -1 },
		{ "https://[::2]:8443", 8 },
		{ "http://[::2]:8443", -1 },
	};
	struct config *config;

	(void)state;
	write_text("t.yaml", "hosts:\n- match: '*.MaoYan.com'\n- match: 'a?.org'\n"
			     "- match: '*.mid.*'\n- match: m*d\n- match: '[::1]'\n"
			     "- match: www.maoyan.com\n- match: 'https://TLS.org'\n"
			     "- match: 'port.org:8080'\n- match: 'https://[::2]:8443'\n");
	config = load("t.yaml");
	assert_string_equal(complaints, "");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct config_host *rule = config_host_rule(config, slice_of(table[i].host));

		assert_ptr_equal(rule, table[i].rule < 0 ? NULL : &config->hosts[table[i].rule]);
	}
	config_free(config);
}

/* What the page's URL is for: clean's `url` and named groups of `url`. */
static int take_row(void *context, const struct pattern_row *row)
{
	struct slice *values = context;

	for (size_t i = 0; i < 2; i++) {
		assert_true(row->values[i].text.size < 80);
		memcpy((char *)values[i].at, row->values[i].text.at, row->values[i].text.size);
	}
	return 0;
}

static void a_link_is_made_absolute_against_its_page(void **state)
{
	char link[80] = "", shelf[80] = "";
	struct slice values[] = { { link, 0 }, { shelf, 0 } };
	struct pattern_tally tally;
	struct config *config;

	(void)state;
	write_text("t.yaml",
		   "patterns:\n- name: a\n  url: '/(?<shelf>\\w+)/'\n"
		   "  pattern: 'href=(\\S+)'\n  fields: {link: {group: 1, clean: url}}\n");
	config = load("t.yaml");
	assert_string_equal(complaints, "");
	assert_int_equal(pattern_wants(config->patterns[0].pattern, SLICE("http://a.org/books/1")),
			 true);
	assert_int_equal(pattern_run(config->patterns[0].pattern, SLICE("http://a.org/books/1"),
				     SLICE("<a href=../x/#y >"), take_row, values, &tally),
			 0);
	assert_int_equal(tally.rows, 1);
	assert_string_equal(link, "http://a.org/x/");
	assert_string_equal(shelf, "books");
	config_free(config);
}

static void a_pattern_that_ends_with_a_line_break_is_warned_of(void **state)
{
	struct config *config;

	(void)state;
	write_text("t.yaml", "patterns:\n- name: a\n  pattern: |\n    (?<b>c)\n");
	config = load("t.yaml");
	assert_non_null(config);
	assert_string_equal(
		complaints,
		"t.yaml:3:12: warning: the pattern ends with a line break that the page "
		"must hold too: write |- to leave it off\n  pattern: |\n           ^\n");
	config_free(config);
}

/* ---- whatever is written ---- */

/* It loads, or says where it is wrong: "t.yaml:LINE:COLUMN: error: ". */
static void assert_loads_or_complains(const char *text, size_t size)
{
	struct config *config;
	unsigned line = 0, column = 0;

	write_bytes("t.yaml", text, size);
	config = load("t.yaml");
	if (!config &&
	    (!strstr(complaints, ": error: ") ||
	     sscanf(complaints, "t.yaml:%u:%u: ", &line, &column) != 2 || line == 0 || column == 0))
		fail_msg("no place in: %s", complaints);
	config_free(config);
}

static void every_file_with_one_byte_changed_loads_or_complains(void **state)
{
	static const char bytes[] = " \n\t':\"-#[]{}|>&*!%\\,?0\x80\xE4";
	size_t size;
	char *good = data_file(DATA "good.yaml", &size), *text = malloc(size + 1);

	(void)state;
	for (size_t at = 0; at < size; at++) {
		char kept = good[at];

		memcpy(text, good, at);
		memcpy(text + at, good + at + 1, size - at - 1);
		assert_loads_or_complains(text, size - 1);
		good[at] = bytes[at % (sizeof(bytes) - 1)];
		assert_loads_or_complains(good, size);
		good[at] = kept;
	}
	free(text);
	free(good);
}

static void every_file_cut_short_loads_or_complains(void **state)
{
	size_t size;
	char *good = data_file(DATA "good.yaml", &size);

	(void)state;
	for (size_t cut = 0; cut < size; cut++)
		assert_loads_or_complains(good, cut);
	free(good);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_empty_folder, leave_folder)

static void flags_have_the_last_word_over_files_and_host_rules(void **state)
{
	const char *path = "config/maoyan.yaml";
	struct setting_flag flags[] = {
		{ setting_find(SLICE("delay")), "20ms" },
		{ setting_find(SLICE("workers")), "7" },
	};
	struct config_sources sources = {
		.paths = &path,
		.path_count = 1,
		.flags = flags,
		.flag_count = 2,
	};
	struct config *config = config_load(&sources, stderr);
	const struct config_host *rule;

	(void)state;
	assert_non_null(config);
	rule = config_host_rule(config, SLICE("maoyan.com"));
	assert_int_equal(config->settings.delay_ms, 20);
	assert_int_equal(config->settings.workers, 7);
	assert_int_equal(rule->delay_ms, -1);
	assert_int_equal(rule->concurrency, 1);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_have_the_last_word_over_files_and_host_rules),
		TEST(the_example_is_read_whole),
		TEST(what_becomes_of_rows_over_time_is_read),
		TEST(the_board_has_every_field_as_written),
		TEST(children_stand_behind_their_parent),
		TEST(json_finds_records_and_fields),
		TEST(every_clean_step_is_read),
		TEST(short_forms_of_fields_are_read),
		TEST(rules_for_links_and_hosts_are_read),
		TEST(parameters_that_are_dropped_are_read),
		TEST(settings_of_the_file_come_over_defaults),
		TEST(the_config_that_comes_along_is_right),
		TEST(every_mistake_is_shown_where_it_is),
		TEST(an_error_of_a_pattern_is_shown_at_the_offset_of_pcre2),
		TEST(settings_that_contradict_each_other_are_refused),
		TEST(bytes_that_are_no_text_are_refused),
		TEST(files_without_anything_are_fine),
		TEST(a_byte_order_mark_moves_nothing),
		TEST(only_so_many_errors_are_shown),
		TEST(huge_files_are_no_trouble),
		TEST(an_error_behind_a_million_blanks_is_found_at_once),
		TEST(files_that_cannot_be_read_are_named),
		TEST(a_folder_without_configs_is_worth_a_warning),
		TEST(a_duration_without_a_unit_is_worth_a_warning),
		TEST(a_folder_is_read_by_name_without_hidden_files),
		TEST(the_same_file_is_read_once),
		TEST(names_are_told_apart_over_all_files),
		TEST(files_add_to_what_is_dropped),
		TEST(one_name_too_many_is_shown_where_it_is),
		TEST(two_files_may_agree_on_a_setting_but_not_differ),
		TEST(the_environment_comes_over_files),
		TEST(the_first_place_that_has_files_is_searched),
		TEST(an_expression_is_a_pattern_for_every_page),
		TEST(mistakes_in_expressions_are_shown),
		TEST(letters_of_any_language_make_a_name),
		TEST(the_first_rule_that_matches_a_host_wins),
		TEST(a_link_is_made_absolute_against_its_page),
		TEST(a_pattern_that_ends_with_a_line_break_is_warned_of),
		TEST(every_file_with_one_byte_changed_loads_or_complains),
		TEST(every_file_cut_short_loads_or_complains),
	};

	return RUN_TESTS(tests);
}
