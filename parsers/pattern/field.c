#include "parsers/pattern/field.h"

#include "parsers/pattern/compilation.h"
#include "parsers/pattern/selector_whole.h"

static bool source_of_template(struct compilation *compilation, struct field *field,
			       const struct field_spec *spec)
{
	struct pattern *pattern = compilation->pattern;
	struct selector *const selectors[] = { pattern->rows, pattern->url };
	const struct template_names names = { selectors, 2, pattern->set };
	struct selector_error reason;

	if (template_compile(&field->source, TEMPLATE_BRACES, spec->value, &names, &pattern->store,
			     &reason))
		return true;
	return compilation_fail(compilation, spec->value, reason.offset, reason.message);
}

static bool add_own(struct compilation *compilation, struct field *field,
		    const struct field_spec *spec, const char *text)
{
	struct field_own *own = &field->own[field->own_count];

	if (!compilation_selector(compilation, &own->selector, spec->language, text, spec->in)) {
		selector_free(own->selector);
		return false;
	}
	own->source = template_of_any_group(own->selector, &compilation->pattern->store);
	field->own_count++;
	return true;
}

static bool source_of_own(struct compilation *compilation, struct field *field,
			  const struct field_spec *spec)
{
	if (compilation->spec->pattern)
		return compilation_fail(compilation, spec->pattern, 0,
					"a field has a pattern of its own only where 'each' cuts "
					"records, or the page is one");
	field->own = scratch_zero(&compilation->pattern->store, spec->alternative_count + 1,
				  sizeof(*field->own));
	if (!add_own(compilation, field, spec, spec->pattern))
		return false;
	for (size_t n = 0; n < spec->alternative_count; n++)
		if (!add_own(compilation, field, spec, spec->alternatives[n]))
			return false;
	return true;
}

static bool source_of_name(struct compilation *compilation, struct field *field,
			   const struct field_spec *spec)
{
	struct pattern *pattern = compilation->pattern;
	struct selector *const selectors[] = { pattern->rows, pattern->url };

	for (size_t n = 0; n < 2; n++) {
		uint32_t group;

		if (!selectors[n])
			continue;
		group = selector_group_number(selectors[n], slice_of(spec->name));
		if (group) {
			field->source =
				template_of_group(selectors[n], group, true, &pattern->store);
			return true;
		}
	}
	return compilation_fail(compilation, spec->name, 0,
				"nothing says where this field comes from: no group has its name");
}

static bool compile_source(struct compilation *compilation, struct field *field,
			   const struct field_spec *spec)
{
	struct pattern *pattern = compilation->pattern;
	int sources = (spec->group >= 0) + (spec->value != NULL) + (spec->pattern != NULL);

	if (spec->takes_all && !spec->pattern)
		return compilation_fail(compilation, spec->name, 0,
					"'all' is of a pattern of the field's own: give it one");
	if (sources > 1)
		return compilation_fail(compilation, spec->name, 0,
					"a field comes from one of 'group', 'value' and 'pattern'");
	if (spec->value)
		return source_of_template(compilation, field, spec);
	if (spec->pattern)
		return source_of_own(compilation, field, spec);
	if (spec->group < 0)
		return source_of_name(compilation, field, spec);
	if ((uint32_t)spec->group <= pattern->rows->group_count) {
		field->source = template_of_group(pattern->rows, (uint32_t)spec->group, false,
						  &pattern->store);
		field->is_record = spec->group == 0;
		return true;
	}
	if (pattern->rows->language == &selector_whole)
		return compilation_fail(compilation, spec->name, 0,
					"without 'pattern' or 'each' there are no groups: the "
					"field needs a pattern of its own");
	return compilation_fail_with(compilation, spec->name, 0,
				     "the pattern has no group %d, it has %u", spec->group,
				     pattern->rows->group_count);
}

/* A default is no use if it cannot be what the field is. */
static bool compile_otherwise(struct compilation *compilation, struct field *field,
			      const struct field_spec *spec)
{
	struct pattern *pattern = compilation->pattern;
	struct value value;

	if (!spec->otherwise)
		return true;
	field->otherwise = scratch_copy(&pattern->store, slice_of(spec->otherwise));
	if (value_convert(&value, field_type(field), field->otherwise, &pattern->store))
		return true;
	return compilation_fail_with(compilation, spec->otherwise, 0,
				     "the default is not of the field's type, %s",
				     value_type_name(field_type(field)));
}

bool field_compile(struct compilation *compilation, struct field *field,
		   const struct field_spec *spec)
{
	field->type = spec->type;
	field->is_required = spec->is_required;
	field->carries = spec->carries;
	field->takes_all = spec->takes_all;
	if (!compile_source(compilation, field, spec) ||
	    !compile_otherwise(compilation, field, spec))
		return false;
	if (clean_compile(&field->clean, spec->clean, spec->clean_count, compilation->match_limit,
			  compilation->resolve_url, &compilation->pattern->store,
			  compilation->error))
		return true;
	if (!compilation->error->text)
		compilation->error->text = spec->name;
	return false;
}

void field_of_group(struct compilation *compilation, struct field *field,
		    const struct selector *selector, uint32_t group, bool is_named)
{
	field->source = template_of_group(selector, group, is_named, &compilation->pattern->store);
}

void field_free(struct field *field)
{
	for (size_t n = 0; n < field->own_count; n++)
		selector_free(field->own[n].selector);
	scratch_free(&field->carried_text);
	clean_free(&field->clean);
}
