#include "frontier/intern.h"

#include <stdlib.h>
#include <xxhash.h>

#include "parsers/text/memory.h"

#define TABLE_FIRST 64

struct intern {
	struct slice *texts;
	uint32_t count, capacity;
	uint32_t *table;       /* text -> number + 1, open addressing; 0 is free */
	size_t table_capacity; /* a power of two */
};

struct intern *intern_new(void)
{
	struct intern *intern = memory_new(1, sizeof(*intern));

	intern->table_capacity = TABLE_FIRST;
	intern->table = memory_new(TABLE_FIRST, sizeof(*intern->table));
	return intern;
}

void intern_free(struct intern *intern)
{
	if (!intern)
		return;
	for (uint32_t i = 0; i < intern->count; i++)
		free((void *)(uintptr_t)intern->texts[i].at);
	free(intern->texts);
	free(intern->table);
	free(intern);
}

/* Where a text stands in the table, or the free bucket where it belongs. */
static size_t bucket_of(const struct intern *intern, struct slice text)
{
	size_t at = XXH3_64bits(text.at, text.size) & (intern->table_capacity - 1);

	while (intern->table[at] != 0 && !slice_equal(text, intern->texts[intern->table[at] - 1]))
		at = (at + 1) & (intern->table_capacity - 1);
	return at;
}

static void grow_table(struct intern *intern)
{
	free(intern->table);
	intern->table_capacity *= 2;
	intern->table = memory_new(intern->table_capacity, sizeof(*intern->table));
	for (uint32_t i = 0; i < intern->count; i++)
		intern->table[bucket_of(intern, intern->texts[i])] = i + 1;
}

uint32_t intern_find(const struct intern *intern, struct slice text)
{
	uint32_t found = intern->table[bucket_of(intern, text)];

	return found == 0 ? INTERN_NONE : found - 1;
}

uint32_t intern_add(struct intern *intern, struct slice text)
{
	uint32_t number = intern->count;

	if (number == intern->capacity) {
		intern->capacity = intern->capacity ? intern->capacity * 2 : TABLE_FIRST / 2;
		intern->texts =
			memory_resize(intern->texts, intern->capacity * sizeof(*intern->texts));
	}
	if (2 * (size_t)(number + 1) > intern->table_capacity)
		grow_table(intern);
	intern->table[bucket_of(intern, text)] = number + 1;
	intern->texts[number] = (struct slice){ memory_text(text.at, text.size), text.size };
	intern->count++;
	return number;
}

struct slice intern_text(const struct intern *intern, uint32_t number)
{
	return intern->texts[number];
}

uint32_t intern_count(const struct intern *intern)
{
	return intern->count;
}
