#include "parsers/pattern/rewrite.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/markup/html.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

#define ANY_SPACE  "\\s"
#define WIDE_SPACE "(?:[\\s\\x{A0}]|&nbsp;|&#160;)"

/* A rewriting under way. */
struct rewriting {
	const struct pieces *pieces;
	FILE *out;
	const char *space; /* that stands for any white space */
	struct rewrite_choice *choice;
	bool is_in_quotes, is_pair_chosen, has_changed_tag;
};

/* Another change that could be made alone: is it? */
static bool is_chosen(struct rewriting *rewriting)
{
	unsigned number = rewriting->choice->changes++;

	return number >= REWRITE_CHOICES_MAX || !(rewriting->choice->left_out >> number & 1);
}

/* ---- what pieces are ---- */

static bool is_character(const struct pieces *pieces, size_t piece, char wanted)
{
	struct slice character;

	return piece < pieces->count && pieces_is_literal(pieces, piece, &character) &&
	       character.at[0] == wanted;
}

static bool is_quote(const struct pieces *pieces, size_t piece)
{
	return is_character(pieces, piece, '"') || is_character(pieces, piece, '\'');
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
static bool is_space(const struct pieces *pieces, size_t piece)
{
	struct slice character;

	if (piece >= pieces->count)
		return false;
	if (pieces_is_literal(pieces, piece, &character))
		return ascii_is_white(character.at[0]);
	return BEGINS_WITH(pieces, piece, "\\n", "\\r", "\\t", "\\R");
}

/* Any white space, with or without a quantifier. */
static bool is_any_space(const struct pieces *pieces, size_t piece)
{
	return piece < pieces->count && BEGINS_WITH(pieces, piece, "\\s");
}

/* What may hold anything: what stands between two attributes of a tag, for some. */
static bool is_gap(const struct pieces *pieces, size_t piece)
{
	return piece < pieces->count && pieces->list[piece].kind == PIECE_ATOM &&
	       pieces_is_repeat(pieces, piece) && BEGINS_WITH(pieces, piece, ".", "[^>]", "[^<>]");
}

/* ---- writing ---- */

static void keep(struct rewriting *rewriting, size_t piece)
{
	const struct piece *one = &rewriting->pieces->list[piece];

	fwrite(rewriting->pieces->text.at + one->at, 1, one->size, rewriting->out);
}

/* A piece, with its group if it opens one. */
static void keep_whole(struct rewriting *rewriting, size_t piece)
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

/* Writes a piece, and maybe some behind it.  Returns the piece behind what was written. */
typedef size_t piece_function(struct rewriting *rewriting, size_t piece);

static char *rewrite(const char *expression, uint32_t options, struct rewrite_choice *choice,
		     const char *space, piece_function *write_piece)
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

/* ---- quotes ---- */

/* A class that knows one of the quotes. */
static bool is_class_of_quote(const struct rewriting *rewriting, size_t piece)
{
	struct slice text = pieces_text(rewriting->pieces, piece);

	return text.at[0] == '[' && !rewriting->pieces->list[piece].is_quoted &&
	       !memchr(text.at, '"', text.size) != !memchr(text.at, '\'', text.size);
}

/* It knows the others as well. */
static void write_class(struct rewriting *rewriting, size_t piece, const char *quotes)
{
	struct slice text = pieces_text(rewriting->pieces, piece);

	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] == '"' || text.at[i] == '\'')
			fputs(quotes, rewriting->out);
		else
			fputc(text.at[i], rewriting->out);
	}
}

/* What is changed with a pair of quotes: those two, and a class between them. */
static bool is_pair_chosen(struct rewriting *rewriting, size_t piece)
{
	if (!rewriting->is_in_quotes)
		rewriting->is_pair_chosen = is_chosen(rewriting);
	if (is_quote(rewriting->pieces, piece))
		rewriting->is_in_quotes = !rewriting->is_in_quotes;
	return rewriting->is_pair_chosen;
}

static size_t write_quotes(struct rewriting *rewriting, size_t piece)
{
	bool is_found = is_quote(rewriting->pieces, piece) || is_class_of_quote(rewriting, piece);

	if (!is_found || !is_pair_chosen(rewriting, piece))
		keep(rewriting, piece);
	else if (is_quote(rewriting->pieces, piece))
		fputs("[\"']", rewriting->out);
	else
		write_class(rewriting, piece, "\"'");
	return piece + 1;
}

/* A value without quotes ends where the next attribute begins, or the tag ends. */
static size_t write_unquoted(struct rewriting *rewriting, size_t piece)
{
	bool is_found = is_quote(rewriting->pieces, piece) || is_class_of_quote(rewriting, piece);

	if (!is_found || !is_pair_chosen(rewriting, piece))
		keep(rewriting, piece);
	else if (!is_quote(rewriting->pieces, piece))
		write_class(rewriting, piece, "\"'\\s>");
	else if (rewriting->is_in_quotes)
		fputs("[\"']?", rewriting->out);
	else
		fputs("(?:[\"']|(?=[\\s>]))", rewriting->out);
	return piece + 1;
}

char *rewrite_quotes(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewrite(expression, options, choice, NULL, write_quotes);
}

char *rewrite_unquoted(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewrite(expression, options, choice, NULL, write_unquoted);
}

/* ---- white space ---- */

static size_t behind_spaces(const struct pieces *pieces, size_t piece)
{
	while (is_space(pieces, piece))
		piece++;
	return piece;
}

/* White space that begins with a piece divides nothing at the end of a tag, or between two. */
static bool may_be_missing(const struct pieces *pieces, size_t piece)
{
	size_t behind = behind_spaces(pieces, piece);

	return (piece > 0 && is_character(pieces, piece - 1, '>')) ||
	       is_character(pieces, behind, '<') || is_character(pieces, behind, '>') ||
	       is_character(pieces, behind, '/');
}

/* White space of whatever form: as much as there is, or, of "\\s*", as its quantifier says. */
static size_t write_white(struct rewriting *rewriting, size_t piece)
{
	struct slice text = pieces_text(rewriting->pieces, piece);

	if (!is_chosen(rewriting)) {
		keep(rewriting, piece);
		return piece + 1;
	}
	if (is_any_space(rewriting->pieces, piece)) {
		fprintf(rewriting->out, "%s%.*s", rewriting->space, (int)text.size - 2,
			text.at + 2);
		return piece + 1;
	}
	fprintf(rewriting->out, "%s%c", rewriting->space,
		may_be_missing(rewriting->pieces, piece) ? '*' : '+');
	return behind_spaces(rewriting->pieces, piece);
}

static void write_maybe_white(struct rewriting *rewriting)
{
	if (is_chosen(rewriting))
		fprintf(rewriting->out, "%s*", rewriting->space);
}

/* There may be some before "<" and behind ">", and around "=". */
static size_t write_space(struct rewriting *rewriting, size_t piece)
{
	const struct pieces *pieces = rewriting->pieces;

	if (is_space(pieces, piece) || is_any_space(pieces, piece))
		return write_white(rewriting, piece);
	if (is_character(pieces, piece, '<') || is_character(pieces, piece, '='))
		write_maybe_white(rewriting);
	keep(rewriting, piece);
	if (is_character(pieces, piece, '>') || is_character(pieces, piece, '='))
		write_maybe_white(rewriting);
	return piece + 1;
}

char *rewrite_space(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewrite(expression, options, choice, ANY_SPACE, write_space);
}

char *rewrite_nbsp(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewrite(expression, options, choice, WIDE_SPACE, write_space);
}

/* ---- references ---- */

char *rewrite_characters(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	size_t size = strlen(expression);
	char *made = memory_text(expression, size);

	(void)options;
	choice->changes = 0;
	made[html_decode((struct slice){ made, size }, made)] = '\0';
	return made;
}

/* ---- the attributes of a tag ---- */

#define ATTRIBUTES_MAX 8

/* The pieces of an opening tag: "<", its name, attributes, what ends it. */
struct tag {
	size_t name_end;
	struct {
		size_t begin, end;
	} attributes[ATTRIBUTES_MAX];
	size_t count;
	size_t end;     /* behind it, and behind its ">" */
	bool is_closed; /* there is one */
};

/* Of the name of a tag or an attribute, which begins with a letter. */
static bool is_of_name(const struct pieces *pieces, size_t piece)
{
	struct slice character;
	char c;

	if (piece >= pieces->count || !pieces_is_literal(pieces, piece, &character))
		return false;
	c = character.at[0];
	return ascii_is_letter(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == ':';
}

static size_t name_end(const struct pieces *pieces, size_t piece)
{
	while (is_of_name(pieces, piece))
		piece++;
	return piece;
}

static bool is_attribute(const struct pieces *pieces, size_t piece)
{
	return is_of_name(pieces, piece) && is_character(pieces, name_end(pieces, piece), '=');
}

static bool is_end_of_level(const struct pieces *pieces, size_t piece)
{
	return piece >= pieces->count || pieces->list[piece].kind == PIECE_BAR ||
	       pieces->list[piece].kind == PIECE_CLOSE;
}

static bool is_between(const struct pieces *pieces, size_t piece)
{
	return is_space(pieces, piece) || is_any_space(pieces, piece) || is_gap(pieces, piece);
}

static size_t behind_space(const struct pieces *pieces, size_t piece)
{
	while (is_between(pieces, piece))
		piece++;
	return piece;
}

/* Up to what divides attributes, or ends the tag, outside quotes. */
static size_t attribute_end(const struct pieces *pieces, size_t piece)
{
	bool is_in_quotes = false;

	for (; !is_end_of_level(pieces, piece); piece = pieces_next(pieces, piece)) {
		if (is_quote(pieces, piece))
			is_in_quotes = !is_in_quotes;
		else if (!is_in_quotes &&
			 (is_between(pieces, piece) || is_character(pieces, piece, '>') ||
			  is_character(pieces, piece, '/')))
			break;
	}
	return piece;
}

/* Read the tag that begins at a piece.  Returns false if there is none, or none with attributes. */
static bool read_tag(struct tag *tag, const struct pieces *pieces, size_t piece)
{
	size_t next = piece;

	*tag = (struct tag){ .name_end = name_end(pieces, piece + 1) };
	if (!is_character(pieces, piece, '<') || tag->name_end == piece + 1)
		return false;
	piece = tag->name_end;
	for (next = behind_space(pieces, piece);
	     next > piece && is_attribute(pieces, next) && tag->count < ATTRIBUTES_MAX;
	     next = behind_space(pieces, piece)) {
		piece = attribute_end(pieces, next);
		tag->attributes[tag->count].begin = next;
		tag->attributes[tag->count++].end = piece;
	}
	if (is_character(pieces, next, '/') && is_character(pieces, next + 1, '>'))
		next++;
	tag->is_closed = is_character(pieces, next, '>');
	tag->end = tag->is_closed ? next + 1 : piece;
	return tag->count > 0;
}

/* "<name" of a tag with attributes, and then "</name": without them anything would match. */
static bool is_name_that_may_change(struct rewriting *rewriting, size_t piece)
{
	const struct pieces *pieces = rewriting->pieces;
	struct tag tag;

	if (piece > 0 && is_character(pieces, piece, '/') && is_character(pieces, piece - 1, '<'))
		return rewriting->has_changed_tag;
	return read_tag(&tag, pieces, piece) && !is_gap(pieces, tag.name_end);
}

static size_t write_tag_name(struct rewriting *rewriting, size_t piece)
{
	keep(rewriting, piece);
	if (!is_name_that_may_change(rewriting, piece) || !is_chosen(rewriting))
		return piece + 1;
	rewriting->has_changed_tag = true;
	fputs("\\w+", rewriting->out);
	return name_end(rewriting->pieces, piece + 1);
}

char *rewrite_tag(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewrite(expression, options, choice, NULL, write_tag_name);
}

static void write_attributes(struct rewriting *rewriting, const struct tag *tag,
			     bool is_in_any_order)
{
	for (size_t i = 0; i < tag->count; i++) {
		fputs(is_in_any_order ? "(?=[^>]*?\\s" : "[^>]*?\\s", rewriting->out);
		for (size_t piece = tag->attributes[i].begin; piece < tag->attributes[i].end;
		     piece = pieces_next(rewriting->pieces, piece))
			keep_whole(rewriting, piece);
		if (is_in_any_order)
			fputc(')', rewriting->out);
	}
}

static size_t write_tag(struct rewriting *rewriting, size_t piece, bool is_in_any_order)
{
	const struct pieces *pieces = rewriting->pieces;
	struct tag tag;

	if (!read_tag(&tag, pieces, piece) || !is_chosen(rewriting)) {
		keep(rewriting, piece);
		return piece + 1;
	}
	for (; piece < tag.name_end; piece++)
		keep(rewriting, piece);
	write_attributes(rewriting, &tag, is_in_any_order);
	if (tag.is_closed)
		fputs("[^>]*>", rewriting->out);
	return tag.end;
}

static size_t write_between(struct rewriting *rewriting, size_t piece)
{
	return write_tag(rewriting, piece, false);
}

static size_t write_order(struct rewriting *rewriting, size_t piece)
{
	return write_tag(rewriting, piece, true);
}

char *rewrite_between(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewrite(expression, options, choice, NULL, write_between);
}

char *rewrite_order(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewrite(expression, options, choice, NULL, write_order);
}
