#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "commands/rows_out.h"
#include "commands/store_says.h"
#include "show/log.h"
#include "show/paragraph.h"

/* ---- the summary: "44 failed: 30 http_error, 14 dns" ---- */

struct failures {
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
	if (slice_equal(outcome, SLICE("pattern_limit")) && slice_equal(state, SLICE("done")))
		failures->limited += row->values[2].integer;
	if (!slice_equal(state, SLICE("failed")))
		return 0;
	failures->count += row->values[2].integer;
	paragraph_add(&failures->line, ", ", "%lld %.*s", (long long)row->values[2].integer,
		      (int)outcome.size, outcome.size ? outcome.at : "");
	return 0;
}

static void say_failures(struct store *store)
{
	struct failures failures = { .count = 0 };

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
		log_say("nothing has failed");
	if (failures.count == 0)
		return;
	log_say("%lld failed: %s", (long long)failures.count, failures.line.text);
	log_say("why: crawl why URL; again: crawl ... --retry-failed");
}

/* ---- the command ---- */

static int ask_failed(struct store *store, const char *text,
		      int (*function)(void *context, const struct store_answer *row), void *context)
{
	(void)text;
	return store_report(store, STORE_REPORT_FAILED, NULL, function, context);
}

int command_failed(const struct options *options)
{
	struct store *store = rows_out_open(options);
	int code;

	if (!store)
		return EXIT_CANNOT_GO_ON;
	code = rows_out_write(store, options, ask_failed, NULL, OUTPUT_TABLE);
	if (code == EXIT_ALL_DONE)
		say_failures(store);
	store_close(store);
	return code;
}
