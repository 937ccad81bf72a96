#include "worker/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "links/outlinks.h"
#include "parsers/charset/charset.h"
#include "parsers/markup/html.h"
#include "parsers/request/request.h"
#include "parsers/site/robots.h"
#include "parsers/site/sitemap.h"
#include "parsers/text/media_type.h"
#include "parsers/text/memory.h"

#define KEEP_LEVEL   1             /* zstd: the fastest still takes HTML to a quarter */
#define SCRATCH_KEPT (1024 * 1024) /* a larger conversion buffer is given back */

struct page_kit {
	struct charset_converters *converters;
	struct charset_encoder *encoder;
	ZSTD_CCtx *compressor;
	struct outlinks *outlinks;
	struct slice product_token;
	char *scratch;
	size_t scratch_bytes;
	enum media_type type;   /* of the page that is being finished */
	struct charset charset; /* of it */
	char error[CHARSET_ERROR_MAX];
	char title[MSG_TEXT_MAX];
};

struct page_kit *page_kit_new(struct follow *follow, const struct canonical *canonical,
			      struct slice product_token)
{
	struct page_kit *kit = memory_new(1, sizeof(*kit));

	kit->outlinks = outlinks_new(follow, canonical);
	kit->product_token = product_token;
	kit->compressor = ZSTD_createCCtx();
	if (!kit->compressor)
		memory_fail();
	ZSTD_CCtx_setParameter(kit->compressor, ZSTD_c_compressionLevel, KEEP_LEVEL);
	ZSTD_CCtx_setParameter(kit->compressor, ZSTD_c_checksumFlag, 1);
	return kit;
}

void page_kit_free(struct page_kit *kit)
{
	if (!kit)
		return;
	charset_encoder_free(kit->encoder);
	charset_converters_free(kit->converters);
	outlinks_free(kit->outlinks);
	ZSTD_freeCCtx(kit->compressor);
	free(kit->scratch);
	free(kit);
}

_Static_assert(SITEMAP_BYTES_MAX > ROBOTS_BYTES_MAX, "a robots.txt fits every slot");

_Static_assert(MSG_SLOT_MAX <= SITEMAP_BYTES_MAX, "what a request sends fits, too");

size_t page_slot_bytes(size_t max_body)
{
	size_t text = max_body * CHARSET_GROWTH_MAX + 1;
	size_t page = text + ZSTD_compressBound(text);
	size_t sitemap = SITEMAP_BYTES_MAX + 1;

	return (page > sitemap ? page : sitemap) + OUTLINKS_BYTES_MAX;
}

/* A buffer for a conversion; what it held is gone. */
static char *scratch(struct page_kit *kit, size_t bytes)
{
	if (kit->scratch_bytes < bytes) {
		free(kit->scratch);
		kit->scratch = memory_new(1, bytes);
		kit->scratch_bytes = bytes;
	}
	return kit->scratch;
}

static void scratch_done(struct page_kit *kit)
{
	if (kit->scratch_bytes <= SCRATCH_KEPT)
		return;
	free(kit->scratch);
	kit->scratch = NULL;
	kit->scratch_bytes = 0;
}

/*
 * The converters, made when the first page comes that is not UTF-8: most crawls see none, and they
 * cost 8 ms.  Returns 0, or -1 with kit->error: the system lacks glibc's conversion modules.
 */
static int make_converters(struct page_kit *kit, struct charset charset)
{
	if (kit->converters || strcmp(charset.name, "utf-8") == 0)
		return 0;
	kit->converters = charset_converters_new(kit->error);
	if (!kit->converters)
		return -1;
	kit->encoder = charset_encoder_new(kit->converters);
	return 0;
}

/* Make the slot hold the body as UTF-8.  Returns the text's size. */
static size_t to_text(struct page_kit *kit, struct slice body, struct charset charset, char *slot,
		      size_t slot_bytes)
{
	size_t most = body.size * CHARSET_GROWTH_MAX + 1;
	struct slice text;

	if (most > slot_bytes)
		most = slot_bytes;
	text = charset_to_utf8(kit->converters, charset, body, scratch(kit, most), most);
	memmove(slot, text.at, text.size);
	scratch_done(kit);
	return text.size;
}

/* A compressed copy behind the text. */
static void keep(struct page_kit *kit, char *slot, size_t slot_bytes, struct msg_page *page)
{
	size_t at = msg_part_at(page, MSG_PART_KEPT);
	size_t size = ZSTD_compress2(kit->compressor, slot + at, slot_bytes - at, slot,
				     page->parts[MSG_PART_TEXT]);

	if (ZSTD_isError(size))
		return; /* cannot be: page_slot_bytes() left room for the worst case */
	page->parts[MSG_PART_KEPT] = size;
}

/* The links behind the copy, unless the answer's head forbids them (X-Robots-Tag). */
static void add_links(struct page_kit *kit, const struct msg_job *job, char *slot,
		      size_t slot_bytes, struct msg_page *page)
{
	size_t at = msg_part_at(page, MSG_PART_LINKS);
	bool is_text = page->flags & MSG_PAGE_IS_TEXT;
	struct outlinks_page about = {
		.text = { slot, page->parts[MSG_PART_TEXT] },
		.url = job->url,
		.refresh = page->refresh,
		.charset = kit->charset,
		.encoder = kit->encoder,
		.robot = kit->product_token,
		.type = kit->type,
		.depth = job->depth,
		.is_post = job->method == MSG_POST,
		.is_form = request_has_form(job->headers),
		.body = job->body,
		.obeys_nofollow = job->flags & MSG_JOB_NOFOLLOW,
		.wants_all = job->flags & MSG_JOB_ALL_LINKS,
	};
	struct outlinks_result links;

	if (!(job->flags & MSG_JOB_LINKS) || (!is_text && page->size == 0) ||
	    (about.obeys_nofollow && (page->flags & MSG_PAGE_IS_NOFOLLOW)))
		return;
	links = is_text ? outlinks_scan(kit->outlinks, &about, slot + at, slot_bytes - at)
			: outlinks_note_binary(kit->outlinks, job->url);
	page->limited_rules = links.limited;
	page->odd_rules = links.odd->rules;
	if (links.odd->rules)
		page->texts[MSG_ERROR] = slice_of(links.odd->text);
	page->parts[MSG_PART_LINKS] = links.bytes;
	page->links_dropped = links.dropped;
}

/* A sitemap is read as it came: it may be packed, and be in any encoding. */
static void take_sitemap(struct page_kit *kit, const struct msg_job *job, char *slot,
			 size_t slot_bytes, struct msg_page *page)
{
	struct slice body = { slot, page->parts[MSG_PART_TEXT] };
	size_t at = msg_part_at(page, MSG_PART_LINKS);
	const char *error;
	struct outlinks_result links =
		outlinks_scan_sitemap(kit->outlinks, body, page->texts[MSG_CONTENT_TYPE], job->url,
				      slot + at, slot_bytes - at, &error);

	page->parts[MSG_PART_LINKS] = links.bytes;
	page->links_dropped = links.dropped;
	page->texts[MSG_ERROR] = slice_of(error);
}

/* Make the body text, if it is any. */
static void take_text(struct page_kit *kit, struct slice body, char *slot, size_t slot_bytes,
		      struct msg_page *page)
{
	struct slice content_type = page->texts[MSG_CONTENT_TYPE], text;

	kit->type = media_type_of(content_type, body);
	if (kit->type == MEDIA_BINARY)
		return;
	kit->charset = charset_decide(body, content_type);
	if (make_converters(kit, kit->charset) < 0) {
		page->outcome = OUTCOME_BAD_ENCODING;
		page->texts[MSG_ERROR] = slice_of(kit->error);
		return;
	}
	page->flags |= MSG_PAGE_IS_TEXT | (kit->charset.is_gbk ? MSG_PAGE_IS_GBK : 0);
	page->texts[MSG_CHARSET] = slice_of(kit->charset.name);
	page->charset_source = kit->charset.source;
	page->parts[MSG_PART_TEXT] = to_text(kit, body, kit->charset, slot, slot_bytes);
	if (!media_type_is_page(kit->type))
		return;
	text = (struct slice){ slot, page->parts[MSG_PART_TEXT] };
	page->texts[MSG_TITLE].at = kit->title;
	page->texts[MSG_TITLE].size = kit->type == MEDIA_XHTML
					      ? html_title_xml(text, kit->title, sizeof(kit->title))
					      : html_title(text, kit->title, sizeof(kit->title));
}

/*
 * What was cut at its limit.  A robots.txt is of use up to there (RFC 9309 2.5).  Of an answer that
 * is no page nothing but the head is wanted, however long its excuses are.
 */
static void take_cut(const struct msg_job *job, struct msg_page *page)
{
	if (job->kind == MSG_KIND_ROBOTS)
		page->parts[MSG_PART_TEXT] = page->size;
	if (job->kind == MSG_KIND_SITEMAP)
		page->texts[MSG_ERROR] = SLICE("the sitemap is larger than 50 MB");
	if (msg_page_is_success(page))
		return;
	page->outcome = OUTCOME_OK;
	page->texts[MSG_ERROR] = SLICE("");
}

void page_finish(struct page_kit *kit, const struct msg_job *job, char *slot, size_t slot_bytes,
		 struct msg_page *page)
{
	struct slice body = { slot, page->size };

	if (page->outcome == OUTCOME_TOO_LARGE) {
		take_cut(job, page);
		return;
	}
	if (page->outcome != OUTCOME_OK || job->kind == MSG_KIND_ADDRESS)
		return;
	page->parts[MSG_PART_TEXT] = body.size;
	if (job->kind == MSG_KIND_ROBOTS)
		return;
	if (job->kind == MSG_KIND_SITEMAP && msg_page_is_success(page)) {
		take_sitemap(kit, job, slot, slot_bytes, page);
		return;
	}
	take_text(kit, body, slot, slot_bytes, page);
	if (page->outcome != OUTCOME_OK || !msg_page_is_success(page))
		return;
	page->hash = XXH3_64bits(slot, page->parts[MSG_PART_TEXT]);
	if (job->flags & MSG_JOB_KEEP)
		keep(kit, slot, slot_bytes, page);
	add_links(kit, job, slot, slot_bytes, page);
}

bool page_encodes_query(const struct page_kit *kit)
{
	return kit->encoder && charset_encodes_query(kit->charset);
}

struct slice page_encode_query(struct page_kit *kit, struct slice query, char *out)
{
	return charset_encode_query(kit->encoder, kit->charset, query, out);
}

const char *page_library_version(void)
{
	return "zstd " ZSTD_VERSION_STRING;
}
