/* A Content-Type, NUL, a file. */
#include "tests/fuzz/fuzz.h"

#include "parsers/site/sitemap.h"

static int on_entry(void *context, const struct sitemap_entry *entry)
{
	unsigned *entries = context;

	FUZZ_ASSERT(entry->url.size > 0 && entry->url.size <= SITEMAP_URL_BYTES_MAX);
	return ++*entries <= SITEMAP_ENTRIES_MAX ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = fuzz_input(data, size), type = fuzz_word(&input);
	struct sitemap_result result;
	char line[SITEMAP_ERROR_MAX];
	unsigned entries = 0;

	sitemap_read(input, type, on_entry, &entries, &result);
	FUZZ_ASSERT(result.pages + result.sitemaps == entries);
	sitemap_losses(&result, line);
	return 0;
}
