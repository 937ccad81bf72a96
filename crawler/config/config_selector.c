#include "config/config_selector.h"

#include "parsers/pattern/selector_regex.h"

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
	static const char *const later[] = { "xpath", "css", NULL };
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

const char *config_read_in(struct config_reader *reader, const struct yaml_node *map,
			   const struct selector_language *language)
{
	const struct yaml_node *in = yaml_child(map, "in");

	if (!in)
		return NULL;
	reader_warn_of_regex(reader, in);
	if (!language || !language->look_in)
		READER_COMPLAIN(reader, in->key,
				"'in' stands beside the 'json' or 'jsonld' that it is for: "
				"{json: '$', in: '...'}");
	return reader_text(reader, in);
}

/* {json: TEXT, in: REGEX} */
static const struct yaml_node *read_mapping(struct config_reader *reader,
					    const struct yaml_node *map, struct pattern_spec *spec)
{
	static const char *const keys[] = { CONFIG_SELECTOR_KEYS, "in" };
	const struct yaml_node *text;

	if (!config_check_selector_keys(reader, map, keys, READER_COUNT(keys)))
		return NULL;
	text = config_selector_child(map, &spec->language);
	if (!text)
		READER_COMPLAIN(reader, map,
				"'each' says what finds records: {json: '$.items[*]'}");
	else if (map->count > 1 + (yaml_child(map, "in") != NULL))
		READER_COMPLAIN(reader, map, "'each' has one answer: what finds records?");
	else
		spec->in = config_read_in(reader, map, spec->language);
	return text;
}

/* `each` is a regular expression or a mapping; a language but that one needs no `each`. */
const struct yaml_node *config_read_rows(struct config_reader *reader, const struct yaml_node *map,
					 struct pattern_spec *spec)
{
	const struct yaml_node *text = config_selector_child(map, &spec->language);
	const struct yaml_node *each = yaml_child(map, "each");
	bool is_match = spec->language == &selector_regex;

	spec->in = config_read_in(reader, map, spec->language);
	if (each)
		text = each->kind == YAML_MAP ? read_mapping(reader, each, spec) : each;
	if (!text)
		return NULL;
	reader_warn_of_regex(reader, text);
	if (is_match && !each)
		spec->pattern = reader_text(reader, text);
	else
		spec->each = reader_text(reader, text);
	return text;
}
