#include "serve/view_page.h"

#include <string.h>

#include "protocol/outcome.h"
#include "report/parts.h"

/* URLs by what became of them. */

struct listing {
	struct html *html;
	struct view_csv csv;
	size_t count;
};

/* Which of them, and in which order. */
static void filter_of(const struct ask *ask, struct store_url_filter *filter)
{
	enum outcome outcome = outcome_find(slice_of(ask->outcome));

	*filter = (struct store_url_filter){
		.has_state = ask->has_state,
		.state = ask->state,
		.outcome = slice_of(ask->outcome),
		.is_failure =
			ask->outcome && !outcome_is_done(outcome) && !outcome_is_skipped(outcome),
		.has_status = ask->has_status,
		.status = ask->status,
		.host = slice_of(ask->host),
		.pattern = slice_of(ask->pattern),
		.text = slice_of(ask->q),
	};
}

/* ---- the form ---- */

static void write_states(struct html *html, const struct ask *ask)
{
	html_markup(html, "<label>State<select name=\"state\">");
	view_option(html, "", "any", !ask->has_state);
	for (int i = 0; i < ASK_STATES; i++) {
		const char *name = ask_state((enum store_state)i);

		view_option(html, name, name, ask->has_state && (int)ask->state == i);
	}
	html_markup(html, "</select></label>\n<label>Outcome<select name=\"outcome\">");
	view_option(html, "", "any", !ask->outcome);
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		const char *name = outcome_name((enum outcome)i);

		view_option(html, name, name, ask->outcome && strcmp(ask->outcome, name) == 0);
	}
	html_markup(html, "</select></label>\n");
}

static void write_form(struct html *html, const struct ask *ask)
{
	char status[16] = "";

	if (ask->has_status)
		snprintf(status, sizeof(status), "%u", ask->status);
	html_markup(html, "<form class=\"ask\" method=\"get\" action=\"/urls\">\n");
	view_input(html, "Text in URL, title, error", "q", ask->q);
	write_states(html, ask);
	view_input(html, "Status", "status", status);
	view_input(html, "Host", "host", ask->host);
	view_input(html, "Pattern that finds nothing", "pattern", ask->pattern);
	html_markup(html, "<label>Order<select name=\"order\">");
	view_option(html, "newest", "newest first", !ask->is_oldest_first);
	view_option(html, "oldest", "oldest first", ask->is_oldest_first);
	html_markup(html, "</select></label>\n<button>Show</button></form>\n");
}

/* ---- the table ---- */

static void write_cell(struct html *html, struct slice text, size_t characters)
{
	html_markup(html, "<td>");
	if (text.at)
		html_cut(html, text, characters);
	else
		html_markup(html, "<span class=\"muted\">–</span>");
	html_markup(html, "</td>");
}

/* In one line: it would break at a '-' of its date. */
static void write_time(struct html *html, struct slice at)
{
	html_markup(html, "<td class=\"at\">");
	html_cut(html, at, PARTS_NAME_MAX);
	html_markup(html, "</td>");
}

static int on_url(void *context, const struct store_found_url *url)
{
	struct listing *listing = context;
	struct html *html = listing->html;
	struct slice state = slice_of(ask_state(url->state));

	html_markup(html, "<tr><td class=\"u\">");
	view_url(html, url->key, url->url);
	html_markup(html, "</td>");
	write_cell(html, state, PARTS_NAME_MAX);
	write_cell(html, url->outcome, PARTS_NAME_MAX);
	if (url->status > 0)
		html_markup(html, "<td class=\"num\">%u</td>", url->status);
	else
		html_markup(html, "<td class=\"num\"><span class=\"muted\">–</span></td>");
	write_cell(html, url->title, PARTS_TITLE_MAX);
	write_cell(html, url->error, PARTS_TEXT_MAX);
	write_time(html, url->at);
	html_markup(html, "</tr>\n");
	listing->count++;
	return 0;
}

static void show_list(struct view *view, const struct ask *ask,
		      const struct store_url_filter *filter)
{
	const struct store_range range = { ask->after, ask->is_oldest_first, VIEW_LIST_MAX };
	struct html html = { 0 };
	struct listing listing = { .html = &html };
	struct store_listed listed;
	int result;

	view_begin(view, &html, "URLs");
	write_form(&html, ask);
	view_begin_table(&html, "URLs that were found");
	html_markup(&html, "<thead><tr><th scope=\"col\">URL</th><th scope=\"col\">state</th>"
			   "<th scope=\"col\">outcome</th><th scope=\"col\" class=\"num\">status"
			   "</th><th scope=\"col\">title</th><th scope=\"col\">error</th>"
			   "<th scope=\"col\">at</th></tr></thead><tbody>\n");
	store_set_read_budget(view->store, VIEW_SCAN_MS);
	result = store_find_urls(view->store, filter, &range, on_url, &listing, &listed);
	html_markup(&html, "</tbody>");
	view_end_table(&html);
	if (result < 0)
		view_trouble(view, &html, "too many to look through");
	view_turn(&html, "/urls", ask, &listed, listing.count, "URL");
	html_markup(&html, "<p class=\"more\"><span class=\"muted\">all of them:</span> ");
	view_command(view, &html, "export", (const char *const[]){ "pages", NULL });
	html_markup(&html, "</p>\n");
	view_end(view, &html);
}

/* ---- CSV ---- */

static struct store_value text_value(struct slice text)
{
	return (struct store_value){ .kind = text.at ? STORE_TEXT : STORE_NULL, .text = text };
}

static int on_csv_url(void *context, const struct store_found_url *url)
{
	static const char *const columns[] = { "url",   "state", "outcome", "status",
					       "title", "error", "at",      "tries" };
	struct listing *listing = context;
	const struct store_value values[] = {
		text_value(url->url),
		text_value(slice_of(ask_state(url->state))),
		text_value(url->outcome),
		{ .kind = url->status > 0 ? STORE_INTEGER : STORE_NULL, .integer = url->status },
		text_value(url->title),
		text_value(url->error),
		text_value(url->at),
		{ .kind = STORE_INTEGER, .integer = url->tries },
	};

	return view_csv_row(&listing->csv, sizeof(columns) / sizeof(columns[0]), columns, values);
}

static void send_csv(struct view *view, const struct ask *ask,
		     const struct store_url_filter *filter)
{
	const struct store_range range = { ask->after, ask->is_oldest_first, VIEW_CSV_MAX };
	struct listing listing = { .count = 0 };
	struct store_listed listed;

	view_csv_begin(&listing.csv, view);
	store_set_read_budget(view->store, VIEW_SCAN_MS);
	store_find_urls(view->store, filter, &range, on_csv_url, &listing, &listed);
	view_csv_end(&listing.csv, "urls", listed.is_at_end && ask->after == 0);
}

void view_urls(struct view *view)
{
	struct store_url_filter filter;
	struct ask ask;

	if (!view_ask(view, &ask))
		return;
	filter_of(&ask, &filter);
	if (ask.is_csv)
		send_csv(view, &ask, &filter);
	else
		show_list(view, &ask, &filter);
}
