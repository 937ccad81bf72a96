#include "report/sections.h"

#include <string.h>

#include "report/words.h"

#define CAUSES_SHOWN  12 /* failures by name; the others are told together */
#define SINGLES_SHOWN 8
#define OTHERS_SHOWN  6 /* causes that are no failures */
#define CAUSES_MANY   8 /* from so many on, */
#define SINGLES_LEAST 3 /* and so many of one URL each, these are told together */
#define SECTION_BYTES 45000

/* What became of the URLs that did not fail and were not read. */
static bool is_shown(const struct figures_cause *cause)
{
	return cause->outcome && strcmp(cause->outcome, "ok") != 0 &&
	       strcmp(cause->outcome, "not_modified") != 0 && strcmp(cause->outcome, "moved") != 0;
}

static uint64_t sum_of(const struct figures *figures, bool is_failure)
{
	uint64_t urls = 0;

	for (size_t i = 0; i < figures->cause_count; i++)
		if (figures->causes[i].is_failure == is_failure && is_shown(&figures->causes[i]))
			urls += figures->causes[i].urls;
	return urls;
}

/* Nobody may have counted them. */
static uint64_t rejects_of(const struct figures *figures)
{
	return figures->rejects == UINT64_MAX ? 0 : figures->rejects;
}

static uint64_t most_of(const struct figures *figures)
{
	uint64_t most = rejects_of(figures) > 0 ? rejects_of(figures) : 1;

	for (size_t i = 0; i < figures->cause_count; i++)
		if (is_shown(&figures->causes[i]) && figures->causes[i].urls > most)
			most = figures->causes[i].urls;
	return most;
}

/* ---- the story of a URL ---- */

static void write_origin(struct html *html, const struct page *page, const struct figures_page *one)
{
	html_markup(html, "<li>");
	if (one->from_url.size == 0) {
		html_markup(html, "given in the list</li>");
		return;
	}
	html_markup(html, "linked from ");
	parts_url(html, page, (struct store_key){ 0 }, one->from_url);
	html_markup(html, "</li>");
}

static void write_clock(struct html *html, const char *at)
{
	char clock[WORDS_MAX];

	if (!at)
		return;
	html_markup(html, "<time>");
	html_words(html, words_clock(at, clock));
	html_markup(html, "</time> ");
}

static void write_what(struct html *html, struct slice error, unsigned status, const char *outcome)
{
	char words[WORDS_MAX];

	if (error.size > 0)
		html_cut(html, error, PARTS_TEXT_MAX);
	else if (status > 0)
		html_markup(html, "status %u", status);
	else
		html_words(html, words_cause(outcome, status, words));
}

static void write_try(struct html *html, const struct figures_try *try)
{
	html_markup(html, "<li>");
	write_clock(html, try->at);
	html_markup(html, "try %llu: ", (unsigned long long)try->number);
	write_what(html, try->error, try->status, try->outcome);
	if (try->wait_ms > 0) {
		html_markup(html, "; tried again after ");
		parts_ms(html, (double)try->wait_ms);
	}
	html_markup(html, "</li>");
}

/* Did the URL come to its end by its last try?  Or by none: its host was given up. */
static bool is_by_last(const struct figures_page *one, const struct figures_cause *cause)
{
	return one->try_count == 0 || !one->tries[one->try_count - 1].outcome ||
	       strcmp(one->tries[one->try_count - 1].outcome, cause->outcome) == 0;
}

static void write_tries(struct html *html, const struct figures_page *one,
			const struct figures_cause *cause)
{
	uint64_t before = one->tries_all - one->try_count;
	bool is_last = is_by_last(one, cause);

	if (before > 0) {
		html_markup(html, "<li>");
		parts_count(html, before);
		html_markup(html, " earlier</li>");
	}
	for (size_t i = 0; i + is_last < one->try_count; i++)
		write_try(html, &one->tries[i]);
	html_markup(html, "<li>");
	write_clock(html, one->at);
	if (one->value > 0 && is_last)
		html_markup(html, "try %llu: ", (unsigned long long)one->value);
	write_what(html, one->error, cause->status, cause->outcome);
	if (cause->is_failure)
		html_markup(html, ". <b>Failed</b> as <code>");
	else
		html_markup(html, ". <b>Not asked for</b>: <code>");
	html_cut(html, slice_of(cause->outcome), PARTS_NAME_MAX);
	html_markup(html, "</code></li>");
}

static void write_page(struct html *html, const struct page *page, const struct figures_page *one,
		       const struct figures_cause *cause, const char *small)
{
	html_markup(html, "<li><details><summary>");
	parts_url(html, page, page->options->is_served ? (struct store_key){ 0 } : one->key,
		  one->url);
	if (small) {
		html_markup(html, " <small>");
		html_words(html, small);
		html_markup(html, "</small>");
	}
	html_markup(html, "</summary><ol class=\"story\">");
	write_origin(html, page, one);
	write_tries(html, one, cause);
	if (page->options->is_served && !store_key_is_none(one->key))
		html_markup(html, "<li><a href=\"/why?id=%llu\">the whole story</a></li>",
			    (unsigned long long)store_key_id(one->key));
	html_markup(html, "</ol></details></li>\n");
}

/* ---- one cause ---- */

static void begin_cause(struct html *html)
{
	html_markup(html, "<details class=\"cause\"><summary><span class=\"cn\">");
}

/* Its number, and a bar: grey, if it is nobody's failure. */
static void write_bar(struct html *html, uint64_t urls, uint64_t most, bool is_failure)
{
	html_markup(html, "</span> <span class=\"num\">");
	parts_count(html, urls);
	html_markup(html, "</span> <span class=\"cb\"><b");
	if (!is_failure)
		html_markup(html, " class=\"q\"");
	html_markup(html, " style=\"width:%.1f%%\"></b></span> <span class=\"ch\">",
		    parts_width((double)urls / (double)most));
}

static void write_hosts(struct html *html, const struct figures_cause *cause)
{
	size_t shown = 0;

	for (; shown < 3 && cause->hosts[shown]; shown++) {
		if (shown > 0)
			html_markup(html, ", ");
		html_cut(html, slice_of(words_host(cause->hosts[shown])), PARTS_NAME_MAX);
	}
	if (cause->host_count > shown) {
		html_markup(html, " and ");
		parts_many(html, cause->host_count - shown, shown > 0 ? "other" : "host");
	}
}

static void write_rest(struct html *html, struct page *page, const struct figures_cause *cause)
{
	uint64_t rest = cause->urls > cause->page_count ? cause->urls - cause->page_count : 0;

	if (rest > 0 && page->options->is_served) {
		html_markup(html, "<a href=\"/urls?outcome=");
		html_part(html, slice_of(cause->outcome));
		html_markup(html, "&amp;status=%u\">and ", cause->status);
		parts_count(html, rest);
		html_markup(html, " more</a> ");
	} else if (rest > 0) {
		html_markup(html, "and ");
		parts_count(html, rest);
		html_markup(html, " more: ");
		parts_command(html,
			      verdict_command(page->figures, &page->arena,
					      "crawl failed --outcome %.40s", cause->outcome));
		html_markup(html, " ");
	}
	if (cause->is_failure && words_may_heal(cause->outcome, cause->status)) {
		html_markup(html, "again: ");
		parts_command(html, verdict_again(page->figures, &page->arena, "--retry-failed"));
	}
}

static void write_cause(struct html *html, struct page *page, const struct figures_cause *cause,
			uint64_t most)
{
	const char *help = words_help(cause->outcome, cause->status);
	char words[WORDS_MAX];

	begin_cause(html);
	html_words(html, words_cause(cause->outcome, cause->status, words));
	write_bar(html, cause->urls, most, cause->is_failure);
	write_hosts(html, cause);
	html_markup(html, "</span></summary><div class=\"in\">");
	if (help) {
		html_markup(html, "<p>");
		html_words(html, help);
		html_markup(html, "</p>");
	}
	html_markup(html, "<ul class=\"urls\">\n");
	for (size_t i = 0; i < cause->page_count && i < FIGURES_EXAMPLES_MAX; i++) {
		if (i > 0 && !parts_has_room(html, page))
			break;
		write_page(html, page, &cause->pages[i], cause, NULL);
	}
	html_markup(html, "</ul><p class=\"more\">");
	write_rest(html, page, cause);
	html_markup(html, "</p></div></details>\n");
}

/* ---- what is told together ---- */

/* A page of a cause that has no line of its own. */
static void write_single(struct html *html, const struct page *page,
			 const struct figures_cause *cause)
{
	char words[WORDS_MAX];

	words_cause(cause->outcome, cause->status, words);
	if (cause->page_count > 0)
		write_page(html, page, &cause->pages[0], cause, words);
}

/* Those that are not shown by themselves. */
struct kinds {
	const struct figures_cause *first[SINGLES_SHOWN];
	size_t count;
	uint64_t urls;
};

static void write_kinds(struct html *html, struct page *page, const struct kinds *kinds,
			uint64_t most)
{
	begin_cause(html);
	parts_many(html, kinds->count, "other kind");
	write_bar(html, kinds->urls, most, true);
	html_markup(html, "</span></summary><div class=\"in\">");
	if (kinds->urls == kinds->count)
		html_markup(html, "<p>One URL each.</p>");
	html_markup(html, "<ul class=\"urls\">\n");
	for (size_t i = 0; i < kinds->count && i < SINGLES_SHOWN; i++)
		if (parts_has_room(html, page))
			write_single(html, page, kinds->first[i]);
	html_markup(html, "</ul><p class=\"more\">all of them: ");
	parts_command(html, verdict_command(page->figures, &page->arena, "crawl failed"));
	html_markup(html, "</p></div></details>\n");
}

/* "urls.txt:7 htp:/x other scheme or none" */
static void write_reject(struct html *html, const struct figures_reject *line)
{
	html_markup(html, "<li><code>");
	html_cut(html, slice_of(line->list), PARTS_TITLE_MAX);
	html_markup(html, ":%llu</code> ", (unsigned long long)line->line);
	if (line->text.size > 0) {
		html_markup(html, "<code>");
		html_cut(html, line->text, PARTS_TITLE_MAX);
		html_markup(html, "</code> ");
	}
	html_markup(html, "<span class=\"muted\">");
	html_cut(html, line->reason, PARTS_TEXT_MAX);
	html_markup(html, "</span></li>\n");
}

static void write_rejects(struct html *html, struct page *page, uint64_t most)
{
	const struct figures *figures = page->figures;

	begin_cause(html);
	html_markup(html, "lines of the list that are no URLs");
	write_bar(html, figures->rejects, most, false);
	html_cut(html, slice_of(figures->reject_list ? figures->reject_list : "several lists"),
		 PARTS_NAME_MAX);
	html_markup(html, "</span></summary><div class=\"in\"><ul class=\"urls\">\n");
	for (size_t i = 0; i < figures->rejects_shown; i++)
		write_reject(html, &figures->reject_lines[i]);
	html_markup(html, "</ul><p class=\"more\">");
	if (figures->rejects > figures->rejects_shown) {
		html_markup(html, "and ");
		parts_count(html, figures->rejects - figures->rejects_shown);
		html_markup(html, " more: ");
	}
	parts_command(html,
		      verdict_command(figures, &page->arena, "crawl sql 'SELECT * FROM rejects'"));
	html_markup(html, "</p></div></details>\n");
}

/* Are there so many causes that those of one URL are in the way? */
static bool has_singles(const struct figures *figures)
{
	size_t count = 0, singles = 0;

	for (size_t i = 0; i < figures->cause_count; i++) {
		count += figures->causes[i].is_failure;
		singles += figures->causes[i].is_failure && figures->causes[i].urls == 1;
	}
	return count >= CAUSES_MANY && singles >= SINGLES_LEAST;
}

static void write_failures(struct html *html, struct page *page, uint64_t most)
{
	const struct figures *figures = page->figures;
	bool is_many = has_singles(figures);
	struct kinds kinds = { .count = 0 };
	size_t shown = 0;

	for (size_t i = 0; i < figures->cause_count; i++) {
		const struct figures_cause *cause = &figures->causes[i];

		if (!cause->is_failure)
			continue;
		if (shown < CAUSES_SHOWN && parts_has_room(html, page) &&
		    !(is_many && cause->urls == 1)) {
			write_cause(html, page, cause, most);
			shown++;
			continue;
		}
		if (kinds.count < SINGLES_SHOWN)
			kinds.first[kinds.count] = cause;
		kinds.count++;
		kinds.urls += cause->urls;
	}
	if (kinds.count > 0)
		write_kinds(html, page, &kinds, most);
}

static void write_others(struct html *html, struct page *page, uint64_t most)
{
	const struct figures *figures = page->figures;
	size_t shown = 0;

	for (size_t i = 0; i < figures->cause_count && shown < OTHERS_SHOWN; i++) {
		const struct figures_cause *cause = &figures->causes[i];

		if (cause->is_failure || !is_shown(cause) || !parts_has_room(html, page))
			continue;
		write_cause(html, page, cause, most);
		shown++;
	}
}

static void write_heading(struct html *html, const struct figures *figures)
{
	uint64_t others = sum_of(figures, false);

	html_markup(html, "<h2>Failures <small>");
	parts_many(html, figures->run.failed, "URL");
	html_markup(html, " failed");
	if (others > 0) {
		html_markup(html, ", ");
		parts_count(html, others);
		html_markup(html, " not allowed");
	}
	if (rejects_of(figures) > 0) {
		html_markup(html, ", ");
		parts_many(html, figures->rejects, "line");
		html_words(html, figures->rejects == 1 ? " of the list was no URL"
						       : " of the list were no URL");
	}
	html_markup(html, "</small></h2>\n");
}

void section_failures(struct html *html, struct page *page)
{
	const struct figures *figures = page->figures;
	uint64_t most = most_of(figures);

	parts_give_room(html, page, SECTION_BYTES);
	html_markup(html, "<section id=\"failures\">");
	write_heading(html, figures);
	write_failures(html, page, most);
	write_others(html, page, most);
	if (rejects_of(figures) > 0)
		write_rejects(html, page, most);
	html_markup(html, "</section>\n");
}
