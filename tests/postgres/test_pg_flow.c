#include "tests/support/test.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "store/postgres/internal.h"
#include "store/store.h"
#include "tests/support/postgres_server.h"

/*
 * What comes to a node: shares with their hosts and URLs, letters, and what is known of URLs.
 * Several stores of one process are several nodes; whoever has to die is a process of its own.
 */

static struct postgres_server server;
static unsigned schemas;
static char schema[32];

#define NODES_MAX   4
#define KEYS_MAX    4096
#define LETTERS_MAX 4096
#define WAIT_MS     20000 /* for what comes surely */

/* ---- a node ---- */

struct got {
	struct store_letter letter;
	char url[64], words[64], set[64];
};

struct node {
	struct store *store;
	int64_t run;
	bool is_out_of_order;
	struct store_known_host host; /* the last that came */
	struct store_known_url urls[KEYS_MAX];
	char texts[KEYS_MAX][64];
	size_t host_count, url_count, letter_count, lost_count;
	uint64_t last;       /* id of a URL, within its share */
	uint64_t number_sum; /* of letters */
	struct got letters[LETTERS_MAX];
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int gain_host(void *context, const struct store_known_host *host)
{
	struct node *node = context;

	node->host = *host;
	node->host_count++;
	return 0;
}

static int gain_url(void *context, const struct store_known_url *url)
{
	struct node *node = context;
	uint64_t id = store_key_id(url->key);

	node->is_out_of_order |= id <= node->last && id >> 32 == node->last >> 32;
	node->last = id;
	assert_in_range(node->url_count, 0, KEYS_MAX - 1);
	node->urls[node->url_count] = *url;
	snprintf(node->texts[node->url_count++], 64, "%.*s", (int)url->url.size, url->url.at);
	return 0;
}

static void lose(void *context, uint32_t share)
{
	struct node *node = context;

	(void)share;
	node->lost_count++;
}

static void release(void *context, uint32_t share)
{
	struct node *node = context;

	assert_int_equal(store_give(node->store, share), 0);
}

static void receive(void *context, const struct store_letter *letter)
{
	struct node *node = context;
	struct got *got = &node->letters[node->letter_count % LETTERS_MAX];

	node->letter_count++;
	node->number_sum += letter->id.number;
	got->letter = *letter;
	snprintf(got->url, 64, "%.*s", (int)letter->row.url.size, letter->row.url.at);
	snprintf(got->words, 64, "%.*s", (int)letter->words.size, letter->words.at);
	snprintf(got->set, 64, "%.*s", (int)letter->set.size, letter->set.at);
}

static const struct store_run run = { .command_line = "crawl",
				      .versions = "crawl",
				      .config_hash = 7 };

static struct store_events events_of(struct node *node)
{
	return (struct store_events){ .gain_host = gain_host,
				      .gain_url = gain_url,
				      .lose = lose,
				      .release = release,
				      .receive = receive,
				      .context = node };
}

static void forget_gained(struct node *node)
{
	node->host_count = node->url_count = 0;
	node->last = 0;
}

/* Who begins a run is waited for until his lists are read. */
static int end_lists(struct store *store)
{
	const struct store_asked asked = { .is_of_all = true, .named = 1 };
	const struct store_load load = { .is_seeding = false };
	struct store_member member;

	store_get_member(store, &member);
	store_put_load(store, &load);
	if (!member.has_joined && (store_put_asked(store, &asked) < 0 || store_commit(store) < 0 ||
				   store_settle(store, -1) < 0))
		return -1;
	return 0;
}

static struct node *begin(void)
{
	struct node *node = calloc(1, sizeof(*node));
	struct store_error error = { .text = "" };
	struct store_events events = events_of(node);

	node->store = store_open(postgres_server_uri(&server, schema), false, &error);
	assert_string_equal(error.text, "");
	node->run = store_begin_run(node->store, &run);
	assert_string_equal(store_error(node->store)->text, "");
	assert_true(node->run > 0);
	assert_int_equal(store_gain(node->store, &events), 0);
	assert_int_equal(end_lists(node->store), 0);
	return node;
}

static void end(struct node *node)
{
	assert_string_equal(store_error(node->store)->text, "");
	store_close(node->store);
	free(node);
}

static void turn(struct node *node)
{
	int64_t due;

	store_turn(node->store, now_ms(), &due);
	assert_string_equal(store_error(node->store)->text, "");
}

/* Give all of them turns until this is so of the first. */
static void turn_until(struct node *const nodes[], size_t count, bool (*is_so)(struct node *node))
{
	int64_t end_ms = now_ms() + WAIT_MS;

	while (!is_so(nodes[0])) {
		for (size_t i = 0; i < count; i++)
			turn(nodes[i]);
		if (now_ms() >= end_ms)
			fail_msg("urls %zu, letters %zu", nodes[0]->url_count,
				 nodes[0]->letter_count);
		poll(NULL, 0, 1);
	}
}

static void turn_for(struct node *node, int64_t ms)
{
	int64_t end_ms = now_ms() + ms;

	while (now_ms() < end_ms) {
		turn(node);
		poll(NULL, 0, 1);
	}
}

static void settle(struct node *node)
{
	store_commit(node->store);
	store_settle(node->store, -1);
	assert_string_equal(store_error(node->store)->text, "");
}

static size_t wanted;

static bool has_letters(struct node *node)
{
	return node->letter_count >= wanted;
}

static bool has_urls(struct node *node)
{
	return node->url_count >= wanted;
}

/* ---- the group ---- */

static int start_server(void **state)
{
	(void)state;
	setenv("CRAWL_LEASE_MS", "1500", 1);
	return postgres_server_is_there() ? postgres_server_start(&server, NULL) : 0;
}

static int stop_server(void **state)
{
	(void)state;
	postgres_server_stop(&server);
	return 0;
}

static int begin_schema(void **state)
{
	(void)state;
	snprintf(schema, sizeof(schema), "flow%u", ++schemas);
	wanted = 0;
	return 0;
}

static const char *ask(const char *sql)
{
	return postgres_server_ask(&server, schema, sql);
}

static struct slice text(const char *words)
{
	return (struct slice){ words, strlen(words) };
}

/* ---- shares ---- */

static struct store_url url_of(const char *url, struct store_key host)
{
	return (struct store_url){ .url = text(url), .host = host, .lane = 1 };
}

/* So many shares of one host, with so many URLs. */
static void put_urls(struct node *node, uint32_t shares, uint32_t urls)
{
	char origin[64], name[64];

	for (uint32_t share = 0; share < shares; share++) {
		struct store_key host = { share * 7 % 4096, 1 };

		snprintf(origin, sizeof(origin), "http://h%u.test", share);
		assert_int_equal(store_put_host(node->store, host, text(origin)), 0);
		for (uint32_t number = 1; number <= urls; number++) {
			struct store_key key = { host.share, number };
			struct store_url url;

			snprintf(name, sizeof(name), "%s/%u", origin, number);
			url = url_of(name, host);
			url.depth = (int)number;
			assert_int_equal(store_put_url(node->store, key, &url), 0);
		}
	}
	settle(node);
}

static void all_shares_are_handed_out_at_once(void **state)
{
	struct node *node;
	struct store_events events;

	NEEDS_SERVER();
	node = begin();
	assert_int_equal(node->url_count, 0);
	put_urls(node, 100, 5);
	events = events_of(node);
	assert_int_equal(store_gain(node->store, &events), 0);
	assert_int_equal(node->host_count, 100);
	assert_int_equal(node->url_count, 500);
	assert_false(node->is_out_of_order);
	assert_int_equal(node->urls[0].key.number, 1);
	assert_int_equal(node->urls[0].host.number, 1);
	assert_int_equal(node->urls[0].root.number, 1);
	assert_true(node->urls[0].is_pending);
	assert_int_equal(node->urls[4].depth, 5);
	assert_string_equal(node->texts[0], "http://h0.test/1");
	end(node);
}

static void what_was_put_since_is_handed_out_as_well(void **state)
{
	struct node *node;
	struct store_events events;
	struct store_url url = url_of("http://a.test/", (struct store_key){ 9, 1 });

	NEEDS_SERVER();
	node = begin();
	store_put_host(node->store, (struct store_key){ 9, 1 }, text("http://a.test"));
	store_put_url(node->store, (struct store_key){ 9, 1 }, &url);
	events = events_of(node);
	assert_int_equal(store_gain(node->store, &events), 0); /* it was not committed */
	assert_int_equal(node->url_count, 1);
	end(node);
}

static void who_joins_gets_his_shares_with_their_urls_in_order(void **state)
{
	struct node *first, *second, *both[2];

	NEEDS_SERVER();
	first = begin();
	put_urls(first, 200, 7);
	second = begin();
	assert_int_equal(second->url_count, 0);
	forget_gained(first);
	both[0] = second;
	both[1] = first;
	wanted = 500; /* about half of 1,400 */
	turn_until(both, 2, has_urls);
	for (int i = 0; i < 300; i++) {
		turn(first);
		turn(second);
		poll(NULL, 0, 2);
	}
	assert_false(second->is_out_of_order);
	assert_int_equal(second->url_count % 7, 0);
	assert_int_equal(second->url_count, 7 * second->host_count);
	assert_int_equal(first->lost_count, 2048);
	end(second);
	end(first);
}

static void counting_is_of_the_whole_crawl_and_tells_nobody(void **state)
{
	struct node *first, *second;
	struct store_events events;

	NEEDS_SERVER();
	first = begin();
	put_urls(first, 50, 3);
	second = begin();
	forget_gained(second);
	events = (struct store_events){
		.gain_url = gain_url, .lose = lose, .context = second, .is_brief = true
	};
	assert_int_equal(store_gain(second->store, &events), 0);
	assert_int_equal(second->url_count, 150);
	assert_true(second->urls[0].is_pending);
	end(second);
	end(first);
}

/* ---- letters ---- */

static void send(struct node *node, uint32_t share, enum store_letter_kind kind, const char *url,
		 const char *words)
{
	const struct store_letter letter = { .kind = kind,
					     .share = share,
					     .key = { share, 3 },
					     .row = { .url = text(url), .depth = 2, .lane = 1 },
					     .words = text(words) };

	assert_int_equal(store_send(node->store, &letter), 0);
}

static void a_letter_comes_once_with_all_that_it_says(void **state)
{
	const struct store_request request = { text("POST"),
					       text("X-A: b\r\n"),
					       { "\0\1\xff", 3 } };
	struct store_letter letter = {
		.kind = STORE_LETTER_LINK,
		.share = 77,
		.row = { .url = text("http://b.test/x"),
			 .from = { 5, 6 },
			 .root = { 7, 8 },
			 .from_where = STORE_FROM_PRIVATE,
			 .depth = 3,
			 .kind = STORE_URL_SITEMAP,
			 .lane = 2,
			 .rule = 4 },
		.set = text("{\"a\":1}"),
		.is_named = true,
		.request = &request,
		.words = { "\xff\0w", 3 },
	};
	struct node *node;
	struct got *got;

	NEEDS_SERVER();
	node = begin();
	assert_int_equal(store_send(node->store, &letter), 0);
	settle(node);
	wanted = 1;
	turn_until(&node, 1, has_letters);
	settle(node);
	turn_for(node, 600);
	assert_int_equal(node->letter_count, 1);
	got = &node->letters[0];
	assert_int_equal(got->letter.kind, STORE_LETTER_LINK);
	assert_int_equal(got->letter.share, 77);
	assert_string_equal(got->url, "http://b.test/x");
	assert_int_equal(store_key_id(got->letter.row.from), (uint64_t)5 << 32 | 6);
	assert_int_equal(store_key_id(got->letter.row.root), (uint64_t)7 << 32 | 8);
	assert_int_equal(got->letter.row.from_where, STORE_FROM_PRIVATE);
	assert_int_equal(got->letter.row.depth, 3);
	assert_int_equal(got->letter.row.kind, STORE_URL_SITEMAP);
	assert_int_equal(got->letter.row.lane, 2);
	assert_int_equal(got->letter.row.rule, 4);
	assert_string_equal(got->set, "{\"a\":1}");
	assert_true(got->letter.is_named);
	assert_non_null(got->letter.request);
	assert_int_equal(got->letter.words.size, 3);
	assert_string_equal(ask("SELECT count(*) FROM crawl_inbox"), "0");
	end(node);
}

/* Dates are the server's, whatever our clock says; and the distance that another kept is known. */
/* Its clock is off by so much; no renewal finds out that it is not. */
static void be_ahead(struct node *node, int64_t ahead_ms)
{
	struct postgres_node *of = postgres_node_of(node->store);

	do {
		turn(node);
		of->renew_ms = postgres_boot_ms() + 3600000;
		poll(NULL, 0, 1);
	} while (of->line.state != POSTGRES_LINE_IDLE);
	of->ahead_ms = of->hold_ahead_ms = ahead_ms;
}

static void how_a_host_is_left_alone_is_known_to_its_next_owner(void **state)
{
	const struct store_key host = { 9, 1 };
	struct store_events events;
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	be_ahead(node, 90000);
	store_put_host(node->store, host, text("http://a.test"));
	store_put_hold(node->store, host, text("http://a.test"), 1000000);
	store_put_wait(node->store, host, 1709251290123, "its rest");
	store_put_try(node->store, &(struct store_try){ .key = host,
							.number = 1,
							.at_ms = 1709251290123,
							.outcome = "timeout" });
	settle(node);
	assert_string_equal(ask("SELECT held_until FROM hosts"), "910000");
	assert_string_equal(
		ask("SELECT waits_until FROM hosts UNION ALL SELECT at FROM tries_made"),
		"2024-03-01T00:00:00.123Z\n2024-03-01T00:00:00.123Z");
	ask("UPDATE hosts SET delay_ms = 8000, p50_ms = 700.4 RETURNING 1");
	events = events_of(node);
	be_ahead(node, 90000);
	assert_int_equal(store_gain(node->store, &events), 0);
	assert_int_equal(node->host.held_until_ms, 1000000);
	assert_int_equal(node->host.delay_ms, 8000);
	assert_int_equal(node->host.usual_ms, 700);
	end(node);
}

static void a_visit_stays_until_it_is_ended_and_its_url_is_lent(void **state)
{
	const struct store_letter visit = { .kind = STORE_LETTER_VISIT,
					    .share = 20,
					    .key = { 9, 1 },
					    .row = { .url = text("http://b.test/") } };
	struct store_url url = url_of("http://a.test/", (struct store_key){ 9, 1 });
	struct store_events events;
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	store_put_host(node->store, (struct store_key){ 9, 1 }, text("http://a.test"));
	store_put_url(node->store, (struct store_key){ 9, 1 }, &url);
	assert_int_equal(store_send(node->store, &visit), 0);
	settle(node);
	wanted = 1;
	turn_until(&node, 1, has_letters);
	turn_for(node, 500);
	settle(node);
	events = events_of(node);
	assert_int_equal(store_gain(node->store, &events), 0);
	assert_true(node->urls[0].is_lent); /* to where it has gone */
	assert_int_equal(node->urls[0].moved_to.size, strlen("http://b.test/"));
	turn_for(node, 500);
	assert_int_equal(node->letter_count, 1); /* it was ours all the time */
	assert_int_equal(store_end_letter(node->store, &node->letters[0].letter.id), 0);
	settle(node);
	forget_gained(node);
	assert_int_equal(store_gain(node->store, &events), 0);
	assert_false(node->urls[0].is_lent);
	assert_int_equal(node->urls[0].moved_to.size, 0);
	turn_for(node, 500);
	assert_int_equal(node->letter_count, 1);
	end(node);
}

/* A number that was taken first and committed last: what a
 * sequence passes over. */
static void a_letter_that_is_committed_late_comes_all_the_same(void **state)
{
	PGconn *late;
	char path[64];
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	late = PQconnectdb(postgres_server_uri(&server, NULL));
	snprintf(path, sizeof(path), "SET search_path = %s", schema);
	PQclear(PQexec(late, path));
	PQclear(PQexec(late, "BEGIN; INSERT INTO crawl_inbox (share, "
			     "n, kind, url)"
			     " VALUES (5, 1, 0, 'http://late.test/')"));
	for (size_t i = 1; i <= 5; i++) {
		send(node, (uint32_t)i, STORE_LETTER_LINK, "http://early.test/", "");
		settle(node);
		wanted = i;
		turn_until(&node, 1, has_letters);
		turn_for(node, 250);
	}
	PQclear(PQexec(late, "COMMIT"));
	PQfinish(late);
	wanted = 6;
	turn_until(&node, 1, has_letters);
	assert_string_equal(node->letters[5].url, "http://late.test/");
	settle(node);
	turn_for(node, 500);
	assert_int_equal(node->letter_count, 6);
	end(node);
}

static uint32_t looked_at;

static bool has_it(struct node *node)
{
	return store_has_share(node->store, looked_at);
}

static bool is_coming(struct node *node)
{
	return postgres_of(node->store)->node->shares[looked_at] == POSTGRES_COMING;
}

static bool has_only_half(struct node *node)
{
	struct store_member member;

	store_get_member(node->store, &member);
	return member.shares == POSTGRES_SHARES / 2;
}

/*
 * Who sends links to a share while it comes to himself knows of them once it is his: else a
 * redirect to one of them would be read in its place.  Its URLs are locked, so that it takes long.
 */
static void a_share_that_comes_has_what_we_sent_there_ourselves(void **state)
{
	struct node *nodes[2];
	PGconn *holder;
	char sql[96];

	NEEDS_SERVER();
	nodes[0] = begin();
	nodes[1] = begin();
	turn_until(nodes, 2, has_only_half);
	looked_at = 0;
	while (!has_it(nodes[0]))
		looked_at++;
	end(nodes[0]);
	holder = PQconnectdb(postgres_server_uri(&server, NULL));
	snprintf(sql, sizeof(sql), "BEGIN; LOCK TABLE %s.urls", schema);
	PQclear(PQexec(holder, sql));
	turn_until(&nodes[1], 1, is_coming);
	for (size_t i = 0; i < 3; i++) {
		send(nodes[1], looked_at, STORE_LETTER_LINK, "http://sent.test/", "");
		turn(nodes[1]);
	}
	PQfinish(holder);
	turn_until(&nodes[1], 1, has_it);
	assert_int_equal(nodes[1]->letter_count, 3);
	end(nodes[1]);
}

/* As after a dump that was restored, or on another server
 * that has less of the past. */
static void a_letter_of_another_time_comes_once(void **state)
{
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	turn_for(node, 300);
	ask("INSERT INTO crawl_inbox (share, xid, n, "
	    "kind, url) VALUES"
	    " (5, '1099511627776', 1, 0, "
	    "'http://future.test/')");
	wanted = 1;
	turn_until(&node, 1, has_letters);
	settle(node);
	turn_for(node, 500);
	assert_int_equal(node->letter_count, 1);
	ask("INSERT INTO crawl_inbox (share, xid, n, "
	    "kind, url) VALUES"
	    " (5, '4', 1, 0, 'http://past.test/')");
	turn_for(node, 500);
	assert_int_equal(node->letter_count, 1); /* it was committed before, as
						    far as we know */
	ask("SELECT pg_terminate_backend(pid) FROM "
	    "pg_stat_activity"
	    " WHERE application_name LIKE 'crawl %'");
	wanted = 2; /* another session may be another
		       server */
	turn_until(&node, 1, has_letters);
	assert_string_equal(node->letters[1].url, "http://past.test/");
	end(node);
}

static void more_letters_than_one_question_brings_come_all(void **state)
{
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	ask("INSERT INTO crawl_inbox (share, n, kind, url)"
	    " SELECT i % 4096, i, 0, 'http://many.test/' "
	    "|| i FROM generate_series(1, 25000) i");
	wanted = 25000;
	turn_until(&node, 1, has_letters);
	settle(node);
	turn_for(node, 400);
	assert_int_equal(node->letter_count, 25000);
	assert_int_equal(node->number_sum, (uint64_t)25000 * 25001 / 2);
	end(node);
}

/* ---- what is known of URLs ---- */

static const struct store_key host_key = { 9, 1 };

static struct store_key key_of(uint32_t number)
{
	return (struct store_key){ 9, number };
}

static void put_url(struct node *node, uint32_t number, const char *name, enum store_url_kind kind,
		    uint32_t from)
{
	struct store_url url = url_of(name, host_key);

	url.kind = kind;
	if (from) {
		url.from = key_of(from);
		url.root = key_of(1);
		url.depth = 1;
	}
	assert_int_equal(store_put_url(node->store, key_of(number), &url), 0);
}

/* Ask, with turns between. */
static int url_in_turns(struct node *node, struct store_key key, struct store_target *target)
{
	int64_t end_ms = now_ms() + WAIT_MS, due;
	int found;

	while ((found = store_url(node->store, key, target)) == 0 && now_ms() < end_ms) {
		store_turn(node->store, now_ms(), &due);
		poll(NULL, 0, 1);
	}
	return found;
}

static int robots_in_turns(struct node *node, struct store_key host, struct slice *robots)
{
	int64_t end_ms = now_ms() + WAIT_MS, due;
	int found;

	while ((found = store_get_robots(node->store, host, robots)) == 0 && now_ms() < end_ms) {
		store_turn(node->store, now_ms(), &due);
		poll(NULL, 0, 1);
	}
	return found;
}

static void assert_text(struct slice found, const char *words)
{
	assert_int_equal(found.size, strlen(words));
	assert_memory_equal(found.at, words, found.size);
}

static void put_page(struct node *node, uint32_t number, bool is_again, const char *etag)
{
	const struct store_page page = {
		.state = STORE_DONE,
		.outcome = "ok",
		.status = 200,
		.etag = text(etag),
		.hash = 77,
		.fetched_at_ms = 1700000000000,
		.counts = text("[]"),
	};

	assert_int_equal(store_page_open(node->store, key_of(number), is_again), 0);
	assert_int_equal(store_page(node->store, &page), 0);
}

/* Another process of the same crawl, some time later. */
static struct node *begin_anew(struct node *node)
{
	settle(node);
	end(node);
	return begin();
}

static void a_url_that_is_new_is_known_at_once(void **state)
{
	struct store_target target;
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	store_put_host(node->store, host_key, text("http://a.test"));
	put_url(node, 1, "http://a.test/1", STORE_URL_PAGE, 0);
	put_url(node, 2, "http://a.test/2", STORE_URL_PAGE, 1);
	assert_int_equal(store_url(node->store, key_of(2), &target), 1);
	assert_text(target.row.url, "http://a.test/2");
	assert_int_equal(target.row.from.number, 1);
	assert_int_equal(target.row.root.number, 1);
	assert_int_equal(target.row.depth, 1);
	assert_int_equal(target.row.lane, 1);
	assert_false(target.is_again);
	assert_int_equal(store_url(node->store, key_of(1), &target), 1);
	assert_int_equal(target.row.root.number, 1);
	end(node);
}

static void what_an_earlier_run_read_comes_in_a_turn(void **state)
{
	const struct store_key keys[] = { key_of(1), key_of(2) };
	struct store_target target;
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	store_put_host(node->store, host_key, text("http://a.test"));
	put_url(node, 1, "http://a.test/1", STORE_URL_PAGE, 0);
	put_url(node, 2, "http://a.test/2", STORE_URL_PAGE, 1);
	put_page(node, 1, false, "\"a\"");
	node = begin_anew(node);
	assert_int_equal(store_ahead(node->store, keys, 2), 0);
	assert_int_equal(store_url(node->store, key_of(1), &target), 0);
	assert_int_equal(url_in_turns(node, key_of(1), &target), 1);
	assert_true(target.is_again);
	assert_text(target.known.etag, "\"a\"");
	assert_text(target.known.counts, "[]");
	assert_int_equal(target.known.hash, 77);
	assert_int_equal(target.known.fetched_at_ms, 1700000000000);
	assert_true(target.known.is_good);
	assert_true(target.known.has_content);
	assert_false(target.known.is_redirected);
	assert_int_equal(store_url(node->store, key_of(2), &target), 1); /* came with it */
	assert_false(target.is_again);
	put_page(node, 1, true, "\"b\"");
	assert_int_equal(url_in_turns(node, key_of(1), &target), 1);
	assert_text(target.known.etag, "\"b\"");
	end(node);
}

/* Many in one question; and what the open batch says of one is not closed for it. */
static void what_is_asked_for_soon_is_there_when_it_is_wanted(void **state)
{
	struct store_key keys[200];
	struct store_target target;
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	store_put_host(node->store, host_key, text("http://a.test"));
	for (unsigned i = 0; i < 200; i++) {
		char url[32];

		keys[i] = key_of(1 + i);
		snprintf(url, sizeof(url), "http://a.test/%u", 1 + i);
		put_url(node, 1 + i, url, STORE_URL_PAGE, 0);
	}
	put_page(node, 3, false, "\"c\"");
	node = begin_anew(node);
	put_page(node, 7, true, "\"g\"");
	assert_int_equal(store_soon(node->store, keys, 200), 0);
	assert_true(store_get_uncommitted(node->store) > 0);
	assert_int_equal(url_in_turns(node, keys[199], &target), 1); /* the last that comes */
	for (unsigned i = 0; i < 200; i++) {
		char url[32];

		if (i == 6)
			continue;
		snprintf(url, sizeof(url), "http://a.test/%u", 1 + i);
		assert_int_equal(store_url(node->store, keys[i], &target), 1);
		assert_text(target.row.url, url);
		assert_int_equal(target.is_again, i == 2);
	}
	assert_true(store_get_uncommitted(node->store) > 0);
	assert_int_equal(url_in_turns(node, keys[6], &target), 1);
	assert_text(target.known.etag, "\"g\"");
	end(node);
}

static void what_another_config_read_has_no_conditions(void **state)
{
	struct store_target target;
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	store_put_host(node->store, host_key, text("http://a.test"));
	put_url(node, 1, "http://a.test/1", STORE_URL_PAGE, 0);
	put_page(node, 1, false, "\"a\"");
	settle(node);
	ask("UPDATE results SET config_hash = 8");
	node = begin_anew(node);
	assert_int_equal(url_in_turns(node, key_of(1), &target), 1);
	assert_true(target.is_again);
	assert_null(target.known.etag.at);
	assert_int_equal(target.known.hash, 0);
	assert_true(target.known.has_content);
	end(node);
}

static void a_url_that_nobody_knows_ends_the_store(void **state)
{
	struct store_target target;
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	assert_int_equal(url_in_turns(node, key_of(5), &target), -1);
	assert_non_null(strstr(store_error(node->store)->text, "knows no URL"));
	store_close(node->store);
	free(node);
}

static void a_sitemap_comes_with_those_that_led_to_it(void **state)
{
	struct store_target target;
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	store_put_host(node->store, host_key, text("http://a.test"));
	put_url(node, 1, "http://a.test/s1.xml", STORE_URL_SITEMAP, 0);
	put_url(node, 2, "http://a.test/s2.xml", STORE_URL_SITEMAP, 1);
	put_url(node, 3, "http://a.test/s3.xml", STORE_URL_SITEMAP, 2);
	node = begin_anew(node);
	assert_int_equal(url_in_turns(node, key_of(3), &target), 1);
	assert_int_equal(store_url(node->store, key_of(2), &target), 1);
	assert_int_equal(store_url(node->store, key_of(1), &target), 1);
	put_page(node, 1, false, "");
	assert_int_equal(store_url(node->store, key_of(1), &target), 1);
	assert_text(target.row.url, "http://a.test/s1.xml");
	end(node);
}

static void requests_sets_and_robots_are_as_they_were_put_last(void **state)
{
	const struct store_request post = { text("POST"), text("X: y\r\n"), { "\0b", 2 } };
	struct store_url root = url_of("http://a.test/1", host_key);
	struct store_request request;
	struct store_target target;
	struct slice found;
	struct store_key key;
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	store_put_host(node->store, host_key, text("http://a.test"));
	assert_int_equal(store_put_set(node->store, 1, text("{\"a\":1}")), 0);
	root.set = 1;
	assert_int_equal(store_put_url(node->store, key_of(1), &root), 0);
	put_url(node, 2, "http://a.test/2", STORE_URL_PAGE, 1);
	assert_int_equal(store_put_request(node->store, key_of(2), &post), 0);
	assert_int_equal(store_get_set(node->store, key_of(2), &found), 1); /* waits for it */
	assert_text(found, "{\"a\":1}");
	assert_int_equal(store_get_request(node->store, key_of(2), &request), 1);
	assert_text(request.method, "POST");
	assert_int_equal(request.body.size, 2);
	assert_int_equal(store_get_request(node->store, key_of(1), &request), 0);
	assert_int_equal(url_in_turns(node, key_of(2), &target), 1);
	assert_int_equal(store_get_request(node->store, key_of(2), &request), 1);
	assert_text(request.headers, "X: y\r\n");
	assert_int_equal(store_get_set(node->store, key_of(2), &found), 1);
	assert_text(found, "{\"a\":1}");
	assert_int_equal(store_put_request(node->store, key_of(2), NULL), 0);
	assert_int_equal(url_in_turns(node, key_of(2), &target), 1);
	assert_int_equal(store_get_request(node->store, key_of(2), &request), 0);

	assert_int_equal(robots_in_turns(node, host_key, &found), 1);
	assert_null(found.at);
	store_put_robots(node->store, host_key, "ok", text("Disallow: /"), 5);
	assert_int_equal(robots_in_turns(node, host_key, &found), 1);
	assert_text(found, "Disallow: /");
	assert_int_equal(store_find_url(node->store, text("http://a.test/2"), &key), 1);
	assert_int_equal(key.number, 2);
	assert_int_equal(store_find_url(node->store, text("http://a.test/3"), &key), 0);
	end(node);
}

static int note_set(void *context, uint32_t number, struct slice fields)
{
	char *told = context;

	snprintf(told + strlen(told), 64, "%u=%.*s ", number, (int)fields.size, fields.at);
	return 0;
}

static void sets_have_the_numbers_of_their_urls(void **state)
{
	struct store_url root = url_of("http://a.test/1", host_key);
	char told[200] = "";
	struct node *node;

	NEEDS_SERVER();
	node = begin();
	store_put_host(node->store, host_key, text("http://a.test"));
	assert_int_equal(store_put_set(node->store, 1, text("{}")), 0);
	root.set = 1;
	assert_int_equal(store_put_url(node->store, key_of(1), &root), 0);
	node = begin_anew(node);
	assert_int_equal(node->url_count, 1);
	assert_int_equal(node->urls[0].set, 1);
	assert_int_equal(store_each_set(node->store, note_set, told), 0);
	assert_string_equal(told, "1={} ");
	end(node);
}

/* ---- letters, while nodes die ---- */

#define DIE_SECONDS     8
#define COULD_NOT_BEGIN 6 /* while the server was away */

static volatile sig_atomic_t is_told_to_end;

static void tell_to_end(int number)
{
	(void)number;
	is_told_to_end = 1;
}

struct worker {
	struct store *store;
	struct store_letter visits[LETTERS_MAX];
	uint64_t numbers[LETTERS_MAX];
	size_t visit_count;
	uint64_t sent, next;
};

static _Noreturn void stop(const struct worker *worker, int how)
{
	if (how != COULD_NOT_BEGIN)
		fprintf(stderr, "a node ends with %d: %s\n", how, store_error(worker->store)->text);
	_exit(how);
}

/* What a letter brings about: a row that is there once for
 * each time. */
static void note(struct worker *worker, const char *list, uint64_t number)
{
	if (store_put_reject(worker->store, list, number, text("t"), "r") < 0)
		stop(worker, 3);
}

static void take(void *context, const struct store_letter *letter)
{
	struct worker *worker = context;
	char words[32];
	uint64_t number;

	snprintf(words, sizeof(words), "%.*s", (int)letter->words.size, letter->words.at);
	number = strtoull(words, NULL, 10);
	if (letter->kind != STORE_LETTER_VISIT || worker->visit_count == LETTERS_MAX) {
		if (letter->kind == STORE_LETTER_VISIT)
			store_end_letter(worker->store, &letter->id);
		note(worker, "got", number);
		return;
	}
	worker->numbers[worker->visit_count] = number;
	worker->visits[worker->visit_count++] = *letter;
}

static void drop_visits(void *context, uint32_t share)
{
	struct worker *worker = context;
	size_t kept = 0;

	for (size_t i = 0; i < worker->visit_count; i++) {
		if (worker->visits[i].share == share)
			continue;
		worker->visits[kept] = worker->visits[i];
		worker->numbers[kept++] = worker->numbers[i];
	}
	worker->visit_count = kept;
}

static void let_go(void *context, uint32_t share)
{
	struct worker *worker = context;

	if (store_give(worker->store, share) < 0)
		stop(worker, 4);
}

static int ignore_url(void *context, const struct store_known_url *url)
{
	(void)context;
	(void)url;
	return 0;
}

static void send_some(struct worker *worker)
{
	for (unsigned i = (unsigned)random() % 20; i > 0; i--) {
		char words[32];
		uint64_t number = worker->next++;
		struct store_letter letter = {
			.kind = random() % 3 ? STORE_LETTER_LINK
					     : (enum store_letter_kind)(random() % 5),
			.share = (uint32_t)random() % 4096,
			.row = { .url = text("http://"
					     "c.test/") },
		};

		letter.key = (struct store_key){ letter.share, 1 };
		snprintf(words, sizeof(words), "%" PRIu64, number);
		letter.words = text(words);
		if (store_send(worker->store, &letter) < 0)
			stop(worker, 5);
		note(worker, "sent", number);
	}
}

static void end_visits(struct worker *worker)
{
	while (worker->visit_count > 0 && random() % 3) {
		size_t i = --worker->visit_count;

		store_end_letter(worker->store, &worker->visits[i].id);
		note(worker, "got", worker->numbers[i]);
	}
}

static _Noreturn void work(unsigned seed)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	const struct store_events events = { .gain_url = ignore_url,
					     .lose = drop_visits,
					     .release = let_go,
					     .receive = take,
					     .context = worker };
	struct store_error error;
	const char *ended;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	srandom(seed);
	worker->next = (uint64_t)seed << 32;
	worker->store = store_open(postgres_server_uri(&server, schema), false, &error);
	if (!worker->store || store_begin_run(worker->store, &run) == 0 ||
	    store_gain(worker->store, &events) < 0 || end_lists(worker->store) < 0)
		stop(worker, COULD_NOT_BEGIN);
	while (!store_is_over(worker->store, &ended)) {
		struct store_load load = { .is_idle = is_told_to_end && !worker->visit_count };
		int64_t due;

		if (!is_told_to_end && store_has_room(worker->store))
			send_some(worker);
		end_visits(worker);
		if (random() % 4 == 0 && store_commit(worker->store) < 0)
			stop(worker, 7);
		store_put_load(worker->store, &load);
		if (store_turn(worker->store, now_ms(), &due) < 0)
			stop(worker, 8);
		poll(NULL, 0, (int)random() % 5);
	}
	store_close(worker->store);
	_exit(0);
}

static pid_t start(unsigned seed)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		work(seed);
	return pid;
}

/* Who was killed may have ended before: a run that all have left for long is over for them. */
static void wait_for_end(pid_t pid, int wanted_status)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != COULD_NOT_BEGIN && status != 0))
		assert_int_equal(status, wanted_status);
}

static void every_letter_is_received_once_while_nodes_die(void **state)
{
	unsigned seed = 0;
	pid_t nodes[3];
	struct node *owner;
	int64_t end_ms;

	NEEDS_SERVER();
	signal(SIGTERM, tell_to_end); /* of those who are begun */
	owner = begin();              /* the schema is there before they
					 come */
	end(owner);
	for (size_t i = 0; i < 3; i++)
		nodes[i] = start(++seed);
	end_ms = now_ms() + DIE_SECONDS * 1000;
	while (now_ms() < end_ms) {
		size_t i = seed % 3;

		poll(NULL, 0, 900);
		kill(nodes[i], SIGKILL);
		wait_for_end(nodes[i], SIGKILL);
		nodes[i] = start(++seed);
		if (seed != 7)
			continue;
		postgres_server_kill(&server);
		assert_int_equal(postgres_server_start_again(&server, NULL), 0);
	}
	for (size_t i = 0; i < 3; i++)
		kill(nodes[i], SIGTERM);
	for (size_t i = 0; i < 3; i++)
		wait_for_end(nodes[i], 0);
	assert_string_equal(ask("SELECT count(*) FROM crawl_inbox"), "0");
	assert_string_equal(ask("SELECT count(*) > 1000 FROM rejects "
				"WHERE list = 'sent'"),
			    "t");
	assert_string_equal(ask("SELECT count(*) FROM (SELECT line "
				"FROM rejects"
				" WHERE list = 'got' GROUP BY line "
				"HAVING count(*) > 1) twice"),
			    "0");
	assert_string_equal(ask("SELECT count(*) FROM (SELECT line "
				"FROM rejects WHERE list = 'sent'"
				" EXCEPT SELECT line FROM rejects "
				"WHERE list = 'got') lost"),
			    "0");
	assert_string_equal(ask("SELECT count(*) FROM (SELECT line "
				"FROM rejects WHERE list = 'got'"
				" EXCEPT SELECT line FROM rejects "
				"WHERE list = 'sent') made_up"),
			    "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define OF_A_SCHEMA(test) cmocka_unit_test_setup(test, begin_schema)
		OF_A_SCHEMA(all_shares_are_handed_out_at_once),
		OF_A_SCHEMA(what_was_put_since_is_handed_out_as_well),
		OF_A_SCHEMA(who_joins_gets_his_shares_with_their_urls_in_order),
		OF_A_SCHEMA(counting_is_of_the_whole_crawl_and_tells_nobody),
		OF_A_SCHEMA(a_letter_comes_once_with_all_that_it_says),
		OF_A_SCHEMA(how_a_host_is_left_alone_is_known_to_its_next_owner),
		OF_A_SCHEMA(a_visit_stays_until_it_is_ended_and_its_url_is_lent),
		OF_A_SCHEMA(a_letter_that_is_committed_late_comes_all_the_same),
		OF_A_SCHEMA(a_share_that_comes_has_what_we_sent_there_ourselves),
		OF_A_SCHEMA(a_letter_of_another_time_comes_once),
		OF_A_SCHEMA(more_letters_than_one_question_brings_come_all),
		OF_A_SCHEMA(a_url_that_is_new_is_known_at_once),
		OF_A_SCHEMA(what_an_earlier_run_read_comes_in_a_turn),
		OF_A_SCHEMA(what_is_asked_for_soon_is_there_when_it_is_wanted),
		OF_A_SCHEMA(what_another_config_read_has_no_conditions),
		OF_A_SCHEMA(a_url_that_nobody_knows_ends_the_store),
		OF_A_SCHEMA(a_sitemap_comes_with_those_that_led_to_it),
		OF_A_SCHEMA(requests_sets_and_robots_are_as_they_were_put_last),
		OF_A_SCHEMA(sets_have_the_numbers_of_their_urls),
		OF_A_SCHEMA(every_letter_is_received_once_while_nodes_die),
	};

	alarm(TEST_SECONDS_MAX);
	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
