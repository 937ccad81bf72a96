#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * hostile: the tables in tests/data/hostile: answers of servers, byte by byte, and what is to
 * become of them.
 */
#define HOSTILE_ROWS_MAX 512

enum hostile_end {
	HOSTILE_CLOSE,
	HOSTILE_RESET,
	HOSTILE_STAY, /* the connection is kept */
};

struct hostile_row {
	const char *name, *wanted; /* "ok", "ok=0", "truncated|connect" */
	enum hostile_end end;
	char *bytes;
	size_t size;
};

struct hostile_table {
	char *text;
	struct hostile_row rows[HOSTILE_ROWS_MAX];
	size_t count;
};

/*
 * Read one, whose bytes are framed as HTTP/2 has them, or are not.  What cannot be read fails the
 * running test.  hostile_free() frees it.
 */
void hostile_read(struct hostile_table *table, const char *path, bool is_framed);
void hostile_free(struct hostile_table *table);

/* Write its bytes to a socket, or to a pipe, as far as it takes them. */
void hostile_send(int fd, const struct hostile_row *row);
void hostile_write(int fd, const struct hostile_row *row);

/* Is "OUTCOME|SIZE|TITLE" of a page what the row wants? */
bool hostile_fits(const struct hostile_row *row, const char *page);

#endif
