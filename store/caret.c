#include "store/backend.h"

#include <stdio.h>

#define CARET_WINDOW 60 /* bytes of SQL shown on each side of the caret */

static size_t characters(const char *at, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += ((unsigned char)at[i] & 0xc0) != 0x80;
	return count;
}

void store_append_caret(char error[STORE_ERROR_MAX], const char *sql, size_t offset)
{
	const char *at = sql + offset;
	const char *begin = at, *end = at;
	size_t used = strlen(error);

	while (begin > sql && begin[-1] != '\n' && at - begin < CARET_WINDOW)
		begin--;
	while (begin < at && ((unsigned char)*begin & 0xc0) == 0x80)
		begin++;
	while (*end && *end != '\n' && end - at < CARET_WINDOW)
		end++;
	while (end > at && ((unsigned char)*end & 0xc0) == 0x80)
		end--;
	snprintf(error + used, STORE_ERROR_MAX - used, "\n  %.*s\n  %*s", (int)(end - begin), begin,
		 (int)characters(begin, (size_t)(at - begin)) + 1, "^");
	for (char *tab = error + used; *tab; tab++)
		if (*tab == '\t')
			*tab = ' ';
}
