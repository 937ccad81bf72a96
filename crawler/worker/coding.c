#include "worker/coding.h"

#include <assert.h>
#include <brotli/decode.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/memory.h"
#include "parsers/text/ascii.h"
#include "parsers/text/gunzip.h"

#define ZSTD_WINDOW_LOG_MAX 23 /* 8 MB: what RFC 9659 allows on the web */

struct coding {
	enum coding_kind kind;
	char *out;
	size_t out_bytes, size;
	bool has_input, is_ended;
	struct gunzip gunzip;
	BrotliDecoderState *brotli;
	ZSTD_DCtx *zstd;
};

static const struct {
	const char *name;
	enum coding_kind kind;
} names[] = {
	{ "identity", CODING_IDENTITY }, { "gzip", CODING_GZIP }, { "x-gzip", CODING_GZIP },
	{ "deflate", CODING_DEFLATE },   { "br", CODING_BR },     { "zstd", CODING_ZSTD },
};

enum coding_kind coding_from_name(struct slice name)
{
	if (name.size == 0)
		return CODING_IDENTITY;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (ascii_equal(name, slice_of(names[i].name)))
			return names[i].kind;
	}
	return CODING_UNKNOWN;
}

struct coding *coding_new(void)
{
	return memory_new(1, sizeof(struct coding));
}

static void release(struct coding *coding)
{
	gunzip_end(&coding->gunzip);
	BrotliDecoderDestroyInstance(coding->brotli);
	coding->brotli = NULL;
}

void coding_free(struct coding *coding)
{
	if (!coding)
		return;
	release(coding);
	ZSTD_freeDCtx(coding->zstd);
	free(coding);
}

static void begin_zstd(struct coding *coding)
{
	if (!coding->zstd)
		coding->zstd = ZSTD_createDCtx();
	ZSTD_DCtx_reset(coding->zstd, ZSTD_reset_session_only);
	ZSTD_DCtx_setParameter(coding->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
}

void coding_begin(struct coding *coding, enum coding_kind kind, char *out, size_t out_bytes)
{
	release(coding);
	coding->kind = kind;
	coding->out = out;
	coding->out_bytes = out_bytes;
	coding->size = 0;
	coding->has_input = coding->is_ended = false;
	if (kind == CODING_GZIP)
		gunzip_begin(&coding->gunzip, GUNZIP_GZIP);
	else if (kind == CODING_BR)
		coding->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	else if (kind == CODING_ZSTD)
		begin_zstd(coding);
}

static enum coding_result write_identity(struct coding *coding, struct slice bytes)
{
	size_t room = coding->out_bytes - coding->size;
	size_t size = bytes.size < room ? bytes.size : room;

	memcpy(coding->out + coding->size, bytes.at, size);
	coding->size += size;
	return size < bytes.size ? CODING_FULL : CODING_FINE;
}

static enum coding_result write_gzip(struct coding *coding, struct slice bytes)
{
	static const enum coding_result results[] = {
		[GUNZIP_FINE] = CODING_FINE,
		[GUNZIP_FULL] = CODING_FULL,
		[GUNZIP_BROKEN] = CODING_BROKEN,
	};
	enum gunzip_result result;

	if (!coding->gunzip.is_open)
		return CODING_BROKEN;
	result = gunzip_write(&coding->gunzip, &bytes, coding->out, coding->out_bytes,
			      &coding->size);
	coding->is_ended = gunzip_is_whole(&coding->gunzip);
	return results[result];
}

/*
 * "deflate" is zlib's format; some servers send it bare: the first byte tells (RFC 1950 2.2: CM
 * is 8).
 */
static enum coding_result write_deflate(struct coding *coding, struct slice bytes)
{
	if (!coding->gunzip.is_open)
		gunzip_begin(&coding->gunzip,
			     (bytes.at[0] & 0x0f) == 8 ? GUNZIP_ZLIB : GUNZIP_BARE);
	return write_gzip(coding, bytes);
}

static enum coding_result write_brotli(struct coding *coding, struct slice bytes)
{
	size_t in_left = bytes.size, out_left = coding->out_bytes - coding->size;
	const uint8_t *in = (const uint8_t *)bytes.at;
	uint8_t *out = (uint8_t *)coding->out + coding->size;
	BrotliDecoderResult result;

	if (coding->is_ended)
		return CODING_FINE;
	result =
		BrotliDecoderDecompressStream(coding->brotli, &in_left, &in, &out_left, &out, NULL);
	coding->size = coding->out_bytes - out_left;
	if (result == BROTLI_DECODER_RESULT_ERROR)
		return CODING_BROKEN;
	if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT)
		return CODING_FULL;
	coding->is_ended = result == BROTLI_DECODER_RESULT_SUCCESS;
	return CODING_FINE;
}

/* Another frame may follow the one that ended (RFC 8878 3); anything else is ignored. */
static bool begins_frame(struct slice rest)
{
	return rest.size > 0 && rest.at[0] == 0x28;
}

static enum coding_result write_zstd(struct coding *coding, struct slice bytes)
{
	ZSTD_inBuffer in = { bytes.at, bytes.size, 0 };
	ZSTD_outBuffer out = { coding->out, coding->out_bytes, coding->size };
	size_t left = 1;

	if (coding->is_ended && !begins_frame(bytes))
		return CODING_FINE;
	while (in.pos < in.size || (left > 0 && out.pos < out.size)) {
		size_t in_before = in.pos, out_before = out.pos;

		left = ZSTD_decompressStream(coding->zstd, &out, &in);
		coding->size = out.pos;
		if (ZSTD_isError(left))
			return CODING_BROKEN;
		coding->is_ended = left == 0;
		if (left == 0 &&
		    !begins_frame((struct slice){ bytes.at + in.pos, bytes.size - in.pos }))
			return CODING_FINE;
		if (in.pos == in_before && out.pos == out_before)
			break;
	}
	return in.pos < in.size && out.pos == out.size ? CODING_FULL : CODING_FINE;
}

enum coding_result coding_write(struct coding *coding, struct slice bytes)
{
	if (bytes.size == 0)
		return CODING_FINE;
	coding->has_input = true;
	switch (coding->kind) {
	case CODING_IDENTITY:
		return write_identity(coding, bytes);
	case CODING_GZIP:
		return write_gzip(coding, bytes);
	case CODING_DEFLATE:
		return write_deflate(coding, bytes);
	case CODING_BR:
		return coding->brotli ? write_brotli(coding, bytes) : CODING_BROKEN;
	case CODING_ZSTD:
		return coding->zstd ? write_zstd(coding, bytes) : CODING_BROKEN;
	case CODING_UNKNOWN:
		break;
	}
	return CODING_BROKEN;
}

size_t coding_size(const struct coding *coding)
{
	return coding->size;
}

bool coding_is_whole(const struct coding *coding)
{
	return coding->kind == CODING_IDENTITY || !coding->has_input || coding->is_ended;
}
