#ifndef LOGIN_H
#define LOGIN_H

#include "config/config.h"
#include "protocol/msg.h"

/*
 * login: how one rule of `hosts:` is logged in, request by request.
 *
 *	GET the form's page -> redirects -> POST the form -> redirects -> a page: `check`
 *
 * Whoever drives it (login_gate.h, one_page.h) asks for login_url() and hands over what came.  If
 * `check` matches already what the form's page leads to, and there is no form, the session of an
 * earlier run still stands, and nothing is posted.
 *
 * It reads no HTML: a worker has filled the form in (worker/login_page.h).
 */
struct login;

#define LOGIN_WHY_MAX 400

/* Nobody fills in a form faster, and there are sites that know; but not where `delay` is 0. */
#define LOGIN_FILL_IN_MS 1000

enum login_step { LOGIN_ASK, LOGIN_IN, LOGIN_FAILED };

/* request: config_request_number(), of a rule with `login`. */
struct login *login_new(const struct config *config, uint32_t request);
void login_free(struct login *login);

/* From the form's page on. */
void login_begin(struct login *login);

/* What is asked for now, canonical; and how: kind, whose login, method, lines, body. */
const struct url *login_url(const struct login *login);
void login_set_job(const struct login *login, struct msg_job *job);

/*
 * What came of it, whose slot this is.  LOGIN_FAILED: login_why() says why, with the HTTP status
 * that came last, or 0.
 */
enum login_step login_take(struct login *login, const struct msg_page *page, struct slice slot);
void login_fail(struct login *login, const char *why);
const char *login_why(const struct login *login, unsigned *status);

/* Is a form sent to it? */
bool login_posts(const struct login *login);

/* Was a form sent?  If LOGIN_IN came without, the session of before still stands. */
bool login_has_posted(const struct login *login);

/* Is this URL its form's page, or that which was asked for it, whatever its query? */
bool login_is_page(const struct login *login, struct slice url);

#endif
