#include "config/config_members.h"

#include "parsers/pattern/json_read.h"
#include "parsers/pattern/selector_json.h"

struct members {
	const struct yaml_node *in;
	struct config_follow *follow;
	struct config_member *list;
	const char *trail[YAML_DEPTH_MAX]; /* names of the mappings around */
	size_t depth;
	bool has_path;
};

void config_check_path(struct config_reader *reader, const struct yaml_node *path,
		       const struct yaml_node *in)
{
	struct selector_error error;
	struct selector *selector = selector_compile(&selector_json, path->text, NULL, 1, &error);

	if (!selector)
		reader_complain_within(reader, path, error.offset, error.message);
	else if (in && in->kind == YAML_TEXT &&
		 !selector_look_in(selector, in->text, NULL, 1, &error))
		reader_complain_within(reader, in, error.offset, error.message);
	selector_free(selector);
}

/* Of what stands without quotes numbers and the like are what JSON has of them. */
static bool is_text(const struct yaml_node *node)
{
	return node->style != YAML_PLAIN || !json_is_valid(yaml_slice(node));
}

static void read_member(struct config_reader *reader, const struct yaml_node *node,
			struct members *members)
{
	struct config_member *member = &members->list[members->follow->member_count];
	const char *text = reader_text(reader, node);
	const char **names;

	if (!text)
		return;
	if (members->follow->member_count == CONFIG_MEMBERS_MAX) {
		READER_COMPLAIN(reader, node, "one member too many: %d at most",
				CONFIG_MEMBERS_MAX);
		return;
	}
	names = arena_alloc(reader->arena, members->depth + 1, sizeof(*names));
	memcpy(names, members->trail, members->depth * sizeof(*names));
	names[members->depth] = node->key->text;
	*member = (struct config_member){ .names = names, .name_count = members->depth + 1 };
	members->follow->member_count++;
	if (text[0] == '$') {
		member->path = text;
		config_check_path(reader, node, members->in);
		members->has_path = true;
	} else {
		member->value = text;
		member->is_text = is_text(node);
	}
}

/* Goes as deep as the file does: YAML_DEPTH_MAX. */
static void read_map(struct config_reader *reader, const struct yaml_node *map,
		     struct members *members)
{
	if (map->count == 0)
		READER_COMPLAIN(reader, map, "which members? {cursor: '$.next_cursor'}");
	for (const struct yaml_node *child = map->first; child; child = child->next) {
		if (child->kind == YAML_MAP && members->follow->source == SOURCE_POST) {
			members->trail[members->depth++] = child->key->text;
			read_map(reader, child, members);
			members->depth--;
		} else {
			read_member(reader, child, members);
		}
	}
}

void config_read_members(struct config_reader *reader, const struct yaml_node *map,
			 const struct yaml_node *in, struct config_follow *follow)
{
	unsigned errors = reader->complaints->errors;
	struct members members = { .in = in, .follow = follow };

	if (!reader_expect(reader, map, YAML_MAP))
		return;
	members.list = arena_alloc(reader->arena, CONFIG_MEMBERS_MAX + 1, sizeof(*members.list));
	follow->members = members.list;
	read_map(reader, map, &members);
	if (!members.has_path && reader->complaints->errors == errors)
		READER_COMPLAIN(reader, map,
				"nothing here is taken from the answer: what is begins with '$', "
				"as in {cursor: '$.next_cursor'}");
}
