#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/nodes_server.h"

/*
 * What an administrator set for a server, a database or a role is for people's sessions: a crawl of
 * a few pages is the same under each, and whatever cannot be is said in one line.
 */
#define T(test) cmocka_unit_test_setup_teardown(test, nodes_server_begin, nodes_server_end)

#define PAGES 4

static void serve_pages(void)
{
	mkdir(in_folder("root"), 0755);
	for (int i = 1; i <= PAGES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "root/%d.html", i);
		write_text(name,
			   "<title>%d \xc3\xa9\\n'</title><b>%d It\\'s 31.12.2024</b>"
			   "<a href='%d.html'>next</a>",
			   i, i, i < PAGES ? i + 1 : i);
	}
	write_text("c.yaml", "patterns:\n"
			     "  - name: books\n"
			     "    pattern: '<b>(?<id>\\d+) (?<title>[^<]*)</b>(?<none>x)?'\n"
			     "    fields: {id: {type: integer}, title: , none: }\n"
			     "    key: [id]\n"
			     "follow: [{link: '[0-9].html'}]\n");
	assert_int_equal(site_start(&site, (const char *[]){ "--log", in_folder("site.log"),
							     "--root", in_folder("root"), NULL }),
			 0);
	write_text("list", "%s\n", url("/1.html"));
}

/* As a role that owns nothing else. */
static const char *uri_of(const char *schema)
{
	static char uri[POSTGRES_URI_MAX];

	snprintf(uri, sizeof(uri), "postgresql://odd@/postgres?host=%s&schema=%s",
		 nodes_server.folder, schema);
	return uri;
}

static void make_role(void)
{
	nodes_tell_server("CREATE ROLE odd LOGIN");
	nodes_tell_server("GRANT CREATE ON DATABASE postgres TO odd");
}

static struct program *crawl_into(const char *uri)
{
	return RUN("list", "-c", "c.yaml", "-o", uri, "--delay", "0", "-j", "2");
}

/* Two runs, and commands that look at them. */
static void must_work(const char *schema, const char *name)
{
	const char *uri = uri_of(schema);
	char sql[200];

	assert_code(crawl_into(uri), 0);
	assert_code(RUN("list", "-c", "c.yaml", "-o", uri, "--delay", "0", "--update"), 0);
	assert_code(RUN("report", "-o", uri), 0);
	assert_code(RUN("status", "-o", uri), 0);
	assert_says(
		RUN("sql", "-o", uri, "SELECT count(*), count(none), max(title) FROM books")->out,
		"4");
	snprintf(sql, sizeof(sql),
		 "SELECT count(*), count(DISTINCT id), count(none), min(title) FROM %s.books",
		 name);
	assert_string_equal(nodes_ask_server(NULL, sql), "4|4|0|It\\'s 31.12.2024");
	assert_code(RUN("copy", uri, "copied.db", "--fresh"), 0);
}

/* What is set at once; NULL at the end. */
static const char *const settings[][16] = {
	{ "default_transaction_isolation = 'serializable'", "default_transaction_deferrable = on",
	  "statement_timeout = '500ms'", "search_path = ''", "standard_conforming_strings = off",
	  "escape_string_warning = on", "DateStyle = 'SQL, DMY'", "IntervalStyle = 'sql_standard'",
	  "TimeZone = 'Asia/Kathmandu'", "bytea_output = 'escape'", "extra_float_digits = -15",
	  "client_encoding = 'LATIN1'" },
	{ "default_transaction_isolation = 'repeatable read'", "lock_timeout = '500ms'",
	  "search_path = 'pg_temp, pg_catalog'", "DateStyle = 'German'", "array_nulls = off",
	  "transform_null_equals = on", "quote_all_identifiers = on", "row_security = off",
	  "plan_cache_mode = 'force_generic_plan'", "enable_hashjoin = off", "work_mem = '64kB'",
	  "check_function_bodies = off", "synchronous_commit = off",
	  "idle_in_transaction_session_timeout = '500ms'" },
};

static void a_crawl_is_the_same_whatever_is_set_for_its_role(void **state)
{
	char sql[200], schema[32];

	(void)state;
	NODES_NEED_SERVER();
	serve_pages();
	make_role();
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		for (const char *const *setting = settings[i]; *setting; setting++) {
			snprintf(sql, sizeof(sql), "ALTER ROLE odd SET %s", *setting);
			nodes_tell_server(sql);
		}
		snprintf(schema, sizeof(schema), "set%zu", i);
		must_work(schema, schema);
		nodes_tell_server("ALTER ROLE odd RESET ALL");
	}
}

static void a_schema_may_have_any_name_throughout(void **state)
{
	static const char *const names[][2] = {
		{ "%C3%84rger", "\"\xc3\x84rger\"" },
		{ "a%20%22b%22", "\"a \"\"b\"\"\"" },
		{ "it%27s%5C%25d.", "\"it's\\%d.\"" },
	};

	(void)state;
	NODES_NEED_SERVER();
	serve_pages();
	make_role();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		must_work(names[i][0], names[i][1]);
}

/* Foreign keys hold nothing then, and so the dead could commit. */
static void a_role_without_foreign_keys_is_refused(void **state)
{
	struct program *run;

	(void)state;
	NODES_NEED_SERVER();
	serve_pages();
	make_role();
	nodes_tell_server("ALTER ROLE odd SET session_replication_role = 'replica'");
	run = crawl_into(uri_of("loose"));
	assert_code(run, 3);
	assert_says(run->error, "session_replication_role");
	assert_int_equal(count_lines(run->error), 1);
}

/* ---- a server that speaks another language ---- */

/* Where the machine can make that language's rules; what has no translation is said in English. */
static int start_german(struct postgres_server *german)
{
	static const char *const words[] = { "-c", "lc_messages=de_DE.UTF-8",
					     "-c", "max_connections=2",
					     "-c", "superuser_reserved_connections=0",
					     "-c", "max_wal_senders=0",
					     NULL };
	char command[300];

	snprintf(command, sizeof(command),
		 "chmod 755 %s && localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >%s 2>&1",
		 in_folder("."), in_folder("."), in_folder("localedef"));
	if (system(command) != 0)
		return -1;
	setenv("LOCPATH", in_folder("."), 1);
	return postgres_server_start(german, words);
}

/* Its words are in a file that a small machine may lack. */
static bool speaks_german(const struct postgres_server *german)
{
	return strstr(postgres_server_ask(german, NULL, "SELECT x"), "FEHLER") != NULL;
}

static void what_a_server_says_in_another_language_is_understood(void **state)
{
	struct postgres_server german = { .pid = 0 };
	char uri[POSTGRES_URI_MAX];
	struct program *run;

	(void)state;
	NODES_NEED_SERVER();
	if (start_german(&german)) {
		printf("not run: a server that speaks German: it cannot be made here\n");
		skip();
	}
	unsetenv("LOCPATH");
	if (!speaks_german(&german)) {
		printf("not run: a server that speaks German: its words are not installed\n");
		postgres_server_stop(&german);
		skip();
	}
	snprintf(uri, sizeof(uri), "postgresql://crawl@/none?host=%s", german.folder);
	run = RUN("sql", "-o", uri, "SELECT 1");
	assert_code(run, 3);
	assert_says(run->error, "createdb");
	snprintf(uri, sizeof(uri), "postgresql://nobody@/postgres?host=%s", german.folder);
	run = RUN("sql", "-o", uri, "SELECT 1");
	assert_code(run, 3);
	assert_says(run->error, "check the user");
	write_text("list", "http://127.0.0.1:1/\n");
	run = START("list", "-o", postgres_server_uri(&german, NULL)); /* three connections */
	assert_true(WAIT_UNTIL(strstr(program_errors(run), "trying for")));
	assert_says(program_errors(run), "raise max_connections");
	kill(run->pid, SIGINT);
	program_wait(run);
	postgres_server_stop(&german);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_crawl_is_the_same_whatever_is_set_for_its_role),
		T(a_schema_may_have_any_name_throughout),
		T(a_role_without_foreign_keys_is_refused),
		T(what_a_server_says_in_another_language_is_understood),
	};

	return RUN_TESTS(tests);
}
