#ifndef HALF_OCTAVE_H
#define HALF_OCTAVE_H

#include <stdint.h>

/*
 * half_octave: a number, coarsely.  Bucket b has those from 2^(b/2) on and below the next; 0 stands
 * with 1, and all from 2^31.5 on in the last.
 */
#define HALF_OCTAVES 64

static inline unsigned half_octave_of(uint64_t value)
{
	uint64_t least = value > 1 ? value : 1;
	uint64_t capped = least < UINT32_MAX ? least : UINT32_MAX;

	/* The square doubles twice as often. */
	return 63 - (unsigned)__builtin_clzll(capped * capped);
}

#endif
