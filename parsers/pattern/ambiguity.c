#include "parsers/pattern/ambiguity.h"

#include "parsers/pattern/atom.h"

#define STATES     AMBIGUITY_STATES_MAX
#define MANY_TURNS 25 /* so many are as good as endless: 2^25 ways */
#define DEPTH_MAX  64 /* of groups in groups */

/*
 * The automaton of a repeat.  State i is a character of atoms' set; ways[i][j] says in how many
 * ways j may follow i: 0, 1, or 2 for more.
 */
struct automaton {
	const struct pieces *pieces;
	uint32_t options;
	struct atom_set sets[STATES];
	uint8_t ways[STATES][STATES];
	unsigned count;
	unsigned depth;
	bool is_strange; /* something that it cannot say, or too much */
};

/* A part of it: which states may come first and last in it, and may it be empty? */
struct part {
	uint64_t first, last; /* a bit a state */
	bool may_be_empty;
};

static const struct part nothing = { .may_be_empty = true };

static struct part part_of_alternatives(struct automaton *automaton, size_t first, size_t end);

/* ---- how parts are put together ---- */

static void lead(struct automaton *automaton, uint64_t from, uint64_t to)
{
	for (unsigned i = 0; i < automaton->count; i++)
		for (unsigned j = 0; from >> i & 1 && j < automaton->count; j++)
			if (to >> j & 1 && automaton->ways[i][j] < 2)
				automaton->ways[i][j]++;
}

static struct part join(struct automaton *automaton, struct part a, struct part b)
{
	lead(automaton, a.last, b.first);
	return (struct part){
		.first = a.first | (a.may_be_empty ? b.first : 0),
		.last = b.last | (b.may_be_empty ? a.last : 0),
		.may_be_empty = a.may_be_empty && b.may_be_empty,
	};
}

static struct part either(struct part a, struct part b)
{
	return (struct part){ a.first | b.first, a.last | b.last,
			      a.may_be_empty || b.may_be_empty };
}

/* ---- pieces ---- */

static struct part part_of_character(struct automaton *automaton, const struct atom_set *set)
{
	unsigned state = automaton->count;

	if (state == STATES) {
		automaton->is_strange = true;
		return nothing;
	}
	automaton->sets[state] = *set;
	automaton->count++;
	return (struct part){ UINT64_C(1) << state, UINT64_C(1) << state, false };
}

/* What is repeated: a character, or the group that this piece opens. */
struct body {
	size_t group; /* if not a character */
	const struct atom_set *set;
};

static struct part part_of_body(struct automaton *automaton, const struct body *body)
{
	const struct pieces *pieces = automaton->pieces;

	if (body->set)
		return part_of_character(automaton, body->set);
	return part_of_alternatives(automaton, body->group + 1, pieces->list[body->group].partner);
}

/* "a{2,4}" is aa(a(a)?)?, and "a{2,}" is aa+. */
static struct part part_of_repeat(struct automaton *automaton, const struct body *body,
				  struct atom_repeat repeat)
{
	bool is_optional = repeat.least == 0;
	struct part part;

	if (repeat.most == 0 || automaton->is_strange)
		return nothing;
	if (repeat.is_possessive || (repeat.most != ATOM_ENDLESS && repeat.most > STATES)) {
		automaton->is_strange = true;
		return nothing;
	}
	part = part_of_body(automaton, body);
	if (repeat.most == ATOM_ENDLESS && repeat.least < 2) {
		lead(automaton, part.last, part.first);
	} else if (repeat.most > 1) {
		repeat.least -= repeat.least > 0;
		repeat.most -= repeat.most != ATOM_ENDLESS;
		part = join(automaton, part, part_of_repeat(automaton, body, repeat));
	}
	part.may_be_empty |= is_optional;
	return part;
}

/* "(", "(?:", "(?<name>": and nothing that looks around, is atomic or depends. */
static bool is_plain_group(const struct pieces *pieces, size_t number)
{
	const struct piece *piece = &pieces->list[number];
	const char *at = pieces->text.at + piece->at;

	if (piece->size < 2 || at[1] != '?')
		return piece->size < 2 || at[1] != '*';
	if (piece->size > 3 && at[2] == 'P')
		at++;
	if (at[2] == '<')
		return piece->size > 3 && at[3] != '=' && at[3] != '!';
	return at[2] == ':' || at[2] == '\'';
}

static struct part part_of_piece(struct automaton *automaton, size_t number)
{
	const struct pieces *pieces = automaton->pieces;
	struct body body = { .group = number };
	struct atom_repeat repeat;
	struct atom atom;

	if (pieces->list[number].kind == PIECE_OPEN) {
		automaton->is_strange |= !is_plain_group(pieces, number);
		repeat = atom_repeat_of_group(pieces, pieces->list[number].partner,
					      automaton->options);
	} else {
		atom = atom_of(pieces, number, automaton->options);
		automaton->is_strange |= atom.kind != ATOM_CHARACTER;
		body.set = &atom.set;
		repeat = atom.repeat;
	}
	return part_of_repeat(automaton, &body, repeat);
}

static struct part part_of_sequence(struct automaton *automaton, size_t first, size_t end)
{
	struct part part = nothing;

	for (size_t i = first; i < end && !automaton->is_strange;
	     i = pieces_next(automaton->pieces, i))
		part = join(automaton, part, part_of_piece(automaton, i));
	return part;
}

static struct part part_of_alternatives(struct automaton *automaton, size_t first, size_t end)
{
	size_t bar = pieces_alternative_end(automaton->pieces, first);
	struct part part;

	automaton->is_strange |= ++automaton->depth > DEPTH_MAX;
	part = part_of_sequence(automaton, first, bar);
	while (bar < end && !automaton->is_strange) {
		first = bar + 1;
		bar = pieces_alternative_end(automaton->pieces, first);
		part = either(part, part_of_sequence(automaton, first, bar));
	}
	automaton->depth--;
	return part;
}

/* ---- two ways ---- */

/* Pairs of states that one text leads to, by two ways at once. */
typedef bool pairs[STATES][STATES];

static bool may_step(const struct automaton *automaton, unsigned i, unsigned j, unsigned k,
		     unsigned l)
{
	return automaton->ways[i][k] && automaton->ways[j][l] &&
	       atom_sets_meet(&automaton->sets[k], &automaton->sets[l]);
}

/* Does a step lead from a pair to a marked one; or, backwards, from a marked one to it? */
static bool touches(const struct automaton *automaton, pairs marked, unsigned i, unsigned j,
		    bool is_backwards)
{
	for (unsigned k = 0; k < automaton->count; k++) {
		if (!(is_backwards ? automaton->ways[k][i] : automaton->ways[i][k]))
			continue;
		for (unsigned l = 0; l < automaton->count; l++) {
			if (marked[k][l] && (is_backwards ? may_step(automaton, k, l, i, j)
							  : may_step(automaton, i, j, k, l)))
				return true;
		}
	}
	return false;
}

/* Mark all pairs from which, or to which, steps lead to or from one and the same state. */
static void mark(const struct automaton *automaton, pairs marked, bool is_backwards)
{
	bool has_grown = true;

	for (unsigned i = 0; i < automaton->count; i++)
		marked[i][i] = true;
	while (has_grown) {
		has_grown = false;
		for (unsigned i = 0; i < automaton->count; i++) {
			for (unsigned j = 0; j < automaton->count; j++) {
				if (marked[i][j] || !touches(automaton, marked, i, j, is_backwards))
					continue;
				marked[i][j] = has_grown = true;
			}
		}
	}
}

/*
 * In a repeat every state leads to every other: two ways from any state to another that meet again
 * are two ways from one state back to itself.
 */
static bool has_two_ways(const struct automaton *automaton)
{
	static pairs apart, together;

	memset(apart, 0, sizeof(apart));
	memset(together, 0, sizeof(together));
	mark(automaton, apart, true);
	mark(automaton, together, false);
	for (unsigned i = 0; i < automaton->count; i++) {
		for (unsigned j = 0; j < automaton->count; j++) {
			if (automaton->ways[i][j] > 1 || (i != j && apart[i][j] && together[i][j]))
				return true;
		}
	}
	return false;
}

static bool is_ambiguous(const struct pieces *pieces, size_t open, uint32_t options)
{
	static struct automaton automaton;
	struct part part;

	automaton = (struct automaton){ .pieces = pieces, .options = options };
	part = part_of_alternatives(&automaton, open + 1, pieces->list[open].partner);
	lead(&automaton, part.last, part.first);
	return !automaton.is_strange && has_two_ways(&automaton);
}

/* ---- what follows ---- */

static bool sequence_may_fail(const struct pieces *pieces, size_t first, uint32_t options);

/* Of a group: only if every alternative may. */
static bool may_fail(const struct pieces *pieces, size_t number, uint32_t options)
{
	size_t end = pieces->list[number].partner, first = number + 1;

	if (pieces->list[number].kind != PIECE_OPEN) {
		struct atom atom = atom_of(pieces, number, options);

		return atom.kind != ATOM_CHARACTER || atom.repeat.least > 0;
	}
	if (!is_plain_group(pieces, number))
		return true;
	if (atom_repeat_of_group(pieces, end, options).least == 0)
		return false;
	while (sequence_may_fail(pieces, first, options)) {
		first = pieces_alternative_end(pieces, first) + 1;
		if (first > end)
			return true;
	}
	return false;
}

static bool sequence_may_fail(const struct pieces *pieces, size_t first, uint32_t options)
{
	size_t end = pieces_alternative_end(pieces, first);

	for (; first < end; first = pieces_next(pieces, first))
		if (may_fail(pieces, first, options))
			return true;
	return false;
}

/* The group around a piece, or count: there is none. */
static size_t group_around(const struct pieces *pieces, size_t number)
{
	while (number-- > 0) {
		if (pieces->list[number].kind == PIECE_CLOSE)
			number = pieces->list[number].partner;
		else if (pieces->list[number].kind == PIECE_OPEN)
			return number;
	}
	return pieces->count;
}

/* May it be that the group has matched, and what follows does not, so that it is tried anew? */
static bool is_tried_anew(const struct pieces *pieces, size_t open, uint32_t options)
{
	bool may = false;

	while (open < pieces->count) {
		size_t close = pieces->list[open].partner;

		if (!is_plain_group(pieces, open) ||
		    atom_repeat_of_group(pieces, close, options).is_possessive)
			return false;
		may = may || sequence_may_fail(pieces, close + 1, options);
		open = group_around(pieces, open);
	}
	return may;
}

/* ---- public ---- */

static bool is_found(const struct pieces *pieces, size_t close, uint32_t options)
{
	size_t open = pieces->list[close].partner;

	return atom_repeat_of_group(pieces, close, options).most >= MANY_TURNS &&
	       is_plain_group(pieces, open) && is_tried_anew(pieces, open, options) &&
	       is_ambiguous(pieces, open, options);
}

/* Groups close from within, so the smallest comes first. */
size_t ambiguity_find(const struct pieces *pieces, size_t from, uint32_t options)
{
	for (size_t i = from; i < pieces->count; i++) {
		if (pieces->list[i].kind == PIECE_CLOSE && pieces->list[i].partner >= from &&
		    is_found(pieces, i, options))
			return i;
	}
	return pieces->count;
}
