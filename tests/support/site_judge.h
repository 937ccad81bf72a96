#ifndef SITE_JUDGE_H
#define SITE_JUDGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * site_judge: how a site was treated, by its log (tests/site/log.h): whoever it was that asked.
 *
 * Requests for robots.txt count as all others do.
 */
struct site_manners {
	int64_t delay_ms;     /* from one request of a host to the next */
	unsigned concurrency; /* requests of a host at once, at most */
	/* The delay of a host that has one of its own, or delay_ms; NULL: none has. */
	int64_t (*delay_of)(const char *host, int64_t delay_ms);
	int64_t later_ms;          /* of its Retry-After; 0: nobody asks for that */
	int64_t from_ms, until_ms; /* of CLOCK_MONOTONIC: what arrived outside is not looked at */
};

#define SITE_JUDGE_TEXT_MAX 1200

struct site_judged {
	size_t requests, hosts, targets;
	size_t again;                    /* requests for what had been asked for before */
	size_t most_for_one;             /* target */
	size_t too_close;                /* pairs that were closer than the delay less the jitter */
	size_t too_early;                /* requests while the host wanted to be left alone */
	int64_t least_gap_ms;            /* of those hosts that have no delay of their own */
	int64_t most_short_ms;           /* of all: a delay, less the gap that was kept */
	unsigned most_at_once;           /* of a host */
	int64_t first_ms, last_ms;       /* arrivals */
	char worst[SITE_JUDGE_TEXT_MAX]; /* the two requests of most_short_ms, and most_for_one */
	char early[200];                 /* the last of too_early */
};

#define SITE_JUDGE_UNTIL_END INT64_MAX

/*
 * Judge what was logged until now.  The site reads its clock late on a busy machine: jitter_ms is
 * what two arrivals may be closer; and one that came late on a connection does not make the next on
 * it too close.  What arrived at most a delay and jitter_ms after a 429 or 503 was in a worker's
 * hands before that was heard of.  Returns 0, or -1: there is no log.
 */
int site_judge(const char *log, const struct site_manners *manners, int64_t jitter_ms,
	       struct site_judged *judged);

#endif
