#include "tests/support/test.h"

#include <stdlib.h>

#include "parsers/site/robots_tag.h"

static void a_value_forbids_whom_it_names(void **state)
{
	static const struct {
		const char *value;
		bool is_nofollow; /* for "mybot" */
	} rows[] = {
		{ "nofollow", true },
		{ "NoFollow", true },
		{ "none", true },
		{ "noindex, nofollow", true },
		{ "noindex,nofollow", true },
		{ "noindex nofollow", true },
		{ "\tnofollow ,", true },
		{ "mybot: nofollow", true },
		{ "MYBOT:none", true },
		{ "mybot/1.0: nofollow", true },
		{ "*: nofollow", true },
		{ "mybot: noindex, nofollow", true },
		{ "otherbot: noindex, mybot: nofollow", true },
		{ "nofollow, otherbot: noindex", true },
		{ "unavailable_after: 25 Jun 2030 15:00:00 PST, nofollow", true },
		{ "unavailable_after: Tuesday, 25-Jun-30 15:00:00 PST, nofollow", true },
		{ "max-snippet: 10, nofollow", true },
		{ "max-image-preview:large, noarchive, none", true },
		{ "::, nofollow", true },
		/* of others, or of something else */
		{ "", false },
		{ ",", false },
		{ ":", false },
		{ "noindex", false },
		{ "all", false },
		{ "follow", false },
		{ "nofollows", false },
		{ "x-nofollow", false },
		{ "no follow", false },
		{ "nosnippet, notranslate, whatever", false },
		{ "otherbot: nofollow", false },
		{ "otherbot: noindex, nofollow", false },
		{ "mybot-news: nofollow", false },
		{ "bot: nofollow", false },
		{ "mybot: noindex, otherbot: nofollow", false },
		{ "unavailable_after: nofollow", false },
		{ "max-snippet: none", false },
		{ "whatever: 7, nofollow", false }, /* a name, for all we know */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (robots_tag_is_nofollow(slice_of(rows[i].value), SLICE("mybot")) !=
		    rows[i].is_nofollow)
			fail_msg("%s", rows[i].value);
	}
}

static void a_crawler_without_a_product_token_obeys_what_is_for_all(void **state)
{
	(void)state;
	assert_true(robots_tag_is_nofollow(SLICE("nofollow"), SLICE("")));
	assert_true(robots_tag_is_nofollow(SLICE("*: nofollow"), SLICE("")));
	assert_false(robots_tag_is_nofollow(SLICE("mybot: nofollow"), SLICE("")));
	assert_false(robots_tag_is_nofollow(SLICE("1: nofollow"), SLICE("")));
}

/* Each a block of its own, so that a read beyond it is seen under ASan. */
static void a_value_of_any_bytes_and_length_comes_to_an_end(void **state)
{
	static const char bytes[] = { ',', ':', ' ', '\0', 'n', (char)0xff };

	(void)state;
	for (size_t size = 0; size <= 100000; size = size * 10 + 1) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			char *value = malloc(size);

			memset(value, bytes[i], size);
			assert_false(robots_tag_is_nofollow((struct slice){ value, size },
							    SLICE("mybot")));
			free(value);
		}
	}
	assert_false(robots_tag_is_nofollow((struct slice){ NULL, 0 }, SLICE("mybot")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_forbids_whom_it_names),
		cmocka_unit_test(a_crawler_without_a_product_token_obeys_what_is_for_all),
		cmocka_unit_test(a_value_of_any_bytes_and_length_comes_to_an_end),
	};

	return RUN_TESTS(tests);
}
