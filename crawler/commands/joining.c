#include "commands/joining.h"

#include "commands/commands.h"
#include "commands/opening.h"
#include "commands/store_says.h"
#include "show/log.h"

bool joining_is_possible(const struct options *options)
{
	const char *other = options->argument_count > 0     ? "lists and URLs"
			    : options->config_count > 0     ? "config"
			    : options->expression_count > 0 ? "expression"
			    : options->is_fresh             ? "fresh"
			    : options->is_all               ? "all"
			    : options->is_update            ? "update"
			    : options->is_retry_failed      ? "retry-failed"
			    : options->is_dry_run           ? "dry-run"
			    : options->user                 ? "user"
			    : options->cookie               ? "cookie"
			    : options->header_count > 0     ? "header"
							    : NULL;

	for (size_t i = 0; i < options->setting_count; i++) {
		if (!other && run_files_have(options->settings[i].setting))
			other = option_of_setting(options->settings[i].setting)->name;
	}
	if (store_is_file(options->database))
		log_error("--join is for a database of several machines: -o postgresql://...");
	else if (other)
		log_error("--join takes that from the run that it joins: leave out %s%s",
			  options->argument_count > 0 ? "" : "--", other);
	return !store_is_file(options->database) && !other;
}

/* What STORE_REPORT_RUN says: run, started_at, ended_at, state, ... */
enum { RUN, ENDED_AT = 2, STATE };

struct last {
	int64_t run; /* 0: there was none */
	bool has_ended;
};

static int on_run(void *context, const struct store_answer *row)
{
	struct last *last = context;
	const struct store_value *values = row->values;

	if (!values)
		return -1;
	last->run = values[RUN].integer;
	last->has_ended = values[STATE].kind != STORE_NULL;
	if (last->has_ended)
		log_say("run %lld ended%s%.*s (%.*s): there is nothing to join",
			(long long)last->run, values[ENDED_AT].text.size > 0 ? " at " : "",
			(int)values[ENDED_AT].text.size, values[ENDED_AT].text.at,
			(int)values[STATE].text.size, values[STATE].text.at);
	return -1;
}

static int find_last(struct store *store, const char *where, struct last *last)
{
	*last = (struct last){ .run = 0 };
	if (store_report(store, STORE_REPORT_RUN, NULL, on_run, last) < 0)
		return -1;
	if (last->run == 0)
		log_say("%s has no run yet: there is nothing to join", store_shown(where));
	return 0;
}

int joining_say_ended(struct store *store, const char *where)
{
	struct last last;

	return find_last(store, where, &last);
}

static int look(struct store *store, const struct options *options, struct run_files *files,
		int *code)
{
	char error[RUN_FILES_ERROR_MAX];
	struct last last;

	*code = EXIT_CANNOT_GO_ON;
	if (find_last(store, options->database, &last) < 0) {
		store_says(store_error(store));
		return -1;
	}
	if (last.run == 0 || last.has_ended) {
		*code = EXIT_ALL_DONE;
		return -1;
	}
	if (run_files_read(files, store, error) == 0)
		return 0;
	if (error[0]) {
		log_error("run %lld is of another version of crawl: %s", (long long)last.run,
			  error);
		*code = EXIT_WRONG_USAGE;
	} else {
		store_says(store_error(store));
	}
	return -1;
}

int joining_look(const struct options *options, struct run_files *files, int *code)
{
	struct store_error error;
	struct store *store;
	int result;

	if (!store_exists(options->database)) {
		log_say("there is no crawl in %s yet: there is nothing to join",
			store_shown(options->database));
		*code = EXIT_ALL_DONE;
		return -1;
	}
	store = opening_read(options->database, &error);
	if (!store) {
		store_says(&error);
		*code = store_says_code(&error);
		return -1;
	}
	result = look(store, options, files, code);
	store_close(store);
	return result;
}
