#include "commands/lint_config.h"

#include <string.h>

#include "config/config_place.h"
#include "parsers/pattern/lint.h"
#include "parsers/pattern/page_set.h"
#include "parsers/pattern/regex.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/text/ascii.h"
#include "show/complaint.h"

/* What is warned of, and where to. */
struct warning {
	const struct config_pattern *pattern;
	const struct kept_time *time;
	struct complaints complaints;
	const char *text; /* the expression that is looked at */
	enum lint_role role;
};

static const char *empty_message(enum lint_role role)
{
	if (role == LINT_OF_URLS)
		return "this matches every URL: leave 'url' off, or ask for something";
	if (role == LINT_OF_FIELDS)
		return "this matches nothing where the record begins, and stops there: ask for a "
		       "character at least, with '+' for '*'";
	return "this matches the empty text, too, between any two characters: ask for one at "
	       "least, with '+' for '*'";
}

/* "..., as 12 of 200 rows did". */
static const char *chain_message(const struct kept_time *time)
{
	static char message[COMPLAINT_TEXT_MAX];
	char rows[100] = "";

	if (time->crossed > 0)
		snprintf(rows, sizeof(rows), " (as in %llu of %llu rows of kept pages)",
			 (unsigned long long)time->crossed, (unsigned long long)time->figures.rows);
	snprintf(message, sizeof(message),
		 "where a value is missing this takes that of the next record%s: cut records with "
		 "'each', and fields look in their own",
		 rows);
	return message;
}

/* What is to be said of a finding, but for a group. */
static const char *message_of(const struct warning *warning, enum lint_kind kind)
{
	switch (kind) {
	case LINT_AMBIGUOUS_REPEAT:
		return "this repeat can divide a text in 2^n ways, and tries them all: begin or "
		       "end each turn with a text of its own";
	case LINT_CHAIN:
		return chain_message(warning->time);
	case LINT_EMPTY:
		return empty_message(warning->role);
	case LINT_BARE_DOT:
		return "'.' stands for any character here: '\\.' is a dot";
	case LINT_PART:
		return "the value is what this group holds, not the whole: '(?:' groups without "
		       "keeping";
	case LINT_UNUSED_GROUP:
		break;
	}
	return "";
}

static void on_finding(void *context, const struct lint_finding *finding)
{
	struct warning *warning = context;
	const struct config_pattern *pattern = warning->pattern;
	struct config_reader reader = { .source = pattern->source };
	struct pattern_error at = { .text = warning->text, .offset = finding->offset };
	size_t place = config_place_of(&reader, pattern->map, &at);

	if (finding->kind == LINT_UNUSED_GROUP)
		complain_warning(&warning->complaints, pattern->source, place,
				 "group %u is no field's: '(?:' groups without keeping or counting",
				 finding->group);
	else
		complain_warning(&warning->complaints, pattern->source, place, "%s",
				 message_of(warning, finding->kind));
}

/* ---- what a list gives, where nobody puts it in ---- */

/* The length of a "{set.shop}" at the beginning of text, or 0. */
static int set_name_size(const char *text)
{
	const size_t prefix = sizeof("{" PAGE_SET_PREFIX) - 1;
	struct slice name;

	if (strncmp(text, "{" PAGE_SET_PREFIX, prefix) != 0)
		return 0;
	name = (struct slice){ text + prefix, strcspn(text + prefix, "}") };
	if (name.at[name.size] != '}' || !ascii_is_identifier(name))
		return 0;
	return (int)(prefix + name.size + 1);
}

static void look_for_set(struct warning *warning, const char *text)
{
	const struct config_pattern *pattern = warning->pattern;
	struct config_reader reader = { .source = pattern->source };

	for (const char *at = text; at && (at = strchr(at, '{')); at++) {
		struct pattern_error place = { .text = text, .offset = (size_t)(at - text) };
		int size = set_name_size(at);

		if (size == 0 || (at > text && at[-1] == '\\'))
			continue;
		complain_warning(&warning->complaints, pattern->source,
				 config_place_of(&reader, pattern->map, &place),
				 "'%.*s' stands for itself here: what a list gives is put into "
				 "the 'value' of a field alone",
				 size, at);
		return;
	}
}

/* ---- which groups are used ---- */

/* Does a template ask for the group: "{5}{6}"? */
static bool template_uses(const char *value, unsigned group)
{
	for (const char *at = value; at && (at = strchr(at, '{')); at++) {
		unsigned number = 0;
		const char *digit = at + 1;

		while (ascii_is_digit(*digit) && number <= group)
			number = number * 10 + (unsigned)(*digit++ - '0');
		if (digit > at + 1 && *digit == '}' && number == group)
			return true;
	}
	return false;
}

static bool uses(const void *context, unsigned group)
{
	const struct pattern_spec *spec = context;

	for (size_t i = 0; i < spec->field_count; i++) {
		const struct field_spec *field = &spec->fields[i];

		if (field->group == (int)group || template_uses(field->value, group))
			return true;
	}
	return false;
}

/* Without fields and names all groups become columns: "g1", "g2", ... */
static bool are_all_columns(const struct config_pattern *pattern)
{
	return pattern->spec->field_count == 0 &&
	       strcmp(pattern_field_name(pattern->pattern, 0), "g1") == 0;
}

/* ---- expressions ---- */

static void look(struct warning *warning, const char *text, const char *flags, enum lint_role role)
{
	const struct pattern_spec *spec = warning->pattern->spec;
	bool has_columns = role == LINT_OF_ROWS || role == LINT_OF_CUTS;
	struct lint_question question = { .text = text, .role = role, .context = spec };
	size_t offset;

	if (!text || !regex_flags(flags, &question.options, &offset))
		return;
	look_for_set(warning, text);
	if (has_columns && !are_all_columns(warning->pattern))
		question.uses = uses;
	warning->text = text;
	warning->role = role;
	lint_expression(&question, on_finding, warning);
}

static void look_at_field(struct warning *warning, const struct field_spec *field,
			  const char *flags)
{
	look(warning, field->pattern, flags, LINT_OF_FIELDS);
	for (size_t i = 0; i < field->alternative_count; i++)
		look(warning, field->alternatives[i], flags, LINT_OF_FIELDS);
}

static bool is_regex(const struct selector_language *language)
{
	return !language || language == &selector_regex;
}

unsigned lint_config_pattern(const struct config_pattern *pattern, const struct kept_time *time,
			     FILE *out)
{
	const struct pattern_spec *spec = pattern->spec;
	struct warning warning = { .pattern = pattern, .time = time, .complaints.out = out };

	if (!pattern->parent) /* a child has its parent's */
		look(&warning, spec->url, NULL, LINT_OF_URLS);
	look(&warning, spec->within, spec->flags, LINT_OF_FIELDS);
	if (is_regex(spec->language)) {
		look(&warning, spec->pattern, spec->flags, LINT_OF_ROWS);
		look(&warning, spec->each, spec->flags, LINT_OF_CUTS);
	}
	for (size_t i = 0; i < spec->field_count; i++) {
		if (is_regex(spec->fields[i].language))
			look_at_field(&warning, &spec->fields[i], spec->flags);
		look_for_set(&warning, spec->fields[i].otherwise);
	}
	return warning.complaints.warnings;
}
