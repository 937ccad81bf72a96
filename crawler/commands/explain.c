#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/explain_line.h"
#include "commands/explain_show.h"
#include "commands/flag_host.h"
#include "commands/samples.h"
#include "explain/walk.h"
#include "parsers/pattern/page_set.h"
#include "parsers/text/memory.h"
#include "parsers/text/suggest.h"
#include "parsers/text/utf8.h"
#include "show/excerpt.h"
#include "show/log.h"
#include "show/screen.h"

#define COLUMNS_USUAL 100 /* where there is no screen */

/* What is asked. */
struct inquiry {
	const struct options *options;
	const struct config *config;
	struct walk walk;
	size_t columns;
	bool is_coloured;
};

/* ---- what is told ---- */

static void show_match(const struct inquiry *inquiry, struct slice page, struct slice matched)
{
	const struct excerpt excerpt = { .page = page, .matched = matched };

	excerpt_show(stdout, &excerpt, inquiry->columns, inquiry->is_coloured);
}

/* "(books.yaml:3)", of the pattern that is told of. */
static void end_line(const struct walk *walk)
{
	printf(" (%s:%u)\n", walk->pattern->file, walk->pattern->line);
}

static void say_match(const struct inquiry *inquiry, const struct walk *walk,
		      const struct walk_subject *subject, const struct explanation *explanation)
{
	size_t base = (size_t)(subject->text.at - subject->page.at) + explanation->begin;
	struct slice matched = { subject->page.at + base, explanation->end - explanation->begin };
	struct excerpt_place place = excerpt_place(subject->page, base);

	printf("%u%s match%s, the first at %zu:%zu", explanation->count,
	       explanation->count == EXPLAIN_COUNT_MAX ? " or more" : "",
	       explanation->count == 1 ? "" : "es", place.line, place.column);
	end_line(walk);
	show_match(inquiry, subject->page, matched);
}

static void show_why(const struct inquiry *inquiry, const struct walk_subject *subject,
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

static void say_url(const struct walk *walk)
{
	const struct config_pattern *pattern = walk->pattern;

	while (pattern->parent)
		pattern = pattern->parent;
	printf("url of %s: for %.*s it ", pattern->spec->name, (int)walk->page.url.size,
	       walk->page.url.at);
}

static void on_subject(void *context, const struct walk *walk, enum walk_what what,
		       const struct walk_subject *subject, const struct explanation *explanation)
{
	const struct inquiry *inquiry = context;

	if (what == WALK_URL)
		say_url(walk);
	fputs(subject->label, stdout);
	if (explanation->is_match) {
		say_match(inquiry, walk, subject, explanation);
	} else {
		printf("matches nothing%s", what == WALK_IN ? ", for 'in' does not" : "");
		end_line(walk);
	}
	if (!explanation->is_match || explanation->limit)
		show_why(inquiry, subject, explanation);
	if (what == WALK_URL)
		putchar('\n');
}

/* "3:5", and the record on a line. */
static void show_first(const struct inquiry *inquiry, struct slice page,
		       const struct lacking_rows *rows)
{
	struct excerpt_place place = excerpt_place(page, (size_t)(rows->first.at - page.at));

	printf("; the first without is at %zu:%zu\n", place.line, place.column);
	show_match(inquiry, page, rows->first);
}

static void on_rows(void *context, const struct walk *walk, const struct lacking_rows *rows,
		    const char *what, const char *whose, const char *have)
{
	printf("%s of %s: %u of %u %s", what, whose, rows->rows - rows->without, rows->rows, have);
	if (rows->limit)
		printf(", then it was stopped by the %s", rows->limit);
	if (rows->without == 0)
		end_line(walk);
	else
		show_first(context, walk->page.text, rows);
}

/* It was found on a row, and is nothing all the same. */
static void on_bad(void *context, const struct walk *walk, const struct lacking_rows *rows)
{
	struct excerpt_place place = excerpt_place(walk->page.text, rows->bad_at);
	enum field_type type = pattern_field_match_type(walk->pattern->pattern, walk->field_number);

	(void)context;
	fputs(type == FIELD_TEXT ? "  'clean' cannot read: " : "  not of its type: ", stdout);
	excerpt_text(stdout, (struct slice){ rows->bad, rows->bad_size });
	printf(" at %zu:%zu", place.line, place.column);
	if (type != FIELD_TEXT)
		printf(" is no %s", value_type_name(type));
	putchar('\n');
}

static void on_not_given(void *context, struct slice name)
{
	(void)context;
	printf("  the page is given no {set.%.*s}, as a list would (--with %.*s=VALUE)\n",
	       (int)name.size, name.at, (int)name.size, name.at);
}

static void on_required(void *context, const struct walk *walk, const char *field)
{
	const struct inquiry *inquiry = context;
	char *line = explain_line(inquiry->options, walk->pattern, field);

	printf("  but no row: '%s' is required, and none has it\n", field);
	puts(line);
	free(line);
}

static const struct walk_listener listener = {
	.on_subject = on_subject,
	.on_rows = on_rows,
	.on_bad = on_bad,
	.on_not_given = on_not_given,
	.on_required = on_required,
};

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

	for (size_t i = 0; i < config->pattern_count && !inquiry->walk.pattern; i++) {
		names[i] = config->patterns[i].spec->name;
		if (slice_equal(slice_of(names[i]), name))
			inquiry->walk.pattern = &config->patterns[i];
	}
	if (!inquiry->walk.pattern)
		no_such("there is no pattern", name, names, config->pattern_count);
	free(names);
	return inquiry->walk.pattern != NULL;
}

static bool find_field(struct inquiry *inquiry, const char *field)
{
	const struct pattern *pattern = inquiry->walk.pattern->pattern;
	size_t count = pattern_field_count(pattern);
	const char **names;

	if (walk_find_field(&inquiry->walk, field))
		return true;
	names = memory_new(count + 1, sizeof(*names));
	for (size_t i = 0; i < count; i++)
		names[i] = pattern_field_name(pattern, i);
	no_such("the pattern has no field", slice_of(field), names, count);
	free(names);
	return false;
}

/* "PATTERN" or "PATTERN.FIELD"; a name of a pattern has no dot.  False after a complaint. */
static bool find_meant(struct inquiry *inquiry, const char *argument)
{
	size_t size = strcspn(argument, ".");

	if (!find_pattern(inquiry, (struct slice){ argument, size }))
		return false;
	if (argument[size] == '\0')
		return true;
	return find_field(inquiry, argument + size + 1);
}

/* ---- the command ---- */

static int explain_on(struct inquiry *inquiry, const struct sample *sample)
{
	const char *no_colour = getenv("NO_COLOR");
	char *text = memory_new(sample->page.text.size + 1, 1);
	bool is_wanted, is_match;

	utf8_copy(text, sample->page.text);
	inquiry->walk.page = (struct page_about){
		.url = sample->url,
		.text = { text, sample->page.text.size },
		.content_type = sample_content_type(sample),
		.charset = one_page_charset(&sample->page),
		.set = sample->set,
	};
	inquiry->columns = screen_columns(STDOUT_FILENO);
	inquiry->is_coloured = inquiry->columns > 0 && !(no_colour && no_colour[0]);
	sample_say(sample, false);
	is_wanted = walk_url(&inquiry->walk);
	is_match = walk_all(&inquiry->walk);
	free(text);
	scratch_free(&inquiry->walk.store);
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
	struct inquiry inquiry = {
		.options = options,
		.config = config,
		.walk = { .config = config, .listener = &listener, .context = &inquiry },
	};
	int code = EXIT_WRONG_USAGE;

	if (config && find_meant(&inquiry, options->arguments[0]))
		code = read_and_explain(&inquiry, options);
	config_free(config);
	return code;
}
