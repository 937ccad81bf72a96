#include "tests/support/test.h"

#include "crawler/frontier/sent_set.h"

#define GENERATION (SENT_SET_SLOTS_MAX / 8 * 7) /* so many URLs fill one */
#define STEP       997                          /* of many, each so and so far is looked at */

/* Any bytes do for a URL; these are made quickly. */
static struct slice url_of(const uint32_t *number)
{
	return (struct slice){ (const char *)number, sizeof(*number) };
}

static void add(struct sent_set *set, uint32_t from, uint32_t end)
{
	for (uint32_t i = from; i < end; i++)
		sent_set_add(set, url_of(&i));
}

static bool has_all(const struct sent_set *set, uint32_t from, uint32_t end, uint32_t step)
{
	for (uint32_t i = from; i < end; i += step) {
		if (!sent_set_has(set, url_of(&i)))
			return false;
	}
	return true;
}

static bool has_any(const struct sent_set *set, uint32_t from, uint32_t end, uint32_t step)
{
	for (uint32_t i = from; i < end; i += step) {
		if (sent_set_has(set, url_of(&i)))
			return true;
	}
	return false;
}

/* Whatever it takes for sent, though it was not, nobody would ever ask for. */
static void what_was_sent_is_known_and_nothing_else(void **state)
{
	struct sent_set *set = sent_set_new(1);

	(void)state;
	assert_false(sent_set_has(set, SLICE("http://a.example/")));
	sent_set_add(set, SLICE("http://a.example/"));
	assert_true(sent_set_has(set, SLICE("http://a.example/")));
	assert_false(sent_set_has(set, SLICE("http://a.example")));
	add(set, 0, 200000);
	assert_true(has_all(set, 0, 200000, 1));
	assert_true(sent_set_has(set, SLICE("http://a.example/")));
	assert_false(has_any(set, 200000, 2000000, 1));
	sent_set_free(set);
	sent_set_free(NULL);
}

static void what_was_sent_two_generations_ago_is_forgotten(void **state)
{
	struct sent_set *set = sent_set_new(2);

	(void)state;
	add(set, 0, 2 * GENERATION);
	assert_true(has_all(set, 0, 2 * GENERATION, STEP));
	add(set, 2 * GENERATION, 2 * GENERATION + 1);
	assert_false(has_any(set, 0, GENERATION, STEP));
	assert_true(has_all(set, GENERATION, 2 * GENERATION, STEP));
	assert_true(has_all(set, 2 * GENERATION, 2 * GENERATION + 1, 1));
	sent_set_free(set);
}

/* Else a page whose links are the same as those of another would push out what is in use. */
static void what_is_sent_again_takes_no_room(void **state)
{
	struct sent_set *set = sent_set_new(3);

	(void)state;
	add(set, 0, GENERATION - 1);
	for (unsigned round = 0; round < 20; round++)
		add(set, 0, GENERATION / 8);
	add(set, GENERATION - 1, 2 * GENERATION);
	assert_true(has_all(set, 0, 2 * GENERATION, STEP));
	sent_set_free(set);
}

static void a_set_that_was_cleared_begins_anew(void **state)
{
	struct sent_set *set = sent_set_new(4);

	(void)state;
	sent_set_clear(set);
	add(set, 0, 5000);
	sent_set_clear(set);
	assert_false(has_any(set, 0, 5000, 1));
	add(set, 5000, 10000);
	assert_true(has_all(set, 5000, 10000, 1));
	assert_false(has_any(set, 0, 5000, 1));
	sent_set_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sent_is_known_and_nothing_else),
		cmocka_unit_test(what_was_sent_two_generations_ago_is_forgotten),
		cmocka_unit_test(what_is_sent_again_takes_no_room),
		cmocka_unit_test(a_set_that_was_cleared_begins_anew),
	};

	return RUN_TESTS(tests);
}
