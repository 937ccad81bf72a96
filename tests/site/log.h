#ifndef LOG_H
#define LOG_H

#include "request.h"
#include <stdint.h>

/*
 * log: one line for each request, to prove afterwards when a crawler asked for what.
 *
 *	ARRIVED ENDED METHOD HOST TARGET STATUS SENT PORT CARRIED
 *	170033 170035 GET 127.0.0.1:8080 /board/4?offset=10 200 5134 41822 cookie=a=b|
 *
 * Times are milliseconds of CLOCK_MONOTONIC: when the last byte of the request's head was read, and
 * when the last byte of the answer was given to the system (or the client left).  "-" stands for
 * what was missing, status 0 for an answer without one.  SENT is what the system took of the
 * answer, in bytes.  PORT is the client's: requests on one connection have the same.  CARRIED are
 * headers that say who asks: Authorization, Cookie, X-Api-Key, Accept-Language, Origin,
 * Referer; and the body of a POST.  A line is one write to a file opened with O_APPEND: lines of
 * several workers do not mix.  It is there before the client has the end of the answer.
 */
#define LOG_LINE_MAX 4096 /* bytes; a longer target is cut */

/* Open for appending; the caller closes.  Returns a descriptor, or -1 with errno. */
int log_open(const char *path);

struct log_line {
	int64_t arrived_ms, ended_ms;
	const struct request *request; /* NULL: there was none that could be read */
	int status;
	uint64_t sent;
	unsigned port;
};

void log_write(int log, const struct log_line *line);

#endif
