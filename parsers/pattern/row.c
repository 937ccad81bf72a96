#include "parsers/pattern/row.h"

#include "parsers/pattern/budget.h"
#include "parsers/text/utf8.h"

enum row_outcome row_limited(struct run *run, const char *limit)
{
	run->tally->is_limited = true;
	run->tally->limit = limit;
	return LIMITED;
}

/* Search the record for a field's own. */
static enum row_outcome search_record(struct run *run, const struct field *field,
				      const struct found *record)
{
	selector_begin(field->own, record);
	switch (selector_next(field->own)) {
	case SELECTOR_LIMIT:
		return row_limited(run, field->own->limit);
	case SELECTOR_BAD:
		return BAD;
	case SELECTOR_FOUND: /* JSON, unlike text, is of no other type than its own */
		if (field->own->found.kind == FOUND_JSON && field->type != FIELD_JSON)
			return BAD;
		break;
	case SELECTOR_NONE:
		break;
	}
	return MADE;
}

/* The text of a field as it was matched: {NULL, 0} if it is missing. */
static enum row_outcome find_text(struct run *run, const struct field *field,
				  const struct found *record, struct slice *text)
{
	enum row_outcome outcome = field->own ? search_record(run, field, record) : MADE;

	if (outcome != MADE)
		return outcome;
	if (budget_is_spent())
		return row_limited(run, "time budget");
	if (!template_render(&field->source, CLEAN_VALUE_BYTES_MAX, &run->pattern->row, text))
		return row_limited(run, "value size");
	return MADE;
}

/* Where a text stands in the page; what was put together stands where its record does. */
static size_t offset_in_page(const struct run *run, const struct found *record, struct slice text)
{
	uintptr_t at = (uintptr_t)text.at, page = (uintptr_t)run->page.text.at;

	return text.at && at >= page && at <= page + run->page.size ? at - page : record->offset;
}

static size_t cut_at_character(struct slice text, size_t most)
{
	const char *end = text.at + text.size, *at = text.at;

	while (at < end && (size_t)(at - text.at) + utf8_step(at, end) <= most)
		at += utf8_step(at, end);
	return (size_t)(at - text.at);
}

/* text: as it was matched. */
static enum row_outcome note_bad(struct run *run, const struct field *field,
				 const struct found *record, struct slice text)
{
	size_t index = (size_t)(field - run->pattern->fields);
	struct pattern_field_tally *tally = &run->pattern->tallies[index];
	struct pattern_bad *shown;

	run->tally->bad_values++;
	run->pattern->are_bad[index] = true;
	if (tally->bad++ >= PATTERN_BAD_SHOWN)
		return BAD;
	shown = &tally->shown[tally->bad - 1];
	shown->size = cut_at_character(text, PATTERN_BAD_BYTES_MAX);
	if (shown->size > 0)
		memcpy(shown->text, text.at, shown->size);
	shown->offset = offset_in_page(run, record, text);
	return BAD;
}

static enum row_outcome make_value(struct run *run, const struct field *field,
				   const struct found *record, struct value *value)
{
	struct scratch *scratch = &run->pattern->row;
	struct slice text = { 0 }, matched;
	const char *limit = NULL;
	enum row_outcome outcome = find_text(run, field, record, &text);

	*value = (struct value){ .kind = VALUE_NULL };
	if (outcome == BAD)
		return note_bad(run, field, record, record->text);
	if (outcome != MADE)
		return outcome;
	matched = text;
	if (text.at) {
		switch (clean_run(&field->clean, run->url, &text, scratch, &limit)) {
		case CLEAN_LIMIT:
			return row_limited(run, limit);
		case CLEAN_BAD:
			return note_bad(run, field, record, matched);
		case CLEAN_DONE:
			if (!value_convert(value, field->type, text, scratch))
				return note_bad(run, field, record, matched);
		}
	}
	if (field->otherwise.at && value_is_empty(value))
		value_convert(value, field->type, field->otherwise, scratch);
	if (scratch->used > PATTERN_ROW_BYTES_MAX)
		return row_limited(run, "row size");
	return MADE;
}

/* A row is complete: its values that say nothing are counted. */
static void count_empty(struct run *run)
{
	struct pattern *pattern = run->pattern;

	for (size_t n = 0; n < pattern->field_count; n++) {
		if (!value_is_empty(&pattern->values[n]) || pattern->are_bad[n])
			continue;
		pattern->tallies[n].empty++;
		run->tally->empty_fields++;
	}
}

/*
 * Values that are not cleaned lie in the page and cost nothing here, but who takes the row copies
 * them: a page of 10 MB may be the value of each of 500 fields.
 */
static enum row_outcome weigh(struct run *run, size_t *row_bytes, size_t bytes)
{
	*row_bytes += bytes;
	run->bytes += bytes;
	if (*row_bytes > PATTERN_ROW_BYTES_MAX)
		return row_limited(run, "row size");
	return run->bytes > PATTERN_ALL_BYTES_MAX ? row_limited(run, "size of all rows") : MADE;
}

enum row_outcome row_make(struct run *run, const struct found *record)
{
	struct pattern *pattern = run->pattern;
	size_t bytes = 0;

	scratch_reset(&pattern->row);
	for (size_t n = 0; n < pattern->field_count; n++) {
		const struct field *field = &pattern->fields[n];

		pattern->are_bad[n] = false;
		if (make_value(run, field, record, &pattern->values[n]) == LIMITED ||
		    weigh(run, &bytes, pattern->values[n].text.size) == LIMITED)
			return LIMITED;
		if (field->is_required && value_is_empty(&pattern->values[n]))
			return DROPPED;
	}
	count_empty(run);
	return MADE;
}
