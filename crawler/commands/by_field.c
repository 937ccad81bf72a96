#include "commands/by_field.h"

#include <inttypes.h>
#include <stdlib.h>

#include "commands/uneven.h"
#include "parsers/text/memory.h"
#include "show/excerpt.h"
#include "show/human.h"
#include "show/table.h"

/* Pages that lack something: how many, and the first of them. */
struct lacking {
	uint32_t count;
	char *names[BY_FIELD_PAGES_NAMED];
};

struct bad_values {
	uint64_t count;
	char *shown[PATTERN_BAD_SHOWN]; /* with their places */
	uint32_t shown_count;
};

struct field_figures {
	uint64_t filled;
	uint64_t filled_before; /* this page */
	uint64_t dropped;       /* rows, for want of it */
	struct bad_values bad;
	struct lacking without;
};

/* Rows whose match ends inside an element. */
struct uneven_rows {
	uint64_t count;
	struct slice first; /* on the page that is tried, while text is NULL */
	char *name, *text;  /* of the first: its page; its place and what it lacks */
};

struct pattern_sum {
	struct pattern_figures all;
	struct field_figures *fields;
	struct lacking nothing, cut; /* without rows; that a limit ended */
	struct uneven_rows uneven;
};

struct by_field {
	const struct config *config;
	struct pattern_sum *patterns;
};

struct by_field *by_field_new(const struct config *config)
{
	struct by_field *by_field = memory_new(1, sizeof(*by_field));

	by_field->config = config;
	by_field->patterns = memory_new(config->pattern_count + 1, sizeof(*by_field->patterns));
	for (size_t i = 0; i < config->pattern_count; i++)
		by_field->patterns[i].fields =
			memory_new(pattern_field_count(config->patterns[i].pattern),
				   sizeof(*by_field->patterns[i].fields));
	return by_field;
}

static size_t field_count(const struct by_field *by_field, size_t pattern)
{
	return pattern_field_count(by_field->config->patterns[pattern].pattern);
}

/* ---- gathering ---- */

void by_field_row(struct by_field *by_field, size_t pattern, const struct pattern_row *row)
{
	struct pattern_sum *sum = &by_field->patterns[pattern];
	struct uneven uneven;

	for (size_t i = 0; i < field_count(by_field, pattern); i++)
		sum->fields[i].filled += !value_is_empty(&row->values[i]);
	if (uneven_match(row->matched, &uneven) && sum->uneven.count++ == 0)
		sum->uneven.first = row->matched;
}

/* "6:1 (2 <dd>, 1 </dd>)" */
static void note_uneven(struct uneven_rows *rows, const struct sample *sample)
{
	struct slice page = sample->page.text;
	struct excerpt_place place;
	struct uneven uneven;
	char text[120];

	if (rows->count == 0 || rows->text)
		return;
	uneven_match(rows->first, &uneven);
	place = excerpt_place(page, (size_t)(rows->first.at - page.at));
	snprintf(text, sizeof(text), "%zu:%zu (%u <%.*s>, %u </%.*s>)", place.line, place.column,
		 uneven.begins, (int)uneven.name.size, uneven.name.at, uneven.ends,
		 (int)uneven.name.size, uneven.name.at);
	rows->text = memory_text(text, strlen(text));
	rows->name = table_printable(slice_of(sample->name));
}

static void note_lacking(struct lacking *lacking, const struct sample *sample)
{
	if (lacking->count++ < BY_FIELD_PAGES_NAMED)
		lacking->names[lacking->count - 1] = table_printable(slice_of(sample->name));
}

/* "n/a (page.html:4:12)", on one line, whatever the text is. */
static char *bad_text(const struct pattern_bad *bad, const struct sample *sample)
{
	struct excerpt_place place = excerpt_place(sample->page.text, bad->offset);
	char *text = NULL, *name = table_printable(slice_of(sample->name));
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		memory_fail();
	excerpt_text(out, (struct slice){ bad->text, bad->size });
	fprintf(out, " (%s:%zu:%zu)", name, place.line, place.column);
	if (fclose(out) != 0)
		memory_fail();
	free(name);
	return text;
}

static void note_bad(struct bad_values *values, const struct pattern_field_tally *tally,
		     const struct sample *sample)
{
	values->count += tally->bad;
	for (uint32_t i = 0; i < tally->bad && i < PATTERN_BAD_SHOWN; i++)
		if (values->shown_count < PATTERN_BAD_SHOWN)
			values->shown[values->shown_count++] = bad_text(&tally->shown[i], sample);
}

void by_field_page(struct by_field *by_field, size_t pattern, const struct sample *sample,
		   const struct pattern_tally *tally)
{
	struct pattern_sum *sum = &by_field->patterns[pattern];

	pattern_figures_add(&sum->all, tally);
	if (tally->rows == 0)
		note_lacking(&sum->nothing, sample);
	if (tally->is_limited)
		note_lacking(&sum->cut, sample);
	note_uneven(&sum->uneven, sample);
	for (size_t i = 0; i < field_count(by_field, pattern); i++) {
		struct field_figures *field = &sum->fields[i];

		note_bad(&field->bad, &tally->fields[i], sample);
		field->dropped += tally->fields[i].dropped;
		if (tally->rows > 0 && field->filled == field->filled_before)
			note_lacking(&field->without, sample);
		field->filled_before = field->filled;
	}
}

/* ---- showing ---- */

/* "  nothing on a.html, b.html; 5 more" */
static void show_lacking(FILE *out, const struct lacking *lacking, const char *what,
			 const char *name)
{
	if (lacking->count == 0)
		return;
	fprintf(out, "  %s%s on", what, name);
	for (uint32_t i = 0; i < lacking->count && i < BY_FIELD_PAGES_NAMED; i++)
		fprintf(out, "%s %s", i > 0 ? "," : "", lacking->names[i]);
	if (lacking->count > BY_FIELD_PAGES_NAMED)
		fprintf(out, "; %u more", lacking->count - BY_FIELD_PAGES_NAMED);
	fputc('\n', out);
}

static void show_bad(FILE *out, const struct bad_values *values, const char *name,
		     enum field_type type)
{
	if (values->count == 0)
		return;
	fprintf(out, "  bad %s (%s):", name, value_bad_name(type));
	for (uint32_t i = 0; i < values->shown_count; i++)
		fprintf(out, "%s %s", i > 0 ? "," : "", values->shown[i]);
	if (values->count > values->shown_count)
		fprintf(out, "; %" PRIu64 " more", values->count - values->shown_count);
	fputc('\n', out);
}

#define CELL_BYTES 24
#define CELLS      5

/* What is not all is not 100 %. */
static uint64_t percent(uint64_t part, uint64_t whole)
{
	return whole > 0 ? part * 100 / whole : 0;
}

static void show_field(struct table *table, const char *name, const struct field_figures *field,
		       uint64_t rows)
{
	uint64_t figures[] = { field->filled, percent(field->filled, rows), field->bad.count,
			       field->without.count };
	char text[CELLS - 1][CELL_BYTES];
	struct table_cell cells[CELLS] = { { slice_of(name), false } };

	for (size_t i = 0; i < CELLS - 1; i++) {
		snprintf(text[i], CELL_BYTES, "%" PRIu64, figures[i]);
		cells[i + 1] = (struct table_cell){ slice_of(text[i]), true };
	}
	table_row(table, cells);
}

static void show_fields(FILE *out, const struct pattern *pattern, const struct pattern_sum *sum)
{
	static const char *const names[CELLS] = { "field", "filled", "%", "bad", "pages without" };
	struct table *table = table_new(out, 0, names, CELLS);
	size_t count = pattern_field_count(pattern);

	for (size_t i = 0; i < count; i++)
		show_field(table, pattern_field_name(pattern, i), &sum->fields[i], sum->all.rows);
	table_end(table);
	for (size_t i = 0; i < count; i++) {
		const char *name = pattern_field_name(pattern, i);

		show_bad(out, &sum->fields[i].bad, name, pattern_field_match_type(pattern, i));
		show_lacking(out, &sum->fields[i].without, "no ", name);
	}
}

/* "; dropped without title 40, link 17" */
static void show_dropped(FILE *out, const struct pattern *pattern, const struct pattern_sum *sum)
{
	const char *between = "; dropped without ";

	for (size_t i = 0; i < pattern_field_count(pattern); i++) {
		if (sum->fields[i].dropped == 0)
			continue;
		fprintf(out, "%s%s %" PRIu64, between, pattern_field_name(pattern, i),
			sum->fields[i].dropped);
		between = ", ";
	}
}

void by_field_show_uneven(FILE *out, const struct by_field *by_field, size_t pattern, bool is_named)
{
	const struct uneven_rows *rows = &by_field->patterns[pattern].uneven;

	if (rows->count > 0)
		fprintf(out, "  cut inside an element: %s, the first at %s%s%s\n",
			COUNTED(rows->count, "row"), is_named ? rows->name : "",
			is_named ? ":" : "", rows->text);
}

static void show_pattern(FILE *out, const struct config_pattern *pattern,
			 const struct pattern_sum *sum)
{
	fprintf(out, "\n%s: ", pattern_name(pattern->pattern));
	fprintf(out, "%s from ", COUNTED(sum->all.rows, "row"));
	fprintf(out, "%" PRIu64 " of %s", sum->all.pages_matched,
		COUNTED(sum->all.pages_tried, "page"));
	fprintf(out, " in %.2f ms", (double)sum->all.elapsed_ns / 1e6);
	show_dropped(out, pattern->pattern, sum);
	fprintf(out, " (%s:%u)\n", pattern->file, pattern->line);
	if (sum->all.rows > 0)
		show_fields(out, pattern->pattern, sum);
	show_lacking(out, &sum->nothing, "nothing", "");
	show_lacking(out, &sum->cut, "stopped by a limit", "");
}

void by_field_show(FILE *out, const struct by_field *by_field)
{
	for (size_t i = 0; i < by_field->config->pattern_count; i++)
		if (by_field->patterns[i].all.pages_tried > 0) {
			show_pattern(out, &by_field->config->patterns[i], &by_field->patterns[i]);
			by_field_show_uneven(out, by_field, i, true);
		}
}

size_t by_field_tried(const struct by_field *by_field)
{
	size_t count = 0;

	for (size_t i = 0; i < by_field->config->pattern_count; i++)
		count += by_field->patterns[i].all.pages_tried > 0;
	return count;
}

size_t by_field_fruitful(const struct by_field *by_field)
{
	size_t count = 0;

	for (size_t i = 0; i < by_field->config->pattern_count; i++)
		/* Not every record has children. */
		count += by_field->patterns[i].all.rows > 0 ||
			 (by_field->config->patterns[i].parent &&
			  by_field->patterns[i].all.pages_tried > 0);
	return count;
}

const struct config_pattern *by_field_fruitless(const struct by_field *by_field)
{
	for (size_t i = 0; i < by_field->config->pattern_count; i++)
		if (by_field->patterns[i].all.pages_tried > 0 &&
		    by_field->patterns[i].all.rows == 0 && !by_field->config->patterns[i].parent)
			return &by_field->config->patterns[i];
	return NULL;
}

/* ---- the end ---- */

static void free_lacking(struct lacking *lacking)
{
	for (size_t i = 0; i < BY_FIELD_PAGES_NAMED; i++)
		free(lacking->names[i]);
}

static void free_pattern(struct pattern_sum *sum, size_t fields)
{
	for (size_t i = 0; i < fields; i++) {
		free_lacking(&sum->fields[i].without);
		for (uint32_t n = 0; n < sum->fields[i].bad.shown_count; n++)
			free(sum->fields[i].bad.shown[n]);
	}
	free(sum->fields);
	free(sum->uneven.name);
	free(sum->uneven.text);
	free_lacking(&sum->nothing);
	free_lacking(&sum->cut);
}

void by_field_free(struct by_field *by_field)
{
	if (!by_field)
		return;
	for (size_t i = 0; i < by_field->config->pattern_count; i++)
		free_pattern(&by_field->patterns[i], field_count(by_field, i));
	free(by_field->patterns);
	free(by_field);
}
