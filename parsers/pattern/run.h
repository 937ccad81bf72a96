#ifndef RUN_H
#define RUN_H

#include "parsers/pattern/budget.h"
#include "parsers/pattern/pattern_internal.h"

/* run: a page being matched, and how what is done with it ends. */
struct page {
	struct slice url;
	struct found whole; /* our copy */
	const char *text;   /* what it is a copy of */
	pattern_row_function *row;
	void *context;
	size_t bytes; /* of all rows, as PATTERN_ALL_BYTES_MAX counts them */
};

/* One pattern of a family, on the page or in a record of its parent. */
struct run {
	struct page *page;
	struct pattern *pattern;
	struct pattern_tally *tally;
	uint32_t parent; /* the number of its parent's row, or 0 */
	bool has_found;  /* a field's own pattern found something in the record */
};

enum outcome {
	MADE,
	NONE,    /* nothing more is found */
	BAD,     /* a value that is not one: NULL */
	BROKEN,  /* what is searched cannot be read on */
	DROPPED, /* a row without a required value */
	LIMITED, /* the tally says why */
	STOPPED, /* who takes the rows asked to stop */
};

/* The run is over: what a limit leaves out is missing.  Returns LIMITED. */
static inline enum outcome run_limited(struct run *run, const char *limit)
{
	run->tally->is_limited = true;
	run->tally->limit = limit;
	return LIMITED;
}

/* The text that groups make: {NULL, 0} if none took part.  MADE or LIMITED. */
static inline enum outcome run_render(struct run *run, const struct template *source,
				      struct slice *text)
{
	if (budget_is_spent())
		return run_limited(run, "time budget");
	if (!template_render(source, CLEAN_VALUE_BYTES_MAX, &run->pattern->row, text))
		return run_limited(run, "value size");
	return MADE;
}

#endif
