#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "tests/support/program.h"

/*
 * crawl inspect links, robots, sitemap, and url with a config: what comes on standard output, and
 * the exit code.
 */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS_MAX    10

static const char robots[] = "User-agent: *\n"
			     "Disallow: /\n"
			     "Crawl-delay: 10\n"
			     "\n"
			     "User-agent: mybot  # ours\n"
			     "Disallow: /private\n"
			     "Allow:\t/private/*.html$\n"
			     "Disallow: /\x1b[2J\n"
			     "Crawl-delay: 2.5\n"
			     "Sitemap: http://a.example/one.xml\n"
			     "Sitemap: http://a.example/two.xml\n";

static const char page[] =
	"<title>x</title><a href='b?c#d'>1</a> <a href='/e'>2</a>\n"
	"<a href='b?c'>again</a> <a rel=nofollow href='no'>3</a> <!-- <a href='no'> -->\n"
	"<a href='mailto:x'>4</a> <a href='HTTP://Other.Example:80/%7ef'>5</a> <area href='g'>\n";

static const char based[] = "<a href='x'>1</a><base href='/y/'><a href='z'>2</a>";
static const char closed[] = "<a href='x'>1</a><meta name=robots content='nofollow'>";
static const char tracked[] = "<a href='?a=1&utm_x=2'>1</a><a href='?utm_x=3&a=1'>again</a>"
			      "<a href='#top'>2</a>";
static const char dropping[] = "canonical: {drop_query: [utm_*], drop_path: [sid]}\n";
static const char rules[] = "follow: [{link: '/e$', same: host}]\n";

static const char sitemap[] = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>\n"
			      "<url><loc> http://a.example/1 </loc></url>\n"
			      "<url><loc>http://a.example/2?a=1&amp;b=2</loc></url>\n"
			      "<url><loc>http://a.example/\n3</loc></url>\n"
			      "</urlset>\n";

static void write_gzip(const char *name, const char *text)
{
	gzFile file = gzopen(in_folder(name), "w");

	assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), strlen(text));
	assert_int_equal(gzclose(file), Z_OK);
}

static int set_up(void **state)
{
	if (folder_make(state) < 0)
		return -1;
	write_text("robots.txt", "%s", robots);
	write_text("page.html", "%s", page);
	write_text("based.html", "%s", based);
	write_text("closed.html", "%s", closed);
	write_text("koi8.html", "<meta charset=koi8-r><a href='/\xc1'>a</a>");
	write_text("rules.yaml", "%s", rules);
	write_text("tracked.html", "%s", tracked);
	write_text("dropping.yaml", "%s", dropping);
	write_text("sitemap.xml", "%s", sitemap);
	write_gzip("sitemap.xml.gz", sitemap);
	write_bytes("cut.xml", sitemap, strlen(sitemap) - 40);
	return 0;
}

static const struct {
	const char *words[WORDS_MAX];
	const char *input;
	int code;
	const char *out;   /* all of it */
	const char *error; /* a part of it, or NULL: none at all */
} samples[] = {
	/* robots */
	{ { "robots", "robots.txt", "--agent", "mybot", "http://a.example/private/x", "/public",
	    "/private/x.html", "/%1b[2J" },
	  NULL,
	  0,
	  "disallow\thttp://a.example/private/x\t6: Disallow: /private\n"
	  "allow\t/public\t-\n"
	  "allow\t/private/x.html\t7: Allow:\t/private/*.html$\n"
	  "disallow\t/%1b[2J\t8: Disallow: /?[2J\n",
	  NULL },
	{ { "robots", "robots.txt", "--agent", "MyBot/2.0 (+http://b.example/)", "/private" },
	  NULL,
	  0,
	  "disallow\t/private\t6: Disallow: /private\n",
	  NULL },
	{ { "robots", "robots.txt", "/" }, NULL, 0, "disallow\t/\t2: Disallow: /\n", NULL },
	{ { "robots", "robots.txt", "--agent", "mybot", "-", "/y" },
	  "/x/../private\nhttps://b.example\n",
	  0,
	  "disallow\t/x/../private\t6: Disallow: /private\n"
	  "allow\thttps://b.example\t-\nallow\t/y\t-\n",
	  NULL },
	{ { "robots", "robots.txt", "--agent", "mybot", "private", "//b.example/private" },
	  NULL,
	  1,
	  "error\tprivate\tno scheme: begin the URL with http:// or https://\n"
	  "allow\t//b.example/private\t-\n",
	  NULL },
	{ { "robots", "robots.txt", "--agent", "mybot" },
	  NULL,
	  0,
	  "crawl-delay\t2.5\nsitemap\thttp://a.example/one.xml\n"
	  "sitemap\thttp://a.example/two.xml\n",
	  NULL },
	{ { "robots", "-", "--agent", "mybot" }, "", 0, "crawl-delay\t-\n", NULL },
	{ { "robots", "-", "/x" },
	  "User-agent: crawl\nDisallow: /x",
	  0,
	  "disallow\t/x\t2: Disallow: /x\n",
	  NULL },
	{ { "robots", "none.txt", "/" }, NULL, 2, "", "none.txt: No such file" },
	/* links */
	{ { "links", "page.html", "--base", "http://a.example/d/" },
	  NULL,
	  0,
	  "http://a.example/d/b?c\nhttp://a.example/e\nhttp://other.example/~f\n"
	  "http://a.example/d/g\n",
	  NULL },
	{ { "links", "page.html", "--base", "http://a.example/d/", "-c", "rules.yaml" },
	  NULL,
	  0,
	  "http://a.example/e\n",
	  NULL },
	{ { "links", "tracked.html", "--base", "http://a.example/?utm_x", "-c", "dropping.yaml" },
	  NULL,
	  0,
	  "http://a.example/?a=1\nhttp://a.example/\n",
	  NULL },
	{ { "links", "tracked.html", "--base", "http://a.example/?utm_x" },
	  NULL,
	  0,
	  "http://a.example/?a=1&utm_x=2\nhttp://a.example/?utm_x=3&a=1\n"
	  "http://a.example/?utm_x\n",
	  NULL },
	/* url */
	{ { "url", "-c", "dropping.yaml", "--base", "http://a.example/?utm_x", "b?utm_y&c", "-" },
	  "\n#d\nhttp://e.example/\t?utm_z\nc;v=1;sid=2?utm_z\n",
	  0,
	  "http://a.example/b?c\nhttp://a.example/\nhttp://a.example/\nhttp://e.example/\n"
	  "http://a.example/c;v=1\n",
	  NULL },
	{ { "url", "http://a.example/?utm_x" }, NULL, 0, "http://a.example/?utm_x\n", NULL },
	{ { "url", "http://a.example/", "-c", "none.yaml" }, NULL, 2, "", "none.yaml" },
	/* links */
	{ { "links", "based.html", "--base", "http://a.example/d/" },
	  NULL,
	  0,
	  "http://a.example/y/x\nhttp://a.example/y/z\n",
	  NULL },
	{ { "links", "closed.html", "--base", "http://a.example/" }, NULL, 0, "", NULL },
	{ { "links", "koi8.html", "--base", "http://a.example/" },
	  NULL,
	  0,
	  "http://a.example/%D0%B0\n",
	  NULL },
	{ { "links", "-", "--base", "http://a.example/", "--content-type",
	    "text/html; charset=koi8-r" },
	  "<a href='/\xc1'>",
	  0,
	  "http://a.example/%D0%B0\n",
	  NULL },
	{ { "links", "page.html" }, NULL, 2, "", "--base URL" },
	{ { "links", "page.html", "--base", "d" }, NULL, 2, "", "--base: d: no scheme" },
	{ { "links", "none.html", "--base", "http://a/" }, NULL, 2, "", "none.html: No such file" },
	{ { "links", "page.html", "--base", "http://a/", "-c", "none.yaml" },
	  NULL,
	  2,
	  "",
	  "none.yaml" },
	/* sitemap */
	{ { "sitemap", "sitemap.xml" },
	  NULL,
	  0,
	  "http://a.example/1\nhttp://a.example/2?a=1&b=2\nhttp://a.example/3\n",
	  NULL },
	{ { "sitemap", "sitemap.xml.gz" },
	  NULL,
	  0,
	  "http://a.example/1\nhttp://a.example/2?a=1&b=2\nhttp://a.example/3\n",
	  NULL },
	{ { "sitemap", "-" },
	  "http://a.example/1\n# no\nhttp://a.example/2\n",
	  0,
	  "http://a.example/1\nhttp://a.example/2\n",
	  "-: 1 entry" },
	{ { "sitemap", "-", "--content-type", "application/xml; charset=koi8-r" },
	  "<urlset><url><loc>http://a.example/\xc1</loc></url></urlset>",
	  0,
	  "http://a.example/\xd0\xb0\n",
	  NULL },
	{ { "sitemap", "-", "--content-type", "text/xml; charset=utf-8" },
	  "<?xml version='1.0' encoding='koi8-r'?>"
	  "<urlset><url><loc>http://a.example/\xd0\xb0</loc></url></urlset>",
	  0,
	  "http://a.example/\xd0\xb0\n",
	  NULL },
	{ { "sitemap", "cut.xml" },
	  NULL,
	  1,
	  "http://a.example/1\nhttp://a.example/2?a=1&b=2\n",
	  "crawl: cut.xml: " },
	{ { "sitemap", "page.html" }, NULL, 1, "", "crawl: page.html: " },
	{ { "sitemap", "none.xml" }, NULL, 2, "", "none.xml: No such file" },
};

static const struct program *run(size_t sample)
{
	const char *words[WORDS_MAX + 2] = { "inspect" };
	const char *input = samples[sample].input;
	struct program_setup setup = { .input = input, .input_size = input ? strlen(input) : 0 };

	for (size_t i = 0; i < WORDS_MAX; i++)
		words[i + 1] = samples[sample].words[i];
	return program_run(&setup, words);
}

static void every_file_is_seen_as_a_crawl_sees_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct program *result = run(i);
		const char *error = samples[i].error;

		if (result->code != samples[i].code || strcmp(result->out, samples[i].out) != 0 ||
		    (error ? !strstr(result->error, error) : result->error[0]))
			fail_msg("sample %zu, inspect %s %s: exit code %d\n%s\n%s", i,
				 samples[i].words[0], samples[i].words[1], result->code,
				 result->out, result->error);
	}
}

/* More links than the worker's memory of links it has sent: each is still shown once. */
static void a_link_is_shown_once_however_many_there_are(void **state)
{
	enum { LINKS = 30000 };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct program *result;

	(void)state;
	for (int i = 0; i < 2 * LINKS; i++)
		fprintf(out, "<a href=/%d>\n", i % LINKS);
	fclose(out);
	write_bytes("many.html", text, size);
	free(text);
	result = RUN("inspect", "links", "many.html", "--base", "http://a/");
	assert_code(result, 0);
	assert_int_equal(count_lines(result->out), LINKS);
}

/* What a parser may not say or do, the program does: a line, and exit code 3. */
static void a_parser_that_gets_no_memory_ends_the_program_with_a_line(void **state)
{
	enum { SIZE = 48 << 20 };
	const struct program_setup setup = { .memory_bytes_max = 60 << 20 };
	char *text;
	gzFile file;
	const struct program *result;

	(void)state;
	if (SLOWNESS > 1)
		skip(); /* the sanitizers' own memory is more than any limit */
	text = malloc(SIZE);
	memset(text, ' ', SIZE);
	file = gzopen(in_folder("large.xml.gz"), "w1");
	assert_int_equal(gzwrite(file, text, SIZE), SIZE);
	assert_int_equal(gzclose(file), Z_OK);
	free(text);
	result = RUN_WITH(&setup, "inspect", "sitemap", "large.xml.gz");
	assert_code(result, 3);
	assert_string_equal(result->error, "crawl: out of memory; the same command goes on from "
					   "the last commit\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_file_is_seen_as_a_crawl_sees_it, set_up,
						folder_remove),
		cmocka_unit_test_setup_teardown(a_link_is_shown_once_however_many_there_are,
						folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(
			a_parser_that_gets_no_memory_ends_the_program_with_a_line, folder_make,
			folder_remove),
	};

	return RUN_TESTS(tests);
}
