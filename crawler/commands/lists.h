#ifndef LISTS_H
#define LISTS_H

#include "cli/options.h"
#include "frontier/seeds.h"
#include "master/master.h"
#include "store/store.h"

/*
 * lists: the arguments of a run: files of URLs, URLs, "-" for standard input.
 *
 * Without a master and a store they are only counted.
 */
struct lists {
	struct store *store;   /* where lines that are no URL are noted, or NULL */
	struct master *master; /* who is given the URLs, or NULL */
	/* Without a master: who is shown them, or NULL.  Returns 1 if it is new to him, or 0. */
	int (*on_url)(void *context, struct url *url);
	void *context;
	struct seeds_counts counts; /* of all lists */
	uint64_t added, repeated;   /* URLs: new ones, and known ones */
	uint64_t users;             /* URLs with a user name or a password, which is not used */
	const char *name;           /* of the list that is being read */
	bool has_failed;            /* master or store did, not the reading */
};

/* Is every list there, before anything else is begun?  Complains. */
bool lists_are_readable(const struct options *options);

/*
 * Read all of them.  Returns 0, or -1: one cannot be read, and a complaint says so; or
 * lists->has_failed is set.
 */
int lists_read(struct lists *lists, const struct options *options);

/* Say how many lines there were, of what kind. */
void lists_say(const struct lists *lists);

/* Say, if there are any, that names and passwords in URLs are not used; lists_say() says it, too.
 */
void lists_say_users(const struct lists *lists);

#endif
