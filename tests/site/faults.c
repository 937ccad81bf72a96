#include "routes.h"

#define HEADERS_KB_MAX   4096
#define HEADER_LINE_SIZE 1024
#define TRAILERS_KB_MAX  (1024 * 1024)
#define LONG_LINE_SIZE   (1024 * 1024)
#define HINTS_MAX        100000
#define OK               "HTTP/1.1 200 OK\r\n"
#define FILLER           "X-Filler: "
#define HTML             "Content-Type: text/html; charset=utf-8\r\n"
#define ZEROS            "0000000000000000"
#define CHUNKED          "Transfer-Encoding: chunked\r\n"
#define CLOSE            "Connection: close\r\n"
#define PAGE             "<!DOCTYPE html><title>page</title><p>A short page."
#define PAGE_CHUNK       "32\r\n" PAGE "\r\n" /* its 50 bytes */

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

static void add_filler(struct buffer *out, const char *name)
{
	static const char line_end[] = "\r\n";

	buffer_text(out, name);
	buffer_fill(out, 'x', HEADER_LINE_SIZE - strlen(name) - strlen(line_end));
	buffer_text(out, line_end);
}

static bool answer_headers(struct visit *visit)
{
	uint64_t count;

	if (!request_number(&visit->rest, HEADERS_KB_MAX, &count))
		return false;
	answer_page(visit->answer, 200, "long headers");
	for (uint64_t i = 0; i < count; i++)
		add_filler(&visit->answer->head, FILLER);
	return true;
}

static bool add_trailers(struct answer *answer, const char *name)
{
	if (answer->left == 0)
		return false;
	for (; answer->left > 0 && answer->body.size < ANSWER_PIECE_BYTES; answer->left--)
		add_filler(&answer->body, name);
	if (answer->left == 0)
		buffer_text(&answer->body, "\r\n");
	return true;
}

static bool more_trailers(struct answer *answer)
{
	return add_trailers(answer, FILLER);
}

static bool more_folded(struct answer *answer)
{
	return add_trailers(answer, " " FILLER);
}

/* "/trailers/N": so many kilobytes of them behind a page in chunks; with "?folded=1" one line. */
static bool answer_trailers(struct visit *visit)
{
	uint64_t count;

	if (!request_number(&visit->rest, TRAILERS_KB_MAX, &count))
		return false;
	answer_raw(visit->answer, 200, ANSWER_CLOSE);
	buffer_text(&visit->answer->head, OK HTML CHUNKED "\r\n" PAGE_CHUNK "0\r\n");
	visit->answer->left = count;
	visit->answer->more = request_query_number(visit->request, "folded", 0, 1) == 1
				      ? more_folded
				      : more_trailers;
	return true;
}

/* A trailer whose line goes on for a megabyte. */
static bool answer_long_trailer(struct visit *visit)
{
	answer_raw(visit->answer, 200, ANSWER_CLOSE);
	buffer_text(&visit->answer->head, OK HTML CHUNKED "\r\n" PAGE_CHUNK "0\r\nX-Long: ");
	buffer_fill(&visit->answer->head, 'x', LONG_LINE_SIZE);
	return true;
}

#define LEFTOVER_MS_MAX 10000

/* What nobody asked for, after a while on a connection that is kept. */
static bool more_leftover(struct answer *answer)
{
	const char *bytes = answer->left == 1 ? OK HTML
				    "Content-Length: 50\r\n\r\n"
				    "<!DOCTYPE html><title>foreign</title><p>Not asked."
					      : "HTTP/1.1 408 Request Timeout\r\n" CLOSE
						"Content-Length: 0\r\n\r\n";

	if (answer->left == 0)
		return false;
	if (answer->pace_ms > 0) {
		answer->wait_ms = answer->pace_ms;
		answer->pace_ms = 0;
	}
	buffer_text(&answer->body, bytes);
	answer->is_unasked = true;
	answer->left = 0;
	return true;
}

static bool answer_leftover(struct visit *visit, uint64_t what)
{
	struct answer *answer = visit->answer;
	uint64_t wait_ms;

	if (!request_number(&visit->rest, LEFTOVER_MS_MAX, &wait_ms))
		return false;
	answer_raw(answer, 200, what == 1 ? ANSWER_KEEP : ANSWER_CLOSE);
	buffer_text(&answer->head, OK HTML "Content-Length: 50\r\n\r\n" PAGE);
	answer->left = what;
	answer->pace_ms = (unsigned)wait_ms;
	answer->more = more_leftover;
	return true;
}

/* "/leftover/N": a page, and N ms later another that nobody asked for. */
static bool answer_leftover_page(struct visit *visit)
{
	return answer_leftover(visit, 1);
}

/* "/leftover-408/N": the same with what some servers say before they close. */
static bool answer_leftover_408(struct visit *visit)
{
	return answer_leftover(visit, 2);
}

/* "/header-long/N": a header line of so many kilobytes. */
static bool answer_long_header(struct visit *visit)
{
	uint64_t count;

	if (!request_number(&visit->rest, HEADERS_KB_MAX, &count))
		return false;
	answer_raw(visit->answer, 200, ANSWER_CLOSE);
	buffer_text(&visit->answer->head, OK HTML "X-Long: ");
	buffer_fill(&visit->answer->head, 'x', count * HEADER_LINE_SIZE);
	buffer_text(&visit->answer->head, "\r\n\r\n" PAGE);
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
	{ "/chunked-bad/end", answer_canned, NULL, "a chunk that goes on behind its size",
	  CANNED(200, ANSWER_CLOSE, OK HTML CHUNKED "\r\n4\r\n<!DOCTYPE html>\r\n0\r\n\r\n") },
	{ "/chunked-bad/size", answer_canned, NULL, "a chunk whose size has more digits than any",
	  CANNED(200, ANSWER_CLOSE,
		 OK HTML CHUNKED "\r\n" ZEROS ZEROS "f\r\n<!DOCTYPE html>\r\n0\r\n\r\n") },
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
	{ "/reset/head", answer_canned, NULL, "a RST inside the status line",
	  CANNED(200, ANSWER_RESET, "HTTP/1.1 2") },
	{ "/reset/body", answer_canned, NULL, "a RST inside the body",
	  CANNED(200, ANSWER_RESET, OK HTML "Content-Length: 1000\r\n\r\n" PAGE) },
	{ "/gone", answer_canned, NULL, "closed without a byte", CANNED(0, ANSWER_CLOSE, "") },
	{ "/header-long/", answer_long_header, "/header-long/200",
	  "a header line of so many kilobytes", NULL },
	{ "/leftover/", answer_leftover_page, "/leftover/20",
	  "a page and, so many ms later, another that nobody asked for", NULL },
	{ "/leftover-408/", answer_leftover_408, "/leftover-408/20",
	  "a page and, so many ms later, a 408 that nobody asked for", NULL },
	{ "/two-lengths", answer_canned, NULL, "two Content-Length that differ",
	  CANNED(200, ANSWER_CLOSE,
		 OK HTML "Content-Length: 10\r\nContent-Length: 20\r\n\r\n" PAGE) },
	{ "/folded-first", answer_canned, NULL, "headers that begin with a folded line",
	  CANNED(200, ANSWER_KEEP,
		 OK " X-Folded: first\r\n" HTML "Content-Length: 50\r\n\r\n" PAGE) },
	{ "/folded-first-tab", answer_canned, NULL, "the same, all of them folded with tabs",
	  CANNED(200, ANSWER_KEEP,
		 OK "\tAccess-Control-Allow-Origin: *\r\n\tConnection: Keep-Alive\r\n"
		    "\t" HTML "Content-Length: 50\r\n\r\n" PAGE) },
	{ "/folded-blank", answer_canned, NULL, "a first header line of blanks alone",
	  CANNED(200, ANSWER_KEEP, OK " \t\r\n" HTML "Content-Length: 50\r\n\r\n" PAGE) },
	{ "/folded", answer_canned, NULL, "a header that is folded, as it was once allowed",
	  CANNED(200, ANSWER_KEEP,
		 OK "X-Folded: one\r\n two\r\n \t\r\n\tthree\r\n" HTML
		    "Content-Length: 50\r\n\r\n" PAGE) },
	{ "/folded-length", answer_canned, NULL, "a Content-Length whose line goes on",
	  CANNED(200, ANSWER_CLOSE, OK HTML CLOSE "Content-Length: 50\r\n 00\r\n\r\n" PAGE) },
	{ "/folded-trailer", answer_canned, NULL, "trailers that begin with a folded line",
	  CANNED(200, ANSWER_KEEP,
		 OK HTML CHUNKED "\r\n" PAGE_CHUNK "0\r\n folded\r\nX-Sum: 1\r\n\r\n") },
	{ "/trailer-late", answer_canned, NULL, "trailers that contradict the headers",
	  CANNED(200, ANSWER_KEEP,
		 OK HTML CHUNKED "\r\n" PAGE_CHUNK "0\r\nContent-Length: 1\r\n"
				 "Content-Length: 2\r\nContent-Encoding: gzip\r\n"
				 "Location: /missing\r\n\r\n") },
	{ "/trailers/", answer_trailers, "/trailers/3", "so many kilobytes of trailers", NULL },
	{ "/trailer-long", answer_long_trailer, NULL, "a trailer of a megabyte", NULL },
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
