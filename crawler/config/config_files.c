#include "config/config_files.h"
#include "parsers/text/memory.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct finder {
	struct config_files *files;
	struct arena *arena;
	struct complaints *complaints;
};

static void complain_of_file(struct finder *finder, const char *path, const char *reason)
{
	struct source whole = { .name = path };

	complain(finder->complaints, &whole, COMPLAINT_NOWHERE, "%s", reason);
}

static bool is_known(const struct config_files *files, const struct stat *status)
{
	for (const struct config_file *file = files->first; file; file = file->next)
		if (file->device == status->st_dev && file->inode == status->st_ino)
			return true;
	return false;
}

/* All of a file, at most one byte more than is allowed.  Returns the size, or -1. */
static ssize_t read_all(int fd, char *text)
{
	size_t size = 0;

	while (size <= CONFIG_FILE_BYTES_MAX) {
		ssize_t got = read(fd, text + size, CONFIG_FILE_BYTES_MAX + 1 - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		size += (size_t)got;
	}
	return (ssize_t)size;
}

static void add_file(struct finder *finder, const char *path, const struct stat *status,
		     struct slice text)
{
	struct config_file *file = arena_alloc(finder->arena, 1, sizeof(*file));

	file->source.name = arena_copy(finder->arena, slice_of(path));
	file->source.text = (struct slice){ arena_copy(finder->arena, text), text.size };
	file->device = status->st_dev;
	file->inode = status->st_ino;
	*finder->files->end = file;
	finder->files->end = &file->next;
	finder->files->count++;
}

static void begin(struct config_files *files)
{
	files->first = NULL;
	files->end = &files->first;
	files->count = 0;
}

void config_files_take(struct config_files *files, const struct source texts[], size_t count,
		       struct arena *arena)
{
	static const struct stat nowhere;
	struct finder finder = { .files = files, .arena = arena };

	begin(files);
	for (size_t i = 0; i < count; i++)
		add_file(&finder, texts[i].name, &nowhere, texts[i].text);
}

static void read_opened(struct finder *finder, const char *path, int fd)
{
	struct stat status;
	char *text;
	ssize_t size;

	if (fstat(fd, &status)) {
		complain_of_file(finder, path, strerror(errno));
		return;
	}
	if (is_known(finder->files, &status))
		return;
	if (finder->files->count >= CONFIG_FILES_MAX) {
		complain_of_file(finder, path, "one file too many: 1000 at most");
		return;
	}
	text = memory_new(CONFIG_FILE_BYTES_MAX + 1, 1);
	size = read_all(fd, text);
	if (size < 0)
		complain_of_file(finder, path, strerror(errno));
	else if (size > CONFIG_FILE_BYTES_MAX)
		complain_of_file(finder, path, "too large: 4 MiB at most");
	else
		add_file(finder, path, &status, (struct slice){ text, (size_t)size });
	free(text);
}

static void read_file(struct finder *finder, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		complain_of_file(finder, path, strerror(errno));
		return;
	}
	read_opened(finder, path, fd);
	close(fd);
}

static bool has_ending(const char *name, const char *ending)
{
	size_t size = strlen(name), ending_size = strlen(ending);

	return size > ending_size && strcmp(name + size - ending_size, ending) == 0;
}

/* Hidden files are editors' own. */
static int is_config(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	       (has_ending(entry->d_name, ".yaml") || has_ending(entry->d_name, ".yml"));
}

/* By bytes: the same order whatever the locale. */
static int by_name(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*left)->d_name, (*right)->d_name);
}

/* The files of a folder, by name.  Returns how many there are, or -1 with errno. */
static int read_folder(struct finder *finder, const char *folder)
{
	struct dirent **entries;
	size_t size = strlen(folder);
	int count = scandir(folder, &entries, is_config, by_name);

	for (int i = 0; i < count; i++) {
		const char *slash = size && folder[size - 1] == '/' ? "" : "/";
		const char *path =
			arena_print(finder->arena, "%s%s%s", folder, slash, entries[i]->d_name);
		struct stat status;

		if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
			complain_of_file(finder, path, "not a file");
		else if (!complaints_are_full(finder->complaints))
			read_file(finder, path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return count;
}

/* A path that somebody named. */
static void read_path(struct finder *finder, const char *path)
{
	struct source whole = { .name = path };
	struct stat status;
	int count;

	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
		read_file(finder, path);
		return;
	}
	count = read_folder(finder, path);
	if (count < 0)
		complain_of_file(finder, path, strerror(errno));
	else if (count == 0)
		complain_warning(finder->complaints, &whole, COMPLAINT_NOWHERE,
				 "no *.yaml or *.yml files in this folder");
}

/*
 * A folder that is only looked into.  That it is missing is no news, that it may not be read
 * is, but no reason to stop: a service may have a home that is not its own.
 */
static bool search_folder(struct finder *finder, const char *folder)
{
	int count = read_folder(finder, folder);
	struct source whole = { .name = folder };

	if (count < 0 && errno != ENOENT && errno != ENOTDIR)
		complain_warning(finder->complaints, &whole, COMPLAINT_NOWHERE, "%s",
				 strerror(errno));
	return count > 0;
}

static bool search_user(struct finder *finder)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (xdg && xdg[0] == '/') /* the specification: a relative path is ignored */
		return search_folder(finder, arena_print(finder->arena, "%s/crawl", xdg));
	if (home && home[0] == '/')
		return search_folder(finder, arena_print(finder->arena, "%s/.config/crawl", home));
	return false;
}

static void search(struct finder *finder)
{
	const char *named = getenv("CRAWL_CONFIG");
	bool is_found = false;
	struct stat status;

	if (named && *named) {
		read_path(finder, named);
		return;
	}
	if (stat("crawl.yaml", &status) == 0) {
		read_file(finder, "crawl.yaml");
		is_found = true;
	}
	if (search_folder(finder, "config") || is_found)
		return;
	if (!search_user(finder))
		search_folder(finder, "/etc/crawl");
}

void config_files_read(struct config_files *files, const char *const paths[], size_t count,
		       struct arena *arena, struct complaints *complaints)
{
	struct finder finder = { .files = files, .arena = arena, .complaints = complaints };

	begin(files);
	for (size_t i = 0; i < count; i++)
		read_path(&finder, paths[i]);
	if (count == 0)
		search(&finder);
}
