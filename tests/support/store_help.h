#ifndef STORE_HELP_H
#define STORE_HELP_H

/*
 * What the tests of store/ share: a folder of their own, a look into the database that
 * does not go through store/, and the smallest page and row.
 *
 * tests/postgres/ runs them on a server, too (on_a_server.h), but what is OF_THE_FILE: its list
 * says why.
 */
#include "store/store.h"
#include <ftw.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HELP __attribute__((unused)) static

#ifdef ON_A_SERVER
#define OF_THE_FILE(test, why)                                              \
	{                                                                   \
#test, is_of_the_file, NULL, NULL, (void *)(uintptr_t)(why) \
	}
#define NO_TEXT_HEX "EFBFBD" /* what cannot be in a text there is U+FFFD */
#define NUL_HEX     NO_TEXT_HEX
#define SCHEMA_VERSION                                                                  \
	"SELECT string_agg(oid || ':' || xmin || ':' || relfilenode, ' ' ORDER BY oid)" \
	" FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
#else
#define OF_THE_FILE(test, why) T(test)
#define NO_TEXT_HEX            "FF"
#define NUL_HEX                "00"
#define SCHEMA_VERSION         "PRAGMA schema_version"
#endif

static char folder[64];
static char path[128]; /* folder/crawl.db, or a schema of a server */
static struct store_error error;
static uint32_t last_number; /* of the URLs that add_url() has added */
static uint32_t last_host;   /* of the hosts that add_host() has */

HELP int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/crawl-store-XXXXXX");
	error = (struct store_error){ .text = "" };
	last_number = last_host = 0;
	if (!mkdtemp(folder))
		return -1;
#ifdef ON_A_SERVER
	const char *of_server = next_path();

	snprintf(path, sizeof(path), "%s", of_server ? of_server : "");
#else
	snprintf(path, sizeof(path), "%s/crawl.db", folder);
#endif
	return chmod(folder, 0777);
}

HELP int remove_one(const char *name, const struct stat *found, int type, struct FTW *place)
{
	(void)found;
	(void)type;
	(void)place;
	return remove(name);
}

HELP int remove_folder(void **state)
{
	(void)state;
	chmod(folder, 0777);
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

HELP struct slice text(const char *string)
{
	return (struct slice){ string, string ? strlen(string) : 0 };
}

#ifndef ON_A_SERVER
/* The answer to sql as "a|b\nc|d", NULL as nothing, or SQLite's complaint. */
HELP const char *ask(const char *sql)
{
	static char answer[65536];
	sqlite3_stmt *query = NULL;
	sqlite3 *db = NULL;
	size_t used = 0;

	answer[0] = '\0';
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, sql, -1, &query, NULL) != SQLITE_OK)
		snprintf(answer, sizeof(answer), "%s", sqlite3_errmsg(db));
	while (query && sqlite3_step(query) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(query) && used < sizeof(answer); i++) {
			const unsigned char *value = sqlite3_column_text(query, i);

			used += (size_t)snprintf(answer + used, sizeof(answer) - used, "%s%s",
						 i      ? "|"
						 : used ? "\n"
							: "",
						 value ? (const char *)value : "");
		}
	}
	sqlite3_finalize(query);
	sqlite3_close(db);
	return answer;
}

/* Change a database behind the store's back. */
HELP int change(const char *file, const char *sql)
{
	sqlite3 *db = NULL;
	int result = sqlite3_open(file, &db);

	if (result == SQLITE_OK)
		result = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return result;
}
#endif

HELP struct store *open_store(void)
{
	struct store *store = store_open(path, false, &error);

	assert_string_equal(error.text, "");
	assert_non_null(store);
	return store;
}

HELP int64_t begin_run(struct store *store)
{
	struct store_run run = { .command_line = "crawl urls.txt",
				 .versions = "crawl 0",
				 .config_hash = 0xc0ffee };

	return store_begin_run(store, &run);
}

HELP struct store_key key(uint32_t number)
{
	return (struct store_key){ 0, number };
}

/* One that may be refused. */
HELP int try_url(struct store *store, const char *url)
{
	return store_put_url(store, key(++last_number),
			     &(struct store_url){ .url = text(url), .host = { 0, 1 } });
}

/* The next number's URL. */
HELP struct store_key add(struct store *store, const struct store_url *url)
{
	struct store_key added = key(++last_number);

	assert_int_equal(store_put_url(store, added, url), 0);
	return added;
}

HELP struct store_key add_url(struct store *store, const char *url)
{
	return add(store, &(struct store_url){ .url = text(url), .host = { 0, 1 } });
}

/* A page without rows, at its first visit and at a later one. */
HELP int put_page(struct store *store, struct store_key page_key, const struct store_page *page)
{
	return store_page_open(store, page_key, false) ? -1 : store_page(store, page);
}

HELP int put_page_again(struct store *store, struct store_key page_key,
			const struct store_page *page)
{
	return store_page_open(store, page_key, true) ? -1 : store_page(store, page);
}

static const struct store_page plain_page = { .state = STORE_DONE,
					      .outcome = "ok",
					      .status = 200,
					      .tries = 1,
					      .fetched_at_ms = 1709251199999 };

HELP int write_page(struct store *store, struct store_key page_key)
{
	return put_page(store, page_key, &plain_page);
}

/* A page whose rows come between the two. */
HELP void open_page(struct store *store, struct store_key page_key)
{
	assert_int_equal(store_page_open(store, page_key, false), 0);
}

HELP int close_page(struct store *store)
{
	return store_page(store, &plain_page);
}

/* A host with the number that comes next. */
HELP struct store_key add_host(struct store *store, const char *origin)
{
	struct store_key added = key(++last_host);

	assert_int_equal(store_put_host(store, added, text(origin)), 0);
	return added;
}

/* What is known of a URL, which is there. */
HELP struct store_target target_of(struct store *store, struct store_key url)
{
	struct store_target target;

	assert_int_equal(store_url(store, url, &target), 1);
	return target;
}

/* The number of a URL by its text, or 0. */
HELP uint32_t number_of(struct store *store, const char *url)
{
	struct store_key found;

	return store_find_url(store, text(url), &found) == 1 ? found.number : 0;
}

static const struct store_column film_columns[] = { { "rank", STORE_INTEGER },
						    { "title", STORE_TEXT },
						    { "score", STORE_REAL } };
static const char *const film_key[] = { "rank" };
HELP const struct store_table films = { .name = "films",
					.columns = film_columns,
					.column_count = 3 };
HELP const struct store_table keyed_films = {
	.name = "films", .columns = film_columns, .column_count = 3, .key = film_key, .key_count = 1
};

HELP int add_film(struct store *store, int table, uint32_t number, int64_t rank, const char *title,
		  double score)
{
	struct store_value values[] = { { .kind = STORE_INTEGER, .integer = rank },
					{ .kind = STORE_TEXT, .text = text(title) },
					{ .kind = STORE_REAL, .real = score } };

	return store_row(store, table, number, values);
}

#endif
