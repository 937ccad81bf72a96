#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/scenario.h"

/*
 * The program as a file: what the linker says of it, and where it stands.
 */

/* What a command of the shell writes, cut to out_bytes. */
static const char *ask_shell(const char *command, char *out, size_t out_bytes)
{
	FILE *pipe = popen(command, "r");
	size_t size;

	assert_non_null(pipe);
	size = fread(out, 1, out_bytes - 1, pipe);
	out[size] = '\0';
	pclose(pipe);
	return out;
}

static void a_fault_in_it_is_hard_to_use(void **state)
{
	static const char *const rows[] = {
		"DYN (Position-Independent Executable file)",
		"GNU_RELRO",
		"NOW PIE",
		"__stack_chk_fail",
		"__memcpy_chk",
		"__vsnprintf_chk",
	};
	static char text[1024 * 1024];
	char command[256];

	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(CRAWL_COVER)
	skip();
#endif
	snprintf(command, sizeof(command), "readelf -hldW --dyn-syms %s",
		 getenv("CRAWL") ? getenv("CRAWL") : "build/crawl");
	ask_shell(command, text, sizeof(text));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_says(text, rows[i]);
	assert_null(strstr(text, "RWE")); /* no stack that can be run */
}

/* Whatever is built last is what ./crawl runs, however old it is. */
static void the_program_stands_where_it_was_built_last(void **state)
{
	static const char *const rows[][2] = {
		{ "make -n crawl", "ln -sf build/crawl crawl" },
		{ "make -n SAN=1 crawl", "ln -sf build/san/crawl crawl" },
	};
	static char text[1024 * 1024];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char command[256];

		snprintf(command, sizeof(command),
			 "env -u MAKEFLAGS -u MAKELEVEL -u SAN -u FUZZ -u COVER %s", rows[i][0]);
		assert_says(ask_shell(command, text, sizeof(text)), rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_in_it_is_hard_to_use),
		cmocka_unit_test(the_program_stands_where_it_was_built_last),
	};

	return RUN_TESTS(tests);
}
