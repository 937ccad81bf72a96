#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: lists in parts, as APIs have them, are read to their end, each part
 * once, however it is said where the next one is; and no further than the rule says.
 */
#define QUICK           "--delay", "0", "--set", "retries=0", "-j", "2"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ITEMS           3 /* of each part */

#define PATTERN                    \
	"patterns:\n"              \
	"  - name: items\n"        \
	"    json: '$.items[*]'\n" \
	"    fields: {sku: {json: '$.sku', type: integer}}\n"

static int begin(void **state)
{
	(void)state;
	srandom((unsigned)time(NULL) ^ (unsigned)getpid());
	return scenario_begin_rooted(
		(const char *[]){ "--addresses", "3", "--workers", "2", NULL });
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, scenario_end)

static const char *follow(const char *rule)
{
	return write_text("config.yaml", PATTERN "follow:\n  - %s\n", rule);
}

/* Pages that were read, and their items, each counted once. */
static const char *read_and_found(void)
{
	return ask("SELECT (SELECT count(*) FROM pages WHERE outcome = 'ok'),"
		   " (SELECT count(DISTINCT sku) FROM items), (SELECT count(*) FROM items)");
}

#define NEXT   "{json: '$.next'}"
#define CURSOR "{query: {cursor: '$.cursor'}}"

static void a_list_is_read_to_its_end_however_that_is_said(void **state)
{
	static const struct {
		const char *rule, *first, *read;
	} rows[] = {
		{ NEXT, "/api/items", "3|9|9" },
		{ NEXT, "/api/items?last=null", "3|9|9" },
		{ NEXT, "/api/items?last=empty", "3|9|9" },
		{ NEXT, "/api/items?last=false", "3|9|9" },
		{ NEXT, "/api/items?pages=1", "1|3|3" },
		{ NEXT, "/api/items?page=3", "1|3|3" },
		{ CURSOR, "/api/feed", "3|9|9" },
		{ CURSOR, "/api/feed?last=null", "3|9|9" },
		{ CURSOR, "/api/feed?last=empty", "3|9|9" },
		{ CURSOR, "/api/feed?last=false", "3|9|9" },
		{ "{from: '/nowhere', json: '$.next'}", "/api/items", "1|3|3" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run =
			RUN(url("%s", rows[i].first), "-c", follow(rows[i].rule), "--fresh", QUICK);

		assert_code(run, 0);
		assert_null(strstr(run->error, "gave a rule no URL"));
		if (strcmp(read_and_found(), rows[i].read) != 0)
			fail_msg("%s %s: %s", rows[i].rule, rows[i].first, read_and_found());
	}
}

/* The last part leads to the first: by another URL than the list, once more; never again. */
static void a_ring_ends_where_it_began(void **state)
{
	static const struct {
		const char *rule, *first, *read;
	} rows[] = {
		{ NEXT, "/api/items?ring=1&page=1", "4|9|12" },
		{ NEXT, "/api/items?page=1&ring=1", "3|9|9" },
		{ NEXT, "/api/items?pages=1&ring=1", "2|3|6" },
		{ CURSOR, "/api/feed?ring=1&pages=5", "6|15|18" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_code(
			RUN(url("%s", rows[i].first), "-c", follow(rows[i].rule), "--fresh", QUICK),
			0);
		if (strcmp(read_and_found(), rows[i].read) != 0)
			fail_msg("%s %s: %s", rows[i].rule, rows[i].first, read_and_found());
	}
}

/* max_pages alone bounds a list; without it depth does, as it does all links. */
static void a_list_is_read_as_far_as_its_rule_says(void **state)
{
	static const struct {
		const char *rule, *flag, *read, *said;
	} rows[] = {
		{ NEXT, "--depth=10", "11|33|33", "  links: 10 new, 1 too deep\n" },
		{ NEXT, "--depth=3", "4|12|12", "  links: 3 new, 1 too deep\n" },
		{ "{json: '$.next', depth: 20}", "--depth=3", "21|63|63",
		  "  links: 20 new, 1 too deep\n" },
		{ "{json: '$.next', max_pages: 20}", "--depth=3", "21|63|63",
		  "  links: 20 new, 1 over max_pages\n" },
		{ "{json: '$.next', max_pages: 20, depth: 4}", "--depth=3", "5|15|15",
		  "  links: 4 new, 1 too deep\n" },
		{ "{json: '$.next', max_pages: 1000}", "--depth=3", "30|90|90",
		  "  links: 29 new\n" },
		{ "{json: '$.next', max_pages: 0}", "--depth=3", "1|3|3",
		  "  links: 1 over max_pages\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run = RUN(url("/api/items?pages=30"), "-c", follow(rows[i].rule),
					  "--fresh", rows[i].flag, QUICK);

		assert_code(run, 0);
		assert_says(run->error, rows[i].said);
		if (strcmp(read_and_found(), rows[i].read) != 0)
			fail_msg("%s %s: %s", rows[i].rule, rows[i].flag, read_and_found());
	}
}

/* That is for links that nobody has counted. */
static void a_list_that_is_bounded_is_no_trap(void **state)
{
	static const struct {
		const char *rule, *first, *read;
	} rows[] = {
		{ "{json: '$.next', max_pages: 100}", "/api/items?pages=30", "30|90|90" },
		{ "{query: {cursor: '$.cursor'}, max_pages: 100}", "/api/feed?pages=30",
		  "30|90|90" },
		{ "{json: '$.next', depth: 100}", "/api/items?pages=30", "6|18|18" },
		{ "{post: {cursor: '$.cursor'}, depth: 100}", "/api/search?pages=30", "30|90|90" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_code(RUN(url("%s", rows[i].first), "-c", follow(rows[i].rule), "--fresh",
				"--set", "query_pages=5", "--max-pages", "3", QUICK),
			    0);
		assert_code(RUN(url("%s", rows[i].first), "-c", follow(rows[i].rule), "--set",
				"query_pages=5", QUICK),
			    0);
		if (strcmp(read_and_found(), rows[i].read) != 0)
			fail_msg("%s: %s", rows[i].rule, read_and_found());
	}
}

static void the_next_part_of_another_site_is_not_read_unless_the_rule_says_so(void **state)
{
	struct program *run;

	(void)state;
	run = RUN(url("/api/items?host=2"), "-c", follow(NEXT), QUICK);
	assert_code(run, 0);
	assert_says(run->error, "  links: 1 to other sites\n");
	assert_string_equal(ask("SELECT outcome FROM pages ORDER BY depth"), "ok\nout_of_scope");
	assert_code(RUN(url("/api/items?host=2"), "-c", follow("{json: '$.next', same: any}"),
			"--fresh", QUICK),
		    0);
	assert_string_equal(read_and_found(), "3|9|9");
}

/* ---- parts that are posted for ---- */

#define POST   "{post: {cursor: '$.cursor'}}"
#define NESTED "{post: {variables: {cursor: '$.cursor', size: 3}}}"

/* A list of one line, which asks for the first part. */
static const char *list_of(const char *line, const char *target)
{
	return write_text("list", line, url("%s", target));
}

static void a_list_that_is_posted_for_is_read_to_its_end(void **state)
{
	static const struct {
		const char *rule, *line, *first, *read;
	} rows[] = {
		{ POST, "%s\n", "/api/search", "3|9|9" },
		{ POST, "%s\n", "/api/search?last=null", "3|9|9" },
		{ POST, "%s\n", "/api/search?last=false&pages=1", "1|3|3" },
		{ POST, "{\"url\": \"%s\", \"json\": {\"q\": \"tea\"}}\n", "/api/search", "3|9|9" },
		{ POST, "{\"url\": \"%s\", \"json\": {\"cursor\": null}}\n", "/api/search",
		  "3|9|9" },
		{ POST, "{\"url\": \"%s\", \"form\": {\"q\": \"a b\"}}\n", "/api/search", "3|9|9" },
		{ NESTED, "{\"url\": \"%s\", \"json\": {\"variables\": {\"n\": 1}}}\n",
		  "/api/search", "3|9|9" },
		{ CURSOR, "{\"url\": \"%s\", \"json\": {\"q\": 1}}\n", "/api/search", "2|3|6" },

		/* A ring: the first part was asked for by another request than the last leads to.
		 */
		{ POST, "%s\n", "/api/search?ring=1", "4|9|12" },
		{ POST, "%s\n", "/api/search?ring=1&pages=1", "2|3|6" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run = RUN(list_of(rows[i].line, rows[i].first), "-c",
					  follow(rows[i].rule), "--fresh", QUICK);

		if (run->code != 0 || strcmp(read_and_found(), rows[i].read) != 0)
			fail_msg("%s %s %s: %s\n%s", rows[i].rule, rows[i].line, rows[i].first,
				 read_and_found(), run->error);
	}
}

/* What else was asked stays as it was, byte for byte, and so does how it was.  (In the log of the
 * site a blank is '?'.) */
static void the_next_part_is_asked_for_with_all_that_the_first_was(void **state)
{
	static const struct {
		const char *rule, *first, *line, *second;
	} rows[] = {
		{ CURSOR, "/api/feed", "{\"url\": \"%s\", \"headers\": {\"X-Api-Key\": \"k1\"}}\n",
		  "x-api-key=k1|" },
		{ NEXT, "/api/items", "{\"url\": \"%s\", \"headers\": {\"X-Api-Key\": \"k1\"}}\n",
		  "x-api-key=k1|" },
		{ POST, "/api/search",
		  "{\"url\": \"%s\", \"json\": {\"id\": 12345678901234567890, \"cursor\": 0, "
		  "\"q\": [1.0]},"
		  " \"headers\": {\"X-Api-Key\": \"k1\"}}\n",
		  "x-api-key=k1|body={\"id\":12345678901234567890,\"cursor\":\"+2/&=%#?\\\\\\\"\","
		  "\"q\":[1.0]}|" },
		{ POST, "/api/search",
		  "{\"url\": \"%s\", \"form\": {\"q\": \"a+b\", \"cursor\": \"\"}}\n",
		  "body=q=a%2Bb&cursor=%2B2%2F%26%3D%25%23%20%5C%22|" },
		{ POST, "/api/search", "{\"url\": \"%s\", \"headers\": {\"X-Api-Key\": \"k1\"}}\n",
		  "x-api-key=k1|body={\"cursor\":\"+2/&=%#?\\\\\\\"\"}|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct requests requests;
		size_t before = site_requests().count;

		assert_code(RUN(list_of(rows[i].line, rows[i].first), "-c", follow(rows[i].rule),
				"--fresh", QUICK),
			    0);
		requests = site_requests();
		assert_int_equal(requests.count, before + 3);
		assert_string_equal(requests.list[before + 1].carried, rows[i].second);
		if (!strstr(rows[i].second, "body=")) /* in which the cursor is another */
			assert_string_equal(requests.list[before + 2].carried, rows[i].second);
	}
	assert_string_equal(ask("SELECT method, count(*) FROM pages GROUP BY 1"), "GET|1\nPOST|2");
}

/* Of a list that begins with a GET the next body is JSON, or what the line says that it is. */
static void the_next_body_is_of_the_type_that_the_line_has(void **state)
{
	static const struct {
		const char *line, *headers;
	} rows[] = {
		{ "{\"url\": \"%s\"}\n", "Content-Type: application/json;" },
		{ "{\"url\": \"%s\", \"headers\": {\"content-type\": "
		  "\"application/vnd.api+json\"}}\n",
		  "content-type: application/vnd.api+json;" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_code(RUN(list_of(rows[i].line, "/api/search"), "-c", follow(POST), "--fresh",
				QUICK),
			    0);
		assert_string_equal(ask("SELECT DISTINCT replace(headers, char(10), ';')"
					" FROM crawl_requests WHERE method = 'POST'"),
				    rows[i].headers);
	}
}

/* A key that is good for a day: the list of the next one has another, which is for all parts. */
static void the_next_parts_are_asked_for_as_the_latest_list_says(void **state)
{
	static const struct {
		const char *rule, *first, *line;
	} rows[] = {
		{ CURSOR, "/api/feed",
		  "{\"url\": \"%s\", \"headers\": {\"X-Api-Key\": \"%s\"}}\n" },
		{ POST, "/api/search",
		  "{\"url\": \"%s\", \"json\": {}, \"headers\": {\"X-Api-Key\": \"%s\"}}\n" },
	};
	static const char *const keys[] = { "k1", "k2" }, *const carried[] = { "x-api-key=k1|",
									       "x-api-key=k2|" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t day = 0; day < COUNT_OF(keys); day++) {
			const char *fresh = day == 0 ? "--fresh" : "-q";
			size_t before = site_requests().count;
			struct requests requests;

			write_text("list", rows[i].line, url("%s", rows[i].first), keys[day]);
			assert_code(RUN("list", "-c", follow(rows[i].rule), fresh, QUICK), 0);
			requests = site_requests();
			assert_int_equal(requests.count, before + 3);
			for (size_t n = before; n < requests.count; n++)
				assert_says(requests.list[n].carried, carried[day]);
		}
	}
}

/* A body that is the user's own may hold what is nobody's business. */
static void a_body_that_cannot_be_asked_again_is_not_shown(void **state)
{
	struct program *run;

	(void)state;
	run = RUN(list_of("{\"url\": \"%s\", \"body\": \"secret-token\"}\n", "/api/search"), "-c",
		  follow(POST), QUICK);
	assert_code(run, 0);
	assert_says(run->error, "rule 1 of follow: the request's own body is no JSON object");
	assert_null(strstr(run->error, "secret"));
	assert_string_equal(ask("SELECT error FROM pages"),
			    "rule 1 of follow: the request's own body is no JSON object");
}

static void a_list_that_is_posted_for_has_the_bounds_of_all_links(void **state)
{
	static const struct {
		const char *rule, *read, *said;
	} rows[] = {
		{ POST, "11|33|33", "  links: 10 new, 1 too deep\n" },
		{ "{post: {cursor: '$.cursor'}, max_pages: 20}", "21|63|63",
		  "  links: 20 new, 1 over max_pages\n" },
		{ "{post: {cursor: '$.cursor'}, max_pages: 100, depth: 4}", "5|15|15",
		  "  links: 4 new, 1 too deep\n" },
		{ "{post: {cursor: '$.cursor'}, max_pages: 100}", "30|90|90", "  links: 29 new\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run = RUN(url("/api/search?pages=30"), "-c", follow(rows[i].rule),
					  "--fresh", QUICK);

		assert_code(run, 0);
		assert_says(run->error, rows[i].said);
		if (strcmp(read_and_found(), rows[i].read) != 0)
			fail_msg("%s: %s", rows[i].rule, read_and_found());
	}
}

/* ---- what is no link is told ---- */

static void what_a_path_finds_that_is_no_link_is_told_once_and_counted(void **state)
{
	struct program *run;

	(void)state;
	write_text("root/a.json", "{\"all\": [\"/b.json\", \"/c.json\"], \"next\": 2}");
	write_text("root/b.json", "{\"next\": {\"href\": \"/d.json\"}}");
	write_text("root/c.json", "{\"next\": null}");
	write_text("config.yaml", "follow:\n  - json: '$.all[*]'\n  - json: '$.next'\n");
	run = RUN(url("/a.json"), "-c", "config.yaml", QUICK, "--concurrency", "1");
	assert_code(run, 0);
	assert_says(run->error, " follow_json url=");
	assert_says(run->error, "rule 2 of follow: 2 is no URL");
	assert_null(strstr(run->error, "href"));
	assert_says(run->error, "  links: 2 new, 2 pages whose JSON gave a rule no URL\n");
	assert_string_equal(ask("SELECT error FROM pages ORDER BY url"),
			    "rule 2 of follow: 2 is no URL\n"
			    "rule 2 of follow: {\"href\": \"/d.json\"} is no URL\n-");
	run = RUN("why", url("/a.json"));
	assert_code(run, 0);
	assert_says(run->out, "rule 2 of follow: 2 is no URL");
}

/* With expect for its host, the page fails, and the list goes on from there when it is there. */
/* The list would end with its first part, as if that were all. */
static void a_parameter_that_is_dropped_is_told(void **state)
{
	struct program *run;

	(void)state;
	write_text("c.yaml",
		   PATTERN "follow:\n  - " CURSOR "\ncanonical: {drop_query: [cursor]}\n");
	run = RUN(url("/api/feed"), "-c", "c.yaml", QUICK);
	assert_code(run, 0);
	assert_says(run->error, "rule 1 of follow: drop_query takes off what it sets");
	assert_string_equal(ask("SELECT count(*), error FROM pages"),
			    "1|rule 1 of follow: drop_query takes off what it sets");
}

/* Many POSTs have one URL: which of them it was is said by its name, which why takes. */
static void a_post_whose_answer_leads_nowhere_is_told_by_its_name(void **state)
{
	struct program *run;

	(void)state;
	run = RUN(list_of("{\"url\": \"%s\", \"body\": \"a\"}\n", "/api/search"), "-c",
		  follow(POST), QUICK);
	assert_code(run, 0);
	assert_says(run->error, "follow_json url=");
	assert_says(run->error, ask("SELECT url || ' why=' FROM pages"));
}

static void a_list_that_an_error_has_cut_goes_on_from_there(void **state)
{
	static const char config[] = "hosts:\n  - {match: '127.0.0.1', expect: '^\\{'}\n"
				     "follow:\n  - {json: '$.next'}\n";

	(void)state;
	write_text("root/a.json", "{\"next\": \"/b.json\"}");
	write_text("root/b.json", "too many requests");
	write_text("root/c.json", "{\"next\": null}");
	write_text("config.yaml", "%s", config);
	assert_code(RUN(url("/a.json"), "-c", "config.yaml", QUICK), 1);
	assert_string_equal(ask("SELECT outcome FROM pages ORDER BY url"), "ok\nwrong_page");
	write_text("root/b.json", "{\"next\": \"/c.json\"}");
	assert_code(RUN("--retry-failed", "-c", "config.yaml", QUICK), 0);
	assert_string_equal(ask("SELECT outcome FROM pages ORDER BY url"), "ok\nok\nok");
}

static void an_answer_that_is_no_json_is_told_and_not_taken_for_the_end(void **state)
{
	struct program *run;

	(void)state;
	write_text("root/a.json", "too many requests");
	run = RUN(url("/a.json"), "-c", follow("{from: 'json$', query: {c: '$.c'}}"), QUICK);
	assert_code(run, 0);
	assert_says(run->error, "rule 1 of follow: the answer is no JSON");
	assert_says(run->error, "1 page whose JSON gave a rule no URL");
}

/* A file of a store often comes as application/octet-stream, which no pattern looks at either. */
static void an_answer_that_is_no_text_is_told(void **state)
{
	static const struct {
		const char *rule;
		bool is_told;
	} rows[] = {
		{ "{from: 'bin$', query: {c: '$.c'}}", true },
		{ "{from: 'bin$', post: {c: '$.c'}}", true },
		{ "{query: {c: '$.c'}}", false },
		{ "{from: 'bin$', json: '$.c'}", false },
		{ "{from: 'json$', query: {c: '$.c'}}", false },
	};

	(void)state;
	write_text("root/a.bin", "{\"c\": 1}");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run =
			RUN(url("/a.bin"), "-c", follow(rows[i].rule), "--fresh", QUICK);

		assert_code(run, 0);
		assert_int_equal(strstr(run->error, "rule 1 of follow: the answer is no text") !=
					 NULL,
				 rows[i].is_told);
	}
}

static void inspect_shows_where_an_answer_leads(void **state)
{
	static const struct {
		const char *rule, *answer, *links, *said;
	} rows[] = {
		{ NEXT, "{\"next\": \"?page=2\"}", "http://h/api?page=2\n", "" },
		{ CURSOR, "{\"cursor\": \"+/=\"}", "http://h/api?a=1&cursor=%2B%2F%3D\n", "" },
		{ CURSOR, "{\"cursor\": null}", "", "" },
		{ "{post: {c: '$.cursor'}}", "{\"cursor\": \"\\u00e9\"}",
		  "{\"url\": \"http://h/api?a=1\", \"json\": {\"c\":\"\\u00e9\"}}\n", "" },
		{ CURSOR, "{\"cursor\": [1]}", "",
		  "rule 1 of follow: [1] cannot stand in a query or form\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run;

		write_text("answer.json", "%s", rows[i].answer);
		run = RUN("inspect", "links", "-c", follow(rows[i].rule), "--base",
			  "http://h/api?a=1", "answer.json");
		assert_code(run, 0);
		assert_string_equal(run->out, rows[i].links);
		assert_string_equal(run->error, rows[i].said);
	}
}

static void try_shows_where_an_answer_leads(void **state)
{
	static const struct {
		const char *rules, *answer, *shown;
	} rows[] = {
		{ NEXT, "{\"next\": \"?page=2\"}", "follow 1: http://h/api?page=2\n" },
		{ CURSOR, "{\"cursor\": \"+\"}", "follow 1: http://h/api?cursor=%2B\n" },
		{ "{post: {v: {c: '$.cursor'}, n: 5}}", "{\"cursor\": [1, \"a\"]}",
		  "follow 1: {\"url\": \"http://h/api\", \"json\": "
		  "{\"v\":{\"c\":[1, \"a\"]},\"n\":5}}\n" },
		{ "{json: '$.all[*]'}", "{\"all\": [\"a\", \"b\", \"c\", \"d\", \"e\"]}",
		  "follow 1: http://h/a\nfollow 1: http://h/b\nfollow 1: http://h/c\n"
		  "follow 1: and 2 more\n" },
		{ NEXT, "{\"next\": null}", "follow 1: nothing: its list ends here\n" },
		{ NEXT, "{\"next\": 2}", "rule 1 of follow: 2 is no URL\n" },
		{ NEXT, "{\"next\": \"//i/\"}",
		  "follow 1: http://i/ (another site: not followed)\n" },
		{ "{link: '/x'}\n  - {from: '/y', json: '$.next'}", "{\"next\": \"/x\"}", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run;
		const char *shown;

		write_text("answer.json", "%s", rows[i].answer);
		run = RUN("try", follow(rows[i].rules), "answer.json", "--url", "http://h/api");
		shown = strstr(run->out, "yaml:2)\n");
		assert_non_null(shown);
		assert_string_equal(shown + strlen("yaml:2)\n"), rows[i].shown);
	}
}

/* What was asked for its page is what the next part is asked for with. */
static void try_knows_how_a_page_that_is_kept_was_asked_for(void **state)
{
	static const struct {
		const char *line, *second; /* behind its URL */
	} rows[] = {
		{ "{\"url\": \"%s\", \"json\": {\"q\": 1}}\n",
		  ", \"json\": {\"q\":1,\"cursor\":\"+2/&=%# \\\\\\\"\"}}\n" },
		{ "{\"url\": \"%s\", \"form\": {\"q\": 1}}\n",
		  ", \"headers\": {\"Content-Type\": \"application/x-www-form-urlencoded\"},"
		  " \"body\": \"q=1&cursor=%2B2%2F%26%3D%25%23%20%5C%22\"}\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run;
		char first[300], expected[600];

		assert_code(RUN(list_of(rows[i].line, "/api/search?pages=2"), "-c", follow(POST),
				"--fresh", QUICK),
			    0);
		assert_string_equal(read_and_found(), "2|6|6");
		snprintf(first, sizeof(first), "%s", ask("SELECT url FROM pages WHERE depth = 0"));
		run = RUN("try", "config.yaml", first);
		snprintf(expected, sizeof(expected), "follow 1: {\"url\": \"%s\"%s",
			 url("/api/search?pages=2"), rows[i].second);
		assert_says(run->out, expected);

		/* And this is a line of a list, which asks for what the crawl has asked for. */
		write_text("second", "%s", strchr(strstr(run->out, "follow 1: "), '{'));
		assert_code(RUN("second", "-o", "second.db", "--fresh", QUICK), 0);
		snprintf(expected, sizeof(expected), "%s",
			 ask("SELECT url FROM pages WHERE depth = 1"));
		assert_string_equal(ask_in(in_folder("second.db"), "SELECT url FROM pages"),
				    expected);
	}
}

/* The body goes along as it was, whatever it is. */
static void try_shows_a_post_by_another_query_as_its_line(void **state)
{
	static const struct {
		const char *line, *second;
	} rows[] = {
		{ "{\"url\": \"%s\", \"method\": \"POST\"}\n", ", \"method\": \"POST\"}\n" },
		{ "{\"url\": \"%s\", \"body\": \"a \\\"b\\\"\\n\"}\n",
		  ", \"body\": \"a \\\"b\\\"\\u000a\"}\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program *run;

		assert_code(RUN(list_of(rows[i].line, "/api/search?pages=2"), "-c", follow(CURSOR),
				"--fresh", QUICK),
			    0);
		run = RUN("try", "config.yaml", ask("SELECT url FROM pages WHERE depth = 0"));
		assert_says(run->out, rows[i].second);
		write_text("second", "%s", strchr(strstr(run->out, "follow 1: "), '{'));
		assert_code(RUN("second", "--dry-run"), 0);
	}
}

/* ---- killed, and again ---- */

static void kill_after(struct program *run, long ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
	kill(run->pid, SIGKILL);
	program_wait(run);
}

#define CRAWL "-c", "config.yaml", "--delay", "1ms", "--set", "retries=0", "-j", "2"

static void a_list_that_is_killed_midway_is_read_to_its_end(void **state)
{
	static const char sql[] = "SELECT url, depth, (SELECT count(*) FROM items WHERE page_url ="
				  " url) FROM pages ORDER BY depth";
	static const char *const firsts[][2] = {
		{ "{json: '$.next', max_pages: 1000}", "/api/items?pages=60" },
		{ "{query: {cursor: '$.cursor'}, max_pages: 1000}", "/api/feed?pages=60" },
		{ "{post: {cursor: '$.cursor'}, max_pages: 1000}", "/api/search?pages=60" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(firsts); i++) {
		char *whole;

		follow(firsts[i][0]);
		assert_code(RUN(url("%s", firsts[i][1]), CRAWL, "-o", "whole.db", "--fresh"), 0);
		whole = strdup(ask_in(in_folder("whole.db"), sql));
		assert_code(RUN(url("%s", firsts[i][1]), CRAWL, "--fresh", "--max-pages", "1"), 0);
		for (unsigned kills = 0; kills < 8; kills++)
			kill_after(START(url("%s", firsts[i][1]), CRAWL), random() % 60);
		assert_code(RUN(url("%s", firsts[i][1]), CRAWL), 0);
		assert_string_equal(ask(sql), whole);
		assert_string_equal(read_and_found(), "60|180|180");

		/* The same command again asks for all of it once more, and no part is new. */
		assert_code(RUN(url("%s", firsts[i][1]), CRAWL), 0);
		assert_string_equal(ask(sql), whole);
		assert_string_equal(ask("SELECT count(*) FROM runs WHERE ended = 'finished'"
					" AND pages = 60"),
				    "1");
		free(whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_list_is_read_to_its_end_however_that_is_said),
		T(a_ring_ends_where_it_began),
		T(a_list_is_read_as_far_as_its_rule_says),
		T(a_list_that_is_bounded_is_no_trap),
		T(the_next_part_of_another_site_is_not_read_unless_the_rule_says_so),
		T(a_list_that_is_posted_for_is_read_to_its_end),
		T(the_next_part_is_asked_for_with_all_that_the_first_was),
		T(the_next_body_is_of_the_type_that_the_line_has),
		T(the_next_parts_are_asked_for_as_the_latest_list_says),
		T(a_body_that_cannot_be_asked_again_is_not_shown),
		T(a_list_that_is_posted_for_has_the_bounds_of_all_links),
		T(what_a_path_finds_that_is_no_link_is_told_once_and_counted),
		T(a_parameter_that_is_dropped_is_told),
		T(a_post_whose_answer_leads_nowhere_is_told_by_its_name),
		T(a_list_that_an_error_has_cut_goes_on_from_there),
		T(an_answer_that_is_no_json_is_told_and_not_taken_for_the_end),
		T(an_answer_that_is_no_text_is_told),
		T(inspect_shows_where_an_answer_leads),
		T(try_shows_where_an_answer_leads),
		T(try_knows_how_a_page_that_is_kept_was_asked_for),
		T(try_shows_a_post_by_another_query_as_its_line),
		T(a_list_that_is_killed_midway_is_read_to_its_end),
	};

	return RUN_TESTS(tests);
}
