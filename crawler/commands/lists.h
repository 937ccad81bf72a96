#ifndef LISTS_H
#define LISTS_H

#include "cli/options.h"
#include "commands/list_file.h"
#include "frontier/seeds.h"
#include "master/master.h"
#include "store/store.h"

/*
 * lists: the arguments of a run: files of URLs, URLs, "-" for standard input.
 *
 * Begun as LISTS_BEGIN.  Without a master and a store they are only counted.
 */
struct lists {
	int signals;           /* as of signals_open(), or -1: they end the reading */
	struct store *store;   /* where lines that are no URL are noted, or NULL */
	struct master *master; /* who is given the URLs, or NULL */
	/* Without a master: who is shown them, or NULL.  Returns 1 if it is new to him, or 0. */
	int (*on_url)(void *context, const struct seeds_line *line);
	void *context;
	struct seeds_counts counts; /* of all lists */
	uint64_t added, repeated;   /* URLs: new ones, and known ones */
	uint64_t posts;             /* URLs that are asked by POST */
	uint64_t users;             /* URLs with a user name or a password, its host's */
	unsigned told;              /* rejected lines */
	uint64_t empty;             /* lists without any URL, */
	const char *empty_name;     /* and the first of them */
	const char *name;           /* of the list that is being read */
	struct list_file *held;     /* opened to be looked at, and kept: */
	const char *held_name;      /* it can be read only once */
	bool has_read_stdin;
	bool is_shared;        /* others read lists, too: each is one machine's to read */
	uint64_t left;         /* lists that another has read, or does */
	const char *left_name; /* the first of them */
	bool is_stopped;       /* by a signal, which is still there to be taken */
	bool has_failed;       /* master or store did, not the reading */
};

#define LISTS_BEGIN ((struct lists){ .signals = -1 })

/* Is every list there, before anything else is begun?  Complains. */
bool lists_are_readable(const struct options *options);

/*
 * Look into them, so that what is no list is refused before anything is changed.  A pipe or a
 * terminal is waited for; of several the first alone, for the others may have to wait for it.
 * Returns 0, or -1: a complaint says why, or lists->is_stopped is set.
 */
int lists_look(struct lists *lists, const struct options *options);

/*
 * Read all of them.  Returns 0, or -1: one cannot be read, and a complaint says so; or
 * lists->has_failed or is_stopped is set.
 */
int lists_read(struct lists *lists, const struct options *options);

/* Release what is held open; the figures stay. */
void lists_end(struct lists *lists);

/* Say how many lines there were, of what kind. */
void lists_say(const struct lists *lists);

/* Say, if there are any, for whom names and passwords in URLs are; lists_say() says it, too.
 */
void lists_say_users(const struct lists *lists);

#endif
