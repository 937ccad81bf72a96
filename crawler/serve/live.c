#include "serve/live.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret_key.h"
#include "parsers/text/memory.h"
<<<<<<< HEAD
#include "show/human.h"

/* ---- text ---- */

/* Characters that turn the direction of what follows: U+200E, U+200F, U+202A to U+202E, U+2066...
 */
static size_t turning_size(const char *at, size_t size)
{
	const unsigned char *byte = (const unsigned char *)at;

	if (size < 3 || byte[0] != 0xe2)
		return 0;
	if (byte[1] == 0x80 &&
	    (byte[2] == 0x8e || byte[2] == 0x8f || (byte[2] >= 0xaa && byte[2] <= 0xae)))
		return 3;
	return byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9 ? 3 : 0;
}

static const char *entity_of(char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return (unsigned char)c < 0x20 || c == 0x7f ? "\xef\xbf\xbd" : NULL;
	}
}

void live_put_text(FILE *out, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		size_t turning = turning_size(text.at + i, text.size - i);
		const char *entity = turning > 0 ? "\xef\xbf\xbd" : entity_of(text.at[i]);

		if (entity)
			fputs(entity, out);
		else
			putc(text.at[i], out);
		i += turning > 0 ? turning - 1 : 0;
	}
}

static void put_string(FILE *out, const char *text)
{
	live_put_text(out, slice_of(text));
}

/* ---- sections ---- */

static const char *state_of(const struct live_source *source)
{
	const struct running *running = source->running;

	if (source->ended)
		return source->ended;
	if (running->is_silent)
		return "running, does not answer";
	if (!running->is_there)
		return "not running";
	return running->is_stopping ? "stopping" : running->is_paused ? "paused" : "running";
}

static void put_button(FILE *out, const char *path, const char *words)
{
	fprintf(out, "<form method=\"post\" action=\"%s\"><button>%s</button></form>", path, words);
}

static void put_head(const struct live_source *source, FILE *out)
{
	const struct running *running = source->running;
	const char *name = strrchr(source->database, '/');

	fputs("<h1>", out);
	put_string(out, name ? name + 1 : source->database);
	fprintf(out, "</h1><p class=\"state\">%s</p>", state_of(source));
	if (!running->is_there || running->is_stopping || source->ended)
		return;
	fputs("<div class=\"buttons\">", out);
	put_button(out, running->is_paused ? "/resume" : "/pause",
		   running->is_paused ? "Resume" : "Pause");
	put_button(out, "/stop", "Stop");
	fputs("</div>", out);
}

static void put_progress(const struct live_source *source, FILE *out)
{
	const struct running *running = source->running;
	uint64_t ended = (uint64_t)(running->done + running->failed);
	uint64_t all = ended + (uint64_t)running->pending;
	char least[HUMAN_DURATION_MAX];

	if (source->trouble) {
		fputs("<p>", out);
		put_string(out, source->trouble);
		fputs("</p>", out);
	}
	if (running->is_silent) {
		fputs("<p>", out);
		put_string(out, running->why);
		fputs("</p>", out);
	}
	if (!running->is_there)
		return;
	fprintf(out, "<h2>%" PRIu64 " of %s", ended, COUNTED(all, "URL"));
	if (running->least_ms >= 1000)
		fprintf(out, ", at least %s to go", human_wait(running->least_ms, least));
	fprintf(out, "</h2><progress max=\"%" PRIu64 "\" value=\"%" PRIu64 "\"></progress>", all,
		ended);
	fprintf(out, "<p>%s, %.1f pages/s, %s in flight, %" PRId64 " failed</p>",
		COUNTED(running->rows, "row"), running->pages_per_s,
		COUNTED(running->in_flight, "request"), running->failed);
}

/* ---- tables of the store ---- */

struct table {
	FILE *out;
	bool has_head;
};

static void put_value(FILE *out, const struct store_value *value)
{
	if (value->kind == STORE_INTEGER)
		fprintf(out, "%" PRId64, value->integer);
	else if (value->kind == STORE_REAL)
		fprintf(out, "%g", value->real);
	else if (value->kind == STORE_TEXT || value->kind == STORE_JSON)
		live_put_text(out, value->text);
}

static int put_row(void *context, const struct store_answer *row)
{
	struct table *table = context;

	if (!table->has_head) {
		fputs("<thead><tr>", table->out);
		for (size_t i = 0; i < row->column_count; i++) {
			fputs("<th>", table->out);
			put_string(table->out, row->columns[i]);
			fputs("</th>", table->out);
		}
		fputs("</tr></thead><tbody>", table->out);
		table->has_head = true;
	}
	if (!row->values)
		return 0;
	fputs("<tr>", table->out);
	for (size_t i = 0; i < row->column_count; i++) {
		fputs("<td>", table->out);
		put_value(table->out, &row->values[i]);
		fputs("</td>", table->out);
	}
	fputs("</tr>", table->out);
	return 0;
}

static void put_report(const struct live_source *source, FILE *out, const char *title,
		       enum store_report report)
{
	struct table table = { .out = out };
	int result;

	if (!source->store)
		return;
	fprintf(out, "<h2>%s</h2>", title);
	if (store_is_late(source->store)) {
		fputs("<p>too many to count</p>", out);
		return;
	}
	fputs("<table>", out);
	result = store_report(source->store, report, NULL, put_row, &table);
	fputs(table.has_head ? "</tbody></table>" : "</table>", out);
	if (result < 0)
		fputs("<p>too many to count</p>", out);
}

static void put_run(const struct live_source *source, FILE *out)
{
	put_report(source, out, "Last run", STORE_REPORT_RUN);
}

static void put_urls(const struct live_source *source, FILE *out)
{
	put_report(source, out, "URLs", STORE_REPORT_URLS);
}

static void put_patterns(const struct live_source *source, FILE *out)
{
	put_report(source, out, "Patterns", STORE_REPORT_PATTERNS);
}

static void put_waiting(const struct live_source *source, FILE *out)
{
	put_report(source, out, "Hosts that wait", STORE_REPORT_WAITING);
}

/* In the order of the page.  What costs the most to read comes last. */
static const struct {
	const char *id;
	void (*put)(const struct live_source *source, FILE *out);
} parts[] = {
	{ "head", put_head }, { "progress", put_progress }, { "run", put_run },
	{ "urls", put_urls }, { "patterns", put_patterns }, { "waiting", put_waiting },
};

#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

/* ---- the page ---- */

struct section {
	char *text;
	size_t size;
=======
#include "report/page.h"

#define SECTIONS_MAX 24

/* The texts are of the page that was made last. */
struct section {
	struct html html;
>>>>>>> w-serve
	uint64_t changed_in; /* the making that gave it this text */
};

struct live {
	uint64_t key; /* of this process: its numbers are not another's */
	uint64_t making;
<<<<<<< HEAD
	char *title;
	struct section sections[PART_COUNT];
=======
	struct section title, sections[SECTIONS_MAX];
>>>>>>> w-serve
};

struct live *live_new(void)
{
<<<<<<< HEAD
	struct live *page = memory_new(1, sizeof(*page));

	page->key = secret_key_new();
	return page;
}

void live_free(struct live *page)
{
	if (!page)
		return;
	for (size_t i = 0; i < PART_COUNT; i++)
		free(page->sections[i].text);
	free(page->title);
	free(page);
}

static void make_section(struct live *page, size_t number, const struct live_source *source)
{
	struct section *section = &page->sections[number];
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		memory_fail();
	parts[number].put(source, out);
	if (fclose(out) != 0)
		memory_fail();
	if (section->text && section->size == size && memcmp(section->text, text, size) == 0) {
		free(text);
		return;
	}
	free(section->text);
	*section = (struct section){ text, size, page->making };
}

size_t live_refresh(struct live *page, const struct live_source *source)
{
	size_t changed = 0;

	page->making++;
	free(page->title);
	page->title = memory_text(source->database, strlen(source->database));
	for (size_t i = 0; i < PART_COUNT; i++) {
		make_section(page, i, source);
		changed += page->sections[i].changed_in == page->making;
=======
	struct live *live = memory_new(1, sizeof(*live));

	live->key = secret_key_new();
	return live;
}

void live_free(struct live *live)
{
	if (!live)
		return;
	html_free(&live->title.html);
	for (size_t i = 0; i < SECTIONS_MAX; i++)
		html_free(&live->sections[i].html);
	free(live);
}

/* ---- making ---- */

/* html is the section's from here on, or gone.  Returns whether it is another than before. */
static bool take(struct live *live, struct section *section, struct html *html)
{
	if (section->changed_in != 0 && section->html.size == html->size &&
	    (html->size == 0 || memcmp(section->html.bytes, html->bytes, html->size) == 0)) {
		html_free(html);
		return false;
	}
	html_free(&section->html);
	*section = (struct section){ *html, live->making };
	return true;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Where nothing can be read there is a head, which says why. */
static void write_trouble(struct html *html, const struct live_source *source, const char *why)
{
	html_markup(html, "<header id=\"head\"><div class=\"top\"><h1>");
	html_words(html, name_of(source->database));
	html_markup(html, "</h1></div><p class=\"notice\">");
	html_words(html, why);
	html_markup(html, "</p></header>\n");
}

static size_t show_trouble(struct live *live, const struct live_source *source, const char *why)
{
	struct html title = { 0 };
	size_t changed = 0;

	html_words(&title, name_of(source->database));
	take(live, &live->title, &title);
	for (size_t i = 0; i < page_section_count; i++) {
		struct html html = { 0 };

		if (i == 0)
			write_trouble(&html, source, why);
		changed += take(live, &live->sections[i], &html);
>>>>>>> w-serve
	}
	return changed;
}

<<<<<<< HEAD
const char *live_number(const struct live *page, char out[LIVE_NUMBER_MAX])
{
	snprintf(out, LIVE_NUMBER_MAX, "%016" PRIx64 "-%" PRIu64, page->key, page->making);
	return out;
}

static void put_section(const struct live *page, size_t number, FILE *out)
{
	const struct section *section = &page->sections[number];

	fprintf(out, "<section id=\"%s\">", parts[number].id);
	fwrite(section->text, 1, section->size, out);
	fputs("</section>", out);
}

void live_write(const struct live *page, FILE *out)
=======
/* It has not said how it ended, and is not there. */
static void say_killed(struct figures *figures)
{
	figures->state = FIGURES_KILLED;
	figures->run.ended = "killed";
	if (figures->run_count > 0 && figures->runs[0].id == figures->run.id)
		figures->runs[0].ended = "killed";
}

/* The database knows what was committed, the crawl whether there is one. */
static void correct(struct figures *figures, const struct live_source *source)
{
	const struct running *running = source->running;

	if (figures->state == FIGURES_RUNNING && !running->is_there && !running->is_silent)
		say_killed(figures);
	if (running->is_silent)
		figures->notice = running->why;
	if (!running->is_there || figures->state != FIGURES_RUNNING)
		return;
	figures->urls_left = (uint64_t)running->pending;
	if (figures->urls == UINT64_MAX) { /* there was no time to count them */
		figures->urls_done = (uint64_t)running->done;
		figures->urls_failed = (uint64_t)running->failed;
		figures->urls = figures->urls_done + figures->urls_failed + figures->urls_left;
	}
}

static size_t show_figures(struct live *live, const struct live_source *source,
			   struct figures *figures)
{
	const struct page_options options = {
		.is_served = true,
		.may_steer = source->running->is_there && !source->running->is_stopping,
		.is_paused = source->running->is_paused,
		.is_stopping = source->running->is_stopping,
	};
	struct html title = { 0 };
	struct page *page;
	size_t changed = 0;

	correct(figures, source);
	page = page_new(figures, &options);
	page_write_title(&title, page);
	take(live, &live->title, &title);
	for (size_t i = 0; i < page_section_count; i++) {
		struct html html = { 0 };

		page_write(&html, page, &page_sections[i]);
		changed += take(live, &live->sections[i], &html);
	}
	page_free(page);
	return changed;
}

size_t live_refresh(struct live *live, const struct live_source *source)
{
	struct figures *figures;
	size_t changed;

	live->making++;
	if (!source->store)
		return show_trouble(live, source, source->trouble ? source->trouble : "");
	figures = figures_read(source->store, source->database, 0, NULL);
	if (!figures && store_is_late(source->store) && live->making > 1)
		return 0; /* as it was */
	if (!figures)
		return show_trouble(live, source,
				    store_is_late(source->store)
					    ? "too many to count: crawl report shows it"
					    : store_error(source->store)->text);
	figures_count(figures, source->store);
	changed = show_figures(live, source, figures);
	figures_free(figures);
	return changed;
}

/* ---- writing ---- */

const char *live_number(const struct live *live, char out[LIVE_NUMBER_MAX])
{
	snprintf(out, LIVE_NUMBER_MAX, "%016" PRIx64 "-%" PRIu64, live->key, live->making);
	return out;
}

static void put_html(const struct html *html, FILE *out)
{
	if (html->size > 0)
		fwrite(html->bytes, 1, html->size, out);
}

static void put_section(const struct live *live, size_t number, FILE *out)
{
	fprintf(out, "<div class=\"part\" id=\"part-%s\">", page_sections[number].id);
	put_html(&live->sections[number].html, out);
	fputs("</div>", out);
}

void live_write(const struct live *live, FILE *out)
>>>>>>> w-serve
{
	char number[LIVE_NUMBER_MAX];

	fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
<<<<<<< HEAD
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>",
	      out);
	put_string(out, page->title);
	fputs("</title><link rel=\"icon\" href=\"/favicon.svg\">"
	      "<link rel=\"stylesheet\" href=\"/style.css\">"
	      "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>"
	      "<script src=\"/live.js\" defer></script></head>",
	      out);
	fprintf(out, "<body data-seen=\"%s\"><main>\n", live_number(page, number));
	for (size_t i = 0; i < PART_COUNT; i++) {
		put_section(page, i, out);
		putc('\n', out);
	}
	fputs("</main><p id=\"said\" role=\"status\"></p></body></html>\n", out);
}

/* 0: everything is news. */
static uint64_t making_of(const struct live *page, const char *since)
=======
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
	      "<meta name=\"color-scheme\" content=\"light dark\"><title>",
	      out);
	put_html(&live->title.html, out);
	fputs("</title><link rel=\"icon\" href=\"/favicon.svg\">"
	      "<link rel=\"stylesheet\" href=\"/report.css\">"
	      "<link rel=\"stylesheet\" href=\"/live.css\">"
	      "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>"
	      "<script src=\"/live.js\" defer></script></head>",
	      out);
	fprintf(out,
		"<body data-seen=\"%s\">\n<a class=\"skip\" href=\"#main\">Skip to the "
		"report</a>\n",
		live_number(live, number));
	for (size_t i = 0; i < page_section_count; i++) {
		if (i == 1)
			fputs("<main id=\"main\">\n", out);
		if (i + 1 == page_section_count)
			fputs("</main>\n", out);
		put_section(live, i, out);
		putc('\n', out);
	}
	fputs("<p id=\"said\" role=\"status\"></p></body></html>\n", out);
}

/* 0: everything is news. */
static uint64_t making_of(const struct live *live, const char *since)
>>>>>>> w-serve
{
	uint64_t key, making;

	if (!since || sscanf(since, "%16" SCNx64 "-%20" SCNu64, &key, &making) != 2)
		return 0;
<<<<<<< HEAD
	return key == page->key && making <= page->making ? making : 0;
}

/* A line end in an event's data begins another line of it. */
static void put_event(const struct live *page, size_t number, FILE *out)
{
	char *text = NULL, *rest, *line;
	size_t size = 0;
	FILE *html = open_memstream(&text, &size);
	if (!html)
		memory_fail();
	put_section(page, number, html);
	if (fclose(html) != 0)
		memory_fail();
	fputs("event: section\n", out);
	for (rest = text; (line = strsep(&rest, "\r\n"));)
		fprintf(out, "data: %s\n", line);
=======
	return key == live->key && making <= live->making ? making : 0;
}

/* A line end in an event's data begins another line of it. */
static void put_data(const char *text, size_t size, FILE *out)
{
	while (size > 0) {
		size_t line = 0;

		while (line < size && text[line] != '\n' && text[line] != '\r')
			line++;
		fputs("data: ", out);
		fwrite(text, 1, line, out);
		putc('\n', out);
		line += line < size;
		text += line;
		size -= line;
	}
}

static void put_section_event(const struct live *live, size_t number, FILE *out)
{
	char *text = NULL;
	size_t size = 0;
	FILE *html = open_memstream(&text, &size);

	if (!html)
		memory_fail();
	put_section(live, number, html);
	if (fclose(html) != 0)
		memory_fail();
	fputs("event: section\n", out);
	put_data(text, size, out);
>>>>>>> w-serve
	putc('\n', out);
	free(text);
}

<<<<<<< HEAD
void live_write_changes(const struct live *page, const char *since, FILE *out)
{
	uint64_t seen = making_of(page, since);
	char number[LIVE_NUMBER_MAX];

	for (size_t i = 0; i < PART_COUNT; i++) {
		if (page->sections[i].changed_in > seen)
			put_event(page, i, out);
	}
	/* Behind them all: who is cut off before has not seen them. */
	fprintf(out, "id: %s\n\n", live_number(page, number));
=======
void live_write_changes(const struct live *live, const char *since, FILE *out)
{
	uint64_t seen = making_of(live, since);
	char number[LIVE_NUMBER_MAX];

	if (live->title.changed_in > seen && live->title.html.size > 0) {
		fputs("event: title\n", out);
		put_data(live->title.html.bytes, live->title.html.size, out);
		putc('\n', out);
	}
	for (size_t i = 0; i < page_section_count; i++) {
		if (live->sections[i].changed_in > seen)
			put_section_event(live, i, out);
	}
	/* Behind them all: who is cut off before has not seen them. */
	fprintf(out, "id: %s\n\n", live_number(live, number));
>>>>>>> w-serve
}
