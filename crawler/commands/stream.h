#ifndef STREAM_H
#define STREAM_H

#include "base/loop.h"
#include "cli/options.h"
#include "config/config.h"
#include "master/master.h"

/*
 * stream: rows to standard output, a JSON object a line, as they are committed; for "-o -".
 *
 *	{"page_url":"http://a.example/","n":1,"text":"Hello"}
 *
 * They are as `crawl export NAME --format jsonl` has them; of several patterns each begins with
 * its "pattern".  Who reads slowly is waited for, and the crawl with him; a signal ends the wait.
 * Who goes away ends the run.
 */
struct stream;

/* Is it asked for? */
bool stream_is_wanted(const struct options *options);

/* Is something asked for that only a database can do?  Complains. */
bool stream_is_refused(const struct options *options);

/* Has the config what a stream needs?  Complains. */
bool stream_has_rows(const struct config *config);

/* The config stays.  Release it with stream_free(); NULL is allowed. */
struct stream *stream_new(const struct config *config);
void stream_free(struct stream *stream);

/* Who is to see the rows of the master; NULL for NULL. */
const struct row_watch *stream_watch(const struct stream *stream);

/* The master runs from now on, in this loop; it is told to leave when nothing more can be written.
 */
void stream_begin(struct stream *stream, struct master *master, struct loop *loop);

/* Did the reader go away, and end the run? */
bool stream_is_closed(const struct stream *stream);

/* The signal that ended it while a reader was waited for, if the master has not heard it; or 0. */
int stream_signal(const struct stream *stream);

/* Rows are missing, for they could not be written; a complaint has said so. */
bool stream_has_failed(const struct stream *stream);

#endif
