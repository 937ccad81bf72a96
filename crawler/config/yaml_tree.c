#include "config/yaml_tree.h"
#include "parsers/text/memory.h"
#include "show/glyph.h"
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

struct reader {
	const struct source *source;
	struct arena *arena;
	struct complaints *complaints;
	yaml_parser_t parser;
	size_t bom_bytes;           /* taken off before libyaml sees the text */
	size_t mark_index, mark_at; /* the last mark asked for, in characters and in bytes */
	size_t nodes;
};

const char *yaml_kind_name(enum yaml_kind kind)
{
	return kind == YAML_LIST ? "a list" : kind == YAML_MAP ? "a mapping" : "text";
}

const struct yaml_node *yaml_child(const struct yaml_node *map, const char *key)
{
	for (const struct yaml_node *child = map->first; child; child = child->next)
		if (child->key && slice_equal(yaml_slice(child->key), slice_of(key)))
			return child;
	return NULL;
}

/* libyaml counts characters.  Marks come nearly in order, so the way from the last is short. */
static size_t offset_of(struct reader *reader, size_t index)
{
	struct slice text = reader->source->text;

	if (index < reader->mark_index) {
		reader->mark_index = 0;
		reader->mark_at = reader->bom_bytes;
	}
	while (reader->mark_index < index && reader->mark_at < text.size) {
		struct slice rest = { text.at + reader->mark_at, text.size - reader->mark_at };
		uint32_t code;

		reader->mark_at += glyph_decode(rest, &code);
		reader->mark_index++;
	}
	return reader->mark_at;
}

/* An end of file is shown where the text ends, not in the empty line below it. */
static size_t before_blank_end(const struct source *source, size_t at)
{
	size_t end = at;

	while (end < source->text.size && strchr(" \t\r\n", source->text.at[end]))
		end++;
	if (end < source->text.size)
		return at;
	while (at > 0 && strchr(" \t\r\n", source->text.at[at - 1]))
		at--;
	return at;
}

/* The byte at a position, and the last one before it in its line that is not blank; NUL if none. */
static char byte_at(struct slice text, size_t at)
{
	return at < text.size ? text.at[at] : '\0';
}

static char byte_before(struct slice text, size_t at)
{
	while (at > 0 && (text.at[at - 1] == ' ' || text.at[at - 1] == '\t'))
		at--;
	return at > 0 ? text.at[at - 1] : '\0';
}

/* libyaml misses something: mostly because a text without quotes, or with too few, ended early. */
static const char *words_for_missing(const char *problem, char before, char found)
{
	if (!strstr(problem, "did not find expected") || strstr(problem, "<document start>"))
		return NULL;
	if (before == '\'')
		return "the quotes end before this: inside single quotes a quote is written twice, "
		       "''";
	if (before == '"')
		return "the quotes end before this: inside double quotes a quote is written \\\"";
	if ((before == ']' || before == '}') && !strstr(problem, "',' or"))
		return "text that begins with '[' or '{' must be in single quotes";
	if (found == '[' || found == '{')
		return "within braces, text with '[' or '{' in it must be in single quotes";
	return NULL;
}

/* libyaml's words for the slips that people make, in words that help; NULL: libyaml's own. */
static const char *plain_words(const char *problem, const char *context, char at_problem,
			       char at_context)
{
	if (at_problem == '\t')
		return "a tab cannot stand here: YAML is indented with spaces";
	if (strstr(problem, "mapping values are not allowed"))
		return "a ':' cannot stand here: put text with ': ' in it in single quotes, "
		       "or check the indentation";
	if (strstr(problem, "unknown escape character"))
		return "not an escape of YAML: in double quotes a backslash is special, "
		       "write patterns in single quotes";
	if (strstr(problem, "cannot start any token") || strstr(context, "alias") ||
	    strstr(context, "anchor") || strstr(context, "tag"))
		if (at_context && strchr("*&!%@`", at_context))
			return "text that begins with this character must be in single quotes";
	if (strstr(problem, "<document start>"))
		return "one thing too many: the document has ended before this";
	return NULL;
}

static void complain_of_yaml(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const struct source *source = reader->source;
	const char *problem = parser->problem ? parser->problem : "not YAML";
	const char *context = parser->context ? parser->context : "", *words;
	size_t at, begun;

	if (parser->error == YAML_READER_ERROR) {
		complain(reader->complaints, source, parser->problem_offset + reader->bom_bytes,
			 "a control character (%#x) cannot stand in YAML",
			 (unsigned)parser->problem_value);
		return;
	}
	at = offset_of(reader, parser->problem_mark.index);
	begun = *context ? offset_of(reader, parser->context_mark.index) : at;
	if (strstr(problem, "unexpected end of stream")) {
		complain(reader->complaints, source, begun, "this quote is not closed");
		return;
	}
	words = words_for_missing(problem, byte_before(source->text, at),
				  byte_at(source->text, at));
	if (!words)
		words = plain_words(problem, context, byte_at(source->text, at),
				    byte_at(source->text, begun));
	at = before_blank_end(source, at);
	if (words)
		complain(reader->complaints, source, at, "%s", words);
	else if (*context)
		complain(reader->complaints, source, at, "%s %s that begins in line %zu", problem,
			 context, position_of(source, begun).line);
	else
		complain(reader->complaints, source, at, "%s", problem);
}

static int next_event(struct reader *reader, yaml_event_t *event)
{
	if (yaml_parser_parse(&reader->parser, event))
		return 0;
	if (reader->parser.error == YAML_MEMORY_ERROR)
		memory_fail();
	complain_of_yaml(reader);
	return -1;
}

static int by_text(const void *left, const void *right)
{
	const struct yaml_node *a = *(const struct yaml_node *const *)left;
	const struct yaml_node *b = *(const struct yaml_node *const *)right;
	int order = strcmp(a->text, b->text);

	return order ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

/* By sorting, so that a mapping of a hundred thousand keys costs no time. */
static int check_duplicates(struct reader *reader, const struct yaml_node *map)
{
	const struct yaml_node **keys = arena_alloc(reader->arena, map->count, sizeof(*keys));
	size_t count = 0;
	int result = 0;

	for (const struct yaml_node *child = map->first; child; child = child->next)
		keys[count++] = child->key;
	qsort(keys, count, sizeof(*keys), by_text);
	for (size_t i = 1; i < count && !complaints_are_full(reader->complaints); i++) {
		if (strcmp(keys[i - 1]->text, keys[i]->text) != 0)
			continue;
		complain(reader->complaints, reader->source, keys[i]->offset,
			 "'%s' stands here twice: first in line %zu", QUOTED(yaml_slice(keys[i])),
			 position_of(reader->source, keys[i - 1]->offset).line);
		result = -1;
	}
	return result;
}

static int check_properties(struct reader *reader, const yaml_char_t *anchor,
			    const yaml_char_t *tag, size_t at)
{
	if (anchor)
		complain(reader->complaints, reader->source, at,
			 "anchors are not used here: write text that begins with '&' in single "
			 "quotes");
	else if (tag)
		complain(reader->complaints, reader->source, at,
			 "tags are not used here: every value is text, and typed by its key");
	return anchor || tag ? -1 : 0;
}

static int read_text(struct reader *reader, const yaml_event_t *event, struct yaml_node *node)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t size = event->data.scalar.length;

	if (check_properties(reader, event->data.scalar.anchor, event->data.scalar.tag,
			     node->offset))
		return -1;
	if (memchr(text, '\0', size)) {
		complain(reader->complaints, reader->source, node->offset,
			 "a NUL byte cannot stand in a text");
		return -1;
	}
	switch (event->data.scalar.style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		node->style = YAML_SINGLE_QUOTED;
		break;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		node->style = YAML_DOUBLE_QUOTED;
		break;
	case YAML_LITERAL_SCALAR_STYLE:
		node->style = YAML_LITERAL;
		break;
	case YAML_FOLDED_SCALAR_STYLE:
		node->style = YAML_FOLDED;
		break;
	default:
		node->style = YAML_PLAIN;
	}
	node->text = arena_copy(reader->arena, (struct slice){ text, size });
	node->size = size;
	return 0;
}

static struct yaml_node *read_node(struct reader *reader, const yaml_event_t *event,
				   unsigned depth);

static void add_child(struct yaml_node *parent, struct yaml_node **last, struct yaml_node *child)
{
	if (*last)
		(*last)->next = child;
	else
		parent->first = child;
	*last = child;
	parent->count++;
}

/* The children up to the event that ends their parent. */
static int read_children(struct reader *reader, struct yaml_node *parent, unsigned depth)
{
	struct yaml_node *last = NULL, *key = NULL, *child;
	yaml_event_t event;

	for (;;) {
		bool is_end;

		if (next_event(reader, &event))
			return -1;
		is_end = event.type == YAML_MAPPING_END_EVENT ||
			 event.type == YAML_SEQUENCE_END_EVENT;
		child = is_end ? NULL : read_node(reader, &event, depth + 1);
		yaml_event_delete(&event);
		if (is_end)
			break;
		if (!child)
			return -1;
		if (parent->kind == YAML_MAP && !key) {
			if (child->kind != YAML_TEXT) {
				complain(reader->complaints, reader->source, child->offset,
					 "a key must be text, not %s", yaml_kind_name(child->kind));
				return -1;
			}
			key = child;
			continue;
		}
		child->key = key;
		key = NULL;
		add_child(parent, &last, child);
	}
	return parent->kind == YAML_MAP ? check_duplicates(reader, parent) : 0;
}

static struct yaml_node *read_collection(struct reader *reader, const yaml_event_t *event,
					 struct yaml_node *node, unsigned depth)
{
	bool is_map = event->type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *anchor =
		is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
	const yaml_char_t *tag =
		is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;

	node->kind = is_map ? YAML_MAP : YAML_LIST;
	if (check_properties(reader, anchor, tag, node->offset))
		return NULL;
	if (depth >= YAML_DEPTH_MAX) {
		complain(reader->complaints, reader->source, node->offset,
			 "nested too deeply: %d levels at most", YAML_DEPTH_MAX);
		return NULL;
	}
	return read_children(reader, node, depth) ? NULL : node;
}

static struct yaml_node *read_node(struct reader *reader, const yaml_event_t *event, unsigned depth)
{
	struct yaml_node *node = arena_alloc(reader->arena, 1, sizeof(*node));

	node->text = "";
	node->offset = offset_of(reader, event->start_mark.index);
	if (++reader->nodes > YAML_NODES_MAX) {
		complain(reader->complaints, reader->source, node->offset,
			 "too much in one file: %d keys and values at most", YAML_NODES_MAX);
		return NULL;
	}
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return read_text(reader, event, node) ? NULL : node;
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		return read_collection(reader, event, node, depth);
	default:
		complain(reader->complaints, reader->source, node->offset,
			 "aliases are not used here: write text that begins with '*' in single "
			 "quotes");
		return NULL;
	}
}

/* The events of a stream outside its root: stream and document start and end. */
static struct yaml_node *read_stream(struct reader *reader)
{
	struct yaml_node *root = NULL;
	bool is_end = false, is_good = true;

	while (is_good && !is_end) {
		yaml_event_t event;

		if (next_event(reader, &event))
			return NULL;
		if (event.type == YAML_STREAM_END_EVENT) {
			is_end = true;
		} else if (event.type == YAML_DOCUMENT_START_EVENT && root) {
			complain(reader->complaints, reader->source,
				 offset_of(reader, event.start_mark.index),
				 "a second document begins here: a file holds one");
			is_good = false;
		} else if (event.type != YAML_STREAM_START_EVENT &&
			   event.type != YAML_DOCUMENT_START_EVENT &&
			   event.type != YAML_DOCUMENT_END_EVENT) {
			root = read_node(reader, &event, 0);
			is_good = root != NULL;
		}
		yaml_event_delete(&event);
	}
	if (!is_good)
		return NULL;
	if (!root || (root->kind == YAML_TEXT && root->style == YAML_PLAIN && !root->size)) {
		root = arena_alloc(reader->arena, 1, sizeof(*root));
		root->text = "";
		root->kind = YAML_MAP;
	}
	return root;
}

/* What libyaml would say in words that do not help, or would take for another encoding. */
static int check_bytes(struct reader *reader)
{
	struct slice text = reader->source->text;
	const char *nul = text.size ? memchr(text.at, '\0', text.size) : NULL;
	size_t valid = glyph_valid_bytes(text);

	if (nul && (size_t)(nul - text.at) <= valid)
		complain(reader->complaints, reader->source, (size_t)(nul - text.at),
			 "a NUL byte: this is not a text file in UTF-8");
	else if (valid < text.size)
		complain(reader->complaints, reader->source, valid, "not UTF-8: byte %#x",
			 (unsigned char)text.at[valid]);
	else
		return 0;
	return -1;
}

const struct yaml_node *yaml_tree_read(const struct source *source, struct arena *arena,
				       struct complaints *complaints)
{
	struct reader reader = { .source = source, .arena = arena, .complaints = complaints };
	struct yaml_node *root;

	if (check_bytes(&reader))
		return NULL;
	if (source->text.size >= 3 && memcmp(source->text.at, "\xEF\xBB\xBF", 3) == 0)
		reader.bom_bytes = reader.mark_at = 3;
	if (!yaml_parser_initialize(&reader.parser))
		memory_fail();
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&reader.parser,
		(const unsigned char *)(source->text.size ? source->text.at : "") +
			reader.bom_bytes,
		source->text.size - reader.bom_bytes);
	root = read_stream(&reader);
	yaml_parser_delete(&reader.parser);
	return root;
}
