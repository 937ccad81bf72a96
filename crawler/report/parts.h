#ifndef PARTS_H
#define PARTS_H

#include "report/html.h"
#include "report/page_options.h"
#include "report/verdict.h"

/*
 * parts: what the sections of a page are made of.
 */
struct page {
	const struct figures *figures;
	const struct page_options *options;
	struct verdict verdict;
	struct arena arena;
	size_t size_max; /* where the section that is being written should end */

	/* So many patterns are shown, and so many of them in full: links lead to these alone. */
	size_t patterns_shown, patterns_in_full;
};

/* Characters of the texts of others that are shown. */
#define PARTS_NAME_MAX  40
#define PARTS_VALUE_MAX 48
#define PARTS_TITLE_MAX 60
#define PARTS_TEXT_MAX  160

/*
 * The section that is being written may take so many bytes more.  What it repeats asks before each
 * if there is room, and says how many there would have been.
 */
void parts_give_room(const struct html *html, struct page *page, size_t bytes);
bool parts_has_room(const struct html *html, const struct page *page);

/* Numbers and sizes as people read them. */
void parts_count(struct html *html, uint64_t count);
void parts_many(struct html *html, uint64_t count, const char *noun); /* "2 pages" */
void parts_percent(struct html *html, double part);
void parts_ms(struct html *html, double ms);
void parts_bytes(struct html *html, uint64_t bytes);

/* A part of all in percent for a style: whatever the figures are, nothing is wider than its place.
 */
double parts_width(double part);

/* A figure of each run as a bar, the earliest first; values: one a run of figures.runs. */
void parts_spark(struct html *html, const struct figures *figures, const char *label,
		 const uint64_t values[], bool is_ms);

/* What to type. */
void parts_command(struct html *html, const char *command);

/* A URL, its host in grey; of a page that is known (key) it leads to its story when served. */
void parts_url(struct html *html, const struct page *page, struct store_key key, struct slice url);

/* Pieces of a sentence. */
void parts_sentence(struct html *html, const struct page *page, const struct verdict_text *text,
		    const struct figures_pattern *pattern);

/* "boards": what an id of a pattern ends with. */
void parts_pattern_id(struct html *html, const struct page *page,
		      const struct figures_pattern *pattern);

/* A value of a row, so many characters of it; NULL is a dash, or, where it should not be, a word.
 */
void parts_value(struct html *html, const struct store_value *value, bool is_worse,
		 size_t characters_max);

/* Newest rows of a pattern as a table; columns of at most so many fields.  label: what they are. */
void parts_rows(struct html *html, const struct page *page, const struct figures_pattern *pattern,
		size_t fields_max, const char *label);

#endif
