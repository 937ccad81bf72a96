#ifndef LIVE_H
#define LIVE_H

#include "serve/running.h"
#include "store/store.h"
#include <stdio.h>

/*
 * live: the report of the last run as a page that changes: the sections of report/page.h, made anew
 * at most as often as anybody asks for it, and for all who look at it together.
 *
 * A section whose text is another than before has changed, and gets the number of that making:
 * whoever has seen a number is sent the sections with a higher one.  Each stands in an element of
 * its own, "part-ID", which is there also when the section is not.
 */
struct live;

/* What it shows. */
struct live_source {
	const char *database; /* as it was given */
	struct store *store;  /* within a look; NULL: */
	const char *trouble;  /* why there is none */
	const struct running *running;
};

struct live *live_new(void);
void live_free(struct live *live);

/* Make the sections anew.  Returns how many have changed. */
size_t live_refresh(struct live *live, const struct live_source *source);

/* All of it, as a document. */
void live_write(const struct live *live, FILE *out);

/*
 * The sections that have changed since, as server-sent events; since is what the page or an event
 * said, or NULL: all.  One that another process said is of no use: all.
 */
void live_write_changes(const struct live *live, const char *since, FILE *out);

/* The number of the last making, as `since` takes it.  Returns out. */
#define LIVE_NUMBER_MAX 48
const char *live_number(const struct live *live, char out[LIVE_NUMBER_MAX]);

#endif
