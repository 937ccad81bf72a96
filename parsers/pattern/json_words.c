#include "parsers/pattern/json_words.h"

#include "parsers/markup/scripts.h"
#include "parsers/pattern/pieces.h"
#include "parsers/text/ascii.h"

#define WORD_MIN 3 /* bytes */
#define WORD_MAX 64

/* ---- in the page ---- */

/* Is there a colon behind the key? */
static bool is_key(const char *at, const char *end)
{
	at = tags_skip_class(at, end, TAGS_SPACE);
	return at < end && *at == ':';
}

/* Where "word" is a key of JSON in text, or NULL. */
static const char *find_key(struct slice text, struct slice word)
{
	const char *at = text.at, *end = text.at + text.size;

	while ((at = memmem(at, (size_t)(end - at), word.at, word.size)) != NULL) {
		const char *behind = at + word.size;

		if (at > text.at && at[-1] == '"' && behind < end && *behind == '"' &&
		    is_key(behind + 1, end))
			return at - 1;
		at++;
	}
	return NULL;
}

static bool is_in_script(struct slice page, struct slice word, size_t *at)
{
	struct slice type, content;
	struct scripts scripts;
	const char *found;

	scripts_begin(&scripts, page);
	while (scripts_next(&scripts, &type, &content)) {
		found = find_key(content, word);
		if (!found)
			continue;
		*at = (size_t)(found - page.at);
		return true;
	}
	return false;
}

/* ---- in the expression ---- */

static char character_at(const struct pieces *pieces, size_t piece)
{
	struct slice character;

	if (piece >= pieces->count || !pieces_is_literal(pieces, piece, &character))
		return '\0';
	return character.at[0];
}

static bool is_of_word(char c)
{
	return ascii_is_letter(c) || ascii_is_digit(c) || c == '_' || c == '-';
}

/* A word that begins with a piece; it may be empty.  Returns the piece behind it. */
static size_t read_word(const struct pieces *pieces, size_t piece, struct scratch *store,
			struct slice *word)
{
	char text[WORD_MAX];
	size_t size = 0;

	for (; is_of_word(character_at(pieces, piece)); piece++)
		if (size < WORD_MAX)
			text[size++] = character_at(pieces, piece);
	*word = size < WORD_MAX ? scratch_copy(store, (struct slice){ text, size })
				: (struct slice){ 0 };
	return piece;
}

/* "(?<name>" of a piece that opens a group. */
static struct slice group_name(const struct pieces *pieces, size_t piece)
{
	const struct piece *open = &pieces->list[piece];
	struct slice name = { pieces->text.at + open->at, open->size };
	const char *at;

	if (open->kind != PIECE_OPEN)
		return (struct slice){ 0 };
	at = tags_find(name.at, name.at + name.size, '<');
	if (!at)
		return (struct slice){ 0 };
	return (struct slice){ at + 1, strspn(at + 1, "abcdefghijklmnopqrstuvwxyz"
						      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") };
}

void json_words_find(const char *expression, uint32_t options, struct slice page,
		     struct scratch *store, struct slice *key, size_t *at)
{
	struct pieces pieces = pieces_of(slice_of(expression), options);
	bool is_found = false;

	*key = (struct slice){ 0 };
	for (size_t piece = 0, next; piece < pieces.count && !is_found; piece = next) {
		char before = piece > 0 ? character_at(&pieces, piece - 1) : '\0';
		struct slice word;

		next = read_word(&pieces, piece, store, &word);
		if (next == piece) {
			next++;
			word = group_name(&pieces, piece);
		} else if (before == '<' || before == '/' || character_at(&pieces, next) == '=') {
			continue;
		}
		is_found = word.size >= WORD_MIN && is_in_script(page, word, at);
		if (is_found)
			*key = scratch_copy(store, word);
	}
	pieces_free(&pieces);
}
