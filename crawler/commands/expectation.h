#ifndef EXPECTATION_H
#define EXPECTATION_H

#include "config/config.h"
#include <stdio.h>

/*
 * expectation: what a pattern makes of a page, beside what a test of the config wants.
 *
 *	config/books.yaml:31: row 2, price: 12.5, wanted 13
 *
 * A value is as wanted if it equals the text that is written, as text, number or JSON, or that text
 * as the field's type has it.
 */
#define EXPECTATION_DIFFERENCES_MAX 20 /* of one test, that are written */

/*
 * Run a test and write a line for each difference.  A page that cannot be read is one.
 * Returns how many there are.
 */
unsigned expectation_run(const struct config *config, const struct config_test *test, FILE *out);

/* A value as it is written there: 12.5, NULL, 'a text' on one line. */
void expectation_show(FILE *out, const struct value *value);

#endif
