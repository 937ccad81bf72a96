#include "master/ending_internal.h"

#include <stdio.h>

#include "links/follow.h"
#include "master/queue.h"
#include "master/reach.h"
#include "parsers/text/ascii.h"
#include "show/log.h"

/* One that is another's is known by its name alone, until its owner has said more. */
static uint32_t host_of(struct ending *ending, const struct url *target)
{
	struct slice origin = url_origin(target);
	struct store_key key = { 0, 0 };

	if (discovery_is_ours(ending->discovery, target))
		return discovery_host_of(ending->discovery, target);
	key.share = discovery_share_of(ending->discovery, origin);
	return discovery_foreign_host(ending->discovery, origin, key);
}

enum url_error ending_hop(struct ending *ending, struct visit *visit, struct slice location)
{
	struct url target;
	enum url_error error = url_parse(&target, visit_url(visit));
	bool is_https = error == URL_OK && target.is_https;
	uint32_t host;

	if (error == URL_OK)
		error = url_resolve(&target, &target, location);
	if (error != URL_OK)
		return error;
	canonical_apply(ending->config->canonical, &target);
	host = host_of(ending, &target);
	if (host == FRONTIER_NO_HOST)
		return URL_OK;
	reach_note_way(ending->politeness, host, visit->host);
	visit->has_left_tls = visit_leaves_tls(visit->has_left_tls, is_https, target.is_https);
	visit_lead(visit, url_slice(&target));
	visit->host = host;
	return URL_OK;
}

/* A link that was followed leads nowhere by a redirect where it must not lead by itself. */
static bool is_astray(const struct ending *ending, const struct visit *visit, struct slice name)
{
	struct slice home = politeness_name(ending->politeness, visit->home);

	if (visit->rule == 0 || visit->rule > ending->config->follow_count)
		return false;
	return !follow_is_same_site(ending->config->follow[visit->rule - 1].same, home, name);
}

static void end_redirect(struct ending *ending, struct visit *visit, struct msg_page *page,
			 enum outcome outcome, const char *why)
{
	struct callback_page done = { .page = page, .keeps_content = true };

	page->outcome = outcome;
	page->texts[MSG_ERROR] = slice_of(why);
	ending_write_page(ending, visit, &done);
	visits_end(ending->politeness->visits, visit);
}

void ending_end_ring(struct ending *ending, struct visit *visit, const struct msg_page *answer)
{
	struct msg_page page = *answer;

	end_redirect(ending, visit, &page, OUTCOME_REDIRECT_LOOP, ENDING_RING);
}

/* Where it leads is no URL, or none that is fetched. */
static void end_unusable(struct ending *ending, struct visit *visit, struct msg_page *page,
			 enum url_error error)
{
	enum outcome outcome =
		error == URL_OTHER_SCHEME ? OUTCOME_OUT_OF_SCOPE : OUTCOME_BAD_RESPONSE;
	char why[200];

	snprintf(why, sizeof(why), MSG_BAD_LOCATION "%s", url_error_text(error));
	end_redirect(ending, visit, page, outcome, why);
}

/* ---- where it leads is a URL of the crawl ---- */

/* As what it was, or will be, written: how it moved. */
static struct move move_of(const struct visit *visit, const struct msg_page *answer)
{
	return (struct move){
		.key = politeness_key_of(visit),
		.host = visit->home,
		.status = answer->status,
		.is_counted = true,
		.is_again = visit->is_again,
		.has_content = visit->has_content,
		.depth = visit->depth,
	};
}

static void end_moved(struct ending *ending, struct visit *visit, const struct msg_page *answer)
{
	struct msg_page page = {
		.outcome = OUTCOME_MOVED,
		.status = answer->status,
		.wire_size = answer->wire_size,
		.elapsed_us = answer->elapsed_us,
	};
	struct callback_page done = { .page = &page, .keeps_content = visit->has_content };
	struct move move = move_of(visit, answer);

	moves_add(ending->moves, visit_own_url(visit), visit_url(visit), &move);
	ending_write_page(ending, visit, &done);
	if (ending->has_others)
		ending_probe_again(ending, visit_own_url(visit));
	visits_end(ending->politeness->visits, visit);
}

/*
 * Is the page read under the URL that it leads to?  Not where the visit has been: there a cookie
 * or the like may have opened the door; nor if an answer on the way set one, for it may be for this
 * visit alone; nor if it is posted there.
 */
static bool is_read_elsewhere(const struct ending *ending, const struct visit *visit,
			      bool has_been_there)
{
	return visit->kind == VISIT_PAGE && !has_been_there && !visit->has_cookie &&
	       !visit_is_posting(visit) &&
	       !discovery_is_sitemap(ending->discovery, visit_url(visit)) &&
	       moves_is_wanted(ending->moves, visit_url(visit));
}

/* It leads to a URL of another list, which is left alone: it was reached from here, too. */
static void take_in(struct ending *ending, const struct visit *visit)
{
	struct store_url row = {
		.from = politeness_key_of(visit),
		.root = politeness_root_of(visit),
		.depth = (int)visit->depth,
		.lane = (int)visit->lane,
		.rule = (int)visit->rule,
	};
	struct url url;

	if (discovery_is_alone(ending->discovery, visit_url(visit)) &&
	    url_parse(&url, visit_url(visit)) == URL_OK)
		discovery_add(ending->discovery, &url, row);
}

/*
 * Who had moved by hearsay, and has not if this has, is asked for after all: then there may be no
 * ring.
 */
static bool opens_ring(struct ending *ending, const struct visit *visit)
{
	struct move opened;

	if (!moves_open_ring(ending->moves, visit_own_url(visit), visit_url(visit), &opened))
		return false;
	ending_ask_again(ending, &opened);
	return true;
}

/* Is where it leads on its way to where it comes from, by other shares? */
static bool leads_round(const struct ending *ending, const struct visit *visit)
{
	struct moves_way way;

	if (!ending->has_others)
		return false;
	moves_walk(ending->moves, visit_url(visit), visit_own_url(visit), &way);
	return way.is_ring && store_key_is_none(way.hearsay.key);
}

/* Its own share and the other come and go by themselves: it waits to hear how that ends. */
static bool must_wait(const struct ending *ending, const struct visit *visit)
{
	return ending->has_others &&
	       hosts_key(ending->politeness->hosts, visit->host).share != visit->share &&
	       !moves_has_ended(ending->moves, visit_url(visit));
}

static void end_elsewhere(struct ending *ending, struct visit *visit, struct msg_page *page)
{
	struct move move = move_of(visit, page);

	if ((moves_closes_ring(ending->moves, visit_own_url(visit), visit_url(visit)) &&
	     !opens_ring(ending, visit)) ||
	    leads_round(ending, visit))
		end_redirect(ending, visit, page, OUTCOME_REDIRECT_LOOP, ENDING_RING);
	else if (must_wait(ending, visit)) {
		move.is_waiting = true;
		moves_add(ending->moves, visit_own_url(visit), visit_url(visit), &move);
		ending_wait(ending, visit, page);
	} else {
		end_moved(ending, visit, page);
	}
}

bool ending_meets(struct ending *ending, struct visit *visit, struct msg_page *page)
{
	if (!is_read_elsewhere(ending, visit, false))
		return false;
	take_in(ending, visit);
	end_elsewhere(ending, visit, page);
	return true;
}

/* ---- to another share ---- */

/* Of where it leads its owner knows whether it is read by itself; here it is known if it is a ring.
 */
static void go_away(struct ending *ending, struct visit *visit, struct msg_page *page,
		    bool has_been_there)
{
	bool may_move = visit->kind == VISIT_PAGE && !has_been_there && !visit->has_cookie &&
			!visit_is_posting(visit);

	if (may_move && moves_closes_ring(ending->moves, visit_own_url(visit), visit_url(visit)) &&
	    !opens_ring(ending, visit))
		end_redirect(ending, visit, page, OUTCOME_REDIRECT_LOOP, ENDING_RING);
	else
		ending_depart(ending, visit, page, may_move);
}

/* ---- one hop ---- */

#define LOST_TOLD_MAX 10 /* POSTs that became GETs, in the log of a run */

/* Is this how a host says that a URL was not the right one?  303, and by custom 302, say more. */
static bool corrects_url(unsigned status, struct slice from, struct slice to)
{
	return status == 301 || (status == 302 && ascii_starts_with(from, SLICE("http:")) &&
				 ascii_starts_with(to, SLICE("https:")));
}

/*
 * What is left of its request.  A list that names http where the host wants https, or a "/" too
 * many, posts nothing: that must not pass in silence.
 */
static void redirect_request(struct ending *ending, struct visit *visit, unsigned status)
{
	bool was_posting = visit_is_posting(visit);
	struct slice own = visit_own_url(visit);
	char url[URL_BYTES_MAX + 1];

	visit_redirect_request(visit, status);
	if (!was_posting || visit_is_posting(visit) || !corrects_url(status, own, visit_url(visit)))
		return;
	snprintf(url, sizeof(url), "%.*s", (int)own.size, own.at);
	LOG(ending->lost_told++ < LOST_TOLD_MAX ? LOG_NORMAL : LOG_VERBOSE, "post_became_get",
	    LOG_TEXT("url", url), LOG_NUMBER("status", status),
	    LOG_TEXT("why", "it was redirected: name the URL that it leads to (crawl why)"));
}

/* Robots.txt and the rest are asked about the next hop when its turn comes. */
void ending_redirect(struct ending *ending, struct visit *visit, struct msg_page *page)
{
	enum url_error error;
	bool has_been_there;

	if (visit->hops >= (uint64_t)ending->config->settings.redirects) {
		end_redirect(ending, visit, page, OUTCOME_REDIRECT_LOOP,
			     "more redirects than allowed");
		return;
	}
	error = ending_hop(ending, visit, page->texts[MSG_LOCATION]);
	if (error != URL_OK) {
		end_unusable(ending, visit, page, error);
		return;
	}
	has_been_there = visit_was_at(visit, visit_url(visit));
	redirect_request(ending, visit, page->status);
	visit->is_moved =
		msg_page_is_moved(page) && !visit->is_post && (visit->hops == 0 || visit->is_moved);
	visit->has_cookie |= (page->flags & MSG_PAGE_HAS_COOKIE) != 0;
	visit_add_cookies(visit, page->texts[MSG_COOKIES]);
	visit_add_hop(visit, page->status);
	if (is_astray(ending, visit, politeness_name(ending->politeness, visit->host))) {
		end_redirect(ending, visit, page, OUTCOME_OUT_OF_SCOPE,
			     "redirected to another site");
		return;
	}
	if (ending_leads_away(ending, visit)) {
		go_away(ending, visit, page, has_been_there);
		return;
	}
	if (is_read_elsewhere(ending, visit, has_been_there)) {
		take_in(ending, visit);
		end_elsewhere(ending, visit, page);
	} else {
		queue_again(ending->politeness, visit);
	}
}

bool ending_move(struct ending *ending, struct visit *visit, struct slice moved_to)
{
	struct url target;

	if (visit->hops > 0 || visit->is_post || moved_to.size == 0 ||
	    url_parse(&target, moved_to) != URL_OK || is_astray(ending, visit, url_host(&target)) ||
	    !discovery_is_ours(ending->discovery,
			       &target) || /* whose owner asks whether it still has */
	    moves_is_wanted(ending->moves, moved_to) ||
	    ending_hop(ending, visit, moved_to) != URL_OK)
		return false;
	visit_redirect_request(visit, 308);
	visit->tries++; /* as if the first URL had been asked */
	visit_add_hop(visit, 0);
	visit->is_moved = true;
	queue_again(ending->politeness, visit);
	return true;
}
