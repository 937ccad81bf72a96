#include "report/kept_text.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "parsers/text/memory.h"

#define BYTES_MAX ((size_t)4 << 30) /* a page is smaller: so is what its frame may say */

struct kept_text {
	ZSTD_DCtx *decompressor;
	char *text;
	size_t room;
};

struct kept_text *kept_text_new(void)
{
	struct kept_text *kept = memory_new(1, sizeof(*kept));

	*kept = (struct kept_text){ .decompressor = ZSTD_createDCtx() };
	if (!kept->decompressor)
		memory_fail();
	return kept;
}

void kept_text_free(struct kept_text *kept)
{
	if (!kept)
		return;
	ZSTD_freeDCtx(kept->decompressor);
	free(kept->text);
	free(kept);
}

static void make_room(struct kept_text *kept, size_t bytes)
{
	if (kept->text && bytes <= kept->room)
		return;
	free(kept->text);
	kept->room = bytes + bytes / 2;
	kept->text = memory_new(kept->room + 1, 1);
}

/*
 * The charset's name is stored, not the label that it had: which gbk's was, the page still says
 * itself.
 */
static bool is_gbk(const struct store_kept *page, struct slice text)
{
	return slice_equal(page->charset, SLICE("gb18030")) &&
	       charset_decide(text, page->content_type).is_gbk;
}

size_t kept_text_size(const struct store_kept *page)
{
	unsigned long long bytes = ZSTD_getFrameContentSize(page->body.at, page->body.size);

	return bytes >= BYTES_MAX ? SIZE_MAX : (size_t)bytes;
}

struct slice kept_text_bytes(struct kept_text *kept, const struct store_kept *page)
{
	unsigned long long bytes = ZSTD_getFrameContentSize(page->body.at, page->body.size);
	size_t size;

	if (bytes >= BYTES_MAX) /* also if it is not known, or no frame */
		return (struct slice){ NULL, 0 };
	make_room(kept, (size_t)bytes);
	size = ZSTD_decompressDCtx(kept->decompressor, kept->text, kept->room, page->body.at,
				   page->body.size);
	return ZSTD_isError(size) ? (struct slice){ NULL, 0 } : (struct slice){ kept->text, size };
}

/* Without a character that is cut in two. */
static size_t whole_characters(const char *text, size_t size)
{
	size_t at = size;

	while (at > 0 && size - at < 4 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
		at--;
	return at > 0 && (unsigned char)text[at - 1] >= 0xc0 ? at - 1 : size;
}

struct slice kept_text_beginning(struct kept_text *kept, const struct store_kept *page,
				 size_t bytes_max, bool *is_cut)
{
	ZSTD_inBuffer in = { page->body.at, page->body.size, 0 };
	ZSTD_outBuffer out = { NULL, bytes_max, 0 };
	size_t left = 1;

	make_room(kept, bytes_max);
	out.dst = kept->text;
	ZSTD_DCtx_reset(kept->decompressor, ZSTD_reset_session_only);
	while (left != 0 && out.pos < out.size) {
		size_t had = in.pos + out.pos;

		left = ZSTD_decompressStream(kept->decompressor, &out, &in);
		if (ZSTD_isError(left) || (left != 0 && in.pos + out.pos == had))
			return (struct slice){ NULL, 0 };
	}
	*is_cut = left != 0;
	return (struct slice){ kept->text,
			       *is_cut ? whole_characters(kept->text, out.pos) : out.pos };
}

int kept_text_unpack(struct kept_text *kept, const struct store_kept *page,
		     struct page_about *about)
{
	struct slice bytes = kept_text_bytes(kept, page);

	if (!bytes.at)
		return -1;
	*about = (struct page_about){
		.url = page->final_url,
		.content_type = page->content_type,
		.charset = { .name = charset_from_label(page->charset) },
		.set = page->set,
	};
	if (page->is_text)
		about->text = bytes;
	about->charset.is_gbk = page->is_text && is_gbk(page, about->text);
	return 0;
}
