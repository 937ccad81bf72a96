/* tags: what a "<" begins, and where it ends. */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "parsers/markup/tags.h"

#define TRACE_BYTES_MAX 1024

static void add(char *trace, const char *before, struct slice text, const char *behind)
{
	size_t size = strlen(trace);

	snprintf(trace + size, TRACE_BYTES_MAX - size, "%s%.*s%s", before, (int)text.size, text.at,
		 behind);
}

static void trace_attributes(struct tags *tags, char *trace)
{
	struct attribute attribute;
	bool is_self_closing = false;
	enum attribute_step step;

	while ((step = tags_attribute(tags, &attribute, &is_self_closing)) == ATTRIBUTE_READ) {
		add(trace, " ", attribute.name, "=");
		add(trace, "", attribute.value, "");
	}
	add(trace, step == ATTRIBUTE_CUT ? " cut" : is_self_closing ? " /" : "", SLICE(""), "");
}

/* "(a href=x)" an opening tag, "[a]" a closing one, "!" a comment, "<" one that is text. */
static void trace_page(struct slice page, bool has_cdata, char *trace)
{
	struct tags tags = { .at = page.at, .end = page.at + page.size };
	const char *start;
	struct slice name;

	*trace = '\0';
	while ((start = tags_find(tags.at, tags.end, '<'))) {
		enum tag_kind kind;

		add(trace, "", (struct slice){ tags.at, (size_t)(start - tags.at) }, "");
		tags.at = start + 1;
		kind = tags_next(&tags, has_cdata, &name);
		if (kind == TAG_NONE || kind == TAG_COMMENT) {
			add(trace, kind == TAG_NONE ? "<" : "!", SLICE(""), "");
			continue;
		}
		add(trace, kind == TAG_OPENING ? "(" : "[", name, "");
		trace_attributes(&tags, trace);
		add(trace, kind == TAG_OPENING ? ")" : "]", SLICE(""), "");
	}
	add(trace, "", (struct slice){ tags.at, (size_t)(tags.end - tags.at) }, "");
}

static void assert_trace(const char *page, bool has_cdata, const char *expected)
{
	char trace[TRACE_BYTES_MAX];
	char *copy = malloc(strlen(page) + 1);

	memcpy(copy, page, strlen(page)); /* of exactly its size: a byte too far is seen */
	trace_page((struct slice){ copy, strlen(page) }, has_cdata, trace);
	if (strcmp(trace, expected) != 0)
		fail_msg("%s gives %s, not %s", page, trace, expected);
	free(copy);
}

static void a_page_is_cut_into_tags_comments_and_text(void **state)
{
	static const char *const table[][2] = {
		{ "a<B>c</b >d", "a(B)c[b]d" },
		{ "1 < 2 <3", "1 < 2 <3" },
		{ "<", "<" },
		{ "</", "</" },
		{ "</>x", "!x" },
		{ "</3>x", "!x" },
		{ "<?php '<' ?>x", "!x" },
		{ "<!DOCTYPE html>x", "!x" },
		{ "<!x", "!" },
		{ "<!-->x", "!x" },
		{ "<!--->x", "!x" },
		{ "<!--a>b-->x", "!x" },
		{ "<!--a--!>x", "!x" },
		{ "<!--!>x", "!" },
		{ "<!--a--", "!" },
		{ "<a b=c d='e f' g=\"h>\" i>x", "(a b=c d=e f g=h> i=)x" },
		{ "<a b = c\n=d>", "(a b=c =d=)" },
		{ "<a =b>", "(a =b=)" },
		{ "<a b=>x", "(a b=)x" },
		{ "<a b=c/>", "(a b=c/)" },
		{ "<a b='c'/>", "(a b=c /)" },
		{ "<a/b/c/>", "(a b= c= /)" },
		{ "<br/ >", "(br)" },
		{ "<a b='c", "(a cut)" },
		{ "<a b=", "(a cut)" },
		{ "<a ", "(a cut)" },
		{ "<a", "(a cut)" },
		{ "<a<b>", "(a<b)" },
		{ "<\xC3\xA9>", "<\xC3\xA9>" },
		{ "<a\xC3\xA9 \xC3\xA9=1>", "(a\xC3\xA9 \xC3\xA9=1)" },
		{ "<![CDATA[<a>]]>", "!]]>" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_trace(table[i][0], false, table[i][1]);
	assert_trace("<![CDATA[<a>]]>x", true, "!x");
	assert_trace("<![CDATA[]]]>x", true, "!x");
	assert_trace("<![CDATA[<a>]>x", true, "!");
}

/* Text up to the end tag of `name`: what is left of the page then. */
static void text_ends_at_its_own_end_tag(void **state)
{
	static const char *const table[][3] = {
		{ "title", "a<b></TITLE>x", "</TITLE>x" },
		{ "title", "</titles></title/>", "</title/>" },
		{ "title", "</title", "" },
		{ "title", "< /title></ title>", "" },
		{ "script", "a</b></script >", "</script >" },
		{ "script", "<!--</script>", "</script>" },
		{ "script", "<!--<script></script>--></script>x", "</script>x" },
		{ "script", "<!--<script></script></script>x", "</script>x" },
		{ "script", "<!--<script>--></script>x", "</script>x" },
		{ "script", "<!--><script></script>x", "</script>x" },
		{ "script", "<!--<script></script>", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct slice page = slice_of(table[i][1]);
		struct tags tags = { .at = page.at, .end = page.at + page.size };

		if (strcmp(table[i][0], "script") == 0)
			tags_skip_script(&tags);
		else
			tags_skip_text(&tags, slice_of(table[i][0]));
		assert_string_equal(tags.at, table[i][2]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_cut_into_tags_comments_and_text),
		cmocka_unit_test(text_ends_at_its_own_end_tag),
	};

	return RUN_TESTS(tests);
}
