#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "crawler/commands/input.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A file of these bytes; its name is in path. */
static void write_file(char path[32], const char *bytes, size_t size)
{
	int fd;

	strcpy(path, "/tmp/crawl-input-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static void a_file_is_read_whole_up_to_its_maximum(void **state)
{
	static const size_t sizes[] = { 0, 1, 65534, 65535, 65536, 65537, 300000 };
	char error[INPUT_ERROR_MAX], path[32];
	char *bytes = malloc(300000);

	(void)state;
	for (size_t i = 0; i < 300000; i++)
		bytes[i] = (char)(i * 7 % 251);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		size_t size = 99;
		char *read;

		write_file(path, bytes, sizes[i]);
		read = input_read(path, sizes[i], &size, error);
		assert_non_null(read);
		assert_int_equal(size, sizes[i]);
		assert_memory_equal(read, bytes, size);
		assert_int_equal(read[size], '\0');
		free(read);
		if (sizes[i] > 0)
			assert_null(input_read(path, sizes[i] - 1, &size, error));
		unlink(path);
	}
	free(bytes);
}

static const struct {
	const char *name, *reason;
} unreadable[] = {
	{ "/tmp/no-such-file-here", "/tmp/no-such-file-here: No such file or directory" },
	{ "/tmp", "/tmp: Is a directory" },
	{ "/dev/zero", "/dev/zero: larger than 1.0 kB" },
};

static void what_cannot_be_read_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unreadable); i++) {
		char error[INPUT_ERROR_MAX];
		size_t size;

		assert_null(input_read(unreadable[i].name, 1000, &size, error));
		assert_string_equal(error, unreadable[i].reason);
	}
}

static void lines_come_one_by_one_and_the_last_needs_no_newline(void **state)
{
	static const char text[] = "one\n\ntwo\0three\r\nlast";
	static const struct slice expected[] = {
		{ "one", 3 }, { "", 0 }, { "two\0three\r", 10 }, { "last", 4 }
	};
	FILE *in = fmemopen((void *)(uintptr_t)text, sizeof(text) - 1, "r");
	char line[16];
	bool is_cut;

	(void)state;
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_int_equal(input_line(in, line, sizeof(line), &is_cut), expected[i].size);
		assert_memory_equal(line, expected[i].at, expected[i].size);
		assert_false(is_cut);
	}
	assert_int_equal(input_line(in, line, sizeof(line), &is_cut), -1);
	fclose(in);
}

/* The rest of a long line is not taken for the next one. */
static void a_long_line_is_cut_and_the_next_is_whole(void **state)
{
	static const char text[] = "12345678\n123456789\nnext\n";
	FILE *in = fmemopen((void *)(uintptr_t)text, sizeof(text) - 1, "r");
	char line[8];
	bool is_cut;

	(void)state;
	assert_int_equal(input_line(in, line, sizeof(line), &is_cut), 8);
	assert_false(is_cut);
	assert_int_equal(input_line(in, line, sizeof(line), &is_cut), 8);
	assert_true(is_cut);
	assert_int_equal(input_line(in, line, sizeof(line), &is_cut), 4);
	assert_memory_equal(line, "next", 4);
	assert_false(is_cut);
	fclose(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_whole_up_to_its_maximum),
		cmocka_unit_test(what_cannot_be_read_is_said),
		cmocka_unit_test(lines_come_one_by_one_and_the_last_needs_no_newline),
		cmocka_unit_test(a_long_line_is_cut_and_the_next_is_whole),
	};

	return RUN_TESTS(tests);
}
