#ifndef SVG_H
#define SVG_H

#include "report/html.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * svg: charts without a script.
 *
 * Shapes are stretched to the room there is; what is read stands beside them in HTML, so that it is
 * as large as all text.  Each has a label that says in words what it shows.
 */
#define SVG_WIDTH  1000
#define SVG_HEIGHT 100

/* A bar a run, the last one of now; none where it is SVG_UNKNOWN. */
#define SVG_UNKNOWN UINT64_MAX

struct svg_spark {
	const char *label; /* "rows after each run" */
	const int64_t *runs;
	const uint64_t *values;
	size_t count;
	bool is_ms; /* told as times */
};
void svg_spark(struct html *html, const struct svg_spark *spark);

/* The round number at or above max at which an axis ends; half of it is round, too. */
double svg_axis_end(double max);

/* How many ms lie between the labels of a time axis: at most 7 of them. */
int64_t svg_time_step(int64_t duration_ms);

/*
 * A plot of an area: its title is written between begin and area, its shapes between area and end.
 * label is what it says to who cannot see it.
 */
void svg_plot_begin(struct html *html, unsigned height);
void svg_plot_area(struct html *html, double axis_end); /* 0: without an axis */
void svg_begin(struct html *html, const char *label);
void svg_grid(struct html *html, bool has_middle);
void svg_plot_end(struct html *html);

/* A label at so much of an axis below plots, 0 to 1, to which its text is added; at the end of the
 * axis it stands before it. */
void svg_label_begin(struct html *html, double at);
void svg_label_end(struct html *html);

/* The labels of a time axis below plots. */
void svg_time_axis(struct html *html, int64_t duration_ms);

/*
 * Columns of one width, filled from the bottom of the plot up to values[i] of axis_end.  class is
 * one of the style sheet's.  Layers that stand on each other are drawn the highest first.
 */
void svg_steps(struct html *html, const char *class, const double *values, size_t count,
	       double axis_end);

#endif
