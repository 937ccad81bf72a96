#include "report/figures_internal.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/outcome.h"

/* ---- what the run came to ---- */

struct growing {
	struct figures_reader *reader;
	size_t room;
};

/* outcome, status, pages: the most frequent first */
static int on_total(void *context, const struct store_answer *row)
{
	struct growing *growing = context;
	struct figures *figures = growing->reader->figures;
	enum outcome outcome;

	if (!row->values)
		return 0;
	outcome = outcome_find(row->values[0].text);
	if (outcome < OUTCOME_COUNT && outcome_is_done(outcome))
		return 0;
	figures->causes = figures_grow(figures, figures->causes, figures->cause_count,
				       &growing->room, sizeof(*figures->causes));
	figures->causes[figures->cause_count++] = (struct figures_cause){
		.outcome = figures_string(figures, &row->values[0]),
		.status = (unsigned)figures_number(&row->values[1]),
		.is_failure = outcome == OUTCOME_COUNT || !outcome_is_skipped(outcome),
		.urls = figures_number(&row->values[2]),
	};
	return 0;
}

static int failures_first(const void *left, const void *right)
{
	const struct figures_cause *a = left, *b = right;
	int by_outcome;

	if (a->is_failure != b->is_failure)
		return a->is_failure ? -1 : 1;
	if (a->urls != b->urls)
		return a->urls > b->urls ? -1 : 1;
	by_outcome = strcmp(a->outcome, b->outcome);
	return by_outcome ? by_outcome : (a->status > b->status) - (a->status < b->status);
}

static struct figures_cause *find_cause(struct figures *figures, const struct store_value *values)
{
	for (size_t i = 0; i < figures->cause_count; i++)
		if (slice_equal(slice_of(figures->causes[i].outcome), values[0].text) &&
		    figures->causes[i].status == figures_number(&values[1]))
			return &figures->causes[i];
	return NULL;
}

/* outcome, status, host, hosts */
static int on_host(void *context, const struct store_answer *row)
{
	struct figures *figures = ((struct figures_reader *)context)->figures;
	struct figures_cause *cause = row->values ? find_cause(figures, row->values) : NULL;
	size_t place = 0;

	if (!cause)
		return 0;
	cause->host_count = figures_number(&row->values[3]);
	while (place < STORE_REPORT_CAUSE_MAX && cause->hosts[place])
		place++;
	if (place < STORE_REPORT_CAUSE_MAX)
		cause->hosts[place] = figures_string(figures, &row->values[2]);
	return 0;
}

/* ---- pages that failed so, and still do ---- */

struct page_list {
	struct figures *figures;
	struct figures_cause *cause;
};

/* key, url, title, tries, error, from_url, at */
static int on_page(void *context, const struct store_answer *row)
{
	struct page_list *list = context;
	struct figures *figures = list->figures;

	if (!row->values || list->cause->page_count == FIGURES_EXAMPLES_MAX ||
	    list->cause->page_count == list->cause->urls)
		return 0;
	list->cause->pages[list->cause->page_count++] = (struct figures_page){
		.key = { 0, (uint32_t)figures_number(&row->values[0]) },
		.url = figures_text(figures, &row->values[1]),
		.title = figures_text(figures, &row->values[2]),
		.value = figures_number(&row->values[3]),
		.error = figures_text(figures, &row->values[4]),
		.from_url = figures_text(figures, &row->values[5]),
		.at = figures_string(figures, &row->values[6]),
	};
	return 0;
}

static int read_cause_pages(struct figures_reader *reader, struct figures_cause *cause)
{
	struct store_about about = { .text = slice_of(cause->outcome),
				     .status = cause->status,
				     .to_run = reader->about.to_run };
	struct page_list list = { .figures = reader->figures, .cause = cause };

	return store_report(reader->store, STORE_REPORT_CAUSE_PAGES, &about, on_page, &list);
}

int figures_read_causes(struct figures_reader *reader)
{
	struct figures *figures = reader->figures;
	struct growing growing = { .reader = reader };
	bool is_last = figures->run.id == figures->last_run;

	if (store_report(reader->store, STORE_REPORT_TOTALS, &reader->about, on_total, &growing) <
	    0)
		return -1;
	if (figures->cause_count > 1)
		qsort(figures->causes, figures->cause_count, sizeof(*figures->causes),
		      failures_first);
	if (figures->cause_count > 0 && figures_ask(reader, STORE_REPORT_CAUSE_HOSTS, on_host) < 0)
		return -1;
	/* Of an earlier run nobody knows any more which they were. */
	for (size_t i = 0; is_last && i < figures->cause_count; i++)
		if (figures->causes[i].is_failure &&
		    read_cause_pages(reader, &figures->causes[i]) < 0)
			return -1;
	return 0;
}
