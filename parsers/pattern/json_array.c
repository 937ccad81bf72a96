#include "parsers/pattern/json_array.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOM_FIRST   ((size_t)256)
#define NUMBER_BYTES 32

/* What is grown out of is given back with the row; it is as much again at most. */
static char *grow(struct json_array *array, size_t bytes)
{
	size_t room = array->room ? array->room : ROOM_FIRST / 2;
	char *at;

	if (array->room - array->size >= bytes)
		return array->at + array->size;
	do
		room *= 2;
	while (room - array->size < bytes);
	at = scratch_take(array->scratch, room);
	if (array->size > 0)
		memcpy(at, array->at, array->size);
	array->at = at;
	array->room = room;
	return at + array->size;
}

static void put(struct json_array *array, const char *bytes, size_t size)
{
	memcpy(grow(array, size), bytes, size);
	array->size += size;
}

static void put_word(struct json_array *array, const char *word)
{
	put(array, word, strlen(word));
}

/* The character of a short escape, "\n", or 0. */
static char short_escape(char c)
{
	static const char from[] = "\b\f\n\r\t\"\\", to[] = "bfnrt\"\\";
	const char *found = c ? strchr(from, c) : NULL;

	return found ? to[found - from] : 0;
}

static void put_escape(struct json_array *array, char c)
{
	char escape[8];
	int size = short_escape(c) ? snprintf(escape, sizeof(escape), "\\%c", short_escape(c))
				   : snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)c);

	put(array, escape, (size_t)size);
}

static void put_string(struct json_array *array, struct slice text)
{
	size_t from = 0;

	put_word(array, "\"");
	for (size_t n = 0; n < text.size; n++) {
		unsigned char c = (unsigned char)text.at[n];

		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		put(array, text.at + from, n - from);
		put_escape(array, text.at[n]);
		from = n + 1;
	}
	put(array, text.at + from, text.size - from);
	put_word(array, "\"");
}

/* The shortest of two precisions that reads back as the same number. */
static void put_real(struct json_array *array, double real)
{
	char text[NUMBER_BYTES];

	snprintf(text, sizeof(text), "%.15g", real);
	if (strtod(text, NULL) != real)
		snprintf(text, sizeof(text), "%.17g", real);
	for (char *at = text; *at != '\0'; at++) /* the point of another locale */
		if (!strchr("0123456789+-e", *at))
			*at = '.';
	put_word(array, text);
	if (!strpbrk(text, ".e"))
		put_word(array, ".0");
}

static void put_integer(struct json_array *array, enum field_type type, int64_t integer)
{
	char text[NUMBER_BYTES];

	snprintf(text, sizeof(text), "%" PRId64, integer);
	if (type == FIELD_BOOLEAN)
		put_word(array, integer ? "true" : "false");
	else
		put_word(array, text);
}

void json_array_add(struct json_array *array, enum field_type type, const struct value *value)
{
	put_word(array, array->count++ > 0 ? "," : "[");
	if (value->kind == VALUE_INTEGER)
		put_integer(array, type, value->integer);
	else if (value->kind == VALUE_REAL)
		put_real(array, value->real);
	else if (type == FIELD_JSON)
		put(array, value->text.at, value->text.size);
	else
		put_string(array, value->text);
}

struct slice json_array_end(struct json_array *array)
{
	put_word(array, array->count > 0 ? "]" : "[]");
	return (struct slice){ array->at, array->size };
}
