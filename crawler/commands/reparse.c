#include "commands/commands.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/signals.h"
#include "commands/reparse_parts.h"
#include "commands/reparse_plan.h"
#include "commands/reparse_report.h"
#include "commands/store_says.h"
#include "master/page_rows.h"
#include "parsers/text/memory.h"
#include "parsers/text/suggest.h"
#include "report/kept_text.h"
#include "show/human.h"
#include "show/log.h"

#define COMMIT_ROWS   4000 /* a commit is due after so many rows */
#define PROGRESS_MS   500  /* between two progress lines */
#define PROGRESS_SIZE 128
#define TURN_MS       500 /* a page may take longer, and the store has a turn */

/* Everything a reparse holds.  Acquired in this order, released in the reverse. */
struct reparse {
	const struct options *options;
	struct config *config;
	bool *named; /* by pattern, or NULL: none was */
	int signals;
	struct store *store;
	struct reparse_plan plan;
	struct reparse_parts *parts;
	struct reparse_report *report;
	struct page_rows *rows;
	struct kept_text *text;

	int *tables; /* of the patterns that run on a page */
	uint64_t parsed, unkept, damaged, limited;
	int64_t progress_due_ms; /* or CLOCK_NEVER */
	int signal;
	bool is_waiting; /* for the store, which has been said */
};

/* ---- which patterns ---- */

static int complain_of_name(const struct config *config, const char *name)
{
	const char **names = memory_new(config->pattern_count, sizeof(*names));
	const char *near;

	for (size_t i = 0; i < config->pattern_count; i++)
		names[i] = config->patterns[i].spec->name;
	near = suggest(slice_of(name), names, config->pattern_count);
	log_error("no pattern is called %s%s%s", name, near ? ": did you mean " : "",
		  near ? near : " (crawl check lists them)");
	free(names);
	return -1;
}

/* Returns 0, or -1 after a complaint. */
static int find_named(struct reparse *reparse)
{
	const struct options *options = reparse->options;
	const struct config *config = reparse->config;

	if (options->argument_count == 0)
		return 0;
	reparse->named = memory_new(config->pattern_count, sizeof(*reparse->named));
	for (size_t i = 0; i < options->argument_count; i++) {
		size_t at = 0;

		while (at < config->pattern_count &&
		       strcmp(config->patterns[at].spec->name, options->arguments[i]) != 0)
			at++;
		if (at == config->pattern_count)
			return complain_of_name(config, options->arguments[i]);
		reparse->named[at] = true;
	}
	return 0;
}

/* ---- a page ---- */

static void on_matched(void *context, size_t pattern, const struct pattern_tally *tally)
{
	struct reparse *reparse = context;

	(void)tally;
	reparse_report_page(reparse->report, pattern);
}

/* Take away the rows of the patterns that run, and open the page. */
static int open_page(struct reparse *reparse, const struct reparse_page *page, const bool *runs)
{
	size_t count = 0;

	for (size_t i = 0; i < reparse->config->pattern_count; i++)
		if (runs[i])
			reparse->tables[count++] = page_rows_table(reparse->rows, i);
	return store_clear_rows(reparse->store, page->key, reparse->tables, count);
}

/* Others take us for dead if they hear nothing for long.  Returns 0 or -1. */
static int match(struct reparse *reparse)
{
	int64_t due_ms;

	while (!page_rows_match(reparse->rows, clock_ms() + TURN_MS))
		if (store_turn(reparse->store, clock_ms(), &due_ms) < 0)
			return -1;
	return 0;
}

static int parse(struct reparse *reparse, const struct reparse_page *page,
		 const struct store_kept *kept, const struct page_about *about)
{
	const struct reparse_group *group = &reparse->plan.groups[page->group];
	const struct page_rows_job job = {
		.page = *about,
		.runs = group->runs,
		.unmatched = kept->unmatched,
		.counts = kept->counts,
		.notes = kept->notes,
		.matched = on_matched,
		.context = reparse,
	};
	struct page_rows_said said;
	struct store_parse parsed = { .config_hash = group->becomes };
	int put;

	page_rows_begin(reparse->rows, &job);
	if (match(reparse) < 0 || open_page(reparse, page, group->runs) < 0 ||
	    page_rows_put(reparse->rows, &said) < 0)
		return -1;
	parsed.unmatched = said.unmatched;
	parsed.counts = said.counts;
	parsed.notes = said.notes;
	parsed.is_limited = said.is_limited;
	reparse->parsed++;
	put = store_put_parse(reparse->store, &parsed);
	if (put > 0) {
		parsed.is_limited = true;
		parsed.notes = slice_of(store_refusal(reparse->store));
		put = store_put_parse(reparse->store, &parsed);
	}
	reparse->limited += parsed.is_limited;
	return put;
}

/* Returns 0, or -1: the store failed. */
static int look_at(struct reparse *reparse, const struct reparse_page *page)
{
	struct page_about about;
	struct store_kept kept;
	int found = reparse_get_kept(reparse->store, page->key, &kept);

	if (found < 0)
		return -1;
	if (found == 0) {
		reparse->unkept++;
		return 0;
	}
	if (kept_text_unpack(reparse->text, &kept, &about) == 0)
		return parse(reparse, page, &kept, &about);
	log_error("%.*s: what is kept of it is damaged: its rows stay", (int)kept.url.size,
		  kept.url.at);
	reparse->damaged++;
	return 0;
}

/* ---- all pages ---- */

static void tick(struct reparse *reparse, size_t at)
{
	char line[PROGRESS_SIZE];

	if (clock_ms() < reparse->progress_due_ms)
		return;
	reparse->progress_due_ms = clock_ms() + PROGRESS_MS;
	snprintf(line, sizeof(line), "reparse: %zu of %s", at,
		 COUNTED(reparse->plan.page_count, "page"));
	log_progress(line);
}

static int commit(struct reparse *reparse)
{
	if (reparse->options->is_dry_run)
		return 0;
	return reparse_parts_put(reparse->parts) < 0 ? -1 : store_commit(reparse->store);
}

static bool is_commit_due(const struct reparse *reparse)
{
	if (reparse->options->is_dry_run)
		return false;
	return store_get_uncommitted(reparse->store) >= COMMIT_ROWS ||
	       reparse_parts_are_due(reparse->parts);
}

/* Those that are ours now, up to a commit.  Returns 0 or -1. */
static int look_at_ours(struct reparse *reparse)
{
	const struct reparse_plan *plan = &reparse->plan;
	size_t place;

	while (reparse->signal == 0 && !is_commit_due(reparse) &&
	       reparse_parts_next(reparse->parts, &place)) {
		if (!reparse_group_is_due(&plan->groups[plan->pages[place].group]))
			continue;
		if (look_at(reparse, &plan->pages[place]) < 0)
			return -1;
		tick(reparse, place);
		reparse->signal = signals_take(reparse->signals);
	}
	return commit(reparse);
}

/* Returns 0, also when a signal came, or -1: the store failed. */
static int look_at_all(struct reparse *reparse)
{
	int taken = reparse_parts_take(reparse->parts);

	if (taken > 0 && reparse_plan_note(&reparse->plan, reparse->store) < 0)
		return -1;
	while (taken > 0 && reparse->signal == 0) {
		if (look_at_ours(reparse) < 0)
			return -1;
		if (reparse->signal == 0)
			reparse->signal = signals_take(reparse->signals);
		taken = reparse_parts_take(reparse->parts);
	}
	log_progress("");
	return taken < 0 ? -1 : 0;
}

/* ---- what came of it ---- */

static int sum_up(const struct reparse *reparse)
{
	uint64_t limited = reparse->limited + store_get_refused_late(reparse->store);

	if (reparse->unkept > 0)
		log_say(reparse->unkept == 1
				? "%s is not kept: its rows stay until a crawl reads it again"
				: "%s are not kept: their rows stay until a crawl reads them again",
			COUNTED(reparse->unkept, "page"));
	if (limited > 0)
		log_say("%s ran into a limit, and rows are missing: crawl failed",
			COUNTED(limited, "page"));
	if (reparse->options->is_dry_run)
		log_say("dry run: nothing was written");
	if (reparse->signal) {
		log_say("stopped: the same command goes on");
		return command_signal_code(reparse->signal);
	}
	return limited > 0 || reparse->damaged > 0 ? EXIT_SOME_FAILED : EXIT_ALL_DONE;
}

/* ---- the command ---- */

static int fail(const struct reparse *reparse)
{
	store_says(store_error(reparse->store));
	return reparse->signal ? command_signal_code(reparse->signal) : EXIT_CANNOT_GO_ON;
}

static bool has_work(const struct reparse *reparse)
{
	if (reparse->plan.due_count > 0)
		return true;
	if (reparse->plan.page_count == 0)
		log_say("%s has no pages yet", store_shown(reparse->options->database));
	else
		log_say("nothing to do: no pattern changed since its pages were read (name one to "
			"run it again)");
	return false;
}

/* Whoever runs the same command meanwhile has a part of it. */
static int begin_with_others(struct reparse *reparse)
{
	char how[REPARSE_HOW_SIZE];
	struct store_member member;

	reparse_parts_how(reparse->config, reparse->named, how);
	if (store_begin_parses(reparse->store, how) < 0)
		return -1;
	store_get_member(reparse->store, &member);
	if (member.has_joined)
		log_say("joined %s", COUNTED(member.nodes - 1, "node"));
	return 0;
}

/* Tables are made anew, and rows replaced, in transactions that a kill leaves whole. */
static int work(struct reparse *reparse)
{
	bool is_shared = !reparse->options->is_dry_run;

	if ((is_shared && begin_with_others(reparse) < 0) ||
	    reparse_plan_make(&reparse->plan, reparse->config, reparse->store, reparse->named,
			      is_shared) < 0)
		return fail(reparse);
	if (!has_work(reparse))
		return EXIT_ALL_DONE;
	reparse->report = reparse_report_begin(&reparse->plan, reparse->store);
	if (!reparse->report)
		return fail(reparse);
	reparse->rows = page_rows_new(reparse->config, reparse->store, true);
	reparse->text = kept_text_new();
	reparse->tables = memory_new(reparse->config->pattern_count, sizeof(*reparse->tables));
	reparse->parts = reparse_parts_new(&reparse->plan, is_shared ? reparse->store : NULL);
	if (!reparse->rows || look_at_all(reparse) < 0 ||
	    reparse_report_end(reparse->report, reparse->store) < 0)
		return fail(reparse);
	reparse_report_show(reparse->report, reparse->options->is_json);
	return sum_up(reparse);
}

/* A dry run must not bring the database of an older crawl up to date, and works in today's terms.
 */
static bool is_of_today(const char *database)
{
	struct store_error error;
	struct store *store = store_open_read(database, &error);
	bool is_good = store && !store_notice(store);

	if (!store)
		store_says(&error);
	else if (!is_good)
		log_error("%s: a dry run changes nothing, and so cannot work with it; a crawl, or "
			  "reparse without --dry-run, brings it up to date",
			  store_notice(store));
	store_close(store);
	return is_good;
}

/* The server is away: whoever has no time stops it. */
static bool on_store_wait(void *context)
{
	struct reparse *reparse = context;
	const char *trouble = store_trouble(reparse->store);
	int signal = signals_take(reparse->signals);

	if (trouble && !reparse->is_waiting)
		log_say("%s (waiting)", trouble);
	reparse->is_waiting = trouble != NULL;
	if (signal != 0)
		reparse->signal = signal;
	return signal == 0;
}

static int open_store(struct reparse *reparse)
{
	const char *database = reparse->options->database;
	struct store_error error;

	if (!store_exists(database)) { /* and none is made */
		log_error("there is no %s: crawl first, or name another with -o",
			  store_shown(database));
		return -1;
	}
	if (reparse->options->is_dry_run && !is_of_today(database))
		return -1;
	reparse->store = store_open(database, false, &error);
	if (!reparse->store) {
		store_says(&error);
		return -1;
	}
	store_watch_wait(reparse->store, on_store_wait, reparse);
	if (store_notice(reparse->store))
		log_say("%s", store_notice(reparse->store));
	return 0;
}

static int reparse_it(struct reparse *reparse)
{
	const struct options *options = reparse->options;

	reparse->config = command_config(options, options->configs, options->config_count);
	if (!reparse->config || find_named(reparse) < 0)
		return EXIT_WRONG_USAGE;
	if (reparse->config->pattern_count == 0) { /* or pages would be parsed with none */
		log_error("no patterns: name a config with -c, or give one with -e");
		return EXIT_WRONG_USAGE;
	}
	signals_end_at_once(NULL);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk: the write says so */
	reparse->signals = signals_open();
	reparse->progress_due_ms =
		isatty(STDERR_FILENO) && log_tells(LOG_NORMAL) ? clock_ms() : CLOCK_NEVER;
	if (open_store(reparse) < 0)
		return EXIT_CANNOT_GO_ON;
	signals_block();
	return work(reparse);
}

int command_reparse(const struct options *options)
{
	struct reparse reparse = { .options = options, .signals = -1 };
	int code = reparse_it(&reparse);

	free(reparse.tables);
	kept_text_free(reparse.text);
	page_rows_free(reparse.rows);
	reparse_report_free(reparse.report);
	reparse_parts_free(reparse.parts);
	reparse_plan_free(&reparse.plan);
	store_close(reparse.store);
	if (reparse.signals >= 0)
		close(reparse.signals);
	free(reparse.named);
	config_free(reparse.config);
	return code;
}
