#ifndef JSON_SOURCE_H
#define JSON_SOURCE_H

#include "parsers/pattern/json.h"
#include "parsers/pattern/selector.h"

/*
 * json_source: where the JSON of a text stands, and the documents that it is.
 *
 * The text itself, if it is JSON; else the content of each <script type="application/ld+json">,
 * each a document of its own.  Or what a regular expression finds: the value that begins its
 * group 1, or, if that is a string that holds JSON (JSON.parse("...")), what it holds.
 *
 * What is none in a script or group, but is with its character references decoded (an attribute,
 * or a template that escapes all: {&quot;a&quot;:1}) is taken so.
 *
 * Documents are read once for all who ask, under the budget of who asks first, and live until
 * json_source_forget().
 */
struct json_source;

/* A document, and those behind it in the text. */
struct json_part {
	struct json_document document;
	struct slice place; /* where it stands in the text, */
	bool is_decoded;    /* and whether the document has other bytes than that */
	struct json_part *next;
};

struct json_parts {
	struct json_part *first; /* NULL: there is no JSON */
	bool has_bad;            /* some JSON could not be read, and is left out, */
	size_t bad_at;           /* the first of it broken here in the text */
	const char *limit; /* static: what ended the reading before the last of them; or NULL */
};

/*
 * The source of a regular expression, whose flags and limit are as those of selectors; regex NULL:
 * of the text or its scripts.  Sources that are the same are one.
 * Returns a source that the caller releases with json_source_release(), or NULL and *error.
 */
struct json_source *json_source_of(const char *regex, const char *flags, uint32_t step_limit,
				   struct selector_error *error);
void json_source_release(struct json_source *source);

/* May there be a document in text, at a first look?  It need not be well-formed. */
bool json_source_may_have(const struct json_source *source, struct slice text);

/*
 * The documents of text, within the budget; they live until json_source_forget().  is_lasting: so
 * does the text, and it is read once; another may be gone when the next one is read.
 */
struct json_parts json_source_read(struct json_source *source, struct slice text, bool is_lasting);

/* The texts are gone. */
void json_source_forget(void);

#endif
