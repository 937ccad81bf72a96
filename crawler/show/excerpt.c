#include "show/excerpt.h"

#include <stdint.h>

#include "show/glyph.h"

#define COLOUR_BEGIN "\033[1;32m"
#define COLOUR_FAINT "\033[2m"
#define COLOUR_END   "\033[0m"
#define ELLIPSIS     "\xe2\x80\xa6"

static bool is_white(uint32_t code)
{
	return code == ' ' || (code >= '\t' && code <= '\r');
}

/* Up to most characters from the beginning of text, white space squeezed.  Returns the bytes read.
 */
static size_t show_some(FILE *out, struct slice text, size_t most)
{
	size_t at = 0, shown = 0;
	bool was_white = false;

	while (at < text.size && shown < most) {
		uint32_t code;
		size_t bytes = glyph_decode((struct slice){ text.at + at, text.size - at }, &code);

		if (is_white(code)) {
			shown += !was_white;
			if (!was_white)
				fputc(' ', out);
		} else if (code != GLYPH_BAD && !glyph_is_control(code)) {
			fwrite(text.at + at, 1, bytes, out);
			shown++;
		}
		was_white = is_white(code);
		at += bytes;
	}
	return at;
}

/* The last characters of text: where they begin. */
static size_t last_characters(struct slice text, size_t most)
{
	size_t at = text.size;

	for (size_t i = 0; i < most && at > 0; i++)
		at -= glyph_back(text, at);
	return at;
}

static void show_end(FILE *out, struct slice text, size_t most)
{
	size_t at = last_characters(text, most);

	show_some(out, (struct slice){ text.at + at, text.size - at }, most);
}

/* A match that is too long: its beginning and its end. */
static void show_match(FILE *out, struct slice matched)
{
	size_t half = EXCERPT_MATCH_MAX / 2;
	size_t read = show_some(out, matched, half);
	struct slice rest = { matched.at + read, matched.size - read };

	if (last_characters(rest, half) > 0)
		fputs(ELLIPSIS, out);
	show_end(out, rest, half);
}

void excerpt_text(FILE *out, struct slice text)
{
	show_match(out, text);
}

struct excerpt_place excerpt_place(struct slice page, size_t offset)
{
	struct excerpt_place place = { 1, 1 };

	for (size_t at = 0; at < offset && at < page.size; at++) {
		bool is_end = page.at[at] == '\n';

		place.line += is_end;
		place.column = is_end ? 1 : place.column + ((page.at[at] & 0xC0) != 0x80);
	}
	return place;
}

void excerpt_show(FILE *out, struct slice page, struct slice matched, bool is_coloured)
{
	const char *end = matched.at + matched.size;

	fprintf(out, "  line %zu: ", excerpt_place(page, (size_t)(matched.at - page.at)).line);
	if (is_coloured) {
		fputs(COLOUR_FAINT, out);
		show_end(out, (struct slice){ page.at, (size_t)(matched.at - page.at) },
			 EXCERPT_CONTEXT_MAX);
		fputs(COLOUR_END COLOUR_BEGIN, out);
	}
	show_match(out, matched);
	if (is_coloured) {
		fputs(COLOUR_END COLOUR_FAINT, out);
		show_some(out, (struct slice){ end, (size_t)(page.at + page.size - end) },
			  EXCERPT_CONTEXT_MAX);
		fputs(COLOUR_END, out);
	}
	fputc('\n', out);
}
