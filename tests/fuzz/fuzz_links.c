/* A page, first byte: of XHTML or HTML. */
#include "tests/fuzz/fuzz.h"

#include "parsers/markup/html.h"
#include "parsers/markup/links.h"

static int on_link(void *context, const struct link *link, const struct links_facts *facts)
{
	(void)facts;
	FUZZ_ASSERT(link->reference.size <= LINKS_REFERENCE_BYTES_MAX);
	++*(size_t *)context;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct links_scratch scratch;
	struct links_page page = { .text = fuzz_input(data + (size > 0), size - (size > 0)),
				   .is_xml = size > 0 && data[0] & 1,
				   .robot = SLICE("bot") };
	struct links_facts facts;
	char *out = malloc(page.text.size + 1);
	size_t count = 0;

	links_scan_page(&page, &scratch, on_link, &count, &facts);
	FUZZ_ASSERT(facts.count == count);
	FUZZ_ASSERT(html_decode(page.text, out) <= page.text.size);
	FUZZ_ASSERT(html_decode_attribute(page.text, out) <= page.text.size);
	free(out);
	return 0;
}
