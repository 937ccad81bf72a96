#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/explain_line.h"
#include "commands/flag_host.h"
#include "commands/samples.h"
#include "explain/told.h"
#include "explain/walk.h"
#include "parsers/pattern/page_set.h"
#include "parsers/text/memory.h"
#include "parsers/text/suggest.h"
#include "parsers/text/utf8.h"
#include "show/log.h"
#include "show/screen.h"

/* What is asked. */
struct inquiry {
	const struct options *options;
	const struct config *config;
	struct walk walk;
	struct told told;
};

/* What to type next. */
static void offer_field(void *context, const struct walk *walk, const char *field)
{
	const struct inquiry *inquiry = context;
	char *line = explain_line(inquiry->options, walk->pattern, field);

	puts(line);
	free(line);
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
	inquiry->told.columns = screen_columns(STDOUT_FILENO);
	inquiry->told.is_coloured = inquiry->told.columns > 0 && !(no_colour && no_colour[0]);
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
		.walk = { .config = config, .listener = &told_listener },
		.told = { .out = stdout, .after_required = offer_field },
	};
	int code = EXIT_WRONG_USAGE;

	inquiry.told.context = &inquiry;
	inquiry.walk.context = &inquiry.told;
	if (config && find_meant(&inquiry, options->arguments[0]))
		code = read_and_explain(&inquiry, options);
	config_free(config);
	return code;
}
