#include "commands/marks.h"

#include <stdlib.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/regex.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/text/memory.h"

struct marks {
	struct regex *rows;    /* whose groups are marked, or NULL */
	struct regex **fields; /* of which one match in a record is */
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
static struct regex *compile(const struct config *config, const struct pattern_spec *spec,
			     const struct selector_language *language, const char *expression)
{
	struct regex_error error;
	uint32_t options;
	size_t wrong;

	if (!expression || (language && language != &selector_regex) ||
	    !regex_flags(spec->flags, &options, &wrong))
		return NULL;
	return regex_compile(expression, options, (uint32_t)config->settings.match_limit, &error);
}

struct marks *marks_new(const struct config *config, const struct config_pattern *pattern)
{
	const struct pattern_spec *spec = pattern->spec;
	struct marks *marks = memory_new(1, sizeof(*marks));

	marks->budget_ms = (uint32_t)config->settings.pattern_time_ms;
	marks->rows = compile(config, spec, spec->language, spec->pattern);
	marks->fields = memory_new(spec->field_count + 1, sizeof(struct regex *));
	for (size_t i = 0; i < spec->field_count; i++) {
		const struct field_spec *field = &spec->fields[i];
		struct regex *own = compile(config, spec, field->language, field->pattern);

		if (own)
			marks->fields[marks->field_count++] = own;
	}
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
	for (size_t i = 0; i < marks->field_count; i++) {
		regex_search_begin(&search, marks->fields[i], matched);
		if (regex_search_next(&search) == REGEX_FOUND)
			add_groups(&found, marks->fields[i]);
	}
	return found.count;
}

void marks_free(struct marks *marks)
{
	if (!marks)
		return;
	regex_free(marks->rows);
	for (size_t i = 0; i < marks->field_count; i++)
		regex_free(marks->fields[i]);
	free(marks->fields);
	free(marks);
}
