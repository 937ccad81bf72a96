#include <ctype.h>
#include <fcntl.h>

#include "films.h"
#include "routes.h"

#define SITEMAP_PAGES  100
#define SITEMAP_BOOKS  5
#define TYPE_BYTES_MAX 127
#define SOME_BYTES     256

/* ---- what crawlers ask every site for ---- */

static bool answer_robots_file(struct visit *visit, int status)
{
	int fd = open(visit->site->robots, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && answer_file(visit->answer, fd, status, "text/plain; charset=utf-8");
}

/* As another path would be answered, with its query. */
static bool answer_as(struct visit *visit, const char *other)
{
	struct slice path = slice_of(other);
	const char *query = memchr(path.at, '?', path.size);
	struct request request = *visit->request;
	struct visit inner = *visit;

	if (query) {
		request.query = slice_of(query + 1);
		path.size = (size_t)(query - path.at);
	}
	if (slice_equal(path, visit->request->path))
		return false; /* this is how one asks for ever */
	request.path = inner.rest = path;
	inner.request = &request;
	return routes_visit(&inner);
}

static bool answer_robots(struct visit *visit)
{
	unsigned status = visit->site->robots_status ? visit->site->robots_status : 200;
	struct buffer *body = &visit->answer->body;

	if (visit->site->robots_as)
		return answer_as(visit, visit->site->robots_as);
	if (visit->site->robots)
		return answer_robots_file(visit, (int)status);
	answer_begin(visit->answer, (int)status, "text/plain; charset=utf-8");
	buffer_text(body, "User-agent: *\nDisallow:\nSitemap: ");
	request_origin(visit->request, body);
	buffer_text(body, "/sitemap.xml\n");
	return true;
}

/* Whoever reads it to its end reads for ever. */
static bool more_comment(struct answer *answer)
{
	while (answer->body.size < ANSWER_PIECE_BYTES)
		buffer_text(&answer->body, "# this line is one of many\n");
	return true;
}

static bool answer_endless_robots(struct visit *visit)
{
	answer_raw(visit->answer, 200, ANSWER_CLOSE);
	buffer_text(&visit->answer->head, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
					  "Connection: close\r\n\r\n"
					  "User-agent: *\nDisallow: /page/\n");
	visit->answer->more = more_comment;
	return true;
}

static void add_locations(struct buffer *body, struct slice origin, const char *path,
			  unsigned first, unsigned step, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		buffer_text(body, "<url><loc>");
		buffer_add(body, origin);
		buffer_text(body, path);
		buffer_number(body, first + i * step);
		buffer_text(body, "</loc></url>\n");
	}
}

static bool answer_sitemap(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;
	struct buffer origin = { 0 };

	if (visit->site->sitemap_as)
		return answer_as(visit, visit->site->sitemap_as);
	request_origin(visit->request, &origin);
	answer_begin(visit->answer, 200, "application/xml");
	buffer_text(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			  "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
	add_locations(body, buffer_slice(&origin), "/board/4?offset=", 0, 10, FILMS_COUNT / 10);
	add_locations(body, buffer_slice(&origin), "/books/", 1, 1, SITEMAP_BOOKS);
	add_locations(body, buffer_slice(&origin), "/page/", 0, 1, SITEMAP_PAGES);
	buffer_text(body, "</urlset>\n");
	buffer_free(&origin);
	return true;
}

/* ---- what tests of crawlers ask for ---- */

static bool answer_echo(struct visit *visit)
{
	answer_begin(visit->answer, 200, "text/plain; charset=utf-8");
	buffer_add(&visit->answer->body, visit->request->head);
	return true;
}

static bool answer_cookie(struct visit *visit)
{
	struct slice cookie = request_header(visit->request, "cookie");
	struct buffer *body = &visit->answer->body;

	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	answer_header(visit->answer, "Set-Cookie: visit=%llu; Path=/",
		      (unsigned long long)counters_next(visit->site->counters));
	html_open(body, "cookie");
	buffer_text(body, "<p class=\"cookie\">");
	buffer_escaped(body, cookie.at ? cookie : SLICE("none"));
	buffer_text(body, "</p>\n");
	html_close(body);
	return true;
}

/* "/type/image/png": some bytes that are called so. */
static bool answer_type(struct visit *visit)
{
	char type[TYPE_BYTES_MAX + 1];
	size_t size = visit->rest.size;

	if (size == 0 || size > TYPE_BYTES_MAX)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!isalnum((unsigned char)visit->rest.at[i]) &&
		    !strchr("/+-._;=", visit->rest.at[i]))
			return false;
	}
	memcpy(type, visit->rest.at, size);
	type[size] = '\0';
	answer_page(visit->answer, 200, type);
	if (strncmp(type, "text/", strlen("text/")) != 0) {
		answer_begin(visit->answer, 200, type);
		for (unsigned byte = 0; byte < SOME_BYTES; byte++)
			buffer_fill(&visit->answer->body, (char)byte, 1);
	}
	return true;
}

static void add_robots_tag(struct visit *visit, const char *parameter)
{
	struct buffer value = { 0 };

	if (request_query(visit->request, parameter, &value) &&
	    answer_is_header_safe(buffer_slice(&value)))
		answer_header(visit->answer, "X-Robots-Tag: %.*s", (int)value.size, value.at);
	buffer_free(&value);
}

/* "/robots-tag?say=VALUE&and=VALUE": a link, and what a robot is told of it. */
static bool answer_robots_tag(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;

	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	add_robots_tag(visit, "say");
	add_robots_tag(visit, "and");
	html_open(body, "tagged");
	buffer_text(body, "<p><a href=\"/page/1\">page 1</a></p>\n");
	html_close(body);
	return true;
}

const struct route crawler_routes[] = {
	{ "/robots.txt", answer_robots, NULL,
	  "all may be crawled, if the site was not told otherwise", NULL },
	{ "/endless-robots", answer_endless_robots, NULL, "a robots.txt whose comments never end",
	  NULL },
	{ "/sitemap.xml", answer_sitemap, NULL, "board, books and a hundred pages", NULL },
	{ "/echo", answer_echo, NULL, "the head of the request", NULL },
	{ "/cookie", answer_cookie, NULL, "sets one, shows what came", NULL },
	{ "/robots-tag", answer_robots_tag, "/robots-tag?say=nofollow",
	  "a link, and the X-Robots-Tag that is wanted", NULL },
	{ "/type/", answer_type, "/type/image/png", "some bytes of any type", NULL },
	{ 0 },
};
