#include <brotli/encode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "routes.h"

/* What zlib calls "window bits" decides what is put around the deflated bytes. */
enum wrapping { WRAP_ZLIB = 15, WRAP_GZIP = 15 + 16, WRAP_NONE = -15 };

#define BOMB_MB_MAX  10000
#define MEGABYTE     (1024 * 1024)
#define BOMB_LINE    "<p>a bomb</p>  \n" /* 16 bytes: a whole number of them is a megabyte */
#define DAMAGE_AT    20                  /* behind the gzip header */
#define DAMAGE_BYTES 40
#define TRAILING     "these bytes are no second gzip member"

/* The page that every encoding carries. */
static void write_page(struct buffer *page, const char *title)
{
	html_open(page, title);
	for (unsigned line = 1; line <= 100; line++)
		buffer_printf(page, "<p>This is line %u of the page in %s.</p>\n", line, title);
	html_close(page);
}

static void deflate_all(struct buffer *out, struct slice in, enum wrapping wrapping, int flush)
{
	z_stream stream = { .next_in = (Bytef *)in.at, .avail_in = (uInt)in.size };
	size_t room;

	if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, wrapping, 8, Z_DEFAULT_STRATEGY))
		return;
	room = deflateBound(&stream, in.size) + 64;
	stream.next_out = (Bytef *)buffer_room(out, room);
	stream.avail_out = (uInt)room;
	deflate(&stream, flush);
	out->size += stream.total_out;
	deflateEnd(&stream);
}

/* ---- in order ---- */

static bool answer_deflated(struct visit *visit, const char *encoding, const char *title,
			    enum wrapping wrapping)
{
	struct buffer page = { 0 };

	write_page(&page, title);
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	answer_header(visit->answer, "Content-Encoding: %s", encoding);
	deflate_all(&visit->answer->body, buffer_slice(&page), wrapping, Z_FINISH);
	buffer_free(&page);
	return true;
}

static bool answer_gzip(struct visit *visit)
{
	return answer_deflated(visit, "gzip", "gzip", WRAP_GZIP);
}

static bool answer_deflate(struct visit *visit)
{
	return answer_deflated(visit, "deflate", "deflate", WRAP_ZLIB);
}

/* What some servers send as "deflate", against RFC 9110 8.4.1.2. */
static bool answer_deflate_raw(struct visit *visit)
{
	return answer_deflated(visit, "deflate", "raw deflate", WRAP_NONE);
}

static void compress_brotli(struct buffer *out, struct slice in)
{
	size_t size = BrotliEncoderMaxCompressedSize(in.size);
	char *at = buffer_room(out, size);

	if (BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, in.size,
				  (const uint8_t *)in.at, &size, (uint8_t *)at))
		out->size += size;
}

static void compress_zstd(struct buffer *out, struct slice in)
{
	size_t room = ZSTD_compressBound(in.size);
	size_t size = ZSTD_compress(buffer_room(out, room), room, in.at, in.size, 3);

	if (!ZSTD_isError(size))
		out->size += size;
}

static bool answer_compressed(struct visit *visit, const char *encoding, const char *title,
			      void (*compress)(struct buffer *out, struct slice in))
{
	struct buffer page = { 0 };

	write_page(&page, title);
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	answer_header(visit->answer, "Content-Encoding: %s", encoding);
	compress(&visit->answer->body, buffer_slice(&page));
	buffer_free(&page);
	return true;
}

static bool answer_brotli(struct visit *visit)
{
	return answer_compressed(visit, "br", "brotli", compress_brotli);
}

static bool answer_zstd(struct visit *visit)
{
	return answer_compressed(visit, "zstd", "zstd", compress_zstd);
}

/* ---- one upon the other ---- */

/* All in one, and the last. */
static void add_chunk(struct buffer *out, struct slice in)
{
	buffer_printf(out, "%zx\r\n", in.size);
	buffer_add(out, in);
	buffer_text(out, "\r\n0\r\n\r\n");
}

/* "gzip", "deflate", "bare" deflate, "br", "zstd"; else chunks. */
static void apply(struct buffer *page, struct slice coding)
{
	struct buffer out = { 0 };

	if (slice_equal(coding, SLICE("gzip")))
		deflate_all(&out, buffer_slice(page), WRAP_GZIP, Z_FINISH);
	else if (slice_equal(coding, SLICE("deflate")))
		deflate_all(&out, buffer_slice(page), WRAP_ZLIB, Z_FINISH);
	else if (slice_equal(coding, SLICE("bare")))
		deflate_all(&out, buffer_slice(page), WRAP_NONE, Z_FINISH);
	else if (slice_equal(coding, SLICE("br")))
		compress_brotli(&out, buffer_slice(page));
	else if (slice_equal(coding, SLICE("zstd")))
		compress_zstd(&out, buffer_slice(page));
	else
		add_chunk(&out, buffer_slice(page));
	buffer_free(page);
	*page = out;
}

/* Call it with each part of the parameter "a|b|c". */
static void for_each_part(const struct request *request, const char *name,
			  void (*function)(struct buffer *out, struct slice part),
			  struct buffer *out)
{
	struct buffer value = { 0 };
	size_t from = 0;

	if (request_query(request, name, &value)) {
		for (size_t at = 0; at <= value.size; at++) {
			if (at < value.size && value.at[at] != '|')
				continue;
			function(out, (struct slice){ value.at + from, at - from });
			from = at + 1;
		}
	}
	buffer_free(&value);
}

static void add_line(struct buffer *head, struct slice line)
{
	buffer_add(head, line);
	buffer_text(head, "\r\n");
}

/*
 * "/coded?done=gzip|br&says=Content-Encoding: gzip, br|X: 1&cut=3&behind=20&resets=1": a page to
 * which that was done, in that order, with those header lines, less its last bytes, and with so
 * many behind its end; then the connection is closed.
 */
static bool answer_coded(struct visit *visit)
{
	const struct request *request = visit->request;
	unsigned cut = request_query_number(request, "cut", 0, 10000);
	unsigned behind = request_query_number(request, "behind", 0, 100000000);
	bool resets = request_query_number(request, "resets", 0, 1) == 1;
	struct buffer *head = &visit->answer->head, *body = &visit->answer->body;

	answer_raw(visit->answer, 200, resets ? ANSWER_RESET : ANSWER_CLOSE);
	buffer_text(head, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n");
	for_each_part(request, "says", add_line, head);
	buffer_text(head, "\r\n");
	write_page(body, "coded");
	for_each_part(request, "done", apply, body);
	body->size -= cut < body->size ? cut : body->size;
	buffer_fill(body, 'x', behind);
	return true;
}

/* ---- out of order ---- */

/* The Content-Length is right: only the gzip trailer can tell that half is missing. */
static bool answer_gzip_cut(struct visit *visit)
{
	answer_gzip(visit);
	visit->answer->body.size /= 2;
	return true;
}

static bool answer_gzip_bad(struct visit *visit)
{
	answer_gzip(visit);
	memset(visit->answer->body.at + DAMAGE_AT, 0xff, DAMAGE_BYTES);
	return true;
}

static bool answer_gzip_trailing(struct visit *visit)
{
	answer_gzip(visit);
	buffer_text(&visit->answer->body, TRAILING);
	return true;
}

/*
 * A megabyte is deflated once, up to a full flush: such a piece depends on nothing before it and
 * may be sent again and again.
 *
 *	| gzip header | piece | piece | ... | empty last block | CRC-32 | size |
 */
static void write_bomb(struct buffer *body, struct slice piece, struct slice megabyte,
		       uint64_t count)
{
	static const char header[] = "\x1f\x8b\x08\0\0\0\0\0\0\xff";
	static const char last_block[] = "\x03\0";
	uLong one = crc32(0, (const Bytef *)megabyte.at, MEGABYTE), all = crc32(0, NULL, 0);
	uint32_t trailer[2];

	buffer_add(body, SLICE(header));
	buffer_room(body, piece.size * count + sizeof(trailer) + 2);
	for (uint64_t i = 0; i < count; i++) {
		buffer_add(body, piece);
		all = crc32_combine(all, one, MEGABYTE);
	}
	buffer_add(body, SLICE(last_block));
	trailer[0] = (uint32_t)all; /* little-endian, as this machine is */
	trailer[1] = (uint32_t)(count * MEGABYTE);
	buffer_add(body, (struct slice){ (char *)trailer, sizeof(trailer) });
}

static bool answer_gzip_bomb(struct visit *visit)
{
	struct buffer megabyte = { 0 }, piece = { 0 };
	uint64_t count;

	if (!request_number(&visit->rest, BOMB_MB_MAX, &count))
		return false;
	while (megabyte.size < MEGABYTE)
		buffer_text(&megabyte, BOMB_LINE);
	deflate_all(&piece, buffer_slice(&megabyte), WRAP_NONE, Z_FULL_FLUSH);
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	answer_header(visit->answer, "Content-Encoding: gzip");
	write_bomb(&visit->answer->body, buffer_slice(&piece), buffer_slice(&megabyte), count);
	buffer_free(&megabyte);
	buffer_free(&piece);
	return true;
}

const struct route encoding_routes[] = {
	{ "/gzip", answer_gzip, NULL, "gzip", NULL },
	{ "/deflate", answer_deflate, NULL, "deflate, in zlib's wrapping", NULL },
	{ "/deflate-raw", answer_deflate_raw, NULL, "deflate, without it", NULL },
	{ "/br", answer_brotli, NULL, "brotli", NULL },
	{ "/zstd", answer_zstd, NULL, "zstd", NULL },
	{ "/coded", answer_coded, "/coded?done=gzip|br&says=Content-Encoding:%20gzip,%20br",
	  "what is wanted, one upon the other", NULL },
	{ "/gzip-cut", answer_gzip_cut, NULL, "the first half of a gzip", NULL },
	{ "/gzip-bad", answer_gzip_bad, NULL, "a damaged gzip", NULL },
	{ "/gzip-trailing", answer_gzip_trailing, NULL, "a gzip and bytes behind it", NULL },
	{ "/gzip-bomb/", answer_gzip_bomb, "/gzip-bomb/20", "becomes so many megabytes", NULL },
	{ 0 },
};
