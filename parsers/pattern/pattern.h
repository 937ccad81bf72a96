#ifndef PATTERN_H
#define PATTERN_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * pattern: from the text of a page to rows.
 *
 * A spec (what a pattern file says) is compiled once, before the workers are
 * forked, and never changes; any number of pages may be matched against it, one
 * at a time.  Every match is a row; a row has one value for each field.
 *
 * The language is that of PCRE2 (regex.h), over characters of UTF-8.  A page costs a
 * bounded time (budget.h), whatever it holds, and running out of it is reported.
 */

enum field_type { FIELD_TEXT, FIELD_INTEGER, FIELD_REAL, FIELD_BOOLEAN, FIELD_DATE, FIELD_JSON };

/* Steps that tidy a text, in the order given; clean.h says exactly what each does. */
enum clean_kind {
	CLEAN_TRIM,    /* white space off both ends (Unicode's, U+00A0 and U+3000 too) */
	CLEAN_SQUEEZE, /* trim, and runs of white space become one space */
	CLEAN_HTML,    /* tags off, character references decoded */
	CLEAN_LOWER,
	CLEAN_UPPER,
	CLEAN_NUMBER,  /* thousands signs, currency and other text off: "1,234.5 km" -> "1234.5" */
	CLEAN_URL,     /* absolute, resolved against the page's URL */
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
	const char *argument;     /* SLICE "a:b", DROP prefix, REPLACE regex */
	const char *with;         /* REPLACE */
	const char *const *pairs; /* MAP: from, to, from, to, ... */
	size_t pair_count;        /* MAP: pairs, not strings */
};

/*
 * A field takes its value from one of: a numbered group, a named group, a template
 * of groups ("{5}{6}", "{a} {b}", "{{" for a brace), or, inside a record of `each`,
 * the first match of a pattern of its own (its group 1, or all of it).
 * A field whose name is that of a named group needs none of them.  Names are looked for
 * in the groups of the pattern (or `each`), then of the url; numbers in the former.
 *
 * A value is missing (NULL) when its group took no part in the match; of a template, when
 * none of its groups did.  A group that took part and is empty is '' for text, NULL for
 * every other type.  `otherwise` and `is_required` take '' for missing.  A value that is
 * not of its type is NULL and a bad value; `otherwise` does not hide it.
 */
struct field_spec {
	const char *name;
	int group;             /* 0: the whole match; -1: not by number */
	const char *value;     /* template, or NULL */
	const char *pattern;   /* own pattern, or NULL; only with each */
	const char *otherwise; /* default: text used when the value is missing or empty, or NULL */
	enum field_type type;
	bool is_required; /* a row without a value here is dropped, and counted */
	const struct clean_spec *clean;
	size_t clean_count;
};

struct pattern_spec {
	const char *name;    /* the table */
	const char *url;     /* regular expression on the page's URL, or NULL: every page */
	const char *flags;   /* of "imsx", or NULL: for pattern or each, and the fields' own */
	const char *pattern; /* every match is a row; NULL if each is given */
	const char *each;    /* every match is a record and a row; NULL if pattern is given */
	const struct field_spec *fields;
	size_t field_count;
	clean_resolve_function
		*resolve_url; /* for CLEAN_URL; NULL: a spec with that step is refused */
	uint32_t match_limit; /* 0: PATTERN_MATCH_LIMIT */
	uint32_t budget_ms;   /* 0: PATTERN_BUDGET_MS */
};

#define PATTERN_MATCH_LIMIT   1000000u
#define PATTERN_BUDGET_MS     100u
#define PATTERN_ROWS_MAX      1000000u /* rows of one page and pattern, dropped ones too */
#define PATTERN_ROW_BYTES_MAX ((size_t)64 << 20) /* values of one row, as they are made */
#define PATTERN_FIELDS_MAX    500u

struct pattern;

/* Where a spec is wrong. */
struct pattern_error {
	const char *text;  /* the string of the spec that is wrong (the same pointer), or NULL: the
			      whole */
	size_t offset;     /* bytes into text */
	char message[200]; /* without a position, without a newline */
};

/*
 * Compile spec.  Nothing of spec is kept.
 * Returns a pattern the caller frees with pattern_free(), or NULL and *error.
 */
struct pattern *pattern_compile(const struct pattern_spec *spec, struct pattern_error *error);
void pattern_free(struct pattern *pattern);

const char *pattern_name(const struct pattern *pattern);

/*
 * The fields, in the order of a row's values: those of the spec in its order, then
 * the named groups that are not fields yet, of the pattern and then of the url, by number.
 * A spec without fields whose pattern has no named group gets its numbered groups as "g1",
 * "g2", ..., or "match" if there is none.
 * No two names differ only in the case of letters: they are columns.
 */
size_t pattern_field_count(const struct pattern *pattern);
const char *pattern_field_name(const struct pattern *pattern, size_t field);
enum field_type pattern_field_type(const struct pattern *pattern, size_t field);

enum value_kind { VALUE_NULL, VALUE_TEXT, VALUE_INTEGER, VALUE_REAL };

/* A value of a row.  text is well-formed UTF-8 in the pattern's memory: it dies with the row. */
struct value {
	enum value_kind kind;
	int64_t integer; /* INTEGER; BOOLEAN as 0 or 1 */
	double real;
	struct slice text;
};

/* A row as it is handed out. */
struct pattern_row {
	uint32_t number;            /* its place among the rows of the page, from 1 */
	struct slice matched;       /* the whole match, or record: points into the page */
	const struct value *values; /* pattern_field_count() of them */
};

/* Called for every row, in the order of the page.  Returns 0 to go on, -1 to stop (pattern_run
 * returns -1). */
typedef int pattern_row_function(void *context, const struct pattern_row *row);

/* What became of one page. */
struct pattern_tally {
	uint32_t rows;         /* handed out */
	uint32_t dropped;      /* left out: a required field was missing */
	uint32_t empty_fields; /* values that were NULL, over all rows */
	uint32_t bad_values;   /* values that were not of their type, and became NULL */
	bool is_limited;   /* match limit, time budget or row limit ran out: rows are incomplete */
	const char *limit; /* static: which limit, if is_limited */
	uint64_t elapsed_ns;
};

/* Does the pattern want pages of this URL?  Also true if a limit ran out: pattern_run() says so. */
bool pattern_wants(const struct pattern *pattern, struct slice url);

/*
 * Match the page against the pattern and hand out its rows.  Whether the pattern wants
 * the page is not asked again; url is for its groups and for CLEAN_URL.
 *
 * text may hold anything, and may change meanwhile: it is copied first (2 us for 10 KB),
 * malformed bytes as U+001A.  A page in shared memory that changes underneath gives wrong
 * rows, never a crash.
 *
 * The budget is CPU time and includes what `row` takes.  When a limit ends the run the row
 * it was at is not handed out; those before it were.
 * Returns 0 with *tally filled, or -1 if row asked to stop.
 */
int pattern_run(struct pattern *pattern, struct slice url, struct slice text,
		pattern_row_function *row, void *context, struct pattern_tally *tally);

/* "10.42 2022-12-11": the PCRE2 that runs. */
const char *pattern_library_version(void);

#endif
