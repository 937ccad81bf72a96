#include "report/sections.h"

#include "report/words.h"
#include "show/shell_word.h"
#include <stdlib.h>

#define PATTERNS_SHOWN 40
#define CHIPS_SHOWN    12 /* fields beside a pattern's bar */
#define FIELDS_SHOWN   24 /* in its table */
#define COLUMNS_SHOWN  10 /* of its newest rows */
#define WHYS_SHOWN     4

#define SECTION_BYTES 110000
#define DETAILS_BYTES 90000 /* of them, what stands in patterns that open */
#define PATTERN_BYTES 20000 /* of them, in one */

/* ---- the line that is always seen ---- */

static void write_bar(struct html *html, const struct figures_pattern *pattern)
{
	double part = drift_part(&pattern->now);

	html_markup(html, "<span class=\"bar");
	if (pattern->verdict == DRIFT_WORSE)
		html_markup(html, " low");
	html_markup(html, "\"><b style=\"width:%.1f%%\"></b>", parts_width(part));
	if (pattern->runs_before > 0 && pattern->before.good > 0)
		html_markup(html, "<i style=\"left:%.1f%%\"></i>",
			    parts_width(drift_part(&pattern->before)));
	html_markup(html, "</span> <span class=\"pv\">");
	parts_percent(html, part);
	html_markup(html, "</span> ");
}

/* "▼ 9 points": how far a share is from what it was. */
static void write_points(struct html *html, const struct figures_pattern *pattern)
{
	double points = 100 * (drift_part(&pattern->now) - drift_part(&pattern->before));

	if (pattern->runs_before == 0 || pattern->before.of == 0)
		return;
	if (points > -0.5 && points < 0.5)
		html_markup(html, " <span class=\"d\">as before</span>");
	else if (points < 0)
		html_markup(html, " <span class=\"d bad\">▼ %.0f points</span>", -points);
	else
		html_markup(html, " <span class=\"d good\">▲ %.0f points</span>", points);
}

/* Rows of a run that did not come to its end are fewer, and that says nothing. */
static void write_rows(struct html *html, const struct figures *figures,
		       const struct figures_pattern *pattern)
{
	bool is_compared = pattern->runs_before > 0 && figures->state == FIGURES_FINISHED;
	uint64_t now = pattern->rows, before = pattern->rows_before;

	html_markup(html, "<span class=\"pr\"><b>");
	parts_count(html, now);
	html_markup(html, "</b> rows ");
	if (is_compared && now == before) {
		html_markup(html, "<span class=\"d\">as before</span>");
	} else if (is_compared) {
		if (now < before)
			html_markup(html, "<span class=\"d bad\">▼ ");
		else
			html_markup(html, "<span class=\"d good\">▲ ");
		parts_count(html, now < before ? before - now : now - before);
		html_markup(html, "</span>");
	}
	html_markup(html, "</span> ");
}

/* That it has, shown or not. */
static size_t fields_of(const struct figures_pattern *pattern)
{
	return pattern->fields_all > pattern->field_count ? pattern->fields_all
							  : pattern->field_count;
}

static void write_chip(struct html *html, const struct figures_field *field)
{
	double part = drift_part(&field->now);
	bool is_worse = field->verdict == DRIFT_WORSE;

	if (is_worse)
		html_markup(html, "<span class=\"f bad\" title=\"");
	else
		html_markup(html, "<span class=\"f\" title=\"");
	parts_count(html, field->now.good);
	html_markup(html, " of ");
	parts_many(html, field->now.of, "row");
	html_markup(html, "\"><em>");
	html_cut(html, slice_of(field->name), PARTS_NAME_MAX);
	html_markup(html, "</em> ");
	parts_percent(html, part);
	if (is_worse)
		html_markup(html, " ▼");
	html_markup(html, "<u style=\"width:%.1f%%\"></u></span> ", parts_width(part));
}

/* Those that got worse stand first where not all are shown. */
static void write_chips(struct html *html, const struct figures_pattern *pattern)
{
	size_t shown = 0;

	html_markup(html, "<span class=\"fl\">");
	if (pattern->never_matched)
		html_markup(html, "<span class=\"none\">never matched</span>");
	for (size_t pass = 0; pass < 2 && pattern->now.good > 0; pass++) {
		bool is_all = pattern->field_count <= CHIPS_SHOWN;

		for (size_t i = 0; i < pattern->field_count && shown < CHIPS_SHOWN; i++) {
			bool is_worse = pattern->fields[i].verdict == DRIFT_WORSE;

			if (is_all ? pass > 0 : is_worse != (pass == 0))
				continue;
			write_chip(html, &pattern->fields[i]);
			shown++;
		}
	}
	if (shown > 0 && shown < fields_of(pattern)) {
		html_markup(html, "<span>and ");
		parts_many(html, fields_of(pattern) - shown, "more field");
		html_markup(html, "</span>");
	}
	html_markup(html, "</span>");
}

static void write_summary(struct html *html, const struct figures *figures,
			  const struct figures_pattern *pattern)
{
	html_markup(html, "<summary><span class=\"pn\">");
	html_cut(html, slice_of(pattern->name), PARTS_NAME_MAX);
	html_markup(html, "</span> ");
	write_bar(html, pattern);
	html_markup(html, "<span class=\"pd\">");
	parts_count(html, pattern->now.good);
	html_markup(html, " of ");
	parts_many(html, pattern->now.of, "page");
	write_points(html, pattern);
	html_markup(html, "</span> ");
	write_rows(html, figures, pattern);
	parts_spark(html, figures, "rows in each run", pattern->rows_of_runs, false);
	html_markup(html, " ");
	write_chips(html, pattern);
	html_markup(html, "</summary>");
}

/* ---- why ---- */

/* What stands there says nothing without what is wanted. */
static bool says_why(const struct figures_finding *why)
{
	return why->is_there && why->wanted.size > 0;
}

static void write_finding(struct html *html, const struct page *page,
			  const struct figures_finding *why)
{
	html_markup(html, "<div class=\"why\"><div><span class=\"muted\">the pattern wants</span> "
			  "<code>");
	html_cut(html, why->matched, PARTS_TEXT_MAX);
	html_markup(html, "<mark>");
	html_cut(html, why->wanted, PARTS_TEXT_MAX);
	html_markup(html, "</mark>");
	html_cut(html, why->rest, PARTS_TEXT_MAX);
	html_markup(html, "</code></div><div><span class=\"muted\">");
	if (why->stood.size == 0) {
		html_markup(html, "the page ends before it");
	} else if (why->line > 0) {
		html_markup(html, "line ");
		parts_count(html, why->line);
		html_markup(html, " has in its place");
	} else {
		html_markup(html, "in its place stands");
	}
	html_markup(html, "</span> <code>");
	html_cut(html, why->stood, 2 * PARTS_TEXT_MAX);
	html_markup(html, "</code></div><div class=\"muted\">on ");
	parts_url(html, page, (struct store_key){ 0 }, why->url);
	html_markup(html, ", as it was stored</div></div>\n");
}

static void write_whys(struct html *html, const struct page *page,
		       const struct figures_pattern *pattern)
{
	size_t shown = 0;

	if (says_why(&pattern->why)) {
		html_markup(html, "<h3>Why ");
		parts_many(html, pattern->why.pages, "page");
		html_words(html, pattern->why.pages == 1 ? " matches nothing" : " match nothing");
		html_markup(html, "</h3>");
		write_finding(html, page, &pattern->why);
	}
	for (size_t i = 0; i < pattern->field_count && shown < WHYS_SHOWN; i++) {
		if (!says_why(&pattern->fields[i].why) || !parts_has_room(html, page))
			continue;
		html_markup(html, "<h3>Why <em>");
		html_cut(html, slice_of(pattern->fields[i].name), PARTS_NAME_MAX);
		html_markup(html, "</em> is empty</h3>");
		write_finding(html, page, &pattern->fields[i].why);
		shown++;
	}
}

/* ---- fields ---- */

static void write_range(struct html *html, const struct figures_field *field)
{
	if (field->rows_read == 0 || field->distinct == 0)
		return;
	html_markup(html, "%.6g", field->least);
	if (field->most > field->least)
		html_markup(html, " to %.6g", field->most);
	if (!field->is_number)
		html_words(html, field->most == 1 ? " character" : " characters");
}

static void write_frequent(struct html *html, const struct figures_field *field)
{
	for (size_t i = 0; i < field->frequent_count && i < FIGURES_FREQUENT_MAX; i++) {
		if (i > 0)
			html_markup(html, " · ");
		html_cut(html, field->frequent[i], PARTS_VALUE_MAX);
	}
}

static void write_field(struct html *html, const struct figures_pattern *pattern,
			const struct figures_field *field)
{
	if (field->verdict == DRIFT_WORSE)
		html_markup(html, "<tr class=\"bad\"><th scope=\"row\">");
	else
		html_markup(html, "<tr><th scope=\"row\">");
	html_cut(html, slice_of(field->name), PARTS_NAME_MAX);
	html_markup(html, " <small>");
	html_cut(html, slice_of(field->type), PARTS_NAME_MAX);
	html_markup(html, "</small></th><td class=\"num\">");
	if (field->now.of > 0)
		parts_percent(html, drift_part(&field->now));
	html_markup(html, "</td><td class=\"num\">");
	if (pattern->runs_before > 0 && field->before.of > 0)
		parts_percent(html, drift_part(&field->before));
	html_markup(html, "</td><td class=\"num w\">");
	if (field->rows_read > 0)
		parts_count(html, field->distinct);
	html_markup(html, "</td><td class=\"w\">");
	write_range(html, field);
	html_markup(html, "</td><td class=\"ex\">");
	write_frequent(html, field);
	html_markup(html, "</td></tr>\n");
}

static void write_fields(struct html *html, const struct page *page,
			 const struct figures_pattern *pattern)
{
	uint64_t read = 0;
	size_t shown = 0;

	html_markup(html, "<h3>Fields</h3><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
			  "aria-label=\"fields of ");
	html_cut(html, slice_of(pattern->name), PARTS_NAME_MAX);
	html_markup(html, "\"><table><thead><tr><th scope=\"col\">field</th>"
			  "<th scope=\"col\" class=\"num\">filled</th>"
			  "<th scope=\"col\" class=\"num\">before</th>"
			  "<th scope=\"col\" class=\"num w\">distinct</th>"
			  "<th scope=\"col\" class=\"w\">range</th>"
			  "<th scope=\"col\">most frequent</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < pattern->field_count && shown < FIELDS_SHOWN; i++) {
		if (!parts_has_room(html, page))
			break;
		write_field(html, pattern, &pattern->fields[i]);
		if (pattern->fields[i].rows_read > read)
			read = pattern->fields[i].rows_read;
		shown++;
	}
	html_markup(html, "</tbody></table></div>\n");
	if (shown < fields_of(pattern)) {
		html_markup(html, "<p class=\"more\">and ");
		parts_many(html, fields_of(pattern) - shown, "more field");
		html_markup(html, "</p>\n");
	}
	if (read >= FIGURES_FIELD_ROWS) {
		html_markup(html, "<p class=\"muted\">Values are of the newest ");
		parts_many(html, read, "row");
		html_markup(html, ".</p>\n");
	}
}

/* ---- pages without a match ---- */

static void command_of(struct html *html, struct page *page, const char *before, const char *name,
		       const char *after)
{
	char *word = shell_word(name);

	parts_command(html, verdict_command(page->figures, &page->arena, "crawl %s %s%s", before,
					    word, after));
	free(word);
}

static void write_rest(struct html *html, struct page *page, const struct figures_pattern *pattern)
{
	uint64_t rest = pattern->unmatched - pattern->unmatched_shown;

	html_markup(html, "and ");
	if (page->options->is_served) {
		html_markup(html, "<a href=\"/urls?pattern=");
		html_part(html, slice_of(pattern->name));
		html_markup(html, "\">");
		parts_count(html, rest);
		html_markup(html, " more</a> ");
		return;
	}
	parts_count(html, rest);
	html_markup(html, " more: ");
	command_of(html, page, "health", pattern->name, " --unmatched");
	html_markup(html, " ");
}

/* What stands there instead of a match: of the first page. */
static void write_instead(struct html *html, struct page *page,
			  const struct figures_pattern *pattern)
{
	html_markup(html, "<span class=\"muted\">what stands there instead:</span> ");
	parts_command(html,
		      verdict_explain(pattern, &page->arena, pattern->unmatched_pages[0].url));
	if (!pattern->unmatched_pages[0].is_kept)
		html_markup(html, " <span class=\"muted\">(it fetches the page: none was kept, for "
				  "<code>keep_pages</code> is off)</span>");
}

static void write_unmatched(struct html *html, struct page *page,
			    const struct figures_pattern *pattern)
{
	if (pattern->unmatched_shown == 0)
		return;
	html_markup(html, "<h3 id=\"un-");
	parts_pattern_id(html, page, pattern);
	html_markup(html, "\">");
	parts_many(html, pattern->unmatched, "page");
	html_markup(html, " without a match</h3><ul class=\"urls\">\n");
	for (size_t i = 0; i < pattern->unmatched_shown && i < FIGURES_EXAMPLES_MAX; i++) {
		const struct figures_page *one = &pattern->unmatched_pages[i];

		html_markup(html, "<li>");
		parts_url(html, page, one->key, one->url);
		html_markup(html, " <span class=\"muted\">");
		html_cut(html, one->title, PARTS_TITLE_MAX);
		html_markup(html, "</span></li>\n");
	}
	html_markup(html, "</ul><p class=\"more\">");
	if (pattern->unmatched > pattern->unmatched_shown)
		write_rest(html, page, pattern);
	write_instead(html, page, pattern);
	html_markup(html, "</p>\n");
}

/* ---- one pattern ---- */

static void write_newest(struct html *html, struct page *page,
			 const struct figures_pattern *pattern)
{
	html_markup(html, "<h3>Newest rows</h3>");
	if (pattern->rows == 0)
		html_markup(html, "<p class=\"muted\">Of earlier runs: in this one it found "
				  "none.</p>\n");
	parts_rows(html, page, pattern, COLUMNS_SHOWN, "newest rows");
	if (pattern->field_count > COLUMNS_SHOWN) {
		html_markup(html, "<p class=\"muted\">The first %d of ", COLUMNS_SHOWN);
		parts_many(html, fields_of(pattern), "field");
		html_markup(html, ".</p>\n");
	}
}

static void write_export(struct html *html, struct page *page,
			 const struct figures_pattern *pattern)
{
	char *name = shell_word(pattern->name);
	const char *command;

	command = verdict_command(page->figures, &page->arena, "crawl export %s", name);
	if (*name != '\'')
		command = arena_print(&page->arena, "%s > %s.csv", command, name);
	parts_command(html, command);
	free(name);
}

/* "crawl.yaml:9, 0.09 ms a page, limit never reached." */
static void write_small(struct html *html, struct page *page, const struct figures_pattern *pattern)
{
	html_markup(html, "<p class=\"muted\">");
	if (pattern->place) {
		html_cut(html, slice_of(pattern->place), PARTS_TITLE_MAX);
		html_markup(html, ", ");
	}
	if (pattern->ms_a_page < 0.005)
		html_markup(html, "under 0.01 ms a page, limit ");
	else
		html_markup(html, "%.2f ms a page, limit ", pattern->ms_a_page);
	if (pattern->limit_hits > 0) {
		html_markup(html, "reached on ");
		parts_many(html, pattern->limit_hits, "page");
	} else {
		html_markup(html, "never reached");
	}
	if (pattern->bad_values > 0) {
		html_markup(html, ", ");
		parts_many(html, pattern->bad_values, "value");
		html_markup(html, " of another type than wanted");
	}
	if (pattern->stale_pages > 0 && pattern->stale_pages != UINT64_MAX) {
		html_markup(html, ", rows of ");
		parts_many(html, pattern->stale_pages, "page");
		html_markup(html, " stand from before, for it matches there no more");
	}
	html_markup(html, ". ");
	if (page->options->is_served) {
		html_markup(html, "<a href=\"/rows/");
		html_part(html, slice_of(pattern->name));
		html_markup(html, "\">All rows</a>");
	} else if (pattern->rows > 0 || pattern->newest_count > 0) {
		html_markup(html, "All rows: ");
		write_export(html, page, pattern);
	}
	html_markup(html, "</p>");
}

static void write_details(struct html *html, struct page *page,
			  const struct figures_pattern *pattern)
{
	html_markup(html, "<div class=\"in\">\n");
	write_whys(html, page, pattern);
	if (pattern->newest_count > 0)
		write_newest(html, page, pattern);
	if (pattern->field_count > 0 && (pattern->rows > 0 || pattern->newest_count > 0) &&
	    parts_has_room(html, page))
		write_fields(html, page, pattern);
	write_unmatched(html, page, pattern);
	write_small(html, page, pattern);
	html_markup(html, "</div>");
}

static void write_pattern(struct html *html, struct page *page,
			  const struct figures_pattern *pattern, bool has_details)
{
	bool is_worse = verdict_is_worse(pattern);

	html_markup(html, "<details class=\"pat");
	if (is_worse)
		html_markup(html, " sick");
	html_markup(html, "\" id=\"p-");
	parts_pattern_id(html, page, pattern);
	html_markup(html, "\"");
	if (is_worse && pattern == page->figures->patterns)
		html_markup(html, " open");
	html_markup(html, ">");
	write_summary(html, page->figures, pattern);
	if (has_details)
		write_details(html, page, pattern);
	else {
		html_markup(html, "<div class=\"in\"><p>");
		command_of(html, page, "health", pattern->name, "");
		html_markup(html, "</p></div>");
	}
	html_markup(html, "</details>\n");
}

static void write_patterns(struct html *html, struct page *page)
{
	const struct figures *figures = page->figures;
	size_t begin = html->size, shown = 0, all = figures->pattern_count;

	for (size_t i = 0; i < figures->pattern_count && i < PATTERNS_SHOWN; i++) {
		size_t used = html->size - begin;
		bool has_details = used + PATTERN_BYTES < DETAILS_BYTES;

		if (used > SECTION_BYTES)
			break;
		parts_give_room(html, page, PATTERN_BYTES);
		write_pattern(html, page, &figures->patterns[i], has_details);
		shown++;
		if (has_details)
			page->patterns_in_full = shown;
	}
	page->patterns_shown = shown;
	if (figures->patterns_all > all)
		all = figures->patterns_all;
	if (shown < all) {
		html_markup(html, "<p class=\"more\">and ");
		parts_many(html, all - shown, "more pattern");
		html_markup(html, ": ");
		parts_command(html, verdict_command(figures, &page->arena, "crawl health"));
		html_markup(html, "</p>\n");
	}
}

void section_patterns(struct html *html, struct page *page)
{
	const struct figures *figures = page->figures;

	html_markup(html, "<section id=\"patterns\"><h2>Patterns <small>is the data still right?"
			  "</small></h2>\n");
	if (figures->pattern_count == 0) {
		html_markup(html, "<p class=\"note\">No pattern was tried.</p></section>\n");
		return;
	}
	html_markup(html, "<p class=\"note\">Bar: pages with at least one match, of the pages that "
			  "the pattern is for. ");
	if (figures->before)
		html_markup(html, "The mark is where earlier runs stood. ");
	html_markup(html, "Below, each field and how often it is filled.</p>\n");
	write_patterns(html, page);
	html_markup(html, "</section>\n");
}
