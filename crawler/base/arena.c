#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

char *arena_print(struct arena *arena, const char *format, ...)
{
	va_list arguments, again;
	int size;
	char *text;

	va_start(arguments, format);
	va_copy(again, arguments);
	size = vsnprintf(NULL, 0, format, arguments);
	text = arena_alloc(arena, (size_t)size + 1, 1);
	vsnprintf(text, (size_t)size + 1, format, again);
	va_end(again);
	va_end(arguments);
	return text;
}
