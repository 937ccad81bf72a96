#include "parsers/pattern/json_read.h"

#include <assert.h>

#include "parsers/pattern/budget.h"
#include "parsers/pattern/json_text.h"
#include "parsers/text/cursor.h"
#include "parsers/text/hex.h"

#define PAIRS_MAX 8u /* members of an object whose names are compared one by one */

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define SCRIPT_GUARD    ")]}'" /* of servers, so that no other site's <script> runs it */

/* Of an open table of names. */
struct slot {
	uint32_t hash, name;
};

/*
 * A document being read.  All its memory was taken before: a budget may cut it off at any
 * instruction.
 */
struct reader {
	struct cursor cursor;
	struct json_document *document;
	struct json_node *nodes;
	uint32_t count, room;
	struct slot *table; /* of the names of one object */
	uint32_t *open;     /* containers, the innermost last */
	uint32_t depth;
	unsigned how; /* of enum json_reading */
	bool is_whole;
};

/*
 * A value takes two bytes at least, its comma or bracket among them, but brackets that are open
 * when the text ends.
 */
static size_t nodes_max(size_t text_size)
{
	size_t whole = text_size / 2 + 1 + JSON_DEPTH_MAX / 2;

	return whole < text_size + 1 ? whole : text_size + 1;
}

/* A power of two, more than the members of any object: each has four bytes at least. */
static size_t slots_for(size_t names)
{
	size_t slots = 2 * PAIRS_MAX;

	while (slots < names + names / 2)
		slots *= 2;
	return slots;
}

/* White space of JSON, which is most of some pages. */
static inline void take_spaces(struct cursor *cursor)
{
	while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\n' ||
					    *cursor->at == '\r' || *cursor->at == '\t'))
		cursor->at++;
}

static void be_loose(struct reader *reader)
{
	reader->document->is_loose = true;
	reader->document->is_plain = false;
}

/* ---- what stands around a document ---- */

static bool take_token(struct cursor *cursor, const char *token)
{
	size_t size = strlen(token);

	if ((size_t)(cursor->end - cursor->at) < size || memcmp(cursor->at, token, size) != 0)
		return false;
	cursor->at += size;
	return true;
}

/* Go behind the next token; to the end if there is none. */
static void skip_behind(struct cursor *cursor, struct slice token)
{
	const char *found =
		memmem(cursor->at, (size_t)(cursor->end - cursor->at), token.at, token.size);

	cursor->at = found ? found + token.size : cursor->end;
}

/* "<!--": around the document, or a comment of its own, which is over before any bracket. */
static void skip_html_comment(struct cursor *cursor)
{
	struct cursor behind = *cursor;

	skip_behind(&behind, SLICE("-->"));
	for (const char *at = cursor->at; at < behind.at; at++)
		if (*at == '{' || *at == '[')
			return;
	if (behind.at < behind.end)
		*cursor = behind;
}

/* "//": CDATA may begin or end behind it, and the document then in the same line. */
static void skip_line_comment(struct cursor *cursor)
{
	struct cursor behind = *cursor;

	take_spaces(&behind);
	if (take_token(&behind, "<![CDATA["))
		*cursor = behind;
	else
		skip_behind(cursor, SLICE("\n"));
}

static bool skip_comment(struct cursor *cursor)
{
	if (take_token(cursor, "/*"))
		skip_behind(cursor, SLICE("*/"));
	else if (take_token(cursor, "//"))
		skip_line_comment(cursor);
	else
		return false;
	return true;
}

static void skip_before(struct reader *reader)
{
	struct cursor *cursor = &reader->cursor;

	while (take_spaces(cursor), !cursor_is_at_end(cursor)) {
		if (take_token(cursor, "<!--"))
			skip_html_comment(cursor);
		else if (!take_token(cursor, BYTE_ORDER_MARK) && !take_token(cursor, "<![CDATA[") &&
			 !take_token(cursor, SCRIPT_GUARD) && !skip_comment(cursor))
			return;
		be_loose(reader);
	}
}

static void skip_behind_all(struct reader *reader)
{
	struct cursor *cursor = &reader->cursor;

	while (take_spaces(cursor), !cursor_is_at_end(cursor)) {
		if (!cursor_take(cursor, ';') && !take_token(cursor, "]]>") &&
		    !take_token(cursor, "-->") && !skip_comment(cursor))
			return;
		be_loose(reader);
	}
}

/* ---- values ---- */

static uint32_t add(struct reader *reader, enum json_kind kind, const char *begin)
{
	struct json_node *node = &reader->nodes[reader->count];

	assert(reader->count < reader->room);
	*node = (struct json_node){ .kind = (unsigned char)kind, .span = 1 };
	node->at = (uint32_t)(begin - reader->document->text.at);
	node->size = (uint32_t)(reader->cursor.at - begin);
	return reader->count++;
}

/* Behind the backslash of a string. */
static bool take_escape(struct reader *reader)
{
	struct cursor *cursor = &reader->cursor;

	if (cursor_take_any(cursor, "\"\\/bfnrt"))
		return true;
	if (cursor_take(cursor, '\'')) {
		be_loose(reader);
		return true;
	}
	if (!cursor_take(cursor, 'u'))
		return false;
	for (int n = 0; n < 4; n++, cursor->at++)
		if (cursor_is_at_end(cursor) || hex_value(*cursor->at) < 0)
			return false;
	return true;
}

/* What most of a string is: neither its end, nor an escape, nor a control character. */
static const char *skip_letters(const char *at, const char *end)
{
	while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
		at++;
	return at;
}

static bool read_string(struct reader *reader)
{
	struct cursor *cursor = &reader->cursor;
	const char *begin = cursor->at;
	bool is_escaped = false;

	if (!cursor_take(cursor, '"'))
		return false;
	for (;;) {
		cursor->at = skip_letters(cursor->at, cursor->end);
		if (cursor_is_at_end(cursor))
			return false;
		if (cursor_take(cursor, '"'))
			break;
		if (cursor_take(cursor, '\\')) {
			is_escaped = true;
			if (!take_escape(reader))
				return false;
		} else {
			be_loose(reader);
			cursor->at++;
		}
	}
	reader->nodes[add(reader, JSON_STRING, begin)].is_escaped = is_escaped;
	return true;
}

static bool read_number(struct reader *reader)
{
	struct cursor *cursor = &reader->cursor;
	const char *begin = cursor->at;

	cursor_take(cursor, '-');
	if (!cursor_take(cursor, '0') && cursor_take_digits(cursor) == 0)
		return false;
	if (cursor_take(cursor, '.') && cursor_take_digits(cursor) == 0)
		return false;
	if (cursor_take(cursor, 'e') || cursor_take(cursor, 'E')) {
		if (!cursor_take(cursor, '-'))
			cursor_take(cursor, '+');
		if (cursor_take_digits(cursor) == 0)
			return false;
	}
	add(reader, JSON_NUMBER, begin);
	return true;
}

static bool read_word(struct reader *reader)
{
	static const struct {
		const char *word;
		enum json_kind kind;
	} words[] = { { "true", JSON_TRUE }, { "false", JSON_FALSE }, { "null", JSON_NULL } };
	const char *begin = reader->cursor.at;

	for (size_t n = 0; n < sizeof(words) / sizeof(words[0]); n++) {
		if (!take_token(&reader->cursor, words[n].word))
			continue;
		add(reader, words[n].kind, begin);
		return true;
	}
	return false;
}

static bool read_scalar(struct reader *reader)
{
	switch (cursor_peek(&reader->cursor)) {
	case '"':
		return read_string(reader);
	case 't':
	case 'f':
	case 'n':
		return read_word(reader);
	default:
		return read_number(reader);
	}
}

/* ---- names that come twice ---- */

static void overwrite(struct reader *reader, uint32_t name)
{
	reader->nodes[name].is_overwritten = true;
	reader->document->is_plain = false;
}

static void find_twins_in_pairs(struct reader *reader, const uint32_t names[], uint32_t count)
{
	for (uint32_t late = 1; late < count; late++)
		for (uint32_t early = 0; early < late; early++)
			if (json_strings_equal(reader->document, names[early], names[late]))
				overwrite(reader, names[early]);
}

static uint32_t hash_more(uint32_t hash, const char *at, size_t size)
{
	for (size_t n = 0; n < size; n++)
		hash = (hash ^ (unsigned char)at[n]) * 16777619u;
	return hash;
}

/* FNV-1a, of the text and not of how it is written; begun at a number that no page can know. */
static uint32_t hash_name(const struct reader *reader, uint32_t name)
{
	struct slice written = json_written(reader->document, name);
	struct json_letters letters = { written.at + 1, written.at + written.size - 1 };
	uint32_t hash = 2166136261u ^ (uint32_t)((uintptr_t)reader->nodes >> 4);
	char letter[JSON_LETTER_BYTES_MAX];
	bool is_bad;
	size_t size;

	if (!reader->nodes[name].is_escaped)
		hash = hash_more(hash, letters.at, written.size - 2);
	else
		while ((size = json_letter(&letters, letter, &is_bad)) > 0)
			hash = hash_more(hash, letter, size);
	return hash ^ hash >> 15;
}

/* Put a name into the table; one that is equal goes, for it counts no more. */
static void replace_twin(struct reader *reader, size_t slots, uint32_t name)
{
	uint32_t hash = hash_name(reader, name);
	struct slot *slot = &reader->table[hash & (slots - 1)];

	while (slot->name &&
	       !(slot->hash == hash && json_strings_equal(reader->document, slot->name, name)))
		slot = slot + 1 < reader->table + slots ? slot + 1 : reader->table;
	if (slot->name)
		overwrite(reader, slot->name);
	*slot = (struct slot){ hash, name };
}

static void find_twins_by_hash(struct reader *reader, uint32_t object, uint32_t count)
{
	uint32_t end = json_behind(reader->document, object);
	size_t slots = slots_for(count);

	memset(reader->table, 0, slots * sizeof(*reader->table));
	for (uint32_t name = object + 1; name < end; name = json_behind(reader->document, name + 1))
		replace_twin(reader, slots, name);
}

static void find_twins(struct reader *reader, uint32_t object)
{
	const struct json_document *document = reader->document;
	uint32_t end = json_behind(document, object), names[PAIRS_MAX], count = 0;

	for (uint32_t name = object + 1; name < end; name = json_behind(document, name + 1)) {
		if (count < PAIRS_MAX)
			names[count] = name;
		count++;
	}
	if (count <= PAIRS_MAX)
		find_twins_in_pairs(reader, names, count);
	else
		find_twins_by_hash(reader, object, count);
}

/* ---- brackets ---- */

/* The name of a member and its colon. */
static bool read_name(struct reader *reader)
{
	take_spaces(&reader->cursor);
	if (!read_string(reader))
		return false;
	reader->nodes[reader->count - 1].is_name = true;
	take_spaces(&reader->cursor);
	return cursor_take(&reader->cursor, ':');
}

static char closer_of(const struct reader *reader, uint32_t container)
{
	return reader->nodes[container].kind == JSON_OBJECT ? '}' : ']';
}

/* Behind the closing bracket of the innermost container. */
static void close_container(struct reader *reader)
{
	uint32_t container = reader->open[--reader->depth];
	struct json_node *node = &reader->nodes[container];

	node->span = reader->count - container;
	node->size = (uint32_t)(reader->cursor.at - reader->document->text.at) - node->at;
	if (node->kind == JSON_OBJECT && node->span > 1)
		find_twins(reader, container);
}

/* A bracket, with the name of an object's first member.  *is_complete: it closes at once. */
static bool open_container(struct reader *reader, bool *is_complete)
{
	struct cursor *cursor = &reader->cursor;
	const char *begin = cursor->at;
	uint32_t container;

	if (reader->depth == JSON_DEPTH_MAX)
		return false;
	cursor->at++;
	container = add(reader, *begin == '{' ? JSON_OBJECT : JSON_ARRAY, begin);
	reader->open[reader->depth++] = container;
	take_spaces(cursor);
	*is_complete = cursor_take(cursor, closer_of(reader, container));
	if (*is_complete)
		close_container(reader);
	return *is_complete || *begin == '[' || read_name(reader);
}

/* Behind a value: brackets that close, then a comma (and the next name), or the end of all. */
static bool read_behind_value(struct reader *reader)
{
	struct cursor *cursor = &reader->cursor;

	while (reader->depth > 0) {
		char closer = closer_of(reader, reader->open[reader->depth - 1]);
		bool is_comma;

		take_spaces(cursor);
		is_comma = cursor_take(cursor, ',');
		if (is_comma)
			take_spaces(cursor);
		if (!cursor_take(cursor, closer))
			return is_comma && (closer == ']' || read_name(reader));
		if (is_comma)
			be_loose(reader);
		close_container(reader);
	}
	return true;
}

static bool read_all(struct reader *reader)
{
	skip_before(reader);
	do {
		bool is_complete = true;
		char c;

		take_spaces(&reader->cursor);
		c = cursor_peek(&reader->cursor);
		if (c == '{' || c == '[') {
			if (!open_container(reader, &is_complete))
				return false;
		} else if (!read_scalar(reader)) {
			return false;
		}
		if (is_complete && !read_behind_value(reader))
			return false;
	} while (reader->depth > 0);
	skip_behind_all(reader);
	return (reader->how & JSON_AND_MORE) || cursor_is_at_end(&reader->cursor);
}

static void work(void *context)
{
	struct reader *reader = context;

	reader->is_whole = read_all(reader);
}

static bool run(struct reader *reader)
{
	if (reader->how & JSON_IN_BUDGET)
		return !budget_is_spent() && budget_call(work, reader);
	work(reader);
	return true;
}

enum json_result json_read(struct json_document *document, struct slice text, unsigned how,
			   struct scratch *scratch)
{
	size_t room = nodes_max(text.size), nodes_bytes = room * sizeof(struct json_node);
	size_t bytes = nodes_bytes + slots_for(text.size / 4) * sizeof(struct slot);
	struct reader reader = { .document = document, .room = (uint32_t)room, .how = how };
	uint32_t open[JSON_DEPTH_MAX];
	bool is_over;

	*document = (struct json_document){ .text = text.at ? text : SLICE(""), .is_plain = true };
	if (text.size >= UINT32_MAX)
		return JSON_BAD;
	reader.cursor.at = document->text.at;
	reader.cursor.end = reader.cursor.at + text.size;
	reader.nodes = scratch_take(scratch, bytes);
	reader.open = open;
	reader.table = (struct slot *)((char *)reader.nodes + nodes_bytes);
	document->nodes = reader.nodes;
	is_over = run(&reader);
	document->count = is_over && reader.is_whole ? reader.count : 0;
	scratch_shrink(scratch, bytes, document->count * sizeof(struct json_node));
	if (!is_over)
		return JSON_LIMIT;
	document->bad_at = (size_t)(reader.cursor.at - document->text.at);
	return reader.is_whole ? JSON_READ : JSON_BAD;
}

bool json_is_valid(struct slice text)
{
	struct scratch scratch = { 0 };
	struct json_document document;
	enum json_result result = json_read(&document, text, 0, &scratch);

	scratch_free(&scratch);
	return result == JSON_READ && !document.is_loose;
}
