#ifndef TABLES_H
#define TABLES_H

#include "config/config.h"
#include <stdbool.h>

/*
 * tables: could the patterns of a config make their tables in a database?
 *
 * Complains of each that could not, with the place of its pattern.  A database that is not there
 * takes all that have good names; one that is, is only read.
 */
bool tables_fit(const struct config *config, const char *database);

#endif
