#include "tests/support/test.h"

#include <pcre2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "parsers/markup/html.h"
#include "parsers/pattern/literal.h"
#include "parsers/pattern/pattern.h"
#include "parsers/pattern/regex.h"
#include "parsers/text/utf8.h"

/* The seeds' own pattern. */
#define MAOYAN                                                                                     \
	"<dd>.*?board-index.*?>(\\d+)<.*?title=\"(.*?)\".*?star.*?>(.*?)<.*?releasetime.*?>(.*?)<" \
	".*?integer.*?>(.*?)<.*?fraction.*?>(.*?)<"

/* Rows as text: values between '|', NULL as '~', a row a line. */
struct sheet {
	const struct pattern *pattern;
	char *text;
	size_t size;
	FILE *out;
};

static int write_row(void *context, const struct pattern_row *row)
{
	struct sheet *sheet = context;

	for (size_t n = 0; n < pattern_field_count(sheet->pattern); n++) {
		const struct value *value = &row->values[n];

		fputs(n ? "|" : "", sheet->out);
		if (value->kind == VALUE_NULL)
			fputc('~', sheet->out);
		else if (value->kind == VALUE_INTEGER)
			fprintf(sheet->out, "%lld", (long long)value->integer);
		else if (value->kind == VALUE_REAL)
			fprintf(sheet->out, "%g", value->real);
		else
			fwrite(value->text.at, 1, value->text.size, sheet->out);
	}
	fputc('\n', sheet->out);
	return 0;
}

static struct pattern *compile(const struct pattern_spec *spec)
{
	struct pattern_error error = { 0 };
	struct pattern *pattern = pattern_compile(spec, &error);

	if (!pattern)
		fail_msg("%s (at %zu)", error.message, error.offset);
	return pattern;
}

/* The rows of a page as the caller's text, to be freed. */
static char *rows_of(struct pattern *pattern, const char *url, struct slice page,
		     struct pattern_tally *tally)
{
	struct sheet sheet = { .pattern = pattern };

	sheet.out = open_memstream(&sheet.text, &sheet.size);
	assert_int_equal(pattern_run(pattern, slice_of(url), page, write_row, &sheet, tally), 0);
	fclose(sheet.out);
	return sheet.text;
}

static void assert_rows(const struct pattern_spec *spec, const char *url, const char *page,
			const char *expected)
{
	struct pattern *pattern = compile(spec);
	struct pattern_tally tally;
	char *rows = rows_of(pattern, url, slice_of(page), &tally);

	assert_string_equal(rows, expected);
	assert_false(tally.is_limited);
	free(rows);
	pattern_free(pattern);
}

static struct pattern_tally tally_of(const struct pattern_spec *spec, struct slice page)
{
	struct pattern *pattern = compile(spec);
	struct pattern_tally tally;

	free(rows_of(pattern, "http://a/", page, &tally));
	pattern_free(pattern);
	return tally;
}

/* size bytes: head, then `fill` again and again, then tail.  The caller frees them. */
static struct slice filled(size_t size, const char *head, char fill, const char *tail)
{
	char *text = malloc(size);

	memset(text, fill, size);
	memcpy(text, head, strlen(head));
	memcpy(text + size - strlen(tail), tail, strlen(tail));
	return (struct slice){ text, size };
}

static struct slice read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = malloc(1 << 20);
	size_t size;

	assert_non_null(file);
	size = fread(text, 1, 1 << 20, file);
	fclose(file);
	return (struct slice){ text, size };
}

static const struct clean_spec actor_steps[] = { { .kind = CLEAN_TRIM },
						 { .kind = CLEAN_SLICE, .argument = "3:" } };
static const struct clean_spec time_steps[] = { { .kind = CLEAN_SLICE, .argument = "5:" } };
static const struct field_spec maoyan_fields[] = {
	{ .name = "index", .group = 1, .type = FIELD_INTEGER },
	{ .name = "title", .group = 2 },
	{ .name = "actor", .group = 3, .clean = actor_steps, .clean_count = 2 },
	{ .name = "time", .group = 4, .clean = time_steps, .clean_count = 1 },
	{ .name = "score", .group = -1, .value = "{5}{6}", .type = FIELD_REAL },
};
static const struct pattern_spec maoyan = { .name = "maoyan_board",
					    .flags = "s",
					    .pattern = MAOYAN,
					    .fields = maoyan_fields,
					    .field_count = 5 };

static void the_seeds_pattern_reads_a_board(void **state)
{
	struct slice page = read_file("tests/data/board.html");
	struct pattern *pattern = compile(&maoyan);
	struct pattern_tally tally;
	char *rows = rows_of(pattern, "http://maoyan.com/board/4", page, &tally);

	(void)state;
	assert_string_equal(rows, "1|海上灯塔|林一,周二,吴三|2001-03-04|9.5\n"
				  "2|Déjà vu|Ann Ålund,Bo|1994-09-10(加拿大)|9\n"
				  "3|雨夜|陈四|1953|8.8\n");
	assert_int_equal(tally.rows, 3);
	assert_false(tally.is_limited);
	assert_true(tally.elapsed_ns > 0);
	free(rows);
	free((char *)page.at);
	pattern_free(pattern);
}

/* A board of rows that lack their last field, behind which `tail` stands. */
static struct slice board_without_fraction(const char *tail)
{
	static const char row[] =
		"<dd><i class=\"board-index\">1</i><a title=\"t\"><p class=star>s</p>"
		"<p class=releasetime>r</p><i class=\"integer\">9.</i></dd>\n";
	size_t size = sizeof(row) - 1, total = 40 * size;
	char *page = malloc(total + strlen(tail));

	for (size_t n = 0; n < 40; n++)
		memcpy(page + n * size, row, size);
	memcpy(page + total, tail, strlen(tail));
	return (struct slice){ page, total + strlen(tail) };
}

static void a_match_limit_is_never_no_match(void **state)
{
	struct pattern_spec caseless = maoyan;
	struct slice page = board_without_fraction("");
	struct pattern_tally tally;

	(void)state;
	caseless.flags = "is"; /* no literals are known then */
	tally = tally_of(&caseless, page);
	assert_true(tally.is_limited);
	assert_string_equal(tally.limit, "match limit");
	assert_int_equal(tally.rows, 0);
	free((char *)page.at);
}

static void literals_prove_that_rows_without_the_last_field_cannot_match(void **state)
{
	struct slice page = board_without_fraction("<p>fraction");
	struct pattern_tally tally = tally_of(&maoyan, page);

	(void)state;
	assert_false(tally.is_limited);
	assert_int_equal(tally.rows, 0);
	free((char *)page.at);
}

/* One call of PCRE2 that needs minutes, and whose match limit is far away. */
static void a_match_that_never_ends_is_cut_off(void **state)
{
	const struct pattern_spec spec = { .flags = "s",
					   .pattern = "a.+b\\s*b+[cd]",
					   .budget_ms = 30 };
	struct slice page = filled(2000000, "a", 'b', "");
	struct pattern *pattern = compile(&spec);
	struct pattern_tally tally;

	(void)state;
	for (int n = 0; n < 3; n++) {
		free(rows_of(pattern, "http://a/", page, &tally));
		assert_true(tally.is_limited);
		assert_string_equal(tally.limit, "time budget");
	}
	char *rows = rows_of(pattern, "http://a/", SLICE("abbd abbbc"), &tally);

	assert_string_equal(rows, "abbd abbbc\n");
	assert_false(tally.is_limited);
	free(rows);
	free((char *)page.at);
	pattern_free(pattern);
}

static void many_cheap_matches_end_with_the_budget_too(void **state)
{
	/* Each start reads to the end of the page. */
	const struct pattern_spec spec = { .pattern = "a(?=.*[xy])",
					   .flags = "s",
					   .budget_ms = 30 };
	struct slice page = filled(1000000, "", 'a', "");
	struct pattern_tally tally = tally_of(&spec, page);

	(void)state;
	assert_true(tally.is_limited);
	assert_string_equal(tally.limit, "time budget");
	free((char *)page.at);
}

/* Twenty values of 5 MB, each cleaned in five steps. */
static void cleaning_ends_with_the_budget_too(void **state)
{
	static const struct clean_spec steps[] = { { .kind = CLEAN_SQUEEZE },
						   { .kind = CLEAN_HTML },
						   { .kind = CLEAN_LOWER },
						   { .kind = CLEAN_UPPER },
						   { .kind = CLEAN_SQUEEZE } };
	struct field_spec fields[20];
	struct pattern_spec spec = {
		.pattern = "a+b", .fields = fields, .field_count = 20, .budget_ms = 30
	};
	struct slice page = filled(5000000, "", 'a', "b");
	struct pattern_tally tally;

	(void)state;
	for (int n = 0; n < 20; n++)
		fields[n] = (struct field_spec){ .name = &"a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m"
							  "\0n\0o\0p\0q\0r\0s\0t"[2 * n],
						 .group = 0,
						 .clean = steps,
						 .clean_count = 5 };
	tally = tally_of(&spec, page);
	assert_true(tally.is_limited);
	assert_string_equal(tally.limit, "time budget");
	assert_non_null(tally.limit_field);
	free((char *)(uintptr_t)page.at);
}

static void a_deep_match_reports_the_jit_stack(void **state)
{
	const struct pattern_spec spec = { .pattern = "^(?:.|\\n)*?[xy]" };
	struct slice page = filled(3000000, "", 'a', "");
	struct pattern_tally tally = tally_of(&spec, page);

	(void)state;
	assert_true(tally.is_limited);
	assert_true(strcmp(tally.limit, "JIT stack") == 0 ||
		    strcmp(tally.limit, "match limit") == 0);
	free((char *)page.at);
}

static void a_pattern_cannot_raise_its_limits(void **state)
{
	const struct pattern_spec raised = { .pattern = "(*LIMIT_MATCH=4000000000)a.*?[xy]",
					     .match_limit = 100 };
	const struct pattern_spec lowered = { .pattern = "(*LIMIT_MATCH=10)a.*?[xy]" };
	struct slice page = filled(5000, "", 'a', "x");

	(void)state;
	assert_true(tally_of(&raised, page).is_limited);
	assert_true(tally_of(&lowered, page).is_limited);
	free((char *)page.at);
}

static int count_row(void *context, const struct pattern_row *row)
{
	(void)row;
	++*(uint32_t *)context;
	return 0;
}

static void rows_of_a_page_are_bounded(void **state)
{
	const struct pattern_spec spec = { .pattern = "a", .budget_ms = 60000 };
	struct slice page = filled(PATTERN_ROWS_MAX + 1, "", 'a', "");
	struct pattern *pattern = compile(&spec);
	struct pattern_tally tally;
	uint32_t count = 0;

	(void)state;
	pattern_run(pattern, SLICE("http://a/"), page, count_row, &count, &tally);
	assert_int_equal(count, PATTERN_ROWS_MAX);
	assert_true(tally.is_limited);
	assert_string_equal(tally.limit, "row limit");
	pattern_run(pattern, SLICE("http://a/"), (struct slice){ page.at, page.size - 1 },
		    count_row, &count, &tally);
	assert_int_equal(tally.rows, PATTERN_ROWS_MAX);
	assert_false(tally.is_limited);
	free((char *)page.at);
	pattern_free(pattern);
}

static int stop_at_second(void *context, const struct pattern_row *row)
{
	*(uint32_t *)context = row->number;
	return row->number == 2 ? -1 : 0;
}

static void the_taker_of_rows_can_stop(void **state)
{
	const struct pattern_spec spec = { .pattern = "a" };
	struct pattern *pattern = compile(&spec);
	struct pattern_tally tally;
	uint32_t last = 0;

	(void)state;
	assert_int_equal(pattern_run(pattern, SLICE("http://a/"), SLICE("aaaa"), stop_at_second,
				     &last, &tally),
			 -1);
	assert_int_equal(last, 2);
	pattern_free(pattern);
}

/* What re.finditer of Python 3.11 gives. */
static void matches_are_those_of_finditer(void **state)
{
	static const struct {
		const char *pattern, *text, *rows;
	} cases[] = {
		{ "x*", "axb", "\nx\n\n\n" },
		{ "", "ab", "\n\n\n" },
		{ "a|", "aab", "a\na\n\n\n" },
		{ "\\b", "ab cd", "\n\n\n\n" },
		{ "a*?", "aa", "\na\n\na\n\n" },
		{ "(?<=a)b", "abab", "b\nb\n" },
		{ "^", "a\nb", "\n" },
		{ "(?m)^", "a\nb", "\n\n" },
		{ "$", "a\n", "\n\n" },
		{ "é*", "éé电", "éé\n\n\n" },
		{ "a\\Kb", "abab", "b\nb\n" },
		{ "a\\K", "aa", "\n\n" },
		{ "\\Ga", "aaba", "a\na\n" },
		{ "a", "", "" },
		{ "", "", "\n" },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		const struct pattern_spec spec = { .pattern = cases[n].pattern };

		assert_rows(&spec, "http://a/", cases[n].text, cases[n].rows);
	}
}

/* \K in an assertion, by way of a subroutine: matches that end before they begin. */
static void a_match_that_goes_backwards_is_survived(void **state)
{
	static const char *const patterns[] = { "(?(DEFINE)(?<k>b\\K))(?=a(?&k))",
						"(?(DEFINE)(?<k>\\K))(?<=(?&k)a)",
						"(?(DEFINE)(?<k>\\Ka))(?<=(?&k))b?" };

	(void)state;
	for (size_t n = 0; n < 3; n++) {
		const struct pattern_spec spec = { .pattern = patterns[n] };
		struct pattern_error error;
		struct pattern *pattern = pattern_compile(&spec, &error);
		struct pattern_tally tally;

		if (!pattern) /* a later PCRE2 may refuse it */
			continue;
		free(rows_of(pattern, "http://a/", SLICE("abababab"), &tally));
		assert_false(tally.is_limited);
		assert_in_range(tally.rows, 1, 16);
		pattern_free(pattern);
	}
}

/* PCRE2 10.42 with JIT and PCRE2_MATCH_INVALID_UTF matches no Chinese with these. */
static void negated_classes_match_every_script(void **state)
{
	static const char *const patterns[] = { "\\S+",  "\\D+", "\\W+",
						"[^x]+", ".+",   "(?<=\\S).+|.+" };

	(void)state;
	for (size_t n = 0; n < sizeof(patterns) / sizeof(patterns[0]); n++) {
		const struct pattern_spec spec = { .pattern = patterns[n] };

		assert_rows(&spec, "http://a/", "电影é😀", "电影é😀\n");
	}
}

static void malformed_bytes_are_no_part_of_a_character(void **state)
{
	const struct pattern_spec spec = { .pattern = "<(.*?)>" };
	static const char page[] = "<a\x80z><\xE7\x94><\xF8><\xED\xA0\x80><电\xFF>";

	(void)state;
	assert_rows(&spec, "http://a/", page, "a\x1Az\n\x1A\x1A\n\x1A\n\x1A\x1A\x1A\n电\x1A\n");
}

static const char *matched_at;
static size_t matched_size;

static int note_matched(void *context, const struct pattern_row *row)
{
	(void)context;
	matched_at = row->matched.at;
	matched_size = row->matched.size;
	return 0;
}

static void matched_points_into_the_page(void **state)
{
	static const char page[] = "xx\xFF<b>";
	const struct pattern_spec spec = { .pattern = "<(.)>" };
	struct pattern *pattern = compile(&spec);
	struct pattern_tally tally;

	(void)state;
	pattern_run(pattern, SLICE("http://a/"), SLICE(page), note_matched, NULL, &tally);
	assert_ptr_equal(matched_at, page + 3);
	assert_int_equal(matched_size, 3);
	pattern_free(pattern);
}

/* Reference: the same search in the interpreter, without literals, copy or JIT. */
static char *reference_rows(const char *text_of_pattern, uint32_t options, const char *text)
{
	PCRE2_SIZE offset = 0, *pair;
	int rc;
	char *rows;
	size_t size;
	FILE *out = open_memstream(&rows, &size);
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	int unused = pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)text_of_pattern, PCRE2_ZERO_TERMINATED,
					 options | PCRE2_UTF, &rc, &offset, context);
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
	uint32_t empty = 0;

	(void)unused;
	pcre2_compile_context_free(context);
	offset = 0;
	while ((rc = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), offset, empty, data, NULL)) >
	       0) {
		pair = pcre2_get_ovector_pointer(data);
		fprintf(out, "%zu-%zu\n", pair[0], pair[1]);
		offset = pair[1];
		empty = pair[0] == pair[1] ? PCRE2_NOTEMPTY_ATSTART : 0;
	}
	fclose(out);
	pcre2_match_data_free(data);
	pcre2_code_free(code);
	return rows;
}

static const char *random_page;

static int write_span(void *context, const struct pattern_row *row)
{
	size_t start = (size_t)(row->matched.at - random_page);

	fprintf(context, "%zu-%zu\n", start, start + row->matched.size);
	return 0;
}

static size_t random_below(uint64_t *seed, size_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(*seed >> 33) % below;
}

/* Some of the pieces, one after another. */
static void random_text(uint64_t *seed, const char *const pieces[], size_t count, size_t most,
			char *out)
{
	size_t length = random_below(seed, most + 1);

	*out = '\0';
	while (length-- > 0)
		strcat(out, pieces[random_below(seed, count)]);
}

static void assert_same_as_reference(const char *text_of_pattern, const char *flags,
				     uint32_t options, const char *text)
{
	const struct pattern_spec spec = { .pattern = text_of_pattern, .flags = flags };
	struct pattern_error error;
	struct pattern *pattern = pattern_compile(&spec, &error);
	struct pattern_tally tally;
	char *rows, *expected;
	size_t size;
	FILE *out;

	if (!pattern)
		return;
	random_page = text;
	out = open_memstream(&rows, &size);
	pattern_run(pattern, SLICE("http://a/"), slice_of(text), write_span, out, &tally);
	fclose(out);
	expected = reference_rows(text_of_pattern, options, text);
	if (!tally.is_limited && strcmp(rows, expected) != 0)
		fail_msg("/%s/%s on '%s':\n%sexpected:\n%s", text_of_pattern, flags, text, rows,
			 expected);
	free(rows);
	free(expected);
	pattern_free(pattern);
}

static void random_patterns_find_what_the_interpreter_finds(void **state)
{
	static const char *const atoms[] = {
		"a",      "b",        "ab",      "c",       "é",     "电",      ".",
		"\\S",    "\\D",      "[ab]",    "[^a]",    "(b)",   "(?:a|b)", "(a)?",
		"a*",     "b+",       "c?",      ".*?",     ".*",    "(?=b)",   "\\b",
		"^",      "$",        "\\G",     "b{2}",    "{",     "}",       "\\.",
		"(?i)",   "(?s)",     "|",       "(?<=a)",  "\\K",   "(?!a)",   "[]a]",
		"[^]b]",  "\\Qa|\\E", "(?#))",   "a++",     "\\x61", "(?|a|b)", "[[:alpha:]]",
		"(?-i)",  "(?x)",     "#",       " ",       "c{0}",  "电*",     "é?",
		"(?>a*)", "{,2}",     "a{1,2}?", "(?<n>b)", "\\(",   "\\[",     "(*ACCEPT)",
		"\\n",    "()",       "(?i:A)",  "\\1",     "[\\]]", "[\\c]]",  "(\\c(a)b|c(\\c)b)",
	};
	static const char *const parts[] = {
		"a", "b", "c", "é", "电", " ",   "\n", "A", ".",    "ab",   "{",  "}",
		"(", "[", "]", "#", "bb", "aab", "h",  "i", "\x1D", "\r\n", "\r", "\u00A0"
	};
	static const struct {
		const char *letters;
		uint32_t options;
	} flags[] = { { "", 0 },
		      { "s", PCRE2_DOTALL },
		      { "i", PCRE2_CASELESS },
		      { "u", PCRE2_UCP },
		      { "su", PCRE2_DOTALL | PCRE2_UCP },
		      { "mx", PCRE2_MULTILINE | PCRE2_EXTENDED } };
	char pattern[200], text[200];
	uint64_t seed = 7;

	(void)state;
	for (int n = 0; n < 30000; n++) {
		size_t flag = random_below(&seed, sizeof(flags) / sizeof(flags[0]));

		random_text(&seed, atoms, sizeof(atoms) / sizeof(atoms[0]), 6, pattern);
		random_text(&seed, parts, sizeof(parts) / sizeof(parts[0]), 20, text);
		assert_same_as_reference(pattern, flags[flag].letters, flags[flag].options, text);
	}
}

/* Kinds that were reported of other programs; what is said of lookarounds is PCRE2's to keep. */
static void what_others_got_wrong_is_right_here(void **state)
{
	static const struct {
		const char *flags, *pattern, *text, *rows;
		size_t size; /* of text; 0: up to its NUL */
	} cases[] = {
		/* An empty match is one, and the search goes on behind it. */
		{ "", "(?<=id: \").*(?=\")", "id: \"\"\nkey: \"\"\nid: \"\"", "\n\n", 0 },
		{ "", "(\\w*)", "hi there", "hi\n\nthere\n\n", 0 },
		{ "", ".*$", "Wyzo", "Wyzo\n\n", 0 },
		{ "", "(Manager)|^((copy of )?)", "Wyzo", "~||~\n", 0 },
		{ "", "x*", "电a电", "\n\n\n\n", 0 },
		/* A group that took no part is no other group, and no empty text. */
		{ "m", "^(Bill )?Payment (.+)$", "Payment A\nBill Payment B", "~|A\nBill |B\n", 0 },
		{ "", "(a)?(b)", "b", "~|b\n", 0 },
		{ "", "(?:(a)|(b)|(c))(d)", "bd", "~|b|~|d\n", 0 },
		{ "", "(?|(?<bug>xxx)(!)|(?<bug>BUG)(!))", "BUG!", "BUG\n", 0 },
		{ "", "(?(DEFINE)(?<digits>\\d+))(?<word>\\w)(?&digits)", "a12", "~|a\n", 0 },
		/* Of a repeated group, the last. */
		{ "", "^(?:(\\w)\\s?)+", "a b c", "c\n", 0 },
		{ "", "(a(*ACCEPT)b)c", "ab", "a\n", 0 },
		/* Ends of text and lines, whatever was searched before. */
		{ "", "\\Ab", "1\nbaz\nb", "", 0 },
		{ "", "^b", "1\nbaz", "", 0 },
		{ "", "A\\z", "A\x80 B", "", 0 },
		{ "", "(?<=[^\n])\n[ \t]*(?!\n|$)(w)", "that\nworked.\n", "w\n", 0 },
		/* Literals that were thought to stand in every match, and did not. */
		{ "", "a(.*c)", "abc", "bc\n", 0 },
		{ "", "\\d\\d\\d000", "153.230000", "230000\n", 0 },
		{ "", "(\\d{1,3}\\.){3}\\d{1,3}", "10.1.2.3", "2.\n", 0 },
		{ "", " ([abcde]+_)", " a_", "a_\n", 0 },
		{ "", "TTGAGTCCAGGAG[ATCG]{2}C", "CTTGAGTCCAGGAGTTC", "TTGAGTCCAGGAGTTC\n", 0 },
		{ "i", "e.x|ex", "e-x", "e-x\n", 0 },
		{ "i", "k", "\xE2\x84\xAA", "\xE2\x84\xAA\n", 0 }, /* the sign of Kelvin */
		{ "", "[\\c]]x", "\x1Dx", "\x1Dx\n", 0 },
		{ "", "(?:\\c(a)b|c(?:\\c)d)tail", "hab", "hab\n", 0 },
		/* A letter is one of any language, with u. */
		{ "u", "By: (\\w+)", "By: Müller\nBy: Ольга\nBy: 北京", "Müller\nОльга\n北京\n",
		  0 },
		{ "", "By: (\\w+)", "By: Müller", "M\n", 0 },
		{ "u", "\\b(тест)\\b", "опять тест, тесты", "тест\n", 0 },
		{ "u", "Price\\s*: (.)", "Price\u00A0: 1\nPrice\u202F\u3000: 2", "1\n2\n", 0 },
		{ "u", "(\\d+)", "１２ ٣", "１２\n٣\n", 0 },
		{ "su", "<(\\d+)>", "<１>", "１\n", 0 },
		{ "s", "<(\\d+)>", "<１><2>", "2\n", 0 },
		{ "u", "([[:alpha:]]+)", "été1", "été\n", 0 },
		{ "", "(*UCP)(\\w+)", "été", "été\n", 0 },
		/* CR LF is one line end, and CR one; so the rows are those of LF. */
		{ "m", "^SKU: (\\w+)$", "SKU: a\r\nSKU: b\r\n", "a\nb\n", 0 },
		{ "m", "^SKU: (\\w+)$", "SKU: a\rSKU: b\r", "a\nb\n", 0 },
		{ "m", "(.*)$", "a\r\nb", "a\n\nb\n\n", 0 },
		{ "m", "(.*)$", "a\nb", "a\n\nb\n\n", 0 },
		{ "", "(.+)", "a\r\nb", "a\nb\n", 0 },
		{ "", "(\\w)$", "a\r\n", "a\n", 0 },
		{ "m", "^()$", "a\r\n\r\nb", "\n", 0 },
		{ "m", "()^", "a\r\nb", "\n\n", 0 },
		{ "s", "a(.*)b", "a\r\nb", "\r\n\n", 0 },
		{ "", "a\\n(b)", "a\r\nb", "", 0 },
		{ "", "a\\R(b)", "a\r\nb", "b\n", 0 },
		{ "m", "^(?<k>\\w+): ?$", "a: \r\nb:\r\n", "a\nb\n", 0 },
		/* NUL is a character. */
		{ "", "a\\x00(.)", "a\0b", "b\n", 3 },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		const struct pattern_spec spec = { .pattern = cases[n].pattern,
						   .flags = cases[n].flags };
		struct slice page = slice_of(cases[n].text);
		struct pattern *pattern = compile(&spec);
		struct pattern_tally tally;
		char *rows;

		page.size = cases[n].size ? cases[n].size : page.size;
		rows = rows_of(pattern, "http://a/", page, &tally);
		if (strcmp(rows, cases[n].rows) != 0)
			fail_msg("/%s/ on '%s':\n%s", cases[n].pattern, cases[n].text, rows);
		free(rows);
		pattern_free(pattern);
	}
}

/* A record is a text of its own: nothing before it is seen, its ends are ends. */
static void anchors_and_lookarounds_end_at_the_record(void **state)
{
	static const struct {
		const char *field, *rows;
	} cases[] = {
		{ "^\\w", "a\nb\n" },           { "\\A\\w", "a\nb\n" },    { "\\w$", "1\n2\n" },
		{ "\\w\\z", "1\n2\n" },         { "(?<=<)\\w", "~\n~\n" }, { "\\w(?=>)", "~\n~\n" },
		{ "(?<![<])\\b\\w", "a\nb\n" }, { "\\G\\w", "a\nb\n" },    { "\\B\\w", "1\n2\n" },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		const struct field_spec field = { .name = "x",
						  .group = -1,
						  .pattern = cases[n].field };
		const struct pattern_spec spec = { .each = "(?<=<)\\w+(?=>)",
						   .fields = &field,
						   .field_count = 1 };

		assert_rows(&spec, "http://a/", "<a1> <b2>", cases[n].rows);
	}
}

/* 32 KB of JIT stack, which others have, are 8,192 of these. */
static void a_long_list_is_matched_whole(void **state)
{
	static const struct pattern_spec spec = { .pattern = "^\\d+(?:(?:,\\d+)+|:\\d+)$" };
	struct slice page = filled(60000, "1", ',', "1");
	struct pattern_tally tally;

	(void)state;
	for (size_t n = 0; n < page.size; n += 2)
		((char *)page.at)[n] = '1';
	tally = tally_of(&spec, page);
	assert_false(tally.is_limited);
	assert_int_equal(tally.rows, 1);
	free((char *)page.at);
}

static void a_pattern_that_knows_ascii_alone_is_found_out(void **state)
{
	static const char *const cases[][3] = {
		{ "By: (\\w+)", NULL, "\\w" },  { "By: (\\w+)", "s", "\\w" },
		{ "By: (\\w+)", "su", NULL },   { "(*UCP)\\w", NULL, NULL },
		{ "\\bx", "i", "\\b" },         { "a\\\\b", NULL, NULL },
		{ "a\\\\\\b", NULL, "\\b" },    { "[\\b]", NULL, NULL },
		{ "[^<\\s]", NULL, "\\s" },     { "[]\\b]\\B", NULL, "\\B" },
		{ "[\\]\\b]\\S", NULL, "\\S" }, { "[^]\\b]", NULL, NULL },
		{ "\\Q\\w\\E\\d", NULL, NULL }, { "\\Q\\w\\E\\W", NULL, "\\W" },
		{ "\\Q\\w", NULL, NULL },       { "<b>(.*?)</b>", NULL, NULL },
		{ "w b s", NULL, NULL },        { "\\d+", NULL, NULL },
		{ "[[]\\b", NULL, "\\b" },      { "", NULL, NULL },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		const char *found = regex_ascii_escape(cases[n][0], cases[n][1]);

		if (!found != !cases[n][2] || (found && strcmp(found, cases[n][2]) != 0))
			fail_msg("%s: %s", cases[n][0], found ? found : "none");
	}
}

static void literals_are_what_every_match_contains(void **state)
{
	static const struct {
		const char *pattern, *literals;
	} cases[] = {
		{ "<dd>.*?title=\"(.*?)\".*?star", "<dd>,title=\",\",star" },
		{ "abc*d", "ab,d" },
		{ "ab+c", "ab,c" },
		{ "ab?", "a" },
		{ "电影*x", "电,x" },
		{ "a{2,3}bc", "bc" },
		{ "a|b", "" },
		{ "(a|b)c", "c" },
		{ "x(?i)y", "" },
		{ "x(?s)y", "x,y" },
		{ "a\\.b\\d12", "a.b,12" },
		{ "a\\x41b", "" },
		{ "a\\Qb|c\\E", "" },
		{ "ab(*ACCEPT)c", "" },
		{ "[]x]a[^]y]b", "a,b" },
		{ "[[:alpha:]]a", "" },
		{ "(\\)[)]x)y", "y" },
		{ "(?#(x)y", "" },
		{ "\\p{L}a", "" },
		/* nothing is read behind the end, which may come in the middle of a character */
		{ "a\xC3\xA9", "a\xC3\xA9" },
		{ "a\xC3", "a\xC3" },
		{ "a\xF0\x9F\x98", "a\xF0\x9F\x98" },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct literals literals;
		struct scratch store = { 0 };
		char found[100] = "", *pattern = strdup(cases[n].pattern);

		literals_find(&literals, &store, pattern);
		for (size_t part = 0; part < literals.count; part++) {
			strcat(found, part ? "," : "");
			strncat(found, literals.parts[part].at, literals.parts[part].size);
		}
		assert_string_equal(found, cases[n].literals);
		scratch_free(&store);
		free(pattern);
	}
}

static void a_page_without_the_longest_literal_cannot_match(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool may_stand;
	} cases[] = {
		{ "<dd>.*?title=\"(.*?)\"", "a title=\"b\"", true }, /* <dd> is looked for later */
		{ "<dd>.*?title=\"(.*?)\"", "<dd>, and no more", false },
		{ "<dd>.*?title=\"(.*?)\"", "", false },
		{ "电影*x", "\xE7\x94", false },
		{ "a\x1A"
		  "b",
		  "a\xFF"
		  "b",
		  true }, /* what the malformed byte will be */
		{ "\\d+", "none", true },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct literals literals;
		struct scratch store = { 0 };

		literals_find(&literals, &store, cases[n].pattern);
		if (literals_may_stand(&literals, slice_of(cases[n].text)) != cases[n].may_stand)
			fail_msg("%s in %s", cases[n].pattern, cases[n].text);
		scratch_free(&store);
	}
}

static void literals_give_the_last_place_a_match_can_begin(void **state)
{
	static const struct {
		const char *text;
		int start;
	} cases[] = { { "<a>xx</a><a>yy</a>", 9 },
		      { "<a>xx</a><a>yy", 0 },
		      { "</a><a>", -1 },
		      { "", -1 },
		      { "<a>", -1 },
		      { "<a></a>", 0 } };
	struct literals literals = { .count = 2, .parts = { SLICE("<a>"), SLICE("</a>") } };

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		size_t start = 0;
		bool found = literals_last_start(&literals, slice_of(cases[n].text), &start);

		assert_int_equal(found ? (int)start : -1, cases[n].start);
	}
}

static void groups_names_and_templates_make_fields(void **state)
{
	static const struct field_spec fields[] = {
		{ .name = "whole", .group = 0 },
		{ .name = "last", .group = 2 },
		{ .name = "first", .group = -1 },
		{ .name = "both", .group = -1, .value = "{{{last_name}}}, {1}" },
		{ .name = "fixed", .group = -1, .value = "x}}y" },
	};
	const struct pattern_spec spec = { .pattern = "(?<first>\\w+)-(?<last_name>\\w+)",
					   .fields = fields,
					   .field_count = 5 };

	(void)state;
	assert_rows(&spec, "http://a/", "Ann-Lee Bo-Ek",
		    "Ann|Lee|Ann-Lee|Lee|{Lee}, Ann|x}y\nBo|Ek|Bo-Ek|Ek|{Ek}, Bo|x}y\n");
}

static void columns_stand_as_the_groups_do_or_as_the_fields_if_they_name_them_all(void **state)
{
	static const struct {
		const char *fields[3], *order;
	} rows[] = {
		{ { NULL }, "x y z" },          { { "z" }, "x y z" },
		{ { "z", "w" }, "x y z w" },    { { "w", "y" }, "x y z w" },
		{ { "z", "y", "x" }, "z y x" }, { { "y", "z", "x" }, "y z x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct field_spec fields[3];
		struct pattern_spec spec = { .pattern = "(?<x>.)(?<y>.)(?<z>.)", .fields = fields };
		char order[40] = "";
		struct pattern *pattern;

		for (; spec.field_count < 3 && rows[i].fields[spec.field_count]; spec.field_count++)
			fields[spec.field_count] = (struct field_spec){
				.name = rows[i].fields[spec.field_count],
				.group = rows[i].fields[spec.field_count][0] == 'w' ? 1 : -1,
			};
		pattern = compile(&spec);
		for (size_t n = 0; n < pattern_field_count(pattern); n++)
			snprintf(order + strlen(order), sizeof(order) - strlen(order), "%s%s",
				 n > 0 ? " " : "", pattern_field_name(pattern, n));
		pattern_free(pattern);
		if (strcmp(order, rows[i].order) != 0)
			fail_msg("row %zu: %s", i, order);
	}
}

static void a_pattern_without_names_gives_its_groups(void **state)
{
	const struct pattern_spec groups = { .pattern = "(a)(b)?" }, whole = { .pattern = "a." };
	struct pattern *pattern = compile(&groups);

	(void)state;
	assert_string_equal(pattern_field_name(pattern, 0), "g1");
	assert_string_equal(pattern_field_name(pattern, 1), "g2");
	pattern_free(pattern);
	assert_rows(&groups, "http://a/", "ab a", "a|b\na|~\n");
	pattern = compile(&whole);
	assert_int_equal(pattern_field_count(pattern), 1);
	assert_string_equal(pattern_field_name(pattern, 0), "match");
	pattern_free(pattern);
	assert_rows(&whole, "http://a/", "ab ac", "ab\nac\n");
}

static void named_groups_of_the_url_are_fields_of_every_row(void **state)
{
	static const struct field_spec fields[] = {
		{ .name = "page", .group = -1, .type = FIELD_INTEGER },
		{ .name = "where", .group = -1, .value = "{site}/{w}" },
	};
	const struct pattern_spec spec = {
		.pattern = "(?<w>\\w+)",
		.url = "^https?://(?<site>[^/]+)/(?<page>\\d+)(?<rest>x)?",
		.fields = fields,
		.field_count = 2
	};

	(void)state;
	assert_rows(&spec, "http://a.org/12", "x y",
		    "x|12|a.org/x|a.org|~\ny|12|a.org/y|a.org|~\n");
	assert_rows(&spec, "ftp://elsewhere/", "x", "x|~|/x|~|~\n");
}

static void of_groups_of_one_name_the_one_that_took_part_counts(void **state)
{
	const struct pattern_spec spec = { .pattern = "(?J)(?:a(?<n>\\d)|b(?<n>\\d))" };

	(void)state;
	assert_rows(&spec, "http://a/", "a1 b2", "1\n2\n");
}

static void a_field_missing_in_a_record_is_not_borrowed_from_the_next(void **state)
{
	static const struct field_spec fields[] = {
		{ .name = "name", .group = -1, .pattern = "<b>(.*?)</b>" },
		{ .name = "price", .group = -1, .pattern = "[0-9]+", .type = FIELD_INTEGER },
		{ .name = "start", .group = -1, .pattern = "^<li>" },
		{ .name = "class", .group = 1 },
	};
	const struct pattern_spec spec = {
		.each = "<li>(\\w*).*?</li>", .flags = "s", .fields = fields, .field_count = 4
	};

	(void)state;
	assert_rows(&spec, "http://a/",
		    "<li>x<b>one</b> 10</li>\n<li><b>two</b></li>\n<li>y 30</li>",
		    "one|10|<li>|x\ntwo|~|<li>|\n~|30|<li>|y\n");
}

static void defaults_fill_what_is_missing_or_empty(void **state)
{
	static const struct field_spec fields[] = {
		{ .name = "a", .group = 1, .otherwise = "none" },
		{ .name = "b", .group = 2, .otherwise = "0", .type = FIELD_INTEGER },
		{ .name = "c", .group = 2, .otherwise = "x" },
		{ .name = "d", .group = 1 },
	};
	const struct pattern_spec spec = { .pattern = "<(\\w*)(?:,(\\s*\\d*))?>",
					   .fields = fields,
					   .field_count = 4 };

	(void)state;
	assert_rows(&spec, "http://a/", "<q,7> <> <r, >", "q|7|7|q\nnone|0|x|\nr|0|x|r\n");
}

static void a_row_without_a_required_value_is_dropped_and_counted(void **state)
{
	static const struct field_spec fields[] = {
		{ .name = "a", .group = 1, .is_required = true, .type = FIELD_INTEGER },
		{ .name = "b", .group = 2 },
	};
	const struct pattern_spec spec = { .pattern = "<(\\w*)(!)?>",
					   .fields = fields,
					   .field_count = 2 };
	struct pattern *pattern = compile(&spec);
	struct pattern_tally tally;
	char *rows = rows_of(pattern, "http://a/", SLICE("<1><><2!><x!><3>"), &tally);

	(void)state;
	assert_string_equal(rows, "1|~\n2|!\n3|~\n");
	assert_int_equal(tally.rows, 3);
	assert_int_equal(tally.dropped, 2);
	assert_int_equal(tally.bad_values, 1);
	assert_int_equal(tally.empty_fields, 2);
	free(rows);
	pattern_free(pattern);
}

/* Also where the row is made to its end, for a field that carries. */
static void a_row_that_lacks_several_is_counted_of_the_first(void **state)
{
	for (int carries = 0; carries < 2; carries++) {
		const struct field_spec fields[] = {
			{ .name = "a", .group = 1, .is_required = true },
			{ .name = "b", .group = 2, .is_required = true },
			{ .name = "c", .group = 3, .carries = carries },
		};
		const struct pattern_spec spec = { .pattern = "<(\\w*),(\\w*),(\\w*)>",
						   .fields = fields,
						   .field_count = 3 };
		struct pattern *pattern = compile(&spec);
		struct pattern_tally tally;
		char *rows = rows_of(pattern, "http://a/", SLICE("<1,2,3><,,3><1,,3><,2,3><1,,>"),
				     &tally);

		assert_string_equal(rows, "1|2|3\n");
		assert_int_equal(tally.dropped, 4);
		assert_int_equal(tally.fields[0].dropped, 2);
		assert_int_equal(tally.fields[1].dropped, 2);
		assert_int_equal(tally.fields[2].dropped, 0);
		free(rows);
		pattern_free(pattern);
	}
	(void)state;
}

static void a_value_of_another_type_is_null_and_counted(void **state)
{
	static const struct field_spec fields[] = {
		{ .name = "i", .group = 1, .type = FIELD_INTEGER, .otherwise = "5" },
		{ .name = "r", .group = 1, .type = FIELD_REAL },
		{ .name = "b", .group = 1, .type = FIELD_BOOLEAN },
		{ .name = "d", .group = 1, .type = FIELD_DATE },
		{ .name = "j", .group = 1, .type = FIELD_JSON },
	};
	const struct pattern_spec spec = { .pattern = "<(.*?)>",
					   .fields = fields,
					   .field_count = 5 };
	struct pattern *pattern = compile(&spec);
	struct pattern_tally tally;
	char *rows = rows_of(pattern, "http://a/", SLICE("<1><2019><x><>"), &tally);

	(void)state;
	assert_string_equal(rows, "1|1|1|~|1\n2019|2019|~|2019|2019\n~|~|~|~|~\n5|~|~|~|~\n");
	assert_int_equal(tally.bad_values, 1 + 1 + 5);
	assert_int_equal(tally.empty_fields, 4);
	assert_int_equal(tally.fields[0].bad, 1);
	assert_int_equal(tally.fields[0].empty, 0); /* the default */
	assert_int_equal(tally.fields[3].bad, 2);
	assert_int_equal(tally.fields[3].empty, 1);
	assert_memory_equal(tally.fields[3].shown[0].text, "1", 1);
	assert_int_equal(tally.fields[3].shown[0].offset, 1);
	assert_memory_equal(tally.fields[3].shown[1].text, "x", 1);
	assert_int_equal(tally.fields[3].shown[1].offset, 10);
	free(rows);
	pattern_free(pattern);
}

/* As many as are shown, as they stood there, each cut where a character ends. */
static void bad_values_are_shown_as_they_were_matched(void **state)
{
	static const struct clean_spec steps[] = { { .kind = CLEAN_HTML },
						   { .kind = CLEAN_NUMBER } };
	static const struct field_spec fields[] = {
		{ .name = "a", .group = 1, .type = FIELD_REAL, .clean = steps, .clean_count = 2 },
		{ .name = "b", .group = -1, .value = "{1}-", .type = FIELD_INTEGER },
	};
	const struct pattern_spec spec = { .pattern = "<x>(.*?)</x>",
					   .fields = fields,
					   .field_count = 2 };
	char page[400] = "<x><b>n/a</b></x><x>\u00A0</x><x>a</x><x>b</x><x>";
	struct pattern *pattern = compile(&spec);
	struct pattern_tally tally;

	(void)state;
	for (int n = 0; n < 41; n++)
		strcat(page, "é");
	strcat(page, "</x>");
	for (int run = 0; run < 2; run++) {
		free(rows_of(pattern, "http://a/", slice_of(page), &tally));
		assert_int_equal(tally.bad_values, 4 + 5);
		assert_int_equal(tally.fields[0].bad, 4);
		assert_int_equal(tally.fields[0].empty, 1);
		assert_int_equal(tally.fields[0].shown[0].size, 10);
		assert_memory_equal(tally.fields[0].shown[0].text, "<b>n/a</b>", 10);
		assert_int_equal(tally.fields[0].shown[0].offset, 3);
		assert_memory_equal(tally.fields[0].shown[2].text, "b", 1);
		assert_memory_equal(tally.fields[1].shown[2].text, "a-", 2);
		assert_int_equal(tally.fields[1].shown[0].offset, 0);
	}
	free(rows_of(pattern, "http://a/", slice_of(strstr(page, "<x>é")), &tally));
	assert_int_equal(tally.fields[0].shown[0].size, 80);
	pattern_free(pattern);
}

static void white_space_is_empty(void **state)
{
	static const struct field_spec fields[] = {
		{ .name = "a", .group = 1 },
		{ .name = "b", .group = 2, .is_required = true },
		{ .name = "c", .group = 3, .otherwise = "none" },
	};
	const struct pattern_spec spec = { .pattern = "<([^,]*),([^,]*),([^,]*)>",
					   .fields = fields,
					   .field_count = 3 };
	struct pattern *pattern = compile(&spec);
	struct pattern_tally tally;
	char *rows = rows_of(pattern, "http://a/",
			     SLICE("<\n ,b,c><a,\u00A0 ,c><\u3000,b,\t><a,b,>"), &tally);

	(void)state;
	assert_string_equal(rows, "\n |b|c\n\u3000|b|none\na|b|none\n");
	assert_int_equal(tally.empty_fields, 2);
	assert_int_equal(tally.fields[0].empty, 2);
	assert_int_equal(tally.dropped, 1);
	free(rows);
	pattern_free(pattern);
}

static void a_field_takes_the_first_group_that_took_part(void **state)
{
	static const struct {
		const char *pattern, *rows;
	} cases[] = {
		{ "a=(\\d)|b=(\\w)", "1\nx\n~\n" }, { "<(?:a=(\\d))?", "1\n~\n~\n" },
		{ "b=(\\w)|a=(\\d)", "1\nx\n~\n" }, { "a=\\d", "a=1\n~\n~\n" },
		{ "(?<n>a)|(?<m>b)", "a\nb\n~\n" }, { "([ab])=(.)", "a\nb\n~\n" },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		const struct field_spec field = { .name = "x",
						  .group = -1,
						  .pattern = cases[n].pattern };
		const struct pattern_spec spec = { .each = "<.*?>",
						   .fields = &field,
						   .field_count = 1 };

		assert_rows(&spec, "http://a/", "<a=1><b=x><c>", cases[n].rows);
	}
}

static size_t resolve(struct slice base, struct slice reference, char *out, size_t out_bytes)
{
	if (reference.size == 0 || reference.at[0] == ':')
		return 0;
	return (size_t)snprintf(out, out_bytes, "%.*s%.*s", (int)base.size, base.at,
				(int)reference.size, reference.at);
}

static void urls_are_resolved_against_the_page(void **state)
{
	static const struct clean_spec steps[] = { { .kind = CLEAN_URL } };
	static const struct field_spec fields[] = {
		{ .name = "link", .group = 1, .clean = steps, .clean_count = 1 }
	};
	struct pattern_spec spec = { .pattern = "href=\"(.*?)\"",
				     .fields = fields,
				     .field_count = 1,
				     .resolve_url = resolve };
	struct pattern *pattern = compile(&spec);
	struct pattern_tally tally;
	struct pattern_error error;
	char *rows = rows_of(pattern, "http://a/", SLICE("href=\" x \" href=\":\""), &tally);

	(void)state;
	assert_string_equal(rows, "http://a/x\n~\n");
	assert_int_equal(tally.bad_values, 1);
	free(rows);
	pattern_free(pattern);
	spec.resolve_url = NULL;
	assert_null(pattern_compile(&spec, &error));
	assert_ptr_equal(error.text, fields[0].name);
}

static void a_pattern_wants_the_pages_its_url_matches(void **state)
{
	const struct pattern_spec some = { .pattern = "a", .url = "/board/\\d+$" };
	const struct pattern_spec all = { .pattern = "a" };
	/* A limit is no answer, so the page is wanted, and the run says what happened. */
	const struct pattern_spec hard = { .pattern = "a", .url = "(a+)+$", .match_limit = 1000 };
	struct pattern *pattern = compile(&some);
	struct pattern_tally tally;
	uint32_t count = 0;
	struct slice url = SLICE("http://a/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");

	(void)state;
	assert_true(pattern_wants(pattern, SLICE("http://a/board/4")));
	assert_false(pattern_wants(pattern, SLICE("http://a/board/4?x")));
	assert_false(pattern_wants(pattern, SLICE("http://a/\xFF/board/4")));
	pattern_free(pattern);
	pattern = compile(&all);
	assert_true(pattern_wants(pattern, SLICE("")));
	pattern_free(pattern);
	pattern = compile(&hard);
	assert_true(pattern_wants(pattern, url));
	pattern_run(pattern, url, SLICE("aaa"), count_row, &count, &tally);
	assert_true(tally.is_limited);
	assert_int_equal(count, 0);
	pattern_free(pattern);
}

static void a_value_that_grows_without_end_is_a_limit(void **state)
{
	static const struct clean_spec steps[] = {
		{ .kind = CLEAN_REPLACE, .argument = "a", .with = "aaaaaaaaaaaaaaaa" },
		{ .kind = CLEAN_REPLACE, .argument = "a", .with = "aaaaaaaaaaaaaaaa" },
		{ .kind = CLEAN_REPLACE,
		  .argument = "a+",
		  .with = "$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0" },
	};
	static const struct field_spec fields[] = {
		{ .name = "x", .group = 0, .clean = steps, .clean_count = 3 }
	};
	const struct pattern_spec spec = {
		.pattern = "a+", .fields = fields, .field_count = 1, .budget_ms = 60000
	};
	struct slice page = filled(10000, "", 'a', "");
	struct pattern_tally tally = tally_of(&spec, page);

	(void)state;
	assert_true(tally.is_limited);
	assert_string_equal(tally.limit, "value size");
	free((char *)page.at);
}

static void values_of_a_row_are_bounded_together(void **state)
{
	static const struct clean_spec steps[] = { { .kind = CLEAN_SQUEEZE } };
	struct field_spec fields[20];
	struct pattern_spec spec = {
		.pattern = "a+", .fields = fields, .field_count = 20, .budget_ms = 60000
	};
	static char names[20][4];
	struct slice page = filled(8000000, "", 'a', "");
	struct pattern_tally tally;

	(void)state;
	for (int n = 0; n < 20; n++) {
		snprintf(names[n], sizeof(names[n]), "f%d", n);
		fields[n] = (struct field_spec){
			.name = names[n], .group = 0, .clean = steps, .clean_count = 1
		};
	}
	tally = tally_of(&spec, page);
	assert_true(tally.is_limited);
	assert_string_equal(tally.limit, "row size");
	free((char *)page.at);
}

/* Also where nothing is made of them: the values lie in the page. */
static void values_are_bounded_where_they_cost_nothing_here(void **state)
{
	static const struct {
		unsigned fields, records;
		size_t bytes; /* of a record */
		const char *limit;
	} rows[] = {
		{ 8, 1, 8000000, NULL },
		{ 9, 1, 8000000, "row size" },
		{ 4, 2, 8000000, NULL },
		{ 4, 3, 8000000, "size of all rows" },
	};
	struct field_spec fields[9];

	(void)state;
	for (int n = 0; n < 9; n++)
		fields[n] = (struct field_spec){ .name = &"a\0b\0c\0d\0e\0f\0g\0h\0i"[2 * n],
						 .group = 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pattern_spec spec = { .pattern = "a+b",
					     .fields = fields,
					     .field_count = rows[i].fields,
					     .budget_ms = 60000 };
		size_t size = rows[i].records * rows[i].bytes;
		struct slice page = filled(size, "", 'a', "");
		struct pattern_tally tally;

		for (unsigned record = 1; record <= rows[i].records; record++)
			((char *)(uintptr_t)page.at)[record * rows[i].bytes - 1] = 'b';
		tally = tally_of(&spec, page);
		if (tally.is_limited != (rows[i].limit != NULL) ||
		    (rows[i].limit && strcmp(tally.limit, rows[i].limit) != 0))
			fail_msg("row %zu: %s", i, tally.is_limited ? tally.limit : "no limit");
		free((char *)(uintptr_t)page.at);
	}
}

static void rows_of_patterns_before_count_for_the_page(void **state)
{
	struct field_spec fields[] = { { .name = "a", .group = 0 }, { .name = "b", .group = 0 } };
	struct pattern_spec spec = {
		.pattern = "a+b", .fields = fields, .field_count = 2, .budget_ms = 60000
	};
	struct slice page = filled(1000, "", 'a', "b");
	struct pattern_error error;
	struct pattern *pattern = pattern_compile(&spec, &error);
	const size_t cost = 2 * page.size + pattern_row_cost(2);
	struct pattern_tally tally;
	uint32_t rows = 0;

	(void)state;
	assert_non_null(pattern);
	pattern_give_bytes(pattern, PATTERN_ALL_BYTES_MAX - cost);
	pattern_run(pattern, SLICE("http://a/"), page, count_row, &rows, &tally);
	assert_false(tally.is_limited);
	assert_int_equal(tally.bytes, cost);
	pattern_give_bytes(pattern, PATTERN_ALL_BYTES_MAX - page.size);
	pattern_run(pattern, SLICE("http://a/"), page, count_row, &rows, &tally);
	assert_string_equal(tally.limit, "size of all rows");
	assert_string_equal(tally.limit_field, "b");
	pattern_run(pattern, SLICE("http://a/"), page, count_row, &rows, &tally);
	assert_false(tally.is_limited); /* it was of that page alone */
	pattern_free(pattern);
	free((char *)(uintptr_t)page.at);
}

/* Every mistake is told with the very string that holds it, and where in it. */
static void mistakes_are_told_with_their_place(void **state)
{
	static const struct clean_spec bad_slice[] = { { .kind = CLEAN_SLICE, .argument = "1:x" } };
	static const struct clean_spec bad_regex[] = {
		{ .kind = CLEAN_REPLACE, .argument = "a(", .with = "" }
	};
	static const struct clean_spec bad_with[] = {
		{ .kind = CLEAN_REPLACE, .argument = "(a)", .with = "x\\1" }
	};
	static const struct field_spec no_source = { .name = "x", .group = -1 };
	static const struct field_spec no_group = { .name = "x", .group = 3 };
	static const struct field_spec two = { .name = "x", .group = 1, .value = "{1}" };
	static const struct field_spec bad_name = { .name = "x", .group = -1, .value = "ab{no}" };
	static const struct field_spec open_brace = { .name = "x", .group = -1, .value = "ab{1" };
	static const struct field_spec brace = { .name = "x", .group = -1, .value = "a}b" };
	static const struct field_spec own = { .name = "x", .group = -1, .pattern = "a" };
	static const struct field_spec bad_own = { .name = "x", .group = -1, .pattern = "a)" };
	static const struct field_spec otherwise = {
		.name = "x", .group = 1, .type = FIELD_INTEGER, .otherwise = "y"
	};
	static const struct field_spec slice = {
		.name = "x", .group = 1, .clean = bad_slice, .clean_count = 1
	};
	static const struct field_spec regex = {
		.name = "x", .group = 1, .clean = bad_regex, .clean_count = 1
	};
	static const struct field_spec with = {
		.name = "x", .group = 1, .clean = bad_with, .clean_count = 1
	};
	static const struct field_spec twice[] = { { .name = "x", .group = 1 },
						   { .name = "X", .group = 1 } };
	const struct {
		struct pattern_spec spec;
		const char *text;
		size_t offset;
	} cases[] = {
		{ { .pattern = "(a" }, "(a", 2 },
		{ { .pattern = "a\\C" }, "a\\C", 3 },
		{ { .pattern = "\xFF" }, "\xFF", 0 },
		{ { .pattern = "(*NO_JIT)a" }, "(*NO_JIT)a", 0 },
		{ { .pattern = "a", .url = "[b" }, "[b", 2 },
		{ { .pattern = "a", .flags = "sq" }, "sq", 1 },
		{ { .pattern = "a", .flags = "ss" }, "ss", 1 },
		{ { .pattern = "a", .each = "b" }, NULL, 0 },
		{ { .url = "a" }, NULL, 0 },
		{ { .pattern = "(a)", .fields = &no_source, .field_count = 1 }, "x", 0 },
		{ { .pattern = "(a)", .fields = &no_group, .field_count = 1 }, "x", 0 },
		{ { .pattern = "(a)", .fields = &two, .field_count = 1 }, "x", 0 },
		{ { .pattern = "(a)", .fields = &bad_name, .field_count = 1 }, "ab{no}", 3 },
		{ { .pattern = "(a)", .fields = &open_brace, .field_count = 1 }, "ab{1", 2 },
		{ { .pattern = "(a)", .fields = &brace, .field_count = 1 }, "a}b", 1 },
		{ { .pattern = "(a)", .fields = &own, .field_count = 1 }, "a", 0 },
		{ { .each = "(a)", .fields = &bad_own, .field_count = 1 }, "a)", 1 },
		{ { .pattern = "(a)", .fields = &otherwise, .field_count = 1 }, "y", 0 },
		{ { .pattern = "(a)", .fields = &slice, .field_count = 1 }, "1:x", 2 },
		{ { .pattern = "(a)", .fields = &regex, .field_count = 1 }, "a(", 2 },
		{ { .pattern = "(a)", .fields = &with, .field_count = 1 }, "x\\1", 1 },
		{ { .pattern = "(a)", .fields = twice, .field_count = 2 }, "X", 0 },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct pattern_error error = { 0 };

		assert_null(pattern_compile(&cases[n].spec, &error));
		assert_true(error.message[0] != '\0' && !strchr(error.message, '\n'));
		assert_int_equal(error.offset, cases[n].offset);
		if (cases[n].text)
			assert_string_equal(error.text, cases[n].text);
		else
			assert_null(error.text);
	}
}

static void the_place_of_a_mistake_is_the_callers_own_string(void **state)
{
	char text[] = "(a";
	const struct pattern_spec spec = { .pattern = text };
	struct pattern_error error;

	(void)state;
	assert_null(pattern_compile(&spec, &error));
	assert_ptr_equal(error.text, text);
}

static void a_spec_is_not_needed_after_compiling(void **state)
{
	char pattern_text[] = "a(b)", name[] = "col", with[] = "<$1>", argument[] = "(b)";
	struct clean_spec steps[] = {
		{ .kind = CLEAN_REPLACE, .argument = argument, .with = with }
	};
	struct field_spec fields[] = {
		{ .name = name, .group = 1, .clean = steps, .clean_count = 1 }
	};
	const struct pattern_spec spec = {
		.name = name, .pattern = pattern_text, .fields = fields, .field_count = 1
	};
	struct pattern *pattern = compile(&spec);
	struct pattern_tally tally;
	char *rows;

	(void)state;
	memset(pattern_text, '?', sizeof(pattern_text));
	memset(name, '?', sizeof(name));
	memset(with, '?', sizeof(with));
	memset(argument, '?', sizeof(argument));
	memset(fields, 0xFF, sizeof(fields));
	rows = rows_of(pattern, "http://a/", SLICE("ab"), &tally);
	assert_string_equal(rows, "<b>\n");
	assert_string_equal(pattern_field_name(pattern, 0), "col");
	assert_string_equal(pattern_name(pattern), "col");
	free(rows);
	pattern_free(pattern);
}

struct scribbler {
	char *page;
	size_t size;
	atomic_bool is_over;
};

static void *scribble(void *context)
{
	struct scribbler *scribbler = context;
	uint64_t seed = 1;

	while (!atomic_load(&scribbler->is_over)) {
		volatile char *byte = scribbler->page + random_below(&seed, scribbler->size);

		*byte = "<d>i\xE7\x94\xB5\xFF\"9"[random_below(&seed, 10)];
	}
	return NULL;
}

/* As a worker gone mad would: a crash here is what the test is after. */
static void a_page_that_changes_underneath_is_survived(void **state)
{
	struct slice page = read_file("tests/data/board.html");
	struct scribbler scribbler = { (char *)page.at, page.size, false };
	struct pattern *pattern = compile(&maoyan);
	struct pattern_tally tally;
	pthread_t thread;
	uint32_t count = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, scribble, &scribbler), 0);
	for (int n = 0; n < 2000; n++)
		assert_int_equal(
			pattern_run(pattern, SLICE("http://a/"), page, count_row, &count, &tally),
			0);
	atomic_store(&scribbler.is_over, true);
	pthread_join(thread, NULL);
	free((char *)page.at);
	pattern_free(pattern);
}

static void the_library_tells_its_version(void **state)
{
	(void)state;
	assert_true(strtod(regex_library_version(), NULL) >= 10.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_seeds_pattern_reads_a_board),
		cmocka_unit_test(a_match_limit_is_never_no_match),
		cmocka_unit_test(literals_prove_that_rows_without_the_last_field_cannot_match),
		cmocka_unit_test(a_match_that_never_ends_is_cut_off),
		cmocka_unit_test(many_cheap_matches_end_with_the_budget_too),
		cmocka_unit_test(cleaning_ends_with_the_budget_too),
		cmocka_unit_test(a_deep_match_reports_the_jit_stack),
		cmocka_unit_test(a_pattern_cannot_raise_its_limits),
		cmocka_unit_test(rows_of_a_page_are_bounded),
		cmocka_unit_test(the_taker_of_rows_can_stop),
		cmocka_unit_test(matches_are_those_of_finditer),
		cmocka_unit_test(a_match_that_goes_backwards_is_survived),
		cmocka_unit_test(negated_classes_match_every_script),
		cmocka_unit_test(malformed_bytes_are_no_part_of_a_character),
		cmocka_unit_test(matched_points_into_the_page),
		cmocka_unit_test(random_patterns_find_what_the_interpreter_finds),
		cmocka_unit_test(what_others_got_wrong_is_right_here),
		cmocka_unit_test(anchors_and_lookarounds_end_at_the_record),
		cmocka_unit_test(a_long_list_is_matched_whole),
		cmocka_unit_test(a_pattern_that_knows_ascii_alone_is_found_out),
		cmocka_unit_test(literals_are_what_every_match_contains),
		cmocka_unit_test(a_page_without_the_longest_literal_cannot_match),
		cmocka_unit_test(literals_give_the_last_place_a_match_can_begin),
		cmocka_unit_test(groups_names_and_templates_make_fields),
		cmocka_unit_test(
			columns_stand_as_the_groups_do_or_as_the_fields_if_they_name_them_all),
		cmocka_unit_test(a_pattern_without_names_gives_its_groups),
		cmocka_unit_test(named_groups_of_the_url_are_fields_of_every_row),
		cmocka_unit_test(of_groups_of_one_name_the_one_that_took_part_counts),
		cmocka_unit_test(a_field_missing_in_a_record_is_not_borrowed_from_the_next),
		cmocka_unit_test(defaults_fill_what_is_missing_or_empty),
		cmocka_unit_test(a_row_without_a_required_value_is_dropped_and_counted),
		cmocka_unit_test(a_row_that_lacks_several_is_counted_of_the_first),
		cmocka_unit_test(a_value_of_another_type_is_null_and_counted),
		cmocka_unit_test(bad_values_are_shown_as_they_were_matched),
		cmocka_unit_test(white_space_is_empty),
		cmocka_unit_test(a_field_takes_the_first_group_that_took_part),
		cmocka_unit_test(urls_are_resolved_against_the_page),
		cmocka_unit_test(a_pattern_wants_the_pages_its_url_matches),
		cmocka_unit_test(a_value_that_grows_without_end_is_a_limit),
		cmocka_unit_test(values_of_a_row_are_bounded_together),
		cmocka_unit_test(values_are_bounded_where_they_cost_nothing_here),
		cmocka_unit_test(rows_of_patterns_before_count_for_the_page),
		cmocka_unit_test(mistakes_are_told_with_their_place),
		cmocka_unit_test(the_place_of_a_mistake_is_the_callers_own_string),
		cmocka_unit_test(a_spec_is_not_needed_after_compiling),
		cmocka_unit_test(a_page_that_changes_underneath_is_survived),
		cmocka_unit_test(the_library_tells_its_version),
	};

	return RUN_TESTS(tests);
}
