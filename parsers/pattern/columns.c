#include "parsers/pattern/columns.h"

#include <stdio.h>

#include "parsers/pattern/compilation.h"
#include "parsers/pattern/selector_whole.h"
#include "parsers/text/ascii.h"

_Static_assert(PATTERN_FIELDS_MAX == 500, "add_field() says so");

static struct field *find_field(const struct pattern *pattern, const char *name)
{
	for (size_t n = 0; n < pattern->field_count; n++)
		if (ascii_equal(slice_of(pattern->fields[n].name), slice_of(name)))
			return &pattern->fields[n];
	return NULL;
}

/* The next field, empty but for its name; NULL and an error if there are too many. */
static struct field *add_field(struct compilation *compilation, const char *name)
{
	struct pattern *pattern = compilation->pattern;
	struct field *field = &pattern->fields[pattern->field_count];

	if (pattern->field_count == compilation->field_room) {
		compilation_fail(compilation, NULL, 0,
				 "more than 500 fields: make two patterns of it");
		return NULL;
	}
	pattern->field_count++;
	field->name = compilation_keep(compilation, name);
	return field;
}

static bool add_spec_field(struct compilation *compilation, const struct field_spec *spec)
{
	struct field *field;

	if (!spec->name || spec->name[0] == '\0')
		return compilation_fail(compilation, spec->name, 0, "a field needs a name");
	if (find_field(compilation->pattern, spec->name))
		return compilation_fail(compilation, spec->name, 0,
					"there is a field of this name already");
	field = add_field(compilation, spec->name);
	return field && field_compile(compilation, field, spec);
}

/* Where a named group stands in a regular expression: of "(?<name>", "(?'name'", "(?P<name>". */
static size_t offset_of_group(const char *text, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at++)
		if (at > text && (at[-1] == '<' || at[-1] == '\'') &&
		    (at[size] == '>' || at[size] == '\''))
			return (size_t)(at - text);
	return 0;
}

/* Is there no field yet for the group of this name?  One that differs in case is an error. */
static bool group_is_new(struct compilation *compilation, const char *text, const char *name,
			 bool *is_new)
{
	const struct field *field = find_field(compilation->pattern, name);

	*is_new = !field;
	if (!field || strcmp(field->name, name) == 0)
		return true;
	return compilation_fail_with(
		compilation, text, offset_of_group(text, name),
		"'%s' and '%s' would be one column: names must differ in more than case",
		field->name, name);
}

static bool add_group_field(struct compilation *compilation, const struct selector *selector,
			    uint32_t group, bool is_named, const char *name)
{
	struct field *field = add_field(compilation, name);

	if (field)
		field_of_group(compilation, field, selector, group, is_named);
	return field != NULL;
}

/* The named groups of the URL that are not fields yet. */
static bool add_url_groups(struct compilation *compilation)
{
	const struct selector *url = compilation->pattern->url;

	for (uint32_t group = 1; url && group <= url->group_count; group++) {
		struct slice name = selector_group_name(url, group);
		bool is_new;

		if (!name.at)
			continue;
		if (!group_is_new(compilation, compilation->spec->url, name.at, &is_new) ||
		    (is_new && !add_group_field(compilation, url, group, true, name.at)))
			return false;
	}
	return true;
}

static const char *rows_text(const struct pattern_spec *spec)
{
	return spec->pattern ? spec->pattern : spec->each;
}

/* What a pattern gives whose writer named nothing. */
static bool add_numbered_groups(struct compilation *compilation)
{
	const struct selector *rows = compilation->pattern->rows;
	char name[16];

	if (rows->group_count > PATTERN_FIELDS_MAX)
		return compilation_fail_with(compilation, rows_text(compilation->spec), 0,
					     "%u groups, but fields are 500 at most: say in "
					     "'fields' which are wanted",
					     rows->group_count);
	if (rows->language == &selector_whole)
		return true;
	if (rows->group_count == 0)
		return add_group_field(compilation, rows, 0, false, "match");
	for (uint32_t group = 1; group <= rows->group_count; group++) {
		snprintf(name, sizeof(name), "g%u", group);
		if (!add_group_field(compilation, rows, group, false, name))
			return false;
	}
	return true;
}

static const struct field_spec *spec_of(const struct pattern_spec *spec, const char *name)
{
	for (size_t n = 0; n < spec->field_count; n++) {
		if (spec->fields[n].name && strcmp(spec->fields[n].name, name) == 0)
			return &spec->fields[n];
	}
	return NULL;
}

/* Do the fields say something of every named group? */
static bool names_all_groups(const struct compilation *compilation)
{
	const struct selector *rows = compilation->pattern->rows;

	for (uint32_t group = 1; group <= rows->group_count; group++) {
		struct slice name = selector_group_name(rows, group);

		if (name.at && !spec_of(compilation->spec, name.at))
			return false;
	}
	return true;
}

/*
 * The columns stand as the named groups do; those that have a field are as that says.  Where the
 * fields name them all, the fields say the order, too.
 */
static bool compile_groups(struct compilation *compilation, bool *found)
{
	const struct selector *rows = compilation->pattern->rows;
	const struct pattern_spec *spec = compilation->spec;
	bool is_new;

	*found = false;
	for (uint32_t group = 1; group <= rows->group_count; group++) {
		struct slice name = selector_group_name(rows, group);
		const struct field_spec *field;

		if (!name.at)
			continue;
		*found = true;
		field = spec_of(compilation->spec, name.at);
		if (!group_is_new(compilation, rows_text(spec), name.at, &is_new))
			return false;
		if (!is_new)
			continue;
		if (!(field ? add_spec_field(compilation, field)
			    : add_group_field(compilation, rows, group, true, name.at)))
			return false;
	}
	return true;
}

static bool compile_own_fields(struct compilation *compilation, bool has_groups)
{
	const struct pattern_spec *spec = compilation->spec;

	for (size_t n = 0; n < spec->field_count; n++) {
		const struct field_spec *field = &spec->fields[n];
		bool is_there = has_groups && field->name && spec_of(spec, field->name) == field &&
				find_field(compilation->pattern, field->name);

		if (!is_there && !add_spec_field(compilation, field))
			return false;
	}
	return true;
}

/* What holds for all fields together, and room for a row of them. */
static void sum_up(struct pattern *pattern)
{
	bool is_page = pattern->rows->language == &selector_whole;
	size_t count = pattern->field_count;

	for (size_t n = 0; n < count; n++) {
		pattern->carries |= pattern->fields[n].carries;
		pattern->must_find |= is_page && pattern->fields[n].own_count > 0;
	}
	pattern->values = scratch_zero(&pattern->store, count, sizeof(*pattern->values));
	pattern->are_bad = scratch_zero(&pattern->store, count, sizeof(*pattern->are_bad));
	pattern->tallies = scratch_zero(&pattern->store, count, sizeof(*pattern->tallies));
}

bool columns_compile(struct compilation *compilation)
{
	const struct pattern_spec *spec = compilation->spec;
	struct pattern *pattern = compilation->pattern;
	size_t room = spec->field_count + pattern->rows->group_count + 1 +
		      (pattern->url ? pattern->url->group_count : 0);
	bool found = false, names_all = names_all_groups(compilation);

	compilation->field_room = room < PATTERN_FIELDS_MAX ? room : PATTERN_FIELDS_MAX;
	pattern->fields =
		scratch_zero(&pattern->store, compilation->field_room, sizeof(*pattern->fields));
	if (!names_all && !compile_groups(compilation, &found))
		return false;
	if (!compile_own_fields(compilation, found))
		return false;
	if (pattern->field_count == 0 && !add_numbered_groups(compilation))
		return false;
	if (!pattern->parent && !add_url_groups(compilation))
		return false;
	sum_up(pattern);
	return true;
}
