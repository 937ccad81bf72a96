#include "parsers/pattern/iregexp.h"

#include <stdio.h>

#include <pcre2.h>

#include "parsers/text/cursor.h"
#include "parsers/text/utf8.h"

#define GROWTH_MAX 8 /* a dot becomes [^\n\r] */
#define AROUND_MAX 16
#define DEPTH_MAX  100

/* A translation under way (RFC 9485 5.5), checked against the grammar of its section 3. */
struct translation {
	struct cursor cursor;
	const char *begin;
	char *to;
	size_t depth; /* open groups */
	struct regex_error *error;
};

static bool fail(struct translation *translation, const char *reason)
{
	translation->error->offset = (size_t)(translation->cursor.at - translation->begin);
	snprintf(translation->error->message, sizeof(translation->error->message),
		 "no I-Regexp (RFC 9485): %s", reason);
	return false;
}

static void put(struct translation *translation, const char *text)
{
	translation->to = stpcpy(translation->to, text);
}

/* Copy what stands from `from` to where the cursor is. */
static void copy_from(struct translation *translation, const char *from)
{
	size_t size = (size_t)(translation->cursor.at - from);

	memcpy(translation->to, from, size);
	translation->to += size;
}

static bool take_character(struct translation *translation)
{
	struct cursor *cursor = &translation->cursor;
	const char *from = cursor->at;

	cursor->at += utf8_step(cursor->at, cursor->end);
	if (*from == '\0') /* which would end what PCRE2 is given */
		put(translation, "\\x00");
	else
		copy_from(translation, from);
	return true;
}

/* "{L}", "{Lu}": a general category behind \p or \P. */
static bool take_category(struct translation *translation)
{
	static const char *const minors[] = { "Llmotu", "Mcen",  "Ndlo", "Pcdefios",
					      "Zlps",   "Sckmo", "Ccfno" };
	struct cursor *cursor = &translation->cursor;

	if (!cursor_take(cursor, '{'))
		return fail(translation, "a category is written \\p{L} or \\p{Lu}");
	for (size_t n = 0; n < sizeof(minors) / sizeof(minors[0]); n++) {
		if (!cursor_take(cursor, minors[n][0]))
			continue;
		cursor_take_any(cursor, minors[n] + 1);
		return cursor_take(cursor, '}') || fail(translation, "no such category");
	}
	return fail(translation, "no such category");
}

/* A backslash and what it escapes; all of them mean the same to PCRE2. */
static bool take_escape(struct translation *translation)
{
	struct cursor *cursor = &translation->cursor;
	const char *from = cursor->at++;

	if (cursor_take_any(cursor, "pP")) {
		if (!take_category(translation))
			return false;
	} else if (!cursor_take_any(cursor, "()*+-.?[\\]^nrt{|}")) {
		return fail(translation, "a digit is [0-9], a letter \\p{L}");
	}
	copy_from(translation, from);
	return true;
}

/* What stands for one character in a class. */
static bool take_class_character(struct translation *translation)
{
	switch (cursor_peek(&translation->cursor)) {
	case '\\':
		return take_escape(translation);
	case '[':
		return fail(translation, "'[' in a class is written '\\['");
	case '-':
		return fail(translation, "'-' amid a class is written '\\-'");
	default:
		return take_character(translation);
	}
}

/* "-b" of a range "a-b", unless the dash is the last of the class. */
static bool take_range(struct translation *translation)
{
	struct cursor *cursor = &translation->cursor;

	if (cursor->end - cursor->at < 2 || cursor->at[0] != '-' || cursor->at[1] == ']')
		return true;
	return take_character(translation) && take_class_character(translation);
}

/* A dash is itself at both ends of a class. */
static bool take_dash(struct translation *translation, bool is_first)
{
	struct cursor *cursor = &translation->cursor;
	bool is_last = cursor->end - cursor->at > 1 && cursor->at[1] == ']';

	if (cursor_peek(cursor) != '-' || (!is_first && !is_last))
		return false;
	cursor->at++;
	put(translation, "\\-");
	return true;
}

static bool take_class(struct translation *translation)
{
	struct cursor *cursor = &translation->cursor;
	const char *first;

	take_character(translation);
	if (cursor_peek(cursor) == '^')
		take_character(translation);
	first = cursor->at;
	if (cursor_peek(cursor) == ']')
		return fail(translation, "a class holds something");
	while (!cursor_is_at_end(cursor) && *cursor->at != ']')
		if (!take_dash(translation, cursor->at == first) &&
		    (!take_class_character(translation) || !take_range(translation)))
			return false;
	if (cursor_is_at_end(cursor))
		return fail(translation, "'[' without ']'");
	return take_character(translation);
}

/* "{2}", "{2,}" or "{2,3}" */
static bool take_counts(struct translation *translation)
{
	struct cursor *cursor = &translation->cursor;
	const char *from = cursor->at++;
	bool is_good = cursor_take_digits(cursor) > 0;

	if (cursor_take(cursor, ','))
		cursor_take_digits(cursor);
	if (!is_good || !cursor_take(cursor, '}'))
		return fail(translation, "a count is written {2}, {2,} or {2,3}");
	copy_from(translation, from);
	return true;
}

static bool take_quantifier(struct translation *translation)
{
	char c = cursor_peek(&translation->cursor);

	if (c == '*' || c == '+' || c == '?')
		return take_character(translation);
	return c != '{' || take_counts(translation);
}

static bool open_group(struct translation *translation)
{
	if (++translation->depth > DEPTH_MAX)
		return fail(translation, "nested too deeply");
	translation->cursor.at++;
	put(translation, "(?:");
	return true;
}

static bool close_group(struct translation *translation)
{
	if (translation->depth-- == 0)
		return fail(translation, "')' without '('");
	return take_character(translation) && take_quantifier(translation);
}

/* A character or class, with how often it stands there. */
static bool take_atom(struct translation *translation)
{
	struct cursor *cursor = &translation->cursor;
	bool is_good = true;

	switch (cursor_peek(cursor)) {
	case '.':
		cursor->at++;
		put(translation, "[^\\n\\r]");
		break;
	case '\\':
		is_good = take_escape(translation);
		break;
	case '[':
		is_good = take_class(translation);
		break;
	default:
		if (cursor_take_any(cursor, "*+?{")) {
			cursor->at--;
			return fail(translation, "nothing stands before what repeats it");
		}
		if (cursor_take_any(cursor, "]}")) {
			cursor->at--;
			return fail(translation, "alone it is written '\\]' or '\\}'");
		}
		take_character(translation);
	}
	return is_good && take_quantifier(translation);
}

static bool translate(struct translation *translation)
{
	struct cursor *cursor = &translation->cursor;
	bool is_good = true;

	while (is_good && !cursor_is_at_end(cursor)) {
		if (*cursor->at == '(')
			is_good = open_group(translation);
		else if (*cursor->at == ')')
			is_good = close_group(translation);
		else if (*cursor->at == '|')
			is_good = take_character(translation);
		else
			is_good = take_atom(translation);
	}
	if (is_good && translation->depth > 0)
		return fail(translation, "'(' without ')'");
	return is_good;
}

struct regex *iregexp_compile(struct slice text, bool is_whole, uint32_t match_limit,
			      struct regex_error *error)
{
	char room[IREGEXP_BYTES_MAX * GROWTH_MAX + AROUND_MAX];
	struct translation translation = { .to = room, .error = error };
	struct regex *regex;

	translation.begin = translation.cursor.at = text.at ? text.at : "";
	translation.cursor.end = translation.begin + text.size;
	if (text.size > IREGEXP_BYTES_MAX) {
		fail(&translation, "longer than 2000 bytes");
		return NULL;
	}
	put(&translation, is_whole ? "\\A(?:" : "(?:");
	if (!translate(&translation))
		return NULL;
	put(&translation, is_whole ? ")\\z" : ")");
	regex = regex_compile(room, PCRE2_DOLLAR_ENDONLY, match_limit, error);
	if (!regex)
		error->offset = 0; /* of the translation it would be */
	return regex;
}
