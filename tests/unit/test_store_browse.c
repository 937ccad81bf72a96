#include "tests/support/test.h"

#include "tests/support/store_help.h"

/*
 * What patterns found, to be looked at: read from the end, and no more than is wanted.
 */

struct told {
	char text[2000];
	size_t size;
	int limit; /* of rows; 0: none */
};

static int over(struct told *told)
{
	return --told->limit == 0 ? -1 : 0;
}

static int on_row(void *context, const struct store_shown_row *row)
{
	struct told *told = context;

	assert_int_equal(row->count, 3);
	assert_string_equal(row->columns[1], "title");
	told->size +=
		(size_t)snprintf(told->text + told->size, sizeof(told->text) - told->size,
				 "%s%.*s#%u %.*s", told->size ? "|" : "", (int)row->page_url.size,
				 row->page_url.at ? row->page_url.at : "", row->number,
				 (int)row->values[1].text.size, row->values[1].text.at);
	return over(told);
}

static int on_page(void *context, const struct store_matched *page)
{
	struct told *told = context;

	told->size += (size_t)snprintf(
		told->text + told->size, sizeof(told->text) - told->size, "%s%u:%.*s;%.*s",
		told->size ? "|" : "", page->key.number, (int)page->unmatched.size,
		page->unmatched.at ? page->unmatched.at : "", (int)page->counts.size,
		page->counts.at ? page->counts.at : "");
	return over(told);
}

static void read_page(struct store *store, int table, const char *url, const char *title,
		      bool is_kept)
{
	struct store_page page = plain_page;

	page.unmatched = text("mail");
	page.counts = text("films 1");
	page.body_is_text = true;
	if (is_kept)
		page.body = text("body");
	open_page(store, add_url(store, url));
	add_film(store, table, 1, last_number, title, 1);
	add_film(store, table, 2, last_number + 100, title, 1);
	assert_int_equal(store_page(store, &page), 0);
}

static void make_films(void)
{
	struct store *store = open_store();
	int table;

	begin_run(store);
	table = store_put_table(store, &films);
	read_page(store, table, "http://a/1", "a", true);
	store_end_run(store, "finished");
	begin_run(store);
	read_page(store, table, "http://a/2", "b", true);
	read_page(store, table, "http://a/3", "c", false);
	read_page(store, table, "http://a/4", "d", true);
	store_end_run(store, "finished");
	store_close(store);
}

static void rows_are_read_from_the_end(void **state)
{
	static const struct {
		const char *pattern;
		int limit;
		bool is_newest;
		const char *wanted;
	} rows[] = {
		{ "films", 0, false, "#2 d|#1 d|#2 c|#1 c|#2 b|#1 b|#2 a|#1 a" },
		{ "FILMS", 3, false, "#2 d|#1 d|#2 c" },
		{ "films", 3, true, "http://a/2#1 b|http://a/2#2 b|http://a/4#1 d" },
		{ "no such", 0, false, "" },
		{ "no such", 0, true, "" },
		{ "fil\"ms", 0, true, "" },
	};
	struct store *store;

	(void)state;
	make_films();
	assert_int_equal(change(path, "UPDATE results SET visit = (SELECT max(visit) + 1 FROM "
				      "results) WHERE url_id = 2"),
			 0);
	store = store_open_read(path, &error);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct told told = { .limit = rows[i].limit };

		assert_int_equal(
			rows[i].is_newest
				? store_each_newest_row(store, rows[i].pattern, on_row, &told)
				: store_each_row(store, rows[i].pattern, on_row, &told),
			0);
		assert_string_equal(told.text, rows[i].wanted);
	}
	store_close(store);
}

/* Of pages of an earlier run, and of those that are not kept, nothing is told. */
static void pages_of_the_last_run_tell_what_matched(void **state)
{
	struct told told = { .limit = 0 };
	struct store *store;

	(void)state;
	make_films();
	store = store_open_read(path, &error);
	assert_int_equal(store_each_matched(store, on_page, &told), 0);
	assert_string_equal(told.text, "4:mail;films 1|3:;|2:mail;films 1|1:;");
	told = (struct told){ .limit = 1 };
	assert_int_equal(store_each_matched(store, on_page, &told), 0);
	assert_string_equal(told.text, "4:mail;films 1");
	store_close(store);
}

static void a_finding_is_of_the_run_that_has_just_ended(void **state)
{
	struct store *store = open_store();
	struct store_finding finding = {
		.pattern = "films", .pages = 9, .wanted = text("<dd>"), .line = 3
	};

	(void)state;
	begin_run(store);
	finding.url = add_url(store, "http://a/1");
	assert_int_equal(store_put_run_finding(store, &finding), 0);
	store_end_run(store, "finished");
	begin_run(store);
	store_end_run(store, "finished");
	finding.field = "title";
	assert_int_equal(store_put_run_finding(store, &finding), 0);
	assert_int_equal(store_commit(store), 0);
	store_close(store);
	assert_string_equal(ask("SELECT run, pattern, field, pages, line, matched, wanted, stood"
				" FROM crawl_findings"),
			    "1|films||9|3||<dd>|\n2|films|title|9|3||<dd>|");
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(rows_are_read_from_the_end),
		T(pages_of_the_last_run_tell_what_matched),
		T(a_finding_is_of_the_run_that_has_just_ended),
	};

	return RUN_TESTS(tests);
}
