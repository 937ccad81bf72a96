#include "serve/live.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret_key.h"
#include "parsers/text/memory.h"
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
	uint64_t changed_in; /* the making that gave it this text */
};

struct live {
	uint64_t key; /* of this process: its numbers are not another's */
	uint64_t making;
	char *title;
	struct section sections[PART_COUNT];
};

struct live *live_new(void)
{
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
	}
	return changed;
}

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
{
	char number[LIVE_NUMBER_MAX];

	fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
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
{
	uint64_t key, making;

	if (!since || sscanf(since, "%16" SCNx64 "-%20" SCNu64, &key, &making) != 2)
		return 0;
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
	putc('\n', out);
	free(text);
}

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
}
