#ifndef HUMAN_H
#define HUMAN_H

#include <stdint.h>

/* text: figures as people read them. */

#define HUMAN_SIZE_MAX     16
#define HUMAN_DURATION_MAX 64

/* "812 B", "9.4 kB", "1.2 GB".  Returns out. */
const char *human_size(uint64_t bytes, char out[HUMAN_SIZE_MAX]);

/* "0.4 s", "12 s", "3 min 05 s", "2 h 07 min".  Returns out. */
const char *human_duration(int64_t ms, char out[HUMAN_DURATION_MAX]);

#endif
