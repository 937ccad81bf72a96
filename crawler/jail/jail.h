#ifndef JAIL_H
#define JAIL_H

#include "config/config.h"
#include "jail/jail_task.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * jail: what a child cannot do any more, before the first byte from the network.
 *
 * A worker reads what strangers wrote, in libraries that are not ours.  Whoever takes one over
 * finds a process that can talk to the network and to its master, and nothing else: it starts no
 * program and no process, writes no file, reads none but those that names, certificates and
 * locales come from (Landlock), makes none but the system calls that fetching needs (seccomp, any
 * other kills it), has no capability, no other user's rights if it was root's, nothing of the
 * environment, and no terminal.
 *
 * What serves the page has less: it accepts on a socket that was there before, opens none, connects
 * to nobody, and reads the one folder that it shows.  What runs somebody's patterns has nothing but
 * its channel, and memory that may be executed, for that is what PCRE2 makes of a pattern.
 *
 * The master makes a jail before the workers are forked: it loads what cannot be loaded in there
 * (also for workers without one, who then do so without memory to spare), and learns from a process
 * that is jailed for a try what this system lacks.
 */
struct jail;

/* With a sanitizer or gcov in it a program needs more than a jail leaves: then there is none. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define JAIL_IS_LEFT_OUT 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(CRAWL_COVER)
#define JAIL_IS_LEFT_OUT 1
#endif
#ifndef JAIL_IS_LEFT_OUT
#define JAIL_IS_LEFT_OUT 0
#endif

#define JAIL_TEXT_MAX 200 /* bytes, with the NUL */

struct jail_wish {
	enum jail_task task;
	enum sandbox sandbox;
	uint64_t room;            /* bytes that its memory may grow by */
	const char *const *paths; /* files and folders that may be read; they stay */
	size_t path_count;
};

/*
 * Make the jail of this config's workers, whose slots have slot_bytes.  It points into config.
 * Returns what the caller frees with jail_free(), and in text what is to be said, or "".  NULL: the
 * config requires what cannot be had, text says why.
 */
struct jail *jail_new(const struct config *config, size_t slot_bytes, char text[JAIL_TEXT_MAX]);
void jail_free(struct jail *jail);

/* The same for another child than a worker. */
struct jail *jail_new_for(const struct jail_wish *wish, char text[JAIL_TEXT_MAX]);

/*
 * Go in: for ever, with all this process is going to need loaded.  Of threads only the caller goes
 * in, and those it starts.  NULL is no jail.  Returns 0, or -1: the config requires what could not
 * be had.
 */
int jail_enter(const struct jail *jail);

#endif
