#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/support/scenario.h"

/*
 * The program from end to end: what is read before anything is fetched, which is lists, arguments
 * and configs.
 */
#define QUICK "--delay", "0", "--set", "retries=0"

/* ---- lists ---- */

/* The line in which a run sums its lists up. */
struct sum {
	unsigned long lines, urls, added, known, rejected, skipped;
};

static struct sum sum_of(const struct program *run)
{
	const char *at = strstr(run->error, " known), ");
	struct sum sum;
	int fields;

	assert_non_null(at);
	while (at > run->error && at[-1] != '\n')
		at--;
	fields = sscanf(at,
			"%lu %*s %lu %*s (%lu new, %lu known), %lu rejected, %lu blank or "
			"comment",
			&sum.lines, &sum.urls, &sum.added, &sum.known, &sum.rejected, &sum.skipped);
	assert_int_equal(fields, 6);
	return sum;
}

/* Whatever the lists held, every line is somewhere, once. */
static void assert_sums_agree(const struct program *run)
{
	struct sum sum = sum_of(run);

	assert_int_equal(sum.lines, sum.urls + sum.rejected + sum.skipped);
	assert_int_equal(sum.urls, sum.added + sum.known);
	assert_int_equal(sum.added, ask_number("SELECT count(*) FROM pages"));
	assert_int_equal(sum.rejected, ask_number("SELECT count(*) FROM rejects"));
}

static void every_kind_of_line_is_fetched_skipped_or_rejected(void **state)
{
	/* After its begin, which the site's origin follows if it ends in "@". */
	static const struct {
		const char *line;
		const char *fetched; /* a target, or NULL */
		const char *reason;  /* of a reject, or NULL */
	} rows[] = {
		{ "\xef\xbb\xbf@/page/1\r\n", "/page/1", NULL },
		{ "\n", NULL, NULL },
		{ " \t \r\n", NULL, NULL },
		{ "# a comment\n", NULL, NULL },
		{ "  # an indented one\n", NULL, NULL },
		{ "\t@/page/2 \t\r\n", "/page/2", NULL },
		{ "@/page/3#part\n", "/page/3", NULL },
		{ "@/page/1\n", NULL, NULL }, /* for the second time */
		{ "example.org/page\n", NULL, "no scheme" },
		{ "//example.org/page\n", NULL, "no scheme" },
		{ "ftp://example.org/\n", NULL, "other scheme" },
		{ "mailto:me@example.org\n", NULL, "other scheme" },
		{ "javascript:void(0)\n", NULL, "other scheme" },
		{ "http://127.0.0.1:99999/\n", NULL, "bad port" },
		{ "http://127.0.0.1:65536/\n", NULL, "bad port" },
		{ "http://127.0.0.1:abc/\n", NULL, "bad port" },
		{ "http://127.0.0.1:-1/\n", NULL, "bad port" },
		{ "http://\n", NULL, "no host" },
		{ "@/page/4 and more\n", NULL, "white space" },
		{ "@/page/5", "/page/5", NULL }, /* no line end at the end */
	};
	enum { COUNT = sizeof(rows) / sizeof(rows[0]) };
	char list[8192] = "", sql[200];
	struct program *run;
	struct requests requests;
	size_t fetched = 0, rejected = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		const char *at = strchr(rows[i].line, '@');

		if (!at || at[1] != '/')
			at = rows[i].line + strlen(rows[i].line);
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%.*s%s%s",
			 (int)(at - rows[i].line), rows[i].line, *at ? site.origin : "",
			 *at ? at + 1 : "");
	}
	write_text("list", "%s", list);
	run = RUN("list", QUICK);
	assert_code(run, 1);
	assert_sums_agree(run);
	requests = site_all_requests();
	for (int i = 0; i < COUNT; i++) {
		if (rows[i].fetched) {
			assert_int_equal(requests_for(&requests, rows[i].fetched), 1);
			fetched++;
		}
		if (!rows[i].reason)
			continue;
		snprintf(sql, sizeof(sql),
			 "SELECT reason FROM rejects WHERE list = 'list' AND line = %d", i + 1);
		assert_says(ask(sql), rows[i].reason);
		rejected++;
	}
	assert_int_equal(requests.count, fetched);
	assert_int_equal(sum_of(run).rejected, rejected);
}

/* The complaint stands in the log too, where it can be acted upon. */
static void a_reject_is_told_with_list_line_and_reason(void **state)
{
	struct program *run;

	(void)state;
	write_text("list", "%s\nexample.org\n", url("/page/1"));
	run = RUN("list", QUICK);
	assert_says(run->error, "list=list line=2 reason=\"no scheme");
}

/* It is said once, however many there are; nobody reads the password later. */
static void a_password_in_a_list_is_said_to_be_unused_and_kept_nowhere(void **state)
{
	static const struct {
		const char *format; /* with %s for host, port and path */
		const char *said;
		bool is_any_rejected;
	} rows[] = {
		{ "http://%s\nhttp://h@127.0.0.1:1\n", "1 URL with a user name or password",
		  false },
		{ "http://ann:sesame@%s\n", "1 URL with a user name or password", false },
		{ "http://ann@%s\nhttp:sesame@127.0.0.1:1/\n", "2 URLs with a user name", false },
		{ "http://%s\nhttp://ann:se same@h/\nhttp://ann:sesame@h:99999/", NULL, true },
		{ "http://%s?to=ann:sesame@h\n", NULL, false },
	};
	const char *place = url("/page/1") + sizeof("http://") - 1;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct program *run;

		write_text("list", rows[i].format, place);
		run = RUN("list", "--dry-run");
		assert_code(run, rows[i].is_any_rejected);
		run = RUN("list", "--fresh", "--delay", "0", "--max-time", "5s", "--set",
			  "retries=0", "--set", "robots=no");
		if (rows[i].said)
			assert_says(run->error, rows[i].said);
		else
			assert_silent_on(run->error, "password");
		if (!strchr(rows[i].format, '?')) /* of a query it is part of the URL */
			assert_silent_on(run->error, "sesame@");
		assert_silent_on(ask("SELECT group_concat(text) FROM rejects"), "same@");
	}
	assert_says(RUN("http://ann:sesame@h:99999/")->error,
		    "http://**********@h:99999/: bad port");
}

static void a_nul_byte_in_a_line_rejects_that_line_alone(void **state)
{
	char list[512];
	int first, size;
	struct program *run;

	(void)state;
	first = snprintf(list, sizeof(list), "%s", url("/pa"));
	size = first + 1 +
	       snprintf(list + first + 1, sizeof(list) - 1 - (size_t)first, "ge/1\n%s\n",
			url("/page/2"));
	write_bytes("list", list, (size_t)size);
	run = RUN("list", QUICK);
	assert_code(run, 1);
	assert_sums_agree(run);
	assert_says(ask("SELECT line, reason FROM rejects"), "1|a NUL byte");
	assert_string_equal(ask("SELECT state FROM pages"), "done");
}

static void a_line_of_a_megabyte_is_rejected_and_the_next_is_read(void **state)
{
	enum { MEGABYTE = 1 << 20 };
	char *list = malloc(MEGABYTE + 200);
	int size;
	struct program *run;

	(void)state;
	assert_non_null(list);
	memset(list, 'a', MEGABYTE);
	memcpy(list, "http://", 7);
	size = MEGABYTE + snprintf(list + MEGABYTE, 200, "\n%s\n", url("/page/2"));
	write_bytes("list", list, (size_t)size);
	free(list);
	run = RUN("list", QUICK);
	assert_code(run, 1);
	assert_sums_agree(run);
	assert_says(ask("SELECT line, reason FROM rejects"), "1|too long");
	assert_string_equal(ask("SELECT state FROM pages"), "done");
}

static void an_empty_list_is_a_crawl_of_nothing(void **state)
{
	static const char *const lists[] = { "", "\n", "# nothing yet\n\n", "\xef\xbb\xbf" };

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct program *run;

		write_text("list", "%s", lists[i]);
		run = RUN("list", "--fresh", QUICK);
		assert_code(run, 1);
		assert_says(run->error, "exit 1: list holds no URL\n");
		assert_sums_agree(run);
		assert_int_equal(sum_of(run).urls, 0);
	}
}

static void standard_input_is_a_list(void **state)
{
	char list[200];
	struct program_setup setup = { .input = list };
	struct program *run;

	(void)state;
	setup.input_size = (size_t)snprintf(list, sizeof(list), "%s\n\nnonsense\n", url("/page/1"));
	run = RUN_WITH(&setup, "-", QUICK);
	assert_code(run, 1);
	assert_sums_agree(run);
	assert_string_equal(ask("SELECT state FROM pages"), "done");
	assert_string_equal(ask("SELECT list, line FROM rejects"), "-|3");
}

/* As shells name a pipe of their own: <(command). */
static void a_pipe_may_be_a_list_by_its_name(void **state)
{
	static const char *const names[] = { "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0" };
	int ends[2];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct program_setup setup = { 0 };

		assert_int_equal(pipe(ends), 0);
		dprintf(ends[1], "%s\n%s", url("/page/1"), url("/page/2"));
		close(ends[1]);
		setup.input_fd = ends[0];
		assert_code(RUN_WITH(&setup, names[i], "--fresh", QUICK), 0);
		close(ends[0]);
		assert_string_equal(ask("SELECT state, count(*) FROM pages GROUP BY 1"), "done|2");
	}
}

static void standard_input_that_is_none_is_refused(void **state)
{
	int ends[2], folder = open(".", O_RDONLY | O_CLOEXEC);
	const struct {
		int fd;
		const char *said;
	} rows[] = {
		{ -1, "crawl: -: Bad file descriptor" },
		{ folder, "crawl: -: Is a directory" },
		{ pipe(ends) < 0 ? -1 : ends[1], "crawl: -: Bad file descriptor" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct program_setup setup = { .input_fd = rows[i].fd };
		struct program *run = RUN_WITH(&setup, "-", QUICK);

		assert_code(run, 2);
		assert_says(run->error, rows[i].said);
		assert_int_equal(access(in_folder("crawl.db"), F_OK), -1);
		assert_code(RUN_WITH(&setup, "--dry-run", url("/page/1")), 0);
	}
	close(folder);
	close(ends[0]);
	close(ends[1]);
}

static void there_may_be_more_lists_than_descriptors(void **state)
{
	enum { LISTS = 100 };
	const char *arguments[LISTS + 10] = { "--dry-run" };
	struct rlimit before, limit;

	(void)state;
	write_text("list", "%s\n", url("/page/1"));
	for (int i = 0; i < LISTS; i++)
		arguments[i + 1] = "list";
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = (struct rlimit){ LISTS / 2, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_code(program_run(&(struct program_setup){ 0 }, arguments), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void lists_and_urls_may_be_mixed_and_are_fetched_once(void **state)
{
	struct program *run;
	struct requests requests;

	(void)state;
	write_list("one", "/page/%d", 1, 5);
	write_list("two", "/page/%d", 4, 5);
	run = RUN("run", "one", url("/page/20"), "two", url("/page/1"), QUICK);
	assert_code(run, 0);
	assert_sums_agree(run);
	assert_int_equal(sum_of(run).lines, 12);
	assert_int_equal(sum_of(run).known, 3);
	requests = site_all_requests();
	assert_each_once(&requests, 9);
}

/* What a list complained about is told anew with each run, not twice. */
static void rejects_of_a_list_are_replaced_when_it_is_read_again(void **state)
{
	(void)state;
	write_text("list", "%s\nbad one\nbad two\n", url("/page/1"));
	assert_code(RUN("list", QUICK), 1);
	assert_int_equal(ask_number("SELECT count(*) FROM rejects"), 2);
	write_text("list", "bad three\n%s\n", url("/page/1"));
	assert_code(RUN("list", QUICK), 1);
	assert_string_equal(ask("SELECT line, text FROM rejects"), "1|bad three");
}

/* ---- what a list without a fault is, and what is said of another ---- */

static void the_exit_code_is_1_for_a_fault_of_a_list_and_the_summary_says_which(void **state)
{
	static const struct {
		const char *list; /* with %1$s for a URL */
		const char *said; /* NULL: the exit code is 0 */
	} rows[] = {
		{ "%1$s\n", NULL },
		{ "# a comment\n\n%1$s\n%1$s\n", NULL },
		{ "%1$s\nnonsense\n", "exit 1: 1 line is no URL" },
		{ "%1$s\nnonsense\nmore of it\n", "exit 1: 2 lines are no URLs" },
		{ "", "exit 1: list holds no URL" },
		{ "\n# %1$s\n", "exit 1: list holds no URL" },
		{ "nonsense\n", "exit 1: 1 line is no URL" },
		{ "%1$s/missing\nnonsense\n", "exit 1: 1 URL failed; 1 line is no URL" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct program *run;
		char text[1000];

		snprintf(text, sizeof(text), rows[i].list, url("/page/1"));
		write_text("list", "%s", text);
		run = RUN("list", "--fresh", QUICK);
		assert_code(run, rows[i].said ? 1 : 0);
		if (rows[i].said)
			assert_says(run->error, rows[i].said);
		else
			assert_silent_on(run->error, "exit 1");
	}
}

static void of_several_lists_the_one_without_a_url_is_named(void **state)
{
	struct program *run;

	(void)state;
	write_text("list", "%s\n", url("/page/1"));
	write_text("none", "# nothing yet\n");
	run = RUN("list", "none", QUICK);
	assert_code(run, 1);
	assert_says(run->error, "exit 1: none holds no URL\n");
	run = RUN("none", "list", "none", "/dev/null", QUICK);
	assert_code(run, 1);
	assert_says(run->error, "exit 1: none holds no URL; nor do 2 other lists\n");
	run = RUN(url("/page/1"), "-", QUICK);
	assert_code(run, 1);
	assert_says(run->error, "exit 1: standard input holds no URL\n");
	run = RUN("list", "none", "--dry-run");
	assert_code(run, 1);
	assert_says(run->error, "exit 1: none holds no URL\n");
}

/* It is read to its end once; that it is empty then is no fault. */
static void standard_input_may_be_named_twice(void **state)
{
	struct program_setup setup = { .input = url("/page/1") };

	(void)state;
	setup.input_size = strlen(setup.input);
	assert_code(RUN_WITH(&setup, "-", "-", QUICK), 0);
}

static void a_run_with_nothing_left_to_do_is_a_success_and_says_so(void **state)
{
	struct program *run;

	(void)state;
	assert_code(RUN(url("/page/1"), QUICK), 0);
	run = RUN(url("/page/1"), "--retry-failed", QUICK);
	assert_code(run, 0);
	assert_says(run->error, "nothing was left to do\n");
}

/* ---- compressed lists, and what is none ---- */

static size_t gzip(char *out, size_t room, const char *text)
{
	z_stream zlib = { .next_in = (unsigned char *)(uintptr_t)text,
			  .avail_in = (unsigned)strlen(text),
			  .next_out = (unsigned char *)out,
			  .avail_out = (unsigned)room };

	assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, MAX_WBITS + 16, 8, 0), Z_OK);
	assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
	deflateEnd(&zlib);
	return zlib.total_out;
}

static void a_compressed_list_is_read_whatever_it_is_called(void **state)
{
	char bytes[1000];
	const char *text = url("/page/1");
	struct program_setup setup = { .input = bytes };
	size_t size;

	(void)state;
	size = gzip(bytes, sizeof(bytes), text);
	write_bytes("one.txt", bytes, size);
	write_text("two.gz", "%s", url("/page/2"));
	size = ZSTD_compress(bytes, sizeof(bytes), url("/page/3"), strlen(url("/page/3")), 3);
	write_bytes("three", bytes, size);
	setup.input_size = gzip(bytes, sizeof(bytes), url("/page/4"));
	assert_code(RUN_WITH(&setup, "one.txt", "two.gz", "three", "-", QUICK), 0);
	assert_string_equal(ask("SELECT state, count(*) FROM pages GROUP BY 1"), "done|4");
}

/* A file or what comes from standard input: refused as what it is, and not even --fresh is begun.
 */
static void what_is_no_list_is_refused_before_anything_changes(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *said;
	} rows[] = {
		{ "%PDF-1.7\n", 9, " is a PDF: a list is text, one URL a line" },
		{ "PK\x03\x04\x14", 5, " is a zip archive" },
		{ "\xFF\xFEh\0t\0t\0p\0", 10, " is UTF-16: save it as UTF-8 (iconv" },
		{ "\0\0\0\0\0\0\0\0\0", 9, " is not text" },
		{ "\x1F\x8Bnone", 6, ": the gzip data is broken" },
	};
	char said[100];

	(void)state;
	assert_code(RUN(url("/page/1"), QUICK), 0);
	write_text("list", "%s\n", url("/page/2"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct program_setup setup = { .input = rows[i].bytes, .input_size = rows[i].size };
		struct program *run;

		write_bytes("other", rows[i].bytes, rows[i].size);
		run = RUN("list", "other", "--fresh", QUICK);
		assert_code(run, 2);
		snprintf(said, sizeof(said), "crawl: other%s", rows[i].said);
		assert_says(run->error, said);
		run = RUN_WITH(&setup, "list", "-", "--fresh", QUICK);
		assert_code(run, 2);
		snprintf(said, sizeof(said), "crawl: -%s", rows[i].said);
		assert_says(run->error, said);
		assert_code(RUN("other", "--dry-run"), 2);
	}
	assert_code(RUN("/dev/zero", QUICK), 2);
	assert_code(RUN("crawl.db", QUICK), 2);
	assert_says(RUN("crawl.db", QUICK)->error, "crawl.db is a SQLite database");
	assert_string_equal(ask("SELECT url FROM pages"), url("/page/1"));
	assert_int_equal(ask_number("SELECT count(*) FROM runs"), 1);
}

/* A list that breaks off is half a list: nothing is fetched, and what was read is kept. */
static void a_list_that_is_cut_ends_the_run_and_keeps_what_was_read(void **state)
{
	enum { LINES = 5000 };
	char *text = malloc(LINES * 60 + 1), *bytes = malloc(LINES * 60 + 1);
	struct program *run;
	size_t size = 0;

	(void)state;
	assert_non_null(text);
	assert_non_null(bytes);
	for (int i = 0; i < LINES; i++)
		size += (size_t)sprintf(text + size, "%s/page/%d\n", site.origin, i);
	size = gzip(bytes, LINES * 60, text);
	write_bytes("list.gz", bytes, size - 100);
	run = RUN("list.gz", QUICK);
	assert_code(run, 3);
	assert_says(run->error, "list.gz: the gzip data is broken: its end is missing");
	assert_says(run->error, "the same command goes on");
	assert_true(ask_number("SELECT count(*) FROM pages WHERE state = 'pending'") > 1000);
	assert_string_equal(ask("SELECT ended FROM runs"), "failed");
	assert_int_equal(site_requests().count, 0);
	free(text);
	free(bytes);
}

/* ---- what ends a run before it begins ---- */

static void assert_nothing_was_fetched(void)
{
	assert_int_equal(site_requests().count, 0);
	assert_int_equal(access(in_folder("crawl.db"), F_OK), -1);
}

static void without_a_readable_list_nothing_is_fetched(void **state)
{
	(void)state;
	write_list("list", "/page/%d", 1, 3);
	assert_code(RUN("missing.txt", QUICK), 2);
	assert_code(RUN("list", "missing.txt", QUICK), 2);
	assert_code(RUN("list", "/", QUICK), 2);
	assert_code(RUN("run", QUICK), 2);
	assert_says(RUN("list", "missing.txt", QUICK)->error, "missing.txt: No such file");
	assert_nothing_was_fetched();
}

static void with_any_fault_in_a_config_nothing_is_fetched(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "patterns:\n  - name: a\n    pattern: '(b'\n", "config.yaml:3:" },
		{ "patterns:\n  - name: a\n    pattern: 'b'\n    patern: 'c'\n",
		  "config.yaml:4:5: error" },
		{ "patterns:\n  - name: a\n    name: b\n    pattern: 'c'\n",
		  "config.yaml:3:5: error" },
		{ "patterns:\n  - name: pages\n    pattern: 'b'\n", "pages" },
		{ "patterns:\n  - pattern: 'b'\n", "name" },
		{ "patterns:\n  - name: a\n", "pattern" },
		{ "patterns: &anchor []\n", "config.yaml:1:" },
		{ "crawl:\n  delay: soon\n", "config.yaml:2:10: error" },
		{ "crawl:\n  delai: 1s\n", "did you mean" },
		{ "crawl:\n  workers: 100000\n", "config.yaml:2:" },
		{ "hosts:\n  - match: '*'\n    concurrency: many\n", "config.yaml:3:" },
		{ "follow:\n  - link: '['\n", "config.yaml:2:" },
		{ "patterns: [\n", "config.yaml:" },
		{ "\tpatterns: []\n", "config.yaml:1:" },
	};

	(void)state;
	write_list("list", "/page/%d", 1, 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct program *run;

		write_text("config.yaml", "%s", rows[i].text);
		run = RUN("list", "-c", "config.yaml", QUICK);
		assert_code(run, 2);
		assert_says(run->error, rows[i].said);
		assert_int_equal(run->out_size, 0);
	}
	assert_nothing_was_fetched();
}

static void with_any_fault_on_the_command_line_nothing_is_fetched(void **state)
{
	static const char *const rows[][4] = {
		{ "--nonsense", "--nonsense" },
		{ "-c", "missing.yaml", "missing.yaml" },
		{ "-e", "a=(", "-e:1:" },
		{ "-e", "no name", "-e" },
		{ "--set", "nonsense=1", "nonsense" },
		{ "--set", "timeout=later", "later" },
		{ "--delay", "-1s", "-1s" },
		{ "--max-pages", "ten", "ten" },
		{ "-j", "100000", "100000" },
	};

	(void)state;
	write_list("list", "/page/%d", 1, 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const *row = rows[i];
		const char *arguments[] = { "list", row[0], row[2] ? row[1] : NULL, NULL };
		struct program *run = program_run(&(struct program_setup){ 0 }, arguments);

		assert_code(run, 2);
		assert_says(run->error, row[2] ? row[2] : row[1]);
	}
	assert_nothing_was_fetched();
}

static void a_misspelt_variable_of_the_environment_fetches_nothing(void **state)
{
	static const char *const rows[][2] = {
		{ "CRAWL_DELAI=2s", "did you mean CRAWL_DELAY" },
		{ "CRAWL_DELAY=soon", "CRAWL_DELAY" },
		{ "CRAWL_CONFIG=missing.yaml", "missing.yaml" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *environment[] = { rows[i][0], NULL };
		struct program *run = RUN_WITH(
			&(struct program_setup){ .environment = environment }, url("/page/1"));

		assert_code(run, 2);
		assert_says(run->error, rows[i][1]);
	}
	assert_nothing_was_fetched();
}

/* Flag, environment, file, default: as the site sees it. */
static void a_flag_wins_over_the_environment_and_that_over_a_file(void **state)
{
	const char *environment[] = { "CRAWL_USER_AGENT=of-the-environment", NULL };
	struct program_setup setup = { .environment = environment };
	const char *page = url("/echo");

	(void)state;
#define AGENT "-e", "agent=User-Agent: (?<name>[^\\s]*)", QUICK
	assert_code(RUN(page, "-o", "none.db", AGENT), 0);
	write_text("crawl.yaml", "crawl:\n  user_agent: of-the-file\n");
	assert_code(RUN(page, "-o", "file.db", AGENT), 0);
	assert_code(RUN_WITH(&setup, page, "-o", "environment.db", AGENT), 0);
	assert_code(
		RUN_WITH(&setup, page, "-o", "flag.db", "--set", "user_agent=of-the-flag", AGENT),
		0);
#undef AGENT
	assert_says(ask_in(in_folder("none.db"), "SELECT name FROM agent"), "crawl/");
	assert_string_equal(ask_in(in_folder("file.db"), "SELECT name FROM agent"), "of-the-file");
	assert_string_equal(ask_in(in_folder("environment.db"), "SELECT name FROM agent"),
			    "of-the-environment");
	assert_string_equal(ask_in(in_folder("flag.db"), "SELECT name FROM agent"), "of-the-flag");
}

static void a_dry_run_reads_all_and_fetches_nothing(void **state)
{
	struct program *run;

	(void)state;
	write_text("list", "%s\nnonsense\n", url("/page/1"));
	run = RUN("list", "--dry-run");
	assert_code(run, 1);
	assert_says(run->error, "2 lines: 1 URL, 1 rejected");
	assert_nothing_was_fetched();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scenario_begin, scenario_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_kind_of_line_is_fetched_skipped_or_rejected),
		TEST(a_reject_is_told_with_list_line_and_reason),
		TEST(a_password_in_a_list_is_said_to_be_unused_and_kept_nowhere),
		TEST(a_nul_byte_in_a_line_rejects_that_line_alone),
		TEST(a_line_of_a_megabyte_is_rejected_and_the_next_is_read),
		TEST(an_empty_list_is_a_crawl_of_nothing),
		TEST(standard_input_is_a_list),
		TEST(a_pipe_may_be_a_list_by_its_name),
		TEST(standard_input_that_is_none_is_refused),
		TEST(there_may_be_more_lists_than_descriptors),
		TEST(lists_and_urls_may_be_mixed_and_are_fetched_once),
		TEST(rejects_of_a_list_are_replaced_when_it_is_read_again),
		TEST(the_exit_code_is_1_for_a_fault_of_a_list_and_the_summary_says_which),
		TEST(of_several_lists_the_one_without_a_url_is_named),
		TEST(standard_input_may_be_named_twice),
		TEST(a_run_with_nothing_left_to_do_is_a_success_and_says_so),
		TEST(a_compressed_list_is_read_whatever_it_is_called),
		TEST(what_is_no_list_is_refused_before_anything_changes),
		TEST(a_list_that_is_cut_ends_the_run_and_keeps_what_was_read),
		TEST(without_a_readable_list_nothing_is_fetched),
		TEST(with_any_fault_in_a_config_nothing_is_fetched),
		TEST(with_any_fault_on_the_command_line_nothing_is_fetched),
		TEST(a_misspelt_variable_of_the_environment_fetches_nothing),
		TEST(a_flag_wins_over_the_environment_and_that_over_a_file),
		TEST(a_dry_run_reads_all_and_fetches_nothing),
	};

	return RUN_TESTS(tests);
}
