#include "config/config_pattern.h"
#include "config/config_field.h"
#include "config/config_hash.h"
#include "config/config_selector.h"
#include "config/config_upkeep.h"
#include "config/page_base.h"
#include "parsers/pattern/regex.h"
#include "parsers/url/url.h"
#include "store/store.h"
#include <pcre2.h>
#include <strings.h>

#define NAME_BYTES_MAX 64

/* ---- the name, which is a table's ---- */

/* Letters of any language, digits and underscores, not beginning with a digit. */
static bool is_identifier(struct slice name)
{
	static const char shape[] = "\\A[\\p{L}_][\\p{L}\\p{M}\\p{N}_]*\\z";
	int error;
	PCRE2_SIZE offset;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)shape, PCRE2_ZERO_TERMINATED, PCRE2_UTF,
					 &error, &offset, NULL);
	pcre2_match_data *data = code ? pcre2_match_data_create(1, NULL) : NULL;
	bool is_match =
		data && pcre2_match(code, (PCRE2_SPTR)name.at, name.size, 0, 0, data, NULL) > 0;

	pcre2_match_data_free(data);
	pcre2_code_free(code);
	return is_match;
}

/* Say why a pattern cannot have this name; false if it cannot. */
static bool check_name(struct config_reader *reader, const char *name, size_t offset)
{
	struct config *config = reader->config;
	const char *problem = NULL;

	if (strlen(name) > NAME_BYTES_MAX)
		problem = "too long: 64 bytes at most";
	else if (!is_identifier(slice_of(name)))
		problem = "not a name for a table: letters, digits and '_', no digit first";
	else if (store_name_is_reserved(name))
		problem = "a name that crawl.db uses itself: choose another";
	if (problem)
		complain(reader->complaints, reader->source, offset, "'%s' is %s",
			 QUOTED(slice_of(name)), problem);
	for (size_t i = 0; i < config->pattern_count && !problem; i++) {
		const struct config_pattern *other = &config->patterns[i];

		if (strcasecmp(other->spec->name, name) != 0)
			continue;
		complain(reader->complaints, reader->source, offset,
			 "pattern '%s' is there already, in %s:%u", name, other->file, other->line);
		return false;
	}
	return !problem;
}

/* ---- from what pattern_compile() complains of to its position in the file ---- */

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

/* map is NULL for an expression: then the text stands in the source itself. */
static size_t offset_of_error(const struct config_reader *reader, const struct yaml_node *map,
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
	node = group_of_field(map, error->text);
	if (node)
		return node->offset;
	node = find_text(map, error->text);
	if (!node)
		return map->offset;
	return yaml_locate(reader->source, node,
			   (size_t)(error->text - node->text) + error->offset);
}

/* ---- what only the compiled pattern knows ---- */

/* "<name>" or "'name'" of a named group, or NULL. */
static const char *find_group(struct config_reader *reader, const char *regex, const char *name)
{
	const char *found = regex ? strstr(regex, arena_print(reader->arena, "<%s>", name)) : NULL;

	if (!found && regex)
		found = strstr(regex, arena_print(reader->arena, "'%s'", name));
	return found ? found + 1 : NULL;
}

static void complain_of_group(struct config_reader *reader, const struct yaml_node *map,
			      const struct pattern_spec *spec, const char *name, const char *reason)
{
	struct pattern_error where = { 0 };

	where.text = find_group(reader, spec->pattern ? spec->pattern : spec->each, name);
	if (!where.text)
		where.text = find_group(reader, spec->url, name);
	complain(reader->complaints, reader->source, offset_of_error(reader, map, &where), "%s",
		 reason);
}

/* Named groups become columns too: those that fields do not mention follow them. */
static void check_groups(struct config_reader *reader, const struct yaml_node *map,
			 const struct config_pattern *entry)
{
	size_t count = pattern_field_count(entry->pattern);

	for (size_t i = entry->spec->field_count; i < count; i++) {
		const char *name = pattern_field_name(entry->pattern, i);
		const char *reason = config_field_name_problem(slice_of(name));

		if (reason)
			complain_of_group(reader, map, entry->spec, name, reason);
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

static void read_sources(struct config_reader *reader, const struct yaml_node *map,
			 bool are_keys_known, struct pattern_spec *spec)
{
	const struct yaml_node *pattern = config_selector_child(map, &spec->language),
			       *each = yaml_child(map, "each");

	spec->url = reader_child_text(reader, map, "url");
	spec->pattern = pattern ? reader_text(reader, pattern) : NULL;
	spec->each = reader_child_text(reader, map, "each");
	reader_warn_of_regex(reader, yaml_child(map, "url"));
	reader_warn_of_regex(reader, pattern);
	reader_warn_of_regex(reader, each);
	warn_of_line_break(reader, yaml_child(map, "url"), NULL);
	warn_of_line_break(reader, pattern, spec->flags);
	warn_of_line_break(reader, each, spec->flags);
	check_one_source(reader, map);
	if (!pattern && !each && are_keys_known)
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

static void read_name(struct config_reader *reader, const struct yaml_node *map,
		      bool are_keys_known, struct pattern_spec *spec)
{
	const struct yaml_node *node = yaml_child(map, "name");

	if (!node && are_keys_known)
		READER_COMPLAIN(reader, map, "'name' is missing: it names the table");
	else if (node && reader_text(reader, node) && check_name(reader, node->text, node->offset))
		spec->name = node->text;
}

/* Compile and append; what the file says of it is in entry already. */
static struct config_pattern *add(struct config_reader *reader, const struct yaml_node *map,
				  struct pattern_spec *spec, struct config_pattern *entry)
{
	struct config *config = reader->config;
	struct pattern_error error = { 0 };

	spec->resolve_url = page_base_resolve;
	spec->match_limit = (uint32_t)config->settings.match_limit;
	spec->budget_ms = (uint32_t)config->settings.pattern_time_ms;
	entry->pattern = pattern_compile(spec, &error);
	if (!entry->pattern)
		complain(reader->complaints, reader->source, offset_of_error(reader, map, &error),
			 "%s", error.message);
	entry->spec = spec;
	entry->file = reader->source->name;
	config->patterns[config->pattern_count] = *entry;
	return &config->patterns[config->pattern_count++];
}

void config_read_pattern(struct config_reader *reader, const struct yaml_node *map)
{
	static const char *const keys[] = {
		"name", "url",    "flags", CONFIG_SELECTOR_KEYS,
		"each", "fields", "key",   CONFIG_UPKEEP_KEYS,
	};
	struct pattern_spec *spec = arena_alloc(reader->arena, 1, sizeof(*spec));
	unsigned errors = reader->complaints->errors;
	struct config_pattern entry = { 0 }, *added;
	const struct yaml_node *fields;
	bool are_keys_known;

	if (!reader_expect(reader, map, YAML_MAP))
		return;
	are_keys_known = config_check_selector_keys(reader, map, keys, READER_COUNT(keys));
	read_name(reader, map, are_keys_known, spec);
	read_flags(reader, map, spec);
	read_sources(reader, map, are_keys_known, spec);
	fields = yaml_child(map, "fields");
	if (fields)
		config_read_fields(reader, fields, spec->each != NULL, spec);
	read_key(reader, map, &entry);
	config_read_upkeep(reader, map, &entry);
	if (reader->complaints->errors != errors)
		return;
	entry.hash = config_hash_pattern(map);
	entry.line = (unsigned)position_of(reader->source, yaml_child(map, "name")->offset).line;
	added = add(reader, map, spec, &entry);
	if (added->pattern)
		check_compiled(reader, map, added);
}

/* ---- an expression ---- */

void config_read_expression(struct config_reader *reader)
{
	struct pattern_spec *spec = arena_alloc(reader->arena, 1, sizeof(*spec));
	const char *text = reader->source->text.at, *equals = strchr(text, '=');
	struct config_pattern entry = { .health_drop = CONFIG_HEALTH_DROP, .line = 1 }, *added;

	if (!equals || equals == text || !equals[1]) {
		complain(reader->complaints, reader->source, equals ? (size_t)(equals - text) : 0,
			 "an expression is name=regex, as in 'title=<title>(.*?)</title>'");
		return;
	}
	spec->name = arena_copy(reader->arena, (struct slice){ text, (size_t)(equals - text) });
	spec->pattern = equals + 1;
	if (!check_name(reader, spec->name, 0))
		return;
	entry.hash = config_hash_expression(spec->pattern);
	added = add(reader, NULL, spec, &entry);
	if (added->pattern)
		check_groups(reader, NULL, added);
}
