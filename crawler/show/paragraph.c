#include "show/paragraph.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parsers/text/slice.h"
#include "show/glyph.h"
#include "show/log.h"

#define BREAK    "\n    "
#define INDENT   4
#define PART_MAX 1000 /* bytes, with the NUL */

static void append(struct paragraph *paragraph, const char *text, size_t size)
{
	if (paragraph->size + size >= sizeof(paragraph->text))
		return;
	memcpy(paragraph->text + paragraph->size, text, size);
	paragraph->size += size;
	paragraph->text[paragraph->size] = '\0';
}

void paragraph_add(struct paragraph *paragraph, const char *between, const char *format, ...)
{
	char part[PART_MAX];
	size_t between_size = paragraph->size > 0 ? strlen(between) : 0, width;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(part, sizeof(part), format, arguments);
	va_end(arguments);
	width = glyph_text_width(part);
	/* The last column is for the comma of a part to come. */
	if (between_size > 0 && !log_is_json() &&
	    paragraph->column + between_size + width >= PARAGRAPH_COLUMNS) {
		while (between_size > 0 && between[between_size - 1] == ' ')
			between_size--;
		append(paragraph, between, between_size);
		append(paragraph, BREAK, sizeof(BREAK) - 1);
		paragraph->column = INDENT;
	} else {
		append(paragraph, between, between_size);
		paragraph->column += between_size;
	}
	append(paragraph, part, strlen(part));
	paragraph->column += width;
}

void paragraph_say(const struct paragraph *paragraph)
{
	if (paragraph->size > 0)
		log_say("%s", paragraph->text);
}
