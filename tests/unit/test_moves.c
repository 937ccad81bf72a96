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

/* "A>B": A moved to B; "a>B": by hearsay.  Returns whether it would close a ring. */
static bool closes(const char *step)
{
	char name = step[0] >= 'a' ? (char)(step[0] - 'a' + 'A') : step[0];

	return moves_closes_ring(moves, (struct slice){ &name, 1 }, (struct slice){ step + 2, 1 });
}

static void moves_to(const char *step)
{
	char name = step[0] >= 'a' ? (char)(step[0] - 'a' + 'A') : step[0];
	struct move move = { .key = { 0, (uint32_t)name }, .is_hearsay = name != step[0] };

	moves_add(moves, (struct slice){ &name, 1 }, (struct slice){ step + 2, 1 }, &move);
}

static void on_move(void *context, const struct move *move)
{
	char *letters = context;

	letters[strlen(letters)] = (char)move->key.number;
}

/* Who moved there, in any order: sorted. */
static const char *lost_with(const char *name)
{
	static char found[32];

	memset(found, 0, sizeof(found));
	moves_lose(moves, (struct slice){ name, 1 }, on_move, found);
	for (size_t i = 0; found[i]; i++) {
		for (size_t j = i + 1; found[j]; j++) {
			char other = found[j];

			if (other < found[i]) {
				found[j] = found[i];
				found[i] = other;
			}
		}
	}
	return found;
}

static void one_that_would_close_a_ring_is_found_and_so_is_who_falls_with_it(void **state)
{
	static const struct {
		const char *steps; /* of which only the last may close a ring */
		bool is_ring;
		const char *lost; /* with the first of the last step */
	} rows[] = {
		{ "A>B", false, "" },
		{ "A>B B>C C>D", false, "AB" },
		{ "C>D B>C A>B", false, "" },
		{ "A>C B>C C>D", false, "AB" },
		{ "A>B B>A", true, "A" },
		{ "A>B B>C C>A", true, "AB" },
		{ "C>A B>C A>B", true, "BC" },
		{ "A>B C>D B>C D>A", true, "ABC" },
		{ "A>B C>D B>C E>A D>B", true, "ABCE" },
		{ "A>B X>B B>C Y>C C>D Z>D D>B", true, "ABCXYZ" },
		{ "A>B B>C C>D D>E E>F F>G G>H H>A", true, "ABCDEFG" },
		{ "G>H F>G E>F D>E C>D B>C A>B H>A", true, "ABCDEFG" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *step = rows[i].steps;

		for (; step[3]; step += 4) {
			if (closes(step))
				fail_msg("%s: a ring too early", rows[i].steps);
			moves_to(step);
		}
		if (closes(step) != rows[i].is_ring)
			fail_msg("%s: is there a ring?", rows[i].steps);
		if (!rows[i].is_ring)
			moves_to(step);
		if (strcmp(lost_with(step), rows[i].lost) != 0)
			fail_msg("%s: %s", rows[i].steps, lost_with(step));
		end(state);
		begin(state);
	}
}

/* Small letters moved by hearsay: whoever of them is on the ring may have moved back. */
static void a_ring_is_opened_where_it_rests_on_hearsay(void **state)
{
	static const struct {
		const char *steps, *opened; /* one after the other, in the order of the ring */
		const char *after;          /* steps that then close none but the last */
		bool is_ring;
	} rows[] = {
		{ "a>B B>A", "A", "X>B A>C", false },     { "a>B B>A", "A", "A>B", true },
		{ "a>C b>C C>A", "A", "B>A A>D", false }, { "A>B b>C C>D D>A", "B", "B>A", true },
		{ "a>B b>C c>D D>A", "A", "A>B", true },  { "x>B a>B y>A B>A", "A", "A>X", true },
		{ "A>B B>C C>A", "", "X>A", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *step = rows[i].steps, *name = rows[i].opened;
		struct move opened;

		for (; step[3]; step += 4)
			moves_to(step);
		assert_true(closes(step));
		for (; *name && closes(step); name++) {
			assert_true(moves_open_ring(moves, (struct slice){ step, 1 },
						    (struct slice){ step + 2, 1 }, &opened));
			if (opened.key.number != (unsigned char)*name)
				fail_msg("%s: %c", rows[i].steps, (int)opened.key.number);
		}
		if (!*rows[i].opened) {
			assert_false(moves_open_ring(moves, (struct slice){ step, 1 },
						     (struct slice){ step + 2, 1 }, &opened));
		} else {
			moves_to(step);
			for (step = rows[i].after; step[3]; step += 4) {
				if (closes(step))
					fail_msg("%s: %s", rows[i].steps, step);
				moves_to(step);
			}
			if (closes(step) != rows[i].is_ring)
				fail_msg("%s, %s: a ring?", rows[i].steps, rows[i].after);
		}
		end(state);
		begin(state);
	}
}

/* Whoever joins at the far end of a long way asks for its root again: that must not cost the way.
 */
static void a_long_way_costs_no_more_a_step_than_a_short_one(void **state)
{
	enum { STEPS = 200000 };
	char from[16], to[16];

	(void)state;
	for (int i = 1; i <= STEPS; i++) {
		struct move move = { .key = { 0, (uint32_t)i }, .depth = 1 };

		snprintf(from, sizeof(from), "%d", i);
		snprintf(to, sizeof(to), "%d", i + 1);
		assert_false(moves_closes_ring(moves, slice_of(from), slice_of(to)));
		moves_add(moves, slice_of(from), slice_of(to), &move);
		snprintf(from, sizeof(from), "x%d", i);
		assert_false(moves_closes_ring(moves, slice_of(from), SLICE("1")));
		moves_add(moves, slice_of(from), SLICE("1"), &move);
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
		    moves_stands(moves, SLICE("Z"), known.url) != rows[i].is_well)
			fail_msg("row %zu", i);
	}
}

static void who_is_lost_is_wanted_no_more_and_nobody_who_moved_there(void **state)
{
	(void)state;
	for (const char *name = "ABCD"; *name; name++)
		seen_add(seen, (struct slice){ name, 1 });
	moves_to("A>B");
	moves_to("B>C");
	assert_true(moves_is_wanted(moves, SLICE("A")));
	assert_string_equal(lost_with("C"), "AB");
	assert_string_equal(lost_with("C"), ""); /* once */
	for (const char *name = "ABC"; *name; name++)
		assert_false(moves_is_wanted(moves, (struct slice){ name, 1 }));
	assert_true(moves_is_wanted(moves, SLICE("D")));
}

static void a_url_has_the_least_depth_of_those_that_moved_to_it(void **state)
{
	struct move move = { .depth = 2 };

	(void)state;
	assert_int_equal(moves_depth(moves, SLICE("X"), 7), 7);
	moves_add(moves, SLICE("A"), SLICE("X"), &move);
	move.depth = 1;
	moves_add(moves, SLICE("B"), SLICE("X"), &move);
	move.depth = 3;
	moves_add(moves, SLICE("C"), SLICE("X"), &move);
	assert_int_equal(moves_depth(moves, SLICE("X"), 7), 1);
	assert_int_equal(moves_depth(moves, SLICE("X"), 0), 0);
	assert_int_equal(moves_depth(moves, SLICE("A"), 5), 5);
	/* Also by way of others, whichever moved first. */
	moves_add(moves, SLICE("X"), SLICE("Y"), &move);
	assert_int_equal(moves_depth(moves, SLICE("Y"), 7), 3);
	move.depth = 0;
	moves_add(moves, SLICE("D"), SLICE("A"), &move);
	assert_int_equal(moves_depth(moves, SLICE("A"), 5), 0);
	assert_int_equal(moves_depth(moves, SLICE("X"), 7), 0);
	assert_int_equal(moves_depth(moves, SLICE("Y"), 7), 0);
}

/* Any of many that moved to one by hearsay is taken back, and the others stay. */
static void one_of_many_siblings_is_taken_back_alone(void **state)
{
	static const char *const others[] = { "BCDX", "ACDX", "ABDX", "ABCX" };
	struct move opened;

	for (size_t i = 0; i < 4; i++) {
		char name = (char)('A' + i), ring[] = { 'X', '>', name, '\0' };

		for (const char *step = "a>X b>X c>X d>X "; *step; step += 4)
			moves_to(step);
		assert_true(closes(ring));
		assert_true(
			moves_open_ring(moves, SLICE("X"), (struct slice){ &name, 1 }, &opened));
		assert_int_equal(opened.key.number, (unsigned char)name);
		moves_to(ring);
		assert_string_equal(lost_with(&name), others[i]);
		end(state);
		begin(state);
	}
}

static void open_lost(void *context, const struct move *move)
{
	on_move(context, move);
	moves_open(moves, move->url);
}

static void open_led(void *context, struct slice url)
{
	char *letters = context;

	letters[strlen(letters)] = *url.at;
	moves_open(moves, url);
}

/* Who moved to what is lost is asked for again, where others crawl, too: each is told of once. */
static void who_is_told_of_may_be_opened_meanwhile(void **state)
{
	static const struct {
		const char *steps, *top;
		size_t found;
	} rows[] = {
		{ "A>B ", "B", 1 },
		{ "A>C B>C ", "C", 2 },
		{ "A>B B>C ", "C", 2 },
		{ "A>B B>C D>C E>B F>A ", "C", 5 },
		{ "E>A F>A G>E A>D B>D C>D ", "D", 6 },
		{ "A>B ", "A", 0 },
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		const struct slice top = slice_of(rows[i / 2].top);
		char found[32] = "";

		moves_expect_others(moves);
		for (const char *step = rows[i / 2].steps; *step; step += 4)
			moves_to(step);
		if (i % 2)
			moves_lose(moves, top, open_lost, found);
		else
			moves_each_led(moves, top, open_led, found);
		if (strlen(found) != rows[i / 2].found)
			fail_msg("%s: %s", rows[i / 2].steps, found);
		end(state);
		begin(state);
	}
}

/* What it led to here is another machine's by then: the way leads on there. */
static void who_leaves_has_not_moved_where_it_led_before(void **state)
{
	struct move move = { .key = { 0, 'A' } };
	struct moves_way way;

	(void)state;
	moves_expect_others(moves);
	moves_to("A>B");
	moves_leave(moves, SLICE("A"), SLICE("B"), &move);
	moves_walk(moves, SLICE("A"), SLICE("C"), &way);
	assert_true(slice_equal(way.to, SLICE("B")));
	assert_string_equal(lost_with("B"), "");
}

/* One that was opened leads elsewhere, round to where others still seem to end. */
static void a_way_that_was_opened_leads_round(void **state)
{
	(void)state;
	moves_expect_others(moves);
	moves_to("A>B");
	moves_to("C>A");
	moves_open(moves, SLICE("A"));
	assert_false(closes("B>C"));
	moves_to("B>C");
	moves_to("X>B");
	moves_to("Y>C");
	assert_true(closes("A>B"));
}

/* Not who fell with its target, nor who has nothing. */
static void who_moved_and_has_content_is_told_at_the_end(void **state)
{
	struct move move = { .has_content = true };
	char found[32] = "";

	(void)state;
	for (const char *name = "ABC"; *name; name++) {
		move.key.number = (unsigned char)*name;
		moves_add(moves, (struct slice){ name, 1 }, *name == 'C' ? SLICE("Y") : SLICE("X"),
			  &move);
	}
	moves_to("D>X");
	assert_string_equal(lost_with("Y"), "C");
	moves_each_content(moves, on_move, found);
	assert_string_equal(found, "AB");
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

/* A run that goes on knows what moved in the one before it, by hearsay. */
static void what_moved_before_is_known_again(void **state)
{
	struct store_known_url known = {
		.url = SLICE("A"), .key = { 0, 'A' }, .state = STORE_DONE, .moved_to = SLICE("B")
	};
	struct move opened;

	(void)state;
	for (int gained = 0; gained < 2; gained++)
		moves_gain(moves, &known, 3);
	assert_true(closes("B>A"));
	assert_true(moves_open_ring(moves, SLICE("B"), SLICE("A"), &opened));
	assert_int_equal(opened.key.number, 'A');
	assert_int_equal(opened.host, 3);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_would_close_a_ring_is_found_and_so_is_who_falls_with_it),
		TEST(a_ring_is_opened_where_it_rests_on_hearsay),
		TEST(a_long_way_costs_no_more_a_step_than_a_short_one),
		TEST(who_is_wanted_is_of_the_crawl_and_did_not_fail),
		TEST(who_is_lost_is_wanted_no_more_and_nobody_who_moved_there),
		TEST(a_url_has_the_least_depth_of_those_that_moved_to_it),
		TEST(one_of_many_siblings_is_taken_back_alone),
		TEST(who_is_told_of_may_be_opened_meanwhile),
		TEST(who_leaves_has_not_moved_where_it_led_before),
		TEST(a_way_that_was_opened_leads_round),
		TEST(who_moved_and_has_content_is_told_at_the_end),
		TEST(beyond_max_pages_only_what_was_begun_is_wanted),
		TEST(what_moved_before_is_known_again),
	};

	return RUN_TESTS(tests);
}
