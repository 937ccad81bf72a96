#include "parsers/pattern/row.h"

#include "parsers/pattern/bad.h"
#include "parsers/pattern/json_array.h"
#include "parsers/pattern/search.h"

/* ---- from a match to a value ---- */

/* text, which is present, as it was matched; value is NULL until it is another. */
static inline enum outcome convert(struct run *run, const struct field *field,
				   const struct found *place, struct slice text,
				   struct value *value)
{
	struct scratch *scratch = &run->pattern->row;
	struct slice matched = text;
	const char *limit = NULL;
	enum clean_result cleaned = CLEAN_DONE;

	if (field->clean.count > 0)
		cleaned = clean_run(&field->clean, run->page->url, &text, scratch, &limit);
	if (cleaned == CLEAN_LIMIT)
		return run_limited(run, limit);
	if (cleaned == CLEAN_BAD || !value_convert(value, field->type, text, scratch))
		return bad_note(run, field, place, matched);
	return MADE;
}

/* What the groups of the record say. */
static enum outcome take_text(struct run *run, const struct field *field, struct slice *text)
{
	if (field->is_record && field->type == FIELD_JSON &&
	    selector_as_json(run->pattern->rows, text))
		return MADE;
	return run_render(run, &field->source, text);
}

static enum outcome extract_one(struct run *run, const struct field *field,
				const struct found *record, struct value *value)
{
	const struct found *place = record;
	struct slice text = { 0 };
	enum outcome outcome = field->own_count ? search_first(run, field, record, &text, &place)
						: take_text(run, field, &text);

	if (outcome == BAD)
		return bad_note(run, field, place, place->text);
	if (outcome == BROKEN)
		return bad_note_break(run, field, place);
	if (outcome != MADE || !text.at)
		return outcome;
	if (field->clean.count > 0 || field->type != FIELD_TEXT)
		return convert(run, field, place, text, value);
	*value = (struct value){ .kind = VALUE_TEXT, .text = text };
	return MADE;
}

/* A match more.  MADE, BAD or LIMITED. */
static enum outcome add_match(struct run *run, const struct field *field, const struct found *place,
			      struct slice text, struct json_array *array)
{
	struct value value = { .kind = VALUE_NULL };
	enum outcome outcome = text.at ? convert(run, field, place, text, &value) : MADE;

	if (outcome == MADE && value.kind != VALUE_NULL)
		json_array_add(array, field->type, &value);
	if (run->pattern->row.used > PATTERN_ROW_BYTES_MAX)
		return run_limited(run, "row size");
	return outcome;
}

/* All that one pattern of the field's own finds.  NONE or LIMITED. */
static enum outcome add_matches(struct run *run, const struct field *field,
				const struct field_own *own, const struct found *record,
				struct json_array *array)
{
	const struct found *found = &own->selector->found;
	enum outcome outcome;

	selector_begin(own->selector, record);
	do {
		struct slice text = { 0 };

		outcome = search_next(run, field, own, &text);
		if (outcome == MADE)
			outcome = add_match(run, field, found, text, array);
		else if (outcome == BAD)
			bad_note(run, field, found, found->text);
		else if (outcome == BROKEN)
			bad_note_break(run, field, found);
	} while (outcome == MADE || outcome == BAD);
	return outcome == LIMITED ? LIMITED : NONE;
}

static enum outcome extract_all(struct run *run, const struct field *field,
				const struct found *record, struct value *value)
{
	struct json_array array = { .scratch = &run->pattern->row };

	for (size_t n = 0; n < field->own_count && array.count == 0; n++)
		if (add_matches(run, field, &field->own[n], record, &array) == LIMITED)
			return LIMITED;
	if (array.count > 0)
		*value = (struct value){ .kind = VALUE_TEXT, .text = json_array_end(&array) };
	return MADE;
}

/* What the record has for the field, cleaned and typed; NULL if it is missing or bad. */
static enum outcome extract(struct run *run, const struct field *field, const struct found *record,
			    struct value *value)
{
	*value = (struct value){ .kind = VALUE_NULL };
	return field->takes_all ? extract_all(run, field, record, value)
				: extract_one(run, field, record, value);
}

/* ---- from values to a row ---- */

void row_forget(struct pattern *pattern)
{
	for (size_t n = 0; pattern->carries && n < pattern->field_count; n++)
		pattern->fields[n].carried = (struct value){ .kind = VALUE_NULL };
}

/* What is missing is that of the row before; what is bad hides it from those that follow. */
static void carry(struct field *field, struct value *value, bool is_bad)
{
	if (!is_bad && value_is_empty(value)) {
		if (field->carried.kind != VALUE_NULL)
			*value = field->carried;
		return;
	}
	scratch_reset(&field->carried_text);
	field->carried = *value;
	if (value->text.at)
		field->carried.text = scratch_copy(&field->carried_text, value->text);
}

static enum outcome make_value(struct run *run, size_t index, const struct found *record)
{
	struct pattern *pattern = run->pattern;
	struct field *field = &pattern->fields[index];
	struct value *value = &pattern->values[index];
	bool *is_bad = &pattern->are_bad[index];

	*is_bad = false;
	if (extract(run, field, record, value) == LIMITED)
		return LIMITED;
	if (field->carries)
		carry(field, value, *is_bad);
	if (field->otherwise.at && !*is_bad && value_is_empty(value))
		value_convert(value, field_type(field), field->otherwise, &pattern->row);
	if (pattern->row.used > PATTERN_ROW_BYTES_MAX)
		return run_limited(run, "row size");
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
static enum outcome weigh(struct run *run, size_t *row_bytes, size_t bytes)
{
	*row_bytes += bytes;
	run->page->bytes += bytes;
	if (*row_bytes > PATTERN_ROW_BYTES_MAX)
		return run_limited(run, "row size");
	return run->page->bytes > PATTERN_ALL_BYTES_MAX ? run_limited(run, "size of all rows")
							: MADE;
}

/* Of a row that is dropped, is a field still of use: to be carried, or to tell a page from none? */
static bool is_wanted_still(const struct run *run, const struct field *field)
{
	return field->carries || (run->pattern->must_find && !run->has_found);
}

/* What was weighed of it is not kept. */
static enum outcome drop(struct run *run, size_t lacking, size_t bytes)
{
	run->page->bytes -= bytes;
	run->pattern->tallies[lacking].dropped++;
	return DROPPED;
}

/* Its value, or its bytes beside those of the others, were too much. */
static enum outcome limited_in(struct run *run, const struct field *field)
{
	run->tally->limit_field = field->name;
	return LIMITED;
}

enum outcome row_make(struct run *run, const struct found *record)
{
	struct pattern *pattern = run->pattern;
	size_t lacking = pattern->field_count; /* the first that drops it, if one does */
	size_t bytes = 0;

	scratch_reset(&pattern->row);
	run->has_found = false;
	for (size_t n = 0; n < pattern->field_count; n++) {
		if (lacking < pattern->field_count && !is_wanted_still(run, &pattern->fields[n]))
			continue;
		if (make_value(run, n, record) == LIMITED ||
		    weigh(run, &bytes, pattern->values[n].text.size) == LIMITED)
			return limited_in(run, &pattern->fields[n]);
		if (!pattern->fields[n].is_required || !value_is_empty(&pattern->values[n]))
			continue;
		if (!pattern->carries && !pattern->must_find)
			return drop(run, n, bytes);
		lacking = lacking < pattern->field_count ? lacking : n;
	}
	if (pattern->must_find && !run->has_found)
		return NONE;
	if (lacking < pattern->field_count)
		return drop(run, lacking, bytes);
	run->page->bytes += pattern_row_cost(pattern->field_count);
	count_empty(run);
	return MADE;
}
