/*
 * pg_relay LISTEN_AT LEAD_TO MS: a line to a server's Unix socket that takes so long, each way,
 * until standard input ends.  It says when it is there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/relay.h"

int main(int count, char *words[])
{
	struct relay relay;

	if (count != 4 || relay_start(&relay, words[1], words[2]) < 0)
		return EXIT_FAILURE;
	relay_set(&relay, (struct relay_line){ .delay_ms = (unsigned)atoi(words[3]) });
	printf("ready\n");
	fflush(stdout);
	while (getchar() != EOF)
		;
	relay_end(&relay);
	return EXIT_SUCCESS;
}
