#include "config/config_canonical.h"

typedef int (*dropper)(struct canonical *canonical, struct slice glob,
		       struct canonical_error *error);

static void read_dropped(struct config_reader *reader, const struct yaml_node *node, dropper drop)
{
	struct config *config = reader->config;
	struct canonical_error error;

	if (!reader_text(reader, node))
		return;
	if (!config->canonical)
		config->canonical = canonical_new();
	if (drop(config->canonical, yaml_slice(node), &error) < 0)
		reader_complain_within(reader, node, error.offset, error.message);
}

static void read_query(struct config_reader *reader, const struct yaml_node *node)
{
	read_dropped(reader, node, canonical_drop_query);
}

static void read_path(struct config_reader *reader, const struct yaml_node *node)
{
	read_dropped(reader, node, canonical_drop_path);
}

void config_read_canonical(struct config_reader *reader, const struct yaml_node *block)
{
	static const char *const keys[] = { "drop_query", "drop_path" };

	if (!block || !reader_expect(reader, block, YAML_MAP))
		return;
	reader_check_keys(reader, block, keys, READER_COUNT(keys), NULL);
	reader_each(reader, yaml_child(block, "drop_query"), read_query);
	reader_each(reader, yaml_child(block, "drop_path"), read_path);
}
