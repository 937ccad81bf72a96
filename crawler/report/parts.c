#include "report/parts.h"

#include <math.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "report/svg.h"
#include "report/words.h"
#include "show/human.h"

#define ID_MAX 64 /* bytes of a name that is an id as it is */

void parts_give_room(const struct html *html, struct page *page, size_t bytes)
{
	page->size_max = html->size + bytes;
}

bool parts_has_room(const struct html *html, const struct page *page)
{
	return html->size < page->size_max;
}

/* ---- figures ---- */

void parts_count(struct html *html, uint64_t count)
{
	char text[HUMAN_COUNT_MAX];

	html_words(html, human_count(count, text));
}

void parts_many(struct html *html, uint64_t count, const char *noun)
{
	parts_count(html, count);
	html_markup(html, " ");
	html_words(html, noun);
	if (count != 1)
		html_markup(html, "s");
}

void parts_percent(struct html *html, double part)
{
	char text[WORDS_MAX];

	html_words(html, words_percent(part, text));
}

double parts_width(double part)
{
	return part > 0 ? 100 * fmin(part, 1) : 0;
}

void parts_ms(struct html *html, double ms)
{
	char text[WORDS_MAX];

	html_words(html, words_ms(ms, text));
}

void parts_bytes(struct html *html, uint64_t bytes)
{
	char text[HUMAN_SIZE_MAX];

	html_words(html, human_size(bytes, text));
}

/* ---- texts ---- */

void parts_spark(struct html *html, const struct figures *figures, const char *label,
		 const uint64_t values[], bool is_ms)
{
	int64_t runs[FIGURES_RUNS_MAX];
	uint64_t bars[FIGURES_RUNS_MAX];
	size_t count =
		figures->run_count < FIGURES_RUNS_MAX ? figures->run_count : FIGURES_RUNS_MAX;

	for (size_t i = 0; i < count; i++) {
		runs[i] = figures->runs[count - 1 - i].id;
		bars[i] = values[count - 1 - i];
	}
	svg_spark(html, &(struct svg_spark){ .label = label,
					     .runs = runs,
					     .values = bars,
					     .count = count > 1 ? count : 0,
					     .is_ms = is_ms });
}

void parts_command(struct html *html, const char *command)
{
	html_markup(html, "<code class=\"cmd\">");
	html_cut(html, slice_of(command), 4 * PARTS_TEXT_MAX);
	html_markup(html, "</code>");
}

/* Where the path of a URL begins. */
static size_t path_of(struct slice url)
{
	unsigned slashes = 0;

	for (size_t i = 0; i < url.size; i++) {
		if (url.at[i] == '/' && ++slashes == 3)
			return i;
	}
	return slashes >= 2 ? url.size : 0;
}

/* Without its host. */
static void put_path(struct html *html, struct slice url)
{
	size_t host = path_of(url);

	if (host < url.size)
		url = (struct slice){ url.at + host, url.size - host };
	html_cut(html, url, PARTS_TEXT_MAX);
}

void parts_url(struct html *html, const struct page *page, struct store_key key, struct slice url)
{
	bool is_link = page->options->is_served && !store_key_is_none(key);
	size_t host = path_of(url);

	if (is_link)
		html_markup(html, "<a class=\"u\" href=\"/why?id=%llu\">",
			    (unsigned long long)store_key_id(key));
	else
		html_markup(html, "<span class=\"u\">");
	html_markup(html, "<span class=\"h\">");
	html_cut(html, (struct slice){ url.at, host }, PARTS_TEXT_MAX);
	html_markup(html, "</span>");
	html_cut(html, (struct slice){ url.at + host, url.size - host }, PARTS_TEXT_MAX);
	if (is_link)
		html_markup(html, "</a>");
	else
		html_markup(html, "</span>");
}

/* ---- patterns ---- */

/* Any other name than an identifier could be cut to the id of another pattern: it has its number.
 */
void parts_pattern_id(struct html *html, const struct page *page,
		      const struct figures_pattern *pattern)
{
	struct slice name = slice_of(pattern->name);

	if (name.size <= ID_MAX && ascii_is_identifier(name))
		html_text(html, name);
	else
		html_markup(html, "%zu", (size_t)(pattern - page->figures->patterns));
}

/* To where the pattern is shown, if it is. */
static void write_link(struct html *html, const struct page *page,
		       const struct verdict_piece *piece, const struct figures_pattern *pattern)
{
	bool is_rest = piece->mark == VERDICT_UNMATCHED;
	size_t number = (size_t)(pattern - page->figures->patterns);
	bool is_shown = number < (is_rest ? page->patterns_in_full : page->patterns_shown);

	if (is_shown) {
		html_markup(html, "<a href=\"#");
		html_words(html, is_rest ? "un-" : "p-");
		parts_pattern_id(html, page, pattern);
		html_markup(html, "\">");
	}
	html_cut(html, piece->text, PARTS_NAME_MAX);
	if (is_shown)
		html_markup(html, "</a>");
}

static void write_piece(struct html *html, const struct page *page,
			const struct verdict_piece *piece, const struct figures_pattern *pattern)
{
	switch (piece->mark) {
	case VERDICT_PLAIN:
		html_text(html, piece->text);
		return;
	case VERDICT_STRONG:
		html_markup(html, "<b>");
		html_cut(html, piece->text, PARTS_NAME_MAX);
		html_markup(html, "</b>");
		return;
	case VERDICT_QUIET:
		html_markup(html, "<span class=\"muted\">");
		html_text(html, piece->text);
		html_markup(html, "</span>");
		return;
	case VERDICT_CODE:
		html_markup(html, "<code>");
		html_cut(html, piece->text, PARTS_TEXT_MAX);
		html_markup(html, "</code>");
		return;
	case VERDICT_PATTERN:
		html_markup(html, "<b>");
		write_link(html, page, piece, pattern);
		html_markup(html, "</b>");
		return;
	case VERDICT_UNMATCHED:
		write_link(html, page, piece, pattern);
		return;
	}
}

void parts_sentence(struct html *html, const struct page *page, const struct verdict_text *text,
		    const struct figures_pattern *pattern)
{
	for (size_t i = 0; i < text->count; i++)
		write_piece(html, page, &text->pieces[i], pattern);
}

/* ---- rows ---- */

void parts_value(struct html *html, const struct store_value *value, bool is_worse,
		 size_t characters_max)
{
	switch (value->kind) {
	case STORE_NULL:
		if (is_worse)
			html_markup(html, "<span class=\"null\">empty</span>");
		else
			html_markup(html, "<span class=\"muted\">–</span>");
		return;
	case STORE_INTEGER:
		html_markup(html, "%lld", (long long)value->integer);
		return;
	case STORE_REAL:
		html_markup(html, "%.6g", value->real);
		return;
	case STORE_BLOB:
		parts_bytes(html, value->text.size);
		return;
	case STORE_TEXT:
	case STORE_JSON:
		html_cut(html, value->text, characters_max);
		return;
	}
}

static void write_row(struct html *html, const struct figures_pattern *pattern,
		      const struct figures_row *row, size_t fields)
{
	html_markup(html, "<tr><td class=\"u\">");
	put_path(html, row->page_url);
	html_markup(html, "</td>");
	for (size_t i = 0; i < fields; i++) {
		html_markup(html, "<td>");
		parts_value(html, &row->values[i], pattern->fields[i].verdict == DRIFT_WORSE,
			    PARTS_VALUE_MAX);
		html_markup(html, "</td>");
	}
	html_markup(html, "</tr>\n");
}

void parts_rows(struct html *html, const struct page *page, const struct figures_pattern *pattern,
		size_t fields_max, const char *label)
{
	size_t fields = pattern->field_count < fields_max ? pattern->field_count : fields_max;

	html_markup(html, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
			  "aria-label=\"");
	html_words(html, label);
	html_markup(html, " of ");
	html_cut(html, slice_of(pattern->name), PARTS_NAME_MAX);
	html_markup(html, "\"><table><thead><tr><th scope=\"col\">page</th>");
	for (size_t i = 0; i < fields; i++) {
		html_markup(html, "<th scope=\"col\">");
		html_cut(html, slice_of(pattern->fields[i].name), PARTS_NAME_MAX);
		html_markup(html, "</th>");
	}
	html_markup(html, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < pattern->newest_count; i++) {
		if (i > 0 && !parts_has_room(html, page))
			break;
		write_row(html, pattern, &pattern->newest[i], fields);
	}
	html_markup(html, "</tbody></table></div>\n");
}
