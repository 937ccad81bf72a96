#include "parsers/markup/controls.h"

#include <stdlib.h>

#include "parsers/markup/foreign.h"
#include "parsers/markup/html.h"
#include "parsers/markup/tags.h"
#include "parsers/text/memory.h"

#define FORMS_MAX 1000

/* A <select> that is open: which, and what is said of its options. */
struct select {
	size_t number; /* from 1 on; 0: none is open */
	size_t first;  /* of its options, in the list */
	struct control common;
	bool is_multiple;
	bool is_group_disabled; /* the <optgroup> that is open */
	const char *text;       /* where the text of an option begins that is its value, or NULL */
};

struct reading {
	struct tags tags;
	struct scratch *scratch;
	struct controls *controls;
	struct foreign foreign;
	struct select select;
	size_t select_count;
	size_t open_form;                /* its number plus one, or 0 */
	size_t templates;                /* open ones */
	size_t fieldsets, disabled_from; /* open ones; the first of them that is disabled, or 0 */
	bool is_full;
};

enum attribute_name {
	ID,
	NAME,
	TYPE,
	VALUE,
	FORM,
	ACTION,
	METHOD,
	ENCTYPE,
	ACCEPT_CHARSET,
	FORMACTION,
	FORMMETHOD,
	FORMENCTYPE,
	HREF,
	CHECKED,
	SELECTED,
	DISABLED,
	MULTIPLE,
	ATTRIBUTES,
};

static const char *const attribute_names[ATTRIBUTES] = {
	[ID] = "id",
	[NAME] = "name",
	[TYPE] = "type",
	[VALUE] = "value",
	[FORM] = "form",
	[ACTION] = "action",
	[METHOD] = "method",
	[ENCTYPE] = "enctype",
	[ACCEPT_CHARSET] = "accept-charset",
	[FORMACTION] = "formaction",
	[FORMMETHOD] = "formmethod",
	[FORMENCTYPE] = "formenctype",
	[HREF] = "href",
	[CHECKED] = "checked",
	[SELECTED] = "selected",
	[DISABLED] = "disabled",
	[MULTIPLE] = "multiple",
};

/* An opening tag; values stand as in the page, {NULL, 0} if absent. */
struct tag {
	struct slice name;
	struct slice value[ATTRIBUTES];
	bool is_self_closing;
};

/* Of two attributes with one name the first counts.  False if the page ends in the tag. */
static bool read_tag(struct tags *tags, struct tag *tag)
{
	struct attribute attribute;
	enum attribute_step step;

	while ((step = tags_attribute(tags, &attribute, &tag->is_self_closing)) == ATTRIBUTE_READ)
		for (int i = 0; i < ATTRIBUTES; i++)
			if (!tag->value[i].at &&
			    ascii_equal(attribute.name, slice_of(attribute_names[i])))
				tag->value[i] = attribute.value;
	return step == ATTRIBUTE_LAST;
}

/* An attribute's value without character references; absent if it is. */
static struct slice plain(struct reading *reading, const struct tag *tag, enum attribute_name name)
{
	struct slice value = tag->value[name];
	char *out;

	if (!value.at || !tags_find(value.at, value.at + value.size, '&'))
		return value;
	out = scratch_take(reading->scratch, value.size);
	return (struct slice){ out, html_decode_attribute(value, out) };
}

static bool is_named(struct slice name, const char *other)
{
	return ascii_equal(name, slice_of(other));
}

/* ---- controls ---- */

/* With what any of them has; NULL: the page has too many. */
static struct control *add(struct reading *reading, const struct tag *tag)
{
	struct controls *controls = reading->controls;
	struct control *control;

	if (controls->count == CONTROLS_MAX) {
		reading->is_full = true;
		return NULL;
	}
	if ((controls->count & (controls->count - 1)) == 0) /* a power of two, and full */
		controls->list = memory_resize(controls->list,
					       (controls->count * 2 + 1) * sizeof(*controls->list));
	control = &controls->list[controls->count++];
	*control = (struct control){
		.form = reading->open_form,
		.of = plain(reading, tag, FORM),
		.name = plain(reading, tag, NAME),
		.value = plain(reading, tag, VALUE),
		.is_disabled = tag->value[DISABLED].at || reading->disabled_from > 0,
	};
	return control;
}

static enum control_kind kind_of_input(struct slice type)
{
	static const struct {
		const char *type;
		enum control_kind kind;
	} kinds[] = {
		{ "hidden", CONTROL_HIDDEN }, { "checkbox", CONTROL_CHECKBOX },
		{ "radio", CONTROL_RADIO },   { "file", CONTROL_FILE },
		{ "submit", CONTROL_SUBMIT }, { "image", CONTROL_IMAGE },
		{ "reset", CONTROL_IDLE },    { "button", CONTROL_IDLE },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (is_named(type, kinds[i].type))
			return kinds[i].kind;
	return CONTROL_TEXT;
}

static void note_button(struct reading *reading, struct control *control, const struct tag *tag)
{
	control->action = plain(reading, tag, FORMACTION);
	control->method = plain(reading, tag, FORMMETHOD);
	control->encoding = plain(reading, tag, FORMENCTYPE);
}

static void take_input(struct reading *reading, const struct tag *tag)
{
	struct control *control = add(reading, tag);

	if (!control)
		return;
	control->kind = kind_of_input(tag->value[TYPE]);
	control->is_password = is_named(tag->value[TYPE], "password");
	if (control->kind == CONTROL_CHECKBOX || control->kind == CONTROL_RADIO) {
		control->is_on = tag->value[CHECKED].at;
		if (!control->value.at)
			control->value = SLICE("on");
	}
	if (control->kind == CONTROL_SUBMIT || control->kind == CONTROL_IMAGE)
		note_button(reading, control, tag);
}

static void take_button(struct reading *reading, const struct tag *tag)
{
	struct slice type = tag->value[TYPE];
	struct control *control = add(reading, tag);

	if (!control)
		return;
	control->kind =
		is_named(type, "reset") || is_named(type, "button") ? CONTROL_IDLE : CONTROL_SUBMIT;
	note_button(reading, control, tag);
}

/* A line end right behind the tag is none of it. */
static void take_textarea(struct reading *reading, const struct tag *tag)
{
	struct control *control = add(reading, tag);
	const char *start = reading->tags.at, *end;
	char *out;

	if (reading->tags.is_xml && tag->is_self_closing)
		return;
	tags_skip_text(&reading->tags, tag->name);
	end = reading->tags.at;
	if (start < end && *start == '\r')
		start++;
	if (start < end && *start == '\n')
		start++;
	if (!control)
		return;
	out = scratch_take(reading->scratch, (size_t)(end - start) + 1);
	control->value =
		(struct slice){ out,
				html_decode((struct slice){ start, (size_t)(end - start) }, out) };
}

/* ---- a select ---- */

/* What an option shows is its value if it says none. */
static void end_option(struct reading *reading, const char *end)
{
	const char *text = reading->select.text;
	struct control *option;
	size_t size, kept = 0;
	char *out;

	if (!text)
		return;
	option = &reading->controls->list[reading->controls->count - 1];
	reading->select.text = NULL;
	out = scratch_take(reading->scratch, (size_t)(end - text) + 1);
	size = html_strip((struct slice){ text, (size_t)(end - text) }, out);
	for (size_t i = 0; i < size; i++) { /* runs of white space are one space */
		if (!ascii_is_white(out[i]))
			out[kept++] = out[i];
		else if (kept > 0 && out[kept - 1] != ' ')
			out[kept++] = ' ';
	}
	option->value = ascii_trim((struct slice){ out, kept });
}

/* Of a select that shows one of its options, the last that is selected is; or the first. */
static void choose_one(struct control *options, size_t count)
{
	size_t chosen = count;

	for (size_t i = count; i-- > 0 && chosen == count;)
		if (options[i].is_on)
			chosen = i;
	for (size_t i = 0; i < count && chosen == count; i++)
		if (!options[i].is_disabled)
			chosen = i;
	for (size_t i = 0; i < count; i++)
		options[i].is_on = i == chosen;
}

static void close_select(struct reading *reading, const char *end)
{
	struct select *select = &reading->select;

	if (select->number == 0)
		return;
	end_option(reading, end);
	if (!select->is_multiple && reading->controls->count > select->first)
		choose_one(reading->controls->list + select->first,
			   reading->controls->count - select->first);
	select->number = 0;
}

static void open_select(struct reading *reading, const struct tag *tag)
{
	reading->select = (struct select){
		.number = ++reading->select_count,
		.first = reading->controls->count,
		.common = { .of = plain(reading, tag, FORM), .name = plain(reading, tag, NAME) },
		.is_multiple = tag->value[MULTIPLE].at,
	};
	reading->select.common.is_disabled = tag->value[DISABLED].at;
}

static void take_option(struct reading *reading, const struct tag *tag, const char *start)
{
	struct select *select = &reading->select;
	struct control *option;

	if (select->number == 0)
		return;
	end_option(reading, start);
	option = add(reading, tag);
	if (!option)
		return;
	option->kind = CONTROL_OPTION;
	option->select = select->number;
	option->of = select->common.of;
	option->name = select->common.name;
	option->is_on = tag->value[SELECTED].at;
	option->is_disabled |= select->common.is_disabled || select->is_group_disabled;
	if (!option->value.at)
		select->text = reading->tags.at;
}

/* ---- the page ---- */

static void open_form(struct reading *reading, const struct tag *tag)
{
	struct controls *controls = reading->controls;

	if (reading->open_form > 0 || controls->form_count == FORMS_MAX)
		return; /* a form in a form is none */
	controls->forms = memory_resize(controls->forms,
					(controls->form_count + 1) * sizeof(*controls->forms));
	controls->forms[controls->form_count++] = (struct form_tag){
		.id = plain(reading, tag, ID),
		.action = plain(reading, tag, ACTION),
		.method = tag->value[METHOD],
		.encoding = tag->value[ENCTYPE],
		.charset = tag->value[ACCEPT_CHARSET],
	};
	reading->open_form = controls->form_count;
}

static void open_fieldset(struct reading *reading, const struct tag *tag)
{
	reading->fieldsets++;
	if (reading->disabled_from == 0 && tag->value[DISABLED].at)
		reading->disabled_from = reading->fieldsets;
}

static void close_fieldset(struct reading *reading)
{
	if (reading->fieldsets == 0)
		return;
	if (reading->fieldsets-- == reading->disabled_from)
		reading->disabled_from = 0;
}

/* Elements whose content is text, not markup; a <textarea> is read where it is taken. */
static void skip_content(struct reading *reading, struct slice name)
{
	static const char *const raw[] = {
		"title", "style", "xmp", "iframe", "noembed", "noframes"
	};

	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		if (is_named(name, raw[i]))
			tags_skip_text(&reading->tags, name);
	if (is_named(name, "script"))
		tags_skip_script(&reading->tags);
	else if (is_named(name, "plaintext"))
		reading->tags.at = reading->tags.end;
}

/* start: where the tag begins. */
static void take_element(struct reading *reading, const struct tag *tag, const char *start)
{
	struct slice name = tag->name;

	if (is_named(name, "form"))
		open_form(reading, tag);
	else if (is_named(name, "input")) {
		close_select(reading, start); /* none is in one */
		take_input(reading, tag);
	} else if (is_named(name, "button") && reading->select.number == 0)
		take_button(reading, tag);
	else if (is_named(name, "option"))
		take_option(reading, tag, start);
	else if (is_named(name, "fieldset"))
		open_fieldset(reading, tag);
	else if (is_named(name, "optgroup")) {
		end_option(reading, start);
		reading->select.is_group_disabled = tag->value[DISABLED].at;
	} else if (is_named(name, "select")) {
		close_select(reading, start);
		open_select(reading, tag);
	} else if (is_named(name, "base") && !reading->controls->base.at) {
		reading->controls->base = plain(reading, tag, HREF);
	}
}

static void take_opening(struct reading *reading, struct slice name, const char *start)
{
	struct tag tag = { .name = name };
	const char *behind = name.at + name.size;
	bool is_xml = reading->tags.is_xml;

	if (!read_tag(&reading->tags, &tag))
		return;
	if (!foreign_opening(&reading->foreign, name,
			     (struct slice){ behind, (size_t)(reading->tags.at - behind) },
			     tag.is_self_closing, is_xml))
		return;
	if (is_named(name, "template")) {
		reading->templates += !is_xml || !tag.is_self_closing;
	} else if (is_named(name, "textarea")) {
		close_select(reading, start);
		if (reading->templates == 0)
			take_textarea(reading, &tag);
		else
			tags_skip_text(&reading->tags, name);
	} else {
		if (reading->templates == 0)
			take_element(reading, &tag, start);
		if (!is_xml)
			skip_content(reading, name);
	}
}

static void take_closing(struct reading *reading, struct slice name, const char *start)
{
	tags_skip_attributes(&reading->tags);
	foreign_closing(&reading->foreign, name, reading->tags.is_xml);
	if (is_named(name, "template")) {
		reading->templates -= reading->templates > 0;
		return;
	}
	if (reading->templates > 0)
		return;
	if (is_named(name, "form"))
		reading->open_form = 0;
	else if (is_named(name, "select"))
		close_select(reading, start);
	else if (is_named(name, "option"))
		end_option(reading, start);
	else if (is_named(name, "fieldset"))
		close_fieldset(reading);
	else if (is_named(name, "optgroup")) {
		end_option(reading, start);
		reading->select.is_group_disabled = false;
	}
}

static void read_markup(struct reading *reading)
{
	struct tags *tags = &reading->tags;
	struct slice name;
	const char *start;

	while (!reading->is_full && (start = tags_find(tags->at, tags->end, '<'))) {
		enum tag_kind kind;

		tags->at = start + 1;
		kind = tags_next(tags, foreign_is_in(&reading->foreign), &name);
		if (tags->is_xml && kind >= TAG_OPENING && !tags_own_name(tags, &name))
			tags_skip_attributes(tags);
		else if (kind == TAG_OPENING)
			take_opening(reading, name, start);
		else if (kind == TAG_CLOSING)
			take_closing(reading, name, start);
	}
	close_select(reading, tags->end);
}

/* What names its form by an id is of the first one that has it, wherever that stands. */
static void find_owners(struct controls *controls)
{
	for (size_t i = 0; i < controls->count; i++) {
		struct control *control = &controls->list[i];
		size_t form = 0;

		if (!control->of.at)
			continue;
		while (form < controls->form_count &&
		       !(controls->forms[form].id.at &&
			 slice_equal(controls->forms[form].id, control->of)))
			form++;
		control->form = form < controls->form_count ? form + 1 : 0;
	}
}

/* Of a group's radio buttons the last that is ticked is. */
static void settle_radios(struct controls *controls)
{
	for (size_t i = 0; i < controls->count; i++) {
		const struct control *radio = &controls->list[i];

		if (radio->kind != CONTROL_RADIO || !radio->is_on)
			continue;
		for (size_t j = 0; j < i; j++) {
			struct control *other = &controls->list[j];

			if (other->kind == CONTROL_RADIO && other->form == radio->form &&
			    slice_equal(other->name, radio->name))
				other->is_on = false;
		}
	}
}

void controls_read(struct controls *controls, const struct controls_page *page,
		   struct scratch *scratch)
{
	struct slice text = page->text.at ? page->text : SLICE("");
	struct reading reading = {
		.tags = { .at = text.at, .end = text.at + text.size, .is_xml = page->is_xml },
		.scratch = scratch,
		.controls = controls,
	};

	*controls = (struct controls){ 0 };
	read_markup(&reading);
	find_owners(controls);
	settle_radios(controls);
}

void controls_free(struct controls *controls)
{
	free(controls->forms);
	free(controls->list);
	*controls = (struct controls){ 0 };
}
