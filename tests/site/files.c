#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "routes.h"

#define PATH_BYTES_MAX 4096

static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".html", "text/html" },        { ".htm", "text/html" }, { ".txt", "text/plain" },
	{ ".xml", "application/xml" },   { ".css", "text/css" },  { ".js", "text/javascript" },
	{ ".json", "application/json" }, { ".png", "image/png" },
};

/* Without a charset, as files come from most servers: the page says its own, or nobody does. */
static const char *type_of(const char *path)
{
	size_t size = strlen(path);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t suffix = strlen(types[i].suffix);

		if (size > suffix && strcmp(path + size - suffix, types[i].suffix) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

/* Open below root: neither dot-dot nor a link leads out of it, by the kernel's word. */
static int open_below(int root, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* A folder without "/" at the end is asked for again with it, or relative links would go wrong. */
static bool answer_folder(struct visit *visit, char path[PATH_BYTES_MAX])
{
	struct buffer location = { 0 };
	size_t size = strlen(path);
	int fd;

	if (visit->rest.at[visit->rest.size - 1] != '/') {
		buffer_add(&location, visit->rest);
		buffer_text(&location, "/");
		answer_redirect(visit->answer, 301, buffer_slice(&location));
		buffer_free(&location);
		return true;
	}
	snprintf(path + size, PATH_BYTES_MAX - size, "%sindex.html", size > 0 ? "/" : "");
	fd = open_below(visit->site->root, path);
	return fd >= 0 && answer_file(visit->answer, fd, 200, "text/html");
}

/* The path as the file system wants it, relative and without a slash at the end.  False: too long.
 */
static bool relative_path(struct slice target, char path[PATH_BYTES_MAX])
{
	struct buffer decoded = { 0 };
	const char *from;
	bool fits;

	request_unescape(target, false, &decoded);
	fits = decoded.size < PATH_BYTES_MAX && !memchr(decoded.at, '\0', decoded.size);
	buffer_fill(&decoded, '\0', 1);
	from = decoded.at + strspn(decoded.at, "/");
	if (fits) {
		size_t size = strlen(from);

		while (size > 0 && from[size - 1] == '/')
			size--;
		memcpy(path, from, size);
		path[size] = '\0';
	}
	buffer_free(&decoded);
	return fits;
}

static void add_version(struct visit *visit, const struct stat *about)
{
	char etag[64];

	snprintf(etag, sizeof(etag), "\"%llx-%llx\"", (unsigned long long)about->st_mtime,
		 (unsigned long long)about->st_size);
	answer_version(visit->answer, visit->request, etag, about->st_mtime);
}

/* Instead of a file "a" there may be an "a.redirect", which says "301 /b". */
static bool answer_moved(struct visit *visit, const char *path)
{
	char name[PATH_BYTES_MAX + 16], text[PATH_BYTES_MAX];
	ssize_t size;
	int fd;

	snprintf(name, sizeof(name), "%s.redirect", path);
	fd = open_below(visit->site->root, name);
	if (fd < 0)
		return false;
	size = read(fd, text, sizeof(text));
	close(fd);
	if (size < 5 || memchr(text, '\n', (size_t)size))
		return false;
	answer_redirect(visit->answer, atoi(text), (struct slice){ text + 4, (size_t)size - 4 });
	return true;
}

bool files_answer(struct visit *visit)
{
	char path[PATH_BYTES_MAX];
	struct stat about;
	int fd;

	if (visit->site->root < 0 || !relative_path(visit->rest, path))
		return false;
	fd = open_below(visit->site->root, path[0] ? path : ".");
	if (fd < 0)
		return answer_moved(visit, path);
	if (fstat(fd, &about) == 0 && S_ISDIR(about.st_mode)) {
		close(fd);
		return answer_folder(visit, path);
	}
	if (!answer_file(visit->answer, fd, 200, type_of(path)))
		return false;
	add_version(visit, &about);
	return true;
}
