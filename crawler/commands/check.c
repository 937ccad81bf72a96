#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/carried.h"
#include "commands/kept_times.h"
#include "commands/lint_config.h"
#include "commands/tables.h"
#include "config/config.h"
#include "master/pattern_rows.h"
#include "parsers/pattern/regex.h"
#include "parsers/pattern/selector_regex.h"
#include "parsers/pattern/value.h"
#include "parsers/text/memory.h"
#include "show/human.h"
#include "show/log.h"
#include "show/output.h"

/* What is said of a pattern; of its time only if it was measured. */
static const char *const headings[] = { "pattern", "columns", "file",      "line",
					"pages",   "rows",    "us_a_page", "mb_a_second" };
enum { USUAL_HEADINGS = 4, HEADINGS = sizeof(headings) / sizeof(headings[0]) };

/* A pattern, and how long it takes. */
struct entry {
	const struct config_pattern *pattern;
	struct kept_time time;
};

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
	size_t count = pattern_rows_column_count(pattern);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		memory_fail();
	for (size_t i = 0; i < count; i++) {
		const char *name = pattern_rows_column_name(pattern, i);

		fprintf(out, "%s%s %s%s", i > 0 ? ", " : "", name,
			value_type_name(pattern_rows_column_type(pattern, i)),
			is_key(pattern, name) ? " key" : "");
	}
	fclose(out);
	return text;
}

static struct datum text_value(const char *text)
{
	return (struct datum){ .kind = DATUM_TEXT, .text = { text, strlen(text) } };
}

static struct datum integer_value(uint64_t number)
{
	return (struct datum){ .kind = DATUM_INTEGER, .integer = (int64_t)number };
}

/* Bytes in nanoseconds; NULL if it took none. */
static struct datum rate_value(uint64_t bytes, uint64_t elapsed_ns)
{
	double rate = elapsed_ns > 0 ? (double)bytes * 1000 / (double)elapsed_ns : 0;

	return (struct datum){ .kind = elapsed_ns > 0 ? DATUM_INTEGER : DATUM_NULL,
			       .integer = (int64_t)(rate + 0.5) };
}

static void show_pattern(struct output *output, const struct entry *entry, bool is_measured)
{
	const struct config_pattern *pattern = entry->pattern;
	const struct pattern_figures *figures = &entry->time.figures;
	char *columns = describe_columns(pattern);
	struct datum values[HEADINGS] = {
		text_value(pattern_name(pattern->pattern)),
		text_value(columns),
		text_value(pattern->file),
		integer_value(pattern->line),
		integer_value(figures->pages_tried),
		integer_value(figures->rows),
		integer_value((kept_time_of_page(&entry->time) + 500) / 1000),
		rate_value(entry->time.bytes, figures->elapsed_ns),
	};
	struct record row = { is_measured ? HEADINGS : USUAL_HEADINGS, headings, values };

	output_row(output, &row);
	free(columns);
}

static bool is_regex(const struct selector_language *language)
{
	return !language || language == &selector_regex;
}

static const char *ascii_escape_of_field(const struct field_spec *field, const char *flags)
{
	const char *found = regex_ascii_escape(field->pattern, flags);

	for (size_t i = 0; i < field->alternative_count && !found; i++)
		found = regex_ascii_escape(field->alternatives[i], flags);
	return found;
}

/* What of a pattern knows ASCII alone, "\w": of itself, or of a field. */
static const char *ascii_escape(const struct pattern_spec *spec)
{
	const char *text = spec->pattern ? spec->pattern : spec->each;
	const char *found = NULL;

	if (text && is_regex(spec->language))
		found = regex_ascii_escape(text, spec->flags);
	if (spec->within && !found)
		found = regex_ascii_escape(spec->within, spec->flags);
	for (size_t i = 0; i < spec->field_count && !found; i++)
		if (spec->fields[i].pattern && is_regex(spec->fields[i].language))
			found = ascii_escape_of_field(&spec->fields[i], spec->flags);
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

static int compare(const void *a, const void *b)
{
	const struct entry *first = a, *second = b;
	uint64_t one = kept_time_of_page(&first->time), other = kept_time_of_page(&second->time);

	if (one != other)
		return one < other ? 1 : -1;
	return (first->pattern > second->pattern) - (first->pattern < second->pattern);
}

/* The patterns; measured, if there are kept pages, the slowest first.  The caller frees them. */
static struct entry *make_entries(const struct options *options, const struct config *config,
				  unsigned *pages)
{
	struct entry *entries = memory_new(config->pattern_count, sizeof(*entries));
	struct kept_time *times = memory_new(config->pattern_count, sizeof(*times));

	*pages = options->is_lint ? kept_times_measure(config, options->database, times) : 0;
	for (size_t i = 0; i < config->pattern_count; i++)
		entries[i] = (struct entry){ &config->patterns[i], times[i] };
	if (*pages > 0)
		qsort(entries, config->pattern_count, sizeof(*entries), compare);
	free(times);
	return entries;
}

/* Returns how much is warned of. */
static unsigned show(const struct options *options, const struct config *config)
{
	struct output *output = output_new(stdout, options->is_json ? OUTPUT_JSON : OUTPUT_TABLE);
	unsigned warnings = 0, pages;
	struct entry *entries = make_entries(options, config, &pages);

	for (size_t i = 0; i < config->pattern_count; i++)
		show_pattern(output, &entries[i], pages > 0);
	output_end(output); /* main() says whether it was written */
	fflush(stdout);     /* before what is said of them */
	for (size_t i = 0; i < config->pattern_count; i++) {
		advise(entries[i].pattern);
		if (options->is_lint)
			warnings +=
				lint_config_pattern(entries[i].pattern, &entries[i].time, stderr);
	}
	free(entries);
	return warnings;
}

static void sum_up(const struct options *options, const struct config *config, unsigned warnings)
{
	char found[80] = "";

	carried_say(config);
	if (options->is_lint)
		snprintf(found, sizeof(found), ", %s",
			 warnings > 0 ? COUNTED(warnings, "warning") : "no warnings");
	if (config->file_count == 0 && config->pattern_count == 0)
		log_say("no config found: ./crawl.yaml and ./config/*.yaml are where a "
			"crawl looks first");
	else
		log_say("fine: %s in %s%s", COUNTED(config->pattern_count, "pattern"),
			COUNTED(config->file_count, "file"), found);
}

int command_check(const struct options *options)
{
	struct config *config = command_config_named(options, NULL);
	bool is_fine = config && tables_fit(config, options->database);

	if (is_fine) {
		for (size_t i = 0; i < config->file_count; i++)
			LOG(LOG_VERBOSE, "config", LOG_TEXT("file", config->files[i]));
		sum_up(options, config, show(options, config));
	}
	config_free(config);
	return is_fine ? EXIT_ALL_DONE : EXIT_WRONG_USAGE;
}
