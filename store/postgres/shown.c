#include "store/postgres/shown.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

int postgres_shown_begin(struct postgres_shown *shown, const char *pattern)
{
	int found = postgres_find_rows_table(shown->store, pattern, &shown->table);

	if (found <= 0)
		return found;
	if (postgres_find_fields(shown->store, pattern, &shown->fields))
		return -1;
	shown->count = (size_t)PQntuples(shown->fields);
	shown->columns = memory_new(shown->count + 1, sizeof(*shown->columns));
	shown->values = memory_new(shown->count + 1, sizeof(*shown->values));
	for (size_t i = 0; i < shown->count; i++)
		shown->columns[i] = PQgetvalue(shown->fields, (int)i, 0);
	return 1;
}

void postgres_shown_end(struct postgres_shown *shown)
{
	free(shown->table);
	PQclear(shown->fields);
	free(shown->columns);
	free(shown->values);
}

#define COLUMNS_BEFORE 3 /* page, n, url */

void postgres_shown_put_select(const struct postgres_shown *shown, struct postgres_sql *sql)
{
	fputs("SELECT " POSTGRES_SHOWN_UP ", u.url", sql->out);
	for (size_t i = 0; i < shown->count; i++) {
		char *column = postgres_quoted(shown->columns[i]);

		fprintf(sql->out, ", r.%s", column);
		free(column);
	}
	fprintf(sql->out, " FROM (SELECT * FROM %s r WHERE true", shown->table);
}

void postgres_shown_put_order(struct postgres_sql *sql, const char *order, size_t count)
{
	fprintf(sql->out,
		" ORDER BY %s LIMIT %zu) r LEFT JOIN urls u ON u.id = " POSTGRES_SHOWN_PAGE
		" ORDER BY %s",
		order, count, order);
}

int64_t postgres_shown_place(const PGresult *rows, int i)
{
	return postgres_place_of(postgres_key(postgres_integer(rows, i, 0)),
				 (uint32_t)postgres_integer(rows, i, 1));
}

int postgres_shown_tell(struct postgres_shown *shown, const PGresult *rows)
{
	int i;

	for (i = 0; i < PQntuples(rows) && shown->left > 0; i++) {
		struct store_shown_row row = {
			.page = postgres_key(postgres_integer(rows, i, 0)),
			.number = (uint32_t)postgres_integer(rows, i, 1),
			.place = postgres_shown_place(rows, i),
			.columns = shown->columns,
			.values = shown->values,
			.count = shown->count,
		};

		if (shown->has_url)
			row.page_url = postgres_text(rows, i, 2);
		for (size_t field = 0; field < shown->count; field++)
			shown->values[field] = postgres_value(rows, i, (int)field + COLUMNS_BEFORE);
		shown->last = row.place;
		shown->left--;
		if (shown->function(shown->context, &row) < 0)
			shown->left = 0;
	}
	return i;
}
