#ifndef RETRIES_H
#define RETRIES_H

#include "parsers/text/slice.h"
#include "protocol/outcome.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * retries: what may heal, and how long to leave it alone.  Pure: time and chance are arguments.
 */
#define RETRIES_AFTER_MS_MAX ((int64_t)60 * 60 * 1000) /* a longer Retry-After is cut to this */
#define RETRIES_WAIT_MS_MAX  ((int64_t)60 * 60 * 1000)

/*
 * Could another try end better?  (No connection, no name, no answer in time, cut short; 408, 421,
 * 425, 429, 5xx but 501 and 505.)
 */
bool retries_may_heal(enum outcome outcome, unsigned status);

/* Is a connection to blame for it, so that another one is to be tried (RFC 9110 15.5.9, 15.5.20)?
 */
static inline bool retries_is_of_connection(unsigned status)
{
	return status == 408 || status == 421;
}

/* Is it the host that fails, not only this URL? */
bool retries_is_of_host(enum outcome outcome, unsigned status);

/* Does a server say that it did not take what was sent: 425, 429, 503 (RFC 8470 5.2, 6585 4)? */
static inline bool retries_is_untaken(unsigned status)
{
	return status == 425 || status == 429 || status == 503;
}

/* Does a server say that it has too much to do, and perhaps for how long: 429, 503? */
bool retries_is_busy(unsigned status);

/*
 * How long to wait before try number `tries` + 1: twice as long each time, from first_ms on, with
 * a jitter of a quarter either way so that what failed together does not come back together.
 */
int64_t retries_wait_ms(unsigned tries, int64_t first_ms, uint32_t chance);

/*
 * The time a Retry-After asks for (RFC 9110 10.2.3: seconds, also with a fraction, or a date as
 * browsers read it), in ms from now; at most RETRIES_AFTER_MS_MAX.  Returns 0 if there is none:
 * absent, malformed, zero, or past.
 */
int64_t retries_after_ms(struct slice value, int64_t now_date_ms);

#endif
