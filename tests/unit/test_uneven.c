#include "tests/support/test.h"

#include <string.h>

#include "commands/uneven.h"

static void a_match_that_ends_inside_an_element_is_known(void **state)
{
	static const struct {
		const char *matched, *name; /* NULL: it is even */
		unsigned begins, ends;
	} rows[] = {
		{ "<div>a<div>b</div>", "div", 2, 1 },
		{ "<DIV class=q>a<div>b</div>c<Div></div>", "div", 3, 2 },
		{ "<dt>n</dt><dd>a<dl><dt>m</dt><dd>b</dd>", "dd", 2, 1 },
		{ "<x-a><x-a></x-a>", "x-a", 2, 1 },
		{ "<div>a<div>b</div></div>", NULL, 0, 0 },
		{ "<div>a</div>", NULL, 0, 0 },
		{ "<h2>a</h2>", NULL, 0, 0 },
		{ "a</div>", NULL, 0, 0 },      /* it began before */
		{ "<d><dd>a</d>", NULL, 0, 0 }, /* another name */
		{ "<p><b>a</b><b>b</b></p>", NULL, 0, 0 },
		{ "<div>a<div>b", NULL, 0, 0 }, /* the pattern asks for no end */
		{ "<div><div>a</div >", NULL, 0, 0 },
		{ "</>", NULL, 0, 0 },
		{ "</a>", NULL, 0, 0 },
		{ "<a", NULL, 0, 0 },
		{ ">", NULL, 0, 0 },
		{ "", NULL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* Of its own size, for a sanitizer sees where it ends. */
		size_t size = strlen(rows[i].matched);
		char *matched = memcpy(malloc(size > 0 ? size : 1), rows[i].matched, size);
		struct uneven uneven;
		bool is_uneven = uneven_match((struct slice){ matched, size }, &uneven);

		if (is_uneven != (rows[i].name != NULL))
			fail_msg("%s", rows[i].matched);
		if (is_uneven) {
			assert_true(slice_equal(uneven.name, slice_of(rows[i].name)));
			assert_int_equal(uneven.begins, rows[i].begins);
			assert_int_equal(uneven.ends, rows[i].ends);
		}
		free(matched);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_match_that_ends_inside_an_element_is_known),
	};

	return RUN_TESTS(tests);
}
