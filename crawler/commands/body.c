#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/known_url.h"
#include "commands/rows_out.h"
#include "commands/store_says.h"
#include "report/kept_text.h"
#include "show/log.h"
#include "show/plain.h"
#include "show/shell_word.h"

/* ---- a page that is kept ---- */

static int write_body(const struct store_kept *kept)
{
	struct kept_text *text = kept_text_new();
	struct slice bytes = kept_text_bytes(text, kept);
	bool is_damaged = !bytes.at;

	if (is_damaged)
		log_error("%.*s: what is kept of it is damaged", (int)kept->url.size, kept->url.at);
	else
		plain_write_data(stdout, bytes); /* main() says whether it was written */
	kept_text_free(text);
	return is_damaged ? EXIT_CANNOT_GO_ON : EXIT_ALL_DONE;
}

/* ---- one that is not ---- */

static struct slice column(const struct store_answer *row, const char *name)
{
	for (size_t i = 0; i < row->column_count; i++) {
		if (strcmp(row->columns[i], name) == 0 && row->values[i].kind == STORE_TEXT)
			return row->values[i].text;
	}
	return (struct slice){ "", 0 };
}

/* The one row of STORE_REPORT_PAGE.  context: the URL. */
static int say_why(void *context, const struct store_answer *row)
{
	const char *url = context;
	struct slice state, outcome, final_url;
	char *typed;

	if (!row->values)
		return 0;
	state = column(row, "state");
	outcome = column(row, "outcome");
	final_url = column(row, "final_url");
	if (slice_equal(state, SLICE("pending")))
		log_error("%s is not kept: it waits to be read", url);
	else if (slice_equal(outcome, SLICE("moved")))
		log_error("%s is not kept: it moved to %.*s", url, (int)final_url.size,
			  final_url.at);
	else if (slice_equal(state, SLICE("done")))
		log_error("%s is not kept: only pages are, and only with keep_pages", url);
	else {
		typed = shell_word(url);
		log_error("%s is not kept: %.*s%s%.*s (crawl why %s)", url, (int)state.size,
			  state.at, outcome.size > 0 ? ", " : "", (int)outcome.size, outcome.at,
			  typed);
		free(typed);
	}
	return -1; /* one is all there is */
}

/* ---- the command ---- */

static int show(struct store *store, const struct url *url, struct store_key key)
{
	/* The page behind the one before it. */
	struct store_key before = { key.share, key.number - 1 };
	struct store_about about = { .key = key };
	struct store_kept kept;
	int found = store_get_kept(store, before, &kept);

	if (found == 1 && store_key_id(kept.key) == store_key_id(key))
		return write_body(&kept);
	if (found < 0 || store_report(store, STORE_REPORT_PAGE, &about, say_why,
				      (void *)(uintptr_t)url->text) < 0) {
		store_says(store_error(store));
		return EXIT_CANNOT_GO_ON;
	}
	return EXIT_SOME_FAILED;
}

static int body(struct store *store, const struct options *options)
{
	static struct url url;
	enum url_error error = url_parse(&url, slice_of(options->arguments[0]));
	struct store_key key;
	int found;

	if (error != URL_OK) {
		log_error("%s: %s", options->arguments[0], url_error_text(error));
		return EXIT_SOME_FAILED;
	}
	found = known_url_find(store, options, slice_of(options->arguments[0]), &url, &key);
	if (found == 1)
		return show(store, &url, key);
	if (found == -2)
		return EXIT_WRONG_USAGE;
	if (found == 0) {
		log_error("%s is not known to %s (crawl why)", options->arguments[0],
			  store_shown(options->database));
		return EXIT_SOME_FAILED;
	}
	store_says(store_error(store));
	return EXIT_CANNOT_GO_ON;
}

int command_body(const struct options *options)
{
	struct store *store = rows_out_open(options);
	int code;

	if (!store)
		return EXIT_CANNOT_GO_ON;
	code = body(store, options);
	store_close(store);
	return code;
}
