#include "parsers/pattern/json_path.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/pattern/iregexp.h"
#include "parsers/pattern/json_text.h"
#include "parsers/text/ascii.h"
#include "parsers/text/cursor.h"
#include "parsers/text/hex.h"
#include "parsers/text/memory.h"

#define INTEGER_MAX 9007199254740991 /* RFC 9535 2.1: those of I-JSON, 2^53 - 1 */

/* A compilation under way. */
struct parser {
	struct cursor cursor;
	const char *begin;
	struct json_path *path;
	uint32_t match_limit;
	unsigned depth;
	struct json_path_error *error;
};

static bool fail_at(struct parser *parser, const char *at, const char *reason)
{
	parser->error->offset = (size_t)(at - parser->begin);
	snprintf(parser->error->message, sizeof(parser->error->message), "%s", reason);
	return false;
}

static bool fail(struct parser *parser, const char *reason)
{
	return fail_at(parser, parser->cursor.at, reason);
}

static char peek(const struct parser *parser)
{
	return cursor_peek(&parser->cursor);
}

static bool take(struct parser *parser, char c)
{
	return cursor_take(&parser->cursor, c);
}

/* A token of two characters. */
static bool take_pair(struct parser *parser, const char pair[2])
{
	struct cursor *cursor = &parser->cursor;

	if (cursor->end - cursor->at < 2 || memcmp(cursor->at, pair, 2) != 0)
		return false;
	cursor->at += 2;
	return true;
}

static void skip_spaces(struct parser *parser)
{
	cursor_take_spaces(&parser->cursor);
}

static void *new_part(struct parser *parser, size_t size)
{
	return scratch_zero(&parser->path->store, 1, size);
}

/* ---- names, strings, numbers ---- */

static bool is_name_first(char c)
{
	return ascii_is_letter(c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool parse_short_name(struct parser *parser, struct slice *name)
{
	struct cursor *cursor = &parser->cursor;
	struct slice word = { cursor->at, 0 };

	if (!is_name_first(peek(parser)))
		return fail(parser, "a name is wanted; with odd characters it is ['a name']");
	while (is_name_first(peek(parser)) || ascii_is_digit(peek(parser)))
		cursor->at++;
	word.size = (size_t)(cursor->at - word.at);
	*name = scratch_copy(&parser->path->store, word);
	return true;
}

/* "uXXXX" behind a backslash; of a surrogate the other one must follow. */
static bool take_unicode_escape(struct cursor *cursor)
{
	struct json_letters letters = { cursor->at - 1, cursor->end };
	char pair[JSON_LETTER_BYTES_MAX];
	bool is_bad = false, is_surrogate;
	size_t size = json_letter(&letters, pair, &is_bad);

	if (is_bad)
		return false;
	is_surrogate = (cursor->at[1] | 0x20) == 'd' && hex_value(cursor->at[2]) >= 8;
	if (is_surrogate && size != JSON_LETTER_BYTES_MAX)
		return false;
	cursor->at = letters.at;
	return true;
}

static bool take_string_escape(struct parser *parser, char quote)
{
	struct cursor *cursor = &parser->cursor;

	if (cursor_take_any(cursor, "\\/bfnrt") || cursor_take(cursor, quote))
		return true;
	if (peek(parser) == 'u' && take_unicode_escape(cursor))
		return true;
	cursor->at--;
	return fail(parser, "no escape: a backslash itself is written '\\\\'");
}

/* A string in quotes of either kind. */
static bool parse_string(struct parser *parser, struct slice *text)
{
	struct cursor *cursor = &parser->cursor;
	const char *open = cursor->at++;
	struct slice between = { cursor->at, 0 };

	while (!cursor_is_at_end(cursor) && *cursor->at != *open) {
		if ((unsigned char)*cursor->at < 0x20)
			return fail(parser, "control characters are written as escapes: \\n");
		if (*cursor->at++ == '\\' && !take_string_escape(parser, *open))
			return false;
	}
	if (cursor_is_at_end(cursor))
		return fail_at(parser, open, "this quote is not closed");
	between.size = (size_t)(cursor->at++ - between.at);
	json_unescape(between, text, &parser->path->store);
	*text = scratch_copy(&parser->path->store, *text);
	return true;
}

static bool parse_integer(struct parser *parser, int64_t *number)
{
	struct cursor *cursor = &parser->cursor;
	const char *begin = cursor->at;
	bool is_negative = take(parser, '-');
	const char *digits = cursor->at;
	int64_t sum = 0;

	for (; ascii_is_digit(peek(parser)); cursor->at++)
		if (sum <= INTEGER_MAX)
			sum = sum * 10 + (*cursor->at - '0');
	if (cursor->at == digits)
		return fail_at(parser, begin, "a whole number is wanted here");
	if (*digits == '0' && (cursor->at > digits + 1 || is_negative))
		return fail_at(parser, begin, "a number does not begin with a nought");
	if (sum > INTEGER_MAX)
		return fail_at(parser, begin, "beyond 2^53 - 1");
	*number = is_negative ? -sum : sum;
	return true;
}

/* A number of a filter, which keeps its digits. */
static bool parse_number(struct parser *parser, struct json_value *value)
{
	struct cursor *cursor = &parser->cursor;
	struct slice digits = { cursor->at, 0 };

	take(parser, '-');
	if (!take(parser, '0') && cursor_take_digits(cursor) == 0)
		return fail(parser, "a path, text in quotes, number or function is wanted");
	if (take(parser, '.') && cursor_take_digits(cursor) == 0)
		return fail(parser, "digits are wanted behind the point");
	if (cursor_take_any(cursor, "eE")) {
		cursor_take_any(cursor, "+-");
		if (cursor_take_digits(cursor) == 0)
			return fail(parser, "digits are wanted in the exponent");
	}
	digits.size = (size_t)(cursor->at - digits.at);
	*value = (struct json_value){ .is_there = true, .kind = JSON_NUMBER };
	value->text = scratch_copy(&parser->path->store, digits);
	return true;
}

/* ---- segments ---- */

static bool parse_or(struct parser *parser, struct path_expression **expression);

/* "1:5:2" behind its first number, if it has one. */
static bool parse_slice(struct parser *parser, struct path_selector *selector)
{
	selector->kind = PATH_SLICE;
	selector->start = selector->index;
	selector->step = 1;
	skip_spaces(parser);
	if (ascii_is_digit(peek(parser)) || peek(parser) == '-') {
		selector->has_end = true;
		if (!parse_integer(parser, &selector->end))
			return false;
		skip_spaces(parser);
	}
	if (!take(parser, ':'))
		return true;
	skip_spaces(parser);
	if (!ascii_is_digit(peek(parser)) && peek(parser) != '-')
		return true;
	return parse_integer(parser, &selector->step);
}

/* "5", or the slice that it begins. */
static bool parse_index(struct parser *parser, struct path_selector *selector)
{
	struct cursor behind;

	selector->kind = PATH_INDEX;
	if (peek(parser) != ':') {
		selector->has_start = true;
		if (!parse_integer(parser, &selector->index))
			return false;
	}
	behind = parser->cursor;
	skip_spaces(parser);
	if (take(parser, ':'))
		return parse_slice(parser, selector);
	parser->cursor = behind;
	return true;
}

static bool parse_selector(struct parser *parser, struct path_selector *selector)
{
	char c = peek(parser);

	if (c == '\'' || c == '"') {
		selector->kind = PATH_NAME;
		return parse_string(parser, &selector->name);
	}
	if (take(parser, '*')) {
		selector->kind = PATH_WILDCARD;
		return true;
	}
	if (take(parser, '?')) {
		selector->kind = PATH_FILTER;
		skip_spaces(parser);
		return parse_or(parser, &selector->filter);
	}
	if (c == ':' || c == '-' || ascii_is_digit(c))
		return parse_index(parser, selector);
	return fail(parser, "wanted here: 'name', a number, a slice, * or ?filter");
}

static bool enter(struct parser *parser)
{
	return ++parser->depth <= JSON_PATH_DEPTH_MAX || fail(parser, "nested too deeply");
}

/* "[...]", behind its opening bracket. */
static bool parse_brackets(struct parser *parser, struct path_selector **selectors)
{
	const char *open = parser->cursor.at - 1;

	if (!enter(parser))
		return false;
	do {
		*selectors = new_part(parser, sizeof(**selectors));
		skip_spaces(parser);
		if (!parse_selector(parser, *selectors))
			return false;
		selectors = &(*selectors)->next;
		skip_spaces(parser);
	} while (take(parser, ','));
	parser->depth--;
	if (take(parser, ']'))
		return true;
	return cursor_is_at_end(&parser->cursor) ? fail_at(parser, open, "'[' without ']'")
						 : fail(parser, "',' or ']' is wanted here");
}

/* What follows "." or "..". */
static bool parse_shorthand(struct parser *parser, struct path_selector **selector)
{
	*selector = new_part(parser, sizeof(**selector));
	if (take(parser, '*')) {
		(*selector)->kind = PATH_WILDCARD;
		return true;
	}
	(*selector)->kind = PATH_NAME;
	return parse_short_name(parser, &(*selector)->name);
}

static bool parse_segment(struct parser *parser, struct path_segment *segment)
{
	segment->is_descendant = take_pair(parser, "..");
	if (take(parser, '['))
		return parse_brackets(parser, &segment->selectors);
	if (!segment->is_descendant)
		parser->cursor.at++; /* the dot */
	return parse_shorthand(parser, &segment->selectors);
}

static void append(struct path_query *query, struct path_segment *segment)
{
	const struct path_selector *only = segment->selectors;

	segment->before = query->last;
	if (query->last)
		query->last->next = segment;
	else
		query->first = segment;
	query->last = segment;
	if (segment->is_descendant || only->next ||
	    (only->kind != PATH_NAME && only->kind != PATH_INDEX))
		query->is_singular = false;
}

/* A query at its "$" or "@".  White space may stand before a segment, and is left where none is. */
static bool parse_query(struct parser *parser, struct path_query **query)
{
	struct cursor behind;

	*query = new_part(parser, sizeof(**query));
	(*query)->is_relative = *parser->cursor.at++ == '@';
	(*query)->is_singular = true;
	for (;;) {
		struct path_segment *segment;

		behind = parser->cursor;
		skip_spaces(parser);
		if (peek(parser) != '.' && peek(parser) != '[')
			break;
		segment = new_part(parser, sizeof(*segment));
		if (!parse_segment(parser, segment))
			return false;
		append(*query, segment);
	}
	parser->cursor = behind;
	return true;
}

/* ---- filters ---- */

static struct path_expression *new_expression(struct parser *parser, enum path_expression_kind kind)
{
	struct path_expression *expression = new_part(parser, sizeof(*expression));

	expression->kind = kind;
	return expression;
}

static bool is_logical(const struct path_expression *expression)
{
	return expression->kind == PATH_FUNCTION &&
	       (expression->function == PATH_MATCH || expression->function == PATH_SEARCH);
}

/* One value, of which there may be none (RFC 9535 2.4.1, ValueType). */
static bool check_value(struct parser *parser, const struct path_expression *expression,
			const char *at)
{
	if (expression->kind == PATH_QUERY && !expression->query->is_singular)
		return fail_at(parser, at, "one value is wanted, and this path may find several");
	if (is_logical(expression))
		return fail_at(parser, at, "match() and search() are no values to compare");
	return true;
}

/* What match() and search() are given in so many words is compiled at once. */
static bool compile_regex(struct parser *parser, struct path_expression *call, const char *at)
{
	const struct path_expression *pattern = call->right;
	struct regex_error reason;

	call->next_regex = parser->path->regexes;
	parser->path->regexes = call;
	if (pattern->kind != PATH_LITERAL || pattern->literal.kind != JSON_STRING)
		return true;
	call->regex = iregexp_compile(pattern->literal.text, call->function == PATH_MATCH,
				      parser->match_limit, &reason);
	if (!call->regex)
		return fail_at(parser, at, reason.message);
	call->regex_text =
		(struct slice){ memory_text(pattern->literal.text.at, pattern->literal.text.size),
				pattern->literal.text.size };
	return true;
}

static const struct {
	const char *name;
	unsigned parameters;
	bool takes_nodes; /* a path of any kind, not one value */
} functions[] = {
	[PATH_LENGTH] = { "length", 1, false }, [PATH_COUNT] = { "count", 1, true },
	[PATH_VALUE] = { "value", 1, true },    [PATH_MATCH] = { "match", 2, false },
	[PATH_SEARCH] = { "search", 2, false },
};

static bool parse_operand(struct parser *parser, struct path_expression **expression);

static bool parse_argument(struct parser *parser, const struct path_expression *call,
			   struct path_expression **argument)
{
	const char *at;

	skip_spaces(parser);
	at = parser->cursor.at;
	if (!parse_operand(parser, argument))
		return false;
	skip_spaces(parser);
	if (!functions[call->function].takes_nodes)
		return check_value(parser, *argument, at);
	return (*argument)->kind == PATH_QUERY || fail_at(parser, at, "a path is wanted here");
}

/* The arguments of a call, behind its opening bracket. */
static bool parse_arguments(struct parser *parser, struct path_expression *call)
{
	const char *last = parser->cursor.at;

	for (unsigned n = 0; n < functions[call->function].parameters; n++) {
		if (n > 0 && !take(parser, ','))
			return fail(parser, "match() and search() take two values");
		last = parser->cursor.at;
		if (!parse_argument(parser, call, n ? &call->right : &call->left))
			return false;
	}
	if (!take(parser, ')'))
		return fail(parser, "')' is wanted here");
	while (*last == ' ')
		last++;
	return !is_logical(call) || compile_regex(parser, call, last);
}

static bool parse_call(struct parser *parser, struct slice name,
		       struct path_expression **expression)
{
	for (size_t n = 0; n < sizeof(functions) / sizeof(functions[0]); n++) {
		bool is_good;

		if (!slice_equal(name, slice_of(functions[n].name)))
			continue;
		*expression = new_expression(parser, PATH_FUNCTION);
		(*expression)->function = (enum path_function)n;
		is_good = enter(parser) && parse_arguments(parser, *expression);
		(*expression)->is_fixed = is_good && (*expression)->left->is_fixed;
		parser->depth--;
		return is_good;
	}
	return fail_at(parser, name.at, "no such function: length count value match search");
}

/* true, false, null, or a function. */
static bool parse_word(struct parser *parser, struct path_expression **expression)
{
	static const struct {
		const char *word;
		enum json_kind kind;
	} words[] = { { "true", JSON_TRUE }, { "false", JSON_FALSE }, { "null", JSON_NULL } };
	struct cursor *cursor = &parser->cursor;
	struct slice word = { cursor->at, 0 };

	while ((peek(parser) >= 'a' && peek(parser) <= 'z') || peek(parser) == '_' ||
	       ascii_is_digit(peek(parser)))
		cursor->at++;
	word.size = (size_t)(cursor->at - word.at);
	if (take(parser, '('))
		return parse_call(parser, word, expression);
	for (size_t n = 0; n < sizeof(words) / sizeof(words[0]); n++) {
		if (!slice_equal(word, slice_of(words[n].word)))
			continue;
		*expression = new_expression(parser, PATH_LITERAL);
		(*expression)->literal.is_there = true;
		(*expression)->literal.kind = words[n].kind;
		return true;
	}
	return fail_at(parser, word.at, "a path begins with '$' or '@', a text stands in quotes");
}

static bool parse_operand(struct parser *parser, struct path_expression **expression)
{
	char c = peek(parser);

	if (c == '@' || c == '$') {
		*expression = new_expression(parser, PATH_QUERY);
		(*expression)->is_fixed = c == '$';
		return parse_query(parser, &(*expression)->query);
	}
	if (c >= 'a' && c <= 'z')
		return parse_word(parser, expression);
	*expression = new_expression(parser, PATH_LITERAL);
	if (c != '\'' && c != '"')
		return parse_number(parser, &(*expression)->literal);
	(*expression)->literal = (struct json_value){ .is_there = true, .kind = JSON_STRING };
	return parse_string(parser, &(*expression)->literal.text);
}

static bool take_relation(struct parser *parser, enum path_relation *relation)
{
	static const struct {
		const char *text;
		enum path_relation relation;
	} relations[] = {
		{ "==", PATH_EQUAL },
		{ "!=", PATH_NOT_EQUAL },
		{ "<=", PATH_LESS_OR_EQUAL },
		{ ">=", PATH_GREATER_OR_EQUAL },
	};

	for (size_t n = 0; n < sizeof(relations) / sizeof(relations[0]); n++) {
		if (!take_pair(parser, relations[n].text))
			continue;
		*relation = relations[n].relation;
		return true;
	}
	*relation = peek(parser) == '<' ? PATH_LESS : PATH_GREATER;
	return cursor_take_any(&parser->cursor, "<>");
}

/* No relation stands behind it: is it true or false by itself? */
static bool check_test(struct parser *parser, const struct path_expression *test, const char *at)
{
	if (take_pair(parser, "=~"))
		return fail_at(parser, parser->cursor.at - 2,
			       "a regular expression is match(@.a, 'b.*')");
	if (peek(parser) == '=')
		return fail(parser, "'equal' is written '=='");
	return test->kind == PATH_QUERY || is_logical(test) ||
	       fail_at(parser, at, "a value alone is neither true nor false: compare it");
}

/* "== right" behind the left side, which stands at `at`; or nothing, and left is a test. */
static bool parse_comparison(struct parser *parser, const char *at,
			     struct path_expression **expression)
{
	struct path_expression *comparison, *left = *expression;
	enum path_relation relation;
	const char *right;

	skip_spaces(parser);
	if (!take_relation(parser, &relation))
		return check_test(parser, left, at);
	comparison = new_expression(parser, PATH_COMPARISON);
	comparison->relation = relation;
	comparison->left = left;
	skip_spaces(parser);
	right = parser->cursor.at;
	*expression = comparison;
	return parse_operand(parser, &comparison->right) && check_value(parser, left, at) &&
	       check_value(parser, comparison->right, right);
}

static bool parse_parentheses(struct parser *parser, struct path_expression **expression)
{
	const char *open = parser->cursor.at - 1;

	if (!enter(parser))
		return false;
	skip_spaces(parser);
	if (!parse_or(parser, expression))
		return false;
	skip_spaces(parser);
	parser->depth--;
	return take(parser, ')') || fail_at(parser, open, "'(' without ')'");
}

static bool parse_basic(struct parser *parser, struct path_expression **expression)
{
	bool is_negated = take(parser, '!');
	const char *at;

	if (is_negated) {
		*expression = new_expression(parser, PATH_NOT);
		expression = &(*expression)->left;
		skip_spaces(parser);
	}
	at = parser->cursor.at;
	if (take(parser, '('))
		return parse_parentheses(parser, expression);
	if (!parse_operand(parser, expression) || !parse_comparison(parser, at, expression))
		return false;
	return !is_negated || (*expression)->kind != PATH_COMPARISON ||
	       fail_at(parser, at, "'!' before a comparison: write !(@.a == 1)");
}

/* Operands with one connective between them: a, and then all others. */
static bool parse_chain(struct parser *parser, const char connective[2],
			enum path_expression_kind kind,
			bool parse(struct parser *, struct path_expression **),
			struct path_expression **expression)
{
	struct cursor behind;

	if (!parse(parser, expression))
		return false;
	for (;;) {
		struct path_expression *chain;

		behind = parser->cursor;
		skip_spaces(parser);
		if (!take_pair(parser, connective))
			break;
		chain = new_expression(parser, kind);
		chain->left = *expression;
		*expression = chain;
		skip_spaces(parser);
		expression = &chain->right;
		if (!parse(parser, expression))
			return false;
	}
	parser->cursor = behind;
	return true;
}

static bool parse_and(struct parser *parser, struct path_expression **expression)
{
	return parse_chain(parser, "&&", PATH_AND, parse_basic, expression);
}

static bool parse_or(struct parser *parser, struct path_expression **expression)
{
	return parse_chain(parser, "||", PATH_OR, parse_and, expression);
}

/* ---- the whole ---- */

static bool parse_path(struct parser *parser)
{
	if (peek(parser) != '$')
		return fail(parser, "a path begins with '$'");
	if (!parse_query(parser, &parser->path->query))
		return false;
	if (cursor_is_at_end(&parser->cursor))
		return true;
	return ascii_is_white(peek(parser))
		       ? fail(parser, "white space ends no path")
		       : fail(parser, "'.' or '[' is wanted; other names are ['a-b']");
}

bool json_path_compile(struct json_path *path, const char *text, uint32_t match_limit,
		       struct json_path_error *error)
{
	struct parser parser = { .cursor = { text, text + strlen(text) },
				 .begin = text,
				 .path = path,
				 .match_limit = match_limit,
				 .error = error };

	*path = (struct json_path){ 0 };
	if (parse_path(&parser))
		return true;
	json_path_free(path);
	return false;
}

void json_path_free(struct json_path *path)
{
	for (struct path_expression *at = path->regexes; at; at = at->next_regex) {
		regex_free(at->regex);
		free((char *)at->regex_text.at);
	}
	scratch_free(&path->store);
	*path = (struct json_path){ 0 };
}
