#include "parsers/pattern/page_set.h"

#include "parsers/pattern/json_read.h"
#include "parsers/pattern/json_text.h"

const struct page_set_field *page_set_want(struct page_set *set, struct slice name,
					   struct scratch *store)
{
	struct page_set_field *field = set->wanted;

	while (field && !slice_equal(field->name, name))
		field = field->next;
	if (field)
		return field;
	field = scratch_zero(store, 1, sizeof(*field));
	field->name = scratch_copy(store, name);
	field->next = set->wanted;
	set->wanted = field;
	return field;
}

void page_set_forget(struct page_set *set)
{
	for (struct page_set_field *field = set->wanted; field; field = field->next)
		field->value = (struct slice){ NULL, 0 };
	scratch_reset(&set->values);
}

static struct slice value_of(const struct json_document *document, uint32_t node,
			     struct scratch *scratch)
{
	switch (document->nodes[node].kind) {
	case JSON_NULL:
		return (struct slice){ NULL, 0 };
	case JSON_STRING:
		return json_string(document, node, scratch);
	default:
		return json_write(document, node, scratch);
	}
}

static void read_field(struct page_set *set, struct page_set_field *field,
		       const struct json_document *document)
{
	uint32_t value = 0;

	while ((value = json_next(document, 0, value)))
		if (json_string_is(document, value - 1, field->name))
			field->value = value_of(document, value, &set->values);
}

void page_set_read(struct page_set *set, struct slice object)
{
	struct json_document document;

	page_set_forget(set);
	if (!set->wanted || !object.at)
		return;
	object = scratch_copy(&set->values, object);
	if (json_read(&document, object, 0, &set->values) != JSON_READ ||
	    document.nodes[0].kind != JSON_OBJECT)
		return;
	for (struct page_set_field *field = set->wanted; field; field = field->next)
		read_field(set, field, &document);
}

void page_set_free(struct page_set *set)
{
	scratch_free(&set->values);
}
