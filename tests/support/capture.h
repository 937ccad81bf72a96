#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdio.h>
#include <string.h>

/*
 * capture: what a function writes to a descriptor (1 or 2), as a string.
 *
 *	struct capture capture = capture_begin(2);
 *	...
 *	capture_end(&capture);	// capture.text
 */
#define CAPTURE_BYTES_MAX 65536

struct capture {
	int fd, saved;
	FILE *file;
	char text[CAPTURE_BYTES_MAX];
};

static inline struct capture capture_begin(int fd)
{
	struct capture capture = { .fd = fd, .file = tmpfile() };

	assert_non_null(capture.file);
	fflush(NULL);
	capture.saved = dup(fd);
	assert_true(capture.saved >= 0);
	assert_true(dup2(fileno(capture.file), fd) >= 0);
	return capture;
}

/* Call it before any assertion, so that what cmocka says is seen. */
static inline const char *capture_end(struct capture *capture)
{
	size_t size;

	fflush(NULL);
	dup2(capture->saved, capture->fd);
	close(capture->saved);
	rewind(capture->file);
	size = fread(capture->text, 1, sizeof(capture->text) - 1, capture->file);
	capture->text[size] = '\0';
	fclose(capture->file);
	return capture->text;
}

#endif
