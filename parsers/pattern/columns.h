#ifndef COLUMNS_H
#define COLUMNS_H

#include <stdbool.h>

/*
 * columns: which fields a pattern has, and in what order: those that the spec names, and the named
 * groups that it does not.
 */
struct compilation;

/* Returns false and the compilation's error. */
bool columns_compile(struct compilation *compilation);

#endif
