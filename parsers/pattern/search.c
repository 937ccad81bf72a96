#include "parsers/pattern/search.h"

enum outcome search_next(struct run *run, const struct field *field, const struct field_own *own,
			 struct slice *text)
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
	/* JSON, unlike text, is of no other type than its own. */
	if (own->selector->found.kind == FOUND_JSON && field->type != FIELD_JSON)
		return BAD;
	return run_render(run, &own->source, text);
}

enum outcome search_first(struct run *run, const struct field *field, const struct found *record,
			  struct slice *text)
{
	bool is_bad = false;

	for (size_t n = 0; n < field->own_count && !text->at; n++) {
		enum outcome outcome;

		selector_begin(field->own[n].selector, record);
		outcome = search_next(run, field, &field->own[n], text);
		if (outcome == LIMITED)
			return LIMITED;
		is_bad |= outcome == BAD || outcome == BROKEN;
	}
	return is_bad && !text->at ? BAD : MADE;
}
