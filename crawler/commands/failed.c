#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "commands/rows_out.h"
#include "commands/store_says.h"
#include "parsers/text/suggest.h"
#include "protocol/outcome.h"
#include "show/log.h"
#include "show/paragraph.h"

/* ---- the summary: "44 failed: 30 http_error, 14 dns" ---- */

struct failures {
	const char *only; /* of this outcome; or NULL */
	struct paragraph line;
	int64_t count;
	int64_t limited; /* read, but a pattern was stopped by a limit */
};

/* state, outcome, urls */
static int add_outcome(void *context, const struct store_answer *row)
{
	struct failures *failures = context;
	struct slice state, outcome;

	if (!row->values)
		return 0;
	state = row->values[0].text;
	outcome = row->values[1].text;
	if (failures->only && !slice_equal(outcome, slice_of(failures->only)))
		return 0;
	if (slice_equal(outcome, SLICE("pattern_limit")) && slice_equal(state, SLICE("done")))
		failures->limited += row->values[2].integer;
	if (!slice_equal(state, SLICE("failed")))
		return 0;
	failures->count += row->values[2].integer;
	paragraph_add(&failures->line, ", ", "%lld %.*s", (long long)row->values[2].integer,
		      (int)outcome.size, outcome.size ? outcome.at : "");
	return 0;
}

static void say_failures(struct store *store, const char *only)
{
	struct failures failures = { .only = only };

	if (store_report(store, STORE_REPORT_URLS, NULL, add_outcome, &failures) < 0) {
		store_says(store_error(store));
		return;
	}
	if (failures.limited > 0)
		log_say("%lld read, but rows are missing: a pattern ran into a limit "
			"(pattern_time, match_limit): mend it, then crawl reparse; --retry-failed "
			"does not ask for them",
			(long long)failures.limited);
	if (failures.count == 0 && failures.limited == 0)
		log_say("nothing has failed%s%s", only ? " as " : "", only ? only : "");
	if (failures.count == 0)
		return;
	log_say("%lld failed: %s", (long long)failures.count, failures.line.text);
	log_say("why: crawl why URL; again: crawl ... --retry-failed");
}

/* ---- the command ---- */

static int ask_failed(struct store *store, const char *outcome,
		      int (*function)(void *context, const struct store_answer *row), void *context)
{
	struct store_about about = { .key = { 0, 0 } };

	if (outcome)
		about.text = slice_of(outcome);
	return store_report(store, STORE_REPORT_FAILED, &about, function, context);
}

/* Is it one?  Says so if not. */
static bool knows_outcome(const char *name)
{
	const char *names[OUTCOME_COUNT], *near;

	if (!name || outcome_find(slice_of(name)) < OUTCOME_COUNT)
		return true;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		names[i] = outcome_name((enum outcome)i);
	near = suggest_widely(slice_of(name), names, OUTCOME_COUNT);
	if (near)
		log_error("--outcome %s: there is none: did you mean %s?", name, near);
	else
		log_error("--outcome %s: there is none: crawl failed says which there are", name);
	return false;
}

int command_failed(const struct options *options)
{
	struct store *store;
	int code;

	if (!knows_outcome(options->outcome))
		return EXIT_WRONG_USAGE;
	store = rows_out_open(options);
	if (!store)
		return EXIT_CANNOT_GO_ON;
	code = rows_out_write(store, options, ask_failed, options->outcome, OUTPUT_TABLE);
	if (code == EXIT_ALL_DONE)
		say_failures(store, options->outcome);
	store_close(store);
	return code;
}
