#include "jail/jail_parts.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "parsers/text/ascii.h"

#define LINE_MAX_BYTES 1024

/* glibc has these in itself, or they know nothing that DNS does not. */
static bool is_asked_without_socket(const char *module)
{
	static const char *const modules[] = { "files", "dns", "resolve", "myhostname", NULL };

	for (size_t i = 0; modules[i]; i++) {
		if (strcmp(modules[i], module) == 0)
			return true;
	}
	return false;
}

static bool load(const char *module)
{
	char name[LINE_MAX_BYTES + 16];

	if (strcmp(module, "files") == 0 || strcmp(module, "dns") == 0)
		return false;
	snprintf(name, sizeof(name), "libnss_%s.so.2", module);
	return dlopen(name, RTLD_NOW) && !is_asked_without_socket(module);
}

/* "hosts: files mdns4_minimal [NOTFOUND=return] dns". */
static bool load_line(char *line)
{
	char *save, *word = strtok_r(line, " \t\n", &save);
	bool asks_sockets = false;

	if (!word || strcmp(word, "hosts:") != 0)
		return false;
	while ((word = strtok_r(NULL, " \t\n", &save)) && word[0] != '#') {
		if (ascii_is_letter(word[0]))
			asks_sockets |= load(word);
	}
	return asks_sockets;
}

bool jail_names_load(void)
{
	FILE *file = fopen("/etc/nsswitch.conf", "re");
	char line[LINE_MAX_BYTES];
	bool asks_sockets = false;

	while (file && fgets(line, sizeof(line), file))
		asks_sockets |= load_line(line);
	if (file)
		fclose(file);
	return asks_sockets;
}
