#include "parsers/pattern/pattern.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "parsers/charset/charset.h"
#include "parsers/pattern/budget.h"
#include "parsers/pattern/clean.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/pattern/template.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "parsers/text/scratch.h"
#include "parsers/text/utf8.h"

_Static_assert(PATTERN_FIELDS_MAX == 500, "add_field() says so");

struct field {
	const char *name;
	enum field_type type;
	bool is_required;
	struct selector *own;   /* searches the record before source is read; or NULL */
	struct template source; /* groups of own, of the rows and of the url */
	struct clean clean;
	struct slice otherwise; /* {NULL, 0}: none */
};

struct pattern {
	const char *name;
	struct selector *url;  /* NULL: every page */
	struct selector *rows; /* all that it finds is a row each */
	struct field *fields;
	size_t field_count;
	struct value *values;                /* of the row being made */
	bool *are_bad;                       /* and which of them are not of their type */
	struct pattern_field_tally *tallies; /* of the run */
	uint32_t budget_ms;
	struct scratch store; /* what lives as long as the pattern */
	struct scratch row;   /* as long as a row */
	struct scratch page;  /* as long as a run */
};

/* A compilation under way. */
struct compilation {
	struct pattern *pattern;
	const struct pattern_spec *spec;
	uint32_t match_limit;
	size_t field_room;
	struct pattern_error *error;
};

static bool fail(struct compilation *compilation, const char *text, size_t offset,
		 const char *reason)
{
	struct pattern_error *error = compilation->error;

	*error = (struct pattern_error){ .text = text, .offset = offset };
	snprintf(error->message, sizeof(error->message), "%s", reason);
	return false;
}

static const char *keep(struct compilation *compilation, const char *text)
{
	return scratch_copy(&compilation->pattern->store, slice_of(text)).at;
}

static bool compile_selector(struct compilation *compilation, struct selector **selector,
			     const struct selector_language *language, const char *text)
{
	const char *flags = compilation->spec->flags;
	struct selector_error reason;

	*selector = selector_compile(language ? language : &selector_regex, text, flags,
				     compilation->match_limit, &reason);
	return *selector ||
	       fail(compilation, reason.is_in_flags ? flags : text, reason.offset, reason.message);
}

/* The flags are not for the url. */
static bool compile_url(struct compilation *compilation)
{
	const char *text = compilation->spec->url;
	struct selector_error reason;

	if (!text)
		return true;
	compilation->pattern->url =
		selector_compile(&selector_regex, text, NULL, compilation->match_limit, &reason);
	return compilation->pattern->url || fail(compilation, text, reason.offset, reason.message);
}

static bool compile_rows(struct compilation *compilation)
{
	const struct pattern_spec *spec = compilation->spec;

	if (!spec->pattern == !spec->each)
		return fail(compilation, NULL, 0, "either 'pattern' or 'each' is needed");
	return compile_selector(compilation, &compilation->pattern->rows, spec->language,
				spec->pattern ? spec->pattern : spec->each);
}

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
		fail(compilation, NULL, 0, "more than 500 fields");
		return NULL;
	}
	pattern->field_count++;
	field->name = keep(compilation, name);
	return field;
}

static bool source_of_template(struct compilation *compilation, struct field *field,
			       const struct field_spec *spec)
{
	struct pattern *pattern = compilation->pattern;
	struct selector *const selectors[] = { pattern->rows, pattern->url };
	struct selector_error reason;

	if (template_compile(&field->source, TEMPLATE_BRACES, spec->value, selectors, 2,
			     &pattern->store, &reason))
		return true;
	return fail(compilation, spec->value, reason.offset, reason.message);
}

static bool source_of_own(struct compilation *compilation, struct field *field,
			  const struct field_spec *spec)
{
	if (!compilation->spec->each)
		return fail(compilation, spec->pattern, 0,
			    "a field has a pattern of its own only with 'each'");
	if (!compile_selector(compilation, &field->own, spec->language, spec->pattern))
		return false;
	field->source = template_of_any_group(field->own, &compilation->pattern->store);
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
	return fail(compilation, spec->name, 0,
		    "nothing says where this field comes from: no group has its name");
}

static bool compile_source(struct compilation *compilation, struct field *field,
			   const struct field_spec *spec)
{
	struct pattern *pattern = compilation->pattern;
	int sources = (spec->group >= 0) + (spec->value != NULL) + (spec->pattern != NULL);

	if (sources > 1)
		return fail(compilation, spec->name, 0,
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
		return true;
	}
	fail(compilation, spec->name, 0, "");
	snprintf(compilation->error->message, sizeof(compilation->error->message),
		 "the pattern has no group %d, it has %u", spec->group, pattern->rows->group_count);
	return false;
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
	if (value_convert(&value, field->type, field->otherwise, &pattern->store))
		return true;
	fail(compilation, spec->otherwise, 0, "");
	snprintf(compilation->error->message, sizeof(compilation->error->message),
		 "the default is not of the field's type, %s", value_type_name(field->type));
	return false;
}

static bool compile_field(struct compilation *compilation, const struct field_spec *spec)
{
	struct pattern *pattern = compilation->pattern;
	struct field *field;

	if (!spec->name || spec->name[0] == '\0')
		return fail(compilation, spec->name, 0, "a field needs a name");
	if (find_field(pattern, spec->name))
		return fail(compilation, spec->name, 0, "there is a field of this name already");
	field = add_field(compilation, spec->name);
	if (!field)
		return false;
	field->type = spec->type;
	field->is_required = spec->is_required;
	if (!compile_source(compilation, field, spec) ||
	    !compile_otherwise(compilation, field, spec))
		return false;
	if (clean_compile(&field->clean, spec->clean, spec->clean_count, compilation->match_limit,
			  compilation->spec->resolve_url, &pattern->store, compilation->error))
		return true;
	if (!compilation->error->text)
		compilation->error->text = spec->name;
	return false;
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
	fail(compilation, text, offset_of_group(text, name), "");
	snprintf(compilation->error->message, sizeof(compilation->error->message),
		 "'%s' and '%s' would be one column: names must differ in more than case",
		 field->name, name);
	return false;
}

static bool add_group_field(struct compilation *compilation, const struct selector *selector,
			    uint32_t group, bool is_named, const char *name)
{
	struct field *field = add_field(compilation, name);

	if (!field)
		return false;
	field->source = template_of_group(selector, group, is_named, &compilation->pattern->store);
	return true;
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

/* What a pattern gives whose writer named nothing. */
static bool add_numbered_groups(struct compilation *compilation)
{
	const struct selector *rows = compilation->pattern->rows;
	char name[16];

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
		if (!group_is_new(compilation, spec->pattern ? spec->pattern : spec->each, name.at,
				  &is_new))
			return false;
		if (!is_new)
			continue;
		if (!(field ? compile_field(compilation, field)
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

		if (!is_there && !compile_field(compilation, field))
			return false;
	}
	return true;
}

static bool compile_fields(struct compilation *compilation)
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
	if (!add_url_groups(compilation))
		return false;
	pattern->values =
		scratch_zero(&pattern->store, pattern->field_count, sizeof(*pattern->values));
	pattern->are_bad =
		scratch_zero(&pattern->store, pattern->field_count, sizeof(*pattern->are_bad));
	pattern->tallies =
		scratch_zero(&pattern->store, pattern->field_count, sizeof(*pattern->tallies));
	return true;
}

struct pattern *pattern_compile(const struct pattern_spec *spec, struct pattern_error *error)
{
	struct pattern *pattern = memory_new(1, sizeof(*pattern));
	struct compilation compilation = { .pattern = pattern, .spec = spec, .error = error };

	compilation.match_limit = spec->match_limit ? spec->match_limit : PATTERN_MATCH_LIMIT;
	pattern->budget_ms = spec->budget_ms ? spec->budget_ms : PATTERN_BUDGET_MS;
	pattern->name = keep(&compilation, spec->name ? spec->name : "");
	if (compile_url(&compilation) && compile_rows(&compilation) && compile_fields(&compilation))
		return pattern;
	pattern_free(pattern);
	return NULL;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	for (size_t n = 0; n < pattern->field_count; n++) {
		selector_free(pattern->fields[n].own);
		clean_free(&pattern->fields[n].clean);
	}
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

/* A page being matched. */
struct run {
	struct pattern *pattern;
	struct slice url;
	struct found page; /* our copy */
	const char *text;  /* what it is a copy of */
	pattern_row_function *row;
	void *context;
	struct pattern_tally *tally;
	size_t bytes; /* of the values of all rows */
};

/* How making a value, or a row, ended. */
enum outcome {
	MADE,
	BAD,     /* a value that is not one: NULL */
	DROPPED, /* a row without a required value */
	LIMITED, /* the tally says why */
};

static enum outcome limited(struct run *run, const char *limit)
{
	run->tally->is_limited = true;
	run->tally->limit = limit;
	return LIMITED;
}

/* Search the record for a field's own. */
static enum outcome search_record(struct run *run, const struct field *field,
				  const struct found *record)
{
	selector_begin(field->own, record);
	switch (selector_next(field->own)) {
	case SELECTOR_LIMIT:
		return limited(run, field->own->limit);
	case SELECTOR_BAD:
		return BAD;
	case SELECTOR_FOUND: /* JSON, unlike text, is of no other type than its own */
		if (field->own->found.kind == FOUND_JSON && field->type != FIELD_JSON)
			return BAD;
		break;
	case SELECTOR_NONE:
		break;
	}
	return MADE;
}

/* The text of a field as it was matched: {NULL, 0} if it is missing. */
static enum outcome find_text(struct run *run, const struct field *field,
			      const struct found *record, struct slice *text)
{
	enum outcome outcome = field->own ? search_record(run, field, record) : MADE;

	if (outcome != MADE)
		return outcome;
	if (budget_is_spent())
		return limited(run, "time budget");
	if (!template_render(&field->source, CLEAN_VALUE_BYTES_MAX, &run->pattern->row, text))
		return limited(run, "value size");
	return MADE;
}

/* Where a text stands in the page; what was put together stands where its record does. */
static size_t offset_in_page(const struct run *run, const struct found *record, struct slice text)
{
	uintptr_t at = (uintptr_t)text.at, page = (uintptr_t)run->page.text.at;

	return text.at && at >= page && at <= page + run->page.size ? at - page : record->offset;
}

static size_t cut_at_character(struct slice text, size_t most)
{
	const char *end = text.at + text.size, *at = text.at;

	while (at < end && (size_t)(at - text.at) + utf8_step(at, end) <= most)
		at += utf8_step(at, end);
	return (size_t)(at - text.at);
}

/* text: as it was matched. */
static enum outcome note_bad(struct run *run, const struct field *field, const struct found *record,
			     struct slice text)
{
	size_t index = (size_t)(field - run->pattern->fields);
	struct pattern_field_tally *tally = &run->pattern->tallies[index];
	struct pattern_bad *shown;

	run->tally->bad_values++;
	run->pattern->are_bad[index] = true;
	if (tally->bad++ >= PATTERN_BAD_SHOWN)
		return BAD;
	shown = &tally->shown[tally->bad - 1];
	shown->size = cut_at_character(text, PATTERN_BAD_BYTES_MAX);
	if (shown->size > 0)
		memcpy(shown->text, text.at, shown->size);
	shown->offset = offset_in_page(run, record, text);
	return BAD;
}

static enum outcome make_value(struct run *run, const struct field *field,
			       const struct found *record, struct value *value)
{
	struct scratch *scratch = &run->pattern->row;
	struct slice text = { 0 }, matched;
	const char *limit = NULL;
	enum outcome outcome = find_text(run, field, record, &text);

	*value = (struct value){ .kind = VALUE_NULL };
	if (outcome == BAD)
		return note_bad(run, field, record, record->text);
	if (outcome != MADE)
		return outcome;
	matched = text;
	if (text.at) {
		switch (clean_run(&field->clean, run->url, &text, scratch, &limit)) {
		case CLEAN_LIMIT:
			return limited(run, limit);
		case CLEAN_BAD:
			return note_bad(run, field, record, matched);
		case CLEAN_DONE:
			if (!value_convert(value, field->type, text, scratch))
				return note_bad(run, field, record, matched);
		}
	}
	if (field->otherwise.at && value_is_empty(value))
		value_convert(value, field->type, field->otherwise, scratch);
	if (scratch->used > PATTERN_ROW_BYTES_MAX)
		return limited(run, "row size");
	return MADE;
}

/* A row is complete: its values that say nothing are counted. */
static void count_empty(struct run *run)
{
	struct pattern *pattern = run->pattern;

	for (size_t n = 0; n < pattern->field_count; n++) {
		if (!value_is_empty(&pattern->values[n]) || pattern->are_bad[n])
			continue;
		pattern->tallies[n].empty++;
		run->tally->empty_fields++;
	}
}

/*
 * Values that are not cleaned lie in the page and cost nothing here, but who takes the row copies
 * them: a page of 10 MB may be the value of each of 500 fields.
 */
static enum outcome weigh(struct run *run, size_t *row_bytes, size_t bytes)
{
	*row_bytes += bytes;
	run->bytes += bytes;
	if (*row_bytes > PATTERN_ROW_BYTES_MAX)
		return limited(run, "row size");
	return run->bytes > PATTERN_ALL_BYTES_MAX ? limited(run, "size of all rows") : MADE;
}

static enum outcome make_row(struct run *run, const struct found *record)
{
	struct pattern *pattern = run->pattern;
	size_t bytes = 0;

	scratch_reset(&pattern->row);
	for (size_t n = 0; n < pattern->field_count; n++) {
		const struct field *field = &pattern->fields[n];

		pattern->are_bad[n] = false;
		if (make_value(run, field, record, &pattern->values[n]) == LIMITED ||
		    weigh(run, &bytes, pattern->values[n].text.size) == LIMITED)
			return LIMITED;
		if (field->is_required && value_is_empty(&pattern->values[n]))
			return DROPPED;
	}
	count_empty(run);
	return MADE;
}

/* Returns 0, or -1 if the one who takes the rows asked to stop. */
static int emit(struct run *run, const struct found *record)
{
	struct pattern_row row = {
		.number = ++run->tally->rows,
		.matched = { run->text + record->offset, record->size },
		.values = run->pattern->values,
	};

	assert(record->offset + record->size <= run->page.size);
	return run->row(run->context, &row);
}

static int run_rows(struct run *run)
{
	struct selector *rows = run->pattern->rows;
	enum selector_result result;

	selector_begin(rows, &run->page);
	while ((result = selector_next(rows)) == SELECTOR_FOUND) {
		enum outcome outcome;

		if (run->tally->rows + run->tally->dropped == PATTERN_ROWS_MAX)
			outcome = limited(run, "row limit");
		else
			outcome = make_row(run, &rows->found);
		if (outcome == LIMITED)
			return 0;
		if (outcome == DROPPED)
			run->tally->dropped++;
		else if (emit(run, &rows->found) != 0)
			return -1;
	}
	if (result == SELECTOR_LIMIT)
		limited(run, rows->limit);
	if (result == SELECTOR_BAD) {
		run->tally->is_broken = true;
		run->tally->broken_at = rows->found.offset;
	}
	return 0;
}

/* For its groups.  A canonical URL is ASCII; what is not even UTF-8 matches nothing. */
static enum selector_result match_url(struct selector *selector, struct slice url)
{
	struct found span = { .kind = FOUND_TEXT, .text = url, .size = url.size };

	selector_begin(selector, &span);
	return charset_is_utf8(url) ? selector_next(selector) : SELECTOR_NONE;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool pattern_wants(const struct pattern *pattern, struct slice url)
{
	if (!pattern->url)
		return true;
	budget_begin(pattern->budget_ms);
	return match_url(pattern->url, url) != SELECTOR_NONE;
}

/* What a worker could still write to is read once, and made well-formed. */
static void copy_page(struct run *run, struct slice text)
{
	char *copy = scratch_take(&run->pattern->page, text.size);

	utf8_copy(copy, text);
	run->page = (struct found){ .kind = FOUND_TEXT, .text = { copy, text.size } };
	run->page.size = text.size;
}

int pattern_run(struct pattern *pattern, struct slice url, struct slice text,
		pattern_row_function *row, void *context, struct pattern_tally *tally)
{
	struct run run = { .pattern = pattern, .url = url, .text = text.at, .row = row };
	uint64_t began = now_ns();
	int result = 0;

	run.context = context;
	run.tally = tally;
	*tally = (struct pattern_tally){ .fields = pattern->tallies };
	for (size_t n = 0; n < pattern->field_count; n++)
		pattern->tallies[n].empty = pattern->tallies[n].bad = 0;
	budget_begin(pattern->budget_ms);
	if (pattern->url && match_url(pattern->url, url) == SELECTOR_LIMIT) {
		limited(&run, pattern->url->limit);
	} else if (selector_may_find(pattern->rows, text)) {
		copy_page(&run, text);
		result = run_rows(&run);
	}
	scratch_reset(&pattern->row);
	scratch_reset(&pattern->page);
	tally->elapsed_ns = now_ns() - began;
	return result;
}

/* What a page counts for, whether it was parsed or is as it was. */
static void add_page(struct pattern_figures *figures, const struct pattern_tally *page)
{
	figures->pages_wanted++;
	figures->pages_matched += page->rows > 0;
	figures->rows += page->rows;
	figures->empty_fields += page->empty_fields;
	figures->bad_values += page->bad_values;
}

void pattern_figures_add_unchanged(struct pattern_figures *figures,
				   const struct pattern_tally *page)
{
	add_page(figures, page);
	figures->pages_unchanged++;
}

void pattern_figures_add(struct pattern_figures *figures, const struct pattern_tally *page)
{
	add_page(figures, page);
	figures->pages_tried++;
	figures->dropped += page->dropped;
	figures->limit_hits += page->is_limited;
	figures->elapsed_ns += page->elapsed_ns;
}
