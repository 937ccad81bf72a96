#include "parsers/pattern/row.h"

#include "parsers/pattern/extract.h"

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

/* A row that is dropped is still one that others carry values of. */
enum outcome row_make(struct run *run, const struct found *record)
{
	struct pattern *pattern = run->pattern;
	bool is_dropped = false;
	size_t bytes = 0;

	scratch_reset(&pattern->row);
	run->has_found = false;
	for (size_t n = 0; n < pattern->field_count; n++) {
		if (is_dropped && !pattern->fields[n].carries)
			continue;
		if (make_value(run, n, record) == LIMITED ||
		    weigh(run, &bytes, pattern->values[n].text.size) == LIMITED)
			return LIMITED;
		if (!pattern->fields[n].is_required || !value_is_empty(&pattern->values[n]))
			continue;
		if (!pattern->carries)
			return DROPPED;
		is_dropped = true;
	}
	if (is_dropped)
		return DROPPED;
	if (pattern->must_find && !run->has_found)
		return NONE;
	count_empty(run);
	return MADE;
}
