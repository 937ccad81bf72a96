#include "commands/rows_out.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/records.h"
#include "show/log.h"

struct writing {
	struct output *output;
	int error; /* errno of a stream that takes no more, or 0 */
};

struct store *rows_out_open(const struct options *options)
{
	char error[STORE_ERROR_MAX];
	struct store *store = store_open_read(options->database, error);

	if (!store)
		log_error("%s", error);
	return store;
}

static int on_row(void *context, const struct store_answer *row)
{
	struct writing *writing = context;
	struct record record = record_begin(row);
	int result = output_row(writing->output, &record);

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

int rows_out_write(struct store *store, const struct options *options, rows_out_verb *verb,
		const char *text, enum output_format otherwise)
{
	enum output_format format =
		options->is_json ? OUTPUT_JSON : output_format_find(options->format, otherwise);
	struct writing writing = { .output = output_new(stdout, format) };
	int result = verb(store, text, on_row, &writing);

	if (result < 0 || writing.error) {
		output_drop(writing.output);
		if (writing.error)
			return cannot_write(writing.error);
		log_error("%s", store_error(store));
		return EXIT_WRONG_USAGE;
	}
	if (output_end(writing.output) < 0)
		return cannot_write(errno);
	return EXIT_ALL_DONE;
}
