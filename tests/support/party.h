#ifndef PARTY_H
#define PARTY_H

#include "tests/support/nodes_server.h"

/*
 * party: several nodes of one crawl that are disturbed meanwhile.  In the end all is there that one
 * machine makes in peace, nothing twice; and no host was asked more often.
 *
 * NODES_SECONDS in the environment says how long each is disturbed, for a longer look.
 */
#define PARTY_MAX 4

struct party {
	const struct nodes_web *web; /* NULL: party_quick, or a large one for the longer look */
	const char *where;           /* NULL: nodes_uri() */
	bool is_by_relay[PARTY_MAX]; /* instead */
	unsigned count;
	unsigned disturbed_least; /* else nothing was tried; 0: 2 */
	unsigned disturbed_most;  /* but for the longer look; 0: as often as there is time */

	struct program *nodes[PARTY_MAX];
	unsigned disturbed;
	int64_t begun_ms;
};

extern const struct nodes_web party_quick, party_longer;

/* Set-up, with nodes_server_end() for teardown. */
int party_set_up(void **state);

/* How long the longer look lasts; 0: it is none. */
unsigned party_seconds(void);

/* All have joined, and the first pages have come. */
void party_begin(struct party *party);

/* Another comes to the run in the place of one that is gone, and never begins a new one. */
void party_start_again(struct party *party, unsigned number);

/* To its end, however long that takes in the longer look. */
void party_wait(struct program *node);

/* To the end of all, which is judged.  The longer look says what it was like. */
void party_end(struct party *party);

/* From begin to end: as long as the crawl and the time last, one of them at a time. */
void party_disturb(struct party *party, long pause_ms,
		   void (*how)(struct party *party, unsigned number));

/* One that has ended is left alone: 0 would be all of us. */
void party_signal(const struct program *node, int signal);
void party_signal_workers(const struct program *node, int signal);

/* Nodes that were taken for dead. */
long party_lost(void);

void party_sleep_ms(long ms);

#endif
