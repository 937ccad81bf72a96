#ifndef SLOTS_H
#define SLOTS_H

#include "parsers/text/slice.h"

/*
 * slots: memory that a worker and the master share, cut into equal parts.
 *
 * It is mapped before the fork and reserved, not used: only pages that were touched
 * cost memory.
 *
 *	|<- slot 0 ->|<- slot 1 ->| ...          each slot_bytes, in whole pages
 *	|body......__|____________|
 */
struct slots;

/* count slots of at least slot_bytes, both above 0.  NULL with errno: no such address space. */
struct slots *slots_new(unsigned count, size_t slot_bytes);
void slots_free(struct slots *slots);

char *slots_at(const struct slots *slots, unsigned slot);
size_t slots_bytes(const struct slots *slots);

/* Give back a slot's memory beyond its first keep bytes; what was there reads as zero. */
void slot_trim(char *slot, size_t slot_bytes, size_t keep);

#endif
