#ifndef JAIL_PARTS_H
#define JAIL_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "jail/jail_task.h"

/*
 * jail_parts: the walls of a jail, for jail.c and the tests.
 */

/*
 * Files (Landlock): of all there are, these may be read from now on, and nothing be written, made
 * or renamed.  No TCP port may be bound; where the kernel knows how, no process outside be sent a
 * signal, and no abstract socket be connected to.
 *
 * Rules are made while all can be seen.  paths may be read; by who fetches what names and
 * certificates come from, too.  Returns a descriptor, or -1: there is no Landlock here.
 */
int jail_files_new(enum jail_task task, const char *const paths[], size_t count);

/*
 * No rule yet, as a kernel with this version of Landlock takes it: an older one wants a shorter
 * text, and no bit that it does not know.  Returns a descriptor, or -1.
 */
int jail_files_ruleset(long version);

/* Wants no_new_privs.  Closes files, which may be -1.  Returns 0, or -1. */
int jail_files_enter(int files);

/*
 * System calls (seccomp): what is not needed kills the process; what a library may try, and does
 * without, fails.  Wants no_new_privs.  Returns 0, or -1: there is no seccomp here.
 */
int jail_calls_enter(enum jail_task task, bool may_ask_sockets);

/*
 * Modules that resolve names (nsswitch.conf(5)) are code, which is not loaded in a jail: load them.
 * Returns whether one of them is asked through a local socket alone.
 */
bool jail_names_load(void);

#endif
