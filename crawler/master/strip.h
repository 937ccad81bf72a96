#ifndef STRIP_H
#define STRIP_H

#include "store/store.h"
#include <stdint.h>

/*
 * strip: when a host was asked, in 64 bytes.
 *
 * Each step has so many requests, 255 being that many or more.  When a run has become longer than
 * 64 steps, pairs are added up, and a step is twice as long.  Times are milliseconds since the run
 * began.  A plain value: zero is an empty one.
 */
#define STRIP_STEP_MS 100 /* the first */

struct strip {
	uint8_t steps[STORE_STRIP_STEPS];
	uint8_t doublings;
};

int64_t strip_step_ms(const struct strip *strip);

/* Make it reach this time. */
void strip_stretch(struct strip *strip, int64_t at_ms);

/* A request began; one before the run counts for its first step. */
void strip_add(struct strip *strip, int64_t at_ms);

#endif
