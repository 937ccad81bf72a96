#include "parsers/pattern/compilation.h"

#include <stdarg.h>
#include <stdio.h>

#include "parsers/pattern/selector_regex.h"

bool compilation_fail(struct compilation *compilation, const char *text, size_t offset,
		      const char *reason)
{
	return compilation_fail_with(compilation, text, offset, "%s", reason);
}

bool compilation_fail_with(struct compilation *compilation, const char *text, size_t offset,
			   const char *format, ...)
{
	struct pattern_error *error = compilation->error;
	va_list arguments;

	*error = (struct pattern_error){ .text = text, .offset = offset };
	va_start(arguments, format);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	return false;
}

const char *compilation_keep(struct compilation *compilation, const char *text)
{
	return scratch_copy(&compilation->pattern->store, slice_of(text)).at;
}

bool compilation_selector(struct compilation *compilation, struct selector **selector,
			  const struct selector_language *language, const char *text,
			  const char *in)
{
	const char *flags = compilation->flags;
	uint32_t limit = compilation->match_limit;
	struct selector_error reason;

	*selector = selector_compile(language ? language : &selector_regex, text, flags, limit,
				     &reason);
	if (*selector && (!in || selector_look_in(*selector, in, flags, limit, &reason)))
		return true;
	if (*selector)
		text = in;
	return compilation_fail(compilation, reason.is_in_flags ? flags : text, reason.offset,
				reason.message);
}
