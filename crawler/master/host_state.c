#include "master/host_state.h"

#include <stdlib.h>
#include <string.h>

#include "frontier/frontier.h"
#include "parsers/text/memory.h"
#include "parsers/url/address.h"

#define HOSTS_ADDRESS_MAX 48 /* bytes: IPv6 in digits */
#define NO_HOST           UINT32_MAX
#define USUAL_WEIGHT      8 /* a new response time counts one part in so many */

struct host {
	struct store_key key;
	uint32_t tenure;
	uint32_t worker;
	char address[HOSTS_ADDRESS_MAX]; /* or "" */
	bool is_private;                 /* that address */
	bool may_be_private;             /* as long as it has not answered */
	bool is_named, is_service;       /* by the user; that address: address_is_service() */
	bool is_listed, is_foreign;
	char *user; /* or NULL */
	struct hosts_policy policy;
	const struct visit *last; /* dispatched last, and not back: it is alive; or NULL */
	struct robots *robots;
	uint32_t fresher, staler; /* hosts with rules, by when they were asked for; or NO_HOST */
	int64_t crawl_delay_ms;
	int64_t robots_until_ms;
	enum hosts_robots robots_state;
	struct hosts_cause *robots_cause; /* if it is unreachable, or NULL */
	uint32_t usual_ms;
	unsigned failures, rests; /* in a row */
	int64_t failed_ms;        /* when the last one that counted came back */
	enum outcome last_failure;
	uint64_t root;
	bool has_answered;
};

struct hosts {
	struct host *hosts;
	uint32_t count, capacity;
	uint32_t freshest, stalest;       /* of the hosts that have rules */
	size_t rules_bytes;               /* of all of them */
	const struct visit **group_lasts; /* as last, by the numbers of groups */
	uint32_t group_capacity;
	unsigned failures_max;
	int64_t rest_ms;
};

struct hosts *hosts_new(unsigned failures_max, int64_t rest_ms)
{
	struct hosts *hosts = memory_new(1, sizeof(*hosts));

	hosts->freshest = hosts->stalest = NO_HOST;
	hosts->failures_max = failures_max;
	hosts->rest_ms = rest_ms;
	return hosts;
}

void hosts_free(struct hosts *hosts)
{
	if (!hosts)
		return;
	for (uint32_t i = 0; i < hosts->count; i++) {
		robots_free(hosts->hosts[i].robots);
		free(hosts->hosts[i].robots_cause);
		free(hosts->hosts[i].user);
	}
	free(hosts->group_lasts);
	free(hosts->hosts);
	free(hosts);
}

void hosts_add(struct hosts *hosts, struct store_key key)
{
	if (hosts->count == hosts->capacity) {
		hosts->capacity = hosts->capacity * 2 + 16;
		hosts->hosts = memory_resize(hosts->hosts, hosts->capacity * sizeof(*hosts->hosts));
	}
	hosts->hosts[hosts->count++] = (struct host){
		.key = key,
		.worker = HOSTS_NO_WORKER,
		.crawl_delay_ms = -1,
	};
}

struct store_key hosts_key(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].key;
}

void hosts_set_key(struct hosts *hosts, uint32_t host, struct store_key key)
{
	hosts->hosts[host].key = key;
}

void hosts_lose(struct hosts *hosts, uint32_t host)
{
	hosts->hosts[host].tenure++;
	hosts->hosts[host].is_foreign = true;
}

bool hosts_is_foreign(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].is_foreign;
}

void hosts_set_foreign(struct hosts *hosts, uint32_t host)
{
	hosts->hosts[host].is_foreign = true;
}

uint32_t hosts_tenure(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].tenure;
}

uint32_t hosts_worker(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].worker;
}

void hosts_set_worker(struct hosts *hosts, uint32_t host, uint32_t worker)
{
	hosts->hosts[host].worker = worker;
}

struct slice hosts_address(const struct hosts *hosts, uint32_t host)
{
	return slice_of(hosts->hosts[host].address);
}

bool hosts_set_address(struct hosts *hosts, uint32_t host, struct slice address)
{
	char *known = hosts->hosts[host].address;

	if (address.size == 0 || address.size >= HOSTS_ADDRESS_MAX ||
	    slice_equal(address, slice_of(known)))
		return false;
	memcpy(known, address.at, address.size);
	known[address.size] = '\0';
	hosts->hosts[host].is_private = !address_text_is_public(address);
	hosts->hosts[host].is_service = address_text_is_service(address);
	return true;
}

bool hosts_forget_address(struct hosts *hosts, uint32_t host)
{
	bool was_known = hosts->hosts[host].address[0] != '\0';

	hosts->hosts[host].address[0] = '\0';
	hosts->hosts[host].is_private = hosts->hosts[host].is_service = false;
	return was_known;
}

void hosts_note_named(struct hosts *hosts, uint32_t host)
{
	hosts->hosts[host].is_named = hosts->hosts[host].may_be_private = true;
}

void hosts_note_way(struct hosts *hosts, uint32_t host, uint32_t from)
{
	if (hosts->hosts[from].is_private)
		hosts_note_private_way(hosts, host);
}

void hosts_note_private_way(struct hosts *hosts, uint32_t host)
{
	hosts->hosts[host].may_be_private = true;
}

bool hosts_may_be_service(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].is_named || hosts->hosts[host].is_service;
}

bool hosts_may_be_private(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].may_be_private;
}

bool hosts_is_private(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].is_private;
}

bool hosts_is_public_only(const struct hosts *hosts, uint32_t host, enum private_addresses setting)
{
	switch (setting) {
	case PRIVATE_NONE:
		return true;
	case PRIVATE_ALL:
		return false;
	case PRIVATE_NAMED:
		break;
	}
	if (hosts->hosts[host].address[0])
		return !hosts->hosts[host].is_private;
	return !hosts->hosts[host].may_be_private;
}

void hosts_set_policy(struct hosts *hosts, uint32_t host, struct hosts_policy policy)
{
	hosts->hosts[host].policy = policy;
}

struct hosts_policy hosts_policy(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].policy;
}

void hosts_note_listed(struct hosts *hosts, uint32_t host)
{
	hosts->hosts[host].is_listed = true;
}

bool hosts_is_listed(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].is_listed;
}

void hosts_set_user(struct hosts *hosts, uint32_t host, struct slice user)
{
	free(hosts->hosts[host].user);
	hosts->hosts[host].user = memory_text(user.at, user.size);
}

struct slice hosts_user(const struct hosts *hosts, uint32_t host)
{
	const char *user = hosts->hosts[host].user;

	return user ? slice_of(user) : (struct slice){ 0 };
}

void hosts_set_last(struct hosts *hosts, uint32_t host, const struct visit *visit)
{
	hosts->hosts[host].last = visit;
}

const struct visit *hosts_last(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].last;
}

static void grow_groups(struct hosts *hosts, uint32_t group)
{
	uint32_t old = hosts->group_capacity;

	hosts->group_capacity = group * 2 + 16;
	hosts->group_lasts = memory_resize(hosts->group_lasts,
					   hosts->group_capacity * sizeof(*hosts->group_lasts));
	for (uint32_t i = old; i < hosts->group_capacity; i++)
		hosts->group_lasts[i] = NULL;
}

void hosts_set_group_last(struct hosts *hosts, uint32_t group, const struct visit *visit)
{
	if (group == FRONTIER_NO_GROUP)
		return;
	if (group >= hosts->group_capacity)
		grow_groups(hosts, group);
	hosts->group_lasts[group] = visit;
}

const struct visit *hosts_group_last(const struct hosts *hosts, uint32_t group)
{
	return group < hosts->group_capacity ? hosts->group_lasts[group] : NULL;
}

/* ---- robots.txt ---- */

const char *hosts_robots_name(enum hosts_robots state)
{
	static const char *const names[] = {
		[HOSTS_ROBOTS_UNKNOWN] = "unknown",
		[HOSTS_ROBOTS_ASKED] = "asked",
		[HOSTS_ROBOTS_RULES] = "rules",
		[HOSTS_ROBOTS_NONE] = "none",
		[HOSTS_ROBOTS_UNREACHABLE] = "unreachable",
	};

	return names[state];
}

enum hosts_robots hosts_robots(const struct hosts *hosts, uint32_t index, int64_t now_ms)
{
	const struct host *host = &hosts->hosts[index];

	if (host->robots_state > HOSTS_ROBOTS_ASKED && now_ms >= host->robots_until_ms)
		return HOSTS_ROBOTS_UNKNOWN;
	return host->robots_state;
}

bool hosts_has_answered(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].has_answered;
}

void hosts_set_answered(struct hosts *hosts, uint32_t host)
{
	hosts->hosts[host].has_answered = true;
}

uint64_t hosts_root(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].root;
}

void hosts_set_root(struct hosts *hosts, uint32_t host, uint64_t root)
{
	hosts->hosts[host].root = root;
}

void hosts_robots_asked(struct hosts *hosts, uint32_t host)
{
	hosts->hosts[host].robots_state = HOSTS_ROBOTS_ASKED;
}

static uint32_t *link_to(struct hosts *hosts, uint32_t host, bool is_fresher)
{
	struct host *of = host == NO_HOST ? NULL : &hosts->hosts[host];

	if (is_fresher)
		return of ? &of->fresher : &hosts->stalest;
	return of ? &of->staler : &hosts->freshest;
}

static void unlink_rules(struct hosts *hosts, uint32_t index)
{
	const struct host *host = &hosts->hosts[index];

	*link_to(hosts, host->staler, true) = host->fresher;
	*link_to(hosts, host->fresher, false) = host->staler;
}

static void link_rules(struct hosts *hosts, uint32_t index)
{
	struct host *host = &hosts->hosts[index];

	host->fresher = NO_HOST;
	host->staler = hosts->freshest;
	*link_to(hosts, host->staler, true) = index;
	hosts->freshest = index;
}

static void put_down_rules(struct hosts *hosts, uint32_t index)
{
	struct host *host = &hosts->hosts[index];

	if (!host->robots)
		return;
	unlink_rules(hosts, index);
	hosts->rules_bytes -= robots_memory_bytes(host->robots);
	robots_free(host->robots);
	host->robots = NULL;
}

void hosts_bring_rules(struct hosts *hosts, uint32_t index, struct robots *robots)
{
	put_down_rules(hosts, index);
	hosts->hosts[index].robots = robots;
	hosts->rules_bytes += robots_memory_bytes(robots);
	link_rules(hosts, index);
	while (hosts->rules_bytes > HOSTS_RULES_BYTES_MAX && hosts->stalest != index)
		put_down_rules(hosts, hosts->stalest);
}

static void settle_robots(struct hosts *hosts, uint32_t index, enum hosts_robots state,
			  int64_t until_ms)
{
	struct host *host = &hosts->hosts[index];

	put_down_rules(hosts, index);
	free(host->robots_cause);
	host->robots_cause = NULL;
	host->crawl_delay_ms = -1;
	host->robots_state = state;
	host->robots_until_ms = until_ms;
}

void hosts_robots_known(struct hosts *hosts, uint32_t host, struct robots *robots, int64_t until_ms)
{
	settle_robots(hosts, host, robots ? HOSTS_ROBOTS_RULES : HOSTS_ROBOTS_NONE, until_ms);
	if (!robots)
		return;
	hosts->hosts[host].crawl_delay_ms = robots_crawl_delay_ms(robots);
	hosts_bring_rules(hosts, host, robots);
}

void hosts_gain(struct hosts *hosts, uint32_t host, struct store_key key)
{
	hosts->hosts[host].key = key;
	if (!hosts->hosts[host].is_foreign)
		return;
	hosts->hosts[host].is_foreign = false;
	hosts->hosts[host].failures = hosts->hosts[host].rests = 0;
	hosts->hosts[host].usual_ms = 0;
	hosts->hosts[host].root = 0;
	hosts_forget_address(hosts, host);
	settle_robots(hosts, host, HOSTS_ROBOTS_UNKNOWN, 0);
}

void hosts_robots_unreachable(struct hosts *hosts, uint32_t host, const struct hosts_cause *cause,
			      int64_t until_ms)
{
	struct hosts_cause *copy = memory_new(1, sizeof(*copy));

	*copy = *cause;
	settle_robots(hosts, host, HOSTS_ROBOTS_UNREACHABLE, until_ms);
	hosts->hosts[host].robots_cause = copy;
}

const struct hosts_cause *hosts_robots_cause(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].robots_cause;
}

bool hosts_lacks_rules(const struct hosts *hosts, uint32_t index)
{
	const struct host *host = &hosts->hosts[index];

	return host->robots_state == HOSTS_ROBOTS_RULES && !host->robots;
}

const struct robots *hosts_rules(struct hosts *hosts, uint32_t host)
{
	if (hosts->hosts[host].robots) {
		unlink_rules(hosts, host);
		link_rules(hosts, host);
	}
	return hosts->hosts[host].robots;
}

int64_t hosts_crawl_delay_ms(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].crawl_delay_ms;
}

/* ---- how it answers ---- */

void hosts_answered(struct hosts *hosts, uint32_t index, uint32_t elapsed_ms)
{
	struct host *host = &hosts->hosts[index];

	host->failures = host->rests = 0;
	if (host->usual_ms == 0)
		host->usual_ms = elapsed_ms;
	else
		host->usual_ms += (uint32_t)(((int64_t)elapsed_ms - host->usual_ms) / USUAL_WEIGHT);
}

int64_t hosts_failed(struct hosts *hosts, uint32_t index, enum outcome why, int64_t asked_ms,
		     int64_t now_ms)
{
	struct host *host = &hosts->hosts[index];

	host->last_failure = why;
	if (hosts->failures_max == 0 || host->rests > HOSTS_RESTS_MAX || asked_ms < host->failed_ms)
		return 0;
	host->failed_ms = now_ms;
	if (++host->failures < hosts->failures_max)
		return 0;
	host->failures = 0;
	if (++host->rests > HOSTS_RESTS_MAX)
		return HOSTS_GIVE_UP;
	return hosts->rest_ms << (host->rests - 1);
}

bool hosts_is_given_up(const struct hosts *hosts, uint32_t index, enum outcome *why)
{
	*why = hosts->hosts[index].last_failure;
	return hosts->hosts[index].rests > HOSTS_RESTS_MAX;
}

void hosts_set_usual_ms(struct hosts *hosts, uint32_t host, int64_t usual_ms)
{
	hosts->hosts[host].usual_ms = (uint32_t)usual_ms;
}

int64_t hosts_usual_ms(const struct hosts *hosts, uint32_t host)
{
	return hosts->hosts[host].usual_ms;
}
