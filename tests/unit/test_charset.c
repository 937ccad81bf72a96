#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "parsers/charset/charset.h"

/*
 * Goal: an encoding is decided as charset.h says, source by source, and its bytes become what a
 * browser makes of them; whatever the bytes, the text is valid UTF-8 and stays in its buffer.
 */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(literal)                       \
	{                                    \
		literal, sizeof(literal) - 1 \
	}                /* with the NULs in it */
#define R "\xEF\xBF\xBD" /* U+FFFD */

static struct charset_converters *converters; /* made once, by main */

/* ------------------------------------------------------------------ helpers */

static char *exact_copy(struct slice text)
{
	char *copy = malloc(text.size > 0 ? text.size : 1);

	if (text.size > 0)
		memcpy(copy, text.at, text.size);
	return copy;
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

/* body in the encoding of that name; out has exactly out_bytes.  The caller frees *out. */
static struct slice decoded(const char *name, struct slice body, size_t out_bytes, char **out)
{
	char *copy = exact_copy(body);
	struct charset charset = { .name = name };
	struct slice text;

	*out = malloc(out_bytes > 0 ? out_bytes : 1);
	text = charset_to_utf8(converters, charset, (struct slice){ copy, body.size }, *out,
			       out_bytes);
	if (text.at != *out && text.size <= out_bytes) { /* it points into the body */
		memcpy(*out, text.at, text.size);
		text.at = *out;
	}
	free(copy);
	return text;
}

static void assert_decoded(const char *name, struct slice body, const char *wanted)
{
	char *out;
	struct slice text = decoded(name, body, body.size * CHARSET_GROWTH_MAX, &out);

	if (!slice_equal(text, slice_of(wanted)))
		fail_msg("%s: '%.*s' instead of '%s'", name, (int)text.size, text.at, wanted);
	free(out);
}

/* ------------------------------------------------------------------ labels */

/* The table of WHATWG Encoding 4.2, gbk and gb18030 as one. */
static const struct {
	const char *name;
	const char *labels;
} encodings[] = {
	{ "utf-8", "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8" },
	{ "ibm866", "866 cp866 csibm866 ibm866" },
	{ "iso-8859-2", "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 "
			"iso_8859-2:1987 l2 latin2" },
	{ "iso-8859-3", "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 "
			"iso_8859-3:1988 l3 latin3" },
	{ "iso-8859-4", "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 "
			"iso_8859-4:1988 l4 latin4" },
	{ "iso-8859-5", "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 "
			"iso_8859-5 iso_8859-5:1988" },
	{ "iso-8859-6",
	  "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 "
	  "iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 "
	  "iso_8859-6:1987" },
	{ "iso-8859-7", "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 "
			"iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek" },
	{ "iso-8859-8", "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 "
			"iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual" },
	{ "iso-8859-8-i", "csiso88598i iso-8859-8-i logical" },
	{ "iso-8859-10", "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6" },
	{ "iso-8859-13", "iso-8859-13 iso8859-13 iso885913" },
	{ "iso-8859-14", "iso-8859-14 iso8859-14 iso885914" },
	{ "iso-8859-15", "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9" },
	{ "iso-8859-16", "iso-8859-16" },
	{ "koi8-r", "cskoi8r koi koi8 koi8-r koi8_r" },
	{ "koi8-u", "koi8-ru koi8-u" },
	{ "macintosh", "csmacintosh mac macintosh x-mac-roman" },
	{ "windows-874", "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874" },
	{ "windows-1250", "cp1250 windows-1250 x-cp1250" },
	{ "windows-1251", "cp1251 windows-1251 x-cp1251" },
	{ "windows-1252",
	  "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 "
	  "iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii "
	  "windows-1252 x-cp1252" },
	{ "windows-1253", "cp1253 windows-1253 x-cp1253" },
	{ "windows-1254", "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 "
			  "iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254" },
	{ "windows-1255", "cp1255 windows-1255 x-cp1255" },
	{ "windows-1256", "cp1256 windows-1256 x-cp1256" },
	{ "windows-1257", "cp1257 windows-1257 x-cp1257" },
	{ "windows-1258", "cp1258 windows-1258 x-cp1258" },
	{ "x-mac-cyrillic", "x-mac-cyrillic x-mac-ukrainian" },
	{ "gb18030",
	  "chinese csgb2312 csiso58gb231280 gb18030 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 "
	  "x-gbk" },
	{ "big5", "big5 big5-hkscs cn-big5 csbig5 x-x-big5" },
	{ "euc-jp", "cseucpkdfmtjapanese euc-jp x-euc-jp" },
	{ "iso-2022-jp", "csiso2022jp iso-2022-jp" },
	{ "shift_jis", "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis" },
	{ "euc-kr", "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 "
		    "ksc5601 ksc_5601 windows-949" },
	{ "utf-16be", "unicodefffe utf-16be" },
	{ "utf-16le", "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le" },
	{ "x-user-defined", "x-user-defined" },
};

static void every_label_of_the_standard_resolves(void **state)
{
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(encodings); i++) {
		const char *at = encodings[i].labels;

		for (size_t size; *at != '\0'; at += size + (at[size] == ' ')) {
			const char *name;

			size = strcspn(at, " ");
			name = charset_from_label((struct slice){ at, size });
			if (name == NULL || strcmp(name, encodings[i].name) != 0)
				fail_msg("%.*s is %s", (int)size, at, name ? name : "unknown");
			count++;
		}
	}
	assert_int_equal(count, 222); /* of 228; the other six are "replacement" */
}

static void case_and_outer_space_of_a_label_do_not_matter(void **state)
{
	(void)state;
	assert_string_equal(charset_from_label(SLICE("UTF-8")), "utf-8");
	assert_string_equal(charset_from_label(SLICE(" \t\r\n\fShift_JIS \t\r\n\f")), "shift_jis");
	assert_string_equal(charset_from_label(SLICE("ISO_8859-1:1987")), "windows-1252");
}

static void what_is_no_label_is_unknown(void **state)
{
	static const struct slice labels[] = {
		BYTES(""),
		BYTES(" "),
		BYTES("utf"),
		BYTES("utf-88"),
		BYTES("utf 8"),
		BYTES("utf-8 utf8"),
		BYTES("utf-8\0"),
		BYTES("\vutf-8"),
		BYTES("\xC2\xA0utf-8"),
		BYTES("utf-7"),
		BYTES("utf-32"),
		BYTES("ebcdic"),
		BYTES("iso-8859-12"),
		BYTES("replacement"),
		BYTES("iso-2022-kr"),
		BYTES("iso-2022-cn"),
		BYTES("iso-2022-cn-ext"),
		BYTES("hz-gb-2312"),
		BYTES("csiso2022kr"),
		BYTES("0123456789012345678901234567890123456789"),
		{ NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(labels); i++)
		assert_null(charset_from_label(labels[i]));
}

static void every_source_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(charset_source_name(CHARSET_BOM), "bom");
	assert_string_equal(charset_source_name(CHARSET_HEADER), "header");
	assert_string_equal(charset_source_name(CHARSET_META), "meta");
	assert_string_equal(charset_source_name(CHARSET_UTF8), "utf8");
	assert_string_equal(charset_source_name(CHARSET_DETECTED), "detected");
	assert_string_equal(charset_source_name(CHARSET_DEFAULT), "default");
}

/* ------------------------------------------------------------------ decision */

struct decision {
	const char *header;
	struct slice body;
	const char *name;
	enum charset_source source;
	const char *text; /* of the whole body */
};

static void assert_decision(const struct decision *page)
{
	char *body = exact_copy(page->body);
	size_t room = page->body.size * CHARSET_GROWTH_MAX;
	char *out = malloc(room + 1);
	struct slice exact = { body, page->body.size }, text;
	struct charset charset = charset_decide(exact, slice_of(page->header));

	if (strcmp(charset.name, page->name) != 0 || charset.source != page->source)
		fail_msg("%s: %s by %s", page->body.at, charset.name,
			 charset_source_name(charset.source));
	text = charset_to_utf8(converters, charset, exact, out, room);
	if (page->text != NULL && !slice_equal(text, slice_of(page->text)))
		fail_msg("'%.*s' instead of '%s'", (int)text.size, text.at, page->text);
	free(body);
	free(out);
}

static void pages_are_read_as_their_sources_say(void **state)
{
	static const struct decision pages[] = {
		/* a byte-order mark wins over everything, and is not text */
		{ "text/html; charset=gbk", BYTES("\xEF\xBB\xBF<meta charset=big5>\xC3\xA9"),
		  "utf-8", CHARSET_BOM, "<meta charset=big5>é" },
		{ NULL, BYTES("\xFF\xFEh\0i\0\xE9\0"), "utf-16le", CHARSET_BOM, "hié" },
		{ NULL, BYTES("\xFE\xFF\0h\0i\0\xE9"), "utf-16be", CHARSET_BOM, "hié" },
		{ NULL, BYTES("\xEF\xBB\xBF"), "utf-8", CHARSET_BOM, "" },
		{ NULL, BYTES("\xFF\xFE"), "utf-16le", CHARSET_BOM, "" },
		/* the header wins over the page */
		{ "text/html; charset=windows-1251", BYTES("<meta charset=utf-8>\xCF\xF0\xE8"),
		  "windows-1251", CHARSET_HEADER, "<meta charset=utf-8>При" },
		{ "text/html; charset=EUC-KR", BYTES("\xC7\xD1"), "euc-kr", CHARSET_HEADER, "한" },
		{ "text/html; charset=ISO-8859-1", BYTES("\x93hi\x94"), "windows-1252",
		  CHARSET_HEADER, "“hi”" },
		{ "text/html; charset=utf-16", BYTES("h\0i\0"), "utf-16le", CHARSET_HEADER, "hi" },
		/* a label is obeyed when the body does not */
		{ "text/html; charset=utf-8", BYTES("caf\xE9 au lait"), "utf-8", CHARSET_HEADER,
		  "caf" R " au lait" },
		{ NULL, BYTES("<meta charset=utf-8>caf\xE9"), "utf-8", CHARSET_META,
		  "<meta charset=utf-8>caf" R },
		/* an unknown label is passed over */
		{ "text/html; charset=klingon", BYTES("<meta charset=koi8-r>\xF0"), "koi8-r",
		  CHARSET_META, "<meta charset=koi8-r>П" },
		{ "text/html; charset=iso-2022-kr", BYTES("\x1B$)Cabc"), "utf-8", CHARSET_UTF8,
		  NULL },
		{ NULL, BYTES("<meta charset=hz-gb-2312>~{VPND~}"), "utf-8", CHARSET_UTF8, NULL },
		{ "text/html", BYTES("<meta charset=nonsense>caf\xC3\xA9"), "utf-8", CHARSET_UTF8,
		  NULL },
		/* the page speaks for itself */
		{ "text/html", BYTES("<meta charset=gb2312>\xD6\xD0\xCE\xC4"), "gb18030",
		  CHARSET_META, "<meta charset=gb2312>中文" },
		{ "text/html",
		  BYTES("<meta http-equiv=\"Content-Type\" content=\"text/html; "
			"charset=big5\">\xA4\xA4"),
		  "big5", CHARSET_META, NULL },
		{ "text/html", BYTES("<meta charset=x-sjis>\x93\xFA\x96{"), "shift_jis",
		  CHARSET_META, "<meta charset=x-sjis>日本" },
		{ NULL, BYTES("<meta charset=iso-2022-jp>\x1B$BF|\x1B(B"), "iso-2022-jp",
		  CHARSET_META, "<meta charset=iso-2022-jp>日" },
		{ "text/xml", BYTES("<?xml version=\"1.0\" encoding=\"EUC-JP\"?><a>\xC6\xFC</a>"),
		  "euc-jp", CHARSET_META, "<?xml version=\"1.0\" encoding=\"EUC-JP\"?><a>日</a>" },
		{ NULL, BYTES("<\0?\0x\0m\0l\0?\0>\0"), "utf-16le", CHARSET_META, "<?xml?>" },
		{ NULL, BYTES("\0<\0?\0x\0m\0l\0?\0>"), "utf-16be", CHARSET_META, "<?xml?>" },
		/* nobody says anything */
		{ NULL, { NULL, 0 }, "utf-8", CHARSET_UTF8, "" },
		{ "text/html", BYTES("<p>plain</p>"), "utf-8", CHARSET_UTF8, "<p>plain</p>" },
		{ "text/html", BYTES("<p>caf\xC3\xA9</p>"), "utf-8", CHARSET_UTF8, "<p>café</p>" },
		{ "text/html", BYTES("<p>caf\xE9</p>"), "windows-1252", CHARSET_DEFAULT,
		  "<p>café</p>" },
		{ NULL, BYTES("Se\xF1or Mu\xF1oz"), "windows-1252", CHARSET_DEFAULT,
		  "Señor Muñoz" },
		{ NULL, BYTES("It\x92s"), "windows-1252", CHARSET_DEFAULT, "It’s" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++)
		assert_decision(&pages[i]);
}

static void the_header_is_read_as_servers_write_it(void **state)
{
	static const struct {
		const char *header;
		const char *name; /* NULL: says nothing */
	} headers[] = {
		{ "text/html;charset=koi8-r", "koi8-r" },
		{ "text/html; charset=koi8-r", "koi8-r" },
		{ "text/html; CHARSET=KOI8-R", "koi8-r" },
		{ "text/html; charset = koi8-r ; x=y", "koi8-r" },
		{ "text/html; charset=\"koi8-r\"", "koi8-r" },
		{ "text/html; charset=' koi8-r '", "koi8-r" },
		{ "text/html; boundary=x; charset=koi8-r; level=1", "koi8-r" },
		{ "charset=koi8-r", "koi8-r" },
		{ "text/html; charset charset=koi8-r", "koi8-r" },
		{ "text/html", NULL },
		{ "text/html;", NULL },
		{ "text/html; charset", NULL },
		{ "text/html; charset=", NULL },
		{ "text/html; charset=;", NULL },
		{ "text/html; charset=\"", NULL },
		/* MIME Sniffing 4.4: in quotes, which need not end */
		{ "text/html; charset=\"koi8-r", "koi8-r" },
		{ "text/html; charset=\"koi8\\-r\"", "koi8-r" },
		{ "text/html; charset=\"\\k\\o\\i8-r\";x=y", "koi8-r" },
		{ "text/html; charset=\"koi8-r\\", NULL },
		{ "text/html; charset=\"koi8-r;x=y", NULL },
		{ "text/html; charset='koi8-r", NULL },
		{ "text/html; x=\"; charset=koi8-r\"", NULL },
		{ "text/html; x=\"a\\\"; charset=gbk\"; charset=koi8-r", "koi8-r" },
		{ "text/html; x=\"charset=\"; charset=\"koi8-r\"", "koi8-r" },
		{ "text/html; x=\"\\", NULL },
		{ "text/html; charset=\"koi8-r'", NULL },
		{ "text/html; charset:koi8-r", NULL },
		{ "koi8-r", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct decision page = { headers[i].header, BYTES("x"), headers[i].name,
					 CHARSET_HEADER, "x" };

		if (page.name == NULL)
			page = (struct decision){ headers[i].header, BYTES("x"), "utf-8",
						  CHARSET_UTF8, "x" };
		assert_decision(&page);
	}
}

/* WHATWG HTML 13.2.3.2.  NULL: the prescan finds nothing. */
static void the_prescan_reads_what_a_browser_reads(void **state)
{
	static const struct {
		const char *page;
		const char *name;
	} pages[] = {
		{ "<meta charset=koi8-r>", "koi8-r" },
		{ "<META CHARSET=KOI8-R>", "koi8-r" },
		{ "<meta charset='koi8-r'>", "koi8-r" },
		{ "<meta charset=\" koi8-r \">", "koi8-r" },
		{ "<meta\ncharset\n=\nkoi8-r\n>", "koi8-r" },
		{ "<meta/charset=koi8-r>", "koi8-r" },
		{ "<meta name=x charset=koi8-r/>", NULL }, /* the label is "koi8-r/" */
		{ "<meta charset=koi8-r />", "koi8-r" },
		{ "<html><head a='>' b=\">\"><meta charset=koi8-r>", "koi8-r" },
		{ "<p><meta charset=nonsense><meta charset=koi8-r>", "koi8-r" },
		{ "<meta charset=koi8-r><meta charset=big5>", "koi8-r" },
		{ "<meta charset=koi8-r charset=big5>", "koi8-r" },
		{ "<meta charset=nonsense charset=koi8-r>", NULL },
		{ "<meta charset>", NULL },
		{ "<meta charset=>", NULL },
		{ "<metacharset=koi8-r>", NULL },
		{ "<metas charset=koi8-r>", NULL },
		{ "<meta =charset=koi8-r>", NULL },
		{ "<meta = charset=koi8-r>", "koi8-r" },
		{ "<meta charset=koi8-r", NULL },
		{ "<meta charset='koi8-r>", NULL },
		{ "<meta charset='koi8-r'", NULL },
		/* the pragma */
		{ "<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>", "koi8-r" },
		{ "<meta content='text/html;charset=koi8-r' http-equiv=content-type>", "koi8-r" },
		{ "<meta content='charset = \"koi8-r\"' http-equiv=content-type>", "koi8-r" },
		{ "<meta content='text/html; charset=koi8-r'>", NULL },
		{ "<meta http-equiv=refresh content='text/html; charset=koi8-r'>", NULL },
		{ "<meta http-equiv=content-type content='text/html'>", NULL },
		{ "<meta http-equiv=content-type content='charset=nonsense'>", NULL },
		{ "<meta http-equiv=content-type charset=koi8-r content='charset=big5'>",
		  "koi8-r" },
		{ "<meta http-equiv=content-type content='charset=big5' charset=koi8-r>",
		  "koi8-r" },
		{ "<meta content='charset=big5' charset=koi8-r>", "koi8-r" },
		{ "<meta charset=nonsense http-equiv=content-type content='charset=koi8-r'>",
		  NULL },
		/* it is read as ASCII, so it cannot be UTF-16 */
		{ "<meta charset=utf-16>", "utf-8" },
		{ "<meta charset=utf-16le>", "utf-8" },
		{ "<meta charset=UTF-16BE>", "utf-8" },
		{ "<meta charset=x-user-defined>", "windows-1252" },
		/* what is not markup of this kind is skipped */
		{ "<!-- <meta charset=big5> --><meta charset=koi8-r>", "koi8-r" },
		{ "<!--><meta charset=koi8-r>-->", "koi8-r" },
		{ "<!---><meta charset=koi8-r>-->", "koi8-r" },
		{ "<!-- <meta charset=big5>", NULL },
		{ "<!doctype html><meta charset=koi8-r>", "koi8-r" },
		{ "<!<meta charset=big5><meta charset=koi8-r>", "koi8-r" },
		{ "<?x <meta charset=big5><meta charset=koi8-r>", "koi8-r" },
		{ "</ <meta charset=big5><meta charset=koi8-r>", "koi8-r" },
		{ "</a <meta charset=big5><meta charset=koi8-r>", "koi8-r" },
		{ "<a b='<meta charset=big5>'><meta charset=koi8-r>", "koi8-r" },
		{ "<a b=<meta charset=big5><meta charset=koi8-r>", "koi8-r" },
		{ "< meta charset=big5><meta charset=koi8-r>", "koi8-r" },
		{ "a < b <3 << <meta charset=koi8-r>", "koi8-r" },
		{ "<script>'<meta charset=koi8-r>'</script>", "koi8-r" }, /* it knows no scripts */
		/* the XML declaration comes after <meta> */
		{ "<?xml version='1.0' encoding='koi8-r'?>", "koi8-r" },
		{ "<?xml encoding = \"koi8-r\" ?>", "koi8-r" },
		{ "<?xml encoding='utf-16'?>", "utf-8" },
		{ "<?xml encoding='koi8-r'?><meta charset=big5>", "big5" },
		{ "<?xml encoding='koi8-r'?><!-- cut", "koi8-r" },
		{ " <?xml encoding='koi8-r'?>", NULL },
		{ "<?xml encoding=koi8-r?>", NULL },
		{ "<?xml encoding=' koi8-r'?>", NULL },
		{ "<?xml encoding='koi8-r?>", NULL },
		{ "<?xml encoding='koi8-r'", NULL },
		{ "<?xml encoding?>", NULL },
		{ "<?xml?> encoding='koi8-r'", NULL },
		{ "<?xml>", NULL },
		{ "<?xml", NULL },
		{ "<", NULL },
		{ "<m", NULL },
		{ "</", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct decision page = { NULL, slice_of(pages[i].page), pages[i].name, CHARSET_META,
					 NULL };

		if (page.name == NULL) {
			page.name = "utf-8";
			page.source = CHARSET_UTF8;
		}
		assert_decision(&page);
	}
}

static void a_meta_counts_across_and_behind_1024_bytes(void **state)
{
	static const char meta[] = "<meta charset=koi8-r>";
	char page[2048];

	(void)state;
	for (size_t at = 990; at < 1030; at++) {
		struct slice body = { page, at + strlen(meta) };
		struct charset charset;

		memset(page, ' ', sizeof(page));
		memcpy(page + at, meta, strlen(meta));
		charset = charset_decide(body, (struct slice){ NULL, 0 });
		assert_int_equal(charset.source, CHARSET_META);
		assert_string_equal(charset.name, "koi8-r");
	}
}

/* What stands behind a long style sheet, as a tokenizer reads it; NULL: no encoding. */
static void a_late_meta_counts_where_a_browser_sees_it(void **state)
{
	static const struct {
		const char *content_type, *head, *name;
	} table[] = {
		{ NULL, "<meta charset=gbk>", "gb18030" },
		{ "text/html", "<META CHARSET='Shift_JIS'>", "shift_jis" },
		{ "text/html", "<meta http-equiv=content-type content='text/html;charset=big5'>",
		  "big5" },
		{ "text/html", "<meta content='text/html;charset=big5'>", NULL },
		{ "text/html", "<meta charset=utf-16>", "utf-8" },
		{ "text/html", "</head><body><p>x<meta charset=koi8-r>", "koi8-r" },
		{ "text/html", "<meta charset=klingon><meta charset=koi8-r>", "koi8-r" },
		{ "text/html", "<meta charset=koi8-r><meta charset=gbk>", "koi8-r" },
		{ "text/html", "<!-- <meta charset=gbk> -->", NULL },
		{ "text/html", "<script>'<meta charset=gbk>'</script>", NULL },
		{ "text/html", "<script>'<meta charset=gbk>'</script><meta charset=koi8-r>",
		  "koi8-r" },
		{ "text/html", "<style>a</styles><meta charset=gbk>", NULL },
		{ "text/html", "<title><meta charset=gbk></title>", NULL },
		{ "text/html", "<textarea><meta charset=gbk>", NULL },
		{ "text/html", "<metal charset=gbk>", NULL },
		{ "text/html", "<p title='<meta charset=gbk>'>", NULL },
		{ "text/html", "<meta charset=gbk", NULL },
		{ "text/html", "<", NULL },
		{ "text/plain", "<meta charset=gbk>", NULL },
		{ "application/json", "<meta charset=gbk>", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		static char page[8192];
		struct charset charset;
		int size =
			snprintf(page, sizeof(page), "<style>%03000d</style>%s", 0, table[i].head);

		charset = charset_decide((struct slice){ page, (size_t)size },
					 slice_of(table[i].content_type));
		if ((charset.source == CHARSET_META) != (table[i].name != NULL) ||
		    (table[i].name && strcmp(charset.name, table[i].name) != 0))
			fail_msg("%s: %s", table[i].head, charset.name);
	}
}

static void a_prescan_of_a_page_cut_anywhere_ends(void **state)
{
	static const char page[] =
		"<?xml version='1.0' encoding='koi8-r'?><!-- c --><!doctype html><a b=c d='e' f>"
		"</a><meta name=x content='charset=big5'>"
		"<meta http-equiv=\"content-type\" content=\"text/html; charset=gbk\">";
	const size_t xml = strlen("<?xml version='1.0' encoding='koi8-r'?>");

	(void)state;
	for (size_t cut = 0; cut < sizeof(page); cut++) {
		struct decision want = { NULL, { page, cut }, "utf-8", CHARSET_UTF8, NULL };

		if (cut >= xml)
			want = (struct decision){
				NULL, { page, cut }, "koi8-r", CHARSET_META, NULL
			};
		if (cut >= sizeof(page) - 1)
			want.name = "gb18030";
		assert_decision(&want);
	}
}

/* Text of many sentences is enough for uchardet; the names it gives become the Standard's. */
static void unlabelled_text_is_detected(void **state)
{
	static const struct {
		const char *name;
		struct slice sentence;
	} samples[] = {
		{ "windows-1251",
		  BYTES("\xCF\xF0\xE8\xE2\xE5\xF2, \xFD\xF2\xEE \xF1\xF2\xF0\xE0\xED\xE8"
			"\xF6\xE0 \xED\xE0 \xF0\xF3\xF1\xF1\xEA\xEE\xEC. ") },
		{ "koi8-r",
		  BYTES("\xF0\xD2\xC9\xD7\xC5\xD4, \xDC\xD4\xCF \xD3\xD4\xD2\xC1\xCE\xC9\xC3\xC1 "
			"\xCE\xC1 \xD2\xD5\xD3\xD3\xCB\xCF\xCD. ") },
		{ "gb18030",
		  BYTES("\xB1\xB1\xBE\xA9\xCA\xC7\xD6\xD0\xBB\xAA\xC8\xCB\xC3\xF1\xB9\xB2\xBA"
			"\xCD\xB9\xFA\xB5\xC4\xCA\xD7\xB6\xBC\xA1\xA3") },
		{ "shift_jis",
		  BYTES("\x93\xFA\x96{\x82\xCC\x8E\xF1\x93s\x82\xCD\x93\x8C\x8B\x9E\x82\xC5\x82"
			"\xB7\x81\x42") },
		{ "euc-jp",
		  BYTES("\xC6\xFC\xCB\xDC\xA4\xCE\xBC\xF3\xC5\xD4\xA4\xCF\xC5\xEC\xB5\xFE\xA4\xC7"
			"\xA4\xB9\xA1\xA3") },
		{ "euc-kr",
		  BYTES("\xB4\xEB\xC7\xD1\xB9\xCE\xB1\xB9\xC0\xC7 \xBC\xF6\xB5\xB5\xB4\xC2 "
			"\xBC\xAD\xBF\xEF\xC0\xD4\xB4\xCF\xB4\xD9. ") },
		{ "windows-1255",
		  BYTES("\xE9\xF8\xE5\xF9\xEC\xE9\xED \xE4\xE9\xE0 \xE1\xE9\xF8\xFA "
			"\xE9\xF9\xF8\xE0\xEC \xE5\xE4\xE9\xE5\xED. ") },
	};
	static char page[300000];

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct slice body = { page, 200000 };
		struct charset charset;

		memset(page, 'x', body.size); /* what is looked at is the text, wherever it is */
		for (int n = 0; n < 20; n++) {
			memcpy(page + body.size, samples[i].sentence.at, samples[i].sentence.size);
			body.size += samples[i].sentence.size;
		}
		charset = charset_decide(body, (struct slice){ NULL, 0 });
		assert_string_equal(charset.name, samples[i].name);
		assert_int_equal(charset.source, CHARSET_DETECTED);
	}
}

/* ------------------------------------------------------------------ UTF-8 */

static const struct slice well_formed[] = {
	BYTES(""),
	BYTES("ascii"),
	BYTES("\0"),
	BYTES("\x7F"),
	BYTES("\xC2\x80"),
	BYTES("\xDF\xBF"),
	BYTES("\xE0\xA0\x80"),
	BYTES("\xED\x9F\xBF"),
	BYTES("\xEE\x80\x80"),
	BYTES("\xEF\xBF\xBF"),
	BYTES("\xF0\x90\x80\x80"),
	BYTES("\xF4\x8F\xBF\xBF"),
	BYTES("aé中😀b"),
};

/* Each malformed run beside what the Standard makes of it: a U+FFFD for each maximal subpart. */
static const struct {
	struct slice bytes;
	const char *text;
} malformed[] = {
	{ BYTES("\x80"), R },
	{ BYTES("\xBF"), R },
	{ BYTES("\xC0\x80"), R R },
	{ BYTES("\xC1\xBF"), R R },
	{ BYTES("\xC2"), R },
	{ BYTES("\xC2\x41"), R "A" },
	{ BYTES("\xC2\xC2\x80"), R "\xC2\x80" },
	{ BYTES("\xE0\x80\x80"), R R R },
	{ BYTES("\xE0\x9F\xBF"), R R R },
	{ BYTES("\xE0\xA0"), R },
	{ BYTES("\xE4\xB8"), R },
	{ BYTES("\xE4\xB8\x41"), R "A" },
	{ BYTES("\xE4\xB8\xE4\xB8\xAD"), R "中" },
	{ BYTES("\xED\xA0\x80"), R R R },
	{ BYTES("\xED\xBF\xBF"), R R R },
	{ BYTES("\xF0\x80\x80\x80"), R R R R },
	{ BYTES("\xF0\x8F\xBF\xBF"), R R R R },
	{ BYTES("\xF0\x90\x80"), R },
	{ BYTES("\xF0\x9F\x98\x41"), R "A" },
	{ BYTES("\xF0\x9F\x98\xF0\x9F"), R R },
	{ BYTES("\xF4\x90\x80\x80"), R R R R },
	{ BYTES("\xF5\x80\x80\x80"), R R R R },
	{ BYTES("\xF8\x88\x80\x80\x80"), R R R R R },
	{ BYTES("\xFE\xFF"), R R },
	{ BYTES("a\xFF\x62\0\xFF"), NULL },
};

/* Everywhere in a text, because whole words are looked at where there is room for them. */
static void malformed_utf8_is_seen_at_every_place(void **state)
{
	(void)state;
	for (size_t before = 0; before < 70; before++)
		for (size_t i = 0; i < COUNT(well_formed) + COUNT(malformed); i++) {
			bool is_good = i < COUNT(well_formed);
			struct slice part =
				is_good ? well_formed[i] : malformed[i - COUNT(well_formed)].bytes;
			size_t size = before + part.size + before % 40;
			char *text = malloc(size + 1);

			memset(text, 'x', size);
			memcpy(text + before, part.at, part.size);
			text = realloc(text, size > 0 ? size : 1);
			assert_int_equal(charset_is_utf8((struct slice){ text, size }), is_good);
			free(text);
		}
	assert_true(charset_is_utf8((struct slice){ NULL, 0 }));
}

static void malformed_utf8_becomes_replacement_characters(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(malformed); i++)
		if (malformed[i].text != NULL)
			assert_decoded("utf-8", malformed[i].bytes, malformed[i].text);
}

static void every_two_and_three_bytes_are_judged_alike(void **state)
{
	char out[9];

	(void)state;
	for (uint32_t n = 0; n < 1 << 24; n += 1 + (n & 0x3F) % 7 * 3) {
		const char bytes[3] = { (char)(n >> 16), (char)(n >> 8), (char)n };
		struct slice body = { bytes, 3 };
		struct charset charset = { .name = "utf-8" };
		struct slice text = charset_to_utf8(converters, charset, body, out, sizeof(out));

		assert_int_equal(charset_is_utf8(body), text.at == bytes);
		assert_true(charset_is_utf8(text));
	}
}

static void text_that_needs_no_change_is_not_copied(void **state)
{
	static const struct {
		const char *name;
		struct slice body;
		size_t bom_bytes;
	} samples[] = {
		{ "utf-8", BYTES("aé中"), 0 },
		{ "utf-8", BYTES("\xEF\xBB\xBF\x61é中"), 3 },
		{ "windows-1252", BYTES("ascii \0 alone"), 0 },
		{ "gb18030", BYTES("ascii"), 0 },
		{ "shift_jis", BYTES("a\\b~"), 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct charset charset = { .name = samples[i].name,
					   .bom_bytes = samples[i].bom_bytes };
		struct slice text = charset_to_utf8(converters, charset, samples[i].body, NULL, 0);

		assert_ptr_equal(text.at, samples[i].body.at + samples[i].bom_bytes);
		assert_int_equal(text.size, samples[i].body.size - samples[i].bom_bytes);
	}
}

/* ------------------------------------------------------------------ decoders */

struct sample {
	const char *name;
	struct slice bytes;
	const char *text;
};

static const struct sample samples[] = {
	{ "utf-8", BYTES("a\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80"), "aé中😀" },
	{ "utf-16le", BYTES("a\0\xE9\0-N=\xD8\0\xDE"), "aé中😀" },
	{ "utf-16be", BYTES("\0a\0\xE9N-\xD8=\xDE\0"), "aé中😀" },
	{ "ibm866", BYTES("\x8F\xE0\xA8\xA2\xA5\xE2"), "Привет" },
	{ "iso-8859-2", BYTES("Za\xBF\xF3\xB3\xE6"), "Zażółć" },
	{ "iso-8859-3", BYTES("\xD8is \xE6i"), "Ĝis ĉi" },
	{ "iso-8859-4", BYTES("\xD3\xBA\xBE\xBB"), "Ķēžģ" },
	{ "iso-8859-5", BYTES("\xBF\xE0\xD8\xD2\xD5\xE2"), "Привет" },
	{ "iso-8859-6", BYTES("\xE5\xD1\xCD\xC8\xC7"), "مرحبا" },
	{ "iso-8859-7", BYTES("\xCA\xE1\xEB\xE7\xEC\xDD\xF1\xE1"), "Καλημέρα" },
	{ "iso-8859-8", BYTES("\xF9\xEC\xE5\xED"), "שלום" },
	{ "iso-8859-8-i", BYTES("\xF9\xEC\xE5\xED"), "שלום" },
	{ "iso-8859-10", BYTES("\xFE\xE6\xF0\xBF"), "þæðŋ" },
	{ "iso-8859-13", BYTES("A\xE8i\xFB"), "Ačiū" },
	{ "iso-8859-14", BYTES("\xD0\xFE"), "Ŵŷ" },
	{ "iso-8859-15", BYTES("\xBDuf \xA4"), "œuf €" },
	{ "iso-8859-16", BYTES("\xBA\xFE\xE3"), "șță" },
	{ "koi8-r", BYTES("\xF0\xD2\xC9\xD7\xC5\xD4"), "Привет" },
	{ "koi8-u", BYTES("\xF0\xD2\xC9\xD7\xA6\xD4 \xAE\xBE"), "Привіт ўЎ" },
	{ "macintosh", BYTES("caf\x8E \xC6\xF0"), "café ∆\xEF\xA3\xBF" },
	{ "windows-874", BYTES("\xCA\xC7\xD1\xCA\xB4\xD5"), "สวัสดี" },
	{ "windows-1250", BYTES("Za\xBF\xF3\xB3\xE6"), "Zażółć" },
	{ "windows-1251", BYTES("\xCF\xF0\xE8\xE2\xE5\xF2"), "Привет" },
	{ "windows-1252", BYTES("caf\xE9 \x96 \x80"), "café – €" },
	{ "windows-1253", BYTES("\xCA\xE1\xEB\xE7\xEC\xDD\xF1\xE1"), "Καλημέρα" },
	{ "windows-1254", BYTES("\xDDstanbul \xF0"), "İstanbul ğ" },
	{ "windows-1255", BYTES("\xF9\xEC\xE5\xED \xCA"), "שלום \xD6\xBA" },
	{ "windows-1256", BYTES("\xE3\xD1\xCD\xC8\xC7"), "مرحبا" },
	{ "windows-1257", BYTES("A\xE8i\xFB"), "Ačiū" },
	/* a letter and its mark stay two characters */
	{ "windows-1258", BYTES("Vi\xEA\xF2t"), "Vi\xC3\xAA\xCC\xA3t" },
	{ "x-mac-cyrillic", BYTES("\x8F\xF0\xE8\xE2\xE5\xF2 \xFF"), "Привет €" },
	{ "x-user-defined", BYTES("a\x80\xFF"), "a\xEF\x9E\x80\xEF\x9F\xBF" },
	{ "gb18030", BYTES("\xD6\xD0\xCE\xC4\xA3\xAC\xB1\xE0\xC2\xEB"), "中文，编码" },
	{ "gb18030", BYTES("\x80 \xA3\xA0\x94\x39\xDA\x33\x81\x30\x84\x36"), "€ 　💩¥" },
	{ "big5", BYTES("\xA4\xA4\xA4\xE5\xA1\x41\xBDs\xBDX"), "中文，編碼" },
	/* four bytes: where glibc differs from the Standard, and where both use the private area */
	{ "gb18030", BYTES("\x82\x35\x90\x37\x84\x31\x82\x36\x81\x35\xF4\x37"),
	  "\xE9\xBE\xB4\xEF\xB8\x90\xEE\x9F\x87" },
	/* two bytes: private in the Standard, whatever a glibc makes of them */
	{ "gb18030", BYTES("\xFE\x51\xFE\x52\xFE\x53\xFE\x6C\xFE\x76\xFE\x91"),
	  "\xEE\xA0\x96\xEE\xA0\x97\xEE\xA0\x98\xEE\xA0\xB1\xEE\xA0\xBB\xEE\xA1\x95" },
	/* of HKSCS, Big5's own punctuation, and characters of two code points */
	{ "big5", BYTES("\x8E\x69\x87\x45\xA1\x45\xA3\xE1"), "箸𧉧‧€" },
	{ "big5", BYTES("\x88\x62\x88\xA5"), "\xC3\x8A\xCC\x84\xC3\xAA\xCC\x8C" },
	{ "euc-kr", BYTES("\xC7\xD1\xB1\xB9\xBE\xEE \x8C\x63"), "한국어 똠" },
	{ "shift_jis", BYTES("\x93\xFA\x96{\x8C\xEA\xB1\x87@"), "日本語ｱ①" },
	{ "shift_jis", BYTES("\x81\x60\x5C~\x80\xF0@"), "～\\~\xC2\x80\xEE\x80\x80" },
	{ "euc-jp", BYTES("\xC6\xFC\xCB\xDC\xB8\xEC\x8E\xB1\xAD\xA1\x8F\xB0\xA1"), "日本語ｱ①丂" },
	{ "iso-2022-jp", BYTES("\x1B$BF|K\\8l\x1B(B abc"), "日本語 abc" },
	{ "iso-2022-jp", BYTES("\x1B(J\\~a\x1B(I1\x1B$@-!\x1B(B\\"), "¥‾aｱ①\\" },
};

static void every_encoding_is_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++)
		assert_decoded(samples[i].name, samples[i].bytes, samples[i].text);
	for (size_t i = 0; i < COUNT(encodings); i++) {
		size_t sample = 0;

		while (sample < COUNT(samples) &&
		       strcmp(samples[sample].name, encodings[i].name) != 0)
			sample++;
		if (sample == COUNT(samples))
			fail_msg("no sample of %s", encodings[i].name);
	}
}

static void malformed_bytes_become_replacement_characters(void **state)
{
	static const struct sample bad[] = {
		/* an ASCII byte is never part of it, any other second byte is */
		{ "gb18030", BYTES("\xFF"), R },
		{ "gb18030", BYTES("\xD6<b>"), R "<b>" },
		{ "gb18030", BYTES("\xD6\xFF<"), R "<" },
		{ "gb18030", BYTES("\xD6"), R },
		{ "gb18030", BYTES("\x81\x30"), R },
		{ "gb18030", BYTES("\x81\x30\x81"), R },
		{ "gb18030", BYTES("\x81\x30<"), R "0<" },
		{ "gb18030", BYTES("\x81\x30\x81<"), R "0" R "<" },
		{ "gb18030", BYTES("\x81\x30\x81\x81"), R "0亖" },
		{ "gb18030", BYTES("\xFE\x39\xFE\x39<"), R "<" },
		{ "gb18030", BYTES("\x84\x31\xA4\x39<"), "\xEF\xBF\xBF<" },
		{ "big5", BYTES("\x80\xFF"), R R },
		{ "big5", BYTES("\xA4<b>"), R "<b>" },
		{ "big5", BYTES("\xA4\x80<"), R "<" },
		{ "big5", BYTES("\x81\x40"), R "@" },
		{ "big5", BYTES("\xA4"), R },
		{ "euc-kr", BYTES("\x80\xFF"), R R },
		{ "euc-kr", BYTES("\xC7<"), R "<" },
		{ "euc-kr", BYTES("\xC7\xFF<"), R "<" },
		{ "euc-kr", BYTES("\xFE\xFE\xC7"), R R },
		{ "shift_jis", BYTES("\xA0\xFD\xFE\xFF"), R R R R },
		{ "shift_jis", BYTES("\x93<"), R "<" },
		{ "shift_jis", BYTES("\x93\xFD<"), R "<" },
		{ "shift_jis", BYTES("\x85@"), R "@" },
		{ "shift_jis", BYTES("\x93"), R },
		{ "euc-jp", BYTES("\x80\x90\xA0\xFF"), R R R R },
		{ "euc-jp", BYTES("\xC6<"), R "<" },
		{ "euc-jp", BYTES("\xC6\x80<"), R "<" },
		{ "euc-jp", BYTES("\x8E<\x8E\xE0<"), R "<" R "<" },
		{ "euc-jp", BYTES("\x8F<\x8F\x80<"), R "<" R "<" },
		{ "euc-jp", BYTES("\x8F\xB0<\x8F\xB0\x80<"), R "<" R "<" },
		{ "euc-jp", BYTES("\x8F\xB0"), R },
		{ "iso-2022-jp", BYTES("a\xE9\x0E\x0F"), "a" R R R },
		{ "iso-2022-jp", BYTES("\x1B"), R },
		{ "iso-2022-jp", BYTES("\x1B$"), R "$" },
		{ "iso-2022-jp", BYTES("\x1B(Zx"), R "(Zx" },
		{ "iso-2022-jp", BYTES("\x1B$BF"), R },
		{ "iso-2022-jp", BYTES("\x1B$BF\x1B(Bx"), R "x" },
		{ "iso-2022-jp", BYTES("\x1B$BF\nF|\n"), R "日" R },
		{ "iso-2022-jp", BYTES("\x1B$B\x1B(Bx"), R "x" },
		{ "iso-2022-jp", BYTES("\x1B(I\x60\xB1"), R R },
		{ "utf-16le", BYTES("a\0b"), "a" R },
		{ "utf-16le", BYTES("=\xD8\x61\0"), R "a" },
		{ "utf-16le", BYTES("\0\xDE\x61\0"), R "a" },
		{ "utf-16le", BYTES("=\xD8=\xD8\0\xDE"), R "😀" },
		{ "utf-16le", BYTES("=\xD8"), R },
		{ "utf-16le", BYTES("=\xD8\0"), R },
		{ "utf-16be", BYTES("\xD8=\0a\xDE\0"), R "a" R },
		{ "utf-16be", BYTES("\xFF\xFE"), "\xEF\xBF\xBE" },
		{ "iso-8859-6", BYTES("\xA1\x80"), R "\xC2\x80" },
		{ "windows-1253", BYTES("\xAA\xD2\xFF"), R R R },
		{ "windows-874", BYTES("\xDB\xFF"), R R },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_decoded(bad[i].name, bad[i].bytes, bad[i].text);
}

/* The bytes that Windows left undefined are control characters in a browser, not errors. */
static void undefined_bytes_of_windows_are_controls(void **state)
{
	static const struct sample controls[] = {
		{ "windows-1252", BYTES("\x81\x8D\x8F\x90\x9D"),
		  "\xC2\x81\xC2\x8D\xC2\x8F\xC2\x90\xC2\x9D" },
		{ "windows-1250", BYTES("\x81\x83\x88\x90\x98"),
		  "\xC2\x81\xC2\x83\xC2\x88\xC2\x90\xC2\x98" },
		{ "windows-1251", BYTES("\x98"), "\xC2\x98" },
		{ "windows-1254", BYTES("\x8E\x9E"), "\xC2\x8E\xC2\x9E" },
		{ "windows-1258", BYTES("\x8A\x9A"), "\xC2\x8A\xC2\x9A" },
		{ "windows-874", BYTES("\x81\x9F"), "\xC2\x81\xC2\x9F" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(controls); i++)
		assert_decoded(controls[i].name, controls[i].bytes, controls[i].text);
}

/* FNV-1a of what becomes of every pair of bytes that begins with one >= 0x80. */
static uint32_t fingerprint(const char *name)
{
	static char body[128 * 256 * 3], out[sizeof(body) * CHARSET_GROWTH_MAX];
	struct charset charset = { .name = name };
	uint32_t hash = 2166136261u;
	struct slice text;
	size_t size = 0;

	for (unsigned lead = 0x80; lead <= 0xFF; lead++)
		for (unsigned trail = 0; trail <= 0xFF; trail++) {
			body[size++] = (char)lead;
			body[size++] = (char)trail;
			body[size++] = '\n';
		}
	text = charset_to_utf8(converters, charset, (struct slice){ body, size }, out, sizeof(out));
	for (size_t i = 0; i < text.size; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * 16777619u;
	return hash;
}

/*
 * The tables come from glibc.  These are the fingerprints of the Standard's indexes: a glibc that
 * decides otherwise one day is seen here.
 */
static void every_index_is_the_standards(void **state)
{
	static const struct {
		const char *name;
		uint32_t fingerprint;
	} indexes[] = {
		{ "gb18030", 0xA8D5DA1E },      { "big5", 0x1BB7B72C },
		{ "euc-kr", 0xCA02CBD8 },       { "shift_jis", 0x67A968C1 },
		{ "euc-jp", 0x78EA23F5 },       { "ibm866", 0x908DF6D1 },
		{ "iso-8859-2", 0x9B0598AD },   { "iso-8859-3", 0x5E442C47 },
		{ "iso-8859-4", 0x3A9BBD45 },   { "iso-8859-5", 0x791F6EBF },
		{ "iso-8859-6", 0x18602B51 },   { "iso-8859-7", 0x774BEC79 },
		{ "iso-8859-8", 0x7D8C7B69 },   { "iso-8859-10", 0x64702E25 },
		{ "iso-8859-13", 0xD63E4941 },  { "iso-8859-14", 0x5881602D },
		{ "iso-8859-15", 0xB0375A83 },  { "iso-8859-16", 0x8F814ED7 },
		{ "koi8-r", 0xB18ECD55 },       { "koi8-u", 0xF74E15A1 },
		{ "macintosh", 0x44E6D3B5 },    { "windows-874", 0xE265BB91 },
		{ "windows-1250", 0x56CDD609 }, { "windows-1251", 0x7B35E5E1 },
		{ "windows-1252", 0x624D7F8F }, { "windows-1253", 0xF03FBD49 },
		{ "windows-1254", 0xF0C6023D }, { "windows-1255", 0xFE93D199 },
		{ "windows-1256", 0xE76A7D31 }, { "windows-1257", 0xCB73C285 },
		{ "windows-1258", 0x5E8EEAA5 }, { "x-mac-cyrillic", 0xCA7E78D5 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(indexes); i++)
		if (fingerprint(indexes[i].name) != indexes[i].fingerprint)
			fail_msg("{ \"%s\", 0x%08X },", indexes[i].name,
				 fingerprint(indexes[i].name));
}

static void a_nul_is_a_character(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(encodings); i++) {
		const char *name = encodings[i].name;
		bool is_wide = strncmp(name, "utf-16", 6) == 0;
		struct slice body = is_wide ? SLICE("\0\0\0\0") : SLICE("\0\xFF\0");
		char *out;
		struct slice text = decoded(name, body, 12, &out);

		assert_true(text.size >= 2 && text.at[0] == '\0' && text.at[text.size - 1] == '\0');
		free(out);
	}
}

static void an_unknown_name_is_read_as_windows_1252(void **state)
{
	(void)state;
	assert_decoded("klingon", SLICE("caf\xE9"), "café");
	assert_decoded(NULL, SLICE("caf\xE9"), "café");
}

static void a_mark_longer_than_the_body_leaves_nothing(void **state)
{
	struct charset charset = { .name = "utf-8", .bom_bytes = 3 };
	char out[3];

	(void)state;
	assert_int_equal(charset_to_utf8(converters, charset, SLICE("ab"), out, sizeof(out)).size,
			 0);
}

/* ------------------------------------------------------------------ properties */

/* A body cut anywhere gives what the whole body gives, and at most one U+FFFD behind it. */
static void a_body_cut_at_every_byte_loses_one_character(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		if (strcmp(samples[i].name, "iso-2022-jp") == 0)
			continue; /* half an escape sequence is text */
		for (size_t cut = 0; cut <= samples[i].bytes.size; cut++) {
			char *out;
			struct slice body = { samples[i].bytes.at, cut };
			struct slice text =
				decoded(samples[i].name, body, cut * CHARSET_GROWTH_MAX, &out);

			assert_true(charset_is_utf8(text));
			if (text.size >= 3 && memcmp(text.at + text.size - 3, R, 3) == 0)
				text.size -= 3;
			assert_true(text.size <= strlen(samples[i].text));
			assert_memory_equal(text.at, samples[i].text, text.size);
			free(out);
		}
	}
}

static void a_result_that_does_not_fit_is_cut_at_a_character(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const size_t whole = strlen(samples[i].text);

		for (size_t room = 0; room <= whole; room++) {
			char *out;
			struct slice text;

			if (strcmp(samples[i].name, "utf-8") == 0)
				continue; /* points into the body, whatever the room */
			text = decoded(samples[i].name, samples[i].bytes, room, &out);
			assert_true(text.size <= room && room - text.size < 4);
			assert_true(room < whole || text.size == whole);
			assert_true(charset_is_utf8(text));
			assert_memory_equal(text.at, samples[i].text, text.size);
			free(out);
		}
	}
}

/* Bytes that look like text of some encoding more often than even chance would have them. */
static size_t random_body(char *body, size_t size_max, uint32_t *seed)
{
	static const char favourites[] =
		"\x1B$B\x1B(J\x1B(I<>019\x80\x81\x8E\x8F\xA1\xD8\xDC\xE0\xED\xF4";
	size_t size = next_random(seed) % (size_max + 1);
	uint32_t mode = next_random(seed) % 4;

	for (size_t i = 0; i < size; i++) {
		uint32_t dice = next_random(seed);

		if (mode == 0 || dice % 4 == 0)
			body[i] = (char)next_random(seed);
		else if (dice % 4 == 1)
			body[i] = favourites[next_random(seed) % (sizeof(favourites) - 1)];
		else
			body[i] = (char)(next_random(seed) % (mode == 1 ? 128 : 256) |
					 (mode == 2 ? 128 : 0));
	}
	return size;
}

static void random_bytes_always_give_valid_utf8(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 400; round++)
		for (size_t i = 0; i < COUNT(encodings); i++) {
			char bytes[160];
			struct slice body = { bytes, random_body(bytes, sizeof(bytes), &seed) };
			size_t room = body.size * CHARSET_GROWTH_MAX;
			char *whole_out, *out;
			struct slice whole = decoded(encodings[i].name, body, room, &whole_out),
				     text;

			assert_true(whole.size <= room);
			assert_true(charset_is_utf8(whole));
			room = next_random(&seed) % (room + 1);
			text = decoded(encodings[i].name, body, room, &out);
			if (text.at == out) {
				assert_true(text.size <= room && charset_is_utf8(text));
				assert_memory_equal(text.at, whole.at, text.size);
			}
			free(whole_out);
			free(out);
		}
}

static void random_pages_are_always_decided(void **state)
{
	static const char *const pieces[] = {
		"<meta ",       "charset", "=",      "\"",       "'",
		"utf-8",        "gbk",     " ",      ">",        "/",
		"<!--",         "-->",     "<?xml ", "encoding", "http-equiv",
		"content-type", "content", ";",      "<a ",      "</",
		"\xFF\xFE",     "\xE9",
	};
	uint32_t seed = 3;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char page[512];
		size_t size = 0, count = next_random(&seed) % 30;
		struct charset charset;
		char *copy;

		while (count-- > 0) {
			const char *piece = pieces[next_random(&seed) % COUNT(pieces)];

			memcpy(page + size, piece, strlen(piece));
			size += strlen(piece);
		}
		copy = exact_copy((struct slice){ page, size });
		charset = charset_decide((struct slice){ copy, size },
					 (struct slice){ copy, size / 2 });
		assert_non_null(charset_from_label(slice_of(charset.name)));
		assert_true(charset.bom_bytes <= size);
		free(copy);
	}
}

/* uchardet reads 10 MB/s: it must not be given the whole of a large page. */
static void a_large_page_is_decided_quickly(void **state)
{
	const size_t size = 8 << 20;
	char *page = malloc(size);
	clock_t start;

	(void)state;
	for (size_t i = 0; i < size; i++)
		page[i] = "\xE9 \xE8 abc \xFCx"[i % 11];
	start = clock();
	charset_decide((struct slice){ page, size }, (struct slice){ NULL, 0 });
	assert_true(clock() - start < CLOCKS_PER_SEC / 4);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_label_of_the_standard_resolves),
		cmocka_unit_test(case_and_outer_space_of_a_label_do_not_matter),
		cmocka_unit_test(what_is_no_label_is_unknown),
		cmocka_unit_test(every_source_has_a_name),
		cmocka_unit_test(pages_are_read_as_their_sources_say),
		cmocka_unit_test(the_header_is_read_as_servers_write_it),
		cmocka_unit_test(the_prescan_reads_what_a_browser_reads),
		cmocka_unit_test(a_meta_counts_across_and_behind_1024_bytes),
		cmocka_unit_test(a_late_meta_counts_where_a_browser_sees_it),
		cmocka_unit_test(a_prescan_of_a_page_cut_anywhere_ends),
		cmocka_unit_test(unlabelled_text_is_detected),
		cmocka_unit_test(malformed_utf8_is_seen_at_every_place),
		cmocka_unit_test(malformed_utf8_becomes_replacement_characters),
		cmocka_unit_test(every_two_and_three_bytes_are_judged_alike),
		cmocka_unit_test(text_that_needs_no_change_is_not_copied),
		cmocka_unit_test(every_encoding_is_decoded),
		cmocka_unit_test(malformed_bytes_become_replacement_characters),
		cmocka_unit_test(undefined_bytes_of_windows_are_controls),
		cmocka_unit_test(every_index_is_the_standards),
		cmocka_unit_test(a_nul_is_a_character),
		cmocka_unit_test(an_unknown_name_is_read_as_windows_1252),
		cmocka_unit_test(a_mark_longer_than_the_body_leaves_nothing),
		cmocka_unit_test(a_body_cut_at_every_byte_loses_one_character),
		cmocka_unit_test(a_result_that_does_not_fit_is_cut_at_a_character),
		cmocka_unit_test(random_bytes_always_give_valid_utf8),
		cmocka_unit_test(random_pages_are_always_decided),
		cmocka_unit_test(a_large_page_is_decided_quickly),
	};
	char error[CHARSET_ERROR_MAX];
	int failed;

	converters = charset_converters_new(error);
	if (converters == NULL) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	failed = RUN_TESTS(tests);
	charset_converters_free(converters);
	return failed;
}
