#include "store/postgres/reads.h"

#include <stdlib.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

void postgres_sql_begin(struct postgres_sql *sql, struct postgres_store *store)
{
	*sql = (struct postgres_sql){ .store = store };
	sql->out = open_memstream(&sql->text, &sql->size);
	if (!sql->out)
		memory_fail();
}

const char *postgres_sql_text(struct postgres_sql *sql)
{
	if (fflush(sql->out) != 0)
		memory_fail();
	return sql->text;
}

void postgres_sql_end(struct postgres_sql *sql)
{
	fclose(sql->out);
	free(sql->text);
	*sql = (struct postgres_sql){ .out = NULL };
}

void postgres_sql_literal(struct postgres_sql *sql, struct slice text)
{
	char *quoted = NULL;

	if (text.at && !memchr(text.at, '\0', text.size))
		quoted = PQescapeLiteral(sql->store->ask, text.at, text.size);
	fputs(quoted ? quoted : "NULL", sql->out);
	PQfreemem(quoted);
}

/* lower() of "C" knows ASCII alone, as SQLite's LIKE does. */
void postgres_sql_contains(struct postgres_sql *sql, const char *value, struct slice text)
{
	char *lower = memory_text(text.at, text.size);

	for (size_t i = 0; i < text.size; i++)
		lower[i] = ascii_lower(lower[i]);
	fprintf(sql->out, "coalesce(strpos(lower(%s::text COLLATE \"C\"), ", value);
	postgres_sql_literal(sql, (struct slice){ lower, text.size });
	fputs("), 0) > 0", sql->out);
	free(lower);
}

void postgres_sql_is_empty(struct postgres_sql *sql, const char *value)
{
	fprintf(sql->out, "btrim(coalesce(%s::text, ''), E'\\t\\n\\v\\f\\r ') = ''", value);
}
