#include "store/sqlite/internal.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

struct sqlite_bound {
	bool is_text;
	struct slice text;
	int64_t number;
};

void sqlite_filter_begin(struct sqlite_filter *filter)
{
	*filter = (struct sqlite_filter){ .sql = sqlite3_str_new(NULL) };
}

/* Returns its number. */
static int bind(struct sqlite_filter *filter, struct sqlite_bound bound)
{
	filter->bound =
		memory_resize(filter->bound, (filter->bound_count + 1) * sizeof(*filter->bound));
	filter->bound[filter->bound_count++] = bound;
	return (int)filter->bound_count + 1;
}

void sqlite_filter_text(struct sqlite_filter *filter, struct slice text)
{
	sqlite3_str_appendf(filter->sql, "?%d",
			    bind(filter, (struct sqlite_bound){ .is_text = true, .text = text }));
}

void sqlite_filter_number(struct sqlite_filter *filter, int64_t number)
{
	sqlite3_str_appendf(filter->sql, "?%d",
			    bind(filter, (struct sqlite_bound){ .number = number }));
}

/* "100%" becomes "%100\%%". */
static struct slice like(struct sqlite_filter *filter, struct slice text)
{
	char *pattern = memory_new(2 * text.size + 2, 1);
	size_t size = 0;

	pattern[size++] = '%';
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '%' || text.at[i] == '_' || text.at[i] == '\\')
			pattern[size++] = '\\';
		pattern[size++] = text.at[i];
	}
	pattern[size++] = '%';
	filter->patterns = memory_resize(filter->patterns,
					 (filter->pattern_count + 1) * sizeof(*filter->patterns));
	filter->patterns[filter->pattern_count++] = pattern;
	return (struct slice){ pattern, size };
}

void sqlite_filter_again(struct sqlite_filter *filter, int number)
{
	sqlite3_str_appendf(filter->sql, " LIKE ?%d ESCAPE '\\'", number);
}

int sqlite_filter_contains(struct sqlite_filter *filter, struct slice text)
{
	int number =
		bind(filter, (struct sqlite_bound){ .is_text = true, .text = like(filter, text) });

	sqlite_filter_again(filter, number);
	return number;
}

sqlite3_stmt *sqlite_filter_end(struct sqlite_filter *filter, struct sqlite_store *store)
{
	char *sql = sqlite3_str_finish(filter->sql);
	sqlite3_stmt *statement;

	if (!sql)
		memory_fail();
	statement = sqlite_prepare(store, sql);
	for (size_t i = 0; statement && i < filter->bound_count; i++) {
		const struct sqlite_bound *bound = &filter->bound[i];

		if (bound->is_text)
			sqlite3_bind_text(statement, (int)i + 2, bound->text.at,
					  (int)bound->text.size, SQLITE_TRANSIENT);
		else
			sqlite3_bind_int64(statement, (int)i + 2, bound->number);
	}
	for (size_t i = 0; i < filter->pattern_count; i++)
		free(filter->patterns[i]);
	free(filter->patterns);
	free(filter->bound);
	sqlite3_free(sql);
	return statement;
}

int sqlite_end_list(struct sqlite_store *store, sqlite3_stmt *scan, int step)
{
	if (scan && sqlite_end_scan(store, scan, step) == 0)
		return 0;
	return sqlite_was_late(store) ? 0 : -1;
}
