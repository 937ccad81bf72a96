#include "store/sqlite/internal.h"

#include <string.h>

/* Pragmas that tell of the database and take an argument, which names what they tell of. */
static const char *const telling[] = {
	"table_info",  "table_xinfo",     "table_list",  "index_list",       "index_info",
	"index_xinfo", "integrity_check", "quick_check", "foreign_key_list", "foreign_key_check",
};

/* Pragmas that answer without an argument, and change something with one. */
static const char *const answering[] = {
	"user_version", "application_id", "schema_version",  "page_count",    "page_size",
	"encoding",     "freelist_count", "journal_mode",    "data_version",  "query_only",
	"auto_vacuum",  "database_list",  "compile_options", "function_list", "collation_list",
};

/* Functions that hand out addresses in memory, or take code from files. */
static const char *const refused[] = { "fts3_tokenizer", "load_extension" };

static bool is_among(const char *name, const char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (sqlite3_stricmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

#define IS_AMONG(name, names) is_among(name, names, sizeof(names) / sizeof((names)[0]))

/* What shows pages of the file as they are would show cookies, too. */
static bool shows_cookies(const char *table)
{
	return table && (sqlite3_stricmp(table, "crawl_cookies") == 0 ||
			 sqlite3_stricmp(table, "sqlite_dbpage") == 0);
}

static bool is_reading(int action, const char *first, const char *second)
{
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_RECURSIVE:
	case SQLITE_READ:
		return true;
	case SQLITE_UPDATE: /* SQLite says so when a query names json_each() and its like */
		return first && sqlite3_stricmp(first, "sqlite_master") == 0;
	case SQLITE_FUNCTION:
		return !second || !IS_AMONG(second, refused);
	case SQLITE_PRAGMA:
		return first &&
		       (IS_AMONG(first, telling) || (!second && IS_AMONG(first, answering)));
	default:
		return false;
	}
}

/*
 * A query may name what it reads, a view, or a subquery: SQLite asks for each column, function and
 * pragma.  What is not known to be reading is not; what is let pass here is still refused where
 * SQLite does not call it read-only.
 */
static int judge(void *user, int action, const char *first, const char *second,
		 const char *database, const char *view)
{
	struct sqlite_store *store = user;

	(void)database;
	(void)view;
	if (action == SQLITE_READ && shows_cookies(first)) {
		store->wants_cookies = true;
		return SQLITE_DENY;
	}
	return is_reading(action, first, second) ? SQLITE_OK : SQLITE_DENY;
}

void sqlite_let_read(struct sqlite_store *store)
{
	store->wants_cookies = false;
	sqlite3_set_authorizer(store->db, judge, store);
}

void sqlite_let_all(struct sqlite_store *store)
{
	sqlite3_set_authorizer(store->db, NULL, NULL);
}
