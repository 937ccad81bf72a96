#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "commands/expectation.h"
#include "commands/flag_host.h"
#include "commands/junit.h"
#include "commands/record_test.h"
#include "parsers/text/memory.h"
#include "show/human.h"
#include "show/log.h"

static int64_t clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- all tests ---- */

static struct test_result run(const struct config *config, const struct config_test *test)
{
	struct test_result result = { .test = test };
	int64_t begun_us = clock_us();
	size_t size;
	FILE *out = open_memstream(&result.differences, &size);
	unsigned differences;

	if (!out)
		memory_fail();
	differences = expectation_run(config, test, out);
	fclose(out);
	result.elapsed_us = clock_us() - begun_us;
	LOG(LOG_VERBOSE, "test", LOG_TEXT("file", test->file), LOG_NUMBER("line", test->line),
	    LOG_TEXT("pattern", config->patterns[test->pattern].spec->name),
	    LOG_NUMBER("differences", differences), LOG_NUMBER("us", result.elapsed_us));
	return result;
}

static void say_result(size_t count, size_t failed)
{
	if (count == 0)
		log_say("no tests: they stand below tests: in a config (man crawl-test)");
	else if (failed == 0)
		log_say("%s: as wanted", COUNTED(count, "test"));
	else
		log_say("%s: %zu %s", COUNTED(count, "test"), failed,
			failed == 1 ? "is not as wanted" : "are not as wanted");
}

static int run_all(const struct options *options, const struct config *config)
{
	struct test_result *results = memory_new(config->test_count, sizeof(*results));
	size_t failed = 0;
	int code;

	for (size_t i = 0; i < config->test_count; i++) {
		results[i] = run(config, &config->tests[i]);
		failed += results[i].differences[0] != '\0';
		if (!options->junit || strcmp(options->junit, "-") != 0)
			fputs(results[i].differences, stdout); /* main() says if it was written */
	}
	code = failed > 0 ? EXIT_SOME_FAILED : EXIT_ALL_DONE;
	if (options->junit && junit_write(options->junit, config, results, config->test_count) < 0)
		code = EXIT_CANNOT_GO_ON;
	fflush(stdout); /* the summary stands below, wherever both go */
	say_result(config->test_count, failed);
	for (size_t i = 0; i < config->test_count; i++)
		free(results[i].differences);
	free(results);
	return code;
}

/* ---- a new one ---- */

/* Where the config stands that was named, or the first that was found; freed by the caller. */
static char *folder_of(const struct options *options, const struct config *config)
{
	const char *path = options->argument_count > 0 ? options->arguments[0]
			   : options->config_count > 0 ? options->configs[0]
			   : config->file_count > 0    ? config->files[0]
						       : ".";
	const char *slash = strrchr(path, '/');
	struct stat found;

	if (stat(path, &found) == 0 && S_ISDIR(found.st_mode))
		return memory_text(path, strlen(path));
	return slash ? memory_text(path, slash == path ? 1 : (size_t)(slash - path))
		     : memory_text(".", 1);
}

static int record(const struct options *options, const struct config *config)
{
	char *folder = folder_of(options, config);
	int code = record_test(config, folder, config->test_count > 0, options->record);

	free(folder);
	return code;
}

int command_test(const struct options *options)
{
	struct config *config = flag_host_recorded_config(options);
	int code;

	if (!config)
		return EXIT_WRONG_USAGE;
	code = options->record ? record(options, config) : run_all(options, config);
	config_free(config);
	return code;
}
