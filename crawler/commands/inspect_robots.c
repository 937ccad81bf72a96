#include "commands/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/input.h"
#include "parsers/site/robots.h"
#include "parsers/url/url.h"
#include "show/log.h"
#include "show/plain.h"

/*
 * What is asked about: the path and query of a URL, as the crawl would ask for them.  A path alone
 * is one of any host.
 */
static enum url_error read_asked(struct url *url, struct slice text)
{
	static const char any_host[] = "http://host";
	static char whole[URL_REFERENCE_BYTES_MAX + sizeof(any_host)];

	if (text.size == 0 || text.at[0] != '/' || text.size > URL_REFERENCE_BYTES_MAX)
		return url_parse(url, text);
	memcpy(whole, any_host, sizeof(any_host) - 1);
	memcpy(whole + sizeof(any_host) - 1, text.at, text.size);
	return url_parse(url, (struct slice){ whole, sizeof(any_host) - 1 + text.size });
}

static bool show_error(struct slice text, enum url_error error)
{
	printf("error\t");
	plain_write_data(stdout, text);
	printf("\t%s\n", url_error_text(error));
	return false;
}

/* One line; returns whether there was a verdict. */
static bool show_verdict(const struct robots *robots, struct slice text)
{
	static struct url url;
	enum url_error error = read_asked(&url, text);
	struct robots_verdict verdict;

	if (error != URL_OK)
		return show_error(text, error);
	verdict = robots_check(robots, (struct slice){ url.text + url.path, url.size - url.path });
	printf("%s\t", verdict.is_allowed ? "allow" : "disallow");
	plain_write_data(stdout, text);
	putchar('\t');
	if (verdict.line > 0) {
		printf("%u: ", verdict.line);
		plain_write(stdout, verdict.rule);
	} else {
		putchar('-');
	}
	putchar('\n');
	return true;
}

static bool show_stdin(const struct robots *robots)
{
	static char line[URL_REFERENCE_BYTES_MAX + 1];
	bool is_fine = true, is_cut;
	long size;

	while ((size = input_line(stdin, line, sizeof(line), &is_cut)) >= 0) {
		struct slice text = { line, (size_t)size };

		is_fine &= is_cut ? show_error(text, URL_TOO_LONG) : show_verdict(robots, text);
	}
	return is_fine;
}

static int show_verdicts(const struct robots *robots, const char *const *urls, size_t count)
{
	bool is_fine = true;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(urls[i], "-") == 0)
			is_fine &= show_stdin(robots);
		else
			is_fine &= show_verdict(robots, slice_of(urls[i]));
	}
	return is_fine ? EXIT_ALL_DONE : EXIT_SOME_FAILED;
}

/* What the file says beside rules. */
static int show_facts(const struct robots *robots)
{
	int64_t delay_ms = robots_crawl_delay_ms(robots);

	if (delay_ms < 0)
		printf("crawl-delay\t-\n");
	else
		printf("crawl-delay\t%.15g\n", (double)delay_ms / 1000);
	for (size_t i = 0; i < robots_sitemap_count(robots); i++) {
		printf("sitemap\t");
		plain_write(stdout, robots_sitemap(robots, i));
		putchar('\n');
	}
	return EXIT_ALL_DONE;
}

/* Without --agent it is crawl itself. */
static struct slice agent_of(const struct options *options)
{
	struct settings settings = settings_default();

	return robots_product_token(
		slice_of(options->agent ? options->agent : settings.user_agent));
}

int inspect_robots(const struct options *options)
{
	char error[INPUT_ERROR_MAX];
	size_t size;
	char *body = input_read(options->arguments[0], INSPECT_BYTES_MAX, &size, error);
	struct robots *robots;
	int code;

	if (!body) {
		log_error("%s", error);
		return EXIT_WRONG_USAGE;
	}
	robots = robots_parse((struct slice){ body, size }, agent_of(options));
	if (options->argument_count > 1)
		code = show_verdicts(robots, options->arguments + 1, options->argument_count - 1);
	else
		code = show_facts(robots);
	robots_free(robots);
	free(body);
	return code;
}
