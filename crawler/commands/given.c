#include "commands/given.h"

#include "frontier/seed_set.h"
#include "show/log.h"

/* "shop=7" */
static const char *add(struct seed_set *set, const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals)
		return "no name=value";
	return seed_set_add(set, (struct slice){ text, (size_t)(equals - text) },
			    slice_of(equals + 1));
}

int given_read(const struct options *options, struct scratch *scratch, struct slice *set)
{
	struct seed_set given = { .count = 0 };

	for (size_t i = 0; i < options->given_count; i++) {
		const char *reason = add(&given, options->given[i]);

		if (!reason)
			continue;
		log_error("--with %.100s: %s", options->given[i], reason);
		return -1;
	}
	*set = seed_set_text(&given, scratch);
	return 0;
}
