#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "crawler/master/share.h"
#include "store/store.h"
#include "tests/support/postgres_server.h"
#include "tests/support/scenario.h"
#include "tests/support/served.h"
#include "tests/support/store_dump.h"

/*
 * Commands on a crawl that stands in PostgreSQL: each does what it does with a file, none shows a
 * password, and a crawl goes from one into the other and back.
 */
#define QUICK "--delay", "0", "--set", "retries=0", "-j", "1"

static struct postgres_server server;

static int begin(void **state)
{
	(void)state;
	server = (struct postgres_server){ .pid = 0 };
	if (scenario_begin_rooted((const char *[]){ "--workers", "2", NULL }) < 0)
		return -1;
	return postgres_server_is_there() ? postgres_server_start(&server, NULL) : 0;
}

static int end(void **state)
{
	int code = scenario_end(state);

	if (server.pid > 0)
		postgres_server_stop(&server);
	return code;
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

#define NEED_SERVER()                \
	do {                         \
		if (server.pid == 0) \
			skip();      \
	} while (0)

/* With a password, which nobody asks for. */
static const char *uri(const char *schema)
{
	static char texts[4][POSTGRES_URI_MAX];
	static unsigned next;
	char *text = texts[next++ % 4];
	const char *plain = postgres_server_uri(&server, schema), *at = strchr(plain, '@');

	snprintf(text, POSTGRES_URI_MAX, "%.*s:secret%s", (int)(at - plain), plain, at);
	return text;
}

/* ---- a crawl that has something of everything ---- */

#define CONFIG                                                                                    \
	"patterns:\n"                                                                             \
	"  - name: books\n    pattern: '<b>(?<id>\\d+) (?<title>[^<]*)</b> <i>(?<price>[^<]*)'\n" \
	"    fields: {price: {type: real}, title: , id: , shop: {value: '{set.shop}'}}\n"         \
	"    key: [title, id]\n    history: true\n"                                               \
	"  - name: lists\n    each: '<ul>.*?</ul>'\n    flags: s\n"                               \
	"    fields: {all: {pattern: '<li>([^<]*)', all: true}}\n"                                \
	"    children: [{name: item, pattern: '<li>(?<item>[^<]*)'}]\n"                           \
	"follow: [{link: 'c.html'}]\n"

static void write_pages(const char *price)
{
	write_text("root/a.html",
		   "<title>A \\ tab\there</title><b>1 One \"quoted\"</b> <i>%s</i>"
		   "<b>2 Two\\n</b> <i></i>"
		   "<ul><li>x<li>y\ty</ul><ul><li>z</ul><a href='c.html'>c</a>",
		   price);
	write_text("root/b.html", "<title>\xC3\xA9</title><b>3 Th\xC3\xA9</b> <i>-2.5</i>");
	write_text("root/c.html", "<b>4 Four</b> <i>1e3</i>");
	write_text("c.yaml", "%s", CONFIG);
	write_text("list",
		   "%s\tshop=7\n%s\nno URL at all\n%s\n%s\n"
		   "{\"url\": \"%s\", \"form\": {\"q\": \"a b\"}, \"headers\": {\"X-A\": \"7\"}}\n",
		   url("/a.html"), url("/b.html"), url("/status/404"), url("/set?1=h=1"),
		   url("/posted"));
}

static void crawl_into(const char *database)
{
	static const char *const prices[] = { "1", "1.5" };

	for (int i = 0; i < 2; i++) {
		write_pages(prices[i]);
		assert_code(RUN("list", "-c", "c.yaml", "-o", database, "--cookies", "on", QUICK),
			    1);
	}
}

/* ---- from one into the other ---- */

static void assert_same(const char *one, const char *other)
{
	char *here = store_dump(one, STORE_DUMP_ALL), *there = store_dump(other, STORE_DUMP_ALL);

	assert_string_equal(here, there);
	free(here);
	free(there);
}

static void what_goes_there_and_back_is_the_same(void **state)
{
	struct program *run;
	struct stat status;

	(void)state;
	NEED_SERVER();
	crawl_into("crawl.db");
	run = RUN("copy", "crawl.db", uri("there"));
	assert_code(run, 0);
	assert_silent_on(run->error, "secret");
	assert_code(RUN("copy", uri("there"), "back.db"), 0);
	assert_same(in_folder("crawl.db"), in_folder("back.db"));
	assert_string_equal(ask_in(in_folder("back.db"),
				   "SELECT name, value, typeof(value) FROM crawl_cookies"),
			    "h|1|blob");
	assert_int_equal(stat(in_folder("back.db"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600); /* it has cookies */
	assert_string_equal(
		postgres_server_ask(&server, "there", "SELECT count(*) FROM crawl_known_rows"),
		"4");
	run = RUN("copy", "crawl.db", uri("there"));
	assert_code(run, 3);
	assert_says(run->error, "holds a crawl already: begin anew with --fresh");
	assert_code(RUN("copy", "crawl.db", uri("there"), "--fresh"), 0);
	run = RUN("copy", "back.db", "back.db");
	assert_code(run, 2);
	run = RUN("copy", "none.db", uri("there"));
	assert_code(run, 3);
	assert_says(run->error, "there is no none.db: nothing to copy");
}

/* Numbers go by shares there: a crawl goes on with them. */
static void a_copy_is_crawled_on(void **state)
{
	struct program *run;

	(void)state;
	NEED_SERVER();
	crawl_into("crawl.db");
	assert_code(RUN("copy", "crawl.db", uri("there")), 0);
	write_pages("20.5");
	run = RUN("list", "-c", "c.yaml", "-o", uri("there"), "--cookies", "on", QUICK);
	assert_code(run, 1);
	assert_says(run->error, "run 3: new pass over");
	assert_says(run->error, "(0 new, 5 known)");
	assert_code(RUN("list", "-c", "c.yaml", "-o", "crawl.db", "--cookies", "on", QUICK), 1);
	assert_string_equal(postgres_server_ask(&server, "there",
						"SELECT title, (price * 10)::bigint FROM books"
						" ORDER BY title"),
			    ask("SELECT title, coalesce(CAST(price * 10 AS INTEGER), '') FROM books"
				" ORDER BY title"));
	assert_string_equal(postgres_server_ask(&server, "there",
						"SELECT run, field, old, new FROM crawl_history"
						" WHERE field IS NOT NULL ORDER BY run"),
			    "2|price|1.0|1.5\n3|price|1.5|20.5");
}

/* What the server does not take of a page that is parsed again is no fault of its visit. */
static void a_page_that_is_refused_as_it_is_parsed_again_keeps_its_visit(void **state)
{
	static const char visits[] = "SELECT string_agg(concat_ws(' ', url, r.state, pass, visit),"
				     " '; ' ORDER BY url) FROM urls JOIN results r ON url_id = id";
	struct program *run;
	char *before;

	(void)state;
	NEED_SERVER();
	crawl_into(uri("there"));
	before = strdup(postgres_server_ask(&server, "there", visits));
	postgres_server_ask(
		&server, "there",
		"ALTER TABLE crawl_rows_books ADD CHECK (title NOT LIKE 'One%') NOT VALID");
	write_text("other.yaml", "patterns: [{name: books, pattern:"
				 " '<b>(?<id>\\d+) (?<title>[^<]+)</b>',"
				 " fields: {title: , id: }, key: [title, id]}]\n");
	run = RUN("reparse", "-c", "other.yaml", "-o", uri("there"));
	assert_code(run, 1);
	assert_says(run->out, "pages");
	assert_says(run->error, "1 page ran into a limit, and rows are missing: crawl failed\n");
	assert_string_equal(postgres_server_ask(&server, "there", visits), before);
	assert_string_equal(postgres_server_ask(&server, "there",
						"SELECT outcome || ' ' || (error LIKE '%check%')"
						" FROM pages WHERE url LIKE '%/a.html'"),
			    "pattern_limit true");
	assert_string_equal(postgres_server_ask(&server, "there",
						"SELECT string_agg(title, ' ' ORDER BY title) FROM"
						" books WHERE title NOT LIKE 'T%'"),
			    "Four One \"quoted\"");
	free(before);
}

/* What sql says of the history there, of any type. */
static char *history_of(const char *database, bool has_types)
{
	const char *sql = has_types
				  ? "SELECT key, typeof(key), field, old, typeof(old), new,"
				    " typeof(new) FROM crawl_history ORDER BY key, field, run"
				  : "SELECT h.key, s.key, field, old, new FROM crawl_history h JOIN"
				    " crawl_seen s ON s.key = h.key ORDER BY h.key, field, run";
	struct program *run = RUN("sql", "-o", database, sql);

	assert_code(run, 0);
	return strdup(run->out);
}

/* Texts that look like numbers, or like JSON, stay what they are. */
static void a_history_is_the_same_wherever_it_was_made(void **state)
{
	static const char *const titles[] = { "12 Monkeys", "2024-02-29", "\"A\" and B", "null",
					      "12 Angry Men" };
	const char *const made[] = { "crawl.db", uri("there") };
	char *texts[4];

	(void)state;
	NEED_SERVER();
	write_text("c.yaml", "patterns: [{name: films, history: true, key: [id], pattern:"
			     " '<b>(?<id>[^<]*)</b><i>(?<title>[^<]*)</i><s>(?<price>[^<]*)</s>',"
			     " fields: {id: , title: , price: {type: real}}}]\n");
	write_text("list", "%s\n", url("/a.html"));
	for (size_t i = 0; i < 5; i++) {
		write_text("root/a.html", "<b>0012</b><i>%s</i><s>%zu9.99</s>", titles[i], i);
		for (size_t j = 0; j < 2; j++)
			assert_code(RUN("list", "-c", "c.yaml", "-o", made[j], QUICK), 0);
	}
	assert_code(RUN("copy", made[0], uri("copied")), 0);
	assert_code(RUN("copy", made[1], "back.db"), 0);
	texts[0] = history_of("crawl.db", true);
	texts[1] = history_of("back.db", true);
	texts[2] = history_of(uri("there"), false);
	texts[3] = history_of(uri("copied"), false);
	assert_says(texts[0], "0012");
	assert_says(texts[2], "12 Monkeys");
	assert_string_equal(texts[0], texts[1]);
	assert_string_equal(texts[2], texts[3]);
	for (size_t i = 0; i < 4; i++)
		free(texts[i]);
}

/* ---- a copy that is stopped ---- */

struct stopping {
	unsigned rows, most;
};

static bool is_stopped(void *context)
{
	struct stopping *stopping = context;

	return ++stopping->rows > stopping->most;
}

/* Returns how often it was stopped. */
static unsigned copy_in_steps(const char *from, const char *to, unsigned step)
{
	struct store_error error = { .text = "" };
	unsigned stops = 0;
	int result = 1;

	for (bool is_first = true; result == 1; is_first = false) {
		struct stopping stopping = { 0, step };
		const struct store_copying copying = { .share_of = share_of,
						       .is_stopped = is_stopped,
						       .context = &stopping };
		struct store *source = store_open_read(from, &error);
		struct store *target = store_open_to_copy(to, is_first, &error);

		assert_non_null(source);
		assert_non_null(target);
		result = store_copy(source, target, "source", &copying, &error);
		stops += result == 1;
		store_close(source);
		store_close(target);
	}
	if (result != 0)
		fail_msg("%s", error.text);
	return stops;
}

static void one_that_was_stopped_anywhere_goes_on(void **state)
{
	(void)state;
	NEED_SERVER();
	crawl_into("crawl.db");
	for (unsigned step = 1; step < 4; step++) {
		unsigned stops = copy_in_steps(in_folder("crawl.db"), uri("steps"), step);

		assert_true(stops > 1);
		assert_true(copy_in_steps(uri("steps"), in_folder("back.db"), step) > 1);
		assert_same(in_folder("crawl.db"), in_folder("back.db"));
	}
}

/* What is there of it is not the crawl, and its node has a lease still. */
static void one_that_was_killed_is_no_crawl_and_goes_on(void **state)
{
	static const char half[] =
		"SET search_path = half; DO $do$ DECLARE t text; BEGIN FOR t IN SELECT"
		" format('%I', relname) FROM pg_class WHERE relkind = 'r' AND relnamespace ="
		" 'half'::regnamespace AND relname NOT IN ('crawl_meta', 'crawl_shares') LOOP"
		" EXECUTE 'TRUNCATE ' || t || ' CASCADE'; END LOOP; END $do$;"
		"INSERT INTO crawl_shares SELECT s, NULL FROM generate_series(0, 4095) s"
		" ON CONFLICT DO NOTHING;"
		"CREATE TABLE crawl_copy (name text COLLATE \"C\" PRIMARY KEY, after bigint,"
		" is_done bool NOT NULL, source text);"
		"INSERT INTO crawl_copy VALUES ('', NULL, false, 'crawl.db');"
		"INSERT INTO crawl_nodes (id, name, pid, lease_until) VALUES (7, 'dead', 7,"
		" clock_timestamp() + interval '3 s')";
	static const char *const refused[][6] = { { "status" },
						  { "sql", "SELECT 1" },
						  { "list", "-c", "c.yaml" },
						  { "reparse", "-c", "c.yaml" },
						  { "forget", "list" },
						  { "cookies", "--forget" } };
	struct program *run;

	(void)state;
	NEED_SERVER();
	crawl_into("crawl.db");
	assert_code(RUN("copy", "crawl.db", uri("half")), 0);
	postgres_server_ask(&server, "half", half);
	run = RUN("copy", "crawl.db", uri("half"));
	assert_code(run, 0);
	assert_says(run->error, "is in use by dead:7: wait until it is done (trying");
	assert_code(RUN("copy", uri("half"), "back.db"), 0);
	assert_same(in_folder("crawl.db"), in_folder("back.db"));

	postgres_server_ask(&server, "half", half);
	postgres_server_ask(&server, "half", "DELETE FROM crawl_nodes");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *const *words = refused[i];

		run = RUN(words[0], "-o", uri("half"), words[1], words[2]);
		assert_code(run, 3);
		assert_says(run->error, "is a copy that has not ended: 'crawl copy crawl.db post");
	}
	assert_code(RUN("copy", uri("half"), "none.db"), 3);
}

/* ---- commands ---- */

static void no_command_shows_a_password(void **state)
{
	const char *commands[][6] = {
		{ "status" },
		{ "status", "--json" },
		{ "failed" },
		{ "sql", "SELECT * FROM runs" },
		{ "export", "books" },
		{ "why", "http://nowhere.example/" },
		{ "cookies" },
		{ "reparse", "-c", "c.yaml" },
		{ "check", "c.yaml" },
		{ "health", "-c", "c.yaml" },
		{ "report", "--json" },
		{ "report" },
		{ "diff", "0", "1" },
		{ "body", url("/a.html") },
		{ "try", "c.yaml", "--stored", "5" },
		{ "sql", "SELECT nothing" },
		{ "forget", "--dry-run", "list" },
		{ "ctl", "pause" },
		{ "run", "--join" },
		{ "list", "--dry-run", "-c", "c.yaml" },
	};

	(void)state;
	NEED_SERVER();
	write_pages("1");
	assert_code(
		RUN("list", "-c", "c.yaml", "-o", uri(NULL), "-v", "--log-format", "json", QUICK),
		1);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *words[9] = { NULL };
		struct program *run;
		size_t count = 0;

		for (; commands[i][count]; count++)
			words[count] = commands[i][count];
		words[count++] = "-o";
		words[count] = uri(NULL);
		run = program_run(&(struct program_setup){ 0 }, words);
		if (run->code != 0 && run->code != 1 && strcmp(words[1], "SELECT nothing") != 0)
			fail_msg("crawl %s: %d\n%s", words[0], run->code, run->error);
		assert_silent_on(run->out, "secret");
		assert_silent_on(run->error, "secret");
	}
	assert_string_equal(postgres_server_ask(&server, NULL,
						"SELECT count(*) FROM runs WHERE"
						" command_line LIKE '%secret%'"),
			    "0");
}

static void what_cannot_be_shared_is_refused(void **state)
{
	struct program *run;

	(void)state;
	NEED_SERVER();
	write_pages("1");
	run = RUN("list", "-c", "c.yaml", "-o", uri(NULL), "--set", "polite_per=address", QUICK);
	assert_code(run, 2);
	assert_says(run->error, "polite_per: address needs one machine");
	write_text("long.yaml", "patterns: [{name: t%053d, pattern: x}]\n", 1);
	run = RUN("list", "-c", "long.yaml", "-o", uri(NULL), QUICK);
	assert_code(run, 2);
	assert_says(run->error, "the limit in PostgreSQL");
	for (int bytes = 53; bytes >= 52; bytes--) { /* "t..._c...": the whole counts */
		write_text("child.yaml",
			   "patterns: [{name: t%025d, pattern: 'b(?<b>.)',"
			   " children: [{name: c%0*d, pattern: 'o(?<o>.)'}]}]\n",
			   1, bytes - 28, 1);
		run = RUN("list", "-c", "child.yaml", "-o", uri(NULL), QUICK);
		assert_code(run, bytes > 52 ? 2 : 1);
		assert_int_equal(count_times(run->error, "the limit in PostgreSQL"), bytes > 52);
	}
	run = RUN("--join", "-o", uri("none"));
	assert_code(run, 0);
	assert_says(run->error, "there is nothing to join");
	run = RUN("--join", "-o", "crawl.db");
	assert_code(run, 2);
	run = RUN("--join", "--delay", "1s", "-o", uri(NULL));
	assert_code(run, 2);
	assert_says(run->error, "leave out --delay");
}

/* What waiting does not heal, and no other words. */
static void where_a_crawl_cannot_be_ends_with_3(void **state)
{
	static const struct {
		const char *user, *schema, *says;
	} rows[] = {
		{ "crawl", "theirs", "?schema=NAME" },
		{ "crawl", "newer", "is of a newer crawl (schema 99" },
		{ "guest", "nowhere", "(42501)" },
		{ "guest", "newer", "connect as the user that owns" },
	};
	static const char theirs[] = "CREATE SCHEMA theirs; CREATE TABLE theirs.notes (a int);"
				     "CREATE ROLE guest LOGIN";
	char where[POSTGRES_URI_MAX + 64];

	(void)state;
	NEED_SERVER();
	write_pages("1");
	assert_code(RUN("list", "-c", "c.yaml", "-o", uri("newer"), QUICK), 1);
	postgres_server_ask(&server, "newer", "UPDATE crawl_meta SET schema_version = 99");
	postgres_server_ask(&server, NULL, theirs);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct program *run;

		snprintf(where, sizeof(where), "postgresql://%s:secret@/postgres?host=%s&schema=%s",
			 rows[i].user, server.folder, rows[i].schema);
		run = RUN("list", "-c", "c.yaml", "-o", where, QUICK);
		if (run->code != 3 || !strstr(run->error, rows[i].says))
			fail_msg("%s: %d\n%s", where, run->code, run->error);
		assert_silent_on(run->error, "secret");
		assert_int_equal(count_lines(run->error), 1);
	}
}

/* Whatever of it should have been written with %-signs, and whether or not a server is there. */
static void no_complaint_shows_a_password(void **state)
{
	static const struct {
		const char *where;
		int code;
	} rows[] = {
		{ "mysql://a:secret@b/c", 2 },
		{ "postgresql://a:secret@127.0.0.1:1/c", 3 },
		{ "postgresql://a:secret%40@127.0.0.1:1/c", 3 },
		{ "postgresql://a:secret#@127.0.0.1:1/c", 3 },
		{ "postgresql:///c?host=127.0.0.1&port=1&password=secret", 3 },
		{ "postgresql:///c?host=127.0.0.1&port=1&pass%77ord=secret", 3 },
		{ "postgresql://a:secret@secret@127.0.0.1:1/c", 2 },
		{ "postgresql://a:secret/@127.0.0.1:1/c", 2 },
		{ "postgresql://a:12345/secret@127.0.0.1:1/c", 2 },
		{ "postgresql://a:secret:@127.0.0.1:x/c", 2 },
		{ "postgresql://a:secret%zz@127.0.0.1:1/c", 2 },
		{ "postgresql://a:secret@127.0.0.1:1/c?nonsense=1", 2 },
		{ "postgresql://a:secret@127.0.0.1:99999/c", 2 },
		{ "postgresql://a:secret@127.0.0.1:1/c?sslmode=banana", 2 },
		{ "postgresql:/a:secret@127.0.0.1:1/c", 2 },
		{ "host=127.0.0.1 port=1 user=a dbname=c password=secret", 2 },
	};

	(void)state;
	write_pages("1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* A run waits for a server that is away. */
		for (int with = 0; with < (rows[i].code == 2 ? 2 : 1); with++) {
			struct program *run =
				with ? RUN("list", "-c", "c.yaml", "-o", rows[i].where, QUICK)
				     : RUN("status", "-o", rows[i].where);

			if (run->code != rows[i].code)
				fail_msg("%s: %d\n%s", rows[i].where, run->code, run->error);
			assert_silent_on(run->error, "secret");
			assert_silent_on(run->error, "12345");
			assert_int_equal(count_lines(run->error), 1);
		}
	}
}

/* Who waits for a server says so, however quiet it is to be. */
static void a_server_that_is_away_is_told_of(void **state)
{
	struct program *run;

	(void)state;
	write_pages("1");
	run = START("list", "-q", "-c", "c.yaml", "-o", "postgresql://a@127.0.0.1:1/c");
	assert_true(WAIT_UNTIL(strstr(program_errors(run), "can it be reached?") != NULL));
	kill(run->pid, SIGKILL);
	program_wait(run);
	assert_int_equal(count_lines(run->error), 1);
}

/* ---- several at a time ---- */

#define SLOW_DELAY "--delay", "800ms"
#define SLOW       SLOW_DELAY, "--concurrency", "1", "-j", "1"

/* Hosts that are addresses, of which each has pages to ask for one after the other. */
static struct program *start_node(const char *first, const char *const more[])
{
	const char *words[20] = { first, "-o", uri(NULL) };
	size_t count = 3;

	for (; *more; more++)
		words[count++] = *more;
	return program_start(&(struct program_setup){ 0 }, words);
}

static void write_many(const char *name, int hosts, int pages)
{
	char text[8192] = "";
	size_t size = 0;

	for (int each = 0; each < pages; each++)
		for (int host = 0; host < hosts; host++)
			size += (size_t)snprintf(text + size, sizeof(text) - size,
						 "http://127.0.0.%d:%u/books/%d\n", host + 1,
						 site.port, each + 1);
	write_text(name, "%s", text);
}

static int begin_wide(void **state)
{
	(void)state;
	server = (struct postgres_server){ .pid = 0 };
	if (scenario_begin_rooted((const char *[]){ "--workers", "2", "--addresses", "16",
						    "--robots-as", "/robots", NULL }) < 0)
		return -1;
	return postgres_server_is_there() ? postgres_server_start(&server, NULL) : 0;
}

#define WIDE(test) cmocka_unit_test_setup_teardown(test, begin_wide, end)

static long number(const char *sql)
{
	return strtol(postgres_server_ask(&server, NULL, sql), NULL, 10);
}

/* Of a server that does not come, and of one that does not come back, before the end of patience.
 */
static void a_server_that_stays_away_ends_a_crawl(void **state)
{
	const struct program_setup setup = { .environment = (const char *[]){
						     "CRAWL_LEASE_MS=1000",
						     "CRAWL_PATIENCE_MS=1500", NULL } };
	struct program *run;

	(void)state;
	NEED_SERVER();
	write_text("c.yaml", "follow: []\n");
	write_many("many", 4, 12);
	run = program_start(&setup, (const char *[]){ "many", "-c", "c.yaml", "-o",
						      "postgresql://a@127.0.0.1:1/c", NULL });
	assert_int_equal(program_wait(run), 3);
	assert_says(run->error, "can it be reached? (trying for");
	assert_int_equal(count_lines(run->error), 2);

	run = program_start(
		&setup, (const char *[]){ "many", "-c", "c.yaml", "-o", uri(NULL), SLOW, NULL });
	assert_true(WAIT_UNTIL(number("SELECT count(*) FROM results") > 0));
	postgres_server_kill(&server);
	assert_int_equal(program_wait(run), 3);
	assert_says(run->error, "(waiting)");
	assert_says(run->error, "minutes: given up)");
}

static void write_two_files(const char *folder, int depth)
{
	char name[40];

	assert_int_equal(mkdir(in_folder(folder), 0777), 0);
	snprintf(name, sizeof(name), "%s/a.yaml", folder);
	write_text(name, "patterns: [{name: heads, pattern: '<h1>(.*?)</h1>'}]\n");
	snprintf(name, sizeof(name), "%s/b.yaml", folder);
	write_text(name, "follow: [{link: '/books/', depth: %d}]\n", depth);
}

/* Each has the code of the whole, also the one that has read nothing that failed. */
static void nodes_join_are_told_and_leave(void **state)
{
	static const char *const founder[] = { "-c", "c.yaml", SLOW, NULL };
	static const char *const joiner[] = { "-j", "1", NULL };
	struct program *nodes[3], *run;

	(void)state;
	NEED_SERVER();
	write_text("c.yaml", "patterns: [{name: heads, pattern: '<h1>(.*?)</h1>'}]\n");
	write_many("many", 16, 5);
	write_text("other.yaml", "patterns: [{name: heads, pattern: '<h2>(.*?)</h2>'}]\n");
	write_text("more", "http://127.0.0.3:%u/status/404\n", site.port);
	nodes[0] = start_node("many", founder);
	assert_true(WAIT_UNTIL(number("SELECT count(*) FROM results") > 0));
	assert_code(RUN("ctl", "pause", "-o", uri(NULL)), 0); /* until all are there */
	nodes[1] = start_node("--join", joiner);
	assert_true(WAIT_UNTIL(number("SELECT count(*) FROM crawl_nodes") == 2));
	nodes[2] = start_node("more", founder);
	assert_true(WAIT_UNTIL(number("SELECT count(DISTINCT node) FROM crawl_shares") == 3));
	assert_says(program_errors(nodes[1]), "run 1: joined 1 node, 2048 of 4096 shares\n");
	assert_says(program_errors(nodes[2]), "run 1: joined 2 nodes, 1365 of 4096 shares\n");

	run = RUN("ctl", "pause", "-o", uri(NULL));
	assert_code(run, 0);
	assert_says(run->error, "ok 3 of 3 nodes");
	run = RUN("status", "-o", uri(NULL));
	assert_says(run->out, "paused          yes");
	assert_says(run->out, "nodes           3 nodes");
	assert_says(run->out, "shares pages/s in flight queued late by");
	run = RUN("many", "-o", uri(NULL), "-c", "other.yaml", SLOW);
	assert_code(run, 2);
	assert_says(run->error, "other.yaml differs from c.yaml of run 1");
	run = RUN("many", "-o", uri(NULL), "-c", "c.yaml", "--delay", "0");
	assert_code(run, 2);
	assert_says(run->error, "delay is 0s here, 800ms in run 1: give the same, or --join");
	run = RUN("many", "-o", uri(NULL), "-c", "c.yaml", "--fresh", SLOW);
	assert_code(run, 3);
	assert_says(run->error, "crawl is at work there");
	run = RUN("forget", "many", "-c", "c.yaml", "-o", uri(NULL));
	assert_code(run, 3);
	assert_says(run->error, "in use by");

	kill(nodes[1]->pid, SIGINT);
	assert_int_equal(program_wait(nodes[1]), 130);
	assert_says(nodes[1]->error, "left: 2 nodes go on");
	assert_code(RUN("ctl", "resume", "-o", uri(NULL)), 0);
	assert_int_equal(program_wait(nodes[0]), 1);
	assert_int_equal(program_wait(nodes[2]), 1);
	assert_says(nodes[0]->error, "1 URL failed");
	assert_says(nodes[2]->error, "1 URL failed");
	for (int i = 0; i < 3; i++)
		assert_says(nodes[i]->error, "\nthis node: ");
	for (int i = 0; i < 3; i += 2)
		assert_says(nodes[i]->error,
			    "\nrun 1: 81 pages by 3 nodes, 80 rows: ok 80, http_error 1\n");
	assert_silent_on(nodes[1]->error, "\nrun 1: 81 pages");
	assert_int_equal(number("SELECT count(*) FROM results"), 81);
	assert_int_equal(number("SELECT count(*) FROM runs"), 1);
}

/* Of a run that does not ask for all, a URL that was read before is not asked for by who joins. */
static void what_is_known_of_a_late_list_waits_for_the_next_pass(void **state)
{
	static const char *const more[] = { "-c", "c.yaml", SLOW, NULL };
	struct program *nodes[2];

	(void)state;
	NEED_SERVER();
	write_text("c.yaml", "patterns: [{name: heads, pattern: '<h1>(.*?)</h1>'}]\n");
	write_text("before", "%s\n", url_at(9, "/books/1"));
	assert_code(RUN("before", "-c", "c.yaml", "-o", uri(NULL), SLOW), 0);
	write_many("many", 4, 4);
	nodes[0] = start_node("many", more);
	assert_true(WAIT_UNTIL(number("SELECT count(*) FROM crawl_nodes") == 1));
	assert_code(RUN("ctl", "pause", "-o", uri(NULL)), 0);
	write_text("late", "%s\n%s\n", url_at(9, "/books/1"), url_at(9, "/books/2"));
	nodes[1] = start_node("late", more);
	assert_true(WAIT_UNTIL(strstr(program_errors(nodes[1]), "next pass") != NULL));
	assert_code(RUN("ctl", "resume", "-o", uri(NULL)), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(program_wait(nodes[i]), 0);
	assert_says(nodes[1]->error,
		    "\nwhat run 2 knows of them already waits for the next pass\n");
	assert_silent_on(nodes[0]->error, "waits for the next pass");
	assert_int_equal(number("SELECT count(*) FROM results"), 18);
	assert_int_equal(
		number("SELECT pass FROM results r JOIN urls u ON u.id = r.url_id WHERE url LIKE"
		       " '%0.0.9:%/books/1'"),
		1);
}

/* The sitemaps of eight hosts are on eight others, half of which are another node's before they are
 * asked for them. */
static void a_sitemap_speaks_for_a_host_though_another_node_reads_it(void **state)
{
	static const char *const founder[] = { "--set=sitemaps=true", "--delay", "3s", NULL };
	static const char *const joiner[] = { "-j", "1", NULL };
	struct program *nodes[2];
	char list[800] = "", robots[800] = "", name[40];

	(void)state;
	NEED_SERVER();
	for (unsigned i = 1; i <= 8; i++) {
		snprintf(name, sizeof(name), "/sitemap%u.xml", i);
		sprintf(list + strlen(list), "%s\n", url_at(i, "/page/1"));
		sprintf(robots + strlen(robots), "Sitemap: %s\n", url_at(i + 8, name));
		snprintf(name, sizeof(name), "root/sitemap%u.xml", i);
		write_text(name, "<urlset><url><loc>%s</loc></url></urlset>", url_at(i, "/page/2"));
	}
	write_text("list", "%s", list);
	write_text("root/robots", "%s", robots);
	nodes[0] = start_node("list", founder);
	assert_true(
		WAIT_UNTIL(number("SELECT count(*) FROM urls WHERE url LIKE '%sitemap%'") == 8));
	nodes[1] = start_node("--join", joiner);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(program_wait(nodes[i]), 0);
	assert_int_equal(number("SELECT count(*) FROM pages WHERE url LIKE '%/page/2' AND"
				" outcome = 'ok'"),
			 8);
}

/* Where it leads to is none of the crawl, for who was found by a link, and is for who is listed. */
static void a_redirect_to_one_that_leads_out_of_the_crawl_is_followed(void **state)
{
	const char *database;

	(void)state;
	NEED_SERVER();
	database = uri("moved");
	write_text("c.yaml", "patterns: [{name: heads, pattern: '<h1>(?<text>.*?)</h1>'}]\n"
			     "follow: [{link: 'html$', same: host}]\n");
	write_text("root/s.html", "<a href=/b.html>");
	write_text("root/b.html.redirect", "302 %s", url_at(2, "/page/1"));
	write_text("root/a.html.redirect", "302 /b.html");
	write_text("list", "%s\n%s\n", url("/s.html"), url("/a.html"));
	for (size_t i = 0; i < 2; i++) {
		assert_code(RUN("list", "--fresh", "-c", "c.yaml", "-o", database, QUICK,
				"--concurrency", i ? "16" : "1"),
			    0);
		assert_string_equal(
			postgres_server_ask(&server, "moved",
					    "SELECT string_agg(right(url, 6) || outcome, ' ' ORDER"
					    " BY url) FROM pages"),
			"a.htmlok b.htmlout_of_scope s.htmlok");
	}
}

/* What is compared is what files say, not what they are called. */
static void another_config_is_named_and_the_same_is_not_refused(void **state)
{
	static const char *const founder[] = { "-c", "cfg", SLOW, NULL };
	/* What each machine has of its own. */
	static const char *const joiner[] = { "-c",
					      "copy/b.yaml",
					      "-c",
					      "copy/a.yaml",
					      SLOW,
					      "--window",
					      "4",
					      "--set=sandbox=off",
					      "--set=ca_file=",
					      "--set=proxy=",
					      NULL };
	static const struct {
		const char *words[6], *says;
	} rows[] = {
		{ { "-c", "other", SLOW_DELAY }, "other/b.yaml differs from cfg/b.yaml of run 1" },
		{ { "-c", "cfg/a.yaml", SLOW_DELAY }, "has cfg/b.yaml as well" },
		{ { SLOW_DELAY }, "has 2 config files (cfg/a.yaml ...), and this command none" },
		{ { "-c", "cfg", "--delay", "300ms" },
		  "delay is 300ms here, 800ms in run 1: give the same, or --join" },
		{ { "-c", "cfg", SLOW_DELAY, "--max-pages=299" },
		  "max_pages is 299 here, 0 in run 1" },
		{ { "-c", "cfg", SLOW_DELAY, "--set=retries=2" },
		  "retries is said on the command line here" },
		{ { "-c", "cfg", SLOW_DELAY, "-ea=x" },
		  "run 1, which is under way, has no -e a=x" },
	};
	struct program *node, *run;

	(void)state;
	NEED_SERVER();
	write_two_files("cfg", 2);
	write_two_files("copy", 2);
	write_two_files("other", 3);
	write_many("many", 4, 5);
	node = start_node("many", founder);
	assert_true(WAIT_UNTIL(number("SELECT count(*) FROM results") > 0));
	assert_code(RUN("ctl", "pause", "-o", uri(NULL)), 0); /* until all has been tried */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const *words = rows[i].words;

		run = RUN("many", "-o", uri(NULL), "--concurrency", "1", words[0], words[1],
			  words[2], words[3], words[4]);
		assert_code(run, 2);
		assert_says(run->error, rows[i].says);
		assert_int_equal(count_lines(run->error), 1);
	}
	write_text("cfg/b.yaml", "follow: [{link: '/books/', depth: 3}]\n");
	run = RUN("many", "-o", uri(NULL), "-c", "cfg", SLOW);
	assert_code(run, 2);
	assert_says(run->error, "cfg/b.yaml differs from that of run 1, which is under way: give"
				" the same, or --join");
	assert_int_equal(count_lines(run->error), 1);
	run = start_node("many", joiner);
	assert_true(WAIT_UNTIL(strstr(program_errors(run), "the run has it already") != NULL));
	assert_code(RUN("ctl", "resume", "-o", uri(NULL)), 0);
	assert_int_equal(program_wait(run), 0);
	assert_says(run->error, "run 1: joined 1 node, 2048 of 4096 shares\n");
	assert_says(run->error, "\nmany: the run has it already\n");
	assert_silent_on(run->error, "0 lines");
	assert_int_equal(program_wait(node), 0);
}

/* What is a secret is not in the database: each reads its own. */
static void who_joins_reads_its_own_secrets(void **state)
{
	const struct program_setup me = { .environment = (const char *[]){ "WHO_ASKS=me", NULL } };
	const struct program_setup you = { .environment =
						   (const char *[]){ "WHO_ASKS=you", NULL } };
	struct program *node, *other, *run;

	(void)state;
	NEED_SERVER();
	write_text("token", "my-secret\n");
	write_text("c.yaml", "hosts:\n  - match: 127.0.0.1\n"
			     "    headers: {X-Who: '${WHO_ASKS}'}\n"
			     "    auth: {bearer: 'file:token'}\n"
			     "patterns: [{name: heads, pattern: '<h1>(.*?)</h1>'}]\n");
	write_many("many", 2, 4);
	node = program_start(
		&me, (const char *const[]){ "many", "-o", uri(NULL), "-c", "c.yaml", SLOW, NULL });
	assert_true(WAIT_UNTIL(number("SELECT count(*) FROM crawl_nodes") == 1));
	assert_code(RUN("ctl", "pause", "-o", uri(NULL)), 0); /* until the other is there */
	run = RUN("--join", "-o", uri(NULL));
	assert_code(run, 2);
	assert_says(run->error, "c.yaml:3:22: error: the environment has no WHO_ASKS");
	other = program_start(&you, (const char *const[]){ "--join", "-o", uri(NULL), NULL });
	assert_true(WAIT_UNTIL(number("SELECT count(*) FROM crawl_nodes") == 2));
	assert_code(RUN("ctl", "resume", "-o", uri(NULL)), 0);
	assert_int_equal(program_wait(other), 0);
	assert_int_equal(program_wait(node), 0);
	assert_int_equal(
		number("SELECT count(*) FROM crawl_files WHERE text ~ 'my-secret|X-Who: me'"), 0);
}

/* Both have a part of it. */
static void start_two(struct program *nodes[2], unsigned pages)
{
	static const char *const founder[] = { "-c", "c.yaml", SLOW, NULL };
	static const char *const joiner[] = { "-j", "1", NULL };

	write_text("c.yaml", "patterns: [{name: heads, pattern: '<h1>(.*?)</h1>'}]\n");
	write_many("many", 8, pages);
	nodes[0] = start_node("many", founder);
	assert_true(WAIT_UNTIL(number("SELECT count(*) FROM results") > 0));
	nodes[1] = start_node("--join", joiner);
	assert_true(WAIT_UNTIL(number("SELECT count(DISTINCT node) FROM crawl_shares") == 2));
}

/* All of them stop: nobody goes on. */
static void an_order_to_stop_leaves_nobody(void **state)
{
	struct program *nodes[2];

	(void)state;
	NEED_SERVER();
	start_two(nodes, 20);
	assert_code(RUN("ctl", "stop", "-o", uri(NULL)), 0);
	for (int i = 0; i < 2; i++) {
		program_wait(nodes[i]);
		assert_silent_on(nodes[i]->error, "\nleft: ");
		assert_says(nodes[i]->error, "\nrun 1: ");
		assert_says(nodes[i]->error, " by 2 nodes, ");
		assert_says(nodes[i]->error, ": the same command goes on\n");
	}
	assert_string_equal(postgres_server_ask(&server, NULL, "SELECT ended FROM runs"),
			    "interrupted");
}

/* Who is killed stays among the nodes until others come. */
static void the_dead_are_not_shown_when_all_is_over(void **state)
{
	static const char *const more[] = { "-c", "c.yaml", SLOW, NULL };
	struct program *node, *run;

	(void)state;
	NEED_SERVER();
	write_text("c.yaml", "patterns: [{name: heads, pattern: '<h1>(.*?)</h1>'}]\n");
	write_many("many", 2, 2);
	node = start_node("many", more);
	assert_true(WAIT_UNTIL(number("SELECT count(*) FROM results") > 0));
	kill(node->pid, SIGKILL);
	program_wait(node);
	run = RUN("status", "-o", uri(NULL));
	assert_says(run->out, "late by");
	node = start_node("many", more);
	assert_true(WAIT_UNTIL(
		strstr(program_errors(node), ", which has not been heard of for 1") != NULL));
	assert_silent_on(program_errors(node), "nothing is left here");
	kill(node->pid, SIGKILL);
	program_wait(node);
	postgres_server_ask(
		&server, NULL,
		"UPDATE crawl_nodes SET lease_until = '2024-03-01';"
		"UPDATE runs SET ended = 'finished', ended_at = '2024-03-01T00:00:00.000Z'");
	run = RUN("status", "-o", uri(NULL));
	assert_code(run, 0);
	assert_silent_on(run->out, "late by");
	assert_silent_on(RUN("status", "--json", "-o", uri(NULL))->out, "late_ms");
}

static void what_is_found_of_a_barren_pattern_is_kept(void **state)
{
	struct program *run;

	(void)state;
	NEED_SERVER();
	write_pages("1");
	write_text("c.yaml",
		   "patterns: [{name: heads, pattern: '<title>B(?<x>[a-z]+)</title>'}]\n");
	write_text("list", "%s\n", url("/a.html"));
	assert_code(RUN("list", "-c", "c.yaml", QUICK, "-o", "crawl.db"), 0);
	run = RUN("list", "-c", "c.yaml", "-o", uri(NULL), QUICK);
	assert_code(run, 0);
	assert_string_equal(
		postgres_server_ask(&server, NULL,
				    "SELECT pattern, wanted, stood FROM crawl_findings"),
		ask_in(in_folder("crawl.db"), "SELECT pattern, wanted, stood FROM crawl_findings"));
	assert_int_equal(number("SELECT count(*) FROM crawl_findings"), 1);
	assert_int_equal(number("SELECT count(*) FROM crawl_nodes"), 0);
}

/* ---- the page ---- */

/* Its server is connected before its jail: when the connection is lost, another takes its place. */
static void the_page_shows_it_and_comes_back(void **state)
{
	static const char *const paths[] = {
		"/", "/metrics", "/urls", "/rows/books", "/rows/books?order=up:price", "/try"
	};

	(void)state;
	NEED_SERVER();
	write_pages("1");
	START_PAGE("-o", uri(NULL));
	assert_silent_on(page.line, "secret");
	assert_says(get("/"), "has no schema crawl");
	assert_code(RUN("list", "-c", "c.yaml", "-o", uri(NULL), QUICK), 1);
	assert_true(WAIT_UNTIL(strstr(get("/"), "finished") != NULL));
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *reply = get(paths[i]);

		assert_int_equal(status_of(reply), 200);
		assert_silent_on(reply, "secret");
	}
	assert_says(get("/rows/books"), "Th\xC3\xA9");
	assert_says(get("/"), "<title>postgres, run 1");
	postgres_server_ask(&server, NULL,
			    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
			    " WHERE application_name LIKE 'crawl%'");
	assert_true(WAIT_UNTIL(strstr(get("/rows/books"), "Th\xC3\xA9") != NULL));
	assert_says(post("/pause", ""), "No crawl is running");
	stop_page();
}

/* Its buttons reach all nodes, and it says how many have heard. */
static void the_page_tells_all_nodes_what_to_do(void **state)
{
	struct program *nodes[2];

	(void)state;
	NEED_SERVER();
	start_two(nodes, 20);
	START_PAGE("-o", uri(NULL));
	assert_true(WAIT_UNTIL(strstr(get("/"), ", 2 nodes ") != NULL));
	assert_says(post("/pause", ""), "200 OK");
	assert_int_equal(number("SELECT count(*) FROM crawl_nodes WHERE order_seen ="
				" (SELECT max(id) FROM crawl_orders WHERE what = 'pause')"),
			 2);
	assert_true(WAIT_UNTIL(strstr(get("/"), "paused") != NULL));
	assert_says(post("/resume", ""), "200 OK");
	assert_says(post("/stop", ""), "200 OK");
	for (int i = 0; i < 2; i++)
		assert_int_equal(program_wait(nodes[i]), 130);
	assert_true(WAIT_UNTIL(strstr(get("/"), "stopped early") != NULL));
	stop_page();
}

static void a_late_node_begins_no_new_pass(void **state)
{
	struct program *run;

	(void)state;
	NEED_SERVER();
	write_pages("1");
	assert_code(RUN("list", "-c", "c.yaml", "-o", uri(NULL), QUICK), 1);
	run = RUN("--join", "-o", uri(NULL));
	assert_code(run, 0);
	assert_says(run->error, "run 1 ended at 20");
	assert_says(run->error, "(finished): there is nothing to join");
	assert_string_equal(postgres_server_ask(&server, NULL, "SELECT count(*) FROM runs"), "1");
}

/* Who came to join a run, and had to wait for its server until it was over, repeats nothing. */
static void who_waited_until_all_was_over_begins_no_new_pass(void **state)
{
	static const char *const more[] = { "-c", "c.yaml", QUICK, NULL };
	struct program *node;

	(void)state;
	NEED_SERVER();
	write_pages("1");
	assert_code(RUN("list", "-c", "c.yaml", "-o", uri(NULL), QUICK), 1);
	postgres_server_ask(
		&server, NULL,
		"UPDATE runs SET ended_at = to_char(clock_timestamp() AT TIME ZONE 'UTC'"
		" + interval '5 s', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')");
	postgres_server_kill(&server);
	node = start_node("list", more);
	assert_true(WAIT_UNTIL(strstr(program_errors(node), "(trying for") != NULL));
	nanosleep(&(struct timespec){ .tv_sec = 6 }, NULL); /* by now the run is over */
	assert_int_equal(postgres_server_start_again(&server, NULL), 0);
	assert_int_equal(program_wait(node), 1); /* a line of the list is no URL */
	assert_says(node->error, "run 1 ended while this waited to join it");
	assert_silent_on(node->error, "new pass");
	assert_says(node->error, "\n0 pages in ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_goes_there_and_back_is_the_same),
		T(a_copy_is_crawled_on),
		T(a_page_that_is_refused_as_it_is_parsed_again_keeps_its_visit),
		T(a_history_is_the_same_wherever_it_was_made),
		T(one_that_was_stopped_anywhere_goes_on),
		T(a_server_that_is_away_is_told_of),
		T(one_that_was_killed_is_no_crawl_and_goes_on),
		T(no_command_shows_a_password),
		T(what_cannot_be_shared_is_refused),
		T(where_a_crawl_cannot_be_ends_with_3),
		T(no_complaint_shows_a_password),
		T(the_page_shows_it_and_comes_back),
		T(a_late_node_begins_no_new_pass),
		T(who_waited_until_all_was_over_begins_no_new_pass),
		WIDE(a_server_that_stays_away_ends_a_crawl),
		WIDE(the_page_tells_all_nodes_what_to_do),
		WIDE(nodes_join_are_told_and_leave),
		WIDE(what_is_known_of_a_late_list_waits_for_the_next_pass),
		WIDE(who_joins_reads_its_own_secrets),
		WIDE(an_order_to_stop_leaves_nobody),
		WIDE(the_dead_are_not_shown_when_all_is_over),
		T(what_is_found_of_a_barren_pattern_is_kept),
		WIDE(a_sitemap_speaks_for_a_host_though_another_node_reads_it),
		WIDE(a_redirect_to_one_that_leads_out_of_the_crawl_is_followed),
		WIDE(another_config_is_named_and_the_same_is_not_refused),
	};

	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
