/* A base, NUL, a reference: what is canonical resolves to itself. */
#include "tests/fuzz/fuzz.h"

#include "parsers/url/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct url base, url, again;
	struct slice input = fuzz_input(data, size), first = fuzz_word(&input);
	bool has_base = url_parse(&base, first) == URL_OK;

	if (url_resolve(&url, has_base ? &base : NULL, input) != URL_OK)
		return 0;
	FUZZ_ASSERT(url.size <= URL_BYTES_MAX && url.text[url.size] == '\0');
	FUZZ_ASSERT(url.path <= url.query && url.query <= url.size);
	FUZZ_ASSERT(url_parse(&again, url_slice(&url)) == URL_OK);
	FUZZ_ASSERT(slice_equal(url_slice(&again), url_slice(&url)));
	return 0;
}
