#include "store/postgres/shown.h"

/*
 * What is looked at in patterns' tables, and in pages for their sake.  Rows lie by page, and of
 * each share the pages that a crawl found last have the highest numbers: what is read from there
 * costs as much as is read, however large the table is.
 */

#define PAGE POSTGRES_SHOWN_PAGE
#define ROW  POSTGRES_SHOWN_N

#define ROWS_FIRST 64 /* that are read at once, and then more and more */
#define ROWS_MAX   4096

static int more_rows(int count)
{
	return count < ROWS_MAX ? count * 4 : count;
}

/* ---- rows ---- */

static struct postgres_shown
shown_of(struct store *door, bool has_url,
	 int (*function)(void *context, const struct store_shown_row *row), void *context)
{
	return (struct postgres_shown){ .store = postgres_of(door),
					.function = function,
					.context = context,
					.has_url = has_url,
					.left = SIZE_MAX };
}

/* The next rows, from the highest place down.  Returns how many there were, or -1. */
static int next_rows(struct postgres_shown *shown, int64_t place, int count)
{
	struct store_value values[] = { postgres_of_key(postgres_page_of(place)),
					postgres_of_integer(postgres_row_of(place)) };
	struct postgres_sql sql;
	PGresult *rows;
	int found = -1;

	postgres_sql_begin(&sql, shown->store);
	postgres_shown_put_select(shown, &sql);
	if (place != 0)
		fputs(" AND (" PAGE ", " ROW ") < ($1, $2)", sql.out);
	postgres_shown_put_order(&sql, POSTGRES_SHOWN_DOWN, (size_t)count);
	rows = postgres_ask(shown->store, postgres_sql_text(&sql), values, place != 0 ? 2 : 0);
	postgres_sql_end(&sql);
	if (rows) {
		postgres_shown_tell(shown, rows);
		found = PQntuples(rows);
	}
	PQclear(rows);
	return found;
}

int postgres_each_row(struct store *door, const char *pattern,
		      int (*function)(void *context, const struct store_shown_row *row),
		      void *context)
{
	struct postgres_shown shown = shown_of(door, false, function, context);
	int result = postgres_shown_begin(&shown, pattern);

	for (int count = ROWS_FIRST; result > 0 && shown.left > 0; count = more_rows(count))
		result = next_rows(&shown, shown.last, count);
	postgres_shown_end(&shown);
	return result < 0 ? -1 : 0;
}

/* ---- rows of the pages that were visited last ---- */

#define NOTED_MAX 10 /* 2 * STORE_REPORT_PAGES_MAX */
_Static_assert(NOTED_MAX == 2 * STORE_REPORT_PAGES_MAX, "as many as two runs may note");

/*
 * From one page to the one before it, by their ids: rows between are not read; and the pages that
 * the last two runs noted: one that has just begun has none yet.  $1 is the pattern.
 */
static PGresult *find_pages(const struct postgres_shown *shown, const char *pattern)
{
	struct store_value name = postgres_of_string(pattern);
	struct postgres_sql sql;
	PGresult *pages;

	postgres_sql_begin(&sql, shown->store);
	fprintf(sql.out,
		"WITH RECURSIVE last (id, place) AS (SELECT max(" PAGE "), 1 FROM %s r"
		"  UNION ALL SELECT (SELECT max(" PAGE ") FROM %s r WHERE " PAGE " < l.id),"
		"  l.place + 1 FROM last l WHERE l.id IS NOT NULL AND l.place < %d),"
		" noted AS (SELECT e.url_id AS id FROM crawl_examples e"
		"  JOIN results r ON r.url_id = e.url_id"
		"  WHERE e.what = 'matched' AND e.name = $1 AND e.run IN"
		"   (SELECT id FROM runs ORDER BY id DESC LIMIT 2)"
		"  ORDER BY e.run DESC, e.place, e.node" POSTGRES_LIMIT(
			NOTED_MAX) "),"
				   " pages AS (SELECT id FROM last WHERE id IS NOT NULL UNION "
				   "SELECT id FROM noted) "
				   "SELECT p.id, u.url FROM pages p LEFT JOIN urls u ON u.id = p.id"
				   " LEFT JOIN results r ON r.url_id = p.id"
				   " ORDER BY coalesce(r.visit, 0) DESC, p.id DESC",
		shown->table, shown->table, STORE_NEWEST_PAGES);
	pages = postgres_ask(shown->store, postgres_sql_text(&sql), &name, 1);
	postgres_sql_end(&sql);
	return pages;
}

/* The next rows of a page.  Returns how many there were, or -1. */
static int next_of_page(struct postgres_shown *shown, int64_t id, int64_t after, int count)
{
	struct store_value values[] = { postgres_of_integer(id), postgres_of_integer(after) };
	struct postgres_sql sql;
	PGresult *rows;
	int found = -1;

	postgres_sql_begin(&sql, shown->store);
	postgres_shown_put_select(shown, &sql);
	fputs(" AND " PAGE " = $1 AND " ROW " > $2", sql.out);
	postgres_shown_put_order(&sql, ROW, (size_t)count);
	rows = postgres_ask(shown->store, postgres_sql_text(&sql), values, 2);
	postgres_sql_end(&sql);
	if (rows) {
		postgres_shown_tell(shown, rows);
		found = PQntuples(rows);
	}
	PQclear(rows);
	return found;
}

/* Returns 0 or -1. */
static int tell_page(struct postgres_shown *shown, int64_t id)
{
	int64_t after = -1;
	int count = ROWS_FIRST, found = count;

	for (; found == count && shown->left > 0; after = postgres_row_of(shown->last)) {
		count = after < 0 ? ROWS_FIRST : more_rows(count);
		found = next_of_page(shown, id, after, count);
	}
	return found < 0 ? -1 : 0;
}

int postgres_each_newest_row(struct store *door, const char *pattern,
			     int (*function)(void *context, const struct store_shown_row *row),
			     void *context)
{
	struct postgres_shown shown = shown_of(door, true, function, context);
	int result = postgres_shown_begin(&shown, pattern);
	PGresult *pages = result > 0 ? find_pages(&shown, pattern) : NULL;

	if (result > 0)
		result = pages ? 0 : -1;
	for (int i = 0; result == 0 && pages && i < PQntuples(pages) && shown.left > 0; i++)
		result = tell_page(&shown, postgres_integer(pages, i, 0));
	PQclear(pages);
	postgres_shown_end(&shown);
	return result;
}

/* ---- pages that patterns were run on ---- */

/* clang-format off */
static const char matched_sql[] =
	"SELECT r.url_id, r.visit, CASE WHEN m.is_it THEN r.unmatched END,"
	" CASE WHEN m.is_it THEN r.counts END FROM results r"
	" CROSS JOIN LATERAL (SELECT r.state = 1"
	"  AND (r.unmatched IS NOT NULL OR r.counts IS NOT NULL)"
	"  AND r.visit > (SELECT coalesce(max(visits), 0) FROM crawl_passes"
	"   WHERE run_id < (SELECT max(id) FROM runs))"
	"  AND EXISTS (SELECT 1 FROM bodies b WHERE b.url_id = r.url_id AND b.is_text <> 0)"
	"  AS is_it) m WHERE r.url_id < $1 ORDER BY r.url_id DESC LIMIT $2";
/* clang-format on */

int postgres_each_matched(struct store *door,
			  int (*function)(void *context, const struct store_matched *page),
			  void *context)
{
	struct store_value values[] = { postgres_of_integer(INT64_MAX),
					postgres_of_integer(ROWS_MAX) };
	bool is_at_end = false;

	while (!is_at_end) {
		PGresult *rows = postgres_ask(postgres_of(door), matched_sql, values, 2);

		if (!rows)
			return -1;
		is_at_end = PQntuples(rows) == 0;
		for (int i = 0; i < PQntuples(rows) && !is_at_end; i++) {
			struct store_matched page = {
				.key = postgres_key(postgres_integer(rows, i, 0)),
				.visit = postgres_integer(rows, i, 1),
				.unmatched = postgres_text(rows, i, 2),
				.counts = postgres_text(rows, i, 3),
			};

			values[0].integer = postgres_integer(rows, i, 0);
			is_at_end = function(context, &page) < 0;
		}
		PQclear(rows);
	}
	return 0;
}
