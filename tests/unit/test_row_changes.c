#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/commands/row_changes.h"
#include "tests/support/store_help.h"

/* A row as "page rank title", '-' for NULL; rows are parted by commas. */

static const struct pattern_spec spec = { .name = "films", .pattern = "(?<rank>.)(?<title>.)" };

static struct config_pattern pattern_with(size_t key_count)
{
	struct pattern_error problem;

	return (struct config_pattern){ .pattern = pattern_compile(&spec, &problem),
					.spec = &spec,
					.key = film_key,
					.key_count = key_count };
}

static struct store_value value_of(const char *word)
{
	return (struct store_value){ .kind = strcmp(word, "-") == 0 ? STORE_NULL : STORE_TEXT,
				     .text = text(word) };
}

/* Make the table hold these rows and no others. */
static void put_rows(struct store *store, int table, const char *rows)
{
	char copy[256], *row, *rest = copy;
	uint32_t number = 0;

	snprintf(copy, sizeof(copy), "%s", rows);
	for (uint32_t page = 1; page <= 2; page++) {
		assert_int_equal(store_clear_rows(store, key(page), &table, 1), 0);
		assert_int_equal(store_put_parse(store, &(struct store_parse){ 0 }), 0);
	}
	while ((row = strsep(&rest, ",")) && *row) {
		char rank[8], title[8];
		unsigned page;

		assert_int_equal(sscanf(row, "%u %7s %7s", &page, rank, title), 3);
		assert_int_equal(store_clear_rows(store, key(page), NULL, 0), 0);
		assert_int_equal(
			store_row(store, table, number++,
				  (struct store_value[]){ value_of(rank), value_of(title) }),
			0);
		assert_int_equal(store_put_parse(store, &(struct store_parse){ 0 }), 0);
	}
}

static void rows_are_told_apart_by_key_or_by_page(void **state)
{
	static const struct {
		const char *before, *after;
		unsigned plain[3], keyed[3]; /* added, removed, changed */
	} rows[] = {
		{ "", "", { 0, 0, 0 }, { 0, 0, 0 } },
		{ "", "1 a x,1 b y", { 2, 0, 0 }, { 2, 0, 0 } },
		{ "1 a x,1 b y", "", { 0, 2, 0 }, { 0, 2, 0 } },
		{ "1 a x,1 b y", "1 a x,1 b y", { 0, 0, 0 }, { 0, 0, 0 } },
		{ "1 a x,1 b y", "1 b y,1 a x", { 0, 0, 0 }, { 0, 0, 0 } },
		{ "1 a x,1 b y", "1 a x,1 b z", { 0, 0, 1 }, { 0, 0, 1 } },
		{ "1 b y", "1 a x,1 b y", { 1, 0, 0 }, { 1, 0, 0 } },
		{ "1 a x,1 b y", "1 c x,1 b y", { 0, 0, 1 }, { 1, 1, 0 } },
		{ "1 a x", "2 a x", { 1, 1, 0 }, { 0, 0, 1 } },
		{ "1 a x,2 b y", "2 a x,1 b y", { 0, 0, 2 }, { 0, 0, 2 } },
		{ "1 a -", "1 a x", { 0, 0, 1 }, { 0, 0, 1 } },
		{ "1 - x,1 - x", "1 - x", { 0, 1, 0 }, { 0, 1, 0 } },
		{ "1 - x,2 - x", "1 - y,2 - x,2 - z", { 1, 0, 1 }, { 1, 0, 1 } },
	};
	static const struct store_column columns[] = { { "rank", STORE_TEXT },
						       { "title", STORE_TEXT } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 2; i++) {
		bool is_keyed = i % 2;
		const unsigned *wanted = is_keyed ? rows[i / 2].keyed : rows[i / 2].plain;
		struct store_table films_of_text = { .name = "films",
						     .columns = columns,
						     .column_count = 2,
						     .key = film_key,
						     .key_count = is_keyed };
		struct config_pattern pattern = pattern_with(is_keyed);
		struct row_set before = { NULL, 0, 0 }, after = { NULL, 0, 0 };
		struct store *store = store_open(path, true, &error);
		struct row_changes changes;
		int table = store_put_table(store, &films_of_text);

		last_number = 0;
		write_page(store, add_url(store, "http://a/1"));
		write_page(store, add_url(store, "http://a/2"));
		put_rows(store, table, rows[i / 2].before);
		assert_int_equal(row_set_read(&before, store, &pattern), 0);
		put_rows(store, table, rows[i / 2].after);
		assert_int_equal(row_set_read(&after, store, &pattern), 0);
		changes = row_changes_between(&before, &after);
		if (changes.added != wanted[0] || changes.removed != wanted[1] ||
		    changes.changed != wanted[2])
			fail_msg("%s -> %s: +%d -%d ~%d", rows[i / 2].before, rows[i / 2].after,
				 (int)changes.added, (int)changes.removed, (int)changes.changed);
		row_set_free(&before);
		row_set_free(&after);
		pattern_free(pattern.pattern);
		store_close(store);
	}
}

static void a_table_that_is_not_there_has_no_rows(void **state)
{
	struct config_pattern pattern = pattern_with(0);
	struct row_set set = { NULL, 0, 0 };
	struct store *store = open_store();

	(void)state;
	assert_int_equal(row_set_read(&set, store, &pattern), 0);
	assert_int_equal(set.count, 0);
	assert_false(store_has_failed(store));
	pattern_free(pattern.pattern);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_are_told_apart_by_key_or_by_page, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(a_table_that_is_not_there_has_no_rows, make_folder,
						remove_folder),
	};

	return RUN_TESTS(tests);
}
