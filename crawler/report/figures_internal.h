#ifndef FIGURES_INTERNAL_H
#define FIGURES_INTERNAL_H

#include "report/figures.h"
#include "report/health.h"

/* What the files of figures_*.c share: each reads some of them, of the run that is known by then.
 */
struct figures_reader {
	struct figures *figures;
	struct store *store;
	const struct config *config; /* or NULL */
	struct store_about about;    /* its run */
	struct figures_memory *memory;
	size_t last_found; /* of the patterns: answers come in their order */
};

/* Shares of a run's patterns and fields: their before is all that is used. */
struct figures_memory {
	int64_t run; /* 0: none */
	char started_at[40];
	size_t pattern_count;
	struct health health;
};

/* A value of an answer, in the arena; NULL, {NULL, 0} and 0 are SQL's NULL. */
const char *figures_string(struct figures *figures, const struct store_value *value);
struct slice figures_text(struct figures *figures, const struct store_value *value);
uint64_t figures_number(const struct store_value *value); /* below 0 it is 0 */

/* Room for one more behind count things in the arena, which have room for *room of them. */
void *figures_grow(struct figures *figures, void *things, size_t count, size_t *room, size_t size);

/* Ask about the run; a look that is late has failed, too.  Returns 0 or -1. */
int figures_ask(struct figures_reader *reader, enum store_report report,
		int (*function)(void *context, const struct store_answer *row));

/* All of these return 0, or -1: the store failed. */
int figures_read_runs(struct figures_reader *reader);     /* with their totals, and the state */
int figures_read_patterns(struct figures_reader *reader); /* behind the runs */
int figures_read_fields(struct figures_reader *reader);   /* behind the patterns, with verdicts */
int figures_read_causes(struct figures_reader *reader);
int figures_read_times(struct figures_reader *reader);   /* samples, events, hosts */
int figures_read_counted(struct figures_reader *reader); /* histograms and totals */
int figures_read_pages(struct figures_reader *reader);   /* the same, and examples and counts */
int figures_read_findings(struct figures_reader *reader);

/* The worst first, and no more than are shown: when all is known of them. */
void figures_rank_patterns(struct figures *figures);

/* Of this name, in any case; or NULL. */
struct figures_pattern *figures_find_pattern(struct figures_reader *reader, struct slice name);

#endif
