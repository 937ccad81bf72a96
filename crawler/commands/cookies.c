#include "commands/commands.h"

#include <unistd.h>

#include "commands/rows_out.h"
#include "commands/store_says.h"
#include "show/human.h"
#include "show/log.h"

static struct slice host_of(const struct options *options)
{
	return slice_of(options->argument_count > 0 ? options->arguments[0] : NULL);
}

static int ask_cookies(struct store *store, const char *host,
		       int (*function)(void *context, const struct store_answer *row),
		       void *context)
{
	const struct store_about about = { .text = slice_of(host) };

	return store_report(store, STORE_REPORT_COOKIES, &about, function, context);
}

static int show(const struct options *options)
{
	struct store *store = rows_out_open(options);
	int code;

	if (!store)
		return EXIT_CANNOT_GO_ON;
	code = rows_out_write(store, options, ask_cookies, host_of(options).at, OUTPUT_TABLE);
	store_close(store);
	return code;
}

static int forget(const struct options *options)
{
	struct store_error error;
	struct store *store;
	uint64_t count = 0;

	if (!store_exists(options->database)) {
		log_error("there is no %s: nothing to forget (-o names another)",
			  store_shown(options->database));
		return EXIT_WRONG_USAGE;
	}
	store = store_open(options->database, false, &error);
	if (!store) {
		store_says(&error);
		return EXIT_CANNOT_GO_ON;
	}
	if (store_clear_cookies(store, host_of(options), &count) < 0)
		store_says(store_error(store));
	else
		log_say("forgot %s", COUNTED(count, "cookie"));
	count = store_has_failed(store);
	store_close(store);
	return count ? EXIT_CANNOT_GO_ON : EXIT_ALL_DONE;
}

int command_cookies(const struct options *options)
{
	return options->is_forget ? forget(options) : show(options);
}
