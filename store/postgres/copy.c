#include "store/copy.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"
#include "store/postgres/tables.h"

/* ---- SQL, piece by piece ---- */

static FILE *begin_sql(char **text, size_t *size)
{
	FILE *sql = open_memstream(text, size);

	if (!sql)
		memory_fail();
	return sql;
}

/* The table of rows is called as it was made, in whatever case.  Freed by the caller; NULL: the
 * store failed. */
static char *relation_of(struct postgres_store *store, const struct store_copied *copied)
{
	struct postgres_old_table old;
	char *name = NULL;

	if (!copied->table)
		return postgres_quoted(copied->name);
	if (postgres_find_table(store, copied->name, &old) < 0)
		return NULL;
	if (old.relation)
		name = postgres_quoted(old.relation);
	else
		store_fail(&store->base, STORE_CURE_NONE, "there is no table of %s", copied->name);
	postgres_free_old(&old);
	return name;
}

static const char *name_of(const struct store_copied *copied, size_t i)
{
	return copied->table && i == 0   ? POSTGRES_ROW_PAGE
	       : copied->table && i == 1 ? POSTGRES_ROW_N
					 : copied->columns[i];
}

/* ---- from here ---- */

/* Links that are on their way are nobody's yet. */
static int check(struct store *door)
{
	struct postgres_store *store = postgres_of(door);
	int64_t letters = 0;

	if (postgres_number(store, "SELECT count(*) FROM crawl_inbox", NULL, 0, &letters))
		return -1;
	if (letters == 0)
		return 0;
	return store_fail(door, STORE_CURE_NONE,
			  "%.200s: %" PRId64 " links are still on their way from one machine to "
			  "another: the next run delivers them",
			  store->uri.shown, letters);
}

/*
 * What nodes have each for itself, as one process would have written it.  Counters at one time
 * after another cannot be added up: those of runs of one node are copied.
 */
static const struct {
	const char *name, *sql;
} of_nodes[] = {
	{ "crawl_proxies", "SELECT run_id, proxy, sum(pages)::bigint, sum(failures)::bigint,"
			   " sum(rests)::bigint, max(rests_until), max(error) FROM crawl_proxies"
			   " GROUP BY run_id, proxy" },
	{ "crawl_run_hosts",
	  "SELECT DISTINCT ON (run, host_id) run, host_id, pages, failed, bytes, delay_ms, p50_ms,"
	  " p95_ms, first_ms, last_ms, step_ms, strip FROM crawl_run_hosts"
	  " ORDER BY run, host_id, pages DESC" },
	{ "crawl_counts", "SELECT run, what, value, sum(pages)::bigint FROM crawl_counts"
			  " GROUP BY run, what, value" },
	{ "crawl_histograms", "SELECT run, what, bucket, sum(pages)::bigint FROM crawl_histograms"
			      " GROUP BY run, what, bucket" },
	{ "crawl_examples", "SELECT run, what, name, min(place) OVER w + row_number() OVER w - 1,"
			    " url_id, value FROM crawl_examples"
			    " WINDOW w AS (PARTITION BY run, what, name ORDER BY place, node)" },
	{ "crawl_findings", "SELECT DISTINCT ON (run, pattern, field) run, pattern, field, pages,"
			    " url_id, line, matched, wanted, rest, stood FROM crawl_findings"
			    " ORDER BY run, pattern, field, pages DESC" },
	{ "crawl_samples",
	  "SELECT run, at_ms, done, failed, skipped, rows, wire_bytes, waits_delay, waits_answer,"
	  " waits_rest, waits_robots, waits_us, in_flight, is_paused, cpu_ms, pattern_ms, commit_ms"
	  " FROM crawl_samples WHERE run IN (SELECT run FROM crawl_samples GROUP BY run"
	  "  HAVING count(DISTINCT node) = 1) ORDER BY run, at_ms" },
	{ "crawl_events", "SELECT run, at_ms, kind, host, text FROM crawl_events"
			  " ORDER BY run, at_ms" },
};

static const char *sum_of_nodes(const struct store_copied *copied)
{
	for (size_t i = 0; i < sizeof(of_nodes) / sizeof(of_nodes[0]); i++) {
		if (strcmp(of_nodes[i].name, copied->name) == 0)
			return of_nodes[i].sql;
	}
	return NULL;
}

/* Freed by the caller; NULL: the store failed. */
static char *select_sql(struct postgres_store *store, const struct store_copied *copied)
{
	char *relation = relation_of(store, copied), *text;
	size_t size;
	FILE *sql;

	if (!relation)
		return NULL;
	sql = begin_sql(&text, &size);
	for (size_t i = 0; i < copied->count; i++) {
		fputs(i > 0 ? ", " : "SELECT ", sql);
		if (!copied->table && strcmp(copied->name, "runs") == 0 &&
		    strcmp(copied->columns[i], "ended") == 0)
			fputs("coalesce(ended, 'killed')", sql); /* nobody is at it */
		else
			postgres_put_name(sql, name_of(copied, i));
	}
	fprintf(sql, " FROM %s", relation);
	if (copied->is_keyed) {
		fputs(" WHERE ", sql);
		postgres_put_name(sql, name_of(copied, 0));
		fputs(" > $1 ORDER BY ", sql);
		postgres_put_name(sql, name_of(copied, 0));
	}
	if (copied->table)
		fputs(", \"" POSTGRES_ROW_N "\"", sql);
	fclose(sql);
	free(relation);
	return text;
}

struct each {
	const struct store_copied *copied;
	store_copy_row *function;
	void *context;
	struct store_value values[STORE_COPIED_COLUMNS_MAX];
	char *texts[STORE_COPIED_COLUMNS_MAX]; /* of those that were JSON */
};

/* A text of JSON without its quotes, in the room that it had. */
static struct slice unquoted(const char *at, char *out)
{
	char *to = out;

	for (at++; *at && *at != '"'; at++) {
		static const char names[] = "bfnrt", meant[] = "\b\f\n\r\t";
		const char *name;

		if (*at != '\\') {
			*to++ = *at;
			continue;
		}
		at++;
		name = *at ? strchr(names, *at) : NULL;
		if (*at == 'u' && strlen(at) >= 5) {
			char digits[5] = { at[1], at[2], at[3], at[4] };

			to += utf8_put(to, (uint32_t)strtoul(digits, NULL, 16));
			at += 4;
		} else {
			*to++ = name ? meant[name - names] : *at;
		}
	}
	return (struct slice){ out, (size_t)(to - out) };
}

/* What stands as JSON where there is no column of any kind: a text, a number, or null. */
static struct store_value from_json(char **room, struct store_value value)
{
	const char *at = value.text.at;

	if (value.kind == STORE_NULL || strcmp(at, "null") == 0)
		return (struct store_value){ .kind = STORE_NULL };
	if (*at == '"') {
		*room = memory_resize(*room, value.text.size + 1);
		return postgres_of_text(unquoted(at, *room));
	}
	if (*at != '-' && (*at < '0' || *at > '9'))
		return value;
	if (strpbrk(at, ".eE"))
		return postgres_of_real(strtod(at, NULL));
	return postgres_of_integer(strtoll(at, NULL, 10));
}

static int on_row(void *context, const PGresult *row)
{
	struct each *each = context;

	for (size_t i = 0; i < each->copied->count; i++) {
		each->values[i] = postgres_value(row, 0, (int)i);
		if (each->copied->cells[i] == STORE_CELL_ANY)
			each->values[i] = from_json(&each->texts[i], each->values[i]);
	}
	return each->function(each->context, each->values);
}

static int each(struct store *door, const struct store_copied *copied, int64_t after,
		store_copy_row *function, void *context)
{
	struct postgres_store *store = postgres_of(door);
	const struct store_value value = postgres_of_integer(after);
	const char *sum = copied->is_of_nodes ? sum_of_nodes(copied) : NULL;
	char *sql = sum ? memory_text(sum, strlen(sum)) : select_sql(store, copied);
	struct each *each = memory_new(1, sizeof(*each));
	int result = -1;

	each->copied = copied;
	each->function = function;
	each->context = context;
	if (sql)
		result = postgres_scan(store, sql, &value, copied->is_keyed ? 1 : 0, on_row, each);
	for (size_t i = 0; i < copied->count; i++)
		free(each->texts[i]);
	free(each);
	free(sql);
	return result;
}

/* ---- patterns ---- */

struct described {
	struct store_column columns[STORE_COLUMNS_MAX + 1];
	const char *key[STORE_COLUMNS_MAX];
	struct store_table table;
};

static bool is_own(const char *column)
{
	return strcmp(column, POSTGRES_ROW_PAGE) == 0 || strcmp(column, POSTGRES_ROW_N) == 0 ||
	       strcmp(column, POSTGRES_ROW_KEY) == 0;
}

/* names: a JSON array. */
static int read_key(struct postgres_store *store, const char *names, struct described *described)
{
	const struct store_value value = postgres_of_string(names);
	struct store_table *table = &described->table;
	PGresult *result =
		postgres_ask(store, "SELECT json_array_elements_text($1::json)", &value, 1);

	if (!result)
		return -1;
	for (int i = 0; i < PQntuples(result); i++) {
		const struct store_column *column = store_find_column(
			described->columns, table->column_count, PQgetvalue(result, i, 0));

		if (column)
			described->key[table->key_count++] = column->name;
	}
	PQclear(result);
	return 0;
}

static int describe(struct postgres_store *store, const struct postgres_old_table *old,
		    struct described *described)
{
	static const struct store_table some_parent = { .name = STORE_PARENT_COLUMN };
	struct store_table *table = &described->table;

	for (size_t i = 0; i < old->count && table->column_count < STORE_COLUMNS_MAX; i++) {
		const struct postgres_old_column *column = &old->columns[i];

		if (!is_own(column->name))
			described->columns[table->column_count++] = (struct store_column){
				column->name, postgres_kind_of_type(column->type, column->comment)
			};
	}
	if (old->key)
		return read_key(store, old->key, described);
	if (table->column_count > 0 && described->columns[0].kind == STORE_INTEGER &&
	    strcmp(described->columns[0].name, STORE_PARENT_COLUMN) == 0)
		table->parent = &some_parent;
	return 0;
}

static int hand_out(struct postgres_store *store, const char *name,
		    int (*function)(void *context, const struct store_table *table), void *context)
{
	struct described *described = memory_new(1, sizeof(*described));
	struct postgres_old_table old;
	int result = postgres_find_table(store, name, &old);

	described->table = (struct store_table){ .name = name,
						 .columns = described->columns,
						 .key = described->key };
	if (result == 0)
		result = describe(store, &old, described);
	if (result == 0)
		result = function(context, &described->table);
	postgres_free_old(&old);
	free(described);
	return result;
}

static int each_pattern(struct store *door,
			int (*function)(void *context, const struct store_table *table),
			void *context)
{
	static const char sql[] =
		"SELECT v.relname::text COLLATE \"C\" FROM pg_class v WHERE v.relkind = 'v'"
		" AND v.relnamespace = (SELECT oid FROM pg_namespace"
		"  WHERE nspname = current_schema())"
		" AND EXISTS (SELECT 1 FROM pg_class r WHERE r.relkind = 'r'"
		"  AND r.relnamespace = v.relnamespace AND lower(r.relname::text COLLATE \"C\") ="
		"  lower('" STORE_ROWS_PREFIX "' || v.relname::text COLLATE \"C\")) ORDER BY 1";
	struct postgres_store *store = postgres_of(door);
	PGresult *result = postgres_ask(store, sql, NULL, 0);
	int failed = result ? 0 : -1;

	for (int i = 0; result && i < PQntuples(result) && failed == 0; i++)
		failed = hand_out(store, PQgetvalue(result, i, 0), function, context);
	PQclear(result);
	return failed;
}

/* ---- to here ---- */

static int refuse(struct postgres_store *store, const char *why)
{
	return store_fail(&store->base, STORE_CURE_START_OVER, "%.200s %s: begin anew",
			  store->uri.shown, why);
}

static int number(struct postgres_store *store, const char *sql, const char *text, int64_t *found)
{
	const struct store_value value = postgres_of_string(text);

	return postgres_number(store, sql, &value, text ? 1 : 0, found);
}

static int count_marks(struct postgres_store *store, int64_t *marks)
{
	return number(store,
		      "SELECT count(*) FROM pg_class WHERE relname = '" POSTGRES_MARKS "'"
		      " AND relnamespace = (SELECT oid FROM pg_namespace"
		      "  WHERE nspname = current_schema())",
		      NULL, marks);
}

int postgres_refuse_half_copy(struct postgres_store *store)
{
	PGresult *source;
	int failed;

	if (!store->is_half_copied)
		return 0;
	source = postgres_ask(store, "SELECT source FROM " POSTGRES_MARKS " WHERE name = ''", NULL,
			      0);
	if (!source)
		return -1;
	failed = store_fail(&store->base, STORE_CURE_NONE,
			    "%.150s is a copy that has not ended: 'crawl copy %.150s %.150s' goes "
			    "on, --fresh begins anew",
			    store->uri.shown,
			    PQntuples(source) > 0 ? PQgetvalue(source, 0, 0) : "FROM",
			    store->uri.shown);
	PQclear(source);
	return failed;
}

/* Who writes without a run is alone; nobody else comes before it is done. */
static int begin(struct store *door, const char *source)
{
	struct postgres_store *store = postgres_of(door);
	const struct store_value value = postgres_of_string(source);
	int64_t marks = 0, same = 0, others = 0;

	if (postgres_begin(store) || count_marks(store, &marks))
		return -1;
	if (marks > 0) {
		if (number(store,
			   "SELECT count(*) FROM " POSTGRES_MARKS
			   " WHERE name = '' AND source = $1",
			   source, &same))
			return -1;
		return same > 0 ? 0 : refuse(store, "has an unfinished copy of another crawl");
	}
	if (number(store,
		   "SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM (SELECT 1"
		   " FROM urls LIMIT 1) u)",
		   NULL, &others))
		return -1;
	if (others > 0)
		return refuse(store, "holds a crawl already");
	return postgres_script(store, "CREATE TABLE " POSTGRES_MARKS
				      " (name text COLLATE \"C\" PRIMARY KEY,"
				      " after bigint, is_done bool NOT NULL, source text)") ||
			       postgres_do(store,
					   "INSERT INTO " POSTGRES_MARKS
					   " VALUES ('', NULL, false, $1)",
					   &value, 1)
		       ? -1
		       : 0;
}

/* A pattern may be called as a table is: its mark is that of its rows.  Freed by the caller. */
static char *mark_name(const struct store_copied *copied)
{
	char *name;

	if (asprintf(&name, "%s%s", copied->table ? STORE_ROWS_PREFIX : "", copied->name) < 0)
		memory_fail();
	return name;
}

static int get_mark(struct store *door, const struct store_copied *copied, int64_t *after)
{
	struct postgres_store *store = postgres_of(door);
	char *name = mark_name(copied);
	const struct store_value value = postgres_of_string(name);
	PGresult *result = postgres_ask(
		store, "SELECT after, is_done FROM " POSTGRES_MARKS " WHERE name = $1", &value, 1);
	int is_done = result ? 0 : -1;

	if (result && PQntuples(result) > 0) {
		*after = postgres_integer(result, 0, 0);
		is_done = postgres_bool(result, 0, 1);
	}
	PQclear(result);
	free(name);
	return is_done;
}

/* ---- COPY ---- */

static bool is_copying(const struct postgres_store *store)
{
	return PQtransactionStatus(store->ask) == PQTRANS_ACTIVE;
}

static int begin_transaction(struct postgres_store *store)
{
	return PQtransactionStatus(store->ask) == PQTRANS_IDLE ? postgres_script(store, "BEGIN")
							       : 0;
}

static int clear(struct store *door, const struct store_copied *copied)
{
	struct postgres_store *store = postgres_of(door);
	char *relation = relation_of(store, copied), *sql;
	int result = -1;

	if (!relation)
		return -1;
	if (asprintf(&sql, "DELETE FROM %s", relation) < 0)
		memory_fail();
	if (begin_transaction(store) == 0)
		result = postgres_script(store, sql);
	free(sql);
	free(relation);
	return result;
}

static const struct postgres_table *table_of(const struct postgres_store *store,
					     const struct store_copied *copied)
{
	for (int i = 0; copied->table && i < store->table_count; i++) {
		if (ascii_equal(slice_of(store->tables[i].name), slice_of(copied->name)))
			return &store->tables[i];
	}
	return NULL;
}

/* Rows with a key say it in their last column. */
static int begin_copy(struct postgres_store *store, const struct store_copied *copied)
{
	const struct postgres_table *table = table_of(store, copied);
	char *relation = relation_of(store, copied), *text;
	PGresult *result;
	size_t size;
	FILE *sql;
	int failed = 0;

	if (!relation)
		return -1;
	sql = begin_sql(&text, &size);
	fprintf(sql, "COPY %s (", relation);
	for (size_t i = 0; i < copied->count; i++) {
		fputs(i > 0 ? ", " : "", sql);
		postgres_put_name(sql, name_of(copied, i));
	}
	if (table && table->key_count > 0)
		fputs(", \"" POSTGRES_ROW_KEY "\"", sql);
	fputs(") FROM STDIN", sql);
	fclose(sql);
	result = PQexec(store->ask, text);
	if (PQresultStatus(result) != PGRES_COPY_IN)
		failed = postgres_fail(store, store->ask, result);
	PQclear(result);
	free(text);
	free(relation);
	return failed;
}

static int end_copy(struct postgres_store *store)
{
	PGresult *result;
	int failed = 0;

	if (!is_copying(store))
		return 0;
	if (PQputCopyEnd(store->ask, NULL) != 1)
		return postgres_fail(store, store->ask, NULL);
	while ((result = PQgetResult(store->ask))) {
		if (PQresultStatus(result) != PGRES_COMMAND_OK && failed == 0)
			failed = postgres_fail(store, store->ask, result);
		PQclear(result);
	}
	return failed;
}

/* What PostgreSQL does not take in a text becomes U+FFFD, as everywhere. */
static void put_text(FILE *line, struct slice text)
{
	const char *end = text.at + text.size;

	for (const char *at = text.at; at < end;) {
		size_t size = *at == '\0' ? 0 : utf8_size(at, end);

		if (size == 0)
			fputs("\xEF\xBF\xBD", line);
		else if (*at == '\\' || *at == '\t' || *at == '\n' || *at == '\r')
			fprintf(line, "\\%c",
				*at == '\t'   ? 't'
				: *at == '\n' ? 'n'
				: *at == '\r' ? 'r'
					      : '\\');
		else
			fwrite(at, 1, size, line);
		at += size > 0 ? size : 1;
	}
}

static void put_bytes(FILE *line, struct slice bytes)
{
	static const char digits[] = "0123456789abcdef";

	fputs("\\\\x", line);
	for (size_t i = 0; i < bytes.size; i++) {
		fputc(digits[(unsigned char)bytes.at[i] >> 4], line);
		fputc(digits[(unsigned char)bytes.at[i] & 15], line);
	}
}

/* A text as JSON, within a line of COPY: what JSON writes with a backslash has two. */
static void put_json_text(FILE *line, struct slice text)
{
	char *json = NULL;
	size_t size = 0;
	FILE *out = begin_sql(&json, &size);

	fputc('"', out);
	for (size_t i = 0; i < text.size; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (byte == '\n' || byte == '\r' || byte == '\t' || byte == '\b' ||
			 byte == '\f')
			fprintf(out, "\\%c",
				byte == '\n'   ? 'n'
				: byte == '\r' ? 'r'
				: byte == '\t' ? 't'
				: byte == '\b' ? 'b'
					       : 'f');
		else if (byte > 0 && byte < 0x20)
			fprintf(out, "\\u%04x", byte);
		else
			fputc(byte, out);
	}
	fputc('"', out);
	fclose(out);
	put_text(line, (struct slice){ json, size });
	free(json);
}

/* As PostgreSQL writes one in JSON: with no more digits than tell it from others. */
static void put_json_real(FILE *line, double real)
{
	char text[40];
	size_t whole;

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
	whole = strcspn(text, ".e");
	fprintf(line, "%.*s%s%s", (int)whole, text, text[whole] == '.' ? "" : ".0", text + whole);
}

static void put_value(FILE *line, enum store_cell cell, const struct store_value *value)
{
	if (value->kind == STORE_NULL)
		fputs("\\N", line);
	else if (value->kind == STORE_INTEGER)
		fprintf(line, "%" PRId64, value->integer);
	else if (value->kind == STORE_REAL && isinf(value->real))
		fputs(cell == STORE_CELL_ANY ? (value->real < 0 ? "-9.0e+999" : "9.0e+999")
		      : value->real < 0      ? "-Infinity"
					     : "Infinity",
		      line);
	else if (value->kind == STORE_REAL && cell == STORE_CELL_ANY)
		put_json_real(line, value->real);
	else if (value->kind == STORE_REAL)
		fprintf(line,
			value->real == trunc(value->real) && fabs(value->real) < 1e15 ? "%.1f"
										      : "%.17g",
			value->real);
	else if (cell == STORE_CELL_ANY)
		put_json_text(line, value->text);
	else if (cell == STORE_CELL_BLOB)
		put_bytes(line, value->text);
	else
		put_text(line, value->text);
}

static void put_key(FILE *line, struct postgres_store *store, const struct postgres_table *table,
		    const struct store_value values[])
{
	unsigned char key[16];

	if (!postgres_row_key(store, table, values, key)) {
		fputs("\t\\N", line);
		return;
	}
	fputc('\t', line);
	for (size_t i = 0; i < sizeof(key); i++)
		fprintf(line, "%02x", key[i]);
}

static int put(struct store *door, const struct store_copied *copied,
	       const struct store_value values[])
{
	struct postgres_store *store = postgres_of(door);
	const struct postgres_table *table = table_of(store, copied);
	char *text = NULL;
	size_t size = 0;
	FILE *line;
	int result;

	if (!is_copying(store) && (begin_transaction(store) || begin_copy(store, copied)))
		return -1;
	line = begin_sql(&text, &size);
	for (size_t i = 0; i < copied->count; i++) {
		if (i > 0)
			fputc('\t', line);
		put_value(line, copied->cells[i], &values[i]);
	}
	if (table && table->key_count > 0)
		put_key(line, store, table, values + 2);
	fputc('\n', line);
	fclose(line);
	result = PQputCopyData(store->ask, text, (int)size);
	free(text);
	return result == 1 ? 0 : postgres_fail(store, store->ask, NULL);
}

/* Who was buried meanwhile is not alone any more: then nothing of this is committed. */
static int check_lease(struct postgres_store *store)
{
	const struct store_value id = postgres_of_integer(store->node->id);
	int64_t there = 0;

	if (postgres_number(store,
			    "SELECT count(*) FROM (SELECT 1 FROM crawl_nodes WHERE id = $1"
			    " FOR KEY SHARE) n",
			    &id, 1, &there))
		return -1;
	return there > 0 ? 0
			 : store_fail(&store->base, STORE_CURE_NONE,
				      "%.200s was taken over by others: the same command goes on",
				      store->uri.shown);
}

static int mark(struct store *door, const struct store_copied *copied, int64_t after, bool is_done)
{
	struct postgres_store *store = postgres_of(door);
	char *name = mark_name(copied);
	const struct store_value values[] = { postgres_of_string(name), postgres_of_integer(after),
					      postgres_of_integer(is_done) };
	struct timespec now;
	int64_t due_ms;
	int result;

	result = end_copy(store) || begin_transaction(store) || check_lease(store) ||
				 postgres_do(store,
					     "INSERT INTO " POSTGRES_MARKS
					     " (name, after, is_done) VALUES ($1, $2, $3 <> 0)"
					     " ON CONFLICT (name) DO UPDATE SET after = $2,"
					     " is_done = $3 <> 0",
					     values, 3) ||
				 postgres_script(store, "COMMIT")
			 ? -1
			 : 0;
	free(name);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return result < 0 ? -1
			  : store_turn(door, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
				       &due_ms);
}

static int64_t set_id(struct store *door, struct slice fields, int64_t place)
{
	(void)place;
	return postgres_set_hash(postgres_of(door), fields);
}

static int make_tables(struct store *door)
{
	struct postgres_store *store = postgres_of(door);

	if (postgres_make_tables(store))
		return -1;
	postgres_note_made(store);
	return 0;
}

/* What only a crawl of many has is told of runs that are over; cookies are counted on. */
static int end(struct store *door)
{
	return postgres_script(postgres_of(door),
			       "BEGIN;"
			       "UPDATE runs r SET pass = p.pass, asks = p.asks FROM crawl_passes p"
			       " WHERE p.run_id = r.id;"
			       "SELECT setval(pg_get_serial_sequence('crawl_cookies', 'id'),"
			       " (SELECT coalesce(max(id), 0) + 1 FROM crawl_cookies), false);"
			       "DROP TABLE " POSTGRES_MARKS ";"
			       "COMMIT;"
			       "ANALYZE urls; ANALYZE results; ANALYZE bodies");
}

/* ---- both ---- */

static int count(struct store *door, const struct store_copied *copied, int64_t *found)
{
	struct postgres_store *store = postgres_of(door);
	char *relation = relation_of(store, copied), *sql;
	int result;

	if (!relation)
		return -1;
	if (asprintf(&sql, "SELECT count(*) FROM %s", relation) < 0)
		memory_fail();
	result = number(store, sql, NULL, found);
	free(sql);
	free(relation);
	return result;
}

static int refuse_half(struct store *door)
{
	return postgres_refuse_half_copy(postgres_of(door));
}

const struct store_copier postgres_copier = {
	.check = check,
	.each = each,
	.each_pattern = each_pattern,
	.begin = begin,
	.get_mark = get_mark,
	.clear = clear,
	.put = put,
	.mark = mark,
	.set_id = set_id,
	.make_tables = make_tables,
	.end = end,
	.refuse_half = refuse_half,
	.count = count,
};
