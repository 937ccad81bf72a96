#include <arpa/inet.h>
#include <stdio.h>

#include "routes.h"

/*
 * A web of many hosts, each an address of the site: "/web/HOSTS/PAGES/I" is page I of the host that
 * was called.  What a page is goes by its number, what a robots.txt is by that of its host, so that
 * a crawl of it has one result, whoever asks in which order.
 *
 *	page  ..3, ..23: of every fourth host, 429 or 503 with Retry-After the first time
 *	      ..4, ..24: 404
 *	      ..6: a ring over three hosts       ..7: moved for ever to the third host after it
 *	      ..17: three hops over three hosts  ..9: for now at another host, at a page of its own
 *	host  ..3: Crawl-delay   ..5: robots.txt redirects to the next host
 *	      ..7: forbids pages  ..9: has none; every fourth has a sitemap of all its pages
 */
#define HOSTS_MAX   65536
#define PAGES_MAX   100000
#define HOPS_MOST   20
#define NEXT_LINKS  4 /* own pages after this one: no run of pages without links is as long */
#define SHARED_ROWS 5 /* the same at every host, by their keys */
#define OWN_ROWS    5
#define HALF        20 /* every so many pages it begins anew */
#define CYCLE       10

struct place {
	uint64_t hosts, pages, page;
	unsigned host;
	struct slice port; /* ":8080" */
};

/* ---- places ---- */

/* The number of the host that was called, from 0, and its port. */
static bool find_host(const struct request *request, struct place *place)
{
	struct slice host = request->host;
	const char *colon = host.size > 0 ? memrchr(host.at, ':', host.size) : NULL;
	size_t size = colon ? (size_t)(colon - host.at) : host.size;
	char name[INET_ADDRSTRLEN];
	struct in_addr address;

	if (size == 0 || size >= sizeof(name))
		return false;
	memcpy(name, host.at, size);
	name[size] = '\0';
	if (inet_pton(AF_INET, name, &address) != 1)
		return false;
	place->host = (ntohl(address.s_addr) - INADDR_LOOPBACK) % (unsigned)place->hosts;
	place->port = (struct slice){ host.at + size, host.size - size };
	return true;
}

/* "HOSTS/PAGES" at the start of what is left, and who was called. */
static bool find_web(struct visit *visit, struct place *place)
{
	return request_number(&visit->rest, HOSTS_MAX, &place->hosts) &&
	       request_number(&visit->rest, PAGES_MAX, &place->pages) && place->hosts > 0 &&
	       place->pages > 0 && find_host(visit->request, place);
}

static void add_origin(struct buffer *out, const struct place *place, unsigned host)
{
	struct in_addr address = { htonl(INADDR_LOOPBACK + host % (unsigned)place->hosts) };
	char name[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &address, name, sizeof(name));
	buffer_printf(out, "http://%s%.*s", name, (int)place->port.size, place->port.at);
}

static void add_place(struct buffer *out, const struct place *place, unsigned host, uint64_t page)
{
	add_origin(out, place, host);
	buffer_printf(out, "/web/%u/%u/%u", (unsigned)place->hosts, (unsigned)place->pages,
		      (unsigned)(page % place->pages));
}

/* To a host so many further on; more: behind the page's number, or "". */
static bool send_away(struct visit *visit, const struct place *place, int status, unsigned further,
		      uint64_t page, const char *more)
{
	struct buffer location = { 0 };

	add_place(&location, place, place->host + further, page);
	buffer_text(&location, more);
	answer_redirect(visit->answer, status, buffer_slice(&location));
	buffer_free(&location);
	return true;
}

/* ---- pages ---- */

static void add_link(struct buffer *body, const struct place *place, unsigned host, uint64_t page)
{
	buffer_text(body, "<a href=\"");
	add_place(body, place, host, page);
	buffer_text(body, "\">on</a>\n");
}

static void add_rows(struct buffer *body, const struct place *place)
{
	for (unsigned row = 0; row < SHARED_ROWS; row++) {
		unsigned key = (unsigned)place->page * SHARED_ROWS + row;

		buffer_printf(body, "<li class=\"shared\" id=\"%u\">thing %u</li>\n", key,
			      key * 7919 % 1000);
	}
	for (unsigned row = 0; row < OWN_ROWS; row++)
		buffer_printf(body, "<li class=\"own\" id=\"%u-%u-%u\">%u</li>\n", place->host,
			      (unsigned)place->page, row, place->host + row);
}

static bool answer_plain(struct visit *visit, const struct place *place)
{
	struct buffer *body = &visit->answer->body;
	char title[64];

	snprintf(title, sizeof(title), "host %u page %u", place->host, (unsigned)place->page);
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	html_open(body, title);
	add_rows(body, place);
	for (unsigned next = 1; next <= NEXT_LINKS && place->page + next < place->pages; next++)
		add_link(body, place, place->host, place->page + next);
	add_link(body, place, place->host + 1, place->page);
	add_link(body, place, place->host + (unsigned)place->page % 7, place->page * 3);
	html_close(body);
	return true;
}

/* "PAGE/hop/K": K more redirects, each to the next host, then "PAGE/end"; "PAGE/ring/K" of three.
 */
static bool answer_hop(struct visit *visit, const struct place *place)
{
	bool is_ring = visit->rest.size > 5 && memcmp(visit->rest.at, "ring/", 5) == 0;
	bool is_hop = visit->rest.size > 4 && memcmp(visit->rest.at, "hop/", 4) == 0;
	size_t skipped = is_ring ? 5 : 4;
	char more[32] = "/end";
	uint64_t left;

	visit->rest = (struct slice){ visit->rest.at + skipped, visit->rest.size - skipped };
	if (!(is_ring || is_hop) || !request_number(&visit->rest, HOPS_MOST, &left))
		return false;
	if (is_ring && left > 1)
		return send_away(visit, place, 302, (unsigned)place->hosts - 2, place->page, "");
	if (is_ring || left > 1)
		snprintf(more, sizeof(more), "/%s/%u", is_ring ? "ring" : "hop",
			 (unsigned)(is_ring ? left + 1 : left - 1));
	return send_away(visit, place, 302, 1, place->page, more);
}

/* The first time it wants to be left alone. */
static bool answer_later(struct visit *visit, const struct place *place)
{
	char name[64];

	snprintf(name, sizeof(name), "web %u %u", place->host, (unsigned)place->page);
	if (counters_ask(visit->site->counters, slice_of(name)) > 1)
		return answer_plain(visit, place);
	answer_page(visit->answer, place->host % 8 == 3 ? 429 : 503, "later");
	answer_header(visit->answer, "Retry-After: %u", visit->site->web_later_s);
	return true;
}

static bool answer_kind(struct visit *visit, const struct place *place)
{
	if (place->page % CYCLE == 9)
		return send_away(visit, place, 302, 1, place->page - 1, "");
	switch (place->page % HALF) {
	case 3:
		return place->host % 4 == 3 ? answer_later(visit, place)
					    : answer_plain(visit, place);
	case 4:
		answer_page(visit->answer, 404, "not found");
		return true;
	case 6:
		return send_away(visit, place, 302, 1, place->page, "/ring/1");
	case 7:
		return send_away(visit, place, 301, 3, place->page, "/end");
	case 17:
		return send_away(visit, place, 302, 1, place->page, "/hop/2");
	default:
		return answer_plain(visit, place);
	}
}

static bool answer_web(struct visit *visit)
{
	struct place place = { 0 };
	bool is_known;

	if (!find_web(visit, &place) || !request_number(&visit->rest, PAGES_MAX, &place.page))
		return false;
	if (visit->rest.size == 0)
		is_known = answer_kind(visit, &place);
	else if (slice_equal(visit->rest, SLICE("end")))
		is_known = answer_plain(visit, &place);
	else
		is_known = answer_hop(visit, &place);
	visit->answer->wait_ms = visit->site->web_wait_ms;
	return is_known;
}

/* ---- what crawlers ask for ---- */

#define RULES_MAX 20000

/* "/web-robots/HOSTS/PAGES", for --robots-as, and "/RULES" behind it: so many that forbid nothing.
 */
static bool answer_robots(struct visit *visit)
{
	struct buffer *body = &visit->answer->body, location = { 0 };
	struct place place = { 0 };
	uint64_t rules = 0;

	if (!find_web(visit, &place) || place.host % CYCLE == 9)
		return false;
	if (place.host % CYCLE == 5) {
		add_origin(&location, &place, place.host + 1);
		buffer_text(&location, "/robots.txt");
		answer_redirect(visit->answer, 302, buffer_slice(&location));
		buffer_free(&location);
		return true;
	}
	answer_begin(visit->answer, 200, "text/plain; charset=utf-8");
	buffer_text(body, "User-agent: *\n");
	if (place.host % CYCLE == 3)
		buffer_printf(body, "Crawl-delay: %u.%03u\n", visit->site->web_delay_ms / 1000,
			      visit->site->web_delay_ms % 1000);
	if (place.host % CYCLE == 7)
		buffer_printf(body, "Disallow: /web/%u/%u/11\n", (unsigned)place.hosts,
			      (unsigned)place.pages);
	buffer_text(body, "Disallow: /private/\n");
	request_number(&visit->rest, RULES_MAX, &rules);
	for (uint64_t rule = 0; rule < rules; rule++)
		buffer_printf(body, "Disallow: /no/%05u\n", (unsigned)rule);
	if (place.host % 4 == 0) {
		buffer_text(body, "Sitemap: ");
		add_origin(body, &place, place.host);
		buffer_text(body, "/sitemap.xml\n");
	}
	return true;
}

/* "/web-sitemap/HOSTS/PAGES", for --sitemap-as. */
static bool answer_sitemap(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;
	struct place place = { 0 };

	if (!find_web(visit, &place))
		return false;
	answer_begin(visit->answer, 200, "application/xml");
	buffer_text(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			  "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
	for (uint64_t page = 0; page < place.pages; page++) {
		buffer_text(body, "<url><loc>");
		add_place(body, &place, place.host, page);
		buffer_text(body, "</loc></url>\n");
	}
	buffer_text(body, "</urlset>\n");
	return true;
}

const struct route web_routes[] = {
	{ "/web/", answer_web, "/web/200/50/0", "pages of many hosts, and redirects between them",
	  NULL },
	{ "/web-robots/", answer_robots, "/web-robots/200/50", "their robots.txt", NULL },
	{ "/web-sitemap/", answer_sitemap, "/web-sitemap/200/50", "their sitemap", NULL },
	{ 0 },
};
