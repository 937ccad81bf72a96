#include "store/sqlite/internal.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

/*
 * What is looked at in patterns' tables, and in pages for their sake.  Rows lie by page, and the
 * pages that a crawl found last have the highest numbers: what is read from there costs as much as
 * is read, however large the table is.
 */

/* Does the file have a table of the pattern?  Returns its SQL, freed with sqlite3_free(), or NULL.
 */
static char *find_made(struct sqlite_store *store, const char *pattern)
{
	sqlite3_stmt *find =
		sqlite_prepare(store, "SELECT sql FROM sqlite_schema WHERE type = 'table'"
				      " AND name = ?1 || ?2 COLLATE NOCASE");

	if (!find)
		return NULL;
	sqlite_bind_string(find, 1, store->rows_prefix);
	sqlite_bind_string(find, 2, pattern);
	return sqlite_take_text(store, find);
}

/* Whose columns are STORE_ROW_COLUMN and those of the table.  Returns NULL on failure. */
static sqlite3_stmt *prepare_on(struct sqlite_store *store, const char *pattern, const char *which)
{
	char *sql =
		sqlite3_mprintf("SELECT * FROM \"%w%w\" %s", store->rows_prefix, pattern, which);
	sqlite3_stmt *rows = sqlite_prepare(store, sql);

	sqlite3_free(sql);
	return rows;
}

int sqlite_each_column(struct store *door, const char *pattern,
		       int (*function)(void *context, const char *name, bool is_json),
		       void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	char *made = find_made(store, pattern);
	sqlite3_stmt *columns;
	int step;

	if (!made)
		return store->base.has_failed ? -1 : 0;
	columns = sqlite_prepare(store, "SELECT name FROM pragma_table_info(?1 || ?2)"
					" WHERE name <> '" STORE_ROW_COLUMN "' ORDER BY cid");
	if (columns) {
		sqlite_bind_string(columns, 1, store->rows_prefix);
		sqlite_bind_string(columns, 2, pattern);
	}
	while (columns && (step = sqlite3_step(columns)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(columns, 0);

		if (function(context, name, sqlite_is_marked(made, name)) < 0)
			break;
	}
	sqlite3_free(made);
	return columns ? sqlite_end_scan(store, columns, step) : -1;
}

/* ---- rows ---- */

static void take_values(sqlite3_stmt *rows, struct store_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		values[i] = sqlite_column_value(rows, (int)i + 1, false);
}

/* Of these rows; is_stopped: function has had enough.  Returns the last step. */
static int emit_rows(sqlite3_stmt *rows, struct slice page_url,
		     int (*function)(void *context, const struct store_shown_row *row),
		     void *context, bool *is_stopped)
{
	size_t count = (size_t)sqlite3_column_count(rows) - 1;
	struct store_value *values = memory_new(count + 1, sizeof(*values));
	const char **columns = memory_new(count + 1, sizeof(*columns));
	int step = SQLITE_DONE;

	for (size_t i = 0; i < count; i++)
		columns[i] = sqlite3_column_name(rows, (int)i + 1);
	while (!*is_stopped && (step = sqlite3_step(rows)) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(rows, 0);
		struct store_shown_row row = {
			.page = { 0, (uint32_t)(id >> SQLITE_ROW_BITS) },
			.number = (uint32_t)(id & (STORE_ROWS_MAX - 1)),
			.place = id,
			.page_url = page_url,
			.columns = columns,
			.values = values,
			.count = count,
		};

		take_values(rows, values, count);
		*is_stopped = function(context, &row) < 0;
	}
	free(columns);
	free(values);
	return step;
}

int sqlite_each_row(struct store *door, const char *pattern,
		    int (*function)(void *context, const struct store_shown_row *row),
		    void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	char *made = find_made(store, pattern);
	sqlite3_stmt *rows;
	bool is_stopped = false;

	if (!made)
		return store->base.has_failed ? -1 : 0;
	sqlite3_free(made);
	rows = prepare_on(store, pattern, "ORDER BY \"" STORE_ROW_COLUMN "\" DESC");
	if (!rows)
		return -1;
	return sqlite_end_scan(
		store, rows,
		emit_rows(rows, (struct slice){ NULL, 0 }, function, context, &is_stopped));
}

/* ---- rows of the pages that were visited last ---- */

#define NOTED_MAX (2 * STORE_REPORT_PAGES_MAX)

struct page {
	int64_t id, visit;
};

struct pages {
	struct page list[STORE_NEWEST_PAGES + NOTED_MAX];
	size_t count;
};

/* The visit of a page, or 0. */
static int64_t visit_of(sqlite3_stmt *find, int64_t id)
{
	int64_t visit = 0;

	sqlite3_bind_int64(find, 1, id);
	if (sqlite3_step(find) == SQLITE_ROW)
		visit = sqlite3_column_int64(find, 0);
	sqlite3_reset(find);
	return visit;
}

/* From one page to the one before it, by the row ids: rows between are not read. */
static int find_pages(struct sqlite_store *store, const char *pattern, struct pages *pages)
{
	char *sql = sqlite3_mprintf("SELECT max(\"" STORE_ROW_COLUMN "\") FROM \"%w%w\""
				    " WHERE \"" STORE_ROW_COLUMN "\" < ?1",
				    store->rows_prefix, pattern);
	sqlite3_stmt *last = sqlite_prepare(store, sql);
	sqlite3_stmt *find =
		last ? sqlite_prepare(store, "SELECT visit FROM results WHERE url_id = ?1") : NULL;
	int64_t before = INT64_MAX;
	int step = SQLITE_ROW;

	sqlite3_free(sql);
	while (find && step == SQLITE_ROW && pages->count < STORE_NEWEST_PAGES) {
		int64_t id;

		sqlite3_bind_int64(last, 1, before);
		step = sqlite3_step(last);
		if (step != SQLITE_ROW || sqlite3_column_type(last, 0) == SQLITE_NULL)
			break;
		id = sqlite3_column_int64(last, 0) >> SQLITE_ROW_BITS;
		sqlite3_reset(last);
		pages->list[pages->count++] = (struct page){ id, visit_of(find, id) };
		before = sqlite_row_id(id, 0);
	}
	sqlite3_finalize(find);
	return last ? sqlite_end_scan(store, last, find ? step : SQLITE_ERROR) : -1;
}

/*
 * The pages that the last two runs noted: one that has just begun has none yet.  Whatever they
 * noted, no page is there twice.
 */
static int add_noted(struct sqlite_store *store, const char *pattern, struct pages *pages)
{
	sqlite3_stmt *noted = sqlite_prepare(
		store, "SELECT e.url_id, r.visit FROM crawl_examples e"
		       " JOIN results r ON r.url_id = e.url_id"
		       " WHERE e.what = 'matched' AND e.name = ?1 AND e.run IN"
		       "  (SELECT id FROM runs ORDER BY id DESC LIMIT 2)"
		       " ORDER BY e.run DESC, e.place" SQLITE_LIMIT(NOTED_MAX));
	int step;

	if (!noted)
		return -1;
	sqlite_bind_string(noted, 1, pattern);
	while ((step = sqlite3_step(noted)) == SQLITE_ROW) {
		int64_t id = sqlite3_column_int64(noted, 0);
		size_t i = 0;

		while (i < pages->count && pages->list[i].id != id)
			i++;
		if (i == pages->count)
			pages->list[pages->count++] =
				(struct page){ id, sqlite3_column_int64(noted, 1) };
	}
	return sqlite_end_scan(store, noted, step);
}

static int by_visit(const void *left, const void *right)
{
	const struct page *a = left, *b = right;

	if (a->visit != b->visit)
		return a->visit > b->visit ? -1 : 1;
	return (a->id < b->id) - (a->id > b->id);
}

/* The text of a URL, in the statement. */
static struct slice url_of(sqlite3_stmt *find, int64_t id)
{
	sqlite3_reset(find);
	sqlite3_bind_int64(find, 1, id);
	return sqlite3_step(find) == SQLITE_ROW ? sqlite_column_text(find, 0)
						: (struct slice){ NULL, 0 };
}

static int emit_pages(struct sqlite_store *store, const char *pattern, const struct pages *pages,
		      int (*function)(void *context, const struct store_shown_row *row),
		      void *context)
{
	sqlite3_stmt *rows = prepare_on(store, pattern,
					"WHERE \"" STORE_ROW_COLUMN "\" BETWEEN ?1 AND ?2"
					" ORDER BY \"" STORE_ROW_COLUMN "\"");
	sqlite3_stmt *find =
		rows ? sqlite_prepare(store, "SELECT url FROM urls WHERE id = ?1") : NULL;
	bool is_stopped = false;
	int step = SQLITE_DONE;

	for (size_t i = 0; find && i < pages->count && !is_stopped; i++) {
		int64_t id = pages->list[i].id;

		sqlite3_bind_int64(rows, 1, sqlite_row_id(id, 0));
		sqlite3_bind_int64(rows, 2, sqlite_row_id(id, STORE_ROWS_MAX - 1));
		step = emit_rows(rows, url_of(find, id), function, context, &is_stopped);
		if (step != SQLITE_DONE)
			break;
		sqlite3_reset(rows);
	}
	sqlite3_finalize(find);
	return rows ? sqlite_end_scan(store, rows, find ? step : SQLITE_ERROR) : -1;
}

int sqlite_each_newest_row(struct store *door, const char *pattern,
			   int (*function)(void *context, const struct store_shown_row *row),
			   void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	char *made = find_made(store, pattern);
	struct pages pages = { .count = 0 };

	if (!made)
		return store->base.has_failed ? -1 : 0;
	sqlite3_free(made);
	if (find_pages(store, pattern, &pages) < 0 || add_noted(store, pattern, &pages) < 0)
		return -1;
	qsort(pages.list, pages.count, sizeof(pages.list[0]), by_visit);
	return emit_pages(store, pattern, &pages, function, context);
}

/* ---- pages that patterns were run on ---- */

/*
 * Every result is a row, also one that has nothing to tell: whoever has no time left is heard
 * between two of them.
 */
/* clang-format off */
static const char matched_sql[] =
	"SELECT r.url_id, r.visit, r.unmatched, r.counts, r.state = 1"
	" AND (r.unmatched IS NOT NULL OR r.counts IS NOT NULL)"
	" AND r.visit > (SELECT coalesce(max(visits), 0) FROM crawl_passes"
	"  WHERE run_id < (SELECT max(id) FROM runs))"
	" AND EXISTS (SELECT 1 FROM bodies b WHERE b.url_id = r.url_id AND b.is_text)"
	" FROM results r ORDER BY r.url_id DESC";
/* clang-format on */

int sqlite_each_matched(struct store *door,
			int (*function)(void *context, const struct store_matched *page),
			void *context)
{
	struct sqlite_store *store = sqlite_of(door);
	sqlite3_stmt *all = sqlite_prepare(store, matched_sql);
	int step;

	if (!all)
		return -1;
	while ((step = sqlite3_step(all)) == SQLITE_ROW) {
		struct store_matched page = { .key = { 0, (uint32_t)sqlite3_column_int64(all, 0) },
					      .visit = sqlite3_column_int64(all, 1) };

		if (sqlite3_column_int(all, 4)) {
			page.unmatched = sqlite_column_text(all, 2);
			page.counts = sqlite_column_text(all, 3);
		}
		if (function(context, &page) < 0)
			break;
	}
	return sqlite_end_scan(store, all, step);
}
