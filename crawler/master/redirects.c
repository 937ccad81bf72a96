#include "master/ending_internal.h"

#include <stdio.h>

#include "links/follow.h"
#include "master/queue.h"
#include "master/reach.h"

enum url_error ending_hop(struct ending *ending, struct visit *visit, struct slice location)
{
	struct url target;
	enum url_error error = url_parse(&target, visit_url(visit));
	uint32_t host;

	if (error == URL_OK)
		error = url_resolve(&target, &target, location);
	if (error != URL_OK)
		return error;
	canonical_apply(ending->config->canonical, &target);
	host = discovery_host_of(ending->discovery, &target);
	if (host == FRONTIER_NO_HOST)
		return URL_OK;
	reach_note_way(ending->politeness, host, visit->host);
	visit_set_url(visit, url_slice(&target));
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

/* Robots.txt and the rest are asked about the next hop when its turn comes. */
void ending_redirect(struct ending *ending, struct visit *visit, struct msg_page *page)
{
	enum url_error error;

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
	visit->is_moved = msg_page_is_moved(page) && (visit->hops == 0 || visit->is_moved);
	visit_add_hop(visit, page->status);
	if (is_astray(ending, visit, politeness_name(ending->politeness, visit->host))) {
		end_redirect(ending, visit, page, OUTCOME_OUT_OF_SCOPE,
			     "redirected to another site");
		return;
	}
	queue_again(ending->politeness, visit);
}

bool ending_move(struct ending *ending, struct visit *visit, struct slice moved_to)
{
	struct url target;

	if (visit->hops > 0 || moved_to.size == 0 || url_parse(&target, moved_to) != URL_OK ||
	    is_astray(ending, visit, url_host(&target)) ||
	    ending_hop(ending, visit, moved_to) != URL_OK)
		return false;
	visit->tries++; /* as if the first URL had been asked */
	visit_add_hop(visit, 0);
	visit->is_moved = true;
	queue_again(ending->politeness, visit);
	return true;
}
