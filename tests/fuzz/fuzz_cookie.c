/* Lines: what is read and written is read again as it was. */
#include "tests/fuzz/fuzz.h"

#include "parsers/site/cookie_line.h"

static void write_and_read(const struct cookie_line *cookie)
{
	static char out[64 * 1024];
	struct cookie_line again;
	size_t size = cookie_line_write(cookie, out, sizeof(out));

	if (size == 0)
		return;
	FUZZ_ASSERT(!cookie_line_read(&again, (struct slice){ out, size }));
	FUZZ_ASSERT(cookie_line_replaces(cookie, &again));
	FUZZ_ASSERT(slice_equal(cookie->value, again.value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = fuzz_input(data, size);

	for (struct slice line; (line = cookie_line_next(&text)).at;) {
		struct cookie_line cookie;

		if (cookie_line_is_none(line) || cookie_line_read(&cookie, line))
			continue;
		cookie_line_is_for(&cookie, SLICE("www.example.org"));
		write_and_read(&cookie);
	}
	return 0;
}
