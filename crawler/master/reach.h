#ifndef REACH_H
#define REACH_H

#include "master/politeness.h"

/*
 * reach: which hosts may be at a private address, of politeness.h.  What leads to them says so
 * (host_state.h).
 */

/* A redirect, or its robots.txt, leads from one host to another; FRONTIER_NO_HOST: the user does.
 */
void reach_note_way(struct politeness *politeness, uint32_t host, uint32_t from);

/* The user has named a URL of it: it may be where it likes, and gets what is its own. */
void reach_note_listed(struct politeness *politeness, uint32_t host);

/* A link from a page leads to a host, or it is a seed: as its row says. */
void reach_note_link(struct politeness *politeness, uint32_t host, const struct store_url *row);

/* May the host be asked at public addresses only? */
bool reach_is_public_only(const struct politeness *politeness, uint32_t host);

#endif
