#ifndef DUE_HEAP_H
#define DUE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * due_heap: numbers, each with the time when it is due; the one that is due first comes first.
 *
 * A heap that knows where each of its numbers stands, so that any of them can be moved or taken
 * out.  Numbers are small: memory is kept for each from 0 to the largest.  Of those that are
 * due at the same time the one with the lowest turn comes first.
 */
struct due_heap;

struct due_heap *due_heap_new(void);
void due_heap_free(struct due_heap *heap);

/* Put a number in, or move it. */
void due_heap_set(struct due_heap *heap, uint32_t number, int64_t due_ms, uint64_t turn);

/* Take a number out, if it is in. */
void due_heap_remove(struct due_heap *heap, uint32_t number);

bool due_heap_has(const struct due_heap *heap, uint32_t number);

uint32_t due_heap_count(const struct due_heap *heap);

/* When the first is due, or CLOCK_NEVER: there is none. */
int64_t due_heap_due_ms(const struct due_heap *heap);

/* The first; there is one. */
uint32_t due_heap_first(const struct due_heap *heap);

/* Those that are due by now, first things first, at most max.  Returns how many. */
unsigned due_heap_due(const struct due_heap *heap, int64_t now_ms, uint32_t numbers[],
		      unsigned max);

#endif
