#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H

#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* test_folder: a folder of a test's own, in which it works, and which goes with it. */
struct test_folder {
	char path[64], start[4096];
};

static inline void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static inline void test_folder_enter(struct test_folder *folder)
{
	assert_non_null(getcwd(folder->start, sizeof(folder->start)));
	strcpy(folder->path, "/tmp/crawl-test-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	assert_int_equal(chdir(folder->path), 0);
}

/* Returns 0, or -1. */
static inline int test_folder_leave(const struct test_folder *folder)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder->path);
	assert_int_equal(chdir(folder->start), 0);
	return system(command) == 0 ? 0 : -1;
}

#endif
