#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

#define ARENA_BLOCK_BYTES (32 * 1024) /* what is larger gets a block of its own */

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) char bytes[];
};

static struct arena_block *block_new(size_t size)
{
	struct arena_block *block = memory_new(1, sizeof(*block) + size);

	block->size = size;
	return block;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t align = _Alignof(max_align_t), bytes;

	assert(size == 0 || count <= SIZE_MAX / 2 / size);
	bytes = (count * size + align - 1) / align * align;
	if (!block || block->size - block->used < bytes) {
		block = block_new(bytes > ARENA_BLOCK_BYTES ? bytes : ARENA_BLOCK_BYTES);
		block->next = arena->blocks;
		arena->blocks = block;
	}
	block->used += bytes;
	return block->bytes + block->used - bytes;
}

char *arena_copy(struct arena *arena, struct slice text)
{
	char *copy = arena_alloc(arena, text.size + 1, 1);

	if (text.size)
		memcpy(copy, text.at, text.size);
	return copy;
}

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

void arena_free(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
}
