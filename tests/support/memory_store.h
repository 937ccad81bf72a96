#ifndef MEMORY_STORE_H
#define MEMORY_STORE_H

#include "store/store.h"
#include "tests/support/store_dump.h"

/*
 * memory_store: a second backend behind the door of store.h, in memory, for tests.
 *
 *	memory_store_use();
 *	store = store_open("memory://films", false, &error);
 *
 * It shows that callers rely on the contract, and not on SQLite: it may do all that the contract
 * allows and SQLite does not (struct memory_store_ways), its keys may be of several shares, texts
 * that it hands out are really gone with the next call, and what a caller must not do is noted.
 * What is durable stays in the process after store_close(): so a crawl is killed by closing it, and
 * resumed by opening it again.  Readers get totals and URLs; a question in SQL fails.
 */

/* Make "memory://" known, once. */
void memory_store_use(void);

/* Forget every crawl in memory (none may be open), and all complaints. */
void memory_store_forget_all(void);

/*
 * When a URL that store_url() is asked for is there.  What store_ahead() has named is there at
 * once, unless all are late.
 */
enum memory_store_reads {
	MEMORY_READS_AT_ONCE,
	MEMORY_READS_LATE, /* after the next turn, if it was not read ahead */
	MEMORY_READS_ALL_LATE,
};

/* All off: as SQLite does it. */
struct memory_store_ways {
	uint32_t shares; /* that there are; 0: 1 */
	enum memory_store_reads reads;
	bool gains_late;   /* a share with each turn, none in store_gain() */
	bool commits_late; /* a batch is durable after the next turn, or store_settle() */
};

void memory_store_set(struct store *store, struct memory_store_ways ways);

/*
 * Several stores may be open on this crawl from now on, each a node of a run: the first that begins
 * it has all shares, those that join get what is moved to them, or free: as a node is closed, and
 * loses what it has not committed.  All is as if each were a process of its own.
 */
void memory_store_share(const char *where, uint32_t shares);

/* Ask a share of one node back, for another. */
void memory_store_move(struct store *from, uint32_t share, struct store *to);

/* From now on a share that is handed out is its new owner's only after so many turns more. */
void memory_store_set_coming(struct store *store, unsigned turns);

/* A node's lease was lost: what it has not committed is gone, its shares are free; it starts over.
 */
void memory_store_fence(struct store *store);

/* Until when, and whether it takes any more. */
void memory_store_set_lease(struct store *store, int64_t lease_ms, bool is_full);

/* Tell all nodes.  Texts stay the caller's. */
void memory_store_order(const struct store *store, const char *what, const char *text);

/* What a node has used of a quota, as it has said. */
uint64_t memory_store_used(const struct store *store, const char *name);

/* Letters that are under way. */
size_t memory_store_letters(const struct store *store);

/* The verb that writes after so many others fails, and with it the store. */
void memory_store_fail_after(struct store *store, unsigned verbs);

/*
 * A share goes, or comes back with all that is written of it: told with a turn that follows, one
 * share a turn.  What is written for a share after it was lost is refused: verbs return 0, and
 * nothing is changed.
 */
void memory_store_lose(struct store *store, uint32_t share);
void memory_store_gain(struct store *store, uint32_t share);

/* Does an event wait for a turn? */
bool memory_store_waits(const struct store *store);
uint64_t memory_store_refused(const struct store *store); /* verbs, since it was opened */

/* What callers did that they must not: how often since all was forgotten, and a line for each. */
unsigned memory_store_complaints(void);
const char *memory_store_complaint_lines(void);

/* For store_dump(). */
void memory_store_put_lines(const char *where, enum store_dump_what what, struct store_dump *dump);

#endif
