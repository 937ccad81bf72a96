#include "config/config_selector.h"

static size_t language_count(void)
{
	size_t count = 0;

	while (selector_table[count])
		count++;
	return count;
}

bool config_check_selector_keys(struct config_reader *reader, const struct yaml_node *map,
				const char *const known[], size_t count)
{
	static const char *const later[] = { "xpath", "css", "json", NULL };
	const char **all = arena_alloc(reader->arena, count * (1 + language_count()), sizeof(*all));
	size_t all_count = 0;

	for (size_t i = 0; i < count; i++) {
		if (known[i] != CONFIG_SELECTOR_KEYS) {
			all[all_count++] = known[i];
			continue;
		}
		for (size_t n = 0; selector_table[n]; n++)
			all[all_count++] = selector_table[n]->key;
	}
	return reader_check_keys(reader, map, all, all_count, later);
}

const struct selector_language *config_selector_language(const struct yaml_node *key)
{
	for (size_t n = 0; selector_table[n]; n++)
		if (strcmp(key->text, selector_table[n]->key) == 0)
			return selector_table[n];
	return NULL;
}

const struct yaml_node *config_selector_child(const struct yaml_node *map,
					      const struct selector_language **language)
{
	for (const struct yaml_node *child = map->first; child; child = child->next) {
		*language = config_selector_language(child->key);
		if (*language)
			return child;
	}
	return NULL;
}
