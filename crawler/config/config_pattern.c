#include "config/config_pattern.h"
#include "config/config_field.h"
#include "config/config_hash.h"
#include "config/config_name.h"
#include "config/config_place.h"
#include "config/config_selector.h"
#include "config/config_upkeep.h"
#include "config/page_base.h"
#include "parsers/pattern/regex.h"

/* ---- what only the compiled pattern knows ---- */

/* Named groups become columns too; what fields are called was looked at before. */
static void check_groups(struct config_reader *reader, const struct yaml_node *map,
			 const struct config_pattern *entry)
{
	size_t count = pattern_field_count(entry->pattern);

	for (size_t i = 0; i < count; i++) {
		const char *name = pattern_field_name(entry->pattern, i);
		const char *reason =
			config_field_name_problem(slice_of(name), entry->parent != NULL);

		if (reason)
			config_place_complain_of_group(reader, map, entry->spec, name, reason);
	}
}

static void check_key_name(struct config_reader *reader, const struct yaml_node *node,
			   const struct config_pattern *entry)
{
	size_t count = pattern_field_count(entry->pattern);
	const char **names = arena_alloc(reader->arena, count, sizeof(*names));

	for (size_t i = 0; i < count; i++) {
		names[i] = pattern_field_name(entry->pattern, i);
		if (strcmp(node->text, names[i]) == 0)
			return;
	}
	reader_unknown(reader, node, "field", names, count);
}

static void check_compiled(struct config_reader *reader, const struct yaml_node *map,
			   const struct config_pattern *entry)
{
	const struct yaml_node *key = yaml_child(map, "key"), *name;

	check_groups(reader, map, entry);
	if (!key)
		return;
	for (name = key->kind == YAML_LIST ? key->first : key; name;
	     name = key->kind == YAML_LIST ? name->next : NULL)
		check_key_name(reader, name, entry);
}

/* ---- a pattern ---- */

static void read_flags(struct config_reader *reader, const struct yaml_node *map,
		       struct pattern_spec *spec)
{
	const struct yaml_node *node = yaml_child(map, "flags");

	spec->flags = node ? reader_text(reader, node) : NULL;
	for (const char *at = spec->flags; at && *at; at++) {
		size_t offset = (size_t)(at - spec->flags);

		if (!strchr(REGEX_FLAGS, *at))
			reader_complain_within(reader, node, offset,
					       "flags are of i, m, s, x and u");
		else if (memchr(spec->flags, *at, offset))
			reader_complain_within(reader, node, offset, "this flag is there already");
		else
			continue;
		return;
	}
}

/* A block written with '|' ends with a line break, which the page would have to hold. */
static void warn_of_line_break(struct config_reader *reader, const struct yaml_node *node,
			       const char *flags)
{
	if (node && node->style >= YAML_LITERAL && node->size > 0 &&
	    node->text[node->size - 1] == '\n' && !(flags && strchr(flags, 'x')))
		complain_warning(reader->complaints, reader->source, node->offset,
				 "the pattern ends with a line break that the page must hold too: "
				 "write %s to leave it off",
				 node->style == YAML_LITERAL ? "|-" : ">-");
}

static bool is_each(const struct yaml_node *node)
{
	return strcmp(node->key->text, "each") == 0;
}

/* `each` and the languages' keys are answers to one question. */
static void check_one_source(struct config_reader *reader, const struct yaml_node *map)
{
	const struct yaml_node *first = NULL, *child;

	for (child = map->first; child; child = child->next) {
		if (!is_each(child) && !config_selector_language(child->key))
			continue;
		if (first)
			READER_COMPLAIN(reader, child->key,
					"'%s' and '%s' exclude each other: a row is a match of "
					"the one or of the other",
					(is_each(first) ? child : first)->key->text,
					(is_each(first) ? first : child)->key->text);
		first = first ? first : child;
	}
}

static bool has_items(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *child = yaml_child(map, key);

	return child && child->count > 0;
}

static void read_sources(struct config_reader *reader, const struct yaml_node *map,
			 bool are_keys_known, struct pattern_spec *spec)
{
	const struct yaml_node *rows, *within = yaml_child(map, "within");
	bool is_record = has_items(map, "fields") || has_items(map, "children");

	spec->url = reader_child_text(reader, map, "url");
	reader_warn_of_regex(reader, yaml_child(map, "url"));
	reader_warn_of_address(reader, yaml_child(map, "url"));
	rows = config_read_rows(reader, map, spec);
	spec->within = reader_child_text(reader, map, "within");
	reader_warn_of_regex(reader, within);
	warn_of_line_break(reader, yaml_child(map, "url"), NULL);
	warn_of_line_break(reader, rows, spec->flags);
	warn_of_line_break(reader, within, spec->flags);
	check_one_source(reader, map);
	if (!rows && !yaml_child(map, "each") && !is_record && are_keys_known)
		READER_COMPLAIN(reader, map, "'pattern' or 'each' is missing: what makes a row?");
}

/* A list of names, or a single one. */
static void read_key(struct config_reader *reader, const struct yaml_node *map,
		     struct config_pattern *entry)
{
	const struct yaml_node *node = yaml_child(map, "key"), *name;
	bool is_list = node && node->kind == YAML_LIST;
	const char **names;

	if (!node || reader_is_nothing(node))
		return;
	names = arena_alloc(reader->arena, is_list ? node->count : 1, sizeof(*names));
	for (name = is_list ? node->first : node; name; name = is_list ? name->next : NULL) {
		const char *text = reader_text(reader, name);

		if (!text)
			continue;
		for (size_t i = 0; i < entry->key_count; i++)
			if (strcmp(names[i], text) == 0)
				READER_COMPLAIN(reader, name, "'%s' is in the key already",
						QUOTED(slice_of(text)));
		names[entry->key_count++] = text;
		if (entry->key_count > PATTERN_FIELDS_MAX)
			break;
	}
	entry->key = names;
}

/* A child's table is called PARENT_CHILD.  parent: NULL for one that is none. */
static void read_name(struct config_reader *reader, const struct yaml_node *map,
		      bool are_keys_known, const struct pattern_spec *parent,
		      struct pattern_spec *spec)
{
	const struct yaml_node *node = yaml_child(map, "name");
	const char *name;

	if (!node && are_keys_known)
		READER_COMPLAIN(reader, map, "'name' is missing: it names the table");
	if (!node || !reader_text(reader, node))
		return;
	name = parent && parent->name
		       ? arena_print(reader->arena, "%s_%s", parent->name, node->text)
		       : node->text;
	if (config_name_check(reader, name, node->offset) &&
	    (parent || config_name_is_new(reader, name, node->offset)))
		spec->name = name;
}

/* What a child has of its parent, it cannot say anew. */
static void check_child_keys(struct config_reader *reader, const struct yaml_node *map)
{
	const struct yaml_node *url = yaml_child(map, "url"), *key = yaml_child(map, "key");

	if (url)
		READER_COMPLAIN(reader, url->key,
				"a child has no 'url': it runs where the pattern around it does");
	if (key)
		READER_COMPLAIN(reader, key->key,
				"a child has no 'key': its rows come and go with those of the "
				"pattern around it");
	config_check_child_upkeep(reader, map);
}

static void read_children(struct config_reader *reader, const struct yaml_node *map,
			  struct pattern_spec *spec);

static void read_pattern(struct config_reader *reader, const struct yaml_node *map,
			 const struct pattern_spec *parent, struct pattern_spec *spec)
{
	static const char *const keys[] = {
		"name",   "url", "flags",    CONFIG_SELECTOR_KEYS, "each", "in", "within",
		"fields", "key", "children", CONFIG_UPKEEP_KEYS,
	};
	const struct yaml_node *fields;
	bool are_keys_known;

	if (!reader_expect(reader, map, YAML_MAP))
		return;
	are_keys_known = config_check_selector_keys(reader, map, keys, READER_COUNT(keys));
	if (parent)
		check_child_keys(reader, map);
	read_name(reader, map, are_keys_known, parent, spec);
	read_flags(reader, map, spec);
	if (parent && !spec->flags)
		spec->flags = parent->flags;
	read_sources(reader, map, are_keys_known, spec);
	if (parent)
		spec->url = parent->url;
	fields = yaml_child(map, "fields");
	if (fields)
		config_read_fields(reader, fields, parent != NULL, spec);
	read_children(reader, map, spec);
}

static void read_children(struct config_reader *reader, const struct yaml_node *map,
			  struct pattern_spec *spec)
{
	const struct yaml_node *list = yaml_child(map, "children"), *child;
	struct pattern_spec *children;

	if (!list || !reader_expect(reader, list, YAML_LIST))
		return;
	children = arena_alloc(reader->arena, list->count, sizeof(*children));
	for (child = list->first; child; child = child->next)
		read_pattern(reader, child, spec, &children[spec->child_count++]);
	spec->children = children;
}

/* ---- compiled ---- */

/* Returns NULL after a complaint. */
static struct pattern *compile(struct config_reader *reader, const struct yaml_node *map,
			       struct pattern_spec *spec)
{
	const struct settings *settings = &reader->config->settings;
	struct pattern_error error = { 0 };
	struct pattern *pattern;

	spec->resolve_url = page_base_resolve;
	spec->match_limit = (uint32_t)settings->match_limit;
	spec->budget_ms = (uint32_t)settings->pattern_time_ms;
	pattern = pattern_compile(spec, &error);
	if (!pattern)
		complain(reader->complaints, reader->source, config_place_of(reader, map, &error),
			 "%s", error.message);
	return pattern;
}

static void append_children(struct config_reader *reader, const struct yaml_node *map,
			    struct config_pattern *parent);

/*
 * A pattern, and behind it its children; what the file says of it is in entry already.  Names that
 * do not compile are known too.
 */
static void append(struct config_reader *reader, const struct yaml_node *map,
		   const struct config_pattern *entry)
{
	struct config *config = reader->config;
	struct config_pattern *added = &config->patterns[config->pattern_count++];

	*added = *entry;
	added->file = reader->source->name;
	added->source = reader->source;
	added->map = map;
	if (added->pattern)
		check_compiled(reader, map, added);
	append_children(reader, map, added);
	added->descendant_count = (size_t)(config->patterns + config->pattern_count - added) - 1;
}

static unsigned line_of(struct config_reader *reader, const struct yaml_node *map)
{
	return (unsigned)position_of(reader->source, yaml_child(map, "name")->offset).line;
}

static void append_children(struct config_reader *reader, const struct yaml_node *map,
			    struct config_pattern *parent)
{
	const struct yaml_node *list = yaml_child(map, "children");
	const struct yaml_node *child = list ? list->first : NULL;

	for (size_t i = 0; child && i < parent->spec->child_count; i++, child = child->next) {
		struct config_pattern entry = {
			.spec = &parent->spec->children[i],
			.pattern = parent->pattern ? pattern_child(parent->pattern, i) : NULL,
			.parent = parent,
			.hash = parent->hash,
			.drops_when_empty = parent->drops_when_empty,
			.health_drop = parent->health_drop,
			.line = line_of(reader, child),
		};

		if (config_name_is_new(reader, entry.spec->name, yaml_child(child, "name")->offset))
			append(reader, child, &entry);
	}
}

void config_read_pattern(struct config_reader *reader, const struct yaml_node *map)
{
	struct pattern_spec *spec = arena_alloc(reader->arena, 1, sizeof(*spec));
	unsigned errors = reader->complaints->errors;
	struct config_pattern entry = { .spec = spec };

	read_pattern(reader, map, NULL, spec);
	if (map->kind == YAML_MAP) {
		read_key(reader, map, &entry);
		config_read_upkeep(reader, map, &entry);
	}
	if (reader->complaints->errors != errors)
		return;
	entry.hash = config_hash_pattern(map);
	entry.line = line_of(reader, map);
	entry.pattern = compile(reader, map, spec);
	append(reader, map, &entry);
}

/* ---- an expression ---- */

void config_read_expression(struct config_reader *reader)
{
	struct pattern_spec *spec = arena_alloc(reader->arena, 1, sizeof(*spec));
	const char *text = reader->source->text.at, *equals = strchr(text, '=');
	struct config_pattern entry = { .spec = spec,
					.health_drop = CONFIG_HEALTH_DROP,
					.line = 1 };

	if (!equals || equals == text || !equals[1]) {
		complain(reader->complaints, reader->source, equals ? (size_t)(equals - text) : 0,
			 "an expression is name=regex, as in 'title=<title>(.*?)</title>'");
		return;
	}
	spec->name = arena_copy(reader->arena, (struct slice){ text, (size_t)(equals - text) });
	spec->pattern = equals + 1;
	if (!config_name_check(reader, spec->name, 0) || !config_name_is_new(reader, spec->name, 0))
		return;
	entry.hash = config_hash_expression(spec->pattern);
	entry.file = reader->source->name;
	entry.source = reader->source;
	entry.pattern = compile(reader, NULL, spec);
	if (entry.pattern)
		check_groups(reader, NULL, &entry);
	reader->config->patterns[reader->config->pattern_count++] = entry;
}
