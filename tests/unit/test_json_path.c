/*
 * JSONPath (RFC 9535): a row or two for each kind of thing that its grammar and its semantics have.
 * The whole of the compliance suite was run beside them; docs/decisions.md says with what result.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/iregexp.h"
#include "parsers/pattern/json_read.h"
#include "parsers/pattern/json_text.h"
#include "parsers/pattern/json_walk.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define STEPS 100000u

static struct scratch scratch;

static int forget(void **state)
{
	(void)state;
	scratch_free(&scratch);
	return 0;
}

static void read_document(struct json_document *document, const char *text)
{
	if (json_read(document, slice_of(text), 0, &scratch) != JSON_READ)
		fail_msg("%s is bad at %zu", text, document->bad_at);
}

/* All that a walk finds, with spaces between; then the limit that it ran into. */
static const char *collect(struct json_walk *walk)
{
	static char text[1 << 16];
	char *to = text;
	uint32_t node;

	while (json_walk_next(walk, &node)) {
		struct slice value = json_write(walk->document, node, &scratch);

		if (to - text + value.size + 64 > sizeof(text))
			fail_msg("too much is found");
		to += sprintf(to, "%s%.*s", to == text ? "" : " ", (int)value.size, value.at);
	}
	strcpy(to, walk->limit ? walk->limit : "");
	return text;
}

static const char *found_within(const char *path_text, const char *document_text, uint32_t steps)
{
	struct json_path path;
	struct json_path_error error;
	struct json_document document;
	struct json_walk walk;
	const char *found;

	if (!json_path_compile(&path, path_text, 100000, &error))
		fail_msg("%s: %s (at %zu)", path_text, error.message, error.offset);
	read_document(&document, document_text);
	json_walk_init(&walk, &path, steps);
	budget_begin(10000);
	json_walk_begin(&walk, &document, 0);
	found = collect(&walk);
	json_walk_free(&walk);
	json_path_free(&path);
	return found;
}

struct row {
	const char *path, *document, *found;
};

static void assert_found(const struct row rows[], size_t count)
{
	for (size_t n = 0; n < count; n++) {
		const char *found = found_within(rows[n].path, rows[n].document, STEPS);

		if (strcmp(found, rows[n].found) != 0)
			fail_msg("%s of %s: %s, wanted %s", rows[n].path, rows[n].document, found,
				 rows[n].found);
	}
}

/* ---- segments and selectors ---- */

static void names_and_wildcards_find_children(void **state)
{
	static const struct row rows[] = {
		{ "$", "[1]", "[1]" },
		{ "$", "7", "7" },
		{ "$.a", "{\"b\":1,\"a\":2}", "2" },
		{ "$.a", "{\"a\":1,\"a\":2}", "2" },
		{ "$.a.b.c", "{\"a\":{\"b\":{\"c\":3}}}", "3" },
		{ "$.a.b", "{\"a\":[{\"b\":1}]}", "" },
		{ "$.a", "[1]", "" },
		{ "$.a", "\"a\"", "" },
		{ "$['a b']", "{\"a b\":1}", "1" },
		{ "$[\"a'b\"]", "{\"a'b\":1}", "1" },
		{ "$['it\\'s']", "{\"it's\":1}", "1" },
		{ "$['\\u0061\\n\\u00e9']", "{\"a\\n\\u00E9\":1}", "1" },
		{ "$['\\ud83d\\ude00']", "{\"\xf0\x9f\x98\x80\":1}", "1" },
		{ "$.caf\xc3\xa9", "{\"caf\\u00e9\":1}", "1" },
		{ "$['']", "{\"\":1}", "1" },
		{ "$._1", "{\"_1\":1}", "1" },
		{ "$['@graph']", "{\"@graph\":1}", "1" },
		{ "$.*", "{\"a\":1,\"b\":[2]}", "1 [2]" },
		{ "$[*]", "[1,null]", "1 null" },
		{ "$.*", "{\"a\":1,\"a\":2}", "2" },
		{ "$.*", "\"text\"", "" },
		{ "$ .a [0]\n['b']", "{\"a\":[{\"b\":1}]}", "1" },
		{ "$[ 'a' , \"b\" ]", "{\"b\":1,\"a\":2}", "2 1" },
		{ "$['a','a',*]", "{\"a\":1}", "1 1 1" },
	};

	(void)state;
	assert_found(rows, COUNT(rows));
}

static void indices_and_slices_are_those_of_the_standard(void **state)
{
	static const struct row rows[] = {
		{ "$[0]", "[1,2]", "1" },
		{ "$[-1]", "[1,2]", "2" },
		{ "$[2]", "[1,2]", "" },
		{ "$[-3]", "[1,2]", "" },
		{ "$[0]", "{\"0\":1}", "" },
		{ "$[0,0,-1]", "[1,2]", "1 1 2" },
		{ "$[9007199254740991]", "[1]", "" },
		{ "$[1:3]", "[0,1,2,3]", "1 2" },
		{ "$[1:]", "[0,1,2]", "1 2" },
		{ "$[:2]", "[0,1,2]", "0 1" },
		{ "$[:]", "[0,1]", "0 1" },
		{ "$[::2]", "[0,1,2,3,4]", "0 2 4" },
		{ "$[1::2]", "[0,1,2,3,4]", "1 3" },
		{ "$[-2:]", "[0,1,2]", "1 2" },
		{ "$[:-1]", "[0,1,2]", "0 1" },
		{ "$[ 1 : 3 : 1 ]", "[0,1,2,3]", "1 2" },
		{ "$[::-1]", "[0,1,2]", "2 1 0" },
		{ "$[3:0:-2]", "[0,1,2,3]", "3 1" },
		{ "$[-1:-3:-1]", "[0,1,2,3]", "3 2" },
		{ "$[9:0:-3]", "[0,1,2,3,4,5]", "5 2" },
		{ "$[::0]", "[0,1]", "" },
		{ "$[2:1]", "[0,1,2]", "" },
		{ "$[:]", "{\"a\":1}", "" },
		{ "$[::-1]", "[]", "" },
		{ "$[*][::-1]", "[[1,2],[3,4]]", "2 1 4 3" },
		{ "$[-9007199254740991:9007199254740991:9007199254740991]", "[0,1]", "0" },
		{ "$[9007199254740991:-9007199254740991:-9007199254740991]", "[0,1]", "1" },
	};

	(void)state;
	assert_found(rows, COUNT(rows));
}

static void descendants_come_in_the_order_of_the_document(void **state)
{
	static const struct row rows[] = {
		{ "$..a", "{\"a\":{\"a\":1},\"b\":[{\"a\":2}]}", "{\"a\":1} 1 2" },
		{ "$..[0]", "[[1,2],[3]]", "[1,2] 1 3" },
		{ "$..*", "{\"a\":[1,{\"b\":2}]}", "[1,{\"b\":2}] 1 {\"b\":2} 2" },
		{ "$..['a','b']", "{\"b\":1,\"a\":{\"b\":2}}", "{\"b\":2} 1 2" },
		{ "$..a..b", "{\"a\":{\"a\":{\"b\":1}}}", "1 1" },
		{ "$..a", "1", "" },
		{ "$..a", "{\"a\":{\"a\":1},\"a\":2}", "2" },
		{ "$..[?@.p]", "{\"x\":[{\"p\":1}],\"y\":{\"p\":2}}", "{\"p\":2} {\"p\":1}" },
	};

	(void)state;
	assert_found(rows, COUNT(rows));
}

/* ---- filters ---- */

static void filters_test_compare_and_combine(void **state)
{
	static const struct row rows[] = {
		{ "$[?@.a]", "[{\"a\":null},{\"b\":1}]", "{\"a\":null}" },
		{ "$[?!@.a]", "[{\"a\":1},{\"b\":1}]", "{\"b\":1}" },
		{ "$[?@]", "[0,null,false]", "0 null false" },
		{ "$[?@.a == 1]", "[{\"a\":1.0},{\"a\":\"1\"},{}]", "{\"a\":1.0}" },
		{ "$[?1 == @]", "[1,2]", "1" },
		{ "$[?@ == 'x']", "[\"x\",\"\\u0078\",\"y\"]", "\"x\" \"\\u0078\"" },
		{ "$[?@ != null]", "[null,0]", "0" },
		{ "$[?@ == true]", "[true,1,\"true\"]", "true" },
		{ "$[?@ < 10]", "[9.99,10,\"1\",null]", "9.99" },
		{ "$[?@ <= 10]", "[9.99,10,11]", "9.99 10" },
		{ "$[?@ > 'b']", "[\"a\",\"c\",\"\xc3\xa9\"]", "\"c\" \"\xc3\xa9\"" },
		{ "$[?@ >= 'b']", "[\"b\",\"ba\",\"a\"]", "\"b\" \"ba\"" },
		{ "$[?@.a == @.b]", "[{\"a\":1,\"b\":1},{},{\"a\":1}]", "{\"a\":1,\"b\":1} {}" },
		{ "$[?@.a <= @.b]", "[{},{\"a\":1}]", "{}" },
		{ "$.v[?@ == length($.n)]", "{\"n\":\"abc\",\"v\":[2,3]}", "3" },
		{ "$.v[?@ == $.n]", "{\"n\":\"a\\u0062\",\"v\":[\"b\",\"ab\",\"ab\"]}",
		  "\"ab\" \"ab\"" },
		{ "$.v[?$.n && @ > 1]", "{\"n\":null,\"v\":[1,2,3]}", "2 3" },
		{ "$.v[?!$.m && @ > count($.v[?@ > 1])]", "{\"v\":[1,2,3]}", "3" },
		{ "$[?@.a == $[0].b]", "[{\"b\":7},{\"a\":7}]", "{\"a\":7}" },
		{ "$[?@.a>1&&@.a<4||@.b]", "[{\"a\":2},{\"a\":9},{\"b\":0}]",
		  "{\"a\":2} {\"b\":0}" },
		{ "$[?@.a && (@.b || @.c)]", "[{\"a\":1},{\"a\":1,\"c\":1}]", "{\"a\":1,\"c\":1}" },
		{ "$[?!(@.a == 1) && !@.b]", "[{\"a\":1},{\"a\":2},{\"b\":1}]", "{\"a\":2}" },
		{ "$[?@.a||@.b&&@.c]", "[{\"a\":1},{\"b\":1},{\"b\":1,\"c\":1}]",
		  "{\"a\":1} {\"b\":1,\"c\":1}" },
		{ "$[?@[?@ > 1]]", "[[1],[1,2]]", "[1,2]" },
		{ "$[?@[*] , 0]", "[[1],2]", "[1] [1]" },
		{ "$.*[?@.p < 9].n", "{\"i\":[{\"p\":8,\"n\":\"x\"},{\"p\":9,\"n\":\"y\"}]}",
		  "\"x\"" },
		{ "$[?@ == @]", "[1,[],{}]", "1 [] {}" },
	};

	(void)state;
	assert_found(rows, COUNT(rows));
}

static void arrays_and_objects_are_compared_as_a_whole(void **state)
{
	static const struct row rows[] = {
		{ "$[?@.a == @.b].i", "[{\"i\":1,\"a\":[1,{\"x\":1}],\"b\":[1.0,{\"x\":1}]}]",
		  "1" },
		{ "$[?@.a == @.b].i", "[{\"i\":1,\"a\":[1],\"b\":[1,2]}]", "" },
		{ "$[?@.a == @.b].i", "[{\"i\":1,\"a\":{\"x\":1,\"y\":2},\"b\":{\"y\":2,\"x\":1}}]",
		  "1" },
		{ "$[?@.a == @.b].i", "[{\"i\":1,\"a\":{\"x\":1},\"b\":{\"x\":1,\"y\":2}}]", "" },
		{ "$[?@.a == @.b].i", "[{\"i\":1,\"a\":{\"x\":1},\"b\":{\"z\":1}}]", "" },
		{ "$[?@.a == @.b].i", "[{\"i\":1,\"a\":{\"x\":0,\"x\":1},\"b\":{\"x\":1}}]", "1" },
		{ "$[?@.a != @.b].i", "[{\"i\":1,\"a\":[],\"b\":{}}]", "1" },
		{ "$[?@.a < @.b].i", "[{\"i\":1,\"a\":[1],\"b\":[2]}]", "" },
	};

	(void)state;
	assert_found(rows, COUNT(rows));
}

static void numbers_are_compared_by_worth_to_the_last_digit(void **state)
{
	static const struct {
		const char *less, *more;
		bool are_equal;
	} cases[] = {
		{ "1", "1.0", true },
		{ "10", "1e1", true },
		{ "100", "1000e-1", true },
		{ "0.05", "5E-2", true },
		{ "0", "-0", true },
		{ "0.0", "0e99", true },
		{ "-1", "-1.00", true },
		{ "12345678901234567890", "12345678901234567891", false },
		{ "0.1", "0.10000000000000000000001", false },
		{ "9", "10", false },
		{ "-10", "-9", false },
		{ "-1", "0", false },
		{ "0", "1e-400", false },
		{ "1e400", "1e401", false },
		{ "1e99999999999999999998", "1e99999999999999999999", true }, /* beyond all */
		{ "-1e400", "1", false },
		{ "1.09", "1.1", false },
		{ "999", "1.0e3", false },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct slice less = slice_of(cases[n].less), more = slice_of(cases[n].more);

		if (cases[n].are_equal)
			assert_int_equal(json_number_order(less, more), 0);
		else
			assert_true(json_number_order(less, more) < 0 &&
				    json_number_order(more, less) > 0);
	}
}

static void functions_are_the_five_of_the_standard(void **state)
{
	static const struct row rows[] = {
		{ "$[?length(@) == 2]", "[\"a\xc3\xa9\",[1,2],{\"a\":1,\"b\":2},12,\"\\u0061\"]",
		  "\"a\xc3\xa9\" [1,2] {\"a\":1,\"b\":2}" },
		{ "$[?length(@.a) >= 0]", "[{},{\"a\":1},{\"a\":\"\"}]", "{\"a\":\"\"}" },
		{ "$[?length('abc') == 3]", "[1]", "1" },
		{ "$[?length(value(@..a)) == 1]", "[{\"a\":\"x\"}]", "{\"a\":\"x\"}" },
		{ "$[?length(@) == 1]", "[{\"a\":1,\"a\":2}]", "{\"a\":2}" },
		{ "$[?count(@..a) > 1]", "[{\"a\":{\"a\":1}},{\"a\":1}]", "{\"a\":{\"a\":1}}" },
		{ "$[?count(@.*) == 0]", "[1,[],[1]]", "1 []" },
		{ "$[?count($[*]) == 2]", "[1,2]", "1 2" },
		{ "$[?value(@..a) == 1]", "[{\"x\":{\"a\":1}},{\"a\":1,\"x\":{\"a\":1}}]",
		  "{\"x\":{\"a\":1}}" },
		{ "$[?match(@, 'a.c')]", "[\"abc\",\"xabc\",\"abcx\",\"a\\nc\",1]", "\"abc\"" },
		{ "$[?search(@, 'b')]", "[\"abc\",\"c\",null]", "\"abc\"" },
		{ "$[?!search(@, 'b')]", "[\"abc\",\"c\",null]", "\"c\" null" },
		{ "$[?match(@.d, '2024-[0-9]{2}')].i",
		  "[{\"i\":1,\"d\":\"2024-05\"},{\"i\":2,\"d\":\"2023-05\"}]", "1" },
		{ "$.v[?match(@, $.p)]", "{\"p\":\"b+\",\"v\":[\"bb\",\"a\"]}", "\"bb\"" },
		{ "$[?match(@.t, @.p)].i",
		  "[{\"i\":1,\"t\":\"a\",\"p\":\"a\"},{\"i\":2,\"t\":\"b\",\"p\":\"[\"},"
		  "{\"i\":3,\"t\":\"b\",\"p\":\"b\"},{\"i\":4,\"t\":\"c\",\"p\":\"b\"}]",
		  "1 3" },
		{ "$[?match(@, '\\\\p{Lu}\\\\.')]", "[\"\xc3\x89.\",\"e.\"]", "\"\xc3\x89.\"" },
		{ "$[?search(@, '')]", "[\"\",\"x\"]", "\"\" \"x\"" },
	};

	(void)state;
	assert_found(rows, COUNT(rows));
}

/* ---- what is no path ---- */

static void mistakes_are_told_with_their_place(void **state)
{
	static const struct {
		const char *path;
		size_t offset;
	} cases[] = {
		{ "", 0 },
		{ "a.b", 0 },
		{ " $", 0 },
		{ "$ ", 1 },
		{ "$a", 1 },
		{ "$.", 2 },
		{ "$..", 3 },
		{ "$...a", 3 },
		{ "$. a", 2 },
		{ "$.a-b", 3 },
		{ "$.1", 2 },
		{ "$[", 2 },
		{ "$[]", 2 },
		{ "$[0", 1 },
		{ "$[a]", 2 },
		{ "$['a]", 2 },
		{ "$['\\x']", 3 },
		{ "$[\"\\'\"]", 3 },
		{ "$['\\ud800']", 3 },
		{ "$['\\udc00\\ud800']", 3 },
		{ "$['a\nb']", 4 },
		{ "$[01]", 2 },
		{ "$[-0]", 2 },
		{ "$[- 1]", 2 },
		{ "$[9007199254740992]", 2 },
		{ "$[1.0]", 3 },
		{ "$[1:2:3:4]", 7 },
		{ "$[0,]", 4 },
		{ "$[?]", 3 },
		{ "$[?@.a = 1]", 7 },
		{ "$[?@.a =~ /b/]", 7 },
		{ "$[?@.a and @.b]", 7 },
		{ "$[(@.length-1)]", 2 },
		{ "$.['a']", 2 },
		{ "$[?@.a == ]", 10 },
		{ "$[?@.a == b]", 10 },
		{ "$[?@.* == 1]", 3 },
		{ "$[?1 == @..a]", 8 },
		{ "$[?true]", 3 },
		{ "$[?(@.a]", 3 },
		{ "$[?@.a &&]", 9 },
		{ "$[?!@.a == 1]", 4 },
		{ "$[?length(@.a)]", 3 },
		{ "$[?length(@.*) == 1]", 10 },
		{ "$[?length() == 1]", 10 },
		{ "$[?length(@, @) == 1]", 11 },
		{ "$[?count(1) == 1]", 9 },
		{ "$[?count(@.a == 1) == 1]", 13 },
		{ "$[?match(@)]", 10 },
		{ "$[?match(@, 'a') == true]", 3 },
		{ "$[?size(@) == 1]", 3 },
		{ "$[?length (@) == 1]", 3 },
		{ "$[?match(@, 'a[')]", 12 },
		{ "$[?search(@, '\\\\d+')]", 13 },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct json_path path;
		struct json_path_error error = { 0 };

		if (json_path_compile(&path, cases[n].path, 1000, &error))
			fail_msg("%s is compiled", cases[n].path);
		if (error.offset != cases[n].offset)
			fail_msg("%s: at %zu: %s", cases[n].path, error.offset, error.message);
		assert_in_range(strlen(error.message), 1, 60);
	}
}

/* Each part of a path that can be one is read, or refused, without a byte behind it. */
static void a_path_that_is_cut_anywhere_is_read_or_refused(void **state)
{
	static const char text[] = "$.a['b\\u00e9\\ud83d\\ude00',1:2:3][?match(@.x,'[a-z]{2}\\\\p{"
				   "Lu}')&&!(1e-3<@)]..*";

	(void)state;
	for (size_t cut = 0; cut < sizeof(text); cut++) {
		char *part = strndup(text, cut);
		struct json_path path;
		struct json_path_error error;

		if (json_path_compile(&path, part, 1000, &error))
			json_path_free(&path);
		else
			assert_true(error.offset <= cut);
		free(part);
	}
}

static void brackets_of_a_path_are_bounded_in_depth(void **state)
{
	struct json_path path;
	struct json_path_error error;
	char text[4096];
	size_t size = 0;

	(void)state;
	size += (size_t)sprintf(text, "$[?");
	memset(text + size, '(', 1000);
	strcpy(text + size + 1000, "@.a");
	assert_false(json_path_compile(&path, text, 1000, &error));
	assert_string_equal(error.message, "nested too deeply");
}

/* ---- regular expressions ---- */

static void regular_expressions_are_those_of_the_standard(void **state)
{
	static const struct {
		const char *regex, *text;
		bool is_match;
	} cases[] = {
		{ "", "", true },
		{ "a|b", "b", true },
		{ "a|", "", true },
		{ "(ab)+c?", "abab", true },
		{ "a{2,3}", "aaaa", false },
		{ "a{2,}", "aaaa", true },
		{ "[a-c-]+", "a-c", true },
		{ "[-a]", "-", true },
		{ "[^a]", "\n", true },
		{ "[.]", "x", false },
		{ ".", "\r", false },
		{ ".", "\xe2\x80\xa8", true },
		{ "[\\]\\[\\\\^]+", "][\\^", true },
		{ "\\n\\t", "\n\t", true },
		{ "\\P{N}\\p{Nd}", "a1", true },
		{ "a/b#c d", "a/b#c d", true },
		{ "a$", "a\n", false },
		{ "^a$", "a", true },
		{ "(?:a)", NULL, false },
		{ "a*?", NULL, false },
		{ "a**", NULL, false },
		{ "\\d", NULL, false },
		{ "\\bx", NULL, false },
		{ "(a", NULL, false },
		{ "a)", NULL, false },
		{ "[]", NULL, false },
		{ "[^]", NULL, false },
		{ "[a", NULL, false },
		{ "[a-", NULL, false },
		{ "[[a]", NULL, false },
		{ "[a-b-c]", NULL, false },
		{ "a{}", NULL, false },
		{ "a{1,", NULL, false },
		{ "{1}", NULL, false },
		{ "a]", NULL, false },
		{ "\\p{Xx}", NULL, false },
		{ "\\p{Latin}", NULL, false },
		{ "\\", NULL, false },
		{ "[z-a]", NULL, false },
		{ "(*UTF)a", NULL, false },
		{ "a{99999}", NULL, false },
	};

	(void)state;
	budget_begin(10000);
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct regex_error error = { 0 };
		struct regex *regex =
			iregexp_compile(slice_of(cases[n].regex), true, 100000, &error);
		struct regex_search search;

		if (!regex != !cases[n].text)
			fail_msg("%s: %s", cases[n].regex, error.message);
		if (!regex)
			continue;
		regex_search_begin(&search, regex, slice_of(cases[n].text));
		assert_int_equal(regex_search_next(&search) == REGEX_FOUND, cases[n].is_match);
		regex_free(regex);
	}
}

static void a_nul_is_a_character_of_a_regular_expression(void **state)
{
	struct regex_error error;
	struct regex *regex = iregexp_compile((struct slice){ "a\0[\0]", 5 }, true, 1000, &error);
	struct regex_search search;

	(void)state;
	budget_begin(1000);
	regex_search_begin(&search, regex, (struct slice){ "a\0\0", 3 });
	assert_int_equal(regex_search_next(&search), REGEX_FOUND);
	regex_free(regex);
}

/* ---- bounds ---- */

static void what_takes_too_many_steps_is_a_limit_and_not_none(void **state)
{
	static const struct {
		const char *path;
		uint32_t steps;
	} cases[] = {
		{ "$..*..*..*..*..y", 300 },
		{ "$[?count($..*) > 99]", 30 },
		{ "$[?@ != $[0]]", 6 },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++)
		if (strcmp(found_within(cases[n].path, "[[1,2,[3,[4,[5,[6]]]]],{\"x\":7}]",
					cases[n].steps),
			   "step limit") != 0)
			fail_msg("%s ends", cases[n].path);
}

static void a_spent_budget_is_a_limit_and_not_none(void **state)
{
	struct json_path path;
	struct json_path_error error;
	struct json_document document;
	struct json_walk walk;
	uint32_t node;

	(void)state;
	assert_true(json_path_compile(&path, "$.a", 1000, &error));
	read_document(&document, "{\"a\":1}");
	json_walk_init(&walk, &path, STEPS);
	json_walk_begin(&walk, &document, 0);
	budget_resume(0);
	assert_false(json_walk_next(&walk, &node));
	assert_string_equal(walk.limit, "time budget");
	budget_begin(1000);
	json_walk_begin(&walk, &document, 0);
	assert_true(json_walk_next(&walk, &node));
	json_walk_free(&walk);
	json_path_free(&path);
}

/* Ten times the document takes ten times the steps, whatever a path looks for. */
static void steps_are_linear_in_the_document(void **state)
{
	static const char *const paths[] = {
		"$[*].a",    "$..a",  "$[?@.a > 5]", "$[?@.b == 'x' && @.a]", "$[-5:]", "$[::-1]",
		"$[1:-1:2]", "$[-1]", "$..[?@.a]",   "$[?@.o == @.p]",
	};
	char *text = malloc(1 << 20), *to;

	(void)state;
	for (size_t n = 0; n < COUNT(paths); n++) {
		struct json_path path;
		struct json_path_error error;
		uint64_t used[2];

		assert_true(json_path_compile(&path, paths[n], 1000, &error));
		for (int size = 0; size < 2; size++) {
			struct json_document document;
			struct json_walk walk;
			uint32_t node;

			to = text;
			for (int i = 0; i < (size ? 2000 : 200); i++)
				to += sprintf(to,
					      "%c{\"a\":%d,\"b\":\"x\",\"o\":{\"x\":1,\"y\":2},"
					      "\"p\":{\"y\":2,\"x\":1}}",
					      i ? ',' : '[', i);
			strcpy(to, "]");
			read_document(&document, text);
			json_walk_init(&walk, &path, UINT32_MAX);
			budget_begin(10000);
			json_walk_begin(&walk, &document, 0);
			used[size] = 0;
			do
				used[size] += walk.step_limit - walk.steps;
			while (json_walk_next(&walk, &node));
			assert_null(walk.limit);
			json_walk_free(&walk);
		}
		if (used[1] > 11 * used[0])
			fail_msg("%s: %llu steps, and %llu for ten times as much", paths[n],
				 (unsigned long long)used[0], (unsigned long long)used[1]);
		json_path_free(&path);
	}
	free(text);
}

#define TEST(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_and_wildcards_find_children),
		TEST(indices_and_slices_are_those_of_the_standard),
		TEST(descendants_come_in_the_order_of_the_document),
		TEST(filters_test_compare_and_combine),
		TEST(arrays_and_objects_are_compared_as_a_whole),
		TEST(numbers_are_compared_by_worth_to_the_last_digit),
		TEST(functions_are_the_five_of_the_standard),
		TEST(mistakes_are_told_with_their_place),
		TEST(a_path_that_is_cut_anywhere_is_read_or_refused),
		TEST(brackets_of_a_path_are_bounded_in_depth),
		TEST(regular_expressions_are_those_of_the_standard),
		TEST(a_nul_is_a_character_of_a_regular_expression),
		TEST(what_takes_too_many_steps_is_a_limit_and_not_none),
		TEST(a_spent_budget_is_a_limit_and_not_none),
		TEST(steps_are_linear_in_the_document),
	};

	return RUN_TESTS(tests);
}
