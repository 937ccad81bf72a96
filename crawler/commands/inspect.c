#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "commands/input.h"
#include "commands/inspect.h"
#include "commands/one_page.h"
#include "parsers/url/url.h"
#include "show/log.h"
#include "show/plain.h"

/* ---- text: a page as the patterns see it ---- */

int inspect_text(const struct options *options)
{
	char error[ONE_PAGE_ERROR_MAX];
	struct one_page page;

	if (one_page_file(&page, options->arguments[0], slice_of(options->content_type),
			  INSPECT_BYTES_MAX, error) < 0) {
		log_error("%s", error);
		return EXIT_WRONG_USAGE;
	}
	fprintf(stderr, "charset=%s source=%s\n", page.charset,
		charset_source_name(page.charset_source));
	plain_write_data(stdout, page.text);
	one_page_free(&page);
	return EXIT_ALL_DONE;
}

/* ---- url: references as canonical URLs ---- */

/* A base as long as it may be, a tab, a reference as long as it may be. */
#define LINE_BYTES_MAX (2 * URL_REFERENCE_BYTES_MAX + 1)

/* What references are resolved against. */
struct base {
	struct url url;
	enum url_error error;
	bool is_given;
};

static void set_base(struct base *base, struct slice text)
{
	base->is_given = text.at != NULL;
	base->error = base->is_given ? url_parse(&base->url, text) : URL_OK;
}

/*
 * Print one line for a reference, as canonical has it.  A base of another scheme, such as
 * "about:blank", is in order for a reference that needs none.  Returns whether there is a URL.
 */
static bool show_reference(const struct canonical *canonical, const struct base *base,
			   struct slice reference)
{
	static struct url url;
	bool has_base = base->is_given && base->error == URL_OK;
	bool is_bad_base = base->is_given && !has_base;
	enum url_error error = url_resolve(&url, has_base ? &base->url : NULL, reference);

	if (error == URL_OK)
		canonical_apply(canonical, &url);
	if (is_bad_base && base->error != URL_OTHER_SCHEME)
		printf("error: base: %s\n", url_error_text(base->error));
	else if (is_bad_base && (error == URL_NO_SCHEME || error == URL_EMPTY))
		printf("error: base: %s\n", url_error_text(base->error));
	else if (error != URL_OK)
		printf("error: %s\n", url_error_text(error));
	else
		return printf("%s\n", url.text) > 0;
	return false;
}

/* "REF", or "BASE", a tab, "REF"; an empty BASE is as none. */
static bool show_line(const struct canonical *canonical, const struct base *otherwise,
		      struct slice line)
{
	static struct base own;
	const char *tab = memchr(line.at, '\t', line.size);
	struct slice base = { line.at, tab ? (size_t)(tab - line.at) : 0 };
	struct slice reference = { tab ? tab + 1 : line.at, line.size - base.size - (tab != NULL) };

	if (base.size == 0)
		return show_reference(canonical, otherwise, reference);
	set_base(&own, base);
	return show_reference(canonical, &own, reference);
}

static bool show_stdin(const struct canonical *canonical, const struct base *base)
{
	static char line[LINE_BYTES_MAX];
	bool is_fine = true, is_cut;
	long size;

	while ((size = input_line(stdin, line, sizeof(line), &is_cut)) >= 0) {
		if (is_cut) {
			printf("error: %s\n", url_error_text(URL_TOO_LONG));
			is_fine = false;
		} else {
			is_fine &= show_line(canonical, base, (struct slice){ line, (size_t)size });
		}
	}
	return is_fine;
}

static bool show_references(const struct options *options, const struct canonical *canonical)
{
	static struct base base;
	bool is_fine = true;

	set_base(&base, slice_of(options->url));
	if (options->argument_count == 0)
		is_fine = show_stdin(canonical, &base);
	for (size_t i = 0; i < options->argument_count; i++) {
		const char *reference = options->arguments[i];

		if (strcmp(reference, "-") == 0)
			is_fine &= show_stdin(canonical, &base);
		else
			is_fine &= show_reference(canonical, &base, slice_of(reference));
	}
	return is_fine;
}

/* Without -c no config is looked for: what is shown is then the same everywhere. */
int inspect_url(const struct options *options)
{
	struct config *config;
	bool is_fine;

	if (options->config_count == 0)
		return show_references(options, NULL) ? EXIT_ALL_DONE : EXIT_SOME_FAILED;
	config = command_config(options, options->configs, options->config_count);
	if (!config)
		return EXIT_WRONG_USAGE;
	is_fine = show_references(options, config->canonical);
	config_free(config);
	return is_fine ? EXIT_ALL_DONE : EXIT_SOME_FAILED;
}
