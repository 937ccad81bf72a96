#include "tests/support/test.h"

#include "parsers/site/sitemap.h"
#include <stdio.h>
#include <time.h>
#include <zlib.h>

#define FILE_BYTES_MAX 65536
#define NO_TYPE        ((struct slice){ NULL, 0 })

/* What a file gave: "url@seconds", with "sitemap " before a nested sitemap, one a line. */
struct listing {
	char text[4096];
	size_t size;
	unsigned count, stop_at; /* return -1 at this entry; 0: never */
};

static int list_entry(void *context, const struct sitemap_entry *entry)
{
	struct listing *listing = context;
	char date[32] = "";

	if (entry->has_modified)
		snprintf(date, sizeof(date), "@%lld", (long long)entry->modified);
	if (sizeof(listing->text) - listing->size > entry->url.size + 64)
		listing->size += (size_t)sprintf(listing->text + listing->size, "%s%.*s%s\n",
						 entry->is_sitemap ? "sitemap " : "",
						 (int)entry->url.size, entry->url.at, date);
	listing->count++;
	return listing->count == listing->stop_at ? -1 : 0;
}

/* The caller frees the bytes, which are exactly as many as the file's. */
static struct slice read_data(const char *name)
{
	static char bytes[FILE_BYTES_MAX];
	char path[128];
	struct slice data;
	FILE *file;

	snprintf(path, sizeof(path), "tests/data/sitemap/%s", name);
	file = fopen(path, "rb");
	assert_non_null(file);
	data.size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	data.at = malloc(data.size);
	assert_non_null(data.at);
	memcpy((char *)data.at, bytes, data.size);
	return data;
}

static void every_kind_of_file_gives_its_entries(void **state)
{
	static const struct {
		const char *name;
		enum sitemap_kind kind;
		const char *entries;
		unsigned skipped;
		const char *error; /* NULL: read to its end */
	} table[] = {
		{ "urlset.xml", SITEMAP_URLSET,
		  "https://example.org/?a=1&b=2@1714972089\n"
		  "https://example.org/cdata?a&b\n"
		  "/relative/\xC3\xA9\n"
		  "https://example.org/prefixed\n",
		  2, NULL },
		{ "index.xml", SITEMAP_INDEX,
		  "sitemap https://example.org/a.xml.gz@1096588800\nsitemap "
		  "https://example.org/b.xml\n",
		  0, NULL },
		{ "index.xml.gz", SITEMAP_INDEX,
		  "sitemap https://example.org/a.xml.gz@1096588800\nsitemap "
		  "https://example.org/b.xml\n",
		  0, NULL },
		{ "rss.xml", SITEMAP_RSS,
		  "https://example.org/1@1714997289\nhttps://example.org/2\n", 1, NULL },
		{ "rdf.xml", SITEMAP_RSS, "https://example.org/1\n", 0, NULL },
		{ "atom.xml", SITEMAP_ATOM,
		  "https://example.org/1?a&b@86400\nhttps://example.org/2\n", 1, NULL },
		{ "list.txt", SITEMAP_TEXT,
		  "https://example.org/1\nHTTP://example.org/2\nhttps://example.org/3\n", 4, NULL },
		{ "two-members.txt.gz", SITEMAP_TEXT,
		  "https://example.org/1\nHTTP://example.org/2\nhttps://example.org/3\n"
		  "https://example.org/4\n",
		  4, NULL },
		{ "doctype.xml", SITEMAP_URLSET, "https://example.org/\n", 0, NULL },
		{ "utf-16-with-mark.xml", SITEMAP_URLSET, "https://example.org/\xC3\xA9\n", 0,
		  NULL },
		{ "utf-16-without-mark.xml", SITEMAP_URLSET, "https://example.org/\xC3\xA9\n", 0,
		  NULL },
		{ "latin-1.xml", SITEMAP_URLSET, "https://example.org/\xC3\xA9\n", 0, NULL },
		{ "windows-1251.xml", SITEMAP_RSS,
		  "https://example.org/1\nhttps://example.org/\xD0\x9F\n", 0, NULL },
		{ "unknown-encoding.xml", SITEMAP_URLSET, "https://example.org/\n", 0, NULL },
		/* what cannot be read to its end */
		{ "page.html", SITEMAP_UNKNOWN, "", 0,
		  "the root element is <html>, not urlset, sitemapindex, rss or feed" },
		{ "cut.xml", SITEMAP_URLSET, "https://example.org/?a=1&b=2@1714972089\n", 1,
		  "line 21: unclosed token" },
		{ "billion-laughs.xml", SITEMAP_UNKNOWN, "", 0, "an entity is declared: refused" },
		{ "external-entity.xml", SITEMAP_UNKNOWN, "", 0, "an entity is declared: refused" },
		{ "parameter-entity.xml", SITEMAP_UNKNOWN, "", 0,
		  "an entity is declared: refused" },
		{ "damaged.xml.gz", SITEMAP_UNKNOWN, "", 0, "the gzip data is damaged" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct slice body = read_data(table[i].name);
		struct listing listing = { 0 };
		struct sitemap_result result;
		int status = sitemap_read(body, NO_TYPE, list_entry, &listing, &result);

		if (strcmp(listing.text, table[i].entries) != 0)
			fail_msg("%s gave\n%s%s", table[i].name, listing.text, result.error);
		if (strcmp(result.error, table[i].error ? table[i].error : "") != 0)
			fail_msg("%s: %s", table[i].name, result.error);
		assert_int_equal(status, table[i].error ? -1 : 0);
		assert_int_equal(result.kind, table[i].kind);
		assert_int_equal(result.skipped, table[i].skipped);
		assert_int_equal(result.pages + result.sitemaps, listing.count);
		free((char *)body.at);
	}
}

static void small_files_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		unsigned pages;
		const char *error;
	} table[] = {
		{ "", 0, "the file is empty" },
		{ " \r\n", 0, "the file is empty" },
		{ "<?xml version='1.0' "
		  "encoding='klingon'?><urlset><url><loc>\xE9</loc></url></urlset>",
		  0, "line 1: unknown encoding" },
		{ "hello\nworld", 0, "neither XML nor a list of URLs" },
		{ "<", 0, "line 1: unclosed token" },
		{ "<urlset/>", 0, "there is no <url> in it" },
		{ "<sitemapindex><url><loc>a</loc></url></sitemapindex>", 0,
		  "there is no <sitemap> in it" },
		{ "<urlset><url/></urlset>", 0, "" },
		{ "<urlset><url><x><loc>a</loc></x></url></urlset>", 0, "" },
		{ "\n \xEF\xBB\xBF<urlset/>", 0, "there is no <url> in it" },
		{ "<!doctype html><html><body><urlset><url>", 0,
		  "the root element is <html>, not urlset, sitemapindex, rss or feed" },
		{ "<!DOCTYPE html><HTML lang=en>", 0,
		  "the root element is <HTML>, not urlset, sitemapindex, rss or feed" },
		{ "<svg><rdf:RDF></rdf:RDF></svg>", 0,
		  "the root element is <svg>, not urlset, sitemapindex, rss or feed" },
		{ "\xEF\xBB\xBF\n\n<?xml version='1.0'?><urlset><url><loc>x</loc></url></urlset>",
		  1, "" },
		{ "<urlset><url><loc>a</loc></url><url><loc>b</loc></urlset>", 2,
		  "line 1: mismatched tag: read on behind it" },
		{ "<urlset><url><loc>a&nbsp;</loc></url></urlset>", 0,
		  "line 1: undefined entity: read on behind it" },
		{ "<rss><channel><item><link>a</link></item></channel></rss>", 1, "" },
		{ "<urlset>\n\n<url><loc>a</loc></url>\n<url><loc>b", 1,
		  "line 4: no element found" },
		{ "<rss><item><link>a</link></item></rss>", 1, "" },
		{ "<urlset><urlset><url><loc>a</loc></url><url><loc>b</loc></url></urlset></"
		  "urlset>",
		  2, "" },
		{ "<s:urlset xmlns:s='x'><s:url><s:loc><![CDATA[http://a/?x&y]]></s:loc></s:url>"
		  "</s:urlset>",
		  1, "" },
		{ "\x1F\x8B", 0, "the gzip data is cut" },
		{ "\x1F\x8Bnot gzip at all", 0, "the gzip data is damaged" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listing listing = { 0 };
		struct sitemap_result result;

		sitemap_read(slice_of(table[i].text), NO_TYPE, list_entry, &listing, &result);
		if (result.pages != table[i].pages || strcmp(result.error, table[i].error) != 0)
			fail_msg("%s: %u, %s", table[i].text, result.pages, result.error);
	}
}

/* What is not well-formed costs its own entry at most. */
static void an_error_costs_one_entry(void **state)
{
	static const struct {
		const char *text, *entries;
		unsigned lost, repaired;
	} table[] = {
#define URLSET(bad) "<urlset><url><loc>1</loc></url>" bad "<url><loc>3</loc></url></urlset>"
		{ URLSET("<url><loc>?a=1&b=2</loc></url>"), "1\n?a=1&b=2\n3\n", 0, 1 },
		{ URLSET("<url><loc>?a&amp;b&c;&d</loc></url>"), "1\n3\n", 0, 0 },
		{ URLSET("<url><loc>caf&eacute;</loc></url>"), "1\n3\n", 0, 0 }, /* skipped */
		{ URLSET("<url><t>&eacute;</t><loc>2</loc></url>"), "1\n2\n3\n", 0, 1 },
		{ URLSET("<url><loc>caf\xE9</loc></url>"), "1\ncaf%E9\n3\n", 0, 1 },
		{ URLSET("<url><loc>\x0B</loc></url>"), "1\n3\n", 0, 0 },
		{ URLSET("<url><loc>2</lo></url>"), "1\n3\n", 1, 0 },
		{ URLSET("<url><loc>2</url>"), "1\n3\n", 1, 0 },
		{ URLSET("<url><loc>a<b</loc></url>"), "1\n3\n", 1, 0 },
		{ URLSET("<url><loc a=b>2</loc></url>"), "1\n3\n", 1, 0 },
		{ URLSET("<url><loc>2</loc><t>a & b</t></url>"), "1\n2\n3\n", 0, 1 },
		{ URLSET("<url><loc>&</loc></url><url><loc><![CDATA[a&b]]></loc></url>"),
		  "1\n&\na&b\n3\n", 0, 1 },
		{ URLSET("<url><loc>&x;</loc></url><!-- <url> --><url><loc>&y;</loc></url>"),
		  "1\n3\n", 0, 0 },
		{ URLSET("<url><loc>&</loc></url><url><loc><![CDATA[<url>&]]></loc></url>"),
		  "1\n&\n<url>&\n3\n", 0, 1 },
		{ "<urlset><url><loc>&x;</loc></url>\n<url><loc>2</loc></url>", "2\n", 0, 0 },
		{ "<s:urlset xmlns:s='x'><s:url><s:loc>&x;</s:loc></s:url>"
		  "<s:url><s:loc>2</s:loc></s:url></s:urlset>",
		  "2\n", 0, 0 },
		{ "<sitemapindex><sitemap><loc>a&b</loc></sitemap></sitemapindex>", "sitemap a&b\n",
		  0, 1 },
		{ "<rss><channel><title>A & B</title><item><link>1</link></item></channel></rss>",
		  "1\n", 0, 0 },
		{ "<rdf:RDF xmlns:rdf='x'><item><link>&x;</link></item><item><link>2</link></item>"
		  "</rdf:RDF>",
		  "2\n", 0, 0 },
		{ "<feed><entry><title>&copy;</title><link href='1'/></entry><entry>"
		  "<link href='2'/></entry></feed>",
		  "1\n2\n", 0, 1 },
		/* what another element has must not cost a sound URL */
		{ URLSET("<url><t>\x1F</t><loc>2</loc></url>"), "1\n2\n3\n", 0, 1 },
		{ URLSET("<url><t><![CDATA[\x01]]></t><loc>2</loc></url>"), "1\n2\n3\n", 0, 1 },
		{ URLSET("<url><t>\xEF\xBF\xBF</t><loc>2</loc></url>"), "1\n2\n3\n", 0, 1 },
		{ URLSET("<url><t>&#55357;&#56832;</t><loc>2</loc></url>"), "1\n2\n3\n", 0, 1 },
		{ URLSET("<url><t>&#0;&#x1F;&#xFFFE;&#1114112;&#xZ;&#;</t><loc>2</loc></url>"),
		  "1\n2\n3\n", 0, 1 },
		{ URLSET("<url><t>a < b <3 <</t><loc>2</loc></url>"), "1\n2\n3\n", 0, 1 },
		{ URLSET("<url x='a<3'><loc>2</loc></url>"), "1\n2\n3\n", 0, 1 },
		{ URLSET("<url><t>a ]]> b</t><loc>2</loc></url>"), "1\n2\n3\n", 0, 1 },
		{ URLSET("<url><!-- a -- b --><loc>2</loc></url>"), "1\n2\n3\n", 0, 1 },
		{ URLSET("<url><loc>&#55357;</loc></url>"), "1\n3\n", 0, 0 },
		{ URLSET("<url><loc>a\x1F</loc></url>"), "1\n3\n", 0, 0 },
		/* what is in order is not repaired */
		{ URLSET("<url><loc></a></url><url><!-- a & b < c --><?p &?><loc><![CDATA[a&<b>]]>"
			 "</loc><t>&#9;&#x1F600;&lt;]] ></t></url>"),
		  "1\na&<b>\n3\n", 1, 0 },
		{ URLSET("<url><loc></a></url> & <url><loc>2</loc></url> & "), "1\n2\n3\n", 1, 0 },
		/* a base that nobody could read */
		{ "<feed x=1 xml:base='http://a/'><entry><link href='b'/></entry><entry>"
		  "<link href='http://c/'/></entry></feed>",
		  "http://c/\n", 0, 0 },
		{ "<!-- --><?xml version='1.0'?><feed xml:base='http://a/'><entry><link href='b'/>"
		  "</entry></feed>",
		  "b\n", 0, 0 },
		/* what has no end */
		{ URLSET("<!-- <url><loc>2</loc></url>"), "1\n2\n3\n", 0, 0 },
		{ URLSET("<? <url><loc>2</loc></url>"), "1\n2\n3\n", 0, 0 },
		{ URLSET("<![CDATA[ <url><loc>2</loc></url>"), "1\n2\n3\n", 0, 0 },
		{ URLSET("<url><loc>2</loc><!-- </url>"), "1\n3\n", 1, 0 },
		{ URLSET("<url><loc><![CDATA[2</loc></url>"), "1\n3\n", 1, 0 },
		{ URLSET("<url><loc>2</loc><? </url>"), "1\n3\n", 1, 0 },
		{ URLSET("<!-- <![CDATA[ <? <url><loc>2</loc></url>"), "1\n2\n3\n", 0, 0 },
		{ URLSET("<!-- --><br><!-- <url> --><url><loc>2</loc></url><!-- "), "1\n2\n3\n", 0,
		  0 },
		{ "<urlset><url><loc>1</loc></url><!-- <!-- <url><loc>2</loc></url><!-- <url>"
		  "<loc>3</loc></url></urlset>",
		  "1\n2\n3\n", 0, 0 },
		{ "<rss><channel><item><link>1</link></item><!-- <item><link>2</link></item>"
		  "<item><link>3</link></item></channel></rss>",
		  "1\n2\n3\n", 0, 0 },
		/* end tags that are missing, and tags between entries */
		{ URLSET("<url><loc>2</loc><url><loc>b</loc></url>"), "1\n2\nb\n3\n", 0, 1 },
		{ URLSET("<url><loc>2</loc><url><loc>b</loc>"), "1\n2\nb\n3\n", 0, 2 },
		{ "<urlset><url><loc>1</loc><url><loc>2</loc></urlset>", "1\n2\n", 0, 2 },
		{ "<urlset><url><loc>1</loc><url><loc>2</loc>", "1\n", 1, 1 },
		{ "<rss><channel><item><link>1</link><item><link>2</link></channel></rss>",
		  "1\n2\n", 0, 2 },
		{ URLSET("<url><loc>2<url><loc>b</loc></url>"), "1\nb\n3\n", 1, 0 },
		{ URLSET("<url><loc>2</loc></s:url>"), "1\n2\n3\n", 0, 1 },
		{ "<sitemapindex><sitemap><loc>1</loc><sitemap><loc>2</loc></sitemap>"
		  "</sitemapindex>",
		  "sitemap 1\nsitemap 2\n", 0, 1 },
		{ "<rss><channel><item><link>1</link><item><link>2</link></item></channel></rss>",
		  "1\n2\n", 0, 1 },
		{ "<feed><entry><link href='1'/><entry><link href='2'/></entry></feed>", "1\n2\n",
		  0, 1 },
		{ URLSET("<br><url><loc>2</loc></url>"), "1\n2\n3\n", 0, 0 },
		{ URLSET("</br><url><loc>2</loc></url>"), "1\n2\n3\n", 0, 0 },
		{ URLSET("<url/><br><url><loc>2</loc></url><br>"), "1\n2\n3\n", 0, 0 },
		{ URLSET(" & <url/><url><loc>2</loc></url> < "), "1\n2\n3\n", 0, 0 },
		{ "<urlset><br><url><loc>1</loc></url><url><loc>2</loc></url>", "1\n2\n", 0, 0 },
		{ "<?xml version='1.0' encoding='latin1'?><urlset><url><loc>\xE9&</loc></url>"
		  "<url><loc>\xE9</loc></url></urlset>",
		  "\xC3\xA9&\n\xC3\xA9\n", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listing listing = { 0 };
		struct sitemap_result result;

		assert_int_equal(sitemap_read(slice_of(table[i].text), NO_TYPE, list_entry,
					      &listing, &result),
				 -1);
		if (strcmp(listing.text, table[i].entries) != 0 || result.lost != table[i].lost ||
		    result.repaired != table[i].repaired)
			fail_msg("%s gave\n%s%u lost, %u repaired, %s", table[i].text, listing.text,
				 result.lost, result.repaired, result.error);
	}
}

/* Whatever stands before the root, or is wrong with it, costs no entry. */
static void what_stands_before_the_root_costs_nothing(void **state)
{
#define TWO "<url><loc>1</loc></url><url><loc>2</loc></url></urlset>"
	static const struct {
		const char *text, *error;
	} table[] = {
		{ "<!-- made by x --><?xml version='1.0'?><urlset>" TWO,
		  "line 1: XML or text declaration not at start of entity: read on behind it" },
		{ "<?xml version='1.0'?><?xml version='1.0'?><urlset>" TWO,
		  "line 1: XML or text declaration not at start of entity: read on behind it" },
		{ "<br />\n<b>Warning</b>: x in <b>/a.php</b><br />\n<?xml version='1.0'?>"
		  "<urlset>" TWO,
		  "the root element is <br>, not urlset, sitemapindex, rss or feed: read on behind "
		  "it" },
		{ "Warning: x in /a.php on line 3\n<?xml version='1.0'?><urlset>" TWO,
		  "line 1: syntax error: read on behind it" },
		{ "\xEF\xBB\xBF\xEF\xBB\xBF<?xml version='1.0'?><urlset>" TWO, "" },
		{ "\xC2\xA0 \xEF\xBB\xBF\n<?xml version='1.0'?><urlset>" TWO, "" },
		{ "<?xml version='1.0' encoding=''?><urlset>" TWO,
		  "line 1: XML declaration not well-formed: read on behind it" },
		{ "<?xml version='1.0' encoding=' utf-8'?><urlset>" TWO,
		  "line 1: XML declaration not well-formed: read on behind it" },
		{ "<?xml encoding='utf-8' version='1.0'?><urlset>" TWO,
		  "line 1: XML declaration not well-formed: read on behind it" },
		{ "<?xml version='1.0' standalone='true'?><urlset>" TWO,
		  "line 1: XML declaration not well-formed: read on behind it" },
		{ "<?xml version='1.0'><urlset>" TWO, "line 1: unclosed token: read on behind it" },
		{ "<urlset x='a&b'>" TWO,
		  "line 1: not well-formed (invalid token): read on behind it" },
		{ "<urlset x=1>" TWO,
		  "line 1: not well-formed (invalid token): read on behind it" },
		{ "<s:urlset x=1>" TWO,
		  "line 1: not well-formed (invalid token): read on behind it" },
		{ "<wrapper><urlset>" TWO "</wrapper>",
		  "the root element is <wrapper>, not urlset, sitemapindex, rss or feed: "
		  "read on behind it" },
		{ "<!doctype urlset><urlset>" TWO, "line 1: syntax error: read on behind it" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listing listing = { 0 };
		struct sitemap_result result;

		sitemap_read(slice_of(table[i].text), NO_TYPE, list_entry, &listing, &result);
		if (strcmp(listing.text, "1\n2\n") != 0 ||
		    strcmp(result.error, table[i].error) != 0)
			fail_msg("%s gave\n%s%s", table[i].text, listing.text, result.error);
		assert_int_equal(result.kind, SITEMAP_URLSET);
		assert_int_equal(result.lost + result.skipped + result.repaired, 0);
	}
}

/* Wherever it stands, but in the name of the root: one entry, and the one that it hides. */
static void no_damage_costs_more_than_its_entry(void **state)
{
	static const char text[] =
		"<?xml version='1.0' encoding='utf-8'?>\n<!-- x -->\n<urlset xmlns='x' y='z'>\n"
		"<url><loc>http://a/1</loc></url>\n<url><loc>http://a/2</loc><t a='b'>c</t></url>\n"
		"<url><loc>http://a/3</loc><t/></url>\n<url>\n<loc> http://a/4 </loc>\n</url>\n"
		"<url><loc>http://a/5</loc></url>\n<url><loc>http://a/6</loc></url>\n</urlset>\n";
	const size_t root = (size_t)(strstr(text, "<urlset") - text);
	static const char *const damages[] = {
		"",      "<!--",   "<?",   "<![CDATA[", "<br>", "</br>",     "&",     "<",
		">",     "\"",     "'",    "\x1F",      "]]>",  "-->",       "<url>", "</url>",
		"<loc>", "</loc>", "\xFF", "/",         "&x;",  "</urlset>", "<!x>",  "<url/>"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		for (size_t at = 0; at < sizeof(text) - 1; at++) {
			struct listing listing = { 0 };
			struct sitemap_result result;
			char damaged[sizeof(text) + 16];
			unsigned found = 0;

			sprintf(damaged, "%.*s%s%s", (int)at, text, damages[i],
				text + at + (*damages[i] == '\0'));
			sitemap_read(slice_of(damaged), NO_TYPE, list_entry, &listing, &result);
			for (char n = '1'; n <= '6'; n++) {
				char url[] = "http://a/?\n";

				url[9] = n;
				found += strstr(listing.text, url) != NULL;
			}
			if (found < 4 && (at < root || at > root + strlen("<urlset")))
				fail_msg("%s\ngave %s%s", damaged, listing.text, result.error);
		}
	}
}

static void a_wrong_label_loses_nothing(void **state)
{
	static const char *const labels[] = { "utf8",    "UTF8",   "unicode-1-1-utf-8",
					      "klingon", "utf-16", "latin1",
					      "l1",      "ascii" };

	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		struct listing listing = { 0 };
		struct sitemap_result result;
		char text[256];

		snprintf(text, sizeof(text),
			 "<?xml version='1.0' encoding='%s'?><urlset><url><loc>a</loc></url>"
			 "<url><loc>b</loc></url></urlset>",
			 labels[i]);
		assert_int_equal(
			sitemap_read(slice_of(text), NO_TYPE, list_entry, &listing, &result), 0);
		assert_string_equal(listing.text, "a\nb\n");
	}
}

/* A byte-order mark, then the header, then the declaration, in whatever encoding. */
static void a_url_is_decoded_by_the_best_label(void **state)
{
#define LIST(declaration, url)                                                \
	"<?xml version='1.0'" declaration "?><urlset><url><loc>" url "</loc>" \
	"</url></urlset>"
#define ROW(type, text, url)                          \
	{                                             \
		type, { text, sizeof(text) - 1 }, url \
	}
	static const struct {
		const char *type;
		struct slice text;
		const char *url;
	} table[] = {
		ROW("", LIST(" encoding='windows-1251'", "\xE9"), "\xD0\xB9\n"),
		ROW("", LIST(" encoding='windows-1252'", "\x80"), "\xE2\x82\xAC\n"),
		ROW("", LIST(" encoding='iso-8859-1'", "\xE9"), "\xC3\xA9\n"),
		ROW("", LIST(" encoding='iso-8859-2'", "\xE8"), "\xC4\x8D\n"),
		ROW("", LIST(" encoding=\"ISO-8859-15\"", "\xA4"), "\xE2\x82\xAC\n"),
		ROW("", LIST(" encoding='koi8-r'", "\xC1"), "\xD0\xB0\n"),
		ROW("", LIST(" encoding='gbk'", "\xD6\xD0"), "\xE4\xB8\xAD\n"),
		ROW("", LIST(" encoding='GB2312'", "\xD6\xD0"), "\xE4\xB8\xAD\n"),
		ROW("", LIST(" encoding='shift_jis'", "\x93\xFA"), "\xE6\x97\xA5\n"),
		ROW("", LIST(" encoding='euc-kr'", "\xB0\xA1"), "\xEA\xB0\x80\n"),
		ROW("", LIST(" encoding='big5'", "\xA4\xA4"), "\xE4\xB8\xAD\n"),
		ROW("", LIST(" encoding='big5'", "\xA4\x40"), "\xE4\xB8\x80\n"),
		/* a mark counts for more than any label */
		ROW("text/xml; charset=koi8-r",
		    "\xEF\xBB\xBF" LIST(" encoding='iso-8859-1'", "\xC3\xA9"), "\xC3\xA9\n"),
		ROW("",
		    "\xFE\xFF\0<\0u\0r\0l\0s\0e\0t\0>\0<\0u\0r\0l\0>\0<\0l\0o\0c\0>\0"
		    "a\0<\0/\0l\0o\0c\0>\0<\0/\0u\0r\0l\0>\0<\0/\0u\0r\0l\0s\0e\0t\0>",
		    "a\n"),
		/* and the header for more than the declaration */
		ROW("text/xml; charset=windows-1251", LIST(" encoding='utf-8'", "\xE9"),
		    "\xD0\xB9\n"),
		ROW("text/xml; charset=utf-8", LIST(" encoding='koi8-r'", "\xC3\xA9"),
		    "\xC3\xA9\n"),
		ROW("text/xml; charset=utf-16", LIST(" encoding='koi8-r'", "\xC1"), "\xD0\xB0\n"),
		ROW("text/xml; charset=utf-16be", "\0<\0r\0s\0s", ""),
		ROW("text/xml; charset=klingon", LIST(" encoding='koi8-r'", "\xC1"), "\xD0\xB0\n"),
		ROW("text/xml; charset=koi8-r", "<urlset><url><loc>\xC1</loc></url></urlset>",
		    "\xD0\xB0\n"),
		ROW("text/plain; charset=koi8-r", "http://a/\xC1", "http://a/\xD0\xB0\n"),
		ROW("", "\xFF\xFEh\0t\0t\0p\0:\0/\0/\0\xE9\0\n\0", "http://\xC3\xA9\n"),
		/* what the encoding does not have */
		ROW("", LIST(" encoding='gbk'", "\xFF"), ""),
		ROW("text/plain; charset=gbk", "http://a/\xFF\nhttp://a/b", "http://a/b\n"),
		/* no <meta> counts in a feed */
		ROW("",
		    "<urlset><url><t><![CDATA[<meta charset=koi8-r>]]></t><loc>\xC3\xA9</loc></url>"
		    "</urlset>",
		    "\xC3\xA9\n"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listing listing = { 0 };
		struct sitemap_result result;

		sitemap_read(table[i].text, slice_of(table[i].type), list_entry, &listing, &result);
		if (strcmp(listing.text, table[i].url) != 0)
			fail_msg("row %zu, %s gave %s, %s", i, table[i].text.at, listing.text,
				 result.error);
	}
}

/* The mark of UTF-16 counts, not the name in the declaration. */
static void utf_16_that_says_it_is_utf_8_is_read_by_its_mark(void **state)
{
	static const char text[] =
		"\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?><urlset><url>"
		"<loc>http://a/?b=1&c</loc></url><url><loc>d</loc></url></urlset>";
	char wide[2 * sizeof(text)] = "\xFF\xFE";
	struct listing listing = { 0 };
	struct sitemap_result result;
	size_t size = 2;

	(void)state;
	for (size_t i = 3; i < sizeof(text) - 1; i++, size += 2)
		wide[size] = text[i];
	sitemap_read((struct slice){ wide, size }, NO_TYPE, list_entry, &listing, &result);
	assert_string_equal(listing.text, "http://a/?b=1&c\nd\n");
	assert_int_equal(result.repaired, 1);
}

/* RSS 2.0, <guid> */
static void a_guid_is_a_link_unless_it_says_not(void **state)
{
	static const char *const table[][2] = {
		{ "<guid>g</guid>", "g\n" },
		{ "<guid isPermaLink='true'>g</guid>", "g\n" },
		{ "<guid isPermaLink='false'>g</guid>", "" },
		{ "<guid>g</guid><link>l</link>", "l\n" },
		{ "<link>l</link><guid>g</guid>", "l\n" },
		{ "<guid isPermaLink='false'>g</guid><link>l</link>", "l\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listing listing = { 0 };
		struct sitemap_result result;
		char text[256];

		snprintf(text, sizeof(text), "<rss><channel><item>%s</item></channel></rss>",
			 table[i][0]);
		sitemap_read(slice_of(text), NO_TYPE, list_entry, &listing, &result);
		assert_string_equal(listing.text, table[i][1]);
	}
}

/* Bytes that the encoding does not have: in another element they are no matter. */
static void a_url_of_unknown_characters_is_skipped(void **state)
{
	static const char *const table[][2] = {
		{ "<link>\xE9</link>", "" },
		{ "<link>\xE9</link><link>b</link>", "" }, /* the first counts */
		{ "<link>a</link><link>\xE9</link>", "a\n" },
		{ "<link>\xE9</link><guid>g</guid>", "" },
		{ "<guid>\xE9</guid>", "" },
		{ "<guid>\xE9</guid><link>b</link>", "b\n" },
		{ "<guid>g</guid><link>\xE9</link>", "" },
		{ "<title>\xE9</title><link>b</link>", "b\n" },
		{ "<pubDate>\xE9</pubDate><link>b</link>", "b\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listing listing = { 0 };
		struct sitemap_result result;
		char text[256];

		snprintf(text, sizeof(text),
			 "<?xml version='1.0' encoding='euc-kr'?><rss><channel><item>%s</item>"
			 "</channel></rss>",
			 table[i][0]);
		sitemap_read(slice_of(text), NO_TYPE, list_entry, &listing, &result);
		if (strcmp(listing.text, table[i][1]) != 0)
			fail_msg("%s gave %s", table[i][0], listing.text);
	}
}

/* RFC 4287 2; "*" stands for a base longer than any URL, "%" for one of unknown characters. */
static void a_relative_url_of_an_unknown_base_is_skipped(void **state)
{
	static const struct {
		const char *bases[3], *url; /* of feed, entry and link */
		const char *want;
	} table[] = {
		{ { "b", "c/", "d" }, "x", "x\n" },
		{ { "*", "", "" }, "x", "" },
		{ { "", "*", "" }, "x", "" },
		{ { "", "", "*" }, "/x", "" },
		{ { "http://a/", "*", "" }, "x", "" },
		{ { "http://a/", "*", "b/" }, "x", "" },
		{ { "%", "", "" }, "x", "" },
		/* an absolute one needs none */
		{ { "*", "http://a/", "" }, "x", "x\n" },
		{ { "*", "*", "HTTPS://a/" }, "x", "x\n" },
		{ { "*", "*", "*" }, "http://a/", "http://a/\n" },
		{ { "%", "http://a/", "" }, "x", "x\n" },
	};
	static char long_base[SITEMAP_URL_BYTES_MAX + 2];

	(void)state;
	memset(long_base, 'a', sizeof(long_base) - 1);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listing listing = { 0 };
		struct sitemap_result result;
		const char *bases[3];
		static char text[4 * sizeof(long_base)];

		for (size_t n = 0; n < 3; n++)
			bases[n] = *table[i].bases[n] == '*'   ? long_base
				   : *table[i].bases[n] == '%' ? "\xE9"
							       : table[i].bases[n];
		snprintf(text, sizeof(text),
			 "<?xml version='1.0' encoding='euc-kr'?><feed xml:base='%s'>"
			 "<entry xml:base='%s'><link xml:base='%s' href='%s'/></entry></feed>",
			 bases[0], bases[1], bases[2], table[i].url);
		assert_int_equal(
			sitemap_read(slice_of(text), NO_TYPE, list_entry, &listing, &result), 0);
		assert_int_equal(result.skipped, *table[i].want == '\0');
		if (strcmp(listing.text, table[i].want) != 0)
			fail_msg("row %zu gave %s", i, listing.text);
	}
}

static void a_cut_gzip_file_gives_what_came_before_the_cut(void **state)
{
	struct slice body = read_data("cut.xml.gz");
	struct listing listing = { 0 };
	struct sitemap_result result;

	(void)state;
	assert_int_equal(sitemap_read(body, NO_TYPE, list_entry, &listing, &result), -1);
	assert_int_equal(result.kind, SITEMAP_URLSET);
	assert_in_range(result.pages, 1000, 1999);
	assert_string_equal(result.error, "the gzip data is cut");
	free((char *)body.at);
}

/* The last line of a list that is cut may be half a URL. */
static void the_last_line_of_a_cut_list_is_left_out(void **state)
{
	struct slice body = read_data("two-members.txt.gz");
	struct listing listing = { 0 };
	struct sitemap_result result;
	size_t second = 0;

	(void)state;
	for (size_t i = 2; i + 1 < body.size && !second; i++)
		if (memcmp(body.at + i, "\x1F\x8B", 2) == 0)
			second = i;
	assert_true(second > 0);
	body.size = second + 2;
	assert_int_equal(sitemap_read(body, NO_TYPE, list_entry, &listing, &result), -1);
	assert_string_equal(listing.text, "https://example.org/1\nHTTP://example.org/2\n");
	free((char *)body.at);
}

static void every_beginning_of_a_file_gives_a_beginning_of_its_entries(void **state)
{
	static const char *const names[] = {
		"urlset.xml", "index.xml.gz",         "rss.xml",
		"atom.xml",   "utf-16-with-mark.xml", "windows-1251.xml"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct slice body = read_data(names[i]);
		struct listing whole = { 0 };
		struct sitemap_result result;

		sitemap_read(body, NO_TYPE, list_entry, &whole, &result);
		for (size_t size = 0; size < body.size; size++) {
			char *cut = malloc(size + 1);
			struct listing listing = { 0 };

			assert_non_null(cut);
			memcpy(cut, body.at, size);
			sitemap_read((struct slice){ cut, size }, NO_TYPE, list_entry, &listing,
				     &result);
			assert_memory_equal(listing.text, whole.text, listing.size);
			free(cut);
		}
		free((char *)body.at);
	}
}

static void the_caller_can_stop(void **state)
{
	static const char *const texts[] = {
		"<urlset><url><loc>http://a/</loc></url><url><loc>http://b/</loc></url>"
		"<url><loc>c</loc></url></urlset>",
		"http://a/\nhttp://b/\nhttp://c/\n",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct listing listing = { .stop_at = 2 };
		struct sitemap_result result;

		assert_int_equal(
			sitemap_read(slice_of(texts[i]), NO_TYPE, list_entry, &listing, &result),
			-1);
		assert_string_equal(listing.text, "http://a/\nhttp://b/\n");
		assert_string_equal(result.error, "");
	}
}

/* Markup inside makes it none: what is left of the text is another URL. */
static void a_url_has_no_markup_inside(void **state)
{
	static const struct {
		const char *entry, *want;
		unsigned skipped;
	} table[] = {
		{ "<loc>a<!-- e -->&#102;<?p?><![CDATA[&]]></loc>", "af&\n", 0 },
		{ "<loc>http://e.org/<b>1</b></loc>", "", 1 },
		{ "<loc>http://e.org/<b/></loc>", "", 1 },
		{ "<loc><b>1</b>http://e.org/</loc>", "", 1 },
		{ "<loc><a href='x'>http://e.org/</a></loc>", "", 1 },
		{ "<loc>1</loc><lastmod>1970-01-01<b/></lastmod>", "1\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listing listing = { 0 };
		struct sitemap_result result;
		char text[256];

		snprintf(text, sizeof(text), "<urlset><url>%s</url></urlset>", table[i].entry);
		assert_int_equal(
			sitemap_read(slice_of(text), NO_TYPE, list_entry, &listing, &result), 0);
		assert_string_equal(listing.text, table[i].want);
		assert_int_equal(result.skipped, table[i].skipped);
	}
}

/* RFC 4287 4.2.7.2 */
static void the_first_alternate_of_an_entry_counts(void **state)
{
	static const char *const table[][2] = {
		{ "<link href='a'/>", "a\n" },
		{ "<link rel='self' href='a'/><link rel='alternate' href='b'/>", "b\n" },
		{ "<link rel='http://www.iana.org/assignments/relation/self' href='a'/><link "
		  "href='b' rel='http://www.iana.org/assignments/relation/alternate'/>",
		  "b\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listing listing = { 0 };
		struct sitemap_result result;
		char text[256];

		snprintf(text, sizeof(text), "<feed><entry>%s</entry></feed>", table[i][0]);
		sitemap_read(slice_of(text), NO_TYPE, list_entry, &listing, &result);
		assert_string_equal(listing.text, table[i][1]);
	}
}

/* A text of head, count times the filler, and tail; the caller frees it. */
static struct slice repeat(const char *head, const char *filler, size_t count, const char *tail)
{
	size_t step = strlen(filler), size = strlen(head);
	char *text = malloc(size + step * count + strlen(tail) + 1);

	assert_non_null(text);
	memcpy(text, head, size);
	for (; count; count--, size += step)
		memcpy(text + size, filler, step);
	memcpy(text + size, tail, strlen(tail));
	return (struct slice){ text, size + strlen(tail) };
}

static void more_entries_than_the_limit_are_left_out(void **state)
{
	static const struct {
		const char *head, *entry, *tail;
	} table[] = {
		{ "<urlset>", "<url><loc>a</loc></url>", "</urlset>" },
		{ "", "http://a/\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (size_t more = 0; more < 2; more++) {
			struct slice body = repeat(table[i].head, table[i].entry,
						   SITEMAP_ENTRIES_MAX + more, table[i].tail);
			struct listing listing = { 0 };
			struct sitemap_result result;
			int status = sitemap_read(body, NO_TYPE, list_entry, &listing, &result);

			assert_int_equal(status, more ? -1 : 0);
			assert_int_equal(result.pages, SITEMAP_ENTRIES_MAX);
			assert_string_equal(result.error,
					    more ? "more than 50000 entries: the rest is left out"
						 : "");
			free((char *)body.at);
		}
	}
}

static void more_broken_entries_than_the_limit_end_the_reading(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct slice body = repeat("<urlset>", "<url></a>", SITEMAP_LOST_MAX + more,
					   "<url><loc>a</loc></url></urlset>");
		struct listing listing = { 0 };
		struct sitemap_result result;

		assert_int_equal(sitemap_read(body, NO_TYPE, list_entry, &listing, &result), -1);
		assert_int_equal(result.lost, SITEMAP_LOST_MAX);
		assert_string_equal(listing.text, more ? "" : "a\n");
		assert_string_equal(result.error,
				    more ? "more than 50000 broken entries: the rest is left out"
					 : "line 1: mismatched tag: read on behind it");
		free((char *)body.at);
	}
}

static void an_entry_with_too_long_a_url_is_skipped(void **state)
{
	struct slice xml = repeat("<urlset><url><loc>", "a", SITEMAP_URL_BYTES_MAX + 1,
				  "</loc></url><url><loc>b</loc></url></urlset>");
	struct slice references = repeat("<urlset><url><loc>", "&amp;", SITEMAP_URL_BYTES_MAX + 1,
					 "</loc></url></urlset>");
	struct slice text = repeat("http://b/\nhttp://", "a", SITEMAP_URL_BYTES_MAX - 6, "\n");
	struct listing listing = { 0 };
	struct sitemap_result result;

	(void)state;
	assert_int_equal(sitemap_read(xml, NO_TYPE, list_entry, &listing, &result), 0);
	assert_string_equal(listing.text, "b\n");
	assert_int_equal(result.skipped, 1);
	assert_int_equal(sitemap_read(references, NO_TYPE, list_entry, &listing, &result), 0);
	assert_int_equal(result.skipped, 1);
	assert_int_equal(sitemap_read(text, NO_TYPE, list_entry, &listing, &result), 0);
	assert_int_equal(result.pages, 1);
	assert_int_equal(result.skipped, 1);
	free((char *)xml.at);
	free((char *)references.at);
	free((char *)text.at);
}

/* As long as an article of a feed is. */
static void a_long_entry_is_repaired(void **state)
{
	struct slice body = repeat("<rss><channel><item><d>\x0B", "a &nbsp; ", 20000,
				   "</d><link>1</link></item></channel></rss>");
	struct listing listing = { 0 };
	struct sitemap_result result;

	(void)state;
	assert_int_equal(sitemap_read(body, NO_TYPE, list_entry, &listing, &result), -1);
	assert_string_equal(listing.text, "1\n");
	assert_int_equal(result.repaired, 1);
	free((char *)body.at);
}

/* gzip of head and then count times the filler; the caller frees it. */
static struct slice compress_repeated(const char *head, const char *filler, size_t count)
{
	struct slice plain = repeat(head, filler, count, "");
	z_stream stream = { .next_in = (Bytef *)plain.at, .avail_in = (uInt)plain.size };
	size_t room = plain.size / 100 + 65536;
	char *out = malloc(room);

	assert_non_null(out);
	assert_int_equal(
		deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_out = (Bytef *)out;
	stream.avail_out = (uInt)room;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	free((char *)plain.at);
	return (struct slice){ out, room - stream.avail_out };
}

static void a_gzip_bomb_ends_at_the_limit(void **state)
{
	struct slice bomb = compress_repeated("http://a/\nhttp://b/", "                ", 8 << 20);
	struct listing listing = { 0 };
	struct sitemap_result result;

	(void)state;
	assert_true(bomb.size < 1 << 20);
	assert_int_equal(sitemap_read(bomb, NO_TYPE, list_entry, &listing, &result), -1);
	assert_string_equal(listing.text, "http://a/\n");
	assert_string_equal(result.error, "larger than 50 MB: the rest is left out");
	free((char *)bomb.at);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void no_repetition_makes_a_file_slow(void **state)
{
	static const struct {
		const char *head, *filler;
	} table[] = {
		{ "<urlset>", "<a>" },
		/* reading on behind an error */
		{ "<urlset>&", "<url>&</url>" },
		{ "<urlset>&", "<url></a>" },
		{ "<urlset>&<url><!--", "<url>" },
		{ "<urlset>&<url><?a ", "<url>" },
		{ "<urlset>&<url><![CDATA[", "<url>" },
		{ "<urlset>", "<url><!--" },
		{ "<urlset>", "<url><?a " },
		{ "<urlset>", "<url><![CDATA[" },
		{ "<urlset><!--<![CDATA[<?", "<url></url>" },
		{ "<urlset>&", "<url><a></url>" },
		{ "<urlset>&", "<url/>" },
		{ "<urlset>&", "<url><br>" },
		{ "<urlset>&", "</url>" },
		{ "<urlset>&", "<url ><!-- -->" },
		{ "<a>", "<b>" },
		{ "a", "<!--" },
		{ "<urlset a=b>", "<urlset>" },
		{ "<urlset>&<url>", "</urlse>" },
		{ "<urlset>&", "<url></urlset>" },
		{ "<urlset><url><loc>", "x" },
		{ "<urlset><url>", "<loc>x</loc>" },
		{ "<urlset><url><loc>", "&amp;" },
		{ "<urlset><!--", "x" },
		{ "<urlset a='", "x" },
		{ "<urlset ", "a" },
		{ "<!DOCTYPE a [", "<!ELEMENT a (b)>" },
		{ "<!DOCTYPE a [", "<!-- -->" },
		{ "", "<" },
		{ "", "http://a\r" },
		{ "", " " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct slice bomb = compress_repeated(table[i].head, table[i].filler,
						      10000000 / strlen(table[i].filler));
		struct listing listing = { 0 };
		struct sitemap_result result;
		double start = seconds();

		sitemap_read(bomb, NO_TYPE, list_entry, &listing, &result);
		if (seconds() - start > 15.0 * SLOWNESS)
			fail_msg("%s took %.1f s", table[i].filler, seconds() - start);
		free((char *)bomb.at);
	}
}

/* One entity that is long, and used often. */
static void a_quadratic_entity_is_refused(void **state)
{
	struct slice bomb = repeat("<!DOCTYPE urlset [<!ENTITY a \"", "aaaaaaaa", 10000,
				   "\">]><urlset><url><loc>&a;&a;&a;&a;</loc></url></urlset>");
	struct listing listing = { 0 };
	struct sitemap_result result;

	(void)state;
	assert_int_equal(sitemap_read(bomb, NO_TYPE, list_entry, &listing, &result), -1);
	assert_int_equal(listing.count, 0);
	assert_string_equal(result.error, "an entity is declared: refused");
	free((char *)bomb.at);
}

/* Expat compares each with all before it: a file of 50 MB took minutes. */
static void attributes_are_declared_to_a_limit(void **state)
{
	static const struct {
		size_t count;
		const char *entries, *error;
	} table[] = {
		{ 64, "https://example.org/\n", "" },
		{ 65, "", "more than 64 attributes are declared: refused" },
		{ 1000000, "", "more than 64 attributes are declared: refused" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listing listing = { 0 };
		struct sitemap_result result;
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		fputs("<!DOCTYPE urlset [<!ATTLIST url", out);
		for (size_t n = 0; n < table[i].count; n++)
			fprintf(out, " a%zu CDATA 'x'", n);
		fputs(">]><urlset><url><loc>https://example.org/</loc></url></urlset>", out);
		fclose(out);
		sitemap_read((struct slice){ text, size }, NO_TYPE, list_entry, &listing, &result);
		assert_string_equal(listing.text, table[i].entries);
		assert_string_equal(result.error, table[i].error);
		free(text);
	}
}

static void elements_are_nested_to_a_limit(void **state)
{
	struct slice body = repeat("<urlset>", "<a>", 1000000, "");
	struct listing listing = { 0 };
	struct sitemap_result result;

	(void)state;
	assert_int_equal(sitemap_read(body, NO_TYPE, list_entry, &listing, &result), -1);
	assert_string_equal(result.error, "elements are nested deeper than 256");
	free((char *)body.at);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static void damaged_files_are_survived(void **state)
{
	static const char *const names[] = { "urlset.xml",  "index.xml.gz",         "rss.xml",
					     "atom.xml",    "utf-16-with-mark.xml", "list.txt",
					     "doctype.xml", "two-members.txt.gz" };
	uint32_t seed = 3;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct slice body = read_data(names[i]);

		for (int round = 0; round < 1000; round++) {
			char *bytes = (char *)body.at;
			struct listing listing = { 0 };
			struct sitemap_result result;

			bytes[next_random(&seed) % body.size] = (char)next_random(&seed);
			sitemap_read(body, NO_TYPE, list_entry, &listing, &result);
			assert_int_equal(result.pages + result.sitemaps, listing.count);
			if (round % 10 == 9) {
				free(bytes);
				body = read_data(names[i]);
			}
		}
		free((char *)body.at);
	}
}

static void kinds_have_names(void **state)
{
	(void)state;
	assert_string_equal(sitemap_kind_name(SITEMAP_UNKNOWN), "unknown");
	assert_string_equal(sitemap_kind_name(SITEMAP_URLSET), "urlset");
	assert_string_equal(sitemap_kind_name(SITEMAP_INDEX), "sitemapindex");
	assert_string_equal(sitemap_kind_name(SITEMAP_RSS), "rss");
	assert_string_equal(sitemap_kind_name(SITEMAP_ATOM), "atom");
	assert_string_equal(sitemap_kind_name(SITEMAP_TEXT), "text");
}

static void what_was_of_no_use_is_said_in_one_line(void **state)
{
	static const struct {
		uint32_t lost, skipped;
		const char *line;
	} rows[] = {
		{ 0, 0, "" },
		{ 1, 0, "1 broken entry left out" },
		{ 2, 0, "2 broken entries left out" },
		{ 0, 1, "1 entry without a usable URL" },
		{ 3, 4, "3 broken entries left out, 4 entries without a usable URL" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sitemap_result counts = { .lost = rows[i].lost, .skipped = rows[i].skipped };
		char line[SITEMAP_ERROR_MAX];

		sitemap_losses(&counts, line);
		assert_string_equal(line, rows[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_of_no_use_is_said_in_one_line),
		cmocka_unit_test(every_kind_of_file_gives_its_entries),
		cmocka_unit_test(small_files_are_told_apart),
		cmocka_unit_test(an_error_costs_one_entry),
		cmocka_unit_test(what_stands_before_the_root_costs_nothing),
		cmocka_unit_test(no_damage_costs_more_than_its_entry),
		cmocka_unit_test(a_wrong_label_loses_nothing),
		cmocka_unit_test(a_url_is_decoded_by_the_best_label),
		cmocka_unit_test(utf_16_that_says_it_is_utf_8_is_read_by_its_mark),
		cmocka_unit_test(a_guid_is_a_link_unless_it_says_not),
		cmocka_unit_test(a_url_of_unknown_characters_is_skipped),
		cmocka_unit_test(a_relative_url_of_an_unknown_base_is_skipped),
		cmocka_unit_test(a_cut_gzip_file_gives_what_came_before_the_cut),
		cmocka_unit_test(the_last_line_of_a_cut_list_is_left_out),
		cmocka_unit_test(every_beginning_of_a_file_gives_a_beginning_of_its_entries),
		cmocka_unit_test(the_caller_can_stop),
		cmocka_unit_test(a_url_has_no_markup_inside),
		cmocka_unit_test(the_first_alternate_of_an_entry_counts),
		cmocka_unit_test(more_entries_than_the_limit_are_left_out),
		cmocka_unit_test(more_broken_entries_than_the_limit_end_the_reading),
		cmocka_unit_test(an_entry_with_too_long_a_url_is_skipped),
		cmocka_unit_test(a_long_entry_is_repaired),
		cmocka_unit_test(a_gzip_bomb_ends_at_the_limit),
		cmocka_unit_test(no_repetition_makes_a_file_slow),
		cmocka_unit_test(a_quadratic_entity_is_refused),
		cmocka_unit_test(attributes_are_declared_to_a_limit),
		cmocka_unit_test(elements_are_nested_to_a_limit),
		cmocka_unit_test(damaged_files_are_survived),
		cmocka_unit_test(kinds_have_names),
	};

	return RUN_TESTS(tests);
}
