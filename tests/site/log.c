#include "log.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define NUMBERS_ROOM 64 /* bytes for the end of a line */

int log_open(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

/* Add a field and a space.  Spaces and what is not ASCII would break the line: they become "?". */
static size_t add_field(char line[LOG_LINE_MAX], size_t size, struct slice field)
{
	if (field.size == 0)
		field = SLICE("-");
	for (size_t i = 0; i < field.size && size < LOG_LINE_MAX - NUMBERS_ROOM; i++) {
		bool is_plain = field.at[i] > ' ' && field.at[i] < 0x7f;

		line[size++] = is_plain ? field.at[i] : '?';
	}
	line[size++] = ' ';
	return size;
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
	size = add_field(line, size, request->method);
	size = add_field(line, size, request->host);
	size = add_field(line, size, request->target);
	size += (size_t)snprintf(line + size, sizeof(line) - size, "%d %llu %u\n", of->status,
				 (unsigned long long)of->sent, of->port);
	if (write(log, line, size) < 0)
		dprintf(STDERR_FILENO, "site: cannot write the log\n");
}
