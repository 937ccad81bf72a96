/* A page with forms, first byte: of XHTML or HTML; filled in and written as it would be posted. */
#include "tests/fuzz/fuzz.h"

#include "parsers/markup/form_body.h"

static void check(const struct form *form, bool leaves_unicode, struct scratch *scratch)
{
	struct form_body body;

	if (form->encoding == FORM_PLAIN)
		return;
	form_body_write(form, leaves_unicode, scratch, &body);
	for (size_t i = 0; form->encoding == FORM_URLENCODED && i < body.bytes.size; i++)
		FUZZ_ASSERT(body.bytes.at[i] > ' ' || (leaves_unicode && body.bytes.at[i] < 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct form_field wanted[] = { { { "user", 4 }, { "me \xC3\xA4\n", 6 } },
						    { { "p", 1 }, { "2", 1 } } };
	struct controls_page page = { .text = fuzz_input(data + (size > 0), size - (size > 0)),
				      .is_xml = size > 0 && data[0] & 1 };
	struct scratch scratch = { 0 };

	for (size_t count = 1; count <= 2; count++) {
		struct form form;
		enum form_result result = form_find(&page, wanted, count, &scratch, &form);

		FUZZ_ASSERT(form.field_count <= CONTROLS_MAX + 1);
		if (result != FORM_FOUND)
			continue;
		FUZZ_ASSERT(form.field_count >= count);
		check(&form, false, &scratch);
		check(&form, true, &scratch);
	}
	scratch_free(&scratch);
	return 0;
}
