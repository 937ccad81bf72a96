#ifndef HIDDEN_H
#define HIDDEN_H

#include "parsers/text/slice.h"

/*
 * hidden: what must not be shown of a line that a complaint is about.
 *
 * Credentials stand in `hosts:` of a config, or by mistake in `crawl:`, and a complaint goes to
 * logs and bug reports.  It is read off the line itself, for the file may not even be YAML.  Rather
 * too much than too little.
 */
#define HIDDEN_MARK "********"

/* Where in the line, which is one of text, it begins; line.size: nowhere. */
size_t hidden_from(struct slice text, struct slice line);

#endif
