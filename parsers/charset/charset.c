#include "parsers/charset/charset.h"

#include <stdint.h>
#include <uchardet/uchardet.h>

#include "parsers/charset/charset_prescan.h"
#include "parsers/text/media_type.h"

#define COUNT(array)     (sizeof(array) / sizeof((array)[0]))
#define DETECT_BYTES_MAX 16384 /* fed to uchardet, which reads 10 MB/s */
#define DETECT_CONTEXT   32    /* ASCII bytes fed on either side of other bytes */
#define DETECT_EVIDENCE  8     /* bytes >= 0x80 that a guess among Latin alphabets needs */

const char *charset_source_name(enum charset_source source)
{
	static const char *const names[] = {
		[CHARSET_BOM] = "bom",           [CHARSET_HEADER] = "header",
		[CHARSET_META] = "meta",         [CHARSET_UTF8] = "utf8",
		[CHARSET_DETECTED] = "detected", [CHARSET_DEFAULT] = "default",
	};

	return names[source];
}

/* ------------------------------------------------------------------ detection */

/* uchardet's names that are no labels. */
static const char *name_of_guess(const char *guess)
{
	if (strcmp(guess, "UHC") == 0)
		return "euc-kr";
	if (strcmp(guess, "MAC-CYRILLIC") == 0)
		return "x-mac-cyrillic";
	if (strcmp(guess, "GB18030") == 0)
		return charset_gbk;                 /* as browsers guess */
	return charset_from_label(slice_of(guess)); /* IBM855, VISCII and the like: NULL */
}

/*
 * Among Latin alphabets the same few bytes fit many: uchardet takes "Señor Muñoz" for
 * iso-8859-10.  Such a guess needs evidence, where one of another script does not.
 */
static bool is_latin(const char *name)
{
	return charset_is_listed(slice_of(name),
				 "iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-10 iso-8859-13 "
				 "iso-8859-14 iso-8859-15 iso-8859-16 macintosh windows-1250 "
				 "windows-1252 windows-1254 windows-1257 windows-1258");
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

/* What the body says of itself: plain text, scripts and JSON cannot, whatever they look like. */
static const char *name_in_body(struct slice body, struct slice content_type)
{
	const char *name;

	if (!media_type_is_unknown(content_type) && media_type_of(content_type, body) <= MEDIA_TEXT)
		return NULL;
	name = charset_prescan(body);
	return name != NULL ? name : charset_late_meta(body);
}

static struct charset decide(struct slice body, struct slice content_type)
{
	struct charset charset = { .source = CHARSET_BOM };

	charset.name = name_of_bom(body, &charset.bom_bytes);
	if (charset.name != NULL)
		return charset;
	charset.source = CHARSET_HEADER;
	charset.name = charset_in_header(content_type);
	if (charset.name != NULL)
		return charset;
	charset.source = CHARSET_META;
	charset.name = name_in_body(body, content_type);
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
	return (struct charset){ .name = CHARSET_DEFAULT_NAME, .source = CHARSET_DEFAULT };
}

/* UTF-16 without a mark shows itself by the "<" that XML begins with (XML 1.0, appendix F). */
static const char *name_in_xml(struct slice body)
{
	if (body.size >= 2 && memcmp(body.at, "<\0", 2) == 0)
		return "utf-16le";
	if (body.size >= 2 && memcmp(body.at, "\0<", 2) == 0)
		return "utf-16be";
	return charset_in_xml_declaration(body);
}

/* XML in UTF-16 cannot begin with "<" and a second byte that is none: the header is wrong. */
static bool is_no_utf16(const char *name, struct slice body)
{
	return strncmp(name, "utf-16", 6) == 0 && body.size >= 2 && body.at[0] == '<' &&
	       body.at[1] != '\0';
}

struct charset charset_decide_xml(struct slice body, struct slice content_type)
{
	struct charset charset = { .source = CHARSET_BOM };

	charset.name = name_of_bom(body, &charset.bom_bytes);
	if (!charset.name) {
		charset.source = CHARSET_HEADER;
		charset.name = charset_in_header(content_type);
	}
	if (!charset.name || is_no_utf16(charset.name, body)) {
		charset.source = CHARSET_META;
		charset.name = name_in_xml(body);
	}
	if (!charset.name) {
		charset.source = charset_is_utf8(body) ? CHARSET_UTF8 : CHARSET_DEFAULT;
		charset.name = "utf-8";
	}
	charset.is_gbk = charset.name == charset_gbk;
	return charset;
}

struct charset charset_decide(struct slice body, struct slice content_type)
{
	struct charset charset = decide(body, content_type);

	charset.is_gbk = charset.name == charset_gbk;
	return charset;
}
