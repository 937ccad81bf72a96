#include "config/config_place.h"

static bool holds(const struct yaml_node *node, const char *text)
{
	return node->kind == YAML_TEXT && text >= node->text && text <= node->text + node->size;
}

/* The node within tree whose text this is. */
static const struct yaml_node *find_text(const struct yaml_node *tree, const char *text)
{
	const struct yaml_node *found = holds(tree, text) ? tree : NULL;

	for (const struct yaml_node *child = tree->first; child && !found; child = child->next)
		found = child->key && holds(child->key, text) ? child->key : find_text(child, text);
	return found;
}

/* A field that is wrong because of its group is shown at the group's number. */
static const struct yaml_node *group_of_field(const struct yaml_node *map, const char *name)
{
	const struct yaml_node *fields = yaml_child(map, "fields"), *child;

	for (child = fields ? fields->first : NULL; child; child = child->next) {
		if (child->key->text != name)
			continue;
		if (child->kind == YAML_MAP)
			return yaml_child(child, "group");
		return child->size ? child : NULL;
	}
	return NULL;
}

/* The same, of the pattern or of any within it. */
static const struct yaml_node *find_group_of_field(const struct yaml_node *map, const char *name)
{
	const struct yaml_node *children = yaml_child(map, "children"), *child;
	const struct yaml_node *found = group_of_field(map, name);

	for (child = children ? children->first : NULL; child && !found; child = child->next)
		found = find_group_of_field(child, name);
	return found;
}

size_t config_place_of(const struct config_reader *reader, const struct yaml_node *map,
		       const struct pattern_error *error)
{
	struct slice source = reader->source->text;
	const struct yaml_node *node;

	if (!map)
		return error->text && error->text >= source.at &&
				       error->text <= source.at + source.size
			       ? (size_t)(error->text - source.at) + error->offset
			       : 0;
	if (!error->text)
		return map->offset;
	node = find_group_of_field(map, error->text);
	if (node)
		return node->offset;
	node = find_text(map, error->text);
	if (!node)
		return map->offset;
	return yaml_locate(reader->source, node,
			   (size_t)(error->text - node->text) + error->offset);
}

/* "<name>" or "'name'" of a named group, or NULL. */
static const char *find_group(struct config_reader *reader, const char *regex, const char *name)
{
	const char *found = regex ? strstr(regex, arena_print(reader->arena, "<%s>", name)) : NULL;

	if (!found && regex)
		found = strstr(regex, arena_print(reader->arena, "'%s'", name));
	return found ? found + 1 : NULL;
}

void config_place_complain_of_group(struct config_reader *reader, const struct yaml_node *map,
				    const struct pattern_spec *spec, const char *name,
				    const char *reason)
{
	struct pattern_error where = { 0 };

	where.text = find_group(reader, spec->pattern ? spec->pattern : spec->each, name);
	if (!where.text)
		where.text = find_group(reader, spec->url, name);
	complain(reader->complaints, reader->source, config_place_of(reader, map, &where), "%s",
		 reason);
}
