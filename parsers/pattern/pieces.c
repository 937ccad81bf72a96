#include "parsers/pattern/pieces.h"

#include <pcre2.h>
#include <stdlib.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"

static int add(pcre2_callout_enumerate_block *block, void *context)
{
	struct pieces *pieces = context;
	struct piece piece = { .at = block->pattern_position, .size = block->next_item_length };
	const struct piece *last = pieces->count > 0 ? &pieces->list[pieces->count - 1] : NULL;

	/* The end; what PCRE2 writes out twice, of "(a){2}"; and what it sees behind the end, of
	 * "(?i)(?i)" (10.42). */
	if (piece.size == 0 || piece.at + piece.size > pieces->text.size ||
	    (last && piece.at < last->at + last->size))
		return 0;
	if (pieces->count == PIECES_MAX)
		return 1;
	pieces->list[pieces->count++] = piece;
	return 0;
}

static void read_places(struct pieces *pieces, uint32_t options)
{
	PCRE2_SIZE offset;
	int error;
	pcre2_code *code =
		pcre2_compile((PCRE2_SPTR)pieces->text.at, pieces->text.size,
			      options | PCRE2_UTF | PCRE2_AUTO_CALLOUT, &error, &offset, NULL);

	if (!code || pcre2_callout_enumerate(code, add, pieces) != 0)
		pieces->count = 0;
	pcre2_code_free(code);
}

static bool holds(struct slice text, const char *two)
{
	return memmem(text.at, text.size, two, 2) != NULL;
}

/* From the end of the piece before, for "\Q" may begin the text. */
static void find_quoted(struct pieces *pieces)
{
	size_t from = 0;
	bool is_quoted = false;

	for (size_t i = 0; i < pieces->count; i++) {
		struct piece *piece = &pieces->list[i];
		struct slice gap = { pieces->text.at + from, piece->at - from };
		struct slice text = { pieces->text.at + piece->at, piece->size };

		is_quoted = is_quoted || holds(gap, "\\Q");
		piece->is_quoted = is_quoted;
		if (is_quoted ? holds(text, "\\E") : holds(text, "\\Q"))
			is_quoted = !is_quoted;
		from = piece->at + piece->size;
	}
}

/* "(?i)", "(?1)", "(?&name)", "(?P=name)", "(*FAIL)": what begins as a group and is none. */
static bool is_whole(struct slice text)
{
	const char *at = text.at + 1, *end = text.at + text.size;

	if (at < end && *at == '*')
		return at + 1 < end && (at[1] == ':' || (at[1] >= 'A' && at[1] <= 'Z'));
	if (at == end || *at++ != '?' || at == end)
		return false;
	if (*at == 'P')
		return at + 1 < end && (at[1] == '>' || at[1] == '=');
	if (*at == '&' || *at == 'R' || *at == 'C' || *at == '+' || ascii_is_digit(*at))
		return true;
	if (*at == '-' && at + 1 < end && ascii_is_digit(at[1]))
		return true;
	while (at < end && (ascii_is_letter(*at) || *at == '^' || *at == '-'))
		at++;
	return at < end && *at == ')';
}

static enum piece_kind kind_of(const struct pieces *pieces, const struct piece *piece)
{
	struct slice text = { pieces->text.at + piece->at, piece->size };

	if (piece->is_quoted)
		return PIECE_ATOM;
	switch (text.at[0]) {
	case '(':
		return is_whole(text) ? PIECE_ATOM : PIECE_OPEN;
	case '|':
		return PIECE_BAR;
	case ')':
		return PIECE_CLOSE;
	default:
		return PIECE_ATOM;
	}
}

/* Returns false if groups do not close as they open. */
static bool find_partners(struct pieces *pieces)
{
	size_t *open = memory_new(pieces->count + 1, sizeof(*open)), depth = 0;
	bool is_sound = true;

	for (size_t i = 0; i < pieces->count && is_sound; i++) {
		struct piece *piece = &pieces->list[i];

		piece->kind = kind_of(pieces, piece);
		if (piece->kind == PIECE_OPEN)
			open[depth++] = i;
		if (piece->kind != PIECE_CLOSE)
			continue;
		is_sound = depth > 0;
		if (!is_sound)
			break;
		piece->partner = open[--depth];
		pieces->list[piece->partner].partner = i;
	}
	free(open);
	return is_sound && depth == 0;
}

struct pieces pieces_of(struct slice text, uint32_t options)
{
	struct pieces pieces = { .text = text };

	/* A piece has a byte at least. */
	pieces.list = memory_new((text.size < PIECES_MAX ? text.size : PIECES_MAX) + 1,
				 sizeof(*pieces.list));
	read_places(&pieces, options);
	find_quoted(&pieces);
	if (!find_partners(&pieces))
		pieces.count = 0;
	return pieces;
}

void pieces_free(struct pieces *pieces)
{
	free(pieces->list);
	*pieces = (struct pieces){ 0 };
}

struct slice pieces_text(const struct pieces *pieces, size_t number)
{
	const struct piece *first = &pieces->list[number];
	const struct piece *last =
		first->kind == PIECE_OPEN ? &pieces->list[first->partner] : first;

	return (struct slice){ pieces->text.at + first->at, last->at + last->size - first->at };
}

size_t pieces_next(const struct pieces *pieces, size_t number)
{
	const struct piece *piece = &pieces->list[number];

	return (piece->kind == PIECE_OPEN ? piece->partner : number) + 1;
}

size_t pieces_alternative_end(const struct pieces *pieces, size_t first)
{
	while (first < pieces->count && pieces->list[first].kind != PIECE_BAR &&
	       pieces->list[first].kind != PIECE_CLOSE)
		first = pieces_next(pieces, first);
	return first;
}

/* Is there no quantifier behind these bytes?  Other things may be: white space with x, "\\E". */
static bool is_bare(struct slice text, size_t size)
{
	for (; size < text.size; size++)
		if (strchr("*+?{", text.at[size]))
			return false;
	return true;
}

bool pieces_is_literal(const struct pieces *pieces, size_t number, struct slice *character)
{
	const struct piece *piece = &pieces->list[number];
	struct slice text = { pieces->text.at + piece->at, piece->size };
	bool is_escaped = !piece->is_quoted && text.size == 2 && text.at[0] == '\\' &&
			  !ascii_is_letter(text.at[1]) && !ascii_is_digit(text.at[1]);

	if (piece->kind != PIECE_ATOM)
		return false;
	*character = (struct slice){ text.at + is_escaped, text.size - is_escaped };
	if (is_escaped)
		return true;
	if (!piece->is_quoted && strchr(".^$[\\(", text.at[0]))
		return false;
	character->size = utf8_step(text.at, text.at + text.size);
	return is_bare(text, character->size);
}

bool pieces_is_repeat(const struct pieces *pieces, size_t number)
{
	struct slice text = ascii_trim(pieces_text(pieces, number));
	const char *end = text.at + text.size;

	if (pieces->list[number].is_quoted || text.size < 2)
		return false;
	if ((end[-1] == '?' || end[-1] == '+') && text.size > 2 && strchr("*+}", end[-2]))
		end--;
	if (end[-1] == '}')
		return end[-2] == ',';
	return (end[-1] == '*' || end[-1] == '+') && end[-2] != '\\';
}

/* Is the '}' that ends text one of "{2,}", not of "\\x{41}"? */
static bool ends_in_count(struct slice text)
{
	const char *open = memrchr(text.at, '{', text.size);
	size_t inner = open ? (size_t)(text.at + text.size - 1 - (open + 1)) : 0;

	return open && inner > 0 && strspn(open + 1, "0123456789,") == inner &&
	       !(open == text.at + 2 && text.at[0] == '\\');
}

bool pieces_is_counted(const struct pieces *pieces, size_t number)
{
	struct slice text = ascii_trim(pieces_text(pieces, number));

	if (pieces->list[number].is_quoted || text.size < 3)
		return false;
	if (strchr("?+", text.at[text.size - 1]) && text.at[text.size - 2] == '}')
		text.size--;
	return text.at[text.size - 1] == '}' && ends_in_count(text);
}

size_t pieces_place(const struct pieces *pieces, size_t number)
{
	return number < pieces->count ? pieces->list[number].at : pieces->text.size;
}

size_t pieces_beginning(const struct pieces *pieces, size_t first)
{
	return first > 0 ? pieces->list[first - 1].at + pieces->list[first - 1].size
			 : pieces_place(pieces, 0);
}
