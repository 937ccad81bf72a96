#ifndef REWRITING_H
#define REWRITING_H

#include "parsers/pattern/pieces.h"
#include <stdio.h>

/*
 * rewriting: what the functions of rewrite.h share: an expression is written anew, piece by piece.
 */

/* Which changes are made. */
struct rewrite_choice {
	uint64_t left_out; /* bits: of changes that could be made alone, those that are not, */
	unsigned changes;  /* and how many there are: set */
};

#define REWRITE_CHOICES_MAX 64u /* the others are always made */

struct rewriting {
	const struct pieces *pieces;
	FILE *out;
	const char *space; /* that stands for any white space */
	struct rewrite_choice *choice;
	bool is_in_quotes, is_pair_chosen, has_changed_tag;
};

/* Writes a piece, and maybe some behind it.  Returns the piece behind what was written. */
typedef size_t rewriting_function(struct rewriting *rewriting, size_t piece);

/* Write all of an expression.  Returns what the caller frees. */
char *rewriting_run(const char *expression, uint32_t options, struct rewrite_choice *choice,
		    const char *space, rewriting_function *write_piece);

/* Another change that could be made alone: is it? */
bool rewriting_chooses(struct rewriting *rewriting);

/* Write a piece as it is; keep_whole: with its group if it opens one. */
void rewriting_keep(struct rewriting *rewriting, size_t piece);
void rewriting_keep_whole(struct rewriting *rewriting, size_t piece);

/* Does a piece, which there need not be, stand for this character; for a quote? */
bool rewriting_is_character(const struct pieces *pieces, size_t piece, char wanted);
bool rewriting_is_quote(const struct pieces *pieces, size_t piece);

/* A blank, a tab or a line end, by itself or as an escape. */
bool rewriting_is_space(const struct pieces *pieces, size_t piece);

/* Any white space, with or without a quantifier. */
bool rewriting_is_any_space(const struct pieces *pieces, size_t piece);

/* What may hold anything: what stands between two attributes of a tag, for some. */
bool rewriting_is_gap(const struct pieces *pieces, size_t piece);

#endif
