#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/explain_line.h"
#include "commands/explain_show.h"
#include "commands/flag_host.h"
#include "commands/lacking_rows.h"
#include "commands/samples.h"
#include "parsers/pattern/explain_path.h"
#include "parsers/pattern/page_set.h"
#include "parsers/pattern/regex.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/text/memory.h"
#include "parsers/text/suggest.h"
#include "parsers/text/utf8.h"
#include "show/excerpt.h"
#include "show/log.h"
#include "show/screen.h"

#define COLUMNS_USUAL    100 /* where there is no screen */
#define PATTERN_NAME_MAX 80

/* What is asked. */
struct inquiry {
	const struct options *options;
	const struct config *config;
	const struct config_pattern *pattern;
	const char *field;      /* its name, or NULL: the whole pattern is meant */
	size_t field_number;    /* among the pattern's */
	struct page_about page; /* its text is a copy that is well-formed */
	size_t columns;
	bool is_coloured;
	struct scratch store;
};

/* ---- an expression ---- */

/* One that is to be explained, and where. */
struct subject {
	const char *expression, *flags, *in;
	const struct selector_language *language; /* NULL: regular expressions */
	struct slice page, text;                  /* text is of page */
};

static void show_match(const struct inquiry *inquiry, struct slice page, struct slice matched)
{
	const struct excerpt excerpt = { .page = page, .matched = matched };

	excerpt_show(stdout, &excerpt, inquiry->columns, inquiry->is_coloured);
}

static void say_match(const struct inquiry *inquiry, const struct subject *subject,
		      const struct explanation *explanation)
{
	size_t base = (size_t)(subject->text.at - subject->page.at) + explanation->begin;
	struct slice matched = { subject->page.at + base, explanation->end - explanation->begin };
	struct excerpt_place place = excerpt_place(subject->page, base);

	printf("%u%s match%s, the first at %zu:%zu", explanation->count,
	       explanation->count == EXPLAIN_COUNT_MAX ? " or more" : "",
	       explanation->count == 1 ? "" : "es", place.line, place.column);
	printf(" (%s:%u)\n", inquiry->pattern->file, inquiry->pattern->line);
	show_match(inquiry, subject->page, matched);
}

static void explain_regex(struct inquiry *inquiry, const struct subject *subject,
			  struct explanation *explanation)
{
	const struct settings *settings = &inquiry->config->settings;
	struct explain_question question = {
		.expression = subject->expression,
		.match_limit = (uint32_t)settings->match_limit,
		.budget_ms = (uint32_t)settings->pattern_time_ms,
		.text = subject->text,
		.page = subject->page,
	};
	size_t wrong;

	/* They were good when it was compiled. */
	regex_flags(subject->flags, &question.options, &wrong);
	explain(explanation, &question, &inquiry->store);
}

static void explain_other(struct inquiry *inquiry, const struct subject *subject,
			  struct explanation *explanation)
{
	const struct settings *settings = &inquiry->config->settings;
	const struct path_question question = {
		.language = subject->language,
		.path = subject->expression,
		.in = subject->in,
		.flags = subject->flags,
		.step_limit = (uint32_t)settings->match_limit,
		.budget_ms = (uint32_t)settings->pattern_time_ms,
		.text = subject->text,
	};

	explain_path(explanation, &question, &inquiry->store);
}

static void show_why(const struct inquiry *inquiry, const struct subject *subject,
		     const struct explanation *explanation)
{
	struct explain_view view = { .out = stdout,
				     .columns = inquiry->columns ? inquiry->columns : COLUMNS_USUAL,
				     .is_coloured = inquiry->is_coloured,
				     .expression = subject->expression,
				     .page = subject->page,
				     .text = subject->text };

	explain_show(&view, explanation);
}

/* Is there anywhere to look?  If not, that is explained, and no path. */
static bool explain_in(struct inquiry *inquiry, const struct subject *subject)
{
	struct subject in = *subject;
	struct explanation explanation;

	if (!subject->in)
		return true;
	in.expression = subject->in;
	explain_regex(inquiry, &in, &explanation);
	if (explanation.is_match)
		return true;
	printf("matches nothing, for 'in' does not (%s:%u)\n", inquiry->pattern->file,
	       inquiry->pattern->line);
	show_why(inquiry, &in, &explanation);
	return false;
}

/* Explain it.  Returns true if it matches. */
static bool explain_one(struct inquiry *inquiry, const struct subject *subject)
{
	struct explanation explanation;

	if (!explain_in(inquiry, subject))
		return false;
	if (!subject->language || subject->language == &selector_regex)
		explain_regex(inquiry, subject, &explanation);
	else
		explain_other(inquiry, subject, &explanation);
	if (explanation.is_match)
		say_match(inquiry, subject, &explanation);
	else
		printf("matches nothing (%s:%u)\n", inquiry->pattern->file, inquiry->pattern->line);
	if (!explanation.is_match || explanation.limit)
		show_why(inquiry, subject, &explanation);
	return explanation.is_match;
}

/* An expression of the pattern on a part of the page. */
static struct subject subject_of(const struct inquiry *inquiry, const char *expression,
				 struct slice text)
{
	return (struct subject){ .expression = expression,
				 .flags = config_pattern_flags(inquiry->pattern),
				 .page = inquiry->page.text,
				 .text = text };
}

/* Does the pattern want this page?  If not, why. */
static bool explain_url(struct inquiry *inquiry)
{
	const struct config_pattern *pattern = inquiry->pattern;
	struct slice url = inquiry->page.url;
	struct subject subject = { .page = url, .text = url };

	while (pattern->parent)
		pattern = pattern->parent;
	if (!url.at || pattern_wants(pattern->pattern, url))
		return true;
	subject.expression = pattern->spec->url;
	printf("url of %s: for %.*s it ", pattern->spec->name, (int)url.size, url.at);
	explain_one(inquiry, &subject);
	putchar('\n');
	return false;
}

/* ---- what makes rows ---- */

/* Explain what a field is looked for by; which: 0, then those of its alternatives. */
static bool explain_own(struct inquiry *inquiry, const struct field_spec *field, size_t which,
			struct slice record)
{
	struct subject subject = subject_of(
		inquiry, which > 0 ? field->alternatives[which - 1] : field->pattern, record);

	subject.language = field->language;
	subject.in = field->in;
	return explain_one(inquiry, &subject);
}

/* Every expression of a field until one matches. */
static bool explain_all_own(struct inquiry *inquiry, const struct field_spec *field,
			    const char *whose, struct slice record)
{
	bool is_match = false;

	for (size_t i = 0; i <= field->alternative_count && !is_match; i++) {
		printf("%s%s", i > 0 ? "or its next pattern, which " : "", i > 0 ? "" : whose);
		is_match = explain_own(inquiry, field, i, record);
	}
	return is_match;
}

/* The page is a record: it is a row if one of its fields is there; or only the one is asked for. */
static bool explain_page_record(struct inquiry *inquiry, struct slice text)
{
	const struct pattern_spec *spec = inquiry->pattern->spec;
	char whose[2 * PATTERN_NAME_MAX];
	bool is_match = false;

	for (size_t i = 0; i < spec->field_count; i++) {
		if (!spec->fields[i].pattern ||
		    (inquiry->field && strcmp(inquiry->field, spec->fields[i].name) != 0))
			continue;
		snprintf(whose, sizeof(whose), "%.64s of %.64s: ", spec->fields[i].name,
			 spec->name);
		is_match |= explain_all_own(inquiry, &spec->fields[i], whose, text);
	}
	return is_match;
}

/* Cut text down to the region of `within`.  False if it has none: that is explained. */
static bool cut_region(struct inquiry *inquiry, struct slice *text)
{
	const char *within = inquiry->pattern->spec->within;
	struct subject subject = subject_of(inquiry, within, *text);
	struct slice region =
		within ? lacking_region(inquiry->config, inquiry->pattern, *text) : *text;

	if (region.at) {
		*text = region;
		return true;
	}
	printf("within of %s: ", inquiry->pattern->spec->name);
	explain_one(inquiry, &subject);
	return false;
}

/* What makes the rows of a pattern, on the page or in a record of its parent. */
static bool explain_rows_in(struct inquiry *inquiry, struct slice text)
{
	const struct pattern_spec *spec = inquiry->pattern->spec;
	struct subject subject;

	if (!cut_region(inquiry, &text))
		return false;
	if (!spec->each && !spec->pattern)
		return explain_page_record(inquiry, text);
	subject = subject_of(inquiry, spec->each ? spec->each : spec->pattern, text);
	subject.language = spec->language;
	subject.in = spec->in;
	printf("%s%s: ", spec->each ? "each of " : "", spec->name);
	return explain_one(inquiry, &subject);
}

/* "3:5", and the record on a line. */
static void show_first(const struct inquiry *inquiry, const struct lacking_rows *rows)
{
	struct slice page = inquiry->page.text;
	struct excerpt_place place = excerpt_place(page, (size_t)(rows->first.at - page.at));

	printf("; the first without is at %zu:%zu\n", place.line, place.column);
	show_match(inquiry, page, rows->first);
}

static void say_rows(const struct inquiry *inquiry, const struct lacking_rows *rows,
		     const char *what, const char *whose, const char *has, const char *have)
{
	printf("%s of %s: %u of %u %s", what, whose, rows->rows - rows->without, rows->rows,
	       rows->rows == 1 ? has : have);
	if (rows->limit)
		printf(", then it was stopped by the %s", rows->limit);
	if (rows->without == 0)
		printf(" (%s:%u)\n", inquiry->pattern->file, inquiry->pattern->line);
	else
		show_first(inquiry, rows);
}

static bool explain_rows(struct inquiry *inquiry);

/* Without a row of the parent there is no record to look in. */
static bool explain_parent(struct inquiry *inquiry)
{
	inquiry->pattern = inquiry->pattern->parent;
	inquiry->field = NULL;
	explain_rows(inquiry);
	return false;
}

/* A child runs in each record of its parent. */
static bool explain_child(struct inquiry *inquiry)
{
	const struct config_pattern *child = inquiry->pattern;
	struct lacking_rows rows = lacking_child(inquiry->config, child, &inquiry->page);

	if (rows.rows == 0)
		return explain_parent(inquiry);
	say_rows(inquiry, &rows, child->spec->name, child->parent->spec->name,
		 "record has rows of it", "records have rows of it");
	if (rows.without == 0)
		return true;
	explain_rows_in(inquiry, rows.first);
	return false;
}

static bool explain_rows(struct inquiry *inquiry)
{
	return inquiry->pattern->parent ? explain_child(inquiry)
					: explain_rows_in(inquiry, inquiry->page.text);
}

/* ---- a field ---- */

/* It was found on a row, and is nothing all the same. */
static void say_bad(const struct inquiry *inquiry, const struct lacking_rows *rows)
{
	struct excerpt_place place = excerpt_place(inquiry->page.text, rows->bad_at);
	enum field_type type =
		pattern_field_match_type(inquiry->pattern->pattern, inquiry->field_number);

	fputs(type == FIELD_TEXT ? "  'clean' cannot read: " : "  not of its type: ", stdout);
	excerpt_text(stdout, (struct slice){ rows->bad, rows->bad_size });
	printf(" at %zu:%zu", place.line, place.column);
	if (type != FIELD_TEXT)
		printf(" is no %s", value_type_name(type));
	putchar('\n');
}

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

/* What a line of a list would give, and --with has not. */
static void say_not_given(const struct inquiry *inquiry, const char *value)
{
	struct pattern *pattern = inquiry->pattern->pattern;
	const struct page_set_field *field = pattern_wanted_fields(pattern);

	pattern_give_set(pattern, inquiry->page.set);
	for (; field; field = field->next)
		if (!field->value.at && asks_for(value, field->name))
			printf("  the page is given no {set.%.*s}, as a list would (--with "
			       "%.*s=VALUE)\n",
			       (int)field->name.size, field->name.at, (int)field->name.size,
			       field->name.at);
}

static bool explain_field(struct inquiry *inquiry)
{
	const struct config_pattern *pattern = inquiry->pattern;
	const struct field_spec *spec = lacking_field_spec(pattern, inquiry->field);
	struct lacking_rows rows =
		lacking_field(inquiry->config, pattern, inquiry->field_number, &inquiry->page);

	if (rows.rows == 0)
		return explain_rows(inquiry) && false;
	say_rows(inquiry, &rows, inquiry->field, pattern->spec->name, "row has it", "rows have it");
	if (rows.without > 0 && spec && spec->pattern)
		explain_all_own(inquiry, spec, "there its pattern ", rows.first);
	if (rows.without > 0 && spec && spec->value)
		say_not_given(inquiry, spec->value);
	if (rows.bad_size > 0)
		say_bad(inquiry, &rows);
	return rows.without == 0;
}

/* ---- what the arguments mean ---- */

/* Complain of a name that nothing has.  Returns false. */
static bool no_such(const char *what, struct slice name, const char *const names[], size_t count)
{
	const char *meant = suggest_widely(name, names, count);

	if (meant)
		log_error("%s '%.*s': did you mean '%s'?", what, (int)name.size, name.at, meant);
	else
		log_error("%s '%.*s' (crawl check shows what there is)", what, (int)name.size,
			  name.at);
	return false;
}

static bool find_pattern(struct inquiry *inquiry, struct slice name)
{
	const struct config *config = inquiry->config;
	const char **names = memory_new(config->pattern_count + 1, sizeof(*names));

	for (size_t i = 0; i < config->pattern_count && !inquiry->pattern; i++) {
		names[i] = config->patterns[i].spec->name;
		if (slice_equal(slice_of(names[i]), name))
			inquiry->pattern = &config->patterns[i];
	}
	if (!inquiry->pattern)
		no_such("there is no pattern", name, names, config->pattern_count);
	free(names);
	return inquiry->pattern != NULL;
}

static bool find_field(struct inquiry *inquiry)
{
	const struct pattern *pattern = inquiry->pattern->pattern;
	size_t count = pattern_field_count(pattern);
	const char **names = memory_new(count + 1, sizeof(*names));
	bool is_found = false;

	for (size_t i = 0; i < count && !is_found; i++) {
		names[i] = pattern_field_name(pattern, i);
		is_found = strcmp(names[i], inquiry->field) == 0;
		inquiry->field_number = i;
	}
	if (!is_found)
		no_such("the pattern has no field", slice_of(inquiry->field), names, count);
	free(names);
	return is_found;
}

/* "PATTERN" or "PATTERN.FIELD"; a name of a pattern has no dot.  False after a complaint. */
static bool find_meant(struct inquiry *inquiry, const char *argument)
{
	size_t size = strcspn(argument, ".");

	if (!find_pattern(inquiry, (struct slice){ argument, size }))
		return false;
	if (argument[size] == '\0')
		return true;
	inquiry->field = argument + size + 1;
	return find_field(inquiry);
}

static void offer_field(const struct options *options, const struct config_pattern *pattern,
			const char *field)
{
	char *line = explain_line(options, pattern, field);

	puts(line);
	free(line);
}

/* Is there a match, but every row of it lacks a field that is required?  Then that is said. */
static bool drops_all_rows(struct inquiry *inquiry)
{
	const struct config_pattern *pattern = inquiry->pattern;

	for (size_t i = 0; i < pattern->spec->field_count; i++) {
		const struct field_spec *field = &pattern->spec->fields[i];
		struct lacking_rows rows;

		inquiry->field = field->name;
		if (!field->is_required || !find_field(inquiry))
			continue;
		rows = lacking_field(inquiry->config, pattern, inquiry->field_number,
				     &inquiry->page);
		if (rows.rows == 0 || rows.without < rows.rows)
			continue;
		printf("  but no row: '%s' is required, and none has it\n", field->name);
		offer_field(inquiry->options, pattern, field->name);
		return true;
	}
	return false;
}

/* ---- the command ---- */

static int explain_on(struct inquiry *inquiry, const struct sample *sample)
{
	const char *no_colour = getenv("NO_COLOR");
	char *text = memory_new(sample->page.text.size + 1, 1);
	bool is_wanted, is_match;

	utf8_copy(text, sample->page.text);
	inquiry->page = (struct page_about){
		.url = sample->url,
		.text = { text, sample->page.text.size },
		.content_type = sample_content_type(sample),
		.charset = one_page_charset(&sample->page),
		.set = sample->set,
	};
	inquiry->columns = screen_columns(STDOUT_FILENO);
	inquiry->is_coloured = inquiry->columns > 0 && !(no_colour && no_colour[0]);
	sample_say(sample, false);
	is_wanted = explain_url(inquiry);
	is_match = inquiry->field ? explain_field(inquiry)
				  : explain_rows(inquiry) && !drops_all_rows(inquiry);
	free(text);
	scratch_free(&inquiry->store);
	return is_wanted && is_match ? EXIT_ALL_DONE : EXIT_SOME_FAILED;
}

static bool any(const struct config_pattern *pattern, void *context)
{
	(void)pattern;
	(void)context;
	return true;
}

/* On the one page. */
static int read_and_explain(struct inquiry *inquiry, const struct options *options)
{
	int code;
	struct samples *samples =
		samples_new(options, inquiry->config, options->arguments + 1, 1, any, NULL, &code);
	struct sample sample;

	if (!samples)
		return code;
	code = EXIT_WRONG_USAGE;
	if (samples_count(samples) != 1)
		log_error("explain: one page at a time, and %s holds %zu", options->arguments[1],
			  samples_count(samples));
	else if (samples_next(samples, &sample, &code) == 1)
		code = explain_on(inquiry, &sample);
	samples_free(samples);
	return code;
}

int command_explain(const struct options *options)
{
	struct config *config =
		flag_host_page_config(options, options->configs, options->config_count);
	struct inquiry inquiry = { .options = options, .config = config };
	int code = EXIT_WRONG_USAGE;

	if (config && find_meant(&inquiry, options->arguments[0]))
		code = read_and_explain(&inquiry, options);
	config_free(config);
	return code;
}
