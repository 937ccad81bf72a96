#include "parsers/pattern/subject.h"

#include "parsers/pattern/selector_table.h"
#include "parsers/text/scratch.h"
#include "parsers/text/utf8.h"

static struct {
	struct slice text; /* what it is a copy of */
	char *copy;        /* NULL: nothing is copied yet */
	bool is_shared;    /* by runs to come */
	struct scratch scratch;
} now;

static void forget(void)
{
	if (!now.copy)
		return;
	for (size_t n = 0; selector_table[n]; n++)
		if (selector_table[n]->forget)
			selector_table[n]->forget();
	scratch_reset(&now.scratch);
	now.copy = NULL;
}

void subject_begin(struct slice text)
{
	forget();
	now.text = text;
	now.is_shared = true;
}

void subject_end(void)
{
	forget();
	now.is_shared = false;
}

struct found subject_open(struct slice text)
{
	bool is_same = text.at == now.text.at && text.size == now.text.size;

	if (!is_same || !now.is_shared)
		subject_end();
	if (!now.copy) {
		now.text = text;
		now.copy = scratch_take(&now.scratch, text.size);
		utf8_copy(now.copy, text);
	}
	return (struct found){ .kind = FOUND_TEXT,
			       .text = { now.copy, text.size },
			       .size = text.size };
}

void subject_close(void)
{
	if (!now.is_shared)
		forget();
}
