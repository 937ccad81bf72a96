#ifndef SELECTOR_H
#define SELECTOR_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * selector: finds parts of a text, one after the other, whatever language says which.
 *
 * What is found in a span is a span again: the records of a page, the fields of a record,
 * each by a selector of any language.  Languages are rows of a table (selector_table.h);
 * regular expressions are one.  Who uses a selector knows none of them.
 *
 * A selector is compiled once and begun anew for every span.  It searches one span at a
 * time, and remembers what it found last.
 *
 *	selector_begin(selector, &page);
 *	while ((result = selector_next(selector)) == SELECTOR_FOUND)
 *		... selector->found, selector_group(selector, 2, false) ...
 */

enum found_kind {
	FOUND_NULL, /* something that stands for nothing: null in JSON */
	FOUND_TEXT,
	FOUND_JSON, /* an array or object of JSON */
};

/*
 * A part that was found, or the page that is searched: of kind FOUND_TEXT, whole.
 * Its text is well-formed UTF-8 that nobody else writes, and lives as long as the page is
 * matched.
 */
struct found {
	enum found_kind kind;
	struct slice text;     /* TEXT: decoded, so it may be other bytes than the page's; JSON: as
				  it is written; NULL: {NULL, 0} */
	const void *node;      /* for a selector that knows such nodes and begins here; or NULL */
	const char *node_kind; /* static: which those are, told by its address */
	size_t offset, size;   /* where it stands in the page, in bytes */
};

enum selector_result {
	SELECTOR_NONE,  /* no more of them */
	SELECTOR_FOUND, /* selector->found */
	SELECTOR_LIMIT, /* not "none": selector->limit says which limit ended the search */
	SELECTOR_BAD,   /* the span cannot be read: broken at selector->found.offset of the page */
};

/* What every language's selector begins with. */
struct selector {
	const struct selector_language *language;
	uint32_t group_count; /* parts of what is found that have numbers, from 1 */
	struct found found;   /* all zero before the first, and behind the last */
	const char *limit;    /* static */
};

/* Where a text that says what to find is wrong. */
struct selector_error {
	bool is_in_flags; /* and not in the text itself */
	size_t offset;    /* bytes into it */
	char message[160];
};

/*
 * A language.  Its functions are called by those below; they get selectors of their own.
 *
 * compile    text and flags are as the config has them (flags may be NULL; a language that
 *            has none leaves them alone); step_limit bounds the work of one next(), as far as
 *            the language counts steps.  Keeps neither.  NULL and *error if they are wrong.
 * may_find   a quick look at a text that need not be well-formed yet: false if nothing can be
 *            found there.  NULL: nobody knows without a search.
 * begin      search span, for as long as span's text lives.
 * next       fill selector->found, within the budget that runs (budget.h).
 * look_in    where to look in a span: in what a regular expression finds there, its group 1.  NULL:
 *            the language has no such place.  False and *error if the expression is wrong.
 * as_json    what was found last, as JSON (RFC 8259); {NULL, 0} if that is null.  NULL: its text
 *            is all there is.
 * forget     what is kept of the texts of spans, for they are gone.  NULL: nothing is.
 * group      text of a group of what was found, {NULL, 0} if it took no part.  is_named: of
 *            all groups of its name, the first that took part.  The three functions for
 *            groups are NULL in a language that has none.
 */
struct selector_language {
	const char *key; /* in a config: "pattern" */
	struct selector *(*compile)(const char *text, const char *flags, uint32_t step_limit,
				    struct selector_error *error);
	void (*free)(struct selector *selector);
	bool (*may_find)(const struct selector *selector, struct slice text);
	void (*begin)(struct selector *selector, const struct found *span);
	enum selector_result (*next)(struct selector *selector);
	bool (*look_in)(struct selector *selector, const char *regex, const char *flags,
			uint32_t step_limit, struct selector_error *error);
	struct slice (*as_json)(struct selector *selector);
	void (*forget)(void);
	uint32_t (*group_number)(const struct selector *selector, struct slice name);
	struct slice (*group_name)(const struct selector *selector, uint32_t number);
	struct slice (*group)(const struct selector *selector, uint32_t number, bool is_named);
};

/* Returns a selector the caller frees with selector_free(), or NULL and *error. */
struct selector *selector_compile(const struct selector_language *language, const char *text,
				  const char *flags, uint32_t step_limit,
				  struct selector_error *error);
void selector_free(struct selector *selector);

/* As `look_in` above; an error if the language has none. */
bool selector_look_in(struct selector *selector, const char *regex, const char *flags,
		      uint32_t step_limit, struct selector_error *error);

/* May there be anything in text, at a first look?  It need not be well-formed. */
bool selector_may_find(const struct selector *selector, struct slice text);

/* Search span from its beginning; what was found before is forgotten. */
void selector_begin(struct selector *selector, const struct found *span);

/* The next one.  After anything but SELECTOR_FOUND only selector_begin() may follow. */
enum selector_result selector_next(struct selector *selector);

/* What was found last, as JSON; false in a language that knows no other form than its text. */
static inline bool selector_as_json(struct selector *selector, struct slice *text)
{
	if (!selector->language->as_json)
		return false;
	*text = selector->language->as_json(selector);
	return true;
}

/* The number of the (first) group of this name, or 0. */
uint32_t selector_group_number(const struct selector *selector, struct slice name);

/* The name of a group, {NULL, 0} if it has none.  Points into selector, with a NUL behind. */
struct slice selector_group_name(const struct selector *selector, uint32_t number);

/* A group of what was found last; 0 is the whole. */
static inline struct slice selector_group(const struct selector *selector, uint32_t number,
					  bool is_named)
{
	return number ? selector->language->group(selector, number, is_named)
		      : selector->found.text;
}

/* Of the groups of what was found last the first that took part; the whole, if none did. */
static inline struct slice selector_first_group(const struct selector *selector)
{
	struct slice text = { 0 };

	for (uint32_t group = 1; group <= selector->group_count && !text.at; group++)
		text = selector_group(selector, group, false);
	return text.at ? text : selector->found.text;
}

#endif
