#include "store/postgres/internal.h"

#include <stdio.h>

#include "parsers/text/memory.h"

/*
 * What all nodes may do so often in total is handed out in parts of a hundredth, and in smaller
 * ones when little is left: asked for when half of the last one is used up, and given back by who
 * has nothing to do.  What a node that died had and did not use is lost: more than the total is
 * never done.  Of max_pages who wants more waits until nobody else has anything to give back.
 */
#define PARTS         100
#define PARTS_OF_REST 4 /* of each node */

uint64_t postgres_quota_step(const struct postgres_quota *quota)
{
	uint64_t step = quota->total / PARTS;

	return step ? step : 1;
}

int64_t postgres_quota_divisor(const struct postgres_node *node)
{
	return PARTS_OF_REST * (node->live ? node->live : 1);
}

/* Idle, or waiting for others. */
static bool has_nothing(const struct postgres_node *node)
{
	return node->load.is_idle || (node->load.in_flight == 0 && node->load.queued == 0);
}

/* May what is left of it go to others? */
static bool is_left(const struct postgres_node *node, const struct postgres_quota *quota)
{
	return quota->is_waited_for ? has_nothing(node) : node->load.is_idle;
}

struct postgres_quota *postgres_quota_wanted(struct postgres_node *node)
{
	for (size_t i = 0; i < node->quota_count; i++) {
		struct postgres_quota *quota = &node->quotas[i];

		if (quota->is_wanted && !is_left(node, quota))
			return quota;
	}
	return NULL;
}

struct postgres_quota *postgres_quota_unspent(struct postgres_node *node)
{
	for (size_t i = 0; i < node->quota_count; i++) {
		struct postgres_quota *quota = &node->quotas[i];

		if (quota->granted > quota->used && is_left(node, quota))
			return quota;
	}
	return NULL;
}

uint64_t postgres_quota_left(const struct postgres_node *node)
{
	uint64_t left = 0;

	for (size_t i = 0; i < node->quota_count; i++) {
		const struct postgres_quota *quota = &node->quotas[i];

		if (quota->is_waited_for && quota->granted > quota->used)
			left += quota->granted - quota->used;
	}
	return left;
}

static struct postgres_quota *find_quota(struct postgres_node *node, const char *name,
					 uint64_t total)
{
	struct postgres_quota *quota;

	for (size_t i = 0; i < node->quota_count; i++) {
		if (strcmp(node->quotas[i].name, name) == 0)
			return &node->quotas[i];
	}
	node->quotas = memory_resize(node->quotas, (node->quota_count + 1) * sizeof(*node->quotas));
	quota = &node->quotas[node->quota_count++];
	*quota = (struct postgres_quota){ .total = total };
	quota->part = postgres_quota_step(quota);
	quota->is_waited_for = strcmp(name, STORE_QUOTA_PAGES) == 0;
	snprintf(quota->name, sizeof(quota->name), "%s", name);
	return quota;
}

struct store_quota postgres_get_quota(struct store *door, const char *name, uint64_t total,
				      uint64_t used)
{
	struct postgres_node *node = postgres_node_of(door);
	struct postgres_quota *quota;

	if (!node || node->is_alone)
		return (struct store_quota){ .granted = total, .is_last = true };
	quota = find_quota(node, name, total);
	quota->used = used;
	if (!quota->is_last && used + quota->part / 2 >= quota->granted &&
	    postgres_boot_ms() >= quota->again_ms)
		quota->is_wanted = true;
	return (struct store_quota){ .granted = quota->granted, .is_last = quota->is_last };
}
