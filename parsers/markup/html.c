#include "parsers/markup/html.h"

#include <stdint.h>

#include "parsers/text/utf8.h"

#define COUNT(array)       (sizeof(array) / sizeof((array)[0]))
#define REFERENCE_TEXT_MAX 8 /* bytes; the longest of the table has 6 */

/* ------------------------------------------------------------------ characters */

static bool is_white(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

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
	if (is_digit(c))
		return c - '0';
	if (base == 16 && is_letter(c) && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
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
	    (*behind == '=' || is_digit(*behind) || is_letter(*behind)))
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

enum markup_kind {
	MARKUP_NONE,    /* the '<' is text */
	MARKUP_COMMENT, /* or a doctype, a processing instruction, or what is taken for one */
	MARKUP_OPEN,
	MARKUP_CLOSE,
};

struct markup {
	enum markup_kind kind;
	struct slice name;    /* of the tag */
	bool is_self_closing; /* "/>" */
	const char *behind;   /* the first byte after it; the end of the page if it is cut */
};

/* Of ASCII only: in a Turkish locale the C library's "I" is not the capital of "i". */
static bool is_same_name(const char *a, const char *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (a[i] != b[i] && ((a[i] | 0x20) != (b[i] | 0x20) || !is_letter(a[i])))
			return false;
	return true;
}

static bool is_name(struct slice name, const char *word)
{
	return name.size == strlen(word) && is_same_name(name.at, word, name.size);
}

static bool starts_with(const char *at, const char *end, struct slice text)
{
	return (size_t)(end - at) >= text.size && memcmp(at, text.at, text.size) == 0;
}

/* Behind the comment that "<!--" at `at` opens: "-->", "--!>", or at once "<!-->", "<!--->". */
static const char *behind_comment(const char *at, const char *end)
{
	at += 4;
	if (starts_with(at, end, SLICE(">")))
		return at + 1;
	if (starts_with(at, end, SLICE("->")))
		return at + 2;
	for (at = find(at, end, '-'); at < end; at = find(at + 1, end, '-')) {
		if (starts_with(at, end, SLICE("-->")))
			return at + 3;
		if (starts_with(at, end, SLICE("--!>")))
			return at + 4;
	}
	return end;
}

/* Behind the attribute whose name begins at `at`. */
static const char *behind_attribute(const char *at, const char *end)
{
	for (at++; at < end && !is_white(*at) && *at != '/' && *at != '>' && *at != '='; at++)
		;
	while (at < end && is_white(*at))
		at++;
	if (at == end || *at != '=')
		return at;
	for (at++; at < end && is_white(*at); at++)
		;
	if (at < end && (*at == '"' || *at == '\'')) {
		at = find(at + 1, end, *at);
		return at < end ? at + 1 : end;
	}
	while (at < end && !is_white(*at) && *at != '>')
		at++;
	return at;
}

/* Behind the '>' of the tag whose name ends at `at`: one that is not in a quoted value. */
static const char *behind_tag(const char *at, const char *end, bool *is_self_closing)
{
	*is_self_closing = false;
	while (at < end && *at != '>') {
		if (*at == '/' || is_white(*at)) {
			*is_self_closing = *at == '/';
			at++;
		} else {
			*is_self_closing = false;
			at = behind_attribute(at, end);
		}
	}
	return at < end ? at + 1 : end;
}

/* What '<' at `at` begins (13.2.5.6). */
static struct markup markup_at(const char *at, const char *end)
{
	struct markup markup = { .kind = MARKUP_NONE, .behind = at + 1 };
	const char *name = at + 1;

	if (starts_with(at, end, SLICE("<!--"))) {
		markup.kind = MARKUP_COMMENT;
		markup.behind = behind_comment(at, end);
		return markup;
	}
	name += name < end && *name == '/';
	if (name == end)
		return markup;
	if (is_letter(*name)) {
		markup.kind = name == at + 1 ? MARKUP_OPEN : MARKUP_CLOSE;
		markup.name.at = name;
		while (name < end && !is_white(*name) && *name != '/' && *name != '>')
			name++;
		markup.name.size = (size_t)(name - markup.name.at);
		markup.behind = behind_tag(name, end, &markup.is_self_closing);
	} else if (at[1] == '!' || at[1] == '?' || at[1] == '/') {
		markup.kind = MARKUP_COMMENT;
		markup.behind = find(name, end, '>');
		markup.behind += markup.behind < end;
	}
	return markup;
}

/* Is there a tag at `at`, opened by "<" or "</", with this name and nothing longer? */
static bool is_tag(const char *at, const char *end, struct slice opening, struct slice name)
{
	const char *word = at + opening.size, *behind = word + name.size;

	return (size_t)(end - at) > opening.size + name.size && starts_with(at, end, opening) &&
	       is_same_name(word, name.at, name.size) &&
	       (is_white(*behind) || *behind == '/' || *behind == '>');
}

/*
 * The "</script" that ends a script, or end.  In a script "<!-- <script> </script> -->" is text
 * (13.2.5.15 to 31): pages hide from old browsers what they write with document.write().
 */
static const char *end_of_script(const char *at, const char *end)
{
	const struct slice name = SLICE("script");
	bool is_hidden = false, is_nested = false;

	for (; at < end; at++) {
		if (*at == '-' && is_hidden && starts_with(at, end, SLICE("-->"))) {
			is_hidden = is_nested = false;
		} else if (*at != '<') {
			continue;
		} else if (starts_with(at, end, SLICE("<!--"))) {
			is_hidden = true;
			at++; /* its dashes may be those of "-->" */
		} else if (is_hidden && is_tag(at, end, SLICE("<"), name)) {
			is_nested = true;
		} else if (is_tag(at, end, SLICE("</"), name)) {
			if (!is_nested)
				return at;
			is_nested = false;
		}
	}
	return end;
}

/* The "</name" that ends the text of an element without markup inside, or end. */
static const char *end_of_raw_text(const char *at, const char *end, struct slice name)
{
	if (is_name(name, "script"))
		return end_of_script(at, end);
	for (at = find(at, end, '<'); at < end; at = find(at + 1, end, '<'))
		if (is_tag(at, end, SLICE("</"), name))
			return at;
	return end;
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

	if (is_white(*character)) {
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

/* Tags inside a title are text. */
static size_t title_text(const char *at, const char *end, char *out, size_t out_bytes)
{
	char *out_end = out_bytes > 0 ? out + out_bytes : out;
	struct title title = { .start = out, .at = out, .end = out_end };

	while (at < end && !title.is_full) {
		const char *ampersand = find(at, end, '&');
		struct reference reference;
		size_t size;

		title_add_text(&title, at, ampersand);
		at = ampersand;
		if (at == end)
			break;
		size = take_reference(at, end, false, &reference);
		if (size > 0)
			title_add_text(&title, reference.text,
				       reference.text + reference.text_bytes);
		else
			title_add(&title, at, 1);
		at += size > 0 ? size : 1;
	}
	return (size_t)(title.at - out);
}

/* Elements that hold text only, whatever it looks like. */
static bool has_raw_text(struct slice name)
{
	static const char *const words[] = { "script", "style",   "textarea", "noscript",
					     "iframe", "noembed", "noframes", "xmp" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (is_name(name, words[i]))
			return true;
	return false;
}

/* Elements whose titles are not the page's. */
static bool has_own_title(struct slice name)
{
	return is_name(name, "svg") || is_name(name, "math") || is_name(name, "template");
}

/* Behind "<![CDATA[", which is one in svg and math only, or behind the comment it is elsewhere. */
static const char *behind_cdata(const char *at, const char *end, const char *otherwise)
{
	const char *close;

	if (!starts_with(at, end, SLICE("<![CDATA[")))
		return otherwise;
	close = memmem(at, (size_t)(end - at), "]]>", 3);
	return close ? close + 3 : end;
}

/* The first byte of the page's title, or end. */
static const char *title_start(const char *at, const char *end)
{
	size_t depth = 0; /* of elements with titles of their own */

	for (at = find(at, end, '<'); at < end; at = find(at, end, '<')) {
		struct markup markup = markup_at(at, end);
		bool is_open = markup.kind == MARKUP_OPEN;

		if (is_open && depth == 0 && is_name(markup.name, "title"))
			return markup.behind;
		if (markup.kind == MARKUP_COMMENT && depth > 0)
			markup.behind = behind_cdata(at, end, markup.behind);
		at = markup.behind;
		if (markup.kind == MARKUP_CLOSE && depth > 0)
			depth -= has_own_title(markup.name);
		if (!is_open || (depth > 0 && markup.is_self_closing))
			continue;
		if (has_own_title(markup.name))
			depth += !markup.is_self_closing;
		else if (has_raw_text(markup.name))
			at = end_of_raw_text(at, end, markup.name);
		else if (is_name(markup.name, "plaintext"))
			return end;
	}
	return end;
}

size_t html_title(struct slice page, char *out, size_t out_bytes)
{
	const char *end = end_of(page);
	const char *start = title_start(page.at, end);

	if (end - start > HTML_TITLE_SOURCE_MAX)
		end = start + HTML_TITLE_SOURCE_MAX;
	return title_text(start, end_of_raw_text(start, end, SLICE("title")), out, out_bytes);
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

size_t html_strip(struct slice html, char *out)
{
	const char *at = html.at, *const end = end_of(html);
	char *to = out;

	while (at < end) {
		const char *stop = find(at, end, '<');
		struct markup markup;

		to += html_decode((struct slice){ at, (size_t)(stop - at) }, to);
		at = stop;
		if (at == end)
			break;
		markup = markup_at(at, end);
		at = markup.behind;
		if (markup.kind == MARKUP_NONE)
			*to++ = '<';
		if (markup.kind != MARKUP_OPEN)
			continue;
		if (is_invisible(markup.name)) {
			at = end_of_raw_text(at, end, markup.name);
		} else if (is_text_only(markup.name)) {
			stop = end_of_raw_text(at, end, markup.name);
			to += html_decode((struct slice){ at, (size_t)(stop - at) }, to);
			at = stop;
		}
	}
	return (size_t)(to - out);
}
