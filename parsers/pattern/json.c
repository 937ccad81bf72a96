#include "parsers/pattern/json.h"
#include "parsers/text/cursor.h"

static bool json_string(struct cursor *cursor)
{
	while (!cursor_is_at_end(cursor)) {
		unsigned char c = (unsigned char)*cursor->at++;

		if (c == '"')
			return true;
		if (c < 0x20)
			return false;
		if (c != '\\')
			continue;
		if (cursor_take(cursor, 'u')) {
			for (int n = 0; n < 4; n++)
				if (!cursor_take_any(cursor, "0123456789abcdefABCDEF"))
					return false;
		} else if (!cursor_take_any(cursor, "\"\\/bfnrt")) {
			return false;
		}
	}
	return false;
}

static bool json_number(struct cursor *cursor)
{
	cursor_take(cursor, '-');
	if (!cursor_take(cursor, '0') && cursor_take_digits(cursor) == 0)
		return false;
	if (cursor_take(cursor, '.') && cursor_take_digits(cursor) == 0)
		return false;
	if (cursor_take_any(cursor, "eE")) {
		cursor_take_any(cursor, "+-");
		return cursor_take_digits(cursor) > 0;
	}
	return true;
}

static bool json_literal(struct cursor *cursor, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(cursor->end - cursor->at) < size || memcmp(cursor->at, word, size) != 0)
		return false;
	cursor->at += size;
	return true;
}

static bool json_scalar(struct cursor *cursor)
{
	if (cursor_take(cursor, '"'))
		return json_string(cursor);
	return json_literal(cursor, "true") || json_literal(cursor, "false") ||
	       json_literal(cursor, "null") || json_number(cursor);
}

/* "key" and its colon. */
static bool json_key(struct cursor *cursor)
{
	cursor_take_spaces(cursor);
	if (!cursor_take(cursor, '"') || !json_string(cursor))
		return false;
	cursor_take_spaces(cursor);
	return cursor_take(cursor, ':');
}

/* The open brackets, innermost last. */
struct json_nest {
	char closers[JSON_DEPTH_MAX];
	size_t depth;
};

/* A bracket opens, with the key of an object's first member.  *is_empty: and closes at once. */
static bool json_open(struct cursor *cursor, struct json_nest *nest, bool *is_empty)
{
	char closer = *cursor->at++ == '{' ? '}' : ']';

	if (nest->depth == JSON_DEPTH_MAX)
		return false;
	cursor_take_spaces(cursor);
	*is_empty = cursor_take(cursor, closer);
	if (*is_empty)
		return true;
	nest->closers[nest->depth++] = closer;
	return closer == ']' || json_key(cursor);
}

/* Behind a value: brackets that close, then a comma (and the next key), or the end. */
static bool json_after_value(struct cursor *cursor, struct json_nest *nest)
{
	cursor_take_spaces(cursor);
	while (nest->depth && cursor_take(cursor, nest->closers[nest->depth - 1])) {
		nest->depth--;
		cursor_take_spaces(cursor);
	}
	if (nest->depth == 0)
		return true;
	return cursor_take(cursor, ',') &&
	       (nest->closers[nest->depth - 1] == ']' || json_key(cursor));
}

bool json_is_valid(struct slice text)
{
	struct cursor cursor = { text.at, text.at + text.size };
	struct json_nest nest = { .depth = 0 };

	do {
		bool is_value = true;

		cursor_take_spaces(&cursor);
		if (cursor_peek(&cursor) == '{' || cursor_peek(&cursor) == '[') {
			if (!json_open(&cursor, &nest, &is_value))
				return false;
		} else if (!json_scalar(&cursor)) {
			return false;
		}
		if (is_value && !json_after_value(&cursor, &nest))
			return false;
	} while (nest.depth > 0);
	return cursor_is_at_end(&cursor);
}
