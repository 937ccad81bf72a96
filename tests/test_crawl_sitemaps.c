#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#include "tests/scenario.h"

/*
 * The program from end to end: the URLs of sitemaps, named by robots.txt, by a list, or by other
 * sitemaps.
 */
#define QUICK    "--delay", "0", "--set", "retries=0", "--concurrency", "16"
#define SITEMAPS QUICK, "--set", "sitemaps=true"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(robots_txt_names_sitemaps_and_they_name_pages),
		T(without_the_setting_no_sitemap_is_asked_for),
		T(a_host_may_have_a_setting_of_its_own),
		T(with_robots_false_sitemaps_are_found_and_nothing_is_forbidden),
		T(the_usual_place_is_looked_at_if_none_is_named),
		cmocka_unit_test_setup_teardown(a_list_may_name_a_sitemap, begin_usual,
						scenario_end),
		T(sitemaps_of_sitemaps_are_read_and_come_to_an_end),
		T(a_sitemap_that_is_broken_gives_what_it_has_and_says_so),
		T(a_page_whose_sitemap_says_that_it_has_not_changed_is_not_asked_for),
		T(a_new_pattern_is_run_on_pages_that_have_not_changed),
	};

	return RUN_TESTS(tests);
}
