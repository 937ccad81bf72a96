#ifndef STORE_SAYS_H
#define STORE_SAYS_H

#include "store/store.h"

/*
 * store_says: why the store failed, as somebody at the command line can act on it.
 *
 * The store knows what would help, and not how that is typed: "-o", "--fresh".
 */
void store_says(const struct store_error *error);

/* The exit code of who cannot go on for it: wrong usage, where something else is to be asked. */
int store_says_code(const struct store_error *error);

/* What is typed for a cure, with a blank before it: " with --fresh"; empty: nothing is. */
const char *store_says_cure(enum store_cure cure);

#endif
