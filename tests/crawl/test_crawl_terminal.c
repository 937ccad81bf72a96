#include "tests/support/test.h"

#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "crawler/show/glyph.h"
#include "tests/support/scenario.h"

/* What people see who sit at a terminal: everything fits it, also when it changes. */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SEEN_BYTES_MAX  ((size_t)1 << 20)

/* A terminal, and all that was written to it. */
struct terminal {
	int master, slave;
	char *seen;
	size_t size;
};

static struct terminal terminal_new(unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	struct terminal terminal = { .seen = calloc(1, SEEN_BYTES_MAX) };

	assert_non_null(terminal.seen);
	assert_int_equal(openpty(&terminal.master, &terminal.slave, NULL, NULL, &size), 0);
	fcntl(terminal.master, F_SETFD, FD_CLOEXEC);
	fcntl(terminal.slave, F_SETFD, FD_CLOEXEC);
	return terminal;
}

static void terminal_resize(struct terminal *terminal, unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };

	assert_int_equal(ioctl(terminal->master, TIOCSWINSZ, &size), 0);
}

/* Read some.  Returns whether there will be more. */
static bool terminal_read(struct terminal *terminal)
{
	ssize_t got = read(terminal->master, terminal->seen + terminal->size,
			   SEEN_BYTES_MAX - 1 - terminal->size);

	terminal->size += got > 0 ? (size_t)got : 0;
	return got > 0;
}

static struct program *terminal_start(struct terminal *terminal, const char *const arguments[])
{
	const struct program_setup setup = { .terminal = terminal->slave };
	struct program *program = program_start(&setup, arguments);

	close(terminal->slave);
	return program;
}

static void terminal_free(struct terminal *terminal)
{
	close(terminal->master);
	free(terminal->seen);
}

/* What stands between two ends of a line, without what only moves the cursor or colours. */
static size_t width_between(const char *from, const char *to)
{
	char text[4096];
	size_t size = 0;

	while (from < to && size < sizeof(text) - 1) {
		if (*from == '\033')
			from += strcspn(from, "JKm") + 1;
		else
			text[size++] = *from++;
	}
	text[size] = '\0';
	return glyph_text_width(text);
}

/* What is pasted into a shell stays whole, and so does a word, which a URL is. */
static bool may_be_wider(const char *from, const char *to)
{
	const char *word = from + strspn(from, " ");

	return strncmp(word, "next: ", 6) == 0 || strncmp(word, "crawl ", 6) == 0 ||
	       memchr(word, ' ', (size_t)(to - word)) == NULL;
}

static void assert_fits(const char *seen, size_t columns)
{
	while (*seen) {
		const char *end = seen + strcspn(seen, "\r\n");

		if (width_between(seen, end) > columns && !may_be_wider(seen, end))
			fail_msg("wider than %zu: %.*s", columns, (int)(end - seen), seen);
		seen = end + strspn(end, "\r\n");
	}
}

static void make_crawl(void)
{
	write_text("crawl.yaml", "patterns:\n"
				 "  - name: heads\n    pattern: '<h1>(?<text>.*?)</h1>'\n"
				 "  - name: a_pattern_with_a_long_name\n    url: '/elsewhere/'\n"
				 "    pattern: '<h1>(?<text>.*?)</h1>'\n");
	write_text("list", "%s\n%s\n%s\n%s\n%s\nnonsense\nhttp://127.0.0.1:1/\n",
		   url("/page/1?a_long_way_to_go=%s", "0123456789012345678901234567890123456789"),
		   url("/page/2"), url("/missing"), url("/status/500"), url("/cut-body"));
}

static void all_that_is_shown_fits_the_terminal(void **state)
{
	static const char *const rows[][8] = {
		{ "list", "--delay", "0", "--set", "retries=0", "-o", "it is.db" },
		{ "list", "--delay", "0", "--set", "retries=0", "--fresh" },
		{ "sql", "SELECT * FROM pages" },
		{ "sql", "SELECT url, state, status, title FROM pages LIMIT 10" },
		{ "sql", "SELECT * FROM pages WHERE 0" },
		{ "sql", "SELECT * FROM heads" },
		{ "sql", "DELETE FROM urls" },
		{ "export", "nothing_like_it" },
		{ "failed" },
		{ "status", "-o", "none.db" },
		{ "why", "http://127.0.0.1/unknown" },
		{ "check" },
		{ "ctl", "pause" },
	};
	static const unsigned short widths[] = { 80, 40, 132 };

	(void)state;
	make_crawl();
	for (size_t i = 0; i < COUNT_OF(widths); i++) {
		for (size_t j = 0; j < COUNT_OF(rows); j++) {
			struct terminal terminal = terminal_new(widths[i]);
			struct program *program = terminal_start(&terminal, rows[j]);

			while (terminal_read(&terminal))
				;
			program_wait(program);
			assert_true(terminal.size > 0);
			/* events are for programs to read, and lines of their own */
			if (j > 1)
				assert_fits(terminal.seen, widths[i]);
			else
				assert_fits(strstr(terminal.seen, "pages in "), widths[i]);
			terminal_free(&terminal);
		}
	}
}

/* Rows first; then as many excerpts as there are lines left. */
static void try_leaves_the_rows_on_the_screen(void **state)
{
	static const struct {
		const char *expression;
		size_t excerpts;
	} rows[] = {
		{ "heads=<h1>(?<text>.*?)</h1>", 1 },
		{ "letters=<(?<letter>\\w)", 0 },
		{ "items=<li>(?<item>.*?)</li>", 7 },
	};
	const char *file;

	(void)state;
	file = write_text("page.html", "<h1>A</h1>\n<li>1</li><li>2</li><li>3</li><li>4</li>"
				       "<li>5</li><li>6</li><li>7</li><p><p><p><p><p><p><p><p>"
				       "<p><p><p><p><p><p><p><p><p><p><p><p><p><p><p><p>\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *const arguments[] = { "try", "-e", rows[i].expression, file, NULL };
		struct terminal terminal = terminal_new(80);
		struct program *program = terminal_start(&terminal, arguments);
		size_t excerpts = 0;

		while (terminal_read(&terminal))
			;
		program_wait(program);
		for (const char *at = terminal.seen; (at = strstr(at, "\n  ")); at++)
			excerpts += strncmp(at + 4, ":", 1) == 0; /* "  2:1: ..." */
		assert_int_equal(excerpts, rows[i].excerpts);
		assert_fits(terminal.seen, 80);
		terminal_free(&terminal);
	}
}

/* The line is drawn for the width that the terminal has at that time. */
static void the_progress_line_follows_the_terminal(void **state)
{
	static const char *const arguments[] = { "list", "--delay", "50ms", NULL };
	static const char drawn[] = "\r\033[J";
	struct terminal terminal = terminal_new(80);
	struct program *program;
	size_t at = 0;

	(void)state;
	write_list("list", "/page/%d", 1, 100);
	program = terminal_start(&terminal, arguments);
	while (!strstr(terminal.seen, " of 100 URLs (") && terminal_read(&terminal))
		;
	terminal_resize(&terminal, 30);
	for (int lines = 0; lines < 2 && terminal_read(&terminal); lines++)
		at = terminal.size; /* one may have been on its way */
	while (terminal_read(&terminal))
		;
	assert_int_equal(program_wait(program), 0);
	assert_fits(strstr(terminal.seen, drawn), 80);
	assert_non_null(strstr(terminal.seen + at, drawn));
	assert_fits(strstr(terminal.seen + at, drawn), 30);
	assert_non_null(strstr(terminal.seen, "%), at least "));
	assert_non_null(strstr(terminal.seen + at, "100 pages in "));
	terminal_free(&terminal);
}

/* ---- what others have written ---- */

/* A title, a window's name, a colour in one byte of Latin-1 and of UTF-8, the other direction. */
#define FOREIGN "t\033]0;x\007\033[2Jt\302\2331mt\342\200\256t\342\201\246t\233t\377\b\177t"

/* Bytes of what our progress, tables and colours do, or 0. */
static size_t ours(const char *at)
{
	size_t digits;

	if (*at == '\r')
		return 1;
	if (strncmp(at, "\033[", 2) != 0)
		return 0;
	digits = strspn(at + 2, "0123456789;");
	return at[2 + digits] == 'm' || (digits == 0 && strchr("JK", at[2])) ? 3 + digits : 0;
}

/* The first byte that steers it otherwise, or NULL. */
static const char *find_steering(const char *seen)
{
	while (*seen) {
		uint32_t code;
		size_t bytes = glyph_decode(slice_of(seen), &code);

		if (ours(seen) > 0)
			bytes = ours(seen);
		else if (glyph_is_control(code) && code != '\n' && code != '\t')
			return seen;
		seen += bytes;
	}
	return NULL;
}

static void make_foreign(void)
{
	write_text("page.html", "<title>%s</title><h1>%s</h1><a href='/%s'>a</a>", FOREIGN, FOREIGN,
		   FOREIGN);
	write_text("robots.txt", "User-agent: *\nDisallow: /a%s\nSitemap: http://a/%s\n", FOREIGN,
		   FOREIGN);
	write_text("list.txt", "http://a/%s\nnone%s\n", FOREIGN, FOREIGN);
	write_text("sitemap.xml", "<urlset><url><loc>http://a/t\342\200\256</loc></url>"
				  "<url><loc>\302\2331mt\342\200\256</loc></url></urlset>");
	write_text("heads.yaml", "patterns: [{name: heads, pattern: '<h1>(?<text>.*?)</h1>'}]\n");
	write_text("next.json",
		   "{\"next\": \"http://\\u001b]0;x\\u0007t\302\2331mt\342\200\256\"}");
	write_text("next.yaml", "follow: [{json: '$.next'}]\n");
	write_text("cursor.yaml", "follow: [{post: {cursor: '$.next'}}]\n");
	write_text("odd.yaml", "patterns: [{name: odd, pattern: '<title>', fields: "
			       "{t: {value: \"t\\u009b1mt\\u202et\\nt\"}}}]\n");
	write_text("tests.yaml", "patterns: [{name: heads, pattern: '<h1>(?<text>.*?)</h1>'}]\n"
				 "tests: [{page: page.html, pattern: heads, rows: [{text: x}]}]\n");
	write_text("bad.yaml", "patterns: [{name: '\342\200\256', \302\2331m: 1}]\n");
}

static void nothing_that_others_wrote_steers_the_terminal(void **state)
{
	static char page[200];
	static const char *const rows[][8] = {
		{ FOREIGN },
		{ "run", FOREIGN "/" FOREIGN },
		{ "--" FOREIGN },
		{ "-c", FOREIGN, "list.txt" },
		{ "check", FOREIGN },
		{ "check", "bad.yaml" },
		{ "try", "heads.yaml", FOREIGN },
		{ "try", "heads.yaml", "page.html" },
		{ "try", "heads.yaml", "page.html", "--json" },
		{ "try", "-e", "h=<h1>(?<text>.*?)</h2>", "page.html" },
		{ "explain", "h", "page.html", "-e", "h=<h1>(?<text>.*?)</h2>" },
		{ "inspect", "robots", "robots.txt" },
		{ "inspect", "robots", "robots.txt", "/a" FOREIGN, "http://[" FOREIGN },
		{ "inspect", "sitemap", "list.txt" },
		{ "inspect", "sitemap", "sitemap.xml" },
		{ "inspect", "links", "page.html", "--base", "http://a/" },
		{ "inspect", "links", "next.json", "--base", "http://a/", "-c", "next.yaml" },
		{ "inspect", "links", "next.json", "--base", "http://a/", "-c", "cursor.yaml" },
		{ "try", "next.yaml", "next.json", "--url", "http://a/", "-e", "n=(?<n>next)" },
		{ "try", "cursor.yaml", "next.json", "--url", "http://a/", "-e", "n=(?<n>next)" },
		{ "test", "tests.yaml" },
		{ "test", "odd.yaml", "--record", page },
		{ "inspect", "url", "http://a/" FOREIGN, "http://[" FOREIGN },
		{ "inspect", "text", "page.html" },
		{ "status" },
		{ "status", "-o", FOREIGN },
		{ "failed" },
		{ "why", "http://a/" FOREIGN },
		{ "sql", "SELECT * FROM pages" },
		{ "sql", "SELECT '" FOREIGN "' AS \"" FOREIGN "\", json_quote('" FOREIGN "')" },
		{ "sql", "--json", "SELECT '" FOREIGN "' AS \"" FOREIGN "\"" },
		{ "sql", "--format", "csv", "SELECT '" FOREIGN "' AS \"" FOREIGN "\"" },
		{ "sql", "SELEC " FOREIGN },
		{ "export", FOREIGN },
		{ "export", "heads" },
		{ "export", "heads", "--format", "jsonl" },
		{ "export", "heads", "--guard-formulas" },
		{ "body", "file" },
	};

	(void)state;
	make_foreign();
	snprintf(page, sizeof(page), "%s", url("/page/1"));
	program_run(
		&(struct program_setup){ 0 },
		(const char *const[]){ url("/page/1"), "-c", "heads.yaml", "--delay", "0", NULL });
	ask("UPDATE crawl_rows_heads SET text = '" FOREIGN "'");
	ask("UPDATE results SET title = '" FOREIGN "', error = '" FOREIGN "'");
	ask_in(NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct terminal terminal = terminal_new(120);
		struct program *program = terminal_start(&terminal, rows[i]);
		const char *found;

		while (terminal_read(&terminal))
			;
		program_wait(program);
		assert_true(terminal.size > 0);
		found = find_steering(terminal.seen);
		if (found)
			fail_msg("row %zu: %zu bytes before the end of: %s", i, strlen(found),
				 terminal.seen);
		terminal_free(&terminal);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scenario_begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_that_is_shown_fits_the_terminal),
		TEST(try_leaves_the_rows_on_the_screen),
		TEST(the_progress_line_follows_the_terminal),
		TEST(nothing_that_others_wrote_steers_the_terminal),
	};

	return RUN_TESTS(tests);
}
