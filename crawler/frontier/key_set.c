#include "frontier/key_set.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

#define BITS 64

struct share {
	uint64_t *words;
	size_t count;
};

struct key_set {
	struct share *shares; /* by their numbers */
	size_t count;
};

struct key_set *key_set_new(void)
{
	return memory_new(1, sizeof(struct key_set));
}

void key_set_free(struct key_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		free(set->shares[i].words);
	free(set->shares);
	free(set);
}

/* The word of an id, which is made if need be. */
static uint64_t *word_of(struct key_set *set, uint64_t id)
{
	size_t share = (size_t)(id >> 32), at = (uint32_t)id / BITS, count;
	struct share *of;

	if (share >= set->count) {
		set->shares = memory_resize(set->shares, (share + 1) * sizeof(*set->shares));
		memset(&set->shares[set->count], 0,
		       (share + 1 - set->count) * sizeof(*set->shares));
		set->count = share + 1;
	}
	of = &set->shares[share];
	if (at >= of->count) {
		count = at + at / 2 + 16;
		of->words = memory_resize(of->words, count * sizeof(*of->words));
		memset(&of->words[of->count], 0, (count - of->count) * sizeof(*of->words));
		of->count = count;
	}
	return &of->words[at];
}

bool key_set_add(struct key_set *set, uint64_t id)
{
	uint64_t *word = word_of(set, id), bit = (uint64_t)1 << (uint32_t)id % BITS;
	bool is_new = !(*word & bit);

	*word |= bit;
	return is_new;
}

bool key_set_has(const struct key_set *set, uint64_t id)
{
	size_t share = (size_t)(id >> 32), at = (uint32_t)id / BITS;

	return share < set->count && at < set->shares[share].count &&
	       (set->shares[share].words[at] >> (uint32_t)id % BITS & 1);
}

int key_set_each(const struct key_set *set, int (*function)(void *context, uint64_t id),
		 void *context)
{
	for (size_t share = 0; share < set->count; share++) {
		const struct share *of = &set->shares[share];

		for (size_t i = 0; i < of->count * BITS; i++) {
			uint64_t id = (uint64_t)share << 32 | i;

			if (of->words[i / BITS] >> i % BITS & 1 && function(context, id) < 0)
				return -1;
		}
	}
	return 0;
}
