#ifndef IREGEXP_H
#define IREGEXP_H

#include "parsers/pattern/regex.h"

/*
 * iregexp: regular expressions of JSONPath (I-Regexp, RFC 9485), which PCRE2 matches.
 *
 * They are fewer than PCRE2's: no \d, \w or \b, nothing lazy, no look-around.  A dot is any
 * character but a line end; ^ and $ are the ends of the text, as the RFC's translation has them
 * (5.3 to 5.5) and its grammar has not.
 */

#define IREGEXP_BYTES_MAX 2000u

/*
 * Compile text.  is_whole: it must match a text from end to end (match()), else a part of it
 * (search()).  Returns a regex the caller frees with regex_free(), or NULL and *error.
 */
struct regex *iregexp_compile(struct slice text, bool is_whole, uint32_t match_limit,
			      struct regex_error *error);

#endif
