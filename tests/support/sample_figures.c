#include "tests/support/sample_figures.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

#define ALLOC(figures, count, type) ((type *)arena_alloc(&(figures)->arena, (count), sizeof(type)))

#define ELAPSED_MS 59000

/* ---- runs ---- */

static const struct figures_run runs[] = {
	{ 4, "2026-11-29T15:47:00.120Z", "2026-11-29T15:47:59.471Z", "finished", "bf08359c0d2e",
	  ELAPSED_MS, 2407, 2322, 71, 14, 602, 18586, 31400000, 8200000, true },
	{ 3, "2026-11-29T15:45:48.003Z", "2026-11-29T15:46:51.310Z", "finished", "bf08359c0d2e",
	  63000, 2407, 2322, 71, 14, 0, 20386, 31400000, 8200000, true },
	{ 2, "2026-11-29T15:44:45.900Z", "2026-11-29T15:45:40.884Z", "finished", "bf08359c0d2e",
	  55000, 2407, 2322, 71, 14, 320, 20386, 31400000, 8200000, true },
	{ 1, "2026-11-29T15:43:38.410Z", "2026-11-29T15:44:35.210Z", "finished", "bf08359c0d2e",
	  57000, 2407, 2322, 71, 14, 0, 20386, 31400000, 8200000, true },
};

static void fill_runs(struct figures *figures)
{
	size_t count = sizeof(runs) / sizeof(runs[0]);

	figures->name = figures->path = "crawl.db";
	figures->state = FIGURES_FINISHED;
	figures->run = runs[0];
	figures->command_line = "crawl urls.txt -c crawl.yaml -j 2";
	figures->versions = "crawl 0.2.0, libcurl 7.88.1 (OpenSSL/3.0.19 nghttp2/1.52.0), PCRE2 "
			    "10.42 2022-12-11, SQLite 3.40.1, zstd 1.5.4";
	figures->runs = ALLOC(figures, count, struct figures_run);
	memcpy(figures->runs, runs, sizeof(runs));
	figures->run_count = count;
	figures->before = &figures->runs[1];
	figures->urls = 2407;
	figures->urls_done = 2322;
	figures->urls_failed = 71;
	figures->urls_left = 0;
}

/* ---- patterns ---- */

static struct store_value text_value(const char *text)
{
	return text ? (struct store_value){ .kind = STORE_TEXT, .text = slice_of(text) }
		    : (struct store_value){ .kind = STORE_NULL };
}

static struct figures_page page_of(struct figures *figures, uint32_t number, const char *site,
				   const char *path, const char *title)
{
	return (struct figures_page){
		.key = { .share = 0, .number = number },
		.url = slice_of(arena_print(&figures->arena, "http://%s%s", site, path)),
		.title = slice_of(title),
		.is_kept = true,
	};
}

struct sample_field {
	const char *name, *type;
	uint64_t filled, of;
	double least, most;
	bool is_number;
	uint64_t distinct;
	const char *frequent[3];
};

static void fill_fields(struct figures *figures, struct figures_pattern *pattern,
			const struct sample_field *fields, size_t count)
{
	pattern->fields = ALLOC(figures, count, struct figures_field);
	pattern->field_count = count;
	for (size_t i = 0; i < count; i++) {
		struct figures_field *field = &pattern->fields[i];

		*field = (struct figures_field){
			.name = fields[i].name,
			.type = fields[i].type,
			.now = { pattern->now.pages, fields[i].filled, fields[i].of },
			.before = { pattern->now.pages * 3, fields[i].of * 3, fields[i].of * 3 },
			.verdict = DRIFT_NONE,
			.rows = fields[i].of,
			.filled = fields[i].filled,
			.rows_read = fields[i].of > FIGURES_FIELD_ROWS ? FIGURES_FIELD_ROWS
								       : fields[i].of,
			.distinct = fields[i].distinct,
			.is_number = fields[i].is_number,
			.least = fields[i].least,
			.most = fields[i].most,
		};
		while (field->frequent_count < 3 && fields[i].frequent[field->frequent_count]) {
			field->frequent[field->frequent_count] =
				slice_of(fields[i].frequent[field->frequent_count]);
			field->frequent_count++;
		}
	}
}

/* A pattern that matches as before. */
static void fill_pattern(struct figures *figures, struct figures_pattern *pattern, const char *name,
			 const char *place, uint64_t matched, uint64_t pages, uint64_t rows)
{
	*pattern = (struct figures_pattern){
		.name = name,
		.place = place,
		.now = { pages, matched, pages },
		.before = { pages * 3, matched * 3, pages * 3 },
		.runs_before = 3,
		.verdict = pages < DRIFT_PAGES_LEAST ? DRIFT_UNKNOWN : DRIFT_NONE,
		.pages_wanted = pages,
		.pages_tried = pages,
		.pages_matched = matched,
		.rows = rows,
		.rows_before = rows,
		.ms_a_page = 0.01,
		.unmatched = pages - matched,
	};
	for (size_t i = 0; i < figures->run_count; i++)
		pattern->rows_of_runs[i] = rows;
}

static void fill_rows(struct figures *figures, struct figures_pattern *pattern, const char *site,
		      const char *path, unsigned first, const char *const *values)
{
	for (unsigned i = 0; i < FIGURES_ROWS_MAX; i++) {
		struct figures_row *row = &pattern->newest[i];

		row->page_url = slice_of(
			arena_print(&figures->arena, "http://%s/%s/%u", site, path, first - i));
		row->values = ALLOC(figures, pattern->field_count, struct store_value);
		for (size_t j = 0; j < pattern->field_count; j++)
			row->values[j] = text_value(values[j]);
	}
	pattern->newest_count = FIGURES_ROWS_MAX;
}

static void fill_unmatched(struct figures *figures, struct figures_pattern *pattern,
			   const char *site, const char *path, unsigned first)
{
	for (unsigned i = 0; i < FIGURES_EXAMPLES_MAX; i++)
		pattern->unmatched_pages[i] =
			page_of(figures, first + i, site,
				arena_print(&figures->arena, "/%s/%u", path, first + i),
				arena_print(&figures->arena, "%s %u", path, first + i));
	pattern->unmatched_shown = FIGURES_EXAMPLES_MAX;
}

static void fill_boards(struct figures *figures, struct figures_pattern *pattern)
{
	static const struct sample_field fields[] = {
		{ "rank", "integer", 18200, 18200, 1, 10, true, 10, { "10", "9", "8" } },
		{ "title",
		  "text",
		  18200,
		  18200,
		  3,
		  7,
		  false,
		  10000,
		  { "电影18200", "电影18199", "电影18198" } },
		{ "actors", "text", 18200, 18200, 11, 11, false, 1, { "演员甲,演员乙,演员丙" } },
		{ "released",
		  "text",
		  14000,
		  18200,
		  10,
		  10,
		  false,
		  18,
		  { "2018-06-11", "2018-05-10", "2018-04-18" } },
		{ "score", "real", 18200, 18200, 7.1, 9.9, true, 19, { "8.4", "9.3", "7.2" } },
	};
	static const char *const values[] = { "10", "电影18200", "演员甲,演员乙,演员丙", NULL,
					      "8.4" };

	fill_pattern(figures, pattern, "boards", "crawl.yaml:9", 1820, 2000, 18200);
	pattern->before = (struct drift_share){ 6000, 6000, 6000 };
	pattern->verdict = DRIFT_WORSE;
	pattern->rows_before = 20000;
	for (size_t i = 1; i < figures->run_count; i++)
		pattern->rows_of_runs[i] = 20000;
	pattern->ms_a_page = 0.09;
	pattern->why = (struct figures_finding){
		.is_there = true,
		.pages = 180,
		.line = 2,
		.url = SLICE("http://boards.example/board/1820.html"),
		.wanted = SLICE("<dd>"),
		.rest = SLICE(".*?</dd>"),
		.stood = SLICE("<li class=\"film\">"),
	};
	fill_fields(figures, pattern, fields, sizeof(fields) / sizeof(fields[0]));
	pattern->fields[3].verdict = DRIFT_WORSE;
	pattern->fields[3].why = (struct figures_finding){
		.is_there = true,
		.pages = 4200,
		.line = 15,
		.url = SLICE("http://boards.example/board/1819.html"),
		.wanted = SLICE("releasetime\">"),
		.rest = SLICE("(.*?)</p>"),
		.stood = SLICE("<p class=\"release-date\">上映时间：2018-06-11</p>"),
	};
	fill_rows(figures, pattern, "boards.example", "board", 1819, values);
	fill_unmatched(figures, pattern, "boards.example", "board", 1820);
}

static void fill_patterns(struct figures *figures)
{
	static const struct sample_field films[] = {
		{ "title",
		  "text",
		  100,
		  100,
		  4,
		  7,
		  false,
		  100,
		  { "纸上的渡口", "北方的琴师", "海边的牧羊人" } },
		{ "released",
		  "date",
		  100,
		  100,
		  10,
		  16,
		  false,
		  100,
		  { "1970-04-26", "1991-11-15" } },
		{ "id", "integer", 100, 100, 2001, 2308, true, 100, { "2308", "2295", "2282" } },
	};
	static const struct sample_field books[] = {
		{ "title",
		  "text",
		  100,
		  100,
		  14,
		  30,
		  false,
		  100,
		  { "An Atlas from Memory", "The Salt by Night" } },
		{ "price", "real", 86, 100, 10, 59.58, true, 86, { "45.64", "26.51", "57.38" } },
		{ "stock", "text", 80, 100, 8, 12, false, 2, { "In stock", "Out of stock" } },
	};
	static const char *const film[] = { "会飞的花园", "1996-08-10", "2256" };
	static const char *const book[] = { "An Atlas & Other Stories", "47.84", NULL };
	struct figures_pattern *patterns = ALLOC(figures, 6, struct figures_pattern);

	figures->patterns = patterns;
	figures->pattern_count = figures->patterns_all = 6;
	fill_boards(figures, &patterns[0]);
	fill_pattern(figures, &patterns[1], "mail_addresses", "crawl.yaml:40", 0, 72, 0);
	patterns[1].never_matched = true;
	patterns[1].verdict = DRIFT_NONE;
	patterns[1].ms_a_page = 0.42;
	fill_unmatched(figures, &patterns[1], "slow.example", "delay", 600);
	fill_pattern(figures, &patterns[2], "film_chart", "crawl.yaml:16", 40, 40, 400);
	fill_fields(figures, &patterns[2], films, 3);
	fill_rows(figures, &patterns[2], "films.example", "board", 10, film);
	fill_pattern(figures, &patterns[3], "films", "crawl.yaml:23", 100, 100, 100);
	fill_fields(figures, &patterns[3], films, 3);
	fill_rows(figures, &patterns[3], "films.example", "films", 2260, film);
	fill_pattern(figures, &patterns[4], "books", "crawl.yaml:26", 5, 5, 100);
	fill_fields(figures, &patterns[4], books, 3);
	fill_rows(figures, &patterns[4], "books.example", "books", 5, book);
	for (size_t i = 0; i < 3; i++)
		patterns[4].fields[i].before.good = patterns[4].fields[i].now.good * 3;
	fill_pattern(figures, &patterns[5], "book_pages", "crawl.yaml:36", 86, 100, 86);
	fill_fields(figures, &patterns[5], books, 2);
	fill_unmatched(figures, &patterns[5], "books.example", "book", 3);
}

/* ---- failures ---- */

struct sample_cause {
	const char *outcome;
	unsigned status;
	bool is_failure;
	uint64_t urls;
	const char *host, *path, *error;
	unsigned tries;
};

static const struct sample_cause causes[] = {
	{ "http_error", 404, true, 27, "old.example", "missing?id=", NULL, 1 },
	{ "http_error", 403, true, 11, "old.example", "status/403?id=", NULL, 1 },
	{ "http_error", 410, true, 6, "old.example", "status/410?id=", NULL, 1 },
	{ "bad_response", 0, true, 6, "broken.example", "headers/", "more than 64 KiB of headers",
	  1 },
	{ "timeout", 0, true, 5, "slow.example", "delay/9000/page/",
	  "Operation timed out after 4000 milliseconds with 0 bytes received", 3 },
	{ "http_error", 429, true, 3, "flaky.example", "status/429/2?n=", NULL, 3 },
	{ "http_error", 503, true, 3, "flaky.example", "status/503?n=", NULL, 3 },
	{ "truncated", 0, true, 3, "broken.example", "cut-body?",
	  "transfer closed with 950 bytes remaining to read", 3 },
	{ "host_down", 0, true, 2, "flaky.example",
	  "status/503?m=", "too many requests to its host had failed in a row", 0 },
	{ "redirect_loop", 302, true, 2, "old.example", "redirect-ring/",
	  "more redirects than allowed", 1 },
	{ "bad_encoding", 0, true, 1, "broken.example", "gzip-bad?",
	  "the compressed body is broken", 1 },
	{ "too_large", 0, true, 1, "broken.example", "gzip-bomb/",
	  "the body is larger than max_body", 1 },
	{ "connect", 0, true, 1, "gone.invalid", "", "Recv failure: Connection reset by peer", 3 },
	{ "robots", 0, false, 14, "private.example", "private/",
	  "robots.txt line 2: Disallow: /private/", 0 },
};

/* Each a second behind the one before, and the one that the page tells. */
static void fill_tries(struct figures *figures, struct figures_page *page,
		       const struct sample_cause *sample)
{
	struct figures_try *tries = ALLOC(figures, sample->tries + 1, struct figures_try);

	for (unsigned i = 0; i < sample->tries; i++)
		tries[i] = (struct figures_try){
			.number = i + 1,
			.at = arena_print(&figures->arena, "2026-11-29T15:47:%02u.120Z",
					  3 + i - sample->tries + 1),
			.outcome = sample->outcome,
			.status = sample->status,
			.wait_ms = i + 1 < sample->tries ? 1000 : 0,
			.error = slice_of(sample->error),
		};
	page->tries = tries;
	page->try_count = page->tries_all = sample->tries;
}

static void fill_cause(struct figures *figures, struct figures_cause *cause,
		       const struct sample_cause *sample)
{
	*cause = (struct figures_cause){
		.outcome = sample->outcome,
		.status = sample->status,
		.is_failure = sample->is_failure,
		.urls = sample->urls,
		.hosts = { arena_print(&figures->arena, "http://%s", sample->host) },
		.host_count = 1,
	};
	while (cause->page_count < FIGURES_EXAMPLES_MAX && cause->page_count < sample->urls) {
		unsigned i = (unsigned)cause->page_count;
		struct figures_page *page = &cause->pages[cause->page_count++];

		*page = page_of(figures, 2000 + i, sample->host,
				arena_print(&figures->arena, "/%s%u", sample->path, i), NULL);
		page->error = slice_of(sample->error);
		page->value = sample->tries;
		page->at = "2026-11-29T15:47:03.120Z";
		fill_tries(figures, page, sample);
		if (i % 2 == 1)
			page->from_url = SLICE("http://old.example/index.html");
	}
}

static void fill_causes(struct figures *figures)
{
	size_t count = sizeof(causes) / sizeof(causes[0]);

	figures->causes = ALLOC(figures, count, struct figures_cause);
	figures->cause_count = count;
	for (size_t i = 0; i < count; i++)
		fill_cause(figures, &figures->causes[i], &causes[i]);
	figures->rejects = 5;
	figures->reject_list = "urls.txt";
	for (size_t i = 0; i < FIGURES_EXAMPLES_MAX; i++)
		figures->reject_lines[i] = (struct figures_reject){
			.list = "urls.txt",
			.line = 2199 + i,
			.text = SLICE("htp:/typo.example/<b>"),
			.reason = SLICE("other scheme or none: begin the URL with http://"),
		};
	figures->rejects_shown = FIGURES_EXAMPLES_MAX;
}

/* ---- time ---- */

static void fill_samples(struct figures *figures)
{
	uint64_t done = 0, failed = 0;

	figures->samples = ALLOC(figures, 59, struct store_sample);
	for (size_t i = 0; i < 59; i++) {
		bool is_paused = i >= 17 && i < 21;
		uint64_t left;

		done += is_paused ? 0 : i < 3 ? 68 : i < 52 ? 46 : 0;
		failed += is_paused ? 0 : i < 5 ? 12 : i < 52 ? 0 : 2;
		done = done > 2322 ? 2322 : done;
		failed = failed > 85 ? 85 : failed;
		left = 2407 - done - failed;
		figures->samples[i] = (struct store_sample){
			.at_ms = (int64_t)(i + 1) * 1000,
			.done = done,
			.failed = failed,
			.rows = done * 8,
			.wire_bytes = done * 3500,
			.waits_delay = left > 12 ? left - 12 : 0,
			.waits_answer = left > 4 ? 4 : left,
			.waits_rest = i > 14 && left > 12 ? 8 : 0,
			.in_flight = 4,
			.is_paused = is_paused,
			.cpu_ms = (uint64_t)(i + 1) * 20,
			.pattern_ms = (uint64_t)(i + 1) * 4,
		};
	}
	figures->sample_count = 59;
}

static const struct figures_event events[] = {
	{ 14000, "rest", "http://flaky.example", { "6 failures in a row", 19 } },
	{ 17000, "pause", NULL, { NULL, 0 } },
	{ 21000, "resume", NULL, { NULL, 0 } },
	{ 30000, "worker_died", NULL, { "worker-1, signal 9", 18 } },
	{ 40000, "given_up", "http://flaky.example", { "after two rests", 15 } },
};

struct sample_host {
	const char *origin;
	uint64_t pages, failed, bytes;
	int64_t delay_ms;
	double p50_ms, p95_ms;
	unsigned first, last, every; /* steps in which it was asked */
};

static const struct sample_host hosts[] = {
	{ "http://boards.example", 2000, 0, 20000000, 22, 1, 4, 0, 55, 1 },
	{ "http://slow.example", 64, 4, 605000, 400, 512, 2900, 0, 63, 2 },
	{ "http://books.example", 105, 0, 48000, 220, 1, 4, 0, 30, 1 },
	{ "http://films.example", 110, 0, 136000, 180, 1, 3, 0, 26, 1 },
	{ "http://old.example", 44, 42, 16000, 150, 1, 6, 0, 10, 2 },
	{ "http://flaky.example", 30, 6, 3900, 150, 1, 4, 0, 42, 4 },
	{ "http://broken.example", 20, 13, 55000, 150, 1, 32, 0, 16, 2 },
	{ "http://charsets.example", 16, 4, 3300, 150, 1, 8, 0, 2, 1 },
	{ "http://gone.invalid", 1, 1, 0, 500, 0.4, 0.4, 0, 0, 1 },
	{ "http://private.example", 1, 0, 10000, 150, 1, 23, 0, 0, 1 },
};

static void fill_hosts(struct figures *figures)
{
	size_t count = sizeof(hosts) / sizeof(hosts[0]);

	figures->hosts = ALLOC(figures, count, struct figures_host);
	figures->host_count = figures->hosts_all = count;
	for (size_t i = 0; i < count; i++) {
		const struct sample_host *sample = &hosts[i];
		struct figures_host *host = &figures->hosts[i];

		*host = (struct figures_host){
			.origin = sample->origin,
			.pages = sample->pages,
			.failed = sample->failed,
			.bytes = sample->bytes,
			.delay_ms = sample->delay_ms,
			.at_least_ms = sample->delay_ms * (int64_t)sample->pages,
			.p50_ms = sample->p50_ms,
			.p95_ms = sample->p95_ms,
			.step_ms = 922,
			.first_ms = sample->first * 922,
			.last_ms = sample->last * 922,
		};
		for (unsigned step = sample->first; step <= sample->last; step += sample->every)
			host->strip[step] = (uint8_t)(step < 18 || step > 22 ? 9 + step % 3 : 0);
	}
}

/* ---- pages ---- */

static struct figures_counts counts_of(struct figures *figures, const struct figures_count *values,
				       size_t count)
{
	struct figures_count *copy = ALLOC(figures, count, struct figures_count);

	memcpy(copy, values, count * sizeof(*values));
	return (struct figures_counts){ copy, count };
}

static void fill_pages(struct figures *figures)
{
	static const struct figures_count statuses[] = { { "200", 2331 }, { "404", 27 },
							 { "403", 11 },   { "410", 6 },
							 { "503", 3 },    { "429", 3 },
							 { "302", 2 } };
	static const struct figures_count types[] = { { "text/html", 2381 }, { "image/png", 1 } };
	static const struct figures_count charsets[] = { { "utf-8", 2363 },  { "windows-1251", 2 },
							 { "shift_jis", 2 }, { "koi8-r", 2 },
							 { "gb18030", 2 },   { "big5", 2 } };
	static const struct figures_count sources[] = { { "meta", 2006 }, { "header", 367 } };
	static const uint64_t times[] = { 1400, 563, 60, 45, 160, 44, 30, 14, 3,  0, 3,
					  0,    0,   0,  1,  0,   20, 7,  11, 16, 6 };

	memcpy(&figures->times[16], times, sizeof(times));
	figures->sizes[12] = 16;
	figures->sizes[15] = 200;
	figures->sizes[16] = 83;
	figures->sizes[18] = 7;
	figures->sizes[24] = 21;
	figures->sizes[26] = 2063;
	figures->sizes[40] = 1;
	for (unsigned i = 0; i < FIGURES_EXAMPLES_MAX; i++) {
		figures->slowest[i] =
			page_of(figures, 100 + i, "slow.example", "/delay/2200/page/51", NULL);
		figures->slowest[i].value = 2204000 - i * 1000;
		figures->largest[i] =
			page_of(figures, 200 + i, "films.example", "/board/4?offset=80", NULL);
		figures->largest[i].value = i == 0 ? 1200000 : 10714 - i;
	}
	figures->slowest_count = figures->largest_count = FIGURES_EXAMPLES_MAX;
	figures->statuses = counts_of(figures, statuses, 7);
	figures->types = counts_of(figures, types, 2);
	figures->charsets = counts_of(figures, charsets, 6);
	figures->charset_sources = counts_of(figures, sources, 2);
}

/* ---- all of it ---- */

struct figures *sample_figures(void)
{
	struct figures *figures = memory_new(1, sizeof(*figures));

	fill_runs(figures);
	fill_patterns(figures);
	fill_causes(figures);
	fill_samples(figures);
	figures->events = ALLOC(figures, sizeof(events) / sizeof(events[0]), struct figures_event);
	memcpy(figures->events, events, sizeof(events));
	figures->event_count = figures->events_all = sizeof(events) / sizeof(events[0]);
	fill_hosts(figures);
	fill_pages(figures);
	return figures;
}

void sample_figures_free(struct figures *figures)
{
	if (!figures)
		return;
	arena_free(&figures->arena);
	free(figures);
}

struct figures *sample_figures_running(void)
{
	struct figures *figures = sample_figures();

	figures->state = FIGURES_RUNNING;
	figures->run.ended = figures->run.ended_at = NULL;
	figures->runs[0].ended = figures->runs[0].ended_at = NULL;
	figures->run.elapsed_ms = 26000;
	figures->sample_count = 26;
	figures->run.pages = 1299;
	figures->run.done = 1220;
	figures->urls = 2405;
	figures->urls_done = 1220;
	figures->urls_failed = 79;
	figures->urls_left = 1106;
	figures->event_count = figures->events_all = 3;
	figures->patterns += 2; /* those that are as they were */
	figures->pattern_count = figures->patterns_all = 4;
	figures->hosts[0].left = 1076;
	figures->hosts[0].waits_for = "its delay, 22 ms";
	figures->hosts[1].left = 20;
	figures->hosts[1].waits_for = "2 answers";
	figures->hosts[2].left = 5;
	figures->hosts[2].waits_for = "its delay, 220 ms";
	figures->hosts[5].left = 5;
	figures->hosts[5].waits_for = "backing off after failures";
	return figures;
}

/* ---- what must not break a page, and not make it large ---- */

#define MONSTROUS_PATTERNS 300
#define MONSTROUS_FIELDS   1000
#define MONSTROUS_HOSTS    10000
#define MONSTROUS_TEXT     1000000

/* What ends elements, attributes, comments, and every byte, over and over. */
static struct slice hostile_text(struct figures *figures, size_t size)
{
	static const char tricks[] =
		"</style></title></script><script>alert(1)</script>"
		"\"'><img src=x onerror=alert(1)>]]>--><!--&lt;&#0;&amp"
		"\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf\xef\xbf\xbe\xf4\x90\x80\x80"
		"javascript:alert(1)\x1b[31m\r\n\t</main></details></table>";
	char *text = arena_alloc(&figures->arena, size + 1, 1);

	for (size_t i = 0; i < size; i++)
		text[i] = i % 1000 < sizeof(tricks) - 1 ? tricks[i % 1000] : (char)(i & 0xFF);
	return (struct slice){ text, size };
}

/* The same as a C string: it has no NUL, and each is another one. */
static const char *hostile_name(struct figures *figures, size_t size, size_t number)
{
	struct slice text = hostile_text(figures, size);
	char *name = arena_print(&figures->arena, "%zu%.*s", number, (int)size, text.at);

	return name;
}

static void spoil_page(struct figures_page *page, struct slice text)
{
	page->url = page->title = page->error = page->from_url = text;
	page->value = UINT64_MAX;
	page->at = "</time><script>";
}

static void spoil_finding(struct figures_finding *why, struct slice text)
{
	*why = (struct figures_finding){ .is_there = true,
					 .pages = UINT64_MAX,
					 .line = UINT64_MAX,
					 .url = text,
					 .matched = text,
					 .wanted = text,
					 .rest = text,
					 .stood = text };
}

static void spoil_field(struct figures *figures, struct figures_field *field, struct slice text,
			size_t number)
{
	*field = (struct figures_field){
		.name = hostile_name(figures, 200, number),
		.type = hostile_name(figures, 200, number),
		.now = { 1000, 500, 1000 },
		.before = { 1000, 1000, 1000 },
		.verdict = number % 2 ? DRIFT_WORSE : DRIFT_NONE,
		.rows = UINT64_MAX,
		.filled = UINT64_MAX,
		.rows_read = UINT64_MAX,
		.distinct = UINT64_MAX,
		.least = -1e308,
		.most = 1e308,
		.frequent = { text, text, text },
		.frequent_count = 3,
	};
	spoil_finding(&field->why, text);
}

static void spoil_pattern(struct figures *figures, struct figures_pattern *pattern,
			  struct slice text, size_t number)
{
	*pattern = (struct figures_pattern){
		.name = hostile_name(figures, 300, number),
		.place = hostile_name(figures, 300, number),
		.now = { UINT64_MAX, number % 2 ? UINT64_MAX : 1, UINT64_MAX / 3 },
		.before = { UINT64_MAX, UINT64_MAX, UINT64_MAX / 3 },
		.runs_before = 3,
		.verdict = number < 150 ? DRIFT_WORSE : DRIFT_NONE,
		.never_matched = number % 3 == 0,
		.rows = UINT64_MAX,
		.limit_hits = UINT64_MAX,
		.bad_values = UINT64_MAX,
		.stale_pages = UINT64_MAX,
		.ms_a_page = 1e300,
		.field_count = MONSTROUS_FIELDS,
		.newest_count = FIGURES_ROWS_MAX,
		.unmatched = UINT64_MAX,
		.unmatched_shown = FIGURES_EXAMPLES_MAX,
	};
	pattern->fields = number == 0 ? ALLOC(figures, MONSTROUS_FIELDS, struct figures_field)
				      : figures->patterns[0].fields;
	for (size_t i = 0; number == 0 && i < MONSTROUS_FIELDS; i++)
		spoil_field(figures, &pattern->fields[i], text, i);
	for (size_t i = 0; i < FIGURES_ROWS_MAX; i++) {
		pattern->newest[i].page_url = text;
		pattern->newest[i].values = ALLOC(figures, MONSTROUS_FIELDS, struct store_value);
		for (size_t j = 0; j < MONSTROUS_FIELDS; j++)
			pattern->newest[i].values[j] =
				(struct store_value){ .kind = STORE_TEXT, .text = text };
	}
	for (size_t i = 0; i < FIGURES_EXAMPLES_MAX; i++)
		spoil_page(&pattern->unmatched_pages[i], text);
	spoil_finding(&pattern->why, text);
}

static void spoil_hosts(struct figures *figures)
{
	figures->hosts = ALLOC(figures, MONSTROUS_HOSTS, struct figures_host);
	figures->host_count = figures->hosts_all = MONSTROUS_HOSTS;
	for (size_t i = 0; i < MONSTROUS_HOSTS; i++) {
		struct figures_host *host = &figures->hosts[i];

		*host = (struct figures_host){ .origin = hostile_name(figures, 300, i),
					       .pages = UINT64_MAX,
					       .failed = UINT64_MAX,
					       .bytes = UINT64_MAX,
					       .delay_ms = INT64_MAX,
					       .at_least_ms = INT64_MAX,
					       .p50_ms = 1e300,
					       .p95_ms = 1e300,
					       .last_ms = INT64_MAX,
					       .step_ms = 1,
					       .left = UINT64_MAX,
					       .waits_for = "</td><script>" };
		for (size_t j = 0; j < STORE_STRIP_STEPS; j++)
			host->strip[j] = (uint8_t)(j * 37);
	}
}

static void spoil_causes(struct figures *figures, struct slice text)
{
	figures->cause_count = 500;
	figures->causes = ALLOC(figures, 500, struct figures_cause);
	for (size_t i = 0; i < 500; i++) {
		struct figures_cause *cause = &figures->causes[i];

		*cause = (struct figures_cause){
			.outcome = i % 2 ? "http_error" : hostile_name(figures, 300, i),
			.status = (unsigned)i,
			.is_failure = i < 400,
			.urls = UINT64_MAX / 1000,
			.hosts = { hostile_name(figures, 300, i), hostile_name(figures, 300, i),
				   hostile_name(figures, 300, i) },
			.host_count = UINT64_MAX,
			.page_count = FIGURES_EXAMPLES_MAX,
		};
		for (size_t j = 0; j < FIGURES_EXAMPLES_MAX; j++)
			spoil_page(&cause->pages[j], text);
	}
}

static void spoil_time(struct figures *figures, struct slice text)
{
	figures->event_count = 1000;
	figures->events_all = 100000;
	figures->events = ALLOC(figures, 1000, struct figures_event);
	for (size_t i = 0; i < 1000; i++)
		figures->events[i] =
			(struct figures_event){ (int64_t)i * 50,
						i % 3 ? "given_up" : hostile_name(figures, 300, i),
						figures->hosts[i % 20].origin, text };
	figures->sample_count = 720;
	figures->samples = ALLOC(figures, 720, struct store_sample);
	for (size_t i = 0; i < 720; i++)
		figures->samples[i] = (struct store_sample){ .at_ms = (int64_t)i * 80,
							     .done = i * i * 7919 % 100000 * i,
							     .failed = i * 31,
							     .waits_delay = i * 7919 % 1000,
							     .waits_answer = i * 7907 % 1000,
							     .waits_rest = i * 7901 % 1000,
							     .waits_robots = i * 7883 % 1000,
							     .waits_us = i * 7879 % 1000,
							     .is_paused = i % 7 == 0,
							     .cpu_ms = UINT64_MAX };
}

static void spoil_counts(struct figures *figures, struct figures_counts *counts)
{
	counts->count = 1000;
	counts->values = ALLOC(figures, 1000, struct figures_count);
	for (size_t i = 0; i < 1000; i++)
		counts->values[i] =
			(struct figures_count){ hostile_name(figures, 300, i), UINT64_MAX / 2000 };
}

struct figures *sample_figures_monstrous(void)
{
	struct figures *figures = sample_figures();
	struct slice text = hostile_text(figures, MONSTROUS_TEXT);

	figures->name = figures->path = hostile_name(figures, 5000, 1);
	figures->notice = hostile_name(figures, 5000, 1);
	figures->command_line = hostile_name(figures, 100000, 1);
	figures->versions = hostile_name(figures, 5000, 1);
	figures->patterns = ALLOC(figures, MONSTROUS_PATTERNS, struct figures_pattern);
	figures->pattern_count = MONSTROUS_PATTERNS;
	figures->patterns_all = 5000;
	for (size_t i = 0; i < MONSTROUS_PATTERNS; i++)
		spoil_pattern(figures, &figures->patterns[i], text, i);
	for (size_t i = 0; i < figures->run_count; i++) {
		figures->runs[i].started_at = figures->runs[i].ended =
			figures->runs[i].config_hash = hostile_name(figures, 500, i);
	}
	spoil_hosts(figures);
	spoil_causes(figures, text);
	spoil_time(figures, text);
	for (size_t i = 0; i < FIGURES_BUCKETS_MAX; i++)
		figures->times[i] = figures->sizes[i] = UINT64_MAX / 100;
	for (size_t i = 0; i < FIGURES_EXAMPLES_MAX; i++) {
		spoil_page(&figures->slowest[i], text);
		spoil_page(&figures->largest[i], text);
	}
	spoil_counts(figures, &figures->statuses);
	spoil_counts(figures, &figures->types);
	spoil_counts(figures, &figures->charsets);
	spoil_counts(figures, &figures->charset_sources);
	return figures;
}
