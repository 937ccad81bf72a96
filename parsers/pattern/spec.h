#ifndef SPEC_H
#define SPEC_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * spec: what a pattern file says of a pattern, its fields and their clean steps.
 *
 * Plain values that the config fills and pattern_compile() reads.  Strings belong to who
 * fills them.
 */

struct selector_language; /* selector.h */

enum field_type {
	FIELD_TEXT,
	FIELD_INTEGER,
	FIELD_REAL,
	FIELD_BOOLEAN,
	FIELD_DATE,
	FIELD_JSON,
	FIELD_DURATION,
	FIELD_DATE_DMY, /* dates, where 1/5/2019 begins with the day */
	FIELD_DATE_MDY, /* or the month */
};
#define FIELD_TYPES (FIELD_DATE_MDY + 1)

/* Steps that tidy a text, in the order given; clean.h says exactly what each does. */
enum clean_kind {
	CLEAN_TRIM,    /* white space off both ends (Unicode's, U+00A0 and U+3000 too) */
	CLEAN_SQUEEZE, /* trim, and runs of white space become one space */
	CLEAN_HTML,    /* tags off, character references decoded */
	CLEAN_LOWER,
	CLEAN_UPPER,
	CLEAN_NUMBER,  /* thousands signs, currency and other text off: "1,234.5 km" -> "1234.5" */
	CLEAN_URL,     /* absolute, resolved against the page's URL */
	CLEAN_JSON,    /* escapes of a string of JSON decoded */
	CLEAN_SLICE,   /* characters start:end, as in Python */
	CLEAN_DROP,    /* a prefix off, where it is there */
	CLEAN_REPLACE, /* every match of a regular expression; $1 or ${name} in what replaces it */
	CLEAN_MAP,     /* a whole value for another */
};

/*
 * Resolve a reference against the page's URL: writes the absolute URL to out, at most
 * out_bytes, and returns its size; 0 if it is none.
 */
typedef size_t clean_resolve_function(struct slice base, struct slice reference, char *out,
				      size_t out_bytes);

struct clean_spec {
	enum clean_kind kind;
	const char *
		argument; /* NUMBER decimal mark or NULL, SLICE "a:b", DROP prefix, REPLACE regex */
	const char *with; /* REPLACE */
	const char *const *pairs; /* MAP: from, to, from, to, ... */
	size_t pair_count;        /* MAP: pairs, not strings */
};

/*
 * A field takes its value from one of: a numbered group, a named group, a template
 * of groups ("{5}{6}", "{a} {b}", "{{" for a brace), or, inside a record of `each` or a page that
 * is one, the first match of a pattern of its own (its first group that took part, or all of it).
 * Where that gives nothing its alternatives are tried in their order.
 * A field whose name is that of a named group needs none of them.  Names are looked for
 * in the groups of the pattern (or `each`), then of the url; numbers in the former.
 *
 * A value is missing (NULL) when its group took no part in the match; of a template, when
 * none of its groups did.  A group that took part and is empty is '' for text, NULL for
 * every other type.  `carries`, `otherwise` and `is_required` take '' and white space for missing,
 * in this order.  A value that is not of its type is NULL and a bad value; neither `carries` nor
 * `otherwise` hides it, and what was carried ends there.
 *
 * With takes_all every match of the pattern of its own counts: each is cleaned and typed, and those
 * that are not missing or bad make one JSON array; the field is of FIELD_JSON, and so is its
 * default.  Without any the value is missing.
 */
struct field_spec {
	const char *name;
	int group;                       /* 0: the whole match; -1: not by number */
	const char *value;               /* template, or NULL */
	const char *pattern;             /* own pattern, or NULL; not where the pattern has one */
	const char *const *alternatives; /* where that finds nothing */
	size_t alternative_count;
	/* What they are written in; NULL: regular expressions. */
	const struct selector_language *language;
	const char *in;        /* regular expression: where to look in the record, or NULL */
	const char *otherwise; /* default: text used when the value is missing or empty, or NULL */
	enum field_type type;
	bool is_required; /* a row without a value here is dropped, and counted */
	bool carries;     /* a missing value is that of the row before, also of a dropped one */
	bool takes_all;   /* of all matches, not of the first */
	const struct clean_spec *clean;
	size_t clean_count;
};

/*
 * Rows are the matches of `pattern`, or the records that `each` cuts, or, with neither, one: the
 * page, if any field's own pattern finds something on it (or none has one).  `within` cuts the page
 * down to a region first.
 *
 * Children are patterns that run inside each record of their parent, for rows of their own.  What
 * a spec says of pages and limits (url, resolve_url, match_limit, budget_ms) is their parent's, and
 * so are the flags if they have none.
 */
struct pattern_spec {
	const char *name;    /* the table */
	const char *url;     /* regular expression on the page's URL, or NULL: every page */
	const char *flags;   /* of "imsxu", or NULL: for all expressions but url */
	const char *within;  /* regular expression: its first match, of groups the first that took
				part, is searched in place of the page; NULL: all of it */
	const char *pattern; /* every match is a row; NULL if each is given */
	const char *each;    /* every match is a record and a row; NULL if pattern is given */
	/* What pattern or each is written in; NULL: regular expressions. */
	const struct selector_language *language;
	const char *in; /* regular expression: where in the page that is looked for, or NULL */
	const struct field_spec *fields;
	size_t field_count;
	const struct pattern_spec *children;
	size_t child_count;
	clean_resolve_function
		*resolve_url; /* for CLEAN_URL; NULL: a spec with that step is refused */
	uint32_t match_limit; /* 0: PATTERN_MATCH_LIMIT */
	uint32_t budget_ms;   /* 0: PATTERN_BUDGET_MS */
};

#define PATTERN_MATCH_LIMIT 10000000u /* a lazy dot takes a step for each character */
#define PATTERN_BUDGET_MS   100u
#define PATTERN_FIELDS_MAX  500u

/* Where a spec is wrong. */
struct pattern_error {
	const char *text;  /* the string of the spec that is wrong (the same pointer), or NULL: the
			      whole */
	size_t offset;     /* bytes into text */
	char message[200]; /* without a position, without a newline */
};

#endif
