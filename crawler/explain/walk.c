#include "explain/walk.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "parsers/pattern/explain_path.h"
#include "parsers/pattern/page_set.h"
#include "parsers/pattern/regex.h"
#include "parsers/pattern/selector_regex.h"

/* ---- an expression ---- */

/* For this one; 0: as much as is usual. */
static uint32_t ms_left(const struct walk *walk)
{
	int64_t left = walk->end_ms - clock_ms();

	if (walk->end_ms == 0 || left > (int64_t)EXPLAIN_MS)
		return 0;
	return left > 0 ? (uint32_t)left : 1;
}

static void explain_regex(struct walk *walk, const struct walk_subject *subject,
			  struct explanation *explanation)
{
	const struct settings *settings = &walk->config->settings;
	struct explain_question question = {
		.expression = subject->expression,
		.match_limit = (uint32_t)settings->match_limit,
		.budget_ms = (uint32_t)settings->pattern_time_ms,
		.all_ms = ms_left(walk),
		.text = subject->text,
		.page = subject->page,
	};
	size_t wrong;

	/* They were good when it was compiled. */
	regex_flags(subject->flags, &question.options, &wrong);
	explain(explanation, &question, &walk->store);
}

static void explain_other(struct walk *walk, const struct walk_subject *subject,
			  struct explanation *explanation)
{
	const struct settings *settings = &walk->config->settings;
	const struct path_question question = {
		.language = subject->language,
		.path = subject->expression,
		.in = subject->in,
		.flags = subject->flags,
		.step_limit = (uint32_t)settings->match_limit,
		.budget_ms = (uint32_t)settings->pattern_time_ms,
		.all_ms = ms_left(walk),
		.text = subject->text,
	};

	explain_path(explanation, &question, &walk->store);
}

static void tell(const struct walk *walk, enum walk_what what, const struct walk_subject *subject,
		 const struct explanation *explanation)
{
	if (walk->listener->on_subject)
		walk->listener->on_subject(walk->context, walk, what, subject, explanation);
}

/* Is there anywhere to look?  If not, that is explained, and no path. */
static bool explain_in(struct walk *walk, const struct walk_subject *subject)
{
	struct walk_subject in = *subject;
	struct explanation explanation;

	if (!subject->in)
		return true;
	in.expression = subject->in;
	explain_regex(walk, &in, &explanation);
	if (!explanation.is_match)
		tell(walk, WALK_IN, &in, &explanation);
	return explanation.is_match;
}

/* Explain it.  Returns true if it matches. */
static bool explain_one(struct walk *walk, const struct walk_subject *subject)
{
	struct explanation explanation;

	if (!explain_in(walk, subject))
		return false;
	if (!subject->language || subject->language == &selector_regex)
		explain_regex(walk, subject, &explanation);
	else
		explain_other(walk, subject, &explanation);
	tell(walk, WALK_EXPRESSION, subject, &explanation);
	return explanation.is_match;
}

/* An expression of the pattern on a part of the page. */
static struct walk_subject subject_of(const struct walk *walk, const char *expression,
				      struct slice text)
{
	return (struct walk_subject){ .expression = expression,
				      .flags = config_pattern_flags(walk->pattern),
				      .page = walk->page.text,
				      .text = text };
}

#define LABEL(subject, ...) snprintf((subject)->label, sizeof((subject)->label), __VA_ARGS__)

bool walk_url(struct walk *walk)
{
	const struct config_pattern *pattern = walk->pattern;
	struct slice url = walk->page.url;
	struct walk_subject subject = { .page = url, .text = url };
	struct explanation explanation;

	while (pattern->parent)
		pattern = pattern->parent;
	if (!url.at || pattern_wants(pattern->pattern, url))
		return true;
	subject.expression = pattern->spec->url;
	explain_regex(walk, &subject, &explanation);
	tell(walk, WALK_URL, &subject, &explanation);
	return false;
}

/* ---- what makes rows ---- */

/* Every expression of a field until one matches; the first is the field's own. */
static bool explain_field_by(struct walk *walk, const struct field_spec *field, const char *whose,
			     struct slice record)
{
	bool is_match = false;

	for (size_t i = 0; i <= field->alternative_count && !is_match; i++) {
		struct walk_subject subject = subject_of(
			walk, i > 0 ? field->alternatives[i - 1] : field->pattern, record);

		subject.language = field->language;
		subject.in = field->in;
		LABEL(&subject, "%s", i > 0 ? "or its next pattern, which " : whose);
		is_match = explain_one(walk, &subject);
	}
	return is_match;
}

/* The page is a record: it is a row if one of its fields is there; or only the one is asked for. */
static bool explain_page_record(struct walk *walk, struct slice text)
{
	const struct pattern_spec *spec = walk->pattern->spec;
	char whose[160];
	bool is_match = false;

	for (size_t i = 0; i < spec->field_count; i++) {
		if (!spec->fields[i].pattern ||
		    (walk->field && strcmp(walk->field, spec->fields[i].name) != 0))
			continue;
		snprintf(whose, sizeof(whose), "%.64s of %.64s: ", spec->fields[i].name,
			 spec->name);
		is_match |= explain_field_by(walk, &spec->fields[i], whose, text);
	}
	return is_match;
}

/* Cut text down to the region of `within`.  False if it has none: that is explained. */
static bool cut_region(struct walk *walk, struct slice *text)
{
	const char *within = walk->pattern->spec->within;
	struct walk_subject subject = subject_of(walk, within, *text);
	struct slice region = within ? lacking_region(walk->config, walk->pattern, *text) : *text;

	if (region.at) {
		*text = region;
		return true;
	}
	LABEL(&subject, "within of %.128s: ", walk->pattern->spec->name);
	explain_one(walk, &subject);
	return false;
}

/* What makes the rows of a pattern, on the page or in a record of its parent. */
static bool explain_rows_in(struct walk *walk, struct slice text)
{
	const struct pattern_spec *spec = walk->pattern->spec;
	struct walk_subject subject;

	if (!cut_region(walk, &text))
		return false;
	if (!spec->each && !spec->pattern)
		return explain_page_record(walk, text);
	subject = subject_of(walk, spec->each ? spec->each : spec->pattern, text);
	subject.language = spec->language;
	subject.in = spec->in;
	LABEL(&subject, "%s%.128s: ", spec->each ? "each of " : "", spec->name);
	return explain_one(walk, &subject);
}

static void tell_rows(const struct walk *walk, const struct lacking_rows *rows, const char *what,
		      const char *whose, const char *have)
{
	if (walk->listener->on_rows)
		walk->listener->on_rows(walk->context, walk, rows, what, whose, have);
}

static bool explain_rows(struct walk *walk);

/* Without a row of the parent there is no record to look in. */
static bool explain_parent(struct walk *walk)
{
	walk->pattern = walk->pattern->parent;
	walk->field = NULL;
	explain_rows(walk);
	return false;
}

/* A child runs in each record of its parent. */
static bool explain_child(struct walk *walk)
{
	const struct config_pattern *child = walk->pattern;
	struct lacking_rows rows = lacking_child(walk->config, child, &walk->page);

	if (rows.rows == 0)
		return explain_parent(walk);
	tell_rows(walk, &rows, child->spec->name, child->parent->spec->name,
		  rows.rows == 1 ? "record has rows of it" : "records have rows of it");
	if (rows.without == 0)
		return true;
	explain_rows_in(walk, rows.first);
	return false;
}

static bool explain_rows(struct walk *walk)
{
	return walk->pattern->parent ? explain_child(walk) : explain_rows_in(walk, walk->page.text);
}

/* ---- a field ---- */

/* Does a value name this field of a set: "{set.shop}"? */
static bool asks_for(const char *value, struct slice name)
{
	const char *at = value;

	while ((at = strstr(at, "{" PAGE_SET_PREFIX)) != NULL) {
		at += sizeof("{" PAGE_SET_PREFIX) - 1;
		if (strncmp(at, name.at, name.size) == 0 && at[name.size] == '}')
			return true;
	}
	return false;
}

/* What a line of a list would give, and nobody has. */
static void tell_not_given(const struct walk *walk, const char *value)
{
	struct pattern *pattern = walk->pattern->pattern;
	const struct page_set_field *field = pattern_wanted_fields(pattern);

	pattern_give_set(pattern, walk->page.set);
	for (; field && walk->listener->on_not_given; field = field->next)
		if (!field->value.at && asks_for(value, field->name))
			walk->listener->on_not_given(walk->context, field->name);
}

static bool explain_field(struct walk *walk)
{
	const struct config_pattern *pattern = walk->pattern;
	const struct field_spec *spec = lacking_field_spec(pattern, walk->field);
	struct lacking_rows rows =
		lacking_field(walk->config, pattern, walk->field_number, &walk->page);

	if (rows.rows == 0)
		return explain_rows(walk) && false;
	tell_rows(walk, &rows, walk->field, pattern->spec->name,
		  rows.rows == 1 ? "row has it" : "rows have it");
	if (rows.without > 0 && spec && spec->pattern)
		explain_field_by(walk, spec, "there its pattern ", rows.first);
	if (rows.without > 0 && spec && spec->value)
		tell_not_given(walk, spec->value);
	if (rows.bad_size > 0 && walk->listener->on_bad)
		walk->listener->on_bad(walk->context, walk, &rows);
	return rows.without == 0;
}

bool walk_find_field(struct walk *walk, const char *field)
{
	const struct pattern *pattern = walk->pattern->pattern;
	size_t count = pattern_field_count(pattern);

	walk->field = field;
	for (walk->field_number = 0; walk->field_number < count; walk->field_number++)
		if (strcmp(pattern_field_name(pattern, walk->field_number), field) == 0)
			return true;
	return false;
}

/* Is there a match, but every row of it lacks a field that is required?  Then that is told. */
static bool drops_all_rows(struct walk *walk)
{
	const struct config_pattern *pattern = walk->pattern;

	for (size_t i = 0; i < pattern->spec->field_count; i++) {
		const struct field_spec *field = &pattern->spec->fields[i];
		struct lacking_rows rows;

		if (!field->is_required || !walk_find_field(walk, field->name))
			continue;
		rows = lacking_field(walk->config, pattern, walk->field_number, &walk->page);
		if (rows.rows == 0 || rows.without < rows.rows)
			continue;
		if (walk->listener->on_required)
			walk->listener->on_required(walk->context, walk, field->name);
		return true;
	}
	return false;
}

bool walk_all(struct walk *walk)
{
	if (walk->field)
		return explain_field(walk);
	return explain_rows(walk) && !drops_all_rows(walk);
}
