#ifndef CHARSET_PRESCAN_H
#define CHARSET_PRESCAN_H

#include "parsers/text/slice.h"

/*
 * charset_prescan: the encoding that a page names at its beginning (WHATWG HTML 13.2.3.2).
 *
 * The Standard's prescan reads bytes whose encoding is not known, and other tags and comments than
 * the tokenizer will: it is not parsers/markup/tags.
 */

/* What a <meta> or an XML declaration in the first 1024 bytes of body names, or NULL. */
const char *charset_prescan(struct slice body);

/*
 * What a <meta> behind them names, or NULL: a browser that meets one while it builds the page
 * begins anew (13.2.6.4.4 and 13.2.3.4).  It may stand anywhere, but not in what is text to a
 * tokenizer: comments, scripts, style sheets, <title>, <textarea> and the like.
 */
const char *charset_late_meta(struct slice body);

/*
 * What the XML declaration names that text begins with, or NULL.  White space, or what a server has
 * put there by mistake, may stand before it.
 */
const char *charset_in_xml_declaration(struct slice text);

/*
 * The encoding that the content of a <meta>, "text/html; charset=...", names, or NULL (HTML,
 * "extracting a character encoding from a meta element").
 */
const char *charset_in_content(struct slice content);

/*
 * The same of the header, which servers write with the same mistakes; but in double quotes it is
 * what HTTP has it: with escapes, and its end may be missing (MIME Sniffing 4.4).
 */
const char *charset_in_header(struct slice content_type);

#endif
