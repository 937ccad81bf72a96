#include "parsers/pattern/explain.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/pattern/reach.h"
#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"

#define REPEATS_MAX 16 /* that are tried */
#define LATER_MAX   16 /* words that are tried as beginnings */
#define LATER_MIN   4  /* characters that must match from there */
#define CHANCE_MAX  2  /* characters that stand behind any gap, by chance */

_Static_assert(EXPLAIN_ALTERNATIVES_MAX <= REACH_SHUT_MAX, "find_stops() shuts them");

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
	return pieces_place(pieces, run);
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

/* Letters, and few of them: marks (a quote, a "<") are where they are for a reason. */
static bool is_by_chance(const struct pieces *pieces, size_t run, size_t end)
{
	struct slice character;

	for (size_t piece = run; piece < end; piece++)
		if (!pieces_is_literal(pieces, piece, &character) ||
		    !(ascii_is_letter(character.at[0]) || ascii_is_digit(character.at[0])))
			return false;
	return end - run <= CHANCE_MAX;
}

/* A letter or two that are found behind a gap say nothing: it stops at the gap. */
static void drop_chance(struct reach *reach)
{
	const struct pieces *pieces = reach->course.pieces;
	size_t run = run_on_level(pieces, reach->piece);

	if (!reach->is_whole && is_by_chance(pieces, run, reach->piece) &&
	    is_behind_gap(pieces, run))
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

static struct explain_stop stop_of(const struct reach *reach, size_t from, size_t to)
{
	const struct pieces *pieces = reach->course.pieces;
	struct explain_stop stop = { .from = from, .to = to, .is_first = true };
	struct probe_result part;

	stop.cut = pieces_place(pieces, reach->piece);
	if (!reach->is_whole)
		stop.wanted = pieces_text(pieces, reach->piece).size;
	stop.is_behind_gap = is_behind_gap(pieces, reach->piece);
	part = reach_ask(&reach->course, stop.cut, EXPLAIN_COUNT_MAX);
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
	part = reach_ask(&there.course, stop->cut, EXPLAIN_COUNT_MAX);
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
			stop_of(last, pieces_beginning(pieces, first), pieces_place(pieces, end));
		if (end == pieces->count)
			return;
		reach_shut(&course, first);
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
		if (pieces_place(pieces, reach.piece) - pieces_place(pieces, piece) <= most)
			continue;
		most = pieces_place(pieces, reach.piece) - pieces_place(pieces, piece);
		explanation->later =
			stop_of(&reach, pieces_place(pieces, piece), pieces->text.size);
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
	result = probe_ask(course->probe, expression, course->options, 1);
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

		if (pieces->list[i].kind == PIECE_CLOSE ||
		    !(pieces_is_repeat(pieces, i) || pieces_is_counted(pieces, i)))
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

static uint32_t all_ms_of(const struct explain_question *question)
{
	return question->all_ms > 0 ? question->all_ms : EXPLAIN_MS;
}

/* Returns true if it matches. */
static bool ask_whole(struct explanation *explanation, const struct explain_question *question)
{
	struct probe probe = probe_begin(question->text, question->match_limit, question->budget_ms,
					 all_ms_of(question));
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
			  const struct explain_question *question, struct scratch *store)
{
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
	struct probe probe = probe_begin(question->text, question->match_limit, EXPLAIN_PROBE_MS,
					 all_ms_of(question));
	struct pieces pieces = pieces_of(slice_of(question->expression), question->options);
	struct course course = { &probe, &pieces, question->options, .shut_count = 0 };

	if (!ask_whole(explanation, question))
		explain_stops(explanation, &course, question, store);
	if (explanation->limit)
		find_costly(explanation, &course);
	pieces_free(&pieces);
}
