#ifndef SLIPS_H
#define SLIPS_H

#include "parsers/text/slice.h"
#include <stdbool.h>

/*
 * slips: what people type who know other programs, and what it is called here.
 *
 * These are names that no letters lead from to ours: what is merely misspelt, suggest() finds.
 */

/*
 * What is to be typed for another program's option: "output" or 'O' (the other is {NULL, 0} or 0).
 * Returns a phrase ("-o FILE, the database; ...") that names only options that there are, or NULL.
 */
const char *slip_of_option(struct slice name, char letter);

/* The same for another program's command: "crawl URL", or NULL. */
const char *slip_of_command(const char *word);

/* "localhost:8080/a", "127.0.0.1", "example.org/a": is it a URL but for its scheme? */
bool slip_is_url(const char *word);

#endif
