#include "parsers/pattern/extract.h"

#include "parsers/pattern/budget.h"
#include "parsers/pattern/json_array.h"
#include "parsers/text/utf8.h"

/* ---- bad values ---- */

/* Where a text stands in the page; what was decoded or put together stands where `place` does. */
static size_t offset_in_page(const struct run *run, const struct found *place, struct slice text)
{
	const struct found *whole = &run->page->whole;
	uintptr_t at = (uintptr_t)text.at, page = (uintptr_t)whole->text.at;

	return text.at && at >= page && at <= page + whole->size ? at - page : place->offset;
}

static size_t cut_at_character(struct slice text, size_t most)
{
	const char *end = text.at + text.size, *at = text.at;

	while (at < end && (size_t)(at - text.at) + utf8_step(at, end) <= most)
		at += utf8_step(at, end);
	return (size_t)(at - text.at);
}

/* text: as it was matched; place: what found it, or the record. */
static enum outcome note_bad(struct run *run, const struct field *field, const struct found *place,
			     struct slice text)
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
	shown->offset = offset_in_page(run, place, text);
	return BAD;
}

/* What is searched breaks at place->offset: what stands there is shown. */
static enum outcome note_broken(struct run *run, const struct field *field,
				const struct found *place)
{
	struct slice page = run->page->whole.text;

	page.at += place->offset;
	page.size -= place->offset;
	return note_bad(run, field, place, page);
}

/* ---- from a match to a value ---- */

static enum outcome render(struct run *run, const struct template *source, struct slice *text)
{
	if (budget_is_spent())
		return run_limited(run, "time budget");
	if (!template_render(source, CLEAN_VALUE_BYTES_MAX, &run->pattern->row, text))
		return run_limited(run, "value size");
	return MADE;
}

/* The next text that a pattern of the field's own finds: {NULL, 0} if it stands for nothing. */
static enum outcome next_text(struct run *run, const struct field *field,
			      const struct field_own *own, struct slice *text)
{
	switch (selector_next(own->selector)) {
	case SELECTOR_LIMIT:
		return run_limited(run, own->selector->limit);
	case SELECTOR_BAD:
		return BROKEN;
	case SELECTOR_NONE:
		return NONE;
	case SELECTOR_FOUND:
		break;
	}
	run->has_found = true;
	if (field->type == FIELD_JSON && selector_as_json(own->selector, text))
		return MADE;
	/* JSON, unlike text, is of no other type than its own. */
	if (own->selector->found.kind == FOUND_JSON && field->type != FIELD_JSON)
		return BAD;
	return render(run, &own->source, text);
}

/* text, which is present, as it was matched; value is NULL until it is another. */
static enum outcome convert(struct run *run, const struct field *field, const struct found *place,
			    struct slice text, struct value *value)
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
		return note_bad(run, field, place, matched);
	return MADE;
}

/* ---- the first match, or all ---- */

/* Of the field's own patterns the first that finds a text, or else what is bad. */
static enum outcome find_text(struct run *run, const struct field *field,
			      const struct found *record, struct slice *text,
			      const struct found **place)
{
	enum outcome bad = MADE;

	for (size_t n = 0; n < field->own_count && !text->at; n++) {
		struct selector *selector = field->own[n].selector;
		enum outcome outcome;

		selector_begin(selector, record);
		outcome = next_text(run, field, &field->own[n], text);
		if (outcome == LIMITED)
			return LIMITED;
		if (outcome == BAD || outcome == BROKEN)
			bad = outcome;
		if (outcome != NONE)
			*place = &selector->found;
	}
	return text->at ? MADE : bad;
}

/* What the groups of the record say. */
static enum outcome take_text(struct run *run, const struct field *field, struct slice *text)
{
	if (field->is_record && field->type == FIELD_JSON &&
	    selector_as_json(run->pattern->rows, text))
		return MADE;
	return render(run, &field->source, text);
}

static enum outcome extract_one(struct run *run, const struct field *field,
				const struct found *record, struct value *value)
{
	const struct found *place = record;
	struct slice text = { 0 };
	enum outcome outcome = field->own_count ? find_text(run, field, record, &text, &place)
						: take_text(run, field, &text);

	if (outcome == BAD)
		return note_bad(run, field, place, place->text);
	if (outcome == BROKEN)
		return note_broken(run, field, place);
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

		outcome = next_text(run, field, own, &text);
		if (outcome == MADE)
			outcome = add_match(run, field, found, text, array);
		else if (outcome == BAD)
			note_bad(run, field, found, found->text);
		else if (outcome == BROKEN)
			note_broken(run, field, found);
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

enum outcome extract(struct run *run, const struct field *field, const struct found *record,
		     struct value *value)
{
	*value = (struct value){ .kind = VALUE_NULL };
	return field->takes_all ? extract_all(run, field, record, value)
				: extract_one(run, field, record, value);
}
