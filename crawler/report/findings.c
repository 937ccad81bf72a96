#include "report/findings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "explain/finding.h"
#include "parsers/pattern/page_counts.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"
#include "report/kept_text.h"

#define CHOOSING_MS 700 /* of looking for pages */
#define ONE_MS      300 /* of one case, at most */
#define PAGES_SEEN  64  /* of a case, of which those that were visited last are taken */
#define PAGES_TAKEN 3

/* ---- what is to be found ---- */

struct candidate {
	struct store_key key;
	int64_t visit;
};

/* A pattern, or a field of it. */
struct found_case {
	const struct health_share *share;
	const struct config_pattern *pattern;
	size_t field_number;
	double fall; /* of its share, since before; of one that has never matched -1 */
	unsigned seen;
	struct candidate pages[PAGES_TAKEN]; /* the last visit first */
	size_t page_count;
};

struct cases {
	struct found_case *list;
	size_t count, open; /* open: more pages of them are wanted */
	int64_t end_ms;
};

static const struct config_pattern *find_pattern(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->pattern_count; i++)
		if (strcasecmp(config->patterns[i].spec->name, name) == 0)
			return &config->patterns[i];
	return NULL;
}

static bool find_field(struct found_case *one)
{
	const struct pattern *pattern = one->pattern->pattern;
	size_t count = pattern_field_count(pattern), i = 0;

	while (i < count && strcasecmp(pattern_field_name(pattern, i), one->share->field) != 0)
		i++;
	one->field_number = i;
	return i < count;
}

static bool has_never_matched(const struct health_share *share)
{
	return !share->field && share->now.of > 0 && share->now.good == 0 &&
	       drift_sum(share->before, share->run_count).good == 0;
}

static void add_case(struct cases *cases, const struct config *config,
		     const struct health_share *share)
{
	struct drift_share before = drift_sum(share->before, share->run_count);
	struct found_case one = { .share = share, .fall = -1 };
	bool is_worse = share->verdict == DRIFT_WORSE;

	if (!share->is_now || (!is_worse && !has_never_matched(share)))
		return;
	one.pattern = find_pattern(config, share->pattern);
	if (!one.pattern || (share->field && !find_field(&one)))
		return;
	if (is_worse)
		one.fall = drift_part(&before) - drift_part(&share->now);
	cases->list[cases->count++] = one;
}

/* Patterns before fields of them, the deepest fall first; else in the order of health. */
static int worst_first(const void *left, const void *right)
{
	const struct found_case *a = left, *b = right;
	bool a_is_field = a->share->field && a->fall >= 0, b_is_field = b->share->field;

	if ((a->fall < 0) != (b->fall < 0))
		return a->fall < 0 ? 1 : -1;
	if (a_is_field != b_is_field)
		return a_is_field - b_is_field;
	if (a->fall != b->fall)
		return a->fall > b->fall ? -1 : 1;
	return (a->share > b->share) - (a->share < b->share);
}

static struct cases cases_of(const struct findings_work *work)
{
	const struct health *health = work->health;
	struct cases cases = { .list = memory_new(health->count + 1, sizeof(*cases.list)) };

	for (size_t i = 0; i < health->count; i++)
		add_case(&cases, work->config, &health->shares[i]);
	qsort(cases.list, cases.count, sizeof(*cases.list), worst_first);
	cases.count = cases.count < FINDINGS_MAX ? cases.count : FINDINGS_MAX;
	cases.open = cases.count;
	return cases;
}

/* ---- on which pages ---- */

/* "titles, films" */
static bool is_listed(struct slice list, const char *name)
{
	size_t size = strlen(name);
	const char *at = list.at, *end = list.at + list.size;

	while (at && (size_t)(end - at) >= size) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		size_t one = (size_t)((comma ? comma : end) - at);

		if (one == size && strncasecmp(at, name, size) == 0)
			return true;
		at = comma ? comma + 2 : end;
		if (at >= end)
			break;
	}
	return false;
}

static bool lacks_field(const struct found_case *one, struct slice counts)
{
	const struct pattern *pattern = one->pattern->pattern;
	struct pattern_field_tally *fields;
	bool lacks;

	if (!counts.at)
		return false;
	fields = memory_new(pattern_field_count(pattern) + 1, sizeof(*fields));
	page_counts_find(counts, pattern, fields);
	lacks = fields[one->field_number].empty + fields[one->field_number].bad > 0;
	free(fields);
	return lacks;
}

static void take_page(struct found_case *one, const struct store_matched *page)
{
	size_t place = one->page_count;

	while (place > 0 && one->pages[place - 1].visit < page->visit)
		place--;
	if (place == PAGES_TAKEN)
		return;
	if (one->page_count < PAGES_TAKEN)
		one->page_count++;
	memmove(&one->pages[place + 1], &one->pages[place],
		(one->page_count - 1 - place) * sizeof(one->pages[0]));
	one->pages[place] = (struct candidate){ page->key, page->visit };
}

static int on_page(void *context, const struct store_matched *page)
{
	struct cases *cases = context;
	bool tells = page->unmatched.at || page->counts.at;

	for (size_t i = 0; tells && i < cases->count; i++) {
		struct found_case *one = &cases->list[i];

		if (one->seen == PAGES_SEEN)
			continue;
		if (one->share->field ? !lacks_field(one, page->counts)
				      : !is_listed(page->unmatched, one->pattern->spec->name))
			continue;
		take_page(one, page);
		cases->open -= ++one->seen == PAGES_SEEN;
	}
	return cases->open == 0 || clock_ms() >= cases->end_ms ? -1 : 0;
}

/* what, name, key, url, ... */
static int on_example(void *context, const struct store_answer *row)
{
	struct cases *cases = context;
	struct store_matched page;

	if (!row->values || !slice_equal(row->values[0].text, SLICE("unmatched")))
		return 0;
	page = (struct store_matched){ .key = store_key_of((uint64_t)row->values[2].integer) };
	for (size_t i = 0; i < cases->count; i++) {
		struct found_case *one = &cases->list[i];

		if (!one->share->field && one->seen == 0 &&
		    slice_equal(slice_of(one->pattern->spec->name), row->values[1].text))
			take_page(one, &page);
	}
	return 0;
}

/* run, started_at, ... */
static int on_run(void *context, const struct store_answer *row)
{
	if (row->values)
		((struct store_about *)context)->to_run = row->values[0].integer;
	return 0;
}

/* Where the scan did not come to, there are the examples that the run has noted. */
static int choose_pages(struct store *store, struct cases *cases)
{
	struct store_about about = { .to_run = 0 };

	if (store_each_matched(store, on_page, cases) < 0 ||
	    store_report(store, STORE_REPORT_RUN, NULL, on_run, &about) < 0)
		return -1;
	return store_report(store, STORE_REPORT_EXAMPLES, &about, on_example, cases);
}

/* ---- what stands there ---- */

/* The page that was unpacked last: several cases have the same. */
struct reading {
	struct store *store;
	struct config config; /* with less time */
	struct kept_text *text;
	struct store_key key;
	struct page_about page;
	char *copy; /* of its text: whoever wrote to the database may have written anything */
	struct scratch names;
};

/* Returns 1 with it, 0 if it is not there, or -1: the store failed. */
static int read_page(struct reading *reading, struct store_key key)
{
	struct store_key before = { key.share, key.number - 1 };
	struct store_kept kept;
	struct page_about about;
	int found;

	if (store_key_id(reading->key) == store_key_id(key))
		return 1;
	reading->key = (struct store_key){ 0, 0 };
	found = store_get_kept(reading->store, before, &kept);
	if (found != 1 || store_key_id(kept.key) != store_key_id(key))
		return found < 0 ? -1 : 0;
	if (kept_text_unpack(reading->text, &kept, &about) < 0 || !about.text.at)
		return 0;
	scratch_reset(&reading->names);
	reading->copy = memory_resize(reading->copy, about.text.size + 1);
	utf8_copy(reading->copy, about.text);
	reading->page = about;
	reading->page.text = (struct slice){ reading->copy, about.text.size };
	reading->page.url = scratch_copy(&reading->names, about.url);
	reading->page.content_type = scratch_copy(&reading->names, about.content_type);
	if (about.set.at)
		reading->page.set = scratch_copy(&reading->names, about.set);
	reading->key = key;
	return 1;
}

/* Returns 1 with it, 0 if there is nothing to be said of the page, or -1: the store failed. */
static int put_finding(struct reading *reading, const struct found_case *one, struct store_key key,
		       int64_t end_ms)
{
	struct walk walk = { .config = &reading->config,
			     .pattern = one->pattern,
			     .field = one->share->field ? pattern_field_name(one->pattern->pattern,
									     one->field_number)
							: NULL,
			     .field_number = one->field_number,
			     .end_ms = end_ms };
	struct store_finding row = { .pattern = one->share->pattern,
				     .field = one->share->field,
				     .pages = one->share->now.of - one->share->now.good,
				     .url = key };
	struct scratch texts = { .newest = NULL };
	struct finding finding;
	int result = 0;

	walk.page = reading->page;
	if (finding_of(&finding, &walk, &texts)) {
		row.line = finding.line;
		row.matched = finding.matched;
		row.wanted = finding.wanted;
		row.rest = finding.rest;
		row.stood = finding.stood;
		result = store_put_run_finding(reading->store, &row) < 0 ? -1 : 1;
	}
	scratch_free(&walk.store);
	scratch_free(&texts);
	return result;
}

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int find_one(struct reading *reading, const struct found_case *one, int64_t end_ms)
{
	int64_t one_end = lesser(clock_ms() + ONE_MS, end_ms);
	int result = 0;

	for (size_t i = 0; i < one->page_count && result == 0 && clock_ms() < one_end; i++) {
		result = read_page(reading, one->pages[i].key);
		if (result == 1)
			result = put_finding(reading, one, one->pages[i].key, one_end);
	}
	return result;
}

static int find_all(const struct findings_work *work, const struct cases *cases, int64_t end_ms)
{
	struct settings *settings;
	struct reading reading = { .store = work->store,
				   .config = *work->config,
				   .text = kept_text_new() };
	int result = 0;

	settings = &reading.config.settings;
	settings->pattern_time_ms = lesser(settings->pattern_time_ms, ONE_MS / 3);
	for (size_t i = 0; i < cases->count && result >= 0; i++) {
		if (clock_ms() >= end_ms || (work->is_stopped && work->is_stopped(work->context)))
			break;
		result = find_one(&reading, &cases->list[i], end_ms);
	}
	kept_text_free(reading.text);
	free(reading.copy);
	scratch_free(&reading.names);
	return result < 0 ? -1 : 0;
}

int findings_put(const struct findings_work *work)
{
	int64_t begun_ms = clock_ms();
	struct cases cases = cases_of(work);
	int result = 0;

	cases.end_ms = begun_ms + CHOOSING_MS;
	/* The last to begin ends in time. */
	if (cases.count > 0) {
		result = choose_pages(work->store, &cases);
		if (result == 0)
			result = find_all(work, &cases, begun_ms + FINDINGS_MS - ONE_MS);
		if (result == 0)
			result = store_commit(work->store);
	}
	free(cases.list);
	return result;
}
