#include "parsers/pattern/explain.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/pattern/pieces.h"
#include "parsers/pattern/probe.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

#define SHUT_MAX    64 /* alternatives that are not taken, on the way to one */
#define SHUT        "(*F)"
#define UNQUOTE     "\\E" /* nothing, where nothing is quoted */
#define DEPTH_MAX   32
#define REPEATS_MAX 16 /* that are tried */
#define LATER_MAX   16 /* words that are tried as beginnings */
#define LATER_MIN   4  /* characters that must match from there */
#define CHANCE_MAX  2  /* characters that stand behind any gap, by chance */

_Static_assert(EXPLAIN_ALTERNATIVES_MAX <= SHUT_MAX, "find_stops() shuts them");

/* The way to a piece: which groups it is in, and which alternatives are shut before it. */
struct course {
	const struct explain_question *question;
	const struct probe *probe;
	const struct pieces *pieces;
	size_t begin;          /* the first piece; what is before it is left out */
	size_t shut[SHUT_MAX]; /* where they begin */
	size_t shut_count;
	unsigned depth; /* of groups, which are closed behind what is tried */
};

/* How far one alternative gets. */
struct reach {
	struct course course;
	size_t from;  /* where it begins, in bytes */
	size_t piece; /* that fails; the alternative's end: none does */
	bool is_whole;
};

/* ---- expressions that are made up ---- */

/* Where a piece begins; behind the last the text ends. */
static size_t place_of(const struct pieces *pieces, size_t piece)
{
	return piece < pieces->count ? pieces->list[piece].at : pieces->text.size;
}

/*
 * The expression up to a place, without the alternatives that are shut, and with what ends it
 * there.  The caller frees it.
 */
static char *cut_at(const struct course *course, size_t cut, const char *ending)
{
	const char *text = course->pieces->text.at;
	size_t at = place_of(course->pieces, course->begin), head = place_of(course->pieces, 0);
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
	struct probe_result result =
		probe_ask(course->probe, expression, course->question->options, most);

	free(expression);
	return result;
}

/* Where an alternative begins, by its first piece. */
static size_t beginning_of(const struct pieces *pieces, size_t first)
{
	return first > 0 ? pieces->list[first - 1].at + pieces->list[first - 1].size
			 : place_of(pieces, 0);
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

		if (ask_cut(course, place_of(pieces, steps[half]), course->depth ? UNQUOTE : "", 1)
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

	if (course->pieces->list[piece].kind != PIECE_OPEN || course->depth == DEPTH_MAX)
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strncmp(text, others[i], strlen(others[i])) == 0)
			return false;
	return true;
}

static struct reach reach_of(const struct course *course, size_t first);

/* How far it gets in the alternatives of a group; first if in none of them. */
static struct reach reach_in_group(const struct course *course, size_t group, struct reach best)
{
	const struct pieces *pieces = course->pieces;
	struct course inner = *course;
	size_t first = group + 1, most = 0;

	inner.depth++;
	for (;;) {
		struct reach reach = reach_of(&inner, first);
		size_t size = place_of(pieces, reach.piece) - reach.from;
		size_t end = pieces_alternative_end(pieces, first);

		if (size > most) {
			most = size;
			best = reach;
			if (reach.is_whole) /* but the group does not: once more, say */
				best.piece = pieces->list[group].partner;
			best.is_whole = false;
		}
		if (end == pieces->list[group].partner || inner.shut_count == SHUT_MAX)
			return best;
		inner.shut[inner.shut_count++] = beginning_of(pieces, first);
		first = end + 1;
	}
}

/* How far it gets in the alternative that begins with this piece. */
static struct reach reach_of(const struct course *course, size_t first)
{
	struct reach reach = { .course = *course, .from = beginning_of(course->pieces, first) };
	size_t end = pieces_alternative_end(course->pieces, first);

	reach.piece = find_failing(course, first, end);
	reach.is_whole = reach.piece == end;
	if (reach.piece < end && may_be_entered(course, reach.piece))
		return reach_in_group(course, reach.piece, reach);
	return reach;
}

/* ---- what is said of it ---- */

/* Where the characters begin that stand for themselves, up to a piece; and how many they are. */
static size_t find_run(const struct pieces *pieces, size_t from, size_t piece, size_t *characters)
{
	size_t run = piece;
	struct slice character;

	*characters = 0;
	for (size_t i = piece; i > 0 && pieces->list[i - 1].at >= from; i--) {
		if (pieces_is_literal(pieces, i - 1, &character)) {
			run = i - 1;
			(*characters)++;
		} else if (pieces->list[i - 1].kind != PIECE_OPEN) {
			break;
		}
	}
	return place_of(pieces, run);
}

/* Is the piece before this one, in whichever group, as much of anything as there is? */
static bool is_behind_gap(const struct pieces *pieces, size_t piece)
{
	struct slice text;

	while (piece > 0 && (pieces->list[piece - 1].kind == PIECE_OPEN ||
			     pieces->list[piece - 1].kind == PIECE_CLOSE))
		piece--;
	if (piece == 0 || !pieces_is_repeat(pieces, piece - 1))
		return false;
	text = pieces_text(pieces, piece - 1);
	return text.at[0] == '.' || strncmp(text.at, "[\\s\\S]", 6) == 0 ||
	       strncmp(text.at, "[\\S\\s]", 6) == 0;
}

/* The piece that a run begins with, on the level of the one behind it. */
static size_t run_on_level(const struct pieces *pieces, size_t piece)
{
	struct slice character;

	while (piece > 0 && pieces_is_literal(pieces, piece - 1, &character))
		piece--;
	return piece;
}

/* A letter or two that are found behind a gap say nothing: it stops at the gap. */
static void drop_chance(struct reach *reach)
{
	const struct pieces *pieces = reach->course.pieces;
	size_t run = run_on_level(pieces, reach->piece);

	if (!reach->is_whole && reach->piece - run <= CHANCE_MAX && is_behind_gap(pieces, run))
		reach->piece = run;
}

static size_t back_by_characters(struct slice text, size_t at, size_t characters)
{
	while (characters > 0 && at > 0)
		if ((text.at[--at] & 0xC0) != 0x80)
			characters--;
	return at;
}

/* Note where the part ends in the text, and where the run before it begins. */
static void note_place(struct explain_stop *stop, const struct reach *reach,
		       const struct probe_result *part)
{
	const struct course *course = &reach->course;
	size_t characters;

	stop->begin = part->begin;
	stop->end = part->last;
	stop->run = find_run(course->pieces, stop->from, reach->piece, &characters);
	stop->run_begin = back_by_characters(course->probe->text, stop->end, characters);
}

/* A group marks the place, for a match does not reach into what is only looked ahead for. */
static struct probe_result ask_place(const struct course *course, size_t cut)
{
	return ask_cut(course, cut, UNQUOTE "()", EXPLAIN_COUNT_MAX);
}

static struct explain_stop stop_of(const struct reach *reach, size_t from, size_t to)
{
	const struct pieces *pieces = reach->course.pieces;
	struct explain_stop stop = { .from = from, .to = to, .is_first = true };
	struct probe_result part;

	stop.cut = place_of(pieces, reach->piece);
	if (!reach->is_whole)
		stop.wanted = pieces_text(pieces, reach->piece).size;
	stop.is_behind_gap = is_behind_gap(pieces, reach->piece);
	part = ask_place(&reach->course, stop.cut);
	stop.count = part.count;
	note_place(&stop, reach, &part);
	return stop;
}

/* If the part also matches where it does with a cure, that is the place to look at. */
static void look_where_cured(struct explain_stop *stop, const struct reach *reach, size_t begin)
{
	struct probe probe = *reach->course.probe;
	struct reach there = *reach;
	struct probe_result part;

	probe.from = begin;
	there.course.probe = &probe;
	part = ask_place(&there.course, stop->cut);
	if (part.count == 0 || part.begin != begin || stop->begin == begin)
		return;
	note_place(stop, reach, &part);
	stop->is_first = false;
}

/* Each alternative of the whole expression; last is the way to where the last one stops. */
static void find_stops(struct explanation *explanation, const struct course *whole,
		       struct reach *last)
{
	const struct pieces *pieces = whole->pieces;
	struct course course = *whole;
	size_t first = 0;

	while (explanation->stop_count < EXPLAIN_ALTERNATIVES_MAX) {
		size_t end = pieces_alternative_end(pieces, first);

		*last = reach_of(&course, first);
		drop_chance(last);
		explanation->stops[explanation->stop_count++] =
			stop_of(last, beginning_of(pieces, first), place_of(pieces, end));
		if (end == pieces->count)
			return;
		course.shut[course.shut_count++] = beginning_of(pieces, first);
		first = end + 1;
	}
}

/* A word begins here: a character behind white space, a tag's name, or what is no character. */
static bool begins_word(const struct pieces *pieces, size_t piece)
{
	struct slice character, before;

	if (!pieces_is_literal(pieces, piece, &character) || ascii_is_white(character.at[0]))
		return false;
	return !pieces_is_literal(pieces, piece - 1, &before) || ascii_is_white(before.at[0]) ||
	       before.at[0] == '>';
}

/* Where it gets farthest from a later word on. */
static void find_later(struct explanation *explanation, const struct course *whole)
{
	const struct pieces *pieces = whole->pieces;
	size_t most = LATER_MIN - 1, tried = 0;

	for (size_t piece = 1; piece < pieces->count && tried < LATER_MAX;
	     piece = pieces_next(pieces, piece)) {
		struct course course = *whole;
		struct reach reach;

		if (!begins_word(pieces, piece))
			continue;
		tried++;
		course.begin = piece;
		reach = reach_of(&course, piece);
		if (place_of(pieces, reach.piece) - place_of(pieces, piece) <= most)
			continue;
		most = place_of(pieces, reach.piece) - place_of(pieces, piece);
		explanation->later = stop_of(&reach, place_of(pieces, piece), pieces->text.size);
		explanation->has_later = true;
	}
}

/* ---- a limit ---- */

/* The expression with one piece atomic: it takes what it takes first, and nothing else. */
static struct probe_result ask_atomic(const struct course *course, size_t piece)
{
	struct slice all = course->pieces->text, part = pieces_text(course->pieces, piece);
	size_t before = (size_t)(part.at - all.at), room = all.size + sizeof("(?>)");
	char *expression = memory_new(room, 1);
	struct probe_result result;

	snprintf(expression, room, "%.*s(?>%.*s)%s", (int)before, all.at, (int)part.size, part.at,
		 part.at + part.size);
	result = probe_ask(course->probe, expression, course->question->options, 1);
	free(expression);
	return result;
}

/* The first repeat without whose other ways the search ends. */
static void find_costly(struct explanation *explanation, const struct course *course)
{
	const struct pieces *pieces = course->pieces;
	unsigned tried = 0;

	for (size_t i = 0; i < pieces->count && tried < REPEATS_MAX; i++) {
		enum probe_answer answer;

		if (pieces->list[i].kind == PIECE_CLOSE || !pieces_is_repeat(pieces, i))
			continue;
		tried++;
		answer = ask_atomic(course, i).answer;
		if (answer != PROBE_YES && answer != PROBE_NO)
			continue;
		explanation->costly_at = pieces->list[i].at;
		explanation->costly_size = pieces_text(pieces, i).size;
		return;
	}
}

/* ---- all of it ---- */

/* Returns true if it matches. */
static bool ask_whole(struct explanation *explanation, const struct explain_question *question)
{
	struct probe probe =
		probe_begin(question->text, question->match_limit, question->budget_ms, EXPLAIN_MS);
	struct probe_result result =
		probe_ask(&probe, question->expression, question->options, EXPLAIN_COUNT_MAX);

	*explanation = (struct explanation){
		.is_match = result.count > 0,
		.count = result.count,
		.begin = result.begin,
		.end = result.end,
		.limit = result.limit,
	};
	return explanation->is_match;
}

/* How far it gets, and what would help. */
static void explain_stops(struct explanation *explanation, const struct course *course,
			  struct scratch *store)
{
	const struct explain_question *question = course->question;
	const struct cure *cure = &explanation->remedies.cures[0];
	struct reach last;

	if (course->pieces->count > 0)
		find_stops(explanation, course, &last);
	if (explanation->stop_count == 1 &&
	    explanation->stops[0].cut - explanation->stops[0].from <= CHANCE_MAX)
		find_later(explanation, course);
	remedies_try(&explanation->remedies, question->expression, question->options, course->probe,
		     question->page, store);
	if (explanation->stop_count == 1 && explanation->remedies.count > 0 && cure->has_place)
		look_where_cured(&explanation->stops[0], &last, cure->begin);
}

void explain(struct explanation *explanation, const struct explain_question *question,
	     struct scratch *store)
{
	struct probe probe =
		probe_begin(question->text, question->match_limit, EXPLAIN_PROBE_MS, EXPLAIN_MS);
	struct pieces pieces = pieces_of(slice_of(question->expression), question->options);
	struct course course = { question, &probe, &pieces, .shut_count = 0 };

	if (!ask_whole(explanation, question))
		explain_stops(explanation, &course, store);
	if (explanation->limit)
		find_costly(explanation, &course);
	pieces_free(&pieces);
}
