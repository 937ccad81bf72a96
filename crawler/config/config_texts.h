#ifndef CONFIG_TEXTS_H
#define CONFIG_TEXTS_H

#include <stddef.h>
#include <stdio.h>

/*
 * config_texts: the patterns of config files as they are written, one by one, each as a text that
 * config_load_patterns() reads.
 *
 * Nothing else of the files is kept: neither what `hosts:` and `crawl:` say, nor what secrets they
 * name.  A pattern that cannot be cut out as it stands ("[{name: a, ...}]") is left out.
 */
struct config_text {
	char *name;
	char *yaml; /* "patterns:", and one below it */
};

#define CONFIG_TEXTS_MAX      300         /* patterns */
#define CONFIG_TEXT_BYTES_MAX (48 * 1024) /* of one: what a form can post */

/*
 * Of these files and folders, or of those that a crawl reads (count 0: config_load.h).  Returns how
 * many, which the caller frees with config_texts_free(); complaints are written.
 */
size_t config_texts_read(const char *const paths[], size_t count, struct config_text **texts,
			 FILE *complaints);
void config_texts_free(struct config_text *texts, size_t count);

#endif
