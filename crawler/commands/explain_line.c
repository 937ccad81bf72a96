#include "commands/explain_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"
#include "show/shell_word.h"

static void put_word(FILE *out, const char *option, const char *text)
{
	char *word = shell_word(text);

	fprintf(out, "%s%s", option, word);
	free(word);
}

/* " -c FILE", " -e NAME=REGEX", as explain needs it to find this pattern. */
static void put_source(FILE *out, const struct options *options,
		       const struct config_pattern *pattern)
{
	const char *name = pattern->spec->name, *meant = NULL;
	size_t size = strlen(name);

	for (size_t i = 0; i < options->expression_count; i++) {
		const char *expression = options->expressions[i];

		if (strncmp(expression, name, size) == 0 && expression[size] == '=')
			meant = expression;
	}
	if (meant)
		put_word(out, " -e ", meant);
	if (strcmp(pattern->file, EXPRESSION_FILE) != 0)
		put_word(out, " -c ", pattern->file);
}

char *explain_line(const struct options *options, const struct config_pattern *pattern,
		   const char *field)
{
	char *line = NULL;
	size_t size;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		memory_fail();
	fprintf(out, "next: crawl explain %s%s%s", pattern->spec->name, field ? "." : "",
		field ? field : "");
	put_source(out, options, pattern);
	put_word(out, " ", options->arguments[options->argument_count - 1]);
	if (options->url)
		put_word(out, " --url ", options->url);
	for (size_t i = 0; i < options->given_count; i++)
		put_word(out, " --with ", options->given[i]);
	if (fclose(out) != 0)
		memory_fail();
	return line;
}
