#include "parsers/text/gunzip.h"

#include <limits.h>
#include <stdint.h>

bool gunzip_begin(struct gunzip *gunzip, enum gunzip_kind kind)
{
	static const int windows[] = {
		[GUNZIP_GZIP] = MAX_WBITS + 16,
		[GUNZIP_ZLIB] = MAX_WBITS,
		[GUNZIP_BARE] = -MAX_WBITS,
	};

	gunzip_end(gunzip);
	*gunzip = (struct gunzip){ .kind = kind };
	gunzip->is_open = inflateInit2(&gunzip->zlib, windows[kind]) == Z_OK;
	return gunzip->is_open;
}

void gunzip_end(struct gunzip *gunzip)
{
	if (gunzip->is_open)
		inflateEnd(&gunzip->zlib);
	gunzip->is_open = false;
}

static unsigned clipped(size_t size)
{
	return size < UINT_MAX ? (unsigned)size : UINT_MAX;
}

/* One call of zlib, which says what to do next. */
static int inflate_some(z_stream *zlib, struct slice *in, char *out, size_t out_bytes, size_t *size)
{
	int status;

	zlib->next_in = (unsigned char *)(uintptr_t)in->at;
	zlib->avail_in = clipped(in->size);
	zlib->next_out = (unsigned char *)out + *size;
	zlib->avail_out = clipped(out_bytes - *size);
	status = inflate(zlib, Z_NO_FLUSH);
	in->size -= (size_t)((const char *)zlib->next_in - in->at);
	in->at = (const char *)zlib->next_in;
	*size = (size_t)((char *)zlib->next_out - out);
	return status;
}

/*
 * Behind a member: take off what says that another one follows, two bytes which may come one by
 * one, and begin it.  Returns false if they are not there: what is something else, and all behind
 * it, is ignored.
 */
static bool begin_next(struct gunzip *gunzip, struct slice *in, char *out, size_t *size)
{
	static const char magic[] = { '\x1F', '\x8B' };
	struct slice taken = { magic, sizeof(magic) };

	while (in->size > 0 && !gunzip->is_over) {
		if (gunzip->kind != GUNZIP_GZIP || *in->at != magic[gunzip->magic_size]) {
			gunzip->is_over = true;
			break;
		}
		*in = (struct slice){ in->at + 1, in->size - 1 };
		if (++gunzip->magic_size < sizeof(magic))
			continue;
		gunzip->magic_size = 0;
		inflateReset(&gunzip->zlib);
		inflate_some(&gunzip->zlib, &taken, out, *size, size);
		return true;
	}
	*in = (struct slice){ in->at + in->size, 0 };
	return false;
}

enum gunzip_result gunzip_write(struct gunzip *gunzip, struct slice *in, char *out,
				size_t out_bytes, size_t *size)
{
	do {
		int status;

		if (gunzip->is_ended && !begin_next(gunzip, in, out, size))
			return GUNZIP_FINE;
		status = inflate_some(&gunzip->zlib, in, out, out_bytes, size);
		gunzip->is_ended = status == Z_STREAM_END;
		if (gunzip->is_ended)
			continue;
		if (status == Z_BUF_ERROR && in->size == 0)
			return GUNZIP_FINE;
		if (status != Z_OK && *size < out_bytes)
			return GUNZIP_BROKEN;
		if (*size == out_bytes)
			return GUNZIP_FULL;
	} while (in->size > 0);
	return GUNZIP_FINE;
}
