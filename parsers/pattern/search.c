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
	if (field->type == FIELD_JSON && selector_as_json(own->selector, text))
		return MADE;
	/* JSON, unlike text, is of no other type than its own. */
	if (own->selector->found.kind == FOUND_JSON && field->type != FIELD_JSON)
		return BAD;
	return run_render(run, &own->source, text);
}

enum outcome search_first(struct run *run, const struct field *field, const struct found *record,
			  struct slice *text, const struct found **place)
{
	enum outcome bad = MADE;

	for (size_t n = 0; n < field->own_count && !text->at; n++) {
		struct selector *selector = field->own[n].selector;
		enum outcome outcome;

		selector_begin(selector, record);
		outcome = search_next(run, field, &field->own[n], text);
		if (outcome == LIMITED)
			return LIMITED;
		if (outcome == BAD || outcome == BROKEN)
			bad = outcome;
		if (outcome != NONE)
			*place = &selector->found;
	}
	return text->at ? MADE : bad;
}
