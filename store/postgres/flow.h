#ifndef POSTGRES_FLOW_H
#define POSTGRES_FLOW_H

#include "store/postgres/internal.h"

/*
 * flow: what comes to a node while it crawls: shares with their hosts and URLs, letters, and what
 * is known of the URLs that it asks for next.  All of it is read by questions of the pipe, in
 * turns.
 */

/* Before the pipe's turn: questions are queued, if it is time; *due_ms is never put off. */
void postgres_flow_ask(struct postgres_store *store, int64_t now_ms, int64_t *due_ms);

/* After the pipe's turn: letters that came are handed out. */
void postgres_flow_hand(struct postgres_store *store, int64_t now_ms, int64_t *due_ms);

/* The pipe is freed, and the node starts over: nothing is on its way any more. */
void postgres_flow_reset(struct postgres_store *store);
void postgres_flow_free(struct postgres_store *store);

/* ---- gain.c ---- */

/*
 * These shares are being taken (POSTGRES_COMING), in a transaction that is committed: have their
 * hosts, URLs and letters handed out in turns.  Each is POSTGRES_OURS when all of it has been.  One
 * that is not POSTGRES_COMING any more is dropped.
 */
void postgres_gain_shares(struct postgres_store *store, const uint32_t shares[], size_t count);

void postgres_gain_ask(struct postgres_store *store);
void postgres_gain_reset(struct postgres_store *store);
void postgres_gain_free(struct postgres_store *store);

/* ---- sets.c ---- */

/* The number, for the caller, of a set by that in the database; 0 of 0. */
uint32_t postgres_set_number(struct postgres_store *store, int64_t id);
void postgres_sets_free(struct postgres_store *store);

/* ---- inbox.c ---- */

/* A share that was taken, also anew: of its letters nothing is read before its URLs have come. */
void postgres_inbox_await(struct postgres_store *store, uint32_t share);

/* A share whose URLs were handed out: its letters are to be, from the first one. */
void postgres_inbox_gain(struct postgres_store *store, uint32_t share);

/* As those of flow. */
void postgres_inbox_ask(struct postgres_store *store, int64_t now_ms, int64_t *due_ms);
void postgres_inbox_hand(struct postgres_store *store, int64_t now_ms, int64_t *due_ms);
void postgres_inbox_reset(struct postgres_store *store);
void postgres_inbox_free(struct postgres_store *store);

/* Does any letter wait here to be handed out, or to be deleted by a batch?  Then nobody is idle. */
bool postgres_inbox_has_any(const struct postgres_store *store);

/* ---- targets.c ---- */

/*
 * A row was put into the open batch: what it changes is forgotten, and is read again only behind
 * that batch.
 */
void postgres_note_put(struct postgres_store *store, unsigned kind,
		       const struct store_value values[]);

/* Parts of that: what is known of a URL changes, or of all (their sets, say). */
void postgres_forget_target(struct postgres_store *store, struct store_key key);
void postgres_forget_targets(struct postgres_store *store);

/* A URL that is new: it may be asked for at once, and need not be read.  Its root is said. */
void postgres_note_target(struct postgres_store *store, struct store_key key,
			  const struct store_url *url);

/* Do any URLs have a request, or a set?  As the inbox's questions say; or ask, and wait. */
void postgres_targets_note(struct postgres_store *store, bool has_requests, bool has_sets);
int postgres_targets_look(struct postgres_store *store);

void postgres_targets_reset(struct postgres_store *store);
void postgres_targets_free(struct postgres_store *store);

/* ---- robots.c ---- */

/* The robots.txt of a host changes, in the open batch. */
void postgres_note_robots(struct postgres_store *store, struct store_key host);
void postgres_robots_free(struct postgres_store *store);

#endif
