/* JSON as pages have it: read into nodes, its strings decoded, its values written again. */
#include "tests/support/test.h"

#include <stdio.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/json_read.h"
#include "parsers/pattern/json_text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct scratch scratch;

/* The document as json_write() has it, as a string; "!OFFSET" if it is bad. */
static const char *written(struct slice text)
{
	struct json_document document;
	char *room;

	if (json_read(&document, text, 0, &scratch) == JSON_READ)
		return scratch_copy(&scratch, json_write(&document, 0, &scratch)).at;
	room = scratch_take(&scratch, 32);
	snprintf(room, 32, "!%zu", document.bad_at);
	return room;
}

static int forget(void **state)
{
	(void)state;
	scratch_free(&scratch);
	return 0;
}

static void what_the_standard_allows_is_read(void **state)
{
	static const char *const cases[][2] = {
		{ "null", "null" },
		{ " true\n", "true" },
		{ "\t[ ]\r\n", "[]" },
		{ "{ }", "{}" },
		{ "{\"a\" : [1 , \"b\"], \"c\": null}", "{\"a\":[1,\"b\"],\"c\":null}" },
		{ "[false,[[]],{\"\":{}}]", "[false,[[]],{\"\":{}}]" },
		{ "\"\\\"\\\\\\/\\b\\u00e9\"", "\"\\\"\\\\\\/\\b\\u00e9\"" },
		{ "\"Gr\xc3\xb6\xc3\x9f"
		  "e\x7f\"",
		  "\"Gr\xc3\xb6\xc3\x9f"
		  "e\x7f\"" },
		{ "[\"\\ud83d\\ude00\",\"\\ud800\"]", "[\"\\ud83d\\ude00\",\"\\ud800\"]" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		assert_string_equal(written(slice_of(cases[n][0])), cases[n][1]);
		assert_true(json_is_valid(slice_of(cases[n][0])));
	}
}

/* An identifier of 20 digits, a price with its last nought, a power too great for any number. */
static void numbers_keep_their_digits(void **state)
{
	static const char *const numbers[] = {
		"0", "-0", "12.50", "12345678901234567890", "1E400", "-1.0e-7", "1e+2",
	};

	(void)state;
	for (size_t n = 0; n < COUNT(numbers); n++)
		assert_string_equal(written(slice_of(numbers[n])), numbers[n]);
}

static void what_pages_do_to_json_is_read_all_the_same(void **state)
{
	static const char *const cases[][2] = {
		{ "{\"a\":\"two\nlines\"}", "{\"a\":\"two\\u000alines\"}" },
		{ "[\"\t\x01\x1f\"]", "[\"\\u0009\\u0001\\u001f\"]" },
		{ "[\"it\\'s \\\\'\"]", "[\"it's \\\\'\"]" },
		{ "[1,]", "[1]" },
		{ "{\"a\":[{\"b\":1 ,\n}, ] , }", "{\"a\":[{\"b\":1}]}" },
		{ "{};", "{}" },
		{ "[] ; \n;", "[]" },
		{ "\xef\xbb\xbf[]", "[]" },
		{ ")]}'\n[]", "[]" },
		{ "<![CDATA[[1]]]>", "[1]" },
		{ "// <![CDATA[\n{}\n// ]]>\n", "{}" },
		{ "//<![CDATA[ {} //]]>", "{}" },
		{ "/*<![CDATA[*/ {} /*]]>*/", "{}" },
		{ "<!-- {} -->", "{}" },
		{ "<!--\n{\"a\":\"-->\"}\n//-->", "{\"a\":\"-->\"}" },
		{ "<!-- of the shop --> {}", "{}" },
		{ "<!--//--><![CDATA[//><!--\n[]\n//--><!]]>", "[]" },
		{ "/* made by\n a plugin */ []", "[]" },
		{ "// made by a plugin\n[]", "[]" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const char *text = written(slice_of(cases[n][0]));

		assert_string_equal(text, cases[n][1]);
		assert_true(json_is_valid(slice_of(text)));
		assert_false(json_is_valid(slice_of(cases[n][0])));
	}
}

static void what_is_broken_is_bad_where_it_breaks(void **state)
{
	static const char *const cases[][2] = {
		{ "", "!0" },
		{ "  ", "!2" },
		{ "{\"t\":", "!5" },
		{ "[1", "!2" },
		{ "[1 2]", "!3" },
		{ "[,]", "!1" },
		{ "[1,,2]", "!3" },
		{ "{\"a\" 1}", "!5" },
		{ "{a:1}", "!1" },
		{ "{'a':1}", "!1" },
		{ "{\"a\":1,,}", "!7" },
		{ "[1}", "!2" },
		{ "[]]", "!2" },
		{ "{}{}", "!2" },
		{ "[01]", "!2" },
		{ "[1.]", "!3" },
		{ "[.5]", "!1" },
		{ "[+1]", "!1" },
		{ "[1e]", "!3" },
		{ "[-]", "!2" },
		{ "[NaN]", "!1" },
		{ "[undefined]", "!1" },
		{ "[nul]", "!1" },
		{ "[\"a]", "!4" },
		{ "[\"\\x\"]", "!3" },
		{ "[\"\\u12g4\"]", "!6" },
		{ "[\"\\", "!3" },
		{ "<!-- only a comment -->", "!5" },
		{ "/* never over", "!13" },
		{ "<html>[]", "!0" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(written(slice_of(cases[n][0])), cases[n][1]);
	assert_string_equal(written((struct slice){ 0 }), "!0");
}

/* Each part of a text in memory of its own, so that a byte too far is seen. */
static void a_text_that_is_cut_anywhere_is_bad_at_its_end(void **state)
{
	static const char text[] = "{\"a\\u00e9\":[1.5e3,\"\xc3\xa9\\n\"],\"b\":{}}";

	(void)state;
	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		char *part = malloc(cut), expected[16];

		memcpy(part, text, cut);
		snprintf(expected, sizeof(expected), "!%zu", cut);
		assert_string_equal(written((struct slice){ part, cut }), expected);
		free(part);
	}
}

/* ---- names ---- */

static void of_names_that_come_twice_the_last_counts(void **state)
{
	static const char *const cases[][2] = {
		{ "{\"a\":1,\"b\":2,\"a\":3}", "{\"b\":2,\"a\":3}" },
		{ "{\"a\":1,\"\\u0061\":2}", "{\"\\u0061\":2}" },
		{ "{\"a\":1,\"a\":2,\"a\":3}", "{\"a\":3}" },
		{ "{\"a\":{\"b\":1,\"b\":[]},\"a\":[{\"b\":2,\"b\":3}]}", "{\"a\":[{\"b\":3}]}" },
		{ "{\"a\":{\"a\":1}}", "{\"a\":{\"a\":1}}" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_string_equal(written(slice_of(cases[n][0])), cases[n][1]);
	assert_true(json_is_valid(SLICE("{\"a\":1,\"a\":2}"))); /* 8259 only says "should" */
}

/* Objects of every size up to some hundred members, each name twice, one of them escaped. */
static void of_many_names_that_come_twice_the_last_counts_too(void **state)
{
	(void)state;
	for (int count = 1; count < 200; count = count * 3 / 2 + 1) {
		char text[8192], expected[8192];
		size_t size = 0, expected_size = 0;

		for (int n = 0; n < 2 * count; n++)
			size += (size_t)snprintf(text + size, sizeof(text) - size, "%c\"%s%d\":%d",
						 n ? ',' : '{', n % 3 ? "n" : "\\u006e", n % count,
						 n);
		for (int n = count; n < 2 * count; n++)
			expected_size += (size_t)snprintf(expected + expected_size,
							  sizeof(expected) - expected_size,
							  "%c\"%s%d\":%d", n > count ? ',' : '{',
							  n % 3 ? "n" : "\\u006e", n % count, n);
		strcat(text, "}");
		strcat(expected, "}");
		assert_string_equal(written(slice_of(text)), expected);
	}
}

/* ---- strings ---- */

static void strings_are_decoded(void **state)
{
	static const struct {
		const char *string;
		struct slice text;
	} cases[] = {
		{ "\"\"", { "", 0 } },
		{ "\"plain\"", { "plain", 5 } },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\'\"", { "\"\\/\b\f\n\r\t'", 9 } },
		{ "\"caf\\u00e9 \\u4E2d\"", { "caf\xc3\xa9 \xe4\xb8\xad", 9 } },
		{ "\"\\ud83d\\ude00\"", { "\xf0\x9f\x98\x80", 4 } },
		{ "\"a\\u0000b\"", { "a\0b", 3 } },
		{ "\"\\ud83d\"", { "\xef\xbf\xbd", 3 } },
		{ "\"\\ude00\\ud83d\"", { "\xef\xbf\xbd\xef\xbf\xbd", 6 } },
		{ "\"\\ud83dx\\ud83d\\u0041\"",
		  { "\xef\xbf\xbdx\xef\xbf\xbd"
		    "A",
		    8 } },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct json_document document;
		struct slice text = slice_of(cases[n].string), between, decoded;

		assert_int_equal(json_read(&document, text, 0, &scratch), JSON_READ);
		assert_true(slice_equal(json_string(&document, 0, &scratch), cases[n].text));
		assert_true(json_string_is(&document, 0, cases[n].text));
		assert_false(json_string_is(&document, 0, SLICE("other")));
		assert_true(json_strings_equal(&document, 0, 0));
		between = (struct slice){ text.at + 1, text.size - 2 };
		assert_true(json_unescape(between, &decoded, &scratch));
		assert_true(slice_equal(decoded, cases[n].text));
	}
}

static void a_captured_string_with_escapes_that_are_none_is_bad(void **state)
{
	static const char *const cases[] = { "\\x41", "a\\", "\\u12", "\\u00zz", "\\\xc3\xa9" };
	struct slice text;

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		assert_false(json_unescape(slice_of(cases[n]), &text, &scratch));
}

/* ---- bounds ---- */

/* depth brackets, each of `open` closed by that of `close`. */
static struct slice nested(size_t depth, const char *open, const char *close)
{
	size_t size = depth * (strlen(open) + strlen(close));
	char *text = scratch_take(&scratch, size + 1), *to = text;

	for (size_t n = 0; n < depth; n++)
		to = stpcpy(to, open);
	for (size_t n = 0; n < depth; n++)
		to = stpcpy(to, close);
	return (struct slice){ text, size };
}

static void brackets_are_bounded_in_depth(void **state)
{
	(void)state;
	assert_true(json_is_valid(nested(JSON_DEPTH_MAX, "[", "]")));
	assert_string_equal(written(nested(JSON_DEPTH_MAX + 1, "[", "]")), "!1000");
	assert_string_equal(written(nested(10000, "[", "]")), "!1000");
	assert_string_equal(written(nested(10000000, "[", "")), "!1000");
	assert_string_equal(written(nested(10000, "{\"a\":[", "]}")), "!3000");
	assert_int_equal(strlen(written(nested(500, "{\"a\":[", "]}"))), 500 * 8);
}

/* As many nodes and names as a text can have. */
static void the_densest_texts_have_room(void **state)
{
	static const struct {
		const char *open, *item, *close;
	} cases[] = {
		{ "[1", ",1", "]" },   { "{\"\":1", ",\"\":1", "}" },
		{ "[[]", ",[]", "]" }, { "[", "[", "" },
		{ "[1", ",1", "" },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		for (size_t count = 0; count < 3000; count = count * 2 + 1) {
			char *text = scratch_take(&scratch, 32768),
			     *to = stpcpy(text, cases[n].open);

			for (size_t i = 0; i < count; i++)
				to = stpcpy(to, cases[n].item);
			stpcpy(to, cases[n].close);
			written(slice_of(text));
			scratch_reset(&scratch);
		}
}

static struct slice big_document(size_t size)
{
	static const char item[] = "{\"id\":12345678901234567890,\"name\":\"caf\\u00e9\"},";
	char *text = scratch_take(&scratch, size + sizeof(item)), *to = text;

	*to++ = '[';
	while ((size_t)(to - text) < size - sizeof(item))
		to = stpcpy(to, item);
	to[-1] = ']';
	return (struct slice){ text, (size_t)(to - text) };
}

static void ten_megabytes_are_read(void **state)
{
	struct slice text = big_document((size_t)10 << 20);
	struct json_document document;

	(void)state;
	assert_int_equal(json_read(&document, text, 0, &scratch), JSON_READ);
	assert_true(document.is_plain);
	assert_int_equal(json_behind(&document, 0), document.count);
	assert_int_equal(document.count % 5, 1);
}

static void the_budget_ends_a_reading(void **state)
{
	struct slice text = big_document((size_t)10 << 20);
	struct json_document document;

	(void)state;
	budget_resume(0);
	assert_int_equal(json_read(&document, text, JSON_IN_BUDGET, &scratch), JSON_LIMIT);
	budget_begin(0); /* it ends with the next tick */
	for (int n = 0; n < 100; n++)
		if (json_read(&document, text, JSON_IN_BUDGET, &scratch) == JSON_LIMIT)
			break;
	assert_true(budget_is_spent());
	assert_int_equal(document.count, 0);
	budget_begin(10000);
	assert_int_equal(json_read(&document, SLICE("[1]"), JSON_IN_BUDGET, &scratch), JSON_READ);
}

#define TEST(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_standard_allows_is_read),
		TEST(numbers_keep_their_digits),
		TEST(what_pages_do_to_json_is_read_all_the_same),
		TEST(what_is_broken_is_bad_where_it_breaks),
		TEST(a_text_that_is_cut_anywhere_is_bad_at_its_end),
		TEST(of_names_that_come_twice_the_last_counts),
		TEST(of_many_names_that_come_twice_the_last_counts_too),
		TEST(strings_are_decoded),
		TEST(a_captured_string_with_escapes_that_are_none_is_bad),
		TEST(brackets_are_bounded_in_depth),
		TEST(the_densest_texts_have_room),
		TEST(ten_megabytes_are_read),
		TEST(the_budget_ends_a_reading),
	};

	return RUN_TESTS(tests);
}
