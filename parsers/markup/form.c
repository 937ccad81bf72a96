#include "parsers/markup/form.h"

#include "parsers/markup/controls.h"
#include "parsers/text/ascii.h"

/* ---- which form ---- */

static bool can_be_filled_in(const struct control *control)
{
	return control->kind <= CONTROL_OPTION;
}

static bool is_button(const struct control *control)
{
	return control->kind == CONTROL_SUBMIT || control->kind == CONTROL_IMAGE;
}

static bool has_field(const struct controls *controls, size_t form, struct slice name,
		      bool (*is_of)(const struct control *control))
{
	for (size_t i = 0; i < controls->count; i++) {
		const struct control *control = &controls->list[i];

		if (control->form == form && is_of(control) && slice_equal(control->name, name))
			return true;
	}
	return false;
}

/* Of buttons one is pressed. */
static bool has_all(const struct controls *controls, size_t form, const struct form_field *wanted,
		    size_t count)
{
	size_t pressed = 0;

	for (size_t i = 0; i < count; i++) {
		if (has_field(controls, form, wanted[i].name, can_be_filled_in))
			continue;
		if (!has_field(controls, form, wanted[i].name, is_button))
			return false;
		pressed++;
	}
	return pressed <= 1;
}

static bool is_wanted(const struct form_field *wanted, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal(wanted[i].name, name))
			return true;
	return false;
}

/* Would a user have more to type in? */
static bool has_other_texts(const struct controls *controls, size_t form,
			    const struct form_field *wanted, size_t count)
{
	for (size_t i = 0; i < controls->count; i++) {
		const struct control *control = &controls->list[i];

		if (control->form == form && control->kind == CONTROL_TEXT &&
		    !control->is_disabled && !is_wanted(wanted, count, control->name))
			return true;
	}
	return false;
}

static bool go_the_same_way(const struct form_tag *a, const struct form_tag *b)
{
	return slice_equal(ascii_trim(a->action), ascii_trim(b->action)) &&
	       ascii_equal(a->method, b->method);
}

/*
 * Numbered from 1; *form is set if it is FORM_FOUND.  Of several that one counts in which nothing
 * else is typed in, for who registers has more to say; there may be one for telephones besides.
 */
static enum form_result choose(const struct controls *controls, const struct form_field *wanted,
			       size_t count, size_t *form)
{
	size_t found = 0, found_count = 0, exact = 0;
	bool is_clear = true;

	for (size_t i = 1; i <= controls->form_count; i++) {
		if (!has_all(controls, i, wanted, count))
			continue;
		found = i;
		found_count++;
		if (has_other_texts(controls, i, wanted, count))
			continue;
		if (exact == 0)
			exact = i;
		is_clear &= go_the_same_way(&controls->forms[exact - 1], &controls->forms[i - 1]);
	}
	if (found_count > 1 && (exact == 0 || !is_clear))
		return FORM_SEVERAL;
	*form = found_count > 1 ? exact : found;
	return found_count > 0 ? FORM_FOUND : FORM_NONE;
}

/* ---- filling in ---- */

/* Is it one of those of which one is on at a time, or some are? */
static bool is_choice(const struct control *control)
{
	return control->kind >= CONTROL_CHECKBOX && control->kind <= CONTROL_OPTION;
}

/* Are both of one group: is one off if the other is on? */
static bool are_rivals(const struct control *a, const struct control *b)
{
	return a->kind == b->kind && a->form == b->form && slice_equal(a->name, b->name) &&
	       a->select == b->select && a->kind != CONTROL_CHECKBOX;
}

/* A button with this name, with this value if there is one; or NULL. */
static struct control *find_named_button(struct controls *controls, size_t form,
					 const struct form_field *wanted)
{
	struct control *first = NULL;

	for (size_t i = 0; i < controls->count; i++) {
		struct control *control = &controls->list[i];

		if (control->form != form || !is_button(control) ||
		    !slice_equal(control->name, wanted->name))
			continue;
		if (slice_equal(control->value, wanted->value))
			return control;
		if (!first)
			first = control;
	}
	return first;
}

/*
 * Which of those with this name would a user fill in?  One that is not hidden; of choices the one
 * with this value.  If there is none a button has it.
 */
static struct control *find_target(struct controls *controls, size_t form,
				   const struct form_field *wanted)
{
	struct control *best = NULL, *first = NULL;

	for (size_t i = 0; i < controls->count; i++) {
		struct control *control = &controls->list[i];

		if (control->form != form || !can_be_filled_in(control) ||
		    !slice_equal(control->name, wanted->name))
			continue;
		if (!first)
			first = control;
		if (is_choice(control) && slice_equal(control->value, wanted->value))
			return control;
		if (!best && control->kind != CONTROL_HIDDEN)
			best = control;
	}
	if (!first)
		return find_named_button(controls, form, wanted);
	return best ? best : first;
}

static void fill_in(struct controls *controls, size_t form, const struct form_field *wanted)
{
	struct control *target = find_target(controls, form, wanted);

	if (is_choice(target))
		for (size_t i = 0; i < controls->count; i++)
			if (are_rivals(&controls->list[i], target))
				controls->list[i].is_on = false;
	if (!is_button(target)) /* it has its own */
		target->value = wanted->value;
	target->is_on = true;
	target->is_disabled = false;
}

/* ---- what is sent ---- */

/* The button that was named, or the first that sends the form, and can be pressed; or NULL. */
static const struct control *find_button(const struct controls *controls, size_t form)
{
	const struct control *first = NULL;

	for (size_t i = 0; i < controls->count; i++) {
		const struct control *control = &controls->list[i];

		if (control->form != form || control->is_disabled || !is_button(control))
			continue;
		if (control->is_on)
			return control;
		if (!first)
			first = control;
	}
	return first;
}

static bool is_sent(const struct control *control, const struct control *button)
{
	if (control->is_disabled)
		return false;
	if (is_button(control))
		return control == button;
	if (control->kind == CONTROL_IDLE)
		return false;
	return !is_choice(control) || control->is_on;
}

static struct slice join(struct scratch *scratch, struct slice name, struct slice end)
{
	char *out = scratch_take(scratch, name.size + end.size + 1);

	if (name.size > 0)
		memcpy(out, name.at, name.size);
	memcpy(out + name.size, end.at, end.size);
	return (struct slice){ out, name.size + end.size };
}

/* Where the picture was pressed: in its corner. */
static size_t put_image(struct scratch *scratch, struct slice name, struct form_field *out)
{
	bool is_named = name.size > 0;

	out[0].name = join(scratch, name, is_named ? SLICE(".x") : SLICE("x"));
	out[1].name = join(scratch, name, is_named ? SLICE(".y") : SLICE("y"));
	out[0].value = out[1].value = SLICE("0");
	return 2;
}

static void collect(const struct controls *controls, size_t number, const struct control *button,
		    struct scratch *scratch, struct form *form)
{
	struct form_field *fields =
		scratch_zero(scratch, controls->count + 1, sizeof(*fields)); /* an image has two */
	size_t count = 0;

	for (size_t i = 0; i < controls->count; i++) {
		const struct control *control = &controls->list[i];

		if (control->form != number || !is_sent(control, button))
			continue;
		if (control->kind == CONTROL_IMAGE)
			count += put_image(scratch, control->name, fields + count);
		else if (control->name.size > 0)
			fields[count++] = (struct form_field){ control->name, control->value };
	}
	form->fields = fields;
	form->field_count = count;
}

static enum form_encoding encoding_of(struct slice text)
{
	if (ascii_equal(text, SLICE("multipart/form-data")))
		return FORM_MULTIPART;
	return ascii_equal(text, SLICE("text/plain")) ? FORM_PLAIN : FORM_URLENCODED;
}

/* Where and how it goes: as its button says, or itself. */
static void note_way(const struct form_tag *tag, const struct control *button, struct form *form)
{
	struct slice method = tag->method, encoding = tag->encoding;

	form->action = ascii_trim(tag->action);
	if (button && button->action.size > 0)
		form->action = ascii_trim(button->action);
	if (button && button->method.at)
		method = button->method;
	if (button && button->encoding.at)
		encoding = button->encoding;
	form->is_post = ascii_equal(method, SLICE("post"));
	form->encoding = encoding_of(encoding);
	form->is_utf8 = ascii_starts_with(ascii_trim(tag->charset), SLICE("utf-8"));
}

/* ---- none has them ---- */

static size_t first_with_password(const struct controls *controls)
{
	for (size_t i = 0; i < controls->count; i++)
		if (controls->list[i].is_password && controls->list[i].form > 0)
			return controls->list[i].form;
	return 0;
}

static void list_fields(const struct controls *controls, size_t number, struct scratch *scratch,
			struct form *form)
{
	struct form_field *fields = scratch_zero(scratch, controls->count + 1, sizeof(*fields));

	for (size_t i = 0; number > 0 && i < controls->count; i++) {
		const struct control *control = &controls->list[i];

		if (control->form == number && control->name.size > 0 &&
		    can_be_filled_in(control) && control->kind != CONTROL_HIDDEN)
			fields[form->field_count++].name = control->name;
	}
	form->fields = fields;
}

enum form_result form_find(const struct controls_page *page, const struct form_field *wanted,
			   size_t wanted_count, struct scratch *scratch, struct form *form)
{
	const struct control *button;
	struct controls controls;
	enum form_result result;
	size_t number = 0;

	*form = (struct form){ 0 };
	controls_read(&controls, page, scratch);
	form->base = controls.base;
	result = choose(&controls, wanted, wanted_count, &number);
	if (result == FORM_FOUND) {
		for (size_t i = 0; i < wanted_count; i++)
			fill_in(&controls, number, &wanted[i]);
		button = find_button(&controls, number);
		note_way(&controls.forms[number - 1], button, form);
		collect(&controls, number, button, scratch, form);
	} else if (result == FORM_NONE) {
		list_fields(&controls, first_with_password(&controls), scratch, form);
	}
	controls_free(&controls);
	return result;
}
