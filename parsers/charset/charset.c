#include "parsers/charset/charset.h"

#include <stdint.h>
#include <uchardet/uchardet.h>

#define COUNT(array)       (sizeof(array) / sizeof((array)[0]))
#define LABEL_BYTES_MAX    32    /* the longest label of the Standard has 19 */
#define PRESCAN_BYTES      1024  /* WHATWG HTML 13.2.3.2 */
#define DETECT_BYTES_MAX   16384 /* fed to uchardet, which reads 10 MB/s */
#define DETECT_CONTEXT     32    /* ASCII bytes fed on either side of other bytes */
#define DETECT_EVIDENCE    8     /* bytes >= 0x80 that a guess among Latin alphabets needs */
#define DEFAULT_NAME       "windows-1252"
#define ASCII_WHITE_SPACES "\t\n\f\r "

/*
 * WHATWG Encoding 4.2: every encoding with its labels, in lower case, one space between.
 * A page asks two or three times; a walk over 3 KB is a microsecond.
 */
static const struct {
	const char *name;
	const char *labels;
} encodings[] = {
	{ "utf-8", "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8" },
	{ "ibm866", "866 cp866 csibm866 ibm866" },
	{ "iso-8859-2", "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 "
			"iso_8859-2:1987 l2 latin2" },
	{ "iso-8859-3", "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 "
			"iso_8859-3:1988 l3 latin3" },
	{ "iso-8859-4", "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 "
			"iso_8859-4:1988 l4 latin4" },
	{ "iso-8859-5", "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 "
			"iso_8859-5 iso_8859-5:1988" },
	{ "iso-8859-6", "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 "
			"iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 "
			"iso_8859-6 iso_8859-6:1987" },
	{ "iso-8859-7", "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 "
			"iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek" },
	{ "iso-8859-8", "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 "
			"iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual" },
	{ "iso-8859-8-i", "csiso88598i iso-8859-8-i logical" },
	{ "iso-8859-10", "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6" },
	{ "iso-8859-13", "iso-8859-13 iso8859-13 iso885913" },
	{ "iso-8859-14", "iso-8859-14 iso8859-14 iso885914" },
	{ "iso-8859-15", "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9" },
	{ "iso-8859-16", "iso-8859-16" },
	{ "koi8-r", "cskoi8r koi koi8 koi8-r koi8_r" },
	{ "koi8-u", "koi8-ru koi8-u" },
	{ "macintosh", "csmacintosh mac macintosh x-mac-roman" },
	{ "windows-874", "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874" },
	{ "windows-1250", "cp1250 windows-1250 x-cp1250" },
	{ "windows-1251", "cp1251 windows-1251 x-cp1251" },
	{ "windows-1252", "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 "
			  "iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 "
			  "us-ascii windows-1252 x-cp1252" },
	{ "windows-1253", "cp1253 windows-1253 x-cp1253" },
	{ "windows-1254", "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 "
			  "iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254" },
	{ "windows-1255", "cp1255 windows-1255 x-cp1255" },
	{ "windows-1256", "cp1256 windows-1256 x-cp1256" },
	{ "windows-1257", "cp1257 windows-1257 x-cp1257" },
	{ "windows-1258", "cp1258 windows-1258 x-cp1258" },
	{ "x-mac-cyrillic", "x-mac-cyrillic x-mac-ukrainian" },
	{ "gb18030", "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 "
		     "x-gbk gb18030" },
	{ "big5", "big5 big5-hkscs cn-big5 csbig5 x-x-big5" },
	{ "euc-jp", "cseucpkdfmtjapanese euc-jp x-euc-jp" },
	{ "iso-2022-jp", "csiso2022jp iso-2022-jp" },
	{ "shift_jis", "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis" },
	{ "euc-kr", "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 "
		    "ksc5601 ksc_5601 windows-949" },
	{ "utf-16be", "unicodefffe utf-16be" },
	{ "utf-16le", "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le" },
	{ "x-user-defined", "x-user-defined" },
};

/* ------------------------------------------------------------------ text */

static bool is_white(char c)
{
	return c != '\0' && strchr(ASCII_WHITE_SPACES, c) != NULL;
}

/* Of ASCII only: in a Turkish locale the C library's "I" is not the capital of "i". */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_letter(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static struct slice after(struct slice text, size_t bytes)
{
	return (struct slice){ text.at + bytes, text.size - bytes };
}

/* The empty slice at the end of text. */
static struct slice end_of(struct slice text)
{
	return after(text, text.size);
}

/* Does text begin with prefix, which is in lower case? */
static bool has_prefix(struct slice text, const char *prefix)
{
	size_t i = 0;

	while (i < text.size && prefix[i] != '\0' && lower(text.at[i]) == prefix[i])
		i++;
	return prefix[i] == '\0';
}

static bool is_word(struct slice text, const char *word)
{
	return text.size == strlen(word) && has_prefix(text, word);
}

static struct slice white_skipped(struct slice text)
{
	while (text.size > 0 && is_white(text.at[0]))
		text = after(text, 1);
	return text;
}

static struct slice trimmed(struct slice text)
{
	text = white_skipped(text);
	while (text.size > 0 && is_white(text.at[text.size - 1]))
		text.size--;
	return text;
}

/* ------------------------------------------------------------------ labels */

const char *charset_source_name(enum charset_source source)
{
	static const char *const names[] = {
		[CHARSET_BOM] = "bom",           [CHARSET_HEADER] = "header",
		[CHARSET_META] = "meta",         [CHARSET_UTF8] = "utf8",
		[CHARSET_DETECTED] = "detected", [CHARSET_DEFAULT] = "default",
	};

	return names[source];
}

/* Is word, which has no space in it, one of the words of list? */
static bool is_listed(struct slice word, const char *list)
{
	while (*list != '\0') {
		size_t size = strcspn(list, " ");

		if (size == word.size && memcmp(list, word.at, size) == 0)
			return true;
		list += size;
		list += *list == ' ';
	}
	return false;
}

const char *charset_from_label(struct slice label)
{
	char word[LABEL_BYTES_MAX];

	label = trimmed(label);
	if (label.size == 0 || label.size > sizeof(word))
		return NULL;
	for (size_t i = 0; i < label.size; i++)
		word[i] = lower(label.at[i]);
	label.at = word;
	for (size_t i = 0; i < COUNT(encodings); i++)
		if (is_listed(label, encodings[i].labels))
			return encodings[i].name;
	return NULL;
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
	while (size < text.size && text.at[size] != ';' && !is_white(text.at[size]))
		size++;
	return (struct slice){ text.at, size };
}

/*
 * The encoding that "text/html; charset=..." names, or NULL.  This is HTML's "extracting a
 * character encoding from a meta element"; servers make the same mistakes in the header.
 */
static const char *name_in_content(struct slice text)
{
	for (; text.size > 0; text = after(text, 1)) {
		struct slice rest;

		if (!has_prefix(text, "charset"))
			continue;
		rest = white_skipped(after(text, strlen("charset")));
		if (rest.size > 0 && rest.at[0] == '=')
			return charset_from_label(label_at(white_skipped(after(rest, 1))));
	}
	return NULL;
}

/* What was read as ASCII cannot be UTF-16, whatever it says of itself (13.2.3.2). */
static const char *name_in_ascii(const char *name)
{
	if (name != NULL && strncmp(name, "utf-16", 6) == 0)
		return "utf-8";
	if (name != NULL && strcmp(name, "x-user-defined") == 0)
		return DEFAULT_NAME;
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
	return c == '/' || is_white(c);
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
	while (size < rest->size && rest->at[size] != '>' && !is_white(rest->at[size]))
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
	if (is_word(attribute.name, "http-equiv") && !meta->has_http_equiv) {
		meta->has_http_equiv = true;
		meta->is_pragma = is_word(attribute.value, "content-type");
	} else if (is_word(attribute.name, "content") && !meta->has_content) {
		const char *name = name_in_content(attribute.value);

		meta->has_content = true;
		if (name != NULL && !meta->has_charset) {
			meta->name = name;
			meta->needs_pragma = true;
		}
	} else if (is_word(attribute.name, "charset") && !meta->has_charset) {
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

	while (rest->size > 0 && rest->at[0] != '>' && !is_white(rest->at[0]))
		*rest = after(*rest, 1);
	while (take_attribute(rest, &attribute))
		;
}

/* Is there a tag at text, "<a" or "</a"? */
static bool is_tag(struct slice text)
{
	size_t name = text.size > 1 && text.at[1] == '/' ? 2 : 1;

	return text.size > name && is_letter(text.at[name]);
}

static const char *name_in_meta(struct slice rest)
{
	for (; rest.size > 0; rest = after(rest, rest.size > 0)) {
		const char *name = NULL;

		skip_to(&rest, '<');
		if (has_prefix(rest, "<!--")) {
			skip_comment(&rest);
		} else if (has_prefix(rest, "<meta") && rest.size > 5 &&
			   is_slash_or_white(rest.at[5])) {
			rest = after(rest, 5);
			name = take_meta(&rest);
		} else if (is_tag(rest)) {
			skip_tag(&rest);
		} else if (rest.size > 1 && memchr("!/?", rest.at[1], 3) != NULL) {
			skip_to(&rest, '>');
		}
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

static const char *prescan(struct slice body)
{
	struct slice text = { body.at, body.size < PRESCAN_BYTES ? body.size : PRESCAN_BYTES };
	const char *name = name_in_utf16(text);

	if (name == NULL)
		name = name_in_meta(text);
	if (name == NULL)
		name = name_in_xml_declaration(text);
	return name;
}

/* ------------------------------------------------------------------ detection */

/* uchardet's names that are no labels. */
static const char *name_of_guess(const char *guess)
{
	if (strcmp(guess, "UHC") == 0)
		return "euc-kr";
	if (strcmp(guess, "MAC-CYRILLIC") == 0)
		return "x-mac-cyrillic";
	return charset_from_label(slice_of(guess)); /* IBM855, VISCII and the like: NULL */
}

/*
 * Among Latin alphabets the same few bytes fit many: uchardet takes "Señor Muñoz" for
 * iso-8859-10.  Such a guess needs evidence, where one of another script does not.
 */
static bool is_latin(const char *name)
{
	return is_listed(slice_of(name), "iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-10 iso-8859-13 "
					 "iso-8859-14 iso-8859-15 iso-8859-16 macintosh "
					 "windows-1250 windows-1252 windows-1254 windows-1257 "
					 "windows-1258");
}

/* The first byte >= 0x80 from at on, or end. */
static const char *next_high(const char *at, const char *end)
{
	uint64_t word;

	for (; end - at >= 8; at += 8) {
		memcpy(&word, at, 8);
		if (word & 0x8080808080808080u)
			break;
	}
	while (at < end && (signed char)*at >= 0)
		at++;
	return at;
}

/* The end of the bytes from high on that have no run of DETECT_CONTEXT ASCII bytes in them. */
static const char *end_of_region(const char *high, const char *end)
{
	const char *last = high;

	while (high < end && high - last < DETECT_CONTEXT) {
		if ((signed char)*high < 0)
			last = high;
		high++;
	}
	return high;
}

/*
 * Feed uchardet the text of body and little of its markup: it reads 10 MB/s, and a lone
 * copyright sign at the top must not decide for a page whose text begins far below.
 * A region ends in ASCII, so that no character is cut in two.
 */
static void feed(uchardet_t detector, struct slice body, size_t *high_bytes)
{
	const char *const end = body.at + body.size;
	const char *at = body.at;
	size_t room = DETECT_BYTES_MAX;

	while (room > 0) {
		const char *high = next_high(at, end);
		const char *start = high - at > DETECT_CONTEXT ? high - DETECT_CONTEXT : at;
		size_t size;

		if (high == end)
			break;
		at = end_of_region(high, end);
		size = (size_t)(at - start) < room ? (size_t)(at - start) : room;
		for (size_t i = 0; i < size; i++)
			*high_bytes += (signed char)start[i] < 0;
		uchardet_handle_data(detector, start, size);
		room -= size;
	}
}

/* uchardet's guess, or NULL where it has none that is worth more than the default. */
static const char *detect(struct slice body)
{
	uchardet_t detector = uchardet_new();
	size_t high_bytes = 0;
	const char *name;

	feed(detector, body, &high_bytes);
	uchardet_data_end(detector);
	name = name_of_guess(uchardet_get_charset(detector));
	uchardet_delete(detector);
	if (name != NULL && is_latin(name) && high_bytes < DETECT_EVIDENCE)
		return NULL;
	return name;
}

/* ------------------------------------------------------------------ decision */

static const char *name_of_bom(struct slice body, size_t *bom_bytes)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *name;
	} marks[] = {
		{ "\xEF\xBB\xBF", 3, "utf-8" },
		{ "\xFE\xFF", 2, "utf-16be" },
		{ "\xFF\xFE", 2, "utf-16le" },
	};

	for (size_t i = 0; i < COUNT(marks); i++)
		if (body.size >= marks[i].size &&
		    memcmp(body.at, marks[i].bytes, marks[i].size) == 0) {
			*bom_bytes = marks[i].size;
			return marks[i].name;
		}
	return NULL;
}

struct charset charset_decide(struct slice body, struct slice content_type)
{
	struct charset charset = { .source = CHARSET_BOM };

	charset.name = name_of_bom(body, &charset.bom_bytes);
	if (charset.name != NULL)
		return charset;
	charset.source = CHARSET_HEADER;
	charset.name = name_in_content(content_type);
	if (charset.name != NULL)
		return charset;
	charset.source = CHARSET_META;
	charset.name = prescan(body);
	if (charset.name != NULL)
		return charset;
	charset.source = CHARSET_UTF8;
	charset.name = "utf-8";
	if (charset_is_utf8(body))
		return charset;
	charset.source = CHARSET_DETECTED;
	charset.name = detect(body);
	if (charset.name != NULL)
		return charset;
	return (struct charset){ .name = DEFAULT_NAME, .source = CHARSET_DEFAULT };
}
