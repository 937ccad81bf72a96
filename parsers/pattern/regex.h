#ifndef REGEX_H
#define REGEX_H

#include "parsers/pattern/chain.h"
#include "parsers/pattern/literal.h"
#include <stdint.h>

/*
 * regex: one compiled regular expression (PCRE2) and the groups of its latest match.
 *
 * Compiled with JIT, always: the interpreter would be slower and, above all, without a
 * bound.  The text searched must be well-formed UTF-8 that nobody else writes: PCRE2's
 * own answer to other text, PCRE2_MATCH_INVALID_UTF, is broken with JIT up to 10.42
 * (\D, \S and \W match no character outside ASCII), and checking anew at each match is
 * quadratic.  utf8_copy() makes such text of any bytes.
 */
struct regex {
	struct pcre2_real_code_8 *code;
	struct pcre2_real_match_data_8 *data;
	const size_t
		*ovector; /* data's, or the chain's: [2 * group] begins, [2 * group + 1] ends it */
	struct pcre2_real_match_context_8 *context;
	struct chain chain; /* what matches in place of code, if the pattern is one */
	size_t *chain_ends;
	struct literals literals;
	struct scratch store; /* what literals and twins point to */
	uint16_t *twins;      /* [group]: the next group of the same name, or 0 */
	uint32_t group_count; /* without group 0 */
	struct slice subject; /* text of the latest match, {NULL, 0} if there was none */
	const char *limit;    /* static: which limit the latest match ran into */
};

struct regex_error {
	size_t offset; /* bytes into the pattern */
	char message[160];
};

#define REGEX_FLAGS "imsxu"

/*
 * Options for the flags, each at most once; NULL is none.  i, m, s and x are as in Perl; u has
 * \d, \w, \s, \b and [[:alpha:]] know all of Unicode, not ASCII alone.  It is no default:
 * patterns that begin with one of them are seven times slower with it.
 * Returns false and the offset of the flag that is wrong.
 */
bool regex_flags(const char *flags, uint32_t *options, size_t *offset);

/*
 * The first of \w, \W, \b, \B, \s and \S in a pattern ("\w"), all of which know ASCII alone
 * without u; NULL if there is none, or (*UCP) begins the pattern.  Static.
 */
const char *regex_ascii_escape(const char *text, const char *flags);

/*
 * Compile text.  LF, CR and CR LF end lines: HTML takes them for one (13.2.3.5).  match_limit
 * bounds the work of one match; verbs in the pattern can lower it, not raise it. Returns a regex
 * the caller frees with regex_free(), or NULL and *error.
 */
struct regex *regex_compile(const char *text, uint32_t options, uint32_t match_limit,
			    struct regex_error *error);
void regex_free(struct regex *regex);

/* The number of the (first) group of this name, or 0. */
uint32_t regex_group_number(const struct regex *regex, struct slice name);

/* The name of a group, {NULL, 0} if it has none.  Points into regex. */
struct slice regex_group_name(const struct regex *regex, uint32_t number);

/* May there be a match in text, which need not be well-formed yet (utf8_copy())?  A quick look. */
bool regex_may_match(const struct regex *regex, struct slice text);

/* Forget the latest match: its groups are unset. */
void regex_forget(struct regex *regex);

/*
 * A group of the latest match; 0 is the whole.  {NULL, 0} if it took no part.
 * Of groups of one name (?J), regex_named_group() gives the first that took part.
 */
struct slice regex_group(const struct regex *regex, uint32_t number);
struct slice regex_named_group(const struct regex *regex, uint32_t number);

/*
 * All matches in text, one by one: what re.finditer of Python finds.
 * text must live as long as groups are asked for.
 */
struct regex_search {
	struct regex *regex;
	struct slice text;
	size_t offset;     /* where to look next */
	size_t last_start; /* behind it no match can begin */
	bool is_over;
	bool is_after_empty; /* an empty match stood at offset */
};

void regex_search_begin(struct regex_search *search, struct regex *regex, struct slice text);

enum regex_result { REGEX_NONE, REGEX_FOUND, REGEX_LIMIT };

/*
 * The next match, within the budget that runs (budget.h).
 * REGEX_LIMIT is not "no match": regex->limit says which limit ended the search.
 */
enum regex_result regex_search_next(struct regex_search *search);

/* "10.42 2022-12-11": the PCRE2 that runs. */
const char *regex_library_version(void);

#endif
