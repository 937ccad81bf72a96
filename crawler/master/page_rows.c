#include "master/page_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "master/match.h"
#include "master/pattern_rows.h"
#include "parsers/pattern/page_counts.h"
#include "parsers/text/memory.h"

#define NOTES_BYTES_MAX 512 /* of what is said of patterns whose rows are incomplete */
#define NAME_BYTES_MAX  256 /* of what a clause begins with */

#define STOPPED " was stopped by the "

struct page_rows {
	const struct config *config;
	struct store *store;
	int *tables;                /* the store's handle of each pattern's table */
	struct store_value *values; /* of one row, for the pattern with the most fields */

	/* Of the page that is looked at. */
	const struct page_rows_job *job;
	unsigned wanted;  /* patterns that are for it */
	bool *is_seen_to; /* by pattern: it has run, or is not to */
	bool *is_whole;   /* by pattern: what it gave takes the place of what it had */
	char *unmatched;  /* names of patterns, as many as there are */
	size_t unmatched_size;
	char notes[NOTES_BYTES_MAX]; /* "pattern 'a' was stopped by the time budget; ..." */
	size_t notes_size;
	bool is_limited;
	struct page_counts counts;
};

/* ---- the tables ---- */

/* Returns the table's handle, or 0. */
static int make_table(struct store *store, const struct config_pattern *pattern, bool merges_equal)
{
	struct store_table *table = pattern_rows_table(pattern);
	int handle;

	table->merges_equal = merges_equal;
	handle = store_put_table(store, table);
	pattern_rows_table_free(table);
	return handle;
}

struct page_rows *page_rows_new(const struct config *config, struct store *store, bool merges_equal)
{
	struct page_rows *rows = memory_new(1, sizeof(*rows));
	size_t most = 0, names = 0;

	*rows = (struct page_rows){ .config = config, .store = store };
	rows->tables = memory_new(config->pattern_count, sizeof(*rows->tables));
	rows->is_seen_to = memory_new(config->pattern_count, sizeof(*rows->is_seen_to));
	rows->is_whole = memory_new(config->pattern_count, sizeof(*rows->is_whole));
	for (size_t i = 0; i < config->pattern_count; i++) {
		size_t count = pattern_rows_column_count(&config->patterns[i]);

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
	free(rows->is_whole);
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
static void note(struct page_rows *rows, struct slice clause)
{
	const char *between = rows->notes_size > 0 ? "; " : "";
	size_t between_size = strlen(between);

	if (clause.size + between_size > sizeof(rows->notes) - rows->notes_size)
		return;
	memcpy(rows->notes + rows->notes_size, between, between_size);
	memcpy(rows->notes + rows->notes_size + between_size, clause.at, clause.size);
	rows->notes_size += between_size + clause.size;
}

static void note_incomplete(struct page_rows *rows, const char *name,
			    const struct pattern_tally *tally)
{
	char clause[NOTES_BYTES_MAX] = "", field[NAME_BYTES_MAX] = "";

	if (tally->limit_field)
		snprintf(field, sizeof(field), " in field '%s'", tally->limit_field);
	if (tally->is_limited)
		snprintf(clause, sizeof(clause),
			 "pattern '%s'" STOPPED "%s%s: its rows are incomplete", name, tally->limit,
			 field);
	else if (tally->is_broken)
		snprintf(clause, sizeof(clause), "pattern '%s': the JSON breaks at byte %zu", name,
			 tally->broken_at);
	if (clause[0])
		note(rows, slice_of(clause));
	rows->is_limited |= tally->is_limited;
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

/* Where text stands in within, or NULL. */
static const char *find(struct slice within, const char *text)
{
	return within.at ? memmem(within.at, within.size, text, strlen(text)) : NULL;
}

/* What was noted of a pattern, or absent. */
static struct slice find_clause(struct slice notes, const char *name)
{
	char begin[NAME_BYTES_MAX];
	struct slice clause = { NULL, 0 };
	const char *next;

	snprintf(begin, sizeof(begin), "pattern '%s'", name);
	clause.at = find(notes, begin);
	if (!clause.at)
		return clause;
	clause.size = (size_t)(notes.at + notes.size - clause.at);
	next = find(clause, "; pattern '");
	if (next)
		clause.size = (size_t)(next - clause.at);
	return clause;
}

static void note_again(struct page_rows *rows, const char *name)
{
	struct slice clause = find_clause(rows->job->notes, name);

	page_counts_add_again(&rows->counts, name, rows->job->counts);
	if (is_listed(rows->job->unmatched, name))
		note_unmatched(rows, name);
	if (clause.at)
		note(rows, clause);
	rows->is_limited |= find(clause, STOPPED) != NULL;
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

	pattern_rows_values(row, rows->values);
	if (rows->job->row)
		rows->job->row(rows->job->context, pattern, row);
	return store_row(rows->store, rows->tables[pattern], row->number, rows->values);
}

/* Rows of a child go with those of its parent, which ended before it. */
static bool is_whole(const struct page_rows *rows, size_t pattern,
		     const struct pattern_tally *tally)
{
	const struct config_pattern *parent = rows->config->patterns[pattern].parent;

	if (parent)
		return rows->is_whole[parent - rows->config->patterns];
	return tally->rows > 0 && !tally->is_limited;
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
	note_incomplete(rows, name, tally);
	if (tally->rows + tally->dropped == 0 && !tally->is_limited)
		note_unmatched(rows, name);
	rows->is_whole[pattern] = is_whole(rows, pattern, tally);
	return rows->is_whole[pattern] ? 0 : keep_rows(rows, pattern);
}

/* Another page: nothing is known of it, but which patterns are not to run. */
static void begin_page(struct page_rows *rows, const struct page_rows_job *job)
{
	rows->job = job;
	rows->wanted = 0;
	rows->unmatched_size = rows->notes_size = 0;
	rows->is_limited = false;
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
	if (rows->notes_size > 0)
		said->notes = (struct slice){ rows->notes, rows->notes_size };
	said->is_limited = rows->is_limited;
	return 0;
}
