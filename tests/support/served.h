#ifndef SERVED_H
#define SERVED_H

#include "tests/support/program.h"
#include <stddef.h>

/*
 * served: `crawl serve` as a program of a test, asked over sockets of our own: by whom and how a
 * browser would not let us choose.
 */
#define SERVED_REPLY_MAX (512 * 1024)

struct served_page {
	struct program *program;
	unsigned port;
	char token[160], line[400];
	int out; /* what the program writes */
};
extern struct served_page page; /* the one that was started last */

void start_page(const char *const arguments[]);

/* Of so many arguments at most, the last of which is NULL. */
#define START_PAGE(...) start_page((const char *const[16]){ "serve", "--port", "0", __VA_ARGS__ })

void stop_page(void);

/* Port and token of "http://127.0.0.1:8400/?token=..." in a text. */
void read_address(const char *text);

/* ---- asking it; replies are good until the next ---- */

int connect_to_page(void);
void send_all(int fd, const char *text, size_t size);

/* The first line of a reply, without waiting for the connection's end.  Closes it. */
const char *receive_head(int fd);

/* All of it, until the other end closes.  Closes it. */
const char *receive_all(int fd);

const char *exchange(const char *request);

/* A request with the headers that are given ("Name: value\r\n"), and its reply. */
const char *ask_page(const char *method, const char *path, const char *headers, const char *body);
const char *get(const char *path);
const char *post(const char *path, const char *body); /* as our own page does */
int status_of(const char *reply);

#endif
