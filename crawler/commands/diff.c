#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands/rows_out.h"
#include "commands/store_says.h"
#include "show/human.h"
#include "show/log.h"

/* What changed, by kind. */
struct changes {
	uint64_t added, removed, changed;
};

/* Returns 0, or -1 after a complaint. */
static int read_run(const char *text, int64_t *run)
{
	char *end;

	errno = 0;
	*run = strtoll(text, &end, 10);
	if (end > text && *end == '\0' && errno == 0 && *run >= 0)
		return 0;
	log_error("'%s' is no number of a run: crawl sql 'SELECT id, started_at FROM runs'", text);
	return -1;
}

static int on_run(void *context, const struct store_answer *row)
{
	if (row->values)
		*(int64_t *)context = row->values[0].integer;
	return -1;
}

/* Are there such runs, and in this order?  Returns an exit code. */
static int check_runs(struct store *store, const struct store_about *about)
{
	int64_t last = 0;

	if (store_report(store, STORE_REPORT_RUN, NULL, on_run, &last) < 0) {
		store_says(store_error(store));
		return EXIT_CANNOT_GO_ON;
	}
	if (about->to_run > last) {
		log_error("there is no run %lld: the last is %lld", (long long)about->to_run,
			  (long long)last);
		return EXIT_WRONG_USAGE;
	}
	if (about->from_run >= about->to_run) {
		log_error("the earlier run comes first: crawl diff %lld %lld",
			  (long long)about->to_run, (long long)about->from_run);
		return EXIT_WRONG_USAGE;
	}
	return EXIT_ALL_DONE;
}

/* The two runs, as one text. */
#define RUNS_SIZE 64

static struct store_about about_of(const char *runs)
{
	struct store_about about = { .from_run = 0 };
	char *second;

	about.from_run = strtoll(runs, &second, 10);
	about.to_run = strtoll(second, NULL, 10);
	return about;
}

static int ask_diff(struct store *store, const char *runs,
		    int (*function)(void *context, const struct store_answer *row), void *context)
{
	struct store_about about = about_of(runs);

	return store_report(store, STORE_REPORT_DIFF, &about, function, context);
}

/* pattern, key, what, field, old, new */
static int count(void *context, const struct store_answer *row)
{
	struct changes *changes = context;
	struct slice what = row->values ? row->values[2].text : SLICE("");

	changes->added += slice_equal(what, SLICE("added"));
	changes->removed += slice_equal(what, SLICE("removed"));
	changes->changed += slice_equal(what, SLICE("changed"));
	return 0;
}

static int sum_up(struct store *store, const char *runs)
{
	struct changes changes = { 0 };

	if (ask_diff(store, runs, count, &changes) < 0) {
		store_says(store_error(store));
		return EXIT_CANNOT_GO_ON;
	}
	if (changes.added + changes.removed + changes.changed == 0)
		log_say("nothing changed in tables of patterns with history: true");
	else
		log_say("%s added, %llu removed, %s changed", COUNTED(changes.added, "row"),
			(unsigned long long)changes.removed, COUNTED(changes.changed, "field"));
	return EXIT_ALL_DONE;
}

int command_diff(const struct options *options)
{
	char runs[RUNS_SIZE];
	struct store_about about;
	struct store *store;
	int code;

	if (read_run(options->arguments[0], &about.from_run) < 0 ||
	    read_run(options->arguments[1], &about.to_run) < 0)
		return EXIT_WRONG_USAGE;
	snprintf(runs, sizeof(runs), "%lld %lld", (long long)about.from_run,
		 (long long)about.to_run);
	store = rows_out_open(options);
	if (!store)
		return EXIT_CANNOT_GO_ON;
	code = check_runs(store, &about);
	if (code == EXIT_ALL_DONE)
		code = rows_out_write(store, options, ask_diff, runs, OUTPUT_TABLE);
	if (code == EXIT_ALL_DONE)
		code = sum_up(store, runs);
	store_close(store);
	return code;
}
