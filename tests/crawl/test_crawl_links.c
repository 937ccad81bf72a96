#include "tests/support/test.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: it goes after links, as far as the rules say, and comes to an end
 * whatever a site does.
 *
 * Pages are files below root, but for those that the site makes itself.
 */
#define QUICK           "--delay", "0", "--set", "retries=0", "--concurrency", "16"
#define IN_ORDER        "--delay", "0", "--set", "retries=0", "--concurrency", "1"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int begin(void **state)
{
	(void)state;
	return scenario_begin_rooted(
		(const char *[]){ "--addresses", "3", "--workers", "2", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

/* A config whose rules are these lines of YAML; its path. */
static const char *follow(const char *rules)
{
	return write_text("config.yaml", "follow:\n%s\n", rules);
}

#define EVERYTHING "  - {same: host}"

/* The targets of all URLs that were fetched, in the order of their ids: "/a /b". */
static const char *fetched(void)
{
	static char sql[300];

	snprintf(sql, sizeof(sql),
		 "SELECT group_concat(replace(url, '%s', ''), ' ') FROM"
		 " (SELECT url FROM pages WHERE state = 'done')",
		 site.origin);
	return ask(sql);
}

/* ---- addresses ---- */

/*
 * Two hosts, here at private addresses; of the first it is then said that it had answered from a
 * public one, and noted with its link (1: public, 2: private).  The second is only reached by that.
 */
static void a_page_of_the_internet_leads_to_no_private_address(void **state)
{
	static const struct {
		const char *address, *noted, *setting, *outcome, *hosts;
	} rows[] = {
		{ "93.184.216.34", "1", "private_addresses=named", "blocked_address", "1" },
		{ "2606:2800:220:1:248:1893:25c8:1946", "1", "robots=false", "blocked_address",
		  "1" },
		{ "93.184.216.34", "1", "private_addresses=all", "ok", "2" },
		{ "127.0.0.1", "2", "private_addresses=named", "ok", "2" },
		{ "127.0.0.1", "2", "private_addresses=none", "blocked_address", "1" },
		/* A crawl that noted only who links: where that is now is what counts. */
		{ "93.184.216.34", "NULL", "private_addresses=named", "blocked_address", "1" },
		{ "127.0.0.1", "NULL", "private_addresses=named", "ok", "2" },
	};

	(void)state;
	write_text("root/b.html", "no links");
	write_text("root/a.html", "<a href=%s>", url_at(2, "/b.html"));
	follow("  - {same: any}");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char sql[200];

		assert_code(RUN(url("/a.html"), "-c", "config.yaml", QUICK, "--max-pages", "1",
				"--fresh"),
			    0);
		assert_string_equal(ask("SELECT count(*) FROM pages WHERE state = 'pending'"), "1");
		snprintf(sql, sizeof(sql), "UPDATE hosts SET address = '%s' WHERE id = 1",
			 rows[i].address);
		ask(sql);
		snprintf(sql, sizeof(sql), "UPDATE urls SET from_where = %s WHERE from_id = 1",
			 rows[i].noted);
		ask(sql);
		RUN(url("/a.html"), "-c", "config.yaml", QUICK, "--set", rows[i].setting);
		if (strcmp(ask("SELECT outcome FROM pages WHERE from_url IS NOT NULL"),
			   rows[i].outcome) != 0)
			fail_msg("row %zu: %s", i,
				 ask("SELECT outcome FROM pages WHERE from_url IS NOT NULL"));
		assert_string_equal(ask("SELECT count(address) FROM hosts"), rows[i].hosts);
	}
}

/* Once public, always: a name may lead elsewhere the next time. */
static void a_host_that_was_public_is_not_asked_at_a_private_address(void **state)
{
	(void)state;
	assert_code(RUN(url("/page/1"), QUICK), 0);
	ask("UPDATE hosts SET address = '93.184.216.34'");
	assert_code(RUN(url("/page/1"), QUICK), 1);
	assert_string_equal(ask("SELECT outcome FROM pages"), "blocked_address");
}

/* Named by a list, it may be anywhere; what it leads to may be, too. */
static void hosts_at_private_addresses_lead_to_others(void **state)
{
	char hop[200];

	(void)state;
	snprintf(hop, sizeof(hop), "/redirect-to?url=%s", url_at(2, "/c.html"));
	write_text("root/a.html", "<a href='%s'>", hop);
	write_text("root/b.html", "no links");
	write_text("root/c.html", "<a href=%s>", url_at(3, "/b.html"));
	follow("  - {same: any}");
	assert_code(RUN(url("/a.html"), "-c", "config.yaml", QUICK), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"), "ok|3");
}

/* ---- rules ---- */

static void a_rule_says_from_where_to_where(void **state)
{
	static const struct {
		const char *rules, *fetched;
	} rows[] = {
		{ "  - {same: host}", "/a.html /b.html /c.html /d.html" },
		{ "  - {link: '/b'}", "/a.html /b.html" },
		{ "  - {from: '/a', link: 'html$'}", "/a.html /b.html /c.html" },
		{ "  - {from: '/nowhere'}", "/a.html" },
		{ "  - {depth: 0}", "/a.html" },
		{ "  - {depth: 1}", "/a.html /b.html /c.html" },
		{ "  - {depth: 2}", "/a.html /b.html /c.html /d.html" },
		{ "  - {max_pages: 0}", "/a.html" },
		{ "  - {max_pages: 1}", "/a.html /b.html" },
		{ "  - {link: '/b'}\n  - {link: '/d'}", "/a.html /b.html /d.html" },
		{ "  - {link: '/b', max_pages: 0}\n  - {link: '/c'}", "/a.html /c.html" },
		{ "  - {pattern: '\\[\\[(.*?)\\]\\]', link: '/e'}", "/a.html /e.html" },
	};

	(void)state;
	write_text("root/a.html", "<a href=b.html><a href='c.html#x'><a href=a.html>[[/e.html]]");
	write_text("root/b.html", "<a href=d.html><a href=a.html>");
	write_text("root/c.html", "<a href=/b.html>");
	write_text("root/d.html", "<a href=a.html>");
	write_text("root/e.html", "the end");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run =
			RUN(url("/a.html"), "-c", follow(rows[i].rules), "--fresh", IN_ORDER);

		assert_code(run, 0);
		if (strcmp(fetched(), rows[i].fetched) != 0)
			fail_msg("%s: %s", rows[i].rules, fetched());
	}
}

static void rules_that_are_for_no_link_are_told(void **state)
{
	static const struct {
		const char *rules;
		bool is_told;
	} rows[] = {
		{ "  - {link: '/b'}", false },
		{ "  - {link: '^b'}", true },
		{ "  - {from: '/nowhere'}", true },
		{ "  - {link: '/a'}", false }, /* it is known, and is for the rule all the same */
		{ "  - {link: '/b', max_pages: 0}", false },
		{ "  - {link: '/nowhere'}\n  - {link: '/b'}", false },
	};

	(void)state;
	write_text("root/a.html", "<a href=b.html><a href=a.html>");
	write_text("root/b.html", "the end");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run =
			RUN(url("/a.html"), "-c", follow(rows[i].rules), "--fresh", IN_ORDER);

		assert_code(run, 0);
		if (rows[i].is_told)
			assert_says(run->error, "  links: none that a rule of follow is for\n");
		else
			assert_null(strstr(run->error, "none that a rule"));
	}
	/* Of pages that are not read again nothing is known. */
	assert_code(RUN(url("/a.html"), "-c", follow("  - {link: '^b'}"), "--fresh"), 0);
	assert_null(strstr(RUN(url("/a.html"), "-c", follow("  - {link: '^b'}"))->error, "links:"));
}

static void the_flag_for_depth_is_for_rules_that_say_none(void **state)
{
	(void)state;
	write_text("root/1.html", "<a href=2.html>");
	write_text("root/2.html", "<a href=3.html>");
	write_text("root/3.html", "<a href=4.html>");
	assert_code(RUN(url("/1.html"), "-c", follow(EVERYTHING), IN_ORDER, "--depth", "1"), 0);
	assert_string_equal(fetched(), "/1.html /2.html");
	assert_string_equal(ask("SELECT depth, from_url IS NULL FROM pages"), "0|1\n1|0");
}

static void another_host_is_another_site_unless_a_rule_says_otherwise(void **state)
{
	char expected[300];
	struct program *run;

	(void)state;
	write_text("root/a.html", "<a href='%s'><a href='%s'>", url_at(2, "/b.html"),
		   url_at(1, "/b.html"));
	write_text("root/b.html", "<a href='%s'>", url_at(3, "/a.html"));
	run = RUN(url("/a.html"), "-c", follow("  - {same: host}"), IN_ORDER);
	assert_code(run, 0);
	assert_says(run->error, "links: 1 new, 2 to other sites\n");
	snprintf(expected, sizeof(expected),
		 "%s|done|ok|0\n%s|skipped|out_of_scope|1\n"
		 "%s|done|ok|1\n%s|skipped|out_of_scope|2",
		 url("/a.html"), url_at(2, "/b.html"), url_at(1, "/b.html"), url_at(3, "/a.html"));
	assert_string_equal(ask("SELECT url, state, outcome, depth FROM pages"), expected);
	assert_code(RUN(url("/a.html"), "-c", follow("  - {same: domain}"), "--fresh", IN_ORDER),
		    0);
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE outcome = 'out_of_scope'"), "2");
	assert_code(RUN(url("/a.html"), "-c", follow("  - {same: any}"), "--fresh", IN_ORDER), 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"), "ok|4");
}

/* What was only a link to somewhere becomes a wish. */
static void a_link_to_another_site_is_fetched_when_a_list_names_it(void **state)
{
	(void)state;
	write_text("root/a.html", "<a href='%s'>", url_at(2, "/b.html"));
	write_text("root/b.html", "<a href=/c.html>");
	write_text("root/c.html", "the end");
	assert_code(RUN(url("/a.html"), "-c", follow(EVERYTHING), IN_ORDER), 0);
	assert_string_equal(ask("SELECT outcome FROM pages"), "ok\nout_of_scope");
	assert_code(
		RUN(url("/a.html"), url_at(2, "/b.html"), "-c", in_folder("config.yaml"), IN_ORDER),
		0);
	assert_string_equal(ask("SELECT outcome, depth, from_url IS NULL FROM pages ORDER BY url"),
			    "not_modified|0|1\nok|0|1\nok|1|0");
}

/* A redirect is no way out of a site, for a link; a list may name what it likes. */
static void a_link_that_redirects_to_another_site_is_not_followed_there(void **state)
{
	char hop[200];

	(void)state;
	snprintf(hop, sizeof(hop), "/redirect-to?url=%s", url_at(2, "/b.html"));
	write_text("root/a.html", "<a href='%s'><a href='/redirect/2?to=/c.html'>", hop);
	write_text("root/b.html", "<a href=/c.html>");
	write_text("root/c.html", "the end");
	assert_code(RUN(url("/a.html"), "-c", follow(EVERYTHING), IN_ORDER), 0);
	assert_string_equal(
		ask("SELECT outcome, final_url, error FROM pages WHERE url LIKE '%.2:%'"),
		strcat(strcpy((char[300]){ 0 }, "out_of_scope|"),
		       strcat(strcpy((char[300]){ 0 }, url_at(2, "/b.html")),
			      "|redirected to another site")));
	assert_string_equal(ask("SELECT group_concat(outcome, ' ') FROM pages"),
			    "ok out_of_scope ok");
	assert_code(RUN(url("%s", hop), "-c", in_folder("config.yaml"), "--fresh", IN_ORDER), 0);
	assert_string_equal(ask("SELECT outcome, depth FROM pages"), "ok|0\nok|1");
}

/* However many places a ring has, and however many hosts they are at. */
static void a_ring_of_redirects_ends_after_as_many_as_are_allowed(void **state)
{
	static const char *const rings[] = { "/redirect-ring/1/0", "/redirect-ring/2/0",
					     "/redirect-ring/4/0", "/redirect-ring/3/0?across=1" };
	struct requests requests;

	(void)state;
	write_text("root/a.html", "<a href='%s'><a href='%s'><a href='%s'><a href='%s'>", rings[0],
		   rings[1], rings[2], rings[3]);
	assert_code(RUN(url("/a.html"), "-c", follow("  - {same: any}"), QUICK), 1);
	assert_string_equal(ask("SELECT state, outcome, status, tries, error, count(*) FROM pages"
				" WHERE depth = 1 GROUP BY 1, 2, 3, 4, 5"),
			    "failed|redirect_loop|302|1|more redirects than allowed|4");
	assert_int_equal(ask_number("SELECT count(*) FROM pages"), 1 + COUNT_OF(rings));
	requests = site_requests();
	assert_int_equal(requests.count, 1 + COUNT_OF(rings) * (1 + 10));
	/* To a rule for one host the ring over three ends where it leaves. */
	assert_code(RUN(url("/a.html"), "-c", follow(EVERYTHING), "--fresh", QUICK), 1);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"),
			    "ok|1\nout_of_scope|1\nredirect_loop|3");
}

/* ---- parameters that are dropped ---- */

#define DROPPING "canonical: {drop_query: [utm_*, sid]}\n"

/* Also those of the list, of a sitemap and of a redirect; the workers live to the end. */
static void links_that_differ_in_dropped_parameters_are_one_page(void **state)
{
	struct program *run;
	struct requests requests;

	(void)state;
	write_text("root/a.html", "<a href='b.html?utm_source=x'><a href='b.html?utm_source=y#z'>"
				  "<a href='b.html?id=1&utm_medium=x'><a href='b.html?id=1'>"
				  "<a href='/redirect-to?url=/b.html%%3Futm_x%%26id%%3D2'>");
	write_text("root/b.html", "<a href='a.html?utm_source=x'><a href='?'>");
	write_text("root/c.html", "the end");
	write_text("root/sitemap-1.xml",
		   "<urlset><url><loc>%s</loc></url><url><loc>%s</loc></url></urlset>",
		   url("/b.html?utm_source=z"), url("/c.html?utm_source=z"));
	write_text("list", "%s\n%s\n%s\n", url("/a.html?utm_source=x"), url("/a.html"),
		   url("/sitemap-1.xml?sid=1"));
	write_text("config.yaml", "follow: [{same: host}]\n" DROPPING);
	run = RUN("list", "-c", in_folder("config.yaml"), IN_ORDER);
	assert_code(run, 0);
	assert_says(run->error, "3 URLs (2 new, 1 known)");
	assert_string_equal(fetched(), "/a.html /sitemap-1.xml /b.html /c.html /b.html?id=1"
				       " /redirect-to?url=/b.html%3Futm_x%26id%3D2 /b.html?");
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE final_url LIKE '%/b.html?id=2'"),
			    "1");
	requests = site_requests();
	assert_each_once(&requests, 8);
	assert_null(strstr(run->error, "worker"));
}

/* The same of the path: in the list, links, sitemaps and redirects. */
static void links_that_differ_in_dropped_parameters_of_the_path_are_one_page(void **state)
{
	struct program *run;
	struct requests requests;

	(void)state;
	write_text("root/a.html", "<a href='b.html;sid=1'><a href='b.html;sid=2#z'>"
				  "<a href='b.html;sid=3?id=1'><a href='b.html?id=1'>"
				  "<a href='/redirect-to?url=/b.html;sid%%3D4%%3Fid%%3D2'>");
	write_text("root/b.html", "<a href='a.html;sid=5'><a href='b.html;sid=6'>");
	write_text("root/c.html", "the end");
	write_text("root/sitemap-1.xml",
		   "<urlset><url><loc>%s</loc></url><url><loc>%s</loc></url></urlset>",
		   url("/b.html;sid=7"), url("/c.html;sid=8"));
	write_text("list", "%s\n%s\n%s\n", url("/a.html;sid=9"), url("/a.html"),
		   url("/sitemap-1.xml;sid"));
	write_text("config.yaml", "follow: [{same: host}]\ncanonical: {drop_path: [sid]}\n");
	run = RUN("list", "-c", in_folder("config.yaml"), IN_ORDER);
	assert_says(run->error, "3 URLs (2 new, 1 known)");
	assert_string_equal(fetched(), "/a.html /sitemap-1.xml /b.html /c.html /b.html?id=1"
				       " /redirect-to?url=/b.html;sid%3D4%3Fid%3D2");
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE final_url LIKE '%/b.html?id=2'"),
			    "1");
	requests = site_requests();
	assert_each_once(&requests, 7);
	assert_null(strstr(run->error, "worker"));
}

static void a_url_with_its_parameters_is_another_without_the_config(void **state)
{
	(void)state;
	write_text("root/a.html", "<a href='b.html?utm_x=1&a'><a href='b.html?a&utm_x=1'>");
	write_text("root/b.html", "the end");
	assert_code(RUN(url("/a.html?sid=1"), "-c", follow(EVERYTHING), IN_ORDER), 0);
	assert_string_equal(fetched(), "/a.html?sid=1 /b.html?utm_x=1&a /b.html?a&utm_x=1");
}

/* What a server insists on is dropped again: the same URL, as often as redirects are followed. */
static void a_server_that_insists_on_a_dropped_parameter_is_a_redirect_loop(void **state)
{
	struct requests requests;

	(void)state;
	write_text("config.yaml", DROPPING);
	assert_code(RUN(url("/insist"), IN_ORDER), 0);
	assert_string_equal(ask("SELECT outcome FROM pages"), "ok");
	assert_code(RUN(url("/insist"), "-c", in_folder("config.yaml"), "--fresh", IN_ORDER,
			"--set", "redirects=3"),
		    1);
	assert_string_equal(ask("SELECT outcome, state FROM pages"), "redirect_loop|failed");
	requests = site_requests();
	assert_int_equal(requests_for(&requests, "/insist"), 1 + 4);
	assert_int_equal(requests_for(&requests, "/insist?sid=1"), 1);
}

/* ---- the board ---- */

static void the_board_is_crawled_to_its_last_page_from_its_first(void **state)
{
	char proxy[100], config[PATH_MAX];
	const char *environment[] = { proxy, NULL };
	struct program_setup setup = { .environment = environment };
	struct requests requests;

	(void)state;
	snprintf(proxy, sizeof(proxy), "CRAWL_PROXY=%s", site.origin);
	assert_non_null(realpath("config/maoyan.yaml", (char *)memset(config, 0, sizeof(config))));
	assert_code(RUN_WITH(&setup, "http://maoyan.com/board/4", "-c", config, QUICK), 0);
	assert_string_equal(ask("SELECT state, outcome, count(*) FROM pages GROUP BY 1, 2"),
			    "done|ok|11");
	assert_string_equal(
		ask("SELECT count(*), count(DISTINCT \"index\"), min(\"index\"), max(\"index\")"
		    " FROM maoyan_board"),
		"100|100|1|100");
	requests = site_requests();
	assert_each_once(&requests, 11);
	assert_string_equal(requests.list[0].host, "maoyan.com");
}

/* ---- every page once ---- */

#define BRANCHES 5

/* A page with links to the pages below it, back to the first, and to itself, down to depth. */
static unsigned write_tree(const char *name, unsigned depth)
{
	char path[100], links[1000] = "<a href=/t.html><a href=#top>";
	unsigned count = 1;

	for (unsigned branch = 0; depth > 0 && branch < BRANCHES; branch++) {
		snprintf(path, sizeof(path), "%s%u", name, branch);
		snprintf(links + strlen(links), sizeof(links) - strlen(links),
			 "<a href='%s.html'><a href='./%s.html?'><a href='/%s.html#x'>", path, path,
			 path);
		count += write_tree(path, depth - 1);
	}
	snprintf(path, sizeof(path), "root/%s.html", name);
	write_text(path, "<title>%s</title>%s", name, links);
	return count;
}

static void every_page_of_a_tree_is_asked_for_once(void **state)
{
	unsigned pages = write_tree("t", 3);
	struct requests requests;

	(void)state;
	assert_int_equal(pages, 156);
	assert_code(RUN(url("/t.html"), "-c", follow("  - {link: 'html$'}"), QUICK, "-j", "4"), 0);
	requests = site_requests();
	assert_each_once(&requests, pages);
	assert_string_equal(ask("SELECT depth, count(*) FROM pages GROUP BY 1"),
			    "0|1\n1|5\n2|25\n3|125");
	assert_string_equal(ask("SELECT count(*) FROM pages p JOIN pages f ON f.url = p.from_url"
				" WHERE p.depth <> f.depth + 1"),
			    "0");
}

static void a_tree_is_crawled_breadth_first(void **state)
{
	struct requests requests;

	(void)state;
	write_tree("t", 3);
	assert_code(RUN(url("/t.html"), "-c", follow("  - {link: 'html$'}"), IN_ORDER), 0);
	requests = site_requests();
	for (size_t i = 1; i < requests.count; i++)
		assert_true(strlen(requests.list[i].target) >= strlen(requests.list[i - 1].target));
}

static void high_priority_comes_before_low(void **state)
{
	struct requests requests;

	(void)state;
	write_text("root/a.html", "<a href=low1.html><a href=n1.html><a href=high1.html><a "
				  "href=n2.html><a href=high2.html>");
	for (unsigned i = 0; i < 5; i++)
		write_text((const char *[]){ "root/low1.html", "root/n1.html", "root/high1.html",
					     "root/n2.html", "root/high2.html" }[i],
			   "the end");
	assert_code(RUN(url("/a.html"), "-c",
			follow("  - {link: high, priority: high}\n  - {link: low, priority: low}\n"
			       "  - {link: /n}"),
			IN_ORDER),
		    0);
	requests = site_requests();
	assert_int_equal(requests.count, 6);
	assert_string_equal(requests.list[1].target, "/high1.html");
	assert_string_equal(requests.list[2].target, "/high2.html");
	assert_string_equal(requests.list[3].target, "/n1.html");
	assert_string_equal(requests.list[5].target, "/low1.html");
}

/* ---- what pages say of their links ---- */

static void nofollow_is_obeyed_as_robots_txt_is(void **state)
{
	(void)state;
	write_text("root/a.html", "<a href=b.html rel='nofollow noopener'><a href=c.html>");
	write_text("root/b.html", "the end");
	write_text("root/c.html", "<meta name=robots content='noindex, nofollow'><a href=d.html>");
	write_text("root/d.html", "the end");
	assert_code(RUN(url("/a.html"), "-c", follow(EVERYTHING), IN_ORDER), 0);
	assert_string_equal(fetched(), "/a.html /c.html");
	assert_code(RUN(url("/a.html"), "-c", follow(EVERYTHING), "--fresh", IN_ORDER, "--set",
			"robots=false"),
		    0);
	assert_string_equal(fetched(), "/a.html /b.html /c.html /d.html");
}

/* As <meta name=robots> it may say: of all, or of us. */
static void an_x_robots_tag_is_obeyed_as_the_meta_element_is(void **state)
{
	static const struct {
		const char *query;
		bool is_followed;
	} rows[] = {
		{ "", true },
		{ "?say=noindex", true },
		{ "?say=otherbot:+nofollow", true },
		{ "?say=otherbot:+noindex,+nofollow", true },
		{ "?say=nofollow", false },
		{ "?say=NONE", false },
		{ "?say=noindex&and=nofollow", false },
		{ "?say=otherbot:+noindex&and=nofollow", false },
		{ "?say=MyBot:+noindex,nofollow", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *page = url("/robots-tag%s", rows[i].query);

		assert_code(RUN(page, "-c", follow("  - {depth: 1}"), "--fresh", IN_ORDER, "--set",
				"user_agent=mybot/1.0"),
			    0);
		if (ask_number("SELECT count(*) FROM pages") != 1 + rows[i].is_followed)
			fail_msg("%s: %s", rows[i].query, fetched());
	}
	assert_code(RUN(url("/robots-tag?say=none"), "-c", in_folder("config.yaml"), "--fresh",
			IN_ORDER, "--set", "robots=false"),
		    0);
	assert_string_equal(fetched(), "/robots-tag?say=none /page/1");
}

/* A crawler that need not obey robots.txt there need not obey its pages either. */
static void nofollow_is_obeyed_where_robots_txt_is(void **state)
{
	static const struct {
		const char *robots, *host_robots, *followed_at; /* addresses */
	} rows[] = {
		{ "robots=true", "false", "127.0.0.2" },
		{ "robots=false", "true", "127.0.0.1" },
	};
	static const char *const targets[] = { "/a.html", "/b.html", "/robots-tag?say=nofollow" };

	(void)state;
	write_text("root/a.html", "<a href=/page/1 rel=nofollow>");
	write_text("root/b.html", "<meta name=robots content=nofollow><a href=/page/1>");
	for (size_t i = 0; i < COUNT_OF(rows) * COUNT_OF(targets); i++) {
		const char *target = targets[i / COUNT_OF(rows)];
		const char *followed_at = rows[i % COUNT_OF(rows)].followed_at;

		write_text("config.yaml",
			   "follow: [{depth: 1}]\nhosts: [{match: '127.0.0.2', robots: %s}]\n",
			   rows[i % COUNT_OF(rows)].host_robots);
		assert_code(RUN(url_at(1, target), url_at(2, target), "-c",
				in_folder("config.yaml"), "--fresh", IN_ORDER, "--set",
				rows[i % COUNT_OF(rows)].robots),
			    0);
		assert_int_equal(ask_number("SELECT count(*) FROM pages"), 3);
		assert_says(ask("SELECT url FROM pages WHERE depth = 1"), followed_at);
	}
}

static void links_are_relative_to_base(void **state)
{
	(void)state;
	mkdir(in_folder("root/d"), 0700);
	write_text("root/a.html", "<a href=b.html><base href='/d/'><a href=c.html>");
	write_text("root/d/b.html", "<base href='http://127.0.0.9:1/'><a href=x>");
	write_text("root/d/c.html", "<base href=':'><a href='e.html'>");
	write_text("root/d/e.html", "the end");
	assert_code(RUN(url("/a.html"), "-c", follow(EVERYTHING), IN_ORDER), 0);
	assert_string_equal(fetched(), "/a.html /d/b.html /d/c.html /d/e.html");
	assert_string_equal(ask("SELECT url FROM pages WHERE outcome = 'out_of_scope'"),
			    "http://127.0.0.9:1/x");
}

/* They are of the place where the page was found, not of where it was asked for. */
static void links_of_a_redirected_page_are_relative_to_its_end(void **state)
{
	(void)state;
	mkdir(in_folder("root/d"), 0700);
	write_text("root/d/a.html", "<a href=b.html>");
	write_text("root/d/b.html", "the end");
	assert_code(RUN(url("/redirect/2?to=/d/a.html"), "-c", follow(EVERYTHING), IN_ORDER), 0);
	assert_string_equal(fetched(), "/redirect/2?to=/d/a.html /d/b.html");
}

/* ---- what a site may do to a crawler ---- */

static void a_million_links_on_a_page_are_bounded_and_counted(void **state)
{
	struct program *run;

	(void)state;
	run = RUN(url("/links/1000000"), "-c", follow("  - {depth: 1}"), QUICK, "--set",
		  "max_body=100MB", "--max-pages", "50", "-j", "1");
	assert_code(run, 0);
	assert_says(run->error, "beyond the room of a page");
	assert_string_equal(ask("SELECT outcome, state FROM pages WHERE url LIKE '%/links/%'"),
			    "ok|done");
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE state = 'done'"), 50);
	assert_in_range(ask_number("SELECT count(*) FROM pages"), 100000, 1000000);
	assert_int_equal(ask_number("SELECT count(DISTINCT url) FROM pages"),
			 ask_number("SELECT count(*) FROM pages"));
}

static void links_with_every_byte_end_well(void **state)
{
	char page[32768];
	size_t size = 0;
	struct requests requests;

	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		static const char *const forms[] = { "<a href=\"", "<a href='",
						     "<a href=", "<a href=/" };

		for (size_t form = 0; form < COUNT_OF(forms); form++) {
			size += (size_t)sprintf(page + size, "%s%zu-%u", forms[form], form, byte);
			page[size++] = (char)byte;
			size += (size_t)sprintf(page + size, "z\"'>");
		}
	}
	write_bytes("root/a.html", page, size);
	RUN(url("/a.html"), "-c", follow("  - {depth: 1}"), QUICK);
	assert_string_equal(ask("SELECT outcome, state FROM pages WHERE depth = 0"), "ok|done");
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE state = 'pending'"), 0);
	assert_true(ask_number("SELECT count(*) FROM pages WHERE outcome = 'http_error'") > 700);
	requests = site_requests();
	assert_int_equal(requests.count, ask_number("SELECT count(*) FROM pages WHERE status > 0"));
	assert_string_equal(ask("SELECT count(*) FROM pages WHERE url GLOB '*[^!-~]*'"), "0");
}

static void a_url_of_more_than_8_kib_is_no_link(void **state)
{
	char fits[8193], too_long[9000];
	size_t origin = strlen(site.origin);

	(void)state;
	memset(fits, 'a', sizeof(fits));
	fits[0] = '/';
	fits[8192 - origin] = '\0';
	memset(too_long, 'b', sizeof(too_long));
	too_long[0] = '/';
	too_long[8193 - origin] = '\0';
	write_text("root/a.html", "<a href='%s'><a href='%s'><a href='/missing'>", fits, too_long);
	RUN(url("/a.html"), "-c", follow(EVERYTHING), QUICK);
	assert_string_equal(
		ask("SELECT length(url), outcome FROM pages ORDER BY length(url) DESC LIMIT 1"),
		"8192|http_error");
	assert_int_equal(ask_number("SELECT count(*) FROM pages"), 3);
}

#define DEAR_LINKS     100
#define DEAR_LINK_SIZE 4000

/* A page with links that a careless expression is slow at, and a good one behind them. */
static void write_dear_page(const char *name, const char *good)
{
	char *page = malloc(DEAR_LINKS * (DEAR_LINK_SIZE + 100)), path[DEAR_LINK_SIZE + 1];
	size_t size = 0;

	memset(path, 'a', DEAR_LINK_SIZE);
	path[DEAR_LINK_SIZE] = '\0';
	for (unsigned i = 0; i < DEAR_LINKS; i++)
		size += (size_t)sprintf(page + size, "<a href='/%u%s!'>", i, path);
	size += (size_t)sprintf(page + size, "<a href='%s'>", good);
	write_bytes(name, page, size);
	free(page);
}

/* Without a bound each link would take years; the other rule goes on. */
static void a_rule_that_runs_out_of_time_is_told_once_and_the_crawl_goes_on(void **state)
{
	const char *limits[] = { "match_limit=4000000000", "match_limit=1000" };
	struct program *run;

	(void)state;
	write_dear_page("root/a.html", "b.html");
	write_dear_page("root/b.html", "c.html");
	write_text("root/c.html", "<a href=d.html>");
	write_text("root/d.html", "the end");
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		run = RUN(url("/a.html"), "-c", follow("  - {link: '(a+)+$'}\n  - {link: html$}"),
			  "--fresh", IN_ORDER, "--set", limits[i], "--set", "pattern_time=20ms");
		assert_code(run, 0);
		assert_string_equal(fetched(), "/a.html /b.html /c.html /d.html");
		assert_int_equal(ask_number("SELECT count(*) FROM pages"), 4);
		assert_says(run->error, "follow_limit rule=1");
		assert_null(strstr(strstr(run->error, "follow_limit") + 1, "follow_limit"));
		assert_says(run->error, "links: 3 new, 2 pages over the limits of a rule\n");
		assert_silent_on(run->error, "worker_exit");
	}
}

static void endless_paths_and_queries_come_to_an_end(void **state)
{
	struct program *run;

	(void)state;
	run = RUN(url("/endless"), "-c", follow("  - {depth: 1000000}"), QUICK, "--set",
		  "query_pages=50");
	assert_code(run, 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"), "ok|51");
	assert_says(run->error, "links: 50 new, 1 into traps\n");
	run = RUN(url("/trap/"), "-c", follow("  - {depth: 1000000}"), QUICK, "--fresh", "--set",
		  "host_pages=200");
	assert_code(run, 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"), "ok|201");
	run = RUN(url("/trap/1/1/1"), "-c", follow("  - {link: '(/1)+$', depth: 1000000}"), QUICK,
		  "--fresh");
	assert_code(run, 0);
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"), "ok|1");
	run = RUN(url("/trap/"), "-c", follow(EVERYTHING), QUICK, "--fresh", "--depth", "4");
	assert_code(run, 0);
	assert_string_equal(ask("SELECT depth, count(*) FROM pages GROUP BY 1"),
			    "0|1\n1|3\n2|9\n3|27\n4|78");
	assert_says(run->error, "links: 117 new, 234 too deep, 3 into traps\n");
}

/* Of each page so many; it is said which parameter it is, once, and what helps. */
static void sessions_in_the_path_come_to_an_end(void **state)
{
	char links[4096] = "";
	struct program *run;

	(void)state;
	for (int i = 0; i < 30; i++)
		sprintf(links + strlen(links), "<a href='b.html;v=1;sid=%d'><a href='c.html;%d'>",
			i, i);
	write_text("root/a.html", "%s", links);
	run = RUN(url("/a.html"), "-c", follow(EVERYTHING), QUICK);
	assert_says(run->error, "links: 50 new, 10 into traps\n");
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE url LIKE '%/b.html;v=1;%'"),
			 20);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE url LIKE '%/c.html;%'"), 30);
	assert_says(run->error, "path_trap host=");
	assert_says(run->error, "parameter=sid");
	assert_says(run->error, "drop_path");
	assert_null(strstr(strstr(run->error, "path_trap") + 1, "path_trap"));
	write_text("root/a.html", "%s<a href='b.html;v=1;sid=x'>", links);
	run = RUN(url("/a.html"), "-c", follow(EVERYTHING), QUICK, "--update");
	assert_says(run->error, "links: 11 into traps\n");
	write_text("config.yaml", "follow: [{same: host}]\ncanonical: {drop_path: [sid]}\n");
	run = RUN(url("/a.html"), "-c", in_folder("config.yaml"), QUICK, "--fresh");
	assert_says(run->error, "links: 31 new\n"); /* b.html;v=1 once */
	assert_silent_on(run->error, "path_trap");
}

/* The bounds are those of the database, not of a run. */
static void bounds_hold_over_all_runs(void **state)
{
	(void)state;
	for (int run = 0; run < 2; run++) {
		assert_code(RUN(url("/page/0"), "-c",
				follow("  - {link: '/page/', max_pages: 30, depth: 5}"), QUICK,
				"--max-pages", "20"),
			    0);
		assert_true(ask_number("SELECT count(*) FROM pages") <= 31);
	}
	assert_string_equal(ask("SELECT state, count(*) FROM pages GROUP BY 1"), "done|31");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_page_of_the_internet_leads_to_no_private_address),
		T(a_host_that_was_public_is_not_asked_at_a_private_address),
		T(hosts_at_private_addresses_lead_to_others),
		T(a_rule_says_from_where_to_where),
		T(rules_that_are_for_no_link_are_told),
		T(the_flag_for_depth_is_for_rules_that_say_none),
		T(another_host_is_another_site_unless_a_rule_says_otherwise),
		T(a_link_to_another_site_is_fetched_when_a_list_names_it),
		T(a_link_that_redirects_to_another_site_is_not_followed_there),
		T(a_ring_of_redirects_ends_after_as_many_as_are_allowed),
		T(links_that_differ_in_dropped_parameters_are_one_page),
		T(links_that_differ_in_dropped_parameters_of_the_path_are_one_page),
		T(a_url_with_its_parameters_is_another_without_the_config),
		T(a_server_that_insists_on_a_dropped_parameter_is_a_redirect_loop),
		T(the_board_is_crawled_to_its_last_page_from_its_first),
		T(every_page_of_a_tree_is_asked_for_once),
		T(a_tree_is_crawled_breadth_first),
		T(high_priority_comes_before_low),
		T(nofollow_is_obeyed_as_robots_txt_is),
		T(an_x_robots_tag_is_obeyed_as_the_meta_element_is),
		T(nofollow_is_obeyed_where_robots_txt_is),
		T(links_are_relative_to_base),
		T(links_of_a_redirected_page_are_relative_to_its_end),
		T(a_million_links_on_a_page_are_bounded_and_counted),
		T(links_with_every_byte_end_well),
		T(a_url_of_more_than_8_kib_is_no_link),
		T(a_rule_that_runs_out_of_time_is_told_once_and_the_crawl_goes_on),
		T(endless_paths_and_queries_come_to_an_end),
		T(sessions_in_the_path_come_to_an_end),
		T(bounds_hold_over_all_runs),
	};

	return RUN_TESTS(tests);
}
