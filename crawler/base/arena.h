#ifndef ARENA_H
#define ARENA_H

#include "parsers/text/slice.h"
#include <stddef.h>

/*
 * arena: memory that is given back all at once.
 *
 * For what is read once and lives together: a config's trees, names and lists.
 * Zero-initialised is empty.  Out of memory ends the process.
 */
struct arena {
	struct arena_block *blocks;
};

/* Zeroed memory for count things of size bytes, aligned for any type; lives until arena_free(). */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* A NUL-terminated copy of text. */
char *arena_copy(struct arena *arena, struct slice text);

/* "printf" into the arena. */
char *arena_print(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Give everything back; the arena is empty then. */
void arena_free(struct arena *arena);

#endif
