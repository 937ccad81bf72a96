#include "tests/support/memory_internal.h"

static struct memory_set *find_set(struct memory_store *store, uint32_t number)
{
	const struct memory_list *sets = memory_list_of(store, MEMORY_SETS);

	for (size_t i = 0; i < sets->count; i++) {
		struct memory_set *set = memory_item(sets, i);

		if (set->number == number)
			return set;
	}
	return NULL;
}

int memory_put_set(struct store *door, uint32_t number, struct slice fields)
{
	struct memory_store *store = memory_of(door);
	struct memory_set *set;

	if (memory_begin_writing(store))
		return -1;
	if (number == 0 || find_set(store, number))
		memory_complain("a set that is there, or none (%u)", number);
	set = memory_append(memory_list_of(store, MEMORY_SETS));
	*set = (struct memory_set){ number, memory_keep(store, fields) };
	return 0;
}

int memory_each_set(struct store *door,
		    int (*function)(void *context, uint32_t number, struct slice fields),
		    void *context)
{
	struct memory_store *store = memory_of(door);
	const struct memory_list *sets = memory_list_of(store, MEMORY_SETS);

	if (memory_begin_reading(store))
		return -1;
	for (size_t i = 0; i < sets->count; i++) {
		const struct memory_set *set = memory_item(sets, i);

		if (function(context, set->number, set->fields) < 0)
			break;
	}
	return 0;
}

struct slice memory_set_of(struct memory_store *store, struct store_key root)
{
	const struct memory_url *url = memory_find(memory_list_of(store, MEMORY_URLS), root, NULL);
	const struct memory_set *set = url ? find_set(store, url->row.set) : NULL;

	return set ? set->fields : (struct slice){ NULL, 0 };
}

int memory_get_set(struct store *door, struct store_key key, struct slice *fields)
{
	struct memory_store *store = memory_of(door);
	const struct memory_url *url;
	struct slice found;

	if (memory_begin_reading(store))
		return -1;
	url = memory_find(memory_list_of(store, MEMORY_URLS), key, NULL);
	found = url ? memory_set_of(store, url->row.root) : (struct slice){ NULL, 0 };
	if (found.at)
		*fields = memory_lend(store, found);
	return found.at != NULL;
}

void memory_clear_sets(struct memory_store *store)
{
	const struct memory_list *urls = memory_list_of(store, MEMORY_URLS);
	struct memory_list *sets = memory_list_of(store, MEMORY_SETS);

	for (size_t i = sets->count; i-- > 0;) {
		const struct memory_set *set = memory_item(sets, i);
		bool is_had = false;

		for (size_t n = 0; n < urls->count && !is_had; n++)
			is_had =
				((struct memory_url *)memory_item(urls, n))->row.set == set->number;
		if (!is_had)
			memory_remove(sets, i);
	}
}

static void read_again(struct memory_store *store, struct store_key root)
{
	const struct memory_list *urls = memory_list_of(store, MEMORY_URLS);

	for (size_t i = 0; i < urls->count; i++) {
		struct memory_url *url = memory_item(urls, i);

		if (store_key_id(url->row.root) != store_key_id(root))
			continue;
		url->pass = 0;
		url->page.etag = url->page.last_modified = (struct slice){ 0 };
		url->page.hash = 0;
	}
}

int memory_put_root_sets(struct store *door, const struct store_root_set sets[], size_t count)
{
	struct memory_store *store = memory_of(door);

	for (size_t i = 0; i < count; i++) {
		struct memory_url *url;
		int found = memory_url_to_write(store, sets[i].root, &url);

		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		if (sets[i].set != 0 && !find_set(store, sets[i].set))
			memory_complain("a set that was never put (%u)", sets[i].set);
		url->row.set = sets[i].set;
		read_again(store, sets[i].root);
	}
	memory_clear_sets(store);
	return 0;
}
