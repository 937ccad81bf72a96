#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "parsers/charset/charset.h"
#include "parsers/markup/html.h"

/*
 * Goal: what html.h says, rule by rule, against the tables of the Standard; in place as well
 * as into another buffer; and in linear time, without a byte outside, on what is not HTML.
 */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct sample {
	const char *in;
	const char *out;
};

typedef size_t text_function(struct slice text, char *out);

/* A copy of exactly size bytes, so that ASan sees every byte read or written outside. */
static char *exact_copy(const char *at, size_t size)
{
	char *copy = malloc(size > 0 ? size : 1);

	if (size > 0)
		memcpy(copy, at, size);
	return copy;
}

/* function turns in into out, between two buffers and in place. */
static void a_title_of_xhtml_is_read_by_the_rules_of_xml(void **state)
{
	static const char *const table[][2] = {
		{ "<script/><title>t</title>", "t" },
		{ "<title/><title>t</title>", "" },
		{ "<title><![CDATA[ a &amp; <b> ]]></title>", "a &amp; <b>" },
		{ "<title>a &amp; b</title>", "a & b" },
		{ "<title>a<![CDATA[<b>&amp;]]>c</title>", "a<b>&amp;c" },
		{ "<title><![CDATA[a]]> <![CDATA[</title>]]></title>", "a </title>" },
		{ "<title>a<!-- <b> --><?p > ?>c</title>", "ac" },
		{ "<title>a<b>no</b>c<br/>d</title>", "acd" },
		{ "<title>a<b>no</title>x", "a" },
		{ "<title>a < b</title>", "a b" },
		{ "<title>a</TITLE>b</title>", "ab" },
		{ "<title>a<![CDATA[b", "a" },
		{ "<TITLE>no</TITLE><title>t</title>", "t" },
		{ "<h:html><title>no</title><h:title>a</title>b<c/></h:title>c", "ab" },
		{ "<html><h:title>no</h:title><title>t</title>", "t" },
		{ "<!--><title>no</title>--><title>t</title>", "t" },
		{ "<!---><title>no</title>--><title>t</title>", "t" },
		{ "<!----><title>t</title>", "t" },
		{ "<!-- --!><title>no</title>--><title>t</title>", "t" },
		{ "<?p <title>no</title> ?><title>t</title>", "t" },
		{ "<textarea/><svg><title>no</title></svg><title>t</title>", "t" },
		{ "<style><![CDATA[<title>no</title>]]></style><title>t</title>", "t" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char title[64];
		size_t size = html_title_xml(slice_of(table[i][0]), title, sizeof(title));

		assert_int_equal(size, strlen(table[i][1]));
		assert_memory_equal(title, table[i][1], size);
	}
}

/* What leaves svg and math for the links of a page leaves them for its title. */
static void a_tag_of_html_ends_an_svg_before_the_title(void **state)
{
	static const char *const table[][2] = {
		{ "<svg><font><title>no</title></font></svg><title>t</title>", "t" },
		{ "<svg><font color=red><title>t</title>", "t" },
		{ "<svg></p><title>t</title>", "t" },
		{ "<math></br><title>t</title>", "t" },
		{ "<svg><g></g><title>no</title></svg><title>t</title>", "t" },
		{ "<svg><foreignObject><title>t</title></foreignObject></svg>", "t" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char title[64];
		size_t size = html_title(slice_of(table[i][0]), title, sizeof(title));

		assert_int_equal(size, strlen(table[i][1]));
		assert_memory_equal(title, table[i][1], size);
	}
}

static void assert_text(text_function *function, struct slice in, struct slice out)
{
	char *source = exact_copy(in.at, in.size);
	char *target = malloc(in.size > 0 ? in.size : 1);
	size_t size = function((struct slice){ source, in.size }, target);

	if (!slice_equal((struct slice){ target, size }, out))
		fail_msg("%.*s: %.*s instead of %.*s", (int)in.size, in.at, (int)size, target,
			 (int)out.size, out.at);
	size = function((struct slice){ source, in.size }, source);
	assert_true(slice_equal((struct slice){ source, size }, out));
	free(source);
	free(target);
}

static void assert_samples(text_function *function, const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_text(function, slice_of(samples[i].in), slice_of(samples[i].out));
}

static const struct entity {
	const char *name;
	const char *text;
} entities[] = {
#define ENTITY(name, text) { name, text },
#include "parsers/markup/html_entities.inc"
#undef ENTITY
};

/* The Standard's list has 2,231 names; 106 of them do without a semicolon. */
static void the_table_is_complete_and_sorted(void **state)
{
	size_t without_semicolon = 0;

	(void)state;
	assert_int_equal(COUNT(entities), 2231);
	for (size_t i = 0; i < COUNT(entities); i++) {
		if (i > 0)
			assert_true(strcmp(entities[i - 1].name, entities[i].name) < 0);
		without_semicolon += strchr(entities[i].name, ';') == NULL;
		assert_true(charset_is_utf8(slice_of(entities[i].text)));
	}
	assert_int_equal(without_semicolon, 106);
}

/* html.h promises that the result fits in the place of the source. */
static void only_two_references_are_shorter_than_their_text(void **state)
{
	size_t longer = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(entities); i++) {
		if (strlen(entities[i].text) <= 1 + strlen(entities[i].name))
			continue;
		longer++;
		assert_true(strcmp(entities[i].name, "nGt;") == 0 ||
			    strcmp(entities[i].name, "nLt;") == 0);
	}
	assert_int_equal(longer, 2);
}

static void every_named_reference_is_decoded_in_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(entities); i++) {
		char in[64], out[64];
		bool is_kept = strlen(entities[i].text) > 1 + strlen(entities[i].name);

		snprintf(in, sizeof(in), "&%s", entities[i].name);
		snprintf(out, sizeof(out), "%s", is_kept ? in : entities[i].text);
		assert_text(html_decode, slice_of(in), slice_of(out));
		snprintf(in, sizeof(in), "<&%s ", entities[i].name);
		snprintf(out, sizeof(out), "<%s%s ", is_kept ? "&" : "",
			 is_kept ? entities[i].name : entities[i].text);
		assert_text(html_decode, slice_of(in), slice_of(out));
	}
}

static void references_are_decoded_as_in_the_standard(void **state)
{
	static const struct sample samples[] = {
		{ "", "" },
		{ "no reference", "no reference" },
		{ "a &lt; b &amp;&amp; c &gt; d", "a < b && c > d" },
		{ "&amp;lt;", "&lt;" },
		{ "caf&eacute;", "café" },
		{ "&nbsp;", "\xC2\xA0" },
		{ "&NotEqualTilde;", "\xE2\x89\x82\xCC\xB8" },
		/* the longest name wins, and a name without semicolon may be a prefix */
		{ "I'm &notit; I tell you", "I'm ¬it; I tell you" },
		{ "I'm &notin; I tell you", "I'm ∉ I tell you" },
		{ "&notin", "¬in" },
		{ "&copy2020", "©2020" },
		{ "?a=1&copy=2", "?a=1©=2" },
		{ "&ampx", "&x" },
		{ "&lt&gt", "<>" },
		/* no references */
		{ "&", "&" },
		{ "& ", "& " },
		{ "&;", "&;" },
		{ "&&", "&&" },
		{ "AT&T", "AT&T" },
		{ "&unknown;", "&unknown;" },
		{ "&Amp;", "&Amp;" },
		{ "&alpha", "&alpha" },
		{ "&am", "&am" },
		{ "&nGt;&nLt;", "&nGt;&nLt;" },
		{ "&#;&#x;&#X;&#xg;", "&#;&#x;&#X;&#xg;" },
		{ "&#", "&#" },
		{ "&#x", "&#x" },
		/* numeric */
		{ "&#65;&#x41;&#X41;&#x4a;&#x4A;", "AAAJJ" },
		{ "&#65 &#65x &#x41g", "A Ax Ag" },
		{ "&#0000000000000000000000065;", "A" },
		{ "&#20013;&#x4E2D;", "中中" },
		{ "&#x1F600;", "😀" },
		{ "&#x10FFFF;", "\xF4\x8F\xBF\xBF" },
		{ "&#0;&#x0;&#0", "���" },
		{ "&#x110000;&#1114112;", "��" },
		{ "&#4294967361;", "�" },
		{ "&#99999999999999999999;", "�" },
		{ "&#xD800;&#xDFFF;", "��" },
		{ "&#xD7FF;&#xE000;", "\xED\x9F\xBF\xEE\x80\x80" },
		{ "&#128;&#x80;", "€€" },
		{ "&#146;&#150;&#x9F;", "’–Ÿ" },
		{ "&#129;&#160;", "\xC2\x81\xC2\xA0" },
		{ "&#13;", "\r" },
	};

	(void)state;
	assert_samples(html_decode, samples, COUNT(samples));
}

static void a_nul_is_data(void **state)
{
	(void)state;
	assert_text(html_decode, SLICE("a\0&amp\0;&\0&#65\0"), SLICE("a\0&\0;&\0A\0"));
	assert_text(html_strip, SLICE("a\0<b\0>c\0</b>"), SLICE("a\0c\0"));
}

static void a_name_without_semicolon_may_be_a_parameter_in_an_attribute(void **state)
{
	static const struct sample samples[] = {
		{ "?a=1&copy=2", "?a=1&copy=2" },
		{ "?a=1&copy2", "?a=1&copy2" },
		{ "?a=1&copyx", "?a=1&copyx" },
		{ "?a=1&copy;=2", "?a=1©=2" },
		{ "?a=1&amp;copy=2", "?a=1&copy=2" },
		{ "?a=1&amp", "?a=1&" },
		{ "?a=1&lt.", "?a=1<." },
		{ "?a&notin;b&notit;", "?a∉\x62&notit;" },
		{ "?a=&#65b", "?a=Ab" },
	};

	(void)state;
	assert_samples(html_decode_attribute, samples, COUNT(samples));
}

static void what_blocks_divide_stays_divided(void **state)
{
	static const struct sample samples[] = {
		{ "<div>north</div><div>south</div>", "north\nsouth" },
		{ "one<br>two<BR/>three</br>four", "one\ntwo\nthree\nfour" },
		{ "<b>un</b>bold", "unbold" },
		{ "i<u>am</u>groot", "iamgroot" },
		{ "t<u>es</u>t <i>f</i><u>ir</u>e", "test fire" },
		{ "<h1>title</h1><p>text.</p>", "title\ntext." },
		{ "<p>two</p><p>line</p>", "two\nline" },
		{ "<div>Text</div><span>Text</span>", "Text\nText" },
		{ "<span>Text</span><div>Text</div>", "Text\nText" },
		{ "<ul><li>a<li>b</ul>c", "a\nb\nc" },
		{ "<table><tr><td>1<td>2<tr><th>3</table>", "1\n2\n3" },
		{ "<select><option>x<option>y</select>", "x\ny" },
		{ "<dl><dt>k</dt><dd>v</dd></dl>", "k\nv" },
		{ "a<br><br><hr>b", "a\nb" },
		{ "a <br>b", "a b" },
		{ "a<br> b", "a b" },
		{ "a\n<p>b</p>\n", "a\nb\n" },
		{ "<p>&amp;</p><p>&lt;</p>", "&\n<" },
		{ "a<p>&#32;b", "a b" },
		{ "<p></p><p> </p><p></p>", " " },
		{ "<p>a<!-- <p> -->b", "ab" },
		{ "1<p><2", "1\n<2" },
		{ "1 <<p>2", "1 <\n2" },
		{ "1<br>2<wbr>3", "1\n23" },
		{ "a<p", "a" },
		{ "a<p>", "a" },
		{ "a<div-x>b", "ab" },
		{ "a<p><script>x</script>b", "a\nb" },
		{ "a<p><textarea>b</textarea>", "a\nb" },
		{ "<br>a<br>", "a" },
	};

	(void)state;
	assert_samples(html_strip, samples, COUNT(samples));
}

static void tags_comments_and_scripts_are_stripped(void **state)
{
	static const struct sample samples[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "<p>one</p><p>two</p>", "one\ntwo" },
		{ "a<br>b<br/>c<BR />d", "a\nb\nc\nd" },
		{ "1 < 2 & 3 > 2 <3", "1 < 2 & 3 > 2 <3" },
		{ "a<", "a<" },
		{ "a</", "a</" },
		{ "a</>b</ x>c", "abc" },
		{ "<a title=\"a > b\" href='>'>x</a>", "x" },
		{ "<a title=a\"b>x\">", "x\">" },
		{ "<a b = '>' c>x", "x" },
		{ "<a b=>x", "x" },
		{ "<a =>x", "x" },
		{ "<a \"b>x", "x" },
		{ "&lt;b&gt;<b>x</b>", "<b>x" },
		{ "&am<i>p;</i>", "&amp;" },
		{ "a<!-- <b> -- > -->b", "ab" },
		{ "a<!-->b<!--->c<!--x--!>d<!---->e", "abcde" },
		{ "a<!-- - -- --", "a" },
		{ "a<!DOCTYPE html>b<?xml x?>c<!x>d", "abcd" },
		{ "a<script>if (a < b) x('</p>')</script>b", "ab" },
		{ "a<SCRIPT type=x>x</Script >b", "ab" },
		{ "a<script><!-- w('<script>x</script>') --></script>b", "ab" },
		{ "a<script><!-- x </script>b", "ab" },
		{ "a<script><!-- --> '<script>' </script>b", "ab" },
		{ "a<script><!--></script>b", "ab" },
		{ "a<script>x</scripty></script>b", "ab" },
		{ "a<style>b</style>c<style>d", "ac" },
		{ "<title>a <b> &amp; c</title><i>d</i>", "a <b> & cd" },
		{ "<textarea><p></textarea>x", "<p>x" },
		{ "a<b", "a" },
		{ "a<b c='>", "a" },
		{ "a</b c", "a" },
	};

	(void)state;
	assert_samples(html_strip, samples, COUNT(samples));
}

static void assert_title(struct slice page, size_t room, const char *wanted)
{
	char *source = exact_copy(page.at, page.size);
	char *out = malloc(room > 0 ? room : 1);
	size_t size = html_title((struct slice){ source, page.size }, out, room);

	if (!slice_equal((struct slice){ out, size }, slice_of(wanted)))
		fail_msg("%.*s: '%.*s' instead of '%s'", (int)page.size, page.at, (int)size, out,
			 wanted);
	free(source);
	free(out);
}

static void the_title_is_found_and_cleaned(void **state)
{
	static const struct sample samples[] = {
		{ "", "" },
		{ "no title", "" },
		{ "<title>Plain</title>", "Plain" },
		{ "<TITLE>Upper</TITLE>", "Upper" },
		{ "<TiTlE lang=en data-x='a>b'>Attributes</tItLe >", "Attributes" },
		{ "<title\n>\n\t two \r\n\f lines \n</title>", "two lines" },
		{ "<title>a&#32;&#10; b&nbsp; c</title>", "a b\xC2\xA0 c" },
		{ "<title> &#32; </title>", "" },
		{ "<title>caf&eacute; &amp; &lt;b&gt; &nGt; &copy2</title>", "café & <b> ≫⃒ ©\x32" },
		{ "<title>a <b>tag</b> <!-- c --> d</title>", "a <b>tag</b> <!-- c --> d" },
		{ "<title>a</titles>b</title >c", "a</titles>b" },
		{ "<title>first</title><title>second</title>", "first" },
		{ "<title></title><title>second</title>", "" },
		{ "<title>unterminated <p>page", "unterminated <p>page" },
		{ "<title>unterminated</title", "unterminated</title" },
		{ "<title", "" },
		{ "<title ", "" },
		{ "<title>", "" },
		{ "<titles>no</titles><title>yes</title>", "yes" },
		{ "</title><title>yes</title>", "yes" },
		{ "<title/>still open</title>", "still open" },
		{ "< title>no</title><title>yes</title>", "yes" },
		{ "<body><div><title>late</title>", "late" },
		/* not the page's title */
		{ "<!-- <title>no</title> --><title>yes</title>", "yes" },
		{ "<!--><title>yes</title> -->", "yes" },
		{ "<!-- <title>no</title>", "" },
		{ "<!doctype html><title>yes</title>", "yes" },
		{ "<script>'<title>no</title>'</script><title>yes</title>", "yes" },
		{ "<script><!-- '<script></script><title>no' --></script><title>yes", "yes" },
		{ "<script>'<title>no</title>'", "" },
		{ "<style><title>no</title></style><title>yes</title>", "yes" },
		{ "<textarea><title>no</title></textarea><title>yes</title>", "yes" },
		{ "<noscript><title>no</title></noscript><title>yes</title>", "yes" },
		{ "<iframe><title>no</title></iframe><title>yes</title>", "yes" },
		{ "<a title='<title>no</title>'><title>yes</title>", "yes" },
		{ "<svg><title>no</title></svg><title>yes</title>", "yes" },
		{ "<SVG><g><svg><title>no</title></svg><title>no</title></g></SVG><title>yes",
		  "yes" },
		{ "<svg/><title>yes</title>", "yes" },
		{ "<svg><svg/><style/><script/></svg><title>yes</title>", "yes" },
		{ "<svg><![CDATA[ > </svg><title>no</title> ]]></svg><title>yes</title>", "yes" },
		{ "<![CDATA[><title>yes</title>]]>", "yes" },
		{ "<math><title>no</title></math><title>yes</title>", "yes" },
		{ "<template><title>no</title></template><title>yes</title>", "yes" },
		{ "</svg><title>yes</title>", "yes" },
		{ "<plaintext><title>no</title>", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++)
		assert_title(slice_of(samples[i].in), 64, samples[i].out);
	assert_title(SLICE("<title>a\0b</title>"), 64, "a\xEF\xBF\xBD\x62");
}

static void a_title_is_cut_at_a_character(void **state)
{
	static const char page[] = "<title>a \xC3\xA9 &euro; &#x1F600; &NotEqualTilde;</title>";
	static const char *const cut[] = {
		"", "a", "a", "a", "a é", "a é", "a é", "a é", "a é €",
	};
	char out[64];

	(void)state;
	for (size_t room = 0; room < COUNT(cut); room++)
		assert_title(SLICE(page), room, cut[room]);
	for (size_t room = 0; room < sizeof(out); room++) {
		size_t size = html_title(SLICE(page), out, room);

		assert_true(size <= room);
		assert_true(charset_is_utf8((struct slice){ out, size }));
	}
}

static void every_cut_page_has_a_title_of_its_own_bytes(void **state)
{
	static const char page[] =
		"<!-- c --><script>x</script><svg><title>no</title></svg><a b='c' d=e f>"
		"<title lang=x>caf&eacute; 中&#20013;</title></title>";

	(void)state;
	for (size_t cut = 0; cut < sizeof(page); cut++) {
		char *source = exact_copy(page, cut);
		char out[256];
		size_t size = html_title((struct slice){ source, cut }, out, sizeof(out));

		assert_true(charset_is_utf8((struct slice){ out, size }));
		assert_true(size <= cut);
		free(source);
	}
}

static void an_unterminated_title_is_read_to_its_limit(void **state)
{
	const size_t size = HTML_TITLE_SOURCE_MAX + 1000;
	char *page = malloc(7 + size), *out = malloc(size);

	(void)state;
	memset(page, 'x', 7 + size);
	memcpy(page, "<title>", 7);
	assert_int_equal(html_title((struct slice){ page, 7 + size }, out, size),
			 HTML_TITLE_SOURCE_MAX);
	free(page);
	free(out);
}

/* A megabyte of each takes milliseconds of CPU; a quadratic scan of it takes half a minute. */
static void hostile_pages_are_scanned_in_linear_time(void **state)
{
	static const char *const units[] = {
		"<",
		"</",
		"<a",
		"<a ",
		"<a b",
		"<a b=\"",
		"<a b='",
		"<!",
		"<!-",
		"<!--",
		"<!-- --",
		"-->",
		"<script>",
		"<script><!--<script>",
		"<script><!--</script>",
		"</script",
		"<style>",
		"<style></styl",
		"<textarea></text",
		"<svg>",
		"<svg/>",
		"<svg><![CDATA[",
		"<![CDATA[",
		"</svg>",
		"<title",
		"<title ",
		"&",
		"&#",
		"&#x",
		"&#1",
		"&lt",
		"&a",
		"&CounterClockwiseContourIntegra",
		"<p>&amp;</p>",
		" ",
	};
	const size_t size = 1 << 20;
	char *page = malloc(size), *out = malloc(size);

	(void)state;
	for (size_t i = 0; i < COUNT(units); i++) {
		size_t unit = strlen(units[i]);
		clock_t start = clock();

		for (size_t at = 0; at < size; at++)
			page[at] = units[i][at % unit];
		assert_true(html_title((struct slice){ page, size }, out, 100) <= 100);
		assert_true(html_strip((struct slice){ page, size }, out) <= size);
		assert_true(html_decode((struct slice){ page, size }, out) <= size);
		assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
	}
	free(page);
	free(out);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

/* Pieces of HTML thrown together: no byte outside, valid UTF-8 in, valid UTF-8 out. */
static void random_markup_gives_valid_text(void **state)
{
	static const char *const pieces[] = {
		"<",           ">",         "/",     "!",       "--",        "<!--",
		"-->",         "\"",        "'",     "=",       " ",         "a",
		"&",           "#",         "x",     "6",       ";",         "&amp;",
		"&#",          "&#x",       "&nGt;", "&notin;", "<title>",   "</title>",
		"<script>",    "</script>", "<svg>", "</svg>",  "<![CDATA[", "]]>",
		"<p class=x>", "é",         "中",    "😀",       "title",     "script",
	};
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char page[256];
		size_t size = 0, count = next_random(&seed) % 24;
		char *copy, out[64];

		while (count-- > 0) {
			const char *piece = pieces[next_random(&seed) % COUNT(pieces)];

			memcpy(page + size, piece, strlen(piece));
			size += strlen(piece);
		}
		copy = exact_copy(page, size);
		count = html_title((struct slice){ copy, size }, out, next_random(&seed) % 64);
		assert_true(charset_is_utf8((struct slice){ out, count }));
		count = round % 2 ? html_strip((struct slice){ copy, size }, copy)
				  : html_decode((struct slice){ copy, size }, copy);
		assert_true(count <= size);
		assert_true(charset_is_utf8((struct slice){ copy, count }));
		free(copy);
	}
}

static void nothing_gives_nothing(void **state)
{
	(void)state;
	assert_int_equal(html_decode((struct slice){ NULL, 0 }, NULL), 0);
	assert_int_equal(html_strip((struct slice){ NULL, 0 }, NULL), 0);
	assert_int_equal(html_title((struct slice){ NULL, 0 }, NULL, 0), 0);
	assert_int_equal(html_title(SLICE("<title>x</title>"), NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_title_of_xhtml_is_read_by_the_rules_of_xml),
		cmocka_unit_test(a_tag_of_html_ends_an_svg_before_the_title),
		cmocka_unit_test(the_table_is_complete_and_sorted),
		cmocka_unit_test(only_two_references_are_shorter_than_their_text),
		cmocka_unit_test(every_named_reference_is_decoded_in_its_place),
		cmocka_unit_test(references_are_decoded_as_in_the_standard),
		cmocka_unit_test(a_nul_is_data),
		cmocka_unit_test(a_name_without_semicolon_may_be_a_parameter_in_an_attribute),
		cmocka_unit_test(what_blocks_divide_stays_divided),
		cmocka_unit_test(tags_comments_and_scripts_are_stripped),
		cmocka_unit_test(the_title_is_found_and_cleaned),
		cmocka_unit_test(a_title_is_cut_at_a_character),
		cmocka_unit_test(every_cut_page_has_a_title_of_its_own_bytes),
		cmocka_unit_test(an_unterminated_title_is_read_to_its_limit),
		cmocka_unit_test(hostile_pages_are_scanned_in_linear_time),
		cmocka_unit_test(random_markup_gives_valid_text),
		cmocka_unit_test(nothing_gives_nothing),
	};

	return RUN_TESTS(tests);
}
