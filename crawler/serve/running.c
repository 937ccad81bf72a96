#include "serve/running.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "parsers/text/memory.h"
#include "show/human.h"

static const struct {
	const char *key;
	size_t offset;
} facts[] = {
	{ "pid", offsetof(struct running, pid) },
	{ "elapsed_ms", offsetof(struct running, elapsed_ms) },
	{ "done", offsetof(struct running, done) },
	{ "failed", offsetof(struct running, failed) },
	{ "pending", offsetof(struct running, pending) },
	{ "in_flight", offsetof(struct running, in_flight) },
	{ "hosts", offsetof(struct running, hosts) },
	{ "least_ms", offsetof(struct running, least_ms) },
	{ "rows", offsetof(struct running, rows) },
	{ "workers", offsetof(struct running, workers) },
};

/* "key=value". */
static void read_fact(struct running *running, char *line)
{
	char *value = strchr(line, '=');

	if (!value)
		return;
	*value++ = '\0';
	if (strcmp(line, "paused") == 0)
		running->is_paused = strtol(value, NULL, 10) != 0;
	else if (strcmp(line, "stopping") == 0)
		running->is_stopping = strtol(value, NULL, 10) != 0;
	else if (strcmp(line, "pages_per_s") == 0)
		running->pages_per_s = strtod(value, NULL);
	else if (strcmp(line, "idle_ms") == 0)
		running->last_page_ms = clock_date_ms() - strtoll(value, NULL, 10);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (strcmp(line, facts[i].key) == 0)
			*(int64_t *)((char *)running + facts[i].offset) = strtoll(value, NULL, 10);
	}
}

/* Copies of the lines behind "ok", which are cut up; freed by the caller.  NULL: it is no answer.
 */
static char *lines_of(int status, struct slice text)
{
	if (status <= 0 || text.size < 3 || memcmp(text.at, "ok\n", 3) != 0)
		return NULL;
	return memory_text(text.at + 3, text.size - 3);
}

void running_read(struct running *running, int status, struct slice text)
{
	char *copy = lines_of(status, text), *rest = copy, *line;
	struct running before = *running;

	*running = (struct running){ .is_known = true,
				     .is_there = copy != NULL,
				     .is_silent = status < 0 };
	if (status < 0)
		snprintf(running->why, sizeof(running->why), "%.*s", (int)text.size, text.at);
	if (!copy)
		return;
	memcpy(running->hosts_left, before.hosts_left, sizeof(before.hosts_left));
	running->host_count = before.host_count;
	while ((line = strsep(&rest, "\n")))
		read_fact(running, line);
	free(copy);
}

/* ---- in the database ---- */

/* Columns of STORE_REPORT_NODES. */
enum { PID = 1, PAGES_PER_S = 4, IN_FLIGHT, QUEUED, LATE_MS, NODE_COLUMNS = 9 };

static int64_t whole(const struct store_value *value)
{
	return value->kind == STORE_INTEGER ? value->integer
	       : value->kind == STORE_REAL  ? (int64_t)value->real
					    : 0;
}

static int add_node(void *context, const struct store_answer *row)
{
	struct running *running = context;
	const struct store_value *values = row->values, *rate;

	/* Who is late may have died: its last words say nothing. */
	if (!values || row->column_count < NODE_COLUMNS || whole(&values[LATE_MS]) > 0)
		return 0;
	rate = &values[PAGES_PER_S];
	running->is_there = true;
	running->nodes++;
	running->pid = whole(&values[PID]);
	running->pages_per_s += rate->kind == STORE_REAL ? rate->real : (double)whole(rate);
	running->in_flight += whole(&values[IN_FLIGHT]);
	running->pending += whole(&values[IN_FLIGHT]) + whole(&values[QUEUED]);
	return 0;
}

void running_read_nodes(struct running *running, struct store *store)
{
	*running = (struct running){ .is_known = true };
	if (!store || store_report(store, STORE_REPORT_NODES, NULL, add_node, running) < 0)
		return;
	running->is_paused = running->is_there && store_is_paused(store);
}

/* ---- hosts ---- */

static void say_wait(const char *word, int64_t delay_ms, char out[RUNNING_WAITS_MAX])
{
	char time[HUMAN_DURATION_MAX];

	if (strcmp(word, "delay") == 0)
		snprintf(out, RUNNING_WAITS_MAX, "its delay, %s", human_exact(delay_ms, time));
	else
		snprintf(out, RUNNING_WAITS_MAX, "%s",
			 strcmp(word, "answers") == 0  ? "answers"
			 : strcmp(word, "rest") == 0   ? "its rest"
			 : strcmp(word, "robots") == 0 ? "its robots.txt"
						       : "nobody");
}

/* "http://a.example\t12\t500\tdelay" */
static void read_host(struct running *running, char *line)
{
	char *origin = strsep(&line, "\t"), *left = strsep(&line, "\t");
	char *delay = strsep(&line, "\t");
	struct running_host *host = &running->hosts_left[running->host_count];

	if (!delay || !line || running->host_count == RUNNING_HOSTS_MAX)
		return;
	running->host_count++;
	snprintf(host->origin, sizeof(host->origin), "%s", origin);
	host->left = strtoll(left, NULL, 10);
	host->delay_ms = strtoll(delay, NULL, 10);
	say_wait(line, host->delay_ms, host->waits_for);
}

void running_read_hosts(struct running *running, int status, struct slice text)
{
	char *copy = lines_of(status, text), *rest = copy, *line;

	running->host_count = 0;
	while (copy && (line = strsep(&rest, "\n")))
		read_host(running, line);
	free(copy);
}
