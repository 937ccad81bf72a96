#ifndef CONFIG_FILES_H
#define CONFIG_FILES_H

#include "base/arena.h"
#include "show/complaint.h"
#include <sys/types.h>

/*
 * config_files: which files a crawl reads, and their text.
 */
#define CONFIG_FILES_MAX      1000
#define CONFIG_FILE_BYTES_MAX (4 * 1024 * 1024)

struct config_file {
	struct config_file *next;
	struct source source; /* of the arena */
	dev_t device;         /* the same file is read once, whatever it was called */
	ino_t inode;
};

struct config_files {
	struct config_file *first, **end;
	size_t count;
};

/*
 * Read the files at paths, or with count 0 those of the first place that has any: see
 * config_load.h.  Complains of what cannot be read.
 */
void config_files_read(struct config_files *files, const char *const paths[], size_t count,
		       struct arena *arena, struct complaints *complaints);

/* The same of files that are here already: texts stay. */
void config_files_take(struct config_files *files, const struct source texts[], size_t count,
		       struct arena *arena);

#endif
