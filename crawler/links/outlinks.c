#include "links/outlinks.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "parsers/markup/links.h"
#include "parsers/site/sitemap.h"
#include "parsers/text/memory.h"

#define HEAD_BYTES   12
#define RECENT_COUNT (1u << 16) /* fingerprints of links that were sent lately: 512 KiB */

struct outlinks {
	struct follow *follow;
	const struct canonical *canonical;
	struct links_scratch scratch;
	uint64_t recent[RECENT_COUNT]; /* a later link overwrites an earlier one */

	/* The page that is being scanned. */
	struct url page, base, link;
	struct charset charset;
	struct charset_encoder *encoder; /* or NULL: queries are UTF-8 */
	char *encoded; /* a reference whose query is not; LINKS_REFERENCE_BYTES_MAX of it */
	bool has_base, obeys_nofollow;
	unsigned depth;
	uint64_t rules;     /* that the references are for which are taken */
	unsigned path_rule; /* the one of them, if it has a path */
	uint64_t context;   /* of what a verdict depends on beside the link: rules, site, depth */
	char *out;
	size_t out_bytes;
	struct outlinks_result result;
	struct sitemap_result sitemap;
	char remarks[2 * SITEMAP_ERROR_MAX + 2]; /* on the last sitemap, or "" */
};

struct outlinks *outlinks_new(struct follow *follow, const struct canonical *canonical)
{
	struct outlinks *outlinks = memory_new(1, sizeof(*outlinks));

	outlinks->follow = follow;
	outlinks->canonical = canonical;
	return outlinks;
}

void outlinks_free(struct outlinks *outlinks)
{
	if (outlinks)
		free(outlinks->encoded);
	free(outlinks);
}

/* Write the link, and what stands behind it.  Returns false, and counts it, if there is no room. */
static bool write_with(struct outlinks *outlinks, unsigned rule, enum follow_verdict verdict,
		       int64_t number, struct slice body)
{
	const struct url *link = &outlinks->link;
	char *at = outlinks->out + outlinks->result.bytes;
	size_t bytes = HEAD_BYTES + (size_t)link->size + body.size;

	if (outlinks->out_bytes - outlinks->result.bytes < bytes) {
		outlinks->result.dropped++;
		return false;
	}
	memcpy(at, &link->size, sizeof(uint16_t));
	at[2] = (char)rule;
	at[3] = (char)verdict;
	memcpy(at + 4, &number, sizeof(number));
	memcpy(at + HEAD_BYTES, link->text, link->size);
	if (body.size > 0)
		memcpy(at + HEAD_BYTES + link->size, body.at, body.size);
	outlinks->result.bytes += bytes;
	outlinks->result.count++;
	return true;
}

static bool write_link(struct outlinks *outlinks, unsigned rule, enum follow_verdict verdict,
		       int64_t modified)
{
	return write_with(outlinks, rule, verdict, modified, (struct slice){ 0 });
}

/* Make a reference the link that is looked at.  Returns false if it is no URL. */
static bool resolve(struct outlinks *outlinks, const struct url *base, struct slice reference)
{
	if (url_resolve(&outlinks->link, base, reference) != URL_OK)
		return false;
	canonical_apply(outlinks->canonical, &outlinks->link);
	return true;
}

/* The reference with its query in the page's charset. */
static struct slice encode(struct outlinks *outlinks, struct slice reference)
{
	if (reference.size > LINKS_REFERENCE_BYTES_MAX)
		return reference;
	if (!outlinks->encoded)
		outlinks->encoded = memory_new(CHARSET_QUERY_GROWTH_MAX, LINKS_REFERENCE_BYTES_MAX);
	return charset_encode_query(outlinks->encoder, outlinks->charset, reference,
				    outlinks->encoded);
}

/* Of a rule that ran into a limit nobody knows what it thinks of the link: the next page may. */
static bool is_settled(const struct outlinks *outlinks, enum follow_verdict verdict)
{
	return verdict == FOLLOW_YES || !(outlinks->rules & follow_limited(outlinks->follow));
}

/* A link that was judged lately, for a page like this one, needs no second look. */
static void take_link(struct outlinks *outlinks)
{
	const struct url *link = &outlinks->link;
	enum follow_verdict verdict;
	uint64_t fingerprint, *slot;
	unsigned rule = 0;

	fingerprint = XXH3_64bits_withSeed(link->text, link->size, outlinks->context);
	slot = &outlinks->recent[fingerprint % RECENT_COUNT];
	if (*slot == fingerprint)
		return;
	verdict = follow_link(outlinks->follow, outlinks->rules, &outlinks->page, link, &rule);
	if ((verdict == FOLLOW_NOT || write_link(outlinks, rule, verdict, 0)) &&
	    is_settled(outlinks, verdict))
		*slot = fingerprint;
}

static void take_reference(struct outlinks *outlinks, struct slice reference)
{
	const struct url *base = outlinks->has_base ? &outlinks->base : &outlinks->page;

	if (outlinks->encoder)
		reference = encode(outlinks, reference);
	if (resolve(outlinks, base, reference))
		take_link(outlinks);
}

/*
 * <base> is settled before the first link.  Its query is in the page's charset, too: a link without
 * one of its own takes it over (HTML 4.2.3, "set the frozen base URL").
 */
static void settle_base(struct outlinks *outlinks, struct slice base)
{
	if (!base.at || outlinks->has_base)
		return;
	if (outlinks->encoder)
		base = encode(outlinks, base);
	outlinks->has_base = url_resolve(&outlinks->base, &outlinks->page, base) == URL_OK;
}

static int on_link(void *context, const struct link *link, const struct links_facts *facts)
{
	struct outlinks *outlinks = context;

	settle_base(outlinks, facts->base);
	if (outlinks->obeys_nofollow && (link->is_nofollow || facts->is_nofollow))
		return 0;
	take_reference(outlinks, link->reference);
	return 0;
}

static void forget_recent(struct outlinks *outlinks)
{
	memset(outlinks->recent, 0, sizeof(outlinks->recent));
}

/* The page as a whole says that its links are not to be followed: as if none had been seen. */
static void forget_links(struct outlinks *outlinks)
{
	outlinks->result = (struct outlinks_result){ .odd = outlinks->result.odd };
	forget_recent(outlinks);
}

/* The header comes before the page: no <base> is for it. */
static void take_refresh(struct outlinks *outlinks, struct slice header)
{
	struct slice reference = links_refresh_url(header);

	if (reference.at)
		take_reference(outlinks, reference);
}

static void on_capture(void *context, struct slice reference)
{
	take_reference(context, reference);
}

/* From here on references are for these rules. */
static void take_for(struct outlinks *outlinks, uint64_t rules)
{
	struct slice host = url_host(&outlinks->page);
	const uint64_t judges[] = { rules, outlinks->depth };

	outlinks->rules = rules;
	outlinks->context =
		XXH3_64bits_withSeed(host.at, host.size, XXH3_64bits(judges, sizeof(judges)));
}

/* What stands in the page's markup and text, for the rules that look there. */
static void take_text(struct outlinks *outlinks, const struct outlinks_page *page)
{
	struct links_page markup = {
		.text = page->text,
		.robot = page->robot,
		.is_xml = page->type == MEDIA_XHTML,
	};
	struct links_facts facts = { 0 };

	take_refresh(outlinks, page->refresh);
	if (media_type_is_page(page->type))
		links_scan_page(&markup, &outlinks->scratch, on_link, outlinks, &facts);
	settle_base(outlinks, facts.base);
	follow_captures(outlinks->follow, outlinks->rules, page->text, on_capture, outlinks);
	if (outlinks->obeys_nofollow && facts.is_nofollow)
		forget_links(outlinks);
}

/* JSON is UTF-8 (RFC 8259 8.1), and so are the queries of its URLs. */
static void on_json(void *context, struct slice reference)
{
	struct outlinks *outlinks = context;

	if (resolve(outlinks, &outlinks->page, reference))
		take_link(outlinks);
	else
		follow_note_odd(outlinks->follow, outlinks->path_rule, reference, "is no URL");
}

static void note_odd(struct outlinks *outlinks, const char *why)
{
	follow_note_odd(outlinks->follow, outlinks->path_rule, (struct slice){ 0 }, why);
}

/* A POST to the link; the master knows which there were. */
static void take_post(struct outlinks *outlinks, struct slice body)
{
	unsigned rule = outlinks->path_rule;

	if (body.size > OUTLINK_BODY_MAX) {
		note_odd(outlinks, "the next request would be larger than 64 KiB");
		return;
	}
	if (follow_link(outlinks->follow, outlinks->rules, &outlinks->page, &outlinks->link,
			&rule) == FOLLOW_YES)
		write_with(outlinks, rule, FOLLOW_POST, (int64_t)body.size, body);
}

/* Make the page's URL with another query the link.  Returns NULL, or why it leads nowhere. */
static const char *resolve_query(struct outlinks *outlinks, struct slice query)
{
	char reference[URL_BYTES_MAX + 1] = "?";
	struct url *link = &outlinks->link;
	size_t size = query.size + 1;

	if (size <= URL_BYTES_MAX)
		memcpy(reference + 1, query.at, query.size);
	if (size > URL_BYTES_MAX ||
	    url_resolve(link, &outlinks->page, (struct slice){ reference, size }) != URL_OK)
		return "the next URL would be longer than 8192 bytes";
	size = link->size;
	canonical_apply(outlinks->canonical, link);
	if (link->size < size && slice_equal(url_slice(link), url_slice(&outlinks->page)))
		return "drop_query takes off what it sets";
	return NULL;
}

/* The page's URL with another query, asked for as the page was. */
static void take_query(struct outlinks *outlinks, const struct outlinks_page *page,
		       struct slice query)
{
	const char *why = resolve_query(outlinks, query);

	if (why)
		note_odd(outlinks, why);
	else if (page->is_post)
		take_post(outlinks, page->body);
	else
		take_link(outlinks);
}

/* The request that asks for the next part of a list, by a rule with members. */
static void take_next(struct outlinks *outlinks, const struct outlinks_page *page)
{
	const struct url *own = &outlinks->page;
	struct paged_request request = { .body = page->body, .is_form = page->is_form };
	unsigned rule = outlinks->path_rule;
	struct slice next;

	if (own->query < own->size)
		request.query = (struct slice){ own->text + own->query + 1,
						(size_t)(own->size - own->query - 1) };
	if (!follow_next(outlinks->follow, rule, &request, page->text, &next))
		return;
	if (follow_source(outlinks->follow, rule) == SOURCE_QUERY) {
		take_query(outlinks, page, next);
		return;
	}
	url_copy(&outlinks->link, own);
	take_post(outlinks, next);
}

/* What the paths of rules find, each of them for its own. */
static void take_json(struct outlinks *outlinks, uint64_t rules, const struct outlinks_page *page)
{
	for (unsigned rule = 0; rule < FOLLOW_RULES_MAX; rule++) {
		if (!(rules >> rule & 1))
			continue;
		outlinks->path_rule = rule;
		take_for(outlinks, (uint64_t)1 << rule);
		if (follow_source(outlinks->follow, rule) == SOURCE_JSON)
			follow_json(outlinks->follow, rule, page->text, on_json, outlinks);
		else
			take_next(outlinks, page);
	}
	follow_forget(outlinks->follow);
}

struct outlinks_result outlinks_scan(struct outlinks *outlinks, const struct outlinks_page *page,
				     char *out, size_t out_bytes)
{
	uint64_t rules = follow_page(outlinks->follow, page->url);
	uint64_t paths = rules & follow_paths(outlinks->follow);

	outlinks->result = (struct outlinks_result){ .odd = follow_odd(outlinks->follow) };
	outlinks->out = out;
	outlinks->out_bytes = out_bytes < OUTLINKS_BYTES_MAX ? out_bytes : OUTLINKS_BYTES_MAX;
	outlinks->has_base = false;
	outlinks->obeys_nofollow = page->obeys_nofollow;
	outlinks->depth = page->depth;
	outlinks->charset = page->charset;
	outlinks->encoder = charset_encodes_query(page->charset) ? page->encoder : NULL;
	outlinks->result.limited = follow_limited(outlinks->follow);
	if (rules == 0 || url_parse(&outlinks->page, page->url) != URL_OK)
		return outlinks->result;
	if (page->wants_all)
		forget_recent(outlinks);
	if (paths)
		take_json(outlinks, paths, page);
	take_for(outlinks, rules & ~paths);
	if (outlinks->rules || media_type_is_page(page->type)) /* which may forbid to follow */
		take_text(outlinks, page);
	outlinks->result.limited = follow_limited(outlinks->follow);
	return outlinks->result;
}

struct outlinks_result outlinks_note_binary(struct outlinks *outlinks, struct slice url)
{
	uint64_t rules = follow_page(outlinks->follow, url) & follow_paths(outlinks->follow);

	outlinks->result = (struct outlinks_result){ .odd = follow_odd(outlinks->follow) };
	for (unsigned rule = 0; rule < FOLLOW_RULES_MAX; rule++)
		if ((rules >> rule & 1) && follow_wants_json(outlinks->follow, rule))
			follow_note_odd(outlinks->follow, rule, (struct slice){ 0 },
					"the answer is no text, by its Content-Type");
	return outlinks->result;
}

static int on_entry(void *context, const struct sitemap_entry *entry)
{
	struct outlinks *outlinks = context;
	enum follow_verdict verdict = entry->is_sitemap ? FOLLOW_SITEMAP : FOLLOW_YES;
	unsigned rule = 0;

	url_copy(&outlinks->base, &outlinks->page);
	for (unsigned i = 0; i < SITEMAP_BASES; i++)
		if (entry->bases[i].size)
			url_resolve(&outlinks->base, &outlinks->base, entry->bases[i]);
	if (!resolve(outlinks, &outlinks->base, entry->url))
		return 0;
	if (!slice_equal(url_host(&outlinks->link), url_host(&outlinks->page))) {
		verdict = FOLLOW_OUT_OF_SCOPE; /* but the master may know that it is not */
		rule = entry->is_sitemap ? OUTLINK_IS_SITEMAP : 0;
	}
	write_link(outlinks, rule, verdict, entry->has_modified ? entry->modified : 0);
	return 0;
}

struct outlinks_result outlinks_scan_sitemap(struct outlinks *outlinks, struct slice body,
					     struct slice content_type, struct slice url, char *out,
					     size_t out_bytes, const char **error)
{
	char losses[SITEMAP_ERROR_MAX];

	outlinks->result = (struct outlinks_result){ 0 };
	outlinks->out = out;
	outlinks->out_bytes = out_bytes;
	*error = "";
	if (url_parse(&outlinks->page, url) != URL_OK)
		return outlinks->result;
	sitemap_read(body, content_type, on_entry, outlinks, &outlinks->sitemap);
	sitemap_losses(&outlinks->sitemap, losses);
	snprintf(outlinks->remarks, sizeof(outlinks->remarks), "%s%s%s", outlinks->sitemap.error,
		 outlinks->sitemap.error[0] && losses[0] ? "; " : "", losses);
	*error = outlinks->remarks;
	return outlinks->result;
}

/* Take the body of a POST off bytes.  Returns 1, or -1 if there is none. */
static int take_body(struct slice *bytes, const struct outlink *link)
{
	if (link->body_bytes > OUTLINK_BODY_MAX || link->body_bytes > bytes->size)
		return -1;
	bytes->at += link->body_bytes;
	bytes->size -= link->body_bytes;
	return 1;
}

int outlinks_next(struct slice *bytes, struct outlink *link)
{
	uint16_t size;

	if (bytes->size == 0)
		return 0;
	if (bytes->size < HEAD_BYTES)
		return -1;
	memcpy(&size, bytes->at, sizeof(size));
	if (size == 0 || size > URL_BYTES_MAX || size > bytes->size - HEAD_BYTES)
		return -1;
	link->url = (struct slice){ bytes->at + HEAD_BYTES, size };
	link->rule = (unsigned char)bytes->at[2];
	link->verdict = (enum follow_verdict)(unsigned char)bytes->at[3];
	memcpy(&link->modified, bytes->at + 4, sizeof(link->modified));
	if (link->rule >= FOLLOW_RULES_MAX || link->verdict == FOLLOW_NOT ||
	    link->verdict > FOLLOW_POST)
		return -1;
	bytes->at += HEAD_BYTES + size;
	bytes->size -= HEAD_BYTES + (size_t)size;
	return link->verdict == FOLLOW_POST ? take_body(bytes, link) : 1;
}
