#include "parsers/pattern/pattern.h"

#include <assert.h>
#include <time.h>

#include "parsers/charset/charset.h"
#include "parsers/pattern/budget.h"
#include "parsers/pattern/row.h"
#include "parsers/text/utf8.h"

/* Returns 0, or -1 if the one who takes the rows asked to stop. */
static int emit(struct run *run, const struct found *record)
{
	struct pattern_row row = {
		.number = ++run->tally->rows,
		.matched = { run->text + record->offset, record->size },
		.values = run->pattern->values,
	};

	assert(record->offset + record->size <= run->page.size);
	return run->row(run->context, &row);
}

static int run_rows(struct run *run)
{
	struct selector *rows = run->pattern->rows;
	enum selector_result result;

	selector_begin(rows, &run->page);
	while ((result = selector_next(rows)) == SELECTOR_FOUND) {
		enum row_outcome outcome;

		if (run->tally->rows + run->tally->dropped == PATTERN_ROWS_MAX)
			outcome = row_limited(run, "row limit");
		else
			outcome = row_make(run, &rows->found);
		if (outcome == LIMITED)
			return 0;
		if (outcome == DROPPED)
			run->tally->dropped++;
		else if (emit(run, &rows->found) != 0)
			return -1;
	}
	if (result == SELECTOR_LIMIT)
		row_limited(run, rows->limit);
	if (result == SELECTOR_BAD) {
		run->tally->is_broken = true;
		run->tally->broken_at = rows->found.offset;
	}
	return 0;
}

/* For its groups.  A canonical URL is ASCII; what is not even UTF-8 matches nothing. */
static enum selector_result match_url(struct selector *selector, struct slice url)
{
	struct found span = { .kind = FOUND_TEXT, .text = url, .size = url.size };

	selector_begin(selector, &span);
	return charset_is_utf8(url) ? selector_next(selector) : SELECTOR_NONE;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool pattern_wants(const struct pattern *pattern, struct slice url)
{
	if (!pattern->url)
		return true;
	budget_begin(pattern->budget_ms);
	return match_url(pattern->url, url) != SELECTOR_NONE;
}

/* What a worker could still write to is read once, and made well-formed. */
static void copy_page(struct run *run, struct slice text)
{
	char *copy = scratch_take(&run->pattern->page, text.size);

	utf8_copy(copy, text);
	run->page = (struct found){ .kind = FOUND_TEXT, .text = { copy, text.size } };
	run->page.size = text.size;
}

int pattern_run(struct pattern *pattern, struct slice url, struct slice text,
		pattern_row_function *row, void *context, struct pattern_tally *tally)
{
	struct run run = { .pattern = pattern, .url = url, .text = text.at, .row = row };
	uint64_t began = now_ns();
	int result = 0;

	run.context = context;
	run.tally = tally;
	*tally = (struct pattern_tally){ .fields = pattern->tallies };
	for (size_t n = 0; n < pattern->field_count; n++)
		pattern->tallies[n].empty = pattern->tallies[n].bad = 0;
	budget_begin(pattern->budget_ms);
	if (pattern->url && match_url(pattern->url, url) == SELECTOR_LIMIT) {
		row_limited(&run, pattern->url->limit);
	} else if (selector_may_find(pattern->rows, text)) {
		copy_page(&run, text);
		result = run_rows(&run);
	}
	scratch_reset(&pattern->row);
	scratch_reset(&pattern->page);
	tally->elapsed_ns = now_ns() - began;
	return result;
}

void pattern_figures_add(struct pattern_figures *figures, const struct pattern_tally *page)
{
	figures->pages_tried++;
	figures->pages_matched += page->rows > 0;
	figures->rows += page->rows;
	figures->dropped += page->dropped;
	figures->empty_fields += page->empty_fields;
	figures->bad_values += page->bad_values;
	figures->limit_hits += page->is_limited;
	figures->elapsed_ns += page->elapsed_ns;
}
