#include "parsers/text/memory.h"

#include <stdlib.h>
#include <string.h>

static void (*end_process)(void);

void memory_set_handler(void (*handler)(void))
{
	end_process = handler;
}

_Noreturn void memory_fail(void)
{
	if (end_process)
		end_process();
	abort();
}

static void *must(void *memory)
{
	if (!memory)
		memory_fail();
	return memory;
}

void *memory_new(size_t count, size_t size)
{
	return must(calloc(count ? count : 1, size ? size : 1));
}

void *memory_resize(void *memory, size_t size)
{
	return must(realloc(memory, size ? size : 1));
}

char *memory_text(const char *bytes, size_t size)
{
	char *text = must(malloc(size + 1));

	if (size > 0)
		memcpy(text, bytes, size);
	text[size] = '\0';
	return text;
}
