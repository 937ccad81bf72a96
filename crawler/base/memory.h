#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/*
 * memory: allocation that does not fail.
 *
 * Out of memory ends the process with a line on stderr: the store is transactional, and
 * the same command resumes.
 */

/* count zeroed things of size bytes; freed with free(). */
void *memory_new(size_t count, size_t size);

/* realloc(). */
void *memory_resize(void *memory, size_t size);

/* A NUL-terminated copy of size bytes; freed with free(). */
char *memory_text(const char *bytes, size_t size);

#endif
