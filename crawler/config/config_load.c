#include "config/config_load.h"
#include "config/config_canonical.h"
#include "config/config_files.h"
#include "config/config_hash.h"
#include "config/config_pattern.h"
#include "config/config_proxies.h"
#include "config/config_reader.h"
#include "config/config_request.h"
#include "config/config_rules.h"
#include "config/config_test.h"
#include "config/config_upkeep.h"
#include "config/yaml_tree.h"
#include "parsers/text/memory.h"
#include <assert.h>
#include <stdlib.h>

/* A file and its tree; NULL if it is not YAML. */
struct parsed {
	const struct source *source;
	const struct yaml_node *root;
};

/* Where a setting was set, to name both positions when two differ. */
struct setter {
	const struct source *source;
	size_t offset;
};

/* What is held while a config is read; the arena is the config's. */
struct loading {
	struct config_reader reader;
	struct parsed *parsed;
	size_t parsed_count;
	struct setter *setters; /* setting_count of them */
};

/* ---- the blocks ---- */

static void set_setting(struct loading *loading, const struct yaml_node *node)
{
	struct config_reader *reader = &loading->reader;
	struct settings *settings = &reader->config->settings, taken = *settings;
	const struct setting *setting = setting_find(yaml_slice(node->key));
	char error[SETTING_ERROR_MAX], before[SETTING_FORMAT_MAX], now[SETTING_FORMAT_MAX];
	struct setter *setter;
	bool is_proxy;

	if (!setting || !reader_expect(reader, node, YAML_TEXT))
		return;
	if (setting_set(&taken, setting, yaml_slice(node), error)) {
		READER_COMPLAIN(reader, node, "%s", error);
		return;
	}
	reader_warn_of_unit(reader, node, setting->kind);
	setter = &loading->setters[setting - setting_table];
	is_proxy = setting->offset == offsetof(struct settings, proxy); /* not to be shown */
	if (is_proxy)
		taken.proxy = config_check_proxy(reader, node);
	if (setter->source && strcmp(setting_text(settings, setting, before),
				     setting_text(&taken, setting, now)) != 0) {
		struct position first = position_of(setter->source, setter->offset);

		READER_COMPLAIN(reader, node, "'%s' is '%s' already, in %s:%zu:%zu", setting->name,
				is_proxy
					? "set"
					: QUOTED(slice_of(setting_text(settings, setting, before))),
				setter->source->name, first.line, first.column);
		return;
	}
	*setter = (struct setter){ reader->source, node->offset };
	*settings = taken;
}

static void check_setting_keys(struct config_reader *reader, const struct yaml_node *block)
{
	size_t count = setting_count + CONFIG_REQUEST_KEYS;
	const char **keys = arena_alloc(reader->arena, count, sizeof(*keys));

	memcpy(keys, setting_names(), setting_count * sizeof(*keys));
	memcpy(keys + setting_count, config_request_keys, CONFIG_REQUEST_KEYS * sizeof(*keys));
	reader_check_keys(reader, block, keys, count, NULL);
}

static void read_settings(struct loading *loading, const struct yaml_node *block)
{
	struct config_reader *reader = &loading->reader;

	if (!reader_expect(reader, block, YAML_MAP))
		return;
	check_setting_keys(reader, block);
	config_read_request(reader, block, &reader->config->request, false);
	for (const struct yaml_node *child = block->first; child; child = child->next)
		set_setting(loading, child);
}

static void read_first_pass(struct loading *loading, const struct yaml_node *root)
{
	static const char *const keys[] = { "patterns", "follow", "hosts", "canonical",
					    "tests",    "health", "crawl" };
	struct config_reader *reader = &loading->reader;
	const struct yaml_node *settings;

	if (root->kind != YAML_MAP) {
		READER_COMPLAIN(reader, root,
				"a config is a mapping of patterns, follow, hosts, "
				"canonical, tests, health and crawl, not %s",
				yaml_kind_name(root->kind));
		return;
	}
	reader_check_keys(reader, root, keys, READER_COUNT(keys), NULL);
	settings = yaml_child(root, "crawl");
	if (settings)
		read_settings(loading, settings);
}

static void read_second_pass(struct loading *loading, const struct yaml_node *root)
{
	struct config_reader *reader = &loading->reader;

	reader->health_drop = config_read_health(reader, root, CONFIG_HEALTH_DROP);
	reader_each(reader, yaml_child(root, "patterns"), config_read_pattern);
	reader_each(reader, yaml_child(root, "follow"), config_read_follow);
	reader_each(reader, yaml_child(root, "hosts"), config_read_host);
	config_read_canonical(reader, yaml_child(root, "canonical"));
}

/* What patterns should do is read when all of them are there, and good. */
static void read_third_pass(struct loading *loading, const struct yaml_node *root)
{
	reader_each(&loading->reader, yaml_child(root, "tests"), config_read_test);
}

/* ---- all files ---- */

static void parse_files(struct loading *loading, const struct config_files *files)
{
	struct complaints *complaints = loading->reader.complaints;
	struct config *config = loading->reader.config;
	struct config_file *file;

	loading->parsed = arena_alloc(&config->arena, files->count, sizeof(*loading->parsed));
	config->files = arena_alloc(&config->arena, files->count, sizeof(*config->files));
	config->texts = arena_alloc(&config->arena, files->count, sizeof(*config->texts));
	for (file = files->first; file && !complaints_are_full(complaints); file = file->next) {
		config->texts[config->file_count] = file->source.text;
		config->files[config->file_count++] = file->source.name;
		loading->parsed[loading->parsed_count++] = (struct parsed){
			.source = &file->source,
			.root = yaml_tree_read(&file->source, &config->arena, complaints),
		};
	}
}

/* The items of a block over all files. */
static size_t count_items(const struct loading *loading, const char *block)
{
	size_t count = 0;

	for (size_t i = 0; i < loading->parsed_count; i++) {
		const struct yaml_node *root = loading->parsed[i].root;
		const struct yaml_node *list = root ? yaml_child(root, block) : NULL;

		count += list ? list->count : 0;
	}
	return count;
}

/* Patterns of a list, and the children within them. */
static size_t count_patterns(const struct yaml_node *list)
{
	size_t count = 0;

	for (const struct yaml_node *item = list ? list->first : NULL; item; item = item->next) {
		count++;
		if (item->kind == YAML_MAP)
			count += count_patterns(yaml_child(item, "children"));
	}
	return count;
}

static size_t count_all_patterns(const struct loading *loading)
{
	size_t count = 0;

	for (size_t i = 0; i < loading->parsed_count; i++)
		if (loading->parsed[i].root)
			count += count_patterns(yaml_child(loading->parsed[i].root, "patterns"));
	return count;
}

/* False, after complaining, if there is too much of it. */
static bool make_room(struct loading *loading, size_t expression_count)
{
	struct config *config = loading->reader.config;
	size_t patterns = count_all_patterns(loading) + expression_count;
	size_t follow = count_items(loading, "follow"), hosts = count_items(loading, "hosts");
	struct source whole = { .name = "config" };

	config->patterns = arena_alloc(&config->arena, patterns, sizeof(*config->patterns));
	config->follow = arena_alloc(&config->arena, follow, sizeof(*config->follow));
	config->hosts = arena_alloc(&config->arena, hosts + 1, sizeof(*config->hosts));
	config->tests =
		arena_alloc(&config->arena, count_items(loading, "tests"), sizeof(*config->tests));
	if (patterns > CONFIG_PATTERNS_MAX)
		complain(loading->reader.complaints, &whole, COMPLAINT_NOWHERE,
			 "too many patterns: %zu, at most %d", patterns, CONFIG_PATTERNS_MAX);
	return patterns <= CONFIG_PATTERNS_MAX;
}

static void read_files(struct loading *loading,
		       void read_root(struct loading *, const struct yaml_node *))
{
	for (size_t i = 0; i < loading->parsed_count; i++) {
		loading->reader.source = loading->parsed[i].source;
		if (loading->parsed[i].root)
			read_root(loading, loading->parsed[i].root);
	}
}

static void read_environment(struct config_reader *reader)
{
	struct source whole = { .name = "environment" };
	char error[SETTING_ERROR_MAX], name[SETTING_NAME_MAX];

	if (settings_from_environment(&reader->config->settings, error)) {
		complain(reader->complaints, &whole, COMPLAINT_NOWHERE, "%s", error);
		return;
	}
	for (size_t i = 0; i < setting_count; i++) {
		const char *value;

		setting_environment(&setting_table[i], name);
		value = getenv(name);
		if (value && setting_lacks_unit(setting_table[i].kind, slice_of(value), error))
			complain_warning(reader->complaints, &whole, COMPLAINT_NOWHERE,
					 "%s: %s (seconds are taken)", name, error);
	}
}

static void read_expressions(struct config_reader *reader, const char *const expressions[],
			     size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct source *source = arena_alloc(reader->arena, 1, sizeof(*source));

		source->name = "-e";
		source->text.at = arena_copy(reader->arena, slice_of(expressions[i]));
		source->text.size = strlen(expressions[i]);
		reader->source = source;
		config_read_expression(reader);
	}
}

static uint64_t hash_of(const struct loading *loading)
{
	uint64_t requests = 0;

	for (size_t i = 0; i < loading->parsed_count; i++)
		requests = config_hash_root(requests, loading->parsed[i].root);
	return config_hash(loading->reader.config, requests);
}

static struct config *config_new(void)
{
	struct config *config = memory_new(1, sizeof(*config));

	config->settings = settings_default();
	return config;
}

/* Options have the last word. */
static void apply_flags(struct config *config, const struct setting_flag flags[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct setting_flag *flag = &flags[i];
		char error[SETTING_ERROR_MAX];
		int result =
			setting_set(&config->settings, flag->setting, slice_of(flag->text), error);

		assert(result == 0);
		(void)result;
	}
}

/* What a flag says of every host, no rule says otherwise of one. */
static void flags_over_hosts(struct config *config, const struct config_sources *sources)
{
	for (size_t i = 0; i < sources->flag_count; i++) {
		size_t offset = sources->flags[i].setting->offset;

		for (size_t host = 0; host < config->host_count; host++) {
			if (offset == offsetof(struct settings, delay_ms))
				config->hosts[host].delay_ms = -1;
			if (offset == offsetof(struct settings, concurrency))
				config->hosts[host].concurrency = -1;
			if (offset == offsetof(struct settings, max_rate))
				config->hosts[host].max_rate = -1;
			if (offset == offsetof(struct settings, cookies))
				config->hosts[host].cookies = config->settings.cookies;
		}
	}
}

/* A choice of the environment or of a flag is made when files have been read. */
static enum proxy_source proxy_source(const struct config_sources *sources)
{
	enum proxy_source source = getenv("CRAWL_PROXY") ? PROXY_OF_ENVIRONMENT : PROXY_OF_FILE;

	for (size_t i = 0; i < sources->flag_count; i++)
		if (sources->flags[i].setting->offset == offsetof(struct settings, proxy))
			source = PROXY_OF_FLAG;
	return source;
}

/* One that a flag or the environment has put aside is asked for nothing. */
static bool asks_proxies(const struct config *config)
{
	bool asks = config->request.proxies.said == PROXY_LIST;

	for (size_t i = 0; i < config->host_count; i++)
		asks = asks || config->hosts[i].request.proxies.said == PROXY_LIST;
	return asks;
}

/* Wherever each comes from: a file, the environment, a flag. */
static void check_together(const struct config *config, struct complaints *complaints)
{
	struct source whole = { .name = "settings" };

	if (config->settings.polite_per == POLITE_PER_ADDRESS && asks_proxies(config))
		complain(complaints, &whole, COMPLAINT_NOWHERE,
			 "polite_per: address cannot go with a proxy, which looks names up itself: "
			 "domain or host can");
}

/* Settings bound the patterns, so all of them come first. */
static void read_in_order(struct loading *loading, const struct config_sources *sources)
{
	struct config_reader *reader = &loading->reader;
	bool is_small = make_room(loading, sources->expression_count);

	read_files(loading, read_first_pass);
	read_environment(reader);
	apply_flags(reader->config, sources->presets, sources->preset_count);
	apply_flags(reader->config, sources->flags, sources->flag_count);
	if (is_small && !complaints_are_full(reader->complaints)) {
		read_files(loading, read_second_pass);
		read_expressions(reader, sources->expressions, sources->expression_count);
		if (reader->complaints->errors == 0)
			read_files(loading, read_third_pass);
	}
	flags_over_hosts(reader->config, sources);
	config_settle_proxies(reader, proxy_source(sources));
	check_together(reader->config, reader->complaints);
	config_complete_requests(reader, &sources->requests);
}

struct config *config_load(const struct config_sources *sources, FILE *out)
{
	struct complaints complaints = { .out = out };
	struct config *config = config_new();
	struct loading loading = {
		.reader = { .config = config, .arena = &config->arena, .complaints = &complaints },
		.setters = arena_alloc(&config->arena, setting_count, sizeof(*loading.setters)),
	};
	struct config_files files;

	if (sources->texts)
		config_files_take(&files, sources->texts, sources->text_count, &config->arena);
	else
		config_files_read(&files, sources->paths, sources->path_count, &config->arena,
				  &complaints);
	parse_files(&loading, &files);
	read_in_order(&loading, sources);
	if (complaints.errors == 0) {
		config->hash = hash_of(&loading);
		return config;
	}
	config_free(config);
	return NULL;
}

/* ---- patterns alone ---- */

#define TYPED_NAME "pattern" /* what complaints call it */

/* Returns whether there is a list of patterns, and nothing beside it. */
static bool holds_patterns_alone(struct config_reader *reader, const struct yaml_node *root)
{
	const struct yaml_node *child = root->kind == YAML_MAP ? root->first : root;

	while (child && child->key && strcmp(child->key->text, "patterns") == 0)
		child = child->next;
	if (child && child->key)
		READER_COMPLAIN(reader, child->key, "only 'patterns' can be tried, not '%s'",
				QUOTED(yaml_slice(child->key)));
	else if (child || !root->first)
		READER_COMPLAIN(reader, root, "write 'patterns:', and a pattern below it");
	return !child && root->first;
}

struct config *config_load_patterns(struct slice text, const struct settings *settings, FILE *out)
{
	struct complaints complaints = { .out = out };
	struct config *config = config_new();
	struct source *source = arena_alloc(&config->arena, 1, sizeof(*source));
	struct parsed parsed = { .source = source };
	struct loading loading = {
		.reader = { .config = config,
			    .arena = &config->arena,
			    .complaints = &complaints,
			    .source = source },
		.parsed = &parsed,
		.parsed_count = 1,
	};

	config->settings = *settings;
	loading.reader.health_drop = CONFIG_HEALTH_DROP;
	*source = (struct source){ TYPED_NAME, { arena_copy(&config->arena, text), text.size } };
	parsed.root = yaml_tree_read(source, &config->arena, &complaints);
	if (parsed.root && holds_patterns_alone(&loading.reader, parsed.root) &&
	    make_room(&loading, 0))
		reader_each(&loading.reader, yaml_child(parsed.root, "patterns"),
			    config_read_pattern);
	if (complaints.errors == 0)
		return config;
	config_free(config);
	return NULL;
}
