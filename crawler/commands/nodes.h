#ifndef NODES_H
#define NODES_H

#include "commands/report.h"

/* nodes: those who crawl into one database together, as it knows them (STORE_REPORT_NODES). */
struct nodes {
	unsigned count, late; /* of them: their lease is over, and others take what they had */
	unsigned troubled;    /* those that cannot write just now, and can say so */
	int64_t in_flight, queued;
	double pages_per_s;
};

/* Add them up.  Returns 0, or -1: the store failed. */
int nodes_count(struct store *store, struct nodes *nodes);

/* A row for each: for people in less than 80 columns, or as JSON. */
void nodes_show(struct report *report);

#endif
