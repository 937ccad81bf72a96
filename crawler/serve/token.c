#include "serve/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_SIZE 24 /* characters */

void token_new(char token[GATE_TOKEN_MAX])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char chance[TOKEN_SIZE];

	if (getrandom(chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
		abort(); /* so few bytes are always had, once the system is up */
	for (size_t i = 0; i < TOKEN_SIZE; i++)
		token[i] = digits[chance[i] & 63];
	token[TOKEN_SIZE] = '\0';
}

static int fail(char error[TOKEN_ERROR_MAX], const char *path, const char *reason)
{
	snprintf(error, TOKEN_ERROR_MAX, "--token file:%.200s: %s", path, reason);
	return -1;
}

static int make(const char *path, char token[GATE_TOKEN_MAX], char error[TOKEN_ERROR_MAX])
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t size;
	char line[GATE_TOKEN_MAX + 1];
	int result;

	if (fd < 0)
		return fail(error, path, strerror(errno));
	token_new(token);
	size = (size_t)snprintf(line, sizeof(line), "%s\n", token);
	result = write(fd, line, size) == (ssize_t)size ? 0 : -1;
	if (close(fd) < 0 || result < 0)
		return fail(error, path, "cannot be written");
	return 0;
}

static int read_it(int fd, const char *path, char token[GATE_TOKEN_MAX],
		   char error[TOKEN_ERROR_MAX])
{
	char text[GATE_TOKEN_MAX + 2];
	struct stat found;
	ssize_t got;

	if (fstat(fd, &found) < 0 || !S_ISREG(found.st_mode))
		return fail(error, path, "is not a file");
	if (found.st_mode & (S_IRWXG | S_IRWXO))
		return fail(error, path, "others can read it: chmod 600, or have a new one made");
	got = read(fd, text, sizeof(text) - 1);
	if (got < 0)
		return fail(error, path, strerror(errno));
	text[got] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	if (!gate_may_be_token(text))
		return fail(error, path,
			    "no token: 22 letters, digits, - and _ or more; without the file one "
			    "is made");
	strcpy(token, text);
	return 0;
}

int token_keep(const char *path, char token[GATE_TOKEN_MAX], char error[TOKEN_ERROR_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), result;

	if (fd < 0 && errno == ENOENT)
		return make(path, token, error);
	if (fd < 0)
		return fail(error, path, strerror(errno));
	result = read_it(fd, path, token, error);
	close(fd);
	return result;
}
