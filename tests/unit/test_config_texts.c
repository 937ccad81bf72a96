#include "tests/support/test_folder.h"

#include "crawler/config/config_texts.h"

/* Patterns as they are written in files, one by one; of everything else nothing. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct test_folder folder;
static struct config_texts texts;

static int begin(void **state)
{
	(void)state;
	test_folder_enter(&folder);
	return 0;
}

static int end(void **state)
{
	(void)state;
	config_texts_free(&texts);
	return test_folder_leave(&folder);
}

static int take(const char *yaml)
{
	const char *path = "c.yaml";
	FILE *nobody = fopen("/dev/null", "w");
	int result;

	write_file(path, yaml);
	config_texts_free(&texts);
	result = config_texts_read(&texts, &path, 1, nobody);
	fclose(nobody);
	return result;
}

static void a_pattern_is_cut_out_as_it_is_written(void **state)
{
	static const struct {
		const char *yaml, *wanted; /* the first; NULL: there is none */
	} rows[] = {
		{ "patterns:\n  - name: a\n    pattern: x\n",
		  "patterns:\n  - name: a\n    pattern: x\n" },
		{ "patterns:\n- name: a\n  pattern: x\n",
		  "patterns:\n  - name: a\n    pattern: x\n" },
		{ "patterns:\n      - name: a\n        pattern: x\n",
		  "patterns:\n  - name: a\n    pattern: x\n" },
		{ "hosts:\n  - match: b\n    login: {password: s}\npatterns:\n  - name: a\n"
		  "    pattern: x\n  - name: b\n    pattern: y\n",
		  "patterns:\n  - name: a\n    pattern: x\n" },
		{ "patterns:\n  - pattern: x # why\n    # more\n\n    name: a\ncrawl: {}\n",
		  "patterns:\n  - pattern: x # why\n    # more\n\n    name: a\n" },
		{ "patterns:\n  - name: a\n    pattern: |-\n      <b>\n\n      - x\n\nfollow: []\n",
		  "patterns:\n  - name: a\n    pattern: |-\n      <b>\n\n      - x\n" },
		{ "patterns:\n  -\n    name: a\n    pattern: x\n", NULL },
		{ "patterns:\n  - name: a\r\n    pattern: x\r\n",
		  "patterns:\n  - name: a\r\n    pattern: x\r\n" },
		/* one that is wrong is what somebody wants to mend */
		{ "patterns:\n  - name: a\n    pattern: '(x'\n",
		  "patterns:\n  - name: a\n    pattern: '(x'\n" },
		{ "patterns: [{name: a, pattern: x}]\n", NULL },
		{ "patterns:\n  - {name: a, pattern: x}\n",
		  "patterns:\n  - {name: a, pattern: x}\n" },
		{ "patterns:\n  - {name: a,\n  pattern: x}\n", NULL },
		{ "patterns:\n  - pattern: x\n", NULL },
		{ "patterns:\n  - name: [a]\n", NULL },
		{ "patterns: x\n", NULL },
		{ "patterns:\n", NULL },
		{ "crawl: {}\n", NULL },
		{ "", NULL },
		{ "patterns:\n  - name: a\n    pattern: x",
		  "patterns:\n  - name: a\n    pattern: x" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(take(rows[i].yaml), 0);
		if (!rows[i].wanted && texts.count > 0)
			fail_msg("row %zu: %s", i, texts.list[0].yaml);
		if (!rows[i].wanted)
			continue;
		if (texts.count == 0)
			fail_msg("row %zu: none", i);
		assert_string_equal(texts.list[0].yaml, rows[i].wanted);
		assert_string_equal(texts.list[0].name, "a");
	}
}

static void what_cannot_be_read_is_told(void **state)
{
	const char *missing = "none.yaml";
	FILE *nobody = fopen("/dev/null", "w");

	(void)state;
	assert_int_equal(take("patterns: [\n"), -1);
	assert_int_equal(take("patterns: &a [x]\n"), -1);
	config_texts_free(&texts);
	assert_int_equal(config_texts_read(&texts, &missing, 1, nobody), -1);
	assert_int_equal(texts.count, 0);
	fclose(nobody);
}

/* Of 400 patterns the first 300, and none that a form could not post. */
static void there_is_an_end_to_it(void **state)
{
	char *yaml = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&yaml, &size);

	(void)state;
	fprintf(out, "patterns:\n  - name: big\n    pattern: '%0*d'\n", CONFIG_TEXT_BYTES_MAX, 0);
	for (int i = 0; i < 400; i++)
		fprintf(out, "  - name: p%d\n    pattern: x\n", i);
	fclose(out);
	assert_int_equal(take(yaml), 0);
	assert_int_equal(texts.count, CONFIG_TEXTS_MAX);
	assert_string_equal(texts.list[0].name, "p0");
	free(yaml);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pattern_is_cut_out_as_it_is_written),
		TEST(what_cannot_be_read_is_told),
		TEST(there_is_an_end_to_it),
	};

	return RUN_TESTS(tests);
}
