#include "tests/support/test.h"

#include "store/sqlite/internal.h"
#include "tests/support/store_help.h"
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- files that are not to be opened ---- */

static char before[65536], after[65536];

static size_t read_file(const char *name, char bytes[65536])
{
	FILE *file = fopen(name, "rb");
	size_t size = file ? fread(bytes, 1, 65536, file) : 0;

	if (file)
		fclose(file);
	return size;
}

static void write_file(const char *name, const char *bytes, size_t size)
{
	FILE *file = fopen(name, "wb");

	assert_non_null(file);
	fwrite(bytes, 1, size, file);
	fclose(file);
}

/* As a crawl says it of "crawl.db": a line of a terminal, but where another crawl's pid is named.
 */
static void assert_short(const char *name, const struct store_error *said)
{
	size_t cure = said->cure == STORE_CURE_OTHER_FILE   ? strlen(" with -o")
		      : said->cure == STORE_CURE_START_OVER ? strlen(" with --fresh")
							    : 0;
	size_t size = strlen("crawl: ") + strlen(said->text) + cure;

	if (strcmp(name, path) == 0 && !strstr(said->text, "pid"))
		assert_in_range(size - strlen(path) + strlen("crawl.db"), 1, 80);
}

static void assert_refused(const char *name, bool fresh, const char *reason)
{
	struct store *store = store_open(name, fresh, &error);

	assert_null(store);
	assert_non_null(strstr(error.text, name));
	assert_null(strchr(error.text, '\n'));
	assert_short(name, &error);
	if (!strstr(error.text, reason))
		assert_string_equal(error.text, reason);
}

static void a_file_that_is_no_database_is_refused_and_stays(void **state)
{
	static const char *const contents[] = { "x", "SQLite format 3",
						"http://example.org/\nhttp://example.org/a\n"
						"http://example.org/b\nhttp://example.org/c\n"
						"http://example.org/d\nhttp://example.org/e\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		size_t size = strlen(contents[i]);

		write_file(path, contents[i], size);
		assert_refused(path, false, "is not a database");
		assert_refused(path, true, "is not a database");
		assert_int_equal(read_file(path, after), size);
		assert_memory_equal(after, contents[i], size);
	}
}

static void a_database_of_another_program_is_refused_and_stays(void **state)
{
	size_t size;

	(void)state;
	assert_int_equal(change(path, "CREATE TABLE pages (a); INSERT INTO pages VALUES (1)"), 0);
	size = read_file(path, before);
	assert_refused(path, false, "is a database of another program");
	assert_refused(path, true, "is a database of another program");
	assert_int_equal(read_file(path, after), size);
	assert_memory_equal(after, before, size);
}

static void a_database_of_a_newer_crawl_is_refused(void **state)
{
	(void)state;
	store_close(open_store());
	assert_int_equal(change(path, "PRAGMA user_version = 99"), 0);
	assert_refused(path, false,
		       "is of a newer crawl (schema 99, this one knows 7): use that one");
	assert_null(store_open_read(path, &error));
	assert_non_null(strstr(error.text, "newer crawl"));
}

/* What later versions added is there, and empty. */
/* The database that a crawl of before passes were numbered left behind, as it was. */
static void take_database(const char *name)
{
	static char bytes[256 * 1024];
	FILE *old = fopen(name, "rb");
	size_t size;

	assert_non_null(old);
	size = fread(bytes, 1, sizeof(bytes), old);
	fclose(old);
	write_file(path, bytes, size);
}

static void take_old_database(void)
{
	take_database("tests/data/store/schema-3.db");
}

/* Tables behind views have other names now; a key is a key still. */
static void tables_of_an_older_database_are_renamed_and_hold_what_they_held(void **state)
{
	static const struct {
		const char *name, *columns;
	} rows[] = {
		{ "tests/data/store/schema-3.db", "page_url,n,title,price" },
		{ "tests/data/store/schema-4.db", "page_url,n,title,price" },
		{ "tests/data/store/schema-5.db", "page_url,n,title,price" },
		{ "tests/data/store/schema-6.db", "page_url,n,title,price" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char held[64], holds[64];

		take_database(rows[i].name);
		snprintf(held, sizeof(held), "%s",
			 ask("SELECT count(*), total(price), max(title) FROM books"));
		assert_int_equal(change(path, "CREATE VIEW mine AS SELECT * FROM nowhere"), 0);
		store_close(open_store());
		snprintf(holds, sizeof(holds), "%s",
			 ask("SELECT count(*), total(price), max(title) FROM books"));
		assert_string_equal(holds, held);
		assert_string_equal(
			ask("SELECT group_concat(name) FROM pragma_table_info('books')"),
			rows[i].columns);
		assert_string_equal(ask("SELECT name FROM sqlite_schema WHERE name LIKE '% of %'"),
				    "");
		assert_string_equal(ask("SELECT name FROM pragma_index_list('crawl_rows_books')"),
				    "crawl_key_books");
		assert_string_equal(
			ask("SELECT name FROM sqlite_schema WHERE name GLOB 'crawl_rows*'"
			    " ORDER BY name"),
			"crawl_rows_books\ncrawl_rows_nothing");
	}
}

/* What was kept of a host may have been its proxy's, unless it is the host's name. */
static void addresses_of_an_older_database_are_looked_up_anew(void **state)
{
	static const char *const names[] = { "tests/data/store/schema-3.db",
					     "tests/data/store/schema-4.db",
					     "tests/data/store/schema-5.db" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		take_database(names[i]);
		assert_int_equal(
			change(path, "INSERT INTO hosts (origin, address) VALUES"
				     " ('http://a.example', '127.0.0.1'),"
				     " ('http://b.example:8080', '192.0.2.7'),"
				     " ('http://10.0.0.1:8080', '10.0.0.1'),"
				     " ('http://10.0.0.2', '127.0.0.1'), ('http://[::1]', '::1')"),
			0);
		store_close(open_store());
		assert_string_equal(
			ask("SELECT group_concat(origin, ' ') FROM (SELECT origin FROM hosts"
			    " WHERE address NOT NULL AND origin NOT GLOB '*:81*' ORDER BY 1)"),
			"http://10.0.0.1:8080 http://[::1]");
		assert_string_equal(ask("SELECT count(address) FROM hosts WHERE origin IN "
					"('http://a.example', 'http://b.example:8080')"),
				    "0");
	}
}

/* Each URL's is the one without a page before it, whatever numbers they have. */
static void urls_of_an_older_database_get_their_roots(void **state)
{
	static const char made[] =
		"DELETE FROM urls; INSERT INTO urls (id, url, host_id, from_id, depth, kind, lane) "
		"VALUES"
		" (1, 'seed', 1, NULL, 0, 0, 2), (2, 'link', 1, 1, 1, 0, 2),"
		" (3, 'its link', 1, 2, 2, 0, 2), (4, 'wanted later', 1, 6, 1, 0, 2),"
		" (5, 'seed 2', 1, NULL, 0, 0, 2), (6, 'link 2', 1, 5, 1, 1, 1),"
		" (7, 'of nobody', 1, 99, 1, 0, 2), (8, 'its own', 1, 8, 1, 0, 2),"
		" (9, 'round', 1, 10, 1, 0, 2), (10, 'and round', 1, 9, 1, 0, 2)";

	(void)state;
	take_database("tests/data/store/schema-4.db");
	assert_int_equal(change(path, made), 0);
	store_close(open_store());
	assert_string_equal(
		ask("SELECT group_concat(root) FROM (SELECT root FROM urls ORDER BY id)"),
		"1,1,1,5,5,5,7,8,9,10");
	assert_string_equal(ask("SELECT count(*) FROM sqlite_schema WHERE name = 'crawl_step'"),
			    "0");
}

/* crawl forget --dry-run: nothing is changed, and the older crawl can read it still. */
static void what_is_to_be_forgotten_of_an_older_database_is_counted_without_a_step(void **state)
{
	static const char *const names[] = { "tests/data/store/schema-3.db",
					     "tests/data/store/schema-4.db",
					     "tests/data/store/schema-5.db",
					     "tests/data/store/schema-6.db" };
	static const struct store_key doomed[] = { { 0, 1 }, { 0, 6 }, { 0, 99 } };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct store_forgotten sum = { 0 };
		struct store_error why;
		struct store *store;

		take_database(names[i]);
		store = store_open_read(path, &why);
		assert_non_null(store);
		assert_int_equal(store_get_doomed(store, doomed, 3, &sum), 0);
		store_close(store);
		assert_int_equal(sum.urls, 2);
		assert_int_equal(sum.rows, 40);
		assert_int_equal(sum.bodies, 2);
		assert_int_equal(atoi(ask("PRAGMA user_version")), 3 + (int)i);
		assert_string_equal(ask("SELECT count(*) FROM urls WHERE id IN (1, 6)"), "2");
	}
}

static void an_older_database_is_brought_up_to_date_and_that_is_said_once(void **state)
{
	static const struct {
		const char *undo; /* how it is made still older */
		const char *notice;
	} rows[] = {
		{ "", "schema 3 becomes 7; crawl before 0.2 cannot read it" },
		{ "ALTER TABLE hosts DROP COLUMN held_until;"
		  "ALTER TABLE results DROP COLUMN is_moved;"
		  "ALTER TABLE results DROP COLUMN redirects;"
		  "ALTER TABLE results DROP COLUMN unmatched;"
		  "PRAGMA user_version = 2",
		  "schema 2 becomes 7; crawl before 0.2 cannot read it" },
		{ "ALTER TABLE hosts DROP COLUMN address;"
		  "ALTER TABLE hosts DROP COLUMN held_until;"
		  "ALTER TABLE results DROP COLUMN is_moved;"
		  "ALTER TABLE results DROP COLUMN redirects;"
		  "ALTER TABLE results DROP COLUMN unmatched;"
		  "PRAGMA user_version = 1",
		  "schema 1 becomes 7; crawl before 0.2 cannot read it" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store *store;

		take_old_database();
		assert_int_equal(change(path, rows[i].undo), 0);
		store = store_open(path, false, &error);
		assert_string_equal(error.text, "");
		assert_non_null(store_notice(store));
		assert_non_null(strstr(store_notice(store), rows[i].notice));
		store_close(store);
		store = open_store();
		assert_null(store_notice(store));
		store_close(store);
		assert_string_equal(ask("PRAGMA user_version"), "7");
		assert_string_equal(ask("PRAGMA integrity_check"), "ok");
	}
}

/* As it was: what waited waits, what was read is known, and by the same config. */
static void an_older_database_says_what_it_said(void **state)
{
	struct store_run run = { .config_hash = 0xb6d71c9069bc4b14 };
	struct store *store;
	struct store_target target;

	(void)state;
	take_old_database();
	store = open_store();
	assert_string_equal(ask("SELECT min(elapsed_ms) >= 0, typeof(max(elapsed_ms)) FROM pages"),
			    "1|real");
	assert_string_equal(ask("SELECT state, outcome, status, size FROM pages"),
			    "done|ok|200|4889\n"
			    "failed|http_error|404|133\nfailed|http_error|503|133\n"
			    "pending|ok|200|137\npending|ok|200|155\npending|ok|200|4946");
	assert_int_equal(store_begin_run(store, &run), 3);
	target = target_of(store, key(6));
	assert_true(target.is_again);
	assert_true(target.known.hash != 0);
	assert_int_equal(target.row.from.number, 1);
	assert_int_equal(target.row.from_where, STORE_FROM_UNKNOWN);
	store_close(store);
}

/* Views and indexes of the user's name what was there: they must not keep a crawl out. */
static void what_a_user_has_made_of_an_older_database_stays(void **state)
{
	static const char *const made[] = {
		"CREATE VIEW mine AS SELECT url FROM pages WHERE state = 'done'",
		"CREATE VIEW mine AS SELECT url FROM urls WHERE state = 0",
		"CREATE INDEX mine ON urls (state)",
		"CREATE INDEX mine ON urls (url)",
		"CREATE VIEW mine AS SELECT page_url FROM gone",
		"CREATE TABLE mine AS SELECT * FROM pages",
		"CREATE VIEW mine AS SELECT * FROM books JOIN nowhere",
		"CREATE INDEX mine ON \"rows of books\" (price)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		take_old_database();
		assert_int_equal(change(path, made[i]), 0);
		store_close(open_store());
		assert_string_equal(ask("PRAGMA user_version"), "7");
		assert_string_equal(ask("SELECT count(*) FROM sqlite_schema WHERE name = 'mine'"),
				    "1");
	}
}

static int note_row(void *context, const struct store_answer *row)
{
	char *all = context;
	size_t used = strlen(all);

	for (size_t i = 0; row->values && i < row->column_count; i++)
		used += (size_t)snprintf(all + used, 1024 - used, "%.*s%lld ",
					 (int)row->values[i].text.size,
					 row->values[i].text.at ? row->values[i].text.at : "",
					 (long long)row->values[i].integer);
	return 0;
}

/* Only a crawl brings it up to date; who only reads sees it as it is. */
static void an_older_database_can_be_read_as_it_is(void **state)
{
	static const struct {
		enum store_report report;
		const char *said;
	} rows[] = {
		{ STORE_REPORT_URLS, "pending0 0 3 done0 ok0 1 failed0 http_error0 2 " },
		{ STORE_REPORT_FAILED, "/status/404" },
		{ STORE_REPORT_HOSTS, "http://127.0.0.1:8191" },
		{ STORE_REPORT_PAGE, "/books/1" },
		{ STORE_REPORT_TRIES, "" },
	};
	struct store *store;
	char said[1024] = "";

	(void)state;
	take_old_database();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_about about = { .key = { 0, 1 } };
		char all[1024] = "";

		store = store_open_read(path, &error);
		assert_non_null(store);
		assert_int_equal(store_report(store, rows[i].report,
					      rows[i].report == STORE_REPORT_FAILED ? NULL : &about,
					      note_row, all),
				 0);
		assert_non_null(strstr(all, rows[i].said));
		store_close(store);
	}
	store = store_open_read(path, &error);
	assert_int_equal(store_query(store, "SELECT DISTINCT method FROM pages", note_row, said),
			 0);
	assert_string_equal(said, "GET0 ");
	store_close(store);
	assert_string_equal(ask("PRAGMA user_version"), "3");
	assert_int_equal(change(path, "PRAGMA user_version = 2"), 0);
	assert_null(store_open_read(path, &error));
	assert_non_null(
		strstr(error.text, "is of an older crawl (schema 2): crawl into it to update it"));
}

/* What is new in a schema must be there, by whatever way a database came to it. */
static void an_older_database_has_the_tables_and_columns_of_a_new_one(void **state)
{
	static const char columns[] =
		"SELECT group_concat(name || ':' || c, ' ') FROM (SELECT m.name AS name,"
		" (SELECT group_concat(name || type || \"notnull\", ',') FROM (SELECT * FROM"
		"  pragma_table_info(m.name) WHERE (m.name, name) NOT IN"
		"  (VALUES ('urls', 'state'), ('results', 'elapsed_ms'))"
		"  ORDER BY name)) AS c FROM sqlite_schema m"
		" WHERE m.type IN ('table', 'view') AND m.name NOT LIKE '%books%'"
		" AND m.name NOT LIKE '%nothing%' ORDER BY m.name)";
	char new[8192];

	(void)state;
	store_close(open_store());
	snprintf(new, sizeof(new), "%s", ask(columns));
	take_old_database();
	store_close(open_store());
	assert_string_equal(ask(columns), new);
}

/* Also those that stand behind what a user is meant to ask: nobody should have to guess. */
static void every_table_and_column_is_documented(void **state)
{
	FILE *file = fopen("docs/schema.md", "rb");
	static char document[65536];
	char names[8192], marked[80];

	(void)state;
	assert_non_null(file);
	document[fread(document, 1, sizeof(document) - 1, file)] = '\0';
	fclose(file);
	store_close(open_store());
	snprintf(names, sizeof(names), "%s",
		 ask("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') UNION"
		     " SELECT c.name FROM sqlite_schema s, pragma_table_info(s.name) c"
		     " WHERE s.type IN ('table', 'view')"));
	for (char *name = strtok(names, "\n"); name; name = strtok(NULL, "\n")) {
		snprintf(marked, sizeof(marked), "`%s`", name);
		if (strstr(document, marked))
			continue;
		snprintf(marked, sizeof(marked), "### %s: ", name);
		if (!strstr(document, marked))
			assert_string_equal(name, "documented");
	}
}

static void a_damaged_database_is_refused(void **state)
{
	FILE *file;

	(void)state;
	store_close(open_store());
	file = fopen(path, "r+b");
	fseek(file, 100, SEEK_SET);
	for (int i = 0; i < 8000; i++)
		fputc(0x5a, file);
	fclose(file);
	assert_refused(path, false, "is damaged");
}

static void a_damaged_database_can_be_started_over(void **state)
{
	struct store *store;

	a_damaged_database_is_refused(state);
	store = store_open(path, true, &error);
	assert_non_null(store);
	store_close(store);
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
}

static void what_is_not_a_file_is_refused(void **state)
{
	char name[160];

	(void)state;
	assert_refused(folder, false, "is a folder");
	assert_refused("/dev/null", false, "is not a file");
	snprintf(name, sizeof(name), "%s/pipe", folder);
	assert_int_equal(mkfifo(name, 0600), 0);
	assert_refused(name, false, "is not a file");
	snprintf(name, sizeof(name), "%s/missing/crawl.db", folder);
	assert_refused(name, false, "there is no folder");
	write_file(path, "", 0);
	snprintf(name, sizeof(name), "%s/crawl.db", path);
	assert_refused(name, false, "there is no folder");
}

static void an_empty_file_is_a_new_database(void **state)
{
	(void)state;
	write_file(path, "", 0);
	store_close(open_store());
	assert_string_equal(ask("PRAGMA user_version"), "7");
}

static void odd_file_names_are_names(void **state)
{
	static const char *const names[] = { ":memory:", "file:x.db?mode=memory", "a b#c?d%e.db",
					     "-o" };
	char back[PATH_MAX];

	(void)state;
	assert_non_null(getcwd(back, sizeof(back)));
	assert_int_equal(chdir(folder), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct store *store = store_open(names[i], false, &error);

		assert_non_null(store);
		last_number = 0;
		add_url(store, "http://a/");
		store_commit(store);
		store_close(store);
		assert_int_equal(access(names[i], F_OK), 0);
		store = store_open_read(names[i], &error);
		assert_non_null(store);
		assert_int_equal(number_of(store, "http://a/"), 1);
		store_close(store);
	}
	assert_int_equal(chdir(back), 0);
}

static void fresh_empties_a_database_of_ours(void **state)
{
	struct store *store = open_store();

	(void)state;
	begin_run(store);
	store_put_table(store, &films);
	add_url(store, "http://a/");
	store_commit(store);
	store_close(store);
	store = store_open(path, true, &error);
	assert_non_null(store);
	assert_int_equal(begin_run(store), 1);
	assert_int_equal(store_put_table(store, &keyed_films), 1);
	store_commit(store);
	store_close(store);
	assert_string_equal(ask("SELECT count(*) FROM urls"), "0");
#ifndef ON_A_SERVER
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
#endif
}

/* ---- in another process ---- */

/* Run function in a child, as nobody where we are root; it says 0 for well. */
static int in_child(int (*function)(void))
{
	pid_t child = fork();
	int status = -1;

	assert_true(child >= 0);
	if (child == 0) {
		if (getuid() == 0 && setresuid(65534, 65534, 65534))
			_exit(99);
		_exit(function());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int open_says_permission_denied(void)
{
	if (store_open(path, false, &error))
		return 1;
	return strstr(error.text, "cannot write to") && error.cure == STORE_CURE_OTHER_FILE ? 0 : 2;
}

static void a_file_or_folder_that_is_read_only_is_refused(void **state)
{
	(void)state;
	chmod(folder, 0555);
	assert_int_equal(in_child(open_says_permission_denied), 0); /* cannot be made */
	chmod(folder, 0777);
	store_close(open_store());
	chmod(path, 0444);
	assert_int_equal(in_child(open_says_permission_denied), 0);
	chmod(path, 0666);
	chmod(folder, 0555);
	assert_int_equal(in_child(open_says_permission_denied), 0); /* no room for the log */
}

static int read_one_url(void)
{
	struct store *store = store_open_read(path, &error);
	int result = 1;

	if (!store)
		return 2;
	if (number_of(store, "http://a/") == 1)
		result = 0;
	store_close(store);
	return result;
}

static void a_reader_needs_no_right_to_write(void **state)
{
	struct store *store = open_store();

	(void)state;
	add_url(store, "http://a/");
	store_commit(store);
	chmod(path, 0444);
	assert_int_equal(in_child(read_one_url), 0); /* beside a writer */
	store_close(store);
	assert_int_equal(in_child(read_one_url), 0);
	chmod(folder, 0555);
	assert_int_equal(in_child(read_one_url), 0);
	chmod(folder, 0777);
	store_close(store_open_read(path, &error)); /* leaves an empty log behind */
	chmod(folder, 0555);
	assert_int_equal(in_child(read_one_url), 0);
}

/* A child that says with one byte that it is ready, and then stays until it is killed. */
struct holder {
	pid_t pid;
	int said; /* end of the pipe */
};

static struct holder start_holder(void (*function)(int say))
{
	struct holder holder;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	holder.pid = fork();
	assert_true(holder.pid >= 0);
	if (holder.pid == 0) {
		close(ends[0]);
		function(ends[1]);
		for (;;)
			pause();
	}
	close(ends[1]);
	holder.said = ends[0];
	return holder;
}

static void await_ready(const struct holder *holder)
{
	char byte = 0;

	assert_int_equal(read(holder->said, &byte, 1), 1);
	assert_int_equal(byte, 'r');
}

static void end_holder(struct holder *holder)
{
	kill(holder->pid, SIGKILL);
	waitpid(holder->pid, NULL, 0);
	close(holder->said);
}

static void crawl_and_stay(int say)
{
	struct store *store = store_open(path, false, &error);

	if (!store || !begin_run(store) || write(say, "r", 1) != 1)
		_exit(1);
}

static void a_second_writer_is_refused_while_the_first_lives(void **state)
{
	struct holder holder = start_holder(crawl_and_stay);
	char expected[80];
	struct store *store;

	(void)state;
	await_ready(&holder);
	snprintf(expected, sizeof(expected), "is in use by another crawl (pid %d): stop it",
		 (int)holder.pid);
	assert_refused(path, false, expected);
	assert_refused(path, true, expected);
	end_holder(&holder);
	error.text[0] = '\0';
	store = open_store();
	assert_int_equal(begin_run(store), 2);
	assert_string_equal(ask("SELECT ended FROM runs WHERE id = 1"), "killed");
	store_close(store);
}

/* A worker that was forked while the database was open, and outlives its master a little. */
static void crawl_and_fork(int say)
{
	struct store *store = store_open(path, false, &error);
	pid_t master = getpid();

	if (!store || !begin_run(store))
		_exit(1);
	if (fork() == 0) {
		if (write(say, "r", 1) != 1)
			_exit(1);
		while (getppid() == master)
			poll(NULL, 0, 1);
		poll(NULL, 0, 50); /* the time a worker may take to die */
		_exit(0);
	}
}

static void a_dead_holders_children_are_waited_for(void **state)
{
	struct holder holder = start_holder(crawl_and_fork);
	char byte;
	struct store *store;

	(void)state;
	await_ready(&holder);
	kill(holder.pid, SIGKILL);
	waitpid(holder.pid, NULL, 0);
	store = open_store();
	store_close(store);
	assert_int_equal(read(holder.said, &byte, 1), 0); /* it has died */
	close(holder.said);
}

static void lock_and_stay(int say)
{
	sqlite3 *db = NULL;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
	    write(say, "r", 1) != 1)
		_exit(1);
}

static void a_database_in_somebodys_transaction_is_refused(void **state)
{
	struct holder holder;
	int patience = sqlite_busy_ms;

	(void)state;
	store_close(open_store());
	holder = start_holder(lock_and_stay);
	await_ready(&holder);
	sqlite_busy_ms = 1;
	assert_refused(path, false, "is locked by another program");
	assert_refused(path, true, "is locked by another program");
	sqlite_busy_ms = patience;
	end_holder(&holder);
	error.text[0] = '\0';
	store_close(open_store());
}

/* ---- killed at any moment ---- */

#define ROUNDS         50
#define PAGES_A_COMMIT 3
#define ROWS_A_PAGE    4
#define VERBS_KILL_MAX 400

/* One commit: pages with their rows, an earlier page again, and the figures that count them. */
static int write_commit(struct store *store, int table, int say, int64_t *count)
{
	struct store_host_figures figures = { .host = { 0, 1 } };

	for (int i = 0; i <= PAGES_A_COMMIT; i++) {
		bool is_again = i == PAGES_A_COMMIT;
		struct store_key id =
			key(is_again ? (uint32_t)*count / 2 + 1 : (uint32_t)++ * count);

		if (!is_again && store_put_url(store, id,
					       &(struct store_url){ .url = text("http://a/"),
								    .host = { 0, 1 } }))
			return -1;
		if (store_page_open(store, id, is_again))
			return -1;
		for (uint32_t row = 0; row < ROWS_A_PAGE; row++)
			if (add_film(store, table, row, id.number * 10 + row, "title", 1) ||
			    write(say, "v", 1) != 1)
				return -1;
		if (close_page(store))
			return -1;
	}
	figures.pages = PAGES_A_COMMIT;
	return store_put_host_figures(store, &figures) || store_commit(store);
}

static void write_until_killed(int say)
{
	struct store *store = store_open(path, false, &error);
	struct store_totals totals = { 0 };
	int64_t count;
	int table;

	if (!store || !begin_run(store) || store_get_totals(store, &totals))
		_exit(1);
	table = store_put_table(store, &keyed_films);
	count = (int64_t)totals.done;
	if (!table || (count == 0 && store_put_host(store, key(1), text("http://a"))))
		_exit(2);
	for (int commit = 1;; commit++)
		if (write_commit(store, table, say, &count) || write(say, "C", 1) != 1 ||
		    (commit % 3 == 0 && store_idle(store)))
			_exit(3);
}

/* Kill the writer after some of its verbs; returns how many commits it told of. */
static int kill_after(struct holder *holder, int verbs)
{
	int commits = 0;
	char byte;

	while (read(holder->said, &byte, 1) == 1) {
		commits += byte == 'C';
		if (--verbs == 0)
			kill(holder->pid, SIGKILL);
	}
	waitpid(holder->pid, NULL, 0);
	close(holder->said);
	return commits;
}

static void a_writer_killed_anywhere_leaves_a_committed_state(void **state)
{
	unsigned seed = 1;
	long known = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct holder holder = start_holder(write_until_killed);
		int told = kill_after(&holder, 1 + rand_r(&seed) % VERBS_KILL_MAX);
		long done, commits;

		store_close(open_store()); /* recovers */
		done = atol(ask("SELECT count(*) FROM pages WHERE state = 'done'"));
		commits = done / PAGES_A_COMMIT - known;
		known += commits;
		assert_int_equal(done % PAGES_A_COMMIT, 0);
		assert_in_range(commits, told, told + 1);
		assert_int_equal(atol(ask("SELECT count(*) FROM films")), done * ROWS_A_PAGE);
		assert_int_equal(atol(ask("SELECT count(*) FROM results")), done);
		assert_int_equal(atol(ask("SELECT sum(state <> 'done') FROM pages")), 0);
		assert_int_equal(atol(ask("SELECT pages FROM hosts")), done);
		assert_string_equal(ask("PRAGMA integrity_check"), "ok");
	}
	assert_true(known > ROUNDS);
}

/* Make the database, and be killed by the write that goes beyond room. */
static pid_t create_in(rlim_t room)
{
	struct rlimit size = { room, RLIM_INFINITY }, core = { 0, 0 };
	pid_t child = fork();

	if (child != 0)
		return child;
	setrlimit(RLIMIT_CORE, &core);
	setrlimit(RLIMIT_FSIZE, &size);
	store_close(store_open(path, false, &error));
	_exit(0);
}

static void a_database_half_made_can_be_opened(void **state)
{
	int killed = 0;

	(void)state;
	for (rlim_t room = 0; room < 320 * 1024; room += 2048) {
		pid_t child = create_in(room);
		int status;

		assert_int_equal(waitpid(child, &status, 0), child);
		killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ;
		store_close(open_store());
		assert_string_equal(ask("PRAGMA integrity_check"), "ok");
		assert_string_equal(ask("PRAGMA user_version"), "7");
		assert_int_equal(unlink(path), 0);
	}
	assert_in_range(killed, 10, 159); /* and not in the roomier ones */
}

/* ---- no room ---- */

/* Write commits until it fails; say whether the reason is given and the failure lasts. */
static int write_until_full(struct store *store, const char *reason)
{
	int table = store_put_table(store, &films);
	int64_t count = 0;
	int say = open("/dev/null", O_WRONLY);

	add_host(store, "http://a");
	if (!table || store_commit(store))
		return 1;
	while (write_commit(store, table, say, &count) == 0)
		if (count > 1000000)
			return 2;
	if (!strstr(store_error(store)->text, reason) || strchr(store_error(store)->text, '\n'))
		return 3;
	if (store_commit(store) == 0 || try_url(store, "http://b/") == 0)
		return 4;
	store_close(store);
	return 0;
}

static int fill_the_file(void)
{
	struct rlimit limit = { 300 * 1024, RLIM_INFINITY };
	struct store *store = store_open(path, false, &error);

	signal(SIGXFSZ, SIG_IGN);
	if (!store || setrlimit(RLIMIT_FSIZE, &limit))
		return 9;
	return write_until_full(store, "look at the disk and limits");
}

static int fill_the_disk(void)
{
	struct store *store = store_open(path, false, &error);

	if (!store || sqlite3_exec(((struct sqlite_store *)store)->db, "PRAGMA max_page_count = 50",
				   NULL, NULL, NULL))
		return 9;
	return write_until_full(store, "the disk is full: make room for");
}

static void without_room_the_last_commit_stands(void **state)
{
	static int (*const ways[])(void) = { fill_the_file, fill_the_disk };

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		long done;

		assert_int_equal(in_child(ways[i]), 0);
		store_close(open_store());
		done = atol(ask("SELECT count(*) FROM pages WHERE state = 'done'"));
		assert_true(done > 0);
		assert_int_equal(done % PAGES_A_COMMIT, 0);
		assert_int_equal(atol(ask("SELECT pages FROM hosts")), done);
		assert_int_equal(atol(ask("SELECT count(*) FROM films")), done * ROWS_A_PAGE);
		assert_string_equal(ask("PRAGMA integrity_check"), "ok");
		assert_int_equal(unlink(path), 0);
	}
}

/* It is a store like others, and nowhere: two are two. */
static void a_private_store_is_no_file_and_nobody_elses(void **state)
{
	struct store *store = store_open_private(&error), *other = store_open_private(&error);
	struct store_totals totals;
	struct store_key page;
	int table;

	(void)state;
	assert_non_null(store);
	assert_non_null(other);
	assert_true(begin_run(store) > 0);
	table = store_put_table(store, &films);
	add_host(store, "http://a");
	page = add_url(store, "http://a/");
	open_page(store, page);
	assert_int_equal(add_film(store, table, 1, 1, "A", 9.5), 0);
	assert_int_equal(close_page(store), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_idle(store), 0);
	assert_true(slice_equal(target_of(store, page).row.url, text("http://a/")));
	assert_int_equal(store_get_totals(store, &totals), 0);
	assert_int_equal(totals.rows, 1);
	assert_int_equal(store_get_totals(other, &totals), 0);
	assert_int_equal(totals.pages, 0);
	assert_int_equal(store_end_run(store, "finished"), 0);
	store_close(store);
	store_close(other);
	assert_int_equal(rmdir(folder), 0); /* for it is empty */
	assert_int_equal(mkdir(folder, 0777), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OF_THE_FILE(a_file_that_is_no_database_is_refused_and_stays, "a file"),
		OF_THE_FILE(a_database_of_another_program_is_refused_and_stays,
			    "what is there already: test_pg_ground.c"),
		OF_THE_FILE(a_database_of_a_newer_crawl_is_refused,
			    "what is there already: test_pg_ground.c"),
		OF_THE_FILE(tables_of_an_older_database_are_renamed_and_hold_what_they_held,
			    "an older schema: PostgreSQL began with this one"),
		OF_THE_FILE(addresses_of_an_older_database_are_looked_up_anew,
			    "an older schema: PostgreSQL began with this one"),
		OF_THE_FILE(urls_of_an_older_database_get_their_roots,
			    "an older schema: PostgreSQL began with this one"),
		OF_THE_FILE(what_is_to_be_forgotten_of_an_older_database_is_counted_without_a_step,
			    "an older schema: PostgreSQL began with this one"),
		OF_THE_FILE(an_older_database_is_brought_up_to_date_and_that_is_said_once,
			    "an older schema: PostgreSQL began with this one"),
		OF_THE_FILE(an_older_database_says_what_it_said,
			    "an older schema: PostgreSQL began with this one"),
		OF_THE_FILE(an_older_database_has_the_tables_and_columns_of_a_new_one,
			    "an older schema: PostgreSQL began with this one"),
		OF_THE_FILE(what_a_user_has_made_of_an_older_database_stays,
			    "an older schema: PostgreSQL began with this one"),
		OF_THE_FILE(an_older_database_can_be_read_as_it_is,
			    "an older schema: PostgreSQL began with this one"),
		OF_THE_FILE(a_file_or_folder_that_is_read_only_is_refused,
			    "rights are the server's: test_pg_ground.c"),
		OF_THE_FILE(a_dead_holders_children_are_waited_for, "nobody waits for a child"),
		T(every_table_and_column_is_documented),
		OF_THE_FILE(a_damaged_database_is_refused, "a file"),
		OF_THE_FILE(a_damaged_database_can_be_started_over, "a file"),
		OF_THE_FILE(what_is_not_a_file_is_refused, "a file"),
		OF_THE_FILE(an_empty_file_is_a_new_database, "a file"),
		OF_THE_FILE(odd_file_names_are_names, "a file"),
		T(fresh_empties_a_database_of_ours),
		OF_THE_FILE(a_reader_needs_no_right_to_write,
			    "rights are the server's: test_pg_ground.c"),
		OF_THE_FILE(a_second_writer_is_refused_while_the_first_lives, "a second one joins"),
		OF_THE_FILE(a_database_in_somebodys_transaction_is_refused,
			    "nobody waits for its transactions"),
		OF_THE_FILE(a_writer_killed_anywhere_leaves_a_committed_state,
			    "a node is killed in test_pg_faults.c"),
		OF_THE_FILE(a_database_half_made_can_be_opened,
			    "a schema is made in one transaction"),
		OF_THE_FILE(without_room_the_last_commit_stands,
			    "the disk is the server's: test_pg_faults.c"),
		OF_THE_FILE(a_private_store_is_no_file_and_nobody_elses, "kept nowhere"),
	};

	return RUN_TESTS(tests);
}
