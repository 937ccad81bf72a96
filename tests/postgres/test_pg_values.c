#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "tests/support/nodes_server.h"

/*
 * The program from end to end into PostgreSQL: values that the server does not take as they are,
 * and a server that takes nothing just now, stop no crawl.
 */
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

#define LONG_KEY_BYTES 4000
#define WIDE_FIELDS    500
#define WIDE_BYTES     120

static const char *mounted; /* to be taken away again */

static int begin(void **state)
{
	return nodes_server_begin(state);
}

static int end(void **state)
{
	if (mounted)
		umount2(mounted, MNT_DETACH); /* whoever has files open there keeps them */
	mounted = NULL;
	return nodes_server_end(state);
}

/* ---- values ---- */

static void serve_files(void)
{
	assert_int_equal(site_start(&site, (const char *[]){ "--log", in_folder("site.log"),
							     "--root", in_folder("root"), NULL }),
			 0);
}

#define PAIR(id, text) "<li id='" id "'>" text "</li>\n"

static void write_long_key(void)
{
	static char key[LONG_KEY_BYTES + 1];

	srandom(1); /* letters that nobody can pack */
	for (size_t i = 0; i < LONG_KEY_BYTES; i++)
		key[i] = (char)('!' + random() % 64 + (random() % 2 ? 28 : 0));
	for (size_t i = 0; i < LONG_KEY_BYTES; i++)
		key[i] = strchr("'<>&\"\\", key[i]) ? 'x' : key[i];
	write_text("root/long.html", "<title>long</title>" PAIR("%s", "long") PAIR("%s2", "longer"),
		   key, key);
}

static void write_wide(void)
{
	FILE *page = fopen(in_folder("root/wide.html"), "w");

	assert_non_null(page);
	fprintf(page, "<title>wide</title>\n");
	for (unsigned field = 0; field < WIDE_FIELDS; field++) {
		fprintf(page, "<f%u>", field);
		for (unsigned byte = 0; byte < WIDE_BYTES; byte++)
			fputc('a' + (int)(random() % 26), page);
		fprintf(page, "</f>\n");
	}
	assert_int_equal(fclose(page), 0);
}

static void write_config(void)
{
	FILE *config = fopen(in_folder("values.yaml"), "w");

	assert_non_null(config);
	fprintf(config,
		"patterns:\n"
		"  - {name: pairs, pattern: '<li id=''(?<id>[^'']*)''>(?<text>[^<]*)', key: "
		"[id]}\n"
		"  - {name: said, json: '$.said[*]', fields: {text: {json: '$.text'}}}\n"
		"  - {name: titles, fields: {title: {pattern: '<title>(.*?)</title>'}}}\n"
		"  - name: wide\n    url: '/wide'\n    fields:\n");
	for (unsigned field = 0; field < WIDE_FIELDS; field++)
		fprintf(config, "      f%u: {pattern: '<f%u>([^<]*)'}\n", field, field);
	assert_int_equal(fclose(config), 0);
}

static void write_pages(void)
{
	static const char nul[] = "<title>nul</title>" PAIR("nul", "be\0hind");

	assert_int_equal(mkdir(in_folder("root"), 0700), 0);
	write_text("root/plain.html", "<title>plain</title>" PAIR("plain", "as ever"));
	write_bytes("root/nul.html", nul, sizeof(nul) - 1);
	write_text("root/surrogate.json",
		   "{\"said\": [{\"text\": \"half \\ud800 only\"}, {\"text\": \"no\\u0000thing\"}, "
		   "{\"text\": \"\\ud83d\\ude00\"}]}");
	write_text("root/equal.html", "<title>equal</title>" PAIR("same", "one") PAIR("same", "two")
					      PAIR("same", "three"));
	write_text("root/same.html", "<title>same</title>" PAIR("same", "three"));
	write_long_key();
	write_wide();
	write_config();
}

static void write_values_list(void)
{
	write_text("values", "%s\n%s\n%s\n%s\n%s\n%s\n%s\n", url("/plain.html"), url("/nul.html"),
		   url("/surrogate.json"), url("/equal.html"), url("/same.html"), url("/long.html"),
		   url("/wide.html"));
}

static void values_that_the_server_refuses_stop_nothing(void **state)
{
	struct program *node;

	(void)state;
	NODES_NEED_SERVER();
	write_pages();
	serve_files();
	write_values_list();
	node = RUN("values", "-c", "values.yaml", "--delay", "0", "-o", nodes_uri());
	assert_code(node, 1);
	assert_says(node->error, "\n  ok 6, store_refused 1\n");
	assert_says(node->error, "\nexit 1: 1 URL failed\n");
	assert_string_equal(nodes_ask_server(NULL, "SELECT outcome, count(*) FROM pages GROUP BY 1"
						   " ORDER BY 1"),
			    "ok|6\nstore_refused|1");
	assert_string_equal(nodes_ask_server(NULL, "SELECT url LIKE '%/wide.html' FROM pages WHERE"
						   " outcome = 'store_refused'"),
			    "t");
	assert_string_equal(nodes_ask_server(NULL, "SELECT id, text FROM pairs WHERE length(id) < 9"
						   " ORDER BY id"),
			    "nul|be\xef\xbf\xbdhind\nplain|as ever\nsame|three");
	assert_string_equal(nodes_ask_server(NULL, "SELECT text, length(id) FROM pairs WHERE"
						   " length(id) > 9 ORDER BY 2"),
			    "long|4000\nlonger|4001");
	assert_int_equal(nodes_number("SELECT count(*) FROM said"), 3);
	assert_int_equal(nodes_number("SELECT count(*) FROM titles"), 5);
	/* The NUL of a page, and two texts of JSON of another. */
	assert_says(node->error, " stored with U+FFFD for what the database does not take");
}

/* The same as a file has. */
static void what_is_taken_is_what_a_file_has(void **state)
{
	static const char *const questions[] = {
		"SELECT id, text FROM pairs WHERE id <> 'nul' ORDER BY length(id), id",
		"SELECT title FROM titles WHERE title <> 'wide' ORDER BY title",
		"SELECT url, outcome, status, size FROM pages WHERE url NOT LIKE '%/wide%' ORDER BY"
		" url",
	};
	struct program *node;

	(void)state;
	NODES_NEED_SERVER();
	write_pages();
	serve_files();
	write_values_list();
	node = RUN("values", "-c", "values.yaml", "--delay", "0", "-o", nodes_uri());
	assert_code(node, 1);
	assert_code(RUN("values", "-c", "values.yaml", "--delay", "0", "-o", "crawl.db"), 0);
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		assert_string_equal(nodes_ask_server(NULL, questions[i]), ask(questions[i]));
}

/* As a trigger, an extension or a bug of the server may do. */
static void a_page_that_ends_the_session_each_time_is_refused(void **state)
{
	(void)state;
	NODES_NEED_SERVER();
	write_pages();
	serve_files();
	write_text("first", "%s\n", url("/plain.html"));
	assert_code(RUN("first", "-c", "values.yaml", "--delay", "0", "-o", nodes_uri()), 0);
	nodes_tell_server("CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS"
			  " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW;"
			  " END'");
	nodes_tell_server("CREATE TRIGGER ends BEFORE INSERT ON crawl_rows_titles FOR EACH ROW"
			  " WHEN (NEW.title = 'same') EXECUTE FUNCTION end_session()");
	write_text("more", "%s\n%s\n%s\n", url("/nul.html"), url("/same.html"), url("/equal.html"));
	assert_code(RUN("more", "-c", "values.yaml", "--delay", "0", "-o", nodes_uri()), 1);
	assert_string_equal(nodes_ask_server(NULL, "SELECT title FROM titles ORDER BY title"),
			    "equal\nnul\nplain");
	assert_string_equal(nodes_ask_server(NULL, "SELECT url LIKE '%/same.html' FROM pages WHERE"
						   " outcome = 'store_refused'"),
			    "t");
}

static void a_name_that_the_server_would_cut_is_refused_before(void **state)
{
	struct program *node;
	char name[65];

	(void)state;
	NODES_NEED_SERVER();
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	write_text("name.yaml", "patterns:\n  - {name: %s, pattern: '<b>(?<b>.*?)</b>'}\n", name);
	write_text("list", "http://127.0.0.1:9/\n");
	node = RUN("list", "-c", "name.yaml", "-o", nodes_uri());
	assert_code(node, 2);
	assert_says(node->error, name);
}

/* ---- a server that takes nothing just now ---- */

static const struct nodes_web web = {
	.hosts = 20,
	.pages = 6,
	.delay_ms = 250,
	.concurrency = 1,
	.answer_ms = 300,
	.environment = nodes_short_lease,
};

/* A line when it begins, and one when it is over, however often it was tried in between. */
static void assert_waited_at_most_once(const struct program *node)
{
	size_t waits = count_times(node->error, " (waiting)\n");

	if (waits > 1 || count_times(node->error, "\nthe database answers again\n") != waits)
		fail_msg("%s", node->error);
}

/* A small disk of its own for the tables.  Returns its folder, or NULL: it may not be mounted. */
static const char *mount_small_disk(void)
{
	static char folder[100], command[300];

	snprintf(folder, sizeof(folder), "%s/small", nodes_server.folder);
	if (mkdir(folder, 0700) < 0 || mount("tmpfs", folder, "tmpfs", 0, "size=48m,mode=700") < 0)
		return NULL;
	mounted = folder;
	snprintf(command, sizeof(command), "chown --reference=%s/data %s", nodes_server.folder,
		 folder);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "CREATE TABLESPACE small LOCATION '%s'", folder);
	nodes_tell_server(command);
	nodes_tell_server("ALTER DATABASE postgres SET default_tablespace = small");
	return folder;
}

static const char *fill_disk(const char *folder)
{
	static char path[200], zeros[1 << 16];
	FILE *file;

	snprintf(path, sizeof(path), "%s/ballast", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	setvbuf(file, NULL, _IONBF, 0);
	while (fwrite(zeros, 1, sizeof(zeros), file) == sizeof(zeros))
		;
	fclose(file);
	return path;
}

static void a_disk_that_is_full_is_waited_for(void **state)
{
	struct program *nodes[2];
	const char *folder, *ballast;

	(void)state;
	NODES_NEED_SERVER();
	folder = mount_small_disk();
	if (!folder) { /* in a container not even root may */
		printf("not run: a full disk: no small one may be mounted here\n");
		skip();
	}
	nodes_serve(&web);
	nodes_begin_alone();
	nodes[0] = nodes_start(nodes_uri());
	nodes[1] = nodes_start(nodes_uri());
	NODES_UNTIL_PAGES(5);
	ballast = fill_disk(folder);
	if (!WAIT_UNTIL_MS(strstr(program_errors(nodes[0]), "No space left") ||
				   strstr(program_errors(nodes[1]), "No space left"),
			   10000 * SLOWNESS))
		fail_msg("nobody says that the disk is full: %s", program_errors(nodes[0]));
	if (!WAIT_UNTIL(strstr(RUN("status", "-o", nodes_uri())->out, "No space left")))
		fail_msg("%s", RUN("status", "-o", nodes_uri())->out);
	assert_int_equal(remove(ballast), 0);
	for (int i = 0; i < 2; i++) {
		program_wait(nodes[i]);
		assert_code(nodes[i], nodes_code());
		assert_waited_at_most_once(nodes[i]);
	}
	nodes_assert_as_alone();
}

/* The second has to wait until the first has gone. */
static void who_gets_no_connection_waits_for_one(void **state)
{
	struct program *nodes[2];
	char uri[POSTGRES_URI_MAX];

	(void)state;
	NODES_NEED_SERVER();
	nodes_tell_server("CREATE ROLE few LOGIN CONNECTION LIMIT 3");
	nodes_tell_server("GRANT CREATE ON DATABASE postgres TO few");
	snprintf(uri, sizeof(uri), "postgresql://few@/postgres?host=%s", nodes_server.folder);
	nodes_serve(&web);
	nodes_begin_alone();
	nodes[0] = nodes_start(uri);
	NODES_UNTIL_PAGES(5);
	nodes[1] = nodes_start_with(uri, NULL, (const char *[]){ "--join", NULL });
	for (int i = 0; i < 2; i++) {
		program_wait(nodes[i]);
		if (nodes[i]->code != 0)
			assert_code(nodes[i], nodes_code());
		assert_waited_at_most_once(nodes[i]);
	}
	assert_int_equal(count_times(nodes[1]->error, "too many connections"), 1);
	nodes_assert_as_alone();
}

/* After a failover one may still reach the old primary, which takes no writes. */
static void a_server_that_is_read_only_is_waited_for(void **state)
{
	struct program *node;

	(void)state;
	NODES_NEED_SERVER();
	nodes_serve(&web);
	nodes_begin_alone();
	node = nodes_start(nodes_uri());
	NODES_UNTIL_PAGES(5);
	nodes_tell_server("ALTER DATABASE postgres SET default_transaction_read_only = on");
	nodes_tell_server("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
			  " application_name LIKE 'crawl %'");
	assert_true(WAIT_UNTIL(strstr(program_errors(node), " (waiting)\n") != NULL));
	usleep(1500 * 1000);
	nodes_tell_server("BEGIN READ WRITE; ALTER DATABASE postgres RESET"
			  " default_transaction_read_only; COMMIT");
	program_wait(node);
	assert_code(node, nodes_code());
	assert_int_equal(count_times(node->error, " (waiting)\n"), 1);
	assert_waited_at_most_once(node);
	nodes_assert_as_alone();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(values_that_the_server_refuses_stop_nothing),
		T(what_is_taken_is_what_a_file_has),
		T(a_page_that_ends_the_session_each_time_is_refused),
		T(a_name_that_the_server_would_cut_is_refused_before),
		T(a_disk_that_is_full_is_waited_for),
		T(who_gets_no_connection_waits_for_one),
		T(a_server_that_is_read_only_is_waited_for),
	};

	return RUN_TESTS(tests);
}
