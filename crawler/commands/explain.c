#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/explain_field.h"
#include "commands/explain_show.h"
#include "commands/samples.h"
#include "parsers/pattern/regex.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"
#include "show/excerpt.h"
#include "show/log.h"
#include "show/screen.h"
#include "show/suggest.h"

#define COLUMNS_USUAL 100 /* where there is no screen */

/* What is asked. */
struct inquiry {
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

static void show_match(const struct inquiry *inquiry, struct slice matched)
{
	const struct excerpt excerpt = { .page = inquiry->page.text, .matched = matched };

	excerpt_show(stdout, &excerpt, inquiry->columns, inquiry->is_coloured);
}

static void say_match(const struct inquiry *inquiry, const struct explanation *explanation,
		      struct slice text)
{
	struct slice page = inquiry->page.text;
	struct slice matched = { text.at + explanation->begin,
				 explanation->end - explanation->begin };
	struct excerpt_place place = excerpt_place(page, (size_t)(matched.at - page.at));

	printf("%u%s match%s, the first at %zu:%zu", explanation->count,
	       explanation->count == EXPLAIN_COUNT_MAX ? " or more" : "",
	       explanation->count == 1 ? "" : "es", place.line, place.column);
	printf(" (%s:%u)\n", inquiry->pattern->file, inquiry->pattern->line);
	show_match(inquiry, matched);
}

/* Explain one on a text of a page.  Returns true if it matches. */
static bool explain_one(struct inquiry *inquiry, const char *expression, const char *flags,
			struct slice page, struct slice text)
{
	const struct settings *settings = &inquiry->config->settings;
	struct explain_question question = {
		.expression = expression,
		.match_limit = (uint32_t)settings->match_limit,
		.budget_ms = (uint32_t)settings->pattern_time_ms,
		.text = text,
		.page = page,
	};
	struct explain_view view = { .out = stdout,
				     .columns = inquiry->columns ? inquiry->columns : COLUMNS_USUAL,
				     .is_coloured = inquiry->is_coloured,
				     .expression = expression,
				     .page = page,
				     .text = text };
	struct explanation explanation;
	size_t wrong;

	regex_flags(flags, &question.options, &wrong); /* they were good when it was compiled */
	explain(&explanation, &question, &inquiry->store);
	if (explanation.is_match)
		say_match(inquiry, &explanation, text);
	else
		printf("matches nothing (%s:%u)\n", inquiry->pattern->file, inquiry->pattern->line);
	if (!explanation.is_match || explanation.limit)
		explain_show(&view, &explanation);
	return explanation.is_match;
}

/* Does the pattern want this page?  If not, why. */
static bool explain_url(struct inquiry *inquiry)
{
	const struct config_pattern *pattern = inquiry->pattern;
	struct slice url = inquiry->page.url;

	if (!url.at || pattern_wants(pattern->pattern, url))
		return true;
	printf("url of %s: for %.*s it ", pattern->spec->name, (int)url.size, url.at);
	explain_one(inquiry, pattern->spec->url, NULL, url, url);
	putchar('\n');
	return false;
}

static bool explain_rows(struct inquiry *inquiry)
{
	const struct pattern_spec *spec = inquiry->pattern->spec;

	printf("%s%s: ", spec->each ? "each of " : "", spec->name);
	return explain_one(inquiry, spec->each ? spec->each : spec->pattern, spec->flags,
			   inquiry->page.text, inquiry->page.text);
}

/* ---- a field ---- */

/* It was found on the row, and is nothing all the same. */
static void say_bad(const struct inquiry *inquiry, const struct field_rows *rows)
{
	struct excerpt_place place = excerpt_place(inquiry->page.text, rows->bad_at);
	enum field_type type = pattern_field_type(inquiry->pattern->pattern, inquiry->field_number);

	fputs("  not of its type: ", stdout);
	excerpt_text(stdout, (struct slice){ rows->bad, rows->bad_size });
	printf(" at %zu:%zu is no %s\n", place.line, place.column, value_type_name(type));
}

/* The first row on which the field has nothing. */
static void explain_without(struct inquiry *inquiry, const struct field_rows *rows)
{
	const struct field_spec *spec = field_rows_spec(inquiry->pattern, inquiry->field);
	struct slice page = inquiry->page.text;
	struct excerpt_place place = excerpt_place(page, (size_t)(rows->first.at - page.at));

	printf("the first without is at %zu:%zu\n", place.line, place.column);
	show_match(inquiry, rows->first);
	if (spec && spec->pattern) {
		printf("there its pattern ");
		explain_one(inquiry, spec->pattern, inquiry->pattern->spec->flags, page,
			    rows->first);
	}
	if (rows->bad_size > 0)
		say_bad(inquiry, rows);
}

static bool explain_field(struct inquiry *inquiry)
{
	struct field_rows rows =
		field_rows_find(inquiry->pattern, inquiry->field_number, &inquiry->page);

	if (rows.rows == 0)
		return explain_rows(inquiry) && false;
	printf("%s of %s: %u of %u rows have it", inquiry->field, inquiry->pattern->spec->name,
	       rows.rows - rows.without, rows.rows);
	if (rows.limit)
		printf(", then it was stopped by the %s", rows.limit);
	if (rows.without == 0) {
		printf(" (%s:%u)\n", inquiry->pattern->file, inquiry->pattern->line);
		return true;
	}
	fputs("; ", stdout);
	explain_without(inquiry, &rows);
	return false;
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

/* Another language than that of regular expressions has no part that matches. */
static bool is_regex(const struct selector_language *language, const char *whose)
{
	if (!language || language == &selector_regex)
		return true;
	log_error("explain is for regular expressions, and %s is written in %s: crawl try shows "
		  "what it finds",
		  whose, language->key);
	return false;
}

/* "PATTERN" or "PATTERN.FIELD"; a name of a pattern has no dot.  False after a complaint. */
static bool find_meant(struct inquiry *inquiry, const char *argument)
{
	size_t size = strcspn(argument, ".");
	const struct field_spec *spec = NULL;

	if (!find_pattern(inquiry, (struct slice){ argument, size }))
		return false;
	if (argument[size] == '.') {
		inquiry->field = argument + size + 1;
		if (!find_field(inquiry))
			return false;
		spec = field_rows_spec(inquiry->pattern, inquiry->field);
	}
	return is_regex(inquiry->pattern->spec->language, inquiry->pattern->spec->name) &&
	       (!spec || is_regex(spec->language, spec->name));
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
	};
	inquiry->columns = screen_columns(STDOUT_FILENO);
	inquiry->is_coloured = inquiry->columns > 0 && !(no_colour && no_colour[0]);
	sample_say(sample, false);
	is_wanted = explain_url(inquiry);
	is_match = inquiry->field ? explain_field(inquiry) : explain_rows(inquiry);
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
	struct config *config = command_config(options, options->configs, options->config_count);
	struct inquiry inquiry = { .config = config };
	int code = EXIT_WRONG_USAGE;

	if (config && find_meant(&inquiry, options->arguments[0]))
		code = read_and_explain(&inquiry, options);
	config_free(config);
	return code;
}
