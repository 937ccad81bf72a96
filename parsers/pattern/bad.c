#include "parsers/pattern/bad.h"

#include "parsers/text/utf8.h"

/* Where a text stands in the page; what was decoded or put together stands where `place` does. */
static size_t offset_in_page(const struct run *run, const struct found *place, struct slice text)
{
	const struct found *whole = &run->page->whole;
	uintptr_t at = (uintptr_t)text.at, page = (uintptr_t)whole->text.at;

	return text.at && at >= page && at <= page + whole->size ? at - page : place->offset;
}

enum outcome bad_note(struct run *run, const struct field *field, const struct found *place,
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
	shown->size = utf8_cut(text, PATTERN_BAD_BYTES_MAX).size;
	if (shown->size > 0)
		memcpy(shown->text, text.at, shown->size);
	shown->offset = offset_in_page(run, place, text);
	return BAD;
}

enum outcome bad_note_break(struct run *run, const struct field *field, const struct found *place)
{
	struct slice page = run->page->whole.text;

	page.at += place->offset;
	page.size -= place->offset;
	return bad_note(run, field, place, page);
}
