#ifndef STORE_MISNAMED_H
#define STORE_MISNAMED_H

/*
 * misnamed: a server's database that is not named as crawl wants it, and would be taken for a file:
 * with a password as its name.
 *
 * Returns what is wrong with it, without its words, or NULL: it is nothing like that.
 */
const char *store_find_misnamed(const char *where);

#endif
