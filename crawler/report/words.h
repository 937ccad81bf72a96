#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * words: what the database has as a code, as people say it.
 */
#define WORDS_MAX 96 /* bytes, with the NUL, of what is written into out */

/* What became of URLs: "not found (404)", "no answer in time".  Returns out. */
const char *words_cause(const char *outcome, unsigned status, char out[WORDS_MAX]);

/* What it means and what may help: a sentence or two, or NULL. */
const char *words_help(const char *outcome, unsigned status);

/* May it be another answer if the same is asked again? */
bool words_may_heal(const char *outcome, unsigned status);

/* "OK", "Not Found": HTTP's own, or "". */
const char *words_reason(unsigned status);

/* Why a run ended: "at its --max-time"; NULL: it went to its end, or nobody knows. */
const char *words_stop(const char *ended);

/* What an event was: "rests", "paused by hand"; what is new here as it is. */
const char *words_event(const char *kind);

/* "books.example:8080" of an origin. */
const char *words_host(const char *origin);

/* "91 %"; what is not all is never 100 %, what is not nothing never 0 %.  Returns out. */
const char *words_percent(double part, char out[WORDS_MAX]);

/* How long something short took: "under 1 ms", "22 ms", "2.2 s", "1 min 03 s".  Returns out. */
const char *words_ms(double ms, char out[WORDS_MAX]);

/* "29 November 2026, 15:47 UTC" of a time as the database has it; or as it is.  Returns out. */
const char *words_date(const char *time, char out[WORDS_MAX]);

/* "15:47:03", likewise. */
const char *words_clock(const char *time, char out[WORDS_MAX]);

#endif
