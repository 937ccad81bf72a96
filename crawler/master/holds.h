#ifndef HOLDS_H
#define HOLDS_H

#include "master/politeness.h"
#include "protocol/msg.h"

/* holds: how a host answers, and how long it is left alone for that; of politeness.h. */

/*
 * A visit's host answered, or failed.  One that keeps failing rests, and is given up at last
 * (hosts_is_given_up()), which is said; with auto_delay its pace follows its answers.
 */
void holds_note_answer(struct politeness *politeness, const struct visit *visit,
		       const struct msg_page *page);

/* A visit's host failed, in a way that a page would not show; as above. */
void holds_note_failure(struct politeness *politeness, const struct visit *visit,
			const struct msg_page *page);

/* A host is left alone for so long, and why. */
void holds_wait(struct politeness *politeness, uint32_t host, int64_t wait_ms, const char *why);

/* A host asked for time: that holds for the next run, too, should this one end before. */
void holds_set(struct politeness *politeness, uint32_t host, int64_t wait_ms);

/* It is too busy to answer, and has not said for how long. */
void holds_busy(struct politeness *politeness, uint32_t host, int64_t wait_ms);

/* Should its share go to another, or have gone: who has it then is to know for how long. */
void holds_tell_next_owner(struct politeness *politeness, uint32_t host);

/* It asked the last run for time, or is to be left alone by all nodes, until this Unix time. */
void holds_resume(struct politeness *politeness, uint32_t host, int64_t until_ms);

/*
 * The last run, or another node, may have asked a host just now: from then on the delay counts, or
 * least_ms, if that is more.
 */
void holds_keep_distance(struct politeness *politeness, uint32_t host, int64_t least_ms);

#endif
