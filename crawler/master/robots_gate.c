#include "master/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "show/log.h"

#define REDIRECTS_MAX 5 /* RFC 9309 2.3.1.2 */
#define UNREACHABLE_MS                                                             \
	((int64_t)5 * 60 * 1000) /* then a host that gave no answer is asked again \
				  */
#define SITEMAP_PATH "/sitemap.xml"

/* ---- before a request ---- */

/* The visit waits behind the host's robots.txt, which is asked for as any URL of the host is. */
static void ask_first(struct master *master, struct visit *visit)
{
	uint32_t host = visit->host;

	master_queue_again(master, visit);
	frontier_shut(master->frontier, host);
	hosts_robots_asked(master->hosts, host);
	frontier_push(master->frontier, host, MASTER_ROBOTS, LANE_ROBOTS);
}

static enum master_gate close_gate(struct master *master, struct visit *visit, enum outcome outcome,
				   const char *why)
{
	master_end_visit(master, visit, outcome, why);
	return GATE_CLOSED;
}

static enum master_gate check_rules(struct master *master, struct visit *visit)
{
	size_t origin = frontier_host_origin(master->frontier, visit->host).size;
	struct slice path = { visit->url + origin, visit->url_size - origin };
	struct robots_verdict verdict = robots_check(hosts_rules(master->hosts, visit->host), path);
	char why[MSG_TEXT_MAX];

	if (verdict.is_allowed)
		return GATE_OPEN;
	snprintf(why, sizeof(why), "robots.txt line %u: %.*s", verdict.line, (int)verdict.rule.size,
		 verdict.rule.at);
	return close_gate(master, visit, OUTCOME_ROBOTS, why);
}

enum master_gate master_pass_robots(struct master *master, struct visit *visit)
{
	struct hosts_policy policy = hosts_policy(master->hosts, visit->host);

	if (visit->kind == VISIT_ROBOTS || (!policy.obeys_robots && !policy.wants_sitemaps))
		return GATE_OPEN;
	switch (hosts_robots(master->hosts, visit->host, clock_date_ms())) {
	case HOSTS_ROBOTS_RULES:
		return policy.obeys_robots ? check_rules(master, visit) : GATE_OPEN;
	case HOSTS_ROBOTS_NONE:
		return GATE_OPEN;
	case HOSTS_ROBOTS_UNREACHABLE:
		if (!policy.obeys_robots)
			return GATE_OPEN;
		return close_gate(master, visit, hosts_robots_why(master->hosts, visit->host),
				  "robots.txt could not be had: nothing may be asked for now (RFC "
				  "9309 2.3.1.4)");
	case HOSTS_ROBOTS_UNKNOWN:
	case HOSTS_ROBOTS_ASKED:
		break;
	}
	ask_first(master, visit);
	return GATE_WAIT;
}

/* ---- the answer ---- */

static void say_cut_delay(const struct master *master, uint32_t host)
{
	const struct robots *robots = hosts_rules(master->hosts, host);
	struct slice origin = frontier_host_origin(master->frontier, host);
	char name[ORIGIN_BYTES_MAX + 1];

	if (!robots || !hosts_policy(master->hosts, host).obeys_robots ||
	    robots_crawl_delay_ms(robots) <= HOSTS_CRAWL_DELAY_MS_MAX)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)origin.size, origin.at);
	LOG(LOG_NORMAL, "crawl_delay", LOG_TEXT("host", name),
	    LOG_NUMBER("asked_ms", robots_crawl_delay_ms(robots)),
	    LOG_NUMBER("obeyed_ms", HOSTS_CRAWL_DELAY_MS_MAX));
}

static void add_sitemap(struct master *master, uint32_t host, struct slice url)
{
	struct store_url row = { .kind = STORE_URL_SITEMAP, .lane = LANE_HIGH };
	uint32_t target;

	if (url_parse(&master->scratch, url) != URL_OK)
		return;
	canonical_apply(master->config->canonical, &master->scratch);
	if (seen_has(master->seen, url_slice(&master->scratch)))
		return;
	target = master_host_of(master, &master->scratch);
	if (target == FRONTIER_NO_HOST || master_add_url(master, &master->scratch, row) < 0)
		return;
	if (target != host)
		master_note_way(master, target, host);
}

/* The sitemaps that robots.txt names; the usual place, if it names none. */
void master_add_sitemaps(struct master *master, uint32_t host)
{
	enum hosts_robots state = hosts_robots(master->hosts, host, clock_date_ms());
	const struct robots *robots = hosts_rules(master->hosts, host);
	size_t count = robots ? robots_sitemap_count(robots) : 0;
	struct slice origin = frontier_host_origin(master->frontier, host);
	char usual[URL_BYTES_MAX + sizeof(SITEMAP_PATH)];
	int size;

	if (!hosts_policy(master->hosts, host).wants_sitemaps ||
	    (state != HOSTS_ROBOTS_RULES && state != HOSTS_ROBOTS_NONE))
		return;
	for (size_t i = 0; i < count; i++)
		add_sitemap(master, host, robots_sitemap(robots, i));
	if (count > 0)
		return;
	size = snprintf(usual, sizeof(usual), "%.*s" SITEMAP_PATH, (int)origin.size, origin.at);
	add_sitemap(master, host, (struct slice){ usual, (size_t)size });
}

static void remember(struct master *master, uint32_t host, enum hosts_robots state,
		     struct slice text)
{
	store_put_robots(master->store, hosts_key(master->hosts, host), hosts_robots_name(state),
			 text, clock_date_ms());
	master_commit_soon(master);
}

/* There is a robots.txt with this text, or there is none (absent): both hold for a day. */
static void settle(struct master *master, uint32_t host, struct slice text, int64_t at_ms)
{
	struct robots *robots = text.at ? robots_parse(text, master->product_token) : NULL;

	hosts_robots_known(master->hosts, host, robots, at_ms + HOSTS_ROBOTS_MS);
	say_cut_delay(master, host);
	master_settle_policy(master, host);
}

/* It was read, or there is none. */
static void take_text(struct master *master, uint32_t host, struct slice text)
{
	settle(master, host, text, clock_date_ms());
	remember(master, host, text.at ? HOSTS_ROBOTS_RULES : HOSTS_ROBOTS_NONE, text);
	master_add_sitemaps(master, host);
}

/*
 * A host that cannot be reached forbids everything for now (RFC 9309 2.3.1.4).  Its URLs end with
 * the reason: the user wants to know that a name does not resolve, not that robots.txt forbade it.
 */
static void give_up(struct master *master, uint32_t host, const struct msg_page *page)
{
	bool is_answer = page->outcome == OUTCOME_HTTP_ERROR || outcome_is_done(page->outcome);
	enum outcome why = is_answer ? OUTCOME_ROBOTS : page->outcome;

	hosts_robots_unreachable(master->hosts, host, why, clock_date_ms() + UNREACHABLE_MS);
	remember(master, host, HOSTS_ROBOTS_UNREACHABLE, (struct slice){ 0 });
}

/* A status says so by itself, whatever became of the page that came with it. */
static bool is_none(const struct msg_page *page)
{
	return page->status >= 400 && page->status < 500 && page->status != 429;
}

/* It leads on, at most five times; beyond that it counts as none (RFC 9309 2.3.1.2). */
static bool follow(struct master *master, struct visit *visit, const struct msg_page *page)
{
	if (!msg_page_is_redirect(page) || visit->hops >= REDIRECTS_MAX)
		return false;
	if (master_next_hop(master, visit, page->texts[MSG_LOCATION]) != URL_OK)
		return false;
	visit_add_hop(visit, page->status);
	master_queue_again(master, visit);
	return true;
}

/*
 * A copy of the text, for a worker could still change its own.  What was cut off in the middle of a
 * line is no rule.
 */
static struct slice copy_text(const struct msg_page *page, struct slice slot)
{
	struct slice whole = msg_part(page, slot, MSG_PART_TEXT);
	size_t size = whole.size < ROBOTS_BYTES_MAX ? whole.size : ROBOTS_BYTES_MAX;
	char *text = memory_new(1, size + 1);
	const char *end;

	memcpy(text, whole.at, size);
	if (page->outcome == OUTCOME_TOO_LARGE || size < whole.size) {
		end = memrchr(text, '\n', size);
		size = end ? (size_t)(end - text) : 0;
	}
	return (struct slice){ text, size };
}

void master_take_robots(struct master *master, struct visit *visit, const struct msg_page *page,
			struct slice slot)
{
	uint32_t host = visit->home;
	bool is_text = page->outcome == OUTCOME_OK || page->outcome == OUTCOME_TOO_LARGE;

	if (follow(master, visit, page) || master_try_again(master, visit, page))
		return;
	if (is_text && msg_page_is_success(page)) {
		struct slice text = copy_text(page, slot);

		take_text(master, host, text);
		free((void *)(uintptr_t)text.at);
	} else if (is_none(page) || msg_page_is_redirect(page)) {
		take_text(master, host, (struct slice){ 0 });
	} else {
		give_up(master, host, page);
	}
	frontier_open(master->frontier, host);
	visits_end(master->visits, visit);
}

void master_remember_robots(struct master *master, uint32_t host,
			    const struct store_known_host *known)
{
	struct slice state = known->robots_state, text = known->robots;
	int64_t age = clock_date_ms() - known->robots_at_ms;

	if (age < 0 || age >= HOSTS_ROBOTS_MS)
		return;
	if (slice_equal(state, slice_of(hosts_robots_name(HOSTS_ROBOTS_RULES))))
		settle(master, host, text.at ? text : SLICE(""), known->robots_at_ms);
	else if (slice_equal(state, slice_of(hosts_robots_name(HOSTS_ROBOTS_NONE))))
		settle(master, host, (struct slice){ 0 }, known->robots_at_ms);
}
