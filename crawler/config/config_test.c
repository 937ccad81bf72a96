#include "config/config_test.h"

#include "parsers/text/ascii.h"
#include "parsers/url/url.h"

static unsigned line_of(const struct config_reader *reader, const struct yaml_node *node)
{
	return (unsigned)position_of(reader->source, node->offset).line;
}

/* ---- the page ---- */

/* The page's URL as a crawl has it: patterns know no other. */
static const char *read_url(struct config_reader *reader, const struct yaml_node *map)
{
	static struct url url;
	const struct yaml_node *node = yaml_child(map, "url");
	enum url_error error;

	if (!node || !reader_text(reader, node))
		return NULL;
	error = url_parse(&url, yaml_slice(node));
	if (error != URL_OK) {
		READER_COMPLAIN(reader, node, "%s", url_error_text(error));
		return NULL;
	}
	canonical_apply(reader->config->canonical, &url);
	return arena_copy(reader->arena, url_slice(&url));
}

/* A file is named as seen from the config's folder. */
static const char *beside(struct config_reader *reader, const char *name)
{
	const char *config = reader->source->name, *slash = strrchr(config, '/');

	if (name[0] == '/' || !slash)
		return name;
	return arena_print(reader->arena, "%.*s/%s", (int)(slash - config), config, name);
}

static void read_page(struct config_reader *reader, const struct yaml_node *map,
		      bool are_keys_known, struct config_test *test)
{
	const struct yaml_node *page = yaml_child(map, "page"), *body = yaml_child(map, "body");

	if (page && body)
		READER_COMPLAIN(reader, body->key,
				"'page' and 'body' exclude each other: one page "
				"is tested");
	else if (page && reader_text(reader, page))
		test->page = beside(reader, page->text);
	else if (body && reader_expect(reader, body, YAML_TEXT))
		test->body = yaml_slice(body);
	else if (!page && !body && are_keys_known)
		READER_COMPLAIN(reader, map, "'page' or 'body' is missing: what is tested?");
}

/* What a list gave it: as there, names are of letters, digits and _. */
static void read_set(struct config_reader *reader, const struct yaml_node *map,
		     struct config_test *test)
{
	const struct yaml_node *set = yaml_child(map, "set");
	struct config_given *given;

	if (!set || !reader_expect(reader, set, YAML_MAP))
		return;
	given = arena_alloc(reader->arena, set->count, sizeof(*given));
	for (const struct yaml_node *child = set->first; child; child = child->next) {
		if (!reader_expect(reader, child, YAML_TEXT))
			continue;
		if (!ascii_is_identifier(yaml_slice(child->key)))
			READER_COMPLAIN(reader, child->key,
					"a name in a set has letters, digits and _, and begins "
					"with no digit");
		given[test->set_count++] =
			(struct config_given){ yaml_slice(child->key), yaml_slice(child) };
	}
	test->set = given;
}

/* ---- the pattern ---- */

static void read_pattern(struct config_reader *reader, const struct yaml_node *map,
			 bool are_keys_known, struct config_test *test)
{
	const struct config *config = reader->config;
	const struct yaml_node *node = yaml_child(map, "pattern");
	const char **names = arena_alloc(reader->arena, config->pattern_count, sizeof(*names));

	if (!node && are_keys_known)
		READER_COMPLAIN(reader, map, "'pattern' is missing: whose rows?");
	if (!node || !reader_text(reader, node))
		return;
	for (size_t i = 0; i < config->pattern_count; i++) {
		names[i] = config->patterns[i].spec->name;
		if (strcmp(names[i], node->text) != 0)
			continue;
		test->pattern = i;
		return;
	}
	reader_unknown(reader, node, "pattern", names, config->pattern_count);
}

/* ---- the rows ---- */

static const struct pattern *pattern_of(const struct config_reader *reader,
					const struct config_test *test)
{
	return reader->config->patterns[test->pattern].pattern;
}

static void check_field(struct config_reader *reader, const struct config_test *test,
			const struct yaml_node *name, struct config_expected *expected)
{
	size_t count = pattern_field_count(pattern_of(reader, test));
	const char **names = arena_alloc(reader->arena, count, sizeof(*names));

	for (size_t i = 0; i < count; i++) {
		names[i] = pattern_field_name(pattern_of(reader, test), i);
		if (strcmp(names[i], name->text) != 0)
			continue;
		expected->field = i;
		return;
	}
	reader_unknown(reader, name, "field", names, count);
}

/* Every scalar is text; what stands without quotes may be none. */
static bool is_null(const struct yaml_node *node)
{
	return node->style == YAML_PLAIN &&
	       (node->size == 0 || strcmp(node->text, "null") == 0 || strcmp(node->text, "~") == 0);
}

static void read_row(struct config_reader *reader, const struct yaml_node *map,
		     const struct config_test *test, struct config_expected_row *row)
{
	struct config_expected *fields;

	if (!reader_expect(reader, map, YAML_MAP))
		return;
	fields = arena_alloc(reader->arena, map->count, sizeof(*fields));
	for (const struct yaml_node *child = map->first; child; child = child->next) {
		struct config_expected *expected = &fields[row->field_count];

		if (!reader_expect(reader, child, YAML_TEXT))
			continue;
		check_field(reader, test, child->key, expected);
		expected->line = line_of(reader, child);
		expected->is_null = is_null(child);
		expected->text = yaml_slice(child);
		row->field_count++;
	}
	row->fields = fields;
}

static void read_rows(struct config_reader *reader, const struct yaml_node *list,
		      struct config_test *test)
{
	struct config_expected_row *rows;

	if (!reader_expect(reader, list, YAML_LIST))
		return;
	rows = arena_alloc(reader->arena, list->count, sizeof(*rows));
	for (const struct yaml_node *item = list->first; item; item = item->next)
		read_row(reader, item, test, &rows[test->row_count++]);
	test->rows = rows;
	test->count = (int64_t)test->row_count;
}

/* With both, the rows are the first of so many. */
static void read_expected(struct config_reader *reader, const struct yaml_node *map,
			  bool are_keys_known, struct config_test *test)
{
	const struct yaml_node *rows = yaml_child(map, "rows"), *count = yaml_child(map, "count");

	if (!rows && !count && are_keys_known)
		READER_COMPLAIN(reader, map, "'rows' or 'count' is missing: what is expected?");
	if (rows)
		read_rows(reader, rows, test);
	if (count)
		reader_value(reader, count, SETTING_COUNT, 0, PATTERN_ROWS_MAX, &test->count);
	if (count && rows && test->count < (int64_t)test->row_count)
		READER_COMPLAIN(reader, count, "there are more 'rows' than that");
	if (rows || count)
		test->count_line = line_of(reader, count ? count : rows->key);
}

void config_read_test(struct config_reader *reader, const struct yaml_node *map)
{
	static const char *const keys[] = {
		"page", "body", "url", "set", "pattern", "rows", "count"
	};
	struct config *config = reader->config;
	unsigned errors = reader->complaints->errors;
	struct config_test test = { .file = reader->source->name };
	bool are_keys_known;

	if (!reader_expect(reader, map, YAML_MAP))
		return;
	are_keys_known = reader_check_keys(reader, map, keys, READER_COUNT(keys), NULL);
	test.line = line_of(reader, map);
	test.url = read_url(reader, map);
	read_page(reader, map, are_keys_known, &test);
	read_set(reader, map, &test);
	read_pattern(reader, map, are_keys_known, &test);
	if (reader->complaints->errors == errors)
		read_expected(reader, map, are_keys_known, &test);
	config->tests[config->test_count++] = test;
}
