#ifndef SLICE_H
#define SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * slice: borrowed bytes.
 *
 * A slice owns nothing and is not NUL-terminated; whoever hands one out says
 * whose bytes they are and how long they stay.  {NULL, 0} is "absent".
 */
struct slice {
	const char *at;
	size_t size;
};

/* A slice of a string literal, or of any NUL-terminated string. */
#define SLICE(literal) ((struct slice){ (literal), sizeof(literal) - 1 })

static inline struct slice slice_of(const char *text)
{
	return (struct slice){ text, text ? strlen(text) : 0 };
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

#endif
