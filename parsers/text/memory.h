#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/*
 * memory: allocation that does not fail.
 *
 * Out of memory ends the process, in one way wherever it happens: a handler says how.  main() sets
 * one that tells the user; without any it is abort().
 */

/* What ends the process from now on; it must not return, and must not allocate.  NULL: abort(). */
void memory_set_handler(void (*handler)(void));

/* End the process as if there were no memory: for a library that has said so. */
_Noreturn void memory_fail(void);

/* count zeroed things of size bytes; freed with free(). */
void *memory_new(size_t count, size_t size);

/* realloc(). */
void *memory_resize(void *memory, size_t size);

/* A NUL-terminated copy of size bytes; freed with free(). */
char *memory_text(const char *bytes, size_t size);

#endif
