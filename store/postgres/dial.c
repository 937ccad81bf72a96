#include "store/postgres/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/memory.h"
#include "store/postgres/table_sql.h"

/* What every connection is begun with, and told first. */

/* Orders are given by who reads otherwise. */
static bool is_read_only(const struct postgres_store *store)
{
	return store->is_reader && !store->is_teller;
}

/*
 * Words before `dbname`, which is the URI, are what it may say otherwise; those behind it hold
 * whatever it says.  A server that is gone is noticed within 25 s, also while nothing is sent.
 */
void postgres_words(const struct postgres_store *store, const char *application,
		    struct postgres_words *words)
{
	const struct {
		const char *name, *value;
	} all[] = {
		{ "connect_timeout", "10" },
		{ "keepalives_idle", "10" },
		{ "keepalives_interval", "5" },
		{ "keepalives_count", "3" },
		{ "tcp_user_timeout", "8000" }, /* then libpq goes on to the next host */
		{ "target_session_attrs", is_read_only(store) ? "any" : "read-write" },
		{ "dbname", store->uri.conninfo },
		{ "application_name", application ? application : "crawl" },
		{ "client_encoding", "UTF8" },
	};
	size_t count = sizeof(all) / sizeof(all[0]);

	*words = (struct postgres_words){ 0 };
	for (size_t i = 0; i < count; i++) {
		words->names[i] = all[i].name;
		words->values[i] = all[i].value;
	}
	postgres_put_turned(store, words);
}

/*
 * Whatever the server, the database or the role set.  set_config() and no SET, for many at once in
 * one statement; limits of time are for people's sessions, and would end a burial or a long gain.
 * But who makes a server read-only while we write (NULL is RESET) means us: there is another to be
 * written to, or its disk is nearly full.  Of the name a pooler may have made another.
 */
char *postgres_session_sql(const struct postgres_store *store, const char *application)
{
	static const char settings[] =
		", false), set_config('standard_conforming_strings', 'on', false),"
		" set_config('default_transaction_isolation', 'read committed', false),"
		" set_config('default_transaction_deferrable', 'off', false),"
		" (SELECT count(set_config(name, '0', false)) FROM pg_settings WHERE name IN ("
		"'statement_timeout', 'lock_timeout', 'transaction_timeout',"
		" 'idle_in_transaction_session_timeout', 'idle_session_timeout')),"
		" set_config('client_min_messages', 'warning', false),"
		" set_config('bytea_output', 'hex', false),"
		" set_config('extra_float_digits', '1', false),"
		" set_config('DateStyle', 'ISO, YMD', false),"
		" set_config('IntervalStyle', 'postgres', false),"
		" set_config('TimeZone', 'UTC', false),"
		" set_config('tcp_keepalives_idle', '10', false),"
		" set_config('tcp_keepalives_interval', '5', false),"
		" set_config('tcp_keepalives_count', '3', false),"
		" set_config('jit', 'off', false)";
	/* What is written is looked up by keys, and was there just now: no table is read for it. */
	static const char writing[] = ", set_config('random_page_cost', '1.1', false),"
				      " current_setting('session_replication_role') = 'replica'";
	char *schema = postgres_quoted(store->uri.schema), *text;
	size_t size;
	FILE *sql = postgres_begin_sql(&text, &size);

	fputs("SELECT set_config('search_path', ", sql);
	postgres_put_literal(sql, schema);
	fputs(", false), set_config('application_name', ", sql);
	postgres_put_literal(sql, application ? application : "crawl");
	fprintf(sql, ", false), set_config('default_transaction_read_only', %s",
		is_read_only(store) ? "'on'" : "NULL");
	fputs(settings, sql);
	if (!store->is_reader)
		fputs(writing, sql);
	fclose(sql);
	free(schema);
	return text;
}

/* Warnings of the server are nobody's here: they would be written to standard error. */
static void ignore_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

PGconn *postgres_dial(const struct postgres_store *store, const char *application)
{
	struct postgres_words words;
	PGconn *connection;

	postgres_words(store, application, &words);
	connection = PQconnectStartParams(words.names, words.values, 1);
	if (!connection)
		memory_fail();
	PQsetNoticeReceiver(connection, ignore_notice, NULL);
	PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
	return connection;
}
