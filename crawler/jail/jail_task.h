#ifndef JAIL_TASK_H
#define JAIL_TASK_H

/* What is done in a jail, and so what is left of the system in there. */
enum jail_task {
	JAIL_FETCHES,  /* sockets of TCP and UDP, names, files of the config */
	JAIL_SERVES,   /* whom a listening socket lets in, files to read, locks on them */
	JAIL_COMPUTES, /* code that is made at run time */
};

#endif
