#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_NO_MEMORY 3 /* "could not go on" */

static void *must(void *memory)
{
	static const char line[] =
		"crawl: out of memory; the same command goes on from the last commit\n";

	if (memory)
		return memory;
	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0) {
		/* nothing is left to tell it to */
	}
	_exit(EXIT_NO_MEMORY);
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
