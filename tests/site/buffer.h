#ifndef BUFFER_H
#define BUFFER_H

#include "parsers/text/slice.h"
#include <stddef.h>

/*
 * buffer: bytes that grow.
 *
 * A zeroed buffer is empty.  Its bytes stay where they are until something is added.
 */
struct buffer {
	char *at;
	size_t size, capacity;
};

#define BUFFER_KEEP_MAX (64 * 1024) /* bytes of memory that an emptied buffer holds on to */

void buffer_free(struct buffer *buffer);

/* Empty it; what it grew beyond BUFFER_KEEP_MAX goes back to the system. */
void buffer_clear(struct buffer *buffer);

/* Forget the first size bytes. */
void buffer_consume(struct buffer *buffer, size_t size);

/* Make room for size more bytes and return where they go; the caller adds to buffer->size. */
char *buffer_room(struct buffer *buffer, size_t size);

void buffer_add(struct buffer *buffer, struct slice bytes);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_fill(struct buffer *buffer, char byte, size_t count);
void buffer_number(struct buffer *buffer, unsigned long number);
void buffer_printf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Add text with the five characters escaped that mean something in HTML and XML. */
void buffer_escaped(struct buffer *buffer, struct slice text);

/* Points into the buffer. */
static inline struct slice buffer_slice(const struct buffer *buffer)
{
	return (struct slice){ buffer->at, buffer->size };
}

#endif
