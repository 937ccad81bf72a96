#include "serve/live.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret_key.h"
#include "parsers/text/memory.h"
#include "report/page.h"

#define VALUES_MS    100 /* for what stands in the patterns' tables */
#define SECTIONS_MAX 24

/* The texts are of the page that was made last. */
struct section {
	struct html html;
	uint64_t changed_in; /* the making that gave it this text */
};

struct live {
	uint64_t key; /* of this process: its numbers are not another's */
	uint64_t making;
	struct figures_memory *memory;
	struct section title, sections[SECTIONS_MAX];
};

struct live *live_new(void)
{
	struct live *live = memory_new(1, sizeof(*live));

	live->key = secret_key_new();
	live->memory = figures_memory_new();
	return live;
}

void live_free(struct live *live)
{
	if (!live)
		return;
	figures_memory_free(live->memory);
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

/* Where nothing can be read there is a head, which says why. */
static void write_trouble(struct html *html, const struct live_source *source, const char *why)
{
	html_markup(html, "<header id=\"head\"><div class=\"top\"><h1>");
	html_text(html, figures_name_of(source->database));
	html_markup(html, "</h1></div><p class=\"notice\">");
	html_words(html, why);
	html_markup(html, "</p></header>\n");
}

static size_t show_trouble(struct live *live, const struct live_source *source, const char *why)
{
	struct html title = { 0 };
	size_t changed = 0;

	html_text(&title, figures_name_of(source->database));
	take(live, &live->title, &title);
	for (size_t i = 0; i < page_section_count; i++) {
		struct html html = { 0 };

		if (i == 0)
			write_trouble(&html, source, why);
		changed += take(live, &live->sections[i], &html);
	}
	return changed;
}

/* It has not said how it ended, and is not there. */
static void say_killed(struct figures *figures)
{
	figures->state = FIGURES_KILLED;
	figures->run.ended = "killed";
	if (figures->run_count > 0 && figures->runs[0].id == figures->run.id)
		figures->runs[0].ended = "killed";
}

static struct figures_host *find_host(struct figures *figures, const char *origin)
{
	for (size_t i = 0; i < figures->host_count; i++) {
		if (strcmp(figures->hosts[i].origin, origin) == 0)
			return &figures->hosts[i];
	}
	if (figures->host_count == FIGURES_HOSTS_MAX)
		return NULL;
	figures->hosts[figures->host_count] = (struct figures_host){ .origin = origin };
	return &figures->hosts[figures->host_count++];
}

/* Who keeps it waiting only the crawl knows. */
static void add_hosts(struct figures *figures, const struct running *running)
{
	for (size_t i = 0; i < running->host_count; i++) {
		const struct running_host *left = &running->hosts_left[i];
		struct figures_host *host = find_host(figures, left->origin);

		if (!host)
			continue;
		host->left = (uint64_t)left->left;
		host->delay_ms = left->delay_ms;
		host->waits_for = left->waits_for;
	}
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
	figures->is_paused = running->is_paused;
	figures->nodes = (uint64_t)running->nodes;
	if (running->nodes > 0)
		return; /* they are counted in their database */
	add_hosts(figures, running);
	/* Of what the run asks for: URLs of other lists are left alone, and are no part of it. */
	figures->urls_left = (uint64_t)running->pending;
	figures->urls_done = (uint64_t)running->done;
	figures->urls_failed = (uint64_t)running->failed;
	figures->urls = figures->urls_done + figures->urls_failed + figures->urls_left;
}

static size_t show_figures(struct live *live, const struct live_source *source,
			   struct figures *figures)
{
	const struct page_options options = {
		.is_served = true,
		.may_steer = source->running->is_there && !source->running->is_stopping,
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
	figures = figures_read_again(source->store, source->database, 0, NULL, live->memory);
	if (!figures && store_is_late(source->store) && live->making > 1)
		return 0; /* as it was */
	if (!figures)
		return show_trouble(live, source,
				    store_is_late(source->store)
					    ? "too many to count: crawl report shows it"
					    : store_error(source->store)->text);
	if (figures_read_values(figures, source->store, VALUES_MS) == 0)
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
{
	char number[LIVE_NUMBER_MAX];

	fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
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
{
	uint64_t key, making;
	char *end;

	if (!since)
		return 0;
	key = strtoull(since, &end, 16);
	making = *end == '-' ? strtoull(end + 1, NULL, 10) : 0;
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
	putc('\n', out);
	free(text);
}

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
}
