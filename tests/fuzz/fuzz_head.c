/* The lines of an answer's head. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "worker/fetch_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fetch_head head;
	struct slice input = fuzz_input(data, size);
	struct coding_layers layers;
	struct msg_page page = { .status = 0 };
	const char *why = NULL;

	fetch_head_begin(&head);
	while (input.size > 0) {
		const char *end = memchr(input.at, '\n', input.size);
		struct slice line = { input.at, end ? (size_t)(end + 1 - input.at) : input.size };

		if (fetch_head_line(&head, line, SLICE("bot"), &why) == FETCH_HEAD_BAD) {
			FUZZ_ASSERT(why);
			return 0;
		}
		input = (struct slice){ line.at + line.size, input.size - line.size };
	}
	if (!fetch_head_codings(&head, &layers))
		FUZZ_ASSERT(layers.count <= CODING_LAYERS_MAX);
	fetch_head_note(&head, &page);
	return 0;
}
