#include "routes.h"

/* What is posted. */

static void add_value(struct buffer *body, const char *name, struct slice value)
{
	buffer_printf(body, "<p class=\"%s\">", name);
	buffer_escaped(body, value);
	buffer_text(body, "</p>\n");
}

/* "/posted": what was asked, how, and with what. */
static bool answer_echo(struct visit *visit)
{
	const struct request *request = visit->request;
	struct buffer *body = &visit->answer->body;

	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	html_open(body, "echo");
	add_value(body, "method", request->method);
	add_value(body, "type", request_header(request, "content-type"));
	add_value(body, "accept", request_header(request, "accept"));
	add_value(body, "shop", request_header(request, "x-shop"));
	buffer_printf(body, "<p class=\"size\">%zu</p>\n", request->body.size);
	add_value(body, "body", request->body);
	add_value(body, "expect", request_header(request, "expect"));
	add_value(body, "length", request_header(request, "content-length"));
	html_close(body);
	return true;
}

/* An answer that anybody may keep, as a page has one: a POST has none of it. */
static bool answer_tagged(struct visit *visit)
{
	bool is_known = answer_echo(visit);

	answer_version(visit->answer, visit->request, "\"echo\"", 0);
	return is_known;
}

const struct route echo_routes[] = {
	{ "/posted", answer_echo, NULL, "what was asked, and with what", NULL },
	{ "/posted/", answer_echo, "/posted/1", "the same, by another name", NULL },
	{ "/posted-tagged", answer_tagged, NULL, "the same, with an ETag", NULL },
	{ 0 },
};
