#include <stdio.h>

#include "routes.h"

#define HOPS_MAX        1000000
#define RING_PLACES_MAX 100

/* "/redirect/N?to=PATH": N redirects, then that path, or the index. */
static bool answer_chain(struct visit *visit)
{
	struct buffer to = { 0 }, location = { 0 };
	uint64_t hops;

	if (!request_number(&visit->rest, HOPS_MAX, &hops))
		return false;
	if (!request_query(visit->request, "to", &to) || !answer_is_header_safe(buffer_slice(&to)))
		buffer_clear(&to);
	if (hops > 1)
		buffer_printf(&location, "/redirect/%u%s", (unsigned)hops - 1,
			      to.size > 0 ? "?to=" : "");
	else if (to.size == 0)
		buffer_text(&location, "/");
	buffer_add(&location, buffer_slice(&to));
	answer_redirect(visit->answer, 302, buffer_slice(&location));
	buffer_free(&location);
	buffer_free(&to);
	return true;
}

/*
 * "/redirect-to?url=URL&status=301": any status with a Location, also one that is no redirect.
 * With "&cookie=TEXT" it sets that cookie.
 */
static bool answer_elsewhere(struct visit *visit)
{
	unsigned status = request_query_number(visit->request, "status", 302, 999);
	struct buffer location = { 0 }, cookie = { 0 };
	bool is_known;

	is_known = request_query(visit->request, "url", &location) && status >= 200 &&
		   answer_is_header_safe(buffer_slice(&location));
	if (is_known)
		answer_redirect(visit->answer, (int)status, buffer_slice(&location));
	else
		answer_page(visit->answer, 400, "it wants ?url=");
	if (is_known && request_query(visit->request, "cookie", &cookie) &&
	    answer_is_header_safe(buffer_slice(&cookie)))
		answer_header(visit->answer, "Set-Cookie: %.*s", (int)cookie.size, cookie.at);
	buffer_free(&cookie);
	buffer_free(&location);
	return true;
}

static bool answer_loop(struct visit *visit)
{
	answer_redirect(visit->answer, 302, SLICE("/redirect-loop"));
	return true;
}

/*
 * "/redirect-ring/N/I": place I of N, which leads to the next one and at last to the first.  With
 * "?across=1" each place is at an address of its own, 127.0.0.(I + 1), so that no host sees the
 * ring.
 */
static bool answer_ring(struct visit *visit)
{
	struct slice host = visit->request->host;
	const char *port = host.size > 0 ? memrchr(host.at, ':', host.size) : NULL;
	struct buffer location = { 0 };
	uint64_t places, place;
	unsigned next;

	if (!request_number(&visit->rest, RING_PLACES_MAX, &places) ||
	    !request_number(&visit->rest, RING_PLACES_MAX, &place) || places == 0)
		return false;
	next = (unsigned)((place + 1) % places);
	if (port && request_query_number(visit->request, "across", 0, 1) == 1)
		buffer_printf(&location, "http://127.0.0.%u%.*s/redirect-ring/%u/%u?across=1",
			      next + 1, (int)(host.at + host.size - port), port, (unsigned)places,
			      next);
	else
		buffer_printf(&location, "/redirect-ring/%u/%u", (unsigned)places, next);
	answer_redirect(visit->answer, 302, buffer_slice(&location));
	buffer_free(&location);
	return true;
}

/* "/insist": it wants ?sid=, and redirects who comes without. */
static bool answer_insisting(struct visit *visit)
{
	struct buffer sid = { 0 };

	if (request_query(visit->request, "sid", &sid))
		answer_page(visit->answer, 200, "this is what it wanted");
	else
		answer_redirect(visit->answer, 302, SLICE("/insist?sid=1"));
	buffer_free(&sid);
	return true;
}

/* Where no crawler should go, by the name of the scheme. */
static bool answer_scheme(struct visit *visit)
{
	static const struct {
		struct slice scheme, location;
	} places[] = {
		{ { "", 0 }, { "ftp://127.0.0.1/file", 20 } },
		{ { "ftp", 3 }, { "ftp://127.0.0.1/file", 20 } },
		{ { "file", 4 }, { "file:///etc/hostname", 20 } },
		{ { "data", 4 }, { "data:text/html,page", 19 } },
		{ { "javascript", 10 }, { "javascript:void(0)", 18 } },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (slice_equal(visit->rest, places[i].scheme)) {
			answer_redirect(visit->answer, 302, places[i].location);
			return true;
		}
	}
	return false;
}

const struct route redirect_routes[] = {
	{ "/redirect/", answer_chain, "/redirect/3",
	  "so many redirects, then this page or ?to=", NULL },
	{ "/redirect-to", answer_elsewhere, "/redirect-to?url=/page/1&status=301", "a redirect",
	  NULL },
	{ "/redirect-loop", answer_loop, NULL, "a redirect to itself", NULL },
	{ "/redirect-ring/", answer_ring, "/redirect-ring/3/0", "so many redirects in a ring",
	  NULL },
	{ "/insist", answer_insisting, NULL, "a redirect to itself with ?sid=1, if that is missing",
	  NULL },
	{ "/redirect-scheme", answer_scheme, NULL, "a redirect to ftp://", NULL },
	{ "/redirect-scheme/", answer_scheme, "/redirect-scheme/file", "a redirect to file://",
	  NULL },
	{ 0 },
};
