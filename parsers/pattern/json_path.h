#ifndef JSON_PATH_H
#define JSON_PATH_H

#include "parsers/pattern/json_value.h"
#include "parsers/text/scratch.h"

/*
 * json_path: JSONPath (RFC 9535), compiled.
 *
 *	$.items[?@.price < 10]..name
 *
 *	query  $ -> segment -> segment -> segment (descendant)
 *		    |          |          |
 *	selectors   'items'    filter     'name'
 *
 * A query is a chain of segments, a segment a chain of selectors; a filter is an expression, in
 * which there are queries again.  None of them is used twice at a time, so that who walks a
 * document (json_walk.h) keeps in each of them where it stands, and allocates nothing.
 */

struct path_query;
struct path_expression;

enum path_selector_kind { PATH_NAME, PATH_WILDCARD, PATH_INDEX, PATH_SLICE, PATH_FILTER };

struct path_selector {
	struct path_selector *next;
	enum path_selector_kind kind;
	struct slice name;
	int64_t index;            /* INDEX; from the end if it is negative */
	int64_t start, end, step; /* SLICE */
	bool has_start, has_end;
	struct path_expression *filter;
};

struct path_segment {
	struct path_segment *next, *before;
	struct path_selector *selectors;
	bool is_descendant;

	/* Of the walk: it is applied to `from`, and has come to `at`, which is below if it is
	 * descendant, where `selector` found `child` last, or nothing yet. */
	uint32_t from, at, child;
	const struct path_selector *selector;
	/* If that is a slice: the index behind `child`, where it begins and ends, and what it found
	 * if it goes backwards (child is then how many of them). */
	int64_t index, lower, upper;
	const uint32_t *reverse;
};

struct path_query {
	bool is_relative; /* begins with @, not with $ */
	bool is_singular; /* finds one node at most, by what it is */
	struct path_segment *first, *last;

	uint32_t origin; /* of the walk */
	bool is_begun;
};

enum path_expression_kind {
	PATH_OR,
	PATH_AND,
	PATH_NOT,
	PATH_COMPARISON,
	PATH_QUERY, /* true if it finds anything; in a comparison, what it finds */
	PATH_LITERAL,
	PATH_FUNCTION,
};

enum path_relation {
	PATH_EQUAL,
	PATH_NOT_EQUAL,
	PATH_LESS,
	PATH_LESS_OR_EQUAL,
	PATH_GREATER,
	PATH_GREATER_OR_EQUAL,
};

enum path_function { PATH_LENGTH, PATH_COUNT, PATH_VALUE, PATH_MATCH, PATH_SEARCH };

struct path_expression {
	enum path_expression_kind kind;
	enum path_relation relation;
	enum path_function function;
	struct path_expression *left, *right; /* of a function: what it is called with */
	struct path_query *query;
	struct json_value literal;

	bool is_fixed; /* it has nothing to do with @: what it is, once it is known in a walk */
	uint64_t known_in;
	struct json_value known; /* of a test is_there alone */

	/* MATCH and SEARCH: the expression compiled last, NULL if it is none, and its text. */
	struct regex *regex;
	struct slice regex_text; /* its own memory */
	struct path_expression *next_regex;
};

struct json_path {
	struct path_query *query;
	struct path_expression *regexes; /* all MATCH and SEARCH, to be released */
	struct scratch store;            /* of all the above */
};

#define JSON_PATH_DEPTH_MAX 100u /* brackets within brackets */

struct json_path_error {
	size_t offset; /* bytes into the text */
	char message[160];
};

/*
 * Compile text.  match_limit is for what match() and search() match.  A literal that they are
 * given must be an I-Regexp (RFC 9485): it could match nothing.
 * Returns true, and path is released with json_path_free(); or false and *error.
 */
bool json_path_compile(struct json_path *path, const char *text, uint32_t match_limit,
		       struct json_path_error *error);
void json_path_free(struct json_path *path);

#endif
