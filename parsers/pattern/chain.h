#ifndef CHAIN_H
#define CHAIN_H

#include "parsers/text/scratch.h"
#include <stdint.h>

/*
 * chain: literals with anything between them, found without a step for every byte.
 *
 * Most patterns for pages are of one form: `<dd>.*?rank">(\d+)<.*?title="(.*?)"`, with the flag
 * s.  Parts between gaps (`.*?`) can be looked for one after the other, each at its first place
 * behind the one before: what is found so is what a regular expression finds, because a gap may
 * hold anything.  If a part is nowhere behind the first place of those before it, it is nowhere
 * behind their later places: nothing is ever tried again.  So a search reads the text once, in
 * vectors (memmem), where PCRE2 takes some fifteen instructions for each byte.
 *
 * A chain is literal (joint literal)*.  A joint is `.*?` or `\d+`, with or without a group around
 * it.  On both sides of `\d+` the literal's byte is no digit, so the digits are all there are.
 */
enum chain_joint { CHAIN_START, CHAIN_GAP, CHAIN_DIGITS };

struct chain_link {
	enum chain_joint joint; /* before the literal */
	uint32_t group;         /* of the joint, or 0 */
	struct slice literal;
};

struct chain {
	size_t count; /* 0: the pattern is no chain */
	struct chain_link *links;
};

/*
 * Read a pattern that compiles, whose one flag is s.  The links are in store.  What is of any
 * other form is no chain.
 */
void chain_compile(struct chain *chain, struct scratch *store, const char *pattern);

/*
 * The first match in text at or behind offset.  ends[2 * group] and ends[2 * group + 1] become
 * where a group begins and ends, group 0 the whole.
 * Returns false if there is none (ends are then of no meaning).  Allocates and locks nothing.
 */
bool chain_match(const struct chain *chain, struct slice text, size_t offset, size_t ends[]);

#endif
