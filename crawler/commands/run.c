#include "commands/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/signals.h"
#include "commands/differs.h"
#include "commands/dry_run.h"
#include "commands/faults.h"
#include "commands/flag_host.h"
#include "commands/joining.h"
#include "commands/lists.h"
#include "commands/opening.h"
#include "commands/page_child.h"
#include "commands/progress.h"
#include "commands/run_files.h"
#include "commands/store_says.h"
#include "commands/stream.h"
#include "commands/summary.h"
#include "commands/tables.h"
#include "commands/together.h"
#include "commands/version.h"
#include "commands/waits.h"
#include "config/config.h"
#include "config/config_hash.h"
#include "control/notify.h"
#include "control/requests.h"
#include "control/socket.h"
#include "links/follow.h"
#include "master/master.h"
#include "master/turn.h"
#include "parsers/text/memory.h"
#include "report/findings.h"
#include "show/human.h"
#include "show/log.h"
#include "worker/page.h"
#include "worker/worker.h"

/* Descriptors: of the master but for its workers, of a worker in the master, of a transfer. */
#define MASTER_FDS   11
#define WORKER_FDS   2
#define TRANSFER_FDS 8

#define TURN_RESULTS 8 /* pages of a worker that are worked on before others are dispatched */

/* Everything a run holds.  Acquired in this order, released in the reverse. */
struct run {
	const struct options *options;
	struct run_files files; /* of the config, where others may join with it */
	struct config *config;
	struct tally *tally;
	struct stream *stream; /* or NULL: rows stay in the database */
	struct follow *follow;
	struct jail *jail;
	struct worker_options worker_options;
	struct loop *loop; /* of this process: pool, master and control wait in it */
	struct pool *pool;
	struct page_child *page; /* of --serve, or NULL */
	struct store *store;
	struct master *master;
	struct steer steer;
	struct control *control;
	struct lists lists;
	struct store_last_run last;
	int64_t begun_ms; /* by clock_ms(): when it was ready to open the database */
	bool is_late;     /* the last run has ended since then */
	int64_t number;
	struct store_member member; /* as it was when the run began, or was joined */
	struct asked_census census; /* of what is this machine's, before it left */
	unsigned others;            /* who go on when it leaves */
	bool is_new;                /* the database knew no URL */
};

/* ---- getting ready ---- */

static bool is_of_many(const struct run *run)
{
	return !run->stream && !store_is_file(run->options->database);
}

/* Who owns a share asks its hosts, and addresses are nobody's. */
static bool can_be_shared(const struct config *config)
{
	if (config->settings.polite_per != POLITE_PER_ADDRESS)
		return true;
	log_error("polite_per: address needs one machine, which has all hosts of an address: host "
		  "or domain can be kept by several");
	return false;
}

/* Returns 0, or -1 with an exit code. */
static int load_config(struct run *run, int *code)
{
	const struct options *options = run->options;

	*code = EXIT_WRONG_USAGE;
	if (options->is_join && joining_look(options, &run->files, code) < 0)
		return -1;
	*code = EXIT_WRONG_USAGE;
	run->config = options->is_join
			      ? command_config_joined(options, &run->files, NULL)
			      : flag_host_config(options, options->configs, options->config_count);
	if (!run->config)
		return -1;
	for (size_t i = 0; i < run->config->file_count; i++)
		LOG(LOG_VERBOSE, "config", LOG_TEXT("file", run->config->files[i]));
	return 0;
}

static struct tally *new_tally(const struct config *config)
{
	const char **names = memory_new(config->pattern_count, sizeof(*names));
	struct tally *tally;

	for (size_t i = 0; i < config->pattern_count; i++)
		names[i] = pattern_name(config->patterns[i].pattern);
	tally = tally_new(names, config->pattern_count);
	for (size_t i = 0; i < config->pattern_count; i++)
		tally_count_fields(tally, i, config->patterns[i].pattern);
	free(names);
	return tally;
}

/* Its own words reach nobody: it is in a jail. */
static const char *why_it_ended(const struct pool_exit *end)
{
	if (end->is_planned)
		return "done";
	if (end->is_late)
		return "silent";
	if (end->code == -SIGSYS)
		return "sandbox";
	return end->code == EXIT_CANNOT_GO_ON ? "memory" : "died";
}

/* "worker-3: signal 11 (died), with 2 jobs". */
static void note_death(struct master *master, const struct pool_exit *end)
{
	char text[100];

	snprintf(text, sizeof(text), "%s: %s %d (%s), with %s", end->name,
		 end->code < 0 ? "signal" : "exit code", end->code < 0 ? -end->code : end->code,
		 why_it_ended(end), COUNTED(end->jobs, "job"));
	master_note(master, "worker_died", text);
}

static int serve(struct pool_worker *worker, void *context)
{
	struct run *run = context;

	options_forget_database(run->options);
	return worker_serve(worker, &run->worker_options);
}

static void on_worker_exit(void *context, const struct pool_exit *end)
{
	const struct run *run = context;

	if (run->master && !end->is_planned)
		note_death(run->master, end);
	LOG(end->is_planned ? LOG_VERBOSE : LOG_NORMAL, "worker_exit",
	    LOG_TEXT("worker", end->name), LOG_NUMBER("pid", end->pid),
	    LOG_NUMBER("code", end->code), LOG_NUMBER("jobs", end->jobs),
	    LOG_TEXT("why", why_it_ended(end)));
}

/* What this system lacks is said here, once, and by no worker. */
static int make_jail(struct run *run, size_t slot_bytes)
{
	char text[JAIL_TEXT_MAX];

	run->jail = jail_new(run->config, slot_bytes, text);
	if (!run->jail)
		log_error("%s", text);
	else if (text[0])
		log_say("%s", text);
	return run->jail ? 0 : -1;
}

/*
 * As many as there are descriptors for, if fewer than are wanted; but one.  What may be had for the
 * asking is had: the limit is the master's, and its workers'.
 */
static unsigned workers_that_fit(unsigned wanted, unsigned window)
{
	rlim_t master = MASTER_FDS + (rlim_t)wanted * WORKER_FDS, needed = master;
	rlim_t worker = MASTER_FDS + (rlim_t)window * TRANSFER_FDS;
	struct rlimit limit;
	rlim_t fit;

	if (needed < worker)
		needed = worker;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= needed)
		return wanted;
	limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= master)
		return wanted;
	fit = limit.rlim_cur > MASTER_FDS ? (limit.rlim_cur - MASTER_FDS) / WORKER_FDS : 0;
	fit = fit > 0 ? fit : 1;
	if (fit < wanted)
		log_say("%s, not %u: ulimit -n allows no more", COUNTED(fit, "worker"), wanted);
	return (unsigned)fit;
}

static int start_workers(struct run *run)
{
	const struct settings *settings = &run->config->settings;
	struct pool_options options = {
		.workers =
			workers_that_fit((unsigned)settings->workers, (unsigned)settings->window),
		.window = (unsigned)settings->window,
		.slot_bytes = page_slot_bytes((size_t)settings->max_body),
		.silence_ms = WORKER_SILENCE_MS,
		.answer_ms = worker_answer_ms(settings),
		.turn_results = TURN_RESULTS,
		.turn_ms = MASTER_TURN_MS,
		.serve = serve,
		.on_exit = on_worker_exit,
		.context = run,
	};

	if (make_jail(run, options.slot_bytes) < 0)
		return -1;
	run->worker_options = (struct worker_options){
		.config = run->config,
		.follow = run->follow,
		.canonical = run->config->canonical,
		.window = options.window,
		.jail = run->jail,
	};
	run->loop = options.loop = loop_new();
	if (run->loop)
		run->pool = pool_new(&options);
	if (!run->pool) {
		log_error("cannot start %s: %s (fewer with -j, smaller max_body?)",
			  COUNTED(options.workers, "worker"), strerror(errno));
		return -1;
	}
	return 0;
}

/* What stands in a database that is to be emptied; nothing, if there is none or it cannot be read.
 */
static struct store_totals totals_before(const char *database)
{
	struct store_error error;
	struct store_totals totals = { 0 };
	struct store *store = store_exists(database) ? store_open_read(database, &error) : NULL;

	if (store && store_get_totals(store, &totals) < 0)
		totals = (struct store_totals){ 0 };
	store_close(store);
	return totals;
}

/* Returns 0 or an exit code. */
static int open_store(struct run *run)
{
	const struct options *options = run->options;
	struct store_totals dropped = { 0 };
	struct store_error error;

	if (options->is_fresh)
		dropped = totals_before(options->database);
	run->store = run->stream ? store_open_private(&error)
				 : opening_write(options->database, options->is_fresh, &error);
	if (!run->store) {
		store_says(&error);
		return store_says_code(&error);
	}
	if (dropped.pages > 0)
		log_say("--fresh: dropping %s (%llu done) and %s of %s",
			COUNTED(dropped.pages, "URL"), (unsigned long long)dropped.done,
			COUNTED(dropped.rows, "row"), store_shown(options->database));
	if (store_notice(run->store))
		log_say("%s", store_notice(run->store));
	return 0;
}

static bool is_for_all(const struct options *options)
{
	return options->is_all || options->argument_count == 0;
}

/* "run 7: resuming crawl.db: 812 done, 44 failed, 3120 pending (--fresh starts over)". */
static void say_pass(const struct run *run, const struct asked_census *before, enum store_pass pass)
{
	long long number = (long long)run->number;
	const char *database = store_shown(run->options->database);

	if (before->pages + before->pending == 0)
		log_say("run %lld: %s %s", number,
			run->lists.added > 0 ? "new URLs into" : "nothing to ask for in", database);
	else if (pass == STORE_PASS_FAILED)
		log_say("run %lld: asking again for what failed in %s: %llu done, %llu failed, "
			"%llu pending",
			number, database, (unsigned long long)before->done,
			(unsigned long long)before->failed, (unsigned long long)before->pending);
	else if (pass == STORE_PASS_ALL)
		log_say("run %lld: new pass over %s: %s %s asked again (--fresh starts over)",
			number, database, COUNTED(before->pages, "URL"),
			before->pages == 1 ? "is" : "are");
	else
		log_say("run %lld: resuming %s: %llu done, %llu failed, %llu pending (--fresh "
			"starts over)",
			number, database, (unsigned long long)before->done,
			(unsigned long long)before->failed, (unsigned long long)before->pending);
}

/* "48 URLs of other lists are left alone, 9 of them pending; --all asks for them too". */
static void say_alone(const struct asked_census *before)
{
	char pending[60] = "";

	if (before->alone == 0)
		return;
	if (before->alone_pending > 0)
		snprintf(pending, sizeof(pending), ", %llu of them pending",
			 (unsigned long long)before->alone_pending);
	log_say("%s of other lists %s left alone%s; --all asks for %s too",
		COUNTED(before->alone, "URL"), before->alone == 1 ? "is" : "are", pending,
		before->alone == 1 ? "it" : "them");
}

/* Pages that this run does not ask for keep the rows of the patterns that they were read with. */
static void say_changed(const struct run *run, const struct asked_census *before,
			enum store_pass pass)
{
	bool is_changed = run->last.config_hash != 0 &&
			  !config_hash_has_patterns(run->last.config_hash, run->config->hash);

	if (is_changed && (before->alone > 0 || (pass != STORE_PASS_ALL && before->done > 0)))
		log_say("patterns have changed since the last run: crawl reparse runs them on what "
			"was read before");
}

/* The patterns' tables are made here: of those that cannot be, nothing is left.  Returns NULL then.
 */
static struct master *new_master(const struct run *run)
{
	const struct master_options options = {
		.config = run->config,
		.loop = run->loop,
		.pool = run->pool,
		.store = run->store,
		.tally = run->tally,
		.watch = stream_watch(run->stream),
		.window = run->worker_options.window,
		.quiet_since_ms = run->last.ended_ms,
		.signals = run->lists.signals,
	};

	return master_new(&options);
}

/* What the patterns mean: results carry the config's hash. */
static int put_patterns(const struct run *run)
{
	const struct config *config = run->config;
	struct store_pattern *patterns = memory_new(config->pattern_count, sizeof(*patterns));
	int result;

	for (size_t i = 0; i < config->pattern_count; i++)
		patterns[i] = (struct store_pattern){ config->patterns[i].spec->name,
						      config->patterns[i].hash };
	result = store_put_patterns(run->store, config->hash, patterns, config->pattern_count);
	free(patterns);
	return result;
}

/* Begin the run in the database, if it can be.  Returns 0 or -1: the store failed. */
static int begin_run(struct run *run)
{
	struct store_run row = {
		.command_line = run->options->command_line,
		.versions = version_line(),
		.config_hash = run->config->hash,
		.files = run->files.files,
		.file_count = run->files.count,
		.joins_only = run->options->is_join,
		.fits = differs_fits,
		.context = &run->files,
	};

	if (store_get_last_run(run->store, &run->last) < 0)
		return -1;
	run->is_late = run->last.is_finished && run->last.ended_ago_ms > 0 &&
		       run->last.ended_ago_ms < clock_ms() - run->begun_ms;
	run->master = new_master(run);
	if (!run->master)
		return -1;
	if (put_patterns(run) < 0)
		return -1;
	run->number = store_begin_run(run->store, &row);
	if (run->number == 0)
		return -1;
	store_get_member(run->store, &run->member);
	if (run->member.is_over || run->member.has_joined)
		return 0;
	if (run->last.config_hash != 0 && run->last.config_hash != run->config->hash)
		master_note(run->master, "config", "it says something else than the last run's");
	return 0;
}

/* With --update all is asked for again, with --retry-failed what failed. */
static int choose_asked(struct run *run)
{
	const struct options *options = run->options;
	struct asked_wish wish = { .is_all = is_for_all(options),
				   .is_late = run->is_late,
				   .last = run->last };
	struct asked_census before;
	enum store_pass pass;

	if (options->is_update)
		wish.pass = STORE_PASS_ALL;
	else if (options->is_retry_failed)
		wish.pass = STORE_PASS_FAILED;
	if (master_ask(run->master, &wish, &before, &pass) < 0)
		return -1;
	if (run->is_late && !run->member.has_joined)
		log_say("run %lld ended while this waited to join it: what it knows is not asked "
			"again",
			(long long)run->number - 1);
	else if (!run->is_new && !run->member.has_joined) {
		say_pass(run, &before, pass);
		say_alone(&before);
		say_changed(run, &before, pass);
	}
	return 0;
}

/* Of a large database this takes its time: what was read is kept before. */
static int choose(struct run *run)
{
	int result;

	if (run->is_new || run->member.has_joined)
		return choose_asked(run);
	if (master_commit(run->master) < 0)
		return -1;
	signals_unblock();
	result = choose_asked(run);
	signals_block();
	return result;
}

/* What a run asks for again was chosen when it began. */
static void say_late(const struct run *run)
{
	if (run->member.has_joined && !run->member.is_of_all && run->lists.counts.urls > 0)
		log_say("what run %lld knows of them already waits for the next pass",
			(long long)run->number);
}

/*
 * Everything before the first request.  What was read of a list that failed is kept, too.  Returns
 * 0, -1 after a complaint, or -2: the store failed.
 */
static int load(struct run *run)
{
	int read;

	if (begin_run(run) < 0)
		return -2;
	if (run->member.is_over)
		return 0;
	if (master_load(run->master) < 0)
		return -2;
	signals_block(); /* what is read is kept */
	run->is_new = !run->member.has_joined && master_is_new(run->master);
	if (run->stream)
		log_say("rows go to standard output, and nothing is kept");
	else if (run->member.has_joined)
		together_say_joined(run->store, run->number);
	else if (run->is_new)
		log_say("run %lld: new crawl into %s", (long long)run->number,
			store_shown(run->options->database));
	run->lists.store = run->store;
	run->lists.master = run->master;
	run->lists.is_shared = is_of_many(run);
	if (run->lists.is_shared)
		store_put_load(run->store, &(struct store_load){ .is_seeding = true });
	read = lists_read(&run->lists, run->options);
	if (run->lists.has_failed || (read == 0 && choose(run) < 0) ||
	    master_commit(run->master) < 0)
		return -2;
	if (run->options->argument_count > 0)
		lists_say(&run->lists);
	say_late(run);
	return read;
}

/* ---- the run ---- */

static const char *end_name(enum master_end end)
{
	static const char *const names[] = {
		[MASTER_FINISHED] = "finished",   [MASTER_MAX_PAGES] = "max_pages",
		[MASTER_MAX_TIME] = "max_time",   [MASTER_INTERRUPTED] = "interrupted",
		[MASTER_STORE_FAILED] = "failed", [MASTER_POOL_FAILED] = "failed",
	};

	return names[end];
}

/* What got worse is told of a run that went its way. */
static bool has_drifted(const struct run *run, const struct health *health)
{
	return run->config->settings.fail_on_drift && health_count_worse(health) > 0;
}

static int exit_code_of(const struct run *run, enum master_end end, const char *faults)
{
	int heard = master_signal(run->master);
	int signal = heard != 0 ? heard : stream_signal(run->stream);

	if (end == MASTER_STORE_FAILED || end == MASTER_POOL_FAILED)
		return EXIT_CANNOT_GO_ON;
	if (end == MASTER_INTERRUPTED && signal != 0)
		return command_signal_code(signal);
	if (stream_has_failed(run->stream))
		return EXIT_CANNOT_GO_ON;
	if (stream_is_closed(run->stream))
		return EXIT_ALL_DONE; /* who has read enough */
	return faults ? EXIT_SOME_FAILED : EXIT_ALL_DONE;
}

/* What all machines of a run came to, is each one's: when it is over. */
static bool count_whole(const struct run *run, struct together_figures *figures)
{
	if (!is_of_many(run) || run->others > 0)
		return false;
	if (together_wait(run->store) == 0 && together_count(run->store, run->number, figures) == 0)
		return true;
	store_says(store_error(run->store));
	return false;
}

static struct faults_figures faults_of_all(const struct run *run,
					   const struct together_figures *whole)
{
	if (!whole)
		return faults_of_tally(run->tally);
	return (struct faults_figures){ whole->failed, whole->limited, whole->rejects };
}

/* What is to be said of the code, and the code itself: faults is what the run has of them. */
static int judge(const struct run *run, const struct summary *summary, char faults[FAULTS_MAX],
		 const char **said)
{
	struct faults_figures figures = faults_of_all(run, summary->whole);
	int code = exit_code_of(
		run, summary->end,
		faults_of_run(&run->lists, &figures, summary->census, summary->is_kept, faults));

	if (code <= EXIT_SOME_FAILED && has_drifted(run, summary->health)) {
		*said = faults_add_drift(faults);
		return EXIT_DRIFTED;
	}
	*said = code == EXIT_SOME_FAILED ? faults : NULL;
	return code;
}

static bool is_interrupted(void *user)
{
	const struct run *run = user;

	return signals_take(run->lists.signals) != 0;
}

/* All is committed: who waits no longer, loses nothing.  Of several machines it is the last's. */
static void put_findings(struct run *run, const struct health *health)
{
	const struct findings_work work = {
		.store = run->store,
		.config = run->config,
		.health = health,
		.is_stopped = is_interrupted,
		.context = run,
	};

	struct store_member member;

	store_get_member(run->store, &member);
	if (run->config->settings.keep_pages && member.has_ended && !master_has_left(run->master) &&
	    findings_put(&work) < 0)
		store_says(store_error(run->store));
}

/* Say what the run did.  Returns the exit code. */
static int sum_up(struct run *run, enum master_end end, int64_t elapsed_ms)
{
	struct asked_census census = { .pending = 0 };
	bool is_counted = is_of_many(run); /* what was ours is not any more */
	char waiting[WAITS_MAX], faults[FAULTS_MAX];
	struct together_figures whole;
	struct health health;
	struct summary summary = {
		.options = run->options,
		.config = run->config,
		.store = run->store,
		.tally = run->tally,
		.links = master_links(run->master),
		.is_kept = !run->stream,
		.end = end,
		.others = run->others,
		.elapsed_ms = elapsed_ms,
		.census = &census,
		.health = &health,
	};

	if (is_counted)
		census = run->census;
	if ((is_counted || master_count(run->master, &census) == 0) && census.pending > 0)
		summary.waiting = waits_describe(run->store, waiting);
	if (count_whole(run, &whole))
		summary.whole = &whole;
	if (health_read(&health, run->store, 0, run->config) < 0)
		store_says(store_error(run->store));
	else
		put_findings(run, &health);
	summary.code = judge(run, &summary, faults, &summary.faults);
	summary_show(&summary);
	health_free(&health);
	return summary.code;
}

/* A crawl that cannot be steered is still a crawl. */
static void open_door(struct run *run)
{
	char error[CONTROL_ERROR_MAX];

	if (run->stream || is_of_many(run))
		return; /* the socket would stand beside a file */
	run->steer = (struct steer){ run->master, run->tally, clock_ms() };
	run->control =
		control_new(run->options->database, run->loop, requests_answer, &run->steer, error);
	if (!run->control)
		log_say("crawl ctl cannot reach this run: %s", error);
}

/* What is done from time to time while the master runs. */
struct rhythm {
	struct progress progress;
	struct master *master;
	struct together_idle idle;
	struct notify notify;
	int64_t progress_due_ms; /* or CLOCK_NEVER: with -q it is not shown */
};

static void on_tick(void *user)
{
	struct rhythm *rhythm = user;
	int64_t now = clock_ms();

	struct master_view view = master_view(rhythm->master);

	notify_beat(&rhythm->notify, now);
	together_look(&rhythm->idle, &view, now);
	if (now < rhythm->progress_due_ms)
		return;
	rhythm->progress_due_ms = now + progress_every_ms(&rhythm->progress);
	progress_tick(&rhythm->progress);
}

static void keep_rhythm(struct run *run, struct rhythm *rhythm)
{
	int64_t every = progress_every_ms(&rhythm->progress);

	rhythm->progress_due_ms = clock_ms() + every;
	if (run->options->log_level < LOG_NORMAL)
		rhythm->progress_due_ms = CLOCK_NEVER;
	if (rhythm->notify.every_ms > 0 && rhythm->notify.every_ms < every)
		every = rhythm->notify.every_ms;
	if (rhythm->idle.store && every > TOGETHER_LOOK_MS)
		every = TOGETHER_LOOK_MS;
	master_on_tick(run->master, (int)every, on_tick, rhythm);
}

#define LEFT_WORDS                                                                            \
	"left before all was committed: what was not is asked for again as soon as the lease" \
	" is over"

/* The store would wait for its server. */
static _Noreturn void leave_at_once(const struct run *run)
{
	log_say(LEFT_WORDS);
	page_child_end(run->page, end_name(MASTER_INTERRUPTED));
	fflush(NULL);
	_exit(command_signal_code(master_signal(run->master)));
}

/* The end of the run waits for the server, too: who does not want to, says so. */
static void let_signals_end(void)
{
	signals_end_at_once(log_tells(LOG_NORMAL) && !log_is_json() ? "crawl: " LEFT_WORDS "\n"
								    : NULL);
	signals_unblock();
}

static bool has_ended(const struct store *store)
{
	struct store_member member;

	store_get_member(store, &member);
	return member.has_ended;
}

/* This machine is done with it: so may be the run, or others go on.  Who goes on has what was ours
 * at once: to count all that is left takes long in a large crawl.  Returns 0, or -1. */
static int end_together(struct run *run, enum master_end end)
{
	int result = -1;

	let_signals_end();
	if (end == MASTER_INTERRUPTED && master_signal(run->master) &&
	    !master_was_told_to_stop(run->master))
		run->others = together_others(run->store);
	if (run->others > 0 || master_count(run->master, &run->census) == 0)
		result = store_end_run(run->store, end_name(end));
	if (result == 0 && run->others > 0 && has_ended(run->store)) {
		run->others = 0; /* they have left meanwhile */
		result = master_count(run->master, &run->census);
	}
	signals_block();
	return result;
}

static int end_run(struct run *run, enum master_end end)
{
	return is_of_many(run) ? end_together(run, end) : store_end_run(run->store, end_name(end));
}

static int crawl(struct run *run)
{
	struct rhythm rhythm = {
		.progress = progress_begin(run->master, run->tally),
		.master = run->master,
		.idle.store = is_of_many(run) ? run->store : NULL,
		.notify = notify_open(),
	};
	enum master_end end;
	int code;

	keep_rhythm(run, &rhythm);
	stream_begin(run->stream, run->master, run->loop);
	open_door(run);
	notify_say(&rhythm.notify, "READY=1");
	end = master_run(run->master);
	notify_say(&rhythm.notify, "STOPPING=1");
	notify_close(&rhythm.notify);
	control_free(run->control);
	progress_end(&rhythm.progress);
	if (end == MASTER_POOL_FAILED)
		log_error("workers end before they are ready: run with -v for their exit codes");
	if (master_is_unsettled(run->master))
		leave_at_once(run);
	if (end == MASTER_STORE_FAILED || end_run(run, end) < 0) {
		store_says(store_error(run->store));
		page_child_end(run->page, end_name(MASTER_STORE_FAILED));
		if (end == MASTER_STORE_FAILED && master_has_left(run->master))
			return command_signal_code(master_signal(run->master));
		return store_says_code(store_error(run->store));
	}
	code = sum_up(run, end, clock_ms() - rhythm.progress.begun_ms);
	page_child_end(run->page, end_name(end));
	return code;
}

/* What was to be read is no list, or a signal came while it was waited for. */
static int end_unseen(struct run *run)
{
	if (!run->lists.is_stopped)
		return EXIT_WRONG_USAGE;
	log_say("stopped before anything was done: the same command goes on");
	return command_signal_code(signals_take(run->lists.signals));
}

/* A signal came while lists were read, or one could not be read to its end: what was read is kept.
 */
static int end_unread(struct run *run)
{
	bool is_stopped = run->lists.is_stopped;
	int signal = is_stopped ? signals_take(run->lists.signals) : 0;
	struct asked_census census;

	signals_unblock(); /* the second leaves at once */
	if (store_end_run(run->store, is_stopped ? "interrupted" : "failed") < 0 ||
	    master_count(run->master, &census) < 0) {
		store_says(store_error(run->store));
		return EXIT_CANNOT_GO_ON;
	}
	log_say("stopped while %s was read; %s left%s", run->lists.name,
		COUNTED(census.pending, "URL"), run->stream ? "" : ": the same command goes on");
	return is_stopped ? command_signal_code(signal) : EXIT_CANNOT_GO_ON;
}

/* Nothing is under way yet that a signal would have to wait for. */
static void begin_signals(void)
{
	static const char words[] =
		"crawl: stopped before anything was asked for: the same command goes on\n";

	signals_end_at_once(log_tells(LOG_NORMAL) && !log_is_json() ? words : NULL);
}

/* Signals wait from now on: who reads lists looks for them, and then the master when it turns. */
static void block_signals(void)
{
	signals_block();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk: the write says so */
}

/* Rows are to go to standard output?  Returns -1 after a complaint. */
static int make_stream(struct run *run)
{
	if (!stream_is_wanted(run->options))
		return 0;
	if (stream_is_refused(run->options) || !stream_has_rows(run->config))
		return -1;
	run->config->settings.keep_pages = false;
	run->stream = stream_new(run->config);
	return 0;
}

/* The port is asked for before anything is done that would be in vain.  Returns 0 or an exit code.
 */
static int open_page(struct run *run)
{
	int code = 0;

	if (!run->options->is_serve)
		return 0;
	if (run->stream) {
		log_error("--serve shows a database, and -o - makes none: leave one of them out");
		return EXIT_WRONG_USAGE;
	}
	run->page = page_child_new(run->options, run->config->settings.sandbox, &code);
	return code;
}

/* What is refused before a list is opened or anything is made.  Returns 0, or -1 with *code. */
static int make_plan(struct run *run, int *code)
{
	*code = EXIT_WRONG_USAGE;
	if (run->options->is_join ? !joining_is_possible(run->options)
				  : !lists_are_readable(run->options))
		return -1;
	if (load_config(run, code) < 0)
		return -1;
	*code = EXIT_WRONG_USAGE;
	if (make_stream(run) < 0 || (is_of_many(run) && !can_be_shared(run->config)))
		return -1;
	if (is_of_many(run) && !run->options->is_join)
		run_files_make(&run->files, run->config, run->options);
	if (run->options->is_dry_run && !run->options->is_fresh && !run->stream &&
	    !tables_fit(run->config, run->options->database))
		return -1;
	return 0;
}

/* The workers are forked first: nothing of the database is ever theirs.  Returns 0 or an exit code.
 */
static int start_processes(struct run *run)
{
	int code;

	run->tally = new_tally(run->config);
	run->follow =
		follow_new(run->config->follow, run->config->follow_count, &run->config->settings);
	code = open_page(run);
	if (code != 0)
		return code;
	if (start_workers(run) < 0 || (run->page && page_child_start(run->page, run->loop) < 0))
		return EXIT_CANNOT_GO_ON;
	return 0;
}

/* With the database open. */
static int run_into_store(struct run *run)
{
	int loaded = load(run);

	if (loaded == -2) {
		store_says(store_error(run->store));
		return run->master && master_signal(run->master)
			       ? command_signal_code(master_signal(run->master))
			       : store_says_code(store_error(run->store));
	}
	if (run->member.is_over) /* while we got ready */
		return joining_say_ended(run->store, run->options->database) == 0
			       ? EXIT_ALL_DONE
			       : EXIT_CANNOT_GO_ON;
	return loaded < 0 ? end_unread(run) : crawl(run);
}

static int run_it(struct run *run)
{
	int code;

	begin_signals();
	if (make_plan(run, &code) < 0)
		return code;
	if (run->options->is_dry_run)
		return dry_run(run->config, run->options, &run->lists);
	block_signals();
	run->lists.signals = signals_open();
	if (lists_look(&run->lists, run->options) < 0)
		return end_unseen(run);
	code = start_processes(run);
	if (code != 0)
		return code;
	run->begun_ms = clock_ms();
	signals_unblock(); /* another program's lock, a long log: SQLite does not look for them */
	code = open_store(run);
	return code != 0 ? code : run_into_store(run);
}

int command_run(const struct options *options)
{
	struct run run = { .options = options, .lists = LISTS_BEGIN };
	int code = run_it(&run);

	page_child_free(run.page);
	pool_free(run.pool);
	jail_free(run.jail);
	master_free(run.master);
	lists_end(&run.lists);
	loop_free(run.loop);
	store_close(run.store);
	follow_free(run.follow);
	stream_free(run.stream);
	tally_free(run.tally);
	config_free(run.config);
	run_files_free(&run.files);
	return code;
}
