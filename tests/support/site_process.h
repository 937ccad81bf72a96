#ifndef SITE_PROCESS_H
#define SITE_PROCESS_H

#include <sys/types.h>

/*
 * site_process: start the test site for a test, and stop it.
 *
 * The program is $SITE, or `site` in the folder above that of the test program.
 */
struct site_process {
	pid_t pid;
	unsigned port;
	char origin[40]; /* "http://127.0.0.1:PORT", no slash at the end */
};

#define SITE_ARGUMENTS_MAX 32

/*
 * Start the site with these further options (NULL at the end; options itself may be NULL) and wait
 * until it is ready.  It dies with the caller.  Returns 0, or -1.
 */
int site_start(struct site_process *site, const char *const options[]);

/*
 * Stop it, and wait for its end; after that its log is complete.
 * Returns its exit code, or -signal: not 0 if a worker of it was lost.
 */
int site_stop(struct site_process *site);

/* A connection to the site.  Returns a blocking socket that the caller closes, or -1. */
int site_connect(const struct site_process *site);

#endif
