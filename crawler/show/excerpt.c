#include "show/excerpt.h"

#include <stdint.h>
#include <stdlib.h>

#include "show/glyph.h"

#define COLOUR_BEGIN "\033[1;32m"
#define COLOUR_MARK  "\033[1;33m"
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

/* ---- a match with its marks ---- */

/* The match cut where marks begin and end: every second part is a mark. */
struct parts {
	struct slice list[2 * EXCERPT_MARKS_MAX + 1];
	size_t count;
};

static int by_place(const void *a, const void *b)
{
	const struct slice *one = a, *other = b;

	if (one->at != other->at)
		return one->at < other->at ? -1 : 1;
	return (one->size < other->size) - (one->size > other->size);
}

/* Of marks that overlap the first, or the longer, counts. */
static struct parts cut_at_marks(const struct excerpt *excerpt)
{
	struct slice marks[EXCERPT_MARKS_MAX];
	size_t count = lesser(excerpt->mark_count, EXCERPT_MARKS_MAX);
	const char *at = excerpt->matched.at, *end = at + excerpt->matched.size;
	struct parts parts = { .count = 0 };

	for (size_t i = 0; i < count; i++)
		marks[i] = excerpt->marks[i];
	qsort(marks, count, sizeof(*marks), by_place);
	for (size_t i = 0; i < count; i++) {
		if (marks[i].at < at || marks[i].at + marks[i].size > end)
			continue;
		parts.list[parts.count++] = (struct slice){ at, (size_t)(marks[i].at - at) };
		parts.list[parts.count++] = marks[i];
		at = marks[i].at + marks[i].size;
	}
	parts.list[parts.count++] = (struct slice){ at, (size_t)(end - at) };
	return parts;
}

static size_t columns_of(struct slice text, size_t most)
{
	return show_some(NULL, text, most).columns;
}

/* A part that may have so many columns. */
static void show_part(FILE *out, struct slice part, size_t most)
{
	if (show_some(NULL, part, most).bytes < part.size)
		show_match(out, part, most - 1);
	else
		show_some(out, part, most);
}

/* Columns that parts may have: marks, and what is between them. */
struct shares {
	size_t mark, between;
};

/* What is left by marks of so many columns is shared equally.  Returns false if that is too little.
 */
static bool share_room(const struct parts *parts, size_t room, struct shares *shares)
{
	size_t marks = 0, between = 0;

	for (size_t i = 0; i < parts->count; i++) {
		if (i % 2)
			marks += columns_of(parts->list[i], shares->mark);
		else
			between += parts->list[i].size > 0;
	}
	if (between == 0 || room < marks + between * EXCERPT_BETWEEN_MIN)
		return false;
	shares->between = (room - marks) / between;
	return true;
}

/* Marks get as much as there is room for. */
static bool find_shares(const struct parts *parts, size_t room, struct shares *shares)
{
	for (shares->mark = EXCERPT_MARK_COLUMNS; shares->mark >= EXCERPT_MARK_MIN; shares->mark--)
		if (share_room(parts, room, shares))
			return true;
	return false;
}

static void show_parts(FILE *out, const struct parts *parts, struct shares shares)
{
	for (size_t i = 0; i < parts->count; i++) {
		fputs(i % 2 ? COLOUR_MARK : COLOUR_BEGIN, out);
		show_part(out, parts->list[i], i % 2 ? shares.mark : shares.between);
		fputs(COLOUR_END, out);
	}
}

/* The match, and what surrounds it in what is left of so many columns. */
static void show_coloured(FILE *out, const struct excerpt *excerpt, size_t room)
{
	struct slice page = excerpt->page, matched = excerpt->matched;
	const char *end = matched.at + matched.size;
	size_t most = lesser(room, EXCERPT_MATCH_MAX);
	struct shares shares = { most, most };
	struct extent whole = show_some(NULL, matched, most);
	bool is_cut = whole.bytes < matched.size;
	size_t context = is_cut ? 0 : lesser(EXCERPT_CONTEXT_MAX, (room - whole.columns) / 2);
	struct parts parts = cut_at_marks(excerpt);

	fputs(COLOUR_FAINT, out);
	show_end(out, (struct slice){ page.at, (size_t)(matched.at - page.at) }, context);
	fputs(COLOUR_END, out);
	if (is_cut && !find_shares(&parts, most, &shares)) {
		fputs(COLOUR_BEGIN, out);
		show_match(out, matched, most < room ? most : room - 1);
		fputs(COLOUR_END, out);
	} else {
		show_parts(out, &parts, shares);
	}
	fputs(COLOUR_FAINT, out);
	show_some(out, (struct slice){ end, (size_t)(page.at + page.size - end) }, context);
	fputs(COLOUR_END, out);
}

static void show_plain(FILE *out, struct slice matched, size_t room)
{
	size_t most = lesser(room, EXCERPT_MATCH_MAX);

	if (show_some(NULL, matched, most).bytes < matched.size)
		show_match(out, matched, most < room ? most : room - 1);
	else
		show_some(out, matched, most);
}

void excerpt_show(FILE *out, const struct excerpt *excerpt, size_t columns, bool is_coloured)
{
	struct excerpt_place place =
		excerpt_place(excerpt->page, (size_t)(excerpt->matched.at - excerpt->page.at));
	int used = fprintf(out, "  %zu:%zu: ", place.line, place.column);
	size_t room = room_of(columns, used > 0 ? (size_t)used : 0);

	if (is_coloured)
		show_coloured(out, excerpt, room);
	else
		show_plain(out, excerpt->matched, room);
	fputc('\n', out);
}
