#include "master/proxies.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "parsers/text/memory.h"
#include "parsers/url/no_proxy.h"
#include "protocol/msg.h"

struct proxy {
	uint64_t pages, failed, rested; /* in all */
	unsigned failures, rests;       /* in a row */
	int64_t failed_ms;              /* the last that counted */
	int64_t until_ms;               /* it rests, if that is not past */
	bool is_given_up, has_changed, has_answered;
	char error[PROXIES_ERROR_MAX];
};

struct proxies {
	const struct config *config;
	struct proxy *list; /* of number n at n - 1 */
	size_t *positions;  /* where each choice is in its list, by config_request() */
	bool has_changed;   /* any */
};

struct proxies *proxies_new(const struct config *config)
{
	struct proxies *proxies = memory_new(1, sizeof(*proxies));

	*proxies = (struct proxies){
		.config = config,
		.list = memory_new(config->proxy_count + 1, sizeof(*proxies->list)),
		.positions = memory_new(config->host_count + 1, sizeof(*proxies->positions)),
	};
	return proxies;
}

void proxies_free(struct proxies *proxies)
{
	if (!proxies)
		return;
	free(proxies->positions);
	free(proxies->list);
	free(proxies);
}

static struct proxy *proxy_of(const struct proxies *proxies, uint32_t number)
{
	return &proxies->list[number - 1];
}

static const struct proxy_choice *choice_of(const struct proxies *proxies, uint32_t request)
{
	return &config_request(proxies->config, request)->proxies;
}

/* ---- which ---- */

static bool is_usable(const struct proxies *proxies, uint32_t number, int64_t now_ms)
{
	const struct proxy *proxy = proxy_of(proxies, number);

	return !proxy->is_given_up && proxy->until_ms <= now_ms;
}

/*
 * How gladly is it taken, up to RANK_MAX?  0: not at all.  Whoever has failed once goes by one that
 * is known to work, if there is one.
 */
#define RANK_MAX 4
static int rank(const struct proxies *proxies, const struct proxy_choice *choice, uint32_t number,
		uint32_t avoided, int64_t now_ms)
{
	const struct proxy *proxy = proxy_of(proxies, number);

	if (!is_usable(proxies, number, now_ms))
		return 0;
	if (number == avoided)
		return 1;
	if (proxy->failures > 0 && (avoided > 0 || choice->rotate == PROXY_ROTATE_FAILURE))
		return 2;
	return avoided > 0 && !proxy->has_answered ? 3 : RANK_MAX;
}

static size_t hash(struct slice name)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < name.size; i++)
		sum = (sum ^ (unsigned char)name.at[i]) * 0x100000001b3;
	return (size_t)(sum ^ sum >> 32);
}

/* The first that is taken most gladly, from a position on; count: none. */
static size_t find(const struct proxies *proxies, const struct proxy_choice *choice, size_t from,
		   uint32_t avoided, int64_t now_ms)
{
	size_t best = choice->count;
	int best_rank = 0;

	for (size_t i = 0; i < choice->count && best_rank < RANK_MAX; i++) {
		size_t at = (from + i) % choice->count;
		int own = rank(proxies, choice, choice->numbers[at], avoided, now_ms);

		if (own > best_rank) {
			best_rank = own;
			best = at;
		}
	}
	return best;
}

/* Until when do all of them rest? */
static struct proxies_pick wait_for(const struct proxies *proxies,
				    const struct proxy_choice *choice)
{
	struct proxies_pick pick = { .answer = PROXIES_GONE, .until_ms = CLOCK_NEVER };

	for (size_t i = 0; i < choice->count; i++) {
		const struct proxy *proxy = proxy_of(proxies, choice->numbers[i]);

		if (proxy->is_given_up)
			continue;
		pick.answer = PROXIES_WAIT;
		pick.until_ms = clock_sooner(pick.until_ms, proxy->until_ms);
	}
	return pick;
}

static struct proxies_pick pick_of_list(struct proxies *proxies, uint32_t request,
					struct slice name, uint32_t avoided, int64_t now_ms)
{
	const struct proxy_choice *choice = choice_of(proxies, request);
	size_t *position = &proxies->positions[request];
	size_t from = choice->rotate == PROXY_ROTATE_HOST ? hash(name) % choice->count : *position;
	size_t at = find(proxies, choice, from, avoided, now_ms);

	if (at == choice->count)
		return wait_for(proxies, choice);
	if (choice->rotate != PROXY_ROTATE_HOST)
		*position = choice->rotate == PROXY_ROTATE_REQUEST ? (at + 1) % choice->count : at;
	return (struct proxies_pick){ .number = choice->numbers[at] };
}

struct proxies_pick proxies_pick(struct proxies *proxies, uint32_t request, struct slice name,
				 uint32_t avoided, int64_t now_ms)
{
	const struct proxy_choice *choice = choice_of(proxies, request);
	struct slice bare = name;

	if (name.size > 2 && name.at[0] == '[')
		bare = (struct slice){ name.at + 1, name.size - 2 };
	if (choice->said == PROXY_UNSAID)
		return (struct proxies_pick){ .number = MSG_PROXY_UNSAID };
	if (choice->said == PROXY_NONE ||
	    (choice->heeds_no_proxy && no_proxy_has(proxies->config->no_proxy, bare)))
		return (struct proxies_pick){ .number = MSG_PROXY_NONE };
	return pick_of_list(proxies, request, name, avoided, now_ms);
}

bool proxies_are_unsaid(const struct proxies *proxies, uint32_t request)
{
	return choice_of(proxies, request)->said == PROXY_UNSAID;
}

int64_t proxies_other_ms(const struct proxies *proxies, uint32_t request, uint32_t number,
			 int64_t now_ms)
{
	const struct proxy_choice *choice = choice_of(proxies, request);
	int64_t soonest = CLOCK_NEVER;

	for (size_t i = 0; i < choice->count; i++) {
		const struct proxy *proxy = proxy_of(proxies, choice->numbers[i]);

		if (choice->numbers[i] == number || proxy->is_given_up)
			continue;
		if (proxy->until_ms <= now_ms)
			return now_ms;
		if (proxy->has_answered)
			soonest = clock_sooner(soonest, proxy->until_ms);
	}
	return soonest;
}

size_t proxies_count(const struct proxies *proxies, uint32_t request)
{
	return choice_of(proxies, request)->count;
}

/* ---- how they do ---- */

static struct proxy *change(struct proxies *proxies, uint32_t number)
{
	struct proxy *proxy = proxy_of(proxies, number);

	proxy->has_changed = proxies->has_changed = true;
	return proxy;
}

/* One that rests may still bring what it was asked for before. */
void proxies_answered(struct proxies *proxies, uint32_t number, bool has_page, int64_t now_ms)
{
	struct proxy *proxy = change(proxies, number);

	proxy->has_answered = true;
	proxy->pages += has_page;
	proxy->failures = 0;
	if (proxy->until_ms <= now_ms && !proxy->is_given_up)
		proxy->rests = 0;
}

bool proxies_has_answered(const struct proxies *proxies, uint32_t number)
{
	return proxy_of(proxies, number)->has_answered;
}

bool proxies_is_slip(const struct proxies *proxies, uint32_t request, uint32_t number)
{
	return choice_of(proxies, request)->is_typed && !proxy_of(proxies, number)->has_answered;
}

int64_t proxies_failed(struct proxies *proxies, uint32_t number,
		       const struct proxies_failure *failure, int64_t now_ms)
{
	struct proxy *proxy = change(proxies, number);

	proxy->failed++;
	snprintf(proxy->error, sizeof(proxy->error), "%.*s", (int)failure->why.size,
		 failure->why.size > 0 ? failure->why.at : "");
	if (proxy->is_given_up || proxy->until_ms > now_ms || failure->asked_ms < proxy->failed_ms)
		return 0;
	proxy->failed_ms = now_ms;
	if (++proxy->failures < PROXIES_FAILURES_MAX && !failure->is_final)
		return 0;
	proxy->failures = 0;
	proxy->is_given_up = proxy->rests == PROXIES_RESTS_MAX;
	if (proxy->is_given_up)
		return PROXIES_GIVE_UP;
	proxy->rested++;
	proxy->until_ms = now_ms + (proxies->config->settings.host_rest_ms << proxy->rests++);
	return proxy->until_ms - now_ms;
}

struct proxies_figures proxies_figures(const struct proxies *proxies, uint32_t number,
				       int64_t now_ms)
{
	const struct proxy *proxy = proxy_of(proxies, number);

	return (struct proxies_figures){
		.pages = proxy->pages,
		.failures = proxy->failed,
		.rests = proxy->rested,
		.rests_until_ms = proxy->until_ms > now_ms ? proxy->until_ms : 0,
		.error = proxy->error[0] ? proxy->error : NULL,
		.is_given_up = proxy->is_given_up,
	};
}

uint32_t proxies_changed(struct proxies *proxies)
{
	for (size_t i = 0; i < proxies->config->proxy_count && proxies->has_changed; i++) {
		if (!proxies->list[i].has_changed)
			continue;
		proxies->list[i].has_changed = false;
		return (uint32_t)i + 1;
	}
	proxies->has_changed = false;
	return 0;
}
