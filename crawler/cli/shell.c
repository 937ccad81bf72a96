#include "cli/shell.h"

#include <stdbool.h>
#include <string.h>

#include "parsers/text/memory.h"

static bool is_plain(const char *word)
{
	return *word && word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789_@%+=:,./-")] == '\0';
}

char *shell_word(const char *word)
{
	char *typed, *at;

	if (is_plain(word))
		return memory_text(word, strlen(word));
	typed = at = memory_new(strlen(word) + 1, 4); /* a quote becomes four letters */
	*at++ = '\'';
	for (; *word; word++) {
		if (*word == '\'')
			at = stpcpy(at, "'\\''");
		else
			*at++ = *word;
	}
	strcpy(at, "'");
	return typed;
}
