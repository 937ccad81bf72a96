#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/master/match.h"

/* What a sink was told, a word each. */
struct story {
	char text[256];
	size_t size;
	size_t passed_over; /* the pattern, or SIZE_MAX */
	size_t stops_row, stops_end;
};

static void tell(struct story *story, const char *word, size_t pattern)
{
	story->size +=
		(size_t)snprintf(story->text + story->size, sizeof(story->text) - story->size,
				 "%s%s%zu", story->size ? " " : "", word, pattern);
}

static bool on_begin(void *context, size_t pattern)
{
	struct story *story = context;

	tell(story, "begin", pattern);
	return pattern != story->passed_over;
}

static int on_row(void *context, size_t pattern, const struct pattern_row *row)
{
	struct story *story = context;

	assert_int_equal(row->values[0].kind, VALUE_TEXT);
	tell(story, "row", pattern);
	return pattern == story->stops_row ? -1 : 0;
}

static int on_end(void *context, size_t pattern, const struct pattern_tally *tally, bool is_stopped)
{
	struct story *story = context;

	assert_int_equal(is_stopped, pattern == story->stops_row);
	tell(story, tally->rows ? "end" : "nothing", pattern);
	return pattern == story->stops_end ? -1 : 0;
}

/* 0: every page, letters; 1: pages of b.org, digits; 2: pages of a.org, "x". */
static struct config *three_patterns(void)
{
	static const struct pattern_spec specs[] = {
		{ .name = "letters", .pattern = "[a-w]" },
		{ .name = "digits", .pattern = "\\d", .url = "^http://b\\.org/" },
		{ .name = "x", .pattern = "x", .url = "^http://a\\.org/" },
	};
	static struct config_pattern patterns[3];
	static struct config config = { .patterns = patterns, .pattern_count = 3 };

	for (size_t i = 0; i < 3; i++) {
		struct pattern_error error;

		patterns[i] = (struct config_pattern){ .spec = &specs[i] };
		patterns[i].pattern = pattern_compile(&specs[i], &error);
		assert_non_null(patterns[i].pattern);
	}
	return &config;
}

static void the_sink_is_told_in_order_and_can_stop(void **state)
{
	static const struct {
		const char *url; /* NULL: absent */
		size_t passed_over, stops_row, stops_end;
		int result;
		const char *story;
	} cases[] = {
		{ "http://a.org/", 9, 9, 9, 0, "begin0 row0 row0 end0 begin2 nothing2" },
		{ "http://b.org/", 9, 9, 9, 0, "begin0 row0 row0 end0 begin1 row1 end1" },
		{ NULL, 9, 9, 9, 0, "begin0 row0 row0 end0 begin1 row1 end1 begin2 nothing2" },
		{ "http://b.org/", 0, 9, 9, 0, "begin0 begin1 row1 end1" },
		{ "http://b.org/", 9, 0, 9, -1, "begin0 row0 end0" },
		{ "http://b.org/", 9, 9, 0, -1, "begin0 row0 row0 end0" },
		{ "http://a.org/", 9, 9, 2, -1, "begin0 row0 row0 end0 begin2 nothing2" },
	};
	struct config *config = three_patterns();

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct story story = { .passed_over = cases[n].passed_over,
				       .stops_row = cases[n].stops_row,
				       .stops_end = cases[n].stops_end };
		struct match_sink sink = { &story, on_begin, on_row, on_end };
		struct page_about page = { .text = SLICE("a1b") };

		if (cases[n].url)
			page.url = slice_of(cases[n].url);
		assert_int_equal(match_page(config, &page, &sink), cases[n].result);
		assert_string_equal(story.text, cases[n].story);
	}
	for (size_t i = 0; i < 3; i++)
		pattern_free(config->patterns[i].pattern);
}

/* 0: with children 1, which has a child 2, and 3; 4 is another pattern. */
static struct config *a_family(void)
{
	static const struct pattern_spec grandchild = { .name = "p_a_c", .pattern = "1" };
	static const struct pattern_spec children[] = {
		{ .name = "p_a", .pattern = "[12]+", .children = &grandchild, .child_count = 1 },
		{ .name = "p_b", .pattern = "3" },
	};
	static const struct pattern_spec parent = {
		.name = "p", .pattern = "<.*?>", .children = children, .child_count = 2
	};
	static const struct pattern_spec other = { .name = "q", .pattern = "<" };
	static struct config_pattern patterns[5];
	static struct config config = { .patterns = patterns, .pattern_count = 5 };
	struct pattern_error error;
	struct pattern *root = pattern_compile(&parent, &error);

	patterns[0] = (struct config_pattern){ .pattern = root, .descendant_count = 3 };
	patterns[1] = (struct config_pattern){ .pattern = pattern_child(root, 0),
					       .parent = &patterns[0],
					       .descendant_count = 1 };
	patterns[2] = (struct config_pattern){ .pattern = pattern_child(patterns[1].pattern, 0),
					       .parent = &patterns[1] };
	patterns[3] = (struct config_pattern){ .pattern = pattern_child(root, 1),
					       .parent = &patterns[0] };
	patterns[4] = (struct config_pattern){ .pattern = pattern_compile(&other, &error) };
	return &config;
}

static bool begin_family(void *context, size_t pattern)
{
	struct story *story = context;

	tell(story, "begin", pattern);
	return story->passed_over == SIZE_MAX || pattern == 4;
}

static void a_family_is_told_as_one(void **state)
{
	static const struct {
		size_t passed_over;
		const char *story;
	} cases[] = {
		{ SIZE_MAX, "begin0 begin1 begin2 begin3 row0 row1 row2 row3 row0 row1 "
			    "end0 end1 end2 end3 begin4 row4 row4 end4" },
		{ 0, "begin0 begin1 begin2 begin3 begin4 row4 row4 end4" },
	};
	struct config *config = a_family();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct story story = { .passed_over = cases[i].passed_over,
				       .stops_row = SIZE_MAX,
				       .stops_end = SIZE_MAX };
		struct match_sink sink = { &story, begin_family, on_row, on_end };
		struct page_about page = { .url = SLICE("http://a.org/"),
					   .text = SLICE("<123><2>") };

		assert_int_equal(match_page(config, &page, &sink), 0);
		assert_string_equal(story.text, cases[i].story);
	}
	pattern_free(config->patterns[0].pattern);
	pattern_free(config->patterns[4].pattern);
}

static void a_sink_that_passes_nothing_over_needs_no_begin(void **state)
{
	struct config *config = three_patterns();
	struct story story = { .passed_over = 9, .stops_row = 9, .stops_end = 9 };
	struct match_sink sink = { .context = &story, .row = on_row, .end = on_end };
	struct page_about page = { .url = SLICE("http://a.org/"), .text = SLICE("x") };

	(void)state;
	assert_int_equal(match_page(config, &page, &sink), 0);
	assert_string_equal(story.text, "nothing0 row2 end2");
	for (size_t i = 0; i < 3; i++)
		pattern_free(config->patterns[i].pattern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sink_is_told_in_order_and_can_stop),
		cmocka_unit_test(a_family_is_told_as_one),
		cmocka_unit_test(a_sink_that_passes_nothing_over_needs_no_begin),
	};

	return RUN_TESTS(tests);
}
