#include "log.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define CARRIED_MAX  500
#define NUMBERS_ROOM 64 /* bytes for the end of a line */
#define TEXTS_MAX    (LOG_LINE_MAX - NUMBERS_ROOM - CARRIED_MAX)

int log_open(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

/* Add a field and a space.  Spaces and what is not ASCII would break the line: they become "?". */
static size_t add_field(char line[LOG_LINE_MAX], size_t size, struct slice field, size_t limit)
{

	if (field.size == 0)
		field = SLICE("-");
	for (size_t i = 0; i < field.size && size < limit; i++) {
		bool is_plain = field.at[i] > ' ' && field.at[i] < 0x7f;

		line[size++] = is_plain ? field.at[i] : '?';
	}
	line[size++] = ' ';
	return size;
}

/* "authorization=Basic?bWU6cHc=|cookie=a=b|", or "-". */
static size_t add_carried(char line[LOG_LINE_MAX], size_t size, const struct request *request)
{
	static const char *const names[] = { "authorization",   "cookie", "x-api-key",
					     "accept-language", "origin", "referer" };
	char text[CARRIED_MAX] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && request->head.at; i++) {
		struct slice value = request_header(request, names[i]);

		if (value.at && used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s=%.*s|",
						 names[i], (int)value.size, value.at);
	}
	if (request->body.size > 0 && used < sizeof(text))
		snprintf(text + used, sizeof(text) - used, "body=%.*s|", (int)request->body.size,
			 request->body.at);
	return add_field(line, size, slice_of(text), size + CARRIED_MAX);
}

void log_write(int log, const struct log_line *of)
{
	static const struct request none = { 0 };
	const struct request *request = of->request ? of->request : &none;
	char line[LOG_LINE_MAX];
	size_t size;

	if (log < 0)
		return;
	size = (size_t)snprintf(line, sizeof(line), "%lld %lld ", (long long)of->arrived_ms,
				(long long)of->ended_ms);
	size = add_field(line, size, request->method, TEXTS_MAX);
	size = add_field(line, size, request->host, TEXTS_MAX);
	size = add_field(line, size, request->target, TEXTS_MAX);
	size += (size_t)snprintf(line + size, sizeof(line) - size, "%d %llu %u ", of->status,
				 (unsigned long long)of->sent, of->port);
	size = add_carried(line, size, request);
	line[size - 1] = '\n';
	if (write(log, line, size) < 0)
		dprintf(STDERR_FILENO, "site: cannot write the log\n");
}
