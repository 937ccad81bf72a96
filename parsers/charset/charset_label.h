#ifndef CHARSET_LABEL_H
#define CHARSET_LABEL_H

#include "parsers/text/slice.h"

/* charset_label: the names that pages and servers have for encodings (WHATWG Encoding 4.2). */

/* The encoding of bytes that nothing is known of. */
#define CHARSET_DEFAULT_NAME "windows-1252"

/*
 * What charset_from_label() returns for the labels of gbk, and for no other: the name "gb18030",
 * for both are decoded alike.  They are encoded differently.
 */
extern const char charset_gbk[];

/*
 * The encoding a label names (WHATWG 4.2, case and outer space ignored), or NULL.
 *
 * The labels of the Standard's "replacement" encoding (iso-2022-kr, iso-2022-cn,
 * hz-gb-2312) are unknown labels: a browser shows such a page as one U+FFFD to keep
 * scripts out; a crawler runs none and keeps the links and the ASCII of the page.
 */
const char *charset_from_label(struct slice label);

/* Is word, which has no space in it, one of the words of list, which has one between two? */
bool charset_is_listed(struct slice word, const char *list);

#endif
