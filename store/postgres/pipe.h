#ifndef POSTGRES_PIPE_H
#define POSTGRES_PIPE_H

#include "store/postgres/question.h"

/*
 * pipe: the connection that carries what a node writes, and reads between batches.  Nothing waits
 * for it: what is to be sent is queued, and results come to functions in postgres_pipe_turn().
 *
 * Items go out in the order in which they were queued.  Up to two batches are under way; each is a
 * transaction that begins with the fence, a row of crawl_batches with the node's next number and
 * its token.  After a connection was lost the server is asked which of them it has, and only the
 * others are sent again.  A batch that is refused for a value in it is cut until the page is found,
 * which then fails as "store_refused"; meanwhile one batch is under way at a time.
 *
 *	DOWN		nothing is connected; at retry_ms it is tried again
 *	CONNECTING	libpq does it, step by step
 *	CHECKING	are we still this node, and which of our batches are there?
 *	UP
 *
 * Questions that were under way when it went down are asked again, from their first row: who asks
 * one is told to forget the rows before (a call with `again`).
 */
struct postgres_pipe;

/* Of the store's node.  Its connection is made in turns. */
struct postgres_pipe *postgres_pipe_new(struct postgres_store *store);

/* What was not committed is forgotten; functions of questions are not called any more. */
void postgres_pipe_free(struct postgres_pipe *pipe);

/*
 * Ask a question, after all that was queued or closed before.  A question that the server refuses
 * ends the store.
 */
void postgres_pipe_ask(struct postgres_pipe *pipe, const struct postgres_question *question,
		       const struct store_value values[], size_t count);

/* The batch that is open: what is put goes there. */
struct postgres_batch *postgres_pipe_open_batch(struct postgres_pipe *pipe);

/*
 * Close the open batch: it is sent as a transaction.  An empty one is, too, if note is not NULL.
 * note is called when it is committed; context is the caller's.
 */
void postgres_pipe_close_batch(struct postgres_pipe *pipe, void (*note)(void *context),
			       void *context);

/* What a batch says of itself, in crawl_batches: added up until it is closed. */
void postgres_pipe_count(struct postgres_pipe *pipe, int64_t pages, int64_t rows);

/* The number of the last batch that was closed, and below which all are committed. */
int64_t postgres_pipe_closed(const struct postgres_pipe *pipe);
int64_t postgres_pipe_committed(const struct postgres_pipe *pipe);

/* The last that was committed, which need not have the highest number, and which the next one is
 * to find there. */
int64_t postgres_pipe_last(const struct postgres_pipe *pipe);

/* Has it found another server than that connection leads to? */
bool postgres_pipe_is_elsewhere(const struct postgres_pipe *pipe, const PGconn *connection);

/* The connection that is up, by number: another one may lead to another server. */
uint64_t postgres_pipe_session(const struct postgres_pipe *pipe);

/* Batches that are closed and not committed. */
size_t postgres_pipe_waiting(const struct postgres_pipe *pipe);

/* Send and take what can be without waiting.  Returns 0, or -1: the store has failed. */
int postgres_pipe_turn(struct postgres_pipe *pipe, int64_t now_ms, int64_t *due_ms);
size_t postgres_pipe_waits(const struct postgres_pipe *pipe, struct store_wait *wait);

/* The fence refused us, or our row or our last batches are gone: the node must start over. */
bool postgres_pipe_is_fenced(const struct postgres_pipe *pipe);

#endif
