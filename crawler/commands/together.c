#include "commands/together.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "commands/nodes.h"
#include "show/human.h"
#include "show/log.h"
#include "show/paragraph.h"

void together_say_joined(struct store *store, int64_t run)
{
	struct store_member member;

	store_get_member(store, &member);
	log_say("run %lld: joined %s, %u of %u shares", (long long)run,
		COUNTED(together_others(store), "node"),
		member.all_shares / (member.nodes > 0 ? member.nodes : 1), member.all_shares);
}

unsigned together_others(const struct store *store)
{
	struct store_member member;

	store_get_member(store, &member);
	return member.nodes > 0 ? member.nodes - 1 : 0;
}

void together_say_left(unsigned others)
{
	log_say("left: %s %s on", COUNTED(others, "node"), others == 1 ? "goes" : "go");
}

/* ---- why nothing is done ---- */

/* A node that has not renewed its lease for as long as it has left of it, or longer. */
struct silence {
	char name[80];
	int64_t lease_ms, silent_ms, left_ms; /* 0: all are heard of */
};

/* STORE_REPORT_NODES: name, pid, since, shares, pages/s, in flight, queued, late, state, lease */
enum { NAME, PID, SHARES = 3, LEASE_MS = 9, NODE_COLUMNS };

static int find_silence(void *context, const struct store_answer *row)
{
	struct silence *silence = context;
	const struct store_value *values = row->values;
	int64_t silent_ms;

	if (!values || row->column_count < NODE_COLUMNS || values[SHARES].integer == 0)
		return 0;
	silent_ms = silence->lease_ms - values[LEASE_MS].integer;
	if (silent_ms < silence->lease_ms / 2 || silent_ms <= silence->silent_ms)
		return 0;
	silence->silent_ms = silent_ms;
	silence->left_ms = values[LEASE_MS].integer;
	snprintf(silence->name, sizeof(silence->name), "%.*s:%lld",
		 values[NAME].text.size < 50 ? (int)values[NAME].text.size : 50,
		 values[NAME].text.at, (long long)values[PID].integer);
	return 0;
}

/* Is somebody waited for who may be dead?  Nobody is waiting for us meanwhile. */
static bool say_silence(struct together_idle *idle)
{
	struct silence silence = { .silent_ms = 0 };
	struct store_member member;
	char silent[HUMAN_DURATION_MAX], left[HUMAN_DURATION_MAX];

	store_get_member(idle->store, &member);
	silence.lease_ms = member.lease_ms;
	if (member.lease_ms == 0 || store_trouble(idle->store) ||
	    store_report(idle->store, STORE_REPORT_NODES, NULL, find_silence, &silence) < 0 ||
	    silence.silent_ms == 0)
		return false;
	if (!idle->is_silence_said)
		log_say("waiting for the hosts of %s, which has not been heard of for %s: others "
			"take them in %s",
			silence.name, human_duration(silence.silent_ms, silent),
			human_duration(silence.left_ms, left));
	idle->is_silence_said = true;
	return true;
}

void together_look(struct together_idle *idle, const struct master_view *view, int64_t now_ms)
{
	bool has_work = view->queued + view->in_flight > 0 || view->is_paused || view->is_draining;

	if (!idle->store || idle->is_said)
		return;
	if (has_work || idle->since_ms == 0) {
		idle->since_ms = has_work ? 0 : now_ms;
		return;
	}
	if (now_ms - idle->since_ms < TOGETHER_IDLE_MS || together_others(idle->store) == 0)
		return;
	idle->since_ms = now_ms;
	if (say_silence(idle))
		return;
	idle->is_said = true;
	log_say("nothing is left here: a domain is one node's, and fewer have work than there are "
		"nodes");
}

/* ---- what all came to ---- */

#define WAIT_MS 5000 /* for the last figures of the others */
#define LOOK_MS 50

/* An outcome comes once for each status. */
static void add_pages(struct together_figures *figures, struct slice name, uint64_t pages)
{
	size_t at = 0;

	while (at < figures->outcome_count &&
	       !slice_equal(slice_of(figures->outcomes[at].name), name))
		at++;
	if (at == TOGETHER_OUTCOMES_MAX)
		return;
	if (at == figures->outcome_count) {
		figures->outcome_count++;
		snprintf(figures->outcomes[at].name, sizeof(figures->outcomes[at].name), "%.*s",
			 (int)name.size, name.at);
	}
	figures->outcomes[at].pages += pages;
	for (; at > 0 && figures->outcomes[at - 1].pages < figures->outcomes[at].pages; at--) {
		struct together_outcome less = figures->outcomes[at - 1];

		figures->outcomes[at - 1] = figures->outcomes[at];
		figures->outcomes[at] = less;
	}
}

/* STORE_REPORT_TEAM: nodes, pages, rows */
static int add_team(void *context, const struct store_answer *row)
{
	struct together_figures *figures = context;

	if (!row->values)
		return 0;
	figures->nodes = (uint64_t)row->values[0].integer;
	figures->pages = (uint64_t)row->values[1].integer;
	figures->rows = (uint64_t)row->values[2].integer;
	return -1;
}

/* STORE_REPORT_TOTALS: outcome, status, pages, ... */
static int add_outcome(void *context, const struct store_answer *row)
{
	struct together_figures *figures = context;
	enum outcome outcome;
	uint64_t pages;

	if (!row->values)
		return 0;
	outcome = outcome_find(row->values[0].text);
	pages = (uint64_t)row->values[2].integer;
	add_pages(figures, row->values[0].text, pages);
	if (outcome == OUTCOME_COUNT)
		figures->refused += pages;
	if (outcome == OUTCOME_COUNT || (!outcome_is_done(outcome) && !outcome_is_skipped(outcome)))
		figures->failed += pages;
	if (outcome == OUTCOME_PATTERN_LIMIT)
		figures->limited += pages;
	return 0;
}

/* STORE_REPORT_REJECTS: lists, list, lines */
static int add_rejects(void *context, const struct store_answer *row)
{
	struct together_figures *figures = context;

	if (row->values)
		figures->rejects = (uint64_t)row->values[2].integer;
	return -1;
}

int together_wait(struct store *store)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000 };
	int64_t end_ms = clock_ms() + WAIT_MS;
	struct nodes nodes;

	for (;;) {
		if (nodes_count(store, &nodes) < 0)
			return -1;
		if (nodes.count == nodes.late || clock_ms() >= end_ms)
			return 0;
		nanosleep(&pause, NULL);
	}
}

int together_count(struct store *store, int64_t run, struct together_figures *figures)
{
	const struct store_about about = { .to_run = run };

	*figures = (struct together_figures){ .run = run };
	if (store_report(store, STORE_REPORT_TOTALS, &about, add_outcome, figures) < 0 ||
	    store_report(store, STORE_REPORT_TEAM, &about, add_team, figures) < 0)
		return -1;
	return store_report(store, STORE_REPORT_REJECTS, &about, add_rejects, figures);
}

static void add_outcomes(struct paragraph *line, const struct together_figures *figures,
			 const char *between, const char *indent)
{
	for (size_t i = 0; i < figures->outcome_count; i++)
		paragraph_add(line, i > 0 ? ", " : between, "%s%s %llu", i > 0 ? "" : indent,
			      figures->outcomes[i].name,
			      (unsigned long long)figures->outcomes[i].pages);
}

void together_say_whole(const struct together_figures *figures)
{
	struct paragraph line = { .size = 0 };

	paragraph_add(&line, "", "run %lld: %s by %s", (long long)figures->run,
		      COUNTED(figures->pages, "page"), COUNTED(figures->nodes, "node"));
	paragraph_add(&line, ", ", "%s", COUNTED(figures->rows, "row"));
	add_outcomes(&line, figures, ": ", "");
	paragraph_say(&line);
}

void together_say_outcomes(const struct together_figures *figures)
{
	struct paragraph line = { .size = 0 };

	add_outcomes(&line, figures, "", "  ");
	paragraph_say(&line);
}
