#include "show/screen.h"

#include <stdlib.h>
#include <sys/ioctl.h>

#define COLUMNS_USUAL 80
#define LINES_USUAL   24
#define NUMBER_MAX    65535 /* of either, as a terminal can have it */

/* A number from the environment, or 0: it says none. */
static size_t number_of(const char *name)
{
	const char *text = getenv(name);
	char *end = NULL;
	unsigned long number;

	if (!text || text[0] < '0' || text[0] > '9')
		return 0;
	number = strtoul(text, &end, 10);
	return *end == '\0' && number <= NUMBER_MAX ? number : 0;
}

static size_t first_of(size_t measured, const char *name, size_t usual)
{
	size_t wanted = number_of(name);

	return measured > 0 ? measured : wanted > 0 ? wanted : usual;
}

size_t screen_columns(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		return 0;
	return first_of(size.ws_col, "COLUMNS", COLUMNS_USUAL);
}

size_t screen_lines(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		return 0;
	return first_of(size.ws_row, "LINES", LINES_USUAL);
}

size_t screen_table_columns(FILE *out)
{
	size_t wanted = number_of("COLUMNS");

	return wanted > 0 ? wanted : screen_columns(fileno(out));
}
