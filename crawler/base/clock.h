#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

/* clock: the clocks of a crawl.  Waits are measured by the one, pages dated by the other. */

/* A time that does not come: of two times to wait for the lesser counts, whatever they are. */
#define CLOCK_NEVER INT64_MAX

static inline int64_t clock_sooner(int64_t first_ms, int64_t second_ms)
{
	return first_ms < second_ms ? first_ms : second_ms;
}

/* Milliseconds since some fixed moment; never steps back. */
static inline int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The same, and it goes on while the machine sleeps: by this, leases are counted. */
static inline int64_t clock_boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The first in nanoseconds: how long something takes that is short. */
static inline int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Milliseconds that processors have worked for this process. */
static inline int64_t clock_cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds of Unix time. */
static inline int64_t clock_date_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
