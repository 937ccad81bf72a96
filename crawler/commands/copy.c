#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/signals.h"
#include "commands/store_says.h"
#include "master/share.h"
#include "parsers/text/memory.h"
#include "show/human.h"
#include "show/log.h"
#include "store/store.h"

#define TELL_MS 5000  /* as often it is said how far it is */
#define WAIT_MS 30000 /* for whom the database is in use by: who was killed has a lease still */
#define LOOK_MS 500

struct telling {
	int signals;
	int signal; /* that has stopped it, or 0 */
	int64_t due_ms;
	char table[64]; /* that was told of last */
	uint64_t rows;  /* of the tables that are done */
	uint64_t of_table;
};

static void tell(void *context, const char *table, uint64_t rows)
{
	struct telling *telling = context;

	if (strcmp(table, telling->table) != 0) {
		telling->rows += telling->of_table;
		snprintf(telling->table, sizeof(telling->table), "%s", table);
	}
	telling->of_table = rows;
	if (clock_ms() < telling->due_ms)
		return;
	telling->due_ms = clock_ms() + TELL_MS;
	log_say_dated(COUNTED(telling->rows + rows, "row"));
}

static bool is_stopped(void *context)
{
	struct telling *telling = context;

	if (telling->signal == 0)
		telling->signal = signals_take(telling->signals);
	return telling->signal != 0;
}

static int on_cookie(void *context, const struct store_answer *row)
{
	bool *has_any = context;

	*has_any = row->values != NULL;
	return -1;
}

/* What holds cookies is its owner's alone, before the first is there.  Returns 0, or -1. */
static int hide(struct store *from, struct store *to)
{
	bool has_any = false;

	if (store_report(from, STORE_REPORT_COOKIES, NULL, on_cookie, &has_any) < 0)
		return -1;
	return has_any ? store_hide(to) : 0;
}

/* Returns 0, 1: a signal came, or -1. */
static int copy(struct store *from, struct store *to, const struct options *options,
		struct telling *telling, struct store_error *error)
{
	const struct store_copying copying = {
		.share_of = share_of, .tell = tell, .is_stopped = is_stopped, .context = telling
	};
	const char *shown = store_shown(options->arguments[0]);
	char *source = memory_text(shown, strlen(shown));
	struct store_totals totals = { 0 };
	int result = -1;

	if (hide(from, to) < 0)
		*error = *store_error(store_has_failed(from) ? from : to);
	else
		result = store_copy(from, to, source, &copying, error);
	free(source);
	if (result != 0)
		return result;
	if (store_get_totals(to, &totals) < 0) {
		*error = *store_error(to);
		return -1;
	}
	log_say("%s: %s, %s", store_shown(options->arguments[1]),
		COUNTED(totals.pages + totals.pending, "URL"), COUNTED(totals.rows, "row"));
	return 0;
}

static int try_to_copy(struct store *from, const struct options *options, struct telling *telling,
		       struct store_error *error)
{
	struct store *to = store_open_to_copy(options->arguments[1], options->is_fresh, error);
	int result = to ? copy(from, to, options, telling, error) : -1;

	store_close(to);
	return result;
}

/* Who was killed and is begun again at once finds himself at work. */
static int copy_patiently(struct store *from, const struct options *options,
			  struct telling *telling, struct store_error *error)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000 };
	int64_t end_ms = clock_ms() + WAIT_MS;
	bool is_said = false;
	int result;

	while ((result = try_to_copy(from, options, telling, error)) < 0 &&
	       error->cure == STORE_CURE_WAIT && !store_has_failed(from) && clock_ms() < end_ms) {
		if (!is_said)
			log_say("%s (trying for %d s)", error->text, WAIT_MS / 1000);
		is_said = true;
		if (is_stopped(telling))
			return 1;
		nanosleep(&pause, NULL);
	}
	return result;
}

static struct store *open_source(const char *where)
{
	struct store_error error;
	struct store *store;

	if (!store_exists(where)) {
		log_error("there is no %s: nothing to copy", store_shown(where));
		return NULL;
	}
	if (store_is_in_use(where)) {
		log_error("a crawl is at work in %s: wait until it has ended", store_shown(where));
		return NULL;
	}
	store = store_open_read(where, &error);
	if (!store)
		store_says(&error);
	return store;
}

static bool are_names(const struct options *options)
{
	struct store_error error;

	for (size_t i = 0; i < options->argument_count; i++) {
		if (store_check(options->arguments[i], &error) == 0)
			continue;
		log_error("%s", error.text);
		return false;
	}
	if (strcmp(options->arguments[0], options->arguments[1]) != 0)
		return true;
	log_error("copy: both are %s", store_shown(options->arguments[0]));
	return false;
}

/* Signals wait between two batches. */
int command_copy(const struct options *options)
{
	struct telling telling = { .due_ms = clock_ms() + TELL_MS };
	struct store_error error;
	struct store *from;
	int result;

	if (!are_names(options))
		return EXIT_WRONG_USAGE;
	from = open_source(options->arguments[0]);
	if (!from)
		return EXIT_CANNOT_GO_ON;
	signals_block();
	telling.signals = signals_open();
	result = copy_patiently(from, options, &telling, &error);
	store_close(from);
	if (result == 0)
		return EXIT_ALL_DONE;
	if (result > 0) {
		log_say("stopped: the same command goes on");
		return command_signal_code(telling.signal);
	}
	store_says(&error);
	return store_says_code(&error);
}
