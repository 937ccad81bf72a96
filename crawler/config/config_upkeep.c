#include "config/config_upkeep.h"

#include <string.h>

static void read_empty(struct config_reader *reader, const struct yaml_node *map,
		       struct config_pattern *entry)
{
	const struct yaml_node *node = yaml_child(map, "empty");
	const char *text = node ? reader_text(reader, node) : NULL;

	if (!text)
		return;
	entry->drops_when_empty = strcmp(text, "drop") == 0;
	if (!entry->drops_when_empty && strcmp(text, "keep") != 0)
		READER_COMPLAIN(reader, node,
				"'empty' is keep (rows stay that a page does not give any more) "
				"or drop");
}

int config_read_health(struct config_reader *reader, const struct yaml_node *map, int otherwise)
{
	static const char *const keys[] = { "drop" };
	const struct yaml_node *node = yaml_child(map, "health"), *drop;
	int64_t points = otherwise;

	if (!node || !reader_expect(reader, node, YAML_MAP))
		return otherwise;
	reader_check_keys(reader, node, keys, READER_COUNT(keys), NULL);
	drop = yaml_child(node, "drop");
	if (drop)
		reader_value(reader, drop, SETTING_COUNT, 1, 100, &points);
	return (int)points;
}

static void read_history(struct config_reader *reader, const struct yaml_node *map,
			 struct config_pattern *entry)
{
	const struct yaml_node *node = yaml_child(map, "history");
	int64_t has_history = 0;

	if (!node)
		return;
	reader_value(reader, node, SETTING_SWITCH, 0, 1, &has_history);
	entry->has_history = has_history != 0;
	if (has_history && !yaml_child(map, "key"))
		READER_COMPLAIN(reader, node,
				"'history' needs a 'key': by what is a row known again?");
}

void config_check_child_upkeep(struct config_reader *reader, const struct yaml_node *map)
{
	static const char *const keys[] = { CONFIG_UPKEEP_KEYS };

	for (size_t i = 0; i < READER_COUNT(keys); i++) {
		const struct yaml_node *node = yaml_child(map, keys[i]);

		if (node)
			READER_COMPLAIN(
				reader, node->key,
				"a child has no '%s': that of the pattern around it is for it "
				"too",
				keys[i]);
	}
}

void config_read_upkeep(struct config_reader *reader, const struct yaml_node *map,
			struct config_pattern *entry)
{
	read_empty(reader, map, entry);
	entry->health_drop = config_read_health(reader, map, reader->health_drop);
	read_history(reader, map, entry);
}
