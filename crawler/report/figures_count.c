#include "report/figures_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What only a look at every URL, or every line that was rejected, can tell. */

struct url_counts {
	uint64_t pending, done, failed, skipped;
};

/* state, outcome, urls */
static int on_urls(void *context, const struct store_answer *row)
{
	struct url_counts *counts = context;
	uint64_t urls;

	if (!row->values)
		return 0;
	urls = figures_number(&row->values[2]);
	if (slice_equal(row->values[0].text, SLICE("pending")))
		counts->pending += urls;
	else if (slice_equal(row->values[0].text, SLICE("done")))
		counts->done += urls;
	else if (slice_equal(row->values[0].text, SLICE("failed")))
		counts->failed += urls;
	else
		counts->skipped += urls;
	return 0;
}

static int count_urls(struct figures_reader *reader)
{
	struct figures *figures = reader->figures;
	struct url_counts counts = { 0 };

	if (store_report(reader->store, STORE_REPORT_URLS, NULL, on_urls, &counts) < 0)
		return -1;
	figures->urls = counts.pending + counts.done + counts.failed + counts.skipped;
	figures->urls_done = counts.done;
	figures->urls_failed = counts.failed;
	figures->urls_left = counts.pending;
	return 0;
}

/* pattern, pages, new */
static int on_stale(void *context, const struct store_answer *row)
{
	struct figures_reader *reader = context;
	struct figures_pattern *pattern;

	if (!row->values)
		return 0;
	pattern = figures_find_pattern(reader, row->values[0].text);
	if (pattern)
		pattern->stale_pages = figures_number(&row->values[1]);
	return 0;
}

/* Of which nothing is told, there are none; once all is told. */
static int count_stale(struct figures_reader *reader)
{
	struct figures *figures = reader->figures;
	int result = figures_ask(reader, STORE_REPORT_STALE, on_stale);

	for (size_t i = 0; i < figures->pattern_count; i++) {
		uint64_t *pages = &figures->patterns[i].stale_pages;

		if (result < 0)
			*pages = UINT64_MAX;
		else if (*pages == UINT64_MAX)
			*pages = 0;
	}
	return result;
}

/* lists, list, lines */
static int on_rejects(void *context, const struct store_answer *row)
{
	struct figures *figures = ((struct figures_reader *)context)->figures;

	if (!row->values)
		return 0;
	figures->rejects = figures_number(&row->values[2]);
	if (figures_number(&row->values[0]) == 1)
		figures->reject_list = figures_string(figures, &row->values[1]);
	return 0;
}

/* list, line, text, reason */
static int on_reject_line(void *context, const struct store_answer *row)
{
	struct figures *figures = ((struct figures_reader *)context)->figures;

	if (!row->values || figures->rejects_shown == FIGURES_EXAMPLES_MAX)
		return 0;
	figures->reject_lines[figures->rejects_shown++] = (struct figures_reject){
		.list = figures_string(figures, &row->values[0]),
		.line = figures_number(&row->values[1]),
		.text = figures_text(figures, &row->values[2]),
		.reason = figures_text(figures, &row->values[3]),
	};
	return 0;
}

static int count_rejects(struct figures_reader *reader)
{
	reader->figures->rejects_shown = 0;
	return figures_ask(reader, STORE_REPORT_REJECT_LINES, on_reject_line) < 0
		       ? -1
		       : figures_ask(reader, STORE_REPORT_REJECTS, on_rejects);
}

/* ---- every try of those that failed ---- */

#define STORIES_MAX 150 /* of the most frequent causes */
#define KEY_BYTES   21  /* "18446744073709551615," */

struct stories {
	struct figures *figures;
	struct figures_page *pages[STORIES_MAX]; /* by key */
	size_t count;
	struct figures_page *page; /* that is told of, */
	uint64_t number;           /* and its last try */
	struct figures_try *tries; /* its own, of FIGURES_TRIES_MAX */
};

static int by_key(const void *left, const void *right)
{
	uint64_t a = store_key_id((*(struct figures_page *const *)left)->key);
	uint64_t b = store_key_id((*(struct figures_page *const *)right)->key);

	return (a > b) - (a < b);
}

static struct figures_page *find_page(const struct stories *stories, uint64_t key)
{
	struct figures_page wanted = { .key = store_key_of(key) }, *at = &wanted, **found;

	found = bsearch(&at, stories->pages, stories->count, sizeof(*stories->pages), by_key);
	return found ? *found : NULL;
}

static void begin_story(struct stories *stories, struct figures_page *page)
{
	stories->page = page;
	stories->tries = arena_alloc(&stories->figures->arena, FIGURES_TRIES_MAX,
				     sizeof(*stories->tries));
	page->tries = stories->tries;
	page->try_count = 0;
	page->tries_all = 0;
}

/*
 * key, try, at, outcome, status, wait_ms, error: a URL's follow each other.  They are counted from
 * 1 in each run: only those of the last are told, whatever the clock did in between.
 */
static int on_try(void *context, const struct store_answer *row)
{
	struct stories *stories = context;
	struct figures *figures = stories->figures;
	struct figures_page *page;
	uint64_t number;

	page = row->values ? find_page(stories, figures_number(&row->values[0])) : NULL;
	if (!page)
		return 0;
	number = figures_number(&row->values[1]);
	if (page != stories->page || number <= stories->number)
		begin_story(stories, page);
	stories->number = number;
	page->tries_all++;
	if (page->try_count == FIGURES_TRIES_MAX)
		memmove(&stories->tries[0], &stories->tries[1],
			--page->try_count * sizeof(stories->tries[0]));
	stories->tries[page->try_count++] = (struct figures_try){
		.number = number,
		.at = figures_string(figures, &row->values[2]),
		.outcome = figures_string(figures, &row->values[3]),
		.status = (unsigned)figures_number(&row->values[4]),
		.wait_ms = (int64_t)figures_number(&row->values[5]),
		.error = figures_text(figures, &row->values[6]),
	};
	return 0;
}

static void take_pages(struct stories *stories)
{
	struct figures *figures = stories->figures;

	for (size_t i = 0; i < figures->cause_count; i++)
		for (size_t k = 0;
		     k < figures->causes[i].page_count && stories->count < STORIES_MAX; k++)
			stories->pages[stories->count++] = &figures->causes[i].pages[k];
	if (stories->count > 1)
		qsort(stories->pages, stories->count, sizeof(struct figures_page *), by_key);
}

static int read_stories(struct figures_reader *reader)
{
	struct stories stories = { .figures = reader->figures };
	struct store_about about = { .to_run = reader->figures->run.id };
	char keys[STORIES_MAX * KEY_BYTES + 2] = "[";
	size_t size = 1;

	take_pages(&stories);
	if (stories.count == 0)
		return 0;
	for (size_t i = 0; i < stories.count; i++)
		size += (size_t)snprintf(keys + size, sizeof(keys) - size, "%s%" PRIu64,
					 i > 0 ? "," : "", store_key_id(stories.pages[i]->key));
	keys[size++] = ']';
	about.text = (struct slice){ keys, size };
	return store_report(reader->store, STORE_REPORT_STORIES, &about, on_try, &stories);
}

/* One that was over in time may be late all the same: then it is known, and the next is not. */
int figures_count(struct figures *figures, struct store *store)
{
	static int (*const counts[])(struct figures_reader * reader) = {
		read_stories,
		count_rejects,
		count_stale,
		count_urls,
	};
	struct figures_reader reader = { .figures = figures, .store = store };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) && !store_is_late(store); i++)
		if (counts[i](&reader) < 0)
			return store_is_late(store) ? 0 : -1;
	return 0;
}
