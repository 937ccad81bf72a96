#include "routes.h"

#define MODIFIED_S 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */

static bool answer_etag(struct visit *visit)
{
	answer_page(visit->answer, 200, "with an ETag");
	answer_version(visit->answer, visit->request, "\"one\"", -1);
	return true;
}

static bool answer_last_modified(struct visit *visit)
{
	answer_page(visit->answer, 200, "last modified in 1994");
	answer_version(visit->answer, visit->request, NULL, MODIFIED_S);
	return true;
}

static bool answer_changing(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;

	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	html_open(body, "changing");
	buffer_printf(body, "<p class=\"version\">%llu</p>\n",
		      (unsigned long long)counters_next(visit->site->counters));
	html_close(body);
	return true;
}

const struct route version_routes[] = {
	{ "/etag", answer_etag, NULL, "304 for If-None-Match", NULL },
	{ "/last-modified", answer_last_modified, NULL, "304 for If-Modified-Since", NULL },
	{ "/changing", answer_changing, NULL, "another body each time", NULL },
	{ 0 },
};
