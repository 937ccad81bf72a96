#include "parsers/markup/links.h"

#include <stdint.h>

#include "parsers/markup/foreign.h"
#include "parsers/markup/html.h"
#include "parsers/markup/tags.h"
#include "parsers/text/utf8.h"

struct scan {
	struct tags tags;
	struct links_scratch *scratch;
	links_function *function;
	void *context;
	struct links_facts *facts;
	const char *start;  /* of the page */
	struct slice robot; /* our product token, or empty */
	struct foreign foreign;
	size_t templates; /* open <template>s */
	enum { FRAMESET_NONE, FRAMESET_REFUSED, FRAMESET_IN, FRAMESET_AFTER } frameset;
	size_t framesets; /* open ones, in FRAMESET_IN */
	bool is_xml;
	bool has_nul;    /* somewhere in the page */
	bool is_special; /* as note_place() says */
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

/*
 * Copy value to room with U+FFFD for every NUL, as a tokenizer reads them.  A value that has no
 * room then is cut: with a thousand NULs it is no URL that anybody means.
 */
static struct slice replace_nuls(struct slice value, char *room)
{
	char *to = room, *end = room + LINKS_REFERENCE_BYTES_MAX;

	for (size_t i = 0; i < value.size && end - to >= UTF8_BYTES_MAX; i++) {
		if (value.at[i] == '\0')
			to += utf8_put(to, UTF8_REPLACEMENT);
		else
			*to++ = value.at[i];
	}
	return (struct slice){ room, (size_t)(to - room) };
}

/*
 * value without character references and NULs; in room (LINKS_REFERENCE_BYTES_MAX) only if it has
 * any.
 */
static inline struct slice plain(const struct scan *scan, struct slice value, char *room)
{
	if (scan->has_nul && tags_find(value.at, value.at + value.size, '\0'))
		value = replace_nuls(value, room);
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
	ELEMENT_FRAMESET,
	ELEMENT_TEMPLATE,
	ELEMENT_FOREIGN, /* <svg> and <math> */
};

/* By first letter. */
static const struct {
	struct slice name;
	enum element element;
} elements[26][3] = {
	['a' - 'a'] = { { { "a", 1 }, ELEMENT_A }, { { "area", 4 }, ELEMENT_AREA } },
	['b' - 'a'] = { { { "base", 4 }, ELEMENT_BASE } },
	['f' - 'a'] = { { { "frame", 5 }, ELEMENT_FRAME },
			{ { "frameset", 8 }, ELEMENT_FRAMESET } },
	['i' - 'a'] = { { { "iframe", 6 }, ELEMENT_IFRAME } },
	['l' - 'a'] = { { { "link", 4 }, ELEMENT_LINK } },
	['m' - 'a'] = { { { "meta", 4 }, ELEMENT_META }, { { "math", 4 }, ELEMENT_FOREIGN } },
	['n' - 'a'] = { { { "noframes", 8 }, ELEMENT_RAW }, { { "noembed", 7 }, ELEMENT_RAW } },
	['p' - 'a'] = { { { "plaintext", 9 }, ELEMENT_PLAINTEXT } },
	['s' - 'a'] = { { { "script", 6 }, ELEMENT_SCRIPT },
			{ { "style", 5 }, ELEMENT_RAW },
			{ { "svg", 3 }, ELEMENT_FOREIGN } },
	['t' - 'a'] = { { { "title", 5 }, ELEMENT_RAW },
			{ { "textarea", 8 }, ELEMENT_RAW },
			{ { "template", 8 }, ELEMENT_TEMPLATE } },
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

/* XML's names are what they are: its <A> is none of HTML's. */
static bool is_lower(struct slice name)
{
	for (size_t i = 0; i < name.size; i++)
		if (name.at[i] >= 'A' && name.at[i] <= 'Z')
			return false;
	return true;
}

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
		if (!scan->is_xml || is_lower(attribute.name))
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
	if (scan->facts->base.at ||
	    (!scan->tags.prefix.size && !may_have_base(scan->tags.at, scan->tags.end)))
		return;
	ahead.is_base_wanted = true;
	scan_markup(&ahead);
}

static void emit(struct scan *scan, enum link_kind kind, struct slice reference, bool is_nofollow)
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
	emit(scan, kind, plain(scan, value, scan->scratch->reference),
	     has_word(tag->value[REL], SLICE("nofollow")));
}

static void take_base(struct scan *scan, const struct tag *tag)
{
	struct slice value = tag->value[HREF];

	if (scan->facts->base.at || !value.at || value.size > LINKS_REFERENCE_BYTES_MAX)
		return;
	scan->facts->base = plain(scan, value, scan->scratch->base);
	if (scan->is_base_wanted)
		scan->is_stopped = true;
}

static void take_link(struct scan *scan, const struct tag *tag)
{
	struct slice value = tag->value[HREF], *canonical = &scan->facts->canonical;

	if (has_word(tag->value[REL], SLICE("canonical"))) {
		if (value.at && !canonical->at && value.size <= LINKS_REFERENCE_BYTES_MAX)
			*canonical = plain(scan, value, scan->scratch->canonical);
		report(scan, LINK_CANONICAL, value, tag);
	} else if (has_word(tag->value[REL], SLICE("next"))) {
		report(scan, LINK_NEXT, value, tag);
	}
}

struct slice links_refresh_url(struct slice content)
{
	const char *end, *start, *url, *at;

	if (content.size == 0)
		return (struct slice){ NULL, 0 };
	end = content.at + content.size;
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
	url = links_refresh_url(plain(scan, content, scan->scratch->reference));
	if (url.at)
		emit(scan, LINK_REFRESH, url, false);
}

/* <meta name=robots> is for all, one of our own name for us (as of X-Robots-Tag). */
static bool is_for_us(const struct scan *scan, struct slice name)
{
	return ascii_equal(name, SLICE("robots")) ||
	       (scan->robot.size && ascii_equal(name, scan->robot));
}

static void take_meta(struct scan *scan, const struct tag *tag)
{
	struct slice content = tag->value[CONTENT];

	if (!content.at)
		return;
	if (ascii_equal(tag->value[HTTP_EQUIV], SLICE("refresh")))
		take_refresh(scan, content);
	if (is_for_us(scan, tag->value[NAME])) {
		bool is_none = has_word(content, SLICE("none"));

		scan->facts->is_noindex |= is_none || has_word(content, SLICE("noindex"));
		scan->facts->is_nofollow |= is_none || has_word(content, SLICE("nofollow"));
	}
}

static void take_tag(struct scan *scan, enum element element, const struct tag *tag)
{
	const struct slice *value = tag->value;
	bool is_live = scan->templates == 0; /* what a template says is not said of the page */

	if (element == ELEMENT_BASE && is_live)
		take_base(scan, tag);
	if (scan->is_base_wanted)
		return;
	if (element == ELEMENT_A)
		report(scan, LINK_A, value[HREF].at ? value[HREF] : value[XLINK_HREF], tag);
	else if (element == ELEMENT_AREA)
		report(scan, LINK_AREA, value[HREF], tag);
	else if (element == ELEMENT_FRAME && (scan->is_xml || scan->frameset == FRAMESET_IN))
		report(scan, LINK_FRAME, value[SRC], tag);
	else if (element == ELEMENT_IFRAME)
		report(scan, LINK_IFRAME, value[SRC], tag);
	else if (element == ELEMENT_LINK && is_live)
		take_link(scan, tag);
	else if (element == ELEMENT_META && is_live)
		take_meta(scan, tag);
}

/* Markup */

/*
 * Framesets (13.2.6.4.20).  One stands in place of the body: it is none where the body has shown
 * something already.  In it and behind it nothing but its own tags counts.
 */

/* Does this opening tag leave no room for a frameset ("not ok", 13.2.6.4.7)? */
static bool is_body_shown_by(struct slice name)
{
	static const char *const names[] = {
		"applet", "area",    "body",  "br",     "button", "dd",       "dt",  "embed",
		"hr",     "iframe",  "image", "img",    "input",  "keygen",   "li",  "listing",
		"object", "marquee", "pre",   "select", "table",  "textarea", "wbr", "xmp",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ascii_equal(name, slice_of(names[i])))
			return true;
	return false;
}

/* Is there nothing but white space in text? */
static bool is_blank(const char *at, const char *end)
{
	return tags_skip_class(at, end, TAGS_SPACE) == end;
}

/* Text in these is none of the body's. */
static void skip_text_of_head(struct tags *tags, struct slice name)
{
	static const char *const names[] = { "style", "title", "noscript", "noframes" };

	if (ascii_equal(name, SLICE("script")))
		tags_skip_script(tags);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ascii_equal(name, slice_of(names[i])))
			tags_skip_text(tags, name);
}

/* Is there room for the frameset whose "<" is at `end`?  Looks at the page up to there, once. */
static bool is_frameset_possible(const struct scan *scan, const char *end)
{
	struct tags ahead = { .at = scan->start, .end = end }, *tags = &ahead;
	const char *text = scan->start, *tag;
	struct slice name;

	while ((tag = tags_find(tags->at, end, '<'))) {
		enum tag_kind kind;

		tags->at = tag + 1;
		if (!is_blank(text, tag) || (kind = tags_next(tags, false, &name)) == TAG_NONE)
			return false;
		if (kind != TAG_COMMENT)
			tags_skip_attributes(tags);
		if (kind == TAG_OPENING && is_body_shown_by(name))
			return false;
		if (kind == TAG_OPENING)
			skip_text_of_head(tags, name);
		text = tags->at;
	}
	return is_blank(text, end);
}

static void open_frameset(struct scan *scan, const char *tag)
{
	if (scan->frameset == FRAMESET_NONE)
		scan->frameset = scan->templates == 0 && is_frameset_possible(scan, tag)
					 ? FRAMESET_IN
					 : FRAMESET_REFUSED;
	scan->framesets += scan->frameset == FRAMESET_IN;
}

static void close_frameset(struct scan *scan)
{
	if (scan->frameset == FRAMESET_IN && --scan->framesets == 0)
		scan->frameset = FRAMESET_AFTER;
}

/* Does this tag count in a frameset, or behind one? */
static bool is_of_frameset(const struct scan *scan, enum element element, struct slice name)
{
	if (scan->frameset == FRAMESET_IN &&
	    (element == ELEMENT_FRAME || element == ELEMENT_FRAMESET))
		return true;
	return ascii_equal(name, SLICE("noframes"));
}

/* What an opening tag is where it stands; its attributes have been read. */
static enum element place_element(struct scan *scan, enum element element, const struct tag *tag)
{
	const char *behind = tag->name.at + tag->name.size;
	struct slice attributes = { behind, (size_t)(scan->tags.at - behind) };

	if (scan->is_xml && !is_lower(tag->name))
		return ELEMENT_OTHER;
	if ((scan->foreign.depth || element == ELEMENT_FOREIGN) &&
	    !foreign_opening(&scan->foreign, tag->name, attributes, tag->is_self_closing,
			     scan->is_xml))
		return element == ELEMENT_A ? ELEMENT_A : ELEMENT_OTHER;
	if (scan->frameset >= FRAMESET_IN && !is_of_frameset(scan, element, tag->name))
		return ELEMENT_OTHER;
	return element;
}

/* Remember if other rules than those of plain HTML hold: what is asked of every tag is one flag. */
static void note_place(struct scan *scan)
{
	scan->is_special = scan->is_xml || scan->foreign.depth || scan->templates ||
			   scan->frameset >= FRAMESET_IN;
}

/* A tag that begins such a place, or stands in one. */
static void scan_special_tag(struct scan *scan, enum element element, struct tag *tag)
{
	element = place_element(scan, element, tag);
	if (element == ELEMENT_FRAMESET)
		open_frameset(scan, tag->name.at - 1);
	else if (element == ELEMENT_TEMPLATE)
		scan->templates += !scan->is_xml || !tag->is_self_closing;
	else if (!scan->is_xml)
		skip_content(scan, element, tag->name);
	note_place(scan);
	take_tag(scan, element, tag);
}

static void scan_opening_tag(struct scan *scan, struct slice name)
{
	enum element element = find_element(name);
	struct tag tag = { .name = name };

	if (element == ELEMENT_OTHER && scan->foreign.depth == 0) {
		tags_skip_attributes(&scan->tags);
		return;
	}
	if (!read_attributes(scan, &tag))
		return;
	if (scan->is_special || element >= ELEMENT_FRAMESET) {
		scan_special_tag(scan, element, &tag);
		return;
	}
	skip_content(scan, element, name);
	take_tag(scan, element, &tag);
}

static void close_special(struct scan *scan, struct slice name)
{
	if (scan->foreign.depth)
		foreign_closing(&scan->foreign, name, scan->is_xml);
	if (scan->templates && ascii_equal(name, SLICE("template")))
		scan->templates--;
	if (scan->framesets && ascii_equal(name, SLICE("frameset")))
		close_frameset(scan);
	note_place(scan);
}

static void scan_closing_tag(struct scan *scan, struct slice name)
{
	tags_skip_attributes(&scan->tags);
	if (scan->is_special)
		close_special(scan, name);
}

static void scan_markup(struct scan *scan)
{
	struct tags *tags = &scan->tags;
	struct slice name;
	const char *tag;

	while (!scan->is_stopped && (tag = tags_find(tags->at, tags->end, '<'))) {
		enum tag_kind kind;

		tags->at = tag + 1;
		kind = tags_next(tags, foreign_is_in(&scan->foreign), &name);
		if (scan->is_xml && kind >= TAG_OPENING && !tags_own_name(tags, &name))
			tags_skip_attributes(tags);
		else if (kind == TAG_OPENING)
			scan_opening_tag(scan, name);
		else if (kind == TAG_CLOSING)
			scan_closing_tag(scan, name);
	}
}

int links_scan_page(const struct links_page *page, struct links_scratch *scratch,
		    links_function *function, void *context, struct links_facts *facts)
{
	struct slice text = page->text;
	struct scan scan = {
		.tags = { .at = text.at,
			  .end = text.size ? text.at + text.size : text.at,
			  .is_xml = page->is_xml },
		.scratch = scratch,
		.function = function,
		.context = context,
		.facts = facts,
		.start = text.at,
		.robot = page->robot,
		.is_xml = page->is_xml,
	};

	*facts = (struct links_facts){ 0 };
	scan.has_nul = tags_find(scan.tags.at, scan.tags.end, '\0') != NULL;
	note_place(&scan);
	scan_markup(&scan);
	return scan.is_stopped ? -1 : 0;
}

int links_scan(struct slice text, struct links_scratch *scratch, links_function *function,
	       void *context, struct links_facts *facts)
{
	struct links_page page = { .text = text };

	return links_scan_page(&page, scratch, function, context, facts);
}
