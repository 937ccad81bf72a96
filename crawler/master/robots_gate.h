#ifndef ROBOTS_GATE_H
#define ROBOTS_GATE_H

#include "master/discovery.h"
#include "master/ending.h"

/*
 * robots_gate: a host's robots.txt, which is asked for before anything else of the host, and says
 * what may be.
 *
 * It stands on the three parts: a visit that may not pass ends (ending.h), sitemaps are URLs that
 * are new (discovery.h), what a host asks for is its politeness.
 */
struct robots_gate;

/* All is the caller's, and stays. */
struct robots_gate *robots_gate_new(const struct config *config, struct store *store,
				    struct politeness *politeness, struct discovery *discovery,
				    struct ending *ending);
void robots_gate_free(struct robots_gate *gate);

enum robots_pass { ROBOTS_OPEN, ROBOTS_WAIT, ROBOTS_CLOSED };

/*
 * May this visit's URL be asked for?  WAIT: it has been queued behind the host's robots.txt.
 * CLOSED: it has come to its end.
 */
enum robots_pass robots_gate_pass(struct robots_gate *gate, struct visit *visit);

/* Could the host's robots.txt not be had, so that the gate closes with the reason? */
bool robots_gate_is_unreachable(const struct robots_gate *gate, uint32_t host);

/* What came of a visit to robots.txt, which ends or goes on; slot is of the page. */
void robots_gate_on_answer(struct robots_gate *gate, struct visit *visit,
			   const struct msg_page *page, struct slice slot);

/* What the store remembers of a host's robots.txt. */
void robots_gate_recall(struct robots_gate *gate, uint32_t host,
			const struct store_known_host *known);

/* What came of the robots.txt of a host of ours, which redirects had led to another share. */
void robots_gate_receive(struct robots_gate *gate, const struct store_letter *letter);

#endif
