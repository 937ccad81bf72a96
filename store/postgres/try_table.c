#include "store/postgres/tables.h"

#include <stdlib.h>

/* Could the table of a pattern be made, or brought up to date?  Nothing is changed. */

/* Another node may have made ours since it was looked for: the rows' table and its view come and go
 * together. */
int postgres_is_taken(struct postgres_store *store, const char *name)
{
	const struct store_value of = postgres_of_string(name);
	int64_t count = 0;

	if (postgres_number(store,
			    "SELECT count(*) FROM pg_class c WHERE c.relnamespace ="
			    " (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
			    " AND lower(c.relname::text COLLATE \"C\") ="
			    " lower($1::text COLLATE \"C\")"
			    " AND NOT EXISTS (SELECT 1 FROM pg_class r WHERE r.relnamespace ="
			    " c.relnamespace AND lower(r.relname::text COLLATE \"C\") ="
			    " lower('" STORE_ROWS_PREFIX "' || $1::text COLLATE \"C\"))",
			    &of, 1, &count))
		return -1;
	return count > 0;
}

int postgres_refuse_taken(const struct postgres_store *store, const char *name,
			  struct store_error *error)
{
	error->cure = STORE_CURE_NONE;
	snprintf(error->text, STORE_ERROR_MAX,
		 "%.200s has a table %s that no pattern made: rename the pattern", store->uri.shown,
		 name);
	return -1;
}

/* Are there rows that a new key would not let stand beside each other?  NULL equals nothing. */
static int count_equal_rows(struct postgres_store *store, const struct postgres_table *table,
			    const struct postgres_old_table *old, int64_t *count)
{
	char *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);
	int result;

	fputs("SELECT count(*) FROM (SELECT 1 FROM (SELECT ", sql);
	for (size_t i = 0; i < table->key_count; i++) {
		const struct postgres_old_column *column =
			postgres_find_old(old, table->columns[table->key[i]]);

		fputs(i ? ", " : "", sql);
		postgres_put_converted(sql, column->name, column->type,
				       table->kinds[table->key[i]]);
		fprintf(sql, " AS k%zu", i);
	}
	fputs(" FROM ", sql);
	postgres_put_name(sql, old->relation);
	fputs(") t WHERE true", sql);
	for (size_t i = 0; i < table->key_count; i++)
		fprintf(sql, " AND k%zu IS NOT NULL", i);
	for (size_t i = 0; i < table->key_count; i++)
		fprintf(sql, "%sk%zu", i ? ", " : " GROUP BY ", i);
	fputs(" HAVING count(*) > 1 LIMIT 1) e", sql);
	fclose(sql);
	result = postgres_number(store, text, NULL, 0, count);
	free(text);
	return result;
}

static bool has_key_columns(const struct postgres_table *table,
			    const struct postgres_old_table *old)
{
	for (size_t i = 0; i < table->key_count; i++)
		if (!postgres_find_old(old, table->columns[table->key[i]]))
			return false;
	return true;
}

static int try(struct postgres_store *store, const struct postgres_table *table,
	       const struct postgres_old_table *old, struct store_error *error)
{
	int64_t count = 0;
	int taken;

	if (!old->relation) {
		taken = postgres_is_taken(store, table->name);
		return taken > 0 ? postgres_refuse_taken(store, table->name, error) : taken;
	}
	if (table->key_count == 0 || table->merges_equal || !postgres_has_other_key(table, old) ||
	    !has_key_columns(table, old))
		return 0;
	if (count_equal_rows(store, table, old, &count))
		return -1;
	if (count > 0)
		postgres_tell_equal_rows(table->name, error);
	return count > 0 ? -1 : 0;
}

int postgres_try_noted(struct postgres_store *store, const struct postgres_table *noted,
		       struct store_error *error)
{
	struct postgres_old_table old;
	int result = -1;

	if (postgres_find_table(store, noted->name, &old) == 0)
		result = try(store, noted, &old, error);
	postgres_free_old(&old);
	if (store->base.has_failed)
		*error = store->base.error; /* it could not be read */
	return store->base.has_failed ? -1 : result;
}

int postgres_try_table(struct store *door, const struct store_table *table,
		       struct store_error *error)
{
	struct postgres_table noted;
	int result;

	if (postgres_check_table(table, error))
		return -1;
	postgres_note_table(&noted, table);
	result = postgres_try_noted(postgres_of(door), &noted, error);
	postgres_free_table(&noted);
	return result;
}
