#ifndef SUBJECT_H
#define SUBJECT_H

#include "parsers/pattern/selector.h"

/*
 * subject: the text of the page that patterns are matched against.
 *
 * It is copied once and made well-formed, so that nobody else writes it, and what languages of
 * selectors find out about it (the JSON in it) is kept: for one run of a pattern or, between
 * subject_begin() and subject_end(), for all that run on this text.  Patterns run on one page at a
 * time in a process.
 */
void subject_begin(struct slice text);
void subject_end(void);

/*
 * A run of a pattern begins: the copy of text, until subject_close().  It is the one of
 * subject_begin() if text is; malformed bytes are UTF8_SUBSTITUTE.
 */
struct found subject_open(struct slice text);
void subject_close(void);

#endif
