/*
 * Small jobs cost no more instructions than they did: tests/guard/guard.c does them, valgrind
 * counts.  Times would depend on the machine and on who else uses it; these figures hardly do.
 *
 * `make guard` shows them.  One that grew for a good reason is written here anew, with some
 * 12 % to spare for other compilers and libraries than Debian 12's.
 */
#include "tests/support/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define PATH_BYTES_MAX 4096
#define COUNT_PREFIX   "Collected : "

struct guard {
	const char *job;
	const char *unit; /* what one of them is */
	unsigned count;   /* of units in the job */
	unsigned most;    /* instructions for one */
};

static struct guard guards[] = {
	{ "parse", "page of 10 KB to 10 rows", 10, 123000 },
	{ "decode", "page of 10 KB to UTF-8, with its title", 10, 30200 },
	{ "links", "page of 17 KB to 92 links", 10, 248000 },
	{ "canonical", "link to a URL", 1000, 1460 },
	{ "rows", "row of 5 columns stored", 1000, 4950 },
	/* All that the master does for one, between workers that answer at once. */
	{ "board", "page of 10 KB and 10 rows, from frontier to store", 400, 207000 },
	{ "site", "page of 92 links, which are known, from frontier to store", 490, 53000 },
};

static char folder[64];

/* Why instructions cannot be counted, or NULL. */
static const char *reason_to_skip(void)
{
#if !defined(__x86_64__) || !defined(__OPTIMIZE__)
	return "the ceilings are for optimised code on x86-64";
#elif defined(__SANITIZE_ADDRESS__) || defined(CRAWL_COVER)
	return "the program counts or checks by itself";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	return "the program counts or checks by itself";
#endif
#endif
	return system("command -v valgrind >/dev/null") == 0 ? NULL : "there is no valgrind";
}

/* BUILD/tests/guard/test_guard -> BUILD/guard */
static void find_program(char path[PATH_BYTES_MAX])
{
	ssize_t size = readlink("/proc/self/exe", path, PATH_BYTES_MAX - sizeof("/guard"));

	path[size < 0 ? 0 : size] = '\0';
	for (int i = 0; i < 3 && strrchr(path, '/'); i++)
		*strrchr(path, '/') = '\0';
	strcat(path, "/guard");
}

static _Noreturn void become_valgrind(const char *job, int output)
{
	char program[PATH_BYTES_MAX], out_file[PATH_BYTES_MAX];

	find_program(program);
	snprintf(out_file, sizeof(out_file), "--callgrind-out-file=%s/callgrind.out", folder);
	dup2(output, STDERR_FILENO);
	execlp("valgrind", "valgrind", "--tool=callgrind", "--toggle-collect=measured*", out_file,
	       program, job, folder, (char *)NULL);
	_exit(127);
}

/* What the job said and valgrind said of it. */
static void run(const char *job, char *said, size_t said_bytes)
{
	size_t size = 0;
	ssize_t got;
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		become_valgrind(job, ends[1]);
	close(ends[1]);
	while ((got = read(ends[0], said + size, said_bytes - 1 - size)) > 0)
		size += (size_t)got;
	said[size] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("%s did not do its job: %s", job, said);
}

/* Instructions for one unit. */
static unsigned instructions(const struct guard *guard)
{
	char said[8192];
	const char *count;

	run(guard->job, said, sizeof(said));
	count = strstr(said, COUNT_PREFIX);
	if (!count)
		fail_msg("valgrind counted nothing: %s", said);
	return (unsigned)(strtoul(count + strlen(COUNT_PREFIX), NULL, 10) / guard->count);
}

static void a_job_costs_no_more_instructions_than_it_did(void **state)
{
	const struct guard *guard = *state;
	const char *reason = reason_to_skip();
	unsigned cost;

	if (reason) {
		print_message("%s: not counted, for %s\n", guard->job, reason);
		skip();
	}
	cost = instructions(guard);
	if (getenv("GUARD"))
		print_message("%-10s %8u of %8u instructions: a %s\n", guard->job, cost,
			      guard->most, guard->unit);
	assert_in_range(cost, guard->most / 100, guard->most);
}

static int remove_one(const char *name, const struct stat *found, int type, struct FTW *place)
{
	(void)found;
	(void)type;
	(void)place;
	return remove(name);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/crawl-guard-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define GUARD(index, sentence)                                                       \
	{                                                                            \
		sentence, a_job_costs_no_more_instructions_than_it_did, make_folder, \
			remove_folder, &guards[index]                                \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GUARD(0, "a_page_is_parsed_as_cheaply_as_before"),
		GUARD(1, "a_page_is_decoded_as_cheaply_as_before"),
		GUARD(2, "a_page_is_scanned_for_links_as_cheaply_as_before"),
		GUARD(3, "a_link_becomes_a_URL_as_cheaply_as_before"),
		GUARD(4, "a_row_is_stored_as_cheaply_as_before"),
		GUARD(5, "a_page_of_rows_costs_the_master_no_more_than_before"),
		GUARD(6, "a_page_of_links_costs_the_master_no_more_than_before"),
	};

	return RUN_TESTS(tests);
}
