#include "report/figures_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- those of the run, by name ---- */

struct growing {
	struct figures_reader *reader;
	struct figures_pattern *pattern; /* of the field read last */
	size_t room;
};

/* pattern, field, rows, filled, bad: a pattern's follow each other */
static int on_field(void *context, const struct store_answer *row)
{
	struct growing *growing = context;
	struct figures *figures = growing->reader->figures;
	struct figures_pattern *pattern;

	if (!row->values)
		return 0;
	pattern = figures_find_pattern(growing->reader, row->values[0].text);
	if (!pattern)
		return 0;
	if (pattern != growing->pattern)
		growing->room = pattern->field_count;
	growing->pattern = pattern;
	pattern->fields = figures_grow(figures, pattern->fields, pattern->field_count,
				       &growing->room, sizeof(*pattern->fields));
	pattern->fields[pattern->field_count++] = (struct figures_field){
		.name = figures_string(figures, &row->values[1]),
		.now = { .pages = pattern->pages_matched,
			 .good = figures_number(&row->values[3]),
			 .of = figures_number(&row->values[2]) },
		.rows = figures_number(&row->values[2]),
		.filled = figures_number(&row->values[3]),
		.bad = figures_number(&row->values[4]),
		.place = SIZE_MAX,
	};
	pattern->fields_all = pattern->field_count;
	return 0;
}

static int by_name(const void *name, const void *field)
{
	return strcmp(name, ((const struct figures_field *)field)->name);
}

/* They are sorted by name until they are put in their places. */
static struct figures_field *find_field(struct figures_pattern *pattern, struct slice name)
{
	char text[256];
	struct figures_field *field;

	if (pattern->field_count == 0 || name.size >= sizeof(text))
		return NULL;
	memcpy(text, name.at, name.size);
	text[name.size] = '\0';
	field = bsearch(text, pattern->fields, pattern->field_count, sizeof(*field), by_name);
	for (size_t i = 0; !field && i < pattern->field_count; i++)
		if (strcasecmp(pattern->fields[i].name, text) == 0)
			field = &pattern->fields[i];
	return field;
}

/* ---- where they stand in their table, and of which type they are ---- */

struct columns {
	struct growing growing;
	size_t count;
};

static struct figures_field *add_field(struct growing *growing, struct figures_pattern *pattern,
				       const struct store_value *name)
{
	struct figures *figures = growing->reader->figures;

	growing->room = pattern != growing->pattern ? 0 : growing->room;
	growing->pattern = pattern;
	pattern->fields = figures_grow(figures, pattern->fields, pattern->field_count,
				       &growing->room, sizeof(*pattern->fields));
	pattern->fields[pattern->field_count] =
		(struct figures_field){ .name = figures_string(figures, name) };
	pattern->fields_all = pattern->field_count + 1;
	return &pattern->fields[pattern->field_count++];
}

/*
 * pattern, field, type: a table's follow each other.  A pattern that found nothing in the run has
 * no figures of its fields: they are those of its table, where the rows of earlier runs stand.
 */
static int on_column(void *context, const struct store_answer *row)
{
	struct columns *columns = context;
	struct growing *growing = &columns->growing;
	struct figures_pattern *pattern;
	struct figures_field *field;

	if (!row->values)
		return 0;
	pattern = figures_find_pattern(growing->reader, row->values[0].text);
	if (!pattern)
		return 0;
	if (pattern->field_count == 0 || pattern == growing->pattern)
		field = add_field(growing, pattern, &row->values[1]);
	else
		field = find_field(pattern, row->values[1].text);
	if (field) {
		field->place = columns->count++;
		field->type = figures_string(growing->reader->figures, &row->values[2]);
	}
	return 0;
}

static int by_names(const void *left, const void *right)
{
	return strcmp(((const struct figures_field *)left)->name,
		      ((const struct figures_field *)right)->name);
}

static void sort_fields(struct figures *figures, int (*order)(const void *, const void *))
{
	for (size_t i = 0; i < figures->pattern_count; i++)
		if (figures->patterns[i].field_count > 1)
			qsort(figures->patterns[i].fields, figures->patterns[i].field_count,
			      sizeof(struct figures_field), order);
}

/* ---- how they fare ---- */

static enum drift_verdict judge(const struct health_share *share, const struct drift_share *now,
				struct drift_share *before)
{
	*before = drift_sum(share->before, share->run_count);
	return drift_judge(now, share->before, share->run_count, share->points);
}

static void note_share(struct figures_reader *reader, const struct health_share *share)
{
	struct figures_pattern *pattern = figures_find_pattern(reader, slice_of(share->pattern));
	struct figures_field *field;

	if (!pattern)
		return;
	if (!share->field) {
		pattern->verdict = judge(share, &pattern->now, &pattern->before);
		pattern->runs_before = share->run_count;
		pattern->never_matched = pattern->never_matched && pattern->before.good == 0;
		return;
	}
	field = find_field(pattern, slice_of(share->field));
	if (field)
		field->verdict = judge(share, &field->now, &field->before);
}

/* Whatever the file holds. */
static const char *started_at(const struct figures *figures)
{
	return figures->run.started_at ? figures->run.started_at : "";
}

static bool is_remembered(const struct figures_reader *reader)
{
	const struct figures_memory *memory = reader->memory;
	const struct figures *figures = reader->figures;

	return memory->run == figures->run.id && memory->pattern_count == figures->pattern_count &&
	       strcmp(memory->started_at, started_at(figures)) == 0;
}

/* Only what runs came to before is used of it: what there is now has been read. */
static int remember(struct figures_reader *reader)
{
	struct figures_memory *memory = reader->memory;
	const struct figures *figures = reader->figures;

	health_free(&memory->health);
	memory->run = 0;
	if (health_read(&memory->health, reader->store, figures->run.id, reader->config) < 0)
		return -1;
	memory->pattern_count = figures->pattern_count;
	snprintf(memory->started_at, sizeof(memory->started_at), "%s", started_at(figures));
	memory->run = figures->run.id;
	return 0;
}

static int read_health(struct figures_reader *reader)
{
	const struct health *health = &reader->memory->health;

	if (!is_remembered(reader) && remember(reader) < 0)
		return -1;
	for (size_t i = 0; i < health->count; i++)
		note_share(reader, &health->shares[i]);
	return 0;
}

static int by_place(const void *left, const void *right)
{
	const struct figures_field *a = left, *b = right;

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Those that got worse, and of the others the first, in their order. */
static void keep_fields(struct figures_pattern *pattern)
{
	size_t worse = 0, kept = 0, others;

	for (size_t i = 0; i < pattern->field_count; i++)
		worse += pattern->fields[i].verdict == DRIFT_WORSE;
	others = worse < FIGURES_FIELDS_MAX ? FIGURES_FIELDS_MAX - worse : 0;
	for (size_t i = 0; i < pattern->field_count && kept < FIGURES_FIELDS_MAX; i++) {
		bool is_worse = pattern->fields[i].verdict == DRIFT_WORSE;

		if (!is_worse && others == 0)
			continue;
		others -= !is_worse;
		pattern->fields[kept++] = pattern->fields[i];
	}
	pattern->field_count = kept;
}

int figures_read_fields(struct figures_reader *reader)
{
	struct figures *figures = reader->figures;
	struct growing growing = { .reader = reader };
	struct columns columns = { .growing = { .reader = reader } };

	if (store_report(reader->store, STORE_REPORT_FIELDS, &reader->about, on_field, &growing) <
		    0 ||
	    store_report(reader->store, STORE_REPORT_COLUMNS, &reader->about, on_column, &columns) <
		    0)
		return -1;
	sort_fields(figures, by_names);
	if (read_health(reader) < 0)
		return -1;
	sort_fields(figures, by_place);
	for (size_t i = 0; i < figures->pattern_count; i++)
		keep_fields(&figures->patterns[i]);
	return 0;
}
