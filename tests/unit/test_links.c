#include "tests/support/test.h"

#include "parsers/markup/html.h"
#include "parsers/markup/links.h"
#include <stdio.h>
#include <time.h>

#define FILE_BYTES_MAX 65536

static struct links_scratch scratch;

/* What a page gave: "a:x area:y!", with "!" where nofollow. */
struct listing {
	char text[8192];
	size_t size;
	int stop_at; /* return -1 at this link; 0: never */
	int count;
};

static const char *const kind_names[] = {
	[LINK_A] = "a",
	[LINK_AREA] = "area",
	[LINK_FRAME] = "frame",
	[LINK_IFRAME] = "iframe",
	[LINK_NEXT] = "next",
	[LINK_CANONICAL] = "canonical",
	[LINK_REFRESH] = "refresh",
};

static int list_link(void *context, const struct link *link, const struct links_facts *facts)
{
	struct listing *listing = context;
	size_t room = sizeof(listing->text) - listing->size;

	assert_int_equal(facts->count, listing->count + 1);
	listing->count++;
	listing->size += (size_t)snprintf(listing->text + listing->size, room, "%s%s:%.*s%s",
					  listing->size ? " " : "", kind_names[link->kind],
					  (int)link->reference.size, link->reference.at,
					  link->is_nofollow ? "!" : "");
	assert_true(listing->size < sizeof(listing->text));
	return listing->count == listing->stop_at ? -1 : 0;
}

static int count_link(void *context, const struct link *link, const struct links_facts *facts)
{
	size_t *bytes = context;

	(void)facts;
	for (size_t i = 0; i < link->reference.size; i++)
		*bytes += link->reference.at[i] != '\0';
	return 0;
}

static void assert_links(const char *page, const char *want)
{
	struct listing listing = { 0 };
	struct links_facts facts;

	assert_int_equal(links_scan(slice_of(page), &scratch, list_link, &listing, &facts), 0);
	if (strcmp(listing.text, want) != 0)
		fail_msg("%s\ngave %s\nnot  %s", page, listing.text, want);
}

struct page {
	const char *text, *links;
};

#define ASSERT_PAGES(table)                                           \
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) \
		assert_links(table[i].text, table[i].links);

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void every_kind_of_link_is_found(void **state)
{
	static const struct page table[] = {
		{ "<a href=\"x\">t</a>", "a:x" },
		{ "<p><A HREF='x'>t</A><a href=y>", "a:x a:y" },
		{ "<a name=x>", "" },
		{ "<a href>", "a:" },
		{ "<a href=\"\">", "a:" },
		{ "<abbr href=x><article href=x>", "" },
		{ "<map><area href=x shape=rect></map>", "area:x" },
		{ "<frameset><frame src=x><frame></frameset>", "frame:x" },
		{ "<iframe src=\"x\"></iframe>", "iframe:x" },
		{ "<link rel=next href=x>", "next:x" },
		{ "<link href=x rel='prefetch NEXT'>", "next:x" },
		{ "<link rel=canonical href=x>", "canonical:x" },
		{ "<link rel='next canonical' href=x>", "canonical:x" },
		{ "<link rel=stylesheet href=x><link rel=alternate href=x><link href=x>", "" },
		{ "<link rel=nextish href=x><link rel=canonical>", "" },
		{ "<img src=x><form action=x><script src=x></script><embed src=x>", "" },
		{ "<noscript><a href=x></noscript>", "a:x" },
		{ "<svg><a href=x/><a xlink:href=y></svg>", "a:x/ a:y" },
		{ "<a xlink:href=y>", "a:y" },
	};

	(void)state;
	ASSERT_PAGES(table);
}

/* XHTML: as XML reads it. */
static void assert_xml_links(const char *text, const char *want)
{
	struct links_page page = { .text = slice_of(text), .is_xml = true };
	struct listing listing = { 0 };
	struct links_facts facts;

	assert_int_equal(links_scan_page(&page, &scratch, list_link, &listing, &facts), 0);
	if (strcmp(listing.text, want) != 0)
		fail_msg("%s\ngave %s\nnot  %s", text, listing.text, want);
}

static void xhtml_is_read_by_the_rules_of_xml(void **state)
{
	static const struct page table[] = {
		{ "<script/><a href='x'/>", "a:x" },
		{ "<title/><a href='x'/>", "a:x" },
		{ "<textarea/><iframe src='y'/><a href='x'/>", "iframe:y a:x" },
		{ "<script><![CDATA[<a href='no'>]]></script><a href='x'/>", "a:x" },
		{ "<script>//<![CDATA[\n\"</script><a href='no'>\"//]]></script><a href='x'/>",
		  "a:x" },
		{ "<p><![CDATA[<a href='no'>]]></p><a href='x'/>", "a:x" },
		{ "<A href='no'/><a HREF='no'/><a href='x'/>", "a:x" },
		{ "<?go <a href='no'> ?><a href='x'/>", "a:x" },
		{ "<svg><p/><script/><a xlink:href='x'/></svg><a href='y'/>", "a:x a:y" },
		{ "<frameset><frame src='x'/></frameset>", "frame:x" },
		{ "<plaintext/><a href='x'/>", "a:x" },
		{ "<template/><link rel='next' href='x'/>", "next:x" },
		{ "<!-- <a href='no'/> --><a href='x&amp;y'/>", "a:x&y" },
		/* names of HTML have the root's prefix */
		{ "<?x?><h:html xmlns:h='y'><a href='no'/><h:a href='x'/><h:title/><h:A href='no'/>"
		  "<i:a href='no'/><h:p/><h:a href='y'/></h:html>",
		  "a:x a:y" },
		{ "<html><h:a href='no'/><a href='x'/></html>", "a:x" },
		{ "<h:html><h:/><h:1/><h/><h:a href='x'/>", "a:x" },
		{ "<!--><a href='no'/>--><a href='x'/>", "a:x" },
		{ "<!-- --!><a href='no'/>--><a href='x'/>", "a:x" },
		{ "<!----><a href='x'/>", "a:x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_xml_links(table[i].text, table[i].links);
}

static void a_base_of_xhtml_is_found_by_its_prefix(void **state)
{
	struct links_page page = {
		.text = SLICE(
			"<h:html><h:a href='x'/><base href='/no/'/><h:base href='/b/'/></h:html>"),
		.is_xml = true,
	};
	struct listing listing = { 0 };
	struct links_facts facts;

	(void)state;
	links_scan_page(&page, &scratch, list_link, &listing, &facts);
	assert_true(slice_equal(facts.base, SLICE("/b/")));
}

/* As the header X-Robots-Tag names whom it is for. */
static void a_meta_of_our_own_name_is_for_us(void **state)
{
	static const struct {
		const char *page;
		bool is_nofollow, is_noindex;
	} table[] = {
		{ "<meta name=mybot content=nofollow>", true, false },
		{ "<meta name=MyBot content='NOINDEX, nofollow'>", true, true },
		{ "<meta content=none name=mybot>", true, true },
		{ "<meta name=otherbot content=nofollow>", false, false },
		{ "<meta name=mybot-news content=nofollow>", false, false },
		{ "<meta name content=nofollow>", false, false },
		{ "<meta name=robots content=index><meta name=mybot content=nofollow>", true,
		  false },
		{ "<template><meta name=mybot content=nofollow></template>", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct links_page page = { .text = slice_of(table[i].page),
					   .robot = SLICE("mybot") };
		struct listing listing = { 0 };
		struct links_facts facts;

		links_scan_page(&page, &scratch, list_link, &listing, &facts);
		assert_int_equal(facts.is_nofollow, table[i].is_nofollow);
		assert_int_equal(facts.is_noindex, table[i].is_noindex);
	}
}

/* A value that grows beyond what is kept of one is cut, not written behind its room. */
static void a_value_full_of_nuls_is_bounded(void **state)
{
	static char page[LINKS_REFERENCE_BYTES_MAX + 16] = "<a href=\"";
	struct links_facts facts;
	size_t bytes = 0, size = strlen(page);

	(void)state;
	memset(page + size, 0, LINKS_REFERENCE_BYTES_MAX);
	memcpy(page + size + LINKS_REFERENCE_BYTES_MAX, "\">", 2);
	size += LINKS_REFERENCE_BYTES_MAX + 2;
	links_scan((struct slice){ page, size }, &scratch, count_link, &bytes, &facts);
	assert_in_range(bytes, LINKS_REFERENCE_BYTES_MAX - 4, LINKS_REFERENCE_BYTES_MAX);
}

static void nofollow_of_a_link_is_reported(void **state)
{
	static const struct page table[] = {
		{ "<a rel=nofollow href=x>", "a:x!" },
		{ "<a href=x rel='ugc NoFollow'>", "a:x!" },
		{ "<a href=x rel='ugc,nofollow,me'>", "a:x!" },
		{ "<area href=x rel=nofollow>", "area:x!" },
		{ "<a href=x rel='nofollowed not'>", "a:x" },
		{ "<a href=x rel=''><a href=y rel>", "a:x a:y" },
		{ "<link rel='next nofollow' href=x>", "next:x!" },
	};

	(void)state;
	ASSERT_PAGES(table);
}

static void attributes_are_read_as_a_tokenizer_reads_them(void **state)
{
	static const struct page table[] = {
		{ "<a\thref\n=\f\r\"x\" >", "a:x" },
		{ "<a/href=x>", "a:x" },
		{ "<a / / href=x / >", "a:x" },
		{ "<a href=x/>", "a:x/" },
		{ "<a href=\"x\"id=\"y\">", "a:x" },
		{ "<a id=\"y\"href=\"x\">", "a:x" },
		{ "<a href=a\"b'c=d`e<f>", "a:a\"b'c=d`e<f" },
		{ "<a title='>' href=x>", "a:x" },
		{ "<a title=\"'>\" href='\"x>'>", "a:\"x>" },
		{ "<a href=x href=y HREF=z>", "a:x" },
		{ "<a href href=y>", "a:" },
		{ "<a href= >", "a:" },
		{ "<a href=>", "a:" },
		{ "<a href = x>", "a:x" },
		{ "<a\nhref=x><A\tHREF = \"y\"><a href=''>", "a:x a:y a:" },
		{ "<a href=https://ex.com/?a=1>", "a:https://ex.com/?a=1" },
		{ "<a =href=x>", "" },
		{ "<a = href=x>", "a:x" },
		{ "<a \"href=x>", "" },
		{ "<a <href=x href=y>", "a:y" },
		{ "<a<href=x>", "" },
		{ "<a href='x\ny'>", "a:x\ny" },
		{ "<a href='  x  '>", "a:  x  " },
		{ "<a data-href=x hre=x hrefs=x>", "" },
		{ "<a href=x", "" },
		{ "<a href=\"x>", "" },
		{ "<a href='x'", "" },
		{ "<a href=\"x><a href=y>\">z", "a:x><a href=y>" },
		{ "</a href=x><a href=y>", "a:y" },
		{ "</b title='><a href=x>'><a href=y>", "a:y" },
		{ "<p title='><a href=x>'><a href=y>", "a:y" },
	};

	(void)state;
	ASSERT_PAGES(table);
}

static void what_is_not_a_tag_is_text(void **state)
{
	static const struct page table[] = {
		{ "< a href=x>", "" },
		{ "<<a href=x>", "a:x" },
		{ "<1><a href=x>", "a:x" },
		{ "<", "" },
		{ "</", "" },
		{ "</><a href=x>", "a:x" },
		{ "</ <a href=x><a href=y>", "a:y" },
		{ "<?php <a href=x> ?><a href=y>", "a:y" },
		{ "<!a <a href=x><a href=y>", "a:y" },
		{ "<!DOCTYPE html \"<a href=x>\"><a href=y>", "a:y" },
		{ "<!><a href=x>", "a:x" },
		{ "<!-><a href=x>", "a:x" },
	};

	(void)state;
	ASSERT_PAGES(table);
}

static void nothing_is_found_in_comments(void **state)
{
	static const struct page table[] = {
		{ "<!-- <a href=x> --><a href=y>", "a:y" },
		{ "<!--><a href=x>", "a:x" },
		{ "<!---><a href=x>", "a:x" },
		{ "<!----><a href=x>", "a:x" },
		{ "<!----!><a href=x>", "a:x" },
		{ "<!--!><a href=x>--><a href=y>", "a:y" },
		{ "<!---!><a href=x>--><a href=y>", "a:y" },
		{ "<!-- --!><a href=x>", "a:x" },
		{ "<!-- --!-><a href=x>--><a href=y>", "a:y" },
		{ "<!-- - -> -- > ><a href=x> ---><a href=y>", "a:y" },
		{ "<!-- <!-- --><a href=x>-->", "a:x" },
		{ "<!-- <a href=x>", "" },
		{ "<!--", "" },
		{ "<!--[if IE]><a href=x><![endif]--><![if !IE]><a href=y><![endif]>", "a:y" },
	};

	(void)state;
	ASSERT_PAGES(table);
}

static void nothing_is_found_in_content_that_is_text(void **state)
{
	static const struct page table[] = {
		{ "<title><a href=x></title><a href=y>", "a:y" },
		{ "<textarea><a href=x></TextArea ><a href=y>", "a:y" },
		{ "<style><a href=x></style/><a href=y>", "a:y" },
		{ "<xmp><a href=x></xmp><a href=y>", "a:y" },
		{ "<noembed><a href=x></noembed><a href=y>", "a:y" },
		{ "<noframes><a href=x></noframes><a href=y>", "a:y" },
		{ "<iframe src=x><a href=x></iframe><a href=y>", "iframe:x a:y" },
		{ "<plaintext><a href=x></plaintext><a href=y>", "" },
		{ "<title></titles><a href=x></title><a href=y>", "a:y" },
		{ "<title></ title><a href=x></title\n><a href=y>", "a:y" },
		{ "<title><!-- </title> --><a href=y>", "a:y" },
		{ "<title>cut<a href=x>", "" },
		{ "<title>cut</title", "" },
		{ "<titles><a href=x>", "a:x" },
		{ "<title/><a href=x></title><a href=y>", "a:y" },
		{ "<style></title></style><a href=y>", "a:y" },
		{ "</script><a href=y>", "a:y" },
		{ "<script src=s><a href=x></script><a href=y>", "a:y" },
		{ "<SCRIPT>'</scripts>'<a href=x></SCRIPT ><a href=y>", "a:y" },
		{ "<script><a href=x>", "" },
	};

	(void)state;
	ASSERT_PAGES(table);
}

static void a_comment_in_a_script_can_hide_its_end_tag(void **state)
{
	static const struct page table[] = {
		{ "<script><!-- <a href=x> --></script><a href=y>", "a:y" },
		{ "<script><!-- </script><a href=y>", "a:y" },
		{ "<script><!--<script></script><a href=x></script><a href=y>", "a:y" },
		{ "<script><!--<script></script>--><a href=x></script><a href=y>", "a:y" },
		{ "<script><!--<SCRIPT/<a href=x>--></script><a href=y>", "a:y" },
		{ "<script><!--<scripted></script><a href=y>", "a:y" },
		{ "<script><!--<script >--></script><a href=y>", "a:y" },
		{ "<script><!--><script></script><a href=y>", "a:y" },
		{ "<script><!---><script></script><a href=y>", "a:y" },
		{ "<script><!--<script></script><script></script><a href=x></script><a href=y>",
		  "a:y" },
		{ "<script><!- <script></script><a href=y>", "a:y" },
		{ "<script><!--<script></script", "" },
		{ "<script><!--<script><a href=x>", "" },
		{ "<script><!--", "" },
	};

	(void)state;
	ASSERT_PAGES(table);
}

static void svg_and_math_have_rules_of_their_own(void **state)
{
	static const struct page table[] = {
		{ "<![CDATA[<a href=x>]]><a href=y>", "a:y" },
		{ "<![CDATA[><a href=x>]]>", "a:x" },
		{ "<svg><![CDATA[><a href=x>]]></svg><a href=y>", "a:y" },
		{ "<math><![CDATA[><a href=x>]]></math><a href=y>", "a:y" },
		{ "<svg/><![CDATA[><a href=x>]]>", "a:x" },
		{ "<svg a=b/><![CDATA[><a href=x>]]>", "" },
		{ "<svg><desc><p></svg></desc><![CDATA[><a href=x>]]>", "" },
		{ "<svg><![CDATA[><a href=x>", "" },
		{ "<svg><![CDATA[><a href=x>]]", "" },
		{ "<svg></svg><![CDATA[><a href=x>", "a:x" },
		{ "<svg><svg></svg><![CDATA[><a href=x>]]></svg>", "" },
		{ "<svg><desc><p><![CDATA[><a href=x>]]>", "a:x" },
		{ "<svg><foreignObject><div></foreignObject><![CDATA[><a href=x>]]>", "" },
		{ "<math><mi><b><![CDATA[><a href=x>]]>", "a:x" },
		{ "<math><desc><![CDATA[><a href=x>]]>", "" },
		{ "<svg><title><a href=x></title></svg>", "a:x" },
		{ "<svg><style><a href=x></style></svg>", "a:x" },
		{ "<svg><script><a href=x></script></svg>", "a:x" },
		{ "<svg><desc><title><a href=x></title></desc></svg><a href=y>", "a:y" },
		{ "<svg><g><path d='M0'/></g><div><title><a href=x></title><a href=y>", "a:y" },
		{ "<svg><area href=x><iframe src=x><link rel=next href=x></svg>", "" },
		{ "</svg><a href=x></desc>", "a:x" },
	};

	(void)state;
	ASSERT_PAGES(table);
}

static void a_refresh_is_a_link(void **state)
{
	static const struct {
		const char *content, *links;
	} table[] = {
		{ "0;url=x", "refresh:x" },
		{ "5; URL = x", "refresh:x" },
		{ " 5 , url='x' y", "refresh:x" },
		{ "5;url=\"x y\"z", "refresh:x y" },
		{ "5;url='x", "refresh:x" },
		{ "5;x", "refresh:x" },
		{ "5 x", "refresh:x" },
		{ "5;'x'", "refresh:x" },
		{ "1.5;url=x", "refresh:x" },
		{ ".5;url=x", "refresh:x" },
		{ "5;url", "refresh:url" },
		{ "5;urlx", "refresh:urlx" },
		{ "5;uri=x", "refresh:uri=x" },
		{ "0;url=?a=1&amp;b=2", "refresh:?a=1&b=2" },
		{ "5", "" },
		{ "5;", "" },
		{ "5;url=", "" },
		{ "5;url=''", "" },
		{ "5;url='", "" },
		{ "", "" },
		{ "url=x", "" },
		{ ";url=x", "" },
		{ "5url=x", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char page[128];
		bool has_double = strchr(table[i].content, '"');

		snprintf(page, sizeof(page), "<meta http-equiv=Refresh content=%c%s%c>",
			 has_double ? '\'' : '"', table[i].content, has_double ? '\'' : '"');
		assert_links(page, table[i].links);
	}
	assert_links("<meta http-equiv=refresh>", "");
	assert_links("<meta name=refresh content='0;url=x'>", "");
}

/* WHATWG HTML 13.2.5.73: in an attribute "&copy=" is not a reference. */
static void references_in_attributes_are_decoded(void **state)
{
	static const struct page table[] = {
		{ "<a href='?a=1&amp;b=2'>", "a:?a=1&b=2" },
		{ "<a href='?a=1&b=2'>", "a:?a=1&b=2" },
		{ "<a href='?a=1&copy=2'>", "a:?a=1&copy=2" },
		{ "<a href='?a=1&copy;=2'>", "a:?a=1\xC2\xA9=2" },
		{ "<a href='&copy'>", "a:\xC2\xA9" },
		{ "<a href='&copy/&amp'>", "a:\xC2\xA9/&" },
		{ "<a href='&copyx'>", "a:&copyx" },
		{ "<a href='&notit;'>", "a:&notit;" },
		{ "<a href='&amplifier=1'>", "a:&amplifier=1" },
		{ "<a href='&ampamp;&amp;amp;'>", "a:&ampamp;&amp;" },
		{ "<a href='&unknown;&;&&'>", "a:&unknown;&;&&" },
		{ "<a href='&#x78;&#120;&#120y'>", "a:xxxy" },
		{ "<a href='&#120=&#x;&#;'>", "a:x=&#x;&#;" },
		{ "<a href='&#xyz'>", "a:&#xyz" },
		{ "<a href='&#65&#66'>", "a:AB" },
		{ "<a href='&'>", "a:&" },
		{ "<a href=&amp;>", "a:&" },
	};

	(void)state;
	ASSERT_PAGES(table);
}

static void the_first_base_is_known_before_the_first_link(void **state)
{
	static const struct {
		const char *page, *base;
	} table[] = {
		{ "<base href='b'><a href=x>", "b" },
		{ "<a href=x><base href=b><base href=c>", "b" },
		{ "<link rel=next href=x><BASE target=_top><base href='/b?c&amp;d&amp;e'>",
		  "/b?c&d&e" },
		{ "<a href=x><!-- <base href=b> --><base href=c>", "c" },
		{ "<iframe src=x><base href=b></iframe><base href=c>", "c" },
		{ "<a href=x><basefont href=b>", NULL },
		{ "<a href=x><base", NULL },
		{ "<a href=x>base <b>as</b>", NULL },
		{ "<base href=''><a href=x><base href=c>", "" },
		{ "<svg><a href=x><base href=b></svg>", NULL },
		{ "<script>'<base href=b>'</script><a href=x><base href=c>", "c" },
		{ "<a href=x><script><base href=b>", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listing listing = { .stop_at = 1 };
		struct links_facts facts;
		struct slice page = slice_of(table[i].page);

		assert_int_equal(links_scan(page, &scratch, list_link, &listing, &facts), -1);
		if (!slice_equal(facts.base, slice_of(table[i].base)) ||
		    !facts.base.at != !table[i].base)
			fail_msg("%s: base is %.*s", table[i].page, (int)facts.base.size,
				 facts.base.at);
	}
}

static void the_page_says_what_robots_may_do(void **state)
{
	static const struct {
		const char *page;
		bool is_noindex, is_nofollow;
	} table[] = {
		{ "<meta name=robots content=nofollow>", false, true },
		{ "<meta name=ROBOTS content='NoIndex,NOFOLLOW'>", true, true },
		{ "<META content=' none ' name=robots>", true, true },
		{ "<meta name=robots content=noindex><meta name=robots content=nofollow>", true,
		  true },
		{ "<meta name=robots content='index, follow'>", false, false },
		{ "<meta name=robots content=''><meta name=robots>", false, false },
		{ "<meta name=description content='none'>", false, false },
		{ "<!-- <meta name=robots content=none> -->", false, false },
		{ "<noscript><meta name=robots content=noindex></noscript>", true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listing listing = { 0 };
		struct links_facts facts;

		links_scan(slice_of(table[i].page), &scratch, list_link, &listing, &facts);
		if (facts.is_noindex != table[i].is_noindex ||
		    facts.is_nofollow != table[i].is_nofollow)
			fail_msg("%s", table[i].page);
	}
}

static void the_first_canonical_is_a_fact(void **state)
{
	const char *page = "<link rel=canonical><link rel=canonical href='/?a&amp;b'>"
			   "<link rel=canonical href=/late><a href='/?c&amp;d'>";
	struct listing listing = { 0 };
	struct links_facts facts;

	(void)state;
	links_scan(slice_of(page), &scratch, list_link, &listing, &facts);
	assert_true(slice_equal(facts.canonical, SLICE("/?a&b")));
	assert_int_equal(facts.count, 3);
	assert_null(facts.base.at);
}

static void a_reference_without_character_references_points_into_the_page(void **state)
{
	static char page[] = "<base href=b><link rel=canonical href=c>";
	struct listing listing = { 0 };
	struct links_facts facts;

	(void)state;
	links_scan(SLICE(page), &scratch, list_link, &listing, &facts);
	assert_true(facts.base.at > page && facts.base.at < page + sizeof(page));
	assert_true(facts.canonical.at > page && facts.canonical.at < page + sizeof(page));
}

static void the_caller_can_stop(void **state)
{
	struct listing listing = { .stop_at = 2 };
	struct links_facts facts;
	struct slice page = SLICE("<a href=1><a href=2><a href=3>");

	(void)state;
	assert_int_equal(links_scan(page, &scratch, list_link, &listing, &facts), -1);
	assert_string_equal(listing.text, "a:1 a:2");
	assert_int_equal(facts.count, 2);
}

static void an_empty_page_has_no_links(void **state)
{
	struct listing listing = { 0 };
	struct links_facts facts = { .count = 9 };

	(void)state;
	assert_int_equal(
		links_scan((struct slice){ NULL, 0 }, &scratch, list_link, &listing, &facts), 0);
	assert_int_equal(facts.count, 0);
}

static void a_reference_longer_than_the_limit_is_left_out_and_counted(void **state)
{
	static char page[2 * LINKS_REFERENCE_BYTES_MAX + 200];
	struct listing listing = { 0 };
	struct links_facts facts;
	size_t bytes = 0;
	int size;

	(void)state;
	size = snprintf(page, sizeof(page), "<a href=\"%0*d\"><a href=x>",
			LINKS_REFERENCE_BYTES_MAX + 1, 0);
	links_scan((struct slice){ page, (size_t)size }, &scratch, list_link, &listing, &facts);
	assert_string_equal(listing.text, "a:x");
	assert_int_equal(facts.too_long, 1);

	size = snprintf(page, sizeof(page), "<a href=\"&amp;%0*d\">", LINKS_REFERENCE_BYTES_MAX - 5,
			0);
	links_scan((struct slice){ page, (size_t)size }, &scratch, count_link, &bytes, &facts);
	assert_int_equal(facts.too_long, 0);
	assert_int_equal(bytes, LINKS_REFERENCE_BYTES_MAX - 4);
}

/* The caller frees the bytes, which are exactly as many as the file's. */
static struct slice read_data(const char *path)
{
	FILE *file = fopen(path, "rb");
	static char bytes[FILE_BYTES_MAX];
	struct slice data;

	assert_non_null(file);
	data.size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	data.at = malloc(data.size);
	assert_non_null(data.at);
	memcpy((char *)data.at, bytes, data.size);
	return data;
}

static void a_page_with_every_trap_gives_the_links_a_browser_shows(void **state)
{
	struct slice page = read_data("tests/data/links/traps.html");
	struct listing listing = { 0 };
	struct links_facts facts;

	(void)state;
	assert_int_equal(links_scan(page, &scratch, list_link, &listing, &facts), 0);
	assert_string_equal(listing.text,
			    "canonical:/traps next:traps?page=2&sort=up refresh:/soon a:/1 a:/2!"
			    " a:/3?a=b&copy=c a:/4 area:/5 iframe:/6 a:/7 a:/8 a:/9 a:/10");
	assert_true(slice_equal(facts.base, SLICE("https://example.org/dir/")));
	assert_true(facts.is_noindex);
	assert_false(facts.is_nofollow);
	free((char *)page.at);
}

/* Cut anywhere, a page gives a beginning of the links of the whole. */
static void every_beginning_of_a_page_is_a_page(void **state)
{
	struct slice page = read_data("tests/data/links/traps.html");
	struct listing whole = { 0 };
	struct links_facts facts;

	(void)state;
	links_scan(page, &scratch, list_link, &whole, &facts);
	for (size_t size = 0; size < page.size; size++) {
		char *cut = malloc(size ? size : 1);
		struct listing listing = { 0 };

		assert_non_null(cut);
		memcpy(cut, page.at, size);
		assert_int_equal(links_scan((struct slice){ cut, size }, &scratch, list_link,
					    &listing, &facts),
				 0);
		assert_memory_equal(listing.text, whole.text, listing.size);
		free(cut);
	}
	free((char *)page.at);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static void random_markup_is_survived(void **state)
{
	static const char *const words[] = {
		"<",
		">",
		"/",
		"!",
		"--",
		"\"",
		"'",
		"=",
		"<a ",
		"href=",
		"&",
		"&#",
		"amp;",
		"x",
		"<!--",
		"-->",
		"<svg>",
		"</svg>",
		"<desc>",
		"<script>",
		"</scrip",
		"t>",
		"<title>",
		"</title>",
		"<base",
		"<meta ",
		"content=",
		"0;url=",
		"http-equiv=refresh",
		"<![CDATA[",
		"]]>",
		" ",
	};
	uint32_t seed = 5;

	(void)state;
	for (int round = 0; round < 50000; round++) {
		char text[400], *page;
		struct links_facts facts;
		size_t size = 0, bytes = 0;

		while (size < 100) {
			const char *word = words[next_random(&seed) % 32];

			if (next_random(&seed) % 8 == 0)
				text[size++] = (char)next_random(&seed);
			memcpy(text + size, word, strlen(word));
			size += strlen(word);
		}
		page = malloc(size);
		assert_non_null(page);
		memcpy(page, text, size);
		assert_int_equal(links_scan((struct slice){ page, size }, &scratch, count_link,
					    &bytes, &facts),
				 0);
		assert_true(bytes <= size);
		free(page);
	}
}

/* Ten megabytes of one thing take less than a second, what is quadratic in them hours. */
static void no_repetition_makes_a_page_slow(void **state)
{
	static const struct {
		const char *head, *filler;
	} table[] = {
		{ "", "<" },
		{ "", "<a href=x>" },
		{ "", "<a href=x><base>" },
		{ "", "<!--" },
		{ "", "<!-- ->" },
		{ "", "<!--x--!-" },
		{ "", "<a " },
		{ "", "<a href=\"" },
		{ "", "<a href='&" },
		{ "", "</" },
		{ "", "<a href=&lt&gt;&#1;&notit;&x>" },
		{ "<script>", "<!--<script>" },
		{ "<script>", "<!--" },
		{ "", "<script><!--</script>" },
		{ "", "<script><!--></script>" },
		{ "<script>", "<!---->" },
		{ "<script>", "</script" },
		{ "<title>", "</title" },
		{ "<title>", "</" },
		{ "", "<title>" },
		{ "", "<svg>" },
		{ "", "<svg><desc>" },
		{ "<svg>", "<![CDATA[" },
		{ "<svg>", "<![CDATA[]]>" },
		{ "<svg><desc><svg><desc><svg>", "</x><y>" },
		{ "", "<meta http-equiv=refresh content=0;url=x>" },
		{ "<a ", "x=y " },
		{ "<a href=", "x" },
		{ "", "<meta name=robots content='a,b c'>" },
	};
	enum { BYTES = 10000000 };
	char *page = malloc(BYTES + 64);

	(void)state;
	assert_non_null(page);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t size = strlen(table[i].head), step = strlen(table[i].filler), bytes = 0;
		double start = seconds();
		struct links_facts facts;

		memcpy(page, table[i].head, size);
		for (; size < BYTES; size += step)
			memcpy(page + size, table[i].filler, step);
		links_scan((struct slice){ page, size }, &scratch, count_link, &bytes, &facts);
		if (seconds() - start > 10.0 * SLOWNESS)
			fail_msg("%s took %.1f s", table[i].filler, seconds() - start);
	}
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_link_is_found),
		cmocka_unit_test(xhtml_is_read_by_the_rules_of_xml),
		cmocka_unit_test(a_base_of_xhtml_is_found_by_its_prefix),
		cmocka_unit_test(a_meta_of_our_own_name_is_for_us),
		cmocka_unit_test(a_value_full_of_nuls_is_bounded),
		cmocka_unit_test(nofollow_of_a_link_is_reported),
		cmocka_unit_test(attributes_are_read_as_a_tokenizer_reads_them),
		cmocka_unit_test(what_is_not_a_tag_is_text),
		cmocka_unit_test(nothing_is_found_in_comments),
		cmocka_unit_test(nothing_is_found_in_content_that_is_text),
		cmocka_unit_test(a_comment_in_a_script_can_hide_its_end_tag),
		cmocka_unit_test(svg_and_math_have_rules_of_their_own),
		cmocka_unit_test(a_refresh_is_a_link),
		cmocka_unit_test(references_in_attributes_are_decoded),
		cmocka_unit_test(the_first_base_is_known_before_the_first_link),
		cmocka_unit_test(the_page_says_what_robots_may_do),
		cmocka_unit_test(the_first_canonical_is_a_fact),
		cmocka_unit_test(a_reference_without_character_references_points_into_the_page),
		cmocka_unit_test(the_caller_can_stop),
		cmocka_unit_test(an_empty_page_has_no_links),
		cmocka_unit_test(a_reference_longer_than_the_limit_is_left_out_and_counted),
		cmocka_unit_test(a_page_with_every_trap_gives_the_links_a_browser_shows),
		cmocka_unit_test(every_beginning_of_a_page_is_a_page),
		cmocka_unit_test(random_markup_is_survived),
		cmocka_unit_test(no_repetition_makes_a_page_slow),
	};

	return RUN_TESTS(tests);
}
