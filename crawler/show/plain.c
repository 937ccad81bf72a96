#include "show/plain.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "show/glyph.h"

/* How many bytes text begins with that may be shown. */
static size_t shown_bytes(struct slice text)
{
	struct slice rest = text;

	while (rest.size > 0) {
		uint32_t code;
		size_t bytes = glyph_decode(rest, &code);

		if (glyph_is_control(code) && code != '\n' && code != '\t')
			break;
		rest = (struct slice){ rest.at + bytes, rest.size - bytes };
	}
	return text.size - rest.size;
}

void plain_make(char *text, size_t size)
{
	struct slice rest = { text, size };

	for (;;) {
		size_t shown = shown_bytes(rest), bytes;
		uint32_t code;

		text += shown;
		rest = (struct slice){ text, rest.size - shown };
		if (rest.size == 0)
			return;
		bytes = glyph_decode(rest, &code);
		memset(text, '?', bytes);
	}
}

void plain_write(FILE *out, struct slice text)
{
	while (text.size > 0) {
		size_t shown = shown_bytes(text), bytes = 0;
		uint32_t code;

		fwrite(text.at, 1, shown, out);
		text = (struct slice){ text.at + shown, text.size - shown };
		if (text.size > 0)
			bytes = glyph_decode(text, &code);
		for (size_t i = 0; i < bytes; i++)
			putc('?', out);
		text = (struct slice){ text.at + bytes, text.size - bytes };
	}
}

bool plain_is_terminal(FILE *out)
{
	return isatty(fileno(out));
}

void plain_write_data(FILE *out, struct slice text)
{
	if (plain_is_terminal(out))
		plain_write(out, text);
	else
		fwrite(text.at, 1, text.size, out);
}
