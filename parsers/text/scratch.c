#include "parsers/text/scratch.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "parsers/text/memory.h"

#define BLOCK_BYTES_MIN ((size_t)4096)
#define ALIGNMENT       alignof(max_align_t)

struct scratch_block {
	struct scratch_block *older;
	size_t size;
	size_t used;
	alignas(max_align_t) char bytes[];
};

static size_t align_up(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

/* Blocks double, so that a row of any size needs few of them. */
static void add_block(struct scratch *scratch, size_t size)
{
	size_t wanted = scratch->newest ? scratch->newest->size * 2 : BLOCK_BYTES_MIN;
	struct scratch_block *block;

	if (wanted < size)
		wanted = size;
	block = memory_resize(NULL, sizeof(*block) + wanted);
	block->older = scratch->newest;
	block->size = wanted;
	block->used = 0;
	scratch->newest = block;
}

void *scratch_take(struct scratch *scratch, size_t size)
{
	struct scratch_block *block;

	size = align_up(size);
	if (!scratch->newest || scratch->newest->size - scratch->newest->used < size)
		add_block(scratch, size);
	block = scratch->newest;
	block->used += size;
	scratch->used += size;
	return block->bytes + block->used - size;
}

void *scratch_zero(struct scratch *scratch, size_t count, size_t size)
{
	assert(size == 0 || count <= SIZE_MAX / 2 / size);
	return memset(scratch_take(scratch, count * size), 0, count * size);
}

struct slice scratch_copy(struct scratch *scratch, struct slice text)
{
	char *copy = scratch_take(scratch, text.size + 1);

	if (text.size)
		memcpy(copy, text.at, text.size);
	copy[text.size] = '\0';
	return (struct slice){ copy, text.size };
}

void scratch_shrink(struct scratch *scratch, size_t size, size_t used)
{
	size_t back = align_up(size) - align_up(used);

	scratch->newest->used -= back;
	scratch->used -= back;
}

static void free_blocks(struct scratch_block *block)
{
	struct scratch_block *older;

	for (; block; block = older) {
		older = block->older;
		free(block);
	}
}

void scratch_reset(struct scratch *scratch)
{
	struct scratch_block *block = scratch->newest;

	scratch->used = 0;
	if (!block)
		return;
	if (block->size > SCRATCH_KEEP_BYTES) {
		scratch_free(scratch);
		return;
	}
	free_blocks(block->older);
	block->older = NULL;
	block->used = 0;
}

void scratch_free(struct scratch *scratch)
{
	free_blocks(scratch->newest);
	*scratch = (struct scratch){ 0 };
}
