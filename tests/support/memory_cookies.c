#include "tests/support/memory_internal.h"

#include <strings.h>

static bool is_same(const struct store_cookie *one, const struct store_cookie *other)
{
	return slice_equal(one->domain, other->domain) && slice_equal(one->path, other->path) &&
	       slice_equal(one->name, other->name);
}

/* Its place, or their number. */
static size_t place_of(const struct memory_list *list, const struct store_cookie *cookie)
{
	size_t at = 0;

	while (at < list->count && !is_same(memory_item(list, at), cookie))
		at++;
	return at;
}

int memory_hide(struct store *door)
{
	return door->has_failed ? -1 : 0;
}

int memory_put_cookie(struct store *door, const struct store_cookie *cookie)
{
	struct memory_store *store = memory_of(door);
	struct memory_list *list = memory_list_of(store, MEMORY_COOKIES);
	struct store_cookie *kept;
	size_t at;

	if (memory_begin_writing(store))
		return -1;
	at = place_of(list, cookie);
	kept = at < list->count ? memory_item(list, at) : memory_append(list);
	*kept = *cookie;
	kept->domain = memory_keep(store, cookie->domain);
	kept->path = memory_keep(store, cookie->path);
	kept->name = memory_keep(store, cookie->name);
	kept->value = memory_keep(store, cookie->value);
	return 0;
}

int memory_clear_cookie(struct store *door, const struct store_cookie *cookie)
{
	struct memory_store *store = memory_of(door);
	struct memory_list *list = memory_list_of(store, MEMORY_COOKIES);
	size_t at;

	if (memory_begin_writing(store))
		return -1;
	at = place_of(list, cookie);
	if (at < list->count)
		memory_remove(list, at);
	return 0;
}

int memory_each_cookie(struct store *door,
		       int (*function)(void *context, const struct store_cookie *cookie),
		       void *context)
{
	struct memory_store *store = memory_of(door);
	struct memory_list *list = memory_list_of(store, MEMORY_COOKIES);

	if (memory_begin_reading(store))
		return -1;
	for (size_t i = 0; i < list->count; i++)
		if (function(context, memory_item(list, i)) < 0)
			break;
	return 0;
}

static bool is_below(struct slice domain, struct slice host)
{
	size_t behind = domain.size - host.size;

	if (domain.size < host.size || strncasecmp(domain.at + behind, host.at, host.size) != 0)
		return false;
	return behind == 0 || domain.at[behind - 1] == '.';
}

int memory_clear_cookies(struct store *door, struct slice host, uint64_t *count)
{
	struct memory_store *store = memory_of(door);
	struct memory_list *list = memory_list_of(store, MEMORY_COOKIES);

	*count = 0;
	if (memory_begin_writing(store))
		return -1;
	for (size_t i = list->count; i-- > 0;) {
		const struct store_cookie *cookie = memory_item(list, i);

		if (host.size > 0 && !is_below(cookie->domain, host))
			continue;
		memory_remove(list, i);
		*count += 1;
	}
	return store_commit(door);
}
