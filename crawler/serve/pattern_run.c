#include "serve/pattern_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/config_load.h"
#include "explain/told.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"
#include "show/excerpt.h"

#define EXPLAIN_ALL_MS 800 /* for all that is explained */
#define FIELDS_MAX     3   /* fields that are explained: those that are empty on every row */
#define NUMBER_MAX     32  /* bytes of a number as text */

/* A text that is written to, of TRIED_TEXT_MAX at most. */
struct told_text {
	char *bytes;
	size_t size;
	FILE *out;
};

struct run {
	const struct tried_wish *wish;
	struct page_about page;
	struct config *config;
	struct tried tried;
	size_t first;       /* in the config, of the family that runs, */
	size_t first_tried; /* and in tried */
	size_t cell_bytes;
	struct scratch store; /* of cells */
	struct told_text complaints, why;
};

static void open_text(struct told_text *text)
{
	text->out = open_memstream(&text->bytes, &text->size);
	if (!text->out)
		memory_fail();
}

static size_t cut(struct slice text, size_t most)
{
	size_t size = text.size < most ? text.size : most;

	while (size < text.size && size > 0 && (text.at[size] & 0xC0) == 0x80)
		size--;
	return size;
}

static struct slice close_text(struct told_text *text)
{
	if (fclose(text->out) != 0)
		memory_fail();
	return (struct slice){ text->bytes,
			       cut((struct slice){ text->bytes, text->size }, TRIED_TEXT_MAX) };
}

/* ---- rows ---- */

static struct slice copy_of(struct run *run, struct slice text)
{
	size_t size = cut(text, TRIED_CELL_MAX);
	char *copy = scratch_zero(&run->store, size + 1, 1);

	if (size > 0)
		memcpy(copy, text.at, size);
	run->cell_bytes += size;
	return (struct slice){ copy, size };
}

static struct slice cell_of(struct run *run, const struct value *value)
{
	char number[NUMBER_MAX];

	switch (value->kind) {
	case VALUE_TEXT:
		return copy_of(run, value->text);
	case VALUE_INTEGER:
		snprintf(number, sizeof(number), "%lld", (long long)value->integer);
		return copy_of(run, slice_of(number));
	case VALUE_REAL:
		snprintf(number, sizeof(number), "%.15g", value->real);
		return copy_of(run, slice_of(number));
	case VALUE_NULL:
		break;
	}
	return (struct slice){ NULL, 0 };
}

static void keep_row(struct run *run, struct tried_pattern *pattern, const struct pattern_row *row)
{
	size_t count = pattern->column_count, all = (pattern->row_count + 1) * count;

	if (pattern->row_count == TRIED_ROWS_MAX || run->cell_bytes > TRIED_CELLS_MAX)
		return;
	pattern->cells = memory_resize(pattern->cells, (all + 1) * sizeof(*pattern->cells));
	for (size_t i = 0; i < count; i++)
		pattern->cells[all - count + i] = cell_of(run, &row->values[i]);
	pattern->row_count++;
}

/* Where it stands in the page; one that stands in none is not shown there. */
static void keep_match(struct run *run, uint32_t pattern, struct slice matched)
{
	struct slice page = run->page.text;
	struct tried *tried = &run->tried;

	tried->matches++;
	if (tried->match_count == TRIED_MATCHES_MAX || !matched.at || matched.at < page.at ||
	    matched.at > page.at + page.size ||
	    matched.size > page.size - (size_t)(matched.at - page.at))
		return;
	tried->match[tried->match_count++] = (struct tried_match){
		.offset = (uint32_t)(matched.at - page.at),
		.size = (uint32_t)matched.size,
		.pattern = pattern,
	};
}

static int on_row(void *context, const struct pattern_row *row)
{
	struct run *run = context;
	size_t number = 0;

	while (run->config->patterns[run->first + number].pattern != row->pattern)
		number++;
	number += run->first_tried;
	if (number >= run->tried.pattern_count)
		return 0;
	keep_row(run, &run->tried.pattern[number], row);
	keep_match(run, (uint32_t)number, row->matched);
	return 0;
}

/* ---- a family ---- */

static void add_pattern(struct run *run, const struct config_pattern *of)
{
	struct tried_pattern *pattern = &run->tried.pattern[run->tried.pattern_count++];
	size_t columns = pattern_field_count(of->pattern);
	size_t shown = columns < TRIED_COLUMNS_MAX ? columns : TRIED_COLUMNS_MAX;

	*pattern = (struct tried_pattern){
		.name = slice_of(of->spec->name),
		.is_child = of->parent != NULL,
		.columns = (uint32_t)columns,
		.column_count = (uint32_t)shown,
		.names = memory_new(shown + 1, sizeof(*pattern->names)),
	};
	for (size_t i = 0; i < shown; i++)
		pattern->names[i] = slice_of(pattern_field_name(of->pattern, i));
}

/* In the order of the config: a pattern, then its children, each with its own. */
static size_t take_tally(struct run *run, size_t member, const struct pattern_tally *tally)
{
	const struct config_pattern *of = &run->config->patterns[run->first + member];
	size_t number = run->first_tried + member, next = member + 1;

	if (number < run->tried.pattern_count) {
		struct tried_pattern *pattern = &run->tried.pattern[number];

		pattern->rows = tally->rows;
		pattern->dropped = tally->dropped;
		pattern->bad = tally->bad_values;
		pattern->elapsed_ns = tally->elapsed_ns;
		if (tally->is_limited)
			pattern->limit = slice_of(tally->limit);
	}
	for (size_t i = 0; i < pattern_child_count(of->pattern); i++)
		next = take_tally(run, next, &tally->children[i]);
	return next;
}

/* "  bad price (real): n/a (4:12)" */
static void tell_bad(struct run *run, const struct pattern *pattern,
		     const struct pattern_tally *tally)
{
	FILE *out = run->why.out;

	for (size_t i = 0; i < pattern_field_count(pattern); i++) {
		const struct pattern_field_tally *field = &tally->fields[i];

		if (field->bad == 0)
			continue;
		fprintf(out, "bad %s (%s):", pattern_field_name(pattern, i),
			value_bad_name(pattern_field_match_type(pattern, i)));
		for (uint32_t j = 0; j < field->bad && j < PATTERN_BAD_SHOWN; j++) {
			const struct pattern_bad *bad = &field->shown[j];
			struct excerpt_place place = excerpt_place(run->page.text, bad->offset);

			fputs(j > 0 ? ", " : " ", out);
			excerpt_text(out, (struct slice){ bad->text, bad->size });
			fprintf(out, " (%zu:%zu)", place.line, place.column);
		}
		fputc('\n', out);
	}
}

/* ---- why there is nothing ---- */

static void explain_pattern(struct run *run, const struct config_pattern *pattern,
			    const char *field, int64_t end_ms)
{
	struct told told = { .out = run->why.out };
	struct walk walk = {
		.config = run->config,
		.pattern = pattern,
		.page = run->page,
		.end_ms = end_ms,
		.listener = &told_listener,
		.context = &told,
	};

	if (clock_ms() < end_ms && (!field || walk_find_field(&walk, field)))
		walk_all(&walk);
	scratch_free(&walk.store);
}

/* The first of a family that has no rows; or fields that are empty on all of them. */
static void explain_family(struct run *run, const struct pattern_tally *tally)
{
	const struct config_pattern *head = &run->config->patterns[run->first];
	int64_t end_ms = clock_ms() + EXPLAIN_ALL_MS;
	size_t explained = 0;

	tell_bad(run, head->pattern, tally);
	for (size_t i = run->first_tried; i < run->tried.pattern_count; i++) {
		if (run->tried.pattern[i].rows > 0)
			continue;
		explain_pattern(run, head + (i - run->first_tried), NULL, end_ms);
		return;
	}
	for (size_t i = 0; i < pattern_field_count(head->pattern); i++) {
		if (explained == FIELDS_MAX || tally->fields[i].empty < tally->rows)
			continue;
		explained++;
		explain_pattern(run, head, pattern_field_name(head->pattern, i), end_ms);
	}
}

static bool is_for_url(const struct run *run, const struct config_pattern *head)
{
	return !run->page.url.at || pattern_wants(head->pattern, run->page.url);
}

static void explain_url(struct run *run, const struct config_pattern *head)
{
	struct told told = { .out = run->why.out };
	struct walk walk = {
		.config = run->config,
		.pattern = head,
		.page = run->page,
		.end_ms = clock_ms() + EXPLAIN_ALL_MS,
		.listener = &told_listener,
		.context = &told,
	};

	walk_url(&walk);
	scratch_free(&walk.store);
}

/* ---- all of them ---- */

static void run_family(struct run *run)
{
	const struct config_pattern *head = &run->config->patterns[run->first];
	/* What a pattern tells of its fields is good until it runs again: explaining does. */
	struct pattern_field_tally *fields;
	size_t count = pattern_field_count(head->pattern);
	struct pattern_tally tally;

	run->first_tried = run->tried.pattern_count;
	for (size_t i = 0; i <= head->descendant_count; i++) {
		if (run->tried.pattern_count < TRIED_PATTERNS_MAX)
			add_pattern(run, head + i);
	}
	if (run->page.set.at)
		pattern_give_set(head->pattern, run->page.set);
	pattern_run(head->pattern, run->page.url, run->page.text, on_row, run, &tally);
	take_tally(run, 0, &tally);
	if (!run->wish->is_one)
		return;
	fields = memory_new(count + 1, sizeof(*fields));
	memcpy(fields, tally.fields, count * sizeof(*fields));
	tally.fields = fields;
	explain_family(run, &tally);
	free(fields);
}

static void run_all(struct run *run)
{
	int64_t end_ms = clock_ms() + PATTERN_RUN_ALL_MS;

	page_base_begin(&run->page);
	for (run->first = 0; run->first < run->config->pattern_count && clock_ms() < end_ms;
	     run->first += 1 + run->config->patterns[run->first].descendant_count) {
		const struct config_pattern *head = &run->config->patterns[run->first];
		bool is_meant = is_for_url(run, head);

		run->tried.is_for_url |= is_meant;
		if (run->wish->is_one && !is_meant)
			explain_url(run, head);
		if (run->wish->is_one || is_meant)
			run_family(run);
	}
}

static size_t count_families(const struct config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config->pattern_count; i++)
		count += config->patterns[i].parent == NULL;
	return count;
}

static bool load(struct run *run)
{
	struct settings settings = settings_default();
	size_t families;

	settings.pattern_time_ms = run->wish->budget_ms < PATTERN_RUN_BUDGET_MS
					   ? run->wish->budget_ms
					   : PATTERN_RUN_BUDGET_MS;
	run->config = config_load_patterns(run->wish->text, &settings, run->complaints.out);
	if (!run->config)
		return false;
	families = count_families(run->config);
	if (!run->wish->is_one || families == 1)
		return true;
	fprintf(run->complaints.out, "one pattern at a time: here are %zu\n", families);
	return false;
}

static void free_run(struct run *run)
{
	for (size_t i = 0; i < run->tried.pattern_count; i++) {
		free(run->tried.pattern[i].names);
		free(run->tried.pattern[i].cells);
	}
	free(run->tried.pattern);
	free(run->tried.match);
	free(run->complaints.bytes);
	free(run->why.bytes);
	free((char *)(uintptr_t)run->page.text.at);
	config_free(run->config);
	scratch_free(&run->store);
}

static struct page_about about(const struct tried_wish *wish, struct slice page)
{
	char *text = memory_new(page.size + 1, 1);

	utf8_copy(text, page);
	return (struct page_about){
		.url = wish->url,
		.text = { text, page.size },
		.content_type = wish->type,
		.charset = { .name = charset_from_label(wish->charset) },
		.set = wish->set,
	};
}

char *pattern_run_wish(const struct tried_wish *wish, struct slice page, size_t *size)
{
	struct run run = { .wish = wish, .page = about(wish, page) };
	char *bytes;

	run.tried.state = TRIED_WRONG;
	run.tried.match = memory_new(TRIED_MATCHES_MAX, sizeof(*run.tried.match));
	run.tried.pattern = memory_new(TRIED_PATTERNS_MAX, sizeof(*run.tried.pattern));
	open_text(&run.complaints);
	open_text(&run.why);
	if (load(&run)) {
		run.tried.state = TRIED_DONE;
		run_all(&run);
	}
	run.tried.complaints = close_text(&run.complaints);
	run.tried.why = close_text(&run.why);
	bytes = tried_encode(&run.tried, size);
	free_run(&run);
	return bytes;
}
