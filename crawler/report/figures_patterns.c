#include "report/figures_internal.h"

#include <stdlib.h>
#include <strings.h>

#include "parsers/text/ascii.h"

/* In the order of STORE_REPORT_PATTERN_TOTALS. */
enum { PATTERN, WANTED, UNCHANGED, TRIED, MATCHED, ROWS, BAD, LIMITS, ELAPSED_NS };

static bool is_called(const char *name, struct slice wanted)
{
	return ascii_equal(slice_of(name), wanted);
}

struct figures_pattern *figures_find_pattern(struct figures_reader *reader, struct slice name)
{
	struct figures *figures = reader->figures;

	for (size_t i = 0; i < figures->pattern_count; i++) {
		size_t at = (reader->last_found + i) % figures->pattern_count;

		if (!is_called(figures->patterns[at].name, name))
			continue;
		reader->last_found = at;
		return &figures->patterns[at];
	}
	return NULL;
}

/* ---- those of this run ---- */

/* Where it stands in the config. */
static void place(struct figures_reader *reader, struct figures_pattern *pattern)
{
	const struct config *config = reader->config;

	pattern->number = SIZE_MAX;
	for (size_t i = 0; config && i < config->pattern_count; i++) {
		const struct config_pattern *written = &config->patterns[i];

		if (strcasecmp(written->spec->name, pattern->name) != 0)
			continue;
		pattern->number = i;
		if (written->file)
			pattern->place = arena_print(&reader->figures->arena, "%s:%u",
						     written->file, written->line);
		return;
	}
}

static struct figures_pattern pattern_of(struct figures_reader *reader,
					 const struct store_value *values)
{
	const char *name = figures_string(reader->figures, &values[PATTERN]);
	uint64_t wanted = figures_number(&values[WANTED]), tried = figures_number(&values[TRIED]);
	uint64_t matched = figures_number(&values[MATCHED]);

	return (struct figures_pattern){
		.name = name ? name : "",
		.now = { .pages = wanted, .good = matched, .of = wanted },
		.never_matched = wanted > 0 && matched == 0,
		.pages_wanted = wanted,
		.pages_unchanged = figures_number(&values[UNCHANGED]),
		.pages_tried = tried,
		.pages_matched = matched,
		.rows = figures_number(&values[ROWS]),
		.limit_hits = figures_number(&values[LIMITS]),
		.bad_values = figures_number(&values[BAD]),
		.ms_a_page = tried > 0 ? (double)figures_number(&values[ELAPSED_NS]) / 1e6 /
						 (double)tried
				       : 0,
		.stale_pages = UINT64_MAX,
		.unmatched = wanted > matched ? wanted - matched : 0,
	};
}

/* More than are shown are read, for the worst are chosen of all. */
struct growing {
	struct figures_reader *reader;
	size_t room;
};

static int on_pattern(void *context, const struct store_answer *row)
{
	struct growing *growing = context;
	struct figures *figures = growing->reader->figures;

	if (!row->values)
		return 0;
	figures->patterns = figures_grow(figures, figures->patterns, figures->pattern_count,
					 &growing->room, sizeof(*figures->patterns));
	figures->patterns[figures->pattern_count] = pattern_of(growing->reader, row->values);
	place(growing->reader, &figures->patterns[figures->pattern_count++]);
	return 0;
}

/* ---- what they found in the runs before ---- */

struct earlier {
	struct figures_reader *reader;
	size_t run;
	uint64_t rows;
};

static int on_earlier(void *context, const struct store_answer *row)
{
	struct earlier *earlier = context;
	struct figures *figures = earlier->reader->figures;
	struct figures_pattern *pattern;
	uint64_t rows;

	if (!row->values)
		return 0;
	rows = figures_number(&row->values[ROWS]);
	earlier->rows += rows;
	pattern = figures_find_pattern(earlier->reader, row->values[PATTERN].text);
	if (!pattern)
		return 0;
	if (earlier->run < FIGURES_RUNS_MAX)
		pattern->rows_of_runs[earlier->run] = rows;
	if (&figures->runs[earlier->run] == figures->before)
		pattern->rows_before = rows;
	return 0;
}

/* A run's rows are those of its patterns; where there are no figures of these, what it wrote. */
static int read_rows(struct figures_reader *reader, size_t index)
{
	struct figures_run *run = &reader->figures->runs[index];
	struct store_about about = { .to_run = run->id };
	struct earlier earlier = { .reader = reader, .run = index };

	if (store_report(reader->store, STORE_REPORT_PATTERN_TOTALS, &about, on_earlier, &earlier) <
	    0)
		return -1;
	if (earlier.rows > 0)
		run->rows = earlier.rows;
	return 0;
}

int figures_read_patterns(struct figures_reader *reader)
{
	struct figures *figures = reader->figures;
	struct growing growing = { .reader = reader };
	size_t runs = figures->run_count;

	if (store_report(reader->store, STORE_REPORT_PATTERN_TOTALS, &reader->about, on_pattern,
			 &growing) < 0)
		return -1;
	figures->patterns_all = figures->pattern_count;
	/* The one to compare with may stand behind those that are listed. */
	if (figures->before == &figures->runs[runs])
		runs++;
	for (size_t i = 0; i < runs; i++)
		if (read_rows(reader, i) < 0)
			return -1;
	figures->run = figures->runs[0];
	return 0;
}
