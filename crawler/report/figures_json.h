#ifndef FIGURES_JSON_H
#define FIGURES_JSON_H

#include "report/figures.h"
#include <stdio.h>

/*
 * figures_json: the figures as one JSON object, under the names that crawl-report(1) tells.
 *
 * What is not known is null; text that is not UTF-8 gets U+FFFD.
 */
void figures_json(FILE *out, const struct figures *figures);

#endif
