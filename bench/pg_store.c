/*
 * pg_store [-s SECONDS] [-r ROWS] [-l LINKS] [-f FOREIGN] [-b PAGES] [-k] URI: what a page costs
 * the store that several machines share, with a master and workers that cost nothing.
 *
 * It joins, or begins, the run in URI, says "ready" when it has its shares, waits for a line of
 * standard input, and writes pages for so long, each with rows and links: LINKS to its own shares
 * and FOREIGN to shares of others, where they are taken in by whoever owns those; with -k each row
 * has a key.  At last it says in a line of JSON how many pages were committed.  Several make the
 * load of several nodes.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crawler/base/clock.h"
#include "parsers/text/memory.h"
#include "store/store.h"

#define QUIET_MS  300 /* nothing was gained for so long: all is there */
#define TEXT_MAX  200
#define WAIT_MS   50
#define ROW_TEXTS 3

struct load {
	unsigned seconds, rows, links, foreign, batch;
	bool has_key;
};

struct bench {
	struct store *store;
	struct load load;
	uint32_t all_shares, own_count, giving_count;
	uint32_t *own; /* the shares that are ours */
	uint32_t *giving;
	uint32_t *last_url; /* of each share: the last number that was given */
	bool *is_ours, *has_host;
	struct store_key *queue; /* that nobody has read yet */
	size_t first, count, room;
	int64_t gained_ms; /* when something was gained last */
	uint64_t pages, received, texts;
	int table;
	unsigned seed;
};

static _Noreturn void fail(const struct bench *bench, const char *what)
{
	const struct store_error *error = bench->store ? store_error(bench->store) : NULL;

	fprintf(stderr, "pg_store: %s: %s\n", what, error ? error->text : "");
	exit(EXIT_FAILURE);
}

static uint32_t dice(struct bench *bench, uint32_t below)
{
	bench->seed = bench->seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)bench->seed * below >> 32);
}

/* ---- what is ours ---- */

static void note_share(struct bench *bench, uint32_t share)
{
	if (!bench->is_ours[share])
		bench->own[bench->own_count++] = share;
	bench->is_ours[share] = true;
	bench->gained_ms = clock_ms();
}

static int gain_host(void *context, const struct store_known_host *host)
{
	struct bench *bench = context;

	bench->gained_ms = clock_ms();
	bench->has_host[host->key.share] = true;
	return 0;
}

static int gain_url(void *context, const struct store_known_url *url)
{
	struct bench *bench = context;

	bench->gained_ms = clock_ms();
	if (url->key.number > bench->last_url[url->key.share])
		bench->last_url[url->key.share] = url->key.number;
	return 0;
}

static void lose(void *context, uint32_t share)
{
	struct bench *bench = context;

	for (uint32_t i = 0; i < bench->own_count; i++) {
		if (bench->own[i] == share)
			bench->own[i] = bench->own[--bench->own_count];
	}
	bench->is_ours[share] = false;
}

static void release(void *context, uint32_t share)
{
	struct bench *bench = context;

	lose(context, share);
	bench->giving[bench->giving_count++] = share;
}

/* ---- pages ---- */

static void enqueue(struct bench *bench, struct store_key key)
{
	if (bench->count == bench->room) {
		bench->room = bench->room * 2 + 4096;
		bench->queue = memory_resize(bench->queue, bench->room * sizeof(*bench->queue));
	}
	bench->queue[bench->count++] = key;
}

static void put_url(struct bench *bench, uint32_t share, struct store_key from)
{
	char text[TEXT_MAX];
	struct store_key key = { share, ++bench->last_url[share] }, host = { share, 1 };
	struct store_url url = { .host = host, .from = from, .lane = 1, .depth = 3 };

	if (!bench->has_host[share]) {
		snprintf(text, sizeof(text), "http://host-of-%u.example", share);
		if (store_put_host(bench->store, host, slice_of(text)) < 0)
			fail(bench, "host");
		bench->has_host[share] = true;
	}
	snprintf(text, sizeof(text), "http://host-of-%u.example/some/folder/page-%u.html", share,
		 key.number);
	url.url = slice_of(text);
	if (store_put_url(bench->store, key, &url) < 0)
		fail(bench, "URL");
	enqueue(bench, key);
}

static void receive(void *context, const struct store_letter *letter)
{
	struct bench *bench = context;

	bench->received++;
	if (bench->is_ours[letter->share])
		put_url(bench, letter->share, letter->row.from);
}

static void send_link(struct bench *bench, struct store_key from)
{
	struct store_letter letter = { .kind = STORE_LETTER_LINK };
	char text[TEXT_MAX];

	do {
		letter.share = dice(bench, bench->all_shares);
	} while (bench->is_ours[letter.share]);
	snprintf(text, sizeof(text), "http://host-of-%u.example/sent/by/%u/page-%llu.html",
		 letter.share, from.share, (unsigned long long)bench->texts++);
	letter.row =
		(struct store_url){ .url = slice_of(text), .from = from, .lane = 1, .depth = 3 };
	if (store_send(bench->store, &letter) < 0)
		fail(bench, "letter");
}

static void write_rows(struct bench *bench, struct store_key key)
{
	char texts[ROW_TEXTS][TEXT_MAX];
	struct store_value values[ROW_TEXTS + 1];

	for (unsigned row = 0; row < bench->load.rows; row++) {
		snprintf(texts[0], TEXT_MAX, "%u-%u-%u", key.share, key.number, row);
		snprintf(texts[1], TEXT_MAX, "a film of page %u that is called so", key.number);
		snprintf(texts[2], TEXT_MAX, "somebody,somebody else,another");
		for (int i = 0; i < ROW_TEXTS; i++)
			values[i] = (struct store_value){ .kind = STORE_TEXT,
							  .text = slice_of(texts[i]) };
		values[ROW_TEXTS] = (struct store_value){ .kind = STORE_REAL, .real = row / 10.0 };
		if (store_row(bench->store, bench->table, row, values) < 0)
			fail(bench, "row");
	}
}

static void write_page(struct bench *bench)
{
	struct store_key key = bench->queue[bench->first++];
	const struct store_page page = {
		.state = STORE_DONE,
		.outcome = "ok",
		.status = 200,
		.title = SLICE("a page of the store's measure"),
		.content_type = SLICE("text/html"),
		.charset = SLICE("utf-8"),
		.charset_source = SLICE("header"),
		.etag = SLICE("\"65e0c1a2-2710\""),
		.size = 10000,
		.wire_size = 3000,
		.fetched_at_ms = 1709226000000,
		.elapsed_us = 5000,
		.tries = 1,
		.hash = 0x1234567890abcdefULL + key.number,
	};

	if (store_page_open(bench->store, key, false) < 0)
		fail(bench, "page");
	write_rows(bench, key);
	if (store_page(bench->store, &page) != 0)
		fail(bench, "page");
	for (unsigned i = 0; i < bench->load.links; i++)
		put_url(bench, bench->own[dice(bench, bench->own_count)], key);
	for (unsigned i = 0; i < bench->load.foreign && bench->own_count < bench->all_shares; i++)
		send_link(bench, key);
	bench->pages++;
}

/* ---- turns ---- */

static void turn(struct bench *bench, int wait_ms)
{
	struct store_wait waits[STORE_WAITS_MAX];
	size_t count = store_get_waits(bench->store, waits);
	struct pollfd polled[STORE_WAITS_MAX];
	struct store_load load = { .in_flight = 1, .queued = bench->count - bench->first };
	int64_t due_ms;

	for (size_t i = 0; i < count; i++)
		polled[i] =
			(struct pollfd){ waits[i].fd,
					 waits[i].wants_to_write ? POLLIN | POLLOUT : POLLIN, 0 };
	if (wait_ms > 0)
		poll(polled, count, wait_ms);
	store_put_load(bench->store, &load);
	if (store_turn(bench->store, clock_ms(), &due_ms) < 0)
		fail(bench, "turn");
	while (bench->giving_count > 0) { /* nothing is under way between two turns */
		if (store_give(bench->store, bench->giving[--bench->giving_count]) < 0)
			fail(bench, "give");
	}
}

static void make_lists(struct bench *bench)
{
	bench->all_shares = store_get_share_count(bench->store);
	bench->own = memory_new(bench->all_shares, sizeof(*bench->own));
	bench->giving = memory_new(bench->all_shares, sizeof(*bench->giving));
	bench->last_url = memory_new(bench->all_shares, sizeof(*bench->last_url));
	bench->is_ours = memory_new(bench->all_shares, sizeof(*bench->is_ours));
	bench->has_host = memory_new(bench->all_shares, sizeof(*bench->has_host));
}

static void begin(struct bench *bench, const char *where)
{
	static const struct store_column columns[] = { { "name", STORE_TEXT },
						       { "title", STORE_TEXT },
						       { "actors", STORE_TEXT },
						       { "score", STORE_REAL } };
	static const char *const key[] = { "name" };
	const struct store_table table = { .name = "measured",
					   .columns = columns,
					   .column_count = ROW_TEXTS + 1,
					   .key = key,
					   .key_count = bench->load.has_key ? 1 : 0 };
	const struct store_run run = { .command_line = "pg_store",
				       .versions = "pg_store",
				       .config_hash = 1 };
	struct store_events events = {
		.gain_host = gain_host,
		.gain_url = gain_url,
		.lose = lose,
		.release = release,
		.receive = receive,
		.context = bench,
	};
	struct store_error error = { "", 0 };

	bench->store = store_open(where, false, &error);
	if (!bench->store) {
		fprintf(stderr, "pg_store: %s\n", error.text);
		exit(EXIT_FAILURE);
	}
	bench->table = store_put_table(bench->store, &table);
	if (bench->table == 0 || store_begin_run(bench->store, &run) == 0)
		fail(bench, "begin");
	make_lists(bench);
	bench->gained_ms = clock_ms();
	if (store_gain(bench->store, &events) < 0 ||
	    store_put_asked(bench->store, &(struct store_asked){ .is_of_all = true }) < 0 ||
	    store_commit(bench->store) < 0) /* others wait for it */
		fail(bench, "gain");
}

/* A share is ours when all of it has been handed out. */
static void count_own(struct bench *bench)
{
	for (uint32_t share = 0; share < bench->all_shares; share++) {
		if (store_has_share(bench->store, share) && !bench->is_ours[share])
			note_share(bench, share);
	}
}

static void wait_for_shares(struct bench *bench)
{
	char line[16];

	while (bench->own_count == 0 || clock_ms() - bench->gained_ms < QUIET_MS) {
		turn(bench, WAIT_MS);
		count_own(bench);
	}
	printf("ready %u\n", bench->own_count);
	fflush(stdout);
	while (poll(&(struct pollfd){ STDIN_FILENO, POLLIN, 0 }, 1, WAIT_MS) == 0) {
		turn(bench, 0);
		count_own(bench);
	}
	if (!fgets(line, sizeof(line), stdin))
		exit(EXIT_FAILURE);
}

static void run(struct bench *bench)
{
	int64_t begun_ms = clock_ms(), end_ms = begun_ms + 1000 * (int64_t)bench->load.seconds;
	struct rusage before, after;
	double cpu_us;

	getrusage(RUSAGE_SELF, &before);
	for (unsigned i = 0; i < bench->load.batch && bench->load.seconds > 0; i++)
		put_url(bench, bench->own[dice(bench, bench->own_count)],
			(struct store_key){ 0, 0 });
	while (clock_ms() < end_ms) {
		turn(bench, store_has_room(bench->store) ? 0 : WAIT_MS);
		if (!store_has_room(bench->store))
			continue;
		for (unsigned i = 0; i < bench->load.batch && bench->first < bench->count; i++)
			write_page(bench);
		if (store_commit(bench->store) < 0)
			fail(bench, "commit");
	}
	if (store_settle(bench->store, -1) < 0)
		fail(bench, "settle");
	getrusage(RUSAGE_SELF, &after);
	cpu_us = (double)(after.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_utime.tv_sec -
			  before.ru_stime.tv_sec) *
			 1e6 +
		 (double)(after.ru_utime.tv_usec + after.ru_stime.tv_usec -
			  before.ru_utime.tv_usec - before.ru_stime.tv_usec);
	printf("{\"pages\": %llu, \"received\": %llu, \"seconds\": %.3f, \"client_us\": %.2f, "
	       "\"shares\": %u}\n",
	       (unsigned long long)bench->pages, (unsigned long long)bench->received,
	       (double)(clock_ms() - begun_ms) / 1000,
	       cpu_us / (double)(bench->pages ? bench->pages : 1), bench->own_count);
	fflush(stdout);
}

int main(int count, char *words[])
{
	struct bench bench = { .load = { 8, 10, 4, 1, 200, false }, .seed = (unsigned)getpid() };
	int chosen;

	while ((chosen = getopt(count, words, "s:r:l:f:b:k")) >= 0) {
		unsigned value = (unsigned)strtoul(optarg ? optarg : "0", NULL, 10);

		switch (chosen) {
		case 's':
			bench.load.seconds = value;
			break;
		case 'r':
			bench.load.rows = value;
			break;
		case 'l':
			bench.load.links = value;
			break;
		case 'f':
			bench.load.foreign = value;
			break;
		case 'k':
			bench.load.has_key = true;
			break;
		case 'b':
			bench.load.batch = value;
			break;
		default:
			return 2;
		}
	}
	if (optind != count - 1)
		return 2;
	begin(&bench, words[optind]);
	wait_for_shares(&bench);
	run(&bench);
	store_end_run(bench.store, "interrupted");
	store_close(bench.store);
	return EXIT_SUCCESS;
}
