/*
 * The master between workers that fetch nothing and every kind of store.
 *
 * A scenario is a site (a script of answers), what is done to the crawl of it, and what must come
 * of it: as a rule what a SQLite file has of the same site, crawled without disturbance.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/base/loop.h"
#include "crawler/base/signals.h"
#include "crawler/frontier/frontier.h"
#include "crawler/master/master.h"
#include "crawler/master/queue.h"
#include "store/backend.h"
#include "tests/support/master_scene.h"
#include "tests/support/memory_store.h"
#include "tests/support/stand_in.h"
#include "tests/support/store_dump.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct variant {
	bool is_memory;
	struct memory_store_ways ways;
};

static const struct variant sqlite_file = { .is_memory = false };
static const struct variant in_memory = { .is_memory = true };
static const struct variant late_memory = {
	.is_memory = true,
	.ways = { .reads = MEMORY_READS_LATE, .commits_late = true },
};
static const struct variant lazy_memory = {
	.is_memory = true,
	.ways = { .reads = MEMORY_READS_ALL_LATE, .commits_late = true },
};

static const struct variant shared_memory = {
	.is_memory = true,
	.ways = { .shares = 4, .reads = MEMORY_READS_LATE, .commits_late = true },
};

/* ---- the site ---- */

#define A "http://a.example"

static const char robots[] = "User-agent: *\nDisallow: /private\n";

/* A tree, so that every page is found in one way, whatever the order. */
static const struct stand_in_page site[] = {
	{ A "/robots.txt", 200, robots, NULL, 0, 0 },
	{ A "/", 200, "<title>Home</title><a href=/one></a><a href=/two></a><a href=/film/1></a>",
	  "\"home\"", 0, 0 },
	{ A "/one", 200,
	  "<a href=/film/2></a><a href=/film/3></a><a href=http://other.example/></a>", NULL, 0,
	  0 },
	{ A "/two", 200,
	  "<a href=/film/4></a><a href=/gone></a><a href=/moved></a><a href=/loop></a>"
	  "<a href=/private/x></a><a href=/flaky></a>",
	  NULL, 0, 0 },
	{ A "/film/1", 200, "<b>1</b> <i>one</i> <b>10</b> <i>ten</i>", "\"1\"", 0, 0 },
	{ A "/film/2", 200, "<b>2</b> <i>two</i>", "\"2\"", 0, 0 },
	{ A "/film/3", 200, "<b>3</b> <i>three</i><a href=/film/6></a>", NULL, 0, 0 },
	{ A "/film/4", 200, "nothing here", NULL, 0, 0 },
	{ A "/film/6", 200, "<b>6</b> <i>six</i>", NULL, 0, 0 },
	{ A "/moved", 301, "/moved/again", NULL, 0, 0 },
	{ A "/moved/again", 301, "/film/5", NULL, 0, 0 },
	{ A "/film/5", 200, "<b>5</b> <i>five</i>", "\"5\"", 0, 0 },
	{ A "/loop", 302, "/loop", NULL, 0, 0 },
	{ A "/private/x", 200, "not for us", NULL, 0, 0 },
	{ A "/flaky", 200, "at last", NULL, 0, 0 },
};

/* Hosts in several shares, each with pages of its own. */
#define HOST_PAGES(host)                                                                             \
	{ "http://" host "/", 200, "<a href=/film/1></a><a href=/film/2></a>", NULL, 0, 0 },         \
		{ "http://" host "/film/1", 200, "<b>1</b> <i>one</i>", NULL, 0, 0 },                \
		{ "http://" host "/film/2", 200, "<b>2</b> <i>two</i><a href=/3></a>", NULL, 0, 0 }, \
	{                                                                                            \
		"http://" host "/3", 200, "three", NULL, 0, 0                                        \
	}

static const struct stand_in_page hosts[] = {
	HOST_PAGES("a.example"), HOST_PAGES("b.example"), HOST_PAGES("c.example"),
	HOST_PAGES("d.example"), HOST_PAGES("e.example"), HOST_PAGES("f.example"),
	HOST_PAGES("g.example"), HOST_PAGES("h.example"),
};

/* The same, and links from each to some of the others. */
#define RING_PAGES(host)                                                                             \
	{ "http://" host "/",                                                                        \
	  200,                                                                                       \
	  "<a href=/film/1></a><a href=/film/2></a><a href=http://a.example/3></a>"                  \
	  "<a href=http://d.example/3></a><a href=http://f.example/3></a>"                           \
	  "<a href=http://h.example/3></a>",                                                         \
	  NULL,                                                                                      \
	  0,                                                                                         \
	  0 },                                                                                       \
		{ "http://" host "/film/1", 200, "<b>1</b> <i>one</i>", NULL, 0, 0 },                \
		{ "http://" host "/film/2", 200, "<b>2</b> <i>two</i><a href=/3></a>", NULL, 0, 0 }, \
	{                                                                                            \
		"http://" host "/3", 200, "three", NULL, 0, 0                                        \
	}

static const struct stand_in_page ring[] = {
	RING_PAGES("a.example"), RING_PAGES("b.example"), RING_PAGES("c.example"),
	RING_PAGES("d.example"), RING_PAGES("e.example"), RING_PAGES("f.example"),
	RING_PAGES("g.example"), RING_PAGES("h.example"),
};

static const char config_text[] =
	MASTER_SCENE_FILMS "follow:\n"
			   "  - depth: 9\n"
			   "    max_pages: 24\n" /* as many as the hosts have */
			   "    same: %s\n";

/* ---- what every test stands on ---- */

/* What is done to a run. */
struct wish {
	enum store_pass pass;
	const struct stand_in_page *pages; /* NULL: the site */
	size_t page_count;
	bool obeys_robots;
	int retries;
	bool has_hosts; /* each page / is a seed */

	const struct stand_in_lie *lie;

	/* After so many answers; 0: never. */
	unsigned commit_at, kill_at, lose_at, gain_at;
	uint32_t share;       /* that is lost, and gained */
	unsigned fails_after; /* verbs that write; memory alone */
};

static struct {
	const struct variant *variant;
	const struct wish *wish;
	const char *where;
	struct config *config;
	struct stand_in stand_in;
	struct tally *tally;
	struct loop *loop;
	struct pool *pool;
	struct store *store;
	struct master *master;
	bool has_committed, has_lost, has_gained;
	uint64_t last_named;
	unsigned deaths; /* of workers, that nobody wanted but the master */
} stage;

/* A store that nobody has used; the caller frees its name. */
static char *new_where(const struct variant *variant)
{
	return master_scene_where(variant->is_memory);
}

static void load_config(void)
{
	struct settings *settings;

	stage.config = master_scene_config(config_text, stage.wish->has_hosts ? "any" : "host");
	settings = &stage.config->settings;
	settings->concurrency = 4;
	settings->retries = stage.wish->retries;
	settings->robots = stage.wish->obeys_robots;
}

static void count_death(void *context, const struct pool_exit *end)
{
	(void)context;
	stage.deaths += !end->is_planned;
}

static void start_workers(void)
{
	const struct settings *settings = &stage.config->settings;
	const struct wish *wish = stage.wish;
	const char *names[] = { "films" };

	stand_in_begin(&stage.stand_in, wish->pages ? wish->pages : site,
		       wish->pages ? wish->page_count : COUNT(site));
	stage.stand_in.lie = wish->lie;
	stage.stand_in.follow =
		follow_new(stage.config->follow, stage.config->follow_count, settings);
	stage.tally = tally_new(names, 1);
	stage.loop = loop_new();
	stage.pool = master_scene_pool(&stage.stand_in, stage.loop, count_death);
}

static void open_store(void)
{
	struct store_error error = { .text = "" };
	struct store_last_run last;

	stage.store = store_open(stage.where, false, &error);
	assert_string_equal(error.text, "");
	if (stage.variant->is_memory)
		memory_store_set(stage.store, stage.variant->ways);
	assert_int_equal(store_get_last_run(stage.store, &last), 0);
	stage.last_named = last.named;
	assert_true(store_begin_run(stage.store, &master_scene_run) > 0);
}

static void begin(const struct variant *variant, const char *where, const struct wish *wish)
{
	struct master_options options = { .window = 4 };

	memset(&stage, 0, sizeof(stage));
	stage.variant = variant;
	stage.wish = wish;
	stage.where = where;
	load_config();
	start_workers();
	open_store();
	if (wish->fails_after > 0)
		memory_store_fail_after(stage.store, wish->fails_after);
	options.config = stage.config;
	options.loop = stage.loop;
	options.pool = stage.pool;
	options.store = stage.store;
	options.tally = stage.tally;
	stage.master = master_new(&options);
}

static void end(void)
{
	pool_free(stage.pool);
	master_free(stage.master);
	loop_free(stage.loop);
	store_close(stage.store);
	tally_free(stage.tally);
	follow_free(stage.stand_in.follow);
	stand_in_end(&stage.stand_in);
	config_free(stage.config);
}

static bool is_at(unsigned count)
{
	return count > 0 && atomic_load(&stage.stand_in.counts->all) >= count;
}

/* What is done to a run, is done between its turns. */
static void on_tick(void *user)
{
	(void)user;
	if (is_at(stage.wish->commit_at) && !stage.has_committed) {
		stage.has_committed = true;
		master_commit(stage.master);
	}
	if (is_at(stage.wish->lose_at) && !stage.has_lost) {
		stage.has_lost = true;
		memory_store_lose(stage.store, stage.wish->share);
	}
	if (is_at(stage.wish->gain_at) && !stage.has_gained) {
		stage.has_gained = true;
		memory_store_gain(stage.store, stage.wish->share);
	}
	if (is_at(stage.wish->kill_at))
		store_fail(stage.store, STORE_CURE_NONE, "killed by the test");
}

static int add_seed(const char *text)
{
	return master_scene_seed(stage.master, text);
}

/* Whatever was named before.  Returns 0 or -1. */
static int ask_all(void)
{
	struct asked_wish wish = { .is_all = true, .pass = stage.wish->pass };
	struct asked_census census;
	enum store_pass pass;

	wish.last.named = stage.last_named;
	return master_ask(stage.master, &wish, &census, &pass);
}

/* Returns 0 or -1. */
static int add_seeds(void)
{
	const struct stand_in *stand_in = &stage.stand_in;

	if (!stage.wish->has_hosts)
		return add_seed(A "/") < 0 ? -1 : 0;
	for (size_t i = 0; i < stand_in->count; i++) {
		const char *url = stand_in->pages[i].url;

		if (strchr(url + strlen("http://"), '/')[1] == '\0' && add_seed(url) < 0)
			return -1;
	}
	return 0;
}

/* One run, from its seed to its end. */
static enum master_end run_to_end(void)
{
	enum master_end result;

	if (!stage.master || master_load(stage.master) != 0 || add_seeds() != 0 || ask_all() != 0 ||
	    master_commit(stage.master) != 0)
		return MASTER_STORE_FAILED;
	master_on_tick(stage.master, 0, on_tick, NULL);
	result = master_run(stage.master);
	if (result == MASTER_FINISHED &&
	    (store_end_run(stage.store, "finished") != 0 || store_settle(stage.store, -1) != 1))
		return MASTER_STORE_FAILED;
	return result;
}

static enum master_end crawl(const struct variant *variant, const char *where,
			     const struct wish *wish)
{
	enum master_end result;

	begin(variant, where, wish);
	result = run_to_end();
	end();
	return result;
}

/* What a SQLite file has of runs that nothing happened to. */
static char *undisturbed(const struct wish wishes[], size_t count)
{
	char *where = new_where(&sqlite_file), *dump;

	for (size_t i = 0; i < count; i++)
		assert_int_equal(crawl(&sqlite_file, where, &wishes[i]), MASTER_FINISHED);
	dump = store_dump(where, STORE_DUMP_CRAWL);
	free(where);
	return dump;
}

static void assert_dump(const char *where, const char *expected)
{
	char *dump = store_dump(where, STORE_DUMP_CRAWL);

	master_scene_assert_dump(dump, expected, "");
	free(dump);
}

/* The line of a page, up to its end; static. */
static const char *page_line(const char *where, const char *url)
{
	static char line[1024];
	char *dump = store_dump(where, STORE_DUMP_CRAWL), start[256];
	const char *found;

	snprintf(start, sizeof(start), "page %s ", url);
	found = strstr(dump, start);
	assert_non_null(found);
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(found, "\n"), found);
	free(dump);
	return line;
}

#define assert_page(where, url, part) assert_non_null(strstr(page_line(where, url), part))

/* ---- loading ---- */

static void put_url(uint32_t number, const char *url, enum store_url_kind kind, const char *outcome,
		    enum store_state state)
{
	struct store_key key = { 0, number };
	struct store_page page = { .state = state, .outcome = outcome, .tries = 1 };

	assert_int_equal(store_put_url(stage.store, key,
				       &(struct store_url){ .url = slice_of(url),
							    .host = { 0, 1 },
							    .kind = kind,
							    .lane = LANE_NORMAL }),
			 0);
	if (!outcome)
		return;
	assert_int_equal(store_page_open(stage.store, key, false), 0);
	assert_int_equal(store_page(stage.store, &page), 0);
}

static void put_one_of_each_state(const struct variant *variant, const char *where)
{
	begin(variant, where, &(struct wish){ 0 });
	assert_int_equal(store_put_host(stage.store, (struct store_key){ 0, 1 }, slice_of(A)), 0);
	put_url(1, A "/1", STORE_URL_PAGE, NULL, STORE_PENDING);
	put_url(2, A "/2", STORE_URL_PAGE, "ok", STORE_DONE);
	put_url(3, A "/3", STORE_URL_PAGE, "dns", STORE_FAILED);
	put_url(4, A "/4", STORE_URL_PAGE, "robots", STORE_SKIPPED);
	put_url(5, A "/5", STORE_URL_OUTSIDE, "out_of_scope", STORE_SKIPPED);
	assert_int_equal(store_commit(stage.store), 0);
	assert_int_equal(store_settle(stage.store, -1), 1);
	end();
}

static void what_is_pending_is_queued_and_nothing_else(void **state)
{
	static const struct {
		enum store_pass pass;
		size_t queued;
	} rows[] = {
		{ STORE_PASS_GOES_ON, 1 },
		{ STORE_PASS_FAILED, 2 },
		{ STORE_PASS_ALL, 4 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *where = new_where(*state);

		put_one_of_each_state(*state, where);
		begin(*state, where, &(struct wish){ .pass = rows[i].pass });
		assert_int_equal(master_load(stage.master), 0);
		assert_int_equal(ask_all(), 0);
		assert_int_equal(master_view(stage.master).queued, rows[i].queued);
		for (int n = 1; n <= 4; n++) {
			char url[32];

			snprintf(url, sizeof(url), A "/%d", n);
			assert_int_equal(add_seed(url), 0); /* it is known */
		}
		assert_int_equal(add_seed(A "/5"), 1); /* it is wanted after all */
		assert_int_equal(master_view(stage.master).queued, rows[i].queued + 1);
		end();
		free(where);
	}
}

/* A number that is no URL's, as a file may have it, is not where ours go on. */
static void urls_are_numbered_up_to_the_largest_number_and_not_from_beyond_it(void **state)
{
	static const struct {
		uint32_t number, next; /* of one that is there; of the next, 0: there is none */
		int seed;              /* what becomes of one more */
	} rows[] = {
		{ 1, 2, 1 },
		{ QUEUE_URL_MAX - 1, QUEUE_URL_MAX, 1 },
		{ QUEUE_URL_MAX, 0, -1 },
		{ QUEUE_URL_MAX + 1, 1, 1 },
		{ QUEUE_TICKET, 1, 1 },
		{ UINT32_MAX, 1, 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *where = new_where(*state);
		struct store_target target;

		begin(*state, where, &(struct wish){ 0 });
		assert_int_equal(
			store_put_host(stage.store, (struct store_key){ 0, 1 }, slice_of(A)), 0);
		put_url(rows[i].number, A "/there", STORE_URL_PAGE, NULL, STORE_PENDING);
		assert_int_equal(store_commit(stage.store), 0);
		assert_int_equal(store_settle(stage.store, -1), 1);
		end();
		begin(*state, where, &(struct wish){ 0 });
		assert_int_equal(master_load(stage.master), 0);
		assert_int_equal(add_seed(A "/one"), rows[i].seed);
		if (rows[i].next > 0) {
			assert_int_equal(store_url(stage.store,
						   (struct store_key){ 0, rows[i].next }, &target),
					 1);
			assert_true(slice_equal(target.row.url, SLICE(A "/one")));
		}
		end();
		free(where);
	}
}

static void a_seed_of_a_host_that_the_store_does_not_take_is_refused(void **state)
{
	static const char *const seeds[] = { A "/", A "/sitemap.xml", A "/news.rss" };

	for (size_t i = 0; i < COUNT(seeds); i++) {
		char *where = new_where(*state);

		begin(*state, where, &(struct wish){ 0 });
		memory_store_fail_after(stage.store, 0);
		assert_int_equal(add_seed(seeds[i]), -1);
		end();
		free(where);
	}
}

/* ---- whole crawls ---- */

static void a_crawl_is_the_same_in_every_store(void **state)
{
	struct wish wish = { .obeys_robots = true };
	char *expected = undisturbed(&wish, 1), *where = new_where(*state);

	begin(*state, where, &wish);
	assert_int_equal(run_to_end(), MASTER_FINISHED);
	for (size_t i = 0; i < COUNT(site); i++) {
		bool is_loop = strcmp(site[i].url, A "/loop") == 0;
		bool is_forbidden = strcmp(site[i].url, A "/private/x") == 0;

		assert_int_equal(stand_in_count(&stage.stand_in, site[i].url),
				 is_loop ? 6 : !is_forbidden);
	}
	end();
	assert_dump(where, expected);
	assert_page(where, A "/gone", " 2 http_error 404 ");
	assert_page(where, A "/loop", " 2 redirect_loop 302 ");
	assert_page(where, A "/private/x", " 3 robots ");
	assert_page(where, A "/moved", " 1 ok 200 " A "/film/5 ");
	assert_page(where, "http://other.example/", " 3 out_of_scope ");
	assert_non_null(strstr(expected, "row films " A "/film/1 2 rank=10 title=ten\n"));
	assert_non_null(strstr(expected, "row films " A "/moved 1 rank=5 title=five\n"));
	free(expected);
	free(where);
}

static void a_crawl_that_was_killed_goes_on_where_it_was(void **state)
{
	struct wish wish = { .obeys_robots = true };
	char *expected = undisturbed(&wish, 1);

	for (unsigned kill_at = 1; kill_at < 20; kill_at += 3) {
		struct wish killed = { .obeys_robots = true,
				       .commit_at = kill_at / 2,
				       .kill_at = kill_at };
		char *where = new_where(*state);

		assert_int_equal(crawl(*state, where, &killed), MASTER_STORE_FAILED);
		killed.commit_at = kill_at / 3 + 1;
		killed.kill_at = kill_at / 2 + 2;
		crawl(*state, where, &killed);
		assert_int_equal(crawl(*state, where, &wish), MASTER_FINISHED);
		assert_dump(where, expected);
		free(where);
	}
	free(expected);
}

static void a_new_pass_asks_for_all_again(void **state)
{
	struct wish wishes[] = { { .obeys_robots = true },
				 { .obeys_robots = true, .pass = STORE_PASS_ALL } };
	char *expected = undisturbed(wishes, 2), *where = new_where(*state);

	assert_int_equal(crawl(*state, where, &wishes[0]), MASTER_FINISHED);
	begin(*state, where, &wishes[1]);
	assert_int_equal(run_to_end(), MASTER_FINISHED);
	assert_int_equal(stand_in_count(&stage.stand_in, A "/film/6"), 1);
	assert_int_equal(stand_in_count(&stage.stand_in, A "/"), 1);
	end();
	assert_dump(where, expected);
	assert_page(where, A "/film/1", " 1 not_modified 304 ");
	assert_page(where, A "/", " 1 not_modified 304 ");
	assert_non_null(strstr(expected, "row films " A "/film/1 2 rank=10 title=ten\n"));
	free(expected);
	free(where);
}

static void a_retry_asks_for_what_failed_and_nothing_else(void **state)
{
	struct stand_in_page pages[COUNT(site)];
	struct wish wishes[] = {
		{ .pages = pages, .page_count = COUNT(site) },
		{ .pages = site, .page_count = COUNT(site), .pass = STORE_PASS_FAILED },
	};
	char *expected, *where = new_where(*state);

	memcpy(pages, site, sizeof(site));
	pages[COUNT(site) - 1].bad = 99;
	pages[COUNT(site) - 1].bad_status = 500;
	expected = undisturbed(wishes, 2);
	assert_int_equal(crawl(*state, where, &wishes[0]), MASTER_FINISHED);
	assert_page(where, A "/flaky", " 2 http_error 500 ");
	begin(*state, where, &wishes[1]);
	assert_int_equal(run_to_end(), MASTER_FINISHED);
	assert_int_equal(stand_in_count(&stage.stand_in, A "/flaky"), 1);
	assert_int_equal(stand_in_count(&stage.stand_in, A "/film/1"), 0);
	end();
	assert_page(where, A "/flaky", " 1 ok 200 ");
	assert_dump(where, expected);
	free(expected);
	free(where);
}

static void what_fails_for_a_while_is_tried_again(void **state)
{
	struct stand_in_page pages[COUNT(site)];
	struct wish wish = { .pages = pages, .page_count = COUNT(site), .retries = 3 };
	char *expected, *where = new_where(*state);

	memcpy(pages, site, sizeof(site));
	pages[COUNT(site) - 1].bad = 2;
	pages[COUNT(site) - 1].bad_status = 500;
	expected = undisturbed(&wish, 1);
	assert_int_equal(crawl(*state, where, &wish), MASTER_FINISHED);
	assert_dump(where, expected);
	assert_page(where, A "/flaky", " 1 ok 200 - 3 ");
	assert_non_null(strstr(expected, "try " A "/flaky 1 http_error 500"));
	assert_non_null(strstr(expected, "try " A "/flaky 2 http_error 500"));
	free(expected);
	free(where);
}

static void a_page_that_workers_die_of_is_given_up_at_last(void **state)
{
	static const struct {
		unsigned deaths;
		int kind;
		const char *outcome, *error;
	} rows[] = {
		{ 1, STAND_IN_DIES, " 1 ok 200 ", "" },
		{ 2, STAND_IN_DIES, " 1 ok 200 ", "" },
		{ 99, STAND_IN_DIES, " 2 worker_died ",
		  "3%20workers%20died%20of%20it,%20the%20last%20with%20exit%20code%207 " },
		{ 2, STAND_IN_BREAKS, " 1 ok 200 ", "" },
		{ 99, STAND_IN_BREAKS, " 2 worker_died ",
		  "with%20signal%2031%20(by%20the%20sandbox) " },
		{ 2, STAND_IN_DIES_UNNAMED, " 1 ok 200 ", "" },
		{ 99, STAND_IN_DIES_UNNAMED, " 2 worker_died ", "" },
		{ 4, STAND_IN_IS_SHOT, " 1 ok 200 ", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct stand_in_page pages[COUNT(site)];
		struct wish wish = { .pages = pages, .page_count = COUNT(site) };
		char *where = new_where(*state);

		memcpy(pages, site, sizeof(site));
		pages[COUNT(site) - 1].bad = rows[i].deaths;
		pages[COUNT(site) - 1].bad_status = rows[i].kind;
		assert_int_equal(crawl(*state, where, &wish), MASTER_FINISHED);
		assert_page(where, A "/flaky", rows[i].outcome);
		assert_page(where, A "/flaky", rows[i].error);
		assert_page(where, A "/film/1", " 1 ok 200 ");
		assert_page(where, A "/film/2", " 1 ok 200 ");
		assert_page(where, A "/film/6", " 1 ok 200 ");
		free(where);
	}
}

/* ---- workers that lie ---- */

/* Of the page that all begins with: the URL is in what is left of the crawl, or is not. */
static void a_worker_that_lies_about_a_link_is_not_believed(void **state)
{
	static char too_long[URL_BYTES_MAX + 2];
#define LIE(url)                                           \
	{                                                  \
		{ url, sizeof(url) - 1 }, 0, 0, FOLLOW_YES \
	}
	static const struct {
		struct stand_in_lie lie;
		bool is_true; /* it might be a link of that page */
	} rows[] = {
		{ LIE(A "/film/2"), true },
		{ LIE(A "/nobody/knows"), true },
		{ { SLICE("http://other.example/y"), 0, 0, FOLLOW_OUT_OF_SCOPE }, true },
		/* not as the master would write it */
		{ LIE("HTTP://a.example/x"), false },
		{ LIE("http://A.example/x"), false },
		{ LIE("http://a.example:80/x"), false },
		{ LIE("http://a.example/x/../y"), false },
		{ LIE("http://a.example/x#f"), false },
		{ LIE("http://a.example/a b"), false },
		{ LIE("http://a.example/a\nb"), false },
		{ LIE("http://a.example/a\0b"), false },
		{ LIE("http://a.example/\xff"), false },
		{ LIE("http://me:pw@a.example/x"), false },
		{ LIE("http://a.example"), false },
		{ LIE("http://0x7f.1/"), false },
		{ LIE(" http://a.example/x"), false },
		{ LIE("//a.example/x"), false },
		{ LIE("/x"), false },
		{ LIE("ftp://a.example/x"), false },
		{ LIE("file:///etc/passwd"), false },
		{ LIE("javascript:alert(1)"), false },
		{ LIE("x"), false },
		/* to where no rule leads */
		{ LIE("http://other.example/x"), false },
		{ LIE("http://127.0.0.1/x"), false },
		{ LIE("https://b.a.example/x"), false },
		{ { SLICE(A "/x"), 0, 1, FOLLOW_YES }, false },
		{ { SLICE(A "/x"), 0, 63, FOLLOW_YES }, false },
		{ { SLICE(A "/x"), 0, 64, FOLLOW_YES }, false },
		{ { SLICE(A "/x"), 0, 255, FOLLOW_YES }, false },
		{ { SLICE(A "/x"), 0, 0, FOLLOW_NOT }, false },
		{ { SLICE(A "/x"), 0, 0, FOLLOW_SITEMAP }, false },
		{ { SLICE(A "/x"), 0, 0, 4 }, false },
		{ { SLICE(A "/x"), 0, 0, 255 }, false },
		/* with more or less behind it than it says */
		{ { SLICE(A "/x"), 17, 0, FOLLOW_YES }, false },
		{ { SLICE(A "/x"), 19, 0, FOLLOW_YES }, false },
		{ { SLICE(A "/x"), 65535, 0, FOLLOW_YES }, false },
		{ { SLICE(""), 0, 0, FOLLOW_YES }, false },
		{ { { too_long, sizeof(too_long) }, 0, 0, FOLLOW_YES }, false },
	};
	char *expected = undisturbed(&(struct wish){ .retries = 0 }, 1);

	memset(too_long, 'x', sizeof(too_long));
	memcpy(too_long, A "/", sizeof(A));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wish wish = { .lie = &rows[i].lie };
		char *where = new_where(*state), *dump;

		assert_int_equal(crawl(*state, where, &wish), MASTER_FINISHED);
		if ((stage.deaths > 0) == rows[i].is_true)
			fail_msg("row %zu: %u workers dropped", i, stage.deaths);
		dump = store_dump(where, STORE_DUMP_CRAWL);
		if (!rows[i].is_true && strcmp(dump, expected) != 0)
			fail_msg("row %zu: %s", i, dump);
		assert_true(!rows[i].is_true || strstr(dump, rows[i].lie.url.at));
		free(dump);
		free(where);
	}
	free(expected);
}

/* ---- what only memory can do ---- */

/* Whichever verb fails (of three we try one): the run ends, and the next one makes the same of it.
 */
static void a_crawl_survives_whichever_verb_fails(void **state)
{
	struct wish wish = { .obeys_robots = true };
	char *expected = undisturbed(&wish, 1);
	unsigned fails_after = 1;
	enum master_end result;

	do {
		struct wish failing = { .obeys_robots = true, .fails_after = fails_after };
		char *where = new_where(*state);

		result = crawl(*state, where, &failing);
		if (result == MASTER_STORE_FAILED)
			assert_int_equal(crawl(*state, where, &wish), MASTER_FINISHED);
		assert_dump(where, expected);
		free(where);
		fails_after += 3;
	} while (result == MASTER_STORE_FAILED && fails_after < 300);
	assert_int_equal(result, MASTER_FINISHED);
	assert_true(fails_after > 30);
	free(expected);
}

static void lose_and_gain(const struct variant *variant, const struct wish *wish)
{
	char *expected = undisturbed(wish, 1);

	for (unsigned i = 0; i < 40; i++) {
		struct wish lost = *wish;
		bool is_whole;
		char *where = new_where(variant);

		lost.share = i % variant->ways.shares;
		lost.lose_at = 1 + i / 4;
		lost.gain_at = lost.lose_at + 1 + i % 3;
		begin(variant, where, &lost);
		assert_int_equal(run_to_end(), MASTER_FINISHED);
		assert_true(stage.has_gained);
		is_whole =
			!memory_store_waits(stage.store); /* else it came too late for this run */
		end();
		if (is_whole)
			assert_dump(where, expected);
		free(where);
	}
	free(expected);
}

/* What came meanwhile is asked for again; nothing is left out, and nothing is there twice. */
static void a_share_that_was_lost_and_gained_again_is_crawled_once(void **state)
{
	struct wish wish = { .pages = hosts, .page_count = COUNT(hosts), .has_hosts = true };

	lose_and_gain(*state, &wish);
}

/* It may have been on its way, and nobody waits for it any more. */
static void a_robots_txt_is_asked_for_again_when_its_share_comes_back(void **state)
{
	struct wish wish = {
		.pages = hosts, .page_count = COUNT(hosts), .has_hosts = true, .obeys_robots = true
	};

	lose_and_gain(*state, &wish);
}

/* Nobody asks for what is another's, nor gives it a number. */
static void what_leads_to_a_lost_share_waits_for_its_owner(void **state)
{
	unsigned gained = 0;

	for (unsigned i = 0; i < 40; i++) {
		struct wish wish = { .pages = ring, .page_count = COUNT(ring), .has_hosts = true };
		char *where = new_where(*state);
		struct store_totals totals;

		wish.share = i % shared_memory.ways.shares;
		wish.lose_at = 1 + i / 4;
		wish.gain_at = wish.lose_at + 1 + i % 3;
		begin(*state, where, &wish);
		assert_int_equal(run_to_end(), MASTER_FINISHED);
		assert_int_equal(store_get_totals(stage.store, &totals), 0);
		/* All else may be done before it comes back: then it is another run's. */
		if (stage.has_gained && !memory_store_waits(stage.store)) {
			assert_int_equal(totals.done, COUNT(ring));
			assert_int_equal(totals.rows, COUNT(ring) / 2);
			gained++;
		}
		end();
		free(where);
	}
	assert_true(gained >= 20);
}

#define ON(variant, test)                                                            \
	{                                                                            \
#test " (" #variant ")", test, master_scene_begin, master_scene_end, \
			(void *)(uintptr_t)&variant                                  \
	}
#define ON_ALL(test)                                                                              \
	ON(sqlite_file, test), ON(in_memory, test), ON(late_memory, test), ON(lazy_memory, test), \
		ON(shared_memory, test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_ALL(what_is_pending_is_queued_and_nothing_else),
		ON(sqlite_file, urls_are_numbered_up_to_the_largest_number_and_not_from_beyond_it),
		ON(in_memory, a_seed_of_a_host_that_the_store_does_not_take_is_refused),
		ON_ALL(a_crawl_is_the_same_in_every_store),
		ON_ALL(a_crawl_that_was_killed_goes_on_where_it_was),
		ON_ALL(a_new_pass_asks_for_all_again),
		ON_ALL(a_retry_asks_for_what_failed_and_nothing_else),
		ON_ALL(what_fails_for_a_while_is_tried_again),
		ON_ALL(a_page_that_workers_die_of_is_given_up_at_last),
		ON(sqlite_file, a_worker_that_lies_about_a_link_is_not_believed),
		ON(in_memory, a_worker_that_lies_about_a_link_is_not_believed),
		ON(in_memory, a_crawl_survives_whichever_verb_fails),
		ON(shared_memory, a_crawl_survives_whichever_verb_fails),
		ON(shared_memory, a_share_that_was_lost_and_gained_again_is_crawled_once),
		ON(shared_memory, what_leads_to_a_lost_share_waits_for_its_owner),
		ON(shared_memory, a_robots_txt_is_asked_for_again_when_its_share_comes_back),
	};

	signals_block(); /* the master takes them where it waits */
	return RUN_TESTS(tests);
}
