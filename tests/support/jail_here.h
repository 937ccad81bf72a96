#ifndef JAIL_HERE_H
#define JAIL_HERE_H

#include "crawler/jail/jail.h"
#include "tests/support/test.h"

/*
 * jail_here: can all of a jail be had on this system?  Tests of it are passed over where not, and
 * say why.
 */
static inline bool jail_is_here(void)
{
	struct config config = { .settings = settings_default() };
	char text[JAIL_TEXT_MAX];
	struct jail *jail;

	config.settings.sandbox = SANDBOX_REQUIRE;
	jail = jail_new(&config, 4096, text);
	if (!jail)
		print_message("skipped: %s\n", text);
	jail_free(jail);
	return jail != NULL;
}

#endif
