#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/serve/patterns.h"
#include "crawler/serve/tried.h"
#include "crawler/serve/try_page.h"
#include "tests/support/markup_check.h"

/*
 * What server and child say to each other of patterns that are tried, and what is shown of it.  The
 * child runs what strangers typed: whatever it says, the server reads no byte that is not there,
 * and shows text.
 */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define MUTANTS         20000

static struct slice names[] = { SLICE("title"), SLICE("<b>") };
static struct slice cells[] = { SLICE("One"), { NULL, 0 }, SLICE("\"><script>"), SLICE("") };
static struct tried_match places[] = { { 4, 3, 0 }, { 0, 2, 1 }, { 5, 1, 1 }, { 7, 0, 0 } };
static struct tried_pattern patterns[] = {
	{ .name = SLICE("films"),
	  .limit = SLICE("match limit"),
	  .rows = 2,
	  .dropped = 1,
	  .bad = 3,
	  .elapsed_ns = 1500000,
	  .columns = 2,
	  .column_count = 2,
	  .row_count = 2,
	  .names = names,
	  .cells = cells },
	{ .name = SLICE("</mark>"), .limit = { "", 0 }, .is_child = true },
};
static const struct tried sample = {
	.state = TRIED_DONE,
	.complaints = SLICE("pattern:1:1: warning: </pre>\n"),
	.why = SLICE("matches nothing"),
	.matches = 1200,
	.match = places,
	.match_count = COUNT_OF(places),
	.pattern = patterns,
	.pattern_count = COUNT_OF(patterns),
};

static const struct slice page = SLICE("<p>&amp;</p>");

/* ---- there and back ---- */

static void assert_text(struct slice text, struct slice wanted)
{
	assert_int_equal(text.at == NULL, wanted.at == NULL);
	assert_true(slice_equal(text, wanted));
}

static void what_was_tried_comes_back(void **state)
{
	size_t size;
	char *message = tried_encode(&sample, &size);
	struct tried tried;

	(void)state;
	assert_int_equal(tried_decode(&tried, (struct slice){ message, size }), 0);
	assert_int_equal(tried.state, TRIED_DONE);
	assert_text(tried.complaints, sample.complaints);
	assert_text(tried.why, sample.why);
	assert_int_equal(tried.matches, 1200);
	assert_int_equal(tried.match_count, COUNT_OF(places));
	assert_memory_equal(tried.match, places, sizeof(places));
	assert_int_equal(tried.pattern_count, 2);
	assert_text(tried.pattern[0].limit, patterns[0].limit);
	assert_int_equal(tried.pattern[0].elapsed_ns, 1500000);
	for (size_t i = 0; i < COUNT_OF(cells); i++)
		assert_text(tried.pattern[0].cells[i], cells[i]);
	assert_true(tried.pattern[1].is_child);
	tried_free(&tried);
	free(message);
}

static void a_wish_and_a_part_come_back(void **state)
{
	const struct tried_wish wish = {
		.key = 7,
		.is_one = true,
		.budget_ms = 100,
		.url = SLICE("http://example.org/"),
		.text = SLICE("patterns:\n"),
	};
	const struct tried_part part = { .key = 7, .size = 10, .offset = 4, .bytes = SLICE("abc") };
	struct tried_wish read_wish = { 0 };
	struct tried_part read_part = { 0 };
	size_t size;
	char *message = tried_wish_encode(&wish, 3, &size);

	(void)state;
	assert_int_equal(message[0], 3);
	assert_int_equal(tried_wish_decode(&read_wish, (struct slice){ message + 1, size - 1 }), 0);
	assert_true(read_wish.is_one);
	assert_text(read_wish.url, wish.url);
	assert_text(read_wish.set, wish.set);
	assert_text(read_wish.text, wish.text);
	for (size_t cut = 0; cut < size - 1; cut++)
		assert_int_equal(tried_wish_decode(&read_wish, (struct slice){ message + 1, cut }),
				 -1);
	free(message);
	message = tried_part_encode(&part, 2, &size);
	assert_int_equal(tried_part_decode(&read_part, (struct slice){ message + 1, size - 1 }), 0);
	assert_int_equal(read_part.offset, 4);
	assert_text(read_part.bytes, part.bytes);
	free(message);
}

static void parts_that_do_not_fit_are_refused(void **state)
{
	static const struct {
		const char *what;
		uint32_t size, offset;
		struct slice bytes;
	} rows[] = {
		{ "behind the end", 10, 8, SLICE("abc") },
		{ "an offset behind it", 10, 11, SLICE("") },
		{ "a page that is too large", TRIED_PAGE_MAX + 1, 0, SLICE("abc") },
		{ "the largest numbers", UINT32_MAX, UINT32_MAX, SLICE("abc") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct tried_part part = { 1, rows[i].size, rows[i].offset, rows[i].bytes };
		struct tried_part read;
		size_t size;
		char *message = tried_part_encode(&part, 2, &size);

		if (tried_part_decode(&read, (struct slice){ message + 1, size - 1 }) == 0)
			fail_msg("%s: taken", rows[i].what);
		free(message);
	}
}

static void every_truncated_answer_is_refused(void **state)
{
	size_t size;
	char *message = tried_encode(&sample, &size);
	struct tried tried = { .matches = 99 };

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		char *part = malloc(cut + 1); /* so that a byte too many is seen */

		memcpy(part, message, cut);
		assert_int_equal(tried_decode(&tried, (struct slice){ part, cut }), -1);
		assert_int_equal(tried.matches, 99);
		free(part);
	}
	message = realloc(message, size + 1);
	message[size] = 0;
	assert_int_equal(tried_decode(&tried, (struct slice){ message, size + 1 }), -1);
	free(message);
}

/* Counts and sizes, wherever they stand, as large as they can be. */
static void numbers_that_lie_are_refused_or_shown(void **state)
{
	static const uint32_t lies[] = { 0,         1,     51,        101,
					 1001,      65537, INT32_MAX, UINT32_MAX - 1,
					 UINT32_MAX };
	size_t size;
	char *message = tried_encode(&sample, &size);

	(void)state;
	for (size_t at = 0; at + sizeof(lies[0]) <= size; at++) {
		for (size_t i = 0; i < COUNT_OF(lies); i++) {
			char kept[sizeof(lies[0])];
			struct html html = { 0 };
			struct tried tried;

			memcpy(kept, message + at, sizeof(kept));
			memcpy(message + at, &lies[i], sizeof(kept));
			if (tried_decode(&tried, (struct slice){ message, size }) == 0) {
				try_page_result(&html, TRYING_DONE, &tried, page);
				assert_null(markup_check((struct slice){ html.bytes, html.size }));
				tried_free(&tried);
			}
			html_free(&html);
			memcpy(message + at, kept, sizeof(kept));
		}
	}
	free(message);
}

/* ---- what is shown of it ---- */

static uint32_t seed = 1;

static uint32_t next_number(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* Bytes changed at random: what is taken all the same is well-formed HTML without a script. */
static void whatever_the_child_says_text_is_shown(void **state)
{
	size_t size, taken = 0;
	char *message = tried_encode(&sample, &size), *mutant = malloc(size);

	(void)state;
	for (size_t i = 0; i < MUTANTS; i++) {
		struct html html = { 0 };
		struct tried tried;
		const char *wrong;

		memcpy(mutant, message, size);
		for (uint32_t j = next_number() % 6 + 1; j > 0; j--)
			mutant[next_number() % size] = (char)next_number();
		if (tried_decode(&tried, (struct slice){ mutant, size }) < 0)
			continue;
		taken++;
		try_page_result(&html, TRYING_DONE, &tried, page);
		wrong = markup_check((struct slice){ html.bytes, html.size });
		if (wrong)
			fail_msg("mutant %zu: %s", i, wrong);
		html_free(&html);
		tried_free(&tried);
	}
	assert_true(taken > MUTANTS / 20);
	free(mutant);
	free(message);
}

static void the_whole_page_is_well_formed(void **state)
{
	static struct config_text list[] = { { (char *)(uintptr_t) "a\"<b",
					       (char *)(uintptr_t) "" } };
	static const struct config_texts some = { list, 1 }, none = { NULL, 0 };
	static const struct try_form forms[] = {
		{ .pattern = "</textarea><script>",
		  .url = "\" onfocus=\"x",
		  .text = "</textarea>",
		  .patterns = &none },
		{ .pattern = "", .id = 12, .patterns = &some },
		{ .pattern = NULL, .patterns = &some },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct html section = { 0 }, html = { 0 };
		const char *wrong;

		try_page_result(&section, TRYING_DONE, &sample, page);
		try_page_write(&html, &forms[i], &section);
		html_own(&html, SLICE("")); /* the script is the page's own */
		wrong = strstr(html.bytes, "<script src=\"/try.js\" defer></script>");
		assert_non_null(wrong);
		assert_null(strstr(wrong + 10, "<script"));
		assert_null(strstr(html.bytes, "\" onfocus"));
		html_free(&html);
		html_free(&section);
	}
}

/* The text between <pre> and </pre>. */
static void assert_marks(const struct tried *tried, struct slice text, const char *wanted)
{
	struct html html = { 0 };
	char *begin, *end;

	try_page_text(&html, tried, text);
	html_own(&html, (struct slice){ "", 1 });
	begin = strstr(html.bytes, "text\">\n");
	end = strstr(html.bytes, "</pre>");
	assert_non_null(begin);
	assert_non_null(end);
	*end = '\0';
	assert_string_equal(begin + 7, wanted);
	html_free(&html);
}

#define MARK  "<mark title=\"a\">"
#define EMPTY "<mark class=\"empty\" title=\"a\"></mark>"
#define END   "</mark>"

static void matches_are_marked(void **state)
{
	static const struct {
		struct tried_match places[4];
		uint32_t count;
		const char *shown;
	} rows[] = {
		{ { { 0, 0, 0 } }, 0, "0123456789" },
		{ { { 0, 1, 0 } }, 1, MARK "0" END "123456789" },
		{ { { 0, 10, 0 } }, 1, MARK "0123456789" END },
		{ { { 3, 2, 0 }, { 0, 1, 0 } }, 2, MARK "0" END "12" MARK "34" END "56789" },
		/* within another, as long as it, and empty at both ends */
		{ { { 2, 4, 0 }, { 3, 1, 0 } }, 2, "01" MARK "2" MARK "3" END "45" END "6789" },
		{ { { 2, 2, 0 }, { 2, 2, 0 } }, 2, "01" MARK MARK "23" END END "456789" },
		{ { { 0, 0, 0 }, { 10, 0, 0 } }, 2, EMPTY "0123456789" EMPTY },
		/* side by side */
		{ { { 2, 2, 0 }, { 4, 2, 0 } }, 2, "01" MARK "23" END MARK "45" END "6789" },
		/* one that overlaps cannot be shown */
		{ { { 2, 4, 0 }, { 4, 4, 0 } }, 2, "01" MARK "2345" END "6789" },
		/* not of this page */
		{ { { 9, 2, 0 } }, 1, "0123456789" },
		{ { { 11, 0, 0 } }, 1, "0123456789" },
		{ { { UINT32_MAX, UINT32_MAX, 0 }, { 1, UINT32_MAX, 0 } }, 2, "0123456789" },
	};
	struct tried_pattern a = { .name = SLICE("a") };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct tried_match list[4];
		const struct tried tried = { .match = list,
					     .match_count = rows[i].count,
					     .pattern = &a,
					     .pattern_count = 1 };

		memcpy(list, rows[i].places, sizeof(list));
		assert_marks(&tried, SLICE("0123456789"), rows[i].shown);
	}
	assert_marks(NULL, SLICE("<&\xE2\x80\xAE>"), "&lt;&amp;???&gt;");
}

/* Of a page of 1 MB its beginning is shown, or where the first match is. */
static void a_large_page_is_shown_in_part(void **state)
{
	static char text[1000 * 1000];
	static const struct {
		uint32_t offset;
		const char *says;
	} rows[] = {
		{ 5, "bytes 1 to 200000 of 1000000" },
		{ 199999, "bytes 1 to 200000 of 1000000" },
		{ 500000, "bytes 499001 to 699000 of 1000000" },
		{ 999998, "bytes 998999 to 1000000 of 1000000" },
	};
	struct tried_pattern a = { .name = SLICE("a") };

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct tried_match place = { rows[i].offset, 2, 0 };
		const struct tried tried = {
			.match = &place, .match_count = 1, .pattern = &a, .pattern_count = 1
		};
		struct html html = { 0 };

		try_page_text(&html, &tried, (struct slice){ text, sizeof(text) });
		html_own(&html, (struct slice){ "", 1 });
		assert_non_null(strstr(html.bytes, rows[i].says));
		assert_non_null(strstr(html.bytes, MARK));
		assert_true(html.size < TRY_SHOWN_MAX + 1000);
		html_free(&html);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_tried_comes_back),
		cmocka_unit_test(a_wish_and_a_part_come_back),
		cmocka_unit_test(parts_that_do_not_fit_are_refused),
		cmocka_unit_test(every_truncated_answer_is_refused),
		cmocka_unit_test(numbers_that_lie_are_refused_or_shown),
		cmocka_unit_test(whatever_the_child_says_text_is_shown),
		cmocka_unit_test(the_whole_page_is_well_formed),
		cmocka_unit_test(matches_are_marked),
		cmocka_unit_test(a_large_page_is_shown_in_part),
	};

	return RUN_TESTS(tests);
}
