#include "parsers/text/cursor.h"

#include "parsers/text/ascii.h"

bool cursor_take_word(struct cursor *cursor, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(cursor->end - cursor->at) < size || !ascii_same(cursor->at, word, size))
		return false;
	cursor->at += size;
	return true;
}

struct slice cursor_take_letters(struct cursor *cursor)
{
	const char *from = cursor->at;

	while (ascii_is_letter(cursor_peek(cursor)))
		cursor->at++;
	return (struct slice){ from, (size_t)(cursor->at - from) };
}

size_t cursor_take_digits(struct cursor *cursor)
{
	const char *from = cursor->at;

	while (ascii_is_digit(cursor_peek(cursor)))
		cursor->at++;
	return (size_t)(cursor->at - from);
}

size_t cursor_take_spaces(struct cursor *cursor)
{
	const char *from = cursor->at;

	while (cursor_take_any(cursor, " \t\r\n"))
		;
	return (size_t)(cursor->at - from);
}

bool cursor_take_number(struct cursor *cursor, size_t least, size_t most, int *number)
{
	struct cursor from = *cursor;
	size_t size = cursor_take_digits(cursor);

	if (size < least || size > most) {
		*cursor = from;
		return false;
	}
	*number = 0;
	for (; from.at < cursor->at; from.at++)
		*number = *number * 10 + (*from.at - '0');
	return true;
}
