#ifndef PIECES_H
#define PIECES_H

#include "parsers/text/slice.h"
#include <stdint.h>

/*
 * pieces: a regular expression cut where PCRE2 itself would cut it.
 *
 *	<a (\d+)+b|c		'<' 'a' ' ' '(' '\d+' ')+' 'b' '|' 'c'
 *
 * They are the places of its automatic callouts: what is a comment, a class or a quoted part is
 * known without a second reader of the language.  What follows a piece and says nothing by itself
 * (a comment, white space with x, "\Q") belongs to it.
 */
enum piece_kind {
	PIECE_ATOM,  /* with its quantifier */
	PIECE_OPEN,  /* of a group or an assertion, up to the first thing in it */
	PIECE_BAR,   /* before another alternative */
	PIECE_CLOSE, /* with the group's quantifier */
};

struct piece {
	enum piece_kind kind;
	size_t at, size; /* bytes of the text */
	size_t partner;  /* OPEN: the number of its CLOSE; CLOSE: of its OPEN */
	bool is_quoted;  /* it stands in \Q...\E */
};

#define PIECES_MAX 20000u

struct pieces {
	struct slice text;
	struct piece *list;
	size_t count;
};

/*
 * Cut text, which compiles with these options of PCRE2 (regex_flags()) and must outlive pieces.
 * One of more than PIECES_MAX pieces, or whose groups cannot be told apart, has none.
 * The caller releases them with pieces_free().
 */
struct pieces pieces_of(struct slice text, uint32_t options);
void pieces_free(struct pieces *pieces);

/* The text of a piece; of one that opens a group up to the end of the group. */
struct slice pieces_text(const struct pieces *pieces, size_t number);

/* The piece behind this one, on the same level. */
size_t pieces_next(const struct pieces *pieces, size_t number);

/* The end of the alternative that piece begins: a BAR or CLOSE on its level, or count. */
size_t pieces_alternative_end(const struct pieces *pieces, size_t first);

/*
 * Is it one character that stands for itself, once?  *character is then what it stands for: its
 * bytes in the text, without a backslash.
 */
bool pieces_is_literal(const struct pieces *pieces, size_t number, struct slice *character);

/* Does it stand for as much as there is: does it end in '*', '+' or "{n,}", lazy or not? */
bool pieces_is_repeat(const struct pieces *pieces, size_t number);

/* Does it stand for a number of times: does it end in "{n}", "{n,}" or "{n,m}", lazy or not? */
bool pieces_is_counted(const struct pieces *pieces, size_t number);

/* Where a piece begins, in bytes of the text; of count the text's end. */
size_t pieces_place(const struct pieces *pieces, size_t number);

/* Where the alternative begins whose first piece this is. */
size_t pieces_beginning(const struct pieces *pieces, size_t first);

#endif
