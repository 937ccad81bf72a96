/*
 * The seam between patterns and the languages of selectors: a language that only this file knows
 * docks there, and what is promised of every language holds of those that a config knows, too.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/pattern.h"
#include "parsers/pattern/selector_json.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/pattern/selector_table.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- a language: "<>" finds what stands between '<' and the next '>' ---- */

struct bracket {
	struct selector selector;
	char open, close;
	uint32_t step_limit;
	struct found span;
	const char *at;
};

static char last_node; /* what stands at the node of the span that was begun last */

static struct selector *bracket_compile(const char *text, const char *flags, uint32_t step_limit,
					struct selector_error *error)
{
	struct bracket *self;

	if (flags || strlen(text) != 2) {
		*error = (struct selector_error){ .is_in_flags = flags,
						  .offset = flags ? 0 : strlen(text),
						  .message = "two brackets, and no flags" };
		return NULL;
	}
	self = calloc(1, sizeof(*self));
	*self = (struct bracket){ .open = text[0], .close = text[1], .step_limit = step_limit };
	return &self->selector;
}

static void bracket_free(struct selector *selector)
{
	free(selector);
}

static void bracket_begin(struct selector *selector, const struct found *span)
{
	struct bracket *self = (struct bracket *)selector;

	self->span = *span;
	self->at = span->text.at;
	last_node = span->node ? *(const char *)span->node : '\0';
}

/* "null" stands for nothing, what begins with '"' or a digit is JSON. */
static enum found_kind kind_of(struct slice text)
{
	if (slice_equal(text, SLICE("null")))
		return FOUND_NULL;
	return text.size && (text.at[0] == '"' || text.at[0] == '1') ? FOUND_JSON : FOUND_TEXT;
}

static enum selector_result bracket_next(struct selector *selector)
{
	struct bracket *self = (struct bracket *)selector;
	const char *end = self->span.text.at + self->span.text.size, *open, *close;
	size_t left = (size_t)(end - self->at);
	struct found *found = &selector->found;

	open = left ? memchr(self->at, self->open, left) : NULL;
	if ((open ? (size_t)(open - self->at) : left) > self->step_limit) {
		selector->limit = "steps";
		return SELECTOR_LIMIT;
	}
	if (!open)
		return SELECTOR_NONE;
	found->offset = self->span.offset + (size_t)(open - self->span.text.at);
	close = memchr(open, self->close, (size_t)(end - open));
	if (!close)
		return SELECTOR_BAD;
	found->text = (struct slice){ open + 1, (size_t)(close - open) - 1 };
	found->offset++;
	found->size = found->text.size;
	found->node = open;
	found->kind = kind_of(found->text);
	if (found->kind == FOUND_NULL)
		found->text = (struct slice){ 0 };
	self->at = close + 1;
	return SELECTOR_FOUND;
}

static const struct selector_language brackets = {
	.key = "brackets",
	.compile = bracket_compile,
	.free = bracket_free,
	.begin = bracket_begin,
	.next = bracket_next,
};

/* ---- rows as text: values between '|', NULL as '~', and a tally ---- */

static char sheet[4096];
static size_t sheet_size, field_count;

static int write_row(void *context, const struct pattern_row *row)
{
	struct slice page = *(struct slice *)context;

	assert_true(row->matched.at >= page.at &&
		    row->matched.at + row->matched.size <= page.at + page.size);
	for (size_t n = 0; n < field_count; n++) {
		const struct value *value = &row->values[n];

		sheet_size += (size_t)snprintf(
			sheet + sheet_size, sizeof(sheet) - sheet_size, "%s%.*s", n ? "|" : "",
			value->kind == VALUE_TEXT ? (int)value->text.size : 1,
			value->kind == VALUE_TEXT ? value->text.at : "~");
	}
	sheet[sheet_size++] = '\n';
	return 0;
}

static struct pattern_tally run(const struct pattern_spec *spec, const char *text)
{
	struct pattern_error error = { 0 };
	struct pattern *pattern = pattern_compile(spec, &error);
	struct slice page = slice_of(text);
	struct pattern_tally tally;

	if (!pattern)
		fail_msg("%s (at %zu)", error.message, error.offset);
	sheet_size = 0;
	field_count = pattern_field_count(pattern);
	assert_int_equal(pattern_run(pattern, SLICE("http://a/x"), page, write_row, &page, &tally),
			 0);
	sheet[sheet_size] = '\0';
	pattern_free(pattern);
	return tally;
}

static const struct field_spec title = {
	.name = "title", .group = -1, .pattern = "()", .language = &brackets
};

/* ---- it docks ---- */

/* Records and fields of every mixture of languages come through the same calls. */
static void records_and_fields_are_of_any_language(void **state)
{
	static const struct field_spec price = { .name = "price", .group = -1, .pattern = "\\d+" };
	static const struct field_spec bracket_price = {
		.name = "price", .group = -1, .pattern = "[]", .language = &brackets
	};
	static const struct field_spec whole = { .name = "whole", .group = 0 };
	const struct field_spec all_brackets[] = { title, bracket_price };
	const struct field_spec mixed[] = { title, price, whole };
	const struct pattern_spec specs[] = {
		{ .each = "<>", .language = &brackets, .fields = all_brackets, .field_count = 2 },
		{ .each = "<[^>]*>", .fields = all_brackets, .field_count = 2 },
		{ .each = "<>", .language = &brackets, .fields = mixed, .field_count = 3 },
		{ .pattern = "<>", .language = &brackets },
	};
	static const char *const rows[] = {
		"a|7\nb|~\n~|9\n",
		"a|7\nb|~\n~|9\n",
		"a|7|(a)[7]\nb|~|(b)\n~|9|[9]\n",
		"(a)[7]\n(b)\n[9]\n",
	};

	(void)state;
	for (size_t n = 0; n < COUNT(specs); n++) {
		struct pattern_tally tally = run(&specs[n], "x<(a)[7]>(no)<(b)> [8]<[9]>");

		assert_string_equal(sheet, rows[n]);
		assert_int_equal(tally.rows, 3);
		assert_false(tally.is_limited || tally.is_broken);
	}
}

static void named_groups_of_the_url_are_fields_beside_any_language(void **state)
{
	const struct pattern_spec spec = { .url = "//(?<host>\\w+)/",
					   .each = "<>",
					   .language = &brackets,
					   .fields = &title,
					   .field_count = 1 };

	(void)state;
	run(&spec, "<(t)>");
	assert_string_equal(sheet, "t|a\n");
}

/* A field's selector begins at its record, as the record's language knows it. */
static void a_field_begins_where_its_record_is(void **state)
{
	const struct pattern_spec spec = {
		.each = "<>", .language = &brackets, .fields = &title, .field_count = 1
	};

	(void)state;
	run(&spec, "<(a)>");
	assert_int_equal(last_node, '<');
}

/* ---- what may be found ---- */

static void what_stands_for_nothing_is_missing(void **state)
{
	const struct field_spec fields[] = {
		title,
		{ .name = "other",
		  .group = -1,
		  .pattern = "()",
		  .language = &brackets,
		  .otherwise = "none" },
	};
	const struct pattern_spec spec = {
		.each = "<>", .language = &brackets, .fields = fields, .field_count = 2
	};
	struct pattern_tally tally = run(&spec, "<(null)><><null><()>");

	(void)state;
	assert_string_equal(sheet, "~|none\n~|none\n~|none\n|none\n");
	assert_int_equal(tally.empty_fields, 4);
	assert_int_equal(tally.bad_values, 0);
}

static void json_is_of_no_type_but_json(void **state)
{
	struct field_spec fields[] = { title, title };
	const struct pattern_spec spec = {
		.each = "<>", .language = &brackets, .fields = fields, .field_count = 2
	};
	struct pattern_tally tally;

	(void)state;
	fields[0].type = FIELD_JSON;
	fields[1].name = "text";
	tally = run(&spec, "<(\"a\")><(b)>");
	assert_string_equal(sheet, "\"a\"|~\n~|b\n"); /* b is no JSON */
	assert_int_equal(tally.bad_values, 2);
}

/* ---- how it may end ---- */

static void a_limit_ends_the_rows_and_those_before_it_stay(void **state)
{
	const struct pattern_spec rows = { .pattern = "<>",
					   .language = &brackets,
					   .match_limit = 3 };
	const struct pattern_spec fields = { .each = "<>",
					     .language = &brackets,
					     .fields = &title,
					     .field_count = 1,
					     .match_limit = 3 };
	struct pattern_tally tally = run(&rows, "<a><b>....<c>");

	(void)state;
	assert_string_equal(sheet, "a\nb\n");
	assert_true(tally.is_limited);
	assert_string_equal(tally.limit, "steps");

	tally = run(&fields, "<(a)><....(b)><(c)>");
	assert_string_equal(sheet, "a\n");
	assert_true(tally.is_limited && tally.rows == 1);
	assert_string_equal(tally.limit, "steps");
}

static void a_broken_page_is_told_with_its_place(void **state)
{
	const struct pattern_spec spec = { .pattern = "<>", .language = &brackets };
	struct pattern_tally tally = run(&spec, "<a><b> <c");

	(void)state;
	assert_string_equal(sheet, "a\nb\n");
	assert_true(tally.is_broken && !tally.is_limited);
	assert_int_equal(tally.broken_at, 7);
}

static void a_field_that_cannot_be_read_is_a_bad_value(void **state)
{
	const struct pattern_spec spec = {
		.each = "<>", .language = &brackets, .fields = &title, .field_count = 1
	};
	struct pattern_tally tally = run(&spec, "<(a><(b)>");

	(void)state;
	assert_string_equal(sheet, "~\nb\n");
	assert_int_equal(tally.bad_values, 1);
	assert_false(tally.is_broken);
}

/* The string of the spec that is wrong, and where in it. */
static void mistakes_are_told_with_their_place(void **state)
{
	static const struct field_spec bad = {
		.name = "x", .group = -1, .pattern = "(", .language = &brackets
	};
	static const struct field_spec group = { .name = "x", .group = 1 };
	static const struct field_spec name = { .name = "x", .group = -1 };
	static const struct {
		struct pattern_spec spec;
		const char *text;
		size_t offset;
	} cases[] = {
		{ { .pattern = "<>x", .language = &brackets }, "<>x", 3 },
		{ { .pattern = "<>", .flags = "s", .language = &brackets }, "s", 0 },
		{ { .each = "a", .in = "(b)" }, "(b)", 0 },
		{ { .each = "$.", .language = &selector_json }, "$.", 2 },
		{ { .each = "$", .language = &selector_json, .in = "b" }, "b", 0 },
		{ { .each = "$", .language = &selector_json, .in = "(b" }, "(b", 2 },
		{ { .each = "$", .flags = "q", .language = &selector_json, .in = "(b)" }, "q", 0 },
		{ { .each = "https://schema.org/A B", .language = &selector_jsonld },
		  "https://schema.org/A B",
		  20 },
		{ { .each = "http://schema.org/", .language = &selector_jsonld },
		  "http://schema.org/",
		  18 },
		{ { .each = "a", .fields = &bad, .field_count = 1 }, "(", 1 },
		{ { .pattern = "<>", .language = &brackets, .fields = &group, .field_count = 1 },
		  "x",
		  0 },
		{ { .pattern = "<>", .language = &brackets, .fields = &name, .field_count = 1 },
		  "x",
		  0 },
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct pattern_error error = { 0 };

		assert_null(pattern_compile(&cases[n].spec, &error));
		assert_string_equal(error.text, cases[n].text);
		assert_int_equal(error.offset, cases[n].offset);
		assert_true(error.message[0] != '\0');
	}
}

/* ---- what holds of every language ---- */

struct language_case {
	const struct selector_language *language;
	const char *text, *page, *other; /* finds two parts of page, none of other */
	enum found_kind kind;
	const char *parts[2];
};

static const struct language_case languages[] = {
	{ &brackets, "<>", "..<a>.<bc>", "abc", FOUND_TEXT, { "a", "bc" } },
	{ &selector_regex, "(?<=<)[^>]*(?=>)", "..<a>.<bc>", "abc", FOUND_TEXT, { "a", "bc" } },
	{ &selector_json, "$[*]", " [\"a\", \"bc\"]", "abc", FOUND_TEXT, { "a", "bc" } },
	{ &selector_json, "$.*", " [[], {\"a\": 1} ]", "{}", FOUND_JSON, { "[]", "{\"a\": 1}" } },
	{ &selector_jsonld,
	  "A",
	  " [{\"@type\":\"A\"}, {\"@type\":[\"B\",\"A\"]}]",
	  "{\"@type\":\"B\"}",
	  FOUND_JSON,
	  { "{\"@type\":\"A\"}", "{\"@type\":[\"B\",\"A\"]}" } },
};

static void every_language_of_a_config_is_tried_here(void **state)
{
	(void)state;
	for (size_t n = 0; selector_table[n]; n++) {
		bool is_tried = false;

		for (size_t i = 0; i < COUNT(languages); i++)
			is_tried |= languages[i].language == selector_table[n];
		assert_true(is_tried);
		for (size_t i = 0; i < n; i++)
			assert_string_not_equal(selector_table[i]->key, selector_table[n]->key);
	}
}

static void assert_forgotten(const struct selector *selector)
{
	assert_int_equal(selector->found.kind, FOUND_NULL);
	assert_null(selector->found.text.at);
	for (uint32_t group = 0; group <= selector->group_count; group++)
		assert_null(selector_group(selector, group, false).at);
}

static void assert_finds_two(struct selector *selector, const struct found *span,
			     const struct language_case *at)
{
	selector_begin(selector, span);
	assert_forgotten(selector);
	for (size_t n = 0; n < 2; n++) {
		const struct found *found = &selector->found;

		assert_int_equal(selector_next(selector), SELECTOR_FOUND);
		assert_int_equal(found->kind, at->kind);
		assert_true(slice_equal(found->text, slice_of(at->parts[n])));
		assert_int_equal(found->size, found->text.size);
		assert_memory_equal(at->page + found->offset, found->text.at, found->size);
	}
	assert_int_equal(selector_next(selector), SELECTOR_NONE);
	assert_forgotten(selector);
}

/* Again and again, in a page and in a part of one, given up in between or not. */
static void a_selector_begins_anew_for_every_span(void **state)
{
	(void)state;
	budget_begin(1000);
	for (size_t n = 0; n < COUNT(languages); n++) {
		const struct language_case *at = &languages[n];
		struct selector_error error;
		struct selector *selector =
			selector_compile(at->language, at->text, NULL, 1000000, &error);
		struct found page = { .kind = FOUND_TEXT, .text = slice_of(at->page) };
		struct found part = { .kind = FOUND_TEXT, .offset = 1 };
		struct found other = { .kind = FOUND_TEXT, .text = slice_of(at->other) };
		struct found empty = { .kind = FOUND_TEXT };

		assert_non_null(selector);
		part.text = (struct slice){ at->page + 1, page.text.size - 1 };
		assert_finds_two(selector, &page, at);
		assert_finds_two(selector, &part, at);
		selector_begin(selector, &page);
		assert_int_equal(selector_next(selector), SELECTOR_FOUND);
		selector_begin(selector, &other);
		assert_forgotten(selector);
		assert_int_equal(selector_next(selector), SELECTOR_NONE);
		selector_begin(selector, &empty);
		assert_int_equal(selector_next(selector), SELECTOR_NONE);
		assert_finds_two(selector, &page, at);
		assert_true(selector_may_find(selector, page.text));
		selector_free(selector);
	}
	selector_free(NULL);
}

static void groups_of_a_regular_expression_have_numbers_and_names(void **state)
{
	struct selector_error error;
	struct selector *selector = selector_compile(
		&selector_regex, "(?J)(?:(?<k>a)|(?<k>b))(c)?(?<last>d)", NULL, 1000, &error);
	struct found page = { .kind = FOUND_TEXT, .text = SLICE("bd") };

	(void)state;
	budget_begin(1000);
	assert_int_equal(selector->group_count, 4);
	assert_int_equal(selector_group_number(selector, SLICE("k")), 1);
	assert_int_equal(selector_group_number(selector, SLICE("last")), 4);
	assert_int_equal(selector_group_number(selector, SLICE("none")), 0);
	assert_string_equal(selector_group_name(selector, 2).at, "k");
	assert_null(selector_group_name(selector, 3).at);
	selector_begin(selector, &page);
	assert_int_equal(selector_next(selector), SELECTOR_FOUND);
	assert_null(selector_group(selector, 1, false).at);
	assert_true(slice_equal(selector_group(selector, 1, true), SLICE("b")));
	assert_null(selector_group(selector, 3, false).at);
	assert_true(slice_equal(selector_group(selector, 4, false), SLICE("d")));
	assert_true(slice_equal(selector_group(selector, 0, false), SLICE("bd")));
	selector_free(selector);
}

static void a_spent_budget_is_a_limit_and_not_none(void **state)
{
	struct selector_error error;
	struct selector *selector =
		selector_compile(&selector_regex, "a", NULL, PATTERN_MATCH_LIMIT, &error);
	struct found page = { .kind = FOUND_TEXT, .text = SLICE("a") };

	(void)state;
	budget_resume(0);
	selector_begin(selector, &page);
	assert_int_equal(selector_next(selector), SELECTOR_LIMIT);
	assert_string_equal(selector->limit, "time budget");
	assert_forgotten(selector);
	budget_begin(1000);
	selector_begin(selector, &page);
	assert_null(selector->limit);
	assert_int_equal(selector_next(selector), SELECTOR_FOUND);
	selector_free(selector);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_and_fields_are_of_any_language),
		cmocka_unit_test(named_groups_of_the_url_are_fields_beside_any_language),
		cmocka_unit_test(a_field_begins_where_its_record_is),
		cmocka_unit_test(what_stands_for_nothing_is_missing),
		cmocka_unit_test(json_is_of_no_type_but_json),
		cmocka_unit_test(a_limit_ends_the_rows_and_those_before_it_stay),
		cmocka_unit_test(a_broken_page_is_told_with_its_place),
		cmocka_unit_test(a_field_that_cannot_be_read_is_a_bad_value),
		cmocka_unit_test(mistakes_are_told_with_their_place),
		cmocka_unit_test(every_language_of_a_config_is_tried_here),
		cmocka_unit_test(a_selector_begins_anew_for_every_span),
		cmocka_unit_test(groups_of_a_regular_expression_have_numbers_and_names),
		cmocka_unit_test(a_spent_budget_is_a_limit_and_not_none),
	};

	return RUN_TESTS(tests);
}
