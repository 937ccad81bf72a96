#include "master/login_gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "links/logout.h"
#include "master/holds.h"
#include "master/login.h"
#include "master/queue.h"
#include "master/reach.h"
#include "master/retries.h"
#include "parsers/text/memory.h"
#include "show/human.h"
#include "show/log.h"

#define LEAVING_MS 100 /* between two looks at a host that is about to be another machine's */

enum state { STATE_NONE, STATE_UNDER_WAY, STATE_IN, STATE_FAILED };

/* Of a rule. */
struct session {
	struct login *login; /* NULL: it has none */
	enum state state;
	/* What had passed when it was in, when a login healed nothing; the latest that came right.
	 */
	uint64_t since_pass, useless_pass, right_pass;
	int64_t useless_ms; /* by clock_ms(); 0: none did */
	bool was_in;        /* in this run */
	bool has_stood;     /* the last login found that the session had not ended */
	bool is_elsewhere;  /* it failed, for another machine asks its host */
	uint32_t host;      /* that was asked last for it, */
	uint32_t tenure;    /* and which of ours that was: hosts_tenure() */
	int rests;          /* in a row */
	uint32_t *waiting;  /* hosts that we have shut */
	size_t waiting_count;
};

struct login_gate {
	struct politeness *politeness;
	struct discovery *discovery;
	struct ending *ending;
	struct session *sessions; /* by the number of the request, less one */
	size_t count;
	uint64_t pass_count;
	int64_t rest_ms; /* the first */
};

struct login_gate *login_gate_new(const struct config *config, struct politeness *politeness,
				  struct discovery *discovery, struct ending *ending)
{
	struct login_gate *gate = NULL;

	for (size_t i = 0; i < config->host_count; i++) {
		if (!config->hosts[i].request.login)
			continue;
		if (!gate) {
			gate = memory_new(1, sizeof(*gate));
			*gate = (struct login_gate){
				.politeness = politeness,
				.discovery = discovery,
				.ending = ending,
				.sessions = memory_new(config->host_count, sizeof(struct session)),
				.count = config->host_count,
				.rest_ms = config->settings.host_rest_ms,
			};
		}
		gate->sessions[i].login = login_new(config, (uint32_t)i + 1);
	}
	return gate;
}

void login_gate_free(struct login_gate *gate)
{
	if (!gate)
		return;
	for (size_t i = 0; i < gate->count; i++) {
		login_free(gate->sessions[i].login);
		free(gate->sessions[i].waiting);
	}
	free(gate->sessions);
	free(gate);
}

/* Of the host that is asked now, or NULL: it has no login. */
static struct session *session_of(const struct login_gate *gate, const struct visit *visit)
{
	uint32_t request = hosts_policy(gate->politeness->hosts, visit->host).request;
	struct session *session = request > 0 ? &gate->sessions[request - 1] : NULL;

	return session && session->login ? session : NULL;
}

/* ---- shut hosts ---- */

/* A host that is shut already may be shut again: what was in flight has come back. */
static void shut(const struct login_gate *gate, struct session *session, uint32_t host)
{
	frontier_shut(gate->politeness->frontier, host);
	session->waiting = memory_resize(session->waiting,
					 (session->waiting_count + 1) * sizeof(*session->waiting));
	session->waiting[session->waiting_count++] = host;
}

static void open_all(const struct login_gate *gate, struct session *session)
{
	for (size_t i = 0; i < session->waiting_count; i++)
		frontier_open(gate->politeness->frontier, session->waiting[i]);
	session->waiting_count = 0;
}

/* ---- a login ---- */

/*
 * Of what is asked for next.  False: the store has failed, or another machine asks that host, and
 * has no session with ours.
 */
static bool find_host(const struct login_gate *gate, const struct session *session, uint32_t *host)
{
	if (!discovery_is_ours(gate->discovery, login_url(session->login)))
		return false;
	*host = discovery_host_of(gate->discovery, login_url(session->login));
	return *host != FRONTIER_NO_HOST;
}

/* Nobody can log in with a session that another has: the hosts of the rule fail, and say why, as
 * long as it is so. */
static void fail_elsewhere(const struct login_gate *gate, struct session *session)
{
	session->state = STATE_FAILED;
	session->is_elsewhere = true;
	login_fail(session->login,
		   "the login is at a host that another machine of this crawl asks: crawl its "
		   "hosts with one machine");
	open_all(gate, session);
}

/*
 * The user has named its URL, and whatever is its host's may go there.  The number of the session
 * stands where a page has that of the rule that found it.
 */
static void begin(struct login_gate *gate, struct session *session)
{
	struct politeness *politeness = gate->politeness;
	struct visit *visit;
	uint32_t host;

	login_begin(session->login);
	if (!find_host(gate, session, &host)) {
		fail_elsewhere(gate, session);
		return;
	}
	reach_note_listed(politeness, host);
	visit = visits_begin(politeness->visits);
	visit->kind = VISIT_LOGIN;
	visit->lane = LANE_ROBOTS;
	visit->host = visit->home = visit->anchor = host;
	visit->tenure = hosts_tenure(politeness->hosts, host);
	visit->rule = (uint32_t)(session - gate->sessions);
	visit_set_url(visit, url_slice(login_url(session->login)));
	session->state = STATE_UNDER_WAY;
	session->is_elsewhere = false;
	session->host = host;
	session->tenure = visit->tenure;
	queue_again(politeness, visit);
}

/* What failed for that may have come to us since; or another has had its host meanwhile, and may
 * have come in. */
static void look_elsewhere(const struct login_gate *gate, struct session *session)
{
	bool has_changed =
		session->is_elsewhere
			? discovery_is_ours(gate->discovery, login_url(session->login))
			: session->state == STATE_FAILED &&
				  session->tenure !=
					  hosts_tenure(gate->politeness->hosts, session->host);

	if (!has_changed)
		return;
	session->is_elsewhere = false;
	session->state = STATE_NONE;
}

/* Whoever began a login at a host that is about to be another machine's would begin it again and
 * again until that is so. */
static bool may_begin(const struct login_gate *gate, const struct session *session)
{
	uint32_t host;

	login_begin(session->login);
	return !find_host(gate, session, &host) || !discovery_is_leaving(gate->discovery, host);
}

/* The visit waits for the login, and all that its host has besides. */
static void wait_for(struct login_gate *gate, struct session *session, struct visit *visit)
{
	if (session->state != STATE_UNDER_WAY && !may_begin(gate, session)) {
		session->state = STATE_NONE;
		frontier_hold(gate->politeness->frontier, visit->host, clock_ms() + LEAVING_MS);
		queue_again(gate->politeness, visit);
		return;
	}
	shut(gate, session, visit->host);
	queue_again(gate->politeness, visit);
	if (session->state != STATE_UNDER_WAY)
		begin(gate, session);
}

static void end_failed(struct login_gate *gate, const struct session *session, struct visit *visit)
{
	unsigned status;
	const char *why = login_why(session->login, &status);

	ending_for_cause(gate->ending, visit, OUTCOME_LOGIN, status, why);
}

/* The user may have listed it: then he knows. */
static bool ends_session(const struct visit *visit)
{
	return (visit->depth > 0 || visit->hops > 0) && logout_is_likely(visit_url(visit));
}

bool login_gate_pass(struct login_gate *gate, struct visit *visit)
{
	struct session *session = gate ? session_of(gate, visit) : NULL;

	if (!session || !visit_has_row(visit))
		return true;
	if (ends_session(visit)) {
		ending_without_page(gate->ending, visit, OUTCOME_OUT_OF_SCOPE,
				    "it looks like a logout, and its host has a login: not asked");
		return false;
	}
	look_elsewhere(gate, session);
	switch (session->state) {
	case STATE_IN:
		visit->pass = ++gate->pass_count;
		return true;
	case STATE_FAILED:
		end_failed(gate, session, visit);
		return false;
	case STATE_NONE:
	case STATE_UNDER_WAY:
		break;
	}
	wait_for(gate, session, visit);
	return false;
}

/* ---- its steps ---- */

void login_gate_set_job(const struct login_gate *gate, const struct visit *visit,
			struct msg_job *job)
{
	login_set_job(gate->sessions[visit->rule].login, job);
}

static void say(const struct politeness *politeness, const struct session *session,
		const struct visit *visit, bool is_in)
{
	char url[URL_BYTES_MAX + 1];
	struct slice own = visit_own_url(visit);
	unsigned status;
	const char *why = login_why(session->login, &status);
	struct slice host = frontier_host_origin(politeness->frontier, visit->home);

	snprintf(url, sizeof(url), "%.*s", (int)own.size, own.at);
	if (is_in) {
		LOG(LOG_NORMAL, "logged_in", LOG_TEXT("url", url));
		events_say(politeness->events, "login", host, NULL);
	} else {
		LOG(LOG_NORMAL, "login_failed", LOG_TEXT("url", url), LOG_NUMBER("status", status),
		    LOG_TEXT("error", why));
		events_say(politeness->events, "login_failed", host, "%s", why);
	}
}

static void end(struct login_gate *gate, struct session *session, struct visit *visit, bool is_in)
{
	say(gate->politeness, session, visit, is_in);
	session->state = is_in ? STATE_IN : STATE_FAILED;
	session->was_in |= is_in;
	session->has_stood = is_in && !login_has_posted(session->login);
	session->rests = 0;
	session->since_pass = gate->pass_count;
	open_all(gate, session);
	visits_end(gate->politeness->visits, visit);
}

/* The next hop may be another host's. */
static void ask(struct login_gate *gate, struct session *session, struct visit *visit,
		unsigned status)
{
	const struct url *url = login_url(session->login);
	bool was_https = strncmp(visit->url, "https:", 6) == 0;
	uint32_t host;

	if (!find_host(gate, session, &host)) {
		fail_elsewhere(gate, session);
		end(gate, session, visit, false);
		return;
	}
	session->host = host;
	session->tenure = hosts_tenure(gate->politeness->hosts, host);
	reach_note_way(gate->politeness, host, visit->host);
	visit->has_left_tls = visit_leaves_tls(visit->has_left_tls, was_https, url->is_https);
	visit_lead(visit, url_slice(url));
	visit_add_hop(visit, status);
	visit->host = host;
	if (login_posts(session->login) &&
	    hosts_policy(gate->politeness->hosts, host).pace.delay_ms > 0)
		queue_later(gate->politeness, visit, clock_ms() + LOGIN_FILL_IN_MS);
	else
		queue_again(gate->politeness, visit);
}

/*
 * It has been in before, and whom it asks is out of order: the URLs of its hosts wait for that to
 * pass, as a host rests.  At the beginning of a run nobody would know what it waits for.
 */
static bool rest(struct login_gate *gate, struct session *session, struct visit *visit,
		 const struct msg_page *page)
{
	int64_t rest_ms = gate->rest_ms << session->rests;
	char text[HUMAN_DURATION_MAX];
	enum outcome why;

	if (!session->was_in || session->rests >= HOSTS_RESTS_MAX ||
	    !retries_may_heal(page->outcome, page->status) ||
	    hosts_is_given_up(gate->politeness->hosts, visit->host, &why))
		return false;
	session->rests++;
	LOG(LOG_NORMAL, "login_rests", LOG_NUMBER("ms", rest_ms),
	    LOG_TEXT("last", outcome_name(page->outcome)), LOG_NUMBER("status", page->status));
	events_say(gate->politeness->events, "login_rests",
		   frontier_host_origin(gate->politeness->frontier, visit->home),
		   "for %s, the last: %s", human_exact(rest_ms, text), outcome_name(page->outcome));
	login_begin(session->login);
	ending_begin_again(gate->ending, visit);
	visit->tries = 0;
	queue_later(gate->politeness, visit, clock_ms() + rest_ms);
	return true;
}

/* A query may have tokens. */
static void note_step(const struct visit *visit, const struct msg_page *page)
{
	struct slice url = visit_url(visit);
	char text[URL_BYTES_MAX + 1];

	if (!log_tells(LOG_VERBOSE))
		return;
	snprintf(text, sizeof(text), "%.*s", (int)url.size, url.at);
	text[strcspn(text, "?")] = '\0';
	LOG(LOG_VERBOSE, "login_step", LOG_TEXT("outcome", outcome_name(page->outcome)),
	    LOG_NUMBER("status", page->status), LOG_TEXT("url", text));
}

void login_gate_on_answer(struct login_gate *gate, struct visit *visit, const struct msg_page *page,
			  struct slice slot)
{
	struct session *session = &gate->sessions[visit->rule];
	enum login_step step;

	note_step(visit, page);
	if (!msg_page_is_redirect(page) && ending_try_again(gate->ending, visit, page)) {
		login_begin(session->login); /* from the form's page on, with what it has then */
		return;
	}
	if (rest(gate, session, visit, page))
		return;
	step = login_take(session->login, page, slot);
	if (step == LOGIN_ASK)
		ask(gate, session, visit, page->status);
	else
		end(gate, session, visit, step == LOGIN_IN);
}

void login_gate_drop(struct login_gate *gate, struct visit *visit)
{
	struct session *session = &gate->sessions[visit->rule];

	session->state = STATE_NONE;
	open_all(gate, session);
	visits_end(gate->politeness->visits, visit);
}

/* ---- the end of a session ---- */

/* For who is in, the page with the form may be another, and a redirect there as good as any. */
bool login_gate_is_wall(const struct login_gate *gate, const struct visit *visit,
			const struct msg_page *page)
{
	const struct session *session = gate ? session_of(gate, visit) : NULL;
	struct url target;

	if (session && session->has_stood && visit->is_renewed)
		return false;
	return session && msg_page_is_redirect(page) &&
	       !login_is_page(session->login, visit_own_url(visit)) &&
	       url_parse(&target, visit_url(visit)) == URL_OK &&
	       url_resolve(&target, &target, page->texts[MSG_LOCATION]) == URL_OK &&
	       login_is_page(session->login, url_slice(&target));
}

void login_gate_note_right(struct login_gate *gate, const struct visit *visit)
{
	struct session *session = gate ? session_of(gate, visit) : NULL;

	if (session && visit->pass > session->right_pass)
		session->right_pass = visit->pass;
}

/*
 * The last login healed nothing: is it the session this time?  A page that was asked for since and
 * came right proves that it stands.  So the visit is asked again a little later: if none did, the
 * session has ended.
 */
enum doubt { DOUBT_NONE, DOUBT_WAITS, DOUBT_PROVED };

static enum doubt doubt(const struct login_gate *gate, const struct session *session,
			struct visit *visit)
{
	bool is_second = visit->doubted_pass > session->since_pass;

	if (session->useless_ms == 0 || clock_ms() >= session->useless_ms + LOGIN_AGAIN_MS)
		return DOUBT_PROVED;
	if (session->right_pass <= session->useless_pass ||
	    (is_second && session->right_pass > visit->doubted_pass))
		return DOUBT_NONE;
	if (is_second)
		return DOUBT_PROVED;
	visit->doubted_pass = gate->pass_count;
	return DOUBT_WAITS;
}

/* From its first URL on; a guest's owner does that. */
static void ask_later(const struct login_gate *gate, struct visit *visit, int64_t wait_ms)
{
	if (visit->guest) {
		ending_go_back(gate->ending, visit, wait_ms);
		return;
	}
	ending_begin_again(gate->ending, visit);
	if (wait_ms > 0)
		queue_later(gate->politeness, visit, clock_ms() + wait_ms);
	else
		queue_again(gate->politeness, visit);
}

/* The same, behind a login that is under way, or begins now. */
static void wait_anew(struct login_gate *gate, struct session *session, struct visit *visit)
{
	if (!visit->guest) {
		ending_begin_again(gate->ending, visit);
		wait_for(gate, session, visit);
		return;
	}
	shut(gate, session, visit->host);
	ending_go_back(gate->ending, visit, 0);
	if (session->state == STATE_UNDER_WAY)
		return;
	if (may_begin(gate, session)) {
		begin(gate, session);
	} else {
		session->state = STATE_NONE;
		open_all(gate, session);
	}
}

/* A session was there when it was asked for: is there to be another? */
static bool renew(struct login_gate *gate, struct session *session, struct visit *visit)
{
	if (visit->is_renewed) {
		session->useless_ms = clock_ms();
		session->useless_pass = gate->pass_count;
	}
	switch (visit->is_renewed ? DOUBT_NONE : doubt(gate, session, visit)) {
	case DOUBT_NONE:
		return false;
	case DOUBT_WAITS:
		ask_later(gate, visit, LOGIN_DOUBT_MS);
		return true;
	case DOUBT_PROVED:
		break;
	}
	visit->is_renewed = true;
	wait_anew(gate, session, visit);
	return true;
}

/*
 * A login that is under way, or came after the page was asked for, is as good as a new one.  One
 * that was made for this very page and has not healed it proves that sessions are not to blame.
 */
bool login_gate_renew(struct login_gate *gate, struct visit *visit)
{
	struct session *session = gate ? session_of(gate, visit) : NULL;

	if (session)
		look_elsewhere(gate, session);
	if (!session || session->state == STATE_FAILED)
		return false;
	if (session->state == STATE_IN && visit->pass > session->since_pass)
		return renew(gate, session, visit);
	if (session->state == STATE_IN)
		ask_later(gate, visit, 0);
	else
		wait_anew(gate, session, visit);
	return true;
}
