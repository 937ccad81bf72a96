#ifndef CHARSET_H
#define CHARSET_H

#include "parsers/charset/charset_label.h"
#include "parsers/text/slice.h"

/*
 * charset: bytes of a page to UTF-8 text, and who decided the encoding.
 *
 * Labels mean what browsers mean (WHATWG Encoding Standard 4.2): gb2312 and gbk
 * are gb18030, latin1 and ascii are windows-1252, utf-16 in a <meta> is utf-8.
 * Names are the Standard's, in lower case; its gbk and gb18030 share a decoder
 * and are both called gb18030 here.
 *
 * charset.c decides, asking charset_prescan.c what the page says of itself and charset_label.c
 * what that means; charset_decode.c converts, charset_index.c has the tables.
 */
enum charset_source {
	CHARSET_BOM,      /* a byte-order mark */
	CHARSET_HEADER,   /* charset= of Content-Type */
	CHARSET_META,     /* <meta charset>, <meta http-equiv>, <?xml encoding?> */
	CHARSET_UTF8,     /* no label, but the whole body is valid UTF-8 */
	CHARSET_DETECTED, /* uchardet's guess */
	CHARSET_DEFAULT,  /* nothing known: windows-1252 */
};

struct charset {
	const char *name; /* static: "utf-8", "gb18030", "windows-1252", ... */
	enum charset_source source;
	size_t bom_bytes; /* length of the byte-order mark to leave out */
	bool is_gbk; /* the label was one of gbk's: queries of links are encoded as gbk has it */
};

/* "bom", "header", "meta", "utf8", "detected", "default". */
const char *charset_source_name(enum charset_source source);

/*
 * Decide the encoding of body.  content_type is the header's value, or {NULL, 0}.
 * The sources are asked in the order of the enum; a label that names no encoding is
 * passed over; a label that does is obeyed, even if body is malformed in it.
 */
struct charset charset_decide(struct slice body, struct slice content_type);

/*
 * The same of XML that is no page (RFC 7303 3): a <meta> in it says nothing, nothing is guessed,
 * and the default is UTF-8.
 */
struct charset charset_decide_xml(struct slice body, struct slice content_type);

/* No encoding grows by more than this when it becomes UTF-8. */
#define CHARSET_GROWTH_MAX 3

/*
 * The tables of all legacy encodings, 520 KB.  They are read out of glibc's iconv at
 * once (8 ms) and never change: make them before a fork and every process shares them.
 * iconv itself never sees a byte from the network.
 */
struct charset_converters;

#define CHARSET_ERROR_MAX 160 /* bytes, with the NUL */

/*
 * Returns tables the caller frees with charset_converters_free(), or NULL with one line
 * in error: glibc's conversion modules are missing (Debian has them in libc6, other
 * systems in a package of their own).
 */
struct charset_converters *charset_converters_new(char error[CHARSET_ERROR_MAX]);
void charset_converters_free(struct charset_converters *converters);

/*
 * Load what charset_converters_new() reads out (1 ms), for ever: it then makes its tables in a
 * process, or a child of it, that can load no code any more.  Returns 0, or -1 as that does.
 */
int charset_prepare(char error[CHARSET_ERROR_MAX]);

/*
 * Convert body, known to be in charset, to UTF-8 without byte-order mark.
 * Malformed bytes become U+FFFD, as in a browser (WHATWG Encoding 9 to 14).
 *
 * A body that is UTF-8 already is not copied (valid UTF-8, or ASCII alone in an encoding
 * that contains ASCII): the result points into body.  Anything else is written to out,
 * which must not overlap body; a result that would not fit out_bytes is cut at a character.
 */
struct slice charset_to_utf8(const struct charset_converters *converters, struct charset charset,
			     struct slice body, char *out, size_t out_bytes);

/* Is text well-formed UTF-8 (no surrogates, no overlong forms)? */
bool charset_is_utf8(struct slice text);

#endif
