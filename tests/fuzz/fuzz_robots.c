/* A path, NUL, a robots.txt. */
#include "tests/fuzz/fuzz.h"

#include "parsers/site/robots.h"
#include "parsers/site/robots_tag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = fuzz_input(data, size), path = fuzz_word(&input);
	struct slice token = robots_product_token(path);
	struct robots *robots = robots_parse(input, token);

	robots_check(robots, path);
	FUZZ_ASSERT(robots_crawl_delay_ms(robots) <= ROBOTS_DELAY_MS_MAX);
	for (size_t i = 0; i < robots_sitemap_count(robots); i++)
		FUZZ_ASSERT(robots_sitemap(robots, i).size <= input.size);
	robots_free(robots);
	robots_tag_is_nofollow(input, token);
	return 0;
}
