/* What the child might send that runs typed patterns, and is not itself any more. */
#include "tests/fuzz/fuzz.h"

#include "serve/tried.h"
#include "serve/try_page.h"

#define PAGE_BYTES 16 /* of the input are the page */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = fuzz_input(data, size), page = input;
	struct html html = { 0 };
	struct tried_part part;
	struct tried_wish wish;
	struct tried tried;

	page.size = page.size < PAGE_BYTES ? page.size : PAGE_BYTES;
	if (tried_part_decode(&part, input) == 0)
		FUZZ_ASSERT(part.offset + part.bytes.size <= part.size);
	tried_wish_decode(&wish, input);
	if (tried_decode(&tried, input) < 0)
		return 0;
	try_page_result(&html, TRYING_DONE, &tried, page);
	FUZZ_ASSERT(html.size > 0);
	html_free(&html);
	tried_free(&tried);
	return 0;
}
