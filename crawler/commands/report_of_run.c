#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands/rows_out.h"
#include "commands/store_says.h"
#include "report/figures_json.h"
#include "report/page.h"
#include "show/log.h"

/*
 * What is read may take so long, and what is counted over every URL so long besides: only tens of
 * millions come near, so that the same database makes the same report however busy the machine is.
 */
#define READ_MS   20000
#define COUNT_MS  10000
#define VALUES_MS 10000

/* Everything that the command holds.  Acquired in this order, released in the reverse. */
struct reporting {
	const struct options *options;
	int64_t run; /* 0: the last */
	struct config *config;
	struct store *store;
	struct figures *figures;
};

/* Returns 0, or -1 after a complaint. */
static int read_run(struct reporting *reporting)
{
	const char *text = reporting->options->run;
	char *end;

	if (!text)
		return 0;
	errno = 0;
	reporting->run = strtoll(text, &end, 10);
	if (end > text && *end == '\0' && errno == 0 && reporting->run > 0)
		return 0;
	log_error("--run %s: that is no number of a run: crawl sql 'SELECT id, started_at FROM "
		  "runs'",
		  text);
	return -1;
}

/* run, ..., first_run, last_run */
static int on_run(void *context, const struct store_answer *row)
{
	int64_t *ends = context;

	if (row->values) {
		ends[0] = row->values[row->column_count - 2].integer;
		ends[1] = row->values[row->column_count - 1].integer;
	}
	return -1;
}

static int say_no_run(const struct reporting *reporting)
{
	struct store_about about = { .to_run = 0 };
	int64_t ends[2] = { 0, 0 };

	if (store_report(reporting->store, STORE_REPORT_RUNS, &about, on_run, ends) < 0) {
		store_says(store_error(reporting->store));
		return EXIT_CANNOT_GO_ON;
	}
	if (ends[1] == 0)
		log_error("%s has no run yet: leave out --run",
			  store_shown(reporting->options->database));
	else
		log_error("%s has no run %lld: its runs are %lld to %lld",
			  store_shown(reporting->options->database), (long long)reporting->run,
			  (long long)ends[0], (long long)ends[1]);
	return EXIT_WRONG_USAGE;
}

/* Returns an exit code. */
static int read_figures(struct reporting *reporting)
{
	struct store *store = reporting->store;
	int result = 0;

	if (store_begin_look(store, READ_MS) < 0) {
		store_says(store_error(store));
		return EXIT_CANNOT_GO_ON;
	}
	reporting->figures = figures_read(store, store_shown(reporting->options->database),
					  reporting->run, reporting->config);
	if (reporting->figures) {
		store_set_read_budget(store, COUNT_MS + VALUES_MS);
		result = figures_read_values(reporting->figures, store, VALUES_MS);
	}
	if (reporting->figures && result == 0)
		result = figures_count(reporting->figures, store);
	if (store_end_look(store) && !reporting->figures) {
		log_error("%s: it takes more than %d s to read: is another program at it?",
			  store_shown(reporting->options->database), READ_MS / 1000);
		return EXIT_CANNOT_GO_ON;
	}
	if (store_has_failed(store)) {
		store_says(store_error(store));
		return EXIT_CANNOT_GO_ON;
	}
	return reporting->figures ? EXIT_ALL_DONE : say_no_run(reporting);
}

/* main() says whether it could be written. */
static void write_page(const struct figures *figures)
{
	static const struct page_options alone;
	struct html html = { .size = 0 };

	page_report(&html, figures, &alone);
	fwrite(html.bytes, 1, html.size, stdout);
	html_free(&html);
}

static int report(struct reporting *reporting, bool is_in_use)
{
	int code = read_figures(reporting);

	if (code != EXIT_ALL_DONE)
		return code;
	/* A run that has not said how it ended, and does not hold its database: it was killed. */
	if (reporting->figures->state == FIGURES_RUNNING && !is_in_use)
		reporting->figures->state = FIGURES_KILLED;
	if (reporting->options->is_json)
		figures_json(stdout, reporting->figures);
	else
		write_page(reporting->figures);
	return EXIT_ALL_DONE;
}

int command_report(const struct options *options)
{
	struct reporting reporting = { .options = options };
	int code = EXIT_WRONG_USAGE;

	if (!options->is_json && isatty(STDOUT_FILENO)) {
		log_error("the report is a page for a browser: crawl report > report.html");
		return EXIT_WRONG_USAGE;
	}
	if (read_run(&reporting) < 0)
		return EXIT_WRONG_USAGE;
	reporting.config = command_config(options, options->configs, options->config_count);
	if (reporting.config) {
		bool is_in_use = store_is_in_use(options->database);

		reporting.store = rows_out_open(options);
		code = reporting.store ? report(&reporting, is_in_use) : EXIT_CANNOT_GO_ON;
	}
	figures_free(reporting.figures);
	store_close(reporting.store);
	config_free(reporting.config);
	return code;
}
