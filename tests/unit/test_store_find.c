#include "tests/support/test.h"

#include "tests/support/store_help.h"

/*
 * Lists of URLs and of rows, a page at a time: nothing twice, nothing left out, and never longer
 * than the look has.
 */
#define URLS 12

struct told {
	char text[4000];
	size_t size;
};

static void tell(struct told *told, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(struct told *told, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	told->size += (size_t)vsnprintf(told->text + told->size, sizeof(told->text) - told->size,
					format, arguments);
	va_end(arguments);
}

static int on_url(void *context, const struct store_found_url *url)
{
	tell(context, " %u", url->key.number);
	return 0;
}

static int on_row(void *context, const struct store_shown_row *row)
{
	tell(context, " %u#%u", row->page.number, row->number);
	return 0;
}

/* ---- URLs ---- */

/*
 * 1 to 4 are done, 5 waits, 6 to 10 failed (6 and 9 by 404, 7 by 500, 8 and 10 of a time-out), 11
 * leads outside, 12 was skipped.
 */
static void make_urls(void)
{
	static const struct {
		enum store_state state;
		const char *outcome;
		int status;
	} rows[] = {
		{ STORE_DONE, "ok", 200 },           { STORE_DONE, "ok", 200 },
		{ STORE_DONE, "not_modified", 304 }, { STORE_DONE, "pattern_limit", 200 },
		{ STORE_PENDING, NULL, 0 },          { STORE_FAILED, "http_error", 404 },
		{ STORE_FAILED, "http_error", 500 }, { STORE_FAILED, "timeout", 0 },
		{ STORE_FAILED, "http_error", 404 }, { STORE_FAILED, "timeout", 0 },
		{ STORE_PENDING, NULL, 0 },          { STORE_SKIPPED, "robots", 0 },
	};
	struct store *store = open_store();
	char name[40];

	begin_run(store);
	add_host(store, "http://a");
	add_host(store, "https://b:8443");
	for (uint32_t i = 0; i < URLS; i++) {
		struct store_page page = plain_page;
		struct store_key url;

		snprintf(name, sizeof(name), "http://a/%u_%s", i + 1, i % 2 ? "odd" : "50%");
		url = add(store, &(struct store_url){ .url = text(name),
						      .host = { 0, i < 8 ? 1 : 2 },
						      .from = { 0, i },
						      .kind = i == 10 ? STORE_URL_OUTSIDE
								      : STORE_URL_PAGE });
		if (!rows[i].outcome)
			continue;
		page.state = rows[i].state;
		page.outcome = rows[i].outcome;
		page.status = rows[i].status;
		page.title = text(i == 1 ? "Two Boards" : "x");
		page.unmatched = text(i == 0 ? "mail, boards" : i == 3 ? "mail2" : NULL);
		page.error = text(rows[i].state == STORE_FAILED ? "no answer" : NULL);
		assert_int_equal(put_page(store, url, &page), 0);
	}
	store_end_run(store, "finished");
	store_close(store);
}

#define STATE(which) .has_state = true, .state = STORE_##which
#define TEXT(string)                       \
	{                                  \
		string, sizeof(string) - 1 \
	}

static const struct {
	struct store_url_filter filter;
	const char *newest; /* first */
} url_rows[] = {
	{ { .has_state = false }, " 12 11 10 9 8 7 6 5 4 3 2 1" },
	{ { STATE(DONE) }, " 4 3 2 1" },
	{ { STATE(PENDING) }, " 5" },
	{ { STATE(FAILED) }, " 10 9 8 7 6" },
	{ { STATE(SKIPPED) }, " 12 11" },
	{ { .outcome = TEXT("http_error"), .is_failure = true }, " 9 7 6" },
	{ { .outcome = TEXT("http_error"), .is_failure = false }, " 9 7 6" },
	{ { .outcome = TEXT("timeout"), .is_failure = true }, " 10 8" },
	{ { .outcome = TEXT("timeout"), .is_failure = true, .has_status = true }, " 10 8" },
	{ { .outcome = TEXT("ok") }, " 2 1" },
	{ { .outcome = TEXT("no such"), .is_failure = true }, "" },
	{ { .has_status = true, .status = 404 }, " 9 6" },
	{ { STATE(FAILED), .has_status = true, .status = 404 }, " 9 6" },
	{ { STATE(DONE), .has_status = true, .status = 404 }, "" },
	{ { .has_status = true, .status = 0 }, " 12 10 8" },
	{ { .host = TEXT("http://a") }, " 8 7 6 5 4 3 2 1" },
	{ { .host = TEXT("a") }, " 8 7 6 5 4 3 2 1" },
	{ { .host = TEXT("b:8443"), STATE(FAILED) }, " 10 9" },
	{ { .host = TEXT("b") }, "" },
	{ { .pattern = TEXT("mail") }, " 1" },
	{ { .pattern = TEXT("boards") }, " 1" },
	{ { .pattern = TEXT("mail2") }, " 4" },
	{ { .pattern = TEXT("board") }, "" },
	{ { .text = TEXT("two b") }, " 2" },
	{ { .text = TEXT("50%") }, " 11 9 7 5 3 1" },
	{ { .text = TEXT("0%0") }, "" },
	{ { .text = TEXT("1_") }, " 11 1" },
	{ { .text = TEXT("No ANSWER") }, " 10 9 8 7 6" },
	{ { .text = TEXT("' OR 1 --") }, "" },
	{ { .text = TEXT("odd"), STATE(FAILED), .host = TEXT("a") }, " 8 6" },
};

/* "1 2 3" from " 3 2 1". */
static const char *turned(const char *list)
{
	static char out[400];
	uint32_t numbers[40];
	size_t count = 0, size = 0;
	int read = 0;

	for (const char *at = list; sscanf(at, " %u%n", &numbers[count], &read) == 1; at += read)
		count++;
	out[0] = '\0';
	while (count > 0)
		size += (size_t)snprintf(out + size, sizeof(out) - size, " %u", numbers[--count]);
	return out;
}

/* All pages of a list, of so many at a time. */
static void read_urls(struct store *store, const struct store_url_filter *filter, size_t count,
		      bool is_oldest_first, struct told *told)
{
	struct store_range range = { .count = count, .is_oldest_first = is_oldest_first };
	struct store_listed listed = { .is_at_end = false };

	*told = (struct told){ .size = 0 };
	for (unsigned pages = 0; !listed.is_at_end; pages++) {
		assert_true(pages <= URLS + 1);
		assert_int_equal(store_find_urls(store, filter, &range, on_url, told, &listed), 0);
		range.place = listed.place;
	}
}

static void urls_are_found_by_what_became_of_them(void **state)
{
	static const size_t sizes[] = { 1, 2, 5, 50 };
	struct store *store;
	struct told told;

	(void)state;
	make_urls();
	store = store_open_read(path, &error);
	for (size_t i = 0; i < sizeof(url_rows) / sizeof(url_rows[0]); i++) {
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			read_urls(store, &url_rows[i].filter, sizes[j], false, &told);
			assert_string_equal(told.text, url_rows[i].newest);
			read_urls(store, &url_rows[i].filter, sizes[j], true, &told);
			assert_string_equal(told.text, turned(url_rows[i].newest));
		}
	}
	store_close(store);
}

/* As in a pass that asks for all of them again: nothing of it is told as if it were of now. */
static void what_waits_again_has_not_failed(void **state)
{
	static const struct store_url_filter failed = { STATE(FAILED) }, waits = { STATE(PENDING) },
					     by_outcome = { .outcome = TEXT("timeout"),
							    .is_failure = true };
	struct store *store;
	struct told told;

	(void)state;
	make_urls();
	store = open_store();
	begin_run(store);
	assert_int_equal(store_put_asked(store, &(struct store_asked){ .pass = STORE_PASS_FAILED,
								       .is_of_all = true }),
			 0);
	assert_int_equal(store_end_run(store, "finished"), 0);
	store_close(store);
	store = store_open_read(path, &error);
	read_urls(store, &failed, 50, true, &told);
	assert_string_equal(told.text, "");
	read_urls(store, &by_outcome, 50, true, &told);
	assert_string_equal(told.text, "");
	read_urls(store, &waits, 50, true, &told);
	assert_string_equal(told.text, " 5 6 7 8 9 10");
	store_close(store);
}

static void a_url_knows_where_it_was_found(void **state)
{
	struct store_found_url found;
	struct store *store;

	(void)state;
	make_urls();
	store = store_open_read(path, &error);
	assert_int_equal(store_get_found(store, key(7), &found), 1);
	assert_int_equal(found.from.number, 6);
	assert_int_equal(found.status, 500);
	assert_int_equal(found.state, STORE_FAILED);
	assert_true(slice_equal(found.url, text("http://a/7_50%")));
	assert_int_equal(store_get_found(store, key(1), &found), 1);
	assert_true(store_key_is_none(found.from));
	assert_int_equal(store_get_found(store, key(99), &found), 0);
	store_close(store);
}

/* ---- rows ---- */

/* Three pages of two rows: ranks 1 to 6, titles that repeat, scores of which the last is none. */
static void make_rows(void)
{
	static const char *const titles[] = { "b", "a", "b", "", "A%", NULL };
	struct store *store = open_store();
	int table;

	begin_run(store);
	table = store_put_table(store, &films);
	for (uint32_t i = 0; i < 6; i++) {
		if (i % 2 == 0)
			open_page(store, add_url(store, i == 0 ? "http://a/1" : "http://a/x"));
		assert_int_equal(
			add_film(store, table, i % 2 + 1, (int64_t)(i + 1) * 5, titles[i], i / 2),
			0);
		if (i % 2 == 1)
			close_page(store);
	}
	store_end_run(store, "finished");
	store_close(store);
}

static const struct store_field_filter has_b = { "title", TEXT("B") },
				       has_empty = { .field = "title" },
				       has_5 = { "rank", TEXT("5") },
				       two[] = { { "title", TEXT("b") }, { "rank", TEXT("15") } };

static const struct {
	struct store_row_filter filter;
	const char *sorted; /* by this field; NULL: as found */
	bool is_oldest;
	const char *wanted;
} row_rows[] = {
	{ { .field_count = 0 }, NULL, false, " 3#2 3#1 2#2 2#1 1#2 1#1" },
	{ { .field_count = 0 }, NULL, true, " 1#1 1#2 2#1 2#2 3#1 3#2" },
	{ { .text = TEXT("a") }, NULL, true, " 1#2 3#1" },
	{ { .text = TEXT("%") }, NULL, true, " 3#1" },
	{ { .text = TEXT("25") }, NULL, true, " 3#1" },
	{ { .page = { 0, 2 } }, NULL, true, " 2#1 2#2" },
	{ { .page = { 0, 9 } }, NULL, true, "" },
	{ { .fields = &has_b, .field_count = 1 }, NULL, true, " 1#1 2#1" },
	{ { .fields = &has_empty, .field_count = 1 }, NULL, true, " 2#2 3#2" },
	{ { .fields = &has_5, .field_count = 1 }, NULL, true, " 1#1 2#1 3#1" },
	{ { .fields = two, .field_count = 2 }, NULL, true, " 2#1" },
	{ { .field_count = 0 }, "title", true, " 3#2 2#2 3#1 1#2 1#1 2#1" },
	{ { .field_count = 0 }, "title", false, " 2#1 1#1 1#2 3#1 2#2 3#2" },
	{ { .field_count = 0 }, "score", true, " 1#1 1#2 2#1 2#2 3#1 3#2" },
	{ { .field_count = 0 }, "score", false, " 3#2 3#1 2#2 2#1 1#2 1#1" },
	{ { .field_count = 0 }, "rank", false, " 3#2 3#1 2#2 2#1 1#2 1#1" },
	{ { .page = { 0, 2 } }, "rank", false, " 2#2 2#1" },
	{ { .text = TEXT("b") }, "rank", false, " 2#1 1#1" },
};

static void rows_are_told_once_each_at_any_size_of_page(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 50 };
	struct store *store;

	(void)state;
	make_rows();
	store = store_open_read(path, &error);
	for (size_t i = 0; i < sizeof(row_rows) / sizeof(row_rows[0]); i++) {
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			struct store_range range = { .count = sizes[j],
						     .is_oldest_first = row_rows[i].is_oldest };
			struct store_listed listed = { .is_at_end = false };
			struct told told = { .size = 0 };

			for (int pages = 0; !listed.is_at_end && pages < 20; pages++) {
				assert_int_equal(
					row_rows[i].sorted
						? store_sort_rows(store, "films",
								  row_rows[i].sorted,
								  &row_rows[i].filter, &range,
								  on_row, &told, &listed)
						: store_find_rows(store, "films",
								  &row_rows[i].filter, &range,
								  on_row, &told, &listed),
					0);
				range.place = listed.place;
			}
			assert_string_equal(told.text, row_rows[i].wanted);
		}
	}
	store_close(store);
}

/* ---- time ---- */

#define MANY "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"

/* It says how far it came, goes on from there, and at the end has told of each that there is. */
static void a_look_that_is_over_goes_on_where_it_was(void **state)
{
	static const struct store_url_filter rare = { .text = TEXT("/99999") };
	struct store_range range = { .count = 50, .is_oldest_first = true };
	struct store_listed listed = { .is_at_end = false };
	struct told told = { .size = 0 };
	struct store *store;
	unsigned looks = 0;

	(void)state;
	store_close(open_store());
	assert_int_equal(change(path,
				MANY " INSERT INTO urls (id, url, host_id, root, depth, kind,"
				     " lane) SELECT i, 'http://a/' || i, 1, i, 0, 0, 0 FROM n"),
			 0);
	store = store_open_read(path, &error);
	while (!listed.is_at_end) {
		assert_int_equal(store_begin_look(store, 20), 0);
		assert_int_equal(store_find_urls(store, &rare, &range, on_url, &told, &listed), 0);
		assert_true(listed.looked_at > 0 || range.place == listed.place);
		range.place = listed.place;
		store_end_look(store);
		assert_false(store_has_failed(store));
		looks++;
	}
	assert_true(looks > 1);
	assert_string_equal(told.text, " 99999");
	store_close(store);
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(urls_are_found_by_what_became_of_them),
		T(what_waits_again_has_not_failed),
		T(a_url_knows_where_it_was_found),
		T(rows_are_told_once_each_at_any_size_of_page),
		T(a_look_that_is_over_goes_on_where_it_was),
	};

	return RUN_TESTS(tests);
}
