#include "serve/try_page.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"
#include "serve/patterns.h"

#define BEFORE     1000 /* bytes that are shown before a first match that is far down */
#define DEPTH_MAX  16   /* matches in matches */
#define CELL_SHOWN 200  /* characters */

/* ---- the page's text ---- */

static int by_place(const void *a, const void *b)
{
	const struct tried_match *one = a, *other = b;

	if (one->offset != other->offset)
		return one->offset < other->offset ? -1 : 1;
	if (one->size != other->size)
		return one->size > other->size ? -1 : 1;
	return one->pattern < other->pattern ? -1 : one->pattern > other->pattern;
}

static bool is_in(const struct tried_match *match, struct slice page)
{
	return match->offset <= page.size && match->size <= page.size - match->offset;
}

/* Those that are in the page, in their order.  The caller frees them. */
static struct tried_match *places_of(const struct tried *tried, struct slice page, size_t *count)
{
	size_t all = tried ? tried->match_count : 0;
	struct tried_match *places = memory_new(all + 1, sizeof(*places));

	*count = 0;
	for (size_t i = 0; i < all; i++) {
		if (is_in(&tried->match[i], page))
			places[(*count)++] = tried->match[i];
	}
	if (*count > 1)
		qsort(places, *count, sizeof(*places), by_place);
	return places;
}

static size_t character_begin(struct slice text, size_t at)
{
	while (at > 0 && at < text.size && (text.at[at] & 0xC0) == 0x80)
		at--;
	return at;
}

/* What is written, and which marks are open: each ends before the one around it. */
struct colouring {
	struct html *html;
	struct slice page;
	size_t at, to;
	size_t ends[DEPTH_MAX];
	size_t depth;
};

static void write_to(struct colouring *colouring, size_t to)
{
	html_text(colouring->html,
		  (struct slice){ colouring->page.at + colouring->at, to - colouring->at });
	colouring->at = to;
}

static void close_marks(struct colouring *colouring, size_t before)
{
	while (colouring->depth > 0 && colouring->ends[colouring->depth - 1] <= before) {
		write_to(colouring, colouring->ends[--colouring->depth]);
		html_markup(colouring->html, "</mark>");
	}
}

/* One that overlaps what is open, and is not within it, is left out. */
static void open_mark(struct colouring *colouring, const struct tried *tried,
		      const struct tried_match *match)
{
	size_t end = match->offset + (size_t)match->size;

	end = end < colouring->to ? end : colouring->to;
	close_marks(colouring, match->offset);
	if (colouring->depth == DEPTH_MAX || match->offset < colouring->at ||
	    (colouring->depth > 0 && end > colouring->ends[colouring->depth - 1]))
		return;
	write_to(colouring, match->offset);
	html_markup(colouring->html, "<mark ");
	if (match->size == 0) /* it stands between two characters */
		html_markup(colouring->html, "class=\"empty\" ");
	html_markup(colouring->html, "title=\"");
	html_text(colouring->html, tried->pattern[match->pattern].name);
	html_markup(colouring->html, "\">");
	colouring->ends[colouring->depth++] = end;
}

static void say_part(struct html *html, struct slice page, size_t from, size_t to)
{
	if (from == 0 && to == page.size)
		return;
	html_markup(html, "<p class=\"note\">Shown: bytes %zu to %zu of %zu.</p>\n", from + 1, to,
		    page.size);
}

void try_page_text(struct html *html, const struct tried *tried, struct slice page)
{
	size_t count, from = 0;
	struct tried_match *places = places_of(tried, page, &count);
	struct colouring colouring = { .html = html, .page = page };

	if (count > 0 && places[0].offset >= TRY_SHOWN_MAX)
		from = character_begin(page, places[0].offset - BEFORE);
	colouring.at = from;
	colouring.to = page.size - from <= TRY_SHOWN_MAX
			       ? page.size
			       : character_begin(page, from + TRY_SHOWN_MAX);
	say_part(html, page, from, colouring.to);
	html_markup(html, "<pre class=\"text\" tabindex=\"0\" role=\"region\" aria-label=\"The "
			  "page's text\">\n");
	for (size_t i = 0; i < count && places[i].offset <= colouring.to; i++)
		open_mark(&colouring, tried, &places[i]);
	close_marks(&colouring, colouring.to);
	write_to(&colouring, colouring.to);
	html_markup(html, "</pre>\n");
	free(places);
}

/* ---- what was found ---- */

static const char *const trouble[] = {
	[TRYING_DIED] = "It took longer than 3 s, or its process ended: a new one is there. Make "
			"the pattern simpler.",
	[TRYING_ODD] = "What came back makes no sense: try again.",
	[TRYING_FULL] = "Too much is asked at once: try again.",
};

_Static_assert(PATTERNS_ANSWER_MS == 3000, "it is said above");

static void write_time(struct html *html, uint64_t ns)
{
	html_markup(html, " in %.2f ms", (double)ns / 1e6);
}

static void sum_up(struct html *html, const struct tried_pattern *pattern)
{
	html_markup(html, "<strong>");
	html_text(html, pattern->name);
	if (pattern->rows == 0)
		html_markup(html, "</strong>: nothing");
	else if (pattern->rows == 1)
		html_markup(html, "</strong>: 1 row");
	else
		html_markup(html, "</strong>: %u rows", pattern->rows);
	if (!pattern->is_child)
		write_time(html, pattern->elapsed_ns);
	if (pattern->dropped > 0)
		html_markup(html, "; %u dropped, for a required field is missing",
			    pattern->dropped);
	if (pattern->bad > 0)
		html_markup(html, "; %u values are not of their type", pattern->bad);
	if (pattern->limit.size > 0) {
		html_markup(html, "; stopped by the ");
		html_text(html, pattern->limit);
		html_markup(html, ": rows are missing");
	}
}

static void write_row(struct html *html, const struct tried_pattern *pattern, uint32_t row)
{
	html_markup(html, "<tr>");
	for (uint32_t i = 0; i < pattern->column_count; i++) {
		struct slice cell = pattern->cells[(size_t)row * pattern->column_count + i];

		if (cell.at) {
			html_markup(html, "<td>");
			html_cut(html, cell, CELL_SHOWN);
		} else {
			html_markup(html, "<td class=\"muted\">NULL");
		}
		html_markup(html, "</td>");
	}
	html_markup(html, "</tr>\n");
}

static void say_more(struct html *html, const struct tried_pattern *pattern)
{
	if (pattern->rows > pattern->row_count)
		html_markup(html, "<p class=\"note\">and %u more rows</p>\n",
			    pattern->rows - pattern->row_count);
	if (pattern->columns > pattern->column_count)
		html_markup(html, "<p class=\"note\">and %u more fields</p>\n",
			    pattern->columns - pattern->column_count);
}

static void write_table(struct html *html, const struct tried_pattern *pattern)
{
	if (pattern->row_count == 0 || pattern->column_count == 0)
		return;
	html_markup(html,
		    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Rows of ");
	html_text(html, pattern->name);
	html_markup(html, "\"><table><thead><tr>");
	for (uint32_t i = 0; i < pattern->column_count; i++) {
		html_markup(html, "<th scope=\"col\">");
		html_text(html, pattern->names[i]);
		html_markup(html, "</th>");
	}
	html_markup(html, "</tr></thead><tbody>\n");
	for (uint32_t i = 0; i < pattern->row_count; i++)
		write_row(html, pattern, i);
	html_markup(html, "</tbody></table></div>\n");
	say_more(html, pattern);
}

static void write_said(struct html *html, const char *class, struct slice text)
{
	if (text.size == 0)
		return;
	html_markup(html, "<pre class=\"said ");
	html_words(html, class);
	html_markup(html, "\" tabindex=\"0\" role=\"region\" aria-label=\"What is said of it\">");
	html_text(html, text);
	html_markup(html, "</pre>\n");
}

static void write_found(struct html *html, const struct tried *tried)
{
	html_markup(html, "<p class=\"lead\" role=\"status\">");
	if (tried->state == TRIED_WRONG)
		html_markup(html, "The pattern cannot be read.");
	for (uint32_t i = 0; i < tried->pattern_count; i++) {
		if (i > 0)
			html_markup(html, "<br>");
		sum_up(html, &tried->pattern[i]);
	}
	html_markup(html, "</p>\n");
	write_said(html, "wrong", tried->complaints);
	if (tried->state == TRIED_DONE && !tried->is_for_url)
		html_markup(html, "<p class=\"note\">A crawl would not run it here: its "
				  "<code>url</code> does not match this URL.</p>\n");
	write_said(html, "why", tried->why);
	for (uint32_t i = 0; i < tried->pattern_count; i++)
		write_table(html, &tried->pattern[i]);
	if (tried->matches > tried->match_count)
		html_markup(html, "<p class=\"note\">Of %u matches the first %u are marked.</p>\n",
			    tried->matches, tried->match_count);
}

static void begin_result(struct html *html)
{
	html_markup(html, "<section id=\"result\" aria-label=\"What it finds\">\n");
}

static void end_result(struct html *html, const struct tried *tried, struct slice page)
{
	if (page.size > 0)
		try_page_text(html, tried, page);
	html_markup(html, "</section>\n");
}

void try_page_untried(struct html *html, const char *why, struct slice page)
{
	begin_result(html);
	html_markup(html, "<p class=\"lead\" role=\"status\">");
	html_words(html, why);
	html_markup(html, "</p>\n");
	end_result(html, NULL, page);
}

void try_page_result(struct html *html, enum trying_result result, const struct tried *tried,
		     struct slice page)
{
	if (result != TRYING_DONE) {
		try_page_untried(html, trouble[result], page);
		return;
	}
	begin_result(html);
	write_found(html, tried);
	end_result(html, tried, page);
}

/* ---- what the config finds ---- */

void try_page_matched(struct html *html, enum trying_result result, const struct tried *tried,
		      struct slice page)
{
	html_markup(html,
		    "<section id=\"matched\" aria-label=\"What matches\">\n<p class=\"note\">");
	if (result != TRYING_DONE)
		html_words(html, trouble[result]);
	else if (tried->state == TRIED_WRONG)
		html_markup(html, "The patterns of the config cannot be read.");
	else if (tried->pattern_count == 0)
		html_markup(html, "No pattern of the config is for this URL.");
	for (uint32_t i = 0; result == TRYING_DONE && i < tried->pattern_count; i++) {
		if (i > 0)
			html_markup(html, "<br>");
		sum_up(html, &tried->pattern[i]);
	}
	html_markup(html, "</p>\n");
	if (result == TRYING_DONE && tried->state == TRIED_WRONG)
		write_said(html, "wrong", tried->complaints);
	if (page.size > 0)
		try_page_text(html, result == TRYING_DONE ? tried : NULL, page);
	html_markup(html, "</section>\n");
}

/* ---- the document ---- */

/* Buttons, so that a page that was pasted is not lost. */
static void write_patterns(struct html *html, const struct try_form *form)
{
	const struct config_texts *texts = form->patterns;

	if (texts->count == 0)
		return;
	html_markup(html, "<p class=\"note\">Begin with one of the config:");
	for (size_t i = 0; i < texts->count; i++) {
		html_markup(html, " <button name=\"use\" value=\"");
		html_words(html, texts->list[i].name);
		html_markup(html, "\">");
		html_words(html, texts->list[i].name);
		html_markup(html, "</button>");
	}
	html_markup(html, "</p>\n");
}

static void write_source(struct html *html, const struct try_form *form)
{
	if (form->id > 0) {
		html_markup(html,
			    "<p>The page is <a href=\"/why?id=%llu\">the stored one</a>. "
			    "<a href=\"/try\">Paste another</a></p>"
			    "<input type=\"hidden\" name=\"id\" value=\"%llu\">\n",
			    (unsigned long long)form->id, (unsigned long long)form->id);
		return;
	}
	html_markup(html, "<p><label for=\"page\">The page: HTML or JSON, with the pattern 64 KiB "
			  "at most</label><textarea id=\"page\" name=\"text\" rows=\"8\" "
			  "spellcheck=\"false\">\n");
	html_words(html, form->text);
	html_markup(html, "</textarea></p>\n");
}

static void write_form(struct html *html, const struct try_form *form)
{
	html_markup(html, "<form id=\"try\" method=\"post\" action=\"/try\">\n");
	write_source(html, form);
	html_markup(html, "<p><label for=\"url\">Its URL</label><input id=\"url\" name=\"url\" "
			  "size=\"80\" spellcheck=\"false\" value=\"");
	html_words(html, form->url);
	html_markup(html, "\"></p>\n<p><label for=\"pattern\">The pattern, as a config has it"
			  "</label><textarea id=\"pattern\" name=\"pattern\" rows=\"14\" "
			  "spellcheck=\"false\" autocapitalize=\"off\" autocomplete=\"off\">\n");
	html_words(html, form->pattern);
	html_markup(html,
		    "</textarea></p>\n<p class=\"buttons\"><button>Try</button>"
		    "<button type=\"button\" id=\"copy\" hidden>Copy the YAML</button></p>\n");
	write_patterns(html, form);
	html_markup(html, "</form>\n");
}

static void begin_document(struct html *html, bool has_form)
{
	html_markup(html, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
			  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
			  "<meta name=\"color-scheme\" content=\"light dark\"><title>");
	if (has_form)
		html_markup(html, "Try a pattern");
	else
		html_markup(html, "What matches");
	html_markup(html, "</title><link rel=\"icon\" href=\"/favicon.svg\">"
			  "<link rel=\"stylesheet\" href=\"/report.css\">"
			  "<link rel=\"stylesheet\" href=\"/try.css\">");
	if (has_form)
		html_markup(html, "<script src=\"/try.js\" defer></script>");
	html_markup(html, "</head>\n<body><header><div class=\"top\"><h1>");
	if (has_form)
		html_markup(html, "Try a pattern");
	else
		html_markup(html, "What matches");
	html_markup(html, "</h1></div><nav aria-label=\"Views\"><a href=\"/\">Report</a> "
			  "<a href=\"/urls\">URLs</a> <a href=\"/rows/\">Rows</a> "
			  "<a href=\"/why\">One URL</a> <a href=\"/try\">Try</a>"
			  "</nav></header>\n"
			  "<main id=\"main\">\n");
}

static void end_document(struct html *html, const struct html *section)
{
	html_own(html, (struct slice){ section->bytes, section->size });
	html_markup(html, "</main></body></html>\n");
}

void try_page_write(struct html *html, const struct try_form *form, const struct html *result)
{
	begin_document(html, true);
	write_form(html, form);
	end_document(html, result);
}

void try_page_write_matched(struct html *html, uint64_t id, const struct html *section)
{
	begin_document(html, false);
	html_markup(html,
		    "<p><a href=\"/why?id=%llu\">What became of it</a>, <a "
		    "href=\"/try?id=%llu\">try a pattern on it</a></p>\n",
		    (unsigned long long)id, (unsigned long long)id);
	end_document(html, section);
}
