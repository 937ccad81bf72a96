#ifndef BY_FIELD_H
#define BY_FIELD_H

#include "commands/samples.h"
#include "parsers/pattern/pattern.h"
#include <stdio.h>

/*
 * by_field: what patterns found on many pages, field by field.
 *
 *	films: 300 rows from 29 of 31 pages in 14.20 ms (films.yaml:2)
 *	field filled   % bad pages without
 *	rank     300 100   0             0
 *	score    279  93   2             1
 *	  bad score (real): n/a (a.html:4:12), - (b.html:9:12)
 *	  no score on c.html
 *	  nothing on d.html, e.html
 *	  cut inside an element: 2 rows, the first at f.html:6:1 (2 <dd>, 1 </dd>)
 */
struct by_field;

#define BY_FIELD_PAGES_NAMED 5 /* of those that lack something */

/* config must outlive it.  The caller frees it with by_field_free(). */
struct by_field *by_field_new(const struct config *config);

/* A row of the page that is tried. */
void by_field_row(struct by_field *by_field, size_t pattern, const struct pattern_row *row);

/* What became of a pattern on this page. */
void by_field_page(struct by_field *by_field, size_t pattern, const struct sample *sample,
		   const struct pattern_tally *tally);

/* Say it of every pattern that was tried on a page. */
void by_field_show(FILE *out, const struct by_field *by_field);

/* Say which rows so far end inside an element (uneven.h), if any do; is_named: with the page. */
void by_field_show_uneven(FILE *out, const struct by_field *by_field, size_t pattern,
			  bool is_named);

/* How many patterns were tried, and how many of them had rows, on whichever page. */
size_t by_field_tried(const struct by_field *by_field);
size_t by_field_fruitful(const struct by_field *by_field);

/* The first that was tried and had none, or NULL. */
const struct config_pattern *by_field_fruitless(const struct by_field *by_field);

void by_field_free(struct by_field *by_field);

#endif
