#include "report/figures_internal.h"

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

static int count_rejects(struct figures_reader *reader)
{
	return figures_ask(reader, STORE_REPORT_REJECTS, on_rejects);
}

/* One that was over in time may be late all the same: then it is known, and the next is not. */
int figures_count(struct figures *figures, struct store *store)
{
	static int (*const counts[])(struct figures_reader * reader) = {
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
