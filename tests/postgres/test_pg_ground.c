#include "tests/support/test.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "parsers/text/utf8.h"
#include "store/postgres/internal.h"
#include "tests/support/postgres_server.h"
#include "tests/support/relay.h"
#include "tests/support/test_folder.h"

static struct postgres_server server;

static int start_server(void **state)
{
	(void)state;
	return postgres_server_is_there() ? postgres_server_start(&server, NULL) : 0;
}

static int stop_server(void **state)
{
	(void)state;
	postgres_server_stop(&server);
	return 0;
}

static const char *ask(const char *schema, const char *sql)
{
	return postgres_server_ask(&server, schema, sql);
}

static const char *uri(const char *schema)
{
	return postgres_server_uri(&server, schema);
}

static struct store_error error;

static struct store *must_open(const char *where, bool fresh)
{
	struct store *store;

	error = (struct store_error){ .text = "" };
	store = store_open(where, fresh, &error);
	assert_string_equal(error.text, "");
	assert_non_null(store);
	return store;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" has no \"%s\"", text, part);
}

static void assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" has \"%s\"", text, part);
}

static void must_refuse(const char *where, bool fresh, const char *part)
{
	error = (struct store_error){ .text = "" };
	assert_null(store_open(where, fresh, &error));
	assert_has(error.text, part);
	assert_null(strchr(error.text, '\n'));
}

/* ---- URIs ---- */

static void uris_are_taken_apart(void **state)
{
	static const struct {
		const char *where, *conninfo, *schema, *shown;
	} uris[] = {
		{ "postgresql://", "postgresql://", "crawl", "postgresql://" },
		{ "postgres:///films", "postgres:///films", "crawl", "postgres:///films" },
		{ "postgresql://u@h/db?schema=films", "postgresql://u@h/db", "films",
		  "postgresql://u@h/db?schema=films" },
		{ "postgresql://u:secret@h:5432/db", "postgresql://u:secret@h:5432/db", "crawl",
		  "postgresql://u@h:5432/db" },
		{ "postgresql://:secret@h/db", "postgresql://:secret@h/db", "crawl",
		  "postgresql://@h/db" },
		{ "postgresql://u:secret%40%2F@h/db", "postgresql://u:secret%40%2F@h/db", "crawl",
		  "postgresql://u@h/db" },
		{ "postgresql://u:sec?ret@h/db", "postgresql://u:sec?ret@h/db", "crawl",
		  "postgresql://u@h/db" },
		{ "postgresql://h/db?user=u&password=secret&schema=a",
		  "postgresql://h/db?user=u&password=secret", "a",
		  "postgresql://h/db?user=u&schema=a" },
		{ "postgresql://h/db?schema=a&pass%77ord=secret&sslmode=disable",
		  "postgresql://h/db?pass%77ord=secret&sslmode=disable", "a",
		  "postgresql://h/db?schema=a&sslmode=disable" },
		{ "postgresql://h/db?sslpassword=secret", "postgresql://h/db?sslpassword=secret",
		  "crawl", "postgresql://h/db" },
		{ "postgresql://h/db?schema=My%20%22own%22", "postgresql://h/db", "My \"own\"",
		  "postgresql://h/db?schema=My%20%22own%22" },
		{ "postgresql://h/db?schem%61=%C3%A4", "postgresql://h/db", "\xc3\xa4",
		  "postgresql://h/db?schem%61=%C3%A4" },
		{ "postgresql://%2Fvar%2Frun/db", "postgresql://%2Fvar%2Frun/db", "crawl",
		  "postgresql://%2Fvar%2Frun/db" },
		{ "postgresql://u@[::1]:5433/db", "postgresql://u@[::1]:5433/db", "crawl",
		  "postgresql://u@[::1]:5433/db" },
		{ "postgresql://a:1,[::1],c:3/db", "postgresql://a:1,[::1],c:3/db", "crawl",
		  "postgresql://a:1,[::1],c:3/db" },
		{ "postgresql://h/db?application_name=a@b",
		  "postgresql://h/db?application_name=a@b", "crawl",
		  "postgresql://h/db?application_name=a@b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		struct postgres_uri parsed;

		error = (struct store_error){ .text = "" };
		assert_int_equal(postgres_uri_parse(uris[i].where, &parsed, &error), 0);
		assert_string_equal(error.text, "");
		assert_string_equal(parsed.conninfo, uris[i].conninfo);
		assert_string_equal(parsed.schema, uris[i].schema);
		assert_string_equal(parsed.shown, uris[i].shown);
		assert_string_equal(postgres_shown(uris[i].where), uris[i].shown);
		postgres_uri_free(&parsed);
	}
}

/* Of each libpq that there is: an older one knows some of them not. */
static void what_is_as_good_as_a_password_is_not_shown(void **state)
{
	static const char *const uris[] = {
		"postgresql://h/db?password=secret&port=1",
		"postgresql://h/db?sslpassword=secret&port=1",
		"postgresql://h/db?oauth_client_secret=secret&port=1",
		"postgresql://h/db?port=1&scram_client_key=c2VjcmV0",
		"postgresql://h/db?scram_server_key=c2VjcmV0&port=1",
		"postgresql://h/db?scram%5Fclient_ke%79=c2VjcmV0&port=1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		struct postgres_uri parsed;

		assert_string_equal(postgres_shown(uris[i]), "postgresql://h/db?port=1");
		error = (struct store_error){ .text = "" };
		postgres_uri_parse(uris[i], &parsed, &error);
		assert_string_equal(parsed.shown, "postgresql://h/db?port=1");
		assert_has_not(error.text, "c2Vj");
		postgres_uri_free(&parsed);
	}
}

/* What is refused says what to do, and shows no part of what may be a password. */
static void what_is_no_uri_is_refused_without_its_password(void **state)
{
	static const struct {
		const char *where, *part;
	} uris[] = {
		{ "postgresql://u:sec@ret@h/db", "%40" },
		{ "postgresql://u:sec/ret@h/db", "%2F" },
		{ "postgresql://u:sec/ret@h:5432", "%2F" },
		{ "postgresql://h?password=sec@ret", "%40" },
		{ "postgresql://user:secret", "port is no number" },
		{ "postgresql://user:secret/db", "port is no number" },
		{ "postgresql://a:1,user:secret/db", "port is no number" },
		{ "postgresql://u:sec%zzret@h/db", "%25" },
		{ "postgresql://u:secret%@h/db", "%25" },
		{ "postgresql://u:secret%00@h/db", "NUL" },
		{ "postgresql://h/db?password=sec%zzret", "%25" },
		{ "postgresql://u:secret@h/db?schema=", "is empty" },
		{ "postgresql://u:secret@h/db?schema", "is empty" },
		{ "postgresql://u:secret@h/db?schema=%00", "NUL" },
		{ "postgresql://u:secret@h/db?schema=%FF", "UTF-8" },
		{ "postgresql://u:secret@h/db?schema=a%0Ab", "control" },
		{ "postgresql://u:secret@h/db?schema=pg_films", "PostgreSQL's own" },
		{ "postgresql://u:secret@h/db?schema=information_schema", "PostgreSQL's own" },
		{ "postgresql://u:secret@h/db?schema=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeee"
		  "eeeeffffffffffgggg",
		  "63 bytes" },
		{ "postgresql://u:secret@h/db?schema=a&schema=b", "twice" },
		{ "postgresql://u@h/db?sslmode=disable&sslmode=require",
		  "sslmode= stands there twice" },
		{ "postgresql://h/db?password=secret&password=secret2", "twice" },
		{ "postgresql://u@h:99999/db", "port is no number up to 65535" },
		{ "postgresql://u@h:5432,g:65536/db", "port is no number up to 65535" },
		{ "postgresql://u@h:0/db", "port is no number up to 65535" },
		{ "postgresql://u@h/db?sslmode=banana", "verify-ca or verify-full" },
		{ "postgresql://u@h/db?sslmode=", "verify-ca or verify-full" },
		{ "postgresql://u:secret@h/db?scheme=films", "scheme" },
		{ "postgresql://u:secret@h/db?password", "h/db" },
		{ "postgresql://u:secret@h/db?=x", "h/db" },
		{ "postgresql://u:secret@[::1/db", "port is no number" },
		{ "postgresql://u:secret@h/db?schema=%24user", "PostgreSQL's own" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		struct store_error why = { .text = "" };

		assert_null(store_open(uris[i].where, false, &why));
		assert_int_equal(why.cure, STORE_CURE_ASK_OTHERWISE);
		assert_has(why.text, uris[i].part);
		assert_has_not(why.text, "sec");
		assert_has_not(why.text, "ret");
		assert_has_not(postgres_shown(uris[i].where), "sec");
		assert_has_not(postgres_shown(uris[i].where), "ret");
		assert_null(strchr(why.text, '\n'));
	}
}

static void a_uri_that_is_shown_is_one_line(void **state)
{
	(void)state;
	assert_string_equal(postgres_shown("postgresql://h/a\nb"), "postgresql://h/a?b");
}

static void four_uris_are_shown_at_once(void **state)
{
	const char *shown[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		char where[32];

		snprintf(where, sizeof(where), "postgresql://h/%d", i);
		shown[i] = store_shown(where);
	}
	assert_string_equal(shown[0], "postgresql://h/0");
	assert_string_equal(shown[3], "postgresql://h/3");
	assert_string_equal(store_shown("a/file.db"), "a/file.db");
}

/* ---- faults ---- */

static void an_error_is_what_its_state_says(void **state)
{
	static const struct {
		const char *state;
		enum postgres_fault fault;
	} faults[] = {
		{ NULL, POSTGRES_LOST },       { "08006", POSTGRES_LOST },
		{ "57P01", POSTGRES_LOST },    { "57P02", POSTGRES_LOST },
		{ "57P03", POSTGRES_LOST },    { "57P05", POSTGRES_LOST },
		{ "25006", POSTGRES_LOST },    { "25P03", POSTGRES_LOST },
		{ "08P01", POSTGRES_FATAL },   { "53100", POSTGRES_WAITS },
		{ "53200", POSTGRES_WAITS },   { "53300", POSTGRES_WAITS },
		{ "40001", POSTGRES_WAITS },   { "40P01", POSTGRES_WAITS },
		{ "55P03", POSTGRES_WAITS },   { "57014", POSTGRES_WAITS },
		{ "58030", POSTGRES_WAITS },   { "22021", POSTGRES_REFUSED },
		{ "22P05", POSTGRES_REFUSED }, { "23502", POSTGRES_REFUSED },
		{ "23505", POSTGRES_REFUSED }, { "23514", POSTGRES_REFUSED },
		{ "54000", POSTGRES_REFUSED }, { "P0001", POSTGRES_REFUSED },
		{ "21000", POSTGRES_REFUSED }, { "42501", POSTGRES_FATAL },
		{ "3F000", POSTGRES_FATAL },   { "42P01", POSTGRES_FATAL },
		{ "28P01", POSTGRES_FATAL },   { "XX001", POSTGRES_FATAL },
		{ "XX000", POSTGRES_FATAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		assert_int_equal(postgres_fault_of(faults[i].state), faults[i].fault);
}

/* Said by libpq or the server while connecting: one line, and what to do. */
static void who_cannot_connect_is_told_what_to_do(void **state)
{
	char where[POSTGRES_URI_MAX + 64];

	NEEDS_SERVER();
	snprintf(where, sizeof(where), "postgresql://nobody:secret@/postgres?host=%s",
		 server.folder);
	must_refuse(where, false, "check the user, the password");
	assert_has_not(error.text, "secret");
	snprintf(where, sizeof(where), "postgresql://crawl:secret@/none?host=%s", server.folder);
	must_refuse(where, false, "createdb");
	assert_has_not(error.text, "FATAL");
	must_refuse("postgresql://u:secret@127.0.0.1:1/db", false, "does the server run there");
	assert_has_not(error.text, "secret");
	must_refuse("postgresql:///db?host=/nowhere&password=secret", false,
		    "does the server run there");
	assert_has_not(error.text, "secret");
}

static void a_wrong_password_is_not_shown(void **state)
{
	char where[POSTGRES_URI_MAX + 64], path[128];
	const char *sql = "SET password_encryption = 'scram-sha-256';"
			  "CREATE ROLE locked LOGIN PASSWORD 'right'";
	FILE *rules;

	NEEDS_SERVER();
	assert_string_equal(ask(NULL, sql), "");
	snprintf(path, sizeof(path), "%s/data/pg_hba.conf", server.folder);
	rules = fopen(path, "w");
	assert_non_null(rules);
	fputs("local all locked scram-sha-256\nlocal all all trust\n", rules);
	fclose(rules);
	assert_string_equal(ask(NULL, "SELECT pg_reload_conf()"), "t");
	snprintf(where, sizeof(where), "postgresql://locked:wr%%6Fng@/postgres?host=%s",
		 server.folder);
	for (int i = 0; i < 100 && strstr(error.text, "authentication") == NULL; i++) {
		struct store *store = store_open_read(where, &error);

		store_close(store);
		usleep(10000);
	}
	assert_has(error.text, "password authentication failed for user \"locked\"");
	assert_has(error.text, "PGPASSWORD");
	assert_has_not(error.text, "wrong");
	assert_has_not(error.text, "wr%6Fng");
	snprintf(where, sizeof(where), "postgresql://locked@/postgres?host=%s&password=right",
		 server.folder);
	assert_null(store_open_read(where, &error));
	assert_has(error.text, "has no schema crawl");
	assert_has_not(error.text, "right");
}

/* ---- servers of other languages, and poolers ---- */

/* What a server answers to whoever comes; code: NULL: it says none, as poolers of old. */
struct refusal_row {
	const char *severity, *code, *message;
	enum store_cure cure;
	const char *part;
};

static size_t put_field(char *out, char type, const char *text)
{
	if (!text)
		return 0;
	out[0] = type;
	strcpy(out + 1, text);
	return strlen(text) + 2;
}

/* An ErrorResponse. */
static size_t write_refusal(const struct refusal_row *row, char out[512])
{
	size_t size = 5;
	uint32_t length;

	size += put_field(out + size, 'S', row->severity);
	size += put_field(out + size, 'V', row->code ? "FATAL" : NULL);
	size += put_field(out + size, 'C', row->code);
	size += put_field(out + size, 'M', row->message);
	out[size++] = '\0';
	out[0] = 'E';
	length = htonl((uint32_t)size - 1);
	memcpy(out + 1, &length, sizeof(length));
	return size;
}

static int listen_in(const char *folder)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/" RELAY_SERVER_SOCKET, folder);
	unlink(address.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* It ends with the test. */
static pid_t refuse_all(int listening, const struct refusal_row *row)
{
	pid_t pid = fork();
	char answer[512], startup[1024];
	size_t size = write_refusal(row, answer);

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listening, NULL, NULL);

		if (read(fd, startup, sizeof(startup)) < 0 || write(fd, answer, size) < 0)
			_exit(1);
		close(fd);
	}
}

static void see_refusal(const char *folder, const struct refusal_row *row)
{
	int listening = listen_in(folder), status;
	pid_t pid = refuse_all(listening, row);
	char where[128];

	snprintf(where, sizeof(where), "postgresql://u:secret@/db?host=%s", folder);
	for (int is_reader = 0; is_reader < 2; is_reader++) {
		error = (struct store_error){ .text = "" };
		assert_null(is_reader ? store_open_read(where, &error)
				      : store_open(where, false, &error));
		if (error.cure != row->cure)
			fail_msg("%s: cure %d", error.text, error.cure);
		assert_has(error.text, row->part);
		assert_has_not(error.text, "secret");
		assert_has_not(error.text, "FATAL");
		assert_has_not(error.text, "does the server run there");
		assert_null(strchr(error.text, '\n'));
		assert_true(utf8_is_well_formed(slice_of(error.text)));
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(listening);
}

#define WAIT STORE_CURE_WAIT
#define NONE STORE_CURE_NONE

/* In whatever language it is said; and what poolers say, which have one code for all. */
static void what_is_refused_is_known_by_its_code(void **state)
{
	static const struct refusal_row rows[] = {
		{ "FATAL", "53300", "tut mir leid, schon zu viele Verbindungen", WAIT,
		  "tut mir leid, schon zu viele Verbindungen (53300): the server has no "
		  "connection left" },
		{ "FATAL", "57P03", "das Datenbanksystem startet gerade", WAIT, "(57P03)" },
		{ "FATAL", "57P03", "das Datenbanksystem wird heruntergefahren", WAIT, "(57P03)" },
		{ "SCHWERWIEGEND", "57P01", "Verbindung wird abgebrochen", WAIT, "(57P01)" },
		{ "FATAL", "28P01", "Passwort-Authentifizierung fehlgeschlagen", NONE,
		  "~/.pgpass" },
		{ "FATAL", "28000", "kein pg_hba.conf-Eintrag", NONE, "the server's pg_hba.conf" },
		{ "FATAL", "3D000",
		  "Datenbank \xc2\xbb"
		  "db\xc2\xab existiert nicht",
		  NONE, "createdb" },
		{ "FATAL", "42501", "keine Berechtigung", NONE, "GRANT" },
		{ "\xd0\x92\xd0\x90\xd0\x96\xd0\x9d\xd0\x9e", "53300", "\xd1\x83\xd0\xb6\xd0\xb5",
		  WAIT, "\xd1\x83\xd0\xb6\xd0\xb5 (53300)" },
		{ "FATAL", "53300", "d\xe9sol\xe9, trop de clients sont d\xe9j\xe0", WAIT,
		  "d?sol?, trop de clients" },
		{ "FATAL", "57P03", "the database system is not yet accepting connections", WAIT,
		  "(57P03)" },
		{ "FATAL", "53300", "too many connections for role \"u\"", WAIT, "(53300)" },
		{ "FATAL", "3D000", "database \"too many connections\" does not exist", NONE,
		  "createdb" },
		{ "FATAL", "53400", "configured limit", WAIT, "(53400)" },
		{ "FATAL", "XX000", "something unheard of", NONE, "something unheard of (XX000)" },
		/* poolers */
		{ "FATAL", "08P01", "no more connections allowed (max_client_conn)", WAIT,
		  "the pooler before the server has no connection left" },
		{ "ERROR", NULL, "no more connections allowed (max_client_conn)", WAIT,
		  "the pooler before the server has no connection left" },
		{ "FATAL", "08P01", "query_wait_timeout", WAIT, "the pooler before the server" },
		{ "FATAL", "08P01",
		  "server login has been failing, try again later (server_login_retry)", WAIT,
		  "the pooler before the server does not reach it" },
		{ "ERROR", "08P01", "pgbouncer cannot connect to server", WAIT,
		  "does not reach it" },
		{ "FATAL", "08P01", "server conn crashed?", WAIT, "does not reach it" },
		{ "FATAL", "08P01", "unsupported startup parameter: options", NONE, "(08P01)" },
		{ "FATAL", "57P01", "the pooler is shutting down", WAIT, "(57P01)" },
		{ "FATAL", "28P01", "password authentication failed", NONE, "PGPASSWORD" },
		{ "FATAL", "XX000", "MaxClientsInSessionMode: max clients reached", WAIT,
		  "the pooler before the server has no connection left" },
		{ "FATAL", "XX000",
		  "(EMAXCONNSESSION) max clients reached in session mode - limited to 15", WAIT,
		  "the pooler before the server has no connection left" },
		{ "FATAL", "58000", "could not get connection from the pool", WAIT, "(58000)" },
		/* a code that is none */
		{ "FATAL", NULL, "sorry, too many clients already", WAIT, "max_connections" },
		{ "FATAL", NULL, "the database system is starting up", WAIT, "try again" },
	};
	char folder[] = "/tmp/crawl-refuses-XXXXXX", path[128];

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		see_refusal(folder, &rows[i]);
	snprintf(path, sizeof(path), "%s/" RELAY_SERVER_SOCKET, folder);
	unlink(path);
	rmdir(folder);
}

/* A standby that is away says nothing of a password that is wrong. */
static void of_several_servers_counts_what_one_has_said(void **state)
{
	static const struct refusal_row rows[] = {
		{ "FATAL", "28P01", "nein", NONE, "nein (28P01)" },
		{ "FATAL", "53300", "voll", WAIT, "voll (53300)" },
	};
	char folder[] = "/tmp/crawl-refuses-XXXXXX", where[160];
	int status;

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int listening = listen_in(folder);
		pid_t pid = refuse_all(listening, &rows[i]);

		snprintf(where, sizeof(where), "postgresql:///db?host=/nowhere,%s", folder);
		must_refuse(where, false, rows[i].part);
		assert_int_equal(error.cure, rows[i].cure);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		close(listening);
	}
	snprintf(where, sizeof(where), "%s/" RELAY_SERVER_SOCKET, folder);
	unlink(where);
	rmdir(folder);
}

/* It takes connections, and is as good as dead: then libpq's own limit of time is ours. */
static void a_server_that_says_nothing_is_waited_for_no_longer_than_the_uri_says(void **state)
{
	char folder[] = "/tmp/crawl-refuses-XXXXXX", where[160];
	int listening;

	(void)state;
	assert_non_null(mkdtemp(folder));
	listening = listen_in(folder);
	snprintf(where, sizeof(where), "postgresql:///db?host=%s&connect_timeout=2", folder);
	must_refuse(where, false, "the server does not answer");
	assert_int_equal(error.cure, WAIT);
	if (server.pid) {
		snprintf(where, sizeof(where),
			 "postgresql://crawl@/postgres?host=%s,%s&connect_timeout=2&schema=second",
			 folder, server.folder);
		store_close(must_open(where, false));
	}
	close(listening);
	snprintf(where, sizeof(where), "%s/" RELAY_SERVER_SOCKET, folder);
	unlink(where);
	rmdir(folder);
}

/* ---- the schema ---- */

static int count_row(void *context, int count, char **values, char **names)
{
	int *missing = context;
	char sql[512];

	(void)count;
	(void)names;
	snprintf(sql, sizeof(sql),
		 "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'same'"
		 " AND table_name = '%s' AND column_name = '%s'",
		 values[0], values[1]);
	if (strcmp(ask("same", sql), "1") != 0) {
		print_error("%s.%s is missing\n", values[0], values[1]);
		++*missing;
	}
	return 0;
}

static void the_tables_are_those_of_a_file(void **state)
{
	struct test_folder folder;
	sqlite3 *db;
	int missing = 0;

	NEEDS_SERVER();
	test_folder_enter(&folder);
	store_close(must_open("crawl.db", false));
	store_close(must_open(uri("same"), false));
	assert_int_equal(sqlite3_open("crawl.db", &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db,
			     "SELECT s.name, c.name FROM sqlite_schema s,"
			     " pragma_table_info(s.name) c WHERE s.type IN ('table', 'view')"
			     " AND s.name NOT LIKE 'sqlite_%'",
			     count_row, &missing, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	test_folder_leave(&folder);
	assert_int_equal(missing, 0);
	assert_string_equal(ask("same", "SELECT count(*), min(share), max(share), count(node)"
					" FROM crawl_shares"),
			    "4096|0|4095|0");
}

/* Views can be read: they are only looked into when they are asked. */
static void every_view_answers(void **state)
{
	char views[2048];

	NEEDS_SERVER();
	store_close(must_open(uri("views"), false));
	snprintf(views, sizeof(views), "%s",
		 ask("views", "SELECT viewname FROM pg_views WHERE schemaname = 'views'"));
	assert_has(views, "crawl_status_nodes");
	for (char *name = strtok(views, "\n"); name; name = strtok(NULL, "\n")) {
		char sql[128];

		snprintf(sql, sizeof(sql), "SELECT count(*) FROM (SELECT * FROM %s) v", name);
		assert_string_equal(ask("views", sql), "0");
	}
}

static void no_pattern_may_have_the_name_of_a_table(void **state)
{
	char names[8192];

	NEEDS_SERVER();
	store_close(must_open(uri("reserved"), false));
	snprintf(names, sizeof(names), "%s",
		 ask("reserved", "SELECT relname FROM pg_class WHERE relnamespace ="
				 " 'reserved'::regnamespace AND relkind IN ('r', 'v')"));
	for (char *name = strtok(names, "\n"); name; name = strtok(NULL, "\n"))
		if (!store_name_is_reserved(name))
			fail_msg("%s is not reserved", name);
}

static void a_secret_is_the_crawls_own(void **state)
{
	char first[64];

	NEEDS_SERVER();
	store_close(must_open(uri("one"), false));
	store_close(must_open(uri("two"), false));
	snprintf(first, sizeof(first), "%s", ask("one", "SELECT secret FROM crawl_meta"));
	assert_string_not_equal(ask("two", "SELECT secret FROM crawl_meta"), first);
	store_close(must_open(uri("one"), false));
	assert_string_equal(ask("one", "SELECT secret FROM crawl_meta"), first);
}

/* Names that would be something else without quotes. */
static void a_schema_may_be_called_anything(void **state)
{
	static const char *const names[][2] = {
		{ "Films", "Films" }, { "my-films", "my-films" }, { "select", "select" },
		{ "a%22b", "a\"b" },  { "a%27b", "a'b" },         { "a%5Cb", "a\\b" },
	};

	NEEDS_SERVER();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		store_close(must_open(uri(names[i][0]), false));
		assert_string_equal(ask(names[i][1], "SELECT application FROM crawl_meta"),
				    "crawl");
		store_close(must_open(uri(names[i][0]), true));
	}
	assert_string_equal(ask(NULL, "SELECT count(*) FROM pg_class c JOIN pg_namespace n"
				      " ON n.oid = c.relnamespace WHERE nspname = 'public'"),
			    "0");
}

#define OPENERS 6

static void many_that_come_at_once_make_one_schema(void **state)
{
	pid_t openers[OPENERS];
	int status;

	NEEDS_SERVER();
	for (int i = 0; i < OPENERS; i++) {
		openers[i] = fork();
		if (openers[i] == 0) {
			struct store *store = store_open(uri("at-once"), false, &error);

			if (!store)
				fprintf(stderr, "%s\n", error.text);
			_exit(store ? 0 : 1);
		}
	}
	for (int i = 0; i < OPENERS; i++) {
		assert_int_equal(waitpid(openers[i], &status, 0), openers[i]);
		assert_int_equal(status, 0);
	}
	assert_string_equal(ask("at-once", "SELECT count(*) FROM crawl_meta"), "1");
}

static void what_is_not_a_crawls_is_left_alone(void **state)
{
	NEEDS_SERVER();
	ask(NULL, "CREATE SCHEMA theirs; CREATE TABLE theirs.notes (a int)");
	must_refuse(uri("theirs"), false, "?schema=NAME");
	must_refuse(uri("theirs"), true, "?schema=NAME");
	assert_string_equal(ask("theirs", "SELECT count(*) FROM notes"), "0");
	ask(NULL, "CREATE SCHEMA other; CREATE TABLE other.crawl_meta (application text,"
		  " schema_version int, secret bigint, shares int);"
		  "INSERT INTO other.crawl_meta VALUES ('walk', 7, 1, 1)");
	must_refuse(uri("other"), false, "?schema=NAME");
	must_refuse(uri("other"), true, "?schema=NAME");
	ask(NULL, "CREATE SCHEMA empty");
	store_close(must_open(uri("empty"), false));
}

static void a_newer_schema_is_not_touched(void **state)
{
	NEEDS_SERVER();
	store_close(must_open(uri("newer"), false));
	ask("newer", "UPDATE crawl_meta SET schema_version = 99; CREATE TABLE crawl_later (a int)");
	must_refuse(uri("newer"), false, "is of a newer crawl (schema 99");
	assert_null(store_open_read(uri("newer"), &error));
	assert_has(error.text, "newer crawl");
	store_close(must_open(uri("newer"), true));
	assert_string_equal(ask("newer", "SELECT to_regclass('crawl_later') IS NULL"), "t");
}

static void an_older_schema_says_whose_it_is(void **state)
{
	NEEDS_SERVER();
	store_close(must_open(uri("older"), false));
	ask("older", "UPDATE crawl_meta SET schema_version = 3");
	must_refuse(uri("older"), false, "schema 3, this one knows");
	assert_has_not(error.text, "newer");
}

static const char *uri_of(const char *user, const char *schema)
{
	static char where[POSTGRES_URI_MAX + 64];

	snprintf(where, sizeof(where), "postgresql://%s@/postgres?host=%s&schema=%s", user,
		 server.folder, schema);
	return where;
}

static void who_may_make_nothing_is_told(void **state)
{
	NEEDS_SERVER();
	ask(NULL, "CREATE ROLE guest LOGIN; CREATE SCHEMA shut; CREATE SCHEMA lent;"
		  "GRANT USAGE, CREATE ON SCHEMA lent TO guest");
	must_refuse(uri_of("guest", "nowhere"), false, "(42501)");
	must_refuse(uri_of("guest", "shut"), false, "no right to its schema shut");
	assert_has(error.text, "GRANT");
	/* A right to make tables is enough where the schema is there. */
	store_close(must_open(uri_of("guest", "lent"), false));
	assert_string_equal(ask("nowhere", "SELECT to_regclass('crawl_meta') IS NULL"), "t");
}

static void the_rights_of_a_crawl_are_its_owners(void **state)
{
	NEEDS_SERVER();
	store_close(must_open(uri("owned"), false));
	ask(NULL, "CREATE ROLE stranger LOGIN");
	must_refuse(uri_of("stranger", "owned"), false, "connect as the user that owns");
	assert_null(store_open_read(uri_of("stranger", "owned"), &error));
	assert_has(error.text, "connect as the user that owns");
}

/* Also where a database gives others a right to all that is made in it. */
static void cookies_are_their_owners_alone(void **state)
{
	NEEDS_SERVER();
	ask(NULL, "CREATE ROLE \"Curious one\" LOGIN; CREATE SCHEMA jar;"
		  "GRANT USAGE ON SCHEMA jar TO PUBLIC; ALTER DEFAULT PRIVILEGES IN SCHEMA jar"
		  " GRANT SELECT ON TABLES TO \"Curious one\", PUBLIC");
	store_close(must_open(uri("jar"), false));
	assert_string_equal(ask("jar",
				"SELECT has_table_privilege('Curious one', 'pages', 'SELECT'),"
				" has_table_privilege('Curious one', 'crawl_cookies', 'SELECT')"),
			    "t|f");
	ask("jar", "INSERT INTO crawl_cookies (domain, path, name, value, is_secure, is_http_only)"
		   " VALUES ('a', '/', 'sid', 'secret', 0, 0)");
	assert_string_equal(ask("jar", "SELECT count(*) FROM crawl_cookies"), "1");
	assert_string_equal(ask("jar", "GRANT SELECT ON ALL TABLES IN SCHEMA jar TO"
				       " \"Curious one\"; SET ROLE \"Curious one\";"
				       " SELECT count(*) FROM crawl_cookies"),
			    "0");
}

static void another_encoding_is_refused(void **state)
{
	char where[POSTGRES_URI_MAX];

	NEEDS_SERVER();
	assert_string_equal(ask(NULL, "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0"),
			    "");
	assert_string_equal(ask(NULL, "CREATE DATABASE ascii ENCODING 'SQL_ASCII'"
				      " TEMPLATE template0"),
			    "");
	snprintf(where, sizeof(where), "postgresql://crawl@/latin?host=%s", server.folder);
	must_refuse(where, false, "encoding is LATIN1");
	snprintf(where, sizeof(where), "postgresql://crawl@/ascii?host=%s", server.folder);
	must_refuse(where, false, "encoding is SQL_ASCII");
}

static void say_parameter(int fd, const char *name, const char *value)
{
	char bytes[128] = "S";
	size_t size = 4 + strlen(name) + 1 + strlen(value) + 1;

	bytes[4] = (char)size;
	strcpy(bytes + 5, name);
	strcpy(bytes + 5 + strlen(name) + 1, value);
	if (write(fd, bytes, 1 + size) < 0)
		_exit(1);
}

#define SAY(fd, bytes)                                       \
	do {                                                 \
		if (write(fd, bytes, sizeof(bytes) - 1) < 0) \
			_exit(1);                            \
	} while (0)
#define READY "Z\0\0\0\5I"

/* A server as far as it says what it is, and that it takes writes, which old ones are asked. */
static void serve_old(int listening, const char *version)
{
	char bytes[4096];
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((fd = accept(listening, NULL, NULL)) >= 0) {
		if (read(fd, bytes, sizeof(bytes)) <= 0)
			_exit(1);
		SAY(fd, "R\0\0\0\10\0\0\0\0");
		say_parameter(fd, "server_version", version);
		say_parameter(fd, "server_encoding", "UTF8");
		SAY(fd, READY);
		while (read(fd, bytes, sizeof(bytes)) > 0 && bytes[0] == 'Q')
			SAY(fd, "T\0\0\0\32\0\1x\0\0\0\0\0\0\0\0\0\0\31\377\377\377\377\377\377\0\0"
				"D\0\0\0\15\0\1\0\0\0\3off"
				"C\0\0\0\11SHOW\0" READY);
		close(fd);
	}
	_exit(0);
}

static void an_old_server_is_refused(void **state)
{
	static const char *const versions[][2] = {
		{ "12.22 (Debian 12.22-1)", " is PostgreSQL 12.22: crawl needs 13 or later" },
		{ "9.6.24", " is PostgreSQL 9.6.24: crawl needs 13 or later" },
	};
	struct test_folder folder;

	(void)state;
	test_folder_enter(&folder);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		int listening = listen_in(folder.path);
		char where[POSTGRES_URI_MAX];
		pid_t pid = fork();

		if (pid == 0)
			serve_old(listening, versions[i][0]);
		close(listening);
		snprintf(where, sizeof(where), "postgresql://crawl@/films?host=%s", folder.path);
		must_refuse(where, false, versions[i][1]);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	test_folder_leave(&folder);
}

/* ---- starting over ---- */

static void fresh_takes_what_is_crawls_own(void **state)
{
	NEEDS_SERVER();
	store_close(must_open(uri("fresh"), false));
	ask("fresh", "CREATE TABLE \"crawl_rows_Films\" (a int); CREATE VIEW \"Films\" AS"
		     " SELECT * FROM \"crawl_rows_Films\"; CREATE TABLE notes (a int);"
		     "INSERT INTO notes VALUES (1); CREATE VIEW mine AS SELECT * FROM notes;"
		     "INSERT INTO hosts (id, origin) VALUES (1, 'http://a')");
	store_close(must_open(uri("fresh"), true));
	assert_string_equal(ask("fresh", "SELECT to_regclass('\"Films\"') IS NULL,"
					 " to_regclass('\"crawl_rows_Films\"') IS NULL,"
					 " (SELECT count(*) FROM hosts), (SELECT a FROM mine)"),
			    "t|t|0|1");
}

/* What somebody built on it is theirs: it is all there still. */
static void fresh_leaves_all_where_something_stands_on_it(void **state)
{
	NEEDS_SERVER();
	store_close(must_open(uri("stood-on"), false));
	ask("stood-on", "CREATE VIEW mine AS SELECT url FROM pages;"
			"INSERT INTO hosts (id, origin) VALUES (1, 'http://a')");
	must_refuse(uri("stood-on"), true, "drop that first");
	assert_has(error.text, "view mine depends on view pages");
	assert_string_equal(ask("stood-on", "SELECT count(*) FROM hosts"), "1");
}

static void fresh_is_refused_while_nodes_live(void **state)
{
	NEEDS_SERVER();
	postgres_lease_ms = 200;
	ask("lived-in",
	    "SELECT pg_sleep(0.3)"); /* a server that was just started is another case */
	store_close(must_open(uri("lived-in"), false));
	assert_false(store_is_in_use(uri("lived-in")));
	ask("lived-in", "INSERT INTO crawl_nodes (id, name, pid, lease_until) VALUES"
			" (1, 'north', 17, clock_timestamp() + interval '20 s'),"
			" (2, 'south', 18, clock_timestamp() + interval '20 s'),"
			" (3, 'dead', 19, clock_timestamp() - interval '20 s')");
	assert_true(store_is_in_use(uri("lived-in")));
	must_refuse(uri("lived-in"), true, "north:17, south:18");
	assert_has_not(error.text, "dead");
	ask("lived-in", "UPDATE crawl_nodes SET lease_until = '2000-01-01'");
	assert_false(store_is_in_use(uri("lived-in")));
	store_close(must_open(uri("lived-in"), true));
	postgres_lease_ms = 20000;
}

/* While it was away nobody could renew a lease. */
static void whoever_crawled_before_the_server_was_restarted_is_alive(void **state)
{
	NEEDS_SERVER();
	store_close(must_open(uri("restarted"), false));
	ask("restarted", "INSERT INTO crawl_nodes (id, name, pid, lease_until) VALUES"
			 " (1, 'north', 17, clock_timestamp() - interval '1 h')");
	postgres_lease_ms = 3600000;
	assert_true(store_is_in_use(uri("restarted")));
	must_refuse(uri("restarted"), true, "north:17");
	postgres_lease_ms = 200;
	ask("restarted", "SELECT pg_sleep(0.3)");
	assert_false(store_is_in_use(uri("restarted")));
	store_close(must_open(uri("restarted"), true));
	postgres_lease_ms = 20000;
}

/* ---- opening to read ---- */

static void what_was_never_made_cannot_be_read(void **state)
{
	NEEDS_SERVER();
	assert_false(store_exists(uri("unmade")));
	assert_null(store_open_read(uri("unmade"), &error));
	assert_has(error.text, "has no schema unmade");
	ask(NULL, "CREATE SCHEMA unmade");
	assert_false(store_exists(uri("unmade")));
	assert_null(store_open_read(uri("unmade"), &error));
	assert_has(error.text, "no crawl in its schema unmade");
	store_close(must_open(uri("unmade"), false));
	assert_true(store_exists(uri("unmade")));
	assert_true(store_exists("postgresql://127.0.0.1:1/unknown"));
}

static void a_reader_writes_nothing(void **state)
{
	struct store *store;
	int64_t number;

	NEEDS_SERVER();
	store_close(must_open(uri("read"), false));
	store = store_open_read(uri("read"), &error);
	assert_non_null(store);
	assert_int_equal(postgres_number(postgres_of(store), "SELECT count(*) FROM crawl_shares",
					 NULL, 0, &number),
			 0);
	assert_int_equal(number, 4096);
	assert_int_equal(postgres_script(postgres_of(store), "DELETE FROM crawl_shares"), -1);
	assert_has(store_error(store)->text, "25006");
	store_close(store);
}

static void what_runs_were_is_told(void **state)
{
	struct store_last_run last;
	struct store_totals totals;
	struct store *store;
	uint64_t hash = 0;

	NEEDS_SERVER();
	store = must_open(uri("told"), false);
	assert_int_equal(store_get_last_run(store, &last), 0);
	assert_true(last.is_finished);
	ask("told", "INSERT INTO runs (id, started_at, ended_at, ended, pid, config_hash) VALUES"
		    " (1, 'x', '2024-02-29T23:59:59.999Z', 'finished', 1, 'ffc0ffee00000001');"
		    "INSERT INTO crawl_passes VALUES (1, 1, 0, NULL, -5);"
		    "INSERT INTO crawl_patterns VALUES (-9, 'Films', -3);"
		    "INSERT INTO urls (id, host_id, root, lane, depth, kind, url) VALUES"
		    " (1, 1, 1, 0, 0, 0, 'a'), (2, 1, 2, 0, 0, 0, 'b'), (3, 1, 3, 0, 0, 0, 'c'),"
		    " (4, 1, 4, 0, 0, 2, 'd'), (5, 1, 1, 0, 0, 0, 'e');"
		    "INSERT INTO results (url_id, pass, tries, state, outcome) VALUES"
		    " (1, 1, 1, 1, 'ok'), (2, 1, 1, 2, 'http'), (5, 1, 1, 3, 'robots');"
		    "CREATE TABLE \"crawl_rows_a b\" AS SELECT 1 FROM generate_series(1, 7)");
	assert_int_equal(store_get_last_run(store, &last), 0);
	assert_true(last.is_finished);
	assert_int_equal(last.ended_ms, 1709251199999);
	assert_int_equal(last.config_hash, 0xffc0ffee00000001);
	assert_int_equal(last.named, (uint64_t)-5);
	assert_int_equal(store_get_pattern(store, (uint64_t)-9, "fILMS", &hash), 1);
	assert_int_equal(hash, (uint64_t)-3);
	assert_int_equal(store_get_pattern(store, 9, "films", &hash), 0);
	assert_int_equal(store_get_totals(store, &totals), 0);
	assert_int_equal(totals.pending, 1);
	assert_int_equal(totals.done, 1);
	assert_int_equal(totals.failed, 1);
	assert_int_equal(totals.skipped, 2);
	assert_int_equal(totals.pages, 3);
	assert_int_equal(totals.rows, 7);
	/* A pass over all of them, then over what failed of one root. */
	ask("told", "INSERT INTO crawl_passes VALUES (2, 2, 1, NULL, NULL)");
	assert_int_equal(store_get_totals(store, &totals), 0);
	assert_int_equal(totals.pending, 4);
	ask("told", "DELETE FROM crawl_passes WHERE run_id = 2;"
		    "INSERT INTO crawl_roots VALUES (1, 2, 0), (2, 0, 2)");
	assert_int_equal(store_get_totals(store, &totals), 0);
	assert_int_equal(totals.pending, 4);
	assert_int_equal(totals.skipped, 1);
	store_close(store);
}

static int note_file(void *context, const struct store_file *file)
{
	char *noted = context;

	sprintf(noted + strlen(noted), "%s=%.*s;", file->name, (int)file->text.size, file->text.at);
	return 0;
}

static void files_of_the_last_run_come_in_order(void **state)
{
	struct store *store;
	char noted[256] = "";

	NEEDS_SERVER();
	store = must_open(uri("files"), false);
	ask("files", "INSERT INTO runs (id, started_at, pid) VALUES (2, 'x', 1);"
		     "INSERT INTO crawl_files VALUES (2, 1, 'b', 'two'), (2, 0, 'a', 'one'),"
		     " (1, 0, 'old', 'x')");
	assert_int_equal(store_each_file(store, note_file, noted), 0);
	assert_string_equal(noted, "a=one;b=two;");
	store_close(store);
}

/* ---- asking ---- */

static void values_come_by_their_types(void **state)
{
	static const char sql[] =
		"SELECT 1::smallint, 2, 3::bigint, sum(4), 1.5::float4, 2.5::float8, 7.25, true,"
		" '\\x5c7841ff'::bytea, '{\"a\": 1}'::json, 'text', NULL, 'NaN'::float8,"
		" 99999999999999999999, ''::text, ''::bytea";
	PGresult *row;
	struct store *store;

	NEEDS_SERVER();
	store = must_open(uri("values"), false);
	row = postgres_ask(postgres_of(store), sql, NULL, 0);
	assert_non_null(row);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(postgres_value(row, 0, i).kind, STORE_INTEGER);
		assert_int_equal(postgres_value(row, 0, i).integer, i + 1);
	}
	assert_true(postgres_value(row, 0, 4).real == 1.5);
	assert_true(postgres_value(row, 0, 5).real == 2.5);
	assert_true(postgres_value(row, 0, 6).real == 7.25);
	assert_int_equal(postgres_value(row, 0, 7).integer, 1);
	for (int i = 0; i < 2; i++) { /* a second time as well */
		assert_int_equal(postgres_value(row, 0, 8).kind, STORE_BLOB);
		assert_int_equal(postgres_value(row, 0, 8).text.size, 4);
		assert_memory_equal(postgres_value(row, 0, 8).text.at, "\\xA\xff", 4);
	}
	assert_int_equal(postgres_value(row, 0, 9).kind, STORE_JSON);
	assert_int_equal(postgres_value(row, 0, 10).kind, STORE_TEXT);
	assert_int_equal(postgres_value(row, 0, 11).kind, STORE_NULL);
	assert_int_equal(postgres_value(row, 0, 12).kind, STORE_REAL);
	assert_int_equal(postgres_value(row, 0, 13).kind, STORE_REAL);
	assert_non_null(postgres_value(row, 0, 14).text.at);
	assert_int_equal(postgres_value(row, 0, 15).text.size, 0);
	PQclear(row);
	store_close(store);
}

static void parameters_go_as_they_are(void **state)
{
	struct store_value values[] = {
		postgres_of_integer(INT64_MIN),
		postgres_of_real(0.1),
		postgres_of_string("it's \\ \"\xc3\xa4\""),
		postgres_of_bytes((struct slice){ "a\0b\xff", 4 }),
		postgres_of_string(NULL),
		postgres_of_bytes((struct slice){ "", 0 }),
	};
	struct store *store;
	PGresult *row;

	NEEDS_SERVER();
	store = must_open(uri("parameters"), false);
	row = postgres_ask(
		postgres_of(store),
		"SELECT $1::bigint, $2::float8, $3::text, $4::bytea, $5::text, $6::bytea", values,
		6);
	assert_non_null(row);
	assert_int_equal(postgres_integer(row, 0, 0), INT64_MIN);
	assert_true(postgres_value(row, 0, 1).real == 0.1);
	assert_string_equal(PQgetvalue(row, 0, 2), "it's \\ \"\xc3\xa4\"");
	assert_memory_equal(postgres_bytes(row, 0, 3).at, "a\0b\xff", 4);
	assert_null(postgres_text(row, 0, 4).at);
	assert_int_equal(postgres_value(row, 0, 5).kind, STORE_BLOB);
	PQclear(row);
	store_close(store);
}

struct seen {
	int rows, most;
	size_t columns;
	bool had_none;
};

static int see_row(void *context, const struct store_answer *row)
{
	struct seen *seen = context;

	seen->columns = row->column_count;
	seen->had_none = seen->had_none || !row->values;
	return ++seen->rows == seen->most ? -1 : 0;
}

static void answers_come_row_by_row_and_can_be_left(void **state)
{
	struct seen all = { 0 }, some = { .most = 3 }, none = { 0 };
	struct store *store;
	struct postgres_store *own;

	NEEDS_SERVER();
	store = must_open(uri("answers"), false);
	own = postgres_of(store);
	assert_int_equal(postgres_emit(own, "SELECT i, i FROM generate_series(1, 5000) i", NULL, 0,
				       see_row, &all),
			 0);
	assert_int_equal(all.rows, 5000);
	assert_int_equal(all.columns, 2);
	assert_int_equal(postgres_emit(own, "SELECT generate_series(1, 1000000000)", NULL, 0,
				       see_row, &some),
			 0);
	assert_int_equal(some.rows, 3);
	assert_int_equal(postgres_emit(own, "SELECT 1 AS one WHERE false", NULL, 0, see_row, &none),
			 0);
	assert_int_equal(none.rows, 1);
	assert_true(none.had_none);
	assert_int_equal(postgres_emit(own, "SELECT nothing", NULL, 0, see_row, &none), -1);
	assert_has(store_error(store)->text, "42703");
	store_close(store);
}

/* Limits that an administrator gave the role or the database would end what may take long. */
static void limits_of_the_role_do_not_hold(void **state)
{
	struct store *store;
	PGresult *row;

	NEEDS_SERVER();
	ask(NULL, "CREATE ROLE limited LOGIN; GRANT CREATE ON DATABASE postgres TO limited;"
		  "ALTER ROLE limited SET statement_timeout = '1s';"
		  "ALTER ROLE limited SET lock_timeout = '1s';"
		  "ALTER ROLE limited SET bytea_output = 'escape';"
		  "ALTER ROLE limited SET extra_float_digits = 0;"
		  "ALTER ROLE limited SET standard_conforming_strings = off;"
		  "ALTER ROLE limited SET DateStyle = 'German';"
		  "ALTER ROLE limited SET default_transaction_isolation = 'serializable';"
		  "ALTER ROLE limited SET search_path = 'pg_catalog'");
	ask(NULL, "ALTER ROLE limited SET idle_session_timeout = '1s'"); /* 14 and later */
	store = must_open(uri_of("limited", "limits"), false);
	row = postgres_ask(postgres_of(store),
			   "SELECT current_setting('statement_timeout'),"
			   " current_setting('lock_timeout'), '\\x00'::bytea, 0.1::float8 + 0.2,"
			   " '2024-02-29'::date, current_setting('transaction_isolation'),"
			   " current_schema()",
			   NULL, 0);
	assert_non_null(row);
	assert_string_equal(PQgetvalue(row, 0, 0), "0");
	assert_string_equal(PQgetvalue(row, 0, 1), "0");
	assert_int_equal(postgres_bytes(row, 0, 2).size, 1);
	assert_string_equal(PQgetvalue(row, 0, 3), "0.30000000000000004");
	assert_string_equal(PQgetvalue(row, 0, 4), "2024-02-29");
	assert_string_equal(PQgetvalue(row, 0, 5), "read committed");
	assert_string_equal(PQgetvalue(row, 0, 6), "limits");
	PQclear(row);
	store_close(store);
}

static void a_replica_is_not_written_to(void **state)
{
	NEEDS_SERVER();
	ask(NULL, "CREATE ROLE shy LOGIN; ALTER ROLE shy SET default_transaction_read_only = on");
	must_refuse(uri_of("shy", "nowhere"), false, "Name the primary");
}

/* The server stops and comes back: a reader does not notice. */
static void a_lost_connection_is_made_anew(void **state)
{
	struct store *reader, *writer;
	int64_t number = 0;

	NEEDS_SERVER();
	writer = must_open(uri("lost"), false);
	reader = store_open_read(uri("lost"), &error);
	assert_non_null(reader);
	postgres_server_kill(&server);
	assert_int_equal(postgres_server_start_again(&server, NULL), 0);
	assert_int_equal(postgres_number(postgres_of(reader), "SELECT count(*) FROM crawl_shares",
					 NULL, 0, &number),
			 0);
	assert_int_equal(number, 4096);
	assert_int_equal(postgres_number(postgres_of(writer), "SELECT count(*) FROM crawl_shares",
					 NULL, 0, &number),
			 0);
	assert_string_equal(ask(NULL, "SELECT count(*) > 0 FROM (SELECT pg_terminate_backend(pid)"
				      " FROM pg_stat_activity WHERE application_name = 'crawl') t"),
			    "t");
	/* Whether it was done before the connection went, nobody knows. */
	assert_int_equal(postgres_do(postgres_of(writer), "DELETE FROM rejects", NULL, 0), -1);
	assert_null(strchr(store_error(writer)->text, '\n'));
	store_close(writer);
	store_close(reader);
}

static void a_server_that_is_gone_is_said_once(void **state)
{
	struct store *reader;
	struct store_totals totals;

	NEEDS_SERVER();
	store_close(must_open(uri("gone"), false));
	reader = store_open_read(uri("gone"), &error);
	assert_non_null(reader);
	postgres_server_kill(&server);
	assert_int_equal(store_get_totals(reader, &totals), -1);
	assert_has(store_error(reader)->text, "does the server run there");
	assert_int_equal(postgres_server_start_again(&server, NULL), 0);
	assert_int_equal(store_get_totals(reader, &totals), -1);
	store_close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uris_are_taken_apart),
		cmocka_unit_test(what_is_as_good_as_a_password_is_not_shown),
		cmocka_unit_test(what_is_no_uri_is_refused_without_its_password),
		cmocka_unit_test(a_uri_that_is_shown_is_one_line),
		cmocka_unit_test(four_uris_are_shown_at_once),
		cmocka_unit_test(an_error_is_what_its_state_says),
		cmocka_unit_test(who_cannot_connect_is_told_what_to_do),
		cmocka_unit_test(a_wrong_password_is_not_shown),
		cmocka_unit_test(what_is_refused_is_known_by_its_code),
		cmocka_unit_test(of_several_servers_counts_what_one_has_said),
		cmocka_unit_test(
			a_server_that_says_nothing_is_waited_for_no_longer_than_the_uri_says),
		cmocka_unit_test(the_tables_are_those_of_a_file),
		cmocka_unit_test(every_view_answers),
		cmocka_unit_test(no_pattern_may_have_the_name_of_a_table),
		cmocka_unit_test(a_secret_is_the_crawls_own),
		cmocka_unit_test(a_schema_may_be_called_anything),
		cmocka_unit_test(many_that_come_at_once_make_one_schema),
		cmocka_unit_test(what_is_not_a_crawls_is_left_alone),
		cmocka_unit_test(a_newer_schema_is_not_touched),
		cmocka_unit_test(an_older_schema_says_whose_it_is),
		cmocka_unit_test(who_may_make_nothing_is_told),
		cmocka_unit_test(the_rights_of_a_crawl_are_its_owners),
		cmocka_unit_test(cookies_are_their_owners_alone),
		cmocka_unit_test(another_encoding_is_refused),
		cmocka_unit_test(an_old_server_is_refused),
		cmocka_unit_test(fresh_takes_what_is_crawls_own),
		cmocka_unit_test(fresh_leaves_all_where_something_stands_on_it),
		cmocka_unit_test(fresh_is_refused_while_nodes_live),
		cmocka_unit_test(whoever_crawled_before_the_server_was_restarted_is_alive),
		cmocka_unit_test(what_was_never_made_cannot_be_read),
		cmocka_unit_test(a_reader_writes_nothing),
		cmocka_unit_test(what_runs_were_is_told),
		cmocka_unit_test(files_of_the_last_run_come_in_order),
		cmocka_unit_test(values_come_by_their_types),
		cmocka_unit_test(parameters_go_as_they_are),
		cmocka_unit_test(answers_come_row_by_row_and_can_be_left),
		cmocka_unit_test(limits_of_the_role_do_not_hold),
		cmocka_unit_test(a_replica_is_not_written_to),
		cmocka_unit_test(a_lost_connection_is_made_anew),
		cmocka_unit_test(a_server_that_is_gone_is_said_once),
	};

	alarm(TEST_SECONDS_MAX);
	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
