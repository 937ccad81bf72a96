#ifndef LOG_H
#define LOG_H

#include "request.h"
#include <stdint.h>

/*
 * log: one line for each request, to prove afterwards when a crawler asked for what.
 *
 *	ARRIVED ENDED METHOD HOST TARGET STATUS
 *	170033 170035 GET 127.0.0.1:8080 /board/4?offset=10 200
 *
 * Times are milliseconds of CLOCK_MONOTONIC: when the last byte of the request's head was read, and
 * when the last byte of the answer was given to the system (or the client left).  "-" stands for
 * what was missing, status 0 for an answer without one.  A line is one write to a file opened
 * with O_APPEND: lines of several workers do not mix.
 */
#define LOG_LINE_MAX 4096 /* bytes; a longer target is cut */

/* Open for appending; the caller closes.  Returns a descriptor, or -1 with errno. */
int log_open(const char *path);

/* request may be NULL: there was none that could be read. */
void log_write(int log, int64_t arrived_ms, int64_t ended_ms, const struct request *request,
	       int status);

#endif
