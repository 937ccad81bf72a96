#include "store/postgres/tables.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

/*
 * A table gets another key.  What "row key" says is made here, under the crawl's secret: so rows
 * are read a page at a time, and written back with theirs.
 */

#define ROWS_AT_ONCE 2000

static void put_json(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < ' ')
			fprintf(out, "\\u%04x", byte);
		else
			fprintf(out, byte == '"' || byte == '\\' ? "\\%c" : "%c", byte);
	}
	fputc('"', out);
}

char *postgres_key_names(const struct postgres_table *table)
{
	char *text;
	size_t size;
	FILE *out;

	if (table->key_count == 0)
		return NULL;
	out = postgres_begin_sql(&text, &size);
	for (size_t i = 0; i < table->key_count; i++) {
		fputc(i ? ',' : '[', out);
		put_json(out, table->columns[table->key[i]]);
	}
	fputc(']', out);
	fclose(out);
	return text;
}

bool postgres_has_other_key(const struct postgres_table *table,
			    const struct postgres_old_table *old)
{
	char *names = postgres_key_names(table);
	bool is_other = names && old->key ? !ascii_equal(slice_of(names), slice_of(old->key))
					  : names || postgres_find_old(old, POSTGRES_ROW_KEY);

	free(names);
	for (size_t i = 0; i < table->key_count && !is_other; i++) {
		const struct postgres_old_column *column =
			postgres_find_old(old, table->columns[table->key[i]]);

		is_other = !column ||
			   strcmp(column->type, postgres_type_of(table->kinds[table->key[i]])) != 0;
	}
	return is_other;
}

void postgres_tell_equal_rows(const char *name, struct store_error *error)
{
	error->cure = STORE_CURE_START_OVER;
	snprintf(error->text, STORE_ERROR_MAX,
		 "%.300s has rows equal in its new key: reparse it, or start over", name);
}

/* ---- keys of the rows that are there ---- */

/* Places and keys, as texts of arrays. */
struct keys {
	char *pages, *numbers, *keys;
	size_t size[3];
	FILE *page, *number, *key;
};

static void begin_keys(struct keys *keys)
{
	keys->page = postgres_begin_sql(&keys->pages, &keys->size[0]);
	keys->number = postgres_begin_sql(&keys->numbers, &keys->size[1]);
	keys->key = postgres_begin_sql(&keys->keys, &keys->size[2]);
}

static void add_key(struct keys *keys, struct store_value place[2], const unsigned char *key)
{
	const char *part = ftell(keys->page) > 0 ? "," : "{";

	fprintf(keys->page, "%s%lld", part, (long long)place[0].integer);
	fprintf(keys->number, "%s%lld", part, (long long)place[1].integer);
	fputs(part, keys->key);
	for (int i = 0; key && i < 16; i++)
		fprintf(keys->key, "%02x", key[i]);
	if (!key)
		fputs("NULL", keys->key);
}

static void end_keys(struct keys *keys)
{
	fputc('}', keys->page);
	fputc('}', keys->number);
	fputc('}', keys->key);
	fclose(keys->page);
	fclose(keys->number);
	fclose(keys->key);
}

static void free_keys(struct keys *keys)
{
	free(keys->pages);
	free(keys->numbers);
	free(keys->keys);
}

/* Rows behind a place, with the columns of the key. */
static char *read_sql(const struct postgres_table *table)
{
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	fputs("SELECT t.\"" POSTGRES_ROW_PAGE "\", t.\"" POSTGRES_ROW_N "\"", sql);
	for (size_t i = 0; i < table->key_count; i++) {
		fputs(", t.", sql);
		postgres_put_name(sql, table->columns[table->key[i]]);
	}
	fputs(" FROM ", sql);
	postgres_put_name(sql, table->relation);
	fprintf(sql,
		" t WHERE (t.\"" POSTGRES_ROW_PAGE "\", t.\"" POSTGRES_ROW_N
		"\") > ($1::bigint, $2::bigint) ORDER BY 1, 2 LIMIT %d",
		ROWS_AT_ONCE);
	fclose(sql);
	return text;
}

static char *write_sql(const struct postgres_table *table)
{
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	fputs("UPDATE ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" t SET \"" POSTGRES_ROW_KEY "\" = d.key FROM unnest($1::text::bigint[],"
	      " $2::text::bigint[], $3::text::uuid[]) AS d(page, n, key)"
	      " WHERE t.\"" POSTGRES_ROW_PAGE "\" = d.page AND t.\"" POSTGRES_ROW_N
	      "\" = d.n AND d.key IS NOT NULL",
	      sql);
	fclose(sql);
	return text;
}

/* The keys of the rows of a result; place: of the last of them. */
static void make_keys(struct postgres_store *store, const struct postgres_table *table,
		      const PGresult *rows, struct keys *keys, struct store_value place[2])
{
	struct store_value *values = memory_new(table->column_count + 1, sizeof(*values));

	begin_keys(keys);
	for (int row = 0; row < PQntuples(rows); row++) {
		unsigned char key[16];

		place[0] = postgres_of_integer(postgres_integer(rows, row, 0));
		place[1] = postgres_of_integer(postgres_integer(rows, row, 1));
		for (size_t i = 0; i < table->key_count; i++)
			values[table->key[i]] = postgres_value(rows, row, 2 + (int)i);
		add_key(keys, place, postgres_row_key(store, table, values, key) ? key : NULL);
	}
	end_keys(keys);
	free(values);
}

static int write_keys(struct postgres_store *store, const struct postgres_table *table)
{
	struct store_value place[2] = { postgres_of_integer(-1), postgres_of_integer(-1) };
	char *reading = read_sql(table), *writing = write_sql(table);
	int result = 0, count = ROWS_AT_ONCE;

	while (result == 0 && count == ROWS_AT_ONCE) {
		PGresult *rows = postgres_ask(store, reading, place, 2);
		struct keys keys;

		if (!rows) {
			result = -1;
			break;
		}
		count = PQntuples(rows);
		make_keys(store, table, rows, &keys, place);
		PQclear(rows);
		if (count > 0) {
			const struct store_value of[] = { postgres_of_string(keys.pages),
							  postgres_of_string(keys.numbers),
							  postgres_of_string(keys.keys) };

			result = postgres_do(store, writing, of, 3);
		}
		free_keys(&keys);
	}
	free(reading);
	free(writing);
	return result;
}

/* ---- rows that are equal ---- */

/* Of rows that are equal leave the one of the page visited last. */
static int merge(struct postgres_store *store, const struct postgres_table *table)
{
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	fputs("DELETE FROM ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" x USING (SELECT t.\"" POSTGRES_ROW_PAGE "\" AS page, t.\"" POSTGRES_ROW_N
	      "\" AS n, row_number() OVER (PARTITION BY t.\"" POSTGRES_ROW_KEY
	      "\" ORDER BY r.visit DESC NULLS LAST, t.\"" POSTGRES_ROW_PAGE
	      "\" DESC, t.\"" POSTGRES_ROW_N "\" DESC) AS place FROM ",
	      sql);
	postgres_put_name(sql, table->relation);
	fputs(" t LEFT JOIN results r ON r.url_id = t.\"" POSTGRES_ROW_PAGE
	      "\" WHERE t.\"" POSTGRES_ROW_KEY
	      "\" IS NOT NULL) d WHERE d.place > 1 AND x.\"" POSTGRES_ROW_PAGE
	      "\" = d.page AND x.\"" POSTGRES_ROW_N "\" = d.n",
	      sql);
	return postgres_run_sql(store, sql, &text);
}

/* Refuse what cannot be. */
static int check_equal(struct postgres_store *store, const struct postgres_table *table)
{
	struct store_error error;
	int64_t count = 0;
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);
	int result;

	fputs("SELECT count(*) FROM (SELECT 1 FROM ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" WHERE \"" POSTGRES_ROW_KEY "\" IS NOT NULL GROUP BY \"" POSTGRES_ROW_KEY
	      "\" HAVING count(*) > 1 LIMIT 1) e",
	      sql);
	fclose(sql);
	result = postgres_number(store, text, NULL, 0, &count);
	free(text);
	if (result || count == 0)
		return result;
	postgres_tell_equal_rows(table->name, &error);
	return store_fail(&store->base, error.cure, "%s", error.text);
}

/* ---- all ---- */

static int drop_column(struct postgres_store *store, const struct postgres_table *table,
		       const struct postgres_old_table *old)
{
	char *text;
	size_t size;
	FILE *sql;

	if (!postgres_find_old(old, POSTGRES_ROW_KEY))
		return 0;
	sql = postgres_begin_sql(&text, &size);
	fputs("ALTER TABLE ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" DROP COLUMN \"" POSTGRES_ROW_KEY "\"", sql);
	return postgres_run_sql(store, sql, &text);
}

static int add_column(struct postgres_store *store, const struct postgres_table *table)
{
	char *text, *names = postgres_key_names(table);
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	fputs("ALTER TABLE ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" ADD COLUMN \"" POSTGRES_ROW_KEY "\" uuid; COMMENT ON COLUMN ", sql);
	postgres_put_name(sql, table->relation);
	fputs(".\"" POSTGRES_ROW_KEY "\" IS ", sql);
	postgres_put_literal(sql, names);
	free(names);
	return postgres_run_sql(store, sql, &text);
}

static int add_index(struct postgres_store *store, const struct postgres_table *table)
{
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	fputs("ALTER TABLE ", sql);
	postgres_put_name(sql, table->relation);
	fputs(" ADD UNIQUE (\"" POSTGRES_ROW_KEY "\")", sql);
	return postgres_run_sql(store, sql, &text);
}

/* Children of rows that went were put later than their parents, and are made up to date later. */
int postgres_rekey(struct postgres_store *store, struct postgres_table *table,
		   const struct postgres_old_table *old)
{
	if (drop_column(store, table, old))
		return -1;
	if (table->key_count == 0)
		return 0;
	if (add_column(store, table) || write_keys(store, table) ||
	    (table->merges_equal ? merge(store, table) : check_equal(store, table)) ||
	    add_index(store, table))
		return -1;
	postgres_writing(store)->has_merged |= table->merges_equal;
	return 0;
}
