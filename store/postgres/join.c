#include "store/postgres/internal.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "parsers/text/memory.h"
#include "store/postgres/flow.h"
#include "store/postgres/kinds_node.h"
#include "store/postgres/pipe.h"

/*
 * How a node comes: who begins a run and who joins it is settled one after another, under a lock of
 * the schema; whoever is stopped while he has it loses his session.
 */

#define TABLES_LIMIT "15s" /* who reads them for longer is told of */
#define JOIN_LIMIT   "10s"
#define AGAIN_MS     100

/* ---- who else is there ---- */

/* Sessions of the dead first: what they hold locked would keep their rows. */
static int bury(struct postgres_store *store)
{
	const struct store_value lease = postgres_of_integer(postgres_lease_ms);

	return postgres_do(store, postgres_terminate_sql, &lease, 1) ||
	       postgres_do(store, postgres_bury_sql, &lease, 1);
}

/* Who joins leaves it to those who live, if there is one: they know for how long they were heard.
 */
static int bury_if_all_are_dead(struct postgres_store *store)
{
	const struct store_value lease = postgres_of_integer(postgres_lease_ms);
	int64_t all_are_dead = 0;

	if (postgres_number(store,
			    "SELECT bool_and(" POSTGRES_IS_LATE("k") ")::int FROM crawl_nodes k",
			    &lease, 1, &all_are_dead))
		return -1;
	return all_are_dead ? bury(store) : 0;
}

/* Whoever lives, and cannot be ended by us or could not end us. */
static const char strangers_sql[] =
	"SELECT k.name, r.rolname, session_user"
	" FROM crawl_nodes k JOIN pg_stat_activity a ON " POSTGRES_IS_SESSION_OF(
		"a",
		"k") " JOIN pg_roles r ON r.oid = a.usesysid"
		     " JOIN pg_roles o ON o.rolname = session_user"
		     " WHERE NOT (pg_has_role(o.oid, r.oid, 'USAGE')"
		     "  OR pg_has_role(o.oid, 'pg_signal_backend', 'USAGE') AND NOT r.rolsuper)"
		     " OR NOT (pg_has_role(r.oid, o.oid, 'USAGE')"
		     "  OR pg_has_role(r.oid, 'pg_signal_backend', 'USAGE') AND NOT o.rolsuper) "
		     "LIMIT 1";

static int check_role(struct postgres_store *store)
{
	PGresult *result = postgres_ask(store, strangers_sql, NULL, 0);
	int failed = result ? 0 : -1;

	if (result && PQntuples(result) > 0)
		failed = store_fail(
			&store->base, STORE_CURE_ASK_OTHERWISE,
			"%.150s: %.60s crawls there as the user %.60s, and this process as "
			"%.60s: they could not end what the other leaves behind; be one "
			"user, or both no superusers, with GRANT pg_signal_backend",
			store->uri.shown, PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1),
			PQgetvalue(result, 0, 2));
	PQclear(result);
	return failed;
}

/* ---- the run that is open ---- */

struct open_run {
	int64_t id; /* 0: none */
	bool is_closing;
	uint64_t config_hash;
	char versions[160];
	unsigned nodes;
};

static void note_open_run(const PGresult *result, struct open_run *open)
{
	*open = (struct open_run){ .id = 0 };
	if (PQntuples(result) == 0)
		return;
	open->id = postgres_integer(result, 0, 0);
	open->is_closing = postgres_bool(result, 0, 1);
	open->config_hash = strtoull(PQgetvalue(result, 0, 2), NULL, 16);
	snprintf(open->versions, sizeof(open->versions), "%s", PQgetvalue(result, 0, 3));
}

static int refuse_beside(struct postgres_store *store, const PGresult *result)
{
	bool parses = postgres_bool(result, 0, 2);
	/* What is done without a run is soon done, or was killed. */
	bool is_brief = postgres_bool(result, 0, 4);

	return store_fail(&store->base, is_brief ? STORE_CURE_WAIT : STORE_CURE_NONE,
			  "%.250s is in use by %.60s:%s%s: wait until it is done", store->uri.shown,
			  PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1),
			  parses ? " (which parses its pages again with other patterns)" : "");
}

/*
 * One that is of no run has the database to itself, and needs it so; but who parses pages again
 * does so with whoever does the same.
 */
static int note_nodes(struct postgres_store *store, const PGresult *result, struct open_run *open)
{
	open->nodes = (unsigned)PQntuples(result);
	return open->nodes > 0 && !postgres_bool(result, 0, 3) ? refuse_beside(store, result) : 0;
}

static int look_at_others(struct postgres_store *store, bool is_alone, struct open_run *open)
{
	const struct store_value values[] = {
		postgres_of_integer(is_alone),
		postgres_of_string(store->node->parses),
	};
	PGresult *runs = NULL, *nodes;
	int failed;

	postgres_queue_question(store,
				"SELECT id, ended_at IS NOT NULL, config_hash, versions"
				" FROM runs WHERE ended IS NULL FOR UPDATE",
				NULL, 0, &runs);
	nodes = postgres_ask(
		store,
		"SELECT name, coalesce(nullif(pid, 0)::text, 'gone'), $1 <> 0 AND parses IS NOT "
		"NULL AND $2::text IS NOT NULL,"
		" CASE WHEN $1 <> 0 THEN parses IS NOT DISTINCT FROM $2 AND parses IS NOT NULL"
		" ELSE run IS NOT NULL END AS is_with_us, run IS NULL AND parses IS NULL"
		" FROM crawl_nodes ORDER BY is_with_us, joined_at",
		values, 2);
	note_open_run(runs, open);
	failed = nodes ? note_nodes(store, nodes, open) : -1;
	PQclear(runs);
	PQclear(nodes);
	return failed;
}

/* ---- is it the same crawl? ---- */

/* "crawl 0.2.0" of "crawl 0.2.0 libcurl 7.88.1 ..." */
static size_t program_size(const char *versions)
{
	size_t size = strcspn(versions, " ");

	return versions[size] ? size + 1 + strcspn(versions + size + 1, " ") : size;
}

static int check_versions(struct postgres_store *store, const struct open_run *open,
			  const char *ours)
{
	size_t size = program_size(ours), other = program_size(open->versions);

	if (size == other && memcmp(ours, open->versions, size) == 0)
		return 0;
	return store_fail(&store->base, STORE_CURE_ASK_OTHERWISE,
			  "run %lld, which is under way, is by %.*s, and this is %.*s: all who "
			  "crawl together have to be of one version",
			  (long long)open->id, (int)other, open->versions, (int)size, ours);
}

static int check_config(struct postgres_store *store, const struct open_run *open,
			const struct store_run *run)
{
	char why[STORE_ERROR_MAX] = "";
	int fits = 1;

	if (run->joins_only)
		return 0;
	/* Files say more than the hash: how politely hosts are asked, and by whom. */
	if (run->fits)
		fits = run->fits(run->context, &store->base, open->id, why);
	if (fits < 0)
		return -1;
	if (fits == 0)
		return store_fail(&store->base, STORE_CURE_ASK_OTHERWISE, "%s", why);
	if (open->config_hash == run->config_hash)
		return 0;
	return store_fail(&store->base, STORE_CURE_ASK_OTHERWISE,
			  "the config differs from that of run %lld, which is under way",
			  (long long)open->id);
}

/* ---- begin, or join ---- */

static void add_node(struct postgres_store *store, bool is_seeding)
{
	const struct postgres_node *node = store->node;
	const struct store_value values[] = {
		postgres_of_integer(node->id),          postgres_of_number(store->run_id),
		postgres_of_string(node->name),         postgres_of_integer(getpid()),
		postgres_of_integer(postgres_lease_ms), postgres_of_integer(is_seeding),
		postgres_of_string(node->versions),     postgres_of_string(node->parses),
	};

	postgres_queue(store,
		       "INSERT INTO crawl_nodes (id, run, name, pid, lease_until, is_seeding,"
		       " versions, parses, order_seen)"
		       " SELECT $1, $2, $3, $4, clock_timestamp() + $5 * interval '1 ms',"
		       " $6 <> 0, $7, $8, coalesce((SELECT max(id) FROM crawl_orders"
		       " WHERE run = $2), 0)",
		       values, 8);
}

static void add_file(struct postgres_store *store, const struct store_file *file, size_t place)
{
	const struct store_value values[] = {
		postgres_of_integer(store->run_id),
		postgres_of_integer((int64_t)place),
		postgres_of_string(file->name),
		postgres_of_text(file->text.at ? file->text : (struct slice){ "", 0 }),
	};

	postgres_queue(store,
		       "INSERT INTO crawl_files (run, place, name, text) VALUES ($1, $2, $3, $4)",
		       values, 4);
}

static int add_run(struct postgres_store *store, const struct store_run *run)
{
	char hash[17];
	struct store_value values[] = {
		postgres_of_integer(getpid()),
		postgres_of_string(run->command_line),
		postgres_of_string(run->versions),
		{ .kind = STORE_NULL },
	};

	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)run->config_hash);
	values[3] = postgres_of_string(hash);
	return postgres_number(
		store,
		"INSERT INTO runs (id, started_at, pid, command_line, versions, config_hash, pass)"
		" SELECT coalesce((SELECT max(id) FROM runs), 0) + 1, " POSTGRES_NOW_TEXT
		", $1, $2, $3, $4, coalesce((SELECT max(pass) FROM crawl_passes), 1) RETURNING id",
		values, 4, &store->run_id);
}

/* All shares are the founder's: nobody else can have any, and he knows it from the beginning. */
static int found_run(struct postgres_store *store, const struct store_run *run)
{
	static const char *const clearing[] = {
		("UPDATE runs SET ended = CASE WHEN ended_at IS NULL THEN 'killed' ELSE 'finished'"
		 " END WHERE ended IS NULL"),
		"DELETE FROM crawl_quotas",
		"DELETE FROM crawl_orders",
		"DELETE FROM crawl_lists",
		"DELETE FROM crawl_named",
	};
	struct store_value ids[2];

	for (size_t i = 0; i < sizeof(clearing) / sizeof(clearing[0]); i++)
		postgres_queue(store, clearing[i], NULL, 0);
	if (add_run(store, run))
		return -1;
	ids[0] = postgres_of_integer(store->run_id);
	ids[1] = postgres_of_integer(store->node->id);
	postgres_queue(store,
		       "INSERT INTO crawl_passes (run_id, pass, asks)"
		       " SELECT id, pass, 0 FROM runs WHERE id = $1",
		       ids, 1);
	for (size_t i = 0; i < run->file_count; i++)
		add_file(store, &run->files[i], i);
	add_node(store, true);
	postgres_queue(store, "UPDATE crawl_shares SET node = $1", &ids[1], 1);
	store->node->load.is_seeding = true; /* until the caller says otherwise */
	return 0;
}

static int join_run(struct postgres_store *store, const struct store_run *run,
		    const struct open_run *open)
{
	if (check_versions(store, open, run->versions ? run->versions : "") ||
	    check_config(store, open, run) || check_role(store))
		return -1;
	store->run_id = open->id;
	store->node->has_joined = true;
	store->node->hears_old = true;
	add_node(store, false);
	return 0;
}

/* Nothing is under way that could be joined. */
static int note_over(struct postgres_store *store)
{
	PGresult *result = postgres_ask(
		store, "SELECT id, coalesce(ended, 'killed') FROM runs ORDER BY id DESC LIMIT 1",
		NULL, 0);

	if (!result)
		return -1;
	store->node->is_over = true;
	if (PQntuples(result) > 0) {
		store->run_id = postgres_integer(result, 0, 0);
		snprintf(store->node->ended, sizeof(store->node->ended), "%s",
			 PQgetvalue(result, 0, 1));
	}
	PQclear(result);
	return 0;
}

static int join_alone(struct postgres_store *store, const struct open_run *open)
{
	add_node(store, false);
	return postgres_parses_join(store, open->nodes) || (open->nodes > 0 && check_role(store))
		       ? -1
		       : 0;
}

/* A transaction, in which nobody else joins, begins or ends a run. */
static void lock_schema(struct postgres_store *store)
{
	postgres_queue(store, "BEGIN", NULL, 0);
	postgres_queue(store, "SET LOCAL idle_in_transaction_session_timeout = '" JOIN_LIMIT "'",
		       NULL, 0);
	postgres_queue(store, "SELECT " POSTGRES_COMMIT_FIRMLY("true"), NULL, 0);
	postgres_queue(store,
		       "SELECT pg_advisory_xact_lock(hashtextextended("
		       "'crawl ' || current_schema(), 0))",
		       NULL, 0);
}

/* What we were before the connection was lost, if that was committed by now: under the lock it
 * cannot be any more. */
static void remove_last(struct postgres_store *store)
{
	struct postgres_node *node = store->node;
	const struct store_value id = postgres_of_integer(node->id);

	node->has_joined = node->hears_old = node->is_over = false;
	node->load.is_seeding = false;
	node->ended[0] = '\0';
	store->run_id = 0;
	postgres_queue(store, "DELETE FROM crawl_nodes WHERE id = $1", &id, 1);
}

/*
 * The schema is looked at again, under its lock: it may have been emptied since it was opened, and
 * its secret is another one then.
 *
 * Returns 1: done; 0: nodes of a run that is over still write, try again; or -1.
 */
static int try_to_join(struct postgres_store *store, const struct store_run *run, bool is_again)
{
	struct open_run open;
	int failed;

	if (bury_if_all_are_dead(store))
		return -1;
	lock_schema(store);
	if (is_again)
		remove_last(store);
	if (postgres_schema_check(store) || look_at_others(store, !run, &open))
		return -1;
	if (run && open.nodes > 0 && (!open.id || open.is_closing))
		return postgres_do(store, "ROLLBACK", NULL, 0) ? -1 : 0;
	if (run && postgres_refuse_half_copy(store))
		return -1;
	if (!run)
		failed = join_alone(store, &open);
	else if (open.id && open.nodes > 0)
		failed = join_run(store, run, &open);
	else if (run->joins_only)
		failed = note_over(store);
	else
		failed = found_run(store, run);
	if (!failed && !store->node->is_over) {
		postgres_queue(store, "SET LOCAL lock_timeout = '" TABLES_LIMIT "'", NULL, 0);
		failed = postgres_make_tables(store);
	}
	if (failed || postgres_do(store, "COMMIT", NULL, 0))
		return -1;
	if (!store->node->is_over)
		postgres_note_made(store);
	return 1;
}

static void wait_a_little(struct postgres_store *store, int ms)
{
	struct store_wait wait;
	struct pollfd fd = { .fd = -1, .events = POLLIN };

	if (store->node && postgres_line_waits(&store->node->line, &wait)) {
		fd.fd = wait.fd;
		fd.events = wait.wants_to_write ? POLLOUT : POLLIN;
	}
	poll(&fd, 1, ms);
}

struct joining {
	const struct store_run *run;
	int64_t sent_ms;
	bool is_again;
};

static int join(struct postgres_store *store, void *context)
{
	struct joining *joining = context;
	int joined;

	postgres_node_wake_with(store);
	do {
		joining->sent_ms = postgres_boot_ms();
		joined = try_to_join(store, joining->run, joining->is_again);
		joining->is_again = true;
		if (joined == 0)
			wait_a_little(store, AGAIN_MS);
	} while (joined == 0);
	return joined;
}

/* Join, or begin, a run; or be alone (run NULL).  Waited for.  Returns 0 or -1. */
static int node_join(struct postgres_store *store, const struct store_run *run)
{
	struct joining joining = { .run = run };
	int joined;

	postgres_lease_read();
	store->node = postgres_node_new(run);
	if (!run && store->parses)
		store->node->parses = memory_text(store->parses, strlen(store->parses));
	joined = postgres_transact(store, join, &joining);
	if (joined < 0 || store->node->is_over) {
		postgres_take_back(store);
		return joined < 0 ? -1 : 0;
	}
	postgres_node_add_kinds(store);
	store->pipe = postgres_pipe_new(store);
	postgres_lease_begin(store, joining.sent_ms);
	return 0;
}

/* ---- who joins waits for who began, until that one has read its lists ---- */

struct founding {
	bool is_done, is_over;
	int64_t seeders;
};

static int look_at_founding(struct postgres_store *store, struct founding *founding)
{
	const struct store_value values[] = {
		postgres_of_integer(postgres_lease_ms),
		postgres_of_integer(store->run_id),
		postgres_of_integer(store->node->id),
		postgres_of_integer(postgres_lease_may_judge(store->node)),
	};
	PGresult *result = postgres_ask(
		store,
		"SELECT p.named IS NOT NULL, r.ended IS NOT NULL OR r.ended_at IS NOT NULL,"
		" (SELECT count(*) FROM crawl_nodes k WHERE k.run = $2 AND k.is_seeding"
		"  AND k.id <> $3 AND NOT ($4 <> 0 AND " POSTGRES_IS_LATE(
			"k") ")) FROM runs r LEFT JOIN crawl_passes p ON p.run_id = r.id WHERE "
			     "r.id "
			     "= $2",
		values, 4);

	if (!result)
		return -1;
	*founding = (struct founding){ .is_over = true };
	if (PQntuples(result) > 0) {
		founding->is_done = postgres_bool(result, 0, 0);
		founding->is_over = postgres_bool(result, 0, 1);
		founding->seeders = postgres_integer(result, 0, 2);
	}
	PQclear(result);
	return 0;
}

/* Who began it is dead, and had not read its lists: ours are read instead, by one of us. */
static int become_founder(struct postgres_store *store)
{
	struct store_value ids[2];
	struct founding founding;
	int64_t is_there = 0;

	ids[0] = postgres_of_integer(store->node->id);
	if (bury(store))
		return -1;
	lock_schema(store);
	if (look_at_founding(store, &founding))
		return -1;
	if (founding.is_done || founding.is_over || founding.seeders > 0)
		return postgres_do(store, "COMMIT", NULL, 0);
	store->node->load.is_seeding = true; /* also for a renewal that comes between */
	if (postgres_number(store,
			    "UPDATE crawl_nodes SET is_seeding = true WHERE id = $1 RETURNING 1",
			    ids, 1, &is_there))
		return -1;
	if (is_there &&
	    postgres_do(store, "UPDATE crawl_shares SET node = $1 WHERE node IS NULL", ids, 1))
		return -1;
	store->node->load.is_seeding = is_there != 0;
	store->node->has_joined = !is_there;
	return postgres_do(store, "COMMIT", NULL, 0);
}

static int wait_for_founder(struct postgres_store *store)
{
	struct postgres_node *node = store->node;
	struct founding founding;

	while (node->has_joined && !node->is_over) {
		if (postgres_lease_turn(store) < 0)
			return -1;
		if (node->is_refused) /* buried meanwhile: we come again */
			postgres_node_start_over(store);
		if (store->base.has_failed || look_at_founding(store, &founding))
			return -1;
		if (founding.is_done && !node->is_lost)
			return 0;
		if (founding.is_over)
			node->is_over = true;
		else if (founding.seeders == 0 && !node->is_lost && become_founder(store))
			return -1;
		if (node->has_joined && !node->is_over)
			wait_a_little(store, postgres_lease_ms / 100);
	}
	return 0;
}

/* ---- what a run has to know ---- */

static void note_run(struct postgres_store *store, const PGresult *result, int64_t sent_ms)
{
	store->pass = postgres_integer(result, 0, 0);
	store->asks = (enum store_pass)postgres_integer(result, 0, 1);
	store->is_of_all = postgres_bool(result, 0, 2);
	store->has_results = postgres_bool(result, 0, 3);
	postgres_targets_note(store, postgres_bool(result, 0, 4), postgres_bool(result, 0, 5));
	store->node->is_paused = postgres_bool(result, 0, 6);
	store->node->order_seen = postgres_integer(result, 0, 7);
	store->node->live = (unsigned)postgres_integer(result, 0, 8);
	store->is_blank = postgres_bool(result, 0, 9) && !store->node->has_joined;
	postgres_compare_clocks(store, sent_ms, postgres_integer(result, 0, 10));
}

static void note_shares(struct postgres_node *node, const PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++)
		node->shares[postgres_integer(result, row, 0) % POSTGRES_SHARES] = POSTGRES_COMING;
	node->share_count = (uint32_t)PQntuples(result);
}

/* Orders that came since our row was made are still to be heard. */
static int read_run(struct postgres_store *store)
{
	const struct store_value ids[] = { postgres_of_integer(store->run_id),
					   postgres_of_integer(store->node->id) };
	int64_t sent_ms = postgres_boot_ms();
	PGresult *shares = NULL, *result;

	postgres_queue_question(store, "SELECT share FROM crawl_shares WHERE node = $1", &ids[1], 1,
				&shares);
	result = postgres_ask(
		store,
		"SELECT pass, asks, is_of_all, EXISTS (SELECT FROM results),"
		" EXISTS (SELECT FROM crawl_requests), EXISTS (SELECT FROM crawl_sets),"
		" coalesce((SELECT what FROM crawl_orders WHERE run = $1"
		"  AND what IN ('pause', 'resume') ORDER BY id DESC LIMIT 1), '') = 'pause',"
		" coalesce((SELECT order_seen FROM crawl_nodes WHERE id = $2), 0),"
		" (SELECT count(*) FROM crawl_nodes WHERE run = $1),"
		" NOT EXISTS (SELECT FROM urls) AND NOT EXISTS (SELECT FROM hosts),"
		" " POSTGRES_CLOCK_MS " FROM runs WHERE id = $1",
		ids, 2);
	if (result) {
		note_shares(store->node, shares);
		if (PQntuples(result) > 0)
			note_run(store, result, sent_ms);
	}
	store->run_pages = store->run_rows = 0;
	PQclear(shares);
	PQclear(result);
	return result ? 0 : -1;
}

int64_t postgres_begin_run(struct store *door, const struct store_run *run)
{
	struct postgres_store *store = postgres_of(door);

	if (door->has_failed)
		return 0;
	if (store->node) { /* what was put before the run is there with it */
		if (postgres_settle_all(store))
			return 0;
		postgres_node_leave(store, NULL);
	}
	if (node_join(store, run) || wait_for_founder(store) || read_run(store))
		return 0;
	store->config_hash = (int64_t)run->config_hash;
	return store->run_id;
}

int postgres_begin(struct postgres_store *store)
{
	if (store->base.has_failed)
		return -1;
	if (store->node)
		return 0;
	if (store->is_reader)
		return store_fail(&store->base, STORE_CURE_NONE, "%.300s was opened to be read",
				  store->uri.shown);
	return node_join(store, NULL);
}
