#include "report/figures_internal.h"

#include <math.h>
#include <string.h>

struct growing {
	struct figures_reader *reader;
	size_t room;
};

/* As struct store_sample has them. */
static int on_sample(void *context, const struct store_answer *row)
{
	struct growing *growing = context;
	struct figures *figures = growing->reader->figures;
	const struct store_value *values = row->values;

	if (!values)
		return 0;
	figures->samples = figures_grow(figures, figures->samples, figures->sample_count,
					&growing->room, sizeof(*figures->samples));
	figures->samples[figures->sample_count++] = (struct store_sample){
		.at_ms = (int64_t)figures_number(&values[0]),
		.done = figures_number(&values[1]),
		.failed = figures_number(&values[2]),
		.skipped = figures_number(&values[3]),
		.rows = figures_number(&values[4]),
		.wire_bytes = figures_number(&values[5]),
		.waits_delay = figures_number(&values[6]),
		.waits_answer = figures_number(&values[7]),
		.waits_rest = figures_number(&values[8]),
		.waits_robots = figures_number(&values[9]),
		.waits_us = figures_number(&values[10]),
		.in_flight = (unsigned)figures_number(&values[11]),
		.is_paused = figures_number(&values[12]) != 0,
		.cpu_ms = figures_number(&values[13]),
		.pattern_ms = figures_number(&values[14]),
		.commit_ms = figures_number(&values[15]),
	};
	return 0;
}

/* at_ms, kind, host, text, events */
static int on_event(void *context, const struct store_answer *row)
{
	struct figures *figures = ((struct figures_reader *)context)->figures;
	const struct store_value *values = row->values;

	if (!values || figures->event_count == STORE_REPORT_EVENTS_MAX)
		return 0;
	figures->events[figures->event_count++] = (struct figures_event){
		.at_ms = (int64_t)figures_number(&values[0]),
		.kind = figures_string(figures, &values[1]),
		.host = figures_string(figures, &values[2]),
		.text = figures_text(figures, &values[3]),
	};
	figures->events_all = figures_number(&values[4]);
	return 0;
}

/* worker_deaths, hosts_rested, hosts_given_up */
static int on_troubles(void *context, const struct store_answer *row)
{
	struct figures *figures = ((struct figures_reader *)context)->figures;

	if (!row->values)
		return 0;
	figures->worker_deaths = figures_number(&row->values[0]);
	figures->hosts_rested = figures_number(&row->values[1]);
	figures->hosts_given_up = figures_number(&row->values[2]);
	return 0;
}

/* A time to answer that is not known is no number, and none that is below 0. */
static double milliseconds(const struct store_value *value)
{
	if (value->kind == STORE_INTEGER)
		return (double)figures_number(value);
	return value->kind == STORE_REAL && value->real > 0 && isfinite(value->real) ? value->real
										     : 0;
}

/*
 * host, pages, failed, bytes, delay_ms, at_least_ms, p50_ms, p95_ms, first_ms, last_ms, step_ms,
 * strip, hosts
 */
static int on_host(void *context, const struct store_answer *row)
{
	struct figures *figures = ((struct figures_reader *)context)->figures;
	const struct store_value *values = row->values;
	struct figures_host *host;

	if (!values || figures->host_count == FIGURES_HOSTS_MAX)
		return 0;
	host = &figures->hosts[figures->host_count++];
	*host = (struct figures_host){
		.origin = figures_string(figures, &values[0]),
		.pages = figures_number(&values[1]),
		.failed = figures_number(&values[2]),
		.bytes = figures_number(&values[3]),
		.delay_ms = (int64_t)figures_number(&values[4]),
		.at_least_ms = (int64_t)figures_number(&values[5]),
		.p50_ms = milliseconds(&values[6]),
		.p95_ms = milliseconds(&values[7]),
		.first_ms = (int64_t)figures_number(&values[8]),
		.last_ms = (int64_t)figures_number(&values[9]),
		.step_ms = (int64_t)figures_number(&values[10]),
	};
	if (values[11].kind == STORE_BLOB)
		memcpy(host->strip, values[11].text.at,
		       values[11].text.size < sizeof(host->strip) ? values[11].text.size
								  : sizeof(host->strip));
	figures->hosts_all = figures_number(&values[12]);
	return 0;
}

int figures_read_times(struct figures_reader *reader)
{
	struct figures *figures = reader->figures;
	struct growing growing = { .reader = reader };
	const struct store_sample *last;

	figures->events =
		arena_alloc(&figures->arena, STORE_REPORT_EVENTS_MAX, sizeof(*figures->events));
	figures->hosts = arena_alloc(&figures->arena, FIGURES_HOSTS_MAX, sizeof(*figures->hosts));
	if (store_report(reader->store, STORE_REPORT_SAMPLES, &reader->about, on_sample, &growing) <
		    0 ||
	    figures_ask(reader, STORE_REPORT_EVENTS, on_event) < 0 ||
	    figures_ask(reader, STORE_REPORT_TROUBLES, on_troubles) < 0 ||
	    figures_ask(reader, STORE_REPORT_RUN_HOSTS, on_host) < 0)
		return -1;
	if (figures->sample_count == 0)
		return 0;
	last = &figures->samples[figures->sample_count - 1];
	figures->is_paused = figures->state == FIGURES_RUNNING && last->is_paused;
	if (figures->run.id == figures->last_run)
		figures->urls_left = last->waits_delay + last->waits_answer + last->waits_rest +
				     last->waits_robots + last->waits_us;
	return 0;
}
