#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/tables.h"
#include "config/config.h"
#include "parsers/pattern/regex.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/pattern/value.h"
#include "parsers/text/memory.h"
#include "show/human.h"
#include "show/log.h"
#include "show/output.h"

/* What is said of a pattern: "pattern", "columns", "file", "line". */
static const char *const headings[] = { "pattern", "columns", "file", "line" };
#define HEADINGS (sizeof(headings) / sizeof(headings[0]))

static bool is_key(const struct config_pattern *pattern, const char *name)
{
	for (size_t i = 0; i < pattern->key_count; i++) {
		if (strcmp(pattern->key[i], name) == 0)
			return true;
	}
	return false;
}

/* "index integer key, title text".  The caller frees it. */
static char *describe_columns(const struct config_pattern *pattern)
{
	size_t count = pattern_field_count(pattern->pattern);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		memory_fail();
	for (size_t i = 0; i < count; i++) {
		const char *name = pattern_field_name(pattern->pattern, i);

		fprintf(out, "%s%s %s%s", i > 0 ? ", " : "", name,
			value_type_name(pattern_field_type(pattern->pattern, i)),
			is_key(pattern, name) ? " key" : "");
	}
	fclose(out);
	return text;
}

static struct datum text_value(const char *text)
{
	return (struct datum){ .kind = DATUM_TEXT, .text = { text, strlen(text) } };
}

static void show_pattern(struct output *output, const struct config_pattern *pattern)
{
	char *columns = describe_columns(pattern);
	struct datum values[HEADINGS] = {
		text_value(pattern_name(pattern->pattern)),
		text_value(columns),
		text_value(pattern->file),
		{ .kind = DATUM_INTEGER, .integer = pattern->line },
	};
	struct record row = { HEADINGS, headings, values };

	output_row(output, &row);
	free(columns);
}

static bool is_regex(const struct selector_language *language)
{
	return !language || language == &selector_regex;
}

/* What of a pattern knows ASCII alone, "\w": of itself, or of a field. */
static const char *ascii_escape(const struct pattern_spec *spec)
{
	const char *text = spec->pattern ? spec->pattern : spec->each;
	const char *found = NULL;

	if (is_regex(spec->language))
		found = regex_ascii_escape(text, spec->flags);
	for (size_t i = 0; i < spec->field_count && !found; i++) {
		const struct field_spec *field = &spec->fields[i];

		if (field->pattern && is_regex(field->language))
			found = regex_ascii_escape(field->pattern, spec->flags);
	}
	return found;
}

/* Nothing is wrong, and nothing says so on a page of another language: so it is said here. */
static void advise(const struct config_pattern *pattern)
{
	const char *found = ascii_escape(pattern->spec);

	if (found)
		log_say("%s:%u: advice: %s of '%s' knows ASCII alone; with flags: u it knows the "
			"letters and white space of all languages",
			pattern->file, pattern->line, found, pattern_name(pattern->pattern));
}

static void show(const struct options *options, const struct config *config)
{
	struct output *output = output_new(stdout, options->is_json ? OUTPUT_JSON : OUTPUT_TABLE);

	for (size_t i = 0; i < config->pattern_count; i++)
		show_pattern(output, &config->patterns[i]);
	output_end(output); /* main() says whether it was written */
	for (size_t i = 0; i < config->pattern_count; i++)
		advise(&config->patterns[i]);
}

int command_check(const struct options *options)
{
	struct config *config = command_config_named(options);
	bool is_fine = config && tables_fit(config, options->database);

	if (is_fine) {
		for (size_t i = 0; i < config->file_count; i++)
			LOG(LOG_VERBOSE, "config", LOG_TEXT("file", config->files[i]));
		show(options, config);
		if (config->file_count == 0 && config->pattern_count == 0)
			log_say("no config found: ./crawl.yaml and ./config/*.yaml are where a "
				"crawl looks first");
		else
			log_say("fine: %s in %s", COUNTED(config->pattern_count, "pattern"),
				COUNTED(config->file_count, "file"));
	}
	config_free(config);
	return is_fine ? EXIT_ALL_DONE : EXIT_WRONG_USAGE;
}
