#include "parsers/pattern/pattern.h"

#include <stdlib.h>

#include "parsers/pattern/columns.h"
#include "parsers/pattern/compilation.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/pattern/selector_whole.h"
#include "parsers/text/memory.h"

/* The flags are not for the url. */
static bool compile_url(struct compilation *compilation)
{
	const char *text = compilation->spec->url;
	struct selector_error reason;

	if (!text)
		return true;
	compilation->pattern->url =
		selector_compile(&selector_regex, text, NULL, compilation->match_limit, &reason);
	return compilation->pattern->url ||
	       compilation_fail(compilation, text, reason.offset, reason.message);
}

static bool compile_within(struct compilation *compilation)
{
	const char *text = compilation->spec->within;

	return !text || compilation_selector(compilation, &compilation->pattern->within,
					     &selector_regex, text, NULL);
}

static bool compile_rows(struct compilation *compilation)
{
	const struct pattern_spec *spec = compilation->spec;
	const struct selector_language *language = spec->language;
	const char *text = spec->pattern ? spec->pattern : spec->each;
	bool is_page = !text && (spec->field_count > 0 || spec->child_count > 0);

	if ((spec->pattern && spec->each) || (!text && !is_page))
		return compilation_fail(compilation, NULL, 0,
					"either 'pattern' or 'each' is needed");
	return compilation_selector(compilation, &compilation->pattern->rows,
				    is_page ? &selector_whole : language, is_page ? "" : text,
				    spec->in);
}

static struct pattern *compile(const struct compilation *parent, const struct pattern_spec *spec,
			       struct pattern_error *error);

static bool compile_children(struct compilation *compilation)
{
	const struct pattern_spec *spec = compilation->spec;
	struct pattern *pattern = compilation->pattern;

	pattern->children = scratch_zero(&pattern->store, spec->child_count, sizeof(pattern));
	pattern->child_tallies =
		scratch_zero(&pattern->store, spec->child_count, sizeof(*pattern->child_tallies));
	for (size_t n = 0; n < spec->child_count; n++) {
		pattern->children[n] = compile(compilation, &spec->children[n], compilation->error);
		if (!pattern->children[n])
			return false;
		pattern->child_count++;
	}
	return true;
}

static void take_limits(struct compilation *compilation)
{
	const struct pattern_spec *spec = compilation->spec;

	compilation->flags = spec->flags;
	compilation->match_limit = spec->match_limit ? spec->match_limit : PATTERN_MATCH_LIMIT;
	compilation->pattern->budget_ms = spec->budget_ms ? spec->budget_ms : PATTERN_BUDGET_MS;
	compilation->pattern->set = memory_new(1, sizeof(*compilation->pattern->set));
	compilation->resolve_url = spec->resolve_url;
}

static void take_from_parent(struct compilation *compilation, const struct compilation *parent)
{
	const char *flags = compilation->spec->flags;

	compilation->flags = flags ? flags : parent->flags;
	compilation->match_limit = parent->match_limit;
	compilation->resolve_url = parent->resolve_url;
	compilation->pattern->parent = parent->pattern;
	compilation->pattern->url = parent->pattern->url;
	compilation->pattern->set = parent->pattern->set;
}

/* parent: NULL for one that has none. */
static struct pattern *compile(const struct compilation *parent, const struct pattern_spec *spec,
			       struct pattern_error *error)
{
	struct pattern *pattern = memory_new(1, sizeof(*pattern));
	struct compilation compilation = { .pattern = pattern, .spec = spec, .error = error };

	if (parent)
		take_from_parent(&compilation, parent);
	else
		take_limits(&compilation);
	pattern->name = compilation_keep(&compilation, spec->name ? spec->name : "");
	if ((parent || compile_url(&compilation)) && compile_within(&compilation) &&
	    compile_rows(&compilation) && columns_compile(&compilation) &&
	    compile_children(&compilation))
		return pattern;
	pattern_free(pattern);
	return NULL;
}

struct pattern *pattern_compile(const struct pattern_spec *spec, struct pattern_error *error)
{
	return compile(NULL, spec, error);
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	for (size_t n = 0; n < pattern->child_count; n++)
		pattern_free(pattern->children[n]);
	for (size_t n = 0; n < pattern->field_count; n++)
		field_free(&pattern->fields[n]);
	selector_free(pattern->rows);
	selector_free(pattern->within);
	if (!pattern->parent) {
		selector_free(pattern->url);
		page_set_free(pattern->set);
		free(pattern->set);
	}
	scratch_free(&pattern->row);
	scratch_free(&pattern->store);
	free(pattern);
}

const char *pattern_name(const struct pattern *pattern)
{
	return pattern->name;
}

size_t pattern_child_count(const struct pattern *pattern)
{
	return pattern->child_count;
}

struct pattern *pattern_child(const struct pattern *pattern, size_t child)
{
	return pattern->children[child];
}

size_t pattern_field_count(const struct pattern *pattern)
{
	return pattern->field_count;
}

const char *pattern_field_name(const struct pattern *pattern, size_t field)
{
	return pattern->fields[field].name;
}

enum field_type pattern_field_type(const struct pattern *pattern, size_t field)
{
	return field_type(&pattern->fields[field]);
}

enum field_type pattern_field_match_type(const struct pattern *pattern, size_t field)
{
	return pattern->fields[field].type;
}
