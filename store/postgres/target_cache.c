#include "store/postgres/target_cache.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

#define PAGES_MAX    16384
#define SITEMAPS_MAX 4096
#define BUCKETS      32768

/* From the one that was looked for last to the one that goes first: a ring around itself. */
struct list {
	struct target ring;
	size_t count, max;
};

struct target_cache {
	struct target *buckets[BUCKETS];
	struct list pages, sitemaps, asked;
};

static void init(struct list *list, size_t max)
{
	list->max = max;
	list->ring.newer = list->ring.older = &list->ring;
}

struct target_cache *target_cache_new(void)
{
	struct target_cache *cache = memory_new(1, sizeof(*cache));

	init(&cache->pages, PAGES_MAX);
	init(&cache->sitemaps, SITEMAPS_MAX);
	init(&cache->asked, SIZE_MAX);
	return cache;
}

static struct target **bucket_of(struct target_cache *cache, uint64_t id)
{
	return &cache->buckets[(id * 0x9e3779b97f4a7c15 >> 32) % BUCKETS];
}

static struct list *list_of(struct target_cache *cache, const struct target *target)
{
	if (target->state == TARGET_ASKED)
		return &cache->asked;
	return target->is_apart ? &cache->sitemaps : &cache->pages;
}

static void link_first(struct list *list, struct target *target)
{
	target->newer = &list->ring;
	target->older = list->ring.older;
	target->older->newer = target;
	list->ring.older = target;
}

static void unlink_from_list(struct target *target)
{
	target->newer->older = target->older;
	target->older->newer = target->newer;
}

static void remove_target(struct target_cache *cache, struct target *target)
{
	struct target **place = bucket_of(cache, target->id);

	while (*place != target)
		place = &(*place)->next;
	*place = target->next;
	unlink_from_list(target);
	list_of(cache, target)->count--;
	free(target);
}

static struct target *look_up(struct target_cache *cache, uint64_t id)
{
	struct target *target = *bucket_of(cache, id);

	while (target && target->id != id)
		target = target->next;
	return target;
}

struct target *target_cache_find(struct target_cache *cache, uint64_t id)
{
	struct target *target = look_up(cache, id);

	if (target) {
		unlink_from_list(target);
		link_first(list_of(cache, target), target);
	}
	return target;
}

static void keep(struct slice *text, char **to)
{
	if (!text->at)
		return;
	memcpy(*to, text->at, text->size);
	text->at = *to;
	*to += text->size;
}

static struct target *copy_of(const struct target *target)
{
	struct target copy = *target, *made;
	struct slice *const texts[] = {
		&copy.of.row.url,        &copy.of.known.etag,   &copy.of.known.last_modified,
		&copy.of.known.moved_to, &copy.of.known.counts, &copy.request.method,
		&copy.request.headers,   &copy.request.body,    &copy.set,
	};
	size_t size = sizeof(copy) + 1;
	char *to;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		size += texts[i]->size;
	made = memory_new(1, size);
	to = (char *)(made + 1);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		keep(texts[i], &to);
	*made = copy;
	return made;
}

struct target *target_cache_put(struct target_cache *cache, uint64_t id,
				const struct target *target)
{
	struct target *made = copy_of(target), **bucket = bucket_of(cache, id);
	struct list *list;

	target_cache_drop(cache, id); /* after the copy: it may be made of it */
	made->id = id;
	made->is_apart =
		made->of.row.kind == STORE_URL_SITEMAP || made->of.row.kind == STORE_URL_GUESS;
	made->next = *bucket;
	*bucket = made;
	list = list_of(cache, made);
	link_first(list, made);
	if (++list->count > list->max)
		remove_target(cache, list->ring.newer);
	return made;
}

void target_cache_drop(struct target_cache *cache, uint64_t id)
{
	struct target *target = look_up(cache, id);

	if (target)
		remove_target(cache, target);
}

static void clear(struct target_cache *cache, struct list *list)
{
	while (list->ring.older != &list->ring)
		remove_target(cache, list->ring.older);
}

void target_cache_clear(struct target_cache *cache)
{
	clear(cache, &cache->pages);
	clear(cache, &cache->sitemaps);
	for (struct target *target = cache->asked.ring.older; target != &cache->asked.ring;
	     target = target->older)
		target->is_outdated = true;
}

void target_cache_free(struct target_cache *cache)
{
	if (!cache)
		return;
	clear(cache, &cache->pages);
	clear(cache, &cache->sitemaps);
	clear(cache, &cache->asked);
	free(cache);
}
