#include "report/figures_internal.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"

const char *figures_string(struct figures *figures, const struct store_value *value)
{
	return value->kind == STORE_NULL ? NULL : arena_copy(&figures->arena, value->text);
}

struct slice figures_text(struct figures *figures, const struct store_value *value)
{
	if (value->kind == STORE_NULL)
		return (struct slice){ NULL, 0 };
	return (struct slice){ arena_copy(&figures->arena, value->text), value->text.size };
}

uint64_t figures_number(const struct store_value *value)
{
	return value->kind == STORE_INTEGER && value->integer > 0 ? (uint64_t)value->integer : 0;
}

void *figures_grow(struct figures *figures, void *things, size_t count, size_t *room, size_t size)
{
	void *larger;

	if (count < *room)
		return things;
	*room = *room > 0 ? 2 * *room : 16;
	larger = arena_alloc(&figures->arena, *room, size);
	if (count > 0)
		memcpy(larger, things, count * size);
	return larger;
}

int figures_ask(struct figures_reader *reader, enum store_report report,
		int (*function)(void *context, const struct store_answer *row))
{
	return store_report(reader->store, report, &reader->about, function, reader);
}

struct slice figures_name_of(const char *path)
{
	const char *scheme = strstr(path, "://");
	const char *end = scheme ? path + strcspn(path, "?") : path + strlen(path), *name = end;

	while (name > path && name[-1] != '/')
		name--;
	return (struct slice){ name, (size_t)(end - name) };
}

static int read_counters(struct figures_reader *reader)
{
	return figures_read_patterns(reader) < 0 || figures_read_times(reader) < 0 ||
			       figures_read_counted(reader) < 0
		       ? -1
		       : 0;
}

static int read_all(struct figures_reader *reader)
{
	if (figures_read_patterns(reader) < 0 || figures_read_fields(reader) < 0 ||
	    figures_read_findings(reader) < 0 || figures_read_causes(reader) < 0 ||
	    figures_read_times(reader) < 0 || figures_read_pages(reader) < 0)
		return -1;
	figures_rank_patterns(reader->figures);
	return 0;
}

static int read_run(struct figures_reader *reader, int (*read_rest)(struct figures_reader *reader))
{
	if (figures_read_runs(reader) < 0)
		return -1;
	if (reader->figures->state == FIGURES_NO_RUN)
		return reader->about.to_run == 0 ? 0 : -1;
	reader->about.to_run = reader->figures->run.id;
	return read_rest(reader);
}

static struct figures *read_figures(struct figures_reader *reader, const char *path,
				    int (*read_rest)(struct figures_reader *reader))
{
	struct figures *figures = memory_new(1, sizeof(*figures));
	const char *notice = store_notice(reader->store);

	reader->figures = figures;

	figures->path = arena_copy(&figures->arena, slice_of(path));
	figures->name = arena_copy(&figures->arena, figures_name_of(path));
	figures->notice = notice ? arena_copy(&figures->arena, slice_of(notice)) : NULL;
	figures->state = FIGURES_NO_RUN;
	figures->urls = figures->urls_done = figures->urls_failed = UINT64_MAX;
	figures->urls_left = figures->rejects = UINT64_MAX;
	if (read_run(reader, read_rest) == 0)
		return figures;
	figures_free(figures);
	return NULL;
}

struct figures_memory *figures_memory_new(void)
{
	return memory_new(1, sizeof(struct figures_memory));
}

void figures_memory_free(struct figures_memory *memory)
{
	if (!memory)
		return;
	health_free(&memory->health);
	free(memory);
}

struct figures *figures_read(struct store *store, const char *path, int64_t run,
			     const struct config *config)
{
	struct figures_memory *memory = figures_memory_new();
	struct figures *figures = figures_read_again(store, path, run, config, memory);

	figures_memory_free(memory);
	return figures;
}

struct figures *figures_read_again(struct store *store, const char *path, int64_t run,
				   const struct config *config, struct figures_memory *memory)
{
	struct figures_reader reader = {
		.store = store,
		.config = config,
		.memory = memory,
		.about = { .to_run = run },
	};

	return read_figures(&reader, path, read_all);
}

struct figures *figures_read_counters(struct store *store, const char *path)
{
	struct figures_reader reader = { .store = store };

	return read_figures(&reader, path, read_counters);
}

int figures_read_verdicts(struct figures *figures, struct store *store)
{
	struct figures_reader reader = {
		.figures = figures,
		.store = store,
		.memory = figures_memory_new(),
		.about = { .to_run = figures->run.id },
	};
	int result = figures_read_fields(&reader);

	figures_memory_free(reader.memory);
	return result;
}

void figures_free(struct figures *figures)
{
	if (!figures)
		return;
	arena_free(&figures->arena);
	free(figures);
}
