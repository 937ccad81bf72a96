#include "parsers/markup/scripts.h"

#include "parsers/markup/html.h"

void scripts_begin(struct scripts *scripts, struct slice page)
{
	*scripts = (struct scripts){ .tags = { .at = page.at, .end = page.at + page.size } };
}

/* Elements whose content is text (WHATWG HTML 13.2.6.2), <script> left out. */
static bool has_text(struct slice name)
{
	static const char *const names[] = { "style", "title",   "textarea", "iframe",
					     "xmp",   "noembed", "noframes" };

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		if (ascii_equal(name, slice_of(names[n])))
			return true;
	return false;
}

/* The attributes of a script's tag; of two with one name the first counts.  False if it is cut. */
static bool read_type(struct tags *tags, struct slice *type)
{
	struct attribute attribute;
	enum attribute_step step;
	bool is_self_closing;

	*type = (struct slice){ NULL, 0 };
	while ((step = tags_attribute(tags, &attribute, &is_self_closing)) == ATTRIBUTE_READ)
		if (!type->at && ascii_equal(attribute.name, SLICE("type")))
			*type = attribute.value;
	return step == ATTRIBUTE_LAST;
}

static void read_content(struct tags *tags, struct slice *content)
{
	content->at = tags->at;
	tags_skip_script(tags);
	content->size = (size_t)(tags->at - content->at);
}

/* Only letters that such a name begins with are looked at closer. */
static bool may_have_text(char first)
{
	return strchr("stixnSTIXN", first) != NULL;
}

bool scripts_next(struct scripts *scripts, struct slice *type, struct slice *content)
{
	struct tags *tags = &scripts->tags;
	const char *open;
	struct slice name;

	while ((open = tags_find(tags->at, tags->end, '<'))) {
		tags->at = open + 1;
		if (tags_next(tags, false, &name) != TAG_OPENING)
			continue;
		if (may_have_text(*name.at) && ascii_equal(name, SLICE("script"))) {
			if (!read_type(tags, type))
				return false;
			read_content(tags, content);
			return true;
		}
		tags_skip_attributes(tags);
		if (may_have_text(*name.at) && has_text(name))
			tags_skip_text(tags, name);
	}
	return false;
}

bool scripts_type_is(struct slice type, struct slice essence)
{
	char room[SCRIPTS_TYPE_BYTES_MAX];
	const char *parameters;

	if (type.size == 0 || type.size > sizeof(room))
		return false;
	type = (struct slice){ room, html_decode_attribute(type, room) };
	parameters = memchr(type.at, ';', type.size);
	if (parameters)
		type.size = (size_t)(parameters - type.at);
	return ascii_equal(ascii_trim(type), essence);
}
