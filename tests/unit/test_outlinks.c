#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/links/outlinks.h"

#define ROOM (64 * 1024)

static const struct config_follow everything = { .same = SAME_HOST };
static char out[ROOM];

struct kit {
	struct follow *follow;
	struct outlinks *outlinks;
	struct canonical *canonical;
};

/* drop: names of parameters, or NULL. */
static struct kit kit_new_dropping(const char *drop)
{
	struct settings settings = settings_default();
	struct kit kit = { .follow = follow_new(&everything, 1, &settings) };

	if (drop) {
		kit.canonical = canonical_new();
		assert_int_equal(canonical_drop_query(kit.canonical, slice_of(drop), NULL), 0);
	}
	kit.outlinks = outlinks_new(kit.follow, kit.canonical);
	return kit;
}

static struct kit kit_new(void)
{
	return kit_new_dropping(NULL);
}

/* The links of a page at depth 1, with room for all. */
static struct outlinks_result scan(struct kit *kit, struct slice text, const char *url)
{
	struct outlinks_page page = {
		.text = text,
		.url = slice_of(url),
		.type = MEDIA_HTML,
		.depth = 1,
		.obeys_nofollow = true,
	};

	return outlinks_scan(kit->outlinks, &page, out, ROOM);
}

static void kit_free(struct kit *kit)
{
	outlinks_free(kit->outlinks);
	follow_free(kit->follow);
	canonical_free(kit->canonical);
}

/* What was written, as "URL URL !URL", the last out of scope. */
static const char *written(struct outlinks_result result)
{
	static char all[4096];
	struct slice bytes = { out, result.bytes };
	struct outlink link;
	size_t size = 0;

	all[0] = '\0';
	for (uint32_t count = 0; count < result.count; count++) {
		assert_int_equal(outlinks_next(&bytes, &link), 1);
		size += (size_t)snprintf(all + size, sizeof(all) - size, "%s%s%.*s",
					 size ? " " : "",
					 link.verdict == FOLLOW_OUT_OF_SCOPE ? "!"
					 : link.verdict == FOLLOW_SITEMAP    ? "+"
									     : "",
					 (int)link.url.size, link.url.at);
	}
	assert_int_equal(outlinks_next(&bytes, &link), 0);
	return all;
}

static const char *links_of(bool obeys_nofollow, const char *html)
{
	struct kit kit = kit_new();
	struct outlinks_page page = { .text = slice_of(html),
				      .url = SLICE("http://h/d/page"),
				      .type = MEDIA_HTML,
				      .obeys_nofollow = obeys_nofollow };
	struct outlinks_result result = outlinks_scan(kit.outlinks, &page, out, ROOM);

	kit_free(&kit);
	return written(result);
}

/* What a script or a style sheet has in a string or a comment is no link of the site. */
static void only_html_and_xhtml_have_links(void **state)
{
	static const struct {
		enum media_type type;
		const char *links;
	} table[] = {
		{ MEDIA_TEXT, "" },
		{ MEDIA_XML, "" },
		{ MEDIA_HTML, "http://h/x" },
		{ MEDIA_XHTML, "http://h/x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct kit kit = kit_new();
		struct outlinks_page page = { .text = SLICE("<a href=\"/x\">x</a>"),
					      .url = SLICE("http://h/"),
					      .type = table[i].type };

		assert_string_equal(written(outlinks_scan(kit.outlinks, &page, out, ROOM)),
				    table[i].links);
		kit_free(&kit);
	}
}

static void a_refresh_header_gives_what_a_meta_gives(void **state)
{
	static const struct {
		const char *refresh, *links;
	} table[] = {
		{ "0; url=/t", "http://h/t http://h/b/x" },
		{ "5;URL='t'", "http://h/d/t http://h/b/x" }, /* <base> is not for it */
		{ "0;/t", "http://h/t http://h/b/x" },
		{ "3, url=\"/t\"", "http://h/t http://h/b/x" },
		{ "0 url=/t", "http://h/t http://h/b/x" },
		{ ".5; url=/t", "http://h/t http://h/b/x" },
		{ "0", "http://h/b/x" },
		{ "0; url=", "http://h/b/x" },
		{ "url=/t", "http://h/b/x" },
		{ "x; url=/t", "http://h/b/x" },
		{ "0; url=javascript:x", "http://h/b/x" },
		{ "", "http://h/b/x" },
		{ NULL, "http://h/b/x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct kit kit = kit_new();
		struct outlinks_page page = { .text = SLICE("<base href=/b/><a href=x>x</a>"),
					      .url = SLICE("http://h/d/page"),
					      .type = MEDIA_HTML,
					      .refresh = slice_of(table[i].refresh) };

		assert_string_equal(written(outlinks_scan(kit.outlinks, &page, out, ROOM)),
				    table[i].links);
		kit_free(&kit);
	}
}

static void links_come_canonical_and_once(void **state)
{
	static const struct {
		const char *html, *obeying, *not_obeying;
	} rows[] = {
		{ "<a href='a'><a href='./a#x'><a href='/d/%61'>", "http://h/d/a", "http://h/d/a" },
		{ "<a href='http://i/'><a href='mailto:a@b'>", "!http://i/", "!http://i/" },
		{ "<base href='/e/'><a href='a'>", "http://h/e/a", "http://h/e/a" },
		{ "<a href='a'><base href='/e/'>", "http://h/e/a", "http://h/e/a" },
		{ "<base href='http://i/'><a href='a'>", "!http://i/a", "!http://i/a" },
		{ "<base href='http://:bad:/'><a href='a'>", "http://h/d/a", "http://h/d/a" },
		{ "<a rel=nofollow href=a><a href=b>", "http://h/d/b",
		  "http://h/d/a http://h/d/b" },
		{ "<meta name=robots content=nofollow><a href=a>", "", "http://h/d/a" },
		{ "<a href=a><meta name=robots content='none'>", "", "http://h/d/a" },
		{ "<meta name=robots content=noindex><a href=a>", "http://h/d/a", "http://h/d/a" },
		{ "<!-- <a href=a> --><script>'<a href=b>'</script>", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(links_of(true, rows[i].html), rows[i].obeying);
		assert_string_equal(links_of(false, rows[i].html), rows[i].not_obeying);
	}
}

/* The query of <base>, too, which a link without one takes over. */
static void a_query_is_in_the_charset_of_its_page(void **state)
{
	static const char *const rows[][2] = {
		{ "<a href='?\xE4\xBA\xAC'>", "http://h/d/p?%BE%A9" },
		{ "<base href='/b?\xE4\xBA\xAC'><a href=''>", "http://h/b?%BE%A9" },
		{ "<a href='#x'><base href='/b?\xE4\xBA\xAC'>", "http://h/b?%BE%A9" },
		{ "<base href='/b?\xE4\xBA\xAC'><a href='c?\xE4\xBA\xAC'>", "http://h/c?%BE%A9" },
	};
	char error[CHARSET_ERROR_MAX];
	struct charset_converters *converters = charset_converters_new(error);
	struct charset_encoder *encoder = charset_encoder_new(converters);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kit kit = kit_new();
		struct outlinks_page page = {
			.text = slice_of(rows[i][0]),
			.url = SLICE("http://h/d/p"),
			.type = MEDIA_HTML,
			.charset = { .name = charset_from_label(SLICE("gbk")), .is_gbk = true },
			.encoder = encoder,
		};

		assert_string_equal(written(outlinks_scan(kit.outlinks, &page, out, ROOM)),
				    rows[i][1]);
		kit_free(&kit);
	}
	charset_encoder_free(encoder);
	charset_converters_free(converters);
}

/* The master knows it already, unless the page is deeper or of another site. */
static void links_that_differ_in_dropped_parameters_come_once(void **state)
{
	struct kit kit = kit_new_dropping("utm_*");
	const char *error;

	(void)state;
	assert_string_equal(written(scan(&kit,
					 SLICE("<a href='/a?utm_x=1'><a href=/a><a href='d?utm_y'>"
					       "<a href='/a?utm_x=2&b'><base href='/c?utm_z=3'>"
					       "<a href=''>"),
					 "http://h/")),
			    "http://h/a http://h/d http://h/a?b http://h/c");
	assert_string_equal(written(outlinks_scan_sitemap(
				    kit.outlinks, SLICE("http://h/a?utm_x=1\nhttp://h/b?c&utm_x\n"),
				    (struct slice){ NULL, 0 }, SLICE("http://h/sitemap.txt"), out,
				    ROOM, &error)),
			    "http://h/a http://h/b?c");
	kit_free(&kit);
}

static void what_was_sent_is_not_sent_again(void **state)
{
	static const struct {
		const char *page;
		unsigned depth;
		const char *links;
	} rows[] = {
		{ "http://h/1", 1, "http://h/a" }, { "http://h/2", 1, "" },
		{ "http://h/3", 2, "http://h/a" }, { "http://i/4", 1, "!http://h/a" },
		{ "http://h/5", 1, "" },
	};
	struct kit kit = kit_new();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outlinks_page page = { .text = SLICE("<a href='http://h/a'>"),
					      .type = MEDIA_HTML,
					      .url = slice_of(rows[i].page),
					      .depth = rows[i].depth };

		assert_string_equal(written(outlinks_scan(kit.outlinks, &page, out, ROOM)),
				    rows[i].links);
	}
	kit_free(&kit);
}

/* Also those of which a sum or a difference is the same: 1 at depth 31 and 2 at depth 0. */
static void what_one_rule_refused_at_some_depth_another_may_take_at_any(void **state)
{
	static const struct config_follow rules[] = { { .from = "/1$", .link = "/none$" },
						      { .from = "/2$" } };
	struct settings settings = settings_default();

	(void)state;
	for (unsigned depth = 0; depth < 100; depth++) {
		struct kit kit = { .follow = follow_new(rules, 2, &settings) };
		struct outlinks_page page = { .text = SLICE("<a href=/a>"),
					      .type = MEDIA_HTML,
					      .url = SLICE("http://h/1"),
					      .depth = depth };

		kit.outlinks = outlinks_new(kit.follow, NULL);
		assert_string_equal(written(outlinks_scan(kit.outlinks, &page, out, ROOM)), "");
		page.url = SLICE("http://h/2");
		page.depth = 0;
		assert_string_equal(written(outlinks_scan(kit.outlinks, &page, out, ROOM)),
				    "http://h/a");
		kit_free(&kit);
	}
}

/* A rule is out of its time after a link that is hard to judge: the other it has not seen. */
static void a_link_that_a_limit_left_unjudged_is_judged_on_the_next_page(void **state)
{
	static const struct {
		const char *rule;
		const char *next; /* links of the next page */
	} rows[] = {
		{ "(a+)+!|/b$", "http://h/b" },
		{ "x", "" },
	};
	struct settings settings = settings_default();
	char html[200];

	(void)state;
	settings.pattern_time_ms = 50;
	settings.match_limit = 100000000;
	snprintf(html, sizeof(html), "<a href=/%060d><a href=/b>", 0);
	for (char *at = html; *at; at++)
		*at = *at == '0' ? 'a' : *at;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_follow rule = { .link = rows[i].rule };
		struct kit kit = { .follow = follow_new(&rule, 1, &settings) };
		struct outlinks_result result;

		kit.outlinks = outlinks_new(kit.follow, NULL);
		result = scan(&kit, slice_of(html), "http://h/");
		assert_int_equal(result.limited != 0, rows[i].next[0] != '\0');
		assert_string_equal(written(result), "");
		result = scan(&kit, SLICE("<a href=/b>"), "http://h/");
		assert_int_equal(result.limited, 0);
		assert_string_equal(written(result), rows[i].next);
		kit_free(&kit);
	}
}

static void a_limit_is_told_whichever_expression_ran_into_it(void **state)
{
	static const struct {
		struct config_follow rules[2];
		uint64_t limited;
		const char *links;
	} rows[] = {
		{ { { .from = "(a+)+$" }, { .from = "none" } }, 1, "" },
		{ { { .from = "none" }, { .from = "(a+)+$" } }, 2, "" },
		{ { { .from = "(a+)+$" }, { .from = "^http" } }, 1, "http://h/b" },
		{ { { .link = "(a+)+!|/b$" }, { .from = "none" } }, 0, "http://h/b" },
		{ { { .pattern = "(b+)+$" }, { .from = "none" } }, 1, "http://h/b" },
		{ { { .from = "none" }, { .from = "none" } }, 0, "" },
	};
	static const char text[] = "<a href=/b>bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb!";
	struct settings settings = settings_default();

	(void)state;
	settings.match_limit = 1000;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kit kit = { .follow = follow_new(rows[i].rules, 2, &settings) };
		struct outlinks_result result;

		kit.outlinks = outlinks_new(kit.follow, NULL);
		result = scan(&kit, slice_of(text), "http://h/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
		if (result.limited != rows[i].limited)
			fail_msg("row %zu: %llx", i, (unsigned long long)result.limited);
		assert_string_equal(written(result), rows[i].links);
		kit_free(&kit);
	}
}

/* ---- paths in JSON ---- */

/* The links of a page by one rule, and what was odd. */
static const char *by_rule(struct config_follow rule, enum media_type type, struct slice text,
			   char odd[FOLLOW_ODD_MAX])
{
	struct settings settings = settings_default();
	struct kit kit = { .follow = follow_new(&rule, 1, &settings) };
	struct outlinks_page page = { .text = text,
				      .url = SLICE("http://h/d/list?page=1"),
				      .type = type };
	struct outlinks_result result;

	kit.outlinks = outlinks_new(kit.follow, NULL);
	result = outlinks_scan(kit.outlinks, &page, out, ROOM);
	snprintf(odd, FOLLOW_ODD_MAX, "%s", result.odd->text);
	assert_int_equal(result.odd->rules, odd[0] != '\0');
	kit_free(&kit);
	return written(result);
}

#define SIXTY "123456789 123456789 123456789 123456789 123456789 123456789 "

static void a_path_finds_links_in_json_and_what_is_none_is_odd(void **state)
{
	static const struct {
		const char *path, *json, *links, *odd;
	} rows[] = {
		/* Every way to write a reference. */
		{ "$.next", "{\"next\": \"http://h/b?page=2\"}", "http://h/b?page=2", "" },
		{ "$.next", "{\"next\": \"https:\\/\\/h\\/b?a=1\\u0026b=2\"}",
		  "https://h/b?a=1&b=2", "" },
		{ "$.next", "{\"next\": \"/b\"}", "http://h/b", "" },
		{ "$.next", "{\"next\": \"?page=2\"}", "http://h/d/list?page=2", "" },
		{ "$.next", "{\"next\": \"//h/b\"}", "http://h/b", "" },
		{ "$.next", "{\"next\": \" b \"}", "http://h/d/b", "" },
		{ "$.next", "{\"next\": \"?c=a b\\u00e9+%2B\"}",
		  "http://h/d/list?c=a%20b%C3%A9+%2B", "" },
		{ "$.next", "\xEF\xBB\xBF{\"next\": \"b\"}", "http://h/d/b", "" },
		{ "$..href",
		  "{\"a\": [{\"href\": \"/1\"}, {\"href\": \"/2\"}], \"b\": {\"href\": \"/1\"}}",
		  "http://h/1 http://h/2", "" },
		{ "$.links[?@.rel == 'next'].href",
		  "{\"links\": [{\"rel\": \"prev\", \"href\": \"/1\"}, {\"rel\": \"next\", "
		  "\"href\": \"/3\"}]}",
		  "http://h/3", "" },
		{ "$['@odata.nextLink']", "{\"@odata.nextLink\": \"list?$skip=20\"}",
		  "http://h/d/list?$skip=20", "" },
		{ "$.next", "{\"next\": \"http://other/b\"}", "!http://other/b", "" },

		{ "$[*].links.next", "[{\"links\": {\"next\": \"/b\"}}]", "http://h/b", "" },
		{ "$._links.next.href",
		  "{\"_links\": {\"next\": {\"href\": \"/b?page=2&page=3\"}}}",
		  "http://h/b?page=2&page=3", "" },
		/* A server behind another that has the certificate. */
		{ "$.next", "{\"next\": \"https://h:8443/b\"}", "https://h:8443/b", "" },
		/* What Python's None becomes where somebody quotes it is a name. */
		{ "$.next", "{\"next\": \"null\"}", "http://h/d/null", "" },

		/* Every way to say that it was the last. */
		{ "$.next", "{\"next\": null}", "", "" },
		{ "$.next", "{\"next\": \"\"}", "", "" },
		{ "$.next", "{\"next\": false}", "", "" },
		{ "$.next", "{}", "", "" },
		{ "$.links.next", "{\"links\": null}", "", "" },
		{ "$.next", "[]", "", "" },
		{ "$.next", "", "", "" },

		/* And what is neither. */
		{ "$.next", "{\"next\": 2}", "", "rule 1 of follow: 2 is no URL" },
		{ "$.next", "{\"next\": true}", "", "rule 1 of follow: true is no URL" },
		{ "$.next", "{\"next\": {\"href\": \"/b\"}}", "",
		  "rule 1 of follow: {\"href\": \"/b\"} is no URL" },
		{ "$.next", "{\"next\": []}", "", "rule 1 of follow: [] is no URL" },
		{ "$.next", "{\"next\": \"mailto:a@b\"}", "",
		  "rule 1 of follow: mailto:a@b is no URL" },
		{ "$.next", "{\"next\": \"http:///\"}", "",
		  "rule 1 of follow: http:/// is no URL" },
		{ "$.next[*]", "{\"next\": [1, \"/b\", 2]}", "http://h/b",
		  "rule 1 of follow: 1 is no URL" },
		{ "$.next", "{\"next\": [\"" SIXTY "\"]}", "",
		  "rule 1 of follow: [\"123456789 123456789 123456789 123456789 123456789 "
		  "12345678... is no URL" },
		{ "$.next",
		  "{\"next\": [\""
		  "123456789 123456789 123456789 123456789 123456789 1234567\xC3\xA9\"]}",
		  "",
		  "rule 1 of follow: [\"123456789 123456789 123456789 123456789 123456789 "
		  "1234567... is no URL" },
		{ "$.next", "{\"next\": \"/b\"", "",
		  "rule 1 of follow: the JSON is broken at byte 13" },
		{ "$.next", "not JSON", "", "" },
	};
	char odd[FOLLOW_ODD_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *links = by_rule(
			(struct config_follow){ .source = SOURCE_JSON, .json = rows[i].path },
			MEDIA_TEXT, slice_of(rows[i].json), odd);

		if (strcmp(links, rows[i].links) != 0 || strcmp(odd, rows[i].odd) != 0)
			fail_msg("%s in %s: \"%s\", \"%s\"", rows[i].path, rows[i].json, links,
				 odd);
	}
}

static void a_path_looks_in_scripts_and_where_in_says(void **state)
{
	static const struct {
		struct config_follow rule;
		const char *text, *links;
	} rows[] = {
		{ { .source = SOURCE_JSON, .json = "$.next", .in = "STATE = (.*)" },
		  "<a href=/a><script>STATE = {\"next\": \"/b\"}; go()</script>",
		  "http://h/b" },
		{ { .source = SOURCE_JSON, .json = "$.next", .in = "STATE = (.*)" },
		  "<a href=/a>{\"next\": \"/b\"}",
		  "" },
		{ { .source = SOURCE_JSON, .json = "$.url" },
		  "<a href=/a><script type='application/ld+json'>{\"url\": \"/b\"}</script>",
		  "http://h/b" },
		{ { .source = SOURCE_JSON, .json = "$.next", .link = "/b$" },
		  "{\"next\": \"/b\"}",
		  "http://h/b" },
		{ { .source = SOURCE_JSON, .json = "$.next", .link = "/c$" },
		  "{\"next\": \"/b\"}",
		  "" },
		{ { .source = SOURCE_JSON, .json = "$.next", .from = "/other" },
		  "{\"next\": \"/b\"}",
		  "" },
		{ { .source = SOURCE_JSON, .json = "$.next", .same = SAME_ANY },
		  "{\"next\": \"//i/b\"}",
		  "http://i/b" },
	};
	char odd[FOLLOW_ODD_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(by_rule(rows[i].rule, MEDIA_HTML, slice_of(rows[i].text), odd),
				    rows[i].links);
}

/* What one rule takes another may refuse, or be the rule of; and a later page has them again. */
static void a_rule_with_a_path_is_for_what_it_finds_and_no_other_is(void **state)
{
	static const struct config_follow rules[] = {
		{ .source = SOURCE_JSON, .json = "$.next", .link = "/[bc]$" },
		{ .link = "/a$" },
		{ .source = SOURCE_JSON, .json = "$.other" },
	};
	struct settings settings = settings_default();
	struct kit kit = { .follow = follow_new(rules, 3, &settings) };
	const struct outlinks_page page = {
		.text = SLICE("<a href=/a><a href=/b><script type='application/ld+json'>"
			      "{\"next\": [\"/a\"], \"other\": \"/a\"}</script>"
			      "<script type='application/ld+json'>{\"next\": \"/c\"}</script>"),
		.url = SLICE("http://h/"),
		.type = MEDIA_HTML,
	};
	struct outlinks_page nofollow = page;
	struct outlinks_result result;
	struct slice bytes;
	struct outlink link;

	(void)state;
	kit.outlinks = outlinks_new(kit.follow, NULL);
	nofollow.obeys_nofollow = true;
	nofollow.text = SLICE("<meta name=robots content=nofollow>"
			      "<script type='application/ld+json'>{\"next\": \"/c\"}</script>");
	assert_string_equal(written(outlinks_scan(kit.outlinks, &nofollow, out, ROOM)), "");
	result = outlinks_scan(kit.outlinks, &page, out, ROOM);
	assert_string_equal(written(result), "http://h/c http://h/a http://h/a");
	assert_int_equal(result.odd->rules, 1);
	bytes = (struct slice){ out, result.bytes };
	for (unsigned i = 0; i < 3; i++) {
		static const unsigned order[] = { 0, 2, 1 };

		assert_int_equal(outlinks_next(&bytes, &link), 1);
		assert_int_equal(link.rule, order[i]);
	}
	result = outlinks_scan(kit.outlinks, &page, out, ROOM);
	assert_string_equal(written(result), "");
	kit_free(&kit);
}

/* ---- the next part of a list ---- */

/* What a page leads to that was asked for in such a way: "URL", or "POST URL body". */
static const char *next_of(const struct config_follow *rule, const struct outlinks_page *asked,
			   const char *answer)
{
	static char all[4096];
	struct settings settings = settings_default();
	struct kit kit = { .follow = follow_new(rule, 1, &settings) };
	struct outlinks_page page = *asked;
	struct outlinks_result result;
	struct outlink link;
	struct slice bytes;
	int got;

	page.text = slice_of(answer);
	page.type = MEDIA_TEXT;
	kit.outlinks = outlinks_new(kit.follow, NULL);
	result = outlinks_scan(kit.outlinks, &page, out, ROOM);
	bytes = (struct slice){ out, result.bytes };
	got = outlinks_next(&bytes, &link);
	if (got == 1 && link.verdict == FOLLOW_POST)
		snprintf(all, sizeof(all), "POST %.*s %.*s", (int)link.url.size, link.url.at,
			 (int)link.body_bytes, outlink_body(&link).at);
	else if (got == 1)
		snprintf(all, sizeof(all), "%.*s", (int)link.url.size, link.url.at);
	else
		snprintf(all, sizeof(all), "%s", result.odd->text);
	assert_int_equal(result.count, got);
	assert_int_equal(bytes.size, 0);
	kit_free(&kit);
	return all;
}

static void the_next_part_is_asked_for_as_the_page_was(void **state)
{
	const struct config_member member = { .names = (const char *const[]){ "c" },
					      .name_count = 1,
					      .path = "$.c" };
	const struct config_follow query = { .source = SOURCE_QUERY,
					     .members = &member,
					     .member_count = 1 };
	const struct config_follow post = { .source = SOURCE_POST,
					    .members = &member,
					    .member_count = 1 };
	const struct config_follow elsewhere = {
		.source = SOURCE_POST, .members = &member, .member_count = 1, .link = "/other"
	};
	const struct outlinks_page get = { .url = SLICE("http://h/api?a=1&c=0") };
	const struct outlinks_page json = { .url = SLICE("http://h/api?c=0"),
					    .is_post = true,
					    .body = SLICE("{\"q\": 1, \"c\": 0}") };
	const struct outlinks_page form = { .url = SLICE("http://h/api"),
					    .is_post = true,
					    .is_form = true,
					    .body = SLICE("q=1&c=0") };
	const struct outlinks_page empty = { .url = SLICE("http://h/api"), .is_post = true };
	const struct {
		const struct config_follow *rule;
		const struct outlinks_page *asked;
		const char *answer, *next;
	} rows[] = {
		{ &query, &get, "{\"c\": \"+\"}", "http://h/api?a=1&c=%2B" },
		{ &query, &json, "{\"c\": \"+\"}", "POST http://h/api?c=%2B {\"q\": 1, \"c\": 0}" },
		{ &query, &empty, "{\"c\": 5}", "POST http://h/api?c=5 " },
		{ &post, &get, "{\"c\": [5]}", "POST http://h/api?a=1&c=0 {\"c\":[5]}" },
		{ &post, &json, "{\"c\": [5]}", "POST http://h/api?c=0 {\"q\":1,\"c\":[5]}" },
		{ &post, &form, "{\"c\": \"+\"}", "POST http://h/api q=1&c=%2B" },
		{ &post, &empty, "{\"c\": \"+\"}", "POST http://h/api {\"c\":\"+\"}" },
		{ &post, &form, "{\"c\": [5]}",
		  "rule 1 of follow: [5] cannot stand in a query or form" },
		{ &post, &get, "{\"c\": null}", "" },
		{ &elsewhere, &get, "{\"c\": 1}", "" },
		{ &post, &get, "{\"c\": 1", "rule 1 of follow: the JSON is broken at byte 7" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *next = next_of(rows[i].rule, rows[i].asked, rows[i].answer);

		if (strcmp(next, rows[i].next) != 0)
			fail_msg("row %zu: %s", i, next);
	}
}

static void a_next_part_that_is_too_large_is_told(void **state)
{
	static char answer[20000], body[OUTLINK_BODY_MAX + 2];
	const struct config_member member = { .names = (const char *const[]){ "c" },
					      .name_count = 1,
					      .path = "$.c" };
	const struct config_follow query = { .source = SOURCE_QUERY,
					     .members = &member,
					     .member_count = 1 };
	struct outlinks_page page = { .url = SLICE("http://h/api?a=1&c=0"), .is_post = true };

	(void)state;
	snprintf(answer, sizeof(answer), "{\"c\": \"%08170d\"}", 1);
	assert_int_equal(
		strncmp(next_of(&query, &page, answer), "POST http://h/api?a=1&c=0000", 28), 0);
	snprintf(answer, sizeof(answer), "{\"c\": \"%08180d\"}", 1);
	assert_string_equal(next_of(&query, &page, answer),
			    "rule 1 of follow: the next URL would be longer than 8192 bytes");
	snprintf(answer, sizeof(answer), "{\"c\": \"%09000d\"}", 1);
	assert_string_equal(next_of(&query, &page, answer),
			    "rule 1 of follow: the next URL would be longer than 8192 bytes");
	memset(body, 'x', sizeof(body));
	page.body = (struct slice){ body, OUTLINK_BODY_MAX + 1 };
	assert_string_equal(next_of(&query, &page, "{\"c\": 1}"),
			    "rule 1 of follow: the next request would be larger than 64 KiB");
}

static void a_path_that_takes_too_long_is_a_limit(void **state)
{
	static char text[200000];
	const struct config_follow rule = { .source = SOURCE_JSON, .json = "$..*..*..*" };
	struct settings settings = settings_default();
	struct kit kit;
	struct outlinks_result result;
	size_t depth = 900;

	(void)state;
	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	settings.pattern_time_ms = 20;
	settings.match_limit = 1000;
	kit = (struct kit){ .follow = follow_new(&rule, 1, &settings) };
	kit.outlinks = outlinks_new(kit.follow, NULL);
	result = scan(&kit, slice_of(text), "http://h/");
	assert_int_equal(result.limited, 1);
	result = scan(&kit, SLICE("[[[\"/b\"]]]"), "http://h/");
	assert_int_equal(result.limited, 0);
	assert_string_equal(written(result), "http://h/b");
	kit_free(&kit);
}

static void a_link_of_a_page_that_must_not_be_followed_is_sent_by_the_next(void **state)
{
	struct kit kit = kit_new();
	struct slice forbidden = SLICE("<a href=/a><meta name=robots content=nofollow>");

	(void)state;
	assert_string_equal(written(scan(&kit, forbidden, "http://h/")), "");
	assert_string_equal(written(scan(&kit, SLICE("<a href=/a>"), "http://h/")), "http://h/a");
	kit_free(&kit);
}

/* Of a page whose answer was lost, say: what was sent with it never came. */
static void who_wants_all_gets_all_again_each_once(void **state)
{
	struct kit kit = kit_new();
	struct outlinks_page page = { .text = slice_of("<a href=/b></a><a href=/c></a>"
						       "<a href=/b></a>"),
				      .url = slice_of("http://a/"),
				      .type = MEDIA_HTML,
				      .depth = 1 };

	(void)state;
	for (int i = 0; i < 6; i++) {
		page.wants_all = i % 3 == 2;
		assert_string_equal(written(outlinks_scan(kit.outlinks, &page, out, ROOM)),
				    i == 0 || page.wants_all ? "http://a/b http://a/c" : "");
	}
	kit_free(&kit);
}

/* Where there is room again it is sent. */
static void a_link_without_room_is_counted_and_not_taken_for_sent(void **state)
{
	struct outlinks_page page = { .text = SLICE("<a href=/a><a href=/b><a href=/c>"),
				      .type = MEDIA_HTML,
				      .url = SLICE("http://h/") };
	struct kit kit = kit_new();
	struct outlinks_result result;

	(void)state;
	result = outlinks_scan(kit.outlinks, &page, out, 2 * (12 + 10) + 21);
	assert_string_equal(written(result), "http://h/a http://h/b");
	assert_int_equal(result.dropped, 1);
	result = outlinks_scan(kit.outlinks, &page, out, ROOM);
	assert_string_equal(written(result), "http://h/c");
	assert_int_equal(result.dropped, 0);
	kit_free(&kit);
}

static void a_link_of_every_byte_is_canonical_or_none(void **state)
{
	char html[16384];
	size_t size = 0;
	struct kit kit = kit_new();
	struct slice bytes = { out, 0 };
	struct outlink link;
	struct url parsed;
	int count = 0;

	(void)state;
	for (unsigned byte = 1; byte < 256; byte++)
		size += (size_t)snprintf(html + size, sizeof(html) - size, "<a href=\"x%cy%u\">",
					 byte == '"' ? '\'' : (int)byte, byte);
	bytes.size = scan(&kit, (struct slice){ html, size }, "http://h/").bytes;
	while (outlinks_next(&bytes, &link) > 0) {
		assert_int_equal(url_parse(&parsed, link.url), URL_OK);
		assert_true(slice_equal(url_slice(&parsed), link.url));
		count++;
	}
	assert_int_equal(count, 254); /* "x:y58" has a scheme that is none of ours */
	kit_free(&kit);
}

static void a_sitemap_gives_its_host_s_pages_and_nested_sitemaps(void **state)
{
	struct outlinks *outlinks = outlinks_new(NULL, NULL);
	const char *error = NULL;

	(void)state;
	assert_string_equal(
		written(outlinks_scan_sitemap(outlinks,
					      SLICE("<urlset><url><loc>http://h/a</loc></"
						    "url><url><loc>http://i/b</loc></url>"
						    "</urlset>"),
					      (struct slice){ NULL, 0 },
					      SLICE("http://h/sitemap.xml"), out, ROOM, &error)),
		"http://h/a !http://i/b");
	assert_string_equal(error, "");
	assert_string_equal(
		written(outlinks_scan_sitemap(outlinks,
					      SLICE("<sitemapindex><sitemap><loc>http://h/2.xml</"
						    "loc></sitemap></sitemapindex>"),
					      (struct slice){ NULL, 0 },
					      SLICE("http://h/sitemap.xml"), out, ROOM, &error)),
		"+http://h/2.xml");
	written(outlinks_scan_sitemap(outlinks, SLICE("<urlset><url><loc>http://h/a</loc></url>"),
				      (struct slice){ NULL, 0 }, SLICE("http://h/sitemap.xml"), out,
				      ROOM, &error));
	assert_string_not_equal(error, "");
	outlinks_free(outlinks);
}

/* The master reads what a worker may have forged. */
/* RFC 4287 2 */
static void a_feed_s_links_are_relative_to_its_xml_base(void **state)
{
	static const char *const table[][2] = {
		{ "<feed xml:base='/b/'><entry><link href='x'/></entry></feed>", "http://h/b/x" },
		{ "<feed xml:base='/b/'><entry xml:base='c/'><link href='x'/></entry></feed>",
		  "http://h/b/c/x" },
		{ "<feed><entry xml:base='/c/'><link href='x'/></entry>"
		  "<entry><link href='x'/></entry></feed>",
		  "http://h/c/x http://h/x" },
		{ "<feed><entry><link xml:base='/l/' href='x'/></entry></feed>", "http://h/l/x" },
		{ "<feed xml:base='/b/'><entry><link href='&x;'/></entry>"
		  "<entry><link href='y'/></entry></feed>",
		  "http://h/b/y" },
		{ "<feed xml:base='mailto:a'><entry><link href='x'/></entry></feed>",
		  "http://h/x" },
		{ "<urlset xml:base='/b/'><url><loc>x</loc></url></urlset>", "http://h/x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct outlinks *outlinks = outlinks_new(NULL, NULL);
		const char *error;

		assert_string_equal(
			written(outlinks_scan_sitemap(outlinks, slice_of(table[i][0]),
						      (struct slice){ NULL, 0 },
						      SLICE("http://h/feed"), out, ROOM, &error)),
			table[i][1]);
		outlinks_free(outlinks);
	}
}

/* Cut anywhere, or with a byte of its head that means nothing, a link is none. */
static void assert_refused(size_t bytes)
{
	struct outlink link;

	for (size_t size = 1; size < bytes; size++) {
		struct slice cut = { out, size };

		assert_int_equal(outlinks_next(&cut, &link), -1);
	}
	for (unsigned place = 0; place < 4; place++) {
		struct slice forged = { out, bytes };
		char was = out[place];

		out[place] = (char)0xff;
		assert_int_equal(outlinks_next(&forged, &link), -1);
		out[place] = was;
	}
}

static void bytes_that_are_no_links_are_refused(void **state)
{
	const struct config_member member = { .names = (const char *const[]){ "c" },
					      .name_count = 1,
					      .path = "$.c" };
	const struct config_follow rule = { .source = SOURCE_POST,
					    .members = &member,
					    .member_count = 1 };
	static const uint64_t sizes[] = { 8, OUTLINK_BODY_MAX + 1, UINT64_MAX };
	struct kit kit = kit_new();
	struct slice bytes;
	struct outlink link;

	(void)state;
	assert_refused(scan(&kit, SLICE("<a href=/abc>"), "http://h/").bytes);
	kit_free(&kit);

	assert_string_equal(
		next_of(&rule, &(struct outlinks_page){ .url = SLICE("http://h/") }, "{\"c\": 1}"),
		"POST http://h/ {\"c\":1}");
	assert_refused(12 + 9 + 7);
	for (size_t i = 0; i < 3; i++) {
		memcpy(out + 4, &sizes[i], 8);
		bytes = (struct slice){ out, 12 + 9 + 7 };
		assert_int_equal(outlinks_next(&bytes, &link), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_html_and_xhtml_have_links),
		cmocka_unit_test(a_refresh_header_gives_what_a_meta_gives),
		cmocka_unit_test(links_come_canonical_and_once),
		cmocka_unit_test(a_query_is_in_the_charset_of_its_page),
		cmocka_unit_test(links_that_differ_in_dropped_parameters_come_once),
		cmocka_unit_test(what_was_sent_is_not_sent_again),
		cmocka_unit_test(what_one_rule_refused_at_some_depth_another_may_take_at_any),
		cmocka_unit_test(a_link_that_a_limit_left_unjudged_is_judged_on_the_next_page),
		cmocka_unit_test(a_limit_is_told_whichever_expression_ran_into_it),
		cmocka_unit_test(a_path_finds_links_in_json_and_what_is_none_is_odd),
		cmocka_unit_test(a_path_looks_in_scripts_and_where_in_says),
		cmocka_unit_test(a_rule_with_a_path_is_for_what_it_finds_and_no_other_is),
		cmocka_unit_test(a_path_that_takes_too_long_is_a_limit),
		cmocka_unit_test(the_next_part_is_asked_for_as_the_page_was),
		cmocka_unit_test(a_next_part_that_is_too_large_is_told),
		cmocka_unit_test(who_wants_all_gets_all_again_each_once),
		cmocka_unit_test(a_link_of_a_page_that_must_not_be_followed_is_sent_by_the_next),
		cmocka_unit_test(a_link_without_room_is_counted_and_not_taken_for_sent),
		cmocka_unit_test(a_link_of_every_byte_is_canonical_or_none),
		cmocka_unit_test(a_sitemap_gives_its_host_s_pages_and_nested_sitemaps),
		cmocka_unit_test(a_feed_s_links_are_relative_to_its_xml_base),
		cmocka_unit_test(bytes_that_are_no_links_are_refused),
	};

	return RUN_TESTS(tests);
}
