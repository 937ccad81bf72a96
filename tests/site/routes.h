#ifndef ROUTES_H
#define ROUTES_H

#include "answer.h"
#include "site.h"

/*
 * routes: who answers which path.
 *
 * Each topic has a file and a table.  The first route that fits a path answers it; if it does not
 * know what stands behind its path, or there is none, the site's --root is asked, then it is a 404.
 */
struct visit {
	const struct site *site;
	const struct request *request;
	struct answer *answer;
	struct slice rest; /* of the path, behind the route's */
	const struct route *route;
};

/* Fill visit->answer.  Returns false if there is nothing of that name. */
typedef bool route_function(struct visit *visit);

struct route {
	const char *path; /* "/page/": all that begins so; "/gzip": this one alone */
	route_function *answer;
	const char *example; /* a path for the index; NULL: path itself */
	const char *about;   /* a line for the index */
	const void *data;    /* the function's own */
};

/* Each ends with a route without path. */
extern const struct route page_routes[], board_routes[], book_routes[], timing_routes[],
	status_routes[], redirect_routes[], encoding_routes[], charset_routes[], version_routes[],
	crawler_routes[], fault_routes[], auth_routes[], cookie_routes[], login_routes[],
	echo_routes[], api_routes[], web_routes[];

/* Those of a login that answer a POST. */
extern const struct route login_posts[];

/* Answer a request, whatever it is. */
void routes_answer(const struct site *site, const struct request *request, struct answer *answer);

/* As if the visit had been to visit->rest.  Returns false if there is nothing. */
bool routes_visit(struct visit *visit);

/* Files below --root, for paths that no route knows (files.c). */
bool files_answer(struct visit *visit);

/* The start and the end of an HTML page around what a route writes. */
void html_open(struct buffer *body, const char *title);
void html_close(struct buffer *body);

#endif
