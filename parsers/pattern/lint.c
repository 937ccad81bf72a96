#include "parsers/pattern/lint.h"

#include <pcre2.h>

#include "parsers/pattern/ambiguity.h"
#include "parsers/pattern/atom.h"
#include "parsers/text/ascii.h"

/* An expression that is looked at, and who is told. */
struct look {
	const struct lint_question *question;
	const pcre2_code *code;
	uint32_t options; /* of the question, and what the expression says of itself: "(?s)" */
	struct pieces pieces;
	lint_function *function;
	void *context;
};

static void tell(const struct look *look, enum lint_kind kind, size_t offset, unsigned group)
{
	look->function(look->context, &(struct lint_finding){ kind, offset, group });
}

static bool piece_begins(const struct pieces *pieces, size_t number, const char *text)
{
	const struct piece *piece = &pieces->list[number];

	return !piece->is_quoted && piece->size >= strlen(text) &&
	       memcmp(pieces->text.at + piece->at, text, strlen(text)) == 0;
}

/* ---- repeats ---- */

static void look_for_ambiguous_repeats(const struct look *look)
{
	size_t found = ambiguity_find(&look->pieces, 0, look->options);

	while (found < look->pieces.count) {
		tell(look, LINT_AMBIGUOUS_REPEAT, look->pieces.list[found].at + 1, 0);
		found = ambiguity_find(&look->pieces, found + 1, look->options);
	}
}

/* ---- groups ---- */

/* "(", which has a number and no name. */
static bool is_unnamed(const struct pieces *pieces, size_t number)
{
	return pieces->list[number].kind == PIECE_OPEN && piece_begins(pieces, number, "(") &&
	       !piece_begins(pieces, number, "(?") && !piece_begins(pieces, number, "(*");
}

/* "(?<name>", "(?'name'", "(?P<name>": it has a number, too. */
static bool is_named(const struct pieces *pieces, size_t number)
{
	return pieces->list[number].kind == PIECE_OPEN &&
	       (piece_begins(pieces, number, "(?'") || piece_begins(pieces, number, "(?P<") ||
		(piece_begins(pieces, number, "(?<") && !piece_begins(pieces, number, "(?<=") &&
		 !piece_begins(pieces, number, "(?<!")));
}

/*
 * Something that may ask for a group in a way that is not followed here: a call, a condition, a
 * reference by a relative number; or numbers are given otherwise than from left to right.
 */
static bool is_beyond_us(const struct pieces *pieces, size_t number)
{
	static const char *const words[] = { "\\g", "(?|", "(?(", "(?R", "(?P>",
					     "(?&", "(?+", "(?-", "(?C", "(*" };
	const struct piece *piece = &pieces->list[number];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (piece_begins(pieces, number, words[i]))
			return true;
	return piece_begins(pieces, number, "(?") && piece->size > 2 &&
	       ascii_is_digit(pieces->text.at[piece->at + 2]);
}

/* Is there a "\2"? */
static bool is_referred_to(const struct pieces *pieces, unsigned group)
{
	for (size_t i = 0; i < pieces->count; i++) {
		const char *at = pieces->text.at + pieces->list[i].at + 1;
		unsigned number = 0;

		if (!piece_begins(pieces, i, "\\"))
			continue;
		while (ascii_is_digit(*at) && number <= group)
			number = number * 10 + (unsigned)(*at++ - '0');
		if (number == group)
			return true;
	}
	return false;
}

static bool can_count_groups(const struct pieces *pieces)
{
	for (size_t i = 0; i < pieces->count; i++)
		if (is_beyond_us(pieces, i))
			return false;
	return true;
}

static void look_for_unused_groups(const struct look *look)
{
	const struct lint_question *question = look->question;
	const struct pieces *pieces = &look->pieces;
	unsigned group = 0;

	if (!question->uses || !can_count_groups(pieces))
		return;
	for (size_t i = 0; i < pieces->count; i++) {
		bool has_no_name = is_unnamed(pieces, i);

		group += has_no_name || is_named(pieces, i);
		if (has_no_name && !question->uses(question->context, group) &&
		    !is_referred_to(pieces, group))
			tell(look, LINT_UNUSED_GROUP, pieces->list[i].at, group);
	}
}

/* A group that keeps something, of either kind. */
static bool captures(const struct pieces *pieces, size_t number)
{
	return is_unnamed(pieces, number) || is_named(pieces, number);
}

static bool has_quantifier(const struct pieces *pieces, size_t close)
{
	const struct piece *piece = &pieces->list[close];

	return piece->size > 1 && strchr("?*+{", pieces->text.at[piece->at + 1]);
}

/* "\d" of "\d+", which stands in the group again, too. */
static bool goes_on(const struct pieces *pieces, size_t before, size_t open)
{
	struct slice atom = pieces_text(pieces, before), group = pieces_text(pieces, open);

	while (atom.size > 1 && strchr("?*+", atom.at[atom.size - 1]))
		atom.size--;
	return memmem(group.at, group.size, atom.at, atom.size) != NULL;
}

/* The one group that keeps something, or count: there is none, or more. */
static size_t only_group(const struct pieces *pieces)
{
	size_t only = pieces->count;

	for (size_t i = 0; i < pieces->count; i++) {
		if (captures(pieces, i) && only < pieces->count)
			return pieces->count;
		if (captures(pieces, i))
			only = i;
	}
	return only;
}

/*
 * "\d+(\.\d+)?": the one group there is makes the value, and was to be repeated or left out.  That
 * it is more of what stands before it tells it from one that is wanted where it is there.
 */
static void look_for_parts(const struct look *look)
{
	const struct pieces *pieces = &look->pieces;
	size_t group = only_group(pieces);

	if (group == 0 || group == pieces->count || is_named(pieces, group) ||
	    !has_quantifier(pieces, pieces->list[group].partner))
		return;
	if (pieces->list[group - 1].kind == PIECE_ATOM && pieces_is_repeat(pieces, group - 1) &&
	    !piece_begins(pieces, group - 1, ".") && goes_on(pieces, group - 1, group))
		tell(look, LINT_PART, pieces->list[group].at, 1);
}

/* ---- the empty text ---- */

/* Returns the size of the first match in text, or -1: there is none, or it cannot be told. */
static long first_match(const pcre2_code *code, const char *text)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	const PCRE2_SIZE *ends = data ? pcre2_get_ovector_pointer(data) : NULL;
	long size = -1;

	/* One pair takes the whole match; 0 says that groups have no room. */
	if (data && pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, data, NULL) >= 0)
		size = ends[1] >= ends[0] ? (long)(ends[1] - ends[0]) : 0;
	pcre2_match_data_free(data);
	return size;
}

/*
 * Of rows and cuts that is a match between any two characters.  Of a field or URL, which are
 * searched once, it may be meant for what has nothing else, ".*": so they must match nothing
 * where there is something.  What begins with the text matches once, and is meant so.
 */
static bool matches_nothing(const struct look *look)
{
	enum lint_role role = look->question->role;

	if (first_match(look->code, "") != 0 || look->options & PCRE2_ANCHORED)
		return false;
	if (role == LINT_OF_URLS)
		return first_match(look->code, "http://a.example/b") == 0;
	return role != LINT_OF_FIELDS || first_match(look->code, "<") == 0;
}

/* ---- dots ---- */

static bool is_word_character(const struct pieces *pieces, size_t number)
{
	struct slice character;

	return number < pieces->count && pieces_is_literal(pieces, number, &character) &&
	       character.size == 1 &&
	       (ascii_is_letter(character.at[0]) || ascii_is_digit(character.at[0]));
}

/* The first one that stands once between two letters. */
static void look_for_bare_dots(const struct look *look)
{
	const struct pieces *pieces = &look->pieces;

	for (size_t i = 1; i < pieces->count; i++) {
		if (pieces->list[i].size != 1 || !piece_begins(pieces, i, ".") ||
		    !is_word_character(pieces, i - 1) || !is_word_character(pieces, i + 1))
			continue;
		tell(look, LINT_BARE_DOT, pieces->list[i].at, 0);
		return;
	}
}

/* ---- chains ---- */

#define BEGINNING_BYTES_MIN 3 /* a shorter one says nothing of records */
#define CHAIN_GAPS_MIN      3

static size_t read_beginning(const struct pieces *pieces, char beginning[LINT_BEGINNING_MAX])
{
	struct slice character;
	size_t size = 0, first = 0;

	while (first < pieces->count && pieces->list[first].kind == PIECE_ATOM &&
	       piece_begins(pieces, first, "(?")) /* "(?s)" */
		first++;
	for (size_t i = first; i < pieces->count && pieces_is_literal(pieces, i, &character) &&
			       size + character.size < LINT_BEGINNING_MAX;
	     i++) {
		memcpy(beginning + size, character.at, character.size);
		size += character.size;
	}
	beginning[size] = '\0';
	return size;
}

/* Does a page have this once? */
static bool stands_once(const char *beginning)
{
	static const char *const heads[] = { "<!doctype", "<html", "<head", "<title", "<meta",
					     "<link",     "<body", "<main", "<h1",    "<script" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (ascii_starts_with(slice_of(beginning), slice_of(heads[i])))
			return true;
	return false;
}

/* ".*?" and the like, which nothing stops. */
static bool is_gap(const struct look *look, size_t number)
{
	struct atom atom;

	if (look->pieces.list[number].kind != PIECE_ATOM ||
	    !pieces_is_repeat(&look->pieces, number))
		return false;
	atom = atom_of(&look->pieces, number, look->options);
	return atom.kind == ATOM_CHARACTER && atom.repeat.most == ATOM_ENDLESS &&
	       atom_set_is_whole(&atom.set);
}

/*
 * Gaps on the first level, each between a group before it and one behind.  A value that is missing
 * is then found in the next record, and one row holds values of two.
 */
static void look_for_chains(const struct look *look)
{
	const struct pieces *pieces = &look->pieces;
	char beginning[LINT_BEGINNING_MAX];
	size_t first = 0;
	unsigned gaps = 0, waiting = 0;
	bool has_group = false;

	if (read_beginning(pieces, beginning) < BEGINNING_BYTES_MIN || stands_once(beginning))
		return;
	for (size_t i = 0; i < pieces->count; i = pieces_next(pieces, i)) {
		if (pieces->list[i].kind == PIECE_BAR)
			return; /* one of several is looked for */
		if (captures(pieces, i)) {
			has_group = true;
			gaps += waiting > 0;
			waiting = 0;
		} else if (has_group && is_gap(look, i)) {
			first = first ? first : pieces->list[i].at;
			waiting++;
		}
	}
	if (gaps >= CHAIN_GAPS_MIN)
		tell(look, LINT_CHAIN, first, 0);
}

/* ---- public ---- */

static void look_at_all(const struct look *look)
{
	look_for_ambiguous_repeats(look);
	if (look->question->role == LINT_OF_ROWS)
		look_for_chains(look);
	if (matches_nothing(look))
		tell(look, LINT_EMPTY, 0, 0);
	look_for_unused_groups(look);
	if (look->question->role == LINT_OF_ROWS || look->question->role == LINT_OF_FIELDS)
		look_for_parts(look);
	if (look->question->role == LINT_OF_URLS)
		look_for_bare_dots(look);
}

/* "(?s)": settings that the expression begins with, as far as they are flags, too. */
static uint32_t leading_options(const char *text)
{
	static const char letters[] = "imsx";
	static const uint32_t bits[] = { PCRE2_CASELESS, PCRE2_MULTILINE, PCRE2_DOTALL,
					 PCRE2_EXTENDED };
	size_t size = strncmp(text, "(?", 2) == 0 ? strspn(text + 2, letters) : 0;
	uint32_t options = 0;

	if (size == 0 || text[2 + size] != ')')
		return 0;
	for (size_t i = 0; i < size; i++)
		options |= bits[strchr(letters, text[2 + i]) - letters];
	return options;
}

size_t lint_beginning(const struct lint_question *question, char beginning[LINT_BEGINNING_MAX])
{
	struct pieces pieces = pieces_of(slice_of(question->text), question->options);
	size_t size = read_beginning(&pieces, beginning);

	pieces_free(&pieces);
	return size;
}

void lint_expression(const struct lint_question *question, lint_function *function, void *context)
{
	struct look look = { .question = question, .function = function, .context = context };
	PCRE2_SIZE offset;
	int error;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)question->text, PCRE2_ZERO_TERMINATED,
					 question->options | PCRE2_UTF, &error, &offset, NULL);

	if (!code)
		return;
	look.code = code;
	pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &look.options);
	look.options |= leading_options(question->text);
	look.pieces = pieces_of(slice_of(question->text), question->options);
	look_at_all(&look);
	pieces_free(&look.pieces);
	pcre2_code_free(code);
}
