#include "routes.h"

/*
 * Lists in parts, as APIs have them.  Each part has three items and says where the next one is:
 *
 *	/api/items?page=2	its URL
 *	/api/feed?cursor=...	a cursor for the query
 *	/api/search		a cursor for the body of a POST, in a form or as JSON, at any depth
 *
 * Parameters say how: pages=5 (3), last=null|empty|false (missing) is how the last one says it,
 * ring=1 makes the last one lead to the first; of items: host=2 leads to 127.0.0.2.
 */
#define ITEMS     3
#define PAGES     3
#define PAGES_MAX 100000

/* Opaque, and of what a query has a meaning for. */
#define CURSOR "+%u/&=%%# \\\""

static bool is_parameter(struct visit *visit, const char *name, const char *wanted)
{
	struct buffer value = { 0 };
	bool is = request_query(visit->request, name, &value) &&
		  slice_equal(buffer_slice(&value), slice_of(wanted));

	buffer_free(&value);
	return is;
}

/* How the last part says that it is. */
static void put_end(struct visit *visit, const char *name)
{
	struct buffer *body = &visit->answer->body;

	if (is_parameter(visit, "last", "null"))
		buffer_printf(body, ", \"%s\": null", name);
	else if (is_parameter(visit, "last", "empty"))
		buffer_printf(body, ", \"%s\": \"\"", name);
	else if (is_parameter(visit, "last", "false"))
		buffer_printf(body, ", \"%s\": false", name);
}

static void put_items(struct visit *visit, unsigned page)
{
	struct buffer *body = &visit->answer->body;

	answer_begin(visit->answer, 200, "application/json");
	buffer_printf(body, "{\"page\": %u, \"items\": [", page);
	for (unsigned i = 1; i <= ITEMS; i++)
		buffer_printf(body, "%s{\"sku\": %u, \"name\": \"item %u\"}", i > 1 ? ", " : "",
			      (page - 1) * ITEMS + i, (page - 1) * ITEMS + i);
	buffer_text(body, "]");
}

/* The page behind this one, or 0. */
static unsigned page_behind(struct visit *visit, unsigned page)
{
	unsigned pages = request_query_number(visit->request, "pages", PAGES, PAGES_MAX);

	if (page < pages)
		return page + 1;
	return request_query_number(visit->request, "ring", 0, 1);
}

/* The URL of another page of this list, every other parameter as it is. */
static void put_next(struct visit *visit, unsigned page)
{
	struct buffer *body = &visit->answer->body;
	struct slice rest = visit->request->query;
	unsigned host = request_query_number(visit->request, "host", 0, 9);
	struct slice port = visit->request->host;

	while (port.size > 0 && port.at[0] != ':')
		port = (struct slice){ port.at + 1, port.size - 1 };
	buffer_text(body, ", \"next\": \"");
	if (host > 0)
		buffer_printf(body, "http:\\/\\/127.0.0.%u%.*s", host, (int)port.size, port.at);
	buffer_printf(body, "\\/api\\/items?page=%u", page);
	while (rest.size > 0) {
		const char *end = memchr(rest.at, '&', rest.size);
		size_t size = end ? (size_t)(end - rest.at) : rest.size;

		if (size < 5 || memcmp(rest.at, "page=", 5) != 0)
			buffer_printf(body, "\\u0026%.*s", (int)size, rest.at);
		size += end != NULL;
		rest = (struct slice){ rest.at + size, rest.size - size };
	}
	buffer_text(body, "\"");
}

static bool answer_items(struct visit *visit)
{
	unsigned page = request_query_number(visit->request, "page", 1, PAGES_MAX);
	unsigned next = page_behind(visit, page);

	if (page == 0)
		return false;
	put_items(visit, page);
	if (next > 0)
		put_next(visit, next);
	else
		put_end(visit, "next");
	buffer_text(&visit->answer->body, "}\n");
	return true;
}

static void put_cursor(struct buffer *out, unsigned page)
{
	buffer_printf(out, CURSOR, page);
}

/* The page that a cursor is for; 0: it is none of ours. */
static unsigned page_of(struct slice cursor)
{
	struct slice digits = cursor.size > 0 ? (struct slice){ cursor.at + 1, cursor.size - 1 }
					      : (struct slice){ 0 };
	struct buffer ours = { 0 };
	uint64_t page;
	bool is_ours;

	if (!request_number(&digits, PAGES_MAX, &page))
		return 0;
	put_cursor(&ours, (unsigned)page);
	is_ours = slice_equal(buffer_slice(&ours), cursor);
	buffer_free(&ours);
	return is_ours ? (unsigned)page : 0;
}

/* The part behind a cursor, and the cursor behind it. */
static bool answer_behind(struct visit *visit, unsigned page)
{
	unsigned next = page_behind(visit, page);
	struct buffer *body = &visit->answer->body, cursor = { 0 };

	put_items(visit, page);
	if (next > 0) {
		put_cursor(&cursor, next);
		buffer_text(body, ", \"cursor\": \"");
		for (size_t i = 0; i < cursor.size; i++)
			buffer_printf(body, "%s%c", strchr("\"\\", cursor.at[i]) ? "\\" : "",
				      cursor.at[i]);
		buffer_text(body, "\"");
	} else {
		put_end(visit, "cursor");
	}
	buffer_text(body, "}\n");
	buffer_free(&cursor);
	return true;
}

static bool answer_feed(struct visit *visit)
{
	struct buffer cursor = { 0 };
	bool has_cursor = request_query(visit->request, "cursor", &cursor);
	unsigned page = has_cursor ? page_of(buffer_slice(&cursor)) : 1;

	buffer_free(&cursor);
	if (page > 0)
		return answer_behind(visit, page);
	answer_page(visit->answer, 400, "not a cursor of ours");
	return true;
}

/* The string of a member "cursor" of a body, wherever it stands. */
static void cursor_in(struct slice body, struct buffer *cursor)
{
	static const char name[] = "\"cursor\":\"";
	const char *at = body.size > 0 ? memmem(body.at, body.size, name, strlen(name)) : NULL;
	const char *end = body.at + body.size;

	for (at = at ? at + strlen(name) : end; at < end && *at != '"'; at++) {
		at += *at == '\\' && at + 1 < end;
		buffer_fill(cursor, *at, 1);
	}
}

static bool is_form(const struct request *request)
{
	return slice_equal(request_header(request, "content-type"),
			   SLICE("application/x-www-form-urlencoded"));
}

/* A GET, and a body without a cursor, ask for the first part. */
static bool answer_search(struct visit *visit)
{
	struct request form = { .query = visit->request->body };
	struct buffer cursor = { 0 };
	unsigned page = 1;

	if (is_form(visit->request))
		request_query(&form, "cursor", &cursor);
	else
		cursor_in(visit->request->body, &cursor);
	if (cursor.size > 0)
		page = page_of(buffer_slice(&cursor));
	buffer_free(&cursor);
	if (page > 0)
		return answer_behind(visit, page);
	answer_page(visit->answer, 400, "not a cursor of ours");
	return true;
}

const struct route api_routes[] = {
	{ "/api/items", answer_items, NULL, "a list in parts, each with the URL of the next",
	  NULL },
	{ "/api/feed", answer_feed, NULL, "the same with cursors", NULL },
	{ "/api/search", answer_search, NULL, "the same with cursors to be posted", NULL },
	{ 0 },
};
