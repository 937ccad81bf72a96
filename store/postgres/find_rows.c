#include "store/postgres/list.h"
#include "store/postgres/shown.h"

#include <inttypes.h>
#include <stdlib.h>

#include "parsers/text/memory.h"

/* Lists of rows: as they were found, or in the order of a field. */

#define PAGE POSTGRES_SHOWN_PAGE
#define ROW  POSTGRES_SHOWN_N

enum { TYPE_FLOAT8 = 701 };

struct row_list {
	struct postgres_list list; /* first */
	struct postgres_shown shown;
	const struct store_row_filter *filter;
};

/* ---- which ---- */

/*
 * A field as a text, as SQLite has it: a real number that is whole has a ".0".  Freed by the
 * caller.
 */
static char *text_of(const struct row_list *rows, size_t field)
{
	bool is_real = postgres_integer(rows->shown.fields, (int)field, 1) == TYPE_FLOAT8;
	char *column = postgres_quoted(rows->shown.columns[field]), *text;

	if (asprintf(&text,
		     is_real ? "regexp_replace(r.%s::text, '^-?[0-9]+$', '\\&.0')" : "r.%s::text",
		     column) < 0)
		memory_fail();
	free(column);
	return text;
}

static size_t find_field(const struct row_list *rows, const char *name)
{
	size_t i = 0;

	while (i < rows->shown.count && strcmp(rows->shown.columns[i], name) != 0)
		i++;
	return i;
}

static void put_field(struct row_list *rows, struct postgres_sql *sql,
		      const struct store_field_filter *wanted)
{
	size_t field = find_field(rows, wanted->field);
	char *text;

	fputs(" AND ", sql->out);
	if (field == rows->shown.count) {
		fputs("false", sql->out);
		return;
	}
	text = text_of(rows, field);
	if (wanted->text.at)
		postgres_sql_contains(sql, text, wanted->text);
	else
		postgres_sql_is_empty(sql, text);
	free(text);
}

static void put_wanted(struct row_list *rows, struct postgres_sql *sql)
{
	for (size_t i = 0; i < rows->filter->field_count; i++)
		put_field(rows, sql, &rows->filter->fields[i]);
	if (!rows->filter->text.at)
		return;
	fputs(" AND (false", sql->out);
	for (size_t i = 0; i < rows->shown.count; i++) {
		char *text = text_of(rows, i);

		fputs(" OR ", sql->out);
		postgres_sql_contains(sql, text, rows->filter->text);
		free(text);
	}
	fputs(")", sql->out);
}

static void put_page(struct row_list *rows, struct postgres_sql *sql)
{
	if (!store_key_is_none(rows->filter->page))
		fprintf(sql->out, " AND " PAGE " = %" PRId64, postgres_id(rows->filter->page));
}

/* ---- as they were found ---- */

static void put_from(struct postgres_list *list, struct postgres_sql *sql)
{
	struct row_list *rows = (struct row_list *)list;

	fprintf(sql->out, "FROM %s r WHERE true", rows->shown.table);
	put_page(rows, sql);
}

static void put_bound(struct postgres_list *list, struct postgres_sql *sql, const char *op,
		      int64_t place)
{
	(void)list;
	fprintf(sql->out, " AND (" PAGE ", " ROW ") %s (%" PRId64 ", %u)", op,
		postgres_id(postgres_page_of(place)), postgres_row_of(place));
}

/* Those of an answer.  Returns how many. */
static int tell(struct row_list *rows, const PGresult *found)
{
	int told;

	rows->shown.left = rows->list.left;
	told = postgres_shown_tell(&rows->shown, found);
	rows->list.left = rows->shown.left;
	return told;
}

static int hand_out(struct postgres_list *list, int64_t at, int64_t end, int64_t *last)
{
	struct row_list *rows = (struct row_list *)list;
	bool is_up = list->range->is_oldest_first;
	struct postgres_sql sql;
	PGresult *found;

	postgres_sql_begin(&sql, list->store);
	postgres_shown_put_select(&rows->shown, &sql);
	put_page(rows, &sql);
	if (at != 0)
		put_bound(list, &sql, is_up ? ">" : "<", at);
	if (end != 0)
		put_bound(list, &sql, is_up ? "<=" : ">=", end);
	put_wanted(rows, &sql);
	postgres_shown_put_order(&sql, list->order[is_up], list->left);
	found = postgres_ask(list->store, postgres_sql_text(&sql), NULL, 0);
	postgres_sql_end(&sql);
	if (found)
		tell(rows, found);
	*last = rows->shown.last;
	PQclear(found);
	return found ? 0 : -1;
}

static struct row_list list_of(struct store *door, const struct store_row_filter *filter,
			       const struct store_range *range,
			       int (*function)(void *context, const struct store_shown_row *row),
			       void *context, struct store_listed *listed)
{
	struct postgres_store *store = postgres_of(door);

	*listed = (struct store_listed){ .place = range->place };
	return (struct row_list){
		.list = { .store = store,
			  .range = range,
			  .listed = listed,
			  .left = range->count,
			  .put_from = put_from,
			  .put_bound = put_bound,
			  .columns = POSTGRES_SHOWN_UP,
			  .order = { POSTGRES_SHOWN_DOWN, POSTGRES_SHOWN_UP },
			  .place_of = postgres_shown_place,
			  .hand_out = hand_out },
		.shown = { .store = store,
			   .function = function,
			   .context = context,
			   .has_url = true },
		.filter = filter,
	};
}

int postgres_find_rows(struct store *door, const char *pattern,
		       const struct store_row_filter *filter, const struct store_range *range,
		       int (*function)(void *context, const struct store_shown_row *row),
		       void *context, struct store_listed *listed)
{
	struct row_list rows = list_of(door, filter, range, function, context, listed);
	int result = postgres_shown_begin(&rows.shown, pattern);

	if (result > 0)
		result = postgres_list_all(&rows.list);
	else if (result == 0)
		listed->is_at_end = true;
	postgres_shown_end(&rows.shown);
	return result == 0 || postgres_was_late(rows.list.store) ? 0 : -1;
}

/* ---- in the order of a field ---- */

struct place {
	bool is_there, is_null; /* the row that the last page ended with, and its field */
};

/* Returns 0 or -1. */
static int find_place(struct row_list *rows, const char *field, struct place *place)
{
	struct postgres_sql sql;
	PGresult *found;

	postgres_sql_begin(&sql, rows->list.store);
	fprintf(sql.out, "SELECT (r.%s IS NULL)::int FROM %s r WHERE true", field,
		rows->shown.table);
	put_bound(&rows->list, &sql, "=", rows->list.range->place);
	found = postgres_ask(rows->list.store, postgres_sql_text(&sql), NULL, 0);
	postgres_sql_end(&sql);
	if (!found)
		return -1;
	*place = (struct place){ .is_there = PQntuples(found) > 0 };
	place->is_null = place->is_there && postgres_bool(found, 0, 0);
	PQclear(found);
	return 0;
}

/* Behind that row: NULLs are less than all else, and equal values lie as they were found. */
static void put_behind(struct row_list *rows, struct postgres_sql *sql, const char *field,
		       const struct place *place)
{
	bool is_up = rows->list.range->is_oldest_first;
	const char *way = is_up ? ">" : "<";
	int64_t at = rows->list.range->place;

	if (!place->is_there)
		return;
	if (place->is_null) {
		fprintf(sql->out, " AND (r.%s IS %s NULL %s (true", field, is_up ? "NOT" : "",
			is_up ? "OR" : "AND");
		put_bound(&rows->list, sql, way, at);
		fputs("))", sql->out);
		return;
	}
	fprintf(sql->out, " AND (r.%s %s (SELECT value FROM at)", field, way);
	if (!is_up)
		fprintf(sql->out, " OR r.%s IS NULL", field);
	fprintf(sql->out, " OR (r.%s = (SELECT value FROM at)", field);
	put_bound(&rows->list, sql, way, at);
	fputs("))", sql->out);
}

/* The field of that row, once. */
static void put_at(struct row_list *rows, struct postgres_sql *sql, const char *field)
{
	fprintf(sql->out, "WITH at (value) AS MATERIALIZED (SELECT r.%s FROM %s r WHERE true",
		field, rows->shown.table);
	put_bound(&rows->list, sql, "=", rows->list.range->place);
	fputs(") ", sql->out);
}

static PGresult *sort(struct row_list *rows, const char *field)
{
	const struct store_range *range = rows->list.range;
	struct place place = { .is_there = false };
	struct postgres_sql sql;
	PGresult *sorted;
	char *order;

	if (range->place != 0 && find_place(rows, field, &place) < 0)
		return NULL;
	if (asprintf(&order, "r.%s %s, %s", field,
		     range->is_oldest_first ? "NULLS FIRST" : "DESC NULLS LAST",
		     rows->list.order[range->is_oldest_first]) < 0)
		memory_fail();
	postgres_sql_begin(&sql, rows->list.store);
	if (place.is_there && !place.is_null)
		put_at(rows, &sql, field);
	postgres_shown_put_select(&rows->shown, &sql);
	put_page(rows, &sql);
	put_wanted(rows, &sql);
	put_behind(rows, &sql, field, &place);
	postgres_shown_put_order(&sql, order, range->count + 1);
	sorted = postgres_ask(rows->list.store, postgres_sql_text(&sql), NULL, 0);
	postgres_sql_end(&sql);
	free(order);
	return sorted;
}

/* Those that are wanted, and maybe one more: then it is not at its end. */
static void tell_sorted(struct row_list *rows, const PGresult *sorted)
{
	struct store_listed *listed = rows->list.listed;
	int told = tell(rows, sorted);

	if (told > 0)
		listed->place = rows->shown.last;
	listed->looked_at = (uint64_t)told;
	listed->is_at_end = told == PQntuples(sorted);
}

int postgres_sort_rows(struct store *door, const char *pattern, const char *field,
		       const struct store_row_filter *filter, const struct store_range *range,
		       int (*function)(void *context, const struct store_shown_row *row),
		       void *context, struct store_listed *listed)
{
	struct row_list rows = list_of(door, filter, range, function, context, listed);
	int result = postgres_shown_begin(&rows.shown, pattern);
	char *column = postgres_quoted(field);
	PGresult *sorted;

	if (result == 0)
		listed->is_at_end = true;
	if (result > 0) {
		sorted = sort(&rows, column);
		if (sorted)
			tell_sorted(&rows, sorted);
		result = sorted ? 0 : -1;
		PQclear(sorted);
	}
	free(column);
	postgres_shown_end(&rows.shown);
	return result == 0 || postgres_was_late(rows.list.store) ? 0 : -1;
}
