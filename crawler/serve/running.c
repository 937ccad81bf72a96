#include "serve/running.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

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
		running->is_paused = atoi(value) != 0;
	else if (strcmp(line, "stopping") == 0)
		running->is_stopping = atoi(value) != 0;
	else if (strcmp(line, "pages_per_s") == 0)
		running->pages_per_s = strtod(value, NULL);
	else if (strcmp(line, "idle_ms") == 0)
		running->last_page_ms = clock_date_ms() - strtoll(value, NULL, 10);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (strcmp(line, facts[i].key) == 0)
			*(int64_t *)((char *)running + facts[i].offset) = strtoll(value, NULL, 10);
	}
}

void running_read(struct running *running, int status, struct slice text)
{
	char *copy, *rest, *line;

	*running = (struct running){ .is_silent = status < 0 };
	if (status < 0)
		snprintf(running->why, sizeof(running->why), "%.*s", (int)text.size, text.at);
	if (status <= 0 || text.size < 3 || memcmp(text.at, "ok\n", 3) != 0)
		return;
	running->is_there = true;
	copy = rest = strndup(text.at, text.size);
	while (rest && (line = strsep(&rest, "\n")))
		read_fact(running, line);
	free(copy);
}
