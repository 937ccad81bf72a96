#ifndef COMPILATION_H
#define COMPILATION_H

#include "parsers/pattern/pattern_internal.h"

/*
 * compilation: a spec on its way to a pattern, and what the files that compile share.
 *
 * pattern_compile.c begins one; columns.c says which fields there are, field.c makes each.
 */
struct compilation {
	struct pattern *pattern;
	const struct pattern_spec *spec;
	const char *flags;
	uint32_t match_limit;
	clean_resolve_function *resolve_url;
	size_t field_room;
	struct pattern_error *error;
};

/* Say what is wrong with a string of the spec (NULL: the whole).  Returns false. */
bool compilation_fail(struct compilation *compilation, const char *text, size_t offset,
		      const char *reason);

/* The same, of printf(). */
bool compilation_fail_with(struct compilation *compilation, const char *text, size_t offset,
			   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A copy that lives as long as the pattern. */
const char *compilation_keep(struct compilation *compilation, const char *text);

/*
 * A selector with the flags; language NULL: regular expressions.  in: where it looks
 * (selector_look_in()), or NULL.
 */
bool compilation_selector(struct compilation *compilation, struct selector **selector,
			  const struct selector_language *language, const char *text,
			  const char *in);

#endif
