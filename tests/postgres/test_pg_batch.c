#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "store/postgres/batch.h"

/* Batches as they are put, ordered, dropped from and cut: no server is needed. */

enum { FIRST, SECOND, BARRIER, LAST, GROUND };

static const struct postgres_kind kinds[] = {
	[FIRST] = { "first", "i", false },
	[SECOND] = { "second", "t", false },
	[BARRIER] = { "barrier", "i", true },
	[LAST] = { "last", "i", false },
	[GROUND] = { "ground", "i", POSTGRES_GROUND },
};

static struct store_value number(int64_t integer)
{
	return (struct store_value){ .kind = STORE_INTEGER, .integer = integer };
}

static void put(struct postgres_batch *batch, unsigned kind, uint64_t page)
{
	struct store_value value = number((int64_t)page);

	if (kind == SECOND)
		value = (struct store_value){ .kind = STORE_TEXT, .text = { "text", 4 } };
	assert_false(postgres_batch_put(batch, kinds, kind, page, &value));
}

/* "first*2 last": statements in the order of their sending, with how many rows each has. */
static const char *sent(struct postgres_batch *batch)
{
	static char text[400];
	struct postgres_place at = { 0 };
	struct postgres_statement statement;
	size_t used = 0;

	text[0] = '\0';
	while (postgres_batch_next(batch, kinds, &at, &statement)) {
		unsigned rows = (unsigned char)statement.values[0][15];

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s*%u",
					 used ? " " : "", kinds[statement.kind].sql, rows);
	}
	return text;
}

static const struct {
	const char *name;
	const char *rows; /* a letter a row: f s b l g, its page a digit behind it */
	const char *sent;
} orders[] = {
	{ "nothing", "", "" },
	{ "kinds go out by their numbers", "l1f1s1f2", "first*2 second*1 last*1" },
	{ "a barrier is done behind what was put before it", "f1l1b1f2",
	  "first*1 last*1 barrier*1 first*1" },
	{ "barriers of one kind are one statement", "b1b2b3", "barrier*3" },
	{ "what comes behind a barrier is no part of what came before", "l1b1l2b2l3",
	  "last*1 barrier*1 last*1 barrier*1 last*1" },
};

static unsigned kind_of(char letter)
{
	static const char letters[] = "fsblg";

	return (unsigned)(strchr(letters, letter) - letters);
}

static struct postgres_batch *make(const char *rows)
{
	struct postgres_batch *batch = postgres_batch_new();

	for (; *rows; rows += 2)
		put(batch, kind_of(rows[0]), (uint64_t)(rows[1] - '0'));
	return batch;
}

static void statements_go_out_in_one_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct postgres_batch *batch = make(orders[i].rows);

		if (strcmp(sent(batch), orders[i].sent) != 0)
			fail_msg("%s: %s", orders[i].name, sent(batch));
		assert_string_equal(sent(batch), orders[i].sent); /* also when sent again */
		postgres_batch_free(batch);
	}
}

static const struct {
	const char *name, *rows, *first, *second; /* second NULL: it cannot be cut */
} cuts[] = {
	{ "half of the pages", "f1f2f3f4", "first*2", "first*2" },
	{ "a page is never torn", "f1s1l1f2s2l2", "first*1 second*1 last*1",
	  "first*1 second*1 last*1" },
	{ "what is of no page comes last", "f0f1f2", "first*1", "first*2" },
	{ "what others stand on comes first, whatever page put it", "f1g2f2g1", "first*1 ground*2",
	  "first*1" },
	{ "it stays alone before the last page", "g1f1l0", "ground*1", "first*1 last*1" },
	{ "it stays alone behind the last page", "f0l1", "last*1", "first*1" },
	{ "without pages by rows", "f0f0f0l0", "first*2", "first*1 last*1" },
	{ "and these as they are sent", "l0f0l0f0", "first*2", "last*2" },
	{ "segments stay in their order", "l1b1l1l2b2l2", "last*1 barrier*1 last*1",
	  "last*1 barrier*1 last*1" },
	{ "one page", "f1l1", "first*1 last*1", NULL },
	{ "one row", "f0", "first*1", NULL },
	{ "nothing", "", "", NULL },
};

static void a_batch_is_cut_between_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct postgres_batch *batch = make(cuts[i].rows);
		struct postgres_batch *second = postgres_batch_cut(batch);

		if (strcmp(sent(batch), cuts[i].first) != 0)
			fail_msg("%s: first %s", cuts[i].name, sent(batch));
		if (!second != !cuts[i].second)
			fail_msg("%s: %s", cuts[i].name, second ? "was cut" : "was not cut");
		if (second && strcmp(sent(second), cuts[i].second) != 0)
			fail_msg("%s: second %s", cuts[i].name, sent(second));
		postgres_batch_free(second);
		postgres_batch_free(batch);
	}
}

/* Cut until nothing can be: every row is in one of the parts, once. */
static size_t count_parts(struct postgres_batch *batch, size_t *rows)
{
	struct postgres_batch *second = postgres_batch_cut(batch);
	size_t parts = 1;

	if (second) {
		parts = count_parts(batch, rows) + count_parts(second, rows);
		postgres_batch_free(second);
		return parts;
	}
	*rows += postgres_batch_rows(batch);
	return parts;
}

static void cutting_comes_to_single_pages(void **state)
{
	struct postgres_batch *batch = postgres_batch_new();
	size_t rows = 0;

	(void)state;
	for (uint64_t page = 1; page <= 100; page++) {
		for (unsigned kind = FIRST; kind <= LAST; kind++)
			put(batch, kind, page);
	}
	assert_int_equal(count_parts(batch, &rows), 100);
	assert_int_equal(rows, 400);
	postgres_batch_free(batch);
}

static void what_was_put_since_a_mark_is_taken_back(void **state)
{
	struct postgres_batch *batch = make("f1s1f2");
	size_t mark = postgres_batch_mark(batch);

	(void)state;
	put(batch, FIRST, 2);
	put(batch, FIRST, 3);
	put(batch, LAST, 2);
	postgres_batch_drop(batch, FIRST, 2, mark);
	assert_string_equal(sent(batch), "first*3 second*1 last*1");
	assert_int_equal(postgres_batch_rows(batch), 5);
	postgres_batch_free(batch);
}

static const struct {
	const char *name;
	struct slice in, out;
} texts[] = {
	{ "as it is", { "caf\xc3\xa9", 5 }, { "caf\xc3\xa9", 5 } },
	{ "empty", { "", 0 }, { "", 0 } },
	{ "a NUL",
	  { "a\0b", 3 },
	  { "a\xef\xbf\xbd"
	    "b",
	    5 } },
	{ "a lone surrogate",
	  { "\xed\xa0\x80", 3 },
	  { "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9 } },
	{ "torn at its end", { "a\xc3", 2 }, { "a\xef\xbf\xbd", 4 } },
	{ "Latin-1", { "\xe9t\xe9", 3 }, { "\xef\xbf\xbdt\xef\xbf\xbd", 7 } },
};

static void a_text_that_the_server_would_refuse_is_mended(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct postgres_batch *batch = postgres_batch_new();
		const struct store_value value = { .kind = STORE_TEXT, .text = texts[i].in };
		bool is_changed = postgres_batch_put(batch, kinds, SECOND, 1, &value);
		size_t row = 0;
		unsigned kind;
		uint64_t page;
		const struct store_value *kept = postgres_batch_row(batch, &row, &kind, &page);

		if (is_changed != !slice_equal(texts[i].in, texts[i].out) ||
		    !slice_equal(kept->text, texts[i].out))
			fail_msg("%s", texts[i].name);
		postgres_batch_free(batch);
	}
}

static void a_batch_knows_the_page_that_it_is_of(void **state)
{
	static const struct {
		const char *rows;
		uint64_t page;
	} of[] = { { "f1l1", 1 }, { "f1f2", 0 }, { "f0f1", 0 }, { "", 0 }, { "l7", 7 } };

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct postgres_batch *batch = make(of[i].rows);

		assert_int_equal(postgres_batch_page(batch), of[i].page);
		postgres_batch_free(batch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_go_out_in_one_order),
		cmocka_unit_test(a_batch_is_cut_between_pages),
		cmocka_unit_test(cutting_comes_to_single_pages),
		cmocka_unit_test(what_was_put_since_a_mark_is_taken_back),
		cmocka_unit_test(a_text_that_the_server_would_refuse_is_mended),
		cmocka_unit_test(a_batch_knows_the_page_that_it_is_of),
	};

	return RUN_TESTS(tests);
}
