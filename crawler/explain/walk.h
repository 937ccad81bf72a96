#ifndef WALK_H
#define WALK_H

#include "config/config.h"
#include "config/page_base.h"
#include "explain/lacking_rows.h"
#include "parsers/pattern/explain.h"
#include "parsers/pattern/selector.h"

/*
 * walk: which expression of a pattern, or of one of its fields, it is that finds nothing on a page.
 *
 * They are asked one after another, in the order in which a crawl needs them: where to look
 * (`within`, `in`), what makes the records, then what a record is looked through by; of a child
 * those of its parent, if that has no record.  Each answer is told to a listener: `crawl explain`
 * prints it, what runs when a crawl is over keeps one of them.
 */

/* An expression that is explained, and where. */
struct walk_subject {
	char label[160]; /* whose it is, as it is told: "each of boards: " */
	const char *expression, *flags, *in;
	const struct selector_language *language; /* NULL: regular expressions */
	struct slice page, text;                  /* text is of page */
};

struct walk;

/* What is told of: an expression; its `in`, which finds nothing; the pattern's `url`. */
enum walk_what { WALK_EXPRESSION, WALK_IN, WALK_URL };

/* Any may be NULL. */
struct walk_listener {
	void (*on_subject)(void *context, const struct walk *walk, enum walk_what what,
			   const struct walk_subject *subject,
			   const struct explanation *explanation);
	/* So many rows have it: "price of books: 3 of 5 rows have it". */
	void (*on_rows)(void *context, const struct walk *walk, const struct lacking_rows *rows,
			const char *what, const char *whose, const char *have);
	/* What was found for a field is not of its type. */
	void (*on_bad)(void *context, const struct walk *walk, const struct lacking_rows *rows);
	/* The page was given no field of this name, as a list would. */
	void (*on_not_given)(void *context, struct slice name);
	/* There are rows, but every one lacks this field, which is required. */
	void (*on_required)(void *context, const struct walk *walk, const char *field);
};

struct walk {
	const struct config *config;
	const struct config_pattern *pattern; /* asked about; then the one that is told of */
	const char *field;                    /* its name, or NULL: the whole pattern is meant */
	size_t field_number;                  /* among the pattern's */
	struct page_about page;               /* its text is well-formed UTF-8 */
	int64_t end_ms; /* of clock_ms(), when explaining is to be over; 0: EXPLAIN_MS each */
	const struct walk_listener *listener;
	void *context;
	struct scratch store; /* of what explanations say; the caller frees it */
};

/* Have it ask about a field.  False: the pattern has none of that name. */
bool walk_find_field(struct walk *walk, const char *field);

/* Is the pattern for the page's URL, if it has one?  If not, that is explained. */
bool walk_url(struct walk *walk);

/* Ask.  Returns true if nothing is missing. */
bool walk_all(struct walk *walk);

#endif
