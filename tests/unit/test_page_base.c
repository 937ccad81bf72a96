#include "tests/support/test.h"

#include "config/page_base.h"
#include "parsers/text/limits.h"

static void a_reference_is_resolved_as_a_link_of_its_page_is(void **state)
{
	static const struct {
		const char *text, *content_type, *label, *reference, *want;
	} table[] = {
		{ "<p>", "text/html", NULL, "x", "http://h/a/x" },
		{ "<base href=/app/><p>", "text/html", NULL, "x?a=1", "http://h/app/x?a=1" },
		{ "<a href=y><base href=/app/>", "text/html", NULL, "x", "http://h/app/x" },
		{ "<base href=http://i/>", "text/html", NULL, "x", "http://i/x" },
		{ "<base href=/app/>", NULL, NULL, "x", "http://h/app/x" },
		{ "<base href=/app/>", "text/plain", NULL, "x", "http://h/a/x" },
		{ "<base href=javascript:x>", "text/html", NULL, "x", "http://h/a/x" },
		{ "<template><base href=/no/></template>", "text/html", NULL, "x", "http://h/a/x" },
		{ "<svg><base href=/no/></svg>", "text/html", NULL, "x", "http://h/a/x" },
		{ "<base href=/app/>", "text/html", NULL, "javascript:x", "" },
		{ "<p>", "text/html", "gbk", "/é?京", "http://h/%C3%A9?%BE%A9" },
		{ "<p>", "text/html", "gbk", "?ñ", "http://h/a/b?%26%23241%3B" },
		{ "<base href='/b?京'>", "text/html", "gbk", "", "http://h/b?%BE%A9" },
		{ "<base href='/b?京'>", "text/html", "gbk", "#x", "http://h/b?%BE%A9" },
		{ "<p>", "text/html", "utf-8", "?京", "http://h/a/b?%E4%BA%AC" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct page_about page = {
			.url = SLICE("http://h/a/b"),
			.text = slice_of(table[i].text),
			.content_type = slice_of(table[i].content_type),
			.charset = { .name = charset_from_label(slice_of(table[i].label)),
				     .is_gbk = table[i].label && table[i].label[0] == 'g' },
		};
		char out[URL_BYTES_MAX + 1];
		size_t size;

		page_base_begin(&page);
		size = page_base_resolve(page.url, slice_of(table[i].reference), out,
					 URL_BYTES_MAX);
		out[size] = '\0';
		assert_string_equal(out, table[i].want);
	}
}

static void a_page_without_a_url_has_its_base(void **state)
{
	struct page_about page = { .text = SLICE("<base href=http://h/b/>"),
				   .content_type = SLICE("text/html") };
	char out[URL_BYTES_MAX];

	(void)state;
	page_base_begin(&page);
	assert_int_equal(page_base_resolve(page.url, SLICE("x"), out, sizeof(out)), 12);
	page.text = SLICE("<p>");
	page_base_begin(&page);
	assert_false(page_base_is_missed());
	assert_int_equal(page_base_resolve(page.url, SLICE("http://h/x"), out, sizeof(out)), 10);
	assert_int_equal(page_base_resolve(page.url, SLICE("javascript:x"), out, sizeof(out)), 0);
	assert_false(page_base_is_missed());
	assert_int_equal(page_base_resolve(page.url, SLICE("x?a=b"), out, sizeof(out)), 5);
	assert_memory_equal(out, "x?a=b", 5);
	assert_true(page_base_is_missed());
	assert_int_equal(page_base_resolve(page.url, SLICE("x"), out, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reference_is_resolved_as_a_link_of_its_page_is),
		cmocka_unit_test(a_page_without_a_url_has_its_base),
	};

	return RUN_TESTS(tests);
}
