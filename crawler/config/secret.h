#ifndef SECRET_H
#define SECRET_H

#include "config/config_reader.h"

/*
 * secret: values that do not stand in the config themselves.
 *
 *	'${API_KEY}', 'Bearer ${TOKEN}'		of the environment; '$${' is '${'
 *	file:token.txt, file:~/.token		a file's text, without a mark of UTF-8 and line ends
 *
 * A path is relative to the config's folder, "~/" is home.  What is missing or empty is complained
 * of at its place: a request with half of its password helps nobody.  No complaint shows a value.
 */
#define SECRET_BYTES_MAX 8192

/*
 * The value that a text stands for, in the arena; *is_secret is set if it comes from elsewhere.
 * Returns NULL after a complaint.
 */
const char *secret_read(struct config_reader *reader, const struct yaml_node *node,
			bool *is_secret);

/* Both sides of the first ':', which is looked for before anything is put in. */
bool secret_read_pair(struct config_reader *reader, const struct yaml_node *node, const char **name,
		      const char **password);

/* The path of a file that can be read, with "file:" before it or without.  NULL: complained. */
const char *secret_path(struct config_reader *reader, const struct yaml_node *node);

/*
 * What stands in it, in the arena, without the mark of UTF-8 before it; *path is set, too.  Absent
 * after a complaint: it cannot be read, or has more than SECRET_FILE_MAX bytes.
 */
#define SECRET_FILE_MAX (1024 * 1024)
struct slice secret_file(struct config_reader *reader, const struct yaml_node *node,
			 const char **path);

/* Does it begin with "file:"? */
bool secret_is_file(struct slice text);

/* Would secret_read() have it come from elsewhere? */
bool secret_is_elsewhere(struct slice text);

#endif
