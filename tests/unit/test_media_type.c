#include "tests/support/test.h"

#include "parsers/text/media_type.h"

#define XHTML_ROOT "<html xmlns=\"http://www.w3.org/1999/xhtml\">"

struct row {
	const char *content_type, *body;
	enum media_type want;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum media_type got =
			media_type_of(slice_of(rows[i].content_type), slice_of(rows[i].body));

		if (got != rows[i].want)
			fail_msg("%s, %s: %d, not %d", rows[i].content_type, rows[i].body, got,
				 rows[i].want);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

static void a_type_that_is_said_is_obeyed(void **state)
{
	static const struct row rows[] = {
		{ "text/html", "{}", MEDIA_HTML },
		{ "TEXT/HTML ; charset=utf-8", "", MEDIA_HTML },
		{ "text/html;;charset=UTF-8", "", MEDIA_HTML },
		{ " text/html", "", MEDIA_HTML },
		{ "text/plain", "<html>", MEDIA_TEXT },
		{ "text/css", "<html>", MEDIA_TEXT },
		{ "text/javascript", "<html>", MEDIA_TEXT },
		{ "application/javascript", "<html>", MEDIA_TEXT },
		{ "application/json", "<html>", MEDIA_TEXT },
		{ "application/ld+json", "<html>", MEDIA_TEXT },
		{ "application/x-www-form-urlencoded", "a=b", MEDIA_TEXT },
		{ "application/xhtml+xml", "<p>", MEDIA_XHTML },
		{ "application/xml", "<urlset>", MEDIA_XML },
		{ "image/svg+xml", "<svg>", MEDIA_XML },
		{ "application/xml-dtd", "<!ELEMENT p>", MEDIA_TEXT },
		{ "image/png", "<html>", MEDIA_BINARY },
		{ "application/octet-stream", "<html>", MEDIA_BINARY },
		{ "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "PK",
		  MEDIA_BINARY },
	};

	(void)state;
	CHECK(rows);
}

static void of_several_types_the_last_counts(void **state)
{
	static const struct row rows[] = {
		{ "text/html,text/html", "", MEDIA_HTML },
		{ "text/plain, text/html", "", MEDIA_HTML },
		{ "text/html, text/plain", "", MEDIA_TEXT },
		{ "text/html, */*", "", MEDIA_HTML },
		{ "text/html, nonsense", "", MEDIA_HTML },
		{ "text/html; x=\"a,b\"", "", MEDIA_HTML },
	};

	(void)state;
	CHECK(rows);
}

/* MIME Sniffing 7.1 */
static void a_type_that_says_nothing_leaves_it_to_the_bytes(void **state)
{
	static const char *const types[] = {
		"",     "*/*",        "unknown/unknown", "application/unknown", "html",
		"text", ";charset=",  "charset=utf-8",   ";charset=utf-8",      ",",
		"/",    "text/",      "/html",           "text html",           "*/*;q=1",
		"none", "text/ht ml", "text/html/x",     "UNKNOWN/Unknown",     "\"text/html\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct row rows[] = {
			{ types[i], "<!doctype html><p>", MEDIA_HTML },
			{ types[i], "\r\n\t <p>x", MEDIA_HTML },
			{ types[i], "\xEF\xBB\xBF<p>x", MEDIA_HTML },
			{ types[i], "<!-- x -->", MEDIA_HTML },
			{ types[i], "x <p>", MEDIA_TEXT },
			{ types[i], "< p", MEDIA_TEXT },
			{ types[i], "", MEDIA_TEXT },
			{ types[i], "<?xml version='1.0'?><a/>", MEDIA_XML },
			{ types[i], "<?xml version='1.0'?>" XHTML_ROOT, MEDIA_XHTML },
			{ types[i], "%PDF-1.7", MEDIA_BINARY },
			{ types[i], "GIF89a\x01\x02", MEDIA_BINARY },
			{ types[i], "\xFF\xFE<", MEDIA_TEXT },
		};

		assert_true(media_type_is_unknown(slice_of(types[i])));
		CHECK(rows);
	}
}

/* MIME Sniffing 7.1: its tags are looked for before bytes that no text has. */
static void a_tag_of_html_counts_for_more_than_a_binary_byte(void **state)
{
	static const char *const pages[] = {
		"<!DOCTYPE html>\x02",
		"<!doctype HTML SYSTEM>\x02",
		"\n\t <HTML lang=a>\x02",
		"<head>\x02",
		"<p>\x02",
		"<a href=x>\x02",
		"<!-- \x02 -->",
		"<!--x\x02",
		"\xEF\xBB\xBF<div >\x02",
		"<?xml version='1.0'?><a>\x02",
	};
	static const char *const others[] = { "<html\x02>", "<x>\x02", "x<p>\x02", "<!-\x02" };

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (media_type_of(SLICE(""), slice_of(pages[i])) <= MEDIA_TEXT)
			fail_msg("%s is no page", pages[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (media_type_of(SLICE(""), slice_of(others[i])) != MEDIA_BINARY)
			fail_msg("%s is not binary", others[i]);
	assert_int_equal(media_type_of(SLICE(""), SLICE("<!DOCTYPE html><p>\0")), MEDIA_HTML);
	assert_int_equal(media_type_of(SLICE("image/png"), SLICE("<!DOCTYPE html>")), MEDIA_BINARY);
}

static void utf_16_is_no_binary_data(void **state)
{
	(void)state;
	assert_int_equal(media_type_of(SLICE(""), SLICE("\xFF\xFE<\0p\0")), MEDIA_HTML);
	assert_int_equal(media_type_of(SLICE(""), SLICE("\xFE\xFF\0<\0p")), MEDIA_HTML);
	assert_int_equal(media_type_of(SLICE(""), SLICE("\xFF\xFEx\0y\0")), MEDIA_TEXT);
	assert_int_equal(media_type_of(SLICE(""), SLICE("x\0y\0")), MEDIA_BINARY);
}

static void xml_with_html_elements_is_xhtml(void **state)
{
	static const struct row rows[] = {
		{ "text/xml", XHTML_ROOT, MEDIA_XHTML },
		{ "application/xml",
		  "<?xml version='1.0'?>\n<!-- <x> -->\n<!DOCTYPE html>" XHTML_ROOT, MEDIA_XHTML },
		{ "application/xml", "<h:html xmlns:h='http://www.w3.org/1999/xhtml'>",
		  MEDIA_XHTML },
		{ "application/xml", "<html>", MEDIA_XML },
		{ "application/xml", "<html\n\txmlns='http://www.w3.org/1999/xhtml'/>",
		  MEDIA_XHTML },
		/* of another root, which says that there is XHTML in it */
		{ "application/xml", "<urlset xmlns:xhtml='http://www.w3.org/1999/xhtml'>",
		  MEDIA_XML },
		{ "text/xml", "<rss xmlns:xhtml='http://www.w3.org/1999/xhtml'>", MEDIA_XML },
		{ "text/xml", "<html5 xmlns='http://www.w3.org/1999/xhtml'>", MEDIA_XML },
		{ "text/xml", "<xhtml xmlns='http://www.w3.org/1999/xhtml'>", MEDIA_XML },
		{ "text/xml", "<html:a xmlns:html='http://www.w3.org/1999/xhtml'>", MEDIA_XML },
		{ "application/xml", "<rss>" XHTML_ROOT, MEDIA_XML },
		{ "application/xml", "", MEDIA_XML },
		{ "application/xml", "<!-- ", MEDIA_XML },
	};

	(void)state;
	CHECK(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_type_that_is_said_is_obeyed),
		cmocka_unit_test(of_several_types_the_last_counts),
		cmocka_unit_test(a_type_that_says_nothing_leaves_it_to_the_bytes),
		cmocka_unit_test(a_tag_of_html_counts_for_more_than_a_binary_byte),
		cmocka_unit_test(utf_16_is_no_binary_data),
		cmocka_unit_test(xml_with_html_elements_is_xhtml),
	};

	return RUN_TESTS(tests);
}
