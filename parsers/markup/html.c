#include "parsers/markup/html.h"

#include <stdint.h>

#include "parsers/markup/foreign.h"
#include "parsers/markup/tags.h"
#include "parsers/text/hex.h"
#include "parsers/text/utf8.h"

#define COUNT(array)       (sizeof(array) / sizeof((array)[0]))
#define REFERENCE_TEXT_MAX 8 /* bytes; the longest of the table has 6 */

/* ------------------------------------------------------------------ characters */

static const char *end_of(struct slice text)
{
	return text.size > 0 ? text.at + text.size : text.at; /* NULL + 0 is no pointer in C */
}

/* The first c from at on, or end. */
static const char *find(const char *at, const char *end, char c)
{
	const char *found = at < end ? memchr(at, c, (size_t)(end - at)) : NULL;

	return found ? found : end;
}

/* ------------------------------------------------------------------ references */

/* Sorted by the bytes of the name, so that a prefix of a name is a range of the table. */
static const struct entity {
	const char *name; /* without '&', with the semicolon if it needs one */
	const char *text;
	uint8_t name_bytes;
	uint8_t text_bytes;
} entities[] = {
#define ENTITY(name, text) { name, text, sizeof(name) - 1, sizeof(text) - 1 },
#include "parsers/markup/html_entities.inc"
#undef ENTITY
};

/* What a reference stands for. */
struct reference {
	char text[REFERENCE_TEXT_MAX];
	size_t text_bytes;
};

/* The first of the entities from low up to high whose name has at least c at i. */
static size_t first_from(size_t low, size_t high, size_t i, unsigned c)
{
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((unsigned char)entities[middle].name[i] < c)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The longest name that the text begins with, or NULL. */
static const struct entity *longest_entity(const char *at, const char *end)
{
	const struct entity *longest = NULL;
	size_t low = 0, high = COUNT(entities);

	for (size_t i = 0; at + i < end && low < high; i++) {
		unsigned char c = (unsigned char)at[i];

		if (c == '\0') /* the names' own end */
			break;
		low = first_from(low, high, i, c);
		high = first_from(low, high, i, c + 1u);
		if (low < high && entities[low].name_bytes == i + 1)
			longest = &entities[low];
	}
	return longest;
}

/* 13.2.5.80: what browsers make of numbers that are no characters. */
static uint32_t numeric_point(uint32_t number)
{
	static const uint16_t windows_1252[32] = {
		0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
		0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
		0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
		0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178,
	};

	if (number == 0 || number > 0x10FFFF || (number >= 0xD800 && number <= 0xDFFF))
		return UTF8_REPLACEMENT;
	if (number >= 0x80 && number < 0x80 + COUNT(windows_1252))
		return windows_1252[number - 0x80];
	return number;
}

/* The value of a digit of the base, 10 or 16, or -1. */
static int digit_value(char c, unsigned base)
{
	return base == 16 ? hex_value(c) : ascii_is_digit(c) ? c - '0' : -1;
}

/* "&#" is at `at`.  Returns the bytes of the reference, or 0 if no digits follow. */
static size_t take_numeric(const char *at, const char *end, struct reference *reference)
{
	const char *digit = at + 2;
	const char *first;
	unsigned base = 10;
	uint32_t number = 0;

	if (digit < end && (*digit | 0x20) == 'x') {
		base = 16;
		digit++;
	}
	for (first = digit; digit < end && digit_value(*digit, base) >= 0; digit++)
		if (number <= 0x10FFFF)
			number = number * base + (uint32_t)digit_value(*digit, base);
	if (digit == first)
		return 0;
	reference->text_bytes = utf8_put(reference->text, numeric_point(number));
	digit += digit < end && *digit == ';';
	return (size_t)(digit - at);
}

static size_t take_named(const char *at, const char *end, bool is_attribute,
			 struct reference *reference)
{
	const struct entity *entity = longest_entity(at + 1, end);
	const char *behind;

	if (entity == NULL)
		return 0;
	behind = at + 1 + entity->name_bytes;
	if (is_attribute && behind[-1] != ';' && behind < end &&
	    (*behind == '=' || ascii_is_digit(*behind) || ascii_is_letter(*behind)))
		return 0;
	memcpy(reference->text, entity->text, entity->text_bytes);
	reference->text_bytes = entity->text_bytes;
	return (size_t)(behind - at);
}

/* '&' is at `at`.  Returns the bytes of the reference it begins, or 0 if it begins none. */
static size_t take_reference(const char *at, const char *end, bool is_attribute,
			     struct reference *reference)
{
	if (end - at >= 2 && at[1] == '#')
		return take_numeric(at, end, reference);
	return take_named(at, end, is_attribute, reference);
}

/* Works in place because `to` never overtakes `at`. */
static size_t decode(struct slice text, char *out, bool is_attribute)
{
	const char *at = text.at, *const end = end_of(text);
	char *to = out;

	while (at < end) {
		const char *ampersand = find(at, end, '&');
		struct reference reference;
		size_t size;

		memmove(to, at, (size_t)(ampersand - at));
		to += ampersand - at;
		at = ampersand;
		if (at == end)
			break;
		size = take_reference(at, end, is_attribute, &reference);
		if (size == 0 || reference.text_bytes > size) {
			*to++ = *at++;
			continue;
		}
		memcpy(to, reference.text, reference.text_bytes);
		to += reference.text_bytes;
		at += size;
	}
	return (size_t)(to - out);
}

size_t html_decode(struct slice text, char *out)
{
	return decode(text, out, false);
}

size_t html_decode_attribute(struct slice value, char *out)
{
	return decode(value, out, true);
}

/* ------------------------------------------------------------------ markup */

struct markup {
	enum tag_kind kind;
	struct slice name; /* of the tag */
	bool is_self_closing;
};

/* Read what the "<" that tags->at is on begins; tags->at is behind it then. */
static struct markup take_markup(struct tags *tags, bool has_cdata)
{
	struct markup markup = { .kind = TAG_NONE };

	tags->at++;
	markup.kind = tags_next(tags, has_cdata, &markup.name);
	if (markup.kind == TAG_OPENING || markup.kind == TAG_CLOSING)
		markup.is_self_closing = tags_skip_attributes(tags);
	return markup;
}

static bool is_name(struct slice name, const char *word)
{
	return ascii_equal(name, slice_of(word));
}

/* Skip to the "</name" that ends the text of an element without markup inside, or to the end. */
static void skip_raw_text(struct tags *tags, struct slice name)
{
	if (is_name(name, "script"))
		tags_skip_script(tags);
	else
		tags_skip_text(tags, name);
}

/* ------------------------------------------------------------------ title */

/* The title as it is built. */
struct title {
	char *start;
	char *at;
	char *end;
	bool wants_space; /* white space was seen; it is written before the next character */
	bool is_full;
};

/* Add one character of size bytes. */
static void title_add(struct title *title, const char *character, size_t size)
{
	static const char nul_shown[] = "\xEF\xBF\xBD";
	size_t room = (size_t)(title->end - title->at);

	if (ascii_is_white(*character)) {
		title->wants_space = title->at > title->start;
		return;
	}
	if (*character == '\0') {
		character = nul_shown;
		size = 3;
	}
	if (room < size + title->wants_space) {
		title->is_full = true;
		return;
	}
	if (title->wants_space)
		*title->at++ = ' ';
	title->wants_space = false;
	memcpy(title->at, character, size);
	title->at += size;
}

/* The bytes that the lead byte of a UTF-8 character promises. */
static size_t character_bytes(char lead)
{
	unsigned char byte = (unsigned char)lead;

	return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

static void title_add_text(struct title *title, const char *at, const char *end)
{
	while (at < end && !title->is_full) {
		size_t size = character_bytes(*at);

		if ((size_t)(end - at) < size)
			return;
		title_add(title, at, size);
		at += size;
	}
}

/* Add text of the page, without its references. */
static void title_add_source(struct title *title, const char *at, const char *end)
{
	while (at < end && !title->is_full) {
		const char *ampersand = find(at, end, '&');
		struct reference reference;
		size_t size;

		title_add_text(title, at, ampersand);
		at = ampersand;
		if (at == end)
			break;
		size = take_reference(at, end, false, &reference);
		if (size > 0)
			title_add_text(title, reference.text,
				       reference.text + reference.text_bytes);
		else
			title_add(title, at, 1);
		at += size > 0 ? size : 1;
	}
}

/* Tags inside a title are text. */
static void title_add_html(struct title *title, struct tags *tags)
{
	const char *text = tags->at;

	tags_skip_text(tags, SLICE("title"));
	title_add_source(title, text, tags->at);
}

/* Does "<![CDATA[" ... "]]>" stand from tag to end?  If it is cut, its end is missing. */
static bool is_cdata(const char *tag, const char *end)
{
	return end - tag >= 12 && memcmp(tag, "<![CDATA[", 9) == 0 &&
	       memcmp(end - 3, "]]>", 3) == 0;
}

/* Elements inside are not the title's own text, CDATA is. */
static void title_add_xml(struct title *title, struct tags *tags)
{
	size_t depth = 0;

	while (tags->at < tags->end && !title->is_full) {
		const char *text = tags->at, *tag = find(text, tags->end, '<');
		struct markup markup;

		if (depth == 0)
			title_add_source(title, text, tag);
		tags->at = tag;
		if (tag == tags->end)
			break;
		markup = take_markup(tags, true);
		if (markup.kind == TAG_CLOSING && tags_own_name(tags, &markup.name) &&
		    slice_equal(markup.name, SLICE("title")))
			break;
		if (markup.kind == TAG_OPENING)
			depth += !markup.is_self_closing;
		else if (markup.kind == TAG_CLOSING)
			depth -= depth > 0;
		else if (markup.kind == TAG_COMMENT && depth == 0 && is_cdata(tag, tags->at))
			title_add_text(title, tag + 9, tags->at - 3);
	}
}

/* Skip what an element holds as text only, whatever it looks like. */
static void skip_raw_content(struct tags *tags, struct slice name)
{
	static const char *const words[] = { "script", "style",   "textarea", "noscript", "title",
					     "iframe", "noembed", "noframes", "xmp" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (is_name(name, words[i]))
			skip_raw_text(tags, name);
	if (is_name(name, "plaintext"))
		tags->at = tags->end;
}

/* XML's names are what they are: its <TITLE> is none. */
static bool is_title(struct slice name, bool is_xml)
{
	return is_xml ? slice_equal(name, SLICE("title")) : is_name(name, "title");
}

/* Leave tags->at on the first byte of the page's title, or at the end. */
static void skip_to_title(struct tags *tags, bool is_xml)
{
	struct foreign foreign = { .depth = 0 };
	size_t templates = 0;

	while ((tags->at = find(tags->at, tags->end, '<')) < tags->end) {
		struct markup markup = take_markup(tags, foreign_is_in(&foreign));
		struct slice attributes;
		bool is_template;

		if (markup.kind != TAG_OPENING && markup.kind != TAG_CLOSING)
			continue;
		if (is_xml && !tags_own_name(tags, &markup.name))
			continue;
		is_template = is_name(markup.name, "template");
		if (markup.kind == TAG_CLOSING) {
			foreign_closing(&foreign, markup.name, is_xml);
			templates -= is_template && templates > 0;
			continue;
		}
		attributes.at = markup.name.at + markup.name.size;
		attributes.size = (size_t)(tags->at - attributes.at);
		if (!foreign_opening(&foreign, markup.name, attributes, markup.is_self_closing,
				     is_xml))
			continue;
		if (is_title(markup.name, is_xml) && templates == 0) {
			if (is_xml && markup.is_self_closing)
				tags->at = tags->end;
			return;
		}
		if (is_template)
			templates += !is_xml || !markup.is_self_closing;
		else if (!is_xml)
			skip_raw_content(tags, markup.name);
	}
}

static size_t find_title(struct slice page, bool is_xml, char *out, size_t out_bytes)
{
	struct tags tags = { .at = page.at, .end = end_of(page), .is_xml = is_xml };
	struct title title = { .start = out,
			       .at = out,
			       .end = out_bytes > 0 ? out + out_bytes : out };

	skip_to_title(&tags, is_xml);
	if (tags.end - tags.at > HTML_TITLE_SOURCE_MAX)
		tags.end = tags.at + HTML_TITLE_SOURCE_MAX;
	if (is_xml)
		title_add_xml(&title, &tags);
	else
		title_add_html(&title, &tags);
	return (size_t)(title.at - out);
}

size_t html_title(struct slice page, char *out, size_t out_bytes)
{
	return find_title(page, false, out, out_bytes);
}

size_t html_title_xml(struct slice page, char *out, size_t out_bytes)
{
	return find_title(page, true, out, out_bytes);
}

/* ------------------------------------------------------------------ strip */

/* Elements that show nothing of what they hold. */
static bool is_invisible(struct slice name)
{
	return is_name(name, "script") || is_name(name, "style");
}

/* Elements that hold text and references; tags inside are text. */
static bool is_text_only(struct slice name)
{
	return is_name(name, "textarea") || is_name(name, "title");
}

/* Elements that begin and end a line of their own (15.3), cells of a table, and <br>. */
static bool divides_text(struct slice name)
{
	static const char *const words[] = {
		"address", "article",  "aside",      "blockquote", "body",   "br",     "caption",
		"center",  "dd",       "details",    "dialog",     "dir",    "div",    "dl",
		"dt",      "fieldset", "figcaption", "figure",     "footer", "form",   "h1",
		"h2",      "h3",       "h4",         "h5",         "h6",     "header", "hgroup",
		"hr",      "html",     "legend",     "li",         "main",   "menu",   "nav",
		"ol",      "optgroup", "option",     "p",          "pre",    "search", "section",
		"summary", "table",    "tbody",      "td",         "tfoot",  "th",     "thead",
		"tr",      "ul",
	};

	for (size_t i = 0; i < COUNT(words); i++)
		if (is_name(name, words[i]))
			return true;
	return false;
}

/* Text without its tags, as it is written. */
struct stripped {
	char *start, *to;
	bool is_divided; /* a tag that divides stood between what is written and what comes */
};

/* The line end takes the room of the tag that divides, so that out never overtakes html. */
static void strip_add(struct stripped *stripped, struct slice text)
{
	char *to = stripped->to;
	bool is_divided = stripped->is_divided && to > stripped->start && !ascii_is_white(to[-1]);
	size_t size = html_decode(text, to + is_divided);

	if (size == 0)
		return;
	stripped->is_divided = false;
	if (!is_divided) {
		stripped->to += size;
	} else if (ascii_is_white(to[1])) {
		memmove(to, to + 1, size);
		stripped->to += size;
	} else {
		*to = '\n';
		stripped->to += size + 1;
	}
}

size_t html_strip(struct slice html, char *out)
{
	struct tags tags = { .at = html.at, .end = end_of(html) };
	struct stripped stripped = { out, out, false };

	while (tags.at < tags.end) {
		const char *text = tags.at;
		struct markup markup;

		tags.at = find(text, tags.end, '<');
		strip_add(&stripped, (struct slice){ text, (size_t)(tags.at - text) });
		if (tags.at == tags.end)
			break;
		text = tags.at;
		markup = take_markup(&tags, false);
		if (markup.kind == TAG_NONE)
			strip_add(&stripped, (struct slice){ text, 1 });
		else if (markup.kind != TAG_COMMENT)
			stripped.is_divided |= divides_text(markup.name);
		if (markup.kind != TAG_OPENING)
			continue;
		text = tags.at;
		if (is_invisible(markup.name) || is_text_only(markup.name))
			skip_raw_text(&tags, markup.name);
		if (is_text_only(markup.name))
			strip_add(&stripped, (struct slice){ text, (size_t)(tags.at - text) });
	}
	return (size_t)(stripped.to - out);
}
