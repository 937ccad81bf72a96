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
 * A descriptor that is ready when one of them has come; close() ends it.  Returns -1 with errno.
 * What was not blocked by signals_block() does not come to it.
 */
int signals_open(void);

/* The next one that came to signals_open()'s fd, or 0: none. */
int signals_take(int fd);

#endif
