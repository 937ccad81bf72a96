#include "serve/view_page.h"

#include <string.h>

#include "parsers/request/request.h"
#include "report/kept_text.h"
#include "report/parts.h"
#include "report/words.h"
#include "serve/try_page.h"

/* The story of one URL, as `crawl why` tells it, and what is kept of its page. */

#define FROM_MAX   20     /* pages that led to it, one behind the other */
#define TEXT_MAX   200000 /* bytes of the page */
#define LEADING_MS 60     /* for what led to it by a redirect: every result is read */
#define CHARACTERS 2000   /* of a text in the story */
#define TOO_MANY   "too many to look through: "

struct story {
	struct view *view;
	struct html *html;
	struct store_about about;
	size_t rows;
};

/* What to type instead. */
static void write_command(const struct story *story, const char *url)
{
	html_markup(story->html, "<p class=\"more\">");
	view_command(story->view, story->html, "why", (const char *const[]){ url, NULL });
	html_markup(story->html, "</p>\n");
}

/* ---- facts: one row, its columns below each other ---- */

static void write_value(struct html *html, const struct store_value *value)
{
	if (value->kind == STORE_REAL)
		html_markup(html, "%.1f", value->real);
	else
		parts_value(html, value, false, CHARACTERS);
}

static int on_fact(void *context, const struct store_answer *row)
{
	struct story *story = context;
	struct html *html = story->html;

	for (size_t i = 0; row->values && i < row->column_count; i++) {
		if (row->values[i].kind == STORE_NULL)
			continue;
		html_markup(html, "<tr><th scope=\"row\">");
		html_words(html, row->columns[i]);
		html_markup(html, "</th><td>");
		write_value(html, &row->values[i]);
		html_markup(html, "</td></tr>\n");
		story->rows++;
	}
	return -1;
}

static void write_facts(struct story *story, const char *title, enum store_report report)
{
	struct html *html = story->html;

	html_markup(html, "<h3>");
	html_words(html, title);
	html_markup(html, "</h3>\n<table class=\"facts\"><caption class=\"hidden\">");
	html_words(html, title);
	html_markup(html, "</caption><tbody>\n");
	if (store_report(story->view->store, report, &story->about, on_fact, story) < 0)
		html_markup(html, "<tr><td>too late to read</td></tr>");
	html_markup(html, "</tbody></table>\n");
}

/* ---- where it was found ---- */

static void write_from(struct story *story, struct store_key key)
{
	struct store_found_url found;
	struct html *html = story->html;
	size_t count = 0;

	if (store_get_found(story->view->store, key, &found) != 1)
		return;
	html_markup(html, "<h3>Found on</h3>\n");
	if (store_key_is_none(found.from)) {
		html_markup(html,
			    "<p>no page: a list, a sitemap or the command line named it</p>\n");
		return;
	}
	html_markup(html, "<ol class=\"urls\">\n");
	for (; count < FROM_MAX && !store_key_is_none(found.from); count++) {
		struct store_key from = found.from;

		if (store_get_found(story->view->store, from, &found) != 1)
			break;
		html_markup(html, "<li>");
		view_url(html, from, found.url);
		html_markup(html, "</li>\n");
	}
	html_markup(html, "</ol>\n");
}

/* ---- tables ---- */

static int on_try(void *context, const struct store_answer *row)
{
	struct story *story = context;
	struct html *html = story->html;

	if (!row->values)
		return 0;
	html_markup(html, "<tr>");
	for (size_t i = 0; i < row->column_count; i++) {
		html_markup(html, "<td>");
		write_value(html, &row->values[i]);
		html_markup(html, "</td>");
	}
	html_markup(html, "</tr>\n");
	story->rows++;
	return story->rows < 4 * VIEW_LIST_MAX ? 0 : -1;
}

static void write_tries(struct story *story)
{
	struct html *html = story->html;
	int result;

	html_markup(html, "<h3>Tries</h3>\n");
	view_begin_table(html, "Tries");
	html_markup(html, "<thead><tr><th scope=\"col\">run</th><th scope=\"col\">try</th>"
			  "<th scope=\"col\">at</th><th scope=\"col\">outcome</th>"
			  "<th scope=\"col\">status</th><th scope=\"col\">waited ms</th>"
			  "<th scope=\"col\">error</th></tr></thead><tbody>\n");
	result = store_report(story->view->store, STORE_REPORT_TRIES, &story->about, on_try, story);
	html_markup(html, "</tbody>");
	view_end_table(html);
	if (result < 0)
		view_trouble(story->view, html, TOO_MANY "crawl why tells them");
}

/* pattern, rows */
static int on_pattern(void *context, const struct store_answer *row)
{
	struct story *story = context;
	struct html *html = story->html;

	if (!row->values)
		return 0;
	html_markup(html, "<li><a href=\"/rows/");
	html_part(html, row->values[0].text);
	html_markup(html, "?page=%llu\">", (unsigned long long)store_key_id(story->about.key));
	html_cut(html, row->values[0].text, PARTS_TEXT_MAX);
	html_markup(html, "</a>: %lld</li>\n", (long long)row->values[1].integer);
	story->rows++;
	return 0;
}

static void write_rows(struct story *story)
{
	struct html *html = story->html;
	int result;

	html_markup(html, "<h3>Rows</h3>\n<ul>\n");
	story->rows = 0;
	result = store_report(story->view->store, STORE_REPORT_ROWS, &story->about, on_pattern,
			      story);
	if (result == 0 && story->rows == 0)
		html_markup(html, "<li class=\"muted\">none</li>\n");
	html_markup(html, "</ul>\n");
	if (result < 0)
		view_trouble(story->view, html, TOO_MANY "crawl why tells them");
}

/* url */
static int on_leading(void *context, const struct store_answer *row)
{
	struct story *story = context;
	struct html *html = story->html;

	if (!row->values)
		return 0;
	if (story->rows++ == 0)
		html_markup(html, "<h3>Redirected here</h3>\n<ul class=\"urls\">\n");
	html_markup(html, "<li><a class=\"u\" href=\"/why?url=");
	html_part(html, row->values[0].text);
	html_markup(html, "\">");
	html_cut(html, row->values[0].text, PARTS_TEXT_MAX);
	html_markup(html, "</a></li>\n");
	return 0;
}

static void write_leading(struct story *story)
{
	int result;

	story->rows = 0;
	store_set_read_budget(story->view->store, LEADING_MS);
	result = store_report(story->view->store, STORE_REPORT_LEADING, &story->about, on_leading,
			      story);
	if (story->rows > 0)
		html_markup(story->html, "</ul>\n");
	if (result < 0)
		view_trouble(story->view, story->html,
			     "What was redirected here: " TOO_MANY "crawl why tells them");
}

/* ---- the page that is kept ---- */

static void write_note(struct story *story, const struct store_kept *kept, struct slice text,
		       bool is_cut)
{
	struct html *html = story->html;

	if (!kept->is_text)
		html_markup(html, "It is no text. ");
	else if (!text.at)
		html_markup(html, "What is kept of it is damaged. ");
	else if (is_cut)
		html_markup(html, "The first %d kB of it. ", TRY_SHOWN_MAX / 1000);
	if (text.at)
		html_markup(html,
			    "<a href=\"/matched?id=%llu\">What patterns match in it</a>, "
			    "<a href=\"/try?id=%llu\">try others on it</a>. ",
			    (unsigned long long)store_key_id(kept->key),
			    (unsigned long long)store_key_id(kept->key));
	html_markup(html, "As it is: ");
}

/* A script puts the text with what matches marked in the place of this one. */
static void write_page(struct story *story, const struct store_kept *kept, const char *url)
{
	struct kept_text *unpacked = kept_text_new();
	struct html *html = story->html;
	bool is_cut = false;
	struct slice text = kept->is_text
				    ? kept_text_beginning(unpacked, kept, TRY_SHOWN_MAX, &is_cut)
				    : (struct slice){ NULL, 0 };

	html_markup(html, "<h3 id=\"page\">The page as it is kept</h3>\n<p class=\"note\">");
	write_note(story, kept, text, is_cut);
	view_command(story->view, html, "body", (const char *const[]){ url, NULL });
	html_markup(html, "</p>\n");
	if (text.at) {
		html_markup(html, "<div data-matched=\"/matched?id=%llu\">\n",
			    (unsigned long long)store_key_id(kept->key));
		try_page_text(html, NULL, text);
		html_markup(html, "</div>\n<script src=\"/matched.js\" defer></script>\n");
	}
	kept_text_free(unpacked);
}

static void write_kept(struct story *story, struct store_key key, const char *url)
{
	struct store_kept kept;
	struct store_key before = { key.share, key.number - 1 };

	/* The first behind it: itself, if it is kept. */
	if (store_get_kept(story->view->store, before, &kept) != 1 ||
	    store_key_id(kept.key) != store_key_id(key))
		html_markup(story->html, "<h3 id=\"page\">The page</h3>\n"
					 "<p class=\"note\">It is not kept.</p>\n");
	else
		write_page(story, &kept, url);
}

/* ---- one URL ---- */

static void write_form(struct html *html, const char *url)
{
	html_markup(html, "<form class=\"ask\" method=\"get\" action=\"/why\">\n<label>URL"
			  "<input class=\"wide\" name=\"url\" value=\"");
	html_words(html, url ? url : "");
	html_markup(html, "\"></label>\n<button>Tell</button></form>\n");
}

/* What became of it in words, and what may help. */
static void write_lead(struct html *html, const struct store_found_url *found)
{
	char outcome[WORDS_MAX], words[WORDS_MAX];
	const char *help;

	if (found->state != STORE_FAILED)
		return;
	snprintf(outcome, sizeof(outcome), "%.*s", (int)found->outcome.size, found->outcome.at);
	help = words_help(outcome, found->status);
	html_markup(html, "<p class=\"lead\"><b>");
	html_words(html, words_cause(outcome, found->status, words));
	html_markup(html, "</b>");
	if (help) {
		html_markup(html, ": ");
		html_words(html, help);
	}
	html_markup(html, "</p>\n");
}

static void tell(struct view *view, struct store_key key, const struct store_found_url *found)
{
	struct html html = { 0 };
	struct story story = { .view = view, .html = &html, .about = { .key = key } };
	static char url[URL_BYTES_MAX + 1];

	snprintf(url, sizeof(url), "%.*s", (int)found->url.size, found->url.at);
	view_begin(view, &html, url);
	write_lead(&html, found);
	write_facts(&story, "What became of it", STORE_REPORT_PAGE);
	write_from(&story, key);
	write_rows(&story);
	write_facts(&story, "Its host", STORE_REPORT_MANNERS);
	write_kept(&story, key, url);
	write_tries(&story);
	write_leading(&story);
	write_command(&story, url);
	view_end(view, &html);
}

/* ---- which one ---- */

static void say(struct view *view, unsigned status, const char *title, const char *words,
		const char *url)
{
	struct html html = { 0 };
	struct story story = { .view = view, .html = &html };

	view->status = status;
	view_begin(view, &html, title);
	write_form(&html, url);
	html_markup(&html, "<p>");
	html_words(&html, words);
	html_markup(&html, "</p>\n");
	if (url)
		write_command(&story, url);
	view_end(view, &html);
}

/* There is no index of texts: all URLs are read, as long as there is time. */
static void tell_typed(struct view *view, const char *typed)
{
	static struct url url;
	enum url_error error = url_parse(&url, slice_of(typed));
	struct store_found_url found;
	struct store_key key;
	int result;

	if (error != URL_OK) {
		say(view, 400, "No URL", url_error_text(error), typed);
		return;
	}
	request_identify_typed(&url, slice_of(typed));
	store_set_read_budget(view->store, VIEW_SCAN_MS);
	result = store_find_url(view->store, url_slice(&url), &key);
	if (result == 1 && store_get_found(view->store, key, &found) == 1)
		tell(view, key, &found);
	else if (result < 0 && store_is_late(view->store))
		say(view, 503, "Too many URLs",
		    "Too many to look through while a page is waited for:", typed);
	else if (result < 0)
		say(view, 503, "Cannot be read", store_error(view->store)->text, typed);
	else
		say(view, 404, "Not known",
		    "It is not known here; why it may not be, and what is near:", typed);
}

static void tell_numbered(struct view *view, uint64_t number)
{
	struct store_key key = store_key_of(number);
	struct store_found_url found;
	int result = store_get_found(view->store, key, &found);

	if (result == 1)
		tell(view, key, &found);
	else
		say(view, result < 0 ? 503 : 404, "Not known",
		    result < 0 ? store_error(view->store)->text : "No URL has this number here.",
		    NULL);
}

void view_why(struct view *view)
{
	struct ask ask;

	if (!view_ask(view, &ask))
		return;
	if (ask.id)
		tell_numbered(view, ask.id);
	else if (ask.url)
		tell_typed(view, ask.url);
	else
		say(view, 200, "One URL", "Its story: what became of it, and why.", NULL);
}
