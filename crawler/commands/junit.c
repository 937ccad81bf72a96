#include "commands/junit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "show/glyph.h"
#include "show/log.h"

#define SECONDS(us) ((double)(us) / 1e6)

/* ---- XML ---- */

static bool is_xml_character(uint32_t code)
{
	return code == '\t' || code == '\n' || code == '\r' ||
	       (code >= ' ' && code != GLYPH_BAD && code != 0xFFFE && code != 0xFFFF);
}

static void put_text(FILE *out, struct slice text)
{
	while (text.size > 0) {
		uint32_t code;
		size_t size = glyph_decode(text, &code);

		if (code == '<')
			fputs("&lt;", out);
		else if (code == '>')
			fputs("&gt;", out);
		else if (code == '&')
			fputs("&amp;", out);
		else if (code == '"')
			fputs("&quot;", out);
		else if (!is_xml_character(code))
			fputs("\xEF\xBF\xBD", out);
		else
			fwrite(text.at, 1, size, out);
		text.at += size;
		text.size -= size;
	}
}

static void put_attribute(FILE *out, const char *name, struct slice value)
{
	fprintf(out, " %s=\"", name);
	put_text(out, value);
	fputc('"', out);
}

/* ---- cases and suites ---- */

static void put_case(FILE *out, const struct config *config, const struct test_result *result)
{
	const struct config_test *test = result->test;
	struct slice differences = slice_of(result->differences);
	char name[600];

	snprintf(name, sizeof(name), "%.400s:%u %.150s", test->file, test->line,
		 test->page ? test->page : "body");
	fputs("\t\t<testcase", out);
	put_attribute(out, "classname", slice_of(config->patterns[test->pattern].spec->name));
	put_attribute(out, "name", slice_of(name));
	put_attribute(out, "file", slice_of(test->file));
	fprintf(out, " line=\"%u\" time=\"%.6f\"", test->line, SECONDS(result->elapsed_us));
	if (differences.size == 0) {
		fputs("/>\n", out);
		return;
	}
	fputs(">\n\t\t\t<failure", out);
	put_attribute(out, "message",
		      (struct slice){ differences.at, strcspn(differences.at, "\n") });
	fputs(">", out);
	put_text(out, differences);
	fputs("</failure>\n\t\t</testcase>\n", out);
}

/* The results of one file, from the first on.  Returns how many. */
static size_t put_suite(FILE *out, const struct config *config, const struct test_result *results,
			size_t count)
{
	const char *file = results[0].test->file;
	size_t tests = 0, failures = 0;
	int64_t elapsed_us = 0;

	for (; tests < count && results[tests].test->file == file; tests++) {
		failures += results[tests].differences[0] != '\0';
		elapsed_us += results[tests].elapsed_us;
	}
	fputs("\t<testsuite", out);
	put_attribute(out, "name", slice_of(file));
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\" time=\"%.6f\">\n",
		tests, failures, SECONDS(elapsed_us));
	for (size_t i = 0; i < tests; i++)
		put_case(out, config, &results[i]);
	fputs("\t</testsuite>\n", out);
	return tests;
}

static void put_all(FILE *out, const struct config *config, const struct test_result *results,
		    size_t count)
{
	size_t failures = 0, i;

	for (i = 0; i < count; i++)
		failures += results[i].differences[0] != '\0';
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	fprintf(out, "<testsuites name=\"crawl test\" tests=\"%zu\" failures=\"%zu\">\n", count,
		failures);
	for (i = 0; i < count;)
		i += put_suite(out, config, results + i, count - i);
	fputs("</testsuites>\n", out);
}

int junit_write(const char *path, const struct config *config, const struct test_result *results,
		size_t count)
{
	FILE *out;
	bool is_written;

	if (strcmp(path, "-") == 0) { /* main() says whether it was written */
		put_all(stdout, config, results, count);
		return 0;
	}
	out = fopen(path, "w");
	if (out)
		put_all(out, config, results, count);
	is_written = out && !ferror(out);
	if (out && fclose(out) != 0)
		is_written = false;
	if (!is_written)
		log_error("%s cannot be written: %s", path, strerror(errno));
	return is_written ? 0 : -1;
}
