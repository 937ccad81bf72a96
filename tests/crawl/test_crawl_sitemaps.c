#include "tests/support/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: the URLs of sitemaps, named by robots.txt, by a list, or by other
 * sitemaps.
 */
#define QUICK    "--delay", "0", "--set", "retries=0", "--concurrency", "16"
#define SITEMAPS QUICK, "--set", "sitemaps=true"
#define ANYWHERE SITEMAPS, "--set", "private_addresses=all"

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted((const char *[]){ "--robots-as", "/robots", "--addresses", "2",
						       "--workers", "2", NULL });
}

static int begin_usual(void **state)
{
	(void)state;
	return scenario_begin_rooted((const char *[]){ "--workers", "2", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* A file with an entry for each path. */
static void write_sitemap(const char *name, bool is_index, const char *const paths[])
{
	char path[100], entries[4000] = "";
	size_t size = 0;

	for (; *paths; paths++)
		size += (size_t)snprintf(entries + size, sizeof(entries) - size,
					 is_index ? "<sitemap><loc>%s</loc></sitemap>"
						  : "<url><loc>%s</loc></url>",
					 **paths == '/' ? url("%s", *paths) : *paths);
	snprintf(path, sizeof(path), "root/%s", name);
	write_text(path, "<?xml version='1.0'?><%s>%s</%s>", is_index ? "sitemapindex" : "urlset",
		   entries, is_index ? "sitemapindex" : "urlset");
}

#define PATHS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void sitemaps_that_robots_txt_names_are_as_the_config_has_them(void **state)
{
	(void)state;
	write_text("root/robots", "Sitemap: %s\nSitemap: %s\n", url("/s1.xml?sid=1"),
		   url("/s1.xml?sid=2"));
	write_sitemap("s1.xml", false, PATHS("/page/1?sid=3", "/page/1"));
	write_text("crawl.yaml", "canonical: {drop_query: [sid]}\n");
	assert_code(RUN(url("/page/9"), SITEMAPS), 0);
	assert_string_equal(ask("SELECT count(*) FROM pages"), "3");
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE url LIKE '%sid%'"), "0");
}

/* What sitemaps have added counts, whichever run it was. */
static void so_many_pages_of_a_host_are_so_many_in_all_runs(void **state)
{
	(void)state;
	write_text("root/robots", "Disallow:\n");
	write_sitemap("sitemap-1.xml", false, PATHS("/page/1", "/page/2", "/page/3", "/page/4"));
	write_sitemap("sitemap-2.xml", false, PATHS("/page/5", "/page/6", "/page/7", "/page/8"));
	assert_code(RUN(url("/sitemap-1.xml"), QUICK, "--set", "host_pages=5"), 0);
	assert_code(
		RUN(url("/sitemap-1.xml"), url("/sitemap-2.xml"), QUICK, "--set", "host_pages=5"),
		0);
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE url LIKE '%/page/%'"), "5");
}

static void robots_txt_names_sitemaps_and_they_name_pages(void **state)
{
	(void)state;
	write_text("root/robots", "Sitemap: %s\nSitemap: %s\n", url("/s1.xml"), url("/s2.txt"));
	write_sitemap("s1.xml", false, PATHS("/page/1", "/page/2", "http://example.org/page/3"));
	write_text("root/s2.txt", "%s\nnot a URL\n", url("/page/4"));
	assert_code(RUN(url("/page/9"), SITEMAPS), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"),
			    "ok|6\nout_of_scope|1");
	assert_string_equal(ask("SELECT count(*) FROM pages p JOIN pages f ON f.url = p.from_url"
				" WHERE f.url LIKE '%/s1.xml'"),
			    "3");
	assert_string_equal(ask("SELECT max(depth) FROM pages"),
			    "0"); /* as if they stood in the list */
}

static void without_the_setting_no_sitemap_is_asked_for(void **state)
{
	(void)state;
	write_text("root/robots", "Sitemap: %s\n", url("/s1.xml"));
	write_sitemap("s1.xml", false, PATHS("/page/1"));
	assert_code(RUN(url("/page/9"), QUICK), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages"), 1);
	/* Its robots.txt is known by now: the setting counts nevertheless, and once. */
	for (int run = 0; run < 3; run++) {
		assert_code(RUN(url("/page/9"), SITEMAPS), 0);
		assert_string_equal(ask("SELECT count(*), count(DISTINCT url) FROM pages"), "3|3");
	}
	assert_int_equal(robots_requests(), 1);
}

static void a_host_may_have_a_setting_of_its_own(void **state)
{
	(void)state;
	write_text("config.yaml", "hosts: [{match: '127.0.0.2', sitemaps: true}]\n");
	write_text("root/robots", "Sitemap: %s\n", url_at(2, "/s1.xml"));
	write_text("root/s1.xml", "<urlset><url><loc>%s</loc></url></urlset>",
		   url_at(2, "/page/1"));
	assert_code(RUN(url("/page/9"), "-c", "config.yaml", QUICK), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages"), 1);
	assert_code(RUN(url_at(2, "/page/9"), "-c", "config.yaml", QUICK), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages"), 4);
}

/* It is read for the sitemaps, and for nothing else. */
static void with_robots_false_sitemaps_are_found_and_nothing_is_forbidden(void **state)
{
	(void)state;
	write_text("root/robots", "User-agent: *\nDisallow: /\nSitemap: %s\n", url("/s1.xml"));
	write_sitemap("s1.xml", false, PATHS("/page/1"));
	assert_code(RUN(url("/page/9"), SITEMAPS, "--set", "robots=false"), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"), "ok|3");
}

static void the_usual_place_is_looked_at_if_none_is_named(void **state)
{
	(void)state;
	write_text("root/robots", "User-agent: *\nDisallow: /books/\n");
	assert_code(RUN(url("/page/500"), SITEMAPS), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"),
			    "ok|112\nrobots|5");
}

/* Whatever a line is, those that can be used are asked for; and if none can, the usual place is. */
static void a_line_names_a_sitemap_by_an_address_or_by_a_path(void **state)
{
	static const struct {
		const char *lines, *found; /* pages but the first */
		const char *told;
	} rows[] = {
		{ "Sitemap: /s1.xml", "/page/1", NULL },
		{ "Sitemap: s1.xml", "/page/1", NULL },
		{ "Sitemap: ./x/../s1.xml#part", "/page/1", NULL },
		{ "Sitemap: %s/s1.xml", "/page/1", NULL },
		{ "Sitemap: http://[oops/s1.xml", "/page/2", "http://[oops/s1.xml" },
		{ "Sitemap: ftp://127.0.0.1/s1.xml", "/page/2", "ftp://127.0.0.1/s1.xml" },
		{ "Sitemap: http://a b/\nSitemap: http://:x/", "/page/2", "lines=2" },
		{ "Sitemap: http://[oops/s1.xml\nSitemap: /s1.xml", "/page/1", "lines=1" },
		{ "Sitemap:", "/page/2", NULL },
		{ "", "/page/2", NULL },
	};

	(void)state;
	scenario_end(NULL);
	assert_int_equal(scenario_begin_rooted((const char *[]){
				 "--robots-as", "/robots", "--sitemap-as", "/usual.xml", NULL }),
			 0);
	write_sitemap("s1.xml", false, PATHS("/page/1"));
	write_sitemap("usual.xml", false, PATHS("/page/2"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *format = rows[i].lines;
		const char *place = strstr(format, "%s");
		struct program *run;

		write_text("root/robots", "%.*s%s%s\n", (int)(place ? place - format : 0), format,
			   place ? site.origin : "", place ? place + 2 : format);
		run = RUN("--fresh", url("/page/9"), SITEMAPS);
		assert_code(run, 0);
		if (ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok'") != 3 ||
		    strcmp(ask("SELECT url FROM pages WHERE url LIKE '%/page/%' AND url NOT LIKE"
			       " '%/page/9'"),
			   url("%s", rows[i].found)) != 0)
			fail_msg("%s: %s", format, ask("SELECT url, outcome FROM pages"));
		if (rows[i].told)
			assert_says(run->error, rows[i].told);
		assert_int_equal(strstr(run->error, "bad_sitemap_line") != NULL,
				 rows[i].told != NULL);
	}
}

/* Nobody promised that there is one; what robots.txt names is promised. */
static void a_usual_place_without_a_sitemap_is_no_failure(void **state)
{
	static const struct {
		const char *answer;
		int code;
	} rows[] = {
		{ "404", 0 }, { "410", 0 }, { "403", 0 }, { "401", 0 }, { "500", 1 }, { "429", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char status[20], recorded[60];
		struct program *run;

		snprintf(status, sizeof(status), "/status/%s", rows[i].answer);
		snprintf(recorded, sizeof(recorded), "%s|http_error|%s",
			 rows[i].code ? "failed" : "skipped", rows[i].answer);
		scenario_end(NULL);
		assert_int_equal(scenario_begin_rooted((const char *[]){
					 "--robots-as", "/robots", "--sitemap-as", status, NULL }),
				 0);
		write_text("root/robots", "User-agent: *\nDisallow:\n");
		run = RUN(url("/page/9"), SITEMAPS);
		assert_code(run, rows[i].code);
		assert_string_equal(ask("SELECT state, outcome, status FROM pages WHERE url LIKE"
					" '%/sitemap.xml'"),
				    recorded);
		assert_string_equal(ask("SELECT outcome FROM pages WHERE url LIKE '%/page/9'"),
				    "ok");
		assert_int_equal(strstr(RUN("failed")->out, "sitemap.xml") != NULL, rows[i].code);
		write_text("root/robots", "Sitemap: /sitemap.xml\n");
		assert_code(RUN("--fresh", url("/page/9"), SITEMAPS), 1);
	}
}

/* "%1" and "%2" are the first and the second host of the site. */
static void name_hosts(char *out, size_t bytes, const char *format)
{
	size_t size = 0;

	for (; *format; format++) {
		if (*format == '%')
			size += (size_t)snprintf(out + size, bytes - size, "%s",
						 url_at((unsigned)(*++format - '0'), ""));
		else
			out[size++] = *format;
	}
	out[size] = '\0';
}

/* What is listed on the second host of pages of the first, which says so or does not. */
static void a_sitemap_on_another_host_speaks_for_the_host_that_named_it(void **state)
{
	static const struct {
		const char *line; /* both hosts have it */
		const char *seed;
		bool is_ours;
	} rows[] = {
		{ "Sitemap: %2/sitemap1.xml", "%1/page/9", true },
		{ "Sitemap: %2/sitemap-i1.xml", "%1/page/9", true },
		{ "Sitemap: %1/redirect-to?url=%2/sitemap1.xml", "%1/page/9", true },
		{ "Sitemap: %1/redirect-to?url=%2/sitemap-i1.xml", "%1/page/9", true },
		{ "Sitemap: %1/redirect-to?url=%2/sitemap-i2.xml", "%1/page/9", true },
		{ "Sitemap: /empty.xml", "%2/sitemap1.xml", false },
		{ "Sitemap: /empty.xml", "%2/sitemap-i1.xml", false },
	};
	char text[400];

	(void)state;
	write_sitemap("empty.xml", false, PATHS(NULL));
	name_hosts(text, sizeof(text),
		   "<urlset><url><loc>%1/page/1</loc></url><url><loc>%2/page/2</loc></url>"
		   "<url><loc>http://127.0.0.7/page/3</loc></url></urlset>");
	write_text("root/sitemap1.xml", "%s", text);
	name_hosts(text, sizeof(text),
		   "<sitemapindex><sitemap><loc>%2/sitemap1.xml</loc></sitemap></sitemapindex>");
	write_text("root/sitemap-i1.xml", "%s", text);
	name_hosts(text, sizeof(text),
		   "<sitemapindex><sitemap><loc>%1/sitemap1.xml</loc></sitemap></sitemapindex>");
	write_text("root/sitemap-i2.xml", "%s", text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[200], seed[200];
		struct program *run;

		name_hosts(line, sizeof(line), rows[i].line);
		name_hosts(seed, sizeof(seed), rows[i].seed);
		write_text("root/robots", "%s\n", line);
		run = RUN("--fresh", seed, url_at(1, "/page/8"), SITEMAPS);
		assert_code(run, 0);
		if (strcmp(ask("SELECT state FROM pages WHERE url LIKE '%.1:%/page/1'"),
			   rows[i].is_ours ? "done" : "skipped") != 0)
			fail_msg("%s, %s: %s", line, seed, ask("SELECT url, outcome FROM pages"));
		assert_string_equal(ask("SELECT outcome FROM pages WHERE url LIKE '%.7/%'"),
				    "out_of_scope");
	}
}

static void make_robots_old(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(in_folder("crawl.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE hosts SET robots_at = robots_at - 90000000", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
}

/* What its robots.txt named is known to the next run, which asks nothing else of the host, and may
 * be long after. */
static void a_sitemap_that_waits_speaks_for_the_host_in_the_next_run(void **state)
{
	(void)state;
	write_text("root/robots", "Sitemap: %s\n", url_at(2, "/sitemap1.xml"));
	write_text("root/sitemap1.xml", "<urlset><url><loc>%s</loc></url></urlset>",
		   url_at(1, "/page/1"));
	for (int is_old = 0; is_old < 2; is_old++) {
		assert_code(RUN("--fresh", url_at(1, "/page/9"), ANYWHERE, "--max-pages", "1"), 0);
		assert_string_equal(ask("SELECT state FROM pages WHERE url LIKE '%sitemap1.xml'"),
				    "pending");
		if (is_old)
			make_robots_old();
		assert_code(RUN(url_at(1, "/page/9"), ANYWHERE), 0);
		assert_string_equal(ask("SELECT outcome FROM pages WHERE url LIKE '%.1:%/page/1'"),
				    "ok");
	}
}

static void a_list_may_name_a_sitemap(void **state)
{
	struct program *run;

	(void)state;
	run = RUN(url("/sitemap.xml"), QUICK, "-e", "titles=<h1>(?<title>.*?)</h1>");
	assert_code(run, 0);
	assert_says(run->error, "links: 115 new");
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"), "ok|116");
	assert_int_equal(ask_number("SELECT count(*) FROM titles"), 100 + 5);
	/* The second pass reads it again. */
	assert_code(RUN(url("/sitemap.xml"), QUICK, "-e", "titles=<h1>(?<title>.*?)</h1>"), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM pages"), 116);
}

static void sitemaps_of_sitemaps_are_read_and_come_to_an_end(void **state)
{
	(void)state;
	write_text("root/robots", "Sitemap: %s\n", url("/i0.xml"));
	for (int i = 0; i < 10; i++) {
		char name[16], next[16];

		snprintf(name, sizeof(name), "i%d.xml", i);
		snprintf(next, sizeof(next), "/i%d.xml", i + 1);
		write_sitemap(name, true, PATHS("/i0.xml", next, "/s1.xml"));
	}
	write_sitemap("s1.xml", false, PATHS("/page/1", "/page/2"));
	assert_code(RUN(url("/page/9"), SITEMAPS), 0);
	assert_string_equal(
		ask("SELECT group_concat(name, ' ') FROM (SELECT replace(url, rtrim(url,"
		    " replace(url, '/', '')), '') AS name FROM pages ORDER BY name)"),
		"1 2 9 i0.xml i1.xml i2.xml i3.xml s1.xml");
}

static void a_sitemap_that_is_broken_gives_what_it_has_and_says_so(void **state)
{
	(void)state;
	write_text("root/robots", "Sitemap: %s\nSitemap: %s\n", url("/s1.xml"),
		   url("/missing.xml"));
	write_text("root/s1.xml", "<urlset><url><loc>%s</loc></url><url><loc>", url("/page/1"));
	RUN(url("/page/9"), SITEMAPS);
	assert_string_equal(ask("SELECT outcome FROM pages ORDER BY url"),
			    "http_error\nok\nok\nok");
	assert_int_equal(
		ask_number("SELECT count(*) FROM pages WHERE outcome = 'ok' AND error IS NOT NULL"
			   " AND url LIKE '%/s1.xml'"),
		1);
}

/* With the same list, one at a time, so that the sitemap is read before the pages. */
#define IN_TURN "--delay", "0", "--concurrency", "1"

/* What was asked for in a second pass, of those that a sitemap gives a date, or none. */
static void a_page_whose_sitemap_says_that_it_has_not_changed_is_not_asked_for(void **state)
{
	static const struct {
		const char *target, *modified;
		size_t requests; /* in two passes */
	} rows[] = {
		{ "/page/1", "2001-02-03", 1 },     { "/page/2", "2001-02-03T04:05:06+02:00", 1 },
		{ "/page/3", "2999-01-01", 2 },     { "/page/4", "lately", 2 },
		{ "/status/404", "2001-02-03", 2 }, /* it was not read */
	};
	struct requests requests;
	struct program *run;
	FILE *file;

	(void)state;
	write_text("root/s1-sitemap.xml", "-");
	file = fopen(in_folder("root/s1-sitemap.xml"), "w");
	fprintf(file, "<urlset>");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fprintf(file, "<url><loc>%s</loc><lastmod>%s</lastmod></url>",
			url("%s", rows[i].target), rows[i].modified);
	fprintf(file, "</urlset>");
	fclose(file);
	write_text("list", "%s\n%s\n", url("/page/9"), url("/s1-sitemap.xml"));
	assert_code(RUN("list", IN_TURN), 1);
	run = RUN("list", IN_TURN, "--update");
	assert_code(run, 1);
	assert_says(run->error, "2 unchanged since, by their sitemaps");
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE state = 'done'"), "6");
	requests = site_all_requests();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (requests_for(&requests, rows[i].target) != rows[i].requests)
			fail_msg("%s: %zu", rows[i].target,
				 requests_for(&requests, rows[i].target));
	}
	assert_int_equal(requests_for(&requests, "/page/9"), 2); /* in no sitemap */
}

/* Another config wants every page read again, whatever the sitemap says. */
static void a_new_pattern_is_run_on_pages_that_have_not_changed(void **state)
{
	(void)state;
	write_text("root/sitemap-1.xml",
		   "<urlset><url><loc>%s</loc><lastmod>2001-02-03</lastmod></url></urlset>",
		   url("/page/1"));
	assert_code(RUN(url("/sitemap-1.xml"), IN_TURN), 0);
	assert_code(RUN(url("/sitemap-1.xml"), IN_TURN, "-e", "titles=<h1>(?<title>.*?)</h1>"), 0);
	assert_int_equal(ask_number("SELECT count(*) FROM titles"), 1);
}

/* ---- sitemaps that do harm ---- */

/* The gzip of some text and then so many megabytes of blanks, as a file below root. */
static void write_gzip(const char *name, const char *text, unsigned blank_mb)
{
	static char blanks[1024 * 1024];
	char path[100];
	gzFile file;

	snprintf(path, sizeof(path), "root/%s", name);
	file = gzopen(in_folder(path), "wb1");
	assert_non_null(file);
	memset(blanks, ' ', sizeof(blanks));
	assert_int_equal(gzputs(file, text), strlen(text));
	for (unsigned i = 0; i < blank_mb; i++)
		assert_int_equal(gzwrite(file, blanks, sizeof(blanks)), sizeof(blanks));
	assert_int_equal(gzclose(file), Z_OK);
}

/* The first bytes of a file below root are all that is left of it. */
static void cut_file(const char *name, long less)
{
	struct stat found;
	char path[100];

	snprintf(path, sizeof(path), "root/%s", name);
	assert_int_equal(stat(in_folder(path), &found), 0);
	assert_int_equal(truncate(in_folder(path), found.st_size - less), 0);
}

/* A "billion laughs": every entity is ten of the one before. */
static void write_laughs(const char *name)
{
	char text[4000] = "<!DOCTYPE urlset [<!ENTITY e0 \"http://h/\">", path[100];
	size_t size = strlen(text);

	for (int i = 1; i < 10; i++) {
		size += (size_t)sprintf(text + size, "<!ENTITY e%d \"", i);
		for (int j = 0; j < 10; j++)
			size += (size_t)sprintf(text + size, "&e%d;", i - 1);
		size += (size_t)sprintf(text + size, "\">");
	}
	snprintf(path, sizeof(path), "root/%s", name);
	write_text(path, "%s]><urlset><url><loc>&e9;</loc></url></urlset>", text);
}

static void write_nested(const char *name)
{
	enum { DEEP = 100000 };
	static char text[8 + DEEP * 3] = "<urlset>";
	char path[100];

	for (size_t i = 0; i < DEEP; i++)
		memcpy(text + 8 + i * 3, "<a>", 3);
	snprintf(path, sizeof(path), "root/%s", name);
	write_bytes(path, text, sizeof(text));
}

static void every_bad_sitemap_has_its_outcome(void **state)
{
	static const struct {
		const char *path, *outcome;
		const char *error; /* some words of it */
		int pages;         /* that it gave nevertheless */
	} rows[] = {
		{ "/cut.xml", "ok|done", "line 1: no element found", 1 },
		{ "/lossy.xml", "ok|done",
		  "read on behind it; 1 broken entry left out, 1 entry without", 2 },
		{ "/cut.txt.gz", "ok|done", "gzip data is cut", 1 },
		{ "/cut-body", "truncated|failed", "950 bytes", 0 },
		{ "/gzip-cut", "truncated|failed", "ends too early", 0 },
		{ "/laughs.xml", "ok|done", "an entity is declared: refused", 0 },
		{ "/bomb.txt.gz", "ok|done", "larger than 50 MB: the rest is left out", 1 },
		{ "/gzip-bomb/1000", "too_large|failed", "larger than 50 MB", 0 },
		{ "/size/60000000", "too_large|failed", "larger than 50 MB", 0 },
		{ "/nested.xml", "ok|done", "nested deeper than 256", 0 },
		{ "/empty", "ok|done", "the file is empty", 0 },
		{ "/page/1", "ok|done", "the root element is <html>", 0 },
		{ "/type/image/png", "ok|done", "neither XML nor a list of URLs", 0 },
		{ "/missing", "http_error|failed", NULL, 0 },
		{ "/redirect-ring/3/0", "redirect_loop|failed", "more redirects", 0 },
	};
	enum { COUNT = sizeof(rows) / sizeof(rows[0]) };
	char sql[400], text[100];
	FILE *robots = fopen(in_folder("root/robots"), "w");

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		fprintf(robots, "Sitemap: %s\n", url("%s", rows[i].path));
	fclose(robots);
	write_text("root/cut.xml", "<urlset><url><loc>%s</loc></url><url><loc>", url("/page/2"));
	write_text("root/lossy.xml",
		   "<urlset><url><loc>%s</loc></url><url><loc>&x;</loc></url><url><loc>a<b></loc>"
		   "</url><url><loc>mailto:x</loc></url><url><loc>%s</loc></url></urlset>",
		   url("/page/7"), url("/page/8"));
	snprintf(text, sizeof(text), "%s\n%s\n", url("/page/3"), url("/page/4"));
	write_gzip("cut.txt.gz", text, 0);
	cut_file("cut.txt.gz", 10);
	write_laughs("laughs.xml");
	snprintf(text, sizeof(text), "%s\n%s", url("/page/5"), url("/page/6"));
	write_gzip("bomb.txt.gz", text, 200);
	write_nested("nested.xml");
	assert_code(RUN(url("/page/9"), SITEMAPS, "--set", "timeout=20s"), 1);
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(sql, sizeof(sql),
			 "SELECT p.outcome, p.state, count(f.url), coalesce(p.error, '') FROM "
			 "pages p"
			 " LEFT JOIN pages f ON f.from_url = p.url WHERE p.url = '%s'",
			 url("%s", rows[i].path));
		snprintf(text, sizeof(text), "%s|%d|", rows[i].outcome, rows[i].pages);
		if (strncmp(ask(sql), text, strlen(text)) != 0 ||
		    (rows[i].error && !strstr(ask(sql), rows[i].error)))
			fail_msg("%s: %s", rows[i].path, ask(sql));
	}
	assert_int_equal(ask_number("SELECT count(*) FROM pages"), 1 + COUNT + 5);
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE state = 'pending'"), "0");
}

static void sitemaps_that_name_each_other_are_read_once(void **state)
{
	static const char *const ring[] = { "/r0.xml", "/r1.xml", "/r2.xml" };
	struct requests requests;

	(void)state;
	write_text("root/robots", "Sitemap: %s\nSitemap: %s\n", url("/r0.xml"), url("/self.xml"));
	for (size_t i = 0; i < 3; i++)
		write_sitemap(ring[i] + 1, true, PATHS(ring[(i + 1) % 3], ring[(i + 2) % 3]));
	write_sitemap("self.xml", true, PATHS("/self.xml"));
	assert_code(RUN(url("/page/9"), SITEMAPS), 0);
	assert_string_equal(ask("SELECT state, outcome, error, count(*) FROM pages GROUP BY 1, 2, "
				"3"),
			    "done|ok|-|5");
	requests = site_requests();
	assert_each_once(&requests, 5);
}

/* What max_body says is of pages; 30,000 URLs of 500 bytes are more than a page may link. */
static void a_sitemap_may_have_50_mb_whatever_max_body(void **state)
{
	enum { ENTRIES = 30000 };
	static const char *const limits[] = { "max_body=1000", "max_body=10MB" };
	char *text = malloc(ENTRIES * 600), filler[451];
	size_t size = 0;

	(void)state;
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	for (unsigned i = 0; i < ENTRIES; i++)
		size += (size_t)sprintf(text + size, "%s/page/%u?%s\n", site.origin, i, filler);
	assert_true(size > 13 * 1000 * 1000);
	write_bytes("root/s1.txt", text, size);
	free(text);
	write_text("root/robots", "Sitemap: %s\n", url("/s1.txt"));
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct program *run = RUN("--fresh", url("/empty"), SITEMAPS, "--max-pages", "2",
					  "-j", "1", "--set", limits[i]);

		assert_code(run, 0);
		assert_silent_on(run->error, "beyond the room");
		assert_string_equal(ask("SELECT state, outcome, count(*) FROM pages GROUP BY 1, 2"),
				    "done|ok|2\npending|-|30000");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(sitemaps_that_robots_txt_names_are_as_the_config_has_them),
		T(so_many_pages_of_a_host_are_so_many_in_all_runs),
		T(robots_txt_names_sitemaps_and_they_name_pages),
		T(without_the_setting_no_sitemap_is_asked_for),
		T(a_host_may_have_a_setting_of_its_own),
		T(with_robots_false_sitemaps_are_found_and_nothing_is_forbidden),
		T(the_usual_place_is_looked_at_if_none_is_named),
		T(a_line_names_a_sitemap_by_an_address_or_by_a_path),
		T(a_sitemap_on_another_host_speaks_for_the_host_that_named_it),
		T(a_sitemap_that_waits_speaks_for_the_host_in_the_next_run),
		T(a_usual_place_without_a_sitemap_is_no_failure),
		cmocka_unit_test_setup_teardown(a_list_may_name_a_sitemap, begin_usual,
						scenario_end),
		T(sitemaps_of_sitemaps_are_read_and_come_to_an_end),
		T(a_sitemap_that_is_broken_gives_what_it_has_and_says_so),
		T(a_page_whose_sitemap_says_that_it_has_not_changed_is_not_asked_for),
		T(a_new_pattern_is_run_on_pages_that_have_not_changed),
		T(every_bad_sitemap_has_its_outcome),
		T(sitemaps_that_name_each_other_are_read_once),
		T(a_sitemap_may_have_50_mb_whatever_max_body),
	};

	return RUN_TESTS(tests);
}
