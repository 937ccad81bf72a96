#include "store/postgres/table_sql.h"
#include "store/postgres/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

FILE *postgres_begin_sql(char **text, size_t *size)
{
	FILE *sql = open_memstream(text, size);

	if (!sql)
		memory_fail();
	return sql;
}

int postgres_run_sql(struct postgres_store *store, FILE *sql, char **text)
{
	int result;

	fclose(sql);
	result = (*text)[0] ? postgres_script(store, *text) : 0;
	free(*text);
	return result;
}

/* ---- names, texts, types ---- */

static void put_quoted(FILE *sql, const char *text, char quote)
{
	fputc(quote, sql);
	for (; *text; text++) {
		if (*text == quote)
			fputc(quote, sql);
		fputc(*text, sql);
	}
	fputc(quote, sql);
}

void postgres_put_name(FILE *sql, const char *name)
{
	put_quoted(sql, name, '"');
}

char *postgres_quoted(const char *name)
{
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	postgres_put_name(sql, name);
	fclose(sql);
	return text;
}

/* A backslash stands for itself, whatever the session's standard_conforming_strings. */
void postgres_put_literal(FILE *sql, const char *text)
{
	if (!strchr(text, '\\')) {
		put_quoted(sql, text, '\'');
		return;
	}
	fputs(" E'", sql);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc(*text, sql);
		fputc(*text, sql);
	}
	fputc('\'', sql);
}

const char *postgres_type_of(enum store_kind kind)
{
	switch (kind) {
	case STORE_INTEGER:
		return "bigint";
	case STORE_REAL:
		return "double precision";
	default:
		return "text";
	}
}

enum store_kind postgres_kind_of_type(const char *type, const char *comment)
{
	if (strcmp(type, "bigint") == 0)
		return STORE_INTEGER;
	if (strcmp(type, "double precision") == 0)
		return STORE_REAL;
	return comment && strcmp(comment, "json") == 0 ? STORE_JSON : STORE_TEXT;
}

/* As SQLite has it: 1.0, 1.0e+20. */
static void put_real(FILE *sql, const char *before, const char *name)
{
	fputs("regexp_replace((", sql);
	fputs(before, sql);
	postgres_put_name(sql, name);
	fputs(")::text, '^(-?[0-9]+)(e|$)', '\\1.0\\2')", sql);
}

/* ---- a value of another type ---- */

#define IS_INTEGER "'^\\s*[-+]?[0-9]{1,19}(\\.0*)?\\s*$'"
#define IS_REAL                                                                            \
	"'^\\s*[-+]?([0-9]{1,200}(\\.[0-9]{0,200})?|\\.[0-9]{1,200})([eE][-+]?[0-9]{1,3})" \
	"?\\s*$'"

static void put_integer_of_text(FILE *sql, const char *name)
{
	fputs("CASE WHEN ", sql);
	postgres_put_name(sql, name);
	fputs(" ~ " IS_INTEGER " AND substring(", sql);
	postgres_put_name(sql, name);
	fputs(" FROM '[-+]?[0-9]+')::numeric BETWEEN -9223372036854775808 AND "
	      "9223372036854775807 THEN substring(",
	      sql);
	postgres_put_name(sql, name);
	fputs(" FROM '[-+]?[0-9]+')::bigint END", sql);
}

static void put_real_of_text(FILE *sql, const char *name)
{
	fputs("CASE WHEN ", sql);
	postgres_put_name(sql, name);
	fputs(" ~ " IS_REAL " THEN CASE WHEN abs(", sql);
	postgres_put_name(sql, name);
	fputs("::numeric) >= 1.797693134862315808e308 THEN sign(", sql);
	postgres_put_name(sql, name);
	fputs("::numeric)::float8 * 'Infinity' WHEN abs(", sql);
	postgres_put_name(sql, name);
	fputs("::numeric) < 2.5e-324 THEN 0 ELSE ", sql);
	postgres_put_name(sql, name);
	fputs("::float8 END END", sql);
}

static void put_integer_of_real(FILE *sql, const char *name)
{
	fputs("CASE WHEN ", sql);
	postgres_put_name(sql, name);
	fputs(" >= -9223372036854775808 AND ", sql);
	postgres_put_name(sql, name);
	fputs(" < 9223372036854775808 AND trunc(", sql);
	postgres_put_name(sql, name);
	fputs(") = ", sql);
	postgres_put_name(sql, name);
	fputs(" THEN ", sql);
	postgres_put_name(sql, name);
	fputs("::bigint END", sql);
}

/* What a real number cannot tell from its neighbour is no such number. */
static void put_real_of_integer(FILE *sql, const char *name)
{
	fputs("CASE WHEN ", sql);
	postgres_put_name(sql, name);
	fputs(" BETWEEN -9223372036854775808 AND 9223372036854774784 THEN CASE WHEN ", sql);
	postgres_put_name(sql, name);
	fputs("::float8::bigint = ", sql);
	postgres_put_name(sql, name);
	fputs(" THEN ", sql);
	postgres_put_name(sql, name);
	fputs("::float8 END END", sql);
}

void postgres_put_converted(FILE *sql, const char *name, const char *type, enum store_kind kind)
{
	bool is_text = strcmp(type, "text") == 0;

	if (strcmp(type, postgres_type_of(kind)) == 0) {
		postgres_put_name(sql, name);
	} else if (kind == STORE_INTEGER) {
		(is_text ? put_integer_of_text : put_integer_of_real)(sql, name);
	} else if (kind == STORE_REAL) {
		(is_text ? put_real_of_text : put_real_of_integer)(sql, name);
	} else if (strcmp(type, "double precision") == 0) {
		put_real(sql, "", name);
	} else {
		postgres_put_name(sql, name);
		fputs("::text", sql);
	}
}

void postgres_put_json(FILE *sql, const char *name, enum store_kind kind)
{
	fputs("coalesce(", sql);
	if (kind == STORE_REAL) {
		fputs("CASE t.", sql);
		postgres_put_name(sql, name);
		fputs(" WHEN 'Infinity' THEN '9.0e+999' WHEN '-Infinity' THEN '-9.0e+999' ELSE ",
		      sql);
		put_real(sql, "t.", name);
		fputs(" END", sql);
	} else {
		fputs(kind == STORE_INTEGER ? "(t." : "to_json(t.", sql);
		postgres_put_name(sql, name);
		fputs(")::text", sql);
	}
	fputs(", 'null')", sql);
}

void postgres_put_is_of(FILE *sql, const char *alias, const char *pattern)
{
	fprintf(sql, "lower(%s.pattern) = lower(", alias);
	postgres_put_literal(sql, pattern);
	fputs(" COLLATE \"C\")", sql);
}
