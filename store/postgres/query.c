#include "store/postgres/reads.h"

#include <stdlib.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

/*
 * A user's SQL.  It runs in a transaction that reads and is rolled back whatever happens, so that
 * settings go with it; as a prepared statement, which is one and no more; and only if it has
 * columns: what ends a transaction, or begins another, has none.
 */

static int complain(struct postgres_store *store, const char *reason)
{
	snprintf(store->base.error.text, sizeof(store->base.error.text), "%s", reason);
	return -1;
}

/* ---- what is wrong with a statement ---- */

int postgres_refuse_name(struct postgres_store *store, const char *table)
{
	struct store *door = &store->base;

	snprintf(door->missing_table, sizeof(door->missing_table), "%s", table);
	snprintf(door->error.text, sizeof(door->error.text), "%.200s has no table %.128s",
		 store->uri.shown, table);
	return -1;
}

/* The byte that a character, from 1, begins at. */
static size_t offset_of(const char *sql, long character)
{
	size_t offset = 0;

	while (character > 1 && sql[offset]) {
		offset++;
		if (((unsigned char)sql[offset] & 0xc0) != 0x80)
			character--;
	}
	return offset;
}

static bool is_of_name(char c)
{
	return ascii_is_letter(c) || ascii_is_digit(c) || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

/* One part of a name, as PostgreSQL takes it.  Returns what stands behind it. */
static const char *read_part(const char *at, char *name, size_t size)
{
	bool is_quoted = *at == '"';
	size_t used = 0;

	for (at += is_quoted; *at && (is_quoted || is_of_name(*at)); at++) {
		if (is_quoted && *at == '"' && *++at != '"')
			break;
		if (used + 1 < size)
			name[used++] = is_quoted ? *at : ascii_lower(*at);
	}
	name[used] = '\0';
	return at;
}

/* The last part of the name that stands there: of a schema's table it is the table. */
static void read_name(const char *at, char *name, size_t size)
{
	do {
		at = read_part(at, name, size);
		at += strspn(at, " \t\n");
	} while (*at == '.' && *(at += 1 + strspn(at + 1, " \t\n")));
}

/* The server's words, and its hint: "... (Perhaps you meant ...)". */
static void say(struct postgres_store *store, const PGresult *result)
{
	const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	char *error = store->base.error.text;

	snprintf(error, STORE_ERROR_MAX, hint ? "%.200s (%.120s" : "%.300s",
		 said ? said : "it failed, and the server does not say why", hint);
	if (!hint)
		return;
	if (error[strlen(error) - 1] == '.')
		error[strlen(error) - 1] = '\0';
	strcat(error, ")");
}

/* A query's error ends the query only, unless the server has gone. */
static int refuse_query(struct postgres_store *store, const PGresult *result, const char *sql)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	size_t offset = position ? offset_of(sql, atol(position)) : 0;
	char name[STORE_ERROR_MAX];

	if (!state || PQstatus(store->ask) != CONNECTION_OK)
		return postgres_fail(store, store->ask, result);
	postgres_note_late(store, state);
	if (strcmp(state, "25006") == 0)
		return complain(store, STORE_ONLY_QUERIES);
	if (strcmp(state, "42601") == 0 && !position)
		return complain(store, STORE_ONE_AT_A_TIME);
	if (strcmp(state, "42P01") == 0 && position) {
		read_name(sql + offset, name, sizeof(name));
		return postgres_refuse_name(store, name);
	}
	say(store, result);
	if (position)
		store_append_caret(store->base.error.text, sql, offset);
	return -1;
}

/* ---- what it may read ---- */

/*
 * Functions that do what a transaction does not take back, or run a text as SQL, or read files of
 * the server: what ends in '_' is how names begin, and what begins so, how they end.  It is looked
 * for anywhere, for a function may be called without parentheses, too, as if it were a column.
 */
static const char *const refused[] = {
	"_to_xml",
	"ts_stat",
	"ts_rewrite",
	"dblink",
	"dblink_",
	"pg_read_",
	"pg_ls_",
	"pg_stat_file",
	"pg_stat_reset",
	"pg_stat_reset_",
	"pg_terminate_",
	"pg_cancel_",
	"pg_rotate_",
	"pg_reload_conf",
	"pg_switch_wal",
	"pg_create_",
	"pg_drop_",
	"pg_advisory_",
	"lo_import",
	"lo_export",
	"pg_try_advisory_",
	"_to_xmlschema",
	"_to_xml_and_xmlschema",
	"crosstab",
	"crosstab2",
	"crosstab3",
	"crosstab4",
	"connectby",
	"xpath_table",
};

#define NO_FUNCTIONS                                                                          \
	"functions that change the server, read its files, or run a text as SQL are not for " \
	"queries"

static bool has_word(const char *sql, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = sql; *at; at++) {
		bool is_within = word[0] != '_' && at > sql && is_of_name(at[-1]);
		size_t i = 0;

		while (i < size && ascii_lower(at[i]) == word[i])
			i++;
		if (i == size && !is_within && (word[size - 1] == '_' || !is_of_name(at[i])))
			return true;
	}
	return false;
}

/* A name whose letters are escaped may be any. */
static bool has_escaped_name(const char *sql)
{
	for (const char *at = sql; (at = strstr(at, "&\"")); at++)
		if (at > sql && ascii_lower(at[-1]) == 'u')
			return true;
	return false;
}

/*
 * The statement with blanks for the texts in it, which are data and call nothing.  Where a quote
 * may be something else (an escape, a comment, a text between dollars) it stays as it is.  The
 * caller frees it.
 */
static char *without_texts(const char *sql)
{
	char *out = memory_text(sql, strlen(sql)), quote = '\0';

	if (strpbrk(sql, "\\$") || strstr(sql, "--") || strstr(sql, "/*"))
		return out;
	for (char *at = out; *at; at++) {
		if (quote == '\0' && (*at == '\'' || *at == '"'))
			quote = *at;
		else if (*at == quote)
			quote = '\0';
		else if (quote == '\'')
			*at = ' ';
	}
	return out;
}

static bool calls_what_is_refused(const char *sql)
{
	char *calls = without_texts(sql);
	bool is_refused = false;

	for (size_t i = 0; !is_refused && i < sizeof(refused) / sizeof(refused[0]); i++)
		is_refused = has_word(calls, refused[i]);
	free(calls);
	return is_refused;
}

/* Every table that a statement or a view in it names is locked once it is prepared.  Of ours the
 * names are those of a table's columns. */
static int check(struct postgres_store *store, const char *sql, bool is_ours)
{
	static const char locked[] =
		"SELECT count(*) FROM pg_locks l WHERE l.pid = pg_backend_pid()"
		" AND l.locktype = 'relation' AND (l.relation = 'pg_catalog.pg_statistic'::regclass"
		"  OR l.relation IN (SELECT unnest(ARRAY[c.oid, c.reltoastrelid]) FROM pg_class c"
		"   WHERE c.relname = 'crawl_cookies' AND c.relnamespace = " POSTGRES_HERE "))";
	int64_t count;

	if (has_word(sql, "crawl_cookies"))
		return complain(store, STORE_NO_COOKIES);
	if (!is_ours && calls_what_is_refused(sql))
		return complain(store, NO_FUNCTIONS);
	if (postgres_number(store, locked, NULL, 0, &count))
		return -1;
	if (count > 0)
		return complain(store, STORE_NO_COOKIES);
	return !is_ours && has_escaped_name(sql) ? complain(store, NO_FUNCTIONS) : 0;
}

/* ---- which columns hold JSON ---- */

#define TEXT_TYPE 25 /* src/include/catalog/pg_type.dat */

struct answer {
	struct store_answer shown;
	bool *are_json;
	const char **columns;
	struct store_value *values;
};

/* A pattern's table says so of its columns, and its view has the same names. */
static const char json_sql[] =
	") o (i, rel, col) JOIN pg_attribute a ON a.attrelid = o.rel AND a.attnum = o.col"
	" JOIN pg_class v ON v.oid = o.rel LEFT JOIN pg_class t ON v.relkind = 'v'"
	"  AND t.relnamespace = v.relnamespace"
	"  AND lower(t.relname::text) = lower('" STORE_ROWS_PREFIX "' || v.relname::text)"
	" LEFT JOIN pg_attribute f ON f.attrelid = t.oid AND f.attname = a.attname"
	" WHERE col_description(coalesce(t.oid, v.oid), coalesce(f.attnum, a.attnum)) = 'json'";

static int find_json(struct postgres_store *store, const PGresult *described, bool *are_json)
{
	struct postgres_sql sql;
	PGresult *found = NULL;
	bool has_any = false;

	postgres_sql_begin(&sql, store);
	fputs("SELECT o.i FROM (VALUES ", sql.out);
	for (int i = 0; i < PQnfields(described); i++) {
		if (PQftable(described, i) == InvalidOid || PQftype(described, i) != TEXT_TYPE)
			continue;
		fprintf(sql.out, "%s(%d, %u::oid, %d)", has_any ? ", " : "", i,
			PQftable(described, i), PQftablecol(described, i));
		has_any = true;
	}
	fputs(json_sql, sql.out);
	if (has_any)
		found = postgres_ask(store, postgres_sql_text(&sql), NULL, 0);
	for (int i = 0; found && i < PQntuples(found); i++)
		are_json[postgres_integer(found, i, 0)] = true;
	postgres_sql_end(&sql);
	PQclear(found);
	return has_any && !found ? -1 : 0;
}

static void answer_begin(struct answer *answer, const PGresult *described)
{
	size_t count = (size_t)PQnfields(described);

	answer->columns = memory_new(count, sizeof(*answer->columns));
	answer->values = memory_new(count, sizeof(*answer->values));
	answer->are_json = memory_new(count, sizeof(*answer->are_json));
	for (size_t i = 0; i < count; i++)
		answer->columns[i] = PQfname(described, (int)i);
	answer->shown = (struct store_answer){ .column_count = count, .columns = answer->columns };
}

static void answer_end(struct answer *answer)
{
	free(answer->columns);
	free(answer->values);
	free(answer->are_json);
}

/* ---- its rows ---- */

/* Returns 0 or -1; the result that was read last is cleared. */
static int emit(struct postgres_store *store, const char *sql, struct answer *answer,
		int (*function)(void *context, const struct store_answer *row), void *context)
{
	PGresult *result = PQgetResult(store->ask);
	bool is_cut = false;
	int code = 0;

	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		function(context, &answer->shown);
	answer->shown.values = answer->values;
	while (!is_cut && PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
		for (size_t i = 0; i < answer->shown.column_count; i++)
			answer->values[i] =
				postgres_value_of_any(result, (int)i, answer->are_json[i]);
		is_cut = function(context, &answer->shown) < 0;
		PQclear(result);
		result = is_cut ? NULL : PQgetResult(store->ask);
	}
	if (!is_cut && PQresultStatus(result) != PGRES_TUPLES_OK)
		code = refuse_query(store, result, sql);
	PQclear(result);
	postgres_end_scan(store, is_cut);
	return code;
}

/* Parameters that a user named are NULL, as in SQLite. */
static int run(struct postgres_store *store, const char *sql, const PGresult *described,
	       int (*function)(void *context, const struct store_answer *row), void *context)
{
	int count = PQnparams(described), code = -1;
	const char **nulls = memory_new((size_t)count + 1, sizeof(*nulls));
	struct answer answer;

	answer_begin(&answer, described);
	if (find_json(store, described, answer.are_json) == 0) {
		if (PQsendQueryParams(store->ask, sql, count, NULL, nulls, NULL, NULL, 0) &&
		    PQsetSingleRowMode(store->ask))
			code = emit(store, sql, &answer, function, context);
		else
			code = postgres_fail(store, store->ask, NULL);
	}
	answer_end(&answer);
	free(nulls);
	return code;
}

/* ---- the transaction ---- */

static int begin(struct postgres_store *store)
{
	if (store->look.is_on)
		return postgres_look_again(store);
	return postgres_do(store, "BEGIN TRANSACTION READ ONLY", NULL, 0);
}

static void end(struct postgres_store *store)
{
	if (store->look.is_on)
		postgres_look_again(store);
	else
		PQclear(PQexec(store->ask, "ROLLBACK"));
}

/* What it will answer, if it may be run; or NULL.  It has no name: a pooler keeps none. */
static PGresult *prepare(struct postgres_store *store, const char *sql)
{
	PGresult *result = PQprepare(store->ask, "", sql, 0, NULL);

	if (PQresultStatus(result) == PGRES_COMMAND_OK) {
		PQclear(result);
		result = PQdescribePrepared(store->ask, "");
	}
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		refuse_query(store, result, sql);
	else if (PQnfields(result) > 0)
		return result;
	else
		complain(store, STORE_ONLY_QUERIES);
	PQclear(result);
	return NULL;
}

/* Is there nothing but white space, comments and semicolons? */
static bool is_blank(const char *sql)
{
	unsigned depth = 0;

	for (; *sql; sql++) {
		if (sql[0] == '/' && sql[1] == '*') {
			depth++;
			sql++;
		} else if (depth > 0) {
			if (sql[0] == '*' && sql[1] == '/') {
				depth--;
				sql++;
			}
		} else if (sql[0] == '-' && sql[1] == '-') {
			sql += strcspn(sql, "\n") - 1;
		} else if (!strchr(" \t\n\r\f\v;", *sql)) {
			return false;
		}
	}
	return depth == 0;
}

static int query(struct store *door, const char *sql, bool is_ours,
		 int (*function)(void *context, const struct store_answer *row), void *context)
{
	struct postgres_store *store = postgres_of(door);
	PGresult *described;
	int code = -1;

	if (store->base.has_failed)
		return -1;
	door->missing_table[0] = '\0';
	if (is_blank(sql))
		return complain(store, STORE_NO_SQL);
	if (begin(store) < 0)
		return -1;
	described = prepare(store, sql);
	if (described && check(store, sql, is_ours) == 0)
		code = run(store, sql, described, function, context);
	PQclear(described);
	end(store);
	return code;
}

int postgres_query(struct store *door, const char *sql,
		   int (*function)(void *context, const struct store_answer *row), void *context)
{
	return query(door, sql, false, function, context);
}

int postgres_query_ours(struct store *door, const char *sql,
			int (*function)(void *context, const struct store_answer *row),
			void *context)
{
	return query(door, sql, true, function, context);
}
