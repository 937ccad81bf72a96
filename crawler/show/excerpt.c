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

struct extent {
	size_t bytes, columns;
};

/*
 * Up to so many columns from the beginning of text, white space squeezed.  out may be NULL: then it
 * is only measured.  Returns what was read and shown.
 */
static struct extent show_some(FILE *out, struct slice text, size_t most)
{
	struct extent shown = { 0, 0 };
	bool was_white = false;

	while (shown.bytes < text.size) {
		struct slice rest = { text.at + shown.bytes, text.size - shown.bytes };
		uint32_t code;
		size_t bytes = glyph_decode(rest, &code);
		bool is_shown =
			is_white(code) ? !was_white : code != GLYPH_BAD && !glyph_is_control(code);
		size_t width = !is_shown ? 0 : is_white(code) ? 1 : glyph_width(code);

		if (shown.columns + width > most)
			break;
		if (is_shown && out)
			fwrite(is_white(code) ? " " : rest.at, 1, is_white(code) ? 1 : bytes, out);
		was_white = is_white(code);
		shown.bytes += bytes;
		shown.columns += width;
	}
	return shown;
}

/* The last so many columns of text, before white space is squeezed: where they begin. */
static size_t last_columns(struct slice text, size_t most)
{
	size_t at = text.size, columns = 0;

	while (at > 0) {
		size_t bytes = glyph_back(text, at);
		uint32_t code;

		glyph_decode((struct slice){ text.at + at - bytes, bytes }, &code);
		columns += code == GLYPH_BAD ? 1 : glyph_width(code);
		if (columns > most)
			break;
		at -= bytes;
	}
	return at;
}

static void show_end(FILE *out, struct slice text, size_t most)
{
	size_t at = last_columns(text, most);

	show_some(out, (struct slice){ text.at + at, text.size - at }, most);
}

/* A match that is too long: its beginning and its end, so many columns, and the ellipsis. */
static void show_match(FILE *out, struct slice matched, size_t most)
{
	size_t half = most / 2;
	size_t read = show_some(out, matched, half).bytes;
	struct slice rest = { matched.at + read, matched.size - read };

	if (last_columns(rest, half) > 0)
		fputs(ELLIPSIS, out);
	show_end(out, rest, half);
}

void excerpt_text(FILE *out, struct slice text)
{
	show_match(out, text, EXCERPT_MATCH_MAX);
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

/* What is left of a line of so many columns; 0: of one that has no end. */
static size_t room_of(size_t columns, size_t used)
{
	if (columns == 0)
		return EXCERPT_MATCH_MAX + 2 * EXCERPT_CONTEXT_MAX;
	return columns > used + EXCERPT_MATCH_MIN ? columns - used : EXCERPT_MATCH_MIN;
}

static size_t lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

void excerpt_show(FILE *out, struct slice page, struct slice matched, size_t columns,
		  bool is_coloured)
{
	const char *end = matched.at + matched.size;
	int used = fprintf(
		out, "  line %zu: ", excerpt_place(page, (size_t)(matched.at - page.at)).line);
	size_t room = room_of(columns, used > 0 ? (size_t)used : 0);
	size_t most = lesser(room, EXCERPT_MATCH_MAX);
	struct extent whole = show_some(NULL, matched, most);
	bool is_cut = whole.bytes < matched.size;
	size_t context = is_cut ? 0 : lesser(EXCERPT_CONTEXT_MAX, (room - whole.columns) / 2);

	if (is_coloured) {
		fputs(COLOUR_FAINT, out);
		show_end(out, (struct slice){ page.at, (size_t)(matched.at - page.at) }, context);
		fputs(COLOUR_END COLOUR_BEGIN, out);
	}
	if (is_cut)
		show_match(out, matched, most < room ? most : room - 1);
	else
		show_some(out, matched, most);
	if (is_coloured) {
		fputs(COLOUR_END COLOUR_FAINT, out);
		show_some(out, (struct slice){ end, (size_t)(page.at + page.size - end) }, context);
		fputs(COLOUR_END, out);
	}
	fputc('\n', out);
}
