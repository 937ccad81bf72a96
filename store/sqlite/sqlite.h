#ifndef SQLITE_H
#define SQLITE_H

#include "store/backend.h"

/* sqlite: a crawl in one SQLite file, by its path. */
extern const struct store_backend sqlite_backend;
extern const struct store_copier sqlite_copier;

#endif
