#include "show/shell_word.h"

#include <string.h>

#include "parsers/text/memory.h"

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "_-./:@%+,="; /* but zsh looks up what begins with "=" */

/* A quote ends the quotes, stands by itself, and begins them again. */
static const char quote[] = "'\\''";

char *shell_word(const char *text)
{
	size_t length = strlen(text), size = 0;
	char *word;

	if (length > 0 && *text != '=' && strspn(text, plain) == length)
		return memory_text(text, length);
	word = memory_new(length * (sizeof(quote) - 1) + 3, 1);
	word[size++] = '\'';
	for (; *text; text++) {
		const char *piece = *text == '\'' ? quote : text;
		size_t bytes = *text == '\'' ? sizeof(quote) - 1 : 1;

		memcpy(word + size, piece, bytes);
		size += bytes;
	}
	word[size++] = '\'';
	word[size] = '\0';
	return word;
}
