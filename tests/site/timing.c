#include "routes.h"

#define DELAY_MS_MAX   600000
#define DRIP_BYTES_MAX 10000000
#define HEADER_BYTE_MS 200
#define DELAY_PATH     "/delay/"

/* "/delay/MS" or "/delay/MS/path": what stands at path, later. */
static bool answer_delayed(struct visit *visit)
{
	struct visit inner = *visit;
	uint64_t wait_ms;

	if (!request_number(&inner.rest, DELAY_MS_MAX, &wait_ms))
		return false;
	if (inner.rest.size == 0) {
		answer_page(visit->answer, 200, "delayed");
	} else {
		inner.rest.at--; /* the slash belongs to the path */
		inner.rest.size++;
		if (inner.rest.size >= strlen(DELAY_PATH) &&
		    memcmp(inner.rest.at, DELAY_PATH, strlen(DELAY_PATH)) == 0)
			return false; /* one delay is enough, and calls itself only once */
		if (!routes_visit(&inner))
			answer_page(visit->answer, 404, "not found");
	}
	visit->answer->wait_ms += (unsigned)wait_ms;
	return true;
}

static bool more_drops(struct answer *answer)
{
	if (answer->left == 0)
		return false;
	buffer_text(&answer->body, answer->left % 64 == 1 ? "\n" : ".");
	answer->left--;
	answer->wait_ms = answer->pace_ms;
	return true;
}

/* "/drip/BYTES/MS": the head at once, then a byte every MS. */
static bool answer_drip(struct visit *visit)
{
	uint64_t bytes, pace_ms;

	if (!request_number(&visit->rest, DRIP_BYTES_MAX, &bytes) ||
	    !request_number(&visit->rest, DELAY_MS_MAX, &pace_ms))
		return false;
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	visit->answer->later = visit->answer->left = bytes;
	visit->answer->pace_ms = (unsigned)pace_ms;
	visit->answer->more = more_drops;
	return true;
}

/* A header that never ends; the client ends it. */
static bool more_header(struct answer *answer)
{
	buffer_text(&answer->body, "x");
	answer->wait_ms = HEADER_BYTE_MS;
	return true;
}

static bool answer_slow_headers(struct visit *visit)
{
	answer_raw(visit->answer, 200, ANSWER_CLOSE);
	buffer_text(&visit->answer->head, "HTTP/1.1 200 OK\r\nX-Slow: ");
	visit->answer->more = more_header;
	return true;
}

static bool answer_silence(struct visit *visit)
{
	answer_raw(visit->answer, 0, ANSWER_HANG);
	return true;
}

const struct route timing_routes[] = {
	{ DELAY_PATH, answer_delayed, "/delay/500/page/1", "a page, after so many milliseconds",
	  NULL },
	{ "/drip/", answer_drip, "/drip/20/100", "so many bytes, one every so many milliseconds",
	  NULL },
	{ "/slow-headers", answer_slow_headers, NULL, "a byte of a header every 200 ms, for ever",
	  NULL },
	{ "/silence", answer_silence, NULL, "no answer at all", NULL },
	{ 0 },
};
