#include "commands/commands.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/explain_line.h"
#include "commands/flag_host.h"
#include "commands/samples.h"
#include "commands/trial.h"
#include "show/log.h"

/* ---- which argument is the config ---- */

static bool ends_in(const char *name, const char *ending)
{
	size_t size = strlen(name), ending_size = strlen(ending);

	return size > ending_size && strcmp(name + size - ending_size, ending) == 0;
}

static bool is_config_name(const char *name)
{
	return name[0] != '\0' && (ends_in(name, ".yaml") || ends_in(name, ".yml"));
}

static bool holds_configs(const char *folder)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;
	bool does = false;

	while (entries && !does && (entry = readdir(entries)) != NULL)
		does = entry->d_name[0] != '.' && is_config_name(entry->d_name);
	if (entries)
		closedir(entries);
	return does;
}

/* The first argument, where neither -c nor -e says what the patterns are. */
static bool begins_with_config(const struct options *options)
{
	const char *first = options->argument_count > 0 ? options->arguments[0] : NULL;

	if (!first || options->config_count > 0 || options->expression_count > 0)
		return false;
	return is_config_name(first) || holds_configs(first);
}

static struct config *load(const struct options *options)
{
	if (begins_with_config(options))
		return flag_host_page_config(options, options->arguments, 1);
	return flag_host_page_config(options, options->configs, options->config_count);
}

/* ---- the command ---- */

/* With -e alone, what a search for configs found is not asked for. */
static bool is_asked_for(const struct config_pattern *pattern, void *context)
{
	const struct options *options = context;

	return options->expression_count == 0 || options->config_count > 0 ||
	       strcmp(pattern->file, EXPRESSION_FILE) == 0;
}

/* What to type next where a pattern matched nothing on the one page that there is. */
static void offer_explain(const struct options *options, const struct config_pattern *pattern)
{
	char *line = explain_line(options, pattern, NULL);

	log_say_whole("%s", line);
	free(line);
}

/* Returns the exit code: of the worst that happened. */
static int try_all(const struct options *options, const struct config *config,
		   struct samples *samples)
{
	struct trial *trial = trial_new(options, config, samples_count(samples), is_asked_for,
					(void *)(uintptr_t)options);
	const struct config_pattern *fruitless;
	int worst = EXIT_ALL_DONE, code = EXIT_ALL_DONE, next;
	struct sample sample;
	size_t read = 0;

	while ((next = samples_next(samples, &sample, &code)) != 0) {
		worst = code > worst ? code : worst;
		if (next < 0)
			continue;
		read++;
		if (trial_page(trial, &sample) < 0)
			break;
	}
	fruitless = trial_fruitless(trial);
	code = trial_end(trial);
	if (fruitless && code == EXIT_SOME_FAILED && !options->stored &&
	    samples_count(samples) == 1)
		offer_explain(options, fruitless);
	return read > 0 && code > worst ? code : worst;
}

int command_try(const struct options *options)
{
	size_t skipped = begins_with_config(options);
	size_t count = options->argument_count - skipped;
	struct samples *samples;
	struct config *config;
	int code = EXIT_WRONG_USAGE;

	if (count == 0 && !options->stored) {
		log_error("try: on which page? Name a file, a folder or a URL, or --stored N");
		return code;
	}
	config = load(options);
	if (!config)
		return code;
	if (config->pattern_count == 0) {
		log_error(
			"no patterns: name a config (crawl try CONFIG PAGE), or give one with -e");
		config_free(config);
		return code;
	}
	samples = samples_new(options, config, options->arguments + skipped, count, is_asked_for,
			      (void *)(uintptr_t)options, &code);
	if (samples)
		code = try_all(options, config, samples);
	samples_free(samples);
	config_free(config);
	return code;
}
