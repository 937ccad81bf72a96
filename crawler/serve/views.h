#ifndef VIEWS_H
#define VIEWS_H

#include "serve/http.h"
#include "serve/running.h"
#include "store/store.h"
#include <stdio.h>

/*
 * views: what is answered to who reads, but for the page itself: a table of paths in views.c.
 *
 * A view is a function that writes to out.  It is called within a look, which has VIEW_MS: what the
 * store does not say by then is "too many to count", never waited for (store_is_late()).
 */
#define VIEW_MS 200

#define VIEW_FILE_MAX 96

struct view {
	const struct http_request *request; /* http_argument(): "?name=value" */
	const char *rest;                   /* of the path, behind the view's own: "" or "books" */
	struct store *store;                /* NULL: there is none, */
	const char *trouble;                /* for this reason, a line for people */
	const char *database;               /* as it was given: for commands that are shown */
	const struct running *running;

	FILE *out;
	unsigned status;          /* 200 */
	const char *type;         /* HTTP_HTML */
	char file[VIEW_FILE_MAX]; /* its name when it is saved ("books.csv"); empty: it is shown */
};

typedef void view_function(struct view *view);

/*
 * /metrics, of the last run.  What cannot be read, or not in time, is 503 and a line that says why:
 * a scrape that failed is seen as such, figures that are 0 by mistake are not.  A database that is
 * not there yet has had no run, which is no fault.
 */
view_function view_metrics;

/* Lists of URLs, and of a pattern's rows ("/rows/": of patterns); the story of one URL. */
view_function view_urls, view_rows, view_why;

/* The view of a path; *rest is what is behind its own.  NULL: there is none. */
view_function *view_find(const char *path, const char **rest);

/* Is there anything at this path that can be read, the page and what it loads included? */
bool view_is_known(const char *path);

#endif
