#include "worker/coding.h"

#include <assert.h>
#include <brotli/decode.h>
#include <stdlib.h>
#include <zstd.h>

#include "parsers/text/ascii.h"
#include "parsers/text/gunzip.h"
#include "parsers/text/memory.h"

#define ZSTD_HEAD_MAX       18          /* bytes, with the magic number (RFC 8878 3.1.1.1) */
#define ZSTD_WINDOW_LOG_MAX 23          /* 8 MB: what RFC 9659 allows on the web */
#define BETWEEN_BYTES       (16 * 1024) /* handed from one layer to the next at a time */

/* One coding that is undone. */
struct layer {
	enum coding_kind kind;
	bool is_ended;
	size_t passed; /* bytes handed to the next layer */
	struct gunzip gunzip;
	BrotliDecoderState *brotli;
	ZSTD_DCtx *zstd;
	size_t frame_bytes; /* of its open frame, so far */
	char magic[4];      /* of zstd: what came behind a frame, so far: is it another one? */
	unsigned magic_size;
	bool is_closed; /* it is none: whatever comes is ignored */
	char *between;  /* what goes to the next layer, made when there is one */
};

/* The first layer takes what arrives; the last one writes to out. */
struct coding {
	struct layer layers[CODING_LAYERS_MAX];
	unsigned count;
	char *out;
	size_t out_bytes, size;
	bool has_input;
};

/* Of https://www.iana.org/assignments/http-parameters, and those that some servers speak besides.
 */
static const struct {
	const char *name;
	enum coding_kind kind;
} names[] = {
	{ "gzip", CODING_GZIP },
	{ "x-gzip", CODING_GZIP },
	{ "deflate", CODING_DEFLATE },
	{ "x-deflate", CODING_DEFLATE },
	{ "br", CODING_BR },
	{ "zstd", CODING_ZSTD },
	{ "compress", CODING_UNKNOWN },
	{ "x-compress", CODING_UNKNOWN },
	{ "aes128gcm", CODING_UNKNOWN },
	{ "dcb", CODING_UNKNOWN },
	{ "dcz", CODING_UNKNOWN },
	{ "exi", CODING_UNKNOWN },
	{ "pack200-gzip", CODING_UNKNOWN },
	{ "sdch", CODING_UNKNOWN },
	{ "bzip2", CODING_UNKNOWN },
	{ "x-bzip2", CODING_UNKNOWN },
	{ "lzma", CODING_UNKNOWN },
	{ "xz", CODING_UNKNOWN },
	{ "lz4", CODING_UNKNOWN },
};

enum coding_kind coding_from_name(struct slice name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (ascii_equal(name, slice_of(names[i].name)))
			return names[i].kind;
	}
	return CODING_IDENTITY;
}

struct coding *coding_new(void)
{
	return memory_new(1, sizeof(struct coding));
}

static void release(struct layer *layer)
{
	gunzip_end(&layer->gunzip);
	BrotliDecoderDestroyInstance(layer->brotli);
	layer->brotli = NULL;
}

void coding_free(struct coding *coding)
{
	if (!coding)
		return;
	for (unsigned i = 0; i < CODING_LAYERS_MAX; i++) {
		release(&coding->layers[i]);
		ZSTD_freeDCtx(coding->layers[i].zstd);
		free(coding->layers[i].between);
	}
	free(coding);
}

static void begin_zstd(struct layer *layer)
{
	if (!layer->zstd)
		layer->zstd = ZSTD_createDCtx();
	if (!layer->zstd)
		memory_fail();
	ZSTD_DCtx_reset(layer->zstd, ZSTD_reset_session_only);
	ZSTD_DCtx_setParameter(layer->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
	layer->magic_size = 0;
	layer->frame_bytes = 0;
	layer->is_closed = false;
}

static void begin_brotli(struct layer *layer)
{
	layer->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	if (!layer->brotli)
		memory_fail();
}

static void begin_layer(struct layer *layer, enum coding_kind kind)
{
	assert(kind != CODING_IDENTITY && kind != CODING_UNKNOWN);
	layer->kind = kind;
	layer->is_ended = false;
	layer->passed = 0;
	if (kind == CODING_GZIP)
		gunzip_begin(&layer->gunzip, GUNZIP_GZIP);
	else if (kind == CODING_BR)
		begin_brotli(layer);
	else if (kind == CODING_ZSTD)
		begin_zstd(layer);
}

void coding_begin(struct coding *coding, const struct coding_layers *layers, char *out,
		  size_t out_bytes)
{
	for (unsigned i = 0; i < coding->count; i++)
		release(&coding->layers[i]);
	coding->count = layers->count;
	coding->out = out;
	coding->out_bytes = out_bytes;
	coding->size = 0;
	coding->has_input = false;
	for (unsigned i = 0; i < coding->count; i++) {
		struct layer *layer = &coding->layers[i];

		begin_layer(layer, layers->kinds[coding->count - 1 - i]);
		if (i + 1 < coding->count && !layer->between)
			layer->between = memory_new(1, BETWEEN_BYTES);
	}
}

/*
 * Each of these takes from *in what it decodes to out + *size, as far as room: FINE if all was
 * taken, FULL if there is more to write.
 */

static enum coding_result undo_gzip(struct layer *layer, struct slice *in, char *out, size_t room,
				    size_t *size)
{
	static const enum coding_result results[] = {
		[GUNZIP_FINE] = CODING_FINE,
		[GUNZIP_FULL] = CODING_FULL,
		[GUNZIP_BROKEN] = CODING_BROKEN,
	};
	enum gunzip_result result;

	if (!layer->gunzip.is_open)
		return CODING_BROKEN;
	result = gunzip_write(&layer->gunzip, in, out, room, size);
	layer->is_ended = gunzip_is_whole(&layer->gunzip);
	return results[result];
}

/*
 * "deflate" is zlib's format; some servers send it bare: the first byte tells (RFC 1950 2.2: CM
 * is 8).
 */
static enum coding_result undo_deflate(struct layer *layer, struct slice *in, char *out,
				       size_t room, size_t *size)
{
	if (!layer->gunzip.is_open && in->size > 0)
		gunzip_begin(&layer->gunzip, (in->at[0] & 0x0f) == 8 ? GUNZIP_ZLIB : GUNZIP_BARE);
	return undo_gzip(layer, in, out, room, size);
}

static enum coding_result undo_brotli(struct layer *layer, struct slice *in, char *out, size_t room,
				      size_t *size)
{
	size_t out_left = room - *size;
	const uint8_t *next = (const uint8_t *)in->at;
	uint8_t *end = (uint8_t *)out + *size;
	BrotliDecoderResult result;

	if (!layer->brotli)
		return CODING_BROKEN;
	if (layer->is_ended)
		return CODING_FINE;
	result = BrotliDecoderDecompressStream(layer->brotli, &in->size, &next, &out_left, &end,
					       NULL);
	in->at = (const char *)next;
	*size = room - out_left;
	if (result == BROTLI_DECODER_RESULT_ERROR)
		return CODING_BROKEN;
	if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT)
		return CODING_FULL;
	layer->is_ended = result == BROTLI_DECODER_RESULT_SUCCESS;
	return CODING_FINE;
}

/* Do the bytes begin a frame, of data or to be skipped (RFC 8878 3.1.1, 3.1.2)? */
static bool begins_frame(const char *at, unsigned size)
{
	static const unsigned char frame[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const unsigned char skipped[4] = { 0x50, 0x2a, 0x4d, 0x18 };
	unsigned char kind = (unsigned char)at[0] & 0xf0;

	return memcmp(at, frame, size) == 0 ||
	       (kind == skipped[0] && memcmp(at + 1, skipped + 1, size - 1) == 0);
}

/*
 * How much of what is there zstd is given next.  A frame's header goes byte by byte: where one call
 * completes it and has the rest of the frame, too, zstd takes what the call begins with for the
 * frame's beginning, which it is not if the network has cut the header (1.5).
 */
static size_t next_step(const struct layer *layer, size_t at, size_t size)
{
	return layer->frame_bytes < ZSTD_HEAD_MAX && at < size ? at + 1 : size;
}

/* Decode what is there, up to the end of a frame, or as far as room. */
static enum coding_result undo_frame(struct layer *layer, struct slice *bytes, char *out,
				     size_t room, size_t *size)
{
	ZSTD_inBuffer in = { bytes->at, bytes->size, 0 };
	ZSTD_outBuffer to = { out, room, *size };
	size_t left = 1;

	while (left > 0 && (in.pos < bytes->size || to.pos < to.size)) {
		size_t in_before = in.pos, out_before = to.pos;

		in.size = next_step(layer, in.pos, bytes->size);
		left = ZSTD_decompressStream(layer->zstd, &to, &in);
		if (ZSTD_isError(left))
			return CODING_BROKEN;
		layer->frame_bytes = left > 0 ? layer->frame_bytes + in.pos - in_before : 0;
		if (in.pos == in_before && to.pos == out_before)
			break;
	}
	in.size = bytes->size;
	*size = to.pos;
	*bytes = (struct slice){ bytes->at + in.pos, bytes->size - in.pos };
	layer->is_ended = left == 0;
	return to.pos == to.size && (in.pos < in.size || left > 0) ? CODING_FULL : CODING_FINE;
}

/*
 * Another frame may follow the one that ended; anything else is ignored.  Until its first four
 * bytes are there, nothing has begun.
 */
static enum coding_result begin_next(struct layer *layer, struct slice *bytes, char *out,
				     size_t room, size_t *size)
{
	struct slice magic = { layer->magic, sizeof(layer->magic) };

	while (bytes->size > 0 && layer->magic_size < sizeof(layer->magic)) {
		layer->magic[layer->magic_size++] = *bytes->at++;
		bytes->size--;
		layer->is_closed = !begins_frame(layer->magic, layer->magic_size);
		if (layer->is_closed)
			return CODING_FINE;
	}
	if (layer->magic_size < sizeof(layer->magic))
		return CODING_FINE;
	layer->magic_size = 0;
	return undo_frame(layer, &magic, out, room, size);
}

static enum coding_result undo_zstd(struct layer *layer, struct slice *bytes, char *out,
				    size_t room, size_t *size)
{
	enum coding_result result = CODING_FINE;

	if (!layer->zstd)
		return CODING_BROKEN;
	if (!layer->is_ended)
		result = undo_frame(layer, bytes, out, room, size);
	while (result == CODING_FINE && bytes->size > 0 && layer->is_ended && !layer->is_closed) {
		result = begin_next(layer, bytes, out, room, size);
		if (result == CODING_FINE && !layer->is_ended && bytes->size > 0)
			result = undo_frame(layer, bytes, out, room, size);
	}
	return result;
}

static enum coding_result undo(struct layer *layer, struct slice *in, char *out, size_t room,
			       size_t *size)
{
	switch (layer->kind) {
	case CODING_GZIP:
		return undo_gzip(layer, in, out, room, size);
	case CODING_DEFLATE:
		return undo_deflate(layer, in, out, room, size);
	case CODING_BR:
		return undo_brotli(layer, in, out, room, size);
	case CODING_ZSTD:
		return undo_zstd(layer, in, out, room, size);
	case CODING_IDENTITY:
	case CODING_UNKNOWN:
		break;
	}
	return CODING_BROKEN;
}

static enum coding_result write_identity(struct coding *coding, struct slice bytes)
{
	size_t room = coding->out_bytes - coding->size;
	bool fits = bytes.size <= room;
	size_t size = fits ? bytes.size : room;

	memcpy(coding->out + coding->size, bytes.at, size);
	coding->size += size;
	return fits ? CODING_FINE : CODING_FULL;
}

/*
 * Through the layer of that number and all behind it; there are CODING_LAYERS_MAX at most.  What is
 * compressed is no larger than what it is of: a gigabyte of empty members between two layers is a
 * bomb, although nothing comes out of it.
 */
static enum coding_result write_through(struct coding *coding, unsigned number, struct slice bytes)
{
	struct layer *layer = &coding->layers[number];
	enum coding_result result, behind;

	if (number + 1 == coding->count)
		return undo(layer, &bytes, coding->out, coding->out_bytes, &coding->size);
	do {
		size_t size = 0;

		result = undo(layer, &bytes, layer->between, BETWEEN_BYTES, &size);
		if (size == 0)
			continue;
		layer->passed += size;
		if (layer->passed > coding->out_bytes + BETWEEN_BYTES)
			return CODING_FULL;
		behind = write_through(coding, number + 1, (struct slice){ layer->between, size });
		if (behind != CODING_FINE)
			return behind;
	} while (result == CODING_FULL);
	return result;
}

enum coding_result coding_write(struct coding *coding, struct slice bytes)
{
	if (bytes.size == 0)
		return CODING_FINE;
	coding->has_input = true;
	if (coding->count == 0)
		return write_identity(coding, bytes);
	return write_through(coding, 0, bytes);
}

size_t coding_size(const struct coding *coding)
{
	return coding->size;
}

bool coding_is_whole(const struct coding *coding)
{
	return coding->count == 0 || !coding->has_input || coding_is_proved_whole(coding);
}

/* The last layer has the page itself: what was around it may be cut. */
bool coding_is_proved_whole(const struct coding *coding)
{
	return coding->count > 0 && coding->layers[coding->count - 1].is_ended;
}

bool coding_is_over(const struct coding *coding)
{
	const struct layer *last = &coding->layers[coding->count > 0 ? coding->count - 1 : 0];

	if (!coding_is_proved_whole(coding))
		return false;
	if (last->kind == CODING_GZIP)
		return last->gunzip.is_over;
	return last->kind != CODING_ZSTD || last->is_closed;
}
