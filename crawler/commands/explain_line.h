#ifndef EXPLAIN_LINE_H
#define EXPLAIN_LINE_H

#include "cli/options.h"
#include "config/config.h"

/*
 * explain_line: what to type where a pattern took nothing, to be pasted into a shell.
 *
 *	next: crawl explain books.price -c books.yaml page.html --url https://books.example.org/
 */
#define EXPRESSION_FILE "-e" /* what config_load() calls the file of an expression */

/*
 * The line for the page that is the last argument, with what the options say of it; field: NULL
 * for the whole pattern.  The caller frees it.
 */
char *explain_line(const struct options *options, const struct config_pattern *pattern,
		   const char *field);

#endif
