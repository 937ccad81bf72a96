#include "tests/support/test.h"

#include <stdio.h>

#include "crawler/base/clock.h"
#include "crawler/frontier/frontier.h"

/*
 * Long random runs against a model that is too simple to be wrong: every URL and every host in a
 * plain array, looked through from end to end.  What the frontier gives must be allowed by the
 * model; when it gives nothing, the model must have nothing either; at the end every URL has been
 * asked for, or ended unasked, once.
 */
enum { HOSTS = 24, GROUPS = 3, URLS = 300, STEPS = 6000, SEEDS = 100, DELAY_MAX = 40 };

enum state { ABSENT, QUEUED, UNDER_WAY, ENDED };

struct url {
	enum state state;
	enum frontier_lane lane;
	uint32_t host;
	int64_t at_ms; /* not before */
};

struct host {
	struct pace pace;
	uint32_t group; /* or GROUPS: none */
	bool is_shut, is_suspended;
};

struct model {
	struct frontier *frontier;
	struct url urls[URLS];
	struct host hosts[HOSTS];
	struct pace groups[GROUPS]; /* in_flight stands with the hosts */
	int64_t now;
	uint64_t seed;
};

static unsigned chance(struct model *model, unsigned below)
{
	model->seed = model->seed * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(model->seed >> 33) % below;
}

/* ---- what the rules say ---- */

static int64_t later(int64_t first, int64_t second)
{
	return first > second ? first : second;
}

static int64_t clocks(const struct pace *pace)
{
	int64_t due = pace->held_ms;

	if (pace->started_ms != PACE_NOT_STARTED && pace->policy.delay_ms > 0)
		due = later(due, pace->started_ms + pace->policy.delay_ms);
	return due;
}

static unsigned group_in_flight(const struct model *model, uint32_t group)
{
	unsigned sum = 0;

	for (uint32_t i = 0; i < HOSTS; i++)
		sum += model->hosts[i].group == group ? model->hosts[i].pace.in_flight : 0;
	return sum;
}

/* When may this URL be asked for, as things are? */
static int64_t due_of(const struct model *model, const struct url *url)
{
	const struct host *host = &model->hosts[url->host];
	const struct pace *group = host->group < GROUPS ? &model->groups[host->group] : NULL;

	if (url->state != QUEUED || host->is_suspended ||
	    (host->is_shut && url->lane != LANE_ROBOTS) ||
	    host->pace.in_flight >= host->pace.policy.concurrency)
		return CLOCK_NEVER;
	if (group && group_in_flight(model, host->group) >= group->policy.concurrency)
		return CLOCK_NEVER;
	return later(later(url->at_ms, clocks(&host->pace)), group ? clocks(group) : 0);
}

static int64_t first_due(const struct model *model)
{
	int64_t due = CLOCK_NEVER;

	for (uint32_t i = 0; i < URLS; i++)
		due = clock_sooner(due, due_of(model, &model->urls[i]));
	return due;
}

static size_t count_of(const struct model *model, enum state state)
{
	size_t count = 0;

	for (uint32_t i = 0; i < URLS; i++)
		count += model->urls[i].state == state;
	return count;
}

/* ---- what can be done ---- */

static struct pace_policy some_policy(struct model *model)
{
	return (struct pace_policy){
		.delay_ms = chance(model, 3) == 0 ? 0 : chance(model, DELAY_MAX),
		.concurrency = 1 + chance(model, 4),
	};
}

static int64_t some_time(struct model *model)
{
	return model->now + chance(model, 2 * DELAY_MAX);
}

static void push(struct model *model, uint32_t id, uint32_t host)
{
	enum frontier_lane lane = (enum frontier_lane)chance(model, FRONTIER_LANES);
	int64_t at = 0;

	switch (chance(model, 3)) {
	case 0:
		frontier_push(model->frontier, host, id, lane);
		break;
	case 1:
		frontier_push_first(model->frontier, host, id, lane);
		break;
	default:
		at = some_time(model);
		frontier_push_later(model->frontier, host, id, lane, at);
	}
	model->urls[id] = (struct url){ QUEUED, lane, host, at };
}

static void push_new(struct model *model)
{
	for (uint32_t id = 0; id < URLS; id++) {
		if (model->urls[id].state == ABSENT) {
			push(model, id, chance(model, HOSTS));
			return;
		}
	}
}

static void hold(struct model *model, uint32_t index, int64_t until)
{
	struct host *host = &model->hosts[index];

	frontier_hold(model->frontier, index, until);
	host->pace.held_ms = later(host->pace.held_ms, until);
}

static void hold_group(struct model *model, uint32_t index, int64_t until)
{
	struct host *host = &model->hosts[index];

	frontier_hold_group(model->frontier, index, until);
	if (host->group < GROUPS)
		model->groups[host->group].held_ms =
			later(model->groups[host->group].held_ms, until);
}

static void release(struct model *model, uint32_t index)
{
	frontier_release(model->frontier, index);
	model->hosts[index].pace.held_ms = 0;
	for (uint32_t id = 0; id < URLS; id++) {
		if (model->urls[id].host == index && model->urls[id].state == QUEUED)
			model->urls[id].at_ms = 0;
	}
}

static void join(struct model *model, uint32_t index, uint32_t number)
{
	struct host *host = &model->hosts[index];
	struct pace *group = &model->groups[number];
	struct pace_policy policy = some_policy(model);
	char name[2] = { (char)('a' + number), '\0' };

	policy.delay_ms /= 8;
	policy.concurrency += 2;
	frontier_join(model->frontier, index, slice_of(name), policy);
	host->group = number;
	group->started_ms = later(group->started_ms, host->pace.started_ms);
	group->policy.delay_ms = later(group->policy.delay_ms, policy.delay_ms);
	if (group->policy.concurrency > policy.concurrency)
		group->policy.concurrency = policy.concurrency;
}

static void shut(struct model *model, uint32_t host, bool is_shut)
{
	(is_shut ? frontier_shut : frontier_open)(model->frontier, host);
	model->hosts[host].is_shut = is_shut;
}

static void suspend(struct model *model, uint32_t host, bool is_suspended)
{
	(is_suspended ? frontier_suspend : frontier_resume)(model->frontier, host);
	model->hosts[host].is_suspended = is_suspended;
}

static void begin(struct model *model, uint32_t id, uint32_t index)
{
	struct host *host = &model->hosts[index];

	frontier_begin(model->frontier, index, model->now);
	host->pace.in_flight++;
	host->pace.started_ms = model->now;
	if (host->group < GROUPS)
		model->groups[host->group].started_ms = model->now;
	model->urls[id].state = UNDER_WAY;
}

static void end(struct model *model, uint32_t id)
{
	uint32_t index = model->urls[id].host;
	struct host *host = &model->hosts[index];
	int64_t sent = chance(model, 3) == 0 ? 0 : model->now - chance(model, DELAY_MAX);

	frontier_done(model->frontier, index, sent);
	host->pace.in_flight--;
	if (sent > 0)
		host->pace.started_ms = later(host->pace.started_ms, sent);
	if (sent > 0 && host->group < GROUPS)
		model->groups[host->group].started_ms =
			later(model->groups[host->group].started_ms, sent);
	model->urls[id].state = ENDED;
}

/* A request of those under way is over. */
static void end_some(struct model *model)
{
	uint32_t first = chance(model, URLS);

	for (uint32_t i = 0; i < URLS; i++) {
		uint32_t id = (first + i) % URLS;

		if (model->urls[id].state == UNDER_WAY) {
			end(model, id);
			return;
		}
	}
}

/* What becomes of a URL that was taken. */
static void use(struct model *model, uint32_t id, uint32_t host)
{
	switch (chance(model, 8)) {
	case 0: /* the last request has not been sent */
		hold(model, host, some_time(model));
		hold_group(model, host, some_time(model));
		push(model, id, host);
		break;
	case 1: /* robots.txt comes first */
		push(model, id, host);
		shut(model, host, true);
		break;
	case 2: /* so does its address */
		push(model, id, host);
		suspend(model, host, true);
		break;
	case 3: /* it ends unasked */
		model->urls[id].state = ENDED;
		break;
	case 4: /* it was redirected at its last visit */
		push(model, id, chance(model, HOSTS));
		break;
	default:
		begin(model, id, host);
	}
}

/* Returns whether there was one. */
static bool take(struct model *model)
{
	int64_t due = first_due(model), told;
	uint32_t host, id;

	if (!frontier_next(model->frontier, model->now, &host, &id)) {
		assert_true(due > model->now);
		told = frontier_due_ms(model->frontier); /* too soon at times, never too late */
		assert_true(told > model->now && told <= due);
		return false;
	}
	assert_in_range(id, 0, URLS - 1);
	assert_int_equal(model->urls[id].host, host);
	assert_true(due_of(model, &model->urls[id]) <= model->now);
	use(model, id, host);
	return true;
}

static void do_something(struct model *model)
{
	uint32_t host = chance(model, HOSTS);

	switch (chance(model, 16)) {
	case 0:
		hold(model, host, some_time(model));
		break;
	case 1:
		hold_group(model, host, some_time(model));
		break;
	case 2:
		if (chance(model, 8) == 0)
			release(model, host);
		break;
	case 3:
		model->hosts[host].pace.policy = some_policy(model);
		frontier_set_policy(model->frontier, host, model->hosts[host].pace.policy);
		break;
	case 4:
		if (chance(model, 8) == 0)
			join(model, host, chance(model, GROUPS));
		break;
	case 5:
	case 6:
		shut(model, host, false);
		break;
	case 7:
	case 8:
		suspend(model, host, false);
		break;
	case 9:
	case 10:
		end_some(model);
		break;
	case 11:
		push_new(model);
		break;
	default:
		model->now += chance(model, 8);
	}
}

/* ---- a run ---- */

static void set_up(struct model *model, uint64_t seed)
{
	*model = (struct model){ .frontier = frontier_new(), .seed = seed, .now = 1000 };
	for (uint32_t i = 0; i < GROUPS; i++)
		model->groups[i] = (struct pace){ { 0, UINT32_MAX }, PACE_NOT_STARTED, 0, 0 };
	for (uint32_t i = 0; i < HOSTS; i++) {
		struct pace_policy policy = some_policy(model);
		char origin[32];

		snprintf(origin, sizeof(origin), "http://h%u", i);
		model->hosts[i] = (struct host){
			.pace = { policy, PACE_NOT_STARTED, 0, 0 },
			.group = GROUPS,
		};
		assert_int_equal(frontier_add_host(model->frontier, slice_of(origin), policy), i);
	}
}

/* All that hinders is taken away; then all must come, without anything else being done. */
static void finish(struct model *model)
{
	for (uint32_t host = 0; host < HOSTS; host++) {
		shut(model, host, false);
		suspend(model, host, false);
	}
	while (count_of(model, QUEUED) + count_of(model, UNDER_WAY) > 0) {
		uint32_t host, id;

		while (frontier_next(model->frontier, model->now, &host, &id)) {
			assert_true(due_of(model, &model->urls[id]) <= model->now);
			begin(model, id, host);
		}
		end_some(model);
		model->now += 1 + chance(model, 4);
		assert_true(model->now < INT32_MAX);
	}
	assert_int_equal(frontier_count(model->frontier), 0);
	assert_int_equal(frontier_ready_hosts(model->frontier), 0);
	assert_int_equal(frontier_due_ms(model->frontier), CLOCK_NEVER);
}

static void no_rule_is_broken_and_no_url_is_lost(void **state)
{
	static struct model model;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		set_up(&model, seed);
		for (int step = 0; step < STEPS; step++) {
			do_something(&model);
			if (chance(&model, 3) > 0)
				take(&model);
			assert_int_equal(frontier_count(model.frontier), count_of(&model, QUEUED));
			for (uint32_t host = 0; host < HOSTS; host++)
				assert_int_equal(frontier_pace(model.frontier, host)->in_flight,
						 model.hosts[host].pace.in_flight);
		}
		assert_true(count_of(&model, ENDED) > URLS / 2);
		finish(&model);
		frontier_free(model.frontier);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_rule_is_broken_and_no_url_is_lost),
	};

	return RUN_TESTS(tests);
}
