/* A byte says which codings lie upon each other, one how the body is cut, which changes nothing. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "worker/coding.h"

#define OUT_BYTES 65536

static enum coding_result decode(struct coding *coding, const struct coding_layers *layers,
				 struct slice body, size_t step, char *out)
{
	enum coding_result result = CODING_FINE;

	coding_begin(coding, layers, out, OUT_BYTES);
	while (body.size > 0 && result == CODING_FINE) {
		size_t size = body.size < step ? body.size : step;

		result = coding_write(coding, (struct slice){ body.at, size });
		body = (struct slice){ body.at + size, body.size - size };
	}
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char whole[OUT_BYTES], cut[OUT_BYTES];
	static struct coding *coding;
	struct coding_layers layers = { 0 };
	enum coding_result result;
	struct slice body;
	size_t bytes;

	if (size < 2)
		return 0;
	layers.count = data[0] >> 6;
	for (unsigned i = 0; i < layers.count; i++)
		layers.kinds[i] = (enum coding_kind)(CODING_GZIP + (data[0] >> 2 * i & 3));
	body = fuzz_input(data + 2, size - 2);
	if (!coding)
		coding = coding_new();
	result = decode(coding, &layers, body, size, whole);
	bytes = coding_size(coding);
	if (result != CODING_FINE)
		return 0;
	FUZZ_ASSERT(bytes <= OUT_BYTES);
	FUZZ_ASSERT(decode(coding, &layers, body, data[1] + 1u, cut) == CODING_FINE);
	FUZZ_ASSERT(coding_size(coding) == bytes && memcmp(whole, cut, bytes) == 0);
	return 0;
}
