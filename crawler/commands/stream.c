#include "commands/stream.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/signals.h"
#include "master/pattern_rows.h"
#include "parsers/text/memory.h"
#include "report/records.h"
#include "show/log.h"
#include "show/output.h"

/* What stands before the fields, as in the table: the number of a child's row stands behind that of
 * its parent's. */
enum { PATTERN, PAGE_URL, PARENT };
#define COLUMNS 3 /* besides those of the pattern: PATTERN, PAGE_URL and the row's number */

/* The rows of a pattern: all but the values stays the same. */
struct shape {
	const char **columns;
	struct datum *values;
	struct store_value *row;
	size_t count;
	size_t skipped; /* columns: 1 where the name of the pattern is left out */
	size_t number;  /* the column of the row's number */
};

struct stream {
	const struct config *config;
	struct row_watch watch;
	struct shape *shapes; /* by pattern */
	struct master *master;
	struct loop *loop;
	int signals; /* only looked at, as long as the master goes on: they are its to take */
	int signal;  /* that it has not taken, and ended it; or 0 */

	FILE *rows; /* that are not committed, or NULL: none */
	char *text; /* what rows writes to */
	size_t size;

	int error; /* errno of standard output, EPIPE: its reader has gone; or 0 */
};

/* ---- what is asked for ---- */

bool stream_is_wanted(const struct options *options)
{
	return strcmp(options->database, "-") == 0;
}

/* Was this switch typed, and not to turn it off? */
static bool is_switched_on(const struct options *options, const char *name)
{
	for (size_t i = 0; i < options->setting_count; i++) {
		const struct setting_flag *flag = &options->settings[i];

		if (strcmp(flag->setting->name, name) == 0 && strcmp(flag->text, "false") != 0)
			return true;
	}
	return false;
}

bool stream_is_refused(const struct options *options)
{
	const char *what = options->is_update                      ? "--update"
			   : options->is_retry_failed              ? "--retry-failed"
			   : options->is_fresh                     ? "--fresh"
			   : options->is_all                       ? "--all"
			   : is_switched_on(options, "keep_pages") ? "--keep-pages"
								   : NULL;

	if (what)
		log_error("%s needs a database, and with -o - there is none: name a file", what);
	return what != NULL;
}

bool stream_has_rows(const struct config *config)
{
	if (config->pattern_count > 0)
		return true;
	log_error("-o - writes the rows of patterns, and there is none: give one with -e or -c");
	return false;
}

/* ---- rows ---- */

/* Where a column of the pattern stands. */
static size_t column_of(const struct shape *shape, size_t column)
{
	size_t place = PARENT + column;

	return place < shape->number ? place : place + 1;
}

static struct shape shape_of(const struct config *config, size_t pattern)
{
	const struct config_pattern *entry = &config->patterns[pattern];
	size_t columns = pattern_rows_column_count(entry), count = COLUMNS + columns;
	struct shape shape = {
		.columns = memory_new(count, sizeof(*shape.columns)),
		.values = memory_new(count, sizeof(*shape.values)),
		.row = memory_new(columns, sizeof(*shape.row)),
		.count = count,
		.skipped = config->pattern_count > 1 ? 0 : 1,
		.number = entry->parent ? PARENT + 1 : PARENT,
	};

	shape.columns[PATTERN] = "pattern";
	shape.columns[PAGE_URL] = "page_url";
	shape.columns[shape.number] = "n";
	for (size_t i = 0; i < columns; i++) {
		const char *name = pattern_rows_column_name(entry, i);

		shape.columns[column_of(&shape, i)] = name;
		if (strcmp(name, shape.columns[PATTERN]) == 0)
			shape.skipped = 1; /* a field of that name goes before */
	}
	return shape;
}

static struct datum text_value(struct slice text)
{
	return (struct datum){ .kind = DATUM_TEXT, .text = text };
}

static void fill(const struct shape *shape, const struct config_pattern *entry,
		 struct slice page_url, const struct pattern_row *row)
{
	pattern_rows_values(row, shape->row);
	shape->values[PATTERN] = text_value(slice_of(entry->spec->name));
	shape->values[PAGE_URL] = text_value(page_url);
	shape->values[shape->number] =
		(struct datum){ .kind = DATUM_INTEGER, .integer = row->number };
	for (size_t i = 0; i < shape->count - COLUMNS; i++) {
		struct store_value *value = &shape->row[i];

		if (value->kind == STORE_TEXT && pattern_rows_column_type(entry, i) == FIELD_JSON)
			value->kind = STORE_JSON;
		shape->values[column_of(shape, i)] = record_datum(value);
	}
}

static void on_row(void *context, size_t pattern, struct slice page_url,
		   const struct pattern_row *row)
{
	struct stream *stream = context;
	const struct shape *shape = &stream->shapes[pattern];
	struct record record = {
		.column_count = shape->count - shape->skipped,
		.columns = shape->columns + shape->skipped,
		.values = shape->values + shape->skipped,
	};

	fill(shape, &stream->config->patterns[pattern], page_url, row);
	if (!stream->rows && !(stream->rows = open_memstream(&stream->text, &stream->size)))
		memory_fail();
	output_object(stream->rows, &record);
	putc('\n', stream->rows);
}

/* ---- standard output ---- */

static void fail(struct stream *stream, int error)
{
	stream->error = error;
	if (error == EPIPE)
		LOG(LOG_VERBOSE, "reader_gone", LOG_TEXT("of", "standard output"));
	else
		log_error("standard output: %s: rows are missing",
			  error == ETIMEDOUT ? "nobody reads it" : strerror(error));
	master_leave(stream->master);
}

/* How long may be waited for a reader: for ever, but not once somebody wants to end the run. */
static int patience_ms(const struct stream *stream, int64_t *end_ms, bool is_ending)
{
	int64_t now = clock_ms();

	if (*end_ms == CLOCK_NEVER && (is_ending || master_signal(stream->master)))
		*end_ms = now + stream->config->settings.grace_ms;
	if (*end_ms == CLOCK_NEVER)
		return -1;
	return *end_ms > now ? (int)(*end_ms - now) : 0;
}

/* Does standard output take something?  Or it is broken, and a write says how. */
static bool wait_for_room(const struct stream *stream)
{
	struct pollfd wait[] = { { .fd = STDOUT_FILENO, .events = POLLOUT },
				 { .fd = stream->signals, .events = POLLIN } };
	int64_t end_ms = CLOCK_NEVER;
	int timeout;

	do {
		timeout = patience_ms(stream, &end_ms, wait[1].revents != 0);
		if (end_ms != CLOCK_NEVER)
			wait[1].fd = -1; /* it has been heard */
		if (poll(wait, 2, timeout) < 0 && errno != EINTR)
			return true;
	} while (!wait[0].revents && timeout != 0);
	return wait[0].revents != 0;
}

/* A pipe that is ready takes so much, and does not wait. */
static void write_all(struct stream *stream, struct slice text)
{
	while (text.size > 0 && stream->error == 0) {
		size_t most = text.size < PIPE_BUF ? text.size : PIPE_BUF;
		ssize_t size;

		if (!wait_for_room(stream)) {
			stream->signal = signals_take(stream->signals);
			fail(stream, ETIMEDOUT);
			return;
		}
		size = write(STDOUT_FILENO, text.at, most);
		if (size > 0)
			text = (struct slice){ text.at + size, text.size - (size_t)size };
		else if (errno != EINTR && errno != EAGAIN)
			fail(stream, errno);
	}
}

static void on_commit(void *context)
{
	struct stream *stream = context;

	if (!stream->rows)
		return;
	if (fclose(stream->rows) != 0)
		memory_fail();
	stream->rows = NULL;
	if (isatty(STDOUT_FILENO))
		log_progress(""); /* it is drawn again */
	write_all(stream, (struct slice){ stream->text, stream->size });
	free(stream->text);
	stream->text = NULL;
}

/* Nobody reads, though nothing may be there to be written for long. */
static void on_hang_up(void *user, int fd, uint32_t events)
{
	struct stream *stream = user;

	(void)events;
	loop_unwatch(stream->loop, fd);
	if (stream->error == 0)
		fail(stream, EPIPE);
}

/* ---- public ---- */

struct stream *stream_new(const struct config *config)
{
	struct stream *stream = memory_new(1, sizeof(*stream));

	*stream = (struct stream){
		.config = config,
		.watch = { stream, on_row, on_commit },
		.shapes = memory_new(config->pattern_count, sizeof(*stream->shapes)),
		.signals = signals_open(),
	};
	for (size_t i = 0; i < config->pattern_count; i++)
		stream->shapes[i] = shape_of(config, i);
	return stream;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	for (size_t i = 0; i < stream->config->pattern_count; i++) {
		free(stream->shapes[i].columns);
		free(stream->shapes[i].values);
		free(stream->shapes[i].row);
	}
	if (stream->rows)
		fclose(stream->rows);
	free(stream->text);
	free(stream->shapes);
	if (stream->signals >= 0)
		close(stream->signals);
	free(stream);
}

const struct row_watch *stream_watch(const struct stream *stream)
{
	return stream ? &stream->watch : NULL;
}

void stream_begin(struct stream *stream, struct master *master, struct loop *loop)
{
	if (!stream)
		return;
	stream->master = master;
	stream->loop = loop;
	loop_watch(loop, STDOUT_FILENO, 0, on_hang_up, stream); /* a file cannot be watched */
}

bool stream_is_closed(const struct stream *stream)
{
	return stream && stream->error == EPIPE;
}

int stream_signal(const struct stream *stream)
{
	return stream ? stream->signal : 0;
}

bool stream_has_failed(const struct stream *stream)
{
	return stream && stream->error != 0 && stream->error != EPIPE;
}
