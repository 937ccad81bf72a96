#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"
#include "tests/support/scenario.h"
#include "tests/support/store_dump.h"

/* The program from end to end: a crawl goes from one file into another, as a whole. */
#define T(test) cmocka_unit_test_setup_teardown(test, scenario_begin, scenario_end)

static void crawl_books(void)
{
	write_text("c.yaml", "patterns:\n  - name: books\n    each: '<article.*?</article>'\n"
			     "    flags: s\n    fields: {title: {pattern: 'title=\"(.*?)\"'}}\n"
			     "    key: title\n");
	write_list("list", "/books/%d", 1, 7);
	assert_code(RUN("list", "-c", "c.yaml", "--delay", "0"), 1);
}

static void assert_same(const char *one, const char *other)
{
	char *here = store_dump(one, STORE_DUMP_ALL), *there = store_dump(other, STORE_DUMP_ALL);

	assert_string_equal(here, there);
	free(here);
	free(there);
}

static void a_copy_is_the_same_and_is_crawled_on(void **state)
{
	struct program *run;

	(void)state;
	crawl_books();
	run = RUN("copy", "crawl.db", "second.db");
	assert_code(run, 0);
	assert_says(run->error, "second.db: 7 URLs, 100 rows");
	assert_same(in_folder("crawl.db"), in_folder("second.db"));
	run = RUN("list", "-c", "c.yaml", "--delay", "0", "-o", "second.db");
	assert_says(run->error, "(0 new, 7 known)");
	run = RUN("copy", "crawl.db", "second.db");
	assert_code(run, 3);
	assert_says(run->error, "second.db holds a crawl already: begin anew with --fresh");
	assert_code(RUN("copy", "crawl.db", "second.db", "--fresh"), 0);
	assert_same(in_folder("crawl.db"), in_folder("second.db"));
}

static bool is_stopped(void *context)
{
	unsigned *rows = context;

	return ++*rows > 2;
}

static int copy_a_little(const char *source)
{
	unsigned rows = 0;
	const struct store_copying copying = { .is_stopped = is_stopped, .context = &rows };
	struct store_error error;
	struct store *from = store_open_read(in_folder("crawl.db"), &error);
	struct store *to = store_open_to_copy(in_folder("second.db"), false, &error);
	int result = store_copy(from, to, source, &copying, &error);

	store_close(from);
	store_close(to);
	return result;
}

/* Nor is it a source of another copy. */
static void what_is_half_of_a_crawl_is_none(void **state)
{
	static const char *const refused[][6] = { { "status" },
						  { "sql", "SELECT 1" },
						  { "list", "-c", "c.yaml" },
						  { "reparse", "-c", "c.yaml" },
						  { "forget", "list" },
						  { "cookies", "--forget" } };
	struct program *run;

	(void)state;
	crawl_books();
	assert_int_equal(copy_a_little("crawl.db"), 1);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *const *words = refused[i];

		run = RUN(words[0], "-o", "second.db", words[1], words[2]);
		assert_code(run, 3);
		assert_says(run->error, "second.db is a copy that has not ended: 'crawl copy"
					" crawl.db second.db' goes on, --fresh begins anew");
	}
	assert_code(RUN("copy", "second.db", "third.db"), 3);
	assert_code(RUN("copy", "crawl.db", "second.db"), 0);
	assert_same(in_folder("crawl.db"), in_folder("second.db"));
	assert_code(RUN("status", "-o", "second.db"), 0);
}

/* Of another source it is refused: its numbers would be others. */
static void one_that_was_stopped_goes_on(void **state)
{
	unsigned stops = 0;
	int result = 1;

	(void)state;
	crawl_books();
	for (; result == 1; stops++)
		result = copy_a_little("first");
	assert_int_equal(result, 0);
	assert_true(stops > 4);
	assert_same(in_folder("crawl.db"), in_folder("second.db"));
	unlink(in_folder("second.db"));
	assert_int_equal(copy_a_little("first"), 1);
	assert_int_equal(copy_a_little("another"), -1);
	assert_code(RUN("copy", "crawl.db", "second.db", "--fresh"), 0);
	assert_same(in_folder("crawl.db"), in_folder("second.db"));
}

static void what_cannot_be_copied_is_refused(void **state)
{
	struct program *run;

	(void)state;
	run = RUN("copy", "none.db", "second.db");
	assert_code(run, 3);
	assert_says(run->error, "there is no none.db: nothing to copy");
	assert_int_equal(access(in_folder("second.db"), F_OK), -1);
	assert_code(RUN("copy", "a.db", "a.db"), 2);
	assert_code(RUN("copy", "a.db"), 2);
	assert_code(RUN("copy", "mysql://a/b", "a.db"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_copy_is_the_same_and_is_crawled_on),
		T(what_is_half_of_a_crawl_is_none),
		T(one_that_was_stopped_goes_on),
		T(what_cannot_be_copied_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
