/*
 * guard JOB FOLDER: do one small job whose instructions tests/guard/test_guard.c has counted.  What
 * is counted is what happens inside measured(); setting up is not.  FOLDER is for a database.
 */
#include "instant_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawler/base/clock.h"
#include "crawler/config/config_load.h"
#include "crawler/links/follow.h"
#include "crawler/master/master.h"
#include "crawler/protocol/msg.h"
#include "crawler/worker/page.h"
#include "parsers/charset/charset.h"
#include "parsers/markup/html.h"
#include "parsers/markup/links.h"
#include "parsers/pattern/pattern.h"
#include "parsers/text/memory.h"
#include "parsers/url/url.h"
#include "store/store.h"

#define RUNS           10 /* of a job on a page */
#define LINKS          1000
#define ROWS           1000
#define COLUMNS        5
#define PAGE_BYTES_MAX 65536
#define UNHURRIED_MS   10000 /* a pattern's time: valgrind is slow */
#define LINK_BYTES_MAX 64

#define PAGES      400
#define SITE_LINKS 90 /* of the page, which lead to pages that are the same */
#define WINDOW     64

#define PAGE_URL "http://example.org/catalogue/page-7.html"

struct job;
typedef size_t job_function(struct job *job);

/* What a job works with.  Only measured() runs while instructions are counted. */
struct job {
	const char *folder;
	struct slice page;
	struct pattern *pattern;
	struct slice links[LINKS];
	struct store *store;
	int table;
	struct config *config;
	struct follow *follow;
	struct tally *tally;
	struct loop *loop;
	struct pool *pool;
	struct master *master;
	struct slice message, slot; /* of the page, as a worker sends it */
};

/* Not in tail position: the function is to be left after the work, not before. */
__attribute__((noinline)) static void measured(job_function *work, struct job *job, size_t *result)
{
	*result = work(job);
}

static struct slice read_page(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *bytes = memory_new(1, PAGE_BYTES_MAX);
	size_t size = file ? fread(bytes, 1, PAGE_BYTES_MAX, file) : 0;

	if (size == 0) {
		fprintf(stderr, "cannot read %s\n", path);
		exit(EXIT_FAILURE);
	}
	fclose(file);
	return (struct slice){ bytes, size };
}

/* ---- a page to rows ---- */

static void set_up_pattern(struct job *job)
{
	static const struct clean_spec trim[] = { { .kind = CLEAN_TRIM },
						  { .kind = CLEAN_SLICE, .argument = "3:" } };
	static const struct clean_spec slice[] = { { .kind = CLEAN_SLICE, .argument = "5:" } };
	static const struct field_spec fields[] = {
		{ .name = "index", .group = 1, .type = FIELD_INTEGER },
		{ .name = "title", .group = 2 },
		{ .name = "actor", .group = 3, .clean = trim, .clean_count = 2 },
		{ .name = "time", .group = 4, .clean = slice, .clean_count = 1 },
		{ .name = "score", .group = -1, .value = "{5}{6}", .type = FIELD_REAL },
	};
	static const struct pattern_spec spec = {
		.name = "films",
		.flags = "s",
		.pattern = "<dd>.*?board-index.*?>(\\d+)<.*?title=\"(.*?)\".*?star.*?>(.*?)<.*?"
			   "releasetime.*?>(.*?)<.*?integer.*?>(.*?)<.*?fraction.*?>(.*?)<",
		.fields = fields,
		.field_count = sizeof(fields) / sizeof(fields[0]),
		.budget_ms = UNHURRIED_MS,
	};
	struct pattern_error error;

	job->page = read_page("tests/guard/board.html");
	job->pattern = pattern_compile(&spec, &error);
}

static int ignore_row(void *context, const struct pattern_row *row)
{
	(void)context;
	(void)row;
	return 0;
}

static size_t parse(struct job *job)
{
	struct pattern_tally tally;
	size_t rows = 0;

	for (int i = 0; i < RUNS; i++) {
		pattern_run(job->pattern, slice_of(PAGE_URL), job->page, ignore_row, NULL, &tally);
		rows += tally.rows - tally.empty_fields;
	}
	return rows;
}

/* ---- a page to text ---- */

static void set_up_board(struct job *job)
{
	job->page = read_page("tests/guard/board.html");
}

static size_t decode(struct job *job)
{
	static char out[PAGE_BYTES_MAX * CHARSET_GROWTH_MAX];
	char title[128];
	size_t sizes = 0;

	for (int i = 0; i < RUNS; i++) {
		struct charset charset = charset_decide(job->page, slice_of("text/html"));
		struct slice text = charset_to_utf8(NULL, charset, job->page, out, sizeof(out));

		sizes += html_title(text, title, sizeof(title));
	}
	return sizes;
}

/* ---- a page to links ---- */

static void set_up_links(struct job *job)
{
	job->page = read_page("tests/guard/links.html");
}

static int ignore_link(void *context, const struct link *link, const struct links_facts *facts)
{
	(void)context;
	(void)link;
	(void)facts;
	return 0;
}

static size_t links(struct job *job)
{
	static struct links_scratch scratch;
	struct links_facts facts;
	size_t count = 0;

	for (int i = 0; i < RUNS; i++) {
		links_scan(job->page, &scratch, ignore_link, NULL, &facts);
		count += facts.count;
	}
	return count;
}

/* ---- links to URLs ---- */

/* Eight in ten are relative, one is rooted, one is absolute and badly spelt. */
static void set_up_references(struct job *job)
{
	static char text[LINKS][LINK_BYTES_MAX];

	for (int i = 0; i < LINKS; i++) {
		const char *form = i % 10 < 8 ? "../books/the-lamp-of-winter-%d.html"
				   : i % 10 == 8
					   ? "/review?book=%d&sort=new#top"
					   : "HTTPS://Example.ORG:443/%%7eteam/./caf%%c3%%a9?%d";

		snprintf(text[i], sizeof(text[i]), form, i);
		job->links[i] = slice_of(text[i]);
	}
}

static size_t canonical(struct job *job)
{
	static struct url base, url;
	size_t good = 0;

	url_parse(&base, slice_of(PAGE_URL));
	for (int i = 0; i < LINKS; i++)
		good += url_resolve(&url, &base, job->links[i]) == URL_OK;
	return good;
}

/* ---- rows to the database ---- */

static void set_up_store(struct job *job)
{
	static const struct store_column columns[COLUMNS] = {
		{ "index", STORE_INTEGER }, { "title", STORE_TEXT }, { "actor", STORE_TEXT },
		{ "time", STORE_TEXT },     { "score", STORE_REAL },
	};
	static const struct store_table table = { .name = "films",
						  .columns = columns,
						  .column_count = COLUMNS };
	char path[4096];
	struct store_error error;
	struct store_run run = { .command_line = "guard", .versions = "" };
	struct store_url url = { .url = SLICE(PAGE_URL), .host = { 0, 1 } };
	const struct store_key key = { 0, 1 };

	snprintf(path, sizeof(path), "%s/guard.db", job->folder);
	job->store = store_open(path, false, &error);
	if (!job->store || store_begin_run(job->store, &run) == 0) {
		fprintf(stderr, "%s\n", (job->store ? store_error(job->store) : &error)->text);
		exit(EXIT_FAILURE);
	}
	job->table = store_put_table(job->store, &table);
	store_put_host(job->store, key, SLICE("http://example.org"));
	store_put_url(job->store, key, &url);
	store_commit(job->store);
}

static size_t rows(struct job *job)
{
	struct store_value values[COLUMNS] = {
		{ .kind = STORE_INTEGER, .integer = 7 },
		{ .kind = STORE_TEXT, .text = { "The Lamp of Winter", 18 } },
		{ .kind = STORE_TEXT, .text = { "somebody, somebody else", 23 } },
		{ .kind = STORE_TEXT, .text = { "2018-01-19", 10 } },
		{ .kind = STORE_REAL, .real = 9.5 },
	};
	const struct store_page page = { .state = STORE_DONE, .outcome = "ok" };
	size_t good = 0;

	store_page_open(job->store, (struct store_key){ 0, 1 }, false);
	for (uint32_t i = 1; i <= ROWS; i++)
		good += store_row(job->store, job->table, i, values) == 0;
	if (store_page(job->store, &page) < 0)
		return 0;
	return store_commit(job->store) == 0 ? good : 0;
}

/* ---- a page, and all that the master does for it ---- */

static const char board_config[] =
	"patterns:\n"
	"  - name: films\n"
	"    flags: s\n"
	"    pattern: '<dd>.*?board-index.*?>(\\d+)<.*?title=\"(.*?)\".*?star.*?>(.*?)<.*?"
	"releasetime.*?>(.*?)<.*?integer.*?>(.*?)<.*?fraction.*?>(.*?)<'\n"
	"    fields:\n"
	"      index: {group: 1, type: integer}\n"
	"      title: {group: 2}\n"
	"      actor: {group: 3, clean: [trim, {slice: '3:'}]}\n"
	"      time:  {group: 4, clean: [{slice: '5:'}]}\n"
	"      score: {value: '{5}{6}', type: real}\n";
static const char site_config[] = "follow: [{same: host}]\n";

/* Returns the path of a file in the job's folder. */
static const char *path_in(const struct job *job, const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", job->folder, name);
	return path;
}

static struct config *load_config(const struct job *job, const char *text)
{
	const char *path = path_in(job, "guard.yaml");
	FILE *file = fopen(path, "w");
	struct config_sources sources = { .paths = &path, .path_count = 1 };
	struct config *config;

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		exit(EXIT_FAILURE);
	config = config_load(&sources, stderr);
	if (!config)
		exit(EXIT_FAILURE);
	config->settings.delay_ms = 0;
	config->settings.concurrency = WINDOW;
	config->settings.robots = false;
	config->settings.keep_pages = false;
	config->settings.pattern_time_ms = UNHURRIED_MS;
	return config;
}

/* What a worker makes of the page. */
static void make_answer(struct job *job)
{
	static char message[MSG_BYTES_MAX];
	size_t slot_bytes = page_slot_bytes((size_t)job->config->settings.max_body);
	char *slot = memory_new(1, slot_bytes);
	struct page_kit *kit = page_kit_new(job->follow, NULL, (struct slice){ 0 });
	struct msg_job wanted = { .kind = MSG_KIND_PAGE };
	struct msg_page page = {
		.outcome = OUTCOME_OK,
		.status = 200,
		.size = job->page.size,
		.wire_size = job->page.size,
		.texts = { [MSG_CONTENT_TYPE] = SLICE("text/html"),
			   [MSG_ETAG] = SLICE("\"65e0c1a2-2710\""),
			   [MSG_LAST_MODIFIED] = SLICE("Thu, 29 Feb 2024 17:40:50 GMT"),
			   [MSG_ADDRESS] = SLICE("192.0.2.1") },
	};

	wanted.url = SLICE(PAGE_URL);
	wanted.flags = job->config->follow_count > 0 ? MSG_JOB_LINKS : 0;
	page.kind = wanted.kind;
	memcpy(slot, job->page.at, job->page.size);
	page_finish(kit, &wanted, slot, slot_bytes, &page);
	job->message = (struct slice){ message, msg_page_encode(&page, message) };
	job->slot = (struct slice){ slot, slot_bytes };
	page_kit_free(kit);
}

static void add_urls(struct job *job)
{
	char text[64];
	struct url url;

	for (int i = 0; i < PAGES; i++) {
		snprintf(text, sizeof(text), "http://example.org/board/%d", i);
		if (url_parse(&url, slice_of(text)) != URL_OK ||
		    master_add_seed(job->master, &(struct seeds_line){ .url = &url }) != 1)
			exit(EXIT_FAILURE);
	}
	master_commit(job->master);
	store_idle(job->store);
}

static void ask(struct job *job)
{
	struct asked_wish wish = { .is_all = false };
	struct asked_census census;
	enum store_pass pass;

	if (master_ask(job->master, &wish, &census, &pass) < 0)
		exit(EXIT_FAILURE);
}

static void set_up_master(struct job *job, const char *config, const char *page)
{
	static const char *const names[] = { "films" };
	struct store_run run = { .command_line = "guard", .versions = "" };
	struct store_error error;

	job->page = read_page(page);
	job->config = load_config(job, config);
	job->follow =
		follow_new(job->config->follow, job->config->follow_count, &job->config->settings);
	make_answer(job);
	job->tally = tally_new(names, job->config->pattern_count);
	for (size_t i = 0; i < job->config->pattern_count; i++)
		tally_count_fields(job->tally, i, job->config->patterns[i].pattern);
	job->loop = loop_new();
	job->pool = instant_pool_new(WINDOW);
	instant_pool_answer(job->pool, job->message, job->slot);
	job->store = store_open(path_in(job, "guard.db"), false, &error);
	if (!job->store || store_begin_run(job->store, &run) == 0)
		exit(EXIT_FAILURE);
	job->master = master_new(&(struct master_options){ .config = job->config,
							   .loop = job->loop,
							   .pool = job->pool,
							   .store = job->store,
							   .tally = job->tally,
							   .window = WINDOW });
	if (!job->master || master_load(job->master) < 0)
		exit(EXIT_FAILURE);
	add_urls(job);
	ask(job);
}

static void set_up_board_crawl(struct job *job)
{
	set_up_master(job, board_config, "tests/guard/board.html");
}

static void set_up_site_crawl(struct job *job)
{
	set_up_master(job, site_config, "tests/guard/links.html");
}

/* Returns how many pages and rows there are then. */
static size_t crawl(struct job *job)
{
	const struct tally_totals *totals = tally_totals(job->tally);

	if (master_run(job->master) != MASTER_FINISHED)
		return 0;
	return totals->outcomes[OUTCOME_OK] + totals->rows;
}

static void let_go(struct job *job)
{
	master_free(job->master);
	store_close(job->store);
	instant_pool_free(job->pool);
	loop_free(job->loop);
	tally_free(job->tally);
	follow_free(job->follow);
	config_free(job->config);
	pattern_free(job->pattern);
}

/* ---- the table of jobs ---- */

/* What measured() must return; else what was counted is not what was meant. */
static const struct {
	const char *name;
	void (*set_up)(struct job *job);
	job_function *work;
	size_t result;
} jobs[] = {
	{ "parse", set_up_pattern, parse, RUNS * 10 },
	{ "decode", set_up_board, decode, RUNS * 7 },
	{ "links", set_up_links, links, RUNS * 92 },
	{ "canonical", set_up_references, canonical, LINKS },
	{ "rows", set_up_store, rows, ROWS },
	{ "board", set_up_board_crawl, crawl, PAGES * 11 },
	{ "site", set_up_site_crawl, crawl, PAGES + SITE_LINKS },
};

int main(int argc, char *argv[])
{
	static struct job job;
	const char *name = argc == 3 ? argv[1] : "";

	job.folder = argc == 3 ? argv[2] : "";
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		size_t result = 0;

		if (strcmp(jobs[i].name, name) != 0)
			continue;
		jobs[i].set_up(&job);
		measured(jobs[i].work, &job, &result);
		let_go(&job);
		if (result == jobs[i].result)
			return EXIT_SUCCESS;
		fprintf(stderr, "%s: the result is %zu, not %zu\n", name, result, jobs[i].result);
		return EXIT_FAILURE;
	}
	fprintf(stderr, "usage: guard parse|decode|links|canonical|rows FOLDER\n");
	return EXIT_FAILURE;
}
