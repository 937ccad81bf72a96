/* What a worker that is not itself any more might send: a page, or links. */
#include "tests/fuzz/fuzz.h"

#include "links/outlinks.h"
#include "protocol/msg.h"

#define SLOT_BYTES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = fuzz_input(data, size);
	struct msg_page page = { .status = 0 };
	struct msg_form form;
	struct outlink link;
	struct msg_job job;

	msg_job_decode(&job, input);
	for (int kind = 0; kind < MSG_KINDS; kind++) {
		if (msg_page_decode(&page, (enum msg_kind)kind, input, SLOT_BYTES) == 0)
			FUZZ_ASSERT(msg_part_at(&page, MSG_PARTS) <= SLOT_BYTES);
	}
	if (msg_form_decode(&form, input) == 0)
		FUZZ_ASSERT(form.url.size + form.type.size + form.body.size < size);
	while (outlinks_next(&input, &link) > 0)
		FUZZ_ASSERT(link.url.size <= size);
	return 0;
}
