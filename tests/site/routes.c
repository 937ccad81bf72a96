#include "routes.h"

#define ALLOW "GET, HEAD"

static bool answer_index(struct visit *visit);

static const struct route index_routes[] = {
	{ "/", answer_index, "/", "this page", NULL },
	{ 0 },
};

/* What is asked for most comes first. */
static const struct route *const tables[] = {
	page_routes,    board_routes,    book_routes,     index_routes,   timing_routes,
	status_routes,  redirect_routes, encoding_routes, charset_routes, version_routes,
	crawler_routes, fault_routes,    auth_routes,     cookie_routes,  login_routes,
	echo_routes,    api_routes,      web_routes,
};

/* What a POST is answered by: as a GET is. */
static const struct route *const posts[] = {
	login_posts,   echo_routes,  api_routes,      status_routes,
	timing_routes, fault_routes, redirect_routes, auth_routes,
};

#define TABLE_COUNT (sizeof(tables) / sizeof(tables[0]))

void html_open(struct buffer *body, const char *title)
{
	buffer_text(body,
		    "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>");
	buffer_text(body, title);
	buffer_text(body, "</title></head>\n<body>\n<h1>");
	buffer_text(body, title);
	buffer_text(body, "</h1>\n");
}

void html_close(struct buffer *body)
{
	buffer_text(body, "</body>\n</html>\n");
}

static bool answer_index(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;

	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	html_open(body, "crawl test site");
	buffer_text(body, "<ul>\n");
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		for (const struct route *route = tables[i]; route->path; route++) {
			const char *example = route->example ? route->example : route->path;

			buffer_text(body, "<li><a href=\"");
			buffer_escaped(body, slice_of(example));
			buffer_text(body, "\">");
			buffer_escaped(body, slice_of(example));
			buffer_printf(body, "</a> %s</li>\n", route->about);
		}
	}
	buffer_text(body, "</ul>\n");
	html_close(body);
	return true;
}

static bool fits(const struct route *route, struct slice path)
{
	size_t size = strlen(route->path);
	bool is_folder = size > 1 && route->path[size - 1] == '/';

	if (path.size < size || (path.size > size && !is_folder))
		return false;
	return memcmp(route->path, path.at, size) == 0;
}

static const struct route *find_in(const struct route *const list[], size_t count,
				   struct slice path)
{
	for (size_t i = 0; i < count; i++) {
		for (const struct route *route = list[i]; route->path; route++) {
			if (fits(route, path))
				return route;
		}
	}
	return NULL;
}

static bool answer_by(const struct route *route, const struct visit *visit)
{
	struct visit inner = *visit;
	size_t size = strlen(route->path);

	inner.route = route;
	inner.rest = (struct slice){ visit->rest.at + size, visit->rest.size - size };
	return route->answer(&inner);
}

bool routes_visit(struct visit *visit)
{
	const struct route *route = find_in(tables, TABLE_COUNT, visit->rest);

	return (route && answer_by(route, visit)) || files_answer(visit);
}

static bool answer_post(const struct visit *visit)
{
	const struct route *route = find_in(posts, sizeof(posts) / sizeof(posts[0]), visit->rest);

	return route && answer_by(route, visit);
}

static bool has_method(const struct request *request, const char *method)
{
	return slice_equal(request->method, slice_of(method));
}

void routes_answer(const struct site *site, const struct request *request, struct answer *answer)
{
	struct visit visit = {
		.site = site,
		.request = request,
		.answer = answer,
		.rest = request->path,
	};

	if (has_method(request, "POST") && answer_post(&visit))
		return;
	if (!has_method(request, "GET") && !has_method(request, "HEAD")) {
		answer_page(answer, 405, "only GET and HEAD");
		answer_header(answer, "Allow: " ALLOW);
	} else if (!routes_visit(&visit)) {
		answer_page(answer, 404, "not found");
	}
}
