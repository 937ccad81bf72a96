#include "config/config_texts.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_files.h"
#include "config/yaml_tree.h"
#include "parsers/text/memory.h"

#define INDENT "  "

/* ---- lines ---- */

static size_t line_begin(struct slice text, size_t at)
{
	while (at > 0 && text.at[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(struct slice text, size_t at)
{
	const char *end = memchr(text.at + at, '\n', text.size - at);

	return end ? (size_t)(end - text.at) + 1 : text.size;
}

static size_t indent_of(struct slice text, size_t line)
{
	size_t at = line;

	while (at < text.size && text.at[at] == ' ')
		at++;
	return at - line;
}

static bool is_blank(struct slice text, size_t line)
{
	size_t at = line + indent_of(text, line);

	return at == text.size || text.at[at] == '\n' || text.at[at] == '\r';
}

/* ---- a pattern ---- */

/* Of the lines from `from` on those that are deeper than its dash, each that much less deep. */
static void write_item(FILE *out, struct slice text, size_t from)
{
	size_t depth = indent_of(text, from), line = from;

	fputs("patterns:\n", out);
	do {
		size_t end = line_end(text, line);
		size_t skipped = is_blank(text, line) ? indent_of(text, line) : depth;

		if (!is_blank(text, line))
			fputs(INDENT, out);
		fwrite(text.at + line + skipped, 1, end - line - skipped, out);
		line = end;
	} while (line < text.size && (is_blank(text, line) || indent_of(text, line) > depth));
}

/* Is it one pattern, of this name?  That it is a good one is not asked: bad ones are tried, too. */
static bool is_whole(struct slice yaml, const char *name, struct arena *arena)
{
	struct complaints complaints = { .out = fopen("/dev/null", "w") };
	const struct source *source = &(struct source){ .name = name, .text = yaml };
	const struct yaml_node *root, *list, *named;

	if (!complaints.out)
		return false;
	root = yaml_tree_read(source, arena, &complaints);
	fclose(complaints.out);
	list = root && root->count == 1 ? yaml_child(root, "patterns") : NULL;
	named = list && list->count == 1 && list->first->kind == YAML_MAP
			? yaml_child(list->first, "name")
			: NULL;
	return named && strcmp(named->text, name) == 0;
}

static void take_item(struct config_texts *texts, struct slice text, const struct yaml_node *item,
		      struct arena *arena)
{
	const struct yaml_node *name = item->kind == YAML_MAP ? yaml_child(item, "name") : NULL;
	size_t from = line_begin(text, item->offset), size = 0;
	char *yaml = NULL;
	FILE *out;

	if (!name || name->kind != YAML_TEXT || texts->count == CONFIG_TEXTS_MAX ||
	    text.at[from + indent_of(text, from)] != '-')
		return;
	out = open_memstream(&yaml, &size);
	if (!out)
		memory_fail();
	write_item(out, text, from);
	if (fclose(out) != 0)
		memory_fail();
	while (size > 1 && yaml[size - 1] == '\n' && yaml[size - 2] == '\n')
		yaml[--size] = '\0';
	if (size > CONFIG_TEXT_BYTES_MAX || memchr(yaml, '\0', size) ||
	    !is_whole((struct slice){ yaml, size }, name->text, arena)) {
		free(yaml);
		return;
	}
	texts->list[texts->count++] =
		(struct config_text){ memory_text(name->text, name->size), yaml };
}

static void take_file(struct config_texts *texts, const struct source *source, struct arena *arena,
		      struct complaints *complaints)
{
	const struct yaml_node *root = yaml_tree_read(source, arena, complaints);
	const struct yaml_node *list = root ? yaml_child(root, "patterns") : NULL;

	for (const struct yaml_node *item = list ? list->first : NULL; item; item = item->next)
		take_item(texts, source->text, item, arena);
}

int config_texts_read(struct config_texts *texts, const char *const paths[], size_t count,
		      FILE *out)
{
	struct complaints complaints = { .out = out };
	struct arena arena = { 0 };
	struct config_files files;

	texts->list = memory_new(CONFIG_TEXTS_MAX, sizeof(*texts->list));
	texts->count = 0;
	config_files_read(&files, paths, count, &arena, &complaints);
	for (const struct config_file *file = files.first; file; file = file->next)
		take_file(texts, &file->source, &arena, &complaints);
	arena_free(&arena);
	return complaints.errors == 0 ? 0 : -1;
}

void config_texts_free(struct config_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++) {
		free(texts->list[i].name);
		free(texts->list[i].yaml);
	}
	free(texts->list);
	*texts = (struct config_texts){ .list = NULL };
}
