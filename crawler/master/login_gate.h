#ifndef LOGIN_GATE_H
#define LOGIN_GATE_H

#include "master/discovery.h"
#include "master/ending.h"
#include "master/jar.h"

/*
 * login_gate: hosts whose rule has a login, which comes before the first of their pages.
 *
 *	none ---> under way ---> in
 *	             ^  |         |
 *	             |  v         | a page shows that the session has ended
 *	             | failed     |
 *	             +------------+
 *
 * A rule is logged in once, however many hosts it means; they wait shut meanwhile.  The steps of a
 * login are one visit, in the lane that is open in shut hosts, so that politeness, retries and
 * proxies hold at every hop; its cookies go to the jar.  What fails ends the URLs of the rule's
 * hosts as OUTCOME_LOGIN for this run.  It stands on the three parts, as robots_gate.h.
 */
struct login_gate;

/* A login that has healed nothing is not repeated for so long, */
#define LOGIN_AGAIN_MS ((int64_t)10 * 60 * 1000)
/* but if a page is wrong twice so far apart, and no page came right between. */
#define LOGIN_DOUBT_MS 3000

/* All is the caller's, and stays.  NULL: no rule has a login. */
struct login_gate *login_gate_new(const struct config *config, struct politeness *politeness,
				  struct discovery *discovery, struct ending *ending);
void login_gate_free(struct login_gate *gate);

/*
 * May this visit's URL be asked for?  False: it waits behind the login, or has come to its end; so
 * has one that a link or redirect leads to, and that looks like the end of the session.
 * gate may be NULL, here and below.
 */
bool login_gate_pass(struct login_gate *gate, struct visit *visit);

/* What a step asks for; visit is a VISIT_LOGIN. */
void login_gate_set_job(const struct login_gate *gate, const struct visit *visit,
			struct msg_job *job);

/* What came of a step, which goes on, or is the last; slot is of the page. */
void login_gate_on_answer(struct login_gate *gate, struct visit *visit, const struct msg_page *page,
			  struct slice slot);

/* Does an answer lead to the form's page of its host's login, though it is not that itself? */
bool login_gate_is_wall(const struct login_gate *gate, const struct visit *visit,
			const struct msg_page *page);

/* What came is the page. */
void login_gate_note_right(struct login_gate *gate, const struct visit *visit);

/*
 * What came is not the page: has the session ended?  Then the visit has been queued to be asked
 * again, behind a new login if there was none since.  Otherwise it is still the caller's.
 */
bool login_gate_renew(struct login_gate *gate, struct visit *visit);

/* The login that this visit is on its way for is not ours to go on with: it begins anew. */
void login_gate_drop(struct login_gate *gate, struct visit *visit);

#endif
