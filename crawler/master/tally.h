#ifndef TALLY_H
#define TALLY_H

#include "parsers/pattern/pattern.h"
#include "protocol/outcome.h"
#include "store/store.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * tally: what a run has done, counted in the master: by outcome, by host, by pattern and by
 * pattern and host.
 *
 * The progress line and the summary read it; what belongs in the database is written before a
 * commit, each row at most every TALLY_WRITE_MS and all at the end of the run: the figures of one
 * that was killed may lack so much of its time, its pages nothing.  But where others go on with a
 * run, what its rows add up goes with the pages (tally_add_up()): nobody else could count them.
 */
struct tally;

#define TALLY_WRITE_MS 5000

#define TALLY_STATUSES 1000

struct tally_totals {
	uint64_t pages;     /* URLs that came to an end in this run */
	uint64_t untried;   /* of them: no pattern was tried on them, for their type or URL */
	uint64_t unchanged; /* of them: their rows are those of an earlier visit */
	uint64_t outcomes[OUTCOME_COUNT];
	uint64_t http_errors[TALLY_STATUSES]; /* by status */
	uint64_t bytes;                       /* decoded */
	uint64_t wire_bytes;
	uint64_t rows;
	uint64_t pattern_ns;  /* that patterns took */
	int64_t last_page_ms; /* when the last came, by clock_ms(); 0: none has */
};

struct tally_pattern {
	const char *name;
	struct pattern_figures figures;
};

/* names of the patterns must stay. */
struct tally *tally_new(const char *const pattern_names[], size_t pattern_count);

/* Count a pattern's fields, too: it must stay. */
void tally_count_fields(struct tally *tally, size_t index, const struct pattern *pattern);
void tally_free(struct tally *tally);

/* A request to this host begins, so long after the run began. */
void tally_request(struct tally *tally, uint32_t host, int64_t at_ms);

/*
 * A URL of this host came to an end.  What robots.txt forbids is not one of the host's pages and
 * errors.
 */
struct tally_page {
	uint32_t host;
	struct store_key key; /* of the URL */
	enum outcome outcome;
	unsigned status;
	bool is_unchanged; /* it was as it had been read before: no pattern was run */
	uint64_t bytes, wire_bytes;
	uint32_t elapsed_us;
	struct slice content_type, charset; /* as in msg_page, or absent */
	const char *charset_source;         /* or NULL */
};
void tally_page(struct tally *tally, const struct tally_page *page);

/* A page of this host was counted as one outcome in this run, and is another after all. */
struct recount {
	uint32_t host;
	struct {
		enum outcome outcome;
		unsigned status;
	} from, to;
};
void tally_recount(struct tally *tally, const struct recount *recount);

/* The same, and it is asked for again: it will be counted then. */
void tally_take_back(struct tally *tally, uint32_t host, enum outcome outcome, unsigned status);

void tally_untried(struct tally *tally);

/* A page of this host was matched against pattern number `pattern`. */
void tally_match(struct tally *tally, uint32_t host, size_t pattern,
		 const struct pattern_tally *match);

/* The pattern is for a page that is as it was, with what it was counted as then. */
void tally_match_unchanged(struct tally *tally, uint32_t host, size_t pattern,
			   const struct pattern_tally *match);

/* It found nothing on this page, now or when the page was read as it is. */
void tally_unmatched(struct tally *tally, size_t pattern, struct store_key page);

/* It found rows on this page, as it is now. */
void tally_matched(struct tally *tally, size_t pattern, struct store_key page);

/* Patterns took so long on a page. */
void tally_pattern_time(struct tally *tally, uint64_t elapsed_ns);

/* It is for a page on which none could be tried. */
void tally_wanted(struct tally *tally, uint32_t host, size_t pattern);

const struct tally_totals *tally_totals(const struct tally *tally);

/* URLs of this run that are done, and that failed; others were skipped. */
uint64_t tally_count_done(const struct tally *tally);
uint64_t tally_count_failed(const struct tally *tally);

const struct tally_pattern *tally_of_pattern(const struct tally *tally, size_t pattern);

/* Whom a flush asks for a host's key in the store, or none: it has no row; and its delay in force.
 */
struct tally_hosts {
	struct store_key (*key)(void *context, uint32_t host);
	int64_t (*delay_ms)(void *context, uint32_t host);
	bool (*is_anothers)(void *context, uint32_t host); /* who says how it is asked */
	void *context;
};

/*
 * Write what has changed, and was last written TALLY_WRITE_MS before now_ms or earlier; with
 * CLOCK_NEVER all that has.  Returns 0, or -1 (store_error() says why).
 */
int tally_flush(struct tally *tally, struct store *store, const struct tally_hosts *hosts,
		int64_t now_ms);

/* Write of all that has changed what is added up in the store.  Returns as tally_flush(). */
int tally_add_up(struct tally *tally, struct store *store, const struct tally_hosts *hosts);

/* What was counted since, is of pages that the store has lost: it is not written. */
void tally_forget(struct tally *tally);

/* When there will be something to write, or CLOCK_NEVER. */
int64_t tally_due_ms(const struct tally *tally);

#endif
