#include "parsers/markup/links.h"

#include "parsers/markup/html.h"
#include <stdint.h>
#include <strings.h>

/* svg, math and what is HTML again inside them; deeper ones are not told apart. */
#define FOREIGN_DEPTH_MAX 32

enum foreign_kind { FOREIGN_SVG, FOREIGN_MATH, FOREIGN_HTML };

struct foreign {
	enum foreign_kind kind;
	struct slice name; /* of its tag */
};

struct scan {
	const char *at, *end;
	struct links_scratch *scratch;
	links_function *function;
	void *context;
	struct links_facts *facts;
	struct foreign foreign[FOREIGN_DEPTH_MAX]; /* the open ones, innermost last */
	size_t depth;
	bool is_base_settled;
	bool is_base_wanted; /* look for the base, and nothing else */
	bool is_stopped;
};

/* Characters */

enum {
	SPACE = 1,
	ENDS_TAG_NAME = 2,
	ENDS_ATTRIBUTE_NAME = 4,
	ENDS_BARE_VALUE = 8,
};

#define ENDS_ALL (SPACE | ENDS_TAG_NAME | ENDS_ATTRIBUTE_NAME | ENDS_BARE_VALUE)

static const unsigned char class_of[256] = {
	['\t'] = ENDS_ALL,
	['\n'] = ENDS_ALL,
	['\f'] = ENDS_ALL,
	['\r'] = ENDS_ALL,
	[' '] = ENDS_ALL,
	['/'] = ENDS_TAG_NAME | ENDS_ATTRIBUTE_NAME,
	['>'] = ENDS_TAG_NAME | ENDS_ATTRIBUTE_NAME | ENDS_BARE_VALUE,
	['='] = ENDS_ATTRIBUTE_NAME,
};

static bool is_in(char c, int classes)
{
	return class_of[(unsigned char)c] & classes;
}

static bool is_letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool equal_in_any_case(struct slice a, struct slice b)
{
	return a.size == b.size && strncasecmp(a.at, b.at, a.size) == 0;
}

static const char *find(const char *at, const char *end, char c)
{
	return at < end ? memchr(at, c, (size_t)(end - at)) : NULL;
}

static const char *skip_class(const char *at, const char *end, int classes)
{
	while (at < end && is_in(*at, classes))
		at++;
	return at;
}

static const char *skip_to_class(const char *at, const char *end, int classes)
{
	while (at < end && !is_in(*at, classes))
		at++;
	return at;
}

/* Is word one of the words of text?  They are cut at white space, and at commas. */
static bool has_word(struct slice text, struct slice word)
{
	size_t start = 0;

	for (size_t i = 0; i <= text.size; i++) {
		if (i < text.size && !is_in(text.at[i], SPACE) && text.at[i] != ',')
			continue;
		if (i - start == word.size && !strncasecmp(text.at + start, word.at, word.size))
			return true;
		start = i + 1;
	}
	return false;
}

/* value without character references; in room (LINKS_REFERENCE_BYTES_MAX) only if it has any. */
static struct slice plain(struct slice value, char *room)
{
	if (!find(value.at, value.at + value.size, '&'))
		return value;
	return (struct slice){ room, html_decode_attribute(value, room) };
}

/* Tags */

enum element {
	ELEMENT_OTHER,
	ELEMENT_A,
	ELEMENT_AREA,
	ELEMENT_BASE,
	ELEMENT_FRAME,
	ELEMENT_IFRAME,
	ELEMENT_LINK,
	ELEMENT_META,
	ELEMENT_RAW, /* its content is text up to its end tag */
	ELEMENT_SCRIPT,
	ELEMENT_PLAINTEXT,
	ELEMENT_SVG,
	ELEMENT_MATH,
};

/* By first letter. */
static const struct {
	struct slice name;
	enum element element;
} elements[26][3] = {
	['a' - 'a'] = { { { "a", 1 }, ELEMENT_A }, { { "area", 4 }, ELEMENT_AREA } },
	['b' - 'a'] = { { { "base", 4 }, ELEMENT_BASE } },
	['f' - 'a'] = { { { "frame", 5 }, ELEMENT_FRAME } },
	['i' - 'a'] = { { { "iframe", 6 }, ELEMENT_IFRAME } },
	['l' - 'a'] = { { { "link", 4 }, ELEMENT_LINK } },
	['m' - 'a'] = { { { "meta", 4 }, ELEMENT_META }, { { "math", 4 }, ELEMENT_MATH } },
	['n' - 'a'] = { { { "noframes", 8 }, ELEMENT_RAW }, { { "noembed", 7 }, ELEMENT_RAW } },
	['p' - 'a'] = { { { "plaintext", 9 }, ELEMENT_PLAINTEXT } },
	['s' - 'a'] = { { { "script", 6 }, ELEMENT_SCRIPT },
			{ { "style", 5 }, ELEMENT_RAW },
			{ { "svg", 3 }, ELEMENT_SVG } },
	['t' - 'a'] = { { { "title", 5 }, ELEMENT_RAW }, { { "textarea", 8 }, ELEMENT_RAW } },
	['x' - 'a'] = { { { "xmp", 3 }, ELEMENT_RAW } },
};

static enum element find_element(struct slice name)
{
	size_t letter = (size_t)((name.at[0] | 0x20) - 'a');

	for (size_t i = 0; i < 3 && elements[letter][i].name.size; i++)
		if (equal_in_any_case(name, elements[letter][i].name))
			return elements[letter][i].element;
	return ELEMENT_OTHER;
}

/* The attributes that are looked at. */
enum { HREF, SRC, REL, NAME, CONTENT, HTTP_EQUIV, XLINK_HREF, ATTRIBUTES };

static const struct slice attribute_names[ATTRIBUTES] = {
	[HREF] = { "href", 4 },
	[SRC] = { "src", 3 },
	[REL] = { "rel", 3 },
	[NAME] = { "name", 4 },
	[CONTENT] = { "content", 7 },
	[HTTP_EQUIV] = { "http-equiv", 10 },
	[XLINK_HREF] = { "xlink:href", 10 },
};

struct tag {
	struct slice name;
	struct slice value[ATTRIBUTES]; /* as it stands; {NULL, 0} if absent */
	bool is_self_closing;
};

struct attribute {
	struct slice name, value;
};

enum tag_step { TAG_ATTRIBUTE, TAG_END, TAG_CUT };

/* Read "= value" at scan->at, or nothing; false if the page ends in it. */
static bool read_value(struct scan *scan, struct slice *value)
{
	const char *at = skip_class(scan->at, scan->end, SPACE), *end = scan->end, *stop;

	*value = (struct slice){ scan->at, 0 };
	scan->at = at;
	if (at == end || *at != '=')
		return true;
	at = skip_class(at + 1, end, SPACE);
	if (at == end)
		return false;
	if (*at == '"' || *at == '\'') {
		stop = find(at + 1, end, *at);
		if (!stop)
			return false;
		*value = (struct slice){ at + 1, (size_t)(stop - at - 1) };
		scan->at = stop + 1;
		return true;
	}
	stop = skip_to_class(at, end, ENDS_BARE_VALUE);
	*value = (struct slice){ at, (size_t)(stop - at) };
	scan->at = stop;
	return true;
}

/* The next attribute of the tag that scan->at is in (WHATWG HTML 13.2.5.32 to 39). */
static enum tag_step next_attribute(struct scan *scan, struct attribute *attribute,
				    bool *is_self_closing)
{
	const char *at = scan->at, *end = scan->end, *start;

	while (at < end && (is_in(*at, SPACE) || *at == '/'))
		at++;
	if (at == end)
		goto cut;
	if (*at == '>') {
		*is_self_closing = at > scan->at && at[-1] == '/';
		scan->at = at + 1;
		return TAG_END;
	}
	start = at; /* even "=" begins a name */
	at = skip_to_class(at + 1, end, ENDS_ATTRIBUTE_NAME);
	attribute->name = (struct slice){ start, (size_t)(at - start) };
	scan->at = at;
	if (read_value(scan, &attribute->value))
		return TAG_ATTRIBUTE;
cut:
	scan->at = end;
	return TAG_CUT;
}

/* Skip to the end of a tag nobody is interested in. */
static void skip_tag(struct scan *scan)
{
	struct attribute attribute;
	bool is_self_closing;

	if (scan->at < scan->end && *scan->at == '>') { /* as most end tags are */
		scan->at++;
		return;
	}
	while (next_attribute(scan, &attribute, &is_self_closing) == TAG_ATTRIBUTE)
		;
}

static void keep_attribute(struct tag *tag, const struct attribute *attribute)
{
	for (int i = 0; i < ATTRIBUTES; i++)
		if (!tag->value[i].at && equal_in_any_case(attribute->name, attribute_names[i]))
			tag->value[i] = attribute->value;
}

/* Read the attributes of tag; of two with one name the first counts.  False if the page ends. */
static bool read_attributes(struct scan *scan, struct tag *tag)
{
	struct attribute attribute;
	enum tag_step step;

	while ((step = next_attribute(scan, &attribute, &tag->is_self_closing)) == TAG_ATTRIBUTE)
		keep_attribute(tag, &attribute);
	return step == TAG_END;
}

/* Content that is text */

/* Does an opening or end tag of this name begin at `at` (behind "<" or "</")? */
static bool is_tag_of(const char *at, const char *end, struct slice name)
{
	if ((size_t)(end - at) <= name.size || !is_in(at[name.size], ENDS_TAG_NAME))
		return false;
	return strncasecmp(at, name.at, name.size) == 0;
}

static bool is_end_tag_of(const char *at, const char *end, struct slice name)
{
	return at < end && *at == '/' && is_tag_of(at + 1, end, name);
}

/* Skip text up to the "<" of the end tag of this name, or to the end of the page. */
static void skip_raw_text(struct scan *scan, struct slice name)
{
	const char *tag;

	while ((tag = find(scan->at, scan->end, '<'))) {
		scan->at = tag;
		if (is_end_tag_of(tag + 1, scan->end, name))
			return;
		scan->at = tag + 1;
	}
	scan->at = scan->end;
}

/* Behind the first "-->" (c is "-") or "]]>" (c is "]") at or after `at`, or end. */
static const char *find_close(const char *at, const char *end, char c)
{
	const char *start = at;

	while ((at = find(at, end, '>'))) {
		at++;
		if (at - start >= 3 && at[-2] == c && at[-3] == c)
			return at;
	}
	return end;
}

/*
 * Skip the part of a script from "<!--" to "-->", in which "<script" opens a second script
 * that hides the end tag of the first (WHATWG HTML 13.2.5.18 to 31).
 * True if the script's end tag was met, then scan->at is on its "<".
 */
static bool skip_escaped_script(struct scan *scan)
{
	const char *end = find_close(scan->at + 2, scan->end, '-'), *tag = scan->at + 4;
	bool is_double = false;

	for (; (tag = find(tag, end, '<')); tag++) {
		bool is_end = is_end_tag_of(tag + 1, scan->end, SLICE("script"));

		if (is_end && !is_double) {
			scan->at = tag;
			return true;
		}
		if (is_end || is_tag_of(tag + 1, scan->end, SLICE("script")))
			is_double = !is_end;
	}
	scan->at = end;
	return false;
}

static void skip_script(struct scan *scan)
{
	const char *tag;

	while ((tag = find(scan->at, scan->end, '<'))) {
		scan->at = tag;
		if (is_end_tag_of(tag + 1, scan->end, SLICE("script")))
			return;
		if (scan->end - tag < 4 || memcmp(tag, "<!--", 4) != 0)
			scan->at = tag + 1;
		else if (skip_escaped_script(scan))
			return;
	}
	scan->at = scan->end;
}

static void skip_content(struct scan *scan, enum element element, struct slice name)
{
	if (element == ELEMENT_RAW || element == ELEMENT_IFRAME)
		skip_raw_text(scan, name);
	else if (element == ELEMENT_SCRIPT)
		skip_script(scan);
	else if (element == ELEMENT_PLAINTEXT)
		scan->at = scan->end;
}

/*
 * SVG and MathML (WHATWG HTML 13.2.6.5).  In them only <a> is a link, <title> and <script> are
 * markup, and CDATA sections exist.  Certain elements inside are HTML again, and certain tags
 * of HTML end them.
 */

static bool is_foreign(const struct scan *scan)
{
	return scan->depth && scan->foreign[scan->depth - 1].kind != FOREIGN_HTML;
}

/* names are in lower case, and end with NULL. */
static bool is_any_of(struct slice name, const char *const names[])
{
	for (; *names; names++)
		if (**names == (name.at[0] | 0x20) && equal_in_any_case(name, slice_of(*names)))
			return true;
	return false;
}

static bool is_html_inside(enum foreign_kind kind, struct slice name)
{
	static const char *const in_svg[] = { "foreignobject", "desc", "title", NULL };
	static const char *const in_math[] = { "mi", "mo", "mn", "ms", "mtext", NULL };

	return is_any_of(name, kind == FOREIGN_SVG ? in_svg : in_math);
}

static bool breaks_out(struct slice name)
{
	static const char *const names[] = {
		"b",       "big",   "blockquote", "body",   "br",     "center", "code", "dd",
		"div",     "dl",    "dt",         "em",     "embed",  "h1",     "h2",   "h3",
		"h4",      "h5",    "h6",         "head",   "hr",     "i",      "img",  "li",
		"listing", "menu",  "meta",       "nobr",   "ol",     "p",      "pre",  "ruby",
		"s",       "small", "span",       "strong", "strike", "sub",    "sup",  "table",
		"tt",      "u",     "ul",         "var",    NULL,
	};

	return is_any_of(name, names);
}

static void open_foreign(struct scan *scan, enum foreign_kind kind, const struct tag *tag)
{
	if (!tag->is_self_closing && scan->depth < FOREIGN_DEPTH_MAX)
		scan->foreign[scan->depth++] = (struct foreign){ kind, tag->name };
}

/* Keep track of an opening tag; returns what its element is where it stands. */
static enum element place_element(struct scan *scan, enum element element, const struct tag *tag)
{
	enum foreign_kind kind;

	if (is_foreign(scan) && breaks_out(tag->name))
		while (is_foreign(scan))
			scan->depth--;
	if (!is_foreign(scan)) {
		if (element == ELEMENT_SVG || element == ELEMENT_MATH)
			open_foreign(scan, element == ELEMENT_SVG ? FOREIGN_SVG : FOREIGN_MATH,
				     tag);
		return element;
	}
	kind = scan->foreign[scan->depth - 1].kind;
	if (is_html_inside(kind, tag->name))
		open_foreign(scan, FOREIGN_HTML, tag);
	else if (element == (kind == FOREIGN_SVG ? ELEMENT_SVG : ELEMENT_MATH))
		open_foreign(scan, kind, tag);
	return element == ELEMENT_A ? ELEMENT_A : ELEMENT_OTHER;
}

/*
 * Close the innermost element of this name, as far as it is reached.  That an end tag of HTML
 * around an <svg> closes that too is left out: the next tag of HTML does.
 */
static void close_foreign(struct scan *scan, struct slice name)
{
	for (size_t i = scan->depth; i-- > 0;) {
		if (equal_in_any_case(name, scan->foreign[i].name)) {
			scan->depth = i;
			return;
		}
		if (scan->foreign[i].kind == FOREIGN_HTML)
			return;
	}
}

/* Links */

static void scan_markup(struct scan *scan);

#define BLOCK 256 /* bytes */

/* Does "<ba", in any case, begin in the block at `at`?  No jumps: the compiler makes vectors. */
static bool may_be_in_block(const char *at)
{
	unsigned char found = 0;

	for (int i = 0; i < BLOCK; i++)
		found |= (at[i] == '<') & ((at[i + 1] | 0x20) == 'b') & ((at[i + 2] | 0x20) == 'a');
	return found;
}

/* Does "<base" stand between at and end? */
static bool may_have_base(const char *at, const char *end)
{
	while (end - at > BLOCK + 2 && !may_be_in_block(at))
		at += BLOCK;
	while ((at = find(at, end, '<'))) {
		at++;
		if (end - at > 4 && (*at | 0x20) == 'b' && strncasecmp(at, "base", 4) == 0)
			return true;
	}
	return false;
}

/*
 * The base that counts may stand behind the links it is for.  Before the first link is handed
 * out the rest of the page is searched, once, if there can be one.
 */
static void settle_base(struct scan *scan)
{
	struct scan ahead = *scan;

	scan->is_base_settled = true;
	if (scan->facts->base.at || !may_have_base(scan->at, scan->end))
		return;
	ahead.is_base_wanted = true;
	scan_markup(&ahead);
}

static void hand_out(struct scan *scan, enum link_kind kind, struct slice reference,
		     bool is_nofollow)
{
	struct link link = { reference, kind, is_nofollow };

	if (!scan->is_base_settled)
		settle_base(scan);
	scan->facts->count++;
	if (scan->function(scan->context, &link, scan->facts) != 0)
		scan->is_stopped = true;
}

static bool is_too_long(struct scan *scan, struct slice value)
{
	if (value.size <= LINKS_REFERENCE_BYTES_MAX)
		return false;
	scan->facts->too_long++;
	return true;
}

static void report(struct scan *scan, enum link_kind kind, struct slice value,
		   const struct tag *tag)
{
	if (!value.at || is_too_long(scan, value))
		return;
	hand_out(scan, kind, plain(value, scan->scratch->reference),
		 has_word(tag->value[REL], SLICE("nofollow")));
}

static void take_base(struct scan *scan, const struct tag *tag)
{
	struct slice value = tag->value[HREF];

	if (scan->facts->base.at || !value.at || value.size > LINKS_REFERENCE_BYTES_MAX)
		return;
	scan->facts->base = plain(value, scan->scratch->base);
	if (scan->is_base_wanted)
		scan->is_stopped = true;
}

static void take_link(struct scan *scan, const struct tag *tag)
{
	struct slice value = tag->value[HREF], *canonical = &scan->facts->canonical;

	if (has_word(tag->value[REL], SLICE("canonical"))) {
		if (value.at && !canonical->at && value.size <= LINKS_REFERENCE_BYTES_MAX)
			*canonical = plain(value, scan->scratch->canonical);
		report(scan, LINK_CANONICAL, value, tag);
	} else if (has_word(tag->value[REL], SLICE("next"))) {
		report(scan, LINK_NEXT, value, tag);
	}
}

/*
 * The URL of "5; url='x'" (WHATWG HTML 4.2.5.3, shared declarative refresh steps); {NULL, 0}
 * if there is none.
 */
static struct slice refresh_url(struct slice content)
{
	const char *end = content.at + content.size, *start, *url, *at;

	at = start = skip_class(content.at, end, SPACE);
	while (at < end && (is_digit(*at) || *at == '.'))
		at++;
	if (at == start || at == end || !(is_in(*at, SPACE) || *at == ';' || *at == ','))
		return (struct slice){ NULL, 0 };
	at = skip_class(at, end, SPACE);
	if (at < end && (*at == ';' || *at == ','))
		at = skip_class(at + 1, end, SPACE);
	url = at;
	if (end - at >= 3 && strncasecmp(at, "url", 3) == 0) {
		at = skip_class(at + 3, end, SPACE);
		if (at < end && *at == '=')
			url = skip_class(at + 1, end, SPACE);
	}
	if (url < end && (*url == '"' || *url == '\'')) {
		const char *quote = find(url + 1, end, *url);

		url++;
		end = quote ? quote : end;
	}
	return url < end ? (struct slice){ url, (size_t)(end - url) } : (struct slice){ NULL, 0 };
}

static void take_refresh(struct scan *scan, struct slice content)
{
	struct slice url;

	if (is_too_long(scan, content))
		return;
	url = refresh_url(plain(content, scan->scratch->reference));
	if (url.at)
		hand_out(scan, LINK_REFRESH, url, false);
}

static void take_meta(struct scan *scan, const struct tag *tag)
{
	struct slice content = tag->value[CONTENT];

	if (!content.at)
		return;
	if (equal_in_any_case(tag->value[HTTP_EQUIV], SLICE("refresh")))
		take_refresh(scan, content);
	if (equal_in_any_case(tag->value[NAME], SLICE("robots"))) {
		bool is_none = has_word(content, SLICE("none"));

		scan->facts->is_noindex |= is_none || has_word(content, SLICE("noindex"));
		scan->facts->is_nofollow |= is_none || has_word(content, SLICE("nofollow"));
	}
}

static void take_tag(struct scan *scan, enum element element, const struct tag *tag)
{
	const struct slice *value = tag->value;

	if (element == ELEMENT_BASE)
		take_base(scan, tag);
	if (scan->is_base_wanted)
		return;
	if (element == ELEMENT_A)
		report(scan, LINK_A, value[HREF].at ? value[HREF] : value[XLINK_HREF], tag);
	else if (element == ELEMENT_AREA)
		report(scan, LINK_AREA, value[HREF], tag);
	else if (element == ELEMENT_FRAME)
		report(scan, LINK_FRAME, value[SRC], tag);
	else if (element == ELEMENT_IFRAME)
		report(scan, LINK_IFRAME, value[SRC], tag);
	else if (element == ELEMENT_LINK)
		take_link(scan, tag);
	else if (element == ELEMENT_META)
		take_meta(scan, tag);
}

/* Markup */

static struct slice read_name(struct scan *scan)
{
	const char *start = scan->at;

	scan->at = skip_to_class(start, scan->end, ENDS_TAG_NAME);
	return (struct slice){ start, (size_t)(scan->at - start) };
}

static void scan_opening_tag(struct scan *scan)
{
	struct slice name = read_name(scan);
	enum element element = find_element(name);
	struct tag tag = { .name = name };

	if (element == ELEMENT_OTHER && scan->depth == 0) {
		skip_tag(scan);
		return;
	}
	if (!read_attributes(scan, &tag))
		return;
	element = place_element(scan, element, &tag);
	skip_content(scan, element, name);
	take_tag(scan, element, &tag);
}

static void scan_end_tag(struct scan *scan)
{
	struct slice name = read_name(scan);

	skip_tag(scan);
	if (scan->depth)
		close_foreign(scan, name);
}

static void skip_behind(struct scan *scan, char c)
{
	const char *found = find(scan->at, scan->end, c);

	scan->at = found ? found + 1 : scan->end;
}

/*
 * Skip a comment; scan->at is behind "<!--".  "<!-->" and "<!--->" are whole comments, and
 * "--!>" ends one too (WHATWG HTML 13.2.5.43 to 52).
 */
static void skip_comment(struct scan *scan)
{
	const char *text = scan->at, *at = text;

	while ((at = find(at, scan->end, '>'))) {
		bool is_end = at[-1] == '-' && at[-2] == '-';

		is_end |= at - text >= 3 && at[-1] == '!' && at[-2] == '-' && at[-3] == '-';
		at++;
		if (is_end)
			break;
	}
	scan->at = at ? at : scan->end;
}

/* Skip a comment, a CDATA section or a doctype; scan->at is on "!". */
static void skip_declaration(struct scan *scan)
{
	size_t rest = (size_t)(scan->end - scan->at);

	if (rest >= 3 && memcmp(scan->at, "!--", 3) == 0) {
		scan->at += 3;
		skip_comment(scan);
	} else if (rest >= 8 && memcmp(scan->at, "![CDATA[", 8) == 0 && is_foreign(scan)) {
		scan->at = find_close(scan->at + 8, scan->end, ']');
	} else {
		skip_behind(scan, '>');
	}
}

/* What follows a "<" (WHATWG HTML 13.2.5.6, 13.2.5.7). */
static void scan_tag(struct scan *scan)
{
	if (scan->at == scan->end)
		return;
	if (is_letter(*scan->at)) {
		scan_opening_tag(scan);
	} else if (*scan->at == '!') {
		skip_declaration(scan);
	} else if (*scan->at == '?') {
		skip_behind(scan, '>');
	} else if (*scan->at == '/') {
		scan->at++;
		if (scan->at < scan->end && is_letter(*scan->at))
			scan_end_tag(scan);
		else
			skip_behind(scan, '>');
	}
}

static void scan_markup(struct scan *scan)
{
	const char *tag;

	while (!scan->is_stopped && (tag = find(scan->at, scan->end, '<'))) {
		scan->at = tag + 1;
		scan_tag(scan);
	}
}

int links_scan(struct slice page, struct links_scratch *scratch, links_function *function,
	       void *context, struct links_facts *facts)
{
	struct scan scan = {
		.at = page.at,
		.end = page.size ? page.at + page.size : page.at,
		.scratch = scratch,
		.function = function,
		.context = context,
		.facts = facts,
	};

	*facts = (struct links_facts){ 0 };
	scan_markup(&scan);
	return scan.is_stopped ? -1 : 0;
}
