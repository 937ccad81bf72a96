#include "master/page_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "master/match.h"
#include "master/page_counts.h"
#include "master/pattern_rows.h"
#include "parsers/text/memory.h"

#define LIMITS_BYTES_MAX 512 /* of what is said of the patterns that a limit stopped */
#define NAME_BYTES_MAX   256 /* of what a clause begins with */

struct page_rows {
	const struct config *config;
	struct store *store;
	int *tables;                /* the store's handle of each pattern's table */
	struct store_value *values; /* of one row, for the pattern with the most fields */

	/* Of the page that is looked at. */
	const struct page_rows_job *job;
	unsigned wanted;  /* patterns that are for it */
	bool *is_seen_to; /* by pattern: it has run, or is not to */
	char *unmatched;  /* names of patterns, as many as there are */
	size_t unmatched_size;
	char limits[LIMITS_BYTES_MAX]; /* "pattern 'a' was stopped by the time budget; ..." */
	size_t limits_size;
	struct page_counts counts;
};

/* ---- the tables ---- */

/* Returns the table's handle, or 0. */
static int make_table(struct store *store, const struct config_pattern *pattern, bool merges_equal)
{
	struct store_table table = pattern_rows_table(pattern);
	int handle;

	table.merges_equal = merges_equal;
	handle = store_put_table(store, &table);
	free((void *)(uintptr_t)table.columns);
	return handle;
}

struct page_rows *page_rows_new(const struct config *config, struct store *store, bool merges_equal)
{
	struct page_rows *rows = memory_new(1, sizeof(*rows));
	size_t most = 0, names = 0;

	*rows = (struct page_rows){ .config = config, .store = store };
	rows->tables = memory_new(config->pattern_count, sizeof(*rows->tables));
	rows->is_seen_to = memory_new(config->pattern_count, sizeof(*rows->is_seen_to));
	for (size_t i = 0; i < config->pattern_count; i++) {
		size_t count = pattern_field_count(config->patterns[i].pattern);

		most = count > most ? count : most;
		names += strlen(config->patterns[i].spec->name) + 2;
		rows->tables[i] = make_table(store, &config->patterns[i], merges_equal);
		if (rows->tables[i] == 0) {
			page_rows_free(rows);
			return NULL;
		}
	}
	rows->values = memory_new(most, sizeof(*rows->values));
	rows->unmatched = memory_new(names + 1, 1);
	return rows;
}

void page_rows_free(struct page_rows *rows)
{
	if (!rows)
		return;
	free(rows->tables);
	free(rows->is_seen_to);
	free(rows->values);
	free(rows->unmatched);
	page_counts_free(&rows->counts);
	free(rows);
}

int page_rows_table(const struct page_rows *rows, size_t pattern)
{
	return rows->tables[pattern];
}

/* ---- what is said of a page ---- */

static void note_unmatched(struct page_rows *rows, const char *name)
{
	size_t size = strlen(name);

	if (rows->unmatched_size > 0) {
		memcpy(rows->unmatched + rows->unmatched_size, ", ", 2);
		rows->unmatched_size += 2;
	}
	memcpy(rows->unmatched + rows->unmatched_size, name, size);
	rows->unmatched_size += size;
}

/* What does not fit is left out: the first says enough. */
static void note_limit(struct page_rows *rows, const char *name, const char *limit,
		       size_t limit_size)
{
	size_t room = sizeof(rows->limits) - rows->limits_size;
	int size = snprintf(rows->limits + rows->limits_size, room,
			    "%spattern '%s' was stopped by the %.*s: its rows are incomplete",
			    rows->limits_size > 0 ? "; " : "", name, (int)limit_size, limit);

	if (size > 0 && (size_t)size < room)
		rows->limits_size += (size_t)size;
}

/* ---- what was said before, of patterns that are not run ---- */

/* Is it one of "titles, films"? */
static bool is_listed(struct slice list, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = list.at, *end = at + list.size; at && at < end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		size_t item = (size_t)((comma ? comma : end) - at);

		if (item == size && memcmp(at, name, size) == 0)
			return true;
		at += item + 2;
	}
	return false;
}

/* The limit that stopped a pattern, or absent. */
static struct slice find_limit(struct slice limits, const char *name)
{
	char clause[NAME_BYTES_MAX];
	int size = snprintf(clause, sizeof(clause), "pattern '%s' was stopped by the ", name);
	const char *found = limits.at ? memmem(limits.at, limits.size, clause, (size_t)size) : NULL;
	const char *end = limits.at + limits.size, *colon;

	if (!found)
		return (struct slice){ NULL, 0 };
	found += size;
	colon = memchr(found, ':', (size_t)(end - found));
	return (struct slice){ found, (size_t)((colon ? colon : end) - found) };
}

static void note_again(struct page_rows *rows, const char *name)
{
	struct slice limit = find_limit(rows->job->limits, name);

	page_counts_add_again(&rows->counts, name, rows->job->counts);
	if (is_listed(rows->job->unmatched, name))
		note_unmatched(rows, name);
	if (limit.at)
		note_limit(rows, name, limit.at, limit.size);
}

/* ---- a page ---- */

/* What was there stays where nothing, or not all, has come in its place.  Returns 0 or -1. */
static int keep_rows(struct page_rows *rows, size_t pattern)
{
	const struct config_pattern *of = &rows->config->patterns[pattern];

	if (of->drops_when_empty)
		return 0;
	return store_keep_rows(rows->store, rows->tables[pattern], of->hash);
}

/* Of patterns that are not for this page any more: it led elsewhere, or is no text. */
static int keep_others(struct page_rows *rows)
{
	for (size_t i = 0; i < rows->config->pattern_count; i++)
		if (!rows->is_seen_to[i] && keep_rows(rows, i) < 0)
			return -1;
	return 0;
}

static bool on_begin(void *context, size_t pattern)
{
	struct page_rows *rows = context;

	rows->wanted++;
	if (!rows->job->runs || rows->job->runs[pattern])
		return true;
	note_again(rows, rows->config->patterns[pattern].spec->name);
	return false;
}

static int on_row(void *context, size_t pattern, const struct pattern_row *row)
{
	struct page_rows *rows = context;
	size_t count = pattern_field_count(rows->config->patterns[pattern].pattern);

	for (size_t i = 0; i < count; i++)
		rows->values[i] = pattern_rows_value(&row->values[i]);
	return store_row(rows->store, rows->tables[pattern], row->number, rows->values);
}

static int on_end(void *context, size_t pattern, const struct pattern_tally *tally, bool is_stopped)
{
	struct page_rows *rows = context;
	const char *name = rows->config->patterns[pattern].spec->name;

	if (is_stopped)
		return -1;
	page_counts_add(&rows->counts, rows->config->patterns[pattern].pattern, tally);
	rows->is_seen_to[pattern] = true;
	if (rows->job->matched)
		rows->job->matched(rows->job->context, pattern, tally);
	if (tally->is_limited)
		note_limit(rows, name, tally->limit, strlen(tally->limit));
	else if (tally->rows + tally->dropped == 0)
		note_unmatched(rows, name);
	return tally->is_limited || tally->rows == 0 ? keep_rows(rows, pattern) : 0;
}

/* Another page: nothing is known of it, but which patterns are not to run. */
static void begin_page(struct page_rows *rows, const struct page_rows_job *job)
{
	rows->job = job;
	rows->wanted = 0;
	rows->unmatched_size = rows->limits_size = 0;
	page_counts_clear(&rows->counts);
	for (size_t i = 0; i < rows->config->pattern_count; i++)
		rows->is_seen_to[i] = job->runs && !job->runs[i];
}

int page_rows_put(struct page_rows *rows, const struct page_rows_job *job,
		  struct page_rows_said *said)
{
	const struct match_sink sink = {
		.context = rows,
		.begin = on_begin,
		.row = on_row,
		.end = on_end,
	};

	begin_page(rows, job);
	*said = (struct page_rows_said){ .is_untried = true };
	if (!job->page.text.at) {
		said->unmatched = SLICE("(none tried: the page is not text)");
		return keep_others(rows);
	}
	if (match_page(rows->config, &job->page, &sink) < 0 || keep_others(rows) < 0)
		return -1;
	said->is_untried = rows->wanted == 0;
	if (said->is_untried)
		said->unmatched = SLICE("(none tried: no pattern is for this URL)");
	if (rows->unmatched_size > 0)
		said->unmatched = (struct slice){ rows->unmatched, rows->unmatched_size };
	said->counts = page_counts_text(&rows->counts);
	if (rows->limits_size > 0)
		said->limits = (struct slice){ rows->limits, rows->limits_size };
	return 0;
}
