#include "parsers/pattern/pattern.h"

#include <time.h>

#include "parsers/charset/charset.h"
#include "parsers/pattern/budget.h"
#include "parsers/pattern/row.h"
#include "parsers/pattern/subject.h"

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- rows ---- */

static enum outcome run_span(struct run *run, const struct found *span);

/*
 * Where a record stands in the page.  What is found in a text that another selector decoded stands
 * only about there.
 */
static struct slice place_of(const struct page *page, const struct found *record)
{
	size_t size = page->whole.size;
	size_t offset = record->offset < size ? record->offset : size;
	size_t most = size - offset;

	return (struct slice){ page->text + offset, record->size < most ? record->size : most };
}

static enum outcome emit(struct run *run, const struct found *record)
{
	struct page *page = run->page;
	struct pattern_row row = {
		.pattern = run->pattern,
		.number = ++run->tally->rows,
		.parent = run->parent,
		.matched = place_of(page, record),
		.values = run->pattern->values,
	};

	return page->row(page->context, &row) == 0 ? MADE : STOPPED;
}

/* A row of the parent stands there already: its rows point to it. */
static enum outcome run_child(struct run *parent, size_t index, const struct found *record)
{
	struct run run = {
		.page = parent->page,
		.pattern = parent->pattern->children[index],
		.tally = &parent->pattern->child_tallies[index],
		.parent = parent->tally->rows,
	};
	uint64_t began = now_ns();
	enum outcome outcome = run_span(&run, record);

	run.tally->elapsed_ns += now_ns() - began;
	return outcome == LIMITED ? run_limited(parent, run.tally->limit) : outcome;
}

/* A row, if the record makes one, and those of its children. */
static enum outcome run_record(struct run *run, const struct found *record)
{
	enum outcome outcome;

	if (run->tally->rows + run->tally->dropped == PATTERN_ROWS_MAX)
		return run_limited(run, "row limit");
	outcome = row_make(run, record);
	if (outcome == DROPPED)
		run->tally->dropped++;
	if (outcome == MADE)
		outcome = emit(run, record);
	for (size_t n = 0; outcome == MADE && n < run->pattern->child_count; n++)
		outcome = run_child(run, n, record);
	return outcome == LIMITED || outcome == STOPPED ? outcome : MADE;
}

static enum outcome run_records(struct run *run, const struct found *span)
{
	struct selector *rows = run->pattern->rows;
	enum selector_result result;

	selector_begin(rows, span);
	while ((result = selector_next(rows)) == SELECTOR_FOUND) {
		enum outcome outcome = run_record(run, &rows->found);

		if (outcome != MADE)
			return outcome;
	}
	if (result == SELECTOR_LIMIT)
		return run_limited(run, rows->limit);
	if (result == SELECTOR_BAD) {
		run->tally->is_broken = true;
		run->tally->broken_at = rows->found.offset;
	}
	return MADE;
}

/* What `within` finds: MADE, NONE or LIMITED. */
static enum outcome find_region(struct run *run, const struct found *span, struct found *region)
{
	struct selector *within = run->pattern->within;
	enum selector_result result;
	struct slice text;

	selector_begin(within, span);
	result = selector_next(within);
	if (result == SELECTOR_LIMIT)
		return run_limited(run, within->limit);
	if (result != SELECTOR_FOUND)
		return NONE;
	text = selector_first_group(within);
	*region = (struct found){ .kind = FOUND_TEXT, .text = text, .size = text.size };
	region->offset = within->found.offset + (size_t)(text.at - within->found.text.at);
	if (within->found.size > within->found.text.size) { /* of a text that was decoded */
		region->offset = within->found.offset;
		region->size = within->found.size;
	}
	return MADE;
}

/* The page, or a record of the parent. */
static enum outcome run_span(struct run *run, const struct found *span)
{
	struct found region;
	enum outcome outcome;

	row_forget(run->pattern);
	if (!run->pattern->within)
		return run_records(run, span);
	outcome = find_region(run, span, &region);
	if (outcome != MADE)
		return outcome == NONE ? MADE : outcome;
	run->tally->has_no_region = false;
	return run_records(run, &region);
}

/* ---- the page ---- */

/* For its groups.  A canonical URL is ASCII; what is not even UTF-8 matches nothing. */
static enum selector_result match_url(struct selector *selector, struct slice url)
{
	struct found span = { .kind = FOUND_TEXT, .text = url, .size = url.size };

	selector_begin(selector, &span);
	return charset_is_utf8(url) ? selector_next(selector) : SELECTOR_NONE;
}

bool pattern_wants(const struct pattern *pattern, struct slice url)
{
	if (!pattern->url)
		return true;
	budget_begin(pattern->budget_ms);
	return match_url(pattern->url, url) != SELECTOR_NONE;
}

bool pattern_wants_set(const struct pattern *pattern)
{
	return pattern->set->wanted != NULL;
}

const struct page_set_field *pattern_wanted_fields(const struct pattern *pattern)
{
	return pattern->set->wanted;
}

void pattern_give_set(struct pattern *pattern, struct slice set)
{
	page_set_read(pattern->set, set);
}

void pattern_give_bytes(struct pattern *pattern, size_t bytes)
{
	pattern->bytes_before = bytes;
}

static void begin_tally(struct pattern *pattern, struct pattern_tally *tally)
{
	*tally = (struct pattern_tally){ .fields = pattern->tallies,
					 .children = pattern->child_tallies,
					 .has_no_region = pattern->within != NULL };
	for (size_t n = 0; n < pattern->field_count; n++)
		pattern->tallies[n].empty = pattern->tallies[n].bad = 0;
	for (size_t n = 0; n < pattern->child_count; n++)
		begin_tally(pattern->children[n], &pattern->child_tallies[n]);
}

/* What was taken for the page; a larger block goes back. */
static void give_back(struct pattern *pattern)
{
	scratch_reset(&pattern->row);
	for (size_t n = 0; n < pattern->child_count; n++)
		give_back(pattern->children[n]);
}

static bool may_find(const struct pattern *pattern, struct slice text)
{
	return selector_may_find(pattern->rows, text) &&
	       (!pattern->within || selector_may_find(pattern->within, text));
}

int pattern_run(struct pattern *pattern, struct slice url, struct slice text,
		pattern_row_function *row, void *context, struct pattern_tally *tally)
{
	struct page page = { .url = url,
			     .text = text.at,
			     .row = row,
			     .context = context,
			     .bytes = pattern->bytes_before };
	struct run run = { .page = &page, .pattern = pattern, .tally = tally };
	enum outcome outcome = MADE;
	uint64_t began = now_ns();

	begin_tally(pattern, tally);
	budget_begin(pattern->budget_ms);
	if (pattern->url && match_url(pattern->url, url) == SELECTOR_LIMIT) {
		run_limited(&run, pattern->url->limit);
	} else if (may_find(pattern, text)) {
		/* What a worker could still write to is read once, and made well-formed. */
		page.whole = subject_open(text);
		outcome = run_span(&run, &page.whole);
		subject_close();
	}
	give_back(pattern);
	page_set_forget(pattern->set);
	tally->bytes = page.bytes - pattern->bytes_before;
	pattern->bytes_before = 0;
	tally->elapsed_ns = now_ns() - began;
	return outcome == STOPPED ? -1 : 0;
}

/* What a page counts for, whether it was parsed or is as it was. */
static void add_page(struct pattern_figures *figures, const struct pattern_tally *page)
{
	figures->pages_wanted++;
	figures->pages_matched += page->rows > 0;
	figures->rows += page->rows;
	figures->empty_fields += page->empty_fields;
	figures->bad_values += page->bad_values;
}

void pattern_figures_add_unchanged(struct pattern_figures *figures,
				   const struct pattern_tally *page)
{
	add_page(figures, page);
	figures->pages_unchanged++;
}

void pattern_figures_add(struct pattern_figures *figures, const struct pattern_tally *page)
{
	add_page(figures, page);
	figures->pages_tried++;
	figures->dropped += page->dropped;
	figures->limit_hits += page->is_limited;
	figures->elapsed_ns += page->elapsed_ns;
}
