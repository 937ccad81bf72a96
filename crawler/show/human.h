#ifndef HUMAN_H
#define HUMAN_H

#include <stdint.h>

/* human: figures as people read them. */

#define HUMAN_SIZE_MAX     16
#define HUMAN_DURATION_MAX 64
#define HUMAN_COUNT_MAX    32

/* "812 B", "9.4 kB", "1.2 GB".  Returns out. */
const char *human_size(uint64_t bytes, char out[HUMAN_SIZE_MAX]);

/* "0.4 s", "12 s", "3 min 05 s", "2 h 07 min".  Returns out. */
const char *human_duration(int64_t ms, char out[HUMAN_DURATION_MAX]);

/* How long something takes, without what nobody waits for: "40 s", "4 min", "2 h 07 min", "3 d 04
 * h". */
const char *human_wait(int64_t ms, char out[HUMAN_DURATION_MAX]);

/* A time that was set, to the millisecond: "500 ms", "2 s", "1 min"; 0 is "0 s".  Returns out. */
const char *human_exact(int64_t ms, char out[HUMAN_DURATION_MAX]);

/* "18,586".  Returns out. */
const char *human_count(uint64_t count, char out[HUMAN_COUNT_MAX]);

/* A number of things, which are one or many: COUNTED(n, "page") is "1 page" or "2 pages". */
struct counted {
	char text[64];
};

struct counted counted(uint64_t count, const char *noun);
#define COUNTED(count, noun) (counted((uint64_t)(count), (noun)).text)

#endif
