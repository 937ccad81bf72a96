#ifndef TALLY_INTERNAL_H
#define TALLY_INTERNAL_H

#include "master/half_octave.h"
#include "master/run_looks.h"
#include "master/strip.h"
#include "master/tally.h"

/* What tally.c counts, and tally_write.c writes. */

/* Response times of a host, coarsely. */
struct times {
	uint32_t counts[HALF_OCTAVES];
	uint32_t total;
};

/* What came of URLs, since the last flush. */
struct outcome_figures {
	enum outcome outcome;
	unsigned status;
	int64_t pages, unchanged;
	uint64_t bytes, wire_bytes;
};

struct outcomes {
	struct outcome_figures *list;
	uint32_t count, capacity;
};

/* A host that was asked in this run: all of it. */
struct asked_figures {
	struct times times;
	struct strip strip;
	int64_t pages, failed;
	uint64_t bytes;
	int64_t first_ms, last_ms; /* of its requests */
};

/*
 * What is counted since the last flush is released by it: of 100,000 hosts most have no more to
 * come.
 */
struct host_figures {
	struct outcomes outcomes;
	int64_t pages, errors;           /* since the last flush */
	struct asked_figures *asked;     /* made with the first request */
	struct pattern_figures *matches; /* since the last flush, one a pattern; made with the first
					    match */
	bool is_changed;
};

/* What a pattern found in its fields, since the last flush. */
struct fields_tally {
	const struct pattern *pattern; /* NULL: they are not counted */
	struct field_figures {
		uint64_t empty, bad;
	} * figures;
	uint64_t rows;
};

/* A host to write, and when: the first is the first to be. */
struct changed {
	uint32_t host;
	int64_t due_ms;
};

struct tally {
	struct tally_totals totals;
	struct tally_pattern *patterns;
	struct pattern_figures *written; /* of patterns */
	struct fields_tally *fields;     /* by pattern */
	size_t pattern_count;
	struct host_figures *hosts;
	uint32_t host_capacity;
	struct changed *changed; /* hosts that are is_changed, once each; behind changed_first */
	uint32_t changed_first, changed_count, changed_capacity;
	struct outcomes outcomes; /* of all hosts */
	struct run_looks *looks;
	int64_t flushed_ms;    /* the last time: what changes from then on waits from then on */
	int64_t totals_due_ms; /* or CLOCK_NEVER: nothing of them has changed */
};

#endif
