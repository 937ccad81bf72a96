#include "master/queue.h"

#include <stdio.h>

void queue_set_robots(struct politeness *politeness, struct visit *visit)
{
	struct slice origin = frontier_host_origin(politeness->frontier, visit->host);
	char url[URL_BYTES_MAX + sizeof(QUEUE_ROBOTS_PATH)];
	int size =
		snprintf(url, sizeof(url), "%.*s" QUEUE_ROBOTS_PATH, (int)origin.size, origin.at);

	visit->kind = VISIT_ROBOTS;
	visit->lane = LANE_ROBOTS;
	visit_set_url(visit, (struct slice){ url, (size_t)size });
}

struct visit *queue_visit(struct politeness *politeness, uint32_t host, uint32_t number)
{
	struct visit *visit;

	if (number >= QUEUE_TICKET)
		return visits_take(politeness->visits, number - QUEUE_TICKET);
	visit = visits_begin(politeness->visits);
	visit->host = visit->home = visit->anchor = host;
	visit->tenure = hosts_tenure(politeness->hosts, host);
	if (number == QUEUE_ROBOTS) {
		queue_set_robots(politeness, visit);
		return visit;
	}
	visit->share = hosts_key(politeness->hosts, host).share;
	visit->number = number;
	return visit;
}

void queue_again(struct politeness *politeness, struct visit *visit)
{
	bool is_known = visit->url != NULL; /* else nobody has looked up its lane */
	enum frontier_lane lane = is_known && visit->lane < LANE_HIGH ? visit->lane : LANE_HIGH;
	uint32_t host = visit->host;

	frontier_push_first(politeness->frontier, host,
			    QUEUE_TICKET + visits_keep(politeness->visits, visit), lane);
}

void queue_later(struct politeness *politeness, struct visit *visit, int64_t at_ms)
{
	enum frontier_lane lane = visit->lane;
	uint32_t host = visit->host;

	frontier_push_later(politeness->frontier, host,
			    QUEUE_TICKET + visits_keep(politeness->visits, visit), lane, at_ms);
}

struct dropping {
	struct politeness *politeness;
	uint32_t host;
};

static void on_dropped(void *context, uint32_t number)
{
	struct dropping *dropping = context;
	struct visits *visits = dropping->politeness->visits;
	struct visit *visit;

	if (number < QUEUE_TICKET)
		return;
	visit = visits_take(visits, number - QUEUE_TICKET);
	if (visit->kind != VISIT_LOGIN &&
	    (visit->anchor == dropping->host || queue_is_lost(dropping->politeness, visit))) {
		visits_end(visits, visit);
		return;
	}
	visit->next = dropping->politeness->stranded;
	dropping->politeness->stranded = visit;
}

void queue_lose(struct politeness *politeness, uint32_t host)
{
	struct dropping dropping = { politeness, host };

	hosts_lose(politeness->hosts, host);
	frontier_drop(politeness->frontier, host, on_dropped, &dropping);
}
