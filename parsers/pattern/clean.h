#ifndef CLEAN_H
#define CLEAN_H

#include "parsers/pattern/spec.h"
#include "parsers/text/limits.h"
#include "parsers/text/scratch.h"

/*
 * clean: the steps that make a matched text a tidy one, compiled once, run for each value.
 *
 * trim     white space off both ends (Unicode's White_Space: U+00A0 and U+3000 too)
 * squeeze  the same, and each run of white space inside becomes one space
 * html     tags off, character references decoded; what blocks and <br> divide stays divided
 * lower, upper
 *	    letter by letter, as in Unicode, whatever the locale
 * number   the first number in the text, as a program writes it: "1,234.5 km" is 1234.5
 *	    (number.h); a text without one is a bad value.  With ',' or '.' that is the decimal mark
 * url      absolute, resolved against the page's URL; what cannot be resolved is a bad value.
 *	    Character references are decoded first, as in an attribute, unless `html` did it
 * json     the escapes of a string of JSON decoded, which stood between its quotes: caf\u00e9 is
 *	    the word; a text with other backslashes is a bad value
 * slice    characters, as in Python: '3:', ':-1', '2:5', '-1'.  Outside the text: empty
 * drop     a prefix off, where it is there
 * replace  every match of a regular expression (no flags; (?i) and such in it)
 * map      a whole value for another; what is not in the map stays
 *
 * Text is well-formed UTF-8; other bytes do no harm and count as a character each.
 */
#define CLEAN_VALUE_BYTES_MAX ((size_t)32 << 20) /* `replace` may not make more of a value */
#define CLEAN_URL_BYTES_MAX   ((size_t)URL_BYTES_MAX)

struct clean_step;

/* The steps of a field; they live in the scratch they were compiled into. */
struct clean {
	struct clean_step *steps;
	size_t count;
	clean_resolve_function *resolve_url;
};

/*
 * Compile specs.  resolve_url may be NULL if no step is CLEAN_URL.
 * Returns true, and clean is released with clean_free(); or false and *error, with nothing
 * to release.
 */
bool clean_compile(struct clean *clean, const struct clean_spec *specs, size_t count,
		   uint32_t match_limit, clean_resolve_function *resolve_url, struct scratch *store,
		   struct pattern_error *error);
void clean_free(struct clean *clean);

enum clean_result {
	CLEAN_DONE,
	CLEAN_BAD,   /* a step had no answer: not a URL, no number */
	CLEAN_LIMIT, /* a limit ran out */
};

/*
 * Run the steps on *text, which is present.  The result points into *text's bytes or into
 * scratch.  base: the page's URL.  On CLEAN_LIMIT *limit says which, static.
 */
enum clean_result clean_run(const struct clean *clean, struct slice base, struct slice *text,
			    struct scratch *scratch, const char **limit);

#endif
