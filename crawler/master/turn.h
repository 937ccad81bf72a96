#ifndef TURN_H
#define TURN_H

/*
 * turn: how long the master works on pages before it looks at what is due.
 *
 * It is the pool's turn_ms and page_work.h's.  What has begun by then ends: a pattern with its
 * children, which has a budget of its own, or the writing of a page.
 */
#define MASTER_TURN_MS 50

#endif
