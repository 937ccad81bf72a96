#ifndef ARENA_H
#define ARENA_H

#include "parsers/text/scratch.h"

/*
 * arena: a scratch for what is read once and lives together: a config's trees, names and lists.
 *
 * Its memory comes zeroed, and its texts are C strings.  Zero-initialised it is empty.
 */
struct arena {
	struct scratch scratch;
};

/* Zeroed memory for count things of size bytes, aligned for any type; lives until arena_free(). */
static inline void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
	return scratch_zero(&arena->scratch, count, size);
}

/* A NUL-terminated copy of text. */
static inline char *arena_copy(struct arena *arena, struct slice text)
{
	char *copy = arena_alloc(arena, text.size + 1, 1);

	if (text.size > 0)
		memcpy(copy, text.at, text.size);
	return copy;
}

/* "printf" into the arena. */
char *arena_print(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Give everything back; the arena is empty then. */
static inline void arena_free(struct arena *arena)
{
	scratch_free(&arena->scratch);
}

#endif
