#include "store/postgres/changed.h"
#include "store/postgres/flow.h"
#include "store/postgres/kinds.h"
#include "store/postgres/node.h"
#include "store/postgres/pipe.h"
#include "store/postgres/target_cache.h"
#include "store/postgres/writing.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/memory.h"

/*
 * What a request needs to know of a URL is asked for some time before, by a question of the pipe,
 * and kept while there is room.  Whoever has no pipe, or nobody who gives it turns, asks and waits.
 */

#define LEVELS_MAX 4 /* of sitemaps that led to one, which are looked for with it */

/* One question for some URLs. */
struct ahead {
	struct ahead *next;
	struct postgres_store *store;
	bool is_settled; /* nothing was on its way to the server before it */
	size_t count;
	uint64_t ids[];
};

struct postgres_targets {
	struct target_cache *cache;
	struct changed *changed;
	int64_t all_changed; /* the batch that changed all of them, or 0 */
	struct ahead *asked;
	bool has_sets;
	PGresult *shown; /* what a verb hands out until the next call */
};

static struct postgres_targets *targets_of(struct postgres_store *store)
{
	struct postgres_targets *targets = store->targets;

	if (!targets) {
		targets = store->targets = memory_new(1, sizeof(*targets));
		targets->cache = target_cache_new();
		targets->changed = changed_new();
	}
	return targets;
}

static bool must_wait(const struct postgres_store *store)
{
	return !store->pipe || !store->node || store->node->is_alone;
}

/* ---- rows ---- */

/* OFFSET keeps the planner from reading whole tables for a few rows. */
static const char targets_sql[] =
	"SELECT k.id, u.url, u.host_id, u.from_id, u.from_where, u.depth, u.kind, u.lane, u.rule,"
	" u.root, r.url_id IS NOT NULL, r.etag, r.last_modified, r.hash,"
	" 1000 * floor(extract(epoch FROM r.fetched_at::timestamptz))::bigint,"
	" r.final_url <> u.url, CASE WHEN r.is_moved <> 0 AND r.final_url <> u.url"
	"  THEN r.final_url END, r.outcome IN ('ok', 'not_modified'), r.config_hash,"
	" r.outcome = 'moved', r.read_at IS NOT NULL, r.counts, q.method, q.headers, q.body,"
	" s.fields FROM unnest($1::bigint[]) k(id)"
	" CROSS JOIN LATERAL (SELECT * FROM urls WHERE id = k.id OFFSET 0) u"
	" LEFT JOIN LATERAL (SELECT * FROM results WHERE url_id = k.id OFFSET 0) r ON true"
	" LEFT JOIN LATERAL (SELECT * FROM crawl_requests WHERE url_id = k.id OFFSET 0) q ON true"
	" LEFT JOIN LATERAL (SELECT set_id FROM urls WHERE id = u.root OFFSET 0) o ON true"
	" LEFT JOIN LATERAL (SELECT fields FROM crawl_sets WHERE id = o.set_id OFFSET 0) s"
	" ON true";
enum column {
	TARGET_ID,
	TARGET_URL,
	TARGET_HOST,
	TARGET_FROM,
	TARGET_WHERE,
	TARGET_DEPTH,
	TARGET_KIND,
	TARGET_LANE,
	TARGET_RULE,
	TARGET_ROOT,
	TARGET_AGAIN,
	TARGET_ETAG,
	TARGET_MODIFIED,
	TARGET_HASH,
	TARGET_FETCHED,
	TARGET_REDIRECTED,
	TARGET_MOVED,
	TARGET_GOOD,
	TARGET_CONFIG,
	TARGET_READ_THERE,
	TARGET_CONTENT,
	TARGET_COUNTS,
	TARGET_METHOD,
	TARGET_HEADERS,
	TARGET_BODY,
	TARGET_SET,
};

static struct store_url read_url(const PGresult *result, int row)
{
	return (struct store_url){
		.url = postgres_text(result, row, TARGET_URL),
		.host = postgres_key(postgres_integer(result, row, TARGET_HOST)),
		.from = postgres_key(postgres_integer(result, row, TARGET_FROM)),
		.from_where = (enum store_from)postgres_integer(result, row, TARGET_WHERE),
		.depth = (int)postgres_integer(result, row, TARGET_DEPTH),
		.kind = (enum store_url_kind)postgres_integer(result, row, TARGET_KIND),
		.lane = (int)postgres_integer(result, row, TARGET_LANE),
		.rule = (int)postgres_integer(result, row, TARGET_RULE),
		.root = postgres_key(postgres_integer(result, row, TARGET_ROOT)),
	};
}

/* What was made by another config tells nothing of whether rows would be the same. */
static struct store_validators read_validators(const struct postgres_store *store,
					       const PGresult *result, int row)
{
	struct store_validators known = {
		.fetched_at_ms =
			postgres_our_date(store, postgres_integer(result, row, TARGET_FETCHED)),
		.is_redirected = postgres_bool(result, row, TARGET_REDIRECTED),
		.moved_to = postgres_text(result, row, TARGET_MOVED),
		.is_good = postgres_bool(result, row, TARGET_GOOD),
		.is_read_there = postgres_bool(result, row, TARGET_READ_THERE),
		.has_content = postgres_bool(result, row, TARGET_CONTENT),
	};

	if (postgres_integer(result, row, TARGET_CONFIG) != store->config_hash)
		return known;
	known.etag = postgres_text(result, row, TARGET_ETAG);
	known.last_modified = postgres_text(result, row, TARGET_MODIFIED);
	known.hash = (uint64_t)postgres_integer(result, row, TARGET_HASH);
	known.counts = postgres_text(result, row, TARGET_COUNTS);
	return known;
}

static struct store_request read_request(const PGresult *result, int row, int column)
{
	return (struct store_request){
		.method = postgres_text(result, row, column),
		.headers = postgres_text(result, row, column + 1),
		.body = postgres_value(result, row, column + 2).text,
	};
}

static void take_target(struct postgres_store *store, const PGresult *result, int row)
{
	struct target target = {
		.state = TARGET_KNOWN,
		.of = { .row = read_url(result, row),
			.is_again = postgres_bool(result, row, TARGET_AGAIN) },
		.has_request = !PQgetisnull(result, row, TARGET_METHOD),
		.set = postgres_text(result, row, TARGET_SET),
	};

	if (target.of.is_again)
		target.of.known = read_validators(store, result, row);
	if (target.has_request)
		target.request = read_request(result, row, TARGET_METHOD);
	target_cache_put(targets_of(store)->cache,
			 (uint64_t)postgres_integer(result, row, TARGET_ID), &target);
}

/* As PostgreSQL reads an array; freed by the caller. */
static char *ids_text(const uint64_t ids[], size_t count)
{
	char *text = memory_new(count + 1, 24);
	size_t size = 1;

	text[0] = '{';
	for (size_t i = 0; i < count; i++)
		size += (size_t)sprintf(text + size, "%s%llu", i > 0 ? "," : "",
					(unsigned long long)ids[i]);
	text[size] = '}';
	return text;
}

/* ---- on their way ---- */

static void drop_ahead(struct postgres_targets *targets, struct ahead *ahead)
{
	struct ahead **place = &targets->asked;

	while (*place != ahead)
		place = &(*place)->next;
	*place = ahead->next;
	free(ahead);
}

static void take_asked(struct ahead *ahead, const PGresult *result, int row)
{
	struct target_cache *cache = ahead->store->targets->cache;
	uint64_t id = (uint64_t)postgres_integer(result, row, TARGET_ID);
	const struct target *asked = target_cache_find(cache, id);

	if (!asked || asked->state != TARGET_ASKED)
		return;
	if (asked->is_outdated)
		target_cache_drop(cache, id); /* whoever wants it asks again */
	else
		take_target(ahead->store, result, row);
}

/* What did not come is not there; or not yet, if its batch was still to be sent again. */
static void end_asked(struct ahead *ahead)
{
	const struct target missing = { .state = TARGET_MISSING };
	struct target_cache *cache = ahead->store->targets->cache;

	for (size_t i = 0; i < ahead->count; i++) {
		const struct target *asked = target_cache_find(cache, ahead->ids[i]);

		if (!asked || asked->state != TARGET_ASKED)
			continue;
		if (ahead->is_settled && !asked->is_outdated)
			target_cache_put(cache, ahead->ids[i], &missing);
		else
			target_cache_drop(cache, ahead->ids[i]);
	}
	drop_ahead(ahead->store->targets, ahead);
}

static void take_answer(void *context, enum postgres_answer answer, const PGresult *result, int row)
{
	if (answer == POSTGRES_ANSWER_ROW)
		take_asked(context, result, row);
	else if (answer == POSTGRES_ANSWER_END)
		end_asked(context);
}

static bool is_in_open_batch(struct postgres_store *store, uint64_t id)
{
	const struct postgres_targets *targets = targets_of(store);
	int64_t closed = postgres_pipe_closed(store->pipe);

	return targets->all_changed > closed || changed_by(targets->changed, id) > closed;
}

/* What is said of them in the open batch goes before the question. */
static void close_for(struct postgres_store *store, const uint64_t ids[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_in_open_batch(store, ids[i]))
			continue;
		postgres_node_close_batch(store, NULL, NULL);
		return;
	}
}

static bool is_settled(const struct postgres_store *store)
{
	return postgres_pipe_waiting(store->pipe) == 0 &&
	       postgres_batch_rows(postgres_pipe_open_batch(store->pipe)) == 0;
}

static void ask(struct postgres_store *store, const uint64_t ids[], size_t count)
{
	const struct target asked = { .state = TARGET_ASKED };
	struct postgres_targets *targets = targets_of(store);
	struct postgres_question question = { targets_sql, take_answer, NULL };
	struct ahead *ahead;
	struct store_value value;
	char *text;

	if (count == 0)
		return;
	close_for(store, ids, count);
	ahead = memory_new(1, sizeof(*ahead) + count * sizeof(ids[0]));
	*ahead = (struct ahead){ targets->asked, store, is_settled(store), count };
	targets->asked = question.context = ahead;
	for (size_t i = 0; i < count; i++) {
		ahead->ids[i] = ids[i];
		target_cache_put(targets->cache, ids[i], &asked);
	}
	text = ids_text(ids, count);
	value = postgres_of_string(text);
	postgres_pipe_ask(store->pipe, &question, &value, 1);
	free(text);
}

/* ---- waited for ---- */

/* What was put of this row is there for whoever reads by another connection. */
static int settle(struct postgres_store *store, uint64_t row)
{
	const struct postgres_targets *targets = targets_of(store);
	int64_t committed;

	if (!store->pipe || is_settled(store))
		return 0;
	committed = postgres_pipe_committed(store->pipe);
	if (changed_by(targets->changed, row) <= committed && targets->all_changed <= committed)
		return 0;
	return postgres_settle_all(store);
}

/* Returns its first row, which stays until the next call, or NULL: there is none, or it failed. */
static const PGresult *look(struct postgres_store *store, const char *sql, uint64_t row,
			    const struct store_value *value)
{
	struct postgres_targets *targets = targets_of(store);

	PQclear(targets->shown);
	targets->shown = NULL;
	if (settle(store, row))
		return NULL;
	targets->shown = postgres_ask(store, sql, value, 1);
	return targets->shown && PQntuples(targets->shown) > 0 ? targets->shown : NULL;
}

static const PGresult *look_at(struct postgres_store *store, const char *sql, struct store_key key)
{
	const struct store_value value = postgres_of_key(key);

	return look(store, sql, store_key_id(key), &value);
}

/* ---- targets ---- */

static const struct target *read_now(struct postgres_store *store, struct store_key key)
{
	uint64_t id = store_key_id(key);
	char *text = ids_text(&id, 1);
	const struct store_value value = postgres_of_string(text);
	const PGresult *row = look(store, targets_sql, id, &value);

	free(text);
	if (!row)
		return NULL;
	take_target(store, row, 0);
	return target_cache_find(store->targets->cache, id);
}

/*
 * Are those that led to a sitemap here, as far as they are sitemaps?  What it names may be theirs
 * to name.
 */
static bool has_origins(struct postgres_store *store, const struct target *target)
{
	struct target_cache *cache = store->targets->cache;

	for (unsigned level = 0; level < LEVELS_MAX && target->is_apart; level++) {
		uint64_t from = store_key_id(target->of.row.from);

		if (from == 0)
			return true;
		target = target_cache_find(cache, from);
		if (!target)
			ask(store, &from, 1);
		if (!target || target->state == TARGET_ASKED)
			return false;
	}
	return true;
}

static int no_such_url(struct postgres_store *store, struct store_key key)
{
	return store_fail(&store->base, STORE_CURE_NONE, "%s knows no URL %llu", store->uri.shown,
			  (unsigned long long)store_key_id(key));
}

int postgres_ahead(struct store *door, const struct store_key keys[], size_t count)
{
	struct postgres_store *store = postgres_of(door);
	struct target_cache *cache = targets_of(store)->cache;
	uint64_t ids[STORE_AHEAD_MAX];
	size_t wanted = 0;

	if (must_wait(store))
		return door->has_failed ? -1 : 0;
	for (size_t i = 0; i < count && i < STORE_AHEAD_MAX; i++) {
		uint64_t id = store_key_id(keys[i]);
		const struct target *target = target_cache_find(cache, id);

		if (!target)
			ids[wanted++] = id;
		else if (target->state == TARGET_KNOWN)
			has_origins(store, target);
	}
	ask(store, ids, wanted);
	return door->has_failed ? -1 : 0;
}

/* What the open batch says of one is no reason to close it. */
int postgres_soon(struct store *door, const struct store_key keys[], size_t count)
{
	struct postgres_store *store = postgres_of(door);
	uint64_t ids[STORE_SOON_MAX];
	size_t wanted = 0;

	if (must_wait(store))
		return door->has_failed ? -1 : 0;
	for (size_t i = 0; i < count && i < STORE_SOON_MAX; i++) {
		uint64_t id = store_key_id(keys[i]);

		if (!target_cache_find(targets_of(store)->cache, id) &&
		    !is_in_open_batch(store, id))
			ids[wanted++] = id;
	}
	ask(store, ids, wanted);
	return door->has_failed ? -1 : 0;
}

int postgres_url(struct store *door, struct store_key key, struct store_target *target)
{
	struct postgres_store *store = postgres_of(door);
	uint64_t id = store_key_id(key);
	const struct target *found = target_cache_find(targets_of(store)->cache, id);

	if (door->has_failed)
		return -1;
	if (must_wait(store))
		found = read_now(store, key);
	else if (!found)
		ask(store, &id, 1);
	if (must_wait(store) ? !found : found && found->state == TARGET_MISSING)
		return no_such_url(store, key);
	if (!found || found->state == TARGET_ASKED ||
	    (!must_wait(store) && !has_origins(store, found)))
		return 0;
	*target = found->of;
	return 1;
}

/* ---- what goes with them ---- */

static const struct target *find_known(struct postgres_store *store, struct store_key key)
{
	const struct target *found;

	if (must_wait(store))
		return NULL;
	found = target_cache_find(targets_of(store)->cache, store_key_id(key));
	return found && found->state == TARGET_KNOWN ? found : NULL;
}

int postgres_get_request(struct store *door, struct store_key key, struct store_request *request)
{
	struct postgres_store *store = postgres_of(door);
	const struct target *known = find_known(store, key);
	const PGresult *row;

	if (known) {
		*request = known->request;
		return known->has_request;
	}
	if (!store->has_requests && store->run_id != 0) /* a reader has not looked */
		return 0;
	row = look_at(store,
		      "SELECT method, headers, body FROM crawl_requests WHERE url_id = $1::bigint",
		      key);
	if (row)
		*request = read_request(row, 0, 0);
	return row ? 1 : -door->has_failed;
}

static bool has_sets(struct postgres_store *store)
{
	return store->run_id == 0 || targets_of(store)->has_sets ||
	       postgres_writing(store)->set_count > 0;
}

int postgres_get_set(struct store *door, struct store_key key, struct slice *fields)
{
	struct postgres_store *store = postgres_of(door);
	const struct target *known = find_known(store, key);
	const PGresult *row;

	if (known) {
		*fields = known->set;
		return fields->at != NULL;
	}
	if (!has_sets(store))
		return 0;
	row = look_at(store,
		      "SELECT s.fields FROM urls u JOIN urls o ON o.id = u.root JOIN crawl_sets s"
		      " ON s.id = o.set_id WHERE u.id = $1::bigint",
		      key);
	if (row)
		*fields = postgres_text(row, 0, 0);
	return row ? 1 : -door->has_failed;
}

/* All that was put may be it. */
int postgres_find_url(struct store *door, struct slice url, struct store_key *key)
{
	struct postgres_store *store = postgres_of(door);
	const struct store_value value = postgres_of_text(url);
	int64_t id = 0;

	if (store->pipe && !is_settled(store) && postgres_settle_all(store))
		return -1;
	if (postgres_number(store, "SELECT id FROM urls WHERE url = $1::text LIMIT 1", &value, 1,
			    &id))
		return -1;
	*key = postgres_key(id);
	return id != 0;
}

/* ---- what changes them ---- */

static void note_changed(struct postgres_store *store, uint64_t row)
{
	if (store->pipe)
		changed_put(targets_of(store)->changed, row, postgres_pipe_closed(store->pipe) + 1,
			    postgres_pipe_committed(store->pipe));
}

static void outdate(struct postgres_store *store, uint64_t id)
{
	struct target_cache *cache = targets_of(store)->cache;
	struct target *target = target_cache_find(cache, id);

	if (target && target->state == TARGET_ASKED)
		target->is_outdated = true;
	else if (target)
		target_cache_drop(cache, id);
}

/* Of a sitemap the row stays: those that it led to are judged by it. */
void postgres_forget_target(struct postgres_store *store, struct store_key key)
{
	uint64_t id = store_key_id(key);
	struct target *target = target_cache_find(targets_of(store)->cache, id);

	note_changed(store, id);
	if (!target || target->state != TARGET_KNOWN || !target->is_apart) {
		outdate(store, id);
		return;
	}
	target->of.is_again = true;
	target->of.known = (struct store_validators){ .hash = 0 };
}

void postgres_forget_targets(struct postgres_store *store)
{
	struct postgres_targets *targets = targets_of(store);

	target_cache_clear(targets->cache);
	if (store->pipe)
		targets->all_changed = postgres_pipe_closed(store->pipe) + 1;
}

/* Its set is that of its root; where that is not known here, it is left to be read. */
static bool know_set(struct postgres_store *store, const struct store_url *url, struct slice *set)
{
	const struct target *root;

	*set = (struct slice){ NULL, 0 };
	if (!has_sets(store))
		return true;
	root = find_known(store, url->root);
	if (root)
		*set = root->set;
	return root != NULL;
}

void postgres_note_target(struct postgres_store *store, struct store_key key,
			  const struct store_url *url)
{
	struct target target = { .state = TARGET_KNOWN, .of = { .row = *url } };
	bool is_root = store_key_id(url->root) == store_key_id(key);

	note_changed(store, store_key_id(key));
	if (must_wait(store) || url->kind == STORE_URL_OUTSIDE || (is_root && url->set > 0) ||
	    (!is_root && !know_set(store, url, &target.set)))
		return;
	target.of.row.set = 0;
	target_cache_put(targets_of(store)->cache, store_key_id(key), &target);
}

/* ---- what there is at all ---- */

void postgres_targets_note(struct postgres_store *store, bool has_requests, bool has_sets)
{
	store->has_requests |= has_requests;
	targets_of(store)->has_sets |= has_sets;
}

int postgres_targets_look(struct postgres_store *store)
{
	PGresult *result = postgres_ask(store,
					"SELECT EXISTS (SELECT FROM crawl_requests),"
					" EXISTS (SELECT FROM crawl_sets)",
					NULL, 0);

	if (!result)
		return -1;
	postgres_targets_note(store, postgres_bool(result, 0, 0), postgres_bool(result, 0, 1));
	PQclear(result);
	return 0;
}

void postgres_targets_free(struct postgres_store *store)
{
	struct postgres_targets *targets = store->targets;

	if (!targets)
		return;
	while (targets->asked)
		drop_ahead(targets, targets->asked);
	target_cache_free(targets->cache);
	changed_free(targets->changed);
	PQclear(targets->shown);
	free(targets);
	store->targets = NULL;
}

/* Whether there are sets is of the crawl, and not of the node. */
void postgres_targets_reset(struct postgres_store *store)
{
	bool has_sets = store->targets && store->targets->has_sets;

	postgres_targets_free(store);
	if (has_sets)
		targets_of(store)->has_sets = true;
}
