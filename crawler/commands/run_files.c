#include "commands/run_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

static const char expression_name[] = "-e ", settings_name[] = "settings", flags_name[] = "options";

/* Each machine has its own: what it is able to, and by which way it reaches the world. */
bool run_files_have(const struct setting *setting)
{
	static const char *const own[] = { "workers", "window", "ca_file", "proxy", "sandbox" };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (strcmp(setting->name, own[i]) == 0)
			return false;
	}
	return true;
}

/* name and text are the list's from here on. */
static void add(struct run_files *files, char *name, char *text, size_t size)
{
	files->files = memory_resize(files->files, (files->count + 1) * sizeof(*files->files));
	files->files[files->count++] = (struct store_file){ name, { text, size } };
}

static void add_copy(struct run_files *files, const char *name, struct slice text)
{
	add(files, memory_text(name, strlen(name)), memory_text(text.at, text.size), text.size);
}

void run_files_free(struct run_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free((void *)(uintptr_t)files->files[i].name);
		free((void *)(uintptr_t)files->files[i].text.at);
	}
	free(files->files);
	free(files->texts);
	free(files->expressions);
	free(files->presets);
	free(files->flags);
	*files = (struct run_files){ .count = 0 };
}

/* ---- from a config ---- */

static void add_written(struct run_files *files, const char *name, const struct config *config,
			const struct options *options,
			void (*write)(FILE *, const struct config *, const struct options *))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		memory_fail();
	write(out, config, options);
	if (fclose(out) != 0)
		memory_fail();
	add(files, memory_text(name, strlen(name)), text, size);
}

/* "-e NAME" */
static void add_expression(struct run_files *files, const char *expression)
{
	char *name;

	if (asprintf(&name, "%s%.*s", expression_name, (int)strcspn(expression, "="), expression) <
	    0)
		memory_fail();
	add(files, name, memory_text(expression, strlen(expression)), strlen(expression));
}

static void write_settings(FILE *out, const struct config *config, const struct options *options)
{
	char text[SETTING_FORMAT_MAX];

	(void)options;
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];

		if (run_files_have(setting))
			fprintf(out, "%s=%s\n", setting->name,
				setting_text(&config->settings, setting, text));
	}
}

static void write_flags(FILE *out, const struct config *config, const struct options *options)
{
	char text[SETTING_FORMAT_MAX];

	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *setting = &setting_table[i];
		bool is_said = false;

		for (size_t j = 0; j < options->setting_count; j++)
			is_said |= options->settings[j].setting == setting;
		if (is_said && run_files_have(setting))
			fprintf(out, "%s=%s\n", setting->name,
				setting_text(&config->settings, setting, text));
	}
}

void run_files_make(struct run_files *files, const struct config *config,
		    const struct options *options)
{
	*files = (struct run_files){ .count = 0 };
	for (size_t i = 0; i < config->file_count; i++)
		add_copy(files, config->files[i], config->texts[i]);
	for (size_t i = 0; i < options->expression_count; i++)
		add_expression(files, options->expressions[i]);
	add_written(files, settings_name, config, options, write_settings);
	add_written(files, flags_name, config, options, write_flags);
}

/* ---- what they are ---- */

void run_files_copy(struct run_files *files, const struct run_files *others)
{
	*files = (struct run_files){ .count = 0 };
	for (size_t i = 0; i < others->count; i++)
		add_copy(files, others->files[i].name, others->files[i].text);
}

/* "delay=2s" and more lines, which are cut up.  Returns 0, or -1: they are of another version. */
static int read_lines(char *text, struct setting_flag **flags, size_t *count,
		      char error[RUN_FILES_ERROR_MAX])
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		struct settings scratch = settings_default();
		const struct setting *setting;
		char reason[SETTING_ERROR_MAX] = "there is no such setting";
		char *value = strchr(line, '=');

		if (!value)
			continue;
		*value++ = '\0';
		setting = setting_find(slice_of(line));
		if (!setting || setting_set(&scratch, setting, slice_of(value), reason) < 0) {
			snprintf(error, RUN_FILES_ERROR_MAX, "%.60s: %.200s", line, reason);
			return -1;
		}
		*flags = memory_resize(*flags, (*count + 1) * sizeof(**flags));
		(*flags)[(*count)++] = (struct setting_flag){ setting, value };
	}
	return 0;
}

/* What a file is, by its name. */
static int sort(struct run_files *files, const struct store_file *file,
		char error[RUN_FILES_ERROR_MAX])
{
	char *text = (char *)(uintptr_t)file->text.at;

	if (strcmp(file->name, settings_name) == 0)
		return read_lines(text, &files->presets, &files->preset_count, error);
	if (strcmp(file->name, flags_name) == 0)
		return read_lines(text, &files->flags, &files->flag_count, error);
	if (strncmp(file->name, expression_name, strlen(expression_name)) == 0)
		files->expressions[files->expression_count++] = text;
	else
		files->texts[files->text_count++] = (struct source){ file->name, file->text };
	return 0;
}

int run_files_sort(struct run_files *files, char error[RUN_FILES_ERROR_MAX])
{
	int result = 0;

	error[0] = '\0';
	files->texts = memory_new(files->count + 1, sizeof(*files->texts));
	files->expressions = memory_new(files->count + 1, sizeof(*files->expressions));
	for (size_t i = 0; i < files->count && result == 0; i++)
		result = sort(files, &files->files[i], error);
	return result;
}

/* ---- from a store ---- */

static int on_file(void *context, const struct store_file *file)
{
	add_copy(context, file->name, file->text);
	return 0;
}

int run_files_read(struct run_files *files, struct store *store, char error[RUN_FILES_ERROR_MAX])
{
	*files = (struct run_files){ .count = 0 };
	error[0] = '\0';
	return store_each_file(store, on_file, files) < 0 ? -1 : run_files_sort(files, error);
}
