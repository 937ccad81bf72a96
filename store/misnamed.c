#include "store/misnamed.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Of libpq's strings, as many programs take them: "host=127.0.0.1 dbname=films". */
static const char *const words[] = {
	"host",     "hostaddr", "port",    "user",    "dbname",          "password",
	"passfile", "service",  "sslmode", "options", "connect_timeout", "application_name",
};

static bool is_string_of_words(const char *where)
{
	const char *word = where + strspn(where, " ");
	size_t size = strcspn(word, " =");

	if (word[size + strspn(word + size, " ")] != '=')
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == size && memcmp(words[i], word, size) == 0)
			return true;
	}
	return false;
}

static bool lacks_slashes(const char *where)
{
	return (strncmp(where, "postgresql:", 11) == 0 || strncmp(where, "postgres:", 9) == 0) &&
	       !strstr(where, "://");
}

const char *store_find_misnamed(const char *where)
{
	if (lacks_slashes(where))
		return "postgresql:// has two slashes: postgresql://USER@HOST:PORT/DATABASE";
	if (is_string_of_words(where) && !strstr(where, "://"))
		return "a server's database is named postgresql://USER@HOST:PORT/DATABASE (and a "
		       "file that is called so, ./...)";
	return NULL;
}
