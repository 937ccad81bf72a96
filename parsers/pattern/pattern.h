#ifndef PATTERN_H
#define PATTERN_H

#include "parsers/pattern/spec.h"
#include "parsers/pattern/value.h"

/*
 * pattern: from the text of a page to rows.
 *
 * A spec (what a pattern file says) is compiled once, before the workers are
 * forked, and never changes; any number of pages may be matched against it, one
 * at a time.  Every match is a row; a row has one value for each field.
 *
 * What finds rows and fields are selectors (selector.h): without another language they are
 * regular expressions of PCRE2 (regex.h), over characters of UTF-8.  A page costs a bounded time
 * (budget.h), whatever it holds, and running out of it is reported.
 */

#define PATTERN_ROWS_MAX      1000000u /* rows of one page and pattern, dropped ones too */
#define PATTERN_ROW_BYTES_MAX ((size_t)64 << 20) /* values of one row, also as they are made */
#define PATTERN_ALL_BYTES_MAX ((size_t)64 << 20) /* all rows of one page, as pattern_row_cost() */

struct pattern;

/*
 * Compile spec.  Nothing of spec is kept.
 * Returns a pattern the caller frees with pattern_free(), or NULL and *error.
 */
struct pattern *pattern_compile(const struct pattern_spec *spec, struct pattern_error *error);
void pattern_free(struct pattern *pattern);

const char *pattern_name(const struct pattern *pattern);

/* Its children, which live as long as it does; what is told of a pattern they tell of themselves.
 */
size_t pattern_child_count(const struct pattern *pattern);
struct pattern *pattern_child(const struct pattern *pattern, size_t child);

/*
 * The fields, in the order of a row's values: those of the spec in its order, then
 * the named groups that are not fields yet, of the pattern and then of the url, by number (a
 * child has those of the url only as its fields name them).
 * A spec without fields whose pattern has no named group gets its numbered groups as "g1",
 * "g2", ..., or "match" if there is none; where the page is the record, none.
 * No two names differ only in the case of letters: they are columns.
 */
size_t pattern_field_count(const struct pattern *pattern);
const char *pattern_field_name(const struct pattern *pattern, size_t field);
enum field_type pattern_field_type(const struct pattern *pattern, size_t field);

/* The same, but of each match where the field takes all: its own is json. */
enum field_type pattern_field_match_type(const struct pattern *pattern, size_t field);

/* A row as it is handed out. */
struct pattern_row {
	const struct pattern *pattern; /* whose: the one that runs, or a child within it */
	uint32_t number;               /* its place among that one's rows of the page, from 1 */
	uint32_t parent;               /* the number of its parent's row; 0: it has none */
	struct slice matched;          /* the whole match, or record: points into the page */
	const struct value *values;    /* pattern_field_count() of them */
};

/* What a row counts for besides the bytes of its values: it is kept until its page is written. */
static inline size_t pattern_row_cost(size_t field_count)
{
	return 32 + 16 * field_count;
}

/* Called for every row, in the order of the page; those of children follow their parent's, child by
 * child.  Returns 0 to go on, -1 to stop (pattern_run
 * returns -1). */
typedef int pattern_row_function(void *context, const struct pattern_row *row);

#define PATTERN_BAD_SHOWN     3u  /* of a field and page */
#define PATTERN_BAD_BYTES_MAX 80u /* of a text that is shown */

/* A value that was not of its type. */
struct pattern_bad {
	char text[PATTERN_BAD_BYTES_MAX]; /* as it was matched, cut at a character */
	size_t size;
	size_t offset; /* where it stands in the page, in bytes; if nowhere, its record */
};

/* What became of a field on one page.  Of bad values the first are shown. */
struct pattern_field_tally {
	uint32_t empty, bad;
	uint32_t dropped; /* rows left out for want of it: the first that is required and missing */
	struct pattern_bad shown[PATTERN_BAD_SHOWN];
};

/* What became of one page. */
struct pattern_tally {
	uint32_t rows;         /* handed out */
	uint32_t dropped;      /* left out: a required field was missing */
	uint32_t empty_fields; /* values that were NULL, "" or white space, but not bad */
	uint32_t bad_values;   /* values that were not of their type, and became NULL */
	bool is_limited;   /* match limit, time budget or row limit ran out: rows are incomplete */
	const char *limit; /* static: which limit, if is_limited */
	const char *limit_field; /* of whose value, or NULL: it was not a field's */
	bool has_no_region;      /* `within` found nothing, nowhere */
	bool is_broken;          /* the page could not be read to its end: rows are incomplete */
	size_t broken_at;        /* and where, in bytes, if is_broken */
	/* By field, until the pattern runs again. */
	const struct pattern_field_tally *fields;
	const struct pattern_tally *children; /* by child, until the pattern runs again */
	size_t bytes;                         /* of all rows, also those of children */
	uint64_t elapsed_ns;                  /* that of children is part of their parent's, too */
};

/* What became of many pages. */
struct pattern_figures {
	uint64_t pages_wanted;    /* that it was for: tried, unchanged, or not to be tried */
	uint64_t pages_unchanged; /* of them: not parsed again, and counted as they were before */
	uint64_t pages_tried, pages_matched, rows, dropped, empty_fields, bad_values, limit_hits;
	uint64_t elapsed_ns;
};

/* One page more, that it was run on. */
void pattern_figures_add(struct pattern_figures *figures, const struct pattern_tally *page);

/* One page more that is as it was, with what it was counted as. */
void pattern_figures_add_unchanged(struct pattern_figures *figures,
				   const struct pattern_tally *page);

/* Does the pattern want pages of this URL?  Also true if a limit ran out: pattern_run() says so. */
bool pattern_wants(const struct pattern *pattern, struct slice url);

/* Does it want fields of the page's set ("{set.shop}")?  Asked of the head of a family. */
bool pattern_wants_set(const struct pattern *pattern);

/* Which (page_set.h), of the head of a family: a list, or NULL.  Points into pattern. */
struct page_set_field;
const struct page_set_field *pattern_wanted_fields(const struct pattern *pattern);

/*
 * The set of the page that pattern_run() is for next, and of no other: an object of JSON, or
 * absent.  Copied.
 */
void pattern_give_set(struct pattern *pattern, struct slice set);

/*
 * What rows of patterns before have come to on the page that pattern_run() is for next, and no
 * other: they count for PATTERN_ALL_BYTES_MAX, too.
 */
void pattern_give_bytes(struct pattern *pattern, size_t bytes);

/*
 * Match the page against the pattern and hand out its rows.  Whether the pattern wants
 * the page is not asked again; url is for its groups and for CLEAN_URL.
 *
 * text may hold anything, and may change meanwhile: it is copied first (2 us for 10 KB),
 * malformed bytes as U+001A.  A page in shared memory that changes underneath gives wrong
 * rows, never a crash.
 *
 * The budget is CPU time and includes what `row` takes.  When a limit ends the run the row
 * it was at is not handed out; those before it were.  A limit that a child runs into is its
 * parent's, too, whose rows it leaves incomplete.
 * Returns 0 with *tally filled, or -1 if row asked to stop.
 */
int pattern_run(struct pattern *pattern, struct slice url, struct slice text,
		pattern_row_function *row, void *context, struct pattern_tally *tally);

#endif
