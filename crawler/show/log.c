#include "show/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "parsers/text/memory.h"
#include "parsers/text/utf8.h"
#include "show/glyph.h"
#include "show/plain.h"
#include "show/screen.h"

#define LINE_MAX_BYTES     4096 /* of one event; the rest is cut */
#define LINE_END_BYTES     16   /* of it: the last character of a value, and what closes it */
#define PROGRESS_MAX_BYTES 256
#define BELOW              "\n    "   /* how a line goes on that is too wide */
#define ERASE              "\r\033[J" /* all from this line on */
#define EXIT_NO_MEMORY     3          /* "could not go on" */

static enum log_level level_wanted = LOG_NORMAL;
static bool is_json_wanted;
static char progress[PROGRESS_MAX_BYTES]; /* as it stands on the terminal */

/* A line that grows to its maximum; what does not fit is cut. */
struct line {
	char text[LINE_MAX_BYTES];
	size_t size;
};

/* Allocates nothing, not even in stdio. */
static void end_without_memory(void)
{
	static const char line[] =
		"crawl: out of memory; the same command goes on from the last commit\n";

	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0) {
		/* nothing is left to tell it to */
	}
	_exit(EXIT_NO_MEMORY);
}

void log_begin(enum log_level level, bool is_json)
{
	level_wanted = level;
	is_json_wanted = is_json;
	memory_set_handler(end_without_memory);
}

static void add(struct line *line, const char *text, size_t size)
{
	size_t room = sizeof(line->text) - 1 - line->size; /* one for the newline */

	if (size > room)
		size = room;
	memcpy(line->text + line->size, text, size);
	line->size += size;
}

static void add_text(struct line *line, const char *text)
{
	add(line, text, strlen(text));
}

/* One character as it may stand between quotes; what is no UTF-8 becomes U+FFFD. */
static size_t escape(struct slice character, char out[8])
{
	uint32_t code;

	glyph_decode(character, &code);
	if (code == '"' || code == '\\')
		return (size_t)snprintf(out, 8, "\\%c", (int)code);
	if (code == GLYPH_BAD)
		return (size_t)snprintf(out, 8, "\xef\xbf\xbd");
	if (glyph_is_control(code))
		return (size_t)snprintf(out, 8, "\\u%04x", (unsigned)code);
	memcpy(out, character.at, character.size);
	return character.size;
}

/* What is cut is cut between two characters, and room for what closes the line is left. */
static void add_escaped(struct line *line, const char *text)
{
	const char *end = text + strlen(text);

	add(line, "\"", 1);
	while (text < end && line->size + LINE_END_BYTES < sizeof(line->text)) {
		size_t step = utf8_step(text, end);
		char out[8];

		add(line, out, escape((struct slice){ text, step }, out));
		text += step;
	}
	add(line, "\"", 1);
}

/* A bare word is left bare; anything else is quoted, so that a line can be taken apart again. */
static bool is_bare(const char *text)
{
	size_t size = 0;

	while (text[size] > ' ' && text[size] < 0x7f && !strchr("\"\\=", text[size]))
		size++;
	return size > 0 && text[size] == '\0';
}

static void add_value(struct line *line, const struct log_field *field)
{
	char number[24];

	if (!field->text) {
		snprintf(number, sizeof(number), "%lld", (long long)field->number);
		add_text(line, number);
	} else if (!is_json_wanted && is_bare(field->text)) {
		add_text(line, field->text);
	} else {
		add_escaped(line, field->text);
	}
}

const char *log_date(int64_t date_ms, char out[LOG_DATE_MAX])
{
	time_t seconds = (time_t)(date_ms / 1000);
	struct tm utc;
	size_t size;

	gmtime_r(&seconds, &utc);
	size = strftime(out, LOG_DATE_MAX, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out + size, LOG_DATE_MAX - size, ".%03dZ", (int)(date_ms % 1000));
	return out;
}

static void add_time(struct line *line)
{
	char text[LOG_DATE_MAX];

	add_text(line, log_date(clock_date_ms(), text));
}

static void write_all(const char *text, size_t size)
{
	while (size > 0) {
		ssize_t written = write(STDERR_FILENO, text, size);

		if (written <= 0)
			return; /* nobody listens: the crawl goes on */
		text += written;
		size -= (size_t)written;
	}
}

/*
 * The cursor stands at the beginning of the progress line.  A terminal that is made narrower wraps
 * what is on it, and would leave the cursor in the line's last piece: all of them stand behind it.
 */
static void draw_progress(void)
{
	char line[PROGRESS_MAX_BYTES + 8];
	int size = snprintf(line, sizeof(line), ERASE "%s\r", progress);

	if (progress[0])
		write_all(line, (size_t)size);
}

static void erase_progress(void)
{
	if (progress[0])
		write_all(ERASE, sizeof(ERASE) - 1);
}

/* One write a line, between taking the progress line away and drawing it again. */
static void put_line(struct line *line)
{
	line->text[line->size++] = '\n';
	erase_progress();
	write_all(line->text, line->size);
	draw_progress();
}

bool log_tells(enum log_level level)
{
	return level <= level_wanted;
}

/* For another field: its name, some of its value, and what closes the line? */
static bool has_room(const struct line *line, const char *key)
{
	return line->size + strlen(key) + 2 * LINE_END_BYTES < sizeof(line->text);
}

void log_event(enum log_level level, const char *event, const struct log_field *fields,
	       size_t count)
{
	struct line line = { .size = 0 };

	if (!log_tells(level))
		return;
	if (is_json_wanted)
		add_text(&line, "{\"time\":\"");
	add_time(&line);
	add_text(&line, is_json_wanted ? "\",\"event\":" : " ");
	if (is_json_wanted)
		add_escaped(&line, event);
	else
		add_text(&line, event);
	for (size_t i = 0; i < count && has_room(&line, fields[i].key); i++) {
		add_text(&line, is_json_wanted ? "," : " ");
		if (is_json_wanted)
			add_escaped(&line, fields[i].key);
		else
			add_text(&line, fields[i].key);
		add_text(&line, is_json_wanted ? ":" : "=");
		add_value(&line, &fields[i]);
	}
	if (is_json_wanted)
		add_text(&line, "}");
	put_line(&line);
}

/* Break a line where a word would cross the edge of the terminal, but not before its first. */
static void add_wrapped(struct line *line, char *text, size_t columns)
{
	char *word, *rest = text;
	size_t column = 0;
	bool is_begun = false;

	while ((word = strsep(&rest, " "))) {
		size_t width = glyph_text_width(word);
		bool is_first = word == text;

		if (is_begun && column + 1 + width > columns) {
			add_text(line, BELOW);
			column = sizeof(BELOW) - 2;
			is_begun = false;
		} else if (!is_first) {
			add_text(line, " ");
			column++;
		}
		add_text(line, word);
		column += width;
		is_begun |= width > 0;
	}
}

static void add_lines(struct line *line, char *text, size_t columns)
{
	char *next, *rest = text;

	while ((next = strsep(&rest, "\n"))) {
		add_text(line, next > text ? "\n" : "");
		add_wrapped(line, next, columns);
	}
}

static void say(const char *prefix, bool is_whole, const char *format, va_list arguments)
{
	size_t columns = is_whole ? 0 : screen_columns(STDERR_FILENO);
	struct line line = { .size = 0 };
	char text[LINE_MAX_BYTES];
	int prefix_size = snprintf(text, sizeof(text), "%s", prefix);

	vsnprintf(text + prefix_size, sizeof(text) - (size_t)prefix_size, format, arguments);
	if (is_json_wanted) {
		struct log_field field = LOG_TEXT("text", text + prefix_size);

		log_event(LOG_QUIET, prefix[0] ? "error" : "message", &field, 1);
		return;
	}
	plain_make(text, strlen(text)); /* what servers and users say may be in it */
	add_lines(&line, text, columns > 0 ? columns : SIZE_MAX);
	put_line(&line);
}

void log_say(const char *format, ...)
{
	va_list arguments;

	if (level_wanted < LOG_NORMAL)
		return;
	va_start(arguments, format);
	say("", false, format, arguments);
	va_end(arguments);
}

void log_say_whole(const char *format, ...)
{
	va_list arguments;

	if (level_wanted < LOG_NORMAL)
		return;
	va_start(arguments, format);
	say("", true, format, arguments);
	va_end(arguments);
}

void log_say_dated(const char *line)
{
	char date[LOG_DATE_MAX];

	if (is_json_wanted)
		log_say("%s", line); /* every line has its time */
	else
		log_say("%s %s", log_date(clock_date_ms(), date), line);
}

bool log_is_json(void)
{
	return is_json_wanted;
}

void log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("crawl: ", false, format, arguments);
	va_end(arguments);
}

void log_progress(const char *line)
{
	if (!line[0])
		erase_progress();
	snprintf(progress, sizeof(progress), "%s", line);
	plain_make(progress, strlen(progress));
	draw_progress();
}

void log_progress_forget(void)
{
	progress[0] = '\0';
}
