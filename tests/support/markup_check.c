#include "tests/support/markup_check.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawler/show/glyph.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

#define DEPTH_MAX 64
#define IDS_MAX   4000

struct check {
	struct slice html;
	size_t at;
	struct slice open[DEPTH_MAX];
	size_t depth;
	struct slice ids[IDS_MAX], targets[IDS_MAX];
	size_t id_count, target_count;
	char *error;
};

static char problem[400];

__attribute__((format(printf, 2, 3))) static bool fail(struct check *check, const char *format, ...)
{
	va_list arguments;
	size_t size;

	if (check->error)
		return false;
	va_start(arguments, format);
	vsnprintf(problem, sizeof(problem) - 80, format, arguments);
	va_end(arguments);
	size = strlen(problem);
	snprintf(problem + size, sizeof(problem) - size, " at %zu: %.60s", check->at,
		 check->html.at + check->at);
	check->error = problem;
	return false;
}

static bool is_at(const struct check *check, const char *text)
{
	size_t size = strlen(text);

	return check->html.size - check->at >= size &&
	       memcmp(check->html.at + check->at, text, size) == 0;
}

static bool is_in(struct slice word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal(word, slice_of(words[i])))
			return true;
	return false;
}

/* Text up to one of the bytes that end it. */
static bool take_text(struct check *check, const char *ends)
{
	static const char *const references[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };

	while (check->at < check->html.size && !strchr(ends, check->html.at[check->at])) {
		bool is_reference = check->html.at[check->at] != '&';

		for (size_t i = 0; i < 5 && !is_reference; i++)
			is_reference = is_at(check, references[i]);
		if (!is_reference)
			return fail(check, "a bare &");
		if (strchr("<>\"", check->html.at[check->at]) && strchr(ends, '"'))
			return fail(check, "a bare sign in an attribute");
		if (check->html.at[check->at] == '>')
			return fail(check, "a bare >");
		check->at++;
	}
	return check->at < check->html.size || *ends == '<';
}

static struct slice take_name(struct check *check)
{
	size_t from = check->at;

	while (check->at < check->html.size &&
	       (ascii_is_letter(check->html.at[check->at]) ||
		ascii_is_digit(check->html.at[check->at]) || check->html.at[check->at] == '-'))
		check->at++;
	return (struct slice){ check->html.at + from, check->at - from };
}

static bool note_id(struct check *check, struct slice id)
{
	for (size_t i = 0; i < check->id_count; i++)
		if (slice_equal(check->ids[i], id))
			return fail(check, "the id %.*s again", (int)id.size, id.at);
	if (check->id_count == IDS_MAX || id.size == 0)
		return fail(check, "ids");
	check->ids[check->id_count++] = id;
	return true;
}

/* Links are within the page, or paths of our server. */
static bool note_link(struct check *check, struct slice link)
{
	if (link.size > 1 && link.at[0] == '#') {
		if (check->target_count == IDS_MAX)
			return fail(check, "links");
		check->targets[check->target_count++] =
			(struct slice){ link.at + 1, link.size - 1 };
		return true;
	}
	if (link.size > 1 && link.at[0] == '/' && link.at[1] != '/')
		return true;
	return fail(check, "a link to elsewhere");
}

static bool take_attribute(struct check *check, struct slice *name)
{
	struct slice value;
	size_t from;

	*name = take_name(check);
	if (name->size == 0)
		return fail(check, "no attribute");
	if (ascii_starts_with(*name, SLICE("on")))
		return fail(check, "a handler");
	if (!is_at(check, "=\""))
		return true;
	check->at += 2;
	from = check->at;
	if (!take_text(check, "\""))
		return fail(check, "an attribute without end");
	value = (struct slice){ check->html.at + from, check->at - from };
	check->at++;
	if (slice_equal(*name, SLICE("id")))
		return note_id(check, value);
	if (slice_equal(*name, SLICE("href")) || slice_equal(*name, SLICE("src")) ||
	    slice_equal(*name, SLICE("action")))
		return note_link(check, value);
	return true;
}

static bool take_attributes(struct check *check)
{
	struct slice names[16];
	size_t count = 0;

	while (check->at < check->html.size && check->html.at[check->at] == ' ') {
		check->at++;
		if (count == 16 || !take_attribute(check, &names[count]))
			return fail(check, "attributes");
		for (size_t i = 0; i < count; i++)
			if (slice_equal(names[i], names[count]))
				return fail(check, "an attribute twice");
		count++;
	}
	return true;
}

static bool take_end(struct check *check)
{
	struct slice name;

	check->at += 2;
	name = take_name(check);
	if (!is_at(check, ">"))
		return fail(check, "an end tag with more than a name");
	check->at++;
	if (check->depth == 0 || !slice_equal(check->open[check->depth - 1], name))
		return fail(check, "</%.*s> closes <%.*s>", (int)name.size, name.at,
			    check->depth ? (int)check->open[check->depth - 1].size : 0,
			    check->depth ? check->open[check->depth - 1].at : "");
	check->depth--;
	return true;
}

/* The only thing in the style sheet that could matter is its end. */
static bool take_style(struct check *check)
{
	const char *end =
		memmem(check->html.at + check->at, check->html.size - check->at, "</style", 7);

	if (!end)
		return fail(check, "a style without end");
	check->at = (size_t)(end - check->html.at);
	return true;
}

static bool take_begin(struct check *check)
{
	static const char *const voids[] = { "meta", "br", "input" };
	static const char *const blocks[] = {
		"div", "p", "ul", "ol", "table", "section", "details"
	};
	struct slice name;

	check->at++;
	name = take_name(check);
	if (name.size == 0)
		return fail(check, "a bare <");
	if (slice_equal(name, SLICE("script")))
		return fail(check, "a script");
	if (check->depth > 0 && is_in(name, blocks, 7) &&
	    slice_equal(check->open[check->depth - 1], SLICE("p")))
		return fail(check, "a block in a paragraph");
	if (!take_attributes(check))
		return false;
	if (is_at(check, "/>")) {
		check->at += 2;
		return true;
	}
	if (!is_at(check, ">"))
		return fail(check, "a tag without end");
	check->at++;
	if (is_in(name, voids, 3))
		return true;
	if (check->depth == DEPTH_MAX)
		return fail(check, "too deep");
	check->open[check->depth++] = name;
	return slice_equal(name, SLICE("style")) ? take_style(check) : true;
}

static bool check_characters(struct check *check)
{
	for (check->at = 0; check->at < check->html.size;) {
		uint32_t code;
		size_t bytes = glyph_decode(
			(struct slice){ check->html.at + check->at, check->html.size - check->at },
			&code);

		if (glyph_is_control(code) && code != '\n' && code != '\t')
			return fail(check, "a control character, or no UTF-8");
		check->at += bytes;
	}
	check->at = 0;
	return true;
}

static bool check_targets(struct check *check)
{
	for (size_t i = 0; i < check->target_count; i++) {
		bool is_there = false;

		for (size_t j = 0; j < check->id_count && !is_there; j++)
			is_there = slice_equal(check->targets[i], check->ids[j]);
		if (!is_there)
			return fail(check, "nothing has the id %.*s", (int)check->targets[i].size,
				    check->targets[i].at);
	}
	return true;
}

const char *markup_check(struct slice html)
{
	static const char doctype[] = "<!doctype html>\n";
	struct check *check = memory_new(1, sizeof(*check));
	const char *error;

	check->html = html;
	if (check_characters(check) && is_at(check, doctype))
		check->at = sizeof(doctype) - 1;
	while (!check->error && check->at < html.size) {
		if (is_at(check, "</"))
			take_end(check);
		else if (is_at(check, "<"))
			take_begin(check);
		else
			take_text(check, "<");
	}
	if (check->depth > 0)
		fail(check, "<%.*s> is open", (int)check->open[check->depth - 1].size,
		     check->open[check->depth - 1].at);
	check_targets(check);
	error = check->error;
	free(check);
	return error;
}
