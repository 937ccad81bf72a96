#include "pool/slots.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "parsers/text/memory.h"

struct slots {
	char *memory;
	size_t slot_bytes;
	unsigned count;
};

static size_t whole_pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

struct slots *slots_new(unsigned count, size_t slot_bytes)
{
	struct slots *slots;
	size_t each = whole_pages(slot_bytes);
	void *memory;

	if (each < slot_bytes || each > SIZE_MAX / (count ? count : 1)) {
		errno = ENOMEM;
		return NULL;
	}
	memory = mmap(NULL, count * each, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	slots = memory_new(1, sizeof(*slots));
	*slots = (struct slots){ .memory = memory, .slot_bytes = each, .count = count };
	return slots;
}

void slots_free(struct slots *slots)
{
	if (!slots)
		return;
	munmap(slots->memory, slots->count * slots->slot_bytes);
	free(slots);
}

char *slots_at(const struct slots *slots, unsigned slot)
{
	return slots->memory + slot * slots->slot_bytes;
}

size_t slots_bytes(const struct slots *slots)
{
	return slots->slot_bytes;
}

void slot_trim(char *slot, size_t slot_bytes, size_t keep)
{
	size_t kept;

	if (keep >= slot_bytes)
		return; /* also keeps whole_pages() from overflowing */
	kept = whole_pages(keep);
	if (kept < slot_bytes)
		madvise(slot + kept, slot_bytes - kept, MADV_REMOVE);
}
