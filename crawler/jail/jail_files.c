#include "jail/jail_parts.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * What linux/landlock.h says of version 7, for a system's header may be older than its kernel and
 * the other way round, and glibc has no functions for it before 2.43.
 */
#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH      1
#define FS_READ_FILE           (UINT64_C(1) << 2)
#define FS_READ_DIR            (UINT64_C(1) << 3)
#define FS_ALL_OF_1            ((UINT64_C(1) << 13) - 1)
#define FS_REFER               (UINT64_C(1) << 13) /* 2 */
#define FS_TRUNCATE            (UINT64_C(1) << 14) /* 3 */
#define FS_IOCTL_DEV           (UINT64_C(1) << 15) /* 5 */
#define NET_BIND_TCP           (UINT64_C(1) << 0)  /* 4 */
#define SCOPE_ABSTRACT_SOCKETS (UINT64_C(1) << 0)  /* 6 */
#define SCOPE_SIGNALS          (UINT64_C(1) << 1)  /* 6 */

struct ruleset {
	uint64_t fs;
	uint64_t net;    /* since 4 */
	uint64_t scoped; /* since 6 */
};

struct path_beneath {
	uint64_t access;
	int32_t parent;
} __attribute__((packed));

/* The newest version that the kernel knows, or less than 1. */
static long newest_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
}

int jail_files_ruleset(long version)
{
	struct ruleset all = {
		.fs = FS_ALL_OF_1 | (version >= 2 ? FS_REFER : 0) |
		      (version >= 3 ? FS_TRUNCATE : 0) | (version >= 5 ? FS_IOCTL_DEV : 0),
		.net = NET_BIND_TCP,
		.scoped = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS,
	};
	size_t size = version >= 6   ? sizeof(all)
		      : version >= 4 ? offsetof(struct ruleset, scoped)
				     : offsetof(struct ruleset, net);

	return (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
}

/* What is not there needs no rule; a file is no folder. */
static void allow(int ruleset, const char *path)
{
	struct path_beneath rule = { .access = FS_READ_FILE };
	struct stat status;

	rule.parent = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent < 0)
		return;
	if (fstat(rule.parent, &status) == 0 && S_ISDIR(status.st_mode))
		rule.access |= FS_READ_DIR;
	syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent);
}

/*
 * The servers that are asked for names change while we run, by a new file in the place of the old:
 * so its folder is allowed, wherever the link leads.
 */
static void allow_resolver(int ruleset)
{
	char path[PATH_MAX], *slash;

	if (!realpath("/etc/resolv.conf", path))
		return;
	slash = strrchr(path, '/');
	if (slash != path)
		*slash = '\0';
	allow(ruleset, path);
}

int jail_files_new(enum jail_task task, const char *const paths[], size_t count)
{
	/* Certificates, names, time zones and words; the links of /etc lead to the others. */
	static const char *const of_all[] = {
		"/etc",
		"/usr/share",
		"/usr/local/share",
		"/usr/lib/ssl",
		"/usr/lib/locale",
		"/etc/hosts",
		"/etc/nsswitch.conf",
		"/etc/host.conf",
		"/etc/gai.conf",
	};
	long version = newest_version();
	int ruleset = version >= 1 ? jail_files_ruleset(version) : -1;

	if (ruleset < 0)
		return -1;
	for (size_t i = 0; task == JAIL_FETCHES && i < sizeof(of_all) / sizeof(of_all[0]); i++)
		allow(ruleset, of_all[i]);
	if (task == JAIL_FETCHES)
		allow_resolver(ruleset);
	for (size_t i = 0; i < count; i++)
		allow(ruleset, paths[i]);
	return ruleset;
}

int jail_files_enter(int files)
{
	long result;

	if (files < 0)
		return -1;
	result = syscall(SYS_landlock_restrict_self, files, 0);
	close(files);
	return result < 0 ? -1 : 0;
}
