#include "parsers/markup/links.h"

#include <stdint.h>

#include "parsers/markup/html.h"
#include "parsers/markup/tags.h"

/* svg, math and what is HTML again inside them; deeper ones are not told apart. */
#define FOREIGN_DEPTH_MAX 32

enum foreign_kind { FOREIGN_SVG, FOREIGN_MATH, FOREIGN_HTML };

struct foreign {
	enum foreign_kind kind;
	struct slice name; /* of its tag */
};

struct scan {
	struct tags tags;
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

/* Text */

/* Is word one of the words of text?  They are cut at white space, and at commas. */
static bool has_word(struct slice text, struct slice word)
{
	size_t start = 0;

	for (size_t i = 0; i <= text.size; i++) {
		if (i < text.size && !ascii_is_white(text.at[i]) && text.at[i] != ',')
			continue;
		if (i - start == word.size && ascii_same(text.at + start, word.at, word.size))
			return true;
		start = i + 1;
	}
	return false;
}

/* value without character references; in room (LINKS_REFERENCE_BYTES_MAX) only if it has any. */
static struct slice plain(struct slice value, char *room)
{
	if (!tags_find(value.at, value.at + value.size, '&'))
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
		if (ascii_equal(name, elements[letter][i].name))
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

static void keep_attribute(struct tag *tag, const struct attribute *attribute)
{
	for (int i = 0; i < ATTRIBUTES; i++)
		if (!tag->value[i].at && ascii_equal(attribute->name, attribute_names[i]))
			tag->value[i] = attribute->value;
}

/* Read the attributes of tag; of two with one name the first counts.  False if the page ends. */
static bool read_attributes(struct scan *scan, struct tag *tag)
{
	struct attribute attribute;
	enum attribute_step step;

	while ((step = tags_attribute(&scan->tags, &attribute, &tag->is_self_closing)) ==
	       ATTRIBUTE_READ)
		keep_attribute(tag, &attribute);
	return step == ATTRIBUTE_LAST;
}

static void skip_content(struct scan *scan, enum element element, struct slice name)
{
	if (element == ELEMENT_RAW || element == ELEMENT_IFRAME)
		tags_skip_text(&scan->tags, name);
	else if (element == ELEMENT_SCRIPT)
		tags_skip_script(&scan->tags);
	else if (element == ELEMENT_PLAINTEXT)
		scan->tags.at = scan->tags.end;
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
		if (**names == (name.at[0] | 0x20) && ascii_equal(name, slice_of(*names)))
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
		if (ascii_equal(name, scan->foreign[i].name)) {
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
	while ((at = tags_find(at, end, '<'))) {
		at++;
		if (end - at > 4 && (*at | 0x20) == 'b' && ascii_same(at, "base", 4))
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
	if (scan->facts->base.at || !may_have_base(scan->tags.at, scan->tags.end))
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

	at = start = tags_skip_class(content.at, end, TAGS_SPACE);
	while (at < end && (ascii_is_digit(*at) || *at == '.'))
		at++;
	if (at == start || at == end || !(ascii_is_white(*at) || *at == ';' || *at == ','))
		return (struct slice){ NULL, 0 };
	at = tags_skip_class(at, end, TAGS_SPACE);
	if (at < end && (*at == ';' || *at == ','))
		at = tags_skip_class(at + 1, end, TAGS_SPACE);
	url = at;
	if (end - at >= 3 && ascii_same(at, "url", 3)) {
		at = tags_skip_class(at + 3, end, TAGS_SPACE);
		if (at < end && *at == '=')
			url = tags_skip_class(at + 1, end, TAGS_SPACE);
	}
	if (url < end && (*url == '"' || *url == '\'')) {
		const char *quote = tags_find(url + 1, end, *url);

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
	if (ascii_equal(tag->value[HTTP_EQUIV], SLICE("refresh")))
		take_refresh(scan, content);
	if (ascii_equal(tag->value[NAME], SLICE("robots"))) {
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

static void scan_opening_tag(struct scan *scan, struct slice name)
{
	enum element element = find_element(name);
	struct tag tag = { .name = name };

	if (element == ELEMENT_OTHER && scan->depth == 0) {
		tags_skip_attributes(&scan->tags);
		return;
	}
	if (!read_attributes(scan, &tag))
		return;
	element = place_element(scan, element, &tag);
	skip_content(scan, element, name);
	take_tag(scan, element, &tag);
}

static void scan_closing_tag(struct scan *scan, struct slice name)
{
	tags_skip_attributes(&scan->tags);
	if (scan->depth)
		close_foreign(scan, name);
}

static void scan_markup(struct scan *scan)
{
	struct tags *tags = &scan->tags;
	struct slice name;
	const char *tag;

	while (!scan->is_stopped && (tag = tags_find(tags->at, tags->end, '<'))) {
		enum tag_kind kind;

		tags->at = tag + 1;
		kind = tags_next(tags, is_foreign(scan), &name);
		if (kind == TAG_OPENING)
			scan_opening_tag(scan, name);
		else if (kind == TAG_CLOSING)
			scan_closing_tag(scan, name);
	}
}

int links_scan(struct slice page, struct links_scratch *scratch, links_function *function,
	       void *context, struct links_facts *facts)
{
	struct scan scan = {
		.tags = { page.at, page.size ? page.at + page.size : page.at },
		.scratch = scratch,
		.function = function,
		.context = context,
		.facts = facts,
	};

	*facts = (struct links_facts){ 0 };
	scan_markup(&scan);
	return scan.is_stopped ? -1 : 0;
}
