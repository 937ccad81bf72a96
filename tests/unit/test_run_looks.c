#include "tests/support/test.h"

#include "crawler/master/run_looks.h"
#include "tests/support/store_help.h"

static const char *const names[] = { "films", "books" };

static struct store *store_with_run(void)
{
	struct store *store = open_store();
	struct store_run run = { .command_line = "crawl" };

	store_begin_run(store, &run);
	return store;
}

static void put(struct run_looks *looks, int64_t number, uint32_t elapsed_us, uint64_t bytes,
		const char *type)
{
	const struct run_looks_page page = { .key = key(number),
					     .elapsed_us = elapsed_us,
					     .bytes = bytes,
					     .content_type = text(type) };

	run_looks_page(looks, &page);
}

static void write_looks(struct run_looks *looks, struct store *store)
{
	assert_int_equal(run_looks_write(looks, store), 0);
	store_commit(store);
}

/* A server says what it likes. */
static void a_type_is_its_essence_in_lower_case(void **state)
{
	static const struct {
		const char *said, *counted; /* NULL: nothing is */
	} rows[] = {
		{ "text/html", "text/html" },
		{ "Text/HTML; Charset=UTF-8", "text/html" },
		{ " \ttext/html\t;q", "text/html" },
		{ "text/html,text/plain", "text/html" },
		{ "", NULL },
		{ ";charset=utf-8", NULL },
		{ "text/h\xc3\xa4ml", "other" },
		{ "text/\x01", "other" },
		{ "other", "other" },
		{ "application/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "other" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store *store = store_with_run();
		struct run_looks *looks = run_looks_new(names, 2);

		put(looks, 1, 5, 1, rows[i].said);
		write_looks(looks, store);
		assert_string_equal(ask("SELECT value FROM crawl_counts WHERE what = 'type'"),
				    rows[i].counted ? rows[i].counted : "");
		run_looks_free(looks);
		store_close(store);
		remove_folder(state);
		make_folder(state);
	}
	run_looks_free(NULL);
}

/* What one page said is not taken for what another said. */
static void each_page_counts_for_its_own_type(void **state)
{
	static const char *const said[] = {
		"text/html",
		"text/html",
		"Text/HTML",
		"text/html;a",
		"text/html;b",
		"",
		"",
		"text/plain",
		"text/html",
		"text/htm",
		"",
		";x",
		";x",
		"application/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyza",
		"application/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzb",
		"",
	};
	struct store *store = store_with_run();
	struct run_looks *looks = run_looks_new(names, 2);

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		put(looks, (int64_t)i + 1, 5, 1, said[i]);
	write_looks(looks, store);
	assert_string_equal(ask("SELECT value, pages FROM crawl_counts WHERE what = 'type'"
				" ORDER BY 1"),
			    "other|2\ntext/htm|1\ntext/html|6\ntext/plain|1");
	run_looks_free(looks);
	store_close(store);
}

static void of_more_than_50_values_the_rest_are_other(void **state)
{
	struct store *store = store_with_run();
	struct run_looks *looks = run_looks_new(names, 2);
	char type[40];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 60; i++) {
			snprintf(type, sizeof(type), "x/%d", i);
			put(looks, i + 1, 5, 1, type);
		}
		write_looks(looks, store);
	}
	assert_string_equal(ask("SELECT count(*), sum(pages) FROM crawl_counts"), "51|120");
	assert_string_equal(ask("SELECT pages FROM crawl_counts WHERE value = 'other'"), "20");
	assert_string_equal(ask("SELECT pages FROM crawl_counts WHERE value = 'x/49'"), "2");
	run_looks_free(looks);
	store_close(store);
}

static void the_five_slowest_and_largest_stand_for_the_others(void **state)
{
	static const uint32_t values[] = { 70, 10, 50, 60, 50, 90, 20, 80, 5, 70 };
	struct store *store = store_with_run();
	struct run_looks *looks = run_looks_new(names, 2);

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		put(looks, (int64_t)i + 1, values[i], 1000 - values[i], "text/html");
		if (i % 3 == 0)
			write_looks(looks, store);
	}
	put(looks, 6, 30, 0, ""); /* asked again: once is enough */
	put(looks, 9, 100, 0, "");
	write_looks(looks, store);
	assert_string_equal(ask("SELECT place, url_id, value FROM crawl_examples"
				" WHERE what = 'slowest' AND name = '' ORDER BY 1"),
			    "1|9|100\n2|6|90\n3|8|80\n4|1|70\n5|10|70");
	assert_string_equal(ask("SELECT place, url_id, value FROM crawl_examples"
				" WHERE what = 'largest' AND name = '' ORDER BY 1"),
			    "1|9|995\n2|2|990\n3|7|980\n4|3|950\n5|5|950");
	run_looks_free(looks);
	store_close(store);
}

static void the_first_five_pages_without_a_match_are_kept_by_pattern(void **state)
{
	struct store *store = store_with_run();
	struct run_looks *looks = run_looks_new(names, 2);

	(void)state;
	run_looks_unmatched(looks, 1, key(40));
	for (int i = 1; i < 9; i++) {
		run_looks_unmatched(looks, 0, key(i));
		write_looks(looks, store);
	}
	assert_string_equal(ask("SELECT name, place, url_id, value FROM crawl_examples"
				" WHERE what = 'unmatched' ORDER BY 1, 2"),
			    "books|1|40|0\nfilms|1|1|0\nfilms|2|2|0\nfilms|3|3|0\nfilms|4|4|0\n"
			    "films|5|5|0");
	run_looks_free(looks);
	store_close(store);
}

static void the_last_five_pages_with_rows_are_kept_by_pattern(void **state)
{
	static const char kept[] = "SELECT name, place, url_id FROM crawl_examples"
				   " WHERE what = 'matched' ORDER BY 1, 2";
	struct store *store = store_with_run();
	struct run_looks *looks = run_looks_new(names, 2);

	(void)state;
	run_looks_matched(looks, 1, key(40));
	run_looks_matched(looks, 0, key(1));
	run_looks_matched(looks, 0, key(2));
	write_looks(looks, store);
	assert_string_equal(ask(kept), "books|1|40\nfilms|1|2\nfilms|2|1");
	for (int i = 3; i < 9; i++)
		run_looks_matched(looks, 0, key(i));
	write_looks(looks, store);
	write_looks(looks, store);
	assert_string_equal(ask(kept), "books|1|40\nfilms|1|8\nfilms|2|7\nfilms|3|6\n"
				       "films|4|5\nfilms|5|4");
	run_looks_free(looks);
	store_close(store);
}

static void times_and_sizes_stand_in_buckets_of_half_an_octave(void **state)
{
	struct store *store = store_with_run();
	struct run_looks *looks = run_looks_new(names, 2);

	(void)state;
	put(looks, 1, 0, 0, "");
	put(looks, 2, 1000, 4096, "");
	write_looks(looks, store);
	put(looks, 3, 1001, 5000, "");
	put(looks, 4, UINT32_MAX, UINT64_MAX, "");
	write_looks(looks, store);
	assert_string_equal(ask("SELECT what, bucket, pages FROM crawl_histograms ORDER BY 1, 2"),
			    "size|24|2\nsize|63|1\ntime|19|2\ntime|63|1");
	run_looks_free(looks);
	store_close(store);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_type_is_its_essence_in_lower_case),
		T(each_page_counts_for_its_own_type),
		T(of_more_than_50_values_the_rest_are_other),
		T(the_five_slowest_and_largest_stand_for_the_others),
		T(the_first_five_pages_without_a_match_are_kept_by_pattern),
		T(the_last_five_pages_with_rows_are_kept_by_pattern),
		T(times_and_sizes_stand_in_buckets_of_half_an_octave),
	};

	return RUN_TESTS(tests);
}
