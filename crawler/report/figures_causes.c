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

/* ---- the hosts with the most of them ---- */

struct busiest {
	uint32_t hosts[FIGURES_CAUSE_HOSTS_MAX];
	uint64_t pages[FIGURES_CAUSE_HOSTS_MAX];
};

struct host_list {
	struct figures *figures;
	struct busiest *busiest; /* of each cause */
};

static size_t find_cause(const struct figures *figures, const struct store_value *values)
{
	for (size_t i = 0; i < figures->cause_count; i++)
		if (figures->causes[i].status == figures_number(&values[1]) &&
		    slice_equal(slice_of(figures->causes[i].outcome), values[0].text))
			return i;
	return SIZE_MAX;
}

/* In its place, if it has one; of equals the host that was seen first. */
static void insert(struct busiest *busiest, uint32_t host, uint64_t pages)
{
	size_t place = FIGURES_CAUSE_HOSTS_MAX;

	while (place > 0 &&
	       (busiest->pages[place - 1] < pages ||
		(busiest->pages[place - 1] == pages && busiest->hosts[place - 1] > host)))
		place--;
	if (place == FIGURES_CAUSE_HOSTS_MAX)
		return;
	for (size_t i = FIGURES_CAUSE_HOSTS_MAX - 1; i > place; i--) {
		busiest->hosts[i] = busiest->hosts[i - 1];
		busiest->pages[i] = busiest->pages[i - 1];
	}
	busiest->hosts[place] = host;
	busiest->pages[place] = pages;
}

/* outcome, status, key, pages */
static int on_host(void *context, const struct store_answer *row)
{
	struct host_list *list = context;
	size_t cause = row->values ? find_cause(list->figures, row->values) : SIZE_MAX;

	if (cause == SIZE_MAX)
		return 0;
	list->figures->causes[cause].host_count++;
	insert(&list->busiest[cause], (uint32_t)figures_number(&row->values[2]),
	       figures_number(&row->values[3]));
	return 0;
}

struct name {
	struct figures *figures;
	const char **at;
};

static int on_origin(void *context, const struct store_answer *row)
{
	struct name *name = context;

	if (row->values)
		*name->at = figures_string(name->figures, &row->values[0]);
	return 0;
}

/* One that is not there any more is passed over. */
static int read_names(struct figures_reader *reader, struct figures_cause *cause,
		      const struct busiest *busiest)
{
	struct name name = { .figures = reader->figures, .at = cause->hosts };

	for (size_t i = 0; i < FIGURES_CAUSE_HOSTS_MAX && busiest->hosts[i] > 0; i++) {
		struct store_about about = { .key = { 0, busiest->hosts[i] } };

		if (store_report(reader->store, STORE_REPORT_ORIGIN, &about, on_origin, &name) < 0)
			return -1;
		name.at += *name.at != NULL;
	}
	return 0;
}

static int read_cause_hosts(struct figures_reader *reader)
{
	struct figures *figures = reader->figures;
	struct host_list list = {
		.figures = figures,
		.busiest = arena_alloc(&figures->arena, figures->cause_count + 1,
				       sizeof(*list.busiest)),
	};

	if (store_report(reader->store, STORE_REPORT_CAUSE_HOSTS, &reader->about, on_host, &list) <
	    0)
		return -1;
	for (size_t i = 0; i < figures->cause_count; i++)
		if (read_names(reader, &figures->causes[i], &list.busiest[i]) < 0)
			return -1;
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
		.key = store_key_of(figures_number(&row->values[0])),
		.url = figures_text(figures, &row->values[1]),
		.title = figures_text(figures, &row->values[2]),
		.value = figures_number(&row->values[3]),
		.error = figures_text(figures, &row->values[4]),
		.from_url = figures_text(figures, &row->values[5]),
		.at = figures_string(figures, &row->values[6]),
	};
	return 0;
}

static int by_key(const void *left, const void *right)
{
	uint64_t a = store_key_id(((const struct figures_page *)left)->key);
	uint64_t b = store_key_id(((const struct figures_page *)right)->key);

	return (a > b) - (a < b);
}

static int read_cause_pages(struct figures_reader *reader, struct figures_cause *cause)
{
	struct store_about about = { .text = slice_of(cause->outcome),
				     .status = cause->status,
				     .to_run = reader->about.to_run };
	struct page_list list = { .figures = reader->figures, .cause = cause };

	if (store_report(reader->store, STORE_REPORT_CAUSE_PAGES, &about, on_page, &list) < 0)
		return -1;
	if (cause->page_count > 1)
		qsort(cause->pages, cause->page_count, sizeof(*cause->pages), by_key);
	return 0;
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
	if (read_cause_hosts(reader) < 0)
		return -1;
	/* Of an earlier run nobody knows any more which they were. */
	for (size_t i = 0; is_last && i < figures->cause_count; i++)
		if (figures->causes[i].is_failure &&
		    read_cause_pages(reader, &figures->causes[i]) < 0)
			return -1;
	return 0;
}
