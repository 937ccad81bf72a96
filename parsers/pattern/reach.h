#ifndef REACH_H
#define REACH_H

#include "parsers/pattern/pieces.h"
#include "parsers/pattern/probe.h"

/*
 * reach: how far an expression gets in a text.
 *
 * Where all of it matches every part from its beginning does, too; so the longest part that matches
 * is found by halves.  It ends before a piece; where that opens a group the parts in it are tried,
 * with all groups closed behind them.  Alternatives are tried one by one: those before it are shut,
 * by what never matches, so that groups keep their numbers.
 *
 *	<b>(one|two (\d+))x		"<b>((*F)one|two )"
 */
#define REACH_SHUT_MAX  64 /* alternatives that are shut */
#define REACH_DEPTH_MAX 32 /* groups that are entered */

/* The way to an alternative. */
struct course {
	const struct probe *probe;
	const struct pieces *pieces;
	uint32_t options;            /* of PCRE2 */
	size_t begin;                /* the first piece; what is before it is left out */
	size_t shut[REACH_SHUT_MAX]; /* where alternatives begin that are shut, in bytes */
	size_t shut_count;
	unsigned depth; /* of groups, which are closed behind what is tried */
};

/* How far one alternative gets. */
struct reach {
	struct course course; /* the way to where it stops */
	size_t from;          /* where the alternative begins, in bytes */
	size_t piece;         /* that fails; if is_whole the alternative's end */
	bool is_whole;        /* none does */
};

/* How far it gets in the alternative that begins with a piece, on this course. */
struct reach reach_of(const struct course *course, size_t first);

/* Shut the alternative that begins with a piece; there must be room. */
void reach_shut(struct course *course, size_t first);

/*
 * Look for what comes before a place, in bytes, on this course: up to `most` matches.  last is the
 * place itself, also in what is only looked ahead for.
 */
struct probe_result reach_ask(const struct course *course, size_t place, uint32_t most);

#endif
