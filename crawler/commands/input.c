#include "commands/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/text/memory.h"
#include "show/human.h"

#define BLOCK_BYTES 65536 /* of the first read; then as much as there is already */

static FILE *open_input(const char *name)
{
	return strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
}

/* Read to the end, or one byte more than bytes_max. */
static char *read_all(FILE *in, size_t bytes_max, size_t *size)
{
	size_t allocated = BLOCK_BYTES;
	char *bytes = memory_new(allocated, 1);

	for (*size = 0; *size <= bytes_max && !feof(in) && !ferror(in);) {
		size_t wanted = bytes_max + 1 - *size;

		if (*size + 1 == allocated) {
			allocated *= 2;
			bytes = memory_resize(bytes, allocated);
		}
		if (wanted > allocated - 1 - *size)
			wanted = allocated - 1 - *size;
		*size += fread(bytes + *size, 1, wanted, in);
	}
	bytes[*size] = '\0';
	return bytes;
}

char *input_read(const char *name, size_t bytes_max, size_t *size, char error[INPUT_ERROR_MAX])
{
	char *bytes = NULL;
	char figure[HUMAN_SIZE_MAX];
	FILE *in;

	errno = 0;
	in = open_input(name);
	if (in)
		bytes = read_all(in, bytes_max, size);
	if (!in || ferror(in)) {
		snprintf(error, INPUT_ERROR_MAX, "%s: %s", name, strerror(errno ? errno : EIO));
		free(bytes);
		bytes = NULL;
	} else if (*size > bytes_max) {
		snprintf(error, INPUT_ERROR_MAX, "%s: larger than %s", name,
			 human_size(bytes_max, figure));
		free(bytes);
		bytes = NULL;
	}
	if (in && in != stdin)
		fclose(in);
	return bytes;
}

long input_line(FILE *in, char *line, size_t line_bytes, bool *is_cut)
{
	size_t size = 0;
	int byte;

	*is_cut = false;
	flockfile(in);
	while ((byte = getc_unlocked(in)) != EOF && byte != '\n') {
		if (size < line_bytes)
			line[size++] = (char)byte;
		else
			*is_cut = true;
	}
	funlockfile(in);
	return byte == EOF && size == 0 ? -1 : (long)size;
}
