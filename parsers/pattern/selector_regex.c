#include "parsers/pattern/selector_regex.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/pattern/regex.h"
#include "parsers/text/memory.h"

struct regex_selector {
	struct selector selector;
	struct regex *regex;
	struct regex_search search;
	struct found span;
};

static const struct regex_selector *of(const struct selector *selector)
{
	return (const struct regex_selector *)selector;
}

static struct selector *compile(const char *text, const char *flags, uint32_t step_limit,
				struct selector_error *error)
{
	struct regex_selector *self;
	struct regex_error reason;
	struct regex *regex;
	uint32_t options;

	*error = (struct selector_error){ .is_in_flags = false };
	if (!regex_flags(flags, &options, &error->offset)) {
		error->is_in_flags = true;
		snprintf(error->message, sizeof(error->message),
			 "flags are of i, m, s, x and u, each once");
		return NULL;
	}
	regex = regex_compile(text, options, step_limit, &reason);
	if (!regex) {
		error->offset = reason.offset;
		snprintf(error->message, sizeof(error->message), "%s", reason.message);
		return NULL;
	}
	self = memory_new(1, sizeof(*self));
	self->regex = regex;
	self->selector.group_count = regex->group_count;
	return &self->selector;
}

static void release(struct selector *selector)
{
	regex_free(of(selector)->regex);
	free(selector);
}

static bool may_find(const struct selector *selector, struct slice text)
{
	return regex_may_match(of(selector)->regex, text);
}

static void begin(struct selector *selector, const struct found *span)
{
	struct regex_selector *self = (struct regex_selector *)selector;

	self->span = *span;
	regex_forget(self->regex);
	regex_search_begin(&self->search, self->regex, span->text);
}

static enum selector_result next(struct selector *selector)
{
	struct regex_selector *self = (struct regex_selector *)selector;
	enum regex_result result = regex_search_next(&self->search);
	struct slice whole;

	if (result == REGEX_NONE)
		return SELECTOR_NONE;
	if (result == REGEX_LIMIT) {
		selector->limit = self->regex->limit;
		return SELECTOR_LIMIT;
	}
	whole = regex_group(self->regex, 0);
	selector->found = (struct found){ .kind = FOUND_TEXT, .text = whole, .size = whole.size };
	selector->found.offset = self->span.offset + (size_t)(whole.at - self->search.text.at);
	if (self->span.size > self->span.text.size) { /* it was decoded: no offset is the page's */
		selector->found.offset = self->span.offset;
		selector->found.size = self->span.size;
	}
	return SELECTOR_FOUND;
}

static uint32_t group_number(const struct selector *selector, struct slice name)
{
	return regex_group_number(of(selector)->regex, name);
}

static struct slice group_name(const struct selector *selector, uint32_t number)
{
	return regex_group_name(of(selector)->regex, number);
}

static struct slice group(const struct selector *selector, uint32_t number, bool is_named)
{
	const struct regex *regex = of(selector)->regex;

	return is_named ? regex_named_group(regex, number) : regex_group(regex, number);
}

const struct selector_language selector_regex = {
	.key = "pattern",
	.compile = compile,
	.free = release,
	.may_find = may_find,
	.begin = begin,
	.next = next,
	.group_number = group_number,
	.group_name = group_name,
	.group = group,
};
