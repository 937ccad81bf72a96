#include "config/page_base.h"

#include "parsers/charset/charset_encode.h"
#include "parsers/markup/links.h"
#include "parsers/text/media_type.h"
#include "parsers/text/memory.h"
#include "parsers/url/url.h"

/* The page whose patterns run. */
static struct {
	struct page_about page;
	struct url base;
	bool is_settled, has_base; /* settled: looked for */
	bool is_missed;            /* a relative reference stayed, for there is no base */
	struct links_scratch scratch;
	char encoded[CHARSET_QUERY_GROWTH_MAX * URL_BYTES_MAX];

	/* Made at the first query that is not UTF-8, and kept. */
	struct charset_converters *converters;
	struct charset_encoder *encoder;
} now;

void page_base_begin(const struct page_about *page)
{
	now.page = *page;
	now.is_settled = now.is_missed = false;
}

/* <base> is settled before the first link is handed out: no more is wanted. */
static int stop(void *context, const struct link *link, const struct links_facts *facts)
{
	(void)context, (void)link, (void)facts;
	return -1;
}

/* Has the page a <base>?  A file of unknown type may be one. */
static struct slice find_base(void)
{
	enum media_type type = media_type_of(now.page.content_type, now.page.text);
	struct links_page page = { .text = now.page.text, .is_xml = type == MEDIA_XHTML };
	struct links_facts facts;

	if (!media_type_is_page(type))
		return (struct slice){ NULL, 0 };
	links_scan_page(&page, &now.scratch, stop, NULL, &facts);
	return facts.base;
}

/* The reference with its query in the page's charset, if there are tables to encode it with. */
static struct slice encode(struct slice reference)
{
	char error[CHARSET_ERROR_MAX];

	if (!charset_encodes_query(now.page.charset) || reference.size > URL_BYTES_MAX)
		return reference;
	if (!now.converters) {
		now.converters = charset_converters_new(error);
		now.encoder = now.converters ? charset_encoder_new(now.converters) : NULL;
	}
	if (!now.encoder)
		return reference;
	return charset_encode_query(now.encoder, now.page.charset, reference, now.encoded);
}

static void settle(struct slice url)
{
	struct slice base;
	struct url page;

	now.is_settled = true;
	now.has_base = url_parse(&page, url) == URL_OK;
	base = find_base();
	if (base.at && url_resolve(&now.base, now.has_base ? &page : NULL, encode(base)) == URL_OK)
		now.has_base = true;
	else if (now.has_base)
		url_copy(&now.base, &page);
}

/* Relative to nothing: a file that is tried, without a URL. */
static size_t keep(struct slice reference, char *out, size_t out_bytes)
{
	now.is_missed = true;
	if (reference.size > out_bytes)
		return 0;
	memcpy(out, reference.at, reference.size);
	return reference.size;
}

size_t page_base_resolve(struct slice url, struct slice reference, char *out, size_t out_bytes)
{
	enum url_error error;
	struct url link;

	if (!now.is_settled || !slice_equal(url, now.page.url))
		settle(url);
	error = url_resolve(&link, now.has_base ? &now.base : NULL, encode(reference));
	if (error == URL_NO_SCHEME)
		return keep(reference, out, out_bytes);
	if (error != URL_OK || link.size > out_bytes)
		return 0;
	memcpy(out, link.text, link.size);
	return link.size;
}

bool page_base_is_missed(void)
{
	return now.is_missed;
}
