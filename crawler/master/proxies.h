#ifndef PROXIES_H
#define PROXIES_H

#include "config/config.h"
#include "parsers/text/slice.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * proxies: by which proxy a host is asked, and how each of them does.
 *
 * A proxy is numbered as in the config (config_proxy()).  One that fails PROXIES_FAILURES_MAX
 * times in a row rests, for twice as long each time; one that goes on failing after
 * PROXIES_RESTS_MAX rests is given up for this run.  An answer by it ends the row.
 * Pure: time is an argument.
 */
#define PROXIES_FAILURES_MAX 3
#define PROXIES_RESTS_MAX    3
#define PROXIES_ERROR_MAX    200 /* bytes of what is kept of a failure */

struct proxies;

/* config stays the caller's. */
struct proxies *proxies_new(const struct config *config);
void proxies_free(struct proxies *proxies);

enum proxies_answer {
	PROXIES_GO,   /* by this one, or directly: a job's number */
	PROXIES_WAIT, /* all rest, the first of them until then */
	PROXIES_GONE, /* none is left */
};

struct proxies_pick {
	enum proxies_answer answer;
	uint32_t number;  /* for msg_job.proxy */
	int64_t until_ms; /* of PROXIES_WAIT */
};

/*
 * By which is this host asked?  request: config_request() of it; name: its own, without a port.
 * avoided is a number that is only taken if there is no other, or 0.
 */
struct proxies_pick proxies_pick(struct proxies *proxies, uint32_t request, struct slice name,
				 uint32_t avoided, int64_t now_ms);

/* Is nothing said of such a host?  Then it is the environment's affair. */
bool proxies_are_unsaid(const struct proxies *proxies, uint32_t request);

/*
 * When can another be asked instead of this one?  One that rests is waited for if it is known to
 * work.  CLOCK_NEVER: there is none.
 */
int64_t proxies_other_ms(const struct proxies *proxies, uint32_t request, uint32_t number,
			 int64_t now_ms);

/* The proxies that a host may be asked by. */
size_t proxies_count(const struct proxies *proxies, uint32_t request);

/* An answer came by it, perhaps with a page. */
void proxies_answered(struct proxies *proxies, uint32_t number, bool has_page, int64_t now_ms);

/* Has an answer come by it, in this run? */
bool proxies_has_answered(const struct proxies *proxies, uint32_t number);

/*
 * Was it typed, and has never answered?  Then there is nothing to wait for: it fails as a host
 * does, at once.
 */
bool proxies_is_slip(const struct proxies *proxies, uint32_t request, uint32_t number);

/*
 * A request by it, of asked_ms, failed because of it: why.  Those that were under way together
 * count once.  is_final: once is enough.
 * Returns how long it is to rest now, 0: not at all, or PROXIES_GIVE_UP.
 */
struct proxies_failure {
	struct slice why;
	int64_t asked_ms;
	bool is_final;
};
#define PROXIES_GIVE_UP (-1)
int64_t proxies_failed(struct proxies *proxies, uint32_t number,
		       const struct proxies_failure *failure, int64_t now_ms);

/* What came of it until now. */
struct proxies_figures {
	uint64_t pages, failures, rests;
	int64_t rests_until_ms; /* 0: it does not */
	const char *error;      /* of the last failure, or NULL */
	bool is_given_up;
};
struct proxies_figures proxies_figures(const struct proxies *proxies, uint32_t number,
				       int64_t now_ms);

/*
 * The next one, from 1, whose figures have changed since it was told, or 0: none.
 */
uint32_t proxies_changed(struct proxies *proxies);

#endif
