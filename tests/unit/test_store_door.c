/*
 * What store.h promises, asked of every backend behind the door.
 *
 * A test is written once and runs on each row of `variants`: on a SQLite file, on a crawl in
 * memory that does as SQLite does, and on one that does all that the contract allows besides: its
 * keys are of several shares, what is asked for comes with a later turn, a commit takes its time.
 * tests/postgres/test_pg_door.c runs them against a server.
 */
#include "tests/support/test.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/support/memory_store.h"
#include "tests/support/store_dump.h"
#include "tests/support/store_help.h"

#define TURNS_MAX 100
#define URLS_MAX  400

struct variant {
	bool is_memory, is_server;
	uint32_t shares, hosts; /* that URLs go round among; hosts are a multiple of shares */
	uint32_t all_shares;    /* or 0: no more */
	struct memory_store_ways ways;
};

static const struct variant sqlite_file = { .shares = 1, .hosts = 1 };
static const struct variant in_memory = { .is_memory = true, .shares = 1, .hosts = 1 };
static const struct variant late_memory = {
	.is_memory = true,
	.shares = 3,
	.hosts = 3,
	.ways = { .shares = 3,
		  .reads = MEMORY_READS_LATE,
		  .gains_late = true,
		  .commits_late = true },
};
static const struct variant lazy_memory = {
	.is_memory = true,
	.shares = 2,
	.hosts = 2,
	.ways = { .shares = 2, .reads = MEMORY_READS_ALL_LATE },
};

/* A test that tests/postgres/test_pg_door.c leaves out. */
#define ALONE __attribute__((unused))

/* ---- what every test stands on ---- */

static const struct variant *at;
static const char *where;
static struct store *door;
static bool expects_complaints;

#ifdef DOOR_OF_A_SERVER
static const char *next_schema(void);
#else
static const char *next_schema(void)
{
	return NULL;
}
#endif

#define TURN_MS 20

/* A server has a clock of its own, wants to be waited for, and knows what has been sent. */
static int wait_for_turn(int64_t *due)
{
	struct store_wait waits[STORE_WAITS_MAX];
	struct pollfd polled[STORE_WAITS_MAX];
	size_t count = store_get_waits(door, waits);
	struct timespec now;

	for (size_t i = 0; i < count; i++)
		polled[i] =
			(struct pollfd){ waits[i].fd,
					 waits[i].wants_to_write ? POLLIN | POLLOUT : POLLIN, 0 };
	if (store_commit(door))
		return -1;
	poll(polled, count, TURN_MS);
	clock_gettime(CLOCK_BOOTTIME, &now);
	return store_turn(door, now.tv_sec * 1000 + now.tv_nsec / 1000000, due);
}

static int turn(int64_t now_ms, int64_t *due)
{
	return at->is_server ? wait_for_turn(due) : store_turn(door, now_ms, due);
}

static void open_door(void)
{
	door = store_open(where, false, &error);
	assert_string_equal(error.text, "");
	assert_non_null(door);
	if (at->is_memory)
		memory_store_set(door, at->ways);
}

/* What was not committed is gone. */
static void kill_and_open(void)
{
	store_close(door);
	open_door();
}

static int set_up(void **state)
{
	at = *state;
	memory_store_use();
	memory_store_forget_all();
	if (make_folder(NULL))
		return -1;
	where = at->is_server ? next_schema() : at->is_memory ? "memory://door" : path;
	expects_complaints = false;
	open_door();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	store_close(door);
	if (!expects_complaints)
		assert_string_equal(memory_store_complaint_lines(), "");
	memory_store_forget_all();
	return remove_folder(NULL);
}

static void commit(void)
{
	assert_int_equal(store_commit(door), 0);
	assert_int_equal(store_settle(door, -1), 1);
}

static int64_t run_with(enum store_pass pass, uint64_t config_hash)
{
	struct store_run run = { .command_line = "crawl",
				 .versions = "crawl 0",
				 .config_hash = config_hash };
	struct store_asked asked = { .pass = pass, .is_of_all = true };
	int64_t number = store_begin_run(door, &run);

	assert_true(number > 0);
	assert_int_equal(store_put_asked(door, &asked), 0);
	assert_int_equal(store_commit(door), 0);
	assert_int_equal(store_settle(door, -1), 1);
	return number;
}

static int64_t run(enum store_pass pass)
{
	return run_with(pass, 0xc0ffee);
}

static void end_run(const char *how)
{
	assert_int_equal(store_end_run(door, how), 0);
	assert_int_equal(store_settle(door, -1), 1);
}

/* The key of the n-th URL or host, from 1, where they go round among the shares; and back. */
static struct store_key nth(uint32_t n)
{
	return (struct store_key){ (n - 1) % at->shares, (n - 1) / at->shares + 1 };
}

static uint32_t n_of(struct store_key of)
{
	return (of.number - 1) * at->shares + of.share + 1;
}

static struct store_key host_of(uint32_t n)
{
	return nth((n - 1) % at->hosts + 1);
}

static struct store_key put_next_host(const char *origin)
{
	struct store_key host = nth(++last_host);

	assert_int_equal(store_put_host(door, host, text(origin)), 0);
	return host;
}

static struct store_key put_row(struct store_url row)
{
	char origin[32];

	while (last_host < at->hosts) {
		snprintf(origin, sizeof(origin), "http://host-%u", last_host + 1);
		put_next_host(origin);
	}
	row.host = host_of(++last_number);
	assert_int_equal(store_put_url(door, nth(last_number), &row), 0);
	return nth(last_number);
}

static struct store_key put_next_url(const char *url)
{
	return put_row((struct store_url){ .url = text(url) });
}

/* However often it must be asked for. */
static struct store_target read_target(struct store_key url)
{
	struct store_target target;
	int64_t due;
	int got;

	for (int i = 0; (got = store_url(door, url, &target)) == 0; i++) {
		assert_true(i < TURNS_MAX);
		assert_int_equal(turn(i, &due), 0);
	}
	if (got < 0)
		print_error("%s\n", store_error(door)->text);
	assert_int_equal(got, 1);
	return target;
}

static void put_result(struct store_key url, bool is_again, const struct store_page *page)
{
	assert_int_equal(store_page_open(door, url, is_again), 0);
	assert_int_equal(store_page(door, page), 0);
}

/* The lines of what is durable that are about this. */
static const char *lines(const char *about)
{
	static char found[65536];
	char *all = store_dump(where, STORE_DUMP_ALL);
	size_t used = 0, size = strlen(about);

	for (char *line = strtok(all, "\n"); line; line = strtok(NULL, "\n"))
		if (strncmp(line, about, size) == 0 && line[size] == ' ')
			used += (size_t)snprintf(found + used, sizeof(found) - used, "%s%s",
						 used ? "\n" : "", line);
	found[used] = '\0';
	free(all);
	return found;
}

/* "pending/done/failed/skipped pages rows" */
static const char *totals(void)
{
	static char line[128];
	struct store_totals sum;

	assert_int_equal(store_get_totals(door, &sum), 0);
	snprintf(line, sizeof(line), "%u/%u/%u/%u %u %u", (unsigned)sum.pending, (unsigned)sum.done,
		 (unsigned)sum.failed, (unsigned)sum.skipped, (unsigned)sum.pages,
		 (unsigned)sum.rows);
	return line;
}

/* ---- what is gained ---- */

static struct gained {
	char marks[URLS_MAX + 1]; /* of each URL: 'p' is pending, '-' is not, 'o' outside */
	char order[2048];
	char last[512];       /* of each: the state of its last result, and where it moved to */
	int calls, calls_max; /* 0: any number */
	int lost;
} gained;

static int stop_at_last(void)
{
	return ++gained.calls == gained.calls_max ? -1 : 0;
}

static int gain_host(void *context, const struct store_known_host *host)
{
	size_t used = strlen(gained.order);

	(void)context;
	snprintf(gained.order + used, sizeof(gained.order) - used, "host %u:%u %.*s %.*s %.*s %d\n",
		 host->key.share, host->key.number, (int)host->origin.size, host->origin.at,
		 (int)host->robots_state.size, host->robots_state.at, (int)host->address.size,
		 host->address.at, (int)host->held_until_ms);
	return stop_at_last();
}

static int gain_url(void *context, const struct store_known_url *url)
{
	size_t used = strlen(gained.order);
	bool is_outside = url->kind == STORE_URL_OUTSIDE;

	(void)context;
	assert_true(n_of(url->key) <= URLS_MAX);
	gained.marks[n_of(url->key) - 1] = is_outside ? 'o' : url->is_pending ? 'p' : '-';
	assert_false(is_outside && url->is_pending);
	snprintf(gained.last + strlen(gained.last), sizeof(gained.last) - strlen(gained.last),
		 "%s%d %.*s", *gained.last ? ", " : "", (int)url->state, (int)url->moved_to.size,
		 url->moved_to.at ? url->moved_to.at : "");
	snprintf(gained.order + used, sizeof(gained.order) - used, "url %u:%u host %u:%u %.*s\n",
		 url->key.share, url->key.number, url->host.share, url->host.number,
		 (int)url->url.size, url->url.at);
	return stop_at_last();
}

static void lose_share(void *context, uint32_t share)
{
	(void)context;
	(void)share;
	gained.lost++;
}

/* Returns what store_gain() did, or a turn that failed. */
static int gain_until(int calls_max)
{
	struct store_events events = { .gain_host = gain_host,
				       .gain_url = gain_url,
				       .lose = lose_share };
	int64_t due = 0;
	int result;

	gained = (struct gained){ .calls_max = calls_max };
	result = store_gain(door, &events);
	while (result == 0 && due != INT64_MAX && !at->is_server) /* which gains at once */
		result = store_turn(door, 0, &due);
	return result;
}

static const char *marks(void)
{
	assert_int_equal(gain_until(0), 0);
	return gained.marks;
}

static void it_says_how_many_shares_there_are(void **state)
{
	(void)state;
	assert_int_equal(store_get_share_count(door), at->all_shares ? at->all_shares : at->shares);
}

/* ---- runs and passes ---- */

static void a_run_is_numbered_and_the_last_one_is_known(void **state)
{
	struct store_last_run last;

	(void)state;
	assert_int_equal(store_get_last_run(door, &last), 0);
	assert_true(last.is_finished);
	assert_int_equal(run_with(STORE_PASS_GOES_ON, 0xfedcba9876543210), 1);
	assert_int_equal(store_get_last_run(door, &last), 0);
	assert_false(last.is_finished);
	assert_true(last.ended_ms == 0);
	end_run("finished");
	assert_int_equal(store_get_last_run(door, &last), 0);
	assert_true(last.is_finished);
	assert_true(last.ended_ms > 0);
	assert_true(last.config_hash == 0xfedcba9876543210);
	assert_int_equal(run_with(STORE_PASS_GOES_ON, 1), 2);
	kill_and_open();
	assert_int_equal(run_with(STORE_PASS_ALL, 1), 3);
	end_run("interrupted");
	assert_string_equal(lines("run"), "run 1 1 0 finished fedcba9876543210\n"
					  "run 2 1 0 killed 0000000000000001\n"
					  "run 3 2 1 interrupted 0000000000000001");
}

static const struct store_page failed_page = { .state = STORE_FAILED, .outcome = "dns" };
static const struct store_page skipped_page = { .state = STORE_SKIPPED, .outcome = "robots" };

/* One URL in each state, and a link to another site. */
static void put_one_of_each_state(void)
{
	struct store_page outside = skipped_page;

	run(STORE_PASS_GOES_ON);
	put_next_url("http://a/pending");
	put_result(put_next_url("http://a/done"), false, &plain_page);
	put_result(put_next_url("http://a/failed"), false, &failed_page);
	put_result(put_next_url("http://a/skipped"), false, &skipped_page);
	outside.outcome = "out_of_scope";
	put_result(
		put_row((struct store_url){ .url = text("http://b/"), .kind = STORE_URL_OUTSIDE }),
		false, &outside);
	commit();
}

static void every_chain_of_passes_asks_for_what_it_says(void **state)
{
	enum { NO = -1, ON = STORE_PASS_GOES_ON, ALL = STORE_PASS_ALL, FAILED = STORE_PASS_FAILED };
	static const struct {
		int passes[3];
		int fails_in; /* which of them, from 1, the third URL is asked in, and fails */
		const char *marks, *totals;
	} rows[] = {
		{ { ON, NO, NO }, 0, "p---o", "1/1/1/2 4 0" },
		{ { ON, ON, NO }, 0, "p---o", "1/1/1/2 4 0" },
		{ { FAILED, NO, NO }, 0, "p-p-o", "2/1/0/2 4 0" },
		{ { FAILED, NO, NO }, 1, "p---o", "1/1/1/2 4 0" },
		{ { ALL, NO, NO }, 0, "ppppo", "4/0/0/1 4 0" },
		{ { ALL, NO, NO }, 1, "pp-po", "3/0/1/1 4 0" },
		{ { ALL, ON, NO }, 0, "ppppo", "4/0/0/1 4 0" },
		{ { ALL, ON, NO }, 2, "pp-po", "3/0/1/1 4 0" },
		{ { FAILED, ON, NO }, 0, "p-p-o", "2/1/0/2 4 0" },
		{ { FAILED, ON, NO }, 2, "p---o", "1/1/1/2 4 0" },
		{ { FAILED, FAILED, NO }, 1, "p-p-o", "2/1/0/2 4 0" },
		{ { FAILED, FAILED, NO }, 2, "p---o", "1/1/1/2 4 0" },
		{ { ALL, FAILED, NO }, 1, "ppppo", "4/0/0/1 4 0" },
		{ { ALL, FAILED, NO }, 2, "pp-po", "3/0/1/1 4 0" },
		{ { FAILED, ALL, NO }, 1, "ppppo", "4/0/0/1 4 0" },
		{ { ALL, FAILED, ON }, 3, "pp-po", "3/0/1/1 4 0" },
		{ { FAILED, ALL, FAILED }, 2, "ppppo", "4/0/0/1 4 0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		store_close(door);
		door = store_open(where, true, &error);
		last_number = last_host = 0;
		kill_and_open();
		put_one_of_each_state();
		for (int j = 0; j < 3 && rows[i].passes[j] != NO; j++) {
			run((enum store_pass)rows[i].passes[j]);
			if (rows[i].fails_in == j + 1)
				put_result(nth(3), true, &failed_page);
		}
		commit();
		assert_string_equal(marks(), rows[i].marks);
		assert_string_equal(totals(), rows[i].totals);
	}
}

static void a_killed_run_takes_its_pass_with_it_only_if_it_was_not_begun(void **state)
{
	(void)state;
	put_one_of_each_state();
	run(STORE_PASS_ALL);
	kill_and_open();
	assert_string_equal(marks(), "ppppo");
	run(STORE_PASS_GOES_ON);
	assert_string_equal(marks(), "ppppo");
}

static void every_page_written_has_a_visit_that_grows(void **state)
{
	(void)state;
	run(STORE_PASS_GOES_ON);
	put_result(put_next_url("http://a/1"), false, &plain_page);
	put_result(put_next_url("http://a/2"), false, &plain_page);
	commit();
	kill_and_open(); /* the next run finds the last visit by itself */
	run(STORE_PASS_ALL);
	put_result(nth(1), true, &plain_page);
	end_run("interrupted");
	kill_and_open();
	run(STORE_PASS_GOES_ON);
	put_result(put_next_url("http://a/3"), false, &plain_page);
	put_result(nth(2), true, &plain_page);
	commit();
	assert_string_equal(lines("visit"),
			    "visit http://a/1 1 2 0 1709251199 1709251199 - - - 12648430\n"
			    "visit http://a/2 3 2 0 1709251199 1709251199 - - - 12648430\n"
			    "visit http://a/3 2 2 0 1709251199 1709251199 - - - 12648430");
}

/* ---- what a request needs to know ---- */

static void a_url_is_read_back_as_it_was_put(void **state)
{
	struct store_target got;
	struct store_key seed, url, found;

	(void)state;
	run(STORE_PASS_GOES_ON);
	seed = put_next_url("http://a/");
	url = put_row((struct store_url){ .url = text("http://a/b"),
					  .from = seed,
					  .from_where = STORE_FROM_PRIVATE,
					  .depth = 3,
					  .kind = STORE_URL_SITEMAP,
					  .lane = 2,
					  .rule = 5 });
	got = read_target(url);
	assert_true(slice_equal(got.row.url, text("http://a/b")));
	assert_true(store_key_id(got.row.from) == store_key_id(seed));
	assert_true(store_key_id(got.row.host) == store_key_id(host_of(2)));
	assert_int_equal(got.row.from_where, STORE_FROM_PRIVATE);
	assert_int_equal(got.row.depth, 3);
	assert_int_equal(got.row.kind, STORE_URL_SITEMAP);
	assert_int_equal(got.row.lane, 2);
	assert_int_equal(got.row.rule, 5);
	assert_false(got.is_again);
	assert_null(got.known.etag.at);
	assert_true(got.known.hash == 0 && got.known.fetched_at_ms == 0);
	got = read_target(seed);
	assert_true(store_key_is_none(got.row.from));
	assert_int_equal(store_find_url(door, text("http://a/b"), &found), 1);
	assert_true(store_key_id(found) == store_key_id(url));
	assert_int_equal(store_find_url(door, text("http://a/B"), &found), 0);
}

static void validators_are_those_of_this_config(void **state)
{
	static const struct {
		uint64_t config_hash;
		bool is_known;
	} rows[] = { { 1, true }, { 2, false }, { 2, false }, { 1, true } };
	struct store_page page = plain_page;

	(void)state;
	page.etag = text("\"tag\"");
	page.last_modified = text("Thu");
	page.hash = UINT64_MAX - 1;
	page.counts = text("films 3");
	run_with(STORE_PASS_GOES_ON, 1);
	put_result(put_next_url("http://a/"), false, &page);
	end_run("finished");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_target got;

		run_with(STORE_PASS_ALL, rows[i].config_hash);
		got = read_target(nth(1));
		assert_true(got.is_again);
		assert_true(got.known.is_good);
		assert_true(got.known.fetched_at_ms / 1000 == plain_page.fetched_at_ms / 1000);
		assert_int_equal(slice_equal(got.known.etag, text("\"tag\"")), rows[i].is_known);
		assert_int_equal(slice_equal(got.known.last_modified, text("Thu")),
				 rows[i].is_known);
		assert_int_equal(slice_equal(got.known.counts, text("films 3")), rows[i].is_known);
		assert_true(got.known.hash == (rows[i].is_known ? UINT64_MAX - 1 : 0));
	}
}

static void has_request(struct store_key key, const struct store_request *wanted)
{
	struct store_request got;

	if (at->is_server && wanted)
		read_target(key); /* it is handed out with that */
	assert_int_equal(store_get_request(door, key, &got), wanted != NULL);
	if (!wanted)
		return;
	assert_true(slice_equal(got.method, wanted->method));
	assert_true(slice_equal(got.headers, wanted->headers));
	assert_true(slice_equal(got.body, wanted->body));
}

/* Another request may be answered by another page: it is read in full. */
static void how_a_url_is_asked_stays_until_it_is_put_anew(void **state)
{
	static const char nul[] = "a\0b";
	const struct store_request rows[] = {
		{ text("POST"), text("Content-Type: a/b\n"), { nul, 3 } },
		{ text("POST"), text(""), text("") },
		{ text("GET"), text("X-A: b\n"), text("") },
		{ text("GET"), text("X-A: c\n"), text("") },
	};
	struct store_page page = plain_page;
	struct store_key url, other;

	(void)state;
	page.etag = text("\"tag\"");
	run(STORE_PASS_GOES_ON);
	url = put_next_url("http://a/");
	other = put_next_url("http://a/2");
	has_request(url, NULL);
	put_result(url, false, &page);
	put_result(other, false, &page);
	end_run("finished");
	run(STORE_PASS_ALL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_result(url, true, &page);
		assert_int_equal(store_put_request(door, url, &rows[i]), 0);
		has_request(url, &rows[i]);
		assert_int_equal(read_target(url).known.etag.size, 0);
		put_result(url, true, &page); /* the same again forgets nothing */
		assert_int_equal(store_put_request(door, url, &rows[i]), 0);
		assert_int_equal(read_target(url).known.etag.size, 5);
		commit();
		kill_and_open();
		run(STORE_PASS_GOES_ON);
		has_request(url, &rows[i]);
		has_request(other, NULL);
		assert_int_equal(read_target(other).known.etag.size, 5);
	}
	assert_int_equal(store_put_request(door, other, NULL), 0);
	assert_int_equal(read_target(other).known.etag.size, 5);
	assert_int_equal(store_put_request(door, url, NULL), 0);
	has_request(url, NULL);
	assert_int_equal(read_target(url).known.etag.size, 0);
}

/* 7 is a part of the list of 1, 8 of that of 2, at the same host each; 9 is linked by 3. */
static void what_is_asked_as_its_root_is_has_the_roots_headers(void **state)
{
	const struct store_request get = { text("GET"), text("X: old\n"), text("") };
	const struct store_request post = { text("POST"), text("X: old\n"), text("a") };
	struct store_request new_get = get, new_post = post;
	struct store_page page = plain_page;

	(void)state;
	page.etag = text("\"tag\"");
	new_get.headers = new_post.headers = text("X: new\n");
	run(STORE_PASS_GOES_ON);
	for (uint32_t n = 1; n <= 9; n++) {
		char url[16];

		snprintf(url, sizeof(url), "http://a/%u", n);
		put_row((struct store_url){ .url = slice_of(url),
					    .root = n > 6 ? nth(n - 6) : (struct store_key){ 0 } });
		if (n % 6 == 1 || n % 6 == 2)
			assert_int_equal(store_put_request(door, nth(n), n % 6 == 1 ? &get : &post),
					 0);
		put_result(nth(n), false, &page);
	}
	end_run("finished");
	run(STORE_PASS_ALL);
	assert_int_equal(store_hand_on_headers(door), 0);
	assert_int_equal(read_target(nth(7)).known.etag.size, 5);
	assert_int_equal(store_put_request(door, nth(1), &new_get), 0);
	assert_int_equal(store_put_request(door, nth(2), &new_post), 0);
	assert_int_equal(store_hand_on_headers(door), 0);
	has_request(nth(7), &new_get);
	has_request(nth(8), &new_post);
	has_request(nth(9), NULL);
	assert_int_equal(read_target(nth(7)).known.etag.size, 0);
	assert_int_equal(read_target(nth(9)).known.etag.size, 5);
	assert_int_equal(store_put_request(door, nth(1), NULL), 0);
	assert_int_equal(store_hand_on_headers(door), 0);
	has_request(nth(7), NULL);
	has_request(nth(8), &new_post);
}

static void a_url_that_is_forgotten_leaves_no_request(void **state)
{
	const struct store_request post = { text("POST"), text(""), text("a") };
	struct store_key url;

	(void)state;
	run(STORE_PASS_GOES_ON);
	url = put_next_url("http://a/");
	assert_int_equal(store_put_request(door, url, &post), 0);
	commit();
	assert_int_equal(store_forget(door, &url, 1, false), 0);
	has_request(url, NULL);
}

/* In any case of letters, as tables are called; what is known of a config stays. */
static void a_pattern_means_what_its_config_says(void **state)
{
	static const struct {
		uint64_t config_hash;
		const char *name;
		uint64_t hash; /* 0: not known */
	} rows[] = {
		{ 1, "films", UINT64_MAX - 1 },
		{ 1, "FILMS", UINT64_MAX - 1 },
		{ 1, "books", 2 },
		{ 1, "other", 0 },
		{ 2, "films", 3 },
		{ 2, "books", 0 },
		{ 3, "films", 0 },
	};
	const struct store_pattern one[] = { { "films", UINT64_MAX - 1 }, { "books", 2 } };
	const struct store_pattern again[] = { { "Films", 7 } }, other[] = { { "films", 3 } };

	(void)state;
	run(STORE_PASS_GOES_ON);
	assert_int_equal(store_put_patterns(door, 1, one, 2), 0);
	assert_int_equal(store_put_patterns(door, 1, again, 1), 0);
	assert_int_equal(store_put_patterns(door, 2, other, 1), 0);
	assert_int_equal(store_put_patterns(door, 4, NULL, 0), 0);
	commit();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t hash = 0;

		assert_int_equal(store_get_pattern(door, rows[i].config_hash, rows[i].name, &hash),
				 rows[i].hash != 0);
		assert_true(hash == rows[i].hash);
	}
}

/* An answer that says nothing of itself does not make the page one of this config. */
static void a_page_that_keeps_its_content_keeps_its_config(void **state)
{
	struct store_page page = plain_page;
	struct store_page failed = { .state = STORE_FAILED,
				     .outcome = "timeout",
				     .keeps_content = true };

	(void)state;
	page.etag = text("\"1\"");
	run_with(STORE_PASS_GOES_ON, 1);
	put_result(put_next_url("http://a/"), false, &page);
	run_with(STORE_PASS_ALL, 2);
	put_result(nth(1), true, &failed);
	commit();
	run_with(STORE_PASS_FAILED, 2);
	assert_null(read_target(nth(1)).known.etag.at);
	run_with(STORE_PASS_FAILED, 1);
	assert_non_null(read_target(nth(1)).known.etag.at);
	assert_false(read_target(nth(1)).known.is_good);
}

static void where_a_page_led_is_known_and_itself_is_nowhere(void **state)
{
	static const struct {
		const char *final_url;
		bool is_moved, is_redirected;
		const char *moved_to;
	} rows[] = {
		{ NULL, false, false, NULL },
		{ "http://a/1", false, false, NULL },
		{ "http://a/1", true, false, NULL },
		{ "http://b/", false, true, NULL },
		{ "http://b/", true, true, "http://b/" },
	};

	(void)state;
	put_next_url("http://a/1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_page page = plain_page;
		struct store_target got;

		run(STORE_PASS_ALL);
		page.final_url = text(rows[i].final_url);
		page.is_moved = rows[i].is_moved;
		put_result(nth(1), i > 0, &page);
		run(STORE_PASS_ALL);
		got = read_target(nth(1));
		assert_int_equal(got.known.is_redirected, rows[i].is_redirected);
		assert_int_equal(got.known.moved_to.at != NULL, rows[i].moved_to != NULL);
		assert_true(!rows[i].moved_to ||
			    slice_equal(got.known.moved_to, text(rows[i].moved_to)));
	}
}

static void what_is_read_ahead_is_only_a_hint(void **state)
{
	struct store_key keys[STORE_AHEAD_MAX + 3];
	char url[32];

	(void)state;
	run(STORE_PASS_GOES_ON);
	for (uint32_t i = 0; i < STORE_AHEAD_MAX + 3; i++) {
		struct store_page page = plain_page;

		snprintf(url, sizeof(url), "http://a/%u", i + 1);
		keys[i] = put_next_url(url);
		page.etag = text(url);
		if (i % 3 == 0)
			put_result(keys[i], false, &page);
	}
	run(STORE_PASS_ALL);
	for (uint32_t count = 0; count <= STORE_AHEAD_MAX + 3; count++) {
		assert_int_equal(store_ahead(door, keys, count), 0);
		for (uint32_t i = 0; i < STORE_AHEAD_MAX + 3; i++) {
			uint32_t n = (i * 17 + count) % (STORE_AHEAD_MAX + 3) + 1;
			struct store_target got = read_target(nth(n));

			snprintf(url, sizeof(url), "http://a/%u", n);
			assert_true(slice_equal(got.row.url, text(url)));
			assert_int_equal(got.is_again, (n - 1) % 3 == 0);
			assert_int_equal(slice_equal(got.known.etag, text(url)), got.is_again);
		}
	}
}

/* ---- pages ---- */

static const struct store_page full_page = {
	.state = STORE_DONE,
	.outcome = "ok",
	.status = 200,
	.final_url = { "http://a/z", 10 },
	.title = { "A title", 7 },
	.content_type = { "text/html", 9 },
	.charset = { "utf-8", 5 },
	.charset_source = { "meta", 4 },
	.redirects = { "301 http://a/", 13 },
	.unmatched = { "films", 5 },
	.counts = { "books 3", 7 },
	.etag = { "\"1\"", 3 },
	.last_modified = { "Thu", 3 },
	.body = { "BODY\0", 5 },
	.is_moved = true,
	.body_is_text = true,
	.size = 12,
	.wire_size = 6,
	.fetched_at_ms = 1709251199999,
	.elapsed_us = 5,
	.tries = 2,
	.hash = 7,
};

static void all_of_a_page_is_kept(void **state)
{
	(void)state;
	run(STORE_PASS_GOES_ON);
	put_result(put_next_url("http://a/"), false, &full_page);
	commit();
	assert_string_equal(lines("page"),
			    "page http://a/ 0 0 - 0 - - http://a/ http://host-1 1 ok 200 "
			    "http://a/z 2 - 1 301%20http://a/ A%20title text/html "
			    "utf-8 meta 12 6 films 1 BODY%00");
	assert_string_equal(lines("visit"), "visit http://a/ 1 1 5 1709251199 1709251199 \"1\" Thu "
					    "7 12648430");
	assert_string_equal(lines("counts"), "counts http://a/ books%203");
}

static void what_is_absent_stays_absent(void **state)
{
	struct store_page page = failed_page;

	(void)state;
	run(STORE_PASS_GOES_ON);
	page.error = text("no such host");
	page.title = text("");
	put_result(put_next_url("http://a/"), false, &page);
	put_next_url("http://a/2");
	commit();
	assert_string_equal(
		lines("page"),
		at->shares == 1 ? "page http://a/ 0 0 - 0 - - http://a/ http://host-1 2 dns - - 0 "
				  "no%20such%20host 0 -  - - - - - - - -\n"
				  "page http://a/2 0 0 - 0 - - http://a/2 http://host-1 0 - - - 0 "
				  "- 0 - - - - "
				  "- - - - - -"
				: "page http://a/ 0 0 - 0 - - http://a/ http://host-1 2 dns - - 0 "
				  "no%20such%20host 0 -  - - - - - - - -\n"
				  "page http://a/2 0 0 - 0 - - http://a/2 http://host-2 0 - - - 0 "
				  "- 0 - - - - "
				  "- - - - - -");
}

static void a_page_is_there_whole_or_not_at_all(void **state)
{
	int table = store_put_table(door, &films);

	(void)state;
	run(STORE_PASS_GOES_ON);
	put_next_url("http://a/");
	commit();
	assert_int_equal(store_page_open(door, nth(1), false), 0);
	assert_int_equal(add_film(door, table, 0, 1, "one", 1), 0);
	kill_and_open(); /* within the page */
	assert_string_equal(lines("row"), "");
	table = store_put_table(door, &films);
	run(STORE_PASS_GOES_ON);
	assert_string_equal(marks(), "p");
	assert_int_equal(store_page_open(door, nth(1), false), 0);
	assert_int_equal(add_film(door, table, 0, 1, "one", 1), 0);
	assert_int_equal(store_page(door, &plain_page), 0);
	kill_and_open(); /* behind it, and not committed */
	assert_string_equal(lines("row"), "");
	table = store_put_table(door, &films);
	run(STORE_PASS_GOES_ON);
	assert_string_equal(marks(), "p");
	assert_int_equal(store_page_open(door, nth(1), false), 0);
	assert_int_equal(add_film(door, table, 0, 1, "one", 1), 0);
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
	kill_and_open();
	assert_string_equal(lines("row"), "row films http://a/ 0 rank=1 score=1 title=one");
	assert_string_equal(marks(), "-");
	assert_string_equal(totals(), "0/1/0/0 1 1");
}

/* What is left is not there for anybody before it is closed. */
static void a_page_can_be_left_for_others_and_gone_on_with(void **state)
{
	int table = store_put_table(door, &films);

	(void)state;
	run(STORE_PASS_GOES_ON);
	put_next_url("http://a/1");
	put_next_url("http://a/2");
	commit();
	for (int kills = 1; kills >= 0; kills--) {
		assert_int_equal(store_page_open(door, nth(1), false), 0);
		assert_int_equal(add_film(door, table, 1, 1, "one", 1), 0);
		assert_int_equal(store_page_leave(door), 0);
		assert_int_equal(store_page_open(door, nth(2), false), 0);
		assert_int_equal(add_film(door, table, 1, 2, "two", 2), 0);
		assert_int_equal(store_page(door, &plain_page), 0);
		assert_int_equal(store_page_open(door, nth(1), false), 0);
		assert_int_equal(add_film(door, table, 2, 3, "three", 3), 0);
		assert_int_equal(store_page_leave(door), 0);
		if (kills == 0)
			break;
		kill_and_open();
		assert_string_equal(lines("row"), "");
		table = store_put_table(door, &films);
		run(STORE_PASS_GOES_ON);
	}
	assert_int_equal(store_page_open(door, nth(1), false), 0);
	assert_int_equal(add_film(door, table, 3, 4, "four", 4), 0);
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
	assert_string_equal(lines("row"), "row films http://a/1 1 rank=1 score=1 title=one\n"
					  "row films http://a/1 2 rank=3 score=3 title=three\n"
					  "row films http://a/1 3 rank=4 score=4 title=four\n"
					  "row films http://a/2 1 rank=2 score=2 title=two");
	assert_string_equal(marks(), "--");
}

/* Two pages, of which the first is read again. */
static int put_two_pages(void)
{
	int table = store_put_table(door, &films);

	run(STORE_PASS_GOES_ON);
	put_next_url("http://a/1");
	put_next_url("http://a/2");
	assert_int_equal(store_page_open(door, nth(1), false), 0);
	add_film(door, table, 0, 1, "one", 1);
	add_film(door, table, 1, 2, "two", 2);
	assert_int_equal(store_page(door, &full_page), 0);
	assert_int_equal(store_page_open(door, nth(2), false), 0);
	add_film(door, table, 0, 3, "three", 3);
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
	return table;
}

static void a_page_read_again_replaces_rows_and_body(void **state)
{
	int table = put_two_pages();

	(void)state;
	run(STORE_PASS_ALL);
	assert_int_equal(store_page_open(door, nth(1), true), 0);
	add_film(door, table, 5, 4, "four", 4);
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
	assert_string_equal(lines("row"), "row films http://a/1 5 rank=4 score=4 title=four\n"
					  "row films http://a/2 0 rank=3 score=3 title=three");
	assert_null(strstr(lines("page"), "BODY"));
	assert_null(strstr(lines("page"), "title"));
	run(STORE_PASS_ALL);
	put_result(nth(1), true, &full_page); /* without a row */
	commit();
	assert_string_equal(lines("row"), "row films http://a/2 0 rank=3 score=3 title=three");
	assert_non_null(strstr(lines("page"), "BODY"));
}

/* ---- rows that a page does not give any more ---- */

#define MANY 100 /* rows: more than SQLite gathers before it writes them */

static void give(int table, int first_rank, int count)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(add_film(door, table, (uint32_t)i, first_rank + i, "film", 1), 0);
}

static int count_of(const char *found, const char *what)
{
	int count = 0;

	for (; (found = strstr(found, what)); found++)
		count++;
	return count;
}

/* A pass over a page that gave rows of films before, in which the pattern means the same: 7. */
static void what_a_page_does_not_give_any_more_stays_if_that_is_asked_for(void **state)
{
	static const struct {
		int before, again;
		bool keeps;
		uint64_t meaning;
		int old, new, stale;
	} rows[] = {
		{ 2, 0, false, 7, 0, 0, 0 },      { 2, 0, true, 7, 2, 0, 1 },
		{ 2, 0, true, 8, 0, 0, 0 },       { 2, 3, false, 7, 0, 3, 0 },
		{ 2, 3, true, 7, 2, 0, 1 },       { 2, 3, true, 8, 0, 3, 0 },
		{ 0, 3, true, 7, 0, 3, 0 },       { 0, 0, true, 7, 0, 0, 0 },
		{ 2, MANY, true, 7, 2, 0, 1 },    { 2, MANY, false, 7, 0, MANY, 0 },
		{ 2, MANY, true, 8, 0, MANY, 0 }, { MANY, MANY, true, 7, MANY, 0, 1 },
		{ 0, MANY, true, 7, 0, MANY, 0 }, { MANY, 1, true, 7, MANY, 0, 1 },
	};
	const struct store_pattern meaning = { "films", 7 };
	int table = store_put_table(door, &films);

	(void)state;
	assert_int_equal(store_put_patterns(door, 0xc0ffee, &meaning, 1), 0);
	run(STORE_PASS_GOES_ON);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_key page;
		char url[32];

		snprintf(url, sizeof(url), "http://a/%zu", i);
		page = put_next_url(url);
		assert_int_equal(store_page_open(door, page, false), 0);
		give(table, 1000, rows[i].before);
		assert_int_equal(store_page(door, &plain_page), 0);
		commit();
		assert_int_equal(store_page_open(door, page, true), 0);
		give(table, 5000, rows[i].again);
		if (rows[i].keeps)
			assert_int_equal(store_keep_rows(door, table, rows[i].meaning), 0);
		assert_int_equal(store_page(door, &plain_page), 0);
		commit();
		assert_int_equal(count_of(lines("row"), "rank=1"), rows[i].old);
		assert_int_equal(count_of(lines("row"), "rank=5"), rows[i].new);
		assert_int_equal(count_of(lines("stale"), "stale films http://a/"), rows[i].stale);
		put_result(page, true, &plain_page); /* and away with them */
		commit();
		assert_string_equal(lines("row"), "");
		assert_string_equal(lines("stale"), "");
	}
}

static void what_is_kept_of_one_table_is_nothing_to_the_others(void **state)
{
	static const struct store_table books = { .name = "books",
						  .columns = film_columns,
						  .column_count = 3 };
	const struct store_pattern meanings[] = { { "films", 7 }, { "books", 8 } };
	int first = store_put_table(door, &films), second = store_put_table(door, &books);

	(void)state;
	assert_int_equal(store_put_patterns(door, 0xc0ffee, meanings, 2), 0);
	run(STORE_PASS_GOES_ON);
	put_next_url("http://a/");
	for (int pass = 0; pass < 2; pass++) {
		assert_int_equal(store_page_open(door, nth(1), pass > 0), 0);
		give(first, 1000, 2);
		give(second, 1000, 2);
		assert_int_equal(store_page(door, &plain_page), 0);
	}
	assert_int_equal(store_page_open(door, nth(1), true), 0);
	give(first, 5000, MANY);
	give(second, 5000, MANY);
	assert_int_equal(store_keep_rows(door, second, 8), 0);
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
	assert_int_equal(count_of(lines("row"), "row films http://a/"), MANY);
	assert_int_equal(count_of(lines("row"), "row books http://a/"), 2);
	assert_string_equal(lines("stale"), "stale books http://a/ 1");
	assert_string_equal(totals(), at->shares == 1 ? "0/1/0/0 1 102" : totals());
}

/* A mark says since when; it goes with its rows, also where those went to another page. */
static void a_mark_of_stale_rows_stays_as_long_as_there_are_any(void **state)
{
	static const struct store_table keyed = { .name = "films",
						  .columns = film_columns,
						  .column_count = 3,
						  .key = film_key,
						  .key_count = 1 };
	const struct store_pattern meaning = { "films", 7 };
	int table = store_put_table(door, &keyed);

	(void)state;
	assert_int_equal(store_put_patterns(door, 0xc0ffee, &meaning, 1), 0);
	run(STORE_PASS_GOES_ON);
	put_next_url("http://a/1");
	put_next_url("http://a/2");
	assert_int_equal(store_page_open(door, nth(1), false), 0);
	give(table, 1, 2);
	assert_int_equal(store_page(door, &plain_page), 0);
	put_result(nth(2), false, &plain_page);
	for (int pass = 0; pass < 3; pass++) {
		end_run("finished");
		run(STORE_PASS_ALL);
		assert_int_equal(store_page_open(door, nth(1), true), 0);
		assert_int_equal(store_keep_rows(door, table, 7), 0);
		assert_int_equal(store_page(door, &plain_page), 0);
		commit();
		assert_string_equal(lines("stale"), "stale films http://a/1 2");
	}
	assert_int_equal(store_page_open(door, nth(2), true), 0);
	give(table, 1, 2);
	assert_int_equal(store_page(door, &plain_page), 0);
	end_run("finished");
	assert_int_equal(count_of(lines("row"), "row films http://a/2"), 2);
	assert_string_equal(lines("stale"), "");
}

/* Its number may be another URL's one day. */
static void a_url_that_is_forgotten_leaves_no_mark_of_stale_rows(void **state)
{
	const struct store_pattern meaning = { "films", 7 };
	int table = store_put_table(door, &films);
	struct store_key url;

	(void)state;
	assert_int_equal(store_put_patterns(door, 0xc0ffee, &meaning, 1), 0);
	run(STORE_PASS_GOES_ON);
	url = put_next_url("http://a/1");
	assert_int_equal(store_page_open(door, url, false), 0);
	give(table, 1, 2);
	assert_int_equal(store_page(door, &plain_page), 0);
	assert_int_equal(store_page_open(door, url, true), 0);
	assert_int_equal(store_keep_rows(door, table, 7), 0);
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
	assert_string_equal(lines("stale"), "stale films http://a/1 1");
	assert_int_equal(store_forget(door, &url, 1, false), 0);
	commit();
	assert_string_equal(lines("stale"), "");
	assert_string_equal(lines("row"), "");
}

/* As a crawl does: what a pattern with another meaning, or no meaning that is known, left. */
static void a_page_parsed_again_keeps_rows_of_the_same_meaning(void **state)
{
	static const struct {
		uint64_t meaning;
		int old;
	} rows[] = { { 7, 2 }, { 8, 0 } };
	const struct store_pattern meaning = { "films", 7 };
	int table = store_put_table(door, &films);

	(void)state;
	assert_int_equal(store_put_patterns(door, 0xc0ffee, &meaning, 1), 0);
	run(STORE_PASS_GOES_ON);
	put_next_url("http://a/");
	assert_int_equal(store_page_open(door, nth(1), false), 0);
	give(table, 1000, 2);
	assert_int_equal(store_page(door, &plain_page), 0);
	end_run("finished");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(store_clear_rows(door, nth(1), &table, 1), 0);
		assert_int_equal(store_keep_rows(door, table, rows[i].meaning), 0);
		assert_int_equal(
			store_put_parse(door, &(struct store_parse){ .config_hash = 0xc0ffee }), 0);
		commit();
		assert_int_equal(count_of(lines("row"), "rank=1"), rows[i].old);
		assert_int_equal(count_of(lines("stale"), "films"), rows[i].old > 0);
	}
}

static void a_page_that_was_not_read_keeps_what_was(void **state)
{
	struct store_page page = { .state = STORE_FAILED,
				   .outcome = "http_error",
				   .status = 404,
				   .title = text("not found"),
				   .etag = text("\"2\""),
				   .fetched_at_ms = 1,
				   .tries = 1,
				   .keeps_content = true };

	(void)state;
	put_two_pages();
	run(STORE_PASS_ALL);
	put_result(nth(1), true, &page);
	commit();
	assert_string_equal(lines("row"), "row films http://a/1 0 rank=1 score=1 title=one\n"
					  "row films http://a/1 1 rank=2 score=2 title=two\n"
					  "row films http://a/2 0 rank=3 score=3 title=three");
	assert_non_null(
		strstr(lines("page"),
		       " 2 http_error 404 http://a/z 1 - 0 - A%20title text/html utf-8 meta "
		       "12 0 films 1 BODY%00"));
	assert_non_null(strstr(lines("visit"), "visit http://a/1 2 2 0 0 1709251199 \"1\" Thu 7"));
}

/*
 * Where redirects led and what the answer said of itself are of the last answer: of one with the
 * same text, too.  A 304 says what changed, and a failure nothing of the page that was read.
 */
static void what_describes_an_answer_is_of_the_last_one(void **state)
{
	static const struct {
		const char *outcome;
		enum store_state state;
		uint64_t hash;
		const char *final_url, *etag, *last_modified; /* of the answer */
		const char *led_to, *tag, *date;              /* known of it then */
	} rows[] = {
		{ "ok", STORE_DONE, 7, NULL, NULL, NULL, NULL, NULL, NULL },
		{ "ok", STORE_DONE, 7, NULL, "2", NULL, NULL, "2", NULL },
		{ "ok", STORE_DONE, 7, "http://a/y", NULL, "Fri", "http://a/y", NULL, "Fri" },
		{ "not_modified", STORE_DONE, 0, NULL, NULL, NULL, "http://a/z", "\"1\"", "Thu" },
		{ "not_modified", STORE_DONE, 0, NULL, "2", NULL, "http://a/z", "2", "Thu" },
		{ "timeout", STORE_FAILED, 0, NULL, NULL, NULL, "http://a/z", "\"1\"", "Thu" },
		{ "http_error", STORE_FAILED, 8, "http://a/y", "2", "Fri", "http://a/z", "\"1\"",
		  "Thu" },
		{ "robots", STORE_SKIPPED, 0, NULL, NULL, NULL, "http://a/z", "\"1\"", "Thu" },
	};

	(void)state;
	put_next_url("http://a/");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_page page = { .state = rows[i].state,
					   .outcome = rows[i].outcome,
					   .hash = rows[i].hash,
					   .final_url = text(rows[i].final_url),
					   .etag = text(rows[i].etag),
					   .last_modified = text(rows[i].last_modified),
					   .keeps_content = true };
		struct store_target got;

		run(STORE_PASS_ALL);
		put_result(nth(1), i > 0, &full_page);
		put_result(nth(1), true, &page);
		commit();
		run(STORE_PASS_ALL);
		got = read_target(nth(1));
		assert_true(slice_equal(got.known.etag, text(rows[i].tag)));
		assert_true(slice_equal(got.known.last_modified, text(rows[i].date)));
		assert_true(got.known.hash == 7);
		assert_int_equal(got.known.is_redirected, rows[i].led_to != NULL);
		assert_true(!rows[i].led_to || strstr(lines("page"), rows[i].led_to));
	}
}

/* It never was: then what came with the error is all that is known. */
static void a_page_that_never_was_read_has_what_came_last(void **state)
{
	struct store_page page = { .state = STORE_FAILED,
				   .outcome = "http_error",
				   .status = 404,
				   .title = text("first"),
				   .fetched_at_ms = 1000,
				   .tries = 1,
				   .keeps_content = true };

	(void)state;
	run(STORE_PASS_GOES_ON);
	put_result(put_next_url("http://a/"), false, &page);
	run(STORE_PASS_FAILED);
	page.title = text("second");
	put_result(nth(1), true, &page);
	commit();
	assert_non_null(strstr(lines("page"), " 2 http_error 404 - 1 - 0 - second "));
}

/* Of the tables that are named: what others hold of the page stays. */
static void a_page_parsed_again_loses_its_rows_alone(void **state)
{
	struct store_table books = films;
	int table = put_two_pages(), other;

	(void)state;
	books.name = "books";
	other = store_put_table(door, &books);
	for (uint32_t n = 1; n <= 2; n++) {
		assert_int_equal(store_clear_rows(door, nth(n), &table, 1), 0);
		assert_int_equal(add_film(door, table, 0, n, "again", 1), 0);
		assert_int_equal(add_film(door, other, 0, n, "book", 1), 0);
		assert_int_equal(store_put_parse(door, &(struct store_parse){ .config_hash = n }),
				 0);
	}
	assert_int_equal(store_clear_rows(door, nth(2), (const int[]){ table, other }, 2), 0);
	assert_int_equal(store_put_parse(door, &(struct store_parse){ .config_hash = 3 }), 0);
	commit();
	assert_string_equal(lines("row"), "row books http://a/1 0 rank=1 score=1 title=book\n"
					  "row films http://a/1 0 rank=1 score=1 title=again");
	assert_non_null(strstr(lines("page"), "BODY"));
	assert_string_equal(totals(), "0/2/0/0 2 2");
}

/* What the patterns say of a page is of the last time that they ran; all else is the visit's. */
static void what_parsing_again_came_to_is_noted(void **state)
{
	static const struct {
		enum store_state state;
		const char *outcome, *error; /* of the last visit */
		const char *limits, *now;    /* and then */
	} rows[] = {
		{ STORE_DONE, "ok", NULL, NULL, " 1 ok 200 http://a/z 2 - " },
		{ STORE_DONE, "ok", NULL, "too slow",
		  " 1 pattern_limit 200 http://a/z 2 too%20slow " },
		{ STORE_DONE, "pattern_limit", "slow", NULL, " 1 ok 200 http://a/z 2 - " },
		{ STORE_DONE, "pattern_limit", "slow", "slower",
		  " 1 pattern_limit 200 http://a/z 2 slower " },
		{ STORE_FAILED, "timeout", "30 s", NULL, " 2 timeout 200 http://a/z 2 30%20s " },
		{ STORE_FAILED, "timeout", "30 s", "slow", " 2 timeout 200 http://a/z 2 30%20s " },
	};

	(void)state;
	run_with(STORE_PASS_GOES_ON, 1);
	for (uint32_t n = 1; n <= sizeof(rows) / sizeof(rows[0]); n++) {
		struct store_parse parse = { .config_hash = 2,
					     .unmatched = text("books"),
					     .counts = text("films 3"),
					     .notes = text(rows[n - 1].limits),
					     .is_limited = rows[n - 1].limits != NULL };
		struct store_page page = full_page;
		struct store_target got;
		struct store_kept kept;
		char url[32];

		snprintf(url, sizeof(url), "http://a/%u", n);
		page.state = rows[n - 1].state;
		page.outcome = rows[n - 1].outcome;
		page.error = text(rows[n - 1].error);
		put_result(put_next_url(url), false, &page);
		assert_int_equal(store_clear_rows(door, nth(n), NULL, 0), 0);
		assert_int_equal(store_put_parse(door, &parse), 0);
		commit();
		run_with(STORE_PASS_GOES_ON, 2);
		assert_non_null(strstr(lines("page"), rows[n - 1].now));
		assert_null(strstr(lines("page"), " films "));
		got = read_target(nth(n));
		assert_int_equal(got.known.etag.at != NULL, rows[n - 1].limits == NULL);
		assert_int_equal(got.known.hash, rows[n - 1].limits ? 0 : 7);
		for (struct store_key after = { 0 }; store_get_kept(door, after, &kept) == 1;
		     after = kept.key)
			if (n_of(kept.key) == n)
				break;
		assert_true(slice_equal(kept.unmatched, text("books")));
		assert_true(slice_equal(kept.counts, text("films 3")));
		assert_true(slice_equal(kept.charset, text("utf-8")));
		assert_true(kept.notes.at == NULL || rows[n - 1].limits != NULL);
		run_with(STORE_PASS_GOES_ON, 1);
		assert_null(read_target(nth(n)).known.etag.at);
	}
}

/* The store's key, and how many were told of before. */
struct seen_reads {
	uint32_t order[16];
	uint64_t hashes[16];
	size_t count, stops_at;
};

static int note_read(void *context, const struct store_read *read)
{
	struct seen_reads *seen = context;

	seen->order[seen->count] = n_of(read->key);
	seen->hashes[seen->count++] = read->config_hash;
	return seen->count == seen->stops_at ? -1 : 0;
}

/* Only those that brought content: not what failed from the first, or moved. */
static void pages_that_were_read_come_in_the_order_of_their_visits(void **state)
{
	static const uint32_t visited[] = { 3, 1, 5, 2, 4, 7, 8, 1 };
	static const uint32_t expected[] = { 3, 2, 8, 1 };
	struct seen_reads seen = { .count = 0 };
	bool was_seen[9] = { false };

	(void)state;
	run_with(STORE_PASS_GOES_ON, 5);
	for (uint32_t n = 1; n <= 8; n++) {
		char name[32];

		snprintf(name, sizeof(name), "http://a/%u", n);
		put_next_url(name);
	}
	for (size_t i = 0; i < sizeof(visited) / sizeof(visited[0]); i++) {
		struct store_page page = plain_page;
		uint32_t n = visited[i];

		page.state = n == 5 ? STORE_FAILED : STORE_DONE;
		page.outcome = n == 5 ? "timeout" : n == 4 || n == 7 ? "moved" : "ok";
		put_result(nth(n), was_seen[n], &page);
		was_seen[n] = true;
	}
	commit();
	assert_int_equal(store_each_read(door, note_read, &seen), 0);
	assert_int_equal(seen.count, 4);
	assert_memory_equal(seen.order, expected, sizeof(expected));
	assert_true(seen.hashes[0] == 5);
	seen = (struct seen_reads){ .stops_at = 2 };
	assert_int_equal(store_each_read(door, note_read, &seen), -1);
	assert_int_equal(seen.count, 2);
	assert_false(store_has_failed(door));
}

static void a_page_that_stands_is_done_and_nothing_else(void **state)
{
	char before[1024];

	(void)state;
	put_two_pages();
	snprintf(before, sizeof(before), "%s", lines("page"));
	run(STORE_PASS_ALL);
	assert_string_equal(totals(), "2/0/0/0 2 3");
	assert_int_equal(store_put_standing(door, nth(1)), 0);
	commit();
	assert_string_equal(totals(), "1/1/0/0 2 3");
	assert_string_equal(marks(), "-p");
	assert_int_equal(store_put_standing(door, nth(2)), 0);
	commit();
	assert_string_equal(lines("page"), before);
}

static const struct store_page moved_page = {
	.state = STORE_DONE,
	.outcome = "moved",
	.status = 301,
	.final_url = { "http://a/new", 12 },
	.is_moved = true,
	.fetched_at_ms = 5000,
	.tries = 1,
};

/* It is done, and brings nothing: what was read before under its name is gone with it. */
static void a_page_that_moved_is_done_and_read_where_it_moved_to(void **state)
{
	struct store_target got;

	(void)state;
	put_two_pages();
	run(STORE_PASS_ALL);
	put_result(nth(1), true, &moved_page);
	commit();
	assert_string_equal(totals(), "1/1/0/0 2 1"); /* of three rows, two were its */
	run(STORE_PASS_ALL);
	got = read_target(nth(1));
	assert_true(got.known.is_read_there);
	assert_false(got.known.is_good);
	assert_true(slice_equal(got.known.moved_to, text("http://a/new")));
	assert_true(got.known.hash == 0);
	assert_false(read_target(nth(2)).known.is_read_there);
	assert_string_equal(marks(), "pp");
	assert_string_equal(gained.last, "1 http://a/new, 1 ");
	/* One that failed afterwards shows nothing of where it had moved to. */
	put_result(nth(1), true, &failed_page);
	commit();
	assert_string_equal(marks(), "-p");
	assert_string_equal(gained.last, "2 , 1 ");
}

static void a_result_may_turn_out_to_be_another(void **state)
{
	struct store_verdict verdict = { STORE_FAILED, "redirect_loop", 302, SLICE("ring") };

	(void)state;
	run(STORE_PASS_GOES_ON);
	put_result(put_next_url("http://a/"), false, &moved_page);
	assert_int_equal(store_put_verdict(door, nth(1), &verdict), 0);
	commit();
	assert_string_equal(totals(), "0/0/1/0 1 0");
	assert_string_equal(marks(), "-");
	assert_string_equal(gained.last, "2 ");
	assert_non_null(strstr(lines("page"), "redirect_loop 302"));
	assert_non_null(strstr(lines("page"), " ring"));
	assert_non_null(strstr(lines("page"), "http://a/new"));
}

/* It keeps what it was, while nobody knows how its target will end. */
static void a_page_that_moved_keeps_its_content_until_that_is_cleared(void **state)
{
	struct store_page page = moved_page;

	(void)state;
	put_two_pages();
	run(STORE_PASS_ALL);
	page.keeps_content = true;
	put_result(nth(1), true, &page);
	commit();
	assert_string_equal(totals(), "1/1/0/0 2 3");
	assert_true(read_target(nth(1)).known.has_content);
	assert_int_equal(store_clear_content(door, nth(1)), 0);
	commit();
	assert_string_equal(totals(), "1/1/0/0 2 1");
	assert_false(read_target(nth(1)).known.has_content);
	assert_true(read_target(nth(1)).known.is_read_there);
	assert_true(read_target(nth(2)).known.has_content);
}

static void what_stood_may_be_asked_for_after_all(void **state)
{
	(void)state;
	put_two_pages();
	run(STORE_PASS_ALL);
	assert_int_equal(store_put_standing(door, nth(1)), 0);
	commit();
	assert_string_equal(marks(), "-p");
	assert_int_equal(store_put_waiting(door, nth(1), true), 0);
	commit();
	assert_string_equal(marks(), "pp");
	assert_string_equal(totals(), "2/0/0/0 2 3");
	assert_true(read_target(nth(1)).is_again);
}

static void a_result_of_this_run_may_be_forgotten(void **state)
{
	(void)state;
	run(STORE_PASS_GOES_ON);
	put_result(put_next_url("http://a/"), false, &moved_page);
	commit();
	assert_int_equal(store_put_waiting(door, nth(1), false), 0);
	commit();
	assert_string_equal(marks(), "p");
	assert_string_equal(totals(), "1/0/0/0 0 0");
	put_result(nth(1), false, &plain_page);
	commit();
	assert_string_equal(totals(), "0/1/0/0 1 0");
}

static void a_link_to_another_site_may_be_wanted_later(void **state)
{
	struct store_url url = { .url = text("http://b/"), .depth = 3, .kind = STORE_URL_OUTSIDE };
	struct store_page page = skipped_page;
	struct store_target got;
	struct store_key outside;

	(void)state;
	run(STORE_PASS_GOES_ON);
	outside = put_row(url);
	page.outcome = "out_of_scope";
	put_result(outside, false, &page);
	assert_string_equal(totals(), "0/0/0/1 1 0");
	url = (struct store_url){ .kind = STORE_URL_PAGE, .depth = 1, .lane = 2, .rule = 4 };
	assert_int_equal(store_put_wanted(door, outside, &url), 0);
	assert_string_equal(totals(), "1/0/0/0 0 0");
	assert_string_equal(marks(), "p");
	got = read_target(outside);
	assert_true(slice_equal(got.row.url, text("http://b/")));
	assert_int_equal(got.row.kind, STORE_URL_PAGE);
	assert_int_equal(got.row.depth, 1);
	assert_int_equal(got.row.lane, 2);
	assert_int_equal(got.row.rule, 4);
	assert_false(got.is_again);
	put_result(outside, false, &plain_page);
	assert_string_equal(totals(), "0/1/0/0 1 0");
}

/* ---- roots ---- */

/* Of the roots 1 and 2 a new pass asks for the first alone. */
static const struct {
	uint32_t was, is;  /* the root of a URL: by a number, or 0: itself */
	bool is_asked_for; /* when that changes */
	char before, after;
} rooted[] = {
	{ 1, 2, false, 'p', 'p' }, { 1, 2, true, 'p', 'p' },  { 1, 0, false, 'p', 'p' },
	{ 2, 1, false, '-', 'p' }, { 2, 0, false, '-', '-' }, { 2, 0, true, '-', 'p' },
	{ 2, 2, false, '-', '-' }, { 2, 2, true, '-', 'p' },
};
#define ROOTED_COUNT (sizeof(rooted) / sizeof(rooted[0]))

static struct store_key root_of(uint32_t n)
{
	return n > 0 ? nth(n) : (struct store_key){ 0 };
}

static void put_done(const char *url, uint32_t root)
{
	put_result(put_row((struct store_url){ .url = text(url), .root = root_of(root) }), false,
		   &plain_page);
}

static void put_rooted(void)
{
	struct store_asked asked = { .pass = STORE_PASS_ALL, .is_of_all = false };
	char url[32];

	run(STORE_PASS_GOES_ON);
	put_done("http://a/", 0);
	put_done("http://b/", 0);
	for (uint32_t i = 0; i < ROOTED_COUNT; i++) {
		snprintf(url, sizeof(url), "http://c/%u", i);
		put_done(url, rooted[i].was);
	}
	end_run("finished");
	assert_true(store_begin_run(door, &(struct store_run){ .versions = "crawl 0" }) > 0);
	assert_int_equal(store_put_asked(door, &asked), 0);
	assert_int_equal(store_put_root_pass(door, nth(1)), 0);
	commit();
}

static void a_url_of_another_root_is_pending_if_it_was_or_is_asked_for(void **state)
{
	(void)state;
	put_rooted();
	for (uint32_t i = 0; i < ROOTED_COUNT; i++) {
		struct store_url found = { .root = root_of(rooted[i].is) };

		assert_int_equal(marks()[2 + i], rooted[i].before);
		assert_int_equal(store_put_root(door, nth(3 + i), &found, rooted[i].is_asked_for),
				 0);
		commit();
		assert_int_equal(marks()[2 + i], rooted[i].after);
		put_result(nth(3 + i), true, &plain_page);
		commit();
		assert_int_equal(marks()[2 + i], '-');
	}
}

/* Whoever gets its number next is not the root of what is left. */
static void what_is_left_of_a_root_that_is_forgotten_is_one(void **state)
{
	struct store_forgotten sum = { 0 };
	struct store_key doomed[] = { nth(1), nth(2) };

	(void)state;
	put_rooted();
	assert_string_equal(marks(), "p-ppp-----");
	assert_int_equal(store_get_doomed(door, doomed, 2, &sum), 0);
	assert_int_equal(sum.urls, 2);
	assert_int_equal(store_forget(door, doomed, 2, false), 0);
	commit();
	assert_int_equal(store_get_doomed(door, doomed, 2, &sum), 0);
	assert_int_equal(sum.urls, 0);
	for (uint32_t i = 0; i < ROOTED_COUNT; i++)
		assert_int_equal(store_key_id(read_target(nth(3 + i)).row.root),
				 store_key_id(nth(3 + i)));
	assert_string_equal(marks() + 2, "ppp-----");
}

/* ---- sets ---- */

static const char *set_of(uint32_t n)
{
	static char copy[64];
	struct slice fields;
	int found = store_get_set(door, nth(n), &fields);

	assert_true(found >= 0);
	if (found == 0)
		return "-";
	snprintf(copy, sizeof(copy), "%.*s", (int)fields.size, fields.at);
	return copy;
}

static int list_set(void *context, uint32_t number, struct slice fields)
{
	char *list = context;

	sprintf(list + strlen(list), "%u=%.*s ", number, (int)fields.size, fields.at);
	return 0;
}

static void assert_sets(const char *expected)
{
	char list[256] = "";

	assert_int_equal(store_each_set(door, list_set, list), 0);
	assert_string_equal(list, expected);
}

static void assert_sets_in_any_order(void)
{
	char list[256] = "";

	assert_int_equal(store_each_set(door, list_set, list), 0);
	if (strcmp(list, "1={\"a\":\"2\"} 2={\"a\":\"1\"} ") != 0)
		assert_string_equal(list, "1={\"a\":\"1\"} 2={\"a\":\"2\"} ");
}

/* 1 has a set, and 3 is reached from it; 2 has none, and leads to 4; 5 has the other set. */
static void put_sets(void)
{
	struct store_page page = plain_page;

	page.hash = 7;
	run(STORE_PASS_GOES_ON);
	assert_int_equal(store_put_set(door, 1, text("{\"a\":\"1\"}")), 0);
	assert_int_equal(store_put_set(door, 2, text("{\"a\":\"2\"}")), 0);
	put_row((struct store_url){ .url = text("http://a/1"), .set = 1 });
	put_row((struct store_url){ .url = text("http://a/2") });
	put_row((struct store_url){ .url = text("http://a/3"), .root = nth(1) });
	put_row((struct store_url){ .url = text("http://a/4"), .root = nth(2) });
	put_row((struct store_url){ .url = text("http://a/5"), .set = 2 });
	for (uint32_t n = 1; n <= 5; n++)
		put_result(nth(n), false, &page);
	commit();
}

static void a_url_has_the_set_of_its_root(void **state)
{
	static const char *const sets[] = { "{\"a\":\"1\"}", "-", "{\"a\":\"1\"}", "-",
					    "{\"a\":\"2\"}" };

	(void)state;
	put_sets();
	kill_and_open();
	for (uint32_t n = 1; n <= 5; n++)
		assert_string_equal(set_of(n), sets[n - 1]);
	if (at->is_server) /* who opens it again gives them numbers of his own */
		assert_sets_in_any_order();
	else
		assert_sets("1={\"a\":\"1\"} 2={\"a\":\"2\"} ");
	assert_string_equal(lines("set"), "set http://a/1 {\"a\":\"1\"}\n"
					  "set http://a/3 {\"a\":\"1\"}\n"
					  "set http://a/5 {\"a\":\"2\"}");
}

static void what_gets_another_set_is_read_again(void **state)
{
	struct store_root_set changes[] = { { nth(1), 3 }, { nth(5), 0 } };

	(void)state;
	put_sets();
	assert_string_equal(marks(), "-----");
	assert_int_equal(store_put_set(door, 3, text("{\"b\":\"\"}")), 0);
	assert_int_equal(store_put_root_sets(door, changes, 2), 0);
	commit();
	assert_string_equal(marks(), "p-p-p");
	assert_string_equal(set_of(3), "{\"b\":\"\"}");
	assert_string_equal(set_of(5), "-");
	if (at->is_server) /* where others may just have put one, they go when the run ends */
		end_run("finished");
	assert_sets("3={\"b\":\"\"} ");
	run(STORE_PASS_ALL);
	for (uint32_t n = 1; n <= 5; n++)
		assert_int_equal(read_target(nth(n)).known.hash, n == 2 || n == 4 ? 7 : 0);
}

static void what_is_left_of_a_root_keeps_its_set(void **state)
{
	(void)state;
	put_sets();
	assert_int_equal(store_forget(door, (struct store_key[]){ nth(1), nth(5) }, 2, false), 0);
	commit();
	assert_string_equal(set_of(3), "{\"a\":\"1\"}");
	assert_string_equal(set_of(4), "-");
	assert_sets("1={\"a\":\"1\"} ");
}

static void every_try_is_noted(void **state)
{
	struct store_try try = { .number = 2,
				 .at_ms = 5000,
				 .wait_ms = 500,
				 .outcome = "http_error",
				 .status = 503,
				 .error = text("busy") };

	(void)state;
	run(STORE_PASS_GOES_ON);
	try.key = put_next_url("http://a/");
	assert_int_equal(store_put_try(door, &try), 0);
	commit();
	assert_string_equal(lines("try"), "try http://a/ 2 http_error 503 busy");
	assert_string_equal(lines("wait"), "wait http://a/ 2 5 500");
	assert_string_equal(totals(), "1/0/0/0 0 0");
}

/* context: how many have come, and before which of them to stop. */
static int note_kept(void *context, struct store_key key, struct slice final_url)
{
	int *counts = context;
	char url[32];

	if (counts[0] == counts[1])
		return -1;
	counts[0]++;
	snprintf(url, sizeof(url), n_of(key) == 1 ? "http://z/" : "http://a/%u", n_of(key));
	assert_true(slice_equal(final_url, text(url)));
	return 0;
}

static void kept_pages_come_one_by_one(void **state)
{
	struct store_key after = { 0 };
	struct store_kept kept;
	int count = 0, all[] = { 0, 9 }, some[] = { 0, 2 };

	(void)state;
	run(STORE_PASS_GOES_ON);
	for (int i = 1; i <= 5; i++) {
		struct store_page page = i % 2 ? full_page : plain_page;
		char url[32], body[64];

		snprintf(url, sizeof(url), "http://a/%d", i);
		snprintf(body, sizeof(body), "body of %s", url);
		page.final_url = i == 1 ? text("http://z/") : text(NULL);
		page.body = i % 2 ? text(body) : text(NULL);
		put_result(put_next_url(url), false, &page);
	}
	while (store_get_kept(door, after, &kept) == 1) {
		char body[64];

		snprintf(body, sizeof(body), "body of %.*s", (int)kept.url.size, kept.url.at);
		assert_true(slice_equal(kept.body, text(body)));
		assert_true(kept.is_text);
		assert_true(slice_equal(kept.content_type, text("text/html")));
		assert_true(n_of(kept.key) == 1 ? slice_equal(kept.final_url, text("http://z/"))
						: slice_equal(kept.final_url, kept.url));
		assert_true(store_key_id(kept.key) > store_key_id(after));
		after = kept.key;
		count++;
	}
	assert_int_equal(count, 3);
	assert_int_equal(store_each_kept(door, note_kept, all), 0);
	assert_int_equal(all[0], 3);
	assert_int_equal(store_each_kept(door, note_kept, some), 0);
	assert_int_equal(some[0], 2);
}

/* ---- cookies ---- */

/* "domain path name=value expires hash" of each. */
static int note_cookie(void *context, const struct store_cookie *cookie)
{
	char *all = context;

	snprintf(all + strlen(all), 1000 - strlen(all), "%.*s %.*s %.*s=%.*s %d%d %d %d\n",
		 (int)cookie->domain.size, cookie->domain.at, (int)cookie->path.size,
		 cookie->path.at, (int)cookie->name.size, cookie->name.at, (int)cookie->value.size,
		 cookie->value.at, cookie->is_secure, cookie->is_http_only, (int)cookie->expires_s,
		 (int)cookie->file_hash);
	return 0;
}

static void assert_cookies(const char *wanted)
{
	char all[1000] = "";

	assert_int_equal(store_each_cookie(door, note_cookie, all), 0);
	assert_string_equal(all, wanted);
}

static void put_cookie(const char *domain, const char *name, const char *value)
{
	struct store_cookie cookie = { .domain = text(domain),
				       .path = SLICE("/"),
				       .name = text(name),
				       .value = text(value),
				       .is_secure = true,
				       .expires_s = 7,
				       .file_hash = 9 };

	assert_int_equal(store_put_cookie(door, &cookie), 0);
}

static void cookies_come_back_as_they_were_put_last(void **state)
{
	const struct store_cookie gone = { .domain = SLICE(".b"),
					   .path = SLICE("/"),
					   .name = SLICE("x") };

	(void)state;
	run(STORE_PASS_GOES_ON);
	assert_int_equal(store_hide(door), 0);
	put_cookie("b", "x", "\xff 1");
	put_cookie("a", "x", "");
	put_cookie(".b", "x", "3");
	put_cookie("b", "x", "4");
	assert_int_equal(store_commit(door), 0);
	assert_int_equal(store_settle(door, -1), 1);
	put_cookie("b", "x", "lost");
	kill_and_open();
	assert_cookies("b / x=4 10 7 9\na / x= 10 7 9\n.b / x=3 10 7 9\n");
	assert_int_equal(store_clear_cookie(door, &gone), 0);
	assert_cookies("b / x=4 10 7 9\na / x= 10 7 9\n");
}

/* In one batch as in several. */
static void a_cookie_that_was_cleared_is_a_new_one(void **state)
{
	const struct store_cookie a = { .domain = SLICE("a"),
					.path = SLICE("/"),
					.name = SLICE("x") };

	(void)state;
	run(STORE_PASS_GOES_ON);
	put_cookie("a", "x", "1");
	put_cookie("b", "x", "2");
	commit();
	assert_int_equal(store_clear_cookie(door, &a), 0);
	put_cookie("a", "x", "3");
	assert_cookies("b / x=2 10 7 9\na / x=3 10 7 9\n");
	put_cookie("b", "x", "4");
	assert_int_equal(store_clear_cookie(door, &a), 0);
	put_cookie("a", "x", "5");
	put_cookie("c", "x", "6");
	put_cookie("a", "x", "7");
	assert_cookies("b / x=4 10 7 9\na / x=7 10 7 9\nc / x=6 10 7 9\n");
	put_cookie("a", "x", "8");
	assert_int_equal(store_clear_cookie(door, &a), 0);
	put_cookie("d", "x", "9");
	put_cookie("a", "x", "10");
	assert_int_equal(store_clear_cookie(door, &a), 0);
	assert_cookies("b / x=4 10 7 9\nc / x=6 10 7 9\nd / x=9 10 7 9\n");
}

static void cookies_of_a_host_go_with_those_below_it(void **state)
{
	static const struct {
		const char *host;
		unsigned count;
	} rows[] = { { "b.org", 3 }, { "B.ORG", 3 }, { "www.b.org", 1 }, { "org", 4 },
		     { "b", 0 },     { "_.org", 0 }, { NULL, 4 } };

	(void)state;
	run(STORE_PASS_GOES_ON);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t count = 99;

		put_cookie("b.org", "x", "1");
		put_cookie(".b.org", "x", "2");
		put_cookie("www.b.org", "x", "3");
		put_cookie("ab.org", "x", "4");
		assert_int_equal(store_clear_cookies(door, text(rows[i].host), &count), 0);
		assert_int_equal(store_settle(door, -1), 1);
		if (count != rows[i].count)
			fail_msg("%s: %u", rows[i].host, (unsigned)count);
	}
	kill_and_open();
	assert_cookies("");
}

/* ---- tables ---- */

static void a_row_whose_key_was_seen_goes_to_the_page_that_showed_it_last(void **state)
{
	int table = store_put_table(door, &keyed_films);

	(void)state;
	run(STORE_PASS_GOES_ON);
	put_next_url("http://a/1");
	put_next_url("http://a/2");
	assert_int_equal(store_page_open(door, nth(1), false), 0);
	add_film(door, table, 0, 1, "one", 1);
	add_film(door, table, 1, 2, "two", 2);
	add_film(door, table, 2, 2, "two again", 2);
	assert_int_equal(store_page(door, &plain_page), 0);
	assert_int_equal(store_page_open(door, nth(2), false), 0);
	add_film(door, table, 0, 1, "one, later", 1);
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
	assert_string_equal(lines("row"),
			    "row films http://a/1 2 rank=2 score=2 title=two%20again\n"
			    "row films http://a/2 0 rank=1 score=1 title=one,%20later");
}

/* ---- rows that belong to rows of another table ---- */

static const struct store_column part_columns[] = { { STORE_PARENT_COLUMN, STORE_INTEGER },
						    { "name", STORE_TEXT } };
static const struct store_table cast = {
	.name = "films_cast", .columns = part_columns, .column_count = 2, .parent = &keyed_films
};
static const struct store_table lines_said = {
	.name = "films_cast_line", .columns = part_columns, .column_count = 2, .parent = &cast
};

/* A row of such a table; each has the next number of its page. */
static void add_part(int table, uint32_t number, uint32_t parent, const char *name)
{
	struct store_value values[] = { { .kind = STORE_INTEGER, .integer = parent },
					{ .kind = STORE_TEXT, .text = text(name) } };

	assert_int_equal(store_row(door, table, number, values), 0);
}

static void put_families(void)
{
	int table = store_put_table(door, &keyed_films), parts = store_put_table(door, &cast),
	    said = store_put_table(door, &lines_said);

	run(STORE_PASS_GOES_ON);
	put_next_url("http://a/1");
	put_next_url("http://a/2");
	assert_int_equal(store_page_open(door, nth(1), false), 0);
	add_film(door, table, 1, 7, "one", 1);
	add_part(parts, 1, 1, "Ann");
	add_part(said, 1, 1, "hello");
	add_part(parts, 2, 1, "Bob");
	add_film(door, table, 2, 8, "two", 1);
	add_part(parts, 3, 2, "Cid");
	add_part(said, 2, 3, "bye");
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
}

static void rows_of_a_row_that_moves_go_and_are_those_of_where_it_is(void **state)
{
	(void)state;
	put_families();
	kill_and_open();
	run(STORE_PASS_GOES_ON);
	assert_int_equal(store_put_table(door, &keyed_films), 1);
	assert_int_equal(store_put_table(door, &cast), 2);
	assert_int_equal(store_put_table(door, &lines_said), 3);
	assert_int_equal(store_page_open(door, nth(2), false), 0);
	add_film(door, 1, 1, 7, "one, later", 1);
	add_part(2, 1, 1, "Dan");
	add_film(door, 1, 2, 9, "three", 1);
	add_part(2, 2, 2, "Eve");
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
	assert_string_equal(lines("row"),
			    "row films http://a/1 2 rank=8 score=1 title=two\n"
			    "row films http://a/2 1 rank=7 score=1 title=one,%20later\n"
			    "row films http://a/2 2 rank=9 score=1 title=three\n"
			    "row films_cast http://a/1 3 name=Cid parent=2\n"
			    "row films_cast http://a/2 1 name=Dan parent=1\n"
			    "row films_cast http://a/2 2 name=Eve parent=2\n"
			    "row films_cast_line http://a/1 2 name=bye parent=3");
}

/* It moves down the page, and its rows of before are not those of whoever stands there now. */
static void rows_of_a_row_that_moves_on_its_page_go_too(void **state)
{
	int table = store_put_table(door, &keyed_films), parts = store_put_table(door, &cast);

	(void)state;
	run(STORE_PASS_GOES_ON);
	put_next_url("http://a/1");
	assert_int_equal(store_page_open(door, nth(1), false), 0);
	add_film(door, table, 1, 7, "one", 1);
	add_part(parts, 1, 1, "Ann");
	add_film(door, table, 2, 7, "one again", 1);
	add_film(door, table, 3, 7, "one at last", 1);
	add_part(parts, 2, 3, "Bob");
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
	assert_string_equal(lines("row"),
			    "row films http://a/1 3 rank=7 score=1 title=one%20at%20last\n"
			    "row films_cast http://a/1 2 name=Bob parent=3");
}

static void rows_of_rows_go_with_their_page(void **state)
{
	(void)state;
	put_families();
	end_run("finished");
	run(STORE_PASS_ALL);
	assert_int_equal(store_page_open(door, nth(1), true), 0);
	add_film(door, 1, 1, 8, "two", 1);
	add_part(2, 1, 1, "Cid");
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
	assert_string_equal(lines("row"), "row films http://a/1 1 rank=8 score=1 title=two\n"
					  "row films_cast http://a/1 1 name=Cid parent=1");
}

static void a_table_takes_new_columns_and_other_types(void **state)
{
	static const struct store_column more[] = { { "title", STORE_TEXT },
						    { "year", STORE_INTEGER } };
	static const struct store_column other[] = { { "rank", STORE_TEXT } };
	struct store_table table = { .name = "films", .columns = more, .column_count = 2 };
	struct store_value values[] = { { .kind = STORE_TEXT, .text = text("new") },
					{ .kind = STORE_NULL } };
	int handle;

	(void)state;
	put_two_pages();
	kill_and_open();
	handle = store_put_table(door, &table);
	assert_true(handle > 0);
	run(STORE_PASS_ALL);
	assert_int_equal(store_page_open(door, nth(1), true), 0);
	assert_int_equal(store_row(door, handle, 0, values), 0);
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
	assert_string_equal(lines("row"), "row films http://a/1 0 title=new\n"
					  "row films http://a/2 0 rank=3 score=3 title=three");
	kill_and_open();
	table.columns = other;
	table.column_count = 1;
	handle = store_put_table(door, &table);
	assert_true(handle > 0);
	run(STORE_PASS_ALL);
	assert_int_equal(store_page_open(door, nth(1), true), 0);
	values[0] = (struct store_value){ .kind = STORE_TEXT, .text = text("first") };
	assert_int_equal(store_row(door, handle, 0, values), 0);
	assert_int_equal(store_page(door, &plain_page), 0);
	commit();
	assert_string_equal(lines("row"), "row films http://a/1 0 rank=first\n"
					  "row films http://a/2 0 rank=3 score=3 title=three");
}

/* A value that would be another thing in the new type is none; a row is never lost. */
static void values_that_mean_the_same_go_over_to_another_type(void **state)
{
	static const struct {
		enum store_kind from, to;
		const char *was, *is; /* texts of numbers; NULL */
	} rows[] = {
		{ STORE_TEXT, STORE_INTEGER, "12", "12" },
		{ STORE_TEXT, STORE_INTEGER, "-7", "-7" },
		{ STORE_TEXT, STORE_INTEGER, "12.5", NULL },
		{ STORE_TEXT, STORE_INTEGER, "12 km", NULL },
		{ STORE_TEXT, STORE_INTEGER, "", NULL },
		{ STORE_TEXT, STORE_INTEGER, NULL, NULL },
		{ STORE_TEXT, STORE_REAL, "12.5", "12.5" },
		{ STORE_TEXT, STORE_REAL, "abc", NULL },
		{ STORE_INTEGER, STORE_REAL, "3", "3" },
		{ STORE_INTEGER, STORE_TEXT, "3", "3" },
		{ STORE_REAL, STORE_INTEGER, "3", "3" },
		{ STORE_REAL, STORE_INTEGER, "3.5", NULL },
		{ STORE_REAL, STORE_TEXT, "3.5", "3.5" },
		{ STORE_TEXT, STORE_JSON, "[1]", "[1]" },
		{ STORE_JSON, STORE_TEXT, "[1]", "[1]" },
		{ STORE_TEXT, STORE_INTEGER, "+5", "5" },
		{ STORE_TEXT, STORE_INTEGER, "3.0", "3" },
		{ STORE_TEXT, STORE_INTEGER, "99999999999999999999", NULL },
		{ STORE_TEXT, STORE_REAL, "1e3", "1000" },
		{ STORE_TEXT, STORE_REAL, ".5", "0.5" },
		{ STORE_REAL, STORE_INTEGER, "1e30", NULL },

		/* What memory does not take the trouble for. */
		{ STORE_TEXT, STORE_INTEGER, " 12 ", "12" },
		{ STORE_TEXT, STORE_INTEGER, "9223372036854775807", "9223372036854775807" },
		{ STORE_TEXT, STORE_INTEGER, "0x10", NULL },
		{ STORE_TEXT, STORE_REAL, "1e100", "1e+100" },
		{ STORE_TEXT, STORE_REAL, "1e400", "inf" },
		{ STORE_TEXT, STORE_REAL, "-1e999", "-inf" },
		{ STORE_TEXT, STORE_REAL, "1e-400", "0" },
		{ STORE_TEXT, STORE_REAL, "nan", NULL },
		{ STORE_TEXT, STORE_REAL, "infinity", NULL },
	};
	const size_t count = sizeof(rows) / sizeof(rows[0]) - (at->is_memory ? 9 : 0);

	(void)state;
	run(STORE_PASS_GOES_ON);
	put_next_url("http://a/");
	for (size_t i = 0; i < count; i++) {
		char name[16], expected[64];
		struct store_column column = { "v", rows[i].from };
		struct store_table table = { .name = name, .columns = &column, .column_count = 1 };
		struct store_value value = { .kind = rows[i].from };

		snprintf(name, sizeof(name), "t%zu", i);
		value.text = text(rows[i].was);
		value.integer = rows[i].was ? atoi(rows[i].was) : 0;
		value.real = rows[i].was ? atof(rows[i].was) : 0;
		value.kind = rows[i].was ? value.kind : STORE_NULL;
		assert_int_equal(store_page_open(door, nth(1), i > 0), 0);
		assert_int_equal(store_page(door, &plain_page), 0);
		assert_int_equal(store_clear_rows(door, nth(1), NULL, 0), 0);
		assert_int_equal(store_row(door, store_put_table(door, &table), 0, &value), 0);
		assert_int_equal(store_put_parse(door, &(struct store_parse){ 0 }), 0);
		commit();
		kill_and_open();
		column.kind = rows[i].to;
		assert_true(store_put_table(door, &table) > 0);
		commit();
		snprintf(expected, sizeof(expected), "row %s http://a/ 0%s%s", name,
			 rows[i].is ? " v=" : "", rows[i].is ? rows[i].is : "");
		assert_non_null(strstr(lines("row"), expected));
		if (!rows[i].is)
			assert_null(strstr(lines("row"), " v="));
		run(STORE_PASS_GOES_ON);
		column.kind = rows[i].from;
	}
}

/* ---- hosts, lists, figures ---- */

static void hosts_are_gained_before_urls_and_all_in_order(void **state)
{
	static const char one_share[] = "host 0:1 http://b rules 192.0.2.1 77\n"
					"host 0:2 http://a   0\n"
					"host 0:3 http://c   0\n"
					"url 0:1 host 0:1 http://b/1\n"
					"url 0:2 host 0:1 http://a/1\n"
					"url 0:3 host 0:1 http://c/1\n"
					"url 0:4 host 0:1 http://b/2\n";
	static const char two_shares[] = "host 0:1 http://b rules 192.0.2.1 77\n"
					 "host 0:2 http://c   0\n"
					 "url 0:1 host 0:1 http://b/1\n"
					 "url 0:2 host 0:1 http://c/1\n"
					 "host 1:1 http://a   0\n"
					 "url 1:1 host 1:1 http://a/1\n"
					 "url 1:2 host 1:1 http://b/2\n";
	static const char three_shares[] = "host 0:1 http://b rules 192.0.2.1 77\n"
					   "url 0:1 host 0:1 http://b/1\n"
					   "url 0:2 host 0:1 http://b/2\n"
					   "host 1:1 http://a   0\n"
					   "url 1:1 host 1:1 http://a/1\n"
					   "host 2:1 http://c   0\n"
					   "url 2:1 host 2:1 http://c/1\n";
	static const char *const expected[] = { NULL, one_share, two_shares, three_shares };
	struct store_key host;

	(void)state;
	run(STORE_PASS_GOES_ON);
	host = put_next_host("http://b");
	put_next_host("http://a");
	put_next_host("http://c");
	assert_int_equal(store_put_robots(door, host, "rules", text("Disallow: /x"), 1234567), 0);
	assert_int_equal(store_put_address(door, host, text("192.0.2.9")), 0);
	assert_int_equal(store_put_address(door, host, text("192.0.2.1")), 0);
	assert_int_equal(store_put_hold(door, host, SLICE("http://b"), 77), 0);
	assert_int_equal(store_put_hold(door, host, SLICE("http://b"), 76), 0);
	put_next_url("http://b/1");
	put_next_url("http://a/1");
	put_next_url("http://c/1");
	put_next_url("http://b/2");
	commit();
	kill_and_open();
	assert_int_equal(gain_until(0), 0);
	assert_string_equal(gained.order, expected[at->shares]);
	assert_int_equal(gained.lost, 0);
	assert_string_equal(lines("host"), "host http://a - - -\n"
					   "host http://b rules Disallow:%20/x 192.0.2.1\n"
					   "host http://c - - -");
}

/* In the batch that wrote it, and in a later run. */
static void the_text_of_a_robots_txt_is_read_again(void **state)
{
	struct store_key with = put_next_host("http://a"), empty = put_next_host("http://b"),
			 without = put_next_host("http://c");
	struct slice found = SLICE("untouched");

	(void)state;
	assert_int_equal(store_put_robots(door, with, "rules", text("Disallow: /x"), 1), 0);
	assert_int_equal(store_put_robots(door, empty, "rules", text(""), 1), 0);
	assert_int_equal(store_put_robots(door, without, "none", (struct slice){ 0 }, 1), 0);
	for (int is_later = 0; is_later < 2; is_later++) {
		assert_int_equal(store_get_robots(door, with, &found), 1);
		assert_true(slice_equal(found, text("Disallow: /x")));
		assert_int_equal(store_get_robots(door, without, &found), 1);
		assert_null(found.at);
		assert_int_equal(store_get_robots(door, empty, &found), 1);
		assert_int_equal(found.size, 0);
		commit();
		if (!is_later) {
			kill_and_open();
			assert_int_equal(gain_until(0), 0);
		}
	}
}

static void gaining_stops_when_it_is_told_to(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		put_next_url(i == 0   ? "http://a/0"
			     : i == 1 ? "http://a/1"
			     : i == 2 ? "http://a/2"
				      : "http://a/3");
	commit();
	for (int most = 1; most <= 4 + (int)at->shares; most++) {
		assert_int_equal(gain_until(most), -1);
		assert_int_equal(gained.calls, most);
	}
	assert_int_equal(gain_until(0), 0);
	assert_string_equal(gained.marks, "pppp");
}

static void rejects_are_kept_by_list(void **state)
{
	(void)state;
	store_put_reject(door, "a.txt", 3, text("ht!tp"), "not a URL");
	store_put_reject(door, "b.txt", 4, (struct slice){ "a\0b", 3 }, "a NUL");
	assert_int_equal(store_clear_rejects(door, "a.txt"), 0);
	assert_int_equal(store_put_reject(door, "a.txt", 5, text("x"), "too long"), 0);
	commit();
	assert_string_equal(lines("reject"), at->is_server ? "reject a.txt 5 x too%20long\n"
							     "reject b.txt 4 a\xef\xbf\xbd"
							     "b a%20NUL"
							   : "reject a.txt 5 x too%20long\n"
							     "reject b.txt 4 a%00b a%20NUL");
}

static void figures_add_up(void **state)
{
	struct store_host_figures host = {
		.pages = 5, .errors = 1, .delay_ms = 500, .p50_ms = 2.5
	};
	struct store_pattern_figures pattern = { .pattern = "films",
						 .pages_wanted = 5,
						 .pages_unchanged = 1,
						 .pages_tried = 3,
						 .pages_matched = 2,
						 .rows = 20,
						 .empty_fields = 1,
						 .bad_values = 4,
						 .limit_hits = 1,
						 .elapsed_ns = 1500 };
	struct store_field_figures title = { "films", "title", 20, 15, 4 };

	(void)state;
	run(STORE_PASS_GOES_ON);
	host.host = pattern.host = put_next_host("http://a");
	store_put_host_figures(door, &host);
	store_put_pattern_figures(door, &pattern);
	assert_int_equal(store_put_field_figures(door, &title), 0);
	assert_int_equal(store_put_field_figures(door, &title), 0);
	host.delay_ms = 600;
	host.p95_ms = 9;
	assert_int_equal(store_put_host_figures(door, &host), 0);
	assert_int_equal(store_put_pattern_figures(door, &pattern), 0);
	run(STORE_PASS_GOES_ON);
	store_put_pattern_figures(door, &pattern);
	store_put_field_figures(door, &title);
	commit();
	assert_string_equal(lines("figures"), "figures http://a 0 0 10 2 600 2.5 9");
	assert_string_equal(lines("pattern"), "pattern 1 films http://a 6 4 40 2 2 3000 10 2 8\n"
					      "pattern 2 films http://a 3 2 20 1 1 1500 5 1 4");
	assert_string_equal(lines("field"), "field 1 films title 40 30 8\n"
					    "field 2 films title 20 15 4");
}

/* ---- durability ---- */

static void what_was_not_committed_is_gone(void **state)
{
	(void)state;
	assert_int_equal(store_get_uncommitted(door), 0);
	put_next_url("http://a/");
	assert_true(store_get_uncommitted(door) > 0);
	commit();
	assert_int_equal(store_get_uncommitted(door), 0);
	put_next_url("http://b/");
	if (!at->is_server) { /* which is sent what it is asked for */
		assert_int_equal(gain_until(0), 0);
		assert_string_equal(gained.marks, "pp"); /* one's own is there at once */
	}
	kill_and_open();
	assert_string_equal(marks(), "p");
	assert_null(strstr(lines("page"), "http://b/"));
}

static ALONE void a_store_comes_to_rest(void **state)
{
	int64_t due = 0;

	(void)state;
	put_next_url("http://a/");
	assert_int_equal(store_commit(door), 0);
	for (int i = 0; i < TURNS_MAX && due != INT64_MAX; i++)
		assert_int_equal(turn(i, &due), 0);
	assert_true(due == INT64_MAX);
	assert_int_equal(store_settle(door, 0), 1);
	assert_int_equal(store_idle(door), 0);
	kill_and_open();
	assert_string_equal(marks(), "p");
}

static void readers_see_what_is_durable(void **state)
{
	struct store *reader;
	struct store_totals sum;
	struct store_key found;

	(void)state;
	put_next_url("http://a/");
	commit();
	put_next_url("http://b/");
	reader = store_open_read(where, &error);
	assert_non_null(reader);
	assert_int_equal(store_get_totals(reader, &sum), 0);
	assert_int_equal(sum.pending, 1);
	assert_int_equal(store_find_url(reader, text("http://a/"), &found), 1);
	assert_int_equal(store_find_url(reader, text("http://b/"), &found), 0);
	store_close(reader);
}

static ALONE void there_is_one_writer(void **state)
{
	struct store *other;

	(void)state;
	error.cure = STORE_CURE_START_OVER; /* of an earlier error */
	other = store_open(where, false, &error);
	assert_null(other);
	assert_non_null(strstr(error.text, "in use by another crawl"));
	assert_int_equal(error.cure, STORE_CURE_OTHER_FILE);
	other = store_open_read(at->is_memory ? "memory://none" : "/nowhere/none", &error);
	assert_null(other);
	assert_memory_equal(error.text, "cannot open ", 12);
	assert_int_equal(error.cure, STORE_CURE_NONE);
	error = (struct store_error){ .text = "" };
}

static int on_no_row(void *context, const struct store_answer *row)
{
	(void)context;
	(void)row;
	fail();
	return -1;
}

static void a_query_that_fails_leaves_the_store_as_it_was(void **state)
{
	(void)state;
	run(STORE_PASS_GOES_ON);
	assert_int_equal(store_query(door, "no SQL at all", on_no_row, NULL), -1);
	assert_true(store_error(door)->text[0] != '\0');
	assert_string_equal(store_missing_table(door), "");
	assert_false(store_has_failed(door));
	put_next_url("http://a/");
	commit();
	assert_string_equal(totals(), "1/0/0/0 0 0");
}

static void a_fresh_one_has_nothing(void **state)
{
	(void)state;
	put_two_pages();
	store_close(door);
	door = store_open(where, true, &error);
	assert_non_null(door);
	assert_string_equal(totals(), "0/0/0/0 0 0");
	assert_string_equal(lines("run"), "");
	assert_int_equal(run(STORE_PASS_GOES_ON), 1);
}

static int ask_unknown_url(void)
{
	struct store_target target;

	return store_url(door, nth(99), &target);
}

static int open_unknown_page(void)
{
	return store_page_open(door, nth(99), false);
}

static int row_without_page(void)
{
	return add_film(door, store_put_table(door, &films), 0, 1, "one", 1);
}

static int row_without_table(void)
{
	assert_int_equal(store_page_open(door, nth(1), false), 0);
	return add_film(door, 7, 0, 1, "one", 1);
}

static int page_without_opening(void)
{
	return store_page(door, &plain_page);
}

static int number_of_another(void)
{
	return store_put_url(door, nth(1),
			     &(struct store_url){ .url = text("http://x/"), .host = host_of(1) });
}

static int host_that_is_there(void)
{
	return store_put_host(door, nth(last_host + 1), text("http://host-1"));
}

static int row_number_twice(void)
{
	int table = store_put_table(door, &films);

	assert_int_equal(store_page_open(door, nth(1), false), 0);
	add_film(door, table, 0, 1, "one", 1);
	if (add_film(door, table, 0, 2, "two", 2))
		return -1;
	return store_page(door, &plain_page);
}

static int opened_as_again_without_a_result(void)
{
	return store_page_open(door, nth(1), true) || store_page(door, &plain_page) ? -1 : 0;
}

/* More rows than are gathered: of which visit those are that are there, nobody could tell. */
static int opened_as_new_with_a_result(void)
{
	int table = store_put_table(door, &films);

	put_result(nth(1), false, &plain_page);
	if (store_page_open(door, nth(1), false))
		return -1;
	for (uint32_t i = 0; i < 100; i++)
		if (add_film(door, table, i, (int)i, "one", 1))
			return -1;
	return store_page(door, &plain_page);
}

/* It fails for good, with a line that says why, and leaves the last commit. */
static ALONE void after_a_slip_nothing_is_committed(void **state)
{
	static int (*const slips[])(void) = {
		ask_unknown_url,
		open_unknown_page,
		row_without_page,
		row_without_table,
		page_without_opening,
		number_of_another,
		host_that_is_there,
		row_number_twice,
		opened_as_again_without_a_result,
		opened_as_new_with_a_result,
	};

	(void)state;
	expects_complaints = true;
	put_next_url("http://a/1");
	commit();
	for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
		char line[STORE_ERROR_MAX];

		last_number = 1;
		assert_int_equal(store_clear_rejects(door, "a.txt"), 0);
		put_next_url("http://a/2");
		assert_false(store_has_failed(door));
		assert_int_equal(slips[i](), -1);
		assert_true(store_has_failed(door));
		snprintf(line, sizeof(line), "%s", store_error(door)->text);
		assert_true(line[0] != '\0');
		assert_int_equal(store_clear_rejects(door, "a.txt"), -1);
		assert_int_equal(store_commit(door), -1);
		assert_int_equal(store_end_run(door, "finished"), -1);
		assert_true(store_begin_run(door, &(struct store_run){ 0 }) == 0);
		assert_int_equal(store_settle(door, 0), -1);
		assert_string_equal(store_error(door)->text, line);
		kill_and_open();
		assert_string_equal(totals(), "1/0/0/0 0 0");
		if (at->is_memory)
			assert_int_equal(memory_store_complaints(), i + 1);
	}
}

/* ---- any sequence of verbs ---- */

static uint64_t dice;

static uint32_t roll(uint32_t sides)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(dice >> 33) % sides;
}

static struct slice one_of(const char *const texts[], uint32_t count)
{
	return text(texts[roll(count)]);
}

/* What the sequence knows of itself: so that it makes no slip. */
static struct {
	int table, keyed, cast, said;
	struct {
		bool has_result, is_outside;
	} urls[URLS_MAX + 1], kept[URLS_MAX + 1];
	uint32_t kept_number, kept_host;
} sequence;

static void some_new_url(void)
{
	char url[48];

	if (last_number == URLS_MAX)
		return;
	snprintf(url, sizeof(url), "http://host/%u", last_number + 1);
	sequence.urls[last_number + 1].has_result = false;
	sequence.urls[last_number + 1].is_outside = roll(5) == 0;
	put_row((struct store_url){
		.url = text(url),
		.from = last_number > 0 ? nth(1 + roll(last_number)) : (struct store_key){ 0 },
		.depth = (int)roll(4),
		.lane = (int)roll(3),
		.rule = (int)roll(3),
		.kind = sequence.urls[last_number + 1].is_outside ? STORE_URL_OUTSIDE
								  : STORE_URL_PAGE });
}

static struct store_page some_page(bool is_again)
{
	static const char *const words[] = { NULL, "", "one", "two words" };
	static const char *const outcomes[] = { "ok", "ok", "dns", "robots" };
	static const enum store_state states[] = { STORE_DONE, STORE_DONE, STORE_FAILED,
						   STORE_SKIPPED };
	uint32_t which = roll(4);
	struct store_page page = {
		.state = states[which],
		.outcome = outcomes[which],
		.status = roll(2) ? 200 : 0,
		.final_url = roll(3) ? text(NULL) : text("http://elsewhere/"),
		.title = one_of(words, 4),
		.charset = one_of(words, 4),
		.error = one_of(words, 4),
		.redirects = one_of(words, 4),
		.unmatched = one_of(words, 4),
		.counts = one_of(words, 4),
		.etag = one_of(words, 4),
		.last_modified = one_of(words, 4),
		.hash = roll(3),
		.is_moved = roll(2),
		.tries = (int)roll(3),
		.size = roll(100),
		.wire_size = roll(100),
		.elapsed_us = roll(100),
		.fetched_at_ms = roll(3) * 5000,
		.keeps_content = is_again && roll(2),
	};

	if (page.keeps_content && page.state == STORE_DONE && roll(2))
		page.outcome = "not_modified";
	if (!page.keeps_content && page.state == STORE_DONE && roll(2))
		page.body = one_of(words, 4);
	page.body_is_text = page.body.at && roll(2);
	return page;
}

/* Rows that belong to a row, and some that belong to them. */
static void some_parts(uint32_t parent, uint32_t numbers[2])
{
	for (uint32_t i = 0, count = roll(4); i < count; i++) {
		add_part(sequence.cast, ++numbers[0], parent, roll(2) ? "Ann" : "Bob");
		for (uint32_t n = 0, said = roll(3); n < said; n++)
			add_part(sequence.said, ++numbers[1], numbers[0], "hello");
	}
}

static void some_rows(bool keyed)
{
	uint32_t parts[2] = { 0, 0 };

	for (uint32_t i = 0, count = roll(70); i < count; i++) {
		assert_int_equal(add_film(door, keyed ? sequence.keyed : sequence.table, i,
					  roll(50), roll(9) ? "a film" : NULL, roll(9) / 4.0),
				 0);
		if (keyed && roll(2))
			some_parts(i, parts);
	}
}

/* Rows for a table, and whether what was there is to stay.  Meanings are of begin_sequence(). */
static void some_rows_or_none(bool keyed)
{
	if (roll(3) > 0)
		some_rows(keyed);
	if (roll(3) == 0)
		assert_int_equal(
			store_keep_rows(door, keyed ? sequence.keyed : sequence.table, roll(3)), 0);
}

static void some_visit(uint32_t n)
{
	bool is_again = sequence.urls[n].has_result;
	struct store_page page = some_page(is_again);

	if (sequence.urls[n].is_outside)
		page = skipped_page;
	assert_int_equal(store_page_open(door, nth(n), is_again), 0);
	if (page.state == STORE_DONE && !page.keeps_content && roll(2))
		some_rows_or_none(false);
	if (page.state == STORE_DONE && !page.keeps_content && roll(3) == 0)
		some_rows_or_none(true);
	assert_int_equal(store_page(door, &page), 0);
	sequence.urls[n].has_result = true;
}

/* A table, a family of them, or all. */
static void some_parse(uint32_t n)
{
	static const char *const words[] = { "films", "slow", NULL };
	const int tables[] = { sequence.table, sequence.keyed, sequence.cast, sequence.said };
	size_t first = roll(2), count = first == 1 ? 3 : roll(2) ? 1 : 4;

	assert_int_equal(store_clear_rows(door, nth(n), tables + first, count), 0);
	some_rows_or_none(first == 1);
	assert_int_equal(
		store_put_parse(door, &(struct store_parse){ roll(3), text(words[roll(3)]),
							     text(words[roll(3)]),
							     text(words[roll(3)]), roll(2) }),
		0);
}

static void some_change_of_a_url(uint32_t n)
{
	uint32_t what = roll(8);
	struct store_try try = { nth(n), 1 + (int)roll(3), 1000 * roll(99), roll(99), "dns",
				 0,      { NULL, 0 } };

	if (what < 5) {
		some_visit(n);
	} else if (what == 5) {
		assert_int_equal(store_put_try(door, &try), 0);
	} else if (what == 6 && sequence.urls[n].is_outside) {
		struct store_url wanted = { .depth = 1, .kind = STORE_URL_PAGE, .rule = 2 };

		assert_int_equal(store_put_wanted(door, nth(n), &wanted), 0);
		sequence.urls[n].is_outside = sequence.urls[n].has_result = false;
	} else if (sequence.urls[n].is_outside) {
		return;
	} else if (what == 7 && sequence.urls[n].has_result && roll(2)) {
		assert_int_equal(store_put_standing(door, nth(n)), 0);
	} else if (what == 7 && sequence.urls[n].has_result) {
		some_parse(n);
	}
}

static void some_change_of_a_host(uint32_t n)
{
	struct store_host_figures figures = { nth(n),        roll(9), roll(9), roll(9),
					      roll(9) / 4.0, 1,       false };
	struct store_pattern_figures pattern = { "films", nth(n),  roll(9), roll(9),
						 roll(9), roll(9), roll(9), roll(9),
						 roll(9), roll(9), roll(9) };
	struct store_field_figures field = { "films", roll(2) ? "a" : "b", roll(9), roll(9), 1 };
	char origin[32];

	switch (roll(6)) {
	case 0:
		assert_int_equal(store_put_robots(door, nth(n), roll(2) ? "rules" : "none",
						  roll(2) ? text("User-agent: *") : text(NULL), 7),
				 0);
		break;
	case 1:
		snprintf(origin, sizeof(origin), "http://host-%u", n);
		assert_int_equal(store_put_hold(door, nth(n), slice_of(origin), roll(100)), 0);
		break;
	case 2:
		assert_int_equal(store_put_address(door, nth(n), text("192.0.2.7")), 0);
		break;
	case 3:
		assert_int_equal(store_put_host_figures(door, &figures), 0);
		break;
	case 4:
		assert_int_equal(store_put_field_figures(door, &field), 0);
		break;
	default:
		assert_int_equal(store_put_pattern_figures(door, &pattern), 0);
	}
}

static void note_commit(void)
{
	memcpy(sequence.kept, sequence.urls, sizeof(sequence.kept));
	sequence.kept_number = last_number;
	sequence.kept_host = last_host;
}

static void begin_sequence(void)
{
	static const struct store_table keyed = { .name = "keyed",
						  .columns = film_columns,
						  .column_count = 3,
						  .key = film_key,
						  .key_count = 1 };
	static const struct store_table keyed_cast = {
		.name = "keyed_cast", .columns = part_columns, .column_count = 2, .parent = &keyed
	};
	static const struct store_table said = { .name = "keyed_cast_line",
						 .columns = part_columns,
						 .column_count = 2,
						 .parent = &keyed_cast };

	sequence.table = store_put_table(door, &films);
	sequence.keyed = store_put_table(door, &keyed);
	sequence.cast = store_put_table(door, &keyed_cast);
	sequence.said = store_put_table(door, &said);
	for (uint64_t config = 0; config < 3; config++) {
		const struct store_pattern meanings[] = { { "films", config }, { "Keyed", 1 } };

		assert_int_equal(store_put_patterns(door, config, meanings, 2), 0);
	}
	run_with((enum store_pass)roll(3), roll(3));
	note_commit();
}

static void some_end(void)
{
	uint32_t what = roll(6);

	if (what == 0) {
		end_run("finished");
		note_commit();
	}
	if (what > 1) {
		commit();
		note_commit();
		return;
	}
	kill_and_open();
	memcpy(sequence.urls, sequence.kept, sizeof(sequence.urls));
	last_number = sequence.kept_number;
	last_host = sequence.kept_host;
	begin_sequence();
}

static char *run_sequence(uint64_t seed, char *sum, size_t size)
{
	dice = seed;
	memset(&sequence, 0, sizeof(sequence));
	begin_sequence();
	for (int i = 0; i < 300; i++) {
		uint32_t what = roll(20);

		if (what < 6 || last_number == 0)
			some_new_url();
		else if (what < 16)
			some_change_of_a_url(1 + roll(last_number));
		else if (what < 19)
			some_change_of_a_host(1 + roll(last_host));
		else
			some_end();
	}
	commit();
	snprintf(sum, size, "%s", totals());
	return store_dump(where, STORE_DUMP_ALL);
}

/* Where the first difference is, with what comes before. */
static void assert_same(const char *left, const char *right)
{
	size_t same = 0, line = 0;

	for (; left[same] && left[same] == right[same]; same++)
		line = left[same] == '\n' ? same + 1 : line;
	if (left[same] != right[same])
		print_error("%.*s\n%.*s\n", (int)strcspn(left + line, "\n"), left + line,
			    (int)strcspn(right + line, "\n"), right + line);
	assert_true(left[same] == right[same]);
}

static ALONE void any_sequence_of_verbs_comes_to_the_same(void **state)
{
	const struct variant *other = *state;
	struct variant file = { .shares = 1, .hosts = other->hosts };
	void *one = &file, *two = (void *)(uintptr_t)other;

	for (uint64_t seed = 1; seed <= (other->is_server ? 4 : 12); seed++) {
		char sums[2][128], *dumps[2];

		assert_int_equal(set_up(&one), 0);
		dumps[0] = run_sequence(seed, sums[0], sizeof(sums[0]));
		assert_int_equal(tear_down(NULL), 0);
		assert_int_equal(set_up(&two), 0);
		dumps[1] = run_sequence(seed, sums[1], sizeof(sums[1]));
		assert_int_equal(tear_down(NULL), 0);
		assert_same(dumps[0], dumps[1]);
		assert_string_equal(sums[0], sums[1]);
		free(dumps[0]);
		free(dumps[1]);
	}
}

#ifndef DOOR_OF_A_SERVER

/* ---- what only a store that others share does ---- */

static void what_is_written_for_a_lost_share_is_refused(void **state)
{
	int64_t due;

	(void)state;
	run(STORE_PASS_GOES_ON);
	for (int i = 0; i < 4; i++)
		put_next_url(i == 0   ? "http://a/0"
			     : i == 1 ? "http://a/1"
			     : i == 2 ? "http://a/2"
				      : "http://a/3");
	assert_int_equal(gain_until(0), 0);
	put_result(nth(1), false, &plain_page);
	memory_store_lose(door, 0);
	put_result(nth(2), false, &plain_page);
	assert_int_equal(memory_store_refused(door), 0); /* not before it was told */
	assert_int_equal(store_turn(door, 0, &due), 0);
	assert_int_equal(gained.lost, 1);
	put_result(nth(3), false, &plain_page); /* shares go round: 0, 1, 0, 1 */
	put_result(nth(4), false, &plain_page);
	assert_int_equal(memory_store_refused(door), 2);
	memory_store_gain(door, 0);
	gained = (struct gained){ 0 };
	assert_int_equal(store_turn(door, 0, &due), 0);
	assert_string_equal(gained.order, "host 0:1 http://host-1   0\n"
					  "url 0:1 host 0:1 http://a/0\n"
					  "url 0:2 host 0:1 http://a/2\n");
	assert_int_equal(gained.marks[0], '-');
	assert_int_equal(gained.marks[2], 'p');
	put_result(nth(3), false, &plain_page);
	assert_string_equal(totals(), "0/4/0/0 4 0");
}

static void a_batch_is_durable_when_it_says_so(void **state)
{
	int64_t due;

	(void)state;
	put_next_url("http://a/");
	assert_int_equal(store_commit(door), 0);
	assert_int_equal(store_settle(door, 0), 0);
	kill_and_open();
	assert_string_equal(totals(), "0/0/0/0 0 0");
	last_number = last_host = 0;
	put_next_url("http://a/");
	assert_int_equal(store_commit(door), 0);
	put_next_url("http://b/"); /* of the batch that follows */
	assert_int_equal(store_turn(door, 0, &due), 0);
	kill_and_open();
	assert_string_equal(totals(), "1/0/0/0 0 0");
}

static void a_url_is_on_its_way_until_a_turn(void **state)
{
	struct store_key ahead[2];
	struct store_target target;
	int64_t due;

	(void)state;
	put_next_url("http://a/1");
	ahead[0] = put_next_url("http://a/2");
	ahead[1] = put_next_url("http://a/3");
	assert_int_equal(store_url(door, nth(1), &target), 0);
	assert_int_equal(store_url(door, nth(1), &target), 0);
	assert_int_equal(store_ahead(door, ahead, 2), 0);
	assert_int_equal(store_url(door, nth(2), &target), 1);
	assert_true(slice_equal(target.row.url, text("http://a/2")));
	assert_int_equal(store_turn(door, 0, &due), 0);
	assert_int_equal(store_url(door, nth(1), &target), 1);
	assert_int_equal(store_url(door, nth(1), &target), 0); /* it is asked for anew */
	assert_int_equal(store_url(door, nth(3), &target), 1);
}

static void a_store_fails_on_demand(void **state)
{
	(void)state;
	put_next_url("http://a/1");
	commit();
	memory_store_fail_after(door, 1);
	put_next_url("http://a/2");
	assert_int_equal(
		store_put_url(door, nth(3), &(struct store_url){ .url = text("http://c/") }), -1);
	assert_true(store_has_failed(door));
	assert_int_equal(store_commit(door), -1);
	kill_and_open();
	assert_string_equal(totals(), "1/0/0/0 0 0");
}

static void slip_opened_twice(void)
{
	store_page_open(door, nth(1), false);
	store_page_open(door, nth(2), false);
}

static void slip_commit_within_a_page(void)
{
	store_page_open(door, nth(1), false);
	store_commit(door);
}

static void slip_turn_within_a_page(void)
{
	int64_t due;

	store_page_open(door, nth(1), false);
	store_turn(door, 0, &due);
}

static void slip_url_twice(void)
{
	store_put_url(door, nth(3),
		      &(struct store_url){ .url = text("http://a/1"), .host = host_of(3) });
}

static void slip_number_left_out(void)
{
	store_put_url(door, nth(9),
		      &(struct store_url){ .url = text("http://a/9"), .host = host_of(9) });
}

static void slip_share_unknown(void)
{
	store_put_host(door, (struct store_key){ 3, 1 }, text("http://nowhere"));
}

static void slip_host_unknown(void)
{
	store_put_url(door, nth(3),
		      &(struct store_url){ .url = text("http://a/3"), .host = nth(39) });
}

static void slip_wait_of_an_unknown_host(void)
{
	store_put_wait(door, nth(39), 1, "Retry-After");
}

static void slip_figures_of_an_unknown_host(void)
{
	struct store_outcome_figures figures = { .host = nth(39), .outcome = "ok", .pages = 1 };

	store_put_outcome_figures(door, &figures);
}

static void slip_wanted_and_was_not_outside(void)
{
	store_put_wanted(door, nth(1), &(struct store_url){ .kind = STORE_URL_PAGE });
}

static void slip_stands_without_a_result(void)
{
	store_put_standing(door, nth(1));
}

static void slip_rows_of_a_page_that_keeps_its_content(void)
{
	int table = store_put_table(door, &films);
	struct store_page page = plain_page;

	page.keeps_content = true;
	store_page_open(door, nth(1), false);
	add_film(door, table, 0, 1, "one", 1);
	store_page(door, &page);
}

static void slip_page_of_a_url_outside(void)
{
	put_row((struct store_url){ .url = text("http://b/"), .kind = STORE_URL_OUTSIDE });
	put_result(nth(last_number--), false, &plain_page);
}

static void slip_closed_before_it_was_settled(void)
{
	struct memory_store_ways late = { .shares = 3, .commits_late = true };

	memory_store_set(door, late);
	store_begin_run(door, &(struct store_run){ 0 });
	store_end_run(door, "finished");
}

/* SQLite lets these pass: a test that runs a caller on memory does not. */
static void a_slip_of_the_caller_is_noted(void **state)
{
	static void (*const slips[])(void) = {
		slip_opened_twice,
		slip_commit_within_a_page,
		slip_turn_within_a_page,
		slip_url_twice,
		slip_number_left_out,
		slip_share_unknown,
		slip_host_unknown,
		slip_wait_of_an_unknown_host,
		slip_figures_of_an_unknown_host,
		slip_wanted_and_was_not_outside,
		slip_stands_without_a_result,
		slip_rows_of_a_page_that_keeps_its_content,
		slip_page_of_a_url_outside,
		slip_closed_before_it_was_settled,
	};

	(void)state;
	expects_complaints = true;
	put_next_url("http://a/1");
	put_next_url("http://a/2");
	commit();
	for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
		assert_int_equal(memory_store_complaints(), i);
		slips[i]();
		kill_and_open();
		assert_string_equal(totals(), "2/0/0/0 0 0");
	}
	assert_int_equal(memory_store_complaints(), sizeof(slips) / sizeof(slips[0]));
}

#endif

#define ON(variant, test)                                                                     \
	{                                                                                     \
#test " (" #variant ")", test, set_up, tear_down, (void *)(uintptr_t)&variant \
	}
#define ON_ALL(test) \
	ON(sqlite_file, test), ON(in_memory, test), ON(late_memory, test), ON(lazy_memory, test),
#define COMPARED(variant)                                                    \
	{                                                                    \
		"any_sequence_of_verbs_comes_to_the_same (" #variant ")",    \
			any_sequence_of_verbs_comes_to_the_same, NULL, NULL, \
			(void *)(uintptr_t)&variant                          \
	}

/*
 * Of one process alone.  On a server there is always a lease to renew; a second writer joins; and
 * who writes does not wait to hear of the caller's slips.
 */
#define DOOR_TESTS_ALONE(ON_EACH)      \
	ON_EACH(a_store_comes_to_rest) \
	ON_EACH(there_is_one_writer)   \
	ON_EACH(after_a_slip_nothing_is_committed)

/* Of every backend. */
#define DOOR_TESTS(ON_EACH)                                                    \
	ON_EACH(a_url_has_the_set_of_its_root)                                 \
	ON_EACH(what_gets_another_set_is_read_again)                           \
	ON_EACH(values_that_mean_the_same_go_over_to_another_type)             \
	ON_EACH(rejects_are_kept_by_list)                                      \
	ON_EACH(what_was_not_committed_is_gone)                                \
	ON_EACH(readers_see_what_is_durable)                                   \
	ON_EACH(a_cookie_that_was_cleared_is_a_new_one)                        \
	ON_EACH(it_says_how_many_shares_there_are)                             \
	ON_EACH(a_run_is_numbered_and_the_last_one_is_known)                   \
	ON_EACH(every_chain_of_passes_asks_for_what_it_says)                   \
	ON_EACH(a_killed_run_takes_its_pass_with_it_only_if_it_was_not_begun)  \
	ON_EACH(every_page_written_has_a_visit_that_grows)                     \
	ON_EACH(a_url_is_read_back_as_it_was_put)                              \
	ON_EACH(validators_are_those_of_this_config)                           \
	ON_EACH(how_a_url_is_asked_stays_until_it_is_put_anew)                 \
	ON_EACH(what_is_asked_as_its_root_is_has_the_roots_headers)            \
	ON_EACH(a_url_that_is_forgotten_leaves_no_request)                     \
	ON_EACH(a_pattern_means_what_its_config_says)                          \
	ON_EACH(a_page_that_keeps_its_content_keeps_its_config)                \
	ON_EACH(where_a_page_led_is_known_and_itself_is_nowhere)               \
	ON_EACH(what_is_read_ahead_is_only_a_hint)                             \
	ON_EACH(all_of_a_page_is_kept)                                         \
	ON_EACH(what_is_absent_stays_absent)                                   \
	ON_EACH(a_page_is_there_whole_or_not_at_all)                           \
	ON_EACH(a_page_can_be_left_for_others_and_gone_on_with)                \
	ON_EACH(a_page_read_again_replaces_rows_and_body)                      \
	ON_EACH(what_a_page_does_not_give_any_more_stays_if_that_is_asked_for) \
	ON_EACH(what_is_kept_of_one_table_is_nothing_to_the_others)            \
	ON_EACH(a_mark_of_stale_rows_stays_as_long_as_there_are_any)           \
	ON_EACH(a_url_that_is_forgotten_leaves_no_mark_of_stale_rows)          \
	ON_EACH(a_page_parsed_again_keeps_rows_of_the_same_meaning)            \
	ON_EACH(a_page_that_was_not_read_keeps_what_was)                       \
	ON_EACH(what_describes_an_answer_is_of_the_last_one)                   \
	ON_EACH(a_page_that_never_was_read_has_what_came_last)                 \
	ON_EACH(a_page_parsed_again_loses_its_rows_alone)                      \
	ON_EACH(what_parsing_again_came_to_is_noted)                           \
	ON_EACH(pages_that_were_read_come_in_the_order_of_their_visits)        \
	ON_EACH(a_page_that_stands_is_done_and_nothing_else)                   \
	ON_EACH(a_page_that_moved_is_done_and_read_where_it_moved_to)          \
	ON_EACH(a_page_that_moved_keeps_its_content_until_that_is_cleared)     \
	ON_EACH(a_result_of_this_run_may_be_forgotten)                         \
	ON_EACH(what_stood_may_be_asked_for_after_all)                         \
	ON_EACH(a_result_may_turn_out_to_be_another)                           \
	ON_EACH(a_link_to_another_site_may_be_wanted_later)                    \
	ON_EACH(a_url_of_another_root_is_pending_if_it_was_or_is_asked_for)    \
	ON_EACH(what_is_left_of_a_root_that_is_forgotten_is_one)               \
	ON_EACH(what_is_left_of_a_root_keeps_its_set)                          \
	ON_EACH(every_try_is_noted)                                            \
	ON_EACH(kept_pages_come_one_by_one)                                    \
	ON_EACH(cookies_come_back_as_they_were_put_last)                       \
	ON_EACH(cookies_of_a_host_go_with_those_below_it)                      \
	ON_EACH(a_row_whose_key_was_seen_goes_to_the_page_that_showed_it_last) \
	ON_EACH(a_table_takes_new_columns_and_other_types)                     \
	ON_EACH(rows_of_a_row_that_moves_go_and_are_those_of_where_it_is)      \
	ON_EACH(rows_of_a_row_that_moves_on_its_page_go_too)                   \
	ON_EACH(rows_of_rows_go_with_their_page)                               \
	ON_EACH(hosts_are_gained_before_urls_and_all_in_order)                 \
	ON_EACH(the_text_of_a_robots_txt_is_read_again)                        \
	ON_EACH(gaining_stops_when_it_is_told_to)                              \
	ON_EACH(figures_add_up)                                                \
	ON_EACH(a_query_that_fails_leaves_the_store_as_it_was)                 \
	ON_EACH(a_fresh_one_has_nothing)

#ifndef DOOR_OF_A_SERVER
int main(void)
{
	const struct CMUnitTest tests[] = {
		DOOR_TESTS(ON_ALL) DOOR_TESTS_ALONE(ON_ALL) COMPARED(in_memory),
		COMPARED(late_memory),
		COMPARED(lazy_memory),
		ON(lazy_memory, what_is_written_for_a_lost_share_is_refused),
		ON(late_memory, a_batch_is_durable_when_it_says_so),
		ON(late_memory, a_url_is_on_its_way_until_a_turn),
		ON(in_memory, a_store_fails_on_demand),
		ON(late_memory, a_slip_of_the_caller_is_noted),
	};

	return RUN_TESTS(tests);
}
#endif
