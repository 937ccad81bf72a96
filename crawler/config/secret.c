#include "config/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parsers/text/ascii.h"

#define FILE_WORD "file:"
#define FILE_SIZE (sizeof(FILE_WORD) - 1)

bool secret_is_file(struct slice text)
{
	return text.size >= FILE_SIZE && memcmp(text.at, FILE_WORD, FILE_SIZE) == 0;
}

/* Where "${" begins that is no "$${"; NULL: nowhere. */
static const char *find_variable(struct slice text)
{
	for (size_t i = 0; i + 1 < text.size; i++) {
		if (text.at[i] != '$' || text.at[i + 1] != '{')
			continue;
		if (i == 0 || text.at[i - 1] != '$')
			return text.at + i;
	}
	return NULL;
}

bool secret_is_elsewhere(struct slice text)
{
	return secret_is_file(text) || find_variable(text);
}

/* ---- the environment ---- */

static bool is_name(struct slice name)
{
	for (size_t i = 0; i < name.size; i++) {
		bool is_letter = ascii_is_letter(name.at[i]) || name.at[i] == '_';

		if (!is_letter && (i == 0 || !ascii_is_digit(name.at[i])))
			return false;
	}
	return name.size > 0;
}

static const char *variable(struct config_reader *reader, const struct yaml_node *node,
			    struct slice name)
{
	const char *copy = arena_copy(reader->arena, name), *value = NULL;

	if (!is_name(name)) {
		READER_COMPLAIN(reader, node,
				"'${' wants the name of a variable and '}': '${API_KEY}' "
				"('$${' is the text '${')");
		return NULL;
	}
	value = getenv(copy);
	if (value && value[0])
		return value;
	READER_COMPLAIN(reader, node, "the environment has %s %s: export it first",
			value ? "nothing in" : "no", QUOTED(name));
	return NULL;
}

/* The text with what the environment has put in, and "$${" as "${".  NULL: complained. */
static const char *expand(struct config_reader *reader, const struct yaml_node *node,
			  struct slice text)
{
	const char *out = "", *at = text.at, *end = text.at + text.size, *found;

	while ((found = find_variable((struct slice){ at, (size_t)(end - at) }))) {
		const char *close = memchr(found, '}', (size_t)(end - found));
		const char *name = found + 2;
		const char *value = variable(
			reader, node, (struct slice){ name, close ? (size_t)(close - name) : 0 });

		if (!value)
			return NULL;
		out = arena_print(reader->arena, "%s%.*s%s", out, (int)(found - at), at, value);
		at = close + 1;
	}
	out = arena_print(reader->arena, "%s%.*s", out, (int)(end - at), at);
	for (char *escape = strstr(out, "$${"); escape; escape = strstr(escape + 1, "$${"))
		memmove(escape, escape + 1, strlen(escape));
	return out;
}

/* ---- files ---- */

/* "~/x" is of home, "x" of the folder that the config stands in. */
static const char *resolve(struct config_reader *reader, const char *path)
{
	const char *home = getenv("HOME"), *slash = strrchr(reader->source->name, '/');

	if (path[0] == '~' && path[1] == '/' && home)
		return arena_print(reader->arena, "%s%s", home, path + 1);
	if (path[0] == '/' || !slash)
		return path;
	return arena_print(reader->arena, "%.*s/%s", (int)(slash - reader->source->name),
			   reader->source->name, path);
}

static void complain_of_file(struct config_reader *reader, const struct yaml_node *node,
			     const char *path, const char *why)
{
	READER_COMPLAIN(reader, node, "%s: %s", QUOTED(slice_of(path)), why);
}

const char *secret_path(struct config_reader *reader, const struct yaml_node *node)
{
	const char *text = reader_text(reader, node), *path;
	struct stat status;

	if (!text)
		return NULL;
	path = resolve(reader, secret_is_file(slice_of(text)) ? text + FILE_SIZE : text);
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		errno = EISDIR;
	else if (access(path, R_OK) == 0)
		return path;
	complain_of_file(reader, node, path, strerror(errno));
	return NULL;
}

/* What editors write before a text. */
static struct slice without_mark(struct slice text)
{
	if (ascii_starts_with(text, SLICE("\xEF\xBB\xBF")))
		text = (struct slice){ text.at + 3, text.size - 3 };
	return text;
}

/* And behind a line. */
static struct slice line_of(struct slice text)
{
	text = without_mark(text);
	while (text.size > 0 && (text.at[text.size - 1] == '\n' || text.at[text.size - 1] == '\r'))
		text.size--;
	return text;
}

static FILE *open_file(struct config_reader *reader, const struct yaml_node *node,
		       const char **path)
{
	FILE *file;

	*path = secret_path(reader, node);
	file = *path ? fopen(*path, "r") : NULL;
	if (*path && !file) /* a socket, say */
		complain_of_file(reader, node, *path, strerror(errno));
	return file;
}

struct slice secret_file(struct config_reader *reader, const struct yaml_node *node,
			 const char **path)
{
	FILE *file = open_file(reader, node, path);
	char *text;
	size_t size;

	if (!file)
		return (struct slice){ 0 };
	text = arena_alloc(reader->arena, SECRET_FILE_MAX + 1, 1);
	size = fread(text, 1, SECRET_FILE_MAX + 1, file);
	fclose(file);
	if (size <= SECRET_FILE_MAX)
		return without_mark((struct slice){ text, size });
	READER_COMPLAIN(reader, node, "'%s': it is longer than 1 MiB", QUOTED(yaml_slice(node)));
	return (struct slice){ 0 };
}

static const char *read_text(struct config_reader *reader, const struct yaml_node *node)
{
	const char *path;
	FILE *file = open_file(reader, node, &path);
	char bytes[SECRET_BYTES_MAX + 2];
	struct slice text;

	if (!file)
		return NULL;
	text = line_of((struct slice){ bytes, fread(bytes, 1, sizeof(bytes) - 1, file) });
	fclose(file);
	if (text.size == 0 || text.size > SECRET_BYTES_MAX || memchr(text.at, '\0', text.size)) {
		complain_of_file(reader, node, path,
				 text.size == 0                 ? "it is empty"
				 : text.size > SECRET_BYTES_MAX ? "it is longer than 8 KiB"
								: "it is no text");
		return NULL;
	}
	return arena_copy(reader->arena, text);
}

_Static_assert(SECRET_BYTES_MAX == 8192, "the message says so");

/* ---- a value ---- */

const char *secret_read(struct config_reader *reader, const struct yaml_node *node, bool *is_secret)
{
	const char *text = reader_text(reader, node);

	if (!text)
		return NULL;
	*is_secret = *is_secret || secret_is_elsewhere(slice_of(text));
	return secret_is_file(slice_of(text)) ? read_text(reader, node)
					      : expand(reader, node, slice_of(text));
}

/* The ':' between a name and a password, outside of "${...}". */
static const char *find_colon(const char *text)
{
	for (; *text && *text != ':'; text++) {
		const char *close = strncmp(text, "${", 2) == 0 ? strchr(text, '}') : NULL;

		text = close ? close : text;
	}
	return *text ? text : NULL;
}

bool secret_read_pair(struct config_reader *reader, const struct yaml_node *node, const char **name,
		      const char **password)
{
	const char *text = reader_text(reader, node), *colon;
	bool is_secret = false;

	if (!text)
		return false;
	colon = secret_is_file(slice_of(text)) ? NULL : find_colon(text);
	if (colon) {
		*name = expand(reader, node, (struct slice){ text, (size_t)(colon - text) });
		*password = *name ? expand(reader, node, slice_of(colon + 1)) : NULL;
		return *password;
	}
	text = secret_read(reader, node, &is_secret);
	colon = text ? strchr(text, ':') : NULL;
	if (text && !colon)
		READER_COMPLAIN(reader, node,
				"a name and a password are wanted, with ':' between them");
	if (!colon)
		return false;
	*name = arena_copy(reader->arena, (struct slice){ text, (size_t)(colon - text) });
	*password = colon + 1;
	return true;
}
