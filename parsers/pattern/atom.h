#ifndef ATOM_H
#define ATOM_H

#include "parsers/pattern/pieces.h"

/*
 * atom: what a piece of a regular expression stands for, and how often.
 *
 * Which characters those are PCRE2 says itself, asked one by one: all of ASCII, and a few others
 * that stand for their scripts.  What is no character, or more than one ("\R", "\1"), is not told
 * apart further.
 */
enum atom_kind {
	ATOM_CHARACTER, /* one of a set */
	ATOM_ASSERTION, /* of no width: "^", "\b" */
	ATOM_OTHER,
};

/* Characters: a bit each, the last word is of those beyond ASCII. */
struct atom_set {
	uint64_t words[3];
};

struct atom_repeat {
	unsigned least, most; /* ATOM_ENDLESS: as many as there are */
	bool is_possessive;
};

#define ATOM_ENDLESS UINT32_MAX

struct atom {
	enum atom_kind kind;
	struct atom_set set;
	struct atom_repeat repeat;
};

/* A piece of kind ATOM; options are PCRE2's, of the whole expression. */
struct atom atom_of(const struct pieces *pieces, size_t number, uint32_t options);

/* The quantifier of a piece of kind CLOSE. */
struct atom_repeat atom_repeat_of_group(const struct pieces *pieces, size_t number,
					uint32_t options);

/* Is there a character in both? */
static inline bool atom_sets_meet(const struct atom_set *a, const struct atom_set *b)
{
	return (a->words[0] & b->words[0]) | (a->words[1] & b->words[1]) |
	       (a->words[2] & b->words[2]);
}

/* Is every character in it, the line break too? */
bool atom_set_is_whole(const struct atom_set *set);

#endif
