#ifndef RUN_FILES_H
#define RUN_FILES_H

#include "cli/options.h"
#include "config/config.h"
#include "show/complaint.h"
#include "store/store.h"

/*
 * run_files: the config of a run as its database has it, so that who joins reads the same, and who
 * has another is refused.
 *
 *	config/films.yaml	a file, under the name it was read by
 *	-e NAME			NAME=REGEX of the command line, each
 *	settings		"delay=2s": all of them, wherever each was said
 *	options			those that the command line has said, which win over rules of hosts
 *
 * Neither is in it what each machine has of its own: how many workers, certificates, proxies; nor
 * any credential.
 */
struct run_files {
	struct store_file *files;
	size_t count;

	/* What they are, when they are sorted; all of it borrowed from files. */
	struct source *texts;
	size_t text_count;
	const char **expressions;
	size_t expression_count;
	struct setting_flag *presets, *flags;
	size_t preset_count, flag_count;
};

/* Is it one of theirs, and not each machine's own? */
bool run_files_have(const struct setting *setting);

/* Of a config that was loaded.  Points into it and into options; freed with run_files_free(). */
void run_files_make(struct run_files *files, const struct config *config,
		    const struct options *options);

void run_files_copy(struct run_files *files, const struct run_files *others);

/* Find out what they are, which cuts them up.  Returns 0, or -1: error says what is wrong. */
#define RUN_FILES_ERROR_MAX 300
int run_files_sort(struct run_files *files, char error[RUN_FILES_ERROR_MAX]);

/* Of the last run in a store, sorted.  Returns 0, or -1: the store failed, or error says it. */
int run_files_read(struct run_files *files, struct store *store, char error[RUN_FILES_ERROR_MAX]);

void run_files_free(struct run_files *files);

#endif
