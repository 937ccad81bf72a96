#include "parsers/pattern/atom.h"

#include <pcre2.h>
#include <stdlib.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"

/* What stands for the characters beyond ASCII. */
static const char *const wide[] = {
	"\xc3\xa9",     "\xc3\x9f",     "\xd1\x8f", "\xe4\xb8\xad",
	"\xe3\x81\xae", "\xe2\x82\xac", "\xc2\xa0", "\xe2\x80\xa8",
};
#define WIDE (sizeof(wide) / sizeof(wide[0]))

bool atom_set_is_whole(const struct atom_set *set)
{
	return set->words[0] == UINT64_MAX && set->words[1] == UINT64_MAX &&
	       set->words[2] == (1u << WIDE) - 1;
}

/* ---- how long it is, without its quantifier ---- */

/* Up to and with the closing character; all of it if there is none. */
static size_t through(struct slice text, size_t from, char closing)
{
	const char *end = memchr(text.at + from, closing, text.size - from);

	return end ? (size_t)(end - text.at) + 1 : text.size;
}

static size_t class_size(struct slice text)
{
	size_t at = text.size > 1 && text.at[1] == '^' ? 2 : 1;

	at += at < text.size && text.at[at] == ']';
	while (at < text.size && text.at[at] != ']') {
		if (text.at[at] == '\\')
			at += 2;
		else if (text.at[at] == '[' && at + 1 < text.size && text.at[at + 1] == ':')
			at = through(text, at, ']');
		else
			at++;
	}
	return at < text.size ? at + 1 : text.size;
}

static size_t count_digits(struct slice text, size_t from, size_t most, bool is_hexadecimal)
{
	size_t count = 0;

	while (count < most && from + count < text.size) {
		char c = text.at[from + count], letter = ascii_lower(c);

		if (!(c >= '0' && c <= '7') &&
		    !(is_hexadecimal && (ascii_is_digit(c) || (letter >= 'a' && letter <= 'f'))))
			break;
		count++;
	}
	return count;
}

static size_t escape_size(struct slice text)
{
	bool has_brace = text.size > 2 && text.at[2] == '{';

	if (text.size < 2)
		return text.size;
	if (has_brace && strchr("xopPN", text.at[1]))
		return through(text, 2, '}');
	switch (text.at[1]) {
	case 'x':
		return 2 + count_digits(text, 2, 2, true);
	case '0':
		return 2 + count_digits(text, 2, 2, false);
	case 'p':
	case 'P':
	case 'c':
		return text.size < 3 ? text.size : 3;
	default:
		return 1 + utf8_step(text.at + 1, text.at + text.size);
	}
}

static size_t atom_size(struct slice text, bool is_quoted)
{
	if (!is_quoted && text.at[0] == '\\')
		return escape_size(text);
	if (!is_quoted && text.at[0] == '[')
		return class_size(text);
	return utf8_step(text.at, text.at + text.size);
}

/* ---- its quantifier ---- */

/* PCRE2 takes none over 65535. */
static unsigned read_number(struct slice text, size_t *at)
{
	unsigned number = 0;

	for (; *at < text.size && ascii_is_digit(text.at[*at]); (*at)++)
		number = number * 10 + (unsigned)(text.at[*at] - '0');
	return number;
}

/* "{2}", "{2,}", "{2,4}" from its brace, and behind it. */
static struct atom_repeat read_counts(struct slice text, size_t *at)
{
	struct atom_repeat repeat = { 0 };

	(*at)++;
	repeat.least = repeat.most = read_number(text, at);
	if (*at < text.size && text.at[*at] == ',') {
		(*at)++;
		repeat.most = *at < text.size && ascii_is_digit(text.at[*at])
				      ? read_number(text, at)
				      : ATOM_ENDLESS;
	}
	(*at)++;
	return repeat;
}

static struct atom_repeat read_repeat(struct slice text, size_t at)
{
	struct atom_repeat repeat = { 1, 1, false };

	if (at >= text.size || !memchr("*+?{", text.at[at], 4))
		return repeat;
	if (text.at[at] == '{') {
		repeat = read_counts(text, &at);
	} else {
		repeat.least = text.at[at] == '+';
		repeat.most = text.at[at] == '?' ? 1 : ATOM_ENDLESS;
		at++;
	}
	repeat.is_possessive = at < text.size && text.at[at] == '+';
	return repeat;
}

/* With x white space may stand before it. */
static struct atom_repeat repeat_behind(struct slice text, size_t at, uint32_t options)
{
	while (options & PCRE2_EXTENDED && at < text.size && ascii_is_white(text.at[at]))
		at++;
	return read_repeat(text, at);
}

struct atom_repeat atom_repeat_of_group(const struct pieces *pieces, size_t number,
					uint32_t options)
{
	const struct piece *piece = &pieces->list[number];

	return repeat_behind((struct slice){ pieces->text.at + piece->at, piece->size }, 1,
			     options);
}

/* ---- its characters ---- */

/*
 * "\b" and the like have no width; the letters below stand for no character, or for several.  What
 * is quoted is not looked into.
 */
static enum atom_kind kind_of(struct slice atom, bool is_quoted)
{
	if (is_quoted)
		return ATOM_OTHER;
	if (atom.at[0] == '^' || atom.at[0] == '$')
		return ATOM_ASSERTION;
	if (atom.at[0] == '(')
		return ATOM_OTHER;
	if (atom.at[0] != '\\' || atom.size < 2)
		return ATOM_CHARACTER;
	if (strchr("bBAzZG", atom.at[1]))
		return ATOM_ASSERTION;
	return strchr("RXCKkg123456789", atom.at[1]) ? ATOM_OTHER : ATOM_CHARACTER;
}

/* The atom alone, for one whole character.  NULL: it cannot stand alone. */
static pcre2_code *compile_alone(struct slice atom, uint32_t options)
{
	uint32_t kept = options & (PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_UCP);
	PCRE2_SIZE offset;
	int error;

	return pcre2_compile((PCRE2_SPTR)atom.at, atom.size,
			     kept | PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &error, &offset,
			     NULL);
}

static bool is_match(const pcre2_code *code, pcre2_match_data *data, struct slice character)
{
	return pcre2_match(code, (PCRE2_SPTR)character.at, character.size, 0, 0, data, NULL) > 0;
}

static bool find_set(struct slice atom, uint32_t options, struct atom_set *set)
{
	pcre2_code *code = compile_alone(atom, options);
	pcre2_match_data *data = code ? pcre2_match_data_create(1, NULL) : NULL;

	for (unsigned c = 0; data && c < 128; c++) {
		char byte = (char)c;

		if (is_match(code, data, (struct slice){ &byte, 1 }))
			set->words[c / 64] |= UINT64_C(1) << c % 64;
	}
	for (unsigned i = 0; data && i < WIDE; i++)
		if (is_match(code, data, slice_of(wide[i])))
			set->words[2] |= UINT64_C(1) << i;
	pcre2_match_data_free(data);
	pcre2_code_free(code);
	return data != NULL;
}

struct atom atom_of(const struct pieces *pieces, size_t number, uint32_t options)
{
	const struct piece *piece = &pieces->list[number];
	struct slice text = { pieces->text.at + piece->at, piece->size };
	size_t size = atom_size(text, piece->is_quoted);
	struct slice alone = { text.at, size };
	struct atom atom = { .kind = kind_of(alone, piece->is_quoted) };

	atom.repeat = repeat_behind(text, size, options);
	if (atom.kind == ATOM_CHARACTER && !find_set(alone, options, &atom.set))
		atom.kind = ATOM_OTHER;
	return atom;
}
