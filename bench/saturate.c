/*
 * saturate [-j WORKERS] [-n URLS] [-r ROWS] [-k] CONFIG PAGE DATABASE: what a page costs the
 * master, with workers that cost nothing.
 *
 * Frontier, pool, patterns and store are the program's own.  The workers are stand-ins: each makes
 * of the file PAGE what a worker makes of a page, once, and answers every job with it.  -r says how
 * many rows the page has, -k that pages are kept.  Links of the page must lead to URLs of the list.
 * Figures are printed, as JSON, only when all pages and rows are in the database.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crawler/base/clock.h"
#include "crawler/commands/version.h"
#include "crawler/config/config_load.h"
#include "crawler/master/master.h"
#include "crawler/pool/pool.h"
#include "crawler/protocol/msg.h"
#include "crawler/worker/page.h"
#include "parsers/text/memory.h"

#define HOSTS          16
#define CONCURRENCY    1024  /* of a host: every worker's window is full */
#define SILENCE_MS     60000 /* as in a crawl */
#define PAGE_BYTES_MAX (1024 * 1024)
#define URL_TEXT_MAX   128

/* ---- a worker that fetches nothing ---- */

/* What the stand-ins share: made before the fork. */
struct recipe {
	struct slice body; /* of the page, as it would come from the network */
	struct follow *follow;
};

struct stand_in {
	const struct recipe *recipe;
	struct page_kit *kit;
	struct slice content; /* of a slot: text, copy to keep, links */
	char message[MSG_BYTES_MAX];
	size_t message_bytes;
	bool is_filled[POOL_WINDOW_MAX]; /* the slots that hold it */
};

/* Make the one page in the slot of the first job.  Returns 0, or -1: the job cannot be read. */
static int make_page(struct stand_in *stand_in, const struct pool_job *job)
{
	struct slice body = stand_in->recipe->body;
	struct msg_page page = {
		.outcome = OUTCOME_OK,
		.status = 200,
		.size = body.size,
		.wire_size = body.size,
		.texts = {
			[MSG_CONTENT_TYPE] = SLICE("text/html"),
			[MSG_ETAG] = SLICE("\"65e0c1a2-2710\""),
			[MSG_LAST_MODIFIED] = SLICE("Thu, 29 Feb 2024 17:40:50 GMT"),
			[MSG_ADDRESS] = SLICE("192.0.2.1"),
		},
	};
	struct msg_job wanted;
	char *content;

	if (msg_job_decode(&wanted, job->payload) < 0)
		return -1;
	memcpy(job->memory, body.at, body.size);
	page.kind = wanted.kind;
	page_finish(stand_in->kit, &wanted, job->memory, job->memory_bytes, &page);
	stand_in->message_bytes = msg_page_encode(&page, stand_in->message);
	stand_in->content.size = msg_part_at(&page, MSG_PARTS);
	content = memory_new(1, stand_in->content.size);
	stand_in->content.at = memcpy(content, job->memory, stand_in->content.size);
	stand_in->is_filled[job->slot] = true;
	return 0;
}

static void answer(struct stand_in *stand_in, struct pool_worker *worker,
		   const struct pool_job *job)
{
	struct slice content, nothing = { 0 };

	if (!stand_in->content.at && make_page(stand_in, job) < 0) {
		pool_worker_reply(worker, job, -1, nothing, nothing);
		return;
	}
	content = stand_in->content;
	if (!stand_in->is_filled[job->slot])
		memcpy(job->memory, content.at, content.size);
	stand_in->is_filled[job->slot] = true;
	pool_worker_reply(worker, job, 0,
			  (struct slice){ stand_in->message, stand_in->message_bytes }, nothing);
}

/* Until the master says stop, or is gone. */
static int answer_all(struct stand_in *stand_in, struct pool_worker *worker)
{
	struct pool_job job;

	for (;;) {
		struct pollfd wait = { .fd = pool_worker_fd(worker), .events = POLLIN };

		pool_worker_beat(worker);
		while (pool_worker_next(worker, &job))
			answer(stand_in, worker, &job);
		if (pool_worker_flush(worker) < 0)
			return EXIT_FAILURE;
		if (pool_worker_has_unsent(worker))
			wait.events |= POLLOUT;
		else if (pool_worker_is_stopping(worker))
			return EXIT_SUCCESS;
		poll(&wait, 1, SILENCE_MS / 2);
		if (pool_worker_receive(worker) < 0)
			return EXIT_FAILURE;
	}
}

static int serve(struct pool_worker *worker, void *context)
{
	struct stand_in *stand_in = memory_new(1, sizeof(*stand_in));
	int code;

	stand_in->recipe = context;
	stand_in->kit = page_kit_new(stand_in->recipe->follow, NULL, (struct slice){ 0 });
	code = answer_all(stand_in, worker);
	page_kit_free(stand_in->kit);
	free((void *)(uintptr_t)stand_in->content.at);
	free(stand_in);
	return code;
}

/* ---- what is asked for ---- */

struct wish {
	unsigned workers, urls, rows;
	bool keeps;
	const char *config, *page, *database;
};

/* Returns whether it makes sense. */
static bool read_wish(struct wish *wish, int argc, char *argv[])
{
	int letter;

	*wish = (struct wish){ .workers = 1, .urls = 20000 };
	while ((letter = getopt(argc, argv, "j:n:r:k")) > 0) {
		unsigned number = optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;

		switch (letter) {
		case 'j':
			wish->workers = number;
			break;
		case 'n':
			wish->urls = number;
			break;
		case 'r':
			wish->rows = number;
			break;
		case 'k':
			wish->keeps = true;
			break;
		default:
			return false;
		}
	}
	if (argc - optind != 3 || wish->workers == 0 || wish->urls < HOSTS)
		return false;
	wish->urls -= wish->urls % HOSTS;
	wish->config = argv[optind];
	wish->page = argv[optind + 1];
	wish->database = argv[optind + 2];
	return true;
}

/* ---- a crawl without a network ---- */

/* Everything a run holds.  Acquired in this order, released in the reverse. */
struct run {
	const struct wish *wish;
	struct config *config;
	struct recipe recipe;
	struct tally *tally;
	struct loop *loop;
	struct pool *pool;
	struct store *store;
	struct master *master;
	struct store_error error;
};

static struct slice read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *bytes = memory_new(1, PAGE_BYTES_MAX);
	size_t size = file ? fread(bytes, 1, PAGE_BYTES_MAX, file) : 0;

	if (file)
		fclose(file);
	return (struct slice){ bytes, size };
}

static struct config *load_config(const struct wish *wish)
{
	struct config_sources sources = { .paths = &wish->config, .path_count = 1 };
	struct config *config = config_load(&sources, stderr);

	if (!config)
		return NULL;
	config->settings.workers = wish->workers;
	config->settings.delay_ms = 0;
	config->settings.concurrency = CONCURRENCY;
	config->settings.robots = false;
	config->settings.keep_pages = wish->keeps;
	return config;
}

static struct tally *new_tally(const struct config *config)
{
	const char **names = memory_new(config->pattern_count, sizeof(*names));
	struct tally *tally;

	for (size_t i = 0; i < config->pattern_count; i++)
		names[i] = pattern_name(config->patterns[i].pattern);
	tally = tally_new(names, config->pattern_count);
	for (size_t i = 0; i < config->pattern_count; i++)
		tally_count_fields(tally, i, config->patterns[i].pattern);
	free(names);
	return tally;
}

static struct pool *start_workers(struct run *run)
{
	const struct settings *settings = &run->config->settings;
	struct pool_options options = {
		.workers = (unsigned)settings->workers,
		.window = (unsigned)settings->window,
		.slot_bytes = page_slot_bytes((size_t)settings->max_body),
		.silence_ms = SILENCE_MS,
		.serve = serve,
		.context = &run->recipe,
	};

	run->loop = options.loop = loop_new();
	return run->loop ? pool_new(&options) : NULL;
}

/* Returns 0 or -1. */
static int open_store(struct run *run)
{
	struct store_run row = { .command_line = "saturate", .versions = version_line() };

	run->store = store_open(run->wish->database, true, &run->error);
	return run->store && store_begin_run(run->store, &row) > 0 ? 0 : -1;
}

/* Everything before the first URL.  Returns 0, or -1 after a complaint. */
static int get_ready(struct run *run)
{
	struct master_options options = { .quiet_since_ms = 0 };

	run->config = load_config(run->wish);
	run->recipe.body = read_file(run->wish->page);
	if (!run->config || run->recipe.body.size == 0) {
		fprintf(stderr, "cannot read %s or %s\n", run->wish->config, run->wish->page);
		return -1;
	}
	run->recipe.follow =
		follow_new(run->config->follow, run->config->follow_count, &run->config->settings);
	run->tally = new_tally(run->config);
	run->pool = start_workers(run);
	if (!run->pool || open_store(run) < 0) {
		fprintf(stderr, "no workers, or no database: %s\n", run->error.text);
		return -1;
	}
	options.config = run->config;
	options.loop = run->loop;
	options.pool = run->pool;
	options.store = run->store;
	options.tally = run->tally;
	options.window = (unsigned)run->config->settings.window;
	run->master = master_new(&options);
	return run->master && master_load(run->master) == 0 ? 0 : -1;
}

static void let_go(struct run *run)
{
	pool_free(run->pool);
	master_free(run->master);
	loop_free(run->loop);
	store_close(run->store);
	tally_free(run->tally);
	follow_free(run->recipe.follow);
	free((void *)(uintptr_t)run->recipe.body.at);
	config_free(run->config);
}

/* As many URLs of each host, the same paths on all: links of a page lead to pages of the crawl. */
static int add_urls(struct run *run)
{
	for (unsigned i = 0; i < run->wish->urls; i++) {
		char text[URL_TEXT_MAX];
		struct url url;

		snprintf(text, sizeof(text), "http://host-%u.example/api/board/%u.html", i % HOSTS,
			 i / HOSTS);
		if (url_parse(&url, slice_of(text)) != URL_OK ||
		    master_add_seed(run->master, &(struct seeds_line){ .url = &url }) != 1)
			return -1;
	}
	return master_commit(run->master);
}

/* ---- figures ---- */

/* Of this process, since it began. */
struct cost {
	double wall_s, user_s, system_s;
	double written_kb; /* to files */
};

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static struct cost cost_now(void)
{
	struct timespec now;
	struct rusage usage;

	clock_gettime(CLOCK_MONOTONIC, &now);
	getrusage(RUSAGE_SELF, &usage);
	return (struct cost){
		.wall_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9,
		.user_s = seconds(usage.ru_utime),
		.system_s = seconds(usage.ru_stime),
		.written_kb = (double)usage.ru_oublock / 2, /* blocks of 512 bytes */
	};
}

static double cpu_us(const struct cost *from, const struct cost *to, unsigned count)
{
	return (to->user_s - from->user_s + to->system_s - from->system_s) * 1e6 / count;
}

static void show(const struct cost *begun, const struct cost *added, const struct cost *done,
		 unsigned urls)
{
	printf("{\"seconds\": %.6f, \"master_us\": %.3f, \"system_us\": %.3f, \"add_us\": %.3f, "
	       "\"written_kb\": %.3f}\n",
	       done->wall_s - added->wall_s, cpu_us(added, done, urls),
	       (done->system_s - added->system_s) * 1e6 / urls, cpu_us(begun, added, urls),
	       (done->written_kb - added->written_kb) / urls);
}

/* Is every page in the database, with its rows? */
static bool is_right(const struct run *run)
{
	struct store_totals totals;
	uint64_t urls = run->wish->urls;

	if (store_get_totals(run->store, &totals) < 0)
		return false;
	if (totals.done == urls && totals.pages == urls && totals.rows == urls * run->wish->rows)
		return true;
	fprintf(stderr, "of %llu URLs %llu are done, with %llu rows\n", (unsigned long long)urls,
		(unsigned long long)totals.done, (unsigned long long)totals.rows);
	return false;
}

/* Crawl, to the last page that is durable and folded into the database.  Returns 0 or -1. */
static int measure(struct run *run)
{
	struct cost begun = cost_now(), added, done;

	if (add_urls(run) < 0 || store_idle(run->store) < 0)
		return -1;
	added = cost_now();
	if (master_run(run->master) != MASTER_FINISHED || store_idle(run->store) < 0)
		return -1;
	done = cost_now();
	if (!is_right(run) || store_end_run(run->store, "finished") < 0)
		return -1;
	show(&begun, &added, &done, run->wish->urls);
	return 0;
}

/* The master takes these where it waits. */
static void block_signals(void)
{
	sigset_t stopping;

	sigemptyset(&stopping);
	sigaddset(&stopping, SIGINT);
	sigaddset(&stopping, SIGTERM);
	sigprocmask(SIG_BLOCK, &stopping, NULL);
}

int main(int argc, char *argv[])
{
	struct wish wish;
	struct run run = { .wish = &wish };
	int result;

	if (!read_wish(&wish, argc, argv)) {
		fprintf(stderr, "usage: saturate [-j WORKERS] [-n URLS] [-r ROWS] [-k] CONFIG PAGE "
				"DATABASE\n");
		return EXIT_FAILURE;
	}
	block_signals();
	result = get_ready(&run);
	if (result == 0)
		result = measure(&run);
	if (result < 0 && run.store)
		fprintf(stderr, "%s\n", store_error(run.store)->text);
	let_go(&run);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
