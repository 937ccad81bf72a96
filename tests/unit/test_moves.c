#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/master/moves.h"

/* URLs are letters here; a known one is of the crawl. */
static struct seen *seen;
static struct moves *moves;

static int begin(void **state)
{
	(void)state;
	seen = seen_new(7);
	moves = moves_new(seen, 0, 7);
	return 0;
}

static int end(void **state)
{
	(void)state;
	moves_free(moves);
	seen_free(seen);
	return 0;
}

/* "A>B": A moved to B.  Returns whether it would close a ring; then it did not move. */
static bool moves_to(const char *step)
{
	struct slice from = { step, 1 }, to = { step + 2, 1 };
	struct move move = { .key = { 0, (uint32_t)*step } };

	if (moves_closes_ring(moves, from, to))
		return true;
	moves_add(moves, from, to, &move);
	return false;
}

static void on_move(void *context, const struct move *move)
{
	char *letters = context;

	letters[strlen(letters)] = (char)move->key.number;
}

static void a_ring_is_found_by_the_last_that_closes_it(void **state)
{
	static const struct {
		const char *steps;
		const char *ring; /* in which those before it stand, from where it leads to on */
	} rows[] = {
		{ "A>B", NULL },
		{ "A>B B>C C>D", NULL },
		{ "C>D B>C A>B", NULL },
		{ "A>C B>C C>D", NULL },
		{ "A>B B>A", "A" },
		{ "A>B B>C C>A", "AB" },
		{ "C>A B>C A>B", "BC" },
		{ "A>B C>D B>C D>A", "ABC" },
		{ "A>B C>D B>C E>A D>B", "BC" },
		{ "A>B X>B B>C Y>C C>D Z>D D>B", "BC" },
		{ "A>B B>C C>D D>E E>F F>G G>H H>A", "ABCDEFG" },
		{ "G>H F>G E>F D>E C>D B>C A>B H>A", "ABCDEFG" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *step = rows[i].steps;
		char found[32] = "";
		bool is_ring;

		begin(state);
		while (!(is_ring = moves_to(step)) && step[3])
			step += 4;
		if (is_ring) {
			moves_break_ring(moves, (struct slice){ step + 2, 1 }, on_move, found);
			if (step[3])
				fail_msg("%s: a ring too early", rows[i].steps);
		}
		if (is_ring != (rows[i].ring != NULL) ||
		    (rows[i].ring && strcmp(found, rows[i].ring) != 0))
			fail_msg("%s: %s", rows[i].steps, is_ring ? found : "no ring");
		end(state);
	}
	begin(state);
}

/* Each that moves joins a long way: what is found there must not cost the way again each time. */
static void a_long_way_costs_no_more_a_step_than_a_short_one(void **state)
{
	enum { STEPS = 300000 };
	char from[16], to[16];

	(void)state;
	for (int i = STEPS; i > 0; i--) {
		struct move move = { .key = { 0, (uint32_t)i } };

		snprintf(from, sizeof(from), "%d", i);
		snprintf(to, sizeof(to), "%d", i + 1);
		assert_false(moves_closes_ring(moves, slice_of(from), slice_of(to)));
		moves_add(moves, slice_of(from), slice_of(to), &move);
	}
	snprintf(from, sizeof(from), "%d", STEPS + 1);
	assert_true(moves_closes_ring(moves, slice_of(from), SLICE("1")));
}

static void who_is_wanted_is_of_the_crawl_and_did_not_fail(void **state)
{
	static const struct {
		bool is_known, is_pending;
		enum store_state last;
		bool is_wanted, is_well;
	} rows[] = {
		{ false, true, STORE_PENDING, false, false },
		{ true, true, STORE_PENDING, true, true },
		{ true, true, STORE_DONE, true, true },
		{ true, true, STORE_FAILED, true, false },
		{ true, true, STORE_SKIPPED, true, false },
		{ true, false, STORE_DONE, true, true },
		{ true, false, STORE_FAILED, false, false },
		{ true, false, STORE_SKIPPED, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[] = { (char)('A' + i) };
		struct store_known_url known = {
			.url = { name, 1 },
			.is_pending = rows[i].is_pending,
			.state = rows[i].last,
		};

		if (rows[i].is_known) {
			seen_add(seen, known.url);
			moves_gain(moves, &known, 0);
		}
		if (moves_is_wanted(moves, known.url) != rows[i].is_wanted ||
		    moves_is_well(moves, known.url) != rows[i].is_well)
			fail_msg("row %zu", i);
	}
}

static void who_failed_or_went_round_is_wanted_no_more(void **state)
{
	(void)state;
	for (const char *name = "ABCD"; *name; name++)
		seen_add(seen, (struct slice){ name, 1 });
	moves_note_end(moves, SLICE("A"), STORE_FAILED);
	moves_note_end(moves, SLICE("B"), STORE_DONE);
	assert_false(moves_is_wanted(moves, SLICE("A")));
	assert_true(moves_is_wanted(moves, SLICE("B")));
	assert_false(moves_to("C>D"));
	assert_true(moves_to("D>C"));
	moves_break_ring(moves, SLICE("C"), on_move, (char[32]){ "" });
	assert_false(moves_is_wanted(moves, SLICE("C")));
}

static void beyond_max_pages_only_what_was_begun_is_wanted(void **state)
{
	struct store_known_url done = { .url = SLICE("C"), .state = STORE_DONE };

	(void)state;
	moves_free(moves);
	moves = moves_new(seen, 2, 7);
	for (const char *name = "ABC"; *name; name++)
		seen_add(seen, (struct slice){ name, 1 });
	moves_note_begun(moves, SLICE("A"));
	moves_gain(moves, &done, 0);
	assert_true(moves_is_wanted(moves, SLICE("B")));
	moves_note_begun(moves, SLICE("D"));
	assert_true(moves_is_wanted(moves, SLICE("A")));
	assert_false(moves_is_wanted(moves, SLICE("B")));
	assert_true(moves_is_wanted(moves, SLICE("C")));
}

/* A run that goes on knows what moved in the one before it. */
static void what_moved_before_is_known_again(void **state)
{
	struct store_known_url known = {
		.url = SLICE("A"), .key = { 0, 'A' }, .state = STORE_DONE, .moved_to = SLICE("B")
	};
	char found[32] = "";

	(void)state;
	for (int gained = 0; gained < 2; gained++)
		moves_gain(moves, &known, 3);
	assert_true(moves_to("B>A"));
	moves_break_ring(moves, SLICE("A"), on_move, found);
	assert_string_equal(found, "A");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_ring_is_found_by_the_last_that_closes_it),
		TEST(a_long_way_costs_no_more_a_step_than_a_short_one),
		TEST(who_is_wanted_is_of_the_crawl_and_did_not_fail),
		TEST(who_failed_or_went_round_is_wanted_no_more),
		TEST(beyond_max_pages_only_what_was_begun_is_wanted),
		TEST(what_moved_before_is_known_again),
	};

	return RUN_TESTS(tests);
}
