/* A list: every line is one thing, and what one gives its URL is an object of JSON. */
#include "tests/fuzz/fuzz.h"

#include "crawler/frontier/seeds.h"
#include "parsers/pattern/json_read.h"

static int on_line(void *context, const struct seeds_line *line)
{
	uint64_t *numbers = context;

	FUZZ_ASSERT(line->number > *numbers);
	FUZZ_ASSERT(line->url ? !line->reason : line->reason && !line->set.at);
	FUZZ_ASSERT(!line->set.at || (line->set.at[0] == '{' && json_is_valid(line->set)));
	*numbers = line->number;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seeds_counts counts;
	uint64_t numbers = 0;

	if (size == 0)
		return 0;
	FUZZ_ASSERT(seeds_read_text(fuzz_input(data, size), on_line, &numbers, &counts) == 0);
	FUZZ_ASSERT(counts.lines == counts.urls + counts.rejected + counts.skipped);
	return 0;
}
