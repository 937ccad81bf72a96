#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: killed with SIGKILL at any moment, again and again, the same command
 * ends with the database of a crawl that nobody disturbed, and its hosts notice nothing.
 *
 * KILL_ROUNDS in the environment says how often, for a longer look.
 */
#define ROUNDS     15
#define KILLS      2 /* of a round */
#define BRANCHES   4
#define DEPTH      4
#define TREE_PAGES 341
#define RULES      "follow:\n  - {link: '\\.html$'}\n  - {link: '/redirect/'}\n  - {link: '/nowhere'}\n"
#define RECORDS                                                    \
	"patterns:\n  - name: page\n"                              \
	"    fields: {title: {pattern: '<title>(.*?)</title>'}}\n" \
	"    children: [{name: item, pattern: '<li>(?<item>[^<]*)'}]\n"
#define LOAD_LINES  250000
#define LOAD_ROUNDS 2

static int begin(void **state)
{
	(void)state;
	srandom((unsigned)time(NULL) ^ (unsigned)getpid());
	return scenario_begin_rooted((const char *[]){ "--robots-as", "/robots", "--addresses", "4",
						       "--workers", "2", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

static unsigned rounds(void)
{
	const char *wanted = getenv("KILL_ROUNDS");

	return wanted ? (unsigned)strtoul(wanted, NULL, 10) : ROUNDS;
}

static void wait_ms(long ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static void kill_after(struct program *run, long ms, int how)
{
	wait_ms(ms);
	kill(run->pid, how);
	program_wait(run);
}

/* ---- a crawl along links ---- */

/*
 * Rows, links below, to what is forbidden, gone, elsewhere, and back.  But for the first, every URL
 * is linked from one page: who found it does not depend on who was quicker.
 */
static void write_tree(const char *name, unsigned depth)
{
	char path[64], links[600] = "";

	for (unsigned branch = 0; depth > 0 && branch < BRANCHES; branch++) {
		snprintf(path, sizeof(path), "%s%u", name, branch);
		snprintf(links + strlen(links), sizeof(links) - strlen(links), "<a href='%s.html'>",
			 path);
		write_tree(path, depth - 1);
	}
	snprintf(path, sizeof(path), "root/%s.html", name);
	write_text(
		path,
		"<title>%s</title><li>%s one<li>%s two<li>%s three%s<a href='t.html'>"
		"<a href='private%s.html'><a href='nowhere-%s'><a href='/redirect/2?to=/page/1%s'>"
		"<a href='http://elsewhere.invalid/%s.html'>",
		name, name, name, name, links, name, name, name + 1, name);
}

#define CRAWL                                                                          \
	"list", "-c", "config.yaml", "-e", "items=<li>(?<item>[^<]*)", "--delay", "0", \
		"--concurrency", "8", "--set", "retries=0", "-j", "2"

/*
 * All that must not depend on how often the crawl was killed.  Which of several pages was the first
 * to link a URL depends on who answered first, in a crawl that nobody disturbs too: depth and
 * from_url are compared only as far as they belong together.
 */
static char *everything(const char *database)
{
	static const char *const questions[] = {
		"SELECT url, state, outcome, status, final_url, depth = 0, from_url IS NULL, "
		"title, "
		"content_type,"
		" charset, charset_source, size, wire_size, tries, error FROM pages ORDER BY url",
		"SELECT page_url, n, item FROM items ORDER BY 1, 2",
		"SELECT page_url, n, title FROM page ORDER BY 1, 2",
		"SELECT page_url, parent, n, item FROM page_item ORDER BY 1, 3",
		"SELECT origin, robots, address FROM hosts ORDER BY 1",
		"SELECT list, line, text, reason FROM rejects ORDER BY 2",
		"SELECT u.url, length(b.body), b.is_text FROM bodies b JOIN urls u ON u.id = "
		"b.url_id"
		" ORDER BY 1",
		"SELECT url, kind, lane, rule FROM urls ORDER BY 1",
	};
	char *all = NULL;
	size_t size;
	FILE *out = open_memstream(&all, &size);

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		fprintf(out, "%s\n", ask_in(database, questions[i]));
	fclose(out);
	return all;
}

/*
 * Figures of a run that was killed may lack its last seconds, but nothing is counted twice; those
 * of the last run, which ended, agree.  A run's pages are also what was linked and is out of scope.
 */
static void assert_counted_once(const char *database)
{
	static const char *const wrong[] = {
		"SELECT count(*) FROM (SELECT run, sum(pages) AS pages FROM crawl_totals GROUP BY "
		"1)"
		" t JOIN runs r ON r.id = t.run WHERE r.ended = 'finished' AND t.pages > r.pages",
		"SELECT count(*) FROM (SELECT max(at_ms), done + failed + skipped AS pages, run "
		"FROM"
		" crawl_samples GROUP BY run) s JOIN runs r ON r.id = s.run WHERE"
		" r.ended = 'finished' AND s.pages <> (SELECT sum(pages) FROM crawl_totals t WHERE"
		" t.run = s.run)",
		"SELECT sum(pages) > (SELECT count(*) FROM results) FROM crawl_totals",
		"SELECT sum(pages) > (SELECT count(*) FROM results WHERE outcome <> 'robots')"
		" FROM hosts",
		"SELECT count(*) FROM (SELECT sum(pages_tried) AS pages FROM crawl_pattern_totals"
		" GROUP BY pattern) t WHERE pages > (SELECT count(*) FROM results)",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (strcmp(ask_in(database, wrong[i]), "0") != 0)
			fail_msg("%s", wrong[i]);
	}
}

/* The line where two texts begin to differ, for the complaint. */
static void assert_same(const char *killed, const char *whole, unsigned round)
{
	size_t at = 0, line = 0;

	while (killed[at] && killed[at] == whole[at]) {
		at++;
		line = killed[at - 1] == '\n' ? at : line;
	}
	if (killed[at] != whole[at])
		fail_msg("round %u:\n%.*s\ninstead of\n%.*s", round,
			 (int)strcspn(killed + line, "\n"), killed + line,
			 (int)strcspn(whole + line, "\n"), whole + line);
}

static void a_crawl_that_is_killed_ends_as_one_that_was_not(void **state)
{
	int64_t begun_ms, took_ms;
	char *whole, *killed;
	unsigned compared = 0;

	(void)state;
	write_text("root/robots", "User-agent: *\nDisallow: /delay/2/private\n");
	write_text("config.yaml", RULES RECORDS);
	write_tree("t", DEPTH);
	write_text("list", "%s\nnot a URL\n", url("/delay/2/t.html"));
	begun_ms = test_clock_ms();
	assert_code(RUN(CRAWL, "-o", "whole.db"), 1);
	took_ms = test_clock_ms() - begun_ms;
	whole = everything(in_folder("whole.db"));
	assert_int_equal(
		strtol(ask_in(in_folder("whole.db"), "SELECT count(*) FROM pages WHERE outcome ="
						     " 'ok' AND url LIKE '%/delay/%'"),
		       NULL, 10),
		TREE_PAGES);
	for (unsigned round = 0; round < rounds(); round++) {
		struct program *run;

		for (unsigned i = 0; i < KILLS; i++)
			kill_after(START(CRAWL), random() % (took_ms / KILLS), SIGKILL);
		run = RUN(CRAWL);
		if (run->code != 1 && run->code != 0)
			assert_code(run, 1);
		if (ask_number("SELECT count(*) FROM runs WHERE ended = 'finished'") == 1) {
			killed = everything(in_folder("crawl.db"));
			assert_same(killed, whole, round);
			assert_counted_once(in_folder("crawl.db"));
			free(killed);
			compared++;
		} else { /* it was done before a kill and began anew: the timed run was slower */
			took_ms = took_ms / 2 + KILLS;
		}
		remove(in_folder("crawl.db"));
	}
	assert_true(2 * compared >= rounds());
	free(whole);
}

/* ---- while the list is read ---- */

static void a_crawl_that_is_killed_while_it_reads_its_list_loses_no_line(void **state)
{
	FILE *list;

	(void)state;
	write_text("root/robots", "User-agent: *\nDisallow:\n");
	list = fopen(in_folder("list"), "w");
	for (int i = 0; i < LOAD_LINES; i++)
		fprintf(list, i % 100000 == 99999 ? "no URL\n" : "%s/page/%d\n", site.origin, i);
	fclose(list);
	for (unsigned round = 0; round < LOAD_ROUNDS; round++) {
		for (unsigned i = 0; i < KILLS; i++)
			kill_after(START("list", "-j", "1", "--delay", "1h"),
				   random() % (400 * SLOWNESS), SIGKILL);
		assert_code(RUN("list", "-j", "1", "--delay", "0", "--max-pages", "1", "--set",
				"robots=false"),
			    1);
		assert_string_equal(ask("SELECT count(*), count(DISTINCT url) FROM pages"),
				    "249998|249998");
		assert_string_equal(ask("SELECT line FROM rejects ORDER BY 1"), "100000\n200000");
		remove(in_folder("crawl.db"));
	}
}

/* ---- politeness ---- */

#define HOSTS       4
#define PAGES       16 /* of a host */
#define DELAY_MS    (100 * SLOWNESS)
#define ANSWER_MS   (150 * SLOWNESS) /* so that two are under way at a time */
#define CONCURRENCY 2
#define WORKERS     "8"
#define WORKERS_MAX 16
#define JITTER_MS   (50 * SLOWNESS) /* a busy machine makes the site read its clock late */

static int by_arrival(const void *a, const void *b)
{
	const struct request *one = a, *other = b;

	return (one->arrived_ms > other->arrived_ms) - (one->arrived_ms < other->arrived_ms);
}

/*
 * No two requests of a host closer than the delay, and never more than so many at once.  Any number
 * of requests take as many delays, less one jitter: what the site sees late does not add up.
 */
static void assert_polite(const struct requests *requests, const char *host)
{
	struct request of_host[4 * PAGES];
	size_t count = 0;

	for (size_t i = 0; i < requests->count && count < 4 * PAGES; i++) {
		if (strcmp(requests->list[i].host, host) == 0)
			of_host[count++] = requests->list[i];
	}
	assert_in_range(count, PAGES, 4 * PAGES - 1);
	qsort(of_host, count, sizeof(of_host[0]), by_arrival);
	for (size_t a = 0; a < count; a++) {
		int at_once = 1;

		for (size_t b = 0; b < a; b++) {
			int64_t apart = of_host[a].arrived_ms - of_host[b].arrived_ms;

			at_once += of_host[b].ended_ms - JITTER_MS > of_host[a].arrived_ms;
			if (apart < (int64_t)(a - b) * DELAY_MS - JITTER_MS)
				fail_msg("%s: %s %d ms after %s", host, of_host[a].target,
					 (int)apart, of_host[b].target);
		}
		if (at_once > CONCURRENCY)
			fail_msg("%s: %d at once with %s", host, at_once, of_host[a].target);
	}
}

/* What its workers ask for ends with them, who end as soon as they have their turn. */
static void kill_with_workers_after(struct program *run, long ms, int how)
{
	pid_t workers[WORKERS_MAX];
	size_t count;

	wait_ms(ms);
	count = program_children(run, workers, WORKERS_MAX);
	assert_true(count <= WORKERS_MAX);
	kill(run->pid, how);
	program_wait(run);
	for (size_t i = 0; i < count; i++)
		assert_true(WAIT_UNTIL(!process_runs(workers[i])));
}

/* Also over a kill: the new master cannot know when the old one asked last. */
static void no_host_is_asked_too_often_whatever_happens(void **state)
{
	struct requests requests;
	char delay[16], path[32];
	FILE *list;

	(void)state;
	snprintf(delay, sizeof(delay), "%dms", DELAY_MS);
	snprintf(path, sizeof(path), "/delay/%d/page/", ANSWER_MS);
	list = fopen(in_folder("list"), "w");
	for (int page = 0; page < PAGES; page++)
		for (unsigned host = 1; host <= HOSTS; host++)
			fprintf(list, "%s%d\n", url_at(host, path), page);
	fclose(list);
#define POLITE \
	"list", "-j", WORKERS, "--delay", delay, "--concurrency", "2", "--set", "robots=false"
	for (int i = 0; i < 3; i++)
		kill_with_workers_after(START(POLITE), DELAY_MS * 2 + random() % (DELAY_MS * 2),
					i < 2 ? SIGKILL : SIGINT);
	assert_code(RUN(POLITE), 0);
	requests = site_all_requests();
	assert_true(requests.count >= HOSTS * PAGES);
	for (unsigned host = 1; host <= HOSTS; host++)
		assert_polite(&requests, url_at(host, "") + strlen("http://"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_crawl_that_is_killed_ends_as_one_that_was_not),
		T(a_crawl_that_is_killed_while_it_reads_its_list_loses_no_line),
		T(no_host_is_asked_too_often_whatever_happens),
	};

	return RUN_TESTS(tests);
}
