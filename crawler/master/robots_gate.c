#include "master/robots_gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "master/holds.h"
#include "master/queue.h"
#include "master/reach.h"
#include "master/retries.h"
#include "master/travel.h"
#include "parsers/text/memory.h"
#include "show/human.h"
#include "show/log.h"

#define REDIRECTS_MAX 5 /* RFC 9309 2.3.1.2 */
#define UNREACHABLE_MS                                                             \
	((int64_t)5 * 60 * 1000) /* then a host that gave no answer is asked again \
				  */
#define RULES_MS     10          /* a host waits whose rules are read again */
#define TOLD_MAX     20          /* hosts; of more only -v tells */
#define SITEMAP_PATH "/sitemap.xml"

/*
 * A host that was asked for its robots.txt is shut in the frontier until the answer has come: what
 * passed before stands in its queue, and nothing but the robots.txt comes out of it.
 */
struct robots_gate {
	struct store *store;
	struct politeness *politeness;
	struct discovery *discovery;
	struct ending *ending;
	const struct canonical *canonical;
	struct slice product_token;
	unsigned told; /* hosts whose robots.txt could not be had */
};

/* A site can only name us if it knows the name, and so can only a user who is told it. */
static void say_name(const struct settings *settings, struct slice token)
{
	if (!settings->robots || settings->robots_agent[0] ||
	    robots_token_is_obvious(slice_of(settings->user_agent)))
		return;
	log_say("robots.txt is read for '%.*s', of the user_agent; robots_agent: sets another name",
		(int)token.size, token.at);
}

struct robots_gate *robots_gate_new(const struct config *config, struct store *store,
				    struct politeness *politeness, struct discovery *discovery,
				    struct ending *ending)
{
	struct robots_gate *gate = memory_new(1, sizeof(*gate));

	*gate = (struct robots_gate){
		.store = store,
		.politeness = politeness,
		.discovery = discovery,
		.ending = ending,
		.canonical = config->canonical,
		.product_token = settings_product_token(&config->settings),
	};
	say_name(&config->settings, gate->product_token);
	return gate;
}

void robots_gate_free(struct robots_gate *gate)
{
	free(gate);
}

/* ---- before a request ---- */

/* The visit waits behind the host's robots.txt, which is asked for as any URL of the host is. */
static void ask_first(struct politeness *politeness, struct visit *visit)
{
	uint32_t host = visit->host;

	queue_again(politeness, visit);
	frontier_shut(politeness->frontier, host);
	hosts_robots_asked(politeness->hosts, host);
	frontier_push(politeness->frontier, host, QUEUE_ROBOTS, LANE_ROBOTS);
}

/* Nothing may be asked for now (RFC 9309 2.3.1.4): that is a failure, and no rule of the site. */
static enum robots_pass close_for_cause(struct robots_gate *gate, struct visit *visit)
{
	const struct hosts_cause *cause = hosts_robots_cause(gate->politeness->hosts, visit->host);

	ending_for_cause(gate->ending, visit, cause->outcome, cause->status, cause->error);
	return ROBOTS_CLOSED;
}

/*
 * Are the rules that are asked about here?  Those that were put down are read again; until they
 * have come, or if the store has failed, the visit waits.
 */
static bool has_rules(struct robots_gate *gate, struct visit *visit, struct hosts_policy policy)
{
	struct hosts *hosts = gate->politeness->hosts;
	uint32_t host = visit->host;
	struct slice text;

	if (!hosts_lacks_rules(hosts, host) ||
	    hosts_robots(hosts, host, clock_date_ms()) != HOSTS_ROBOTS_RULES ||
	    (!policy.obeys_robots && hosts_root(hosts, host) != 0))
		return true;
	if (store_get_robots(gate->store, hosts_key(hosts, host), &text) != 1) {
		frontier_hold(gate->politeness->frontier, host, clock_ms() + RULES_MS);
		queue_again(gate->politeness, visit);
		return false;
	}
	hosts_bring_rules(hosts, host,
			  robots_parse(text.at ? text : SLICE(""), gate->product_token));
	return true;
}

static enum robots_pass check_rules(struct robots_gate *gate, struct visit *visit)
{
	size_t origin = frontier_host_origin(gate->politeness->frontier, visit->host).size;
	struct slice path = { visit->url + origin, visit->url_size - origin };
	struct robots_verdict verdict =
		robots_check(hosts_rules(gate->politeness->hosts, visit->host), path);
	char why[MSG_TEXT_MAX];

	if (verdict.is_allowed)
		return ROBOTS_OPEN;
	snprintf(why, sizeof(why), "robots.txt line %u: %.*s", verdict.line, (int)verdict.rule.size,
		 verdict.rule.at);
	ending_without_page(gate->ending, visit, OUTCOME_ROBOTS, why);
	return ROBOTS_CLOSED;
}

bool robots_gate_is_unreachable(const struct robots_gate *gate, uint32_t host)
{
	const struct hosts *hosts = gate->politeness->hosts;

	return hosts_policy(hosts, host).obeys_robots &&
	       hosts_robots(hosts, host, clock_date_ms()) == HOSTS_ROBOTS_UNREACHABLE;
}

/* ---- sitemaps ---- */

/* Whose share it is of reads it, and is told for whom it speaks. */
static void send_sitemap(struct robots_gate *gate, uint32_t host, const struct url *url,
			 struct store_url row)
{
	struct store_letter letter = { .row = row,
				       .words = politeness_name(gate->politeness, host) };

	letter.row.from_where = hosts_is_private(gate->politeness->hosts, host) ? STORE_FROM_PRIVATE
										: STORE_FROM_PUBLIC;
	discovery_postpone(gate->discovery, url, letter);
}

static void add_sitemap(struct robots_gate *gate, uint32_t host, const struct url *url,
			enum store_url_kind kind)
{
	uint64_t root = hosts_root(gate->politeness->hosts, host);
	struct store_url row = {
		.root = { (uint32_t)(root >> 32), (uint32_t)root },
		.kind = kind,
		.lane = LANE_HIGH,
	};
	struct discovery *discovery = gate->discovery;
	struct slice name = politeness_name(gate->politeness, host);
	uint32_t target;

	if (!slice_equal(url_host(url), name))
		discovery_note_sitemap(discovery, name, url_slice(url));
	if (!discovery_is_ours(discovery, url)) {
		send_sitemap(gate, host, url, row);
		return;
	}
	if (!discovery_is_new(discovery, url_slice(url)))
		return;
	target = discovery_host_of(discovery, url);
	if (target == FRONTIER_NO_HOST || discovery_add(discovery, url, row) < 0)
		return;
	if (target != host)
		reach_note_way(gate->politeness, target, host);
}

static enum url_error parse_path(const struct robots_gate *gate, uint32_t host, const char *path,
				 struct url *url)
{
	struct slice origin = frontier_host_origin(gate->politeness->frontier, host);
	char text[URL_BYTES_MAX + sizeof(SITEMAP_PATH)];
	int size = snprintf(text, sizeof(text), "%.*s%s", (int)origin.size, origin.at, path);

	return discovery_parse(gate->discovery, url, (struct slice){ text, (size_t)size });
}

/* The first line of a robots.txt that is of no use is told; there may be thousands. */
static void say_bad_sitemaps(const struct robots_gate *gate, uint32_t host, size_t count,
			     struct slice line, enum url_error error)
{
	struct slice origin = frontier_host_origin(gate->politeness->frontier, host);
	char name[ORIGIN_BYTES_MAX + 1], text[200];

	snprintf(name, sizeof(name), "%.*s", (int)origin.size, origin.at);
	snprintf(text, sizeof(text), "%.*s", (int)line.size, line.at);
	LOG(LOG_NORMAL, "bad_sitemap_line", LOG_TEXT("host", name), LOG_TEXT("sitemap", text),
	    LOG_TEXT("why", url_error_text(error)), LOG_NUMBER("lines", count));
}

/*
 * Those that robots.txt names: as addresses, or as references to be resolved against its own.
 * Returns how many can be used.
 */
static size_t add_named_sitemaps(struct robots_gate *gate, uint32_t host,
				 const struct robots *robots)
{
	size_t count = robots ? robots_sitemap_count(robots) : 0, bad_count = 0;
	enum url_error error, first_error = URL_OK;
	struct slice first_bad = { 0 };
	struct url base, url;

	if (count == 0 || parse_path(gate, host, QUEUE_ROBOTS_PATH, &base) != URL_OK)
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct slice text = robots_sitemap(robots, i);

		error = url_resolve(&url, &base, text);
		if (error == URL_OK) {
			canonical_apply(gate->canonical, &url);
			add_sitemap(gate, host, &url, STORE_URL_SITEMAP);
		} else if (bad_count++ == 0) {
			first_bad = text;
			first_error = error;
		}
	}
	if (bad_count > 0)
		say_bad_sitemaps(gate, host, bad_count, first_bad, first_error);
	return count - bad_count;
}

/* The sitemaps that robots.txt names; the usual path, if it names none that can be used. */
static void add_sitemaps(struct robots_gate *gate, uint32_t host)
{
	enum hosts_robots state = hosts_robots(gate->politeness->hosts, host, clock_date_ms());
	struct url usual;

	if (hosts_root(gate->politeness->hosts, host) == 0 || /* nothing has passed here yet */
	    !hosts_policy(gate->politeness->hosts, host).wants_sitemaps ||
	    (state != HOSTS_ROBOTS_RULES && state != HOSTS_ROBOTS_NONE))
		return;
	if (add_named_sitemaps(gate, host, hosts_rules(gate->politeness->hosts, host)) > 0)
		return;
	if (parse_path(gate, host, SITEMAP_PATH, &usual) == URL_OK)
		add_sitemap(gate, host, &usual, STORE_URL_GUESS);
}

/*
 * What a host's robots.txt names was reached from whatever it was first looked at for: also if it
 * is known from an earlier run.
 */
static void note_root(struct robots_gate *gate, const struct visit *visit)
{
	if (hosts_root(gate->politeness->hosts, visit->host) != 0)
		return;
	hosts_set_root(gate->politeness->hosts, visit->host, visit->root);
	add_sitemaps(gate, visit->host);
}

/* ---- the gate ---- */

enum robots_pass robots_gate_pass(struct robots_gate *gate, struct visit *visit)
{
	struct hosts_policy policy = hosts_policy(gate->politeness->hosts, visit->host);

	if (!visit_has_row(visit) || (!policy.obeys_robots && !policy.wants_sitemaps))
		return ROBOTS_OPEN;
	if (!has_rules(gate, visit, policy))
		return ROBOTS_WAIT;
	note_root(gate, visit);
	switch (hosts_robots(gate->politeness->hosts, visit->host, clock_date_ms())) {
	case HOSTS_ROBOTS_RULES:
		return policy.obeys_robots ? check_rules(gate, visit) : ROBOTS_OPEN;
	case HOSTS_ROBOTS_NONE:
		return ROBOTS_OPEN;
	case HOSTS_ROBOTS_UNREACHABLE:
		return policy.obeys_robots ? close_for_cause(gate, visit) : ROBOTS_OPEN;
	case HOSTS_ROBOTS_UNKNOWN:
	case HOSTS_ROBOTS_ASKED:
		break;
	}
	ask_first(gate->politeness, visit);
	return ROBOTS_WAIT;
}

/* ---- the answer ---- */

static void say_cut_delay(const struct politeness *politeness, uint32_t host)
{
	int64_t asked_ms = hosts_crawl_delay_ms(politeness->hosts, host);
	struct slice origin = frontier_host_origin(politeness->frontier, host);
	char name[ORIGIN_BYTES_MAX + 1], asked[HUMAN_DURATION_MAX], obeyed[HUMAN_DURATION_MAX];

	if (!hosts_policy(politeness->hosts, host).obeys_robots ||
	    asked_ms <= HOSTS_CRAWL_DELAY_MS_MAX)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)origin.size, origin.at);
	LOG(LOG_NORMAL, "crawl_delay", LOG_TEXT("host", name), LOG_NUMBER("asked_ms", asked_ms),
	    LOG_NUMBER("obeyed_ms", HOSTS_CRAWL_DELAY_MS_MAX));
	events_say(politeness->events, "robots_delay", origin,
		   "robots.txt asks for a delay of %s, it gets %s", human_exact(asked_ms, asked),
		   human_exact(HOSTS_CRAWL_DELAY_MS_MAX, obeyed));
}

static void remember(struct robots_gate *gate, uint32_t host, enum hosts_robots state,
		     struct slice text)
{
	store_put_robots(gate->store, hosts_key(gate->politeness->hosts, host),
			 hosts_robots_name(state), text, clock_date_ms());
}

/* There is a robots.txt with this text, or there is none (absent): both hold for a day. */
static void settle(struct robots_gate *gate, uint32_t host, struct slice text, int64_t at_ms)
{
	struct robots *robots = text.at ? robots_parse(text, gate->product_token) : NULL;

	hosts_robots_known(gate->politeness->hosts, host, robots, at_ms + HOSTS_ROBOTS_MS);
	say_cut_delay(gate->politeness, host);
	politeness_settle(gate->politeness, host);
}

/* It was read, or there is none. */
static void on_text(struct robots_gate *gate, uint32_t host, struct slice text)
{
	settle(gate, host, text, clock_date_ms());
	remember(gate, host, text.at ? HOSTS_ROBOTS_RULES : HOSTS_ROBOTS_NONE, text);
	add_sitemaps(gate, host);
}

/* A status says so by itself, whatever became of the page that came with it. */
static bool is_none(const struct msg_page *page)
{
	return page->status >= 400 && page->status < 500 && page->status != 429;
}

/*
 * What a page that is neither rules nor none came to: as a page would, but that of a robots.txt
 * there is no "unchanged", and a redirect has led nowhere.
 */
static enum outcome failure_of(const struct visit *visit, const struct msg_page *page)
{
	if (msg_page_is_redirect(page) && visit->hops >= REDIRECTS_MAX)
		return OUTCOME_REDIRECT_LOOP;
	return outcome_is_done(page->outcome) ? OUTCOME_BAD_RESPONSE : page->outcome;
}

static struct hosts_cause cause_of(const struct visit *visit, const struct msg_page *page)
{
	struct hosts_cause cause = { .outcome = failure_of(visit, page), .status = page->status };
	struct slice error = page->texts[MSG_ERROR];

	if (error.size > 0)
		snprintf(cause.error, sizeof(cause.error), "robots.txt: %.*s", (int)error.size,
			 error.at);
	else if (cause.outcome == OUTCOME_REDIRECT_LOOP)
		snprintf(cause.error, sizeof(cause.error),
			 "robots.txt: more than %d redirects in a row", REDIRECTS_MAX);
	else if (msg_page_is_redirect(page))
		snprintf(cause.error, sizeof(cause.error),
			 "robots.txt: redirected (%u) to what is no URL of the web", page->status);
	else if (page->status > 0)
		snprintf(cause.error, sizeof(cause.error), "robots.txt: answered with status %u",
			 page->status);
	else
		snprintf(cause.error, sizeof(cause.error), "robots.txt: %s",
			 outcome_name(cause.outcome));
	return cause;
}

static void say_unreachable(struct robots_gate *gate, uint32_t host,
			    const struct hosts_cause *cause)
{
	enum log_level level = gate->told++ < TOLD_MAX ? LOG_NORMAL : LOG_VERBOSE;
	struct slice origin = frontier_host_origin(gate->politeness->frontier, host);
	char name[ORIGIN_BYTES_MAX + 1];

	snprintf(name, sizeof(name), "%.*s", (int)origin.size, origin.at);
	LOG(level, "robots_unreachable", LOG_TEXT("host", name),
	    LOG_TEXT("outcome", outcome_name(cause->outcome)), LOG_NUMBER("status", cause->status),
	    LOG_TEXT("error", cause->error));
}

/*
 * A host that cannot be reached forbids everything for now (RFC 9309 2.3.1.4).  Its URLs end with
 * the reason: the user wants to know that a name does not resolve, not that robots.txt forbade it.
 */
static void on_no_answer(struct robots_gate *gate, uint32_t host, const struct hosts_cause *cause)
{
	hosts_robots_unreachable(gate->politeness->hosts, host, cause,
				 clock_date_ms() + UNREACHABLE_MS);
	remember(gate, host, HOSTS_ROBOTS_UNREACHABLE, (struct slice){ 0 });
	say_unreachable(gate, host, cause);
}

/* ---- of hosts of other shares ---- */

/* Its owner has sent us where it had been led. */
static void tell_owner(struct robots_gate *gate, const struct visit *visit,
		       const struct hosts_cause *cause, struct slice text)
{
	struct travel_robots robots = { .text = text };
	struct store_letter letter = {
		.kind = STORE_LETTER_ROBOTS,
		.share = visit->guest->home_share,
		.key = { visit->guest->home_share, visit->guest->home_number },
		.row.url = visit_own_url(visit),
	};

	if (cause) {
		robots.outcome = cause->outcome;
		robots.status = cause->status;
		robots.error = slice_of(cause->error);
	}
	letter.words = travel_write_robots(&robots);
	store_send(gate->store, &letter);
	free((void *)(uintptr_t)letter.words.at);
	ending_end_guest(gate->ending, visit, OUTCOME_OK, NULL);
}

void robots_gate_receive(struct robots_gate *gate, const struct store_letter *letter)
{
	uint32_t host = politeness_find_host(gate->politeness, letter->key);
	struct travel_robots robots;
	struct hosts_cause cause;

	if (host == FRONTIER_NO_HOST || travel_read_robots(letter->words, &robots) < 0)
		return;
	if (robots.outcome == OUTCOME_OK) {
		on_text(gate, host, robots.text);
	} else {
		cause.outcome = robots.outcome;
		cause.status = robots.status;
		snprintf(cause.error, sizeof(cause.error), "%.*s", (int)robots.error.size,
			 robots.error.size > 0 ? robots.error.at : "");
		on_no_answer(gate, host, &cause);
	}
	frontier_open(gate->politeness->frontier, host);
}

/* ---- one of ours ---- */

/* It leads on, at most five times; what leads nowhere is a failure, as of a page. */
static bool follow(struct robots_gate *gate, struct visit *visit, const struct msg_page *page)
{
	if (!msg_page_is_redirect(page) || visit->hops >= REDIRECTS_MAX)
		return false;
	if (ending_hop(gate->ending, visit, page->texts[MSG_LOCATION]) != URL_OK)
		return false;
	visit_add_hop(visit, page->status);
	if (ending_leads_away(gate->ending, visit))
		ending_depart(gate->ending, visit, page, false);
	else
		queue_again(gate->politeness, visit);
	return true;
}

/*
 * A copy of the text, for a worker could still change its own.  What was cut off in the middle of a
 * line is no rule.
 */
static struct slice copy_text(const struct msg_page *page, struct slice slot)
{
	struct slice whole = msg_part(page, slot, MSG_PART_TEXT);
	bool fits = whole.size <= ROBOTS_BYTES_MAX;
	size_t size = fits ? whole.size : ROBOTS_BYTES_MAX;
	char *text = memory_new(1, size + 1);
	const char *end;

	memcpy(text, whole.at, size);
	if (page->outcome == OUTCOME_TOO_LARGE || !fits) {
		end = memrchr(text, '\n', size);
		size = end ? (size_t)(end - text) : 0;
	}
	return (struct slice){ text, size };
}

enum answer { ANSWER_RULES, ANSWER_NONE, ANSWER_FAILURE };

static enum answer judge(const struct msg_page *page)
{
	bool is_text = page->outcome == OUTCOME_OK || page->outcome == OUTCOME_TOO_LARGE;

	if (is_none(page))
		return ANSWER_NONE;
	return is_text && msg_page_is_success(page) ? ANSWER_RULES : ANSWER_FAILURE;
}

/* What another request cannot change, or was no fault of the host. */
static bool is_ours(enum outcome outcome)
{
	return outcome == OUTCOME_BLOCKED_ADDRESS || outcome == OUTCOME_WORKER_DIED ||
	       outcome == OUTCOME_CANCELLED || outcome == OUTCOME_PROXY;
}

/*
 * Whatever leaves unsaid what is allowed is a failure of the host and may heal, of whatever kind.
 * Of answers that say it only those are asked for again for which a page would be, too.
 */
static bool try_again(struct robots_gate *gate, struct visit *visit, const struct msg_page *page,
		      enum answer answer)
{
	if (visit->wants_other) /* that a proxy is forbidden all says nothing of robots.txt */
		return ending_try_again(gate->ending, visit, page);
	if (answer == ANSWER_FAILURE)
		return !is_ours(page->outcome) && ending_try_again(gate->ending, visit, page);
	return retries_may_heal(page->outcome, page->status) &&
	       ending_try_again(gate->ending, visit, page);
}

static void note_answer(struct robots_gate *gate, const struct visit *visit,
			const struct msg_page *page, enum answer answer)
{
	struct msg_page failure = { .outcome = failure_of(visit, page), .status = page->status };

	if (answer != ANSWER_FAILURE || msg_page_is_redirect(page))
		holds_note_answer(gate->politeness, visit, page);
	else if (!is_ours(page->outcome))
		holds_note_failure(gate->politeness, visit, &failure);
}

void robots_gate_on_answer(struct robots_gate *gate, struct visit *visit,
			   const struct msg_page *page, struct slice slot)
{
	enum answer answer = judge(page);
	struct hosts_cause cause;
	struct slice text = { 0 };

	note_answer(gate, visit, page, answer);
	if (follow(gate, visit, page) || try_again(gate, visit, page, answer))
		return;
	if (answer == ANSWER_RULES)
		text = copy_text(page, slot);
	if (answer == ANSWER_FAILURE)
		cause = cause_of(visit, page);
	if (visit->guest)
		tell_owner(gate, visit, answer == ANSWER_FAILURE ? &cause : NULL, text);
	else if (answer == ANSWER_FAILURE)
		on_no_answer(gate, visit->home, &cause);
	else
		on_text(gate, visit->home, text);
	free((void *)(uintptr_t)text.at);
	if (!visit->guest)
		frontier_open(gate->politeness->frontier, visit->home);
	visits_end(gate->politeness->visits, visit);
}

/* Sitemaps on other hosts that its robots.txt names speak for it, whoever reads them first. */
static void recall_sitemaps(struct robots_gate *gate, uint32_t host, const struct robots *robots)
{
	struct slice name = politeness_name(gate->politeness, host);
	size_t count = robots ? robots_sitemap_count(robots) : 0;
	struct url base, url;

	if (count == 0 || !hosts_policy(gate->politeness->hosts, host).wants_sitemaps ||
	    parse_path(gate, host, QUEUE_ROBOTS_PATH, &base) != URL_OK)
		return;
	for (size_t i = 0; i < count; i++) {
		if (url_resolve(&url, &base, robots_sitemap(robots, i)) != URL_OK)
			continue;
		canonical_apply(gate->canonical, &url);
		if (!slice_equal(url_host(&url), name))
			discovery_note_sitemap(gate->discovery, name, url_slice(&url));
	}
}

/* Too old to go by: but for what it named. */
static void recall_old(struct robots_gate *gate, uint32_t host, struct slice text)
{
	struct robots *robots;

	if (!text.at || !hosts_policy(gate->politeness->hosts, host).wants_sitemaps)
		return;
	robots = robots_parse(text, gate->product_token);
	recall_sitemaps(gate, host, robots);
	robots_free(robots);
}

void robots_gate_recall(struct robots_gate *gate, uint32_t host,
			const struct store_known_host *known)
{
	struct slice state = known->robots_state, text = known->robots;
	int64_t age = clock_date_ms() - known->robots_at_ms;

	if (age < 0 || age >= HOSTS_ROBOTS_MS) {
		recall_old(gate, host, text);
		return;
	}
	if (slice_equal(state, slice_of(hosts_robots_name(HOSTS_ROBOTS_RULES))))
		settle(gate, host, text.at ? text : SLICE(""), known->robots_at_ms);
	else if (slice_equal(state, slice_of(hosts_robots_name(HOSTS_ROBOTS_NONE))))
		settle(gate, host, (struct slice){ 0 }, known->robots_at_ms);
	recall_sitemaps(gate, host, hosts_rules(gate->politeness->hosts, host));
}
