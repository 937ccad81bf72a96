#ifndef HTML_H
#define HTML_H

#include "slice.h"

/*
 * html: the little of HTML that a crawler needs without a tree: the title,
 * character references, text without tags.  Input is UTF-8; hostile input is
 * scanned in linear time.
 */

/*
 * Decode character references (WHATWG HTML 13.2.5.72: named, with or without the
 * semicolon where the Standard allows that; numeric, with its windows-1252 table).
 * out needs text.size bytes, and may be text.at itself: no reference is shorter
 * than what it stands for.  Returns the bytes written.
 */
size_t html_decode(struct slice text, char *out);

/*
 * The text of the first <title> that is not inside a comment, script, style or svg:
 * references decoded, runs of white space made one space, outer space off.
 * Writes at most out_bytes, cut at a character; returns the bytes written, 0 for none.
 */
size_t html_title(struct slice page, char *out, size_t out_bytes);

/*
 * Text without tags and comments (contents of script and style too), references
 * decoded.  out needs html.size bytes, and may be html.at itself.
 */
size_t html_strip(struct slice html, char *out);

#endif
