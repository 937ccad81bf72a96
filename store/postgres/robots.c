#include "store/postgres/changed.h"
#include "store/postgres/flow.h"
#include "store/postgres/node.h"
#include "store/postgres/pipe.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

/*
 * The text of a robots.txt that a master has put down and wants again is asked for by a question of
 * the pipe, as URLs are (targets.c): while the server is away one host waits for it, and nothing
 * else does.  Whoever has no pipe, or nobody who gives it turns, asks and waits.
 */

#define ASKED_MAX 64 /* at once: who comes then, comes again */
#define TEXTS_MAX 64 /* that have come, and are not fetched: the oldest goes */

struct text {
	struct text *next; /* older */
	struct postgres_store *store;
	int64_t host;
	int64_t put_n; /* the batch that says it, as of when it was asked for; 0: none that counts
			*/
	bool is_asked, is_outdated;
	struct slice said; /* absent: there is none */
};

struct postgres_robots {
	struct changed *changed;
	struct text *texts;
	PGresult *shown; /* what get_robots handed out: one of these */
	struct slice lent;
};

static const char robots_sql[] =
	"SELECT robots_text FROM hosts WHERE id = $1::bigint AND robots_text IS NOT NULL";

static struct postgres_robots *robots_of(struct postgres_store *store)
{
	if (!store->robots) {
		store->robots = memory_new(1, sizeof(*store->robots));
		store->robots->changed = changed_new();
	}
	return store->robots;
}

static void forget_said(struct slice *said)
{
	free((void *)(uintptr_t)said->at);
	*said = (struct slice){ NULL, 0 };
}

static void free_text(struct text *text)
{
	forget_said(&text->said);
	free(text);
}

static struct text **find_place(struct postgres_robots *robots, int64_t host)
{
	struct text **place = &robots->texts;

	while (*place && (*place)->host != host)
		place = &(*place)->next;
	return place;
}

static void drop(struct postgres_robots *robots, int64_t host)
{
	struct text **place = find_place(robots, host), *text = *place;

	*place = text->next;
	free_text(text);
}

static size_t count_of(const struct postgres_robots *robots, bool is_asked)
{
	size_t count = 0;

	for (const struct text *text = robots->texts; text; text = text->next)
		count += text->is_asked == is_asked;
	return count;
}

static void drop_oldest(struct postgres_robots *robots)
{
	const struct text *oldest = NULL;

	if (count_of(robots, false) <= TEXTS_MAX)
		return;
	for (const struct text *text = robots->texts; text; text = text->next) {
		if (!text->is_asked)
			oldest = text;
	}
	drop(robots, oldest->host);
}

/* ---- by the pipe ---- */

/* It is not, if its batch was to be sent again, and has been overtaken. */
static bool is_as_put(const struct text *text)
{
	return !text->is_outdated && text->put_n <= postgres_pipe_committed(text->store->pipe);
}

static void take_answer(void *context, enum postgres_answer answer, const PGresult *result, int row)
{
	struct text *text = context;
	struct slice said;

	if (answer == POSTGRES_ANSWER_END) {
		text->is_asked = false;
		if (!is_as_put(text))
			drop(text->store->robots, text->host); /* whoever wants it asks again */
		return;
	}
	forget_said(&text->said);
	if (answer == POSTGRES_ANSWER_AGAIN)
		return;
	said = postgres_value(result, row, 0).text;
	text->said = (struct slice){ memory_text(said.at, said.size), said.size };
}

static void ask(struct postgres_store *store, int64_t host)
{
	struct postgres_robots *robots = robots_of(store);
	struct postgres_question question = { robots_sql, take_answer, NULL };
	struct store_value value = postgres_of_integer(host);
	struct text *text = memory_new(1, sizeof(*text));

	drop_oldest(robots);
	*text = (struct text){ .next = robots->texts,
			       .store = store,
			       .host = host,
			       .put_n = changed_by(robots->changed, host),
			       .is_asked = true };
	robots->texts = question.context = text;
	if (text->put_n > postgres_pipe_closed(store->pipe))
		postgres_node_close_batch(store, NULL, NULL);
	postgres_pipe_ask(store->pipe, &question, &value, 1);
}

/* ---- waited for ---- */

/* What was put of it is there for whoever reads by another connection. */
static int settle(struct postgres_store *store, int64_t host)
{
	if (!store->pipe ||
	    changed_by(robots_of(store)->changed, host) <= postgres_pipe_committed(store->pipe))
		return 0;
	return postgres_settle_all(store);
}

static int read_now(struct postgres_store *store, int64_t host, struct slice *said)
{
	struct postgres_robots *robots = robots_of(store);
	struct store_value value = postgres_of_integer(host);

	if (settle(store, host))
		return -1;
	robots->shown = postgres_ask(store, robots_sql, &value, 1);
	if (!robots->shown)
		return -1;
	if (PQntuples(robots->shown) > 0)
		*said = postgres_value(robots->shown, 0, 0).text;
	return 1;
}

/* ---- public ---- */

int postgres_get_robots(struct store *door, struct store_key key, struct slice *said)
{
	struct postgres_store *store = postgres_of(door);
	struct postgres_robots *robots = robots_of(store);
	int64_t host = postgres_id(key);
	struct text *text;

	*said = (struct slice){ NULL, 0 };
	forget_said(&robots->lent);
	PQclear(robots->shown);
	robots->shown = NULL;
	if (door->has_failed)
		return -1;
	if (!store->pipe || !store->node || store->node->is_alone)
		return read_now(store, host, said);
	text = *find_place(robots, host);
	if (!text && count_of(robots, true) < ASKED_MAX)
		ask(store, host);
	if (!text || text->is_asked)
		return 0;
	robots->lent = *said = text->said;
	text->said = (struct slice){ NULL, 0 };
	drop(robots, host);
	return 1;
}

void postgres_note_robots(struct postgres_store *store, struct store_key key)
{
	struct postgres_robots *robots = robots_of(store);
	struct text *text = *find_place(robots, postgres_id(key));

	if (store->pipe)
		changed_put(robots->changed, (uint64_t)postgres_id(key),
			    postgres_pipe_closed(store->pipe) + 1,
			    postgres_pipe_committed(store->pipe));
	if (text && text->is_asked)
		text->is_outdated = true;
	else if (text)
		drop(robots, text->host);
}

void postgres_robots_free(struct postgres_store *store)
{
	struct postgres_robots *robots = store->robots;

	if (!robots)
		return;
	while (robots->texts)
		drop(robots, robots->texts->host);
	changed_free(robots->changed);
	forget_said(&robots->lent);
	PQclear(robots->shown);
	free(robots);
	store->robots = NULL;
}
