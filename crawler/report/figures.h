#ifndef FIGURES_H
#define FIGURES_H

#include "base/arena.h"
#include "config/config.h"
#include "report/drift.h"
#include "store/store.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * figures: all that is shown of one run, read from the store at once.
 *
 * A page, a report, metrics and JSON say the same because they are made of these.  Texts are C
 * strings or slices in the arena; NULL and {NULL, 0} are not known.  Texts of pages are as they
 * came: who writes them escapes them.  What is said of it in words is in verdict.h.
 *
 * The order of everything is that in which it is shown.  Of what may be many the first are there,
 * and how many there are.
 */
#define FIGURES_RUNS_MAX        STORE_REPORT_RUNS_MAX
#define FIGURES_EXAMPLES_MAX    STORE_REPORT_PAGES_MAX
#define FIGURES_ROWS_MAX        5
#define FIGURES_TRIES_MAX       6
#define FIGURES_CAUSE_HOSTS_MAX 3
#define FIGURES_HOSTS_MAX       STORE_REPORT_RUN_HOSTS_MAX
#define FIGURES_PATTERNS_MAX    300
#define FIGURES_FIELDS_MAX      100 /* of a pattern: those that got worse, and the first */
#define FIGURES_FREQUENT_MAX    3
#define FIGURES_FIELD_ROWS      10000 /* the newest, of which a field's values are told */
#define FIGURES_BUCKETS_MAX     64    /* of half an octave */

enum figures_state {
	FIGURES_RUNNING, /* or killed, and nobody has noticed: who knows says so */
	FIGURES_FINISHED,
	FIGURES_STOPPED, /* early: it can go on */
	FIGURES_KILLED,
	FIGURES_NO_RUN, /* the database knows of none */
};

/* A run, in a line. */
struct figures_run {
	int64_t id;
	const char *started_at, *ended_at; /* as in the database; NULL: it has not */
	const char *ended;                 /* "finished", "max_time", ...; or NULL */
	const char *config_hash;
	int64_t elapsed_ms; /* of one that runs: to its last sample */
	uint64_t pages;     /* URLs that came to an end; of them: */
	uint64_t done, failed, skipped, unchanged;
	uint64_t rows; /* that its patterns found, unchanged pages' among them */
	uint64_t bytes, wire_bytes;
	bool has_totals; /* or, of an older crawl, all but pages and rows are not known, and 0 */
};

/* A try of a URL: what came of it, and how long it was waited for the next. */
struct figures_try {
	uint64_t number; /* in its run, from 1 */
	const char *at, *outcome;
	unsigned status;
	int64_t wait_ms; /* 0: there was no next */
	struct slice error;
};

/* A page that stands for others. */
struct figures_page {
	struct store_key key;
	struct slice url, title;
	uint64_t value; /* us, bytes, tries: by what it is shown for */
	struct slice error, from_url;
	const char *at; /* when it was asked */
	bool is_kept;   /* of an example: its body is there */

	/* Of one that failed the last tries of its last run, by time: known with what figures_count() counts. */
	const struct figures_try *tries;
	size_t try_count;
	uint64_t tries_all;
};

/* What a pattern wanted and what stood there: store_finding. */
struct figures_finding {
	bool is_there;
	uint64_t pages, line;
	struct slice url, matched, wanted, rest, stood;
};

struct figures_field {
	const char *name, *type;
	struct drift_share now, before;
	enum drift_verdict verdict;
	uint64_t rows, filled, bad; /* of this run */
	size_t place;               /* among the columns of its table; SIZE_MAX: it has none */
	struct figures_finding why;

	/* Of the values in the newest rows_read rows of the table. */
	uint64_t rows_read, distinct;
	bool is_number;
	double least, most; /* a number's values, or a text's characters */
	struct slice frequent[FIGURES_FREQUENT_MAX];
	size_t frequent_count;
};

struct figures_row {
	struct slice page_url;
	struct store_value *values; /* one a field */
};

struct figures_pattern {
	const char *name;
	const char *place; /* "crawl.yaml:9", or NULL */
	size_t number;     /* in the config, from 0; SIZE_MAX: it is not in there */
	struct drift_share now, before;
	size_t runs_before; /* that before is of: 0, there is nothing to compare with */
	enum drift_verdict verdict;
	bool never_matched;
	uint64_t pages_wanted, pages_unchanged, pages_tried, pages_matched, rows, rows_before;
	uint64_t limit_hits, bad_values;
	double ms_a_page;
	uint64_t stale_pages;                    /* UINT64_MAX: too many to count, or not counted */
	uint64_t rows_of_runs[FIGURES_RUNS_MAX]; /* as of figures.runs */
	struct figures_finding why;
	struct figures_field *fields; /* as the pattern has them */
	size_t field_count, fields_all;
	struct figures_row newest[FIGURES_ROWS_MAX];
	size_t newest_count;
	uint64_t unmatched; /* pages that it is for and finds nothing on */
	struct figures_page unmatched_pages[FIGURES_EXAMPLES_MAX];
	size_t unmatched_shown;
};

/* URLs that came to one end in the run: by outcome and status.  Pages are of those that still do.
 */
struct figures_cause {
	const char *outcome;
	unsigned status; /* 0: none */
	bool is_failure; /* or it is only not asked for: robots.txt, another site */
	uint64_t urls;
	const char *hosts[FIGURES_CAUSE_HOSTS_MAX]; /* with the most of them; NULL: fewer */
	uint64_t host_count;
	struct figures_page pages[FIGURES_EXAMPLES_MAX];
	size_t page_count;
};

/* A line of a list that is no URL. */
struct figures_reject {
	const char *list;
	uint64_t line;
	struct slice text, reason;
};

struct figures_host {
	const char *origin;
	uint64_t pages, failed, bytes;
	int64_t delay_ms, at_least_ms; /* pages times delay */
	double p50_ms, p95_ms;
	int64_t first_ms, last_ms, step_ms;
	uint8_t strip[STORE_STRIP_STEPS];
	uint64_t left;         /* URLs, while it runs */
	const char *waits_for; /* now, or NULL */
};

struct figures_count {
	const char *value;
	uint64_t pages;
};

struct figures_counts {
	struct figures_count *values;
	size_t count;
};

/* URLs that came to one end, failure or not. */
struct figures_total {
	const char *outcome;
	unsigned status; /* 0: none */
	uint64_t pages;
};

struct figures_event {
	int64_t at_ms;
	const char *kind, *host;
	struct slice text;
};

struct figures {
	struct arena arena;
	const char *name;   /* of the database, as it was given, without its folder */
	const char *path;   /* as it was given: for commands */
	const char *notice; /* of an older schema, or NULL */

	enum figures_state state;
	bool is_paused; /* while it runs: as its last sample says, or who knows better */
	uint64_t nodes; /* that crawl together just now; 0: one alone, or nobody asked */
	struct figures_run run;
	const char *command_line, *versions;
	struct figures_run *runs; /* this one, then those before it, the latest first */
	size_t run_count;
	int64_t first_run, last_run;      /* of the database */
	const struct figures_run *before; /* the last that finished before it and has totals, or
					     NULL */
	/* Of the database.  UINT64_MAX: too many to count, or not counted (figures_count()). */
	uint64_t urls, urls_done, urls_failed, urls_left;
	struct figures_pattern *patterns; /* the worst first */
	size_t pattern_count, patterns_all;

	struct figures_cause *causes; /* failures, the most frequent first; then the others */
	size_t cause_count;
	uint64_t rejects;        /* lines of lists that are no URLs; UINT64_MAX: as above */
	const char *reject_list; /* that all of them are of, or NULL */
	struct figures_reject reject_lines[FIGURES_EXAMPLES_MAX]; /* the first */
	size_t rejects_shown;

	struct store_sample *samples; /* by time */
	size_t sample_count;
	struct figures_event *events;
	size_t event_count, events_all;
	uint64_t worker_deaths;                /* of all events, too */
	uint64_t hosts_rested, hosts_given_up; /* and which only rested */

	struct figures_host *hosts; /* whose manners cost the most time first */
	size_t host_count, hosts_all;

	uint64_t times[FIGURES_BUCKETS_MAX], sizes[FIGURES_BUCKETS_MAX]; /* us, bytes */
	struct figures_page slowest[FIGURES_EXAMPLES_MAX], largest[FIGURES_EXAMPLES_MAX];
	size_t slowest_count, largest_count;
	struct figures_counts statuses, types, charsets, charset_sources;
	struct figures_total *totals; /* the most frequent first */
	size_t total_count;
};

/*
 * Read those of a run, or of the last one (run 0: without any, all is 0).  config says how far a
 * pattern may fall, and where it stands; NULL: as is usual.  Nothing is read that grows with the
 * URLs: what would have to be counted, is not known yet.
 *
 * Within store_begin_look() they are of one moment.  Returns NULL: the store failed, its time is
 * over, or there is no such run (store_has_failed() tells).
 */
struct figures *figures_read(struct store *store, const char *path, int64_t run,
			     const struct config *config);

/* "films" of what a store is opened with, which may be a path or a URI; points into it. */
struct slice figures_name_of(const char *path);

/*
 * The same for who reads again and again: what earlier runs came to, which does not change any
 * more, is remembered, as long as the run is the same and has no more patterns than before.
 */
struct figures_memory;
struct figures_memory *figures_memory_new(void);
void figures_memory_free(struct figures_memory *memory); /* NULL is allowed */
struct figures *figures_read_again(struct store *store, const char *path, int64_t run,
				   const struct config *config, struct figures_memory *memory);

/*
 * Read of the last run what is counted, of all its patterns: they come by name, and none is left
 * out.  Causes, findings, fields and verdicts are not read.  Otherwise as figures_read().
 */
struct figures *figures_read_counters(struct store *store, const char *path);

/*
 * And these verdicts, with the fields: what takes the longest where there are many fields and runs.
 * Once.  Returns 0, or -1: the store failed, or its look is late.
 */
int figures_read_verdicts(struct figures *figures, struct store *store);

/*
 * Read what stands in the patterns' tables: the newest rows, and their fields' values, of as many
 * rows as there is time for.  Called again, with more time, it reads them anew.  Returns 0, or -1:
 * the store failed, or its look is late; what is there by then is right.
 */
int figures_read_values(struct figures *figures, struct store *store, int64_t ms);

/*
 * Count what is not known yet, as far as the look has time for it.  Returns 0, or -1: the store
 * failed, and not for want of time.
 */
int figures_count(struct figures *figures, struct store *store);

void figures_free(struct figures *figures);

#endif
