#include "commands/trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/by_field.h"
#include "commands/commands.h"
#include "commands/leads.h"
#include "commands/marks.h"
#include "report/records.h"
#include "master/match.h"
#include "master/pattern_rows.h"
#include "parsers/text/memory.h"
#include "show/excerpt.h"
#include "show/human.h"
#include "show/log.h"
#include "show/output.h"
#include "show/screen.h"

#define EXCERPTS_MAX   20 /* matches whose text is shown, of a pattern, where a screen has room */
#define EXCERPTS_USUAL 3  /* where there is no screen */
#define OTHERS_LINES   4  /* that are left to each pattern that follows: a row, what came of it */

/* The keys of a row's page and pattern, where rows of several are in one array. */
#define PAGE_KEY    "page"
#define PATTERN_KEY "pattern"
#define KEYS_MAX    2

/* The rows of one pattern on one page. */
struct harvest {
	struct output *output; /* NULL: they are not shown */
	size_t key_count, column_count;
	const char **columns; /* the keys, then those of its table */
	struct datum *values;
	struct store_value *row; /* as the store has it */
	enum field_type *types;
	struct slice matches[EXCERPTS_MAX];
	size_t match_count;
};

struct trial {
	const struct options *options;
	const struct config *config;
	size_t pages; /* in all, */
	size_t page;  /* and the number of the one that is tried, from 1 */
	kept_pages_filter *filter;
	void *context;
	struct by_field *by_field;
	const struct sample *sample; /* that is tried */
	struct output *json;         /* of all patterns, or NULL: tables */
	bool is_coloured;
	size_t columns, lines; /* of the screen, or 0 */
	size_t lines_used;
	bool has_several;         /* patterns, */
	size_t wanted, tried;     /* of them on this page */
	size_t pages_of_none;     /* that no pattern is for */
	struct harvest *harvests; /* of each pattern, while its family runs */
	bool has_failed;          /* standard output takes no more */
};

/* ---- the rows of a pattern ---- */

static bool is_wanted(const struct trial *trial, const struct config_pattern *pattern)
{
	return trial->filter(pattern, trial->context) && match_wants(pattern, trial->sample->url);
}

/* A column of that name goes before. */
static bool has_column(const struct config_pattern *pattern, const char *name)
{
	for (size_t i = 0; i < pattern_rows_column_count(pattern); i++)
		if (strcmp(pattern_rows_column_name(pattern, i), name) == 0)
			return true;
	return false;
}

static void add_key(struct harvest *harvest, const struct config_pattern *pattern, const char *key,
		    const char *value)
{
	if (has_column(pattern, key))
		return;
	harvest->columns[harvest->key_count] = key;
	harvest->values[harvest->key_count++] =
		(struct datum){ .kind = DATUM_TEXT, .text = slice_of(value) };
}

static void harvest_begin(struct harvest *harvest, const struct trial *trial,
			  const struct config_pattern *pattern)
{
	size_t count = pattern_rows_column_count(pattern);

	*harvest = (struct harvest){ .column_count = count };
	harvest->columns = memory_new(count + KEYS_MAX, sizeof(*harvest->columns));
	harvest->values = memory_new(count + KEYS_MAX, sizeof(*harvest->values));
	harvest->row = memory_new(count, sizeof(*harvest->row));
	harvest->types = memory_new(count, sizeof(*harvest->types));
	if (trial->json && trial->pages > 1)
		add_key(harvest, pattern, PAGE_KEY, trial->sample->name);
	if (trial->json && trial->has_several)
		add_key(harvest, pattern, PATTERN_KEY, pattern_name(pattern->pattern));
	for (size_t i = 0; i < count; i++) {
		harvest->columns[harvest->key_count + i] = pattern_rows_column_name(pattern, i);
		harvest->types[i] = pattern_rows_column_type(pattern, i);
	}
	if (trial->json)
		harvest->output = trial->json;
	else if (trial->page == 1)
		harvest->output = output_new(stdout, OUTPUT_TABLE);
}

static void harvest_end(struct harvest *harvest)
{
	free(harvest->columns);
	free(harvest->values);
	free(harvest->row);
	free(harvest->types);
}

static int harvest_row(struct harvest *harvest, const struct pattern_row *row)
{
	struct record record = {
		.column_count = harvest->key_count + harvest->column_count,
		.columns = harvest->columns,
		.values = harvest->values,
	};

	pattern_rows_values(row, harvest->row);
	for (size_t i = 0; i < harvest->column_count; i++) {
		struct datum *datum = &harvest->values[harvest->key_count + i];

		*datum = record_datum(&harvest->row[i]);
		if (harvest->row[i].kind == STORE_TEXT && harvest->types[i] == FIELD_JSON)
			datum->kind = DATUM_JSON;
	}
	if (harvest->match_count < EXCERPTS_MAX)
		harvest->matches[harvest->match_count++] = row->matched;
	return output_row(harvest->output, &record);
}

static int on_row(void *context, size_t pattern, const struct pattern_row *row)
{
	struct trial *trial = context;
	struct harvest *harvest = &trial->harvests[pattern];

	by_field_row(trial->by_field, pattern, row);
	return harvest->output ? harvest_row(harvest, row) : 0;
}

/* ---- what is said of a pattern ---- */

/* "; empty: actor 2, score 10" */
static void list_empty(FILE *out, const struct pattern *pattern, const struct pattern_tally *tally)
{
	const char *between = "; empty: ";

	for (size_t i = 0; i < pattern_field_count(pattern); i++) {
		if (tally->fields[i].empty == 0)
			continue;
		fprintf(out, "%s%s %u", between, pattern_field_name(pattern, i),
			tally->fields[i].empty);
		between = ", ";
	}
}

/* "; dropped without title 2": rows that have no value in a field that is required */
static void list_dropped(FILE *out, const struct pattern *pattern,
			 const struct pattern_tally *tally)
{
	const char *between = "; dropped without ";

	for (size_t i = 0; i < pattern_field_count(pattern); i++) {
		if (tally->fields[i].dropped == 0)
			continue;
		fprintf(out, "%s%s %u", between, pattern_field_name(pattern, i),
			tally->fields[i].dropped);
		between = ", ";
	}
}

/* "  bad price (real): n/a (4:12), - (9:12); 5 more" */
static void show_bad(FILE *out, const struct trial *trial, const struct pattern *pattern,
		     size_t field, const struct pattern_field_tally *tally)
{
	uint32_t shown = tally->bad;

	if (shown > PATTERN_BAD_SHOWN)
		shown = PATTERN_BAD_SHOWN;
	fprintf(out, "  bad %s (%s):", pattern_field_name(pattern, field),
		value_bad_name(pattern_field_match_type(pattern, field)));
	for (uint32_t i = 0; i < shown; i++) {
		const struct pattern_bad *bad = &tally->shown[i];
		struct excerpt_place place = excerpt_place(trial->sample->page.text, bad->offset);

		fputs(i > 0 ? ", " : " ", out);
		excerpt_text(out, (struct slice){ bad->text, bad->size });
		fprintf(out, " (%zu:%zu)", place.line, place.column);
	}
	if (tally->bad > shown)
		fprintf(out, "; %u more", tally->bad - shown);
	fputc('\n', out);
}

static void show_all_bad(FILE *out, const struct trial *trial, const struct pattern *pattern,
			 const struct pattern_tally *tally)
{
	for (size_t i = 0; i < pattern_field_count(pattern); i++)
		if (tally->fields[i].bad > 0)
			show_bad(out, trial, pattern, i, &tally->fields[i]);
}

static void show_broken(FILE *out, const struct trial *trial, size_t offset)
{
	struct excerpt_place place = excerpt_place(trial->sample->page.text, offset);

	fprintf(out, "; the JSON breaks at %zu:%zu", place.line, place.column);
}

/* One line of what came of a pattern: beside its table, or on stderr beside the JSON. */
static void sum_up(FILE *out, const struct trial *trial, const struct config_pattern *pattern,
		   const struct pattern_tally *tally)
{
	fprintf(out, "%s: ", pattern_name(pattern->pattern));
	if (tally->rows == 0 && tally->dropped == 0 && !tally->is_limited)
		fputs(tally->has_no_region ? "its 'within' matches nothing" : "matches nothing",
		      out);
	else
		fprintf(out, "%u row%s", tally->rows, tally->rows == 1 ? "" : "s");
	fprintf(out, " in %.2f ms", (double)tally->elapsed_ns / 1e6);
	list_empty(out, pattern->pattern, tally);
	list_dropped(out, pattern->pattern, tally);
	if (tally->bad_values)
		fprintf(out, "; %u value%s", tally->bad_values,
			tally->bad_values == 1 ? " not of its type" : "s not of their type");
	if (!trial->sample->url.at && page_base_is_missed())
		fputs("; relative URLs need --url", out);
	if (tally->is_limited)
		fprintf(out, "; stopped by the %s: rows are incomplete", tally->limit);
	else if (tally->is_broken)
		show_broken(out, trial, tally->broken_at);
	fprintf(out, " (%s:%u)\n", pattern->file, pattern->line);
	show_all_bad(out, trial, pattern->pattern, tally);
	by_field_show_uneven(out, trial->by_field, (size_t)(pattern - trial->config->patterns),
			     false);
}

/* How many excerpts a screen has room for, with the prompt and what else is to come. */
static size_t excerpts_that_fit(const struct trial *trial)
{
	size_t others = (trial->wanted - trial->tried) * OTHERS_LINES;
	size_t used = trial->lines_used + others + 1;

	if (trial->lines == 0)
		return EXCERPTS_USUAL;
	return trial->lines > used ? trial->lines - used : 0;
}

/*
 * The rows stand above: excerpts must not push them off the screen.  Marks are looked for on a
 * terminal alone, where they are coloured.
 */
static void show_excerpts(struct trial *trial, const struct config_pattern *pattern,
			  const struct harvest *harvest)
{
	struct slice page = trial->sample->page.text, list[MARKS_MAX];
	struct marks *marks = trial->is_coloured ? marks_new(trial->config, pattern) : NULL;
	size_t fit = excerpts_that_fit(trial);

	for (size_t i = 0; i < harvest->match_count && i < fit; i++) {
		struct excerpt excerpt = { page, harvest->matches[i], list, 0 };

		if (marks)
			excerpt.mark_count = marks_find(marks, page, harvest->matches[i], list);
		excerpt_show(stdout, &excerpt, trial->columns, trial->is_coloured);
		trial->lines_used++;
	}
	marks_free(marks);
}

/* Its table, what came of it, where the matches stand.  Returns -1 if no more can be written. */
static int show_pattern(struct trial *trial, const struct config_pattern *pattern,
			struct harvest *harvest, const struct pattern_tally *tally)
{
	int result = 0;

	if (trial->tried > 1) {
		putchar('\n');
		trial->lines_used++;
	}
	if (tally->rows > 0)
		result = output_end(harvest->output);
	else
		output_drop(harvest->output);
	sum_up(stdout, trial, pattern, tally);
	trial->lines_used += tally->rows > 0 ? tally->rows + 2 : 1; /* heading, rows, the sum */
	show_excerpts(trial, pattern, harvest);
	return result;
}

/* ---- a page ---- */

static bool on_begin(void *context, size_t index)
{
	struct trial *trial = context;
	const struct config_pattern *pattern = &trial->config->patterns[index];

	if (!trial->filter(pattern, trial->context))
		return false;
	harvest_begin(&trial->harvests[index], trial, pattern);
	return true;
}

/* Returns -1 if nothing more can be written. */
static int on_end(void *context, size_t index, const struct pattern_tally *tally, bool is_stopped)
{
	struct trial *trial = context;
	const struct config_pattern *pattern = &trial->config->patterns[index];
	int result = is_stopped ? -1 : 0;

	trial->tried++;
	by_field_page(trial->by_field, index, trial->sample, tally);
	if (trial->page == 1 && !trial->json)
		result |= show_pattern(trial, pattern, &trial->harvests[index], tally);
	else if (trial->pages == 1 && trial->options->log_level >= LOG_NORMAL)
		sum_up(stderr, trial, pattern, tally);
	harvest_end(&trial->harvests[index]);
	return result;
}

static size_t count_wanted(const struct trial *trial)
{
	size_t count = 0;

	for (size_t i = 0; i < trial->config->pattern_count; i++) {
		const struct config_pattern *pattern = &trial->config->patterns[i];

		if (is_wanted(trial, pattern))
			count++;
		else if (trial->page == 1 && trial->filter(pattern, trial->context) &&
			 !pattern->parent)
			log_say("%s: not for this URL (%s:%u)", pattern_name(pattern->pattern),
				pattern->file, pattern->line);
	}
	return count;
}

/* Of several pages the first must not be asked which patterns there are. */
static bool has_several(const struct trial *trial)
{
	size_t count = 0;

	for (size_t i = 0; i < trial->config->pattern_count; i++)
		count += trial->filter(&trial->config->patterns[i], trial->context);
	return trial->pages > 1 ? count > 1 : trial->wanted > 1;
}

int trial_page(struct trial *trial, const struct sample *sample)
{
	const struct match_sink sink = {
		.context = trial, .begin = on_begin, .row = on_row, .end = on_end
	};
	const struct page_about page = {
		.url = sample->url,
		.text = sample->page.text,
		.content_type = sample_content_type(sample),
		.charset = one_page_charset(&sample->page),
		.set = sample->set,
	};

	trial->sample = sample;
	trial->page++;
	trial->tried = 0;
	if (trial->page == 1 || log_tells(LOG_VERBOSE))
		sample_say(sample, trial->pages > 1);
	if (trial->page == 1 && !sample->url.at)
		log_say("no --url: every pattern is tried, whatever its url says");
	trial->wanted = count_wanted(trial);
	trial->has_several = has_several(trial);
	trial->pages_of_none += trial->wanted == 0;
	if (trial->wanted == 0 && trial->pages == 1)
		log_error("no pattern is for this URL: %.*s", (int)sample->url.size,
			  sample->url.at);
	trial->has_failed |= match_page(trial->config, &page, &sink) < 0;
	if (trial->page == 1)
		leads_show(trial->json ? stderr : stdout, trial->config, sample);
	return trial->has_failed ? -1 : 0;
}

/* ---- all of them ---- */

struct trial *trial_new(const struct options *options, const struct config *config, size_t pages,
			kept_pages_filter *filter, void *context)
{
	struct trial *trial = memory_new(1, sizeof(*trial));
	const char *no_colour = getenv("NO_COLOR");

	*trial = (struct trial){ options, config, pages, .filter = filter, .context = context };
	trial->by_field = by_field_new(config);
	trial->harvests = memory_new(config->pattern_count, sizeof(*trial->harvests));
	trial->columns = screen_columns(STDOUT_FILENO);
	trial->lines = screen_lines(STDOUT_FILENO);
	trial->lines_used = 3; /* the command, and what is said of the page */
	trial->is_coloured = trial->columns > 0 && !(no_colour && no_colour[0]);
	if (options->is_json)
		trial->json = output_new(stdout, OUTPUT_JSON);
	return trial;
}

static void show_all(const struct trial *trial)
{
	FILE *out = trial->json ? stderr : stdout;

	if (trial->json && trial->options->log_level < LOG_NORMAL)
		return;
	by_field_show(out, trial->by_field);
	if (trial->pages_of_none > 0)
		fprintf(out, "\nno pattern is for %s\n", COUNTED(trial->pages_of_none, "page"));
}

const struct config_pattern *trial_fruitless(const struct trial *trial)
{
	return by_field_fruitless(trial->by_field);
}

int trial_end(struct trial *trial)
{
	size_t tried = by_field_tried(trial->by_field);
	int code = tried > 0 && by_field_fruitful(trial->by_field) == tried ? EXIT_ALL_DONE
									    : EXIT_SOME_FAILED;

	if (trial->page == 0)
		output_drop(trial->json);
	else if (output_end(trial->json) < 0 || ferror(stdout) || trial->has_failed) {
		log_error("standard output: %s", strerror(errno));
		code = EXIT_CANNOT_GO_ON;
	} else if (trial->pages > 1) {
		show_all(trial);
	}
	by_field_free(trial->by_field);
	free(trial->harvests);
	free(trial);
	return code;
}
