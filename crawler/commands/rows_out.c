#include "commands/rows_out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/store_says.h"
#include "parsers/text/memory.h"
#include "parsers/text/suggest.h"
#include "report/records.h"
#include "show/log.h"

struct writing {
	struct output *output;
	bool needs_names; /* names of an object are unique (RFC 8259, 4) */
	char **names;     /* from the first row on; or NULL */
	size_t name_count;
	int error; /* errno of a stream that takes no more, or 0 */
};

struct store *rows_out_open(const struct options *options)
{
	struct store_error error;
	struct store *store = store_open_read(options->database, &error);

	if (!store && !store_exists(options->database))
		log_error("there is no %s: 'crawl URL' makes one, -o FILE names another",
			  store_shown(options->database));
	else if (!store)
		store_says(&error);
	return store;
}

static bool is_among(const char *name, const char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The second column of a name gets "_2" behind it, the third "_3", past names that are there. */
static char *unique_name(const struct writing *writing, const struct store_answer *row, size_t i)
{
	const char *name = row->columns[i];
	const char *const *made = (const char *const *)writing->names;
	char *other = NULL;
	int size;

	if (!is_among(name, made, i))
		return memory_text(name, strlen(name));
	for (unsigned number = 2; !other; number++) {
		size = asprintf(&other, "%s_%u", name, number);
		if (size < 0)
			memory_fail();
		if (is_among(other, made, i) || is_among(other, row->columns, row->column_count)) {
			free(other);
			other = NULL;
		}
	}
	return other;
}

static void make_names(struct writing *writing, const struct store_answer *row)
{
	writing->names = memory_new(row->column_count, sizeof(*writing->names));
	for (; writing->name_count < row->column_count; writing->name_count++)
		writing->names[writing->name_count] =
			unique_name(writing, row, writing->name_count);
}

static void forget_names(struct writing *writing)
{
	for (size_t i = 0; i < writing->name_count; i++)
		free(writing->names[i]);
	free(writing->names);
}

static int on_row(void *context, const struct store_answer *row)
{
	struct writing *writing = context;
	struct record record = record_begin(row);
	int result;

	if (writing->needs_names && !writing->names)
		make_names(writing, row);
	if (writing->names)
		record.columns = (const char *const *)writing->names;
	result = output_row(writing->output, &record);
	if (result < 0)
		writing->error = errno;
	record_end(&record);
	return result;
}

static int cannot_write(int error)
{
	log_error("standard output: %s", strerror(error));
	return EXIT_CANNOT_GO_ON;
}

/* The tables there are. */
struct tables {
	char **names;
	size_t count;
};

static int on_table(void *context, const char *name)
{
	struct tables *tables = context;

	tables->names = memory_resize(tables->names, (tables->count + 1) * sizeof(*tables->names));
	tables->names[tables->count++] = memory_text(name, strlen(name));
	return 0;
}

/* Say what was wrong, and if it was the name of a table, which one may be meant. */
static void say_failure(struct store *store)
{
	const char *missing = store_missing_table(store);
	struct tables tables = { 0 };
	const char *near = NULL;

	if (missing[0] && store_each_table(store, on_table, &tables) == 0)
		near = suggest_widely(slice_of(missing), (const char *const *)tables.names,
				      tables.count);
	if (!missing[0])
		store_says(store_error(store));
	else
		log_error("%s%s%s%s", store_error(store)->text, near ? ": did you mean " : "",
			  near ? near : "", near ? "?" : "");
	for (size_t i = 0; i < tables.count; i++)
		free(tables.names[i]);
	free(tables.names);
}

static enum output_format format_of(const struct options *options, enum output_format otherwise)
{
	if (options->is_json)
		return OUTPUT_JSON;
	if (options->is_excel)
		return OUTPUT_EXCEL;
	if (options->is_guarded)
		return OUTPUT_GUARDED;
	return output_format_find(options->format, otherwise);
}

int rows_out_write(struct store *store, const struct options *options, rows_out_verb *verb,
		   const char *text, enum output_format otherwise)
{
	enum output_format format = format_of(options, otherwise);
	struct writing writing = { .output = output_new(stdout, format),
				   .needs_names = format == OUTPUT_JSON || format == OUTPUT_JSONL };
	int result = verb(store, text, on_row, &writing);

	forget_names(&writing);
	if (result < 0 || writing.error) {
		output_drop(writing.output);
		if (writing.error)
			return cannot_write(writing.error);
		say_failure(store);
		return store_has_failed(store) ? EXIT_CANNOT_GO_ON : EXIT_WRONG_USAGE;
	}
	if (output_end(writing.output) < 0)
		return cannot_write(errno);
	return EXIT_ALL_DONE;
}
