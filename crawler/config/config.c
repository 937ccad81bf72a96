#include "config/config.h"
#include "base/arena.h"
#include "config/config_canonical.h"
#include "config/config_files.h"
#include "config/config_pattern.h"
#include "config/config_reader.h"
#include "config/config_rules.h"
#include "base/memory.h"
#include "config/yaml_tree.h"
#include <assert.h>
#include <stdlib.h>
#include <xxhash.h>

/* A file and its tree; NULL if it is not YAML. */
struct parsed {
	const struct source *source;
	const struct yaml_node *root;
};

/* Where a setting was set, to name both places when two differ. */
struct setter {
	const struct source *source;
	size_t offset;
};

struct config_memory {
	struct arena arena; /* every text, name and list of the config */
	struct parsed *parsed;
	size_t parsed_count;
	struct setter *setters; /* setting_count of them */
};

/* ---- the blocks ---- */

static void set_setting(struct config_reader *reader, const struct yaml_node *node)
{
	struct settings *settings = &reader->config->settings, taken = *settings;
	const struct setting *setting = setting_find(yaml_slice(node->key));
	char error[SETTING_ERROR_MAX], before[SETTING_FORMAT_MAX], now[SETTING_FORMAT_MAX];
	struct setter *setter;

	if (!setting || !reader_expect(reader, node, YAML_TEXT))
		return;
	if (setting_set(&taken, setting, yaml_slice(node), error)) {
		READER_COMPLAIN(reader, node, "%s", error);
		return;
	}
	setter = &reader->config->memory->setters[setting - setting_table];
	if (setter->source && strcmp(setting_text(settings, setting, before),
				     setting_text(&taken, setting, now)) != 0) {
		struct place first = place_of(setter->source, setter->offset);

		READER_COMPLAIN(reader, node, "'%s' is '%s' already, in %s:%zu:%zu", setting->name,
				QUOTED(slice_of(setting_text(settings, setting, before))),
				setter->source->name, first.line, first.column);
		return;
	}
	*setter = (struct setter){ reader->source, node->offset };
	*settings = taken;
}

static void read_settings(struct config_reader *reader, const struct yaml_node *block)
{
	if (!reader_expect(reader, block, YAML_MAP))
		return;
	reader_check_keys(reader, block, setting_names(), setting_count, NULL);
	for (const struct yaml_node *child = block->first; child; child = child->next)
		set_setting(reader, child);
}

static void read_first_pass(struct config_reader *reader, const struct yaml_node *root)
{
	static const char *const keys[] = { "patterns", "follow", "hosts", "canonical", "crawl" };
	const struct yaml_node *settings;

	if (root->kind != YAML_MAP) {
		READER_COMPLAIN(reader, root,
				"a config is a mapping of patterns, follow, hosts, "
				"canonical and crawl, not %s",
				yaml_kind_name(root->kind));
		return;
	}
	reader_check_keys(reader, root, keys, READER_COUNT(keys), NULL);
	settings = yaml_child(root, "crawl");
	if (settings)
		read_settings(reader, settings);
}

static void read_second_pass(struct config_reader *reader, const struct yaml_node *root)
{
	reader_each(reader, yaml_child(root, "patterns"), config_read_pattern);
	reader_each(reader, yaml_child(root, "follow"), config_read_follow);
	reader_each(reader, yaml_child(root, "hosts"), config_read_host);
	config_read_canonical(reader, yaml_child(root, "canonical"));
}

/* ---- all files ---- */

static void parse_files(struct config *config, const struct config_files *files,
			struct complaints *complaints)
{
	struct config_memory *memory = config->memory;
	struct config_file *file;

	memory->parsed = arena_alloc(&memory->arena, files->count, sizeof(*memory->parsed));
	config->files = arena_alloc(&memory->arena, files->count, sizeof(*config->files));
	for (file = files->first; file && !complaints_are_full(complaints); file = file->next) {
		config->files[config->file_count++] = file->source.name;
		memory->parsed[memory->parsed_count++] = (struct parsed){
			.source = &file->source,
			.root = yaml_tree_read(&file->source, &memory->arena, complaints),
		};
	}
}

/* The items of a block over all files. */
static size_t count_items(const struct config_memory *memory, const char *block)
{
	size_t count = 0;

	for (size_t i = 0; i < memory->parsed_count; i++) {
		const struct yaml_node *root = memory->parsed[i].root;
		const struct yaml_node *list = root ? yaml_child(root, block) : NULL;

		count += list ? list->count : 0;
	}
	return count;
}

/* False, after complaining, if there is too much of it. */
static bool make_room(struct config *config, size_t expression_count, struct complaints *complaints)
{
	struct config_memory *memory = config->memory;
	size_t patterns = count_items(memory, "patterns") + expression_count;
	size_t follow = count_items(memory, "follow"), hosts = count_items(memory, "hosts");
	struct source whole = { .name = "config" };

	config->patterns = arena_alloc(&memory->arena, patterns, sizeof(*config->patterns));
	config->follow = arena_alloc(&memory->arena, follow, sizeof(*config->follow));
	config->hosts = arena_alloc(&memory->arena, hosts, sizeof(*config->hosts));
	if (patterns > CONFIG_PATTERNS_MAX)
		complain(complaints, &whole, COMPLAINT_NOWHERE,
			 "too many patterns: %zu, at most %d", patterns, CONFIG_PATTERNS_MAX);
	return patterns <= CONFIG_PATTERNS_MAX;
}

static void read_files(struct config_reader *reader,
		       void read_root(struct config_reader *, const struct yaml_node *))
{
	const struct config_memory *memory = reader->config->memory;

	for (size_t i = 0; i < memory->parsed_count; i++) {
		reader->source = memory->parsed[i].source;
		if (memory->parsed[i].root)
			read_root(reader, memory->parsed[i].root);
	}
}

static void read_environment(struct config_reader *reader)
{
	struct source whole = { .name = "environment" };
	char error[SETTING_ERROR_MAX];

	if (settings_from_environment(&reader->config->settings, error))
		complain(reader->complaints, &whole, COMPLAINT_NOWHERE, "%s", error);
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

/* A NUL, which no text holds, ends each, so that they cannot be cut in another way. */
static uint64_t hash_of(const struct config_memory *memory, const char *const expressions[],
			size_t count)
{
	XXH3_state_t *state = XXH3_createState();
	uint64_t hash;

	if (!state)
		abort();
	XXH3_64bits_reset(state);
	for (size_t i = 0; i < memory->parsed_count; i++) {
		struct slice text = memory->parsed[i].source->text;

		XXH3_64bits_update(state, text.at, text.size + 1);
	}
	for (size_t i = 0; i < count; i++)
		XXH3_64bits_update(state, expressions[i], strlen(expressions[i]) + 1);
	hash = XXH3_64bits_digest(state);
	XXH3_freeState(state);
	return hash;
}

static struct config *config_new(void)
{
	struct config_memory *memory = memory_new(1, sizeof(*memory));
	struct config *config = memory_new(1, sizeof(*config));

	config->memory = memory;
	config->settings = settings_default();
	memory->setters = arena_alloc(&memory->arena, setting_count, sizeof(*memory->setters));
	return config;
}

/* Options have the last word. */
static void apply_flags(struct config *config, const struct config_sources *sources)
{
	for (size_t i = 0; i < sources->flag_count; i++) {
		const struct setting_flag *flag = &sources->flags[i];
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
		}
	}
}

/* Wherever each comes from: a file, the environment, a flag. */
static void check_together(const struct config *config, struct complaints *complaints)
{
	struct source whole = { .name = "settings" };

	if (config->settings.polite_per == POLITE_PER_ADDRESS && config->settings.proxy[0])
		complain(complaints, &whole, COMPLAINT_NOWHERE,
			 "polite_per: address cannot go with a proxy, which looks names up itself: "
			 "domain or host can");
}

struct config *config_load(const struct config_sources *sources, FILE *out)
{
	struct complaints complaints = { .out = out };
	struct config *config = config_new();
	struct config_reader reader = {
		.config = config,
		.arena = &config->memory->arena,
		.complaints = &complaints,
	};
	struct config_files files;
	bool is_small;

	config_files_read(&files, sources->paths, sources->path_count, reader.arena, &complaints);
	parse_files(config, &files, &complaints);
	is_small = make_room(config, sources->expression_count, &complaints);

	/* Settings bound the patterns, so all of them come first. */
	read_files(&reader, read_first_pass);
	read_environment(&reader);
	apply_flags(config, sources);
	check_together(config, &complaints);
	if (is_small && !complaints_are_full(&complaints)) {
		read_files(&reader, read_second_pass);
		read_expressions(&reader, sources->expressions, sources->expression_count);
	}
	flags_over_hosts(config, sources);
	config->hash = hash_of(config->memory, sources->expressions, sources->expression_count);
	if (complaints.errors == 0)
		return config;
	config_free(config);
	return NULL;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->pattern_count; i++)
		pattern_free(config->patterns[i].pattern);
	canonical_free(config->canonical);
	arena_free(&config->memory->arena);
	free(config->memory);
	free(config);
}
