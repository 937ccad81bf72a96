#include "tests/support/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "crawler/commands/store_says.h"
#include "store/postgres/flow.h"
#include "store/postgres/internal.h"
#include "store/postgres/pipe.h"
#include "tests/support/pipe_cut.h"
#include "tests/support/postgres_server.h"
#include "tests/support/relay.h"

/*
 * Several nodes on one server, each a store of this process.  Leases are short, so that whoever is
 * not given a turn for a second is dead to the others.
 */

#define LEASE_MS    1000
#define PATIENCE_MS 30000
#define PEERS_MAX   6

static struct postgres_server server;
static struct postgres_server firm; /* with settings of its own, for one test */
static struct postgres_server *asked = &server;
static unsigned schema_number;
static char uri[POSTGRES_URI_MAX];
static struct relay relay;
#define RELAY_FOLDER "/tmp/crawl-relay-XXXXXX"
static char relay_folder[] = RELAY_FOLDER;
static int usual_lease_ms;

struct peer {
	struct store *store;
	struct store_load load;
	bool is_stopped;       /* it is given no turns */
	bool gives;            /* what is to be released, at once */
	bool adds;             /* a URL, whatever the order */
	int64_t held_until_ms; /* what host 1 of share 7 has asked for; or 0 */
	unsigned lost, released, heard;
	char last_order[64];
	uint64_t used;
};
static struct peer peers[PEERS_MAX];

/* ---- events ---- */

static void put_url(struct peer *peer, uint32_t number)
{
	const struct store_key key = { 7, number };
	const struct store_url url = { .url = SLICE("http://a.example/"), .host = { 7, 1 } };

	assert_int_equal(store_put_url(peer->store, key, &url), 0);
}

static void put_a_url(struct peer *peer, uint32_t number)
{
	assert_int_equal(
		store_put_host(peer->store, (struct store_key){ 7, 1 }, SLICE("http://a.example")),
		0);
	put_url(peer, number);
}

static int gain_url(void *context, const struct store_known_url *url)
{
	(void)context;
	(void)url;
	return 0;
}

static void lose(void *context, uint32_t share)
{
	struct peer *peer = context;

	peer->lost++;
	if (share == 7 && peer->held_until_ms > 0)
		assert_int_equal(store_put_hold(peer->store, (struct store_key){ 7, 1 },
						SLICE("http://a.example"), peer->held_until_ms),
				 0);
}

static void release(void *context, uint32_t share)
{
	struct peer *peer = context;

	peer->released++;
	if (peer->gives)
		assert_int_equal(store_give(peer->store, share), 0);
}

static void order(void *context, const struct store_order *said)
{
	struct peer *peer = context;

	peer->heard++;
	snprintf(peer->last_order, sizeof(peer->last_order), "%s %s", said->what, said->text);
	if (peer->adds)
		put_a_url(peer, 1);
}

/* ---- nodes ---- */

static struct postgres_node *node_of(const struct peer *peer)
{
	return postgres_of(peer->store)->node;
}

static struct store_run plain_run(void)
{
	return (struct store_run){
		.command_line = "crawl urls.txt",
		.versions = "crawl 1.0 libcurl 8",
		.config_hash = 7,
	};
}

static void open_peer(struct peer *peer)
{
	struct store_error error = { .text = "" };

	*peer = (struct peer){ .gives = true };
	peer->store = store_open(uri, false, &error);
	assert_string_equal(error.text, "");
	assert_non_null(peer->store);
}

static int64_t begin(struct peer *peer, const struct store_run *run)
{
	const struct store_events events = {
		.gain_url = gain_url,
		.lose = lose,
		.release = release,
		.order = order,
		.context = peer,
	};
	int64_t number = store_begin_run(peer->store, run);

	if (number != 0)
		assert_int_equal(store_gain(peer->store, &events), 0);
	return number;
}

static const char *ask(const char *sql)
{
	return postgres_server_ask(asked, strstr(uri, "schema=") + 7, sql);
}

/* What store_put_asked() does, without the rest. */
static void say_seeded(struct peer *peer)
{
	peer->load.is_seeding = false;
	store_put_load(peer->store, &peer->load);
	ask("UPDATE crawl_passes SET named = 1");
}

static struct peer *join(unsigned i)
{
	struct store_run run = plain_run();

	open_peer(&peers[i]);
	if (begin(&peers[i], &run) == 0)
		fail_msg("%s", store_error(peers[i].store)->text);
	if (!node_of(&peers[i])->has_joined)
		say_seeded(&peers[i]);
	return &peers[i];
}

static void close_peer(struct peer *peer)
{
	store_close(peer->store);
	*peer = (struct peer){ .store = NULL };
}

/* As if its process had been killed: the server sees connections that end, and no more. */
static void kill_peer(struct peer *peer)
{
	struct postgres_store *store = postgres_of(peer->store);

	postgres_pipe_free(store->pipe);
	store->pipe = NULL;
	postgres_node_free(store->node);
	store->node = NULL;
	close_peer(peer);
}

/* ---- turns ---- */

static int64_t now_ms(void)
{
	return postgres_boot_ms();
}

static void turn(struct peer *peer)
{
	int64_t due_ms;

	if (!peer->store || peer->is_stopped)
		return;
	store_put_load(peer->store, &peer->load);
	if (store_turn(peer->store, now_ms(), &due_ms) < 0)
		fail_msg("%s", store_error(peer->store)->text);
}

static void turn_all(void)
{
	for (unsigned i = 0; i < PEERS_MAX; i++)
		turn(&peers[i]);
	poll(NULL, 0, 1);
}

static void turn_for(int64_t ms)
{
	int64_t until_ms = now_ms() + ms;

	while (now_ms() < until_ms)
		turn_all();
}

#define TURN_UNTIL(condition)                                      \
	do {                                                       \
		int64_t until_ms = now_ms() + PATIENCE_MS;         \
		while (!(condition)) {                             \
			turn_all();                                \
			if (now_ms() > until_ms)                   \
				fail_msg("never: %s", #condition); \
		}                                                  \
	} while (0)

static unsigned shares_of(const struct peer *peer)
{
	struct store_member member;

	store_get_member(peer->store, &member);
	return member.shares;
}

/* What the server says, and what the node believes, are the same. */
static bool are_settled(unsigned count, uint32_t fair)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < PEERS_MAX; i++) {
		const struct postgres_node *node = peers[i].store ? node_of(&peers[i]) : NULL;

		if (!node)
			continue;
		if (shares_of(&peers[i]) > fair || node->is_lost || node->given_n > 0 ||
		    node->is_taking || node->live != count)
			return false;
		sum += shares_of(&peers[i]);
	}
	return sum == POSTGRES_SHARES;
}

static void assert_same_as_server(void)
{
	char sql[128];

	for (unsigned i = 0; i < PEERS_MAX; i++) {
		if (!peers[i].store || !node_of(&peers[i]))
			continue;
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM crawl_shares WHERE node = %lld",
			 (long long)node_of(&peers[i])->id);
		assert_int_equal(atoi(ask(sql)), shares_of(&peers[i]));
	}
}

/* ---- each test has a schema of its own ---- */

static int begin_test(void **state)
{
	char schema[32];

	(void)state;
	alarm(TEST_SECONDS_MAX); /* each for itself: all of them have minutes to wait */
	postgres_lease_ms = LEASE_MS;
	memset(peers, 0, sizeof(peers));
	snprintf(schema, sizeof(schema), "crawl%u", ++schema_number);
	if (server.pid)
		snprintf(uri, sizeof(uri), "%s", postgres_server_uri(&server, schema));
	return 0;
}

static int end_test(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PEERS_MAX; i++) {
		if (peers[i].store)
			kill_peer(&peers[i]);
	}
	postgres_server_stop(&firm);
	asked = &server;
	relay_end_before(&relay, relay_folder);
	return 0;
}

/* Whoever joins from here on is connected by a relay. */
static void go_by_relay(void)
{
	strcpy(relay_folder, RELAY_FOLDER);
	assert_int_equal(relay_start_before(&relay, relay_folder, server.folder), 0);
	snprintf(uri, sizeof(uri), "postgresql://crawl@/postgres?host=%s&schema=crawl%u",
		 relay_folder, schema_number);
}

/* ---- what batches wait for ---- */

static PGconn *connect_as(const struct postgres_store *store, const char *application)
{
	PGconn *session = postgres_dial(store, application);
	PostgresPollingStatusType polling = PGRES_POLLING_WRITING;

	while (polling != PGRES_POLLING_OK && polling != PGRES_POLLING_FAILED)
		if (postgres_is_ready(session, polling, PATIENCE_MS))
			polling = PQconnectPoll(session);
	assert_int_equal(PQstatus(session), CONNECTION_OK);
	return session;
}

/* A session of its own, in a transaction. */
static PGconn *begin_session(void)
{
	PGconn *session = connect_as(postgres_of(peers[0].store), NULL);
	char *sql;

	sql = postgres_session_sql(postgres_of(peers[0].store), NULL);
	PQclear(PQexec(session, sql));
	free(sql);
	PQclear(PQexec(session, "BEGIN"));
	assert_int_equal(PQtransactionStatus(session), PQTRANS_INTRANS);
	return session;
}

/* A session that keeps batches waiting which write to this table: crawl_batches: all. */
static PGconn *hold(const char *table)
{
	PGconn *holder = begin_session();
	char sql[96];

	snprintf(sql, sizeof(sql), "LOCK TABLE %s IN EXCLUSIVE MODE", table);
	PQclear(PQexec(holder, sql));
	assert_int_equal(PQtransactionStatus(holder), PQTRANS_INTRANS);
	return holder;
}

static void let_go(PGconn *holder)
{
	PQclear(PQexec(holder, "COMMIT"));
	PQfinish(holder);
}

/* ---- joining ---- */

static void who_comes_first_has_all(void **state)
{
	struct store_member member;

	NEEDS_SERVER();
	join(0);
	store_get_member(peers[0].store, &member);
	assert_false(member.has_joined);
	assert_int_equal(member.nodes, 1);
	assert_int_equal(member.shares, POSTGRES_SHARES);
	assert_int_equal(member.all_shares, store_get_share_count(peers[0].store));
	assert_string_equal(ask("SELECT count(*) FROM runs WHERE ended IS NULL"), "1");
}

static void shares_are_evened_out_as_nodes_come_and_go(void **state)
{
	struct store_member member;

	NEEDS_SERVER();
	join(0);
	join(1);
	store_get_member(peers[1].store, &member);
	assert_true(member.has_joined);
	TURN_UNTIL(are_settled(2, 2048));
	join(2);
	join(3);
	TURN_UNTIL(are_settled(4, 1024));
	assert_same_as_server();
	assert_int_equal(peers[0].lost, POSTGRES_SHARES - 1024);
	close_peer(&peers[2]);
	TURN_UNTIL(are_settled(3, 1366));
	assert_same_as_server();
	kill_peer(&peers[0]);
	TURN_UNTIL(are_settled(2, 2048));
	assert_string_equal(
		ask("SELECT string_agg(ended, ' ' ORDER BY ended) FROM crawl_past_nodes"),
		"left lost");
}

/* Returns false: there is none that it was to let go. */
static bool give_one(struct peer *peer)
{
	for (uint32_t share = 0; share < POSTGRES_SHARES; share++) {
		if (node_of(peer)->shares[share] != POSTGRES_GOING)
			continue;
		assert_int_equal(store_give(peer->store, share), 0);
		return true;
	}
	return false;
}

static void give_all(struct peer *peer)
{
	while (give_one(peer))
		continue;
}

static void nothing_is_let_go_before_it_is_given(void **state)
{
	NEEDS_SERVER();
	join(0);
	peers[0].gives = false;
	join(1);
	TURN_UNTIL(peers[0].released == 2048);
	turn_for(LEASE_MS / 2);
	assert_int_equal(peers[0].released, 2048);
	assert_int_equal(shares_of(&peers[1]), 0);
	assert_string_equal(ask("SELECT count(*) FROM crawl_shares WHERE node IS NULL"), "0");
	give_all(&peers[0]);
	TURN_UNTIL(are_settled(2, 2048));
	assert_same_as_server();
}

/* One a turn, until it takes some and has them, or does not for so long. */
static void give_until_it_takes(struct peer *peer)
{
	int64_t until_ms = now_ms() + LEASE_MS;
	bool takes = false;

	while (now_ms() < until_ms && !(takes && !node_of(peer)->is_taking) && give_one(peer)) {
		turn_all();
		takes |= node_of(peer)->is_taking;
	}
}

/* Who was to have them has left when some are free already, and others are still being given. */
static void what_was_given_to_who_has_left_is_not_lost(void **state)
{
	NEEDS_SERVER();
	join(0);
	peers[0].gives = false;
	join(1);
	TURN_UNTIL(peers[0].released == 2048);
	close_peer(&peers[1]);
	give_until_it_takes(&peers[0]);
	join(1);
	give_all(&peers[0]);
	peers[0].gives = true;
	TURN_UNTIL(are_settled(2, 2048));
	assert_same_as_server();
}

static int has_another_delay(void *context, struct store *store, int64_t run,
			     char why[STORE_ERROR_MAX])
{
	(void)context;
	(void)store;
	snprintf(why, STORE_ERROR_MAX, "delay is 2s here, 1s in run %lld", (long long)run);
	return 0;
}

static void another_config_is_refused_in_the_words_of_who_compares(void **state)
{
	static const struct {
		const char *why;
		int (*fits)(void *, struct store *, int64_t, char[STORE_ERROR_MAX]);
	} rows[] = {
		{ "delay is 2s here, 1s in run 1", has_another_delay },
		{ "the config differs from that of run 1, which is under way", NULL },
	};
	struct store_run run = plain_run();

	NEEDS_SERVER();
	open_peer(&peers[0]);
	assert_int_equal(begin(&peers[0], &run), 1);
	say_seeded(&peers[0]);
	run.config_hash = 8;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_peer(&peers[1]);
		run.fits = rows[i].fits;
		assert_int_equal(store_begin_run(peers[1].store, &run), 0);
		assert_string_equal(store_error(peers[1].store)->text, rows[i].why);
		assert_int_equal(store_error(peers[1].store)->cure, STORE_CURE_ASK_OTHERWISE);
		close_peer(&peers[1]);
		assert_string_equal(ask("SELECT count(*) FROM crawl_nodes"), "1");
	}
}

static void another_version_is_refused(void **state)
{
	struct store_run run = plain_run();

	NEEDS_SERVER();
	join(0);
	open_peer(&peers[1]);
	run.versions = "crawl 1.1 libcurl 8";
	assert_int_equal(store_begin_run(peers[1].store, &run), 0);
	assert_non_null(
		strstr(store_error(peers[1].store)->text, "crawl 1.0, and this is crawl 1.1"));
	close_peer(&peers[1]);
	open_peer(&peers[1]);
	run.versions = "crawl 1.0 libcurl 9";
	assert_int_equal(store_begin_run(peers[1].store, &run), 1);
}

static void who_only_joins_begins_nothing(void **state)
{
	struct store_run run = plain_run();
	struct store_member member;
	const char *ended;

	NEEDS_SERVER();
	run.joins_only = true;
	open_peer(&peers[0]);
	store_begin_run(peers[0].store, &run);
	store_get_member(peers[0].store, &member);
	assert_true(member.is_over);
	assert_true(store_is_over(peers[0].store, &ended));
	close_peer(&peers[0]);
	assert_string_equal(ask("SELECT count(*) FROM runs"), "0");
	assert_string_equal(ask("SELECT count(*) FROM crawl_nodes"), "0");

	join(0);
	open_peer(&peers[1]);
	run.config_hash = 99; /* it takes the run's own */
	assert_int_equal(store_begin_run(peers[1].store, &run), 1);
	store_get_member(peers[1].store, &member);
	assert_true(member.has_joined);
	assert_false(member.is_over);
}

static void a_run_whose_nodes_have_all_died_was_killed(void **state)
{
	NEEDS_SERVER();
	join(0);
	kill_peer(&peers[0]);
	poll(NULL, 0, LEASE_MS + 100);
	join(0);
	assert_false(node_of(&peers[0])->has_joined);
	assert_string_equal(ask("SELECT string_agg(coalesce(ended, 'open'), ' ' ORDER BY id)"
				" FROM runs"),
			    "killed open");
	assert_int_equal(shares_of(&peers[0]), POSTGRES_SHARES);
}

static void who_joins_takes_the_place_of_a_founder_that_died(void **state)
{
	struct store_run run = plain_run();

	NEEDS_SERVER();
	postgres_lease_ms = 4 * LEASE_MS; /* the other is there before it is over */
	open_peer(&peers[0]);
	assert_int_equal(begin(&peers[0], &run), 1);
	kill_peer(&peers[0]); /* before it has said what is asked for */
	open_peer(&peers[1]);
	assert_int_equal(begin(&peers[1], &run), 1); /* waits for the lease of the dead one */
	assert_false(node_of(&peers[1])->has_joined);
	assert_int_equal(shares_of(&peers[1]), POSTGRES_SHARES);
	assert_string_equal(ask("SELECT count(*) FROM crawl_nodes WHERE is_seeding"), "1");
}

static void who_writes_without_a_run_is_alone(void **state)
{
	struct postgres_store *store;

	NEEDS_SERVER();
	open_peer(&peers[0]);
	store = postgres_of(peers[0].store);
	assert_int_equal(postgres_begin(store), 0);
	assert_true(store->node->is_alone);
	open_peer(&peers[1]);
	assert_int_equal(postgres_begin(postgres_of(peers[1].store)), -1);
	assert_non_null(strstr(store_error(peers[1].store)->text, "is in use by"));
	close_peer(&peers[1]);
	close_peer(&peers[0]);
	join(0);
	open_peer(&peers[1]);
	assert_int_equal(postgres_begin(postgres_of(peers[1].store)), -1);
	close_peer(&peers[1]);
	assert_string_equal(ask("SELECT count(*) FROM crawl_nodes"), "1");
}

/* ---- leases ---- */

static void note_nothing(void *context)
{
	(void)context;
}

static void who_is_stopped_is_buried_and_starts_over(void **state)
{
	int64_t id;

	NEEDS_SERVER();
	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	id = node_of(&peers[1])->id;
	peers[1].is_stopped = true;
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES) || shares_of(&peers[0]) == POSTGRES_SHARES);
	assert_true(store_get_lease_ms(peers[1].store) < now_ms());
	peers[1].is_stopped = false;
	TURN_UNTIL(are_settled(2, 2048));
	assert_int_not_equal(node_of(&peers[1])->id, id);
	assert_non_null(strstr(store_notice(peers[1].store),
			       ": others took this node for dead: it starts over"));
	assert_int_equal(peers[1].lost, 2048);
	assert_same_as_server();
}

static void a_lease_is_of_20_s_and_renewed_each_5_s(void **state)
{
	struct postgres_node *node;
	int64_t left_ms;

	NEEDS_SERVER();
	postgres_lease_ms = usual_lease_ms;
	join(0);
	node = node_of(&peers[0]);
	TURN_UNTIL(node->renew_ms > 0);
	left_ms = atoi(ask("SELECT (1000 * extract(epoch FROM lease_until - clock_timestamp()))"
			   "::bigint FROM crawl_nodes"));
	assert_in_range(left_ms, 10000, 20000);
	/* Both are counted from the same moment. */
	assert_int_equal(node->lease_end_ms - node->renew_ms, 20000 - 2000 - 5000);
}

/* What it wrote when it came again was committed, and the answer was lost. */
static void who_joins_again_may_be_there_already(void **state)
{
	char sql[200];

	NEEDS_SERVER();
	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	postgres_node_start_over(postgres_of(peers[1].store));
	snprintf(sql, sizeof(sql),
		 "INSERT INTO crawl_nodes (id, run, name, pid, lease_until) SELECT %lld, run, 'n', "
		 "1,"
		 " clock_timestamp() FROM crawl_nodes LIMIT 1",
		 (long long)node_of(&peers[1])->id);
	ask(sql);
	TURN_UNTIL(!node_of(&peers[1])->is_lost);
	TURN_UNTIL(are_settled(2, 2048));
	assert_same_as_server();
}

static void commit_all(struct peer *peer)
{
	assert_int_equal(store_commit(peer->store), 0);
	TURN_UNTIL(postgres_pipe_waiting(postgres_of(peer->store)->pipe) == 0);
}

/* What is counted since the process began is one node's, whatever it was called meanwhile. */
static void who_starts_over_goes_on_to_count(void **state)
{
	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	assert_int_equal(store_put_run_histogram(peers[0].store, "size", 12, 1000), 0);
	commit_all(&peers[0]);
	postgres_node_start_over(postgres_of(peers[0].store));
	TURN_UNTIL(!node_of(&peers[0])->is_lost);
	assert_int_equal(store_put_run_histogram(peers[0].store, "size", 12, 1001), 0);
	commit_all(&peers[0]);
	assert_string_equal(ask("SELECT sum(pages) FROM crawl_histograms"), "1001");
}

/* Who counted from the answer would ask a host that is somebody else's by then. */
static void an_answer_that_is_late_makes_no_lease_longer(void **state)
{
	struct postgres_node *node;
	int64_t sent_ms, session_ms, end_ms;

	NEEDS_SERVER();
	go_by_relay();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	node = node_of(&peers[0]);
	do { /* again, if it took so long that the connection was given up */
		TURN_UNTIL(node->line.state == POSTGRES_LINE_IDLE);
		session_ms = node->line.up_ms;
		end_ms = node->lease_end_ms;
		relay_set(&relay, (struct relay_line){ .holds_down = true });
		node->renew_ms = 0;
		turn(&peers[0]);
		sent_ms = now_ms();
		turn_for(LEASE_MS / 4);
		assert_int_equal(node->lease_end_ms, end_ms);
		relay_set(&relay, (struct relay_line){ 0 });
		TURN_UNTIL(node->lease_end_ms != end_ms);
	} while (node->line.up_ms != session_ms);
	assert_true(node->lease_end_ms <= sent_ms + LEASE_MS - LEASE_MS / 10);
}

/* What a connection leads to is gone, as it is for a copy of a machine. */
static void cut(PGconn *connection)
{
	int null = open("/dev/null", O_RDWR);

	if (connection)
		dup2(null, PQsocket(connection));
	close(null);
}

/* A session of a node that has begun to write this batch, and says no more. */
static PGconn *begin_batch(const struct peer *peer, const char *application, int n)
{
	const struct postgres_store *store = postgres_of(peer->store);
	char sql[256];
	PGconn *half = connect_as(store, application);

	snprintf(sql, sizeof(sql),
		 "BEGIN; INSERT INTO \"%s\".crawl_batches (node, n, token) VALUES (%lld, %d, 1)",
		 store->uri.schema, (long long)store->node->id, n);
	PQclear(PQexec(half, sql));
	if (PQtransactionStatus(half) != PQTRANS_INTRANS)
		fail_msg("%s", PQerrorMessage(half));
	return half;
}

static void assert_is_ended(PGconn *half)
{
	PQclear(PQexec(half, "COMMIT"));
	assert_int_equal(PQstatus(half), CONNECTION_BAD);
	PQfinish(half);
}

static void commit_a_batch(const struct peer *peer)
{
	struct postgres_pipe *pipe = postgres_of(peer->store)->pipe;

	postgres_pipe_close_batch(pipe, note_nothing, NULL);
	TURN_UNTIL(postgres_pipe_waiting(pipe) == 0);
}

static void half_a_batch_of_a_dead_node_is_ended(void)
{
	PGconn *half;

	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	half = begin_batch(&peers[1], node_of(&peers[1])->application, 900);
	peers[1].is_stopped = true;
	TURN_UNTIL(shares_of(&peers[0]) == POSTGRES_SHARES);
	assert_is_ended(half);
	assert_string_equal(ask("SELECT count(*) FROM crawl_batches WHERE n = 900"), "0");
}

/* What locks the batch that it is to write is a session of its own, which nobody else ends. */
static void half_a_batch_of_its_own_is_ended(void)
{
	struct postgres_pipe *lane;
	PGconn *half;
	int n;

	join(0);
	lane = postgres_of(peers[0].store)->pipe;
	commit_a_batch(&peers[0]); /* what it ends as it connects is not half */
	n = (int)postgres_pipe_closed(lane) + 1;
	half = begin_batch(&peers[0], node_of(&peers[0])->pipe_application, n);
	pipe_cut(peers[0].store);
	put_a_url(&peers[0], 1);
	assert_int_equal(store_commit(peers[0].store), 0);
	TURN_UNTIL(postgres_pipe_committed(lane) >= n);
	assert_is_ended(half);
	assert_string_equal(ask("SELECT count(*) FROM urls"), "1");
}

/* The server keeps what was locked by a pipeline that was half sent for ever, if nobody ends it. */
static void a_session_that_stopped_within_a_transaction_is_ended(void **state)
{
	NEEDS_SERVER();
	half_a_batch_of_a_dead_node_is_ended();
}

static void a_session_that_was_left_behind_is_ended_by_who_comes_back(void **state)
{
	NEEDS_SERVER();
	half_a_batch_of_its_own_is_ended();
}

/* Open all as a login whose role is another, so that tables have one owner. */
static void be_one_with_another_role(const char *login)
{
	const char *place = strstr(uri, "crawl@");
	char sql[512], as[POSTGRES_URI_MAX];

	snprintf(sql, sizeof(sql),
		 "CREATE ROLE \"%s owner\"; CREATE ROLE %s LOGIN NOINHERIT IN ROLE \"%s owner\";"
		 "GRANT CREATE ON DATABASE postgres TO \"%s owner\";"
		 "ALTER ROLE %s SET role = '%s owner'",
		 login, login, login, login, login, login);
	assert_string_equal(ask(sql), "");
	assert_in_range(
		snprintf(as, sizeof(as), "%.*s%s%s", (int)(place - uri), uri, login, place + 5), 1,
		sizeof(as) - 1);
	memcpy(uri, as, sizeof(as));
}

static void who_has_another_role_ends_sessions_of_his_login(void **state)
{
	NEEDS_SERVER();
	be_one_with_another_role("first");
	half_a_batch_of_a_dead_node_is_ended();
	assert_string_equal(ask("SELECT DISTINCT tableowner FROM pg_tables"
				" WHERE schemaname = current_schema()"),
			    "first owner");
}

static void who_has_another_role_ends_what_it_left_behind(void **state)
{
	NEEDS_SERVER();
	be_one_with_another_role("second");
	half_a_batch_of_its_own_is_ended();
}

/* In the copy of a process: who it is after a while. */
static int64_t go_on_as_copy(struct peer *peer)
{
	struct postgres_store *store = postgres_of(peer->store);

	pipe_cut(peer->store);
	cut(store->node->line.connection);
	cut(store->ask);
	for (int64_t until_ms = now_ms() + 3 * LEASE_MS; now_ms() < until_ms;) {
		postgres_pipe_close_batch(store->pipe, note_nothing, NULL);
		for (unsigned i = 0; i < 10; i++) {
			turn(peer);
			poll(NULL, 0, 2);
		}
	}
	return store->node->id;
}

/* Of a machine that was copied while it ran, both believe to be the same node. */
static void of_a_process_and_its_copy_one_starts_over(void **state)
{
	struct postgres_store *store;
	int64_t id, copy = 0;
	int ends[2];
	pid_t pid;

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	store = postgres_of(peers[0].store);
	id = store->node->id;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		copy = go_on_as_copy(&peers[0]);
		_exit(write(ends[1], &copy, sizeof(copy)) != sizeof(copy));
	}
	for (int64_t until_ms = now_ms() + 4 * LEASE_MS; now_ms() < until_ms;) {
		postgres_pipe_close_batch(store->pipe, note_nothing, NULL);
		for (unsigned i = 0; i < 10; i++)
			turn_all();
	}
	assert_int_equal(read(ends[0], &copy, sizeof(copy)), sizeof(copy));
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_not_equal(copy, store->node->id);
	(void)id;
}

static bool are_others(const int64_t ids[2])
{
	for (unsigned i = 0; i < 2; i++)
		if (node_of(&peers[i])->id == ids[i] || node_of(&peers[i])->is_lost)
			return false;
	return true;
}

/* What it lost may be that some shares were another's by then, and that one has his lease. */
static void a_server_that_lost_the_tail_makes_its_nodes_start_over(void **state)
{
	static const char nobodys[] = "SELECT count(*) FROM crawl_shares WHERE node IS NULL";
	int64_t ids[2], from_ms;

	NEEDS_SERVER();
	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	for (unsigned i = 0; i < 2; i++)
		ids[i] = node_of(&peers[i])->id;
	/* As a replica that never had them; what is free there, too, may be another's. */
	ask("DELETE FROM crawl_batches; UPDATE crawl_shares SET node = NULL WHERE share < 96");
	from_ms = now_ms();
	TURN_UNTIL(are_others(ids));
	assert_non_null(strstr(
		store_notice(peers[1].store),
		" has lost what this node wrote last: it starts over, and its hosts rest for 1 s"));
	while (now_ms() - from_ms < LEASE_MS * 3 / 4) {
		turn_all();
		if (now_ms() - from_ms < LEASE_MS * 3 / 4)
			assert_string_equal(ask(nobodys), "96");
	}
	TURN_UNTIL(are_settled(2, 2048));
	assert_true(now_ms() - from_ms >= LEASE_MS);
	assert_same_as_server();
}

/* A host has asked it for time, which the server does not know, or no more. */
static void who_starts_over_says_what_hosts_have_asked_for(void **state)
{
	struct peer *owner;

	NEEDS_SERVER();
	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	owner = node_of(&peers[0])->shares[7] == POSTGRES_OURS ? &peers[0] : &peers[1];
	put_a_url(owner, 1);
	commit_all(owner);
	owner->held_until_ms = 2000000000000;
	ask("DELETE FROM crawl_batches");
	TURN_UNTIL(strcmp(ask("SELECT coalesce(max(held_until), 0) > 1990000000000 FROM hosts"),
			  "t") == 0);
	TURN_UNTIL(are_settled(2, 2048));
}

static void put_page(struct peer *peer, uint32_t number)
{
	const struct store_page page = {
		.state = STORE_DONE, .outcome = "ok", .status = 200, .tries = 1, .title = SLICE("t")
	};

	assert_int_equal(store_page_open(peer->store, (struct store_key){ 7, number }, false), 0);
	assert_int_equal(store_page(peer->store, &page), 0);
}

/* Of a batch that was cut, the part that is committed last has not the highest number. */
static void a_server_that_lost_a_part_of_what_was_cut_is_found_out(void **state)
{
	int64_t id;

	NEEDS_SERVER();
	join(0);
	id = node_of(&peers[0])->id;
	ask("ALTER TABLE results ADD CHECK (title IS NULL OR url_id % 2 = 0)");
	put_a_url(&peers[0], 1);
	put_url(&peers[0], 2);
	commit_all(&peers[0]);
	put_page(&peers[0], 1);
	put_page(&peers[0], 2);
	commit_all(&peers[0]);
	assert_string_equal(ask("SELECT count(*) FROM results"), "2");
	ask("DELETE FROM crawl_batches WHERE n = (SELECT max(n) - 1 FROM crawl_batches)");
	put_url(&peers[0], 3);
	assert_int_equal(store_commit(peers[0].store), 0);
	TURN_UNTIL(node_of(&peers[0])->id != id);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	put_url(&peers[0], 4);
	commit_all(&peers[0]);
}

/* Who begins a run leaves hosts alone that the last one has asked just now. */
static void a_run_that_has_ended_just_now_has_by_any_clock(void **state)
{
	static const struct {
		int64_t server_ms, ago_ms, now_ms, here_ms;
	} rows[] = {
		{ 1000000, 500, 1000500, 1000000 },  { 1000000, 500, 1002000, 1000000 },
		{ 1000000, 500, 999000, 1000000 },   { 1000000, 500, 1090500, 1090000 },
		{ 1000000, 90000, 1000500, 910500 }, { 1000000, 0, 900000, 900000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			postgres_moment_here(rows[i].server_ms, rows[i].ago_ms, rows[i].now_ms),
			rows[i].here_ms);
}

static int64_t distance(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

/* An answer that was long on its way is no clock that is wrong. */
static void clocks_that_are_far_apart_are_told_of_once(void **state)
{
	static const struct {
		int64_t took_ms, server_ms, ahead_ms, hold_ahead_ms;
		const char *says;
	} rows[] = {
		{ 0, 0, 0, 0, "" },
		{ 0, -1500, 0, 1500, "" },
		{ 0, 1500, 0, -1500, "" },
		{ 60000, -50000, 0, 0, "" },
		{ 60000, -90000, 30000, 30000, "this machine's clock is 30 s ahead of that of " },
		{ 0, 90000, -90000, -90000, "" }, /* it has been said */
		{ 0, -90000, 90000, 90000, "" },
	};
	struct postgres_store *store;

	NEEDS_SERVER();
	store = postgres_of(join(0)->store);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		store->base.notice[0] = '\0';
		postgres_compare_clocks(store, now_ms() - rows[i].took_ms,
					postgres_now_ms() + rows[i].server_ms);
		assert_in_range(distance(store->node->ahead_ms, rows[i].ahead_ms), 0, 900);
		assert_in_range(distance(store->node->hold_ahead_ms, rows[i].hold_ahead_ms), 0,
				900);
		assert_memory_equal(store->base.notice, rows[i].says, strlen(rows[i].says));
		assert_int_equal(store->base.notice[0] == '\0', rows[i].says[0] == '\0');
	}
	TURN_UNTIL(store->node->ahead_ms == 0); /* each renewal looks */
}

static void a_server_that_is_restarted_costs_nobody_his_place(void **state)
{
	int64_t ids[2];

	NEEDS_SERVER();
	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	for (unsigned i = 0; i < 2; i++)
		ids[i] = node_of(&peers[i])->id;
	for (unsigned round = 0; round < 2; round++) {
		postgres_server_kill(&server);
		turn_for(LEASE_MS + LEASE_MS / 2);
		assert_true(store_get_lease_ms(peers[0].store) < now_ms());
		assert_non_null(store_trouble(peers[0].store));
		assert_int_equal(postgres_server_start_again(&server, NULL), 0);
		TURN_UNTIL(!store_trouble(peers[0].store) && !store_trouble(peers[1].store) &&
			   store_get_lease_ms(peers[0].store) > now_ms() &&
			   store_get_lease_ms(peers[1].store) > now_ms());
	}
	turn_for(LEASE_MS);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(node_of(&peers[i])->id, ids[i]);
	assert_int_equal(peers[1].lost, 0);
	assert_true(are_settled(2, 2048));
}

/* Nobody is let in, and the server runs on, as one that takes over has done for long. */
static void be_away_for(int64_t ms)
{
	PGconn *session = begin_session();

	PQclear(PQexec(session, "UPDATE pg_database SET datallowconn = false"
				" WHERE datname = current_database(); COMMIT;"
				"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
				" WHERE datname = current_database() AND pid <> pg_backend_pid()"));
	turn_for(ms);
	PQclear(PQexec(session, "UPDATE pg_database SET datallowconn = true"
				" WHERE datname = current_database()"));
	PQfinish(session);
}

/* Whoever comes back first, or joins then, leaves the others the time of a lease. */
static void who_comes_back_first_does_not_bury_the_others(void **state)
{
	int64_t ids[2];

	NEEDS_SERVER();
	postgres_lease_ms = 3 * LEASE_MS;
	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	for (unsigned i = 0; i < 2; i++)
		ids[i] = node_of(&peers[i])->id;
	be_away_for(postgres_lease_ms + LEASE_MS / 2);
	assert_true(store_get_lease_ms(peers[0].store) < now_ms());
	peers[1].is_stopped = true;
	TURN_UNTIL(store_get_lease_ms(peers[0].store) > now_ms());
	join(2);
	turn_for(postgres_lease_ms / 6);
	assert_string_equal(ask("SELECT count(*) FROM crawl_nodes"), "3");
	peers[1].is_stopped = false;
	TURN_UNTIL(store_get_lease_ms(peers[1].store) > now_ms());
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(node_of(&peers[i])->id, ids[i]);
	peers[1].is_stopped = true; /* and who does not come, is buried in the end */
	TURN_UNTIL(strcmp(ask("SELECT count(*) FROM crawl_nodes"), "2") == 0);
}

#define LARGE (4 * 1024 * 1024)

/* More than is on its way at a time. */
static void put_large(struct peer *peer, uint32_t number)
{
	const struct store_key host = { 7, number };
	char origin[32];
	struct slice large = { calloc(LARGE, 1), LARGE };

	assert_non_null(large.at);
	memset((char *)(uintptr_t)large.at, 'a', LARGE);
	snprintf(origin, sizeof(origin), "http://a.example:%u", number);
	assert_int_equal(store_put_host(peer->store, host, slice_of(origin)), 0);
	assert_int_equal(store_put_robots(peer->store, host, "ok", large, 1), 0);
	assert_int_equal(store_commit(peer->store), 0);
	free((char *)(uintptr_t)large.at);
}

#define SLEEPS_MAX  2  /* memory may have to be fetched, too */
#define A_MOMENT_MS 20 /* who waits for its server waits longer */

/* How often this thread has gone to sleep. */
static long sleeps(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_THREAD, &usage), 0);
	return usage.ru_nvcsw;
}

static void the_turn_of_a_node_never_waits(void **state)
{
	static const struct relay_line lines[] = {
		{ .holds_down = true },
		{ .holds_up = true, .holds_down = true },
		{ .refuses = true },
		{ .delay_ms = 100 },
	};
	const char *ended;

	NEEDS_SERVER();
	go_by_relay();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		long slept = 0;

		relay_set(&relay, lines[i]);
		if (lines[i].refuses)
			relay_cut(&relay);
		put_large(&peers[0], (uint32_t)i + 1);
		for (int64_t until_ms = now_ms() + 2 * LEASE_MS; now_ms() < until_ms;) {
			long before = sleeps();
			int64_t from_ms = now_ms();

			turn(&peers[0]);
			store_get_quota(peers[0].store, "max_pages", 1000, 0);
			store_is_over(peers[0].store, &ended);
			if (now_ms() - from_ms >= A_MOMENT_MS)
				slept += sleeps() - before;
			poll(NULL, 0, 1);
		}
		if (slept > SLEEPS_MAX)
			fail_msg("line %zu: %ld times", i, slept);
		relay_set(&relay, (struct relay_line){ 0 });
		TURN_UNTIL(postgres_pipe_waiting(postgres_of(peers[0].store)->pipe) == 0);
	}
}

/* The end of all, for one: it is said in a batch of its own, and nothing else wakes who says it. */
static void who_has_written_all_has_another_turn_at_once(void **state)
{
	struct postgres_pipe *pipe;
	int64_t due_ms;

	NEEDS_SERVER();
	join(0);
	pipe = postgres_of(peers[0].store)->pipe;
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES) && postgres_pipe_waiting(pipe) == 0);
	put_a_url(&peers[0], 1);
	postgres_pipe_close_batch(pipe, note_nothing, NULL);
	do {
		poll(NULL, 0, 1);
		assert_int_equal(store_turn(peers[0].store, now_ms(), &due_ms), 0);
	} while (postgres_pipe_waiting(pipe) > 0);
	assert_true(due_ms <= now_ms());
}

/* No answer will ever say so; and the lease, which is well all the while, neither. */
static void who_has_nothing_to_write_is_well_once_he_is_connected(void **state)
{
	struct postgres_pipe *pipe;

	NEEDS_SERVER();
	join(0);
	pipe = postgres_of(peers[0].store)->pipe;
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES) && postgres_pipe_waiting(pipe) == 0);
	pipe_cut(peers[0].store);
	TURN_UNTIL(store_trouble(peers[0].store));
	TURN_UNTIL(!store_trouble(peers[0].store));
	assert_int_equal(postgres_pipe_waiting(pipe), 0);
}

/* A question that takes long is waited for; the lease is renewed all the same. */
static void who_waits_for_an_answer_is_not_taken_for_dead(void **state)
{
	struct postgres_store *store;

	NEEDS_SERVER();
	join(0);
	join(1);
	store = postgres_of(peers[0].store);
	assert_int_equal(postgres_do(store, "SELECT pg_sleep(2.5)", NULL, 0), 0);
	assert_true(store_get_lease_ms(peers[0].store) > now_ms());
}

/* Waits for it: what has not healed by then ends the crawl, with the exit code of who cannot go on.
 */
static const char *assert_gives_up(struct peer *peer)
{
	int64_t due_ms, end_ms = now_ms() + PATIENCE_MS;

	setenv("CRAWL_PATIENCE_MS", "1000", 1);
	while (store_turn(peer->store, now_ms(), &due_ms) == 0 && now_ms() < end_ms)
		poll(NULL, 0, 5);
	unsetenv("CRAWL_PATIENCE_MS");
	assert_non_null(strstr(store_error(peer->store)->text, "given up"));
	assert_int_equal(store_says_code(store_error(peer->store)), 3);
	return store_error(peer->store)->text;
}

static void a_server_that_stays_away_ends_the_crawl(void **state)
{
	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	postgres_server_kill(&server);
	assert_gives_up(&peers[0]);
	assert_int_equal(postgres_server_start_again(&server, NULL), 0);
}

/* The lease is well all the while, and questions are answered. */
static void a_disk_that_stays_full_ends_the_crawl(void **state)
{
	const char *error;

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	ask("CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE"
	    " 'could not extend file' USING errcode = 'disk_full'; END $$;"
	    "CREATE TRIGGER full_disk BEFORE INSERT ON urls EXECUTE FUNCTION fill()");
	put_a_url(&peers[0], 1);
	assert_int_equal(store_commit(peers[0].store), 0);
	error = assert_gives_up(&peers[0]);
	assert_non_null(strstr(error, "could not extend file"));
	assert_string_equal(ask("SELECT count(*) FROM urls"), "0");
}

/* ---- what is asked and waited for, while the server is away ---- */

#define AWAY_MS 5000 /* longer than who is no node waits */

/* Who watches: the server comes back after a time, or he has enough of it. */
struct watch {
	const struct store *store;
	int64_t back_ms;      /* 0: never */
	unsigned calls, most; /* 0: any number */
	bool has_seen_trouble;
};

static bool watch_wait(void *context)
{
	struct watch *watch = context;

	watch->calls++;
	watch->has_seen_trouble |= store_trouble(watch->store) != NULL;
	if (watch->back_ms && now_ms() >= watch->back_ms) {
		watch->back_ms = 0;
		assert_int_equal(postgres_server_start_again(&server, NULL), 0);
	}
	return watch->most == 0 || watch->calls < watch->most;
}

static int count_row(void *context, const PGresult *row)
{
	*(int64_t *)context += postgres_integer(row, 0, 0);
	return 0;
}

static void lose_server(struct watch *watch, int64_t away_ms)
{
	watch->store = peers[0].store;
	watch->back_ms = away_ms ? now_ms() + away_ms : 0;
	watch->calls = 0;
	watch->has_seen_trouble = false;
	store_watch_wait(peers[0].store, watch_wait, watch);
	postgres_server_kill(&server);
}

static void a_node_waits_for_its_server_with_what_it_asks(void **state)
{
	static const char sql[] = "SELECT count(*) FROM crawl_shares";
	int64_t number = 0, sum = 0, id;
	struct postgres_store *store;
	struct watch watch = { .most = 0 };
	struct store_totals totals;

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	store = postgres_of(peers[0].store);
	id = store->node->id;
	lose_server(&watch, AWAY_MS);
	assert_int_equal(postgres_number(store, sql, NULL, 0, &number), 0);
	assert_int_equal(number, POSTGRES_SHARES);
	assert_true(watch.has_seen_trouble);
	lose_server(&watch, AWAY_MS);
	assert_int_equal(postgres_scan(store, sql, NULL, 0, count_row, &sum), 0);
	assert_int_equal(sum, POSTGRES_SHARES);
	assert_true(watch.has_seen_trouble);
	lose_server(&watch, LEASE_MS);
	assert_int_equal(store_get_totals(peers[0].store, &totals), 0);
	turn_for(LEASE_MS);
	TURN_UNTIL(!store_trouble(peers[0].store));
	assert_int_equal(store->node->id, id);
	lose_server(&watch, AWAY_MS);
	assert_int_equal(store_end_run(peers[0].store, "interrupted"), 0);
	assert_string_equal(ask("SELECT ended FROM runs"), "interrupted");
}

struct counted {
	int64_t rows, sum;
	struct watch watch;
};

/* In the middle of it. */
static int count_and_lose(void *context, const PGresult *row)
{
	struct counted *counted = context;

	counted->rows++;
	counted->sum += postgres_integer(row, 0, 0);
	if (counted->rows == 1000 || counted->rows == 250000)
		lose_server(&counted->watch, 300);
	return 0;
}

static void what_is_cut_off_goes_on_behind_its_last_row(void **state)
{
	const int64_t most = 300000;
	struct counted counted = { .rows = 0 };
	struct store_value value;

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	assert_int_equal(postgres_scan_keyed(postgres_of(peers[0].store),
					     "SELECT i, repeat('x', 200) FROM generate_series(1,"
					     " 300000) i WHERE i > $1::bigint ORDER BY i",
					     &value, 1, count_and_lose, &counted),
			 0);
	assert_int_equal(counted.rows, most);
	assert_int_equal(counted.sum, most * (most + 1) / 2);
	assert_true(counted.watch.calls > 0);
}

/* The first of its hosts comes to hang: it takes connections, and says nothing. */
static void of_two_hosts_the_one_that_hangs_is_tried_last(void **state)
{
	char folder[] = "/tmp/crawl-hangs-XXXXXX", schema[64];
	struct relay first = { 0 };

	NEEDS_SERVER();
	assert_int_equal(relay_start_before(&first, folder, server.folder), 0);
	snprintf(schema, sizeof(schema), "%s", strstr(uri, "schema="));
	snprintf(uri, sizeof(uri), "postgresql://crawl@/postgres?host=%s,%s&connect_timeout=2&%s",
		 folder, server.folder, schema);
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	assert_true(relay_connections(&first) >= 3);
	relay_set(&first, (struct relay_line){ .holds_up = true });
	relay_cut(&first);
	turn_for(100);
	assert_non_null(store_trouble(peers[0].store));
	TURN_UNTIL(!store_trouble(peers[0].store) && store_get_lease_ms(peers[0].store) > now_ms());
	postgres_pipe_close_batch(postgres_of(peers[0].store)->pipe, note_nothing, NULL);
	TURN_UNTIL(postgres_pipe_waiting(postgres_of(peers[0].store)->pipe) == 0);
	close_peer(&peers[0]);
	relay_end_before(&first, folder);
}

static void assert_unanswered(struct peer *peer)
{
	int64_t number;

	assert_int_equal(postgres_number(postgres_of(peer->store), "SELECT 1", NULL, 0, &number),
			 -1);
}

static void who_watches_a_node_that_waits_can_end_it(void **state)
{
	struct watch watch = { .most = 5 };

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	lose_server(&watch, 0);
	assert_unanswered(&peers[0]);
	assert_int_equal(watch.calls, 5);
	assert_null(strchr(store_error(peers[0].store)->text, '\n'));
	assert_int_equal(postgres_server_start_again(&server, NULL), 0);
}

/* Foreign keys are the fence: who comes back without them is no node. */
static void who_comes_back_without_foreign_keys_is_refused(void **state)
{
	struct watch watch = { .most = 0 };

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	ask("ALTER ROLE crawl SET session_replication_role = 'replica'");
	lose_server(&watch, LEASE_MS);
	assert_unanswered(&peers[0]);
	assert_non_null(strstr(store_error(peers[0].store)->text, "session_replication_role"));
	close_peer(&peers[0]);
	ask("ALTER ROLE crawl RESET session_replication_role");
}

/* Its kernel answers, and its processes do not: no connection ever ends of that. */
static void a_server_that_hangs_holds_nobody_for_ever(void **state)
{
	struct watch watch = { .most = 5 };
	int hung;

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	watch.store = peers[0].store;
	store_watch_wait(peers[0].store, watch_wait, &watch);
	hung = PQbackendPID(postgres_of(peers[0].store)->ask);
	assert_int_equal(kill(hung, SIGSTOP), 0);
	assert_unanswered(&peers[0]);
	close_peer(&peers[0]);
	kill(hung, SIGCONT);
	assert_int_equal(watch.calls, 5);
	/* And who has failed leaves, though nobody hears it. */
	join(1);
	hung = PQbackendPID(postgres_of(peers[1].store)->ask);
	assert_int_equal(kill(hung, SIGSTOP), 0);
	store_fail(peers[1].store, STORE_CURE_NONE, "it is enough");
	close_peer(&peers[1]);
	kill(hung, SIGCONT);
}

static void a_node_waits_for_an_answer_as_long_as_for_anything_else(void **state)
{
	struct watch watch = { .most = 0 };

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	setenv("CRAWL_PATIENCE_MS", "1000", 1);
	lose_server(&watch, 0);
	assert_unanswered(&peers[0]);
	unsetenv("CRAWL_PATIENCE_MS");
	assert_non_null(strstr(store_error(peers[0].store)->text, "given up"));
	assert_int_equal(postgres_server_start_again(&server, NULL), 0);
}

/* It is a question of the pipe, and nothing else waits for the answer. */
static void a_robots_txt_is_read_again_while_the_server_is_away(void **state)
{
	const struct store_key hosts[] = { { 7, 1 }, { 7, 2 } };
	struct store *store;
	struct slice text;

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	store = peers[0].store;
	assert_int_equal(store_put_host(store, hosts[0], SLICE("http://a.example")), 0);
	assert_int_equal(store_put_host(store, hosts[1], SLICE("http://b.example")), 0);
	assert_int_equal(store_put_robots(store, hosts[0], "rules", SLICE("Disallow: /a"), 5), 0);
	assert_int_equal(store_commit(store), 0);
	TURN_UNTIL(postgres_pipe_waiting(postgres_of(store)->pipe) == 0);
	postgres_server_kill(&server);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(store_get_robots(store, hosts[0], &text), 0);
		assert_int_equal(store_get_robots(store, hosts[1], &text), 0);
		turn_all();
	}
	TURN_UNTIL(store_trouble(store));
	assert_int_equal(postgres_server_start_again(&server, NULL), 0);
	TURN_UNTIL(store_get_robots(store, hosts[0], &text) == 1);
	assert_true(slice_equal(text, SLICE("Disallow: /a")));
	TURN_UNTIL(store_get_robots(store, hosts[1], &text) == 1);
	assert_null(text.at);
}

/* What was put behind the question, or is not committed, is what comes. */
static void a_robots_txt_that_comes_is_the_last_that_was_put(void **state)
{
	const struct store_key host = { 7, 1 };
	struct store *store;
	struct slice text;

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	store = peers[0].store;
	assert_int_equal(store_put_host(store, host, SLICE("http://a.example")), 0);
	assert_int_equal(store_put_robots(store, host, "rules", SLICE("one"), 5), 0);
	assert_int_equal(store_get_robots(store, host, &text), 0);
	assert_int_equal(store_put_robots(store, host, "rules", SLICE("two"), 5), 0);
	TURN_UNTIL(store_get_robots(store, host, &text) == 1);
	assert_true(slice_equal(text, SLICE("two")));
	assert_int_equal(store_get_robots(store, host, &text), 0);
	TURN_UNTIL(store_get_robots(store, host, &text) == 1);
	assert_true(slice_equal(text, SLICE("two")));
	assert_int_equal(store_put_robots(store, host, "none", (struct slice){ NULL, 0 }, 5), 0);
	TURN_UNTIL(store_get_robots(store, host, &text) == 1);
	assert_null(text.at);
	for (uint32_t i = 2; i < 500; i++) /* more than are kept, and never fetched */
		store_get_robots(store, (struct store_key){ 7, i }, &text);
	turn_for(100);
	TURN_UNTIL(store_get_robots(store, host, &text) == 1);
}

/* The connection that questions are asked on was not used since: it is made anew. */
static void a_run_can_be_ended_after_the_server_was_restarted(void **state)
{
	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	postgres_server_kill(&server);
	assert_int_equal(postgres_server_start_again(&server, NULL), 0);
	assert_int_equal(store_begin_list(peers[0].store, "urls.txt", 1), 1);
	postgres_server_kill(&server);
	assert_int_equal(postgres_server_start_again(&server, NULL), 0);
	assert_int_equal(store_end_run(peers[0].store, "interrupted"), 0);
	assert_string_equal(ask("SELECT ended FROM runs"), "interrupted");
}

static void what_a_store_that_failed_had_is_free_at_once(void **state)
{
	NEEDS_SERVER();
	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	store_fail(peers[0].store, STORE_CURE_NONE, "enough");
	close_peer(&peers[0]);
	assert_string_equal(ask("SELECT count(*) FROM crawl_nodes"), "1");
	assert_string_equal(ask("SELECT ended FROM crawl_past_nodes"), "failed");
	store_fail(peers[1].store, STORE_CURE_NONE, "enough");
	close_peer(&peers[1]);
	assert_string_equal(ask("SELECT ended FROM runs"), "failed");
}

/* What the server has of its batch, which is not at its end, keeps its row locked. */
static void a_store_that_fails_with_half_a_batch_sent_can_be_closed(void **state)
{
	PGconn *holder;

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	holder = hold("hosts");
	put_large(&peers[0], 1);
	turn_for(LEASE_MS / 4);
	let_go(holder);
	poll(NULL, 0, LEASE_MS / 4);
	store_fail(peers[0].store, STORE_CURE_NONE, "enough");
	close_peer(&peers[0]);
	assert_string_equal(ask("SELECT ended FROM crawl_past_nodes"), "failed");
	assert_string_equal(ask("SELECT count(*) FROM hosts"), "0");
}

static struct store *open_as(const char *user)
{
	struct store_error error = { .text = "" };
	const char *place = strstr(uri, "crawl@");
	char as[POSTGRES_URI_MAX + 16];
	struct store *store;

	snprintf(as, sizeof(as), "%.*s%s%s", (int)(place - uri), uri, user, place + 5);
	store = store_open(as, false, &error);
	assert_string_equal(error.text, "");
	return store;
}

/* Who could not end what another leaves behind, or the other way round, is refused. */
static void nodes_are_of_one_user_or_may_end_each_other(void **state)
{
	struct store_run run = plain_run();
	const char *schema;
	char sql[512];

	NEEDS_SERVER();
	open_peer(&peers[0]);
	close_peer(&peers[0]);
	schema = strstr(uri, "schema=") + 7;
	snprintf(sql, sizeof(sql),
		 "CREATE ROLE one LOGIN; CREATE ROLE other LOGIN;"
		 " GRANT ALL ON SCHEMA %s TO one, other;"
		 " GRANT ALL ON ALL TABLES IN SCHEMA %s TO one, other;"
		 " GRANT ALL ON ALL SEQUENCES IN SCHEMA %s TO one, other",
		 schema, schema, schema);
	assert_string_equal(ask(sql), "");
	peers[0].store = open_as("one");
	peers[0].gives = true;
	assert_int_equal(begin(&peers[0], &run), 1);
	say_seeded(&peers[0]);
	turn_for(LEASE_MS / 2);
	peers[1].store = open_as("other");
	assert_int_equal(store_begin_run(peers[1].store, &run), 0);
	assert_non_null(strstr(store_error(peers[1].store)->text, "GRANT pg_signal_backend"));
	assert_int_equal(store_error(peers[1].store)->cure, STORE_CURE_ASK_OTHERWISE);
	close_peer(&peers[1]);
	assert_string_equal(ask("GRANT pg_signal_backend TO one, other"), "");
	peers[1].store = open_as("other");
	assert_int_equal(begin(&peers[1], &run), 1);
	TURN_UNTIL(are_settled(2, 2048));
	peers[1].is_stopped = true;
	TURN_UNTIL(shares_of(&peers[0]) == POSTGRES_SHARES);
	close_peer(&peers[1]);
	peers[1].store = open_as("crawl"); /* a superuser: nobody else may end what is his */
	assert_int_equal(store_begin_run(peers[1].store, &run), 0);
}

/* The fence needs the last batches alone; of those before their sum is kept. */
static void old_batches_are_added_up(void **state)
{
	struct postgres_pipe *lane;

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	lane = postgres_of(peers[0].store)->pipe;
	for (unsigned i = 0; i < 1500; i++) {
		postgres_pipe_count(lane, 2, 30);
		postgres_pipe_close_batch(lane, note_nothing, NULL);
		if (i % 50 == 0)
			TURN_UNTIL(postgres_pipe_waiting(lane) == 0);
	}
	TURN_UNTIL(postgres_pipe_waiting(lane) == 0);
	TURN_UNTIL(atoi(ask("SELECT count(*) FROM crawl_batches")) < 800);
	assert_string_equal(ask("SELECT sum(pages), sum(rows) FROM crawl_batches"), "3000|45000");
	turn_for(LEASE_MS);
	assert_int_equal(peers[0].lost, 0);
	assert_int_equal(store_end_run(peers[0].store, "interrupted"), 0);
	assert_string_equal(ask("SELECT pages, rows FROM runs"), "3000|45000");
}

/* ---- quotas ---- */

static void a_quota_is_used_up_and_never_exceeded(void **state)
{
	uint64_t used = 0;
	bool is_done = false;

	NEEDS_SERVER();
	for (unsigned i = 0; i < 4; i++)
		join(i)->load.queued = 1;
	while (!is_done) {
		is_done = true;
		for (unsigned i = 0; i < 4; i++) {
			struct store_quota quota =
				store_get_quota(peers[i].store, "max_pages", 1003, peers[i].used);

			is_done = is_done && quota.is_last && peers[i].used == quota.granted;
			if (peers[i].used < quota.granted && rand() % 4 != 0) {
				peers[i].used++;
				used++;
			}
			assert_true(used <= 1003);
		}
		turn_all();
	}
	assert_int_equal(used, 1003);
	assert_string_equal(ask("SELECT granted FROM crawl_quotas"), "1003");
}

/* Near the end parts are small: nobody keeps for himself what others could use. */
static void who_is_slow_keeps_little_of_a_quota(void **state)
{
	struct store_quota quota;
	uint64_t used = 0;

	NEEDS_SERVER();
	for (unsigned i = 0; i < 4; i++)
		join(i);
	for (unsigned i = 0; i < 4; i++)
		peers[i].load.queued = 1;
	do { /* one is fast, and three do nothing with what they have */
		turn_all();
		quota = store_get_quota(peers[0].store, "max_pages", 1000, used);
		used += used < quota.granted && used < 960;
	} while (used < 960);
	for (int64_t until_ms = now_ms() + LEASE_MS; now_ms() < until_ms;) {
		turn_all();
		for (unsigned i = 1; i < 4; i++)
			store_get_quota(peers[i].store, "max_pages", 1000, 0);
	}
	TURN_UNTIL((quota = store_get_quota(peers[0].store, "max_pages", 1000, used),
		    used += used < quota.granted, used >= 991));
	assert_true(used <= 1000);
}

/* Who has a long queue waits for what the others may give back. */
static void what_is_given_back_at_the_end_is_used_by_who_waits(void **state)
{
	uint64_t granted = 0, used = 0;
	struct store_quota quota;

	NEEDS_SERVER();
	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	peers[0].load.queued = peers[1].load.queued = 1;
	do {
		turn_all();
		granted = store_get_quota(peers[0].store, "max_pages", 1000, 0).granted;
	} while (granted == 0);
	for (int64_t until_ms = now_ms() + LEASE_MS / 2;
	     now_ms() < until_ms || used < 1000 - granted;) {
		turn_all();
		quota = store_get_quota(peers[1].store, "max_pages", 1000, used);
		used += used < quota.granted;
		assert_false(quota.is_last);
	}
	assert_int_equal(used, 1000 - granted);
	peers[0].load.queued = 0; /* it waits for others, and has nothing to ask for */
	do {
		turn_all();
		quota = store_get_quota(peers[1].store, "max_pages", 1000, used);
		used += used < quota.granted;
	} while (!quota.is_last || used < quota.granted);
	assert_int_equal(used, 1000);
}

/* What was to be given back, and could not be: nobody waits for it for ever. */
static void what_could_not_be_given_back_is_not_waited_for(void **state)
{
	uint64_t granted = 0, used = 0;
	struct store_quota quota;
	PGconn *holder;

	NEEDS_SERVER();
	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	peers[0].load.queued = peers[1].load.queued = 1;
	do {
		turn_all();
		granted = store_get_quota(peers[0].store, "max_pages", 1000, 0).granted;
	} while (granted == 0);
	holder = hold("crawl_quotas");
	peers[0].load.queued = 0;
	TURN_UNTIL(node_of(&peers[0])->line.down_ms > 0);
	turn_for(1500); /* until its session, that was hung up, has given up, too */
	let_go(holder);
	TURN_UNTIL((quota = store_get_quota(peers[1].store, "max_pages", 1000, used),
		    used += used < quota.granted, quota.is_last && used == quota.granted));
	assert_in_range(used, 1000 - granted, 1000);
}

/* Two that have used up all wait for nothing. */
static void nobody_waits_for_what_nobody_has(void **state)
{
	bool is_last[2] = { false, false };
	uint64_t used[2] = { 0, 0 };

	NEEDS_SERVER();
	join(0);
	join(1);
	peers[0].load.queued = peers[1].load.queued = 1;
	while (!is_last[0] || !is_last[1]) {
		turn_all();
		for (unsigned i = 0; i < 2; i++) {
			struct store_quota quota =
				store_get_quota(peers[i].store, "max_pages", 100, used[i]);

			used[i] += used[i] < quota.granted;
			is_last[i] = quota.is_last && used[i] == quota.granted;
		}
	}
	assert_int_equal(used[0] + used[1], 100);
}

/* What the founder says first was used in earlier runs: less is left for all. */
static void what_was_used_before_is_nobodys(void **state)
{
	struct store_quota quota = { 0 };

	NEEDS_SERVER();
	join(0);
	store_get_quota(peers[0].store, "rule 1", 100, 97);
	TURN_UNTIL(store_get_quota(peers[0].store, "rule 1", 100, 97).granted > 97);
	join(1);
	do {
		turn_all();
		quota = store_get_quota(peers[1].store, "rule 1", 100, quota.granted);
	} while (!quota.is_last);
	assert_in_range(quota.granted, 1, 2);
	assert_string_equal(ask("SELECT granted FROM crawl_quotas"), "100");
}

/* A replica took over before it had it: nobody waits for ever for what is left. */
static void a_quota_that_was_lost_is_known_again(void **state)
{
	struct store_quota quota;
	bool is_lost = false;
	uint64_t used = 0;

	NEEDS_SERVER();
	join(0)->load.queued = 1;
	do {
		turn_all();
		quota = store_get_quota(peers[0].store, "max_pages", 100, used);
		used += used < quota.granted;
		if (used == 10 && !is_lost)
			ask("DELETE FROM crawl_quotas");
		is_lost = used >= 10;
	} while (!quota.is_last || used < quota.granted);
	assert_int_equal(used, 100);
	assert_string_equal(ask("SELECT granted FROM crawl_quotas"), "100");
}

/* Of a server that loses what it has said of the last seconds, if nobody asks it not to. */
static void what_was_granted_outlives_a_crash(void **state)
{
	static const char *const settings[] = { "-c", "synchronous_commit=off", "-c",
						"wal_writer_delay=10s", NULL };
	struct store_quota quota;

	NEEDS_SERVER();
	assert_int_equal(postgres_server_start(&firm, settings), 0);
	snprintf(uri, sizeof(uri), "%s", postgres_server_uri(&firm, "crawl"));
	asked = &firm;
	join(0)->load.queued = 1;
	do {
		turn_all();
		quota = store_get_quota(peers[0].store, "max_pages", 1000, 0);
	} while (quota.granted == 0);
	postgres_server_kill(&firm);
	assert_int_equal(postgres_server_start_again(&firm, settings), 0);
	assert_int_equal(atoi(ask("SELECT granted FROM crawl_quotas")), quota.granted);
}

static void what_is_not_used_of_a_quota_is_given_back(void **state)
{
	struct store_quota quota;

	NEEDS_SERVER();
	join(0);
	join(1);
	do {
		turn_all();
		quota = store_get_quota(peers[0].store, "rule 1", 1000, 0);
	} while (quota.granted == 0);
	assert_int_equal(quota.granted, 10);
	store_get_quota(peers[0].store, "rule 1", 1000, 3);
	close_peer(&peers[0]);
	assert_string_equal(ask("SELECT granted FROM crawl_quotas"), "3");
	do {
		turn_all();
		quota = store_get_quota(peers[1].store, "rule 1", 1000, 0);
	} while (quota.granted == 0);
	store_get_quota(peers[1].store, "rule 1", 1000, 1);
	peers[1].load.is_idle = true;
	TURN_UNTIL(strcmp(ask("SELECT granted FROM crawl_quotas"), "4") == 0);
}

/* ---- orders ---- */

struct teller {
	pid_t pid;
	int out;
};

/* Whoever tells waits: so it is another process. */
#define CHILD_SECONDS_MAX 60 /* one whose test has gone ends, too */

static struct teller tell(const char *what, const char *text)
{
	struct teller teller;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	teller.pid = fork();
	if (teller.pid == 0) {
		alarm(CHILD_SECONDS_MAX);
		const struct store_order said = { .what = what, .text = text };
		char names[STORE_ERROR_MAX];
		struct store_error error = { .text = "" };
		unsigned nodes;
		int heard = store_tell(uri, &said, &nodes, names, &error);

		dprintf(ends[1], "%d of %u:%s%s", heard, nodes, names, error.text);
		_exit(0);
	}
	close(ends[1]);
	teller.out = ends[0];
	return teller;
}

static const char *answer_of(struct teller *teller)
{
	static char line[STORE_ERROR_MAX * 3];
	struct pollfd fd = { .fd = teller->out, .events = POLLIN };
	ssize_t size;

	while (poll(&fd, 1, 0) == 0)
		turn_all();
	size = read(teller->out, line, sizeof(line) - 1);
	line[size > 0 ? size : 0] = '\0';
	close(teller->out);
	return line;
}

static void an_order_reaches_all(void **state)
{
	struct teller teller;

	NEEDS_SERVER();
	postgres_lease_ms = 4 * LEASE_MS; /* nobody is late, whoever stands still */
	for (unsigned i = 0; i < 4; i++)
		join(i);
	teller = tell("delay", "a.example 5s");
	assert_string_equal(answer_of(&teller), "4 of 4:");
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(peers[i].heard, 1);
		assert_string_equal(peers[i].last_order, "delay a.example 5s");
		assert_false(store_is_paused(peers[i].store));
	}
	teller = tell("pause", "");
	assert_string_equal(answer_of(&teller), "4 of 4:");
	assert_true(store_is_paused(peers[3].store));
	join(4);
	assert_true(store_is_paused(peers[4].store));
	TURN_UNTIL(peers[4].heard == 1);
	assert_string_equal(peers[4].last_order, "delay a.example 5s");
	teller = tell("resume", "");
	assert_string_equal(answer_of(&teller), "5 of 5:");
	assert_false(store_is_paused(peers[4].store));
}

/* Who it was is no node any more: nobody waits for it, or counts it. */
static void who_started_over_is_one_node(void **state)
{
	struct teller teller;
	int64_t id;

	NEEDS_SERVER();
	postgres_lease_ms = 4 * LEASE_MS;
	join(0);
	commit_a_batch(&peers[0]);
	id = node_of(&peers[0])->id;
	ask("DELETE FROM crawl_batches");
	TURN_UNTIL(node_of(&peers[0])->id != id && !node_of(&peers[0])->is_lost);
	node_of(&peers[0])->live = 0;
	TURN_UNTIL(node_of(&peers[0])->live > 0);
	assert_int_equal(node_of(&peers[0])->live, 1);
	teller = tell("pause", "");
	assert_string_equal(answer_of(&teller), "1 of 1:");
	assert_string_equal(ask("SELECT count(*) FROM crawl_nodes"), "2");
	assert_int_equal(store_end_run(peers[0].store, "interrupted"), 0);
	assert_string_equal(ask("SELECT ended FROM runs"), "interrupted");
}

/* It has just joined, or begun the run, and is not asked for orders yet. */
static void what_is_ordered_while_a_node_joins_is_heard_by_it(void **state)
{
	NEEDS_SERVER();
	open_peer(&peers[0]);
	close_peer(&peers[0]); /* there are tables */
	ask("CREATE FUNCTION give_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
	    " INSERT INTO crawl_orders (run, what, text)"
	    " VALUES (NEW.run, 'add', 'http://a.example/' || (SELECT count(*) FROM crawl_nodes));"
	    " RETURN NULL; END $$;"
	    "CREATE TRIGGER give_order AFTER INSERT ON crawl_nodes"
	    " FOR EACH ROW EXECUTE FUNCTION give_order()");
	join(0);
	TURN_UNTIL(peers[0].heard == 1);
	assert_string_equal(peers[0].last_order, "add http://a.example/1");
	join(1);
	TURN_UNTIL(peers[0].heard == 2 && peers[1].heard == 1);
	assert_string_equal(peers[1].last_order, "add http://a.example/2");
	TURN_UNTIL(strcmp(ask("SELECT count(*) FROM crawl_nodes k WHERE order_seen ="
			      " (SELECT max(id) FROM crawl_orders)"),
			  "2") == 0);
}

static void until_there_are_two(void)
{
	while (strcmp(ask("SELECT count(*) FROM crawl_nodes"), "2") != 0)
		poll(NULL, 0, 5);
}

/* Who waits for the founder, and takes his place, has not heard of it before. */
static void what_is_ordered_while_the_founder_is_waited_for_is_heard(void **state)
{
	struct store_run run = plain_run();
	pid_t pid;

	NEEDS_SERVER();
	postgres_lease_ms = 4 * LEASE_MS;
	open_peer(&peers[0]);
	assert_int_equal(begin(&peers[0], &run), 1);
	kill_peer(&peers[0]);
	pid = fork();
	if (pid == 0) {
		alarm(CHILD_SECONDS_MAX);
		until_there_are_two();
		ask("INSERT INTO crawl_orders (run, what, text)"
		    " VALUES (1, 'add', 'http://a.example/'), (1, 'delay', 'a.example 5s')");
		_exit(0);
	}
	open_peer(&peers[1]);
	assert_int_equal(begin(&peers[1], &run), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(node_of(&peers[1])->has_joined);
	say_seeded(&peers[1]);
	TURN_UNTIL(peers[1].heard == 2);
}

/* Who joins is buried while he waits for the founder to read its lists: he comes again. */
static void who_waits_for_the_founder_and_is_buried_comes_again(void **state)
{
	struct store_run run = plain_run();
	char sql[100];
	pid_t pid;

	NEEDS_SERVER();
	postgres_lease_ms = 4 * LEASE_MS;
	open_peer(&peers[0]);
	assert_int_equal(begin(&peers[0], &run), 1);
	snprintf(sql, sizeof(sql), "DELETE FROM crawl_nodes WHERE id <> %lld",
		 (long long)node_of(&peers[0])->id);
	pid = fork();
	if (pid == 0) {
		alarm(CHILD_SECONDS_MAX);
		until_there_are_two();
		ask(sql);
		until_there_are_two();
		ask("UPDATE crawl_passes SET named = 1");
		_exit(0);
	}
	open_peer(&peers[1]);
	assert_int_equal(begin(&peers[1], &run), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(node_of(&peers[1])->has_joined);
	say_seeded(&peers[0]);
	TURN_UNTIL(are_settled(2, 2048));
	assert_same_as_server();
}

/* A replica that took over has not the last order, and gives its number to another one. */
static void an_order_with_the_number_of_one_that_was_lost_is_heard(void **state)
{
	struct teller teller;

	NEEDS_SERVER();
	postgres_lease_ms = 4 * LEASE_MS;
	join(0);
	for (unsigned i = 0; i < 3; i++) {
		teller = tell("add", "http://a.example/");
		assert_string_equal(answer_of(&teller), "1 of 1:");
	}
	ask("DELETE FROM crawl_orders WHERE id > 1;"
	    " SELECT setval(pg_get_serial_sequence('crawl_orders', 'id'), 1)");
	turn_for(postgres_lease_ms / 2);
	teller = tell("add", "http://b.example/");
	assert_string_equal(answer_of(&teller), "1 of 1:");
	assert_int_equal(peers[0].heard, 4);
	assert_string_equal(peers[0].last_order, "add http://b.example/");
}

static void who_has_not_heard_an_order_is_named(void **state)
{
	struct teller teller;

	NEEDS_SERVER();
	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	ask("UPDATE crawl_nodes SET name = 'deaf' WHERE id = (SELECT max(id) FROM crawl_nodes)");
	peers[node_of(&peers[0])->id > node_of(&peers[1])->id ? 0 : 1].is_stopped = true;
	teller = tell("stop", "");
	assert_non_null(strstr(answer_of(&teller), "1 of 2:deaf:"));
}

/* What only the pipe waits for is told to all: it is the lease that comes through. */
static void who_cannot_write_tells_others_why(void **state)
{
	struct postgres_store *store;
	struct teller teller;

	NEEDS_SERVER();
	store = postgres_of(join(0)->store);
	ask("CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS"
	    " 'BEGIN RAISE EXCEPTION ''no space left'' USING errcode = ''53100''; END'");
	ask("CREATE TRIGGER fills BEFORE INSERT ON hosts FOR EACH ROW EXECUTE FUNCTION fill()");
	ask("UPDATE crawl_nodes SET name = 'full'");
	peers[0].adds = true;
	teller = tell("add", "http://a.example/");
	TURN_UNTIL(peers[0].heard == 1);
	assert_int_equal(store_commit(&store->base), 0);
	TURN_UNTIL(strstr(ask("SELECT trouble FROM crawl_nodes"), "no space left"));
	assert_non_null(strstr(answer_of(&teller), "0 of 1:full:")); /* it is not dead, though */
	assert_memory_equal(ask("SELECT trouble FROM crawl_status_nodes"), "no space left", 13);
	ask("DROP TRIGGER fills ON hosts");
	TURN_UNTIL(strcmp(ask("SELECT trouble IS NULL FROM crawl_nodes"), "t") == 0);
	assert_null(store_trouble(&store->base));
	TURN_UNTIL(strcmp(ask("SELECT order_seen FROM crawl_nodes"), "1") == 0);
}

/* The first of two takes longer until it is committed, as with a replica that is waited for. */
static void of_two_orders_at_the_same_time_both_are_heard(void **state)
{
	static const char *const first[] = { "1000", "add", "http://a.example/" };
	struct teller teller;
	PGconn *session;
	PGresult *given;

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	session = begin_session();
	given = PQexecParams(session, postgres_order_sql, 3, NULL, first, NULL, NULL, 0);
	assert_int_equal(PQntuples(given), 1);
	PQclear(given);
	teller = tell("add", "http://b.example/");
	turn_for(LEASE_MS / 2);
	assert_int_equal(peers[0].heard, 0);
	let_go(session);
	assert_string_equal(answer_of(&teller), "1 of 1:");
	TURN_UNTIL(peers[0].heard == 2);
	assert_string_equal(peers[0].last_order, "add http://b.example/");
}

static void nobody_hears_an_order_where_nobody_crawls(void **state)
{
	struct teller teller;

	NEEDS_SERVER();
	join(0);
	assert_int_equal(store_end_run(peers[0].store, "finished"), 0);
	close_peer(&peers[0]);
	teller = tell("pause", "");
	assert_string_equal(answer_of(&teller), "0 of 0:");
	join(0);
	assert_false(store_is_paused(peers[0].store));
}

/* Where a URI names a standby before the primary. */
static void an_order_is_given_to_the_server_that_takes_writes(void **state)
{
	static const char *const settings[] = { "-c", "default_transaction_read_only=on", NULL };
	const struct store_order said = { .what = "pause", .text = "" };
	struct postgres_server standby = { .pid = 0 };
	char both[2 * POSTGRES_URI_MAX], names[STORE_ERROR_MAX];
	struct store_error error = { .text = "" };
	unsigned nodes;

	NEEDS_SERVER();
	open_peer(&peers[0]);
	close_peer(&peers[0]);
	assert_int_equal(postgres_server_start(&standby, settings), 0);
	snprintf(both, sizeof(both), "postgresql://crawl@/postgres?host=%s,%s&schema=%s",
		 standby.folder, server.folder, strstr(uri, "schema=") + 7);
	assert_int_equal(store_tell(both, &said, &nodes, names, &error), 0);
	assert_string_equal(error.text, "");
	postgres_server_stop(&standby);
}

/* ---- lists ---- */

static void a_list_is_read_by_one(void **state)
{
	NEEDS_SERVER();
	join(0);
	join(1);
	assert_int_equal(store_begin_list(peers[0].store, "urls.txt", 17), 1);
	assert_int_equal(store_begin_list(peers[1].store, "urls.txt", 17), 0);
	assert_int_equal(store_begin_list(peers[1].store, "urls.txt", 18), 1);
	assert_int_equal(store_end_list(peers[1].store, 18), 0);
	assert_int_equal(store_commit(peers[1].store), 0);
	TURN_UNTIL(strcmp(ask("SELECT count(*) FROM crawl_lists WHERE is_read"), "1") == 0);
	kill_peer(&peers[0]); /* it was not at its end */
	TURN_UNTIL(shares_of(&peers[1]) == POSTGRES_SHARES);
	assert_int_equal(store_begin_list(peers[1].store, "urls.txt", 17), 1);
}

/* As whoever buries it. */
static void delete_row_of(const struct peer *peer, PGconn *holder)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "DELETE FROM crawl_nodes WHERE id = %lld; COMMIT",
		 (long long)node_of(peer)->id);
	PQclear(PQexec(holder, sql));
	assert_int_equal(PQtransactionStatus(holder), PQTRANS_IDLE);
	PQfinish(holder);
}

/* Who is buried before it is committed has lost it: nobody else has read it. */
static void what_was_read_of_a_list_is_not_lost_without_a_word(void **state)
{
	const char *seeding = "SELECT count(*) FROM crawl_nodes WHERE is_seeding";
	struct peer *peer;
	PGconn *holder;
	int64_t due_ms;

	NEEDS_SERVER();
	join(0);
	join(1);
	peer = &peers[1];
	TURN_UNTIL(are_settled(2, 2048) && atoi(ask(seeding)) == 0);
	peer->load.is_seeding = true;
	TURN_UNTIL(atoi(ask(seeding)) == 1);
	holder = hold("crawl_batches");
	put_a_url(peer, 1);
	assert_int_equal(store_commit(peer->store), 0);
	peer->load.is_seeding = false;
	turn_for(LEASE_MS / 2);
	assert_string_equal(ask(seeding), "1");
	peer->is_stopped = true;
	delete_row_of(peer, holder);
	while (store_turn(peer->store, now_ms(), &due_ms) == 0)
		poll(NULL, 0, 2);
	assert_non_null(strstr(store_error(peer->store)->text, "the same command goes on"));
}

static void who_has_committed_its_lists_says_so_at_once(void **state)
{
	PGconn *holder;

	NEEDS_SERVER();
	join(0);
	peers[0].load.is_seeding = true;
	turn(&peers[0]);
	holder = hold("crawl_batches");
	put_a_url(&peers[0], 1);
	peers[0].load.is_seeding = false;
	turn(&peers[0]);
	assert_int_equal(store_commit(peers[0].store), 0);
	turn_for(LEASE_MS / 2);
	assert_string_equal(ask("SELECT is_seeding FROM crawl_nodes"), "t");
	let_go(holder);
	TURN_UNTIL(strcmp(ask("SELECT is_seeding FROM crawl_nodes"), "f") == 0);
}

static void an_order_whose_effect_was_lost_is_heard_again(void **state)
{
	int64_t id, told;
	PGconn *holder;

	NEEDS_SERVER();
	join(0);
	TURN_UNTIL(are_settled(1, POSTGRES_SHARES));
	peers[0].adds = true;
	holder = hold("crawl_batches");
	ask("INSERT INTO crawl_orders (run, what, text) VALUES (1, 'add', 'http://a.example/')");
	TURN_UNTIL(peers[0].heard == 1);
	told = node_of(&peers[0])->order_told;
	assert_int_equal(store_commit(peers[0].store), 0);
	turn_for(LEASE_MS / 4);
	assert_int_equal(node_of(&peers[0])->order_told, told); /* it is not there yet */
	id = node_of(&peers[0])->id;
	delete_row_of(&peers[0], holder);
	TURN_UNTIL(node_of(&peers[0])->id != id && peers[0].heard == 2);
	assert_int_equal(store_commit(peers[0].store), 0);
	TURN_UNTIL(strcmp(ask("SELECT count(*) FROM urls"), "1") == 0);
	TURN_UNTIL(node_of(&peers[0])->order_told > told);
}

/* ---- the end ---- */

static bool all_say_over(unsigned count)
{
	const char *ended;

	for (unsigned i = 0; i < count; i++) {
		if (!store_is_over(peers[i].store, &ended))
			return false;
	}
	return true;
}

static bool any_says_over(unsigned count)
{
	const char *ended;

	for (unsigned i = 0; i < count; i++) {
		if (store_is_over(peers[i].store, &ended))
			return true;
	}
	return false;
}

/* The only thing that is left goes from one to another, as a letter does: whoever gets it writes a
 * batch before, or as, it is taken out of the inbox. */
static void hand_on(unsigned from, unsigned to)
{
	struct postgres_store *store = postgres_of(peers[to].store);
	int64_t n;

	ask("INSERT INTO crawl_inbox (share, n, kind, url) VALUES (1, 1, 0, 'http://a.example/')");
	peers[from].load.is_idle = true;
	for (int turns = rand() % 40; turns > 0; turns--) {
		turn_all();
		assert_false(any_says_over(3));
	}
	peers[to].load.is_idle = false;
	turn(&peers[to]);
	postgres_pipe_close_batch(store->pipe, note_nothing, NULL);
	n = postgres_pipe_closed(store->pipe);
	while (postgres_pipe_committed(store->pipe) < n) {
		turn_all();
		assert_false(any_says_over(3));
	}
	ask("DELETE FROM crawl_inbox");
}

static void it_is_over_when_all_are_idle(void **state)
{
	unsigned at = 0;

	NEEDS_SERVER();
	for (unsigned i = 0; i < 3; i++) {
		join(i);
		peers[i].load.is_idle = i != at;
	}
	for (unsigned round = 0; round < 60; round++) {
		unsigned to = (at + 1 + (unsigned)rand() % 2) % 3;

		hand_on(at, to);
		at = to;
	}
	turn_for(LEASE_MS / 2);
	assert_false(any_says_over(3));
	peers[at].load.is_idle = true;
	TURN_UNTIL(all_say_over(3));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(store_end_run(peers[i].store, "finished"), 0);
	assert_string_equal(ask("SELECT ended FROM runs"), "finished");
	assert_string_equal(ask("SELECT count(*) FROM crawl_nodes"), "0");
	assert_string_equal(ask("SELECT count(*) FROM crawl_shares WHERE node IS NULL"), "4096");
}

/* One says that it is idle, and begins to read a list; another reads from the beginning. */
static void who_reads_a_list_is_waited_for(void **state)
{
	const char *seeding = "SELECT count(*) FROM crawl_nodes WHERE is_seeding";
	const char *idle = "SELECT count(*) FROM crawl_nodes WHERE idle_at > 0";

	NEEDS_SERVER();
	for (unsigned i = 0; i < 3; i++)
		join(i);
	TURN_UNTIL(are_settled(3, 1366));
	peers[0].load.is_idle = true;
	TURN_UNTIL(atoi(ask(idle)) == 1);
	peers[0].load.is_seeding = peers[1].load.is_seeding = true;
	TURN_UNTIL(atoi(ask(seeding)) == 2);
	peers[1].load.is_idle = peers[2].load.is_idle = true;
	for (unsigned reader = 2; reader-- > 0;) {
		for (int64_t until_ms = now_ms() + LEASE_MS / 2; now_ms() < until_ms;) {
			turn_all();
			assert_false(any_says_over(3));
		}
		peers[reader].load.is_seeding = false;
	}
	TURN_UNTIL(all_say_over(3));
}

/* Somebody adds a URL while all are idle: whoever heard of it has written it before it is over. */
static void an_order_that_not_all_have_heard_is_something_left(void **state)
{
	NEEDS_SERVER();
	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	peers[1].is_stopped = true;
	peers[0].load.is_idle = peers[1].load.is_idle = true;
	ask("UPDATE crawl_nodes SET lease_until = lease_until + interval '1 hour'");
	ask("INSERT INTO crawl_orders (run, what, text) VALUES (1, 'add', 'http://a.example/')");
	TURN_UNTIL(peers[0].heard == 1);
	peers[1].is_stopped = false;
	while (peers[1].heard == 0) {
		assert_false(any_says_over(2));
		turn_all();
	}
	TURN_UNTIL(all_say_over(2));
}

static void what_a_dead_node_had_is_not_over(void **state)
{
	NEEDS_SERVER();
	join(0);
	join(1);
	TURN_UNTIL(are_settled(2, 2048));
	kill_peer(&peers[1]);
	peers[0].load.is_idle = true;
	for (int64_t until_ms = now_ms() + LEASE_MS / 2; now_ms() < until_ms;) {
		turn_all();
		assert_false(any_says_over(1));
	}
	TURN_UNTIL(all_say_over(1));
	assert_int_equal(shares_of(&peers[0]), POSTGRES_SHARES);
}

static void a_run_goes_on_until_the_last_has_left(void **state)
{
	NEEDS_SERVER();
	join(0);
	join(1);
	assert_int_equal(store_end_run(peers[0].store, "interrupted"), 0);
	close_peer(&peers[0]);
	assert_string_equal(ask("SELECT count(*) FROM runs WHERE ended IS NULL"), "1");
	TURN_UNTIL(shares_of(&peers[1]) == POSTGRES_SHARES);
	assert_int_equal(store_end_run(peers[1].store, "interrupted"), 0);
	assert_string_equal(ask("SELECT ended FROM runs"), "interrupted");
}

static int start_server(void **state)
{
	(void)state;
	usual_lease_ms = postgres_lease_ms;
	return postgres_server_is_there() ? postgres_server_start(&server, NULL) : 0;
}

static int stop_server(void **state)
{
	(void)state;
	postgres_server_stop(&server);
	return 0;
}

#define A_TEST(function) cmocka_unit_test_setup_teardown(function, begin_test, end_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		A_TEST(who_comes_first_has_all),
		A_TEST(shares_are_evened_out_as_nodes_come_and_go),
		A_TEST(nothing_is_let_go_before_it_is_given),
		A_TEST(what_was_given_to_who_has_left_is_not_lost),
		A_TEST(another_config_is_refused_in_the_words_of_who_compares),
		A_TEST(another_version_is_refused),
		A_TEST(who_only_joins_begins_nothing),
		A_TEST(a_run_whose_nodes_have_all_died_was_killed),
		A_TEST(who_joins_takes_the_place_of_a_founder_that_died),
		A_TEST(who_writes_without_a_run_is_alone),
		A_TEST(who_is_stopped_is_buried_and_starts_over),
		A_TEST(who_joins_again_may_be_there_already),
		A_TEST(who_starts_over_goes_on_to_count),
		A_TEST(a_lease_is_of_20_s_and_renewed_each_5_s),
		A_TEST(an_answer_that_is_late_makes_no_lease_longer),
		A_TEST(a_session_that_stopped_within_a_transaction_is_ended),
		A_TEST(a_session_that_was_left_behind_is_ended_by_who_comes_back),
		A_TEST(who_has_another_role_ends_sessions_of_his_login),
		A_TEST(who_has_another_role_ends_what_it_left_behind),
		A_TEST(of_a_process_and_its_copy_one_starts_over),
		A_TEST(a_server_that_lost_the_tail_makes_its_nodes_start_over),
		A_TEST(who_started_over_is_one_node),
		A_TEST(who_starts_over_says_what_hosts_have_asked_for),
		A_TEST(a_server_that_lost_a_part_of_what_was_cut_is_found_out),
		A_TEST(a_server_that_is_restarted_costs_nobody_his_place),
		A_TEST(who_comes_back_first_does_not_bury_the_others),
		A_TEST(clocks_that_are_far_apart_are_told_of_once),
		A_TEST(a_run_that_has_ended_just_now_has_by_any_clock),
		A_TEST(who_cannot_write_tells_others_why),
		A_TEST(the_turn_of_a_node_never_waits),
		A_TEST(who_has_written_all_has_another_turn_at_once),
		A_TEST(who_has_nothing_to_write_is_well_once_he_is_connected),
		A_TEST(who_waits_for_an_answer_is_not_taken_for_dead),
		A_TEST(a_server_that_stays_away_ends_the_crawl),
		A_TEST(a_disk_that_stays_full_ends_the_crawl),
		A_TEST(a_node_waits_for_its_server_with_what_it_asks),
		A_TEST(what_is_cut_off_goes_on_behind_its_last_row),
		A_TEST(of_two_hosts_the_one_that_hangs_is_tried_last),
		A_TEST(who_watches_a_node_that_waits_can_end_it),
		A_TEST(who_comes_back_without_foreign_keys_is_refused),
		A_TEST(a_server_that_hangs_holds_nobody_for_ever),
		A_TEST(a_node_waits_for_an_answer_as_long_as_for_anything_else),
		A_TEST(a_robots_txt_is_read_again_while_the_server_is_away),
		A_TEST(a_robots_txt_that_comes_is_the_last_that_was_put),
		A_TEST(a_run_can_be_ended_after_the_server_was_restarted),
		A_TEST(what_a_store_that_failed_had_is_free_at_once),
		A_TEST(a_store_that_fails_with_half_a_batch_sent_can_be_closed),
		A_TEST(nodes_are_of_one_user_or_may_end_each_other),
		A_TEST(old_batches_are_added_up),
		A_TEST(a_quota_is_used_up_and_never_exceeded),
		A_TEST(who_is_slow_keeps_little_of_a_quota),
		A_TEST(what_is_given_back_at_the_end_is_used_by_who_waits),
		A_TEST(what_could_not_be_given_back_is_not_waited_for),
		A_TEST(nobody_waits_for_what_nobody_has),
		A_TEST(what_was_used_before_is_nobodys),
		A_TEST(a_quota_that_was_lost_is_known_again),
		A_TEST(what_was_granted_outlives_a_crash),
		A_TEST(what_is_not_used_of_a_quota_is_given_back),
		A_TEST(an_order_reaches_all),
		A_TEST(what_is_ordered_while_a_node_joins_is_heard_by_it),
		A_TEST(what_is_ordered_while_the_founder_is_waited_for_is_heard),
		A_TEST(who_waits_for_the_founder_and_is_buried_comes_again),
		A_TEST(an_order_with_the_number_of_one_that_was_lost_is_heard),
		A_TEST(who_has_not_heard_an_order_is_named),
		A_TEST(of_two_orders_at_the_same_time_both_are_heard),
		A_TEST(nobody_hears_an_order_where_nobody_crawls),
		A_TEST(an_order_is_given_to_the_server_that_takes_writes),
		A_TEST(a_list_is_read_by_one),
		A_TEST(what_was_read_of_a_list_is_not_lost_without_a_word),
		A_TEST(who_has_committed_its_lists_says_so_at_once),
		A_TEST(an_order_whose_effect_was_lost_is_heard_again),
		A_TEST(it_is_over_when_all_are_idle),
		A_TEST(who_reads_a_list_is_waited_for),
		A_TEST(an_order_that_not_all_have_heard_is_something_left),
		A_TEST(what_a_dead_node_had_is_not_over),
		A_TEST(a_run_goes_on_until_the_last_has_left),
	};

	alarm(TEST_SECONDS_MAX);
	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
