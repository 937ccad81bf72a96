#include "report/figures_internal.h"

#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 64 /* of a kind, shown: 50, and `other` */

static bool is(const struct store_value *value, const char *word)
{
	return slice_equal(value->text, slice_of(word));
}

/* ---- how long, how large ---- */

/* what, bucket, pages */
static int on_bucket(void *context, const struct store_answer *row)
{
	struct figures *figures = ((struct figures_reader *)context)->figures;
	int64_t bucket;

	if (!row->values)
		return 0;
	bucket = row->values[1].integer;
	if (bucket < 0 || bucket >= FIGURES_BUCKETS_MAX)
		return 0;
	if (is(&row->values[0], "time"))
		figures->times[bucket] = figures_number(&row->values[2]);
	else if (is(&row->values[0], "size"))
		figures->sizes[bucket] = figures_number(&row->values[2]);
	return 0;
}

/* ---- pages that stand for others ---- */

struct page_list {
	struct figures_page *pages;
	size_t *count;
};

/* what, name */
static struct page_list list_of(struct figures_reader *reader, const struct store_value *values)
{
	struct figures *figures = reader->figures;
	struct figures_pattern *pattern;

	if (is(&values[0], "slowest"))
		return (struct page_list){ figures->slowest, &figures->slowest_count };
	if (is(&values[0], "largest"))
		return (struct page_list){ figures->largest, &figures->largest_count };
	pattern = is(&values[0], "unmatched") ? figures_find_pattern(reader, values[1].text) : NULL;
	if (pattern)
		return (struct page_list){ pattern->unmatched_pages, &pattern->unmatched_shown };
	return (struct page_list){ NULL, NULL };
}

/* what, name, key, url, title, value, error, from_url, at, is_kept */
static int on_example(void *context, const struct store_answer *row)
{
	struct figures_reader *reader = context;
	struct figures *figures = reader->figures;
	struct page_list list;

	if (!row->values)
		return 0;
	list = list_of(reader, row->values);
	if (!list.pages || *list.count == FIGURES_EXAMPLES_MAX)
		return 0;
	list.pages[(*list.count)++] = (struct figures_page){
		.key = store_key_of(figures_number(&row->values[2])),
		.url = figures_text(figures, &row->values[3]),
		.title = figures_text(figures, &row->values[4]),
		.value = figures_number(&row->values[5]),
		.error = figures_text(figures, &row->values[6]),
		.from_url = figures_text(figures, &row->values[7]),
		.at = figures_string(figures, &row->values[8]),
		.is_kept = figures_number(&row->values[9]) > 0,
	};
	return 0;
}

/* ---- what they were ---- */

static void add_count(struct figures *figures, struct figures_counts *counts, const char *value,
		      uint64_t pages)
{
	if (!counts->values)
		counts->values = arena_alloc(&figures->arena, VALUES_MAX, sizeof(*counts->values));
	if (counts->count < VALUES_MAX)
		counts->values[counts->count++] = (struct figures_count){ value, pages };
}

/* what, value, pages */
static int on_count(void *context, const struct store_answer *row)
{
	struct figures *figures = ((struct figures_reader *)context)->figures;
	struct figures_counts *counts;

	if (!row->values)
		return 0;
	counts = is(&row->values[0], "type")             ? &figures->types
		 : is(&row->values[0], "charset")        ? &figures->charsets
		 : is(&row->values[0], "charset_source") ? &figures->charset_sources
							 : NULL;
	if (counts)
		add_count(figures, counts, figures_string(figures, &row->values[1]),
			  figures_number(&row->values[2]));
	return 0;
}

static struct figures_count *find_status(struct figures *figures, const char *status)
{
	for (size_t i = 0; i < figures->statuses.count; i++)
		if (strcmp(figures->statuses.values[i].value, status) == 0)
			return &figures->statuses.values[i];
	return NULL;
}

struct growing {
	struct figures *figures;
	size_t room;
};

static void add_total(struct growing *growing, const struct store_value *values)
{
	struct figures *figures = growing->figures;

	figures->totals = figures_grow(figures, figures->totals, figures->total_count,
				       &growing->room, sizeof(*figures->totals));
	figures->totals[figures->total_count++] = (struct figures_total){
		.outcome = figures_string(figures, &values[0]),
		.status = (unsigned)figures_number(&values[1]),
		.pages = figures_number(&values[2]),
	};
}

/* outcome, status, pages: several outcomes may have a status */
static int on_total(void *context, const struct store_answer *row)
{
	struct growing *growing = context;
	struct figures *figures = growing->figures;
	struct figures_count *known;
	const char *status;

	if (!row->values)
		return 0;
	add_total(growing, row->values);
	if (figures_number(&row->values[1]) == 0)
		return 0;
	status = arena_print(&figures->arena, "%u", (unsigned)figures_number(&row->values[1]));
	known = find_status(figures, status);
	if (known)
		known->pages += figures_number(&row->values[2]);
	else
		add_count(figures, &figures->statuses, status, figures_number(&row->values[2]));
	return 0;
}

static int most_first(const void *left, const void *right)
{
	const struct figures_count *a = left, *b = right;

	if (a->pages != b->pages)
		return a->pages > b->pages ? -1 : 1;
	return strcmp(a->value, b->value);
}

int figures_read_counted(struct figures_reader *reader)
{
	struct figures_counts *statuses = &reader->figures->statuses;
	struct growing growing = { .figures = reader->figures };

	if (figures_ask(reader, STORE_REPORT_HISTOGRAMS, on_bucket) < 0 ||
	    store_report(reader->store, STORE_REPORT_TOTALS, &reader->about, on_total, &growing) <
		    0)
		return -1;
	if (statuses->count > 1)
		qsort(statuses->values, statuses->count, sizeof(*statuses->values), most_first);
	return 0;
}

int figures_read_pages(struct figures_reader *reader)
{
	return figures_read_counted(reader) < 0 ||
			       figures_ask(reader, STORE_REPORT_EXAMPLES, on_example) < 0 ||
			       figures_ask(reader, STORE_REPORT_COUNTS, on_count) < 0
		       ? -1
		       : 0;
}
