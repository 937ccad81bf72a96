#ifndef REPARSE_PARTS_H
#define REPARSE_PARTS_H

#include "commands/reparse_plan.h"

/*
 * reparse_parts: which pages of a plan are ours to parse, where others parse, too.
 *
 * A share's pages are one's at a time.  With a file, or in a dry run, all of them are ours.
 */
struct reparse_parts;

/* Stays the caller's: plan.  store NULL: nobody else parses. */
struct reparse_parts *reparse_parts_new(struct reparse_plan *plan, struct store *store);
void reparse_parts_free(struct reparse_parts *parts);

/*
 * What is ours from now on; all is committed.  Returns 1: there may be pages, 0: all are done, by
 * us or others, or -1.
 */
int reparse_parts_take(struct reparse_parts *parts);

/* The next page that is ours, and its place in the plan; it is done with the next commit. */
bool reparse_parts_next(struct reparse_parts *parts, size_t *place);

/* Write what is done, before a commit.  Returns 0 or -1. */
int reparse_parts_put(struct reparse_parts *parts);

/* Is it time to commit, and to look what others do? */
bool reparse_parts_are_due(const struct reparse_parts *parts);

/* How the pages of a plan are parsed, as a text: the same for the same patterns, all or named. */
#define REPARSE_HOW_SIZE 17
void reparse_parts_how(const struct config *config, const bool *named, char how[REPARSE_HOW_SIZE]);

#endif
