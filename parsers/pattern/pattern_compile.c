#include "parsers/pattern/pattern.h"

#include <stdlib.h>

#include "parsers/pattern/columns.h"
#include "parsers/pattern/compilation.h"
#include "parsers/pattern/selector_regex.h"
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

static bool compile_rows(struct compilation *compilation)
{
	const struct pattern_spec *spec = compilation->spec;

	if (!spec->pattern == !spec->each)
		return compilation_fail(compilation, NULL, 0,
					"either 'pattern' or 'each' is needed");
	return compilation_selector(compilation, &compilation->pattern->rows, spec->language,
				    spec->pattern ? spec->pattern : spec->each);
}

struct pattern *pattern_compile(const struct pattern_spec *spec, struct pattern_error *error)
{
	struct pattern *pattern = memory_new(1, sizeof(*pattern));
	struct compilation compilation = { .pattern = pattern, .spec = spec, .error = error };

	compilation.match_limit = spec->match_limit ? spec->match_limit : PATTERN_MATCH_LIMIT;
	pattern->budget_ms = spec->budget_ms ? spec->budget_ms : PATTERN_BUDGET_MS;
	pattern->name = compilation_keep(&compilation, spec->name ? spec->name : "");
	if (compile_url(&compilation) && compile_rows(&compilation) &&
	    columns_compile(&compilation))
		return pattern;
	pattern_free(pattern);
	return NULL;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	for (size_t n = 0; n < pattern->field_count; n++)
		field_free(&pattern->fields[n]);
	selector_free(pattern->rows);
	selector_free(pattern->url);
	scratch_free(&pattern->page);
	scratch_free(&pattern->row);
	scratch_free(&pattern->store);
	free(pattern);
}

const char *pattern_name(const struct pattern *pattern)
{
	return pattern->name;
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
	return pattern->fields[field].type;
}
