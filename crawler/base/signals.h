#ifndef SIGNALS_H
#define SIGNALS_H

/*
 * signals: those that end a run: SIGINT, SIGTERM, and SIGHUP unless it was ignored before
 * (nohup).
 *
 * They are blocked, so that they end nothing by themselves, and are read where somebody waits:
 * whoever reads one first has it.
 */

/* Block them, from now on.  What was ignored by the one who started us stays so. */
void signals_block(void);

/*
 * Until they are blocked, and between signals_unblock() and then, each ends the process at once,
 * with 128 and its number; one that waits does, too.  For what cannot look for signals meanwhile,
 * and has nothing to put in order.  words is written to standard error before, unless it is NULL;
 * it stays.
 */
void signals_end_at_once(const char *words);
void signals_unblock(void);

/*
 * A descriptor that is ready when one of them has come; close() ends it.  Returns -1 with errno.
 * What was not blocked by signals_block() does not come to it.
 */
int signals_open(void);

/* The next one that came to signals_open()'s fd, or 0: none. */
int signals_take(int fd);

#endif
