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

static bool answer_brotli(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;
	struct buffer page = { 0 };
	size_t size;

	write_page(&page, "brotli");
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	answer_header(visit->answer, "Content-Encoding: br");
	size = BrotliEncoderMaxCompressedSize(page.size);
	buffer_room(body, size);
	if (BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, page.size,
				  (const uint8_t *)page.at, &size, (uint8_t *)body->at))
		body->size = size;
	buffer_free(&page);
	return true;
}

static bool answer_zstd(struct visit *visit)
{
	struct buffer *body = &visit->answer->body;
	struct buffer page = { 0 };
	size_t room, size;

	write_page(&page, "zstd");
	answer_begin(visit->answer, 200, "text/html; charset=utf-8");
	answer_header(visit->answer, "Content-Encoding: zstd");
	room = ZSTD_compressBound(page.size);
	size = ZSTD_compress(buffer_room(body, room), room, page.at, page.size, 3);
	if (!ZSTD_isError(size))
		body->size = size;
	buffer_free(&page);
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
	{ "/gzip-cut", answer_gzip_cut, NULL, "the first half of a gzip", NULL },
	{ "/gzip-bad", answer_gzip_bad, NULL, "a damaged gzip", NULL },
	{ "/gzip-trailing", answer_gzip_trailing, NULL, "a gzip and bytes behind it", NULL },
	{ "/gzip-bomb/", answer_gzip_bomb, "/gzip-bomb/20", "becomes so many megabytes", NULL },
	{ 0 },
};
