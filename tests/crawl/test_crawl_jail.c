#include "tests/support/test.h"

#include <iconv.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "crawler/jail/jail.h"
#include "tests/support/jail_here.h"
#include "tests/support/scenario.h"
#include "tests/support/tls_stand_in.h"

/*
 * The jail that workers are in, seen from outside: all of a crawl works in it, and what a system
 * lacks is said or refused.  What cannot be done in it: tests/unit/test_jail.c.
 */
#define QUICK           "--delay", "0", "--set", "retries=0", "--set", "robots=false"
#define REQUIRED        "--sandbox", "require"
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define NO_LANDLOCK SYS_landlock_create_ruleset
#define NO_RULES    SYS_landlock_restrict_self
#define NO_SECCOMP  SYS_seccomp

/* ---- what a crawl needs ---- */

static void all_of_a_crawl_works_inside(void **state)
{
	static const struct {
		const char *target, *result; /* outcome, title or size, charset */
	} rows[] = {
		{ "/page/1", "ok" },
		{ "/charset/gb18030", "ok" },
		{ "/charset/big5", "ok" },
		{ "/charset/euc-jp", "ok" },
		{ "/charset/shift_jis?header=0", "ok" },
		{ "/charset/koi8-r?header=0", "ok" },
		{ "/charset/windows-1251?header=0&meta=0", "ok" },
		{ "/charset/utf-16le?header=0&meta=0&bom=1", "ok" },
		{ "/gzip", "ok" },
		{ "/br", "ok" },
		{ "/zstd", "ok" },
		{ "/redirect/2", "ok" },
		{ "/status/404", "http_error" },
		{ "/reset", "connect" },
	};
	FILE *list = fopen(in_folder("list"), "w");

	(void)state;
	assert_non_null(list);
	for (size_t i = 0; i < COUNT_OF(rows); i++) /* by a name, and twice, from two workers */
		fprintf(list, "http://localhost:%u%s\n%s\n", site.port, rows[i].target,
			url("%s", rows[i].target));
	fclose(list);
	assert_code(RUN("list", QUICK, REQUIRED, "-j", "2"), 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char sql[300];

		snprintf(sql, sizeof(sql),
			 "SELECT DISTINCT outcome FROM pages WHERE url LIKE '%%:%u%s'", site.port,
			 rows[i].target);
		assert_string_equal(ask(sql), rows[i].result);
	}
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE title = '你好，世界'"), 4);
	assert_int_equal(ask_number("SELECT count(*) FROM pages WHERE outcome = 'worker_died'"), 0);
}

static void certificates_of_both_sides_are_read_inside(void **state)
{
	struct tls_stand_in tls;

	(void)state;
	if (!tls_is_possible()) {
		print_message("skipped: it wants openssl\n");
		skip();
	}
	assert_int_equal(tls_make_certificates(), 0);
	assert_int_equal(tls_start(&tls, true), 0);
	/* root's workers are nobody, who reads no key that is root's alone */
	assert_int_equal(chmod(in_folder("key.pem"), 0644), 0);
	assert_int_equal(chmod(in_folder("."), 0755), 0);
	write_text("hosts.yaml",
		   "crawl:\n  ca_file: '%s'\n"
		   "hosts:\n  - match: '127.0.0.1'\n    client_cert: {cert: certificate.pem, key: "
		   "key.pem}\n",
		   in_folder("ca.pem"));
	assert_code(RUN(tls.origin, "-c", in_folder("hosts.yaml"), QUICK, REQUIRED), 0);
	assert_string_equal(ask("SELECT outcome FROM pages"), "ok");
	tls_stop(&tls);
}

/* ---- what a system lacks ---- */

/* The folder of glibc's conversion modules: where one of them lies.  false: there is none. */
static bool find_modules(char path[200])
{
	iconv_t big5 = iconv_open("UTF-8", "BIG5");
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[500], *start, *end = NULL;

	while (maps && !end && fgets(line, sizeof(line), maps))
		end = strstr(line, "/gconv/");
	start = end ? strchr(line, '/') : NULL;
	if (start)
		snprintf(path, 200, "%.*s/gconv", (int)(end - start), start);
	if (maps)
		fclose(maps);
	if (big5 != (iconv_t)-1)
		iconv_close(big5);
	return start != NULL;
}

/* Found before the jail, said by the page that needs it, and the others are well. */
static void a_system_without_conversions_says_which(void **state)
{
	char modules[200];
	struct program_setup setup = { .hidden_folder = modules };
	struct program *run;

	(void)state;
	if (!find_modules(modules)) {
		print_message("skipped: no folder of conversion modules\n");
		skip();
	}
	run = RUN_WITH(&setup, url("/charset/big5"), url("/page/1"), QUICK);
	if (run->code == 126) {
		print_message("skipped: it wants to mount\n");
		skip();
	}
	assert_code(run, 1);
	assert_string_equal(ask("SELECT outcome FROM pages ORDER BY 1"), "bad_encoding\nok");
	assert_says(ask("SELECT error FROM pages WHERE outcome = 'bad_encoding'"),
		    "install glibc's gconv modules");
	assert_silent_on(run->error, "worker_exit");
}

static void what_a_system_lacks_is_said_once_or_refused(void **state)
{
	static const struct {
		int missing[2];
		const char *sandbox;
		int code;
		const char *says; /* or NULL: nothing of it */
	} rows[] = {
		{ { 0 }, "auto", 0, NULL },
		{ { 0 }, "require", 0, NULL },
		{ { NO_LANDLOCK }, "auto", 0, "sandbox: no Landlock on this system: " },
		{ { NO_RULES }, "auto", 0, "sandbox: no Landlock on this system: " },
		{ { NO_SECCOMP },
		  "auto",
		  0,
		  "sandbox: no filter of system calls (seccomp) on this system: " },
		{ { NO_LANDLOCK, NO_SECCOMP },
		  "auto",
		  0,
		  "sandbox: no filter of system calls (seccomp), no Landlock on this system: " },
		{ { NO_LANDLOCK, NO_SECCOMP }, "off", 0, NULL },
		{ { NO_LANDLOCK }, "require", 3, "sandbox: require: no Landlock on this system\n" },
		{ { NO_RULES }, "require", 3, "sandbox: require: no Landlock on this system\n" },
		{ { NO_SECCOMP },
		  "require",
		  3,
		  "sandbox: require: no filter of system calls (seccomp) on this system\n" },
	};

	(void)state;
	write_list("list", "/page/%d", 1, 8);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct program_setup setup = {
			.missing_calls = { rows[i].missing[0], rows[i].missing[1] },
		};
		size_t asked = site_requests().count;
		struct program *run = RUN_WITH(&setup, "list", QUICK, "--fresh", "--sandbox",
					       rows[i].sandbox, "-j", "3");
		const char *said = strstr(run->error, "sandbox");

		assert_code(run, rows[i].code);
		if (rows[i].says)
			assert_says(run->error, rows[i].says);
		else
			assert_silent_on(run->error, "sandbox");
		if (said) /* once */
			assert_silent_on(strchr(said, '\n'), "sandbox:");
		assert_int_equal(site_requests().count - asked, rows[i].code == 0 ? 8 : 0);
	}
}

static void nothing_is_changed_where_a_jail_is_required_and_not_to_be_had(void **state)
{
	struct program_setup setup = { .missing_calls = { NO_LANDLOCK } };
	struct program *run;

	(void)state;
	assert_code(RUN_WITH(&setup, url("/page/1"), QUICK, REQUIRED), 3);
	assert_int_equal(access(in_folder("crawl.db"), F_OK), -1);
	/* one page alone is fetched no other way */
	run = RUN_WITH(&setup, "try", "-e", "x=x", url("/page/1"), REQUIRED);
	assert_code(run, 1);
	assert_says(run->error, "/page/1: sandbox: require: no Landlock on this system\n");
	assert_int_equal(site_requests().count, 0);
	assert_code(RUN_WITH(&setup, "try", "-e", "x=<title>", url("/page/1")), 0);
}

/* File, environment and option, as every setting. */
static void every_place_for_settings_takes_it(void **state)
{
	static const char *const environment[] = { "CRAWL_SANDBOX=require", NULL };
	struct program_setup setup = { .missing_calls = { NO_LANDLOCK },
				       .environment = environment };
	struct program *run;

	(void)state;
	assert_code(RUN_WITH(&setup, url("/page/1"), QUICK), 3);
	assert_code(RUN_WITH(&setup, url("/page/1"), QUICK, "--sandbox", "auto"), 0);
	setup.environment = NULL;
	write_text("crawl.yaml", "crawl:\n  sandbox: require\n");
	assert_code(RUN_WITH(&setup, url("/page/1"), QUICK), 3);
	write_text("crawl.yaml", "crawl:\n  sandbox: maybe\n");
	run = RUN(url("/page/1"), QUICK);
	assert_code(run, 2);
	assert_says(run->error, "'maybe' is not auto, require or off");
}

/* ---- what can be seen of it ---- */

static bool says_of(pid_t pid, const char *line)
{
	char path[64], text[8192];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	return strstr(text, line) != NULL;
}

static bool is_worker(pid_t pid, const char *line)
{
	return says_of(pid, "Name:\tworker-") && says_of(pid, line) && process_sleeps(pid);
}

static void workers_are_in_and_the_master_is_not(void **state)
{
	static const struct {
		const char *sandbox, *line;
	} rows[] = {
		{ "auto", "Seccomp:\t2\n" },
		{ "require", "Seccomp:\t2\n" },
		{ "off", "Seccomp:\t0\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		pid_t workers[2];
		struct program *run = START(url("/silence"), QUICK, "-j", "2", "--sandbox",
					    rows[i].sandbox, "--fresh");

		assert_true(WAIT_UNTIL(program_children(run, workers, 2) == 2 &&
				       is_worker(workers[0], rows[i].line) &&
				       is_worker(workers[1], rows[i].line)));
		assert_true(says_of(run->pid, "Seccomp:\t0\n"));
		kill(run->pid, SIGTERM);
		kill(run->pid, SIGTERM);
		program_wait(run);
	}
}

/* As the kernel ends a worker that tries what it may not. */
static void the_end_of_one_that_tried_to_get_out_is_told(void **state)
{
	struct program *run;
	pid_t worker;

	(void)state;
	write_list("list", "/delay/600/page/%d", 1, 60);
	run = START("list", QUICK, "--delay", "400ms", "--concurrency", "60", "-j", "1");
	assert_true(WAIT_UNTIL(program_children(run, &worker, 1) == 1 &&
			       is_worker(worker, "Seccomp:\t2\n")));
	assert_int_equal(kill(worker, SIGSYS), 0);
	assert_true(WAIT_UNTIL(RUN("ctl", "delay", "127.0.0.1", "0")->code == 0));
	program_wait(run);
	assert_code(run, 0);
	assert_says(run->error, "why=sandbox");
	assert_string_equal(ask("SELECT outcome, count(*) FROM pages GROUP BY 1"), "ok|60");
}

static void a_program_without_a_jail_says_so_where_it_is_required(void **state)
{
	struct program *run = RUN(url("/page/1"), QUICK, REQUIRED);

	(void)state;
	assert_code(run, 3);
	assert_says(run->error, "built without");
	assert_code(RUN(url("/page/1"), QUICK), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scenario_begin, scenario_end)

int main(void)
{
	const struct CMUnitTest without[] = {
		TEST(a_program_without_a_jail_says_so_where_it_is_required),
	};
	const struct CMUnitTest tests[] = {
		TEST(all_of_a_crawl_works_inside),
		TEST(certificates_of_both_sides_are_read_inside),
		TEST(a_system_without_conversions_says_which),
		TEST(what_a_system_lacks_is_said_once_or_refused),
		TEST(nothing_is_changed_where_a_jail_is_required_and_not_to_be_had),
		TEST(every_place_for_settings_takes_it),
		TEST(workers_are_in_and_the_master_is_not),
		TEST(the_end_of_one_that_tried_to_get_out_is_told),
	};

	if (JAIL_IS_LEFT_OUT)
		return RUN_TESTS(without);
	return jail_is_here() ? RUN_TESTS(tests) : 0;
}
