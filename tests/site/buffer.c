#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/memory.h"

void buffer_free(struct buffer *buffer)
{
	free(buffer->at);
	*buffer = (struct buffer){ 0 };
}

void buffer_clear(struct buffer *buffer)
{
	if (buffer->capacity > BUFFER_KEEP_MAX)
		buffer_free(buffer);
	buffer->size = 0;
}

void buffer_consume(struct buffer *buffer, size_t size)
{
	buffer->size -= size;
	if (buffer->size > 0)
		memmove(buffer->at, buffer->at + size, buffer->size);
	else
		buffer_clear(buffer);
}

char *buffer_room(struct buffer *buffer, size_t size)
{
	if (buffer->capacity - buffer->size < size) {
		buffer->capacity = 2 * buffer->size + size;
		buffer->at = memory_resize(buffer->at, buffer->capacity);
	}
	return buffer->at + buffer->size;
}

void buffer_add(struct buffer *buffer, struct slice bytes)
{
	if (bytes.size == 0)
		return;
	memcpy(buffer_room(buffer, bytes.size), bytes.at, bytes.size);
	buffer->size += bytes.size;
}

void buffer_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, slice_of(text));
}

void buffer_fill(struct buffer *buffer, char byte, size_t count)
{
	if (count == 0)
		return;
	memset(buffer_room(buffer, count), byte, count);
	buffer->size += count;
}

void buffer_number(struct buffer *buffer, unsigned long number)
{
	char digits[24];
	size_t first = sizeof(digits);

	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	buffer_add(buffer, (struct slice){ digits + first, sizeof(digits) - first });
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	size_t room = buffer->capacity - buffer->size;
	int size;

	va_start(arguments, format);
	size = vsnprintf(room ? buffer->at + buffer->size : NULL, room, format, arguments);
	va_end(arguments);
	if (size < 0)
		return;
	if ((size_t)size >= room) {
		buffer_room(buffer, (size_t)size + 1);
		va_start(arguments, format);
		vsnprintf(buffer->at + buffer->size, (size_t)size + 1, format, arguments);
		va_end(arguments);
	}
	buffer->size += (size_t)size;
}

static const char *escape(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void buffer_escaped(struct buffer *buffer, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		const char *escaped = escape(text.at[i]);

		if (escaped)
			buffer_text(buffer, escaped);
		else
			buffer_fill(buffer, text.at[i], 1);
	}
}
