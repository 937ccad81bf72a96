#ifndef LIST_KIND_H
#define LIST_KIND_H

#include "parsers/text/slice.h"

/*
 * list_kind: what a file is, by its first bytes and never by its name: a list, one that is
 * compressed, or nothing that holds a URL a line.
 */
enum list_coding {
	LIST_PLAIN,
	LIST_GZIP,
	LIST_ZSTD,
};

#define LIST_KIND_BYTES 4096 /* of the beginning; more are not looked at */

/* What has to be undone before it can be read. */
enum list_coding list_coding_of(struct slice beginning);

/*
 * Why bytes that begin so, with nothing left to undo, are no list, to be read behind the file's
 * name: "is a PDF: a list is text, one URL a line".  NULL: they may be one.  A literal.
 */
const char *list_refusal(struct slice beginning);

#endif
