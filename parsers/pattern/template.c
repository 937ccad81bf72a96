#include "parsers/pattern/template.h"

#include <stdio.h>

#include "parsers/text/ascii.h"
#include "parsers/text/utf8.h"

/* A compilation under way. */
struct parse {
	struct template *template;
	const char *text;
	const char *at;
	char *literal; /* where the next literal byte goes */
	const struct template_names *names;
	struct scratch *store;
	struct selector_error *error;
};

static bool fail(struct parse *parse, const char *where, const char *reason)
{
	parse->error->offset = (size_t)(where - parse->text);
	snprintf(parse->error->message, sizeof(parse->error->message), "%s", reason);
	return false;
}

static bool fail_name(struct parse *parse, const char *where, const char *reason, struct slice name)
{
	int size = name.size < 40 ? (int)name.size : 40;

	parse->error->offset = (size_t)(where - parse->text);
	snprintf(parse->error->message, sizeof(parse->error->message), "%s '%.*s'", reason, size,
		 name.at);
	return false;
}

static void add_literal_byte(struct parse *parse, char byte)
{
	struct template *template = parse->template;
	struct template_piece *last = template->pieces + template->count - 1;

	if (template->count == 0 || !last->literal.at) {
		last = &template->pieces[template->count++];
		*last = (struct template_piece){ .literal = { parse->literal, 0 } };
	}
	*parse->literal++ = byte;
	last->literal.size++;
}

static void add_group(struct parse *parse, const struct selector *selector, uint32_t group,
		      bool is_named)
{
	parse->template->pieces[parse->template->count++] = (struct template_piece){
		.selector = selector, .group = group, .is_named = is_named
	};
}

static bool is_number(struct slice name)
{
	for (size_t n = 0; n < name.size; n++)
		if (!ascii_is_digit(name.at[n]))
			return false;
	return name.size > 0;
}

static bool add_number(struct parse *parse, struct slice digits)
{
	const struct selector *selector = parse->names->selectors[0];
	uint32_t number = 0;

	for (size_t n = 0; n < digits.size && number <= UINT16_MAX; n++)
		number = number * 10 + (uint32_t)(digits.at[n] - '0');
	if (!selector || number > selector->group_count)
		return fail_name(parse, digits.at, "the pattern has no group", digits);
	add_group(parse, selector, number, false);
	return true;
}

static bool is_given(struct slice name)
{
	const struct slice prefix = SLICE(PAGE_SET_PREFIX);

	return name.size >= prefix.size && memcmp(name.at, prefix.at, prefix.size) == 0;
}

/* "set.shop": a field of the page's set. */
static bool add_given(struct parse *parse, struct slice name)
{
	const size_t prefix = sizeof(PAGE_SET_PREFIX) - 1;
	struct slice field = { name.at + prefix, name.size - prefix };

	if (!parse->names->set)
		return fail(parse, name.at, "fields of a set are for 'value' alone");
	if (!ascii_is_identifier(field))
		return fail_name(parse, name.at,
				 "a name in a set has letters, digits and _, and begins with no "
				 "digit; not",
				 name);
	parse->template->pieces[parse->template->count++] =
		(struct template_piece){ .given = page_set_want(parse->names->set, field,
								parse->store) };
	return true;
}

static bool add_reference(struct parse *parse, struct slice name)
{
	uint32_t number;

	if (is_number(name))
		return add_number(parse, name);
	if (is_given(name))
		return add_given(parse, name);
	for (size_t n = 0; n < parse->names->count; n++) {
		struct selector *selector = parse->names->selectors[n];

		number = selector ? selector_group_number(selector, name) : 0;
		if (number) {
			add_group(parse, selector, number, true);
			return true;
		}
	}
	return fail_name(parse, name.at, "the pattern has no group named", name);
}

/* "name}" behind the opening brace at `open`. */
static bool parse_braced(struct parse *parse, const char *open)
{
	struct slice name = { open + 1, strcspn(open + 1, "{}") };
	const char *close = name.at + name.size;

	if (*close != '}')
		return fail(parse, open, "'{' without '}'");
	if (name.size == 0)
		return fail(parse, open, "no group between the braces");
	parse->at = close + 1;
	return add_reference(parse, name);
}

static bool parse_brace_item(struct parse *parse)
{
	const char *at = parse->at;

	if ((at[0] == '{' || at[0] == '}') && at[1] == at[0]) {
		add_literal_byte(parse, at[0]);
		parse->at += 2;
		return true;
	}
	if (at[0] == '{')
		return parse_braced(parse, at);
	if (at[0] == '}')
		return fail(parse, at, "'}' without '{' (a brace itself is written '}}')");
	add_literal_byte(parse, *parse->at++);
	return true;
}

static bool parse_escape(struct parse *parse)
{
	static const char from[] = "nt$\\", to[] = "\n\t$\\";
	const char *found = parse->at[1] ? strchr(from, parse->at[1]) : NULL;

	if (ascii_is_digit(parse->at[1]))
		return fail(parse, parse->at, "a group is written $1 here, not \\1");
	if (!found)
		return fail(parse, parse->at, "a backslash itself is written '\\\\'");
	add_literal_byte(parse, to[found - from]);
	parse->at += 2;
	return true;
}

static bool parse_dollar_item(struct parse *parse)
{
	const char *at = parse->at;
	struct slice digits = { at + 1, 0 };

	if (*at == '\\')
		return parse_escape(parse);
	if (*at != '$' || at[1] == '$') {
		add_literal_byte(parse, *at);
		parse->at += *at == '$' ? 2 : 1;
		return true;
	}
	if (at[1] == '{')
		return parse_braced(parse, at + 1);
	while (ascii_is_digit(digits.at[digits.size]))
		digits.size++;
	if (digits.size == 0)
		return fail(parse, at, "'$' without a group (a dollar itself is written '$$')");
	parse->at = digits.at + digits.size;
	return add_number(parse, digits);
}

bool template_compile(struct template *template, enum template_style style, const char *text,
		      const struct template_names *names, struct scratch *store,
		      struct selector_error *error)
{
	struct parse parse = { template, text, text, NULL, names, store, error };
	size_t size = strlen(text);
	bool is_good = true;

	*template =
		(struct template){ scratch_zero(store, size + 1, sizeof(*template->pieces)), 0 };
	parse.literal = scratch_take(store, size + 1);
	while (is_good && *parse.at != '\0')
		is_good = style == TEMPLATE_BRACES ? parse_brace_item(&parse)
						   : parse_dollar_item(&parse);
	return is_good;
}

struct template template_of_group(const struct selector *selector, uint32_t group, bool is_named,
				  struct scratch *store)
{
	struct template template = { scratch_zero(store, 1, sizeof(*template.pieces)), 1 };

	template.pieces[0] = (struct template_piece){ .selector = selector,
						      .group = group,
						      .is_named = is_named };
	return template;
}

struct template template_of_any_group(const struct selector *selector, struct scratch *store)
{
	struct template template = template_of_group(selector, 0, false, store);

	template.pieces[0].is_any = selector->group_count > 0;
	return template;
}

static struct slice first_group(const struct selector *selector)
{
	struct slice found = { 0 };

	for (uint32_t group = 1; group <= selector->group_count && !found.at; group++)
		found = selector_group(selector, group, false);
	return found;
}

static struct slice piece_text(const struct template_piece *piece)
{
	if (!piece->selector)
		return piece->given ? piece->given->value : piece->literal;
	if (piece->is_any)
		return first_group(piece->selector);
	return selector_group(piece->selector, piece->group, piece->is_named);
}

size_t template_size(const struct template *template)
{
	size_t size = 0;

	for (size_t n = 0; n < template->count; n++)
		size += piece_text(&template->pieces[n]).size;
	return size;
}

void template_write(const struct template *template, char *out)
{
	for (size_t n = 0; n < template->count; n++) {
		struct slice text = piece_text(&template->pieces[n]);

		if (text.size)
			memcpy(out, text.at, text.size);
		out += text.size;
	}
}

/* The size of the text, and whether it is absent: it has parts of the page, and none is there. */
static size_t measure(const struct template *template, bool *is_absent)
{
	bool has_group = false, has_part = false;
	size_t size = 0;

	for (size_t n = 0; n < template->count; n++) {
		struct slice text = piece_text(&template->pieces[n]);

		has_group |= !template->pieces[n].literal.at;
		has_part |= !template->pieces[n].literal.at && text.at;
		size += text.size;
	}
	*is_absent = has_group && !has_part;
	return size;
}

/* The text of other than one piece. */
static bool join(const struct template *template, size_t bytes_max, struct scratch *scratch,
		 struct slice *text)
{
	bool is_absent;
	size_t size = measure(template, &is_absent);
	char *out;

	if (size > bytes_max)
		return false;
	*text = (struct slice){ 0 };
	if (is_absent)
		return true;
	out = scratch_take(scratch, size);
	template_write(template, out);
	*text = (struct slice){ out, size };
	return true;
}

bool template_render(const struct template *template, size_t bytes_max, struct scratch *scratch,
		     struct slice *text)
{
	struct slice found;

	if (template->count != 1)
		return join(template, bytes_max, scratch, text);
	found = piece_text(template->pieces);
	if (found.size > bytes_max)
		return false;
	*text = found;
	return true;
}
