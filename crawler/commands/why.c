#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/carried.h"
#include "commands/known_url.h"
#include "commands/report.h"
#include "commands/rows_out.h"
#include "commands/store_says.h"
#include "parsers/request/request.h"
#include "parsers/text/memory.h"
#include "show/log.h"
#include "show/shell_word.h"

/* ---- a URL that is known ---- */

static int tell(struct store *store, const struct options *options, struct store_key key)
{
	struct report report = report_begin(stdout, store, options->is_json);

	report.about.key = key;
	report_row(&report, "page", STORE_REPORT_PAGE);
	report_rows(&report, "from", STORE_REPORT_FROM);
	report_rows(&report, "led_here", STORE_REPORT_LEADING);
	report_rows(&report, "tries", STORE_REPORT_TRIES);
	report_rows(&report, "rows", STORE_REPORT_ROWS);
	report_row(&report, "host", STORE_REPORT_HOST);
	if (report_end(&report) == 0)
		return EXIT_ALL_DONE;
	store_says(store_error(store));
	return EXIT_CANNOT_GO_ON;
}

/* ---- one that is not ---- */

struct hints {
	struct slice url; /* that is not known */
	unsigned count;
};

#define HINTS_MAX 3 /* of each kind */

static char *text_of(const struct store_value *value)
{
	return memory_text(value->text.at, value->text.size);
}

/* list, line, reason */
static int on_reject(void *context, const struct store_answer *row)
{
	struct hints *hints = context;
	char *list, *reason;

	if (!row->values)
		return 0;
	list = text_of(&row->values[0]);
	reason = text_of(&row->values[2]);
	log_say("  it was rejected: %s, line %lld: %s", list, (long long)row->values[1].integer,
		reason);
	free(list);
	free(reason);
	return ++hints->count == HINTS_MAX ? -1 : 0;
}

/* Is this the name of a POST to the URL? */
static bool is_identity(struct slice name, struct slice url)
{
	return request_identity_of(name).size > 0 && slice_equal(request_url(name), url);
}

/* url */
static int on_leading(void *context, const struct store_answer *row)
{
	struct hints *hints = context;
	char *url, *typed;

	if (!row->values)
		return 0;
	url = text_of(&row->values[0]);
	typed = shell_word(url);
	if (is_identity(row->values[0].text, hints->url))
		log_say("  it was asked by POST (crawl why %s)", typed);
	else
		log_say("  it is where %s was redirected to (crawl why %s)", url, typed);
	free(typed);
	free(url);
	return ++hints->count == HINTS_MAX ? -1 : 0;
}

/* Is this other spelling known?  Then say so. */
static unsigned hint_spelling(struct store *store, const char *format, struct slice a,
			      struct slice b)
{
	static struct url url;
	struct store_key key;
	char text[2 * URL_BYTES_MAX];
	int size = snprintf(text, sizeof(text), format, (int)a.size, a.at, (int)b.size, b.at);

	if (size < 0 || (size_t)size >= sizeof(text) || url_parse(&url, slice_of(text)) != URL_OK ||
	    store_find_url(store, url_slice(&url), &key) != 1)
		return 0;
	log_say("  did you mean %s?", url.text);
	return 1;
}

/* The same with another scheme, or with or without "/" at the end. */
static unsigned hint_spellings(struct store *store, const struct url *url)
{
	struct slice rest = { url->text + url->host, (size_t)(url->size - url->host) };
	struct slice path = { url->text, url->query };
	struct slice query = { url->text + url->query, (size_t)(url->size - url->query) };
	unsigned count = 0;

	count += hint_spelling(store, url->is_https ? "http://%.*s%.*s" : "https://%.*s%.*s", rest,
			       SLICE(""));
	if (path.at[path.size - 1] != '/')
		count += hint_spelling(store, "%.*s/%.*s", path, query);
	else if (path.size > (size_t)url->path + 1)
		count += hint_spelling(store, "%.*s%.*s", (struct slice){ path.at, path.size - 1 },
				       query);
	return count;
}

/* Say why a URL may be unknown.  url is NULL if it is none. */
static int guess(struct store *store, const char *typed, const struct url *url)
{
	struct store_about about = { .text = slice_of(typed) };
	struct hints hints = { 0 };
	int result = store_report(store, STORE_REPORT_REJECTED, &about, on_reject, &hints);

	if (url && result == 0) {
		about.text = hints.url = url_slice(url);
		result = store_report(store, STORE_REPORT_LEADING, &about, on_leading, &hints);
		hints.count += hint_spellings(store, url);
	}
	if (hints.count == 0)
		log_say("  no list named it, and no page that was read has a link to it that is\n"
			"  followed: the rules of follow: (crawl-config), or its depth, or the\n"
			"  robots.txt of the pages may be why (crawl inspect links; crawl ctl add "
			"URL)");
	return result;
}

/* ---- the command ---- */

static int why(struct store *store, const struct options *options)
{
	static struct url url;
	const char *typed = options->arguments[0];
	struct slice fragment = request_identity_of(slice_of(typed));
	enum url_error error = url_parse(&url, slice_of(typed));
	struct store_key key;
	int found =
		error == URL_OK ? known_url_find(store, options, slice_of(typed), &url, &key) : 0;

	if (found == -2)
		return EXIT_WRONG_USAGE;
	if (found == 1) {
		carried_say_unverified_url(options, url_slice(&url));
		return tell(store, options, key);
	}
	if (error == URL_OK)
		log_error("%s%.*s is not known to %s", url.text, (int)fragment.size,
			  fragment.size > 0 ? fragment.at : "", store_shown(options->database));
	else
		log_error("%s: %s", typed, url_error_text(error));
	if (found == -1 || guess(store, typed, error == URL_OK ? &url : NULL) < 0) {
		store_says(store_error(store));
		return EXIT_CANNOT_GO_ON;
	}
	return EXIT_SOME_FAILED;
}

int command_why(const struct options *options)
{
	struct store *store = rows_out_open(options);
	int code;

	if (!store)
		return EXIT_CANNOT_GO_ON;
	code = why(store, options);
	store_close(store);
	return code;
}
