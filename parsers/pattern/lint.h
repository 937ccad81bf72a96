#ifndef LINT_H
#define LINT_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * lint: what is most likely not meant in a regular expression that compiles.
 *
 * Better silent than wrong: what cannot be told for certain from the expression alone is not told.
 */
enum lint_kind {
	LINT_AMBIGUOUS_REPEAT, /* "(\w+\s?)*;": ambiguity.h; at its quantifier */
	LINT_CHAIN,            /* gaps that go on into the next record; at the first of them */
	LINT_EMPTY,            /* it matches the empty text */
	LINT_UNUSED_GROUP,     /* nobody asks for it; at its parenthesis */
	LINT_BARE_DOT,         /* of a URL: "example.org"; at the dot */
	LINT_PART,             /* "\d+(\.\d+)?" gives ".5" of "12.5"; at the group */
};

/* Whose expression is it? */
enum lint_role {
	LINT_OF_ROWS,   /* `pattern`: every match is a row of what its groups hold */
	LINT_OF_CUTS,   /* `each`: every match is a record */
	LINT_OF_FIELDS, /* the first match counts */
	LINT_OF_URLS,   /* on a page's URL: any match will do */
};

struct lint_question {
	const char *text;
	uint32_t options; /* of PCRE2 (regex_flags()), with which it compiles */
	enum lint_role role;

	/* Does anybody use the group of this number, which has no name?  NULL: all are used. */
	bool (*uses)(const void *context, unsigned group);
	const void *context;
};

struct lint_finding {
	enum lint_kind kind;
	size_t offset;  /* bytes into the text */
	unsigned group; /* of UNUSED_GROUP */
};

/*
 * The characters that every match begins with, as far as they fit, with a NUL behind them.  A
 * match that holds them again has most likely run into the next record.  Returns their number.
 */
#define LINT_BEGINNING_MAX 33
size_t lint_beginning(const struct lint_question *question, char beginning[LINT_BEGINNING_MAX]);

typedef void lint_function(void *context, const struct lint_finding *finding);

/* Hand out what there is, kind by kind. */
void lint_expression(const struct lint_question *question, lint_function *function, void *context);

#endif
