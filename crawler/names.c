#include "names.h"

#include <stdlib.h>
#include <xxhash.h>

#include "memory.h"

#define TABLE_FIRST 64

struct names {
	struct slice *texts;
	uint32_t count, capacity;
	uint32_t *table;       /* text -> number + 1, open addressing; 0 is free */
	size_t table_capacity; /* a power of two */
};

struct names *names_new(void)
{
	struct names *names = memory_new(1, sizeof(*names));

	names->table_capacity = TABLE_FIRST;
	names->table = memory_new(TABLE_FIRST, sizeof(*names->table));
	return names;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	for (uint32_t i = 0; i < names->count; i++)
		free((void *)(uintptr_t)names->texts[i].at);
	free(names->texts);
	free(names->table);
	free(names);
}

/* Where a text stands in the table, or the free place where it belongs. */
static size_t place_of(const struct names *names, struct slice text)
{
	size_t at = XXH3_64bits(text.at, text.size) & (names->table_capacity - 1);

	while (names->table[at] != 0 && !slice_equal(text, names->texts[names->table[at] - 1]))
		at = (at + 1) & (names->table_capacity - 1);
	return at;
}

static void grow_table(struct names *names)
{
	free(names->table);
	names->table_capacity *= 2;
	names->table = memory_new(names->table_capacity, sizeof(*names->table));
	for (uint32_t i = 0; i < names->count; i++)
		names->table[place_of(names, names->texts[i])] = i + 1;
}

uint32_t names_find(const struct names *names, struct slice text)
{
	uint32_t found = names->table[place_of(names, text)];

	return found == 0 ? NAMES_NONE : found - 1;
}

uint32_t names_add(struct names *names, struct slice text)
{
	uint32_t number = names->count;

	if (number == names->capacity) {
		names->capacity = names->capacity ? names->capacity * 2 : TABLE_FIRST / 2;
		names->texts = memory_resize(names->texts, names->capacity * sizeof(*names->texts));
	}
	if (2 * (size_t)(number + 1) > names->table_capacity)
		grow_table(names);
	names->table[place_of(names, text)] = number + 1;
	names->texts[number] = (struct slice){ memory_text(text.at, text.size), text.size };
	names->count++;
	return number;
}

struct slice names_text(const struct names *names, uint32_t number)
{
	return names->texts[number];
}

uint32_t names_count(const struct names *names)
{
	return names->count;
}
