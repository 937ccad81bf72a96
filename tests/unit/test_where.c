#include "tests/support/test.h"

#include "tests/support/store_help.h"

/* What a store is called: what can be told by the name alone. */
#ifdef CRAWL_POSTGRES
#define OF_POSTGRES NULL
#else
#define OF_POSTGRES "this crawl was built without PostgreSQL (make POSTGRES=0): name a file"
#endif

#define OF_WORDS                                                                    \
	"a server's database is named postgresql://USER@HOST:PORT/DATABASE (and a " \
	"file that is called so, ./...)"
#define OF_SLASHES "postgresql:// has two slashes: postgresql://USER@HOST:PORT/DATABASE"

static void a_name_is_judged_before_anything_is_looked_at(void **state)
{
	static const struct {
		const char *where, *reason; /* NULL: it is fine */
		bool is_file;
	} rows[] = {
		{ "crawl.db", NULL, true },
		{ "/no/such/folder/crawl.db", NULL, true },
		{ "C:crawl.db", NULL, true },
		{ "./host=a", NULL, true },
		{ "hosts=a", NULL, true },
		{ "host", NULL, true },
		{ "postgresql", NULL, true },
		{ "host=127.0.0.1 user=me dbname=films password=secret", OF_WORDS, false },
		{ "dbname=films", OF_WORDS, false },
		{ " password = secret", OF_WORDS, false },
		{ "postgresql:/me@h/films", OF_SLASHES, false },
		{ "postgres:me:secret@h/films", OF_SLASHES, false },
		{ "postgresql://me@db/films", OF_POSTGRES, false },
		{ "postgres://db/films?schema=a", OF_POSTGRES, false },
		{ "mysql://me:secret@db/films",
		  "no kind of database is called mysql: name a file, or postgresql://...", false },
		{ "POSTGRESQL://db/films",
		  "no kind of database is called POSTGRESQL: name a file, or postgresql://...",
		  false },
		{ "://", "no kind of database is called : name a file, or postgresql://...",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_error why = { .text = "" };
		int result = store_check(rows[i].where, &why);

		assert_int_equal(store_is_file(rows[i].where), rows[i].is_file);
		assert_int_equal(result, rows[i].reason ? -1 : 0);
		if (!rows[i].reason)
			continue;
		assert_string_equal(why.text, rows[i].reason);
		assert_int_equal(why.cure, STORE_CURE_ASK_OTHERWISE);
		assert_null(store_open(rows[i].where, false, &why));
		assert_null(store_open_read(rows[i].where, &why));
		assert_int_equal(why.cure, STORE_CURE_ASK_OTHERWISE);
		if (strcmp(rows[i].reason, OF_WORDS) == 0 ||
		    strcmp(rows[i].reason, OF_SLASHES) == 0)
			assert_null(strstr(store_shown(rows[i].where), "secret"));
	}
}

static void a_file_is_there_or_not_and_shown_as_it_is(void **state)
{
	(void)state;
	assert_false(store_exists(path));
	store_close(store_open(path, false, &error));
	assert_true(store_exists(path));
	assert_ptr_equal(store_shown(path), path);
	assert_false(store_exists("/dev/null/crawl.db"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_judged_before_anything_is_looked_at),
		cmocka_unit_test_setup_teardown(a_file_is_there_or_not_and_shown_as_it_is,
						make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
