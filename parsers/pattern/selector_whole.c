#include "parsers/pattern/selector_whole.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

struct whole {
	struct selector selector;
	struct found span;
	bool is_found;
};

static struct selector *compile(const char *text, const char *flags, uint32_t step_limit,
				struct selector_error *error)
{
	struct whole *self = memory_new(1, sizeof(*self));

	(void)text, (void)flags, (void)step_limit, (void)error;
	return &self->selector;
}

static void release(struct selector *selector)
{
	free(selector);
}

static void begin(struct selector *selector, const struct found *span)
{
	struct whole *self = (struct whole *)selector;

	self->span = *span;
	self->is_found = false;
}

static enum selector_result next(struct selector *selector)
{
	struct whole *self = (struct whole *)selector;

	if (self->is_found)
		return SELECTOR_NONE;
	self->is_found = true;
	selector->found = self->span;
	return SELECTOR_FOUND;
}

const struct selector_language selector_whole = {
	.compile = compile,
	.free = release,
	.begin = begin,
	.next = next,
};
