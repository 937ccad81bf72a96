#include "parsers/charset/charset_prescan.h"

#include "parsers/charset/charset_label.h"
#include "parsers/text/ascii.h"

#define PRESCAN_BYTES 1024 /* WHATWG HTML 13.2.3.2 */
#define LABEL_ROOM    64   /* bytes; a longer one names nothing */

/* ------------------------------------------------------------------ text */

static struct slice after(struct slice text, size_t bytes)
{
	return (struct slice){ text.at + bytes, text.size - bytes };
}

/* The empty slice at the end of text. */
static struct slice end_of(struct slice text)
{
	return after(text, text.size);
}

static struct slice white_skipped(struct slice text)
{
	while (text.size > 0 && ascii_is_white(text.at[0]))
		text = after(text, 1);
	return text;
}

/* ------------------------------------------------------------------ labels in text */

static bool is_quote(struct slice text)
{
	return text.size > 0 && (text.at[0] == '"' || text.at[0] == '\'');
}

/* The label at the start of text, in quotes or up to white space or ';'. */
static struct slice label_at(struct slice text)
{
	size_t size = 0;

	if (is_quote(text)) {
		const char *close = memchr(text.at + 1, text.at[0], text.size - 1);

		if (close == NULL)
			return (struct slice){ NULL, 0 };
		return (struct slice){ text.at + 1, (size_t)(close - text.at) - 1 };
	}
	while (size < text.size && text.at[size] != ';' && !ascii_is_white(text.at[size]))
		size++;
	return (struct slice){ text.at, size };
}

/* Behind the "charset =" of text, or {NULL, 0} if there is none. */
static struct slice behind_charset(struct slice text)
{
	for (; text.size > 0; text = after(text, 1)) {
		struct slice rest;

		if (!ascii_starts_with(text, SLICE("charset")))
			continue;
		rest = white_skipped(after(text, strlen("charset")));
		if (rest.size > 0 && rest.at[0] == '=')
			return white_skipped(after(rest, 1));
	}
	return (struct slice){ NULL, 0 };
}

const char *charset_in_content(struct slice text)
{
	text = behind_charset(text);
	return text.at ? charset_from_label(label_at(text)) : NULL;
}

/* MIME Sniffing 4.4, Fetch 2.2 "collect an HTTP quoted string": its end may be missing. */
static const char *name_in_quotes(struct slice text)
{
	char label[LABEL_ROOM];
	size_t size = 0;

	for (size_t i = 1; i < text.size && text.at[i] != '"' && size < sizeof(label); i++) {
		i += text.at[i] == '\\' && i + 1 < text.size;
		label[size++] = text.at[i];
	}
	return charset_from_label((struct slice){ label, size });
}

/* What stands in the quotes of another parameter is no parameter: "x=\"; charset=gbk\"". */
static struct slice before_quotes(struct slice text)
{
	const char *quote = text.size > 0 ? memchr(text.at, '"', text.size) : NULL;

	return quote ? (struct slice){ text.at, (size_t)(quote - text.at) } : text;
}

static struct slice behind_quotes(struct slice text)
{
	size_t i = 1;

	while (i < text.size && text.at[i] != '"')
		i += 1 + (text.at[i] == '\\');
	return i < text.size ? after(text, i + 1) : end_of(text);
}

const char *charset_in_header(struct slice content_type)
{
	while (content_type.size > 0) {
		struct slice open = before_quotes(content_type), value = behind_charset(open);
		struct slice rest = after(content_type, open.size);

		if (value.at && value.size > 0)
			return charset_from_label(label_at(value));
		if (value.at && rest.size > 0)
			return name_in_quotes(rest);
		content_type = rest.size > 0 ? behind_quotes(rest) : rest;
	}
	return NULL;
}

/* What was read as ASCII cannot be UTF-16, whatever it says of itself (13.2.3.2). */
static const char *name_in_ascii(const char *name)
{
	if (name != NULL && strncmp(name, "utf-16", 6) == 0)
		return "utf-8";
	if (name != NULL && strcmp(name, "x-user-defined") == 0)
		return CHARSET_DEFAULT_NAME;
	return name;
}

/* White space of an XML declaration: all up to the space. */
static struct slice controls_skipped(struct slice text)
{
	while (text.size > 0 && (unsigned char)text.at[0] <= ' ')
		text = after(text, 1);
	return text;
}

/* "Get an XML encoding": <?xml version="1.0" encoding="..."?> at the start of text. */
static const char *name_in_xml_declaration(struct slice text)
{
	static const char word[] = "encoding";
	const char *end = text.size > 0 ? memchr(text.at, '>', text.size) : NULL, *at;
	struct slice label;

	if (end == NULL || text.size < 5 || memcmp(text.at, "<?xml", 5) != 0)
		return NULL;
	at = memmem(text.at, (size_t)(end - text.at), word, strlen(word));
	if (at == NULL)
		return NULL;
	at += strlen(word);
	text = controls_skipped((struct slice){ at, (size_t)(end - at) });
	if (text.size == 0 || text.at[0] != '=')
		return NULL;
	text = controls_skipped(after(text, 1));
	if (!is_quote(text))
		return NULL;
	label = label_at(text);
	for (size_t i = 0; i < label.size; i++)
		if ((unsigned char)label.at[i] <= ' ')
			return NULL;
	return name_in_ascii(charset_from_label(label));
}

/* ------------------------------------------------------------------ prescan */

/*
 * The prescan of WHATWG HTML 13.2.3.2 walks `rest` to the end of the first 1024 bytes.
 * Running out of bytes anywhere ends it: rest is then empty.
 */
struct attribute {
	struct slice name;
	struct slice value;
};

static bool is_slash_or_white(char c)
{
	return c == '/' || ascii_is_white(c);
}

/* Leave the value's first byte at rest, behind the '='; false: the attribute has none. */
static bool skip_equals(struct slice *rest)
{
	*rest = white_skipped(*rest);
	if (rest->size == 0 || rest->at[0] != '=')
		return false;
	*rest = white_skipped(after(*rest, 1));
	return true;
}

static struct slice take_value(struct slice *rest)
{
	struct slice value = *rest;
	size_t size = 0;

	if (is_quote(*rest)) {
		const char *close = memchr(rest->at + 1, rest->at[0], rest->size - 1);

		if (close == NULL) {
			*rest = end_of(*rest);
			return (struct slice){ NULL, 0 };
		}
		value = (struct slice){ rest->at + 1, (size_t)(close - rest->at) - 1 };
		*rest = after(*rest, value.size + 2);
		return value;
	}
	while (size < rest->size && rest->at[size] != '>' && !ascii_is_white(rest->at[size]))
		size++;
	value.size = size;
	*rest = after(*rest, size);
	return value;
}

/* "Get an attribute".  False at the '>' that ends the tag, and when the bytes run out. */
static bool take_attribute(struct slice *rest, struct attribute *attribute)
{
	size_t size = 0;

	while (rest->size > 0 && is_slash_or_white(rest->at[0]))
		*rest = after(*rest, 1);
	if (rest->size == 0 || rest->at[0] == '>')
		return false;
	while (size < rest->size && rest->at[size] != '>' && !is_slash_or_white(rest->at[size]) &&
	       !(rest->at[size] == '=' && size > 0))
		size++;
	attribute->name = (struct slice){ rest->at, size };
	attribute->value = (struct slice){ NULL, 0 };
	*rest = after(*rest, size);
	if (skip_equals(rest))
		attribute->value = take_value(rest);
	return rest->size > 0;
}

/* What a <meta> said so far. */
struct meta {
	bool is_pragma;    /* http-equiv=content-type was there */
	bool needs_pragma; /* the encoding is from content=, void without it */
	bool has_http_equiv, has_content, has_charset; /* a repeated attribute counts for nothing */
	const char *name;
};

static void meta_attribute(struct meta *meta, struct attribute attribute)
{
	if (ascii_equal(attribute.name, SLICE("http-equiv")) && !meta->has_http_equiv) {
		meta->has_http_equiv = true;
		meta->is_pragma = ascii_equal(attribute.value, SLICE("content-type"));
	} else if (ascii_equal(attribute.name, SLICE("content")) && !meta->has_content) {
		const char *name = charset_in_content(attribute.value);

		meta->has_content = true;
		if (name != NULL && !meta->has_charset) {
			meta->name = name;
			meta->needs_pragma = true;
		}
	} else if (ascii_equal(attribute.name, SLICE("charset")) && !meta->has_charset) {
		meta->has_charset = true;
		meta->name = charset_from_label(attribute.value);
		meta->needs_pragma = false;
	}
}

/* rest is behind "<meta".  The encoding it names, or NULL. */
static const char *take_meta(struct slice *rest)
{
	struct meta meta = { .name = NULL };
	struct attribute attribute;

	while (take_attribute(rest, &attribute))
		meta_attribute(&meta, attribute);
	if (rest->size == 0 || (meta.needs_pragma && !meta.is_pragma))
		return NULL;
	return name_in_ascii(meta.name);
}

/* Leave rest at the '>' that ends a comment, which may share its dashes: "<!-->". */
static void skip_comment(struct slice *rest)
{
	const char *end = rest->size > 2 ? memmem(rest->at + 2, rest->size - 2, "-->", 3) : NULL;

	*rest = end ? after(*rest, (size_t)(end + 2 - rest->at)) : end_of(*rest);
}

static void skip_to(struct slice *rest, char stop)
{
	const char *at = memchr(rest->at, stop, rest->size);

	*rest = at ? after(*rest, (size_t)(at - rest->at)) : end_of(*rest);
}

static void skip_tag(struct slice *rest)
{
	struct attribute attribute;

	while (rest->size > 0 && rest->at[0] != '>' && !ascii_is_white(rest->at[0]))
		*rest = after(*rest, 1);
	while (take_attribute(rest, &attribute))
		;
}

/* Is there a tag at text, "<a" or "</a"? */
static bool is_tag(struct slice text)
{
	size_t name = text.size > 1 && text.at[1] == '/' ? 2 : 1;

	return text.size > name && ascii_is_letter(text.at[name]);
}

static bool is_meta(struct slice text)
{
	return ascii_starts_with(text, SLICE("<meta")) && text.size > 5 &&
	       is_slash_or_white(text.at[5]);
}

/* rest is on a "<": skip the tag or comment that begins there, but for its ">". */
static void skip_other(struct slice *rest)
{
	if (ascii_starts_with(*rest, SLICE("<!--")))
		skip_comment(rest);
	else if (is_tag(*rest))
		skip_tag(rest);
	else if (rest->size > 1 && memchr("!/?", rest->at[1], 3) != NULL)
		skip_to(rest, '>');
}

static const char *name_in_meta(struct slice rest)
{
	for (; rest.size > 0; rest = after(rest, rest.size > 0)) {
		const char *name = NULL;

		skip_to(&rest, '<');
		if (is_meta(rest)) {
			rest = after(rest, 5);
			name = take_meta(&rest);
		} else {
			skip_other(&rest);
		}
		if (name != NULL)
			return name;
	}
	return NULL;
}

/* ------------------------------------------------------------------ behind the prescan */

/* Does "<meta" stand anywhere in text?  Most pages that name no encoding have none. */
static bool has_meta(struct slice text)
{
	const char *at = text.at, *end = text.at + text.size;

	while (at < end && (at = memchr(at, '<', (size_t)(end - at)))) {
		struct slice rest = { at, (size_t)(end - at) };

		if (rest.size > 1 && (at[1] | 0x20) == 'm' &&
		    ascii_starts_with(rest, SLICE("<meta")))
			return true;
		at++;
	}
	return false;
}

/* rest is on the "<" of an opening tag.  Is the content of its element text, up to its end tag? */
static bool is_raw(struct slice rest)
{
	static const char *const names[] = { "script",  "style",    "title",  "textarea", "xmp",
					     "noembed", "noframes", "iframe", "plaintext" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t size = strlen(names[i]);

		if (rest.size > size + 1 && ascii_same(rest.at + 1, names[i], size) &&
		    (rest.at[size + 1] == '>' || is_slash_or_white(rest.at[size + 1])))
			return true;
	}
	return false;
}

/* Skip the text of an element whose opening tag, at `tag`, has been read: to its end tag. */
static void skip_raw(struct slice *rest, struct slice tag)
{
	size_t size = 1;

	while (size < tag.size && ascii_is_letter(tag.at[size]))
		size++;
	while (skip_to(rest, '<'), rest->size > 0) {
		if (rest->size > size + 1 && rest->at[1] == '/' &&
		    ascii_same(rest->at + 2, tag.at + 1, size - 1) &&
		    (rest->at[size + 1] == '>' || is_slash_or_white(rest->at[size + 1])))
			return;
		*rest = after(*rest, 1);
	}
}

/* rest is on a "<" that begins no <meta>: skip what does begin there. */
static void skip_markup(struct slice *rest)
{
	struct slice tag = *rest;

	skip_other(rest);
	if (is_raw(tag))
		skip_raw(rest, tag);
	else if (rest->at == tag.at)
		*rest = after(*rest, 1);
}

const char *charset_late_meta(struct slice body)
{
	struct slice rest = body;
	const char *name;

	if (body.size <= PRESCAN_BYTES || !has_meta(body))
		return NULL;
	while (skip_to(&rest, '<'), rest.size > 0) {
		if (!is_meta(rest)) {
			skip_markup(&rest);
			continue;
		}
		rest = after(rest, strlen("<meta"));
		name = take_meta(&rest);
		if (name != NULL)
			return name;
	}
	return NULL;
}

/* A page in UTF-16 shows itself by its XML declaration. */
static const char *name_in_utf16(struct slice text)
{
	if (text.size >= 6 && memcmp(text.at, "<\0?\0x", 6) == 0)
		return "utf-16le";
	if (text.size >= 6 && memcmp(text.at, "\0<\0?\0x", 6) == 0)
		return "utf-16be";
	return NULL;
}

const char *charset_prescan(struct slice body)
{
	struct slice text = { body.at, body.size < PRESCAN_BYTES ? body.size : PRESCAN_BYTES };
	const char *name = name_in_utf16(text);

	if (name == NULL)
		name = name_in_meta(text);
	if (name == NULL)
		name = name_in_xml_declaration(text);
	return name;
}

const char *charset_in_xml_declaration(struct slice text)
{
	size_t size = text.size;
	const char *at;

	if (size > PRESCAN_BYTES)
		size = PRESCAN_BYTES;
	at = size > 0 ? memmem(text.at, size, "<?xml", 5) : NULL;
	return at ? name_in_xml_declaration(after(text, (size_t)(at - text.at))) : NULL;
}
