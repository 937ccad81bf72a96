#ifndef POSTGRES_READS_H
#define POSTGRES_READS_H

#include "store/postgres/internal.h"
#include <stdio.h>

/* What the verbs that read share: SQL that is put together, tables of patterns, places, looks. */

/* A number that is a macro, as SQL. */
#define POSTGRES_TEXT_OF(number) #number
#define POSTGRES_LIMIT(number)   " LIMIT " POSTGRES_TEXT_OF(number)

/* The schema that we are in, of a pg_class or a view of it. */
#define POSTGRES_HERE "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())"

/* ---- sql.c: a statement while it is written ---- */

struct postgres_sql {
	FILE *out;
	char *text;
	size_t size;
	struct postgres_store *store;
};

void postgres_sql_begin(struct postgres_sql *sql, struct postgres_store *store);
/* As it is until now. */
const char *postgres_sql_text(struct postgres_sql *sql);
void postgres_sql_end(struct postgres_sql *sql);

/* A text as SQL has it: 'it''s'.  What is no text to PostgreSQL equals nothing: NULL. */
void postgres_sql_literal(struct postgres_sql *sql, struct slice text);

/* Does a value, which is SQL, have the text, in any case of ASCII letters?  NULL: no. */
void postgres_sql_contains(struct postgres_sql *sql, const char *value, struct slice text);

/* Is a value NULL, empty, or white space alone? */
void postgres_sql_is_empty(struct postgres_sql *sql, const char *value);

/* ---- kept.c ---- */

/* Bodies of pages that are asked for at once are no larger together: tests set it. */
extern int64_t postgres_kept_bytes;

/* ---- patterns.c ---- */

/* Columns of a pattern's table that are none of its fields. */
#define POSTGRES_NO_FIELDS "('" POSTGRES_ROW_PAGE "', '" POSTGRES_ROW_N "', '" POSTGRES_ROW_KEY "')"

/* The patterns that have a table, in the order of their names. */
#define POSTGRES_PATTERNS_SQL                                                             \
	"SELECT substr(relname::text, length('" STORE_ROWS_PREFIX "') + 1)"               \
	" FROM pg_class WHERE relnamespace = " POSTGRES_HERE " AND relkind IN ('r', 'p')" \
	" AND starts_with(relname::text, '" STORE_ROWS_PREFIX "') ORDER BY relname"

/* The table of a pattern, whose name is as it is there: in quotes, freed by the caller. */
char *postgres_rows_name(const char *pattern);

/* The same, by its name in any case.  Returns 1, 0 if there is none, or -1. */
int postgres_find_rows_table(struct postgres_store *store, const char *pattern, char **table);

/* Columns of a pattern's table that are fields: attname, atttypid, is_json, in their order. */
int postgres_find_fields(struct postgres_store *store, const char *pattern, PGresult **fields);

/* ---- places of rows ---- */

/*
 * The place of a row among all of its table: by page, then by number.  A share has 12 bits, a
 * number of a URL 31, and one of a row 20, which is more than a page may have
 * (PATTERN_ROWS_MAX).
 */
#define POSTGRES_ROW_BITS    20
#define POSTGRES_NUMBER_BITS 31
#define POSTGRES_ROWS_MAX    (1u << POSTGRES_ROW_BITS)
_Static_assert(POSTGRES_SHARES == 1 << (63 - POSTGRES_NUMBER_BITS - POSTGRES_ROW_BITS),
	       "a place fits 63 bits");

static inline int64_t postgres_place_of(struct store_key page, uint32_t number)
{
	return ((int64_t)page.share << POSTGRES_NUMBER_BITS | page.number) << POSTGRES_ROW_BITS |
	       number;
}

static inline struct store_key postgres_page_of(int64_t place)
{
	uint64_t page = (uint64_t)place >> POSTGRES_ROW_BITS;

	return (struct store_key){ (uint32_t)(page >> POSTGRES_NUMBER_BITS),
				   page & ((1u << POSTGRES_NUMBER_BITS) - 1) };
}

static inline uint32_t postgres_row_of(int64_t place)
{
	return (uint32_t)place & (POSTGRES_ROWS_MAX - 1);
}

/* ---- reports_run.c ---- */

/* Is this question about one run?  Those are answered there. */
bool postgres_is_of_run(enum store_report report);
int postgres_report_run(struct postgres_store *store, enum store_report report,
			const struct store_about *about,
			int (*function)(void *context, const struct store_answer *row),
			void *context);

/* ---- query.c ---- */

/* There is no table of this name: the query fails for it.  Returns -1. */
int postgres_refuse_name(struct postgres_store *store, const char *table);

/* ---- value_of_any.c ---- */

/* A column of the row that a result is: it points into the result, where it may be changed. */
struct store_value postgres_value_of_any(const PGresult *row, int column, bool is_json);

/* ---- looks.c ---- */

/* Did what failed fail for want of time?  Then it did not fail. */
bool postgres_was_late(struct postgres_store *store);

/* Within a look: as it was before anything was asked.  Returns 0 or -1. */
int postgres_look_again(struct postgres_store *store);

#endif
