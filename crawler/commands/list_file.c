#include "commands/list_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "commands/list_kind.h"
#include "parsers/text/gunzip.h"
#include "parsers/text/memory.h"
#include "show/log.h"

#define RAW_BYTES (64 * 1024) /* read at a time */

struct list_file {
	int fd, signals;
	FILE *text;
	bool is_at_end; /* said once: a terminal would be waited for again */
	enum list_coding coding;
	struct gunzip gunzip;
	ZSTD_DCtx *zstd;
	bool is_frame_whole; /* of zstd: the last one that began */
	char damage[128];    /* of the compressed data, or empty */
	size_t at, end;      /* [at, end) of raw is read and not yet undone */
	size_t head_at, head_end;
	char raw[RAW_BYTES];
	char head[LIST_KIND_BYTES]; /* of compressed data: the beginning, undone to be looked at */
};

/* ---- bytes ---- */

/* Returns 0 when there is something to read, or -1 with errno. */
static int wait_for_bytes(const struct list_file *file)
{
	struct pollfd ready[] = {
		{ .fd = file->signals, .events = POLLIN },
		{ .fd = file->fd, .events = POLLIN },
	};

	while (poll(ready, 2, -1) < 0) {
		if (errno != EINTR)
			return -1;
	}
	if (ready[0].revents == 0)
		return 0;
	errno = EINTR;
	return -1;
}

/* Read on behind what is left in raw, which has room.  Returns 0, also at the end, or -1. */
static int fetch(struct list_file *file)
{
	ssize_t got;

	do {
		if (wait_for_bytes(file) < 0)
			return -1;
		got = read(file->fd, file->raw + file->end, RAW_BYTES - file->end);
	} while (got < 0 && (errno == EAGAIN || errno == EINTR));
	if (got < 0)
		return -1;
	file->end += (size_t)got;
	file->is_at_end = got == 0;
	return 0;
}

/* Raw bytes are used up: read others.  Returns 0, also at the end, or -1. */
static int refill(struct list_file *file)
{
	file->at = file->end = 0;
	return fetch(file);
}

/* ---- what was done to them ---- */

static ssize_t damaged(struct list_file *file, const char *kind, const char *how)
{
	snprintf(file->damage, sizeof(file->damage), "the %s data is broken: %s", kind, how);
	errno = EBADMSG;
	return -1;
}

/*
 * Each of these writes to out[room] what comes of the bytes that are there, and takes them off.
 * Returns how much that is, 0: they are used up, or -1 with errno.
 */

static ssize_t take_plain(struct list_file *file, char *out, size_t room)
{
	size_t left = file->end - file->at, size = left < room ? left : room;

	memcpy(out, file->raw + file->at, size);
	file->at += size;
	return (ssize_t)size;
}

static ssize_t take_gzip(struct list_file *file, char *out, size_t room)
{
	struct slice in = { file->raw + file->at, file->end - file->at };
	size_t size = 0;
	enum gunzip_result result = gunzip_write(&file->gunzip, &in, out, room, &size);

	file->at = file->end - in.size;
	if (size == 0 && result == GUNZIP_BROKEN)
		return damaged(file, "gzip", "it does not fit together");
	return (ssize_t)size;
}

static ssize_t take_zstd(struct list_file *file, char *out, size_t room)
{
	ZSTD_inBuffer in = { file->raw + file->at, file->end - file->at, 0 };
	ZSTD_outBuffer to = { out, room, 0 };

	/* Asked without a byte behind a frame it would expect another one. */
	while (to.pos == 0 && (in.pos < in.size || !file->is_frame_whole)) {
		size_t before = in.pos, status = ZSTD_decompressStream(file->zstd, &to, &in);

		if (ZSTD_isError(status))
			return damaged(file, "zstd", ZSTD_getErrorName(status));
		file->is_frame_whole = status == 0;
		if (in.pos == before)
			break;
	}
	file->at += in.pos;
	return (ssize_t)to.pos;
}

static ssize_t take(struct list_file *file, char *out, size_t room)
{
	if (file->coding == LIST_GZIP)
		return take_gzip(file, out, room);
	return file->coding == LIST_ZSTD ? take_zstd(file, out, room) : take_plain(file, out, room);
}

/* Is what was read all that there should be? */
static ssize_t check_whole(struct list_file *file)
{
	if (file->coding == LIST_GZIP && !gunzip_is_whole(&file->gunzip))
		return damaged(file, "gzip", "its end is missing");
	if (file->coding == LIST_ZSTD && !file->is_frame_whole)
		return damaged(file, "zstd", "its end is missing");
	return 0;
}

/* Returns the bytes written to out, 0 at the end, or -1 with errno. */
static ssize_t read_on(struct list_file *file, char *out, size_t room)
{
	for (;;) {
		ssize_t got = take(file, out, room);

		if (got != 0)
			return got;
		if (file->is_at_end)
			return check_whole(file);
		if (refill(file) < 0)
			return -1;
	}
}

/* ---- the beginning ---- */

static bool has_newline(struct slice bytes)
{
	return bytes.size > 0 && memchr(bytes.at, '\n', bytes.size);
}

static struct slice raw_head(const struct list_file *file)
{
	return (struct slice){ file->raw, file->end };
}

static struct slice undone_head(const struct list_file *file)
{
	return (struct slice){ file->head, file->head_end };
}

/* A line shows what it is: more may take its time, and is not waited for. */
static int fetch_head(struct list_file *file)
{
	while (!file->is_at_end && file->end < LIST_KIND_BYTES && !has_newline(raw_head(file))) {
		if (fetch(file) < 0)
			return -1;
	}
	return 0;
}

static int undo_head(struct list_file *file)
{
	while (file->head_end < LIST_KIND_BYTES && !has_newline(undone_head(file))) {
		ssize_t got = read_on(file, file->head + file->head_end,
				      LIST_KIND_BYTES - file->head_end);

		if (got <= 0)
			return (int)got;
		file->head_end += (size_t)got;
	}
	return 0;
}

static void begin_coding(struct list_file *file)
{
	file->coding = list_coding_of(raw_head(file));
	if (file->coding == LIST_GZIP && !gunzip_begin(&file->gunzip, GUNZIP_GZIP))
		memory_fail();
	if (file->coding == LIST_ZSTD) {
		file->zstd = ZSTD_createDCtx();
		if (!file->zstd)
			memory_fail();
	}
}

/* Returns why it is no list, or NULL; *error is errno of reading it, or 0. */
static const char *look(struct list_file *file, int *error)
{
	*error = 0;
	if (fetch_head(file) < 0) {
		*error = errno;
		return NULL;
	}
	begin_coding(file);
	if (file->coding == LIST_PLAIN)
		return list_refusal(raw_head(file));
	if (undo_head(file) < 0)
		*error = errno;
	return *error ? NULL : list_refusal(undone_head(file));
}

/* ---- a list ---- */

/* It is left as it is: others have it, too.  One that can only be written to is never ready. */
static int open_stdin(void)
{
	int flags = fcntl(STDIN_FILENO, F_GETFL);

	if (flags >= 0 && (flags & O_ACCMODE) != O_WRONLY)
		return STDIN_FILENO;
	errno = EBADF;
	return -1;
}

/* Without O_NONBLOCK opening a FIFO would wait for its writer, and nothing could end that. */
static int open_file(const char *name)
{
	if (strcmp(name, "-") == 0)
		return open_stdin();
	return open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

struct list_file *list_file_open(const char *name, int signals, char error[LIST_FILE_ERROR_MAX])
{
	struct list_file *file;
	const char *refusal;
	int fd = open_file(name), failed;

	if (fd < 0) {
		snprintf(error, LIST_FILE_ERROR_MAX, "%s: %s", name, strerror(errno));
		return NULL;
	}
	if (isatty(fd))
		log_say("waiting for URLs, one a line; end with Ctrl-D");
	file = memory_new(1, sizeof(*file));
	file->fd = fd;
	file->signals = signals;
	file->is_frame_whole = true;
	refusal = look(file, &failed);
	if (!refusal && failed == 0)
		return file;
	error[0] = '\0';
	if (failed != EINTR)
		snprintf(error, LIST_FILE_ERROR_MAX, refusal ? "%s %s" : "%s: %s", name,
			 refusal ? refusal : list_file_reason(file, failed));
	list_file_close(file);
	return NULL;
}

/* The stream's way to a list: what was undone to be looked at comes first. */
static ssize_t on_read(void *cookie, char *out, size_t room)
{
	struct list_file *file = cookie;
	size_t left = file->head_end - file->head_at, size = left < room ? left : room;

	if (size == 0)
		return read_on(file, out, room);
	memcpy(out, file->head + file->head_at, size);
	file->head_at += size;
	return (ssize_t)size;
}

FILE *list_file_text(struct list_file *file)
{
	if (!file->text)
		file->text = fopencookie(file, "r", (cookie_io_functions_t){ .read = on_read });
	if (!file->text)
		memory_fail();
	return file->text;
}

const char *list_file_reason(const struct list_file *file, int error)
{
	return file->damage[0] ? file->damage : strerror(error);
}

void list_file_close(struct list_file *file)
{
	if (!file)
		return;
	if (file->text)
		fclose(file->text);
	gunzip_end(&file->gunzip);
	ZSTD_freeDCtx(file->zstd);
	if (file->fd != STDIN_FILENO)
		close(file->fd);
	free(file);
}
