#ifndef RESULTS_H
#define RESULTS_H

#include "master/parts.h"
#include "protocol/msg.h"

/* results: from a worker to the store, or back to the frontier. */

/* Of the job that was last sent for a visit: its answer is of the same kind. */
enum msg_kind results_job_kind(const struct visit *visit);

/*
 * Is the next death that a visit is suspected of its last?  Then it goes alone: what else the
 * worker had is not to blame.
 */
bool results_wants_proof(const struct visit *visit);

/* The pool's callback; user is the visit, whose owner the parts are. */
void results_on_value(void *user, const struct pool_value *value);

#endif
