#include "explain/lacking_rows.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/regex.h"
#include "parsers/text/memory.h"

/* What is looked for while patterns run. */
struct search {
	struct lacking_rows rows;
	const struct pattern *pattern; /* whose rows count, */
	size_t field;                  /* and which of their fields; or */
	const struct pattern *child;   /* of which none may be in a row, or NULL */
	uint32_t open;                 /* the row that has had none yet, or 0 */
	struct slice matched;          /* and its record */
};

const struct field_spec *lacking_field_spec(const struct config_pattern *pattern, const char *name)
{
	for (size_t i = 0; i < pattern->spec->field_count; i++)
		if (strcmp(pattern->spec->fields[i].name, name) == 0)
			return &pattern->spec->fields[i];
	return NULL;
}

/* ---- the same patterns, of which no field is required ---- */

static struct field_spec *loose_fields(const struct pattern_spec *spec)
{
	struct field_spec *fields = memory_new(spec->field_count + 1, sizeof(*fields));

	for (size_t i = 0; i < spec->field_count; i++) {
		fields[i] = spec->fields[i];
		fields[i].is_required = false;
	}
	return fields;
}

static struct pattern_spec loose_spec(const struct pattern_spec *spec)
{
	struct pattern_spec loose = *spec;
	struct pattern_spec *children = memory_new(spec->child_count + 1, sizeof(*children));

	loose.fields = loose_fields(spec);
	for (size_t i = 0; i < spec->child_count; i++)
		children[i] = loose_spec(&spec->children[i]);
	loose.children = children;
	return loose;
}

static void free_spec(struct pattern_spec *loose)
{
	for (size_t i = 0; i < loose->child_count; i++)
		free_spec((struct pattern_spec *)(uintptr_t)&loose->children[i]);
	free((void *)(uintptr_t)loose->children);
	free((void *)(uintptr_t)loose->fields);
}

static const struct config_pattern *root_of(const struct config_pattern *pattern)
{
	while (pattern->parent)
		pattern = pattern->parent;
	return pattern;
}

/* What stands for a pattern of the config in the tree of root. */
static struct pattern *counterpart(struct pattern *root, const struct config_pattern *pattern)
{
	struct pattern *parent;

	if (!pattern->parent)
		return root;
	parent = counterpart(root, pattern->parent);
	for (size_t i = 0; i < pattern_child_count(parent); i++)
		if (pattern_child(pattern->parent->pattern, i) == pattern->pattern)
			return pattern_child(parent, i);
	return parent; /* never: it is one of them */
}

static struct pattern *loosen(const struct config *config, const struct config_pattern *pattern)
{
	struct pattern_spec spec = loose_spec(root_of(pattern)->spec);
	struct pattern_error error;
	struct pattern *loose;

	spec.match_limit = (uint32_t)config->settings.match_limit;
	spec.budget_ms = (uint32_t)config->settings.pattern_time_ms;
	loose = pattern_compile(&spec, &error);
	free_spec(&spec);
	return loose;
}

/* ---- looking ---- */

static void note(struct search *search, struct slice matched)
{
	if (search->rows.without++ == 0)
		search->rows.first = matched;
}

/* A row of the parent is over: had it one of the child? */
static void close_row(struct search *search)
{
	if (search->open > 0)
		note(search, search->matched);
	search->open = 0;
}

static int on_row(void *context, const struct pattern_row *row)
{
	struct search *search = context;

	if (search->child && row->pattern == search->child && row->parent == search->open)
		search->open = 0;
	if (row->pattern != search->pattern)
		return 0;
	search->rows.rows++;
	if (search->child) {
		close_row(search);
		search->open = row->number;
		search->matched = row->matched;
	} else if (value_is_empty(&row->values[search->field])) {
		note(search, row->matched);
	}
	return 0;
}

static const struct pattern_tally *tally_of(const struct pattern_tally *root,
					    const struct config_pattern *pattern)
{
	const struct pattern_tally *parent;
	size_t child = 0;

	if (!pattern->parent)
		return root;
	parent = tally_of(root, pattern->parent);
	while (pattern_child(pattern->parent->pattern, child) != pattern->pattern)
		child++;
	return &parent->children[child];
}

static void note_bad(struct lacking_rows *rows, const struct pattern_field_tally *tally)
{
	if (tally->bad == 0)
		return;
	rows->bad_size = tally->shown[0].size;
	rows->bad_at = tally->shown[0].offset;
	memcpy(rows->bad, tally->shown[0].text, rows->bad_size);
}

static void run(struct search *search, struct pattern *root, const struct page_about *page,
		struct pattern_tally *tally)
{
	page_base_begin(page);
	pattern_give_set(root, page->set);
	pattern_run(root, page->url, page->text, on_row, search, tally);
	close_row(search);
	search->rows.limit = tally->is_limited ? tally->limit : NULL;
}

struct lacking_rows lacking_field(const struct config *config, const struct config_pattern *pattern,
				  size_t field, const struct page_about *page)
{
	struct pattern *loose = loosen(config, pattern);
	struct pattern *root = loose ? loose : root_of(pattern)->pattern;
	struct search search = { .pattern = counterpart(root, pattern), .field = field };
	struct pattern_tally tally;

	run(&search, root, page, &tally);
	note_bad(&search.rows, &tally_of(&tally, pattern)->fields[field]);
	pattern_free(loose);
	return search.rows;
}

struct lacking_rows lacking_child(const struct config *config, const struct config_pattern *child,
				  const struct page_about *page)
{
	struct pattern *loose = loosen(config, child);
	struct pattern *root = loose ? loose : root_of(child)->pattern;
	struct search search = { .pattern = counterpart(root, child->parent),
				 .child = counterpart(root, child) };
	struct pattern_tally tally;

	run(&search, root, page, &tally);
	pattern_free(loose);
	return search.rows;
}

/* Of its groups the first that took part, or the whole. */
static struct slice first_group(const struct regex *regex)
{
	for (uint32_t group = 1; group <= regex->group_count; group++)
		if (regex_group(regex, group).at)
			return regex_group(regex, group);
	return regex_group(regex, 0);
}

struct slice lacking_region(const struct config *config, const struct config_pattern *pattern,
			    struct slice text)
{
	struct slice region = { 0 };
	struct regex_search search;
	struct regex_error error;
	struct regex *regex;
	uint32_t options;
	size_t wrong;

	regex_flags(config_pattern_flags(pattern), &options, &wrong);
	regex = regex_compile(pattern->spec->within, options,
			      (uint32_t)config->settings.match_limit, &error);
	if (!regex)
		return region;
	budget_begin((uint32_t)config->settings.pattern_time_ms);
	regex_search_begin(&search, regex, text);
	if (regex_search_next(&search) == REGEX_FOUND)
		region = first_group(regex);
	regex_free(regex);
	return region;
}
