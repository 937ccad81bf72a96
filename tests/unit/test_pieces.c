/* pieces: an expression is cut where PCRE2 cuts it, and what is said of a piece is so. */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "parsers/pattern/pieces.h"
#include "parsers/pattern/regex.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct pieces cut(const char *text, const char *flags)
{
	uint32_t options;
	size_t wrong;

	assert_true(regex_flags(flags, &options, &wrong));
	return pieces_of(slice_of(text), options);
}

/* "a b ( c | d )": with a bar between, '(' and ')' where groups begin and end. */
static void write_pieces(const struct pieces *pieces, char *out)
{
	out[0] = '\0';
	for (size_t i = 0; i < pieces->count; i++) {
		const struct piece *piece = &pieces->list[i];

		sprintf(out + strlen(out), "%s%.*s", i > 0 ? "~" : "", (int)piece->size,
			pieces->text.at + piece->at);
	}
}

static void an_expression_is_cut_where_pcre2_cuts_it(void **state)
{
	static const struct {
		const char *text, *flags, *pieces;
	} rows[] = {
		{ "<a (\\d+)+?b|c", "", "<~a~ ~(~\\d+~)+?~b~|~c" },
		{ "(?=ab)c(?!x)(?<=y)", "", "(?=~a~b~)~c~(?!~x~)~(?<=~y~)" },
		{ "(?<n>.*?)(?P=n)(?&n)(?1)", "", "(?<n>~.*?~)~(?P=n)~(?&n)~(?1)" },
		{ "a{0}b(x){2}c", "", "a{0}~b~(~x~){2}~c" },
		{ "\xc3\xa9+[^\"|()]*+", "", "\xc3\xa9+~[^\"|()]*+" },
		{ "a(?#(|)b", "", "a(?#(|)~b" },
		{ "a # ( |\n b", "x", "a # ( |\n ~b" },
		{ "\\Q(|)\\E(b)", "", "(~|~)\\E~(~b~)" },
		{ "(*UCP)(?i)a", "", "(?i)~a" },
		{ "|", "", "|" },
		{ "", "", "" },
	};
	char found[200];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pieces pieces = cut(rows[i].text, rows[i].flags);

		write_pieces(&pieces, found);
		assert_string_equal(found, rows[i].pieces);
		pieces_free(&pieces);
	}
}

/* What opens is closed by its partner; in a quoted part nothing opens. */
static void groups_know_their_ends(void **state)
{
	static const char text[] = "a(b|(?:c)d)e\\Q(\\E";
	struct pieces pieces = cut(text, "");

	(void)state;
	assert_int_equal(pieces.list[1].kind, PIECE_OPEN);
	assert_int_equal(pieces_next(&pieces, 1), pieces.list[1].partner + 1);
	assert_memory_equal(pieces_text(&pieces, 1).at, "(b|(?:c)d)", 10);
	assert_int_equal(pieces_text(&pieces, 1).size, 10);
	assert_int_equal(pieces_alternative_end(&pieces, 2), 3);
	assert_int_equal(pieces.list[3].kind, PIECE_BAR);
	assert_int_equal(pieces_alternative_end(&pieces, 4), pieces.list[1].partner);
	assert_int_equal(pieces_beginning(&pieces, 4), 4);
	assert_int_equal(pieces_place(&pieces, pieces.count), strlen(text));
	assert_true(pieces.list[pieces.count - 1].is_quoted);
	assert_int_equal(pieces.list[pieces.count - 1].kind, PIECE_ATOM);
	pieces_free(&pieces);
}

/* Of the first piece. */
static void a_piece_says_what_it_stands_for(void **state)
{
	static const struct {
		const char *text, *literal;
		bool is_repeat, is_counted;
	} rows[] = {
		{ "a", "a", false, false },
		{ "\\.", ".", false, false },
		{ "\xc3\xa9", "\xc3\xa9", false, false },
		{ "\\d", NULL, false, false },
		{ ".", NULL, false, false },
		{ "[a]", NULL, false, false },
		{ "a+", NULL, true, false },
		{ ".*?", NULL, true, false },
		{ "a++", NULL, true, false },
		{ "(b)*", NULL, true, false },
		{ "a{2,}", NULL, true, true },
		{ "a{2,3}?", NULL, false, true },
		{ "(b){4}", NULL, false, true },
		{ "a?", NULL, false, false },
		{ "\\x{41}", NULL, false, false },
		{ "\\p{L}", NULL, false, false },
		{ "\\x{41}{2}", NULL, false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pieces pieces = cut(rows[i].text, "");
		struct slice character;
		bool is_literal = pieces_is_literal(&pieces, 0, &character);

		if (is_literal != (rows[i].literal != NULL) ||
		    (is_literal && !slice_equal(character, slice_of(rows[i].literal))) ||
		    pieces_is_repeat(&pieces, 0) != rows[i].is_repeat ||
		    pieces_is_counted(&pieces, 0) != rows[i].is_counted)
			fail_msg("%s", rows[i].text);
		pieces_free(&pieces);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_is_cut_where_pcre2_cuts_it),
		cmocka_unit_test(groups_know_their_ends),
		cmocka_unit_test(a_piece_says_what_it_stands_for),
	};

	return RUN_TESTS(tests);
}
