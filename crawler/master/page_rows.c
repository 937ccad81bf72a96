#include "master/page_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "master/match.h"
#include "master/pattern_rows.h"
#include "parsers/pattern/page_counts.h"
#include "parsers/text/memory.h"
#include "parsers/text/scratch.h"

#define NOTES_BYTES_MAX 512 /* of what is said of patterns whose rows are incomplete */
#define NAME_BYTES_MAX  256 /* of what a clause begins with */

#define LOOK_ROWS 512 /* that are put between two looks at the clock */

#define STOPPED " was stopped by the "

/*
 * A row that waits for its page to be written; its values follow, then their texts.  A page has
 * PATTERN_ALL_BYTES_MAX of them: pattern_row_cost() is what one takes.
 */
struct kept_row {
	struct kept_row *next;
	uint32_t pattern, number, parent;
	struct kept_value {
		union {
			const char *text;
			int64_t integer;
			double real;
		};
		uint32_t size; /* of a text */
		enum value_kind kind;
	} values[];
};
_Static_assert(sizeof(struct kept_row) + sizeof(struct kept_value) <= 48, "as it is weighed");

/* What became of a pattern that was run. */
struct kept_tally {
	struct kept_tally *next;
	size_t pattern;
	struct pattern_tally tally; /* its fields are a copy, children are told of by themselves */
};

struct page_rows {
	const struct config *config;
	struct store *store;
	int *tables; /* the store's handle of each pattern's table */
	bool borrows_tables;
	struct value *one;          /* the values of one, for the pattern with the most fields */
	struct store_value *values; /* the same, as the store has them */

	/* Of the page that is looked at. */
	const struct page_rows_job *job;
	size_t next;            /* the first pattern that has not run */
	bool has_run;           /* all of them */
	struct scratch scratch; /* what is kept of it */
	size_t bytes;           /* as PATTERN_ALL_BYTES_MAX counts them */
	struct kept_row *rows, **rows_end;
	struct kept_tally *tallies, **tallies_end;
	const struct kept_row *row; /* the first that is not put */
	const struct kept_tally *tally;
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

/* All but the tables. */
static struct page_rows *make(const struct config *config, struct store *store)
{
	struct page_rows *rows = memory_new(1, sizeof(*rows));
	size_t most = 0, names = 0;

	*rows = (struct page_rows){ .config = config, .store = store };
	rows->is_seen_to = memory_new(config->pattern_count, sizeof(*rows->is_seen_to));
	rows->is_whole = memory_new(config->pattern_count, sizeof(*rows->is_whole));
	for (size_t i = 0; i < config->pattern_count; i++) {
		size_t count = pattern_rows_column_count(&config->patterns[i]);

		most = count > most ? count : most;
		names += strlen(config->patterns[i].spec->name) + 2;
	}
	rows->one = memory_new(most, sizeof(*rows->one));
	rows->values = memory_new(most, sizeof(*rows->values));
	rows->unmatched = memory_new(names + 1, 1);
	return rows;
}

struct page_rows *page_rows_new(const struct config *config, struct store *store, bool merges_equal)
{
	struct page_rows *rows = make(config, store);

	rows->tables = memory_new(config->pattern_count, sizeof(*rows->tables));
	for (size_t i = 0; i < config->pattern_count; i++) {
		rows->tables[i] = make_table(store, &config->patterns[i], merges_equal);
		if (rows->tables[i] == 0) {
			page_rows_free(rows);
			return NULL;
		}
	}
	return rows;
}

struct page_rows *page_rows_another(const struct page_rows *rows)
{
	struct page_rows *another = make(rows->config, rows->store);

	another->tables = rows->tables;
	another->borrows_tables = true;
	return another;
}

void page_rows_free(struct page_rows *rows)
{
	if (!rows)
		return;
	if (!rows->borrows_tables)
		free(rows->tables);
	free(rows->is_seen_to);
	free(rows->is_whole);
	free(rows->one);
	free(rows->values);
	free(rows->unmatched);
	page_counts_free(&rows->counts);
	scratch_free(&rows->scratch);
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

/* ---- rows that stay ---- */

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

/* ---- from the page to memory ---- */

static bool on_begin(void *context, size_t pattern)
{
	struct page_rows *rows = context;

	if (!rows->config->patterns[pattern].parent)
		pattern_give_bytes(rows->config->patterns[pattern].pattern, rows->bytes);
	rows->wanted++;
	if (!rows->job->runs || rows->job->runs[pattern])
		return true;
	note_again(rows, rows->config->patterns[pattern].spec->name);
	return false;
}

static size_t text_bytes(const struct value *values, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += values[i].text.size;
	return bytes;
}

/* Copies its text to text.  Returns where the next one goes. */
static inline char *keep_value(const struct value *value, struct kept_value *kept, char *text)
{
	kept->kind = value->kind;
	switch (value->kind) {
	case VALUE_TEXT:
		kept->text = value->text.at ? text : NULL;
		kept->size = (uint32_t)value->text.size;
		if (kept->size > 0)
			memcpy(text, value->text.at, kept->size);
		return text + kept->size;
	case VALUE_INTEGER:
		kept->integer = value->integer;
		break;
	case VALUE_REAL:
		kept->real = value->real;
		break;
	case VALUE_NULL:
		break;
	}
	return text;
}

static int on_row(void *context, size_t pattern, const struct pattern_row *row)
{
	struct page_rows *rows = context;
	size_t count = pattern_field_count(row->pattern);
	size_t head = sizeof(struct kept_row) + count * sizeof(struct kept_value);
	struct kept_row *kept = scratch_take(&rows->scratch, head + text_bytes(row->values, count));
	char *text = (char *)kept + head;

	*kept = (struct kept_row){ .pattern = (uint32_t)pattern,
				   .number = row->number,
				   .parent = row->parent };
	for (size_t i = 0; i < count; i++)
		text = keep_value(&row->values[i], &kept->values[i], text);
	*rows->rows_end = kept;
	rows->rows_end = &kept->next;
	return 0;
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

static void keep_tally(struct page_rows *rows, size_t pattern, const struct pattern_tally *tally)
{
	size_t count = pattern_field_count(rows->config->patterns[pattern].pattern);
	struct kept_tally *kept = scratch_take(&rows->scratch, sizeof(*kept));
	struct pattern_field_tally *fields = scratch_take(&rows->scratch, count * sizeof(*fields));

	if (count > 0)
		memcpy(fields, tally->fields, count * sizeof(*fields));
	*kept = (struct kept_tally){ .pattern = pattern, .tally = *tally };
	kept->tally.fields = fields;
	kept->tally.children = NULL;
	*rows->tallies_end = kept;
	rows->tallies_end = &kept->next;
}

static int on_end(void *context, size_t pattern, const struct pattern_tally *tally, bool is_stopped)
{
	struct page_rows *rows = context;
	const char *name = rows->config->patterns[pattern].spec->name;

	(void)is_stopped; /* by nobody */
	page_counts_add(&rows->counts, rows->config->patterns[pattern].pattern, tally);
	rows->is_seen_to[pattern] = true;
	rows->bytes += tally->bytes;
	keep_tally(rows, pattern, tally);
	note_incomplete(rows, name, tally);
	if (tally->rows + tally->dropped == 0 && !tally->is_limited)
		note_unmatched(rows, name);
	rows->is_whole[pattern] = is_whole(rows, pattern, tally);
	return 0;
}

void page_rows_begin(struct page_rows *rows, const struct page_rows_job *job)
{
	rows->job = job;
	rows->wanted = 0;
	rows->next = 0;
	rows->has_run = !job->page.text.at;
	rows->unmatched_size = rows->notes_size = 0;
	rows->is_limited = false;
	page_counts_clear(&rows->counts);
	scratch_reset(&rows->scratch);
	rows->bytes = 0;
	rows->rows = NULL;
	rows->rows_end = &rows->rows;
	rows->tallies = NULL;
	rows->tallies_end = &rows->tallies;
	rows->row = NULL;
	rows->tally = NULL;
	for (size_t i = 0; i < rows->config->pattern_count; i++)
		rows->is_seen_to[i] = job->runs && !job->runs[i];
}

bool page_rows_match(struct page_rows *rows, int64_t until_ms)
{
	const struct match_sink sink = {
		.context = rows,
		.begin = on_begin,
		.row = on_row,
		.end = on_end,
	};

	if (rows->has_run)
		return true;
	rows->has_run =
		match_page_until(rows->config, &rows->job->page, &sink, &rows->next, until_ms) > 0;
	rows->row = rows->rows;
	rows->tally = rows->tallies;
	return rows->has_run;
}

size_t page_rows_bytes(const struct page_rows *rows)
{
	return rows->scratch.used;
}

/* ---- from memory to the store ---- */

/* Of the others than its kind's nothing is said: there may be a value of the row before. */
static inline void to_stored(const struct kept_value *kept, struct store_value *value)
{
	switch (kept->kind) {
	case VALUE_TEXT:
		value->kind = STORE_TEXT;
		value->text = (struct slice){ kept->text, kept->size };
		break;
	case VALUE_INTEGER:
		value->kind = STORE_INTEGER;
		value->integer = kept->integer;
		break;
	case VALUE_REAL:
		value->kind = STORE_REAL;
		value->real = kept->real;
		break;
	case VALUE_NULL:
		value->kind = STORE_NULL;
		break;
	}
}

static struct value shown(const struct kept_value *kept)
{
	struct value value = { .kind = kept->kind };

	if (kept->kind == VALUE_TEXT)
		value.text = (struct slice){ kept->text, kept->size };
	else if (kept->kind == VALUE_INTEGER)
		value.integer = kept->integer;
	else if (kept->kind == VALUE_REAL)
		value.real = kept->real;
	return value;
}

/* To who watches. */
static void show_row(struct page_rows *rows, const struct kept_row *kept, size_t count)
{
	const struct pattern_row row = {
		.pattern = rows->config->patterns[kept->pattern].pattern,
		.number = kept->number,
		.parent = kept->parent,
		.values = rows->one,
	};

	for (size_t i = 0; i < count; i++)
		rows->one[i] = shown(&kept->values[i]);
	rows->job->row(rows->job->context, kept->pattern, &row);
}

/* In the order of pattern_rows.h. */
static int put_row(struct page_rows *rows, const struct kept_row *kept)
{
	size_t count = pattern_field_count(rows->config->patterns[kept->pattern].pattern);
	struct store_value *values = rows->values;

	if (rows->job->row)
		show_row(rows, kept, count);
	if (kept->parent)
		*values++ = (struct store_value){ .kind = STORE_INTEGER, .integer = kept->parent };
	for (size_t i = 0; i < count; i++)
		to_stored(&kept->values[i], &values[i]);
	return store_row(rows->store, rows->tables[kept->pattern], kept->number, rows->values);
}

/* Behind the rows of a pattern and its children: what is to be said of those that there were. */
static int end_family(struct page_rows *rows, size_t end)
{
	for (; rows->tally && rows->tally->pattern < end; rows->tally = rows->tally->next) {
		size_t pattern = rows->tally->pattern;

		if (rows->job->matched)
			rows->job->matched(rows->job->context, pattern, &rows->tally->tally);
		if (!rows->is_whole[pattern] && keep_rows(rows, pattern) < 0)
			return -1;
	}
	return 0;
}

/* A pattern, then its children.  Returns 1 if all of them are put, 0, or -1. */
static int put_family(struct page_rows *rows, int64_t until_ms)
{
	size_t first = rows->tally->pattern;
	size_t end = first + 1 + rows->config->patterns[first].descendant_count;
	unsigned count = 0;

	for (; rows->row && rows->row->pattern < end; rows->row = rows->row->next) {
		if (until_ms != CLOCK_NEVER && count++ % LOOK_ROWS == LOOK_ROWS - 1 &&
		    clock_ms() >= until_ms)
			return 0;
		if (put_row(rows, rows->row) < 0)
			return -1;
	}
	return end_family(rows, end) < 0 ? -1 : 1;
}

int page_rows_put_until(struct page_rows *rows, int64_t until_ms)
{
	while (rows->tally) {
		int put = put_family(rows, until_ms);

		if (put <= 0)
			return put;
		if (until_ms != CLOCK_NEVER && clock_ms() >= until_ms)
			return rows->tally == NULL;
	}
	return 1;
}

int page_rows_put(struct page_rows *rows, struct page_rows_said *said)
{
	*said = (struct page_rows_said){ .is_untried = rows->wanted == 0 };
	if (page_rows_put_until(rows, CLOCK_NEVER) < 0 || keep_others(rows) < 0)
		return -1;
	if (!rows->job->page.text.at)
		said->unmatched = SLICE("(none tried: the page is not text)");
	else if (said->is_untried)
		said->unmatched = SLICE("(none tried: no pattern is for this URL)");
	if (rows->unmatched_size > 0)
		said->unmatched = (struct slice){ rows->unmatched, rows->unmatched_size };
	said->counts = page_counts_text(&rows->counts);
	if (rows->notes_size > 0)
		said->notes = (struct slice){ rows->notes, rows->notes_size };
	said->is_limited = rows->is_limited;
	return 0;
}
