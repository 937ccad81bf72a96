#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawler/show/complaint.h"
#include "crawler/show/glyph.h"

static char said[64 * 1024];

static void say(const char *name, struct slice text, size_t offset, const char *message)
{
	struct source source = { name, text };
	struct complaints complaints = { .out = fmemopen(said, sizeof(said), "w") };

	complain(&complaints, &source, offset, "%s", message);
	fclose(complaints.out);
}

static void the_caret_stands_below_the_byte(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		const char *expected;
	} table[] = {
		{ "abc", 0, "f:1:1: error: x\nabc\n^\n" },
		{ "abc", 3, "f:1:4: error: x\nabc\n   ^\n" },
		{ "abc", 99, "f:1:4: error: x\nabc\n   ^\n" },
		{ "", 0, "f:1:1: error: x\n\n^\n" },
		{ "a\nb\n", 2, "f:2:1: error: x\nb\n^\n" },
		{ "a\nb\n", 1, "f:1:2: error: x\na\n ^\n" },
		{ "a\nb\n", 4, "f:3:1: error: x\n\n^\n" },
		{ "a\r\nb\r\n", 3, "f:2:1: error: x\nb\n^\n" },
		{ "a\r\nb\r\n", 1, "f:1:2: error: x\na\n ^\n" },
		{ "a\r\nb\r\n", 2, "f:1:2: error: x\na\n ^\n" },
		{ "a\rb\rc", 4, "f:3:1: error: x\nc\n^\n" },
		{ "\ta\tb", 3, "f:1:4: error: x\n\ta\tb\n\t \t^\n" },
		{ "主演b", 6, "f:1:3: error: x\n主演b\n    ^\n" },
		{ "e\u0301b", 3, "f:1:3: error: x\ne\u0301b\n ^\n" },
		{ "\U0001F600b", 4, "f:1:2: error: x\n\U0001F600b\n  ^\n" },
		{ "\xC3(b", 2, "f:1:3: error: x\n?(b\n  ^\n" },
		{ "\x1B[2Jb", 4, "f:1:5: error: x\n?[2Jb\n    ^\n" },
		{ "\u202Eb", 3, "f:1:2: error: x\n?b\n ^\n" },
		{ "\xC2\x85"
		  "b",
		  2, "f:1:2: error: x\n?b\n ^\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		say("f", slice_of(table[i].text), table[i].offset, "x");
		assert_string_equal(said, table[i].expected);
	}
}

/* Behind it there is nothing, not even a NUL: found by a fuzzer. */
static void a_line_may_end_with_the_text(void **state)
{
	static const struct {
		const char *text;
		size_t line, column;
	} rows[] = {
		{ "[\r", 2, 1 }, { "[\n", 2, 1 }, { "[\r\n", 2, 1 }, { "[", 1, 2 }, { "\r\r", 3, 1 }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = strlen(rows[i].text);
		char *exact = memcpy(malloc(size), rows[i].text, size);
		struct source source = { "a", { exact, size } };
		struct position position = position_of(&source, size);

		assert_int_equal(position.line, rows[i].line);
		assert_int_equal(position.column, rows[i].column);
		free(exact);
	}
}

static void a_source_as_a_whole_has_no_line(void **state)
{
	(void)state;
	say("f", SLICE("abc"), COMPLAINT_NOWHERE, "x");
	assert_string_equal(said, "f: error: x\n");
}

static void nothing_in_names_and_messages_steers_the_terminal(void **state)
{
	(void)state;
	say("a\x1B[0m\nb", SLICE("c"), COMPLAINT_NOWHERE, "d\ne\tf\x7Fg\u2028h\xFF");
	assert_string_equal(said, "a?[0m?b: error: d?e?f?g?h?\n");
}

/* The columns that text takes, without its line break. */
static size_t columns_of(const char *text, size_t size)
{
	struct slice rest = { text, size };
	size_t columns = 0;

	while (rest.size > 0) {
		uint32_t code;
		size_t step = glyph_decode(rest, &code);

		columns = code == '\t' ? columns / 8 * 8 + 8 : columns + glyph_width(code);
		rest = (struct slice){ rest.at + step, rest.size - step };
	}
	return columns;
}

/* A long line of one thing and a '#': the caret must stand below it, within the window. */
static void the_window_of_a_long_line_holds_the_caret(void **state)
{
	static const char *const pieces[] = {
		"x", "\t", "主", "e\u0301", "\xFF", "a\t主", "\u0301"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		for (size_t before = 0; before < 300; before++) {
			static char text[8192];
			const char *line, *line_end, *caret, *mark;

			text[0] = '\0';
			for (size_t j = 0; j < 300; j++) {
				if (j == before)
					strcat(text, "#");
				strcat(text, pieces[i]);
			}
			say("f", slice_of(text), (size_t)(strchr(text, '#') - text), "x");
			line = strchr(said, '\n') + 1;
			line_end = strchr(line, '\n');
			caret = line_end + 1;
			mark = memchr(line, '#', (size_t)(line_end - line));
			assert_non_null(mark);
			assert_int_equal(columns_of(caret, strcspn(caret, "^")),
					 columns_of(line, (size_t)(mark - line)));
			assert_true(columns_of(line, (size_t)(line_end - line)) <=
				    COMPLAINT_COLUMNS);
		}
	}
}

static void errors_end_but_are_counted_as_one_limit(void **state)
{
	struct source source = { "f", SLICE("") };
	struct complaints complaints = { .out = fmemopen(said, sizeof(said), "w") };
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 50; i++) {
		complain_warning(&complaints, &source, COMPLAINT_NOWHERE, "careful");
		complain(&complaints, &source, COMPLAINT_NOWHERE, "wrong");
		assert_int_equal(complaints_are_full(&complaints), i >= COMPLAINT_ERRORS_MAX - 1);
	}
	fclose(complaints.out);
	for (const char *at = said; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(complaints.errors, COMPLAINT_ERRORS_MAX);
	assert_int_equal(lines, 2 * COMPLAINT_ERRORS_MAX + 1);
}

static void a_word_is_quoted_up_to_a_character(void **state)
{
	char word[200];

	(void)state;
	assert_string_equal(QUOTED(SLICE("")), "");
	assert_string_equal(QUOTED(SLICE("short")), "short");
	for (size_t i = 0; i + 3 < sizeof(word); i += 3)
		memcpy(word + i, "主", 3);
	for (size_t size = 0; size <= 198; size++) {
		struct quoted result = quoted((struct slice){ word, size / 3 * 3 });

		assert_true(strlen(result.text) < sizeof(result.text));
		assert_int_equal(glyph_valid_bytes(slice_of(result.text)), strlen(result.text));
		assert_int_equal(size / 3 * 3 > 76, strstr(result.text, "...") != NULL);
	}
}

static void malformed_characters_are_single_bytes(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		uint32_t code;
	} table[] = {
		{ "a", 1, 'a' },
		{ "\x7F", 1, 0x7F },
		{ "\xC2\x80", 2, 0x80 },
		{ "\xE4\xB8\xAD", 3, 0x4E2D },
		{ "\xF4\x8F\xBF\xBF", 4, 0x10FFFF },
		{ "\x80", 1, GLYPH_BAD },
		{ "\xC0\x80", 1, GLYPH_BAD },
		{ "\xC1\xBF", 1, GLYPH_BAD },
		{ "\xE0\x80\x80", 1, GLYPH_BAD },
		{ "\xED\xA0\x80", 1, GLYPH_BAD },
		{ "\xF0\x80\x80\x80", 1, GLYPH_BAD },
		{ "\xF4\x90\x80\x80", 1, GLYPH_BAD },
		{ "\xF8\x88\x80\x80\x80", 1, GLYPH_BAD },
		{ "\xFF", 1, GLYPH_BAD },
		{ "\xE4\xB8", 1, GLYPH_BAD },
		{ "\xE4", 1, GLYPH_BAD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct slice text = slice_of(table[i].text);
		uint32_t code = 0;

		assert_int_equal(glyph_decode(text, &code), table[i].size);
		assert_int_equal(code, table[i].code);
		if (code != GLYPH_BAD)
			assert_int_equal(glyph_back(text, text.size), table[i].size);
		else
			assert_int_equal(glyph_back(text, text.size), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_caret_stands_below_the_byte),
		cmocka_unit_test(a_line_may_end_with_the_text),
		cmocka_unit_test(a_source_as_a_whole_has_no_line),
		cmocka_unit_test(nothing_in_names_and_messages_steers_the_terminal),
		cmocka_unit_test(the_window_of_a_long_line_holds_the_caret),
		cmocka_unit_test(errors_end_but_are_counted_as_one_limit),
		cmocka_unit_test(a_word_is_quoted_up_to_a_character),
		cmocka_unit_test(malformed_characters_are_single_bytes),
	};

	return RUN_TESTS(tests);
}
