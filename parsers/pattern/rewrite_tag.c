#include "parsers/pattern/rewrite.h"

#include "parsers/text/ascii.h"

#define ATTRIBUTES_MAX 8

/* The pieces of an opening tag: "<", its name, attributes, what ends it. */
struct tag {
	bool is_entered; /* the expression begins within it, with an attribute: class="a">(.*?)< */
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
	return is_of_name(pieces, piece) &&
	       rewriting_is_character(pieces, name_end(pieces, piece), '=');
}

static bool is_end_of_level(const struct pieces *pieces, size_t piece)
{
	return piece >= pieces->count || pieces->list[piece].kind == PIECE_BAR ||
	       pieces->list[piece].kind == PIECE_CLOSE;
}

static bool is_between(const struct pieces *pieces, size_t piece)
{
	return rewriting_is_space(pieces, piece) || rewriting_is_any_space(pieces, piece) ||
	       rewriting_is_gap(pieces, piece);
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
		if (rewriting_is_quote(pieces, piece))
			is_in_quotes = !is_in_quotes;
		else if (!is_in_quotes &&
			 (is_between(pieces, piece) || rewriting_is_character(pieces, piece, '>') ||
			  rewriting_is_character(pieces, piece, '/')))
			break;
	}
	return piece;
}

/*
 * Its attributes from a piece on, each behind something that divides it from what is before.
 * Returns the piece behind the last.
 */
static size_t read_attributes(struct tag *tag, const struct pieces *pieces, size_t piece)
{
	size_t next = behind_space(pieces, piece);
	bool is_divided = tag->is_entered || next > piece;

	while (is_divided && is_attribute(pieces, next) && tag->count < ATTRIBUTES_MAX) {
		piece = attribute_end(pieces, next);
		tag->attributes[tag->count].begin = next;
		tag->attributes[tag->count++].end = piece;
		next = behind_space(pieces, piece);
		is_divided = next > piece;
	}
	return piece;
}

/* Read the tag that begins at a piece.  Returns false if there is none, or none with attributes. */
static bool read_tag(struct tag *tag, const struct pieces *pieces, size_t piece)
{
	size_t next;

	*tag = (struct tag){ .is_entered = piece == 0 && is_attribute(pieces, piece) };
	if (!tag->is_entered)
		tag->name_end = name_end(pieces, piece + 1);
	if (!tag->is_entered &&
	    (!rewriting_is_character(pieces, piece, '<') || tag->name_end == piece + 1))
		return false;
	piece = read_attributes(tag, pieces, tag->name_end);
	next = behind_space(pieces, piece);
	if (rewriting_is_character(pieces, next, '/') &&
	    rewriting_is_character(pieces, next + 1, '>'))
		next++;
	tag->is_closed = rewriting_is_character(pieces, next, '>');
	tag->end = tag->is_closed ? next + 1 : piece;
	return tag->count > 0;
}

/* "<name" of a tag with attributes, and then "</name": without them anything would match. */
static bool is_name_that_may_change(struct rewriting *rewriting, size_t piece)
{
	const struct pieces *pieces = rewriting->pieces;
	struct tag tag;

	if (piece > 0 && rewriting_is_character(pieces, piece, '/') &&
	    rewriting_is_character(pieces, piece - 1, '<'))
		return rewriting->has_changed_tag;
	return read_tag(&tag, pieces, piece) && !tag.is_entered &&
	       !rewriting_is_gap(pieces, tag.name_end);
}

static size_t write_tag_name(struct rewriting *rewriting, size_t piece)
{
	rewriting_keep(rewriting, piece);
	if (!is_name_that_may_change(rewriting, piece) || !rewriting_chooses(rewriting))
		return piece + 1;
	rewriting->has_changed_tag = true;
	fputs("\\w+", rewriting->out);
	return name_end(rewriting->pieces, piece + 1);
}

char *rewrite_tag(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewriting_run(expression, options, choice, NULL, write_tag_name);
}

static void write_attributes(struct rewriting *rewriting, const struct tag *tag,
			     bool is_in_any_order)
{
	for (size_t i = 0; i < tag->count; i++) {
		fputs(is_in_any_order ? "(?=[^>]*?\\s" : "[^>]*?\\s", rewriting->out);
		for (size_t piece = tag->attributes[i].begin; piece < tag->attributes[i].end;
		     piece = pieces_next(rewriting->pieces, piece))
			rewriting_keep_whole(rewriting, piece);
		if (is_in_any_order)
			fputc(')', rewriting->out);
	}
}

static size_t write_tag(struct rewriting *rewriting, size_t piece, bool is_in_any_order)
{
	const struct pieces *pieces = rewriting->pieces;
	struct tag tag;

	if (!read_tag(&tag, pieces, piece) || !rewriting_chooses(rewriting)) {
		rewriting_keep(rewriting, piece);
		return piece + 1;
	}
	if (tag.is_entered)
		fputs("<\\w+", rewriting->out);
	for (; piece < tag.name_end; piece++)
		rewriting_keep(rewriting, piece);
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
	return rewriting_run(expression, options, choice, NULL, write_between);
}

char *rewrite_order(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewriting_run(expression, options, choice, NULL, write_order);
}

/* ---- class="..." ---- */

/* Is the quote behind "class="? */
static bool begins_class(const struct pieces *pieces, size_t piece)
{
	static const char name[] = "class=";

	if (!rewriting_is_quote(pieces, piece) || piece < strlen(name))
		return false;
	for (size_t i = 0; i < strlen(name); i++)
		if (!rewriting_is_character(pieces, piece - strlen(name) + i, name[i]))
			return false;
	return true;
}

/* The quote that ends what one begins, with nothing but characters between; or count. */
static size_t end_of_class(const struct pieces *pieces, size_t piece)
{
	struct slice character;

	for (piece++; piece < pieces->count && !rewriting_is_quote(pieces, piece); piece++)
		if (!pieces_is_literal(pieces, piece, &character))
			return pieces->count;
	return piece;
}

static size_t write_class_value(struct rewriting *rewriting, size_t piece)
{
	size_t end = rewriting->pieces->count;

	if (begins_class(rewriting->pieces, piece))
		end = end_of_class(rewriting->pieces, piece);
	rewriting_keep(rewriting, piece++);
	if (end == rewriting->pieces->count || !rewriting_chooses(rewriting))
		return piece;
	fputs("(?:[^\"'>]*\\s)?", rewriting->out);
	while (piece < end)
		rewriting_keep(rewriting, piece++);
	fputs("(?:\\s[^\"'>]*)?", rewriting->out);
	return piece;
}

char *rewrite_class(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewriting_run(expression, options, choice, NULL, write_class_value);
}
