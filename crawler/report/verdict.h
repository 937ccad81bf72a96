#ifndef VERDICT_H
#define VERDICT_H

#include "report/figures.h"

/*
 * verdict: what the figures of a run mean: a headline, a sentence, and what needs somebody's hand.
 *
 * Pure: the same figures are the same verdict.  Texts are in the arena that is handed over, or
 * point into the figures; what of them is of pages is as it came.
 */
#define VERDICT_NEEDS_MAX  5
#define VERDICT_CAUSES_MAX 3 /* lines of a need */

enum verdict_tone {
	VERDICT_FINE,
	VERDICT_WORSE,
	VERDICT_NEUTRAL, /* it runs, or there is nothing to compare with */
};

/* A sentence in pieces, for whoever can make them stand out. */
enum verdict_mark {
	VERDICT_PLAIN,
	VERDICT_STRONG,
	VERDICT_QUIET,
	VERDICT_CODE,
	VERDICT_PATTERN,   /* the name of the need's pattern */
	VERDICT_UNMATCHED, /* its pages without a match */
};

struct verdict_piece {
	enum verdict_mark mark;
	struct slice text;
};

#define VERDICT_PIECES_MAX 24
struct verdict_text {
	struct verdict_piece pieces[VERDICT_PIECES_MAX]; /* what is more is left out */
	size_t count;
};

enum verdict_kind {
	VERDICT_GO_ON,    /* it stopped early */
	VERDICT_DRIFT,    /* a pattern got worse */
	VERDICT_NEVER,    /* a pattern has never matched */
	VERDICT_LIMIT,    /* a pattern ran out of its budget */
	VERDICT_GIVEN_UP, /* a host was */
	VERDICT_FAILURES,
	VERDICT_NOTE, /* it is as it should be, while it runs */
};

struct verdict_need {
	enum verdict_kind kind;
	const struct figures_pattern *pattern; /* or NULL */
	struct verdict_text fact, causes[VERDICT_CAUSES_MAX];
	size_t cause_count;
	const char *command; /* or NULL */
};

struct verdict {
	enum verdict_tone tone;
	const char *headline;
	struct verdict_text lead;
	struct verdict_need needs[VERDICT_NEEDS_MAX];
	size_t need_count, needs_all;
};

void verdict_make(struct verdict *verdict, const struct figures *figures, struct arena *arena);

/* Is the pattern worse, or one of its fields? */
bool verdict_is_worse(const struct figures_pattern *pattern);

/*
 * How long it takes at least from here on, by the delays of the hosts that have URLs left, and
 * which of them decides it.  Returns -1: nobody knows.
 */
int64_t verdict_to_go_ms(const struct figures *figures, const struct figures_host **decides);

/* Pages a second in the last so many ms before the last sample; 0: of all of the run. */
double verdict_speed(const struct figures *figures, int64_t of_ms);

/* What to type: " -o FILE" of the database is added where it is needed. */
const char *verdict_command(const struct figures *figures, struct arena *arena, const char *format,
			    ...) __attribute__((format(printf, 3, 4)));

/* What says how far a pattern gets on a page: " -c FILE" is added where it is needed. */
const char *verdict_explain(const struct figures_pattern *pattern, struct arena *arena,
			    struct slice url);

/* The command of the run once more, with this flag or "". */
const char *verdict_again(const struct figures *figures, struct arena *arena, const char *flag);

#endif
