#include "master/proxied.h"

#include <stdio.h>

#include "base/clock.h"
#include "master/holds.h"
#include "master/queue.h"
#include "show/human.h"
#include "show/log.h"

#define WHY_MAX PROXIES_ERROR_MAX

/* So often a proxy fails before it is given up, if it does nothing else. */
#define FAILURES_EACH (PROXIES_FAILURES_MAX * (PROXIES_RESTS_MAX + 1))

static uint32_t request_of(const struct parts *parts, const struct visit *visit)
{
	return hosts_policy(parts->politeness->hosts, visit->host).request;
}

static const char *name_of(const struct parts *parts, uint32_t number)
{
	return config_proxy(parts->config, number)->name;
}

/* ---- on its way ---- */

/* None is left for it. */
static void end(struct parts *parts, struct visit *visit, const char *why)
{
	struct msg_page page = { .outcome = OUTCOME_PROXY };

	page.texts[MSG_ERROR] = slice_of(why);
	if (visit->kind == VISIT_ROBOTS)
		robots_gate_on_answer(parts->gate, visit, &page, (struct slice){ 0 });
	else if (visit->kind == VISIT_LOGIN)
		login_gate_on_answer(parts->login_gate, visit, &page, (struct slice){ 0 });
	else
		ending_unasked(parts->ending, visit, &page);
}

static void end_without(struct parts *parts, struct visit *visit)
{
	const struct proxy_choice *choice =
		&config_request(parts->config, request_of(parts, visit))->proxies;
	const char *error = proxies_figures(parts->proxies, choice->numbers[0], 0).error;
	char why[WHY_MAX + 200];

	if (choice->count == 1)
		snprintf(why, sizeof(why), "its proxy is given up, after %d rests: %s: %s",
			 PROXIES_RESTS_MAX, name_of(parts, choice->numbers[0]), error ? error : "");
	else
		snprintf(why, sizeof(why), "its %zu proxies are given up, after %d rests each",
			 choice->count, PROXIES_RESTS_MAX);
	end(parts, visit, why);
}

bool proxied_choose(struct parts *parts, struct visit *visit)
{
	uint32_t request = request_of(parts, visit);
	struct proxies_pick pick;
	int64_t now;

	visit->proxy = MSG_PROXY_UNSAID;
	visit->wants_other = false;
	if (proxies_are_unsaid(parts->proxies, request))
		return true;
	now = clock_ms();
	pick = proxies_pick(parts->proxies, request,
			    politeness_name(parts->politeness, visit->host), visit->avoids, now);
	visit->proxy = pick.number;
	switch (pick.answer) {
	case PROXIES_GO:
		break;
	case PROXIES_WAIT:
		holds_wait(parts->politeness, visit->host, pick.until_ms - now, "its proxies rest");
		queue_again(parts->politeness, visit);
		break;
	case PROXIES_GONE:
		end_without(parts, visit);
		break;
	}
	return pick.answer == PROXIES_GO;
}

/* ---- and back ---- */

/* "connect: Failed to connect ...": what is kept of a failure. */
static struct slice describe(const struct msg_page *page, char out[WHY_MAX])
{
	struct slice error = page->texts[MSG_ERROR];

	if (page->status == 407)
		return SLICE("HTTP status 407: it wants another name and password");
	snprintf(out, WHY_MAX, "%s%s%.*s", outcome_name(page->outcome), error.size > 0 ? ": " : "",
		 (int)error.size, error.size > 0 ? error.at : "");
	return slice_of(out);
}

static void note_failure(struct parts *parts, uint32_t number,
			 const struct proxies_failure *failure)
{
	int64_t rest_ms = proxies_failed(parts->proxies, number, failure, clock_ms());
	const char *name = name_of(parts, number);
	char why[WHY_MAX], text[HUMAN_DURATION_MAX];

	snprintf(why, sizeof(why), "%.*s", (int)failure->why.size, failure->why.at);
	if (rest_ms == PROXIES_GIVE_UP) {
		LOG(LOG_NORMAL, "proxy_given_up", LOG_TEXT("proxy", name), LOG_TEXT("last", why));
		events_say(parts->events, "proxy_given_up", (struct slice){ 0 }, "%s: %s", name,
			   why);
	} else if (rest_ms > 0) {
		LOG(LOG_NORMAL, "proxy_rests", LOG_TEXT("proxy", name), LOG_NUMBER("ms", rest_ms),
		    LOG_TEXT("last", why));
		events_say(parts->events, "proxy_rests", (struct slice){ 0 }, "%s, for %s: %s",
			   name, human_exact(rest_ms, text), why);
	} else {
		LOG(LOG_VERBOSE, "proxy_failed", LOG_TEXT("proxy", name), LOG_TEXT("why", why));
	}
}

/* The page is of its proxy's failure. */
static void blame(struct parts *parts, const struct visit *visit, const struct msg_page *page)
{
	char why[WHY_MAX];
	struct proxies_failure failure = { .why = describe(page, why),
					   .asked_ms = visit->asked_ms,
					   .is_final = page->status == 407 };

	note_failure(parts, visit->proxy, &failure);
}

/* One who says nothing, and never has, is the proxy: of the host nobody knows anything. */
static bool is_of_proxy(const struct parts *parts, const struct visit *visit,
			const struct msg_page *page)
{
	if (!config_proxy(parts->config, visit->proxy) ||
	    proxies_is_slip(parts->proxies, request_of(parts, visit), visit->proxy))
		return false;
	return (page->flags & MSG_PAGE_IS_OF_PROXY) ||
	       ((page->flags & MSG_PAGE_MAY_BE_PROXY) &&
		!proxies_has_answered(parts->proxies, visit->proxy));
}

bool proxied_failed(struct parts *parts, struct visit *visit, const struct msg_page *page)
{
	size_t most = proxies_count(parts->proxies, request_of(parts, visit)) * FAILURES_EACH;
	char why[WHY_MAX + 100];

	if (!is_of_proxy(parts, visit, page))
		return false;
	blame(parts, visit, page);
	if (visit->suspect == 0) /* which would not get it now either */
		visit->avoids = visit->proxy;
	visit->tries -= visit->tries > 0 && visit->hops == 0;
	if (++visit->proxy_failures <= most) {
		queue_again(parts->politeness, visit);
		return true;
	}
	snprintf(why, sizeof(why), "its proxies have failed %u times: %.*s", visit->proxy_failures,
		 (int)page->texts[MSG_ERROR].size,
		 page->texts[MSG_ERROR].size > 0 ? page->texts[MSG_ERROR].at : "");
	end(parts, visit, why);
	return true;
}

/* What a proxy may be to blame for: that it is known at a host, overrun, reads along, or is none.
 */
static bool is_suspect(const struct msg_page *page)
{
	switch (page->outcome) {
	case OUTCOME_WRONG_PAGE:
	case OUTCOME_TRUNCATED:
	case OUTCOME_CONNECT:
	case OUTCOME_TIMEOUT:
	case OUTCOME_DNS:
	case OUTCOME_TLS:
	case OUTCOME_BAD_RESPONSE:
	case OUTCOME_BAD_ENCODING:
		return true;
	case OUTCOME_HTTP_ERROR:
		return page->status == 403 || page->status == 429 ||
		       (page->status >= 502 && page->status <= 504);
	default:
		return false;
	}
}

/* What the same proxy would not mend, another may. */
static bool is_for_another(const struct msg_page *page)
{
	switch (page->outcome) {
	case OUTCOME_WRONG_PAGE:
	case OUTCOME_TLS:
	case OUTCOME_BAD_RESPONSE:
	case OUTCOME_BAD_ENCODING:
		return true;
	default:
		return page->outcome == OUTCOME_HTTP_ERROR && page->status == 403;
	}
}

static void suspect(struct parts *parts, struct visit *visit, const struct msg_page *page)
{
	bool counts = page->flags & MSG_PAGE_MAY_BE_PROXY;

	visit->avoids = visit->proxy;
	visit->suspect = counts ? 0 : visit->proxy;
	if (counts)
		blame(parts, visit, page);
	visit->other_ms = proxies_other_ms(parts->proxies, request_of(parts, visit), visit->proxy,
					   clock_ms());
	visit->wants_other = is_for_another(page) && visit->other_ms < CLOCK_NEVER;
}

static bool has_page(const struct msg_page *page)
{
	return page->outcome == OUTCOME_NOT_MODIFIED ||
	       (page->outcome == OUTCOME_OK && msg_page_is_success(page));
}

void proxied_note(struct parts *parts, struct visit *visit, const struct msg_page *page)
{
	struct proxies_failure failure = { .why = SLICE("another proxy got a page that it did not "
							"get"),
					   .asked_ms = visit->asked_ms };

	if (!config_proxy(parts->config, visit->proxy) || !(page->flags & MSG_PAGE_IS_PROXIED))
		return;
	if (is_suspect(page)) {
		suspect(parts, visit, page);
		return;
	}
	proxies_answered(parts->proxies, visit->proxy,
			 has_page(page) && visit->kind != VISIT_ROBOTS, clock_ms());
	if (visit->suspect > 0 && visit->suspect != visit->proxy && has_page(page))
		note_failure(parts, visit->suspect, &failure);
	if (!msg_page_is_redirect(page))
		visit->suspect = visit->avoids = 0;
}

/* ---- what came of them ---- */

int proxied_write(struct proxies *proxies, const struct config *config, struct store *store)
{
	int64_t now = clock_ms(), date = clock_date_ms();
	uint32_t number;

	while ((number = proxies_changed(proxies)) > 0) {
		struct proxies_figures figures = proxies_figures(proxies, number, now);
		struct store_proxy_figures row = {
			.proxy = config_proxy(config, number)->name,
			.pages = figures.pages,
			.failures = figures.failures,
			.rests = figures.rests,
			.rests_until_ms = figures.rests_until_ms > 0
						  ? date + figures.rests_until_ms - now
						  : 0,
			.error = figures.error,
		};

		if (store_put_proxy_figures(store, &row) < 0)
			return -1;
	}
	return 0;
}
