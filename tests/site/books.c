#include <stdio.h>

#include "routes.h"

/*
 * A catalogue of a hundred books, twenty to a page.  Not every book has every field: a
 * pattern must not borrow a price from the next one.
 */
#define BOOKS_COUNT    100
#define BOOKS_PER_PAGE 20
#define BOOK_PAGES     (BOOKS_COUNT / BOOKS_PER_PAGE)
#define TITLE_BYTES    64

static const char *const subjects[] = {
	"The Lamp",  "A Map",     "The Weather",   "Twelve Letters", "The Orchard",
	"A Grammar", "The Ferry", "Small Engines", "The Salt",       "An Atlas",
};

static const char *const rests[] = {
	"of Winter",    "for Beginners", "& Other Stories", "at the Border", "in Two Voices",
	"of the South", "without a Key", "by Night",        "from Memory",   "<Revised>",
};

static const char *const ratings[] = { "One", "Two", "Three", "Four", "Five" };

static void title_of(unsigned book, char title[TITLE_BYTES])
{
	snprintf(title, TITLE_BYTES, "%s %s", subjects[book % 10], rests[(book / 10 + book) % 10]);
}

/* In pence.  The first is the price that every tutorial scrapes. */
static unsigned price_of(unsigned book)
{
	return 1000 + (4177 + book * 1913) % 5000;
}

static bool has_price(unsigned book)
{
	return book % 7 != 3;
}

static bool has_availability(unsigned book)
{
	return book % 5 != 4;
}

static void add_facts(struct buffer *body, unsigned book)
{
	if (has_price(book))
		buffer_printf(body, "<p class=\"price_color\">£%u.%02u</p>\n", price_of(book) / 100,
			      price_of(book) % 100);
	if (has_availability(book))
		buffer_printf(body, "<p class=\"instock availability\">\n    %s\n</p>\n",
			      book % 6 == 5 ? "Out of stock" : "In stock");
}

static void add_book(struct buffer *body, unsigned book)
{
	char title[TITLE_BYTES];

	title_of(book, title);
	buffer_printf(body, "<article class=\"product_pod\">\n<p class=\"star-rating %s\"></p>\n",
		      ratings[book * 3 % 5]);
	buffer_printf(body, "<h3><a href=\"/book/%u\" title=\"", book);
	buffer_escaped(body, slice_of(title));
	buffer_text(body, "\">");
	buffer_escaped(body, slice_of(title));
	buffer_text(body, "</a></h3>\n");
	add_facts(body, book);
	buffer_text(body, "</article>\n");
}

static bool answer_catalogue(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;
	uint64_t page;

	if (!request_number(&visit->rest, BOOK_PAGES, &page) || page == 0)
		return false;
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	html_open(body, "Books");
	for (unsigned i = 0; i < BOOKS_PER_PAGE; i++)
		add_book(body, (unsigned)(page - 1) * BOOKS_PER_PAGE + i);
	buffer_text(body, "<ul class=\"pager\">\n");
	if (page > 1)
		buffer_printf(body, "<li class=\"previous\"><a href=\"%u\">previous</a></li>\n",
			      (unsigned)page - 1);
	buffer_printf(body, "<li class=\"current\">Page %u of %u</li>\n", (unsigned)page,
		      BOOK_PAGES);
	if (page < BOOK_PAGES)
		buffer_printf(body, "<li class=\"next\"><a href=\"%u\">next</a></li>\n",
			      (unsigned)page + 1);
	buffer_text(body, "</ul>\n");
	html_close(body);
	return true;
}

static bool answer_book(struct visit *visit)
{
	struct buffer escaped = { 0 };
	char title[TITLE_BYTES];
	uint64_t book;

	if (!request_number(&visit->rest, BOOKS_COUNT - 1, &book))
		return false;
	title_of((unsigned)book, title);
	buffer_escaped(&escaped, slice_of(title));
	buffer_fill(&escaped, '\0', 1);
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	html_open(&visit->answer->body, escaped.at);
	add_facts(&visit->answer->body, (unsigned)book);
	html_close(&visit->answer->body);
	buffer_free(&escaped);
	return true;
}

const struct route book_routes[] = {
	{ "/books/", answer_catalogue, "/books/1", "a catalogue of five pages, with gaps", NULL },
	{ "/book/", answer_book, "/book/0", "one of the books", NULL },
	{ 0 },
};
