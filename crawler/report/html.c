#include "report/html.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "show/glyph.h"

#define MARKUP_MAX 1024 /* bytes of one call, with its numbers */

void html_free(struct html *html)
{
	free(html->bytes);
	*html = (struct html){ .bytes = NULL };
}

void html_own(struct html *html, struct slice markup)
{
	if (markup.size == 0)
		return;
	if (html->room - html->size < markup.size) {
		html->room = html->room * 2 + markup.size + 4096;
		html->bytes = memory_resize(html->bytes, html->room);
	}
	memcpy(html->bytes + html->size, markup.at, markup.size);
	html->size += markup.size;
}

/* Is every conversion of a printf format one of a number? */
static bool has_numbers_only(const char *format)
{
	for (const char *at = strchr(format, '%'); at; at = strchr(at + 1, '%')) {
		at += 1 + strspn(at + 1, " .*0123456789lhzj+-");
		if (!strchr("%diuxXfg", *at) || *at == '\0')
			return false;
	}
	return true;
}

void html_markup_format(struct html *html, const char *format, ...)
{
	char text[MARKUP_MAX];
	va_list arguments;
	int size;

	assert(has_numbers_only(format));
	va_start(arguments, format);
	size = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	assert(size >= 0 && (size_t)size < sizeof(text));
	html_own(html, (struct slice){ text, (size_t)size });
}

/* Code points that no text has: a reader of HTML complains about them. */
static bool is_noncharacter(uint32_t code)
{
	return (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
}

/* What stands for a character that is not shown as it is, or NULL. */
static const char *stand_in(uint32_t code)
{
	switch (code) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\n':
	case '\t':
		return NULL;
	case '\r':
		return " ";
	default:
		return glyph_is_control(code) || is_noncharacter(code) ? "?" : NULL;
	}
}

/* The characters that text begins with which are shown as they are: their bytes. */
static size_t plain_bytes(struct slice text, size_t *characters)
{
	size_t at = 0;

	while (*characters > 0 && at < text.size) {
		uint32_t code;
		size_t bytes = glyph_decode((struct slice){ text.at + at, text.size - at }, &code);

		if (stand_in(code))
			break;
		at += bytes;
		--*characters;
	}
	return at;
}

/* Each byte of a character that is not shown is a '?', as on a terminal. */
static void put_stand_in(struct html *html, const char *text, size_t bytes)
{
	size_t times = strcmp(text, "?") == 0 ? bytes : 1;

	while (times-- > 0)
		html_own(html, slice_of(text));
}

/* Returns what is left of the text behind the characters that were written. */
static struct slice put_characters(struct html *html, struct slice text, size_t characters)
{
	while (text.size > 0 && characters > 0) {
		size_t plain = plain_bytes(text, &characters), bytes;
		uint32_t code;

		html_own(html, (struct slice){ text.at, plain });
		text = (struct slice){ text.at + plain, text.size - plain };
		if (text.size == 0 || characters == 0)
			break;
		bytes = glyph_decode(text, &code);
		put_stand_in(html, stand_in(code), bytes);
		text = (struct slice){ text.at + bytes, text.size - bytes };
		characters--;
	}
	return text;
}

void html_text(struct html *html, struct slice text)
{
	put_characters(html, text, SIZE_MAX);
}

void html_words(struct html *html, const char *text)
{
	html_text(html, slice_of(text));
}

void html_cut(struct html *html, struct slice text, size_t characters_max)
{
	if (put_characters(html, text, characters_max).size > 0)
		html_markup(html, "…");
}

void html_part(struct html *html, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (ascii_is_letter(text.at[i]) || ascii_is_digit(text.at[i]) ||
		    (text.at[i] != '\0' && strchr("-_.~", text.at[i])))
			html_own(html, (struct slice){ text.at + i, 1 });
		else
			html_markup(html, "%%%02X", (unsigned)(unsigned char)text.at[i]);
	}
}
