#include "store/backend.h"

#include <stdio.h>
#include <string.h>

#include "parsers/text/ascii.h"

/*
 * Names that no pattern may have.  What is made from now on begins with "crawl_", and needs no row
 * here; a test looks for those of a new database.
 */
static const char *const reserved[] = { "pages",           "runs",  "hosts",      "pattern_stats",
					"rejects",         "urls",  "results",    "bodies",
					"pattern_figures", "tries", "tries_made", "gone" };

static const char *const reserved_prefixes[] = {
	"crawl_",
	"sqlite_", /* SQLite's own */
	STORE_OLD_ROWS_PREFIX,
	STORE_OLD_KEY_PREFIX,
};

bool store_name_is_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (ascii_equal(slice_of(name), slice_of(reserved[i])))
			return true;
	for (size_t i = 0; i < sizeof(reserved_prefixes) / sizeof(reserved_prefixes[0]); i++)
		if (ascii_starts_with(slice_of(name), slice_of(reserved_prefixes[i])))
			return true;
	return false;
}

const struct store_column *store_find_column(const struct store_column *columns, size_t count,
					     const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (ascii_equal(slice_of(columns[i].name), slice_of(name)))
			return &columns[i];
	return NULL;
}

const char *store_column_problem(struct slice name, bool has_parent)
{
	static const char shown[] =
		"'page_url' and 'n' are columns of every table: give the field another name";
	static const struct {
		const char *name, *problem;
	} columns[] = {
		{ "page_url", shown },
		{ "n", shown },
		{ STORE_ROW_COLUMN, "'" STORE_ROW_COLUMN
				    "' is a column of every table: give the field another name" },
		{ STORE_PARENT_COLUMN,
		  "'" STORE_PARENT_COLUMN "' is a column of every child's table: give the field "
		  "another name" },
	};
	size_t count = sizeof(columns) / sizeof(columns[0]);

	for (size_t i = 0; i < (has_parent ? count : count - 1); i++)
		if (ascii_equal(name, slice_of(columns[i].name)))
			return columns[i].problem;
	return NULL;
}

static int check_column(const struct store_table *table, size_t index, char error[STORE_ERROR_MAX])
{
	const char *name = table->columns[index].name;
	const struct store_column *same = store_find_column(table->columns, index, name);

	if (name[0] == '\0') {
		snprintf(error, STORE_ERROR_MAX, "%s has a field without a name", table->name);
		return -1;
	}
	if (store_column_problem(slice_of(name), table->parent) && !(table->parent && index == 0)) {
		snprintf(error, STORE_ERROR_MAX,
			 "field %s of %s has the name of a column that every table has: rename it",
			 name, table->name);
		return -1;
	}
	if (same) {
		snprintf(error, STORE_ERROR_MAX,
			 "fields %s and %s of %s differ only in case: rename one", same->name, name,
			 table->name);
		return -1;
	}
	return 0;
}

static int check_key(const struct store_table *table, char error[STORE_ERROR_MAX])
{
	for (size_t i = 0; i < table->key_count; i++) {
		if (!store_find_column(table->columns, table->column_count, table->key[i])) {
			snprintf(error, STORE_ERROR_MAX, "key %s of %s is not a field of it",
				 table->key[i], table->name);
			return -1;
		}
	}
	return 0;
}

int store_check_table(const struct store_table *table, char error[STORE_ERROR_MAX])
{
	size_t fields = table->column_count - (table->parent ? 1 : 0);

	if (table->name[0] == '\0') {
		snprintf(error, STORE_ERROR_MAX, "a pattern needs a name");
		return -1;
	}
	if (store_name_is_reserved(table->name)) {
		snprintf(error, STORE_ERROR_MAX,
			 "a pattern cannot be called %s, which is a name of crawl's own: rename it",
			 table->name);
		return -1;
	}
	if (fields > STORE_COLUMNS_MAX) {
		snprintf(error, STORE_ERROR_MAX, "%s has %zu fields, the limit is %d", table->name,
			 fields, STORE_COLUMNS_MAX);
		return -1;
	}
	for (size_t i = 0; i < table->column_count; i++)
		if (check_column(table, i, error))
			return -1;
	return check_key(table, error);
}
