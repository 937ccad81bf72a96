#include "parsers/site/sitemap.h"

#include <assert.h>
#include <expat.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/charset/charset.h"
#include "parsers/text/ascii.h"
#include "parsers/text/calendar.h"
#include "parsers/text/gunzip.h"
#include "parsers/text/hex.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"

#define DEPTH_MAX        256 /* open elements; expat keeps some 150 bytes of each */
#define DECLARED_MAX     64  /* attributes; expat compares each with all before it */
#define PREFIX_BYTES_MAX 64  /* with a longer one an entry is not seen */
#define OPAQUES          3   /* kinds of markup in which nothing is markup */

/* Of an element's text, or attribute: as much as is of use. */
struct field {
	char bytes[SITEMAP_URL_BYTES_MAX];
	size_t size;
	bool is_unknown; /* it is too long, or has characters that we do not know */
};

struct reader {
	sitemap_function *function;
	void *context;
	struct sitemap_result *result;
	bool is_stopped; /* by the function, a limit or an error */

	/* XML: where in the tree, and the entry being read */
	XML_Parser parser;
	const struct layout *layout;
	unsigned declared;    /* attributes */
	unsigned depth;       /* open elements */
	unsigned entry_depth; /* of the open entry; 0: none */
	unsigned field_depth; /* of the element whose text is collected; 0: none */
	struct field *field;
	struct field url, date;
	struct field bases[SITEMAP_BASES]; /* Atom: xml:base of feed, entry and link */
	char prefix[PREFIX_BYTES_MAX];     /* of the entry's name, "ns:" */
	size_t prefix_size;
	size_t entry_at;              /* where in the text the open entry begins */
	size_t entries_at;            /* and where the last one that was whole ends */
	const char *endless[OPAQUES]; /* of each kind no end stands behind here; or NULL */
	unsigned restarts;
	char trouble[SITEMAP_ERROR_MAX]; /* why expat did not read to the end, or "" */
	bool is_made_up;                 /* the root that is read is no more the file's own */
	bool has_guid;                   /* RSS: url is of a <guid>, and a <link> is better */
	bool is_converted;               /* U+FFFD stands for what its encoding does not have */
	const char *encoding;            /* as expat is to read it, or NULL: as the text says */
};

/* Results */

const char *sitemap_kind_name(enum sitemap_kind kind)
{
	static const char *const names[] = {
		[SITEMAP_UNKNOWN] = "unknown",    [SITEMAP_URLSET] = "urlset",
		[SITEMAP_INDEX] = "sitemapindex", [SITEMAP_RSS] = "rss",
		[SITEMAP_ATOM] = "atom",          [SITEMAP_TEXT] = "text",
	};

	assert(kind <= SITEMAP_TEXT);
	return names[kind];
}

static void stop(struct reader *reader)
{
	reader->is_stopped = true;
	if (reader->parser)
		XML_StopParser(reader->parser, XML_FALSE);
}

/* Stop with a reason; the first one stays. */
__attribute__((format(printf, 2, 3))) static void fail(struct reader *reader, const char *format,
						       ...)
{
	va_list arguments;

	if (!reader->is_stopped) {
		va_start(arguments, format);
		vsnprintf(reader->result->error, SITEMAP_ERROR_MAX, format, arguments);
		va_end(arguments);
	}
	stop(reader);
}

/* Of XML: have expat end here.  What follows may be read without it. */
__attribute__((format(printf, 2, 3))) static void give_up(struct reader *reader, const char *format,
							  ...)
{
	va_list arguments;

	if (!reader->trouble[0]) {
		va_start(arguments, format);
		vsnprintf(reader->trouble, sizeof(reader->trouble), format, arguments);
		va_end(arguments);
	}
	XML_StopParser(reader->parser, XML_FALSE);
}

static void emit(struct reader *reader, const struct sitemap_entry *entry)
{
	struct sitemap_result *result = reader->result;

	if (result->pages + result->sitemaps == SITEMAP_ENTRIES_MAX) {
		fail(reader, "more than %d entries: the rest is left out", SITEMAP_ENTRIES_MAX);
		return;
	}
	*(entry->is_sitemap ? &result->sitemaps : &result->pages) += 1;
	if (reader->function(reader->context, entry) != 0)
		stop(reader);
}

/* XML: entries */

static void field_clear(struct field *field)
{
	field->size = 0;
	field->is_unknown = false;
}

static bool has_replacement(struct slice text)
{
	return text.size > 0 && memmem(text.at, text.size, "\xEF\xBF\xBD", 3);
}

static void field_add(struct reader *reader, struct field *field, const char *bytes, size_t size)
{
	if ((reader->is_converted || reader->is_made_up) &&
	    has_replacement((struct slice){ bytes, size }))
		field->is_unknown = true;
	if (size > sizeof(field->bytes) - field->size) {
		field->is_unknown = true;
		return;
	}
	memcpy(field->bytes + field->size, bytes, size);
	field->size += size;
}

static struct slice field_text(const struct field *field)
{
	return ascii_trim((struct slice){ field->bytes, field->size });
}

static void begin_entry(struct reader *reader, struct slice prefix)
{
	memcpy(reader->prefix, prefix.at, prefix.size);
	reader->prefix_size = prefix.size;
	reader->entry_depth = reader->depth;
	reader->entry_at = (size_t)XML_GetCurrentByteIndex(reader->parser);
	reader->has_guid = false;
	field_clear(&reader->url);
	field_clear(&reader->date);
}

static bool is_absolute(struct slice url)
{
	return ascii_starts_with(url, SLICE("http://")) ||
	       ascii_starts_with(url, SLICE("https://"));
}

/* Is all of url known, and of the bases that it is relative to? */
static bool is_known(const struct reader *reader)
{
	const struct field *field = &reader->url;

	for (unsigned i = SITEMAP_BASES; !field->is_unknown; field = &reader->bases[--i])
		if (i == 0 || is_absolute(field_text(field)))
			return true;
	return false;
}

static void end_entry(struct reader *reader)
{
	struct sitemap_entry entry = {
		.url = field_text(&reader->url),
		.is_sitemap = reader->result->kind == SITEMAP_INDEX,
	};

	reader->entry_depth = 0;
	if (entry.url.size == 0 || !is_known(reader)) {
		reader->result->skipped++;
		return;
	}
	for (unsigned i = 0; i < SITEMAP_BASES; i++)
		entry.bases[i] = field_text(&reader->bases[i]);
	if (!reader->date.is_unknown)
		entry.has_modified =
			calendar_parse(field_text(&reader->date), &entry.modified) == 0;
	emit(reader, &entry);
}

/* XML: the tree */

/* How deep an entry stands in each kind of file, and what it and its parts are called. */
static const struct layout {
	const char *root, *entry, *url, *date;
	unsigned entry_depth;
	enum sitemap_kind kind;
} layouts[] = {
	{ "urlset", "url", "loc", "lastmod", 2, SITEMAP_URLSET },
	{ "sitemapindex", "sitemap", "loc", "lastmod", 2, SITEMAP_INDEX },
	{ "rss", "item", "link", "pubDate", 3, SITEMAP_RSS },
	{ "RDF", "item", "link", "pubDate", 2, SITEMAP_RSS },
	{ "feed", "entry", "link", "updated", 2, SITEMAP_ATOM },
};

/* "ns:" of "ns:name", or nothing. */
static struct slice prefix_of(const char *name)
{
	const char *colon = strrchr(name, ':');

	return (struct slice){ name, colon ? (size_t)(colon + 1 - name) : 0 };
}

/* What a file with a root of this name is, or NULL. */
static const struct layout *find_layout(struct slice name)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (slice_equal(name, slice_of(layouts[i].root)))
			return &layouts[i];
	return NULL;
}

static void set_layout(struct reader *reader, const struct layout *layout)
{
	reader->layout = layout;
	reader->result->kind = layout->kind;
}

static void refuse_root(struct reader *reader, struct slice name)
{
	give_up(reader, "the root element is <%.*s>, not urlset, sitemapindex, rss or feed",
		(int)(name.size < 60 ? name.size : 60), name.at);
}

static void take_root(struct reader *reader, struct slice name)
{
	const struct layout *layout = find_layout(name);

	if (layout)
		set_layout(reader, layout);
	else
		refuse_root(reader, name);
}

/* RFC 4287 2: a reference is relative to the xml:base of what it stands in. */
static void take_base(struct reader *reader, enum sitemap_base level, const char **attributes)
{
	if (reader->layout->kind != SITEMAP_ATOM)
		return;
	for (unsigned i = level; i < SITEMAP_BASES; i++)
		field_clear(&reader->bases[i]);
	for (; *attributes; attributes += 2)
		if (strcmp(attributes[0], "xml:base") == 0)
			field_add(reader, &reader->bases[level], attributes[1],
				  strlen(attributes[1]));
}

/* RFC 4287 4.2.7.2: a registered name stands for an address of IANA's. */
static bool is_alternate(const char *relation)
{
	return strcmp(relation, "alternate") == 0 ||
	       strcmp(relation, "http://www.iana.org/assignments/relation/alternate") == 0;
}

/* A link without rel is an alternate (there). */
static void take_atom_link(struct reader *reader, const char **attributes)
{
	const char *href = NULL;

	take_base(reader, SITEMAP_BASE_LINK, attributes);
	for (; *attributes; attributes += 2) {
		if (strcmp(attributes[0], "href") == 0)
			href = attributes[1];
		if (strcmp(attributes[0], "rel") == 0 && !is_alternate(attributes[1]))
			return;
	}
	if (href)
		field_add(reader, &reader->url, href, strlen(href));
}

/* RSS 2.0: a guid is the item's URL unless it says isPermaLink="false". */
static bool is_permanent_link(struct reader *reader, const char *name, const char **attributes)
{
	if (reader->layout->kind != SITEMAP_RSS || strcmp(name, "guid") != 0 || reader->url.size)
		return false;
	for (; *attributes; attributes += 2)
		if (strcmp(attributes[0], "isPermaLink") == 0)
			return strcmp(attributes[1], "false") != 0;
	return true;
}

/* A <link> takes the place of what a <guid> said. */
static void forget_guid(struct reader *reader)
{
	if (reader->has_guid)
		field_clear(&reader->url);
	reader->has_guid = false;
}

/* An element in an entry: only one of the entry's own namespace counts, and of each the first. */
static void take_part(struct reader *reader, const char *name, const char **attributes)
{
	bool is_guid = is_permanent_link(reader, name, attributes);
	bool is_url = is_guid || strcmp(name, reader->layout->url) == 0;
	struct field *field = is_url ? &reader->url : &reader->date;

	if (is_url && !is_guid)
		forget_guid(reader);
	if ((!is_url && strcmp(name, reader->layout->date) != 0) || field->size)
		return;
	reader->has_guid |= is_guid;
	if (is_url && reader->layout->kind == SITEMAP_ATOM) {
		take_atom_link(reader, attributes);
		return;
	}
	reader->field = field;
	reader->field_depth = reader->depth;
}

static void XMLCALL on_start(void *context, const char *name, const char **attributes)
{
	struct reader *reader = context;
	struct slice prefix = prefix_of(name);

	if (reader->is_stopped)
		return;
	if (++reader->depth > DEPTH_MAX) {
		give_up(reader, "elements are nested deeper than %d", DEPTH_MAX);
		return;
	}
	name += prefix.size;
	if (reader->depth == 1) {
		take_root(reader, slice_of(name));
		if (reader->layout && !reader->is_made_up)
			take_base(reader, SITEMAP_BASE_FILE, attributes);
	} else if (!reader->layout) {
		return;
	} else if (reader->field_depth) {
		reader->field->is_unknown = true; /* what is around markup is no URL */
	} else if (reader->entry_depth) {
		if (reader->depth == reader->entry_depth + 1 &&
		    slice_equal(prefix, (struct slice){ reader->prefix, reader->prefix_size }))
			take_part(reader, name, attributes);
	} else if (reader->depth == reader->layout->entry_depth &&
		   prefix.size <= PREFIX_BYTES_MAX && strcmp(name, reader->layout->entry) == 0) {
		begin_entry(reader, prefix);
		take_base(reader, SITEMAP_BASE_ENTRY, attributes);
	}
}

static void XMLCALL on_text(void *context, const char *text, int size)
{
	struct reader *reader = context;

	if (reader->is_stopped || reader->field_depth == 0 || reader->depth != reader->field_depth)
		return;
	field_add(reader, reader->field, text, (size_t)size);
}

static void XMLCALL on_end(void *context, const char *name)
{
	struct reader *reader = context;

	(void)name;
	if (reader->is_stopped)
		return;
	if (reader->depth == reader->field_depth)
		reader->field_depth = 0;
	if (reader->depth == reader->entry_depth) {
		end_entry(reader);
		if (!reader->is_made_up)
			reader->entries_at = (size_t)XML_GetCurrentByteIndex(reader->parser) +
					     (size_t)XML_GetCurrentByteCount(reader->parser);
	}
	reader->depth--;
}

/* No sitemap needs one, and a few lines of them grow to gigabytes. */
static void XMLCALL on_entity(void *context, const char *name, int is_parameter, const char *value,
			      int size, const char *base, const char *system, const char *public_id,
			      const char *notation)
{
	(void)name, (void)is_parameter, (void)value, (void)size;
	(void)base, (void)system, (void)public_id, (void)notation;
	fail(context, "an entity is declared: refused");
}

static void XMLCALL on_attribute(void *context, const char *element, const char *name,
				 const char *type, const char *value, int is_required)
{
	struct reader *reader = context;

	(void)element, (void)name, (void)type, (void)value, (void)is_required;
	if (++reader->declared > DECLARED_MAX)
		fail(reader, "more than %d attributes are declared: refused", DECLARED_MAX);
}

/* Where expat stopped.  Expat 2.9 has another function for it, and warns of the one it had. */
static unsigned long line_number(XML_Parser parser)
{
#if XML_MAJOR_VERSION > 2 || (XML_MAJOR_VERSION == 2 && XML_MINOR_VERSION >= 9)
	return (unsigned long)XML_GetCurrentLineNumber64(parser);
#else
	return (unsigned long)XML_GetCurrentLineNumber(parser);
#endif
}

static bool starts_with(struct slice text, const char *start, size_t size)
{
	return text.size >= size && memcmp(text.at, start, size) == 0;
}

static void set_handlers(struct reader *reader)
{
	XML_Parser parser = reader->parser;

	reader->depth = reader->entry_depth = reader->field_depth = 0;
	reader->declared = 0;
	XML_SetUserData(parser, reader);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	XML_SetEntityDeclHandler(parser, on_entity);
	XML_SetAttlistDeclHandler(parser, on_attribute);
}

/*
 * XML: reading on behind an error
 *
 * An XML parser must stop at the first error (XML 1.0, 1.2).  A sitemap is a list, though, and
 * one bad character is no reason to lose all that follows: from there on each entry is read by
 * itself, behind a beginning that is made up, repaired if it can be and left out if not.
 */
#define NAME_BYTES_MAX   32        /* of a character reference */
#define REPAIR_BYTES_MAX (1 << 20) /* a longer entry is read as it is */

/* What expat needs to begin again is not little: a file may not ask for it without end. */
#define RESTARTS_MAX (SITEMAP_LOST_MAX + SITEMAP_ENTRIES_MAX)

#define REPAIR_GROWTH 5 /* times its size that a repaired one may have: "&amp;" */

/* The bytes of the character reference that begins at the "&" at `at`, or 0. */
static size_t reference_size(const char *at, const char *end)
{
	const char *stop = end - at > NAME_BYTES_MAX ? at + NAME_BYTES_MAX : end, *name = at + 1;
	const char *start = at;

	name += name < stop && *name == '#';
	for (at = name; at < stop && (ascii_is_letter(*at) || ascii_is_digit(*at)); at++)
		;
	return at > name && at < stop && *at == ';' ? (size_t)(at + 1 - start) : 0;
}

/* Behind the first close, which ends with ">"; or NULL. */
static const char *find_close(const char *at, const char *end, const char *close)
{
	const char *start = at;
	size_t size = strlen(close);

	while (at < end && (at = memchr(at, '>', (size_t)(end - at)))) {
		at++;
		if ((size_t)(at - start) >= size && memcmp(at - size, close, size) == 0)
			return at;
	}
	return NULL;
}

/*
 * Behind the comment, CDATA or instruction that begins at the "<" at `at`; NULL: it is none.
 * Of one without an end only the opening is skipped: all that follows would be lost with it.  That
 * its kind has no end from there on is remembered, so that nobody searches for it again.
 */
static const char *behind_opaque(struct reader *reader, const char *at, const char *end)
{
	static const char *const pairs[OPAQUES][2] = { { "<!--", "-->" },
						       { "<![CDATA[", "]]>" },
						       { "<?", "?>" } };
	struct slice text = { at, (size_t)(end - at) };

	if (starts_with(text, "<?xml ", 6)) { /* its end may be as bad as the rest of it */
		at = memchr(at, '>', text.size);
		return at ? at + 1 : end;
	}
	for (size_t i = 0; i < OPAQUES; i++) {
		size_t open = strlen(pairs[i][0]);
		const char *behind;

		if (!starts_with(text, pairs[i][0], open))
			continue;
		if (reader->endless[i] && at >= reader->endless[i])
			return at + open;
		behind = find_close(at + open, end, pairs[i][1]);
		if (behind)
			return behind;
		reader->endless[i] = at;
		return at + open;
	}
	return NULL;
}

/* The name of the tag that begins at the "<" at `at`, up to end. */
static struct slice tag_name(const char *at, const char *end)
{
	const char *start = at + 1, *stop;

	start += start < end && *start == '/';
	for (stop = start;
	     stop < end && !ascii_is_white(*stop) && *stop != '>' && *stop != '/' && *stop != '<';)
		stop++;
	return (struct slice){ start, (size_t)(stop - start) };
}

static bool has_local_name(struct slice name, struct slice local)
{
	size_t prefix = name.size - local.size;

	return name.size >= local.size && memcmp(name.at + prefix, local.at, local.size) == 0 &&
	       (prefix == 0 || name.at[prefix - 1] == ':');
}

/* The next tag of an entry, with any prefix, from `at` on, beginning or end; or end. */
static const char *next_tag(struct reader *reader, const struct layout *layout, const char *at,
			    const char *end)
{
	struct slice entry = slice_of(layout->entry);

	while ((at = at < end ? memchr(at, '<', (size_t)(end - at)) : NULL)) {
		const char *behind = behind_opaque(reader, at, end);
		struct slice name = { at, 0 };

		if (!behind)
			name = tag_name(at, end);
		if (name.at + name.size < end && has_local_name(name, entry))
			return at;
		at = behind ? behind : at + 1;
	}
	return end;
}

static const char *next_entry(struct reader *reader, const struct layout *layout, const char *at,
			      const char *end)
{
	while ((at = next_tag(reader, layout, at, end)) < end && at[1] == '/')
		at++;
	return at;
}

/* XML 1.0, 2.2 */
static bool is_xml_character(uint32_t point)
{
	if (point < 0x20)
		return point == '\t' || point == '\n' || point == '\r';
	return !(point >= 0xD800 && point <= 0xDFFF) && point != 0xFFFE && point != 0xFFFF &&
	       point <= 0x10FFFF;
}

/* The number of "&#32;" or "&#x20;"; of what is none, 0. */
static uint32_t reference_number(struct slice reference)
{
	bool is_hex = reference.at[2] == 'x';
	uint32_t number = 0;

	for (size_t i = 2 + is_hex; i < reference.size - 1 && number <= 0x10FFFF; i++) {
		int digit = hex_value(reference.at[i]);

		if (digit < 0 || (digit > 9 && !is_hex))
			return 0;
		number = number * (is_hex ? 16 : 10) + (uint32_t)digit;
	}
	return number;
}

/* Is it one that XML has? */
static bool is_xml_reference(struct slice reference)
{
	static const char *const names[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&apos;" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_equal(reference, slice_of(names[i])))
			return true;
	return reference.at[1] == '#' && is_xml_character(reference_number(reference));
}

#define UNKNOWN "\xEF\xBF\xBD" /* U+FFFD, for what nobody knows: no URL may have it */

/*
 * What the "&", "<" or "]" at `at` has to be, and *size, how much of the text this stands for;
 * NULL: it is in order.
 */
static const char *repair_sign(const char *at, const char *end, size_t *size)
{
	struct slice rest = { at, (size_t)(end - at) };
	size_t reference;

	if (*at == '<' && !(rest.size > 1 && (ascii_is_letter(at[1]) || (signed char)at[1] < 0 ||
					      memchr("_:/!?", at[1], 5))))
		return "&lt;";
	if (starts_with(rest, "]]>", 3)) {
		*size = 3;
		return "]]&gt;";
	}
	if (*at != '&')
		return NULL;
	reference = reference_size(at, end);
	if (reference == 0)
		return "&amp;";
	if (is_xml_reference((struct slice){ at, reference }))
		return NULL;
	*size = reference;
	return UNKNOWN;
}

/*
 * Copy text in which no signs count.  What is no character becomes UNKNOWN; a byte that is not
 * UTF-8 the escape that it would be in a URL.
 */
static char *copy_characters(char *to, struct slice text, bool *is_changed)
{
	const char *at = text.at, *end = at + text.size;

	for (size_t size; at < end; at += size) {
		size = utf8_step(at, end);
		if (size == 1 && (signed char)*at < 0) {
			to = hex_put_escape(to, *at);
		} else if (!is_xml_character(utf8_decode(at, size))) {
			to = (char *)memcpy(to, UNKNOWN, 3) + 3;
		} else {
			to = (char *)memcpy(to, at, size) + size;
			continue;
		}
		*is_changed = true;
	}
	return to;
}

/* Is the comment from at to behind one that XML does not have? */
static bool is_bad_comment(const char *at, const char *behind)
{
	size_t size = (size_t)(behind - at);

	return at[1] == '!' && size > 7 && memmem(at + 4, size - 6, "--", 2);
}

/* The bytes up to the next sign that may be in need of repair. */
static size_t plain_size(const char *at, const char *stop)
{
	const char *start = at;

	while (at < stop && *at != '<' && *at != '&' && *at != ']')
		at++;
	return (size_t)(at - start);
}

/*
 * Copy an entry of the text that goes on to end, to out (REPAIR_GROWTH times its size).  Signs are
 * repaired where they are none of markup's; comments are left out.
 */
static struct slice repair(struct reader *reader, struct slice entry, const char *end, char *out,
			   bool *is_changed)
{
	const char *at = entry.at, *stop = at + entry.size, *behind, *better;
	char *to = out;

	for (size_t size; at < stop; at += size) {
		size = plain_size(at, stop);
		size += size == 0;
		better = NULL;
		behind = *at == '<' ? behind_opaque(reader, at, end) : NULL;
		if (behind) {
			size = (size_t)((behind < stop ? behind : stop) - at);
			if (at[size - 1] == '>' && at[2] != '[') {
				*is_changed |= is_bad_comment(at, at + size);
				continue;
			}
		} else {
			better = repair_sign(at, stop, &size);
		}
		*is_changed |= better != NULL;
		if (better)
			to = stpcpy(to, better);
		else
			to = copy_characters(to, (struct slice){ at, size }, is_changed);
	}
	return (struct slice){ out, (size_t)(to - out) };
}

/* Begin anew, as deep as entries stand in a file of this kind. */
static void begin_again(struct reader *reader)
{
	static const char *const heads[] = {
		[SITEMAP_URLSET] = "<urlset>",
		[SITEMAP_INDEX] = "<sitemapindex>",
		[SITEMAP_RSS] = "<rss><channel>",
		[SITEMAP_ATOM] = "<feed>",
	};
	const char *head = heads[reader->layout->kind];

	if (strcmp(reader->layout->root, "RDF") == 0)
		head = "<RDF>";
	if (++reader->restarts > RESTARTS_MAX) {
		fail(reader, "more than %d broken entries: the rest is left out", SITEMAP_LOST_MAX);
		return;
	}
	XML_ParserReset(reader->parser, "UTF-8");
	set_handlers(reader);
	reader->is_made_up = true;
	XML_Parse(reader->parser, head, (int)strlen(head), XML_FALSE);
}

static void lose_entry(struct reader *reader)
{
	if (reader->result->lost == SITEMAP_LOST_MAX) {
		fail(reader, "more than %d broken entries: the rest is left out", SITEMAP_LOST_MAX);
		return;
	}
	reader->result->lost++;
	begin_again(reader);
}

static uint32_t handed_out(const struct reader *reader)
{
	return reader->result->pages + reader->result->sitemaps + reader->result->skipped;
}

/* An entry in the text, read by itself. */
struct piece {
	struct slice text; /* with its end tag, if it has one */
	struct slice name; /* of its tags */
	bool has_end;      /* else the next one, the root's end or the file's comes first */
	bool is_cut;       /* it is the file's */
	bool is_changed;
};

/* Where the list that entries stand in ends, from `at` on; or end. */
static const char *list_end(struct reader *reader, const char *at, const char *end)
{
	struct slice root = slice_of(reader->layout->root), name;
	const char *behind;

	for (; (at = at < end ? memchr(at, '<', (size_t)(end - at)) : NULL); at = behind) {
		behind = behind_opaque(reader, at, end);
		if (behind)
			continue;
		behind = at + 1;
		name = tag_name(at, end);
		if (behind < end && *behind == '/' &&
		    (has_local_name(name, root) || has_local_name(name, SLICE("channel"))))
			return at;
	}
	return end;
}

/* The entry that begins at `at`. */
static struct piece find_piece(struct reader *reader, const char *at, const char *end)
{
	const char *next = next_tag(reader, reader->layout, at + 1, end);
	const char *close = memchr(at, '>', (size_t)(next - at));
	struct piece piece = { .name = tag_name(at, end) };

	piece.has_end = close && close[-1] == '/'; /* "<url/>" */
	if (!piece.has_end && next < end && next[1] == '/' &&
	    slice_equal(tag_name(next, end), piece.name)) {
		close = memchr(next, '>', (size_t)(end - next));
		piece.has_end = close != NULL;
	}
	if (!piece.has_end && next == end)
		next = list_end(reader, at + 1, end);
	piece.is_cut = !piece.has_end && next == end;
	piece.text = (struct slice){ at, (size_t)((piece.has_end ? close + 1 : next) - at) };
	return piece;
}

/* Repair it in room; one whose end is missing ends where the next one or the list's end is. */
static void mend_piece(struct reader *reader, struct piece *piece, const char *end, char *room)
{
	struct slice *text = &piece->text, name = piece->name;
	char *to;

	if (text->size > REPAIR_BYTES_MAX)
		return;
	*text = repair(reader, *text, end, room, &piece->is_changed);
	if (piece->has_end || piece->is_cut)
		return;
	to = room + text->size;
	to = (char *)memcpy(to, "</", 2) + 2;
	to = (char *)memcpy(to, name.at, name.size) + name.size;
	*to++ = '>';
	text->size = (size_t)(to - room);
	piece->is_changed = true;
}

/* Returns false if it is not well-formed. */
static bool read_piece(struct reader *reader, const struct piece *piece)
{
	struct sitemap_result *result = reader->result;
	uint32_t before = handed_out(reader), skipped = result->skipped;
	unsigned depth = reader->depth;
	bool is_good = XML_Parse(reader->parser, piece->text.at, (int)piece->text.size,
				 XML_FALSE) == XML_STATUS_OK;

	if (handed_out(reader) == before)
		return false;
	result->repaired += piece->is_changed && result->skipped == skipped;
	if (!reader->is_stopped && (!is_good || reader->depth != depth))
		begin_again(reader);
	return true;
}

/* What stands between entries is of no use. */
static void read_on(struct reader *reader, struct slice text, size_t from)
{
	const char *at = text.at + from, *end = text.at + text.size;
	char *room = memory_new(REPAIR_BYTES_MAX, REPAIR_GROWTH + 2);

	begin_again(reader);
	while (at < end && !reader->is_stopped) {
		struct piece piece = find_piece(reader, at, end);
		const char *next = next_entry(reader, reader->layout, at + piece.text.size, end);

		mend_piece(reader, &piece, end, room);
		if (!read_piece(reader, &piece) && !reader->is_stopped)
			lose_entry(reader);
		at = next;
	}
	free(room);
}

/* Is expat's error that the file ends too early? */
static bool is_cut(enum XML_Error error)
{
	return error == XML_ERROR_NO_ELEMENTS || error == XML_ERROR_UNCLOSED_TOKEN ||
	       error == XML_ERROR_PARTIAL_CHAR;
}

/*
 * Behind an error of expat: read on.  Where an end tag is missing it shows late, at the end of the
 * file: it is read on from the last entry that was whole.  Returns whether there was anything.
 */
static bool recover(struct reader *reader, struct slice text)
{
	const char *at = text.at + (reader->entry_depth ? reader->entry_at : reader->entries_at);
	const char *end = text.at + text.size;
	bool is_cut_in_entry = reader->entry_depth && is_cut(XML_GetErrorCode(reader->parser));
	const char *next = next_entry(reader, reader->layout, at + is_cut_in_entry, end);

	if (next == end)
		return false;
	read_on(reader, text, (size_t)((is_cut_in_entry ? at : next) - text.at));
	return true;
}

/* The name without its prefix. */
static struct slice local_part(struct slice name)
{
	const char *colon = name.size ? memrchr(name.at, ':', name.size) : NULL;
	size_t prefix = colon ? (size_t)(colon + 1 - name.at) : 0;

	return (struct slice){ name.at + prefix, name.size - prefix };
}

/*
 * The root of a file in which expat found none, whatever stands before it: at its "<", or NULL if
 * it has no entries.  *first is the name of the first element, or empty; in a page there is none.
 */
static const char *find_root(struct reader *reader, struct slice text, const struct layout **layout,
			     struct slice *first)
{
	const char *at = text.at, *end = at + text.size, *behind;
	struct slice name;

	*first = (struct slice){ "", 0 };
	for (; (at = at < end ? memchr(at, '<', (size_t)(end - at)) : NULL); at = behind) {
		behind = behind_opaque(reader, at, end);
		if (behind)
			continue;
		behind = at + 1;
		if (behind == end || !(ascii_is_letter(*behind) || *behind == '_'))
			continue;
		name = local_part(tag_name(at, end));
		if (!first->size)
			*first = name;
		if (ascii_equal(*first, SLICE("html")))
			return NULL;
		*layout = find_layout(name);
		if (*layout)
			return next_entry(reader, *layout, at, end) < end ? at : NULL;
	}
	return NULL;
}

static enum XML_Status parse(struct reader *reader, struct slice text)
{
	enum XML_Status status;

	set_handlers(reader);
	status = XML_Parse(reader->parser, text.at, (int)text.size, XML_TRUE);
	if (status != XML_STATUS_OK && !reader->is_stopped)
		give_up(reader, "line %lu: %s", line_number(reader->parser),
			XML_ErrorString(XML_GetErrorCode(reader->parser)));
	return status;
}

/* A root that expat cannot read: it may have a base that nobody knows. */
static void assume_root(struct reader *reader, const struct layout *layout, struct slice text)
{
	const char *close = memchr(text.at, '>', text.size);

	set_layout(reader, layout);
	if (close && layout->kind == SITEMAP_ATOM)
		reader->bases[SITEMAP_BASE_FILE].is_unknown =
			memmem(text.at, (size_t)(close - text.at), "xml:base", 8) != NULL;
}

/*
 * Before its root there is something that expat refuses, or in it: begin at the root.
 * Returns whether there is one; *status is then of what begins there, which text is made.
 */
static bool begin_at_root(struct reader *reader, struct slice *text, enum XML_Status *status)
{
	const struct layout *layout;
	struct slice first;
	const char *root = find_root(reader, *text, &layout, &first);

	if (!root) {
		if (first.size && !find_layout(first)) {
			reader->trouble[0] = '\0';
			refuse_root(reader, first);
		}
		return false;
	}
	*text = (struct slice){ root, (size_t)(text->at + text->size - root) };
	XML_ParserReset(reader->parser, "UTF-8");
	*status = parse(reader, *text);
	if (!reader->layout && !reader->is_stopped)
		assume_root(reader, layout, *text);
	return true;
}

/* problem: why text is not the whole file, or NULL; a better reason than what expat makes of it. */
static void read_xml(struct reader *reader, struct slice text, const char *problem)
{
	enum XML_Status status;
	bool is_read_on = false;

	reader->parser = XML_ParserCreate(reader->encoding);
	if (!reader->parser)
		memory_fail();
	status = parse(reader, text);
	if (!reader->layout && !reader->is_stopped &&
	    XML_GetErrorCode(reader->parser) != XML_ERROR_UNKNOWN_ENCODING)
		is_read_on = begin_at_root(reader, &text, &status);
	/* entries that stand nowhere else: in a second <urlset>, or without a <channel> */
	if (reader->layout && !reader->is_stopped &&
	    (status != XML_STATUS_OK || handed_out(reader) == 0))
		is_read_on |= recover(reader, text);
	if (problem)
		fail(reader, "%s", problem);
	if (reader->trouble[0])
		fail(reader, "%.170s%s", reader->trouble, is_read_on ? ": read on behind it" : "");
	if (reader->layout && handed_out(reader) == 0)
		fail(reader, "there is no <%s> in it", reader->layout->entry);
	XML_ParserFree(reader->parser);
	reader->parser = NULL;
}

/* Text lists */

static bool is_url(struct slice line)
{
	if (line.size > SITEMAP_URL_BYTES_MAX)
		return false;
	for (size_t i = 0; i < line.size; i++)
		if ((unsigned char)line.at[i] <= ' ')
			return false;
	return (line.size > 7 && ascii_starts_with(line, SLICE("http://"))) ||
	       (line.size > 8 && ascii_starts_with(line, SLICE("https://")));
}

static void take_line(struct reader *reader, struct slice line)
{
	struct sitemap_entry entry = { .url = ascii_trim(line) };

	if (is_url(entry.url) && !(reader->is_converted && has_replacement(entry.url)))
		emit(reader, &entry);
	else if (entry.url.size)
		reader->result->skipped++;
}

/*
 * Lines end with LF, CR or both.  problem: why text is not the whole file, or NULL; the last
 * line is then left out.
 */
static void read_text(struct reader *reader, struct slice text, const char *problem)
{
	size_t start = 0;

	for (size_t i = 0; i <= text.size && !reader->is_stopped; i++) {
		if (i < text.size ? text.at[i] != '\n' && text.at[i] != '\r' : problem != NULL)
			continue;
		take_line(reader, (struct slice){ text.at + start, i - start });
		start = i + 1;
	}
	if (reader->result->pages)
		reader->result->kind = SITEMAP_TEXT;
	if (problem || !reader->result->pages)
		fail(reader, "%s", problem ? problem : "neither XML nor a list of URLs");
}

/* Files */

/* Grow to at most SITEMAP_BYTES_MAX + 1, one more than is allowed. */
static char *grow(char *bytes, size_t *room)
{
	*room = *room ? 2 * *room : 65536;
	if (*room > SITEMAP_BYTES_MAX + 1)
		*room = SITEMAP_BYTES_MAX + 1;
	return memory_resize(bytes, *room);
}

/*
 * Decode a gzip file, up to one byte more than allowed.  The caller frees out->at.
 * Returns NULL, or what is wrong with the file.
 */
static const char *decode_gzip(struct slice body, struct slice *out)
{
	struct gunzip gunzip = { 0 };
	enum gunzip_result result;
	char *bytes = NULL;
	size_t room = 0;

	*out = (struct slice){ NULL, 0 };
	if (!gunzip_begin(&gunzip, GUNZIP_GZIP))
		memory_fail();
	do {
		bytes = grow(bytes, &room);
		result = gunzip_write(&gunzip, &body, bytes, room, &out->size);
	} while (result == GUNZIP_FULL && out->size <= SITEMAP_BYTES_MAX);
	out->at = bytes;
	gunzip_end(&gunzip);
	if (result == GUNZIP_FINE && !gunzip_is_whole(&gunzip))
		return "the gzip data is cut";
	return result == GUNZIP_BROKEN ? "the gzip data is damaged" : NULL;
}

/*
 * Make text UTF-8; what is written stands in *room, which the caller frees.  Malformed bytes of a
 * text that is UTF-8 stay: reading mends them.  Returns -1, with the error, if it cannot be done.
 */
static int convert(struct reader *reader, struct slice *text, struct slice content_type,
		   char **room)
{
	static struct charset_converters *converters; /* made once (8 ms), and kept */
	struct charset charset = charset_decide_xml(*text, content_type);
	char error[CHARSET_ERROR_MAX];

	reader->encoding = charset.source == CHARSET_DEFAULT ? NULL : "UTF-8";
	if (strcmp(charset.name, "utf-8") == 0) {
		*text = (struct slice){ text->at + charset.bom_bytes,
					text->size - charset.bom_bytes };
		return 0;
	}
	if (!converters)
		converters = charset_converters_new(error);
	if (!converters) {
		fail(reader, "%s", error);
		return -1;
	}
	*room = memory_new(CHARSET_GROWTH_MAX, text->size + 1);
	*text = charset_to_utf8(converters, charset, *text, *room,
				CHARSET_GROWTH_MAX * (text->size + 1));
	reader->is_converted = true;
	return 0;
}

/* White space and byte-order marks, which some servers put before a file again and again. */
static struct slice skip_space(struct slice text)
{
	const char *at = text.at, *end = at + text.size;

	while (at < end) {
		struct slice rest = { at, (size_t)(end - at) };
		size_t size = starts_with(rest, "\xEF\xBB\xBF", 3) ? 3 : utf8_space_size(at, end);

		if (size == 0)
			return rest;
		at += size;
	}
	return (struct slice){ end, 0 };
}

/* problem: why text is not the whole file, or NULL. */
static void read_decoded(struct reader *reader, struct slice text, struct slice content_type,
			 const char *problem)
{
	const struct layout *layout;
	struct slice first;
	char *room = NULL;

	if (text.size > SITEMAP_BYTES_MAX) {
		text.size = SITEMAP_BYTES_MAX;
		problem = "larger than 50 MB: the rest is left out";
	}
	if (convert(reader, &text, content_type, &room) != 0)
		return;
	text = skip_space(text);
	if (text.size == 0 && !problem)
		problem = "the file is empty";
	if (starts_with(text, "<", 1) || find_root(reader, text, &layout, &first))
		read_xml(reader, text, problem);
	else
		read_text(reader, text, problem);
	free(room);
}

int sitemap_read(struct slice body, struct slice content_type, sitemap_function *function,
		 void *context, struct sitemap_result *result)
{
	struct reader reader = { .function = function, .context = context, .result = result };
	struct slice text = body;
	const char *problem = NULL;

	*result = (struct sitemap_result){ .kind = SITEMAP_UNKNOWN };
	if (starts_with(body, "\x1F\x8B", 2))
		problem = decode_gzip(body, &text);
	read_decoded(&reader, text, content_type, problem);
	if (text.at != body.at)
		free((char *)text.at);
	return reader.is_stopped ? -1 : 0;
}

static const char *entries(uint32_t count)
{
	return count == 1 ? "entry" : "entries";
}

void sitemap_losses(const struct sitemap_result *result, char line[SITEMAP_ERROR_MAX])
{
	int size = 0;

	line[0] = '\0';
	if (result->lost > 0)
		size = snprintf(line, SITEMAP_ERROR_MAX, "%u broken %s left out", result->lost,
				entries(result->lost));
	if (result->skipped > 0)
		snprintf(line + size, SITEMAP_ERROR_MAX - (size_t)size,
			 "%s%u %s without a usable URL", size > 0 ? ", " : "", result->skipped,
			 entries(result->skipped));
}
