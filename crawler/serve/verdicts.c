#include "serve/verdicts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "parsers/text/memory.h"
#include "report/verdict.h"

/* Is it of another run, or has this one gone on? */
struct mark {
	int64_t run;
	char started_at[40];
	enum figures_state state;
	uint64_t pages, rows;
};

struct verdicts {
	struct mark mark; /* of the figures that were judged; run 0: none were */
	int64_t due_ms;
	char **worse; /* names */
	size_t count;
};

struct verdicts *verdicts_new(void)
{
	return memory_new(1, sizeof(struct verdicts));
}

static void forget(struct verdicts *verdicts)
{
	for (size_t i = 0; i < verdicts->count; i++)
		free(verdicts->worse[i]);
	free(verdicts->worse);
	*verdicts = (struct verdicts){ .due_ms = 0 };
}

void verdicts_free(struct verdicts *verdicts)
{
	if (!verdicts)
		return;
	forget(verdicts);
	free(verdicts);
}

static struct mark mark_of(const struct figures *figures)
{
	struct mark mark = { .run = figures->run.id, .state = figures->state };

	if (figures->run.started_at)
		snprintf(mark.started_at, sizeof(mark.started_at), "%s", figures->run.started_at);
	for (size_t i = 0; i < figures->pattern_count; i++) {
		mark.pages += figures->patterns[i].pages_wanted;
		mark.rows += figures->patterns[i].rows;
	}
	return mark;
}

static bool is_same_run(const struct mark *one, const struct mark *other)
{
	return one->run == other->run && strcmp(one->started_at, other->started_at) == 0;
}

static bool is_same(const struct mark *one, const struct mark *other)
{
	return is_same_run(one, other) && one->state == other->state &&
	       one->pages == other->pages && one->rows == other->rows;
}

static void note(struct verdicts *verdicts, const struct figures *figures)
{
	forget(verdicts);
	verdicts->worse = memory_new(figures->pattern_count + 1, sizeof(*verdicts->worse));
	for (size_t i = 0; i < figures->pattern_count; i++) {
		const struct figures_pattern *pattern = &figures->patterns[i];

		if (verdict_is_worse(pattern))
			verdicts->worse[verdicts->count++] =
				memory_text(pattern->name, strlen(pattern->name));
	}
}

static int judge(struct verdicts *verdicts, struct figures *figures, struct store *store)
{
	struct mark mark = mark_of(figures);
	int64_t began_ms = clock_ms(), ended_ms;
	int result = figures_read_verdicts(figures, store);

	ended_ms = clock_ms();
	if (result == 0) {
		note(verdicts, figures);
		verdicts->mark = mark;
	}
	verdicts->due_ms = ended_ms + (ended_ms - began_ms) * VERDICTS_PARTS;
	return result;
}

/* Those that are known, of patterns that have none. */
static void give(const struct verdicts *verdicts, struct figures *figures)
{
	size_t found = 0; /* both are by name */

	for (size_t i = 0; i < figures->pattern_count; i++) {
		struct figures_pattern *pattern = &figures->patterns[i];

		while (found < verdicts->count && strcmp(verdicts->worse[found], pattern->name) < 0)
			found++;
		pattern->verdict = found < verdicts->count && strcmp(verdicts->worse[found],
								     pattern->name) == 0
					   ? DRIFT_WORSE
					   : DRIFT_NONE;
	}
}

bool verdicts_give(struct verdicts *verdicts, struct figures *figures, struct store *store,
		   int64_t now_ms)
{
	struct mark mark = mark_of(figures);

	if (!is_same_run(&mark, &verdicts->mark)) {
		if (verdicts->mark.run != 0)
			forget(verdicts);
		if (now_ms < verdicts->due_ms)
			return false;
	}
	if (!is_same(&mark, &verdicts->mark) && now_ms >= verdicts->due_ms &&
	    !store_is_late(store) && judge(verdicts, figures, store) == 0)
		return true;
	if (!is_same_run(&mark, &verdicts->mark))
		return false;
	give(verdicts, figures);
	return true;
}
