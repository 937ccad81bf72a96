#include "config/config_field.h"
#include "config/config_selector.h"
#include "parsers/text/ascii.h"
#include "parsers/text/suggest.h"
#include "show/glyph.h"
#include "store/store.h"

static const char *const type_names[] = {
	[FIELD_TEXT] = "text",         [FIELD_INTEGER] = "integer", [FIELD_REAL] = "real",
	[FIELD_BOOLEAN] = "boolean",   [FIELD_DATE] = "date",       [FIELD_JSON] = "json",
	[FIELD_DURATION] = "duration",
};

static const char *const clean_names[] = {
	[CLEAN_TRIM] = "trim",   [CLEAN_SQUEEZE] = "squeeze", [CLEAN_HTML] = "html",
	[CLEAN_LOWER] = "lower", [CLEAN_UPPER] = "upper",     [CLEAN_NUMBER] = "number",
	[CLEAN_URL] = "url",     [CLEAN_JSON] = "json",       [CLEAN_SLICE] = "slice",
	[CLEAN_DROP] = "drop",   [CLEAN_REPLACE] = "replace", [CLEAN_MAP] = "map",
};

/* How a step that takes an argument is written. */
static const char *const clean_examples[] = {
	[CLEAN_SLICE] = "{slice: '3:'}",
	[CLEAN_DROP] = "{drop: 'prefix'}",
	[CLEAN_REPLACE] = "{replace: ['regex', 'with']}",
	[CLEAN_MAP] = "{map: {from: to}}",
};

const char *config_field_name_problem(struct slice name, bool is_child)
{
	if (name.size == 0)
		return "a field needs a name";
	if (name.size > FIELD_NAME_BYTES_MAX)
		return "the name of a field is too long: 64 bytes at most";
	if (store_column_problem(name, is_child))
		return store_column_problem(name, is_child);
	while (name.size > 0) {
		uint32_t code;
		size_t size = glyph_decode(name, &code);

		if (glyph_is_control(code))
			return "the name of a field has a control character in it";
		name = (struct slice){ name.at + size, name.size - size };
	}
	return NULL;
}

/* What other languages call a type. */
static const char *usual_type(const char *word)
{
	static const char *const words[][2] = {
		{ "int", "integer" },    { "bigint", "integer" }, { "long", "integer" },
		{ "float", "real" },     { "double", "real" },    { "number", "real" },
		{ "decimal", "real" },   { "bool", "boolean" },   { "string", "text" },
		{ "str", "text" },       { "varchar", "text" },   { "datetime", "date" },
		{ "timestamp", "date" }, { "time", "date" },
	};

	for (size_t i = 0; i < READER_COUNT(words); i++)
		if (ascii_equal(slice_of(word), slice_of(words[i][0])))
			return words[i][1];
	return NULL;
}

/* {date: dmy} */
static void read_date_order(struct config_reader *reader, const struct yaml_node *node,
			    struct field_spec *field)
{
	static const char *const orders[] = { "dmy", "mdy" };
	const struct yaml_node *order = yaml_child(node, "date");
	const char *text;

	if (!order || node->count != 1) {
		READER_COMPLAIN(reader, node,
				"only a date has more to say: {date: dmy} or {date: mdy}");
		return;
	}
	text = reader_text(reader, order);
	if (!text)
		return;
	if (strcmp(text, "dmy") == 0)
		field->type = FIELD_DATE_DMY;
	else if (strcmp(text, "mdy") == 0)
		field->type = FIELD_DATE_MDY;
	else
		reader_unknown(reader, order, "order", orders, READER_COUNT(orders));
}

static void read_type(struct config_reader *reader, const struct yaml_node *node,
		      struct field_spec *field)
{
	const char *text = NULL, *usual;

	if (node->kind == YAML_MAP)
		read_date_order(reader, node, field);
	else
		text = reader_text(reader, node);
	if (!text)
		return;
	for (size_t i = 0; i < READER_COUNT(type_names); i++) {
		if (strcmp(text, type_names[i]) != 0)
			continue;
		field->type = (enum field_type)i;
		return;
	}
	usual = usual_type(text);
	if (usual)
		READER_COMPLAIN(reader, node, "unknown type '%s': did you mean '%s'?", text, usual);
	else
		reader_unknown(reader, node, "type", type_names, READER_COUNT(type_names));
}

/* ---- clean ---- */

static void read_replace(struct config_reader *reader, const struct yaml_node *node,
			 struct clean_spec *step)
{
	if (node->kind != YAML_LIST || node->count != 2) {
		READER_COMPLAIN(reader, node, "'replace' takes two texts: %s",
				clean_examples[CLEAN_REPLACE]);
		return;
	}
	step->argument = reader_text(reader, node->first);
	reader_warn_of_regex(reader, node->first);
	if (reader_expect(reader, node->first->next, YAML_TEXT))
		step->with = node->first->next->text;
}

static void read_map(struct config_reader *reader, const struct yaml_node *node,
		     struct clean_spec *step)
{
	const char **pairs;

	if (!reader_expect(reader, node, YAML_MAP))
		return;
	pairs = arena_alloc(reader->arena, 2 * node->count + 1, sizeof(*pairs));
	for (const struct yaml_node *child = node->first; child; child = child->next) {
		if (!reader_expect(reader, child, YAML_TEXT))
			continue;
		pairs[2 * step->pair_count] = child->key->text;
		pairs[2 * step->pair_count + 1] = child->text;
		step->pair_count++;
	}
	step->pairs = pairs;
}

/* The kind a step's name stands for; -1 after complaining. */
static int clean_kind_of(struct config_reader *reader, const struct yaml_node *name)
{
	for (size_t i = 0; i < READER_COUNT(clean_names); i++)
		if (strcmp(name->text, clean_names[i]) == 0)
			return (int)i;
	reader_unknown(reader, name, "step", clean_names, READER_COUNT(clean_names));
	return -1;
}

/* {slice: '3:'}: one key, the step, and its argument. */
static void read_step_with_argument(struct config_reader *reader, const struct yaml_node *node,
				    struct clean_spec *step)
{
	const struct yaml_node *argument = node->first;
	int kind;

	if (node->count != 1) {
		READER_COMPLAIN(reader, argument ? argument->next->key : node,
				"one step has one name: begin each with '- ', or write [a, b]");
		return;
	}
	kind = clean_kind_of(reader, argument->key);
	if (kind < 0)
		return;
	step->kind = (enum clean_kind)kind;
	if (kind < CLEAN_SLICE && kind != CLEAN_NUMBER)
		READER_COMPLAIN(reader, argument->key, "'%s' takes no argument: write it alone",
				clean_names[kind]);
	else if (kind == CLEAN_REPLACE)
		read_replace(reader, argument, step);
	else if (kind == CLEAN_MAP)
		read_map(reader, argument, step);
	else
		step->argument = reader_text(reader, argument);
}

static void read_step(struct config_reader *reader, const struct yaml_node *node,
		      struct clean_spec *step)
{
	int kind;

	if (node->kind == YAML_MAP) {
		read_step_with_argument(reader, node, step);
		return;
	}
	if (!reader_expect(reader, node, YAML_TEXT))
		return;
	kind = clean_kind_of(reader, node);
	if (kind >= CLEAN_SLICE)
		READER_COMPLAIN(reader, node, "'%s' needs an argument: %s", clean_names[kind],
				clean_examples[kind]);
	else if (kind >= 0)
		step->kind = (enum clean_kind)kind;
}

/* A list of steps, or a single one. */
static void read_clean(struct config_reader *reader, const struct yaml_node *node,
		       struct field_spec *field)
{
	bool is_list = node->kind == YAML_LIST;
	const struct yaml_node *step = is_list ? node->first : node;
	struct clean_spec *clean;

	if (reader_is_nothing(node))
		return;
	clean = arena_alloc(reader->arena, is_list ? node->count : 1, sizeof(*clean));
	for (; step; step = is_list ? step->next : NULL)
		read_step(reader, step, &clean[field->clean_count++]);
	field->clean = clean;
}

/* ---- fields ---- */

static void read_group(struct config_reader *reader, const struct yaml_node *node,
		       struct field_spec *field)
{
	int64_t group = -1, number = 0;
	char error[SETTING_ERROR_MAX];

	if (!reader_expect(reader, node, YAML_TEXT))
		return;
	if (node->size > 0 && (node->text[0] < '0' || node->text[0] > '9') && node->text[0] != '-')
		READER_COMPLAIN(reader, node,
				"'group' is a number: a group with a name is value: '{%s}'",
				QUOTED(yaml_slice(node)));
	else if (setting_parse(SETTING_COUNT, 0, UINT16_MAX, yaml_slice(node), &number, error))
		READER_COMPLAIN(reader, node, "%s", error);
	else
		group = number;
	field->group = (int)group;
}

/* group, value and the languages' keys are answers to one question. */
static void check_one_source(struct config_reader *reader, const struct yaml_node *map)
{
	const struct yaml_node *first = NULL;

	for (const struct yaml_node *child = map->first; child; child = child->next) {
		if (strcmp(child->key->text, "group") != 0 &&
		    strcmp(child->key->text, "value") != 0 && !config_selector_language(child->key))
			continue;
		if (first)
			READER_COMPLAIN(reader, child->key,
					"a field has one source: '%s' is given already",
					first->key->text);
		first = first ? first : child;
	}
}

/* [a-z] without quotes is a list of one text. */
static void warn_of_class(struct config_reader *reader, const struct yaml_node *list)
{
	bool is_flow = reader->source->text.at[list->offset] == '[';

	if (is_flow && list->count == 1 && list->first->style == YAML_PLAIN)
		complain_warning(reader->complaints, reader->source, list->offset,
				 "this is a list of one expression, '%s': a class of characters "
				 "must be in single quotes",
				 QUOTED(yaml_slice(list->first)));
}

/* A list: what is tried where the first finds nothing. */
static void read_alternatives(struct config_reader *reader, const struct yaml_node *list,
			      struct field_spec *field)
{
	const char **texts = arena_alloc(reader->arena, list->count, sizeof(*texts));
	size_t count = 0;

	if (list->count == 0)
		READER_COMPLAIN(reader, list, "'%s' is an empty list", list->key->text);
	for (const struct yaml_node *item = list->first; item; item = item->next) {
		reader_warn_of_regex(reader, item);
		texts[count++] = reader_text(reader, item);
	}
	warn_of_class(reader, list);
	field->pattern = count > 0 ? texts[0] : NULL;
	field->alternatives = texts + 1;
	field->alternative_count = count > 0 ? count - 1 : 0;
}

/* A pattern of the field's own, or a list of them. */
static void read_own(struct config_reader *reader, const struct yaml_node *map, bool is_record,
		     struct field_spec *field)
{
	const struct yaml_node *own = config_selector_child(map, &field->language);

	field->in = config_read_in(reader, map, field->language);
	if (!own)
		return;
	if (own->kind == YAML_LIST) {
		read_alternatives(reader, own, field);
	} else {
		field->pattern = reader_text(reader, own);
		reader_warn_of_regex(reader, own);
	}
	if (!is_record)
		READER_COMPLAIN(reader, own->key,
				"a field has a pattern of its own only where 'each' cuts records, "
				"or the page is one");
}

static void read_switch(struct config_reader *reader, const struct yaml_node *map, const char *key,
			bool *is_on)
{
	const struct yaml_node *child = yaml_child(map, key);
	int64_t value = 0;

	if (child)
		reader_value(reader, child, SETTING_SWITCH, 0, 1, &value);
	*is_on = value != 0;
}

static void read_field_keys(struct config_reader *reader, const struct yaml_node *map,
			    bool is_record, struct field_spec *field)
{
	static const char *const keys[] = {
		"group", "value", CONFIG_SELECTOR_KEYS, "in",      "type", "clean",
		"all",   "carry", "required",           "default",
	};
	const struct yaml_node *child;

	config_check_selector_keys(reader, map, keys, READER_COUNT(keys));
	check_one_source(reader, map);
	if ((child = yaml_child(map, "group")))
		read_group(reader, child, field);
	field->value = reader_child_text(reader, map, "value");
	read_own(reader, map, is_record, field);
	if ((child = yaml_child(map, "type")))
		read_type(reader, child, field);
	if ((child = yaml_child(map, "clean")))
		read_clean(reader, child, field);
	read_switch(reader, map, "all", &field->takes_all);
	read_switch(reader, map, "carry", &field->carries);
	read_switch(reader, map, "required", &field->is_required);
	if ((child = yaml_child(map, "default")) && reader_expect(reader, child, YAML_TEXT))
		field->otherwise = child->text;
	child = yaml_child(map, "all");
	if (field->takes_all && !config_selector_child(map, &field->language))
		READER_COMPLAIN(reader, child->key,
				"'all' is of a 'pattern' of the field's own, and there is none");
}

static bool is_number(const struct yaml_node *node)
{
	return node->style == YAML_PLAIN && node->size > 0 &&
	       strspn(node->text, "0123456789") == node->size;
}

/* A mapping; a number alone is short for {group: number}; nothing for the group of that name. */
static void read_field(struct config_reader *reader, const struct yaml_node *node, bool is_record,
		       struct field_spec *field)
{
	field->name = node->key->text;
	field->group = -1;
	if (node->kind == YAML_MAP)
		read_field_keys(reader, node, is_record, field);
	else if (node->kind == YAML_TEXT && is_number(node))
		read_group(reader, node, field);
	else if (!reader_is_nothing(node))
		READER_COMPLAIN(reader, node,
				"'%s' must be a mapping or the number of a group, as in "
				"{group: 1, type: integer}",
				QUOTED(yaml_slice(node->key)));
}

static void check_name(struct config_reader *reader, const struct yaml_node *name, bool is_child)
{
	const char *problem = config_field_name_problem(yaml_slice(name), is_child);

	if (problem)
		READER_COMPLAIN(reader, name, "%s", problem);
}

/* Columns of a table differ in more than case. */
static void check_same_but_for_case(struct config_reader *reader, const struct yaml_node *node,
				    const struct yaml_node *first)
{
	for (; first != node; first = first->next) {
		if (!ascii_equal(yaml_slice(first->key), yaml_slice(node->key)))
			continue;
		READER_COMPLAIN(reader, node->key,
				"'%s' and '%s' would be one column: names must differ in more "
				"than case",
				QUOTED(yaml_slice(first->key)), QUOTED(yaml_slice(node->key)));
		return;
	}
}

void config_read_fields(struct config_reader *reader, const struct yaml_node *map, bool is_child,
			struct pattern_spec *spec)
{
	bool is_record = !spec->pattern;
	struct field_spec *fields;

	if (!reader_expect(reader, map, YAML_MAP))
		return;
	if (map->count > PATTERN_FIELDS_MAX) {
		READER_COMPLAIN(reader, map,
				"too many fields: %u at most, so make two patterns of it",
				PATTERN_FIELDS_MAX);
		return;
	}
	fields = arena_alloc(reader->arena, map->count, sizeof(*fields));
	for (const struct yaml_node *child = map->first; child; child = child->next) {
		check_name(reader, child->key, is_child);
		check_same_but_for_case(reader, child, map->first);
		read_field(reader, child, is_record, &fields[spec->field_count++]);
	}
	spec->fields = fields;
}
