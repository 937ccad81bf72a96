#include <stdio.h>

#include "routes.h"

#define PAGE_MAX       999999
#define PAGE_LINKS     20
#define PAGE_LINES     90 /* with them a page has about 10 KB */
#define LINKS_MAX      1000000
#define TRAP_LINKS     3
#define SIZE_BYTES_MAX 10000000000

#define LINE                                                                                  \
	"A page of the test site says little, but it says so again and again, line by line, " \
	"until it is long.\n"

/* The page with a number: the twenty after twenty times its own, so that all hang on page 0. */
static unsigned long linked_page(unsigned long page, unsigned link)
{
	unsigned long linked = (page * PAGE_LINKS + link + 1) % (PAGE_MAX + 1);

	return linked == page ? 0 : linked;
}

static void add_page_link(struct buffer *body, unsigned long page)
{
	buffer_text(body, "<li><a href=\"/page/");
	buffer_number(body, page);
	buffer_text(body, "\">page ");
	buffer_number(body, page);
	buffer_text(body, "</a></li>\n");
}

static bool answer_numbered(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;
	char title[32];
	uint64_t page;

	if (!request_number(&visit->rest, PAGE_MAX, &page) || visit->rest.size > 0)
		return false;
	snprintf(title, sizeof(title), "page %u", (unsigned)page);
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	html_open(body, title);
	buffer_text(body, "<ul>\n");
	for (unsigned link = 0; link < PAGE_LINKS; link++)
		add_page_link(body, linked_page(page, link));
	buffer_text(body, "</ul>\n<p>\n");
	for (unsigned line = 0; line < PAGE_LINES; line++)
		buffer_add(body, SLICE(LINE));
	buffer_text(body, "</p>\n");
	html_close(body);
	return true;
}

static bool answer_links(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;
	uint64_t count;

	if (!request_number(&visit->rest, LINKS_MAX, &count))
		return false;
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	html_open(body, "links");
	buffer_text(body, "<ul>\n");
	for (uint64_t page = 0; page < count; page++)
		add_page_link(body, page);
	buffer_text(body, "</ul>\n");
	html_close(body);
	return true;
}

/* However deep one goes, there is more below. */
static bool answer_trap(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;
	struct slice path = { visit->rest.at - strlen("/trap/"),
			      visit->rest.size + strlen("/trap/") };

	while (path.at[path.size - 1] == '/')
		path.size--;
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	html_open(body, "trap");
	for (unsigned link = 1; link <= TRAP_LINKS; link++) {
		buffer_text(body, "<p><a href=\"");
		buffer_escaped(body, path);
		buffer_printf(body, "/%u\">deeper</a></p>\n", link);
	}
	html_close(body);
	return true;
}

/* A calendar: "/endless?n=7" leads to "/endless?n=8", for ever. */
static bool answer_endless(struct visit *visit)
{
	unsigned n = request_query_number(visit->request, "n", 0, PAGE_MAX);
	struct buffer *body = &visit->answer->body;

	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	html_open(body, "endless");
	buffer_printf(body, "<p><a href=\"?n=%u\">next</a></p>\n", n + 1);
	html_close(body);
	return true;
}

/* ---- a page of an exact size ---- */

/* As much of the line, again and again, as is wanted. */
static bool more_filling(struct answer *answer)
{
	size_t wanted = answer->left < ANSWER_PIECE_BYTES ? answer->left : ANSWER_PIECE_BYTES;

	answer->left -= wanted;
	for (size_t part; wanted > 0; wanted -= part) {
		part = wanted < strlen(LINE) ? wanted : strlen(LINE);
		buffer_add(&answer->body, (struct slice){ LINE, part });
	}
	return answer->body.size > 0;
}

static bool answer_size(struct visit *visit)
{
	struct answer *answer = visit->answer;
	char start[64];
	uint64_t size;
	size_t started;

	if (!request_number(&visit->rest, SIZE_BYTES_MAX, &size))
		return false;
	answer_begin(answer, 200, "text/html; charset=utf-8");
	started =
		(size_t)snprintf(start, sizeof(start), "<!DOCTYPE html><title>size %llu</title><p>",
				 (unsigned long long)size);
	if (started <= size) {
		buffer_text(&answer->body, start);
		size -= started;
	}
	answer->later = answer->left = size;
	answer->more = more_filling;
	return true;
}

const struct route page_routes[] = {
	{ "/page/", answer_numbered, "/page/0", "10 KB with 20 links; up to /page/999999", NULL },
	{ "/links/", answer_links, "/links/100", "so many links to pages", NULL },
	{ "/trap/", answer_trap, "/trap/", "links that lead deeper for ever", NULL },
	{ "/endless", answer_endless, NULL, "one query leads to the next for ever", NULL },
	{ "/size/", answer_size, "/size/1000", "exactly so many bytes", NULL },
	{ 0 },
};
