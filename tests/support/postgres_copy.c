#include "tests/support/postgres_copy.h"

#ifdef CRAWL_POSTGRES
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"
#include "store/postgres/internal.h"

#define ROW_BITS    24 /* of "row id" in a SQLite file, for the row's number */
#define COLUMNS_MAX 64

struct copy {
	sqlite3 *from;
	PGconn *to;
	bool are_spread;
};

static int complain(struct copy *copy, const char *what, const PGresult *result)
{
	fprintf(stderr, "postgres_copy: %.300s: %s\n", what,
		result ? PQresultErrorMessage(result) : sqlite3_errmsg(copy->from));
	return -1;
}

static int run(struct copy *copy, const char *sql)
{
	PGresult *result = PQexec(copy->to, sql);
	int failed = PQresultStatus(result) == PGRES_COMMAND_OK ||
				     PQresultStatus(result) == PGRES_TUPLES_OK
			     ? 0
			     : complain(copy, sql, result);

	PQclear(result);
	return failed;
}

/* ---- a row ---- */

/* Columns that name a URL or a host. */
static bool is_key(const char *table, const char *column)
{
	static const char *const keys[] = { "url_id", "host_id", "from_id", "root" };

	if (strcmp(column, "id") == 0)
		return strcmp(table, "urls") == 0 || strcmp(table, "hosts") == 0;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(column, keys[i]) == 0)
			return true;
	return false;
}

static int64_t spread(const struct copy *copy, int64_t number)
{
	return copy->are_spread && number > 0 ? number / POSTGRES_COPY_SHARE << 32 | number
					      : number;
}

struct row {
	int count;
	const char *values[COLUMNS_MAX];
	int sizes[COLUMNS_MAX], formats[COLUMNS_MAX];
	char numbers[COLUMNS_MAX][32];
};

static void put_number(struct row *row, int64_t number)
{
	int i = row->count++;

	snprintf(row->numbers[i], sizeof(row->numbers[i]), "%" PRId64, number);
	row->values[i] = row->numbers[i];
	row->formats[i] = 0;
}

static void put_value(struct row *row, sqlite3_stmt *scan, int column)
{
	int type = sqlite3_column_type(scan, column), i = row->count++;

	row->formats[i] = type == SQLITE_BLOB;
	row->values[i] = NULL;
	if (type == SQLITE_FLOAT) { /* also where any type goes, and is a text here */
		snprintf(row->numbers[i], sizeof(row->numbers[i]), "%.17g",
			 sqlite3_column_double(scan, column));
		if (!strpbrk(row->numbers[i], ".en"))
			strcat(row->numbers[i], ".0");
		row->values[i] = row->numbers[i];
	} else if (type == SQLITE_BLOB) {
		row->values[i] = sqlite3_column_blob(scan, column);
		row->sizes[i] = sqlite3_column_bytes(scan, column);
		if (!row->values[i])
			row->values[i] = "";
	} else if (type != SQLITE_NULL) {
		row->values[i] = (const char *)sqlite3_column_text(scan, column);
	}
}

static int insert(struct copy *copy, const char *sql, const struct row *row)
{
	PGresult *result = PQexecParams(copy->to, sql, row->count, NULL, row->values, row->sizes,
					row->formats, 0);
	int failed = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : complain(copy, sql, result);

	PQclear(result);
	return failed;
}

/* "INSERT INTO "table" ("a", "b") VALUES ($1, $2)"; of a pattern's table the first column is two.
 */
static char *insert_sql(const char *table, sqlite3_stmt *scan, bool has_rows)
{
	int count = sqlite3_column_count(scan);
	char *sql = sqlite3_mprintf("INSERT INTO \"%w\" (", table);

	for (int i = 0; i < count; i++) {
		if (has_rows && i == 0)
			sql = sqlite3_mprintf("%z\"" POSTGRES_ROW_PAGE "\", \"" POSTGRES_ROW_N "\"",
					      sql);
		else
			sql = sqlite3_mprintf("%z%s\"%w\"", sql, i ? ", " : "",
					      sqlite3_column_name(scan, i));
	}
	sql = sqlite3_mprintf("%z) VALUES (", sql);
	for (int i = 0; i < count + has_rows; i++)
		sql = sqlite3_mprintf("%z%s$%d", sql, i ? ", " : "", i + 1);
	return sqlite3_mprintf("%z)", sql);
}

/* What is of any type there is JSON here. */
static char *select_sql(const char *table)
{
	if (strcmp(table, "crawl_known_rows") == 0)
		return sqlite3_mprintf("SELECT pattern, key, CASE WHEN shown IS NOT NULL THEN"
				       " json_quote(shown) END AS shown, first_run, last_run,"
				       " gone_run, row FROM crawl_known_rows");
	if (strcmp(table, "crawl_row_changes") == 0)
		return sqlite3_mprintf("SELECT pattern, key, run_id, field,"
				       " CASE WHEN old IS NOT NULL THEN json_quote(old) END AS old,"
				       " CASE WHEN new IS NOT NULL THEN json_quote(new) END AS new"
				       " FROM crawl_row_changes");
	return sqlite3_mprintf("SELECT * FROM \"%w\"", table);
}

static int copy_rows(struct copy *copy, const char *table, bool has_rows)
{
	char *select = select_sql(table), *sql;
	sqlite3_stmt *scan = NULL;
	int failed = 0;

	if (sqlite3_prepare_v2(copy->from, select, -1, &scan, NULL) != SQLITE_OK)
		failed = complain(copy, select, NULL);
	sqlite3_free(select);
	if (failed)
		return -1;
	sql = insert_sql(table, scan, has_rows);
	while (!failed && sqlite3_step(scan) == SQLITE_ROW) {
		struct row row = { .count = 0 };

		for (int i = 0; i < sqlite3_column_count(scan); i++) {
			int64_t number = sqlite3_column_int64(scan, i);

			if (has_rows && i == 0) {
				put_number(&row, spread(copy, number >> ROW_BITS));
				put_number(&row, number & ((1 << ROW_BITS) - 1));
			} else if (sqlite3_column_type(scan, i) == SQLITE_INTEGER && !has_rows &&
				   is_key(table, sqlite3_column_name(scan, i))) {
				put_number(&row, spread(copy, number));
			} else {
				put_value(&row, scan, i);
			}
		}
		failed = insert(copy, sql, &row);
	}
	sqlite3_free(sql);
	sqlite3_finalize(scan);
	return failed;
}

/* ---- a pattern's table ---- */

static const char *type_of(const char *type)
{
	return strcmp(type, "INTEGER") == 0 ? "bigint"
	       : strcmp(type, "REAL") == 0  ? "double precision"
					    : "text COLLATE \"C\"";
}

/* Its columns, but for the first: as a table has them, as a view names them, as comments. */
static int make_table(struct copy *copy, const char *table, const char *made)
{
	const char *name = table + strlen(STORE_ROWS_PREFIX);
	char *columns = sqlite3_mprintf(""), *shown = sqlite3_mprintf(""),
	     *comments = sqlite3_mprintf(""), *parent = sqlite3_mprintf(""), *sql;
	sqlite3_stmt *info;
	int failed;

	sqlite3_prepare_v2(copy->from,
			   "SELECT name, type, instr(?2, '\"' || replace(name, '\"', '\"\"') ||"
			   " '\" TEXT /* json */') FROM pragma_table_info(?1) WHERE cid > 0",
			   -1, &info, NULL);
	sqlite3_bind_text(info, 1, table, -1, SQLITE_STATIC);
	sqlite3_bind_text(info, 2, made, -1, SQLITE_STATIC);
	while (sqlite3_step(info) == SQLITE_ROW) {
		const char *column = (const char *)sqlite3_column_text(info, 0);
		const char *type = type_of((const char *)sqlite3_column_text(info, 1));

		columns = sqlite3_mprintf("%z, \"%w\" %s", columns, column, type);
		if (strcmp(column, STORE_PARENT_COLUMN) == 0)
			parent = sqlite3_mprintf("%z, r.\"%w\"", parent, column);
		else
			shown = sqlite3_mprintf("%z, r.\"%w\"", shown, column);
		if (sqlite3_column_int(info, 2))
			comments = sqlite3_mprintf("%zCOMMENT ON COLUMN \"%w\".\"%w\" IS 'json';",
						   comments, table, column);
	}
	sqlite3_finalize(info);
	sql = sqlite3_mprintf("CREATE TABLE \"%w\" (\"" POSTGRES_ROW_PAGE "\" bigint,"
			      " \"" POSTGRES_ROW_N "\" int, \"" POSTGRES_ROW_KEY "\" uuid UNIQUE%s,"
			      " PRIMARY KEY (\"" POSTGRES_ROW_PAGE "\", \"" POSTGRES_ROW_N "\"));%s"
			      "CREATE VIEW \"%w\" AS SELECT u.url AS page_url%s,"
			      " r.\"" POSTGRES_ROW_N "\" AS n%s FROM \"%w\" r LEFT JOIN urls u"
			      " ON u.id = r.\"" POSTGRES_ROW_PAGE "\"",
			      table, columns, comments, name, parent, shown, table);
	failed = run(copy, sql);
	sqlite3_free(sql);
	sqlite3_free(columns);
	sqlite3_free(parent);
	sqlite3_free(shown);
	sqlite3_free(comments);
	return failed;
}

/* ---- all ---- */

static int copy_tables(struct copy *copy)
{
	sqlite3_stmt *tables;
	int failed = 0;

	if (sqlite3_prepare_v2(copy->from,
			       "SELECT name, sql FROM sqlite_schema WHERE type = 'table'"
			       " AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
			       -1, &tables, NULL) != SQLITE_OK)
		return complain(copy, "sqlite_schema", NULL);
	while (!failed && sqlite3_step(tables) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(tables, 0);
		bool has_rows = strncmp(name, STORE_ROWS_PREFIX, strlen(STORE_ROWS_PREFIX)) == 0;

		if (has_rows)
			failed = make_table(copy, name,
					    (const char *)sqlite3_column_text(tables, 1));
		if (!failed)
			failed = copy_rows(copy, name, has_rows);
	}
	sqlite3_finalize(tables);
	return failed;
}

static int connect_to(struct copy *copy, const char *uri)
{
	struct postgres_uri parts;
	struct store_error error = { .text = "" };
	char *quoted, *sql;
	int failed;

	if (postgres_uri_parse(uri, &parts, &error)) {
		fprintf(stderr, "postgres_copy: %s\n", error.text);
		postgres_uri_free(&parts);
		return -1;
	}
	copy->to = PQconnectdb(parts.conninfo);
	quoted = postgres_quoted(parts.schema);
	sql = sqlite3_mprintf("SET search_path = %s; SET synchronous_commit = off; BEGIN", quoted);
	failed = run(copy, sql);
	sqlite3_free(sql);
	free(quoted);
	postgres_uri_free(&parts);
	return failed;
}

int postgres_copy(const char *file, const char *uri, bool are_spread)
{
	struct copy copy = { .are_spread = are_spread };
	int failed = sqlite3_open_v2(file, &copy.from, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK
			     ? connect_to(&copy, uri)
			     : complain(&copy, file, NULL);

	if (!failed)
		failed = copy_tables(&copy) || run(&copy, "COMMIT; ANALYZE") ? -1 : 0;
	PQfinish(copy.to);
	sqlite3_close(copy.from);
	return failed;
}
#else
int postgres_copy(const char *file, const char *uri, bool are_spread)
{
	(void)file;
	(void)uri;
	(void)are_spread;
	return -1;
}
#endif
