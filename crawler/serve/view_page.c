#include "serve/view_page.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/text/ascii.h"
#include "parsers/text/memory.h"
#include "report/parts.h"
#include "show/human.h"
#include "show/shell_word.h"

/* ---- a page ---- */

void view_begin(const struct view *view, struct html *html, const char *title)
{
	html_markup(html, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
			  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
			  "<meta name=\"color-scheme\" content=\"light dark\"><title>");
	html_cut(html, slice_of(title), PARTS_TEXT_MAX);
	html_markup(html, ", ");
	html_cut(html, figures_name_of(view->database), PARTS_NAME_MAX);
	html_markup(html, "</title><link rel=\"icon\" href=\"/favicon.svg\">"
			  "<link rel=\"stylesheet\" href=\"/report.css\">"
			  "<link rel=\"stylesheet\" href=\"/views.css\"></head><body>\n"
			  "<a class=\"skip\" href=\"#main\">Skip to the list</a>\n"
			  "<header id=\"head\"><div class=\"top\"><h1>");
	html_cut(html, figures_name_of(view->database), PARTS_NAME_MAX);
	html_markup(html, "</h1></div><nav aria-label=\"Views\"><a href=\"/\">Report</a> "
			  "<a href=\"/urls\">URLs</a> <a href=\"/rows/\">Rows</a> "
			  "<a href=\"/why\">One URL</a> <a "
			  "href=\"/try\">Try</a></nav></header>\n<main id=\"main\">\n<h2>");
	html_cut(html, slice_of(title), 2 * PARTS_TEXT_MAX);
	html_markup(html, "</h2>\n");
}

void view_end(struct view *view, struct html *html)
{
	html_markup(html, "</main>\n</body></html>\n");
	fwrite(html->bytes, 1, html->size, view->out);
	html_free(html);
}

void view_refuse(struct view *view, unsigned status, const char *line)
{
	view->status = status;
	view->type = HTTP_PLAIN;
	fputs(line, view->out);
}

const char *view_argument(const void *request, const char *name)
{
	return http_argument(request, name);
}

bool view_ask(struct view *view, struct ask *ask)
{
	char error[ASK_ERROR_MAX];

	if (ask_read(ask, view_argument, view->request, error) < 0) {
		view_refuse(view, 400, error);
		return false;
	}
	if (!view->store) {
		struct html html = { 0 };

		view->status = 503;
		view_begin(view, &html, "Nothing to show yet");
		html_markup(&html, "<p class=\"note\">");
		html_words(&html, view->trouble);
		html_markup(&html, "</p>\n");
		view_end(view, &html);
		return false;
	}
	return true;
}

void view_trouble(const struct view *view, struct html *html, const char *late)
{
	html_markup(html, "<p class=\"note\">");
	if (store_is_late(view->store) || !store_has_failed(view->store))
		html_words(html, late);
	else
		html_words(html, store_error(view->store)->text);
	html_markup(html, "</p>\n");
}

/* Puts the word behind what is there. */
static void add_word(char **command, const char *word)
{
	char *shown = shell_word(word), *longer;

	if (asprintf(&longer, "%s %s", *command, shown) < 0)
		memory_fail();
	free(shown);
	free(*command);
	*command = longer;
}

void view_command(const struct view *view, struct html *html, const char *command,
		  const char *const words[])
{
	char *line;

	if (asprintf(&line, "crawl %s", command) < 0)
		memory_fail();
	if (strcmp(view->database, "crawl.db") != 0) {
		add_word(&line, "-o");
		add_word(&line, view->database);
	}
	for (size_t i = 0; words[i]; i++)
		add_word(&line, words[i]);
	parts_command(html, line);
	free(line);
}

void view_url(struct html *html, struct store_key key, struct slice url)
{
	static const struct page_options served = { .is_served = true };
	static const struct page page = { .options = &served };

	parts_url(html, &page, key, url);
}

/* ---- forms and tables ---- */

void view_input(struct html *html, const char *label, const char *name, const char *value)
{
	html_markup(html, "<label>");
	html_words(html, label);
	html_markup(html, "<input name=\"");
	html_words(html, name);
	html_markup(html, "\" value=\"");
	html_words(html, value ? value : "");
	html_markup(html, "\"></label>\n");
}

void view_option(struct html *html, const char *value, const char *words, bool is_chosen)
{
	html_markup(html, "<option value=\"");
	html_words(html, value);
	html_own(html, is_chosen ? SLICE("\" selected>") : SLICE("\">"));
	html_words(html, words);
	html_markup(html, "</option>");
}

void view_begin_table(struct html *html, const char *label)
{
	html_markup(html, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
	html_cut(html, slice_of(label), PARTS_TEXT_MAX);
	html_markup(html, "\"><table><caption class=\"hidden\">");
	html_cut(html, slice_of(label), PARTS_TEXT_MAX);
	html_markup(html, "</caption>");
}

void view_end_table(struct html *html)
{
	html_markup(html, "</table></div>\n");
}

static void write_link(struct html *html, const char *path, const struct ask *ask)
{
	html_markup(html, "<a href=\"");
	html_words(html, path);
	ask_write(html, ask);
	html_markup(html, "\">");
}

/* What was looked at is said where it is not what is shown. */
static void write_looked_at(struct html *html, const struct store_listed *listed, size_t shown,
			    const char *noun)
{
	html_markup(html, "<span class=\"muted\">");
	if (listed->looked_at > shown) {
		html_markup(html, "looked at ");
		parts_many(html, listed->looked_at, noun);
		html_markup(html, ", %zu of them shown", shown);
	} else {
		parts_many(html, shown, noun);
	}
	if (listed->is_at_end)
		html_markup(html, "; there are no more");
	html_markup(html, "</span>\n");
}

void view_turn(struct html *html, const char *path, const struct ask *ask,
	       const struct store_listed *listed, size_t shown, const char *noun)
{
	struct ask other = *ask;
	bool is_short = shown < VIEW_LIST_MAX;

	html_markup(html, "<nav class=\"turn\" aria-label=\"Pages of the list\">");
	write_looked_at(html, listed, shown, noun);
	if (ask->after != 0) {
		other.after = 0;
		write_link(html, path, &other);
		html_markup(html, "First page</a>\n");
	}
	if (!listed->is_at_end) {
		other.after = listed->place;
		write_link(html, path, &other);
		if (is_short)
			html_markup(html, "Go on looking</a>\n");
		else
			html_markup(html, "Next %d</a>\n", VIEW_LIST_MAX);
	}
	other = *ask;
	other.is_csv = true;
	write_link(html, path, &other);
	html_markup(html, "CSV</a></nav>\n");
}

/* ---- CSV ---- */

void view_csv_begin(struct view_csv *csv, struct view *view)
{
	*csv = (struct view_csv){ .view = view, .output = output_new(view->out, OUTPUT_GUARDED) };
	view->type = "text/csv; charset=utf-8; header=present";
}

int view_csv_row(struct view_csv *csv, size_t count, const char *const columns[],
		 const struct store_value values[])
{
	struct store_answer answer = { .column_count = count,
				       .columns = columns,
				       .values = values };
	struct record record = record_begin(&answer);
	int result = output_row(csv->output, &record);

	record_end(&record);
	csv->rows += values != NULL;
	if (result < 0 || csv->rows == VIEW_CSV_MAX)
		return -1;
	return ftell(csv->view->out) < VIEW_CSV_BYTES_MAX ? 0 : -1;
}

void view_csv_end(struct view_csv *csv, const char *name, bool is_whole)
{
	char plain[VIEW_FILE_MAX - 16];
	size_t size = 0;

	output_end(csv->output);
	for (; *name && size < sizeof(plain) - 1; name++) {
		bool is_plain = ascii_is_letter(*name) || ascii_is_digit(*name) || *name == '-';

		plain[size++] = is_plain ? *name : '_';
	}
	plain[size] = '\0';
	snprintf(csv->view->file, sizeof(csv->view->file), "%s%s.csv", plain,
		 is_whole ? "" : "-part");
}
