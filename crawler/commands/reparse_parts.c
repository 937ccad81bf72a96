#include "commands/reparse_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/clock.h"
#include "config/config_hash.h"
#include "parsers/text/memory.h"

#define LOOK_MS 1000 /* after which others are given their part */

/* The pages of a share, in their order. */
struct part {
	uint64_t pages, done;
	bool is_ours, was_ours, has_changed;
};

struct reparse_parts {
	const struct reparse_plan *plan;
	struct store *store; /* or NULL */
	struct part *parts;  /* by share */
	uint32_t count;
	size_t next;     /* page of the plan */
	int64_t look_ms; /* or CLOCK_NEVER */
	bool is_taken;   /* without a store: once */
};

static struct part *part_of(const struct reparse_parts *parts, const struct reparse_page *page)
{
	return &parts->parts[parts->store ? page->key.share : 0];
}

struct reparse_parts *reparse_parts_new(struct reparse_plan *plan, struct store *store)
{
	struct reparse_parts *parts = memory_new(1, sizeof(*parts));

	*parts = (struct reparse_parts){
		.plan = plan,
		.store = store,
		.count = store ? store_get_share_count(store) : 1,
		.look_ms = CLOCK_NEVER,
	};
	parts->parts = memory_new(parts->count, sizeof(*parts->parts));
	for (size_t i = 0; i < plan->page_count; i++)
		plan->pages[i].place = part_of(parts, &plan->pages[i])->pages++;
	return parts;
}

void reparse_parts_free(struct reparse_parts *parts)
{
	if (!parts)
		return;
	free(parts->parts);
	free(parts);
}

/* ---- whose they are ---- */

static void take(void *context, uint32_t share, uint64_t done)
{
	struct reparse_parts *parts = context;
	struct part *part = &parts->parts[share];

	part->is_ours = true;
	if (part->was_ours)
		return;
	part->done = done;
	parts->next = 0; /* its pages may lie before those that were looked at */
}

int reparse_parts_take(struct reparse_parts *parts)
{
	bool is_first = !parts->is_taken;

	parts->is_taken = true;
	if (!parts->store) {
		parts->parts[0].is_ours = is_first;
		return is_first;
	}
	for (uint32_t share = 0; share < parts->count; share++) {
		parts->parts[share].was_ours = parts->parts[share].is_ours;
		parts->parts[share].is_ours = false;
	}
	if (parts->count > 1)
		parts->look_ms = clock_ms() + LOOK_MS;
	return store_take_parses(parts->store, take, parts);
}

bool reparse_parts_are_due(const struct reparse_parts *parts)
{
	return clock_ms() >= parts->look_ms;
}

/* ---- pages ---- */

bool reparse_parts_next(struct reparse_parts *parts, size_t *place)
{
	const struct reparse_plan *plan = parts->plan;

	while (parts->next < plan->page_count) {
		const struct reparse_page *page = &plan->pages[parts->next];
		struct part *part = part_of(parts, page);

		*place = parts->next++;
		if (!part->is_ours || page->place < part->done)
			continue;
		part->done = page->place + 1;
		part->has_changed = true;
		return true;
	}
	return false;
}

int reparse_parts_put(struct reparse_parts *parts)
{
	for (uint32_t share = 0; parts->store && share < parts->count; share++) {
		struct part *part = &parts->parts[share];

		if (!part->has_changed)
			continue;
		part->has_changed = false;
		if (store_put_parsed(parts->store, share, part->done, part->done == part->pages) <
		    0)
			return -1;
	}
	return 0;
}

/* ---- how ---- */

void reparse_parts_how(const struct config *config, const bool *named, char how[REPARSE_HOW_SIZE])
{
	uint64_t sum = XXH3_64bits(CRAWL_VERSION, strlen(CRAWL_VERSION));

	for (size_t i = 0; i < config->pattern_count; i++) {
		const struct config_pattern *pattern = &config->patterns[i];
		uint64_t of[] = { sum, config_hash_part(pattern->spec->name, pattern->hash),
				  named ? 1u + named[i] : 0 };

		sum = XXH3_64bits(of, sizeof(of));
	}
	snprintf(how, REPARSE_HOW_SIZE, "%016llx", (unsigned long long)sum);
}
