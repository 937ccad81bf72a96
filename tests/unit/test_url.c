#include "tests/support/test.h"

#include <ctype.h>
#include <stdio.h>

#include "parsers/text/hex.h"
#include "parsers/url/host.h"
#include "parsers/url/url.h"

#define TABLE_PATH      "tests/data/url/resolve.tsv"
#define TABLE_ROWS_MIN  350
#define TABLE_LINE_MAX  1024
#define RANDOM_CASES    60000
#define RANDOM_TEXT_MAX 256
#define COUNT(array)    (sizeof(array) / sizeof((array)[0]))

static const char *const error_names[] = {
	[URL_OK] = "!ok",
	[URL_EMPTY] = "!empty",
	[URL_TOO_LONG] = "!too-long",
	[URL_NO_SCHEME] = "!no-scheme",
	[URL_OTHER_SCHEME] = "!other-scheme",
	[URL_NO_HOST] = "!no-host",
	[URL_BAD_HOST] = "!bad-host",
	[URL_BAD_ADDRESS] = "!bad-address",
	[URL_BAD_PORT] = "!bad-port",
};

/* ---- what holds for every canonical URL ---- */

static void assert_parts_fit_text(const struct url *url)
{
	char origin[URL_BYTES_MAX + 1], port[16] = "";

	if (url->port != (url->is_https ? 443 : 80))
		snprintf(port, sizeof(port), ":%u", url->port);
	snprintf(origin, sizeof(origin), "%s%.*s%s", url->is_https ? "https://" : "http://",
		 url->host_size, url->text + url->host, port);
	assert_int_equal(strlen(url->text), url->size);
	assert_true(url->size <= URL_BYTES_MAX);
	assert_true(url->host_size > 0);
	assert_int_equal(strlen(origin), url->path);
	assert_memory_equal(url->text, origin, url->path);

	assert_int_equal(url->text[url->path], '/');
	assert_true(url->query > url->path && url->query <= url->size);
	assert_null(memchr(url->text, '?', url->query));
	assert_true(url->query == url->size || url->text[url->query] == '?');
}

/* Is the escape at text[i] one of a byte that needs none, and no "%" stands just before? */
static bool is_needless_escape(const struct url *url, size_t i, int byte)
{
	bool is_unreserved = byte < 0x80 && (isalnum(byte) || (byte && strchr("-._~", byte)));

	return is_unreserved && url->text[i - 1] != '%' && url->text[i - 2] != '%';
}

static void assert_bytes_are_canonical(const struct url *url)
{
	for (size_t i = 0; i < url->size; i++) {
		int byte = hex_escape((struct slice){ url->text + i, url->size - i });

		assert_in_range(url->text[i], '!', '~');
		assert_int_not_equal(url->text[i], '#');
		if (i < url->path)
			assert_false(isupper((unsigned char)url->text[i]));
		if (byte < 0)
			continue;
		assert_false(islower((unsigned char)url->text[i + 1]));
		assert_false(islower((unsigned char)url->text[i + 2]));
		assert_false(is_needless_escape(url, i, byte));
	}
}

static void assert_no_dot_segments(const struct url *url)
{
	char path[URL_BYTES_MAX + 2];

	snprintf(path, sizeof(path), "%.*s/", url->query - url->path, url->text + url->path);
	assert_null(strstr(path, "/./"));
	assert_null(strstr(path, "/../"));
}

static void assert_fixed_point(const struct url *url, const struct url *base)
{
	struct url again;

	assert_int_equal(url_parse(&again, url_slice(url)), URL_OK);
	assert_string_equal(again.text, url->text);
	assert_int_equal(url_resolve(&again, base, url_slice(url)), URL_OK);
	assert_string_equal(again.text, url->text);
	assert_int_equal(url_resolve(&again, url, SLICE("")), URL_OK);
	assert_string_equal(again.text, url->text);
}

static void assert_canonical(const struct url *url, const struct url *base)
{
	assert_parts_fit_text(url);
	assert_bytes_are_canonical(url);
	assert_no_dot_segments(url);
	assert_fixed_point(url, base);
}

/* ---- the table ---- */

/* Decode \t \n \r \\ \xHH in place; what remains ends with a NUL. */
static struct slice unescape(char *text)
{
	char *out = text;

	for (const char *at = text; *at; at++) {
		if (*at != '\\') {
			*out++ = *at;
			continue;
		}
		at++;
		*out++ = *at == 't' ? '\t' : *at == 'n' ? '\n' : *at == 'r' ? '\r' : *at;
		if (*at != 'x')
			continue;
		out[-1] = (char)(hex_value(at[1]) << 4 | hex_value(at[2]));
		at += 2;
	}
	*out = '\0';
	return (struct slice){ text, (size_t)(out - text) };
}

/* Cut a line "base<TAB>reference<TAB>expected". */
static void cut_row(char *line, char *fields[3])
{
	line[strcspn(line, "\n")] = '\0';
	for (size_t i = 0; i < 3; i++) {
		assert_non_null(line);
		fields[i] = strsep(&line, "\t");
	}
	assert_null(line);
}

static void check_row(char *fields[3], unsigned number)
{
	struct slice reference = unescape(fields[1]), expected = unescape(fields[2]);
	bool has_base = strcmp(fields[0], "-") != 0;
	struct url base, url;
	enum url_error error;
	const char *got;

	if (has_base)
		assert_int_equal(url_parse(&base, slice_of(fields[0])), URL_OK);
	error = url_resolve(&url, has_base ? &base : NULL, reference);
	got = error == URL_OK ? url.text : error_names[error];
	if (strcmp(got, expected.at) != 0)
		fail_msg("%s:%u: %s, not %s", TABLE_PATH, number, got, expected.at);
	if (error == URL_OK)
		assert_canonical(&url, has_base ? &base : NULL);
}

static void every_row_of_the_table_is_as_in_browsers(void **state)
{
	FILE *table = fopen(TABLE_PATH, "r");
	char line[TABLE_LINE_MAX], *fields[3];
	unsigned number = 0, rows = 0;

	(void)state;
	assert_non_null(table);
	while (fgets(line, sizeof(line), table)) {
		number++;
		if (line[0] == '#')
			continue;
		cut_row(line, fields);
		check_row(fields, number);
		rows++;
	}
	fclose(table);
	assert_true(rows >= TABLE_ROWS_MIN);
}

/* ---- random input ---- */

static uint32_t random_below(uint32_t *seed, uint32_t bound)
{
	*seed = *seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)*seed * bound >> 32);
}

/* Pieces of URLs, so that random text gets deep into every state. */
static const char *const pieces[] = {
	"http:",
	"https:",
	"HTTP://",
	"//",
	"/",
	"\\",
	"?",
	"#",
	"@",
	":",
	".",
	"..",
	"%2e",
	"%2E",
	"%",
	"%%",
	"%4",
	"%41",
	"%zz",
	"%25",
	"%32",
	"%65",
	"%c3%a9",
	"%00",
	"a",
	"B",
	"e",
	"2",
	"0x",
	"127.1",
	"256",
	"0300",
	"[",
	"]",
	"[::1]",
	"[1::2:1.2.3.4]",
	"::",
	"xn--",
	"xn--ls8h",
	"\xc3\xa9",
	"\xe3\x80\x82",
	"\xc2\xad",
	"\xef\xbc\x91",
	"\xff",
	"\t",
	"\n",
	" ",
	"'",
	"\"",
	"<",
	"^",
	"`",
	"{",
	"|",
	"&",
	"=",
	"~",
	":80",
	":443",
	":65536",
	"example.org",
	"/../",
	"/./",
	"mailto:",
	"u:p@",
};

static size_t append_piece(char *text, size_t size, uint32_t *seed)
{
	const char *piece = pieces[random_below(seed, COUNT(pieces))];
	size_t piece_size = strlen(piece);

	if (random_below(seed, 8) == 0) {
		text[size] = (char)random_below(seed, 256);
		return size + 1;
	}
	memcpy(text + size, piece, piece_size);
	return size + piece_size;
}

/* Random text in memory of just its size, so that a sanitizer sees a read behind it. */
static struct slice random_text(uint32_t *seed)
{
	char text[RANDOM_TEXT_MAX], *copy;
	size_t size = 0;

	if (random_below(seed, 2) == 0)
		size = (size_t)snprintf(text, sizeof(text), "%s", "http://");
	for (uint32_t left = random_below(seed, 14); left > 0; left--)
		size = append_piece(text, size, seed);
	copy = malloc(size > 0 ? size : 1);
	assert_non_null(copy);
	memcpy(copy, text, size);
	return (struct slice){ copy, size };
}

/* A row of results, each the base of the next: bases are as strange as references. */
static void whatever_resolves_is_canonical(void **state)
{
	uint32_t seed = 1, resolved = 0;
	struct url base;

	(void)state;
	assert_int_equal(url_parse(&base, SLICE("http://h/a%/b?%")), URL_OK);
	for (int i = 0; i < RANDOM_CASES; i++) {
		struct slice reference = random_text(&seed);
		struct url url;

		if (url_resolve(&url, &base, reference) == URL_OK) {
			assert_canonical(&url, &base);
			if (url.size < URL_BYTES_MAX / 16)
				url_copy(&base, &url);
			resolved++;
		}
		free((void *)reference.at);
	}
	assert_in_range(resolved, RANDOM_CASES / 4, RANDOM_CASES);
}

static void url_may_be_base(void **state)
{
	uint32_t seed = 2;

	(void)state;
	for (int i = 0; i < RANDOM_CASES / 10; i++) {
		struct slice reference = random_text(&seed);
		struct url base, apart;
		enum url_error error;

		assert_int_equal(url_parse(&base, SLICE("https://h:8/a/b?c")), URL_OK);
		url_copy(&apart, &base);
		error = url_resolve(&apart, &base, reference);
		assert_int_equal(url_resolve(&base, &base, reference), error);
		assert_string_equal(base.text, apart.text);
		free((void *)reference.at);
	}
}

/* ---- single ideas ---- */

static void parts_are_where_the_offsets_say(void **state)
{
	static const struct {
		const char *text, *origin, *host, *path, *query;
		uint16_t port;
		bool is_https;
	} rows[] = {
		{ "http://h", "http://h", "h", "/", "", 80, false },
		{ "https://h?", "https://h", "h", "/", "?", 443, true },
		{ "https://u:p@H:80/a?b/c#d", "https://h:80", "h", "/a", "?b/c", 80, true },
		{ "http://[::0]:1/a/", "http://[::]:1", "[::]", "/a/", "", 1, false },
		{ "http://h:0/?a?b", "http://h:0", "h", "/", "?a?b", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct url url;
		struct slice path, query;

		assert_int_equal(url_parse(&url, slice_of(rows[i].text)), URL_OK);
		path = (struct slice){ url.text + url.path, (size_t)(url.query - url.path) };
		query = (struct slice){ url.text + url.query, (size_t)(url.size - url.query) };
		assert_true(slice_equal(url_origin(&url), slice_of(rows[i].origin)));
		assert_true(slice_equal(url_host(&url), slice_of(rows[i].host)));
		assert_true(slice_equal(path, slice_of(rows[i].path)));
		assert_true(slice_equal(query, slice_of(rows[i].query)));
		assert_int_equal(url.port, rows[i].port);
		assert_int_equal(url.is_https, rows[i].is_https);
	}
}

static void an_error_leaves_the_url_untouched(void **state)
{
	static const char *const bad[] = { "mailto:x", "//",        "//h:x/p",
					   "//h%/p",   "//256.1/p", "//[/" };
	struct url url, before;

	(void)state;
	memset(&url, 'u', sizeof(url));
	assert_int_equal(url_parse(&url, SLICE("http://h/a/b?c")), URL_OK);
	memcpy(&before, &url, sizeof(url));
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_not_equal(url_resolve(&url, &url, slice_of(bad[i])), URL_OK);
		assert_memory_equal(&url, &before, sizeof(url));
	}
}

static void a_copy_writes_only_what_is_used(void **state)
{
	struct url from, to;

	(void)state;
	memset(&to, 'u', sizeof(to));
	assert_int_equal(url_parse(&from, SLICE("http://h/a")), URL_OK);
	url_copy(&to, &from);
	assert_string_equal(to.text, "http://h/a");
	assert_memory_equal(&to, &from, offsetof(struct url, text));
	assert_int_equal(to.text[to.size + 1], 'u');
}

/* "http://h/" and unit again and again; the longest that has at most size bytes, then rest. */
static struct slice long_text(char *text, size_t size, const char *unit, const char *rest)
{
	size_t unit_size = strlen(unit), at = strlen("http://h/");

	memcpy(text, "http://h/", at);
	for (; at + unit_size <= size; at += unit_size)
		memcpy(text + at, unit, unit_size);
	memcpy(text + at, rest, strlen(rest));
	return (struct slice){ text, at + strlen(rest) };
}

static void length_is_counted_in_canonical_bytes(void **state)
{
	static const struct {
		size_t size; /* of the beginning, in the input */
		const char *unit, *rest;
		enum url_error error;
		size_t result; /* bytes */
	} rows[] = {
		{ URL_BYTES_MAX, "a", "", URL_OK, URL_BYTES_MAX },
		{ URL_BYTES_MAX, "a", "a", URL_TOO_LONG, 0 },
		{ URL_BYTES_MAX, "a", "/", URL_TOO_LONG, 0 },
		{ URL_BYTES_MAX, "a", "?", URL_TOO_LONG, 0 },
		{ URL_BYTES_MAX, "a", "%41", URL_TOO_LONG, 0 },
		{ URL_BYTES_MAX, "a", "%", URL_TOO_LONG, 0 },
		{ URL_BYTES_MAX, "a", "#fragment \t", URL_OK, URL_BYTES_MAX },
		{ URL_BYTES_MAX - 3, "a", " x", URL_TOO_LONG, 0 },
		{ URL_BYTES_MAX - 3, "a", "\xff", URL_OK, URL_BYTES_MAX },
		{ URL_BYTES_MAX - 2, "a", "\xff", URL_TOO_LONG, 0 },
		{ URL_BYTES_MAX - 2, "a", "?'", URL_TOO_LONG, 0 },
		{ 3 * 8000, "%61", "", URL_OK, 7997 + 9 },
		{ 4 * 8000, "a/..", "", URL_TOO_LONG, 0 },
		{ 4 * 8000, "a/../", "", URL_OK, 9 },
		{ 4 * 8000, "a\t\t\t", "", URL_OK, 7997 + 9 },
		{ 60000, "../", "", URL_TOO_LONG, 0 },
		{ 60000, "\t", "x", URL_OK, 10 },
		{ 60000, "a\t", "", URL_TOO_LONG, 0 },
	};
	static char text[64 * 1024];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct url url = { .size = 0 };
		struct slice input = long_text(text, rows[i].size, rows[i].unit, rows[i].rest);

		assert_int_equal(url_parse(&url, input), rows[i].error);
		assert_int_equal(url.size, rows[i].result);
	}
}

/* A base as long as can be takes no reference that makes it longer. */
static void a_base_of_full_length_is_no_trap(void **state)
{
	char text[URL_BYTES_MAX + 1];
	struct url base, url;

	(void)state;
	text[URL_BYTES_MAX] = '\0';
	assert_int_equal(url_parse(&base, long_text(text, URL_BYTES_MAX - 1, "a", "/")), URL_OK);
	assert_int_equal(base.size, URL_BYTES_MAX);
	assert_int_equal(url_resolve(&url, &base, SLICE("x")), URL_TOO_LONG);
	assert_int_equal(url_resolve(&url, &base, SLICE("?")), URL_TOO_LONG);
	assert_int_equal(url_resolve(&url, &base, SLICE("#x")), URL_OK);
	assert_int_equal(url.size, URL_BYTES_MAX);
	assert_int_equal(url_resolve(&url, &base, SLICE("..")), URL_TOO_LONG);
	assert_int_equal(url_resolve(&url, &base, SLICE("/x")), URL_OK);
	assert_string_equal(url.text, "http://h/x");
}

static void a_host_has_a_limit_of_its_own(void **state)
{
	static char text[HOST_BYTES_MAX + 16];
	struct url url;

	(void)state;
	memset(text, 'h', sizeof(text));
	memcpy(text, "http://", 7);
	assert_int_equal(url_parse(&url, (struct slice){ text, 7 + HOST_BYTES_MAX }), URL_OK);
	assert_int_equal(url.host_size, HOST_BYTES_MAX);
	assert_int_equal(url_parse(&url, (struct slice){ text, 8 + HOST_BYTES_MAX }), URL_BAD_HOST);
	memcpy(text + 7, "\xc3\xa9", 2);
	assert_int_equal(url_parse(&url, (struct slice){ text, 7 + HOST_BYTES_MAX }), URL_BAD_HOST);
}

static void a_user_is_what_stands_before_the_host(void **state)
{
	static const struct {
		const char *reference, *user;
	} rows[] = {
		{ "http://u:p@h/", "u:p" },
		{ "http://u@h", "u" },
		{ "HTTPS:u:p@h", "u:p" },
		{ "http:/\\/u:p@h", "u:p" },
		{ "http:/\t/u:p@h", "u:p" }, /* tabs and newlines count nowhere */
		{ "http:\r\n//u:p@h", "u:p" },
		{ "http://\n/\tu:p@h", "u:p" },
		{ "h\tttp\n:\t//u:p\t@h/", "u:p\t" },
		{ "http:/\t/h\t/u:p@h", "" },
		{ "http://\t", "" },
		{ "http://u@v:p@h/", "u@v:p" },
		{ "http://h:99999/", "" },
		{ "http://@h/", "" },
		{ "http://h/u:p@h", "" },
		{ "http://h?u:p@h", "" },
		{ "http://h#u:p@h", "" },
		{ "http://h\\u:p@h", "" },
		{ "http://u%40v:p@h/", "u%40v:p" },
		{ "u@h", "" },
		{ "", "" },
		{ "http:", "" },
		{ "http://", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice user = url_user(slice_of(rows[i].reference));

		if (!slice_equal(user, slice_of(rows[i].user)))
			fail_msg("%s: '%.*s'", rows[i].reference, (int)user.size,
				 user.size ? user.at : "");
	}
}

static void every_error_has_a_text_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(error_names); i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(url_error_text((enum url_error)i),
						url_error_text((enum url_error)j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_table_is_as_in_browsers),
		cmocka_unit_test(whatever_resolves_is_canonical),
		cmocka_unit_test(url_may_be_base),
		cmocka_unit_test(parts_are_where_the_offsets_say),
		cmocka_unit_test(an_error_leaves_the_url_untouched),
		cmocka_unit_test(a_copy_writes_only_what_is_used),
		cmocka_unit_test(length_is_counted_in_canonical_bytes),
		cmocka_unit_test(a_base_of_full_length_is_no_trap),
		cmocka_unit_test(a_host_has_a_limit_of_its_own),
		cmocka_unit_test(a_user_is_what_stands_before_the_host),
		cmocka_unit_test(every_error_has_a_text_of_its_own),
	};

	return RUN_TESTS(tests);
}
