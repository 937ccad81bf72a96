#include "commands/store_says.h"

#include "commands/commands.h"
#include "show/log.h"

const char *store_says_cure(enum store_cure cure)
{
	switch (cure) {
	case STORE_CURE_OTHER_FILE:
		return " with -o";
	case STORE_CURE_START_OVER:
		return " with --fresh";
	case STORE_CURE_NONE:
	case STORE_CURE_ASK_OTHERWISE:
	case STORE_CURE_WAIT:
		break;
	}
	return "";
}

int store_says_code(const struct store_error *error)
{
	return error->cure == STORE_CURE_ASK_OTHERWISE ? EXIT_WRONG_USAGE : EXIT_CANNOT_GO_ON;
}

void store_says(const struct store_error *error)
{
	log_error("%s%s", error->text, store_says_cure(error->cure));
}
