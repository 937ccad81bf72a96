#include "parsers/pattern/reach.h"

#include <stdlib.h>

#include "parsers/text/memory.h"

#define SHUT    "(*F)"
#define UNQUOTE "\\E" /* nothing, where nothing is quoted */

/* ---- expressions that are made up ---- */

/*
 * The expression up to a place, without the alternatives that are shut, and with what ends it
 * there.  The caller frees it.
 */
static char *cut_at(const struct course *course, size_t cut, const char *ending)
{
	const char *text = course->pieces->text.at;
	size_t at = pieces_place(course->pieces, course->begin),
	       head = pieces_place(course->pieces, 0);
	size_t room =
		head + cut + course->shut_count * strlen(SHUT) + strlen(ending) + course->depth + 1;
	char *made = memory_new(room, 1), *end = mempcpy(made, text, head);

	for (size_t i = 0; i < course->shut_count; i++) {
		end = mempcpy(end, text + at, course->shut[i] - at);
		end = mempcpy(end, SHUT, strlen(SHUT));
		at = course->shut[i];
	}
	end = mempcpy(end, text + at, cut - at);
	end = mempcpy(end, ending, strlen(ending));
	memset(end, ')', course->depth);
	return made;
}

static struct probe_result ask_cut(const struct course *course, size_t cut, const char *ending,
				   uint32_t most)
{
	char *expression = cut_at(course, cut, ending);
	struct probe_result result = probe_ask(course->probe, expression, course->options, most);

	free(expression);
	return result;
}

/* A group marks the place, for a match does not reach into what is only looked ahead for. */
struct probe_result reach_ask(const struct course *course, size_t place, uint32_t most)
{
	return ask_cut(course, place, UNQUOTE "()", most);
}

void reach_shut(struct course *course, size_t first)
{
	course->shut[course->shut_count++] = pieces_beginning(course->pieces, first);
}

/* ---- the longest part that matches ---- */

/* Of the pieces from first to end on one level, the first with which nothing matches; or end. */
static size_t find_failing(const struct course *course, size_t first, size_t end)
{
	const struct pieces *pieces = course->pieces;
	size_t *steps = memory_new(end - first + 1, sizeof(*steps)), count = 0, good = 0, bad;

	for (size_t piece = first; piece < end; piece = pieces_next(pieces, piece))
		steps[count++] = piece;
	steps[count] = end;
	/* Up to steps[good] it matches; up to steps[bad] it does not, or bad is behind all. */
	for (bad = count + 1; bad - good > 1;) {
		size_t half = good + (bad - good) / 2;

		if (ask_cut(course, pieces_place(pieces, steps[half]), course->depth ? UNQUOTE : "",
			    1)
			    .answer == PROBE_YES)
			good = half;
		else
			bad = half;
	}
	good = steps[good];
	free(steps);
	return good;
}

/* A group whose parts match where it does: no look-behind, no negation, no condition. */
static bool may_be_entered(const struct course *course, size_t piece)
{
	static const char *const others[] = { "(?!", "(?<!", "(?<=", "(?(", "(*", "(?*", "(?<*" };
	const char *text = course->pieces->text.at + course->pieces->list[piece].at;

	if (course->pieces->list[piece].kind != PIECE_OPEN || course->depth == REACH_DEPTH_MAX)
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strncmp(text, others[i], strlen(others[i])) == 0)
			return false;
	return true;
}

/* How far it gets in the alternatives of a group; first if in none of them. */
static struct reach reach_in_group(const struct course *course, size_t group, struct reach best)
{
	const struct pieces *pieces = course->pieces;
	struct course inner = *course;
	size_t first = group + 1, most = 0;

	inner.depth++;
	for (;;) {
		struct reach reach = reach_of(&inner, first);
		size_t size = pieces_place(pieces, reach.piece) - reach.from;
		size_t end = pieces_alternative_end(pieces, first);

		if (size > most) {
			most = size;
			best = reach;
			if (reach.is_whole) /* but the group does not: once more, say */
				best.piece = pieces->list[group].partner;
			best.is_whole = false;
		}
		if (end == pieces->list[group].partner || inner.shut_count == REACH_SHUT_MAX)
			return best;
		reach_shut(&inner, first);
		first = end + 1;
	}
}

/* How far it gets in the alternative that begins with this piece. */
struct reach reach_of(const struct course *course, size_t first)
{
	struct reach reach = { .course = *course, .from = pieces_beginning(course->pieces, first) };
	size_t end = pieces_alternative_end(course->pieces, first);

	reach.piece = find_failing(course, first, end);
	reach.is_whole = reach.piece == end;
	if (reach.piece < end && may_be_entered(course, reach.piece))
		return reach_in_group(course, reach.piece, reach);
	return reach;
}
