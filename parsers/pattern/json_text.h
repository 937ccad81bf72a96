#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "parsers/pattern/json.h"
#include "parsers/text/scratch.h"

/*
 * json_text: strings of JSON without their escapes, and values written as JSON.
 *
 * A lone surrogate (\ud800) is U+FFFD; \u0000 is a NUL.
 */

/* A string between its quotes, character by character. */
struct json_letters {
	const char *at;
	const char *end;
};

#define JSON_LETTER_BYTES_MAX 4

/*
 * The next character, as UTF-8 in out.  Returns its bytes: 0 at the end.  A backslash that
 * escapes nothing is itself; *is_bad is then set.
 */
size_t json_letter(struct json_letters *letters, char out[JSON_LETTER_BYTES_MAX], bool *is_bad);

/* The text of a string, decoded in scratch if it has escapes; else it points into the document. */
struct slice json_string(const struct json_document *document, uint32_t node,
			 struct scratch *scratch);

/* Is that of a node this one?  Nothing is decoded for it. */
bool json_string_is(const struct json_document *document, uint32_t node, struct slice text);

/* Have two strings of a document the same text? */
bool json_strings_equal(const struct json_document *document, uint32_t a, uint32_t b);

/* The escapes of what stood between quotes, decoded.  False if one of them is none. */
bool json_unescape(struct slice between, struct slice *text, struct scratch *scratch);

/*
 * A value in the letters of RFC 8259, members that were overwritten left out: what is loose in the
 * document is not in it, nor is white space.  In scratch.
 */
struct slice json_write(const struct json_document *document, uint32_t node,
			struct scratch *scratch);

#endif
