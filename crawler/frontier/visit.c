#include "frontier/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define BUCKETS_FIRST 64

/* A chained table; it stays small: only what was redirected or lost its worker is in it. */
struct visits {
	struct visit **buckets;
	size_t bucket_count, kept;
	struct visit *unused; /* ended, ready to be begun again */
};

void visit_set_url(struct visit *visit, struct slice url)
{
	char *copy = memory_text(url.at, url.size);

	free(visit->url);
	visit->url = copy;
	visit->url_size = url.size;
}

void visit_add_hop(struct visit *visit, unsigned status)
{
	size_t size = visit->trail ? strlen(visit->trail) : 0, room = visit->url_size + 16;
	char *trail = memory_resize(visit->trail, size + room);
	char code[16] = "kept";

	if (status > 0)
		snprintf(code, sizeof(code), "%u", status);
	snprintf(trail + size, room, "%s%s %.*s", size > 0 ? ", " : "", code, (int)visit->url_size,
		 visit->url);
	visit->trail = trail;
	visit->hops++;
}

void visit_forget_hops(struct visit *visit)
{
	free(visit->trail);
	visit->trail = NULL;
	visit->hops = 0;
}

struct visits *visits_new(void)
{
	struct visits *visits = memory_new(1, sizeof(*visits));

	visits->bucket_count = BUCKETS_FIRST;
	visits->buckets = memory_new(BUCKETS_FIRST, sizeof(struct visit *));
	return visits;
}

static void free_chain(struct visit *visit)
{
	while (visit) {
		struct visit *next = visit->next;

		free(visit->trail);
		free(visit->url);
		free(visit);
		visit = next;
	}
}

void visits_free(struct visits *visits)
{
	if (!visits)
		return;
	for (size_t i = 0; i < visits->bucket_count; i++)
		free_chain(visits->buckets[i]);
	free_chain(visits->unused);
	free(visits->buckets);
	free(visits);
}

/* Ids are given in order: their low bits spread well. */
static struct visit **bucket_of(const struct visits *visits, uint32_t url_id)
{
	return &visits->buckets[url_id & (visits->bucket_count - 1)];
}

static void grow(struct visits *visits)
{
	struct visit **old = visits->buckets;
	size_t old_count = visits->bucket_count;

	visits->bucket_count *= 2;
	visits->buckets = memory_new(visits->bucket_count, sizeof(struct visit *));
	for (size_t i = 0; i < old_count; i++) {
		while (old[i]) {
			struct visit *visit = old[i];
			struct visit **bucket = bucket_of(visits, visit->url_id);

			old[i] = visit->next;
			visit->next = *bucket;
			*bucket = visit;
		}
	}
	free(old);
}

struct visit *visits_begin(struct visits *visits, uint32_t url_id)
{
	struct visit **at = bucket_of(visits, url_id);
	struct visit *visit;

	while (*at && (*at)->url_id != url_id)
		at = &(*at)->next;
	if (*at) {
		visit = *at;
		*at = visit->next;
		visits->kept--;
		return visit;
	}
	visit = visits->unused;
	if (visit)
		visits->unused = visit->next;
	else
		visit = memory_new(1, sizeof(*visit));
	*visit = (struct visit){ .url_id = url_id };
	return visit;
}

void visits_keep(struct visits *visits, struct visit *visit)
{
	struct visit **bucket;

	if (visits->kept == visits->bucket_count)
		grow(visits);
	bucket = bucket_of(visits, visit->url_id);
	visit->next = *bucket;
	*bucket = visit;
	visits->kept++;
}

bool visits_any_counted(const struct visits *visits)
{
	for (size_t i = 0; visits->kept > 0 && i < visits->bucket_count; i++) {
		for (const struct visit *visit = visits->buckets[i]; visit; visit = visit->next) {
			if (visit->is_counted)
				return true;
		}
	}
	return false;
}

void visits_end(struct visits *visits, struct visit *visit)
{
	visit_forget_hops(visit);
	free(visit->url);
	visit->url = NULL;
	visit->next = visits->unused;
	visits->unused = visit;
}
