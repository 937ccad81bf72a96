#include "report/figures_internal.h"

#include <string.h>

#include "protocol/outcome.h"

/* In the order of STORE_REPORT_RUNS. */
enum {
	RUN,
	STARTED_AT,
	ENDED_AT,
	ENDED,
	COMMAND_LINE,
	VERSIONS,
	CONFIG_HASH,
	PAGES,
	ROWS,
	ELAPSED_MS,
	SAMPLED_MS,
	FIRST_RUN,
	LAST_RUN
};

/* A clock that went back, or a run that has not ended, leaves what its samples say. */
static int64_t elapsed(const struct store_value *values)
{
	int64_t sampled = (int64_t)figures_number(&values[SAMPLED_MS]);

	if (values[ELAPSED_MS].kind == STORE_NULL || values[ELAPSED_MS].integer < 0)
		return sampled;
	return values[ELAPSED_MS].integer;
}

static enum figures_state state_of(const char *ended)
{
	if (!ended)
		return FIGURES_RUNNING;
	if (strcmp(ended, "finished") == 0)
		return FIGURES_FINISHED;
	return strcmp(ended, "killed") == 0 ? FIGURES_KILLED : FIGURES_STOPPED;
}

static void note_this(struct figures *figures, const struct figures_run *run,
		      const struct store_value *values)
{
	figures->state = state_of(run->ended);
	figures->command_line = figures_string(figures, &values[COMMAND_LINE]);
	figures->versions = figures_string(figures, &values[VERSIONS]);
	figures->first_run = values[FIRST_RUN].integer;
	figures->last_run = values[LAST_RUN].integer;
}

/* The last one may be only there to be compared with: it is not counted then. */
static int on_run(void *context, const struct store_answer *row)
{
	struct figures *figures = ((struct figures_reader *)context)->figures;
	struct figures_run *run;

	if (!row->values || figures->run_count > FIGURES_RUNS_MAX)
		return 0;
	run = &figures->runs[figures->run_count];
	*run = (struct figures_run){
		.id = row->values[RUN].integer,
		.started_at = figures_string(figures, &row->values[STARTED_AT]),
		.ended_at = figures_string(figures, &row->values[ENDED_AT]),
		.ended = figures_string(figures, &row->values[ENDED]),
		.config_hash = figures_string(figures, &row->values[CONFIG_HASH]),
		.elapsed_ms = elapsed(row->values),
		.pages = figures_number(&row->values[PAGES]),
		.rows = figures_number(&row->values[ROWS]),
	};
	if (figures->run_count == 0)
		note_this(figures, run, row->values);
	figures->run_count++;
	return 0;
}

/* ---- what became of their URLs ---- */

/* outcome, status, pages, unchanged, bytes, wire_bytes */
static void add_total(struct figures_run *run, const struct store_value *values)
{
	enum outcome outcome = outcome_find(values[0].text);
	uint64_t pages = figures_number(&values[2]);

	run->pages += pages;
	if (outcome < OUTCOME_COUNT && outcome_is_done(outcome))
		run->done += pages;
	else if (outcome < OUTCOME_COUNT && outcome_is_skipped(outcome))
		run->skipped += pages;
	else
		run->failed += pages;
	run->unchanged += figures_number(&values[3]);
	run->bytes += figures_number(&values[4]);
	run->wire_bytes += figures_number(&values[5]);
}

static int on_total(void *context, const struct store_answer *row)
{
	struct figures_run *run = context;

	if (!row->values)
		return 0;
	if (!run->has_totals)
		run->pages = 0; /* that was what an older crawl knew */
	run->has_totals = true;
	add_total(run, row->values);
	return 0;
}

static int read_totals(struct figures_reader *reader, struct figures_run *run)
{
	struct store_about about = { .to_run = run->id };

	return store_report(reader->store, STORE_REPORT_TOTALS, &about, on_total, run);
}

int figures_read_runs(struct figures_reader *reader)
{
	struct figures *figures = reader->figures;
	size_t count;

	figures->runs = arena_alloc(&figures->arena, FIGURES_RUNS_MAX + 1, sizeof(*figures->runs));
	if (figures_ask(reader, STORE_REPORT_RUNS, on_run) < 0)
		return -1;
	count = figures->run_count;
	if (count > FIGURES_RUNS_MAX)
		figures->run_count = FIGURES_RUNS_MAX;
	for (size_t i = 0; i < count; i++) {
		struct figures_run *run = &figures->runs[i];

		if (read_totals(reader, run) < 0)
			return -1;
		if (i > 0 && !figures->before && run->has_totals &&
		    state_of(run->ended) == FIGURES_FINISHED)
			figures->before = run;
	}
	figures->run = figures->runs[0];
	return 0;
}
