#include "store/postgres/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/postgres/flow.h"
#include "store/postgres/pipe.h"
#include "store/postgres/writing.h"

/*
 * What is said on the connection of the lease, one thing at a time, the most urgent first: a table
 * of tasks, each of which says whether it is due, what it asks with, and what the answer means.
 * None of them is waited for.
 */

int postgres_lease_ms = 20000;

#define RENEWALS_A_LEASE 4   /* 5 s */
#define LOOKS_A_LEASE    20  /* 1 s: orders, and how the run is */
#define IDLE_A_LEASE     100 /* 200 ms: is it over? */
#define MARGIN_OF_LEASE  10  /* 2 s */
#define FOLDS_A_LEASE    1
#define BEATS_A_LEASE    200 /* 100 ms: while somebody waits for something else */
#define BATCHES_KEPT     300 /* as they are; those before are added up */

#define VALUES_MAX 10
struct values {
	const char *at[VALUES_MAX];
	char numbers[VALUES_MAX][24];
	size_t count;
};

static void add_text(struct values *values, const char *text)
{
	values->at[values->count++] = text;
}

static void add_integer(struct values *values, int64_t integer)
{
	snprintf(values->numbers[values->count], sizeof(values->numbers[0]), "%lld",
		 (long long)integer);
	add_text(values, values->numbers[values->count]);
}

/* ---- SQL ---- */

const char postgres_terminate_sql[] = POSTGRES_END_SESSIONS(
	" JOIN crawl_nodes k ON " POSTGRES_IS_SESSION_OF("a", "k") " WHERE " POSTGRES_IS_LATE("k"));

const char postgres_bury_sql[] = "WITH dead AS (DELETE FROM crawl_nodes k WHERE " POSTGRES_IS_LATE(
	"k") " RETURNING k.id, k.run, k.name, k.joined_at)"
	     " INSERT INTO crawl_past_nodes (id, run, name, joined_at, ended, pages, rows)"
	     " SELECT d.id, d.run, d.name, d.joined_at, 'lost', coalesce(sum(b.pages), 0),"
	     " coalesce(sum(b.rows), 0) FROM dead d LEFT JOIN crawl_batches b ON b.node = d.id"
	     " GROUP BY d.id, d.run, d.name, d.joined_at";

/*
 * Who we were is still there, and nobody else is it (a copy of us would have gone on): the server
 * has lost what came last, and with it perhaps that some of its shares were another's, who asks
 * their hosts as long as his lease lasts.  It ends no sooner than ours would have: until then they
 * are left with who we were, a row of no process (pid 0), which hears every order, and is buried.
 * Who is not there, and was not buried, has been lost, too.
 */
static const char lapse_sql[] =
	"WITH lapsed AS (UPDATE crawl_nodes k"
	" SET lease_until = clock_timestamp() + $3::bigint * interval '1 ms',"
	" pid = 0, in_flight = 0, queued = 0, unspent = 0, trouble = NULL,"
	" order_seen = 9223372036854775807 WHERE k.id = $1"
	" AND coalesce((SELECT max(n) FROM crawl_batches WHERE node = $1), 0) < $2 RETURNING 1)"
	" SELECT EXISTS (SELECT FROM lapsed) OR NOT EXISTS (SELECT FROM crawl_nodes WHERE id = $1)"
	" AND NOT EXISTS (SELECT FROM crawl_past_nodes WHERE id = $1)";

/* The row may be there: the answer to the last one was lost. */
static const char rejoin_sql[] =
	"WITH open AS (SELECT id FROM runs WHERE id = $1 AND ended IS NULL AND ended_at IS NULL"
	"  FOR SHARE)"
	" INSERT INTO crawl_nodes (id, run, name, pid, lease_until, order_seen, versions)"
	" SELECT $2, open.id, $3, $4, clock_timestamp() + $5::bigint * interval '1 ms', $6, $7"
	" FROM open ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until RETURNING 1";

/* What a node has to know of the others: a row, but for a run that has gone. */
#define STATE_COLUMNS                                                                            \
	" (SELECT count(*) FROM crawl_nodes k WHERE k.run = r.id AND k.pid <> 0 AND "            \
	"NOT " POSTGRES_IS_LATE(                                                                 \
		"k") ")," /* live */                                                             \
		     " (SELECT count(*) FROM crawl_nodes k WHERE " POSTGRES_IS_LATE(             \
			     "k") "),"                                                           \
				  " (SELECT count(*) FROM crawl_shares WHERE node IS NULL),"     \
				  " coalesce((SELECT max(id) FROM crawl_orders o WHERE o.run = " \
				  "r.id), 0),"                                                   \
				  " r.ended, r.ended_at IS NOT NULL"
enum state_column { LIVE, LATE, FREE, ORDERS, ENDED, IS_CLOSED, OWN_N, CLOCK, IS_OVER = OWN_N };

static const char renew_sql[] =
	"WITH us AS (UPDATE crawl_nodes SET"
	"  lease_until = clock_timestamp() + $1::bigint * interval '1 ms', in_flight = $3,"
	"  queued = $4, is_seeding = coalesce($5::bool, is_seeding),"
	"  order_seen = least(greatest(order_seen, $6), coalesce("
	"   (SELECT max(id) FROM crawl_orders o WHERE o.run = crawl_nodes.run), 0)),"
	"  trouble = $7, unspent = $8"
	"  WHERE id = $2 RETURNING run)"
	" SELECT" STATE_COLUMNS ", coalesce((SELECT max(n) FROM crawl_batches WHERE node = $2), 0),"
	" " POSTGRES_CLOCK_MS " FROM us LEFT JOIN runs r ON r.id = us.run";

static const char look_sql[] =
	"SELECT" STATE_COLUMNS
	", $3::bool AND " POSTGRES_IS_OVER("r.id") " FROM runs r WHERE r.id = $2";

/* Nobody joins meanwhile: who does has a lock on the run's row, and is seen by the second of these,
 * which are one transaction. */
static const char close_sql[] =
	"SELECT 1 FROM runs WHERE id = %lld FOR UPDATE;"
	" UPDATE runs SET ended_at = " POSTGRES_NOW_TEXT
	" WHERE id = %lld AND ended IS NULL AND ended_at IS NULL AND " POSTGRES_IS_OVER("runs.id");

static const char orders_sql[] =
	"SELECT id, what, text FROM crawl_orders WHERE run = $1"
	" AND (id > $2 OR $3::bool AND what IN ('delay', 'stop')) ORDER BY id";

/* With what was used before anybody asked: of a rule, in earlier runs; or of what a failover lost.
 */
static const char know_quota_sql[] =
	"INSERT INTO crawl_quotas AS q (run, name, total, granted)"
	" SELECT $1::bigint, $2::text, $3::bigint, least($3::bigint, $4::bigint)"
	"  WHERE EXISTS (SELECT 1 FROM crawl_nodes WHERE id = $5) ON CONFLICT (run, name) DO UPDATE"
	" SET granted = least(q.total, q.granted + $4::bigint) WHERE $4::bigint > 0";
/*
 * Of the rest everybody gets so much less that nobody is left with much that others want.  $6: what
 * of it is left to us until now, or NULL: nobody waits for what others may give back.
 */
static const char take_quota_sql[] =
	"WITH o AS (SELECT least($3::bigint, total - granted, (total - granted) / $5 + 1) AS part"
	"  FROM crawl_quotas WHERE run = $1 AND name = $2"
	"  AND EXISTS (SELECT 1 FROM crawl_nodes WHERE id = $4) FOR UPDATE),"
	" q AS (UPDATE crawl_quotas SET granted = granted + o.part FROM o"
	"  WHERE run = $1 AND name = $2 AND o.part > 0),"
	" k AS (UPDATE crawl_nodes SET unspent = $6::bigint + o.part FROM o"
	"  WHERE id = $4 AND unspent <> $6::bigint + o.part)"
	" SELECT o.part, $6::bigint IS NOT NULL AND EXISTS (SELECT 1 FROM crawl_nodes"
	"  WHERE run = $1 AND id <> $4 AND unspent > 0) FROM o";
static const char give_quota_sql[] =
	"WITH k AS (UPDATE crawl_nodes SET unspent = 0 WHERE id = $4 AND $5::bool)"
	" UPDATE crawl_quotas SET granted = greatest(0, granted - $3) WHERE run = $1 AND name = $2";

/* Of what was long ago the sum is kept, in row 0. */
static const char fold_sql[] =
	"WITH old AS (DELETE FROM crawl_batches WHERE node = $1 AND n > 0 AND n <= $2"
	"  RETURNING token, pages, rows)"
	" INSERT INTO crawl_batches AS b (node, n, token, at, pages, rows)"
	" SELECT $1, 0, max(token), '-infinity', sum(pages), sum(rows) FROM old"
	" HAVING count(*) > 0"
	" ON CONFLICT (node, n) DO UPDATE SET pages = b.pages + excluded.pages,"
	" rows = b.rows + excluded.rows";

/* ---- the state of the run ---- */

static void take_state(struct postgres_node *node, const PGresult *result)
{
	struct slice ended = postgres_text(result, 0, ENDED);

	node->live = (unsigned)postgres_integer(result, 0, LIVE);
	node->late = (unsigned)postgres_integer(result, 0, LATE);
	if (!node->is_taking)
		node->free_shares = (uint64_t)postgres_integer(result, 0, FREE);
	node->order_last = postgres_integer(result, 0, ORDERS);
	if (node->order_last < node->order_seen) /* a replica lacks them, and has their numbers */
		node->order_seen = node->order_told = node->order_last;
	if (node->is_alone)
		return;
	if (ended.at)
		snprintf(node->ended, sizeof(node->ended), "%.*s", (int)ended.size, ended.at);
	node->is_over = ended.at || postgres_bool(result, 0, IS_CLOSED);
}

/* What a node has read of its lists is there: others wait for it. */
static bool has_seeded(const struct postgres_store *store)
{
	return store->node->seed_n > 0 && !postgres_node_is_seeding(store);
}

/* Why nothing can be written, though a lease can be renewed; or NULL.  Where, is known to all. */
static const char *trouble_of_pipe(const struct postgres_store *store)
{
	const char *trouble = store->base.trouble;
	size_t size = strlen(store->uri.shown);

	if (!trouble[0] || store->node->says_trouble)
		return NULL;
	if (strncmp(trouble, store->uri.shown, size) == 0 && strncmp(trouble + size, ": ", 2) == 0)
		trouble += size + 2;
	return trouble;
}

/* Whoever gave an order waits for all to say that they have heard it. */
static bool is_due_renew(const struct postgres_store *store, int64_t now_ms)
{
	const struct postgres_node *node = store->node;

	return now_ms >= node->renew_ms || has_seeded(store) ||
	       node->is_trouble_told != (trouble_of_pipe(store) != NULL) ||
	       (node->order_told < node->order_seen && postgres_orders_are_done(store));
}

static const char *ask_renew(struct postgres_store *store, struct values *values)
{
	struct postgres_node *node = store->node;

	add_integer(values, postgres_lease_ms);
	add_integer(values, node->id);
	add_integer(values, (int64_t)node->load.in_flight);
	add_integer(values, (int64_t)node->load.queued);
	/* Before the caller has said it, it is not ours to say: this may arrive when we have become
	 * the founder meanwhile. */
	add_text(values, !node->has_load ? NULL : postgres_node_is_seeding(store) ? "t" : "f");
	if (has_seeded(store))
		node->seed_n = 0;
	add_integer(values, postgres_orders_are_done(store) ? node->order_seen : 0);
	if (postgres_orders_are_done(store))
		node->order_told = node->order_seen;
	add_text(values, trouble_of_pipe(store));
	node->is_trouble_told = trouble_of_pipe(store) != NULL;
	add_integer(values, (int64_t)postgres_quota_left(node));
	node->committed = store->pipe ? postgres_pipe_committed(store->pipe) : 0;
	return renew_sql;
}

/* Is it us who wrote there last?  A server that has lost something has less, and one that a copy of
 * us has written to has more. */
static bool is_ours(const struct postgres_store *store, int64_t n)
{
	return n >= store->node->committed &&
	       (!store->pipe || n <= postgres_pipe_closed(store->pipe));
}

static int take_renew(struct postgres_store *store, const PGresult *result)
{
	struct postgres_node *node = store->node;

	if (PQntuples(result) == 0 || !is_ours(store, postgres_integer(result, 0, OWN_N))) {
		node->is_refused = true;
		return 0;
	}
	take_state(node, result);
	postgres_compare_clocks(store, node->sent_ms, postgres_integer(result, 0, CLOCK));
	node->lease_end_ms =
		node->sent_ms + postgres_lease_ms - postgres_lease_ms / MARGIN_OF_LEASE;
	node->renew_ms = node->sent_ms + postgres_lease_ms / RENEWALS_A_LEASE;
	node->look_ms = node->sent_ms + postgres_lease_ms / LOOKS_A_LEASE;
	return 0;
}

static bool is_idle(const struct postgres_node *node)
{
	return node->load.is_idle && node->idle_n > 0;
}

/* That we are idle stands there, and so all may be over. */
static bool has_fallen_idle(const struct postgres_store *store)
{
	const struct postgres_node *node = store->node;

	return is_idle(node) && node->idle_n != node->looked_n && store->pipe &&
	       postgres_pipe_committed(store->pipe) >= node->idle_n;
}

static bool is_due_look(const struct postgres_store *store, int64_t now_ms)
{
	return !store->node->is_alone && (now_ms >= store->node->look_ms || has_fallen_idle(store));
}

static const char *ask_look(struct postgres_store *store, struct values *values)
{
	if (has_fallen_idle(store))
		store->node->looked_n = store->node->idle_n;
	add_integer(values, postgres_lease_ms);
	add_integer(values, store->run_id);
	add_text(values, is_idle(store->node) ? "t" : "f");
	return look_sql;
}

static int take_look(struct postgres_store *store, const PGresult *result)
{
	struct postgres_node *node = store->node;
	int part = is_idle(node) ? IDLE_A_LEASE : LOOKS_A_LEASE;

	node->look_ms = node->sent_ms + postgres_lease_ms / part;
	if (PQntuples(result) == 0)
		return store_fail(&store->base, STORE_CURE_NONE,
				  "%.200s: run %lld has gone from there: somebody emptied it",
				  store->uri.shown, (long long)store->run_id);
	take_state(node, result);
	node->looks_over = postgres_bool(result, 0, IS_OVER);
	return 0;
}

static bool is_due_close(const struct postgres_store *store, int64_t now_ms)
{
	(void)now_ms;
	return store->node->looks_over && !store->node->is_over;
}

static const char *ask_close(struct postgres_store *store, struct values *values)
{
	static char sql[sizeof(close_sql) + 64];

	(void)values;
	snprintf(sql, sizeof(sql), close_sql, (long long)store->run_id, (long long)store->run_id);
	store->node->looks_over = false;
	return sql;
}

static int take_close(struct postgres_store *store, const PGresult *result)
{
	(void)result;
	store->node->look_ms = 0; /* what came of it, stands in the run's row */
	return 0;
}

/* ---- who we are ---- */

static bool is_due_lapse(const struct postgres_store *store, int64_t now_ms)
{
	(void)now_ms;
	return store->node->lost_id != 0;
}

static const char *ask_lapse(struct postgres_store *store, struct values *values)
{
	add_integer(values, store->node->lost_id);
	add_integer(values, store->node->lost_n);
	add_integer(values, postgres_lease_ms);
	return lapse_sql;
}

/* Each time in words of its own: what is the same is said once. */
static void tell_why(struct postgres_store *store, bool is_lost_there)
{
	char *notice = store->base.notice, times[48] = "";
	const struct postgres_node *node = store->node;

	if (node->lives > 1)
		snprintf(times, sizeof(times), " (%llu times now)",
			 (unsigned long long)node->lives);
	if (is_lost_there)
		snprintf(notice, sizeof(store->base.notice),
			 "%.200s has lost what this node wrote last: it starts over, and its hosts"
			 " rest for %d s%s",
			 store->uri.shown, (postgres_lease_ms + 999) / 1000, times);
	else
		snprintf(notice, sizeof(store->base.notice),
			 "%.200s: others took this node for dead: it starts over%s",
			 store->uri.shown, times);
}

/* What is free there may be another's in the same way. */
static int take_lapse(struct postgres_store *store, const PGresult *result)
{
	bool is_lost_there = postgres_bool(result, 0, 0);

	store->node->lost_id = 0;
	if (is_lost_there)
		store->node->take_ms = store->node->sent_ms + postgres_lease_ms;
	tell_why(store, is_lost_there);
	return 0;
}

static bool is_due_rejoin(const struct postgres_store *store, int64_t now_ms)
{
	(void)now_ms;
	return store->node->is_lost && !store->node->is_over;
}

static const char *ask_rejoin(struct postgres_store *store, struct values *values)
{
	const struct postgres_node *node = store->node;

	add_integer(values, store->run_id);
	add_integer(values, node->id);
	add_text(values, node->name);
	add_integer(values, getpid());
	add_integer(values, postgres_lease_ms);
	add_integer(values, node->order_seen);
	add_text(values, node->versions ? node->versions : "");
	return rejoin_sql;
}

static int take_rejoin(struct postgres_store *store, const PGresult *result)
{
	struct postgres_node *node = store->node;

	if (PQntuples(result) == 0) {
		node->is_over = true; /* how it ended, is looked for */
		node->look_ms = 0;
		return 0;
	}
	node->is_lost = false;
	node->lease_end_ms =
		node->sent_ms + postgres_lease_ms - postgres_lease_ms / MARGIN_OF_LEASE;
	node->renew_ms = 0;
	return 0;
}

void postgres_node_start_over(struct postgres_store *store)
{
	struct postgres_node *node = store->node;

	node->is_refused = false;
	if (node->is_lost)
		return;
	if (node->is_alone || postgres_node_is_seeding(store)) {
		store_fail(&store->base, STORE_CURE_NONE,
			   "%.200s: others took this process for dead, and what it had begun to "
			   "write was refused: the same command goes on",
			   store->uri.shown);
		return;
	}
	node->lives++;
	node->lost_id = node->id;
	node->lost_n = store->pipe ? postgres_pipe_committed(store->pipe) : 0;
	node->is_lost = true;
	node->lease_end_ms = 0;
	if (!postgres_orders_are_done(store)) /* what came of them is lost: they are heard again */
		node->order_seen = node->order_told;
	node->folded = node->order_n = node->seed_n = 0;
	postgres_node_name(node);
	store->page = (struct store_key){ 0, 0 };
	postgres_drop_left(store);
	postgres_pipe_free(store->pipe);
	store->pipe = postgres_pipe_new(store);
	postgres_flow_reset(store);
	postgres_shares_lose(store);
	postgres_line_reset(&node->line);
	postgres_node_wake_with(store); /* or it is ended with who we were */
}

/* ---- burial ---- */

bool postgres_lease_may_judge(const struct postgres_node *node)
{
	return node->line.up_ms > 0 && postgres_boot_ms() - node->line.up_ms >= postgres_lease_ms;
}

static bool is_due_terminate(const struct postgres_store *store, int64_t now_ms)
{
	const struct postgres_node *node = store->node;

	(void)now_ms;
	return node->late > 0 && !node->is_burying && postgres_lease_may_judge(node);
}

static const char *ask_terminate(struct postgres_store *store, struct values *values)
{
	(void)store;
	add_integer(values, postgres_lease_ms);
	return postgres_terminate_sql;
}

static int take_terminate(struct postgres_store *store, const PGresult *result)
{
	(void)result;
	store->node->is_burying = true;
	return 0;
}

static bool is_due_bury(const struct postgres_store *store, int64_t now_ms)
{
	(void)now_ms;
	return store->node->is_burying;
}

static const char *ask_bury(struct postgres_store *store, struct values *values)
{
	store->node->is_burying = false;
	store->node->late = 0; /* until the next look */
	add_integer(values, postgres_lease_ms);
	return postgres_bury_sql;
}

static int take_bury(struct postgres_store *store, const PGresult *result)
{
	(void)result;
	store->node->look_ms = 0;
	return 0;
}

/* ---- orders, quotas, batches ---- */

static bool is_due_orders(const struct postgres_store *store, int64_t now_ms)
{
	const struct postgres_node *node = store->node;

	(void)now_ms;
	return store->events.gain_url && !node->orders &&
	       (node->order_last > node->order_seen || (node->hears_old && node->order_last > 0));
}

static const char *ask_orders(struct postgres_store *store, struct values *values)
{
	add_integer(values, store->run_id);
	add_integer(values, store->node->order_seen);
	add_text(values, store->node->hears_old ? "t" : "f");
	return orders_sql;
}

static int take_orders(struct postgres_store *store, const PGresult *result)
{
	postgres_orders_keep(store->node, result);
	return 0;
}

static bool is_due_quota(const struct postgres_store *store, int64_t now_ms)
{
	(void)now_ms;
	return postgres_quota_wanted(store->node) != NULL;
}

static const char *ask_quota(struct postgres_store *store, struct values *values)
{
	struct postgres_node *node = store->node;
	const struct postgres_quota *quota = postgres_quota_wanted(node);

	node->quota_asked = (size_t)(quota - node->quotas);
	add_integer(values, store->run_id);
	add_text(values, quota->name);
	add_integer(values,
		    quota->is_known ? (int64_t)postgres_quota_step(quota) : (int64_t)quota->total);
	if (!quota->is_known) {
		node->quota_before = quota->used;
		add_integer(values, (int64_t)quota->used);
		add_integer(values, node->id);
		return know_quota_sql;
	}
	add_integer(values, node->id);
	add_integer(values, postgres_quota_divisor(node));
	if (quota->is_waited_for)
		add_integer(values, (int64_t)(quota->granted - quota->used));
	else
		add_text(values, NULL);
	return take_quota_sql;
}

static int take_quota(struct postgres_store *store, const PGresult *result)
{
	struct postgres_quota *quota = &store->node->quotas[store->node->quota_asked];
	uint64_t part;

	if (!quota->is_known) {
		quota->is_known = true;
		quota->granted = store->node->quota_before;
		return 0;
	}
	part = PQntuples(result) > 0 ? (uint64_t)postgres_integer(result, 0, 0) : 0;
	if (PQntuples(result) == 0) /* a replica lacks it; or us, which is found out elsewhere */
		quota->is_known = false;
	quota->granted += part;
	quota->part = part;
	quota->is_last = part == 0 && PQntuples(result) > 0 && !postgres_bool(result, 0, 1);
	quota->is_wanted = false;
	if (part == 0)
		quota->again_ms = postgres_boot_ms() + postgres_lease_ms / LOOKS_A_LEASE;
	return 0;
}

static bool is_due_unspent(const struct postgres_store *store, int64_t now_ms)
{
	(void)now_ms;
	return postgres_quota_unspent(store->node) != NULL;
}

/* It is not ours from here on: an answer that is lost makes it nobody's, and the next renewal says
 * to who waits that we have nothing. */
static const char *ask_unspent(struct postgres_store *store, struct values *values)
{
	struct postgres_quota *quota = postgres_quota_unspent(store->node);

	add_integer(values, store->run_id);
	add_text(values, quota->name);
	add_integer(values, (int64_t)(quota->granted - quota->used));
	add_integer(values, store->node->id);
	add_text(values, quota->is_waited_for ? "t" : "f");
	quota->granted = quota->used;
	quota->is_last = false;
	return give_quota_sql;
}

static int take_nothing(struct postgres_store *store, const PGresult *result)
{
	(void)store;
	(void)result;
	return 0;
}

static bool is_due_fold(const struct postgres_store *store, int64_t now_ms)
{
	const struct postgres_node *node = store->node;

	return now_ms >= node->fold_ms && node->committed > node->folded + 2 * BATCHES_KEPT;
}

static const char *ask_fold(struct postgres_store *store, struct values *values)
{
	struct postgres_node *node = store->node;

	node->folded = node->committed - BATCHES_KEPT;
	if (store->pipe && node->folded >= postgres_pipe_last(store->pipe))
		node->folded = postgres_pipe_last(store->pipe) - 1;
	node->fold_ms = postgres_boot_ms() + postgres_lease_ms / FOLDS_A_LEASE;
	add_integer(values, node->id);
	add_integer(values, node->folded);
	return fold_sql;
}

/* ---- one thing at a time ---- */

struct task {
	bool is_for_lost; /* it is done while we are no node */
	bool (*is_due)(const struct postgres_store *store, int64_t now_ms);
	const char *(*ask)(struct postgres_store *store, struct values *values);
	int (*take)(struct postgres_store *store, const PGresult *result);
};

static const struct task tasks[] = {
	{ true, is_due_lapse, ask_lapse, take_lapse },
	{ true, is_due_rejoin, ask_rejoin, take_rejoin },
	{ false, is_due_renew, ask_renew, take_renew },
	{ false, is_due_orders, ask_orders, take_orders },
	{ false, is_due_terminate, ask_terminate, take_terminate },
	{ false, is_due_bury, ask_bury, take_bury },
	{ false, is_due_close, ask_close, take_close },
	{ false, is_due_quota, ask_quota, take_quota },
	{ false, is_due_unspent, ask_unspent, take_nothing },
	{ false, is_due_fold, ask_fold, take_nothing },
	{ true, is_due_look, ask_look, take_look },
};
#define TASK_COUNT (sizeof(tasks) / sizeof(tasks[0]))

static void send_next(struct postgres_store *store)
{
	struct postgres_node *node = store->node;
	int64_t now_ms = postgres_boot_ms();
	struct values values = { .count = 0 };
	const char *sql;

	for (size_t i = 0; i < TASK_COUNT; i++) {
		if ((node->is_lost && !tasks[i].is_for_lost) || !tasks[i].is_due(store, now_ms))
			continue;
		node->task = (int)i;
		node->sent_ms = now_ms;
		sql = tasks[i].ask(store, &values);
		postgres_line_send(&node->line, sql, values.at, values.count);
		return;
	}
}

/* Rights that we lack are not what ends a crawl: a burial may do without them. */
static int take_error(struct postgres_store *store, const PGresult *result)
{
	struct postgres_node *node = store->node;
	char why[STORE_ERROR_MAX];

	postgres_explain(store, node->line.connection, result, why);
	if (tasks[node->task].take == take_terminate) {
		node->is_burying = true;
		return 0;
	}
	switch (postgres_fault_of_result(result)) {
	case POSTGRES_LOST:
		postgres_line_reset(&node->line);
		postgres_line_note(&node->line, why);
		return 0;
	case POSTGRES_WAITS:
		if (tasks[node->task].take != take_bury)
			postgres_line_note(&node->line, why);
		return 0;
	default:
		return postgres_fail(store, node->line.connection, result);
	}
}

static int take_answer(struct postgres_store *store, const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		return take_error(store, result);
	postgres_line_is_well(&store->node->line);
	return tasks[store->node->task].take(store, result);
}

/* Said as long as it lasts, unless the pipe has said what it knows. */
static int tell_trouble(struct postgres_store *store)
{
	struct postgres_node *node = store->node;
	char *said = store->base.trouble;

	if (node->line.down_ms == 0) {
		if (node->says_trouble)
			said[0] = '\0';
		node->says_trouble = false;
		return 0;
	}
	if (!said[0]) {
		snprintf(said, STORE_ERROR_MAX, "%s", node->line.trouble);
		node->says_trouble = true;
	}
	return postgres_give_up(store, postgres_boot_ms() - node->line.down_ms, node->line.trouble);
}

int postgres_lease_turn(struct postgres_store *store)
{
	struct postgres_node *node = store->node;
	PGresult *result = postgres_line_turn(&node->line);
	int failed = result ? take_answer(store, result) : 0;

	PQclear(result);
	if (failed || store->base.has_failed)
		return -1;
	if (node->line.state == POSTGRES_LINE_IDLE && postgres_boot_ms() >= node->line.retry_ms)
		send_next(store);
	return tell_trouble(store);
}

int64_t postgres_lease_due(const struct postgres_store *store)
{
	const struct postgres_node *node = store->node;
	int64_t due_ms = postgres_line_due(&node->line), now_ms = postgres_boot_ms();

	if (node->line.state != POSTGRES_LINE_IDLE)
		return due_ms;
	for (size_t i = 0; i < TASK_COUNT; i++) {
		if ((!node->is_lost || tasks[i].is_for_lost) && tasks[i].is_due(store, now_ms))
			return now_ms > node->line.retry_ms ? now_ms : node->line.retry_ms;
	}
	due_ms = node->renew_ms;
	if (!node->is_alone && node->look_ms < due_ms)
		due_ms = node->look_ms;
	return due_ms;
}

void postgres_lease_read(void)
{
	const char *said = getenv("CRAWL_LEASE_MS");
	long ms = said ? strtol(said, NULL, 10) : 0;

	if (ms >= POSTGRES_LEASE_MS_MIN && ms <= postgres_lease_ms)
		postgres_lease_ms = (int)ms;
}

void postgres_lease_begin(struct postgres_store *store, int64_t sent_ms)
{
	struct postgres_node *node = store->node;

	node->lease_end_ms = sent_ms + postgres_lease_ms - postgres_lease_ms / MARGIN_OF_LEASE;
	node->renew_ms = 0;
	postgres_line_begin(&node->line, store, node->application, postgres_lease_ms / 2);
}

bool postgres_node_beat(struct postgres_store *store)
{
	if (!store->node || !store->node->line.store)
		return false;
	if (postgres_boot_ms() >= store->node->beat_ms) {
		store->node->beat_ms = postgres_boot_ms() + postgres_lease_ms / BEATS_A_LEASE;
		postgres_lease_turn(store);
	}
	return true;
}
