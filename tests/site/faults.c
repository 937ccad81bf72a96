#include "routes.h"

#define HEADERS_KB_MAX   4096
#define HEADER_LINE_SIZE 1024
#define HINTS_MAX        100000
#define OK               "HTTP/1.1 200 OK\r\n"
#define HTML             "Content-Type: text/html; charset=utf-8\r\n"
#define CHUNKED          "Transfer-Encoding: chunked\r\n"
#define CLOSE            "Connection: close\r\n"
#define PAGE             "<!DOCTYPE html><title>page</title><p>A short page."

/* ---- answers that are the same bytes each time ---- */

struct canned {
	int status;
	enum answer_end end;
	struct slice bytes;
};

/* A struct canned that lasts as long as the program. */
#define CANNED(status, end, literal) \
	(&(const struct canned){ (status), (end), { (literal), sizeof(literal) - 1 } })

static bool answer_canned(struct visit *visit)
{
	const struct canned *canned = visit->route->data;

	answer_raw(visit->answer, canned->status, canned->end);
	buffer_add(&visit->answer->head, canned->bytes);
	return true;
}

/* ---- answers that are longer ---- */

/* A chunk whose extension goes on for ever. */
static bool more_extension(struct answer *answer)
{
	buffer_fill(&answer->body, 'x', ANSWER_PIECE_BYTES);
	return true;
}

static bool answer_endless_extension(struct visit *visit)
{
	answer_raw(visit->answer, 200, ANSWER_CLOSE);
	buffer_text(&visit->answer->head, OK HTML CHUNKED "\r\nf;name=");
	visit->answer->more = more_extension;
	return true;
}

static bool answer_headers(struct visit *visit)
{
	static const char name[] = "X-Filler: ", line_end[] = "\r\n";
	uint64_t count;

	if (!request_number(&visit->rest, HEADERS_KB_MAX, &count))
		return false;
	answer_page(visit->answer, 200, "long headers");
	for (uint64_t i = 0; i < count; i++) {
		buffer_text(&visit->answer->head, name);
		buffer_fill(&visit->answer->head, 'x',
			    HEADER_LINE_SIZE - strlen(name) - strlen(line_end));
		buffer_text(&visit->answer->head, line_end);
	}
	return true;
}

/* "/1xx/N": so many early hints (RFC 8297) before the page. */
static bool answer_hints(struct visit *visit)
{
	uint64_t count;

	if (!request_number(&visit->rest, HINTS_MAX, &count))
		return false;
	answer_raw(visit->answer, 200, ANSWER_CLOSE);
	for (uint64_t i = 0; i < count; i++)
		buffer_text(&visit->answer->head,
			    "HTTP/1.1 103 Early Hints\r\n"
			    "Link: </style.css>; rel=preload; as=style\r\n\r\n");
	buffer_text(&visit->answer->head, OK HTML CLOSE "\r\n" PAGE);
	return true;
}

const struct route fault_routes[] = {
	{ "/chunked", answer_canned, NULL, "chunks with extensions, and trailers",
	  CANNED(200, ANSWER_KEEP,
		 OK HTML CHUNKED "Trailer: X-Sum\r\n\r\n"
				 "f;name=value\r\n<!DOCTYPE html>\r\n"
				 "016 ; quoted=\"a;b\"\r\n<title>chunked</title>\r\n"
				 "0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n") },
	{ "/chunked-bad", answer_canned, NULL, "a chunk without a size",
	  CANNED(200, ANSWER_CLOSE,
		 OK HTML CHUNKED "\r\nf\r\n<!DOCTYPE html>\r\nzz\r\nno size\r\n") },
	{ "/chunked-cut", answer_canned, NULL, "closed inside a chunk",
	  CANNED(200, ANSWER_CLOSE, OK HTML CHUNKED "\r\nf\r\n<!DOCTYPE html>\r\nff\r\n<p>") },
	{ "/chunked-endless-ext", answer_endless_extension, NULL, "a chunk extension without end",
	  NULL },
	{ "/close", answer_canned, NULL, "no length: the close ends the body",
	  CANNED(200, ANSWER_CLOSE, OK HTML CLOSE "\r\n" PAGE) },
	{ "/cut-body", answer_canned, NULL, "less than its Content-Length",
	  CANNED(200, ANSWER_CLOSE, OK HTML "Content-Length: 1000\r\n\r\n" PAGE) },
	{ "/cut-missing", answer_canned, NULL, "a 404 that is less than its Content-Length",
	  CANNED(404, ANSWER_CLOSE,
		 "HTTP/1.1 404 Not Found\r\n" HTML "Content-Length: 1000\r\n\r\n" PAGE) },
	{ "/cut-headers", answer_canned, NULL, "closed inside the headers",
	  CANNED(200, ANSWER_CLOSE, OK "Content-Type: text/ht") },
	{ "/empty", answer_canned, NULL, "a body of 0 bytes",
	  CANNED(200, ANSWER_KEEP, OK HTML "Content-Length: 0\r\n\r\n") },
	{ "/reset", answer_canned, NULL, "a RST for an answer", CANNED(0, ANSWER_RESET, "") },
	{ "/headers/", answer_headers, "/headers/32", "so many kilobytes of headers", NULL },
	{ "/two-lengths", answer_canned, NULL, "two Content-Length that differ",
	  CANNED(200, ANSWER_CLOSE,
		 OK HTML "Content-Length: 10\r\nContent-Length: 20\r\n\r\n" PAGE) },
	{ "/nul-header", answer_canned, NULL, "a NUL in a header",
	  CANNED(200, ANSWER_CLOSE, OK HTML CLOSE "X-Nul: a\0b\r\n\r\n" PAGE) },
	{ "/http09", answer_canned, NULL, "a body without a head", CANNED(0, ANSWER_CLOSE, PAGE) },
	{ "/1xx/", answer_hints, "/1xx/3", "so many early hints before the answer", NULL },
	{ "/101", answer_canned, NULL, "another protocol, for which nobody asked",
	  CANNED(101, ANSWER_CLOSE,
		 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n"
		 "this is another protocol now") },
	{ "/garbage", answer_canned, NULL, "bytes that are no HTTP",
	  CANNED(0, ANSWER_CLOSE,
		 "\x16\x03\x01\x02\0\x01\0\xfc\x03\x03\xff\xfe\0\r\n\r\n\x80\x81\x82\n\n") },
	{ "/head-only-lf", answer_canned, NULL, "lines that end with LF alone",
	  CANNED(200, ANSWER_CLOSE,
		 "HTTP/1.1 200 OK\nContent-Type: text/html\nConnection: close\n\n" PAGE) },
	{ "/bad-status-line", answer_canned, NULL, "a status that is no number",
	  CANNED(0, ANSWER_CLOSE, "HTTP/1.1 two hundred OK\r\n" HTML CLOSE "\r\n" PAGE) },
	{ 0 },
};
