#ifndef VIEW_PAGE_H
#define VIEW_PAGE_H

#include "report/html.h"
#include "report/records.h"
#include "serve/ask.h"
#include "serve/views.h"
#include "show/output.h"

/*
 * view_page: what the views of lists and URLs are made of.  Their style is that of the report.
 */
#define VIEW_LIST_MAX 50  /* of a page */
#define VIEW_SCAN_MS  150 /* of VIEW_MS, for what has no index */

/* ---- a page ---- */

void view_begin(const struct view *view, struct html *html, const char *title);
void view_end(struct view *view, struct html *html); /* html is gone */

/* One line instead of a page. */
void view_refuse(struct view *view, unsigned status, const char *line);

/*
 * Read what the address asks for.  Returns whether there is a store, and nothing wrong in it: if
 * not that was said.
 */
bool view_ask(struct view *view, struct ask *ask);
const char *view_argument(const void *request, const char *name); /* an ask_get */

/* Where something cannot be read: too late, or the store's own words. */
void view_trouble(const struct view *view, struct html *html, const char *late);

/* What to type: "crawl export" and these words, quoted where they must be. */
void view_command(const struct view *view, struct html *html, const char *command,
		  const char *const words[]);

/* A URL that leads to its story. */
void view_url(struct html *html, struct store_key key, struct slice url);

/* An input of a form. */
void view_input(struct html *html, const char *label, const char *name, const char *value);
void view_option(struct html *html, const char *value, const char *words, bool is_chosen);

/* A box in which a table is scrolled, and its end; label: what it has, for who does not see it. */
void view_begin_table(struct html *html, const char *label);
void view_end_table(struct html *html);

/*
 * What follows a list: how far it came, and links to where it goes on, with what is asked for kept.
 * path: of the list, as an address has it; noun: "row"; shown: so many stand above.
 */
void view_turn(struct html *html, const char *path, const struct ask *ask,
	       const struct store_listed *listed, size_t shown, const char *noun);

/* ---- CSV: as `crawl export --guard-formulas` writes it ---- */

#define VIEW_CSV_MAX       10000             /* rows, */
#define VIEW_CSV_BYTES_MAX (4 * 1024 * 1024) /* and bytes */

struct view_csv {
	struct view *view;
	struct output *output;
	size_t rows;
};

void view_csv_begin(struct view_csv *csv, struct view *view);

/* Returns -1 when it has enough. */
int view_csv_row(struct view_csv *csv, size_t count, const char *const columns[],
		 const struct store_value values[]);

/*
 * It is saved as name.csv, or as name-part.csv if there is more.
 */
void view_csv_end(struct view_csv *csv, const char *name, bool is_whole);

#endif
