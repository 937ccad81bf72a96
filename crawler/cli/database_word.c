#include "cli/database_word.h"

#include <stddef.h>
#include <string.h>

/* Where behind "postgresql://" or "postgres://" the user's name would begin, or NULL. */
static char *find(const char *word)
{
	static const char *const schemes[] = { "postgresql://", "postgres://" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		const char *at = strstr(word, schemes[i]);

		if (at)
			return (char *)(size_t)(at + strlen(schemes[i]));
	}
	return NULL;
}

bool database_word_is(const char *word)
{
	return find(word) != NULL;
}

static void cut(char *from, char *to)
{
	size_t size = strlen(to);

	memmove(from, to, size);
	memset(from + size, '\0', (size_t)(to - from));
}

/*
 * A password that should have been written with %-signs has anything in it, "@" and "/" too: it
 * goes up to the last "@" before the parameters, or, if there is none, up to one in what looks like
 * them.
 */
static char *end_of_user(char *user)
{
	char *parameters = user + strcspn(user, "?"), *at = parameters;

	while (at > user && *at != '@')
		at--;
	if (*at == '@')
		return at;
	at = strrchr(parameters, '@');
	return at && !memchr(parameters, '=', (size_t)(at - parameters)) ? at : NULL;
}

/* password=..., and all that is as good as one. */
static void cut_parameters(char *at)
{
	static const char *const names[] = { "password=", "sslpassword=", "oauth_client_secret=",
					     "scram_client_key=", "scram_server_key=" };

	while (*at) {
		size_t size = strcspn(++at, "&=");              /* behind "?" or "&" */
		bool is_secret = memchr(at, '%', size) != NULL; /* a name that can be any */

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			is_secret |= strncmp(at, names[i], strlen(names[i])) == 0;
		if (is_secret)
			cut(at - 1, at + strcspn(at, "&"));
		else
			at += strcspn(at, "&");
		if (is_secret)
			at--;
	}
}

void database_word_hide(char *word)
{
	char *user = find(word), *end = user ? end_of_user(user) : NULL, *colon, *parameters;

	if (!user)
		return;
	colon = end ? memchr(user, ':', (size_t)(end - user)) : NULL;
	if (colon)
		cut(colon, end);
	parameters = strchr(user, '?');
	if (!parameters)
		return;
	cut_parameters(parameters);
	if (*parameters == '&') /* it was the first of them */
		*parameters = '?';
}
