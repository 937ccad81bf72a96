#ifndef DATABASE_WORD_H
#define DATABASE_WORD_H

#include <stdbool.h>

/*
 * database_word: the URI of a database server as a word of the command line may have it: alone, or
 * behind its option ("-opostgresql://...").
 */
bool database_word_is(const char *word);

/*
 * Take its passwords out, in place: that of "user:password@", whatever is in it, and those among
 * the parameters.  The room that they had at the end is NUL.
 */
void database_word_hide(char *word);

#endif
