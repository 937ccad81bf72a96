#include "tests/support/test.h"

#include <errno.h>
#include <stdio.h>

#include "crawler/frontier/seed_set.h"
#include "crawler/frontier/seeds.h"

/* clang-format off */
#define LIST(text) { text, sizeof(text) - 1 } /* may hold NULs */
/* clang-format on */
#define COUNT(array)    (sizeof(array) / sizeof((array)[0]))
#define LOG_BYTES_MAX   2048
#define MANY_LINES      30000
#define LONG_LIST_BYTES (3 * 1024 * 1024)
#define LONG_LINE_BYTES (3 * 1024 * 1024)
#define SPACE_REASON    "white space inside the URL (one URL a line)"
#define BLANK_REASON    "white space inside the URL (name=value stands behind a TAB)"
#define TAB_REASON      "white space inside the URL (behind a TAB stands name=value)"
#define NAME_REASON     "name=value: a name has letters, digits and _, and begins with no digit"
#define NUL_REASON      "a NUL byte inside the line (save a UTF-16 list as UTF-8)"
#define LINE_TOO_LONG   "too long: a line has at most 1 MiB"
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* What was handed out, as text: "1 http://h/", "2 http://h/ {...}" or "3 !reason: text", one a
 * line.
 */
struct log {
	char text[LOG_BYTES_MAX];
	size_t size;
	uint64_t stop_at; /* this line number stops the reading; 0: none does */
};

static int log_line(void *context, const struct seeds_line *line)
{
	struct log *log = context;
	char *at = log->text + log->size;
	size_t room = sizeof(log->text) - log->size;
	int size;

	if (line->url)
		size = snprintf(at, room, "%ju %s%s%.*s\n", (uintmax_t)line->number,
				line->url->text, line->set.at ? " " : "", (int)line->set.size,
				line->set.at);
	else
		size = snprintf(at, room, "%ju !%s: %.*s\n", (uintmax_t)line->number, line->reason,
				(int)line->text.size, line->text.at);
	assert_true(size > 0 && (size_t)size < room);
	assert_true(line->url ? !line->reason : line->reason && !line->set.at);
	log->size += (size_t)size;
	return line->number == log->stop_at ? -1 : 0;
}

/* A stream that reads just these bytes. */
static FILE *list_of(struct slice bytes)
{
	FILE *list = tmpfile();

	assert_non_null(list);
	assert_int_equal(fwrite(bytes.at, 1, bytes.size, list), bytes.size);
	rewind(list);
	return list;
}

static struct seeds_counts read_bytes(struct slice bytes, seeds_function *function, void *context)
{
	struct seeds_counts counts;
	FILE *list = list_of(bytes);

	assert_int_equal(seeds_read(list, function, context, &counts), 0);
	assert_int_equal(counts.lines, counts.urls + counts.rejected + counts.skipped);
	fclose(list);
	return counts;
}

static const struct {
	struct slice list;
	const char *log;
	struct seeds_counts counts;
} rows[] = {
	/* nothing */
	{ LIST(""), "", { 0, 0, 0, 0 } },
	{ LIST("\n"), "", { 1, 0, 0, 1 } },
	{ LIST("\n\n \t \n\r\n\f"), "", { 5, 0, 0, 5 } },
	{ LIST(BYTE_ORDER_MARK), "", { 1, 0, 0, 1 } },
	/* line ends */
	{ LIST("http://h/a\nhttp://h/b\n"), "1 http://h/a\n2 http://h/b\n", { 2, 2, 0, 0 } },
	{ LIST("http://h/a\nhttp://h/b"), "1 http://h/a\n2 http://h/b\n", { 2, 2, 0, 0 } },
	{ LIST("http://h/a\r\n\r\nhttp://h/b\r"), "1 http://h/a\n3 http://h/b\n", { 3, 2, 0, 1 } },
	{ LIST("http://a\rhttp://b\n"),
	  "1 !" SPACE_REASON ": http://a\rhttp://b\n",
	  { 1, 0, 1, 0 } },
	/* byte-order mark: the first line's only */
	{ LIST(BYTE_ORDER_MARK "http://h/\n"), "1 http://h/\n", { 1, 1, 0, 0 } },
	{ LIST(BYTE_ORDER_MARK "# x\n"), "", { 1, 0, 0, 1 } },
	{ LIST(BYTE_ORDER_MARK "\n" BYTE_ORDER_MARK "http://h/"),
	  "2 !no scheme: begin the URL with http:// or https://: " BYTE_ORDER_MARK "http://h/\n",
	  { 2, 0, 1, 1 } },
	/* comments and fragments */
	{ LIST("# a\n #http://h/\n#\nhttp://h/#f\n"), "4 http://h/\n", { 4, 1, 0, 3 } },
	{ LIST("http://h/ # the start page\n"),
	  "1 !" SPACE_REASON ": http://h/ # the start page\n",
	  { 1, 0, 1, 0 } },
	/* white space */
	{ LIST(" \t http://h/ \t\v\f\r\n"), "1 http://h/\n", { 1, 1, 0, 0 } },
	{ LIST("http://a/ http://b/\n"),
	  "1 !" SPACE_REASON ": http://a/ http://b/\n",
	  { 1, 0, 1, 0 } },
	/* fields */
	{ LIST("http://h/\tshop=7\n"), "1 http://h/ {\"shop\":\"7\"}\n", { 1, 1, 0, 0 } },
	{ LIST("http://h/a\tb=2\ta=1\r\nhttp://h/b\n"),
	  "1 http://h/a {\"a\":\"1\",\"b\":\"2\"}\n2 http://h/b\n",
	  { 2, 2, 0, 0 } },
	{ LIST("http://h/\ta_1=1\ta=2\tA=3\t_=4\n"),
	  "1 http://h/ {\"A\":\"3\",\"_\":\"4\",\"a\":\"2\",\"a_1\":\"1\"}\n",
	  { 1, 1, 0, 0 } },
	/* values: as they stand, without the white space around them */
	{ LIST("http://h/\tq=a=b&c = d\n"), "1 http://h/ {\"q\":\"a=b&c = d\"}\n", { 1, 1, 0, 0 } },
	{ LIST("http://h/ \t\t shop  =  K\xC3\xB6ln am Rhein \t\t\n"),
	  "1 http://h/ {\"shop\":\"K\xC3\xB6ln am Rhein\"}\n",
	  { 1, 1, 0, 0 } },
	{ LIST("http://h/\tv=\tw=0\n"), "1 http://h/ {\"v\":\"\",\"w\":\"0\"}\n", { 1, 1, 0, 0 } },
	{ LIST("http://h/\tv=\"a\\b\x01\"\n"),
	  "1 http://h/ {\"v\":\"\\\"a\\\\b\\u0001\\\"\"}\n",
	  { 1, 1, 0, 0 } },
	{ LIST("http://h/\tu=http://x:y@z/ #1\n"),
	  "1 http://h/ {\"u\":\"http://x:y@z/ #1\"}\n",
	  { 1, 1, 0, 0 } },
	{ LIST("#http://h/\tshop=7\n\tshop=7\n"),
	  "2 !no scheme: begin the URL with http:// or https://: shop=7\n",
	  { 2, 0, 1, 1 } },
	/* and what is none, with reading going on */
	{ LIST("http://a/\ttitle\n"), "1 !" TAB_REASON ": http://a/\ttitle\n", { 1, 0, 1, 0 } },
	{ LIST("http://a/\tshop=7\ttitle\nhttp://b/\tshop=8\n"),
	  "1 !" TAB_REASON ": http://a/\tshop=7\ttitle\n2 http://b/ {\"shop\":\"8\"}\n",
	  { 2, 1, 1, 0 } },
	{ LIST("http://a/\thttp://b/?x=1\n"),
	  "1 !" NAME_REASON ": http://a/\thttp://b/?x=1\n",
	  { 1, 0, 1, 0 } },
	{ LIST("http://a/\t=7\nhttp://a/\t7=a\nhttp://a/\ta-b=c\nhttp://a/\ta b=c\n"),
	  "1 !" NAME_REASON ": http://a/\t=7\n2 !" NAME_REASON ": http://a/\t7=a\n"
	  "3 !" NAME_REASON ": http://a/\ta-b=c\n4 !" NAME_REASON ": http://a/\ta b=c\n",
	  { 4, 0, 4, 0 } },
	{ LIST("http://a/\tk=1\tl=2\tk=1\n"),
	  "1 !name=value: the name comes twice: http://a/\tk=1\tl=2\tk=1\n",
	  { 1, 0, 1, 0 } },
	{ LIST("http://a/\tk=\xE9\n"),
	  "1 !name=value: the value is not UTF-8: http://a/\tk=\xE9\n",
	  { 1, 0, 1, 0 } },
	{ LIST("http://a/ b\tk=1\nhttp://a/ shop=7\nhttp://a/ # x=1\n"),
	  "1 !" SPACE_REASON ": http://a/ b\tk=1\n2 !" BLANK_REASON ": http://a/ shop=7\n"
	  "3 !" SPACE_REASON ": http://a/ # x=1\n",
	  { 3, 0, 3, 0 } },
	/* not URLs, and reading goes on */
	{ LIST("example.org/x\nmailto:a@b\nhttp://h/\n"),
	  "1 !no scheme: begin the URL with http:// or https://: example.org/x\n"
	  "2 !other scheme or none: begin the URL with http:// or https://: mailto:a@b\n"
	  "3 http://h/\n",
	  { 3, 1, 2, 0 } },
	{ LIST("http://h:99999/\nhttp://[::\nhttp://\n"),
	  "1 !bad port: a number up to 65535 belongs after the ':': http://h:99999/\n"
	  "2 !bad host: not a valid IPv4 or IPv6 address: http://[::\n"
	  "3 !no host: a name or an address belongs after http://: http://\n",
	  { 3, 0, 3, 0 } },
	/* bytes */
	{ LIST("http://h/a\0b\nhttp://h/\n"),
	  "1 !" NUL_REASON ": http://h/a\n2 http://h/\n",
	  { 2, 1, 1, 0 } },
	{ LIST("\xFF\xFEh\0t\0\n"), "1 !" NUL_REASON ": \xFF\xFEh\n", { 1, 0, 1, 0 } },
	{ LIST("http://h/\xE9\nhttp://h/\xC3\xA9\n"),
	  "1 http://h/%E9\n2 http://h/%C3%A9\n",
	  { 2, 2, 0, 0 } },
	{ LIST("http://\xE9/\n\x01\n"),
	  "1 !bad host: not a valid host name: http://\xE9/\n"
	  "2 !nothing there: a URL begins with http:// or https://: \x01\n",
	  { 2, 0, 2, 0 } },
	/* canonical, not as written */
	{ LIST("HTTP://U:p@H:80/a/../%7e#x\n"), "1 http://h/~\n", { 1, 1, 0, 0 } },
};

static void every_list_of_the_table_is_read_as_written_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct log log = { .size = 0 };
		struct seeds_counts counts = read_bytes(rows[i].list, log_line, &log);

		assert_string_equal(log.text, rows[i].log);
		assert_int_equal(counts.lines, rows[i].counts.lines);
		assert_int_equal(counts.urls, rows[i].counts.urls);
		assert_int_equal(counts.rejected, rows[i].counts.rejected);
		assert_int_equal(counts.skipped, rows[i].counts.skipped);
	}
}

static int check_text(void *context, const struct seeds_line *line)
{
	assert_true(slice_equal(line->text, *(const struct slice *)context));
	return 0;
}

static void a_line_keeps_its_text_beside_the_url(void **state)
{
	struct slice text = SLICE("HTTP://H#x");

	(void)state;
	read_bytes(SLICE("  HTTP://H#x \r\n"), check_text, &text);
}

static int check_user(void *context, const struct seeds_line *line)
{
	assert_true(slice_equal(line->user, slice_of(context)));
	return 0;
}

/* ---- lines of JSON ---- */

/* "METHOD url body|headers" of what a line asks, with / for the ends of headers; or its reason. */
static int show_request(void *context, const struct seeds_line *line)
{
	static const char *const methods[] = { "GET", "POST" };
	char *out = context, *end;

	if (!line->url) {
		snprintf(out, LOG_BYTES_MAX, "!%s", line->reason);
		return 0;
	}
	snprintf(out, LOG_BYTES_MAX, "%s %.99s %.*s|%.*s%.*s", methods[line->request.method],
		 line->url->text, (int)line->request.body.size, line->request.body.at,
		 (int)line->request.headers.size, line->request.headers.at, (int)line->set.size,
		 line->set.at);
	for (end = out; (end = strchr(end, '\n'));)
		*end = '/';
	return 0;
}

#define U     "\"url\":\"http://h/\""
#define JSON  "Content-Type: application/json/"
#define FORM  "Content-Type: application/x-www-form-urlencoded/"
#define PLAIN "Content-Type: text/plain;charset=UTF-8/"

static void every_line_of_json_is_read_as_written_there(void **state)
{
	static const struct {
		const char *line, *shown;
	} cases[] = {
		{ "{" U "}", "GET http://h/ |" },
		{ " {\t" U " } ", "GET http://h/ |" },
		{ "{\"url\": \" HTTP:\\/\\/H\\/\\u0061#x \"}", "GET http://h/a |" },
		{ "{" U ",\"method\":\"POST\"}", "POST http://h/ |" },
		{ "{" U ",\"method\":\"post\"}", "POST http://h/ |" },
		{ "{" U ",\"method\":\"Get\"}", "GET http://h/ |" },
		/* json: as it is written, without white space */
		{ "{" U ",\"json\":{ \"a\" : [1, 2.50 ,1e400], \"b\":\"c \\\" d\" }}",
		  "POST http://h/ {\"a\":[1,2.50,1e400],\"b\":\"c \\\" d\"}|" JSON },
		{ "{" U ",\"json\":{\"id\":12345678901234567890}}",
		  "POST http://h/ {\"id\":12345678901234567890}|" JSON },
		{ "{" U ",\"json\":{\"a\":1,\"a\":2}}", "POST http://h/ {\"a\":1,\"a\":2}|" JSON },
		{ "{" U ",\"json\":\"\\u00e9\\\\ \"}", "POST http://h/ \"\\u00e9\\\\ \"|" JSON },
		{ "{" U ",\"json\":null}", "POST http://h/ null|" JSON },
		{ "{" U ",\"json\":[]}", "POST http://h/ []|" JSON },
		/* form: as browsers send it */
		{ "{" U ",\"form\":{\"q\":\"a b&c\",\"key A to B\":\"K\xC3\xB6ln\"}}",
		  "POST http://h/ q=a+b%26c&key+A+to+B=K%C3%B6ln|" FORM },
		{ "{" U ",\"form\":{\"n\":1.50,\"b\":true,\"none\":null,\"e\":\"\"}}",
		  "POST http://h/ n=1.50&b=true&e=|" FORM },
		{ "{" U ",\"form\":{\"l\":[null,1,\"2\",null,\"\"],\"m\":[],\"o\":[null]}}",
		  "POST http://h/ l=1&l=2&l=|" FORM },
		{ "{" U ",\"form\":{\"a\":\"one%26two\"}}", "POST http://h/ a=one%2526two|" FORM },
		{ "{" U ",\"form\":{}}", "POST http://h/ |" FORM },
		/* body: its text */
		{ "{" U ",\"body\":\"a\\u0020b\"}", "POST http://h/ a b|" PLAIN },
		{ "{" U ",\"body\":\"\"}", "POST http://h/ |" PLAIN },
		{ "{" U ",\"body\":\"x\",\"headers\":{\"content-type\":\"a/b\"}}",
		  "POST http://h/ x|content-type: a/b/" },
		{ "{" U ",\"method\":\"POST\",\"json\":1}", "POST http://h/ 1|" JSON },
		/* headers, fields */
		{ "{" U ",\"headers\":{\"X-A\":\" b \",\"x-n\":7}}",
		  "GET http://h/ |X-A: b/x-n: 7/" },
		{ "{" U ",\"headers\":{}}", "GET http://h/ |" },
		{ "{" U ",\"set\":{\"shop\":\"7\",\"a\":1,\"x\":null}}",
		  "GET http://h/ |{\"a\":\"1\",\"shop\":\"7\"}" },
		{ "{" U ",\"set\":{},\"json\":1}", "POST http://h/ 1|" JSON },
		/* keys that are none */
		{ "{" U ",\"metod\":\"POST\"}", "!unknown \"metod\": did you mean \"method\"?" },
		{ "{" U ",\"Headers\":{}}", "!unknown \"Headers\": did you mean \"headers\"?" },
		{ "{" U ",\"payload\":1}",
		  "!unknown \"payload\": there are url, method, json, form, body, headers, set" },
		{ "{" U ",\"a\\nb\":1}",
		  "!unknown \"...\": there are url, method, json, form, body, headers, set" },
		{ "{" U "," U "}", "!\"url\" comes twice" },
		{ "{\"json\":1}", "!no \"url\"" },
		{ "{}", "!no \"url\"" },
		{ "{\"url\":7}", "!url: a text is wanted" },
		{ "{\"url\":\"h/x\"}", "!no scheme: begin the URL with http:// or https://" },
		{ "{\"url\":\"http://h/a b\"}", "!url: white space inside the URL" },
		{ "{\"url\":\"http://h/\\u0000\"}", "!url: white space inside the URL" },
		/* methods and bodies */
		{ "{" U ",\"method\":\"PUT\"}", "!method \"PUT\": only GET and POST are asked" },
		{ "{" U ",\"method\":\"\"}", "!method \"...\": only GET and POST are asked" },
		{ "{" U ",\"method\":\"POSTS\"}",
		  "!method \"POSTS\": only GET and POST are asked" },
		{ "{" U ",\"method\":\"POST\\r\\nX: y\"}",
		  "!method \"...\": only GET and POST are asked" },
		{ "{" U ",\"method\":1}", "!method: \"GET\" or \"POST\" is wanted" },
		{ "{" U ",\"method\":\"GET\",\"json\":1}",
		  "!a GET sends no body: leave \"method\" out, or write \"POST\"" },
		{ "{" U ",\"json\":1,\"form\":{}}",
		  "!json, form and body: only one of them can be sent" },
		{ "{" U ",\"body\":{\"a\":1}}", "!body: a text is wanted (json sends any value)" },
		{ "{" U ",\"form\":[]}",
		  "!form: names with their values are wanted, {\"q\": \"tea\"}" },
		{ "{" U ",\"form\":\"a=b\"}",
		  "!form: names with their values are wanted, {\"q\": \"tea\"}" },
		{ "{" U ",\"form\":{\"a\":{\"b\":[\"c\"]}}}",
		  "!form: \"a\" is no text, number, boolean or list of them" },
		{ "{" U ",\"form\":{\"a\":[[1]]}}",
		  "!form: \"a\" is no text, number, boolean or list of them" },
		{ "{" U ",\"form\":{\"a\":1,\"a\":2}}",
		  "!form: \"a\" comes twice: write a list, [\"1\", \"2\"]" },
		/* headers that cannot be */
		{ "{" U ",\"headers\":{\"authorization\":\"Bearer t\"}}",
		  "!headers: authorization is a credential: put it under hosts:" },
		{ "{" U ",\"headers\":{\"Cookie\":\"a=b\"}}",
		  "!headers: Cookie is a credential: put it under hosts:" },
		{ "{" U ",\"headers\":{\"Proxy-Authorization\":\"x\"}}",
		  "!headers: Proxy-Authorization cannot be set: write it into the proxy's URL: "
		  "http://name:password@proxy" },
		{ "{" U ",\"headers\":{\"host\":\"x\"}}",
		  "!headers: Host cannot be set: it is of the URL" },
		{ "{" U ",\"headers\":{\"Content-Length\":3}}",
		  "!headers: Content-Length cannot be set: it is of the request" },
		{ "{" U ",\"headers\":{\"Transfer-Encoding\":\"chunked\"}}",
		  "!headers: Transfer-Encoding cannot be set: it is of the request" },
		{ "{" U ",\"headers\":{\"Connection\":\"close\"}}",
		  "!headers: Connection cannot be set: it is of the connection, which crawl keeps "
		  "or "
		  "closes" },
		{ "{" U ",\"headers\":{\"X-A\":\"b\\r\\nX-C: d\"}}",
		  "!headers: X-A: the value has a line end: a header is one line" },
		{ "{" U ",\"headers\":{\"X-A\":\"b\\u0000\"}}",
		  "!headers: X-A: the value has a control character" },
		{ "{" U ",\"headers\":{\"X-A\\n\":\"b\"}}",
		  "!headers: \"...\" is no name of a header" },
		{ "{" U ",\"headers\":{\"X A\":\"b\"}}",
		  "!headers: \"...\" is no name of a header" },
		{ "{" U ",\"headers\":{\"X-A\":\"\"}}", "!headers: X-A: the value is empty" },
		{ "{" U ",\"headers\":{\"X-A\":null}}", "!headers: \"X-A\" wants a text" },
		{ "{" U ",\"headers\":{\"X-A\":\"b\",\"x-a\":\"c\"}}",
		  "!headers: \"x-a\" comes twice" },
		{ "{" U ",\"headers\":[\"X-A: b\"]}",
		  "!headers: names with their values are wanted, {\"X-Shop\": \"7\"}" },
		{ "{" U ",\"set\":{\"a b\":1}}",
		  "!set: a name has letters, digits and _, and begins with no digit" },
		{ "{" U ",\"set\":{\"a\":{}}}", "!set: \"a\" is no text, number or boolean" },
		{ "{" U ",\"set\":7}",
		  "!set: names with their values are wanted, {\"shop\": \"7\"}" },
		/* what is no JSON */
		{ "{\"url\":\"http://h/",
		  "!the JSON is cut off at byte 17: an object stands on one line (jq -c)" },
		{ "{", "!the JSON is cut off at byte 1: an object stands on one line (jq -c)" },
		{ "{" U "},", "!the JSON breaks at byte 20" },
		{ "{" U "}\tshop=7",
		  "!a TAB behind the object: its fields stand in it, \"set\": {\"shop\": \"7\"}" },
		{ "{" U ", \"json\": {}\tx}", "!the JSON breaks at byte 32" },
		{ "{" U "}{" U "}", "!the JSON breaks at byte 20" },
		{ "{" U ",}", "!not JSON to the letter: quotes, commas, white space" },
		{ "{'url':'http://h/'}", "!the JSON breaks at byte 2" },
		{ "{url:\"http://h/\"}", "!the JSON breaks at byte 2" },
		{ "{" U ",\"body\":\"\t\"}",
		  "!not JSON to the letter: quotes, commas, white space" },
		{ "{" U ",\"body\":\"\xE9\"}", "!the line is not UTF-8" },
		{ "[{" U "}]", "!a JSON array: a list has one object a line (jq -c '.[]')" },
		{ "[", "!a JSON array: a list has one object a line (jq -c '.[]')" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char shown[LOG_BYTES_MAX] = "";

		read_bytes(slice_of(cases[i].line), show_request, shown);
		if (strcmp(shown, cases[i].shown) != 0)
			fail_msg("%s\n%s\ninstead of\n%s", cases[i].line, shown, cases[i].shown);
	}
}

static int keep_line(void *context, const struct seeds_line *line)
{
	char *out = context;

	snprintf(out, LOG_BYTES_MAX, "%.*s|%.*s", (int)line->text.size, line->text.at,
		 (int)line->user.size, line->user.at);
	return 0;
}

static void credentials_of_a_rejected_line_of_json_are_not_shown(void **state)
{
	static const struct {
		const char *line, *shown;
	} cases[] = {
		{ "{\"url\":\"http://u:p@h/\"}", "{\"url\":\"http://u:p@h/\"}|u:p" },
		{ "{\"url\":\"http://u:p@h/\",\"x\":1}", "{\"url\":\"http://***@h/\",\"x\":1}|" },
		{ "{\"x\":1,\"url\":\"http:\\/\\/u:p@h\\/@\"}",
		  "{\"x\":1,\"url\":\"http:\\/\\/***@h\\/@\"}|" },
		{ "{\"url\":\"http://u:p@h", "{\"url\":\"http://***@h|" },
		{ "{\"headers\":{\"AUTHORIZATION\":\"Bearer t\"}",
		  "{\"headers\":{\"AUTHORIZATION|" },
		{ "{\"headers\":{\"cookie\":\"a=b\"},\"url\":1}", "{\"headers\":{\"cookie|" },
		{ "[{\"Proxy-Authorization\":\"t\"}]", "[{\"Proxy-Authorization|" },
		/* Set over many lines by somebody, or a command. */
		{ "\"url\": \"http://u:p@h/\",", "\"url\": \"http://***@h/\",|" },
		{ "\"Authorization\": \"Bearer t\"", "\"Authorization|" },
		{ "- {\"url\": \"http://u:p@h/\"}", "- {\"url\": \"http://***@h/\"}|" },
		{ "curl http://u:p@h/ -H 'Cookie: a=b'", "curl http://***@h/ -H 'Cookie|***" },
		{ "http://u:a\"b@h/ c", "http://u:a\"b@h/ c|u:a\"b" },
		/* Whatever is read as a name and password, or as such a header. */
		{ "{\"url\":\"http://u:a b@h/\"}", "{\"url\":\"http://*****@h/\"}|" },
		{ "{\"url\":\"http://u:a\\\"b@h/\",\"x\":1}",
		  "{\"url\":\"http://******@h/\",\"x\":1}|" },
		{ "{\"url\":\"http:u:p@h/\",\"x\":1}", "{\"url\":\"http:***@h/\",\"x\":1}|" },
		{ "{\"url\":\"http:/u:p@h/\",\"x\":1}", "{\"url\":\"http:/***@h/\",\"x\":1}|" },
		{ "{\"url\":\"http:\\\\u:p@h/\",\"x\":1}",
		  "{\"url\":\"http:\\\\***@h/\",\"x\":1}|" },
		{ "{\"url\":\"http:\\u002F/u:p\\u0040h/\",\"x\":1}",
		  "{\"url\":\"http:\\u002F/***\\u0040h/\",\"x\":1}|" },
		{ "{\"headers\":{\"\\u0041uthorization\":\"Bearer t\"},\"url\":1}",
		  "{\"headers\":{\"\\u0041uthorization|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char shown[LOG_BYTES_MAX];

		read_bytes(slice_of(cases[i].line), keep_line, shown);
		assert_string_equal(shown, cases[i].shown);
	}
}

/* A line that is shown hides it all. */
static void a_password_ends_with_its_url_unless_the_line_is_rejected(void **state)
{
	static const struct {
		const char *line, *user;
	} cases[] = {
		{ "http://h/\tshop=7", "" },
		{ "http://h\tmail=a:b@c", "" },
		{ "http://u:p@h\tmail=a:b@c", "u:p" },
		{ "http://u:p\tq=w@h/", "u:p\tq=w" },
		{ "http://u:p w@h/\tshop=7", "u:p w" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		read_bytes(slice_of(cases[i].line), check_user, (void *)(uintptr_t)cases[i].user);
}

/* One of `count` names "aa...", or of one name of `count` letters. */
static struct slice line_of(char *line, size_t count, bool is_one)
{
	char *at = line + sprintf(line, "http://h/");

	if (is_one)
		return (struct slice){
			line, (size_t)(at - line) + (size_t)sprintf(at, "\t%0*d=", (int)count, 0)
		};
	for (size_t n = 0; n < count; n++)
		at += sprintf(at, "\tn%zu=", n);
	return (struct slice){ line, (size_t)(at - line) };
}

static void a_set_has_limits(void **state)
{
	static const struct {
		size_t count;
		bool is_one;
		const char *reason;
	} cases[] = {
		{ SEED_SET_NAME_MAX, true, NULL },
		{ SEED_SET_NAME_MAX + 1, true, "name=value: a name has at most 64 characters" },
		{ SEED_SET_FIELDS_MAX, false, NULL },
		{ SEED_SET_FIELDS_MAX + 1, false, "name=value: more than 100 of them" },
	};
	char line[2048];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice text = line_of(line, cases[i].count, cases[i].is_one);
		struct log log = { .size = 0 };
		struct seeds_counts counts;

		if (cases[i].is_one)
			memset(line + sizeof("http://h/"), 'a', cases[i].count);
		counts = read_bytes(text, log_line, &log);
		assert_int_equal(counts.rejected, cases[i].reason != NULL);
		if (cases[i].reason)
			assert_non_null(strstr(log.text, cases[i].reason));
	}
}

/* Lines of all lengths, so that they end at every place of a block. */
static int expect_next_number(void *context, const struct seeds_line *line)
{
	uint64_t *count = context;
	char expected[64];

	++*count;
	snprintf(expected, sizeof(expected), "http://h/%ju", (uintmax_t)*count);
	assert_int_equal(line->number, *count);
	assert_string_equal(line->url->text, expected);
	return 0;
}

static void no_line_is_lost_where_blocks_meet(void **state)
{
	char *text = malloc(LONG_LIST_BYTES);
	uint64_t count = 0;
	size_t size = 0;

	(void)state;
	assert_non_null(text);
	for (unsigned i = 1; i <= MANY_LINES; i++) {
		size += (size_t)sprintf(text + size, "http://h/%u#", i);
		memset(text + size, 'f', i % 127);
		size += i % 127;
		text[size++] = '\n';
	}
	read_bytes((struct slice){ text, size }, expect_next_number, &count);
	assert_int_equal(count, MANY_LINES);
	free(text);
}

/* ---- long lines ---- */

/* front, filler again and again until size bytes, then rest; the caller frees its bytes. */
static struct slice long_line(const char *front, char filler, size_t size, const char *rest)
{
	char *text = malloc(size + strlen(rest) + 1);

	assert_non_null(text);
	memset(text, filler, size);
	memcpy(text, front, strlen(front));
	memcpy(text + size, rest, strlen(rest) + 1);
	return (struct slice){ text, size + strlen(rest) };
}

static void a_line_has_a_limit_in_bytes(void **state)
{
	static const struct {
		const char *front;
		char filler;
		size_t size;
		const char *rest;
		bool is_too_long;
	} lines[] = {
		{ "http://h/#", 'f', SEEDS_LINE_BYTES_MAX, "\nhttp://h/\n", false },
		{ "http://h/#", 'f', SEEDS_LINE_BYTES_MAX, "", false },
		{ "http://h/#", 'f', SEEDS_LINE_BYTES_MAX + 1, "\nhttp://h/\n", true },
		{ "http://h/#", 'f', SEEDS_LINE_BYTES_MAX + 1, "", true },
		{ BYTE_ORDER_MARK "http://h/#", 'f', SEEDS_LINE_BYTES_MAX + 3, "\n", false },
		{ BYTE_ORDER_MARK "http://h/#", 'f', SEEDS_LINE_BYTES_MAX + 4, "\n", true },
		{ BYTE_ORDER_MARK "http://h/#", 'f', LONG_LINE_BYTES, "\n", true },
		{ "http://h/", ' ', LONG_LINE_BYTES, "\nhttp://h/\n", true },
		{ "", ' ', LONG_LINE_BYTES, "\nhttp://h/\n", true },
		{ "", '\0', LONG_LINE_BYTES, "\nhttp://h/", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct log log = { .size = 0 };
		struct slice text =
			long_line(lines[i].front, lines[i].filler, lines[i].size, lines[i].rest);
		struct seeds_counts counts = read_bytes(text, log_line, &log);
		bool has_more = strlen(lines[i].rest) > 1;

		assert_int_equal(strstr(log.text, LINE_TOO_LONG) != NULL, lines[i].is_too_long);
		assert_int_equal(counts.rejected, lines[i].is_too_long);
		assert_int_equal(counts.lines, 1 + has_more);
		if (has_more)
			assert_non_null(strstr(log.text, "2 http://h/\n"));
		free((void *)text.at);
	}
}

static void a_long_comment_is_a_comment(void **state)
{
	struct slice text = long_line("#", 'c', LONG_LINE_BYTES, "\nhttp://h/\n");
	struct log log = { .size = 0 };

	(void)state;
	read_bytes(text, log_line, &log);
	assert_string_equal(log.text, "2 http://h/\n");
	free((void *)text.at);
}

static int keep_text_size(void *context, const struct seeds_line *line)
{
	assert_null(line->url);
	*(size_t *)context = line->text.size;
	return 0;
}

static void the_text_of_a_rejected_line_is_cut_at_a_character(void **state)
{
	static const struct {
		const char *mark; /* where the limit would be */
		size_t before;    /* bytes of it before the limit */
		size_t size;      /* what is left */
	} lines[] = {
		{ "aaaa", 2, SEEDS_REJECT_TEXT_MAX },
		{ "\xC3\xA9", 2, SEEDS_REJECT_TEXT_MAX },
		{ "\xC3\xA9", 1, SEEDS_REJECT_TEXT_MAX - 1 },
		{ "\xF0\x9F\x92\xA9", 3, SEEDS_REJECT_TEXT_MAX - 3 },
		{ "\x80\x80\x80\x80\x80\x80", 5, SEEDS_REJECT_TEXT_MAX - 3 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct slice text =
			long_line("x", 'x', SEEDS_REJECT_TEXT_MAX - lines[i].before, lines[i].mark);
		size_t size = 0;

		read_bytes(text, keep_text_size, &size);
		assert_int_equal(size, lines[i].size);
		free((void *)text.at);
	}
}

/* A source that never ends, as /dev/zero and `yes | tr -d '\n'` are; it counts what it gave. */
static ssize_t read_for_ever(void *cookie, char *out, size_t room)
{
	*(size_t *)cookie += room;
	memset(out, 'x', room);
	return (ssize_t)room;
}

static void a_line_without_an_end_is_given_up(void **state)
{
	size_t given = 0;
	FILE *list = fopencookie(&given, "r", (cookie_io_functions_t){ .read = read_for_ever });
	struct log log = { .size = 0 };
	struct seeds_counts counts;

	(void)state;
	assert_non_null(list);
	assert_int_equal(seeds_read(list, log_line, &log, &counts), -1);
	assert_int_equal(errno, SEEDS_ERROR_ENDLESS);
	assert_int_equal(counts.lines, 0);
	assert_in_range(given, SEEDS_LINE_LENGTH_MAX, SEEDS_LINE_LENGTH_MAX + LONG_LINE_BYTES);
	fclose(list);
}

/* ---- ends before the end ---- */

static void the_function_stops_the_reading(void **state)
{
	FILE *list = list_of(SLICE("http://h/1\n#\nx\nhttp://h/4\n"));
	struct log log = { .stop_at = 3 };
	struct seeds_counts counts;

	(void)state;
	errno = EINVAL;
	assert_int_equal(seeds_read(list, log_line, &log, &counts), -1);
	assert_int_equal(errno, 0);
	assert_int_equal(counts.lines, 3);
	assert_int_equal(counts.urls, 1);
	assert_int_equal(counts.rejected, 1);
	assert_int_equal(counts.skipped, 1);
	fclose(list);
}

static void a_directory_is_an_error(void **state)
{
	FILE *list = fopen("tests", "r");
	struct log log = { .size = 0 };
	struct seeds_counts counts = { .lines = 99 };

	(void)state;
	assert_non_null(list);
	assert_int_equal(seeds_read(list, log_line, &log, &counts), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(counts.lines, 0);
	fclose(list);
}

/* A disk that fails after two lines and a half. */
static ssize_t read_then_fail(void *cookie, char *out, size_t room)
{
	static const char text[] = "http://h/1\nhttp://h/2\nhttp://h/3";
	bool *has_read = cookie;

	if (*has_read) {
		errno = EIO;
		return -1;
	}
	*has_read = true;
	assert_true(room >= sizeof(text) - 1);
	memcpy(out, text, sizeof(text) - 1);
	return sizeof(text) - 1;
}

static void whole_lines_before_a_read_error_count(void **state)
{
	bool has_read = false;
	FILE *list = fopencookie(&has_read, "r", (cookie_io_functions_t){ .read = read_then_fail });
	struct log log = { .size = 0 };
	struct seeds_counts counts;

	(void)state;
	assert_non_null(list);
	assert_int_equal(seeds_read(list, log_line, &log, &counts), -1);
	assert_int_equal(errno, EIO);
	assert_string_equal(log.text, "1 http://h/1\n2 http://h/2\n");
	assert_int_equal(counts.lines, 2);
	fclose(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_list_of_the_table_is_read_as_written_there),
		cmocka_unit_test(a_line_keeps_its_text_beside_the_url),
		cmocka_unit_test(a_password_ends_with_its_url_unless_the_line_is_rejected),
		cmocka_unit_test(every_line_of_json_is_read_as_written_there),
		cmocka_unit_test(credentials_of_a_rejected_line_of_json_are_not_shown),
		cmocka_unit_test(a_set_has_limits),
		cmocka_unit_test(no_line_is_lost_where_blocks_meet),
		cmocka_unit_test(a_line_has_a_limit_in_bytes),
		cmocka_unit_test(a_long_comment_is_a_comment),
		cmocka_unit_test(the_text_of_a_rejected_line_is_cut_at_a_character),
		cmocka_unit_test(a_line_without_an_end_is_given_up),
		cmocka_unit_test(the_function_stops_the_reading),
		cmocka_unit_test(a_directory_is_an_error),
		cmocka_unit_test(whole_lines_before_a_read_error_count),
	};

	return RUN_TESTS(tests);
}
