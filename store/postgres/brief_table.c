#include "store/postgres/writing.h"

#include <stdio.h>

/*
 * Tables for the time of a transaction, which nobody else sees.  A session has its own, unless the
 * database allows it none (REVOKE ALL ON DATABASE ... FROM PUBLIC takes TEMP away): then it is one
 * of the schema, where crawl may make tables.
 */

#define SQL_MAX 256

int postgres_make_brief(struct postgres_store *store, const char *name, const char *columns)
{
	int64_t may = 0;
	char sql[SQL_MAX];

	if (postgres_number(store, "SELECT has_database_privilege(current_database(), 'TEMP')::int",
			    NULL, 0, &may))
		return -1;
	snprintf(sql, sizeof(sql), "CREATE %s TABLE %s (%s)%s", may ? "TEMP" : "UNLOGGED", name,
		 columns, may ? " ON COMMIT DROP" : "");
	return postgres_script(store, sql);
}

int postgres_drop_brief(struct postgres_store *store, const char *name)
{
	char sql[SQL_MAX];

	snprintf(sql, sizeof(sql), "DROP TABLE %s", name);
	return postgres_script(store, sql);
}
