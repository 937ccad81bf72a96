#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * log: what the program tells on stderr, a line an event.
 *
 *	2026-11-21T02:17:58.123Z worker_exit worker=worker-3 pid=4711 code=-9 jobs=12
 *
 * or the same as JSON.  The progress line of a terminal is cleared before and drawn again after.
 */

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE, LOG_DEBUG };

/* A key and its value; make them with LOG_TEXT and LOG_NUMBER. */
struct log_field {
	const char *key;
	const char *text; /* NULL: the number counts */
	int64_t number;
};

#define LOG_TEXT(k, value)   ((struct log_field){ .key = (k), .text = (value) })
#define LOG_NUMBER(k, value) ((struct log_field){ .key = (k), .number = (int64_t)(value) })

/* From now on out of memory, anywhere, says a line and exits 3; workers inherit it. */
void log_begin(enum log_level level, bool is_json);

/* Would an event of this level be told?  For who has to work for its fields. */
bool log_tells(enum log_level level);

/* "2026-11-21T02:17:58.123Z" of a Unix time in ms.  Returns out. */
#define LOG_DATE_MAX 40
const char *log_date(int64_t date_ms, char out[LOG_DATE_MAX]);

/* An event, if the level is high enough.  Fields: LOG_TEXT(...), LOG_NUMBER(...), ... */
#define LOG(level, event, ...)                                                 \
	log_event((level), (event), (const struct log_field[]){ __VA_ARGS__ }, \
		  sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))
void log_event(enum log_level level, const char *event, const struct log_field *fields,
	       size_t count);

/*
 * A line for a person to read: "run 7: resuming crawl.db".  Not with -q.  On a terminal it goes on
 * below, a little to the right, where it is too wide.
 */
void log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, never broken: what is to be pasted into a shell. */
void log_say_whole(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "crawl: text": why nothing more will happen.  Always; broken as log_say() is. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, with its time in front. */
void log_say_dated(const char *line);

/* Are lines JSON?  Then nothing else may stand among them. */
bool log_is_json(void);

/*
 * The line at the bottom of a terminal; "" takes it away.  It must fit: see screen.h.
 */
void log_progress(const char *line);

/* Others have written to the terminal since: leave it as it is, and draw the line no more. */
void log_progress_forget(void);

#endif
