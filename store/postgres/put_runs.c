#include "store/postgres/kinds.h"
#include "store/postgres/writing.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

/*
 * A pass is a number, and what it asks for again: results of a pass before it do not count any
 * more.  Nothing of a URL is written: of all roots the run's row says it, of some crawl_roots.
 * Who joined a run takes the pass that was begun for it.
 */
int postgres_put_asked(struct store *door, const struct store_asked *asked)
{
	struct postgres_store *store = postgres_of(door);
	bool is_new = asked->pass != STORE_PASS_GOES_ON;

	if (door->has_failed || postgres_begin(store))
		return -1;
	store->asks = asked->pass;
	if (store->node && store->node->has_joined)
		return 0;
	store->pass += is_new;
	store->is_of_all = asked->is_of_all;
	return postgres_write(
		door, POSTGRES_ASK,
		(struct store_value[]){
			postgres_of_integer(store->run_id), postgres_of_integer(store->pass),
			postgres_of_integer(asked->is_of_all ? asked->pass : STORE_PASS_GOES_ON),
			postgres_of_integer(asked->pass), postgres_of_integer(asked->is_of_all),
			postgres_of_integer((int64_t)asked->named) });
}

int postgres_put_root_pass(struct store *door, struct store_key root)
{
	struct postgres_store *store = postgres_of(door);
	int64_t all = store->asks == STORE_PASS_ALL ? store->pass : 0;
	int64_t failed = store->asks == STORE_PASS_FAILED ? store->pass : 0;

	if (store->asks != STORE_PASS_GOES_ON &&
	    postgres_write(door, POSTGRES_ROOT_PASS,
			   (struct store_value[]){ postgres_of_key(root), postgres_of_integer(all),
						   postgres_of_integer(failed) }))
		return -1;
	return postgres_write(door, POSTGRES_NAME_ROOT,
			      (struct store_value[]){ postgres_of_integer(store->run_id),
						      postgres_of_key(root) });
}

/* ---- what patterns mean ---- */

static void remember(struct postgres_store *store, uint64_t config_hash,
		     const struct store_pattern *pattern)
{
	struct postgres_writing *writing = postgres_writing(store);
	size_t count = writing->meaning_count;

	writing->meanings =
		memory_resize(writing->meanings, (count + 1) * sizeof(*writing->meanings));
	writing->meanings[count] = (struct postgres_meaning){
		.config_hash = config_hash,
		.hash = pattern->hash,
		.name = memory_text(pattern->name, strlen(pattern->name)),
	};
	writing->meaning_count++;
}

static void put_meaning(struct store_value values[3], uint64_t config_hash, const char *name,
			uint64_t hash)
{
	values[0] = postgres_of_integer((int64_t)config_hash);
	values[1] = postgres_of_string(name);
	values[2] = postgres_of_integer((int64_t)hash);
}

/* Before a run begins there is nobody yet who writes. */
int postgres_put_patterns(struct store *door, uint64_t config_hash,
			  const struct store_pattern *patterns, size_t count)
{
	struct postgres_store *store = postgres_of(door);
	struct store_value values[3];

	if (door->has_failed)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!store->node) {
			remember(store, config_hash, &patterns[i]);
			continue;
		}
		put_meaning(values, config_hash, patterns[i].name, patterns[i].hash);
		if (postgres_write(door, POSTGRES_ADD_PATTERN, values))
			return -1;
	}
	return 0;
}

void postgres_put_meanings(struct postgres_store *store)
{
	struct postgres_writing *writing = postgres_writing(store);
	struct store_value values[3];

	for (size_t i = 0; i < writing->meaning_count; i++) {
		const struct postgres_meaning *meaning = &writing->meanings[i];

		put_meaning(values, meaning->config_hash, meaning->name, meaning->hash);
		postgres_queue(store,
			       "INSERT INTO crawl_patterns (config_hash, pattern, hash)"
			       " VALUES ($1::bigint, $2::text, $3::bigint) ON CONFLICT DO NOTHING",
			       values, 3);
	}
}

void postgres_forget_meanings(struct postgres_store *store)
{
	struct postgres_writing *writing = postgres_writing(store);

	for (size_t i = 0; i < writing->meaning_count; i++)
		free(writing->meanings[i].name);
	writing->meaning_count = 0;
}
