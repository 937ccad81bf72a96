#ifndef LOAD_H
#define LOAD_H

#include "frontier/seeds.h"
#include "master/parts.h"

/* load: what is known before anything is asked for: the database, the lists. */

/* All that the store has: what is pending is queued.  Returns 0 or -1. */
int load_known(struct parts *parts);

/* What the store has said when it was opened is not said again. */
void load_note_notice(struct parts *parts);

/*
 * Hear what came to us, or went, while the crawl runs; *due_ms as store_turn() has it.  Whether the
 * store has failed is asked there.
 */
void load_turn(struct parts *parts, int64_t *due_ms);

/* What the store waits for, once as long as it lasts, whatever it says meanwhile; and that it is
 * over.
 */
void load_tell_trouble(struct parts *parts);

/* As master_add_seed(). */
int load_seed(struct parts *parts, const struct seeds_line *line);

/* The lists are read: say what was too much to say of each line. */
void load_tell(const struct parts *parts);

#endif
