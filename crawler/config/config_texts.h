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

struct config_texts {
	struct config_text *list;
	size_t count;
};

/*
 * Of these files and folders, or of those that a crawl reads (count 0: config_load.h).  Returns 0,
 * or -1: some cannot be read, as complaints say.  texts is what the caller frees with
 * config_texts_free() in any case.
 */
int config_texts_read(struct config_texts *texts, const char *const paths[], size_t count,
		      FILE *complaints);
void config_texts_free(struct config_texts *texts);

#endif
