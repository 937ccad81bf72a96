#include "parsers/pattern/selector.h"

#include <stdio.h>

struct selector *selector_compile(const struct selector_language *language, const char *text,
				  const char *flags, uint32_t step_limit,
				  struct selector_error *error)
{
	struct selector *selector = language->compile(text, flags, step_limit, error);

	if (selector)
		selector->language = language;
	return selector;
}

void selector_free(struct selector *selector)
{
	if (selector)
		selector->language->free(selector);
}

bool selector_look_in(struct selector *selector, const char *regex, const char *flags,
		      uint32_t step_limit, struct selector_error *error)
{
	const struct selector_language *language = selector->language;

	if (language->look_in)
		return language->look_in(selector, regex, flags, step_limit, error);
	*error = (struct selector_error){ .is_in_flags = false };
	snprintf(error->message, sizeof(error->message), "'in' is not for '%s'", language->key);
	return false;
}

bool selector_may_find(const struct selector *selector, struct slice text)
{
	return !selector->language->may_find || selector->language->may_find(selector, text);
}

void selector_begin(struct selector *selector, const struct found *span)
{
	selector->found = (struct found){ .kind = FOUND_NULL };
	selector->limit = NULL;
	selector->language->begin(selector, span);
}

enum selector_result selector_next(struct selector *selector)
{
	selector->found = (struct found){ .kind = FOUND_NULL };
	return selector->language->next(selector);
}

uint32_t selector_group_number(const struct selector *selector, struct slice name)
{
	return selector->group_count ? selector->language->group_number(selector, name) : 0;
}

struct slice selector_group_name(const struct selector *selector, uint32_t number)
{
	return selector->language->group_name(selector, number);
}
