#include "report/figures_internal.h"

#include <stdlib.h>
#include <string.h>

/* How bad a pattern is: 0 is the worst. */
enum rank { RANK_WORSE, RANK_FIELD_WORSE, RANK_NEVER_MATCHED, RANK_STOPPED, RANK_FINE };

static enum rank rank_of(const struct figures_pattern *pattern)
{
	if (pattern->verdict == DRIFT_WORSE)
		return RANK_WORSE;
	for (size_t i = 0; i < pattern->field_count; i++)
		if (pattern->fields[i].verdict == DRIFT_WORSE)
			return RANK_FIELD_WORSE;
	if (pattern->never_matched)
		return RANK_NEVER_MATCHED;
	return pattern->limit_hits > 0 ? RANK_STOPPED : RANK_FINE;
}

static double fall_of(const struct figures_pattern *pattern)
{
	return drift_part(&pattern->before) - drift_part(&pattern->now);
}

/* Of those that got worse the deepest fall first; of the others as they were written. */
static int by_rank(const void *left, const void *right)
{
	const struct figures_pattern *a = left, *b = right;
	enum rank of_a = rank_of(a), of_b = rank_of(b);

	if (of_a != of_b)
		return of_a < of_b ? -1 : 1;
	if (of_a == RANK_WORSE && fall_of(a) != fall_of(b))
		return fall_of(a) > fall_of(b) ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return strcmp(a->name, b->name);
}

void figures_rank_patterns(struct figures *figures)
{
	if (figures->pattern_count > 1)
		qsort(figures->patterns, figures->pattern_count, sizeof(*figures->patterns),
		      by_rank);
	if (figures->pattern_count > FIGURES_PATTERNS_MAX)
		figures->pattern_count = FIGURES_PATTERNS_MAX;
}
