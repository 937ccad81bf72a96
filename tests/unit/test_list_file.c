#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include "crawler/base/signals.h"
#include "crawler/commands/list_file.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LIST_BYTES   300000 /* more than one reading, and than one decoding, takes */
#define ROOM         (LIST_BYTES + 65536)

static char folder[] = "/tmp/crawl-list-XXXXXX";
static char list[LIST_BYTES];

static const char *path(const char *name)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s/%s", folder, name);
	return text;
}

static const char *write_file(const char *name, const void *bytes, size_t size)
{
	FILE *file = fopen(path(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
	return path(name);
}

/* ---- compressing ---- */

static size_t gzip(char *out, const char *text, size_t size)
{
	z_stream zlib = { .next_in = (unsigned char *)(uintptr_t)text, .avail_in = (unsigned)size };

	assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, MAX_WBITS + 16, 8, 0), Z_OK);
	zlib.next_out = (unsigned char *)out;
	zlib.avail_out = ROOM;
	assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
	deflateEnd(&zlib);
	return zlib.total_out;
}

static size_t zstd(char *out, const char *text, size_t size)
{
	return ZSTD_compress(out, ROOM, text, size, 3);
}

/* Two that stand one behind the other are one: as gzip, zstd and split logs have it. */
static size_t gzip_twice(char *out, const char *text, size_t size)
{
	size_t first = gzip(out, text, size / 2);

	return first + gzip(out + first, text + size / 2, size - size / 2);
}

static size_t zstd_twice(char *out, const char *text, size_t size)
{
	size_t first = zstd(out, text, size / 2);

	return first + zstd(out + first, text + size / 2, size - size / 2);
}

/* As it comes from tapes and from writers of whole blocks. */
static size_t gzip_padded(char *out, const char *text, size_t size)
{
	size_t written = gzip(out, text, size);

	memset(out + written, 0, 500);
	return written + 500;
}

/* As pzstd begins. */
static size_t zstd_skipped(char *out, const char *text, size_t size)
{
	memcpy(out, "\x50\x2A\x4D\x18\x04\0\0\0abcd", 12);
	return 12 + zstd(out + 12, text, size);
}

static size_t plain(char *out, const char *text, size_t size)
{
	memcpy(out, text, size);
	return size;
}

static const struct {
	const char *name;
	size_t (*write)(char *out, const char *text, size_t size);
	const char *damage; /* what is said of one that is cut; NULL: it is not */
} codings[] = {
	{ "plain.gz", plain, NULL }, /* what it is called means nothing */
	{ "gzip", gzip, "gzip data is broken" },
	{ "gzip-twice", gzip_twice, "gzip data is broken" },
	{ "gzip-padded", gzip_padded, NULL },
	{ "zstd", zstd, "zstd data is broken" },
	{ "zstd-twice", zstd_twice, "zstd data is broken" },
	{ "zstd-skipped", zstd_skipped, "zstd data is broken" },
};

/* ---- reading ---- */

static char *room;

static size_t read_all(struct list_file *file)
{
	return fread(room, 1, ROOM, list_file_text(file));
}

static void a_list_is_read_whole_however_it_is_compressed(void **state)
{
	static const size_t sizes[] = { 0, 1, 30, 4095, 4096, 4097, 65536, LIST_BYTES };
	char *bytes = malloc(2 * ROOM), error[LIST_FILE_ERROR_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(codings) * COUNT(sizes); i++) {
		size_t size = sizes[i / COUNT(codings)];
		size_t written = codings[i % COUNT(codings)].write(bytes, list, size);
		const char *name = write_file(codings[i % COUNT(codings)].name, bytes, written);
		struct list_file *file = list_file_open(name, -1, error);

		assert_non_null(file);
		assert_int_equal(read_all(file), size);
		assert_memory_equal(room, list, size);
		list_file_close(file);
	}
	free(bytes);
}

/* Cut anywhere: what is there is read, and it is said that it is not all. */
static void a_compressed_list_that_is_cut_is_told(void **state)
{
	char *bytes = malloc(2 * ROOM), error[LIST_FILE_ERROR_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(codings); i++) {
		size_t written = codings[i].write(bytes, list, 200);

		for (size_t size = 4; codings[i].damage && size < written; size++) {
			const char *name = write_file("cut", bytes, size);
			struct list_file *file = list_file_open(name, -1, error);
			size_t got;

			if (!file) {
				assert_non_null(strstr(error, codings[i].damage));
				continue;
			}
			got = read_all(file);
			assert_memory_equal(room, list, got);
			/* Between two members nothing is cut. */
			if (ferror(list_file_text(file)))
				assert_non_null(strstr(list_file_reason(file, errno), "broken"));
			else
				assert_int_equal(got, strstr(codings[i].name, "twice") ? 100 : 0);
			list_file_close(file);
		}
	}
	free(bytes);
}

static void what_is_damaged_is_no_list(void **state)
{
	static const struct {
		const char *bytes, *said;
	} rows[] = {
		{ "\x1F\x8Bno gzip at all", "the gzip data is broken" },
		{ "\x28\xB5\x2F\xFDno zstd at all", "the zstd data is broken" },
		{ "%PDF-1.7", "is a PDF: a list is text" },
	};
	char error[LIST_FILE_ERROR_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *name = write_file("damaged", rows[i].bytes, strlen(rows[i].bytes));

		assert_null(list_file_open(name, -1, error));
		assert_int_equal(strncmp(error, name, strlen(name)), 0);
		assert_non_null(strstr(error, rows[i].said));
	}
}

/* What is no list does not become one by being compressed. */
static void what_was_compressed_is_looked_at(void **state)
{
	char inner[600] = "", outer[2000], error[LIST_FILE_ERROR_MAX];
	size_t size;

	(void)state;
	memcpy(inner + 257, "ustar", 5);
	size = gzip(outer, inner, sizeof(inner));
	assert_null(list_file_open(write_file("a.tar.gz", outer, size), -1, error));
	assert_non_null(strstr(error, "is a tar archive"));
	size = zstd(inner, "http://h/\n", 10);
	size = gzip(outer, inner, size);
	assert_null(list_file_open(write_file("twice", outer, size), -1, error));
	assert_non_null(strstr(error, "is compressed twice"));
}

/* ---- waiting ---- */

static void *write_slowly(void *bytes)
{
	static char name[64];
	size_t size = gzip(bytes, list, 3000);
	int fd;

	snprintf(name, sizeof(name), "%s/fifo", folder);
	fd = open(name, O_WRONLY);
	for (size_t i = 0; fd >= 0 && i < size; i++) {
		if (write(fd, (char *)bytes + i, 1) != 1)
			break;
		sched_yield();
	}
	close(fd);
	return NULL;
}

static void a_pipe_may_give_byte_after_byte(void **state)
{
	char *bytes = malloc(ROOM), error[LIST_FILE_ERROR_MAX], fifo[64];
	struct list_file *file;
	pthread_t writer;

	(void)state;
	snprintf(fifo, sizeof(fifo), "%s", path("fifo"));
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(pthread_create(&writer, NULL, write_slowly, bytes), 0);
	file = list_file_open(fifo, -1, error);
	assert_non_null(file);
	assert_int_equal(read_all(file), 3000);
	assert_memory_equal(room, list, 3000);
	list_file_close(file);
	pthread_join(writer, NULL);
	free(bytes);
}

/* Nobody writes: what would wait for ever is ended, and the signal is left to be taken. */
static void a_signal_ends_the_waiting(void **state)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	char error[LIST_FILE_ERROR_MAX], fifo[64];
	int signals, pipe_ends[2];

	(void)state;
	signal(SIGHUP, SIG_DFL);
	signals_block();
	signals = signals_open();
	assert_true(signals >= 0);
	snprintf(fifo, sizeof(fifo), "%s", path("nobody"));
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(pipe(pipe_ends), 0);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct list_file *file;

		raise(numbers[i]);
		strcpy(error, "untouched");
		assert_null(list_file_open(fifo, signals, error));
		assert_string_equal(error, "");
		assert_int_equal(signals_take(signals), numbers[i]);
		assert_int_equal(signals_take(signals), 0);

		/* The same behind a line that was read. */
		assert_int_equal(write(pipe_ends[1], "http://h/\n", 10), 10);
		snprintf(fifo, sizeof(fifo), "/dev/fd/%d", pipe_ends[0]);
		file = list_file_open(fifo, signals, error);
		assert_non_null(file);
		raise(numbers[i]);
		assert_int_equal(read_all(file), 10);
		assert_true(ferror(list_file_text(file)));
		assert_int_equal(signals_take(signals), numbers[i]);
		list_file_close(file);
		snprintf(fifo, sizeof(fifo), "%s", path("nobody"));
	}
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	close(signals);
}

static int make_folder(void **state)
{
	(void)state;
	for (size_t i = 0; i < LIST_BYTES; i++)
		list[i] = "http://h/0123456789abcdef\n"[(i * 7 + i / 5000) % 26];
	room = malloc(ROOM);
	return room && mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[80];

	(void)state;
	free(room);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read_whole_however_it_is_compressed),
		cmocka_unit_test(a_compressed_list_that_is_cut_is_told),
		cmocka_unit_test(what_is_damaged_is_no_list),
		cmocka_unit_test(what_was_compressed_is_looked_at),
		cmocka_unit_test(a_pipe_may_give_byte_after_byte),
		cmocka_unit_test(a_signal_ends_the_waiting),
	};

	alarm(TEST_SECONDS_MAX);
	if (getenv("TEST"))
		cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
