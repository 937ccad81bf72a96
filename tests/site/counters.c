#include "counters.h"

#include <stdatomic.h>
#include <sys/mman.h>

/* A name's place is found by its hash; two names with one hash would share a count. */
struct named {
	_Atomic uint64_t hash; /* 0: free */
	_Atomic uint64_t count;
};

struct counters {
	_Atomic uint64_t last;
	struct named names[COUNTERS_NAMES_MAX];
};

struct counters *counters_new(void)
{
	void *memory = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void counters_free(struct counters *counters)
{
	if (counters)
		munmap(counters, sizeof(*counters));
}

uint64_t counters_next(struct counters *counters)
{
	return atomic_fetch_add(&counters->last, 1) + 1;
}

/* FNV-1a, never 0. */
static uint64_t hash_of(struct slice name)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < name.size; i++)
		hash = (hash ^ (unsigned char)name.at[i]) * 0x100000001b3;
	return hash ? hash : 1;
}

uint64_t counters_ask(struct counters *counters, struct slice name)
{
	uint64_t hash = hash_of(name);

	for (size_t i = 0; i < COUNTERS_NAMES_MAX; i++) {
		struct named *named = &counters->names[(hash + i) % COUNTERS_NAMES_MAX];
		uint64_t found = 0;

		if (atomic_compare_exchange_strong(&named->hash, &found, hash) || found == hash)
			return atomic_fetch_add(&named->count, 1) + 1;
	}
	return 0;
}
