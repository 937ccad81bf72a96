#include "parsers/text/media_type.h"

#include "parsers/text/ascii.h"

#define LOOK_BYTES 1445 /* of a body: MIME Sniffing's resource header */
#define ROOT_BYTES 4096 /* of XML: where its first element is looked for */

static struct slice after(struct slice text, size_t bytes)
{
	return (struct slice){ text.at + bytes, text.size - bytes };
}

/* Letters, digits and the signs of an HTTP token. */
static bool is_token(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!ascii_is_letter(text.at[i]) && !ascii_is_digit(text.at[i]) &&
		    (text.at[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", text.at[i])))
			return false;
	return text.size > 0;
}

/* The part of one value that is the type, without parameters; empty if it is none. */
static struct slice type_in(struct slice value)
{
	const char *semicolon = memchr(value.at, ';', value.size), *slash;

	if (semicolon)
		value.size = (size_t)(semicolon - value.at);
	value = ascii_trim(value);
	slash = memchr(value.at, '/', value.size);
	if (!slash || !is_token((struct slice){ value.at, (size_t)(slash - value.at) }) ||
	    !is_token(after(value, (size_t)(slash - value.at) + 1)))
		return (struct slice){ "", 0 };
	return value;
}

/* The last type that the header has and that says something, or nothing. */
static struct slice said_type(struct slice header)
{
	struct slice said = { "", 0 };

	while (header.size > 0) {
		const char *comma = memchr(header.at, ',', header.size);
		size_t size = comma ? (size_t)(comma - header.at) : header.size;
		struct slice type = type_in((struct slice){ header.at, size });

		if (type.size > 0 && !ascii_equal(type, SLICE("*/*")))
			said = type;
		header = after(header, size + (comma != NULL));
	}
	if (ascii_equal(said, SLICE("unknown/unknown")) ||
	    ascii_equal(said, SLICE("application/unknown")))
		said.size = 0;
	return said;
}

bool media_type_is_unknown(struct slice content_type)
{
	return said_type(content_type).size == 0;
}

static bool ends_with(struct slice text, struct slice end)
{
	return text.size >= end.size && ascii_equal(after(text, text.size - end.size), end);
}

/* Is word, in lower case, in text? */
static bool contains(struct slice text, struct slice word)
{
	for (; text.size >= word.size; text = after(text, 1))
		if (ascii_starts_with(text, word))
			return true;
	return false;
}

/* Skip up to and with close, or to the end. */
static struct slice behind(struct slice text, const char *close)
{
	const char *at = memmem(text.at, text.size, close, strlen(close));

	return after(text, at ? (size_t)(at - text.at) + strlen(close) : text.size);
}

/* What stands before the first element of XML: declaration, comments, doctype. */
static struct slice skip_prolog(struct slice text)
{
	for (;;) {
		text = ascii_trim(text);
		if (ascii_starts_with(text, SLICE("<!--")))
			text = behind(after(text, 4), "-->");
		else if (ascii_starts_with(text, SLICE("<?")))
			text = behind(text, "?>");
		else if (ascii_starts_with(text, SLICE("<!")))
			text = behind(text, ">");
		else
			return text;
	}
}

/* The name of the element whose tag begins with "<", without a prefix. */
static struct slice local_name(struct slice tag)
{
	struct slice name = after(tag, 1);
	const char *colon;
	size_t size = 0;

	while (size < name.size && !ascii_is_white(name.at[size]) && name.at[size] != '/')
		size++;
	name.size = size;
	colon = memchr(name.at, ':', name.size);
	return colon ? after(name, (size_t)(colon + 1 - name.at)) : name;
}

static enum media_type kind_of_xml(struct slice body)
{
	static const char space[] = "http://www.w3.org/1999/xhtml";
	const char *end;

	if (body.size > ROOT_BYTES)
		body.size = ROOT_BYTES;
	if (ascii_starts_with(body, SLICE("\xEF\xBB\xBF")))
		body = after(body, 3);
	body = skip_prolog(body);
	end = body.size > 0 ? memchr(body.at, '>', body.size) : NULL;
	if (!end || *body.at != '<')
		return MEDIA_XML;
	body.size = (size_t)(end - body.at);
	return slice_equal(local_name(body), SLICE("html")) &&
			       memmem(body.at, body.size, space, strlen(space))
		       ? MEDIA_XHTML
		       : MEDIA_XML;
}

/* MIME Sniffing 3: a byte that no text has. */
static bool is_binary_byte(unsigned char byte)
{
	return byte <= 0x08 || byte == 0x0B || (byte >= 0x0E && byte <= 0x1A) ||
	       (byte >= 0x1C && byte <= 0x1F);
}

static bool is_binary(struct slice look)
{
	if (ascii_starts_with(look, SLICE("%PDF-")) || ascii_starts_with(look, SLICE("%!PS-")))
		return true;
	for (size_t i = 0; i < look.size; i++)
		if (is_binary_byte((unsigned char)look.at[i]))
			return true;
	return false;
}

/*
 * MIME Sniffing 7.1: a tag of HTML; a page may have bytes behind it that no text has.  Browsers ask
 * for nothing behind "<!--".
 */
static bool is_html(struct slice start)
{
	static const char *const signs[] = {
		"<!DOCTYPE HTML", "<HTML", "<HEAD",  "<SCRIPT", "<IFRAME", "<H1",   "<DIV", "<FONT",
		"<TABLE",         "<A",    "<STYLE", "<TITLE",  "<B",      "<BODY", "<BR",  "<P"
	};

	if (ascii_starts_with(start, SLICE("<!--")))
		return true;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t size = strlen(signs[i]);

		if (start.size > size && ascii_starts_with(start, slice_of(signs[i])) &&
		    (start.at[size] == ' ' || start.at[size] == '>'))
			return true;
	}
	return false;
}

static enum media_type sniff(struct slice body)
{
	struct slice look = { body.at, body.size < LOOK_BYTES ? body.size : LOOK_BYTES }, start;

	if (look.size == 0)
		return MEDIA_TEXT;
	if (look.size >= 2 && (!memcmp(look.at, "\xFF\xFE", 2) || !memcmp(look.at, "\xFE\xFF", 2)))
		return look.size >= 4 && (look.at[2] == '<' || look.at[3] == '<') ? MEDIA_HTML
										  : MEDIA_TEXT;
	start = ascii_starts_with(look, SLICE("\xEF\xBB\xBF")) ? after(look, 3) : look;
	start = ascii_trim(start);
	if (is_html(start))
		return MEDIA_HTML;
	if (ascii_starts_with(start, SLICE("<?xml")))
		return kind_of_xml(body);
	if (is_binary(look))
		return MEDIA_BINARY;
	return start.size > 1 && *start.at == '<' &&
			       (ascii_is_letter(start.at[1]) || strchr("!/?", start.at[1]))
		       ? MEDIA_HTML
		       : MEDIA_TEXT;
}

enum media_type media_type_of(struct slice content_type, struct slice body)
{
	struct slice type = said_type(content_type);

	if (type.size == 0)
		return sniff(body);
	if (ascii_equal(type, SLICE("text/html")))
		return MEDIA_HTML;
	if (ends_with(type, SLICE("/xhtml+xml")) || ends_with(type, SLICE(".xhtml+xml")))
		return MEDIA_XHTML;
	if (ends_with(type, SLICE("/xml")) || ends_with(type, SLICE("+xml")))
		return kind_of_xml(body);
	if (ascii_starts_with(type, SLICE("text/")) || contains(type, SLICE("json")) ||
	    contains(type, SLICE("javascript")) || contains(type, SLICE("ecmascript")) ||
	    ascii_starts_with(type, SLICE("application/xml-")) ||
	    ends_with(type, SLICE("/x-www-form-urlencoded")))
		return MEDIA_TEXT;
	return MEDIA_BINARY;
}
