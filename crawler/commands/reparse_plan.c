#include "commands/reparse_plan.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_hash.h"
#include "parsers/text/memory.h"

int reparse_get_kept(struct store *store, struct store_key key, struct store_kept *kept)
{
	struct store_key before = { key.share, key.number - 1 };
	int found = store_get_kept(store, before, kept);

	return found > 0 ? store_key_id(kept->key) == store_key_id(key) : found;
}

/* ---- the pages ---- */

/* There are as many configs as were crawled with, and neighbours have the same. */
static uint32_t find_group(struct reparse_plan *plan, uint64_t hash)
{
	size_t last = plan->page_count > 0 ? plan->pages[plan->page_count - 1].group : 0;
	struct reparse_group *added;

	for (size_t i = 0; i < plan->group_count; i++) {
		size_t at = (last + i) % plan->group_count;

		if (plan->groups[at].was == hash)
			return (uint32_t)at;
	}
	plan->groups = memory_resize(plan->groups, (plan->group_count + 1) * sizeof(*plan->groups));
	added = &plan->groups[plan->group_count];
	*added = (struct reparse_group){ .was = hash };
	added->runs = memory_new(plan->config->pattern_count, sizeof(*added->runs));
	return (uint32_t)plan->group_count++;
}

static int add_page(void *context, const struct store_read *read)
{
	struct reparse_plan *plan = context;
	struct reparse_page page = { read->key, find_group(plan, read->config_hash), 0 };

	if (plan->page_count == plan->page_room) {
		plan->page_room = plan->page_room * 2 + 1024;
		plan->pages = memory_resize(plan->pages, plan->page_room * sizeof(*plan->pages));
	}
	plan->pages[plan->page_count++] = page;
	return 0;
}

/* ---- the patterns ---- */

/* Its part of what the group was, or 0: it was not there.  Returns 0 or -1. */
static int find_part(const struct reparse_group *group, struct store *store,
		     const struct config_pattern *pattern, uint64_t *part)
{
	uint64_t hash = 0;
	int found = store_get_pattern(store, group->was, pattern->spec->name, &hash);

	*part = found > 0 ? config_hash_part(pattern->spec->name, hash) : 0;
	return found < 0 ? -1 : 0;
}

static bool is_changed(const struct config_pattern *pattern, uint64_t part)
{
	return part != config_hash_part(pattern->spec->name, pattern->hash);
}

/* Which patterns changed for a group?  Returns 0 or -1. */
static int find_changed(const struct reparse_plan *plan, struct store *store,
			struct reparse_group *group)
{
	for (size_t i = 0; i < plan->config->pattern_count; i++) {
		uint64_t part;

		if (find_part(group, store, &plan->config->patterns[i], &part) < 0)
			return -1;
		group->runs[i] = is_changed(&plan->config->patterns[i], part);
	}
	return 0;
}

bool reparse_plan_runs(const struct reparse_plan *plan, size_t pattern)
{
	for (size_t i = 0; i < plan->group_count; i++)
		if (plan->groups[i].runs[pattern])
			return true;
	return false;
}

/* Is there any page to run it on?  Returns 1, 0 or -1: one that was not kept is none. */
static int is_any_kept(const struct reparse_plan *plan, struct store *store, size_t pattern)
{
	for (size_t i = 0; i < plan->page_count; i++) {
		const struct reparse_page *page = &plan->pages[i];
		struct store_kept kept;
		int found = 0;

		if (plan->groups[page->group].runs[pattern])
			found = reparse_get_kept(store, page->key, &kept);
		if (found != 0)
			return found;
	}
	return 0;
}

/* A pattern and its children are run together. */
static void run_everywhere(struct reparse_plan *plan, size_t pattern)
{
	size_t family_size = 1 + plan->config->patterns[pattern].descendant_count;

	for (size_t i = 0; i < plan->group_count; i++)
		for (size_t member = 0; member < family_size; member++)
			plan->groups[i].runs[pattern + member] = true;
}

static void run_named(struct reparse_plan *plan, const bool *named)
{
	size_t count = plan->config->pattern_count;

	for (size_t i = 0; i < plan->group_count; i++)
		memset(plan->groups[i].runs, 0, count * sizeof(*plan->groups[i].runs));
	for (size_t i = 0; i < count; i++)
		if (named[i])
			run_everywhere(plan, config_family(plan->config, i));
}

/* Which patterns with a key changed anywhere: '1' by pattern.  Returns 0 or -1. */
static int find_keyed(const struct reparse_plan *plan, struct store *store, char *keyed)
{
	for (size_t i = 0; i < plan->config->pattern_count; i++) {
		int found = 0;

		if (plan->config->patterns[i].key_count > 0)
			found = is_any_kept(plan, store, i);
		if (found < 0)
			return -1;
		keyed[i] = found > 0 ? '1' : '0';
	}
	return 0;
}

/*
 * Those that are run everywhere are all that a page does not say by itself; what was found before
 * others had parsed any is good for them too.  Returns 0 or -1.
 */
static int choose(struct reparse_plan *plan, struct store *store, const bool *named, bool is_shared)
{
	size_t count = plan->config->pattern_count;
	char *keyed = memory_new(count + 1, 1);
	struct slice agreed = { keyed, count };
	int result = named ? 0 : find_keyed(plan, store, keyed);

	if (result == 0 && is_shared)
		result = store_agree_parses(store, agreed, &agreed);
	if (result == 0 && named)
		run_named(plan, named);
	for (size_t i = 0; result == 0 && !named && i < count && i < agreed.size; i++)
		if (agreed.at[i] == '1')
			run_everywhere(plan, i);
	free(keyed);
	return result;
}

/* What a pattern that is not run means on pages of the group stays as it was. */
static int find_becomes(const struct reparse_plan *plan, struct store *store,
			struct reparse_group *group)
{
	const struct config *config = plan->config;
	uint64_t sum = 0, part;

	for (size_t i = 0; i < config->pattern_count; i++) {
		const struct config_pattern *pattern = &config->patterns[i];

		if (find_part(group, store, pattern, &part) < 0)
			return -1;
		sum += group->runs[i] ? config_hash_part(pattern->spec->name, pattern->hash) : part;
		group->run_count += group->runs[i];
	}
	group->becomes = config_hash_with_patterns(group->was, sum);
	return 0;
}

bool reparse_group_is_due(const struct reparse_group *group)
{
	return group->run_count > 0 || group->becomes != group->was;
}

/* ---- public ---- */

int reparse_plan_make(struct reparse_plan *plan, const struct config *config, struct store *store,
		      const bool *named, bool is_shared)
{
	*plan = (struct reparse_plan){ .config = config };
	if (store_each_read(store, add_page, plan) < 0)
		return -1;
	for (size_t i = 0; i < plan->group_count; i++)
		if (find_changed(plan, store, &plan->groups[i]) < 0)
			return -1;
	if (choose(plan, store, named, is_shared) < 0)
		return -1;
	for (size_t i = 0; i < plan->group_count; i++)
		if (find_becomes(plan, store, &plan->groups[i]) < 0)
			return -1;
	for (size_t i = 0; i < plan->page_count; i++)
		plan->due_count += reparse_group_is_due(&plan->groups[plan->pages[i].group]);
	return 0;
}

void reparse_plan_free(struct reparse_plan *plan)
{
	for (size_t i = 0; i < plan->group_count; i++)
		free(plan->groups[i].runs);
	free(plan->groups);
	free(plan->pages);
}

static int note_group(const struct reparse_plan *plan, struct store *store,
		      const struct reparse_group *group, struct store_pattern *patterns)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->config->pattern_count; i++) {
		const struct config_pattern *pattern = &plan->config->patterns[i];
		struct store_pattern *noted = &patterns[count];

		*noted = (struct store_pattern){ pattern->spec->name, pattern->hash };
		if (!group->runs[i]) {
			int found = store_get_pattern(store, group->was, noted->name, &noted->hash);

			if (found < 0)
				return -1;
			if (found == 0)
				continue;
		}
		count++;
	}
	return store_put_patterns(store, group->becomes, patterns, count);
}

int reparse_plan_note(const struct reparse_plan *plan, struct store *store)
{
	struct store_pattern *patterns = memory_new(plan->config->pattern_count, sizeof(*patterns));
	int result = 0;

	for (size_t i = 0; i < plan->group_count && result == 0; i++)
		if (reparse_group_is_due(&plan->groups[i]))
			result = note_group(plan, store, &plan->groups[i], patterns);
	free(patterns);
	return result;
}
