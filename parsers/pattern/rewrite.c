#include "parsers/pattern/rewrite.h"

#include "parsers/markup/html.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

#define ANY_SPACE  "\\s"
#define WIDE_SPACE "(?:[\\s\\x{A0}]|&nbsp;|&#160;)"

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
		rewriting->is_pair_chosen = rewriting_chooses(rewriting);
	if (rewriting_is_quote(rewriting->pieces, piece))
		rewriting->is_in_quotes = !rewriting->is_in_quotes;
	return rewriting->is_pair_chosen;
}

static size_t write_quotes(struct rewriting *rewriting, size_t piece)
{
	bool is_found =
		rewriting_is_quote(rewriting->pieces, piece) || is_class_of_quote(rewriting, piece);

	if (!is_found || !is_pair_chosen(rewriting, piece))
		rewriting_keep(rewriting, piece);
	else if (rewriting_is_quote(rewriting->pieces, piece))
		fputs("[\"']", rewriting->out);
	else
		write_class(rewriting, piece, "\"'");
	return piece + 1;
}

/* A value without quotes ends where the next attribute begins, or the tag ends. */
static size_t write_unquoted(struct rewriting *rewriting, size_t piece)
{
	bool is_found =
		rewriting_is_quote(rewriting->pieces, piece) || is_class_of_quote(rewriting, piece);

	if (!is_found || !is_pair_chosen(rewriting, piece))
		rewriting_keep(rewriting, piece);
	else if (!rewriting_is_quote(rewriting->pieces, piece))
		write_class(rewriting, piece, "\"'\\s>");
	else if (rewriting->is_in_quotes)
		fputs("[\"']?", rewriting->out);
	else
		fputs("(?:[\"']|(?=[\\s>]))", rewriting->out);
	return piece + 1;
}

char *rewrite_quotes(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewriting_run(expression, options, choice, NULL, write_quotes);
}

char *rewrite_unquoted(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewriting_run(expression, options, choice, NULL, write_unquoted);
}

/* ---- white space ---- */

static size_t behind_spaces(const struct pieces *pieces, size_t piece)
{
	while (rewriting_is_space(pieces, piece))
		piece++;
	return piece;
}

static bool is_mark(const struct pieces *pieces, size_t piece, const char *marks)
{
	for (; *marks != '\0'; marks++)
		if (rewriting_is_character(pieces, piece, *marks))
			return true;
	return false;
}

/* White space that begins with a piece divides nothing: it is beside a mark. */
static bool may_be_missing(const struct pieces *pieces, size_t piece)
{
	return (piece > 0 && is_mark(pieces, piece - 1, ">=:,;{}()")) ||
	       is_mark(pieces, behind_spaces(pieces, piece), "<>/=:,;{}()");
}

/* White space of whatever form: as much as there is, or, of "\\s*", as its quantifier says. */
static size_t write_white(struct rewriting *rewriting, size_t piece)
{
	struct slice text = pieces_text(rewriting->pieces, piece);

	if (!rewriting_chooses(rewriting)) {
		rewriting_keep(rewriting, piece);
		return piece + 1;
	}
	if (rewriting_is_any_space(rewriting->pieces, piece)) {
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
	if (rewriting_chooses(rewriting))
		fprintf(rewriting->out, "%s*", rewriting->space);
}

/* There may be some before "<" and behind ">", and around "=". */
static size_t write_space(struct rewriting *rewriting, size_t piece)
{
	const struct pieces *pieces = rewriting->pieces;

	if (rewriting_is_space(pieces, piece) || rewriting_is_any_space(pieces, piece))
		return write_white(rewriting, piece);
	if (rewriting_is_character(pieces, piece, '<') ||
	    rewriting_is_character(pieces, piece, '='))
		write_maybe_white(rewriting);
	rewriting_keep(rewriting, piece);
	if (rewriting_is_character(pieces, piece, '>') ||
	    rewriting_is_character(pieces, piece, '='))
		write_maybe_white(rewriting);
	return piece + 1;
}

char *rewrite_space(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewriting_run(expression, options, choice, ANY_SPACE, write_space);
}

char *rewrite_nbsp(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewriting_run(expression, options, choice, WIDE_SPACE, write_space);
}

/* ---- backslashes ---- */

/* Of JSON in a string of a script: \"price\": 1, https:\/\/... */
static size_t write_escaped(struct rewriting *rewriting, size_t piece)
{
	const struct pieces *pieces = rewriting->pieces;

	if (rewriting_is_quote(pieces, piece) || rewriting_is_character(pieces, piece, '/'))
		fputs("\\\\*", rewriting->out);
	rewriting_keep(rewriting, piece);
	return piece + 1;
}

char *rewrite_escaped(const char *expression, uint32_t options, struct rewrite_choice *choice)
{
	return rewriting_run(expression, options, choice, NULL, write_escaped);
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
