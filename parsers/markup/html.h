#ifndef HTML_H
#define HTML_H

#include "parsers/text/slice.h"

/*
 * html: the little of HTML that a crawler needs without a tree: the title,
 * character references, text without tags.  Input is UTF-8; hostile input is
 * scanned in linear time.
 */

/*
 * Decode character references (WHATWG HTML 13.2.5.72 to 80: named, with or without the
 * semicolon where the Standard allows that; numeric, with its windows-1252 table).
 * out needs text.size bytes, and may be text.at itself.  To hold this promise the two
 * references that are shorter than what they stand for, &nGt; and &nLt;, stay as they are.
 * Returns the bytes written.
 */
size_t html_decode(struct slice text, char *out);

/*
 * The same for the value of an attribute, where a name without semicolon before a letter,
 * a digit or '=' is no reference: "?a=1&copy=2" stays as it is.
 */
size_t html_decode_attribute(struct slice value, char *out);

/* Of a title that has no end tag, and so goes on to the end of the page, this much is read. */
#define HTML_TITLE_SOURCE_MAX 65536 /* bytes of page */

/*
 * The text of the first <title> of the page itself: not one in a comment, script, style,
 * textarea, noscript or the like, and not one of svg, math or a template.  References are
 * decoded, runs of white space made one space, outer space taken off (as document.title).
 * Writes at most out_bytes, cut at a character; returns the bytes written, 0 for none.
 */
size_t html_title(struct slice page, char *out, size_t out_bytes);

/*
 * The same of XHTML: names have their case, empty elements are empty, CDATA is text, no content is
 * raw, and what stands in an element within the title is not its own.
 */
size_t html_title_xml(struct slice page, char *out, size_t out_bytes);

/*
 * Text without tags and comments (contents of script and style too), references
 * decoded.  Where elements that stand on lines of their own (<p>, <div>, <li>, <td>, ...) or
 * <br> divide text, and no white space does, a line end does; other tags divide nothing.
 * out needs html.size bytes, and may be html.at itself.
 */
size_t html_strip(struct slice html, char *out);

#endif
