#ifndef CHARSET_H
#define CHARSET_H

#include "slice.h"

/*
 * charset: bytes of a page to UTF-8 text, and who decided the encoding.
 *
 * Labels mean what browsers mean (WHATWG Encoding Standard 4.2): gb2312 and gbk
 * are gb18030, latin1 and ascii are windows-1252, utf-16 in a <meta> is utf-8.
 * Names are the Standard's, in lower case.
 */
enum charset_source {
	CHARSET_BOM,	  /* a byte-order mark */
	CHARSET_HEADER,	  /* charset= of Content-Type */
	CHARSET_META,	  /* <meta charset>, <meta http-equiv>, <?xml encoding?> in the first 1024 bytes */
	CHARSET_UTF8,	  /* no label, but the whole body is valid UTF-8 */
	CHARSET_DETECTED, /* uchardet's guess */
	CHARSET_DEFAULT,  /* nothing known: windows-1252 */
};

struct charset {
	const char *name; /* static: "utf-8", "gb18030", "windows-1252", ... */
	enum charset_source source;
	size_t bom_bytes; /* length of the byte-order mark to leave out */
};

/* "bom", "header", "meta", "utf8", "detected", "default". */
const char *charset_source_name(enum charset_source source);

/* The encoding a label names (WHATWG 4.2, case and outer space ignored), or NULL. */
const char *charset_from_label(struct slice label);

/* Decide the encoding of body.  content_type is the header's value, or {NULL, 0}. */
struct charset charset_decide(struct slice body, struct slice content_type);

/* No encoding grows by more than this when it becomes UTF-8. */
#define CHARSET_GROWTH_MAX 3

/* A set of converters, opened as they are needed and kept: one a process. */
struct charset_converters;

struct charset_converters *charset_converters_new(void);
void charset_converters_free(struct charset_converters *converters);

/*
 * Convert body, known to be in charset, to UTF-8 without byte-order mark.
 * Malformed bytes become U+FFFD, as in a browser.
 *
 * A body that is valid UTF-8 is not copied: the result points into body.
 * Anything else is written to out (which must not overlap body); a result that
 * would not fit out_bytes is cut at a character.
 */
struct slice charset_to_utf8(struct charset_converters *converters, struct charset charset,
			     struct slice body, char *out, size_t out_bytes);

/* Is text well-formed UTF-8 (no surrogates, no overlong forms)? */
bool charset_is_utf8(struct slice text);

#endif
