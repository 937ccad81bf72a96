#include "tests/support/test.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: whatever is asked for, and however it ends, leaves nothing behind in
 * master and workers.  `make soak` does for an hour what stands here as kinds, one by one.
 *
 * Each kind is crawled twice, few URLs and then many, before a page that does not come: what is
 * held then is compared.  With the sanitizers memory says nothing, but descriptors do: there few
 * URLs of every third kind are enough, for all of them took more than five minutes.
 */
#define FEW     (SLOWNESS == 1 ? 100 : 20)
#define MANY    (SLOWNESS == 1 ? 700 : 100)
#define WORKERS 2

/*
 * What a URL more may take of the master: its row in the database's cache, its fingerprint, its
 * place in the queue (docs/architecture.md, Memory).
 */
#define MASTER_BYTES_A_URL  600
#define WORKERS_BYTES_A_URL 200
#define SLACK_KB            768 /* what malloc() takes at once, in each process */

struct held {
	long master_kb, workers_kb;
	size_t master_files, workers_files;
};

struct kind {
	const char *what, *path;
	unsigned requests; /* of the site for each URL */
	unsigned kills;    /* of workers, meanwhile */
	const char *setting;
};

static const struct kind kinds[] = {
	{ "pages", "/page/%d", 1, 0, "" },
	{ "pages that are not kept", "/page/%d", 1, 0, "keep_pages=false" },
	{ "errors", "/status/404?%d", 1, 0, "" },
	{ "redirects", "/redirect-to?url=/empty%%3F%d", 2, 0, "" },
	{ "redirects that lead nowhere", "/redirect-scheme?%d", 1, 0, "" },
	{ "resets in the body", "/reset/body?%d", 1, 0, "" },
	{ "connections that end without a byte", "/gone?%d", 1, 0, "" },
	{ "bodies that are cut", "/cut-body?%d", 1, 0, "" },
	{ "heads that are cut", "/cut-headers?%d", 1, 0, "" },
	{ "no HTTP", "/garbage?%d", 1, 0, "" },
	{ "trailers", "/trailers/3?%d", 1, 0, "" },
	{ "a long head", "/headers/32?%d", 1, 0, "" },
	{ "gzip", "/gzip?%d", 1, 0, "" },
	{ "gzip that is damaged", "/gzip-bad?%d", 1, 0, "" },
	{ "brotli", "/br?%d", 1, 0, "" },
	{ "zstd", "/zstd?%d", 1, 0, "" },
	{ "another charset", "/charset/gb18030?%d", 1, 0, "" },
	{ "a page too large", "/size/200000?%d", 1, 0, "max_body=64KiB" },
	{ "cookies", "/set?1=a%d=b", 1, 0, "cookies=visit" },
	{ "a cookie that is kept", "/set?1=a=%d", 1, 0, "cookies=on" },
	{ "workers that are shot", "/page/%d", 1, 20, "" },
};

/* ---- what is held ---- */

static long anonymous_kb(pid_t pid)
{
	char path[64], line[256];
	long kilobytes = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "RssAnon: %ld", &kilobytes) == 1)
			break;
	if (file)
		fclose(file);
	return kilobytes;
}

/* 0 of a process that may not be looked into. */
static size_t count_files(pid_t pid)
{
	char path[64];
	size_t count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	folder = opendir(path);
	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

/* The master has two descriptors of each worker: they are counted when all workers are there. */
static struct held look(const struct program *run)
{
	pid_t workers[WORKERS];
	struct held held;

	assert_true(WAIT_UNTIL(program_children(run, workers, WORKERS) == WORKERS));
	(void)WAIT_UNTIL_MS(process_sleeps(run->pid), 1000);
	held = (struct held){ .master_kb = anonymous_kb(run->pid),
			      .master_files = count_files(run->pid) };
	for (unsigned i = 0; i < WORKERS; i++) {
		(void)WAIT_UNTIL_MS(process_sleeps(workers[i]), 1000);
		held.workers_kb += anonymous_kb(workers[i]);
		held.workers_files += count_files(workers[i]);
	}
	return held;
}

/* ---- a crawl ---- */

static void write_urls(const struct kind *kind, unsigned count)
{
	FILE *list = fopen(in_folder("list"), "w");

	assert_non_null(list);
	for (unsigned i = 0; i < count; i++) {
		char path[128];

		snprintf(path, sizeof(path), kind->path, i);
		fprintf(list, "%s\n", url("%s", path));
	}
	fprintf(list, "%s\n", url("/silence"));
	fclose(list);
}

static void shoot_workers(const struct kind *kind, const struct program *run, size_t before,
			  unsigned count)
{
	for (unsigned i = 1; i <= kind->kills; i++) {
		pid_t workers[WORKERS];

		assert_true(WAIT_UNTIL(site_requests().count >=
				       before + count * i / (kind->kills + 2)));
		if (program_children(run, workers, WORKERS) != WORKERS)
			continue;
		kill(workers[i % WORKERS], SIGKILL);
		assert_true(WAIT_UNTIL(!process_runs(workers[i % WORKERS])));
	}
}

/* What is held when so many have come. */
static struct held crawl(const struct kind *kind, unsigned count)
{
	size_t before = site_requests().count;
	struct program *run;
	struct held held;

	write_urls(kind, count);
	run = START("list", "--fresh", "-q", "-j", "2", "--delay", "0", "--concurrency", "16",
		    "--set", "retries=0", "--set", "host_failures=0", "--set", "robots=false",
		    "--set", *kind->setting ? kind->setting : "retries=0");
	shoot_workers(kind, run, before, count);
	if (!WAIT_UNTIL(site_requests().count >= before + (size_t)count * kind->requests))
		fail_msg("%s: %zu of %u have come", kind->what, site_requests().count - before,
			 count);
	held = look(run);
	kill(run->pid, SIGKILL);
	program_wait(run);
	return held;
}

static bool has_grown(long few_kb, long many_kb, long bytes_a_url, long processes)
{
	return SLOWNESS == 1 &&
	       many_kb - few_kb > (MANY - FEW) * bytes_a_url / 1024 + processes * SLACK_KB;
}

static void nothing_grows_but_by_the_urls_that_are_known(void **state)
{
	unsigned grown = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i += SLOWNESS == 1 ? 1 : 3) {
		struct held few = crawl(&kinds[i], FEW), many = crawl(&kinds[i], MANY);

		if (!has_grown(few.master_kb, many.master_kb, MASTER_BYTES_A_URL, 1) &&
		    !has_grown(few.workers_kb, many.workers_kb, WORKERS_BYTES_A_URL, WORKERS) &&
		    many.master_files <= few.master_files &&
		    many.workers_files <= few.workers_files + 16 * WORKERS)
			continue;
		print_error(
			"%s: master %ld KB and %zu descriptors, then %ld and %zu; workers %ld and"
			" %zu, then %ld and %zu\n",
			kinds[i].what, few.master_kb, few.master_files, many.master_kb,
			many.master_files, few.workers_kb, few.workers_files, many.workers_kb,
			many.workers_files);
		grown++;
	}
	assert_int_equal(grown, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_grows_but_by_the_urls_that_are_known,
						scenario_begin, scenario_end),
	};

	return RUN_TESTS(tests);
}
