#include "config/config_reader.h"
#include "parsers/pattern/regex.h"
#include "parsers/text/suggest.h"
#include "show/glyph.h"

bool reader_is_nothing(const struct yaml_node *node)
{
	return node->kind == YAML_TEXT && node->style == YAML_PLAIN && node->size == 0;
}

/* "'name'" of what a key names, or "this" of an item of a list. */
static const char *name_of(struct config_reader *reader, const struct yaml_node *node)
{
	if (!node->key)
		return "this";
	return arena_print(reader->arena, "'%s'", QUOTED(yaml_slice(node->key)));
}

static bool expect(struct config_reader *reader, const struct yaml_node *node, enum yaml_kind kind,
		   const char *hint)
{
	static const char *const wanted[] = {
		[YAML_TEXT] = "text",
		[YAML_LIST] = "a list (lines that begin with '- ')",
		[YAML_MAP] = "a mapping (lines of 'key: value')",
	};

	if (node->kind == kind || (kind != YAML_TEXT && reader_is_nothing(node)))
		return true;
	READER_COMPLAIN(reader, node, "%s must be %s, not %s%s", name_of(reader, node),
			wanted[kind], yaml_kind_name(node->kind), hint);
	return false;
}

bool reader_expect(struct config_reader *reader, const struct yaml_node *node, enum yaml_kind kind)
{
	return expect(reader, node, kind, "");
}

void reader_each(struct config_reader *reader, const struct yaml_node *list,
		 void read_item(struct config_reader *, const struct yaml_node *))
{
	if (!list || !reader_expect(reader, list, YAML_LIST))
		return;
	for (const struct yaml_node *item = list->first; item; item = item->next)
		if (!complaints_are_full(reader->complaints))
			read_item(reader, item);
}

#define KNOWN_MAX 24 /* words of a list that are shown */

/* "a, b, c" of a list of words. */
static const char *join(struct arena *arena, const char *const words[], size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count && i < KNOWN_MAX; i++)
		text = arena_print(arena, "%s%s%s", text, i ? ", " : "", words[i]);
	return count > KNOWN_MAX ? arena_print(arena, "%s, ...", text) : text;
}

void reader_unknown(struct config_reader *reader, const struct yaml_node *node, const char *thing,
		    const char *const known[], size_t count)
{
	const char *near;

	if (complaints_are_full(reader->complaints))
		return;
	near = suggest(yaml_slice(node), known, count);
	if (near)
		READER_COMPLAIN(reader, node, "unknown %s '%s': did you mean '%s'?", thing,
				QUOTED(yaml_slice(node)), near);
	else
		READER_COMPLAIN(reader, node, "unknown %s '%s': known here: %s", thing,
				QUOTED(yaml_slice(node)), join(reader->arena, known, count));
}

static bool is_among(const char *word, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

bool reader_check_keys(struct config_reader *reader, const struct yaml_node *map,
		       const char *const known[], size_t count, const char *const later[])
{
	unsigned errors = reader->complaints->errors;
	size_t later_count = 0;

	while (later && later[later_count])
		later_count++;
	for (const struct yaml_node *child = map->first; child; child = child->next) {
		if (is_among(child->key->text, known, count))
			continue;
		if (is_among(child->key->text, later, later_count))
			READER_COMPLAIN(reader, child->key,
					"'%s' is not supported yet: use 'pattern'",
					child->key->text);
		else
			reader_unknown(reader, child->key, "key", known, count);
		if (complaints_are_full(reader->complaints))
			break;
	}
	return reader->complaints->errors == errors;
}

const char *reader_text(struct config_reader *reader, const struct yaml_node *node)
{
	struct slice source = reader->source->text;
	bool is_flow = node->offset < source.size && strchr("[{", source.at[node->offset]);

	if (!expect(reader, node, YAML_TEXT,
		    is_flow ? ": text that begins with '[' or '{' must be in single quotes" : ""))
		return NULL;
	if (node->size > 0)
		return node->text;
	READER_COMPLAIN(reader, node, "%s is empty", name_of(reader, node));
	return NULL;
}

const char *reader_child_text(struct config_reader *reader, const struct yaml_node *map,
			      const char *key)
{
	const struct yaml_node *child = yaml_child(map, key);

	return child ? reader_text(reader, child) : NULL;
}

void reader_complain_within(struct config_reader *reader, const struct yaml_node *node, size_t at,
			    const char *message)
{
	complain(reader->complaints, reader->source, yaml_locate(reader->source, node, at), "%s",
		 message);
}

/* Bytes of a control character at `at` that no line of text needs, or 0. */
static size_t control_size(struct slice at)
{
	uint32_t code;
	size_t size = glyph_decode(at, &code);
	bool is_line = code == '\t' || code == '\n' || code == '\r';

	if (code == 0x2028 || code == 0x2029) /* of \L and \P */
		return size;
	return glyph_is_control(code) && !is_line ? size : 0;
}

static void warn_of_escape(struct config_reader *reader, const struct yaml_node *node)
{
	const struct source *source = reader->source;
	struct slice rest = yaml_slice(node);

	for (; node->style == YAML_DOUBLE_QUOTED && rest.size > 0; rest.at++, rest.size--) {
		size_t offset;

		if ((*rest.at & 0xC0) == 0x80 || control_size(rest) == 0)
			continue;
		offset = yaml_locate(source, node, (size_t)(rest.at - node->text));
		if (offset + 1 >= source->text.size || source->text.at[offset] != '\\')
			continue;
		complain_warning(reader->complaints, source, offset,
				 "in double quotes '\\%c' is a control character of YAML: write "
				 "the expression in single quotes",
				 source->text.at[offset + 1]);
		return;
	}
}

static void warn_of_comment(struct config_reader *reader, const struct yaml_node *node)
{
	struct slice text = reader->source->text;
	size_t end = yaml_locate(reader->source, node, node->size), at = end;

	while (at < text.size && (text.at[at] == ' ' || text.at[at] == '\t'))
		at++;
	if (node->style == YAML_PLAIN && at > end && at < text.size && text.at[at] == '#')
		complain_warning(reader->complaints, reader->source, at,
				 "here a comment begins, and the expression ends before it: if "
				 "this is part of it, write it in single quotes");
}

void reader_warn_of_regex(struct config_reader *reader, const struct yaml_node *node)
{
	if (!node || node->kind != YAML_TEXT || node->size == 0)
		return;
	warn_of_escape(reader, node);
	warn_of_comment(reader, node);
}

/* Does it ask for what no URL begins with, but a reference in a page: "^/a", "^\\?b"? */
static bool begins_as_reference(const char *regex)
{
	bool is_escaped = regex[0] == '^' && regex[1] == '\\';
	const char *first = regex + 1 + is_escaped;

	return regex[0] == '^' && strspn(first, is_escaped ? "/?.#" : "/#") > 0 &&
	       strspn(first + 1, "?*{") == 0 && !strchr(first, '|');
}

void reader_warn_of_address(struct config_reader *reader, const struct yaml_node *node)
{
	if (node && node->kind == YAML_TEXT && begins_as_reference(node->text))
		complain_warning(reader->complaints, reader->source,
				 yaml_locate(reader->source, node, 0),
				 "no URL begins so: it is looked for in the whole URL, from "
				 "'http' on; without '^' anywhere in it");
}

const char *reader_child_regex(struct config_reader *reader, const struct yaml_node *map,
			       const char *key)
{
	const struct yaml_node *child = yaml_child(map, key);
	const char *text = child ? reader_text(reader, child) : NULL;
	struct regex_error error;
	struct regex *regex;

	if (!text)
		return NULL;
	reader_warn_of_regex(reader, child);
	regex = regex_compile(text, 0, 1, &error);
	if (!regex)
		reader_complain_within(reader, child, error.offset, error.message);
	regex_free(regex);
	return text;
}

void reader_warn_of_unit(struct config_reader *reader, const struct yaml_node *node,
			 enum setting_kind kind)
{
	char warning[SETTING_ERROR_MAX];

	if (setting_lacks_unit(kind, yaml_slice(node), warning))
		complain_warning(reader->complaints, reader->source, node->offset,
				 "%s (seconds are taken)", warning);
}

void reader_value(struct config_reader *reader, const struct yaml_node *node,
		  enum setting_kind kind, int64_t least, int64_t most, int64_t *value)
{
	char error[SETTING_ERROR_MAX];

	if (!reader_expect(reader, node, YAML_TEXT))
		return;
	if (setting_parse(kind, least, most, yaml_slice(node), value, error))
		READER_COMPLAIN(reader, node, "%s", error);
	else
		reader_warn_of_unit(reader, node, kind);
}

void reader_child_setting(struct config_reader *reader, const struct yaml_node *map,
			  const char *key, int64_t *value)
{
	const struct setting *setting = setting_find(slice_of(key));
	const struct yaml_node *child = yaml_child(map, key);

	if (child)
		reader_value(reader, child, setting->kind, setting->least, setting->most, value);
}
