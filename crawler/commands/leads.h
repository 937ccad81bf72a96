#ifndef LEADS_H
#define LEADS_H

#include "commands/samples.h"
#include "links/outlinks.h"
#include <stdio.h>

/*
 * leads: where an answer leads by the rules of follow that look into its JSON.
 */

/*
 * Write a link: its URL, or of a POST the line that a list has for it; is_form: its body is one.
 *
 *	{"url": "https://api.example.org/search", "json": {"cursor": "x"}}
 */
void leads_put(FILE *out, const struct outlink *link, bool is_form);

/* A line for each link of a page that such a rule takes, or why it takes none. */
void leads_show(FILE *out, const struct config *config, const struct sample *sample);

#endif
