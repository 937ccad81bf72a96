#include "parsers/pattern/rewriting.h"

#include <stdlib.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

/* Another change that could be made alone: is it? */
bool rewriting_chooses(struct rewriting *rewriting)
{
	unsigned number = rewriting->choice->changes++;

	return number >= REWRITE_CHOICES_MAX || !(rewriting->choice->left_out >> number & 1);
}

/* ---- what pieces are ---- */

bool rewriting_is_character(const struct pieces *pieces, size_t piece, char wanted)
{
	struct slice character;

	return piece < pieces->count && pieces_is_literal(pieces, piece, &character) &&
	       character.at[0] == wanted;
}

bool rewriting_is_quote(const struct pieces *pieces, size_t piece)
{
	return rewriting_is_character(pieces, piece, '"') ||
	       rewriting_is_character(pieces, piece, '\'');
}

static bool begins_with(const struct pieces *pieces, size_t piece, const char *words[],
			size_t count)
{
	struct slice text = pieces_text(pieces, piece);

	if (pieces->list[piece].is_quoted)
		return false;
	for (size_t i = 0; i < count; i++)
		if (text.size >= strlen(words[i]) &&
		    memcmp(text.at, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

#define BEGINS_WITH(pieces, piece, ...)                                 \
	begins_with((pieces), (piece), (const char *[]){ __VA_ARGS__ }, \
		    sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *))

/* A blank, a tab or a line end, by itself or as an escape. */
bool rewriting_is_space(const struct pieces *pieces, size_t piece)
{
	struct slice character;

	if (piece >= pieces->count)
		return false;
	if (pieces_is_literal(pieces, piece, &character))
		return ascii_is_white(character.at[0]);
	return BEGINS_WITH(pieces, piece, "\\n", "\\r", "\\t", "\\R");
}

/* Any white space, with or without a quantifier. */
bool rewriting_is_any_space(const struct pieces *pieces, size_t piece)
{
	return piece < pieces->count && BEGINS_WITH(pieces, piece, "\\s");
}

/* What may hold anything: what stands between two attributes of a tag, for some. */
bool rewriting_is_gap(const struct pieces *pieces, size_t piece)
{
	return piece < pieces->count && pieces->list[piece].kind == PIECE_ATOM &&
	       pieces_is_repeat(pieces, piece) && BEGINS_WITH(pieces, piece, ".", "[^>]", "[^<>]");
}

/* ---- writing ---- */

void rewriting_keep(struct rewriting *rewriting, size_t piece)
{
	const struct piece *one = &rewriting->pieces->list[piece];

	fwrite(rewriting->pieces->text.at + one->at, 1, one->size, rewriting->out);
}

/* A piece, with its group if it opens one. */
void rewriting_keep_whole(struct rewriting *rewriting, size_t piece)
{
	struct slice text = pieces_text(rewriting->pieces, piece);

	fwrite(text.at, 1, text.size, rewriting->out);
}

/* What stands before the first piece: verbs, "\Q". */
static void keep_head(struct rewriting *rewriting)
{
	const struct pieces *pieces = rewriting->pieces;

	fwrite(pieces->text.at, 1, pieces->count > 0 ? pieces->list[0].at : pieces->text.size,
	       rewriting->out);
}

char *rewriting_run(const char *expression, uint32_t options, struct rewrite_choice *choice,
		    const char *space, rewriting_function *write_piece)
{
	struct pieces pieces = pieces_of(slice_of(expression), options);
	struct rewriting rewriting = { .pieces = &pieces, .space = space, .choice = choice };
	char *made = NULL;
	size_t size;

	rewriting.out = open_memstream(&made, &size);
	if (!rewriting.out)
		memory_fail();
	choice->changes = 0;
	keep_head(&rewriting);
	for (size_t piece = 0; piece < pieces.count;)
		piece = write_piece(&rewriting, piece);
	if (fclose(rewriting.out) != 0)
		memory_fail();
	pieces_free(&pieces);
	return made;
}
