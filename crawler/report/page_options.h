#ifndef PAGE_OPTIONS_H
#define PAGE_OPTIONS_H

#include <stdbool.h>

/* How a page is used: zero is a file that stands for itself. */
struct page_options {
	bool is_served;
	bool may_steer;              /* has buttons while it runs */
	bool is_stopping;            /* as the crawl says */
	const char *token;           /* goes with what is POSTed, in the field "token"; or NULL */
	const char
		*script; /* of the server: the path of a script that keeps it up to date; or NULL */
};

#endif
