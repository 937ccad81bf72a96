#include "commands/inspect.h"

#include <stdio.h>
#include <stdlib.h>

#include "commands/commands.h"
#include "commands/input.h"
#include "parsers/site/sitemap.h"
#include "parsers/url/url.h"
#include "show/log.h"
#include "show/plain.h"

/* Where a feed has an xml:base that is absolute: the URL that this makes of the entry's. */
static struct slice based(const struct sitemap_entry *entry)
{
	static struct url url;
	bool has_base = false;

	for (unsigned i = 0; i < SITEMAP_BASES; i++)
		if (entry->bases[i].size)
			has_base |= url_resolve(&url, has_base ? &url : NULL, entry->bases[i]) ==
				    URL_OK;
	if (!has_base || url_resolve(&url, &url, entry->url) != URL_OK)
		return entry->url;
	return url_slice(&url);
}

/* A URL a line, as it stands; line breaks and other controls within one mean nothing in a URL. */
static int on_entry(void *context, const struct sitemap_entry *entry)
{
	struct slice url = based(entry);

	(void)context;
	for (size_t begin = 0; begin < url.size;) {
		size_t end = begin;

		while (end < url.size && (unsigned char)url.at[end] >= 0x20 && url.at[end] != 0x7f)
			end++;
		plain_write_data(stdout, (struct slice){ url.at + begin, end - begin });
		begin = end + 1; /* a line end within an entry is none of the list */
	}
	putchar('\n');
	return ferror(stdout) ? -1 : 0;
}

int inspect_sitemap(const struct options *options)
{
	const char *name = options->arguments[0];
	char error[INPUT_ERROR_MAX];
	struct sitemap_result result;
	char losses[SITEMAP_ERROR_MAX];
	size_t size;
	char *body = input_read(name, INSPECT_BYTES_MAX, &size, error);
	bool is_whole;

	if (!body) {
		log_error("%s", error);
		return EXIT_WRONG_USAGE;
	}
	is_whole = sitemap_read((struct slice){ body, size }, slice_of(options->content_type),
				on_entry, NULL, &result) == 0;
	free(body);
	sitemap_losses(&result, losses);
	if (losses[0])
		log_say("%s: %s", name, losses);
	if (result.repaired > 0)
		log_say("%s: %u %s repaired", name, result.repaired,
			result.repaired == 1 ? "entry" : "entries");
	if (is_whole)
		return EXIT_ALL_DONE;
	if (result.error[0]) /* without a reason it was standard output, of which main() tells */
		log_error("%s: %s", name, result.error);
	return EXIT_SOME_FAILED;
}
