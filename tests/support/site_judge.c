#include "tests/support/site_judge.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 5000

struct seen {
	int64_t arrived_ms, ended_ms;
	char host[48], target[176], method[8];
	int status;
	unsigned port;
};

struct log {
	struct seen *list;
	size_t count, room;
};

/* ---- reading ---- */

static void add(struct log *log, const char *line, const struct site_manners *manners)
{
	struct seen seen = { 0 };
	long long arrived, ended;

	if (sscanf(line, "%lld %lld %7s %47s %175s %d %*s %u", &arrived, &ended, seen.method,
		   seen.host, seen.target, &seen.status, &seen.port) != 7)
		return;
	if (arrived < manners->from_ms || arrived > manners->until_ms)
		return;
	seen.arrived_ms = arrived;
	seen.ended_ms = ended;
	if (log->count == log->room) {
		log->room = log->room * 2 + 1024;
		log->list = realloc(log->list, log->room * sizeof(*log->list));
		if (!log->list)
			abort();
	}
	log->list[log->count++] = seen;
}

static int read_log(struct log *log, const char *path, const struct site_manners *manners)
{
	FILE *file = fopen(path, "r");
	char line[LINE_BYTES];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		add(log, line, manners);
	fclose(file);
	return 0;
}

static int by_host(const void *a, const void *b)
{
	const struct seen *one = a, *other = b;
	int order = strcmp(one->host, other->host);

	if (order == 0)
		order = (one->arrived_ms > other->arrived_ms) -
			(one->arrived_ms < other->arrived_ms);
	return order;
}

static int by_target(const void *a, const void *b)
{
	const struct seen *one = a, *other = b;
	int order = strcmp(one->host, other->host);

	if (order == 0)
		order = strcmp(one->target, other->target);
	return order ? order : strcmp(one->method, other->method);
}

/* ---- judging ---- */

/* With those around them: whether one came late, or there were two who asked. */
static void tell_worst(const struct seen list[], size_t count, size_t at,
		       struct site_judged *judged)
{
	size_t first = at > 4 ? at - 4 : 0, used = 0;

	used = (size_t)snprintf(
		judged->worst, sizeof(judged->worst), "%s: %s %d came %d ms after %s; at",
		list[at].host, list[at].target, list[at].status,
		(int)(list[at].arrived_ms - list[at - 1].arrived_ms), list[at - 1].target);
	for (size_t i = first; i < count && i < at + 3 && used < sizeof(judged->worst) / 2; i++)
		used += (size_t)snprintf(
			judged->worst + used, sizeof(judged->worst) - used, " %+d ms (%u)",
			(int)(list[i].arrived_ms - list[at].arrived_ms), list[i].port);
}

/*
 * Was the one before read late?  On one connection it is one who asks: three requests that took
 * two delays were sent a delay apart.
 */
static bool came_late(const struct seen list[], size_t at, int64_t delay_ms, int64_t jitter_ms)
{
	return at >= 2 && list[at].port == list[at - 1].port &&
	       list[at].port == list[at - 2].port &&
	       list[at].arrived_ms - list[at - 2].arrived_ms >= 2 * delay_ms - jitter_ms;
}

static int64_t delay_of(const char *host, const struct site_manners *manners)
{
	return manners->delay_of ? manners->delay_of(host, manners->delay_ms) : manners->delay_ms;
}

static bool is_busy(const struct seen *seen)
{
	return seen->status == 429 || seen->status == 503;
}

/* From the answer on that asked for it. */
static void judge_later(const struct seen list[], size_t count, const struct site_manners *manners,
			int64_t jitter_ms, struct site_judged *judged)
{
	int64_t delay_ms = delay_of(list[0].host, manners);
	const struct seen *busy = NULL;

	for (size_t i = 0; i < count; i++) {
		int64_t after_ms = busy ? list[i].arrived_ms - busy->ended_ms : 0;

		if (after_ms > delay_ms + jitter_ms && after_ms < manners->later_ms - jitter_ms) {
			judged->too_early++;
			snprintf(judged->early, sizeof(judged->early),
				 "%.40s: %.60s came %d ms after %.60s %d", list[i].host,
				 list[i].target, (int)after_ms, busy->target, busy->status);
		}
		if (is_busy(&list[i]) && (!busy || list[i].ended_ms > busy->ended_ms))
			busy = &list[i];
	}
}

/* Requests of one host, in the order of their arrival. */
static void judge_host(const struct seen list[], size_t count, const struct site_manners *manners,
		       int64_t jitter_ms, struct site_judged *judged)
{
	int64_t delay_ms = delay_of(list[0].host, manners);

	for (size_t i = 0; i < count; i++) {
		unsigned at_once = 1;

		for (size_t before = i; before > 0 && i - before < 1000; before--)
			at_once += list[before - 1].ended_ms - jitter_ms > list[i].arrived_ms;
		if (at_once > judged->most_at_once)
			judged->most_at_once = at_once;
		if (i == 0)
			continue;

		int64_t gap_ms = list[i].arrived_ms - list[i - 1].arrived_ms;

		if (came_late(list, i, delay_ms, jitter_ms))
			continue;
		if (delay_ms == manners->delay_ms && gap_ms < judged->least_gap_ms)
			judged->least_gap_ms = gap_ms;
		judged->too_close += gap_ms < delay_ms - jitter_ms;
		if (delay_ms - gap_ms > judged->most_short_ms) {
			judged->most_short_ms = delay_ms - gap_ms;
			tell_worst(list, count, i, judged);
		}
	}
}

static void judge_hosts(struct log *log, const struct site_manners *manners, int64_t jitter_ms,
			struct site_judged *judged)
{
	size_t first = 0;

	if (log->count > 0)
		qsort(log->list, log->count, sizeof(*log->list), by_host);
	for (size_t i = 1; i <= log->count; i++) {
		if (i < log->count && strcmp(log->list[i].host, log->list[first].host) == 0)
			continue;
		judge_host(log->list + first, i - first, manners, jitter_ms, judged);
		judge_later(log->list + first, i - first, manners, jitter_ms, judged);
		judged->hosts++;
		first = i;
	}
}

static void judge_targets(struct log *log, struct site_judged *judged)
{
	const struct seen *most = NULL;
	size_t first = 0;

	if (log->count > 0)
		qsort(log->list, log->count, sizeof(*log->list), by_target);
	for (size_t i = 1; i <= log->count; i++) {
		if (i < log->count && by_target(&log->list[i], &log->list[first]) == 0)
			continue;
		judged->targets++;
		judged->again += i - first - 1;
		if (i - first > judged->most_for_one) {
			judged->most_for_one = i - first;
			most = &log->list[first];
		}
		first = i;
	}
	if (most)
		snprintf(judged->worst + strlen(judged->worst),
			 sizeof(judged->worst) - strlen(judged->worst), "; %s%s %zu times",
			 most->host, most->target, judged->most_for_one);
}

int site_judge(const char *log_path, const struct site_manners *manners, int64_t jitter_ms,
	       struct site_judged *judged)
{
	struct log log = { 0 };

	*judged = (struct site_judged){ .least_gap_ms = INT64_MAX, .most_short_ms = INT64_MIN };
	if (read_log(&log, log_path, manners) < 0)
		return -1;
	judged->requests = log.count;
	for (size_t i = 0; i < log.count; i++) {
		if (i == 0 || log.list[i].arrived_ms < judged->first_ms)
			judged->first_ms = log.list[i].arrived_ms;
		if (log.list[i].arrived_ms > judged->last_ms)
			judged->last_ms = log.list[i].arrived_ms;
	}
	judge_hosts(&log, manners, jitter_ms, judged);
	judge_targets(&log, judged);
	free(log.list);
	return 0;
}
