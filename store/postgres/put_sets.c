#include "store/postgres/kinds.h"
#include "store/postgres/writing.h"

#include <stdlib.h>
#include <xxhash.h>

#include "parsers/text/memory.h"

/*
 * A set is named by a hash of its fields, so that nodes that read the same lists write the same
 * sets; numbers are the caller's own, and say nothing to others.
 */

int64_t postgres_set_hash(const struct postgres_store *store, struct slice fields)
{
	uint64_t hash = XXH3_64bits_withSeed(fields.at, fields.size, store->secret);

	return hash ? (int64_t)hash : 1;
}

void postgres_number_set(struct postgres_store *store, uint32_t number, int64_t id)
{
	struct postgres_writing *writing = postgres_writing(store);

	if (number >= writing->set_count) {
		size_t count = 2 * (size_t)number + 16;

		writing->sets = memory_resize(writing->sets, count * sizeof(*writing->sets));
		for (size_t i = writing->set_count; i < count; i++)
			writing->sets[i] = 0;
		writing->set_count = count;
	}
	writing->sets[number] = id;
}

int64_t postgres_set_id(const struct postgres_store *store, uint32_t number)
{
	const struct postgres_writing *writing = store->writing;

	return writing && number < writing->set_count ? writing->sets[number] : 0;
}

int postgres_put_set(struct store *door, uint32_t number, struct slice fields)
{
	struct postgres_store *store = postgres_of(door);
	int64_t id;

	if (postgres_begin(store)) /* the secret is the crawl's */
		return -1;
	id = postgres_set_hash(store, fields);
	postgres_number_set(store, number, id);
	return postgres_write(
		door, POSTGRES_ADD_SET,
		(struct store_value[]){ postgres_of_integer(id), postgres_of_text(fields) });
}

int postgres_put_root_sets(struct store *door, const struct store_root_set sets[], size_t count)
{
	struct postgres_store *store = postgres_of(door);

	postgres_writing(store)->has_changed_sets |= count > 0;
	for (size_t i = 0; i < count; i++) {
		int64_t id = postgres_set_id(store, sets[i].set);

		if (postgres_write(door, POSTGRES_SET_ROOT_SETS,
				   (struct store_value[]){ postgres_of_key(sets[i].root),
							   postgres_of_number(id) }))
			return -1;
	}
	return door->has_failed ? -1 : 0;
}
