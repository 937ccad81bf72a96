#include "commands/kept_body.h"

#include <stdlib.h>
#include <zstd.h>

#include "parsers/text/memory.h"

static int unpack(ZSTD_DCtx *decompressor, struct slice body, FILE *out)
{
	ZSTD_inBuffer in = { body.at, body.size, 0 };
	size_t room = ZSTD_DStreamOutSize(), left = 1;
	char *part = memory_new(room, 1);
	bool is_full;

	do {
		ZSTD_outBuffer to = { part, room, 0 };

		left = ZSTD_decompressStream(decompressor, &to, &in);
		if (ZSTD_isError(left))
			break;
		fwrite(part, 1, to.pos, out);
		is_full = to.pos == to.size;
	} while ((is_full || in.pos < in.size) && left != 0 && !ferror(out));
	free(part);
	return left == 0 || ferror(out) ? 0 : -1;
}

int kept_body_write(const struct store_kept *kept, FILE *out)
{
	ZSTD_DCtx *decompressor = ZSTD_createDCtx();
	int result;

	if (!decompressor)
		memory_fail();
	result = unpack(decompressor, kept->body, out);
	ZSTD_freeDCtx(decompressor);
	return result;
}
