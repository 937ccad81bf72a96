#include "store/postgres/cookies.h"
#include "store/postgres/flow.h"
#include "store/postgres/node.h"
#include "store/postgres/pipe.h"
#include "store/postgres/schema_sql.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/text/memory.h"

/*
 * Shares come to a node.  At once, all that it has, where it waits for them; or while it crawls, a
 * few at a time by way of the pipe, so that a batch never waits long behind them.
 */

#define SHARES_AT_ONCE 16

/* ---- what is asked ---- */

#define HOST_COLUMNS                                                                      \
	"h.id, h.origin, h.robots, h.robots_text, h.robots_at, h.address, h.held_until, " \
	"h.delay_ms, h.p50_ms::bigint"

/* Is there any at all?  It is looked once, and saves looking for each URL. */
#define IF_ANY(rows) "(SELECT EXISTS (SELECT FROM " rows ")) AND "

#define NAMED    "crawl_named n WHERE n.run = $1::bigint"
#define IS_NAMED IF_ANY(NAMED) "EXISTS (SELECT FROM " NAMED " AND n.root = u.root)"
#define LENT     "crawl_inbox l WHERE l.kind = 1"
#define LENT_TO                                       \
	"CASE WHEN (SELECT EXISTS (SELECT FROM " LENT \
	")) THEN (SELECT coalesce(l.url, '') FROM " LENT " AND l.key = u.id LIMIT 1) END"

#define BRIEF_COLUMNS(state)                                         \
	"u.id, u.root, u.kind, " state " AS state,"                  \
	" CASE WHEN u.kind = 2 THEN 3 ELSE coalesce(r.state, 0) END" \
	" AS last_state, " IS_NAMED " AS is_named"
#define WHOLE_COLUMNS(state)                                            \
	BRIEF_COLUMNS(state)                                            \
	", u.host_id, u.lane, u.rule, u.depth, u.url,"                  \
	" CASE WHEN r.outcome = 'moved' THEN r.final_url END AS moved," \
	" r.read_at IS NOT NULL AS has_content, u.set_id, " LENT_TO " AS lent_to"
enum column {
	URL_ID,
	URL_ROOT,
	URL_KIND,
	URL_STATE,
	URL_LAST_STATE,
	URL_NAMED,
	URL_HOST,
	URL_LANE,
	URL_RULE,
	URL_DEPTH,
	URL_TEXT,
	URL_MOVED,
	URL_CONTENT,
	URL_SET,
	URL_LENT,
};

/* As postgres_scan_keyed() wants it. */
#define OF_ALL(columns)                                                               \
	"SELECT " columns(POSTGRES_JOINED_STATE) " FROM urls u LEFT JOIN results r"   \
						 " ON r.url_id = u.id" POSTGRES_ROOTS \
						 " WHERE u.id > $2::bigint ORDER BY u.id"

/*
 * Of some shares, in their order: each is a range of either primary key, and OFFSET keeps the
 * planner from joining before it has cut them out.
 */
#define RANGE(id) id " BETWEEN s.share << 32 AND (s.share << 32) + 4294967295"
#define OF_SHARES(columns)                                                 \
	"SELECT g.* FROM unnest($2::bigint[]) s(share) CROSS JOIN LATERAL" \
	" (SELECT " columns " FROM (SELECT * FROM urls WHERE " RANGE(      \
		"id") ") u"                                                \
		      "  LEFT JOIN (SELECT * FROM results WHERE " RANGE(   \
			      "url_id") ") r"                              \
					"  ON r.url_id = u.id ORDER BY u.id OFFSET 0) g"

static const char all_hosts[] =
	"SELECT " HOST_COLUMNS " FROM hosts h WHERE h.id > $1::bigint ORDER BY h.id";
static const char some_hosts[] =
	"SELECT g.* FROM unnest($1::bigint[]) s(share) CROSS JOIN LATERAL"
	" (SELECT " HOST_COLUMNS " FROM hosts h WHERE " RANGE("h.id") " ORDER BY h.id OFFSET 0) g";
static const char all_urls[] = OF_ALL(WHOLE_COLUMNS);
static const char all_urls_briefly[] = OF_ALL(BRIEF_COLUMNS);
static const char some_urls[] = OF_SHARES(WHOLE_COLUMNS(POSTGRES_STATE));

/* ---- what is handed out ---- */

static struct store_known_host host_of(const struct postgres_store *store, const PGresult *result,
				       int row)
{
	return (struct store_known_host){
		.key = postgres_key(postgres_integer(result, row, 0)),
		.origin = postgres_text(result, row, 1),
		.robots_state = postgres_text(result, row, 2),
		.robots = postgres_value(result, row, 3).text,
		.robots_at_ms = postgres_our_date(store, postgres_integer(result, row, 4)),
		.address = postgres_text(result, row, 5),
		.held_until_ms = postgres_our_hold_date(store, postgres_integer(result, row, 6)),
		.delay_ms = postgres_integer(result, row, 7),
		.usual_ms = postgres_integer(result, row, 8),
	};
}

/* What stands in a whole row, and not in a brief one. */
static void add_rest(struct postgres_store *store, const PGresult *result, int row,
		     struct store_known_url *known)
{
	known->host = postgres_key(postgres_integer(result, row, URL_HOST));
	known->lane = (int)postgres_integer(result, row, URL_LANE);
	known->rule = (int)postgres_integer(result, row, URL_RULE);
	known->depth = (int)postgres_integer(result, row, URL_DEPTH);
	known->url = postgres_text(result, row, URL_TEXT);
	known->moved_to = postgres_text(result, row, URL_MOVED);
	known->has_content = postgres_bool(result, row, URL_CONTENT);
	known->set = postgres_set_number(store, postgres_integer(result, row, URL_SET));
	known->is_lent = !PQgetisnull(result, row, URL_LENT);
	if (known->is_lent)
		known->moved_to = postgres_text(result, row, URL_LENT);
}

static struct store_known_url url_of(struct postgres_store *store, const PGresult *result, int row,
				     bool is_brief)
{
	struct store_known_url known = {
		.key = postgres_key(postgres_integer(result, row, URL_ID)),
		.root = postgres_key(postgres_integer(result, row, URL_ROOT)),
		.kind = (enum store_url_kind)postgres_integer(result, row, URL_KIND),
		.is_pending = postgres_integer(result, row, URL_STATE) == STORE_PENDING,
		.state = (enum store_state)postgres_integer(result, row, URL_LAST_STATE),
		.is_named = store->is_of_all || postgres_bool(result, row, URL_NAMED),
	};

	if (!is_brief)
		add_rest(store, result, row, &known);
	return known;
}

/* ---- while it crawls ---- */

struct postgres_gain {
	uint32_t waiting[POSTGRES_SHARES]; /* a ring: shares that are still to be asked for */
	size_t first, count;
	bool is_waiting[POSTGRES_SHARES];
	uint32_t turn[POSTGRES_SHARES]; /* the last time that each was taken: from 1 */
	uint32_t turns;

	/* Those that are on their way: */
	uint32_t shares[SHARES_AT_ONCE], of_turn[SHARES_AT_ONCE];
	size_t under_way;
	int64_t last; /* id that was handed out, of hosts and then of URLs */
};

static struct postgres_gain *gain_of(struct postgres_store *store)
{
	if (!store->gain)
		store->gain = memory_new(1, sizeof(*store->gain));
	return store->gain;
}

void postgres_gain_shares(struct postgres_store *store, const uint32_t shares[], size_t count)
{
	struct postgres_gain *gain = gain_of(store);

	for (size_t i = 0; i < count; i++) {
		gain->turn[shares[i]] = ++gain->turns;
		if (gain->is_waiting[shares[i]])
			continue;
		gain->is_waiting[shares[i]] = true;
		gain->waiting[(gain->first + gain->count++) % POSTGRES_SHARES] = shares[i];
	}
}

/* Is it still coming, and was it not taken anew since it was asked for? */
static bool is_coming(const struct postgres_store *store, size_t i)
{
	const struct postgres_gain *gain = store->gain;

	return store->node->shares[gain->shares[i]] == POSTGRES_COMING &&
	       gain->turn[gain->shares[i]] == gain->of_turn[i];
}

static bool is_wanted(const struct postgres_store *store, int64_t id)
{
	const struct postgres_gain *gain = store->gain;

	for (size_t i = 0; i < gain->under_way; i++)
		if (gain->shares[i] == postgres_key(id).share)
			return is_coming(store, i);
	return false;
}

/* Rows come in order, and once more from the first one if the connection was lost. */
static bool is_new(struct postgres_store *store, const PGresult *result, int row)
{
	int64_t id = postgres_integer(result, row, 0);

	if (id <= store->gain->last)
		return false;
	store->gain->last = id;
	return is_wanted(store, id);
}

static void take_host(void *context, enum postgres_answer answer, const PGresult *result, int row)
{
	struct postgres_store *store = context;

	if (answer == POSTGRES_ANSWER_END)
		store->gain->last = -1;
	if (answer == POSTGRES_ANSWER_ROW && is_new(store, result, row) &&
	    store->events.gain_host) {
		struct store_known_host host = host_of(store, result, row);

		store->events.gain_host(store->events.context, &host);
	}
}

static void end_shares(struct postgres_store *store)
{
	struct postgres_gain *gain = store->gain;

	for (size_t i = 0; i < gain->under_way; i++)
		if (is_coming(store, i))
			postgres_inbox_gain(store, gain->shares[i]);
	gain->under_way = 0;
}

static void take_url(void *context, enum postgres_answer answer, const PGresult *result, int row)
{
	struct postgres_store *store = context;

	if (answer == POSTGRES_ANSWER_END)
		end_shares(store);
	if (answer == POSTGRES_ANSWER_ROW && is_new(store, result, row)) {
		struct store_known_url url = url_of(store, result, row, false);

		store->events.gain_url(store->events.context, &url);
	}
}

/* They come before the URLs, which may then be asked for.  Told twice they say the same. */
static void take_cookie(void *context, enum postgres_answer answer, const PGresult *result, int row)
{
	const struct store_events *events = &((struct postgres_store *)context)->events;
	struct store_cookie cookie;

	if (answer == POSTGRES_ANSWER_END)
		events->gain_cookie(events->context, NULL);
	if (answer != POSTGRES_ANSWER_ROW)
		return;
	cookie = postgres_cookie_of(result, row);
	events->gain_cookie(events->context, &cookie);
}

static int by_number(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* The next few, but for those that have gone meanwhile. */
static void choose(struct postgres_store *store, struct postgres_gain *gain)
{
	gain->under_way = 0;
	while (gain->count > 0 && gain->under_way < SHARES_AT_ONCE) {
		uint32_t share = gain->waiting[gain->first];

		gain->first = (gain->first + 1) % POSTGRES_SHARES;
		gain->count--;
		gain->is_waiting[share] = false;
		if (store->node->shares[share] == POSTGRES_COMING)
			gain->shares[gain->under_way++] = share;
	}
	qsort(gain->shares, gain->under_way, sizeof(gain->shares[0]), by_number);
	for (size_t i = 0; i < gain->under_way; i++)
		gain->of_turn[i] = gain->turn[gain->shares[i]];
}

/* As PostgreSQL reads an array. */
static char *shares_text(const uint32_t shares[], size_t count)
{
	char *text = memory_new(count + 1, 11);
	size_t size = 0;

	text[size++] = '{';
	for (size_t i = 0; i < count; i++)
		size += (size_t)sprintf(text + size, "%s%u", i > 0 ? "," : "", shares[i]);
	text[size++] = '}';
	return text;
}

void postgres_gain_ask(struct postgres_store *store)
{
	static const struct postgres_question hosts = { some_hosts, take_host, NULL };
	static const struct postgres_question urls = { some_urls, take_url, NULL };
	static const struct postgres_question cookies = { postgres_cookies_sql, take_cookie, NULL };
	struct postgres_gain *gain = gain_of(store);
	struct postgres_question question;
	struct store_value values[2];
	char *text;

	if (gain->under_way > 0 || gain->count == 0 || !store->events.gain_url)
		return;
	choose(store, gain);
	if (gain->under_way == 0)
		return;
	gain->last = -1;
	text = shares_text(gain->shares, gain->under_way);
	values[0] = postgres_of_integer(store->run_id);
	values[1] = postgres_of_string(text);
	question = hosts;
	question.context = store;
	postgres_pipe_ask(store->pipe, &question, &values[1], 1);
	if (store->events.gain_cookie) {
		question = cookies;
		question.context = store;
		postgres_pipe_ask(store->pipe, &question, NULL, 0);
	}
	question = urls;
	question.context = store;
	postgres_pipe_ask(store->pipe, &question, values, 2);
	free(text);
}

void postgres_gain_reset(struct postgres_store *store)
{
	if (store->gain)
		memset(store->gain, 0, sizeof(*store->gain));
}

void postgres_gain_free(struct postgres_store *store)
{
	free(store->gain);
	store->gain = NULL;
}

/* ---- at once ---- */

struct scan {
	struct postgres_store *store;
	const struct store_events *events;
	int result; /* of the last function */
};

static int hand_out_host(void *context, const PGresult *result)
{
	struct scan *scan = context;
	struct store_known_host host = host_of(scan->store, result, 0);

	scan->result = scan->events->gain_host(scan->events->context, &host);
	return scan->result;
}

static int hand_out_url(void *context, const PGresult *result)
{
	struct scan *scan = context;
	struct store_known_url url = url_of(scan->store, result, 0, scan->events->is_brief);

	scan->result = scan->events->gain_url(scan->events->context, &url);
	return scan->result;
}

static bool has_share(const struct postgres_store *store, uint32_t share)
{
	uint8_t is = store->node->shares[share];

	return is == POSTGRES_COMING || is == POSTGRES_OURS || is == POSTGRES_GOING;
}

/* Those that are ours; NULL: all. */
static char *own_shares(const struct postgres_store *store, const struct store_events *events)
{
	const struct postgres_node *node = store->node;
	uint32_t *shares;
	size_t count = 0;
	char *text;

	if (events->is_brief || !node || node->is_alone)
		return NULL;
	shares = memory_new(POSTGRES_SHARES, sizeof(*shares));
	for (uint32_t share = 0; share < POSTGRES_SHARES; share++)
		if (has_share(store, share))
			shares[count++] = share;
	text = count < POSTGRES_SHARES ? shares_text(shares, count) : NULL;
	free(shares);
	return text;
}

static int hand_out_cookie(void *context, const struct store_cookie *cookie)
{
	const struct store_events *events = context;

	events->gain_cookie(events->context, cookie);
	return 0;
}

static int scan_cookies(struct postgres_store *store, const struct store_events *events)
{
	struct store_events handed = *events;

	if (!events->gain_cookie || events->is_brief)
		return 0;
	if (postgres_each_cookie(&store->base, hand_out_cookie, &handed))
		return -1;
	events->gain_cookie(events->context, NULL);
	return 0;
}

static int scan_hosts(struct scan *scan, const char *shares)
{
	struct store_value value = postgres_of_string(shares);

	if (!scan->events->gain_host || scan->events->is_brief)
		return 0;
	if (shares)
		return postgres_scan(scan->store, some_hosts, &value, 1, hand_out_host, scan);
	return postgres_scan_keyed(scan->store, all_hosts, &value, 1, hand_out_host, scan);
}

static int scan_urls(struct scan *scan, const char *shares)
{
	struct store_value values[] = { postgres_of_integer(scan->store->run_id),
					postgres_of_string(shares) };

	if (shares)
		return postgres_scan(scan->store, some_urls, values, 2, hand_out_url, scan);
	return postgres_scan_keyed(scan->store,
				   scan->events->is_brief ? all_urls_briefly : all_urls, values, 2,
				   hand_out_url, scan);
}

/* Of a store without hosts and URLs there is nothing to read but what somebody brought for them. */
static int scan_blank(struct scan *scan)
{
	scan->store->is_blank = false;
	return scan_cookies(scan->store, scan->events);
}

static int scan_all(struct scan *scan, const char *shares)
{
	if (scan_hosts(scan, shares))
		return -1;
	if (scan->result)
		return scan->result;
	if (scan_cookies(scan->store, scan->events) || scan_urls(scan, shares))
		return -1;
	return scan->result;
}

/* They are ours from here on, and what was sent to them comes in turns. */
static void own_all(struct postgres_store *store)
{
	for (uint32_t share = 0; share < POSTGRES_SHARES; share++) {
		if (store->node->shares[share] != POSTGRES_COMING)
			continue;
		store->node->shares[share] = POSTGRES_OURS;
		postgres_inbox_gain(store, share);
	}
}

/* What was put is there for whoever reads by another connection. */
static int settle(struct postgres_store *store)
{
	if (!store->pipe)
		return 0;
	return postgres_settle_all(store);
}

/* What the pipe still brings is of no turn that counts. */
static void drop_coming(struct postgres_store *store)
{
	struct postgres_gain *gain = gain_of(store);

	gain->count = 0;
	memset(gain->is_waiting, 0, sizeof(gain->is_waiting));
	for (size_t i = 0; i < gain->under_way; i++)
		gain->of_turn[i] = 0;
}

/* To count, nobody is told of what comes later; else what is on its way comes this way now. */
int postgres_gain(struct store *door, const struct store_events *events)
{
	struct postgres_store *store = postgres_of(door);
	struct scan scan = { store, events, 0 };
	bool is_blank = store->is_blank;
	char *shares;
	int result;

	if (settle(store))
		return -1;
	if (!events->is_brief) {
		drop_coming(store);
		store->events = *events;
	}
	shares = own_shares(store, events);
	result = is_blank ? scan_blank(&scan) : scan_all(&scan, shares);
	free(shares);
	if (result == 0 && store->node && !events->is_brief) {
		own_all(store);
		result = is_blank ? 0 : postgres_targets_look(store);
	}
	return result;
}
