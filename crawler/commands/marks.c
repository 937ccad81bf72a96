#include "commands/marks.h"

#include <stdlib.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/regex.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/text/memory.h"

/* Expressions of a field, of which the first counts that matches. */
struct own {
	struct regex **list;
	size_t count;
};

struct marks {
	struct regex *rows; /* whose groups are marked, or NULL */
	struct own *fields; /* of which one match in a record is */
	size_t field_count;
	uint32_t budget_ms;
};

/* Where marks go. */
struct found_marks {
	struct slice *list;
	size_t count;
	struct slice within;
};

/* NULL: it is in another language. */
static struct regex *compile(const struct config *config, const struct config_pattern *pattern,
			     const struct selector_language *language, const char *expression)
{
	struct regex_error error;
	uint32_t options;
	size_t wrong;

	if (!expression || (language && language != &selector_regex) ||
	    !regex_flags(config_pattern_flags(pattern), &options, &wrong))
		return NULL;
	return regex_compile(expression, options, (uint32_t)config->settings.match_limit, &error);
}

static struct own compile_own(const struct config *config, const struct config_pattern *pattern,
			      const struct field_spec *field)
{
	struct own own = { .list = memory_new(field->alternative_count + 1, sizeof(*own.list)) };

	own.list[0] = compile(config, pattern, field->language, field->pattern);
	while (own.list[own.count] && own.count++ < field->alternative_count)
		own.list[own.count] = compile(config, pattern, field->language,
					      field->alternatives[own.count - 1]);
	return own;
}

struct marks *marks_new(const struct config *config, const struct config_pattern *pattern)
{
	const struct pattern_spec *spec = pattern->spec;
	struct marks *marks = memory_new(1, sizeof(*marks));

	marks->budget_ms = (uint32_t)config->settings.pattern_time_ms;
	marks->rows = compile(config, pattern, spec->language, spec->pattern);
	marks->field_count = spec->field_count;
	marks->fields = memory_new(spec->field_count + 1, sizeof(*marks->fields));
	for (size_t i = 0; i < spec->field_count; i++)
		marks->fields[i] = compile_own(config, pattern, &spec->fields[i]);
	return marks;
}

static void add(struct found_marks *marks, struct slice mark)
{
	const char *end = marks->within.at + marks->within.size;

	if (mark.size > 0 && mark.at >= marks->within.at && mark.at + mark.size <= end &&
	    marks->count < MARKS_MAX)
		marks->list[marks->count++] = mark;
}

/* The groups of a match, or all of it. */
static void add_groups(struct found_marks *marks, const struct regex *regex)
{
	for (uint32_t group = regex->group_count > 0; group <= regex->group_count; group++)
		add(marks, regex_group(regex, group));
}

static void add_first(struct found_marks *marks, const struct own *own)
{
	struct regex_search search;

	for (size_t i = 0; i < own->count; i++) {
		regex_search_begin(&search, own->list[i], marks->within);
		if (regex_search_next(&search) != REGEX_FOUND)
			continue;
		add_groups(marks, own->list[i]);
		return;
	}
}

size_t marks_find(struct marks *marks, struct slice page, struct slice matched,
		  struct slice out[MARKS_MAX])
{
	struct found_marks found = { .list = out, .within = matched };
	struct regex_search search;

	budget_begin(marks->budget_ms);
	if (marks->rows) {
		regex_search_begin(&search, marks->rows, page);
		search.offset = (size_t)(matched.at - page.at);
		if (regex_search_next(&search) == REGEX_FOUND && marks->rows->group_count > 0 &&
		    regex_group(marks->rows, 0).at == matched.at)
			add_groups(&found, marks->rows);
	}
	for (size_t i = 0; i < marks->field_count; i++)
		add_first(&found, &marks->fields[i]);
	return found.count;
}

void marks_free(struct marks *marks)
{
	if (!marks)
		return;
	regex_free(marks->rows);
	for (size_t i = 0; i < marks->field_count; i++) {
		for (size_t n = 0; n < marks->fields[i].count; n++)
			regex_free(marks->fields[i].list[n]);
		free(marks->fields[i].list);
	}
	free(marks->fields);
	free(marks);
}
