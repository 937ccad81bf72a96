#ifndef LIST_FILE_H
#define LIST_FILE_H

#include <stdio.h>

/*
 * list_file: a list that is opened: a file, a pipe, a terminal, standard input.
 *
 * Its beginning is looked at when it is opened, so that what is no list is refused before anything
 * is done; gzip and zstd are undone.  Wherever it has to be waited for, a signal ends the waiting:
 * errno is EINTR then, and the signal is still there to be taken (base/signals.h).
 */
struct list_file;

#define LIST_FILE_ERROR_MAX 512

/*
 * Open it and wait for its first bytes.  name is "-" for standard input; a terminal is said to be
 * waited for.  signals as of signals_open(), or -1.
 * Returns a list the caller closes; or NULL, with "NAME: reason" in error, or with an empty one if
 * a signal came.
 */
struct list_file *list_file_open(const char *name, int signals, char error[LIST_FILE_ERROR_MAX]);

/* Its text, always the same stream, closed with the list.  Reading it fails with errno. */
FILE *list_file_text(struct list_file *file);

/* Why reading failed with errno: of compressed data that is broken there is more to say. */
const char *list_file_reason(const struct list_file *file, int error);

/* NULL is allowed.  Standard input stays open. */
void list_file_close(struct list_file *file);

#endif
