/*
 * Several masters on one crawl, in one process, turn by turn: what they make of a site is what one
 * makes of it alone.
 *
 * Each has a pool of its own, whose workers fetch nothing, and a store that is a node of a crawl in
 * memory.  Shares move, nodes die and come, leases are lost.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/base/clock.h"
#include "crawler/base/loop.h"
#include "crawler/base/signals.h"
#include "crawler/master/master.h"
#include "store/backend.h"
#include "tests/support/capture.h"
#include "tests/support/master_scene.h"
#include "tests/support/memory_store.h"
#include "tests/support/program.h"
#include "tests/support/stand_in.h"
#include "tests/support/store_dump.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define NODES_MAX    4
#define ROUNDS_MAX   40000
#define SHARES       4
#define COMMITS      150

/* ---- sites: trees over several hosts, so that every page is found in one way ---- */

#define LEAF(url, body)                    \
	{                                  \
		url, 200, body, NULL, 0, 0 \
	}
#define MOVE(url, status, to)               \
	{                                   \
		url, status, to, NULL, 0, 0 \
	}

static const struct stand_in_page tree[] = {
	LEAF("http://a.example/",
	     "<a href=/1></a><a href=http://b.example/></a>"
	     "<a href=http://c.example/></a><a href=http://d.example/film/1></a>"
	     "<a href=http://other.test/></a>"),
	LEAF("http://a.example/1", "<a href=http://e.example/></a><a href=/film/2></a>"),
	LEAF("http://a.example/film/2", "<b>2</b> <i>two</i>"),
	LEAF("http://b.example/", "<a href=/film/3></a><a href=/film/4></a>"
				  "<a href=http://f.example/film/5></a>"),
	LEAF("http://b.example/film/3", "<b>3</b> <i>three</i>"),
	LEAF("http://b.example/film/4", "<b>4</b> <i>four</i><a href=http://g.example/></a>"),
	LEAF("http://c.example/", "<a href=/film/6></a><a href=http://h.example/></a>"),
	LEAF("http://c.example/film/6", "<b>6</b> <i>six</i>"),
	LEAF("http://d.example/film/1", "<b>1</b> <i>one</i><a href=/gone></a>"),
	LEAF("http://e.example/", "<a href=/film/7></a><a href=/film/8></a>"),
	LEAF("http://e.example/film/7", "<b>7</b> <i>seven</i>"),
	LEAF("http://e.example/film/8", "<b>8</b> <i>eight</i>"),
	LEAF("http://f.example/film/5", "<b>5</b> <i>five</i>"),
	LEAF("http://g.example/", "<a href=/film/9></a>"),
	LEAF("http://g.example/film/9", "<b>9</b> <i>nine</i>"),
	LEAF("http://h.example/",
	     "<a href=/film/10></a><a href=/film/11></a><a href=/film/12></a>"),
	LEAF("http://h.example/film/10", "<b>10</b> <i>ten</i>"),
	LEAF("http://h.example/film/11", "<b>11</b> <i>eleven</i>"),
	LEAF("http://h.example/film/12", "<b>12</b> <i>twelve</i><a href=http://a.example/13></a>"),
	LEAF("http://a.example/13", "<a href=http://b.example/14></a>"),
	LEAF("http://b.example/14", "<a href=http://c.example/15></a>"),
	LEAF("http://c.example/15", "<a href=http://d.example/16></a>"),
	LEAF("http://d.example/16", "the end"),
	LEAF("http://b.example/robots.txt", "User-agent: *\nDisallow: /film/4\n"),
};

/* Redirects between hosts of several shares: one, two, three hops, rings, to what fails. */
static const struct stand_in_page moves[] = {
	LEAF("http://a.example/",
	     "<a href=http://b.example/moved/1></a><a href=http://c.example/film/1></a>"
	     "<a href=http://c.example/moved/2></a><a href=http://d.example/moved/3></a>"
	     "<a href=http://e.example/moved/4></a><a href=http://f.example/film/4></a>"
	     "<a href=http://b.example/moved/5></a><a href=http://g.example/bad></a>"
	     "<a href=http://h.example/moved/6></a><a href=http://h.example/moved/7></a>"
	     "<a href=http://a.example/moved/8></a><a href=http://f.example/flaky></a>"
	     "<a href=http://d.example/away></a><a href=http://c.example/moved/9></a>"
	     "<a href=http://e.example/moved/9></a>"),
	/* to a page of the crawl, and to one that is none, over one, two and three hops */
	MOVE("http://b.example/moved/1", 301, "http://c.example/film/1"),
	LEAF("http://c.example/film/1", "<b>1</b> <i>one</i>"),
	MOVE("http://c.example/moved/2", 301, "http://d.example/film/2"),
	LEAF("http://d.example/film/2", "<b>2</b> <i>two</i><a href=/found></a>"),
	LEAF("http://d.example/found", "found there"),
	MOVE("http://d.example/moved/3", 302, "http://e.example/hop/3"),
	MOVE("http://e.example/hop/3", 302, "http://f.example/film/3"),
	LEAF("http://f.example/film/3", "<b>3</b> <i>three</i>"),
	MOVE("http://e.example/moved/4", 301, "http://g.example/hop/4"),
	MOVE("http://g.example/hop/4", 301, "http://h.example/hop/4"),
	MOVE("http://h.example/hop/4", 301, "http://f.example/film/4"),
	LEAF("http://f.example/film/4", "<b>4</b> <i>four</i>"),
	/* to one that fails, at once and by another that moved there */
	MOVE("http://b.example/moved/5", 301, "http://g.example/bad"),
	MOVE("http://h.example/moved/6", 302, "http://b.example/moved/5"),
	MOVE("http://h.example/moved/7", 302, "http://nobody.example/7"),
	/* back to the host that it came from */
	MOVE("http://a.example/moved/8", 301, "http://b.example/hop/8"),
	MOVE("http://b.example/hop/8", 301, "http://a.example/film/8"),
	LEAF("http://a.example/film/8", "<b>8</b> <i>eight</i>"),
	/* tried again */
	MOVE("http://f.example/flaky", 302, "http://c.example/busy"),
	{ "http://c.example/busy", 200, "<b>9</b> <i>nine</i>", NULL, 1, 503 },
	/* to no page */
	MOVE("http://d.example/away", 301, "ftp://d.example/"),
	/* two that lead to one */
	MOVE("http://c.example/moved/9", 301, "http://c.example/film/1"),
	MOVE("http://e.example/moved/9", 301, "http://c.example/moved/9"),
};

static const struct stand_in_page rings[] = {
	LEAF("http://a.example/",
	     "<a href=http://b.example/self></a>"
	     "<a href=http://c.example/two></a><a href=http://d.example/two></a>"
	     "<a href=http://b.example/x></a><a href=http://e.example/x></a>"
	     "<a href=http://h.example/x></a><a href=http://a.example/into></a>"
	     "<a href=http://f.example/lone></a>"),
	MOVE("http://b.example/self", 302, "http://b.example/self"),
	MOVE("http://c.example/two", 301, "http://d.example/two"),
	MOVE("http://d.example/two", 301, "http://c.example/two"),
	MOVE("http://b.example/x", 302, "http://e.example/x"),
	MOVE("http://e.example/x", 302, "http://h.example/x"),
	MOVE("http://h.example/x", 302, "http://b.example/x"),
	MOVE("http://a.example/into", 301, "http://b.example/x"),
	MOVE("http://f.example/lone", 301, "http://g.example/lone"),
	MOVE("http://g.example/lone", 301, "http://f.example/lone"),
};

/* A robots.txt that is another host's: over one hop, over two, to none, to no answer. */
static const struct stand_in_page others_robots[] = {
	LEAF("http://a.example/", "<a href=http://b.example/film/1></a>"
				  "<a href=http://b.example/private></a>"
				  "<a href=http://c.example/private></a>"
				  "<a href=http://d.example/private></a>"
				  "<a href=http://e.example/private></a>"
				  "<a href=http://f.example/moved/1></a>"),
	MOVE("http://b.example/robots.txt", 301, "http://g.example/robots.txt"),
	LEAF("http://g.example/robots.txt", "User-agent: *\nDisallow: /private\n"),
	LEAF("http://b.example/film/1", "<b>1</b> <i>one</i>"),
	LEAF("http://b.example/private", "not for us"),
	MOVE("http://c.example/robots.txt", 302, "http://h.example/hop"),
	MOVE("http://h.example/hop", 302, "http://g.example/robots.txt"),
	LEAF("http://c.example/private", "not for us"),
	MOVE("http://d.example/robots.txt", 302, "http://h.example/none"),
	LEAF("http://d.example/private", "there are no rules"),
	MOVE("http://e.example/robots.txt", 302, "http://g.example/broken"),
	{ "http://g.example/broken", 500, NULL, NULL, 0, 0 },
	LEAF("http://e.example/private", "nobody knows"),
	MOVE("http://f.example/moved/1", 301, "http://g.example/private"),
	LEAF("http://g.example/private", "not for us"),
};

/* What leads there comes before what is there: of the last it is not begun. */
#define LED(at)   MOVE("http://b.example/moved/" at, 301, "http://c.example/film/" at)
#define THERE(at) LEAF("http://c.example/film/" at, "<b>1</b> <i>one</i>")
static const struct stand_in_page led[] = {
	LEAF("http://a.example/",
	     "<a href=http://b.example/moved/6></a><a href=http://b.example/moved/5></a>"
	     "<a href=http://b.example/moved/4></a><a href=http://b.example/moved/3></a>"
	     "<a href=http://c.example/film/1></a><a href=http://c.example/film/2></a>"
	     "<a href=http://c.example/film/3></a><a href=http://c.example/film/4></a>"
	     "<a href=http://c.example/film/5></a><a href=http://c.example/film/6></a>"),
	LED("3"),
	LED("4"),
	LED("5"),
	LED("6"),
	THERE("1"),
	THERE("2"),
	THERE("3"),
	THERE("4"),
	THERE("5"),
	THERE("6"),
};

static const char config_text[] = MASTER_SCENE_FILMS "follow:\n"
						     "  - depth: 99\n"
						     "    same: any\n"
						     "    link: 'example'\n%s"
						     "  - link: 'test'\n"
						     "    same: host\n";

/* ---- what every test stands on ---- */

struct plan {
	const struct stand_in_page *pages;
	size_t page_count;
	unsigned nodes;
	bool obeys_robots;
	int retries;
	int64_t max_pages;
	bool is_reduced; /* only that is compared which does not hang on what was asked first */
	/* Of a thousand rounds, in how many something happens. */
	unsigned moves, kills, fences;
	unsigned commits;                    /* nodes commit then besides; 0: when it is due */
	unsigned coming;                     /* turns in which a share is handed out */
	unsigned chance;                     /* what the chances begin with */
	int64_t retry_wait_ms;               /* 0: 1 */
	const char *retry_after;             /* of pages that end otherwise first; or NULL */
	unsigned answer_us;                  /* that each answer takes, or 0: a little */
	const char *const *lists[NODES_MAX]; /* of what each names; NULL: the first page, alone */
	const char *rule;                 /* one more line of the first rule of follow, or NULL */
	void (*on_round)(unsigned round); /* or NULL */
};

struct node {
	struct config *config;
	struct tally *tally;
	struct loop *loop;
	struct pool *pool;
	struct store *store;
	struct master *master;
	struct follow *follow;
	bool is_over;
	enum master_end end;
};

static struct {
	const struct plan *plan;
	const char *where;
	struct stand_in stand_in;
	struct node nodes[NODES_MAX];
	uint32_t chance;
	unsigned kills, fences, moves;
} stage;

static uint32_t chance(uint32_t of)
{
	stage.chance = stage.chance * 1664525 + 1013904223;
	return (stage.chance >> 8) % of;
}

static void load_config(struct node *node)
{
	struct settings *settings;

	node->config = master_scene_config(config_text, stage.plan->rule ? stage.plan->rule : "");
	settings = &node->config->settings;
	settings->concurrency = 1;
	settings->retries = stage.plan->retries;
	if (stage.plan->retry_wait_ms)
		settings->retry_wait_ms = stage.plan->retry_wait_ms;
	settings->max_pages = stage.plan->max_pages;
	settings->robots = stage.plan->obeys_robots;
}

static void start_workers(struct node *node)
{
	const struct settings *settings = &node->config->settings;
	const char *names[] = { "films" };

	node->follow = follow_new(node->config->follow, node->config->follow_count, settings);
	stage.stand_in.follow = node->follow;
	node->tally = tally_new(names, 1);
	node->loop = loop_new();
	node->pool = master_scene_pool(&stage.stand_in, node->loop, NULL);
}

/* Returns whether it has joined a run, and has not begun it. */
static bool open_node(struct node *node)
{
	struct master_options options = { .window = 4 };
	struct store_error error = { .text = "" };
	struct store_member member;

	*node = (struct node){ .is_over = false };
	load_config(node);
	start_workers(node);
	node->store = store_open(stage.where, false, &error);
	assert_string_equal(error.text, "");
	assert_true(store_begin_run(node->store, &master_scene_run) > 0);
	options.config = node->config;
	options.loop = node->loop;
	options.pool = node->pool;
	options.store = node->store;
	options.tally = node->tally;
	node->master = master_new(&options);
	assert_non_null(node->master);
	store_get_member(node->store, &member);
	return member.has_joined;
}

static void close_node(struct node *node)
{
	if (!node->master)
		return;
	pool_free(node->pool);
	master_free(node->master);
	loop_free(node->loop);
	store_close(node->store);
	tally_free(node->tally);
	follow_free(node->follow);
	config_free(node->config);
	*node = (struct node){ .is_over = true };
}

static void add_seed(struct node *node, const char *text)
{
	assert_true(master_scene_seed(node->master, text) >= 0);
}

/* Of one that takes another's place the list is read. */
static void add_seeds(struct node *node, bool has_joined)
{
	const char *const *list = stage.plan->lists[node - stage.nodes];

	if (!list && !has_joined)
		add_seed(node, stage.plan->pages[0].url);
	for (; list && *list && stage.kills == 0; list++)
		add_seed(node, *list);
}

static void begin_node(struct node *node)
{
	struct asked_wish wish = { .is_all = !stage.plan->lists[0] };
	struct asked_census census;
	enum store_pass pass;
	bool has_joined = open_node(node);

	if (stage.plan->coming > 0)
		memory_store_set_coming(node->store, stage.plan->coming);
	assert_int_equal(master_load(node->master), 0);
	add_seeds(node, has_joined);
	assert_int_equal(master_ask(node->master, &wish, &census, &pass), 0);
	assert_int_equal(master_commit(node->master), 0);
	assert_int_equal(master_begin(node->master), 0);
}

static unsigned live_nodes(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < NODES_MAX; i++)
		count += stage.nodes[i].master && !stage.nodes[i].is_over;
	return count;
}

static struct node *any_node(void)
{
	unsigned at = chance(NODES_MAX);

	while (!stage.nodes[at].master || stage.nodes[at].is_over)
		at = (at + 1) % NODES_MAX;
	return &stage.nodes[at];
}

/* It is dead at once, and its workers with it; another takes its place. */
static void kill_one(void)
{
	struct node *node = any_node();

	store_fail(node->store, STORE_CURE_NONE, "killed by the test");
	close_node(node);
	stage.kills++;
	begin_node(node);
}

static void disturb(void)
{
	const struct plan *plan = stage.plan;
	struct node *from, *to;

	if (live_nodes() < 2)
		return;
	if (chance(1000) < plan->moves) {
		from = any_node();
		to = any_node();
		if (from != to)
			memory_store_move(from->store, chance(SHARES), to->store);
		stage.moves++;
	}
	if (chance(1000) < plan->kills)
		kill_one();
	if (chance(1000) < plan->fences) {
		memory_store_fence(any_node()->store);
		stage.fences++;
	}
}

/* Long before its time, so that what others hear of comes soon. */
static void commit_early(struct node *node)
{
	if (stage.plan->commits > 0 && chance(1000) < stage.plan->commits)
		assert_int_equal(master_commit(node->master), 0);
}

static void turn_node(struct node *node)
{
	if (!node->master || node->is_over)
		return;
	if (master_turn(node->master, 1)) {
		commit_early(node);
		return;
	}
	node->is_over = true;
	node->end = master_leave_run(node->master);
	if (node->end == MASTER_FINISHED || node->end == MASTER_MAX_PAGES)
		assert_int_equal(store_end_run(node->store, node->end == MASTER_FINISHED
								    ? "finished"
								    : "max_pages"),
				 0);
}

/* From its seed to its end. */
static void crawl(const struct plan *plan, const char *where)
{
	unsigned round = 0;

	memset(&stage, 0, sizeof(stage));
	stage.plan = plan;
	stage.where = where;
	stage.chance = plan->chance;
	stand_in_begin(&stage.stand_in, plan->pages, plan->page_count);
	stage.stand_in.retry_after = plan->retry_after;
	stage.stand_in.answer_us = plan->answer_us ? plan->answer_us : plan->nodes > 1 ? 200 : 0;
	for (unsigned i = 0; i < plan->nodes; i++)
		begin_node(&stage.nodes[i]);
	while (live_nodes() > 0 && round++ < ROUNDS_MAX) {
		disturb();
		if (plan->on_round)
			plan->on_round(round);
		for (unsigned i = 0; i < NODES_MAX; i++)
			turn_node(&stage.nodes[i]);
	}
	if (live_nodes() > 0)
		fail_msg("chance %u: it has not ended: %zu letters", plan->chance,
			 memory_store_letters(any_node()->store));
	if (stage.fences == 0) /* what a lost lease has under way, ends only then */
		assert_int_equal(atomic_load(&stage.stand_in.counts->clashes), 0);
}

static void end_crawl(void)
{
	for (unsigned i = 0; i < NODES_MAX; i++)
		close_node(&stage.nodes[i]);
	stand_in_end(&stage.stand_in);
}

static char *new_where(bool is_memory)
{
	char *where = master_scene_where(is_memory);

	if (is_memory)
		memory_store_share(where, SHARES);
	return where;
}

/* Of a dump what does not hang on what was asked first: state and outcome of pages, and rows. */
static char *reduced(char *dump)
{
	char *to = dump, *next;

	for (char *line = dump; *line; line = next) {
		char *end = strchr(line, '\n'), *field = line;

		next = end ? end + 1 : line + strlen(line);
		if (strncmp(line, "row ", 4) == 0) {
			memmove(to, line, (size_t)(next - line));
			to += next - line;
		}
		if (strncmp(line, "page ", 5) != 0)
			continue;
		for (unsigned i = 0; i < 12; i++) {
			size_t size = strcspn(field, " \n");

			if (i == 1 || i == 10 || i == 11) {
				memmove(to, field, size);
				to += size;
				*to++ = i == 11 ? '\n' : ' ';
			}
			field += size + 1;
		}
	}
	*to = '\0';
	return dump;
}

/* What a SQLite file has of it. */
static char *undisturbed(const struct plan *plan)
{
	struct plan alone = *plan;
	char *where = new_where(false), *dump;

	alone.nodes = 1;
	alone.moves = alone.kills = alone.fences = alone.coming = 0;
	alone.on_round = NULL;
	crawl(&alone, where);
	end_crawl();
	dump = store_dump(where, STORE_DUMP_CRAWL);
	free(where);
	return plan->is_reduced ? reduced(dump) : dump;
}

static void assert_dump(const char *where, const char *expected)
{
	char *dump = store_dump(where, STORE_DUMP_CRAWL), whose[128];

	if (stage.plan->is_reduced)
		reduced(dump);
	snprintf(whose, sizeof(whose),
		 "%u nodes, %u moves, %u deaths, %u leases, chance %u: ", stage.plan->nodes,
		 stage.moves, stage.kills, stage.fences, stage.plan->chance);
	master_scene_assert_dump(dump, expected, whose);
	free(dump);
}

/* Whatever happens, it is what one makes of it alone. */
static void crawl_often(const struct plan *plan, unsigned times)
{
	char *expected = undisturbed(plan);
	for (unsigned i = 1; i <= times; i++) {
		struct plan nth = *plan;
		char *where = new_where(true);

		nth.chance = i;
		nth.commits = plan->on_round ? 0 : COMMITS;
		crawl(&nth, where);
		assert_dump(where, expected);
		assert_int_equal(memory_store_letters(stage.nodes[0].store), 0);
		end_crawl();
		free(where);
	}
	free(expected);
}

/* By one, two and three, so often each; then, while shares move, and nodes die and lose leases. */
static void crawl_by_one_to_three(struct plan plan, unsigned times)
{
	for (plan.nodes = 1; plan.nodes <= 3; plan.nodes++)
		crawl_often(&plan, times);
	plan.nodes = 3;
	plan.moves = 300;
	crawl_often(&plan, 10);
	plan.kills = plan.fences = 50;
	crawl_often(&plan, 10);
}

/* ---- tests ---- */

static void one_two_or_three_make_the_same_of_a_site(void **state)
{
	(void)state;
	for (unsigned nodes = 1; nodes <= 3; nodes++) {
		struct plan plan = { .pages = tree,
				     .page_count = COUNT(tree),
				     .nodes = nodes,
				     .obeys_robots = nodes == 2,
				     .moves = 0 };

		crawl_often(&plan, 2);
	}
}

static void shares_move_while_they_are_crawled(void **state)
{
	struct plan plan = { .pages = tree, .page_count = COUNT(tree), .nodes = 3, .moves = 500 };

	(void)state;
	crawl_often(&plan, 10);
	plan.obeys_robots = true;
	crawl_often(&plan, 10);
}

/* Its URLs are due before it is: they wait, and are nobody else's. */
static void what_is_of_a_share_that_is_coming_waits(void **state)
{
	struct plan plan = {
		.pages = tree, .page_count = COUNT(tree), .nodes = 2, .moves = 300, .coming = 5
	};

	(void)state;
	crawl_often(&plan, 5);
	plan.pages = moves;
	plan.page_count = COUNT(moves);
	plan.retries = 2;
	plan.is_reduced = true;
	plan.kills = plan.fences = 50;
	crawl_often(&plan, 5);
}

static void nodes_die_and_others_take_their_place(void **state)
{
	struct plan plan = {
		.pages = tree, .page_count = COUNT(tree), .nodes = 3, .moves = 200, .kills = 100
	};

	(void)state;
	crawl_often(&plan, 10);
	plan.obeys_robots = true;
	crawl_often(&plan, 5);
}

static void a_node_whose_lease_was_lost_starts_over(void **state)
{
	struct plan plan = {
		.pages = tree, .page_count = COUNT(tree), .nodes = 3, .moves = 200, .fences = 100
	};

	(void)state;
	crawl_often(&plan, 10);
	plan.obeys_robots = true;
	crawl_often(&plan, 5);
}

/* ---- a page in parts ---- */

#define LARGE_ROWS 30000

static bool is_cut;

/* Some of its rows are written: the lease is lost. */
static void on_part_round(unsigned round)
{
	(void)round;
	for (unsigned i = 0; i < 2 && !is_cut; i++) {
		struct node *node = &stage.nodes[i];

		if (!node->master || store_get_uncommitted(node->store) < 1000)
			continue;
		is_cut = true;
		memory_store_fence(node->store);
	}
}

static void nothing_is_left_of_a_page_that_was_written_in_part(void **state)
{
	static char body[LARGE_ROWS * 24];
	const struct stand_in_page pages[] = {
		LEAF("http://a.example/film/0", body),
	};
	struct plan plan = {
		.pages = pages, .page_count = COUNT(pages), .nodes = 2, .on_round = on_part_round
	};
	size_t size = 0;

	(void)state;
	for (unsigned i = 0; i < LARGE_ROWS; i++)
		size += (size_t)snprintf(body + size, sizeof(body) - size, "<b>%u</b> <i>x</i>", i);
	is_cut = false;
	crawl_often(&plan, 1);
	assert_true(is_cut);
}

static void redirects_lead_from_share_to_share(void **state)
{
	const struct plan plan = {
		.pages = moves, .page_count = COUNT(moves), .retries = 2, .is_reduced = true
	};

	(void)state;
	crawl_by_one_to_three(plan, 3);
}

static void redirects_go_round_in_a_ring_of_shares(void **state)
{
	const struct plan plan = { .pages = rings, .page_count = COUNT(rings), .is_reduced = true };

	(void)state;
	crawl_by_one_to_three(plan, 5);
}

static void a_robots_txt_may_be_of_another_share(void **state)
{
	const struct plan plan = { .pages = others_robots,
				   .page_count = COUNT(others_robots),
				   .obeys_robots = true };

	(void)state;
	crawl_by_one_to_three(plan, 3);
}

/* ---- lists ---- */

/* A page for each host, with a link to another. */
#define LISTED(host)                                         \
	LEAF("http://" host ".example/", "<a href=/z></a>"), \
		LEAF("http://" host ".example/z", "found there")

static const struct stand_in_page listed[] = { LISTED("a"), LISTED("b"), LISTED("c"),
					       LISTED("d"), LISTED("e"), LISTED("f") };
static const char *const a_list[] = { "http://a.example/", NULL };
static const char *const b_list[] = { "http://b.example/", NULL };
static const char *const rest[] = { "http://c.example/", "http://d.example/", "http://e.example/",
				    "http://f.example/", NULL };

/* Whoever joins with a list of its own has it asked for, whoever owns that, and whoever does then.
 */
static void what_a_node_joins_with_is_asked_for_wherever_its_share_goes(void **state)
{
	struct plan before = {
		.pages = listed, .page_count = COUNT(listed), .nodes = 1, .lists = { a_list }
	};
	struct plan plan = { .pages = listed,
			     .page_count = COUNT(listed),
			     .nodes = 3,
			     .lists = { b_list, rest, b_list },
			     .answer_us = 1000,
			     .commits = COMMITS,
			     .moves = 500 };

	(void)state;
	for (plan.chance = 0; plan.chance < 6; plan.chance++) {
		char *where = new_where(true), *dump, *line;
		size_t pages = 0;

		plan.kills = plan.chance % 3 == 2 ? 50 : 0;
		crawl(&before, where);
		end_crawl();
		crawl(&plan, where);
		end_crawl();
		line = dump = reduced(store_dump(where, STORE_DUMP_CRAWL));
		while ((line = strstr(line, " 1 ok\n")) != NULL)
			line++, pages++;
		if (pages != COUNT(listed))
			fail_msg("chance %u: %zu of %zu pages:\n%s", plan.chance, pages,
				 COUNT(listed), dump);
		free(dump);
		free(where);
	}
}

/* ---- quotas ---- */

static void what_all_may_do_together_is_done_so_often_and_no_more(void **state)
{
	static const struct {
		int64_t max_pages;
		const char *rule;
		unsigned asked; /* requests */
		enum master_end end;
	} rows[] = {
		{ 1, NULL, 1, MASTER_MAX_PAGES },
		{ 10, NULL, 10, MASTER_MAX_PAGES },
		{ 22, NULL, 22, MASTER_MAX_PAGES },
		{ 23, NULL, 23, MASTER_MAX_PAGES },
		{ 24, NULL, 24, MASTER_FINISHED },
		{ 0, "    max_pages: 0\n", 1, MASTER_FINISHED },
		{ 0, "    max_pages: 7\n", 8, MASTER_FINISHED },
		{ 0, "    max_pages: 22\n", 23, MASTER_FINISHED },
		{ 5, "    max_pages: 7\n", 5, MASTER_MAX_PAGES },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * 3; i++) {
		struct plan plan = { .pages = tree,
				     .page_count = COUNT(tree) - 1, /* without the robots.txt */
				     .nodes = 1 + (unsigned)i % 3,
				     .moves = i % 2 ? 100 : 0,
				     .commits = COMMITS,
				     .chance = (unsigned)i,
				     .max_pages = rows[i / 3].max_pages,
				     .rule = rows[i / 3].rule };
		char *where;

		/* A second each, as links are put off. */
		if (plan.rule && plan.nodes < 3 && i != 18)
			continue;
		where = new_where(true);
		crawl(&plan, where);
		if (atomic_load(&stage.stand_in.counts->all) != rows[i / 3].asked)
			fail_msg("row %zu, %u nodes: %u requests", i / 3, plan.nodes,
				 atomic_load(&stage.stand_in.counts->all));
		for (unsigned node = 0; node < plan.nodes; node++)
			assert_int_equal(stage.nodes[node].end, rows[i / 3].end);
		end_crawl();
		free(where);
	}
}

static bool is_stopped;

/* As far as it came. */
static void on_first_run(unsigned round)
{
	(void)round;
	if (is_stopped || atomic_load(&stage.stand_in.counts->all) < 2)
		return;
	is_stopped = true;
	memory_store_order(stage.nodes[0].store, "stop", "");
}

/* It is said before anybody else can ask. */
static void on_second_run(unsigned round)
{
	if (round == 1)
		assert_true(memory_store_used(stage.nodes[0].store, "rule 1") >= 5);
}

static void what_earlier_runs_added_counts_for_a_rule(void **state)
{
	struct plan plan = { .pages = tree,
			     .page_count = COUNT(tree) - 1,
			     .commits = COMMITS,
			     .rule = "    max_pages: 7\n" };
	char *where = new_where(true), *dump, *line;
	size_t count = 0;

	(void)state;
	plan.chance = 1;
	plan.on_round = on_first_run;
	plan.nodes = 2;
	plan.moves = 0;
	is_stopped = false;
	crawl(&plan, where);
	end_crawl();
	plan.on_round = on_second_run;
	plan.nodes = 3;
	plan.moves = 300;
	crawl(&plan, where);
	end_crawl();
	line = dump = reduced(store_dump(where, STORE_DUMP_CRAWL));
	while ((line = strstr(line, "\nhttp://")) != NULL) /* and the first, but for other.test */
		line++, count++;
	if (count != 8) /* with the seed */
		fail_msg("%zu:\n%s", count, dump);
	free(dump);
	free(where);
}

/* Who is led to a URL that is not begun any more reads it in its own name, and waits for nobody. */
static void who_waits_for_what_may_not_begin_goes_on(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 24; i++) {
		struct plan plan = { .pages = led,
				     .page_count = COUNT(led),
				     .nodes = 2 + i % 2,
				     .moves = i % 4 == 3 ? 100 : 0,
				     .commits = COMMITS,
				     .chance = i,
				     .max_pages = 4 + i / 4 };
		char *where = new_where(true);

		crawl(&plan, where);
		assert_int_equal(memory_store_letters(stage.nodes[0].store), 0);
		assert_int_equal(stage.nodes[0].end, MASTER_MAX_PAGES);
		end_crawl();
		free(where);
	}
}

/* ---- leases ---- */

/* In the first round in which nothing is under way; and what had been asked by then. */
static struct {
	unsigned round, asked;
} rest_from;

/* Returns true once: so many rounds later, in which nothing was asked though there is more. */
static bool has_rested(unsigned round, bool is_under_way, unsigned rounds)
{
	unsigned asked = atomic_load(&stage.stand_in.counts->all);

	if (rest_from.round == 0 && !is_under_way) {
		rest_from.round = round;
		rest_from.asked = asked;
	}
	if (rest_from.round == 0 || round != rest_from.round + rounds)
		return false;
	assert_int_equal(asked, rest_from.asked);
	assert_true(asked < COUNT(tree) - 1); /* without the robots.txt */
	return true;
}

/* Once it has asked a little the first node has no lease, or its store no room; and later again. */
static bool is_full, is_taken, is_back;

static void on_lease_round(unsigned round)
{
	struct node *node = &stage.nodes[0];

	if (!is_taken && atomic_load(&stage.stand_in.counts->all) >= 3) {
		is_taken = true;
		memory_store_set_lease(node->store, is_full ? INT64_MAX : clock_boot_ms() - 1,
				       is_full);
	}
	if (has_rested(round, !is_taken || master_view(node->master).in_flight > 0, 40)) {
		is_back = true;
		memory_store_set_lease(node->store, INT64_MAX, false);
	}
}

static void nothing_begins_without_a_lease_or_room(void **state)
{
	struct plan plan = { .pages = tree,
			     .page_count = COUNT(tree),
			     .nodes = 1,
			     .answer_us = 2000,
			     .on_round = on_lease_round };

	(void)state;
	for (int i = 0; i < 2; i++) {
		is_full = i == 1;
		is_taken = is_back = false;
		rest_from.round = 0;
		crawl_often(&plan, 1);
		assert_true(is_back);
	}
}

#define NOTICE "this machine's clock is 7 s ahead of that of a"

/* What the server says of itself meanwhile, in other words each time. */
static void on_trouble_round(unsigned round)
{
	struct store *store = stage.nodes[0].store;

	if (round == 2)
		strcpy(store->notice, NOTICE);
	if (round > 3)
		snprintf(store->trouble, sizeof(store->trouble), "no room, tried %u times", round);
}

static void what_a_store_finds_out_is_said_once(void **state)
{
	struct plan plan = {
		.pages = tree, .page_count = COUNT(tree), .nodes = 1, .on_round = on_trouble_round
	};
	char *where = new_where(true);
	struct capture said = capture_begin(STDERR_FILENO);

	(void)state;
	crawl(&plan, where);
	end_crawl();
	capture_end(&said);
	free(where);
	assert_int_equal(count_times(said.text, NOTICE "\n"), 1);
	assert_int_equal(count_times(said.text, "no room, tried 4 times (waiting)\n"), 1);
	assert_int_equal(count_times(said.text, "(waiting)"), 1);
}

/* The lease ends while jobs wait in a worker. */
static void on_late_round(unsigned round)
{
	struct store *store = stage.nodes[0].store;

	if (round == 1)
		memory_store_set_lease(store, clock_boot_ms() + 40, false);
	if (store_get_lease_ms(store) < clock_boot_ms() - 200)
		memory_store_set_lease(store, INT64_MAX, false);
}

static void what_a_worker_has_not_begun_in_time_is_asked_for_later(void **state)
{
	struct plan plan = { .pages = tree,
			     .page_count = COUNT(tree) - 1,
			     .nodes = 1,
			     .answer_us = 15000,
			     .on_round = on_late_round };
	char *expected = undisturbed(&plan), *where = new_where(true);

	(void)state;
	crawl(&plan, where);
	assert_dump(where, expected);
	for (size_t i = 0; i < plan.page_count; i++)
		assert_int_equal(stand_in_count(&stage.stand_in, tree[i].url), 1);
	end_crawl();
	free(where);
	free(expected);
}

/* ---- hosts that are left alone ---- */

#define BUSY_URL     "http://c.example/busy"
#define BUSY_WAIT_MS 400 /* and at least three quarters of it, as chance has it */

static const struct stand_in_page busy[] = {
	LEAF("http://a.example/", "<a href=" BUSY_URL "></a>"),
	{ BUSY_URL, 200, "<b>1</b> <i>one</i>", NULL, 1, 503 },
};

static int64_t refused_at_ms, again_at_ms;
static unsigned moved_after;

static bool is_refused(void)
{
	unsigned count = stand_in_count(&stage.stand_in, BUSY_URL);

	if (count == 1 && refused_at_ms == 0)
		refused_at_ms = clock_ms();
	if (count == 2 && again_at_ms == 0)
		again_at_ms = clock_ms();
	return count == 1;
}

static void move_all(void)
{
	for (unsigned share = 0; share < SHARES; share++) {
		memory_store_move(stage.nodes[0].store, share, stage.nodes[1].store);
		memory_store_move(stage.nodes[1].store, share, stage.nodes[0].store);
	}
}

/* It has said that it is busy: all shares go to the other node. */
static void on_busy_round(unsigned round)
{
	(void)round;
	if (is_refused() && moved_after++ == 0)
		move_all();
}

/* Who heard it starts over before it has said so, and then another has it. */
static void on_forgotten_round(unsigned round)
{
	bool is_known = is_refused();

	for (unsigned i = 0; !is_known && round % 8 == 0 && i < 2; i++)
		assert_int_equal(master_commit(stage.nodes[i].master), 0);
	moved_after += is_known;
	for (unsigned i = 0; moved_after == 10 && i < 2; i++, stage.fences++)
		memory_store_fence(stage.nodes[i].store);
	if (moved_after == 20)
		move_all();
}

#define LATER_MS 1000

static bool is_asked(void)
{
	return atomic_load(&stage.stand_in.counts->askers['c' % STAND_IN_HOSTS]) != 0;
}

/* Who asks, and has committed that there is such a host, starts over before the answer is there;
 * and begins nothing until it is. */
static void on_lost_answer_round(unsigned round)
{
	struct store *store = stage.nodes[0].store;
	bool is_there = is_refused() && clock_ms() - refused_at_ms > LATER_MS / 4;

	(void)round;
	moved_after += moved_after > 0 || is_asked();
	if (moved_after == 1)
		assert_int_equal(master_commit(stage.nodes[0].master), 0);
	if (moved_after == 2)
		memory_store_fence(store);
	if (moved_after == 2 || is_there)
		memory_store_set_lease(store, is_there ? INT64_MAX : clock_boot_ms() - 1, false);
	stage.fences += moved_after == 2;
}

static void what_a_host_asks_for_is_heard_of_an_answer_that_is_lost(void **state)
{
	struct plan plan = { .pages = busy,
			     .page_count = COUNT(busy),
			     .nodes = 1,
			     .retry_after = "1",
			     .retries = 2,
			     .answer_us = 50000,
			     .on_round = on_lost_answer_round };
	char *where = new_where(true);

	(void)state;
	refused_at_ms = again_at_ms = 0;
	moved_after = 0;
	crawl(&plan, where);
	assert_true(again_at_ms - refused_at_ms >= LATER_MS);
	end_crawl();
	free(where);
}

static void be_busy(void (*on_round)(unsigned round))
{
	struct plan plan = { .pages = busy,
			     .page_count = COUNT(busy),
			     .nodes = 2,
			     .retries = 2,
			     .retry_wait_ms = BUSY_WAIT_MS,
			     .on_round = on_round };
	char *where = new_where(true);

	refused_at_ms = again_at_ms = 0;
	moved_after = 0;
	crawl(&plan, where);
	assert_true(again_at_ms - refused_at_ms >= BUSY_WAIT_MS / 2);
	assert_int_equal(stage.nodes[0].end, MASTER_FINISHED);
	end_crawl();
	free(where);
}

static void a_host_that_is_busy_is_left_alone_by_its_next_owner(void **state)
{
	(void)state;
	be_busy(on_busy_round);
}

static void that_a_host_is_busy_outlives_that_a_node_starts_over(void **state)
{
	(void)state;
	be_busy(on_forgotten_round);
}

/* ---- orders ---- */

static bool any_goes_on(void)
{
	for (unsigned i = 0; i < stage.plan->nodes; i++) {
		struct master_view view = master_view(stage.nodes[i].master);

		if (!view.is_paused || view.in_flight > 0)
			return true;
	}
	return false;
}

static void on_order_round(unsigned round)
{
	struct store *store = stage.nodes[0].store;

	if (round == 5)
		memory_store_order(store, "pause", "");
	if (has_rested(round, any_goes_on(), 20)) {
		memory_store_order(store, "delay", "h.example 2ms");
		memory_store_order(store, "add", "http://h.example/added");
		memory_store_order(store, "add", "nonsense://x");
		memory_store_order(store, "resume", "");
	}
}

static void all_hear_what_was_ordered(void **state)
{
	struct plan plan = {
		.pages = tree, .page_count = COUNT(tree), .nodes = 3, .on_round = on_order_round
	};
	char *where = new_where(true), *dump;

	(void)state;
	rest_from.round = 0;
	crawl(&plan, where);
	for (unsigned i = 0; i < plan.nodes; i++)
		assert_int_equal(stage.nodes[i].end, MASTER_FINISHED);
	dump = reduced(store_dump(where, STORE_DUMP_CRAWL));
	assert_non_null(strstr(dump, "http://h.example/added 2 http_error\n"));
	assert_non_null(strstr(dump, "http://d.example/16 1 ok\n"));
	free(dump);
	end_crawl();
	free(where);
}

static void on_stop_round(unsigned round)
{
	(void)round;
	if (is_stopped || atomic_load(&stage.stand_in.counts->all) == 0)
		return;
	is_stopped = true;
	memory_store_order(stage.nodes[0].store, "stop", "");
}

/* What they have not used of what all may do is given back, and no more. */
static void all_stop_when_one_is_told(void **state)
{
	struct plan plan = { .pages = tree,
			     .page_count = COUNT(tree) - 1,
			     .nodes = 3,
			     .on_round = on_stop_round,
			     .max_pages = 20 };
	char *where = new_where(true);
	uint64_t begun = 0;

	(void)state;
	is_stopped = false;
	crawl(&plan, where);
	for (unsigned i = 0; i < plan.nodes; i++) {
		assert_int_equal(stage.nodes[i].end, MASTER_INTERRUPTED);
		begun += memory_store_used(stage.nodes[i].store, "max_pages");
	}
	assert_in_range(begun, 1, 19);
	assert_int_equal(begun, atomic_load(&stage.stand_in.counts->all));
	end_crawl();
	free(where);
}

#define TEST(test)                                                      \
	{                                                               \
#test, test, master_scene_begin, master_scene_end, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_two_or_three_make_the_same_of_a_site),
		TEST(shares_move_while_they_are_crawled),
		TEST(what_is_of_a_share_that_is_coming_waits),
		TEST(nodes_die_and_others_take_their_place),
		TEST(a_node_whose_lease_was_lost_starts_over),
		TEST(nothing_is_left_of_a_page_that_was_written_in_part),
		TEST(redirects_lead_from_share_to_share),
		TEST(redirects_go_round_in_a_ring_of_shares),
		TEST(a_robots_txt_may_be_of_another_share),
		TEST(what_a_node_joins_with_is_asked_for_wherever_its_share_goes),
		TEST(what_all_may_do_together_is_done_so_often_and_no_more),
		TEST(what_earlier_runs_added_counts_for_a_rule),
		TEST(who_waits_for_what_may_not_begin_goes_on),
		TEST(nothing_begins_without_a_lease_or_room),
		TEST(what_a_store_finds_out_is_said_once),
		TEST(what_a_worker_has_not_begun_in_time_is_asked_for_later),
		TEST(a_host_that_is_busy_is_left_alone_by_its_next_owner),
		TEST(that_a_host_is_busy_outlives_that_a_node_starts_over),
		TEST(what_a_host_asks_for_is_heard_of_an_answer_that_is_lost),
		TEST(all_hear_what_was_ordered),
		TEST(all_stop_when_one_is_told),
	};

	signals_block(); /* the masters take them where they wait */
	return RUN_TESTS(tests);
}
