#include "tests/support/test.h"

#include "crawler/worker/fetch_head.h"

static struct fetch_head head; /* large for a stack */

/* Take lines that end in "\n" each.  Returns what the last that was taken came to. */
static enum fetch_head_step take(const char *lines)
{
	enum fetch_head_step step = FETCH_HEAD_MORE;
	const char *why = NULL;

	while (*lines != '\0' && step != FETCH_HEAD_BAD) {
		size_t size = (size_t)(strchr(lines, '\n') - lines) + 1;

		step = fetch_head_line(&head, (struct slice){ lines, size }, SLICE("mybot"), &why);
		lines += size;
	}
	assert_int_equal(why != NULL, step == FETCH_HEAD_BAD);
	return step;
}

static struct msg_page noted(void)
{
	struct msg_page page = { .status = 200 };

	fetch_head_note(&head, &page);
	return page;
}

static void assert_text(const struct msg_page *page, enum msg_page_text text, const char *expected)
{
	assert_int_equal(page->texts[text].size, strlen(expected));
	assert_memory_equal(page->texts[text].at, expected, strlen(expected));
}

static void what_is_wanted_of_a_head_is_noted(void **state)
{
	struct msg_page page;

	(void)state;
	fetch_head_begin(&head);
	assert_int_equal(take("HTTP/1.1 301 Moved\r\n"
			      "content-TYPE:text/html; charset=utf-8\r\n"
			      "ETag: \t\"abc\" \r\n"
			      "Last-Modified: Thu, 29 Feb 2024 17:40:50 GMT\r\n"
			      "Retry-After: 7\n"
			      "REFRESH: 0; url=/next\r\n"
			      "Location: /a b\r\n"
			      "Content-Encoding: gzip\r\n"
			      "X-Other: 1\r\n"),
			 FETCH_HEAD_MORE);
	assert_int_equal(take("\r\n"), FETCH_HEAD_BLANK);
	page = noted();
	assert_text(&page, MSG_CONTENT_TYPE, "text/html; charset=utf-8");
	assert_text(&page, MSG_ETAG, "\"abc\"");
	assert_text(&page, MSG_LAST_MODIFIED, "Thu, 29 Feb 2024 17:40:50 GMT");
	assert_text(&page, MSG_RETRY_AFTER, "7");
	assert_text(&page, MSG_LOCATION, "/a b");
	assert_true(slice_equal(page.refresh, SLICE("0; url=/next")));
	assert_int_equal(head.content.count, 1);
	assert_int_equal(head.content.kinds[0], CODING_GZIP);
	assert_int_equal(page.flags, 0);
	assert_int_equal(page.status, 200); /* what is not of the head stays */
}

static void an_interim_answer_is_forgotten_but_its_bytes(void **state)
{
	static const char interim[] = "HTTP/1.1 103 Early Hints\r\n"
				      "Location: /early\r\n"
				      "X-Robots-Tag: nofollow\r\n"
				      "Content-Length: 5\r\n"
				      "Content-Encoding: br\r\n";
	struct msg_page page;

	(void)state;
	fetch_head_begin(&head);
	take(interim);
	assert_int_equal(take("\r\n"), FETCH_HEAD_BLANK);
	assert_int_equal(take("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n"), FETCH_HEAD_MORE);
	page = noted();
	assert_int_equal(page.texts[MSG_LOCATION].size, 0);
	assert_int_equal(page.flags, 0);
	assert_int_equal(head.content.count, 0);
	assert_true(head.bytes > strlen(interim));
}

/* A fold of nothing does not end the head (RFC 9112 5.2). */
static void a_blank_line_is_empty(void **state)
{
	static const struct {
		const char *line;
		enum fetch_head_step step;
	} rows[] = {
		{ "\r\n", FETCH_HEAD_BLANK }, { "\n", FETCH_HEAD_BLANK },
		{ " \r\n", FETCH_HEAD_MORE }, { "\t\r\n", FETCH_HEAD_MORE },
		{ "x\r\n", FETCH_HEAD_MORE }, { ":\r\n", FETCH_HEAD_MORE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fetch_head_begin(&head);
		take("HTTP/1.1 200 OK\r\n");
		if (take(rows[i].line) != rows[i].step)
			fail_msg("row %zu", i);
	}
}

/* RFC 9112 5.2; where it frames the body libcurl reads another one than we would. */
static void a_folded_line_goes_on_with_the_value_before_it(void **state)
{
	static const struct {
		const char *lines;
		enum fetch_head_step step;
		const char *type, *location;
		bool is_nofollow;
		unsigned codings;
	} rows[] = {
		{ "Content-Type:\r\n text/html; charset=gbk\r\n", FETCH_HEAD_MORE,
		  "text/html; charset=gbk", "", false, 0 },
		{ "Content-Type: text/html;\r\n\tcharset=gbk\r\n", FETCH_HEAD_MORE,
		  "text/html; charset=gbk", "", false, 0 },
		{ "Location:\r\n  /x\r\n", FETCH_HEAD_MORE, "", "/x", false, 0 },
		{ "Location: /x\r\n /y\r\n", FETCH_HEAD_MORE, "", "", false, 0 },
		{ "Location: /x\r\n \r\n", FETCH_HEAD_MORE, "", "/x", false, 0 },
		{ "X-Robots-Tag:\r\n nofollow\r\n", FETCH_HEAD_MORE, "", "", true, 0 },
		{ "Content-Encoding:\r\n gzip\r\n", FETCH_HEAD_MORE, "", "", false, 1 },
		{ "Content-Encoding: gzip,\r\n gzip\r\n", FETCH_HEAD_MORE, "", "", false, 2 },
		{ "X-Other: 1\r\n gzip\r\n", FETCH_HEAD_MORE, "", "", false, 0 },
		{ "A-name-that-is-longer-than-any: 1\r\n gzip\r\n", FETCH_HEAD_MORE, "", "", false,
		  0 },
		{ "no colon\r\n gzip\r\n", FETCH_HEAD_MORE, "", "", false, 0 },
		{ "Transfer-Encoding:\r\n chunked\r\n", FETCH_HEAD_BAD, "", "", false, 0 },
		{ "Content-Length:5\r\n 5\r\n", FETCH_HEAD_BAD, "", "", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum fetch_head_step step;
		struct msg_page page;

		fetch_head_begin(&head);
		take("HTTP/1.1 302 Found\r\n");
		step = take(rows[i].lines);
		page = noted();
		if (step != rows[i].step ||
		    !slice_equal(page.texts[MSG_CONTENT_TYPE], slice_of(rows[i].type)) ||
		    !slice_equal(page.texts[MSG_LOCATION], slice_of(rows[i].location)) ||
		    (page.flags != 0) != rows[i].is_nofollow ||
		    head.content.count != rows[i].codings)
			fail_msg("row %zu", i);
	}
}

/* Fetch, "extract a MIME type": of several lines, or of one with commas. */
static void the_last_type_counts_with_the_charset_that_it_has(void **state)
{
	static const struct {
		const char *lines, *type;
	} rows[] = {
		{ "Content-Type: text/html\r\n", "text/html" },
		{ "Content-Type: text/html; charset=gbk\r\nContent-Type: text/html\r\n",
		  "text/html; charset=gbk" },
		{ "Content-Type: text/html; charset=gbk, TEXT/html\r\n", "text/html; charset=gbk" },
		{ "Content-Type: text/html; charset=gbk\r\nContent-Type: */*\r\n",
		  "text/html; charset=gbk" },
		{ "Content-Type: text/html; charset=gbk\r\nContent-Type: text/plain\r\n",
		  "text/plain" },
		{ "Content-Type: text/html;charset=gbk, text/html;charset=utf-8\r\n",
		  "text/html;charset=utf-8" },
		{ "Content-Type: text/plain, image/png\r\n", "image/png" },
		{ "Content-Type: text/html;a=\"b,c\"\r\n", "text/html;a=\"b,c\"" },
		{ "Content-Type: text/html, nonsense\r\n", "text/html" },
		{ "Content-Type: html\r\n", "html" },
		{ "Content-Type: */*\r\n", "*/*" },
		{ "Content-Type: \r\nContent-Type: text/html\r\n", "text/html" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_page page;

		fetch_head_begin(&head);
		take("HTTP/1.1 200 OK\r\n");
		take(rows[i].lines);
		page = noted();
		if (!slice_equal(page.texts[MSG_CONTENT_TYPE], slice_of(rows[i].type)))
			fail_msg("row %zu: %.*s", i, (int)page.texts[MSG_CONTENT_TYPE].size,
				 page.texts[MSG_CONTENT_TYPE].at);
	}
}

/* As browsers do. */
static void a_gap_before_a_colon_is_left_out(void **state)
{
	struct msg_page page;

	(void)state;
	fetch_head_begin(&head);
	take("HTTP/1.1 200 OK\r\nETag\t : \"a\"\r\nLocation : /x\r\n");
	page = noted();
	assert_text(&page, MSG_LOCATION, "/x");
	assert_text(&page, MSG_ETAG, "\"a\"");
}

static void trailers_say_nothing(void **state)
{
	struct msg_page page;

	(void)state;
	fetch_head_begin(&head);
	take("HTTP/1.1 200 OK\r\nETag: \"a\"\r\n\r\n");
	head.is_ended = true;
	assert_int_equal(take("ETag: \"b\"\r\nLocation: /x\r\nContent-Length: 1\r\n\r\n"
			      "Content-Length: 2\r\n"),
			 FETCH_HEAD_MORE);
	page = noted();
	assert_text(&page, MSG_ETAG, "\"a\"");
	assert_int_equal(page.texts[MSG_LOCATION].size, 0);
}

static void a_length_is_one_plain_number(void **state)
{
	static const struct {
		const char *lines;
		enum fetch_head_step step;
	} rows[] = {
		{ "Content-Length: 5\r\nContent-Length: 5\r\n", FETCH_HEAD_MORE },
		{ "Content-Length: 5\r\nContent-Length: 05\r\n", FETCH_HEAD_MORE },
		{ "Content-Length: 5\r\nContent-Length: 6\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: 5\r\ncontent-length:\t50\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: 5, 5\r\n", FETCH_HEAD_MORE },
		{ "Content-Length: 5\r\nContent-Length: 5,5\r\n", FETCH_HEAD_MORE },
		{ "Content-Length: 5, 6\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: 5\r\nContent-Length: 5, 6\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: 922337203685477580\r\n", FETCH_HEAD_MORE },
		{ "Content-Length: 9223372036854775808\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: 18446744073709551621\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: x\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: 5x\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: 5 5\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: +5\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: -5\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: 0x5\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: 5;a=b\r\n", FETCH_HEAD_BAD },
		{ "Content-Length:\r\n", FETCH_HEAD_BAD },
		{ "Content-Length: ,5\r\n", FETCH_HEAD_BAD },
		{ "Content-Length : 5\r\n", FETCH_HEAD_BAD },
		{ "Content-Length\t: 5\r\n", FETCH_HEAD_BAD },
		{ "Transfer-Encoding : chunked\r\n", FETCH_HEAD_BAD },
		{ "Content-Type : text/html\r\n", FETCH_HEAD_MORE },
		{ " Content-Length: x\r\n", FETCH_HEAD_MORE }, /* a fold */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fetch_head_begin(&head);
		if (take(rows[i].lines) != rows[i].step)
			fail_msg("row %zu", i);
	}
}

static void codings_are_one_list_over_all_lines(void **state)
{
	static const struct {
		const char *lines, *why; /* some words of it, or NULL: it can be read */
		struct coding_layers layers;
	} rows[] = {
#define GZ CODING_GZIP
		{ "X: 1\r\n", NULL, { 0 } },
		{ "Content-Encoding: gzip, br\r\n", NULL, { 2, { GZ, CODING_BR } } },
		{ "Content-Encoding: gzip\r\nContent-Encoding: br\r\n",
		  NULL,
		  { 2, { GZ, CODING_BR } } },
		{ "Content-Encoding: , identity ,gzip;q=1,\r\n", NULL, { 1, { GZ } } },
		{ "Content-Encoding:\r\n", NULL, { 0 } },
		{ "Content-Encoding: utf-8\r\n", NULL, { 0 } },
		{ "Content-Encoding: exi\r\n", "exi", { 0 } },
		{ "Content-Encoding: gzip, compress, exi\r\n", "compress", { 0 } },
		{ "Transfer-Encoding: chunked\r\n", NULL, { 0 } },
		{ "Transfer-Encoding: chunked;q=1\r\n", "chunked;q=1", { 0 } },
		{ "Transfer-Encoding: identity, chunked ; a=b\r\n", "chunked ; a=b", { 0 } },
		{ "Transfer-Encoding: gzip, chunked\r\nContent-Encoding: br\r\n",
		  NULL,
		  { 2, { CODING_BR, GZ } } },
		{ "Transfer-Encoding: x-gzip\r\nTransfer-Encoding: Chunked\r\n",
		  NULL,
		  { 1, { GZ } } },
		{ "Transfer-Encoding: identity\r\n", NULL, { 0 } },
		{ "Transfer-Encoding: trailers\r\n", "trailers", { 0 } },
		{ "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", "behind", { 0 } },
		{ "Content-Encoding: br,br,br,br,br\r\n",
		  NULL,
		  { 5, { CODING_BR, CODING_BR, CODING_BR, CODING_BR, CODING_BR } } },
		{ "Content-Encoding: br,br,br,br,br,br\r\n", "more encodings", { 0 } },
		{ "Content-Encoding: br,br,br,br\r\nTransfer-Encoding: br, br\r\n",
		  "more encodings",
		  { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct coding_layers layers = { 0 };
		const char *why;

		fetch_head_begin(&head);
		assert_int_equal(take(rows[i].lines), FETCH_HEAD_MORE);
		why = fetch_head_codings(&head, &layers);
		if ((why != NULL) != (rows[i].why != NULL) || (why && !strstr(why, rows[i].why)))
			fail_msg("%s: %s", rows[i].lines, why);
		assert_int_equal(layers.count, rows[i].layers.count);
		for (unsigned at = 0; at < layers.count; at++)
			assert_int_equal(layers.kinds[at], rows[i].layers.kinds[at]);
	}
}

static void the_bytes_of_all_lines_are_bounded(void **state)
{
	static char line[FETCH_HEAD_BYTES_MAX + 2];
	const char *why = NULL;

	(void)state;
	memset(line, 'a', sizeof(line));
	fetch_head_begin(&head);
	assert_int_equal(fetch_head_line(&head, (struct slice){ line, FETCH_HEAD_BYTES_MAX },
					 SLICE("mybot"), &why),
			 FETCH_HEAD_MORE);
	head.is_ended = true; /* the trailers count as well */
	assert_int_equal(fetch_head_line(&head, (struct slice){ line, 1 }, SLICE("mybot"), &why),
			 FETCH_HEAD_BAD);
	assert_non_null(strstr(why, "64 KiB"));
	fetch_head_begin(&head);
	assert_int_equal(take("X: 1\r\n"), FETCH_HEAD_MORE);
}

static void a_value_that_is_too_long_is_cut(void **state)
{
	static char line[FETCH_HEAD_BYTES_MAX];
	const char *why;
	struct msg_page page;

	(void)state;
	fetch_head_begin(&head);
	memset(line, 'x', sizeof(line));
	memcpy(line, "ETag:", 5);
	fetch_head_line(&head, (struct slice){ line, MSG_TEXT_MAX + 100 }, SLICE("b"), &why);
	page = noted();
	assert_int_equal(page.texts[MSG_ETAG].size, MSG_TEXT_MAX);
}

/* Cut, it would lead to another page; a fragment leads nowhere, and does not count. */
static void a_location_that_is_too_long_is_none(void **state)
{
	static const struct {
		size_t size, fragment, left;
	} rows[] = {
		{ MSG_URL_MAX, 0, MSG_URL_MAX }, { MSG_URL_MAX + 1, 0, 0 },
		{ MSG_URL_MAX + 1000, 0, 0 },    { MSG_URL_MAX + 1, MSG_URL_MAX, MSG_URL_MAX },
		{ MSG_URL_MAX + 1000, 7, 7 },    { MSG_URL_MAX + 1000, MSG_URL_MAX + 1, 0 },
	};
	static char line[FETCH_HEAD_BYTES_MAX];
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(line, 'x', sizeof(line));
		memcpy(line, "Location:", 9);
		if (rows[i].fragment)
			line[9 + rows[i].fragment] = '#';
		fetch_head_begin(&head);
		fetch_head_line(&head, (struct slice){ line, 9 + rows[i].size }, SLICE("b"), &why);
		assert_int_equal(noted().texts[MSG_LOCATION].size, rows[i].left);
	}
}

static void lines_that_are_no_header_are_passed_over(void **state)
{
	static const char *const rows[] = {
		"no colon\r\n", " Location: /folded\r\n", ":\r\n", ": /x\r\n", "Locatio: /x\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_page page;

		fetch_head_begin(&head);
		assert_int_equal(take(rows[i]), FETCH_HEAD_MORE);
		page = noted();
		assert_int_equal(page.texts[MSG_LOCATION].size, 0);
	}
}

static void a_robots_tag_counts_if_it_is_for_all_or_for_us(void **state)
{
	static const struct {
		const char *lines;
		uint32_t flags;
	} rows[] = {
		{ "X-Robots-Tag: nofollow\r\n", MSG_PAGE_IS_NOFOLLOW },
		{ "x-robots-tag: noindex\r\nX-Robots-Tag: none\r\n", MSG_PAGE_IS_NOFOLLOW },
		{ "X-Robots-Tag: mybot: nofollow\r\n", MSG_PAGE_IS_NOFOLLOW },
		{ "X-Robots-Tag: otherbot: nofollow\r\n", 0 },
		{ "X-Robots-Tag: noindex\r\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fetch_head_begin(&head);
		take(rows[i].lines);
		assert_int_equal(noted().flags, rows[i].flags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wanted_of_a_head_is_noted),
		cmocka_unit_test(an_interim_answer_is_forgotten_but_its_bytes),
		cmocka_unit_test(a_blank_line_is_empty),
		cmocka_unit_test(a_folded_line_goes_on_with_the_value_before_it),
		cmocka_unit_test(the_last_type_counts_with_the_charset_that_it_has),
		cmocka_unit_test(a_gap_before_a_colon_is_left_out),
		cmocka_unit_test(trailers_say_nothing),
		cmocka_unit_test(a_length_is_one_plain_number),
		cmocka_unit_test(codings_are_one_list_over_all_lines),
		cmocka_unit_test(the_bytes_of_all_lines_are_bounded),
		cmocka_unit_test(a_value_that_is_too_long_is_cut),
		cmocka_unit_test(a_location_that_is_too_long_is_none),
		cmocka_unit_test(lines_that_are_no_header_are_passed_over),
		cmocka_unit_test(a_robots_tag_counts_if_it_is_for_all_or_for_us),
	};

	return RUN_TESTS(tests);
}
