#ifndef VERDICTS_H
#define VERDICTS_H

#include "report/figures.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * verdicts: which patterns of a run got worse, kept from one scrape to the next.
 *
 * To judge them takes longer than all else that is scraped, where runs and fields are many; of a
 * run that is over the verdicts stay as they are.  While it goes on they are renewed, but for that
 * no more than a thousandth of the time is spent.
 */
#define VERDICTS_PARTS 1000

struct verdicts;

struct verdicts *verdicts_new(void);
void verdicts_free(struct verdicts *verdicts);

/*
 * Give the patterns their verdicts.  figures are of figures_read_counters(), within the same look;
 * now_ms is of clock_ms().  One that is late is tried again the next time.  Returns whether they
 * are known.
 */
bool verdicts_give(struct verdicts *verdicts, struct figures *figures, struct store *store,
		   int64_t now_ms);

#endif
