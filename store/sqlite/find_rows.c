#include "store/sqlite/internal.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

/*
 * Lists of rows.  Every row is looked at by the scan, and whether it is wanted is a column of it,
 * not a condition: so whoever has no time left knows how far it came.
 */
#define ROW_ID "\"" STORE_ROW_COLUMN "\""

struct row_list {
	struct sqlite_store *store;
	const char *pattern;
	const struct store_row_filter *filter;
	const struct store_range *range;
	int (*function)(void *context, const struct store_shown_row *row);
	void *context;
	size_t left;

	sqlite3_stmt *one, *url; /* the row of an id, the URL of a page */
	size_t count;            /* columns behind the id */
	const char **columns;
	struct store_value *values;
};

/* ---- a row ---- */

/* Returns 0, or -1: the store failed, or is late. */
static int list_begin(struct row_list *list)
{
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w%w\" WHERE " ROW_ID " = ?1",
				    list->store->rows_prefix, list->pattern);

	list->left = list->range->count;
	list->one = sqlite_prepare(list->store, sql);
	sqlite3_free(sql);
	if (!list->one)
		return -1;
	list->url = sqlite_prepare(list->store, "SELECT url FROM urls WHERE id = ?1");
	if (!list->url)
		return -1;
	list->count = (size_t)sqlite3_column_count(list->one) - 1;
	list->columns = memory_new(list->count + 1, sizeof(*list->columns));
	list->values = memory_new(list->count + 1, sizeof(*list->values));
	for (size_t i = 0; i < list->count; i++)
		list->columns[i] = sqlite3_column_name(list->one, (int)i + 1);
	return 0;
}

static void list_end(struct row_list *list)
{
	sqlite3_finalize(list->one);
	sqlite3_finalize(list->url);
	free(list->columns);
	free(list->values);
}

/* Returns SQLITE_DONE, or the step that failed. */
static int find_url(struct row_list *list, int64_t page, struct slice *url)
{
	int step;

	sqlite3_reset(list->url);
	sqlite3_bind_int64(list->url, 1, page);
	step = sqlite3_step(list->url);
	*url = step == SQLITE_ROW ? sqlite_column_text(list->url, 0) : (struct slice){ NULL, 0 };
	return step == SQLITE_ROW ? SQLITE_DONE : step;
}

/* Likewise. */
static int hand_out(struct row_list *list, int64_t id)
{
	struct store_shown_row row = {
		.page = { 0, (uint32_t)(id >> SQLITE_ROW_BITS) },
		.number = (uint32_t)(id & (STORE_ROWS_MAX - 1)),
		.place = id,
		.columns = list->columns,
		.values = list->values,
		.count = list->count,
	};
	int step;

	sqlite3_reset(list->one);
	sqlite3_bind_int64(list->one, 1, id);
	step = sqlite3_step(list->one);
	if (step != SQLITE_ROW)
		return step;
	for (size_t i = 0; i < list->count; i++)
		list->values[i] = sqlite_column_value(list->one, (int)i + 1, false);
	step = find_url(list, row.page.number, &row.page_url);
	if (step != SQLITE_DONE)
		return step;
	list->left--;
	if (list->function(list->context, &row) < 0)
		list->left = 0;
	return SQLITE_DONE;
}

/* The rows of a scan: their ids, and whether each is wanted.  Ends both. */
static int hand_out_all(struct row_list *list, sqlite3_stmt *scan, struct store_listed *listed)
{
	int step = scan ? sqlite3_step(scan) : SQLITE_ERROR;

	while (step == SQLITE_ROW && list->left > 0) {
		int64_t id = sqlite3_column_int64(scan, 0);
		int handed = sqlite3_column_int(scan, 1) ? hand_out(list, id) : SQLITE_DONE;

		if (handed != SQLITE_DONE) {
			step = handed;
			break;
		}
		listed->place = id;
		listed->looked_at++;
		step = sqlite3_step(scan);
	}
	listed->is_at_end = step == SQLITE_DONE;
	list_end(list);
	return sqlite_end_list(list->store, scan, step);
}

/* ---- which ---- */

/* As a CASE that stops at the first that is not so: a chain of AND has a bounded depth. */
static void put_wanted(const struct row_list *list, struct sqlite_filter *filter)
{
	sqlite3_str_appendall(filter->sql, "CASE WHEN 0 THEN 0");
	for (size_t i = 0; i < list->filter->field_count; i++) {
		const struct store_field_filter *field = &list->filter->fields[i];

		if (field->text.at) {
			sqlite3_str_appendf(filter->sql, " WHEN \"%w\" IS NULL OR NOT \"%w\"",
					    field->field, field->field);
			sqlite_filter_contains(filter, field->text);
			sqlite3_str_appendall(filter->sql, " THEN 0");
		} else {
			sqlite3_str_appendf(filter->sql,
					    " WHEN trim(coalesce(\"%w\", ''),"
					    " char(9, 10, 11, 12, 13, 32)) <> '' THEN 0",
					    field->field);
		}
	}
	if (list->filter->text.at) {
		int number = 0;

		for (size_t i = 0; i < list->count; i++) {
			sqlite3_str_appendf(filter->sql, " WHEN \"%w\"", list->columns[i]);
			if (i == 0)
				number = sqlite_filter_contains(filter, list->filter->text);
			else
				sqlite_filter_again(filter, number);
			sqlite3_str_appendall(filter->sql, " THEN 1");
		}
		sqlite3_str_appendall(filter->sql, " ELSE 0 END");
	} else {
		sqlite3_str_appendall(filter->sql, " ELSE 1 END");
	}
}

static void put_page(const struct row_list *list, struct sqlite_filter *filter)
{
	struct store_key page = list->filter->page;

	if (store_key_is_none(page))
		return;
	sqlite3_str_appendf(filter->sql, " AND " ROW_ID " BETWEEN %lld AND %lld",
			    (long long)sqlite_row_id(page.number, 0),
			    (long long)sqlite_row_id(page.number, STORE_ROWS_MAX - 1));
}

/* ---- as they were found ---- */

static sqlite3_stmt *scan_rows(const struct row_list *list)
{
	const struct store_range *range = list->range;
	struct sqlite_filter filter;

	sqlite_filter_begin(&filter);
	sqlite3_str_appendall(filter.sql, "SELECT " ROW_ID ", ");
	put_wanted(list, &filter);
	sqlite3_str_appendf(filter.sql, " FROM \"%w%w\" WHERE 1", list->store->rows_prefix,
			    list->pattern);
	put_page(list, &filter);
	if (range->place != 0) {
		sqlite3_str_appendf(filter.sql, " AND " ROW_ID " %s ",
				    range->is_oldest_first ? ">" : "<");
		sqlite_filter_number(&filter, range->place);
	}
	sqlite3_str_appendf(filter.sql, " ORDER BY " ROW_ID " %s",
			    range->is_oldest_first ? "ASC" : "DESC");
	return sqlite_filter_end(&filter, list->store);
}

int sqlite_find_rows(struct store *door, const char *pattern, const struct store_row_filter *filter,
		     const struct store_range *range,
		     int (*function)(void *context, const struct store_shown_row *row),
		     void *context, struct store_listed *listed)
{
	struct row_list list = { .store = sqlite_of(door),
				 .pattern = pattern,
				 .filter = filter,
				 .range = range,
				 .function = function,
				 .context = context };
	sqlite3_stmt *scan = list_begin(&list) == 0 ? scan_rows(&list) : NULL;

	listed->place = range->place;
	listed->is_at_end = false;
	return hand_out_all(&list, scan, listed);
}

/* ---- in the order of a field ---- */

struct place {
	bool is_there, is_null; /* the row that the last page ended with, and its field */
};

/* Returns 0 or -1. */
static int find_place(const struct row_list *list, const char *field, struct place *place)
{
	char *sql = sqlite3_mprintf("SELECT \"%w\" IS NULL FROM \"%w%w\" WHERE " ROW_ID " = %lld",
				    field, list->store->rows_prefix, list->pattern,
				    (long long)list->range->place);
	sqlite3_stmt *find = sqlite_prepare(list->store, sql);
	int step;

	sqlite3_free(sql);
	if (!find)
		return -1;
	step = sqlite3_step(find);
	*place = (struct place){ .is_there = step == SQLITE_ROW,
				 .is_null = sqlite3_column_int(find, 0) };
	return sqlite_end_scan(list->store, find, step);
}

/* Behind that row: NULLs are less than all else, and equal values lie as they were found. */
static void put_behind(const struct row_list *list, struct sqlite_filter *filter, const char *field,
		       const struct place *place)
{
	bool is_up = list->range->is_oldest_first;
	const char *way = is_up ? ">" : "<";
	long long id = list->range->place;

	if (!place->is_there)
		return;
	if (place->is_null) {
		sqlite3_str_appendf(filter->sql, " AND (\"%w\" IS %s NULL %s " ROW_ID " %s %lld)",
				    field, is_up ? "NOT" : "", is_up ? "OR" : "AND", way, id);
		return;
	}
	sqlite3_str_appendf(filter->sql, " AND (\"%w\" %s (SELECT value FROM at)%s", field, way,
			    is_up ? "" : " OR ");
	if (!is_up)
		sqlite3_str_appendf(filter->sql, "\"%w\" IS NULL", field);
	sqlite3_str_appendf(filter->sql,
			    " OR (\"%w\" = (SELECT value FROM at) AND " ROW_ID " %s %lld))", field,
			    way, id);
}

static sqlite3_stmt *sort_rows(const struct row_list *list, const char *field)
{
	const char *prefix = list->store->rows_prefix;
	const char *way = list->range->is_oldest_first ? "ASC" : "DESC";
	struct place place = { .is_there = false };
	struct sqlite_filter filter;

	if (list->range->place != 0 && find_place(list, field, &place) < 0)
		return NULL;
	sqlite_filter_begin(&filter);
	sqlite3_str_appendf(filter.sql,
			    "WITH at (value) AS MATERIALIZED (SELECT \"%w\" FROM \"%w%w\""
			    " WHERE " ROW_ID " = %lld)"
			    " SELECT " ROW_ID ", 1 FROM \"%w%w\" WHERE (",
			    field, prefix, list->pattern, (long long)list->range->place, prefix,
			    list->pattern);
	put_wanted(list, &filter);
	sqlite3_str_appendall(filter.sql, ")");
	put_page(list, &filter);
	put_behind(list, &filter, field, &place);
	sqlite3_str_appendf(filter.sql, " ORDER BY \"%w\" %s, " ROW_ID " %s LIMIT %lld", field, way,
			    way, (long long)list->range->count + 1);
	return sqlite_filter_end(&filter, list->store);
}

int sqlite_sort_rows(struct store *door, const char *pattern, const char *field,
		     const struct store_row_filter *filter, const struct store_range *range,
		     int (*function)(void *context, const struct store_shown_row *row),
		     void *context, struct store_listed *listed)
{
	struct row_list list = { .store = sqlite_of(door),
				 .pattern = pattern,
				 .filter = filter,
				 .range = range,
				 .function = function,
				 .context = context };
	sqlite3_stmt *sorted = list_begin(&list) == 0 ? sort_rows(&list, field) : NULL;

	*listed = (struct store_listed){ .place = range->place };
	return hand_out_all(&list, sorted, listed);
}
