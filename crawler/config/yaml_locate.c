#include "config/yaml_tree.h"
#include "show/glyph.h"

/*
 * The way back from a byte of a value to the byte of the source it was read from.
 *
 * The source of the text is walked again, and every byte of the value is compared with
 * what the walk says it should be: where the two part, the caller points at the beginning.
 */
struct walk {
	struct slice source;
	size_t from; /* next byte of the source */
	const char *value;
	size_t at, target; /* next byte of the value, and the one that is looked for */
};

static char source_at(const struct walk *walk, size_t ahead)
{
	return walk->from + ahead < walk->source.size ? walk->source.at[walk->from + ahead] : '\0';
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static size_t break_bytes(const struct walk *walk, size_t ahead)
{
	char byte = source_at(walk, ahead);

	if (byte == '\r')
		return source_at(walk, ahead + 1) == '\n' ? 2 : 1;
	return byte == '\n';
}

/* The source goes on by source_bytes for value_bytes of the value.  True if the target is there. */
static bool step(struct walk *walk, size_t source_bytes, size_t value_bytes)
{
	if (walk->target < walk->at + value_bytes)
		return true;
	walk->from += source_bytes;
	walk->at += value_bytes;
	return false;
}

/* Blanks, line break, blanks: a space in the value, or a line break for every line left empty. */
static bool step_over_break(struct walk *walk, bool is_escaped)
{
	size_t bytes = 0, breaks = 0, more;

	while (is_blank(source_at(walk, bytes)) || break_bytes(walk, bytes) > 0) {
		more = break_bytes(walk, bytes);
		breaks += more > 0;
		bytes += more ? more : 1;
	}
	if (is_escaped)
		return step(walk, bytes, breaks - 1);
	return step(walk, bytes, breaks > 1 ? breaks - 1 : 1);
}

static size_t blank_bytes(const struct walk *walk)
{
	size_t bytes = 0;

	while (is_blank(source_at(walk, bytes)))
		bytes++;
	return bytes;
}

/* Bytes that stand in the value as in the source, up to the target.  False if they do not. */
static bool step_together(struct walk *walk, size_t bytes)
{
	if (bytes > walk->target - walk->at)
		bytes = walk->target - walk->at;
	if (memcmp(walk->value + walk->at, walk->source.at + walk->from, bytes) != 0)
		return false;
	walk->at += bytes;
	walk->from += bytes;
	return true;
}

/* A backslash in double quotes: \n, \x0a, \u4e2d, \U0001f600. */
static bool step_over_escape(struct walk *walk)
{
	static const unsigned char sizes[] = { 1, 1, 2, 3, 4 };
	unsigned char lead = (unsigned char)walk->value[walk->at];
	char kind = source_at(walk, 1);
	size_t bytes = kind == 'x' ? 4 : kind == 'u' ? 6 : kind == 'U' ? 10 : 2;

	return step(walk, bytes, sizes[lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4]);
}

/* Plain and quoted text.  Returns false if the walk lost its way. */
static bool walk_flow(struct walk *walk, enum yaml_style style)
{
	bool is_there = false;

	walk->from += style != YAML_PLAIN;
	while (!is_there && walk->from < walk->source.size) {
		bool is_escape = style == YAML_DOUBLE_QUOTED && source_at(walk, 0) == '\\';
		size_t blanks = blank_bytes(walk);

		if (is_escape && break_bytes(walk, 1)) { /* a line joined to the next: no value */
			walk->from++;
			is_there = step_over_break(walk, true);
		} else if (walk->at == walk->target) {
			is_there = true;
		} else if (break_bytes(walk, blanks)) {
			is_there = step_over_break(walk, false);
		} else if (is_escape) {
			is_there = step_over_escape(walk);
		} else {
			bool is_pair = style == YAML_SINGLE_QUOTED && source_at(walk, 0) == '\'';

			if (!step_together(walk, blanks ? blanks : 1))
				return false;
			walk->from += is_pair;
		}
	}
	return is_there || walk->at == walk->target;
}

static struct slice line_of(struct slice text, size_t at)
{
	size_t end = at;

	while (end < text.size && text.at[end] != '\n' && text.at[end] != '\r')
		end++;
	return (struct slice){ text.at + at, end - at };
}

static void next_line(struct walk *walk)
{
	walk->from += line_of(walk->source, walk->from).size;
	walk->from += break_bytes(walk, 0);
}

/* '|': each line of the value is the end of one line of the source, behind its indentation. */
static bool walk_literal(struct walk *walk, struct slice value)
{
	for (;;) {
		struct slice line = line_of(value, walk->at), whole;
		size_t indent;

		next_line(walk);
		whole = line_of(walk->source, walk->from);
		indent = whole.size >= line.size ? whole.size - line.size : 0;
		if (whole.size < line.size || memcmp(whole.at + indent, line.at, line.size) != 0)
			return false;
		if (walk->target <= walk->at + line.size) {
			walk->from += indent + walk->target - walk->at;
			return true;
		}
		walk->at += line.size + 1;
	}
}

/*
 * '>': a line of the source stands somewhere in the value, with a space or line breaks before
 * it.  The first line tells the indentation.
 */
static bool walk_folded(struct walk *walk, struct slice value)
{
	size_t indent = SIZE_MAX;

	while (walk->from < walk->source.size) {
		struct slice line;
		size_t blanks = 0;

		next_line(walk);
		line = line_of(walk->source, walk->from);
		while (blanks < line.size && line.at[blanks] == ' ')
			blanks++;
		if (blanks == line.size)
			continue;
		while (walk->at < value.size && value.at[walk->at] == '\n')
			walk->at++;
		if (indent == SIZE_MAX)
			for (indent = blanks;
			     indent > 0 && value.at[walk->at + blanks - indent] == ' ';)
				indent--;
		else if (walk->at < value.size && value.at[walk->at] == ' ' && blanks == indent)
			walk->at++;
		if (blanks < indent || value.size - walk->at < line.size - indent ||
		    memcmp(value.at + walk->at, line.at + indent, line.size - indent) != 0)
			return false;
		if (walk->target <= walk->at + line.size - indent) {
			walk->from +=
				indent + (walk->target > walk->at ? walk->target - walk->at : 0);
			return true;
		}
		walk->at += line.size - indent;
	}
	return false;
}

size_t yaml_locate(const struct source *source, const struct yaml_node *node, size_t at)
{
	struct walk walk = { .source = source->text, .from = node->offset, .value = node->text };
	bool is_found;

	if (node->kind != YAML_TEXT)
		return node->offset;
	walk.target = at < node->size ? at : node->size;
	/* Behind the line break that ends a block there is nothing to see: show the line's end. */
	while (node->style >= YAML_LITERAL && walk.target > 0 && walk.target == node->size &&
	       node->text[walk.target - 1] == '\n')
		walk.target--;
	if (node->style == YAML_LITERAL)
		is_found = walk_literal(&walk, yaml_slice(node));
	else if (node->style == YAML_FOLDED)
		is_found = walk_folded(&walk, yaml_slice(node));
	else
		is_found = walk_flow(&walk, node->style);
	return is_found ? walk.from : node->offset;
}
