#ifndef SAMPLES_H
#define SAMPLES_H

#include "commands/kept_pages.h"
#include "commands/one_page.h"

/*
 * samples: the pages that patterns are tried on: files, folders of files, URLs, pages of a
 * database.
 *
 * A folder stands for its files, by name, without those that begin with a dot.  A page that is
 * fetched is kept for an hour (page_cache.h).
 */
struct samples;

struct sample {
	const char *name; /* as it was named; a file of a folder with it; or its URL */
	struct slice url; /* that it is of, canonical; absent: nobody said */
	struct slice
		set; /* what its list gave it, as JSON: the database's, or of --with; or absent */
	struct one_page page;
};

/*
 * What the arguments name, or, with --stored, pages of the database that a pattern wants which the
 * filter takes.  --url goes with one file, --with with files and URLs.  options, config and
 * arguments must outlive it. Returns what the caller frees with samples_free(), or NULL after a
 * complaint, with *code for exit().
 */
struct samples *samples_new(const struct options *options, const struct config *config,
			    const char *const arguments[], size_t count, kept_pages_filter *filter,
			    void *context, int *code);

/* How many there are. */
size_t samples_count(const struct samples *samples);

/*
 * The next one, which lasts until the one behind it.  Returns 1; 0 if there are no more; or -1
 * after a complaint, with *code: another may follow.
 */
int samples_next(struct samples *samples, struct sample *sample, int *code);

void samples_free(struct samples *samples);

/* Say what it is, on standard error; of several by its name, too. */
void sample_say(const struct sample *sample, bool is_one_of_several);

/* As its header has it; a file is taken for a page, of HTML or XHTML. */
struct slice sample_content_type(const struct sample *sample);

#endif
