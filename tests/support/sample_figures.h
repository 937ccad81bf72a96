#ifndef SAMPLE_FIGURES_H
#define SAMPLE_FIGURES_H

#include "crawler/report/figures.h"

/*
 * sample_figures: figures of a run as they could be, made by hand: of a crawl of ten hosts whose
 * fourth run came after a site had changed.  Every part of a report has something to show.
 *
 * The caller may change them before use, with memory of their arena, and gives them back with
 * sample_figures_free().
 */
struct figures *sample_figures(void);

/* The same while it runs. */
struct figures *sample_figures_running(void);

/* As many and as large as nobody wants to see, and hostile: every text holds what breaks pages. */
struct figures *sample_figures_monstrous(void);

void sample_figures_free(struct figures *figures);

#endif
