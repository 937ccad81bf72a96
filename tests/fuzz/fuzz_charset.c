/* A Content-Type, NUL, a body: whatever it is, UTF-8 comes of it. */
#include "tests/fuzz/fuzz.h"

#include "parsers/charset/charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct charset_converters *converters;
	struct slice input = fuzz_input(data, size), type = fuzz_word(&input), text;
	char error[CHARSET_ERROR_MAX], *out = malloc(input.size * CHARSET_GROWTH_MAX + 1);
	struct charset charset = charset_decide(input, type);

	if (!converters)
		converters = charset_converters_new(error);
	FUZZ_ASSERT(converters);
	text = charset_to_utf8(converters, charset, input, out,
			       input.size * CHARSET_GROWTH_MAX + 1);
	FUZZ_ASSERT(text.size <= input.size * CHARSET_GROWTH_MAX && charset_is_utf8(text));
	charset_decide_xml(input, type);
	free(out);
	return 0;
}
