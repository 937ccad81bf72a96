#ifndef LIVE_H
#define LIVE_H

#include "serve/running.h"
#include "store/store.h"
#include <stdio.h>

/*
 * live: the page of "/": sections of HTML, made anew at most as often as anybody asks for it, and
 * for all who look at it together.
 *
 * A section whose text is another than before has changed, and gets the number of that making:
 * whoever has seen a number is sent the sections with a higher one.
 */
struct live;

/* What it shows. */
struct live_source {
	const char *database; /* as it was given */
	struct store *store;  /* within a look; NULL: */
	const char *trouble;  /* why there is none */
	const struct running *running;
	const char *ended; /* how the run has ended that it is served by; or NULL */
};

struct live *live_new(void);
void live_free(struct live *page);

/* Make the sections anew.  Returns how many have changed. */
size_t live_refresh(struct live *page, const struct live_source *source);

/* All of it, as a document. */
void live_write(const struct live *page, FILE *out);

/*
 * The sections that have changed since, as server-sent events; since is what the page or an event
 * said, or NULL: all.  One that another process said is of no use: all.
 */
void live_write_changes(const struct live *page, const char *since, FILE *out);

/* The number of the last making, as `since` takes it.  Returns out. */
#define LIVE_NUMBER_MAX 48
const char *live_number(const struct live *page, char out[LIVE_NUMBER_MAX]);

/* Text, so that it stays text within HTML: also where it has control characters. */
void live_put_text(FILE *out, struct slice text);

#endif
