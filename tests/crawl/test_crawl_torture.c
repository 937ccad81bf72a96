#include "tests/support/test.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "tests/support/scenario.h"
#include "tests/torture/shim.h"

/*
 * The program from end to end while one call after another fails it, in the master or in a worker,
 * once or from then on: it ends, with a code of its own, or by SIGABRT for want of memory; and the
 * same command in peace comes to the database of a crawl that nothing failed.
 *
 * TORTURE_CALLS in the environment says how many calls of each kind are tried; without it they are
 * some, spread over all that are made.  `make torture` tries many.
 */
#define QUICK_CALLS 3
#define CALLS_MAX   240 /* of a kind: each is up to four programs */
#define NEVER       1000000000u

#define CRAWL                                                                                     \
	"list", "-c", "config.yaml", "-e", "items=<li>(?<item>[^<]*)", "--delay", "0", "-j", "2", \
		"--set", "retry_wait=50ms", "--set", "timeout=2s"

struct torture {
	const char *who, *what, *how;
	bool is_long; /* what fails for ever in workers makes them wait for one another */
};

static const struct torture tortures[] = {
	{ "master", "malloc", "once", false },    { "master", "malloc", "ever", true },
	{ "master", "write", "once", false },     { "master", "write", "ever", false },
	{ "master", "read", "once", false },      { "master", "read", "ever", false },
	{ "master", "fsync", "once", false },     { "master", "fsync", "ever", false },
	{ "master", "ftruncate", "once", false }, { "master", "ftruncate", "ever", false },
	{ "master", "open", "once", false },      { "master", "open", "ever", false },
	{ "master", "mmap", "once", false },      { "master", "mmap", "ever", false },
	{ "master", "fork", "once", false },      { "master", "fork", "ever", false },
	{ "master", "socket", "once", false },    { "master", "socket", "ever", false },
	{ "master", "epoll", "once", false },     { "master", "epoll", "ever", false },
	{ "master", "send", "once", false },      { "master", "send", "ever", true },
	{ "master", "recv", "once", false },      { "master", "recv", "ever", true },
	{ "worker", "malloc", "once", false },    { "worker", "malloc", "ever", true },
	{ "worker", "epoll", "once", false },     { "worker", "epoll", "ever", true },
	{ "worker", "socket", "once", false },    { "worker", "socket", "ever", true },
	{ "worker", "send", "once", false },      { "worker", "send", "ever", true },
	{ "worker", "recv", "once", false },      { "worker", "recv", "ever", true },
};
#define TORTURE_COUNT (sizeof(tortures) / sizeof(tortures[0]))

static unsigned calls_wanted(void)
{
	const char *wanted = getenv("TORTURE_CALLS");
	unsigned count = wanted ? (unsigned)strtoul(wanted, NULL, 10) : 0;

	return count > CALLS_MAX ? CALLS_MAX : count;
}

static int begin(void **state)
{
	if (calls_wanted() > 0)
		alarm(0); /* hours, if need be */
	(void)state;
	return scenario_begin_rooted(
		(const char *[]){ "--robots-as", "/robots", "--workers", "2", NULL });
}

/* ---- what is crawled ---- */

static void write_page(const char *name, const char *links)
{
	char path[40];

	snprintf(path, sizeof(path), "root/%s.html", name);
	write_text(path, "<title>%s</title><li>%s one<li>%s two%s", name, name, name, links);
}

/* Rows with a key, rows that belong to rows, links, what is not there, and a line that is no URL.
 */
static void write_site(void)
{
	write_page("t", "<a href=a.html><a href=b.html><a href=nowhere.html>");
	write_page("a", "<a href=c.html><a href=d.html>");
	write_page("b", "<a href=e.html><a href=t.html>");
	write_page("c", "<a href=t.html>");
	write_page("d", "");
	write_page("e", "");
	write_text("root/robots", "User-agent: *\nDisallow: /private\n");
	write_text("list", "%s\nnot a URL\n", url("/t.html"));
	write_text("config.yaml", "follow:\n  - {link: '\\.html$'}\n"
				  "patterns:\n  - name: page\n"
				  "    fields: {title: {pattern: '<title>(.*?)</title>'}}\n"
				  "    key: [title]\n    history: true\n"
				  "    children: [{name: item, pattern: '<li>(?<item>[^<]*)'}]\n");
}

/* A second pass is told that nothing has changed. */
static char *everything(void)
{
	static const char *const questions[] = {
		"SELECT url, state, replace(outcome, 'not_modified', 'ok'),"
		" replace(status, '304', '200'), final_url, depth, from_url, title, content_type,"
		" charset, size, error FROM pages ORDER BY url",
		"SELECT page_url, n, item FROM items ORDER BY 1, 2",
		"SELECT page_url, n, title FROM page ORDER BY 1, 2",
		"SELECT page_url, parent, n, item FROM page_item ORDER BY 1, 3",
		"SELECT list, line, text, reason FROM rejects",
		"SELECT count(*), count(DISTINCT url) FROM urls",
		"SELECT origin, robots, address FROM hosts",
		"SELECT type, name, sql FROM sqlite_schema ORDER BY 2",
		"SELECT url, length(body) FROM bodies JOIN urls ON id = url_id ORDER BY 1",
		"SELECT pattern, key, row FROM crawl_known_rows ORDER BY 1, 2",
		"PRAGMA application_id",
		"PRAGMA user_version",
		"PRAGMA integrity_check",
	};
	char *all = NULL;
	size_t size;
	FILE *out = open_memstream(&all, &size);

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		fprintf(out, "%s\n", ask(questions[i]));
	fclose(out);
	return all;
}

static void forget_database(void)
{
	static const char *const names[] = { "crawl.db", "crawl.db-wal", "crawl.db-shm",
					     "crawl.db-ctl" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove(in_folder(names[i]));
}

/* ---- torture ---- */

/* BUILD/tests/crawl/test_X -> BUILD/torture.so */
static const char *find_shim(void)
{
	static char path[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/torture.so"));

	path[size < 0 ? 0 : size] = '\0';
	for (int i = 0; i < 3 && strrchr(path, '/'); i++)
		*strrchr(path, '/') = '\0';
	strcat(path, "/torture.so");
	return path;
}

/* Crawl while call number `number` fails.  What the shim has seen is put into *seen. */
static struct program *crawl_with(const struct torture *torture, unsigned number,
				  struct shim_seen *seen)
{
	char preload[PATH_MAX + 16], order[PATH_MAX];
	const char *const environment[] = { preload, order, NULL };
	struct shim_seen nothing = { 0 };
	const char *file = write_bytes("seen", &nothing, sizeof(nothing));
	struct program *run;
	FILE *in;

	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", find_shim());
	snprintf(order, sizeof(order), "TORTURE=%s %s %u %s %s", torture->who, torture->what,
		 number, torture->how, file);
	run = RUN_WITH(&(struct program_setup){ .environment = environment }, CRAWL);
	in = fopen(file, "r");
	assert_non_null(in);
	assert_int_equal(fread(seen, sizeof(*seen), 1, in), 1);
	fclose(in);
	return run;
}

static bool is_fair_end(const struct torture *torture, int code)
{
	return (code >= 0 && code <= 3) ||
	       (code == -SIGABRT && strcmp(torture->what, "malloc") == 0);
}

/* The line where they begin to differ. */
static void assert_same(const struct torture *torture, unsigned number, const char *is,
			const char *wanted)
{
	size_t at = 0, line = 0;

	while (is[at] && is[at] == wanted[at]) {
		at++;
		line = is[at - 1] == '\n' ? at : line;
	}
	if (is[at] != wanted[at])
		fail_msg("%s %s %u %s:\n%.*s\ninstead of\n%.*s", torture->who, torture->what,
			 number, torture->how, (int)strcspn(is + line, "\n"), is + line,
			 (int)strcspn(wanted + line, "\n"), wanted + line);
}

/*
 * What failed in a worker may have failed a page.  A run that could end asks for that again only
 * when it is run once more, and so does the one after one that could not.
 */
static void assert_heals(const struct torture *torture, unsigned number, const char *whole)
{
	char *is = NULL;

	for (unsigned tries = 0; tries < 2 && (!is || strcmp(is, whole) != 0); tries++) {
		free(is);
		assert_code(RUN(CRAWL), 1);
		is = everything();
	}
	assert_same(torture, number, is, whole);
	free(is);
}

/* Returns whether there was a call of that number. */
static bool survives(const struct torture *torture, unsigned number, const char *whole)
{
	struct shim_seen seen;
	struct program *run;

	forget_database();
	run = crawl_with(torture, number, &seen);
	if (seen.failures == 0)
		return false;
	if (!is_fair_end(torture, run->code))
		fail_msg("%s %s %u %s: code %d: %s", torture->who, torture->what, number,
			 torture->how, run->code, run->error);
	assert_heals(torture, number, whole);
	return true;
}

static void it_ends_and_the_next_run_heals_it(void **state)
{
	const struct torture *torture = *state;
	unsigned calls = calls_wanted() ? calls_wanted() : QUICK_CALLS, tried = 0;
	struct shim_seen seen;
	char *whole;

#if SLOWNESS > 1
	skip(); /* what the sanitizers replace cannot be replaced */
#endif
	if (torture->is_long && !calls_wanted())
		return;
	write_site();
	assert_code(crawl_with(torture, NEVER, &seen), 1);
	whole = everything();
	assert_true(seen.calls > 0);
	for (unsigned i = 0; i < calls && i < seen.calls; i++)
		tried += survives(torture,
				  calls < seen.calls ? 1 + i * (seen.calls - 1) / calls : 1 + i,
				  whole);
	assert_true(tried > 0);
	if (calls_wanted())
		print_message("   %s %s %s: %u of %u\n", torture->who, torture->what, torture->how,
			      tried, seen.calls);
	free(whole);
}

/* ---- few descriptors ---- */

#define HOSTS 8
#define PAGES 40

static int begin_with_hosts(void **state)
{
	(void)state;
	return scenario_begin_with((const char *[]){ "--addresses", "8", "--workers", "2", NULL });
}

/* Eight hosts that are asked for many pages at once: none fails because we have no descriptor. */
static void few_descriptors_are_no_fault_of_a_host(void **state)
{
	static const unsigned rows[] = { 13, 14, 15, 16, 17, 20, 24, 32, 64 };
	FILE *list = fopen(in_folder("list"), "w");
	char path[40];

	(void)state;
	assert_non_null(list);
	for (unsigned i = 0; i < PAGES; i++) {
		snprintf(path, sizeof(path), "/page/%u", i);
		fprintf(list, "%s\n", url_at(1 + i % HOSTS, path));
	}
	fclose(list);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct program *run;

		forget_database();
		run = RUN_WITH(&(struct program_setup){ .descriptors_max = rows[i] }, "list",
			       "--delay", "0", "--concurrency", "16", "-j", "2");
		if (run->code != 0)
			print_error("ulimit -n %u\n", rows[i]);
		assert_code(run, 0);
		assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"), "ok|40");
		assert_string_equal(ask("SELECT sum(errors) FROM hosts"), "0");
		assert_silent_on(run->error, "worker_exit");
		if (rows[i] < 15)
			assert_says(run->error, "1 worker, not 2: ulimit -n allows no more");
	}
}

int main(void)
{
	struct CMUnitTest tests[TORTURE_COUNT + 1];
	static char names[TORTURE_COUNT][80];
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	for (size_t i = 0; i < TORTURE_COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "when_%s_fails_%s_%s_it_ends_and_heals",
			 tortures[i].what, tortures[i].how, tortures[i].who);
		tests[i] = (struct CMUnitTest){ names[i], it_ends_and_the_next_run_heals_it, begin,
						scenario_end, (void *)(uintptr_t)&tortures[i] };
	}
	tests[TORTURE_COUNT] = (struct CMUnitTest)cmocka_unit_test_setup_teardown(
		few_descriptors_are_no_fault_of_a_host, begin_with_hosts, scenario_end);
	return RUN_TESTS(tests);
}
